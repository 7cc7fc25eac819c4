//! Runs for a pull request: what is wrong in sight, all else folded.

use std::fmt::Write;

use crate::model::run::{Change, ChangeKind, Testee};
use crate::views::escape::markdown;
use crate::views::markdown::page::{MOST, table};
use crate::views::run::{
    CheckReport, DiffReport, Mood, breach_cells, by_section, checked_by_section, doubts, entry,
    expected_failures, whose,
};
use crate::views::units;

const CONTRADICTIONS: usize = 20;

/// Two runs compared.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    let sign = match report.mood() {
        Mood::Good => "✅",
        Mood::Doubtful => "⚠️",
        Mood::Bad => "❌",
    };
    let mut out = format!("### {sign} Autobahn: {}\n\n", report.summary());
    for (name, source) in [("old", report.old), ("new", report.new)] {
        let _ = writeln!(out, "* {name}: {}, {}", markdown(&source.path), units::count(source.cases, "case"));
        for told in source.contradictions.iter().take(CONTRADICTIONS) {
            let whose = whose(&told.testee, told.case.as_ref());
            let _ = writeln!(out, "  * contradiction: {}: {}", markdown(&whose), markdown(&told.detail));
        }
        if let Some(more) = source.contradictions.len().checked_sub(CONTRADICTIONS).filter(|more| *more > 0) {
            let _ = writeln!(out, "  * … and {}", units::count(more as u64, "more contradiction"));
        }
        if let Some(doubts) = doubts(source) {
            let _ = writeln!(out, "  * {doubts}");
        }
    }
    if let Some(fails) = report.fails() {
        let _ = writeln!(out, "* fails on: {fails}");
    }
    if let Some(hint) = report.hint() {
        let _ = write!(out, "\n{}\n", markdown(&hint));
    }
    for kind in ChangeKind::ALL {
        let rows = report.changes(kind, false).map(|(testee, change)| row(testee, change, &change.why));
        let rows: Vec<_> = rows.collect();
        let count = rows.len();
        let table = table(&["agent", "case", "old", "new", "why"], rows, room(&out));
        if kind == ChangeKind::Regression {
            out.push_str(&table);
        } else {
            fold(&mut out, &format!("{count} {}", kind.name()), &table);
        }
    }
    let reason = |change: &Change| change.accepted.clone().unwrap_or_default();
    let accepted = ChangeKind::ALL.into_iter().flat_map(|kind| report.changes(kind, true));
    let accepted: Vec<_> = accepted.map(|(testee, change)| row(testee, change, &reason(change))).collect();
    let title = format!("{} accepted", units::count(accepted.len() as u64, "change"));
    let accepted = table(&["agent", "case", "old", "new", "reason"], accepted, room(&out));
    fold(&mut out, &title, &accepted);
    let stale: Vec<_> = report.diff.stale.iter().map(|stale| vec![cell(stale)]).collect();
    let stale = table(&["accepted, but not there"], stale, room(&out));
    out.push_str(&stale);
    let (header, rows) = by_section(&report.diff.agents, markdown, |count| count.to_string());
    let sections = table(&header, rows, room(&out));
    fold(&mut out, "by section", &sections);
    out
}

/// A run held against a policy.
#[must_use]
pub fn check(report: &CheckReport<'_>) -> String {
    let checked = report.checked;
    let sign = if checked.passed() { "✅" } else { "❌" };
    let mut out = format!("### {sign} Autobahn: {}\n\n", report.summary());
    let _ =
        writeln!(out, "* run: {}, {}", markdown(&report.run.path), units::count(report.run.cases, "case"));
    if let Some(files) = report.files() {
        let _ = writeln!(out, "* {files}");
    }
    for (kind, breaches) in [("kind", &checked.breaches), ("warning", &checked.warnings)] {
        let cells = |breach| breach_cells(breach).map(|text| cell(&text)).to_vec();
        let rows = breaches.iter().map(cells).collect();
        let table = table(&["agent", "case", kind, "detail"], rows, room(&out));
        out.push_str(&table);
    }
    let expected = expected_failures(checked, markdown);
    let title = units::count(expected.len() as u64, "expected failure");
    let expected = table(&["agent", "case", "verdict", "reason"], expected, room(&out));
    fold(&mut out, &title, &expected);
    let (header, rows) = checked_by_section(checked, markdown, |count| count.to_string());
    let sections = table(&header, rows, room(&out));
    fold(&mut out, "by section", &sections);
    out
}

/// A change: whose, which case, what it was and is, and why.
fn row(testee: &Testee, change: &Change, why: &str) -> Vec<String> {
    let [old, new] = [&change.old, &change.new].map(|of| entry(of.as_ref()));
    [&testee.label(), change.case.as_str(), &old, &new, why].map(cell).to_vec()
}

/// What a page still has room for.
const fn room(page: &str) -> usize {
    MOST.saturating_sub(page.len())
}

fn cell(text: &str) -> String {
    markdown(text)
}

fn fold(out: &mut String, title: &str, table: &str) {
    if !table.is_empty() {
        let _ = write!(out, "\n<details><summary>{title}</summary>\n{table}\n</details>\n");
    }
}
