//! Which suite made a report, and what `--suite` says instead.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

fn wslog(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog")).args(arguments).output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// The `autobahn` object of the one report.
fn case(path: &Path, more: &[&str]) -> Value {
    let arguments = [&["inspect", "--format", "json", path.to_str().expect("UTF-8")], more].concat();
    let (code, out, err) = wslog(&arguments);
    assert_eq!(code, Some(0), "{err}");
    let document: Value = serde_json::from_str(&out).expect("JSON");
    document["connections"][0]["autobahn"].clone()
}

/// 6.3.1, in which the tester had to close: it fails since 0.5.7. `server` is what the tester says of itself.
fn closed_by_tester(folder: &TempDir, server: &str) -> std::path::PathBuf {
    let report = json!({
        "agent": "a", "id": "6.3.1", "case": 1, "behavior": "OK", "behaviorClose": "FAILED", "isServer": true,
        "expected": {"OK": []}, "received": [], "closedByMe": true, "failedByMe": false, "droppedByMe": true, "wasClean": false,
        "httpRequest": "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "httpResponse": format!("HTTP/1.1 101 Switching Protocols\r\nServer: {server}\r\n\r\n"),
    });
    let path = folder.path().join("a_case_6_3_1.json");
    fs::write(&path, report.to_string()).expect("written");
    path
}

#[test]
fn a_report_is_judged_by_the_suite_that_made_it() {
    let folder = TempDir::new().expect("a folder");
    for (server, option, suite, behavior, agrees) in [
        (
            "AutobahnTestSuite/0.5.6-0.6.3",
            None,
            json!({"version": "0.5.6", "from": "server_header"}),
            "OK",
            true,
        ),
        (
            "AutobahnTestSuite/0.5.7-0.7.4",
            None,
            json!({"version": "0.5.7", "from": "server_header"}),
            "FAILED",
            false,
        ),
        ("other", None, Value::Null, "FAILED", true),
        ("other", Some("0.5.6"), json!({"version": "0.5.6", "from": "option"}), "OK", true),
        (
            "AutobahnTestSuite/0.5.6-0.6.3",
            Some("0.8"),
            json!({"version": "0.8.0", "from": "option"}),
            "FAILED",
            false,
        ),
    ] {
        let path = closed_by_tester(&folder, server);
        let found = case(&path, &option.map_or_else(Vec::new, |version| vec!["--suite", version]));
        assert_eq!(found["suite"], suite, "{server} {option:?}");
        assert_eq!(found["recomputed"]["behavior"], behavior, "{server} {option:?}");
        assert_eq!(found["recomputed"]["agrees"], agrees, "{server} {option:?}");
        let doubt = found["recomputed"]["why"]
            .as_str()
            .expect("words")
            .contains("does not say which version of the suite");
        assert_eq!(doubt, suite.is_null(), "{server} {option:?}");
    }
}

/// What the tester sent is told by the same version.
#[test]
fn the_account_tells_of_the_case_as_that_version_has_it() {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("a_case_7_9_6.json");
    for (version, code) in [("0.7.4", "Close 1012"), ("0.8.0", "Close 1014"), ("25.10.1", "Close 1016")] {
        let report = json!({
            "agent": "a", "id": "7.9.6", "case": 1, "behavior": "OK", "behaviorClose": "OK", "isServer": false,
            "closedByMe": true, "wasClean": true, "txFrameStats": {"8": 1},
            "httpRequest": format!("GET / HTTP/1.1\r\nUser-Agent: AutobahnTestSuite/{version}-0.10.9\r\n\r\n"),
            "httpResponse": "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        });
        fs::write(&path, report.to_string()).expect("written");
        let found = case(&path, &[]);
        assert_eq!(found["suite"], json!({"version": version, "from": "user_agent"}));
        assert!(found["account"].as_str().expect("words").contains(code), "{version}: {}", found["account"]);
    }
}

#[test]
fn what_is_no_version_is_refused() {
    for command in ["inspect", "list", "frames", "messages", "explain"] {
        let (code, out, err) = wslog(&[command, "--suite", "newest", "3.2"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{command}");
        assert!(err.contains("numbers with dots, such as 0.8.2"), "{command}: {err}");
    }
}
