//! Runs for people: the answer, then the cases, then counts by section.

use std::fmt::Write;

use crate::model::run::{Breach, Change, ChangeKind, RunSource, Testee};
use crate::views::escape::visible;
use crate::views::run::{
    CheckReport, DiffReport, Mood, breach_cells, by_section, checked_by_section, doubts, entry,
    expected_failures, whose,
};
use crate::views::text::Style;
use crate::views::text::layout::Paint;
use crate::views::units;

/// Two runs compared.
#[must_use]
pub fn diff(report: &DiffReport<'_>, style: &Style) -> String {
    let tone = match report.mood() {
        Mood::Good => Paint::Good,
        Mood::Doubtful => Paint::Heading,
        Mood::Bad => Paint::Bad,
    };
    let mut out = style.paint_lines(tone, &style.wrap(&report.summary(), 0));
    for (name, of) in [("old", report.old), ("new", report.new)] {
        out.push_str(&source(name, of, style));
        for told in &of.contradictions {
            let whose = whose(&told.testee, told.case.as_ref());
            out.push_str(&style.wrap(&visible(&format!("contradiction: {whose}: {}", told.detail)), 5));
        }
        if let Some(doubts) = doubts(of) {
            out.push_str(&style.wrap(&doubts, 5));
        }
    }
    if let Some(fails) = report.fails() {
        out.push_str(&style.wrap(&format!("fails on {fails}"), 0));
    }
    if let Some(hint) = report.hint() {
        out.push_str(&style.wrap(&visible(&hint), 0));
    }
    let agents = &report.diff.agents;
    let shown = |text: &str| visible(text).into_owned();
    let row = |testee: &Testee, change: &Change| {
        let (old, new) = (entry(change.old.as_ref()), entry(change.new.as_ref()));
        let cells = [&testee.label(), change.case.as_str(), change.kind.name(), &old, &new];
        cells.map(shown).to_vec()
    };
    let mut rows = Vec::new();
    let mut accepted = Vec::new();
    for kind in ChangeKind::ALL {
        rows.extend(report.changes(kind, false).map(|(testee, change)| {
            let mut row = row(testee, change);
            row.push(shown(&change.why));
            row
        }));
        accepted.extend(report.changes(kind, true).map(|(testee, change)| {
            let mut row = row(testee, change);
            row.push(shown(change.accepted.as_deref().unwrap_or_default()));
            row
        }));
    }
    let is_changed = !(rows.is_empty() && accepted.is_empty());
    if !rows.is_empty() {
        let table = style.table(&["agent", "case", "kind", "old", "new", "why"], rows, &[], &[0, 3, 4, 5]);
        let _ = write!(out, "\n{table}");
    }
    if !accepted.is_empty() {
        let header = ["agent", "case", "accepted", "old", "new", "reason"];
        let _ = write!(out, "\n{}", style.table(&header, accepted, &[], &[0, 3, 4, 5]));
    }
    if !report.diff.stale.is_empty() {
        out.push_str("\naccepted, but not there:\n");
        for stale in &report.diff.stale {
            out.push_str(&style.wrap(&visible(stale), 2));
        }
    }
    if is_changed {
        let (header, rows) = by_section(agents, shown, blank_zero);
        let _ = write!(out, "\n{}", style.table(&header, rows, &[1, 2, 3, 4, 5, 6, 7], &[0]));
    }
    out
}

/// A run held against a policy.
#[must_use]
pub fn check(report: &CheckReport<'_>, style: &Style) -> String {
    let checked = report.checked;
    let tone = if checked.passed() { Paint::Good } else { Paint::Bad };
    let mut out = style.paint_lines(tone, &style.wrap(&report.summary(), 0));
    out.push_str(&source("run", report.run, style));
    if let Some(files) = report.files() {
        out.push_str(&style.wrap(&files, 0));
    }
    let told = |breaches: &[Breach]| -> Vec<Vec<String>> {
        let cells = |breach| breach_cells(breach).map(|cell| visible(&cell).into_owned()).to_vec();
        breaches.iter().map(cells).collect()
    };
    for (kind, breaches) in [("kind", &checked.breaches), ("warning", &checked.warnings)] {
        if !breaches.is_empty() {
            let table = style.table(&["agent", "case", kind, "detail"], told(breaches), &[], &[0, 3]);
            let _ = write!(out, "\n{table}");
        }
    }
    let shown = |text: &str| visible(text).into_owned();
    let expected = expected_failures(checked, shown);
    if !expected.is_empty() {
        let header = ["agent", "case", "fails as expected", "reason"];
        let _ = write!(out, "\n{}", style.table(&header, expected, &[], &[0, 3]));
    }
    if checked.totals.cases > 0 {
        let (header, rows) = checked_by_section(checked, shown, blank_zero);
        let _ = write!(out, "\n{}", style.table(&header, rows, &[1, 2, 3, 4, 5, 6, 7], &[0]));
    }
    out
}

fn source(name: &str, source: &RunSource, style: &Style) -> String {
    let path = style.paint(Paint::Heading, &visible(&source.path));
    format!("{name}  {path} · {}\n", units::count(source.cases, "case"))
}

fn blank_zero(n: u64) -> String {
    if n == 0 { String::new() } else { n.to_string() }
}
