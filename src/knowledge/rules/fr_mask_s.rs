use crate::knowledge::prelude::*;

/// FR-MASK-S: A server's frame with mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrMaskS;

pub(super) const ROW: Row = Row {
    name: "FR-MASK-S",
    clauses: &[rfc6455("5.1")],
    level: Must,
    who: Who::Server,
    reaction: Close(&[1002]),
    says: "a server does not mask frames",
    peer: None,
    text: "Only clients mask. A client that receives a masked frame must close the connection; a Close \
           frame with 1002 is optional.",
    next: &["a server built from client code, or a proxy that sends a client's frames back"],
    shows: &[
        found("MASK set", "S: raw 81 82 37 fa 21 3d 5f 93 | C: close 1002 | S: close 1002 | S: fin | C: fin"),
        legal("MASK clear", "S: text hi"),
    ],
};

impl Told for FrMaskS {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words("MASK clear on a server's frame", "MASK set", "sent a masked frame")
    }
}
