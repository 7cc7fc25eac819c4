//! Two legs of one connection in one capture. A box on the way (a SYN proxy, a firewall) that makes up sequence numbers
//! of its own and rewrites them in all that it relays, captured on both of its sides, shows every segment twice under
//! the same addresses and ports: two SYN+ACKs with different numbers, then two streams with the same bytes.

use crate::model::{Direction, PerDirection, Segment, SeqNo, TcpFlags, Timestamp};
use crate::tcp::half::Half;

/// A client waits so long for an answer before it sends a SYN again (RFC 6298 2.1), and longer before it sends another.
const SYN_TIMEOUT_NS: i64 = 1_000_000_000;

/// The leg that is not followed: by whose numbers they are, that of the first byte; `None` where it is that of the leg
/// that is followed, or not known yet.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct OtherLeg {
    pub(super) first: PerDirection<Option<SeqNo>>,
}

/// The opening of another leg than that of `halves`, which began at that time, in the direction `dir`: what is known of
/// the other leg then. `other` is what was known before.
pub(super) fn opening(
    segment: &Segment<'_>,
    dir: Direction,
    halves: &PerDirection<Half>,
    other: Option<OtherLeg>,
    began: Option<Timestamp>,
) -> Option<OtherLeg> {
    let (half, peer) = (&halves[dir], &halves[dir.flip()]);
    if !segment.flags.has(TcpFlags::SYN) || segment.flags.has(TcpFlags::RST) || peer.has_ended() {
        return None;
    }
    // Nothing is known that it could differ from.
    if other.is_none() && !half.syn_seen() && half.first().is_none() {
        return None;
    }
    let first = segment.seq.plus(1);
    let mut leg = other.unwrap_or_default();
    match segment.ack {
        None if dir == Direction::Orig => {
            if leg.first.orig == Some(first) {
                return Some(leg);
            }
            let after = began.zip(segment.at).map(|(began, at)| at.since(began));
            let soon = after.is_some_and(|ns| (0..SYN_TIMEOUT_NS).contains(&ns));
            let is_alone = half.syn_seen() && !half.has_bytes() && !peer.has_bytes();
            if leg.first.orig.is_some() || !is_alone || !soon || half.can_begin_at(first) {
                return None;
            }
            leg.first.orig = Some(first);
        }
        Some(ack) if dir == Direction::Resp => {
            if leg.first.resp == Some(first) && leg.first.orig.is_none_or(|first| first == ack) {
                return Some(leg);
            }
            let is_own = leg.first.orig.is_none() && half.first().is_some() && peer.can_be_acked_at(ack);
            let is_new = leg.first.resp.is_none() && !half.has_bytes() && !half.has_ended();
            let differs = half.first().is_none() || !half.can_begin_at(first);
            if !is_new || !differs || !(is_own || leg.first.orig == Some(ack)) {
                return None;
            }
            leg.first.resp = Some(first);
        }
        _ => return None,
    }
    Some(leg)
}

impl OtherLeg {
    /// Whether the numbers of a segment fit this leg better than the other.
    pub(super) fn has(&self, segment: &Segment<'_>, dir: Direction, halves: &PerDirection<Half>) -> bool {
        let (mut here, mut there) = (0, 0);
        let numbers = [(dir, Some(segment.seq)), (dir.flip(), segment.ack)];
        for (dir, number) in numbers {
            if let (Some(number), Some(first)) = (number, self.first[dir])
                && let Some((one, other)) = halves[dir].distances(number, first)
            {
                here += u64::from(one);
                there += u64::from(other);
            }
        }
        there < here
    }
}
