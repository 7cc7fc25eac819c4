use crate::knowledge::prelude::*;

/// FR-PONG-DATA: A Pong whose data fits no pending Ping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrPongData {
    /// Frame number of the Ping it most likely meant.
    pub ping: u64,
    /// Length of the Ping's data.
    pub ping_len: u64,
    /// Length of the Pong's data.
    pub pong_len: u64,
}

pub(super) const ROW: Row = Row {
    name: "FR-PONG-DATA",
    clauses: &[rfc6455("5.5.3")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "a Pong carries the payload of the Ping it answers",
    peer: None,
    text: "A Pong that answers a Ping carries the Ping's payload. One with other data may be an unsolicited \
        heartbeat, so the finding is likely at best.",
    next: &[
        "whether a Pong with the right payload came later, and whether the sender of the Ping gave up before that",
    ],
    shows: &[
        found(
            "half of the payload comes back",
            "C: ping abcd | S: pong ab | C: close 1000 | S: close 1000 | S: fin | C: fin",
        ),
        legal("a heartbeat, then the answer", "C: ping a | S: pong zz | S: pong a"),
    ],
};

impl Told for FrPongData {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { ping, ping_len, pong_len } = self;
        say.words(
            format!("a Pong with the {} of the Ping in frame {ping}", count(*ping_len, "byte")),
            format!("a Pong with {}", count(*pong_len, "other byte")),
            format!("answered the Ping in frame {ping} with a different payload"),
        )
    }
}
