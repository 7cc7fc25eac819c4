use crate::knowledge::prelude::*;

/// FR-MSG-UNFINISHED: A message that was left open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrMsgUnfinished {
    /// Number of the message in the connection, both sides together, from 1.
    pub message: u64,
}

pub(super) const ROW: Row = Row {
    name: "FR-MSG-UNFINISHED",
    clauses: &[rfc6455("5.5.1"), rfc6455("6.1")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "a message whose last fragment was not sent is lost",
    peer: Some("drops the part of the message that arrived"),
    text: "An endpoint may close in the middle of a message. That is legal; the receiver's application \
           never sees the message.",
    next: &["what made the sender close: its application, or a fault of the other side"],
    shows: &[
        found("the Close comes before the last fragment", "C: 01 01 68 | C: close 1000 | S: close 1000"),
        legal("and after it", "C: 01 01 68 | C: 80 01 69 | C: close 1000 | S: close 1000"),
    ],
};

impl Told for FrMsgUnfinished {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { message } = self;
        say.words(
            "the last fragment of the message",
            format!("message {message} left open"),
            format!("left message {message} unfinished; it is lost with the connection"),
        )
    }
}
