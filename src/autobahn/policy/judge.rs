//! A run held against a policy.

use std::collections::{BTreeMap, BTreeSet};

use crate::autobahn::policy::lookup::Lookup;
use crate::autobahn::policy::{ExpectedFailure, Policy};
use crate::autobahn::suite;
use crate::model::case::{CaseId, IndexEntry, Run};
use crate::model::run::{AgentCheck, Breach, BreachKind, Cases, CheckCounts, Checked, CheckedCase, Judged};

/// Holds a run against a policy. `cases` are its case files: they give the results that are quoted and pinned,
/// and what they contradict is a breach.
#[must_use]
pub fn check(run: &Run, cases: Option<&Cases>, policy: &Policy) -> Checked {
    let mut checked = Checked::default();
    let policy = Lookup::new(policy);
    for (agent, entries) in &run.agents {
        let mut result = AgentCheck {
            agent: agent.clone(),
            cases: Vec::with_capacity(entries.len()),
            sections: BTreeMap::new(),
            totals: CheckCounts::default(),
        };
        for (id, entry) in entries {
            let judged = policy.judge(agent, id, entry, results_of(cases, agent, id));
            let verdict = match judged {
                Ok(verdict) => verdict,
                Err((kind, detail)) => {
                    checked.breaches.push(breach(agent, Some(id), kind, detail));
                    Judged::Broken
                }
            };
            result.totals.add(&verdict);
            checked.totals.add(&verdict);
            result.sections.entry(id.section()).or_default().add(&verdict);
            result.cases.push(CheckedCase { id: id.clone(), entry: entry.clone(), judged: verdict });
        }
        checked.agents.push(result);
    }
    checked.breaches.extend(policy.absences(run));
    if let Some(cases) = cases {
        let kind = BreachKind::Inconsistent;
        let told = cases.contradictions.iter();
        checked.breaches.extend(told.map(|c| breach(&c.agent, Some(&c.case), kind, c.detail.clone())));
        checked.files_held = cases.verdicts.values().map(|of_agent| of_agent.len() as u64).sum();
        checked.files_absent = cases.absent;
        checked.files_overwritten = cases.overwritten;
    }
    checked.breaches.sort_by(|a, b| (&a.agent, &a.case, a.kind).cmp(&(&b.agent, &b.case, b.kind)));
    checked
}

/// What the suite said of the events and of the closing, as far as the case file is there.
pub(super) type Results<'a> = [Option<&'a str>; 2];

pub(super) fn results_of<'a>(cases: Option<&'a Cases>, agent: &str, id: &CaseId) -> Option<Results<'a>> {
    let verdict = cases?.verdicts.get(agent)?.get(id)?;
    Some([verdict.result.as_deref(), verdict.result_close.as_deref()])
}

/// `: ` and what the suite said of what does not pass.
fn said(results: Option<Results<'_>>, passes: [bool; 2]) -> String {
    let results = results.unwrap_or_default().into_iter().zip(passes);
    let mut parts: Vec<_> = results
        .filter_map(|(said, passes)| said.filter(|_| !passes))
        .map(|said| said.trim_end_matches('.'))
        .collect();
    parts.dedup();
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join("; ")) }
}

fn breach(agent: &str, case: Option<&CaseId>, kind: BreachKind, detail: String) -> Breach {
    Breach { agent: Some(agent.to_owned()), case: case.cloned(), kind, detail }
}

impl Lookup<'_> {
    fn judge(
        &self,
        agent: &str,
        id: &CaseId,
        entry: &IndexEntry,
        results: Option<Results<'_>>,
    ) -> Result<Judged, (BreachKind, String)> {
        if self.skip.any(id) {
            return Ok(Judged::Skipped);
        }
        let [behavior, close] = self.each_passes(agent, id, entry);
        let passes = behavior && close;
        let said = said(results, [behavior, close]);
        let told = |word: &str| if word.is_empty() { "not given".to_owned() } else { word.to_owned() };
        let verdict = format!(
            "behavior {}, close {}",
            told(entry.behavior.as_str()),
            told(entry.behavior_close.as_str())
        );
        match self.expected_failure(agent, id) {
            Some(xfail) if passes && !xfail.may_pass => Err((
                BreachKind::UnexpectedPass,
                format!("{verdict}; remove the expected failure ({})", xfail.reason),
            )),
            Some(_) if passes => Ok(Judged::Passed),
            Some(xfail) => match xfail.differs(entry, results) {
                None => Ok(Judged::ExpectedFailure(xfail.reason.clone())),
                Some(expected) => Err((
                    BreachKind::Failed,
                    format!("fails differently than expected: {verdict}{said}; expected {expected}"),
                )),
            },
            None if passes => Ok(Judged::Passed),
            None if behavior => Err((BreachKind::CloseFailed, format!("{verdict}{said}"))),
            None => Err((BreachKind::Failed, format!("{verdict}{said}"))),
        }
    }

    /// What should have run and did not, and what ran and should not have.
    fn absences(&self, run: &Run) -> Vec<Breach> {
        let mut breaches = Vec::new();
        if run.agents.values().all(BTreeMap::is_empty) {
            let detail = "the run has no cases: did the testee start?".to_owned();
            breaches.push(Breach { agent: None, case: None, kind: BreachKind::NoReport, detail });
        }
        let required: BTreeSet<&String> = self.policy.expect.agents.iter().collect();
        for agent in required.into_iter().filter(|agent| !run.agents.contains_key(*agent)) {
            let detail = "no report from this agent".to_owned();
            breaches.push(breach(agent, None, BreachKind::NoReport, detail));
        }
        for (agent, entries) in &run.agents {
            if entries.is_empty() {
                let detail = "this agent's report has no case".to_owned();
                breaches.push(breach(agent, None, BreachKind::NoReport, detail));
            }
            let ran = entries.len() as u64;
            if let Some(count) = self.policy.expect.count.filter(|count| *count != ran) {
                let (kind, hint) = if ran < count {
                    (BreachKind::Missing, ": was the run cut short?")
                } else {
                    (BreachKind::Extra, "")
                };
                breaches.push(breach(
                    agent,
                    None,
                    kind,
                    format!("{ran} cases ran, {count} are expected{hint}"),
                ));
            }
            breaches.extend(self.cases_of(agent, entries));
        }
        let ran: BTreeSet<&CaseId> = run.agents.values().flat_map(BTreeMap::keys).collect();
        let failing = self.policy.xfail.iter().filter(|xfail| !self.skip.any(&xfail.case));
        let not_run = failing.filter(|xfail| match &xfail.agent {
            Some(agent) => run.agents.get(agent).is_some_and(|entries| !entries.contains_key(&xfail.case)),
            None => !run.agents.is_empty() && !ran.contains(&xfail.case),
        });
        for xfail in not_run {
            // Where the set of cases is given, it has said so already.
            if self.expected.any(&xfail.case) {
                continue;
            }
            breaches.push(Breach {
                agent: xfail.agent.clone(),
                case: Some(xfail.case.clone()),
                kind: BreachKind::Missing,
                detail: format!("is expected to fail ({}) but did not run", xfail.reason),
            });
        }
        breaches
    }

    fn cases_of(&self, agent: &str, entries: &BTreeMap<CaseId, IndexEntry>) -> Vec<Breach> {
        let expected = &self.policy.expect.cases;
        if expected.is_empty() {
            return Vec::new();
        }
        let mut missing: BTreeSet<CaseId> = suite::cases().filter(|case| self.expected.any(case)).collect();
        // A case that this list of the suite does not know is expected as soon as it is named.
        missing.extend(expected.iter().filter_map(|pattern| CaseId::new(pattern.as_str())));
        missing.retain(|case| !entries.contains_key(case) && !self.skip.any(case));
        let mut breaches: Vec<_> = missing
            .iter()
            .map(|case| breach(agent, Some(case), BreachKind::Missing, "did not run".to_owned()))
            .collect();
        let known: BTreeSet<String> = suite::cases().map(|case| case.as_str().to_owned()).collect();
        let told: BTreeSet<&str> = known
            .iter()
            .map(String::as_str)
            .chain(entries.keys().chain(&missing).map(CaseId::as_str))
            .collect();
        for pattern in expected {
            let start = pattern.as_str().trim_end_matches('*');
            // The first from there on is the one that matches, if any does.
            let first = told.range(start..).next().and_then(|case| CaseId::new(case));
            if first.is_none_or(|first| !pattern.matches(&first)) {
                let detail = format!("no case {} ran", pattern.as_str());
                breaches.push(breach(agent, None, BreachKind::Missing, detail));
            }
        }
        for case in entries.keys().filter(|case| !self.expected.any(case)) {
            let detail = "ran, but is not one of the expected cases".to_owned();
            breaches.push(breach(agent, Some(case), BreachKind::Extra, detail));
        }
        breaches
    }
}

impl ExpectedFailure {
    /// In what a failure is not the expected one; a pinned result counts only where the result is known.
    pub(super) fn differs(&self, entry: &IndexEntry, results: Option<Results<'_>>) -> Option<String> {
        let mut parts = Vec::new();
        if let Some(behavior) = self.behavior.as_ref().filter(|b| **b != entry.behavior) {
            parts.push(format!("behavior {}", behavior.as_str()));
        }
        if let Some(close) = self.close.as_ref().filter(|c| **c != entry.behavior_close) {
            parts.push(format!("close {}", close.as_str()));
        }
        if let (Some(pinned), Some(results)) = (&self.result, results)
            && !results.into_iter().flatten().any(|result| result.contains(pinned.as_str()))
        {
            parts.push(format!("a result with \"{pinned}\""));
        }
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}
