use crate::knowledge::prelude::*;

/// HS-NO-RESPONSE: TCP ended without any response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsNoResponse {
    /// What the request broke, which the server had: then RFC 6455 4.2.1 demands an HTTP error. Otherwise 10.7 asks
    /// for a status, and lets the server drop TCP.
    pub broke: Option<RuleId>,
}

pub(super) const ROW: Row = Row {
    name: "HS-NO-RESPONSE",
    clauses: &[rfc6455("4.2.1"), rfc6455("7.2.2"), rfc6455("10.7")],
    level: Must,
    who: Who::Server,
    reaction: Nothing,
    says: "a request that is refused is answered with an HTTP status before TCP ends",
    peer: Some("fails the connection"),
    text: "A client that gets no response can only guess, and a browser reports 1006. Two clauses apply. A server \
        that reads a request that is not a valid opening handshake must answer with an HTTP error (RFC 6455 4.2.1): \
        then the finding is a must, and likely, as its host receiving the request does not prove that the server \
        read it. A valid request that the server does not want should get a status too, but the server may drop TCP \
        instead (RFC 6455 10.7): then it is a note.",
    next: &[
        "the log of the server, or of the proxy that ended TCP",
        "whether the port speaks TLS: it may drop a plain request",
    ],
    shows: &[
        found("TCP ends after a request without Host", "C: request -Host | S: fin | C: fin"),
        found("TCP ends after a valid request: a note", "C: request | S: fin | C: fin"),
        legal(
            "the server refuses with a status",
            "C: request | S: status 503 Service Unavailable | S: fin | C: fin",
        ),
    ],
};

impl Told for HsNoResponse {
    fn words(&self, say: &Say<'_>) -> Words {
        let expected = match self.broke {
            Some(rule) => format!("an HTTP error, as the request broke {rule} (RFC 6455 4.2.1)"),
            None => "an HTTP response, even if only an error status (RFC 6455 10.7)".to_owned(),
        };
        say.words(expected, "TCP ended without one", "ended TCP without answering the opening handshake")
    }
}
