//! Caps on the command line.

use wslog::limits::Limits;

/// Caps on memory and work; reaching one is counted and shown as odd.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// TCP connections followed at a time; the one silent the longest is given up
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_flows, hide_short_help = true)]
    pub(super) max_flows: usize,
    /// Silence after which a connection that was not closed is given up
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::DEFAULT.max_idle_seconds, hide_short_help = true)]
    pub(super) max_idle_seconds: u32,
    /// Time a closed connection is kept for late segments
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::DEFAULT.closed_linger_seconds, hide_short_help = true)]
    pub(super) max_linger_seconds: u32,
    /// Out-of-order bytes kept per direction
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_out_of_order_bytes, hide_short_help = true)]
    pub(super) max_out_of_order: usize,
    /// Out-of-order pieces kept per direction
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_out_of_order_segments, hide_short_help = true)]
    pub(super) max_out_of_order_segments: usize,
    /// Bytes kept per direction to compare retransmissions with
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_history_bytes, hide_short_help = true)]
    pub(super) max_history: usize,
    /// IP fragments kept until their datagram is whole
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_fragment_bytes, hide_short_help = true)]
    pub(super) max_fragment_bytes: usize,
    /// IP datagrams in fragments followed at a time
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_fragmented_datagrams, hide_short_help = true)]
    pub(super) max_fragmented_datagrams: usize,
    /// Time after which an IP datagram in fragments is given up
    #[arg(long, value_name = "SECONDS", default_value_t = Limits::DEFAULT.fragment_expiry_seconds, hide_short_help = true)]
    pub(super) max_fragment_seconds: u32,
    /// Tunnels inside one another
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_nesting, hide_short_help = true)]
    pub(super) max_nesting: u32,
    /// Length of an HTTP head
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_handshake_bytes, hide_short_help = true)]
    pub(super) max_handshake: usize,
    /// Bytes of a direction searched for where frames begin
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_resync_bytes, hide_short_help = true)]
    pub(super) max_resync: usize,
    /// Field lines of an opening handshake, with the elements of its lists
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_handshake_parts, hide_short_help = true)]
    pub(super) max_handshake_parts: usize,
    /// Refused opening handshakes listed per connection
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_earlier_handshakes, hide_short_help = true)]
    pub(super) max_earlier_handshakes: usize,
    /// Bytes kept of a payload; --payload full keeps 1 MiB at least
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_preview_bytes, hide_short_help = true)]
    pub(super) max_preview: usize,
    /// Bytes inflated from one message
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_inflated_message_bytes, hide_short_help = true)]
    pub(super) max_inflated: u64,
    /// Bytes inflated from all messages of a direction
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_inflated_bytes, hide_short_help = true)]
    pub(super) max_inflated_total: u64,
    /// Inflated bytes per compressed one, in messages over 1 MiB
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_inflate_ratio, hide_short_help = true)]
    pub(super) max_inflate_ratio: u64,
    /// Bytes read from one compressed file, as they are without compression
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_inflated_file_bytes, hide_short_help = true)]
    pub(super) max_inflated_file: u64,
    /// Bytes per compressed byte of a file, once enough has come out of it
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_file_inflate_ratio, hide_short_help = true)]
    pub(super) max_file_inflate_ratio: u64,
    /// Bytes read from a compressed file however many come from a byte of it
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.file_inflate_ratio_from_bytes, hide_short_help = true)]
    pub(super) max_file_at_any_ratio: u64,
    /// Findings kept per connection
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_findings, hide_short_help = true)]
    pub(super) max_findings: usize,
    /// Pings without a Pong kept per direction
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_pending_pings, hide_short_help = true)]
    pub(super) max_pending_pings: usize,
    /// Earlier connections a connection is compared with
    #[arg(long, value_name = "N", default_value_t = Limits::DEFAULT.max_compared_connections, hide_short_help = true)]
    pub(super) max_compared_connections: usize,
    /// Reports that wait for a connection that began before
    #[arg(long, value_name = "BYTES", default_value_t = Limits::DEFAULT.max_waiting_report_bytes, hide_short_help = true)]
    pub(super) max_waiting_reports: usize,
}

impl LimitArgs {
    /// All caps: one without an option does not compile.
    pub(super) const fn limits(&self) -> Limits {
        Limits {
            max_flows: self.max_flows,
            max_idle_seconds: self.max_idle_seconds,
            closed_linger_seconds: self.max_linger_seconds,
            max_out_of_order_bytes: self.max_out_of_order,
            max_out_of_order_segments: self.max_out_of_order_segments,
            max_history_bytes: self.max_history,
            max_fragment_bytes: self.max_fragment_bytes,
            max_fragmented_datagrams: self.max_fragmented_datagrams,
            fragment_expiry_seconds: self.max_fragment_seconds,
            max_nesting: self.max_nesting,
            max_handshake_bytes: self.max_handshake,
            max_resync_bytes: self.max_resync,
            max_handshake_parts: self.max_handshake_parts,
            max_earlier_handshakes: self.max_earlier_handshakes,
            max_preview_bytes: self.max_preview,
            max_inflated_message_bytes: self.max_inflated,
            max_inflated_bytes: self.max_inflated_total,
            max_inflate_ratio: self.max_inflate_ratio,
            max_inflated_file_bytes: self.max_inflated_file,
            max_file_inflate_ratio: self.max_file_inflate_ratio,
            file_inflate_ratio_from_bytes: self.max_file_at_any_ratio,
            max_findings: self.max_findings,
            max_pending_pings: self.max_pending_pings,
            max_compared_connections: self.max_compared_connections,
            max_waiting_report_bytes: self.max_waiting_reports,
        }
    }
}
