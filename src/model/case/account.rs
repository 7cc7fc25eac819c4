//! What a case says of the testee, as facts.

use crate::knowledge::RuleId;
use crate::model::case::{
    Behavior, BehaviorClose, CaseId, CaseStep, ClosingBehavior, ExpectedClose, Recomputed,
};
use crate::model::{Opcode, Role};

/// Something the testee was seen to do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TesteeAct {
    /// It sent a message back: the 1-based number among those of the tester.
    Echoed(usize),
    /// It sent a message that is none of the tester's.
    SentMessage,
    /// It answered a Ping: the 1-based number among those of the tester.
    AnsweredPing(usize),
    /// It sent a Pong that fits no Ping.
    SentPong,
    /// It sent a Ping.
    SentPing,
    /// It sent a Close.
    Closed {
        /// The code; `None` where it carried none.
        code: Option<u16>,
        /// Before any Close of the tester.
        first: bool,
    },
}

/// What a report shows of what the tester sent of its own accord.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sent {
    /// The log shows this many frames of the case, from its first one on.
    Frames(usize),
    /// The log is switched off for the case; the statistics count the messages that either side began.
    Messages {
        /// Of the tester.
        tester: u64,
        /// Of the testee.
        testee: u64,
    },
    /// Neither log nor statistics tell.
    Unknown,
}

/// An answer of the testee that the suite waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unanswered {
    /// Which one, among those of its kind, from 1.
    pub number: usize,
    /// How many of its kind the tester sent.
    pub of: usize,
    /// Another payload came in its place.
    pub differs: bool,
}

/// What the testee did that it must not, or did not do that it should: why its verdicts are not OK, and what has to
/// change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortfall {
    /// The opening handshake was not completed.
    Handshake,
    /// permessage-deflate did not come about as the case asks, so that nothing was tested.
    NotNegotiated,
    /// It broke a clause: there is a finding of this rule.
    Broke(RuleId),
    /// The tester failed the connection for what it sent, which the log does not show.
    Failed,
    /// It failed a sound connection.
    Unfounded,
    /// It went on after what it should have ended the connection for.
    CarriedOn,
    /// It ended the connection for a fault before it had sent back a message that came whole before that: which one.
    Hasty(usize),
    /// It noticed text that is not UTF-8 only when the whole of it had come.
    LateUtf8,
    /// It closed the connection that the tester was to close.
    ClosedFirst,
    /// Its Close has a code that the suite does not allow.
    Code(u16),
    /// A message did not come back as it was sent.
    NoEcho(Unanswered),
    /// A Ping was not answered with its payload.
    NoPong(Unanswered),
    /// It sent something that answers nothing.
    Unasked,
    /// It did not complete the closing handshake.
    NoClose,
    /// The server left it to the client to end TCP.
    LeftTcp,
    /// Events do not show it: what the suite says is all there is.
    Said,
}

/// What a case says of the testee: what was sent, what is asked of the receiver, what it did.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CaseAccount {
    /// Its number in the suite.
    pub id: CaseId,
    /// Name of the testee, as the report gives it.
    pub agent: String,
    /// The role of the testee.
    pub testee: Role,
    /// What the case is about, in a line; `None` if the case is not known here.
    pub about: Option<&'static str>,
    /// What the case has the tester send of its own accord; empty if the case is not known here.
    pub sends: Vec<CaseStep>,
    /// What of that it is shown to have sent.
    pub sent: Sent,
    /// The clause the tester breaks on purpose, and the index in `sends` of the frame that breaks it.
    pub fault: Option<(RuleId, usize)>,
    /// What the suite expects of the closing.
    pub expected_close: Option<ExpectedClose>,
    /// What the testee did, in order.
    pub acts: Vec<TesteeAct>,
    /// Of a payload in them the report shows only the beginning, and not how long it was.
    pub shown_in_part: bool,
    /// How it closed.
    pub closing: ClosingBehavior,
    /// Whether the connection was ever open.
    pub opened: bool,
    /// Why it is not OK; `None` where it is.
    pub shortfall: Option<Shortfall>,
    /// Verdicts of the report.
    pub recorded: (Behavior, BehaviorClose),
    /// Why, in the suite's words, where its events alone do not show it: of the events, of the closing.
    pub said: [Option<String>; 2],
    /// Verdicts judged again.
    pub recomputed: Recomputed,
}

impl CaseAccount {
    /// Whether the tester found a fault of the testee: when only its patience ends, it says 1000 or 1001, and some cases have it
    /// send another code themselves.
    pub(crate) fn failed_for_a_fault(&self) -> bool {
        let sends_it = |code: u16| {
            let closes = self.sends.iter().filter_map(CaseStep::frame).filter(|f| f.opcode == Opcode::CLOSE);
            closes.filter_map(|close| close.payload.bytes()).any(|mut body| {
                body.next().zip(body.next()).map(|(a, b)| u16::from_be_bytes([a, b])) == Some(code)
            })
        };
        let code = self.closing.local_close_code.filter(|code| *code > 1001);
        self.closing.failed_by_me && code.is_some_and(|code| !sends_it(code))
    }
}

/// Messages that a side began, by the statistics of its frames: pairs of opcode and count.
pub(crate) fn messages_begun(frames: &[(u64, u64)]) -> u64 {
    let is_start = |opcode: u64| [Opcode::TEXT, Opcode::BINARY].iter().any(|o| u64::from(o.bits()) == opcode);
    let starts = frames.iter().filter(|(opcode, _)| is_start(*opcode));
    starts.fold(0, |sum, (_, count)| sum.saturating_add(*count))
}
