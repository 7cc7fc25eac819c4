use crate::knowledge::prelude::*;

/// FR-CTL-BETWEEN: A control frame between the fragments of the peer's or its own message: legal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrCtlBetween {
    /// `ping`, `pong` or `close`.
    pub opcode: &'static str,
}

pub(super) const ROW: Row = Row {
    name: "FR-CTL-BETWEEN",
    clauses: &[rfc6455("5.4")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "a control frame may come between the fragments of a message and must be handled there",
    peer: Some("must handle it before the message is complete"),
    text: "So that a long message does not block Ping and Close, control frames may come between its fragments. \
        Receivers that overlook this lose the message or fail the connection, which is why it is noted.",
    next: &["whether the receiver broke down right after it"],
    shows: &[
        found("a Ping inside a message", "C: 01 01 68 | C: ping x | S: pong x | C: 80 01 69"),
        legal("the Ping comes after the message", "C: 01 01 68 | C: 80 01 69 | C: ping x | S: pong x"),
    ],
};

impl Told for FrCtlBetween {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { opcode } = self;
        say.words(
            "control frames are allowed here",
            format!("{opcode} between two fragments"),
            format!("sent a {opcode} frame between the fragments of a message, which is legal"),
        )
    }
}
