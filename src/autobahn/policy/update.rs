//! The expected failures of a policy file written anew; all else in it, and its comments, stay.

use std::collections::BTreeSet;
use std::path::Path;

use toml_edit::{Array, ArrayOfTables, Decor, DocumentMut, Item, RawString, Table, Value, value};

use crate::autobahn::policy::grants::Asked;
use crate::autobahn::policy::judge::results_of;
use crate::autobahn::policy::lookup::Lookup;
use crate::autobahn::policy::{ExpectedFailure, Policy};
use crate::error::Error;
use crate::model::case::{Behavior, BehaviorClose, IndexEntry, Run};
use crate::model::run::Cases;

/// A policy written anew, and what became of its expected failures.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Updated {
    /// The whole file.
    pub text: String,
    /// Entries for failures that had none.
    pub added: u64,
    /// Entries whose case passes now.
    pub removed: u64,
    /// Entries that stay, with other pins or parted by agent perhaps.
    pub kept: u64,
    /// Of these: entries whose case did not run, of which nothing is known.
    pub not_run: u64,
}

/// Rewrites the expected failures of the policy `text` so that they are those of `run`.
///
/// An entry whose case still fails stays with its reason, its pins brought up to date; one whose case passes
/// goes, unless it may pass; one whose case did not run stays, since nothing is known of it. An entry for all
/// agents, or both roles, of which some pass becomes one for each that fails. A new failure gets what the suite said as
/// its reason. A failure that the policy warns of stays a warning. `policy` is what `text` says, perhaps widened: what it lets pass is no failure.
///
/// # Errors
/// [`Error::BadPolicy`].
pub fn update(
    text: &str,
    path: &Path,
    policy: &Policy,
    run: &Run,
    cases: Option<&Cases>,
) -> Result<Updated, Error> {
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
    let (listed, judges) = (&policy.xfail, policy);
    let policy = Lookup::new(policy);
    let ask = |testee, id, entry| {
        let verdicts = cases.and_then(|cases| cases.verdicts.get(testee));
        Asked { testee, id, entry, verdict: verdicts.and_then(|verdicts| verdicts.get(id)) }
    };
    let mut updated = Updated { text: String::new(), added: 0, removed: 0, kept: 0, not_run: 0 };
    let mut written = ArrayOfTables::new();
    for (xfail, table) in listed.iter().zip(tables.iter()) {
        let of = xfail.agents(run).filter(|(testee, _)| judges.judges(testee) && xfail.is_of(testee.role));
        let ran: Vec<_> = of
            .filter_map(|(testee, entries)| Some(ask(testee, &xfail.case, entries.get(&xfail.case)?)))
            // Of two entries that fit, only the more special one is held.
            .filter(|asked| policy.expected_failure(asked.testee, asked.id) == Some(xfail))
            .collect();
        let fails: Vec<_> = ran.iter().filter(|asked| !policy.passes(asked)).collect();
        let is_passing = fails.is_empty() && !ran.is_empty();
        let stays = ran.is_empty() || xfail.may_pass || policy.skip.any(&xfail.case);
        updated.not_run += u64::from(ran.is_empty() && !policy.skip.any(&xfail.case));
        updated.removed += u64::from(is_passing && !stays);
        updated.kept += u64::from(stays || !is_passing);
        if stays {
            written.push(table.clone());
            continue;
        }
        match fails.as_slice() {
            [first, ..] if fails.len() == ran.len() && are_alike(&fails, xfail) => {
                written.push(pinned(table, xfail, first));
            }
            [] => {
                let above = paragraphs_above(prefix(table.decor()));
                orphans.push((table.position().unwrap_or(-1), above.to_owned()));
            }
            _ => {
                for (nth, asked) in fails.iter().enumerate() {
                    let mut table = pinned(table, xfail, asked);
                    name_testee(&mut table, asked);
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
    for (testee, entries) in run.agents.iter().filter(|(testee, _)| judges.judges(testee)) {
        for (id, entry) in entries {
            let asked = ask(testee, id, entry);
            let passes = policy.each_passes(&asked);
            let is_listed = policy.expected_failure(testee, id).is_some() || policy.skip.any(id);
            if !is_listed && passes != [true; 2] && !policy.is_warned(&asked, passes) {
                updated.added += 1;
                written.push(new_entry(&asked, passes));
            }
        }
    }
    if written.is_empty() && tables.is_empty() {
        text.clone_into(&mut updated.text);
        return Ok(updated);
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
    updated.text = if text.contains("\r\n") { written.replace('\n', "\r\n") } else { written };
    Ok(updated)
}

/// Whether one entry can speak of all of them.
fn are_alike(fails: &[&Asked<'_>], xfail: &ExpectedFailure) -> bool {
    let as_said = |asked: &Asked<'_>| xfail.differs(asked.entry, None).is_none();
    let verdicts = |asked: &Asked<'_>| (asked.entry.behavior.clone(), asked.entry.behavior_close.clone());
    fails.iter().all(|asked| as_said(asked))
        || fails.windows(2).all(|two| matches!(two, [a, b] if verdicts(a) == verdicts(b)))
}

/// The entry with its pins brought up to date, where it fails otherwise than it says.
fn pinned(table: &Table, xfail: &ExpectedFailure, asked: &Asked<'_>) -> Table {
    let mut table = table.clone();
    if xfail.differs(asked.entry, results_of(asked.verdict)).is_some() {
        pin(&mut table, asked.entry);
        table.remove("result");
    }
    table
}

fn name_testee(table: &mut Table, asked: &Asked<'_>) {
    table.insert("agent", value(asked.testee.agent.as_str()));
    if let Some(role) = asked.testee.role {
        table.insert("testee_is", value(role.name()));
    }
}

/// What a policy begins with that is made of a run: its agents, their roles, and how many cases they ran, where `policy` does
/// not say what is expected.
#[must_use]
pub fn begin(run: &Run, policy: &Policy) -> String {
    let judged = || run.agents.iter().filter(|(testee, _)| policy.judges(testee));
    let mut expect = Table::new();
    let names: BTreeSet<&str> = judged().map(|(testee, _)| testee.agent.as_str()).collect();
    expect.insert("agents", value(names.iter().copied().collect::<Array>()));
    let roles: Vec<BTreeSet<_>> = names
        .iter()
        .map(|name| {
            judged().filter(|(testee, _)| testee.agent == *name).map(|(testee, _)| testee.role).collect()
        })
        .collect();
    // Roles and numbers that not all have in common cannot be asked of all.
    if let Some(first) = roles.first().filter(|first| roles.iter().all(|roles| roles == *first)) {
        let named: Array = first.iter().flatten().map(|role| role.name()).collect();
        if !named.is_empty() && !first.contains(&None) {
            expect.insert("testee_is", value(named));
        }
    }
    let counts: BTreeSet<usize> = judged().map(|(_, entries)| entries.len()).collect();
    if let ([count], true) = (Vec::from_iter(counts).as_slice(), policy.expect.cases.is_empty())
        && let Ok(count) = i64::try_from(*count)
    {
        expect.insert("count", value(count));
    }
    let mut document = DocumentMut::new();
    document.insert("expect", Item::Table(expect));
    document.to_string()
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

fn new_entry(asked: &Asked<'_>, passes: [bool; 2]) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    name_testee(&mut table, asked);
    table.insert("case", value(asked.id.as_str()));
    pin(&mut table, asked.entry);
    let results = results_of(asked.verdict).unwrap_or_default().into_iter().zip(passes);
    let mut said: Vec<_> =
        results.filter_map(|(said, passes)| said.filter(|said| !passes && !said.trim().is_empty())).collect();
    said.dedup();
    let reason = if said.is_empty() { "recorded, not yet explained".to_owned() } else { said.join(" ") };
    table.insert("reason", value(reason));
    table
}
