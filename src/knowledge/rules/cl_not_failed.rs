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
    says: "after a fault for which the RFC orders it an endpoint fails the connection and handles nothing \
           that came later",
    peer: None,
    text: "Some faults make what follows meaningless: the RFC has the receiver fail the connection \
           (reserved bits and opcodes, masking, text that is not UTF-8). Who goes on shows it by answering \
           what came later. After a fault for which failing is only allowed it is a note.",
    next: &["the receiver's library: is the check switched off, or missing?"],
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
            format!("fail the connection for {fault} in frame {frame}"),
            went_on(*what),
            format!(
                "carried on although it had to fail the connection because of frame {frame} ({fault}): it {}",
                went_on(*what)
            ),
        )
    }
}
