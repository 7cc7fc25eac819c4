use crate::knowledge::causes::prelude::*;
use crate::model::{StartEvidence, Starter};

/// `application_close`: a side closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationClose;

pub(super) const ROW: CauseRow = CauseRow {
    name: "application_close",
    when: "a side closed on purpose, and the closing handshake took its course",
    proven: Some("its Close, sent of its own accord, as acknowledgement numbers show"),
    likely: Some("only the order of the recording says whose Close came first"),
    undetermined: Some(
        "its code names a fault, and part of what it had received is not in the recording; or it was not \
            answered",
    ),
    never: "that something is wrong: code and reason say what its program meant",
    next: &["the program of the side that closed: what its code and reason mean there"],
    shows: &[
        found("the client closes", "C: close 1000 done | S: close 1000 | S: fin | C: fin"),
        legal("TCP ends without a Close", "C: text a | C: fin | S: fin"),
    ],
};

/// Whose Close it was that ended the connection, if its code is such a one, where it stands, and how sure it is that it was
/// no answer.
pub(super) fn closed(
    facts: &Facts<'_>,
    is_such: impl Fn(Option<CloseCode>) -> bool,
) -> Option<(Blame, Mark, Certainty)> {
    let of = |role: Role| facts.side(role).close;
    if facts.outcome() == Outcome::Open && Role::BOTH.into_iter().any(|role| of(role).is_none()) {
        return None;
    }
    let closing = &facts.conversation.closing;
    let certainty = if closing.evidence == StartEvidence::Order { Likely } else { Proven };
    match closing.started_by {
        Some(Starter::Both) => {
            let (client, server) = (of(Role::Client)?, of(Role::Server)?);
            let first = [client, server].into_iter().min_by_key(|close| close.mark.frame)?;
            (is_such(client.code) && is_such(server.code)).then_some((Blame::Both, first.mark, certainty))
        }
        Some(Starter::One(role)) => {
            let quit = facts.quit_of(role)?;
            let How::Close(code) = quit.how else { return None };
            is_such(code).then_some((Blame::from(role), quit.mark, certainty))
        }
        None => None,
    }
}

/// The words of a cause that is a Close: how the connection closed is told where it was answered.
pub(super) fn closing<S: Readable>(
    cause: &Cause,
    conversation: &Conversation<S>,
    text: &str,
    next: Option<String>,
) -> Said {
    let answered = |by: Role| conversation.closing.sides[by.peer()].sent_close == Some(true);
    let tells = if side(cause.by).is_none_or(answered) { Tells::All } else { Tells::CloseAndTime };
    Said { text: text.to_owned(), next, tells }
}

/// `The client closed with Close 1000 (normal closure) 3 s after the start, and the server answered Close 1000 …`
pub(super) fn told<S: Readable>(cause: &Cause, conversation: &Conversation<S>) -> String {
    let closing = &conversation.closing;
    let Some(by) = side(cause.by) else {
        return format!(
            "Both sides closed at once: the client with {}, the server with {}",
            close_of(conversation, Role::Client),
            close_of(conversation, Role::Server)
        );
    };
    let peer = by.peer();
    let (first, second) = (&closing.sides[by], &closing.sides[peer]);
    let at = when(conversation, first.at);
    let later = second.at.zip(first.at).filter(|(second, first)| second >= first);
    let later =
        later.map_or_else(String::new, |(second, first)| format!(" {} later", duration(second.since(first))));
    let answer = if second.sent_close != Some(true) {
        String::new()
    } else if second.code == first.code {
        format!(", and {} answered it{later}", a(peer))
    } else {
        format!(", and {} answered {}{later}", a(peer), close_of(conversation, peer))
    };
    let order = match closing.evidence {
        StartEvidence::Order => " (whose Close came first only the order of the recording says)",
        _ => "",
    };
    format!("{} closed with {}{at}{answer}{order}", the(by), close_of(conversation, by))
}

/// Whether it may have closed for a fault in what the recording lacks.
fn may_be_for_a_fault(facts: &Facts<'_>, by: Blame) -> bool {
    side(Some(by)).is_some_and(|role| {
        let code = facts.side(role).close.and_then(|close| close.code);
        let names_a_fault = code.is_some_and(|code| [1002, 1003, 1007].contains(&code.0));
        let peer = role.peer();
        names_a_fault && (facts.side(peer).has_gap || facts.conversation.traffic[peer].gap_bytes > 0)
    })
}

/// Whether what it sent behind its Close is no WebSocket: reason enough not to answer.
fn loses_framing(facts: &Facts<'_>, by: Blame) -> bool {
    let lost = facts.conversation.closing.framing_lost;
    side(Some(by)).is_some_and(|role| lost[role].is_some())
}

impl Judge for ApplicationClose {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (by, mark, order) = closed(facts, |_| true)?;
        let certainty = match by {
            // What became of the closing handshake is another question, and the first.
            _ if facts.outcome() == Outcome::CloseUnanswered && !loses_framing(facts, by) => Undetermined,
            _ if may_be_for_a_fault(facts, by) => Undetermined,
            _ => order,
        };
        Some(Judged::new(Self, by, certainty).at(mark))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).map_or_else(|| "both programs".to_owned(), a);
        let code = side(cause.by).and_then(|by| conversation.closing.sides[by].code);
        let is_usual = code.is_none_or(|code| code == CloseCode::NORMAL_CLOSURE);
        let next = (!is_usual).then(|| format!("Look at the log of {by}: the code and reason are its own."));
        closing(cause, conversation, &format!("{}.", told(cause, conversation)), next)
    }
}
