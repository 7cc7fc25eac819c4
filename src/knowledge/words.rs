//! The words for findings, plain and exact: who, what, the number; no adjectives. What is said in more than one place
//! is worded here once.

mod escape;
mod figures;
pub(super) mod handshake;
pub mod units;

use crate::knowledge::TIMEOUTS;
use crate::model::{CloseCode, Conversation, Handled, PacketNo, Place, Role, Stage, StreamEnd};
pub use escape::{hex, is_unsafe, visible};
pub use figures::filled;

/// A finding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words {
    /// What the rule asks for here.
    pub expected: String,
    /// What was there instead.
    pub observed: String,
    /// Predicate of a sentence whose subject is the side: "sent a frame with RSV2 set".
    pub did: String,
}

/// Tells of a finding in the conversation it was found in, which knows where packets are.
pub(super) struct Say<'a> {
    conversation: &'a dyn Places,
}

trait Places {
    fn at(&self, packet: PacketNo) -> Place<'_>;
}

impl<S: Stage> Places for Conversation<S> {
    fn at(&self, packet: PacketNo) -> Place<'_> {
        self.place(packet)
    }
}

impl<'a> Say<'a> {
    pub(super) const fn new<S: Stage>(conversation: &'a Conversation<S>) -> Self {
        Self { conversation }
    }

    /// What is expected, what was observed, what was done.
    pub(super) fn words(
        &self,
        expected: impl Into<String>,
        observed: impl Into<String>,
        did: impl Into<String>,
    ) -> Words {
        Words { expected: expected.into(), observed: observed.into(), did: did.into() }
    }

    /// A packet, as [`packet`] has it.
    pub(super) fn packet(&self, packet: PacketNo) -> String {
        placed(&self.conversation.at(packet))
    }
}

/// A packet by its number, and by its file where the connection is in several.
#[must_use]
pub fn packet<S: Stage>(conversation: &Conversation<S>, packet: PacketNo) -> String {
    placed(&conversation.place(packet))
}

fn placed(place: &Place<'_>) -> String {
    match place.file {
        Some(file) => format!("packet {} of {}", place.packet, visible(file)),
        None => format!("packet {}", place.packet),
    }
}

/// `1002 protocol error`, `4001`, or `no code`.
#[must_use]
pub fn named_code(code: Option<CloseCode>) -> String {
    match code {
        Some(code) => code.name().map_or_else(|| code.to_string(), |name| format!("{code} ({name})")),
        None => "without a code".to_owned(),
    }
}

/// `Close 1002 (protocol error)` or `Close without a code`.
#[must_use]
pub fn close(close_code: Option<CloseCode>) -> String {
    format!("Close {}", named_code(close_code))
}

/// `FIN`, `RST`.
#[must_use]
pub const fn end(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Fin => "FIN",
        StreamEnd::Rst => "RST",
        StreamEnd::Dropped => "FIN or RST",
        StreamEnd::Unobserved => "an end that was not recorded",
    }
}

/// What an endpoint did although it should have handled nothing more.
#[must_use]
pub fn handled(handled: Handled) -> String {
    match handled {
        Handled::Ping { ping } => format!("answered the Ping in frame {ping}"),
        Handled::Close { close } => format!("answered the Close in frame {close}"),
        Handled::Data => "sent a data frame after its host had received the fault".to_owned(),
        Handled::Echo => "sent the payload of the faulty frame back".to_owned(),
        Handled::OwnClose => "sent another Close".to_owned(),
    }
}

/// `1002`, `1002 or 1007`.
#[must_use]
pub fn or(numbers: &[u16]) -> String {
    numbers.iter().map(u16::to_string).collect::<Vec<_>>().join(" or ")
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn and(parts: &[&str]) -> String {
    match parts.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Whose time-outs are so long.
#[must_use]
pub fn timeouts(seconds: u32) -> String {
    let named = TIMEOUTS.iter().filter(|known| known.seconds == seconds).map(|known| known.name);
    and(&named.collect::<Vec<_>>())
}

/// As much of a peer's text as a sentence bears.
#[must_use]
pub fn shortened(text: &str) -> String {
    const MAX: usize = 80;
    match text.char_indices().nth(MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// RFC 6455 names no number of seconds.
pub(super) const OURS: &str = "the RFC names no time; wslog takes";

/// A message that refers to one before it, though that was agreed not to be.
pub(super) fn context_kept(say: &Say<'_>, sender: Role, before: u32) -> Words {
    let (sender, before) = (sender.name(), units::count(u64::from(before), "byte"));
    say.words(
        format!("no reference before the message: {sender}_no_context_takeover was agreed"),
        format!("a reference {before} before its first byte"),
        format!(
            "compressed a message with a reference that begins {before} before it, in what was sent \
             earlier, although {sender}_no_context_takeover was agreed: a receiver that keeps nothing \
             cannot inflate it"
        ),
    )
}
