//! The expected failures of a policy file written anew; all else in it, and its comments, stay.

use std::path::Path;

use toml_edit::{ArrayOfTables, Decor, DocumentMut, Item, RawString, Table, Value, value};

use crate::autobahn::policy::Policy;
use crate::autobahn::policy::judge::{Results, results_of};
use crate::autobahn::policy::lookup::Lookup;
use crate::error::Error;
use crate::model::case::{Behavior, BehaviorClose, CaseId, IndexEntry, Run};
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
    let above_list = document.key("xfail").map_or("", |key| prefix(key.leaf_decor())).to_owned();
    let (tables, is_line) = match document.remove("xfail") {
        None => (ArrayOfTables::new(), false),
        Some(Item::Value(Value::Array(list))) if list.is_empty() => (ArrayOfTables::new(), true),
        Some(item) => {
            let is_line = item.is_value();
            let tables = item.into_array_of_tables();
            (tables.map_err(|_| bad("xfail is not a list of tables".to_owned()))?, is_line)
        }
    };
    // Comments that stay though what they stood above goes, and where that was.
    let mut orphans: Vec<(isize, String)> = Vec::new();
    if is_line {
        orphans.push((-1, above_list));
    }
    let (listed, policy) = (&policy.xfail, Lookup::new(policy));
    let mut written = ArrayOfTables::new();
    for (xfail, table) in listed.iter().zip(tables.iter()) {
        let named = xfail.agent.as_ref().and_then(|agent| run.agents.get_key_value(agent));
        let all = run.agents.iter().filter(|_| xfail.agent.is_none());
        let ran: Vec<_> = named
            .into_iter()
            .chain(all)
            .filter_map(|(agent, entries)| Some((agent, entries.get(&xfail.case)?)))
            // Of two entries that fit, only the more special one is held.
            .filter(|(agent, _)| policy.expected_failure(agent, &xfail.case) == Some(xfail))
            .collect();
        let fails: Vec<_> =
            ran.iter().filter(|(agent, entry)| !policy.passes(agent, &xfail.case, entry)).collect();
        if ran.is_empty() || xfail.may_pass || policy.skip.any(&xfail.case) {
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
            [] => {
                let above = paragraphs_above(prefix(table.decor()));
                orphans.push((table.position().unwrap_or(-1), above.to_owned()));
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
            if !known && !policy.skip.any(id) && !policy.passes(agent, id, entry) {
                let passes = policy.each_passes(agent, id, entry);
                written.push(new_entry(agent, id, entry, results_of(cases, agent, id), passes));
            }
        }
    }
    if written.is_empty() && tables.is_empty() {
        return Ok(text.to_owned());
    }
    if document.is_empty()
        && let Some(first) = written.iter_mut().next()
    {
        // A file of comments alone: they stay on top.
        let above = document.trailing().as_str().unwrap_or_default().to_owned();
        document.set_trailing("");
        put_above(first, &above);
    }
    let tables = document.iter_mut().flat_map(|(_, item)| match item {
        Item::Table(table) => vec![table],
        Item::ArrayOfTables(list) => list.iter_mut().collect(),
        _ => Vec::new(),
    });
    let tables = tables.chain(written.iter_mut());
    let mut placed: Vec<_> = tables.filter_map(|table| Some((table.position()?, table))).collect();
    placed.sort_by_key(|(position, _)| *position);
    let mut below_all = Vec::new();
    for (from, above) in orphans.into_iter().rev().filter(|(_, above)| !above.trim().is_empty()) {
        let below = placed.partition_point(|(position, _)| *position <= from);
        match placed.get_mut(below) {
            Some((_, table)) => put_above(table, &above),
            None => below_all.push(above),
        }
    }
    if !below_all.is_empty() {
        below_all.reverse();
        below_all.push(document.trailing().as_str().unwrap_or_default().to_owned());
        document.set_trailing(below_all.concat());
    }
    if !written.is_empty() {
        document.insert("xfail", Item::ArrayOfTables(written));
    }
    let written = document.to_string();
    // Line ends come out of the document as line feeds.
    Ok(if text.contains("\r\n") { written.replace('\n', "\r\n") } else { written })
}

fn prefix(decor: &Decor) -> &str {
    decor.prefix().and_then(RawString::as_str).unwrap_or_default()
}

/// The comments above an entry without its own, which are those that no blank line parts from it.
fn paragraphs_above(prefix: &str) -> &str {
    let own = prefix.rfind("\n\n").or_else(|| prefix.rfind("\r\n\r\n").map(|at| at + 2));
    own.and_then(|at| prefix.get(..at + 2)).unwrap_or_default()
}

/// Puts a comment above a table, parted from its own by one blank line.
fn put_above(table: &mut Table, above: &str) {
    let own = prefix(table.decor());
    let is_parted = above.is_empty() || above.trim_end_matches([' ', '\t', '\r']).ends_with("\n\n");
    let own = if is_parted { own.trim_start_matches(['\r', '\n']) } else { own };
    let both = format!("{above}{own}");
    table.decor_mut().set_prefix(both);
}

/// Pins what the entry says, except words that no policy may have.
fn pin(table: &mut Table, entry: &IndexEntry) {
    let mut word = |key, word: &str, is_known: bool| {
        if is_known {
            table.insert(key, value(word));
        } else {
            table.remove(key);
        }
    };
    let (behavior, close) = (&entry.behavior, &entry.behavior_close);
    word("behavior", behavior.as_str(), !matches!(behavior, Behavior::Other(_)));
    word("close", close.as_str(), !matches!(close, BehaviorClose::Other(_)));
}

fn new_entry(
    agent: &str,
    id: &CaseId,
    entry: &IndexEntry,
    results: Option<Results<'_>>,
    passes: [bool; 2],
) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("agent", value(agent));
    table.insert("case", value(id.as_str()));
    pin(&mut table, entry);
    let results = results.unwrap_or_default().into_iter().zip(passes);
    let mut said: Vec<_> =
        results.filter_map(|(said, passes)| said.filter(|said| !passes && !said.trim().is_empty())).collect();
    said.dedup();
    let reason = if said.is_empty() { "recorded, not yet explained".to_owned() } else { said.join(" ") };
    table.insert("reason", value(reason));
    table
}
