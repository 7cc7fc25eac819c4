//! Times of a connection.

use crate::model::Timestamp;

/// Figures of a connection; `None` where its recording does not show them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Timing {
    /// From the request to the response.
    pub handshake_ns: Option<i64>,
    /// From the first Close to the one that answers it.
    pub close_reply_ns: Option<i64>,
    /// From the moment the server had sent and received a Close to its end of TCP.
    pub server_tcp_end_ns: Option<i64>,
    /// The recording went on until then, and would have shown more of this connection.
    pub until: Option<Timestamp>,
    /// The Pings of each side and what the other made of them.
    pub pings: crate::model::PerRole<Option<PingFigures>>,
    /// What each side sent again, at the end, without any answer.
    pub unanswered: crate::model::PerRole<Option<crate::model::Unanswered>>,
}

/// The Pings of one side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PingFigures {
    /// Pings it sent, answered or not.
    pub sent: u64,
    /// Those after the last one that was answered; `None` where Pongs may be missing in the recording.
    pub unanswered: Option<u64>,
    /// Their interval, where they come in one.
    pub interval_ns: Option<i64>,
    /// From Ping to Pong at the point of capture.
    pub latency: Option<Latency>,
}

/// Times from Ping to Pong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// How many were measured.
    pub pongs: u64,
    /// Shortest of them, in nanoseconds.
    pub min_ns: i64,
    /// Arithmetic mean of them, in nanoseconds.
    pub mean_ns: i64,
    /// Longest of them, in nanoseconds.
    pub max_ns: i64,
    /// Frame number of the Pong that took longest.
    pub slowest_frame: u64,
}
