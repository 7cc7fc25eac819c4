use crate::knowledge::prelude::*;

/// PMD-CMWB-UNASKED: `client_max_window_bits` in the answer and not in the offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdCmwbUnasked {
    /// Window bits that the server answered.
    pub bits: u8,
}

pub(super) const ROW: Row = Row {
    name: "PMD-CMWB-UNASKED",
    clauses: &[rfc7692("7.1.2.2")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "a response has client_max_window_bits only if the offer had it",
    peer: None,
    text: "client_max_window_bits in an offer says that the client can use a smaller window. A client that does not \
        say so may not be able to, and must not be told to. Servers that answer with a fixed set of parameters get \
        this wrong.",
    next: &[
        "the offer as it reached the server: a proxy may have removed the parameter",
        "a server whose answer is the same for every client",
    ],
    shows: &[
        found(
            "answered, not offered",
            "C: request Sec-WebSocket-Extensions: permessage-deflate | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15 | C: fin | \
             S: fin",
        ),
        legal(
            "offered without a value",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=12",
        ),
    ],
};

impl Told for PmdCmwbUnasked {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { bits } = self;
        say.words(
            "no client_max_window_bits: the offer had none",
            format!("client_max_window_bits={bits}"),
            format!("answered client_max_window_bits={bits}, which the client had not offered"),
        )
    }
}
