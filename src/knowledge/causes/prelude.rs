//! What the file of a cause is written with.

pub(super) use crate::knowledge::Blame;
pub(super) use crate::knowledge::cause::{Cause, CauseRow};
pub(super) use crate::knowledge::causes::facts::{Facts, How, Quit};
pub(super) use crate::knowledge::causes::{Judge, Judged, Said, Tells};
pub(super) use crate::knowledge::example::{found, legal};
pub(super) use crate::knowledge::rules::{RuleId, Violation};
pub(super) use crate::knowledge::words::units::{bytes, count, duration};
pub(super) use crate::knowledge::words::{close, end, packet, shortened, visible};
pub(super) use crate::model::Certainty::{self, Likely, Proven, Undetermined};
pub(super) use crate::model::{
    CloseCode, Conversation, Mark, Outcome, PacketNo, Readable, Role, StreamEnd, Timestamp,
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

    /// Where it says which Close ended it.
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

/// How sure it is, as a word before a verb; nothing where it is proven.
pub(super) const fn probably(certainty: Certainty) -> &'static str {
    match certainty {
        Proven => "",
        Likely => "probably ",
        Undetermined => "possibly ",
    }
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

/// `Close 1001 (going away) and the reason "bye"`.
pub(super) fn close_of<S: Readable>(conversation: &Conversation<S>, role: Role) -> String {
    let side = &conversation.closing.sides[role];
    let code = close(side.code);
    match &side.reason {
        Some(reason) => format!("{code} and the reason \"{}\"", shortened(&visible(reason))),
        None => code,
    }
}
