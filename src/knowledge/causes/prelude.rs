//! What the file of a cause is written with.

pub(super) use crate::knowledge::Blame;
pub(super) use crate::knowledge::cause::{Cause, CauseRow, Tone};
pub(super) use crate::knowledge::causes::facts::{Facts, How, Quit};
pub(super) use crate::knowledge::causes::{Judge, Judged, Said, Tells};
pub(super) use crate::knowledge::example::{found, legal};
pub(super) use crate::knowledge::rules::{RuleId, Violation};
pub(super) use crate::knowledge::words::units::{bytes, clock, count, duration, exact_bytes};
pub(super) use crate::knowledge::words::{carrier, close, end, ended_stream, packet, shortened, visible};
pub(super) use crate::model::Certainty::{self, Likely, Proven, Undetermined};
pub(super) use crate::model::{
    CloseCode, Conversation, Http2Error, Mark, Outcome, PacketNo, Readable, Role, Stage, StreamEnd, Timestamp,
};

impl<T> Judged<T> {
    /// With what it rests on, whose it is, and how far it is shown.
    pub(super) fn new(grounds: T, by: impl Into<Option<Blame>>, certainty: Certainty) -> Self {
        Self { by: by.into(), certainty, rule: None, mark: Mark::default(), grounds }
    }

    /// Shown there.
    pub(super) fn at(self, mark: Mark) -> Self {
        Self { mark, ..self }
    }

    /// A breach of that rule.
    pub(super) fn breaks(self, rule: RuleId) -> Self {
        Self { rule: Some(rule), ..self }
    }
}

impl Said {
    /// What a cause is told in, where its sentence says how the connection closed.
    pub(super) fn whole(text: impl Into<String>, next: impl Into<String>) -> Self {
        Self { text: text.into(), next: Some(next.into()), tells: Tells::All }
    }

    /// Where it says which Close ended it, and when.
    pub(super) fn close(text: impl Into<String>, next: impl Into<String>) -> Self {
        Self { text: text.into(), next: Some(next.into()), tells: Tells::Close }
    }

    /// Where how it closed is told after it.
    pub(super) fn part(text: impl Into<String>, next: impl Into<String>) -> Self {
        Self { text: text.into(), next: Some(next.into()), tells: Tells::Nothing }
    }
}

/// ` (packet 12)`, where the cause stands.
pub(super) fn at_packet<S: Readable>(cause: &Cause, conversation: &Conversation<S>) -> String {
    cause.packet.map_or_else(String::new, |no| format!(" ({})", packet(conversation, no)))
}

/// ` at 04:43:20.216 UTC`: what a log has for that moment; nothing where the recording has no clock.
pub(super) fn at_clock<S: Readable>(conversation: &Conversation<S>, at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(" at {}", clock(at, conversation.started_at)))
}

/// ` before 04:43:20.216 UTC`, or ` before that`.
pub(super) fn before_clock<S: Readable>(conversation: &Conversation<S>, at: Option<Timestamp>) -> String {
    let at = at.map_or_else(|| "that".to_owned(), |at| clock(at, conversation.started_at));
    format!(" before {at}")
}

/// ` from 04:43:20.216 UTC on`.
pub(super) fn from_clock<S: Readable>(conversation: &Conversation<S>, at: Option<Timestamp>) -> String {
    at.map_or_else(String::new, |at| format!(" from {} on", clock(at, conversation.started_at)))
}

/// `Check the server's log at 04:43:20.216 UTC`: the moment that the cause was captured at.
pub(super) fn look<S: Readable>(conversation: &Conversation<S>, role: Role, cause: &Cause) -> String {
    format!("Check {}'s log{}", a(role), at_clock(conversation, cause.at))
}

/// The side of a blame that is one.
pub(super) const fn side(by: Option<Blame>) -> Option<Role> {
    match by {
        Some(Blame::Client) => Some(Role::Client),
        Some(Blame::Server) => Some(Role::Server),
        Some(Blame::Both | Blame::Between) | None => None,
    }
}

/// `The client`, at the start of a sentence.
pub(super) const fn the(role: Role) -> &'static str {
    match role {
        Role::Client => "The client",
        Role::Server => "The server",
    }
}

/// `the client`.
pub(super) fn a(role: Role) -> String {
    format!("the {}", role.name())
}

/// What a side did to TCP, or to its stream.
pub(super) const fn ended_tcp(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Rst => "reset TCP",
        StreamEnd::EndStream | StreamEnd::RstStream(_) => ended_stream(how),
        StreamEnd::Fin => "ended TCP (FIN)",
        StreamEnd::Dropped | StreamEnd::Unobserved => "dropped TCP",
    }
}

/// The same in a word less.
pub(super) const fn left_tcp(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Rst => "reset TCP",
        StreamEnd::EndStream | StreamEnd::RstStream(_) => ended_stream(how),
        StreamEnd::Fin | StreamEnd::Dropped | StreamEnd::Unobserved => "ended TCP",
    }
}

/// ` of the HTTP/2 connection, with 2 other WebSocket connections open on it (2/5, 2/7)`: who went with a stream whose TCP ended.
pub(super) fn with_others<S: Readable>(conversation: &Conversation<S>, how: StreamEnd) -> String {
    let Some(http2) = conversation.http2.as_deref().filter(|_| !how.is_of_stream()) else {
        return String::new();
    };
    match http2.open.as_slice() {
        [] => " under the HTTP/2 connection".to_owned(),
        open => {
            let ids = named_streams(conversation, open);
            format!(
                " under the HTTP/2 connection, with {} open on it ({ids})",
                count(open.len() as u64, "other WebSocket connection")
            )
        }
    }
}

/// `2/5, 2/7 and 2/9`, the first of them.
pub(super) fn named_streams<S: Readable>(conversation: &Conversation<S>, streams: &[u32]) -> String {
    const SHOWN: usize = 4;
    let id =
        |stream: &u32| crate::model::ConversationId { stream: Some(*stream), ..conversation.id }.to_string();
    let mut ids: Vec<String> = streams.iter().take(SHOWN).map(id).collect();
    if streams.len() > SHOWN {
        ids.push(format!("{} more", streams.len() - SHOWN));
    }
    crate::knowledge::words::and(ids)
}

/// What the client asked for: an upgrade, or in HTTP/2 a CONNECT.
pub(super) fn request_of<S: Readable>(conversation: &Conversation<S>) -> &'static str {
    let is_connect = conversation.request.as_ref().is_some_and(|request| request.facts.is_connect);
    if is_connect { "the extended CONNECT" } else { "the upgrade" }
}

/// What opens a connection: a 101, or in HTTP/2 a 2xx.
pub(super) fn success_of<S: Readable>(conversation: &Conversation<S>) -> String {
    match &conversation.response {
        Some(response) if response.facts.is_connect => response.status.to_string(),
        _ => "101".to_owned(),
    }
}

/// What a side did about a fault of the other, and how much of the closing that tells.
pub(super) fn failed_for<S: Readable>(
    cause: &Cause,
    conversation: &Conversation<S>,
    by: Role,
) -> (String, fn(String, String) -> Said) {
    let sides = &conversation.closing.sides;
    let failing = by.peer();
    if sides[failing].sent_close == Some(true) {
        let (with, at) = (close_of(conversation, failing), when(conversation, sides[failing].at));
        let hedge = if cause.certainty == Proven { "" } else { "probably " };
        // Of a fault in the Close itself the answer has been told.
        let in_close = sides[by].frame == cause.frame && cause.frame.is_some();
        let tell: fn(String, String) -> Said = if in_close { Said::whole } else { Said::close };
        return (format!("that is {hedge}why {} failed the connection with {with}{at}", a(failing)), tell);
    }
    let Some(end) = conversation.closing.ends[failing] else {
        return (format!("that is probably why {} failed the connection", a(failing)), Said::part);
    };
    let (ended, at) = (ended_tcp(end.how), when(conversation, end.at));
    (format!("that is probably why {} {ended} without a Close{at}", a(failing)), Said::whole)
}

/// How sure it is, as a word before a verb; nothing where it is proven.
pub(super) const fn probably(certainty: Certainty) -> &'static str {
    match certainty {
        Proven => "",
        Likely => "probably ",
        Undetermined => "possibly ",
    }
}

/// ` without a Close`; nothing where one may have been sent that cannot be read.
pub(super) fn without_close<S: Readable>(conversation: &Conversation<S>) -> &'static str {
    if conversation.closing.outcome == Outcome::Encrypted { "" } else { " without a Close" }
}

/// ` 3.2 s after the start`, or ` 3.2 s after the first packet`.
pub(super) fn when<S: Readable>(conversation: &Conversation<S>, at: Option<Timestamp>) -> String {
    let Some((at, start)) = at.zip(conversation.started_at).filter(|(at, start)| at >= start) else {
        return String::new();
    };
    let whole = conversation.request.is_some() || !conversation.assumed;
    let since = if whole { "start" } else { "first packet" };
    format!(" {} after the {since}", duration(at.since(start)))
}

/// ` 5.00 ms later`, or ` at once` where no time passed between; nothing where it came before or nothing is known.
pub(super) fn later(at: Option<Timestamp>, than: Option<Timestamp>) -> String {
    let later = at.zip(than).map(|(at, than)| at.since(than)).filter(|ns| *ns >= 0);
    match later {
        Some(0) => " at once".to_owned(),
        Some(ns) => format!(" {} later", duration(ns)),
        None => String::new(),
    }
}

/// `Close 1001 (going away) and the reason "bye"`.
pub(super) fn close_of<S: Readable>(conversation: &Conversation<S>, role: Role) -> String {
    let side = &conversation.closing.sides[role];
    let code = if side.code.is_some() { close(side.code) } else { "an empty Close".to_owned() };
    match &side.reason {
        Some(reason) => format!("{code} and the reason \"{}\"", shortened(&visible(reason))),
        None => code,
    }
}
