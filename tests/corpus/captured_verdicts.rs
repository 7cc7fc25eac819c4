//! The verdicts that captures of real runs give, held against those that the suite recorded: each is the same, or there is
//! none and the reason is told.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::diff::{self, Options};
use wslog::autobahn::index;
use wslog::engine::{Engine, Keep, Sink, Verdicts};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::case::{CaseId, IndexEntry, Run};
use wslog::model::run::{CapturedEntry, CapturedRun};
use wslog::redact::Sealed;
use wslog::tls::{Keys, Origin};
use wslog::views::verdicts::document;

use crate::support::corpus::corpus;

/// Agents as the index of a run has them, where the capture shows another name: the settings of a fuzzing client name servers.
const NAMES: &[(&str, &str, &str)] = &[
    ("server-buggy-maskserver-py2", "rawws/maskserver", "buggy-maskserver"),
    ("server-buggy-nevertcp", "rawws/nevertcp", "buggy-nevertcp"),
    ("server-buggy-none", "rawws/none", "buggy-none"),
    ("server-buggy-rst", "rawws/rst", "buggy-rst"),
    ("server-multi", "TornadoServer/6.6.1", "tornado"),
    ("server-multi", "server", "ws"),
    ("server-websockets-medium", "websockets.asyncio", "websockets"),
    ("server-ws-tls12", "server", "ws-tls12"),
];

#[derive(Default)]
struct Gathered(Verdicts);

impl Sink for Gathered {
    fn asks(&self) -> Keep {
        Keep { cases: true, ..Keep::NOTHING }
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        self.0.see(&conversation.clone().open());
        Ok(())
    }
}

/// Captures of a run, with the index of it.
fn runs() -> Vec<(PathBuf, Run)> {
    let Some(folder) = corpus("autobahn") else { return Vec::new() };
    let mut found = Vec::new();
    for run in fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path()) {
        let path = run.join("reports/index.json");
        let recorded = read(&fs::read(&path).expect("an index"), &path);
        for file in fs::read_dir(&run).expect("readable").map(|entry| entry.expect("readable").path()) {
            if file.extension().is_some_and(|ending| ending == "pcap" || ending == "pcapng") {
                found.push((file, recorded.clone()));
            }
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    found
}

fn read(bytes: &[u8], path: &Path) -> Run {
    let read = index::read(bytes, path, &Limits::DEFAULT).expect("an index");
    assert_eq!(read.contradictions, [], "{}", path.display());
    read.run
}

fn captured(capture: &Path) -> CapturedRun {
    let mut keys = Keys::new();
    if let Ok(log) = fs::read(capture.with_file_name("keys.log")) {
        keys.add(&log, Origin::Keylog);
    }
    let mut sink = Gathered::default();
    let engine = Engine::new(Limits::DEFAULT).keys(keys);
    engine.sink(&mut sink).run(&[capture]).expect("a capture");
    sink.0.finish()
}

/// How often captures give the recorded verdict, none, or another, by section.
#[derive(Default)]
struct Count {
    same: u64,
    none: u64,
    different: u64,
}

/// A case of the capture against that of the index; why there is no verdict, as far as it is known.
fn held(recorded: &IndexEntry, entry: Option<&CapturedEntry>, count: &mut Count) -> Option<String> {
    let Some(captured) = entry else {
        count.none += 1;
        return Some("which case it is, is not certain".to_owned());
    };
    if let Some(why) = captured.lacks.into_iter().flatten().next() {
        count.none += 1;
        return Some(why.name().to_owned());
    }
    let verdict =
        |entry: &IndexEntry| (entry.behavior.clone(), entry.behavior_close.clone(), entry.remote_close_code);
    if verdict(&captured.entry) == verdict(recorded) {
        count.same += 1;
        return None;
    }
    count.different += 1;
    Some(format!("{recorded:?}, by the capture {:?}", captured.entry))
}

#[test]
fn captured_verdicts_are_those_recorded_or_none() {
    let mut sections: BTreeMap<u32, Count> = BTreeMap::new();
    let mut reasons = Vec::new();
    let runs = runs();
    for (capture, recorded) in &runs {
        let captured = captured(capture);
        let mut missing = 0;
        for (testee, cases) in &recorded.agents {
            let entries = of_agent(capture, &captured, &testee.agent);
            for (id, entry) in cases {
                let found = entries.get(id).copied();
                missing += u64::from(found.is_none());
                let why = held(entry, found, sections.entry(id.section()).or_default());
                reasons.extend(why.map(|why| format!("{} {id}: {why}", capture.display())));
            }
            let more: Vec<_> = entries.keys().filter(|id| !cases.contains_key(id)).collect();
            assert!(more.is_empty(), "{} has no {more:?}", capture.display());
        }
        // What is not in the index is told.
        assert_eq!(missing, captured.unplaced.len() as u64, "{}: {:?}", capture.display(), captured.unplaced);
    }
    for (section, Count { same, none, different }) in &sections {
        println!("section {section}: {same} the same, {none} without a verdict, {different} different");
    }
    println!("{reasons:#?}");
    assert!(sections.values().all(|count| count.different == 0), "{reasons:#?}");
    let (same, none) =
        sections.values().fold((0, 0), |(same, none), count| (same + count.same, none + count.none));
    assert!(none * 50 <= same, "{none} without a verdict, {same} with one");
}

/// What the capture shows of an agent of the index.
fn of_agent<'c>(
    capture: &Path,
    captured: &'c CapturedRun,
    agent: &str,
) -> BTreeMap<CaseId, &'c CapturedEntry> {
    let name = captured_name(capture, agent).unwrap_or(agent);
    let testees = captured.agents.iter().filter(|(testee, _)| testee.agent == name);
    testees.flat_map(|(_, cases)| cases.iter().map(|(id, entry)| (id.clone(), entry))).collect()
}

/// What an agent of the index is called in the capture, where it has another name there.
fn captured_name(capture: &Path, agent: &str) -> Option<&'static str> {
    let run = capture.parent()?.file_name()?;
    let row = NAMES.iter().find(|(of, _, name)| run == *of && *name == agent)?;
    Some(row.1)
}

/// What `wslog diff` says of both: that cases have no verdict, and nothing else.
#[test]
fn captured_verdicts_as_an_index_differ_in_nothing_from_the_recorded() {
    for (capture, recorded) in runs() {
        let run = captured(&capture);
        let written = read(document(&run).as_bytes(), &capture);
        let renamed = recorded.agents.keys().filter_map(|testee| {
            let name = captured_name(&capture, &testee.agent)?;
            Some((testee.agent.clone(), name.to_owned()))
        });
        let options = Options { renamed: renamed.collect(), ..Options::default() };
        let totals = diff::compare(&recorded, &written, &options).totals;
        let has_none = |entry: &&CapturedEntry| entry.lacks.iter().any(Option::is_some);
        let none = run.agents.values().flat_map(BTreeMap::values).filter(has_none).count();
        let expected = (none + run.unplaced.len()) as u64;
        assert_eq!(
            (totals.missing, totals.regression, totals.fixed, totals.changed, totals.added),
            (expected, 0, 0, 0, 0),
            "{}",
            capture.display()
        );
    }
}
