//! What two endpoints do to one another, as it is written down for examples and tests.

use crate::model::{FrameHeader, Role};

/// An exchange: what was agreed before it, and what each side then does, in the order of a recording.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// Values of Sec-WebSocket-Extensions in the request that goes without saying.
    pub offered: Vec<String>,
    /// Those in the response to it.
    pub taken: Vec<String>,
    /// The server's port, where it matters.
    pub port: Option<u16>,
    /// Each connection has a client of its own.
    pub strangers: bool,
    /// What is done.
    pub acts: Vec<Act>,
}

impl Exchange {
    /// Whether it shows the opening handshake; otherwise it begins behind a sound one.
    #[must_use]
    pub fn has_handshake(&self) -> bool {
        self.acts.iter().any(|act| matches!(act.what, Deed::Head(_)))
    }

    /// Whether messages may be compressed in it from the start.
    #[must_use]
    pub fn is_compressed(&self) -> bool {
        !self.taken.is_empty()
    }
}

/// One thing a side does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// On which connection, from 1.
    pub connection: u8,
    /// The side that did it.
    pub from: Role,
    /// Bytes, an act of TCP, or a wait.
    pub what: Deed,
    /// It shares a segment with what the same side sent before.
    pub joined: bool,
    /// The recording lacks it.
    pub uncaptured: bool,
}

/// What a side does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    /// It sends the head of its part of the opening handshake.
    Head(String),
    /// It sends bytes after the handshake.
    Bytes {
        /// As on the wire.
        wire: Vec<u8>,
        /// The frame that begins with them; `None` where they do not hold a whole header.
        frame: Option<ShownFrame>,
    },
    /// Its host sends the last payload again.
    Again,
    /// Its host probes whether the other one is there: a byte that was sent before.
    Probe,
    /// It ends TCP by FIN.
    Fin,
    /// It resets TCP.
    Rst,
    /// Its host knows nothing of the connection: an RST without acknowledgement number.
    BareRst,
    /// Its host refuses TCP: it answers the other side's SYN with RST.
    Refuse,
    /// Something on the way resets TCP in its name: by an RST whose TTL and IP identification are not its own.
    ForeignRst,
    /// Its host takes no more bytes: it announces a window of 0.
    Shut,
    /// Its host takes bytes again.
    Open,
    /// It acknowledges what it has received.
    Ack,
    /// What the other side sends from here on is under way to it and has not arrived.
    Hold,
    /// What was under way to it arrives.
    Release,
    /// What it sent last is recorded behind so many packets that follow.
    Late(u8),
    /// So many milliseconds go by before it does something.
    Wait(u32),
}

/// A frame as decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShownFrame {
    /// As the codec reads it back from the wire.
    pub header: FrameHeader,
    /// Its payload, unmasked, as far as it is there.
    pub payload: Vec<u8>,
}
