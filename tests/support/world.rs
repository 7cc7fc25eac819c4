//! Two programs, their hosts and the network between them, down to TCP: what is lost is sent again, what is not read shuts the
//! window, who is gone answers with RST, and a box in the middle can forget the connection or end it in anybody's name.
//!
//! `simulation.rs` has endpoints whose faults are known, on a network that loses nothing; here it is known why a
//! connection ended, whatever TCP and the network made of it. Neither shares code with what it is to prove.

pub mod host;
pub mod program;
pub mod story;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use wslog::model::{HeaderSigns, PacketNo, Segment, SeqNo, TcpFlags, Timestamp};

use super::conversation::{Client, START_NS, Server, Side};
use super::rng::Rng;
use host::{Host, Socket};
use program::{Item, Program, Wake};

/// One millisecond, in the microseconds that the world counts.
pub const MS: i64 = 1_000;

/// A segment under way. Its numbers are offsets in the streams: the SYN has -1, the first byte 0.
#[derive(Clone, Debug)]
pub struct Packet {
    pub from: Side,
    pub seq: i64,
    pub ack: Option<i64>,
    pub flags: TcpFlags,
    pub window: u16,
    pub ip_id: u16,
    /// As it left its sender.
    pub ttl: u8,
    /// Hops to the point of capture.
    pub hops: u8,
    pub payload: Vec<u8>,
}

impl Packet {
    pub fn has(&self, flag: TcpFlags) -> bool {
        self.flags.has(flag)
    }

    pub fn next(&self) -> i64 {
        let control = [TcpFlags::SYN, TcpFlags::FIN].into_iter().filter(|&bit| self.has(bit)).count();
        self.seq + self.payload.len() as i64 + control as i64
    }
}

/// What stands in the middle, and what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Middle {
    Passes,
    /// It lets nothing through.
    Swallows,
    /// It knows nothing of the connection, and says so with a bare RST in the receiver's name.
    Forgot,
    /// It has ended the connection on both sides, and acknowledges what still comes.
    Ended,
}

/// The network of a story.
#[derive(Clone, Debug)]
pub struct Net {
    /// Microseconds from the client to the middle, and from there to the server.
    pub delay: [i64; 2],
    pub hops: [u8; 2],
    /// Lost packets of each hop, in a thousand.
    pub loss: usize,
    /// At most so much more for a packet; they overtake one another.
    pub jitter: i64,
    /// TTL with which the box sends.
    pub box_ttl: u8,
    /// After so long without payload it ends the connection, in that way.
    pub idle: Option<(i64, Idle)>,
}

/// How a box ends what is idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Idle {
    Fin,
    Rst,
    Forgets,
    Swallows,
}

enum Event {
    Arrives(Side, Packet),
    /// Reaches the middle, on the way to that side.
    Passes(Side, Packet),
    Wakes(Side, Wake),
    Timer(Side, u64),
    Acks(Side),
    Box(Middle),
    BoxResets,
    Idle,
    Script(usize),
}

/// Everything there is.
pub struct World {
    pub now: i64,
    pub client: Host,
    pub server: Host,
    pub programs: [Program; 2],
    pub net: Net,
    pub middle: Middle,
    /// What the box did of its own accord, and when.
    pub box_did: Option<i64>,
    rng: Rng,
    events: BTreeMap<(i64, u64), Event>,
    count: u64,
    /// At the client, in the middle, at the server.
    taps: [Vec<(i64, Packet)>; 3],
    script: Vec<story::Act>,
    /// Next numbers of both directions as the box has seen them; when it saw payload last.
    passed: [i64; 2],
    payload_at: i64,
}

const fn at(side: Side) -> usize {
    match side {
        Client => 0,
        Server => 1,
    }
}

impl World {
    pub fn new(programs: [Program; 2], net: Net, script: Vec<story::Act>, seed: u64) -> Self {
        Self {
            now: 0,
            client: Host::new(Client),
            server: Host::new(Server),
            programs,
            net,
            middle: Middle::Passes,
            box_did: None,
            rng: Rng::new(seed),
            events: BTreeMap::new(),
            count: 0,
            taps: Default::default(),
            script,
            passed: [-1; 2],
            payload_at: 0,
        }
    }

    /// Until nothing happens any more, or that time.
    pub fn run(&mut self, until: i64) {
        for n in 0..self.script.len() {
            self.schedule(self.script[n].at, Event::Script(n));
        }
        let syn = self.client.segment(TcpFlags::SYN, -1, Vec::new());
        self.send(syn);
        while let Some(((at, _), event)) = self.events.pop_first() {
            if at > until {
                break;
            }
            self.now = at;
            self.handle(event);
        }
    }

    pub fn host(&mut self, side: Side) -> &mut Host {
        match side {
            Client => &mut self.client,
            Server => &mut self.server,
        }
    }

    pub fn program(&mut self, side: Side) -> &mut Program {
        &mut self.programs[at(side)]
    }

    fn schedule(&mut self, after: i64, event: Event) {
        self.count += 1;
        self.events.insert((self.now + after, self.count), event);
    }

    pub fn wakes(&mut self, side: Side, after: i64, wake: Wake) {
        self.schedule(after, Event::Wakes(side, wake));
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Arrives(side, packet) => {
                let tap = 2 * at(side);
                self.taps[tap].push((self.now, packet.clone()));
                self.arrives(side, packet);
            }
            Event::Passes(to, packet) => self.passes(to, packet),
            Event::Wakes(side, wake) => self.wake(side, wake),
            Event::Timer(side, number) => self.timer(side, number),
            Event::Acks(side) => {
                let host = self.host(side);
                if host.owes_ack && host.socket != Socket::Gone && host.socket != Socket::Dead {
                    self.acknowledge(side);
                }
            }
            Event::Box(what) => {
                self.middle = what;
                self.box_did = Some(self.now);
            }
            Event::BoxResets => self.box_ends(TcpFlags::RST),
            Event::Idle => self.idle(),
            Event::Script(n) => {
                let act = self.script[n].clone();
                self.act(&act);
            }
        }
    }

    pub fn box_turns(&mut self, what: Middle) {
        self.schedule(0, Event::Box(what));
    }

    pub fn box_resets(&mut self) {
        self.schedule(0, Event::BoxResets);
    }

    /// From its host on its way.
    pub fn send(&mut self, packet: Packet) {
        let side = packet.from;
        self.taps[2 * at(side)].push((self.now, packet.clone()));
        let (delay, hops) = (self.net.delay[at(side)], self.net.hops[at(side)]);
        let after = self.under_way(delay);
        if let Some(after) = after {
            self.schedule(after, Event::Passes(side.peer(), Packet { hops, ..packet }));
        }
    }

    fn under_way(&mut self, delay: i64) -> Option<i64> {
        let lost = self.rng.below(1000) < self.net.loss;
        let jitter = if self.net.jitter > 0 { self.rng.below(self.net.jitter as usize) as i64 } else { 0 };
        (!lost).then_some(delay + jitter)
    }

    /// Through the middle: captured there, then through the box.
    fn passes(&mut self, to: Side, packet: Packet) {
        let from_client = packet.from == Client;
        // The box stands behind the point of capture, on the server's side.
        if from_client {
            self.taps[1].push((self.now, packet.clone()));
        }
        let direction = at(packet.from);
        match self.middle {
            Middle::Passes => {}
            Middle::Swallows => return,
            Middle::Forgot => {
                if !packet.has(TcpFlags::RST) {
                    let seq = packet.ack.unwrap_or_default();
                    self.box_sends(packet.from, TcpFlags::RST, seq, None);
                }
                return;
            }
            Middle::Ended => {
                if packet.has(TcpFlags::FIN) {
                    let seq = self.passed[1 - direction] + 1;
                    self.box_sends(packet.from, TcpFlags::default(), seq, Some(packet.next()));
                }
                return;
            }
        }
        self.passed[direction] = self.passed[direction].max(packet.next());
        if !packet.payload.is_empty() || packet.has(TcpFlags::SYN) {
            self.payload_at = self.now;
            if let Some((idle, _)) = self.net.idle {
                self.schedule(idle, Event::Idle);
            }
        }
        if !from_client {
            self.taps[1].push((self.now, packet.clone()));
        }
        let (delay, hops) = (self.net.delay[at(to)], self.net.hops[at(to)]);
        if let Some(after) = self.under_way(delay) {
            self.schedule(after, Event::Arrives(to, Packet { hops: packet.hops + hops, ..packet }));
        }
    }

    fn idle(&mut self) {
        let Some((idle, how)) = self.net.idle else { return };
        let over =
            [&self.client, &self.server].into_iter().any(|host| host.fin_sent || host.socket == Socket::Gone);
        if self.now - self.payload_at < idle || self.middle != Middle::Passes || over {
            return;
        }
        match how {
            Idle::Fin => self.box_ends(TcpFlags::FIN),
            Idle::Rst => self.box_ends(TcpFlags::RST),
            Idle::Forgets => {
                self.middle = Middle::Forgot;
                self.box_did = Some(self.now);
            }
            Idle::Swallows => {
                self.middle = Middle::Swallows;
                self.box_did = Some(self.now);
            }
        }
    }

    fn box_ends(&mut self, how: TcpFlags) {
        if self.middle != Middle::Passes {
            return;
        }
        for to in [Client, Server] {
            let (seq, ack) = (self.passed[at(to.peer())], self.passed[at(to)]);
            self.box_sends(to, how, seq, Some(ack));
        }
        self.middle = Middle::Ended;
        self.box_did = Some(self.now);
    }

    /// In the name of the peer of `to`.
    fn box_sends(&mut self, to: Side, flags: TcpFlags, seq: i64, ack: Option<i64>) {
        let flags = if ack.is_some() { flags.with(TcpFlags::ACK) } else { flags };
        let window = if flags.has(TcpFlags::RST) { 0 } else { 500 };
        let packet = Packet {
            from: to.peer(),
            seq,
            ack,
            flags,
            window,
            ip_id: 0,
            ttl: self.net.box_ttl,
            hops: 1,
            payload: Vec::new(),
        };
        if to == Client {
            self.taps[1].push((self.now, packet.clone()));
        }
        let (delay, hops) = (self.net.delay[at(to)], self.net.hops[at(to)]);
        self.schedule(delay, Event::Arrives(to, Packet { hops: hops + 1, ..packet }));
    }

    pub fn later(&mut self, side: Side, after: i64) {
        let host = self.host(side);
        host.timer += 1;
        let number = host.timer;
        self.schedule(after, Event::Timer(side, number));
    }

    pub fn acks_later(&mut self, side: Side, after: i64) {
        self.schedule(after, Event::Acks(side));
    }

    /// What each point of capture has, those left out that it lost; up to that time.
    pub fn recordings(&mut self, lost: usize, until: i64) -> [Vec<(i64, Packet)>; 3] {
        let mut taps = std::mem::take(&mut self.taps);
        for tap in &mut taps {
            tap.retain(|(at, packet)| {
                *at <= until && (packet.has(TcpFlags::SYN) || self.rng.below(1000) >= lost)
            });
        }
        taps
    }

    pub fn random(&mut self) -> &mut Rng {
        &mut self.rng
    }

    /// The stream of a side goes on with these bytes, and its reader will make that of them.
    pub fn write(&mut self, side: Side, bytes: &[u8], item: Item) {
        let host = self.host(side);
        if !host.writes(bytes) {
            return;
        }
        let end = host.out.len() as i64;
        self.program(side.peer()).incoming.push_back((end, item));
        self.pump(side);
    }
}

/// What wslog sees of a packet.
pub fn segment(no: u64, time: i64, packet: &Packet) -> Segment<'_> {
    const ISN: [u32; 2] = [0xffff_fff0, 77];
    let ends: [SocketAddr; 2] =
        ["192.0.2.10:50001", "192.0.2.20:8080"].map(|end| end.parse().expect("an address"));
    let from = at(packet.from);
    let number = |side: usize, offset: i64| SeqNo(ISN[side].wrapping_add(1).wrapping_add(offset as u32));
    Segment {
        no: PacketNo(no),
        at: Some(Timestamp(START_NS + time * 1000)),
        src: ends[from],
        dst: ends[1 - from],
        seq: number(from, packet.seq),
        ack: packet.ack.map(|ack| number(1 - from, ack)),
        flags: packet.flags,
        header: HeaderSigns {
            ttl: packet.ttl - packet.hops,
            ip_id: Some(packet.ip_id),
            window: packet.window,
        },
        payload: &packet.payload,
        cut_off: 0,
    }
}
