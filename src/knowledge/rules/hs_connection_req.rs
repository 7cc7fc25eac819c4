use crate::knowledge::prelude::*;

/// HS-CONNECTION-REQ: No `Upgrade` in `Connection`; its value, where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HsConnectionReq<S: Stage = Quoted> {
    /// Its value, where there is one.
    pub found: Option<Text<S>>,
}

pub(super) const ROW: Row = Row {
    name: "HS-CONNECTION-REQ",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400, 426]),
    says: "the request's Connection field has the token Upgrade; proxies that strip hop-by-hop fields remove it",
    peer: None,
    text: "Connection lists the fields that are meant for the next hop only, and Upgrade is one of them. A proxy not \
        configured for WebSocket removes both and writes a Connection field of its own: the server sees a plain GET, \
        and the client's application reports 1006.",
    next: &[
        "the same request on both sides of the proxy: what the client sent shows whose fault it is",
        "nginx: proxy_http_version 1.1, and proxy_set_header for Upgrade and Connection; Apache httpd: \
         mod_proxy_wstunnel, or upgrade= of mod_proxy_http",
    ],
    shows: &[
        found(
            "a proxy's own value",
            "C: request Connection: close | S: status 400 Bad Request | S: fin | C: fin",
        ),
        legal("next to another token, in lower case", "C: request Connection: keep-alive, upgrade | S: 101"),
    ],
};

impl<S: Readable> Told for HsConnectionReq<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { found } = self;
        let found = field("Connection", found.as_ref());
        say.words(
            "Connection with the token Upgrade",
            found.as_str(),
            format!("sent a WebSocket request without the token Upgrade in Connection ({found}){STRIPPED}"),
        )
    }
}

impl<S: Stage> HsConnectionReq<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsConnectionReq<To> {
        let Self { found } = self;
        HsConnectionReq { found: found.map(|found| by.value(field::CONNECTION, found)) }
    }
}
