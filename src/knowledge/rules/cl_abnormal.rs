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
    text: "The end of TCP gives no reason: both applications report 1006. It is legal when something failed, and is \
        what a killed process, a crash or a proxy's timeout looks like.",
    next: &[
        "who ended TCP, and how long the silence before it was",
        "the log of that side's process and host; a FIN that its host did not send came from something on the path",
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
            format!("a Close frame before {} ends", carrier(*how)),
            format!("{} without one", end(*how)),
            format!("{} without a Close frame; the other side reports 1006", ended_by(*how)),
        )
    }
}
