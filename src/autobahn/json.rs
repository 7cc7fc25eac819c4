//! One case as JSON, as far as two runs are compared by it: its log is not read here.

use std::borrow::Cow;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::autobahn::{bad, parse};
use crate::error::Error;
use crate::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, ClosingBehavior, ReportForm, WireStatistics,
};

const WHAT: &str = "Autobahn case";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw {
    agent: String,
    id: String,
    behavior: String,
    behavior_close: String,
    duration: Option<u64>,
    result: Option<String>,
    result_close: Option<String>,
    #[serde(default)]
    received: Value,
    #[serde(default)]
    is_server: bool,
    #[serde(default)]
    closed_by_me: bool,
    #[serde(default)]
    failed_by_me: bool,
    #[serde(default)]
    dropped_by_me: bool,
    #[serde(default)]
    was_clean: bool,
    was_not_clean_reason: Option<String>,
    local_close_code: Option<u16>,
    remote_close_code: Option<u16>,
    remote_close_reason: Option<String>,
}

/// Reads one case.
///
/// # Errors
/// [`Error::BadReport`].
pub fn read(bytes: &[u8], path: &Path) -> Result<CaseReport, Error> {
    let text = unicode(bytes);
    let raw: Raw = parse(text.as_bytes(), path, WHAT)?;
    let id = CaseId::new(&raw.id)
        .ok_or_else(|| bad(path, WHAT, &format!("{:?} is no number of a case", raw.id)))?;
    Ok(CaseReport {
        form: ReportForm::Json,
        agent: raw.agent,
        id,
        index: None,
        started: None,
        duration_ms: raw.duration,
        description: String::new(),
        expectation: String::new(),
        behavior: Behavior::new(&raw.behavior),
        behavior_close: BehaviorClose::new(&raw.behavior_close),
        result: raw.result,
        result_close: raw.result_close,
        expected: None,
        received: raw.received.as_array().map(|events| events.iter().map(event).collect()),
        expected_close: None,
        closing: ClosingBehavior {
            is_server: raw.is_server,
            closed_by_me: raw.closed_by_me,
            failed_by_me: raw.failed_by_me,
            dropped_by_me: raw.dropped_by_me,
            was_clean: raw.was_clean,
            was_not_clean_reason: raw.was_not_clean_reason,
            local_close_code: raw.local_close_code,
            remote_close_code: raw.remote_close_code,
            remote_close_reason: raw.remote_close_reason,
            ..ClosingBehavior::default()
        },
        http_request: None,
        http_response: None,
        statistics: WireStatistics::default(),
        wire_log: None,
        inconsistencies: Vec::new(),
    })
}

fn event(event: &Value) -> CaseEvent {
    let word = |at: usize| event.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    match word(0).as_str() {
        "message" => CaseEvent::Message(word(1), event.get(2).and_then(Value::as_bool).unwrap_or_default()),
        "ping" => CaseEvent::Ping(word(1)),
        "pong" => CaseEvent::Pong(word(1)),
        "timeout" => CaseEvent::Timeout(word(1)),
        other => CaseEvent::Other(other.to_owned(), event.to_string()),
    }
}

/// The Python 2 suite writes lone surrogates, which JSON in Rust strings cannot hold: U+FFFD stands for them.
fn unicode(bytes: &[u8]) -> Cow<'_, str> {
    let text = String::from_utf8_lossy(bytes);
    if !text.contains("\\u") {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_ref();
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        out.push_str(before);
        let (kept, len) = match (unit(escape), unit(escape.get(6..).unwrap_or_default())) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (&escape[..12], 12),
            (Some(0xd800..=0xdfff), _) => ("\\ufffd", 6),
            // The next character belongs to the backslash, whatever it is.
            _ => {
                let len = 1 + escape.chars().nth(1).map_or(0, char::len_utf8);
                (&escape[..len], len)
            }
        };
        out.push_str(kept);
        rest = &escape[len..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The number of a `\uXXXX` with which the text begins.
fn unit(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("\\u")?.get(..4)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_are_replaced() {
        for (input, output) in [
            (r"plain", r"plain"),
            (r"\ud83d\ude00 \u00e9 \n", r"\ud83d\ude00 \u00e9 \n"),
            (r"\ud800 \udfff", r"\ufffd \ufffd"),
            (r"\ud800\ud83d\ude00", r"\ufffd\ud83d\ude00"),
            (r"\\ud800", r"\\ud800"),
            (r"\ud8", r"\ud8"),
            (r"\ud800é\", r"\ufffdé\"),
        ] {
            assert_eq!(unicode(input.as_bytes()), output, "{input}");
        }
    }
}
