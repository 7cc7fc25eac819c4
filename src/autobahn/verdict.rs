//! The verdict judged again, by the tests of the suite and in its order.

use crate::autobahn::cases::{self, Case, ExpectedEvent};
use crate::autobahn::seen::{LoggedEvent, Sight, sights};
use crate::knowledge::words::{or, start_of};
use crate::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseReport, ExpectedClose, Recomputed, WireRow,
};

/// Characters of a payload that an explanation quotes.
const QUOTED: usize = 40;

/// Judges the case of `report` again. What the report lacks is taken from the table of cases and from the wire log.
#[must_use]
pub fn judge(report: &CaseReport) -> Recomputed {
    let case = cases::find(&report.id);
    let close = report.expected_close.as_ref().or(case.map(|case| &case.close));
    let opened = was_open(report);
    let informational = case.is_some_and(|case| case.informational);

    let tested = close.map(|close| closing(report, close, opened));
    let (behavior, on_events) = if informational {
        (Some(Behavior::Informational), "The case cannot pass or fail".to_owned())
    } else {
        behavior(report, case, opened, close, tested.as_ref().map(|(verdict, _)| verdict))
    };
    let (behavior_close, on_closing) = match tested {
        Some((_, why)) if informational => (Some(BehaviorClose::Informational), why),
        Some((verdict, why)) => (Some(verdict), why),
        None => (None, "what the case expects of the closing is not known".to_owned()),
    };
    let agrees = behavior.as_ref().is_none_or(|behavior| *behavior == report.behavior)
        && behavior_close.as_ref().is_none_or(|close| *close == report.behavior_close);
    Recomputed { behavior, behavior_close, agrees, why: format!("{on_events}; {on_closing}.") }
}

/// Whether the opening handshake was completed: the tester then sends, logs or waits for something.
pub(crate) fn was_open(report: &CaseReport) -> bool {
    let statistics = &report.statistics;
    let frames = !statistics.rx_frames.is_empty() || !statistics.tx_frames.is_empty();
    let logged = report.wire_log.iter().flatten().any(|row| {
        !matches!(
            row,
            WireRow::RxOctets(_)
                | WireRow::TxOctets(_)
                | WireRow::TcpDropped { .. }
                | WireRow::Failing
                | WireRow::Unknown(_)
        )
    });
    let silent = report.wire_log.is_none() && statistics.tx_octets.is_empty();
    let upgraded =
        report.http_response.as_ref().and_then(|response| response.split(' ').nth(1)) == Some("101");
    !report.closing.was_open_handshake_timeout && (frames || logged || silent && upgraded)
}

/// The tests of the closing, in the order of the suite.
fn closing(report: &CaseReport, expected: &ExpectedClose, opened: bool) -> (BehaviorClose, String) {
    let seen = &report.closing;
    if !opened {
        return (BehaviorClose::Failed, "the opening handshake was not completed".to_owned());
    }
    if seen.closed_by_me != expected.closed_by_me {
        let why = if seen.closed_by_me {
            "the tester closed first, but the testee should have"
        } else {
            "the tester should have closed first but did not"
        };
        return (BehaviorClose::Failed, why.to_owned());
    }
    if expected.require_clean && !seen.was_clean {
        let why = "the closing was not clean, though this case requires it";
        return (BehaviorClose::Unclean, why.to_owned());
    }
    if let Some(code) = seen.remote_close_code.filter(|code| !expected.codes.contains(code)) {
        let why = format!("the testee's Close has {code}, but the suite allows {}", codes(expected));
        return (BehaviorClose::WrongCode, why);
    }
    if !seen.is_server && seen.dropped_by_me {
        let why = "the tester, as client, ended TCP, which the server should have done";
        return (BehaviorClose::FailedByClient, why.to_owned());
    }
    let first = if expected.closed_by_me { "tester" } else { "testee" };
    let code = match seen.remote_close_code {
        Some(code) => format!("the testee's code {code} is allowed"),
        None => "the testee sent no code".to_owned(),
    };
    let clean = if expected.require_clean { ", the closing was clean" } else { "" };
    (BehaviorClose::Ok, format!("the {first} closed first, as it should{clean}, and {code}"))
}

fn codes(expected: &ExpectedClose) -> String {
    let mut codes: Vec<u16> = expected.codes.clone();
    codes.dedup();
    or(&codes)
}

/// The test of the events, and what overrules it.
fn behavior(
    report: &CaseReport,
    case: Option<&Case>,
    opened: bool,
    close: Option<&ExpectedClose>,
    tested: Option<&BehaviorClose>,
) -> (Option<Behavior>, String) {
    if [9, 12, 13].contains(&report.id.section()) {
        let why =
            format!("The suite judges section {} by things that its events do not show", report.id.section());
        return (None, why);
    }
    if !opened {
        return (Some(Behavior::Failed), "No event could match".to_owned());
    }
    let Some((behavior, why)) = events(report, case) else {
        return (None, "The report has too few details to compare events".to_owned());
    };
    if close.is_some_and(|close| {
        close.wrong_endpoint_is_fatal && close.closed_by_me != report.closing.closed_by_me
    }) {
        let why = format!("{why}; the case fails if the testee leaves the closing to the tester");
        return (Some(Behavior::Failed), why);
    }
    if tested == Some(&BehaviorClose::WrongCode) && case.is_some_and(|case| case.wrong_code_is_fatal) {
        return (Some(Behavior::Failed), format!("{why}; a wrong code fails this case"));
    }
    if let Some(why) = own_frames(report) {
        return (Some(Behavior::Failed), why);
    }
    (Some(behavior), why)
}

/// 10.1.1 counts what the tester itself sent: 65 536 bytes in fragments of 1300 are a text frame and 50 continuations.
fn own_frames(report: &CaseReport) -> Option<String> {
    if report.id.as_str() != "10.1.1" || report.statistics.tx_frames.is_empty() {
        return None;
    }
    let count = |opcode| {
        report.statistics.tx_frames.iter().find(|(of, _)| *of == opcode).map_or(0, |(_, count)| *count)
    };
    let (text, continuation) = (count(1), count(0));
    (text != 1 || continuation != 50).then(|| {
        format!(
            "The tester sent {text} text and {continuation} continuation frames, but the case calls for 1 and 50"
        )
    })
}

/// The first entry that is met, else what differs from the first one.
fn events(report: &CaseReport, case: Option<&Case>) -> Option<(Behavior, String)> {
    let table = case.and_then(|case| case.expects.as_deref());
    let logged = logged(report);
    match (&report.expected, &report.received, table) {
        (Some(expected), Some(received), _) => {
            let same = |entry: &[CaseEvent]| entry == received.as_slice();
            let found = compare(expected, received, same, Clone::clone);
            Some(uncut(found, received, table, logged.as_deref()))
        }
        (None, Some(received), Some(table)) => {
            let same = |entry: &[ExpectedEvent]| {
                entry.len() == received.len()
                    && entry.iter().zip(received).all(|(expected, event)| expected.is_shown_by(event))
            };
            let found = compare(table, received, same, ExpectedEvent::to_event);
            Some(uncut(found, received, Some(table), logged.as_deref()))
        }
        (_, None, Some(table)) => {
            let logged = logged?;
            let received: Vec<CaseEvent> = logged.iter().map(LoggedEvent::to_event).collect();
            Some(compare(table, &received, |entry| fits(entry, &logged), ExpectedEvent::to_event))
        }
        (Some(expected), None, None) => {
            let received: Vec<CaseEvent> = logged?.iter().map(LoggedEvent::to_event).collect();
            Some(compare(expected, &received, |entry| entry == received.as_slice(), Clone::clone))
        }
        (None, _, None) => None,
    }
}

fn fits(entry: &[ExpectedEvent], logged: &[LoggedEvent]) -> bool {
    entry.len() == logged.len() && logged.iter().zip(entry).all(|(event, expected)| event.fits(expected))
}

/// Events of the log; `None` where it is absent, or was switched off.
fn logged(report: &CaseReport) -> Option<Vec<LoggedEvent>> {
    let rows = report.wire_log.as_deref()?;
    if rows.contains(&WireRow::Log(false)) {
        return None;
    }
    let events = sights(rows, report.closing.failed_by_me).into_iter().filter_map(|sight| match sight {
        Sight::Event(event) => Some(event),
        Sight::Close { .. } => None,
    });
    Some(events.collect())
}

/// The list of events shows 64 bytes of each. Where the log tells that a payload differs behind them, so says this.
fn uncut(
    (behavior, why): (Behavior, String),
    received: &[CaseEvent],
    table: Option<&[(Behavior, Vec<ExpectedEvent>)]>,
    logged: Option<&[LoggedEvent]>,
) -> (Behavior, String) {
    let is_cut = received.iter().any(|event| match event {
        CaseEvent::Message(text, _) | CaseEvent::Ping(text) | CaseEvent::Pong(text) => text.ends_with(" ..."),
        _ => false,
    });
    let entry = table.and_then(|table| table.iter().find(|(verdict, _)| *verdict == behavior));
    if let (true, Some((_, entry)), Some(logged)) = (is_cut, entry, logged) {
        let differs = logged.iter().zip(entry).position(|(event, expected)| !event.fits(expected));
        if let Some(at) = differs.filter(|_| logged.len() == entry.len()) {
            let why = format!(
                "The events match {} as far as the report shows them, but the wire log shows that event {} has a \
                 different payload",
                behavior.as_str(),
                at + 1
            );
            return (Behavior::Failed, why);
        }
    }
    (behavior, why)
}

fn compare<E>(
    expected: &[(Behavior, Vec<E>)],
    received: &[CaseEvent],
    same: impl Fn(&[E]) -> bool,
    event: impl Fn(&E) -> CaseEvent,
) -> (Behavior, String) {
    if let Some((verdict, entry)) = expected.iter().find(|(_, entry)| same(entry)) {
        let what = match entry.as_slice() {
            [] => "No event came, as".to_owned(),
            [one] => format!("The one event, {}, is what", describe(&event(one))),
            _ => format!("The {} events are what", entry.len()),
        };
        return (verdict.clone(), format!("{what} {} expects", verdict.as_str()));
    }
    // OK is the entry worth naming; an old report may list another one first.
    let nearest = expected.iter().find(|(verdict, _)| *verdict == Behavior::Ok).or(expected.first());
    let Some((verdict, entry)) = nearest else {
        return (Behavior::Failed, "The case lists no expected events".to_owned());
    };
    let wanted: Vec<CaseEvent> = entry.iter().map(event).collect();
    let at =
        wanted.iter().zip(received).position(|(a, b)| a != b).unwrap_or(wanted.len().min(received.len()));
    let name = |events: &[CaseEvent]| events.get(at).map_or_else(|| "nothing more".to_owned(), describe);
    let (is, wanted_is) = (name(received), name(&wanted));
    let why = if is == wanted_is {
        // What is quoted is the same: they part behind it.
        format!("Event {} is {is}, but differs further on from what {} expects", at + 1, verdict.as_str())
    } else if received.len() > at {
        format!("Event {} is {is}, but {} expects {wanted_is}", at + 1, verdict.as_str())
    } else if at == 0 {
        format!("No event came, but {} expects {wanted_is}", verdict.as_str())
    } else {
        format!("Nothing came after event {at}, but {} expects {wanted_is}", verdict.as_str())
    };
    (Behavior::Failed, why)
}

/// An event in words, its payload quoted in part and escaped.
fn describe(event: &CaseEvent) -> String {
    let quoted = |text: &str| {
        if text.is_empty() {
            return String::new();
        }
        start_of(text, QUOTED).map_or_else(|| format!(" {text:?}"), |start| format!(" {start:?}…"))
    };
    match event {
        CaseEvent::Message(text, binary) => {
            let empty = if text.is_empty() { "an empty" } else { "a" };
            format!("{empty} {} message{}", if *binary { "binary" } else { "text" }, quoted(text))
        }
        CaseEvent::Ping(text) => format!("a Ping{}", quoted(text)),
        CaseEvent::Pong(text) => format!("a Pong{}", quoted(text)),
        CaseEvent::Timeout(tag) => format!("the expiry of timer{}", quoted(tag)),
        CaseEvent::Other(name, _) => format!("the event{}", quoted(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::case::{CaseId, ClosingBehavior, LoggedData, LoggedFrame, ReportForm, WireStatistics};

    /// The closing of a case in which the testee did what the suite wants.
    fn report(id: &str, behavior: &str, behavior_close: &str) -> CaseReport {
        let id = CaseId::new(id).expect("a number");
        let closed_by_me = cases::find(&id).is_none_or(|case| case.close.closed_by_me);
        let code = cases::find(&id).and_then(|case| case.close.codes.first().copied());
        CaseReport {
            form: ReportForm::Html,
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
            inconsistencies: Vec::new(),
        }
    }

    fn text(text: &str) -> CaseEvent {
        CaseEvent::Message(text.to_owned(), false)
    }

    fn rx(opcode: u8, len: u64, known: &str) -> WireRow {
        WireRow::RxFrame(LoggedFrame {
            data: LoggedData { len: Some(len), known: known.as_bytes().to_vec() },
            opcode,
            fin: true,
            rsv: 0,
            masked: None,
            masking_key: None,
            repeat_len: None,
            chop_size: None,
        })
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
            verdict("10.1.1", vec![stars], |r| r.statistics.tx_frames = vec![(0, 49), (1, 1), (8, 1)])
                .as_deref(),
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

    #[test]
    fn what_a_peer_sent_is_escaped_and_cut() {
        let mut page = report("1.1.1", "FAILED", "OK");
        page.received = Some(vec![text(&format!("\u{1b}[31m{}", "x".repeat(100)))]);
        let why = judge(&page).why;
        assert!(why.contains("\\u{1b}") && !why.contains('\u{1b}') && why.len() < 300, "{why}");
    }
}
