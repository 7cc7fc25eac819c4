//! The chains that begin anywhere, all at once: each place is looked at once, from the last to the first, since what a chain
//! comes to follows from where its first frame ends.

use crate::model::FrameHeader;
use crate::websocket::chain::{END_BITS, State, bits, by_chance, is_sound, sense};
use crate::websocket::header::{MAX_HEADER, can_begin, header_len, parse_header};

/// Bytes of a stream from `offset` on, in their segments; where those do not follow one another bytes are missing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segments<'a> {
    pub(crate) bytes: &'a [u8],
    /// Offset of each, and index among the bytes.
    pub(crate) starts: &'a [(u64, usize)],
    /// Offset behind all that came, missing bytes too.
    pub(crate) position: u64,
    /// The stream ends there.
    pub(crate) ended: bool,
}

/// What speaks for frames from a place on to the end, by the state before it, up to `MOST`; or `NONE`, where they do not fit.
type Worth = [u8; 4];

const NONE: u8 = u8::MAX;
/// More than is asked of any, and than what of it may have to be taken back.
const MOST: u32 = 128;

/// Where a frame ends.
enum Place {
    /// Before another that is there, by index.
    At(usize),
    Beyond,
    Missing,
}

/// The first offset at which frames begin that follow one another to the end, with so many bits that speak for them.
pub(crate) fn first(segments: &Segments<'_>, masked: bool, enough: u32) -> Option<u64> {
    let mut found = None;
    // Where nothing fits, as mostly, there is nothing to keep.
    let mut worths: Vec<Worth> = Vec::new();
    let mut upto = segments.bytes.len();
    // Index behind the bytes that follow without a hole.
    let mut run = upto;
    for (n, (offset, start)) in segments.starts.iter().enumerate().rev() {
        if segments.end(n) != segments.starts.get(n + 1).map_or(segments.position, |next| next.0) {
            run = upto;
        }
        let is_last = run == segments.bytes.len() && segments.last_end() == segments.position;
        // Up to there a header is whole, and mostly is none by its first two bytes.
        let whole = run.checked_sub(MAX_HEADER);
        for at in (*start..upto).rev() {
            let rest = segments.bytes.get(at..run).unwrap_or_default();
            let worth = if whole.is_some_and(|whole| at <= whole) && !can_begin(rest, masked) {
                continue;
            } else if header_len(rest).is_some() {
                let Some(worth) = segments.worth(at, n, rest, masked, &worths) else { continue };
                worth
            } else if is_last {
                [0; 4]
            } else {
                continue;
            };
            if worths.is_empty() {
                worths.resize(segments.bytes.len(), [NONE; 4]);
            }
            if let Some(kept) = worths.get_mut(at) {
                *kept = worth;
            }
            let bits = worth[State::Unknown as usize];
            if bits != NONE && u32::from(bits) >= enough {
                found = Some(offset.saturating_add((at - start) as u64));
            }
        }
        upto = *start;
    }
    found
}

impl Segments<'_> {
    /// Offset behind that segment.
    fn end(&self, n: usize) -> u64 {
        let Some((offset, _)) = self.starts.get(n) else { return self.position };
        offset.saturating_add(self.len(n) as u64)
    }

    fn last_end(&self) -> u64 {
        self.starts.len().checked_sub(1).map_or(self.position, |last| self.end(last))
    }

    fn len(&self, n: usize) -> usize {
        let Some((_, start)) = self.starts.get(n) else { return 0 };
        self.starts.get(n + 1).map_or(self.bytes.len(), |next| next.1).saturating_sub(*start)
    }

    /// The last segment that begins at that offset or before.
    fn segment_of(&self, offset: u64) -> Option<usize> {
        self.starts.partition_point(|(start, _)| *start <= offset).checked_sub(1)
    }

    fn place(&self, offset: u64) -> Place {
        if offset >= self.position {
            return Place::Beyond;
        }
        let at = self.segment_of(offset).and_then(|n| {
            let (start, at) = self.starts.get(n)?;
            let behind = usize::try_from(offset.saturating_sub(*start)).ok()?;
            (behind < self.len(n)).then_some(at + behind)
        });
        at.map_or(Place::Missing, Place::At)
    }

    /// What the frame says that begins at `at` in segment `n`, and all that follow it.
    fn worth(&self, at: usize, n: usize, rest: &[u8], masked: bool, worths: &[Worth]) -> Option<Worth> {
        let header = parse_header(rest).ok()?;
        if header.masking_key.is_some() != masked || !is_sound(&header) {
            return None;
        }
        let (offset, start) = self.starts.get(n)?;
        let offset = offset.saturating_add((at - start) as u64);
        let end = offset.saturating_add(header.whole_len());
        let behind = match self.place(end) {
            Place::At(next) => {
                let again = self.said_again(&header, next);
                worths.get(next)?.map(|bits| if bits == NONE { NONE } else { bits.saturating_sub(again) })
            }
            Place::Beyond => [0; 4],
            Place::Missing => return None,
        };
        let states = [State::Unknown, State::Between, State::InMessage, State::Closed];
        let behind = states.map(|state| {
            let next = state.after(&header)?;
            Some(behind[next as usize]).filter(|bits| *bits != NONE)
        });
        if behind.iter().all(Option::is_none) {
            return None;
        }
        let own = bits(&header) + self.aligned(end, n) + self.sense(&header, at, offset)?;
        Some(behind.map(|bits| {
            bits.map_or(NONE, |bits| u8::try_from((own + u32::from(bits)).min(MOST)).unwrap_or(NONE))
        }))
    }

    /// What the header at `next` does not say behind one with the same key, in bits.
    fn said_again(&self, header: &FrameHeader, next: usize) -> u8 {
        let key = header.masking_key;
        let rest = self.bytes.get(next..).unwrap_or_default();
        let next = parse_header(rest).ok().filter(|next| key.is_some() && next.masking_key == key);
        next.map_or(0, |next| u8::try_from(bits(&next)).unwrap_or(u8::MAX))
    }

    /// What it says that a frame that begins in segment `n` ends at that offset.
    fn aligned(&self, end: u64, n: usize) -> u32 {
        let at_end = if self.ended && end == self.position { END_BITS } else { 0 };
        if end == self.end(n) {
            return END_BITS + at_end;
        }
        let other = end.checked_sub(1).and_then(|last| self.segment_of(last));
        let other = other.filter(|other| self.end(*other) == end);
        at_end + other.map_or(0, |other| by_chance(self.len(other)))
    }

    /// What its payload says, if that came in one segment, in which the header ends; `None` where no sound sender sends it.
    fn sense(&self, header: &FrameHeader, at: usize, offset: u64) -> Option<u32> {
        let first = offset.saturating_add(header.wire_len());
        let whole = self
            .segment_of(first.saturating_sub(1))
            .is_some_and(|n| first.saturating_add(header.payload_len) <= self.end(n));
        let (start, len) =
            (usize::try_from(header.wire_len()).ok()?, usize::try_from(header.payload_len).ok()?);
        match self.bytes.get(at + start..).and_then(|payload| payload.get(..len)) {
            Some(payload) if whole => sense(header, payload),
            _ => Some(0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{MaskingKey, Opcode};
    use crate::websocket::Chain;
    use crate::websocket::encode::{encode, header};

    /// Frames, and bytes that are parts of them more often than not.
    fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
        let opcode = prop::sample::select(vec![0_u8, 1, 2, 8, 9, 10]);
        let key =
            prop::sample::select(vec![None, Some([1, 2, 3, 4]), Some([0; 4]), Some([9, 9, 0x8f, 0xf0])]);
        let payload = prop_oneof![
            Just(Vec::new()),
            "[a-z\u{e9}\n]{1,20}".prop_map(String::into_bytes),
            Just(b"\x03\xe8bye".to_vec()),
            prop::collection::vec(any::<u8>(), 0..20),
            Just(vec![b'x'; 300]),
        ];
        let frame = (opcode, key, payload, any::<bool>()).prop_map(|(opcode, key, payload, fin)| {
            let key = key.map(MaskingKey);
            let payload = crate::websocket::mask::unmasked(&payload, key);
            let header = FrameHeader { fin, ..header(Opcode::from_bits(opcode), key, payload.len() as u64) };
            encode(&header, &payload)
        });
        let octet = prop::sample::select(vec![
            0_u8, 1, 2, 3, 4, 0x80, 0x81, 0x82, 0x84, 0x88, 0x8a, 0x7e, 0xfe, 0x41,
        ]);
        prop_oneof![3 => frame, 1 => prop::collection::vec(octet, 0..30)]
    }

    /// Segments with the bytes that are missing before each.
    fn any_stream() -> impl Strategy<Value = Vec<(u64, Vec<u8>)>> {
        let bytes = prop::collection::vec(any_bytes(), 1..12).prop_map(|pieces| pieces.concat());
        let cuts = prop::collection::vec((1..40_usize, prop::bool::weighted(0.1), 1..30_u64), 1..40);
        (bytes, cuts).prop_map(|(mut rest, cuts)| {
            let mut segments = Vec::new();
            for (len, is_gap, gap) in cuts {
                if rest.is_empty() {
                    break;
                }
                let behind = rest.split_off(len.min(rest.len()));
                segments.push((if is_gap { gap } else { 0 }, rest));
                rest = behind;
            }
            segments
        })
    }

    /// Each place tried by itself.
    fn one_by_one(
        segments: &[(u64, Vec<u8>)],
        lost: u64,
        ended: bool,
        masked: bool,
        enough: u32,
    ) -> Option<u64> {
        let mut offset = 0;
        let placed: Vec<(u64, u64, &[u8])> = (segments.iter())
            .map(|(gap, bytes)| {
                offset += gap;
                let start = offset;
                offset += bytes.len() as u64;
                (start, *gap, bytes.as_slice())
            })
            .collect();
        let end = offset + lost;
        let starts = placed.iter().flat_map(|(start, _, bytes)| (*start..).take(bytes.len()));
        starts.into_iter().find(|start| {
            let mut chain = Chain::new(*start, Some(masked));
            let behind = placed.iter().filter(|(from, _, bytes)| from + bytes.len() as u64 > *start);
            let fits = behind.into_iter().all(|(from, gap, bytes)| {
                let is_over = *gap == 0 || from - gap < *start || chain.gap(from - gap, *gap);
                is_over && chain.data(*from, bytes)
            });
            let fits = fits && (lost == 0 || chain.gap(offset, lost));
            if ended {
                chain.end(end);
            }
            fits && chain.bits() >= enough
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn all_at_once_find_what_each_by_itself_does(
            stream in any_stream(),
            lost in prop_oneof![4 => Just(0_u64), 1 => 1..20_u64],
            ended in any::<bool>(),
            masked in any::<bool>(),
            enough in 1..60_u32,
        ) {
            let (mut bytes, mut starts, mut position) = (Vec::new(), Vec::new(), 0);
            for (gap, segment) in &stream {
                starts.push((position + gap, bytes.len()));
                position += gap + segment.len() as u64;
                bytes.extend_from_slice(segment);
            }
            let segments = Segments { bytes: &bytes, starts: &starts, position: position + lost, ended };
            prop_assert_eq!(first(&segments, masked, enough), one_by_one(&stream, lost, ended, masked, enough));
        }
    }
}
