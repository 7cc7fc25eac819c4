//! `wslog.diff/1` and `wslog.check/1`.

use std::collections::BTreeMap;

use crate::model::Role;
use crate::model::case::{CaseId, IndexEntry};
use crate::model::run::{
    AgentCheck, AgentDiff, Breach, BreachKind, Change, ChangeKind, CheckCounts, Checked, Contradiction,
    DiffCounts, Judged, RunSource, Testee,
};
use crate::views::json::write::document;
use crate::views::row::{Boolean, Field, Integer, List, Map, Text, row};
use crate::views::run::{CheckReport, DiffReport};

/// The fields of `wslog.diff/1`.
pub const DIFF: &[Field] = Diff::FIELDS;

/// The fields of `wslog.check/1`.
pub const CHECK: &[Field] = Check::FIELDS;

/// Two runs compared.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    document(Diff(report))
}

/// A run held against a policy.
#[must_use]
pub fn check(report: &CheckReport<'_>) -> String {
    document(Check(report))
}

row! {
    /// Two runs compared.
    struct Diff<'a>(report: &'a DiffReport<'a>);

    let diff = report.diff;

    /// Name and version of the format.
    schema: Text = "wslog.diff/1",
    /// Whether the gate passes (`--fail-on`).
    passed: Boolean = report.failed.is_empty(),
    /// What it fails on, in words.
    failed_on: List<Text> = report.failed.iter().map(|failed| failed.said.as_str()),
    /// The old run.
    old: Source = Source(report.old),
    /// The new run.
    new: Source = Source(report.new),
    /// Agents in the order of their names.
    agents: List<Agent> = diff.agents.iter().map(Agent),
    /// Cases of all agents by what became of them.
    totals: Changes = Changes(&diff.totals),
    /// Of these, the changes that are accepted.
    accepted: Changes = Changes(&diff.accepted),
    /// Accepted changes that there are not, in words.
    stale: List<Text> = &diff.stale,
}

row! {
    /// Where a run came from.
    struct Source<'a>(source: &'a RunSource);

    /// The path as given; several joined by commas.
    path: Text = &source.path,
    /// Cases of all agents.
    cases: Integer = source.cases,
    /// Where its parts disagree.
    contradictions: List<ContradictionEntry> = source.contradictions.iter().map(ContradictionEntry),
    /// Case files in its directory that its index does not name.
    unlisted: Integer = source.unlisted,
}

row! {
    /// Where the index, a case file or a shard says something else than another.
    struct ContradictionEntry<'a>(told: &'a Contradiction);

    /// Agent whose case it is.
    agent: Text = &told.testee.agent,
    /// Role of the testee, `client` or `server`; null where nothing tells it.
    testee_is: Option<Text> = told.testee.role.map(Role::name),
    /// Number of the case; null where it is not about one.
    case: Option<Text> = told.case.as_ref().map(CaseId::as_str),
    /// Which part says what, in words.
    detail: Text = &told.detail,
}

row! {
    /// The cases of an agent in both runs.
    struct Agent<'a>(agent: &'a AgentDiff);

    let sections = agent.sections.iter().map(|(section, counts)| (section.to_string(), Changes(counts)));

    /// Its name, in the new run if it is there.
    agent: Text = &agent.testee.agent,
    /// Role of the testee, `client` or `server`; null where nothing tells it.
    testee_is: Option<Text> = agent.testee.role.map(Role::name),
    /// Its name in the old run, where that is another.
    old_agent: Option<Text> = agent.old_agent(),
    /// Cases in either run.
    cases: Integer = agent.totals.cases(),
    /// Those that are not the same in both runs, in the order of cases.
    changes: List<Entry> = agent.changes.iter().map(Entry),
    /// Its cases by their first number, and by what became of them.
    sections: Map<Changes> = sections.collect::<BTreeMap<_, _>>(),
    /// All of its cases by what became of them.
    totals: Changes = Changes(&agent.totals),
}

row! {
    /// A case that is not the same in both runs.
    struct Entry<'a>(change: &'a Change);

    /// Number of the case.
    case: Text = change.case.as_str(),
    /// What became of it: `regression`, `fixed`, `changed`, `missing` or `added`.
    kind: Text = change.kind.name(),
    /// In the old run.
    old: Option<Verdict> = change.old.as_ref().map(Verdict),
    /// In the new run.
    new: Option<Verdict> = change.new.as_ref().map(Verdict),
    /// What differs, in words.
    why: Text = &change.why,
    /// Why it is accepted; null where it is not.
    accepted: Option<Text> = change.accepted.as_deref(),
}

row! {
    /// A case in a run.
    struct Verdict<'a>(entry: &'a IndexEntry);

    /// Verdict on what the testee did; null if it is not known.
    behavior: Option<Text> = entry.behavior.told(),
    /// Verdict on how it closed; null if it is not known.
    behavior_close: Option<Text> = entry.behavior_close.told(),
    /// Code of the testee's Close.
    remote_close_code: Option<Integer> = entry.remote_close_code,
    /// How long it took, in milliseconds.
    duration_ms: Option<Integer> = entry.duration_ms,
}

row! {
    /// Cases by what became of them.
    struct Changes<'a>(counts: &'a DiffCounts);

    /// Worse behavior or worse close, whatever else got better.
    regression: Integer = counts.of(ChangeKind::Regression),
    /// Better, and nothing worse.
    fixed: Integer = counts.of(ChangeKind::Fixed),
    /// Of the same rank, but not the same.
    changed: Integer = counts.of(ChangeKind::Changed),
    /// Only in the old run.
    missing: Integer = counts.of(ChangeKind::Missing),
    /// Only in the new run.
    added: Integer = counts.of(ChangeKind::Added),
    /// The same in both.
    unchanged: Integer = counts.unchanged,
}

row! {
    /// A run held against a policy.
    struct Check<'a>(report: &'a CheckReport<'a>);

    let checked = report.checked;

    /// Name and version of the format.
    schema: Text = "wslog.check/1",
    /// Whether it keeps the policy.
    passed: Boolean = checked.passed(),
    /// The run.
    run: Source = Source(report.run),
    /// How it does not, by agent, case and kind; those about no agent first.
    violations: List<Violation> = checked.breaches.iter().map(Violation),
    /// What the policy only warns of, in the same order.
    warnings: List<Violation> = checked.warnings.iter().map(Violation),
    /// Cases that fail as expected.
    expected_failures: List<ExpectedFailure> = checked.agents.iter().flat_map(ExpectedFailure::of),
    /// Agents in the order of their names.
    agents: List<AgentTotals> = checked.agents.iter().map(AgentTotals),
    /// Counts over all agents.
    totals: Totals = Totals(checked),
}

row! {
    /// A way in which a run does not keep its policy.
    struct Violation<'a>(breach: &'a Breach);

    /// Whose; null where it is the whole run.
    agent: Option<Text> = breach.testee.as_ref().map(|testee| testee.agent.as_str()),
    /// Role of the testee, `client` or `server`; null where nothing tells it.
    testee_is: Option<Text> = breach.testee.as_ref().and_then(|testee| testee.role).map(Role::name),

    /// Which case; null where it is not about one.
    case: Option<Text> = breach.case.as_ref().map(CaseId::as_str),
    /// How: `failed`, `close_failed`, `missing`, `unexpected_pass`, `extra`, `no_report`,
    /// `inconsistent`, `unlisted` or `absent`.
    kind: Text = breach.kind.name(),
    /// What is wrong, in words.
    detail: Text = &breach.detail,
}

row! {
    /// A case that fails as the policy expects.
    struct ExpectedFailure<'a>(testee: &'a Testee, case: &'a CaseId, reason: &'a str);

    /// Agent whose case it is.
    agent: Text = &testee.agent,
    /// Role of the testee, `client` or `server`; null where nothing tells it.
    testee_is: Option<Text> = testee.role.map(Role::name),

    /// Number of the case.
    case: Text = case.as_str(),
    /// Why, in the words of the policy.
    reason: Text = reason,
}

impl<'a> ExpectedFailure<'a> {
    fn of(agent: &'a AgentCheck) -> impl Iterator<Item = Self> {
        agent.cases.iter().filter_map(|case| match &case.judged {
            Judged::ExpectedFailure(reason) => Some(Self(&agent.testee, &case.id, reason)),
            _ => None,
        })
    }
}

row! {
    /// The cases of an agent, counted.
    struct AgentTotals<'a>(agent: &'a AgentCheck);

    let sections = agent.sections.iter().map(|(section, counts)| (section.to_string(), Judgements(counts)));

    /// Name of the agent.
    agent: Text = &agent.testee.agent,
    /// Role of the testee, `client` or `server`; null where nothing tells it.
    testee_is: Option<Text> = agent.testee.role.map(Role::name),

    /// All of its cases.
    totals: Judgements = Judgements(&agent.totals),
    /// Its cases by their first number.
    sections: Map<Judgements> = sections.collect::<BTreeMap<_, _>>(),
}

row! {
    /// Cases by what the policy says of them.
    struct Judgements<'a>(counts: &'a CheckCounts);

    /// Cases that ran.
    cases: Integer = counts.cases,
    /// Those that passed.
    passed: Integer = counts.passed,
    /// Those that fail as expected.
    expected_failures: Integer = counts.expected_failures,
    /// Those that pass with a warning.
    warned: Integer = counts.warned,
    /// Those that are not judged.
    skipped: Integer = counts.skipped,
    /// Those that break the policy.
    broken: Integer = counts.broken,
}

row! {
    /// Counts over all agents.
    struct Totals<'a>(checked: &'a Checked);

    let counts = &checked.totals;
    let violations = BreachKind::ALL.into_iter().map(|kind| (kind.name(), checked.count(kind)));

    /// Cases that ran.
    cases: Integer = counts.cases,
    /// Those that passed.
    passed: Integer = counts.passed,
    /// Those that fail as expected.
    expected_failures: Integer = counts.expected_failures,
    /// Those that pass with a warning.
    warned: Integer = counts.warned,
    /// Those that are not judged.
    skipped: Integer = counts.skipped,
    /// Those that break the policy.
    broken: Integer = counts.broken,
    /// Violations by kind.
    violations: Map<Integer> = violations.collect::<BTreeMap<_, _>>(),
    /// Warnings.
    warnings: Integer = checked.warnings.len(),
    /// Case files beside the index.
    case_files: Files = Files(checked),
}

row! {
    /// Case files beside an index.
    struct Files<'a>(checked: &'a Checked);

    /// Held against the index.
    held: Integer = checked.files_held,
    /// Entries of the index whose file is not there.
    absent: Integer = checked.files_absent,
    /// Files of cases that the index does not name.
    unlisted: Integer = checked.files_unlisted,
    /// Entries whose file was written over by another agent of the same file name.
    overwritten: Integer = checked.files_overwritten,
}
