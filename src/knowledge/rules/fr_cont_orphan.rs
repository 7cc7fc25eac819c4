use crate::knowledge::prelude::*;

/// FR-CONT-ORPHAN: A continuation without a message to continue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrContOrphan;

pub(super) const ROW: Row = Row {
    name: "FR-CONT-ORPHAN",
    clauses: &[rfc6455("5.4"), rfc6455("6.1")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "a continuation frame continues a message that has begun",
    peer: None,
    text: "Opcode 0 continues a message; with none open there is nothing to append it to, and its type is unknown.",
    next: &["that side's earlier frames: did the message end too early, or was its first frame lost?"],
    shows: &[
        found("nothing to continue", "C: 80 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
        legal("the second of two fragments", "C: 01 01 68 | C: 80 01 69"),
    ],
};

impl Told for FrContOrphan {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "a message that has begun",
            "continuation frame, no message open",
            "sent a continuation frame while it had no message open",
        )
    }
}
