//! The gates that projects have published, held against runs made bad in one way each; and the two roles of an agent side by
//! side.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wslog::autobahn::diff;
use wslog::autobahn::index::{self, Parts};
use wslog::autobahn::policy::{self, Policy};
use wslog::limits::Limits;
use wslog::model::Role;
use wslog::model::case::Run;
use wslog::model::run::{BreachKind, ChangeKind};

use crate::support::corpus;
use crate::support::gates::{COMPARING, GATES, Index, Known, index as verdicts, stricter, stricter_compared};

/// Runs by what they were made of, then by what was done to them.
fn derived() -> BTreeMap<String, BTreeMap<String, (Run, Value)>> {
    let mut found: BTreeMap<String, BTreeMap<String, (Run, Value)>> = BTreeMap::new();
    let Some(folder) = corpus::corpus("reports/gates/indexes") else { return found };
    for entry in fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let (of, how) = name.rsplit_once('.').expect("what it is of, and how it was made");
        found.entry(of.to_owned()).or_default().insert(how.to_owned(), read(&path.join("index.json")));
    }
    found
}

fn read(path: &Path) -> (Run, Value) {
    let bytes = fs::read(path).expect("readable");
    let run = index::read(&bytes, path, &Limits::DEFAULT).expect("an index");
    assert_eq!(run.contradictions, [], "{}", path.display());
    (run.run, serde_json::from_slice(&bytes).expect("JSON"))
}

/// What more than half of the runs have.
fn usual(runs: impl Iterator<Item = Index>) -> Index {
    let mut said: BTreeMap<(String, String), Vec<[String; 2]>> = BTreeMap::new();
    let mut count = 0;
    for run in runs {
        count += 1;
        for (agent, cases) in run {
            for (id, verdict) in cases {
                said.entry((agent.clone(), id)).or_default().push(verdict);
            }
        }
    }
    let mut usual = Index::new();
    for ((agent, id), verdicts) in said.into_iter().filter(|(_, verdicts)| verdicts.len() * 2 > count) {
        let most = verdicts.iter().max_by_key(|one| verdicts.iter().filter(|other| other == one).count());
        usual.entry(agent).or_default().extend(most.map(|most| (id, most.clone())));
    }
    usual
}

#[test]
fn each_published_gate_comes_to_the_same() {
    let (mut same, mut more) = (0, BTreeMap::<&str, u32>::new());
    for (of, runs) in derived() {
        // Of each case the verdict that most of them have: what they were all made of.
        let known = Known { good: usual(runs.values().map(|(_, json)| verdicts(json))) };
        for gate in GATES {
            let text = gate.policy_for(&known);
            let policy =
                Policy::parse(&text, Path::new("policy.toml")).unwrap_or_else(|e| panic!("{text}: {e}"));
            for (how, (run, json)) in &runs {
                let index = verdicts(json);
                let passes = (gate.passes)(&index, &known);
                let checked = policy::check(run, None, &policy);
                if checked.passed() == passes {
                    same += 1;
                    continue;
                }
                let why = stricter(&index, &known, gate).filter(|_| passes);
                let why = why.unwrap_or_else(|| {
                    panic!("{}, {of}.{how}: it says {passes}, we say {:?}", gate.name, checked.breaches)
                });
                *more.entry(why).or_default() += 1;
            }
        }
    }
    println!("{same} times the same, stricter: {more:#?}");
}

#[test]
fn each_comparing_gate_comes_to_the_same() {
    let (mut same, mut more) = (0, BTreeMap::<&str, u32>::new());
    for (of, runs) in derived() {
        for (before, (old, old_json)) in &runs {
            for (after, (new, new_json)) in &runs {
                let compared = diff::compare(old, new, &diff::Options::default());
                for gate in COMPARING {
                    let fails_on = |kind| match gate.options {
                        "" => matches!(kind, ChangeKind::Regression | ChangeKind::Missing),
                        _ => true,
                    };
                    let mut kinds = ChangeKind::ALL.into_iter().filter(|kind| fails_on(*kind));
                    let found =
                        compared.totals.compared() > 0 && !kinds.any(|kind| compared.unaccepted(kind) > 0);
                    let passes = (gate.passes)(old_json, new_json);
                    if found == passes {
                        same += 1;
                        continue;
                    }
                    let why = stricter_compared(old_json, new_json).filter(|_| passes);
                    let why = why.unwrap_or_else(|| {
                        panic!(
                            "{}, {of}: {before} to {after}: it says {passes}, we say {:?}",
                            gate.name, compared.totals
                        )
                    });
                    *more.entry(why).or_default() += 1;
                }
            }
        }
    }
    println!("{same} times the same, stricter: {more:#?}");
}

/// `clients` and `servers` of one directory, as they are read: two runs of one agent.
fn both_roles(folder: &Path) -> Run {
    let mut run = Run::default();
    for (name, role) in [("clients", Role::Client), ("servers", Role::Server)] {
        let (mut part, _) = read(&folder.join(name).join("index.json"));
        assert_eq!(index::of_name(name), Some(role));
        assert_eq!(index::with_roles(&mut part, |_| Some(role), Parts::Shards), []);
        assert_eq!(index::merge(&mut run, part, Parts::Apart("clients", "servers")), []);
    }
    run
}

/// A run that was cut short does not pass, a regression in one role is one, and a known failure is known.
#[test]
fn both_roles_of_an_agent_are_told_apart() {
    let Some(derived) = corpus::corpus("reports/derived") else { return };
    let run = |name: &str| both_roles(&derived.join(name));
    let lenient = "[pass]\nbehavior = [\"OK\", \"NON-STRICT\"]\n";
    let known = format!("{lenient}[[xfail]]\ncase = \"5.3\"\ntestee_is = \"server\"\nreason = \"known\"\n");
    let check = |name: &str, policy: &str| {
        let policy = Policy::parse(policy, Path::new("policy.toml")).expect("a policy");
        let checked = policy::check(&run(name), None, &policy);
        checked.breaches.iter().map(|breach| breach.kind).collect::<Vec<_>>()
    };
    assert_eq!(check("old", &known), []);
    assert_eq!(check("new", &known), [BreachKind::Failed]);
    for cut in ["trunc", "half"] {
        assert_eq!(check(cut, lenient), [BreachKind::Missing], "{cut}");
        assert_eq!(check(cut, &format!("expect.count = 517\n{lenient}")), [BreachKind::Missing], "{cut}");
    }
    let compared = |old: &str, new: &str| {
        let totals = diff::compare(&run(old), &run(new), &diff::Options::default()).totals;
        (totals.regression, totals.missing, totals.unchanged)
    };
    assert_eq!(compared("old", "new"), (1, 0, 1033));
    assert_eq!(compared("old", "trunc"), (0, 501, 532));
}
