//! Which case each connection of a run was, by its place and its neighbours.

use super::{number as number_of, *};
use crate::model::case::{Alike, Behavior, BehaviorClose, CapturedVerdict, CaseId, CaseSet};
use crate::model::run::CapturedRun;
use crate::model::suite::{Suite, SuiteSource, Version};
use crate::model::{ConversationId, Timestamp};

/// A connection in words. First what it is: `case 7 ws` (a place, and who asks), `id 2.1 ws`, `count 9`, `info 3 1.1.3`, or
/// `order` where the tester is the client; then the cases that it may have been, `~` behind those that write as it was written,
/// `?` for one with a hole, `!` for one that was never open.
fn connection(n: u32, words: (&str, &str)) -> Connection {
    let (part, fits) = words;
    let mut part = part.split(' ');
    let mut word = || part.next().unwrap_or_default();
    let number = |word: &str| word.parse::<u64>().ok();
    let id = |word: &str| CaseId::new(word).expect("a number");
    let mut tester = Role::Server;
    let part = match word() {
        "case" => RunPart::Case { place: number(word()), id: None },
        "id" => RunPart::Case { place: None, id: Some(id(word())) },
        "count" => RunPart::Count(number(word()).expect("a count")),
        "info" => RunPart::Info(number(word()).expect("a place"), id(word())),
        "order" => {
            tester = Role::Client;
            RunPart::Case { place: None, id: None }
        }
        other => panic!("{other}"),
    };
    let agent = Some(word()).filter(|agent| !agent.is_empty()).map(str::to_owned);
    let numbers = |is_one: fn(&str) -> bool| {
        let names = fits.split(' ').filter(|of| !of.is_empty() && is_one(of));
        names.map(|of| number_of(&id(of.trim_end_matches('~'))).expect("a case")).collect::<CaseSet>()
    };
    let verdict = CapturedVerdict {
        remote_close_code: Some(1000),
        ..CapturedVerdict::of(Behavior::Ok, BehaviorClose::Ok)
    };
    let fits = match fits {
        "?" => Fits::Unjudged(NoVerdict::Hole),
        "!" => Fits::NeverOpen,
        "" => Fits::These(Vec::new()),
        _ => {
            let (cases, written_so) = (numbers(|_| true), numbers(|of| of.ends_with('~')));
            Fits::These(vec![Alike { verdict, cases, written_so }])
        }
    };
    let suite = Suite { version: Version::NEWEST, from: SuiteSource::ServerHeader };
    let address = |text: &str| Some(text.parse().expect("an address"));
    Connection {
        id: ConversationId::flow(n.into()),
        input: 0,
        started_at: Some(Timestamp(i64::from(n))),
        client: address(&format!("192.0.2.1:{n}")),
        server: address("192.0.2.2:9001"),
        agent,
        case: CapturedCase { tester, suite: Some(suite), is_named: true, part, fits, duration_ms: None },
    }
}

fn gathered(connections: impl IntoIterator<Item = Connection>) -> CapturedRun {
    let mut gather = Gather::new(100);
    connections.into_iter().for_each(|connection| gather.see(connection));
    gather.finish()
}

/// `ws 5.3 = 2` for a case and its connection, `- 3` for a connection without a case.
fn lines(run: &CapturedRun) -> String {
    let cases = run.agents.iter().flat_map(|(testee, cases)| {
        cases.iter().map(move |(id, entry)| {
            let verdict = match entry.lacks.into_iter().flatten().next() {
                Some(_) => "?",
                None if entry.entry.behavior == Behavior::Failed => "!",
                None => "",
            };
            format!("{} {id}{verdict} = {}", testee.agent, entry.id)
        })
    });
    let lines = cases.chain(run.unplaced.iter().map(|unplaced| format!("- {}", unplaced.id)));
    lines.collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(connections: &[(&str, &str)], expected: &str) {
    let run = gathered((1..).zip(connections).map(|(n, words)| connection(n, *words)));
    assert_eq!(lines(&run), expected, "{connections:?}");
}

const ALIKE: &str = "5.3 5.4 5.5";

#[test]
fn places_bound_one_another() {
    check(&[("case 1 ws", "2.1")], "ws 2.1 = 1");
    check(&[("case 1 ws", ALIKE)], "- 1");
    // One behind the other, and what is between them.
    check(
        &[("case 1 ws", ALIKE), ("case 2 ws", ALIKE), ("case 3 ws", ALIKE)],
        "ws 5.3 = 1, ws 5.4 = 2, ws 5.5 = 3",
    );
    check(
        &[("case 3 ws", ALIKE), ("case 1 ws", ALIKE), ("case 2 ws", ALIKE)],
        "ws 5.3 = 2, ws 5.4 = 3, ws 5.5 = 1",
    );
    check(&[("case 1 ws", "5.2"), ("case 2 ws", ALIKE), ("case 3 ws", ALIKE)], "ws 5.2 = 1, - 2, - 3");
    check(
        &[("case 1 ws", "5.2"), ("case 2 ws", ALIKE), ("case 4 ws", ALIKE)],
        "ws 5.2 = 1, ws 5.3 = 2, ws 5.5 = 3",
    );
    // What is written in small pieces.
    check(&[("case 1 ws", "5.3 5.4 5.5~")], "ws 5.5 = 1");
    check(&[("case 1 ws", "5.3 5.4~ 5.5~")], "- 1");
    // What the tester tells of its list.
    check(&[("info 2 5.4", ""), ("case 2 ws", ALIKE)], "ws 5.4 = 2");
    check(&[("count 517", ""), ("case 1 ws", "1.1.1 6.1.1 9.7.1")], "ws 1.1.1 = 2");
    check(
        &[("count 2", ""), ("case 2 ws", "12.5.18 13.7.17 13.7.18"), ("case 1 ws", "13.7.17")],
        "ws 13.7.17 = 3, ws 13.7.18 = 2",
    );
    // A place that is no place.
    check(&[("case 0 ws", "2.1")], "ws 2.1 = 1");
    check(&[("case 18446744073709551615 ws", "2.1"), ("case 2 ws", "2.1")], "ws 2.1 = 2, - 1");
    check(&[("case x ws", "2.1")], "- 1");
    check(&[("id 5.4 ws", ALIKE), ("id 2.1 ws", ALIKE)], "ws 5.4 = 1, - 2");
}

#[test]
fn the_list_is_the_same_for_all_agents_unless_it_cannot_be() {
    check(&[("case 1 a", ALIKE), ("case 1 b", "5.4")], "a 5.4 = 1, b 5.4 = 2");
    check(
        &[("case 1 a", "2.1"), ("case 1 b", "2.2"), ("case 2 b", "2.3")],
        "a 2.1 = 1, b 2.2 = 2, b 2.3 = 3",
    );
    check(
        &[
            ("case 1 a", "2.1"),
            ("case 2 a", ALIKE),
            ("case 1 b", "5.2"),
            ("case 2 b", ALIKE),
            ("case 3 b", ALIKE),
            ("case 4 b", ALIKE),
        ],
        "a 2.1 = 1, b 5.2 = 3, b 5.3 = 4, b 5.4 = 5, b 5.5 = 6, - 2",
    );
    // Two lists of one agent: places say nothing.
    check(
        &[("case 1 a", "2.1"), ("case 1 a", "5.2"), ("case 2 a", ALIKE), ("case 2 a", "2.2")],
        "a 2.1 = 1, a 2.2 = 4, a 5.2 = 2, - 3",
    );
    // The last of a case counts.
    check(
        &[("case 1 a", "2.1"), ("case 1 a", "?"), ("case 2 a", "2.2"), ("case 1 b", "2.1")],
        "a 2.1? = 2, a 2.2 = 3, b 2.1 = 4",
    );
}

#[test]
fn what_has_no_verdict_has_its_place_all_the_same() {
    check(
        &[("case 1 ws", "2.1"), ("case 2 ws", "?"), ("case 3 ws", "2.3")],
        "ws 2.1 = 1, ws 2.2? = 2, ws 2.3 = 3",
    );
    check(&[("case 1 ws", "2.1"), ("case 2 ws", "?"), ("case 3 ws", "2.4")], "ws 2.1 = 1, ws 2.4 = 3, - 2");
    check(
        &[("order", "2.1"), ("order", "!"), ("order", "2.3")],
        "server 2.1 = 1, server 2.2! = 2, server 2.3 = 3",
    );
    check(&[("case 1 ws", ""), ("case 2 ws", "2.1")], "ws 2.1 = 2, - 1");
}

#[test]
fn a_fuzzing_client_runs_its_list_in_order() {
    check(
        &[("order", "2.1"), ("order", ALIKE), ("order", ALIKE), ("order", ALIKE)],
        "server 2.1 = 1, server 5.3 = 2, server 5.4 = 3, server 5.5 = 4",
    );
    check(&[("order", ALIKE), ("order", "5.6"), ("order", ALIKE)], "server 5.6 = 2, - 1, - 3");
    // The list begins anew.
    check(&[("order", "2.1"), ("order", "2.2"), ("order", "2.1")], "server 2.1 = 3, server 2.2 = 2");
    check(&[("order", ""), ("order", "2.1")], "server 2.1 = 2, - 1");
}

#[test]
fn who_does_not_say_that_it_is_the_suite_has_to_show_it() {
    for (cases, expected) in [
        (&["2.1", "2.2"][..], ""),
        (&["2.1", "2.2", "2.3"], "server 2.1 = 1, server 2.2 = 2, server 2.3 = 3"),
        (&["2.1", ALIKE, ALIKE], ""),
    ] {
        let connections = (1..).zip(cases).map(|(n, fits)| {
            let mut connection = connection(n, ("order", fits));
            connection.case.is_named = false;
            connection
        });
        assert_eq!(lines(&gathered(connections)), expected, "{cases:?}");
    }
}

/// A connection seen at another point, in a capture of its own.
fn elsewhere(of: &Connection, n: u32) -> Connection {
    Connection { id: ConversationId::flow(n.into()), input: 1, ..of.clone() }
}

#[test]
fn two_captures_of_one_connection() {
    let ok = connection(1, ("id 2.1 ws", "2.1"));
    let hole = connection(1, ("id 2.1 ws", "?"));
    let mut failed = ok.clone();
    failed.case.fits = Fits::NeverOpen;
    for (near, far, expected) in [
        (&ok, &ok, "ws 2.1 = 2"),
        (&ok, &hole, "ws 2.1 = 1"),
        (&hole, &ok, "ws 2.1 = 2"),
        (&hole, &hole, "ws 2.1? = 1"),
        (&ok, &failed, "ws 2.1? = 2"),
        (&failed, &ok, "ws 2.1? = 2"),
    ] {
        assert_eq!(lines(&gathered([near.clone(), elsewhere(far, 2)])), expected);
    }
}

#[test]
fn names_of_testees() {
    let mut servers = [connection(1, ("order", "2.1")), connection(2, ("order", "2.2"))];
    assert_eq!(lines(&gathered(servers.clone())), "server 2.1 = 1, server 2.2 = 2");
    servers[1].server = Some("192.0.2.3:9001".parse().expect("an address"));
    let expected = "server at 192.0.2.2:9001 2.1 = 1, server at 192.0.2.3:9001 2.2 = 2";
    assert_eq!(lines(&gathered(servers.clone())), expected);
    servers[1].agent = Some("ws/8".to_owned());
    assert_eq!(lines(&gathered(servers)), "server 2.1 = 1, ws/8 2.2 = 2");
    let mut long = connection(1, ("id 2.1", "2.1"));
    assert_eq!(lines(&gathered([long.clone()])), " 2.1 = 1");
    long.agent = Some("ä".repeat(500_000));
    assert_eq!(lines(&gathered([long])), format!("{}… 2.1 = 1", "ä".repeat(128)));
}

#[test]
fn what_there_is_no_room_for_is_counted() {
    let mut gather = Gather::new(2);
    for n in 1..=5 {
        gather.see(connection(n, ("id 2.1 ws", "2.1")));
    }
    let run = gather.finish();
    assert_eq!((lines(&run), run.omitted), ("ws 2.1 = 2".to_owned(), 3));
}
