use crate::knowledge::prelude::*;

/// HS-COALESCED: The first frames came in the segment of the 101.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HsCoalesced;

pub(super) const ROW: Row = Row {
    name: "HS-COALESCED",
    clauses: &[rfc6455("4.2.2")],
    level: Note,
    who: Who::Server,
    reaction: Nothing,
    says: "the server may send frames as soon as it has sent the 101, even in the same segment",
    peer: Some("handles the frames like any others"),
    text: "TCP has no message boundaries: what the server sends right after its 101 may share a segment with it. A \
        client that discards what follows the response loses these frames.",
    next: &["whether the client handled the first message; if not, its HTTP reader kept the bytes"],
    shows: &[
        found("a frame in the same segment as the 101", "C: request | S: 101 | S: with text hi"),
        legal("the frame has a segment of its own", "C: request | S: 101 | S: text hi"),
    ],
};

impl Told for HsCoalesced {
    fn words(&self, say: &Say<'_>) -> Words {
        say.words(
            "frames after the 101",
            "first frame in the same segment as the 101",
            "sent its first frame in the same segment as the 101, which is legal",
        )
    }
}
