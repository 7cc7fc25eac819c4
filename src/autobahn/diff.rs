//! What changed between two runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseId, CaseReport, IndexEntry, LoggedFrame, Run, WireRow,
};
use crate::model::run::{AgentDiff, Change, ChangeKind, DiffCounts, RunDiff};

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

/// Compares two runs, agent by agent and case by case.
#[must_use]
pub fn compare(old: &Run, new: &Run, options: &Options) -> RunDiff {
    let gone = |agent: &String| options.renamed.iter().any(|(from, _)| from == agent);
    let old_name = |agent: &String| match options.renamed.iter().find(|(_, to)| to == agent) {
        Some((from, _)) => Some(from.clone()),
        None => (!gone(agent)).then(|| agent.clone()),
    };
    // An old agent that was renamed is compared under its new name only.
    let targets = options.renamed.iter().map(|(_, to)| to);
    let names: BTreeSet<&String> =
        new.agents.keys().chain(old.agents.keys().filter(|agent| !gone(agent))).chain(targets).collect();
    let nothing = BTreeMap::new();
    let mut diff = RunDiff::default();
    for agent in names {
        let from = old_name(agent);
        let entries_old = from.as_ref().and_then(|from| old.agents.get(from)).unwrap_or(&nothing);
        let entries_new = new.agents.get(agent).unwrap_or(&nothing);
        let mut result = AgentDiff {
            agent: agent.clone(),
            old_agent: from.filter(|from| from != agent),
            changes: Vec::new(),
            unchanged: Vec::new(),
            sections: BTreeMap::new(),
            totals: DiffCounts::default(),
        };
        let cases: BTreeSet<&CaseId> = entries_old.keys().chain(entries_new.keys()).collect();
        for case in cases {
            let (old, new) = (entries_old.get(case), entries_new.get(case));
            let kind = match (old, new) {
                (Some(old), Some(new)) => kind(old, new, options),
                (Some(_), None) => Some(ChangeKind::Missing),
                (None, _) => Some(ChangeKind::Added),
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
                }),
                (None, Some(new)) => result.unchanged.push((case.clone(), new.clone())),
                (None, None) => {}
            }
        }
        diff.agents.push(result);
    }
    diff
}

fn kind(old: &IndexEntry, new: &IndexEntry, options: &Options) -> Option<ChangeKind> {
    let was = [rank(&old.behavior), rank_close(&old.behavior_close)];
    let is = [rank(&new.behavior), rank_close(&new.behavior_close)];
    let same = (&old.behavior, &old.behavior_close, old.remote_close_code)
        == (&new.behavior, &new.behavior_close, new.remote_close_code);
    if is[0] > was[0] || is[1] > was[1] {
        Some(ChangeKind::Regression)
    } else if is != was {
        Some(ChangeKind::Fixed)
    } else if !same || slower_or_faster(old, new, options) {
        Some(ChangeKind::Changed)
    } else {
        None
    }
}

/// Words this reader does not know are all of one rank, the worst.
const fn rank(behavior: &Behavior) -> u8 {
    match behavior {
        Behavior::Ok => 0,
        Behavior::Informational => 1,
        Behavior::NonStrict => 2,
        Behavior::Unimplemented => 3,
        Behavior::Failed => 4,
        Behavior::Other(_) => 5,
    }
}

const fn rank_close(close: &BehaviorClose) -> u8 {
    match close {
        BehaviorClose::Ok => 0,
        BehaviorClose::Informational => 1,
        BehaviorClose::FailedByClient => 2,
        BehaviorClose::WrongCode => 3,
        BehaviorClose::Unclean => 4,
        BehaviorClose::Failed => 5,
        BehaviorClose::Other(_) => 6,
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
            [] => "Close without a code".to_owned(),
            [high, low, reason @ ..] => {
                let code = u16::from_be_bytes([*high, *low]);
                let reason = match std::str::from_utf8(reason) {
                    Ok("") => String::new(),
                    Ok(reason) => format!(" {}", quote(reason)),
                    Err(_) => format!(" {}", hex_up_to(reason)),
                };
                format!("Close {code}{reason}")
            }
            [_] => format!("Close {}", hex_up_to(known)),
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
    let mut said = bytes.iter().take(QUOTED / 2).fold("0x".to_owned(), |hex, b| format!("{hex}{b:02x}"));
    if bytes.is_empty() {
        return "of 0 bytes".to_owned();
    }
    if bytes.len() > QUOTED / 2 {
        said.push_str(&format!("… ({} bytes)", bytes.len()));
    }
    said
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
    let short: String = text.chars().take(max).collect();
    let cut = if short.len() < text.len() { format!("… ({} bytes)", text.len()) } else { String::new() };
    format!("\"{short}\"{cut}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autobahn::json;
    use crate::model::case::LoggedData;
    use std::path::Path;

    /// `a 1.1 OK/OK 1000 5ms` and so on, parted by commas.
    fn run(text: &str) -> Run {
        let mut run = Run::default();
        for case in text.split(", ").filter(|c| !c.is_empty()) {
            let words: Vec<_> = case.split(' ').collect();
            let (behavior, close) = words[2].split_once('/').unwrap();
            let entry = IndexEntry {
                behavior: Behavior::new(&behavior.replace('_', " ")),
                behavior_close: BehaviorClose::new(&close.replace('_', " ")),
                duration_ms: words.get(4).map(|ms| ms.trim_end_matches("ms").parse().unwrap()),
                remote_close_code: words.get(3).and_then(|c| c.parse().ok()),
                report_file: None,
            };
            let id = CaseId::new(words[1]).unwrap();
            run.agents.entry(words[0].to_owned()).or_default().insert(id, entry);
        }
        run
    }

    #[track_caller]
    fn check_with(options: &Options, old: &str, new: &str, expected: &str) {
        let diff = compare(&run(old), &run(new), options);
        let changes: Vec<_> = diff
            .agents
            .iter()
            .flat_map(|a| {
                a.changes.iter().map(|c| format!("{} {} {}: {}", a.agent, c.case, c.kind.name(), c.why))
            })
            .collect();
        assert_eq!(changes.join(" | "), expected, "{old} → {new}");
        let mut sum = DiffCounts::default();
        for agent in &diff.agents {
            for counts in agent.sections.values() {
                for kind in ChangeKind::ALL {
                    (0..counts.of(kind)).for_each(|_| sum.add(Some(kind)));
                }
                (0..counts.unchanged).for_each(|_| sum.add(None));
            }
            assert_eq!(agent.totals.cases(), (agent.changes.len() + agent.unchanged.len()) as u64);
        }
        assert_eq!(sum, diff.totals);
    }

    #[track_caller]
    fn check(old: &str, new: &str, expected: &str) {
        check_with(&Options::default(), &format!("a 1.1 {old}"), &format!("a 1.1 {new}"), expected);
    }

    #[test]
    fn kinds_by_rank() {
        check("OK/OK 1000 1ms", "OK/OK 1000 900ms", "");
        check("OK/OK 1000", "FAILED/OK 1000", "a 1.1 regression: behavior OK → FAILED");
        check("OK/OK 1000", "OK/UNCLEAN 1000", "a 1.1 regression: close OK → UNCLEAN");
        check(
            "OK/WRONG_CODE 1000",
            "OK/FAILED_BY_CLIENT 1000",
            "a 1.1 fixed: close WRONG CODE → FAILED BY CLIENT",
        );
        check(
            "OK/FAILED 1000",
            "NON-STRICT/OK 1000",
            "a 1.1 regression: behavior OK → NON-STRICT; close FAILED → OK",
        );
        check("OK/OK 1000", "OK/OK null", "a 1.1 changed: code of the testee's Close 1000 → none");
        check("NO_CLOSE/OK", "GONE/OK", "a 1.1 changed: behavior NO CLOSE → GONE");
        check("FAILED/OK", "NO_CLOSE/OK", "a 1.1 regression: behavior FAILED → NO CLOSE");
        let behaviors = ["OK", "INFORMATIONAL", "NON-STRICT", "UNIMPLEMENTED", "FAILED", "X"];
        let closes = ["OK", "INFORMATIONAL", "FAILED_BY_CLIENT", "WRONG_CODE", "UNCLEAN", "FAILED", "X"];
        let better = |words: &[&str], of: fn(&str) -> String| {
            for pair in words.windows(2) {
                let (a, b) = (run(&format!("a 1.1 {}", of(pair[0]))), run(&format!("a 1.1 {}", of(pair[1]))));
                let kinds = [(&a, &b), (&b, &a)]
                    .map(|(a, b)| compare(a, b, &Options::default()).agents[0].changes[0].kind);
                assert_eq!(kinds, [ChangeKind::Regression, ChangeKind::Fixed], "{pair:?}");
            }
        };
        better(&behaviors, |b| format!("{b}/OK"));
        better(&closes, |c| format!("OK/{c}"));
    }

    #[test]
    fn cases_and_agents_that_come_and_go() {
        check_with(
            &Options::default(),
            "a 1.2 OK/OK, a 1.10 OK/OK, b 1.1 OK/OK",
            "a 1.2 OK/OK, a 1.3 FAILED/OK, c 1.1 OK/OK",
            "a 1.3 added: not in the old run; is FAILED / OK | a 1.10 missing: not in the new run; was OK / OK \
             | b 1.1 missing: not in the new run; was OK / OK | c 1.1 added: not in the old run; is OK / OK",
        );
        check_with(&Options::default(), "", "", "");
    }

    #[test]
    fn renamed_agents_are_compared() {
        let renamed = |pairs: &[(&str, &str)]| Options {
            renamed: pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
            duration_factor: None,
        };
        let (old, new) = ("a-1 1.1 OK/OK", "a-2 1.1 FAILED/OK");
        check_with(&renamed(&[("a-1", "a-2")]), old, new, "a-2 1.1 regression: behavior OK → FAILED");
        check_with(
            &renamed(&[("a-1", "gone")]),
            old,
            "",
            "gone 1.1 missing: not in the new run; was OK / OK",
        );
        check_with(
            &renamed(&[("a", "b")]),
            "a 1.1 OK/OK",
            "a 1.1 OK/OK, b 1.1 FAILED/OK",
            "a 1.1 added: not in the old run; is OK / OK | b 1.1 regression: behavior OK → FAILED",
        );
        let swapped = renamed(&[("a", "b"), ("b", "a")]);
        check_with(&swapped, "a 1.1 OK/OK, b 1.1 FAILED/OK", "b 1.1 OK/OK, a 1.1 FAILED/OK", "");
    }

    #[test]
    fn durations_count_only_where_asked_for() {
        let factor = |n| Options { renamed: Vec::new(), duration_factor: Some(n) };
        let (old, new) = ("a 1.1 OK/OK 1000 10ms", "a 1.1 OK/OK 1000 31ms");
        check_with(&factor(3.0), old, new, "a 1.1 changed: took 10 ms → 31 ms");
        check_with(&factor(3.0), new, old, "a 1.1 changed: took 31 ms → 10 ms");
        check_with(&factor(3.1), old, new, "");
        check_with(&factor(2.0), "a 1.1 OK/OK 1000 0ms", "a 1.1 OK/OK 1000 2ms", "");
        check_with(&factor(2.0), "a 1.1 OK/OK 1000", new, "");
    }

    fn report(received: &str, closing: &str) -> CaseReport {
        let json = format!(
            r#"{{"agent":"a","id":"1.1","behavior":"OK","behaviorClose":"UNCLEAN","received":{received}{closing}}}"#
        );
        json::read(json.as_bytes(), Path::new("x")).unwrap()
    }

    #[test]
    fn case_reports_tell_why() {
        #[track_caller]
        fn check(old: (&str, &str), new: (&str, &str), expected: Option<&str>) {
            let why = reasons(&report(old.0, old.1), &report(new.0, new.1));
            assert_eq!(why.as_deref(), expected);
        }
        let hello = r#"[["message","Hello",false]]"#;
        check((hello, ""), (hello, ""), None);
        check((hello, ""), ("[]", ""), Some("event 1: text \"Hello\" → nothing"));
        check(
            (hello, ""),
            (r#"[["message","Hello",false],["pong","xx"]]"#, ""),
            Some("event 2: nothing → pong \"xx\""),
        );
        check(
            (hello, r#","remoteCloseCode":1002,"closedByMe":false,"wasClean":true"#),
            (
                hello,
                r#","closedByMe":true,"wasNotCleanReason":"peer dropped","result":"untold","resultClose":"R","droppedByMe":true"#,
            ),
            Some(
                "the testee's Close: 1002 → no code; the tester closed first: no → yes; the tester dropped TCP: no → yes; clean → not clean (\"peer dropped\"); now \"R\"",
            ),
        );
        let long = format!(r#"[["message","{}",true]]"#, "é".repeat(50));
        let quoted = format!("event 1: nothing → binary \"{}\"… (100 bytes)", "é".repeat(40));
        check(("[]", ""), (&long, ""), Some(&quoted));
    }

    #[test]
    fn equal_events_of_different_frames_are_told_apart() {
        let frame = |opcode, known: &[u8]| {
            WireRow::RxFrame(LoggedFrame {
                data: LoggedData { len: Some(known.len() as u64), known: known.to_vec() },
                opcode,
                fin: true,
                rsv: 0,
                masked: Some(true),
                masking_key: None,
                repeat_len: None,
                chop_size: None,
            })
        };
        let mut old = report("[]", "");
        let mut new = old.clone();
        old.wire_log = Some(vec![frame(1, b"a"), frame(8, b"")]);
        new.wire_log = Some(vec![WireRow::Failing, frame(1, b"a")]);
        let why = reasons(&old, &new);
        assert_eq!(why.as_deref(), Some("frame 2 of the testee: Close without a code → none"));
        new.wire_log = Some(vec![frame(2, b"\x01\xff"), frame(8, b"\x03\xeabad")]);
        let why = reasons(&old, &new);
        assert_eq!(why.as_deref(), Some("frame 1 of the testee: text \"a\" → binary 0x01ff"), "{why:?}");
        old.wire_log = Some(vec![frame(2, b"\x01\xff"), frame(8, b"\x03\xe8"), frame(11, b"")]);
        let why = reasons(&old, &new);
        assert_eq!(why.as_deref(), Some("frame 2 of the testee: Close 1000 → Close 1002 \"bad\""));
        new.wire_log = None;
        assert_eq!(reasons(&old, &new), None);
    }
}
