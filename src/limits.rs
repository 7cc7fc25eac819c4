//! Every cap, with its unit in the name. Reaching one is a counted weird, never silence.

/// Bytes of one block of a capture file that is held in memory. Writers keep packets below 262 144 bytes, 128 MiB
/// only for USB; a block that claims more is taken for garbage. Blocks that are skipped may be of any length.
pub const MAX_BLOCK_BYTES: usize = 16 << 20;

/// Interfaces kept per pcapng section. The packets of any further one are counted as of an unknown interface.
pub const MAX_INTERFACES: usize = 65_536;

/// Bytes of one Autobahn report that is read. Cases have up to some hundred kB, an index 110 bytes a case.
pub const MAX_REPORT_BYTES: u64 = 64 << 20;

/// Bytes a decompressor may look back, which it keeps in memory: what `zstd --long` and `xz -9` need at the most.
/// Files made with more (`zstd --long=28`, `xz --lzma2=dict=192MiB`) are not read.
pub const MAX_WINDOW_BYTES: u64 = 128 << 20;

/// Seconds between the last packet of a file and the first of another up to which both may be one capture: in an hour
/// most connections that live send something.
pub const MAX_PAUSE_SECONDS: u32 = 3_600;

/// Caps of one analysis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Tunnels inside one another that are entered; networks have up to four.
    pub max_nesting: u32,
    /// Bytes of IP fragments that wait for the rest of their datagram, with what keeping them takes. 16 MiB is
    /// 250 of the largest datagrams; Linux keeps 4 MiB.
    pub max_fragment_bytes: usize,
    /// IP datagrams of which fragments wait, or whose late copies are still recognised.
    pub max_fragmented_datagrams: usize,
    /// Seconds of capture time until a datagram of which fragments are missing is given up. As on Linux, and well
    /// before a fast sender uses one of 65 536 identifications again.
    pub fragment_expiry_seconds: u32,
    /// TCP connections followed at a time. 1 000 000 half-open ones take 0.8 GiB.
    pub max_flows: usize,
    /// Out-of-order bytes kept per direction while a hole waits to be filled. 4 MiB is a full receive window
    /// of a fast path (Linux `tcp_rmem` allows 6 MiB).
    pub max_out_of_order_bytes: usize,
    /// Out-of-order pieces kept per direction; bounds what 1-byte segments cost.
    pub max_out_of_order_segments: usize,
    /// Last bytes kept per direction to compare retransmissions with; what lies further back is not compared.
    /// Heads of requests and Close frames, where a difference would matter most, fit.
    pub max_history_bytes: usize,
    /// Length of an HTTP head, and of frames sent before the response that allows them. Servers refuse heads
    /// over 8 to 64 KiB.
    pub max_handshake_bytes: usize,
    /// Bytes of a direction kept while it is looked for where frames begin: behind a hole that took a header, or
    /// where the opening handshake is not in the recording.
    pub max_resync_bytes: usize,
    /// Field lines of the head of an opening handshake, and elements of its lists: each is kept as a value of its
    /// own, which a line of two bytes makes 30 times larger. Servers refuse more than 100 to 2000 lines.
    pub max_handshake_parts: usize,
    /// Refused opening handshakes of a connection that are listed before its last one.
    pub max_earlier_handshakes: usize,
    /// First bytes of each payload kept for display. Of control frames at least 125 are kept, which is all a
    /// legal one has; of a Close body 4 KiB, for its reason.
    pub max_preview_bytes: usize,
    /// Bytes inflated from one message. Libraries refuse messages over 1 to 100 MiB.
    pub max_inflated_message_bytes: u64,
    /// Bytes inflated from all messages of one side of a connection together. They take time, not memory: 64 GiB
    /// of zeros are ten seconds of a core.
    pub max_inflated_bytes: u64,
    /// Inflated bytes per compressed byte of a message once it is larger than 1 MiB. DEFLATE ends at 1032.
    pub max_inflate_ratio: u64,
    /// Bytes read from one compressed file, as they are without compression. They are never in memory together; this
    /// bounds the time that a file made to be endless can take.
    pub max_inflated_file_bytes: u64,
    /// Bytes per compressed byte of a file, once there are [`Self::file_inflate_ratio_from_bytes`]. Captures come to 3 to 100, for every
    /// packet has its own time and numbers; files made to be endless to 1 000 and more, DEFLATE ends at 1032.
    pub max_file_inflate_ratio: u64,
    /// Bytes from which on that ratio counts: they take no time to read, and short files may be very regular.
    pub file_inflate_ratio_from_bytes: u64,
    /// Findings kept per connection, notes giving way to breaches; the others are counted.
    pub max_findings: usize,
    /// Pings that wait for their Pong, per direction. Older ones are answered by a later Pong (RFC 6455 5.5.3); the
    /// oldest is given up first, and then a Pong that fits none of the others is not judged.
    pub max_pending_pings: usize,
    /// Connections that a later one is compared with, for its key and the time of its handshake. No weird: what
    /// lies further back is compared with nothing, and no finding rests on that.
    pub max_compared_connections: usize,
    /// Bytes of finished reports that wait for an older connection to end.
    pub max_waiting_report_bytes: usize,
    /// Seconds of capture time a closed connection stays in the table for late segments.
    pub closed_linger_seconds: u32,
    /// Seconds of capture time without a segment until a connection that was not closed is given up; what comes
    /// later is taken for another one. Keep-alive probes of TCP come every two hours.
    pub max_idle_seconds: u32,
}

impl Limits {
    /// What holds unless told otherwise.
    pub const DEFAULT: Self = Self {
        max_nesting: 16,
        max_fragment_bytes: 16 << 20,
        max_fragmented_datagrams: 4_096,
        fragment_expiry_seconds: 30,
        max_flows: 1_000_000,
        max_out_of_order_bytes: 4 << 20,
        max_out_of_order_segments: 16_384,
        max_history_bytes: 4 << 10,
        max_handshake_bytes: 64 << 10,
        max_resync_bytes: 64 << 10,
        max_handshake_parts: 2_000,
        max_earlier_handshakes: 16,
        max_preview_bytes: 256,
        max_inflated_message_bytes: 256 << 20,
        max_inflated_bytes: 64 << 30,
        max_inflate_ratio: 1_100,
        max_inflated_file_bytes: 256 << 30,
        max_file_inflate_ratio: 500,
        file_inflate_ratio_from_bytes: 64 << 20,
        max_findings: 200,
        max_pending_pings: 64,
        max_compared_connections: 1_024,
        max_waiting_report_bytes: 256 << 20,
        closed_linger_seconds: 2,
        max_idle_seconds: 86_400,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
