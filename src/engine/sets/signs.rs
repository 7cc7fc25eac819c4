//! By what a file shows that it is another view of what an earlier one has, and not what came after it: where the clocks of two hosts
//! differ by more than a recording lasts, times say the opposite.

use std::collections::HashMap;
use std::net::SocketAddr;

use crate::limits::Limits;
use crate::model::{Packet, Segment, TcpFlags, Weirds, payload_mark};
use crate::source::Decoder;

/// Segments of the beginning of a file that are known again elsewhere.
const SEGMENTS: usize = 16;

/// Packets that are looked through for these.
const PACKETS: usize = 64;

/// So many in common are no retransmissions.
const PLENTY: usize = 4;

/// Of a sign that stands for the key of an opening handshake, which a proxy passes on.
const KEY: u64 = 1 << 63;

/// Places where a segment was met that are kept.
const PLACES: usize = 4;

const KEY_FIELD: &[u8] = b"sec-websocket-key:";

/// A segment by which a file is known again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Sign {
    /// What it carries and its number: the same at any point of the way, whatever rewrites addresses.
    what: u64,
    place: Place,
}

/// From whom to whom it went, and how far it had come by then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    ends: (SocketAddr, SocketAddr),
    ttl: u8,
}

impl Sign {
    /// Whether one segment can have been recorded both here and there. Where it has other addresses it has another time to live, too;
    /// a proxy passes a key on to another server.
    fn is_of(self, there: Place, is_of_series: bool) -> bool {
        let here = self.place;
        let is_passed_on = self.what & KEY != 0 && here.ends.1 != there.ends.1;
        // Names that say that one file goes on with the other are believed, if it may be so.
        here.ttl != there.ttl || is_passed_on || here.ends == there.ends && !is_of_series
    }
}

/// The beginning of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Signs(Vec<Sign>);

/// Takes the first packets of a file.
#[derive(Debug)]
pub(in crate::engine) struct Gatherer {
    decoder: Decoder,
    signs: Vec<Sign>,
    packets: usize,
}

impl Gatherer {
    pub(in crate::engine) fn new(limits: &Limits) -> Self {
        Self { decoder: Decoder::new(limits), signs: Vec::new(), packets: 0 }
    }

    /// Whether it wants more.
    pub(in crate::engine) fn packet(&mut self, packet: &Packet<'_>) -> bool {
        let signs = &mut self.signs;
        self.decoder.decode(packet, &mut Weirds::default(), &mut |segment| {
            signs.extend(sign(segment).map(|what| Sign { what, place: place(segment) }));
        });
        self.packets += 1;
        self.packets < PACKETS && self.signs.len() < SEGMENTS
    }

    pub(in crate::engine) fn finish(mut self) -> Signs {
        self.signs.sort_unstable();
        self.signs.dedup_by_key(|sign| sign.what);
        Signs(self.signs)
    }
}

/// What of the beginnings of waiting files was met in the files of one capture.
#[derive(Debug, Default)]
pub(in crate::engine) struct Met(HashMap<u64, Vec<Place>, foldhash::quality::RandomState>);

impl Met {
    /// Looks out for these, and for no others any more.
    pub(in crate::engine) fn watch<'a>(&mut self, all: impl Iterator<Item = &'a Signs>) {
        let mut before = std::mem::take(&mut self.0);
        for sign in all.flat_map(|signs| &signs.0) {
            self.0.entry(sign.what).or_insert_with(|| before.remove(&sign.what).unwrap_or_default());
        }
    }

    #[inline]
    pub(in crate::engine) fn see(&mut self, segment: &Segment<'_>) {
        if !self.0.is_empty()
            && let Some(places) = sign(segment).and_then(|sign| self.0.get_mut(&sign))
            && places.len() < PLACES
        {
            places.push(place(segment));
        }
    }

    /// Whether these files show what another begins with; the names of both may say that they are of one series.
    pub(super) fn has(&self, signs: &Signs, is_of_series: bool) -> bool {
        let places = |sign: &Sign| self.0.get(&sign.what).map_or(&[][..], Vec::as_slice);
        let is_met = |sign: &&Sign| places(sign).iter().any(|place| sign.is_of(*place, is_of_series));
        let common = signs.0.iter().filter(is_met).count();
        // A client that has one key for all its connections shows nothing.
        let is_only = |sign: &Sign| sign.what & KEY != 0 && places(sign).len() == 1;
        let is_handshake = signs.0.iter().filter(is_met).any(is_only);
        is_handshake || common >= PLENTY || common >= 2 && common * 2 > signs.0.len()
    }
}

const fn place(segment: &Segment<'_>) -> Place {
    Place { ends: (segment.src, segment.dst), ttl: segment.header.ttl }
}

/// Of the key of a handshake; of a SYN; or of payload with its number.
fn sign(segment: &Segment<'_>) -> Option<u64> {
    let payload = segment.payload;
    if let Some(key) = key(payload) {
        return Some(payload_mark(key, 0) | KEY);
    }
    let is_syn = segment.flags.has(TcpFlags::SYN);
    let len = u32::try_from(payload.len()).unwrap_or(u32::MAX).saturating_add(segment.cut_off);
    let mark = payload_mark(payload, len) ^ u64::from(segment.seq.0).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (is_syn || len > 0).then_some(mark & !KEY)
}

fn key(payload: &[u8]) -> Option<&[u8]> {
    if !payload.starts_with(b"GET ") {
        return None;
    }
    payload.split(|b| *b == b'\n').find_map(|line| {
        let (name, value) = line.split_at_checked(KEY_FIELD.len())?;
        name.eq_ignore_ascii_case(KEY_FIELD).then(|| value.trim_ascii())
    })
}
