//! `index.json`: every verdict of a run.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::Path;

use serde_json::Value;

use crate::autobahn::document::{Document, Object};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::case::{Behavior, BehaviorClose, CaseId, IndexEntry, Run};
use crate::model::run::{CaseVerdict, Cases, Contradiction};

const WHAT: &str = "Autobahn index";

/// Reads an `index.json`; suites before 0.5.3 wrote none. Cases are put in the order of their numbers.
///
/// # Errors
/// [`Error::BadReport`] if it is not JSON, or not agents, cases and verdicts, or has more than
/// [`Limits::max_report_parts`].
pub fn read(bytes: &[u8], path: &Path, limits: &Limits) -> Result<Run, Error> {
    let document = Document::parse(bytes, path, WHAT, limits)?;
    run(&document).map_err(|detail| Error::BadReport {
        path: path.to_owned(),
        what: WHAT,
        line: None,
        detail,
        advice: "give the index.json of a run, or one of its cases",
    })
}

fn run(document: &Document) -> Result<Run, String> {
    let mut run = Run::default();
    for (agent, cases) in document.value.as_object().ok_or("not a JSON object")? {
        let agent = document.text(agent);
        let cases =
            cases.as_object().ok_or_else(|| format!("the value of {agent} is not a list of cases"))?;
        let entries = run.agents.entry(agent.clone()).or_default();
        for (case, value) in cases {
            let id = CaseId::new(case).ok_or_else(|| format!("{case:?} of {agent} is not a case number"))?;
            let entry = value.as_object().and_then(|object| listed(document, object));
            entries.insert(id, entry.ok_or_else(|| format!("case {case} of {agent} has no verdict"))?);
        }
    }
    Ok(run)
}

fn listed(document: &Document, object: &Object) -> Option<IndexEntry> {
    let word = |key: &str| object.get(key).and_then(Value::as_str);
    Some(IndexEntry {
        behavior: Behavior::new(word("behavior")?),
        // The oldest indices tell nothing of the closing.
        behavior_close: BehaviorClose::new(word("behaviorClose").unwrap_or_default()),
        duration_ms: object.get("duration").and_then(Value::as_u64),
        remote_close_code: object
            .get("remoteCloseCode")
            .and_then(Value::as_u64)
            .and_then(|n| u16::try_from(n).ok()),
        report_file: word("reportfile").map(|name| document.text(name)),
    })
}

/// Adds the cases of `shard` to `run`. A case that both have, with another verdict, is a contradiction; the
/// worse verdict is kept.
#[must_use]
pub fn merge(run: &mut Run, shard: Run) -> Vec<Contradiction> {
    let mut contradictions = Vec::new();
    for (agent, cases) in shard.agents {
        let into = run.agents.entry(agent.clone()).or_default();
        for (id, new) in cases {
            match into.entry(id) {
                Entry::Vacant(place) => {
                    place.insert(new);
                }
                Entry::Occupied(mut place) => {
                    let old = place.get();
                    let detail = differences(old, &new, "one shard", "another");
                    if !detail.is_empty() {
                        let case = place.key().clone();
                        contradictions.push(Contradiction { agent: agent.clone(), case, detail });
                    }
                    let is_worse =
                        (&new.behavior, &new.behavior_close) > (&old.behavior, &old.behavior_close);
                    if is_worse {
                        place.insert(new);
                    }
                }
            }
        }
    }
    contradictions
}

/// A run without an index, made of its case files. Of several files of one case as [`merge`].
#[must_use]
pub fn from_cases(verdicts: impl IntoIterator<Item = (String, CaseVerdict)>) -> (Run, Cases) {
    let mut run = Run::default();
    let mut cases = Cases::default();
    for (file, verdict) in verdicts {
        let entry = entry(&verdict, Some(file));
        let one = BTreeMap::from([(verdict.id.clone(), entry)]);
        let shard = Run { agents: BTreeMap::from([(verdict.agent.clone(), one)]) };
        cases.contradictions.extend(merge(&mut run, shard));
        keep(&run, &mut cases, verdict);
    }
    (run, cases)
}

/// Adds the case files of a shard that [`merge`] has added to `run`.
pub fn merge_cases(run: &Run, cases: &mut Cases, shard: Cases) {
    cases.contradictions.extend(shard.contradictions);
    cases.absent += shard.absent;
    cases.overwritten += shard.overwritten;
    for verdict in shard.verdicts.into_values().flat_map(BTreeMap::into_values) {
        keep(run, cases, verdict);
    }
}

/// Of several files of a case the one stays that says what `run` says.
fn keep(run: &Run, cases: &mut Cases, verdict: CaseVerdict) {
    let kept = run.agents.get(&verdict.agent).and_then(|entries| entries.get(&verdict.id));
    match cases.verdicts.entry(verdict.agent.clone()).or_default().entry(verdict.id.clone()) {
        Entry::Vacant(place) => {
            place.insert(verdict);
        }
        Entry::Occupied(mut place) => {
            let fits = |verdict| kept.is_some_and(|kept| says(verdict, kept));
            if !fits(place.get()) && fits(&verdict) {
                place.insert(verdict);
            }
        }
    }
}

/// Whether a case file has the verdict of an entry of the index.
#[must_use]
pub fn says(verdict: &CaseVerdict, entry: &IndexEntry) -> bool {
    (&verdict.behavior, &verdict.behavior_close, verdict.remote_close_code)
        == (&entry.behavior, &entry.behavior_close, entry.remote_close_code)
}

/// Holds the index against its case files. `found` tells of each file that is there what it says.
#[must_use]
pub fn hold(run: &Run, found: &BTreeMap<String, CaseVerdict>) -> Cases {
    let mut cases = Cases::default();
    let owns = |verdict: &CaseVerdict, file: &str| {
        let entry = run.agents.get(&verdict.agent).and_then(|entries| entries.get(&verdict.id));
        entry.is_some_and(|entry| entry.report_file.as_deref() == Some(file))
    };
    for (agent, entries) in &run.agents {
        for (id, index) in entries {
            let file = index.report_file.as_deref();
            let Some((file, verdict)) = file.and_then(|file| Some((file, found.get(file)?))) else {
                cases.absent += 1;
                continue;
            };
            let other = (&verdict.agent, &verdict.id) != (agent, id);
            // File names keep only a-z and 0-9 of an agent: the last one of equal names has the file.
            if other && owns(verdict, file) {
                cases.overwritten += 1;
                continue;
            }
            let detail = if other {
                format!("the index names {file}, which is case {} of agent {}", verdict.id, verdict.agent)
            } else {
                let held = entry(verdict, None);
                let mut detail = differences(index, &held, "the index", file);
                if let (Some(a), Some(b)) = (index.duration_ms, held.duration_ms)
                    && a != b
                {
                    push(&mut detail, &format!("duration: the index says {a} ms, {file} {b} ms"));
                }
                detail
            };
            if !detail.is_empty() {
                let (agent, case) = (agent.clone(), id.clone());
                cases.contradictions.push(Contradiction { agent, case, detail });
            }
            if !other {
                cases.verdicts.entry(agent.clone()).or_default().insert(id.clone(), verdict.clone());
            }
        }
    }
    cases
}

fn entry(verdict: &CaseVerdict, file: Option<String>) -> IndexEntry {
    IndexEntry {
        behavior: verdict.behavior.clone(),
        behavior_close: verdict.behavior_close.clone(),
        duration_ms: verdict.duration_ms,
        remote_close_code: verdict.remote_close_code,
        report_file: file,
    }
}

/// In what two entries of one case differ, durations aside.
fn differences(a: &IndexEntry, b: &IndexEntry, a_name: &str, b_name: &str) -> String {
    let mut out = String::new();
    let mut hold = |what: &str, x: &str, y: &str| {
        if x != y {
            push(&mut out, &format!("{what}: {a_name} says {x}, {b_name} {y}"));
        }
    };
    hold("behavior", a.behavior.as_str(), b.behavior.as_str());
    hold("close", a.behavior_close.as_str(), b.behavior_close.as_str());
    let code = |e: &IndexEntry| e.remote_close_code.map_or("none".to_owned(), |c| c.to_string());
    hold("code of the testee's Close", &code(a), &code(b));
    out
}

fn push(out: &mut String, part: &str) {
    if !out.is_empty() {
        out.push_str("; ");
    }
    out.push_str(part);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_come_by_number() {
        let json = br#"{"b": {"10.1.1": {"behavior": "OK", "behaviorClose": "OK", "duration": 9,
            "remoteCloseCode": 1000, "reportfile": "b_case_10_1_1.json"},
            "2.1": {"behavior": "NO_CLOSE", "behaviorClose": "WRONG CODE", "remoteCloseCode": null},
            "1.2.10": {"behavior": "NON-STRICT"}}, "a": {}}"#;
        let run = read(json, Path::new("index.json"), &Limits::DEFAULT).unwrap();
        assert_eq!(run.agents.keys().collect::<Vec<_>>(), ["a", "b"]);
        let cases: Vec<_> = run.agents["b"].keys().map(CaseId::as_str).collect();
        assert_eq!(cases, ["1.2.10", "2.1", "10.1.1"]);
        let entry = &run.agents["b"][&CaseId::new("10.1.1").unwrap()];
        assert_eq!((entry.duration_ms, entry.remote_close_code), (Some(9), Some(1000)));
        assert_eq!(entry.report_file.as_deref(), Some("b_case_10_1_1.json"));
        let old = &run.agents["b"][&CaseId::new("2.1").unwrap()];
        assert_eq!(old.behavior, Behavior::Other("NO_CLOSE".to_owned()));
        assert_eq!((&old.behavior_close, old.remote_close_code), (&BehaviorClose::WrongCode, None));
    }

    #[test]
    fn what_is_no_index_is_an_error() {
        for (json, says) in [
            ("[]", "not a JSON object"),
            (r#"{"a": 1}"#, "the value of a is not a list"),
            (r#"{"a": {"x": {}}}"#, "\"x\" of a is not a case number"),
            (r#"{"a": {"1.1": {}}}"#, "case 1.1 of a has no verdict"),
            (r#"{"a": {"#, "line 1"),
        ] {
            let error = read(json.as_bytes(), Path::new("x"), &Limits::DEFAULT).unwrap_err().to_string();
            assert!(error.contains(says), "{json}: {error}");
        }
    }
}

#[cfg(test)]
mod run_tests {
    use super::*;

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
        read(format!("{{{}}}", agents.join(",")).as_bytes(), Path::new("index.json"), &Limits::DEFAULT)
            .unwrap()
    }

    fn verdict(agent: &str, id: &str, behavior: &str, code: Option<u16>, duration: u64) -> CaseVerdict {
        CaseVerdict {
            agent: agent.to_owned(),
            id: CaseId::new(id).unwrap(),
            behavior: Behavior::new(behavior),
            behavior_close: BehaviorClose::Ok,
            duration_ms: Some(duration),
            remote_close_code: code,
            result: None,
            result_close: None,
        }
    }

    #[test]
    fn cases_are_sorted_by_number() {
        let run = index("a 10.1.1 OK 1000, a 2.10 OK 1000, a 2.9 FAILED null");
        let ids: Vec<_> = run.agents["a"].keys().map(CaseId::as_str).collect();
        assert_eq!(ids, ["2.9", "2.10", "10.1.1"]);
        assert_eq!(run.agents["a"][&CaseId::new("2.9").unwrap()].remote_close_code, None);
    }

    #[test]
    fn what_is_no_index_is_an_error() {
        for bytes in [
            "",
            "[]",
            "{",
            r#"{"a":1}"#,
            r#"{"a":{"1.x":{"behavior":"OK","behaviorClose":"OK"}}}"#,
            r#"{"a":{"1.1":{"behaviorClose":"OK"}}}"#,
        ] {
            let read = read(bytes.as_bytes(), Path::new("x"), &Limits::DEFAULT);
            assert!(matches!(read, Err(Error::BadReport { .. })), "{bytes}");
        }
        assert_eq!(read("\u{feff}{}".as_bytes(), Path::new("x"), &Limits::DEFAULT).unwrap(), Run::default());
    }

    #[test]
    fn shards_that_disagree_are_listed_and_the_worse_is_kept() {
        let mut run = index("a 1.1 OK 1000, a 1.2 FAILED 1000, b 1.1 OK 1000");
        let shard = index("a 1.1 FAILED null, a 1.2 OK 1000, a 1.3 OK 1000, b 1.1 OK 1000");
        let found: Vec<_> =
            merge(&mut run, shard).iter().map(|c| format!("{} {}: {}", c.agent, c.case, c.detail)).collect();
        assert_eq!(
            found,
            [
                "a 1.1: behavior: one shard says OK, another FAILED; code of the testee's Close: one shard says 1000, another none",
                "a 1.2: behavior: one shard says FAILED, another OK",
            ]
        );
        let behaviors: Vec<_> = run.agents["a"].values().map(|e| e.behavior.as_str()).collect();
        assert_eq!(behaviors, ["FAILED", "FAILED", "OK"]);
    }

    #[test]
    fn the_index_is_held_against_the_case_files() {
        #[track_caller]
        fn check(files: &[(&str, CaseVerdict)], expected: &str) {
            let run = index("a-b 1.1 OK 1000, a-b 1.2 OK 1000, a_b 1.1 OK 1000");
            let files = files.iter().map(|(name, v)| ((*name).to_owned(), v.clone())).collect();
            let cases = hold(&run, &files);
            let said: Vec<_> = cases.contradictions.iter().map(|c| c.detail.as_str()).collect();
            let held: usize = cases.verdicts.values().map(BTreeMap::len).sum();
            let counts = format!("{held} held, {} absent, {} overwritten", cases.absent, cases.overwritten);
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
    fn a_file_of_an_agent_that_is_not_in_the_index_is_a_contradiction() {
        let run = index("a-b 1.1 OK 1000, a_b 1.1 OK 1000");
        let files = [("1.1.json".to_owned(), verdict("a b", "1.1", "OK", Some(1000), 1))].into();
        let cases = hold(&run, &files);
        let said: Vec<_> = cases.contradictions.iter().map(|c| c.detail.as_str()).collect();
        assert_eq!(said, ["the index names 1.1.json, which is case 1.1 of agent a b"; 2]);
        assert_eq!(cases.overwritten, 0);
    }

    #[test]
    fn case_files_alone_make_a_run() {
        let (run, cases) = from_cases([
            ("x.json".to_owned(), verdict("a", "1.10", "OK", None, 1)),
            ("y.json".to_owned(), verdict("a", "1.9", "OK", None, 1)),
            ("z.json".to_owned(), verdict("a", "1.9", "FAILED", None, 1)),
        ]);
        let ids: Vec<_> = run.agents["a"].keys().map(CaseId::as_str).collect();
        assert_eq!(ids, ["1.9", "1.10"]);
        assert_eq!(cases.contradictions.len(), 1);
        // What is quoted belongs to the verdict that was kept.
        let kept = |order: [&str; 2]| {
            let files = order.map(|behavior| (behavior.to_owned(), verdict("a", "1.9", behavior, None, 1)));
            let (run, cases) = from_cases(files);
            let id = CaseId::new("1.9").unwrap();
            let entry = run.agents["a"][&id].clone();
            (entry.behavior, entry.report_file, cases.verdicts["a"][&id].behavior.clone())
        };
        for order in [["OK", "FAILED"], ["FAILED", "OK"]] {
            assert_eq!(kept(order), (Behavior::Failed, Some("FAILED".to_owned()), Behavior::Failed));
        }
    }
}
