use crate::knowledge::prelude::*;

/// PMD-BFINAL: BFINAL=1 inside a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdBfinal;

pub(super) const ROW: Row = Row {
    name: "PMD-BFINAL",
    clauses: &[rfc7692("7.2.1"), rfc7692("7.2.3.4")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "a block with BFINAL=1 may end compressed data inside a message",
    peer: Some("must decode it"),
    text: "A block with BFINAL set ends a DEFLATE stream; another may follow it inside the same message. This is \
        legal, but receivers that stop at the first such block lose the rest.",
    next: &["whether the receiver broke down right after it"],
    shows: &[
        found("an empty block with BFINAL set", "deflate | S: c2 02 03 00"),
        legal("BFINAL clear", "deflate | S: c1 07 f2 48 cd c9 c9 07 00"),
    ],
};

impl Told for PmdBfinal {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "BFINAL clear, usually",
            "BFINAL set",
            "ended a DEFLATE stream inside a message (BFINAL set), which is legal",
        )
    }
}
