use crate::knowledge::causes::prelude::*;

/// `handshake_unanswered`: no complete answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeUnanswered {
    /// Who ended TCP, how, and how long after the request.
    pub ended: Option<(Role, StreamEnd, Option<i64>)>,
    /// The request itself never became whole.
    pub request_unfinished: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "handshake_unanswered",
    tone: Tone::Fault,
    tells: &[],
    when: "the opening handshake was not answered, or only in part, before TCP ended",
    proven: Some("the server ended TCP without answering, and nothing it sent is missing from the recording"),
    likely: Some("the client ended TCP while it waited, or no answer was captured"),
    undetermined: None,
    never: "that packets are missing if a request or response was never completed: that is a slow or silent sender",
    next: &[
        "the side that should have answered: a backend that hangs, or an upgrade that is not implemented",
        "how long the client waited: its own timeout ended the wait, but is not the reason",
    ],
    shows: &[
        found("the client gives up", "C: request | C: wait 10000 | C: fin | S: fin"),
        legal("it was answered", "C: request | S: status 503 Service Unavailable | S: fin | C: fin"),
    ],
};

impl Judge for HandshakeUnanswered {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let conversation = facts.conversation;
        let nobody_asked = conversation.assumed || conversation.connect.is_some();
        let end = conversation.closing.first_end;
        let answered = conversation.response.is_some();
        let came_late =
            |packet: PacketNo| end.is_some_and(|end| end.by == Role::Client && end.packet < Some(packet));
        let is_late =
            answered && conversation.handshake_at.server.is_some_and(|(packet, _)| came_late(packet));
        // A 101 that came when the client had left opened nothing.
        let failed =
            facts.outcome() == Outcome::HandshakeFailed || is_late && facts.side(Role::Client).frames == 0;
        // That a stream is not looked at is an answer, too.
        let is_told = end
            .is_some_and(|end| end.by == Role::Server && end.how.is_reset() && end.how.is_of_stream())
            || facts.passed_over().is_some()
            || facts.stream_error(Role::Client).is_some_and(|(error, _)| error.is_of_peer());
        if !failed || nobody_asked || is_told || answered && !is_late {
            return None;
        }
        let asked_at = conversation.handshake_at.client.and_then(|at| at.1);
        let request_unfinished =
            conversation.request.as_ref().is_some_and(|request| request.facts.unfinished);
        let ended = end.map(|end| (end.by, end.how, facts.between(asked_at, end.at)));
        let by = match ended {
            Some(_) if request_unfinished => Blame::Client,
            _ => Blame::Server,
        };
        let certainty = match ended {
            Some((Role::Client, StreamEnd::Fin, _)) if request_unfinished => Proven,
            Some((Role::Server, StreamEnd::Fin, _)) => Proven,
            _ => Likely,
        };
        let mark =
            Mark { packet: end.and_then(|end| end.packet), at: end.and_then(|end| end.at), frame: None };
        Some(Judged::new(Self { ended, request_unfinished }, by, certainty).at(mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> String {
        match side(cause.by) {
            Some(Role::Client) => "The client never finished its request".to_owned(),
            _ if conversation.response.is_some() => {
                "The server answered the opening handshake too late".to_owned()
            }
            _ => "The server did not answer the opening handshake".to_owned(),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let Self { ended, request_unfinished } = *self;
        let asked = conversation.handshake_at.client.and_then(|at| at.1);
        let verb = left_tcp;
        if request_unfinished && side(cause.by) == Some(Role::Client) {
            let how = ended.map_or_else(
                || "TCP ended".to_owned(),
                |(by, how, _)| {
                    let who = if by == Role::Client { "it".to_owned() } else { a(by) };
                    format!("{who} {}{}", verb(how), when(conversation, cause.at))
                },
            );
            let why =
                if cause.certainty == Proven { "" } else { ", probably because it had waited too long" };
            let traffic = &conversation.traffic.client;
            // What came before it on the same connection is counted there, too.
            let is_alone = conversation.earlier.is_empty() && traffic.gap_bytes == 0;
            let sent = match traffic.stream_bytes {
                sent @ 1.. if is_alone => format!(", {} into it", bytes(sent)),
                _ => String::new(),
            };
            let then = conversation.response.as_ref().map_or_else(String::new, |response| {
                format!("; the server answered with status {}", response.status)
            });
            return Said::whole(
                format!("The client never finished its request: {how}{sent}{why}{then}."),
                format!(
                    "Check the client's log{} for a sender that is slow or stuck, or something that only probes the \
                     port.",
                    at_clock(conversation, asked.or(cause.at))
                ),
            );
        }
        let after = |ns: Option<i64>| {
            ns.map_or_else(String::new, |ns| format!(" {} after the request", duration(ns)))
        };
        let late = conversation.response.as_ref().map(|response| response.status);
        let text = match ended {
            Some((Role::Client, how, ns)) if late.is_some() => format!(
                "The server probably answered the opening handshake too late: the client {}{}, and status {} arrived \
                 only after that.",
                verb(how),
                after(ns),
                late.unwrap_or_default()
            ),
            Some((Role::Server, how, ns)) if cause.certainty == Proven => {
                format!("The server {}{} without answering the opening handshake.", verb(how), after(ns))
            }
            Some((by, how, ns)) => format!(
                "The server probably never answered the opening handshake: {} {}{}, and no answer was captured \
                    here.",
                a(by),
                verb(how),
                after(ns)
            ),
            None => "The server probably never answered the opening handshake: no answer was captured here."
                .to_owned(),
        };
        Said::whole(
            text,
            format!(
                "Check the server's log{} for the request: whether it arrived, and whether the program that should \
                 answer hangs or does not speak WebSocket.",
                from_clock(conversation, asked.or(cause.at))
            ),
        )
    }
}
