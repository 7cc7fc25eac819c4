//! One connection in full.

mod tables;
mod timeline;

use std::fmt::Write;

use crate::knowledge::words::shorten;
use crate::knowledge::{Blame, Cause, Tone};
use crate::model::case::{Behavior, BehaviorClose};
use crate::model::{CaseRecord, Conversation, Outcome, Role};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::summary::Account;
use crate::views::text::layout::{NARROW, Paint, Style};
use crate::views::text::{cases, inputs};
use crate::views::worded::Worded;
use crate::views::{FrameList, account, facts, summary, wording};

/// Columns of the labels of an answer.
const LABEL: usize = 15;

/// Everything about one connection.
#[derive(Debug)]
pub(in crate::views) struct Told {
    /// What it is, why it ended, what each side was told and where to look: no more than a screen.
    pub(in crate::views) answer: String,
    /// What that rests on.
    pub(in crate::views) evidence: String,
}

/// Tells all about one connection.
pub(in crate::views) fn tell(
    report: &Conversation<Shown>,
    (frames, whole): (FrameList, bool),
    style: &Style,
) -> Told {
    let told = Worded::all(report);
    let mut evidence = String::new();
    evidence.push('\n');
    facts::lines(report).iter().for_each(|line| evidence.push_str(&style.wrap(line, 2)));
    if frames != FrameList::None {
        timeline::timeline(&mut evidence, report, (frames, whole), style);
    }
    tables::steps(&mut evidence, &report.closing, style);
    tables::findings(&mut evidence, report, &told, style);
    evidence.push_str(&inputs::weirds(&report.weirds, 2, style, |packet| wording::packet(report, packet)));
    Told { answer: answer(report, &told, style), evidence }
}

fn answer(report: &Conversation<Shown>, told: &[Worded<'_>], style: &Style) -> String {
    let mut out = String::new();
    heading(&mut out, report, style);
    out.push('\n');
    if let Some(record) = report.case.as_deref() {
        account_of(&mut out, report, record, told, style);
    }
    let Account { told, sees, besides, next } = summary::account(report, told);
    let breaches = besides.iter().map(String::as_str);
    out.push_str(
        &style.wrap(&told.iter().map(String::as_str).chain(breaches).collect::<Vec<_>>().join(" "), 2),
    );
    let labelled = |out: &mut String, name: &str, text: &str| {
        if style.columns() < NARROW {
            out.push_str(&style.hang(&format!("{name}: {text}"), 2, 4));
            return;
        }
        let hung = style.wrap(text, LABEL);
        let gap = LABEL.saturating_sub(2 + name.len());
        let first = hung.get(LABEL..).unwrap_or_default();
        let _ = write!(out, "  {}{:gap$}{first}", style.paint(Paint::Faint, name), "");
    };
    if sees.is_some() || next.is_some() {
        out.push('\n');
    }
    if sees.is_some() {
        for role in Role::BOTH {
            let heard = summary::heard(&report.closing.sees[role]);
            labelled(&mut out, &format!("{} sees", role.name()), heard.as_deref().unwrap_or("–"));
        }
    }
    if let Some(next) = next {
        labelled(&mut out, "next", &next);
    }
    out
}

fn heading(out: &mut String, report: &Conversation<Shown>, style: &Style) {
    let [client, server] = Role::BOTH.map(|role| wording::address(report, role));
    let mut parts = vec![format!("#{}  {client} (client) → {server} (server)", report.id)];
    parts.extend(
        report.request.as_ref().map(|request| {
            format!("{} {}", visible(&request.method), shorten(&visible(&request.target), 60))
        }),
    );
    parts.push(
        report.response.as_ref().map_or_else(|| unanswered(report).to_owned(), |r| r.status.to_string()),
    );
    out.push_str(&style.paint_lines(Paint::Heading, &style.flow(&parts, "  ", 0)));
    let told = |out: &mut String, (text, paint): (String, Paint)| {
        out.push_str(&style.paint_lines(paint, &style.wrap(&text, 0)));
    };
    if let Some(record) = report.case.as_deref() {
        told(out, of_case(record));
    }
    told(out, verdict(report));
}

/// What stands in the place of a status.
pub(in crate::views) const fn unanswered(report: &Conversation<Shown>) -> &'static str {
    match report.closing.outcome {
        _ if report.connect.is_some() => "not connected",
        Outcome::Encrypted => "encrypted",
        _ if report.assumed => "handshake not recorded",
        _ => "no response",
    }
}

/// Who did what, as the cause has it, its name and the outcome; in the colour of what that amounts to.
pub(in crate::views) fn verdict(report: &Conversation<Shown>) -> (String, Paint) {
    let outcome = wording::outcome_of(report);
    let Some(cause) = &report.closing.cause else { return (outcome.to_owned(), Paint::Plain) };
    let besides = match other_breaches(report) {
        0 => String::new(),
        1 => " · 1 rule broken besides".to_owned(),
        more => format!(" · {more} rules broken besides"),
    };
    let tester =
        if is_on_purpose(report, cause) && cause.rule.is_some() { " (the tester, on purpose)" } else { "" };
    let headline = cause.headline(report);
    (format!("{headline}{tester} · {} · {outcome}{besides}", cause.id()), Paint::from(tone(report)))
}

/// Whether it is the tester of a case that did it, whose job that is.
fn is_on_purpose(report: &Conversation<Shown>, cause: &Cause) -> bool {
    report.tester.is_some_and(|tester| cause.by == Some(Blame::from(tester)))
}

/// What the end of a connection amounts to, with what else is wrong about it.
pub(in crate::views) fn tone(report: &Conversation<Shown>) -> Tone {
    let Some(cause) = &report.closing.cause else { return Tone::Unknown };
    let others = other_breaches(report);
    match cause.tone(report) {
        Tone::Normal | Tone::Unknown if others > 0 => Tone::Odd,
        _ if is_on_purpose(report, cause) && others == 0 => Tone::Normal,
        tone => tone,
    }
}

/// Different rules that a side broke, the one left out that ended the connection.
fn other_breaches(report: &Conversation<Shown>) -> usize {
    let others = report.findings.iter().filter(|f| summary::is_other_breach(report, f));
    let mut rules: Vec<_> = others.map(|f| (f.by, f.violation.rule())).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.len()
}

/// The case whose log this is, and both verdicts; in the colour of what they amount to.
pub(in crate::views) fn of_case(record: &CaseRecord) -> (String, Paint) {
    let CaseRecord { report, recomputed, .. } = record;
    // A verdict may be any word: a report says itself which events stand for which.
    let again = |word: Option<&str>| visible(word.unwrap_or("not to be confirmed")).into_owned();
    let when = report.started.as_deref().map_or_else(String::new, |at| format!(", {}", visible(at)));
    let took = report.duration_ms.map_or_else(String::new, |ms| format!(", {ms} ms"));
    let line = format!(
        "Autobahn case {}, agent {}{when}{took} · recorded {} / close {} · wslog finds {} / close {}",
        report.id,
        visible(&report.agent),
        visible(report.behavior.as_str()),
        visible(report.behavior_close.as_str()),
        again(recomputed.behavior.as_ref().map(Behavior::as_str)),
        again(recomputed.behavior_close.as_ref().map(BehaviorClose::as_str)),
    );
    (line, Paint::from(cases::tone(&report.behavior, &report.behavior_close, recomputed.agrees)))
}

/// What happened in it, and where its report contradicts itself.
fn account_of(
    out: &mut String,
    report: &Conversation<Shown>,
    record: &CaseRecord,
    told: &[Worded<'_>],
    style: &Style,
) {
    out.push_str(&style.wrap(&visible(&account::of(report, told).join(" ")), 2));
    for note in &record.notes {
        out.push_str(&style.wrap(&format!("note: {}", visible(note)), 2));
    }
    for inconsistency in &record.inconsistencies {
        out.push_str(&style.wrap(&format!("inconsistent: {}", visible(inconsistency)), 2));
    }
    out.push('\n');
}
