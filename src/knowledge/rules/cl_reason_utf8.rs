use crate::knowledge::prelude::*;

/// CL-REASON-UTF8: A reason that is not UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClReasonUtf8 {
    /// Index of the first bad byte of the reason.
    pub offset: u64,
}

pub(super) const ROW: Row = Row {
    name: "CL-REASON-UTF8",
    clauses: &[rfc6455("5.5.1"), rfc6455("8.1")],
    level: Must,
    who: Who::Either,
    reaction: Fail(&[1007, 1002]),
    says: "the reason of a Close is valid UTF-8",
    peer: None,
    text: "The reason is text for people, in UTF-8. It may be cut to 123 bytes only between characters.",
    next: &["a reason that was cut at a byte count before it was sent"],
    shows: &[
        found("ff after the code", "C: 88 03 03 e8 ff | S: close 1007 | S: fin | C: fin"),
        legal("a two-byte character", "C: 88 04 03 e8 c3 a9 | S: close 1000 | S: fin | C: fin"),
    ],
};

impl Told for ClReasonUtf8 {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { offset } = self;
        say.words(
            "UTF-8 in the reason",
            format!("not UTF-8 from byte {offset} of the reason on"),
            format!("sent a Close whose reason is not UTF-8 from byte {offset} on"),
        )
    }
}
