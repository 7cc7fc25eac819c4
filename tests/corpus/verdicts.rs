//! Verdicts judged again against those of real runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wslog::autobahn::cases::{self, ExpectedEvent, Source};
use wslog::autobahn::verdict::judge;
use wslog::engine::{Keep, analyze_case};
use wslog::limits::Limits;
use wslog::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, CaseStep, ClosingBehavior, ExpectedClose,
    LoggedData, LoggedFrame, ReportForm, Sent, WireRow, WireStatistics,
};
use wslog::redact::{Redaction, seal};
use wslog::views::account::sentences;

use crate::support::corpus;

/// Every case file of every run, read as far as the verdict needs it.
fn reports() -> Vec<(PathBuf, CaseReport)> {
    let Some(runs) = corpus::corpus("autobahn") else { return Vec::new() };
    let mut files = Vec::new();
    collect(&runs, &mut files);
    files.sort();
    let read = |path: PathBuf| {
        let bytes = std::fs::read(&path).expect("readable");
        let text = without_surrogates(&String::from_utf8_lossy(&bytes));
        let json: Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let report = report(&json).unwrap_or_else(|| panic!("{} is no report", path.display()));
        (path, report)
    };
    files.into_iter().map(read).collect()
}

fn collect(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, out);
        } else if path.extension().is_some_and(|e| e == "json") && path.to_string_lossy().contains("_case_") {
            out.push(path);
        }
    }
}

/// Escaped lone surrogates become U+FFFD, as the reader of reports has it.
fn without_surrogates(text: &str) -> String {
    let unit = |at: usize| {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find('\\') {
        let start = at + found;
        out.push_str(&text[at..start]);
        let (len, lone) = match (unit(start), unit(start + 6)) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => (12, false),
            (Some(0xd800..0xe000), _) => (6, true),
            _ => (2, false),
        };
        out.push_str(if lone { "\\ufffd" } else { &text[start..start + len] });
        at = start + len;
    }
    out + &text[at..]
}

fn report(json: &Value) -> Option<CaseReport> {
    let string = |key: &str| json[key].as_str().map(str::to_owned);
    let flag = |key: &str| json[key].as_bool().unwrap_or_default();
    let code = |key: &str| json[key].as_u64().and_then(|code| u16::try_from(code).ok());
    let counts = |key: &str| {
        let counts = json[key].as_object().into_iter().flatten();
        counts.filter_map(|(of, count)| Some((of.parse().ok()?, count.as_u64()?))).collect()
    };
    let expected = json["expected"].as_object()?;
    let close = &json["expectedClose"];
    Some(CaseReport {
        form: ReportForm::Json,
        suite: None,
        agent: string("agent")?,
        id: CaseId::new(json["id"].as_str()?)?,
        index: json["case"].as_u64(),
        started: string("started"),
        duration_ms: json["duration"].as_u64(),
        description: String::new(),
        expectation: String::new(),
        behavior: Behavior::new(json["behavior"].as_str()?),
        behavior_close: BehaviorClose::new(json["behaviorClose"].as_str()?),
        result: string("result"),
        result_close: string("resultClose"),
        expected: Some(
            expected.iter().map(|(verdict, entry)| (Behavior::new(verdict), events(entry))).collect(),
        ),
        received: Some(events(&json["received"])),
        expected_close: close["closedByMe"].as_bool().map(|closed_by_me| ExpectedClose {
            closed_by_me,
            codes: close["closeCode"].as_array().into_iter().flatten().filter_map(number).collect(),
            require_clean: close["requireClean"].as_bool().unwrap_or_default(),
            wrong_endpoint_is_fatal: close["closedByWrongEndpointIsFatal"].as_bool().unwrap_or_default(),
        }),
        closing: ClosingBehavior {
            is_server: flag("isServer"),
            closed_by_me: flag("closedByMe"),
            failed_by_me: flag("failedByMe"),
            dropped_by_me: flag("droppedByMe"),
            was_clean: flag("wasClean"),
            was_not_clean_reason: string("wasNotCleanReason"),
            was_server_connection_drop_timeout: flag("wasServerConnectionDropTimeout"),
            was_open_handshake_timeout: flag("wasOpenHandshakeTimeout"),
            was_close_handshake_timeout: flag("wasCloseHandshakeTimeout"),
            local_close_code: code("localCloseCode"),
            local_close_reason: string("localCloseReason"),
            remote_close_code: code("remoteCloseCode"),
            remote_close_reason: string("remoteCloseReason"),
        },
        http_request: string("httpRequest"),
        http_response: string("httpResponse"),
        statistics: WireStatistics {
            rx_octets: counts("rxOctetStats"),
            tx_octets: counts("txOctetStats"),
            rx_frames: counts("rxFrameStats"),
            tx_frames: counts("txFrameStats"),
        },
        wire_log: json["wirelog"].as_array().map(|rows| rows.iter().filter_map(row).collect()),
        lacks: Vec::new(),
        is_cut: false,
        notes: Vec::new(),
        inconsistencies: Vec::new(),
    })
}

fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|number| u16::try_from(number).ok())
}

fn events(list: &Value) -> Vec<CaseEvent> {
    let event = |event: &Value| {
        let text = event[1].as_str().unwrap_or_default().to_owned();
        match event[0].as_str() {
            Some("message") => CaseEvent::Message(text, event[2] == true),
            Some("ping") => CaseEvent::Ping(text),
            Some("pong") => CaseEvent::Pong(text),
            Some("timeout") => CaseEvent::Timeout(text),
            other => CaseEvent::Other(other.unwrap_or_default().to_owned(), text),
        }
    };
    list.as_array().into_iter().flatten().map(event).collect()
}

/// Text, or hex after `0x` where the length tells that it is hex.
fn data(value: &Value) -> LoggedData {
    let len = value[0].as_u64();
    let text = value[1].as_str().unwrap_or_default();
    let text = if len > Some(60) { text.strip_suffix(" ...").unwrap_or(text) } else { text };
    let known = match text.strip_prefix("0x") {
        Some(hex) if hex.len() as u64 / 2 == len.unwrap_or_default().min(64) => (0..hex.len() / 2)
            .filter_map(|at| u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok())
            .collect(),
        _ => text.as_bytes().to_vec(),
    };
    LoggedData { len, known }
}

fn row(value: &Value) -> Option<WireRow> {
    let bits = |at: usize| value[at].as_u64().and_then(|bits| u8::try_from(bits).ok());
    let frame = || {
        Some(LoggedFrame {
            data: data(&value[1]),
            opcode: bits(2)?,
            fin: value[3] == true,
            rsv: bits(4)?,
            masked: None,
            masking_key: None,
            repeat_len: (value[0] == "TF").then(|| value[6].as_u64()).flatten(),
            chop_size: (value[0] == "TF").then(|| value[7].as_u64()).flatten(),
        })
    };
    Some(match value[0].as_str()? {
        "RF" => WireRow::RxFrame(frame()?),
        "TF" => WireRow::TxFrame(frame()?),
        "CTE" => WireRow::DelayTimeout(value[1].as_str().map(str::to_owned)),
        "KLE" => WireRow::Failing,
        "KL" => WireRow::FailAfter(value[1].as_f64()?),
        "WLM" => WireRow::Log(value[1] == true),
        _ => return None,
    })
}

/// What is known of a report beside what is recorded; `None` where both say the same.
fn difference(report: &CaseReport) -> Option<String> {
    let found = judge(report);
    let judged = ![9, 12, 13].contains(&report.id.section());
    (found.behavior.is_some() != judged || found.behavior_close.is_none() || !found.agrees)
        .then(|| format!("{:?}/{:?}: {found:?}", report.behavior, report.behavior_close))
}

#[test]
fn verdicts_judged_again_are_those_recorded() {
    // How much of the report is left out: nothing; what a page lacks; what a page cuts; the events of the log too.
    type Strip = fn(&mut CaseReport);
    let strips: [(&str, Strip); 4] = [
        ("whole", |_| ()),
        ("no expectedClose", |report| report.expected_close = None),
        ("no expectations", |report| {
            report.expected_close = None;
            report.expected = None;
        }),
        ("no events", |report| {
            report.expected_close = None;
            report.expected = None;
            report.received = None;
        }),
    ];
    let reports = reports();
    let mut differences = BTreeMap::new();
    for (path, report) in &reports {
        for (what, strip) in strips {
            let mut report = report.clone();
            strip(&mut report);
            if let Some(difference) = difference(&report) {
                differences.insert((path, what), difference);
            }
        }
    }
    println!("{} reports, judged {} ways", reports.len(), strips.len());
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn the_table_says_what_the_reports_say() {
    let mut seen = std::collections::BTreeSet::new();
    for (path, report) in reports() {
        let case = cases::find(&report.id).expect("a case of the table");
        seen.insert(report.id.clone());
        if let Some(close) = &report.expected_close {
            let sorted = |codes: &[u16]| {
                let mut codes = codes.to_vec();
                codes.sort_unstable();
                codes.dedup();
                codes
            };
            assert_eq!(sorted(&case.close.codes), sorted(&close.codes), "{}", path.display());
            let same = ExpectedClose { codes: case.close.codes.clone(), ..close.clone() };
            assert_eq!(case.close, same, "{}", path.display());
        }
        if let (Some(table), Some(expected)) = (&case.expects, &report.expected) {
            let mut shown: Vec<(Behavior, Vec<CaseEvent>)> = table
                .iter()
                .map(|(verdict, entry)| {
                    (verdict.clone(), entry.iter().map(ExpectedEvent::to_event).collect())
                })
                .collect();
            let mut expected = expected.clone();
            shown.sort_by(|a, b| a.0.cmp(&b.0));
            expected.sort_by(|a, b| a.0.cmp(&b.0));
            assert_eq!(shown, expected, "{}", path.display());
        }
    }
    for id in &seen {
        assert_eq!(cases::find(id).map(|case| case.source), Some(Source::Run), "{id}");
    }
}

/// The frames of the table are those the tester logged.
#[test]
fn what_the_table_sends_is_what_was_sent() {
    for (path, report) in reports() {
        let replayed = analyze_case(report.clone(), &Limits::DEFAULT, Keep::NOTHING);
        let opened = seal(replayed, Redaction::Nothing).open();
        let account = &opened.case.as_deref().expect("a case").account;
        let frames = account.sends.iter().filter(|step| **step != CaseStep::Wait).count();
        // Of 6.4 the end is sent only if the testee tolerated the middle.
        let in_full = report.behavior == Behavior::Ok && !report.id.as_str().starts_with("6.4.");
        if let (true, Sent::Frames(logged)) = (in_full, account.sent) {
            assert_eq!(logged, frames, "{}", path.display());
        }
        assert!(sentences(&opened).iter().all(|sentence| sentence.ends_with('.')), "{}", path.display());
    }
}
