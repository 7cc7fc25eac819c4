//! What a testee has to change: the first that holds of what a maintainer would look at.
//!
//! ```text
//!  passes ─► nothing   never tested ─► handshake, negotiation
//!  what it sent breaks a clause ─► what it made of what it received ─► how it closed ─► the suite's words
//! ```

use crate::autobahn::account::{answers, frames};
use crate::autobahn::seen::{Sight, sights};
use crate::knowledge::{Blame, CauseId};
use crate::model::case::{
    Behavior, BehaviorClose, CaseAccount, CaseEvent, CaseReport, CaseStep, Shortfall, TesteeAct, Unanswered,
};
use crate::model::{Conversation, Finding, Level, Opcode, Role, RuleId};

/// Why the case is not OK; `None` where it is.
pub(super) fn of(account: &CaseAccount, report: &CaseReport, replayed: &Conversation) -> Option<Shortfall> {
    let (behavior, close) = &account.recorded;
    let passes = matches!(behavior, Behavior::Ok | Behavior::Informational)
        && matches!(close, BehaviorClose::Ok | BehaviorClose::Informational);
    if passes {
        return None;
    }
    if !account.opened {
        return Some(breach(account, replayed, |_| true).unwrap_or(Shortfall::Handshake));
    }
    if *behavior == Behavior::Unimplemented {
        return Some(Shortfall::NotNegotiated);
    }
    let is_closing = |rule: RuleId| rule.name().starts_with("CL-");
    let is_opening = |rule: RuleId| rule.name().starts_with("HS-");
    breach(account, replayed, |rule| !is_closing(rule) && !is_opening(rule))
        .or_else(|| unfounded(account, replayed))
        .or_else(|| events(account, report, replayed))
        .or_else(|| breach(account, replayed, is_closing))
        .or_else(|| closing(account))
        .or(Some(Shortfall::Said))
}

/// A clause that the testee broke: the one that ended the connection, else the first.
fn breach(
    account: &CaseAccount,
    replayed: &Conversation,
    is_meant: impl Fn(RuleId) -> bool,
) -> Option<Shortfall> {
    let testee = account.testee;
    let mut broken = replayed
        .findings
        .iter()
        .filter(|f| f.level == Level::Must && f.by == Some(testee) && replayed.counts(f))
        .map(|finding| finding.violation.rule())
        // What it should have done about the tester's fault is said of that, even where it sent the fault back.
        .filter(|rule| *rule != RuleId::ClNotFailed && Some(*rule) != account.fault.map(|(rule, _)| rule))
        .filter(|rule| is_meant(*rule));
    let of_cause = replayed.closing.cause.as_ref().filter(|cause| cause.by == Some(Blame::from(testee)));
    let of_cause = of_cause.and_then(|cause| cause.rule);
    let first = broken.next()?;
    let rule = if broken.any(|rule| Some(rule) == of_cause) { of_cause.unwrap_or(first) } else { first };
    Some(Shortfall::Broke(rule))
}

fn unfounded(account: &CaseAccount, replayed: &Conversation) -> Option<Shortfall> {
    let cause = replayed.closing.cause.as_ref()?;
    let is_it = cause.id() == CauseId::UnfoundedFailure && cause.by == Some(Blame::from(account.testee));
    is_it.then_some(Shortfall::Unfounded)
}

/// What the testee made of what it received.
fn events(account: &CaseAccount, report: &CaseReport, replayed: &Conversation) -> Option<Shortfall> {
    let behavior = &account.recorded.0;
    if let Some((rule, _)) = account.fault {
        if carried_on(account) || sent_back(account, rule, replayed) {
            return Some(Shortfall::CarriedOn);
        }
        if *behavior == Behavior::NonStrict {
            let late = timers(report) > 1;
            let unsent = no_echo(account).map(|echo| Shortfall::Hasty(echo.number));
            return if late { Some(Shortfall::LateUtf8) } else { unsent };
        }
    } else if closed_first(account) {
        return Some(Shortfall::ClosedFirst);
    }
    if account.failed_for_a_fault() {
        return Some(Shortfall::Failed);
    }
    if *behavior == Behavior::Ok || [9, 12, 13].contains(&account.id.section()) {
        return None;
    }
    let unasked = || {
        let unasked = |act: &TesteeAct| {
            matches!(act, TesteeAct::SentMessage | TesteeAct::SentPong | TesteeAct::SentPing)
        };
        account.acts.iter().any(unasked).then_some(Shortfall::Unasked)
    };
    no_echo(account)
        .map(Shortfall::NoEcho)
        .or_else(|| no_pong(account).map(Shortfall::NoPong))
        .or_else(unasked)
}

/// Timers of the tester that ran out while it waited for the connection to be failed.
fn timers(report: &CaseReport) -> usize {
    let is_timer = |event: &&CaseEvent| matches!(event, CaseEvent::Timeout(_));
    match &report.received {
        Some(received) => received.iter().filter(is_timer).count(),
        None => {
            let rows = report.wire_log.as_deref().unwrap_or_default();
            let is_timer =
                |sight: &Sight| matches!(sight, Sight::Event(event) if event.opcode == Opcode::CONTINUATION);
            sights(rows, report.closing.failed_by_me).iter().filter(|sight| is_timer(sight)).count()
        }
    }
}

/// The testee was to end the connection for a fault, and the tester lost patience; or it answered what came after the fault.
fn carried_on(account: &CaseAccount) -> bool {
    let Some((_, at)) = account.fault else { return false };
    let waited_in_vain = !account.failed_for_a_fault()
        && account.closing.closed_by_me
        && account.expected_close.as_ref().is_some_and(|close| !close.closed_by_me);
    let (echoes, pongs) = answers(account.sends.get(..at).unwrap_or_default());
    let answers_later = |act: &TesteeAct| match act {
        TesteeAct::Echoed(number) => *number > echoes.len(),
        TesteeAct::AnsweredPing(number) => *number > pongs.len(),
        _ => false,
    };
    waited_in_vain || account.acts.iter().any(answers_later)
}

/// The testee broke the same rule: it sent back what it should have ended the connection for. A code that comes back is told
/// as a wrong one.
fn sent_back(account: &CaseAccount, fault: RuleId, replayed: &Conversation) -> bool {
    let is_it =
        |f: &Finding| f.by == Some(account.testee) && f.violation.rule() == fault && replayed.counts(f);
    !fault.name().starts_with("CL-") && replayed.findings.iter().any(is_it)
}

fn closed_first(account: &CaseAccount) -> bool {
    let should_wait = account.expected_close.as_ref().is_some_and(|close| close.closed_by_me);
    should_wait && !account.closing.closed_by_me
}

/// What was sent that calls for an answer: before any fault, and before the tester's Close.
fn to_answer(account: &CaseAccount) -> &[CaseStep] {
    let sends = account.sends.as_slice();
    let is_close = |step: &CaseStep| step.frame().is_some_and(|frame| frame.opcode == Opcode::CLOSE);
    let end = sends.iter().position(is_close).unwrap_or(sends.len());
    let end = account.fault.map_or(end, |(_, at)| end.min(at));
    sends.get(..end).unwrap_or_default()
}

/// The first message that did not come back.
fn no_echo(account: &CaseAccount) -> Option<Unanswered> {
    let of = answers(to_answer(account)).0.len();
    let is_back = |number| account.acts.contains(&TesteeAct::Echoed(number));
    let number = (1..=of).find(|number| !is_back(*number))?;
    Some(Unanswered { number, of, differs: account.acts.contains(&TesteeAct::SentMessage) })
}

/// The first Ping that was not answered.
fn no_pong(account: &CaseAccount) -> Option<Unanswered> {
    let of = frames(to_answer(account)).filter(|frame| frame.opcode == Opcode::PING).count();
    let is_answered = |number| account.acts.contains(&TesteeAct::AnsweredPing(number));
    let number = (1..=of).find(|number| !is_answered(*number))?;
    Some(Unanswered { number, of, differs: account.acts.contains(&TesteeAct::SentPong) })
}

/// How the testee closed, by the verdict on it.
fn closing(account: &CaseAccount) -> Option<Shortfall> {
    let closing = &account.closing;
    let left_tcp = account.testee == Role::Server && closing.dropped_by_me;
    match &account.recorded.1 {
        // The tester notes an invalid code as 1000: what was seen comes first.
        BehaviorClose::WrongCode => closed_with(account).or(closing.remote_close_code).map(Shortfall::Code),
        BehaviorClose::FailedByClient if left_tcp => Some(Shortfall::LeftTcp),
        BehaviorClose::Unclean if left_tcp && closing.remote_close_code.is_some() => Some(Shortfall::LeftTcp),
        BehaviorClose::Unclean | BehaviorClose::Failed => Some(Shortfall::NoClose),
        _ => None,
    }
}

fn closed_with(account: &CaseAccount) -> Option<u16> {
    account.acts.iter().find_map(|act| match act {
        TesteeAct::Closed { code, .. } => *code,
        _ => None,
    })
}
