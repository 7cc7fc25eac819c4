use crate::knowledge::prelude::*;

/// PMD-BOMB: A cap on inflating was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdBomb;

pub(super) const ROW: Row = Row {
    name: "PMD-BOMB",
    clauses: &[rfc6455("10.4")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "wslog stops inflating compressed data that exceeds a cap",
    peer: None,
    text: "A few bytes can inflate to a great many. wslog stops at its caps (inflated-message-bytes, and a ratio \
        that DEFLATE itself cannot exceed) and counts the rest; it accuses nobody.",
    next: &["the size of the message, and the cap: --limit inflated-message-bytes=1G raises it"],
    shows: &[],
};

impl Told for PmdBomb {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "inflated data below the cap",
            "the cap was reached",
            "sent compressed data that inflates beyond wslog's cap; the rest was not inflated",
        )
    }
}
