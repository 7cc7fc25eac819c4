//! A policy made ready to be asked about many cases: an answer takes no longer where the policy is long.

use std::collections::{BTreeMap, BTreeSet};

use crate::autobahn::policy::grants::{Asked, Grants, Whom, said_of};
use crate::autobahn::policy::{ANY, ExpectedFailure, Pattern, Policy};
use crate::model::case::{Behavior, BehaviorClose, CaseId};
use crate::model::run::Testee;

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
        new.make_ready();
        new
    }

    /// Adds one. Before it is asked for, it must be made ready.
    pub(super) fn add(&mut self, pattern: &'p str) {
        match pattern.strip_suffix('*') {
            Some(start) => self.starts.insert(start),
            None => self.exact.insert(pattern),
        };
    }

    pub(super) fn make_ready(&mut self) {
        let mut last: Option<&str> = None;
        self.starts.retain(|start| {
            let is_new = last.is_none_or(|last| !start.starts_with(last));
            if is_new {
                last = Some(start);
            }
            is_new
        });
    }

    pub(super) fn any(&self, case: &CaseId) -> bool {
        let case = case.as_str();
        self.exact.contains(case)
            || self.starts.range(..=case).next_back().is_some_and(|start| case.starts_with(start))
    }
}

/// A policy, and where in it is what of a case.
#[derive(Debug)]
pub(super) struct Lookup<'p> {
    pub(super) policy: &'p Policy,
    pub(super) skip: Patterns<'p>,
    pub(super) expected: Patterns<'p>,
    /// What passes everywhere: behaviors, closes.
    usual: [BTreeSet<&'p str>; 2],
    allowed: Grants<'p>,
    warned: Grants<'p>,
    xfail: BTreeMap<(&'p str, Whom<'p>), &'p ExpectedFailure>,
}

impl<'p> Lookup<'p> {
    pub(super) fn new(policy: &'p Policy) -> Self {
        let mut xfail = BTreeMap::new();
        for entry in &policy.xfail {
            let whom = (entry.agent.as_deref(), entry.role);
            xfail.entry((entry.case.as_str(), whom)).or_insert(entry);
        }
        Self {
            policy,
            skip: Patterns::new(&policy.skip),
            expected: Patterns::new(&policy.expect.cases),
            usual: [
                policy.behavior.iter().map(Behavior::as_str).collect(),
                policy.close.iter().map(BehaviorClose::as_str).collect(),
            ],
            allowed: Grants::new(&policy.allow),
            warned: Grants::new(&policy.warn),
            xfail,
        }
    }

    /// Whether behavior and close pass, expected failures aside.
    pub(super) fn each_passes(&self, asked: &Asked<'_>) -> [bool; 2] {
        let [behaviors, closes] = &self.usual;
        let is_usual = |words: &BTreeSet<&str>, word: &str| {
            words.contains(word)
                || words.contains(ANY)
                || (word == "INFORMATIONAL" && is_always_informational(asked.id))
        };
        let (behavior, close) = (asked.entry.behavior.as_str(), asked.entry.behavior_close.as_str());
        [
            is_usual(behaviors, behavior) || self.allowed.behavior(asked),
            is_usual(closes, close) || self.allowed.close(asked),
        ]
    }

    /// Whether the case passes, expected failures aside.
    pub(super) fn passes(&self, asked: &Asked<'_>) -> bool {
        self.each_passes(asked) == [true; 2]
    }

    /// Whether what does not pass, passes with a warning.
    pub(super) fn is_warned(&self, asked: &Asked<'_>, [behavior, close]: [bool; 2]) -> bool {
        (behavior || self.warned.behavior(asked)) && (close || self.warned.close(asked))
    }

    /// Of several entries that fit the most special one.
    pub(super) fn expected_failure(&self, testee: &Testee, id: &CaseId) -> Option<&'p ExpectedFailure> {
        said_of(testee).find_map(|whom| self.xfail.get(&(id.as_str(), whom)).copied())
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
