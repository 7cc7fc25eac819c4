use crate::knowledge::prelude::*;

/// FR-LEN-MIN: The length was not in its shortest form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrLenMin {
    /// Length that was written in too long a form.
    pub len: u64,
    /// Bytes used for it beyond the second: 2 or 8.
    pub bytes: u8,
}

pub(super) const ROW: Row = Row {
    name: "FR-LEN-MIN",
    clauses: &[rfc6455("5.2")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "the payload length is written in the shortest of its three forms",
    peer: None,
    text: "A length has only one valid form: up to 125 in seven bits, up to 65535 in sixteen, beyond that in \
        sixty-four. Receivers that check it fail the connection; others accept the frame.",
    next: &["the sender's library: it writes the length"],
    shows: &[
        found(
            "125 in sixteen bits",
            "C: 82 7e 00 7d 61*125 | S: close 1002 | C: close 1002 | S: fin | C: fin",
        ),
        legal("126 in sixteen bits", "C: 82 7e 00 7e 61*126"),
    ],
};

impl Told for FrLenMin {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { len, bytes } = self;
        let form = if *bytes == 2 { LengthForm::Sixteen } else { LengthForm::SixtyFour };
        let form = if form == LengthForm::Sixteen { "16-bit" } else { "64-bit" };
        say.words(
            "the shortest form of the length",
            format!("length {len} in the {form} form"),
            format!("wrote the payload length {len} in the {form} form instead of the shortest"),
        )
    }
}
