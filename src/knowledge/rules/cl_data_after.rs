use crate::knowledge::prelude::*;

/// CL-DATA-AFTER: A data frame after the own Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClDataAfter;

pub(super) const ROW: Row = Row {
    name: "CL-DATA-AFTER",
    clauses: &[rfc6455("5.5.1")],
    level: Must,
    who: Who::Either,
    reaction: Nothing,
    says: "a side sends no data frame after its own Close",
    peer: Some("may ignore it (RFC 6455 1.4)"),
    text: "The Close is the last thing an application sends: the receiver may ignore anything after it. Ping and \
        Pong remain legal.",
    next: &["two threads or tasks in the sender: one closed while the other was writing"],
    shows: &[
        found("a text after the Close", "C: close 1000 | C: text x | S: close 1000 | S: fin | C: fin"),
        legal("a Ping after it", "C: close 1000 | C: ping x | S: close 1000 | S: fin | C: fin"),
    ],
};

impl Told for ClDataAfter {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "no data frame after its own Close",
            "a data frame",
            "sent a data frame after its own Close",
        )
    }
}
