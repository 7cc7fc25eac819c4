use crate::knowledge::prelude::*;

/// CL-LEN1: A Close of one byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClLen1;

pub(super) const ROW: Row = Row {
    name: "CL-LEN1",
    clauses: &[rfc6455("5.5.1")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "the body of a Close is empty or begins with a two-byte code",
    peer: None,
    text: "A code has two bytes; one byte is neither a code nor an empty body.",
    next: &["the sender's library, or an application that writes the Close body itself"],
    shows: &[
        found("one byte", "C: 88 01 03 | S: close 1002 | S: fin | C: fin"),
        legal("no byte", "C: 88 00 | S: close | S: fin | C: fin"),
    ],
};

impl Told for ClLen1 {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words("no body, or at least two bytes", "one byte", "sent a Close with a body of one byte")
    }
}
