//! Every cause, a file each: when it is the one and on what evidence; what it rests on in a conversation; how it is told,
//! and where to look next; an exchange that ends for it and one that nearly does.
//!
//! The order of the list is that of precedence: the first cause that the evidence fits is the one, the others are runners-up.
//! A new cause is a file here and its three lines: the module, its type, the list.

mod abrupt_end;
mod alpn_mismatch;
mod application_close;
mod close_cut_short;
mod close_unanswered;
mod connect_failed;
mod extension_mismatch;
mod facts;
mod framing_lost;
mod goaway;
mod going_away;
mod handshake_invalid;
mod handshake_unanswered;
mod idle_timeout;
mod internal_error;
mod keepalive_timeout;
mod message_too_big;
mod no_such_connection;
mod not_observable;
mod path_mtu;
mod peer_unreachable;
mod policy_close;
mod prelude;
mod protocol_fault;
mod receive_window_closed;
mod refused;
mod reset_between;
mod still_open;
mod stream_error;
mod subprotocol_mismatch;
mod tls_expected;
mod tls_failed;
mod try_later;
mod undetermined_end;
mod unfounded_failure;
mod upgrade_stripped;

pub use abrupt_end::AbruptEnd;
pub use alpn_mismatch::AlpnMismatch;
pub use application_close::ApplicationClose;
pub use close_cut_short::CloseCutShort;
pub use close_unanswered::CloseUnanswered;
pub use connect_failed::ConnectFailed;
pub use extension_mismatch::ExtensionMismatch;
pub(crate) use facts::Facts;
pub use framing_lost::FramingLost;
pub use goaway::Goaway;
pub use going_away::GoingAway;
pub use handshake_invalid::HandshakeInvalid;
pub use handshake_unanswered::HandshakeUnanswered;
pub use idle_timeout::IdleTimeout;
pub use internal_error::InternalError;
pub use keepalive_timeout::KeepaliveTimeout;
pub use message_too_big::MessageTooBig;
pub use no_such_connection::NoSuchConnection;
pub use not_observable::NotObservable;
pub use path_mtu::PathMtu;
pub use peer_unreachable::PeerUnreachable;
pub use policy_close::PolicyClose;
pub use protocol_fault::ProtocolFault;
pub use receive_window_closed::ReceiveWindowClosed;
pub use refused::Refused;
pub use reset_between::ResetBetween;
pub use still_open::StillOpen;
pub use stream_error::StreamError;
pub use subprotocol_mismatch::SubprotocolMismatch;
pub use tls_expected::TlsExpected;
pub use tls_failed::{TlsFailed, TlsFailure};
pub use try_later::TryLater;
pub use undetermined_end::UndeterminedEnd;
pub use unfounded_failure::{Special, UnfoundedFailure};
pub use upgrade_stripped::UpgradeStripped;

use crate::knowledge::applications;
use crate::knowledge::cause::{Cause, CauseInfo, RunnerUp, Tone};
use crate::model::{Certainty, Conversation, Readable, Stage};

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
    /// The Close that ended it, and when it was sent.
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

    /// Who did what, in a few words and without how sure that is.
    fn headline<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> String;

    /// What the end amounts to.
    fn tone<S: Stage>(&self, cause: &Cause, _: &Conversation<S>) -> Tone {
        cause.id().info().tone
    }

    /// Its words.
    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said;
}

macro_rules! causes {
    ($($name:ident in $file:ident,)*) => {
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
                let mut said = match &self.grounds {
                    $(Grounds::$name(grounds) => grounds.said(self, conversation),)*
                };
                said.text.push_str(&applications::told(conversation, self.id() != CauseId::KeepaliveTimeout));
                said
            }

            /// Who did what, in a few words, and how sure that is.
            #[must_use]
            pub fn headline<S: Readable>(&self, conversation: &Conversation<S>) -> String {
                let headline = match &self.grounds {
                    $(Grounds::$name(grounds) => grounds.headline(self, conversation),)*
                };
                headline + self.hedge()
            }

            /// What the end amounts to.
            #[must_use]
            pub fn tone<S: Stage>(&self, conversation: &Conversation<S>) -> Tone {
                match &self.grounds {
                    $(Grounds::$name(grounds) => grounds.tone(self, conversation),)*
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
                    at: mark.at,
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

impl Cause {
    /// Its place in the order of precedence. A browser that leaves a page ends TCP right behind its Close: that the page went
    /// is why.
    const fn rank(&self) -> (CauseId, bool) {
        match self.grounds {
            Grounds::GoingAway(GoingAway { browser: true, cancelled: false }) => {
                (CauseId::CloseCutShort, false)
            }
            _ => (self.id(), true),
        }
    }

    /// A side closed on purpose, and its Close is all there is to say of why.
    pub(crate) fn is_close(&self) -> bool {
        matches!(
            self.id(),
            CauseId::ApplicationClose
                | CauseId::GoingAway
                | CauseId::InternalError
                | CauseId::PolicyClose
                | CauseId::TryLater
        )
    }

    /// How sure it is, behind its headline.
    fn hedge(&self) -> &'static str {
        match self.certainty {
            _ if self.id().info().is_never_sure() => "",
            Certainty::Proven => "",
            Certainty::Likely => " (likely cause)",
            Certainty::Undetermined => " (possible cause)",
        }
    }

    pub(crate) const fn runner_up(&self) -> RunnerUp {
        RunnerUp { id: self.id(), by: self.by, certainty: self.certainty }
    }
}

causes! {
    ConnectFailed in connect_failed,
    TlsExpected in tls_expected,
    TlsFailed in tls_failed,
    AlpnMismatch in alpn_mismatch,
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
    StreamError in stream_error,
    PathMtu in path_mtu,
    PeerUnreachable in peer_unreachable,
    ReceiveWindowClosed in receive_window_closed,
    KeepaliveTimeout in keepalive_timeout,
    ResetBetween in reset_between,
    NoSuchConnection in no_such_connection,
    Goaway in goaway,
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_in_the_list_and_has_the_name_of_its_cause() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/causes");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
        let there = fs::read_dir(dir).expect("causes").map(|entry| name(entry.expect("an entry")));
        let shared = ["facts.rs", "prelude.rs"].map(str::to_owned);
        let listed = FILES.iter().map(|file| format!("{file}.rs")).chain(shared);
        assert_eq!(there.collect::<BTreeSet<_>>(), listed.collect::<BTreeSet<_>>());
        for (cause, file) in CAUSES.iter().zip(FILES) {
            assert!(file.starts_with(cause.name), "{} stands in {file}.rs", cause.name);
        }
    }

    #[test]
    fn names_are_unique_and_the_table_is_in_their_order() {
        let names: BTreeSet<_> = CAUSES.iter().map(|cause| cause.name).collect();
        assert_eq!(names.len(), CAUSES.len());
        for (at, cause) in CAUSES.iter().enumerate() {
            assert_eq!((cause.id as usize, cause.id.name()), (at, cause.name));
            let is_plain = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase());
            assert!(cause.name.split('_').all(is_plain), "{}", cause.name);
        }
    }

    /// Parts of a sentence: whole words, single blanks, no full stop at the end, since that comes with where they are shown.
    #[test]
    fn what_is_said_of_them_is_a_sentence() {
        for cause in CAUSES {
            let evidence = [cause.proven, cause.likely, cause.undetermined];
            assert!(evidence.iter().any(Option::is_some), "{} rests on nothing", cause.name);
            assert!(!cause.next.is_empty(), "{} says nothing of where to look", cause.name);
            let texts = evidence.into_iter().flatten().chain([cause.when, cause.never]);
            let texts =
                texts.chain(cause.next.iter().copied()).chain(cause.shows.iter().map(|show| show.title));
            for text in texts {
                let name = cause.name;
                assert!(!text.is_empty() && text == text.trim() && !text.contains("  "), "{name}: {text:?}");
                assert!(!text.ends_with(['.', ',', ';', ':']), "{name}: {text:?}");
                let glued = text.split(' ').any(|word| {
                    word.split_once([':', ';', ',']).is_some_and(|(a, b)| {
                        a.ends_with(|c: char| c.is_alphabetic()) && b.starts_with(|c: char| c.is_alphabetic())
                    })
                });
                assert!(!glued, "{name}: {text:?}");
            }
        }
    }
}
