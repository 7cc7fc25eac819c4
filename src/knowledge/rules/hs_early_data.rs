use crate::knowledge::prelude::*;

/// HS-EARLY-DATA: Bytes behind the request, before the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsEarlyData;

pub(super) const ROW: Row = Row {
    name: "HS-EARLY-DATA",
    clauses: &[rfc6455("4.1")],
    level: Must,
    who: Who::Client,
    reaction: Nothing,
    says: "the client waits for the response before it sends anything after its request",
    peer: Some("may read it as frames after its 101, or drop it; after a refusal it is not a frame at all"),
    text: "Until the 101 arrives, the client does not know whether the server understands frames. If the server \
        refuses, or is a plain HTTP server, it reads these bytes as the next request. The acknowledgement number \
        shows what the client had received when it sent them; the order in the recording does not: even if they are \
        recorded after the 101, they were sent without it if they acknowledge nothing of it.",
    next: &[
        "a client that considers the connection open once its request is sent",
        "whether the server handled the first message: some discard what came before their 101",
    ],
    shows: &[
        found("a message right after the request", "C: request | C: text hi | S: 101"),
        found("the 101 was then still in flight", "C: request | C: hold | S: 101 | C: text hi | C: release"),
        legal("after the response has arrived", "C: request | S: 101 | C: text hi"),
    ],
};

impl Told for HsEarlyData {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "nothing after the request before the response",
            "bytes sent before any of the response had arrived",
            "sent bytes after its request, before any of the response had arrived",
        )
    }
}
