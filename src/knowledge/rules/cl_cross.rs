use crate::knowledge::prelude::*;

/// CL-CROSS: Both Closes crossed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClCross;

pub(super) const ROW: Row = Row {
    name: "CL-CROSS",
    clauses: &[rfc6455("5.5.1"), rfc6455("7.1.3"), rfc6455("7.1.5")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "Closes that cross each other both start the closing handshake and answer one another",
    peer: Some("owes no further Close"),
    text: "Neither side had received the other's Close when it sent its own: both started, and neither owes another \
        Close. Each application reports the other side's code. Acknowledgement numbers distinguish this from an \
        answer.",
    next: &[
        "two timeouts of the same length, one at each end",
        "an application message on which both sides close",
    ],
    shows: &[
        found(
            "each is sent before the other has arrived",
            "S: hold | C: close 1000 | S: close 1001 | S: release | S: fin | C: fin",
        ),
        legal("the second is an answer", "C: close 1000 | S: close 1001 | S: fin | C: fin"),
    ],
};

impl Told for ClCross {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "one side starts, the other answers",
            "neither had received the other's Close when it sent its own",
            "sent their Close before the other's had arrived: both started, and each counts as the answer",
        )
    }
}
