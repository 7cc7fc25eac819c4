use crate::knowledge::prelude::*;

/// HS-UPGRADE-RESP: `Upgrade` of the 101 is not `websocket`; its value, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsUpgradeResp<S: Stage = Quoted> {
    /// Its value, where there is one.
    pub found: Option<Text<S>>,
}

pub(super) const ROW: Row = Row {
    name: "HS-UPGRADE-RESP",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.2")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "the 101's Upgrade field is websocket and nothing else; otherwise the client fails the connection",
    peer: None,
    text: "A 101 says that the connection now speaks the protocol that Upgrade names, so the value is websocket \
        alone: with a second protocol the client could not know which one begins. If the field is missing, a proxy \
        has removed it, or the server does not speak WebSocket.",
    next: &[
        "the response as the server sent it, on its side of the proxy",
        "a server that echoes the request's Upgrade field",
    ],
    shows: &[
        found(
            "a second protocol next to it",
            "C: request | S: 101 Upgrade: websocket, h2c | C: fin | S: fin",
        ),
        legal("different case", "C: request | S: 101 Upgrade: WebSocket | S: text hi"),
    ],
};

impl<S: Readable> Told for HsUpgradeResp<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { found } = self;
        let found = field("Upgrade", found.as_ref());
        say.words(
            "Upgrade: websocket",
            found.as_str(),
            format!("answered 101 without Upgrade: websocket on its own ({found})"),
        )
    }
}

impl<S: Stage> HsUpgradeResp<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsUpgradeResp<To> {
        let Self { found } = self;
        HsUpgradeResp { found: found.map(|found| by.value(field::UPGRADE, found)) }
    }
}
