//! The cases of a version in the order of their numbers, found by how they begin.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use crate::autobahn::captured::plan::{self, Plan, Start};
use crate::model::case::{CaseId, CaseSet};
use crate::model::suite::{RELEASES, Version};

/// The cases of a version. The place of one is its rank.
#[derive(Debug)]
pub(super) struct List {
    plans: Vec<&'static Plan>,
    /// Ranks by [`plan::number`]; `None` for what it does not have.
    by_number: Vec<Option<usize>>,
    /// Ranks of those that are judged by their frames, by the first of these.
    beginning: BTreeMap<Start, CaseSet>,
    /// Ranks of those that are judged by their frames.
    pub(super) by_frames: CaseSet,
    /// Ranks of those that are judged by what comes back of their messages, where permessage-deflate is used or not.
    pub(super) own: [CaseSet; 2],
}

impl List {
    /// The cases of a version; where it is not known, of the newest, which forks are of.
    pub(super) fn of(version: Option<Version>) -> &'static Self {
        static LISTS: [OnceLock<List>; RELEASES.len()] = [const { OnceLock::new() }; RELEASES.len()];
        static NEWEST: OnceLock<List> = OnceLock::new();
        let release = version.unwrap_or(Version::NEWEST).release();
        let at = RELEASES.iter().position(|known| *known == release);
        // Each release is one of them.
        at.and_then(|at| LISTS.get(at)).unwrap_or(&NEWEST).get_or_init(|| Self::new(release))
    }

    fn new(version: Version) -> Self {
        let mut plans: Vec<&Plan> =
            plan::every().iter().filter(|plan| plan.case.span.contains(version)).collect();
        plans.sort_by_key(|plan| plan.number);
        let mut by_number = vec![None; plan::numbers()];
        let mut beginning: BTreeMap<Start, CaseSet> = BTreeMap::new();
        let (mut by_frames, mut own) = (CaseSet::default(), [CaseSet::default(); 2]);
        for (rank, plan) in plans.iter().enumerate() {
            if let Some(place) = by_number.get_mut(plan.number) {
                *place = Some(rank);
            }
            if let Some(message) = plan.message().filter(|_| plan.is_own) {
                let [plain, compressed] = &mut own;
                if message.compressed { compressed } else { plain }.insert(rank);
            } else if !plan.is_own {
                by_frames.insert(rank);
                if let Some(first) = plan.frames.first() {
                    beginning.entry(first.start).or_default().insert(rank);
                }
            }
        }
        Self { plans, by_number, beginning, by_frames, own }
    }

    pub(super) const fn len(&self) -> usize {
        self.plans.len()
    }

    /// Rank of a case.
    pub(super) fn rank(&self, id: &CaseId) -> Option<usize> {
        *self.by_number.get(plan::number(id)?)?
    }

    pub(super) fn plan(&self, rank: usize) -> Option<&'static Plan> {
        self.plans.get(rank).copied()
    }

    pub(super) fn id(&self, rank: usize) -> Option<&'static CaseId> {
        Some(&self.plan(rank)?.case.id)
    }

    /// Plans of ranks, with them.
    pub(super) fn plans(&self, ranks: CaseSet) -> impl Iterator<Item = (usize, &'static Plan)> {
        ranks.iter().filter_map(|rank| Some((rank, self.plan(rank)?)))
    }

    /// Ranks of what is known by [`plan::number`].
    pub(super) fn ranks(&self, numbers: CaseSet) -> CaseSet {
        numbers.iter().filter_map(|number| *self.by_number.get(number)?).collect()
    }

    /// Ranks of those that are judged by their frames, of which the first is such a frame.
    pub(super) fn beginning(&self, start: Start) -> CaseSet {
        self.beginning.get(&start).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autobahn::suite;

    #[test]
    fn ranks_are_those_of_the_version() {
        let numbers: CaseSet = ["7.9.9", "7.9.10", "7.13.1"]
            .iter()
            .filter_map(|number| plan::number(&CaseId::new(number).expect("a number")))
            .collect();
        let of = |version: &str| {
            let list = List::of(Some(version.parse().expect("a version")));
            let ranks = list.ranks(numbers);
            ranks.iter().filter_map(|rank| Some(list.id(rank)?.as_str())).collect::<Vec<_>>()
        };
        assert_eq!(of("0.7.4"), ["7.9.9", "7.9.10", "7.13.1"]);
        assert_eq!(of("25.10.1"), ["7.9.9", "7.13.1"]);
    }

    #[test]
    fn lists_are_those_of_the_suite() {
        for release in RELEASES {
            let list = List::of(Some(release));
            let ids: Vec<CaseId> = (0..list.len()).filter_map(|rank| list.id(rank).cloned()).collect();
            assert_eq!(ids, suite::cases_in(release), "{release}");
            let [plain, compressed] = list.own;
            assert_eq!(list.by_frames.len() + plain.len() + compressed.len(), list.len(), "{release}");
        }
    }
}
