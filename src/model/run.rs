//! What is said about a whole Autobahn run: against another run, or against a policy.

use crate::model::named;

use std::collections::BTreeMap;

use crate::model::case::{Behavior, BehaviorClose, CaseId, CaseReport, IndexEntry};

/// What the report of a case says that its index repeats, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseVerdict {
    /// Name of the testee, as the index has it.
    pub agent: String,
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
}

impl From<&CaseReport> for CaseVerdict {
    fn from(report: &CaseReport) -> Self {
        Self {
            agent: report.agent.clone(),
            id: report.id.clone(),
            behavior: report.behavior.clone(),
            behavior_close: report.behavior_close.clone(),
            duration_ms: report.duration_ms,
            remote_close_code: report.closing.remote_close_code,
            result: report.result.clone(),
            result_close: report.result_close.clone(),
        }
    }
}

/// Two places of a run that disagree: index and case file, or two shards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// The testee, as the suite calls it.
    pub agent: String,
    /// Its number in the suite.
    pub case: CaseId,
    /// Who says what.
    pub detail: String,
}

/// The case files of a run, as far as they are there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Cases {
    /// By agent, then case.
    pub verdicts: BTreeMap<String, BTreeMap<CaseId, CaseVerdict>>,
    /// Where the index, a case file or a shard says something else than another.
    pub contradictions: Vec<Contradiction>,
    /// Entries of the index whose file is not there.
    pub absent: u64,
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
        /// Only in the old run.
        Missing = "missing",
        /// Only in the new run.
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
    /// Only in the old run.
    pub missing: u64,
    /// Only in the new run.
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
    /// Its name, in the new run if it is there.
    pub agent: String,
    /// Its name in the old run, where that is another.
    pub old_agent: Option<String>,
    /// In the order of the cases.
    pub changes: Vec<Change>,
    /// As the new run has them.
    pub unchanged: Vec<(CaseId, IndexEntry)>,
    /// By first number of the case.
    pub sections: BTreeMap<u32, DiffCounts>,
    /// Over all sections.
    pub totals: DiffCounts,
}

/// One run against another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunDiff {
    /// In the order of their names.
    pub agents: Vec<AgentDiff>,
    /// Over all agents.
    pub totals: DiffCounts,
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
        /// A case ran that was not expected.
        Extra = "extra",
        /// No report, an empty one, or none of a required agent.
        NoReport = "no_report",
        /// Index, case files or shards disagree.
        Inconsistent = "inconsistent",
    }
}

impl BreachKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Failed,
        Self::CloseFailed,
        Self::Missing,
        Self::UnexpectedPass,
        Self::Extra,
        Self::NoReport,
        Self::Inconsistent,
    ];
}

/// One way in which a run does not keep a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Breach {
    /// Whose; `None` where it is the whole run.
    pub agent: Option<String>,
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
    /// The testee, as the suite calls it.
    pub agent: String,
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
    /// By agent, case and kind; those about no agent first.
    pub breaches: Vec<Breach>,
    /// Over all agents.
    pub totals: CheckCounts,
    /// Case files held against the index.
    pub files_held: u64,
    /// Entries of the index whose file is not there.
    pub files_absent: u64,
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
