//! The verdict judged again, by the tests of the suite and in its order.

use std::iter;

use crate::autobahn::cases::{self, Case, ExpectedEvent};
use crate::autobahn::seen::{LoggedEvent, Sight, sights};
use crate::knowledge::words::{or, start_of};
use crate::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, ClosingBehavior, ExpectedClose, Recomputed,
    ReportForm, ReportPart, WireRow,
};
use crate::model::suite::{Suite, Version};

/// Characters of a payload that an explanation quotes.
const QUOTED: usize = 40;

/// Judges the case of `report` again, by the tests of the suite that made it. What the report lacks is taken from the table of
/// cases and from the wire log.
#[must_use]
pub fn judge(report: &CaseReport) -> Recomputed {
    if !report.has(ReportPart::Closing) {
        let why = "The source lacks what the tester noted about the closing.".to_owned();
        return Recomputed { behavior: None, behavior_close: None, agrees: true, why };
    }
    match report.suite {
        Some(Suite { version, .. }) => judge_by(report, cases::find_in(&report.id, version), version),
        None => judge_by_any(report),
    }
}

/// Where no version is known: by the newest, and what others would have said where that differs.
fn judge_by_any(report: &CaseReport) -> Recomputed {
    let mut suites = cases::candidates(report).flat_map(|case| {
        let last = case.span.until.unwrap_or(Version::NEWEST);
        let differs = case.close.wrong_endpoint_is_fatal && report.expected_close.is_none();
        let before =
            Some(Version::BEFORE_CLOSER_IS_FATAL).filter(|version| differs && case.span.contains(*version));
        iter::once((case, last)).chain(before.map(|before| (case, before)))
    });
    let Some((case, newest)) = suites.next() else { return judge_by(report, None, Version::NEWEST) };
    let mut found = judge_by(report, Some(case), newest);
    let mut others = Vec::new();
    for (case, version) in suites {
        let other = judge_by(report, Some(case), version);
        if (&other.behavior, &other.behavior_close) != (&found.behavior, &found.behavior_close) {
            found.agrees |= other.agrees;
            others.push(format!("version {version} would have called {}", in_words(&other)));
        }
    }
    if !others.is_empty() {
        let others = others.join("; ");
        found.why =
            format!("{} The report does not say which version of the suite made it; {others}.", found.why);
    }
    found
}

/// `the case OK and its closing FAILED`.
fn in_words(found: &Recomputed) -> String {
    let behavior = found.behavior.as_ref().map_or("unclear", Behavior::as_str);
    let close = found.behavior_close.as_ref().map_or("unclear", BehaviorClose::as_str);
    format!("the case {behavior} and its closing {close}")
}

fn judge_by(report: &CaseReport, case: Option<&Case>, version: Version) -> Recomputed {
    let close = report.expected_close.clone().or_else(|| case.map(|case| case.close_in(version)));
    let close = close.as_ref();
    let opened = was_open(report);
    let informational = case.is_some_and(|case| case.informational);

    let tested = close.map(|close| {
        let verdict = closing(&report.closing, close, opened);
        let why = why_closing(&verdict, &report.closing, close, opened);
        (verdict, why)
    });
    let (behavior, on_events) = if informational {
        (Some(Behavior::Informational), "The case cannot pass or fail".to_owned())
    } else {
        behavior(report, case, opened, close, tested.as_ref().map(|(verdict, _)| verdict))
    };
    let (behavior_close, on_closing) = match tested {
        Some((_, why)) if informational => (Some(BehaviorClose::Informational), why),
        Some((verdict, why)) => (Some(verdict), why),
        None if case.is_none() && report.suite.is_some() => {
            (None, format!("version {version} of the suite has no case {}", report.id))
        }
        None => (None, "what the case expects of the closing is not known".to_owned()),
    };
    // A word that is not there contradicts nothing.
    let agrees = |recorded: Option<&str>, judged: Option<&str>| {
        recorded.is_none_or(|recorded| judged.is_none_or(|judged| judged == recorded))
    };
    let agrees = agrees(report.behavior.told(), behavior.as_ref().map(Behavior::as_str))
        && agrees(report.behavior_close.told(), behavior_close.as_ref().map(BehaviorClose::as_str));
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
fn closing(seen: &ClosingBehavior, expected: &ExpectedClose, opened: bool) -> BehaviorClose {
    if !opened || seen.closed_by_me != expected.closed_by_me {
        BehaviorClose::Failed
    } else if expected.require_clean && !seen.was_clean {
        BehaviorClose::Unclean
    } else if seen.remote_close_code.is_some_and(|code| !expected.codes.contains(&code)) {
        BehaviorClose::WrongCode
    } else if !seen.is_server && seen.dropped_by_me {
        BehaviorClose::FailedByClient
    } else {
        BehaviorClose::Ok
    }
}

/// Why the tests of the closing came to this.
fn why_closing(
    verdict: &BehaviorClose,
    seen: &ClosingBehavior,
    expected: &ExpectedClose,
    opened: bool,
) -> String {
    match (verdict, seen.remote_close_code) {
        _ if !opened => "the opening handshake was not completed".to_owned(),
        (BehaviorClose::Failed, _) if seen.closed_by_me => {
            "the tester closed first, but the testee should have".to_owned()
        }
        (BehaviorClose::Failed, _) => "the tester should have closed first but did not".to_owned(),
        (BehaviorClose::Unclean, _) => "the closing was not clean, though this case requires it".to_owned(),
        (BehaviorClose::WrongCode, Some(code)) => {
            format!("the testee's Close has {code}, but the suite allows {}", codes(expected))
        }
        (BehaviorClose::FailedByClient, _) => {
            "the tester, as client, ended TCP, which the server should have done".to_owned()
        }
        (_, code) => {
            let first = if expected.closed_by_me { "tester" } else { "testee" };
            let code = match code {
                Some(code) => format!("the testee's code {code} is allowed"),
                None => "the testee sent no code".to_owned(),
            };
            let clean = if expected.require_clean { ", the closing was clean" } else { "" };
            format!("the {first} closed first, as it should{clean}, and {code}")
        }
    }
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
    let (behavior, why) = match events(report, case) {
        Some((Some(behavior), why)) => (behavior, why),
        Some((None, why)) => return (None, why),
        None => return (None, "The report has too few details to compare events".to_owned()),
    };
    let closer = close.filter(|close| close.wrong_endpoint_is_fatal).map(|close| close.closed_by_me);
    let fatal_code = tested.filter(|_| case.is_some_and(|case| case.wrong_code_is_fatal));
    let frames = report.statistics.tx_frames.as_slice();
    match overruled(&report.id, &report.closing, (closer, fatal_code), frames) {
        Some(by) => (Some(Behavior::Failed), by.told_behind(&why)),
        None => (Some(behavior), why),
    }
}

/// What fails a case whatever its events.
enum Overruled {
    Closer,
    Code,
    OwnFrames { text: u64, continuation: u64 },
}

impl Overruled {
    /// With what the events say.
    fn told_behind(&self, why: &str) -> String {
        match self {
            Self::Closer => format!("{why}; the case fails if the testee leaves the closing to the tester"),
            Self::Code => format!("{why}; a wrong code fails this case"),
            Self::OwnFrames { text, continuation } => format!(
                "The tester sent {text} text and {continuation} continuation frames, but the case calls for 1 and 50"
            ),
        }
    }
}

/// Whether something overrules the events: the side that closed, where there is one that must have; the code, where a wrong one
/// is fatal; or what the tester sent.
fn overruled(
    id: &CaseId,
    seen: &ClosingBehavior,
    (closer, fatal_code): (Option<bool>, Option<&BehaviorClose>),
    frames: &[(u64, u64)],
) -> Option<Overruled> {
    if closer.is_some_and(|closed_by_me| closed_by_me != seen.closed_by_me) {
        return Some(Overruled::Closer);
    }
    if fatal_code == Some(&BehaviorClose::WrongCode) {
        return Some(Overruled::Code);
    }
    own_frames(id, frames)
}

/// 10.1.1 counts what the tester itself sent: 65 536 bytes in fragments of 1300 are a text frame and 50 continuations.
fn own_frames(id: &CaseId, frames: &[(u64, u64)]) -> Option<Overruled> {
    if id.as_str() != "10.1.1" || frames.is_empty() {
        return None;
    }
    let count = |opcode| frames.iter().find(|(of, _)| *of == opcode).map_or(0, |(_, count)| *count);
    let (text, continuation) = (count(1), count(0));
    (text != 1 || continuation != 50).then_some(Overruled::OwnFrames { text, continuation })
}

/// The verdicts of a case that was opened, without words: by what its events come to, how it closed, and the frames of the
/// tester by opcode. `None` where the events come to nothing.
pub(super) fn verdicts(
    case: &Case,
    version: Version,
    by_events: Option<Behavior>,
    seen: &ClosingBehavior,
    frames: &[(u64, u64)],
) -> (Option<Behavior>, BehaviorClose) {
    if case.informational {
        return (Some(Behavior::Informational), BehaviorClose::Informational);
    }
    let tested = closing(seen, &case.close, true);
    let closer = case.closer_is_fatal(version).then_some(case.close.closed_by_me);
    let fatal_code = case.wrong_code_is_fatal.then_some(&tested);
    let behavior = by_events.map(|behavior| {
        overruled(&case.id, seen, (closer, fatal_code), frames).map_or(behavior, |_| Behavior::Failed)
    });
    (behavior, tested)
}

/// The first entry that is met, else what differs from the first one; no verdict where what is known of the events fits more
/// than one.
fn events(report: &CaseReport, case: Option<&Case>) -> Option<(Option<Behavior>, String)> {
    let table = case.and_then(|case| case.expects.as_deref());
    let logged = logged(report);
    let (behavior, why) = match (&report.expected, &report.received, table) {
        (Some(expected), Some(received), _) => {
            let same = |entry: &[CaseEvent]| entry == received.as_slice();
            let found = compare(expected, received, same, Clone::clone);
            uncut(found, received, table, logged.as_deref())
        }
        (None, Some(received), Some(table)) => {
            let same = |entry: &[ExpectedEvent]| {
                entry.len() == received.len()
                    && entry.iter().zip(received).all(|(expected, event)| expected.is_shown_by(event))
            };
            let found = compare(table, received, same, ExpectedEvent::to_event);
            uncut(found, received, Some(table), logged.as_deref())
        }
        (_, None, Some(table)) => {
            let logged = logged?;
            if let Some(at) = unknown_end(table, &logged) {
                return Some((None, in_part(report, at)));
            }
            let received: Vec<CaseEvent> = logged.iter().map(LoggedEvent::to_event).collect();
            compare(table, &received, |entry| fits(entry, &logged), ExpectedEvent::to_event)
        }
        (Some(expected), None, None) => {
            let received: Vec<CaseEvent> = logged?.iter().map(LoggedEvent::to_event).collect();
            compare(expected, &received, |entry| entry == received.as_slice(), Clone::clone)
        }
        (None, _, None) => return None,
    };
    Some((Some(behavior), why))
}

/// Index of the first event of which the log shows so little that an entry may be met or not.
fn unknown_end(table: &[(Behavior, Vec<ExpectedEvent>)], logged: &[LoggedEvent]) -> Option<usize> {
    table.iter().find(|(_, entry)| fits(entry, logged))?;
    logged.iter().position(|event| event.data.len.is_none())
}

fn in_part(report: &CaseReport, at: usize) -> String {
    let list = match report.form {
        ReportForm::Json => "The report does not list the events",
        ReportForm::Html | ReportForm::Text => "The page shows the events only in part",
    };
    format!("{list}, and of event {} the wire log shows only the beginning, which is as expected", at + 1)
}

fn fits(entry: &[ExpectedEvent], logged: &[LoggedEvent]) -> bool {
    entry.len() == logged.len() && logged.iter().zip(entry).all(|(event, expected)| event.fits(expected))
}

/// Events of the log; `None` where it is absent, or was switched off.
fn logged(report: &CaseReport) -> Option<Vec<LoggedEvent>> {
    let rows = report.wire_log.as_deref().filter(|_| !report.is_cut)?;
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
mod tests;
