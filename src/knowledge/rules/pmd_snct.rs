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
    says: "a server that takes an offer with server_no_context_takeover answers with it",
    peer: None,
    text: "A client that offers server_no_context_takeover will not keep what it needs to read a message \
           that refers to an earlier one. The answer has to repeat the parameter; a server may also send it \
           unasked.",
    next: &[
        "a server whose answer is the same for every client",
        "several offers: the answer has to fit one of them as a whole",
    ],
    shows: &[
        found(
            "offered, and not in the answer",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover | S: 101 \
             Sec-WebSocket-Extensions: permessage-deflate | C: fin | S: fin",
        ),
        legal(
            "in the answer, and not offered",
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
            "accepted an offer with server_no_context_takeover and left that parameter out of the answer",
        )
    }
}
