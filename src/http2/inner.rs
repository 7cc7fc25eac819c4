//! Offsets of what a stream carries, and which of it an acknowledgement of the connection covers.

use std::collections::VecDeque;

/// Ends of pieces that are kept: enough for what is not acknowledged yet.
const MAX_ENDS: usize = 1_024;

/// Ends that are kept though they are acknowledged: segments are captured out of order.
const KEPT_ACKED: usize = 16;

/// What one side sends on a stream.
#[derive(Debug, Default)]
pub(super) struct Inner {
    /// Offset of the next byte.
    offset: u64,
    /// Where pieces end: in the connection, in the stream.
    ends: VecDeque<(u64, u64)>,
    /// Where the connection's bytes with the end of it end.
    fin: Option<u64>,
    acked: u64,
}

impl Inner {
    /// `len` bytes, up to `outer` in the connection. Gives the offset of the first.
    pub(super) fn advance(&mut self, len: u64, outer: u64) -> u64 {
        let offset = self.offset;
        self.offset = offset.saturating_add(len);
        if self.ends.len() >= MAX_ENDS || self.ends.get(KEPT_ACKED).is_some_and(|end| end.0 <= self.acked) {
            self.ends.pop_front();
        }
        self.ends.push_back((outer, self.offset));
        offset
    }

    /// Where the last piece ends in the connection.
    pub(super) fn last_outer(&self) -> u64 {
        self.ends.back().map_or(0, |end| end.0)
    }

    pub(super) const fn offset(&self) -> u64 {
        self.offset
    }

    /// It ends with the bytes of the connection up to `outer`.
    pub(super) fn end(&mut self, outer: u64) {
        self.fin = self.fin.or(Some(outer));
    }

    /// How much of it whoever had `outer` bytes of the connection had: its end counts for one, as a FIN does.
    pub(super) fn at(&self, outer: u64) -> u64 {
        if self.fin.is_some_and(|fin| fin <= outer) {
            return self.offset.saturating_add(1);
        }
        let at = self.ends.partition_point(|end| end.0 <= outer);
        at.checked_sub(1).and_then(|at| self.ends.get(at)).map_or(0, |end| end.1)
    }

    /// The connection was acknowledged up to `outer`; how much of this that is, if it is more than before.
    pub(super) fn ack(&mut self, outer: u64) -> Option<u64> {
        let before = self.at(self.acked);
        self.acked = self.acked.max(outer);
        Some(self.at(self.acked)).filter(|now| *now > before)
    }

    /// Bytes of memory behind it.
    pub(super) fn held(&self) -> usize {
        self.ends.capacity() * size_of::<(u64, u64)>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_acknowledgement_covers() {
        let mut inner = Inner::default();
        assert_eq!((inner.advance(5, 100), inner.advance(3, 200)), (0, 5));
        assert_eq!([99, 100, 199, 200].map(|outer| inner.at(outer)), [0, 5, 5, 8]);
        inner.end(209);
        assert_eq!([208, 209].map(|outer| inner.at(outer)), [8, 9]);
        assert_eq!([99, 150, 120, 300].map(|outer| inner.ack(outer)), [None, Some(5), None, Some(9)]);
    }

    #[test]
    fn what_is_kept_is_not_without_end() {
        let mut inner = Inner::default();
        for n in 1..100_000_u64 {
            inner.advance(1, n * 10);
            if n % 2 == 0 {
                inner.ack(n * 10);
            }
        }
        assert!(inner.ends.len() <= KEPT_ACKED + 3, "{}", inner.ends.len());
    }
}
