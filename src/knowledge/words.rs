//! The words for findings, plain and exact: who, what, the number; no adjectives. What is said in more than one place
//! is worded here once.

mod figures;
pub(super) mod heads;
pub mod units;
mod visible;

use crate::knowledge::TIMEOUTS;
use crate::model::{
    CloseCode, Conversation, Handled, Http2Error, PacketNo, PacketPlace, Role, Stage, StreamEnd,
};
pub use figures::filled;
pub use visible::{is_unsafe, visible};

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
    fn at(&self, packet: PacketNo) -> PacketPlace<'_>;
}

impl<S: Stage> Places for Conversation<S> {
    fn at(&self, packet: PacketNo) -> PacketPlace<'_> {
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
pub(crate) fn packet<S: Stage>(conversation: &Conversation<S>, packet: PacketNo) -> String {
    placed(&conversation.place(packet))
}

fn placed(place: &PacketPlace<'_>) -> String {
    match place.file {
        Some(file) => format!("packet {} of {}", place.packet, visible(file)),
        None => format!("packet {}", place.packet),
    }
}

/// `1002`, or `without a code`.
pub(crate) fn bare_code(code: Option<CloseCode>) -> String {
    code.map_or_else(|| "without a code".to_owned(), |code| code.to_string())
}

/// `1002 (protocol error)`, `4001`, or `without a code`.
pub(crate) fn named_code(code: Option<CloseCode>) -> String {
    let name = code.and_then(CloseCode::name).map_or_else(String::new, |name| format!(" ({name})"));
    bare_code(code) + &name
}

/// `Close 1002 (protocol error)` or `Close without a code`.
pub(crate) fn close(close_code: Option<CloseCode>) -> String {
    format!("Close {}", named_code(close_code))
}

/// Words round the name of an error of HTTP/2; without a name they stand by themselves.
macro_rules! with_error {
    ($before:literal, $after:literal, $error:expr) => {
        with_error!($before, $after, $error, NO_ERROR 0x0, PROTOCOL_ERROR 0x1, INTERNAL_ERROR 0x2, FLOW_CONTROL_ERROR 0x3,
            SETTINGS_TIMEOUT 0x4, STREAM_CLOSED 0x5, FRAME_SIZE_ERROR 0x6, REFUSED_STREAM 0x7, CANCEL 0x8, COMPRESSION_ERROR 0x9,
            CONNECT_ERROR 0xa, ENHANCE_YOUR_CALM 0xb, INADEQUATE_SECURITY 0xc, HTTP_1_1_REQUIRED 0xd)
    };
    ($before:literal, $after:literal, $error:expr, $($name:ident $code:literal),*) => {
        match $error {
            $(Some(Http2Error($code)) => concat!($before, " ", stringify!($name), $after),)*
            Some(_) | None => concat!($before, $after),
        }
    };
}

/// `FIN`, `RST`.
pub(crate) const fn end(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Fin => "FIN",
        StreamEnd::Rst => "RST",
        StreamEnd::EndStream => "END_STREAM",
        StreamEnd::RstStream(error) => with_error!("RST_STREAM", "", error),
        StreamEnd::Dropped => "FIN or RST",
        StreamEnd::Unobserved => "an end that was not recorded",
    }
}

/// What a side did that ended its direction, or the stream of HTTP/2.
pub(crate) const fn ended_by(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Fin => "ended TCP (FIN)",
        StreamEnd::Rst => "ended TCP (RST)",
        StreamEnd::Dropped => "ended TCP (FIN or RST)",
        StreamEnd::Unobserved => "ended TCP (an end that was not recorded)",
        StreamEnd::EndStream | StreamEnd::RstStream(_) => ended_stream(how),
    }
}

/// The same of a stream of HTTP/2.
pub(crate) const fn ended_stream(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::RstStream(error) => with_error!("reset the stream (RST_STREAM", ")", error),
        _ => "ended its half of the stream (END_STREAM)",
    }
}

/// What it was that ended.
pub(crate) const fn carrier(how: StreamEnd) -> &'static str {
    if how.is_of_stream() { "the stream" } else { "TCP" }
}

/// What an endpoint did although it should have handled nothing more.
pub(crate) fn handled(handled: Handled) -> String {
    match handled {
        Handled::Ping { ping } => format!("answered the Ping in frame {ping}"),
        Handled::Close { close } => format!("answered the Close in frame {close}"),
        Handled::Data => "sent a data frame after its host had received the faulty frame".to_owned(),
        Handled::Echo => "echoed the payload of the faulty frame".to_owned(),
    }
}

/// Parts with something between.
pub(crate) fn joined<T: ToString>(parts: impl IntoIterator<Item = T>, between: &str) -> String {
    parts.into_iter().map(|part| part.to_string()).collect::<Vec<_>>().join(between)
}

/// `1002`, `1002 or 1007`: codes, any of which will do.
pub(crate) fn or(codes: &[u16]) -> String {
    joined(codes, " or ")
}

/// `a`, `a and b`, `a, b and c`.
pub(crate) fn and<T: ToString>(parts: impl IntoIterator<Item = T>) -> String {
    listed(parts, "and")
}

/// The same with another word before the last.
fn listed<T: ToString>(parts: impl IntoIterator<Item = T>, word: &str) -> String {
    let parts: Vec<String> = parts.into_iter().map(|part| part.to_string()).collect();
    match parts.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} {word} {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Whose time-outs are so long.
pub(crate) fn timeouts(seconds: u32) -> String {
    and(TIMEOUTS.iter().filter(|known| known.seconds == seconds).map(|known| known.name))
}

/// The first `max` characters of a text that has more.
pub(crate) fn start_of(text: &str, max: usize) -> Option<&str> {
    let (end, _) = text.char_indices().nth(max)?;
    text.get(..end)
}

/// At most `max` characters, the cut shown by an ellipsis.
pub(crate) fn shorten(text: &str, max: usize) -> String {
    match start_of(text, max).and_then(|_| start_of(text, max.saturating_sub(1))) {
        Some(start) => format!("{start}…"),
        None => text.to_owned(),
    }
}

/// As much of a peer's text as a sentence bears.
pub(crate) fn shortened(text: &str) -> String {
    start_of(text, 80).map_or_else(|| text.to_owned(), |start| format!("{start}…"))
}

/// RFC 6455 names no number of seconds.
pub(super) const OURS: &str = "the RFC sets no time limit; wslog counts";

/// What a receiver does about such a message.
pub(super) const KEPT_NOTHING: &str = "need not have kept the earlier data: it may fail the connection with Close \
    1007 or 1002 because the message does not inflate; a receiver that kept the window does not notice";

/// A message that refers to one before it, though that was agreed not to be.
pub(super) fn context_kept(say: &Say<'_>, sender: Role, before: u32) -> Words {
    let (sender, before) = (sender.name(), units::count(u64::from(before), "byte"));
    say.words(
        format!("no reference beyond the start of the message: {sender}_no_context_takeover was agreed"),
        format!("a reference {before} before its first byte"),
        format!(
            "compressed a message with a reference to data {before} before its start, although \
             {sender}_no_context_takeover was agreed: a receiver that kept no earlier data cannot inflate it"
        ),
    )
}
