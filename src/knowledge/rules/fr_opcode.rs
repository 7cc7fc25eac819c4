use crate::knowledge::prelude::*;

/// FR-OPCODE: A reserved opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrOpcode {
    /// The opcode, 3 to 7 or 11 to 15.
    pub opcode: u8,
}

pub(super) const ROW: Row = Row {
    name: "FR-OPCODE",
    clauses: &[rfc6455("5.2")],
    level: Must,
    who: Who::Either,
    reaction: Fail(&[1002]),
    says: "opcodes 3 to 7 and 11 to 15 are reserved",
    peer: None,
    text: "A reserved opcode has a meaning only if a negotiated extension defines one. Without one the receiver must \
        fail the connection.",
    next: &[
        "the bytes before the frame: an odd opcode with an odd length is often a stream that has lost its \
         framing",
        "the extensions in the opening handshake",
    ],
    shows: &[
        found("opcode 3", "C: 83 00 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
        legal("opcode 2, binary", "C: 82 00"),
    ],
};

impl Told for FrOpcode {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { opcode } = self;
        say.words(
            "opcode 0, 1, 2, 8, 9 or 10",
            format!("opcode {opcode}"),
            format!("sent a frame with the reserved opcode {opcode}"),
        )
    }
}
