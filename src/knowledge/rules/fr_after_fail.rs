use crate::knowledge::prelude::*;

/// FR-AFTER-FAIL: After its failing Close this side answered `what` that came later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrAfterFail {
    /// What it answered all the same.
    pub handled: Handled,
}

pub(super) const ROW: Row = Row {
    name: "FR-AFTER-FAIL",
    clauses: &[rfc6455("7.1.7")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "an endpoint that has failed the connection processes nothing more of what the peer sends",
    peer: None,
    text: "An endpoint that fails the connection stops reading: it processes neither a later Ping nor the answering \
        Close. A Pong or a second Close after its own shows that it carried on.",
    next: &["whether the answer was to something sent before the fault: the acknowledgement numbers show it"],
    shows: &[
        found("a Ping sent after the fault is answered", "C: c1 00 | S: close 1002 | C: ping x | S: pong x"),
        legal("a Ping sent before it is answered", "C: ping x | C: c1 00 | S: close 1002 | S: pong x"),
    ],
};

impl Told for FrAfterFail {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { handled } = self;
        say.words(
            "nothing more processed after failing the connection",
            went_on(*handled),
            format!("had failed the connection but still {}", went_on(*handled)),
        )
    }
}
