//! What rests on times: late, never, silent. The thresholds are wslog's own (`replay::thresholds`).

use crate::model::{RuleId, Timestamp};

/// A clause about time, broken or worth a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingViolation {
    /// Pings that were never answered.
    NoPong {
        /// Frame number of the oldest of them.
        ping: u64,
        /// How many there are.
        pings: u64,
        /// From the acknowledgement of that Ping to the end of the duty.
        waited_ns: i64,
    },
    /// A Pong that came late.
    PongLate {
        /// Frame number of the Ping.
        ping: u64,
        /// From its acknowledgement to the Pong.
        after_ns: i64,
    },
    /// An answering Close that came late, or had not come when the recording ended.
    ReplyLate {
        /// Frame number of the Close to be answered.
        close: u64,
        /// From its acknowledgement on.
        after_ns: i64,
        /// It came.
        came: bool,
    },
    /// A message begun after the peer's Close had reached the host.
    NewMessage {
        /// Frame number of that Close.
        close: u64,
    },
    /// The server kept TCP open after both Closes.
    TcpKeptOpen {
        /// For how long, as far as was seen.
        for_ns: i64,
    },
    /// Both Closes and the other side's FIN were there, the own FIN never came.
    TcpNeverEnded {
        /// How long the recording went on behind that FIN.
        for_ns: i64,
    },
    /// This side went silent while the other sent again and again.
    Silent {
        /// How often the other side tried again without any answer.
        tries: u32,
        /// From the first of them to the last.
        for_ns: i64,
        /// Frame number of the Ping that was neither answered nor acknowledged.
        ping: Option<u64>,
    },
    /// TCP ended after a silence as long as a well-known time-out.
    Idle {
        /// The silence.
        idle_ns: i64,
        /// The time-out in seconds: rows of [`TIMEOUTS`].
        seconds: u32,
    },
}

impl TimingViolation {
    /// The clause it is about.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        match self {
            Self::NoPong { .. } => RuleId::FrPingPong,
            Self::PongLate { .. } => RuleId::FrPongLate,
            Self::ReplyLate { .. } => RuleId::ClReplyLate,
            Self::NewMessage { .. } => RuleId::ClNewMsg,
            Self::TcpKeptOpen { .. } => RuleId::ClServerImmediate,
            Self::TcpNeverEnded { .. } => RuleId::ClTcpNever,
            Self::Silent { .. } => RuleId::ClHalfOpen,
            Self::Idle { .. } => RuleId::ClIdle,
        }
    }
}

/// A well-known idle time-out of something between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownTimeout {
    /// Whose, and its setting.
    pub name: &'static str,
    /// What it is unless configured otherwise, or what it is commonly configured to.
    pub seconds: u32,
}

/// Idle time-outs by their length, as their documentation has them. Matching one is a coincidence until the
/// configuration says otherwise.
pub const TIMEOUTS: &[KnownTimeout] = &[
    KnownTimeout { name: "the Heroku router", seconds: 55 },
    KnownTimeout { name: "nginx (proxy_read_timeout)", seconds: 60 },
    KnownTimeout { name: "the AWS Application Load Balancer", seconds: 60 },
    KnownTimeout { name: "Cloudflare", seconds: 100 },
    KnownTimeout { name: "the Azure Load Balancer", seconds: 240 },
    KnownTimeout { name: "Envoy (stream_idle_timeout)", seconds: 300 },
    KnownTimeout { name: "the AWS Network Load Balancer", seconds: 350 },
    KnownTimeout { name: "the AWS API Gateway", seconds: 600 },
    KnownTimeout { name: "HAProxy (timeout tunnel)", seconds: 3600 },
];

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
    /// Pings it sent.
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
    /// The shortest.
    pub min_ns: i64,
    /// Their mean.
    pub mean_ns: i64,
    /// The longest.
    pub max_ns: i64,
    /// Frame number of the Pong that took longest.
    pub slowest_frame: u64,
}
