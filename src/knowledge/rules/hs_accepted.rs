use crate::knowledge::prelude::*;

/// HS-ACCEPTED: 101 to a request that broke this rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsAccepted {
    /// The rule that the request broke.
    pub rule: RuleId,
}

pub(super) const ROW: Row = Row {
    name: "HS-ACCEPTED",
    clauses: &[rfc6455("4.2.1")],
    level: Must,
    who: Who::Server,
    reaction: Nothing,
    says: "a server answers a request that is not a valid opening handshake with an HTTP error, not with 101",
    peer: Some("need not notice: the response itself is valid"),
    text: "A server that accepts a faulty request hides the client's fault, and the client then fails with a \
        stricter server or behind a proxy. The fault itself is a separate finding. This does not cover a key that \
        does not decode: the server need not look inside.",
    next: &[
        "the finding against the client: fix that first",
        "a proxy between them: its own request to the server may have been valid",
    ],
    shows: &[
        found("a request without Host is accepted", "C: request -Host | S: 101"),
        legal(
            "so is a key of 5 bytes: the server need not decode it",
            "C: request Sec-WebSocket-Key: c2hvcnQ= | \
             S: 101 Sec-WebSocket-Accept: 5mxwMKXNI9akKyJbT9Ot03A9YWg=",
        ),
    ],
};

impl Told for HsAccepted {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { rule } = self;
        say.words(
            format!("an HTTP error: the request broke {rule}"),
            "status 101",
            format!("accepted the upgrade although the request broke {rule}"),
        )
    }
}
