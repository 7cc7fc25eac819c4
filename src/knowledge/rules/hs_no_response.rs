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
    text: "A client whose request gets no response can only guess, and a browser reports 1006. Two clauses \
           speak of it. A server that reads a request which is no valid opening handshake must answer with an \
           HTTP error (RFC 6455 4.2.1): the finding is a must then, and likely, for that its host had the request \
           does not prove that it was read. A valid request that the server does not care for should get a \
           status too, but TCP may be dropped (RFC 6455 10.7): then it is a note.",
    next: &[
        "the log of the server, or of the proxy that ended TCP",
        "whether the port speaks TLS: a plain request to it is dropped",
    ],
    shows: &[
        found("TCP ends after a request without Host", "C: request -Host | S: fin | C: fin"),
        found("TCP ends after a sound request: a note", "C: request | S: fin | C: fin"),
        legal("the refusal is told", "C: request | S: status 503 Service Unavailable | S: fin | C: fin"),
    ],
};

impl Told for HsNoResponse {
    fn words(&self, say: &Say<'_>) -> Words {
        let expected = match self.broke {
            Some(rule) => format!("an HTTP error, for the request broke {rule} (RFC 6455 4.2.1)"),
            None => "an HTTP response, if only with an error status (RFC 6455 10.7)".to_owned(),
        };
        say.words(expected, "TCP ended without one", "ended TCP without answering the opening handshake")
    }
}
