//! T2: no time is negative. What was recorded before its cause came before it, and has no duration.

use serde_json::Value;
use wslog::engine::{Sink, present};
use wslog::model::{Conversation, InputReport};
use wslog::redact::Redaction;
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};

const UNITS: &[&str] = &["ns", "ms", "s", "min", "h"];

/// The document and the text of conversations.
pub fn forms(reports: &[Conversation]) -> (Vec<u8>, Vec<u8>) {
    let (mut json, mut text) = (Vec::new(), Vec::new());
    let mut document = JsonReport::new(&mut json, FrameList::Ends);
    let mut page = TextReport::new(&mut text, Style::plain(400), FrameList::Ends, true);
    for sink in [&mut page as &mut dyn Sink, &mut document] {
        let reports = reports.iter().map(|report| Box::new(report.clone()));
        present(reports, &[InputReport::default()], Redaction::Secrets, sink).expect("memory takes all");
    }
    (json, text)
}

/// Negative times of a document and of a text, with their places.
pub fn negative(json: &[u8], text: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    numbers(&serde_json::from_slice(json).expect("JSON"), "", &mut found);
    for line in String::from_utf8_lossy(text).lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_negative = |word: &str| {
            word.strip_prefix('-')
                .is_some_and(|n| n.starts_with(|c: char| c.is_ascii_digit()) && n.parse::<f64>().is_ok())
        };
        let is_unit = |word: &str| UNITS.contains(&word.trim_end_matches(|c: char| c.is_ascii_punctuation()));
        let has_time = words.windows(2).any(|two| is_negative(two[0]) && is_unit(two[1]));
        // A row of the timeline: number, time, side.
        let in_timeline = words.iter().take(2).any(|word| is_negative(word) && word.contains('.'));
        if has_time || in_timeline {
            found.push(line.trim().to_owned());
        }
    }
    found
}

fn numbers(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = format!("{path}/{name}");
                if name.ends_with("_ns") && value.as_i64().is_some_and(|ns| ns < 0) {
                    found.push(format!("{path} {value}"));
                }
                numbers(value, &path, found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(n, item)| numbers(item, &format!("{path}/{n}"), found));
        }
        _ => {}
    }
}
