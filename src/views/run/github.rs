//! Runs as annotations of GitHub Actions. A step shows ten errors only, so the first one has the counts; the log
//! has all.

use std::fmt::Write;

use crate::model::case::CaseId;
use crate::model::run::ChangeKind;
use crate::views::escape::{annotation, annotation_property};
use crate::views::run::{CheckReport, DiffReport, Mood};

/// Two runs compared: regressions are errors, missing and otherwise changed cases warnings.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    let mut out = String::new();
    let level = match report.mood() {
        Mood::Good => "notice",
        Mood::Doubtful => "warning",
        Mood::Bad => "error",
    };
    command(&mut out, level, "Autobahn", &report.summary());
    for source in [report.old, report.new] {
        for told in &source.contradictions {
            let title = format!("Autobahn {} {}: contradiction", told.agent, told.case);
            command(&mut out, "warning", &title, &told.detail);
        }
    }
    if let Some(hint) = report.hint() {
        command(&mut out, "warning", "Autobahn", &hint);
    }
    for kind in ChangeKind::ALL {
        let level = match kind {
            ChangeKind::Regression => "error",
            ChangeKind::Missing | ChangeKind::Changed => "warning",
            ChangeKind::Fixed | ChangeKind::Added => "notice",
        };
        for agent in &report.diff.agents {
            for change in agent.changes.iter().filter(|c| c.kind == kind) {
                let title = format!("Autobahn {} {}: {}", agent.agent, change.case, kind.name());
                command(&mut out, level, &title, &change.why);
            }
        }
    }
    out
}

/// A run held against a policy: what breaks it are errors.
#[must_use]
pub fn check(report: &CheckReport<'_>) -> String {
    let mut out = String::new();
    let level = if report.checked.passed() { "notice" } else { "error" };
    command(&mut out, level, "Autobahn", &report.summary());
    for breach in &report.checked.breaches {
        let of = breach.agent.as_deref().unwrap_or("run");
        let case = breach.case.as_ref().map_or(String::new(), |case: &CaseId| format!(" {case}"));
        let title = format!("Autobahn {of}{case}: {}", breach.kind.name());
        command(&mut out, "error", &title, &breach.detail);
    }
    out
}

fn command(out: &mut String, level: &str, title: &str, message: &str) {
    let _ = writeln!(out, "::{level} title={}::{}", annotation_property(title), annotation(message));
}
