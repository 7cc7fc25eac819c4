//! What should have run and did not, and what ran and should not have.

use std::collections::BTreeSet;

use crate::autobahn::policy::judge::breach;
use crate::autobahn::policy::lookup::Lookup;
use crate::autobahn::policy::{Entries, ExpectedFailure};
use crate::autobahn::suite;
use crate::model::Role;
use crate::model::case::{CaseId, Run};
use crate::model::run::{Breach, BreachKind, Testee};
use crate::model::suite::Version;

impl Lookup<'_> {
    /// What should have run and did not, and what ran and should not have.
    pub(super) fn absences(&self, run: &Run) -> Vec<Breach> {
        let judged = || run.agents.iter().filter(|(testee, _)| self.policy.judges(testee));
        let mut breaches = Vec::new();
        if judged().all(|(_, entries)| entries.is_empty()) {
            let detail = "the run has no cases: did the testee start?".to_owned();
            breaches.push(Breach { testee: None, case: None, kind: BreachKind::NoReport, detail });
        }
        breaches.extend(self.agents(run));
        let total: usize = judged().map(|(_, entries)| entries.len()).sum();
        breaches.extend(
            not_so_many(total, self.policy.expect.total, " in all").map(|(kind, detail)| Breach {
                testee: None,
                case: None,
                kind,
                detail,
            }),
        );
        for (testee, entries) in judged() {
            if entries.is_empty() {
                let detail = "this agent's report has no case".to_owned();
                breaches.push(breach(testee, None, BreachKind::NoReport, detail));
            }
            breaches.extend(self.count_of(testee, entries));
            breaches.extend(self.cases_of(testee, entries));
            breaches.extend(self.against_other_role(run, testee, entries));
        }
        let failing = self.policy.xfail.iter().filter(|xfail| !self.skip.any(&xfail.case));
        // Where the set of cases is given, it has said so already.
        let failing = failing.filter(|xfail| !self.expected.any(&xfail.case));
        breaches.extend(failing.filter_map(|xfail| self.not_run(run, xfail)));
        breaches
    }

    /// Agents that are not there, or not in each of their roles, and those that should not be there.
    fn agents(&self, run: &Run) -> Vec<Breach> {
        let expect = &self.policy.expect;
        let required: BTreeSet<&str> =
            expect.agents.iter().chain(&self.policy.agents).map(String::as_str).collect();
        let there: BTreeSet<&str> = run.agents.keys().map(|testee| testee.agent.as_str()).collect();
        let no_report = |testee: Testee| {
            let detail = "no report from this agent".to_owned();
            breach(&testee, None, BreachKind::NoReport, detail)
        };
        let absent = required.iter().filter(|agent| !there.contains(**agent));
        let mut breaches: Vec<_> = absent.map(|agent| no_report(Testee::new(agent, None))).collect();
        let judged = |agent: &&str| self.policy.judges(&Testee::new(agent, None));
        let wanted: Vec<&str> = if required.is_empty() {
            there.iter().copied().collect()
        } else {
            there.iter().copied().filter(|agent| required.contains(agent)).filter(judged).collect()
        };
        for agent in wanted {
            let roles = expect.roles.iter().map(|role| Testee::new(agent, Some(*role)));
            breaches.extend(roles.filter(|testee| !run.agents.contains_key(testee)).map(no_report));
        }
        if expect.no_others {
            let others = run.agents.keys().filter(|testee| !required.contains(testee.agent.as_str()));
            let detail = "ran, but is not one of the expected agents";
            breaches.extend(others.map(|other| breach(other, None, BreachKind::Extra, detail.to_owned())));
        }
        breaches
    }

    fn count_of(&self, testee: &Testee, entries: &Entries) -> Option<Breach> {
        let (kind, detail) = not_so_many(entries.len(), self.policy.expect.count, "")?;
        Some(breach(testee, None, kind, detail))
    }

    fn cases_of(&self, testee: &Testee, entries: &Entries) -> Vec<Breach> {
        let expected = &self.policy.expect.cases;
        if expected.is_empty() {
            return Vec::new();
        }
        let all = suite::cases_in(self.policy.expect.suite.unwrap_or(Version::NEWEST));
        let mut missing: BTreeSet<CaseId> =
            all.iter().filter(|case| self.expected.any(case)).cloned().collect();
        // A case that this list of the suite does not know is expected as soon as it is named.
        missing.extend(expected.iter().filter_map(|pattern| CaseId::new(pattern.as_str())));
        missing.retain(|case| !entries.contains_key(case) && !self.skip.any(case));
        let mut breaches: Vec<_> = missing
            .iter()
            .map(|case| breach(testee, Some(case), BreachKind::Missing, "did not run".to_owned()))
            .collect();
        let told: BTreeSet<&str> =
            all.iter().chain(entries.keys()).chain(&missing).map(CaseId::as_str).collect();
        for pattern in expected {
            let start = pattern.as_str().trim_end_matches('*');
            // The first from there on is the one that matches, if any does.
            let first = told.range(start..).next().and_then(|case| CaseId::new(case));
            if first.is_none_or(|first| !pattern.matches(&first)) {
                let detail = format!("no case {} ran", pattern.as_str());
                breaches.push(breach(testee, None, BreachKind::Missing, detail));
            }
        }
        for case in entries.keys().filter(|case| !self.expected.any(case)) {
            let detail = "ran, but is not one of the expected cases".to_owned();
            breaches.push(breach(testee, Some(case), BreachKind::Extra, detail));
        }
        breaches
    }

    /// What an agent ran in the other role only: where nothing else says what should have run, that does.
    fn against_other_role(&self, run: &Run, testee: &Testee, entries: &Entries) -> Option<Breach> {
        let expect = &self.policy.expect;
        let is_given = expect.count.is_some() || expect.total.is_some() || !expect.cases.is_empty();
        if expect.uneven || is_given {
            return None;
        }
        let role = testee.role.map(Role::peer)?;
        let other = run.agents.get(&Testee::new(&testee.agent, Some(role)))?;
        let mut only = other.keys().filter(|case| !entries.contains_key(case) && !self.skip.any(case));
        let first = only.next()?;
        let (ran, there) = (entries.len(), other.len());
        let missing = only.count() + 1;
        let what = if missing == 1 {
            format!("case {first} did not run")
        } else {
            format!("{missing} cases did not run ({first} is the first)")
        };
        let detail = format!(
            "{what}, but did with this agent as {}: {ran} cases and {there}; was the run cut short?",
            role.name()
        );
        Some(breach(testee, None, BreachKind::Missing, detail))
    }

    /// An expected failure whose case did not run, if it may be held against the run at all.
    fn not_run(&self, run: &Run, xfail: &ExpectedFailure) -> Option<Breach> {
        // What is said of a role that is not there is like what is said of an agent that is not: nothing.
        let mut of_agent = xfail.agents(run).filter(|(testee, _)| {
            self.policy.judges(testee) && (testee.role.is_none() || xfail.is_of(testee.role))
        });
        let is_there = of_agent.clone().next().is_some();
        let ran = |(testee, entries): (&Testee, &Entries)| {
            xfail.is_of(testee.role) && entries.contains_key(&xfail.case)
        };
        if !is_there || of_agent.clone().any(ran) {
            return None;
        }
        let is_role_unknown = xfail.role.is_some() && of_agent.all(|(testee, _)| testee.role.is_none());
        let hint = if is_role_unknown { ": the run does not tell the role of its testee" } else { "" };
        Some(Breach {
            testee: xfail.agent.as_ref().map(|agent| Testee::new(agent, xfail.role)),
            case: Some(xfail.case.clone()),
            kind: BreachKind::Missing,
            detail: format!("is expected to fail ({}) but did not run{hint}", xfail.reason),
        })
    }
}

/// What is wrong where another number of cases ran than is expected.
fn not_so_many(ran: usize, expected: Option<u64>, of: &str) -> Option<(BreachKind, String)> {
    let ran = ran as u64;
    let count = expected.filter(|count| *count != ran)?;
    let (kind, hint) =
        if ran < count { (BreachKind::Missing, ": was the run cut short?") } else { (BreachKind::Extra, "") };
    Some((kind, format!("{ran} cases ran{of}, {count} are expected{hint}")))
}
