use crate::knowledge::prelude::*;

/// PMD-RSV1-CTL: RSV1 on a control frame under permessage-deflate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PmdRsv1Ctl;

pub(super) const ROW: Row = Row {
    name: "PMD-RSV1-CTL",
    clauses: &[rfc7692("6")],
    level: Must,
    who: Who::Either,
    reaction: Fail(&[1002]),
    says: "RSV1 is not set on control frames",
    peer: None,
    text: "Control frames are not compressed: they must be readable between the fragments of a compressed message.",
    next: &["the sender's library: it sets the bit on every frame"],
    shows: &[
        found("RSV1 on a Ping", "deflate | C: c9 00 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
        legal(
            "a Ping between compressed fragments",
            "deflate | C: 41 03 f2 48 cd | C: 89 00 | S: pong | C: 80 04 c9 c9 07 00",
        ),
    ],
};

impl Told for PmdRsv1Ctl {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "RSV1 clear on a control frame",
            "RSV1 set",
            "set RSV1 on a control frame under permessage-deflate",
        )
    }
}
