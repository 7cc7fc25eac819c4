//! Where framing is lost, and frames are looked for again.

use crate::dissect::frames::Track;
use crate::dissect::misread::Lost;
use crate::dissect::seek::Seeker;
use crate::dissect::{Dissected, Item, Out};
use crate::http::grammar::skip_empty_lines;
use crate::model::{
    Bytes, Carrier, Evidence, LostHow, Observed, PacketNo, Role, Undecodable, WeirdKind, count,
};

/// First bytes kept of what is no frame, and of a line of HTTP.
const START: usize = 48;
const MAX_LINE: usize = 256;

/// A direction whose frames are looked for.
#[derive(Debug)]
pub(super) struct Seeking {
    pub(super) seeker: Seeker,
    /// The gap that took a header, its length and packet; `None` where no frame was seen before.
    pub(super) gap: Option<(u64, PacketNo)>,
    /// What stands there was told of.
    pub(super) told: bool,
}

/// Frames of `from` begin at `start`, behind `skipped` bytes.
pub(super) fn resumed<S: FnMut(Dissected<'_>)>(
    from: Role,
    start: u64,
    skipped: u64,
    carrier: Option<Carrier>,
    out: &mut Out<'_, S>,
) {
    if skipped > 0 {
        out.weirds.add(WeirdKind::FramingResynchronised, carrier.map(|c| c.packet), || {
            format!(
                "frames from the {} recognised again at offset {start}, after skipping {}",
                from.name(),
                count(skipped, "byte")
            )
        });
    }
    let evidence = carrier.map(|carrier| Evidence::Capture { carrier, offset: start });
    out.emit(from, Observed::Resumed { skipped }, evidence);
}

/// What stands at `offset` is no frame.
pub(super) fn not_frames<S: FnMut(Dissected<'_>)>(
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
pub(super) fn unread<S: FnMut(Dissected<'_>)>(from: Role, skipped: u64, out: &mut Out<'_, S>) {
    out.weirds.add(WeirdKind::FramingLost, None, || {
        format!("{} after the last frame from the {} are not a frame", count(skipped, "byte"), from.name())
    });
}

impl Track {
    /// Takes an item while frames are looked for.
    pub(super) fn seek<S: FnMut(Dissected<'_>)>(
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
    pub(super) fn give_up<S: FnMut(Dissected<'_>)>(
        &self,
        seeking: &Seeking,
        from: Role,
        out: &mut Out<'_, S>,
    ) {
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
                format!("{} missing, including a frame header from the {}", count(len, "byte"), from.name())
            });
        } else if skipped > 0 {
            out.weirds.add(WeirdKind::FramingLost, None, || {
                format!("no frames were recognised in {} from the {}", count(skipped, "byte"), from.name())
            });
        }
        if skipped > 0 {
            let at = self.opened.map(|carrier| Evidence::Capture { carrier, offset: since });
            out.emit(from, Observed::Undecodable(Undecodable::FramingLost { skipped }), at);
        }
    }

    /// The frame whose header came has no payload that could be.
    pub(super) fn end_bare<S: FnMut(Dissected<'_>)>(
        &mut self,
        from: Role,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let start = self.decoder.position();
        let evidence = Some(Evidence::Capture { carrier, offset: start });
        let cut = self.decoder.open_payload().unwrap_or(0);
        out.emit(from, Observed::FrameEnd { cut }, evidence);
        out.emit(from, Observed::Resumed { skipped: 0 }, evidence);
        self.restart(start);
    }

    /// What stands at `boundary` in `rest`, whose first byte is at `start`, is no frame. Gives the offset at which frames go
    /// on, if that is known.
    pub(super) fn lose<S: FnMut(Dissected<'_>)>(
        &mut self,
        lost: Lost,
        from: Role,
        start: u64,
        (rest, boundary): (&[u8], usize),
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Option<u64> {
        let at = start.saturating_add(boundary as u64);
        match lost {
            Lost::Other { how, resume } => {
                if let Some(before) = rest.get(..boundary).filter(|before| !before.is_empty()) {
                    self.feed(from, start, before, carrier, out);
                }
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
            Lost::Eaten { back } => {
                let since = self.cut_short(from, at, (back, 0), (rest, boundary), carrier, out);
                let cut = self.decoder.to_boundary().unwrap_or(0);
                if cut > 0 {
                    let evidence = Some(Evidence::Capture { carrier, offset: at });
                    out.emit(from, Observed::FrameEnd { cut }, evidence);
                }
                self.beyond = Some((at, since));
            }
        }
        None
    }

    /// The payload that ends at `at`, which is `boundary` in `rest`, or lacks `left` bytes, has the next frame in it, `back`
    /// bytes before. Gives the offset of that.
    pub(super) fn cut_short<S: FnMut(Dissected<'_>)>(
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
    pub(super) fn pass_over<S: FnMut(Dissected<'_>)>(
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
}
