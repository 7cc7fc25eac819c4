use crate::knowledge::causes::prelude::*;

/// `undetermined`: none of the others fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UndeterminedEnd;

pub(super) const ROW: CauseRow = CauseRow {
    name: "undetermined",
    tone: Tone::Unknown,
    tells: &[],
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

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        "Why it ended cannot be told".to_owned()
    }

    fn said<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> Said {
        let ended = conversation.closing.first_end.and_then(|end| end.at);
        Said::part(
            "Why it ended cannot be told from here.",
            format!(
                "Look at the findings and the last frames, and in the logs of both programs{}.",
                at_clock(conversation, ended)
            ),
        )
    }
}
