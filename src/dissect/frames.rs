//! A connection after its upgrade.

use crate::dissect::{Item, Out, role};
use crate::model::{
    Carrier, Direction, Evidence, Observation, Observed, PerDirection, Role, StreamEnd, Undecodable,
    WeirdKind,
};
use crate::websocket::{Decoded, Decoder, Ending};

/// Both directions of framing.
#[derive(Debug)]
pub(super) struct Frames {
    client: Direction,
    tracks: PerDirection<Track>,
}

/// One direction.
#[derive(Debug)]
struct Track {
    decoder: Decoder,
    /// What brought the first byte of the header that is open, or of the gap that ended framing.
    opened: Option<Carrier>,
}

impl Frames {
    /// Frames begin at these offsets.
    pub(super) fn new(client: Direction, starts: PerDirection<u64>) -> Self {
        let track = |start| Track { decoder: Decoder::new(start), opened: None };
        let tracks = PerDirection { orig: track(starts.orig), resp: track(starts.resp) };
        Self { client, tracks }
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
        match item {
            Item::Data { offset, bytes, carrier } => track.data(from, offset, bytes, carrier, out),
            Item::Gap { len, cause, carrier, .. } => {
                let was_lost = track.decoder.is_lost();
                track.decoder.gap(len, cause, &mut |decoded| {
                    let (what, offset) = observed(decoded);
                    out.emit(from, what, Some(Evidence::Capture { carrier, offset }));
                });
                if track.decoder.is_lost() && !was_lost {
                    track.opened.get_or_insert(carrier);
                    out.weirds.add(WeirdKind::FramingLost, Some(carrier.packet), || {
                        format!("{len} bytes missing over a frame header of the {}", from.name())
                    });
                }
            }
            Item::End { how, carrier } => track.end(from, how, carrier, out),
        }
    }

    /// The peer of `dir` has acknowledged its bytes up to `offset`.
    pub(super) fn acked<S: FnMut(Observation<'_>)>(
        &self,
        dir: Direction,
        offset: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let by = dir.flip();
        let evidence = Evidence::Capture { carrier, offset: self.tracks[by].decoder.position() };
        out.emit(role(by, self.client), Observed::Acked(offset), Some(evidence));
    }
}

impl Track {
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
            Ending::Lost { offset, skipped } => {
                let lost = Undecodable::FramingLost { skipped };
                out.emit(from, Observed::Undecodable(lost), at(self.opened, offset));
            }
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
