//! What a maintainer has to change, in a sentence with its clause: the first one of a case that is not OK.

use crate::knowledge::causes::{Special, UnfoundedFailure};
use crate::knowledge::words::{or, shorten};
use crate::knowledge::{Clause, Clauses, Grounds, rfc6455};
use crate::model::case::{CaseAccount, CaseStep, Shortfall, TesteeAct, Unanswered};
use crate::model::{CloseCode, Conversation, Extension, Opcode, Reaction, Role, RuleId, Text};
use crate::redact::Shown;
use crate::views::account::{fault_in_words, frames, own_close};
use crate::views::escape::visible;
use crate::views::summary::lower;
use crate::views::worded::Worded;
use crate::views::wording;

/// Bytes of a text of the suite that are quoted.
const QUOTED: usize = 200;

/// The sentence; `None` where the case is OK.
pub(super) fn sentence(
    report: &Conversation<Shown>,
    account: &CaseAccount,
    told: &[Worded<'_>],
) -> Option<String> {
    let testee = account.testee.name();
    Some(match account.shortfall.as_ref()? {
        Shortfall::Handshake => format!("To fix: {}.", handshake(report, account.testee)),
        Shortfall::NotNegotiated => not_negotiated(report, account.testee),
        Shortfall::Broke(rule) => broke(account.testee, *rule, told),
        Shortfall::Failed => format!(
            "To fix: what the tester failed the connection for (RFC 6455 7.1.7), with {}.",
            own_close(account).unwrap_or_else(|| "no Close".to_owned())
        ),
        Shortfall::Unfounded => unfounded(report),
        Shortfall::CarriedOn => format!("To fix: {}; the {testee} carried on.", end_it(account)),
        Shortfall::Hasty(number) => format!(
            "To pass strictly: send back {} before failing the connection, as it came whole before the fault; the \
             {testee} failed it first, which RFC 6455 7.1.7 allows.",
            message(*number, frames(&account.sends).count())
        ),
        Shortfall::LateUtf8 => format!(
            "To pass strictly: fail the connection at the first octet that cannot be UTF-8 (RFC 6455 8.1); the {testee} \
             did so only when the whole message had come."
        ),
        Shortfall::ClosedFirst => format!(
            "To fix: keep the connection open, as nothing in this case calls for its end (RFC 6455 7.1.7), and leave \
             closing it to the tester; the {testee} {}.",
            ended_it(account)
        ),
        Shortfall::Code(code) => wrong_code(account, *code),
        Shortfall::NoEcho(missing) => no_echo(account, missing),
        Shortfall::NoPong(missing) => no_pong(testee, missing),
        Shortfall::Unasked => format!(
            "To fix: send nothing but answers; the {testee} sent {} that answers nothing the tester sent.",
            unasked(account)
        ),
        Shortfall::NoClose => format!(
            "To fix: complete the closing handshake before TCP ends (RFC 6455 5.5.1, 7.1.2); the {testee} {}.",
            no_close(account)
        ),
        Shortfall::LeftTcp => {
            "To fix: end TCP once both Closes were sent, as a server should (RFC 6455 7.1.1); this one left it to the \
             client."
                .to_owned()
        }
        Shortfall::Said => "To fix: what the suite says, for the log does not show what went wrong.".to_owned(),
    })
}

fn unfounded(report: &Conversation<Shown>) -> String {
    let Some(cause) = &report.closing.cause else {
        return "To fix: it failed a sound connection.".to_owned();
    };
    let said = cause.said(report).text;
    let clause = match cause.grounds {
        Grounds::UnfoundedFailure(UnfoundedFailure { special: Some(special) }) => match special {
            Special::SplitCharacter => "RFC 6455 5.6, 8.1",
            Special::Fragmented => "RFC 6455 5.4",
            Special::Compressed => "RFC 7692 6",
            Special::AfterPause(_) => "RFC 6455 7.1.7",
        },
        _ => "RFC 6455 7.1.7",
    };
    format!("To fix: {} ({clause}).", lower(said.trim_end_matches('.')))
}

/// What a text of the suite says, shortened.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", shorten(&visible(text.trim_end_matches('.')), QUOTED))
}

fn handshake(report: &Conversation<Shown>, testee: Role) -> String {
    let status = report.response.as_ref().map(|response| response.status);
    match (testee, status) {
        (Role::Server, Some(status)) => {
            format!("accept the opening handshake (RFC 6455 4.2.2); the server answered with status {status}")
        }
        (Role::Server, None) => {
            "answer the opening handshake (RFC 6455 4.2.2); the report shows no answer of the server".to_owned()
        }
        (Role::Client, Some(status)) => format!(
            "send an opening handshake that can be accepted (RFC 6455 4.1); the tester answered with status {status}"
        ),
        (Role::Client, None) => {
            "complete the opening handshake (RFC 6455 4.1); the report shows no answer to the client's request"
                .to_owned()
        }
    }
}

fn not_negotiated(report: &Conversation<Shown>, testee: Role) -> String {
    let offered = report.request.as_ref().map(|request| extensions(&request.extensions));
    let accepted = report.response.as_ref().map(|response| extensions(&response.extensions));
    let unknown = || "what the report does not show".to_owned();
    let offered = offered.unwrap_or_else(unknown);
    let accepted = accepted.unwrap_or_else(unknown);
    let (offers, answers) = match testee {
        Role::Client => ("the client offered", "the tester accepted"),
        Role::Server => ("the tester offered", "the server accepted"),
    };
    format!(
        "To have this tested: negotiate permessage-deflate as the case asks (RFC 7692 5, 7.1); {offers} {offered}, and \
         {answers} {accepted}."
    )
}

/// Extensions as they stand in the field, or `no extension`.
fn extensions(list: &[Extension<Shown>]) -> String {
    if list.is_empty() {
        return "no extension".to_owned();
    }
    let parameter = |(name, value): &(Text<Shown>, Option<Text<Shown>>)| match value {
        Some(value) => format!("; {name}={value}"),
        None => format!("; {name}"),
    };
    let one = |extension: &Extension<Shown>| {
        let parameters: String = extension.parameters.iter().map(parameter).collect();
        format!("{}{parameters}", extension.name)
    };
    let list = list.iter().map(one).collect::<Vec<_>>().join(", ");
    format!("\"{}\"", shorten(&visible(&list), 2 * QUOTED))
}

fn broke(testee: Role, rule: RuleId, told: &[Worded<'_>]) -> String {
    let row = rule.rule();
    let is_it = |told: &&Worded<'_>| told.finding.by == Some(testee) && told.finding.violation.rule() == rule;
    let did = told.iter().find(is_it).map_or_else(String::new, |told| {
        let frame = told.finding.frame.map_or_else(String::new, |frame| format!(" (frame {frame})"));
        format!("; the {} {}{frame}", testee.name(), told.did())
    });
    format!("To fix: {} ({}){did}.", row.says, row.section())
}

/// `fail the connection on receiving … (RFC 6455 5.2, 7.1.7)`.
fn end_it(account: &CaseAccount) -> String {
    let Some((rule, at)) = account.fault else { return "end the connection".to_owned() };
    let what = fault_in_words(&account.sends, (rule, at));
    match rule.rule().reaction {
        Reaction::Close(_) => {
            format!("close the connection on receiving {what} ({})", Clauses(rule.rule().clauses))
        }
        reaction if reaction.is_ordered() => {
            format!("fail the connection on receiving {what} ({})", Clauses(&clauses(rule, rfc6455("7.1.7"))))
        }
        _ => format!(
            "fail the connection on receiving {what}, as the suite expects and the RFC allows ({})",
            Clauses(&clauses(rule, rfc6455("10.7")))
        ),
    }
}

/// Those of the rule, and one more.
fn clauses(rule: RuleId, more: Clause) -> Vec<Clause> {
    let mut clauses = rule.rule().clauses.to_vec();
    if !clauses.contains(&more) {
        clauses.push(more);
    }
    clauses
}

/// `sent Close 1008`, `ended TCP without a Close`.
fn ended_it(account: &CaseAccount) -> String {
    match closed(account) {
        Some(code) => format!("sent {} first", wording::close(code.map(CloseCode))),
        None => "ended TCP first, without a Close".to_owned(),
    }
}

fn closed(account: &CaseAccount) -> Option<Option<u16>> {
    account.acts.iter().find_map(|act| match act {
        TesteeAct::Closed { code, .. } => Some(*code),
        _ => None,
    })
}

fn wrong_code(account: &CaseAccount, code: u16) -> String {
    let mut codes = account.expected_close.as_ref().map(|close| close.codes.clone()).unwrap_or_default();
    codes.dedup();
    let allowed = if codes.is_empty() { "a code that fits".to_owned() } else { or(&codes) };
    let reacts = |(rule, _): &(RuleId, usize)| !rule.rule().reaction.codes().is_empty();
    let what = match account.fault.filter(reacts) {
        Some(fault) => {
            let what = fault_in_words(&account.sends, fault);
            let clauses = clauses(fault.0, rfc6455("7.4.1"));
            format!("fail the connection with {allowed} on receiving {what} ({})", Clauses(&clauses))
        }
        None => format!("answer the Close with {allowed}, or without a code (RFC 6455 5.5.1, 7.4.1)"),
    };
    format!("To fix: {what}; the {} sent {}.", account.testee.name(), wording::close(Some(CloseCode(code))))
}

/// `the message`, `message 3`.
fn message(number: usize, of: usize) -> String {
    if of == 1 { "the message".to_owned() } else { format!("message {number}") }
}

fn no_echo(account: &CaseAccount, missing: &Unanswered) -> String {
    let in_fragments = account
        .sends
        .iter()
        .filter_map(CaseStep::frame)
        .any(|frame| !frame.fin || frame.fragment_size.is_some() || frame.opcode == Opcode::CONTINUATION);
    let clause = if in_fragments { "RFC 6455 5.4, 6.2" } else { "RFC 6455 6.2" };
    let what = if missing.differs { "came back changed" } else { "did not come back" };
    let which = match missing.of {
        1 => "the message".to_owned(),
        of => format!("message {} of {of}", missing.number),
    };
    format!("To fix: receive every message whole and send it back unchanged ({clause}); {which} {what}.")
}

fn no_pong(testee: &str, missing: &Unanswered) -> String {
    let which = match missing.of {
        1 => "the Ping".to_owned(),
        of => format!("Ping {} of {of}", missing.number),
    };
    let what = if missing.differs { "with another payload" } else { "not at all" };
    format!(
        "To fix: answer a Ping with a Pong that carries its payload (RFC 6455 5.5.2, 5.5.3); the {testee} answered \
         {which} {what}."
    )
}

fn unasked(account: &CaseAccount) -> &'static str {
    for act in &account.acts {
        match act {
            TesteeAct::SentMessage => return "a message",
            TesteeAct::SentPong => return "a Pong",
            TesteeAct::SentPing => return "a Ping",
            _ => {}
        }
    }
    "something"
}

fn no_close(account: &CaseAccount) -> String {
    let closing = &account.closing;
    match (closed(account), &closing.was_not_clean_reason) {
        (Some(code), _) => {
            format!("sent {}, but {}", wording::close(code.map(CloseCode)), unfinished(account))
        }
        (None, Some(reason)) => format!("sent no Close: {}", quoted(reason)),
        (None, None) => "sent no Close".to_owned(),
    }
}

fn unfinished(account: &CaseAccount) -> String {
    match &account.closing.was_not_clean_reason {
        Some(reason) => quoted(reason),
        None => "the tester did not see the closing completed".to_owned(),
    }
}
