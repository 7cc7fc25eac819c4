//! Runs as annotations of GitHub Actions. A step shows about ten, so cases are put together by whose they are, what became of
//! them and their section; all of them are in the other formats, of which Markdown makes a step summary.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::case::CaseId;
use crate::model::run::{ChangeKind, Testee};
use crate::views::escape::{annotation, annotation_property};
use crate::views::run::{CheckReport, DiffReport, Mood, doubts};
use crate::views::units;

/// Annotations that a step shows.
const MOST: usize = 10;
/// Bytes of a message, which people read on one screen.
const MESSAGE: usize = 800;

/// Kinds of which all cases are told together, whatever their section.
const TOGETHER: &[&str] = &["missing", "added", "extra", "absent", "unlisted", "accepted"];

/// How much an annotation matters, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    Error,
    Warning,
    Notice,
}

impl Level {
    const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
        }
    }
}

/// What cases have in common that are told together.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Alike<'a> {
    level: Level,
    testee: Option<&'a Testee>,
    kind: &'static str,
    /// First number of the cases; `None` where it is not about cases.
    section: Option<u32>,
}

type Groups<'a> = BTreeMap<Alike<'a>, Vec<String>>;

/// Two runs compared: what the gate fails on are errors, other regressions, missing and changed cases warnings.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    let level = match report.mood() {
        Mood::Good => Level::Notice,
        Mood::Doubtful => Level::Warning,
        Mood::Bad => Level::Error,
    };
    let mut groups = Groups::new();
    for source in [report.old, report.new] {
        for told in &source.contradictions {
            let case = told.case.as_ref();
            add(&mut groups, Level::Warning, Some(&told.testee), "contradiction", case, &told.detail);
        }
        if let Some(doubts) = doubts(source) {
            add(&mut groups, Level::Warning, None, "files", None, &format!("{}: {doubts}", source.path));
        }
    }
    for stale in &report.diff.stale {
        add(&mut groups, Level::Notice, None, "accepted, but not there", None, stale);
    }
    for kind in ChangeKind::ALL {
        let level = match kind {
            _ if report.fails_on(kind) => Level::Error,
            ChangeKind::Regression | ChangeKind::Missing | ChangeKind::Changed => Level::Warning,
            ChangeKind::Fixed | ChangeKind::Added => Level::Notice,
        };
        for (testee, change) in report.changes(kind, false) {
            add(&mut groups, level, Some(testee), kind.name(), Some(&change.case), &change.why);
        }
        for (testee, change) in report.changes(kind, true) {
            let why = change.accepted.as_deref().unwrap_or_default();
            add(&mut groups, Level::Notice, Some(testee), "accepted", Some(&change.case), why);
        }
    }
    let hint = report.hint().map(|hint| format!(". {hint}")).unwrap_or_default();
    written(level, &format!("{}{hint}", report.summary()), groups)
}

/// A run held against a policy: what breaks it are errors.
#[must_use]
pub fn check(report: &CheckReport<'_>) -> String {
    let checked = report.checked;
    let mut groups = Groups::new();
    for (level, breaches) in [(Level::Error, &checked.breaches), (Level::Warning, &checked.warnings)] {
        for breach in breaches {
            let (testee, case) = (breach.testee.as_ref(), breach.case.as_ref());
            add(&mut groups, level, testee, breach.kind.name(), case, &breach.detail);
        }
    }
    let level = match (checked.passed(), checked.warnings.is_empty()) {
        (false, _) => Level::Error,
        (true, false) => Level::Warning,
        (true, true) => Level::Notice,
    };
    written(level, &report.summary(), groups)
}

fn add<'a>(
    groups: &mut Groups<'a>,
    level: Level,
    testee: Option<&'a Testee>,
    kind: &'static str,
    case: Option<&CaseId>,
    detail: &str,
) {
    // Cases that are there or not are told together, those that went otherwise by what they test.
    let section = case.map(CaseId::section).filter(|_| !TOGETHER.contains(&kind));
    let line = case.map_or_else(|| detail.to_owned(), |case| format!("{case}: {detail}"));
    groups.entry(Alike { level, testee, kind, section }).or_default().push(line);
}

/// The summary, then the groups, the most important first.
fn written(level: Level, summary: &str, groups: Groups<'_>) -> String {
    let mut out = String::new();
    command(&mut out, level, "Autobahn", summary);
    let total = groups.len();
    // Where not all fit, the last place says so.
    let shown = if total < MOST { total } else { MOST - 2 };
    let mut left = Vec::new();
    for (nth, (alike, lines)) in groups.into_iter().enumerate() {
        if nth < shown {
            command(&mut out, alike.level, &title(&alike, lines.len()), &message(&lines));
        } else {
            left.push(format!("{} {}", lines.len(), alike.kind));
        }
    }
    if let Some(first) = left.first() {
        let more = units::count(left.len() as u64, "more group");
        let told = format!("{more} of cases, {first} the first of them: the report has all");
        command(&mut out, Level::Notice, "Autobahn", &told);
    }
    out
}

/// `Autobahn ws (client): 5 failed in section 7`.
fn title(alike: &Alike<'_>, count: usize) -> String {
    let of = alike.testee.map_or_else(|| "run".to_owned(), Testee::label);
    let kind = alike.kind;
    match alike.section {
        Some(section) => format!("Autobahn {of}: {count} {kind} in section {section}"),
        None if TOGETHER.contains(&kind) => format!("Autobahn {of}: {count} {kind}"),
        None => format!("Autobahn {of}: {kind}"),
    }
}

/// As many lines as fit, at least one, and how many there are besides.
fn message(lines: &[String]) -> String {
    let mut out = String::new();
    for (nth, line) in lines.iter().enumerate() {
        let is_first = nth == 0;
        if !is_first && out.len() + line.len() > MESSAGE {
            out.push_str(&format!("; and {} more", lines.len() - nth));
            break;
        }
        if !is_first {
            out.push_str("; ");
        }
        match crate::knowledge::words::start_of(line, MESSAGE) {
            Some(start) => out.push_str(&format!("{start}…")),
            None => out.push_str(line),
        }
    }
    out
}

fn command(out: &mut String, level: Level, title: &str, message: &str) {
    let (title, message) = (annotation_property(title), annotation(message));
    let _ = writeln!(out, "::{} title={title}::{message}", level.name());
}
