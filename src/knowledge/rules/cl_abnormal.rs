use crate::knowledge::prelude::*;

/// CL-ABNORMAL: TCP ended without a Close from this side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClAbnormal {
    /// How TCP ended.
    pub how: StreamEnd,
}

pub(super) const ROW: Row = Row {
    name: "CL-ABNORMAL",
    clauses: &[rfc6455("7.1.5"), rfc6455("7.2.1"), rfc6455("7.3")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "without a Close frame the other side reports 1006",
    peer: Some("reports 1006; a client must also fail the connection (RFC 6455 7.2.1)"),
    text: "The end of TCP says nothing of the reason: both applications report 1006. It is legal where \
           something failed, and what a killed process, a crash or a proxy's time-out look like.",
    next: &[
        "who ended TCP, and how long there was silence before",
        "the log of that side's process and host; a FIN that its host did not send came from between",
    ],
    shows: &[
        found("the server ends TCP", "C: text hi | S: fin | C: fin"),
        legal("a Close comes first", "C: text hi | S: close 1001 | C: close 1001 | S: fin | C: fin"),
    ],
};

impl Told for ClAbnormal {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { how } = self;
        say.words(
            "a Close frame before TCP ends",
            format!("{} without one", end(*how)),
            format!("ended TCP by {} without a Close frame; the other side reports 1006", end(*how)),
        )
    }
}
