//! `wslog messages --format har`: the same messages as the rows, in the entries of their connections.

use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

fn wslog(arguments: &[&str]) -> Vec<u8> {
    let mut wslog = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let out = wslog.args(arguments).arg("-q").current_dir(env!("CARGO_MANIFEST_DIR")).output();
    let out = out.expect("the binary runs");
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    out.stdout
}

fn entries(arguments: &[&str]) -> Vec<Value> {
    let mut document: Value =
        serde_json::from_slice(&wslog(&[&["messages", "--format", "har"], arguments].concat()))
            .expect("JSON");
    let Value::Array(entries) = document["log"]["entries"].take() else { panic!("no entries") };
    entries
}

/// Side, microseconds, opcode and data of each message of a connection.
type Said = (String, Option<i64>, u64, String);

fn of_entry(entry: &Value) -> Vec<Said> {
    let messages = entry["_webSocketMessages"].as_array().expect("messages");
    let said = |message: &Value| {
        let text = |field: &str| message[field].as_str().expect("text").to_owned();
        let at = message["time"].as_f64().map(|seconds| (seconds * 1e6).round() as i64);
        (text("type"), at, message["opcode"].as_u64().expect("a number"), text("data"))
    };
    messages.iter().map(said).collect()
}

fn of_row(row: &Value) -> Said {
    let side = if row["from"] == "client" { "send" } else { "receive" };
    let at = row["at"].as_str().map(|at| at.parse::<jiff::Timestamp>().expect("a time").as_nanosecond());
    let payload = &row["payload"];
    let hex = payload["hex"].as_str().map(|hex| {
        let digits: Vec<_> = hex.chars().map(|digit| digit.to_digit(16).expect("a digit") as u8).collect();
        digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect::<Vec<_>>()
    });
    let (opcode, data) = match (row["type"].as_str(), hex) {
        (Some("text"), None) => (1, payload["text"].as_str().unwrap_or_default().to_owned()),
        (Some("text"), Some(bytes)) => (1, String::from_utf8_lossy(&bytes).into_owned()),
        (_, bytes) => (2, STANDARD.encode(bytes.unwrap_or_default())),
    };
    (side.to_owned(), at.map(|ns| (ns / 1_000) as i64), opcode, data)
}

#[test]
fn entries_have_the_messages_of_the_rows() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let (mut connections, mut messages) = (0, 0);
    for sample in fs::read_dir(samples).expect("samples").map(|entry| entry.expect("readable").path()) {
        let sample = sample.to_str().expect("UTF-8");
        if ![".pcap", ".pcapng", ".txt"].iter().any(|ending| sample.ends_with(ending)) {
            continue;
        }
        let keys = sample.replace(".pcap", ".keys");
        let keys =
            if Path::new(&keys).is_file() && keys != sample { vec!["--keylog", &keys] } else { vec![] };
        let rows = wslog(
            &[&["messages", "--format", "ndjson", "--payload", "full", sample], keys.as_slice()].concat(),
        );
        let rows = String::from_utf8(rows).expect("UTF-8");
        let rows: Vec<Value> = rows.lines().map(|row| serde_json::from_str(row).expect("JSON")).collect();
        let entries = entries(&[&[sample], keys.as_slice()].concat());
        for entry in &entries {
            let of = rows.iter().filter(|row| row["connection"] == entry["_wslog"]["id"]).map(of_row);
            let of: Vec<Said> = of.collect();
            assert_eq!(of_entry(entry), of, "{sample}");
            messages += of.len();
        }
        connections += entries.len();
        let there: usize = entries.iter().map(|entry| of_entry(entry).len()).sum();
        assert_eq!(there, rows.len(), "{sample}");
    }
    assert!(connections > 30 && messages > 60, "{connections} {messages}");
}

#[test]
fn an_entry_says_what_was_seen_and_no_more() {
    let of = |sample: &str, field: &str| {
        let entries = entries(&[&format!("samples/{sample}")]);
        assert_eq!(entries.len(), 1, "{sample}");
        entries[0].pointer(field).unwrap_or(&Value::Null).clone()
    };
    for (sample, field, expected) in [
        ("clean-close.pcap", "/request/url", "\"ws://192.0.2.20:8080/chat\""),
        ("clean-close.pcap", "/response/status", "101"),
        ("clean-close.pcap", "/_resourceType", "\"websocket\""),
        ("clean-close.pcap", "/time", "1502.75"),
        ("rejected-handshake.pcap", "/response/status", "403"),
        ("rejected-handshake.pcap", "/response/content/text", "\"origin not allowed\\n\""),
        ("mid-stream.pcap", "/request/method", "\"\""),
        ("mid-stream.pcap", "/request/headers", "[]"),
        ("mid-stream.pcap", "/response/status", "0"),
        ("mid-stream.pcap", "/timings/wait", "-1"),
        (
            "mid-stream.pcap",
            "/request/comment",
            "\"Not in the recording, where there was one. The URL is made of what else shows.\"",
        ),
        ("case_3_2.txt", "/_webSocketMessages/0/time", "null"),
        ("case_3_2.txt", "/time", "-1"),
    ] {
        assert_eq!(of(sample, field).to_string(), expected, "{sample} {field}");
    }
    // Nobody can say that it is WebSocket.
    assert_eq!(entries(&["samples/wss-no-keys.pcap"]), [] as [Value; 0]);
    let streams = entries(&["samples/h2-restart.pcap", "--keylog", "samples/h2-restart.keys"]);
    assert!(streams.len() > 1 && streams.iter().all(|entry| entry["connection"] == "1"));
    assert_eq!(streams[0]["request"]["url"], "wss://server.example/chat");
}

#[test]
fn messages_are_chosen_and_cut_as_in_rows() {
    let sample = "samples/compressed.pcapng";
    let all = of_entry(&entries(&[sample])[0]);
    let matched = entries(&[sample, "--match", "price"]);
    let expected: Vec<Said> = all.iter().filter(|(_, _, _, data)| data.contains("price")).cloned().collect();
    assert!(!expected.is_empty() && expected.len() < all.len());
    assert_eq!(of_entry(&matched[0]), expected);
    assert!(matched[0]["comment"].as_str().is_some_and(|said| said.contains("asked for")));
    assert_eq!(entries(&[sample, "--match", "nobody said this"]), [] as [Value; 0]);
    for (options, data, comment) in [
        (&["--payload", "none"][..], "", "cut: it has"),
        (&["--redact"], "", "redacted:"),
        (&["--payload", "preview", "--limit", "preview-bytes=4"], "{\"op", "cut: it has"),
    ] {
        let entry = &entries(&[&[sample], options].concat())[0];
        let first = &entry["_webSocketMessages"][0];
        assert_eq!(first["data"], data, "{options:?}");
        assert!(first["comment"].as_str().is_some_and(|said| said.starts_with(comment)), "{options:?}");
    }
}
