//! What the file of a library is written with.

pub(super) use super::{Clean, Convention, Heads, LibraryId, Other, Reported};
pub(super) use crate::model::Certainty::{Likely, Proven};
pub(super) use crate::model::Situation as At;
pub(super) use crate::model::{CloseCode, Role};

/// A library: its name, the version that was measured, its conventions, how many seconds it waits for the answer to its Close.
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) side: Option<Role>,
    /// It names itself, in `User-Agent` or `Server`.
    pub(super) is_named: bool,
    pub(super) conventions: &'static [Convention],
    pub(super) patience_s: Option<u32>,
}

/// In those situations it reports that, which was measured.
pub(super) const fn does(at: &'static [At], code: Reported, clean: Clean, says: &'static str) -> Convention {
    Convention { at, own: &[], code, clean, sure: Proven, or: &[], open: false, says }
}

impl Convention {
    /// Only where the code of its own Close is one of these.
    pub(super) const fn after(self, own: &'static [u16]) -> Self {
        Self { own, ..self }
    }

    /// It may be otherwise.
    pub(super) const fn or(self, or: &'static [Other]) -> Self {
        Self { or, ..self }
    }

    /// It is likely at most.
    pub(super) const fn likely(self) -> Self {
        Self { sure: Likely, ..self }
    }

    /// It is one of several, none of which is likelier than another.
    pub(super) const fn open(self) -> Self {
        Self { sure: Likely, open: true, ..self }
    }
}

/// Something else that any library may report.
pub(super) const fn other(code: Reported, clean: Clean, when: &'static str) -> Other {
    Other { code, clean, when, of: &[] }
}

/// Something else that only these report.
pub(super) const fn of(
    libraries: &'static [LibraryId],
    code: Reported,
    clean: Clean,
    when: &'static str,
) -> Other {
    Other { code, clean, when, of: libraries }
}

/// What else it is where only its host had the Close.
pub(super) const STOPPED: &[Other] = &[other(
    Reported::Nothing,
    Clean::Unknown,
    "its program was no longer reading (stopped, blocked or gone)",
)];
/// Situations in which no Close came and TCP is over.
pub(super) const NONE_CAME: &[At] = &[At::NoClose, At::EndedItself, At::Unanswered, At::Undelivered];
/// Situations in which it failed the connection for something that its peer sent.
pub(super) const FAILS: &[At] = &[At::Failed, At::FailedToInflate, At::FailedSilently, At::FailedForClose];
/// What else it is where its Close speaks of a fault that nobody committed.
pub(super) const PROGRAM_CLOSED: &[Other] =
    &[other(Reported::Peers, Clean::IfSent, "it was its program that closed with that code")];
