//! A connection of HTTP/2: what its streams for WebSocket show, each as if it were a connection of its own.

mod control;
mod heads;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::http2::frame::Header;
use crate::http2::hpack::Decoder;
use crate::http2::peer::{Peer, WINDOW};
use crate::http2::side::{Part, Side, Taker};
use crate::http2::stream::{State, Stream, StreamFacts, is_over};
use crate::http2::{Caps, Counts, How, Step};
use crate::model::{Carrier, Direction, GapCause, PerDirection, StreamEnd, StreamEvent};

/// Longer than any frame: behind a hole of unknown length frames have to be looked for.
pub(super) const UNKNOWN_GAP: u64 = 1 << 40;

/// Reads one.
#[derive(Debug)]
pub struct Http2 {
    client: Option<Direction>,
    sides: PerDirection<Peer>,
    streams: BTreeMap<u32, Stream>,
    counts: Counts,
    /// Streams that both sides have ended.
    over: usize,
    /// Bytes of memory behind the streams.
    held: usize,
    /// By sender, streams that may have lost something where frames cannot be told any more: all of which something came since the
    /// last time.
    whole: PerDirection<BTreeSet<u32>>,
    /// Bytes that fields of heads may still take, however few bytes stand for them.
    spare: u64,
    caps: Caps,
    /// It begins in the recording.
    is_whole: bool,
}

impl Http2 {
    /// A connection that `client` opened with the preface.
    #[must_use]
    pub fn new(client: Direction, caps: Caps) -> Self {
        Self::with(Some(client), caps, true, |dir| Side::new(dir == client, caps.block_bytes))
    }

    /// The same; of the preface so many bytes have been read.
    #[must_use]
    pub fn with_preface(client: Direction, read: usize, caps: Caps) -> Self {
        let side = |dir| {
            if dir == client {
                Side::preface(read, caps.block_bytes)
            } else {
                Side::new(false, caps.block_bytes)
            }
        };
        Self::with(Some(client), caps, true, side)
    }

    /// One that may have begun before the recording, and whose first bytes there are frames.
    #[must_use]
    pub fn mid_stream(caps: Caps) -> Self {
        Self::with(None, caps, false, |_| Side::anywhere(caps.block_bytes))
    }

    fn with(client: Option<Direction>, caps: Caps, is_whole: bool, side: impl Fn(Direction) -> Side) -> Self {
        let peer = |dir| Peer {
            side: side(dir),
            decoder: Decoder::new(is_whole, caps.table_bytes),
            block: None,
            unacked: VecDeque::new(),
            going: None,
            initial_window: WINDOW,
            window: WINDOW,
            takes_connect: false,
            has_settings: false,
        };
        Self {
            client,
            sides: PerDirection { orig: peer(Direction::Orig), resp: peer(Direction::Resp) },
            streams: BTreeMap::new(),
            counts: Counts::default(),
            over: 0,
            held: 0,
            whole: PerDirection::default(),
            spare: heads::FREE,
            caps,
            is_whole,
        }
    }

    /// The direction of the client, once it is known.
    #[must_use]
    pub const fn client(&self) -> Option<Direction> {
        self.client
    }

    /// What else it carried.
    #[must_use]
    pub const fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Bytes of memory behind what waits.
    #[must_use]
    pub fn held(&self) -> usize {
        let of = |peer: &Peer| {
            let block = peer.block.as_ref().and_then(|block| block.bytes.as_ref()).map_or(0, Vec::capacity);
            peer.side.held() + peer.decoder.held() + block + peer.unacked.capacity() * 16
        };
        of(&self.sides.orig) + of(&self.sides.resp) + self.held
    }

    /// The stream may hold more than before, or less.
    fn weigh(&mut self, id: u32) {
        if let Some(stream) = self.streams.get_mut(&id) {
            let held = stream.held();
            self.held = self.held.saturating_sub(stream.weighed).saturating_add(held);
            stream.weighed = held;
        }
    }

    fn insert(&mut self, id: u32, stream: Stream) {
        self.streams.insert(id, stream);
        self.whole.orig.insert(id);
        self.whole.resp.insert(id);
    }

    fn remove(&mut self, id: u32) -> Option<Stream> {
        let stream = self.streams.remove(&id)?;
        self.over -= usize::from(stream.is_over());
        self.held = self.held.saturating_sub(stream.weighed);
        self.whole.orig.remove(&id);
        self.whole.resp.remove(&id);
        Some(stream)
    }

    /// Takes the next event of the connection; what it shows of a stream goes to `sink`.
    pub fn push(&mut self, event: &StreamEvent<'_>, sink: &mut impl FnMut(u32, Step<'_>)) {
        match *event {
            StreamEvent::Data { dir, offset, bytes, carrier } => {
                self.acked(dir.flip(), carrier.acked, carrier, sink);
                self.sides[dir].side.seek(offset);
                self.read(dir, carrier, Read::Bytes(bytes), sink);
            }
            StreamEvent::Gap { dir, offset, len, cause, carrier } => {
                self.sides[dir].side.seek(offset);
                self.read(dir, carrier, Read::Gap(len, cause), sink);
            }
            StreamEvent::Acked { dir, offset, carrier } => self.acked(dir, Some(offset), carrier, sink),
            StreamEvent::End { dir, how, carrier } => self.end(dir, how, carrier, sink),
            StreamEvent::Conflict { .. } => {}
        }
    }

    /// What is known of a stream; nothing more is kept of it.
    pub fn take(&mut self, stream: u32) -> Option<StreamFacts> {
        let of = self.remove(stream)?;
        let initial = |dir: Direction| self.sides[dir.flip()].initial_window;
        let stalled =
            |dir: Direction| initial(dir).saturating_add(of.windows[dir]) <= 0 || self.sides[dir].window <= 0;
        Some(StreamFacts {
            stalled: PerDirection { orig: stalled(Direction::Orig), resp: stalled(Direction::Resp) },
            going: PerDirection { orig: self.sides.orig.going.clone(), resp: self.sides.resp.going.clone() },
            endings: of.endings,
            was_invited: of.was_invited,
        })
    }

    /// How many streams are over: both sides have ended theirs, or one has reset it.
    #[must_use]
    pub const fn count_over(&self) -> usize {
        self.over
    }

    /// Those streams.
    pub fn over(&self) -> impl Iterator<Item = u32> {
        self.streams.iter().filter(|(_, stream)| stream.is_over()).map(|(id, _)| *id)
    }

    /// Streams that neither side has reset, and not both have ended.
    pub fn open(&self) -> impl Iterator<Item = u32> {
        self.streams.iter().filter(|(_, stream)| !is_over(&stream.endings)).map(|(id, _)| *id)
    }

    /// The streams of which something is kept.
    pub fn streams(&self) -> impl Iterator<Item = u32> {
        self.streams.keys().copied()
    }
}

/// What is read of a direction.
#[derive(Clone, Copy)]
enum Read<'a> {
    Bytes(&'a [u8]),
    Gap(u64, GapCause),
}

/// Takes what a direction is cut into.
struct Reader<'h, 's, S> {
    http2: &'h mut Http2,
    dir: Direction,
    carrier: Carrier,
    cause: GapCause,
    sink: &'s mut S,
}

impl<S: FnMut(u32, Step<'_>)> Taker for Reader<'_, '_, S> {
    fn knows(&self, stream: u32) -> bool {
        self.http2.streams.contains_key(&stream)
    }

    fn take(&mut self, part: Part<'_>) {
        let Self { http2, dir, carrier, cause, sink } = self;
        http2.part(*dir, part, *carrier, *cause, *sink);
    }
}

impl Http2 {
    fn read(
        &mut self,
        dir: Direction,
        carrier: Carrier,
        what: Read<'_>,
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        // While it is read it is away, so that the streams can be told.
        let mut side = std::mem::replace(&mut self.sides[dir].side, Side::new(false, 0));
        let mut reader = Reader { http2: self, dir, carrier, cause: GapCause::NotCaptured, sink };
        match what {
            Read::Bytes(bytes) => side.push(bytes, &mut reader),
            Read::Gap(len, cause) => {
                reader.cause = cause;
                side.gap(len, &mut reader);
            }
        }
        self.sides[dir].side = side;
    }

    fn part(
        &mut self,
        dir: Direction,
        part: Part<'_>,
        carrier: Carrier,
        cause: GapCause,
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let touched = part.stream();
        match part {
            Part::Data { stream, bytes, outer } => self.data(dir, stream, bytes, (outer, carrier), sink),
            Part::Hole { stream, len, outer } => self.hole(dir, stream, len, (outer, cause, carrier), sink),
            Part::DataEnd { header, outer } => {
                self.spend(dir, header);
                if header.flags.end_stream() {
                    self.end_stream(dir, header.stream, outer, carrier, sink);
                }
            }
            Part::Frame { header, payload, outer } => {
                self.frame(dir, header, payload, (outer, carrier), sink);
            }
            Part::Lost { len } => self.lost(dir, len, cause, carrier, sink),
            Part::Found => {}
        }
        if let Some(id) = touched {
            self.weigh(id);
        }
    }

    /// Content of DATA.
    fn data(
        &mut self,
        dir: Direction,
        id: u32,
        bytes: &[u8],
        (outer, carrier): (u64, Carrier),
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let is_client = Some(dir) == self.client;
        if !self.streams.contains_key(&id) && !self.pick_up(id) {
            return;
        }
        let Some(stream) = self.streams.get_mut(&id) else { return };
        if stream.ended[dir] {
            self.counts.bytes_after_end += bytes.len() as u64;
            return;
        }
        let offset = stream.inner[dir].advance(bytes.len() as u64, outer);
        if std::mem::take(&mut stream.is_cut[dir]) {
            self.whole[dir].insert(id);
        }
        self.sides[dir].sent(outer, id);
        match stream.state {
            State::Open | State::Unseen => {
                let carrier = stream.carrier(dir, carrier);
                sink(id, Step::Event(StreamEvent::Data { dir, offset, bytes, carrier }));
            }
            State::Asked if is_client => {
                let carrier = stream.carrier(dir, carrier);
                let dropped = stream.early.push(bytes, offset, carrier, self.caps.early_bytes);
                self.counts.early_bytes_dropped += dropped;
            }
            State::Asked | State::Refused => {}
        }
    }

    /// Content of DATA that is not there.
    fn hole(
        &mut self,
        dir: Direction,
        id: u32,
        len: u64,
        (outer, cause, carrier): (u64, GapCause, Carrier),
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| !stream.ended[dir]) else { return };
        let offset = stream.inner[dir].advance(len, outer);
        if matches!(stream.state, State::Open | State::Unseen) {
            let carrier = stream.carrier(dir, carrier);
            sink(id, Step::Event(StreamEvent::Gap { dir, offset, len, cause, carrier }));
        }
    }

    /// Of a connection that began before the recording, a stream whose request is not in it may carry WebSocket.
    fn pick_up(&mut self, id: u32) -> bool {
        let is_client_s = id % 2 == 1;
        if self.is_whole || !is_client_s || self.counts.others.contains(id) {
            return false;
        }
        let has_room = self.has_room();
        if has_room {
            self.insert(id, Stream::new(State::Unseen, None));
        } else {
            self.counts.others.add(id);
        }
        has_room
    }

    fn has_room(&mut self) -> bool {
        let has_room = self.streams.len() < self.caps.streams;
        self.counts.streams_not_followed += u64::from(!has_room);
        has_room
    }

    /// What a DATA frame takes of the windows (RFC 9113 6.9.1).
    fn spend(&mut self, dir: Direction, header: Header) {
        let len = i64::from(header.len);
        self.sides[dir].window = self.sides[dir].window.saturating_sub(len);
        if let Some(stream) = self.streams.get_mut(&header.stream) {
            stream.windows[dir] = stream.windows[dir].saturating_sub(len);
        }
    }

    /// Nothing of a direction can be told for a while: its table is lost, and each stream may have lost something.
    fn lost(
        &mut self,
        dir: Direction,
        len: u64,
        cause: GapCause,
        carrier: Carrier,
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let peer = &mut self.sides[dir];
        peer.decoder.forget();
        peer.block = None;
        // Requests in it were not seen.
        self.is_whole = false;
        self.counts.lost += 1;
        if len == 0 {
            return;
        }
        for id in std::mem::take(&mut self.whole[dir]) {
            let Some(stream) = self.streams.get_mut(&id).filter(|stream| !stream.ended[dir]) else {
                continue;
            };
            stream.is_cut[dir] = true;
            let outer = stream.inner[dir].last_outer();
            // How much of it was of this stream nobody knows: whatever was open is over.
            let len = len.saturating_add(UNKNOWN_GAP);
            let offset = stream.inner[dir].advance(len, outer);
            if matches!(stream.state, State::Open | State::Unseen) {
                let carrier = stream.carrier(dir, carrier);
                sink(id, Step::Event(StreamEvent::Gap { dir, offset, len, cause, carrier }));
            }
            self.weigh(id);
        }
    }

    /// The connection's bytes of `dir` were acknowledged up to `outer`.
    fn acked(
        &mut self,
        dir: Direction,
        outer: Option<u64>,
        carrier: Carrier,
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let Some(outer) = outer else { return };
        while self.sides[dir].unacked.front().is_some_and(|(end, _)| *end <= outer) {
            let Some((_, id)) = self.sides[dir].unacked.pop_front() else { return };
            let Some(stream) = self.streams.get_mut(&id) else { continue };
            if let Some(offset) = stream.inner[dir].ack(outer)
                && matches!(stream.state, State::Open | State::Unseen)
            {
                let carrier = stream.carrier(dir.flip(), carrier);
                sink(id, Step::Event(StreamEvent::Acked { dir, offset, carrier }));
            }
        }
    }

    /// TCP is over in a direction: so is every stream.
    fn end(
        &mut self,
        dir: Direction,
        how: StreamEnd,
        carrier: Option<Carrier>,
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let last = self.sides[dir].side.position();
        let client = self.client;
        for (id, stream) in &mut self.streams {
            tell_end(*id, client, stream, sink);
            // Who resets a stream ends it for both.
            let is_reset = stream.is_reset;
            let was_over = stream.is_over();
            if std::mem::replace(&mut stream.ended[dir], true) {
                continue;
            }
            self.over += usize::from(!was_over && stream.is_over());
            if is_reset {
                sink(*id, Step::Event(StreamEvent::End { dir, how: StreamEnd::Unobserved, carrier: None }));
            } else {
                // A FIN takes a number of its own behind the last byte.
                stream.inner[dir].end(last.saturating_add(1));
                let carrier = carrier.map(|carrier| stream.carrier(dir, carrier));
                sink(*id, Step::Event(StreamEvent::End { dir, how, carrier }));
            }
        }
    }

    /// END_STREAM: a half-close.
    fn end_stream(
        &mut self,
        dir: Direction,
        id: u32,
        outer: u64,
        carrier: Carrier,
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let Some(stream) = self.streams.get_mut(&id) else { return };
        stream.inner[dir].end(outer);
        self.sides[dir].sent(outer, id);
        let was_over = stream.is_over();
        let waits = stream.state == State::Asked && Some(dir) == self.client && !stream.early.is_empty();
        match stream.close(dir, How::EndStream, carrier) {
            Some(carrier) if waits => stream.early.end = Some(carrier),
            Some(carrier) => {
                let how = StreamEnd::EndStream;
                sink(id, Step::Event(StreamEvent::End { dir, how, carrier: Some(carrier) }));
            }
            None => {}
        }
        self.over += usize::from(!was_over && stream.is_over());
    }
}

/// The client's END_STREAM behind what it sent before the response, if that waits.
pub(super) fn tell_end(
    id: u32,
    client: Option<Direction>,
    stream: &mut Stream,
    sink: &mut impl FnMut(u32, Step<'_>),
) {
    if let (Some(dir), Some(carrier)) = (client, stream.early.end.take()) {
        sink(id, Step::Event(StreamEvent::End { dir, how: StreamEnd::EndStream, carrier: Some(carrier) }));
    }
}

#[cfg(test)]
mod tests;
