//! Observations with facts: fragments joined, text checked, payload inflated. What is so, not what is wrong;
//! only `reference`, which knows the roles' duties, makes a violation of a fact.

use crate::model::{
    ClosePayload, Evidence, FrameHeader, GapCause, Role, StreamEnd, Undecodable, UpgradeRequest,
    UpgradeResponse,
};

/// Type of a message (RFC 6455 5.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MessageKind {
    /// Opcode 1: has to be UTF-8.
    Text,
    /// Opcode 2: any bytes.
    Binary,
}

/// A message that its sender has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MessageFacts {
    /// Number of the message in the connection, both sides together, by its first frame, from 1.
    pub n: u64,
    /// By the opcode of its first frame.
    pub kind: MessageKind,
    /// Number of frames it came in.
    pub frames: u64,
    /// RSV1 of its first frame is set, and permessage-deflate was agreed (RFC 7692 7.2.3.1).
    pub compressed: bool,
    /// Payload bytes on the wire.
    pub wire_bytes: u64,
    /// Bytes for the application; `None` where they could not be worked out (gap, failed inflate, a cap).
    pub bytes: Option<u64>,
    /// For text: whether all of it is UTF-8; `None` where not all of it is known.
    pub utf8_valid: Option<bool>,
}

/// Something that is so about a frame or the message it belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fact {
    /// A continuation frame while no message was open.
    ContinuationWithoutStart,
    /// A text or binary frame while a message was open.
    MessageInsideMessage,
    /// The frame ended a message.
    Message(MessageFacts),
    /// The text of the message stops being UTF-8; reported once a message, as soon as it is certain.
    InvalidUtf8 {
        /// Offset in the (inflated) message of the first byte that is not part of valid UTF-8.
        offset: u64,
    },
    /// The compressed data of the message is not a valid DEFLATE stream; what inflated before it counts.
    InflateFailed {
        /// Compressed bytes of the message before the fault.
        offset: u64,
    },
    /// The message cannot be inflated: an earlier gap or failure took its context.
    ContextLost,
    /// A cap on inflated bytes or on their ratio was reached; the rest of the message is counted as compressed
    /// bytes only.
    InflateCapped,
    /// The message inflates with a larger window than its sender agreed to.
    BeyondWindow {
        /// The largest distance of a reference.
        distance: u32,
        /// Base-2 logarithm of the window agreed.
        bits: u8,
    },
    /// The message refers back to those before it, though its sender agreed to keep nothing of them.
    ContextKept {
        /// The most bytes by which a reference begins before the message.
        before: u32,
    },
    /// RSV1 is set and the payload, all of a message, inflates, though permessage-deflate was offered and not agreed.
    InflatesAsOffered,
    /// The message still has the 00 00 ff ff at its end that RFC 7692 7.2.1 has its sender take off.
    DeflateTail,
    /// A DEFLATE block with BFINAL=1 stood before the end of the message (RFC 7692 7.2.3.4: legal).
    FinalBlock,
    /// Part of the payload is not in the recording.
    PayloadMissing,
}

/// A frame, whole or cut, with what is known about it.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct FrameFacts<'a> {
    /// Number of the frame in the connection, both sides together, by its first byte, from 1.
    pub n: u64,
    /// The header as sent.
    pub header: FrameHeader,
    /// Place of its first byte.
    pub first: Evidence,
    /// Where it ends; `None` where that was not seen.
    pub last: Option<Evidence>,
    /// First bytes of the payload as sent, unmasked, up to a cap; only what precedes a hole.
    pub payload: &'a [u8],
    /// First bytes of what this frame added to the inflated message; `None` where nothing was inflated.
    pub inflated: Option<&'a [u8]>,
    /// Payload bytes lost in a gap.
    pub missing: u64,
    /// Payload bytes that never came because the stream ended.
    pub cut: u64,
    /// For a Close frame: its body.
    pub close: Option<&'a ClosePayload>,
    /// Number of the message a data frame belongs to.
    pub message: Option<u64>,
    /// Belongs to a message under permessage-deflate.
    pub compressed: bool,
    /// What is so about it.
    pub facts: &'a [Fact],
}

impl FrameFacts<'_> {
    /// Whether every byte of the payload is in the recording.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.missing == 0 && self.cut == 0
    }

    /// Offset in the sender's stream just behind the frame; `None` without offsets or for a cut frame.
    #[must_use]
    pub fn end_offset(&self) -> Option<u64> {
        let start = self.first.offset()?;
        start.checked_add(self.header.wire_len())?.checked_add(self.header.payload_len)
    }
}

/// What a side is seen to do, in terms of frames and messages.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EventKind<'a> {
    /// The client's opening handshake.
    Request(&'a UpgradeRequest),
    /// The server's answer.
    Response(&'a UpgradeResponse),
    /// This side's part of the opening handshake is not, or not wholly, in the recording.
    HandshakeUnseen,
    /// No response says so, but the upgrade took place.
    Upgraded,
    /// What both sides send cannot be read.
    Encrypted,
    /// A frame is over.
    Frame(FrameFacts<'a>),
    /// The next bytes of a message, as the application gets them; told only where they are
    /// [asked for](crate::message::Messages::telling_bytes).
    MessageBytes {
        /// Number of the message.
        n: u64,
        /// They.
        bytes: &'a [u8],
    },
    /// Bytes that do not form a frame.
    Undecodable(&'a Undecodable),
    /// A hole outside any payload.
    Gap {
        /// How many bytes are missing.
        len: u64,
        /// What took them.
        cause: GapCause,
    },
    /// Behind bytes that could not be read, frames were recognised again.
    Resumed {
        /// Bytes of the stream before them.
        skipped: u64,
    },
    /// This side's host has received the peer's stream up to this offset.
    Acked(u64),
    /// This side's TCP stream is over.
    StreamEnd(StreamEnd),
    /// Nothing of either side is known from here on.
    LogPaused,
    /// The log that had been interrupted goes on.
    LogResumed,
}

/// An observation with its facts.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Event<'a> {
    /// The side that did it.
    pub from: Role,
    /// Frame, message, fact or end.
    pub what: EventKind<'a>,
    /// Where it stands in the recording; for a frame the place of its first byte.
    pub evidence: Option<Evidence>,
}
