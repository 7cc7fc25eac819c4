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
    says: "TCP ends in an orderly way (FIN); RST can destroy data, a Close included, that the peer has not \
           read yet",
    peer: Some("reports the code of the Close that it had read before, else 1006"),
    text: "What becomes of a Close right before an RST is up to the receiver. Linux keeps what had arrived \
           readable, and most libraries still report its code; browsers built on Chromium report 1006, and \
           other systems may throw the bytes away. After both Closes Chromium reports the code, but \
           wasClean false. A host also sends RST where a process closes a socket with unread data. A \
           middlebox can send one in the name of either side, so the finding is never proven.",
    next: &[
        "what the side that reset had not read: data behind its last acknowledgement",
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
