//! A connection after its upgrade.

use crate::dissect::held::Held;
use crate::dissect::seek::Seeker;
use crate::dissect::{Item, Out, role};
use crate::model::{
    Carrier, Direction, Evidence, Observation, Observed, PacketNo, PerDirection, Role, StreamEnd,
    Undecodable, WeirdKind, count,
};
use crate::websocket::{Decoded, Decoder, Ending};

/// Both directions of framing.
#[derive(Debug)]
pub(super) struct Frames {
    client: Direction,
    tracks: PerDirection<Track>,
}

#[derive(Debug)]
struct Track {
    decoder: Decoder,
    /// What brought the first byte of the header that is open, or of the gap that ended framing.
    opened: Option<Carrier>,
    /// Where the next frame begins is not known: it is looked for, and the decoder waits.
    seeking: Option<Box<Seeking>>,
}

/// A direction whose frames are looked for.
#[derive(Debug)]
struct Seeking {
    seeker: Seeker,
    /// The gap that took a header, its length and packet; `None` where no frame was seen before.
    gap: Option<(u64, PacketNo)>,
}

impl Track {
    const fn at(start: u64) -> Self {
        Self { decoder: Decoder::new(start), opened: None, seeking: None }
    }

    fn looking(seeker: Seeker) -> Self {
        let seeking = Some(Box::new(Seeking { seeker, gap: None }));
        Self { seeking, ..Self::at(0) }
    }
}

impl Frames {
    /// Frames begin at these offsets.
    pub(super) fn new(client: Direction, starts: PerDirection<u64>) -> Self {
        Self { client, tracks: PerDirection { orig: Track::at(starts.orig), resp: Track::at(starts.resp) } }
    }

    /// The part of `dir` in the handshake was not whole: its frames are to be looked for.
    pub(super) fn look_for(&mut self, dir: Direction) {
        let start = self.tracks[dir].decoder.position();
        self.tracks[dir] = Track::looking(Seeker::new(start, start, Some(dir == self.client), true));
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
                return Track::at(seeker.position());
            }
            seeker.expect(dir == client);
            let Some(start) = seeker.found() else {
                if let Some((how, carrier)) = ends[dir] {
                    held[dir].push(Item::End { how, carrier });
                }
                return Track::looking(seeker);
            };
            let skipped = start.saturating_sub(seeker.since());
            held[dir] = seeker.into_held(start);
            resumed(role(dir, client), start, skipped, held[dir].carrier(), out);
            Track::at(start)
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
        let track = &mut self.tracks[dir];
        if let Some(seeking) = track.seeking.take() {
            track.seek(seeking, from, item, out);
        } else {
            track.item(from, item, out);
        }
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

impl Track {
    fn position(&self) -> u64 {
        self.seeking.as_ref().map_or(self.decoder.position(), |seeking| seeking.seeker.position())
    }

    fn item<S: FnMut(Observation<'_>)>(&mut self, from: Role, item: Item<'_>, out: &mut Out<'_, S>) {
        match item {
            Item::Data { offset, bytes, carrier } => self.data(from, offset, bytes, carrier, out),
            Item::Gap { len, cause, carrier, .. } => {
                self.decoder.gap(len, cause, &mut |decoded| {
                    let (what, offset) = observed(decoded);
                    out.emit(from, what, Some(Evidence::Capture { carrier, offset }));
                });
                if let Ending::Lost { offset, .. } = self.decoder.ending() {
                    self.opened.get_or_insert(carrier);
                    let masked = Some(from == Role::Client);
                    let seeker = Seeker::new(offset, self.decoder.position(), masked, false);
                    self.seeking = Some(Box::new(Seeking { seeker, gap: Some((len, carrier.packet)) }));
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
            *self = Self::at(start);
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
            Ending::InPayload { left } => out.emit(from, Observed::FrameEnd { cut: left }, here),
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
