//! Runs for a pull request: what is wrong in sight, all else folded.

use std::fmt::Write;

use crate::model::case::CaseId;
use crate::model::run::{ChangeKind, Judged};
use crate::report::escape::markdown;
use crate::report::run::{CheckReport, DiffReport, entry};
use crate::report::units;

/// Rows of a table; a comment on GitHub ends at 65 536 characters.
const ROWS: usize = 100;

/// Two runs compared.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    let sign = if report.diff.totals.regression > 0 { "❌" } else { "✅" };
    let mut out = format!("### {sign} Autobahn: {}\n\n", report.summary());
    for (name, source) in [("old", report.old), ("new", report.new)] {
        let _ = writeln!(out, "* {name}: {}, {}", markdown(&source.path), units::count(source.cases, "case"));
        for told in &source.contradictions {
            let (agent, detail) = (markdown(&told.agent), markdown(&told.detail));
            let _ = writeln!(out, "  * contradiction: {agent} {}: {detail}", told.case);
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
        let table = table(&["agent", "case", "old", "new", "why"], rows);
        if kind == ChangeKind::Regression {
            out.push_str(&table);
        } else {
            fold(&mut out, &format!("{} {}", report.diff.totals.of(kind), kind.name()), &table);
        }
    }
    let rows = report.diff.agents.iter().flat_map(|agent| {
        agent.sections.iter().map(|(section, counts)| {
            let mut row = vec![markdown(&agent.agent), section.to_string()];
            row.extend(ChangeKind::ALL.map(|kind| counts.of(kind).to_string()));
            row.push(counts.unchanged.to_string());
            row
        })
    });
    let mut header = vec!["agent", "section"];
    header.extend(ChangeKind::ALL.map(ChangeKind::name));
    header.push("unchanged");
    fold(&mut out, "by section", &table(&header, rows.collect()));
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
    out.push_str(&table(&["agent", "case", "kind", "detail"], rows.collect()));
    let expected: Vec<_> = checked
        .agents
        .iter()
        .flat_map(|agent| agent.cases.iter().map(|case| (&agent.agent, case)))
        .filter_map(|(agent, case)| match &case.judged {
            Judged::ExpectedFailure(reason) => {
                Some([agent, case.id.as_str(), &entry(Some(&case.entry)), reason].map(cell).to_vec())
            }
            _ => None,
        })
        .collect();
    let title = units::count(expected.len() as u64, "expected failure");
    fold(&mut out, &title, &table(&["agent", "case", "verdict", "reason"], expected));
    let rows = checked.agents.iter().flat_map(|agent| {
        agent.sections.iter().map(|(section, c)| {
            let mut row = vec![markdown(&agent.agent), section.to_string()];
            row.extend([c.cases, c.passed, c.expected_failures, c.skipped, c.broken].map(|n| n.to_string()));
            row
        })
    });
    let header = ["agent", "section", "cases", "passed", "expected failures", "not judged", "broken"];
    fold(&mut out, "by section", &table(&header, rows.collect()));
    out
}

fn cell(text: &str) -> String {
    markdown(text)
}

/// A table after a blank line, or nothing where there is no row.
fn table(header: &[&str], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let names: Vec<_> = header.iter().map(|h| (*h).to_owned()).collect();
    let rule: Vec<_> = header.iter().map(|_| "---".to_owned()).collect();
    let mut out = format!("\n{}{}", line(&names), line(&rule));
    rows.iter().take(ROWS).for_each(|row| out.push_str(&line(row)));
    if rows.len() > ROWS {
        let _ = write!(out, "\n… and {} more.\n", rows.len() - ROWS);
    }
    out
}

fn fold(out: &mut String, title: &str, table: &str) {
    if !table.is_empty() {
        let _ = write!(out, "\n<details><summary>{title}</summary>\n{table}\n</details>\n");
    }
}
