use crate::knowledge::prelude::*;

/// PMD-SNCT: `server_no_context_takeover` was offered, and the answer lacks it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdSnct;

pub(super) const ROW: Row = Row {
    name: "PMD-SNCT",
    clauses: &[rfc7692("7.1.1.1")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "a server that accepts an offer with server_no_context_takeover repeats it in its response",
    peer: None,
    text: "A client that offers server_no_context_takeover does not keep the data it would need to read a message \
        that refers to an earlier one. The response must repeat the parameter; a server may also send it unasked.",
    next: &[
        "a server whose answer is the same for every client",
        "several offers: the response must match one of them as a whole",
    ],
    shows: &[
        found(
            "offered, but not in the response",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover | S: 101 \
             Sec-WebSocket-Extensions: permessage-deflate | C: fin | S: fin",
        ),
        legal(
            "in the response, but not offered",
            "C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
        ),
    ],
};

impl Told for PmdSnct {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "server_no_context_takeover, as offered",
            "left out",
            "accepted an offer with server_no_context_takeover but left that parameter out of its response",
        )
    }
}
