//! TCP that carries a stream which was read inside another: packets that stand for those of the connection, with the same
//! addresses, ports and times, and the headers of the segments they come of.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use crate::model::{
    Carrier, Direction, Endpoints, HeaderSigns, PacketNo, PerDirection, Segment, StreamEnd, StreamEvent,
    TcpFlags, Timestamp,
};
use crate::slice::edit::fold;

/// Bytes of payload in a packet.
const MAX_PAYLOAD: usize = 32 << 10;

/// Makes packets, which begin with IP.
#[derive(Debug)]
pub struct Forge {
    ends: Endpoints,
    sides: PerDirection<Side>,
}

/// One that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forged {
    /// The packet it comes of.
    pub of: PacketNo,
    /// When.
    pub at: Option<Timestamp>,
    /// It does nothing but acknowledge.
    pub is_bare: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// How many more it had on the wire, which nobody recorded.
    pub cut_off: u32,
}

/// What a side has sent.
#[derive(Clone, Copy, Debug, Default)]
struct Side {
    /// Offset behind the last byte, and that byte.
    end: u64,
    last: Option<u8>,
    /// Offset in the other stream that it has acknowledged.
    acked: u64,
    has_syn: bool,
    has_fin: bool,
    is_over: bool,
    header: HeaderSigns,
}

/// What one of its packets says.
#[derive(Clone, Copy, Debug)]
struct Said<'a> {
    of: PacketNo,
    at: Option<Timestamp>,
    offset: u64,
    flags: TcpFlags,
    payload: &'a [u8],
}

impl Forge {
    /// Of a connection of which nothing was seen.
    #[must_use]
    pub fn new(ends: Endpoints) -> Self {
        Self { ends, sides: PerDirection::default() }
    }

    /// Which way a segment goes.
    #[must_use]
    pub fn direction(&self, segment: &Segment<'_>) -> Direction {
        if segment.src == self.ends.orig { Direction::Orig } else { Direction::Resp }
    }

    /// Takes a segment, before the events that it brings.
    pub fn segment(&mut self, segment: &Segment<'_>, out: &mut Vec<Forged>) {
        let dir = self.direction(segment);
        self.sides[dir].header = segment.header;
        if segment.flags.has(TcpFlags::SYN) && !segment.flags.has(TcpFlags::RST) {
            self.sides[dir].has_syn = true;
            let flags = TcpFlags(segment.flags.0 & TcpFlags::SYN.with(TcpFlags::ACK).0);
            let said = Said { of: segment.no, at: segment.at, offset: u64::MAX, flags, payload: &[] };
            out.push(self.say(dir, said));
        }
    }

    /// Takes what came of it inside. `payload` may be changed on its way.
    pub fn event(
        &mut self,
        event: &StreamEvent<'_>,
        change: &mut dyn FnMut(Direction, u64, &mut [u8]),
        out: &mut Vec<Forged>,
    ) {
        match *event {
            StreamEvent::Data { dir, offset, bytes, carrier } => {
                self.hear(dir, carrier);
                take_up(carrier.packet, out);
                let flags = TcpFlags::ACK.with(TcpFlags::PSH);
                for (nth, part) in bytes.chunks(MAX_PAYLOAD).enumerate() {
                    let offset = offset.saturating_add((nth * MAX_PAYLOAD) as u64);
                    let mut payload = part.to_vec();
                    change(dir, offset, &mut payload);
                    let side = &mut self.sides[dir];
                    side.end = side.end.max(offset.saturating_add(payload.len() as u64));
                    side.last = payload.last().copied();
                    let Carrier { packet, at, .. } = carrier;
                    let said = Said { of: packet, at, offset, flags, payload: &payload };
                    out.push(self.say(dir, said));
                }
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                let side = &mut self.sides[dir];
                side.end = side.end.max(offset.saturating_add(len));
                side.last = None;
            }
            StreamEvent::Acked { dir, offset, carrier } => {
                let by = dir.flip();
                self.sides[by].acked = self.sides[by].acked.max(offset);
                self.bare(by, carrier.packet, carrier.at, out);
            }
            StreamEvent::End { dir, how, carrier: Some(carrier) } => {
                self.hear(dir, carrier);
                take_up(carrier.packet, out);
                let how = if how == StreamEnd::Rst { TcpFlags::RST } else { TcpFlags::FIN };
                self.end(dir, how, carrier.packet, carrier.at, out);
            }
            StreamEvent::End { .. } | StreamEvent::Conflict { .. } => {}
        }
    }

    /// Takes the segment once more, behind its events: what came `again`, and what said nothing new. `from` is where what it
    /// brought begins in `out`.
    pub fn settle(&mut self, segment: &Segment<'_>, again: bool, from: usize, out: &mut Vec<Forged>) {
        let dir = self.direction(segment);
        if out.iter().skip(from).any(|forged| forged.of == segment.no) {
            return;
        }
        let side = self.sides[dir];
        for end in [TcpFlags::RST, TcpFlags::FIN] {
            if segment.flags.has(end) && side.is_over {
                self.end(dir, end, segment.no, segment.at, out);
                return;
            }
        }
        if again && side.end > 0 {
            let last: &[u8] = side.last.as_slice();
            let payload = if segment.payload.is_empty() { &[] } else { last };
            let flags = if payload.is_empty() { TcpFlags::ACK } else { TcpFlags::ACK.with(TcpFlags::PSH) };
            let said =
                Said { of: segment.no, at: segment.at, offset: side.end.saturating_sub(1), flags, payload };
            out.push(self.say(dir, said));
        } else if segment.ack.is_some() && !segment.flags.has(TcpFlags::RST) {
            self.bare(dir, segment.no, segment.at, out);
        }
    }

    fn hear(&mut self, dir: Direction, carrier: Carrier) {
        let side = &mut self.sides[dir];
        side.acked = side.acked.max(carrier.acked.unwrap_or(0));
    }

    fn end(
        &mut self,
        dir: Direction,
        how: TcpFlags,
        of: PacketNo,
        at: Option<Timestamp>,
        out: &mut Vec<Forged>,
    ) {
        let side = &mut self.sides[dir];
        side.is_over = true;
        let is_fin = how == TcpFlags::FIN;
        let behind = u64::from(side.has_fin && !is_fin);
        side.has_fin |= is_fin;
        let offset = side.end.saturating_add(behind);
        let said = Said { of, at, offset, flags: how.with(TcpFlags::ACK), payload: &[] };
        out.push(self.say(dir, said));
    }

    fn bare(&self, dir: Direction, of: PacketNo, at: Option<Timestamp>, out: &mut Vec<Forged>) {
        let side = self.sides[dir];
        let offset = side.end.saturating_add(u64::from(side.has_fin));
        out.push(self.say(dir, Said { of, at, offset, flags: TcpFlags::ACK, payload: &[] }));
    }

    fn say(&self, dir: Direction, said: Said<'_>) -> Forged {
        let Said { of, at, offset, flags, payload } = said;
        let (src, dst) = match dir {
            Direction::Orig => (self.ends.orig, self.ends.resp),
            Direction::Resp => (self.ends.resp, self.ends.orig),
        };
        let side = self.sides[dir];
        // The SYN has number 0.
        let seq = offset.wrapping_add(1) as u32;
        let is_heard = self.sides[dir.flip()].has_syn || side.acked > 0;
        let ack = if flags.has(TcpFlags::ACK) && is_heard { side.acked.wrapping_add(1) as u32 } else { 0 };
        let flags = if is_heard { flags } else { TcpFlags(flags.0 & !TcpFlags::ACK.0) };
        let bytes = packet(src, dst, side.header, &Header { seq, ack, flags }, (payload, 0));
        let is_bare = payload.is_empty() && flags == TcpFlags::ACK;
        Forged { of, at, is_bare, bytes, cut_off: 0 }
    }
}

/// Makes a segment anew, with another payload and no options; more than one, where no packet is so long.
pub fn again(segment: &Segment<'_>, payload: &[u8], out: &mut Vec<Forged>) {
    let Segment { no, at, src, dst, seq, flags, header, .. } = *segment;
    let ack = segment.ack.map_or(0, |ack| ack.0);
    let mut parts = payload.chunks(MAX_PAYLOAD).peekable();
    let mut sent = 0;
    loop {
        let part = parts.next().unwrap_or_default();
        let is_last = parts.peek().is_none();
        let cut_off = if is_last { segment.cut_off.min(MAX_PAYLOAD as u32) } else { 0 };
        let ends = TcpFlags::FIN.with(TcpFlags::PSH).with(TcpFlags::RST);
        let begins = TcpFlags::SYN;
        let left_out = if is_last { 0 } else { ends.0 } | if sent == 0 { 0 } else { begins.0 };
        let flags = TcpFlags(flags.0 & !left_out);
        let seq = seq.plus(sent).plus(u32::from(segment.flags.has(begins) && sent > 0));
        let bytes = packet(src, dst, header, &Header { seq: seq.0, ack, flags }, (part, cut_off));
        out.push(Forged { of: no, at, is_bare: false, bytes, cut_off });
        sent = sent.wrapping_add(part.len() as u32);
        if is_last {
            return;
        }
    }
}

/// What a packet acknowledges goes with what it brings.
fn take_up(of: PacketNo, out: &mut Vec<Forged>) {
    out.pop_if(|last| last.is_bare && last.of == of);
}

/// Fields of a TCP header.
#[derive(Clone, Copy, Debug)]
pub struct Header {
    /// Sequence number.
    pub seq: u32,
    /// Acknowledgement number.
    pub ack: u32,
    /// Control bits.
    pub flags: TcpFlags,
}

/// An IP packet with one TCP segment without options; its checksums are right. Its payload, and what of that was cut off, have at most
/// 65 495 bytes together.
#[must_use]
pub fn packet(
    src: SocketAddr,
    dst: SocketAddr,
    signs: HeaderSigns,
    tcp: &Header,
    (payload, cut_off): (&[u8], u32),
) -> Vec<u8> {
    let mut segment = Vec::with_capacity(20 + payload.len());
    segment.extend_from_slice(&src.port().to_be_bytes());
    segment.extend_from_slice(&dst.port().to_be_bytes());
    segment.extend_from_slice(&tcp.seq.to_be_bytes());
    segment.extend_from_slice(&tcp.ack.to_be_bytes());
    segment.extend_from_slice(&[0x50, tcp.flags.0]);
    segment.extend_from_slice(&signs.window.to_be_bytes());
    segment.extend_from_slice(&[0; 4]);
    segment.extend_from_slice(payload);
    let len = u32::try_from(segment.len()).unwrap_or(u32::MAX).saturating_add(cut_off);
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    let mut out = Vec::with_capacity(40 + segment.len());
    let pseudo = match (src.ip(), dst.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            out.extend_from_slice(&[0x45, 0]);
            out.extend_from_slice(&len.saturating_add(20).to_be_bytes());
            out.extend_from_slice(&signs.ip_id.unwrap_or(0).to_be_bytes());
            out.extend_from_slice(&[0x40, 0, signs.ttl, 6, 0, 0]);
            out.extend_from_slice(&from.octets());
            out.extend_from_slice(&to.octets());
            let checksum = !fold(words(&out));
            if let Some(place) = out.get_mut(10..12) {
                place.copy_from_slice(&checksum.to_be_bytes());
            }
            words(&from.octets()) + words(&to.octets())
        }
        (from, to) => {
            let [from, to] = [from, to].map(|ip| match ip {
                IpAddr::V4(ip) => ip.to_ipv6_mapped(),
                IpAddr::V6(ip) => ip,
            });
            out.extend_from_slice(&[0x60, 0, 0, 0]);
            out.extend_from_slice(&len.to_be_bytes());
            out.extend_from_slice(&[6, signs.ttl]);
            out.extend_from_slice(&Ipv6Addr::octets(&from));
            out.extend_from_slice(&Ipv6Addr::octets(&to));
            words(&from.octets()) + words(&to.octets())
        }
    };
    let checksum = !fold(pseudo + 6 + u64::from(len) + words(&segment));
    if let Some(place) = segment.get_mut(16..18) {
        place.copy_from_slice(&checksum.to_be_bytes());
    }
    out.extend_from_slice(&segment);
    out
}

/// The sum of 16-bit words, the last filled up with a zero.
fn words(bytes: &[u8]) -> u64 {
    let (pairs, rest) = bytes.as_chunks::<2>();
    let sum: u64 = pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum();
    sum + rest.first().map_or(0, |last| u64::from(*last) << 8)
}
