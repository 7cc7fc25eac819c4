//! The flows that are conversations, or may still turn out to be.

use std::collections::VecDeque;

use crate::engine::shards::Start;

/// So many that have gone are not worth tidying up.
const FEW: usize = 64;

/// Flows by the segments that they began with, and their numbers: both grow from one to the next.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    /// `None` for one that has gone.
    flows: VecDeque<(Start, Option<u64>)>,
    gone: usize,
    /// Where the last one was found: what is looked for twice comes in a row.
    found: usize,
}

impl Candidates {
    /// A flow that begins now, later than all others.
    pub(super) fn insert(&mut self, start: Start, flow: u64) {
        self.flows.push_back((start, Some(flow)));
    }

    fn find(&mut self, start: Start) -> Option<usize> {
        if self.flows.get(self.found).is_none_or(|(known, _)| *known != start) {
            self.found = self.flows.binary_search_by_key(&start, |(known, _)| *known).ok()?;
        }
        Some(self.found)
    }

    /// The number of the flow that began so.
    pub(super) fn get(&mut self, start: Start) -> Option<u64> {
        let at = self.find(start)?;
        self.flows.get(at)?.1
    }

    /// Nothing comes of that flow any more.
    pub(super) fn remove(&mut self, start: Start) {
        let found = self.find(start).and_then(|at| self.flows.get_mut(at)?.1.take());
        if found.is_none() {
            return;
        }
        self.gone += 1;
        while let Some((_, None)) = self.flows.front() {
            self.flows.pop_front();
            self.gone -= 1;
        }
        if self.gone > FEW && self.gone > self.flows.len() / 2 {
            self.flows.retain(|(_, flow)| flow.is_some());
            self.flows.shrink_to(self.flows.len() * 2);
            self.gone = 0;
        }
    }

    /// The number of the first one.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.flows.front()?.1
    }

    /// Nothing comes of any.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PacketNo;

    #[test]
    fn the_oldest_is_known_whoever_goes() {
        let start = |n: u64| Start { packet: PacketNo(1 + n / 2), nth: (n % 2) as u32 };
        let mut candidates = Candidates::default();
        (0..1_000).for_each(|n| candidates.insert(start(n), n + 1));
        assert_eq!(candidates.oldest(), Some(1));
        // All but each hundredth, from the end on.
        (0..1_000).rev().filter(|n| n % 100 > 0).for_each(|n| candidates.remove(start(n)));
        assert!(candidates.flows.len() < 100, "those that have gone take no room");
        for n in (0..1_000).step_by(100) {
            assert_eq!((candidates.oldest(), candidates.get(start(n))), (Some(n + 1), Some(n + 1)));
            candidates.remove(start(n));
            candidates.remove(start(n));
            assert_eq!(candidates.get(start(n)), None);
        }
        assert_eq!(candidates.oldest(), None);
        assert!(candidates.flows.is_empty() && candidates.gone == 0);
    }
}
