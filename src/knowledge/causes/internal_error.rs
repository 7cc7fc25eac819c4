use crate::knowledge::causes::application_close::look_at;
use crate::knowledge::causes::prelude::*;

/// `internal_error`: a side closed with 1011.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InternalError;

pub(super) const ROW: CauseRow = CauseRow {
    name: "internal_error",
    tone: Tone::Fault,
    tells: &[],
    when: "a side closed with 1011 (internal error) unprompted",
    proven: Some("the code of its Close"),
    likely: Some("only the order in the recording shows that it is not an answer"),
    undetermined: None,
    never: "that its program threw an exception: some libraries send 1011 when a Ping is not answered, which is \
        keepalive_timeout",
    next: &["that side's log at the time of its Close"],
    shows: &[
        found("the server closes with it", "S: close 1011 | C: close 1011 | S: fin | C: fin"),
        legal("a Close that only answers with it", "C: close 1000 | S: close 1011 | S: fin | C: fin"),
    ],
};

impl Judge for InternalError {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (by, mark, certainty) =
            super::application_close::closed(facts, |code| code == Some(CloseCode(1011)))?;
        Some(Judged::new(Self, by, certainty).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} reported an internal error", side(cause.by).map_or("Both sides", the))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let told = super::application_close::told(cause, conversation);
        let next = format!("{} for an exception.", look_at(cause, conversation));
        super::application_close::closing(
            cause,
            conversation,
            &format!("{told}. 1011 reports an error in the program that sends it."),
            Some(next),
        )
    }
}
