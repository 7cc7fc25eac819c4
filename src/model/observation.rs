//! The one intermediate form: what each side of a WebSocket connection was seen to send.

use std::ops::{Index, IndexMut};

use crate::model::{
    Bytes, Carrier, FrameHeader, GapCause, PacketNo, StreamEnd, Timestamp, UpgradeRequest, UpgradeResponse,
    named,
};

named! {
    /// Side of a WebSocket connection (RFC 6455 1.2): the client sent the opening handshake.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Role {
        /// Sends the request of the opening handshake; has to mask its frames.
        Client = "client",
        /// Answers the request; may not mask its frames.
        Server = "server",
    }
}

impl Role {
    /// Both, client first.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// The role of the endpoint at the other end.
    #[must_use]
    pub const fn peer(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }
}

/// One value for each side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerRole<T> {
    /// What is so of the client, or was sent by it.
    pub client: T,
    /// What is so of the server, or was sent by it.
    pub server: T,
}

impl<T> Index<Role> for PerRole<T> {
    type Output = T;
    fn index(&self, role: Role) -> &T {
        match role {
            Role::Client => &self.client,
            Role::Server => &self.server,
        }
    }
}

impl<T> IndexMut<Role> for PerRole<T> {
    fn index_mut(&mut self, role: Role) -> &mut T {
        match role {
            Role::Client => &mut self.client,
            Role::Server => &mut self.server,
        }
    }
}

/// Where in the recording something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A packet of a capture, and the place in its sender's TCP stream.
    Capture {
        /// The segment that carried it first.
        carrier: Carrier,
        /// Offset in the sender's TCP stream.
        offset: u64,
    },
    /// In the wire log of a tester, which knows neither times nor packets.
    WireLog {
        /// Number of the row, from 0.
        row: u32,
    },
}

impl Evidence {
    /// The packet that shows it; `None` in a log.
    #[must_use]
    pub const fn packet(&self) -> Option<PacketNo> {
        match self {
            Self::Capture { carrier, .. } => Some(carrier.packet),
            Self::WireLog { .. } => None,
        }
    }

    /// Time of that packet; `None` without a clock.
    #[must_use]
    pub const fn at(&self) -> Option<Timestamp> {
        match self {
            Self::Capture { carrier, .. } => carrier.at,
            Self::WireLog { .. } => None,
        }
    }

    /// Offset in the sender's stream.
    #[must_use]
    pub const fn offset(&self) -> Option<u64> {
        match self {
            Self::Capture { offset, .. } => Some(*offset),
            Self::WireLog { .. } => None,
        }
    }

    /// How much of the peer's stream the sender's host had received when it sent this.
    #[must_use]
    pub const fn acked(&self) -> Option<u64> {
        match self {
            Self::Capture { carrier, .. } => carrier.acked,
            Self::WireLog { .. } => None,
        }
    }

    /// Row of a wire log.
    #[must_use]
    pub const fn row(&self) -> Option<u32> {
        match self {
            Self::Capture { .. } => None,
            Self::WireLog { row } => Some(*row),
        }
    }
}

/// Why a part of a payload is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Missing {
    /// A hole in the TCP stream.
    StreamGap(GapCause),
    /// The wire log keeps the first bytes only.
    ElidedByLog,
}

/// A piece of a frame's payload, in order.
#[derive(Clone, Copy, Debug)]
pub enum Piece<'a> {
    /// Bytes as the application sent them: the mask is off, compression is not.
    Bytes(&'a [u8]),
    /// So many bytes are not known.
    Missing {
        /// How many bytes.
        len: u64,
        /// What kept them out of the recording.
        cause: Missing,
    },
}

/// Bytes that do not form what should stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Undecodable {
    /// The stream ended inside a frame header.
    CutHeader {
        /// The bytes of it that came, 1 to 13.
        bytes: Vec<u8>,
    },
    /// A gap swallowed a frame header; where the next frame begins is not known.
    FramingLost {
        /// Bytes of the stream from there to its end.
        skipped: u64,
    },
    /// What stands where an HTTP head should is none.
    NotHttp {
        /// First bytes of it.
        start: Bytes,
    },
    /// What stands where a frame should is none, and was not cut out of the recording.
    NotFrames {
        /// What it is instead.
        how: LostHow,
        /// First bytes of it.
        start: Bytes,
    },
}

/// What stands in a stream where a frame should: the first of these that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LostHow {
    /// A response in HTTP/1.
    HttpResponse,
    /// A request in HTTP.
    HttpRequest,
    /// A chunk size (RFC 9112 7.1).
    ChunkSize,
    /// An end of line, with frames behind it.
    ExtraCrlf,
    /// The length of a frame takes another number of bytes than the 126 or 127 before it says.
    LengthWidth {
        /// Bytes that it says, 2 or 8.
        stated: u8,
        /// Bytes that there are.
        bytes: u8,
    },
    /// The next frame, inside the payload of the one before.
    CutShort {
        /// Payload bytes of that frame that came.
        came: u64,
        /// Payload bytes that its header announces.
        claimed: u64,
    },
    /// The rest of a frame whose beginning is not there; frames follow.
    BytesMissing,
    /// None of these.
    Unexplained,
}

impl LostHow {
    /// Its name, the same in every format.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::HttpResponse => "http_response",
            Self::HttpRequest => "http_request",
            Self::ChunkSize => "chunk_size",
            Self::ExtraCrlf => "extra_crlf",
            Self::LengthWidth { .. } => "length_width",
            Self::CutShort { .. } => "cut_short",
            Self::BytesMissing => "bytes_missing",
            Self::Unexplained => "unexplained",
        }
    }
}

/// Where the stream of a side ceased to be frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LostFraming {
    /// What stands there instead.
    pub how: LostHow,
    /// The last whole frame of that side before it; `None` where there is none.
    pub frame: Option<u64>,
    /// The packet that shows it.
    pub packet: Option<PacketNo>,
    /// Time of that packet.
    pub at: Option<Timestamp>,
    /// Offset in the side's stream.
    pub offset: Option<u64>,
}

/// What a side was seen to do, before fragments are joined and payloads are inflated.
#[derive(Clone, Debug)]
pub enum Observed<'a> {
    /// The client's opening handshake.
    Request(Box<UpgradeRequest>),
    /// The server's answer to it.
    Response(Box<UpgradeResponse>),
    /// This side's part of the opening handshake is not, or not wholly, in the recording.
    HandshakeUnseen,
    /// No response says so, but the upgrade took place: frames follow.
    Upgraded,
    /// What both sides send is encrypted, and there is no key to it: all that follows are acknowledgements and ends.
    Encrypted,
    /// A frame begins; its payload follows in pieces, then `FrameEnd`.
    Frame(FrameHeader),
    /// The next piece of the payload.
    Payload(Piece<'a>),
    /// The frame is over.
    FrameEnd {
        /// Payload bytes that never came because the stream ended; 0 for a whole frame.
        cut: u64,
    },
    /// Something that should be a frame and is not.
    Undecodable(Undecodable),
    /// A hole between frames, or over the start of one.
    Gap {
        /// How many bytes are missing.
        len: u64,
        /// What took them.
        cause: GapCause,
    },
    /// Behind bytes that could not be read, frames were recognised again by one another.
    Resumed {
        /// Bytes of the stream before them, those of gaps included.
        skipped: u64,
    },
    /// This side's host has received the peer's stream up to this offset.
    Acked(u64),
    /// This side's TCP stream is over.
    StreamEnd(StreamEnd),
    /// This side stopped writing its log: what either side sends from here on is unknown.
    LogPaused,
    /// It writes its log again.
    LogResumed,
}

/// One thing one side was seen to do.
#[derive(Clone, Debug)]
pub struct Observation<'a> {
    /// The side that did it.
    pub from: Role,
    /// Frame, payload, gap or end.
    pub what: Observed<'a>,
    /// Where it stands; `None` only for what the recording did not show (`StreamEnd::Unobserved`, a frame cut
    /// by it).
    pub evidence: Option<Evidence>,
}
