//! `wslog inspect --format ndjson`: what begins, what ends and what is in between, a line each and in that order.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use crate::support::schema::validate;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn run(format: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let command =
        command.args(["inspect", "--quiet", "--format", format]).args(arguments).current_dir(root());
    let out = command.output().expect("the binary runs");
    (out.status.code(), String::from_utf8(out.stdout).expect("UTF-8"))
}

fn lines(arguments: &[&str]) -> (Option<i32>, Vec<Map<String, Value>>) {
    let (code, out) = run("ndjson", arguments);
    assert!(out.is_empty() || out.ends_with('\n'));
    (code, out.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect())
}

fn samples() -> Vec<String> {
    let entries =
        fs::read_dir(root().join("samples")).expect("samples").map(|entry| entry.expect("readable"));
    let names = entries.map(|entry| entry.file_name().into_string().expect("UTF-8"));
    let is_input = |name: &String| [".pcap", ".pcapng", ".txt"].iter().any(|ending| name.ends_with(ending));
    let mut names: Vec<_> = names.filter(is_input).map(|name| format!("samples/{name}")).collect();
    names.sort_unstable();
    names
}

#[test]
fn rows_are_those_of_the_document_in_the_order_of_what_happens() {
    let samples = samples();
    let all: Vec<&str> = samples.iter().map(String::as_str).chain(["samples/autobahn/after"]).collect();
    let schema = fs::read(root().join("man/schema/wslog.inspect-rows-1.json")).expect("a schema");
    let schema: Value = serde_json::from_slice(&schema).expect("JSON");
    for threads in ["1", "2", "7"] {
        let arguments = [&["--threads", threads, "--frames", "all"], &all[..]].concat();
        let (code, rows) = lines(&arguments);
        let (_, document) = run("json", &arguments);
        let document: Value = serde_json::from_str(&document).expect("JSON");
        assert_eq!(code, Some(0));
        let (mut connections, mut ended, mut begun, mut left) = (Vec::new(), Vec::new(), Vec::new(), 0);
        for mut row in rows {
            assert_eq!(validate(&schema, &Value::Object(row.clone())), Ok(()));
            let kind = row.remove("type").expect("a type");
            match (kind.as_str().expect("a word"), row.remove("ended")) {
                ("input", Some(Value::Bool(false))) => {
                    assert_eq!(row["input"], begun.len(), "inputs begin in their order");
                    begun.push(row);
                }
                ("input", Some(Value::Bool(true))) => match row.remove("input") {
                    Some(Value::Null) => left += 1,
                    Some(index) => {
                        assert_eq!(index, ended.len(), "and end so");
                        assert!(ended.len() < begun.len());
                        ended.push(Value::Object(row));
                    }
                    None => panic!("no index"),
                },
                ("connection", None) => {
                    let index = row["input"].as_u64().expect("a number") as usize;
                    assert!(ended.len() <= index && index < begun.len(), "between its input's two lines");
                    let path = row.remove("path").expect("a path");
                    assert_eq!(path, begun[index]["path"]);
                    connections.push(Value::Object(row));
                }
                (other, _) => panic!("{other}"),
            }
        }
        assert_eq!(Value::Array(connections), document["connections"], "{threads} threads");
        let inputs = document["inputs"].as_array().expect("a list");
        let (unused, read): (Vec<_>, Vec<_>) = inputs.iter().partition(|input| !input["skipped"].is_null());
        assert_eq!(ended.iter().collect::<Vec<_>>(), read);
        assert!(left > 0 && left == unused.len(), "{left}");
    }
}

#[test]
fn what_cannot_be_read_has_its_line_and_stops_nothing() {
    let (code, rows) =
        lines(&["samples/reset.pcap", "no/such/file", "samples/README.md", "samples/clean-close.pcap"]);
    assert_eq!(code, Some(2));
    let told: Vec<_> =
        rows.iter().map(|row| (row["type"].as_str().unwrap_or(""), row["path"].as_str())).collect();
    let (reset, clean) = (Some("samples/reset.pcap"), Some("samples/clean-close.pcap"));
    let mut expected = vec![("error", Some("no/such/file")), ("error", Some("samples/README.md"))];
    for path in [reset, clean] {
        expected.extend([("input", path), ("connection", path), ("input", path)]);
    }
    let sorted = |mut told: Vec<(&'static str, Option<&'static str>)>| {
        told.sort_unstable();
        told
    };
    let told: Vec<_> = told
        .iter()
        .map(|(kind, path)| {
            (&*String::leak((*kind).to_owned()), path.map(|path| &*String::leak(path.to_owned())))
        })
        .collect();
    assert_eq!(sorted(told), sorted(expected));
    let error = rows.iter().find(|row| row["path"] == "no/such/file").expect("a line");
    assert!(
        error["error"].as_str().is_some_and(|why| why.starts_with("cannot open no/such/file")),
        "{error:?}"
    );
    // Where nothing can be read, that is all.
    let (code, rows) = lines(&["no/such/file"]);
    assert_eq!((code, rows.len(), &rows[0]["type"]), (Some(2), 1, &Value::from("error")));
}

#[test]
fn a_document_does_not_come_live() {
    assert_eq!(run("json", &["--live", "samples/reset.pcap"]), (Some(2), String::new()));
}
