use crate::knowledge::causes::prelude::*;

/// `not_observable`: the end is not in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotObservable;

pub(super) const ROW: CauseRow = CauseRow {
    name: "not_observable",
    when: "a gap or a cut lies over the end, or one side is not in the recording",
    proven: None,
    likely: None,
    undetermined: Some("always: what is missing may be what ended it"),
    never: "anything that rests on what is missing",
    next: &["a recording without losses: both directions, full packets, a buffer that is large enough"],
    shows: &[
        found(
            "what may be a Close is missing",
            "C: text a | S: text b | S: uncaptured text cc | C: ack | S: fin | C: fin",
        ),
        legal("all is there", "C: text a | S: text b | S: fin | C: fin"),
    ],
};

impl Judge for NotObservable {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        (facts.outcome() == Outcome::NotObservable).then(|| Judged::new(Self, None, Undetermined))
    }

    fn said<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> Said {
        Said::part(
            "Why it ended is not known: the end is not in the recording.",
            "Record without losses: both directions, full packets.",
        )
    }
}
