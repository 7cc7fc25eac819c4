use crate::knowledge::prelude::*;

/// HS-UPGRADE-REQ: No `websocket` in `Upgrade`; its value, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsUpgradeReq<S: Stage = Quoted> {
    /// Its value, where there is one.
    pub found: Option<Text<S>>,
}

pub(super) const ROW: Row = Row {
    name: "HS-UPGRADE-REQ",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400, 426]),
    says: "the request's Upgrade field names websocket; proxies that strip hop-by-hop fields remove it",
    peer: None,
    text: "Without it this is a plain GET, and a server that serves more than WebSocket answers it as such: with a \
        page, a 404, or a 426. Proxies remove Upgrade together with Connection unless configured to pass both on.",
    next: &[
        "the same request on both sides of the proxy: what the client sent shows whose fault it is",
        "a status 200: the server took the request for plain HTTP",
    ],
    shows: &[
        found(
            "a proxy has removed the field",
            "C: request -Upgrade | S: status 426 Upgrade Required | S: fin | C: fin",
        ),
        legal(
            "next to another protocol, in upper or lower case",
            "C: request Upgrade: h2c, WebSocket | S: 101",
        ),
    ],
};

impl<S: Readable> Told for HsUpgradeReq<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { found } = self;
        let found = field("Upgrade", found.as_ref());
        say.words(
            "Upgrade with websocket",
            found.as_str(),
            format!("sent a WebSocket request that does not name websocket in Upgrade ({found}){STRIPPED}"),
        )
    }
}

impl<S: Stage> HsUpgradeReq<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsUpgradeReq<To> {
        let Self { found } = self;
        HsUpgradeReq { found: found.map(|found| by.value(field::UPGRADE, found)) }
    }
}
