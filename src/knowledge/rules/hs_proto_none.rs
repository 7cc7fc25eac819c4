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
    says: "a server may choose none of the subprotocols offered; browsers then fail the connection, as the WebSocket \
        API requires",
    peer: Some(
        "a browser fails the connection (WHATWG); some other clients do too, and some go on without a subprotocol",
    ),
    text: "The RFC allows it. But in a browser the application reports 1006 right after a 101 that looks valid, and \
        the server sees the client disconnect at once.",
    next: &[
        "whether the client ended TCP right after the 101",
        "the exact spelling of the subprotocols the server supports: 'graphql-ws' and 'graphql-transport-ws' are \
         different",
        "a server that must be configured to choose one: many libraries omit the field by default",
    ],
    shows: &[
        found("none is chosen", "C: request Sec-WebSocket-Protocol: chat | S: 101"),
        legal(
            "the second one is chosen",
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
