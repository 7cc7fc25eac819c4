use crate::knowledge::prelude::*;

/// HS-CONNECTION-RESP: No `Upgrade` in `Connection` of the 101; its value, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsConnectionResp<S: Stage = Quoted> {
    /// Its value, where there is one.
    pub found: Option<Text<S>>,
}

pub(super) const ROW: Row = Row {
    name: "HS-CONNECTION-RESP",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.2")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "the 101's Connection field has the token Upgrade; without it the client fails the connection",
    peer: None,
    text: "A proxy that treats the connection as plain HTTP replaces the value with keep-alive or close, or omits \
        the field. The client fails the connection, its application reports 1006, and the server, which sent its 101 \
        in good faith, sees TCP end without a Close and reports 1006 too.",
    next: &[
        "the response as the server sent it, on its side of the proxy",
        "a server or framework that writes Connection itself",
    ],
    shows: &[
        found("keep-alive only", "C: request | S: 101 Connection: keep-alive | C: fin | S: fin"),
        legal("next to another token", "C: request | S: 101 Connection: keep-alive, Upgrade | S: text hi"),
    ],
};

impl<S: Readable> Told for HsConnectionResp<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { found } = self;
        let found = field("Connection", found.as_ref());
        say.words(
            "Connection with the token Upgrade",
            found.as_str(),
            format!("answered 101 without the token Upgrade in Connection ({found})"),
        )
    }
}

impl<S: Stage> HsConnectionResp<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsConnectionResp<To> {
        let Self { found } = self;
        HsConnectionResp { found: found.map(|found| by.value(field::CONNECTION, found)) }
    }
}
