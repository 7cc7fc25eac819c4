//! The account of an Autobahn case, from the report to its sentences.

use wslog::engine::{Keep, analyze_case};
use wslog::limits::Limits;
use wslog::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, ClosingBehavior, LoggedData, LoggedFrame,
    ReportForm, WireRow, WireStatistics,
};
use wslog::redact::{Redaction, seal};
use wslog::views::account::sentences;

use crate::support::script::findings;

/// A report of a case in which the client closed with 1002 and the server answered and ended TCP.
pub(crate) fn report(id: &str, received: Option<Vec<CaseEvent>>, rows: Option<Vec<WireRow>>) -> CaseReport {
    CaseReport {
        form: ReportForm::Text,
        suite: None,
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
        lacks: Vec::new(),
        is_cut: false,
        notes: Vec::new(),
        inconsistencies: Vec::new(),
    }
}

fn frame(opcode: u8, rsv: u8, bytes: &[u8]) -> LoggedFrame {
    LoggedFrame { rsv, ..LoggedFrame::plain(opcode, LoggedData::whole(bytes)) }
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

/// Its sentences.
pub(crate) fn told(report: &CaseReport) -> Vec<String> {
    let replayed = analyze_case(report.clone(), &Limits::DEFAULT, Keep::NOTHING);
    sentences(&seal(replayed, Redaction::Nothing).open())
}

#[track_caller]
fn check(report: &CaseReport, expected: &[&str]) {
    assert_eq!(told(report), expected);
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
            // Its rows do not tell the masks of what the client sent.
            "By the tester's account the closing was clean.",
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
            "To fix: fail the connection on receiving a text frame with RSV2 set though no extension was negotiated (RFC 6455 5.2, 9.1, 7.1.7); the client carried on.",
            "Verdict FAILED, closing FAILED: event 2 is a text message \"Hello, world!\", but OK expects nothing more; the tester closed first, but the testee should have.",
            SENT,
            ASKED,
            "The client carried on: it sent no Close after echoing 2 messages and answering the Ping.",
            "The tester, as server, failed the connection with Close 1000 (normal closure).",
            "By the tester's account it did not close cleanly.",
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
            "To fix: what the tester failed the connection for (RFC 6455 7.1.7), with Close 1002 (protocol error) \"masked\\u{1b} frame\".",
            "Verdict OK, closing FAILED: no event came, as OK expects; the tester closed first, but the testee should have.",
            "The case has the tester send a Close without a code with RSV1, RSV2 and RSV3 set though no extension was negotiated; the log shows none of that.",
            "The server answered with Close 1002 (protocol error).",
            "The tester, as client, failed the connection over what the server sent, with Close 1002 (protocol error) \"masked\\u{1b} frame\".",
            "By the tester's account the closing was clean.",
        ],
    );
}

#[test]
fn without_a_log_the_table_tells() {
    let sentences = told(&report("12.1.11", None, None));
    assert_eq!(
        sentences.first().map(String::as_str),
        Some(
            "Verdict OK, closing OK in the report, but its events give unknown, closing FAILED: the suite judges section 12 by things that its events do not show; the tester should have closed first but did not."
        )
    );
    assert_eq!(
        sentences.get(1).map(String::as_str),
        Some(
            "The case has the tester send 1000 compressed text messages of 8192 characters in fragments of 256 bytes, each after the echo of the previous one; the report does not show what was sent."
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
            "To fix: complete the opening handshake (RFC 6455 4.1); the report shows no answer to the client's request.",
            "Verdict FAILED, closing FAILED: the opening handshake was not completed, so the tester could not run the case.",
        ],
    );
}

#[test]
fn a_case_that_is_not_known_has_only_what_was_seen() {
    let replayed = analyze_case(report("99.1", Some(vec![hello()]), None), &Limits::DEFAULT, Keep::NOTHING);
    let opened = seal(replayed, Redaction::Nothing).open();
    let account = &opened.case.as_deref().expect("a case").account;
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

/// One line of what the tester had before it: its rows, from `T` the tester's and from `L` the library's frames.
fn rows(log: &str) -> Vec<WireRow> {
    let row = |act: &str| {
        let (from, frame_of) = act.split_at(2);
        let mut words = frame_of.split(' ');
        let opcode = match words.next() {
            Some("text") => 1,
            Some("close") => 8,
            Some("ping") => 9,
            Some("pong") => 10,
            other => panic!("{other:?}"),
        };
        let body = words.next().unwrap_or_default();
        let body =
            body.parse().map_or_else(|_| body.as_bytes().to_vec(), |code: u16| code.to_be_bytes().to_vec());
        let row = frame(opcode, 0, &body);
        if from == "T " { WireRow::TxFrame(row) } else { WireRow::RxFrame(row) }
    };
    log.split(" | ").filter(|act| !act.is_empty()).map(row).collect()
}

/// The first sentence of a case that is not OK says what to change. `verdict` is `BEHAVIOR/CLOSE`.
#[track_caller]
fn fix(id: &str, verdict: &str, log: &str, change: fn(&mut CaseReport), expected: &str) {
    let (behavior, close) = verdict.split_once('/').expect("two verdicts");
    let mut report = report(id, None, Some(rows(log)));
    report.behavior = Behavior::new(behavior);
    report.behavior_close = BehaviorClose::new(close);
    report.closing.closed_by_me = true;
    report.closing.remote_close_code = Some(1000);
    change(&mut report);
    assert_eq!(told(&report).first().map(String::as_str), Some(expected));
}

#[test]
fn what_to_change() {
    let same: fn(&mut CaseReport) = |_| ();
    let as_client: fn(&mut CaseReport) = |report| report.closing.is_server = false;
    fix(
        "1.1.2",
        "FAILED/OK",
        "T text aaa | T close 1000 | L close 1000",
        same,
        "To fix: receive every message whole and send it back unchanged (RFC 6455 6.2); the message did not come back.",
    );
    fix(
        "1.1.2",
        "FAILED/OK",
        "L text aaa | T close 1000 | L close 1000",
        same,
        "To fix: receive every message whole and send it back unchanged (RFC 6455 6.2); the message came back changed.",
    );
    fix(
        "2.2",
        "FAILED/OK",
        "T close 1000 | L close 1000",
        same,
        "To fix: answer a Ping with a Pong that carries its payload (RFC 6455 5.5.2, 5.5.3); the client answered the Ping not at all.",
    );
    fix(
        "2.10",
        "FAILED/OK",
        "L pong x | L close 1000",
        as_client,
        "To fix: answer a Ping with a Pong that carries its payload (RFC 6455 5.5.2, 5.5.3); the server answered Ping 1 of 10 with another payload.",
    );
    fix(
        "2.7",
        "FAILED/OK",
        "L pong x | L close 1000",
        same,
        "To fix: send nothing but answers; the client sent a Pong that answers nothing the tester sent.",
    );
    fix(
        "3.2",
        "NON-STRICT/OK",
        "L close 1002",
        |report| {
            report.closing.closed_by_me = false;
            report.closing.remote_close_code = Some(1002);
        },
        "To pass strictly: send back message 1 before failing the connection, as it came whole before the fault; the client failed it first, which RFC 6455 7.1.7 allows.",
    );
    fix(
        "6.4.1",
        "NON-STRICT/OK",
        "L close 1007",
        |report| {
            report.closing.closed_by_me = false;
            report.closing.remote_close_code = Some(1007);
            report.received = Some(["A", "B"].map(|tag| CaseEvent::Timeout(tag.to_owned())).to_vec());
        },
        "To pass strictly: fail the connection at the first octet that cannot be UTF-8 (RFC 6455 8.1); the client did so only when the whole message had come.",
    );
    fix(
        "5.1",
        "OK/FAILED",
        "T ping a",
        |report| report.closing.failed_by_me = true,
        "To fix: fail the connection on receiving a Ping with FIN clear, as the suite expects and the RFC allows (RFC 6455 5.4, 5.5, 10.7); the client carried on.",
    );
    fix(
        "7.1.1",
        "FAILED/FAILED",
        "L close 1008",
        |report| report.closing.closed_by_me = false,
        "To fix: keep the connection open, as nothing in this case calls for its end (RFC 6455 7.1.7), and leave closing it to the tester; the client sent Close 1008 (policy violation) first.",
    );
    fix(
        "7.1.1",
        "FAILED/WRONG CODE",
        "T text Hello | L text Hello | L close 4999",
        same,
        "To fix: receive every message whole and send it back unchanged (RFC 6455 6.2); the message came back changed.",
    );
    fix(
        "7.1.5",
        "FAILED/WRONG CODE",
        "L close 1002",
        same,
        "To fix: answer the Close with 1000, or without a code (RFC 6455 5.5.1, 7.4.1); the client sent Close 1002 (protocol error).",
    );
    // The suite notes 1000 for a code that it could not read.
    fix(
        "7.9.2",
        "FAILED/WRONG CODE",
        "T close 999 | L close 999",
        same,
        "To fix: fail the connection with 1002 on receiving Close 999 (RFC 6455 5.5.1, 7.4.2, 7.4.1); the client sent Close 999.",
    );
    fix(
        "7.3.1",
        "OK/UNCLEAN",
        "T close",
        |report| {
            report.closing.was_clean = false;
            report.closing.remote_close_code = None;
            report.closing.was_not_clean_reason = Some("peer dropped the TCP connection".to_owned());
        },
        "To fix: complete the closing handshake before TCP ends (RFC 6455 5.5.1, 7.1.2); the client sent no Close: \"peer dropped the TCP connection\".",
    );
    fix(
        "7.3.3",
        "OK/FAILED BY CLIENT",
        "T close 1000 | L close 1000",
        as_client,
        "To fix: end TCP once both Closes were sent, as a server should (RFC 6455 7.1.1); this one left it to the client.",
    );
    fix(
        "9.1.1",
        "FAILED/OK",
        "T close 1000",
        |report| report.result = Some("Did not receive message within 10 seconds.".to_owned()),
        "To fix: what the suite says, for the log does not show what went wrong.",
    );
    fix(
        "1.1.1",
        "FAILED/FAILED",
        "",
        |report| report.http_response = Some("HTTP/1.1 400 Bad Request".to_owned()),
        "To fix: complete the opening handshake (RFC 6455 4.1); the report shows no answer to the client's request.",
    );
}

const OFFERS: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n";

#[test]
fn what_was_not_negotiated() {
    let mut report = report("13.3.1", Some(Vec::new()), Some(vec![WireRow::Log(false)]));
    report.behavior = Behavior::Unimplemented;
    report.result = Some("Permessage-deflate not negotiated.".to_owned());
    report.closing = ClosingBehavior {
        is_server: false,
        closed_by_me: true,
        dropped_by_me: false,
        remote_close_code: Some(1000),
        ..report.closing
    };
    report.statistics.tx_frames = vec![(8, 1)];
    report.statistics.rx_frames = vec![(8, 1)];
    report.http_request = Some(OFFERS.to_owned());
    report.http_response = Some(RESPONSE.to_owned());
    let told = told(&report);
    let says = |at: usize| told.get(at).map(String::as_str).unwrap_or_default();
    assert_eq!(
        says(0),
        "To have this tested: negotiate permessage-deflate as the case asks (RFC 7692 5, 7.1); the tester offered \"permessage-deflate; client_max_window_bits\", and the server accepted no extension."
    );
    assert_eq!(says(3), "The suite says: \"Permessage-deflate not negotiated\".");
    assert!(says(4).ends_with("but by its statistics no message was sent."), "{told:#?}");
    assert_eq!(told.last().map(String::as_str), Some("By the tester's account the closing was clean."));
    assert!(!told.iter().any(|sentence| sentence.contains("gap") || sentence.contains("legal")), "{told:#?}");
}
