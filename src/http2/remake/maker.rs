//! One direction of a connection that is made anew: what is read of it and what is written.

use std::collections::VecDeque;

use crate::http2::frame::{Flags, Frills, HEADER_LEN, Header, Kind};
use crate::http2::hpack::{Decoder, Field};
use crate::http2::side::Window;

/// Longest payload that every peer takes (RFC 9113 4.2).
const MAX_PAYLOAD: usize = 1 << 14;

/// What stands for what cannot be told.
pub(super) const FILLER: u8 = b'x';

/// Places that are remembered for acknowledgements, which come soon.
const MAX_PLACES: usize = 1 << 14;

/// One direction.
#[derive(Debug)]
pub(super) struct Maker {
    pub(super) state: State,
    pub(super) decoder: Decoder,
    pub(super) block: Option<Block>,
    /// Offset of what is read next, and of what is written next.
    pub(super) read: u64,
    pub(super) written: u64,
    /// Where they differ by something else from there on.
    pub(super) places: VecDeque<(u64, u64)>,
    pub(super) out: Vec<u8>,
    /// Bytes that are to be read once more.
    pub(super) again: Vec<u8>,
}

#[derive(Debug)]
pub(super) enum State {
    /// It may begin with the preface.
    Start(Vec<u8>),
    Header(Vec<u8>),
    Data {
        header: Header,
        done: u32,
        frills: Option<Frills>,
    },
    /// Another frame; one that is too long is filled as it comes.
    Other {
        header: Header,
        payload: Option<Vec<u8>>,
        left: usize,
    },
    /// Frames cannot be told any more: all is filled until they can.
    Lost(Window),
}

/// A field block that goes on.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) header: Header,
    pub(super) promised: Option<u32>,
    /// `None` where it is too long, or none.
    pub(super) bytes: Option<Vec<u8>>,
}

impl Maker {
    /// Of which nothing was seen.
    pub(super) const fn new(table_bytes: u64) -> Self {
        Self {
            state: State::Start(Vec::new()),
            decoder: Decoder::new(true, table_bytes),
            block: None,
            read: 0,
            written: 0,
            places: VecDeque::new(),
            out: Vec::new(),
            again: Vec::new(),
        }
    }

    /// What is read next is at this offset.
    pub(super) const fn seek(&mut self, offset: u64) {
        self.read = offset;
    }

    /// What was read up to here is written up to here.
    pub(super) fn mark(&mut self) {
        let (read, written) = (self.read, self.written);
        let shift = |(read, written): &(u64, u64)| written.wrapping_sub(*read);
        if self.places.back().is_none_or(|last| shift(last) != shift(&(read, written))) {
            self.places.push_back((read, written));
            if self.places.len() > MAX_PLACES {
                self.places.pop_front();
            }
        }
    }

    /// Where what was read up to `offset` ends in what is written.
    pub(super) fn place(&self, offset: u64) -> u64 {
        let next = self.places.partition_point(|(read, _)| *read <= offset);
        let (read, written) =
            next.checked_sub(1).and_then(|at| self.places.get(at)).copied().unwrap_or_default();
        let most = self.places.get(next).map_or(self.written, |(_, written)| *written);
        // A FIN takes a number of its own behind the last byte.
        let behind = offset.saturating_sub(self.read);
        written.saturating_add(offset.saturating_sub(read)).min(most).saturating_add(behind)
    }

    /// Frames cannot be told any more.
    pub(super) fn lose(&mut self) {
        self.give_up();
        self.state = State::Lost(Window::new());
        self.decoder.forget();
        self.block = None;
    }

    /// Fills what was read of a frame and is not written.
    pub(super) fn give_up(&mut self) {
        let waits = match &self.state {
            State::Start(head) | State::Header(head) => head.len(),
            State::Lost(window) => window.bytes.len(),
            State::Data { .. } => 0,
            State::Other { payload, .. } => payload.as_ref().map_or(0, |payload| HEADER_LEN + payload.len()),
        };
        self.out.resize(self.out.len() + waits, FILLER);
    }

    pub(super) fn begin(&mut self, header: Header, max_kept: usize) {
        let len = usize::try_from(header.len).unwrap_or(usize::MAX);
        self.state = if header.kind == Kind::DATA {
            self.out.extend_from_slice(&header.bytes());
            State::Data { header, done: 0, frills: None }
        } else {
            let is_kept = len <= max_kept;
            if !is_kept {
                self.out.extend_from_slice(&header.bytes());
            }
            State::Other { header, payload: is_kept.then(Vec::new), left: len }
        };
    }

    pub(super) fn write(&mut self, header: Header, payload: &[u8]) {
        self.out.extend_from_slice(&header.bytes());
        self.out.extend_from_slice(payload);
    }

    /// Writes a field block, in as many frames as it takes; without padding and priority.
    pub(super) fn write_block(&mut self, header: Header, promised: Option<u32>, block: &[u8]) {
        let promised = promised.map(u32::to_be_bytes);
        let first: &[u8] = promised.as_ref().map_or(&[], |promised| promised);
        let (begin, rest) = block.split_at(block.len().min(MAX_PAYLOAD - first.len()));
        let mut rest = rest.chunks(MAX_PAYLOAD).peekable();
        let flags = Flags::of_block(header.flags.end_stream() && promised.is_none(), rest.peek().is_none());
        let of = |kind, flags, len: usize| Header {
            len: u32::try_from(len).unwrap_or(u32::MAX),
            kind,
            flags,
            stream: header.stream,
        };
        self.write(of(header.kind, flags, first.len() + begin.len()), &[first, begin].concat());
        while let Some(part) = rest.next() {
            let flags = Flags::of_block(false, rest.peek().is_none());
            self.write(of(Kind::CONTINUATION, flags, part.len()), part);
        }
    }
}

/// A field block without compression (RFC 7541 6.2.2). What is not known of the table stays so: an index behind its end.
pub(super) fn encoded(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in fields {
        match (&field.name, &field.value) {
            (Some(name), Some(value)) => {
                out.push(0);
                string(&mut out, name);
                string(&mut out, value);
            }
            (None, Some(value)) => {
                out.extend_from_slice(&[0x0f, 62 - 15]);
                string(&mut out, value);
            }
            (_, None) => out.push(0x80 | 62),
        }
    }
    out
}

fn string(out: &mut Vec<u8>, text: &[u8]) {
    let mut len = text.len();
    if len < 127 {
        out.push(len as u8);
    } else {
        out.push(127);
        len -= 127;
        while len > 127 {
            out.push((len & 127) as u8 | 128);
            len >>= 7;
        }
        out.push(len as u8);
    }
    out.extend_from_slice(text);
}
