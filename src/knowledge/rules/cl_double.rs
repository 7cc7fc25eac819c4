use crate::knowledge::prelude::*;

/// CL-DOUBLE: A second Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClDouble;

pub(super) const ROW: Row = Row {
    name: "CL-DOUBLE",
    clauses: &[rfc6455("5.5.1"), rfc6455("7.1.5")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "the first Close counts; another one from the same side is ignored",
    peer: Some("ignores it: the first Close counts (RFC 6455 7.1.5)"),
    text: "The first Close decides the code and reason; the receiver ignores what follows.",
    next: &["an application that calls close() again when the answer arrives"],
    shows: &[
        found("two Closes of the client", "C: close 1000 | C: close 1001 | S: close 1000 | S: fin | C: fin"),
        legal("one Close of each side", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
    ],
};

impl Told for ClDouble {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words("one Close", "another Close", "sent another Close; the first one counts")
    }
}
