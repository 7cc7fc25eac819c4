//! HTTP/2 (RFC 9113) between TCP, or TLS, and what its streams carry: each stream that asks for WebSocket (RFC 8441) is told as
//! if it were a connection of its own, with bytes, holes, acknowledgements and ends.
//!
//! ```text
//!                 cut into frames        field blocks            offsets of the stream
//!  StreamEvent ───► side ─────────► hpack ──────────► request, response
//!  of TCP            │  DATA                                     ▲
//!                    └───────────────────────────────► inner ────┴─► StreamEvent of a stream
//! ```
//!
//! What else the connection carries is counted and passed over. [`Remake`] makes the connection anew, with other fields and content.

mod connection;
mod frame;
mod hpack;
mod inner;
mod peer;
mod remake;
mod side;
mod stream;

use std::collections::BTreeSet;

pub use connection::Http2;
pub use remake::{Remake, Rewrite};
pub use stream::StreamFacts;

use connection::UNKNOWN_GAP;
pub use hpack::Field;

use crate::limits::Limits;
use crate::model::{Carrier, Direction, Http2Error, PerDirection, StreamEvent};

/// Whether HTTP/2 begins with some bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// It does.
    Here,
    /// It may, with more.
    Open,
    /// It does not.
    Not,
}

impl Begins {
    /// Of a server, which begins with its SETTINGS (RFC 9113 3.4).
    #[must_use]
    pub fn of_server(bytes: &[u8]) -> Self {
        frame::begins_with_settings(bytes)
    }

    /// Of either side of a connection that may have begun before: frames follow one another.
    #[must_use]
    pub fn in_the_middle(bytes: &[u8]) -> Self {
        side::are_frames(bytes)
    }
}

/// How many bytes at the least are missing in a hole of a stream. Where frames of the connection are missing nobody knows whose they
/// were, and the hole is told so long that nothing goes on behind it.
#[must_use]
pub const fn at_least_missing(len: u64) -> u64 {
    if len >= UNKNOWN_GAP { len - UNKNOWN_GAP } else { len }
}

/// What is kept at the most.
#[derive(Clone, Copy, Debug)]
pub struct Caps {
    /// Streams of a connection that are followed at a time.
    pub streams: usize,
    /// Bytes of a field block, and of any frame but DATA.
    pub block_bytes: usize,
    /// Bytes of the fields of a block (names, values, 32 for each).
    pub list_bytes: u64,
    /// Bytes of the table of each direction, whatever the peers agree on.
    pub table_bytes: u64,
    /// Bytes of DATA that a client sends before the response.
    pub early_bytes: usize,
}

impl Caps {
    /// Those of a run.
    #[must_use]
    pub const fn of(limits: &Limits) -> Self {
        Self {
            streams: limits.max_http2_streams,
            block_bytes: limits.max_http2_header_bytes,
            list_bytes: (limits.max_http2_header_bytes as u64).saturating_mul(2),
            table_bytes: limits.max_http2_header_bytes as u64,
            early_bytes: limits.max_handshake_bytes,
        }
    }
}

/// What a connection shows of one of its streams.
#[derive(Debug)]
pub enum Step<'a> {
    /// An extended CONNECT for `websocket` (RFC 8441 4).
    Request {
        /// Who asks.
        dir: Direction,
        /// All fields, pseudo-header fields among them.
        fields: Vec<Field>,
        /// What brought the last of them.
        carrier: Carrier,
        /// False where what asks for WebSocket stands in a part of the table that was not recorded: it may be something else.
        is_sure: bool,
        /// The server had said before that it takes such requests (RFC 8441 3); `None` where that is not in the recording.
        was_invited: Option<bool>,
    },
    /// The final response.
    Response {
        /// Who answers.
        dir: Direction,
        /// `None` where it is no number, or stands in a part of the table that was not recorded.
        status: Option<u16>,
        /// All fields.
        fields: Vec<Field>,
        /// What brought the last of them.
        carrier: Carrier,
    },
    /// Bytes of the stream, as of a connection: the heads of both sides count for one byte each.
    Event(StreamEvent<'a>),
}

/// How a side ended a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// END_STREAM: it sends no more (RFC 8441 5: as FIN).
    EndStream,
    /// RST_STREAM, with its error code where it was recorded (RFC 8441 5: as RST).
    RstStream(Option<Http2Error>),
}

/// A side ended a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// Whose.
    pub dir: Direction,
    /// In which way.
    pub how: How,
    /// Behind so many bytes of the stream.
    pub offset: u64,
    /// What brought it, with what of the stream its sender had received.
    pub carrier: Carrier,
}

/// A GOAWAY (RFC 9113 6.8): of several that a side sent the last one that left out more streams, or was the first to name an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Going {
    /// Streams of a higher number were not looked at.
    pub last_stream: u32,
    /// Why.
    pub error: Http2Error,
    /// Its first bytes of debug data.
    pub debug: Vec<u8>,
    /// What brought it.
    pub carrier: Carrier,
}

/// What else a connection carried.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Counts {
    /// Requests that are no CONNECT.
    pub requests: u64,
    /// CONNECT without `:protocol`.
    pub tunnels: u64,
    /// Extended CONNECT for another protocol.
    pub other_protocols: u64,
    /// Promised by the server.
    pub pushed: u64,
    /// Responses before the final one (1xx), on streams for WebSocket.
    pub informational: u64,
    /// RST_STREAM frames.
    pub resets: u64,
    /// PING frames, by sender, answers included.
    pub pings: PerDirection<u64>,
    /// Streams for WebSocket beyond the cap.
    pub streams_not_followed: u64,
    /// Field blocks beyond the cap.
    pub blocks_too_long: u64,
    /// Field blocks that could not be read: damaged, or not wholly recorded.
    pub blocks_unread: u64,
    /// Fields beyond the cap.
    pub fields_left_out: u64,
    /// Bytes that a client sent before the response, beyond the cap.
    pub early_bytes_dropped: u64,
    /// Bytes of DATA that came when their sender had ended the stream (RFC 9113 5.1).
    pub bytes_after_end: u64,
    /// Responses that offer HTTP/3 (RFC 7838).
    pub http3_offers: u64,
    /// How often it could not be told where frames begin.
    pub lost: u64,
    others: Others,
}

/// Streams that are something else. Their numbers ascend (RFC 9113 5.1.1): of old ones the highest is enough.
#[derive(Clone, Debug, Default)]
struct Others {
    ids: BTreeSet<u32>,
}

/// Numbers of streams that are kept apart.
const MAX_OTHERS: usize = 1_024;

impl Others {
    fn add(&mut self, id: u32) {
        self.ids.insert(id);
        if self.ids.len() > MAX_OTHERS {
            self.ids.pop_first();
        }
    }

    fn contains(&self, id: u32) -> bool {
        self.ids.contains(&id)
    }
}
