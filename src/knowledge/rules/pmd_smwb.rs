use crate::knowledge::prelude::*;

/// PMD-SMWB: `server_max_window_bits` was offered, and the answer does not keep to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdSmwb {
    /// Base-2 logarithm of the window offered.
    pub offered: u8,
    /// That of the answer; `None` where the answer lacks the parameter.
    pub answered: Option<u8>,
}

pub(super) const ROW: Row = Row {
    name: "PMD-SMWB",
    clauses: &[rfc7692("7.1.2.1")],
    level: Must,
    who: Who::Server,
    reaction: FailHandshake,
    says: "a server that accepts an offer with server_max_window_bits answers with the same value or a smaller one",
    peer: None,
    text: "A client that offers server_max_window_bits has memory for that window and no more. A server that accepts \
        the offer confirms it with the same value or a smaller one; one that cannot do so declines. Leaving the \
        parameter out means 15 bits, even if 15 was offered.",
    next: &[
        "a server library that cannot limit its window: it must decline the offer",
        "several offers: the response must match one of them as a whole",
    ],
    shows: &[
        found(
            "10 offered, 11 answered",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10 | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=11 | C: fin | \
             S: fin",
        ),
        legal(
            "9 answered",
            "C: request Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10 | \
             S: 101 Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9",
        ),
    ],
};

impl Told for PmdSmwb {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self { offered, answered: Some(answered) } => say.words(
                format!("server_max_window_bits={offered} or less, as offered"),
                format!("server_max_window_bits={answered}"),
                format!("answered server_max_window_bits={answered} to an offer of {offered}"),
            ),
            Self { offered, answered: None } => say.words(
                format!("server_max_window_bits={offered} or less, as offered"),
                "no server_max_window_bits",
                format!(
                    "accepted an offer with server_max_window_bits={offered} but left that parameter out of its \
                     response"
                ),
            ),
        }
    }
}
