//! What a run must be like to pass.
//!
//! Strict unless told otherwise: OK passes, and INFORMATIONAL for the cases of which the suite never says
//! anything else.

mod judge;
mod lookup;
mod parse;
mod update;

use crate::model::case::{Behavior, BehaviorClose, CaseId};

pub use judge::check;
pub use update::update;

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

/// What else passes, for some cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowance {
    /// Of this agent; `None` for any.
    pub agent: Option<String>,
    /// For these cases; none given is all.
    pub cases: Vec<Pattern>,
    /// These behaviors pass.
    pub behavior: Vec<Behavior>,
    /// These closes pass.
    pub close: Vec<BehaviorClose>,
}

/// What must have run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Agents that must be there.
    pub agents: Vec<String>,
    /// Each agent must have run all cases of the suite that match, and no others. Empty: any cases.
    pub cases: Vec<Pattern>,
    /// Each agent must have run that many cases.
    pub count: Option<u64>,
}

/// A case that must fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedFailure {
    /// Of this agent; `None` for any that ran it.
    pub agent: Option<String>,
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

/// What a run must be like to pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Behaviors that pass everywhere.
    pub behavior: Vec<Behavior>,
    /// Closes that pass everywhere.
    pub close: Vec<BehaviorClose>,
    /// What passes besides.
    pub allow: Vec<Allowance>,
    /// Cases that are not judged.
    pub skip: Vec<Pattern>,
    /// What must have run.
    pub expect: Expected,
    /// What must fail.
    pub xfail: Vec<ExpectedFailure>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            behavior: vec![Behavior::Ok],
            close: vec![BehaviorClose::Ok],
            allow: Vec::new(),
            skip: Vec::new(),
            expect: Expected::default(),
            xfail: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;
