//! Any bytes as a report of the Autobahn Testsuite: a case in each form, the verdict alone, an index, a policy. What is
//! made of a case is the same twice, parses as JSON, and holds nothing that a terminal would obey.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wslog::autobahn::policy::{Policy, check};
use wslog::autobahn::{self, ReportKind, brief, diff, index};
use wslog::limits::Limits;
use wslog::model::InputReport;
use wslog::model::case::{CaseReport, ReportForm};
use wslog::engine::{Keep, Sink, analyze_case, present};
use wslog::redact::Redaction;
use wslog::views::FrameList;
use wslog::views::escape::{is_unsafe, visible};
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};

fn render(case: CaseReport) -> String {
    let limits = Limits { max_findings: 12, max_preview_bytes: 40, ..Limits::default() };
    let keep = Keep { first: 3, last: 3, payload_bytes: limits.max_preview_bytes, ..Keep::NOTHING };
    let connection = analyze_case(case, &limits, keep);
    assert!(connection.findings.len() <= limits.max_findings && connection.frames.len() <= 6);
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut text_report =
        TextReport::new(&mut text, Style::plain(80), FrameList::All, false);
    let mut json_report = JsonReport::new(&mut json, FrameList::All);
    for sink in [&mut json_report as &mut dyn Sink, &mut text_report] {
        let inputs = [InputReport::default()];
        present([connection.clone()], &inputs, Redaction::Secrets, sink).expect("memory takes it");
    }
    serde_json::from_slice::<serde_json::Value>(&json).expect("JSON");
    [text, json].map(|bytes| String::from_utf8(bytes).expect("a report is text")).concat()
}

fuzz_target!(|data: &[u8]| {
    let path = Path::new("fuzz");
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = Policy::parse(text, path);
    }
    let _ = brief::read(data, path);
    if let Ok(index) = index::read(data, path, &Limits::DEFAULT) {
        let run = index.run;
        let options = diff::Options::default();
        assert_eq!(diff::compare(&run, &run, &options).totals, diff::compare(&run, &run, &options).totals);
        let _ = check(&run, None, &Policy::default());
    }
    let forms = match autobahn::sniff(data) {
        Some(ReportKind::Case(form)) => vec![form],
        _ => vec![ReportForm::Json, ReportForm::Html, ReportForm::Text],
    };
    for form in forms {
        let read = || match autobahn::read_case(form, data, path, &Limits::DEFAULT) {
            Ok(case) => render(case),
            Err(error) => visible(&error.to_string()).into_owned(),
        };
        let report = read();
        assert_eq!(report, read(), "the same again");
        assert!(!report.contains(|c| is_unsafe(c) && c != '\n'), "{report:?}");
    }
});
