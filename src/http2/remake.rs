//! A connection of HTTP/2 made anew, with other fields and other content: frames are those that were sent, but for field blocks, which
//! are written without compression and so take more room.

mod maker;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::http2::Caps;
use crate::http2::frame::{self, Flags, Frills, HEADER_LEN, Header, Kind, PREFACE};
use crate::http2::hpack::Field;
use crate::http2::remake::maker::{Block, FILLER, Maker, State, encoded};
use crate::http2::side::{Window, is_likely};
use crate::model::{Carrier, Direction, PerDirection, StreamEvent};

/// Streams that are followed for the offsets of their content.
const MAX_STREAMS: usize = 1 << 16;

/// Makes others of what a connection carries.
pub trait Rewrite {
    /// Other fields, in their order.
    fn fields(&mut self, fields: Vec<Field>) -> Vec<Field>;

    /// Other content of a stream, whose offset is that of [`Step::Event`](crate::http2::Step::Event).
    fn content(&mut self, stream: u32, dir: Direction, offset: u64, bytes: &mut [u8]);

    /// Other text for somebody who looks for an error (GOAWAY), as many bytes.
    fn text(&mut self, text: &[u8]) -> Vec<u8>;
}

/// Makes it.
#[derive(Debug)]
pub struct Remake {
    sides: PerDirection<Maker>,
    streams: BTreeMap<u32, Seen>,
    client: Option<Direction>,
    /// Directions that began without the preface.
    without: PerDirection<bool>,
    caps: Caps,
}

/// How far a stream is.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// The offset of what each side sends next.
    offset: PerDirection<u64>,
    /// Its final head was sent.
    has_head: PerDirection<bool>,
    has_ended: PerDirection<bool>,
}

impl Remake {
    /// One of which nothing was seen.
    #[must_use]
    pub fn new(caps: Caps) -> Self {
        let maker = || Maker::new(caps.table_bytes);
        let sides = PerDirection { orig: maker(), resp: maker() };
        Self { sides, streams: BTreeMap::new(), client: None, without: PerDirection::default(), caps }
    }

    /// Takes the next event of the connection, and gives those of the other one.
    pub fn push(
        &mut self,
        event: &StreamEvent<'_>,
        others: &mut dyn Rewrite,
        sink: &mut impl FnMut(StreamEvent<'_>),
    ) {
        match *event {
            StreamEvent::Data { dir, offset, bytes, carrier } => {
                self.sides[dir].seek(offset);
                self.read(dir, bytes, others);
                let carrier = self.carried(dir, carrier);
                self.flush(dir, carrier, sink);
            }
            StreamEvent::Gap { dir, offset, len, cause, carrier } => {
                let carrier = self.carried(dir, carrier);
                self.sides[dir].seek(offset);
                self.hole(dir, len);
                self.flush(dir, carrier, sink);
                let side = &mut self.sides[dir];
                let offset = side.written;
                side.written = offset.saturating_add(len);
                sink(StreamEvent::Gap { dir, offset, len, cause, carrier });
            }
            StreamEvent::Acked { dir, offset, carrier } => {
                let carrier = self.carried(dir.flip(), carrier);
                sink(StreamEvent::Acked { dir, offset: self.sides[dir].place(offset), carrier });
            }
            StreamEvent::End { dir, how, carrier } => {
                if let Some(carrier) = carrier {
                    // What was begun and never ended.
                    let carrier = self.carried(dir, carrier);
                    let side = &mut self.sides[dir];
                    side.give_up();
                    side.state = State::Lost(Window::new());
                    self.flush(dir, carrier, sink);
                }
                let carrier = carrier.map(|carrier| self.carried(dir, carrier));
                sink(StreamEvent::End { dir, how, carrier });
            }
            StreamEvent::Conflict { .. } => {}
        }
    }

    /// Gives what was written.
    fn flush(&mut self, dir: Direction, carrier: Carrier, sink: &mut impl FnMut(StreamEvent<'_>)) {
        let side = &mut self.sides[dir];
        if !side.out.is_empty() {
            let offset = side.written;
            side.written = offset.saturating_add(side.out.len() as u64);
            side.mark();
            sink(StreamEvent::Data { dir, offset, bytes: &side.out, carrier });
            side.out.clear();
        }
    }

    /// What brings something that `dir` sends, with what its sender had of the other connection.
    fn carried(&self, dir: Direction, carrier: Carrier) -> Carrier {
        let acked = carrier.acked.map(|acked| self.sides[dir.flip()].place(acked));
        Carrier { acked, ..carrier }
    }

    fn read(&mut self, dir: Direction, bytes: &[u8], others: &mut dyn Rewrite) {
        let mut bytes = Cow::Borrowed(bytes);
        let mut at = 0;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let taken = self.step(dir, rest, others);
            let side = &mut self.sides[dir];
            side.read = side.read.saturating_add(taken as u64);
            at += taken;
            if !side.again.is_empty() {
                // What was looked at is read, and what comes behind it.
                let mut again = std::mem::take(&mut side.again);
                side.read = side.read.saturating_sub(again.len() as u64);
                again.extend_from_slice(bytes.get(at..).unwrap_or_default());
                (bytes, at) = (Cow::Owned(again), 0);
            }
        }
    }

    /// Takes some of the bytes, at least one.
    fn step(&mut self, dir: Direction, bytes: &[u8], others: &mut dyn Rewrite) -> usize {
        let max_kept = self.caps.block_bytes;
        let side = &mut self.sides[dir];
        match &mut side.state {
            State::Start(head) => {
                head.push(bytes.first().copied().unwrap_or_default());
                if head == PREFACE {
                    side.out.extend_from_slice(PREFACE);
                    side.state = State::Header(Vec::new());
                    self.client = Some(dir);
                } else if !PREFACE.starts_with(head) && head.len() >= HEADER_LEN {
                    let head = std::mem::take(head);
                    self.begins_anywhere(dir, head);
                }
                1
            }
            State::Header(head) => {
                let taken = bytes.len().min(HEADER_LEN.saturating_sub(head.len()));
                head.extend_from_slice(bytes.get(..taken).unwrap_or_default());
                if let Some(header) = Header::parse(head) {
                    side.begin(header, max_kept);
                    self.settle(dir, others);
                }
                taken.max(1)
            }
            State::Data { header, done, .. } => {
                let left = usize::try_from(header.len.saturating_sub(*done)).unwrap_or(usize::MAX);
                let taken = left.min(bytes.len());
                self.data(dir, bytes.get(..taken).unwrap_or_default(), others);
                self.settle(dir, others);
                taken.max(1)
            }
            State::Other { payload, left, .. } => {
                let taken = (*left).min(bytes.len());
                *left -= taken;
                match payload {
                    Some(payload) => payload.extend_from_slice(bytes.get(..taken).unwrap_or_default()),
                    None => side.out.resize(side.out.len() + taken, FILLER),
                }
                self.settle(dir, others);
                taken.max(1)
            }
            State::Lost(window) => {
                window.bytes.extend_from_slice(bytes);
                let streams = &self.streams;
                if let Some(at) = window.find(&|stream| streams.contains_key(&stream)) {
                    let rest = window.bytes.split_off(at);
                    side.out.resize(side.out.len() + at, FILLER);
                    side.state = State::Header(Vec::new());
                    side.again = rest;
                } else {
                    let before = window.bytes.len();
                    window.slide();
                    side.out.resize(side.out.len() + (before - window.bytes.len()), FILLER);
                }
                bytes.len()
            }
        }
    }

    /// A direction that does not begin with the preface, by its first bytes.
    fn begins_anywhere(&mut self, dir: Direction, head: Vec<u8>) {
        self.without[dir] = true;
        if self.without.orig && self.without.resp {
            // What was put into the tables before is not known.
            self.sides.orig.decoder.forget();
            self.sides.resp.decoder.forget();
        }
        let side = &mut self.sides[dir];
        // Behind a preface the other side begins with a frame, whatever it looks like.
        let is_answer = self.client == Some(dir.flip());
        if is_answer || Header::parse(&head).is_some_and(is_likely) {
            side.state = State::Header(Vec::new());
        } else {
            side.state = State::Lost(Window::new());
        }
        side.again = head;
    }

    /// Content of DATA, and its padding.
    fn data(&mut self, dir: Direction, bytes: &[u8], others: &mut dyn Rewrite) {
        let side = &mut self.sides[dir];
        let State::Data { header, done, frills } = &mut side.state else { return };
        let first = bytes.first().copied().filter(|_| *done == 0);
        let frills = *frills.get_or_insert_with(|| Frills::of(*header, first).unwrap_or_default());
        let usize_of = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let from = usize_of(frills.before.saturating_sub(*done)).min(bytes.len());
        let end = header.len.saturating_sub(frills.behind).saturating_sub(*done);
        let upto = usize_of(end).clamp(from, bytes.len());
        *done = done.saturating_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
        let stream = header.stream;
        side.out.extend_from_slice(bytes.get(..from).unwrap_or_default());
        let at = side.out.len();
        side.out.extend_from_slice(bytes.get(from..upto).unwrap_or_default());
        let offset = self.advance(stream, dir, (upto - from) as u64);
        let side = &mut self.sides[dir];
        if let Some(content) = side.out.get_mut(at..) {
            match offset {
                Some(offset) => others.content(stream, dir, offset, content),
                None => content.fill(FILLER),
            }
        }
        side.out.resize(side.out.len() + (bytes.len() - upto), 0);
    }

    /// Bytes of a stream; gives the offset of the first. `None` behind its end.
    fn advance(&mut self, stream: u32, dir: Direction, len: u64) -> Option<u64> {
        if self.streams.len() >= MAX_STREAMS && !self.streams.contains_key(&stream) {
            return None;
        }
        let seen = self.streams.entry(stream).or_default();
        if seen.has_ended[dir] {
            return None;
        }
        let offset = seen.offset[dir];
        seen.offset[dir] = offset.saturating_add(len);
        Some(offset)
    }

    fn end(&mut self, stream: u32, dir: Direction) {
        if let Some(seen) = self.streams.get_mut(&stream) {
            seen.has_ended[dir] = true;
        }
    }

    /// Goes on where a frame is whole.
    fn settle(&mut self, dir: Direction, others: &mut dyn Rewrite) {
        let side = &mut self.sides[dir];
        match &mut side.state {
            State::Data { header, done, .. } if *done >= header.len => {
                let header = *header;
                side.state = State::Header(Vec::new());
                if header.flags.end_stream() {
                    self.end(header.stream, dir);
                }
            }
            State::Other { header, payload, left: 0 } => {
                let (header, payload) = (*header, payload.take());
                side.state = State::Header(Vec::new());
                match payload {
                    Some(payload) => self.frame(dir, header, payload, others),
                    // The table is lost with a head that is too long.
                    None if matches!(
                        header.kind,
                        Kind::HEADERS | Kind::PUSH_PROMISE | Kind::CONTINUATION
                    ) =>
                    {
                        side.decoder.forget();
                        side.block = None;
                        if header.kind == Kind::HEADERS && header.flags.end_stream() {
                            self.end(header.stream, dir);
                        }
                    }
                    None => {}
                }
            }
            _ => {}
        }
    }

    /// A whole frame that is no DATA.
    fn frame(&mut self, dir: Direction, header: Header, payload: Vec<u8>, others: &mut dyn Rewrite) {
        match header.kind {
            Kind::HEADERS | Kind::PUSH_PROMISE => {
                let promised = frame::field_block(header, &payload)
                    .filter(|_| header.kind == Kind::PUSH_PROMISE)
                    .and_then(|_| {
                        let frills = Frills::of(header, payload.first().copied())?;
                        frame::number(payload.get(usize::try_from(frills.before).ok()?..)?)
                    });
                let bytes = frame::field_block(header, &payload).map(<[u8]>::to_vec);
                self.sides[dir].block = Some(Block { header, promised, bytes });
                self.block_goes_on(dir, header.flags, others);
            }
            Kind::CONTINUATION => {
                let max = self.caps.block_bytes;
                let block =
                    self.sides[dir].block.as_mut().filter(|block| block.header.stream == header.stream);
                if let Some(block) = block {
                    match &mut block.bytes {
                        Some(bytes) if bytes.len() + payload.len() <= max => {
                            bytes.extend_from_slice(&payload);
                        }
                        bytes => *bytes = None,
                    }
                    self.block_goes_on(dir, header.flags, others);
                } else {
                    let filler = vec![FILLER; payload.len()];
                    self.sides[dir].write(header, &filler);
                }
            }
            Kind::GOAWAY => {
                let (numbers, debug) = payload.split_at(payload.len().min(8));
                let mut debug = others.text(debug);
                debug.resize(payload.len() - numbers.len(), FILLER);
                self.sides[dir].write(header, &[numbers, &debug].concat());
            }
            Kind::SETTINGS => {
                if !header.flags.ack() {
                    // SETTINGS_HEADER_TABLE_SIZE binds the blocks that come from the other side.
                    for (_, value) in frame::settings(&payload).filter(|(name, _)| *name == 1) {
                        self.sides[dir.flip()].decoder.allow(value);
                    }
                }
                self.sides[dir].write(header, &payload);
            }
            kind if kind.is_known() => self.sides[dir].write(header, &payload),
            _ => {
                let filler = vec![FILLER; payload.len()];
                self.sides[dir].write(header, &filler);
            }
        }
    }

    /// A part of a field block has come.
    fn block_goes_on(&mut self, dir: Direction, flags: Flags, others: &mut dyn Rewrite) {
        if !flags.end_headers() {
            return;
        }
        let max = self.caps.list_bytes;
        let side = &mut self.sides[dir];
        let Some(Block { header, promised, bytes }) = side.block.take() else { return };
        let decoded = bytes.map(|bytes| side.decoder.decode(&bytes, max));
        let block = match decoded {
            Some(Ok(block)) => {
                let has = |name: &str| {
                    block.fields.iter().any(|field| field.name.as_deref() == Some(name.as_bytes()))
                };
                let status = block
                    .fields
                    .iter()
                    .find(|field| field.name.as_deref() == Some(b":status"))
                    .and_then(|field| field.value.as_deref()?.first().copied());
                let asks = has(":method") || has(":path") || has(":protocol");
                if promised.is_none() {
                    self.head(header.stream, dir, asks, status);
                }
                encoded(&others.fields(block.fields))
            }
            // None can be read, there neither (RFC 7541 6.1).
            Some(Err(_)) | None => {
                side.decoder.forget();
                vec![0x80]
            }
        };
        self.sides[dir].write_block(header, promised, &block);
        if header.kind == Kind::HEADERS && header.flags.end_stream() {
            self.end(header.stream, dir);
        }
    }

    /// The head of a stream counts for a byte of it, on each side once; what comes before the final response for none.
    fn head(&mut self, stream: u32, dir: Direction, asks: bool, status: Option<u8>) {
        let is_clients = self.client.map_or(asks, |client| client == dir);
        let is_final = if is_clients { asks } else { status != Some(b'1') };
        let has_head = self.streams.get(&stream).is_some_and(|seen| seen.has_head[dir]);
        if is_final
            && !has_head
            && self.advance(stream, dir, 1).is_some()
            && let Some(seen) = self.streams.get_mut(&stream)
        {
            seen.has_head[dir] = true;
        }
    }

    /// `len` bytes will not come.
    fn hole(&mut self, dir: Direction, len: u64) {
        let side = &mut self.sides[dir];
        side.read = side.read.saturating_add(len);
        let mut passed = None;
        if let State::Data { header, done, frills } = &mut side.state
            && let Some(now) = u32::try_from(len).ok().and_then(|len| done.checked_add(len))
            && now <= header.len
            && (frills.is_some() || !Frills::are_told(*header))
        {
            let frills = *frills.get_or_insert_with(|| Frills::of(*header, None).unwrap_or_default());
            let end = header.len.saturating_sub(frills.behind);
            let content = now.min(end).saturating_sub((*done).max(frills.before));
            *done = now;
            passed = Some((header.stream, content, now == header.len, header.flags));
        }
        match passed {
            Some((stream, content, is_whole, flags)) => {
                let _ = self.advance(stream, dir, u64::from(content));
                if is_whole {
                    self.sides[dir].state = State::Header(Vec::new());
                    if flags.end_stream() {
                        self.end(stream, dir);
                    }
                }
            }
            None => side.lose(),
        }
    }
}
