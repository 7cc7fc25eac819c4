//! Runs compared, as tables.

use super::*;
use crate::autobahn::json;
use crate::model::Role;
use crate::model::case::LoggedData;
use crate::model::run::Testee;
use std::path::Path;

/// `a` or `a:client`.
fn testee(text: &str) -> Testee {
    let (agent, role) = text.split_once(':').unwrap_or((text, ""));
    Testee::new(agent, Role::BOTH.into_iter().find(|of| of.name() == role))
}

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
        run.agents.entry(testee(words[0])).or_default().insert(id, entry);
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
            a.changes.iter().map(|c| format!("{} {} {}: {}", a.testee.label(), c.case, c.kind.name(), c.why))
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
    check_with(&renamed(&[("a-1", "gone")]), old, "", "gone 1.1 missing: not in the new run; was OK / OK");
    check_with(
        &renamed(&[("a", "b")]),
        "a 1.1 OK/OK",
        "a 1.1 OK/OK, b 1.1 FAILED/OK",
        "a 1.1 added: not in the old run; is OK / OK | b 1.1 regression: behavior OK → FAILED",
    );
    let swapped = renamed(&[("a", "b"), ("b", "a")]);
    check_with(&swapped, "a 1.1 OK/OK, b 1.1 FAILED/OK", "b 1.1 OK/OK, a 1.1 FAILED/OK", "");
}

/// Two roles of an agent are two runs; what does not tell its role is compared with whatever the other run has, as long as
/// that is certain.
#[test]
fn each_role_is_compared_with_its_like() {
    let check = |old, new, expected| check_with(&Options::default(), old, new, expected);
    check(
        "a:client 1.1 OK/OK, a:server 1.1 FAILED/OK",
        "a:client 1.1 FAILED/OK, a:server 1.1 FAILED/OK",
        "a (client) 1.1 regression: behavior OK → FAILED",
    );
    check(
        "a:client 1.1 OK/OK, a:server 1.1 OK/OK",
        "a:server 1.1 OK/OK",
        "a (client) 1.1 missing: not in the new run; was OK / OK",
    );
    // One list of results kept for both.
    check(
        "a 1.1 OK/OK",
        "a:client 1.1 FAILED/OK, a:server 1.1 OK/UNCLEAN",
        "a (client) 1.1 regression: behavior OK → FAILED | a (server) 1.1 regression: close OK → UNCLEAN",
    );
    check("a:client 1.1 OK/OK", "a 1.1 FAILED/OK", "a (client) 1.1 regression: behavior OK → FAILED");
    // Which of the two it is, nothing tells.
    check(
        "a:client 1.1 OK/OK, a:server 1.1 OK/OK",
        "a 1.1 OK/OK",
        "a 1.1 added: not in the old run; is OK / OK | a (client) 1.1 missing: not in the new run; was OK / OK \
         | a (server) 1.1 missing: not in the new run; was OK / OK",
    );
    check(
        "a:client 1.1 OK/OK",
        "a:server 1.1 OK/OK",
        "a (client) 1.1 missing: not in the new run; was OK / OK | a (server) 1.1 added: not in the old run; is OK / OK",
    );
    let renamed = Options { renamed: vec![("a".to_owned(), "b".to_owned())], duration_factor: None };
    check_with(
        &renamed,
        "a:client 1.1 OK/OK, a:server 1.1 OK/OK",
        "b:client 1.1 OK/OK, b:server 1.1 FAILED/OK",
        "b (server) 1.1 regression: behavior OK → FAILED",
    );
}

/// What `text` accepts of the changes from `old` to `new`, and what it accepts for nothing.
#[track_caller]
fn check_accepted(text: &str, old: &str, new: &str, expected: &str) {
    let mut diff = compare(&run(old), &run(new), &Options::default());
    accept(&mut diff, &Accepted::parse(text, Path::new("accepted.toml")).unwrap());
    let changes = diff.agents.iter().flat_map(|agent| {
        agent.changes.iter().map(|change| {
            let why = change.accepted.as_deref().unwrap_or("NOT ACCEPTED");
            format!("{} {} {}: {why}", agent.testee.label(), change.case, change.kind.name())
        })
    });
    let said: Vec<_> = changes.chain(diff.stale.iter().map(|stale| format!("stale: {stale}"))).collect();
    assert_eq!(said.join(" | "), expected);
    let accepted: u64 = ChangeKind::ALL.iter().map(|kind| diff.accepted.of(*kind)).sum();
    assert_eq!(
        accepted,
        diff.agents.iter().flat_map(|a| &a.changes).filter(|c| c.accepted.is_some()).count() as u64
    );
}

#[test]
fn changes_are_accepted_for_a_reason() {
    let (old, new) = (
        "a:client 1.1 OK/OK, a:server 1.1 OK/OK, a:client 2.1 OK/OK",
        "a:client 1.1 FAILED/OK, a:server 1.1 FAILED/OK",
    );
    check_accepted(
        "",
        old,
        new,
        "a (client) 1.1 regression: NOT ACCEPTED | a (client) 2.1 missing: NOT ACCEPTED | a (server) 1.1 regression: NOT ACCEPTED",
    );
    check_accepted(
        "[[accept]]\ncase = \"1.1\"\ntestee_is = \"client\"\nreason = \"known\"\n[[accept]]\ncase = \"2.*\"\nkind = \"missing\"\nreason = \"cut\"",
        old,
        new,
        "a (client) 1.1 regression: known | a (client) 2.1 missing: cut | a (server) 1.1 regression: NOT ACCEPTED",
    );
    check_accepted(
        "[[accept]]\ncase = \"*\"\nreason = \"all\"\n[[accept]]\ncase = \"1.1\"\nagent = \"b\"\nreason = \"gone\"\n[[accept]]\ncase = \"1.1\"\nagent = \"a\"\ntestee_is = \"client\"\nkind = \"added\"\nreason = \"no\"",
        old,
        new,
        "a (client) 1.1 regression: all | a (client) 2.1 missing: all | a (server) 1.1 regression: all \
         | stale: 1.1 of b: gone | stale: 1.1 of a (client), added: no",
    );
    // What another speaks of too is not stale.
    check_accepted(
        "[[accept]]\ncase = \"1.*\"\nreason = \"x\"\n[[accept]]\ncase = \"1.1\"\nreason = \"y\"",
        "a 1.1 OK/OK",
        "a 1.1 FAILED/OK",
        "a 1.1 regression: x",
    );
}

#[test]
fn a_list_of_accepted_changes_with_mistakes_is_refused() {
    for (text, part) in [
        ("[[accept]]\ncase = \"1.1\"", "missing field `reason`"),
        ("[[accept]]\ncase = \"1.1\"\nreason = \" \"", "is not a reason"),
        ("[[accept]]\ncase = \"x\"\nreason = \"r\"", "does not match any case"),
        (
            "[[accept]]\ncase = \"1.1\"\nkind = \"worse\"\nreason = \"r\"",
            "is not a kind of change: write one of regression",
        ),
        ("[[accept]]\ncase = \"1.1\"\ntestee_is = \"both\"\nreason = \"r\"", "is not a role"),
        ("[[xfail]]\ncase = \"1.1\"\nreason = \"r\"", "unknown field"),
    ] {
        let error = Accepted::parse(text, Path::new("p")).unwrap_err().to_string();
        assert!(error.contains(part), "{text}: {error}");
    }
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
    json::read(json.as_bytes(), Path::new("x"), &crate::limits::Limits::DEFAULT).unwrap()
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
        let plain = LoggedFrame::plain(opcode, LoggedData::whole(known));
        WireRow::RxFrame(LoggedFrame { masked: Some(true), ..plain })
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
