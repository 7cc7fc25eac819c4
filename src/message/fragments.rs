//! Frames to messages (RFC 6455 5.4), for one sender. Control frames and reserved opcodes pass by.

use crate::message::utf8::Utf8;
use crate::model::{Fact, FrameHeader, MessageFacts, MessageKind, Opcode};

/// Where in a message a sender stands between two of its frames.
#[derive(Debug, Default)]
pub(super) enum Fragments {
    /// In none.
    #[default]
    Between,
    /// The next data frame has to continue this one.
    Inside(OpenMessage),
    /// Inside a message whose first frame was lost in a gap.
    Headless,
    /// A gap between frames: a message may have ended or begun in it, several may have passed. Holds the one
    /// that was open before.
    Unknown(Option<OpenMessage>),
}

/// A message whose last frame is still to come, or being read.
#[derive(Debug)]
pub(super) struct OpenMessage {
    /// Number in the connection.
    pub(super) n: u64,
    /// By its first frame.
    pub(super) kind: MessageKind,
    /// Frames so far.
    pub(super) frames: u64,
    /// Payload bytes as sent, missing ones included.
    pub(super) wire_bytes: u64,
    /// Bytes for the application so far, while `known`.
    pub(super) bytes: u64,
    /// RSV1 under permessage-deflate.
    pub(super) compressed: bool,
    /// All of it could be read, and inflated, so far.
    pub(super) known: bool,
    /// The fact was told.
    pub(super) final_block: bool,
    pub(super) utf8: Utf8,
}

impl OpenMessage {
    /// A message before its first byte.
    pub(super) fn new(n: u64, kind: MessageKind, compressed: bool) -> Self {
        Self {
            n,
            kind,
            frames: 1,
            wire_bytes: 0,
            bytes: 0,
            compressed,
            known: true,
            final_block: false,
            utf8: Utf8::default(),
        }
    }

    /// The next bytes for the application.
    pub(super) fn push(&mut self, bytes: &[u8], facts: &mut Vec<Fact>) {
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        if self.kind == MessageKind::Text
            && let Some(offset) = self.utf8.push(bytes)
        {
            facts.push(Fact::InvalidUtf8 { offset });
        }
    }

    /// Bytes of it cannot be known: its length and the rest of its text cannot either.
    pub(super) fn lose(&mut self) {
        self.known = false;
        self.utf8.lose();
    }

    /// The last frame is over.
    pub(super) fn finish(mut self, facts: &mut Vec<Fact>) {
        if let Some(offset) = self.utf8.finish() {
            facts.push(Fact::InvalidUtf8 { offset });
        }
        facts.push(Fact::Message(MessageFacts {
            n: self.n,
            kind: self.kind,
            frames: self.frames,
            compressed: self.compressed,
            wire_bytes: self.wire_bytes,
            bytes: self.known.then_some(self.bytes),
            utf8_valid: match self.kind {
                MessageKind::Text => self.utf8.verdict(),
                MessageKind::Binary => None,
            },
        }));
    }
}

/// What a header means to the message that is open.
#[derive(Debug)]
pub(super) enum Placement {
    /// Belongs to no message that can be named.
    Apart,
    /// Belongs to the message that is open.
    Continues,
    /// Starts a message; the value is the one it cuts off, if there was one in the sender's view.
    Starts {
        /// Type of the new one.
        kind: MessageKind,
        /// The one it replaces.
        replaced: Option<OpenMessage>,
    },
}

impl Fragments {
    /// A frame begins. For `Placement::Starts` the caller goes on with [`Fragments::open`].
    pub(super) fn place(&mut self, header: &FrameHeader, facts: &mut Vec<Fact>) -> Placement {
        let kind = match header.opcode {
            Opcode::CONTINUATION => return self.place_continuation(header.fin, facts),
            Opcode::TEXT => MessageKind::Text,
            Opcode::BINARY => MessageKind::Binary,
            _ => return Placement::Apart,
        };
        let replaced = match std::mem::take(self) {
            Self::Between | Self::Unknown(_) => None,
            Self::Inside(message) => {
                facts.push(Fact::MessageInsideMessage);
                Some(message)
            }
            Self::Headless => {
                facts.push(Fact::MessageInsideMessage);
                None
            }
        };
        Placement::Starts { kind, replaced }
    }

    fn place_continuation(&mut self, fin: bool, facts: &mut Vec<Fact>) -> Placement {
        match self {
            Self::Inside(message) => {
                message.frames = message.frames.saturating_add(1);
                return Placement::Continues;
            }
            Self::Unknown(message) => {
                if let Some(mut message) = message.take() {
                    message.frames = message.frames.saturating_add(1);
                    facts.push(Fact::PayloadMissing);
                    *self = Self::Inside(message);
                    return Placement::Continues;
                }
                *self = Self::Headless;
            }
            Self::Headless => {}
            Self::Between => facts.push(Fact::ContinuationWithoutStart),
        }
        if fin {
            *self = Self::Between;
        }
        Placement::Apart
    }

    /// A message begins.
    pub(super) fn open(&mut self, message: OpenMessage) {
        *self = Self::Inside(message);
    }

    /// The message that is open.
    pub(super) const fn message(&mut self) -> Option<&mut OpenMessage> {
        match self {
            Self::Inside(message) => Some(message),
            Self::Between | Self::Headless | Self::Unknown(_) => None,
        }
    }

    /// The last frame of the open message is over.
    pub(super) fn close(&mut self) -> Option<OpenMessage> {
        match std::mem::take(self) {
            Self::Inside(message) => Some(message),
            other => {
                *self = other;
                None
            }
        }
    }

    /// Frames were lost.
    pub(super) fn gap(&mut self) {
        let open = match std::mem::take(self) {
            Self::Inside(mut message) | Self::Unknown(Some(mut message)) => {
                message.lose();
                Some(message)
            }
            Self::Between | Self::Headless | Self::Unknown(None) => None,
        };
        *self = Self::Unknown(open);
    }
}
