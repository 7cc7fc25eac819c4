use crate::knowledge::prelude::*;

/// FR-INTERLEAVE: A text or binary frame inside an open message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrInterleave;

pub(super) const ROW: Row = Row {
    name: "FR-INTERLEAVE",
    clauses: &[rfc6455("5.4"), rfc6455("6.1")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "a new message begins only after the last fragment of the one before",
    peer: None,
    text: "Fragments carry no message number, so two messages at a time could not be told apart.",
    next: &["two threads or tasks in the sender that write to one connection"],
    shows: &[
        found(
            "a message begins inside another one",
            "C: 01 01 61 | C: 81 01 62 | S: close 1002 | C: close 1002 | S: fin | C: fin",
        ),
        legal("the messages of the two sides do overlap", "C: 01 01 61 | S: text b | C: 80 01 62"),
    ],
};

impl Told for FrInterleave {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "the last fragment of the open message first",
            "a new message begun inside it",
            "began a new message before the last fragment of the open one",
        )
    }
}
