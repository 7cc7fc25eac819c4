//! A scripted WebSocket exchange, as a capture taken between the two hosts shows it.
//!
//! The script says who sends what, in the order in which it passes the point of capture. Sequence numbers count
//! what was sent, acknowledgement numbers what the sender had received by then. What passes is received at once,
//! unless [`Talk::hold`] keeps it in flight: that is how two Close frames cross.
//!
//! ```text
//! let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
//! talk.open().send(Client, Frame::text("hi")).send(Server, Frame::close(1000, "")).…
//! let packets = talk.packets();
//! ```

use std::net::SocketAddr;

use wslog::model::{HeaderSigns, PacketNo, Segment, SeqNo, TcpFlags, Timestamp};

use super::frame::Frame;
use super::rng::Rng;
use super::upgrade::Upgrade;

pub use Side::{Client, Server};

/// When conversations begin unless told otherwise: 2026-01-01T00:00:00Z in nanoseconds since 1970.
pub const START_NS: i64 = 1_767_225_600_000_000_000;

/// Time between two packets in nanoseconds; whole microseconds, so that every file format keeps it.
const STEP_NS: i64 = 250_000;

/// Longest payload of a segment in bytes; what Ethernet leaves under IPv6 and TCP without options.
const MAX_SEGMENT: usize = 1440;

/// The window of a host that takes bytes.
pub const WINDOW: u16 = 0xffff;

/// Headers of a host: IPv4 with nothing to identify, since nothing may be fragmented.
pub fn header_of(from: SocketAddr, window: u16) -> HeaderSigns {
    HeaderSigns { ttl: 64, ip_id: from.is_ipv4().then_some(0), window }
}

/// An end of the conversation. The client opens TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The end that asks for the upgrade.
    Client,
    /// The end that grants it.
    Server,
}

impl Side {
    /// The other end.
    pub fn peer(self) -> Self {
        match self {
            Client => Server,
            Server => Client,
        }
    }
}

/// A TCP segment and when it was captured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestPacket {
    /// Nanoseconds since 1970.
    pub at_ns: i64,
    /// Sender.
    pub from: SocketAddr,
    /// Receiver, of the same address family.
    pub to: SocketAddr,
    /// Number of the first payload byte, or of the SYN.
    pub seq: SeqNo,
    /// What the sender had received; present where `flags` has ACK.
    pub ack: Option<SeqNo>,
    /// Control bits.
    pub flags: TcpFlags,
    /// What of the headers tells senders apart, and the window.
    pub header: HeaderSigns,
    /// Payload.
    pub payload: Vec<u8>,
}

impl TestPacket {
    /// The sequence number that follows this segment; SYN and FIN take one each (RFC 9293 3.4).
    pub fn next_seq(&self) -> SeqNo {
        let control = [TcpFlags::SYN, TcpFlags::FIN].into_iter().filter(|&bit| self.flags.has(bit)).count();
        self.seq.plus((self.payload.len() + control) as u32)
    }

    /// Whether this segment comes from the receiver of `other` and says that all of `other` had arrived.
    pub fn acknowledges(&self, other: &Self) -> bool {
        (self.from, self.to) == (other.to, other.from)
            && self.ack.is_some_and(|ack| ack.distance_from(other.next_seq()) >= 0)
    }

    /// The same as a layer of wslog sees it, as packet number `no`.
    pub fn segment(&self, no: u64) -> Segment<'_> {
        Segment {
            no: PacketNo(no),
            at: Some(Timestamp(self.at_ns)),
            src: self.from,
            dst: self.to,
            seq: self.seq,
            ack: self.ack,
            flags: self.flags,
            header: self.header,
            payload: &self.payload,
            cut_off: 0,
        }
    }
}

/// What one end has sent and received.
#[derive(Clone, Debug)]
struct End {
    addr: SocketAddr,
    next: SeqNo,
    /// `None` until the peer's SYN has arrived.
    heard: Option<SeqNo>,
    /// What the peer sends stays in flight.
    held: bool,
    /// How much it takes, as its segments say.
    window: u16,
}

/// The script so far. Its methods append to it and return it, so that calls can be chained.
#[derive(Clone, Debug)]
pub struct Talk {
    now_ns: i64,
    client: End,
    server: End,
    keys: Rng,
    packets: Vec<TestPacket>,
    /// Packets that are captured behind so many that were sent later.
    late: Vec<(usize, usize)>,
}

impl Talk {
    /// A conversation between two addresses like `192.0.2.10:50001` or `[2001:db8::1]:50001`, with nothing sent.
    pub fn new(client: &str, server: &str) -> Self {
        let end = |addr: &str, isn| End {
            addr: addr.parse().expect("an IP address and a port"),
            next: SeqNo(isn),
            heard: None,
            held: false,
            window: WINDOW,
        };
        Self {
            now_ns: START_NS,
            client: end(client, 1_000_000),
            server: end(server, 3_000_000_000),
            keys: Rng::new(6455),
            packets: Vec::new(),
            late: Vec::new(),
        }
    }

    /// Begins `seconds` after [`START_NS`].
    pub fn starting_after(mut self, seconds: i64) -> Self {
        self.now_ns = START_NS + seconds * 1_000_000_000;
        self
    }

    /// With these initial sequence numbers. Masking keys and the handshake's key follow from them, so two
    /// conversations with other numbers have other keys.
    pub fn with_isns(mut self, client: u32, server: u32) -> Self {
        self.client.next = SeqNo(client);
        self.server.next = SeqNo(server);
        self.keys = Rng::new(u64::from(client) << 32 | u64::from(server));
        self
    }

    /// The three segments that open TCP.
    pub fn connect(&mut self) -> &mut Self {
        self.emit(Client, TcpFlags::SYN, &[]).emit(Server, TcpFlags::SYN, &[]).ack(Client)
    }

    /// A plain upgrade with this conversation's host and a key of its own, to be changed and then sent.
    pub fn upgrade(&mut self) -> Upgrade {
        Upgrade::new(self.server.addr.to_string(), self.keys.bytes())
    }

    /// TCP and a plain upgrade.
    pub fn open(&mut self) -> &mut Self {
        let upgrade = self.upgrade();
        self.open_with(&upgrade)
    }

    /// TCP and this upgrade.
    pub fn open_with(&mut self, upgrade: &Upgrade) -> &mut Self {
        self.connect().bytes(Client, &upgrade.request()).bytes(Server, &upgrade.response())
    }

    /// A frame, in a segment of its own if it fits one.
    pub fn send(&mut self, from: Side, frame: Frame) -> &mut Self {
        let bytes = self.encode(from, &frame);
        self.bytes(from, &bytes)
    }

    /// The bytes of a frame as `from` would send it; for segments that hold more than one thing.
    pub fn encode(&mut self, from: Side, frame: &Frame) -> Vec<u8> {
        let key = self.keys.bytes();
        frame.encode((from == Client).then_some(key))
    }

    /// Any bytes, in as few segments as they need.
    pub fn bytes(&mut self, from: Side, bytes: &[u8]) -> &mut Self {
        let segments = bytes.chunks(MAX_SEGMENT);
        let last = segments.len().saturating_sub(1);
        for (i, payload) in segments.enumerate() {
            let push = if i == last { TcpFlags::PSH } else { TcpFlags::default() };
            self.emit(from, push, payload);
        }
        self
    }

    /// A segment without payload.
    pub fn ack(&mut self, from: Side) -> &mut Self {
        self.emit(from, TcpFlags::default(), &[])
    }

    /// No more from this end.
    pub fn fin(&mut self, from: Side) -> &mut Self {
        self.emit(from, TcpFlags::FIN, &[])
    }

    /// An orderly end of TCP: `first` sends FIN, the peer answers with its own, `first` acknowledges.
    pub fn end_tcp(&mut self, first: Side) -> &mut Self {
        self.fin(first).fin(first.peer()).ack(first)
    }

    /// This end throws the connection away.
    pub fn reset(&mut self, from: Side) -> &mut Self {
        self.emit(from, TcpFlags::RST, &[])
    }

    /// This end sends its last segment with payload again.
    pub fn again(&mut self, from: Side) -> &mut Self {
        let (addr, heard) = (self.end(from).addr, self.end(from).heard);
        let sent = |packet: &&TestPacket| packet.from == addr && !packet.payload.is_empty();
        let last = self.packets.iter().rev().find(sent).expect("something sent").clone();
        let header = header_of(addr, self.end(from).window);
        self.repeat(TestPacket { ack: heard, header, ..last })
    }

    /// A keep-alive probe: an empty byte before the next one.
    pub fn probe(&mut self, from: Side) -> &mut Self {
        let (next, heard) = (self.end(from).next, self.end(from).heard);
        let (addr, to) = (self.end(from).addr, self.end(from.peer()).addr);
        let flags = TcpFlags::ACK;
        let seq = next.plus(u32::MAX);
        let header = header_of(addr, self.end(from).window);
        self.repeat(TestPacket { at_ns: 0, from: addr, to, seq, ack: heard, flags, header, payload: vec![0] })
    }

    /// This end's host knows nothing of the connection any more: an RST without acknowledgement number.
    pub fn reset_bare(&mut self, from: Side) -> &mut Self {
        self.emit(from, TcpFlags::RST, &[]);
        if let Some(packet) = self.packets.last_mut() {
            packet.flags = TcpFlags::RST;
            packet.ack = None;
        }
        self
    }

    /// The client asks for a connection, which the server's host refuses.
    pub fn refuse(&mut self) -> &mut Self {
        self.syn().emit(Server, TcpFlags::RST, &[]);
        if let Some(packet) = self.packets.last_mut() {
            packet.seq = SeqNo(0);
        }
        self.client.next = self.client.next.plus(u32::MAX);
        self
    }

    /// The client asks for a connection.
    pub fn syn(&mut self) -> &mut Self {
        self.emit(Client, TcpFlags::SYN, &[])
    }

    /// The server accepts.
    pub fn accept(&mut self) -> &mut Self {
        self.emit(Server, TcpFlags::SYN, &[])
    }

    /// The client asks again: nothing has answered.
    pub fn syn_again(&mut self) -> &mut Self {
        self.client.next = self.client.next.plus(u32::MAX);
        self.syn()
    }

    /// Something between resets TCP in this end's name; its RST came fewer hops, and is numbered by another host.
    pub fn reset_foreign(&mut self, from: Side) -> &mut Self {
        self.emit(from, TcpFlags::RST, &[]);
        if let Some(packet) = self.packets.last_mut() {
            packet.header = HeaderSigns { ttl: 57, ip_id: packet.header.ip_id.map(|_| 0x1234), window: 0 };
        }
        self
    }

    /// This end says how much it takes from now on.
    pub fn window(&mut self, from: Side, window: u16) -> &mut Self {
        self.end(from).window = window;
        self.ack(from)
    }

    fn repeat(&mut self, packet: TestPacket) -> &mut Self {
        self.packets.push(TestPacket { at_ns: self.now_ns, ..packet });
        self.now_ns += STEP_NS;
        self
    }

    /// Nothing happens for so many milliseconds.
    pub fn pause(&mut self, milliseconds: i64) -> &mut Self {
        self.now_ns += milliseconds * 1_000_000;
        self
    }

    /// When the next thing happens, in nanoseconds since 1970.
    pub fn now_ns(&self) -> i64 {
        self.now_ns
    }

    /// Nothing happens before that time.
    pub fn not_before(&mut self, at_ns: i64) -> &mut Self {
        self.now_ns = self.now_ns.max(at_ns);
        self
    }

    /// From here on what `side`'s peer sends is captured but does not arrive: `side` goes on acknowledging what
    /// it has received so far.
    pub fn hold(&mut self, side: Side) -> &mut Self {
        self.end(side).held = true;
        self
    }

    /// All that was in flight to `side` arrives.
    pub fn release(&mut self, side: Side) -> &mut Self {
        let arrived = self.end(side.peer()).next;
        let end = self.end(side);
        end.held = false;
        end.heard = Some(arrived);
        self
    }

    /// What `act` sends is sent, but not captured.
    pub fn uncaptured(&mut self, act: impl FnOnce(&mut Self)) -> &mut Self {
        let captured = self.packets.len();
        act(self);
        self.packets.truncate(captured);
        self
    }

    /// The latest packet is captured behind the next `packets`.
    pub fn late(&mut self, packets: usize) -> &mut Self {
        self.late.push((self.packets.len() - 1, packets));
        self
    }

    /// What the capture shows, in its order.
    pub fn packets(&self) -> Vec<TestPacket> {
        let mut packets = self.packets.clone();
        for &(from, behind) in &self.late {
            let moved = &mut packets[from..=from + behind];
            let times: Vec<i64> = moved.iter().map(|packet| packet.at_ns).collect();
            moved.rotate_left(1);
            moved.iter_mut().zip(times).for_each(|(packet, at_ns)| packet.at_ns = at_ns);
        }
        packets
    }

    fn end(&mut self, side: Side) -> &mut End {
        match side {
            Client => &mut self.client,
            Server => &mut self.server,
        }
    }

    fn emit(&mut self, from: Side, flags: TcpFlags, payload: &[u8]) -> &mut Self {
        let (at_ns, to) = (self.now_ns, self.end(from.peer()).addr);
        self.now_ns += STEP_NS;

        let sender = self.end(from);
        let packet = TestPacket {
            at_ns,
            from: sender.addr,
            to,
            seq: sender.next,
            ack: sender.heard,
            flags: if sender.heard.is_some() { flags.with(TcpFlags::ACK) } else { flags },
            header: header_of(sender.addr, sender.window),
            payload: payload.to_vec(),
        };
        sender.next = packet.next_seq();

        let receiver = self.end(from.peer());
        if !receiver.held {
            receiver.heard = Some(packet.next_seq());
        }
        self.packets.push(packet);
        self
    }
}

/// Several conversations in one capture, in the order of their times.
pub fn merge(conversations: impl IntoIterator<Item = Vec<TestPacket>>) -> Vec<TestPacket> {
    let mut packets: Vec<_> = conversations.into_iter().flatten().collect();
    packets.sort_by_key(|packet| packet.at_ns);
    packets
}
