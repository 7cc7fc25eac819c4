//! The trail of one side, segment by segment.

use std::collections::VecDeque;

use crate::model::{Sample, Segment, SeqNo, TcpFlags, Timestamp, Trail, payload_mark};

/// Samples that are kept of a side.
const MAX_SAMPLES: usize = 64;

/// Segments among which a copy is looked for: it comes some milliseconds late.
const LATEST: usize = 512;

/// The same again within so little time was sent once.
const AT_ONCE_NS: i64 = 1_000_000;

/// Segments of a side with payload that are sampled where only the other side of a proxy is looked for.
const FIRST: u32 = 16;

/// Makes a [`Trail`] of what a side sends.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    trail: Trail,
    /// Marks below 2 to the power of 64 less this are kept.
    level: u32,
    /// Segments with payload that may still be sampled; of a whole trail all may.
    left: u32,
    /// Where all is taken.
    copies: Option<Box<Copies>>,
}

/// What copies are known by.
#[derive(Debug, Default)]
struct Copies {
    /// The latest one without identification that its host would send again if it were lost: its number, length and time.
    latest_unnamed: Option<(SeqNo, u32, Timestamp)>,
    /// Identification and number of the latest ones.
    latest: VecDeque<(u16, SeqNo)>,
}

impl Keeper {
    /// One that takes all.
    pub(super) fn whole() -> Self {
        Self {
            trail: Trail { is_whole: true, ..Trail::default() },
            copies: Some(Box::default()),
            ..Self::default()
        }
    }

    /// One that samples only what comes first.
    pub(super) fn of_first() -> Self {
        Self { left: FIRST, ..Self::default() }
    }

    /// Takes the next segment that it sent.
    pub(super) fn segment(&mut self, segment: &Segment<'_>) {
        let trail = &mut self.trail;
        trail.segments += 1;
        if segment.flags.has(TcpFlags::SYN) {
            trail.isn.get_or_insert(segment.seq);
        }
        trail.first_at = trail.first_at.or(segment.at);
        trail.last_at = trail.last_at.max(segment.at);
        let len = u32::try_from(segment.payload.len()).unwrap_or(u32::MAX).saturating_add(segment.cut_off);
        reach(trail, segment, len);
        if let Some(copies) = &mut self.copies {
            match copies.is_copy(segment, len) {
                Some(true) => {
                    trail.copies += 1;
                    trail.copied_bytes = trail.copied_bytes.saturating_add(u64::from(len));
                }
                Some(false) => {}
                None => trail.unnamed += 1,
            }
        }
        if len == 0 {
            return;
        }
        trail.payload_bytes = trail.payload_bytes.saturating_add(u64::from(len));
        trail.largest = trail.largest.max(len);
        if !trail.is_whole {
            let Some(left) = self.left.checked_sub(1) else { return };
            self.left = left;
        }
        let mark = payload_mark(segment.payload, len);
        if let Some(at) = segment.at
            && self.keeps(mark)
        {
            self.keep(Sample { mark, seq: segment.seq, at, is_ambiguous: false });
        }
    }

    /// What it came to.
    pub(super) fn over(self) -> Trail {
        self.trail
    }

    fn keeps(&self, mark: u64) -> bool {
        self.level == 0 || mark >> (64 - self.level) == 0
    }

    fn keep(&mut self, sample: Sample) {
        let samples = &mut self.trail.samples;
        if let Some(known) = samples.iter_mut().find(|known| known.mark == sample.mark) {
            // No host sends again so soon: that one was captured twice.
            let is_copy = known.seq == sample.seq && sample.at.since(known.at).abs() < AT_ONCE_NS;
            known.is_ambiguous |= !is_copy;
            return;
        }
        samples.push(sample);
        while samples.len() > MAX_SAMPLES && self.level < 63 {
            self.level += 1;
            let level = self.level;
            samples.retain(|sample| sample.mark >> (64 - level) == 0);
        }
    }
}

impl Copies {
    /// Whether the segment is a copy; `None`: it has no identification, and does not seem one.
    fn is_copy(&mut self, segment: &Segment<'_>, len: u32) -> Option<bool> {
        let Some(id) = segment.header.ip_id.filter(|id| *id != 0) else {
            return self.is_unnamed_copy(segment, len).then_some(true);
        };
        let this = (id, segment.seq);
        if self.latest.iter().rev().any(|known| *known == this) {
            return Some(true);
        }
        if self.latest.len() == LATEST {
            self.latest.pop_front();
        }
        self.latest.push_back(this);
        Some(false)
    }

    fn is_unnamed_copy(&mut self, segment: &Segment<'_>, len: u32) -> bool {
        let is_counted = len > 0 || segment.flags.has(TcpFlags::SYN) || segment.flags.has(TcpFlags::FIN);
        let Some(at) = segment.at.filter(|_| is_counted) else { return false };
        let known = self.latest_unnamed.replace((segment.seq, len, at));
        known.is_some_and(|(seq, known, before)| {
            (seq, known) == (segment.seq, len) && at.since(before).abs() < AT_ONCE_NS
        })
    }
}

/// How far its numbers go, and its acknowledgements. What an RST says of either is nobody's promise.
fn reach(trail: &mut Trail, segment: &Segment<'_>, len: u32) {
    if segment.flags.has(TcpFlags::RST) {
        return;
    }
    let flags = [TcpFlags::SYN, TcpFlags::FIN].into_iter().map(|flag| u32::from(segment.flags.has(flag)));
    let next = segment.seq.plus(flags.sum::<u32>().saturating_add(len));
    trail.next = Some(further(trail.next, next));
    if let Some(ack) = segment.ack {
        trail.acked = Some(further(trail.acked, ack));
    }
}

/// The one of two numbers that comes later.
fn further(known: Option<SeqNo>, next: SeqNo) -> SeqNo {
    known.filter(|known| next.distance_from(*known) <= 0).unwrap_or(next)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderSigns, PacketNo};

    fn trail(payloads: &[Vec<u8>]) -> Trail {
        let mut keeper = Keeper::whole();
        for (n, payload) in payloads.iter().enumerate() {
            let end = "192.0.2.1:1".parse().expect("an address");
            keeper.segment(&Segment {
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
        keeper.over()
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
            let mut keeper = Keeper::whole();
            for at in [0, later_ns] {
                keeper.keep(Sample { mark: 1, seq: SeqNo(7), at: Timestamp(at), is_ambiguous: false });
            }
            assert_eq!(keeper.trail.samples[0].is_ambiguous, is_ambiguous, "{later_ns}");
            assert_eq!(keeper.trail.samples[0].at, Timestamp(0));
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
