use crate::knowledge::prelude::*;

/// CL-FAIL-SILENT: Failed without a Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClFailSilent {
    /// The peer's fault.
    pub fault: RuleId,
    /// How it ended TCP.
    pub how: StreamEnd,
}

pub(super) const ROW: Row = Row {
    name: "CL-FAIL-SILENT",
    clauses: &[rfc6455("7.1.7"), rfc6455("10.7")],
    level: Should,
    who: Who::Either,
    reaction: Nothing,
    says: "an endpoint that fails the connection sends a Close before it ends TCP",
    peer: Some("reports 1006"),
    text: "Without a Close the side at fault reports 1006 and does not learn what was wrong. If masking was missing \
        or wrong, the Close is optional (RFC 6455 5.1).",
    next: &[
        "the log of the side that ended TCP: it knows why",
        "the finding against the other side just before",
    ],
    shows: &[
        found("TCP is ended for RSV1", "C: c1 00 | S: fin | C: fin"),
        legal("and for a missing mask", "C: raw 81 02 68 69 | S: fin | C: fin"),
    ],
};

impl Told for ClFailSilent {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { fault, how } = self;
        say.words(
            "a Close frame before TCP ends",
            format!("{} without one", end(*how)),
            format!("{} after a breach of {fault} without saying why in a Close", ended_by(*how)),
        )
    }
}
