//! A whole capture to its report. Input that begins like a capture file is one; any other is the script of
//! conversations, put into valid packets. Text and JSON come out, twice the same, with nothing in them that a
//! terminal would obey.
//!
#![no_main]

use std::io::Read;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wslog::engine::{Keep, Sink, analyze_capture, present};
use wslog::limits::Limits;
use wslog::redact::Redaction;
use wslog::views::FrameList;
use wslog::views::escape::is_unsafe;
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};
use wslog_fuzz::{Input, Trickle, is_capture, pieces, script};

fn limits() -> Limits {
    Limits {
        max_flows: 3,
        max_out_of_order_bytes: 2_000,
        max_out_of_order_segments: 20,
        max_history_bytes: 200,
        max_handshake_bytes: 1_000,
        max_preview_bytes: 40,
        max_inflated_message_bytes: 70_000,
        max_inflated_bytes: 200_000,
        max_inflate_ratio: 100,
        max_idle_seconds: 60,
        max_findings: 12,
        max_pending_pings: 4,
        max_waiting_report_bytes: 10_000,
        ..Limits::default()
    }
}

/// Text and JSON of the report, or the error.
fn report(source: impl Read, len: usize) -> [String; 2] {
    let limits = limits();
    let keep = Keep { first: 3, last: 3, payload_bytes: limits.max_preview_bytes, ..Keep::NOTHING };
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let style = Style::plain(80);
    let mut text_report = TextReport::new(&mut text, style, FrameList::All, false);
    let mut json_report = JsonReport::new(&mut json, FrameList::All);
    let mut reported = Vec::new();
    let input = analyze_capture(source, Path::new("fuzz"), &limits, keep, &mut |connection| {
        assert!(connection.findings.len() <= limits.max_findings);
        assert!(connection.frames.len() <= 6);
        reported.push(connection);
        Ok(())
    });
    let input = match input {
        Ok(input) => input,
        Err(error) => return [error.to_string(), String::new()],
    };
    let connected = reported.iter().filter(|connection| connection.connect.is_none()).count();
    assert_eq!(input.websocket_connections, connected as u64);
    assert!(input.bytes <= len as u64);
    for sink in [&mut json_report as &mut dyn Sink, &mut text_report] {
        present(reported.clone(), std::slice::from_ref(&input), Redaction::Secrets, sink)
            .expect("memory takes it");
    }
    [text, json].map(|bytes| String::from_utf8(bytes).expect("a report is text"))
}

fn check(file: &[u8], seed: u8) {
    let [text, json] = report(file, file.len());
    assert_eq!([&text, &json].map(String::as_str), report(file, file.len()), "the same again");
    let cut = report(Trickle(pieces(file, seed)), file.len());
    assert_eq!([&text, &json].map(String::as_str), cut, "the same from another source");
    for line in text.lines().chain(json.lines()) {
        assert!(!line.contains(is_unsafe), "{line:?}");
    }
    if !json.is_empty() {
        let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(document["schema"], "wslog.inspect/1");
    }
}

fuzz_target!(|data: &[u8]| {
    let seed = data.last().copied().unwrap_or(0);
    if is_capture(data) {
        check(data, seed);
    } else {
        check(&script::file(Input(data)), seed);
    }
});
