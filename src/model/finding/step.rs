//! Obligations: who owed what, what was seen of it, and the judgement.

use crate::model::{CloseCode, Handled, Role, RuleId, StreamEnd, Timestamp, named};

/// What a side owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action {
    /// Fail the connection: Close with one of the codes, or drop TCP.
    Fail(RuleId),
    /// It may fail the connection.
    MayFail(RuleId),
    /// Process nothing more after failing.
    ProcessNothing,
    /// Answer the peer's Close with one (RFC 6455 5.5.1).
    AnswerClose,
    /// The server ends TCP first, after both Closes.
    EndTcpFirst,
    /// The client leaves it to the server to end TCP first.
    LeaveTcpToServer,
    /// End TCP too, the other side having done so after both Closes.
    EndTcp,
    /// Answer the Ping in this frame.
    AnswerPing(u64),
    /// The server answers a request that broke this rule with an HTTP error.
    Refuse(RuleId),
    /// The client fails the connection for a response that broke this rule: no frame, TCP ended.
    FailHandshake(RuleId),
}

/// What was seen of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Seen {
    /// A Close frame of this side, whatever its code.
    Close {
        /// Number of its frame, as `--frames` counts.
        frame: u64,
        /// `None` where the Close had none.
        code: Option<CloseCode>,
        /// Nanoseconds after what called for it, where both times are known.
        after_ns: Option<i64>,
    },
    /// TCP ended by this side.
    TcpEnd {
        /// FIN, RST, or what else is known of it.
        how: StreamEnd,
        /// Nanoseconds after what called for it.
        after_ns: Option<i64>,
    },
    /// TCP ended by the other side first.
    PeerEndedTcp(StreamEnd),
    /// An HTTP response with this status code.
    Status(u16),
    /// Bytes that are no HTTP response.
    NotHttp,
    /// It went on as if the handshake were sound: a frame.
    Frame {
        /// Number of that frame.
        frame: u64,
    },
    /// It carried on as if nothing were wrong, shown by what it did next.
    CarriedOn(Handled),
    /// Nothing that contradicts it.
    NothingMore,
    /// Nothing before the recording ended.
    Nothing,
    /// Nothing for so many nanoseconds, then the duty or the recording was over.
    NothingFor(i64),
    /// The other side ended TCP after so many nanoseconds of waiting for it.
    PeerWaited(i64),
}

named! {
    /// Whether an obligation was kept.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    #[non_exhaustive]
    pub enum StepVerdict {
        /// What was owed was done.
        Met = "met",
        /// The other thing was done, or nothing in time.
        Broken = "broken",
        /// Done, but later than the [thresholds](crate::knowledge::thresholds) of wslog allow.
        Late = "late",
        /// The recording does not show it.
        Unobserved = "unobserved",
        /// Not due after all.
        NotApplicable = "not_applicable",
    }
}

/// What called for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Since {
    /// Number of its frame, as `--frames` counts.
    pub frame: Option<u64>,
    /// Time of its packet; `None` without a clock.
    pub at: Option<Timestamp>,
}

/// An obligation: opened by something an endpoint received, settled by what it did next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Expectation {
    /// The rule that it is owed by.
    pub rule: RuleId,
    /// Who owes it.
    pub owed_by: Role,
    /// What the rule has it do.
    pub action: Action,
    /// The frame and the time from which on it is owed.
    pub since: Since,
}

impl Expectation {
    /// With what was seen of it, and the judgement.
    pub(crate) const fn settle(self, seen: Seen, verdict: StepVerdict) -> Step {
        let Self { rule, owed_by, action, since } = self;
        Step { rule, owed_by, action, since, seen, verdict }
    }
}

/// An obligation of the closing and what came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step {
    /// The rule that it is owed by.
    pub rule: RuleId,
    /// Who owed it.
    pub owed_by: Role,
    /// What the rule has it do.
    pub action: Action,
    /// The frame and the time from which on it is owed.
    pub since: Since,
    /// What was seen.
    pub seen: Seen,
    /// What came of it.
    pub verdict: StepVerdict,
}
