//! The hops of proxied connections.

use super::*;
use crate::support::deflate::Deflate;
use crate::support::seal::{Sealed, with_keys};
use crate::support::streams::{Carrier, play_in};
use crate::support::upgrade::{Upgrade, refusal};

const PROXY: &str = "198.51.100.5:443";
pub(super) const PROXY_OUT: &str = "198.51.100.5:33000";

/// Two hops of a proxied connection as they go on.
pub(super) struct Relay<F, B> {
    pub(super) front: F,
    pub(super) back: B,
}

impl<F: Carrier, B: Carrier> Relay<F, B> {
    /// A message passes the proxy; on each hop it is what `encode` makes of it.
    fn pass(&mut self, from: Side, front: &Frame, back: &Frame) -> &mut Self {
        if from == Client {
            Self::one(&mut self.front, from, front);
            let now = self.front.talk().now_ns();
            self.back.talk().not_before(now + 300_000);
            Self::one(&mut self.back, from, back);
        } else {
            Self::one(&mut self.back, from, back);
            let now = self.back.talk().now_ns();
            self.front.talk().not_before(now + 300_000);
            Self::one(&mut self.front, from, front);
        }
        self
    }

    fn one(carrier: &mut impl Carrier, from: Side, frame: &Frame) {
        let bytes = carrier.talk().encode(from, frame);
        carrier.carry(from, &bytes);
    }

    pub(super) fn same(&mut self, from: Side, frame: &Frame) -> &mut Self {
        self.pass(from, frame, frame)
    }

    /// The request passes it, and the response comes back: of TCP both hops are open.
    pub(super) fn open(&mut self, front: &Upgrade, back: &Upgrade) -> &mut Self {
        self.front.carry(Client, &front.request());
        let now = self.front.talk().now_ns();
        self.back.talk().not_before(now + 100_000).connect();
        self.back.carry(Client, &back.request());
        self.back.carry(Server, &back.response());
        let now = self.back.talk().now_ns();
        self.front.talk().not_before(now + 200_000);
        self.front.carry(Server, &front.response());
        self
    }

    /// Both hops have the same time.
    pub(super) fn wait(&mut self, ms: i64) -> &mut Self {
        let now = self.front.talk().now_ns().max(self.back.talk().now_ns()) + ms * 1_000_000;
        self.front.talk().not_before(now);
        self.back.talk().not_before(now);
        self
    }
}

pub(super) fn hops() -> (Talk, Talk) {
    let front = Talk::new(CLIENT, PROXY).with_isns(5_000, 6_000);
    (front, Talk::new(PROXY_OUT, SERVER).with_isns(7_000, 8_000))
}

pub(super) fn forwarded(upgrade: &Upgrade) -> Upgrade {
    upgrade.clone().ask("X-Forwarded-For", "192.0.2.10")
}

fn proxied_chat<F: Carrier, B: Carrier>(relay: &mut Relay<F, B>) {
    for n in 0..4 {
        relay
            .same(Client, &Frame::text(format!("question {n}")))
            .same(Server, &Frame::text(format!("answer {n}")));
    }
}

/// The client closes, the proxy passes that on, and TCP ends on both hops.
fn proxied_end<F: Carrier, B: Carrier>(relay: &mut Relay<F, B>) {
    relay.same(Client, &Frame::close(1000, "")).same(Server, &Frame::close(1000, ""));
    relay.back.talk().ack(Client).end_tcp(Server);
    relay.wait(1);
    relay.front.talk().ack(Client).end_tcp(Server);
}

#[test]
fn hops_of_a_proxied_connection() {
    // Both clocks are known to half a millisecond only, in which the proxy has passed the Close on.
    let proxied = "proxied client likely: client#1 server#1";
    let (mut front, back) = hops();
    let upgrade = front.connect().upgrade();
    let mut relay = Relay { front, back };
    proxied_chat(relay.open(&upgrade, &forwarded(&upgrade)));
    proxied_end(&mut relay);
    let both = [relay.front.packets(), relay.back.packets()];
    check("proxied", &files(both.clone()), &[&format!("{proxied}: request")]);
    // One recording at the proxy's host.
    check(
        "at the proxy",
        &[("proxy", pcap(&merge(both.clone())))],
        &["proxied client proven: proxy#1 proxy#2: request"],
    );
    // By another clock.
    for (case, ahead) in [("proxied ahead", 3_000_000_000), ("proxied behind", -3_000_000_000)] {
        let moved = both[1].iter().map(|p| TestPacket { at_ns: p.at_ns + ahead, ..p.clone() }).collect();
        let journeys = check(case, &files([both[0].clone(), moved]), &[&format!("{proxied}: request")]);
        let clock = journeys[0].clock.expect("of two recordings");
        assert!((clock.offset_ns - ahead).abs() <= clock.error_ns + 1_000_000, "{clock:?}");
    }

    // At three points: the client's host, the proxy's, the server's.
    let between = Between::default();
    let [near, _] = between.both(&both[0]);
    check(
        "at three points",
        &[
            ("client", pcap(&near)),
            ("server", pcap(&both[1])),
            ("proxy", pcap(&merge([both[0].clone(), both[1].clone()]))),
        ],
        &["proxied client proven: client#1 proxy#1 proxy#2 server#1: request"],
    );
}

#[test]
fn tls_on_one_hop() {
    let (front, back) = hops();
    let mut front = Sealed::new(front, 3);
    front.connect();
    let upgrade = front.talk.upgrade();
    let mut relay = Relay { front, back };
    proxied_chat(relay.open(&upgrade, &forwarded(&upgrade)));
    proxied_end(&mut relay);
    let key_log = relay.front.key_log();
    let files = [
        ("client", with_keys(&relay.front.talk.packets(), &key_log)),
        ("server", pcap(&relay.back.packets())),
    ];
    check("TLS in front", &files, &["proxied client likely: client#1 server#1: request, tls"]);

    let (mut front, back) = hops();
    let upgrade = front.connect().upgrade();
    let mut relay = Relay { front, back: Sealed::new(back, 4) };
    // TLS is spoken before the request comes.
    let asked = relay.front.bytes(Client, &upgrade.request()).now_ns();
    relay.back.talk.not_before(asked);
    relay.back.connect();
    relay.back.bytes(Client, &forwarded(&upgrade).request()).bytes(Server, &upgrade.response());
    let now = relay.back.talk.now_ns();
    relay.front.not_before(now).bytes(Server, &upgrade.response());
    proxied_chat(&mut relay);
    proxied_end(&mut relay);
    let key_log = relay.back.key_log();
    let files = [
        ("client", pcap(&relay.front.packets())),
        ("server", with_keys(&relay.back.talk.packets(), &key_log)),
    ];
    check("TLS behind", &files, &["proxied client likely: client#1 server#1: request, tls"]);
}

#[test]
fn compression_on_one_hop() {
    let (mut front, back) = hops();
    let upgrade = front.connect().upgrade();
    let mut relay = Relay { front, back };
    relay.open(&upgrade.clone().compressed(), &forwarded(&upgrade));
    let (mut of_client, mut of_server) = (Deflate::new(15), Deflate::new(15));
    for n in 0..4 {
        let packed = |deflate: &mut Deflate, text: &str| Frame::text(deflate.message(text.as_bytes())).rsv(4);
        let (asked, answered) = (format!("question {n}"), format!("answer {n}"));
        let front = packed(&mut of_client, &asked);
        relay.pass(Client, &front, &Frame::text(asked));
        let front = packed(&mut of_server, &answered);
        relay.pass(Server, &front, &Frame::text(answered));
    }
    proxied_end(&mut relay);
    check(
        "compression in front",
        &files([relay.front.packets(), relay.back.packets()]),
        &["proxied client likely: client#1 server#1: request, response"],
    );
}

#[test]
fn http2_in_front() {
    let (mut front, mut back) = hops();
    front.connect();
    play_in(&mut front, "C: settings | S: settings 8=1 | C1: connect");
    let mut upgrade = back.upgrade();
    upgrade.host = "server.example".into();
    let upgrade = upgrade.ask("X-Forwarded-For", "192.0.2.10");
    back.not_before(front.now_ns()).open_with(&upgrade);
    front.not_before(back.now_ns());
    play_in(&mut front, "S1: status 200");
    for n in 0..4 {
        play_in(&mut front, &format!("C1: text question {n}"));
        back.not_before(front.now_ns()).send(Client, Frame::text(format!("question {n}")));
        back.send(Server, Frame::text(format!("answer {n}")));
        front.not_before(back.now_ns());
        play_in(&mut front, &format!("S1: text answer {n}"));
    }
    play_in(&mut front, "C1: close 1000");
    back.not_before(front.now_ns()).send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, ""));
    back.ack(Client).end_tcp(Server);
    front.not_before(back.now_ns());
    play_in(&mut front, "S1: close 1000 end | C1: end | S: ack");
    let both = [front.packets(), back.packets()];
    check(
        "HTTP2 in front at the proxy",
        &[("proxy", pcap(&merge(both.clone())))],
        // No key: a name in X-Forwarded-For and the times link them.
        &["proxied client likely: proxy#1.1 proxy#2: request, http"],
    );
}

#[test]
fn a_proxy_that_ends_both() {
    let (mut front, back) = hops();
    let upgrade = front.connect().upgrade();
    let mut relay = Relay { front, back };
    proxied_chat(relay.open(&upgrade, &forwarded(&upgrade)));
    relay.wait(60_000);
    relay.back.fin(Client);
    relay.front.fin(Server);
    relay.wait(1);
    relay.back.fin(Server).ack(Client);
    relay.front.fin(Client).ack(Server);
    check(
        "ended by the proxy",
        &files([relay.front.packets(), relay.back.packets()]),
        &["proxied proxy likely: client#1 server#1: request"],
    );
}

#[test]
fn refusals_through_a_proxy() {
    let (mut front, back) = hops();
    let upgrade = front.connect().upgrade();
    let mut relay = Relay { front, back };
    relay.front.bytes(Client, &upgrade.request());
    let now = relay.front.now_ns();
    relay.back.not_before(now).connect().bytes(Client, &forwarded(&upgrade).request());
    relay.back.bytes(Server, &refusal("403 Forbidden", "no")).end_tcp(Server);
    let now = relay.back.now_ns();
    relay.front.not_before(now).bytes(Server, &refusal("403 Forbidden", "no")).end_tcp(Server);
    check(
        "refused",
        &files([relay.front.packets(), relay.back.packets()]),
        &["proxied server likely: client#1 server#1: request"],
    );
}

/// A client opens many connections at once through one proxy, and sends the same on all.
fn many_through_a_proxy(count: u16, has_key: bool) -> [Vec<Vec<TestPacket>>; 2] {
    let mut both = [Vec::new(), Vec::new()];
    for n in 0..count {
        let front =
            Talk::new(&format!("192.0.2.10:{}", 50_001 + n), PROXY).with_isns(5_000 + u32::from(n), 9);
        // Other ports in another order.
        let back = Talk::new(&format!("198.51.100.5:{}", 33_000 + (n * 7) % count), SERVER)
            .with_isns(7_000 + u32::from(n), 10);
        let mut relay = Relay { front, back };
        relay.front.connect();
        let upgrade = relay.front.upgrade();
        let passed = if has_key { forwarded(&upgrade) } else { forwarded(&relay.back.upgrade()) };
        proxied_chat(relay.open(&upgrade, &passed));
        proxied_end(&mut relay);
        both[0].push(relay.front.packets());
        both[1].push(relay.back.packets());
    }
    both
}

/// Each leg is the other's: by the numbers of the SYN, which stand for a connection of the script.
#[track_caller]
fn only_right(heard: &Heard, count: u16) -> usize {
    for journey in &heard.journeys {
        let port = |leg: &wslog::model::Leg| {
            let of = heard.conversations.iter().find(|of| of.id == leg.id).expect("it was told");
            of.tcp.expect("a connection").client.port()
        };
        let ports: Vec<u16> = journey.legs.iter().map(port).collect();
        let [front, back] = ports[..] else { panic!("two legs: {ports:?}") };
        assert_eq!(33_000 + ((front - 50_001) * 7) % count, back, "{ports:?}");
    }
    heard.journeys.len()
}

#[test]
fn many_that_send_the_same_through_one_proxy() {
    let count = 20;
    let [front, back] = many_through_a_proxy(count, true);
    let (front, back) = (merge(front), merge(back));
    let heard = journeys("many with keys", &files([front.clone(), back.clone()]));
    assert_eq!(only_right(&heard, count), usize::from(count));
    let heard = journeys("many with keys at the proxy", &[("proxy", pcap(&merge([front, back])))]);
    assert_eq!(only_right(&heard, count), usize::from(count));
    let [front, back] = many_through_a_proxy(count, false);
    let (front, back) = (merge(front), merge(back));
    only_right(&journeys("many without keys", &files([front.clone(), back.clone()])), count);
    only_right(&journeys("many without keys at the proxy", &[("proxy", pcap(&merge([front, back])))]), count);
}

/// The client closed, and its own hop's recording was stopped before: that the proxy left that hop open nobody has seen.
#[test]
fn a_hop_that_was_recorded_for_less_long() {
    let (mut front, back) = hops();
    let upgrade = front.connect().upgrade();
    let mut relay = Relay { front, back };
    proxied_chat(relay.open(&upgrade, &forwarded(&upgrade)));
    let until = relay.front.packets().len();
    proxied_end(relay.wait(2_000));
    let (front, back) = (relay.front.packets(), relay.back.packets());
    let heard = journeys("stopped before the end", &files([front[..until].to_vec(), back.clone()]));
    let told = line(&heard.journeys[0]);
    assert!(told.contains(" undetermined: client#1 server#1"), "{told}");
    // With its Close recorded, it is the client's.
    let heard = journeys("stopped at the Close", &files([front[..=until].to_vec(), back]));
    let told = line(&heard.journeys[0]);
    assert!(told.starts_with("proxied client likely: client#1 server#1"), "{told}");
}
