use crate::knowledge::causes::prelude::*;

/// `framing_lost`: from some byte on the stream of a side is no WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FramingLost;

pub(super) const ROW: CauseRow = CauseRow {
    name: "framing_lost",
    when: "from some byte on what a side sent is no WebSocket",
    proven: None,
    likely: Some("what stands there is no frame, and one of the usual explanations fits"),
    undetermined: Some("none of them does"),
    never: "anything about what is misread behind it: no Close, no fault and no duty comes from there",
    next: &[
        "what wrote those bytes: a second handler on the same socket, a proxy, a writer that was cut short",
    ],
    shows: &[],
};

impl Judge for FramingLost {
    fn judge(_: &Facts<'_>) -> Option<Judged<Self>> {
        None
    }

    fn said<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> Said {
        Said::part("", "")
    }
}
