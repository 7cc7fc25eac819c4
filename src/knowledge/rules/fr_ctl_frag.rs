use crate::knowledge::prelude::*;

/// FR-CTL-FRAG: A control frame with FIN=0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrCtlFrag;

pub(super) const ROW: Row = Row {
    name: "FR-CTL-FRAG",
    clauses: &[rfc6455("5.4"), rfc6455("5.5")],
    level: Must,
    who: Who::Either,
    reaction: MayFail(&[1002]),
    says: "a control frame is not fragmented: FIN is set",
    peer: None,
    text: "A control frame is short and complete in itself, so that it can be handled at once between the fragments \
        of a message.",
    next: &["the sender's library: it writes FIN, not the application"],
    shows: &[
        found("a Ping with FIN clear", "C: 09 00 | S: close 1002 | C: close 1002 | S: fin | C: fin"),
        legal("a Ping with FIN set", "C: 89 00 | S: pong"),
    ],
};

impl Told for FrCtlFrag {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words("FIN set on a control frame", "FIN clear", "sent a control frame with FIN clear")
    }
}
