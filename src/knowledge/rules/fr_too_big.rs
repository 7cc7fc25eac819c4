use crate::knowledge::prelude::*;

/// FR-TOO-BIG: This side closed with 1009.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrTooBig {
    /// The message it was for, as far as that can be told: the last that it had been sent.
    pub message: Option<RefusedMessage>,
    /// Bytes on the wire of the largest message before.
    pub passed: Option<u64>,
}

/// A message that was refused for its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusedMessage {
    /// Number of the message.
    pub n: u64,
    /// Payload bytes of its frames, as their headers have it.
    pub wire_bytes: u64,
    /// Inflated, where it was compressed and that is known.
    pub bytes: Option<u64>,
    /// All of it was sent.
    pub is_ended: bool,
}

pub(super) const ROW: Row = Row {
    name: "FR-TOO-BIG",
    clauses: &[rfc6455("7.4.1"), rfc6455("10.4")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "an endpoint may limit the size of frames and messages and refuse larger ones with 1009",
    peer: Some("answers the Close like any other"),
    text: "A limit is the receiver's own choice and not the sender's fault. The RFC sets no size and prescribes no \
        code; 1009 is the one that fits.",
    next: &[
        "the limit in the configuration of the side that sent 1009",
        "the size of the message, and of the largest that got through before it",
    ],
    shows: &[
        found("Close 1009", "S: binary 0123456789 | C: close 1009 | S: close 1009 | S: fin | C: fin"),
        legal("Close 1008", "S: binary 0123456789 | C: close 1008 | S: close 1008 | S: fin | C: fin"),
    ],
};

impl Told for FrTooBig {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { message, passed } = self;
        let passed =
            passed.map_or_else(String::new, |n| format!("; the largest before it was {}", exact_bytes(n)));
        let message = message.map_or_else(String::new, |message| {
            let RefusedMessage { n, wire_bytes, bytes: inflated, is_ended } = message;
            let inflated = inflated.map_or_else(String::new, |n| format!(", {} inflated", exact_bytes(n)));
            let so_far = if is_ended { "" } else { ", unfinished" };
            format!(
                "; the last message sent to it was message {n}, {}{inflated}{so_far}{passed}",
                exact_bytes(wire_bytes)
            )
        });
        say.words(
            "a limit is the receiver's own choice",
            format!("Close 1009{message}"),
            format!("closed with Close 1009 (message too big){message}"),
        )
    }
}
