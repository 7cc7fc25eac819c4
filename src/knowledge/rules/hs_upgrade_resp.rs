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
    says: "Upgrade of the 101 is websocket and nothing else; otherwise the client fails the connection",
    peer: None,
    text: "A 101 says that TCP now speaks what Upgrade names, so the value is websocket alone: with a \
           second protocol beside it the client could not know which one begins. Without the field a proxy \
           has removed it, or the server does not speak WebSocket.",
    next: &[
        "the response as the server sent it, on its side of the proxy",
        "a server that sends the Upgrade field of the request back as it came",
    ],
    shows: &[
        found("a second protocol beside it", "C: request | S: 101 Upgrade: websocket, h2c | C: fin | S: fin"),
        legal("other case", "C: request | S: 101 Upgrade: WebSocket | S: text hi"),
    ],
};

impl<S: Readable> Told for HsUpgradeResp<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { found } = self;
        let found = field("Upgrade", found.as_ref());
        say.words(
            "Upgrade: websocket",
            found.as_str(),
            format!("answered 101 without Upgrade set to websocket alone ({found})"),
        )
    }
}

impl<S: Stage> HsUpgradeResp<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsUpgradeResp<To> {
        let Self { found } = self;
        HsUpgradeResp { found: found.map(|found| by.value(field::UPGRADE, found)) }
    }
}
