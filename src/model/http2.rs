//! What a connection of HTTP/2 shows of a stream besides its bytes (RFC 9113, RFC 8441).

use std::fmt;

use crate::model::{PacketNo, PerRole, Quoted, Stage, Text, Timestamp};

/// Error code of RST_STREAM and GOAWAY (RFC 9113 7).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Http2Error(pub u32);

impl Http2Error {
    /// No error: GOAWAY of an orderly end; RST_STREAM where the rest is not wanted.
    pub const NO_ERROR: Self = Self(0x0);
    /// The peer broke HTTP/2.
    pub const PROTOCOL_ERROR: Self = Self(0x1);
    /// A fault of the sender itself.
    pub const INTERNAL_ERROR: Self = Self(0x2);
    /// Nothing of the stream was looked at: the request can be made again.
    pub const REFUSED_STREAM: Self = Self(0x7);
    /// The stream is no longer wanted.
    pub const CANCEL: Self = Self(0x8);
    /// What a tunnel led to was reset, or ended otherwise than it should.
    pub const CONNECT_ERROR: Self = Self(0xa);
    /// The peer asks for too much.
    pub const ENHANCE_YOUR_CALM: Self = Self(0xb);
    /// It is to be asked for in HTTP/1.1.
    pub const HTTP_1_1_REQUIRED: Self = Self(0xd);

    /// Name in the registry of IANA ("HTTP/2 Error Code"); `None` where it has none.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0x0 => "NO_ERROR",
            0x1 => "PROTOCOL_ERROR",
            0x2 => "INTERNAL_ERROR",
            0x3 => "FLOW_CONTROL_ERROR",
            0x4 => "SETTINGS_TIMEOUT",
            0x5 => "STREAM_CLOSED",
            0x6 => "FRAME_SIZE_ERROR",
            0x7 => "REFUSED_STREAM",
            0x8 => "CANCEL",
            0x9 => "COMPRESSION_ERROR",
            0xa => "CONNECT_ERROR",
            0xb => "ENHANCE_YOUR_CALM",
            0xc => "INADEQUATE_SECURITY",
            0xd => "HTTP_1_1_REQUIRED",
            _ => return None,
        })
    }

    /// Whether it says that the peer broke HTTP/2.
    #[must_use]
    pub const fn is_of_peer(self) -> bool {
        matches!(self.0, 0x1 | 0x3 | 0x4 | 0x5 | 0x6 | 0x9)
    }
}

impl fmt::Display for Http2Error {
    /// Its name; without one its number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "{}", self.0),
        }
    }
}

/// A GOAWAY (RFC 9113 6.8): the last that a side sent.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GoAway<S: Stage = Quoted> {
    /// Streams of a higher number were not looked at.
    pub last_stream: u32,
    /// Why.
    pub error: Http2Error,
    /// Its first bytes of debug data; `None` without any.
    pub debug: Option<Text<S>>,
    /// Its packet.
    pub packet: PacketNo,
    /// When it was captured; `None` where the format has no clock.
    pub at: Option<Timestamp>,
}

/// What the connection shows of a stream, up to when nothing more was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Http2Facts<S: Stage = Quoted> {
    /// First and last packet of the TCP connection, of which the stream has a part.
    pub packets: Option<(PacketNo, PacketNo)>,
    /// The server had said before the request that it takes extended CONNECT (RFC 8441 3); `None` where that is not in the
    /// recording.
    pub was_invited: Option<bool>,
    /// By sender: it could send no more, on the stream or on the connection, before its peer took more.
    pub stalled: PerRole<bool>,
    /// By sender.
    pub going: PerRole<Option<GoAway<S>>>,
    /// Other streams of the connection that carry WebSocket, by number; at most
    /// [`MAX_OTHERS`](Self::MAX_OTHERS), the last ones.
    pub others: Vec<u32>,
    /// Those of them that were still open when the connection ended.
    pub open: Vec<u32>,
    /// Requests on the connection that are no CONNECT.
    pub requests: u64,
}

impl Http2Facts {
    /// Others that are named.
    pub const MAX_OTHERS: usize = 64;
}

impl<S: Stage> Http2Facts<S> {
    /// The GOAWAY by which the other end will not look at a stream that the client opened.
    #[must_use]
    pub fn passed_over(&self, stream: u32) -> Option<&GoAway<S>> {
        self.going.server.as_ref().filter(|going| going.last_stream < stream)
    }
}
