//! Bytes of a stream, replaced in the packets that carry them.

use std::collections::BTreeMap;

use crate::model::{Fill, Segment};

/// What stands for text.
const FILLER: u8 = b'x';

/// Letters that tell different payloads apart.
const LETTERS: u32 = 7;

/// Byte `at` of what stands for the payload of that number.
const fn letter(said: u32, at: u64) -> u8 {
    let digit = said / 26_u32.pow((at % LETTERS as u64) as u32) % 26;
    b'a' + ((FILLER - b'a') as u32 + digit) as u8 % 26
}

/// Replaces what of `bytes`, which begin at `offset` in their stream, is to be filled; whether there was something. `fills` are in
/// order and do not overlap.
pub fn fill(fills: &[Fill], offset: u64, bytes: &mut [u8]) -> bool {
    let end = offset.saturating_add(bytes.len() as u64);
    let first = fills.partition_point(|fill| fill.at.saturating_add(fill.len) <= offset);
    let mut is_filled = false;
    for fill in fills.iter().skip(first).take_while(|fill| fill.at < end) {
        let from = fill.at.max(offset);
        let to = fill.at.saturating_add(fill.len).min(end);
        let part = usize::try_from(from - offset).ok().zip(usize::try_from(to - offset).ok());
        let Some(part) = part.and_then(|(from, to)| bytes.get_mut(from..to)) else { continue };
        for (byte, at) in part.iter_mut().zip(from - fill.at..) {
            let plain = match fill.deflated {
                None => letter(fill.said, at),
                Some((before, all)) => deflated(before.saturating_add(at), all, fill.said),
            };
            let mask = fill.key.map_or(0, |key| key.0[(at % 4) as usize]);
            *byte = plain ^ mask;
        }
        is_filled = true;
    }
    is_filled
}

/// What is written of a stream of which nothing stays but what is said to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Bytes that stay, from and to, in order.
    kept: Vec<(u64, u64)>,
    /// What is filled otherwise than with plain filler, in order.
    fills: Vec<Fill>,
    /// What is written instead, by its offset.
    written: BTreeMap<u64, Vec<u8>>,
}

impl Edits {
    /// With these fills, which are in order and do not overlap.
    #[must_use]
    pub fn new(fills: Vec<Fill>) -> Self {
        Self { fills, ..Self::default() }
    }

    /// Bytes that stay. Calls go on in order; what was said before of some of them stays.
    pub fn keep(&mut self, at: u64, len: u64) {
        let end = at.saturating_add(len);
        match self.kept.last_mut() {
            Some((_, last)) if at <= *last => *last = end.max(*last),
            _ => self.kept.push((at, end)),
        }
    }

    /// Bytes that stand there instead, whatever else is said of them.
    pub fn write(&mut self, at: u64, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.written.insert(at, bytes);
        }
    }

    /// Makes of bytes of the stream, which begin at `offset`, what is written.
    pub fn apply(&self, offset: u64, bytes: &mut [u8]) {
        let end = offset.saturating_add(bytes.len() as u64);
        let mut out = vec![FILLER; bytes.len()];
        fill(&self.fills, offset, &mut out);
        let place = |from: u64, to: u64| {
            let from = usize::try_from(from.max(offset).saturating_sub(offset)).ok()?;
            let to = usize::try_from(to.min(end).saturating_sub(offset)).ok()?;
            (from < to).then_some(from..to)
        };
        let first = self.kept.partition_point(|(_, end)| *end <= offset);
        for &(from, to) in self.kept.iter().skip(first).take_while(|(from, _)| *from < end) {
            let Some(range) = place(from, to) else { continue };
            if let (Some(out), Some(bytes)) = (out.get_mut(range.clone()), bytes.get(range)) {
                out.copy_from_slice(bytes);
            }
        }
        // The one that begins before may reach in.
        let before = self.written.range(..offset).next_back();
        for (&at, written) in before.into_iter().chain(self.written.range(offset..end)) {
            let Some(range) = place(at, at.saturating_add(written.len() as u64)) else { continue };
            let skipped = usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
            let part = written.get(skipped..).and_then(|rest| rest.get(..range.len()));
            if let (Some(out), Some(part)) = (out.get_mut(range), part) {
                out.copy_from_slice(part);
            }
        }
        bytes.copy_from_slice(&out);
    }
}

/// Byte `at` of a compressed message of `all` bytes, which inflates to filler (RFC 7692 7.2): one block with fixed codes (RFC 1951
/// 3.2.6), two bytes shorter than the message, and the first three bits of an empty one that is stored.
fn deflated(at: u64, all: u64, said: u32) -> u8 {
    if all < 2 {
        return 0;
    }
    let literals = (all - 2).saturating_mul(8);
    // Not the last block, fixed codes; then codes, their top bits first.
    let bit = |place: u64| match place.checked_sub(3) {
        None => u8::from(place == 1),
        Some(place) if place < literals => (0x30 + letter(said, place / 8)) >> (7 - place % 8) & 1,
        Some(_) => 0,
    };
    (0..8).fold(0, |byte, nth| byte | bit(at.saturating_mul(8).saturating_add(nth)) << nth)
}

/// Replaces the payload of a segment in the packet that holds it at `at`, and what that changes of its checksum: it is right if it
/// was. Gives nothing where the TCP header is not found before it.
pub fn replace(packet: &mut [u8], at: usize, segment: &Segment<'_>, payload: &[u8]) -> Option<()> {
    let ports = [segment.src.port(), segment.dst.port()].map(u16::to_be_bytes).concat();
    let is_header = |words: usize| {
        let start = at.checked_sub(words * 4)?;
        let header = packet.get(start..at)?;
        let is_it = header.starts_with(&ports)
            && header.get(4..8) == Some(&segment.seq.0.to_be_bytes())
            && header.get(12).is_some_and(|byte| usize::from(byte >> 4) == words);
        is_it.then_some(start)
    };
    let start = (5..=15).find_map(is_header)?;
    let place = packet.get_mut(at..at.checked_add(payload.len())?)?;
    // Of words that begin at even places of the segment (RFC 1624).
    let words = |bytes: &[u8]| {
        bytes.iter().enumerate().fold(0_u64, |sum, (nth, byte)| {
            sum + if nth % 2 == 0 { u64::from(*byte) << 8 } else { u64::from(*byte) }
        })
    };
    let (before, after) = (words(place), words(payload));
    place.copy_from_slice(payload);
    let checksum = packet.get_mut(start + 16..start + 18)?;
    let old = u64::from(u16::from_be_bytes([checksum[0], checksum[1]]));
    let sum = u64::from(!(old as u16)) + u64::from(!fold(before)) + u64::from(fold(after));
    checksum.copy_from_slice(&(!fold(sum)).to_be_bytes());
    Some(())
}

/// A sum in ones' complement.
pub(super) const fn fold(mut sum: u64) -> u16 {
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    sum as u16
}

#[cfg(test)]
mod tests {
    use flate2::{Decompress, FlushDecompress};

    use super::*;
    use crate::model::MaskingKey;

    #[test]
    fn filler_inflates_whatever_its_length() {
        for len in 1..600_u64 {
            let mut message: Vec<u8> = (0..len).map(|at| deflated(at, len, 0)).collect();
            message.extend_from_slice(&[0, 0, 0xff, 0xff]);
            let mut inflater = Decompress::new(false);
            let mut out = Vec::with_capacity(1_000);
            inflater.decompress_vec(&message, &mut out, FlushDecompress::Sync).expect("deflate");
            assert_eq!(inflater.total_in(), message.len() as u64, "{len}");
            assert_eq!(out, vec![FILLER; (len as usize).saturating_sub(2)], "{len}");
        }
    }

    #[test]
    fn nothing_stays_that_is_not_said_to() {
        let mut edits =
            Edits::new(vec![Fill { at: 6, len: 2, key: Some(MaskingKey([1; 4])), deflated: None, said: 0 }]);
        edits.keep(2, 2);
        edits.keep(4, 1);
        edits.keep(12, 4);
        edits.write(13, b"WXYZ".to_vec());
        let all: Vec<u8> = (b'a'..=b't').collect();
        let masked = b'x' ^ 1;
        let expected = [b"xxcdex".as_slice(), &[masked; 2], b"xxxxmWXYZxxx"].concat();
        for size in 1..=20 {
            let mut out = all.clone();
            for (nth, piece) in out.chunks_mut(size).enumerate() {
                edits.apply((nth * size) as u64, piece);
            }
            assert_eq!(out, expected, "{size}");
        }
    }

    #[test]
    fn different_payloads_stay_different() {
        let filled = |said: u32, deflated: Option<(u64, u64)>| {
            let mut bytes = vec![0; 12];
            fill(&[Fill { at: 0, len: 12, key: None, deflated, said }], 0, &mut bytes);
            bytes
        };
        let numbers = [0, 1, 25, 26, 27, 700, 4_000_000, u32::MAX];
        for deflated in [None, Some((0, 12))] {
            for (nth, a) in numbers.iter().enumerate() {
                assert_eq!(filled(*a, deflated), filled(*a, deflated));
                for b in &numbers[nth + 1..] {
                    assert_ne!(filled(*a, deflated), filled(*b, deflated), "{a} {b}");
                }
            }
        }
        assert!(numbers.iter().all(|said| filled(*said, None).iter().all(u8::is_ascii_lowercase)));
    }

    #[test]
    fn filler_is_the_same_in_whatever_pieces_it_comes() {
        let key = Some(MaskingKey([1, 2, 3, 4]));
        let fills = [
            Fill { at: 3, len: 5, key, deflated: None, said: 0 },
            Fill { at: 10, len: 7, key: None, deflated: Some((2, 30)), said: 0 },
            Fill { at: 40, len: u64::MAX, key: None, deflated: None, said: 0 },
        ];
        let whole = |len: usize| {
            let mut bytes = vec![0; len];
            assert!(fill(&fills, 0, &mut bytes));
            bytes
        };
        let all = whole(64);
        assert_eq!(all[..9], [0, 0, 0, b'x' ^ 1, b'x' ^ 2, b'x' ^ 3, b'x' ^ 4, b'x' ^ 1, 0]);
        assert_eq!(all[17..41], [[0; 23].as_slice(), b"x"].concat());
        for size in 1..20 {
            let mut pieces = Vec::new();
            for (nth, piece) in [0; 64].chunks(size).enumerate() {
                let mut piece = piece.to_vec();
                fill(&fills, (nth * size) as u64, &mut piece);
                pieces.extend(piece);
            }
            assert_eq!(pieces, all, "{size}");
        }
        assert!(!fill(&fills, 8, &mut [0; 2]));
    }
}
