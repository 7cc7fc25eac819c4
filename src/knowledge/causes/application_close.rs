use crate::knowledge::causes::CauseId;
use crate::knowledge::causes::prelude::*;
use crate::knowledge::thresholds::{LATE_NS, WINDOW_SHUT_NS};
use crate::model::{StartEvidence, Starter};

/// `application_close`: a side closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationClose;

pub(super) const ROW: CauseRow = CauseRow {
    name: "application_close",
    tone: Tone::Normal,
    tells: &[],
    when: "a side closed on purpose, and the closing handshake followed",
    proven: Some("it sent its Close unprompted, as the acknowledgement numbers show"),
    likely: Some("only their order in the recording shows whose Close came first"),
    undetermined: Some(
        "its code names a fault, and part of what its sender had received is not in the recording; or the Close was \
         not answered",
    ),
    never: "that something is wrong: the code and reason say what the program meant",
    next: &["the program of the side that closed: what the code and reason mean in it"],
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
    let tells = if side(cause.by).is_none_or(answered) { Tells::All } else { Tells::Close };
    Said { text: text.to_owned(), next, tells }
}

/// `Check the server's log at 04:43:20.216 UTC`, or of both programs.
pub(super) fn look_at<S: Readable>(cause: &Cause, conversation: &Conversation<S>) -> String {
    side(cause.by).map_or_else(
        || format!("Check the logs of both programs{}", at_clock(conversation, cause.at)),
        |by| look(conversation, by, cause),
    )
}

/// `The client closed the connection with Close 1000 (normal closure) 3 s after the start, and the server answered …`
pub(super) fn told<S: Readable>(cause: &Cause, conversation: &Conversation<S>) -> String {
    let closing = &conversation.closing;
    let Some(by) = side(cause.by) else {
        return format!(
            "Both sides closed the connection at the same time{}, the client with {} and the server with {}",
            when(conversation, cause.at),
            close_of(conversation, Role::Client),
            close_of(conversation, Role::Server)
        );
    };
    let peer = by.peer();
    let (first, second) = (&closing.sides[by], &closing.sides[peer]);
    let at = when(conversation, first.at);
    let answer = if second.sent_close != Some(true) {
        String::new()
    } else {
        let code = if second.code == first.code {
            String::new()
        } else {
            format!(" with {}", close_of(conversation, peer))
        };
        let only = if answered_late(conversation, by) { " only" } else { "" };
        format!(", and {} answered{code}{only}{}", a(peer), later(second.at, first.at))
    };
    let order = match closing.evidence {
        StartEvidence::Order => " (probably: only their order in the recording shows whose Close came first)",
        _ => "",
    };
    let hedge = match (cause.certainty, second.sent_close) {
        (Undetermined, Some(true)) => {
            "; the recording does not show whether a fault in its missing part was the reason"
        }
        (Undetermined, _) => "; the recording does not show whether that is why it ended",
        _ => "",
    };
    let shut = shut_before(conversation, peer, first.at).map_or_else(String::new, |ns| {
        let opened = opened(conversation, peer, first.at);
        format!(", after {}'s receive window had been closed for {}{opened}", a(peer), duration(ns))
    });
    let unanswered = if left_a_ping(cause, peer) {
        format!(", possibly because {} had left a Ping or keep-alive unanswered", a(peer))
    } else {
        String::new()
    };
    let close = close_of(conversation, by);
    format!("{} closed the connection with {close}{at}{shut}{unanswered}{answer}{order}{hedge}", the(by))
}

/// What a Close on purpose amounts to: not as it should be where the other side did not answer, or its code names a fault.
pub(super) fn tone_of_close<S: Stage>(cause: &Cause, conversation: &Conversation<S>) -> Tone {
    let closing = &conversation.closing;
    let code = side(cause.by).and_then(|by| closing.sides[by].code);
    let names_a_fault = code.is_some_and(|code| (1002..3000).contains(&code.0) && code.0 != 1012);
    let is_over = matches!(closing.outcome, Outcome::Clean | Outcome::CleanTcpReset | Outcome::Open);
    if is_over && !names_a_fault && cause.certainty != Undetermined { Tone::Normal } else { Tone::Odd }
}

/// The evidence also fits a Ping of the side that closed that the other one left unanswered.
fn left_a_ping(cause: &Cause, peer: Role) -> bool {
    cause
        .also
        .iter()
        .any(|other| other.id == CauseId::KeepaliveTimeout && other.by == Some(Blame::from(peer)))
}

/// The other side took longer to answer than an answer should take.
fn answered_late<S: Readable>(conversation: &Conversation<S>, by: Role) -> bool {
    let sides = &conversation.closing.sides;
    let waited = sides[by.peer()].at.zip(sides[by].at).map(|(answer, close)| answer.since(close));
    waited.is_some_and(|ns| ns >= LATE_NS)
}

/// How long a side's receive window had been shut for the time before the other side closed.
fn shut_before<S: Readable>(
    conversation: &Conversation<S>,
    role: Role,
    closed: Option<Timestamp>,
) -> Option<i64> {
    let shut = conversation.tcp_facts[role].shut.filter(|shut| shut.for_ns >= WINDOW_SHUT_NS)?;
    let (from, closed) = shut.from.zip(closed)?;
    let until = from.0.saturating_add(shut.for_ns);
    let soon = closed.0.saturating_sub(until) <= WINDOW_SHUT_NS;
    (from <= closed && soon).then(|| shut.for_ns.min(closed.since(from)))
}

/// When it was opened again, seen from the Close of the other side.
fn opened<S: Readable>(conversation: &Conversation<S>, role: Role, closed: Option<Timestamp>) -> String {
    let shut = conversation.tcp_facts[role].shut.filter(|shut| !shut.to_the_end);
    let opened = shut.and_then(|shut| Some(Timestamp(shut.from?.0.saturating_add(shut.for_ns))));
    match opened.zip(closed).map(|(opened, closed)| closed.since(opened)) {
        Some(0) => " until then".to_owned(),
        Some(ns) if ns > 0 => format!(" until {} earlier", duration(ns)),
        Some(_) => " (it reopened only after the Close)".to_owned(),
        None => String::new(),
    }
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

/// Whether the other side reset the stream of HTTP/2 in answer to a Close with END_STREAM, as browsers do.
pub(super) fn cancelled(facts: &Facts<'_>, by: Blame) -> bool {
    side(Some(by)).is_some_and(|role| {
        let (own, theirs) = (facts.side(role).end, facts.side(role.peer()).end);
        own.is_some_and(|end| end.how == StreamEnd::EndStream && end.is_own)
            && theirs.is_some_and(|end| matches!(end.how, StreamEnd::RstStream(_)))
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
            _ if facts.outcome() == Outcome::CloseUnanswered && cancelled(facts, by) => order.min(Likely),
            _ if facts.outcome() == Outcome::CloseUnanswered && !loses_framing(facts, by) => Undetermined,
            _ if may_be_for_a_fault(facts, by) => Undetermined,
            _ => order,
        };
        Some(Judged::new(Self, by, certainty).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> String {
        let Some(by) = side(cause.by) else { return "Both sides closed the connection".to_owned() };
        let sides = &conversation.closing.sides;
        let waited = sides[by.peer()].at.zip(sides[by].at).map(|(answer, close)| answer.since(close));
        match waited {
            Some(ns) if answered_late(conversation, by) => {
                format!("{} closed, and {} took {} to answer", the(by), a(by.peer()), duration(ns))
            }
            _ if shut_before(conversation, by.peer(), sides[by].at).is_some() => {
                format!("{} closed after {}'s receive window had been closed", the(by), a(by.peer()))
            }
            _ => format!("{} closed the connection", the(by)),
        }
    }

    fn tone<S: Stage>(&self, cause: &Cause, conversation: &Conversation<S>) -> Tone {
        tone_of_close(cause, conversation)
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let code = side(cause.by).and_then(|by| conversation.closing.sides[by].code);
        let is_usual = code.is_none_or(|code| code == CloseCode::NORMAL_CLOSURE);
        let next = match side(cause.by) {
            Some(by) if answered_late(conversation, by) => Some(format!(
                "Check {}'s log{} for whatever kept it from answering the Close.",
                a(by.peer()),
                from_clock(conversation, cause.at)
            )),
            Some(by) if shut_before(conversation, by.peer(), conversation.closing.sides[by].at).is_some() => {
                Some(format!(
                    "Check {}'s log{} for whatever kept its program from reading, and how {} treats a peer that does \
                     not read.",
                    a(by.peer()),
                    before_clock(conversation, cause.at),
                    a(by)
                ))
            }
            Some(by) if left_a_ping(cause, by.peer()) => Some(format!(
                "Check {}'s log{} to see whether it received the Pings or keep-alives from {}, and what it did with \
                 them.",
                a(by.peer()),
                before_clock(conversation, cause.at),
                a(by)
            )),
            _ if is_usual => None,
            Some(by) => {
                let own = if conversation.closing.sides[by].reason.is_some() {
                    "code and reason are"
                } else {
                    "the code is"
                };
                Some(format!(
                    "{} to see why its program closed: {own} its own.",
                    look(conversation, by, cause)
                ))
            }
            None => None,
        };
        closing(cause, conversation, &format!("{}.", told(cause, conversation)), next)
    }
}
