use crate::knowledge::prelude::*;

/// HS-PROTO-UNREQ: The server chooses one subprotocol of those offered, or leaves the field out; otherwise the client
/// fails the connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HsProtoUnreq<S: Stage = Quoted> {
    /// A subprotocol that was not offered, or none; as sent.
    NotOffered(Text<S>),
    /// More than one subprotocol field.
    Several(u16),
}

pub(super) const ROW: Row = Row {
    name: "HS-PROTO-UNREQ",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.2"), rfc6455("11.3.4")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "the server chooses one of the subprotocols offered, or omits the field; otherwise the client fails the \
        connection",
    peer: None,
    text: "The server picks one name from the client's list, or sends no such field. A fixed answer whatever was \
        offered, the whole list sent back, or an empty field makes the client fail the connection and report 1006.",
    next: &[
        "a server that answers with a constant, or echoes the request's list",
        "a client that is not configured with this server's subprotocol",
    ],
    shows: &[
        found(
            "one that was not offered",
            "C: request Sec-WebSocket-Protocol: chat | S: 101 Sec-WebSocket-Protocol: mqtt | C: fin | S: fin",
        ),
        legal(
            "one of two",
            "C: request Sec-WebSocket-Protocol: chat, mqtt | S: 101 Sec-WebSocket-Protocol: mqtt | \
             S: text hi",
        ),
    ],
};

impl<S: Readable> Told for HsProtoUnreq<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::NotOffered(found) => say.words(
                "one of the subprotocols offered, or no Sec-WebSocket-Protocol",
                field("Sec-WebSocket-Protocol", Some(found)),
                format!(
                    "answered 101 with {}, which the client had not offered",
                    field("Sec-WebSocket-Protocol", Some(found))
                ),
            ),
            Self::Several(count) => {
                let found = times("Sec-WebSocket-Protocol", *count);
                say.words(
                    "Sec-WebSocket-Protocol at most once",
                    found.as_str(),
                    format!("answered 101 with {found}"),
                )
            }
        }
    }
}

impl<S: Stage> HsProtoUnreq<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsProtoUnreq<To> {
        match self {
            Self::NotOffered(found) => HsProtoUnreq::NotOffered(by.list(found)),
            Self::Several(count) => HsProtoUnreq::Several(count),
        }
    }
}
