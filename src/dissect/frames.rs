//! A connection after its upgrade.

use std::collections::VecDeque;

use crate::dissect::held::Held;
use crate::dissect::misread::{Reading, Scene, are_plain, is_length_cut, is_odd, short_header};
use crate::dissect::seek::{Seeker, skip_to};
use crate::dissect::{Item, Out, role};
use crate::http::grammar::skip_empty_lines;
use crate::model::{
    Bytes, Carrier, Direction, Evidence, LostHow, Observation, Observed, PacketNo, PerDirection, Role,
    StreamEnd, Undecodable, WeirdKind, count,
};
use crate::websocket::{Decoded, Decoder, Ending, header_len};

/// Odd headers of a direction for which other readings of what is there are looked for.
const MAX_SEARCHES: u32 = 64;

/// Those for which more bytes are waited for.
const MAX_DOUBTS: u32 = 16;

/// First bytes kept of what is no frame, and of a line of HTTP.
const START: usize = 48;
const MAX_LINE: usize = 256;

/// Both directions of framing.
#[derive(Debug)]
pub(super) struct Frames {
    client: Direction,
    tracks: PerDirection<Track>,
}

#[derive(Debug)]
struct Track {
    masked: bool,
    decoder: Decoder,
    /// What brought the first byte of the header that is open, or of the gap that ended framing.
    opened: Option<Carrier>,
    /// Where the next frame begins is not known: it is looked for, and the decoder waits.
    seeking: Option<Box<Seeking>>,
    /// What came of a payload that takes several segments, up to a cap: frames may be in it that are its sender's next.
    open: Option<Box<Open>>,
    /// Whether a frame begins here depends on what comes, and the decoder waits.
    doubt: Option<Box<Doubt>>,
    /// No frames from here on: offset behind all that came, and where that began.
    beyond: Option<(u64, u64)>,
    searches: u32,
    doubts: u32,
    /// A frame begins at this offset, whatever it looks like.
    trusted: Option<u64>,
}

/// The last part of a payload.
#[derive(Debug)]
struct Open {
    /// Its length, as the header has it.
    len: u64,
    bytes: VecDeque<u8>,
    /// How many of the bytes came in which segment.
    segments: VecDeque<(usize, Carrier)>,
}

impl Open {
    fn new(len: u64, max: usize) -> Self {
        let capacity = usize::try_from(len).unwrap_or(max).min(max);
        Self { len, bytes: VecDeque::with_capacity(capacity), segments: VecDeque::new() }
    }

    /// Keeps so many bytes at most, a segment counting for one more.
    fn push(&mut self, bytes: &[u8], carrier: Carrier, max: usize) {
        let room = max.saturating_sub(bytes.len().saturating_add(1));
        while self.bytes.len().saturating_add(self.segments.len()) > room
            && let Some((len, _)) = self.segments.pop_front()
        {
            self.bytes.drain(..len.min(self.bytes.len()));
        }
        if bytes.len() < max {
            self.bytes.extend(bytes);
            self.segments.push_back((bytes.len(), carrier));
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.bytes.iter().copied().collect()
    }

    /// Index among the bytes at which each segment begins, and the segment.
    fn starts(&self) -> impl Iterator<Item = (usize, Carrier)> {
        self.segments.iter().scan(0, |at, (len, carrier)| {
            let start = *at;
            *at += len;
            Some((start, *carrier))
        })
    }
}

/// Bytes that wait for those behind them.
#[derive(Debug)]
struct Doubt {
    /// Where the frame would begin.
    at: u64,
    held: Held,
    /// Items since, and how many of them there are to be when they are looked at again.
    items: u32,
    again: u32,
}

/// A direction whose frames are looked for.
#[derive(Debug)]
struct Seeking {
    seeker: Seeker,
    /// The gap that took a header, its length and packet; `None` where no frame was seen before.
    gap: Option<(u64, PacketNo)>,
    /// What stands there was told of.
    told: bool,
}

impl Track {
    const fn at(start: u64, masked: bool) -> Self {
        Self {
            masked,
            decoder: Decoder::new(start),
            opened: None,
            seeking: None,
            open: None,
            doubt: None,
            beyond: None,
            searches: 0,
            doubts: 0,
            trusted: None,
        }
    }

    fn looking(seeker: Seeker, masked: bool) -> Self {
        let seeking = Some(Box::new(Seeking { seeker, gap: None, told: false }));
        Self { seeking, ..Self::at(0, masked) }
    }

    /// Frames begin again at `start`.
    fn restart(&mut self, start: u64) {
        *self = Self { searches: self.searches, doubts: self.doubts, ..Self::at(start, self.masked) };
    }
}

impl Frames {
    /// Frames begin at these offsets.
    pub(super) fn new(client: Direction, starts: PerDirection<u64>) -> Self {
        let track = |dir: Direction| Track::at(starts[dir], dir == client);
        Self { client, tracks: PerDirection { orig: track(Direction::Orig), resp: track(Direction::Resp) } }
    }

    /// The part of `dir` in the handshake was not whole: its frames are to be looked for.
    pub(super) fn look_for(&mut self, dir: Direction) {
        let start = self.tracks[dir].decoder.position();
        self.tracks[dir] =
            Track::looking(Seeker::new(start, start, Some(dir == self.client), true), dir == self.client);
    }

    /// Frames that nothing has announced, but those of `exact`, which begin where its seeker stands.
    pub(super) fn picked_up<S: FnMut(Observation<'_>)>(
        client: Direction,
        exact: Option<Direction>,
        seekers: PerDirection<Seeker>,
        ends: PerDirection<Option<(StreamEnd, Option<Carrier>)>>,
        out: &mut Out<'_, S>,
    ) -> Self {
        let mut held = PerDirection::<Held>::default();
        let mut track = |dir: Direction, mut seeker: Seeker, out: &mut Out<'_, S>| {
            if exact == Some(dir) {
                return Track::at(seeker.position(), dir == client);
            }
            seeker.expect(dir == client);
            let Some(start) = seeker.found() else {
                if let Some((how, carrier)) = ends[dir] {
                    held[dir].push(Item::End { how, carrier });
                }
                return Track::looking(seeker, dir == client);
            };
            let skipped = start.saturating_sub(seeker.since());
            held[dir] = seeker.into_held(start);
            resumed(role(dir, client), start, skipped, held[dir].carrier(), out);
            Track::at(start, dir == client)
        };
        let orig = track(Direction::Orig, seekers.orig, out);
        let resp = track(Direction::Resp, seekers.resp, out);
        let mut frames = Self { client, tracks: PerDirection { orig, resp } };
        release(&mut held, |dir, item| frames.push(dir, item, out));
        frames
    }

    pub(super) const fn client(&self) -> Direction {
        self.client
    }

    pub(super) fn push<S: FnMut(Observation<'_>)>(
        &mut self,
        dir: Direction,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) {
        let from = role(dir, self.client);
        self.tracks[dir].item(from, item, out);
    }

    /// The peer of `dir` has acknowledged its bytes up to `offset`.
    #[inline]
    pub(super) fn acked<S: FnMut(Observation<'_>)>(
        &self,
        dir: Direction,
        offset: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let by = dir.flip();
        let evidence = Evidence::Capture { carrier, offset: self.tracks[by].position() };
        out.emit(role(by, self.client), Observed::Acked(offset), Some(evidence));
    }
}

/// Gives away what waits, both directions in the order of the capture.
pub(super) fn release(held: &mut PerDirection<Held>, mut take: impl FnMut(Direction, Item<'_>)) {
    loop {
        let dir = match (held.orig.turn(), held.resp.turn()) {
            (None, None) => return,
            (Some(_), None) => Direction::Orig,
            (Some(orig), Some(resp)) if orig <= resp => Direction::Orig,
            _ => Direction::Resp,
        };
        if let Some(item) = held[dir].front() {
            take(dir, item);
        }
        held[dir].consume(usize::MAX);
    }
}

/// Frames of `from` begin at `start`, behind `skipped` bytes.
fn resumed<S: FnMut(Observation<'_>)>(
    from: Role,
    start: u64,
    skipped: u64,
    carrier: Option<Carrier>,
    out: &mut Out<'_, S>,
) {
    if skipped > 0 {
        out.weirds.add(WeirdKind::FramingResynchronised, carrier.map(|c| c.packet), || {
            format!(
                "frames of the {} recognised again at offset {start}, {} before it skipped",
                from.name(),
                count(skipped, "byte")
            )
        });
    }
    let evidence = carrier.map(|carrier| Evidence::Capture { carrier, offset: start });
    out.emit(from, Observed::Resumed { skipped }, evidence);
}

/// What stands at `offset` is no frame.
fn not_frames<S: FnMut(Observation<'_>)>(
    from: Role,
    how: LostHow,
    offset: u64,
    bytes: &[u8],
    carrier: Carrier,
    out: &mut Out<'_, S>,
) {
    // Of HTTP its first line: fields can be secrets.
    let is_http = matches!(how, LostHow::HttpResponse | LostHow::HttpRequest);
    let bytes = if is_http { skip_empty_lines(bytes) } else { bytes };
    let line = bytes.iter().position(|byte| is_http && matches!(byte, b'\r' | b'\n')).unwrap_or(bytes.len());
    let most = if is_http { MAX_LINE } else { START };
    let start = Bytes::from(bytes.get(..most.min(line)).unwrap_or_default());
    let what = Observed::Undecodable(Undecodable::NotFrames { how, start });
    out.emit(from, what, Some(Evidence::Capture { carrier, offset }));
}

/// So many bytes behind the last frame are none.
fn unread<S: FnMut(Observation<'_>)>(from: Role, skipped: u64, out: &mut Out<'_, S>) {
    out.weirds.add(WeirdKind::FramingLost, None, || {
        format!("{} of the {} behind its last frame are none", count(skipped, "byte"), from.name())
    });
}

impl Track {
    fn position(&self) -> u64 {
        self.beyond.map_or_else(
            || self.seeking.as_ref().map_or(self.decoder.position(), |seeking| seeking.seeker.position()),
            |(position, _)| position,
        )
    }

    fn item<S: FnMut(Observation<'_>)>(&mut self, from: Role, item: Item<'_>, out: &mut Out<'_, S>) {
        match item {
            Item::Data { offset, bytes, carrier }
                if self.expects(bytes, carrier, out.limits.max_resync_bytes) =>
            {
                self.decode(from, offset, bytes, carrier, out);
            }
            _ => self.any_item(from, item, out),
        }
    }

    /// Whether these bytes leave no question, as nearly always: whole frames, or the midst of a payload, which is kept.
    #[inline(always)]
    fn expects(&mut self, bytes: &[u8], carrier: Carrier, max: usize) -> bool {
        if self.beyond.is_some() || self.seeking.is_some() || self.doubt.is_some() || bytes.is_empty() {
            return false;
        }
        match self.decoder.to_boundary() {
            Some(0) if are_plain(bytes, self.masked) => self.open = None,
            Some(left) if left > bytes.len() as u64 && left >> 63 == 0 => {
                self.keep(self.decoder.open_payload().unwrap_or(0), bytes, carrier, max);
            }
            _ => return false,
        }
        true
    }

    #[inline(never)]
    fn any_item<S: FnMut(Observation<'_>)>(&mut self, from: Role, item: Item<'_>, out: &mut Out<'_, S>) {
        if let Some((position, since)) = self.beyond {
            return self.pass_over(position, since, from, item, out);
        }
        if let Some(seeking) = self.seeking.take() {
            return self.seek(seeking, from, item, out);
        }
        if let Some(doubt) = self.doubt.take()
            && self.clear_up(doubt, from, item, out)
        {
            return;
        }
        match item {
            Item::Data { offset, bytes, carrier } => self.data(from, offset, bytes, carrier, out),
            Item::Gap { len, cause, carrier, .. } => {
                self.open = None;
                self.decoder.gap(len, cause, &mut |decoded| {
                    let (what, offset) = observed(decoded);
                    out.emit(from, what, Some(Evidence::Capture { carrier, offset }));
                });
                if let Ending::Lost { offset, .. } = self.decoder.ending() {
                    self.opened.get_or_insert(carrier);
                    let masked = Some(from == Role::Client);
                    let seeker = Seeker::new(offset, self.decoder.position(), masked, false);
                    self.seeking =
                        Some(Box::new(Seeking { seeker, gap: Some((len, carrier.packet)), told: false }));
                }
            }
            Item::End { how, carrier } => self.end(from, how, carrier, out),
        }
    }

    /// Takes an item while frames are looked for.
    fn seek<S: FnMut(Observation<'_>)>(
        &mut self,
        mut seeking: Box<Seeking>,
        from: Role,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) {
        let seeker = &mut seeking.seeker;
        // The end of one that was picked up behind it is there already.
        if !seeker.has_ended() {
            seeker.push(item);
        }
        let mut found = seeker.found();
        let full = seeker.held().weight() > out.limits.max_resync_bytes;
        if found.is_none() && (full || seeker.has_ended()) {
            found = seeker.scan();
        }
        if let Some(start) = found {
            let skipped = start.saturating_sub(seeker.since());
            let mut held = seeking.seeker.into_held(start);
            resumed(from, start, skipped, held.carrier(), out);
            self.restart(start);
            while let Some(item) = held.front() {
                // All that is held was found to follow: no header is missing in it.
                self.item(from, item, out);
                held.consume(usize::MAX);
            }
            return;
        }
        if let Item::End { how, carrier } = item {
            self.give_up(&seeking, from, out);
            let evidence =
                carrier.map(|carrier| Evidence::Capture { carrier, offset: seeking.seeker.position() });
            out.emit(from, Observed::StreamEnd(how), evidence);
            return;
        }
        if full {
            seeker.forget();
        }
        self.seeking = Some(seeking);
    }

    /// The stream ended without another frame being recognised.
    fn give_up<S: FnMut(Observation<'_>)>(&self, seeking: &Seeking, from: Role, out: &mut Out<'_, S>) {
        if seeking.gap.is_none() && seeking.seeker.is_untouched() {
            return;
        }
        let (since, end) = (seeking.seeker.since(), seeking.seeker.position());
        let skipped = end.saturating_sub(since);
        if seeking.told {
            return unread(from, skipped, out);
        }
        if let Some((len, packet)) = seeking.gap {
            out.weirds.add(WeirdKind::FramingLost, Some(packet), || {
                format!("{} missing over a frame header of the {}", count(len, "byte"), from.name())
            });
        } else if skipped > 0 {
            out.weirds.add(WeirdKind::FramingLost, None, || {
                format!("no frames were recognised in {} of the {}", count(skipped, "byte"), from.name())
            });
        }
        if skipped > 0 {
            let at = self.opened.map(|carrier| Evidence::Capture { carrier, offset: since });
            out.emit(from, Observed::Undecodable(Undecodable::FramingLost { skipped }), at);
        }
    }

    fn data<S: FnMut(Observation<'_>)>(
        &mut self,
        from: Role,
        start: u64,
        bytes: &[u8],
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let here = start.saturating_add(done as u64);
            let Some(left) = self.decoder.to_boundary() else {
                // The rest of a header comes byte by byte, lest what is behind it goes unseen.
                let byte = rest.get(..1).unwrap_or(rest);
                done += byte.len();
                self.feed(from, start, byte, carrier, out);
                continue;
            };
            if left >> 63 != 0 && self.decoder.open_payload() == Some(left) {
                let scene = Scene { bytes: rest, at: 0, segments: &[], masked: self.masked, ended: false };
                if scene.has_frames() {
                    self.end_bare(from, carrier, out);
                    continue;
                }
            }
            let Some(boundary) = usize::try_from(left).ok().filter(|left| *left < rest.len()) else {
                if left > rest.len() as u64 || self.open.is_some() {
                    let len = self.decoder.open_payload().unwrap_or(0);
                    self.keep(len, rest, carrier, out.limits.max_resync_bytes);
                }
                return self.feed(from, start, rest, carrier, out);
            };
            let behind = rest.get(boundary..).unwrap_or_default();
            let at = here.saturating_add(left);
            let header = header_len(behind).unwrap_or(behind.len());
            let is_doubtful = self.trusted != Some(at);
            let is_odd = is_odd(behind, self.masked);
            let held = || {
                let mut held = Held::default();
                held.push(Item::Data { offset: here, bytes: rest, carrier });
                Some(Box::new(Doubt { at, held, items: 1, again: 2 }))
            };
            if is_doubtful && !is_odd && is_length_cut(behind) {
                // It says nothing yet that would have to wait.
                self.doubt = held();
                return;
            }
            if is_doubtful && is_odd {
                match self.read(rest, boundary, &[], false) {
                    Reading::Frame => {}
                    Reading::Undecided if self.doubts < MAX_DOUBTS => {
                        self.doubts += 1;
                        self.doubt = held();
                        return;
                    }
                    Reading::Undecided => {}
                    reading @ (Reading::Other { .. } | Reading::Eaten { .. }) => {
                        if boundary > 0 && matches!(reading, Reading::Other { .. }) {
                            self.feed(from, start, rest.get(..boundary).unwrap_or(rest), carrier, out);
                        }
                        match self.lose(reading, from, at, (rest, boundary), carrier, out) {
                            Some(resume) => {
                                done = usize::try_from(resume.saturating_sub(start)).unwrap_or(usize::MAX);
                                continue;
                            }
                            None => {
                                let item = Item::Data { offset: at, bytes: behind, carrier };
                                return self.item(from, item, out);
                            }
                        }
                    }
                }
            }
            self.open = None;
            let upto = match self.row(rest, boundary) {
                Some((end, 0)) => end,
                Some((end, len)) => {
                    if let Some(payload) = rest.get(end..).filter(|payload| !payload.is_empty()) {
                        self.keep(len, payload, carrier, out.limits.max_resync_bytes);
                    }
                    rest.len()
                }
                None => boundary + header,
            };
            self.feed(from, start, rest.get(..upto).unwrap_or(rest), carrier, out);
            done += upto;
        }
    }

    /// Follows frames from the header on that is at `at` in `rest`, as long as nothing is odd with them. Gives where the
    /// last of their headers ends, or behind its payload the bytes, and where they end inside its payload the length of that.
    fn row(&self, rest: &[u8], mut at: usize) -> Option<(usize, u64)> {
        let (mut header, mut len) = short_header(rest.get(at..)?)?;
        loop {
            let end = at + header;
            let next = end + len;
            if next == rest.len() {
                return Some((next, 0));
            }
            let Some(behind) = rest.get(next..) else { return Some((end, len as u64)) };
            match short_header(behind) {
                Some(plain) if !is_odd(behind, self.masked) => (at, (header, len)) = (next, plain),
                _ => return Some((end, 0)),
            }
        }
    }

    /// Keeps what came of an open payload of that length.
    fn keep(&mut self, len: u64, bytes: &[u8], carrier: Carrier, max: usize) {
        self.open.get_or_insert_with(|| Box::new(Open::new(len, max))).push(bytes, carrier, max);
    }

    /// What stands at `boundary` in `rest`, the bytes of `starts` being the first of segments.
    fn read(&mut self, rest: &[u8], boundary: usize, starts: &[usize], ended: bool) -> Reading {
        let deep = self.searches < MAX_SEARCHES;
        if !deep {
            let bytes = rest.get(boundary..).unwrap_or_default();
            return Scene { bytes, at: 0, segments: &[], masked: self.masked, ended }.read(false);
        }
        let before = self.open.as_ref().map_or_else(Vec::new, |open| open.bytes());
        let joined;
        let bytes = if before.is_empty() {
            rest
        } else {
            joined = [&before, rest].concat();
            &joined
        };
        let mut segments: Vec<usize> =
            self.open.iter().flat_map(|open| open.starts()).map(|(at, _)| at).collect();
        segments.push(before.len());
        segments.extend(starts.iter().map(|at| before.len() + at));
        segments.dedup();
        let at = before.len() + boundary;
        let reading = Scene { bytes, at, segments: &segments, masked: self.masked, ended }.read(true);
        self.searches += 1;
        reading
    }

    /// Takes what comes behind bytes in doubt. False where it is to be taken as ever, behind them.
    fn clear_up<S: FnMut(Observation<'_>)>(
        &mut self,
        mut doubt: Box<Doubt>,
        from: Role,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) -> bool {
        let is_data = matches!(item, Item::Data { .. });
        if is_data {
            doubt.held.push(item);
            doubt.items += 1;
        }
        let ended = !is_data || doubt.held.weight() > out.limits.max_resync_bytes;
        if doubt.items < doubt.again && !ended {
            self.doubt = Some(doubt);
            return true;
        }
        doubt.again = doubt.items.saturating_mul(2);
        let Some((Item::Data { offset, .. }, carrier)) = doubt.held.front().zip(doubt.held.carrier()) else {
            return is_data;
        };
        let boundary = usize::try_from(doubt.at.saturating_sub(offset)).unwrap_or(usize::MAX);
        let starts: Vec<usize> = doubt.held.starts().map(|(at, _)| at).collect();
        let bytes = doubt.held.bytes();
        let behind = bytes.get(boundary..).unwrap_or_default();
        let reading = if is_odd(behind, self.masked) {
            self.read(bytes, boundary, &starts, ended)
        } else if is_length_cut(behind) && !ended {
            Reading::Undecided
        } else {
            Reading::Frame
        };
        match reading {
            Reading::Undecided if !ended => {
                self.doubt = Some(doubt);
                return true;
            }
            // Looked at again where it stands, with all that is there.
            Reading::Frame | Reading::Undecided => self.trusted = Some(doubt.at),
            reading @ (Reading::Other { .. } | Reading::Eaten { .. }) => {
                if boundary > 0 && matches!(reading, Reading::Other { .. }) {
                    self.feed(from, offset, bytes.get(..boundary).unwrap_or(bytes), carrier, out);
                }
                let resume = self.lose(reading, from, doubt.at, (bytes, boundary), carrier, out);
                skip_to(&mut doubt.held, resume.unwrap_or(doubt.at));
            }
        }
        while let Some(item) = doubt.held.front() {
            self.item(from, item, out);
            doubt.held.consume(usize::MAX);
        }
        if !is_data {
            self.item(from, item, out);
        }
        true
    }

    /// The frame whose header came has no payload that could be.
    fn end_bare<S: FnMut(Observation<'_>)>(&mut self, from: Role, carrier: Carrier, out: &mut Out<'_, S>) {
        let start = self.decoder.position();
        let evidence = Some(Evidence::Capture { carrier, offset: start });
        let cut = self.decoder.open_payload().unwrap_or(0);
        out.emit(from, Observed::FrameEnd { cut }, evidence);
        out.emit(from, Observed::Resumed { skipped: 0 }, evidence);
        self.restart(start);
    }

    /// What stands at `at` is no frame. Gives the offset at which frames go on, if that is known.
    fn lose<S: FnMut(Observation<'_>)>(
        &mut self,
        reading: Reading,
        from: Role,
        at: u64,
        (rest, boundary): (&[u8], usize),
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Option<u64> {
        match reading {
            Reading::Other { how, resume } => {
                not_frames(from, how, at, rest.get(boundary..).unwrap_or_default(), carrier, out);
                if let Some(skipped) = resume {
                    let start = at.saturating_add(skipped as u64);
                    let evidence = Some(Evidence::Capture { carrier, offset: start });
                    out.emit(from, Observed::Resumed { skipped: skipped as u64 }, evidence);
                    self.restart(start);
                    return Some(start);
                }
                if matches!(how, LostHow::HttpResponse | LostHow::HttpRequest) {
                    let seeker = Seeker::new(at, at, Some(self.masked), false);
                    self.restart(at);
                    self.seeking = Some(Box::new(Seeking { seeker, gap: None, told: true }));
                } else {
                    self.beyond = Some((at, at));
                }
            }
            Reading::Eaten { back } => {
                let since = self.cut_short(from, at, (back, 0), (rest, boundary), carrier, out);
                let cut = self.decoder.to_boundary().unwrap_or(0);
                if cut > 0 {
                    let evidence = Some(Evidence::Capture { carrier, offset: at });
                    out.emit(from, Observed::FrameEnd { cut }, evidence);
                }
                self.beyond = Some((at, since));
            }
            Reading::Frame | Reading::Undecided => {}
        }
        None
    }

    /// Hands bytes to the decoder that are of frames.
    #[inline(never)]
    fn feed<S: FnMut(Observation<'_>)>(
        &mut self,
        from: Role,
        start: u64,
        bytes: &[u8],
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        self.decode(from, start, bytes, carrier, out);
    }

    #[inline(always)]
    fn decode<S: FnMut(Observation<'_>)>(
        &mut self,
        from: Role,
        start: u64,
        bytes: &[u8],
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let opened = self.opened;
        self.decoder.push(bytes, &mut |decoded| {
            let (what, offset) = observed(decoded);
            // Only a header begun in an earlier segment lies before this one.
            let carrier = if offset < start { opened.unwrap_or(carrier) } else { carrier };
            out.emit(from, what, Some(Evidence::Capture { carrier, offset }));
        });
        match self.decoder.open_header() {
            Some(offset) if offset >= start => self.opened = Some(carrier),
            Some(_) => {}
            None if self.decoder.is_lost() => {}
            None => self.opened = None,
        }
    }

    /// The payload that ends at `at`, which is `boundary` in `rest`, or lacks `left` bytes, has the next frame in it, `back`
    /// bytes before. Gives the offset of that.
    fn cut_short<S: FnMut(Observation<'_>)>(
        &self,
        from: Role,
        at: u64,
        (back, left): (usize, u64),
        (rest, boundary): (&[u8], usize),
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> u64 {
        let len = self.open.as_ref().map(|open| open.len).or(self.decoder.open_payload());
        let claimed = len.unwrap_or(boundary as u64);
        let how =
            LostHow::CutShort { came: claimed.saturating_sub(left).saturating_sub(back as u64), claimed };
        let offset = at.saturating_sub(back as u64);
        if let Some(start) = boundary.checked_sub(back) {
            not_frames(from, how, offset, rest.get(start..).unwrap_or_default(), carrier, out);
        } else if let Some(open) = &self.open {
            let before = open.bytes();
            let start = before.len().saturating_sub(back - boundary);
            let segment = open.starts().take_while(|(from, _)| *from <= start).last();
            let bytes = before.get(start..).unwrap_or_default();
            not_frames(from, how, offset, bytes, segment.map_or(carrier, |(_, carrier)| carrier), out);
        }
        offset
    }

    /// Takes what comes behind the last frame.
    fn pass_over<S: FnMut(Observation<'_>)>(
        &mut self,
        position: u64,
        since: u64,
        from: Role,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) {
        let position = match item {
            Item::Data { offset, bytes, .. } => offset.saturating_add(bytes.len() as u64),
            Item::Gap { len, .. } => position.saturating_add(len),
            Item::End { how, carrier } => {
                unread(from, position.saturating_sub(since), out);
                let evidence = carrier.map(|carrier| Evidence::Capture { carrier, offset: position });
                return out.emit(from, Observed::StreamEnd(how), evidence);
            }
        };
        self.beyond = Some((position, since));
    }
    fn end<S: FnMut(Observation<'_>)>(
        &mut self,
        from: Role,
        how: StreamEnd,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        let at =
            |carrier: Option<Carrier>, offset| carrier.map(|carrier| Evidence::Capture { carrier, offset });
        let here = at(carrier, self.decoder.position());
        match self.decoder.ending() {
            Ending::Between => {}
            Ending::InHeader { offset, bytes } => {
                let cut = Undecodable::CutHeader { bytes: bytes.to_vec() };
                out.emit(from, Observed::Undecodable(cut), at(self.opened, offset));
            }
            Ending::InPayload { left } => {
                if let Some(open) = &self.open {
                    let bytes = open.bytes();
                    let segments: Vec<usize> = open.starts().map(|(at, _)| at).collect();
                    let at = bytes.len();
                    let scene =
                        Scene { bytes: &bytes, at, segments: &segments, masked: self.masked, ended: true };
                    if let Some((start, carrier)) = scene
                        .read_at_end()
                        .zip(carrier.or(self.opened).or(open.segments.front().map(|(_, carrier)| *carrier)))
                    {
                        let (back, end) = (at.saturating_sub(start), self.decoder.position());
                        self.cut_short(from, end, (back, left), (&[], 0), carrier, out);
                    }
                }
                out.emit(from, Observed::FrameEnd { cut: left }, here);
            }
            // Then frames are looked for, and the end is met there.
            Ending::Lost { .. } => {}
        }
        out.emit(from, Observed::StreamEnd(how), here);
    }
}

/// The observation in a step, and the offset it stands at.
fn observed(decoded: Decoded<'_>) -> (Observed<'_>, u64) {
    match decoded {
        Decoded::Frame { offset, header } => (Observed::Frame(header), offset),
        Decoded::Payload { offset, piece } => (Observed::Payload(piece), offset),
        Decoded::FrameEnd { offset } => (Observed::FrameEnd { cut: 0 }, offset),
        Decoded::Gap { offset, len, cause } => (Observed::Gap { len, cause }, offset),
    }
}
