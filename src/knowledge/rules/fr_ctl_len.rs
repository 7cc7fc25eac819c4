use crate::knowledge::prelude::*;

/// FR-CTL-LEN: A control frame longer than 125 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrCtlLen {
    /// Payload length in bytes that the header claims, 126 at the least.
    pub len: u64,
}

pub(super) const ROW: Row = Row {
    name: "FR-CTL-LEN",
    clauses: &[rfc6455("5.5")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "the payload of a control frame is at most 125 bytes",
    peer: None,
    text: "125 bytes is the most that the seven-bit length can express. In a Close, two of them are the code, so the \
        reason has at most 123 bytes of UTF-8.",
    next: &[
        "for a Close: the length of the reason that the application passed",
        "for a Ping: the payload it was given",
    ],
    shows: &[
        found("126 bytes", "C: 89 7e 00 7e 61*126 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
        legal("125 bytes", "C: 89 7d 61*125 | S: 8a 7d 61*125"),
    ],
};

impl Told for FrCtlLen {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { len } = self;
        say.words(
            "at most 125 bytes in a control frame",
            count(*len, "byte"),
            format!("sent a control frame of {}, over the limit of 125", count(*len, "byte")),
        )
    }
}
