//! `wslog.diff/1` and `wslog.check/1`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Error;
use crate::model::case::IndexEntry;
use crate::model::run::{
    AgentDiff, BreachKind, Change, ChangeKind, CheckCounts, Contradiction, DiffCounts, Judged, RunSource,
};
use crate::views::json::write_value;
use crate::views::run::{CheckReport, DiffReport};

/// Two runs compared.
///
/// # Errors
/// [`Error::Write`].
pub fn diff(report: &DiffReport<'_>) -> Result<String, Error> {
    document(&Diff {
        schema: "wslog.diff/1",
        old: Source::new(report.old),
        new: Source::new(report.new),
        agents: report.diff.agents.iter().map(Agent::new).collect(),
        totals: Counts::new(&report.diff.totals),
    })
}

/// A run held against a policy.
///
/// # Errors
/// [`Error::Write`].
pub fn check(report: &CheckReport<'_>) -> Result<String, Error> {
    let checked = report.checked;
    document(&Check {
        schema: "wslog.check/1",
        passed: checked.passed(),
        run: Source::new(report.run),
        violations: checked
            .breaches
            .iter()
            .map(|b| Violation {
                agent: b.agent.as_deref(),
                case: b.case.as_ref().map(crate::model::case::CaseId::as_str),
                kind: b.kind.name(),
                detail: &b.detail,
            })
            .collect(),
        expected_failures: checked
            .agents
            .iter()
            .flat_map(|agent| {
                agent.cases.iter().filter_map(|case| match &case.judged {
                    Judged::ExpectedFailure(reason) => {
                        Some(Expected { agent: &agent.agent, case: case.id.as_str(), reason })
                    }
                    _ => None,
                })
            })
            .collect(),
        agents: checked
            .agents
            .iter()
            .map(|agent| AgentTotals {
                agent: &agent.agent,
                totals: Judgements::new(&agent.totals),
                sections: agent
                    .sections
                    .iter()
                    .map(|(section, counts)| (section.to_string(), Judgements::new(counts)))
                    .collect(),
            })
            .collect(),
        totals: Totals {
            cases: Judgements::new(&checked.totals),
            violations: BreachKind::ALL.into_iter().map(|k| (k.name(), checked.count(k))).collect(),
            case_files: Files {
                held: checked.files_held,
                absent: checked.files_absent,
                overwritten: checked.files_overwritten,
            },
        },
    })
}

fn document(value: &impl Serialize) -> Result<String, Error> {
    let mut out = Vec::new();
    write_value(&mut out, value)?;
    out.push(b'\n');
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[derive(Serialize)]
struct Diff<'a> {
    schema: &'static str,
    old: Source<'a>,
    new: Source<'a>,
    agents: Vec<Agent<'a>>,
    totals: Counts,
}

#[derive(Serialize)]
struct Source<'a> {
    path: &'a str,
    cases: u64,
    contradictions: Vec<Told<'a>>,
}

impl<'a> Source<'a> {
    fn new(source: &'a RunSource) -> Self {
        Self {
            path: &source.path,
            cases: source.cases,
            contradictions: source.contradictions.iter().map(Told::new).collect(),
        }
    }
}

#[derive(Serialize)]
struct Told<'a> {
    agent: &'a str,
    case: &'a str,
    detail: &'a str,
}

impl<'a> Told<'a> {
    fn new(told: &'a Contradiction) -> Self {
        Self { agent: &told.agent, case: told.case.as_str(), detail: &told.detail }
    }
}

#[derive(Serialize)]
struct Agent<'a> {
    agent: &'a str,
    old_agent: Option<&'a str>,
    cases: u64,
    changes: Vec<Entry<'a>>,
    sections: BTreeMap<String, Counts>,
    totals: Counts,
}

impl<'a> Agent<'a> {
    fn new(agent: &'a AgentDiff) -> Self {
        Self {
            agent: &agent.agent,
            old_agent: agent.old_agent.as_deref(),
            cases: agent.totals.cases(),
            changes: agent.changes.iter().map(Entry::new).collect(),
            sections: agent.sections.iter().map(|(s, c)| (s.to_string(), Counts::new(c))).collect(),
            totals: Counts::new(&agent.totals),
        }
    }
}

#[derive(Serialize)]
struct Entry<'a> {
    case: &'a str,
    kind: &'static str,
    old: Option<Verdict<'a>>,
    new: Option<Verdict<'a>>,
    why: &'a str,
}

impl<'a> Entry<'a> {
    fn new(change: &'a Change) -> Self {
        Self {
            case: change.case.as_str(),
            kind: change.kind.name(),
            old: change.old.as_ref().map(Verdict::new),
            new: change.new.as_ref().map(Verdict::new),
            why: &change.why,
        }
    }
}

#[derive(Serialize)]
struct Verdict<'a> {
    behavior: &'a str,
    behavior_close: &'a str,
    remote_close_code: Option<u16>,
    duration_ms: Option<u64>,
}

impl<'a> Verdict<'a> {
    fn new(entry: &'a IndexEntry) -> Self {
        Self {
            behavior: entry.behavior.as_str(),
            behavior_close: entry.behavior_close.as_str(),
            remote_close_code: entry.remote_close_code,
            duration_ms: entry.duration_ms,
        }
    }
}

#[derive(Serialize)]
struct Counts {
    regression: u64,
    fixed: u64,
    changed: u64,
    missing: u64,
    added: u64,
    unchanged: u64,
}

impl Counts {
    const fn new(counts: &DiffCounts) -> Self {
        Self {
            regression: counts.of(ChangeKind::Regression),
            fixed: counts.of(ChangeKind::Fixed),
            changed: counts.of(ChangeKind::Changed),
            missing: counts.of(ChangeKind::Missing),
            added: counts.of(ChangeKind::Added),
            unchanged: counts.unchanged,
        }
    }
}

#[derive(Serialize)]
struct Check<'a> {
    schema: &'static str,
    passed: bool,
    run: Source<'a>,
    violations: Vec<Violation<'a>>,
    expected_failures: Vec<Expected<'a>>,
    agents: Vec<AgentTotals<'a>>,
    totals: Totals,
}

#[derive(Serialize)]
struct Violation<'a> {
    agent: Option<&'a str>,
    case: Option<&'a str>,
    kind: &'static str,
    detail: &'a str,
}

#[derive(Serialize)]
struct Expected<'a> {
    agent: &'a str,
    case: &'a str,
    reason: &'a str,
}

#[derive(Serialize)]
struct AgentTotals<'a> {
    agent: &'a str,
    totals: Judgements,
    sections: BTreeMap<String, Judgements>,
}

#[derive(Serialize)]
struct Judgements {
    cases: u64,
    passed: u64,
    expected_failures: u64,
    skipped: u64,
    broken: u64,
}

impl Judgements {
    const fn new(counts: &CheckCounts) -> Self {
        Self {
            cases: counts.cases,
            passed: counts.passed,
            expected_failures: counts.expected_failures,
            skipped: counts.skipped,
            broken: counts.broken,
        }
    }
}

#[derive(Serialize)]
struct Totals {
    #[serde(flatten)]
    cases: Judgements,
    violations: BTreeMap<&'static str, u64>,
    case_files: Files,
}

#[derive(Serialize)]
struct Files {
    held: u64,
    absent: u64,
    overwritten: u64,
}
