use crate::knowledge::causes::prelude::*;
use crate::model::Starter;

/// `application_close`: a side closed on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ApplicationClose;

pub(super) const ROW: CauseRow = CauseRow {
    name: "application_close",
    when: "a side closed on purpose, and the closing handshake took its course",
    proven: Some("its Close, sent of its own accord, as acknowledgement numbers show"),
    likely: Some("only the order of the recording says whose Close came first"),
    undetermined: Some("its Close was not answered"),
    never: "that something is wrong: code and reason say what its program meant",
    next: &["the program of the side that closed: what its code and reason mean there"],
    shows: &[
        found("the client closes", "C: close 1000 done | S: close 1000 | S: fin | C: fin"),
        legal("TCP ends without a Close", "C: text a | C: fin | S: fin"),
    ],
};

/// Whose Close it was that ended the connection, if its code is such a one, and where it stands.
pub(super) fn closed(facts: &Facts<'_>, is_such: impl Fn(Option<CloseCode>) -> bool) -> Option<(Blame, Mark)> {
    let of = |role: Role| facts.side(role).close;
    if facts.outcome() == Outcome::Open && Role::BOTH.into_iter().any(|role| of(role).is_none()) {
        return None;
    }
    match facts.conversation.closing.started_by {
        Some(Starter::Both) => {
            let (client, server) = (of(Role::Client)?, of(Role::Server)?);
            let first = if client.mark.frame < server.mark.frame { client } else { server };
            (is_such(client.code) && is_such(server.code)).then_some((Blame::Both, first.mark))
        }
        Some(Starter::One(role)) => {
            let quit = facts.quit_of(role)?;
            let How::Close(code) = quit.how else { return None };
            is_such(code).then_some((Blame::from(role), quit.mark))
        }
        None => None,
    }
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
    let later = later.map_or_else(String::new, |(second, first)| format!(" {} later", duration(second.since(first))));
    let answer = if second.sent_close != Some(true) {
        String::new()
    } else if second.code == first.code {
        format!(", and {} answered it{later}", a(peer))
    } else {
        format!(", and {} answered {}{later}", a(peer), close_of(conversation, peer))
    };
    let order = match closing.evidence {
        crate::model::StartEvidence::Order => " (whose Close came first only the order of the recording says)",
        _ => "",
    };
    format!("{} closed with {}{at}{answer}{order}", the(by), close_of(conversation, by))
}

impl Judge for ApplicationClose {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let (by, mark) = closed(facts, |_| true)?;
        let order = facts.conversation.closing.evidence == crate::model::StartEvidence::Order;
        let certainty = match facts.outcome() {
            // What became of the closing handshake is another question, and the first.
            Outcome::CloseUnanswered => Undetermined,
            _ if order => Likely,
            _ => Proven,
        };
        Some(Judged::new(Self, by, certainty).at(mark))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).map_or_else(|| "both programs".to_owned(), a);
        Said::whole(
            format!("{}.", told(cause, conversation)),
            format!("Look at {by} if it should have stayed: the code and reason are its own."),
        )
    }
}
