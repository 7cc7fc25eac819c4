//! Who owed what and what came of it, and what was found.

use std::fmt::Write;

use crate::model::{Closing, Conversation, Level, StepVerdict};
use crate::redact::Shown;
use crate::views::judged::{self, Found};
use crate::views::text::layout::{Paint, Style};
use crate::views::units;
use crate::views::worded::Worded;

/// Columns of the page from which on a finding has columns for all that is said of it.
const WIDE: usize = 130;

pub(super) fn steps(out: &mut String, closing: &Closing<Shown>, style: &Style) {
    if closing.steps.is_empty() {
        return;
    }
    let rows = closing.steps.iter().map(|step| {
        let paint = match step.verdict {
            StepVerdict::Broken => Paint::Bad,
            StepVerdict::Late => Paint::Odd,
            _ => Paint::Plain,
        };
        let [who, owed, clause, seen, verdict] = judged::step(step);
        vec![who, owed, clause, seen, style.cell(paint, verdict)]
    });
    let header = ["who", "owed", "clause", "observed", ""];
    let _ = write!(out, "\n{}", style.table(&header, rows, &[], &[1, 2, 3]));
}

pub(super) fn findings(out: &mut String, report: &Conversation<Shown>, told: &[Worded<'_>], style: &Style) {
    let found = judged::findings(report, told);
    if found.is_empty() {
        return;
    }
    let is_wide = style.columns() >= WIDE;
    let rows = found.into_iter().map(|Found { finding, did, place, section }| {
        let paint = match finding.level {
            _ if !report.counts(finding) => Paint::Plain,
            Level::Must => Paint::Bad,
            Level::Should => Paint::Odd,
            Level::Note => Paint::Plain,
        };
        let level = style.cell(paint, finding.level.name());
        let rule = finding.violation.rule().name().to_owned();
        let certainty = finding.certainty.name().to_owned();
        if is_wide {
            vec![level, rule, did, place, section, certainty]
        } else {
            let rest: Vec<_> =
                [certainty, place, section].into_iter().filter(|part| !part.is_empty()).collect();
            vec![level, rule, format!("{did} ({})", rest.join("; "))]
        }
    });
    let (header, flexible): (&[&str], &[usize]) = if is_wide {
        (&["level", "rule", "finding", "where", "clause", "certainty"], &[2, 4])
    } else {
        (&["level", "rule", "finding"], &[2])
    };
    let _ = write!(out, "\n{}", style.table(header, rows, &[], flexible));
    if report.findings_omitted > 0 {
        let more = format!("and {} beyond the cap", units::count(report.findings_omitted, "finding"));
        out.push_str(&style.wrap(&more, 2));
    }
}
