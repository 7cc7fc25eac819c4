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
    peer: Some("may read it as frames after its 101, or drop it; after a refusal it is no frame at all"),
    text: "Until the 101 is there the client does not know whether frames are understood. If the server \
           refuses, or a plain HTTP server stands there, these bytes are read as the next request. The \
           acknowledgement number tells what the client had received when it sent them, the order of the \
           recording does not: where they are recorded after the 101 and acknowledge nothing of it, they were \
           sent without it all the same.",
    next: &[
        "a client that counts the connection as open once its request is sent",
        "whether the server handled the first message: some throw away what came before their 101",
    ],
    shows: &[
        found("a message right after the request", "C: request | C: text hi | S: 101"),
        found(
            "the 101 was on its way to the client then",
            "C: request | C: hold | S: 101 | C: text hi | C: release",
        ),
        legal("once the response is there", "C: request | S: 101 | C: text hi"),
    ],
};

impl Told for HsEarlyData {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "nothing after the request before the response",
            "bytes sent before any of the response had arrived",
            "sent bytes after its request before any of the response had arrived",
        )
    }
}
