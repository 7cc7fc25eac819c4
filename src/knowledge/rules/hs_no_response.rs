//! HS-NO-RESPONSE: TCP ended without any response.

use crate::knowledge::prelude::*;

/// There is no more to say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsNoResponse;

pub(super) const ROW: Row = Row {
    name: "HS-NO-RESPONSE",
    clauses: &[rfc6455("4.2.1"), rfc6455("7.2.2"), rfc6455("10.7")],
    level: Should,
    who: Who::Server,
    reaction: Nothing,
    says: "a request that is refused is answered with an HTTP status before TCP ends",
};

impl Told for HsNoResponse {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "an HTTP response",
            "TCP ended without one",
            "ended TCP without answering the opening handshake",
        )
    }
}

impl QuotesNothing for HsNoResponse {}

pub(super) const KNOWN: Known = Known {
    peer: Some("fails the connection"),
    text: "A client whose request gets no response can only guess, and a browser reports 1006. A server \
           that refuses says why with an HTTP status, unless the request is so broken that it cannot be \
           answered.",
    next: &[
        "the log of the server, or of the proxy that ended TCP",
        "whether the port speaks TLS: a plain request to it is dropped",
    ],
    shows: &[
        found("TCP ends after the request", "C: request | S: fin | C: fin"),
        legal("the refusal is told", "C: request | S: status 503 Service Unavailable | S: fin | C: fin"),
    ],
};
