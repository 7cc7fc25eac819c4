//! What TCP shows of a connection besides its bytes: how each side ended, whose headers are whose, what was never
//! acknowledged, when a window was shut (RFC 9293).

use crate::model::{PacketNo, PerRole, StreamEnd, Timestamp};

/// A FIN or an RST, or what stands for one, each time one was sent. A retransmission of the same FIN is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndSegment {
    /// FIN or RST; of a segment with both flags RST.
    pub how: StreamEnd,
    /// Its packet.
    pub packet: PacketNo,
    /// When it was captured; `None` where the format has no clock.
    pub at: Option<Timestamp>,
    /// Offset in its sender's stream that its sequence number stands for; `None` where that cannot be told.
    pub offset: Option<u64>,
    /// How much of the peer's stream it acknowledges. `None` without ACK, or where that cannot be told.
    pub acked: Option<u64>,
    /// An RST without ACK: its sender knew nothing of the connection, or it answers a segment that nobody wanted any
    /// more (RFC 9293 3.10.7).
    pub bare: bool,
    /// Its header.
    pub header: HeaderSigns,
}

/// What of a segment's headers tells senders apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HeaderSigns {
    /// Time to live, or hop limit.
    pub ttl: u8,
    /// Identification of IPv4; `None` in IPv6.
    pub ip_id: Option<u16>,
    /// The window field as sent, without its scale.
    pub window: u16,
}

/// The headers of the segments that a side sent, its RSTs left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HeaderHabits {
    /// How many segments.
    pub segments: u64,
    /// Least and greatest TTL or hop limit.
    pub ttl: (u8, u8),
    /// The identification of its last segment; `None` in IPv6.
    pub last_ip_id: Option<u16>,
    /// How many had an identification of 0.
    pub zero_ip_ids: u64,
}

/// What a side sent, and sent again, without an acknowledgement of its peer's host in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unacknowledged {
    /// When the bytes that were sent again had been sent first.
    pub sent_at: Option<Timestamp>,
    /// When they were sent again first.
    pub again_at: Option<Timestamp>,
    /// When last.
    pub last_at: Option<Timestamp>,
    /// Packet of the first retransmission.
    pub packet: PacketNo,
    /// How often; copies of one segment within 100 ms are one.
    pub times: u32,
    /// Payload bytes of the smallest segment that was sent again.
    pub smallest: u32,
    /// Payload bytes of the largest.
    pub largest: u32,
    /// Offset of the first byte without an acknowledgement.
    pub offset: Option<u64>,
}

/// A side that took no more bytes: it announced a window of 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutWindow {
    /// When it was shut longest: from then...
    pub from: Option<Timestamp>,
    /// ...for so long, to its next window above 0 or the last segment of the connection.
    pub for_ns: i64,
    /// The packet that shut it then.
    pub packet: PacketNo,
    /// Segments that its peer sent meanwhile with payload, or with a number before the next: probes.
    pub probes: u32,
    /// It was never opened again.
    pub to_the_end: bool,
}

/// Something that TCP shows of a side at a moment, and that is no byte of its stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpMoment {
    /// What it is.
    pub what: TcpSign,
    /// The packet that shows it; a gap is shown by what lies behind it.
    pub packet: PacketNo,
    /// When that was captured; `None` without a clock.
    pub at: Option<Timestamp>,
}

impl TcpMoment {
    /// That `packet` shows it.
    #[must_use]
    pub const fn new(what: TcpSign, packet: PacketNo, at: Option<Timestamp>) -> Self {
        Self { what, packet, at }
    }
}

/// What a [`TcpMoment`] shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TcpSign {
    /// The side sent so many bytes of its stream again, or they were captured twice.
    Again(u64),
    /// So many bytes of its stream are missing from the recording.
    Gap(u64),
    /// It announced a window of 0: it takes no more bytes.
    WindowShut,
    /// It takes bytes again.
    WindowOpened,
    /// The host of its peer had its FIN.
    FinReached,
}

impl TcpSign {
    /// Its name, the same in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Again(_) => "retransmission",
            Self::Gap(_) => "gap",
            Self::WindowShut => "zero_window",
            Self::WindowOpened => "window_opened",
            Self::FinReached => "fin_acknowledged",
        }
    }

    /// How many bytes it is about.
    #[must_use]
    pub const fn bytes(self) -> Option<u64> {
        match self {
            Self::Again(bytes) | Self::Gap(bytes) => Some(bytes),
            Self::WindowShut | Self::WindowOpened | Self::FinReached => None,
        }
    }
}

/// What TCP shows of one side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SideTcp {
    /// Its FINs and RSTs in the order of capture; at most [`MAX_ENDS`](Self::MAX_ENDS), the first ones.
    pub ends: Vec<EndSegment>,
    /// Headers of its segments.
    pub habits: HeaderHabits,
    /// Time of the last segment that brought new bytes of its stream.
    pub last_payload_at: Option<Timestamp>,
    /// Time of its last segment of whatever kind, but an RST.
    pub last_segment_at: Option<Timestamp>,
    /// What stayed unacknowledged to the end.
    pub unacknowledged: Option<Unacknowledged>,
    /// Payload bytes of its largest segment that was acknowledged.
    pub largest_acknowledged: u32,
    /// Its shut window.
    pub shut: Option<ShutWindow>,
    /// What was sent again, what is missing and when its window was shut, in the order of capture; empty where nobody asked for it.
    pub moments: Vec<TcpMoment>,
    /// Those beyond the cap, which come later.
    pub moments_omitted: u64,
}

impl SideTcp {
    /// Ends kept: an RST answers each segment that still comes, and says the same each time.
    pub const MAX_ENDS: usize = 16;
}

/// What TCP shows of both sides, by sender.
pub type TcpFacts = PerRole<SideTcp>;
