//! The expected failures of a policy file written anew; all else in it, and its comments, stay.

use std::path::Path;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, value};

use crate::autobahn::policy::Policy;
use crate::autobahn::policy::judge::{Results, results_of};
use crate::error::Error;
use crate::model::case::{CaseId, IndexEntry, Run};
use crate::model::run::Cases;

/// Rewrites the expected failures of the policy `text` so that they are those of `run`.
///
/// An entry whose case still fails stays with its reason, its pins brought up to date; one whose case passes
/// goes, unless it may pass; one whose case did not run stays, since nothing is known of it. An entry for all
/// agents of which some pass becomes one for each agent that fails. A new failure gets what the suite said as
/// its reason. `policy` is what `text` says, perhaps widened: what it lets pass is no failure.
///
/// # Errors
/// [`Error::BadPolicy`].
pub fn update(
    text: &str,
    path: &Path,
    policy: &Policy,
    run: &Run,
    cases: Option<&Cases>,
) -> Result<String, Error> {
    let bad = |detail: String| Error::BadPolicy { path: path.to_owned(), line: None, detail };
    let mut document: DocumentMut =
        text.parse().map_err(|e: toml_edit::TomlError| bad(e.message().to_owned()))?;
    let tables = match document.remove("xfail") {
        None => ArrayOfTables::new(),
        Some(item) => {
            item.into_array_of_tables().map_err(|_| bad("xfail is no list of tables".to_owned()))?
        }
    };
    let mut written = ArrayOfTables::new();
    for (xfail, table) in policy.xfail.iter().zip(tables.iter()) {
        let ran: Vec<_> = run
            .agents
            .iter()
            .filter(|(agent, _)| xfail.agent.as_ref().is_none_or(|name| name == *agent))
            .filter_map(|(agent, entries)| Some((agent, entries.get(&xfail.case)?)))
            // Of two entries that fit, only the more special one is held.
            .filter(|(agent, _)| policy.expected_failure(agent, &xfail.case) == Some(xfail))
            .collect();
        let fails: Vec<_> =
            ran.iter().filter(|(agent, entry)| !policy.passes(agent, &xfail.case, entry)).collect();
        if ran.is_empty() || xfail.may_pass || policy.skips(&xfail.case) {
            written.push(table.clone());
            continue;
        }
        let pinned = |agent: &str, entry: &IndexEntry| {
            let mut table = table.clone();
            if xfail.differs(entry, results_of(cases, agent, &xfail.case)).is_some() {
                pin(&mut table, entry);
                table.remove("result");
            }
            table
        };
        let as_said = |entry: &IndexEntry| xfail.differs(entry, None).is_none();
        let alike = |a: &IndexEntry, b: &IndexEntry| {
            (&a.behavior, &a.behavior_close) == (&b.behavior, &b.behavior_close)
        };
        match fails.as_slice() {
            [(agent, first), ..]
                if fails.len() == ran.len()
                    && fails.iter().all(|(_, e)| alike(e, first) || as_said(e) && as_said(first)) =>
            {
                written.push(pinned(agent, first));
            }
            _ => {
                for (nth, (agent, entry)) in fails.iter().enumerate() {
                    let mut table = pinned(agent, entry);
                    table.insert("agent", value(agent.as_str()));
                    if nth > 0 {
                        // Place and comments of the old entry go to the first only.
                        table.set_position(None);
                        table.decor_mut().set_prefix("\n");
                    }
                    written.push(table);
                }
            }
        }
    }
    for (agent, entries) in &run.agents {
        for (id, entry) in entries {
            let known = policy.expected_failure(agent, id).is_some();
            if !known && !policy.skips(id) && !policy.passes(agent, id, entry) {
                written.push(new_entry(agent, id, entry, results_of(cases, agent, id)));
            }
        }
    }
    if !written.is_empty() {
        document.insert("xfail", Item::ArrayOfTables(written));
    }
    Ok(document.to_string())
}

fn pin(table: &mut Table, entry: &IndexEntry) {
    table.insert("behavior", value(entry.behavior.as_str()));
    table.insert("close", value(entry.behavior_close.as_str()));
}

fn new_entry(agent: &str, id: &CaseId, entry: &IndexEntry, results: Option<Results<'_>>) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("agent", value(agent));
    table.insert("case", value(id.as_str()));
    pin(&mut table, entry);
    let mut said: Vec<_> = results.into_iter().flatten().flatten().collect();
    said.dedup();
    let reason = if said.is_empty() { "recorded, not yet explained".to_owned() } else { said.join(" ") };
    table.insert("reason", value(reason));
    table
}
