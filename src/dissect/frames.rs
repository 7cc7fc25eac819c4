//! A connection after its upgrade.

mod doubt;
mod lost;
mod open;

use crate::dissect::held::Held;
use crate::dissect::misread::{Reading, Scene, are_plain, is_length_cut, is_odd, short_header};
use crate::dissect::seek::Seeker;
use crate::dissect::{Dissected, Item, Out, role};
use crate::model::{Carrier, Direction, Evidence, Observed, PerDirection, Role, StreamEnd, Undecodable};
use crate::websocket::{Decoded, Decoder, Ending, header_len};
use doubt::{Doubt, MAX_DOUBTS};
use lost::{Seeking, resumed};
use open::Open;

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
    pub(super) fn picked_up<S: FnMut(Dissected<'_>)>(
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

    /// Frames that nothing has announced begin at these offsets; all that comes of them is held.
    pub(super) fn behind_holes<S: FnMut(Dissected<'_>)>(
        client: Direction,
        starts: PerDirection<u64>,
        mut held: PerDirection<Held>,
        out: &mut Out<'_, S>,
    ) -> Self {
        let mut frames = Self::new(client, starts);
        for dir in [Direction::Orig, Direction::Resp] {
            if let Some(Item::Data { offset, carrier, .. }) = held[dir].front() {
                resumed(role(dir, client), offset, 0, Some(carrier), out);
            }
        }
        release(&mut held, |dir, item| frames.push(dir, item, out));
        frames
    }

    pub(super) const fn client(&self) -> Direction {
        self.client
    }

    /// Whether nothing waits, and nothing is kept.
    #[inline]
    pub(super) const fn holds_nothing(&self) -> bool {
        self.tracks.orig.holds_nothing() && self.tracks.resp.holds_nothing()
    }

    /// Bytes of memory behind what waits, and what came last.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        self.tracks.orig.memory() + self.tracks.resp.memory()
    }

    /// Lets go of what came last of open payloads: frames that begin inside one are not looked for in it then.
    pub(super) fn relieve(&mut self) {
        (self.tracks.orig.open, self.tracks.resp.open) = (None, None);
    }

    pub(super) fn push<S: FnMut(Dissected<'_>)>(
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
    pub(super) fn acked<S: FnMut(Dissected<'_>)>(
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

impl Track {
    #[inline]
    const fn holds_nothing(&self) -> bool {
        self.seeking.is_none() && self.doubt.is_none() && self.open.is_none()
    }

    #[inline]
    fn memory(&self) -> usize {
        self.seeking.as_ref().map_or(0, |seeking| seeking.seeker.memory())
            + self.doubt.as_ref().map_or(0, |doubt| doubt.memory())
            + self.open.as_ref().map_or(0, |open| open.memory())
    }

    fn position(&self) -> u64 {
        self.beyond.map_or_else(
            || self.seeking.as_ref().map_or(self.decoder.position(), |seeking| seeking.seeker.position()),
            |(position, _)| position,
        )
    }

    fn item<S: FnMut(Dissected<'_>)>(&mut self, from: Role, item: Item<'_>, out: &mut Out<'_, S>) {
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
    fn any_item<S: FnMut(Dissected<'_>)>(&mut self, from: Role, item: Item<'_>, out: &mut Out<'_, S>) {
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

    fn data<S: FnMut(Dissected<'_>)>(
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
            let held = || Some(Doubt::new(at, Item::Data { offset: here, bytes: rest, carrier }));
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
                    Reading::Lost(lost) => {
                        match self.lose(lost, from, here, (rest, boundary), carrier, out) {
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
        self.open.get_or_insert_with(|| Box::new(Open::new(len))).push(bytes, carrier, max);
    }

    /// Hands bytes to the decoder that are of frames.
    #[inline(never)]
    fn feed<S: FnMut(Dissected<'_>)>(
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
    fn decode<S: FnMut(Dissected<'_>)>(
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

    fn end<S: FnMut(Dissected<'_>)>(
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
                    if let Some((start, carrier)) =
                        scene.read_at_end().zip(carrier.or(self.opened).or(open.carrier()))
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
