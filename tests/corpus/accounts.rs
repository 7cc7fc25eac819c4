//! What is said of a case, over all reports there are: no account contradicts itself, its frames or its verdict.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::{self, ReportKind};
use wslog::engine::{Keep, analyze_case};
use wslog::limits::Limits;
use wslog::model::case::{Behavior, BehaviorClose, Shortfall};
use wslog::model::{Action, CaseRecord, Certainty, Conversation, Level, StepVerdict};
use wslog::redact::{Redaction, Shown, seal};
use wslog::views::{account, summary};

use crate::support::corpus;

/// Every case file: JSON, page or text, whose name may be anything.
fn cases() -> Vec<PathBuf> {
    let mut files = Vec::new();
    for part in ["autobahn", "reports"] {
        corpus::corpus(part).iter().for_each(|folder| collect(folder, &mut files));
    }
    files.sort();
    files
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|end| ["json", "html", "txt"].iter().any(|e| end == *e)) {
            files.push(path);
        }
    }
}

/// Reads a case; `None` for what is none, or cannot be read.
fn replay(path: &Path) -> Option<Box<Conversation<Shown>>> {
    let bytes = fs::read(path).expect("readable");
    let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) else { return None };
    let case = autobahn::read_case(form, &bytes, path, &Limits::DEFAULT).ok()?;
    Some(seal(analyze_case(case, &Limits::DEFAULT, Keep::NOTHING), Redaction::Nothing).open())
}

fn passes(record: &CaseRecord) -> bool {
    let (behavior, close) = &record.account.recorded;
    matches!(behavior, Behavior::Ok | Behavior::Informational)
        && matches!(close, BehaviorClose::Ok | BehaviorClose::Informational)
}

/// What contradicts what in it.
fn contradictions(report: &Conversation<Shown>, record: &CaseRecord) -> Vec<&'static str> {
    let testee = record.account.testee;
    let told = account::sentences(report);
    let of_testee = told.iter().find(|s| s.contains(" sent no Close")).filter(|s| !s.contains("The tester"));
    let all = [told.join(" "), summary::sentences(report).join(" ")].join(" ");
    let side = &report.closing.sides[testee];
    let fault = record.account.fault.map(|(rule, _)| rule);
    let has_failed = report.closing.steps.iter().any(|step| {
        let is_due = matches!(step.action, Action::Fail(rule) | Action::MayFail(rule) if Some(rule) == fault);
        step.owed_by == testee && is_due && step.verdict == StepVerdict::Met
    });
    let was_clean = record.report.closing.was_clean;
    let is_fixed = told.first().is_some_and(|first| first.starts_with("To "));
    [
        ("clean, and a gap over the end", was_clean && all.contains("gap")),
        ("clean, and not clean", was_clean && all.contains("not close cleanly")),
        ("no Close, and a Close", of_testee.is_some() && side.sent_close == Some(true) && is_fixed),
        ("carried on, as it must", all.contains("carried on") && all.contains("as it must")),
        ("carried on, and failed the connection as owed", {
            record.account.shortfall == Some(Shortfall::CarriedOn) && has_failed
        }),
        ("a message answered that was not sent", {
            all.contains("no message was sent") && all.contains("the suite expects each message back")
        }),
        ("OK, and to be fixed", passes(record) && is_fixed),
        // What is missing may be what went wrong.
        ("not OK, and nothing to fix", !passes(record) && !is_fixed && !record.report.is_cut),
        ("a clause missing from what is to be fixed", {
            is_fixed
                && !matches!(record.account.shortfall, Some(Shortfall::Said | Shortfall::Unasked))
                && told.first().is_some_and(|first| !first.contains("RFC "))
        }),
    ]
    .into_iter()
    .filter_map(|(what, is_so)| is_so.then_some(what))
    .collect()
}

#[test]
fn no_account_contradicts_itself() {
    let mut found: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut read = 0;
    for path in cases() {
        let Some(report) = replay(&path) else { continue };
        let record = report.case.as_deref().expect("a case");
        read += 1;
        for what in contradictions(&report, record) {
            found.entry(what).or_default().push(path.display().to_string());
        }
    }
    println!("{read} case files");
    for (what, paths) in &found {
        println!("{what}: {} such as {}", paths.len(), paths[0]);
    }
    assert!(found.is_empty());
}

/// A case that passed is sound but for what the suite does not look at: frames behind a Close that it passes over, and codes for
/// which nothing can fail (7.13.1, 7.13.2).
const REAL_DEFECTS: &[(&str, &str)] = &[
    ("buggy-nomask", "FR-MASK-C"),
    ("buggy-maskserver", "FR-MASK-S"),
    ("tornado", "CL-CODE-RANGE"),
    // Two frames with the same masking key, in 7.1.6.
    ("ixwebsocket", "FR-MASK-KEY"),
];

#[test]
fn nothing_is_proven_against_a_case_that_passed() {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for path in cases() {
        let Some(report) = replay(&path) else { continue };
        let record = report.case.as_deref().expect("a case");
        let agent = record.report.agent.as_str();
        if !passes(record) {
            continue;
        }
        let testee = Some(record.account.testee);
        for finding in &report.findings {
            let rule = finding.violation.rule();
            let is_proven = finding.level == Level::Must && finding.certainty == Certainty::Proven;
            if finding.by == testee && is_proven && !REAL_DEFECTS.contains(&(agent, rule.name())) {
                found.entry(format!("{rule} {agent}")).or_default().push(path.display().to_string());
            }
        }
    }
    for (what, paths) in &found {
        println!("{what}: {} such as {}", paths.len(), paths[0]);
    }
    assert!(found.is_empty());
}
