//! What either side of a connection did, as far as a case is about it.

use crate::model::case::RunPart;
use crate::model::suite::Suite;
use crate::model::topic::DeflateRequest;
use crate::model::{MessageKind, Opcode, Role, Rsv, StreamEnd, Timestamp};

/// A connection as a capture shows it.
#[derive(Debug)]
pub(super) struct Exchange {
    pub(super) tester: Role,
    pub(super) suite: Option<Suite>,
    pub(super) is_named: bool,
    pub(super) part: RunPart,
    /// The opening handshake was completed.
    pub(super) is_open: bool,
    /// permessage-deflate, where it was agreed on.
    pub(super) deflate: Deflate,
    /// In the order of the capture.
    pub(super) acts: Vec<Act>,
    /// There was more.
    pub(super) has_more: bool,
    /// Part of it is not in the recording.
    pub(super) has_hole: bool,
    /// Behind the testee's Close came something of the tester that is no frame.
    pub(super) has_ragged_end: bool,
    /// First octet of a frame of the tester of which no more came.
    pub(super) cut_header: Option<u8>,
    /// TCP has ended, at least in one direction.
    pub(super) is_over: bool,
    /// When it was open.
    pub(super) opened_at: Option<Timestamp>,
    pub(super) echo: Echo,
    pub(super) pieces: Pieces,
    /// Frames of the tester by opcode.
    pub(super) sent: [u64; 16],
}

/// What was said of permessage-deflate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Deflate {
    /// What the tester asks of the testee's side, one offer (or one answer) after the other.
    pub(super) asked: Vec<Wanted>,
    /// The testee lets the tester limit its window.
    pub(super) takes_bits: bool,
    /// It was agreed on.
    pub(super) is_agreed: bool,
}

/// What an offer or an answer of the tester asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) no_context_takeover: bool,
    pub(super) window_bits: Option<u8>,
}

/// Something one side did.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) from: Role,
    pub(super) at: Option<Timestamp>,
    /// How much of the peer's stream its host had.
    pub(super) acked: Option<u64>,
    /// Where it begins in its sender's stream.
    pub(super) offset: Option<u64>,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    Frame(Box<Frame>),
    /// It paused inside a frame, before the payload byte at this offset.
    Pause(u64),
    End(StreamEnd),
}

/// A frame.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) opcode: Opcode,
    pub(super) fin: bool,
    pub(super) rsv: Rsv,
    pub(super) len: u64,
    /// Offset behind it in its sender's stream.
    pub(super) end: Option<u64>,
    /// Bytes of its payload that never came.
    pub(super) cut: u64,
    /// First bytes of its payload.
    pub(super) head: Vec<u8>,
    /// The message that it ended.
    pub(super) message: Option<Message>,
    /// What a tester fails the connection for.
    pub(super) fault: Option<Fault>,
}

/// Where a tester finds fault with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// In its header: it does not read on.
    Header,
    /// In what it carries.
    Payload,
}

/// A whole message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) kind: MessageKind,
    pub(super) content: Content,
}

/// What a payload is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) len: u64,
    pub(super) hash: u64,
}

/// Messages of the tester, and those that came back.
#[derive(Debug, Default)]
pub(super) struct Echo {
    /// Messages of the tester, in all.
    pub(super) sent: u64,
    /// The first of them; the others have its kind and length.
    pub(super) first: Option<Message>,
    /// How the first of them begins.
    pub(super) start: Vec<u8>,
    /// They have not.
    pub(super) is_mixed: bool,
    /// Payload of the fragments before the last one of each, and whether all have the same.
    pub(super) fragment: Option<(u64, bool)>,
    /// The longest frame.
    pub(super) longest: u64,
    /// Messages of the testee, while the tester was waiting for them.
    pub(super) back: u64,
    /// The first of them.
    pub(super) first_back: Option<Message>,
    /// How the first that differs does so.
    pub(super) differs: Option<Differs>,
}

/// How a message differs from the one that was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Differs {
    /// In content only.
    Content,
    /// In its kind, or its length.
    Shape,
}

impl Wanted {
    /// What a case asks for.
    pub(super) const fn of(request: &DeflateRequest) -> Self {
        let DeflateRequest { no_context_takeover, window_bits } = *request;
        Self { no_context_takeover, window_bits }
    }
}

impl Default for Content {
    fn default() -> Self {
        Self::EMPTY
    }
}

/// Sizes in which the octets of the tester come.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    counts: [u64; CHOPS.len()],
    all: u64,
}

/// The sizes into which cases chop what they send, as far as they cannot be those of full segments.
const CHOPS: [u64; 4] = [1, 64, 128, 256];

impl Pieces {
    /// Least number of pieces that show a size.
    const LEAST: u64 = 8;

    pub(super) fn add(&mut self, len: u64) {
        self.all = self.all.saturating_add(1);
        if let Some(at) = CHOPS.iter().position(|size| *size == len)
            && let Some(count) = self.counts.get_mut(at)
        {
            *count += 1;
        }
    }

    /// The size of most of many: so were they written. That they come otherwise says nothing.
    pub(super) fn chop(&self) -> Option<u64> {
        let (size, count) = CHOPS.iter().zip(self.counts).max_by_key(|(_, count)| *count)?;
        (self.all >= Self::LEAST && count > self.all / 2).then_some(*size)
    }
}

impl Content {
    pub(super) const EMPTY: Self = Self { len: 0, hash: 0xcbf2_9ce4_8422_2325 };

    /// With more behind it (FNV-1a, which does not depend on how it is parted).
    pub(super) fn and(self, bytes: impl IntoIterator<Item = u8>) -> Self {
        bytes.into_iter().fold(self, |Self { len, hash }, byte| Self {
            len: len.saturating_add(1),
            hash: (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3),
        })
    }

    /// As bytes that stand for it.
    pub(super) fn name(self) -> Vec<u8> {
        [self.len.to_be_bytes(), self.hash.to_be_bytes()].concat()
    }
}

impl Exchange {
    /// Acts of one side.
    pub(super) fn of(&self, role: Role) -> impl Iterator<Item = &Act> {
        self.acts.iter().filter(move |act| act.from == role)
    }

    /// Frames of one side.
    pub(super) fn frames(&self, role: Role) -> impl Iterator<Item = (&Act, &Frame)> {
        self.of(role).filter_map(|act| match &act.what {
            What::Frame(frame) => Some((act, &**frame)),
            What::Pause(_) | What::End(_) => None,
        })
    }

    /// The first end of a side.
    pub(super) fn end(&self, role: Role) -> Option<&Act> {
        self.of(role).find(|act| matches!(act.what, What::End(_)))
    }

    /// From the opening to the first end.
    pub(super) fn duration_ms(&self) -> Option<u64> {
        let ends = self.acts.iter().filter(|act| matches!(act.what, What::End(_)));
        let end = ends.filter_map(|act| act.at).min()?;
        u64::try_from(end.since(self.opened_at?)).ok().map(|ns| ns / 1_000_000)
    }
}

impl Frame {
    /// Code of a Close.
    pub(super) fn code(&self) -> Option<u16> {
        self.head.first_chunk().map(|code| u16::from_be_bytes(*code))
    }

    /// A Close by which the closing handshake goes on: one with RSV bits is a test of its own.
    pub(super) fn is_close(&self) -> bool {
        self.opcode == Opcode::CLOSE && self.rsv == Rsv(0)
    }
}
