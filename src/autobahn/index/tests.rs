//! Indices, shards and case files, as tables.

use std::path::Path;

use super::*;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::case::{Behavior, BehaviorClose};
use crate::model::run::{LoneCase, Testee};

fn testee(agent: &str) -> Testee {
    Testee::new(agent, None)
}

fn parse(json: &str) -> Result<Index, Error> {
    read(json.as_bytes(), Path::new("index.json"), &Limits::DEFAULT)
}

/// `a 1.1 OK 1000` and so on, parted by commas.
fn index(cases: &str) -> Run {
    let entries: Vec<_> = cases
        .split(", ")
        .map(|case| {
            let words: Vec<_> = case.split(' ').collect();
            let [agent, id, behavior, code] = words[..] else { panic!("{case}") };
            (agent, format!(
                r#""{id}":{{"behavior":"{behavior}","behaviorClose":"OK","duration":1,"remoteCloseCode":{code},"reportfile":"{id}.json"}}"#
            ))
        })
        .collect();
    let mut agents: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (agent, entry) in entries {
        agents.entry(agent).or_default().push(entry);
    }
    let agents: Vec<_> =
        agents.iter().map(|(a, cases)| format!(r#""{a}":{{{}}}"#, cases.join(","))).collect();
    parse(&format!("{{{}}}", agents.join(","))).unwrap().run
}

fn verdict(agent: &str, id: &str, behavior: &str, code: Option<u16>, duration: u64) -> CaseVerdict {
    CaseVerdict {
        agent: agent.to_owned(),
        role: None,
        id: CaseId::new(id).unwrap(),
        behavior: Behavior::new(behavior),
        behavior_close: BehaviorClose::Ok,
        duration_ms: Some(duration),
        remote_close_code: code,
        result: None,
        result_close: None,
        not_clean_reason: None,
        started: None,
    }
}

fn said(contradictions: &[Contradiction]) -> Vec<String> {
    let one = |c: &Contradiction| {
        let case = c.case.as_ref().map_or("-", CaseId::as_str);
        format!("{} {case}: {}", c.testee.label(), c.detail)
    };
    contradictions.iter().map(one).collect()
}

#[test]
fn cases_come_by_number() {
    let json = r#"{"b": {"10.1.1": {"behavior": "OK", "behaviorClose": "OK", "duration": 9,
        "remoteCloseCode": 1000, "reportfile": "b_case_10_1_1.json"},
        "2.1": {"behavior": "NO_CLOSE", "behaviorClose": "WRONG CODE", "remoteCloseCode": null},
        "1.2.10": {"behavior": "NON-STRICT", "more": {"behavior": [1, {"a": 2}]}}}, "a": {}}"#;
    let read = parse(json).unwrap();
    assert_eq!(read.contradictions, []);
    let agents = read.run.agents;
    assert_eq!(agents.keys().map(|testee| testee.agent.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let of_b = &agents[&testee("b")];
    assert_eq!(of_b.keys().map(CaseId::as_str).collect::<Vec<_>>(), ["1.2.10", "2.1", "10.1.1"]);
    let entry = &of_b[&CaseId::new("10.1.1").unwrap()];
    assert_eq!((entry.duration_ms, entry.remote_close_code), (Some(9), Some(1000)));
    assert_eq!(entry.report_file.as_deref(), Some("b_case_10_1_1.json"));
    let old = &of_b[&CaseId::new("2.1").unwrap()];
    assert_eq!(old.behavior, Behavior::Other("NO_CLOSE".to_owned()));
    assert_eq!((&old.behavior_close, old.remote_close_code), (&BehaviorClose::WrongCode, None));
}

#[test]
fn what_is_no_index_is_an_error() {
    for (json, says) in [
        ("", "line 1"),
        ("{", "line 1"),
        ("[]", "not a JSON object"),
        (r#"{"a": 1}"#, "the value of a is not a list"),
        (r#"{"a": {"x": {}}}"#, "\"x\" of a is not a case number"),
        (r#"{"a":{"1.x":{"behavior":"OK","behaviorClose":"OK"}}}"#, "\"1.x\" of a is not a case number"),
        (r#"{"a": {"1.1": {}}}"#, "case 1.1 of a has no verdict"),
        (r#"{"a": {"1.1": {"behavior": 1}}}"#, "case 1.1 of a has no verdict"),
        (r#"{"a":{"1.1":{"behaviorClose":"OK"}}}"#, "case 1.1 of a has no verdict"),
        (r#"{"a": {"#, "line 1"),
    ] {
        let error = parse(json).unwrap_err();
        assert!(
            matches!(error, Error::BadReport { .. }) && error.to_string().contains(says),
            "{json}: {error}"
        );
    }
    assert_eq!(parse("\u{feff}{}").unwrap(), Index::default());
    let deep = format!(r#"{{"a": {{"1.1": {}{}}}}}"#, r#"{"x":"#.repeat(5_000), "}".repeat(5_000));
    assert!(parse(&deep).is_err());
}

/// What is there twice is told, and a FAILED is not lost behind an OK.
#[test]
fn what_an_index_has_twice_is_told() {
    let entry = |behavior: &str| format!(r#"{{"behavior":"{behavior}","behaviorClose":"OK"}}"#);
    let [ok, failed] = ["OK", "FAILED"].map(entry);
    for (json, contradictions, behaviors) in [
        (
            format!(r#"{{"a":{{"1.1":{failed},"1.1":{ok}}}}}"#),
            &["a 1.1: the index has it twice: FAILED / OK and OK / OK"][..],
            &["FAILED"][..],
        ),
        (
            format!(r#"{{"a":{{"1.1":{ok},"1.1":{ok}}}}}"#),
            &["a 1.1: the index has it twice: OK / OK and OK / OK"],
            &["OK"],
        ),
        (
            format!(r#"{{"a":{{"1.1":{failed}}},"a":{{"1.2":{ok}}}}}"#),
            &["a -: the index names this agent twice"],
            &["FAILED", "OK"],
        ),
        (
            format!(r#"{{"a":{{"1.1":{failed}}},"a":{{}}}}"#),
            &["a -: the index names this agent twice"],
            &["FAILED"],
        ),
        (
            r#"{"a":{"1.1":{"behavior":"FAILED","behavior":"OK","behaviorClose":"OK"}}}"#.to_owned(),
            &["a 1.1: its entry in the index has behavior twice"],
            &["FAILED"],
        ),
        // Two names that are no Unicode come to one.
        (
            format!(r#"{{"\ud800":{{"1.1":{failed}}},"\ud801":{{"1.1":{ok}}}}}"#),
            &[
                "\u{fffd} -: the index names this agent twice",
                "\u{fffd} 1.1: the index has it twice: FAILED / OK and OK / OK",
            ],
            &["FAILED"],
        ),
        // What nobody reads may come twice.
        (r#"{"a":{"1.1":{"behavior":"OK","x":1,"x":2}}}"#.to_owned(), &[], &["OK"]),
    ] {
        let read = parse(&json).unwrap();
        assert_eq!(said(&read.contradictions), contradictions, "{json}");
        let found: Vec<_> =
            read.run.agents.values().flat_map(BTreeMap::values).map(|e| e.behavior.as_str()).collect();
        assert_eq!(found, behaviors, "{json}");
    }
    let close = r#"{"a":{"1.1":{"behavior":"OK","behaviorClose":"UNCLEAN","behaviorClose":"OK"}}}"#;
    let read = parse(close).unwrap();
    assert_eq!(read.run.agents[&testee("a")].values().next().unwrap().behavior_close, BehaviorClose::Unclean);
}

#[test]
fn shards_that_disagree_are_listed_and_the_worse_is_kept() {
    let shard = || index("a 1.1 FAILED null, a 1.2 OK 1000, a 1.3 OK 1000, b 1.1 OK 1000");
    let mut run = index("a 1.1 OK 1000, a 1.2 FAILED 1000, b 1.1 OK 1000");
    let mut other = run.clone();
    assert_eq!(
        said(&merge(&mut run, shard(), Parts::Shards)),
        [
            "a 1.1: behavior: one shard says OK, another FAILED; code of the testee's Close: one shard says 1000, another none",
            "a 1.2: behavior: one shard says FAILED, another OK",
        ]
    );
    let behaviors: Vec<_> = run.agents[&testee("a")].values().map(|e| e.behavior.as_str()).collect();
    assert_eq!(behaviors, ["FAILED", "FAILED", "OK"]);
    // What is not known to be of one run may not have a case twice, whatever it says.
    assert_eq!(
        said(&merge(&mut other, shard(), Parts::Apart("x", "y"))),
        [
            "a -: x and y both have 2 cases (1.1 is the first), 2 with another verdict each: give one of them, say that they are shards of one run (--shards), or name their directories clients and servers if they are its two roles",
            "b -: x and y both have case 1.1: give one of them, say that they are shards of one run (--shards), or name their directories clients and servers if they are its two roles",
        ]
    );
    assert_eq!(other, run);
}

#[test]
fn names_tell_roles_where_they_are_certain() {
    for (name, role) in [
        ("clients", Some(Role::Client)),
        ("Client", Some(Role::Client)),
        ("servers", Some(Role::Server)),
        ("server", Some(Role::Server)),
        // These are names of the tester.
        ("fuzzingserver", Some(Role::Client)),
        ("fuzzingclient", Some(Role::Server)),
        ("reports", None),
        ("my-client", None),
        ("clients.old", None),
        ("", None),
    ] {
        assert_eq!(of_name(name), role, "{name}");
    }
}

#[test]
fn roles_are_given_to_agents_that_have_none() {
    let mut run = index("a 1.1 OK 1000, b 1.1 OK 1000");
    let role = |agent: &str| (agent == "a").then_some(Role::Server);
    assert_eq!(with_roles(&mut run, role, Parts::Shards), []);
    let labels = |run: &Run| run.agents.keys().map(Testee::label).collect::<Vec<_>>();
    assert_eq!(labels(&run), ["a (server)", "b"]);
    run.agents.extend(index("a 1.1 FAILED 1000, a 1.2 OK 1000").agents);
    let told = said(&with_roles(&mut run, role, Parts::Shards));
    assert_eq!(told, ["a (server) 1.1: behavior: one shard says OK, another FAILED"]);
    assert_eq!(labels(&run), ["a (server)", "b"]);
}

fn beside(named: &[(&str, CaseVerdict)], unnamed: &[(&str, CaseVerdict)]) -> Beside {
    let files = |files: &[(&str, CaseVerdict)]| {
        files.iter().map(|(name, verdict)| ((*name).to_owned(), verdict.clone())).collect()
    };
    Beside { named: files(named), unnamed: files(unnamed) }
}

#[test]
fn the_index_is_held_against_the_case_files() {
    #[track_caller]
    fn check(files: &[(&str, CaseVerdict)], expected: &str) {
        let run = index("a-b 1.1 OK 1000, a-b 1.2 OK 1000, a_b 1.1 OK 1000");
        let cases = hold(&run, &beside(files, &[]));
        let said: Vec<_> = cases.contradictions.iter().map(|c| c.detail.as_str()).collect();
        let held: usize = cases.verdicts.values().map(BTreeMap::len).sum();
        let (absent, overwritten) = (cases.absent.len(), cases.overwritten);
        let counts = format!("{held} held, {absent} absent, {overwritten} overwritten");
        assert_eq!(format!("{counts}: {}", said.join(" | ")), expected);
    }
    let ok = verdict("a_b", "1.1", "OK", Some(1000), 1);
    check(&[], "0 held, 3 absent, 0 overwritten: ");
    check(&[("1.1.json", ok.clone())], "1 held, 1 absent, 1 overwritten: ");
    check(
        &[("1.1.json", CaseVerdict { behavior: Behavior::Failed, duration_ms: Some(7), ..ok.clone() })],
        "1 held, 1 absent, 1 overwritten: behavior: the index says OK, 1.1.json FAILED; duration: the index says 1 ms, 1.1.json 7 ms",
    );
    check(
        &[("1.2.json", ok)],
        "0 held, 2 absent, 0 overwritten: the index names 1.2.json, which is case 1.1 of agent a_b",
    );
}

#[test]
fn a_file_of_the_other_role_is_a_contradiction() {
    let mut run = index("a 1.1 OK 1000");
    let _ = with_roles(&mut run, |_| Some(Role::Client), Parts::Shards);
    let file = CaseVerdict { role: Some(Role::Server), ..verdict("a", "1.1", "OK", Some(1000), 1) };
    let cases = hold(&run, &beside(&[("1.1.json", file)], &[]));
    assert_eq!(
        said(&cases.contradictions),
        ["a (client) 1.1: this is a run with the testee as client, 1.1.json has it as server"]
    );
}

#[test]
fn what_only_one_of_index_and_files_has_is_kept() {
    let run = index("a 1.1 OK 1000, a 1.2 OK 1000");
    let more = verdict("a", "1.3", "FAILED", None, 1);
    let cases =
        hold(&run, &beside(&[("1.1.json", verdict("a", "1.1", "OK", Some(1000), 1))], &[("x.json", more)]));
    let told = |lone: &LoneCase| {
        format!("{} {} {} {}", lone.testee.label(), lone.case, lone.file, lone.entry.behavior.as_str())
    };
    assert_eq!(cases.absent.iter().map(told).collect::<Vec<_>>(), ["a 1.2 1.2.json OK"]);
    assert_eq!(cases.unlisted.iter().map(told).collect::<Vec<_>>(), ["a 1.3 x.json FAILED"]);
    assert_eq!(cases.contradictions, []);
}

#[test]
fn a_file_of_an_agent_that_is_not_in_the_index_is_a_contradiction() {
    let run = index("a-b 1.1 OK 1000, a_b 1.1 OK 1000");
    let cases = hold(&run, &beside(&[("1.1.json", verdict("a b", "1.1", "OK", Some(1000), 1))], &[]));
    let said: Vec<_> = cases.contradictions.iter().map(|c| c.detail.as_str()).collect();
    assert_eq!(said, ["the index names 1.1.json, which is case 1.1 of agent a b"; 2]);
    assert_eq!(cases.overwritten, 0);
}

#[test]
fn case_files_alone_make_a_run() {
    let files = || {
        [
            ("x.json".to_owned(), verdict("a", "1.10", "OK", None, 1)),
            ("y.json".to_owned(), verdict("a", "1.9", "OK", None, 1)),
            ("z.json".to_owned(), verdict("a", "1.9", "FAILED", None, 1)),
        ]
    };
    let (run, cases) = from_cases(files(), None, true);
    let ids: Vec<_> = run.agents[&testee("a")].keys().map(CaseId::as_str).collect();
    assert_eq!(ids, ["1.9", "1.10"]);
    assert_eq!(said(&cases.contradictions), ["a 1.9: behavior: one shard says OK, another FAILED"]);
    let (_, cases) = from_cases(files(), None, false);
    assert_eq!(
        said(&cases.contradictions),
        [
            "a -: y.json and z.json both have case 1.9, with another verdict each: give one of them, say that they are shards of one run (--shards), or name their directories clients and servers if they are its two roles"
        ]
    );
    // The two roles of an agent are two runs, and what tells no role has the one that is known otherwise.
    let [_, (_, one), (_, other)] = files();
    let server = CaseVerdict { role: Some(Role::Server), ..other };
    let (run, cases) =
        from_cases([("y".to_owned(), one), ("z".to_owned(), server)], Some(Role::Client), false);
    assert_eq!(run.agents.keys().map(Testee::label).collect::<Vec<_>>(), ["a (client)", "a (server)"]);
    assert_eq!(cases.contradictions, []);
    // What is quoted belongs to the verdict that was kept.
    let kept = |order: [&str; 2]| {
        let files = order.map(|behavior| (behavior.to_owned(), verdict("a", "1.9", behavior, None, 1)));
        let (run, cases) = from_cases(files, None, true);
        let id = CaseId::new("1.9").unwrap();
        let entry = run.agents[&testee("a")][&id].clone();
        (entry.behavior, entry.report_file, cases.verdicts[&testee("a")][&id].behavior.clone())
    };
    for order in [["OK", "FAILED"], ["FAILED", "OK"]] {
        assert_eq!(kept(order), (Behavior::Failed, Some("FAILED".to_owned()), Behavior::Failed));
    }
}
