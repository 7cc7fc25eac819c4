//! What the reference says beside findings, steps and closing, which are rows of `tests/reference/`: the duties of
//! both sides as they come and go, and figures of times.

use wslog::limits::Limits;
use wslog::model::{Conversation, PerRole, Role};

use crate::support::conversation::TestPacket;
use crate::support::scene;
use crate::support::script::analyse;

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
    let burst = only("S: ping a | S: ping b | S: ping c | C: pong c");
    assert_eq!(burst.timing.pings.server.and_then(|pings| pings.interval_ns), None);
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
            dissector.push(&event, &limits, weirds, &mut |observation| {
                messages.observe(&observation, &limits, &mut more, &mut |event| {
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
