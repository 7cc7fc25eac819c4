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
    says: "a server answers a request that is no valid opening handshake with an HTTP error, not with 101",
    peer: Some("need not notice: the response itself is in order"),
    text: "A server that grants a faulty request hides the fault of the client, which then fails at a \
           stricter server or behind a proxy. The finding for the fault itself stands beside this one. A \
           key that does not decode is not meant: the server need not look inside.",
    next: &[
        "the finding against the client: that is what has to be mended first",
        "a proxy between them: it may have asked the server in proper form",
    ],
    shows: &[
        found("a request without Host is granted", "C: request -Host | S: 101"),
        legal(
            "a key of 5 bytes is: the server need not decode it",
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
            format!("granted the upgrade though the request broke {rule}"),
        )
    }
}
