//! Every cap, in one table: [`Limits`], `--limit` and its help, the manual page, the README and the rows of
//! `tests/cli/limits.rs` come from it. Reaching one is a counted weird, or shows otherwise; never silence.

mod limit;

use std::ops::RangeInclusive;

pub use limit::{Limit, LimitError, Reached, Unit};

use Reached::{Counted, Seen};
use Unit::{Bytes, Count, Seconds};

use crate::model::WeirdKind;

/// Declares [`Limits`] and [`LIMITS`] from rows of
/// `"name" field: type = default, unit, what reaching it does[, range];`.
///
/// The first line of a row's comment says in one sentence what is capped, the others why there. The name is that of
/// the field without `max_`, with hyphens. Without a range every value of the type may be set.
macro_rules! limits {
    ($(
        #[doc = $what:literal] $(#[doc = $reason:literal])+
        $name:literal $field:ident: $type:ty = $default:expr, $unit:expr, $reached:expr $(, $range:expr)?;
    )+) => {
        /// Caps of one analysis.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $(#[doc = $what] $(#[doc = $reason])+ pub $field: $type,)+
        }

        impl Limits {
            /// What holds unless told otherwise.
            pub const DEFAULT: Self = Self { $($field: $default,)+ };
        }

        /// The rows of the table, those of one stage together.
        pub const LIMITS: &[Limit] = &[$({
            let (least, most) = bounds(<$type>::MAX as u64, &[$($range)?]);
            Limit {
                name: $name,
                unit: $unit,
                default: Limits::DEFAULT.$field as u64,
                least,
                most,
                what: $what.trim_ascii(),
                reason: concat!($($reason),+).trim_ascii(),
                reached: $reached,
                get: |limits| limits.$field as u64,
                put: |limits, value| limits.$field = <$type>::try_from(value).unwrap_or(<$type>::MAX),
            }
        }),+];
    };
}

/// Any value but 0.
const FROM_ONE: RangeInclusive<u64> = 1..=u64::MAX;

/// The smallest and the largest value of a type up to `most`, within the range that was given, if any.
const fn bounds(most: u64, range: &[RangeInclusive<u64>]) -> (u64, u64) {
    match range {
        [range, ..] if *range.end() < most => (*range.start(), *range.end()),
        [range, ..] => (*range.start(), most),
        [] => (0, most),
    }
}

limits! {
    /// TCP connections followed at a time; the one silent the longest is given up.
    ///
    /// 1 000 000 half-open ones take 0.8 GiB.
    "flows" max_flows: usize = 1_000_000, Count("connections"), Counted(WeirdKind::FlowEvicted),
        1..=u32::MAX as u64;

    /// Bytes that connections hold beyond 2 KiB each; of those that hold more the one silent the longest is given up.
    ///
    /// Heads of opening handshakes, what waits for bytes before it, what may turn out to be frames. Room for 4 000 heads as
    /// long as allowed; most connections hold less than 2 KiB.
    "held-bytes" max_held_bytes: usize = 256 << 20, Bytes, Counted(WeirdKind::HeldCap);

    /// Capture time without a segment until a connection that was not closed is given up.
    ///
    /// What comes later is taken for another connection. Keep-alive probes of TCP come every two hours.
    "idle-seconds" max_idle_seconds: u32 = 86_400, Seconds, Counted(WeirdKind::FlowIdle), FROM_ONE;

    /// Capture time a closed connection is kept for late segments.
    ///
    /// What comes late is the last segment or the FIN, sent again after a second at first (RFC 6298 2.1).
    "closed-linger-seconds" closed_linger_seconds: u32 = 2, Seconds,
        Seen("What comes later is a connection of its own and counted as one.");

    /// Earlier connections that one is compared with, for its key and the time of its handshake.
    ///
    /// A key that is used again and reconnections without a pause follow soon.
    "compared-connections" max_compared_connections: usize = 1_024, Count("connections"),
        Seen("What lies further back is compared with nothing, and no finding rests on that.");

    /// Servers known to carry WebSocket, by address and port, and as many others that could not be connected to.
    ///
    /// A failed connection is told where its server carries WebSocket. A scan of all ports of a host takes about 7 MiB.
    "servers" max_servers: usize = 65_536, Count("servers"), Counted(WeirdKind::ServersCap);

    /// Finished reports that wait for a connection that began before theirs; beyond it the oldest goes ahead.
    ///
    /// One connection that stays open holds back all that began after it.
    "waiting-report-bytes" max_waiting_report_bytes: usize = 256 << 20, Bytes,
        Counted(WeirdKind::ReportsOutOfOrder);

    /// Out-of-order bytes kept per direction while a hole waits to be filled.
    ///
    /// A full receive window of a fast path; Linux `tcp_rmem` allows 6 MiB.
    "out-of-order-bytes" max_out_of_order_bytes: usize = 4 << 20, Bytes, Counted(WeirdKind::OutOfOrderCap);

    /// Out-of-order pieces kept per direction.
    ///
    /// Bounds what segments of one byte cost.
    "out-of-order-segments" max_out_of_order_segments: usize = 16_384, Count("segments"),
        Counted(WeirdKind::OutOfOrderCap);

    /// Last bytes kept per direction to compare retransmissions with.
    ///
    /// Heads of requests and Close frames, where a difference would matter most, fit.
    "history-bytes" max_history_bytes: usize = 4 << 10, Bytes,
        Seen("A retransmission of bytes further back is counted as such, only not compared.");

    /// Tunnels inside one another that are entered.
    ///
    /// Networks have up to four.
    "nesting" max_nesting: u32 = 16, Count("tunnels"), Counted(WeirdKind::NestingCap);

    /// IP fragments that wait for the rest of their datagram, with what keeping them takes.
    ///
    /// 250 of the largest datagrams; Linux keeps 4 MiB.
    "fragment-bytes" max_fragment_bytes: usize = 16 << 20, Bytes, Counted(WeirdKind::FragmentCap);

    /// IP datagrams of which fragments wait, or whose late copies are still recognised.
    ///
    /// With 4 KiB of each, what is kept of all comes to its cap.
    "fragmented-datagrams" max_fragmented_datagrams: usize = 4_096, Count("datagrams"),
        Counted(WeirdKind::FragmentCap), FROM_ONE;

    /// Capture time until a datagram of which fragments are missing is given up.
    ///
    /// As on Linux, and well before a fast sender uses one of 65 536 identifications again.
    "fragment-expiry-seconds" fragment_expiry_seconds: u32 = 30, Seconds, Counted(WeirdKind::IpFragment);

    /// Length of an HTTP head, and of frames sent before the response that allows them.
    ///
    /// Servers refuse heads over 8 to 64 KiB.
    "handshake-bytes" max_handshake_bytes: usize = 64 << 10, Bytes, Counted(WeirdKind::HandshakeCap);

    /// Field lines of the head of an opening handshake, and elements of its lists.
    ///
    /// Each is kept as a value of its own, which a line of two bytes makes 30 times larger. Servers refuse more than 100
    /// to 2000 lines.
    "handshake-parts" max_handshake_parts: usize = 2_000, Count("parts"), Counted(WeirdKind::HandshakeCap);

    /// Length of a message of a TLS handshake.
    ///
    /// Chains of certificates have up to 20 KiB. A longer message is passed over.
    "tls-handshake-bytes" max_tls_handshake_bytes: usize = 64 << 10, Bytes,
        Counted(WeirdKind::TlsHandshakeCap);

    /// Bytes of a TLS connection that wait for keys, where a key log grows or stands inside the capture.
    ///
    /// Keys hardly come later than the first of what they open. Beyond it the connection is told as one without keys.
    "tls-waiting-bytes" max_tls_waiting_bytes: usize = 256 << 10, Bytes, Counted(WeirdKind::TlsWaitingCap);

    /// Secrets kept of key logs of TLS.
    ///
    /// A connection takes one up to TLS 1.2, then four: clients that open 100 connections a second have so many in 40
    /// minutes.
    "tls-keys" max_tls_keys: usize = 1_000_000, Count("secrets"), Counted(WeirdKind::TlsKeysCap);

    /// Refused opening handshakes of a connection that are listed before its last one.
    ///
    /// One or two are usual, where the client is asked to authenticate.
    "earlier-handshakes" max_earlier_handshakes: usize = 16, Count("handshakes"),
        Counted(WeirdKind::HandshakeCap);

    /// Bytes of a direction kept while it is looked for where frames begin.
    ///
    /// Behind a hole that took a header, or where the opening handshake is not in the recording; and of a payload that
    /// takes several segments the last. What does not fit is skipped; frames may be recognised later.
    "resync-bytes" max_resync_bytes: usize = 64 << 10, Bytes, Counted(WeirdKind::FramingLost);

    /// First bytes of each payload kept for display.
    ///
    /// Of control frames at least 125 are kept, which is all a legal one has; of a Close body 4 KiB, for its reason.
    /// `--payload full` keeps what message-bytes allows.
    "preview-bytes" max_preview_bytes: usize = 256, Bytes, Seen("A payload that is longer says that it is cut.");

    /// First bytes of a message kept where the whole of it is asked for.
    ///
    /// `--payload full`, `--extract`, `--match` and `--follow` ask for it. Libraries refuse messages over 1 to 100 MiB. Beyond
    /// 1 MiB a file holds them until they are whole.
    "message-bytes" max_message_bytes: usize = 256 << 20, Bytes, Seen("A message that is longer says that it is cut.");

    /// Secrets of one connection that are told apart while it is shown frame by frame.
    ///
    /// They stay in memory to be recognised where they come again.
    "live-secrets" max_live_secrets: usize = 1_024, Count("secrets"),
        Seen("Others are left out where they are found, without a number, and not looked for elsewhere.");

    /// Bytes that the frames listed of one connection take, the last few apart: each 160 and what is kept of its payload.
    ///
    /// Matters with `--frames all` only. 150 000 frames without payloads, 60 000 with all of their preview.
    "listed-frame-bytes" max_listed_frame_bytes: usize = 24 << 20, Bytes,
        Seen("The others are left out, and the report says how many.");

    /// Bytes that the frames listed of all connections at hand take.
    ///
    /// A 64th of the connections has a 64th of it, which is all that one of them may take. Of the last few frames 125 bytes of
    /// payload stay.
    "all-listed-frame-bytes" max_all_listed_frame_bytes: usize = 1_536 << 20, Bytes,
        Counted(WeirdKind::ListedCap);

    /// Bytes inflated from one message.
    ///
    /// Libraries refuse messages over 1 to 100 MiB.
    "inflated-message-bytes" max_inflated_message_bytes: u64 = 256 << 20, Bytes,
        Counted(WeirdKind::InflateCap);

    /// Bytes inflated from all messages of one side of a connection together.
    ///
    /// They take time, not memory: 64 GiB of zeros are ten seconds of a core.
    "inflated-bytes" max_inflated_bytes: u64 = 64 << 30, Bytes, Counted(WeirdKind::InflateCap);

    /// Inflated bytes per compressed byte of a message, once it is larger than 1 MiB.
    ///
    /// DEFLATE ends at 1032.
    "inflate-ratio" max_inflate_ratio: u64 = 1_100, Count("to one"), Counted(WeirdKind::InflateCap), FROM_ONE;

    /// Pings that wait for their Pong, per direction; the oldest is given up first.
    ///
    /// Older ones are answered by a later Pong (RFC 6455 5.5.3). Once one was given up, a Pong that fits none of the
    /// others is not judged.
    "pending-pings" max_pending_pings: usize = 64, Count("Pings"), Counted(WeirdKind::PingsCap), FROM_ONE;

    /// Findings kept per connection, notes giving way to breaches; the others are counted.
    ///
    /// So many are mostly one fault again and again. At least one is kept, for `--fail-on` to see.
    "findings" max_findings: usize = 200, Count("findings"), Counted(WeirdKind::FindingsCap), FROM_ONE;

    /// Bytes of one block of a capture file, which is held in memory; one that claims more ends the reading.
    ///
    /// Writers keep packets below 262 144 bytes, 128 MiB only for USB. Blocks that are skipped may be of any length. A
    /// section header has 28 bytes.
    "block-bytes" max_block_bytes: usize = 16 << 20, Bytes, Counted(WeirdKind::MalformedBlock), 28..=u64::MAX;

    /// Bytes read of one key log of TLS.
    ///
    /// Five lines of 180 bytes a connection: room for 300 000 connections.
    "key-log-bytes" max_key_log_bytes: u64 = 256 << 20, Bytes, Seen("What stands behind it in the file is not read.");

    /// Interfaces kept per pcapng section; packets of any further one are passed over.
    ///
    /// A description takes 20 bytes of the file, whether a packet names it or not.
    "interfaces" max_interfaces: usize = 65_536, Count("interfaces"), Counted(WeirdKind::UnknownInterface);

    /// Bytes a decompressor of files may look back, which it keeps in memory.
    ///
    /// What `zstd --long` and `xz -9` need at the most; `zstd --long=28` and `xz --lzma2=dict=192MiB` take more.
    "window-bytes" max_window_bytes: u64 = 128 << 20, Bytes, Counted(WeirdKind::FileInflateCap);

    /// Bytes read from one compressed file, as they are without compression.
    ///
    /// They are never in memory together; this bounds the time that a file made to be endless can take.
    "inflated-file-bytes" max_inflated_file_bytes: u64 = 256 << 30, Bytes, Counted(WeirdKind::FileInflateCap);

    /// Bytes per compressed byte of a file, once file-inflate-ratio-from-bytes came out of it.
    ///
    /// Captures come to 3 to 100, for every packet has its own time and numbers; files made to be endless to 1 000 and
    /// more.
    "file-inflate-ratio" max_file_inflate_ratio: u64 = 500, Count("to one"),
        Counted(WeirdKind::FileInflateCap), FROM_ONE;

    /// Bytes of a compressed file from which on file-inflate-ratio counts.
    ///
    /// Fewer take no time to read, and short files may be very regular.
    "file-inflate-ratio-from-bytes" file_inflate_ratio_from_bytes: u64 = 64 << 20, Bytes,
        Counted(WeirdKind::FileInflateCap);

    /// Bytes of one Autobahn report that is read.
    ///
    /// Cases have up to 1 MB, an index 110 bytes a case. Up to three copies are in memory.
    "report-bytes" max_report_bytes: u64 = 16 << 20, Bytes, Seen("A larger one is refused with an error.");

    /// Parts of one Autobahn report: values of JSON, lines and cells of a page.
    ///
    /// Each is kept as a value of its own, which a part of two bytes makes up to 300 times larger. An index of 80 agents
    /// with all 517 cases has as many.
    "report-parts" max_report_parts: usize = 250_000, Count("parts"),
        Seen("A report of more is refused with an error.");

    /// Time from the last packet of a file to the first of another up to which both may be one capture.
    ///
    /// In an hour most connections that live send something.
    "pause-seconds" max_pause_seconds: u32 = 3_600, Seconds,
        Seen("Files further apart are captures of their own, and listed as such.");

    /// Texts inside one another, as URIs in parameters of URIs, that are taken apart to leave out only what is secret in them.
    ///
    /// Redirects have two or three, each of them encoded once more.
    "secret-nesting" max_secret_nesting: usize = 16, Count("texts"),
        Seen("What lies deeper is left out as a whole, unless it is made of ordinary words."), 0..=64;
}

impl Limits {
    /// Sets the limit called `name` ([`Limit::named`]) to what `text` says ([`Limit::parse`]).
    ///
    /// # Errors
    /// [`LimitError`]; nothing is changed then.
    pub fn set(&mut self, name: &str, text: &str) -> Result<(), LimitError> {
        let limit = Limit::named(name).ok_or_else(|| LimitError::Unknown { name: name.to_owned() })?;
        limit.set(self, limit.parse(text)?)
    }

    /// The value of the limit called `name`; `None` if there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<u64> {
        Limit::named(name).map(|limit| limit.get(self))
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
