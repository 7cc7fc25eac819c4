//! Every report of a case in the corpus, whatever suite made it and whatever became of it since, judged again: a table by source
//! and version, and each difference from the record, and each case that nobody can judge, with a reason that has a name.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::cases::Source;
use wslog::autobahn::verdict::judge;
use wslog::autobahn::{self, ReportKind};
use wslog::limits::Limits;
use wslog::model::case::{CaseReport, Recomputed, ReportForm};

use crate::support::corpus;

/// Copies from which a converter, or whoever cut them, took what the verdict rests on.
const LOSSY: [&str; 8] =
    [".first33.", ".first39.", ".first47.", ".half.", ".bs4.", ".nbsp.", ".pandoc-plain.", ".w3m"];

/// A report of a case.
struct Found {
    /// The run it is of, and its form.
    source: String,
    path: PathBuf,
    report: CaseReport,
}

/// Those that are read, and the files of cases that are not.
fn reports() -> (Vec<Found>, Vec<PathBuf>) {
    let (mut found, mut refused) = (Vec::new(), Vec::new());
    for room in ["reports", "autobahn"] {
        let Some(room) = corpus::corpus(room) else { continue };
        let mut files = Vec::new();
        collect(&room, &mut files);
        files.sort();
        for path in files {
            match read(&room, &path) {
                Some(report) => found.push(report),
                None if path.to_string_lossy().contains("_case_") => refused.push(path),
                None => {}
            }
        }
    }
    (found, refused)
}

fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "json" || e == "html" || e == "txt") {
            out.push(path);
        }
    }
}

/// The report, if the file is one.
fn read(room: &Path, path: &Path) -> Option<Found> {
    let bytes = fs::read(path).expect("readable");
    let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) else { return None };
    let report = autobahn::read_case(form, &bytes, path, &Limits::DEFAULT).ok()?;
    let run = path.strip_prefix(room).ok()?.components().next()?.as_os_str().to_string_lossy();
    let form = match form {
        ReportForm::Json => "JSON",
        ReportForm::Html => "page",
        ReportForm::Text => "text",
    };
    Some(Found { source: format!("{run}, {form}"), path: path.to_owned(), report })
}

/// Why the events were not judged; `None` if they should have been.
fn unjudged(found: &Found, judged: &Recomputed) -> Option<&'static str> {
    if [9, 12, 13].contains(&found.report.id.section()) {
        return Some("sections 9, 12 and 13: the events do not show it");
    }
    if judged.why.starts_with("The page shows the events only in part") {
        return Some("the page cuts the events at 1000 characters");
    }
    is_lossy(found).then_some("a copy that lost what the verdict rests on")
}

/// Why the verdict differs from the record; `None` if it should not.
fn differs(found: &Found) -> Option<&'static str> {
    is_lossy(found).then_some("a copy that lost what the verdict rests on")
}

fn is_lossy(found: &Found) -> bool {
    found.report.form == ReportForm::Text
        && LOSSY.iter().any(|part| found.path.to_string_lossy().contains(part))
}

#[derive(Default)]
struct Row {
    cases: usize,
    confirmed: usize,
    unjudged: usize,
    different: usize,
}

/// `cargo test --test corpus suites -- --nocapture` prints the table.
#[test]
fn every_report_is_judged_as_recorded_or_there_is_a_reason() {
    let mut rows: BTreeMap<(String, String), Row> = BTreeMap::new();
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    let (reports, refused) = reports();
    for found in reports {
        let judged = judge(&found.report);
        let version = found.report.suite.map_or("unknown".to_owned(), |suite| suite.version.to_string());
        let row = rows.entry((found.source.clone(), version)).or_default();
        row.cases += 1;
        let reason = if !judged.agrees {
            row.different += 1;
            differs(&found)
        } else if judged.behavior.is_none() {
            row.unjudged += 1;
            unjudged(&found, &judged)
        } else {
            row.confirmed += 1;
            continue;
        };
        match reason {
            Some(reason) => *reasons.entry(reason).or_default() += 1,
            None => wrong.push(format!("{}: {judged:?}", found.path.display())),
        }
    }
    println!(
        "{:52} {:8} {:>6} {:>10} {:>10} {:>8}",
        "source", "version", "cases", "confirmed", "not judged", "differ"
    );
    for ((source, version), row) in rows {
        let Row { cases, confirmed, unjudged, different } = row;
        println!("{source:52} {version:8} {cases:6} {confirmed:10} {unjudged:10} {different:8}");
    }
    println!("{reasons:#?}, not read: {}", refused.len());
    let is_copy = |path: &&PathBuf| path.to_string_lossy().contains("text-copies");
    wrong.extend(
        refused.iter().filter(|path| !is_copy(path)).map(|path| format!("{}: not read", path.display())),
    );
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the tester sent by its own log is what the table has for its version: the frames of 7.9 and of the cases that changed.
#[test]
fn the_table_of_the_version_says_what_was_sent() {
    let mut compared = BTreeMap::new();
    for found in reports().0.iter().filter(|found| !is_lossy(found)) {
        let Some(suite) = found.report.suite else { continue };
        let case = autobahn::cases::find_in(&found.report.id, suite.version);
        let case = case.unwrap_or_else(|| panic!("{}: no case of {}", found.path.display(), suite.version));
        if autobahn::cases::versions(&case.id).count() > 1 || !case.span.is_all() {
            assert_eq!(autobahn::cases::of(&found.report).map(|case| &case.sends), Some(&case.sends));
            // Without its version, the log alone leads to the same.
            let unknown = CaseReport { suite: None, ..found.report.clone() };
            if !matches!(case.id.section(), 12 | 13) {
                let by_log = autobahn::cases::of(&unknown).map(|case| &case.sends);
                assert_eq!(by_log, Some(&case.sends), "{}", found.path.display());
            }
            assert!(case.source == Source::Run || matches!(case.id.section(), 12 | 13), "{}", case.id);
            *compared.entry(suite.version.to_string()).or_insert(0) += 1;
        }
    }
    println!("{compared:?}");
}
