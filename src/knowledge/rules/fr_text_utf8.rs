use crate::knowledge::prelude::*;

/// FR-TEXT-UTF8: Text that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrTextUtf8 {
    /// Offset in the message of the first bad byte.
    pub offset: u64,
}

pub(super) const ROW: Row = Row {
    name: "FR-TEXT-UTF8",
    clauses: &[rfc6455("5.6"), rfc6455("8.1")],
    level: Must,
    who: Who::Either,
    reaction: Fail(&[1007]),
    says: "a text message as a whole is valid UTF-8",
    peer: None,
    text: "A text message must be UTF-8 as a whole; a fragment may end inside a character. With permessage-deflate, \
        the inflated text counts. The receiver fails the connection with 1007, at the first bad byte or at the end.",
    next: &[
        "the byte that the finding gives: a lone byte above 7f is another encoding, ed a0 80 to ed bf bf a surrogate",
        "a text split at a byte count before it was sent",
    ],
    shows: &[
        found(
            "a byte that is never part of UTF-8",
            "C: 81 02 61 ff | S: close 1007 | C: close 1007 | S: fin | C: fin",
        ),
        legal("a fragment that ends inside a character", "C: 01 01 c3 | C: 80 01 a9"),
    ],
};

impl Told for FrTextUtf8 {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { offset } = self;
        say.words(
            "UTF-8 in a text message",
            format!("not UTF-8 from byte {offset} of the message on"),
            format!("sent a text message that is not UTF-8 from byte {offset} on"),
        )
    }
}
