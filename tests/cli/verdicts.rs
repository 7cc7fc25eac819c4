//! `wslog inspect --format autobahn-index`: the index of a run from its capture, what is said beside it, and what `wslog check` and
//! `wslog diff` make of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;
use wslog::autobahn::cases;
use wslog::model::case::CaseId;

use crate::support::bless::bless;
use crate::support::capture_file::Pcap;
use crate::support::conversation::{TestPacket, merge};
use crate::support::suite_run::SuiteRun;

const INDEX: &str = "--format autobahn-index";
/// A list of five cases, which two clients run; of the third it is not certain which it is.
const LIST: [&str; 5] = ["1.1.1", "2.2", "5.3", "7.1.1", "7.5.1"];

fn wslog(folder: &Path, arguments: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(arguments.split(' '))
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .stdin(Stdio::null())
        .output()
        .expect("wslog runs")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// A run of two clients.
pub(crate) fn run() -> Vec<TestPacket> {
    let suite = SuiteRun::SERVER;
    let mut connections = vec![suite.asked(1, "/getCaseCount", "5")];
    let target = |place: usize, agent: &str| format!("/runCase?case={place}&agent={agent}");
    for (at, id) in LIST.into_iter().enumerate() {
        let case = cases::find(&CaseId::new(id).expect("a number")).expect("a case");
        connections.push(suite.passed(2 + at as u16, &target(at + 1, "lib/1.0"), case));
    }
    for (n, place, agent, script) in [
        (7, 1, "other+lib", "S: text | C: raw 81 00 | C: fin | S: fin"),
        (
            8,
            2,
            "other+lib",
            "S: ping Hello, world! | C: pong Hello | S: close 1000 | C: close 1001 | S: fin | C: fin",
        ),
        // The capture ends before it does.
        (9, 4, "other+lib", "S: text Hello World! | C: text Hello World!"),
        (10, 3, "other+lib", "S: 01 03 66 72 61 | S: 80 03 67 6d 65 | S: close 1001 | C: fin | S: fin"),
    ] {
        connections.push(suite.scripted(n, &target(place, agent), script));
    }
    connections.push(suite.asked(11, "/updateReports?agent=lib", ""));
    merge(connections)
}

/// A folder with these captures.
fn folder(captures: &[(&str, &[TestPacket])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, packets) in captures {
        fs::write(folder.path().join(name), Pcap::default().write(packets)).expect("a file can be written");
    }
    folder
}

fn golden(name: &str, found: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/verdicts").join(name);
    if std::env::var_os("WSLOG_BLESS").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
        bless(&path, found);
    }
    assert_eq!(found, fs::read_to_string(&path).expect("a golden file"), "{}", path.display());
}

#[test]
fn the_index_and_what_is_said_beside_it() {
    let folder = folder(&[("run.pcap", &run())]);
    let output = wslog(folder.path(), &format!("inspect run.pcap {INDEX}"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let index: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    golden("index.json", &format!("{index:#}\n"));
    golden("remarks.txt", text(&output.stderr));
}

#[test]
fn check_and_diff_take_the_index() {
    let folder = folder(&[("run.pcap", &run())]);
    let said = |arguments: &str| {
        let output = wslog(folder.path(), arguments);
        (output.status.code(), text(&output.stdout).to_owned())
    };
    assert_eq!(said(&format!("inspect run.pcap {INDEX} -o index.json")), (Some(0), String::new()));
    // What fails fails the gate, and so does what has no verdict.
    let (code, checked) = said("check index.json --format json");
    let checked: Value = serde_json::from_str(&checked).expect("JSON");
    let breaches = checked["violations"].as_array().expect("a list").iter();
    let breaches: Vec<String> =
        breaches.map(|breach| format!("{} {}", breach["case"], breach["detail"])).collect();
    assert_eq!(code, Some(1));
    assert_eq!(
        breaches,
        [
            r#""1.1.1" "behavior FAILED, close UNCLEAN""#,
            r#""2.2" "behavior FAILED, close WRONG CODE""#,
            r#""7.1.1" "no verdict""#,
        ]
    );
    // Against itself nothing differs; what only one run has a verdict of is missing, or added.
    assert_eq!(said("diff index.json .").0, Some(0));
    let index = fs::read_to_string(folder.path().join("index.json")).expect("an index");
    let judged =
        index.replace(r#""behavior":null,"behaviorClose":null"#, r#""behavior":"OK","behaviorClose":"OK""#);
    assert_ne!(index, judged);
    fs::write(folder.path().join("recorded.json"), judged).expect("a file can be written");
    for (arguments, code, totals) in [
        (
            "diff recorded.json index.json",
            1,
            r#"{"regression":0,"missing":1,"changed":0,"fixed":0,"added":0}"#,
        ),
        (
            "diff index.json recorded.json",
            0,
            r#"{"regression":0,"missing":0,"changed":0,"fixed":0,"added":1}"#,
        ),
    ] {
        let (found, diff) = said(&format!("{arguments} --format json"));
        let diff: Value = serde_json::from_str(&diff).expect("JSON");
        let expected: Value = serde_json::from_str(totals).expect("JSON");
        for (kind, count) in expected.as_object().expect("kinds") {
            assert_eq!(diff["totals"][kind], *count, "{arguments}: {kind}");
        }
        assert_eq!(found, Some(code), "{arguments}");
    }
}

#[test]
fn what_is_no_run_is_an_error_that_says_what_to_try() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for (input, detail, advice) in [
        ("clean-close.pcap", "no connection asks for a case", "capture the port of the fuzzing server"),
        ("wss-no-keys.pcap", "1 connection under TLS could not be read", "--keylog FILE"),
        ("case_3_2.txt", "only reports of cases", "give a capture of the run"),
    ] {
        let output = wslog(&samples, &format!("inspect {input} {INDEX}"));
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(2), ""), "{input}: {said}");
        assert!(said.contains(detail) && said.contains(advice), "{input}: {said}");
    }
    let uncertain = SuiteRun::SERVER.scripted(
        1,
        "/runCase?case=1&agent=a",
        "S: text | C: text | S: close 1000 | C: close 1000 | S: fin | C: fin",
    );
    let folder = folder(&[("run.pcap", &uncertain)]);
    let output = wslog(folder.path(), &format!("inspect run.pcap {INDEX} -o index.json"));
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("#1: the tester sends the same in"), "{}", text(&output.stderr));
    assert!(!folder.path().join("index.json").exists());
    let output = wslog(folder.path(), &format!("inspect run.pcap {INDEX} --live"));
    assert_eq!(output.status.code(), Some(2));
}

/// Captures in several files, of several runs, of both roles.
#[test]
fn several_captures() {
    let cases = |agent: &str, numbers: [u16; 2], ids: [&str; 2]| {
        merge(numbers.into_iter().zip(ids).map(|(n, id)| {
            let case = cases::find(&CaseId::new(id).expect("a number")).expect("a case");
            SuiteRun::SERVER.passed(n, &format!("/runCase?casetuple={id}&agent={agent}"), case)
        }))
    };
    let servers = merge((1..).zip(["2.1", "2.2"]).map(|(n, id)| {
        SuiteRun::CLIENT.passed(n, "/", cases::find(&CaseId::new(id).expect("a number")).expect("a case"))
    }));
    let folder = folder(&[
        ("a.pcap", &cases("a", [1, 2], ["2.1", "2.2"])),
        ("b.pcap", &cases("b", [1, 2], ["2.1", "2.3"])),
        ("servers.pcap", &servers),
    ]);
    let output = wslog(folder.path(), &format!("inspect a.pcap b.pcap servers.pcap {INDEX}"));
    let index: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let cases = |agent: &str| -> Vec<String> {
        let cases = index[agent].as_object().expect("an agent").iter();
        cases.map(|(id, entry)| format!("{id} {} {}", entry["behavior"], entry["connection"])).collect()
    };
    assert_eq!(cases("a"), [r#"2.1 "OK" "1:1""#, r#"2.2 "OK" "1:2""#]);
    assert_eq!(cases("b"), [r#"2.1 "OK" "2:1""#, r#"2.3 "OK" "2:2""#]);
    assert_eq!(cases("server"), [r#"2.1 "OK" "3:1""#, r#"2.2 "OK" "3:2""#]);
}

/// Peers call themselves what they like, and ask for what there is not.
#[test]
fn hostile_names_and_numbers() {
    let script =
        "S: ping Hello, world! | C: pong Hello, world! | S: close 1000 | C: close 1000 | S: fin | C: fin";
    let targets = [
        "/runCase?casetuple=2.2&agent=%1b[31m%0a::error::x%3Cscript%3E%e2%80%ae".to_owned(),
        format!("/runCase?casetuple=2.2&agent={}", "x".repeat(20_000)),
        "/runCase?case=99999999999999999999&agent=a".to_owned(),
        "/runCase?case=18446744073709551615&agent=a".to_owned(),
        "/runCase?case=-1&agent=a".to_owned(),
        "/runCase?casetuple=99.99.99&agent=a".to_owned(),
    ];
    let run = merge((1..).zip(&targets).map(|(n, target)| SuiteRun::SERVER.scripted(n, target, script)));
    let folder = folder(&[("run.pcap", &run)]);
    let output = wslog(folder.path(), &format!("inspect run.pcap {INDEX}"));
    let (index, remarks) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{remarks}");
    for written in [index, remarks] {
        assert!(!written.contains(['\u{1b}', '\u{202e}']) && !written.contains("\n::"), "{written}");
    }
    let agents: Value = serde_json::from_str(index).expect("JSON");
    let names: Vec<&String> = agents.as_object().expect("agents").keys().collect();
    assert_eq!(names.len(), 2, "{names:?}");
    assert!(names.iter().all(|name| name.len() <= 300), "{names:?}");
    assert_eq!(remarks.matches('#').count(), 4, "{remarks}");
}

#[test]
fn a_tester_that_does_not_say_its_version() {
    let script = "S: close 1014 | C: close 1002 | S: fin | C: fin";
    let unnamed = SuiteRun { product: None, ..SuiteRun::SERVER };
    let run = unnamed.scripted(1, "/runCase?case=1&agent=a", script);
    let folder = folder(&[("run.pcap", &run)]);
    // 7.9.6 was 1014 once, and is 1016 now.
    let output = wslog(folder.path(), &format!("inspect run.pcap {INDEX}"));
    assert!(text(&output.stderr).contains("none of the cases of its suite"), "{}", text(&output.stderr));
    let output = wslog(folder.path(), &format!("inspect run.pcap {INDEX} --suite 0.8.0"));
    assert!(
        text(&output.stdout).starts_with(r#"{"a":{"7.9.6":{"behavior":"OK""#),
        "{}",
        text(&output.stdout)
    );
    assert_eq!(text(&output.stderr), "");
    let run = unnamed.scripted(
        1,
        "/runCase?casetuple=7.3.3&agent=a",
        "S: close 1000 | C: close 1000 | S: fin | C: fin",
    );
    fs::write(folder.path().join("run.pcap"), Pcap::default().write(&run)).expect("a file can be written");
    let output = wslog(folder.path(), &format!("inspect run.pcap {INDEX}"));
    assert!(
        text(&output.stderr).contains("of 1 case the tester does not say its version: taken for 25.10.1")
    );
}
