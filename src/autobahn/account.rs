//! The facts of a case for its account: what was sent, what that asks of the testee, what the testee did, and why it is
//! not OK where it is not.

mod shortfall;

use crate::autobahn::cases::{self, Case, ExpectedEvent};
use crate::autobahn::seen::{self, Sight, sights};
use crate::autobahn::verdict::{judge, was_open};
use crate::model::case::{
    CaseAccount, CaseEvent, CaseFrame, CasePayload, CaseReport, CaseStep, LoggedData, LoggedFrame, Sent,
    TesteeAct, WireRow, messages_begun,
};
use crate::model::{Conversation, Opcode, Role, RuleId, Starter};

/// What `report` tells of the testee, beside what the case is about; `replayed` is its log, diagnosed.
#[must_use]
pub fn explain_case(report: &CaseReport, replayed: &Conversation) -> CaseAccount {
    let case = cases::of(report);
    let sends = case.map_or_else(Vec::new, |case| case.sends.clone());
    let rows = logged_rows(report);
    let recomputed = judge(report);
    // Where the events confirm it, they say it better than the suite.
    let said = [
        report.result.clone().filter(|_| !recomputed.agrees || recomputed.behavior.is_none()),
        report.result_close.clone().filter(|_| !recomputed.agrees || recomputed.behavior_close.is_none()),
    ];
    let mut account = CaseAccount {
        id: report.id.clone(),
        agent: report.agent.clone(),
        testee: if report.closing.is_server { Role::Client } else { Role::Server },
        about: case.map(|case| case.about),
        sent: sent(report, rows, &sends, replayed),
        fault: case.and_then(fault),
        expected_close: report.expected_close.clone().or_else(|| case.map(|case| case.close.clone())),
        acts: acts(report, rows, &sends, replayed),
        shown_in_part: rows.is_some_and(|rows| {
            let of_frame = |row: &WireRow| match row {
                WireRow::RxFrame(frame) => frame.data.len.is_none() && frame.opcode != Opcode::CLOSE.bits(),
                _ => false,
            };
            rows.iter().any(of_frame)
        }),
        sends,
        closing: report.closing.clone(),
        opened: was_open(report),
        shortfall: None,
        recorded: (report.behavior.clone(), report.behavior_close.clone()),
        said,
        recomputed,
    };
    // What a source does not have is nobody's.
    account.shortfall = if report.is_cut { None } else { shortfall::of(&account, report, replayed) };
    account
}

/// The log, unless it is switched off for the case itself: in 9.1 to 9.6 without a row that says so.
fn logged_rows(report: &CaseReport) -> Option<&[WireRow]> {
    let is_off = [9, 12, 13].contains(&report.id.section());
    report
        .wire_log
        .as_deref()
        .filter(|rows| !is_off && !report.is_cut && !rows.contains(&WireRow::Log(false)))
}

/// What the tester is shown to have sent.
fn sent(report: &CaseReport, rows: Option<&[WireRow]>, sends: &[CaseStep], replayed: &Conversation) -> Sent {
    let stats = &report.statistics;
    match rows {
        Some(rows) => {
            // Octets show what has no row (6.4.3, 6.4.4): begun, at least.
            let tester = if report.closing.is_server { Role::Server } else { Role::Client };
            let begun = usize::try_from(replayed.traffic[tester].data_frames()).unwrap_or(usize::MAX);
            let are_data = frames(sends).all(|frame| !frame.opcode.is_control());
            let begun = if are_data { begun.min(frames(sends).count()) } else { 0 };
            Sent::Frames(logged_frames(sends, rows).max(begun))
        }
        None if report.wire_log.is_none() || stats.tx_frames.is_empty() => Sent::Unknown,
        None => Sent::Messages {
            tester: messages_begun(&stats.tx_frames),
            testee: messages_begun(&stats.rx_frames),
        },
    }
}

/// Number of frames of the case up to the last one the log shows. A frame written through the suite's streaming
/// interface (6.4.3, 6.4.4) has no row: one that follows shows that it was sent.
fn logged_frames(sends: &[CaseStep], rows: &[WireRow]) -> usize {
    let frames: Vec<&CaseFrame> = frames(sends).collect();
    let mut logged = 0;
    // Bytes of a message sent in fragments that are still to come.
    let mut rest = 0;
    for row in rows {
        let WireRow::TxFrame(row) = row else { continue };
        if rest > 0 && row.opcode == Opcode::CONTINUATION.bits() {
            rest -= row.data.len.unwrap_or(rest).min(rest);
            continue;
        }
        let ahead = frames.get(logged..).unwrap_or_default();
        let Some(at) = ahead.iter().position(|frame| is_logged_as(frame, row)) else { continue };
        logged += at + 1;
        if let Some(frame) = ahead.get(at).filter(|frame| frame.fragment_size.is_some()) {
            rest = frame.payload.len().saturating_sub(row.data.len.unwrap_or(0));
        }
    }
    logged
}

fn frames(sends: &[CaseStep]) -> impl Iterator<Item = &CaseFrame> {
    sends.iter().filter_map(CaseStep::frame)
}

fn is_logged_as(frame: &CaseFrame, row: &LoggedFrame) -> bool {
    let len = match frame.fragment_size {
        Some(size) => size.min(frame.payload.len()),
        None => frame.payload.len(),
    };
    let in_fragments = len < frame.payload.len();
    row.opcode == frame.opcode.bits()
        && row.rsv == frame.rsv.0
        && row.fin == (frame.fin && !in_fragments)
        && row.repeat_len.or(row.data.len).is_none_or(|logged| logged == len)
        && frame.payload.bytes().is_none_or(|bytes| {
            let known = &row.data.known;
            bytes.take(known.len()).eq(known.iter().copied()) || is_distorted(&row.data)
        })
}

/// The Python 2 suite writes encoded surrogates as if they were text. A lone one is read as U+FFFD, of the same length;
/// a pair as one code point, shorter than the row says. Then only the length can be compared.
fn is_distorted(data: &LoggedData) -> bool {
    let known = data.known.len() as u64;
    data.len.is_some_and(|len| known < len && known < 60)
        || std::str::from_utf8(&data.known).is_ok_and(|text| text.contains(char::REPLACEMENT_CHARACTER))
}

/// The rule the tester breaks on purpose, and the index of the step that does.
pub(crate) fn fault(case: &Case) -> Option<(RuleId, usize)> {
    let rule = case.rules.iter().find(|rule| rule.broken)?.id?;
    let mut open = false;
    let mut closed = false;
    let mut at = None;
    for (index, step) in case.sends.iter().enumerate() {
        let CaseStep::Frame(frame) = step else { continue };
        let opcode = frame.opcode;
        let data = !opcode.is_control();
        let breaks = match rule {
            RuleId::FrRsv => frame.rsv.0 != 0,
            RuleId::FrOpcode => opcode.is_reserved(),
            RuleId::FrCtlFrag => opcode.is_control() && !frame.fin,
            RuleId::FrCtlLen => opcode.is_control() && frame.payload.len() > 125,
            RuleId::FrContOrphan => opcode == Opcode::CONTINUATION && !open,
            RuleId::FrInterleave => data && opcode != Opcode::CONTINUATION && open,
            RuleId::ClDataAfter => data && closed,
            // Known only once the message is complete.
            RuleId::FrTextUtf8 => data && frame.fin,
            _ => opcode == Opcode::CLOSE,
        };
        if breaks && at.is_none() {
            at = Some(index);
        }
        // An orphan opens nothing.
        if data && (opcode != Opcode::CONTINUATION || open) {
            open = !frame.fin;
        }
        closed |= opcode == Opcode::CLOSE;
    }
    at.map(|at| (rule, at))
}

/// The messages of the tester, whole, as the echoes they ask for; then its Pings, as Pongs.
fn answers(sends: &[CaseStep]) -> (Vec<ExpectedEvent>, Vec<ExpectedEvent>) {
    let (mut echoes, mut pongs) = (Vec::new(), Vec::new());
    let mut message: Option<(bool, CasePayload)> = None;
    for frame in frames(sends) {
        match frame.opcode {
            Opcode::PING => pongs.push(ExpectedEvent::Pong(frame.payload.clone())),
            Opcode::TEXT | Opcode::BINARY => {
                message = Some((frame.opcode == Opcode::BINARY, frame.payload.clone()));
            }
            Opcode::CONTINUATION => {
                if let Some((_, payload)) = &mut message {
                    *payload = joined(payload, &frame.payload);
                }
            }
            _ => continue,
        }
        if frame.fin && !frame.opcode.is_control() {
            echoes.extend(message.take().map(|(binary, payload)| ExpectedEvent::Message(payload, binary)));
        }
    }
    (echoes, pongs)
}

/// Only short payloads come in several frames.
fn joined(a: &CasePayload, b: &CasePayload) -> CasePayload {
    let pattern: Vec<u8> = [a, b].into_iter().flat_map(|part| part.bytes().into_iter().flatten()).collect();
    let len = pattern.len() as u64;
    CasePayload::Bytes { pattern, len }
}

/// What the testee did: from the log, else from the list of events.
fn acts(
    report: &CaseReport,
    rows: Option<&[WireRow]>,
    sends: &[CaseStep],
    replayed: &Conversation,
) -> Vec<TesteeAct> {
    let (echoes, pongs) = answers(sends);
    let mut answered = (vec![false; echoes.len()], vec![false; pongs.len()]);
    let mut out = Vec::new();
    if let Some(rows) = rows {
        for sight in sights(rows, report.closing.failed_by_me) {
            match sight {
                Sight::Event(event) => match event.opcode {
                    Opcode::CONTINUATION => {}
                    Opcode::PING => out.push(TesteeAct::SentPing),
                    Opcode::PONG => {
                        out.push(pong(first(&pongs, &mut answered.1, |ping| event.fits(ping))));
                    }
                    _ => out.push(message(first(&echoes, &mut answered.0, |echo| event.fits(echo)))),
                },
                Sight::Close { data, first } => {
                    out.push(TesteeAct::Closed { code: seen::code(&data), first });
                }
            }
        }
    } else {
        for event in report.received.iter().flatten() {
            let shows = |expected: &ExpectedEvent| expected.is_shown_by(event);
            match event {
                CaseEvent::Message(..) => out.push(message(first(&echoes, &mut answered.0, shows))),
                CaseEvent::Pong(_) => out.push(pong(first(&pongs, &mut answered.1, shows))),
                CaseEvent::Ping(_) => out.push(TesteeAct::SentPing),
                CaseEvent::Timeout(_) | CaseEvent::Other(..) => {}
            }
        }
    }
    let closing = &report.closing;
    // Octets show a Close that the tester refused, and one without a row.
    let testee = if closing.is_server { Role::Client } else { Role::Server };
    let side = &replayed.closing.sides[testee];
    let has_closed = out.iter().any(|act| matches!(act, TesteeAct::Closed { .. }));
    if !has_closed && side.sent_close == Some(true) {
        let first = replayed.closing.started_by == Some(Starter::One(testee));
        out.push(TesteeAct::Closed { code: side.code.map(|code| code.0), first });
    } else if !has_closed && (closing.was_clean || closing.remote_close_code.is_some()) {
        out.push(TesteeAct::Closed { code: closing.remote_close_code, first: !closing.closed_by_me });
    }
    out
}

/// 1-based number of the first one that fits and is not answered yet.
fn first(
    asked: &[ExpectedEvent],
    answered: &mut [bool],
    fits: impl Fn(&ExpectedEvent) -> bool,
) -> Option<usize> {
    let (at, (_, done)) =
        asked.iter().zip(answered).enumerate().find(|(_, (asked, done))| !**done && fits(asked))?;
    *done = true;
    Some(at + 1)
}

fn message(echo: Option<usize>) -> TesteeAct {
    echo.map_or(TesteeAct::SentMessage, TesteeAct::Echoed)
}

fn pong(ping: Option<usize>) -> TesteeAct {
    ping.map_or(TesteeAct::SentPong, TesteeAct::AnsweredPing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::case::CaseId;

    #[track_caller]
    fn check(id: &str, expected: Option<(RuleId, usize)>) {
        let case = cases::find(&CaseId::new(id).expect("a number")).expect("a case");
        assert_eq!(fault(case), expected, "{id}");
    }

    #[test]
    fn the_frame_at_fault() {
        check("1.1.1", None);
        check("2.5", Some((RuleId::FrCtlLen, 0)));
        check("3.2", Some((RuleId::FrRsv, 1)));
        check("4.1.3", Some((RuleId::FrOpcode, 1)));
        check("5.1", Some((RuleId::FrCtlFrag, 0)));
        check("5.9", Some((RuleId::FrContOrphan, 0)));
        check("5.15", Some((RuleId::FrContOrphan, 2)));
        check("5.18", Some((RuleId::FrInterleave, 1)));
        check("6.4.1", Some((RuleId::FrTextUtf8, 4)));
        check("7.1.5", Some((RuleId::ClDataAfter, 2)));
        check("7.5.1", Some((RuleId::ClReasonUtf8, 0)));
    }

    #[test]
    fn every_broken_rule_has_its_frame() {
        for case in cases::all() {
            assert_eq!(fault(case).is_some(), case.rules.iter().any(|rule| rule.broken), "{}", case.id);
        }
    }
}
