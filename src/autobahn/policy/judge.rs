//! A run held against a policy.

use std::collections::BTreeMap;

use crate::autobahn::policy::grants::Asked;
use crate::autobahn::policy::lookup::Lookup;
use crate::autobahn::policy::{ExpectedFailure, Policy, Severity};
use crate::model::Role;
use crate::model::case::{Behavior, BehaviorClose, CaseId, IndexEntry, Run};
use crate::model::run::{
    AgentCheck, Breach, BreachKind, CaseVerdict, Cases, CheckCounts, Checked, CheckedCase, Judged, LoneCase,
    Testee,
};

/// Holds a run against a policy. `cases` are its case files: they give the results that are quoted and pinned,
/// and what they contradict is a breach.
#[must_use]
pub fn check(run: &Run, cases: Option<&Cases>, policy: &Policy) -> Checked {
    let mut checked = Checked::default();
    let lookup = Lookup::new(policy);
    for (testee, entries) in run.agents.iter().filter(|(testee, _)| policy.judges(testee)) {
        let verdicts = cases.and_then(|cases| cases.verdicts.get(testee));
        let mut result = AgentCheck {
            testee: testee.clone(),
            started: verdicts.and_then(first_start),
            cases: Vec::with_capacity(entries.len()),
            sections: BTreeMap::new(),
            totals: CheckCounts::default(),
        };
        for (id, entry) in entries {
            let verdict = verdicts.and_then(|verdicts| verdicts.get(id));
            let judged = match lookup.judge(run, &Asked { testee, id, entry, verdict }) {
                Ok(judged) => judged,
                Err(Wrong { kind, detail, is_warning }) => {
                    let breach = breach(testee, Some(id), kind, detail);
                    let severity = if is_warning { Severity::Warn } else { policy.severity(kind) };
                    tell(&mut checked, severity, breach)
                }
            };
            result.totals.add(&judged);
            checked.totals.add(&judged);
            result.sections.entry(id.section()).or_default().add(&judged);
            result.cases.push(CheckedCase { id: id.clone(), entry: entry.clone(), judged });
        }
        checked.agents.push(result);
    }
    let about_files = cases.into_iter().flat_map(|cases| of_files(cases, policy));
    for breach in lookup.absences(run).into_iter().chain(about_files) {
        tell(&mut checked, policy.severity(breach.kind), breach);
    }
    if let Some(cases) = cases {
        checked.files_held = cases.verdicts.values().map(|of_agent| of_agent.len() as u64).sum();
        checked.files_absent = cases.absent.len() as u64;
        checked.files_unlisted = cases.unlisted.len() as u64;
        checked.files_overwritten = cases.overwritten;
    }
    for told in [&mut checked.breaches, &mut checked.warnings] {
        told.sort_by(|a, b| (&a.testee, &a.case, a.kind).cmp(&(&b.testee, &b.case, b.kind)));
    }
    checked
}

/// Puts a breach where it belongs; says what becomes of the case that it is about.
fn tell(checked: &mut Checked, severity: Severity, breach: Breach) -> Judged {
    match severity {
        Severity::Fail => {
            checked.breaches.push(breach);
            Judged::Broken
        }
        Severity::Warn => {
            checked.warnings.push(breach);
            Judged::Warned
        }
        Severity::Ignore => Judged::Passed,
    }
}

fn first_start(verdicts: &BTreeMap<CaseId, CaseVerdict>) -> Option<String> {
    // ISO 8601 in UTC: the order of the text is that of time.
    verdicts.values().filter_map(|verdict| verdict.started.as_ref()).min().cloned()
}

/// Where index and case files do not fit together.
fn of_files<'a>(cases: &'a Cases, policy: &'a Policy) -> impl Iterator<Item = Breach> + 'a {
    let contradictions = cases
        .contradictions
        .iter()
        .map(|told| breach(&told.testee, told.case.as_ref(), BreachKind::Inconsistent, told.detail.clone()));
    let unlisted = cases.unlisted.iter().map(|lone| {
        let LoneCase { testee, case, file, entry } = lone;
        let detail = format!("the index does not name {file}, which says {}", verdict_of(entry));
        breach(testee, Some(case), BreachKind::Unlisted, detail)
    });
    let absent = cases.absent.iter().map(|lone| {
        let LoneCase { testee, case, file, .. } = lone;
        let detail = match file.as_str() {
            "" => "the index names no case file".to_owned(),
            file => format!("the index names {file}, which is not there"),
        };
        breach(testee, Some(case), BreachKind::Absent, detail)
    });
    let all = contradictions.chain(unlisted).chain(absent);
    all.filter(|breach| breach.testee.as_ref().is_none_or(|testee| policy.judges(testee)))
}

/// What the suite said of the events and of the closing, as far as the case file is there.
pub(super) type Results<'a> = [Option<&'a str>; 2];

pub(super) fn results_of(verdict: Option<&CaseVerdict>) -> Option<Results<'_>> {
    verdict.map(|verdict| [verdict.result.as_deref(), verdict.result_close.as_deref()])
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

pub(super) fn breach(testee: &Testee, case: Option<&CaseId>, kind: BreachKind, detail: String) -> Breach {
    Breach { testee: Some(testee.clone()), case: case.cloned(), kind, detail }
}

fn verdict_of(entry: &IndexEntry) -> String {
    if (&entry.behavior, &entry.behavior_close) == (&Behavior::Unknown, &BehaviorClose::Unknown) {
        return "no verdict".to_owned();
    }
    format!("behavior {}, close {}", entry.behavior.as_str(), entry.behavior_close.as_str())
}

/// What is wrong with a case.
struct Wrong {
    kind: BreachKind,
    detail: String,
    /// The policy only warns of such verdicts.
    is_warning: bool,
}

impl Lookup<'_> {
    fn judge(&self, run: &Run, asked: &Asked<'_>) -> Result<Judged, Wrong> {
        if self.skip.any(asked.id) {
            return Ok(Judged::Skipped);
        }
        let each = self.each_passes(asked);
        let [behavior, close] = each;
        let passes = behavior && close;
        let results = results_of(asked.verdict);
        let verdict = verdict_of(asked.entry);
        let wrong = |kind, detail| Err(Wrong { kind, detail, is_warning: false });
        match self.expected_failure(asked.testee, asked.id) {
            Some(xfail) if passes && !xfail.may_pass => {
                let way = match self.other_role_that_fails(run, asked, xfail) {
                    Some(role) => format!("give the expected failure testee_is = \"{}\"", role.name()),
                    None => "remove the expected failure".to_owned(),
                };
                wrong(BreachKind::UnexpectedPass, format!("{verdict}; {way} ({})", xfail.reason))
            }
            Some(_) if passes => Ok(Judged::Passed),
            Some(xfail) => match xfail.differs(asked.entry, results) {
                None => Ok(Judged::ExpectedFailure(xfail.reason.clone())),
                Some(expected) => {
                    let said = said(results, each);
                    let detail =
                        format!("fails differently than expected: {verdict}{said}; expected {expected}");
                    wrong(BreachKind::Failed, detail)
                }
            },
            None if passes => Ok(Judged::Passed),
            None => Err(Wrong {
                kind: if behavior { BreachKind::CloseFailed } else { BreachKind::Failed },
                detail: format!("{verdict}{}", said(results, each)),
                is_warning: self.is_warned(asked, each),
            }),
        }
    }
}

impl Lookup<'_> {
    /// The role in which an agent fails a case that it passes in the other, where the expected failure speaks of both.
    fn other_role_that_fails(&self, run: &Run, asked: &Asked<'_>, xfail: &ExpectedFailure) -> Option<Role> {
        let role = asked.testee.role.filter(|_| xfail.role.is_none())?.peer();
        let testee = &Testee::new(&asked.testee.agent, Some(role));
        let entry = run.agents.get(testee)?.get(asked.id)?;
        let fails = !self.passes(&Asked { testee, id: asked.id, entry, verdict: None });
        fails.then_some(role)
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
