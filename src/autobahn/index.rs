//! A whole run: its index, its case files, and what the one says of the other.

mod hold;
mod read;
mod role;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::{Entry, OccupiedEntry};

use crate::model::Role;
use crate::model::case::{CaseId, IndexEntry, Run};
use crate::model::run::{CaseVerdict, Cases, Contradiction};

pub use hold::{Beside, hold};
pub use read::{Index, read};
pub use role::{of_name, with_roles};

/// Whether two parts of a run may both have a case.
#[derive(Clone, Copy, Debug)]
pub enum Parts<'a> {
    /// They are shards of one run: a case that both have is one case, and a contradiction only where its verdicts differ.
    Shards,
    /// They are not known to belong together, and have these names: a case that both have is a contradiction.
    Apart(&'a str, &'a str),
}

/// Adds the cases of `other` to `run`. Of a case that both have, the worse verdict is kept.
#[must_use]
pub fn merge(run: &mut Run, other: Run, parts: Parts<'_>) -> Vec<Contradiction> {
    let mut contradictions = Vec::new();
    for (testee, cases) in other.agents {
        let into = run.agents.entry(testee.clone()).or_default();
        let mut both = Both::default();
        for (id, new) in cases {
            match into.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(new);
                }
                Entry::Occupied(mut place) => {
                    let detail = differences(place.get(), &new, "one shard", "another");
                    both.add(place.key(), !detail.is_empty());
                    if matches!(parts, Parts::Shards) && !detail.is_empty() {
                        let (testee, case) = (testee.clone(), Some(place.key().clone()));
                        contradictions.push(Contradiction { testee, case, detail });
                    }
                    keep_worse(&mut place, new);
                }
            }
        }
        if let (Parts::Apart(one, another), Some(detail)) = (parts, both.told()) {
            let detail = format!(
                "{one} and {another} both have {detail}: give one of them, say that they are shards of one run (--shards), or name their directories clients and servers if they are its two roles"
            );
            contradictions.push(Contradiction { testee, case: None, detail });
        }
    }
    contradictions
}

/// Cases that two parts of a run have.
#[derive(Default)]
struct Both {
    first: Option<CaseId>,
    count: u64,
    different: u64,
}

impl Both {
    fn add(&mut self, id: &CaseId, is_different: bool) {
        self.first.get_or_insert_with(|| id.clone());
        self.count += 1;
        self.different += u64::from(is_different);
    }

    /// `case 1.1.1`, `517 cases (1.1.1 the first), of which 2 differ`.
    fn told(&self) -> Option<String> {
        let first = self.first.as_ref()?;
        Some(match (self.count, self.different) {
            (1, 0) => format!("case {first}"),
            (1, _) => format!("case {first}, with another verdict each"),
            (count, 0) => format!("{count} cases ({first} is the first)"),
            (count, different) => {
                format!("{count} cases ({first} is the first), {different} with another verdict each")
            }
        })
    }
}

fn keep_worse(place: &mut OccupiedEntry<'_, CaseId, IndexEntry>, new: IndexEntry) {
    let old = place.get();
    if (&new.behavior, &new.behavior_close) > (&old.behavior, &old.behavior_close) {
        place.insert(new);
    }
}

/// A run without an index, made of its case files: the name and the verdict of each. `otherwise` is the role of a testee
/// whose file tells none.
#[must_use]
pub fn from_cases(
    verdicts: impl IntoIterator<Item = (String, CaseVerdict)>,
    otherwise: Option<Role>,
    are_shards: bool,
) -> (Run, Cases) {
    let mut run = Run::default();
    let mut cases = Cases::default();
    for (file, mut verdict) in verdicts {
        verdict.role = verdict.role.or(otherwise);
        let testee = verdict.testee();
        let there = run.agents.get(&testee).and_then(|entries| entries.get(&verdict.id));
        let first = there.and_then(|entry| entry.report_file.clone());
        let parts = match &first {
            Some(first) if !are_shards => Parts::Apart(first, &file),
            _ => Parts::Shards,
        };
        let one = BTreeMap::from([(verdict.id.clone(), entry(&verdict, Some(file.clone())))]);
        cases.contradictions.extend(merge(&mut run, Run { agents: [(testee, one)].into() }, parts));
        keep(&run, &mut cases, verdict);
    }
    (run, cases)
}

/// Adds the case files of a part of a run that [`merge`] has added to `run`.
pub fn merge_cases(run: &Run, cases: &mut Cases, other: Cases) {
    cases.contradictions.extend(other.contradictions);
    cases.absent.extend(other.absent);
    cases.unlisted.extend(other.unlisted);
    cases.overwritten += other.overwritten;
    for (testee, verdicts) in other.verdicts {
        for mut verdict in verdicts.into_values() {
            verdict.role = testee.role;
            keep(run, cases, verdict);
        }
    }
}

/// Of several files of a case the one stays that says what `run` says.
fn keep(run: &Run, cases: &mut Cases, verdict: CaseVerdict) {
    let testee = verdict.testee();
    let kept = run.agents.get(&testee).and_then(|entries| entries.get(&verdict.id));
    match cases.verdicts.entry(testee).or_default().entry(verdict.id.clone()) {
        Entry::Vacant(place) => {
            place.insert(verdict);
        }
        Entry::Occupied(mut place) => {
            let fits = |verdict| kept.is_some_and(|kept| says(verdict, kept));
            if !fits(place.get()) && fits(&verdict) {
                place.insert(verdict);
            }
        }
    }
}

/// Whether a case file has the verdict of an entry of the index.
#[must_use]
pub fn says(verdict: &CaseVerdict, entry: &IndexEntry) -> bool {
    (&verdict.behavior, &verdict.behavior_close, verdict.remote_close_code)
        == (&entry.behavior, &entry.behavior_close, entry.remote_close_code)
}

fn entry(verdict: &CaseVerdict, file: Option<String>) -> IndexEntry {
    IndexEntry {
        behavior: verdict.behavior.clone(),
        behavior_close: verdict.behavior_close.clone(),
        duration_ms: verdict.duration_ms,
        remote_close_code: verdict.remote_close_code,
        report_file: file,
    }
}

/// In what two entries of one case differ, durations aside.
fn differences(a: &IndexEntry, b: &IndexEntry, a_name: &str, b_name: &str) -> String {
    let mut out = String::new();
    let mut hold = |what: &str, x: &str, y: &str| {
        if x != y {
            push(&mut out, &format!("{what}: {a_name} says {x}, {b_name} {y}"));
        }
    };
    hold("behavior", a.behavior.as_str(), b.behavior.as_str());
    hold("close", a.behavior_close.as_str(), b.behavior_close.as_str());
    let code = |e: &IndexEntry| e.remote_close_code.map_or("none".to_owned(), |c| c.to_string());
    hold("code of the testee's Close", &code(a), &code(b));
    out
}

fn push(out: &mut String, part: &str) {
    if !out.is_empty() {
        out.push_str("; ");
    }
    out.push_str(part);
}
