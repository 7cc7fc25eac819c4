use crate::knowledge::prelude::*;

/// CL-NOCODE: A Close without code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClNoCode;

pub(super) const ROW: Row = Row {
    name: "CL-NOCODE",
    clauses: &[rfc6455("7.1.5"), rfc6455("7.4")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "a Close without a body is legal; the other side reports 1005",
    peer: Some("reports 1005"),
    text: "The code is optional. Without one the receiver's application reports 1005; a browser's close() without \
        arguments sends such a Close.",
    next: &["nothing is wrong; a code and a reason would say more"],
    shows: &[
        found("an empty Close", "C: close | S: close 1000 | S: fin | C: fin"),
        legal("a Close with a code", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
    ],
};

impl Told for ClNoCode {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "a code is optional",
            "no code",
            "sent a Close without a code, which is legal; the other side reports 1005",
        )
    }
}
