use crate::knowledge::causes::application_close::look_at;
use crate::knowledge::causes::prelude::*;

/// `try_later`: a side closed with 1013.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TryLater;

pub(super) const ROW: CauseRow = CauseRow {
    name: "try_later",
    tone: Tone::Odd,
    tells: &[],
    when: "a side closed with 1013 (try again later) unprompted",
    proven: Some("the code of its Close"),
    likely: Some("only the order in the recording shows that it is not an answer"),
    undetermined: None,
    never: "that the client did anything wrong",
    next: &["the load on that side, or on the proxy in front of it"],
    shows: &[
        found("the server closes with it", "S: close 1013 | C: close 1013 | S: fin | C: fin"),
        legal("a Close that only answers with it", "C: close 1000 | S: close 1013 | S: fin | C: fin"),
    ],
};

impl Judge for TryLater {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (by, mark, certainty) =
            super::application_close::closed(facts, |code| code == Some(CloseCode(1013)))?;
        Some(Judged::new(Self, by, certainty).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} asked to try again later", side(cause.by).map_or("Both sides", the))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let told = super::application_close::told(cause, conversation);
        let next = format!(
            "{} for its load, or for the load on a proxy in front of it.",
            look_at(cause, conversation)
        );
        super::application_close::closing(
            cause,
            conversation,
            &format!("{told}. 1013 says that its sender is overloaded."),
            Some(next),
        )
    }
}
