//! What changed between two runs.

mod accept;
mod pairs;

pub use accept::{Accepted, accept};

use std::collections::{BTreeMap, BTreeSet};

use crate::autobahn::diff::pairs::Pair;
use crate::knowledge::words::{bare_code, start_of};
use crate::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, IndexEntry, LoggedFrame, Run, WireRow,
};
use crate::model::run::{AgentDiff, Change, ChangeKind, DiffCounts, RunDiff};
use crate::model::{CloseCode, Hex};

/// Characters of a payload that an explanation quotes.
const QUOTED: usize = 40;
/// Characters of a result that an explanation quotes.
const RESULT: usize = 200;

/// How two runs are compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Agents of another name in the old run: old name, new name.
    pub renamed: Vec<(String, String)>,
    /// A case that takes this many times longer or shorter has changed. Times below 1 ms count as 1 ms.
    pub duration_factor: Option<f64>,
}

/// Compares two runs, agent by agent, each role with its like, and case by case. A role that one run does not tell is that
/// of the other.
#[must_use]
pub fn compare(old: &Run, new: &Run, options: &Options) -> RunDiff {
    let mut diff = RunDiff::default();
    for Pair { shown, old: before, new: after } in pairs::pairs(old, new, options) {
        let entries_old = before.as_ref().and_then(|testee| old.agents.get(testee));
        let entries_new = after.as_ref().and_then(|testee| new.agents.get(testee));
        let mut result = AgentDiff {
            testee: shown,
            old: before,
            new: after,
            changes: Vec::new(),
            unchanged: Vec::new(),
            sections: BTreeMap::new(),
            totals: DiffCounts::default(),
        };
        let both = [entries_old, entries_new];
        let cases: BTreeSet<&CaseId> = both.into_iter().flatten().flat_map(BTreeMap::keys).collect();
        for case in cases {
            let [old, new] = both.map(|entries| entries.and_then(|entries| entries.get(case)));
            let kind = match (judged(old), judged(new)) {
                (Some(old), Some(new)) => kind(old, new, options),
                (Some(_), None) => Some(ChangeKind::Missing),
                (None, Some(_)) => Some(ChangeKind::Added),
                // Neither run has a verdict: there is nothing to compare.
                (None, None) => None,
            };
            result.totals.add(kind);
            result.sections.entry(case.section()).or_default().add(kind);
            diff.totals.add(kind);
            match (kind, new) {
                (Some(kind), _) => result.changes.push(Change {
                    case: case.clone(),
                    kind,
                    why: why(old, new, options),
                    old: old.cloned(),
                    new: new.cloned(),
                    accepted: None,
                }),
                (None, Some(new)) => result.unchanged.push((case.clone(), new.clone())),
                (None, None) => {}
            }
        }
        diff.agents.push(result);
    }
    diff
}

/// An entry with a verdict on its events: a capture may not show it.
fn judged(entry: Option<&IndexEntry>) -> Option<&IndexEntry> {
    entry.filter(|entry| entry.behavior != Behavior::Unknown)
}

fn kind(old: &IndexEntry, new: &IndexEntry, options: &Options) -> Option<ChangeKind> {
    let is_worse = |a: &IndexEntry, b: &IndexEntry| {
        a.behavior.is_worse_than(&b.behavior) || a.behavior_close.is_worse_than(&b.behavior_close)
    };
    let same = (&old.behavior, &old.behavior_close, old.remote_close_code)
        == (&new.behavior, &new.behavior_close, new.remote_close_code);
    if is_worse(new, old) {
        Some(ChangeKind::Regression)
    } else if is_worse(old, new) {
        Some(ChangeKind::Fixed)
    } else if !same || slower_or_faster(old, new, options) {
        Some(ChangeKind::Changed)
    } else {
        None
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds over 2^53 differ by any factor asked for")]
fn slower_or_faster(old: &IndexEntry, new: &IndexEntry, options: &Options) -> bool {
    let (Some(factor), Some(a), Some(b)) = (options.duration_factor, old.duration_ms, new.duration_ms) else {
        return false;
    };
    let (short, long) = (a.min(b).max(1) as f64, a.max(b) as f64);
    long > short * factor
}

/// What differs between two entries of an index.
fn why(old: Option<&IndexEntry>, new: Option<&IndexEntry>, options: &Options) -> String {
    let verdict = |e: &IndexEntry| format!("{} / {}", e.behavior.as_str(), e.behavior_close.as_str());
    let (old, new) = match (old, new) {
        (Some(old), Some(new)) => (old, new),
        (Some(old), None) => return format!("not in the new run; was {}", verdict(old)),
        (None, Some(new)) => return format!("not in the old run; is {}", verdict(new)),
        (None, None) => return String::new(),
    };
    match (judged(Some(old)), judged(Some(new))) {
        (Some(_), None) => return format!("no verdict in the new run; was {}", verdict(old)),
        (None, Some(_)) => return format!("no verdict in the old run; is {}", verdict(new)),
        _ => {}
    }
    let mut parts = verdicts(old, new, options);
    if old.remote_close_code != new.remote_close_code {
        let (a, b) = (code(old.remote_close_code), code(new.remote_close_code));
        parts.push(format!("code of the testee's Close {a} → {b}"));
    }
    parts.join("; ")
}

fn verdicts(old: &IndexEntry, new: &IndexEntry, options: &Options) -> Vec<String> {
    let mut parts = Vec::new();
    if old.behavior != new.behavior {
        parts.push(format!("behavior {} → {}", old.behavior.as_str(), new.behavior.as_str()));
    }
    if old.behavior_close != new.behavior_close {
        parts.push(format!("close {} → {}", old.behavior_close.as_str(), new.behavior_close.as_str()));
    }
    if slower_or_faster(old, new, options) {
        let ms = |e: &IndexEntry| e.duration_ms.unwrap_or_default();
        parts.push(format!("took {} ms → {} ms", ms(old), ms(new)));
    }
    parts
}

fn code(code: Option<u16>) -> String {
    code.map_or("none".to_owned(), |c| c.to_string())
}

/// Says why a case changed by what its two reports tell.
pub fn explain(change: &mut Change, old: &CaseReport, new: &CaseReport, options: &Options) {
    if let (Some(was), Some(is), Some(reasons)) = (&change.old, &change.new, reasons(old, new)) {
        let mut parts = verdicts(was, is, options);
        parts.push(reasons);
        change.why = parts.join("; ");
    }
}

/// What two reports of one case tell beyond their verdicts: the first event that differs, the close codes, who
/// closed first, how it ended. `None` where they tell the same.
fn reasons(old: &CaseReport, new: &CaseReport) -> Option<String> {
    let mut parts = Vec::new();
    if let (Some(was), Some(is)) = (&old.received, &new.received)
        && let Some((at, a, b)) = first_difference(was, is)
    {
        let say = |e: Option<&CaseEvent>| e.map_or("nothing".to_owned(), event);
        parts.push(format!("event {at}: {} → {}", say(a), say(b)));
    } else if let Some(part) = frames(old, new) {
        parts.push(part);
    }
    let (was, is) = (&old.closing, &new.closing);
    let closes = |closing: &crate::model::case::ClosingBehavior| match closing.remote_close_code {
        Some(code) => code.to_string(),
        None => "no code".to_owned(),
    };
    if closes(was) != closes(is) {
        parts.push(format!("the testee's Close: {} → {}", closes(was), closes(is)));
    }
    // Who did it where the tester did not, the flags do not tell: perhaps nobody.
    for (what, was, is) in [
        ("the tester closed first", was.closed_by_me, is.closed_by_me),
        ("the tester dropped TCP", was.dropped_by_me, is.dropped_by_me),
    ] {
        match (was, is) {
            (false, true) => parts.push(format!("{what}: no → yes")),
            (true, false) => parts.push(format!("{what}: yes → no")),
            _ => {}
        }
    }
    if was.was_clean != is.was_clean || was.was_not_clean_reason != is.was_not_clean_reason {
        let say = |closing: &crate::model::case::ClosingBehavior| {
            let reason = closing.was_not_clean_reason.as_deref();
            match (closing.was_clean, reason) {
                (true, _) => "clean".to_owned(),
                (false, Some(reason)) => format!("not clean ({})", quote_up_to(reason, RESULT)),
                (false, None) => "not clean".to_owned(),
            }
        };
        parts.push(format!("{} → {}", say(was), say(is)));
    }
    // What the suite says of a success is always the same.
    let failed = [new.behavior != Behavior::Ok, new.behavior_close != BehaviorClose::Ok];
    let results = [(&old.result, &new.result), (&old.result_close, &new.result_close)];
    let mut said: Vec<&String> = Vec::new();
    for ((was, is), _) in results.into_iter().zip(failed).filter(|(_, failed)| *failed) {
        said.extend(is.iter().filter(|is| Some(*is) != was.as_ref()));
    }
    said.dedup();
    parts.extend(said.into_iter().map(|is| format!("now {}", quote_up_to(is, RESULT))));
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Position from 1, and what either side has there.
fn first_difference<'a, T: PartialEq>(
    a: &'a [T],
    b: &'a [T],
) -> Option<(usize, Option<&'a T>, Option<&'a T>)> {
    let at = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    (at < a.len() || at < b.len()).then(|| (at + 1, a.get(at), b.get(at)))
}

/// The first frame of the testee that differs. Its masking key is random, so it does not count.
fn frames(old: &CaseReport, new: &CaseReport) -> Option<String> {
    let sent = |report: &CaseReport| -> Option<Vec<String>> {
        let rows = report.wire_log.as_ref()?.iter();
        Some(
            rows.filter_map(|row| if let WireRow::RxFrame(f) = row { Some(frame(f)) } else { None })
                .collect(),
        )
    };
    let (was, is) = (sent(old)?, sent(new)?);
    let (at, a, b) = first_difference(&was, &is)?;
    let say = |f: Option<&String>| f.map_or("none", String::as_str).to_owned();
    Some(format!("frame {at} of the testee: {} → {}", say(a), say(b)))
}

fn frame(frame: &LoggedFrame) -> String {
    let known = &frame.data.known;
    let text = || match std::str::from_utf8(known) {
        Ok(text) => quote(text),
        Err(_) => hex_up_to(known),
    };
    let mut said = match frame.opcode {
        0 => format!("continuation {}", text()),
        1 => format!("text {}", text()),
        2 => format!("binary {}", hex_up_to(known)),
        8 => match known.as_slice() {
            [] => format!("Close {}", bare_code(None)),
            body => match CloseCode::split(body) {
                Some((code, [])) => format!("Close {}", bare_code(Some(code))),
                Some((code, reason)) => match std::str::from_utf8(reason) {
                    Ok(reason) => format!("Close {code} {}", quote(reason)),
                    Err(_) => format!("Close {code} {}", hex_up_to(reason)),
                },
                None => format!("Close {}", hex_up_to(body)),
            },
        },
        9 => format!("Ping {}", text()),
        10 => format!("Pong {}", text()),
        opcode => format!("opcode {opcode} {}", hex_up_to(known)),
    };
    match frame.data.len {
        Some(len) if len == known.len() as u64 => {}
        Some(len) => said.push_str(&format!(", {len} bytes in all")),
        None => said.push_str(", of unknown length"),
    }
    if !frame.fin {
        said.push_str(", not final");
    }
    if frame.rsv != 0 {
        said.push_str(&format!(", RSV {}", frame.rsv));
    }
    said
}

fn hex_up_to(bytes: &[u8]) -> String {
    match bytes.split_at_checked(QUOTED / 2) {
        _ if bytes.is_empty() => "of 0 bytes".to_owned(),
        Some((start, [_, ..])) => format!("0x{}… ({} bytes)", Hex(start), bytes.len()),
        _ => format!("0x{}", Hex(bytes)),
    }
}

fn event(event: &CaseEvent) -> String {
    match event {
        CaseEvent::Message(text, false) => format!("text {}", quote(text)),
        CaseEvent::Message(text, true) => format!("binary {}", quote(text)),
        CaseEvent::Ping(text) => format!("ping {}", quote(text)),
        CaseEvent::Pong(text) => format!("pong {}", quote(text)),
        CaseEvent::Timeout(tag) => format!("timeout {}", quote(tag)),
        CaseEvent::Other(name, _) => quote(name),
    }
}

fn quote(text: &str) -> String {
    quote_up_to(text, QUOTED)
}

fn quote_up_to(text: &str, max: usize) -> String {
    match start_of(text, max) {
        Some(start) => format!("\"{start}\"… ({} bytes)", text.len()),
        None => format!("\"{text}\""),
    }
}

#[cfg(test)]
mod tests;
