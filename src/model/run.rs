//! What is said about a whole Autobahn run: against another run, or against a policy.

use crate::model::named;

use std::collections::BTreeMap;

use crate::model::case::{
    Behavior, BehaviorClose, CaseId, CaseReport, ClosingBehavior, IndexEntry, NoVerdict,
};
use crate::model::{ConversationId, Role};

/// Whom a run tests: an agent in one of its two roles. As client and as server it is in two runs, though the suite calls
/// it the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Testee {
    /// Its name, as the index has it.
    pub agent: String,
    /// Its role; `None` where nothing tells.
    pub role: Option<Role>,
}

impl Testee {
    /// An agent, and its role as far as that is known.
    #[must_use]
    pub fn new(agent: &str, role: Option<Role>) -> Self {
        Self { agent: agent.to_owned(), role }
    }

    /// The agent, with its role behind it: `ws (client)`. Not escaped.
    #[must_use]
    pub fn label(&self) -> String {
        let agent = if self.agent.is_empty() { "(no name)" } else { &self.agent };
        self.role.map_or_else(|| agent.to_owned(), |role| format!("{agent} ({})", role.name()))
    }
}

/// What the report of a case says that its index repeats, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseVerdict {
    /// Name of the testee, as the index has it.
    pub agent: String,
    /// Role of the testee; `None` where the report does not tell.
    pub role: Option<Role>,
    /// Its number in the suite.
    pub id: CaseId,
    /// Verdict on the events.
    pub behavior: Behavior,
    /// Verdict on the closing.
    pub behavior_close: BehaviorClose,
    /// How long the case took, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Code of the testee's Close.
    pub remote_close_code: Option<u16>,
    /// Why, in the suite's words.
    pub result: Option<String>,
    /// Why, of the closing.
    pub result_close: Option<String>,
    /// Why it was not clean.
    pub not_clean_reason: Option<String>,
    /// When it was run, as written (ISO 8601, UTC).
    pub started: Option<String>,
}

impl CaseVerdict {
    /// Whom it is about.
    #[must_use]
    pub fn testee(&self) -> Testee {
        Testee::new(&self.agent, self.role)
    }
}

impl From<&CaseReport> for CaseVerdict {
    fn from(report: &CaseReport) -> Self {
        let tester = if report.closing.is_server { Role::Server } else { Role::Client };
        // A report without anything of its closing says nothing of the roles either.
        let is_told = report.closing != ClosingBehavior::default();
        Self {
            agent: report.agent.clone(),
            role: is_told.then(|| tester.peer()),
            id: report.id.clone(),
            behavior: report.behavior.clone(),
            behavior_close: report.behavior_close.clone(),
            duration_ms: report.duration_ms,
            remote_close_code: report.closing.remote_close_code,
            result: report.result.clone(),
            result_close: report.result_close.clone(),
            not_clean_reason: report.closing.was_not_clean_reason.clone(),
            started: report.started.clone(),
        }
    }
}

/// A verdict from a capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CapturedEntry {
    /// As the index of a run has it; without a verdict where the wire gives none.
    pub entry: IndexEntry,
    /// The connection.
    pub id: ConversationId,
    /// Why there is no verdict on the events, and none on the closing.
    pub lacks: [Option<NoVerdict>; 2],
    /// By its rules the tester sent a Close, but none was captured.
    pub close_unsent: bool,
}

/// A connection that is a case of a run and not known as which.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplaced {
    /// The connection.
    pub id: ConversationId,
    /// Why not, in words.
    pub why: String,
}

/// What captures show of runs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CapturedRun {
    /// Verdicts by testee, then by case. Of a case that ran several times the last, as the suite keeps it.
    pub agents: BTreeMap<Testee, BTreeMap<CaseId, CapturedEntry>>,
    /// What is a case and not known as which.
    pub unplaced: Vec<Unplaced>,
    /// Cases whose tester does not say its version: they are judged as those of the newest.
    pub unversioned: u64,
    /// Connections beyond those that there was room for.
    pub omitted: u64,
}

/// Two places of a run that disagree: index and case file, two shards, an index and itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Whose case it is.
    pub testee: Testee,
    /// Its number in the suite; `None` where it is not about one.
    pub case: Option<CaseId>,
    /// Who says what.
    pub detail: String,
}

/// A case that is in one of two places only: the index, or the files beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoneCase {
    /// Whose case it is.
    pub testee: Testee,
    /// Its number in the suite.
    pub case: CaseId,
    /// Name of its file.
    pub file: String,
    /// What was found.
    pub entry: IndexEntry,
}

/// The case files of a run, as far as they are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cases {
    /// By testee, then case.
    pub verdicts: BTreeMap<Testee, BTreeMap<CaseId, CaseVerdict>>,
    /// Where the index, a case file or a shard says something else than another.
    pub contradictions: Vec<Contradiction>,
    /// Entries of the index whose file is not there.
    pub absent: Vec<LoneCase>,
    /// Files of cases that the index does not name.
    pub unlisted: Vec<LoneCase>,
    /// Entries whose file was written over by another agent of the same file name.
    pub overwritten: u64,
}

/// Where a run came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunSource {
    /// As given; several joined by commas.
    pub path: String,
    /// Cases of all agents.
    pub cases: u64,
    /// Where its parts disagree.
    pub contradictions: Vec<Contradiction>,
    /// Case files that its index does not name.
    pub unlisted: u64,
}

named! {
    /// What became of a case.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum ChangeKind {
        /// Worse behavior or worse close, whatever else got better.
        Regression = "regression",
        /// Better, and nothing worse.
        Fixed = "fixed",
        /// Of the same rank, but not the same.
        Changed = "changed",
        /// Only in the old run, or judged only there.
        Missing = "missing",
        /// Only in the new run, or judged only there.
        Added = "added",
    }
}

impl ChangeKind {
    /// The most important first.
    pub const ALL: [Self; 5] = [Self::Regression, Self::Missing, Self::Changed, Self::Fixed, Self::Added];
}

/// A case that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Change {
    /// Its number in the suite.
    pub case: CaseId,
    /// What became of it.
    pub kind: ChangeKind,
    /// Its entry in the old run.
    pub old: Option<IndexEntry>,
    /// Its entry in the new run.
    pub new: Option<IndexEntry>,
    /// What differs, in words.
    pub why: String,
    /// Why it is accepted, if it is.
    pub accepted: Option<String>,
}

/// Cases by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DiffCounts {
    /// Cases with a worse verdict than before.
    pub regression: u64,
    /// Cases with a better verdict.
    pub fixed: u64,
    /// Of the same rank, but not the same.
    pub changed: u64,
    /// Only in the old run, or judged only there.
    pub missing: u64,
    /// Only in the new run, or judged only there.
    pub added: u64,
    /// The same in both.
    pub unchanged: u64,
}

impl DiffCounts {
    /// Cases of that kind.
    #[must_use]
    pub const fn of(&self, kind: ChangeKind) -> u64 {
        match kind {
            ChangeKind::Regression => self.regression,
            ChangeKind::Fixed => self.fixed,
            ChangeKind::Changed => self.changed,
            ChangeKind::Missing => self.missing,
            ChangeKind::Added => self.added,
        }
    }

    /// Counts one more; `None` is an unchanged one.
    pub const fn add(&mut self, kind: Option<ChangeKind>) {
        let count = match kind {
            Some(ChangeKind::Regression) => &mut self.regression,
            Some(ChangeKind::Fixed) => &mut self.fixed,
            Some(ChangeKind::Changed) => &mut self.changed,
            Some(ChangeKind::Missing) => &mut self.missing,
            Some(ChangeKind::Added) => &mut self.added,
            None => &mut self.unchanged,
        };
        *count += 1;
    }

    /// Cases in both runs.
    #[must_use]
    pub const fn compared(&self) -> u64 {
        self.regression + self.fixed + self.changed + self.unchanged
    }

    /// Cases of either run.
    #[must_use]
    pub const fn cases(&self) -> u64 {
        self.compared() + self.missing + self.added
    }
}

/// One agent in two runs.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentDiff {
    /// Whom it is about: as the new run has it, if it is there, with the role that either run tells.
    pub testee: Testee,
    /// As the old run has it, if it is there.
    pub old: Option<Testee>,
    /// As the new run has it, if it is there.
    pub new: Option<Testee>,
    /// In the order of the cases.
    pub changes: Vec<Change>,
    /// As the new run has them.
    pub unchanged: Vec<(CaseId, IndexEntry)>,
    /// By first number of the case.
    pub sections: BTreeMap<u32, DiffCounts>,
    /// Over all sections.
    pub totals: DiffCounts,
}

impl AgentDiff {
    /// Its name in the old run, where that is another.
    #[must_use]
    pub fn old_agent(&self) -> Option<&str> {
        self.old.as_ref().map(|old| old.agent.as_str()).filter(|agent| *agent != self.testee.agent)
    }
}

/// One run against another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunDiff {
    /// In the order of their names.
    pub agents: Vec<AgentDiff>,
    /// Over all agents.
    pub totals: DiffCounts,
    /// Of these, the changes that are accepted.
    pub accepted: DiffCounts,
    /// Accepted changes that there are not, in words.
    pub stale: Vec<String>,
}

impl RunDiff {
    /// Changes of that kind that nobody accepted.
    #[must_use]
    pub const fn unaccepted(&self, kind: ChangeKind) -> u64 {
        self.totals.of(kind).saturating_sub(self.accepted.of(kind))
    }
}

named! {
    /// How a run does not keep a policy.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[non_exhaustive]
    pub enum BreachKind {
        /// The behavior of a case does not pass (its close may not either), or an expected failure fails otherwise.
        Failed = "failed",
        /// The behavior passes, the close does not.
        CloseFailed = "close_failed",
        /// An expected case did not run.
        Missing = "missing",
        /// An expected failure passes: the entry is stale.
        UnexpectedPass = "unexpected_pass",
        /// A case or an agent ran that was not expected.
        Extra = "extra",
        /// No report, an empty one, or none of a required agent.
        NoReport = "no_report",
        /// Index, case files or shards disagree, or have something twice.
        Inconsistent = "inconsistent",
        /// The file of a case is there, and the index does not name it.
        Unlisted = "unlisted",
        /// The index names the file of a case that is not there.
        Absent = "absent",
    }
}

impl BreachKind {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Failed,
        Self::CloseFailed,
        Self::Missing,
        Self::UnexpectedPass,
        Self::Extra,
        Self::NoReport,
        Self::Inconsistent,
        Self::Unlisted,
        Self::Absent,
    ];

    /// The kind of that name.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One way in which a run does not keep a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Whose; `None` where it is the whole run.
    pub testee: Option<Testee>,
    /// Which case; `None` where it is not about one.
    pub case: Option<CaseId>,
    /// Which promise of the policy it breaks.
    pub kind: BreachKind,
    /// What broke it, in words.
    pub detail: String,
}

/// What a policy says of a case that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Its verdict is one that the policy lets pass.
    Passed,
    /// In the warnings: not right, but no reason to fail.
    Warned,
    /// Fails as expected, for this reason.
    ExpectedFailure(String),
    /// The policy leaves it out.
    Skipped,
    /// In the breaches.
    Broken,
}

/// A case that ran.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckedCase {
    /// Its number in the suite.
    pub id: CaseId,
    /// Its verdicts, and where its file is.
    pub entry: IndexEntry,
    /// What the policy says.
    pub judged: Judged,
}

/// Cases by what the policy says of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CheckCounts {
    /// Cases with a verdict, those that the policy skips included.
    pub cases: u64,
    /// Of these: passed.
    pub passed: u64,
    /// Pass with a warning.
    pub warned: u64,
    /// Fail as expected.
    pub expected_failures: u64,
    /// Cases that the policy leaves out.
    pub skipped: u64,
    /// In the breaches.
    pub broken: u64,
}

impl CheckCounts {
    /// Counts one more case.
    pub const fn add(&mut self, judged: &Judged) {
        self.cases += 1;
        match judged {
            Judged::Passed => self.passed += 1,
            Judged::Warned => self.warned += 1,
            Judged::ExpectedFailure(_) => self.expected_failures += 1,
            Judged::Skipped => self.skipped += 1,
            Judged::Broken => self.broken += 1,
        }
    }
}

/// One agent against a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AgentCheck {
    /// Whom it is about.
    pub testee: Testee,
    /// When the first of its cases was run, as far as their files tell.
    pub started: Option<String>,
    /// Its cases in the order of their numbers.
    pub cases: Vec<CheckedCase>,
    /// By first number of the case.
    pub sections: BTreeMap<u32, CheckCounts>,
    /// Over all sections.
    pub totals: CheckCounts,
}

/// A run against a policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// In the order of their names.
    pub agents: Vec<AgentCheck>,
    /// By testee, case and kind; those about no agent first.
    pub breaches: Vec<Breach>,
    /// What the policy warns of, in the same order.
    pub warnings: Vec<Breach>,
    /// Over all agents.
    pub totals: CheckCounts,
    /// Case files held against the index.
    pub files_held: u64,
    /// Entries of the index whose file is not there.
    pub files_absent: u64,
    /// Files of cases that the index does not name.
    pub files_unlisted: u64,
    /// Entries whose file was written over by another agent of the same file name.
    pub files_overwritten: u64,
}

impl Checked {
    /// The policy is kept.
    #[must_use]
    pub const fn passed(&self) -> bool {
        self.breaches.is_empty()
    }

    /// Breaches of that kind.
    #[must_use]
    pub fn count(&self, kind: BreachKind) -> u64 {
        self.breaches.iter().filter(|b| b.kind == kind).count() as u64
    }
}
