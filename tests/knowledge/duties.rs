//! What the reference says beside findings, steps and closing, which are rows of `tests/reference/`: the duties of
//! both sides as they come and go, and figures of times.

use wslog::limits::Limits;
use wslog::model::{Conversation, PerRole, Role, WeirdKind};

use crate::support::conversation::{Client, Server, Talk, TestPacket};
use crate::support::scene;
use crate::support::script::{analyse, analyse_with, findings};

fn only(script: &str) -> Conversation {
    let mut reports = analyse(&scene::play(script));
    assert_eq!(reports.len(), 1, "{script}");
    reports.remove(0)
}

#[test]
fn figures() {
    let report = only(
        "S: ping a | C: wait 100 | C: pong a | S: wait 20000 | S: ping b | C: wait 300 | C: pong b \
         | S: wait 20000 | S: ping c | C: wait 200 | C: pong c | S: wait 20000 | S: ping d | C: wait 30 \
         | C: close 1000 | S: wait 40 | S: close 1000 | S: wait 50 | S: fin | C: fin",
    );
    let timing = &report.timing;
    assert_eq!(timing.handshake_ns, Some(250_000));
    assert_eq!(timing.close_reply_ns, Some(40_250_000));
    assert_eq!(timing.server_tcp_end_ns, Some(50_250_000));
    assert_eq!(timing.pings.client, None);
    let pings = timing.pings.server.expect("Pings");
    assert_eq!((pings.sent, pings.unanswered), (4, Some(1)));
    assert_eq!(pings.interval_ns, Some(20_200_500_000));
    let latency = pings.latency.expect("Pongs");
    assert_eq!(
        (latency.pongs, latency.min_ns, latency.mean_ns, latency.max_ns, latency.slowest_frame),
        (3, 100_250_000, 200_250_000, 300_250_000, 4)
    );
    for (script, interval_ns) in [
        ("S: ping a | S: ping b | S: ping c | C: pong c", None),
        // One is an eighth shorter than the mean, which the others are near to.
        (
            "S: ping a | S: wait 8800 | S: ping b | S: wait 10400 | S: ping c | S: wait 10400 | S: ping d | S: wait 10400 | S: ping e",
            None,
        ),
        (
            "S: ping a | S: wait 9400 | S: ping b | S: wait 10200 | S: ping c | S: wait 10200 | S: ping d | S: wait 10200 | S: ping e",
            Some(10_000_250_000),
        ),
    ] {
        let pings = only(script).timing.pings.server.expect("Pings");
        assert_eq!(pings.interval_ns, interval_ns, "{script}");
    }
}

/// Half a request asks for no answer: that the server ends TCP behind it is nothing to tell.
#[test]
fn half_a_request_is_owed_nothing_4_2_2() {
    const LINES: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
    for (end, found) in [("", ""), ("\r\n", "S note HS-NO-RESPONSE")] {
        let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:80");
        talk.connect().bytes(Client, format!("{LINES}{end}").as_bytes());
        // Each ends TCP before the other's end has arrived.
        talk.hold(Server).fin(Client).fin(Server).release(Server);
        let reports = analyse(&talk.packets());
        assert_eq!(findings(&reports[0]), found, "{end:?}");
    }
}

/// Pings that made room for others are counted, of both sides.
#[test]
fn pings_given_up_are_counted() {
    let limits = Limits { max_pending_pings: 1, ..Limits::default() };
    for (script, given_up) in [
        ("S: ping a | C: pong a | S: ping b | C: pong b", None),
        ("S: ping a | S: ping b | S: ping c | C: pong c", Some(2)),
        ("S: ping a | S: ping b | S: ping c | S: ping d | C: ping e | C: ping f", Some(4)),
    ] {
        let reports = analyse_with(&scene::play(script), &limits);
        let capped = reports[0].weirds.as_slice().iter().find(|weird| weird.kind == WeirdKind::PingsCap);
        assert_eq!(capped.map(|weird| weird.count), given_up, "{script}");
    }
}

/// Of handshakes that were refused one after the other sixteen are told, and the last.
#[test]
fn steps_of_refused_handshakes_are_capped() {
    for (refused, told) in [(3, 3), (16, 16), (17, 17), (18, 17), (20, 17)] {
        let script = vec!["C: request -Host | S: status 400 Bad Request"; refused].join(" | ");
        assert_eq!(only(&script).closing.steps.len(), told, "{refused} requests");
    }
}

/// What both sides owe, act by act, as text.
fn owed(packets: &[TestPacket]) -> String {
    use wslog::dissect::Dissector;
    use wslog::message::Messages;
    use wslog::reference::Reference;
    use wslog::tcp::Connection;

    let limits = Limits::default();
    let mut connection = Connection::new(&packets[0].segment(1));
    let (mut dissector, mut messages) = (Dissector::new(), Messages::new());
    let mut reference = Reference::new(&limits);
    let mut after = Vec::new();
    for (no, packet) in (1..).zip(packets) {
        let mut weirds = PerRole::default();
        let PerRole { client: tcp_weirds, server: weirds } = &mut weirds;
        connection.push(&packet.segment(no), &limits, tcp_weirds, &mut |event| {
            let mut more = Default::default();
            dissector.push(&event, &limits, weirds, &mut |seen| {
                messages.observe(&seen.observation, &limits, &mut more, &mut |event| {
                    reference.observe(&event, &limits, &mut Vec::new());
                });
            });
        });
        let owed =
            |role: Role| reference.owed(role).iter().map(|e| e.rule.name()).collect::<Vec<_>>().join("+");
        after.push(format!("{}/{}", owed(Role::Client), owed(Role::Server)));
    }
    after.dedup();
    after.join(" ")
}

/// The duties of both sides as they come and go: client/server.
#[test]
fn what_is_owed_after_every_act() {
    for (script, expected) in [
        ("C: text a | S: text b", "/"),
        ("S: ping x | C: pong x", "/ FR-PING-PONG/ /"),
        (
            "C: close 1000 | S: close 1000 | S: fin | C: fin",
            "/ /CL-REPLY CL-TCP-SERVER-FIRST/CL-TCP-SERVER-FIRST CL-TCP-NEVER/ /",
        ),
        (
            "C: c1 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
            "/ /FR-RSV CL-REPLY/FR-AFTER-FAIL CL-TCP-SERVER-FIRST/FR-AFTER-FAIL CL-TCP-NEVER/ /",
        ),
        ("S: ping x | S: close 1000", "/ FR-PING-PONG/ CL-REPLY/"),
        // A Close with a code that fits a fault which comes later; one with another code behind it.
        ("S: close 1002 | C: c1 00", "/ CL-REPLY/"),
        (
            "C: c1 00 | S: close 4000 | C: close 4000",
            "/ /FR-RSV CL-REPLY/ CL-TCP-SERVER-FIRST/CL-TCP-SERVER-FIRST",
        ),
    ] {
        assert_eq!(owed(&scene::play(script)), expected, "{script}");
    }
}

/// A response that the client must refuse opens nothing: nothing is owed.
#[test]
fn nothing_is_owed_before_the_handshake_is_complete() {
    let script = "C: request | S: 101 Sec-WebSocket-Accept: AAAA | S: ping x";
    assert_eq!(owed(&scene::play(script)), "/");
}
