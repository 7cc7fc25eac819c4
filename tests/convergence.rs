//! One connection, recorded twice: by a capture and by the wire log of the tester. Frames and Close codes must
//! come out the same; where they need not, the reason is counted. The corpus beside the project is read where it
//! is there.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use wslog::autobahn::{self, Kind};
use wslog::limits::Limits;
use wslog::model::case::{CaseReport, WireRow};
use wslog::model::{ConnectionReport, Role};
use wslog::pipeline::{self, Keep};

const KEEP: Keep = Keep { first: 0, last: 0, payload_bytes: 0 };

/// `WSLOG_CORPUS`, or the directory beside the project.
fn runs() -> Vec<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let corpus = std::env::var_os("WSLOG_CORPUS").map_or_else(beside, PathBuf::from);
    let Ok(dir) = fs::read_dir(corpus.join("autobahn")) else { return Vec::new() };
    let mut runs: Vec<_> = dir.map(|entry| entry.expect("readable").path()).collect();
    runs.sort_unstable();
    runs
}

/// The connections of a capture by their keys; TLS hides them.
fn captured(path: &Path) -> HashMap<String, ConnectionReport> {
    let mut connections = HashMap::new();
    let source = File::open(path).expect("a capture");
    let mut sink = |report: Option<Box<ConnectionReport>>, _| {
        if let Some(report) = report
            && let Some(key) = report.request.as_ref().and_then(|request| request.key.clone())
        {
            connections.insert(key, *report);
        }
        Ok(())
    };
    pipeline::analyze_capture(source, path, 0, &Limits::default(), KEEP, &mut sink).expect("readable");
    connections
}

fn cases(run: &Path, extension: &str) -> Vec<CaseReport> {
    let dir = fs::read_dir(run.join("reports")).expect("reports");
    let mut files: Vec<_> = dir.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == extension));
    files.sort_unstable();
    let case = |file: &PathBuf| {
        let bytes = fs::read(file).expect("readable");
        match autobahn::sniff(&bytes) {
            Some(Kind::Case(form)) => autobahn::read_case(form, &bytes, file).ok(),
            _ => None,
        }
    };
    files.iter().filter_map(case).collect()
}

/// What both must agree on: frames by opcode and the code of the Close.
fn sent(report: &ConnectionReport, role: Role) -> ([u64; 16], bool, Option<u16>) {
    let side = &report.closing.sides[role];
    (report.traffic[role].frames, side.sent_close == Some(true), side.code.map(|code| code.0))
}

/// Why log and wire may differ in what `role` sent.
fn reason(
    case: &CaseReport,
    role: Role,
    log: &ConnectionReport,
    wire: &ConnectionReport,
) -> Option<&'static str> {
    let tester = if case.closing.is_server { Role::Server } else { Role::Client };
    let (logged, seen) = (sent(log, role), sent(wire, role));
    let fewer = |a: &[u64; 16], b: &[u64; 16]| a.iter().zip(b).all(|(a, b)| a <= b);
    match role == tester {
        // Trap 11: what was written need not leave.
        true if fewer(&seen.0, &logged.0) => Some("logged as sent, not on the wire"),
        // What arrived after the tester had dropped TCP is not in its log.
        false if fewer(&logged.0, &seen.0) => Some("on the wire, not read by the tester"),
        _ => None,
    }
}

fn check(extension: &str) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    let mut unexplained = Vec::new();
    for run in runs() {
        let name = run.file_name().expect("a name").to_string_lossy().into_owned();
        let capture = ["capture.pcap", "capture-server.pcap"].map(|file| run.join(file));
        let Some(capture) = capture.iter().find(|path| path.is_file()) else { continue };
        let connections = captured(capture);
        for case in cases(&run, extension) {
            let mut count = |what| *counts.entry(what).or_insert(0) += 1;
            let analysis = pipeline::analyze_case(case.clone(), 0, &Limits::default(), KEEP);
            if !analysis.case.as_ref().expect("a case").inconsistencies.is_empty() {
                count("reports with inconsistencies");
            }
            let paused = case.wire_log.iter().flatten().any(|row| matches!(row, WireRow::Log(_)));
            if matches!(case.id.section(), 9 | 12 | 13) || paused {
                count("log without frames");
                continue;
            }
            let log = &analysis;
            let key = log.request.as_ref().and_then(|request| request.key.clone());
            let Some(wire) = key.and_then(|key| connections.get(&key)) else {
                count("not in the capture in clear");
                continue;
            };
            for role in Role::BOTH {
                if sent(log, role) == sent(wire, role) {
                    count("sides that agree");
                } else if let Some(reason) = reason(&case, role, log, wire) {
                    count(reason);
                } else {
                    unexplained.push(format!(
                        "{name} {} {}:\n log {:?}\nwire {:?}",
                        case.id,
                        role.name(),
                        sent(log, role),
                        sent(wire, role)
                    ));
                }
            }
        }
    }
    eprintln!("{extension}: {counts:#?}");
    assert!(unexplained.is_empty(), "{}:\n{}", unexplained.len(), unexplained.join("\n"));
    counts
}

#[test]
fn report_and_capture_agree() {
    // A page tells no more and no less of it than the JSON.
    assert_eq!(check("json"), check("html"));
}
