//! From the bytes of an index to its entries, with what it says twice.

use std::collections::btree_map::Entry;
use std::path::Path;

use serde_json::Value;

use crate::autobahn::document::{Document, Node};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::case::{Behavior, BehaviorClose, CaseId, IndexEntry, Run};
use crate::model::run::{Contradiction, Testee};

const WHAT: &str = "Autobahn index";

/// What an index says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Index {
    /// Its verdicts. It does not tell the roles of its agents.
    pub run: Run,
    /// What it says twice. The worse verdict is kept.
    pub contradictions: Vec<Contradiction>,
}

/// Reads an `index.json`; suites before 0.5.3 wrote none. Cases are put in the order of their numbers.
///
/// # Errors
/// [`Error::BadReport`] if it is not JSON, or not agents, cases and verdicts, or has more than
/// [`Limits::max_report_parts`].
pub fn read(bytes: &[u8], path: &Path, limits: &Limits) -> Result<Index, Error> {
    let (document, root) = Document::with_keys(bytes, path, WHAT, limits)?;
    let mut reader = Reader { document: &document, index: Index::default() };
    reader.agents(root).map_err(|detail| Error::BadReport {
        path: path.to_owned(),
        what: WHAT,
        line: None,
        detail,
        advice: "give the index.json of a run, or one of its cases",
    })?;
    Ok(reader.index)
}

struct Reader<'a> {
    document: &'a Document,
    index: Index,
}

impl Reader<'_> {
    fn agents(&mut self, root: Node) -> Result<(), String> {
        let Node::Object(agents) = root else { return Err("not a JSON object".to_owned()) };
        for (agent, cases) in agents {
            let testee = Testee::new(&self.document.text(&agent), None);
            let Node::Object(cases) = cases else {
                return Err(format!("the value of {} is not a list of cases", testee.agent));
            };
            if self.index.run.agents.contains_key(&testee) {
                self.twice(&testee, None, "the index names this agent twice".to_owned());
            }
            for (case, entry) in cases {
                self.case(&testee, &case, entry)?;
            }
            self.index.run.agents.entry(testee).or_default();
        }
        Ok(())
    }

    fn case(&mut self, testee: &Testee, case: &str, entry: Node) -> Result<(), String> {
        let id =
            CaseId::new(case).ok_or_else(|| format!("{case:?} of {} is not a case number", testee.agent))?;
        let entry = if let Node::Object(keys) = entry { self.entry(testee, &id, keys) } else { None };
        let entry = entry.ok_or_else(|| format!("case {case} of {} has no verdict", testee.agent))?;
        match self.index.run.agents.entry(testee.clone()).or_default().entry(id) {
            Entry::Vacant(place) => {
                place.insert(entry);
            }
            Entry::Occupied(mut place) => {
                let said = |entry: &IndexEntry| {
                    format!("{} / {}", entry.behavior.as_str(), entry.behavior_close.as_str())
                };
                let detail = format!("the index has it twice: {} and {}", said(place.get()), said(&entry));
                let case = Some(place.key().clone());
                super::keep_worse(&mut place, entry);
                let testee = testee.clone();
                self.index.contradictions.push(Contradiction { testee, case, detail });
            }
        }
        Ok(())
    }

    /// What an entry says; `None` without a behavior. One that is null is of a capture that gives no verdict.
    fn entry(&mut self, testee: &Testee, id: &CaseId, keys: Vec<(String, Node)>) -> Option<IndexEntry> {
        let (mut behavior, mut close) = (None, None);
        let (mut duration_ms, mut remote_close_code, mut report_file) = (None, None, None);
        let mut known: Vec<String> = Vec::new();
        for (key, value) in keys {
            // None of them is an object.
            let Node::Leaf(value) = value else { continue };
            match (key.as_str(), &value) {
                ("behavior", Value::Null) => behavior = behavior.max(Some(Behavior::Unknown)),
                ("behavior", Value::String(word)) => behavior = behavior.max(Some(Behavior::new(word))),
                ("behaviorClose", Value::String(word)) => {
                    close = close.max(Some(BehaviorClose::new(word)));
                }
                ("duration", _) => duration_ms = value.as_u64(),
                ("remoteCloseCode", _) => {
                    remote_close_code = value.as_u64().and_then(|n| u16::try_from(n).ok());
                }
                ("reportfile", Value::String(name)) => report_file = Some(self.document.text(name)),
                // Keys that nobody reads may come as often as they like.
                _ => continue,
            }
            if known.contains(&key) {
                self.twice(testee, Some(id), format!("its entry in the index has {key} twice"));
            }
            known.push(key);
        }
        Some(IndexEntry {
            behavior: behavior?,
            // The oldest indices tell nothing of the closing.
            behavior_close: close.unwrap_or_else(|| BehaviorClose::new("")),
            duration_ms,
            remote_close_code,
            report_file,
        })
    }

    fn twice(&mut self, testee: &Testee, case: Option<&CaseId>, detail: String) {
        let (testee, case) = (testee.clone(), case.cloned());
        self.index.contradictions.push(Contradiction { testee, case, detail });
    }
}
