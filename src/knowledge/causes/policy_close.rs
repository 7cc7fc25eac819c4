use crate::knowledge::causes::application_close::look_at;
use crate::knowledge::causes::prelude::*;

/// `policy`: a side closed with 1008.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyClose;

pub(super) const ROW: CauseRow = CauseRow {
    name: "policy",
    tone: Tone::Odd,
    tells: &[],
    when: "a side closed with 1008 (policy violation) unprompted",
    proven: Some("the code of its Close"),
    likely: Some("only the order in the recording shows that it is not an answer"),
    undetermined: None,
    never: "which policy it was (origin, credentials, rate limits, quotas) or whose: a proxy can close with 1008 for \
        a policy of its own",
    next: &["what that side checks, and its log at the time of its Close"],
    shows: &[
        found("the server closes with it", "S: close 1008 | C: close 1008 | S: fin | C: fin"),
        legal("a Close that only answers with it", "C: close 1000 | S: close 1008 | S: fin | C: fin"),
    ],
};

impl Judge for PolicyClose {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (by, mark, certainty) =
            super::application_close::closed(facts, |code| code == Some(CloseCode(1008)))?;
        Some(Judged::new(Self, by, certainty).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        format!("{} closed over a policy violation", side(cause.by).map_or("Both sides", the))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let told = super::application_close::told(cause, conversation);
        let is_named = side(cause.by).is_some_and(|by| conversation.closing.sides[by].reason.is_some());
        let what = if is_named {
            "the policy that its reason names"
        } else {
            "what it checks: origin, credentials, rate limits, quotas"
        };
        let next = format!("{} for {what}.", look_at(cause, conversation));
        super::application_close::closing(
            cause,
            conversation,
            &format!("{told}. 1008 says that the other side broke one of its policies."),
            Some(next),
        )
    }
}
