//! Hops of which the recording lacks the opening handshake and has a few frames.

use super::proxied::{PROXY_OUT, Relay, forwarded, hops};
use super::*;
use crate::support::frame::Mask;
use wslog::model::Certainty;

/// As a proxy passes it on that has become a tunnel: mask and all.
const KEY: Mask = Mask::Key([0xe3, 0xdd, 0x19, 0x81]);

/// A question and the answer pass a proxy; the recordings have the request on the front hop, and nothing else of the handshakes.
fn asked_and_answered(question: &Frame, answer: &Frame) -> Relay<Talk, Talk> {
    let (mut front, back) = hops();
    let upgrade = front.connect().upgrade();
    let mut relay = Relay { front, back };
    relay.open(&upgrade, &forwarded(&upgrade));
    relay.same(Client, &question.clone().mask(KEY)).same(Server, answer);
    relay
}

/// The hops as they were recorded, each without its handshake but for the request of the client.
fn recorded(relay: &Relay<Talk, Talk>) -> [Vec<TestPacket>; 2] {
    let is_missed = |packet: &TestPacket| {
        let is_back = packet.from == PROXY_OUT.parse().expect("an address and a port");
        packet.payload.starts_with(b"HTTP/1.1 ") || is_back && packet.payload.starts_with(b"GET ")
    };
    let kept = |packets: Vec<TestPacket>| packets.into_iter().filter(|packet| !is_missed(packet)).collect();
    [kept(relay.front.packets()), kept(relay.back.packets())]
}

/// The back hop's handshake is assumed, and no breach is proven of it.
#[track_caller]
fn check_assumed(heard: &Heard) {
    let back = heard.conversations.last().expect("the back hop");
    assert!(back.assumed && back.request.is_none(), "{back:#?}");
    let proven: Vec<&str> = back
        .findings
        .iter()
        .filter(|finding| finding.certainty == Certainty::Proven)
        .map(|finding| finding.violation.rule().name())
        .collect();
    assert_eq!(proven, ["HS-ASSUMED"]);
}

#[track_caller]
fn check_both(case: &str, relay: &Relay<Talk, Talk>, expected: [&str; 2]) {
    let both = recorded(relay);
    let at_proxy = [("proxy", pcap(&merge(both.clone())))];
    check(case, &at_proxy, &[expected[0]]);
    check_assumed(&journeys(case, &at_proxy));
    check(&format!("{case} apart"), &files(both), &[expected[1]]);
}

#[test]
fn a_proxy_that_waited_too_long() {
    let mut relay = asked_and_answered(&Frame::text("hello"), &Frame::text("echo: hello"));
    relay.wait(2_000);
    relay.back.fin(Client);
    relay.front.not_before(relay.back.now_ns()).fin(Server).fin(Client).ack(Server);
    relay.wait(10);
    relay.back.fin(Server).ack(Client);
    check_both(
        "time-out of a proxy",
        &relay,
        ["proxied proxy likely: proxy#1 proxy#2", "proxied proxy likely: client#1 server#1"],
    );
}

#[test]
fn a_proxy_that_does_not_mask_its_close() {
    // What they say takes the handshake to tell.
    let mut relay =
        asked_and_answered(&Frame::text("\u{1}\u{2}\u{3}").rsv(4), &Frame::text("\u{4}\u{5}").rsv(4));
    relay.wait(2_000);
    relay.front.send(Server, Frame::close(1001, "")).send(Client, Frame::close(1001, "")).reset(Server);
    relay
        .back
        .not_before(relay.front.now_ns())
        .send(Client, Frame::close(1001, "").mask(Mask::Never))
        .fin(Client);
    relay.back.send(Server, Frame::close(1002, "incorrect masking")).reset_bare(Client);
    check_both(
        "Close of a proxy",
        &relay,
        ["proxied proxy likely: proxy#1 proxy#2: close", "proxied proxy likely: client#1 server#1: close"],
    );
}

#[test]
fn a_client_that_ends_what_a_proxy_passed_on() {
    let mut relay = asked_and_answered(&Frame::text("hello"), &Frame::text("echo: hello"));
    relay.same(Client, &Frame::close(1000, "bye").mask(KEY)).same(Server, &Frame::close(1000, "bye"));
    relay.back.ack(Client).end_tcp(Server);
    relay.wait(1);
    relay.front.ack(Client).end_tcp(Server);
    check_both(
        "Close of a client",
        &relay,
        ["proxied client likely: proxy#1 proxy#2", "proxied client likely: client#1 server#1"],
    );
}

/// Holes that hide no opening handshake, and bytes that are no frames, make no hop.
#[test]
fn what_is_no_hop() {
    let mut relay = asked_and_answered(&Frame::text("hello"), &Frame::text("echo: hello"));
    relay.back.bytes(Server, b"\n");
    relay.back.end_tcp(Server);
    relay.wait(1);
    relay.front.end_tcp(Server);
    let both = recorded(&relay);
    let heard = journeys("no hop", &[("proxy", pcap(&merge(both)))]);
    assert_eq!((heard.conversations.len(), heard.journeys.len()), (1, 0));
}
