//! What reassembly hands on: in-order bytes of both directions, their holes and their ends.

use crate::model::{Direction, Http2Error, PacketNo, PerRole, Role, Timestamp};

/// The segment that carried something, and what its sender had received by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carrier {
    /// Number of the packet; of a reassembled datagram its last piece.
    pub packet: PacketNo,
    /// Capture time of that packet; `None` where the format has no clock.
    pub at: Option<Timestamp>,
    /// How many bytes of the *peer's* stream its sender's host had received: the acknowledgement number as an
    /// offset in that stream. `None` without ACK, or where the peer's first sequence number is unknown.
    pub acked: Option<u64>,
}

/// Why bytes are missing from a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum GapCause {
    /// The receiver acknowledged them, so they were on the wire; the capture missed them.
    NotCaptured,
    /// The packet is there but was cut by the snap length.
    SnapLen,
    /// Later bytes filled the out-of-order buffer; the hole was given up.
    BufferFull,
    /// The recording ended before they came, later bytes being there.
    RecordingEnded,
    /// They are of a TLS record that its key did not open.
    Undecrypted,
}

/// How one direction of a TCP connection, or of a stream of HTTP/2, ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamEnd {
    /// In an orderly way: its sender has no more data (RFC 9293 3.6).
    Fin,
    /// By RST from its sender.
    Rst,
    /// A direction of a stream of HTTP/2 by END_STREAM: as by FIN (RFC 8441 5).
    EndStream,
    /// A stream of HTTP/2 by RST_STREAM with that error code: as by RST (RFC 8441 5). `None` where the code was not recorded.
    RstStream(Option<Http2Error>),
    /// Its sender dropped TCP, says a log, which does not know whether by FIN or RST, nor whose came first.
    Dropped,
    /// The recording, or our memory of the connection, ended first.
    Unobserved,
}

impl StreamEnd {
    /// Its name, the same in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::EndStream => "end_stream",
            Self::RstStream(_) => "rst_stream",
            Self::Dropped => "dropped",
            Self::Unobserved => "unobserved",
        }
    }

    /// Whether its sender said that it has no more to send.
    #[must_use]
    pub const fn is_orderly(self) -> bool {
        matches!(self, Self::Fin | Self::EndStream)
    }

    /// Whether its sender took back what had not been read.
    #[must_use]
    pub const fn is_reset(self) -> bool {
        matches!(self, Self::Rst | Self::RstStream(_))
    }

    /// Whether it is of a stream of HTTP/2, and what carries that goes on.
    #[must_use]
    pub const fn is_of_stream(self) -> bool {
        matches!(self, Self::EndStream | Self::RstStream(_))
    }

    /// The error code of HTTP/2 that it gives.
    #[must_use]
    pub const fn error(self) -> Option<Http2Error> {
        match self {
            Self::RstStream(error) => error,
            Self::Fin | Self::Rst | Self::EndStream | Self::Dropped | Self::Unobserved => None,
        }
    }
}

/// What one side sent again while the other stayed silent: it sent nothing at all, not even an acknowledgement,
/// from the first try on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unanswered {
    /// How often: retransmissions and keep-alive probes; those within 100 ms of one another are one try, for no
    /// retransmission timer is so short.
    pub tries: u32,
    /// Time of the first.
    pub first_at: Option<Timestamp>,
    /// Time of the last.
    pub last_at: Option<Timestamp>,
}

/// What is known of a connection besides its events once the recording, or its place in it, is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tail {
    /// The recording went on until then and would have shown more of this connection.
    pub until: Option<Timestamp>,
    /// By sender of what was sent again.
    pub unanswered: PerRole<Option<Unanswered>>,
    /// The recording is the log of this side: what the other sent in it, this one has read.
    pub log_of: Option<Role>,
    /// It is a stream of HTTP/2, whose ends are not those of TCP.
    pub is_stream: bool,
    /// That side ended a stream of HTTP/2 by END_STREAM, which refuses nothing of what still comes back (RFC 8441 5).
    pub half_closed: PerRole<bool>,
    /// When each side sent the last byte of its stream.
    pub last_payload_at: PerRole<Option<Timestamp>>,
    /// TCP was never established, and the recording shows that it failed.
    pub not_connected: bool,
    /// The recording is known to end before the conversation did.
    pub cut: bool,
    /// The TLS handshake had not come to its end when TCP ended, and nothing of it is missing.
    pub not_secured: bool,
}

/// One step of a reassembled TCP connection. Offsets count payload bytes of `dir` from 0.
///
/// For each direction `Data` and `Gap` follow one another without hole or overlap, and `End` comes once, last
/// (`Acked` and `Conflict` for that direction's bytes may follow it).
#[derive(Clone, Copy, Debug)]
pub enum StreamEvent<'a> {
    /// The next bytes of a stream, each byte of it once and in order.
    Data {
        /// The direction whose stream it is.
        dir: Direction,
        /// Offset of the first one.
        offset: u64,
        /// The bytes, borrowed from the packet where they came in order.
        bytes: &'a [u8],
        /// The segment that brought them first.
        carrier: Carrier,
    },
    /// Bytes that will not come.
    Gap {
        /// The direction whose stream it is.
        dir: Direction,
        /// Offset of the first one.
        offset: u64,
        /// How many bytes.
        len: u64,
        /// What took them.
        cause: GapCause,
        /// The segment that made it certain.
        carrier: Carrier,
    },
    /// A retransmission differs from the bytes that came first, which are kept.
    Conflict {
        /// The direction whose stream it is.
        dir: Direction,
        /// Offset of the first differing byte.
        offset: u64,
        /// Length of the compared range from there on.
        len: u64,
        /// The packet with the second copy.
        packet: PacketNo,
    },
    /// The receiver has acknowledged more of this direction.
    Acked {
        /// Whose bytes were acknowledged; the segment came from the other side.
        dir: Direction,
        /// All bytes before this offset have been received.
        offset: u64,
        /// The segment with the acknowledgement.
        carrier: Carrier,
    },
    /// The direction is over.
    End {
        /// The direction that ended.
        dir: Direction,
        /// FIN, RST, or what else is known of it.
        how: StreamEnd,
        /// The segment with the FIN or RST (the first seen with it); `None` for `Unobserved`.
        carrier: Option<Carrier>,
    },
}
