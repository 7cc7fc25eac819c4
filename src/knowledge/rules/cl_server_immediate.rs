use crate::knowledge::prelude::*;

/// CL-SERVER-IMMEDIATE: The server kept TCP open after both Closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClServerImmediate {
    /// For how long, as far as was seen.
    pub for_ns: i64,
}

pub(super) const ROW: Row = Row {
    name: "CL-SERVER-IMMEDIATE",
    clauses: &[rfc6455("5.5.1"), rfc6455("7.1.1")],
    level: Must,
    who: Who::Server,
    reaction: Nothing,
    says: "once it has sent and received a Close, the server ends TCP immediately",
    peer: Some("may end TCP itself after a while; its application may get its close event only then"),
    text: "After both Closes nothing is left to send, and the server should end TCP (FIN) so that it, not the \
        client, holds TIME-WAIT. wslog counts {late} as late, or {client_wait} if the client then gave up. A \
        connection is closed only when TCP is: until then both APIs may still say CLOSING.",
    next: &[
        "a server that leaves ending TCP to the client, or to a timeout of its own",
        "a proxy that keeps the connection open for another request",
    ],
    shows: &[
        found("FIN after 5 s", "C: close 1000 | S: close 1000 | C: ack | S: wait 5000 | S: fin | C: fin"),
        legal(
            "after half a second",
            "C: close 1000 | S: close 1000 | C: ack | S: wait 500 | S: fin | C: fin",
        ),
    ],
};

impl Told for ClServerImmediate {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { for_ns } = *self;
        say.words(
            format!(
                "the server ends TCP immediately after both Closes; {OURS} {} as late, or {} if the client then gave \
                 up",
                whole(LATE_NS),
                whole(CLIENT_WAIT_NS)
            ),
            format!("TCP kept open for {}", duration(for_ns)),
            format!("kept TCP open for {} after both Close frames", duration(for_ns)),
        )
    }
}
