//! Faulty and sound libraries under the Autobahn Testsuite, in real runs: each planted defect is found, and where the
//! suite found nothing the reference proves nothing that is not listed here with its reason.

use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::{self, ReportKind};
use wslog::engine::{Keep, analyze_case};
use wslog::limits::Limits;
use wslog::model::case::{Behavior, BehaviorClose};
use wslog::model::{Certainty, Conversation, Level, Role};

use crate::support::corpus::corpus;
use crate::support::essence::analyse_file;

/// A run, the rule that names the defect its NOTES tell of, and where it shows.
const DEFECTS: &[(&str, &str, Source)] = &[
    ("client-buggy-close4999", "CL-FAIL-CODE", Source::Log),
    ("client-buggy-noclose", "CL-REPLY", Source::Log),
    ("client-buggy-nomask", "FR-MASK-C", Source::Log),
    ("client-buggy-norsv", "CL-NOT-FAILED", Source::Log),
    ("client-buggy-noutf8", "CL-NOT-FAILED", Source::Log),
    ("client-buggy-pongtrunc", "FR-PONG-DATA", Source::Log),
    ("server-buggy-maskserver-py2", "FR-MASK-S", Source::Log),
    // A log knows neither times nor resets.
    ("server-buggy-nevertcp", "CL-SERVER-IMMEDIATE", Source::Capture),
    ("server-buggy-rst", "CL-RST", Source::Capture),
];

/// What the suite lets pass though it is proven: section of the cases, rule, why.
const PASSED_OVER: &[(&str, &str, &str)] = &[(
    "7.13.",
    "CL-CODE-RANGE",
    "the testee sends back the code of 5000 or more that it got; the suite judges nothing there",
)];

#[derive(Clone, Copy, PartialEq)]
enum Source {
    Log,
    Capture,
}

fn logs(run: &Path) -> Vec<Conversation> {
    let mut reports = Vec::new();
    let keep = Keep { first: 0, last: 0, payload_bytes: 0, ..Keep::NOTHING };
    for path in below(&run.join("reports")) {
        let bytes = fs::read(&path).expect("readable");
        if path.extension().is_some_and(|e| e == "json")
            && let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes)
        {
            let case = autobahn::read_case(form, &bytes, &path, &Limits::DEFAULT).expect("a case");
            reports.push(*analyze_case(case, &Limits::default(), keep));
        }
    }
    reports
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("a folder").map(|e| e.expect("readable").path()).collect();
    paths.sort();
    paths.into_iter().flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// The side under test: what a run is called after.
fn testee(run: &str) -> Role {
    if run.starts_with("client") { Role::Client } else { Role::Server }
}

#[test]
fn each_defect_is_found() {
    let Some(runs) = corpus("autobahn") else { return };
    for &(run, rule, source) in DEFECTS.iter().filter(|(run, ..)| runs.join(run).is_dir()) {
        let reports = match source {
            Source::Log => logs(&runs.join(run)),
            Source::Capture => {
                analyse_file(&fs::read(runs.join(run).join("capture.pcap")).expect("the capture of the run"))
            }
        };
        let found = |report: &Conversation| {
            let of =
                |f: &wslog::model::Finding| f.by == Some(testee(run)) && f.violation.rule().name() == rule;
            report.findings.iter().any(of)
        };
        let times = reports.iter().filter(|report| found(report)).count();
        println!("{run}: {rule} in {times} of {} connections", reports.len());
        assert!(times > 0, "{run}: no {rule}");
    }
}

#[test]
fn nothing_is_proven_against_sound_libraries_where_the_suite_found_nothing() {
    let Some(runs) = corpus("autobahn") else { return };
    for run in fs::read_dir(&runs).expect("a folder").map(|e| e.expect("readable").path()) {
        let name = run.file_name().expect("a name").to_string_lossy().into_owned();
        if name.contains("buggy") || !run.join("reports").is_dir() {
            continue;
        }
        for report in logs(&run) {
            let case = report.case.as_ref().expect("a case").as_sent();
            let passed = matches!(case.report.behavior, Behavior::Ok | Behavior::Informational)
                && matches!(case.report.behavior_close, BehaviorClose::Ok | BehaviorClose::Informational);
            let proven = |f: &&wslog::model::Finding| {
                f.by == Some(testee(&name)) && f.level == Level::Must && f.certainty == Certainty::Proven
            };
            let id = case.report.id.to_string();
            for finding in report.findings.iter().filter(proven).filter(|_| passed) {
                let rule = finding.violation.rule().name();
                let listed =
                    PASSED_OVER.iter().any(|(cases, known, _)| id.starts_with(cases) && *known == rule);
                assert!(listed, "{name} {id}: {finding:?}");
            }
        }
    }
}
