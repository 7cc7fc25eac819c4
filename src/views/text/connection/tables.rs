//! Who owed what and what came of it, and what was found.

use std::fmt::Write;

use crate::knowledge::Clauses;
use crate::model::{Closing, Conversation, Level, StepVerdict};
use crate::redact::Shown;
use crate::views::text::layout::{Paint, Style};
use crate::views::worded::Worded;
use crate::views::{units, wording};

/// Columns of the page from which on a finding has columns for all that is said of it.
const WIDE: usize = 130;

pub(super) fn steps(out: &mut String, closing: &Closing<Shown>, style: &Style) {
    if closing.steps.is_empty() {
        return;
    }
    let rows = closing.steps.iter().map(|step| {
        let verdict = match step.verdict {
            StepVerdict::NotApplicable => "not due".to_owned(),
            verdict => verdict.name().to_owned(),
        };
        let paint = match step.verdict {
            StepVerdict::Broken => Paint::Bad,
            StepVerdict::Late => Paint::Odd,
            _ => Paint::Plain,
        };
        vec![
            step.owed_by.name().to_owned(),
            wording::owed(step),
            format!("{:#}", Clauses(&wording::clauses(step))),
            wording::seen(step),
            style.cell(paint, verdict),
        ]
    });
    let header = ["who", "owed", "clause", "observed", ""];
    let _ = write!(out, "\n{}", style.table(&header, rows, &[], &[1, 2, 3]));
}

pub(super) fn findings(out: &mut String, report: &Conversation<Shown>, told: &[Worded<'_>], style: &Style) {
    let groups = grouped(told);
    if groups.is_empty() {
        return;
    }
    let is_wide = style.columns() >= WIDE;
    let rows = groups.into_iter().map(|(told, count)| {
        let finding = told.finding;
        let place = match (finding.frame, finding.packet) {
            (Some(frame), Some(packet)) => format!("frame {frame}, {}", wording::packet(report, packet)),
            (Some(frame), None) => format!("frame {frame}"),
            (None, Some(packet)) => wording::packet(report, packet),
            (None, None) => String::new(),
        };
        let times = if count > 1 { format!(" ×{count}, first here") } else { String::new() };
        let paint = match finding.level {
            _ if !report.counts(finding) => Paint::Plain,
            Level::Must => Paint::Bad,
            Level::Should => Paint::Odd,
            Level::Note => Paint::Plain,
        };
        let level = style.cell(paint, finding.level.name());
        let rule = finding.violation.rule().name().to_owned();
        let on_purpose =
            if report.is_test(finding) && finding.level > Level::Note { " (on purpose)" } else { "" };
        let did = format!("{} {}{on_purpose}{times}", wording::subject(finding.by), told.did());
        let section = format!("{:#}", finding.violation.rule().rule().section());
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

/// Findings of one rule by one side as one row with their number; weightiest first.
fn grouped<'t, 'a>(told: &'t [Worded<'a>]) -> Vec<(&'t Worded<'a>, usize)> {
    let mut groups: Vec<(&Worded<'_>, usize)> = Vec::new();
    let kind = |told: &Worded<'_>| (told.finding.violation.rule(), told.finding.by, told.finding.level);
    for one in told {
        match groups.iter_mut().find(|(known, _)| kind(known) == kind(one)) {
            Some((_, count)) => *count += 1,
            None => groups.push((one, 1)),
        }
    }
    groups.sort_by_key(|(told, _)| std::cmp::Reverse(told.finding.level));
    groups
}
