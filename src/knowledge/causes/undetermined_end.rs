use crate::knowledge::causes::prelude::*;

/// `undetermined`: none of the others fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndeterminedEnd;

pub(super) const ROW: CauseRow = CauseRow {
    name: "undetermined",
    when: "the evidence fits no other cause",
    proven: None,
    likely: None,
    undetermined: Some("always"),
    never: "anything",
    next: &["the findings and the frames"],
    shows: &[],
};

impl Judge for UndeterminedEnd {
    fn judge(_: &Facts<'_>) -> Option<Judged<Self>> {
        Some(Judged::new(Self, None, Undetermined))
    }

    fn said<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> Said {
        Said::part("Why it ended cannot be told from here.", "Look at the findings and at the last frames.")
    }
}
