use crate::knowledge::prelude::*;

/// HS-PROTO-NONE: Subprotocols were offered and none was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsProtoNone;

pub(super) const ROW: Row = Row {
    name: "HS-PROTO-NONE",
    clauses: &[rfc6455("4.2.2")],
    level: Note,
    who: Who::Server,
    reaction: Nothing,
    says: "a server may choose none of the subprotocols offered; browsers fail the connection then, by the \
           WebSocket API",
    peer: Some(
        "a browser fails the connection (WHATWG); of other clients some do and some go on without a \
         subprotocol",
    ),
    text: "The RFC allows it. But in a browser the application reports 1006 right after a 101 that looks \
           sound, and the server sees the client leave at once.",
    next: &[
        "whether the client ended TCP right after the 101",
        "the subprotocols the server knows, letter by letter: 'graphql-ws' and 'graphql-transport-ws' are \
         two",
        "a server that has to be told to choose one: many libraries leave the field out by default",
    ],
    shows: &[
        found("none is chosen", "C: request Sec-WebSocket-Protocol: chat | S: 101"),
        legal(
            "the second one is",
            "C: request Sec-WebSocket-Protocol: chat, superchat | S: 101 Sec-WebSocket-Protocol: superchat",
        ),
    ],
};

impl Told for HsProtoNone {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "a subprotocol is the server's choice",
            "subprotocols offered, none chosen",
            "chose none of the subprotocols offered, which is legal, but browsers then fail the connection",
        )
    }
}
