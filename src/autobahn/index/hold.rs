//! An index held against the case files beside it.

use std::collections::BTreeMap;

use crate::autobahn::index::{differences, entry, push};
use crate::model::case::{CaseId, IndexEntry, Run};
use crate::model::run::{CaseVerdict, Cases, Contradiction, LoneCase, Testee};

/// The case files beside an index, by name.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// Those that it names and that are there.
    pub named: BTreeMap<String, CaseVerdict>,
    /// Those that it does not name.
    pub unnamed: BTreeMap<String, CaseVerdict>,
}

/// Holds an index against its case files.
#[must_use]
pub fn hold(run: &Run, beside: &Beside) -> Cases {
    let mut held = Held { run, beside, cases: Cases::default() };
    for (testee, entries) in &run.agents {
        for (id, index) in entries {
            held.entry(testee, id, index);
        }
    }
    held.unlisted();
    held.cases
}

struct Held<'a> {
    run: &'a Run,
    beside: &'a Beside,
    cases: Cases,
}

impl Held<'_> {
    fn entry(&mut self, testee: &Testee, id: &CaseId, index: &IndexEntry) {
        let file = index.report_file.as_deref().unwrap_or_default();
        let Some(verdict) = self.beside.named.get(file) else {
            let (testee, case, file) = (testee.clone(), id.clone(), file.to_owned());
            self.cases.absent.push(LoneCase { testee, case, file, entry: index.clone() });
            return;
        };
        let is_other = (&verdict.agent, &verdict.id) != (&testee.agent, id);
        // File names keep only a-z and 0-9 of an agent: the last one of equal names has the file.
        if is_other && self.owns(verdict, file) {
            self.cases.overwritten += 1;
            return;
        }
        let mut detail = if is_other {
            format!("the index names {file}, which is case {} of agent {}", verdict.id, verdict.agent)
        } else {
            against_file(index, verdict, file)
        };
        if let (false, Some(of_index), Some(of_file)) = (is_other, testee.role, verdict.role)
            && of_index != of_file
        {
            let [a, b] = [of_index, of_file].map(|role| role.name());
            push(&mut detail, &format!("this is a run with the testee as {a}, {file} has it as {b}"));
        }
        if !detail.is_empty() {
            let (testee, case) = (testee.clone(), Some(id.clone()));
            self.cases.contradictions.push(Contradiction { testee, case, detail });
        }
        if !is_other {
            self.cases.verdicts.entry(testee.clone()).or_default().insert(id.clone(), verdict.clone());
        }
    }

    /// Whether the case of a file is another one of the index, which names that file too.
    fn owns(&self, verdict: &CaseVerdict, file: &str) -> bool {
        let of_agent = self.run.agents.iter().filter(|(testee, _)| testee.agent == verdict.agent);
        let mut entries = of_agent.filter_map(|(_, entries)| entries.get(&verdict.id));
        entries.any(|entry| entry.report_file.as_deref() == Some(file))
    }

    fn unlisted(&mut self) {
        for (file, verdict) in &self.beside.unnamed {
            self.cases.unlisted.push(LoneCase {
                testee: verdict.testee(),
                case: verdict.id.clone(),
                file: file.clone(),
                entry: entry(verdict, Some(file.clone())),
            });
        }
    }
}

fn against_file(index: &IndexEntry, verdict: &CaseVerdict, file: &str) -> String {
    let held = entry(verdict, None);
    let mut detail = differences(index, &held, "the index", file);
    if let (Some(a), Some(b)) = (index.duration_ms, held.duration_ms)
        && a != b
    {
        push(&mut detail, &format!("duration: the index says {a} ms, {file} {b} ms"));
    }
    detail
}
