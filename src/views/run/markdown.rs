//! Runs for a pull request: what is wrong in sight, all else folded.

use std::fmt::Write;

use crate::model::case::CaseId;
use crate::model::run::ChangeKind;
use crate::views::escape::markdown;
use crate::views::run::{
    CheckReport, DiffReport, Mood, by_section, checked_by_section, entry, expected_failures,
};
use crate::views::units;

/// Rows of a table.
const ROWS: usize = 100;
/// Bytes of all tables: GitHub takes no comment of more than 65 536 characters.
const BYTES: usize = 60_000;
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
            let (agent, detail) = (markdown(&told.agent), markdown(&told.detail));
            let _ = writeln!(out, "  * contradiction: {agent} {}: {detail}", told.case);
        }
        if let Some(more) = source.contradictions.len().checked_sub(CONTRADICTIONS).filter(|more| *more > 0) {
            let _ = writeln!(out, "  * … and {}", units::count(more as u64, "more contradiction"));
        }
    }
    if let Some(hint) = report.hint() {
        let _ = write!(out, "\n{}\n", markdown(&hint));
    }
    for kind in ChangeKind::ALL {
        let rows: Vec<_> = report
            .diff
            .agents
            .iter()
            .flat_map(|agent| agent.changes.iter().filter(|c| c.kind == kind).map(|c| (&agent.agent, c)))
            .map(|(agent, change)| {
                let entries = [&change.old, &change.new].map(|e| entry(e.as_ref()));
                [agent, change.case.as_str(), &entries[0], &entries[1], &change.why].map(cell).to_vec()
            })
            .collect();
        let table = table(&["agent", "case", "old", "new", "why"], rows, out.len());
        if kind == ChangeKind::Regression {
            out.push_str(&table);
        } else {
            fold(&mut out, &format!("{} {}", report.diff.totals.of(kind), kind.name()), &table);
        }
    }
    let (header, rows) = by_section(&report.diff.agents, markdown, |count| count.to_string());
    let sections = table(&header, rows, out.len());
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
    let rows = checked.breaches.iter().map(|breach| {
        let case = breach.case.as_ref().map_or("–", CaseId::as_str);
        [breach.agent.as_deref().unwrap_or("–"), case, breach.kind.name(), &breach.detail].map(cell).to_vec()
    });
    let breaches = table(&["agent", "case", "kind", "detail"], rows.collect(), out.len());
    out.push_str(&breaches);
    let expected = expected_failures(checked, markdown);
    let title = units::count(expected.len() as u64, "expected failure");
    let expected = table(&["agent", "case", "verdict", "reason"], expected, out.len());
    fold(&mut out, &title, &expected);
    let (header, rows) = checked_by_section(checked, markdown, |count| count.to_string());
    let sections = table(&header, rows, out.len());
    fold(&mut out, "by section", &sections);
    out
}

fn cell(text: &str) -> String {
    markdown(text)
}

/// A table after a blank line, or nothing where there is no row; `before` bytes stand before it.
fn table(header: &[&str], rows: Vec<Vec<String>>, before: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let names: Vec<_> = header.iter().map(|h| (*h).to_owned()).collect();
    let rule: Vec<_> = header.iter().map(|_| "---".to_owned()).collect();
    let mut out = format!("\n{}{}", line(&names), line(&rule));
    let mut shown = 0;
    for row in rows.iter().take(ROWS).map(|row| line(row)) {
        if before + out.len() + row.len() > BYTES {
            break;
        }
        out.push_str(&row);
        shown += 1;
    }
    if rows.len() > shown {
        let _ = write!(out, "\n… and {} more.\n", rows.len() - shown);
    }
    out
}

fn fold(out: &mut String, title: &str, table: &str) {
    if !table.is_empty() {
        let _ = write!(out, "\n<details><summary>{title}</summary>\n{table}\n</details>\n");
    }
}
