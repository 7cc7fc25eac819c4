//! What the binary writes is what the schemas in `man/schema` allow; what they do not allow is told.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use wslog::views::schema::{DOCUMENTS, Document};

use crate::support::schema::validate;

/// Runs of the Autobahn Testsuite in `samples/`.
const BEFORE: &str = "autobahn/before";
const AFTER: &str = "autobahn/after";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn schema(document: &str) -> Value {
    let text = fs::read(root().join(format!("man/schema/wslog.{document}-1.json"))).expect("a schema");
    serde_json::from_slice(&text).expect("JSON")
}

/// The document of a command; 1 is an answer too.
fn written(arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let out = command.args(arguments).args(["--format", "json"]).current_dir(root()).output();
    let out = out.expect("the binary runs");
    assert!(matches!(out.status.code(), Some(0 | 1)), "{arguments:?}");
    serde_json::from_slice(&out.stdout).expect("JSON")
}

#[track_caller]
fn fits(document: &str, arguments: &[&str]) {
    if let Err(wrong) = validate(&schema(document), &written(arguments)) {
        panic!("{arguments:?}: {wrong}");
    }
}

/// Captures, cases and runs of `samples/`.
fn samples() -> Vec<String> {
    let entries =
        fs::read_dir(root().join("samples")).expect("samples").map(|entry| entry.expect("readable"));
    let names = entries.map(|entry| entry.file_name().into_string().expect("UTF-8"));
    let is_input = |name: &String| [".pcap", ".pcapng", ".txt"].iter().any(|ending| name.ends_with(ending));
    let mut names: Vec<_> = names.filter(is_input).chain([BEFORE, AFTER].map(str::to_owned)).collect();
    names.sort_unstable();
    names.iter().map(|name| format!("samples/{name}")).collect()
}

#[test]
fn every_sample_is_written_as_its_schema_says() {
    let samples = samples();
    assert!(samples.len() > 30, "{samples:?}");
    for sample in &samples {
        for (frames, redact) in [("all", "--no-redact"), ("ends", "--redact"), ("none", "--redact")] {
            fits("inspect", &["inspect", sample, "--frames", frames, redact]);
        }
    }
    let all: Vec<&str> = samples.iter().map(String::as_str).collect();
    fits("inspect", &[&["inspect"], all.as_slice()].concat());
}

/// Rows of frames and messages, each shown, hidden and whole; with CSV columns that are the header's.
#[test]
fn rows_of_every_sample_are_as_their_schemas_say() {
    for command in ["frames", "messages"] {
        let (schema, mut rows) = (schema(command), 0);
        for sample in samples() {
            for options in [&["--payload", "full", "--no-redact"][..], &["--redact"], &["--payload", "none"]]
            {
                let mut wslog = Command::new(env!("CARGO_BIN_EXE_wslog"));
                wslog.args([command, "--format", "ndjson", "-q", &sample]).args(options).current_dir(root());
                let out = wslog.output().expect("the binary runs");
                assert!(out.status.success(), "{command} {sample} {options:?}");
                for line in String::from_utf8(out.stdout).expect("UTF-8").lines() {
                    let row = serde_json::from_str(line).expect("JSON");
                    assert_eq!(validate(&schema, &row), Ok(()), "{command} {sample} {options:?}");
                    rows += 1;
                }
            }
        }
        assert!(rows > 200, "{command}: {rows}");
    }
}

/// A document each, shown, hidden and without payloads.
#[test]
fn every_sample_is_a_har_as_its_schema_says() {
    let (schema, mut entries) = (schema("har"), 0);
    for sample in samples() {
        for options in [&["--no-redact"][..], &["--redact"], &["--payload", "none"]] {
            let mut wslog = Command::new(env!("CARGO_BIN_EXE_wslog"));
            wslog.args(["messages", "--format", "har", "-q", &sample]).args(options).current_dir(root());
            let out = wslog.output().expect("the binary runs");
            assert!(out.status.success(), "{sample} {options:?}");
            let document: Value = serde_json::from_slice(&out.stdout).expect("JSON");
            assert_eq!(validate(&schema, &document), Ok(()), "{sample} {options:?}");
            entries += document["log"]["entries"].as_array().map_or(0, Vec::len);
        }
    }
    assert!(entries > 100, "{entries}");
}

#[test]
fn the_columns_of_csv_are_those_declared() {
    for command in ["list", "frames", "messages"] {
        let document = DOCUMENTS.iter().find(|document| document.key() == command).expect("a document");
        let mut wslog = Command::new(env!("CARGO_BIN_EXE_wslog"));
        wslog.args([command, "--format", "csv", "samples/clean-close.pcap"]).current_dir(root());
        let out = String::from_utf8(wslog.output().expect("the binary runs").stdout).expect("UTF-8");
        let declared: Vec<_> = document.columns().expect("a table").collect();
        assert_eq!(out.lines().next(), Some(declared.join(",").as_str()));
    }
    let tables = DOCUMENTS.iter().filter(|document| document.columns().is_some());
    assert_eq!(tables.map(Document::key).collect::<Vec<_>>(), ["list", "frames", "messages"]);
}

#[test]
fn explanations_are_written_as_their_schema_says() {
    for list in ["causes", "outcomes", "rules", "codes", "cases", "applications"] {
        fits("explain", &["explain", "--list", list]);
    }
    fits("explain", &["explain", "1006", "4400", "mqtt", "4000-4999", "FR-*", "HS-*", "CL-*", "3.2", "9.*"]);
}

/// The runs of `samples/`, and the documents of others, which other tests hold against the output.
#[test]
fn runs_are_written_as_their_schemas_say() {
    let [before, after] = [BEFORE, AFTER].map(|run| format!("samples/{run}"));
    fits("diff", &["diff", &before, &after]);
    fits("check", &["check", &after, "--policy", "samples/autobahn/policy.toml"]);
    let entries = fs::read_dir(root().join("tests/golden/runs")).expect("golden files");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let mut documents = 0;
    for path in paths.filter(|path| path.extension().is_some_and(|ending| ending == "json")) {
        let document: Value = serde_json::from_slice(&fs::read(&path).expect("a file")).expect("JSON");
        let of = if document["schema"] == "wslog.diff/1" { "diff" } else { "check" };
        assert_eq!(validate(&schema(of), &document), Ok(()), "{}", path.display());
        documents += 1;
    }
    assert!(documents > 1);
}

#[test]
fn what_is_not_declared_does_not_fit() {
    let schema = schema("inspect");
    let document = written(&["inspect", "samples/clean-close.pcap", "--frames", "all"]);
    assert_eq!(validate(&schema, &document), Ok(()));
    let planted = [
        ("/schema", json!("wslog.inspect/2"), "$.schema: not const"),
        ("/connections", json!({}), "$.connections: not type"),
        ("/connections/0/input", json!(1.5), "$.connections[0].input: not type"),
        ("/connections/0/input", Value::Null, "$.connections[0].input: not type"),
        ("/connections/0/client", json!({ "ip": "::1" }), "$.connections[0].client: none of 2"),
        ("/connections/0/tls", json!({ "version": 1 }), "$.connections[0].tls: none of 2"),
        (
            "/connections/0/started_at",
            json!("2024-05-01 12:00:00Z"),
            "$.connections[0].started_at: not pattern",
        ),
        (
            "/connections/0/started_at",
            json!("2024-05-01T12:00:00.0Z"),
            "$.connections[0].started_at: not pattern",
        ),
        (
            "/connections/0/frames/0/masking_key",
            json!("0a0"),
            "$.connections[0].frames[0].masking_key: not pattern",
        ),
        (
            "/connections/0/frames/0/masking_key",
            json!("0A"),
            "$.connections[0].frames[0].masking_key: not pattern",
        ),
        (
            "/connections/0/handshake/request_headers/0",
            json!(["Host"]),
            "$.connections[0].handshake: none of 2",
        ),
        (
            "/connections/0/handshake/request_headers/0",
            json!(["Host", "a", "b"]),
            "$.connections[0].handshake: none of 2",
        ),
        (
            "/connections/0/traffic/client/frames",
            json!({ "text": "1" }),
            "$.connections[0].traffic.client.frames.text",
        ),
    ];
    for (place, value, expected) in planted {
        let mut document = document.clone();
        *document.pointer_mut(place).unwrap_or_else(|| panic!("{place} is not there")) = value;
        let wrong = validate(&schema, &document).expect_err(place);
        assert!(wrong.starts_with(expected), "{place}: {wrong}");
    }
    let mut more = document.clone();
    more["connections"][0]["more"] = json!(1);
    assert!(validate(&schema, &more).is_err_and(|wrong| wrong.contains("connections[0].more")));
    let mut less = document;
    less["inputs"][0].as_object_mut().expect("an object").remove("bytes");
    assert!(validate(&schema, &less).is_err_and(|wrong| wrong.contains("inputs[0]: not required")));
}
