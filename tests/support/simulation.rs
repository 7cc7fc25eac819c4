//! Two endpoints of RFC 6455 on a simulated network, recorded at both ends and in the middle.
//!
//! The network delays and keeps the order of each direction; what reorders and repeats is in `transform.rs`. A host
//! acknowledges what it has received with the next segment it sends, or after a while without one. An application
//! reads what its host has received at once, so what a host acknowledges its application has read.

pub mod endpoint;
pub mod faults;
pub mod plan;

use std::collections::BTreeMap;

use wslog::model::{SeqNo, TcpFlags};

use super::conversation::{Client, START_NS, Server, Side, TestPacket, WINDOW, header_of};
use super::rng::Rng;
use super::upgrade::Upgrade;
use endpoint::{Effect, Endpoint, Item, MS, Wake};
use plan::{Ending, Path, Scenario};

const MAX_SEGMENT: usize = 1440;

/// Where a recording is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tap {
    AtClient,
    InTheMiddle,
    AtServer,
}

/// A conversation that is over.
#[derive(Clone, Debug)]
pub struct Played {
    /// What was recorded at the client's end, in the middle, at the server's end.
    pub recordings: [(Tap, Vec<TestPacket>); 3],
    pub client: Ending,
    pub server: Ending,
}

enum Event {
    Arrives(Side, TestPacket, Vec<Item>),
    Wakes(Side, Wake),
    /// A held acknowledgement goes out.
    Acks(Side),
}

/// A host: TCP below the endpoint.
struct Host {
    endpoint: Endpoint,
    next: SeqNo,
    heard: Option<SeqNo>,
    acked: Option<SeqNo>,
    gone: bool,
    /// When the last packet from here passed the middle, and when it arrived.
    passed: i64,
    arrived: i64,
}

struct Network {
    now: i64,
    client: Host,
    server: Host,
    events: BTreeMap<(i64, u64), Event>,
    count: u64,
    path: Path,
    jitter: Rng,
    coalesce: bool,
    ack_delay: i64,
    taps: [Vec<(i64, TestPacket)>; 3],
}

/// Plays a conversation to its end.
pub fn play(scenario: &Scenario) -> Played {
    let mut upgrade = Upgrade::new("192.0.2.20:8080".to_owned(), Rng::new(scenario.seed).bytes());
    if scenario.deflate {
        upgrade = upgrade.compressed();
    }
    let host = |side, (plan, ways): &(Vec<plan::Act>, plan::Ways), isn| Host {
        endpoint: Endpoint::new(
            side,
            plan.clone(),
            ways.clone(),
            upgrade.clone(),
            scenario.deflate,
            scenario.seed ^ u64::from(isn),
        ),
        next: SeqNo(isn),
        heard: None,
        acked: None,
        gone: false,
        passed: 0,
        arrived: 0,
    };
    let mut network = Network {
        now: START_NS,
        client: host(Client, &scenario.client, 0xffff_f000),
        server: host(Server, &scenario.server, 77),
        events: BTreeMap::new(),
        count: 0,
        path: scenario.path.clone(),
        jitter: Rng::new(scenario.seed ^ 7),
        coalesce: scenario.coalesce,
        ack_delay: scenario.ack_delay,
        taps: Default::default(),
    };
    network.emit(Client, TcpFlags::SYN, Vec::new(), Vec::new());
    while let Some(((at, _), event)) = network.events.pop_first() {
        network.now = at;
        network.handle(event);
    }
    network.ending()
}

impl Network {
    fn host(&mut self, side: Side) -> &mut Host {
        match side {
            Client => &mut self.client,
            Server => &mut self.server,
        }
    }

    fn schedule(&mut self, after: i64, event: Event) {
        self.count += 1;
        self.events.insert((self.now + after, self.count), event);
    }

    fn handle(&mut self, event: Event) {
        let mut out = Vec::new();
        let now = self.now;
        let side = match event {
            Event::Arrives(side, packet, items) => {
                self.taps[tap_of(side)].push((now, packet.clone()));
                let host = self.host(side);
                if host.gone {
                    return;
                }
                let is_new = host.heard != Some(packet.next_seq());
                host.heard = Some(packet.next_seq());
                if packet.flags.has(TcpFlags::SYN) {
                    if side == Server {
                        self.emit(Server, TcpFlags::SYN, Vec::new(), Vec::new());
                        return;
                    }
                    self.emit(Client, TcpFlags::default(), Vec::new(), Vec::new());
                    self.client.endpoint.connected(&mut out);
                } else {
                    for item in items {
                        if matches!(item, Item::Reset) {
                            self.host(side).gone = true;
                        }
                        self.host(side).endpoint.take(now, item, &mut out);
                    }
                    if is_new && !self.host(side).gone {
                        self.schedule(self.ack_delay * MS, Event::Acks(side));
                    }
                }
                side
            }
            Event::Wakes(side, wake) => {
                self.host(side).endpoint.wake(now, wake, &mut out);
                side
            }
            Event::Acks(side) => {
                let host = self.host(side);
                if host.acked != host.heard && !host.gone {
                    self.emit(side, TcpFlags::default(), Vec::new(), Vec::new());
                }
                return;
            }
        };
        self.perform(side, out);
    }

    fn perform(&mut self, side: Side, effects: Vec<Effect>) {
        let (mut bytes, mut items) = (Vec::new(), Vec::new());
        for effect in effects {
            match effect {
                Effect::Wake(after, wake) => self.schedule(after, Event::Wakes(side, wake)),
                Effect::Send(more, item) => {
                    bytes.extend(more);
                    items.push((bytes.len(), item));
                    if !self.coalesce {
                        self.send(side, &mut bytes, &mut items);
                    }
                }
                Effect::Fin => {
                    self.send(side, &mut bytes, &mut items);
                    self.emit(side, TcpFlags::FIN, Vec::new(), vec![Item::Fin]);
                }
                Effect::Reset => {
                    self.send(side, &mut bytes, &mut items);
                    self.emit(side, TcpFlags::RST, Vec::new(), vec![Item::Reset]);
                    self.host(side).gone = true;
                }
            }
        }
        self.send(side, &mut bytes, &mut items);
    }

    /// Bytes in as few segments as they need; each item goes with its last byte.
    fn send(&mut self, side: Side, bytes: &mut Vec<u8>, items: &mut Vec<(usize, Item)>) {
        let mut start = 0;
        for payload in bytes.chunks(MAX_SEGMENT) {
            let end = start + payload.len();
            let here = items.iter().filter(|(at, _)| (start + 1..=end).contains(at));
            let here = here.map(|(_, item)| item.clone()).collect();
            self.emit(side, TcpFlags::PSH, payload.to_vec(), here);
            start = end;
        }
        bytes.clear();
        items.clear();
    }

    fn emit(&mut self, side: Side, flags: TcpFlags, payload: Vec<u8>, items: Vec<Item>) {
        let addresses = ["192.0.2.10:50001", "192.0.2.20:8080"].map(|end| end.parse().expect("an address"));
        let [from, to] = if side == Client { addresses } else { [addresses[1], addresses[0]] };
        let jitters = [0, 1].map(|_| self.jitter.below(self.path.jitter as usize + 1) as i64 * 1000);
        let [first, second] = match side {
            Client => self.path.hops,
            Server => [self.path.hops[1], self.path.hops[0]],
        };
        let now = self.now;
        let host = self.host(side);
        let flags = if host.heard.is_some() { flags.with(TcpFlags::ACK) } else { flags };
        let packet = TestPacket {
            at_ns: now,
            from,
            to,
            seq: host.next,
            ack: host.heard,
            flags,
            header: header_of(from, WINDOW),
            payload,
        };
        host.next = packet.next_seq();
        host.acked = host.heard;
        host.passed = (now + first * 1000 + jitters[0]).max(host.passed + 1000);
        host.arrived = (host.passed + second * 1000 + jitters[1]).max(host.arrived + 1000);
        let (passed, arrived) = (host.passed, host.arrived);
        self.taps[tap_of(side)].push((now, packet.clone()));
        self.taps[1].push((passed, packet.clone()));
        self.schedule(arrived - now, Event::Arrives(side.peer(), packet, items));
    }

    fn ending(mut self) -> Played {
        self.taps[1].sort_by_key(|(at, _)| *at);
        let taps = [Tap::AtClient, Tap::InTheMiddle, Tap::AtServer];
        let mut recorded = taps.into_iter().zip(self.taps);
        let recordings = std::array::from_fn(|_| {
            let (tap, packets) = recorded.next().expect("three taps");
            let at = |(at_ns, packet): (i64, TestPacket)| TestPacket { at_ns, ..packet };
            (tap, packets.into_iter().map(at).collect())
        });
        let of = |host: Host| Ending { reports: host.endpoint.reports(), truth: host.endpoint.truth };
        Played { recordings, client: of(self.client), server: of(self.server) }
    }
}

const fn tap_of(side: Side) -> usize {
    match side {
        Client => 0,
        Server => 2,
    }
}
