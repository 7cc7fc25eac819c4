//! A case of a run as a capture shows it, without the log of the tester.

use crate::model::case::{Behavior, BehaviorClose, CaseId, CaseSet};
use crate::model::named;
use crate::model::observation::Role;
use crate::model::suite::Suite;

named! {
    /// Why the wire gives no verdict.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum NoVerdict {
        /// A part of what was sent is not in the recording.
        Hole = "part of the exchange is not in the capture",
        /// TCP has not ended in the recording.
        Unfinished = "the capture ends before the connection",
        /// The tester failed the connection, or closed it, for what the wire does not show.
        UnseenReason = "why the tester closed is not on the wire",
        /// The tester failed the connection, and its Close has not left its host: what it had done by then is unknown.
        UnsentClose = "the tester had to fail the connection, but no Close of it was captured",
        /// A message differs in content only, which old suites do not look at.
        OldSuite = "whether the suite looks at the content depends on its version",
        /// More was sent than any such case sends.
        TooMuch = "more frames were sent than the case has",
        /// The tester, as server, did not complete the opening handshake: it notes no case then.
        NotOpened = "the tester did not complete the opening handshake",
        /// Two captures of one connection give different verdicts.
        Contradicted = "two captures of the connection give different verdicts",
    }
}

/// What a connection is of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunPart {
    /// One of its cases: its number in the list of the run and in the suite, as far as the testee asked for it by them.
    Case {
        /// Place in the list of the run, from 1.
        place: Option<u64>,
        /// Number in the suite.
        id: Option<CaseId>,
    },
    /// The tester told how many cases there are.
    Count(u64),
    /// The tester told which case stands at a place of its list.
    Info(u64, CaseId),
    /// The testee asked for something else.
    Other,
}

/// What the suite would say of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedVerdict {
    /// Verdict on the events.
    pub behavior: Result<Behavior, NoVerdict>,
    /// Verdict on the closing.
    pub behavior_close: Result<BehaviorClose, NoVerdict>,
    /// Code of the testee's Close, if the tester read one, as it took it.
    pub remote_close_code: Option<u16>,
    /// By its rules the tester sent a Close, and its log has one, but none was captured.
    pub close_unsent: bool,
}

impl CapturedVerdict {
    pub(crate) const fn of(behavior: Behavior, behavior_close: BehaviorClose) -> Self {
        Self {
            behavior: Ok(behavior),
            behavior_close: Ok(behavior_close),
            remote_close_code: None,
            close_unsent: false,
        }
    }

    pub(crate) const fn none(why: NoVerdict) -> Self {
        Self { behavior: Err(why), behavior_close: Err(why), remote_close_code: None, close_unsent: false }
    }

    pub(crate) const fn is_whole(&self) -> bool {
        self.behavior.is_ok() && self.behavior_close.is_ok()
    }
}

/// Cases that a connection may have been, of which the suite would say the same. Sets are by
/// [`autobahn::captured::number`](crate::autobahn::captured::number).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Alike {
    /// What it would say.
    pub verdict: CapturedVerdict,
    /// Of these.
    pub cases: CaseSet,
    /// Those of them that write in small pieces, of the size in which it came.
    pub written_so: CaseSet,
}

/// The cases that a connection of a run may have been.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fits {
    /// Those that send what the tester sent.
    These(Vec<Alike>),
    /// Any, and none has a verdict.
    Unjudged(NoVerdict),
    /// Any: the opening handshake was not completed, which each case fails.
    NeverOpen,
}

impl Fits {
    /// What the tester sent is none of the cases.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self, Self::These(fits) if fits.is_empty())
    }
}

/// A connection of a run, or what may be one.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapturedCase {
    /// The side that the suite was.
    pub tester: Role,
    /// The suite, where the tester says which; what does not say so may be any client that sends the same.
    pub suite: Option<Suite>,
    /// The testee asked for it by the names of the suite, or the tester calls itself the suite.
    pub is_named: bool,
    /// What it is of the run.
    pub part: RunPart,
    /// Which case it may have been.
    pub fits: Fits,
    /// From the opening to the end of TCP, in milliseconds.
    pub duration_ms: Option<u64>,
}

impl CapturedCase {
    /// The end of what the tester sent is not in the recording: what else it sent is not known.
    pub(crate) fn lacks_end(&mut self) {
        if !self.fits.is_none() {
            self.fits = Fits::Unjudged(NoVerdict::Hole);
        }
    }
}
