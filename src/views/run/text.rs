//! Runs for people: the answer, then the cases, then counts by section.

use std::fmt::Write;

use crate::model::case::CaseId;
use crate::model::run::{ChangeKind, RunSource};
use crate::views::escape::visible;
use crate::views::run::{
    CheckReport, DiffReport, Mood, by_section, checked_by_section, entry, expected_failures,
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
            let told = format!("contradiction: {} {}: {}", told.agent, told.case, told.detail);
            out.push_str(&style.wrap(&visible(&told), 5));
        }
    }
    if let Some(hint) = report.hint() {
        out.push_str(&style.wrap(&visible(&hint), 0));
    }
    let agents = &report.diff.agents;
    let mut rows = Vec::new();
    for kind in ChangeKind::ALL {
        for agent in agents {
            for change in agent.changes.iter().filter(|c| c.kind == kind) {
                rows.push(vec![
                    visible(&agent.agent).into_owned(),
                    change.case.to_string(),
                    kind.name().to_owned(),
                    visible(&entry(change.old.as_ref())).into_owned(),
                    visible(&entry(change.new.as_ref())).into_owned(),
                    visible(&change.why).into_owned(),
                ]);
            }
        }
    }
    if !rows.is_empty() {
        let table = style.table(&["agent", "case", "kind", "old", "new", "why"], rows, &[], &[0, 3, 4, 5]);
        let _ = write!(out, "\n{table}");
        let (header, rows) = by_section(agents, |agent| visible(agent).into_owned(), blank_zero);
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
    if !checked.passed() {
        let rows = checked.breaches.iter().map(|breach| {
            vec![
                visible(breach.agent.as_deref().unwrap_or("–")).into_owned(),
                breach.case.as_ref().map_or("–", CaseId::as_str).to_owned(),
                breach.kind.name().to_owned(),
                visible(&breach.detail).into_owned(),
            ]
        });
        let table = style.table(&["agent", "case", "kind", "detail"], rows, &[], &[0, 3]);
        let _ = write!(out, "\n{table}");
    }
    let shown = |text: &str| visible(text).into_owned();
    let expected = expected_failures(checked, shown);
    if !expected.is_empty() {
        let header = ["agent", "case", "fails as expected", "reason"];
        let _ = write!(out, "\n{}", style.table(&header, expected, &[], &[0, 3]));
    }
    if checked.totals.cases > 0 {
        let (header, rows) = checked_by_section(checked, shown, blank_zero);
        let _ = write!(out, "\n{}", style.table(&header, rows, &[1, 2, 3, 4, 5, 6], &[0]));
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
