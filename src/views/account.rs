//! The account of an Autobahn case in sentences: what to change where it is not OK, what the tester sent, what is asked
//! of the testee, what it did, and why the verdict is what it is.

mod fix;

use crate::knowledge::words::{and, or};
use crate::knowledge::{Clauses, rfc6455};
use crate::model::case::{
    Behavior, CaseAccount, CaseFrame, CasePayload, CaseStep, ExpectedClose, ReportPart, Sent, Shortfall,
    TesteeAct,
};
use crate::model::{CloseCode, Conversation, Opcode, Outcome, Reaction, RuleId};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::summary::lower;
use crate::views::worded::Worded;
use crate::views::{units, wording};

/// Phrases of the first sentence; the frames behind them are counted.
const MAX_PHRASES: usize = 8;

/// The sentences about the case of a conversation, in order; none where it is no case.
#[must_use]
pub fn sentences(report: &Conversation<Shown>) -> Vec<String> {
    of(report, &Worded::all(report))
}

/// The same of findings that are told elsewhere, too.
pub(super) fn of(report: &Conversation<Shown>, told: &[Worded<'_>]) -> Vec<String> {
    let Some(record) = report.case.as_deref() else { return Vec::new() };
    let account = &record.account;
    let mut out: Vec<String> = fix::sentence(report, account, told).into_iter().collect();
    if !record.report.has(ReportPart::Closing) {
        // What the tester noted is not in the source, and all else follows from it.
        out.extend(verdict(account, &lower(&account.recomputed.why)));
        out.extend(said(account));
        return out;
    }
    if !account.opened {
        let why = "the opening handshake was not completed, so the tester could not run the case.";
        out.extend(verdict(account, why));
        return out;
    }
    out.extend(verdict(account, &lower(&account.recomputed.why)));
    out.extend(said(account));
    if !account.sends.is_empty() {
        out.push(sent(account));
        let was_sent = !matches!(account.sent, Sent::Frames(0) | Sent::Messages { tester: 0, .. });
        out.extend(was_sent.then(|| asked(account)));
    }
    out.push(did(account));
    let tester_side = &report.closing.sides[account.testee.peer()];
    out.push(tester(account, tester_side.sent_close == Some(false)));
    out.extend(end(account, report.closing.outcome));
    out
}

/// What a maintainer has to change; `None` where the case is OK.
pub(super) fn fix(report: &Conversation<Shown>, told: &[Worded<'_>]) -> Option<String> {
    fix::sentence(report, &report.case.as_deref()?.account, told)
}

/// What the suite says where its events do not.
fn said(account: &CaseAccount) -> Option<String> {
    let mut said: Vec<_> = account.said.iter().flatten().map(|text| fix::quoted(text)).collect();
    said.dedup();
    (!said.is_empty()).then(|| format!("The suite says: {}.", said.join(" and ")))
}

/// How it ended, where the frames do not tell.
fn end(account: &CaseAccount, outcome: Outcome) -> Option<String> {
    let clean = account.closing.was_clean;
    match outcome {
        Outcome::NotObservable if clean => Some("By the tester's account the closing was clean.".to_owned()),
        _ if clean => None,
        _ => Some("By the tester's account it did not close cleanly.".to_owned()),
    }
}

fn frames(sends: &[CaseStep]) -> impl Iterator<Item = &CaseFrame> {
    sends.iter().filter_map(CaseStep::frame)
}

/// What was sent is told by the log and the statistics; what the case would have sent stands beside it.
fn sent(account: &CaseAccount) -> String {
    let total = frames(&account.sends).count();
    let plan = sends_in_words(&account.sends, account.fault);
    match account.sent {
        Sent::Frames(shown) if shown == total => format!("The tester sent {plan}."),
        Sent::Frames(0) => format!("The case has the tester send {plan}; the log shows none of that."),
        Sent::Frames(shown) => {
            format!(
                "The case has the tester send {plan}; the log shows the first {shown} of these {total} frames."
            )
        }
        Sent::Messages { tester: 0, testee: 0 } => {
            format!("The case has the tester send {plan}, but by its statistics no message was sent.")
        }
        Sent::Messages { tester, testee } => {
            let back = match testee {
                0 => "none".to_owned(),
                all if all == tester => "as many".to_owned(),
                some => some.to_string(),
            };
            format!(
                "The case has the tester send {plan}; its log does not show them, but by its statistics it sent {} and \
                 received {back}.",
                units::count(tester, "message")
            )
        }
        Sent::Unknown => {
            format!("The case has the tester send {plan}; the report does not show what was sent.")
        }
    }
}

/// `a text frame, then a Ping, one octet at a time`; `fault` is the rule that a frame breaks, and its index.
pub(super) fn sends_in_words(sends: &[CaseStep], fault: Option<(RuleId, usize)>) -> String {
    let mut phrases: Vec<(Phrase, u64)> = Vec::new();
    for (index, step) in sends.iter().enumerate() {
        let phrase = match step {
            CaseStep::Frame(frame) if frame.fragment_size.is_some() || frame.times > 1 => messages(frame),
            CaseStep::Frame(frame) => {
                Phrase::One(noun(frame, fault.filter(|(_, at)| *at == index).map(|(rule, _)| rule)))
            }
            CaseStep::Wait => Phrase::One("pause".to_owned()),
        };
        match phrases.last_mut() {
            Some((last, count)) if *last == phrase => *count += 1,
            _ => phrases.push((phrase, 1)),
        }
    }
    let more: u64 = phrases.iter().skip(MAX_PHRASES).map(|(_, count)| count).sum();
    let mut words: Vec<String> = phrases
        .iter()
        .take(MAX_PHRASES)
        .map(|(phrase, count)| match phrase {
            // What is repeated in the suite are plain nouns.
            Phrase::One(noun) if *count > 1 => units::count(*count, noun),
            Phrase::One(noun) => article(noun),
            Phrase::Many(phrase) => phrase.clone(),
        })
        .collect();
    if more > 0 {
        words.push(format!("{more} more"));
    }
    let chopped = match frames(sends).find_map(|frame| frame.chop_size) {
        Some(1) => ", one octet at a time".to_owned(),
        Some(size) => format!(", in pieces of {size} octets"),
        None => String::new(),
    };
    words.join(", then ") + &chopped
}

/// `a text frame with RSV2 set though no extension was negotiated`: the frame that breaks the rule.
fn fault_in_words(sends: &[CaseStep], (rule, at): (RuleId, usize)) -> String {
    let frame = sends.get(at).and_then(CaseStep::frame);
    frame.map_or_else(|| format!("a breach of {rule}"), |frame| article(&noun(frame, Some(rule))))
}

/// With its article; `Close 1000` has none, for which one is said.
fn article(noun: &str) -> String {
    let is_code = |code: &str| code.starts_with(|c: char| c.is_ascii_digit());
    if noun.strip_prefix("Close ").is_some_and(is_code) { noun.to_owned() } else { format!("a {noun}") }
}

/// What a step of a case sends.
#[derive(PartialEq)]
enum Phrase {
    /// One of what the noun says.
    One(String),
    /// A number of them.
    Many(String),
}

/// `text frame with RSV2 set though no extension was negotiated`.
fn noun(frame: &CaseFrame, fault: Option<RuleId>) -> String {
    let close = match frame.opcode {
        Opcode::CLOSE => Some(match close_code(&frame.payload) {
            Some(code) => wording::close(Some(code)),
            None if frame.payload.is_empty() => wording::close(None),
            None => "Close with a one-byte body".to_owned(),
        }),
        _ => None,
    };
    let mut out = close.unwrap_or_else(|| match (frame.opcode, frame.fin) {
        (Opcode::TEXT, true) => "text frame".to_owned(),
        (Opcode::TEXT, false) => "first fragment of text".to_owned(),
        (Opcode::BINARY, true) => "binary frame".to_owned(),
        (Opcode::BINARY, false) => "first fragment of binary".to_owned(),
        (Opcode::CONTINUATION, _) if fault == Some(RuleId::FrContOrphan) => "continuation frame".to_owned(),
        (Opcode::CONTINUATION, true) => "last fragment".to_owned(),
        (Opcode::CONTINUATION, false) => "further fragment".to_owned(),
        (Opcode::PING, _) => "Ping".to_owned(),
        (Opcode::PONG, _) => "Pong".to_owned(),
        (opcode, _) => format!("frame with the reserved opcode {}", opcode.bits()),
    });
    if frame.payload.len() > 125 {
        out.push_str(&format!(" of {} bytes", frame.payload.len()));
    }
    if frame.rsv.0 != 0 {
        out.push_str(&format!(" with {} set", and(frame.rsv.names())));
    }
    if frame.opcode.is_control() && !frame.fin {
        out.push_str(" with FIN clear");
    }
    out.push_str(match fault {
        Some(RuleId::FrRsv) => " though no extension was negotiated",
        Some(RuleId::FrContOrphan) => " while no message was open",
        Some(RuleId::FrInterleave) => " while the previous message was unfinished",
        Some(RuleId::FrTextUtf8) if frame.opcode == Opcode::CONTINUATION => " of a message that is not UTF-8",
        Some(RuleId::FrTextUtf8) => " that is not UTF-8",
        Some(RuleId::ClDataAfter) => " after its own Close",
        Some(RuleId::ClReasonUtf8) => " with a reason that is not UTF-8",
        _ => "",
    });
    out
}

/// `1000 compressed text messages of 16 bytes`.
fn messages(frame: &CaseFrame) -> Phrase {
    let binary = if frame.opcode == Opcode::BINARY { "binary" } else { "text" };
    let compressed = if frame.compressed { "compressed " } else { "" };
    let of = match &frame.payload {
        CasePayload::File { len, .. } if frame.opcode == Opcode::TEXT => format!(" of {len} characters"),
        payload if payload.is_empty() => " without payload".to_owned(),
        payload => format!(" of {} bytes", payload.len()),
    };
    let fragments = match frame.fragment_size {
        Some(size) => format!(" in fragments of {size} bytes"),
        None => String::new(),
    };
    let noun = format!("{compressed}{binary} message");
    match frame.times {
        0 | 1 => Phrase::One(format!("{noun}{of}{fragments}")),
        times => Phrase::Many(format!(
            "{}{of}{fragments}, each after the echo of the previous one",
            units::count(times.into(), &noun)
        )),
    }
}

fn close_code(payload: &CasePayload) -> Option<CloseCode> {
    let start: Vec<u8> = payload.bytes()?.take(2).collect();
    CloseCode::split(&start).map(|(code, _)| code)
}

/// What the RFC, and beyond it the suite, asks of the testee.
fn asked(account: &CaseAccount) -> String {
    let fault = account.fault.map(|(rule, _)| rule);
    let informational = account.recorded.0 == Behavior::Informational;
    asks(account.testee.name(), &account.sends, fault, account.expected_close.as_ref(), informational)
}

/// What is asked of the `testee` that is sent such frames, one of which breaks the rule `fault`.
pub(super) fn asks(
    testee: &str,
    sends: &[CaseStep],
    fault: Option<RuleId>,
    close: Option<&ExpectedClose>,
    informational: bool,
) -> String {
    let Some(rule) = fault else { return owed(sends) };
    let rule = rule.rule();
    let section = rule.section();
    let suite = match close {
        _ if informational => "accepts anything".to_owned(),
        Some(close) if close.closed_by_me => {
            format!("expects an answering Close {}, or the end of TCP", or(&close.codes))
        }
        _ => "expects it to do so".to_owned(),
    };
    match rule.reaction {
        Reaction::Fail(_) => {
            let clauses = [rule.clauses, &[rfc6455("7.1.7")]].concat();
            format!("The {testee} must fail the connection ({}).", Clauses(&clauses))
        }
        Reaction::Close(_) => format!("The {testee} must close the connection ({section})."),
        Reaction::MayFail(_) => format!(
            "The RFC forbids that ({section}) and lets the {testee} fail the connection (RFC 6455 10.7); the suite \
             {suite}."
        ),
        Reaction::Nothing | Reaction::Refuse(_) | Reaction::FailHandshake => {
            format!(
                "The RFC forbids that ({section}) but prescribes no reaction; the suite expects the {testee} to \
                ignore it."
            )
        }
    }
}

/// What the frames of a case without a fault call for.
fn owed(sends: &[CaseStep]) -> String {
    let frames: Vec<&CaseFrame> = frames(sends).collect();
    let close = frames.iter().position(|frame| frame.opcode == Opcode::CLOSE);
    let (before, behind) = frames.split_at(close.unwrap_or(frames.len()));
    let any = |frames: &[&CaseFrame], of: fn(Opcode) -> bool| frames.iter().any(|frame| of(frame.opcode));
    let mut parts = Vec::new();
    if any(before, |opcode| matches!(opcode, Opcode::TEXT | Opcode::BINARY)) {
        parts.push("the suite expects each message back");
    }
    if any(before, |opcode| opcode == Opcode::PING) {
        parts.push("a Ping calls for a Pong with its payload (RFC 6455 5.5.2, 5.5.3)");
    }
    if any(&frames, |opcode| opcode == Opcode::PONG) {
        parts.push("an unsolicited Pong needs no answer (RFC 6455 5.5.3)");
    }
    if close.is_some() {
        parts.push("a Close calls for a Close (RFC 6455 5.5.1)");
    }
    if any(behind, |opcode| opcode == Opcode::PING) {
        parts.push("a Ping after it needs no answer (RFC 6455 5.5.2)");
    }
    if any(behind.get(1..).unwrap_or_default(), |opcode| opcode == Opcode::CLOSE) {
        parts.push("another Close after it is ignored (RFC 6455 7.1.5)");
    }
    format!("That is legal: {}.", parts.join("; "))
}

/// What the testee did, its Close last.
fn did(account: &CaseAccount) -> String {
    let testee = account.testee.name();
    let count = |of: fn(&TesteeAct) -> bool| account.acts.iter().filter(|act| of(act)).count();
    let pings = frames(&account.sends).filter(|frame| frame.opcode == Opcode::PING).count();
    let echoes = count(|act| matches!(act, TesteeAct::Echoed(_)));
    let answered = count(|act| matches!(act, TesteeAct::AnsweredPing(_)));
    let messages = count(|act| matches!(act, TesteeAct::SentMessage));
    let pongs = count(|act| matches!(act, TesteeAct::SentPong));
    let sent_pings = count(|act| matches!(act, TesteeAct::SentPing));
    let mut before = Vec::new();
    match (echoes, account.acts.iter().find(|act| matches!(act, TesteeAct::Echoed(_)))) {
        (1, Some(TesteeAct::Echoed(1))) => before.push("echoing the first message".to_owned()),
        (1, Some(TesteeAct::Echoed(n))) => before.push(format!("echoing message {n}")),
        (2.., _) => before.push(format!("echoing {echoes} messages")),
        _ => {}
    }
    match answered {
        0 => {}
        1 if pings == 1 => before.push("answering the Ping".to_owned()),
        2 if pings == 2 => before.push("answering both Pings".to_owned()),
        _ if answered == pings => before.push(format!("answering all {pings} Pings")),
        _ => before.push(format!("answering {answered} of {pings} Pings")),
    }
    for (n, what) in [(messages, "message"), (pongs, "Pong"), (sent_pings, "Ping")] {
        match n {
            0 => {}
            1 => before.push(format!("sending a {what} that answers nothing the tester sent")),
            _ => before.push(format!("sending {n} {what}s that answer nothing the tester sent")),
        }
    }
    let in_part = if account.shown_in_part { " as far as the report shows it" } else { "" };
    let before = if before.is_empty() { String::new() } else { format!(" after {}{in_part}", and(before)) };
    let subject =
        if carried_on(account) { format!("The {testee} carried on: it") } else { format!("The {testee}") };
    let silent = if left_pings(account) && answered == 0 && !carried_on(account) && is_logged(account) {
        " and left the Ping after the fault unanswered, as it must (RFC 6455 7.1.7)"
    } else {
        ""
    };
    match account.acts.iter().find_map(|act| match act {
        TesteeAct::Closed { code, first } => Some((*code, *first)),
        _ => None,
    }) {
        Some((code, first)) => {
            let verb = if first && account.fault.is_none() { "sent" } else { "answered with" };
            format!("{subject} {verb} {}{before}{silent}.", wording::close(code.map(CloseCode)))
        }
        None => {
            let end = if account.closing.dropped_by_me { "" } else { " and ended TCP" };
            format!("{subject} sent no Close{end}{before}{silent}.")
        }
    }
}

/// Whether what came is in the log.
const fn is_logged(account: &CaseAccount) -> bool {
    matches!(account.sent, Sent::Frames(_))
}

fn carried_on(account: &CaseAccount) -> bool {
    account.shortfall == Some(Shortfall::CarriedOn)
}

/// A Ping came behind a frame for which the RFC orders the connection failed.
fn left_pings(account: &CaseAccount) -> bool {
    account.fault.is_some_and(|(rule, at)| {
        let mut behind = account.sends.iter().skip(at + 1).filter_map(CaseStep::frame);
        rule.rule().reaction.is_ordered() && behind.any(|frame| frame.opcode == Opcode::PING)
    })
}

/// The Close of the tester, by its own account: with its reason, where it found a fault.
fn own_close(account: &CaseAccount) -> Option<String> {
    let closing = &account.closing;
    let close = wording::close(Some(CloseCode(closing.local_close_code?)));
    let reason = closing.local_close_reason.as_deref().filter(|_| account.failed_for_a_fault());
    Some(match reason.filter(|reason| !reason.is_empty()) {
        Some(reason) => format!("{close} \"{}\"", visible(reason)),
        None => close,
    })
}

/// What the tester did about the closing, by its own account.
fn tester(account: &CaseAccount, is_unseen: bool) -> String {
    let closing = &account.closing;
    let (role, peer) = (account.testee.peer().name(), account.testee.name());
    let close = match (own_close(account), closing.closed_by_me, closing.failed_by_me) {
        (Some(close), _, true) if account.failed_for_a_fault() => {
            format!("failed the connection over what the {peer} sent, with {close}")
        }
        (Some(close), _, true) => format!("failed the connection with {close}"),
        (Some(close), true, false) => format!("had sent {close} first"),
        (Some(close), false, false) => format!("answered with {close}"),
        (None, _, true) => "failed the connection without a Close".to_owned(),
        (None, true, false) => "had sent a Close without a code first".to_owned(),
        (None, false, false) if closing.was_clean => "answered with a Close without a code".to_owned(),
        (None, ..) => "sent no Close".to_owned(),
    };
    // That the server ends TCP is as it should be (RFC 6455 7.1.1).
    let tcp = match (closing.is_server, closing.dropped_by_me) {
        (true, true) | (false, false) => String::new(),
        (false, true) => {
            " and ended TCP itself, which the server should have done (RFC 6455 7.1.1)".to_owned()
        }
        (true, false) => {
            format!("; the {peer} ended TCP, which the server should have done (RFC 6455 7.1.1)")
        }
    };
    // A log is not the wire: what it sent to a peer that had gone may never have left.
    let unseen = if is_unseen && closing.local_close_code.is_some() {
        " by its own account, though none is in the octets"
    } else {
        ""
    };
    format!("The tester, as {role}, {close}{unseen}{tcp}.")
}

/// The verdict and why it is that; where its events do not confirm it, this too.
fn verdict(account: &CaseAccount, why: &str) -> Vec<String> {
    let (behavior, close) = &account.recorded;
    let recorded = format!("Verdict {}, closing {}", behavior.as_str(), close.as_str());
    let again = &account.recomputed;
    if !again.agrees {
        let behavior = again.behavior.as_ref().map_or("unknown", |behavior| behavior.as_str());
        let close = again.behavior_close.as_ref().map_or("unknown", |close| close.as_str());
        return vec![format!(
            "{recorded} in the report, but its events give {behavior}, closing {close}: {why}"
        )];
    }
    let mut out = vec![format!("{recorded}: {why}")];
    match (&again.behavior, &again.behavior_close) {
        (Some(_), Some(_)) => {}
        (None, Some(_)) => {
            out.push("The events of the report can neither confirm nor refute the verdict.".to_owned());
        }
        (_, None) => out.push("The report does not contain enough to confirm or refute them.".to_owned()),
    }
    out
}
