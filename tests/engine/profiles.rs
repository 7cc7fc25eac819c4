//! The captures that benches measure on are the traffic they are called after.

use std::collections::BTreeSet;

use wslog::limits::Limits;
use wslog::model::{Conversation, InputReport, Role, Traffic};

use crate::support::essence::analyse_file_within;
use crate::support::profile;

/// What a profile's capture comes to.
struct Seen {
    reports: Vec<Conversation>,
    input: InputReport,
}

impl Seen {
    fn of(name: &str, bytes: usize) -> Self {
        let profile = profile::ALL.iter().find(|profile| profile.name == name).expect("a profile");
        let (reports, input) = analyse_file_within(&profile.capture(bytes), &Limits::default());
        Self { reports, input }
    }

    /// Of both sides of all connections.
    fn sum(&self, of: impl Fn(&Traffic) -> u64) -> u64 {
        let sides = self.reports.iter().flat_map(|report| Role::BOTH.map(|role| report.traffic[role]));
        sides.map(|traffic| of(&traffic)).sum()
    }

    fn outcomes(&self) -> BTreeSet<&'static str> {
        self.reports.iter().map(|report| report.closing.outcome.name()).collect()
    }
}

#[test]
fn profiles_are_as_large_as_wanted_and_the_same_each_time() {
    for profile in profile::ALL {
        let capture = profile.capture(10_000_000);
        assert!((9_000_000..12_000_000).contains(&capture.len()), "{}: {}", profile.name, capture.len());
        assert!(profile.capture(300_000) == profile.capture(300_000), "{}", profile.name);
    }
}

#[test]
fn profiles_accuse_nobody_of_what_was_not_meant() {
    // What ends without a Close or inside a frame, Pings inside messages, a refusal.
    let meant = [
        "CL-ABNORMAL",
        "CL-RST",
        "FR-CTL-BETWEEN",
        "FR-CUT",
        "FR-MSG-UNFINISHED",
        "FR-PONG-UNSOL",
        "HS-STATUS",
    ];
    for profile in profile::ALL {
        let Seen { reports, input } = Seen::of(profile.name, 1_000_000);
        let findings = reports.iter().flat_map(|report| &report.findings);
        let found: BTreeSet<_> = findings.map(|finding| finding.violation.rule().name()).collect();
        assert!(found.iter().all(|rule| meant.contains(rule)), "{}: {found:?}", profile.name);
        let odd = reports.iter().map(|report| &report.weirds).chain([&input.weirds]);
        odd.for_each(|weirds| assert!(weirds.is_empty(), "{}: {weirds:?}", profile.name));
    }
}

#[test]
fn chat_is_short_texts() {
    let seen = Seen::of("chat", 1_000_000);
    let (texts, binaries) = (seen.sum(|t| t.text_messages), seen.sum(|t| t.binary_messages));
    assert!(texts > 20 * binaries && binaries > 0, "{texts} and {binaries}");
    assert!((100..300).contains(&(seen.sum(|t| t.message_bytes) / texts)));
    assert!(seen.sum(|t| t.frames[9]) > 0 && seen.sum(|t| t.frames[0]) > 0, "Pings and fragments");
    assert_eq!(seen.input.websocket_connections, 200);
}

#[test]
fn bulk_is_long_binary_messages() {
    let seen = Seen::of("bulk", 2_000_000);
    let messages = seen.sum(|t| t.binary_messages);
    assert!(seen.sum(|t| t.message_bytes) / messages > 10_000);
    assert!(messages > 10 * seen.sum(|t| t.text_messages));
    assert_eq!(seen.input.websocket_connections, 16);
}

#[test]
fn deflate_is_compressed_with_what_was_said_before() {
    let seen = Seen::of("deflate", 1_000_000);
    assert_eq!(seen.input.websocket_connections, 100);
    assert!(seen.sum(|t| t.message_bytes) > 2 * seen.sum(|t| t.frame_payload_bytes));
    let compressed = seen.reports.iter().flat_map(|report| &report.frames).filter(|frame| frame.compressed);
    assert!(compressed.count() as u64 > seen.sum(|t| t.text_messages) / 2);
    // Neither side is told to forget.
    let agreed = |report: &Conversation| {
        let response = report.response.as_ref().expect("a response");
        response.fields.as_sent().first("Sec-WebSocket-Extensions") == Some("permessage-deflate")
    };
    assert!(seen.reports.iter().all(agreed));
}

#[test]
fn mixed_is_all_of_it_and_more() {
    let seen = Seen::of("mixed", 2_000_000);
    assert!(seen.input.tcp_connections > seen.input.websocket_connections, "some are no WebSocket");
    assert!(seen.sum(|t| t.retransmitted_bytes) > 0);
    for (name, n) in [
        ("continuation", seen.sum(|t| t.frames[0])),
        ("text", seen.sum(|t| t.frames[1])),
        ("binary", seen.sum(|t| t.frames[2])),
        ("Close", seen.sum(|t| t.frames[8])),
        ("Ping", seen.sum(|t| t.frames[9])),
        ("Pong", seen.sum(|t| t.frames[10])),
        ("cut", seen.sum(|t| t.frames_cut)),
    ] {
        assert!(n > 0, "{name}");
    }
    assert_eq!(
        seen.outcomes(),
        ["clean", "handshake_failed", "no_close_frame", "reset"].into_iter().collect::<BTreeSet<_>>()
    );
    let is_v6 =
        |report: &&Conversation| report.tcp.as_ref().is_some_and(|tcp| tcp.client.as_sent().is_ipv6());
    assert!((1..seen.reports.len()).contains(&seen.reports.iter().filter(is_v6).count()));
    assert!(seen.reports.iter().flat_map(|report| &report.frames).any(|frame| frame.compressed));
}

#[test]
fn many_flows_are_short() {
    let seen = Seen::of("many-flows", 1_000_000);
    assert_eq!(seen.input.websocket_connections, 500);
    assert!(seen.sum(|t| t.message_bytes) / 500 < 2_000);
}

#[test]
fn http2_is_chats_side_by_side() {
    let seen = Seen::of("http2", 5_000_000);
    assert_eq!(seen.input.tcp_connections, 100);
    assert!(seen.reports.len() > 300, "{}", seen.reports.len());
    let http2 = seen.reports.iter().map(|report| report.http2.as_deref().expect("a stream of HTTP/2"));
    let (mut beside, mut requests) = (0, 0);
    for facts in http2 {
        beside = beside.max(facts.others.len());
        requests += facts.requests;
        assert!(!facts.stalled.client && !facts.stalled.server);
    }
    assert!(beside > 4 && requests > 0, "{beside} beside one, {requests} requests");
    assert!(seen.sum(|t| t.text_messages) > 5_000);
    assert_eq!(seen.outcomes(), BTreeSet::from(["clean", "reset"]));
}
