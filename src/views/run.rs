//! Whole Autobahn runs, compared or held against a policy: one format a file, each as one text. Names and results
//! come from reports, so each format escapes them.

pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod text;

use std::collections::BTreeSet;

use crate::model::case::{CaseId, IndexEntry};
use crate::model::run::{
    AgentDiff, Breach, BreachKind, Change, ChangeKind, CheckCounts, Checked, DiffCounts, Judged, RunDiff,
    RunSource, Testee,
};
use crate::views::units;

/// Two runs compared.
#[derive(Clone, Copy, Debug)]
pub struct DiffReport<'a> {
    /// Where the old one came from.
    pub old: &'a RunSource,
    /// Where the new one came from.
    pub new: &'a RunSource,
    /// Changes between two runs.
    pub diff: &'a RunDiff,
    /// What the gate fails on; empty where it passes.
    pub failed: &'a [FailedOn],
}

/// Something that a gate over two runs fails on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailedOn {
    /// The changes, where it is changes.
    pub kind: Option<ChangeKind>,
    /// In words: `1 regression`.
    pub said: String,
}

/// A run held against a policy.
#[derive(Clone, Copy, Debug)]
pub struct CheckReport<'a> {
    /// Where it came from.
    pub run: &'a RunSource,
    /// How it keeps the policy.
    pub checked: &'a Checked,
}

/// How a comparison came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mood {
    Good,
    /// Nothing got worse as far as it was compared, but not all was.
    Doubtful,
    Bad,
}

/// The counts of each section of the suite, by agent: header and rows.
fn by_section(
    agents: &[AgentDiff],
    shown: fn(&str) -> String,
    count: fn(u64) -> String,
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let header = ["agent", "section"].into_iter().chain(ChangeKind::ALL.map(ChangeKind::name));
    let rows = agents.iter().flat_map(|agent| {
        agent.sections.iter().map(move |(section, counts)| {
            let name = [shown(&agent.testee.label()), section.to_string()].into_iter();
            let kinds = ChangeKind::ALL.map(|kind| count(counts.of(kind)));
            name.chain(kinds).chain([counts.unchanged.to_string()]).collect()
        })
    });
    (header.chain(["unchanged"]).collect(), rows.collect())
}

/// The same of a run held against a policy.
fn checked_by_section(
    checked: &Checked,
    shown: fn(&str) -> String,
    count: fn(u64) -> String,
) -> (Vec<&'static str>, Vec<Vec<String>>) {
    let header =
        ["agent", "section", "cases", "passed", "expected failures", "warned of", "not judged", "broken"];
    let rows = checked.agents.iter().flat_map(|agent| {
        agent.sections.iter().map(move |(section, counts)| {
            let agent = shown(&agent.testee.label());
            let name = [agent, section.to_string(), counts.cases.to_string()].into_iter();
            let CheckCounts { passed, expected_failures, warned, skipped, broken, .. } = *counts;
            name.chain([passed, expected_failures, warned, skipped, broken].map(count)).collect()
        })
    });
    (header.into(), rows.collect())
}

/// Agent, case, verdict and reason of each case that fails as expected.
fn expected_failures(checked: &Checked, shown: fn(&str) -> String) -> Vec<Vec<String>> {
    let cases = checked.agents.iter().flat_map(|agent| agent.cases.iter().map(|case| (&agent.testee, case)));
    let failures = cases.filter_map(|(testee, case)| match &case.judged {
        Judged::ExpectedFailure(reason) => {
            Some([&testee.label(), case.id.as_str(), &entry(Some(&case.entry)), reason].map(shown).to_vec())
        }
        _ => None,
    });
    failures.collect()
}

impl DiffReport<'_> {
    const fn mood(&self) -> Mood {
        let diff = self.diff;
        let is_worse = diff.unaccepted(ChangeKind::Regression) + diff.unaccepted(ChangeKind::Missing) > 0;
        if !self.failed.is_empty() {
            Mood::Bad
        } else if is_worse || diff.totals.compared() == 0 {
            Mood::Doubtful
        } else {
            Mood::Good
        }
    }

    /// The counts in a line: `1 regression, 2 fixed, 514 unchanged`.
    fn summary(&self) -> String {
        let counts = &self.diff.totals;
        let mut parts = vec![units::count(counts.regression, "regression")];
        let others = ChangeKind::ALL.into_iter().filter(|kind| *kind != ChangeKind::Regression);
        parts.extend(
            others
                .filter(|kind| counts.of(*kind) > 0)
                .map(|kind| format!("{} {}", counts.of(kind), kind.name())),
        );
        parts.push(format!("{} unchanged", counts.unchanged));
        let accepted: u64 = ChangeKind::ALL.iter().map(|kind| self.diff.accepted.of(*kind)).sum();
        if accepted > 0 {
            parts.push(format!("{} accepted", units::count(accepted, "change")));
        }
        parts.join(", ")
    }

    /// Whether the gate fails on changes of that kind.
    fn fails_on(&self, kind: ChangeKind) -> bool {
        self.failed.iter().any(|failed| failed.kind == Some(kind))
    }

    /// What the gate fails on, in a line; `None` where it passes.
    fn fails(&self) -> Option<String> {
        let said: Vec<_> = self.failed.iter().map(|failed| failed.said.as_str()).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    /// Changes of a kind, with whose they are; those that are accepted apart.
    fn changes(&self, kind: ChangeKind, is_accepted: bool) -> impl Iterator<Item = (&Testee, &Change)> {
        self.diff.agents.iter().flat_map(move |agent| {
            let changes = agent
                .changes
                .iter()
                .filter(move |change| change.kind == kind && change.accepted.is_some() == is_accepted);
            changes.map(|change| (&agent.testee, change))
        })
    }

    /// What is likely to have gone wrong where nothing could be compared.
    fn hint(&self) -> Option<String> {
        if self.diff.totals.compared() > 0 {
            return None;
        }
        let only = |of: fn(&DiffCounts) -> u64| {
            self.diff.agents.iter().find(|a| of(&a.totals) > 0).map(|a| &a.testee)
        };
        Some(match (only(|c| c.missing), only(|c| c.added)) {
            (Some(old), Some(new)) if old.agent == new.agent && old.role != new.role => format!(
                "No case is in both runs, so nothing was compared: the old run is of {}, the new one of {}.",
                old.label(),
                new.label()
            ),
            (Some(Testee { agent: old, .. }), Some(Testee { agent: new, .. })) if old != new => format!(
                "No case is in both runs, so nothing was compared. If {old} and {new} are the same agent: --agent \
                 {old}={new}"
            ),
            _ => "No case is in both runs, so nothing was compared.".to_owned(),
        })
    }
}

impl CheckReport<'_> {
    /// Agents, each once though it may have been tested in both roles.
    fn agents(&self) -> u64 {
        let names: BTreeSet<&str> = self.checked.agents.iter().map(|of| of.testee.agent.as_str()).collect();
        names.len() as u64
    }

    /// The counts in a line: `passed: 301 cases, 300 passed, 1 expected failure`.
    fn summary(&self) -> String {
        let checked = self.checked;
        let totals = &checked.totals;
        let mut parts = vec![
            format!("{} in {}", units::count(totals.cases, "case"), units::count(self.agents(), "agent")),
            format!("{} passed", totals.passed),
        ];
        if totals.expected_failures > 0 {
            parts.push(units::count(totals.expected_failures, "expected failure"));
        }
        if totals.warned > 0 {
            parts.push(format!("{} warned of", totals.warned));
        }
        if totals.skipped > 0 {
            parts.push(format!("{} not judged", totals.skipped));
        }
        let broken = BreachKind::ALL.into_iter().filter(|kind| checked.count(*kind) > 0);
        parts.extend(broken.map(|kind| format!("{} {}", checked.count(kind), kind.name())));
        let head = if checked.passed() { "policy met" } else { "policy broken" };
        format!("{head}: {}", parts.join(", "))
    }

    /// How many case files the index was held against, where some could not be.
    fn files(&self) -> Option<String> {
        let Checked { files_held, files_absent, files_unlisted, files_overwritten, .. } = *self.checked;
        if files_absent + files_overwritten + files_unlisted == 0 {
            return None;
        }
        let mut line = format!("index checked against {}", units::count(files_held, "case file"));
        if files_absent > 0 {
            line.push_str(&format!(", {files_absent} missing"));
        }
        if files_unlisted > 0 {
            line.push_str(&format!(", {files_unlisted} that it does not name"));
        }
        if files_overwritten > 0 {
            line.push_str(&format!(", {files_overwritten} overwritten by an agent with the same file name"));
        }
        Some(line)
    }
}

/// What of a run is said below its path: case files that its index does not name.
fn doubts(source: &RunSource) -> Option<String> {
    (source.unlisted > 0).then(|| {
        format!(
            "{} in its directory, which its index does not name",
            units::count(source.unlisted, "case file")
        )
    })
}

/// Agent and number of a case, or the agent alone.
fn whose(testee: &Testee, case: Option<&CaseId>) -> String {
    case.map_or_else(|| testee.label(), |case| format!("{} {case}", testee.label()))
}

/// Agent, case, kind and detail of a breach, unescaped.
fn breach_cells(breach: &Breach) -> [String; 4] {
    [
        breach.testee.as_ref().map_or_else(|| "–".to_owned(), Testee::label),
        breach.case.as_ref().map_or_else(|| "–".to_owned(), ToString::to_string),
        breach.kind.name().to_owned(),
        breach.detail.clone(),
    ]
}

/// `OK / WRONG CODE, 1002`.
fn entry(entry: Option<&IndexEntry>) -> String {
    entry.map_or_else(
        || "–".to_owned(),
        |e| {
            let code = e.remote_close_code.map_or("no code".to_owned(), |c| c.to_string());
            let told = |word: &str| if word.is_empty() { "–".to_owned() } else { word.to_owned() };
            format!("{} / {}, {code}", told(e.behavior.as_str()), told(e.behavior_close.as_str()))
        },
    )
}

#[cfg(test)]
mod tests;
