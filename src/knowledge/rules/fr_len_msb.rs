use crate::knowledge::prelude::*;

/// FR-LEN-MSB: Top bit of a 64-bit length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrLenMsb {
    /// The length as sent.
    pub len: u64,
}

pub(super) const ROW: Row = Row {
    name: "FR-LEN-MSB",
    clauses: &[rfc6455("5.2")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002, 1009]),
    says: "the most significant bit of a 64-bit payload length is 0",
    peer: None,
    text: "The length is below 2^63, so that a signed number can hold it. A frame that claims more is broken, or its \
        bytes are not a frame at all.",
    next: &["the bytes before it: the sender's stream may have lost its framing"],
    shows: &[
        found("2^63", "C: 82 7f 80 00*7 61 | S: close 1002 | S: fin | C: fin"),
        legal("2^62, of which one byte has come", "C: 82 7f 40 00*7 61"),
    ],
};

impl Told for FrLenMsb {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { len } = self;
        say.words(
            "a length below 2^63",
            format!("length {len:#x}"),
            format!("sent a frame whose 64-bit length has its top bit set ({len:#x})"),
        )
    }
}
