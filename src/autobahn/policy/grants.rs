//! What passes, or passes with a warning, made ready to be asked about many cases.

use std::collections::BTreeMap;

use crate::autobahn::policy::lookup::Patterns;
use crate::autobahn::policy::{ANY, Allowance, Pattern};
use crate::model::Role;
use crate::model::case::{CaseId, IndexEntry};
use crate::model::run::{CaseVerdict, Testee};

/// A case, with all that is known of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) testee: &'a Testee,
    pub(super) id: &'a CaseId,
    pub(super) entry: &'a IndexEntry,
    /// Its case file, where that is there.
    pub(super) verdict: Option<&'a CaseVerdict>,
}

/// Whom something is said of: an agent, a role; any where none is named.
pub(super) type Whom<'p> = (Option<&'p str>, Option<Role>);

/// Everything that is said of that testee, the most special first.
pub(super) fn said_of(testee: &Testee) -> impl Iterator<Item = Whom<'_>> {
    let agent = Some(testee.agent.as_str());
    // Where the role is not known, two of these are the same.
    [(agent, testee.role), (agent, None), (None, testee.role), (None, None)].into_iter()
}

/// For which cases a word passes: always, or where the closing was not clean for a reason.
#[derive(Debug, Default)]
struct Granted<'p> {
    always: Patterns<'p>,
    because: BTreeMap<&'p str, Patterns<'p>>,
}

type Words<'p> = BTreeMap<(Whom<'p>, &'p str), Granted<'p>>;

/// What passes besides what else does.
#[derive(Debug, Default)]
pub(super) struct Grants<'p> {
    behaviors: Words<'p>,
    closes: Words<'p>,
    /// Behaviors with which any close passes.
    any_close: Words<'p>,
}

impl<'p> Grants<'p> {
    pub(super) fn new(allowances: impl IntoIterator<Item = &'p Allowance>) -> Self {
        let mut new = Self::default();
        for allow in allowances {
            for behavior in &allow.behavior {
                add(&mut new.behaviors, allow, behavior.as_str());
                if allow.any_close {
                    add(&mut new.any_close, allow, behavior.as_str());
                }
            }
            for close in &allow.close {
                add(&mut new.closes, allow, close.as_str());
            }
        }
        for words in [&mut new.behaviors, &mut new.closes, &mut new.any_close] {
            for granted in words.values_mut() {
                granted.always.make_ready();
                granted.because.values_mut().for_each(Patterns::make_ready);
            }
        }
        new
    }

    pub(super) fn behavior(&self, asked: &Asked<'_>) -> bool {
        passes(&self.behaviors, asked, asked.entry.behavior.as_str())
    }

    pub(super) fn close(&self, asked: &Asked<'_>) -> bool {
        passes(&self.closes, asked, asked.entry.behavior_close.as_str())
            || passes(&self.any_close, asked, asked.entry.behavior.as_str())
    }
}

fn add<'p>(words: &mut Words<'p>, allow: &'p Allowance, word: &'p str) {
    let whom = (allow.agent.as_deref(), allow.role);
    let granted = words.entry((whom, word)).or_default();
    let patterns = match &allow.not_clean_reason {
        Some(reason) => granted.because.entry(reason).or_default(),
        None => &mut granted.always,
    };
    if allow.cases.is_empty() {
        patterns.add(ANY);
    }
    allow.cases.iter().map(Pattern::as_str).for_each(|pattern| patterns.add(pattern));
}

fn passes(words: &Words<'_>, asked: &Asked<'_>, word: &str) -> bool {
    let reason = asked.verdict.and_then(|verdict| verdict.not_clean_reason.as_deref());
    let is_for = |granted: &Granted<'_>| {
        let mut because = granted.because.iter();
        granted.always.any(asked.id)
            || reason.is_some_and(|reason| {
                because.any(|(part, cases)| cases.any(asked.id) && reason.contains(part))
            })
    };
    said_of(asked.testee)
        .flat_map(|whom| [(whom, word), (whom, ANY)])
        .any(|key| words.get(&key).is_some_and(is_for))
}
