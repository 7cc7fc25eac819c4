use crate::knowledge::prelude::*;

/// FR-PONG-UNSOL: A Pong nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrPongUnsol;

pub(super) const ROW: Row = Row {
    name: "FR-PONG-UNSOL",
    clauses: &[rfc6455("5.5.3")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "a Pong that answers no Ping is legal, as a heartbeat",
    peer: Some("owes no answer"),
    text: "A Pong may be sent at any time, as a one-way heartbeat. It needs no answer.",
    next: &["nothing, unless the receiver closed because of it: then the receiver is wrong"],
    shows: &[found("no Ping came before", "S: pong x"), legal("it answers a Ping", "C: ping x | S: pong x")],
};

impl Told for FrPongUnsol {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words("no Pong is due", "a Pong", "sent an unsolicited Pong, which is legal")
    }
}
