use crate::knowledge::prelude::*;

/// CL-NOT-FAILED: Carried on after the peer's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClNotFailed {
    /// The peer's fault.
    pub fault: RuleId,
    /// Frame number of the fault.
    pub frame: u64,
    /// What it handled that came later.
    pub handled: Handled,
}

pub(super) const ROW: Row = Row {
    name: "CL-NOT-FAILED",
    clauses: &[rfc6455("7.1.7")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "if the RFC says that an endpoint must fail the connection because of a fault, it does so and handles \
        nothing that comes later",
    peer: None,
    text: "Some faults make everything after them meaningless, and the RFC requires the receiver to fail the \
        connection (reserved bits and opcodes, masking, text that is not UTF-8). A receiver that carries on shows it \
        by answering what came later. If the RFC only allows failing the connection, this is a note.",
    next: &["the receiver's library: is the check disabled, or missing?"],
    shows: &[
        found("the Ping after the fault is answered", "C: a1 02 68 69 | C: ping x | S: pong x"),
        legal(
            "the Ping came before the fault",
            "C: ping x | C: a1 02 68 69 | S: pong x | S: close 1002 | C: close 1002 | S: fin | C: fin",
        ),
    ],
};

impl Told for ClNotFailed {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { fault, frame, handled: what } = self;
        say.words(
            format!("fail the connection because of {fault} in frame {frame}"),
            went_on(*what),
            format!(
                "carried on although it had to fail the connection because of frame {frame} ({fault}): it {}",
                went_on(*what)
            ),
        )
    }
}
