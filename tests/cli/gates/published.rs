//! The gates that projects have published, as options and as policies, on a small run made bad in one way each; and what readers
//! of JUnit want.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{ask, entry, file_of, folder, told, write, wslog};
use crate::support::gates::{COMPARING, GATES, Known, index as verdicts, stricter, stricter_compared};
use crate::support::junit;

/// A run that is good but for one known failure, and what it becomes when one thing goes wrong.
fn made_bad() -> BTreeMap<&'static str, Value> {
    let ids = ["1.1.1", "3.2", "5.3", "7.1.6", "7.5.1", "12.1.1", "13.2.1"];
    let good = |id: &str| match id {
        "7.1.6" => entry("INFORMATIONAL", "INFORMATIONAL", &file_of(id)),
        "13.2.1" => entry("UNIMPLEMENTED", "OK", &file_of(id)),
        "3.2" => entry("NON-STRICT", "OK", &file_of(id)),
        _ => entry("OK", "OK", &file_of(id)),
    };
    let run = |agents: &[&str], with: &dyn Fn(&str) -> Option<Value>| -> Value {
        let cases: serde_json::Map<_, _> =
            ids.iter().filter_map(|id| Some(((*id).to_owned(), with(id)?))).collect();
        Value::Object(agents.iter().map(|agent| ((*agent).to_owned(), cases.clone().into())).collect())
    };
    let both = ["lib/1.0 a", "lib/1.0 b"];
    let one = |case: &'static str, behavior: &'static str, close: &'static str| {
        run(&both, &|id| Some(if id == case { entry(behavior, close, &file_of(id)) } else { good(id) }))
    };
    let mut extra = run(&both, &|id| Some(good(id)));
    extra["other"] = json!({"1.1.1": entry("FAILED", "OK", "x.json")});
    [
        ("good", run(&both, &|id| Some(good(id)))),
        ("failed", one("5.3", "FAILED", "OK")),
        ("failed both", one("5.3", "FAILED", "FAILED")),
        ("unclean", one("5.3", "OK", "UNCLEAN")),
        ("wrong code", one("5.3", "OK", "WRONG CODE")),
        ("failed by client", one("5.3", "OK", "FAILED BY CLIENT")),
        ("close failed", one("5.3", "OK", "FAILED")),
        ("informational", one("5.3", "INFORMATIONAL", "INFORMATIONAL")),
        ("unimplemented", one("5.3", "UNIMPLEMENTED", "OK")),
        ("unimplemented deflate", one("12.1.1", "UNIMPLEMENTED", "OK")),
        ("unimplemented unclean", one("13.2.1", "UNIMPLEMENTED", "UNCLEAN")),
        ("implemented", one("13.2.1", "OK", "OK")),
        ("strict", one("3.2", "OK", "OK")),
        ("odd", one("5.3", "NO VERDICT", "TIMEOUT")),
        ("missing", run(&both, &|id| (id != "5.3").then(|| good(id)))),
        ("empty", run(&both, &|_| None)),
        ("nobody", json!({})),
        ("renamed", run(&["lib/2.0"], &|id| Some(good(id)))),
        ("one gone", run(&both[..1], &|id| Some(good(id)))),
        ("another", extra),
    ]
    .into()
}

/// As options and as a policy each gate comes to what it came to, or is stricter for a reason.
#[test]
fn published_gates_can_be_said() {
    let folder = folder("published");
    let runs = made_bad();
    for (name, run) in &runs {
        write(&folder.join(format!("{name}.json")), run.to_string());
    }
    let known = Known { good: verdicts(&runs["good"]) };
    let mut ran = 0;
    for (nth, gate) in GATES.iter().enumerate() {
        let policy = format!("{nth}.toml");
        write(&folder.join(&policy), gate.policy_for(&known));
        let policy = vec!["--policy".to_owned(), policy];
        for arguments in gate.options_for(&known).into_iter().chain([policy]) {
            for (name, run) in &runs {
                let index = verdicts(run);
                let passes = (gate.passes)(&index, &known);
                let file = format!("{name}.json");
                let mut all = vec!["check".to_owned(), file];
                all.extend(arguments.clone());
                let code = wslog(&folder, &all).status.code();
                let allowed = passes && stricter(&index, &known, gate).is_some();
                assert!(
                    code == Some(i32::from(!passes)) || (allowed && code == Some(1)),
                    "{}: {all:?} says {code:?}, the gate {passes}",
                    gate.name
                );
                ran += 1;
            }
        }
    }
    for gate in COMPARING {
        for (name, run) in &runs {
            let passes = (gate.passes)(&runs["good"], run);
            let file = format!("{name}.json");
            let all: Vec<_> =
                ["diff", "good.json", &file].into_iter().chain(gate.options.split_whitespace()).collect();
            let code = wslog(&folder, &all).status.code();
            let allowed = passes && stricter_compared(&runs["good"], run).is_some();
            assert!(
                code == Some(i32::from(!passes)) || (allowed && code == Some(1)),
                "{}: {all:?} says {code:?}, the gate {passes}",
                gate.name
            );
            ran += 1;
        }
    }
    assert!(ran > 400, "{ran}");
}

/// A gate of beast's and rippled's that warns, outside of releases, of peers that were slow to close.
#[test]
fn a_slow_close_is_a_warning() {
    let folder = folder("slow");
    let close = |reason: &str| {
        let slow = json!({"agent": "a", "id": "7.1.1", "behavior": "OK", "behaviorClose": "UNCLEAN", "duration": 1,
            "wasNotCleanReason": reason, "isServer": false});
        write(&folder.join("a_case_7_1_1.json"), slow.to_string());
    };
    write(
        &folder.join("policy.toml"),
        "[[warn]]\nclose = [\"UNCLEAN\"]\nnot_clean_reason = \"peer did not respond (in time) in closing handshake\"\n",
    );
    close("peer did not respond (in time) in closing handshake");
    let (code, checked, _) = ask(&folder, "check a_case_7_1_1.json --policy policy.toml");
    assert_eq!(
        (code, told(&checked["warnings"])),
        (0, vec!["a (server) 7.1.1 close_failed: behavior OK, close UNCLEAN".to_owned()])
    );
    assert_eq!((&checked["totals"]["warned"], &checked["totals"]["warnings"]), (&1.into(), &1.into()));
    close("peer dropped the TCP connection without previous WebSocket closing handshake");
    assert_eq!(ask(&folder, "check a_case_7_1_1.json --policy policy.toml").0, 1);
}

/// Jenkins, Ant and Maven take what is written, whatever names and results there are.
#[test]
fn junit_is_as_its_readers_want_it() {
    let folder = folder("junit");
    let mut documents = Vec::new();
    let runs = made_bad();
    for (name, run) in &runs {
        write(&folder.join(format!("{name}.json")), run.to_string());
    }
    for name in runs.keys() {
        let file = format!("{name}.json");
        for options in
            [&[][..], &["--skip", "1.*", "--allow", "non-strict", "--warn", "unclean", "--expect-cases", "4"]]
        {
            let all: Vec<_> =
                ["check", &file, "--format", "junit"].into_iter().chain(options.iter().copied()).collect();
            documents.push(wslog(&folder, &all).stdout);
        }
        documents.push(wslog(&folder, &["diff", "good.json", &file, "--format", "junit"]).stdout);
    }
    let hostile = ["", " ", "a  b", "\u{1}\u{fffe}\n", "<a b=\"'\">&amp;]]>", "é\u{202e}"];
    for agent in hostile {
        let mut run = json!({agent: {"1.1.1": entry(agent, agent, agent)}});
        run[agent]["1.1.2"] = json!({"behavior": "OK", "duration": 18_446_744_073_709_551_615_u64});
        write(&folder.join("hostile.json"), run.to_string());
        documents.push(wslog(&folder, &["check", "hostile.json", "--format", "junit"]).stdout);
    }
    documents.push(wslog(&folder, &["check", "nowhere.json", "--format", "junit"]).stdout);
    assert!(documents.len() > 60);
    for document in documents {
        let document = String::from_utf8(document).expect("UTF-8");
        junit::validate(&document).unwrap_or_else(|wrong| panic!("{wrong}: {document}"));
    }
    // What is not so is told.
    let good = String::from_utf8(wslog(&folder, &["check", "failed.json", "--format", "junit"]).stdout)
        .expect("UTF-8");
    for (from, to) in [
        ("<testsuites>", "<testsuites skipped=\"1\">"),
        ("<testsuites>", "<testsuites name=\"x\">"),
        (" timestamp=\"1970-01-01T00:00:00\"", ""),
        ("T00:00:00\"", "T00:00:00Z\""),
        (" id=\"0\"", " id=\"x\""),
        (
            "    <system-out></system-out>\n    <system-err></system-err>",
            "    <system-err></system-err>\n    <system-out></system-out>",
        ),
        ("<failure type=\"failed\"", "<failure"),
        (" time=\"0.001\"", ""),
        ("classname=\"lib/1.0 a\"", "classname=\"\""),
        ("failures=\"", "failures=\"1"),
        ("</testcase>", "</test>"),
        ("behavior FAILED", "behavior & FAILED"),
    ] {
        let bad = good.replacen(from, to, 1);
        assert!(bad != good && junit::validate(&bad).is_err(), "{from} to {to}");
    }
}
