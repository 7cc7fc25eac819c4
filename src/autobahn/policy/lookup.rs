//! A policy made ready to be asked about many cases: an answer takes no longer where the policy is long.

use std::collections::{BTreeMap, BTreeSet};

use crate::autobahn::policy::{ExpectedFailure, Pattern, Policy};
use crate::model::case::{CaseId, IndexEntry};

/// Cases that match one of several patterns.
#[derive(Debug, Default)]
pub(super) struct Patterns<'p> {
    exact: BTreeSet<&'p str>,
    /// What stands before stars. None begins with another: the last one up to a case is the only one it can begin with.
    starts: BTreeSet<&'p str>,
}

impl<'p> Patterns<'p> {
    pub(super) fn new(patterns: impl IntoIterator<Item = &'p Pattern>) -> Self {
        let mut new = Self::default();
        patterns.into_iter().for_each(|pattern| new.add(pattern.as_str()));
        new.ready()
    }

    fn add(&mut self, pattern: &'p str) {
        match pattern.strip_suffix('*') {
            Some(start) => self.starts.insert(start),
            None => self.exact.insert(pattern),
        };
    }

    fn ready(mut self) -> Self {
        let mut last: Option<&str> = None;
        self.starts.retain(|start| {
            let is_new = last.is_none_or(|last| !start.starts_with(last));
            if is_new {
                last = Some(start);
            }
            is_new
        });
        self
    }

    pub(super) fn any(&self, case: &CaseId) -> bool {
        let case = case.as_str();
        self.exact.contains(case)
            || self.starts.range(..=case).next_back().is_some_and(|start| case.starts_with(start))
    }
}

/// What passes, by agent and word.
type Allowed<'p> = BTreeMap<(Option<&'p str>, &'p str), Patterns<'p>>;

/// A policy, and where in it is what of a case.
#[derive(Debug)]
pub(super) struct Lookup<'p> {
    pub(super) policy: &'p Policy,
    pub(super) skip: Patterns<'p>,
    pub(super) expected: Patterns<'p>,
    behaviors: Allowed<'p>,
    closes: Allowed<'p>,
    xfail: BTreeMap<(&'p str, Option<&'p str>), &'p ExpectedFailure>,
}

impl<'p> Lookup<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        let (mut behaviors, mut closes) = (Allowed::new(), Allowed::new());
        for behavior in &policy.behavior {
            behaviors.entry((None, behavior.as_str())).or_default().add("*");
        }
        for close in &policy.close {
            closes.entry((None, close.as_str())).or_default().add("*");
        }
        for allow in &policy.allow {
            let agent = allow.agent.as_deref();
            let cases =
                || allow.cases.iter().map(Pattern::as_str).chain(allow.cases.is_empty().then_some("*"));
            for behavior in &allow.behavior {
                let of_word = behaviors.entry((agent, behavior.as_str())).or_default();
                cases().for_each(|pattern| of_word.add(pattern));
            }
            for close in &allow.close {
                let of_word = closes.entry((agent, close.as_str())).or_default();
                cases().for_each(|pattern| of_word.add(pattern));
            }
        }
        let ready = |allowed: Allowed<'p>| {
            allowed.into_iter().map(|(key, patterns)| (key, patterns.ready())).collect()
        };
        let mut xfail = BTreeMap::new();
        for entry in &policy.xfail {
            xfail.entry((entry.case.as_str(), entry.agent.as_deref())).or_insert(entry);
        }
        Self {
            policy,
            skip: Patterns::new(&policy.skip),
            expected: Patterns::new(&policy.expect.cases),
            behaviors: ready(behaviors),
            closes: ready(closes),
            xfail,
        }
    }

    /// Whether behavior and close pass, expected failures aside.
    pub(super) fn each_passes(&self, agent: &str, id: &CaseId, entry: &IndexEntry) -> [bool; 2] {
        let passes = |allowed: &Allowed<'_>, word: &str| {
            let of = |agent| allowed.get(&(agent, word)).is_some_and(|patterns| patterns.any(id));
            (word == "INFORMATIONAL" && is_always_informational(id)) || of(Some(agent)) || of(None)
        };
        let (behavior, close) = (entry.behavior.as_str(), entry.behavior_close.as_str());
        [passes(&self.behaviors, behavior), passes(&self.closes, close)]
    }

    /// Whether the case passes, expected failures aside.
    pub(super) fn passes(&self, agent: &str, id: &CaseId, entry: &IndexEntry) -> bool {
        self.each_passes(agent, id, entry) == [true; 2]
    }

    /// The entry of the agent before the one of all agents.
    pub(super) fn expected_failure(&self, agent: &str, id: &CaseId) -> Option<&'p ExpectedFailure> {
        let of = |agent| self.xfail.get(&(id.as_str(), agent)).copied();
        of(Some(agent)).or_else(|| of(None))
    }
}

/// Cases of which the suite never says OK.
fn is_always_informational(id: &CaseId) -> bool {
    matches!(id.as_str(), "7.1.6" | "7.13.1" | "7.13.2")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(500) })]

        #[test]
        fn several_patterns_match_what_one_of_them_does(
            patterns in prop::collection::vec("[1-3](\\.[1-3]{1,2}){0,2}(\\.\\*)?|\\*", 0..6),
            cases in prop::collection::vec("[1-3]{1,2}(\\.[1-3]{1,2}){0,3}", 1..20),
        ) {
            let patterns: Vec<_> = patterns.iter().map(|text| Pattern::new(text).expect("a pattern")).collect();
            let all = Patterns::new(&patterns);
            for case in cases.iter().map(|text| CaseId::new(text).expect("a case")) {
                let one_by_one = patterns.iter().any(|pattern| pattern.matches(&case));
                prop_assert_eq!(all.any(&case), one_by_one, "{:?} of {:?}", case, patterns);
            }
        }
    }
}
