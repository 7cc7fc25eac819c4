use crate::knowledge::prelude::*;

/// PMD-INFLATE: Compressed data that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdInflate {
    /// Compressed bytes of the message before the fault.
    pub offset: u64,
}

pub(super) const ROW: Row = Row {
    name: "PMD-INFLATE",
    clauses: &[rfc7692("7.2.1"), rfc7692("7.2.2")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1007, 1002]),
    says: "the payload of a compressed message, with 00 00 ff ff appended, is a valid DEFLATE stream",
    peer: None,
    text: "The receiver appends 00 00 ff ff and inflates. If that fails, the message is lost, and with context \
        takeover so are all that follow. The RFC prescribes no code; libraries use 1007 or 1002.",
    next: &[
        "whether sender and receiver agree on context takeover and window: the first message inflates, the \
         second does not",
        "a proxy that decompresses and leaves RSV1 set",
    ],
    shows: &[
        found(
            "a block of the reserved type 3",
            "deflate | C: c1 04 ff ff ff ff | S: close 1007 | C: close 1007 | S: fin | C: fin",
        ),
        legal("\"Hello\" in one fixed Huffman block", "deflate | C: c1 07 f2 48 cd c9 c9 07 00"),
    ],
};

impl Told for PmdInflate {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { offset } = self;
        say.words(
            "a DEFLATE stream",
            format!("invalid at compressed byte {offset} of the message"),
            format!("sent a compressed message that fails to inflate at compressed byte {offset}"),
        )
    }
}
