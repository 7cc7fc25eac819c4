//! A conversation as two points on its way record it: near the client and near the server.
//!
//! Between them packets take their time, are lost, delivered twice, and rewritten; and the clocks differ.

use std::net::SocketAddr;

use super::conversation::TestPacket;
use super::rng::Rng;

/// What lies between both points.
#[derive(Clone, Debug)]
pub struct Between {
    /// From client to server, and back.
    pub delay_ns: [i64; 2],
    /// So much more at most, by chance.
    pub jitter_ns: i64,
    /// Routers.
    pub hops: u8,
    /// How far the clock near the server is ahead when the conversation begins.
    pub ahead_ns: i64,
    /// How much more it is ahead with time, in parts of a million.
    pub drift_ppm: i64,
    /// Addresses of client and server near the server.
    pub ends: [Option<&'static str>; 2],
    /// Added to the sequence numbers of client and server.
    pub numbers: [u32; 2],
    /// Packets that do not arrive, by their place among those of the script.
    pub lost: Vec<usize>,
    /// Packets that arrive twice.
    pub twice: Vec<usize>,
}

impl Default for Between {
    fn default() -> Self {
        Self {
            delay_ns: [9_000_000, 10_000_000],
            jitter_ns: 400_000,
            hops: 7,
            ahead_ns: 0,
            drift_ppm: 0,
            ends: [None, None],
            numbers: [0, 0],
            lost: Vec::new(),
            twice: Vec::new(),
        }
    }
}

impl Between {
    /// What is recorded near the client and near the server of packets that the client's host saw at those times, were there no way
    /// between them. The client is whoever sent the first one.
    pub fn both(&self, packets: &[TestPacket]) -> [Vec<TestPacket>; 2] {
        let Some(client) = packets.first().map(|first| first.from) else { return [Vec::new(), Vec::new()] };
        let begin = packets[0].at_ns;
        let mut noise = Rng::new(19);
        let (mut near_client, mut near_server) = (Vec::new(), Vec::new());
        let (mut waited, mut before, mut ids) = (0, client, [1_000_u16, 40_000]);
        for (n, packet) in packets.iter().enumerate() {
            let side = usize::from(packet.from != client);
            if before != packet.from {
                // Whoever answers has got what it answers.
                waited += self.delay_ns[usize::from(before != client)] + self.jitter_ns;
                before = packet.from;
            }
            let mut sent = packet.clone();
            sent.at_ns += waited;
            ids[side] = ids[side].wrapping_add(1);
            sent.header.ip_id = sent.header.ip_id.map(|_| ids[side]);
            let times = usize::from(!self.lost.contains(&n)) + usize::from(self.twice.contains(&n));
            let delay =
                |noise: &mut Rng| self.delay_ns[side] + noise.below(self.jitter_ns.max(1) as usize) as i64;
            let arrived: Vec<TestPacket> = (0..times)
                .map(|_| {
                    let mut arrived = sent.clone();
                    arrived.at_ns += delay(&mut noise);
                    arrived.header.ttl = arrived.header.ttl.saturating_sub(self.hops);
                    arrived
                })
                .collect();
            let (own, other) = if side == 0 {
                (&mut near_client, &mut near_server)
            } else {
                (&mut near_server, &mut near_client)
            };
            own.push(sent);
            other.extend(arrived);
        }
        near_client.sort_by_key(|packet| packet.at_ns);
        near_server.sort_by_key(|packet| packet.at_ns);
        let near_server = near_server.iter().map(|packet| self.at_server(packet, client, begin));
        (near_client, near_server.collect()).into()
    }

    /// Rewritten, and with the time of the clock there.
    fn at_server(&self, packet: &TestPacket, client: SocketAddr, begin: i64) -> TestPacket {
        let is_client = packet.from == client;
        let named = |side: usize, end: SocketAddr| {
            self.ends[side].map_or(end, |name| name.parse().expect("an address and a port"))
        };
        let (of, to) = if is_client { (0, 1) } else { (1, 0) };
        TestPacket {
            at_ns: self.at(packet.at_ns, begin),
            from: named(of, packet.from),
            to: named(to, packet.to),
            seq: packet.seq.plus(self.numbers[of]),
            ack: packet.ack.map(|ack| ack.plus(self.numbers[to])),
            ..packet.clone()
        }
    }

    /// What the clock near the server shows.
    pub fn at(&self, at_ns: i64, begin: i64) -> i64 {
        at_ns + self.ahead_ns + (at_ns - begin) / 1_000 * self.drift_ppm / 1_000
    }
}
