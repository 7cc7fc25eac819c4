//! Reports of the Autobahn Testsuite: the three forms of a case say the same, and what is damaged or no
//! report is told.

use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::{self, ReportKind};
use wslog::engine;
use wslog::limits::Limits;
use wslog::model::case::{Behavior, CaseReport, ReportForm, WireRow};
use wslog::model::{Outcome, RuleId};

use crate::support::corpus;

/// Report files of every run of the corpus.
fn reports(extension: &str) -> Vec<PathBuf> {
    let Some(corpus) = corpus::corpus("") else { return Vec::new() };
    let list = |dir: &Path| -> Vec<PathBuf> {
        fs::read_dir(dir)
            .map(|dir| dir.map(|entry| entry.expect("readable").path()).collect())
            .unwrap_or_default()
    };
    let runs = list(&corpus.join("autobahn"));
    let mut files: Vec<_> = runs.iter().flat_map(|run| list(&run.join("reports"))).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == extension));
    files.sort_unstable();
    files
}

fn read(path: &Path) -> CaseReport {
    let bytes = fs::read(path).expect("readable");
    let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) else { panic!("{}: no case", path.display()) };
    autobahn::read_case(form, &bytes, path, &Limits::DEFAULT).expect("a case")
}

/// What both forms can tell: a page takes UNIMPLEMENTED for FAILED and lacks index and expected closing, the end of a head, and the length of
/// octets that were cut; JSON lacks the row for the end of TCP.
fn common(mut case: CaseReport) -> CaseReport {
    case.form = ReportForm::Json;
    if case.behavior == Behavior::Unimplemented {
        case.behavior = Behavior::Failed;
    }
    case.index = None;
    case.expected_close = None;
    if let Some(expected) = &mut case.expected {
        expected.sort_by(|a, b| a.0.cmp(&b.0));
    }
    for head in [&mut case.http_request, &mut case.http_response].into_iter().flatten() {
        *head = head.trim().replace('\r', "");
    }
    let rows = case.wire_log.as_mut().expect("a log");
    rows.retain(|row| !matches!(row, WireRow::TcpDropped { .. }));
    for row in rows {
        if let WireRow::RxOctets(data) | WireRow::TxOctets(data) = row
            && data.known.len() == 64
        {
            data.len = None;
        }
    }
    case
}

#[test]
fn json_and_page_of_a_case_say_the_same() {
    let mut different = 0;
    for json in reports("json") {
        if json.file_name().is_some_and(|name| name == "index.json") {
            continue;
        }
        let name = json.display();
        let case = read(&json);
        let mut page = read(&json.with_extension("html"));
        assert_eq!(case.inconsistencies, [""; 0], "{name}");
        let ends = page.wire_log.iter().flatten().filter(|row| matches!(row, WireRow::TcpDropped { .. }));
        let by_me = WireRow::TcpDropped { by_me: case.closing.dropped_by_me };
        assert_eq!(ends.collect::<Vec<_>>(), [&by_me], "{name}");
        // A page shows 1000 characters of the events.
        if page.expected.is_none() {
            page.expected.clone_from(&case.expected);
        }
        if page.received.is_none() {
            page.received.clone_from(&case.received);
        }
        page.inconsistencies.retain(|note| !note.contains("a page shows 1000 characters of it"));
        let (case, page) = (common(case), common(page));
        if case != page {
            for (n, (a, b)) in case.wire_log.iter().flatten().zip(page.wire_log.iter().flatten()).enumerate()
            {
                if a != b {
                    eprintln!("{name} row {n}:\n{a:?}\n{b:?}");
                }
            }
            let (mut case, mut page) = (case, page);
            case.wire_log = None;
            page.wire_log = None;
            if case != page {
                eprintln!("{name}\n{case:?}\n{page:?}");
            }
            different += 1;
        }
    }
    assert_eq!(different, 0);
}

/// The pasted page of the seed, against the same case of other agents.
#[test]
fn pasted_text_has_the_shape_of_the_json() {
    let Some(corpus) = corpus::corpus("") else { return };
    let seed = read(&corpus.join("seed/case_3_2.txt"));
    assert_eq!(seed.inconsistencies, [""; 0]);
    assert_eq!((seed.form, seed.agent.as_str(), seed.id.as_str()), (ReportForm::Text, "wspp", "3.2"));
    assert_eq!((seed.duration_ms, seed.started.as_deref()), (Some(1), Some("2026-01-11T08:00:39.867Z")));
    assert_eq!((seed.closing.local_close_code, seed.closing.remote_close_code), (Some(1000), Some(1002)));
    assert_eq!(seed.statistics.rx_octets, [(27, 1), (179, 1)]);
    assert_eq!(seed.statistics.tx_octets, [(2, 1), (4, 1), (15, 2), (208, 1)]);
    assert_eq!(seed.wire_log.as_ref().map(Vec::len), Some(15));

    let other = common(read(&corpus.join("autobahn/client-ws-py2/reports/ws_case_3_2.json")));
    let seed = common(seed);
    assert_eq!(seed.description, other.description);
    assert_eq!(seed.expectation, other.expectation);
    assert_eq!((seed.behavior, seed.behavior_close), (other.behavior, other.behavior_close));
    assert_eq!((seed.result, seed.result_close), (other.result, other.result_close));
    assert_eq!((seed.expected, seed.received), (other.expected, other.received));
    assert_eq!(seed.closing, other.closing);
    assert_eq!(seed.http_response.map(|r| r.lines().count()), other.http_response.map(|r| r.lines().count()));
    assert_eq!(seed.statistics.tx_frames, other.statistics.tx_frames);
    assert_eq!(seed.statistics.rx_frames, other.statistics.rx_frames);
}

/// A page and its text, cut and damaged in every place that matters: an error or a note, and no panic.
#[test]
fn broken_inputs_are_told() {
    let path = Path::new("case");
    let json = r#"{"agent": "ws", "id": "3.2", "description": "a\u00e9\ud800", "wirelog": [["RO", [2, "8900"]], ["RF",
        [0, ""], 9, true, 0, false, null]], "received": [["pong", ""]], "expected": {"OK": []}}"#;
    for cut in 0..json.len() {
        assert!(
            autobahn::read_case(ReportForm::Json, &json.as_bytes()[..cut], path, &Limits::DEFAULT).is_err(),
            "{cut}"
        );
    }
    let files = |extension: &str| reports(extension).into_iter().step_by(163);
    for file in files("json").chain(files("html")) {
        let bytes = fs::read(&file).expect("readable");
        let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) else { continue };
        for cut in (0..bytes.len()).step_by(97) {
            let read = autobahn::read_case(form, &bytes[..cut], &file, &Limits::DEFAULT);
            let told = read.as_ref().map_or(true, |case| case.is_cut && !case.notes.is_empty());
            // Behind its last row a page says nothing.
            let is_tail = bytes[..cut].windows(12).any(|words| words == b"TCP DROPPED ");
            assert!(told || is_tail, "{} cut at {cut}: {read:?}", file.display());
        }
        for byte in (0..bytes.len()).step_by(997) {
            let mut bytes = bytes.clone();
            bytes[byte] ^= 0x55;
            let _ = autobahn::read_case(form, &bytes, &file, &Limits::DEFAULT);
            let _ = autobahn::read_case(ReportForm::Text, &bytes, &file, &Limits::DEFAULT);
        }
    }
}

#[test]
fn other_pages_are_refused() {
    let path = Path::new("page.html");
    for (page, says) in [
        ("<!DOCTYPE html><html><body><h1>Shop</h1><p>Buy</p></body></html>", "none of the headings"),
        ("<html><h2>Wire Log</h2></html>", "agent, case and verdict"),
        ("<html><p>ws - Case x.y : Pass - 1 ms</p><h2>Wire Log</h2></html>", "agent, case and verdict"),
        ("", "none of the headings"),
    ] {
        let error = autobahn::read_case(ReportForm::Html, page.as_bytes(), path, &Limits::DEFAULT)
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("page.html is not a usable Autobahn case") && error.contains(says),
            "{error}"
        );
    }
}

/// A FIN ends a message though the log keeps its first bytes only.
#[test]
fn a_message_that_the_log_cuts_is_ended() {
    let octets = format!("8164{} ...", "61".repeat(62));
    let head = format!("{} ...", "00".repeat(64));
    let (request_len, answer_len) = (140, 111);
    let json = format!(
        r#"{{"id": "1.1.2", "isServer": true, "droppedByMe": true,
        "httpRequest": "GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
        "httpResponse": "HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n",
        "wirelog": [["RO", [{request_len}, "{head}"]], ["TO", [{answer_len}, "{head}"], false], ["TF", [100, "{} ..."], 1, true, 0, null, null, null, false], ["TO", [102, "{octets}"], false],
        ["TF", [2, "0x03e8"], 8, true, 0, null, null, null, false], ["TO", [4, "880203e8"], false],
        ["RO", [8, "88820001020303e9"]], ["RF", [2, "0x03e8"], 8, true, 0, true, "00010203"]]}}"#,
        "a".repeat(64),
    );
    let case = autobahn::read_case(ReportForm::Json, json.as_bytes(), Path::new("case"), &Limits::DEFAULT)
        .expect("a case");
    let keep = engine::Keep { first: 0, last: 0, payload_bytes: 0, ..engine::Keep::NOTHING };
    let report = engine::analyze_case(case.clone(), &Limits::default(), keep);
    let rules: Vec<_> = report.findings.iter().map(|finding| finding.violation.rule()).collect();
    assert_eq!(rules, [] as [RuleId; 0]);
    assert_eq!(report.closing.outcome, Outcome::Clean);
    assert_eq!((report.tcp, report.traffic.server.frames[1]), (None, 1));
}

/// Case 3.2 as suites before 0.5.3 logged it: rows without lengths, up to 256 bytes of each. `None` is the shape
/// since then. Heads longer than 256 bytes are cut in both.
struct OldShape {
    octets: Vec<(bool, Vec<u8>)>,
    is_old: bool,
}

const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

impl OldShape {
    fn request() -> String {
        let filler = "x".repeat(240);
        format!(
            "GET /runCase?case=29&agent=old HTTP/1.1\r\nHost: localhost:9001\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nX-Filler: {filler}\r\n\r\n"
        )
    }

    fn new(is_old: bool) -> Self {
        let mask = |bytes: &[u8]| {
            let mut frame = vec![bytes[0], bytes[1] | 0x80, 0x8d, 0, 0x79, 0xe1];
            let masked = bytes[2..].iter().zip([0x8d, 0, 0x79, 0xe1].into_iter().cycle()).map(|(b, k)| b ^ k);
            frame.extend(masked);
            frame
        };
        let hello = |first: u8| [&[first, 13], &b"Hello, world!"[..]].concat();
        let octets = vec![
            (false, Self::request().into_bytes()),
            (true, RESPONSE.as_bytes().to_vec()),
            (true, hello(0x81)),
            (true, hello(0xa1)),
            (true, vec![0x89, 0]),
            (false, mask(&hello(0x81))),
            (false, mask(&[0x88, 2, 0x03, 0xea])),
            (true, vec![0x88, 2, 0x03, 0xe8]),
        ];
        Self { octets, is_old }
    }

    /// Octets of a row: shown part in hex, with the mark of a cut.
    fn shown(&self, octets: &[u8]) -> String {
        let kept = if self.is_old { 256 } else { 64 };
        let marked = octets.len() > if self.is_old { 256 } else { 60 };
        let hex: String = octets.iter().take(kept).map(|b| format!("{b:02x}")).collect();
        if marked { format!("{hex} ...") } else { hex }
    }

    /// The frame of a row: payload as the log shows it, its length, opcode, RSV. Heads have none.
    fn frame(octets: &[u8]) -> Option<(String, usize, u8, u8)> {
        let (first, masked) = (octets[0], octets[1] & 0x80 != 0);
        let data = octets.get(if masked { 6 } else { 2 }..)?;
        let key = [0x8d, 0, 0x79, 0xe1].into_iter().cycle();
        let data: Vec<u8> =
            if masked { data.iter().zip(key).map(|(b, k)| b ^ k).collect() } else { data.to_vec() };
        let shown = match first & 15 {
            8 => data.iter().fold("0x".to_owned(), |hex, b| format!("{hex}{b:02x}")),
            _ => String::from_utf8(data.clone()).ok()?,
        };
        (first & 0x80 != 0).then_some((shown, data.len(), first & 15, first >> 4 & 7))
    }

    fn page(&self) -> String {
        let mut rows = Vec::new();
        for (sent, octets) in &self.octets {
            let mut octet_row = vec![format!("{} OCTETS: ", if *sent { "TX" } else { "RX" })];
            let shown = self.shown(octets);
            let mut left = shown.as_str();
            while !left.is_empty() {
                let (line, rest) = left.split_at(left.len().min(100));
                octet_row.last_mut().expect("a line").push_str(line);
                octet_row.push(" ".repeat(15));
                left = rest;
            }
            octet_row.pop();
            let Some((payload, len, opcode, rsv)) = Self::frame(octets) else {
                rows.push(octet_row);
                continue;
            };
            let len = if self.is_old { String::new() } else { format!("PAYLOAD-LEN={len}, ") };
            let tail = if *sent {
                "MASK=None, PAYLOAD-REPEAT-LEN=None, CHOPSIZE=None, SYNC=False"
            } else {
                "MASKED=True, MASK=3864303037396531"
            };
            let way = if *sent { "TX" } else { "RX" };
            let mut frame_row =
                vec![format!("{way} FRAME : OPCODE={opcode}, FIN=True, RSV={rsv}, {len}{tail}")];
            if !payload.is_empty() {
                frame_row.push(format!("{}{payload}", " ".repeat(15)));
            }
            if *sent { rows.extend([frame_row, octet_row]) } else { rows.extend([octet_row, frame_row]) }
        }
        rows.push(vec!["TCP DROPPED BY ME".to_owned()]);
        let mut log = String::new();
        for (n, row) in rows.iter().enumerate() {
            for (at, line) in row.iter().enumerate() {
                let line = if at == 0 { format!("{n:03} {line}") } else { line.clone() };
                log.push_str(&format!("<pre>{line}</pre>\n"));
            }
        }
        let closing: String = [
            ("isServer", "True"),
            ("closedByMe", "False"),
            ("failedByMe", "False"),
            ("droppedByMe", "True"),
            ("wasClean", "True"),
            ("localCloseCode", "1000"),
            ("remoteCloseCode", "1002"),
        ]
        .map(|(key, value)| format!("<tr><td>{key}</td><td>{value}</td><td>what it is</td></tr>\n"))
        .concat();
        format!(
            "<!DOCTYPE html>\n<html><body>\n<p>old - <b>Case 3.2</b> : Pass - <b>1</b> ms @ 2012-03-01T08:00:39Z</p>\n\
             <p><b>Case Description</b><br/><br/>Text, then RSV = 2, then Ping.</p>\n\
             <p><b>Case Expectation</b><br/><br/>An echo, then failing.</p>\n\
             <p><b>Case Outcome</b><br/><br/>Actual events match at least one expected.<br/><br/><i>Expected:</i><br/>\
             {{'NON-STRICT': [], 'OK': [('message', u'Hello, world!', False)]}}<br/><br/><i>Observed:</i><br/>\
             [('message', u'Hello, world!', False)]</p>\n\
             <p><b>Case Closing Behavior</b><br/><br/>Connection was properly closed (OK)</p>\n\
             <h2>Opening Handshake</h2>\n<pre>{}</pre>\n<pre>{}</pre>\n\
             <h2>Closing Behavior</h2>\n<table><tr><td>Key</td><td>Value</td><td>Description</td></tr>\n{closing}</table>\n\
             <h2>Wire Log</h2>\n<div>\n{log}</div>\n</body></html>\n",
            Self::request().trim_end().replace('\r', ""),
            RESPONSE.trim_end().replace('\r', ""),
        )
    }

    fn json(&self) -> String {
        let mut rows = Vec::new();
        for (sent, octets) in &self.octets {
            let data = |len: usize, shown: &str| {
                if self.is_old { format!("\"{shown}\"") } else { format!("[{len}, \"{shown}\"]") }
            };
            let octet_row = data(octets.len(), &self.shown(octets));
            let octet_row = if *sent {
                format!("[\"TO\", {octet_row}, false]")
            } else {
                format!("[\"RO\", {octet_row}]")
            };
            let Some((payload, len, opcode, rsv)) = Self::frame(octets) else {
                rows.push(octet_row);
                continue;
            };
            let payload = data(len, &payload);
            if *sent {
                rows.push(format!("[\"TF\", {payload}, {opcode}, true, {rsv}, null, null, null, false]"));
                rows.push(octet_row);
            } else {
                rows.push(octet_row);
                rows.push(format!("[\"RF\", {payload}, {opcode}, true, {rsv}, true, \"8d0079e1\"]"));
            }
        }
        format!(
            r#"{{"agent": "old", "id": "3.2", "behavior": "OK", "behaviorClose": "OK", "isServer": true, "droppedByMe": true,
            "wasClean": true, "localCloseCode": 1000, "remoteCloseCode": 1002,
            "httpRequest": {:?}, "httpResponse": {:?},
            "expected": {{"OK": [["message", "Hello, world!", false]], "NON-STRICT": []}}, "received": [["message", "Hello, world!", false]],
            "expectedClose": {{"closedByMe": false, "closeCode": [1002], "requireClean": false}},
            "wirelog": [{}]}}"#,
            Self::request(),
            RESPONSE,
            rows.join(",\n")
        )
    }
}

/// Reports of 0.5.0 to 0.5.2 tell what those since 0.5.3 tell, and neither contradicts itself.
#[test]
fn old_and_new_shapes_say_the_same() {
    let said = |text: &str, form: ReportForm| {
        assert_eq!(autobahn::sniff(text.as_bytes()), Some(ReportKind::Case(form)));
        let case =
            autobahn::read_case(form, text.as_bytes(), Path::new("old"), &Limits::DEFAULT).expect("a case");
        let keep = engine::Keep { first: usize::MAX, last: 0, payload_bytes: 64, ..engine::Keep::NOTHING };
        let report = engine::analyze_case(case, &Limits::default(), keep);
        let record = report.case.as_ref().expect("a case");
        assert_eq!(record.as_sent().inconsistencies, [""; 0], "{text}");
        assert!(record.as_sent().recomputed.agrees, "{}", record.as_sent().recomputed.why);
        let frames: Vec<_> =
            report.frames.iter().map(|f| (f.header, f.preview.clone(), f.complete)).collect();
        let findings: Vec<_> = report.findings.iter().map(|f| (f.violation.rule(), f.by)).collect();
        assert_eq!(frames.len(), 6);
        assert_eq!(report.closing.outcome, Outcome::Clean);
        assert_eq!(findings[0].0, RuleId::FrRsv);
        (frames, findings, report.closing)
    };
    let [old, new] = [true, false].map(OldShape::new);
    let page = said(&old.page(), ReportForm::Html);
    assert_eq!(page, said(&new.page(), ReportForm::Html));
    assert_eq!(page, said(&old.json(), ReportForm::Json));
    assert_eq!(page, said(&new.json(), ReportForm::Json));
}
