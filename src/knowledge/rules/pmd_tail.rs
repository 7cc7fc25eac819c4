use crate::knowledge::prelude::*;

/// PMD-TAIL: A message ends with the 00 00 ff ff that its sender has to take off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdTail;

pub(super) const ROW: Row = Row {
    name: "PMD-TAIL",
    clauses: &[rfc7692("7.2.1")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1007, 1002]),
    says: "the 00 00 ff ff at the end of a message's compressed data is removed",
    peer: None,
    text: "A flushed compressor ends with 00 00 ff ff; the sender removes these four bytes and the receiver appends \
        them again. If they are left on, they already end the message, and the four that the receiver appends start \
        a block that never ends. The message inflates; but with context takeover the next one is read as the rest of \
        that block, and fails: a Close 1007 or 1002 that the peer then sends is about this fault, though the message \
        it follows is valid. Without context takeover each message inflates on its own.",
    next: &[
        "the sender's library: it sends its compressor's output unchanged",
        "a Close 1007 or 1002 after the next compressed message, though nothing is wrong with that one",
    ],
    shows: &[
        found("the four bytes are left on", "deflate | S: c1 0b f2 48 cd c9 c9 07 00 00 00 ff ff"),
        legal("and removed", "deflate | S: c1 07 f2 48 cd c9 c9 07 00"),
    ],
};

impl Told for PmdTail {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "the last 00 00 ff ff removed",
            "an empty stored block at the end, including 00 00 ff ff",
            "did not remove the 00 00 ff ff from the end of a compressed message: a receiver that appends it again \
             and keeps its window may fail on the next message",
        )
    }
}
