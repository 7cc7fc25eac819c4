use crate::knowledge::prelude::*;

/// CL-RST: TCP was reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClRst {
    /// Where in the closing it came.
    pub when: ResetWhen,
}

/// Where in the closing a reset came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetWhen {
    /// Before any Close.
    BeforeClose,
    /// After one side's Close.
    BetweenCloses,
    /// After both sides' Closes.
    AfterCloses,
    /// A Close may be in a gap, and have come before.
    Unknown,
}

pub(super) const ROW: Row = Row {
    name: "CL-RST",
    clauses: &[rfc6455("7.1.1"), rfc6455("7.2.1")],
    level: Should,
    who: Who::Either,
    reaction: Nothing,
    says: "TCP ends with a FIN; an RST can destroy data that the peer has not yet read, even a Close",
    peer: Some("reports the code of the Close if it had read one, otherwise 1006"),
    text: "What becomes of a Close right before an RST depends on the receiver. On Linux, data that has arrived \
        stays readable, and most libraries still report its code; browsers built on Chromium report 1006, and other \
        systems may discard the bytes. After both Closes, Chromium reports the code, but wasClean false. A host also \
        sends an RST when a process closes a socket with unread data. A middlebox can forge one from either side, so \
        the finding is never proven.",
    next: &[
        "what the side that reset had not read: data beyond its last acknowledgement",
        "a second capture at the other end: did the RST leave that host?",
    ],
    shows: &[found("before any Close", "C: text x | S: rst"), legal("FIN", "C: text x | S: fin | C: fin")],
};

impl Told for ClRst {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { when } = self;
        let when = match when {
            ResetWhen::BeforeClose => "before any Close frame",
            ResetWhen::BetweenCloses => "after one Close and before the other",
            ResetWhen::AfterCloses => "after both Close frames",
            ResetWhen::Unknown => "where a gap may hide a Close frame",
        };
        say.words("FIN", format!("RST {when}"), format!("reset TCP {when}"))
    }
}
