//! Verdicts of Autobahn runs from captures that are made: what a tester and its testee do, and what the suite would have said.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use wslog::autobahn::cases::{self, Case};
use wslog::engine::{Analysis, Keep, Verdicts};
use wslog::limits::Limits;
use wslog::model::Conversation;
use wslog::model::case::CaseId;
use wslog::model::run::{CapturedEntry, CapturedRun};
use wslog::redact::{Redaction, seal};

use crate::support::conversation::{Client, Side, TestPacket, merge};
use crate::support::rng::Rng;
use crate::support::suite_run::SuiteRun;

fn captured(packets: &[TestPacket]) -> CapturedRun {
    let mut verdicts = Verdicts::default();
    let mut take = |conversation: Box<Conversation>| {
        verdicts.see(&seal(conversation, Redaction::Nothing).open());
        Ok(())
    };
    let mut analysis = Analysis::new(&Limits::DEFAULT, Keep { cases: true, ..Keep::NOTHING });
    for (no, packet) in (1..).zip(packets) {
        analysis.push(&packet.segment(no), &mut take).expect("the sink takes all");
    }
    analysis.finish(&mut [Default::default()], &mut take).expect("the sink takes all");
    verdicts.finish()
}

/// `OK / OK 1000`, or why there is no verdict.
fn said(entry: &CapturedEntry) -> String {
    if let Some(why) = entry.lacks.into_iter().flatten().next() {
        return format!("none: {}", why.name());
    }
    let told = &entry.entry;
    let mut said = format!("{} / {}", told.behavior.as_str(), told.behavior_close.as_str());
    if let Some(code) = told.remote_close_code {
        write!(said, " {code}").expect("memory takes it");
    }
    if entry.close_unsent {
        said.push_str(", its Close unsent");
    }
    said
}

/// A line for each case, and for each connection that is not known as one.
fn lines(run: &CapturedRun) -> Vec<String> {
    let cases = run.agents.iter().flat_map(|(testee, cases)| {
        cases.iter().map(|(id, entry)| format!("{} {id} {}", testee.label(), said(entry)))
    });
    cases.chain(run.unplaced.iter().map(|unplaced| format!("#{} {}", unplaced.id, unplaced.why))).collect()
}

/// Cases whose payloads are known and not too long, of which the tester does nothing inside a frame.
fn plain() -> Vec<&'static Case> {
    let is_plain = |case: &&Case| {
        !matches!(case.id.section(), 9 | 12 | 13) && !["6.4.3", "6.4.4"].contains(&case.id.as_str())
    };
    cases::all().iter().filter(is_plain).collect()
}

fn whole_run(suite: SuiteRun) -> Vec<TestPacket> {
    merge(plain().into_iter().zip(1..).map(|(case, n)| {
        let target = match suite.tester {
            Client => "/".to_owned(),
            Side::Server => format!("/runCase?case={n}&agent=lib"),
        };
        suite.passed(n, &target, case)
    }))
}

#[test]
fn a_testee_that_does_all_right_passes_every_case() {
    for (suite, agent) in [(SuiteRun::SERVER, "lib (client)"), (SuiteRun::CLIENT, "server (server)")] {
        let expected: Vec<String> = plain()
            .iter()
            .map(|case| {
                let verdict = if case.informational { "INFORMATIONAL / INFORMATIONAL" } else { "OK / OK" };
                format!("{agent} {} {verdict} {}", case.id, case.close.codes[0])
            })
            .collect();
        let found = lines(&captured(&whole_run(suite)));
        for (found, expected) in found.iter().zip(&expected) {
            assert_eq!(found, expected);
        }
        assert_eq!(found.len(), expected.len());
    }
}

/// A row of a table: the case, what both sides do, what the suite says.
type Row = (&'static str, &'static str, &'static str);

/// A case by its number, a fuzzing server the tester.
fn by_number(id: &str, script: &str) -> String {
    let target = format!("/runCase?casetuple={id}&agent=lib");
    let found = lines(&captured(&SuiteRun::SERVER.scripted(1, &target, script))).join("\n");
    found.strip_prefix(&format!("lib (client) {id} ")).unwrap_or(&found).to_owned()
}

/// The same with a fuzzing client, which does not say which case it runs: its neighbours in the list leave it no other place.
fn between_others(id: &str, script: &str) -> String {
    let list = cases::all();
    let at = list.iter().position(|case| case.id.as_str() == id).expect("a case");
    let n = |at: usize| u16::try_from(at).expect("few cases");
    let around = [at - 1, at + 1].map(|at| SuiteRun::CLIENT.passed(n(at), "/", &list[at]));
    let this = SuiteRun::CLIENT.scripted(n(at), "/", script);
    let run = captured(&merge(around.into_iter().chain([this])));
    let id = CaseId::new(id).expect("a number");
    let entry = run.agents.values().find_map(|cases| cases.get(&id));
    entry.map_or_else(|| lines(&run).join("\n"), said)
}

#[track_caller]
fn check(rows: &[Row], judged: fn(&str, &str) -> String) {
    let differences: Vec<_> = rows
        .iter()
        .map(|(id, script, expected)| (id, script, judged(id, script), expected))
        .filter(|(.., found, expected)| found != *expected)
        .collect();
    assert!(differences.is_empty(), "{differences:#?}");
}

#[test]
fn what_the_testee_did_and_what_the_suite_says() {
    check(
        &[
            // Events.
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: wait 1000 | S: close 1000 | C: close 1000 | S: fin | C: fin",
                "OK / OK 1000",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello | C: wait 1000 | S: close 1000 | C: close 1000 | S: fin | C: fin",
                "FAILED / OK 1000",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: wait 1000 | S: close 1000 | C: close 1000 | S: fin | C: fin",
                "FAILED / OK 1000",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: pong Hello, world! | C: wait 1000 | S: close 1000 | C: close 1000 | S: fin | C: fin",
                "FAILED / OK 1000",
            ),
            (
                "1.1.1",
                "S: text | C: text | C: wait 1000 | S: close 1000 | C: close 1000 | S: fin | C: fin",
                "OK / OK 1000",
            ),
            (
                "1.1.1",
                "S: text | C: binary | C: wait 1000 | S: close 1000 | C: close 1000 | S: fin | C: fin",
                "FAILED / OK 1000",
            ),
            // What came behind the tester's Close is no event.
            (
                "2.2",
                "S: ping Hello, world! | C: wait 1000 | S: close 1000 | C: pong Hello, world! | C: close 1000 | S: fin | C: fin",
                "OK / OK 1000",
            ),
            // Closing.
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: wait 1000 | S: close 1000 | C: close 1001 | S: fin | C: fin",
                "OK / WRONG CODE 1001",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: wait 1000 | S: close 1000 | C: close | S: fin | C: fin",
                "OK / OK",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: close 1000 | S: close 1000 | S: fin | C: fin",
                "OK / FAILED 1000",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: wait 1000 | S: close 1000 | C: fin | S: fin",
                "OK / UNCLEAN",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: wait 1000 | S: close 1000 | C: rst",
                "OK / UNCLEAN",
            ),
            ("2.2", "S: ping Hello, world! | C: pong Hello, world! | C: fin | S: fin", "OK / FAILED"),
            // A wrong code fails those whose code is the test.
            ("7.3.3", "S: close 1000 | C: close 1002 | S: fin | C: fin", "FAILED / WRONG CODE 1002"),
            ("7.3.3", "S: close 1000 | C: close 1000 | S: fin | C: fin", "OK / OK 1000"),
            ("7.13.1", "S: close 5000 | C: fin | S: fin", "INFORMATIONAL / INFORMATIONAL"),
            // The testee has to fail the connection.
            (
                "2.5",
                "S: 89 7e 00 7e fe*126 | C: close 1002 | S: close 1002 | S: fin | C: fin",
                "OK / OK 1002",
            ),
            ("2.5", "S: 89 7e 00 7e fe*126 | C: fin | S: fin", "OK / OK"),
            (
                "2.5",
                "S: 89 7e 00 7e fe*126 | C: close 1000 | S: close 1000 | S: fin | C: fin",
                "OK / WRONG CODE 1000",
            ),
            (
                "2.5",
                "S: 89 7e 00 7e fe*126 | C: wait 1000 | S: close 1001 | C: close 1001 | S: fin | C: fin",
                "OK / FAILED 1001",
            ),
            // The tester fails the connection: the testee's fault is in the header, in the payload, or in its Close.
            (
                "1.1.1",
                "S: text | C: 83 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
                "FAILED / UNCLEAN",
            ),
            ("1.1.1", "S: text | C: raw 81 00 | S: close 1002 | S: fin | C: fin", "FAILED / UNCLEAN"),
            (
                "1.1.1",
                "S: text | C: text | C: wait 1000 | S: close 1000 | C: close 1005 | S: fin | C: fin",
                "OK / UNCLEAN 1000",
            ),
            // permessage-deflate was not agreed on.
            ("12.1.1", "S: close 1000 | C: close 1000 | S: fin | C: fin", "UNIMPLEMENTED / OK 1000"),
            // It gives the case up.
            (
                "1.1.1",
                "S: text | C: wait 1000 | S: close 1001 | C: close 1001 | S: fin | C: fin",
                "FAILED / WRONG CODE 1001",
            ),
        ],
        by_number,
    );
}

#[test]
fn where_the_wire_does_not_tell_there_is_no_verdict() {
    check(
        &[
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world!",
                "none: the capture ends before the connection",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: uncaptured pong Hello, world! | C: wait 1000 | S: close 1000 | C: close 1000 | S: fin | C: fin",
                "none: part of the exchange is not in the capture",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | C: wait 1000 | S: uncaptured close 1000 | C: close 1000 | S: fin | C: fin",
                "none: part of the exchange is not in the capture",
            ),
            (
                "2.2",
                "S: ping Hello, world! | C: pong Hello, world! | S: close 1011 | C: close 1011 | S: fin | C: fin",
                "none: why the tester closed is not on the wire",
            ),
        ],
        by_number,
    );
}

#[test]
fn a_fuzzing_client_waits_for_the_server_to_end_tcp() {
    check(
        &[
            (
                "2.2",
                "C: ping Hello, world! | S: pong Hello, world! | C: wait 1000 | C: close 1000 | S: close 1000 | S: fin | C: fin",
                "OK / OK 1000",
            ),
            (
                "2.2",
                "C: ping Hello, world! | S: pong Hello, world! | C: wait 1000 | C: close 1000 | S: close 1000 | C: wait 1000 | C: fin | S: fin",
                "OK / UNCLEAN 1000",
            ),
            (
                "2.2",
                "C: ping Hello, world! | S: pong Hello, world! | C: wait 1000 | C: close 1000 | S: close 1000 | S: rst",
                "OK / OK 1000",
            ),
            (
                "7.3.3",
                "C: close 1000 | S: close 1000 | C: wait 1000 | C: fin | S: fin",
                "OK / FAILED BY CLIENT 1000",
            ),
        ],
        between_others,
    );
}

/// A few cases of every kind, passed one after the other, the third by a testee that fails it.
fn short_run() -> Vec<TestPacket> {
    let ids = ["1.1.2", "2.2", "2.10", "3.2", "4.1.1", "5.6", "6.3.1", "6.4.1", "7.1.1", "7.3.3", "7.9.1"];
    let cases = (1..).zip(ids).map(|(n, id)| {
        let target = format!("/runCase?casetuple={id}&agent=lib");
        let case = cases::find(&CaseId::new(id).expect("a number")).expect("a case");
        match id {
            "7.1.1" => SuiteRun::SERVER.scripted(
                n,
                &target,
                "S: text Hello World! | C: text Hello | S: close 1000 | C: fin | S: fin",
            ),
            _ => SuiteRun::SERVER.passed(n, &target, case),
        }
    });
    merge(cases)
}

/// Verdicts by case; those that there are none of left out.
fn judged(run: &CapturedRun) -> BTreeMap<CaseId, String> {
    let entries = run.agents.values().flatten();
    let whole = entries.filter(|(_, entry)| entry.lacks.iter().all(Option::is_none));
    whole.map(|(id, entry)| (id.clone(), said(entry))).collect()
}

/// What a capture lacks, or has twice, makes no other verdict than there was: the same, or none.
#[test]
fn a_worse_capture_gives_no_other_verdict() {
    let sound = short_run();
    let known = judged(&captured(&sound));
    assert_eq!(known.len(), 11, "{known:?}");
    let mut same = 0;
    for seed in 0..120 {
        let mut rng = Rng::new(seed);
        let mut packets = sound.clone();
        for _ in 0..=rng.below(8) {
            let at = rng.below(packets.len());
            match seed % 3 {
                // It was not captured.
                0 => drop(packets.remove(at)),
                // It was captured twice.
                1 => packets.insert(at, packets[at].clone()),
                // The capture ends before, or begins behind it.
                _ if rng.below(2) == 0 => packets.truncate(at.max(20)),
                _ => drop(packets.drain(..at.min(packets.len() - 20))),
            }
        }
        for (id, verdict) in judged(&captured(&packets)) {
            assert_eq!(known.get(&id), Some(&verdict), "{id} with seed {seed}");
            same += 1;
        }
    }
    assert!(same > 500, "{same}");
}

/// Bytes that nobody would send: nothing panics, and what is known stays bounded.
#[test]
fn bytes_of_any_kind() {
    let sound = short_run();
    for seed in 0..80 {
        let mut rng = Rng::new(seed);
        let mut packets = sound.clone();
        for _ in 0..=rng.below(30) {
            let at = rng.below(packets.len());
            let payload = &mut packets[at].payload;
            if !payload.is_empty() {
                let byte = rng.below(payload.len());
                payload[byte] = rng.bytes::<1>()[0];
            }
        }
        let run = captured(&packets);
        assert!(
            run.unplaced.len() + run.agents.values().map(BTreeMap::len).sum::<usize>() <= 11,
            "seed {seed}"
        );
    }
}
