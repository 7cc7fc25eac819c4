//! Changes to a capture. Those before `drop_acknowledged` must change no conclusion; the others take something away.
//!
//! All of them keep acknowledgement numbers truthful: a byte is never sent with a number higher than the one its
//! sender had really reached, and no acknowledgement comes before the bytes it covers.

use std::mem;
use std::net::{IpAddr, SocketAddr};

use wslog::model::TcpFlags;

use super::conversation::TestPacket;
use super::rng::Rng;

/// Cuts every payload into segments of at most `n` bytes. The pieces keep time and acknowledgement number; PSH
/// and FIN go with the last one.
pub fn rechop(packets: &[TestPacket], n: usize) -> Vec<TestPacket> {
    let mut chopped = Vec::new();
    for packet in packets {
        let pieces = packet.payload.len().div_ceil(n).max(1);
        let only_last = TcpFlags::PSH.with(TcpFlags::FIN).0;
        for i in 0..pieces {
            let end = packet.payload.len().min((i + 1) * n);
            let flags = if i + 1 == pieces { packet.flags.0 } else { packet.flags.0 & !only_last };
            chopped.push(TestPacket {
                seq: packet.seq.plus((i * n) as u32),
                flags: TcpFlags(flags),
                payload: packet.payload[i * n..end].to_vec(),
                ..packet.clone()
            });
        }
    }
    chopped
}

/// Joins neighbouring segments of one sender that carry data and acknowledge the same, up to `n` bytes: the
/// opposite of [`rechop`].
pub fn coalesce(packets: &[TestPacket], n: usize) -> Vec<TestPacket> {
    let mut joined: Vec<TestPacket> = Vec::new();
    for packet in packets {
        match joined.last_mut() {
            Some(last) if continues(last, packet) && last.payload.len() + packet.payload.len() <= n => {
                last.payload.extend(&packet.payload);
                last.flags = last.flags.with(packet.flags);
            }
            _ => joined.push(packet.clone()),
        }
    }
    joined
}

/// Begins each segment that continues the one before it with up to `n` bytes of that one, sent again.
pub fn overlap(packets: &[TestPacket], n: usize) -> Vec<TestPacket> {
    let mut overlapping: Vec<TestPacket> = packets.first().cloned().into_iter().collect();
    for pair in packets.windows(2) {
        let [before, packet] = pair else { continue };
        let again = if continues(before, packet) { before.payload.len().min(n) } else { 0 };
        overlapping.push(TestPacket {
            seq: packet.seq.plus((again as u32).wrapping_neg()),
            payload: [&before.payload[before.payload.len() - again..], &packet.payload].concat(),
            ..packet.clone()
        });
    }
    overlapping
}

/// Whether both carry data of one sender, the second right behind the first, and acknowledge the same.
fn continues(before: &TestPacket, packet: &TestPacket) -> bool {
    (before.from, before.to, before.ack) == (packet.from, packet.to, packet.ack)
        && before.next_seq() == packet.seq
        && !before.flags.has(TcpFlags::FIN)
        && !is_barrier(before)
        && !is_barrier(packet)
        && !before.payload.is_empty()
        && !packet.payload.is_empty()
}

/// Shuffles neighbouring packets; none arrives more than `window - 1` places early.
///
/// Only packets of one sender change places, and never across a SYN or RST: whoever acknowledges has received.
/// None is held up for a second or more: that would be another recording, of somebody late.
/// Times stay where they are, so the capture stays in order of time.
pub fn reorder(packets: &[TestPacket], window: usize, seed: u64) -> Vec<TestPacket> {
    let mut rng = Rng::new(seed);
    let mut shuffled = Vec::new();
    let near = |a: &TestPacket, b: &TestPacket| b.at_ns - a.at_ns < 1_000_000_000;
    let may_swap = |a: &TestPacket, b: &TestPacket| {
        a.from == b.from && a.to == b.to && !is_barrier(a) && !is_barrier(b) && near(a, b)
    };
    for run in packets.chunk_by(may_swap) {
        let mut waiting = run.to_vec();
        for slot in run {
            let next = waiting.remove(rng.below(window.clamp(1, waiting.len())));
            shuffled.push(TestPacket { at_ns: slot.at_ns, ..next });
        }
    }
    shuffled
}

/// Repeats about one packet in `one_in`, up to three places later but never past a SYN or RST, as the network
/// does or a sender without patience.
pub fn duplicate(packets: &[TestPacket], one_in: usize, seed: u64) -> Vec<TestPacket> {
    let mut rng = Rng::new(seed);
    let mut repeated: Vec<TestPacket> = Vec::new();
    let mut pending: Vec<(usize, TestPacket)> = Vec::new();
    for (i, packet) in packets.iter().enumerate() {
        let barrier = is_barrier(packet);
        for (due, copy) in mem::take(&mut pending) {
            if barrier || due <= i {
                repeated.push(TestPacket { at_ns: packet.at_ns, ..copy });
            } else {
                pending.push((due, copy));
            }
        }
        repeated.push(packet.clone());
        if rng.below(one_in) == 0 {
            pending.push((i + 1 + rng.below(3), packet.clone()));
        }
    }
    let end_ns = packets.last().map_or(0, |packet| packet.at_ns);
    repeated.extend(pending.into_iter().map(|(_, copy)| TestPacket { at_ns: end_ns, ..copy }));
    repeated
}

/// The same between addresses of IPv6, or of IPv4: the last four octets stay what they were.
pub fn over_ip(packets: &[TestPacket], v6: bool) -> Vec<TestPacket> {
    let moved = |end: SocketAddr| {
        let last = match end.ip() {
            IpAddr::V4(ip) => u32::from(ip),
            IpAddr::V6(ip) => ip.to_bits() as u32,
        };
        let ip = match v6 {
            false => IpAddr::V4(last.into()),
            true => IpAddr::V6((0x2001_0db8 << 96 | u128::from(last)).into()),
        };
        SocketAddr::new(ip, end.port())
    };
    packets.iter().map(|p| TestPacket { from: moved(p.from), to: moved(p.to), ..p.clone() }).collect()
}

/// Sends packet `k` (from 0) once more, as packet `as_packet`, with what its sender has received by then.
pub fn retransmit(packets: &[TestPacket], k: usize, as_packet: usize) -> Vec<TestPacket> {
    let (before, after) = packets.split_at(as_packet);
    let same_way = |p: &&TestPacket| (p.from, p.to) == (packets[k].from, packets[k].to);
    let ack = before.iter().rfind(same_way).and_then(|latest| latest.ack);
    let at_ns = after.first().or(before.last()).map_or(packets[k].at_ns, |neighbour| neighbour.at_ns);
    let copy = TestPacket { ack, at_ns, ..packets[k].clone() };
    [before, &[copy], after].concat()
}

/// The capture missed packet `k` (from 0), though it arrived: a gap, since its receiver acknowledges it.
///
/// # Panics
/// If nothing later acknowledges it: then this is no gap.
pub fn drop_acknowledged(packets: &[TestPacket], k: usize) -> Vec<TestPacket> {
    assert!(
        packets[k..].iter().any(|later| later.acknowledges(&packets[k])),
        "packet {k} is never acknowledged"
    );
    drop_packet(packets, k)
}

/// Packet `k` (from 0) was lost on its way and not sent again: what its receiver sends later acknowledges nothing
/// from there on.
pub fn drop_unacknowledged(packets: &[TestPacket], k: usize) -> Vec<TestPacket> {
    let lost = &packets[k];
    let mut rest = drop_packet(packets, k);
    for later in rest[k..].iter_mut().filter(|later| (later.from, later.to) == (lost.to, lost.from)) {
        later.ack = later.ack.map(|ack| if ack.distance_from(lost.seq) > 0 { lost.seq } else { ack });
    }
    rest
}

/// The capture without packet `k` (from 0), whatever that means for it.
pub fn drop_packet(packets: &[TestPacket], k: usize) -> Vec<TestPacket> {
    let mut rest = packets.to_vec();
    rest.remove(k);
    rest
}

fn is_barrier(packet: &TestPacket) -> bool {
    packet.flags.has(TcpFlags::SYN) || packet.flags.has(TcpFlags::RST)
}

/// One change to how a connection was recorded.
#[derive(Clone, Debug)]
pub enum Change {
    Rechop(usize),
    Coalesce(usize),
    Overlap(usize),
    Reorder { window: usize, seed: u64 },
    Duplicate { one_in: usize, seed: u64 },
    OverIp { v6: bool },
}

impl Change {
    /// The recording with that change.
    pub fn apply(&self, packets: &[TestPacket]) -> Vec<TestPacket> {
        match *self {
            Self::Rechop(n) => rechop(packets, n),
            Self::Coalesce(n) => coalesce(packets, n),
            Self::Overlap(n) => overlap(packets, n),
            Self::Reorder { window, seed } => reorder(packets, window, seed),
            Self::Duplicate { one_in, seed } => duplicate(packets, one_in, seed),
            Self::OverIp { v6 } => over_ip(packets, v6),
        }
    }
}
