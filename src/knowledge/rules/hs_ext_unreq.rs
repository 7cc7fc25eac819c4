use crate::knowledge::prelude::*;

/// HS-EXT-UNREQ: An extension that was not offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsExtUnreq<S: Stage = Quoted> {
    /// Token of the extension.
    pub name: Text<S>,
    /// It was offered, and taken a second time: several offers of one extension are alternatives.
    pub again: bool,
}

pub(super) const ROW: Row = Row {
    name: "HS-EXT-UNREQ",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.2"), rfc6455("9")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "the server accepts only extensions that were offered; otherwise the client fails the connection",
    peer: None,
    text: "The client may not understand what it did not offer: with permessage-deflate it would get payloads that \
        it cannot read. It happens with servers configured to compress always, and with proxies that remove the \
        offer from the request. One extension accepted twice is found too, as likely: several offers of \
        permessage-deflate are alternatives (RFC 7692 5), of which the server accepts one.",
    next: &[
        "the request on the server's side of a proxy: was the offer there?",
        "a server that is configured to compress always",
    ],
    shows: &[
        found(
            "permessage-deflate without an offer",
            "C: request | S: 101 Sec-WebSocket-Extensions: permessage-deflate | C: fin | S: fin",
        ),
        found(
            "the one that was offered, twice",
            "C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate, permessage-deflate | C: fin | S: fin",
        ),
        legal(
            "with one",
            "C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate | S: text hi",
        ),
    ],
};

impl<S: Readable> Told for HsExtUnreq<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { name, again } = self;
        if *again {
            return say.words(
                "each extension once: several offers of one are alternatives",
                format!("{} twice", visible(name)),
                format!("accepted the extension {} twice", visible(name)),
            );
        }
        say.words(
            "only extensions that were offered",
            format!("{}, which was not", visible(name)),
            format!("accepted the extension {}, which the client had not offered", visible(name)),
        )
    }
}

impl<S: Stage> HsExtUnreq<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsExtUnreq<To> {
        let Self { name, again } = self;
        HsExtUnreq { name: by.text(name), again }
    }
}
