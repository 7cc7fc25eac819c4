//! How a conversation went, side by side: what the reference knows when it is over and a diagnosis rests on.

use crate::knowledge::{Heartbeat, Rhythm};
use crate::model::{CloseCode, LastPayload, PacketNo, PerRole, Role, RuleId, StreamEnd, Timestamp};

/// What both sides did, by sender.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Course {
    /// The upgrade took place, as far as the client need not refuse it.
    pub is_established: bool,
    /// The frames are of the protocol that the reference knows.
    pub is_judged: bool,
    /// The last frame.
    pub last_frame: Option<LastFrame>,
    /// What each side did.
    pub sides: PerRole<SideCourse>,
}

/// The last frame of a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastFrame {
    /// Who sent it.
    pub from: Role,
    /// When it was captured.
    pub at: Timestamp,
    /// How long neither side had sent one before it, in nanoseconds.
    pub pause_ns: i64,
}

/// Where something stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mark {
    /// Number of its frame.
    pub frame: Option<u64>,
    /// Its packet.
    pub packet: Option<PacketNo>,
    /// When it was captured.
    pub at: Option<Timestamp>,
}

/// What one side did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SideCourse {
    /// Frames it sent.
    pub frames: u64,
    /// Time of its last frame.
    pub last_frame_at: Option<Timestamp>,
    /// Its last frame before the peer gave the connection up, by its first Close or end of TCP; of all it sent, where the peer
    /// did neither.
    pub last_before_quit: Option<Mark>,
    /// Its first Close.
    pub close: Option<SentClose>,
    /// Its first end of TCP.
    pub end: Option<SentEnd>,
    /// Its host had all of the peer's Close; `None` without a Close or without acknowledgement numbers.
    pub had_close: Option<bool>,
    /// Since when.
    pub had_close_at: Option<Timestamp>,
    /// It was in the middle of a message, or of a frame, when the recording or its stream ended.
    pub in_message: bool,
    /// It was in the middle of a message when the peer's Close had reached its host.
    pub in_message_at_close: bool,
    /// The last message it sent, ended or not.
    pub last_message: Option<MessageSize>,
    /// The largest of those before.
    pub largest_before: Option<MessageSize>,
    /// Its oldest Ping without an answer when it gave the connection up, by its first Close or end of TCP, or when the
    /// recording ended.
    pub unanswered_ping: Option<UnansweredPing>,
    /// The same of the protocol spoken inside: which, and its oldest message that asks for an answer.
    pub unanswered_heartbeat: Option<(Heartbeat, UnansweredPing)>,
    /// Its last message before its Close, where an application may announce an end in it.
    pub last_payload: Option<Box<LastPayload>>,
    /// How it announced that it asks inside that protocol, and where it last asked, or announced it.
    pub rhythm: Option<(Rhythm, Mark)>,
    /// It sent signs of being there that nobody answers: which.
    pub signs: Option<Heartbeat>,
    /// Its first fault for which the peer may or must fail.
    pub fault: Option<CommittedFault>,
    /// Frames of it may be missing.
    pub has_gap: bool,
}

/// A fault for which the peer may or must fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CommittedFault {
    /// The rule.
    pub rule: RuleId,
    /// The frame.
    pub mark: Mark,
    /// When the peer's host acknowledged it; without that, when it was recorded.
    pub had_at: Option<Timestamp>,
    /// The peer's host had it when the peer gave the connection up.
    pub was_received: bool,
    /// The peer handled something that came behind it, or sent a message after it had it.
    pub passed_over: bool,
}

/// The first Close of a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentClose {
    /// Where it stands.
    pub mark: Mark,
    /// `None`: without one.
    pub code: Option<CloseCode>,
    /// It left when its sender's host had the peer's Close: it is an answer. `None` without a Close of the peer, or where
    /// nothing tells.
    pub is_answer: Option<bool>,
    /// The same of the peer's end of TCP.
    pub is_after_end: Option<bool>,
}

/// The first end of TCP of a side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SentEnd {
    /// Where it stands.
    pub mark: Mark,
    /// FIN or RST.
    pub how: StreamEnd,
    /// It left when its sender's host had the peer's Close; `None` without a Close of the peer, or where nothing tells.
    pub had_close: Option<bool>,
    /// It is no answer to the peer's end of TCP.
    pub is_own: bool,
}

/// How large a message was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageSize {
    /// Number of the message.
    pub n: u64,
    /// Where its last frame in the recording begins.
    pub mark: Mark,
    /// Payload bytes of its frames, as their headers have it.
    pub wire_bytes: u64,
    /// For the application; `None` where that is not known.
    pub bytes: Option<u64>,
    /// It was compressed.
    pub compressed: bool,
    /// It is of text.
    pub text: bool,
    /// Its frames.
    pub frames: u64,
    /// A character is cut by the end of one of its frames.
    pub splits_character: bool,
    /// How long neither side had sent a frame before its first, in nanoseconds; `None` without a clock.
    pub pause_ns: Option<i64>,
    /// Its last frame is whole and in the recording.
    pub is_ended: bool,
}

/// A Ping without an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct UnansweredPing {
    /// Where it stands.
    pub mark: Mark,
    /// How many there are, this one counted.
    pub count: u64,
    /// The peer's host had acknowledged it, as the recording shows.
    pub arrived: bool,
    /// Since when, as the acknowledgement was captured.
    pub arrived_at: Option<Timestamp>,
    /// A Pong came, with other data than it carried.
    pub mismatched: bool,
}
