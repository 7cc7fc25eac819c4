//! What several recordings show of one connection, and the hops of a proxied one.

use std::sync::Arc;

use crate::model::{Certainty, CloseCode, ConversationId, Role, StreamEnd, Timestamp, named};

named! {
    /// What its legs have to do with one another.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum JourneyKind {
        /// One TCP connection, recorded at several points.
        SameConnection = "same_connection",
        /// A proxy took what came on one connection and passed it on on another.
        Proxied = "proxied",
        /// What a tester logged, and what was recorded.
        LogAndWire = "log_and_wire",
    }
}

named! {
    /// Who ended a way from one end to the other.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum Ender {
        /// The client at one end.
        Client = "client",
        /// The server at the other.
        Server = "server",
        /// A proxy on the way.
        Proxy = "proxy",
        /// Something on the way that is no end of either connection: the network, a middlebox.
        Between = "between",
        /// Client and server at once.
        Both = "both",
    }
}

/// One recording of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leg {
    /// The conversation.
    pub id: ConversationId,
    /// The path of its input; `None` where none was given.
    pub path: Option<Arc<str>>,
    /// Which connection of the way it is a recording of, from 0 at the client's end.
    pub hop: usize,
}

/// How the clocks of the recordings at both ends differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockDifference {
    /// So many nanoseconds the clock at the server's end was ahead of that at the client's when the journey began.
    pub offset_ns: i64,
    /// It may be so much more or less.
    pub error_ns: i64,
    /// So many nanoseconds more it was ahead after each second; `None` where the recordings are too short to tell.
    pub drift_ppb: Option<i64>,
}

/// A Close, or an end of TCP, on its way from one recording to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passage {
    /// Who sent it, or in whose name it came.
    pub from: Role,
    /// The code of a Close; `None` for an end of TCP.
    pub close: Option<Option<CloseCode>>,
    /// How TCP was ended; `None` for a Close.
    pub end: Option<StreamEnd>,
    /// When it was recorded near its sender, by the clock at the client's end; `None` where it was not.
    pub left: Option<Timestamp>,
    /// The same of the other end.
    pub arrived: Option<Timestamp>,
    /// False where the recording that does not have it ends before.
    pub is_whole: bool,
}

/// In what the legs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Its name.
    pub what: &'static str,
    /// The legs it is about.
    pub legs: Vec<ConversationId>,
    /// A sentence.
    pub text: String,
}

/// One way from a client to a server, put together from its legs. Nothing in it is what a peer wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Journey {
    /// In order from the client to the server; of a connection recorded at several points each of them.
    pub legs: Vec<Leg>,
    /// What they have to do with one another.
    pub kind: JourneyKind,
    /// Who ended it; `None` where that is nobody, or is not known.
    pub by: Option<Ender>,
    /// How far the recordings show that.
    pub certainty: Certainty,
    /// When it began, by the clock at the client's end.
    pub began: Option<Timestamp>,
    /// Of first and last leg, where those are of different recordings.
    pub clock: Option<ClockDifference>,
    /// Closes and ends of TCP in their order, of one connection recorded at both ends.
    pub passages: Vec<Passage>,
    /// What happened, in sentences.
    pub text: String,
    /// Where to look next.
    pub next: Option<String>,
    /// In what the legs differ.
    pub differences: Vec<Difference>,
}
