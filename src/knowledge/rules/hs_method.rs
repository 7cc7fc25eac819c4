use crate::knowledge::prelude::*;

/// HS-METHOD: The method is GET and the version of HTTP at least 1.1; a proxy that speaks HTTP/1.0 to its servers
/// lowers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HsMethod<S: Stage = Quoted> {
    /// Another method than GET.
    Method(Text<S>),
    /// HTTP below 1.1.
    Version(Text<S>),
}

pub(super) const ROW: Row = Row {
    name: "HS-METHOD",
    clauses: &[rfc6455("4.1"), rfc6455("4.2.1")],
    level: Must,
    who: Who::Client,
    reaction: Refuse(&[400, 405]),
    says: "the method is GET and the HTTP version at least 1.1; a proxy that speaks HTTP/1.0 to its servers \
        downgrades it",
    peer: None,
    text: "HTTP/1.0 has no Upgrade. Clients seldom send it; some proxies speak HTTP/1.0 to the servers behind them, \
        and then every WebSocket connection through them fails with 1006 while plain requests work.",
    next: &[
        "for HTTP/1.0: the proxy in front of the server (nginx: proxy_http_version 1.1)",
        "for POST or another method: something that is not a WebSocket client, or a redirect followed as POST",
    ],
    shows: &[
        found("HTTP/1.0", "C: request !GET /chat HTTP/1.0 | S: status 400 Bad Request | S: fin | C: fin"),
        legal("a later HTTP/1 version: at least 1.1 is required", "C: request !GET /chat HTTP/1.2 | S: 101"),
    ],
};

impl<S: Readable> Told for HsMethod<S> {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self::Method(method) => {
                let method = visible(method);
                say.words(
                    "method GET",
                    format!("method {method}"),
                    format!("requested the upgrade with {method} instead of GET"),
                )
            }
            Self::Version(version) => say.words(
                "HTTP/1.1 or above",
                visible(version),
                format!(
                    "requested the upgrade in {version}, which has none; a proxy that speaks HTTP/1.0 to its servers \
                     downgrades the request"
                ),
            ),
        }
    }
}

impl<S: Stage> HsMethod<S> {
    pub(crate) fn decided<To: Stage>(self, by: &mut impl Decide<S, To>) -> HsMethod<To> {
        match self {
            Self::Method(method) => HsMethod::Method(by.text(method)),
            Self::Version(version) => HsMethod::Version(by.text(version)),
        }
    }
}
