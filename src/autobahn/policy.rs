//! What a run must be like to pass.
//!
//! Strict unless told otherwise: OK passes, and INFORMATIONAL for the cases of which the suite never says
//! anything else.

mod absences;
mod grants;
mod judge;
mod lookup;
mod parse;
mod update;

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::model::Role;
use crate::model::case::{Behavior, BehaviorClose, CaseId, IndexEntry, Run};
use crate::model::run::{BreachKind, Testee};
use crate::model::suite::Version;

pub use judge::check;
pub(crate) use parse::{File, Word};
pub use update::{Updated, begin, update};

type Entries = BTreeMap<CaseId, IndexEntry>;

/// Bytes of a policy that is read: a failure expected takes some 100, a run of ten agents has 5 170 cases. What TOML is
/// read into takes many times as much.
pub const MAX_BYTES: usize = 4 << 20;

/// Cases by number: `7.9.3`, `7.*`, `*`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// A pattern as written; `None` where it is none.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let valid = text == "*" || CaseId::new(text.strip_suffix(".*").unwrap_or(text)).is_some();
        valid.then(|| Self(text.to_owned()))
    }

    /// The pattern with its dots and star, as in `7.9.*`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the case is one of these.
    #[must_use]
    pub fn matches(&self, case: &CaseId) -> bool {
        match self.0.strip_suffix('*') {
            Some(start) => case.as_str().starts_with(start),
            None => case.as_str() == self.0,
        }
    }
}

/// Stands in a list of verdicts for any: as `*` in the file.
pub const ANY: &str = "*";

/// What else passes, or passes with a warning, for some cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Of this agent; `None` for any.
    pub agent: Option<String>,
    /// In this role; `None` for either.
    pub role: Option<Role>,
    /// For these cases; none given is all.
    pub cases: Vec<Pattern>,
    /// These behaviors pass.
    pub behavior: Vec<Behavior>,
    /// These closes pass.
    pub close: Vec<BehaviorClose>,
    /// With one of these behaviors any close passes.
    pub any_close: bool,
    /// Only where the suite's reason why the closing was not clean contains this; a case whose file is not there has none.
    pub not_clean_reason: Option<String>,
}

/// What must have run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Agents that must be there.
    pub agents: Vec<String>,
    /// No agent but these may be there.
    pub no_others: bool,
    /// Each agent must be there in these roles.
    pub roles: Vec<Role>,
    /// Each agent must have run all cases of the suite that match, and no others. Empty: any cases.
    pub cases: Vec<Pattern>,
    /// The version of the suite whose cases these are; `None` for the newest known here.
    pub suite: Option<Version>,
    /// Each agent must have run that many cases.
    pub count: Option<u64>,
    /// All agents together must have run that many cases.
    pub total: Option<u64>,
    /// An agent may have run other cases as client than as server.
    pub uneven: bool,
}

/// A case that must fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedFailure {
    /// Of this agent; `None` for any that ran it.
    pub agent: Option<String>,
    /// In this role; `None` for either that ran it.
    pub role: Option<Role>,
    /// Its number in the suite.
    pub case: CaseId,
    /// It must fail with this behavior.
    pub behavior: Option<Behavior>,
    /// It must fail with this close.
    pub close: Option<BehaviorClose>,
    /// The suite's result must contain this; held only where the case file is there.
    pub result: Option<String>,
    /// Why it fails, for whoever reads the policy or the report.
    pub reason: String,
    /// It fails at times only: a pass is not a breach.
    pub may_pass: bool,
}

impl ExpectedFailure {
    /// The agent it speaks of, or all, in whatever role.
    fn agents<'r>(&self, run: &'r Run) -> impl Iterator<Item = (&'r Testee, &'r Entries)> + Clone {
        let of = |agent: &String| (Testee::new(agent, None), Testee::new(agent, Some(Role::Server)));
        let (from, to) = match self.agent.as_ref().map(of) {
            Some((first, last)) => (Bound::Included(first), Bound::Included(last)),
            None => (Bound::Unbounded, Bound::Unbounded),
        };
        run.agents.range((from, to))
    }

    /// Whether it speaks of that role.
    fn is_of(&self, role: Option<Role>) -> bool {
        self.role.is_none_or(|own| role == Some(own))
    }
}

/// What comes of a breach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The run does not pass.
    Fail,
    /// It is shown and counted.
    Warn,
    /// It is left out.
    Ignore,
}

/// What a run must be like to pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Agents that are judged, which must be there; none given is all.
    pub agents: Vec<String>,
    /// Behaviors that pass everywhere.
    pub behavior: Vec<Behavior>,
    /// Closes that pass everywhere.
    pub close: Vec<BehaviorClose>,
    /// What passes besides.
    pub allow: Vec<Allowance>,
    /// What passes with a warning.
    pub warn: Vec<Allowance>,
    /// Cases that are not judged.
    pub skip: Vec<Pattern>,
    /// What must have run.
    pub expect: Expected,
    /// What must fail.
    pub xfail: Vec<ExpectedFailure>,
    /// What comes of breaches, where that is not the usual.
    pub severity: BTreeMap<BreachKind, Severity>,
}

impl Policy {
    /// What comes of a breach of that kind: a failure, unless the policy says something else. Case files that are not there
    /// are no breach by default: many keep the index alone.
    #[must_use]
    pub fn severity(&self, kind: BreachKind) -> Severity {
        let usual = if kind == BreachKind::Absent { Severity::Ignore } else { Severity::Fail };
        self.severity.get(&kind).copied().unwrap_or(usual)
    }

    /// Whether that agent is judged.
    fn judges(&self, testee: &Testee) -> bool {
        self.agents.is_empty() || self.agents.contains(&testee.agent)
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            agents: Vec::new(),
            behavior: vec![Behavior::Ok],
            close: vec![BehaviorClose::Ok],
            allow: Vec::new(),
            warn: Vec::new(),
            skip: Vec::new(),
            expect: Expected::default(),
            xfail: Vec::new(),
            severity: BTreeMap::new(),
        }
    }
}

#[cfg(test)]
mod tests;
