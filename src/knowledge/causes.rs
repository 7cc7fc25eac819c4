//! Every cause, a file each: when it is the one and on what evidence; what it rests on in a conversation; how it is told,
//! and where to look next; an exchange that ends for it and one that nearly does.
//!
//! The order of the list is that of precedence: the first cause that the evidence fits is the one, the others are runners-up.
//! A new cause is a file here and its line in the list.

mod facts;
mod prelude;

pub(crate) use facts::Facts;

use crate::knowledge::cause::{Cause, CauseInfo, RunnerUp};
use crate::model::{Certainty, Conversation, Readable};

/// What a cause is told in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Said {
    /// The cause in a breath: who did what, when, and what the other side made of it.
    pub text: String,
    /// Where to look next, in a sentence; `None` where nothing is left open.
    pub next: Option<String>,
    /// How much of the closing is told in `text`: what comes after it need not say so again.
    pub tells: Tells,
}

/// What a sentence says of how a connection closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tells {
    /// Nothing.
    Nothing,
    /// The Close that ended it.
    Close,
    /// All there is to say.
    All,
}

/// A cause that the evidence fits.
struct Judged<T> {
    by: Option<crate::knowledge::Blame>,
    certainty: Certainty,
    rule: Option<crate::model::RuleId>,
    mark: crate::model::Mark,
    grounds: T,
}

/// What the file of a cause has to say.
trait Judge: Sized {
    /// Whether the evidence fits it, and how far.
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>>;

    /// Its words.
    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said;
}

macro_rules! causes {
    ($($name:ident in $file:ident,)*) => {
        $(mod $file;)*
        $(pub use $file::$name;)*

        /// Identity of a cause, in the order of precedence.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum CauseId {
            $(#[doc = concat!("Of [`", stringify!($name), "`].")] $name,)*
        }

        /// Every cause, in the order of [`CauseId`].
        pub const CAUSES: &[CauseInfo] = &[$(CauseInfo::new(CauseId::$name, $file::ROW),)*];

        /// What a cause rests on.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Grounds {
            $(#[doc = concat!("Of [`", stringify!($name), "`].")] $name($name),)*
        }

        impl Grounds {
            /// The cause they are of.
            #[must_use]
            pub const fn id(&self) -> CauseId {
                match self {
                    $(Self::$name(_) => CauseId::$name,)*
                }
            }
        }

        impl Cause {
            /// Its words, in a report of its conversation.
            #[must_use]
            pub fn said<S: Readable>(&self, conversation: &Conversation<S>) -> Said {
                match &self.grounds {
                    $(Grounds::$name(grounds) => grounds.said(self, conversation),)*
                }
            }
        }

        /// Every cause that the evidence fits, in the order of precedence.
        pub(crate) fn judge_all(facts: &Facts<'_>) -> Vec<Cause> {
            let mut fitting = Vec::new();
            $(if let Some(judged) = $name::judge(facts) {
                let Judged { by, certainty, rule, mark, grounds } = judged;
                fitting.push(Cause {
                    by,
                    certainty,
                    rule,
                    frame: mark.frame,
                    packet: mark.packet,
                    grounds: Grounds::$name(grounds),
                    also: Vec::new(),
                });
            })*
            fitting.sort_by_key(Cause::rank);
            fitting
        }

        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($file),)*];
    };
}

impl Grounds {
    /// It says that no other fits.
    pub(crate) const fn is_last_resort(&self) -> bool {
        matches!(self, Self::UndeterminedEnd(_))
    }
}

impl Cause {
    /// Its place in the order of precedence. A browser that leaves a page ends TCP right behind its Close: that the page went
    /// is why.
    const fn rank(&self) -> (CauseId, bool) {
        match self.grounds {
            Grounds::GoingAway(GoingAway { browser: true }) => (CauseId::CloseCutShort, false),
            _ => (self.id(), true),
        }
    }

    pub(crate) const fn runner_up(&self) -> RunnerUp {
        RunnerUp { id: self.id(), by: self.by, certainty: self.certainty }
    }
}

causes! {
    ConnectFailed in connect_failed,
    TlsExpected in tls_expected,
    UpgradeStripped in upgrade_stripped,
    SubprotocolMismatch in subprotocol_mismatch,
    HandshakeInvalid in handshake_invalid,
    Refused in refused,
    HandshakeUnanswered in handshake_unanswered,
    ExtensionMismatch in extension_mismatch,
    FramingLost in framing_lost,
    MessageTooBig in message_too_big,
    ProtocolFault in protocol_fault,
    UnfoundedFailure in unfounded_failure,
    PathMtu in path_mtu,
    PeerUnreachable in peer_unreachable,
    ReceiveWindowClosed in receive_window_closed,
    KeepaliveTimeout in keepalive_timeout,
    ResetBetween in reset_between,
    NoSuchConnection in no_such_connection,
    CloseCutShort in close_cut_short,
    GoingAway in going_away,
    InternalError in internal_error,
    PolicyClose in policy_close,
    TryLater in try_later,
    CloseUnanswered in close_unanswered,
    ApplicationClose in application_close,
    IdleTimeout in idle_timeout,
    AbruptEnd in abrupt_end,
    StillOpen in still_open,
    NotObservable in not_observable,
    UndeterminedEnd in undetermined_end,
}
