//! Runs for people: the answer, then the cases, then counts by section.

use std::fmt::Write;

use crate::model::case::CaseId;
use crate::model::run::{ChangeKind, Judged, RunSource};
use crate::views::escape::visible;
use crate::views::run::{CheckReport, DiffReport, Mood, entry};
use crate::views::text::Style;
use crate::views::text::layout::Tone;
use crate::views::units;

/// Two runs compared.
#[must_use]
pub fn diff(report: &DiffReport<'_>, style: &Style) -> String {
    let tone = match report.mood() {
        Mood::Good => Tone::Good,
        Mood::Doubtful => Tone::Heading,
        Mood::Bad => Tone::Bad,
    };
    let mut out = format!("{}\n", style.paint(tone, &report.summary()));
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
        let rows = agents.iter().flat_map(|agent| {
            agent.sections.iter().map(|(section, counts)| {
                let mut row = vec![visible(&agent.agent).into_owned(), section.to_string()];
                row.extend(ChangeKind::ALL.map(|kind| counts.of(kind)).map(blank_zero));
                row.push(counts.unchanged.to_string());
                row
            })
        });
        let mut header = vec!["agent", "section"];
        header.extend(ChangeKind::ALL.map(ChangeKind::name));
        header.push("unchanged");
        let _ = write!(out, "\n{}", style.table(&header, rows, &[1, 2, 3, 4, 5, 6, 7], &[0]));
    }
    out
}

/// A run held against a policy.
#[must_use]
pub fn check(report: &CheckReport<'_>, style: &Style) -> String {
    let checked = report.checked;
    let tone = if checked.passed() { Tone::Good } else { Tone::Bad };
    let mut out = format!("{}\n", style.paint(tone, &report.summary()));
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
    let expected: Vec<_> = checked
        .agents
        .iter()
        .flat_map(|agent| {
            agent.cases.iter().filter_map(|case| match &case.judged {
                Judged::ExpectedFailure(reason) => Some(vec![
                    visible(&agent.agent).into_owned(),
                    case.id.to_string(),
                    visible(&entry(Some(&case.entry))).into_owned(),
                    visible(reason).into_owned(),
                ]),
                _ => None,
            })
        })
        .collect();
    if !expected.is_empty() {
        let header = ["agent", "case", "fails as expected", "reason"];
        let _ = write!(out, "\n{}", style.table(&header, expected, &[], &[0, 3]));
    }
    let rows = checked.agents.iter().flat_map(|agent| {
        agent.sections.iter().map(|(section, counts)| {
            vec![
                visible(&agent.agent).into_owned(),
                section.to_string(),
                counts.cases.to_string(),
                blank_zero(counts.passed),
                blank_zero(counts.expected_failures),
                blank_zero(counts.skipped),
                blank_zero(counts.broken),
            ]
        })
    });
    if checked.totals.cases > 0 {
        let header = ["agent", "section", "cases", "passed", "expected failures", "not judged", "broken"];
        let _ = write!(out, "\n{}", style.table(&header, rows, &[1, 2, 3, 4, 5, 6], &[0]));
    }
    out
}

fn source(name: &str, source: &RunSource, style: &Style) -> String {
    let path = style.paint(Tone::Heading, &visible(&source.path));
    format!("{name}  {path} · {}\n", units::count(source.cases, "case"))
}

fn blank_zero(n: u64) -> String {
    if n == 0 { String::new() } else { n.to_string() }
}
