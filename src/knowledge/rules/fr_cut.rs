use crate::knowledge::prelude::*;

/// FR-CUT: The stream ended inside a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrCut {
    /// Claimed payload length; `None` if the header itself was cut.
    pub len: Option<u64>,
    /// Payload (or header) bytes that came.
    pub got: u64,
}

pub(super) const ROW: Row = Row {
    name: "FR-CUT",
    clauses: &[rfc6455("5.2")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "a frame has as many payload bytes as its header announces",
    peer: Some("drops the part of the frame that arrived"),
    text: "The stream ended in the middle of a frame: no application will ever get the part of the message that arrived. \
        Its sender need not be who ended it.",
    next: &[
        "who ended TCP, or the stream of HTTP/2, and whether its peer was still sending",
        "a proxy with a limit on bytes or time",
    ],
    shows: &[
        found("one of five bytes arrives", "C: 82 05 61 | C: fin | S: fin"),
        legal("all five", "C: 82 05 61*5 | C: fin | S: fin"),
    ],
};

impl Told for FrCut {
    fn words(&self, say: &Say<'_>) -> Words {
        match self {
            Self { len: Some(len), got } => say.words(
                format!("{} of payload", count(*len, "byte")),
                format!("{} before the stream ended", count(*got, "byte")),
                format!("was inside a frame at the end: {got} of {} arrived", count(*len, "payload byte")),
            ),
            Self { len: None, got } => say.words(
                "a whole frame header",
                format!("{} before the stream ended", count(*got, "byte")),
                format!("was inside a frame header at the end, after {}", count(*got, "byte")),
            ),
        }
    }
}
