use crate::knowledge::prelude::*;

/// PMD-RSV1-CONT: RSV1 on a later fragment under permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdRsv1Cont;

pub(super) const ROW: Row = Row {
    name: "PMD-RSV1-CONT",
    clauses: &[rfc7692("6")],
    level: Must,
    who: Who::Either,
    reaction: Fail(&[1002]),
    says: "RSV1 is set on the first fragment of a compressed message only",
    peer: None,
    text: "RSV1 marks a message as compressed, and is set on its first fragment only.",
    next: &["a sender that compresses each fragment separately, as an old extension did"],
    shows: &[
        found(
            "RSV1 on the second fragment",
            "deflate | C: 41 03 f2 48 cd | C: c0 04 c9 c9 07 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
        ),
        legal("RSV1 on the first one only", "deflate | C: 41 03 f2 48 cd | C: 80 04 c9 c9 07 00"),
    ],
};

impl Told for PmdRsv1Cont {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "RSV1 on the first fragment only",
            "RSV1 set on a later fragment",
            "set RSV1 on a later fragment under permessage-deflate",
        )
    }
}
