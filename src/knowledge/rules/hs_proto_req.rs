use crate::knowledge::prelude::*;

/// HS-PROTO-REQ: A list of subprotocols that is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsProtoReq<S: Stage = Quoted> {
    /// What is wrong with the list.
    pub fault: ProtocolsFault,
    /// The element that shows it.
    pub element: Option<Text<S>>,
    /// The one before it, which may say that it is a token.
    pub before: Option<Text<S>>,
}

pub(super) const ROW: Row = Row {
    name: "HS-PROTO-REQ",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1"), rfc6455("4.3")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400]),
    says: "subprotocols are tokens, at least one if the field is present, none of them twice; several fields are fine",
    peer: None,
    text: "The field lists what the client can speak, best first. A browser refuses a bad list before it sends \
        anything (SyntaxError), so this comes from other clients. Names contain no space, slash, comma or quote.",
    next: &[
        "the list that the application passed: a duplicate name, an empty one, or a URI instead of a token",
        "an authentication token sent in this field: base64 with '/' or '=' is not an HTTP token; base64url without \
         padding is",
    ],
    shows: &[
        found(
            "the same name twice",
            "C: request Sec-WebSocket-Protocol: chat, chat | S: status 400 Bad Request | S: fin | C: fin",
        ),
        legal(
            "two fields",
            "C: request Sec-WebSocket-Protocol: chat & +Sec-WebSocket-Protocol: superchat | \
             S: 101 Sec-WebSocket-Protocol: chat",
        ),
    ],
};

impl<S: Readable> Told for HsProtoReq<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { fault, element, .. } = self;
        let element = element.as_deref().map(visible).unwrap_or_default();
        let what = match fault {
            ProtocolsFault::Empty => "no subprotocol".to_owned(),
            ProtocolsFault::NotToken(_) => format!("{element}, which is not a token"),
            ProtocolsFault::Repeated(_) => format!("{element} twice"),
        };
        say.words(
            "subprotocols that are tokens, each once",
            format!("Sec-WebSocket-Protocol with {what}"),
            format!("sent a request whose Sec-WebSocket-Protocol names {what}"),
        )
    }
}

impl<S: Stage> HsProtoReq<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsProtoReq<To> {
        let Self { fault, element, before } = self;
        let (before, element) = by.elements(before, element);
        HsProtoReq { fault, element, before }
    }
}
