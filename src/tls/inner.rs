//! The stream inside: offsets of application bytes, and which of them an acknowledgement covers.

use std::collections::VecDeque;

use crate::model::{Carrier, GapCause};

/// Ends of records that are kept. What is not acknowledged yet is rarely more than 4 MiB, of records of a kilobyte.
const MAX_ENDS: usize = 4_096;

/// Ends that are kept though they are acknowledged: segments are captured out of order.
const KEPT_ACKED: usize = 64;

/// The end of a record in TCP and of its application bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct End {
    outer: u64,
    inner: u64,
}

/// Application bytes of one direction.
#[derive(Debug, Default)]
pub(super) struct Inner {
    /// Offset of the next one.
    offset: u64,
    /// Ends of records that brought some, but the oldest.
    ends: VecDeque<End>,
    /// The end before those; below the first one was none.
    before: End,
    /// Older ones were given up.
    is_cut: bool,
    /// Where the FIN stands in TCP.
    pub(super) fin: Option<u64>,
    /// How far TCP was acknowledged.
    pub(super) acked: Option<(u64, Carrier)>,
    /// How far that was handed on.
    acked_inner: u64,
    /// Lost bytes that are to be told once it is certain that the keys are right.
    owed: Option<(u64, GapCause, Carrier)>,
}

impl Inner {
    /// `len` application bytes, of a record that ends at `outer` in TCP. Gives the offset of the first.
    pub(super) fn advance(&mut self, len: u64, outer: u64) -> u64 {
        let offset = self.offset;
        self.offset = offset.saturating_add(len);
        if len > 0 {
            let acked = self.acked.map_or(0, |(acked, _)| acked);
            while self.ends.len() >= MAX_ENDS
                || self.ends.get(KEPT_ACKED).is_some_and(|end| end.outer <= acked)
            {
                let Some(end) = self.ends.pop_front() else { break };
                (self.before, self.is_cut) = (end, true);
            }
            let outer = self.ends.back().map_or(outer, |last| outer.max(last.outer));
            self.ends.push_back(End { outer, inner: self.offset });
        }
        offset
    }

    /// How many application bytes are in records that end at `outer` or before, and the FIN behind all of them, which counts for
    /// one inside as in TCP. `None` where so old ones are not known any more.
    pub(super) fn at(&self, outer: u64) -> Option<u64> {
        if self.fin.is_some_and(|fin| fin < outer) {
            return self.offset.checked_add(1);
        }
        if let Some(last) = self.ends.back().filter(|last| last.outer <= outer) {
            return Some(last.inner);
        }
        match self.ends.partition_point(|end| end.outer <= outer).checked_sub(1) {
            Some(at) => self.ends.get(at).map(|end| end.inner),
            None if self.before.outer <= outer || !self.is_cut => Some(self.before.inner),
            None => None,
        }
    }

    /// What of an acknowledgement is news inside.
    pub(super) fn newly_acked(&mut self) -> Option<(u64, Carrier)> {
        let (outer, carrier) = self.acked?;
        let inner = self.at(outer).filter(|inner| *inner > self.acked_inner)?;
        self.acked_inner = inner;
        Some((inner, Carrier { acked: Some(inner), ..carrier }))
    }

    /// `len` bytes are lost, but the keys have not opened anything yet.
    pub(super) fn owe(&mut self, len: u64, cause: GapCause, carrier: Carrier) {
        let owed = self.owed.get_or_insert((0, cause, carrier));
        owed.0 = owed.0.saturating_add(len);
    }

    pub(super) fn owed(&mut self) -> Option<(u64, GapCause, Carrier)> {
        self.owed.take()
    }
}
