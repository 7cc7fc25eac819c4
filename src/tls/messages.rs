//! Messages of the handshake, over the borders of records.

use crate::tls::hello::{message, message_header};

/// Bytes of a message's header.
const HEADER_LEN: usize = 4;

/// So much of a Certificate says whether there is one in it.
const CERTIFICATE_START: usize = HEADER_LEN + 260;

/// Puts the messages of one direction together, those that are read.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// The message that is open.
    bytes: Vec<u8>,
    /// How many bytes of it are passed over.
    skip: usize,
}

/// The next message.
#[derive(Debug)]
pub(super) enum Next {
    /// Its type, and its body as far as it is read.
    Message(u8, Vec<u8>),
    /// One that is longer than its cap: type and length.
    TooLong(u8, usize),
    /// There is none yet.
    None,
}

impl Messages {
    /// Whether none is open.
    pub(super) const fn is_empty(&self) -> bool {
        self.bytes.is_empty() && self.skip == 0
    }

    /// A record is missing: what was open is lost, and a message begins with the next one, as far as one knows.
    pub(super) fn reset(&mut self) {
        *self = Self::default();
    }

    /// The next message of what `input` goes on with, from which what was used is taken off.
    pub(super) fn next(&mut self, input: &mut &[u8], max: usize) -> Next {
        let skipped = self.skip.min(input.len());
        self.skip -= skipped;
        *input = input.get(skipped..).unwrap_or_default();
        self.fill(input, HEADER_LEN);
        let Some((kind, len)) = message_header(&self.bytes) else { return Next::None };
        if len > max {
            self.bytes.clear();
            self.skip = len;
            return Next::TooLong(kind, len);
        }
        let whole = HEADER_LEN + len;
        let wanted = match kind {
            message::CLIENT_HELLO
            | message::SERVER_HELLO
            | message::ENCRYPTED_EXTENSIONS
            | message::KEY_UPDATE => whole,
            message::CERTIFICATE => whole.min(CERTIFICATE_START),
            _ => HEADER_LEN,
        };
        self.fill(input, wanted);
        if self.bytes.len() < wanted {
            return Next::None;
        }
        self.skip = whole - wanted;
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.drain(..HEADER_LEN);
        Next::Message(kind, bytes)
    }

    fn fill(&mut self, input: &mut &[u8], wanted: usize) {
        let taken = wanted.saturating_sub(self.bytes.len()).min(input.len());
        let (part, rest) = input.split_at(taken);
        self.bytes.extend_from_slice(part);
        *input = rest;
    }
}
