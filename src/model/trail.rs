//! What of a TCP connection can be told again in a recording made elsewhere on its path.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::model::{PerRole, Segment, SeqNo, TcpFlags, Timestamp};

/// Samples that are kept of a side.
const MAX_SAMPLES: usize = 64;

/// Bytes of a payload that its mark is made of.
const MARKED: usize = 32;

/// A segment with payload, by which it is known again wherever it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sample {
    /// Made of the beginning of its payload and its length: the same whatever rewrites addresses, ports or numbers.
    pub mark: u64,
    /// Its sequence number.
    pub seq: SeqNo,
    /// When it was captured.
    pub at: Timestamp,
    /// The mark came again: which of them this is cannot be told.
    pub is_ambiguous: bool,
}

/// What one side sent, as this recording has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Trail {
    /// The number of its SYN; `None` where that is not in the recording.
    pub isn: Option<SeqNo>,
    /// Its segments, each as often as it was captured.
    pub segments: u64,
    /// Payload bytes of them.
    pub payload_bytes: u64,
    /// Segments that are copies of one that the host sent once: the network delivered them twice, or they were captured twice. Known by
    /// the identification of IPv4, which a retransmission has anew.
    pub copies: u64,
    /// Payload bytes of those.
    pub copied_bytes: u64,
    /// Segments without one, in IPv6 or where it is 0 as in many a SYN+ACK: copies of these are told from retransmissions only where they
    /// come at once.
    pub unnamed: u64,
    /// Payload bytes of the largest one.
    pub largest: u32,
    /// The number after the last of what it sent, its FIN counted.
    pub next: Option<SeqNo>,
    /// The greatest number that it acknowledged: so much of its peer's reached its host.
    pub acked: Option<SeqNo>,
    /// When the first was captured.
    pub first_at: Option<Timestamp>,
    /// When the last was, in whatever order they stand in the recording.
    pub last_at: Option<Timestamp>,
    /// Some of those with payload: which, their marks decide, so that two recordings have the same.
    pub samples: Vec<Sample>,
    /// Marks below 2 to the power of 64 less this are kept.
    level: u32,
    /// Segments with payload that may still be sampled; `None` where all may.
    left: Option<u32>,
    /// The latest one without identification that its host would send again if it were lost: its number, length and time.
    latest_unnamed: Option<(SeqNo, u32, Timestamp)>,
    /// Identification and number of the latest ones, where copies are looked for.
    latest: VecDeque<(u16, SeqNo)>,
}

/// Segments among which a copy is looked for: it comes some milliseconds late.
const LATEST: usize = 512;

/// The same again within so little time was sent once.
const AT_ONCE_NS: i64 = 1_000_000;

/// Segments of a side with payload that are sampled where only the other side of a proxy is looked for.
const FIRST: u32 = 16;

/// Those of both sides; shared by what one connection carries.
pub type Trails = Arc<PerRole<Trail>>;

impl Trail {
    /// One that samples only what comes first.
    #[must_use]
    pub fn of_first() -> Self {
        Self { left: Some(FIRST), ..Self::default() }
    }

    /// Takes the next segment that it sent.
    pub fn segment(&mut self, segment: &Segment<'_>) {
        self.segments += 1;
        if segment.flags.has(TcpFlags::SYN) {
            self.isn.get_or_insert(segment.seq);
        }
        self.first_at = self.first_at.or(segment.at);
        self.last_at = self.last_at.max(segment.at);
        let len = u32::try_from(segment.payload.len()).unwrap_or(u32::MAX).saturating_add(segment.cut_off);
        self.reach(segment, len);
        if self.left.is_none() && self.is_copy(segment, len) {
            self.copies += 1;
            self.copied_bytes = self.copied_bytes.saturating_add(u64::from(len));
        }
        if len == 0 {
            return;
        }
        self.payload_bytes = self.payload_bytes.saturating_add(u64::from(len));
        self.largest = self.largest.max(len);
        if let Some(left) = &mut self.left {
            let Some(less) = left.checked_sub(1) else { return };
            *left = less;
        }
        let mark = payload_mark(segment.payload, len);
        if let Some(at) = segment.at
            && self.keeps(mark)
        {
            self.keep(Sample { mark, seq: segment.seq, at, is_ambiguous: false });
        }
    }

    /// How far its numbers go, and its acknowledgements. What an RST says of either is nobody's promise.
    fn reach(&mut self, segment: &Segment<'_>, len: u32) {
        if segment.flags.has(TcpFlags::RST) {
            return;
        }
        let flags = [TcpFlags::SYN, TcpFlags::FIN].into_iter().map(|flag| u32::from(segment.flags.has(flag)));
        let next = segment.seq.plus(flags.sum::<u32>().saturating_add(len));
        self.next = Some(further(self.next, next));
        if let Some(ack) = segment.ack {
            self.acked = Some(further(self.acked, ack));
        }
    }

    /// All that it sent was taken, and not only what came first.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.left.is_none()
    }

    /// As it is in the end, without what only its next segment would need.
    #[must_use]
    pub fn over(&self) -> Self {
        Self { latest: VecDeque::new(), samples: self.samples.as_slice().to_vec(), ..self.clone() }
    }

    fn is_copy(&mut self, segment: &Segment<'_>, len: u32) -> bool {
        let Some(id) = segment.header.ip_id.filter(|id| *id != 0) else {
            let is_copy = self.is_unnamed_copy(segment, len);
            self.unnamed += u64::from(!is_copy);
            return is_copy;
        };
        let this = (id, segment.seq);
        if self.latest.iter().rev().any(|known| *known == this) {
            return true;
        }
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(this);
        false
    }

    fn is_unnamed_copy(&mut self, segment: &Segment<'_>, len: u32) -> bool {
        let is_counted = len > 0 || segment.flags.has(TcpFlags::SYN) || segment.flags.has(TcpFlags::FIN);
        let Some(at) = segment.at.filter(|_| is_counted) else { return false };
        let known = self.latest_unnamed.replace((segment.seq, len, at));
        known.is_some_and(|(seq, known, before)| {
            (seq, known) == (segment.seq, len) && at.since(before).abs() < AT_ONCE_NS
        })
    }

    fn keeps(&self, mark: u64) -> bool {
        self.level == 0 || mark >> (64 - self.level) == 0
    }

    fn keep(&mut self, sample: Sample) {
        if let Some(known) = self.samples.iter_mut().find(|known| known.mark == sample.mark) {
            // No host sends again so soon: that one was captured twice.
            let is_copy = known.seq == sample.seq && sample.at.since(known.at).abs() < AT_ONCE_NS;
            known.is_ambiguous |= !is_copy;
            return;
        }
        self.samples.push(sample);
        while self.samples.len() > MAX_SAMPLES && self.level < 63 {
            self.level += 1;
            let level = self.level;
            self.samples.retain(|sample| sample.mark >> (64 - level) == 0);
        }
    }
}

/// The one of two numbers that comes later.
fn further(known: Option<SeqNo>, next: SeqNo) -> SeqNo {
    known.filter(|known| next.distance_from(*known) <= 0).unwrap_or(next)
}

/// Of a payload of `len` bytes: the same on every machine.
pub(crate) fn payload_mark(payload: &[u8], len: u32) -> u64 {
    let begin = payload.get(..MARKED).unwrap_or(payload);
    let sum = begin.chunks(8).fold(u64::from(len), |sum, chunk| {
        let word = chunk.iter().fold(0, |word, b| word << 8 | u64::from(*b));
        (sum ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    });
    // The top bits depend on all.
    (sum ^ sum >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderSigns, PacketNo};

    fn trail(payloads: &[Vec<u8>]) -> Trail {
        let mut trail = Trail::default();
        for (n, payload) in payloads.iter().enumerate() {
            let end = "192.0.2.1:1".parse().expect("an address");
            trail.segment(&Segment {
                no: PacketNo(1),
                at: Some(Timestamp(n as i64)),
                src: end,
                dst: end,
                seq: SeqNo(n as u32),
                ack: None,
                flags: TcpFlags::ACK,
                header: HeaderSigns::default(),
                payload,
                cut_off: 0,
            });
        }
        trail
    }

    #[test]
    fn two_recordings_keep_the_same_samples() {
        let all: Vec<_> = (0..5_000_u32).map(|n| n.to_be_bytes().to_vec()).collect();
        let (whole, part) = (trail(&all), trail(&all[100..4_900]));
        assert!((8..=MAX_SAMPLES).contains(&whole.samples.len()), "{}", whole.samples.len());
        let marks = |trail: &Trail| -> Vec<u64> { trail.samples.iter().map(|sample| sample.mark).collect() };
        let (whole, part) = (marks(&whole), marks(&part));
        let common = whole.iter().filter(|mark| part.contains(mark)).count();
        assert!(common * 10 >= whole.len() * 8, "{common} of {}", whole.len());
    }

    #[test]
    fn what_comes_twice_is_ambiguous() {
        let samples = trail(&[b"a".to_vec(), b"b".to_vec(), b"a".to_vec()]).samples;
        assert_eq!(samples.iter().map(|sample| sample.is_ambiguous).collect::<Vec<_>>(), [true, false]);
    }

    #[test]
    fn what_was_captured_twice_is_not() {
        let check = |later_ns: i64, is_ambiguous: bool| {
            let mut trail = Trail::default();
            for at in [0, later_ns] {
                trail.keep(Sample { mark: 1, seq: SeqNo(7), at: Timestamp(at), is_ambiguous: false });
            }
            assert_eq!(trail.samples[0].is_ambiguous, is_ambiguous, "{later_ns}");
            assert_eq!(trail.samples[0].at, Timestamp(0));
        };
        check(3_000, false);
        check(200_000_000, true);
    }

    #[test]
    fn numbers_go_as_far_as_the_latest() {
        let check = |known: Option<u32>, next: u32, expected: u32| {
            assert_eq!(further(known.map(SeqNo), SeqNo(next)), SeqNo(expected), "{known:?} {next}");
        };
        check(None, 5, 5);
        check(Some(5), 4, 5);
        check(Some(u32::MAX), 3, 3);
        check(Some(3), u32::MAX, 3);
    }
}
