use super::*;
use crate::model::case::{CaseId, ClosingBehavior, LoggedData, LoggedFrame, WireStatistics};
use crate::model::suite::SuiteSource;

/// The closing of a case in which the testee did what the suite wants.
fn report(id: &str, behavior: &str, behavior_close: &str) -> CaseReport {
    let id = CaseId::new(id).expect("a number");
    let closed_by_me = cases::find(&id).is_none_or(|case| case.close.closed_by_me);
    let code = cases::find(&id).and_then(|case| case.close.codes.first().copied());
    CaseReport {
        form: ReportForm::Html,
        suite: None,
        agent: "agent".to_owned(),
        id,
        index: None,
        started: None,
        duration_ms: None,
        description: String::new(),
        expectation: String::new(),
        behavior: Behavior::new(behavior),
        behavior_close: BehaviorClose::new(behavior_close),
        result: None,
        result_close: None,
        expected: None,
        received: None,
        expected_close: None,
        closing: ClosingBehavior {
            is_server: true,
            closed_by_me,
            was_clean: true,
            remote_close_code: code,
            ..ClosingBehavior::default()
        },
        http_request: None,
        http_response: Some("HTTP/1.1 101 Switching Protocols\r\n".to_owned()),
        statistics: WireStatistics::default(),
        wire_log: None,
        lacks: Vec::new(),
        is_cut: false,
        notes: Vec::new(),
        inconsistencies: Vec::new(),
    }
}

fn text(text: &str) -> CaseEvent {
    CaseEvent::Message(text.to_owned(), false)
}

fn rx(opcode: u8, len: u64, known: &str) -> WireRow {
    let data = LoggedData { len: Some(len), known: known.as_bytes().to_vec() };
    WireRow::RxFrame(LoggedFrame::plain(opcode, data))
}

fn check(report: &CaseReport, agrees: bool, why: &str) {
    let found = judge(report);
    assert_eq!((found.agrees, found.why.as_str()), (agrees, why), "{found:?}");
}

#[test]
fn the_table_stands_in_for_what_a_page_lacks() {
    let mut page = report("3.2", "OK", "OK");
    page.received = Some(vec![text("Hello, world!")]);
    let closed = "the testee closed first, as it should, and the testee's code 1002 is allowed.";
    let why = format!("The one event, a text message \"Hello, world!\", is what OK expects; {closed}");
    check(&page, true, &why);
    page.received = Some(Vec::new());
    check(&page, false, &format!("No event came, as NON-STRICT expects; {closed}"));
    page.received = Some(vec![text("Hello, world!"), CaseEvent::Pong(String::new())]);
    check(&page, false, &format!("Event 2 is a Pong, but OK expects nothing more; {closed}"));
}

#[test]
fn tests_of_the_closing_in_their_order() {
    let verdict = |change: fn(&mut CaseReport)| {
        let mut report = report("1.1.1", "OK", "OK");
        report.received = Some(vec![text("")]);
        change(&mut report);
        judge(&report).behavior_close.map(|close| close.as_str().to_owned()).unwrap_or_default()
    };
    assert_eq!(verdict(|_| ()), "OK");
    assert_eq!(verdict(|r| r.http_response = None), "FAILED");
    assert_eq!(verdict(|r| r.closing.was_open_handshake_timeout = true), "FAILED");
    // Each fault comes with those that are tested after it.
    assert_eq!(
        verdict(|r| {
            r.closing.closed_by_me = false;
            r.closing.was_clean = false;
        }),
        "FAILED"
    );
    assert_eq!(
        verdict(|r| {
            r.closing.was_clean = false;
            r.closing.remote_close_code = Some(1002);
        }),
        "UNCLEAN"
    );
    assert_eq!(
        verdict(|r| {
            r.closing.remote_close_code = Some(1002);
            r.closing.is_server = false;
            r.closing.dropped_by_me = true;
        }),
        "WRONG CODE"
    );
    assert_eq!(
        verdict(|r| {
            r.closing.is_server = false;
            r.closing.dropped_by_me = true;
        }),
        "FAILED BY CLIENT"
    );
    assert_eq!(verdict(|r| r.closing.remote_close_code = None), "OK");
}

#[test]
fn what_overrules_the_events() {
    let verdict = |id: &str, events: Vec<CaseEvent>, change: fn(&mut CaseReport)| {
        let mut report = report(id, "OK", "OK");
        report.received = Some(events);
        change(&mut report);
        judge(&report).behavior.map(|behavior| behavior.as_str().to_owned())
    };
    let wrong_code: fn(&mut CaseReport) = |r| r.closing.remote_close_code = Some(4000);
    let never_open: fn(&mut CaseReport) = |r| r.http_response = None;
    assert_eq!(verdict("7.9.1", vec![], wrong_code).as_deref(), Some("FAILED"));
    assert_eq!(verdict("2.7", vec![], wrong_code).as_deref(), Some("OK"));
    assert_eq!(verdict("6.3.1", vec![], |r| r.closing.closed_by_me = true).as_deref(), Some("FAILED"));
    assert_eq!(verdict("3.1", vec![], |r| r.closing.closed_by_me = true).as_deref(), Some("OK"));
    assert_eq!(verdict("7.13.1", vec![], never_open).as_deref(), Some("INFORMATIONAL"));
    assert_eq!(verdict("3.1", vec![], never_open).as_deref(), Some("FAILED"));
    assert_eq!(verdict("9.1.1", vec![], |_| ()), None);
    assert_eq!(verdict("99.1", vec![], |_| ()), None);
    let stars = text(&("*".repeat(64) + " ..."));
    assert_eq!(
        verdict("10.1.1", vec![stars], |r| r.statistics.tx_frames = vec![(0, 49), (1, 1), (8, 1)]).as_deref(),
        Some("FAILED")
    );
}

#[test]
fn a_payload_that_differs_behind_the_cut_is_seen_in_the_log() {
    let stars = "*".repeat(64);
    let mut page = report("1.1.2", "FAILED", "OK");
    page.received = Some(vec![text(&format!("{stars} ..."))]);
    page.wire_log = Some(vec![rx(1, 126, &stars)]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Failed));
    page.wire_log = Some(vec![rx(1, 125, &stars)]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Ok));
}

#[test]
fn events_that_are_missing_are_read_from_the_log() {
    let mut page = report("2.2", "OK", "OK");
    check(
        &page,
        true,
        "The report has too few details to compare events; the tester closed first, as it should, the closing \
         was clean, and the testee's code 1000 is allowed.",
    );
    page.wire_log = Some(vec![rx(10, 13, "Hello, world!")]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Ok));
    page.wire_log = Some(vec![rx(10, 13, "Hello, World!")]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Failed));
    page.wire_log = Some(vec![WireRow::Log(false), rx(10, 13, "Hello, world!")]);
    assert_eq!(judge(&page).behavior, None);
}

/// The same, from a suite of that version.
fn from_suite(version: &str, id: &str, behavior: &str, behavior_close: &str) -> CaseReport {
    let version = version.parse().expect("a version");
    let suite = Some(Suite { version, from: SuiteSource::UserAgent });
    CaseReport { suite, ..report(id, behavior, behavior_close) }
}

#[test]
fn the_wrong_closer_is_fatal_since_0_5_7() {
    for (version, behavior) in [("0.5.6", "OK"), ("0.5.7", "FAILED"), ("25.10.1", "FAILED")] {
        let mut page = from_suite(version, "6.3.1", behavior, "FAILED");
        page.received = Some(Vec::new());
        page.closing.closed_by_me = true;
        let found = judge(&page);
        assert_eq!((found.behavior, found.agrees), (Some(Behavior::new(behavior)), true), "{version}");
    }
}

#[test]
fn where_versions_differ_and_none_is_known_that_is_said() {
    for (behavior, agrees) in [("OK", true), ("FAILED", true), ("NON-STRICT", false)] {
        let mut page = report("6.3.1", behavior, "FAILED");
        page.received = Some(Vec::new());
        page.closing.closed_by_me = true;
        let why = "No event came, as OK expects; the case fails if the testee leaves the closing to the tester; the tester \
            closed first, but the testee should have. The report does not say which version of the suite made it; version 0.5.6 would have called the case \
            OK and its closing FAILED.";
        check(&page, agrees, why);
        assert_eq!(judge(&page).behavior, Some(Behavior::Failed));
        // A report that lists what it expects needs no version.
        page.expected_close = Some(ExpectedClose {
            closed_by_me: false,
            codes: vec![1007],
            require_clean: false,
            wrong_endpoint_is_fatal: false,
        });
        assert_eq!(judge(&page).behavior, Some(Behavior::Ok));
    }
}

#[test]
fn a_case_is_what_its_version_has_there() {
    let behavior = |suite: &str, id: &str, event: &str| {
        let mut page = from_suite(suite, id, "OK", "OK");
        page.received = Some(vec![text(event)]);
        judge(&page).behavior
    };
    assert_eq!(behavior("0.5.5", "6.5.1", "κ\u{1f79}σμε"), Some(Behavior::Ok));
    assert_eq!(behavior("0.5.6", "6.5.1", "κ\u{1f79}σμε"), Some(Behavior::Failed));
    assert_eq!(behavior("0.5.2", "6.23.1", "\u{fffd}"), Some(Behavior::Ok));
    assert_eq!(behavior("0.5.3", "6.23.1", "\u{fffd}"), Some(Behavior::Failed));
    // 0.5.3 to 0.5.5 show all text in hex.
    assert_eq!(behavior("0.5.4", "3.2", "0x48656c6c6f2c20776f726c6421"), Some(Behavior::Ok));

    let page = from_suite("0.8.2", "7.9.10", "OK", "OK");
    check(
        &page,
        true,
        "The report has too few details to compare events; version 0.8.2 of the suite has no case 7.9.10.",
    );
}

#[test]
fn without_a_version_the_log_tells_which_case_it_was() {
    let mut page = report("6.5.1", "OK", "OK");
    let sent = |payload: &str| match rx(1, payload.len() as u64, payload) {
        WireRow::RxFrame(frame) => WireRow::TxFrame(frame),
        row => row,
    };
    page.received = Some(vec![text("κ\u{1f79}σμε")]);
    page.wire_log = Some(vec![sent("κ\u{1f79}σμε"), rx(1, 11, "κ\u{1f79}σμε")]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Ok));
    page.wire_log = Some(vec![sent("hello$world"), rx(1, 11, "κ\u{1f79}σμε")]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Failed));
}

#[test]
fn what_the_page_cut_off_is_judged_by_nobody() {
    let mut page = from_suite("0.5.2", "1.1.6", "OK", "OK");
    let stars = "*".repeat(100);
    let echo = |known: &str| match rx(1, 0, known) {
        WireRow::RxFrame(mut frame) => {
            frame.data.len = None;
            WireRow::RxFrame(frame)
        }
        row => row,
    };
    page.wire_log = Some(vec![echo(&stars)]);
    let closed = "the tester closed first, as it should, the closing was clean, and the testee's code 1000 is allowed.";
    let why = "The page shows the events only in part, and of event 1 the wire log shows only the beginning, which is as \
        expected";
    check(&page, true, &format!("{why}; {closed}"));
    assert_eq!(judge(&page).behavior, None);
    // What differs in its beginning differs.
    page.wire_log = Some(vec![echo("*x")]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Failed));
    page.wire_log = Some(vec![echo(&stars), echo(&stars)]);
    assert_eq!(judge(&page).behavior, Some(Behavior::Failed));
}

#[test]
fn a_verdict_that_is_not_recorded_is_not_contradicted() {
    let mut page = report("1.1.1", "FAILED", "");
    page.received = Some(Vec::new());
    assert!(judge(&page).agrees);
}

#[test]
fn what_a_peer_sent_is_escaped_and_cut() {
    let mut page = report("1.1.1", "FAILED", "OK");
    page.received = Some(vec![text(&format!("\u{1b}[31m{}", "x".repeat(100)))]);
    let why = judge(&page).why;
    assert!(why.contains("\\u{1b}") && !why.contains('\u{1b}') && why.len() < 300, "{why}");
}
