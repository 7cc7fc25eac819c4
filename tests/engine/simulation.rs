//! The reference against two simulated endpoints (`support/simulation.rs`), whose truth is known: nothing is found
//! that nobody did, everything that somebody did is found, and what is concluded neither depends on the place of the
//! recording nor on how TCP carried it.

use std::collections::BTreeSet;
use std::fmt::Write;

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use wslog::model::{Certainty, Conversation, Level, Outcome, Role, Starter};
use wslog::views::summary;

use crate::support::conversation::{Client, Server, Side, TestPacket};
use crate::support::essence::{assert_same, essence, shown};
use crate::support::script::analyse;
use crate::support::simulation::faults::{FAULTS, Plant};
use crate::support::simulation::plan::{Act, Ending, Path, Reaction, Scenario, Ways, What};
use crate::support::simulation::{Played, play};
use crate::support::times::{forms, negative};
use crate::support::transform::Change;

/// What may be noted though nobody did anything against the RFC.
const NOTES: &[&str] = &[
    "CL-ABNORMAL",
    "CL-CROSS",
    "CL-ECHO",
    "CL-NOCODE",
    "FR-CTL-BETWEEN",
    "FR-MSG-UNFINISHED",
    "FR-PONG-UNSOL",
    "HS-COALESCED",
];

/// What may be noted besides where somebody did.
const NOTES_OF_FAULTS: &[&str] =
    &["CL-NOT-FAILED", "CL-NEW-MSG", "HS-NO-RESPONSE", "HS-STATUS", "HS-EXT-UNREG"];

fn act() -> impl Strategy<Value = Act> {
    let what = prop_oneof![
        4 => (any::<bool>(), vec(prop_oneof![9 => select(vec![0, 1, 5, 130]), 1 => Just(1500)], 1..4), 0i64..30)
            .prop_map(|(text, fragments, gap)| What::Message { text, fragments, gap }),
        2 => select(vec![0, 1, 8, 125]).prop_map(What::Ping),
        1 => select(vec![0, 3]).prop_map(What::Pong),
    ];
    (0i64..150, what).prop_map(|(gap, what)| Act { gap, what })
}

fn end() -> impl Strategy<Value = Option<Act>> {
    let code = select(vec![None, Some(1000), Some(1001), Some(1011), Some(3000), Some(4999)]);
    let close = (code, select(vec!["", "bye", "au revoir, l’été"]))
        .prop_map(|(code, reason)| What::Close { code, reason });
    let what = prop_oneof![8 => close, 1 => Just(What::Fin)];
    prop_oneof![1 => Just(None), 3 => (0i64..150, what).prop_map(|(gap, what)| Some(Act { gap, what }))]
}

fn side() -> impl Strategy<Value = (Vec<Act>, Ways)> {
    let ways = (0i64..30, any::<bool>(), option::weighted(0.2, select(vec![1000, 1001, 4000])));
    (vec(act(), 0..5), end(), ways).prop_map(|(mut plan, end, (think, hasty, answers))| {
        plan.extend(end);
        (plan, Ways { think, hasty, answers, fault: None, reaction: Reaction::Fails })
    })
}

fn conversation() -> impl Strategy<Value = Scenario> {
    let path = (1i64..60_000, 1i64..60_000, 0i64..5_000)
        .prop_map(|(first, second, jitter)| Path { hops: [first, second], jitter });
    (side(), side(), path, any::<bool>(), any::<bool>(), 0i64..40, any::<u64>()).prop_map(
        |(client, server, path, deflate, coalesce, ack_delay, seed)| Scenario {
            client,
            server,
            path,
            deflate,
            coalesce,
            ack_delay,
            seed,
        },
    )
}

fn faulty() -> impl Strategy<Value = Scenario> {
    let reaction = prop_oneof![
        2 => Just(Reaction::Fails),
        1 => select(vec![Reaction::WrongCode, Reaction::FailsSilently, Reaction::CarriesOn]),
    ];
    (conversation(), select(FAULTS.iter().collect::<Vec<_>>()), any::<bool>(), any::<Index>(), reaction)
        .prop_map(|(scenario, fault, by_client, at, reaction)| {
            let side = fault.by.unwrap_or(if by_client { Client } else { Server });
            let plan = if side == Client { &scenario.client.0 } else { &scenario.server.0 };
            let acts = plan.iter().filter(|act| !matches!(act.what, What::Close { .. } | What::Fin)).count();
            let at = at.index(acts + 1);
            scenario.with(fault, side, at, reaction)
        })
}

const fn role(side: Side) -> Role {
    match side {
        Client => Role::Client,
        Server => Role::Server,
    }
}

/// A rule, and who broke it.
type Breach = (Role, &'static str, &'static str);

fn breaches(report: &Conversation) -> BTreeSet<Breach> {
    let weighty = report.findings.iter().filter(|finding| finding.level > Level::Note);
    weighty.map(|f| (f.by.expect("a side"), f.level.name(), f.violation.rule().name())).collect()
}

fn planted(played: &Played) -> BTreeSet<Breach> {
    let of = |side: Side, end: &Ending| {
        let planted = end.truth.planted.clone().into_iter();
        planted.filter(|(level, _)| *level != "note").map(move |(level, rule)| (role(side), level, rule))
    };
    let early = left_early(played, Client).then_some((Role::Client, "should", "CL-TCP-EARLY"));
    of(Client, &played.client).chain(of(Server, &played.server)).chain(early).collect()
}

/// Whether a side ended TCP without a Close while the other's was on its way.
fn left_early(played: &Played, side: Side) -> bool {
    let (own, other) = match side {
        Client => (&played.client.truth, &played.server.truth),
        Server => (&played.server.truth, &played.client.truth),
    };
    let failed = own.failed || own.looks_failed;
    // A Close that answers the end of TCP was not on its way.
    let crosses = other.sent.as_ref().is_some_and(|close| !close.knew_end);
    own.established && own.left && !failed && own.sent.is_none() && crosses
}

/// Who started the end, by what each side had received.
fn started(played: &Played) -> Option<Starter> {
    let [client, server] = [&played.client.truth, &played.server.truth];
    let knew = match (&client.sent, &server.sent) {
        (None, None) => (client.ended, server.ended),
        // T4: the only Close answers the other side's end of TCP, or crosses it, or came first.
        (Some(close), None) => (Some(close.knew_end), server.ended.map(|_| close.knew_end || !server.left)),
        (None, Some(close)) => (client.ended.map(|_| close.knew_end || !client.left), Some(close.knew_end)),
        (client, server) => {
            (client.as_ref().map(|close| close.knew), server.as_ref().map(|close| close.knew))
        }
    };
    match knew {
        (None, None) => None,
        (Some(false), Some(false)) => Some(Starter::Both),
        (Some(false), _) => Some(Starter::One(Role::Client)),
        (_, Some(false)) => Some(Starter::One(Role::Server)),
        _ => unreachable!("one was the first"),
    }
}

fn outcomes(played: &Played) -> &'static [Outcome] {
    let [client, server] = [&played.client.truth, &played.server.truth];
    let ended = client.ended.or(server.ended).is_some();
    match (client.sent.is_some(), server.sent.is_some()) {
        _ if !client.established => &[Outcome::HandshakeFailed],
        _ if !ended => &[Outcome::Open],
        (true, true) if client.left || server.left => &[Outcome::CloseCutShort],
        (true, true) => &[Outcome::Clean],
        (false, false) => &[Outcome::NoCloseFrame, Outcome::Reset],
        _ => &[Outcome::CloseUnanswered],
    }
}

/// Holds what is concluded against what happened; the text says where they differ.
fn check(report: &Conversation, played: &Played, allowed: &[&[&str]]) -> Result<(), String> {
    let differs = |what: &str, found: &dyn std::fmt::Debug, truth: &dyn std::fmt::Debug| {
        Err(format!("{what}:\n  found {found:?}\n  truth {truth:?}"))
    };
    let (found, truth) = (breaches(report), planted(played));
    let ambiguous = |breach: &Breach| {
        let end = if breach.0 == Role::Client { &played.client } else { &played.server };
        breach.2 == "FR-PONG-DATA" && end.truth.looks_like_other_pong
    };
    if !truth.is_subset(&found) || !found.difference(&truth).all(ambiguous) {
        return differs("breaches", &found, &truth);
    }
    let notes = report.findings.iter().filter(|f| f.level == Level::Note).map(|f| f.violation.rule().name());
    for note in notes {
        let did = |(level, rule): &(&str, &str)| *level == "note" && *rule == note;
        let is_true = note == "CL-TCP-EARLY"
            && (left_early(played, Server) || played.server.truth.planted.iter().any(did));
        if !is_true && !allowed.iter().any(|list| list.contains(&note)) {
            return differs("notes", &note, &"none");
        }
    }
    let closing = &report.closing;
    if !outcomes(played).contains(&closing.outcome) {
        return differs("outcome", &closing.outcome, &outcomes(played));
    }
    for (role, end) in [(Role::Client, &played.client), (Role::Server, &played.server)] {
        let (side, sent) = (&closing.sides[role], &end.truth.sent);
        let found = (
            side.sent_close,
            side.code.map(|code| code.0),
            side.reason.as_ref().map(|reason| &**reason.as_sent()),
        );
        let truth = match sent {
            Some(close) => (Some(true), close.code, close.reason),
            None => (Some(false), None, None),
        };
        if found != truth {
            return differs("Close", &(role, found), &truth);
        }
        let view = &closing.sees[role];
        if let (Some(code), Certainty::Proven) = (view.code, view.certainty) {
            let seen = (
                code.0,
                view.reason.as_ref().map(|reason| &**reason.as_sent()),
                view.was_clean.unwrap_or(false),
            );
            if seen != end.reports {
                return differs("local view", &(role, seen), &end.reports);
            }
        }
    }
    if played.client.truth.established && closing.started_by != started(played) {
        return differs("started by", &(closing.started_by, closing.evidence), &started(played));
    }
    Ok(())
}

/// What must not depend on where a recording was taken: everything but times, packets, and the numbers of frames,
/// which count those of both directions.
fn conclusions(report: &Conversation) -> String {
    let report = &shown(report.clone());
    let mut out = String::new();
    let closing = &report.closing;
    let findings: BTreeSet<_> = report
        .findings
        .iter()
        .filter(|f| f.violation.rule().name() != "HS-COALESCED")
        .map(|f| (f.by.map(Role::name), f.violation.rule(), f.level, f.certainty.name()))
        .collect();
    let _ = writeln!(out, "{findings:?}");
    let steps: BTreeSet<_> = closing
        .steps
        .iter()
        .map(|step| format!("{} {} {}", step.owed_by.name(), step.rule, step.verdict.name()))
        .collect();
    let _ = writeln!(out, "{steps:?}");
    let _ = writeln!(out, "{:?} {:?} {:?}", closing.outcome, closing.started_by, closing.evidence);
    // Ends that cross are recorded in another order at each end.
    let first = closing.first_end.filter(|_| !closing.ends_crossed).map(|end| (end.by, end.how));
    let _ = writeln!(out, "{:?} {first:?}", closing.ends_crossed);
    for sentence in summary::sentences(report) {
        let _ = writeln!(out, "{}", without_numbers(&sentence));
    }
    for role in Role::BOTH {
        let side = &closing.sides[role];
        let _ = writeln!(out, "{:?} {:?} {:?} {:?}", side.sent_close, side.code, side.reason, side.state);
        let _ = writeln!(out, "{:?}", closing.sees[role]);
        let sent = report.frames.iter().filter(|frame| frame.from == role);
        for frame in sent {
            let _ = writeln!(out, "{:?} {:?} {:?}", frame.header, frame.preview, frame.broke);
        }
    }
    out
}

/// Times, packets and frames are those of one recording.
fn without_numbers(sentence: &str) -> String {
    let sentence = sentence.replace(" at once", " later");
    let units = ["ns", "µs", "ms", "s", "min", "h", "d"];
    let words = sentence
        .split(' ')
        .filter(|word| !word.starts_with(|c: char| c == '(' || c.is_ascii_digit()) && !units.contains(word));
    words.collect::<Vec<_>>().join(" ")
}

fn only(packets: &[TestPacket]) -> Conversation {
    let mut reports = analyse(packets);
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// Changes to a recording that must change no conclusion.
fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (1usize..80).prop_map(Change::Rechop),
        (1usize..2_000).prop_map(Change::Coalesce),
        (1usize..80).prop_map(Change::Overlap),
        (2usize..9, any::<u64>()).prop_map(|(window, seed)| Change::Reorder { window, seed }),
        (1usize..9, any::<u64>()).prop_map(|(one_in, seed)| Change::Duplicate { one_in, seed }),
    ]
}

/// Only what is sent within a moment changes places: seconds are what some rules rest on.
fn apply(change: &Change, packets: &[TestPacket]) -> Vec<TestPacket> {
    match change {
        Change::Reorder { .. } => packets
            .chunk_by(|a, b| b.at_ns - a.at_ns < 20_000_000)
            .flat_map(|burst| change.apply(burst))
            .collect(),
        _ => change.apply(packets),
    }
}

/// Everything that is claimed of one conversation.
#[track_caller]
fn prove(scenario: &Scenario, changes: &[Change], allowed: &[&[&str]]) -> Played {
    let played = play(scenario);
    let mut elsewhere = None;
    let changed_at = played.recordings[scenario.seed as usize % 3].0;
    for (tap, packets) in &played.recordings {
        let report = only(packets);
        if let Err(difference) = check(&report, &played, allowed) {
            panic!("{tap:?}: {difference}\n{scenario:?}\n{}", listing(&report));
        }
        let (json, text) = forms(std::slice::from_ref(&report));
        assert_eq!(negative(&json, &text), [""; 0], "T2, {tap:?}: {scenario:?}");
        let concluded = conclusions(&report);
        let first = elsewhere.get_or_insert_with(|| concluded.clone());
        assert_same(&concluded, first, &|| format!("{tap:?}, not at the client\n{scenario:?}"));
        if *tap == changed_at {
            let changed = changes.iter().fold(packets.clone(), |packets, change| apply(change, &packets));
            let [found, expected] = [only(&changed), report].map(|report| essence(&[report]));
            assert_same(&found, &expected, &|| format!("{tap:?}, after {changes:?}\n{scenario:?}"));
        }
    }
    played
}

/// Frames and findings, for the message of a failed test.
fn listing(report: &Conversation) -> String {
    let mut out = String::new();
    for f in &report.frames {
        let _ =
            writeln!(out, "{:?} {} {:?} {}", f.packet, f.from.name(), f.header.opcode, f.header.payload_len);
    }
    for f in &report.findings {
        let _ = writeln!(out, "{:?} {:?} {:?} {:?}", f.by, f.level, f.violation, f.certainty);
    }
    let _ = writeln!(out, "{:?}", report.closing.ends);
    out
}

/// How many cases each test tries, unless `PROPTEST_CASES` says otherwise.
fn config(cases: u32) -> ProptestConfig {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(cases);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(250))]

    #[test]
    fn nothing_is_found_that_nobody_did(scenario in conversation(), changes in vec(change(), 1..4)) {
        prove(&scenario, &changes, &[NOTES]);
    }
}

proptest! {
    #![proptest_config(config(350))]

    #[test]
    fn what_somebody_did_is_found(scenario in faulty(), changes in vec(change(), 1..4)) {
        prove(&scenario, &changes, &[NOTES, NOTES_OF_FAULTS]);
    }
}

/// Every fault, by each side that can commit it, and every reaction to it, in one plain conversation.
#[test]
fn each_fault_comes_about_and_is_found() {
    let act = |gap, what| Act { gap, what };
    let text = || What::Message { text: true, fragments: vec![5], gap: 0 };
    let close = What::Close { code: Some(1000), reason: "" };
    let ways = || Ways { think: 1, hasty: false, answers: None, fault: None, reaction: Reaction::Fails };
    for (fault, by) in FAULTS.iter().flat_map(|fault| [(fault, Client), (fault, Server)]) {
        if fault.by.is_some_and(|side| side != by) {
            continue;
        }
        let plan = || vec![act(10, text()), act(10, text())];
        let mut scenario = Scenario {
            client: (plan(), ways()),
            server: (plan(), ways()),
            path: Path { hops: [3_000, 7_000], jitter: 0 },
            deflate: false,
            coalesce: false,
            ack_delay: 5,
            seed: 6455,
        };
        let offender = if by == Client { &mut scenario.client.0 } else { &mut scenario.server.0 };
        offender.push(act(10, close.clone()));
        let reactions = [Reaction::Fails, Reaction::WrongCode, Reaction::FailsSilently, Reaction::CarriesOn];
        for reaction in reactions {
            let scenario = scenario.clone().with(fault, by, 2, reaction);
            let played = prove(&scenario, &[], &[NOTES, NOTES_OF_FAULTS]);
            let rules = |end: &Ending| end.truth.planted.iter().map(|(_, rule)| *rule).collect::<Vec<_>>();
            let (own, other) = match by {
                Client => (rules(&played.client), rules(&played.server)),
                Server => (rules(&played.server), rules(&played.client)),
            };
            assert!(own.contains(&fault.rule(by)), "{}: {own:?}", fault.name);
            let second = match (reaction, fault.plant) {
                (Reaction::WrongCode, Plant::Frames(_)) => Some("CL-FAIL-CODE"),
                (Reaction::FailsSilently, Plant::Frames(_)) if !fault.is_of_mask => Some("CL-FAIL-SILENT"),
                (Reaction::CarriesOn, Plant::Frames(_)) => Some("CL-NOT-FAILED"),
                (Reaction::CarriesOn, Plant::Request(_)) => Some("HS-ACCEPTED"),
                (Reaction::CarriesOn, Plant::Response(_)) => Some("HS-NOT-FAILED"),
                _ => None,
            };
            if let Some(second) = second {
                assert!(other.contains(&second), "{} {reaction:?}: {other:?}", fault.name);
            }
        }
    }
}
