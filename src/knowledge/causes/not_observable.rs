use crate::knowledge::causes::prelude::*;

/// `not_observable`: the end is not in the recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotObservable;

pub(super) const ROW: CauseRow = CauseRow {
    name: "not_observable",
    tone: Tone::Unknown,
    tells: &[],
    when: "the recording has a gap or is cut off where the connection ended, or one side is not in it",
    proven: None,
    likely: None,
    undetermined: Some("always: the missing part may be what ended it"),
    never: "anything that rests on what is missing",
    next: &["a recording without losses: both directions, full packets, a large enough buffer"],
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

    fn headline<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> String {
        let what = if conversation.tester.is_some() { "wire log" } else { "recording" };
        format!("The end is not in the {what}")
    }

    fn said<S: Readable>(&self, _: &Cause, conversation: &Conversation<S>) -> Said {
        let unseen = Role::BOTH.into_iter().find(|role| conversation.traffic[*role].stream_bytes == 0);
        let why = match unseen {
            // Its statistics and the tester's account may tell; the frames do not.
            _ if conversation.tester.is_some() => "The wire log does not reach the end".to_owned(),
            Some(role) => format!("Nothing that {} sent is in the recording", a(role)),
            None => "The recording has a gap around the end".to_owned(),
        };
        let sides = &conversation.closing.sides;
        let sent = Role::BOTH.into_iter().find(|role| sides[*role].sent_close == Some(true));
        let known = sent.map_or_else(String::new, |role| {
            let (close, after) = (close_of(conversation, role), when(conversation, sides[role].at));
            format!(
                " {} sent {close}{after}; the recording does not show whether {} answered.",
                the(role),
                a(role.peer())
            )
        });
        Said::whole(
            format!("{why}, so it does not show why or how the connection ended.{known}"),
            "Record closer to one end or with a larger buffer, both directions and full packets; until then, check \
             the logs of both programs.",
        )
    }
}
