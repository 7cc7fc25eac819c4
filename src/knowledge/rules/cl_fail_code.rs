use crate::knowledge::prelude::*;

/// CL-FAIL-CODE: Failed with a code that does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClFailCode {
    /// The peer's fault.
    pub fault: RuleId,
    /// Code of the Close; `None` where it had none.
    pub sent: Option<CloseCode>,
}

pub(super) const ROW: Row = Row {
    name: "CL-FAIL-CODE",
    clauses: &[rfc6455("7.1.7"), rfc6455("7.4.1"), rfc6455("10.7")],
    level: Should,
    who: Who::Either,
    reaction: Nothing,
    says: "the Close of an endpoint that fails the connection carries a code that fits the fault",
    peer: None,
    text: "The code is all that the side at fault learns about its fault. 1002 fits a framing error, 1007 text that \
        is not UTF-8, 1009 a message that is too long.",
    next: &["whether the Close was for this fault at all: an application can close for a reason of its own"],
    shows: &[
        found("1011 for RSV1", "C: c1 00 | S: close 1011 | C: close 1011 | S: fin | C: fin"),
        legal("1002 for RSV1", "C: c1 00 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
    ],
};

impl Told for ClFailCode {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { fault, sent } = self;
        let fitting = or(fault.rule().reaction.codes());
        say.words(
            format!("Close {fitting}, which fits {fault}"),
            close(*sent),
            format!("closed with {} after a breach of {fault}, for which {fitting} fits", close(*sent)),
        )
    }
}
