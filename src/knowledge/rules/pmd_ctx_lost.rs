use crate::knowledge::prelude::*;

/// PMD-CTX-LOST: The context of the compression is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdCtxLost;

pub(super) const ROW: Row = Row {
    name: "PMD-CTX-LOST",
    clauses: &[rfc7692("7.2.2")],
    level: Note,
    who: Who::Nobody,
    reaction: Nothing,
    says: "with context takeover, a message can be inflated only if all before it could",
    peer: None,
    text: "With context takeover, a message may refer to earlier ones. If one of them is missing from the recording, \
        wslog cannot read those after it; the endpoints had no such trouble.",
    next: &["a recording without gaps", "no_context_takeover, if each message must be readable on its own"],
    shows: &[
        found(
            "a byte of a compressed message was not recorded",
            "deflate | S: raw c1 07 f2 48 | S: uncaptured raw cd | S: raw c9 c9 07 00 | C: ack | \
             S: c1 05 f2 00 11 00 00",
        ),
        legal("nothing is missing", "deflate | S: c1 07 f2 48 cd c9 c9 07 00 | S: c1 05 f2 00 11 00 00"),
    ],
};

impl Told for PmdCtxLost {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "the compression context",
            "lost in an earlier gap or failure",
            "sent a compressed message that wslog cannot inflate: its context was lost earlier",
        )
    }
}
