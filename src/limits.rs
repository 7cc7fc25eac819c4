//! Every cap, in one table: [`Limits`], `--limit` and its help, the manual page and the rows of
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
    /// TCP connections followed at a time; beyond that the one silent the longest is dropped.
    ///
    /// 1 000 000 half-open ones take 0.8 GiB.
    "flows" max_flows: usize = 1_000_000, Count("connections"), Counted(WeirdKind::FlowEvicted),
        1..=u32::MAX as u64;

    /// Bytes that connections hold beyond 2 KiB each; of those that hold more, the one silent the longest is dropped.
    ///
    /// Headers of opening handshakes, data waiting for earlier bytes, and data that may turn out to be frames. Room
    /// for 4 000 headers of the maximum length; most connections hold less than 2 KiB.
    "held-bytes" max_held_bytes: usize = 256 << 20, Bytes, Counted(WeirdKind::HeldCap);

    /// Capture time without a segment until a connection that was not closed is dropped.
    ///
    /// Anything later is taken for another connection. TCP keep-alive probes come every two hours.
    "idle-seconds" max_idle_seconds: u32 = 86_400, Seconds, Counted(WeirdKind::FlowIdle), FROM_ONE;

    /// Capture time a closed connection is kept for late segments.
    ///
    /// Late segments are usually the last one or the FIN, first retransmitted after one second (RFC 6298 2.1).
    "closed-linger-seconds" closed_linger_seconds: u32 = 2, Seconds,
        Seen("Anything later counts as a separate connection.");

    /// Earlier connections that each one is compared with, for its key and the time of its handshake.
    ///
    /// Reused keys and immediate reconnections follow soon.
    "compared-connections" max_compared_connections: usize = 1_024, Count("connections"),
        Seen("Older ones are not compared, and give no finding.");

    /// Connections that are looked for in the other recordings, and on the other side of a proxy.
    ///
    /// Each takes some 550 bytes to the end.
    "linked-connections" max_linked_connections: usize = 65_536, Count("connections"), Counted(WeirdKind::LinkCap);

    /// Connections of captured Autobahn runs that are gathered for an index, or for the matrix of a page.
    ///
    /// Each takes up to 600 bytes to the end. A run has 517 cases for each agent, and every one can be run again.
    "run-connections" max_run_connections: usize = 131_072, Count("connections"),
        Seen("The index, or the matrix, leaves out what comes later, and that is said.");

    /// Retransmissions, gaps and shut windows noted of each side of a connection, where its timeline is asked for.
    ///
    /// Each takes 40 bytes, and a timeline that is fuller shows nothing.
    "tcp-moments" max_tcp_moments: usize = 1_000, Count("moments"),
        Seen("The timeline says how many more there were; the counts of bytes have them.");

    /// Bytes of connections in an HTML page, before they are compressed.
    ///
    /// The page has about a quarter of it, and browsers open pages of 200 MB within seconds.
    "page-bytes" max_page_bytes: usize = 768 << 20, Bytes,
        Seen("Connections beyond it are counted in the overview and not listed, and that is said.");

    /// Servers known to carry WebSocket, by address and port, and as many others that refused or did not answer.
    ///
    /// A failed connection is reported if its server carries WebSocket. A scan of all ports of a host takes about 7
    /// MiB.
    "servers" max_servers: usize = 65_536, Count("servers"), Counted(WeirdKind::ServersCap);

    /// Finished reports waiting for a connection that began before theirs; beyond this the oldest is written first.
    ///
    /// One connection that stays open holds back all that began after it.
    "waiting-report-bytes" max_waiting_report_bytes: usize = 256 << 20, Bytes,
        Counted(WeirdKind::ReportsOutOfOrder);

    /// Out-of-order bytes kept per direction while a gap waits to be filled.
    ///
    /// A full receive window of a fast path; Linux `tcp_rmem` allows 6 MiB.
    "out-of-order-bytes" max_out_of_order_bytes: usize = 4 << 20, Bytes, Counted(WeirdKind::OutOfOrderCap);

    /// Out-of-order pieces kept per direction.
    ///
    /// Bounds the cost of one-byte segments.
    "out-of-order-segments" max_out_of_order_segments: usize = 16_384, Count("segments"),
        Counted(WeirdKind::OutOfOrderCap);

    /// Last bytes kept per direction to compare retransmissions with.
    ///
    /// Request headers and Close frames, where a difference would matter most, fit.
    "history-bytes" max_history_bytes: usize = 4 << 10, Bytes,
        Seen("A retransmission of earlier bytes is counted but not compared.");

    /// WebSocket streams of an HTTP/2 connection that are followed at a time.
    ///
    /// Servers allow 100 to 250 streams.
    "http2-streams" max_http2_streams: usize = 1_024, Count("streams"), Counted(WeirdKind::Http2Cap), FROM_ONE;

    /// Bytes of the headers of an HTTP/2 request or response, as they are sent.
    ///
    /// The header table is lost with headers that are longer. Servers take 8 to 64 KiB.
    "http2-header-bytes" max_http2_header_bytes: usize = 128 << 10, Bytes, Counted(WeirdKind::Http2Cap);

    /// Nested tunnels that are followed.
    ///
    /// Networks have up to four.
    "nesting" max_nesting: u32 = 16, Count("tunnels"), Counted(WeirdKind::NestingCap);

    /// Memory for IP fragments that wait for the rest of their datagram.
    ///
    /// 250 of the largest datagrams; Linux keeps 4 MiB.
    "fragment-bytes" max_fragment_bytes: usize = 16 << 20, Bytes, Counted(WeirdKind::FragmentCap);

    /// IP datagrams with waiting fragments, or whose late copies are still recognised.
    ///
    /// At 4 KiB each, they reach fragment-bytes.
    "fragmented-datagrams" max_fragmented_datagrams: usize = 4_096, Count("datagrams"),
        Counted(WeirdKind::FragmentCap), FROM_ONE;

    /// Capture time until an incomplete datagram is dropped.
    ///
    /// As on Linux, and well before a fast sender reuses one of the 65 536 IP IDs.
    "fragment-expiry-seconds" fragment_expiry_seconds: u32 = 30, Seconds, Counted(WeirdKind::IpFragment);

    /// Length of an HTTP header section, and of frames sent before the response that allows them.
    ///
    /// Servers refuse more than 8 to 64 KiB.
    "handshake-bytes" max_handshake_bytes: usize = 64 << 10, Bytes, Counted(WeirdKind::HandshakeCap);

    /// Header fields of an opening handshake, and elements of its lists.
    ///
    /// Each is kept as a value of its own, 30 times larger than a line of two bytes. Servers refuse more than 100 to
    /// 2000 fields.
    "handshake-parts" max_handshake_parts: usize = 2_000, Count("parts"), Counted(WeirdKind::HandshakeCap);

    /// Length of a TLS handshake message.
    ///
    /// Certificate chains have up to 20 KiB. A longer message is skipped.
    "tls-handshake-bytes" max_tls_handshake_bytes: usize = 64 << 10, Bytes,
        Counted(WeirdKind::TlsHandshakeCap);

    /// Bytes of a TLS connection that wait for keys, if a key log is still growing or is inside the capture.
    ///
    /// Keys seldom come later than the first data they decrypt. Beyond this the connection is treated as one without
    /// keys.
    "tls-waiting-bytes" max_tls_waiting_bytes: usize = 256 << 10, Bytes, Counted(WeirdKind::TlsWaitingCap);

    /// Secrets kept from TLS key logs.
    ///
    /// A connection takes one up to TLS 1.2, and four in TLS 1.3: clients that open 100 connections a second reach
    /// this in 40 minutes.
    "tls-keys" max_tls_keys: usize = 1_000_000, Count("secrets"), Counted(WeirdKind::TlsKeysCap);

    /// Refused opening handshakes listed for a connection before its last one.
    ///
    /// One or two are usual when the client is asked to authenticate.
    "earlier-handshakes" max_earlier_handshakes: usize = 16, Count("handshakes"),
        Counted(WeirdKind::HandshakeCap);

    /// Bytes of a direction kept while wslog looks for the start of a frame.
    ///
    /// After a gap that swallowed a header, or if the opening handshake is not in the recording; and the last bytes
    /// of a payload that takes several segments. What does not fit is skipped; frames may be recognised later.
    "resync-bytes" max_resync_bytes: usize = 64 << 10, Bytes, Counted(WeirdKind::FramingLost);

    /// First bytes of each payload kept for display.
    ///
    /// At least 125 bytes of a control frame are kept, which is all that a legal one has, and 4 KiB of a Close body,
    /// for its reason. `--payload full` keeps what message-bytes allows.
    "preview-bytes" max_preview_bytes: usize = 256, Bytes, Seen("A longer payload is marked as cut.");

    /// First bytes of a message kept where the whole of it is asked for.
    ///
    /// Asked for by `--payload full`, `--extract`, `--match` and `--follow`. Libraries refuse messages over 1 to 100 MiB. Beyond
    /// 1 MiB a file holds them until they are whole.
    "message-bytes" max_message_bytes: usize = 256 << 20, Bytes, Seen("A message that is longer says that it is cut.");

    /// Secrets of one connection that are told apart while it is shown frame by frame.
    ///
    /// They stay in memory to be recognised where they come again.
    "live-secrets" max_live_secrets: usize = 1_024, Count("secrets"),
        Seen("Others are left out where they are found, without a number, and not looked for elsewhere.");

    /// Bytes taken by the frames listed for one connection, except the last few: 160 each and the kept part of the payload.
    ///
    /// Matters only with `--frames all`. 150 000 frames without payloads, 60 000 with a full preview.
    "listed-frame-bytes" max_listed_frame_bytes: usize = 24 << 20, Bytes,
        Seen("The others are left out, and the report says how many.");

    /// Bytes taken by the frames listed for all connections in memory.
    ///
    /// Each 64th of the connections has a 64th of it, which is the most that one connection can take. The last few
    /// frames keep 125 bytes of payload.
    "all-listed-frame-bytes" max_all_listed_frame_bytes: usize = 1_536 << 20, Bytes,
        Counted(WeirdKind::ListedCap);

    /// Bytes inflated from one message.
    ///
    /// Libraries refuse messages over 1 to 100 MiB.
    "inflated-message-bytes" max_inflated_message_bytes: u64 = 256 << 20, Bytes,
        Counted(WeirdKind::InflateCap);

    /// Bytes inflated from all messages of one side of a connection.
    ///
    /// They take time, not memory: 64 GiB of zeros take one core ten seconds.
    "inflated-bytes" max_inflated_bytes: u64 = 64 << 30, Bytes, Counted(WeirdKind::InflateCap);

    /// Inflated bytes per compressed byte of a message, once it is larger than 1 MiB.
    ///
    /// DEFLATE cannot exceed 1032.
    "inflate-ratio" max_inflate_ratio: u64 = 1_100, Count("to one"), Counted(WeirdKind::InflateCap), FROM_ONE;

    /// Pings that wait for their Pong, per direction; the oldest is dropped first.
    ///
    /// Older ones are answered by a later Pong (RFC 6455 5.5.3). Once one was dropped, a Pong that matches none of
    /// the others is not judged.
    "pending-pings" max_pending_pings: usize = 64, Count("Pings"), Counted(WeirdKind::PingsCap), FROM_ONE;

    /// Findings kept per connection, breaches before notes; the others are counted.
    ///
    /// So many are mostly one fault repeated. At least one is kept, for `--fail-on`.
    "findings" max_findings: usize = 200, Count("findings"), Counted(WeirdKind::FindingsCap), FROM_ONE;

    /// Bytes of one block of a capture file, which is held in memory; a larger one ends the reading.
    ///
    /// Writers keep packets below 262 144 bytes, 128 MiB only for USB. Skipped blocks may have any length. A section
    /// header has 28 bytes.
    "block-bytes" max_block_bytes: usize = 16 << 20, Bytes, Counted(WeirdKind::MalformedBlock), 28..=u64::MAX;

    /// Bytes read from one TLS key log.
    ///
    /// At five lines of 180 bytes per connection, room for 300 000 connections.
    "key-log-bytes" max_key_log_bytes: u64 = 256 << 20, Bytes, Seen("The rest of the file is not read.");

    /// Interfaces kept per pcapng section; packets of further ones are skipped.
    ///
    /// A description takes 20 bytes of the file, whether a packet names it or not.
    "interfaces" max_interfaces: usize = 65_536, Count("interfaces"), Counted(WeirdKind::UnknownInterface);

    /// Bytes that a file decompressor may look back, which it keeps in memory.
    ///
    /// The most that `zstd --long` and `xz -9` need; `zstd --long=28` and `xz --lzma2=dict=192MiB` take more.
    "window-bytes" max_window_bytes: u64 = 128 << 20, Bytes, Counted(WeirdKind::FileInflateCap);

    /// Bytes read from one compressed file, after decompression.
    ///
    /// They are never all in memory; this bounds the time that a decompression bomb can take.
    "inflated-file-bytes" max_inflated_file_bytes: u64 = 256 << 30, Bytes, Counted(WeirdKind::FileInflateCap);

    /// Decompressed bytes per compressed byte of a file, once it has yielded file-inflate-ratio-from-bytes.
    ///
    /// Captures reach 3 to 100, as every packet has its own time and numbers; decompression bombs 1 000 and more.
    "file-inflate-ratio" max_file_inflate_ratio: u64 = 500, Count("to one"),
        Counted(WeirdKind::FileInflateCap), FROM_ONE;

    /// Decompressed bytes of a file from which file-inflate-ratio applies.
    ///
    /// Fewer take no time to read, and short files may be very regular.
    "file-inflate-ratio-from-bytes" file_inflate_ratio_from_bytes: u64 = 64 << 20, Bytes,
        Counted(WeirdKind::FileInflateCap);

    /// Size of one Autobahn report.
    ///
    /// Cases have up to 1 MB, an index 110 bytes per case. Up to three copies are in memory.
    "report-bytes" max_report_bytes: u64 = 16 << 20, Bytes, Seen("A larger one is an error.");

    /// Parts of one Autobahn report: JSON values, lines and cells of a page.
    ///
    /// Each is kept as a value of its own, up to 300 times larger than a part of two bytes. An index of 80 agents
    /// with all 517 cases has this many.
    "report-parts" max_report_parts: usize = 250_000, Count("parts"),
        Seen("A report with more is an error.");

    /// Longest time from the last packet of a file to the first of the next for both to be one capture.
    ///
    /// Most live connections send something within an hour.
    "pause-seconds" max_pause_seconds: u32 = 3_600, Seconds,
        Seen("Files further apart are separate captures, and listed as such.");

    /// Bytes of rows that wait to be sorted, where wslog list is asked for that.
    ///
    /// A row takes 200 to 400 bytes: room for 700 000 to 1 300 000 connections.
    "sorted-bytes" max_sorted_bytes: usize = 256 << 20, Bytes,
        Seen("A list of more rows is refused with an error; by the numbers of connections any number is listed.");

    /// Connections that a slice copies.
    ///
    /// Each takes some 300 bytes, and what is said at its packets.
    "sliced-connections" max_sliced_connections: usize = 100_000, Count("connections"),
        Seen("A slice of more is refused with an error.");

    /// Frames in a slice whose payloads are replaced.
    ///
    /// Where they are is kept in memory, 100 bytes each.
    "sliced-frames" max_sliced_frames: usize = 4_000_000, Count("frames"),
        Seen("A slice of more is refused with an error.");

    /// Nested texts, such as URIs in URI parameters, that are taken apart to hide only the secrets in them.
    ///
    /// Redirects have two or three levels, each encoded once more.
    "secret-nesting" max_secret_nesting: usize = 16, Count("texts"),
        Seen("Anything deeper is hidden as a whole, unless it consists of ordinary words."), 0..=64;

    /// Bytes of names that are looked for in all texts, where others stand for them.
    ///
    /// Room for a million and more; they stay in memory.
    "name-bytes" max_name_bytes: usize = 16 << 20, Bytes,
        Seen("Others are replaced where they stand and not looked for elsewhere, and that is said.");

    /// Bytes of the table of what stands for what.
    ///
    /// A row takes 20 to 100 bytes: room for a million and more.
    "name-table-bytes" max_name_table_bytes: usize = 64 << 20, Bytes,
        Seen("The table leaves out what comes later, and that is said.");
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
