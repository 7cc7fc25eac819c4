use crate::knowledge::prelude::*;

/// CL-CODE-RANGE: A code outside the ranges in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClCodeRange {
    /// The code it carried.
    pub code: CloseCode,
}

pub(super) const ROW: Row = Row {
    name: "CL-CODE-RANGE",
    clauses: &[rfc6455("5.5.1"), rfc6455("7.4.2")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "a status code is a registered one below 3000, or from 3000 to 4999",
    peer: None,
    text: "Codes below 1000 are not used, 1016 to 2999 are not assigned, and none is defined from 5000 on. 4000 to \
        4999 are for applications.",
    next: &[
        "what the sender's application passed to close()",
        "the byte order of the code: e8 03 is 1000 reversed",
    ],
    shows: &[
        found("999", "C: close 999 | S: close 1002 | S: fin | C: fin"),
        legal("4999", "C: close 4999 | S: close 4999 | S: fin | C: fin"),
    ],
};

impl Told for ClCodeRange {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { code } = self;
        say.words(
            "1000 to 1014 as registered, or 3000 to 4999",
            format!("code {code}"),
            format!("sent a Close with the code {code}, which is not assigned"),
        )
    }
}
