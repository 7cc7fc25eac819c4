//! Finding the end of an HTTP head that comes in pieces.

use std::borrow::Cow;

use crate::http::grammar::{head_end, skip_empty_lines};
use crate::http::{Fault, Start, request_head, response_head};
use crate::model::Carrier;

/// Which kind of head a direction sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeadKind {
    Request,
    Response,
}

/// The start of a head, where it did not come in one segment.
#[derive(Debug, Default)]
pub(super) struct PartialHead {
    bytes: Vec<u8>,
    /// Offset of the first one.
    start: u64,
    /// Whether the start line was looked at.
    checked: bool,
    /// What brought the bytes that show that it is no head, whatever follows.
    foreign: Option<Carrier>,
}

/// First bytes kept of what is no HTTP.
pub(super) const MAX_FOREIGN: usize = 16;

/// What a piece made of a head.
#[derive(Debug)]
pub(super) enum Scanned<'a> {
    /// It is not whole.
    More,
    /// It is whole.
    Whole {
        /// Borrowed where it came in one piece.
        head: Cow<'a, [u8]>,
        /// Offset of its first byte.
        start: u64,
        /// What follows it in the piece.
        rest: &'a [u8],
    },
    /// It is none.
    Malformed,
    /// It is longer than allowed.
    TooLong,
}

impl PartialHead {
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// What there is of it.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of memory behind it.
    pub(super) const fn weight(&self) -> usize {
        self.bytes.capacity()
    }

    /// Offset of the first byte.
    pub(super) const fn start(&self) -> u64 {
        self.start
    }

    /// It is no head: what showed that, the first that was said to have.
    pub(super) fn mark_foreign(&mut self, carrier: Carrier) -> Carrier {
        *self.foreign.get_or_insert(carrier)
    }

    /// What showed that it is no head, if so.
    pub(super) const fn foreign(&self) -> Option<Carrier> {
        self.foreign
    }

    /// Whether more bytes would be told of what is no head: what is told of it must not depend on its segments.
    pub(super) fn wants_more(&self) -> bool {
        self.bytes.len() < MAX_FOREIGN && head_end(&self.bytes, 0).is_none()
    }

    /// The lines of it that are whole, as a head, and the offset of its first byte; `None` without a line.
    pub(super) fn whole_lines(&self) -> Option<(Vec<u8>, u64)> {
        let end = self.bytes.iter().rposition(|b| *b == b'\n')?;
        Some(([self.bytes.get(..=end)?, b"\r\n"].concat(), self.start))
    }

    /// Takes the next piece, whose first byte has that offset. Keeps at most `max` bytes.
    pub(super) fn push<'a>(
        &mut self,
        kind: HeadKind,
        offset: u64,
        piece: &'a [u8],
        max: usize,
    ) -> Scanned<'a> {
        let known = self.bytes.len();
        if self.foreign.is_some() {
            let room = MAX_FOREIGN.saturating_sub(known).min(piece.len());
            self.bytes.extend_from_slice(piece.get(..room).unwrap_or_default());
            if let Some(end) = head_end(&self.bytes, 0) {
                self.bytes.truncate(end);
            }
            return Scanned::Malformed;
        }
        if known > 0 {
            let room = max.saturating_sub(known).min(piece.len());
            self.bytes.extend_from_slice(piece.get(..room).unwrap_or_default());
            if let Some(end) = head_end(&self.bytes, known) {
                self.bytes.truncate(end);
                let rest = piece.get(end.saturating_sub(known)..).unwrap_or_default();
                let Self { bytes, start, .. } = std::mem::take(self);
                return Scanned::Whole { head: Cow::Owned(bytes), start, rest };
            }
        } else {
            let message = skip_empty_lines(piece);
            let start = offset.saturating_add((piece.len() - message.len()) as u64);
            if message.is_empty() {
                return Scanned::More;
            }
            let window = message.get(..max).unwrap_or(message);
            if let Some((head, rest)) = head_end(window, 0).and_then(|end| message.split_at_checked(end)) {
                return Scanned::Whole { head: Cow::Borrowed(head), start, rest };
            }
            self.start = start;
            self.bytes.extend_from_slice(window);
        }
        if !self.check(kind, known) {
            Scanned::Malformed
        } else if self.bytes.len() >= max {
            Scanned::TooLong
        } else {
            Scanned::More
        }
    }

    /// Whether the bytes may still become a head of that kind; those from `known` on are new.
    fn check(&mut self, kind: HeadKind, known: usize) -> bool {
        if self.checked {
            return true;
        }
        if self.bytes.get(known..).is_some_and(|new| new.contains(&b'\n')) {
            self.checked = true;
            let fault = match kind {
                HeadKind::Request => request_head(&self.bytes).map(|_| ()),
                HeadKind::Response => response_head(&self.bytes).map(|_| ()),
            };
            return fault != Err(Fault::Malformed);
        }
        match Start::of(&self.bytes) {
            Start::Open => true,
            Start::Request => kind == HeadKind::Request,
            Start::Response => kind == HeadKind::Response,
            Start::Neither => false,
        }
    }
}
