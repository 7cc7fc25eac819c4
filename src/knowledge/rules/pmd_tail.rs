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
    says: "the 00 00 ff ff at the end of the compressed data of a message is taken off",
    peer: None,
    text: "A compressor that is flushed ends with 00 00 ff ff; the sender takes these four bytes off and \
           the receiver puts them back. Left on, they end the message by themselves, and what the receiver \
           puts after them is the start of a block that never ends. The message inflates; with context \
           takeover the next one is read as the rest of that block, and fails: a Close 1007 or 1002 that \
           then comes from the peer answers this fault, though the message it follows is sound. Without \
           context takeover each message inflates by itself.",
    next: &[
        "the library of the sender: it sends what its compressor gave it as it is",
        "a Close 1007 or 1002 after the next compressed message, though nothing is wrong with that one",
    ],
    shows: &[
        found("the four bytes are left on", "deflate | S: c1 0b f2 48 cd c9 c9 07 00 00 00 ff ff"),
        legal("and taken off", "deflate | S: c1 07 f2 48 cd c9 c9 07 00"),
    ],
};

impl Told for PmdTail {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "the last 00 00 ff ff taken off",
            "an empty stored block, 00 00 ff ff included, at the end",
            "left the 00 00 ff ff at the end of a compressed message, which has to be taken off: a receiver \
             that puts it back and keeps its window may fail on the next message",
        )
    }
}
