//! The account of an Autobahn case, from the report to its sentences.

use wslog::autobahn::account::explain_case;
use wslog::engine::{Keep, analyze_case};
use wslog::limits::Limits;
use wslog::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, ClosingBehavior, LoggedData, LoggedFrame,
    ReportForm, WireRow, WireStatistics,
};
use wslog::views::account::sentences;

use crate::support::script::findings;

/// A report of a case in which the client closed with 1002 and the server answered and ended TCP.
pub(crate) fn report(id: &str, received: Option<Vec<CaseEvent>>, rows: Option<Vec<WireRow>>) -> CaseReport {
    CaseReport {
        form: ReportForm::Text,
        agent: "wspp".to_owned(),
        id: CaseId::new(id).expect("a number"),
        index: None,
        started: None,
        duration_ms: None,
        description: String::new(),
        expectation: String::new(),
        behavior: Behavior::Ok,
        behavior_close: BehaviorClose::Ok,
        result: None,
        result_close: None,
        expected: None,
        received,
        expected_close: None,
        closing: ClosingBehavior {
            is_server: true,
            dropped_by_me: true,
            was_clean: true,
            local_close_code: Some(1000),
            remote_close_code: Some(1002),
            ..ClosingBehavior::default()
        },
        http_request: None,
        http_response: Some("HTTP/1.1 101 Switching Protocols".to_owned()),
        statistics: WireStatistics::default(),
        wire_log: rows,
        inconsistencies: Vec::new(),
    }
}

fn frame(opcode: u8, rsv: u8, bytes: &[u8]) -> LoggedFrame {
    LoggedFrame {
        data: LoggedData { len: Some(bytes.len() as u64), known: bytes.to_vec() },
        opcode,
        fin: true,
        rsv,
        masked: None,
        masking_key: None,
        repeat_len: None,
        chop_size: None,
    }
}

fn hello() -> CaseEvent {
    CaseEvent::Message("Hello, world!".to_owned(), false)
}

/// The rows of a client that echoes, then fails the connection.
fn rows_of_3_2() -> Vec<WireRow> {
    let text = b"Hello, world!";
    vec![
        WireRow::TxFrame(frame(1, 0, text)),
        WireRow::TxFrame(frame(1, 2, text)),
        WireRow::TxFrame(frame(9, 0, b"")),
        WireRow::FailAfter(1.0),
        WireRow::RxFrame(frame(1, 0, text)),
        WireRow::RxFrame(frame(8, 0, &[3, 0xea])),
        WireRow::TxFrame(frame(8, 0, &[3, 0xe8])),
        WireRow::TcpDropped { by_me: true },
    ]
}

#[track_caller]
fn check(report: &CaseReport, expected: &[&str]) {
    assert_eq!(sentences(&explain_case(report)), expected);
}

const SENT: &str = "The tester sent a text frame, then a text frame with RSV2 set though no extension was negotiated, then a Ping.";
const ASKED: &str = "The client must fail the connection (RFC 6455 5.2, 9.1, 7.1.7).";

#[test]
fn a_client_that_fails_the_connection() {
    check(
        &report("3.2", Some(vec![hello()]), Some(rows_of_3_2())),
        &[
            "Verdict OK, closing OK: the one event, a text message \"Hello, world!\", is what OK expects; the testee closed first, as it should, and the testee's code 1002 is allowed.",
            SENT,
            ASKED,
            "The client answered with Close 1002 (protocol error) after echoing the first message and left the Ping after the fault unanswered, as it must (RFC 6455 7.1.7).",
            "The tester, as server, answered with Close 1000 (normal closure).",
        ],
    );
}

#[test]
fn a_client_that_does_not_see_the_fault() {
    let mut rows = rows_of_3_2();
    rows.truncate(5);
    rows.extend([WireRow::RxFrame(frame(1, 0, b"Hello, world!")), WireRow::RxFrame(frame(10, 0, b""))]);
    let mut report = report("3.2", Some(vec![hello(), hello(), CaseEvent::Pong(String::new())]), Some(rows));
    report.closing = ClosingBehavior {
        closed_by_me: true,
        failed_by_me: true,
        was_clean: false,
        remote_close_code: None,
        ..report.closing
    };
    report.behavior = Behavior::Failed;
    report.behavior_close = BehaviorClose::Failed;
    check(
        &report,
        &[
            "Verdict FAILED, closing FAILED: event 2 is a text message \"Hello, world!\", but OK expects nothing more; the tester closed first, but the testee should have.",
            SENT,
            ASKED,
            "The client carried on: it sent no Close after echoing 2 messages and answering the Ping.",
            "The tester, as server, failed the connection with Close 1000 (normal closure).",
            "The closing was not clean.",
        ],
    );
}

#[test]
fn a_server_that_masks_its_frames() {
    let mut report = report("3.7", Some(Vec::new()), Some(Vec::new()));
    report.statistics.tx_frames = vec![(8, 2)];
    report.closing = ClosingBehavior {
        is_server: false,
        closed_by_me: true,
        failed_by_me: true,
        dropped_by_me: false,
        local_close_code: Some(1002),
        local_close_reason: Some("masked\u{1b} frame".to_owned()),
        ..report.closing
    };
    report.behavior_close = BehaviorClose::Failed;
    check(
        &report,
        &[
            "Verdict OK, closing FAILED: no event came, as OK expects; the tester closed first, but the testee should have.",
            "The tester sent a Close without a code with RSV1, RSV2 and RSV3 set though no extension was negotiated.",
            "The server must fail the connection (RFC 6455 5.2, 9.1, 7.1.7).",
            "The server answered with Close 1002 (protocol error).",
            "The tester, as client, failed the connection over what the server sent, with Close 1002 (protocol error) \"masked\\u{1b} frame\".",
        ],
    );
}

#[test]
fn without_a_log_the_table_tells() {
    let sentences = sentences(&explain_case(&report("12.1.11", None, None)));
    assert_eq!(
        sentences.first().map(String::as_str),
        Some(
            "Verdict OK, closing OK in the report, but its events give unknown, closing FAILED: the suite judges section 12 by things that its events do not show; the tester should have closed first but did not."
        )
    );
    assert_eq!(
        sentences.get(1).map(String::as_str),
        Some(
            "The tester sent 1000 compressed text messages of 8192 characters in fragments of 256 bytes, each after the echo of the previous one; the wire log does not show it."
        )
    );
}

#[test]
fn a_connection_that_never_opened_has_no_account_of_frames() {
    let mut report = report("1.1.1", Some(Vec::new()), None);
    report.http_response = None;
    report.closing = ClosingBehavior { is_server: true, ..ClosingBehavior::default() };
    report.behavior = Behavior::Failed;
    report.behavior_close = BehaviorClose::Failed;
    check(
        &report,
        &[
            "Verdict FAILED, closing FAILED: the opening handshake was not completed, so the tester could not run the case.",
        ],
    );
}

#[test]
fn a_case_that_is_not_known_has_only_what_was_seen() {
    let account = explain_case(&report("99.1", Some(vec![hello()]), None));
    assert_eq!((account.about, account.sends.len(), account.fault), (None, 0, None));
    assert_eq!(account.recomputed.behavior_close, None);
    assert!(account.recomputed.agrees);
}

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// What stands in the log of the tester it has read; what the testee has read the log does not tell.
#[test]
fn who_left_a_close_without_an_answer() {
    let close = || frame(8, 0, &[3, 0xe8]);
    let masked = LoggedFrame { masked: Some(true), masking_key: Some([1, 2, 3, 4]), ..close() };
    for (rows, dropped_by_me, expected) in [
        (vec![WireRow::RxFrame(masked)], true, "S CL-REPLY"),
        (vec![WireRow::TxFrame(close())], false, "C CL-REPLY?"),
    ] {
        let dropped = WireRow::TcpDropped { by_me: dropped_by_me };
        let mut report = report("7.1.1", Some(Vec::new()), Some([rows, vec![dropped]].concat()));
        report.closing.dropped_by_me = dropped_by_me;
        report.http_request = Some(REQUEST.to_owned());
        report.http_response = Some(RESPONSE.to_owned());
        let keep = Keep { first: 0, last: 0, payload_bytes: 0, ..Keep::NOTHING };
        let found = findings(&analyze_case(report, &Limits::default(), keep));
        assert!(found.split(", ").any(|finding| finding == expected), "{found}");
    }
}
