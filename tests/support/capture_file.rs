//! Capture files of every kind wslog reads, with correct lengths and checksums.
//!
//! Formats: draft-ietf-opsawg-pcap and -pcapng; link layers: <https://www.tcpdump.org/linktypes.html>.

use std::net::{IpAddr, SocketAddr};

use wslog::model::LinkType;

use super::conversation::TestPacket;

/// Byte order of the headers a file format adds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endian {
    /// Lowest byte first.
    Little,
    /// Highest byte first.
    Big,
}

impl Endian {
    fn u16(self, value: u16) -> [u8; 2] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }

    fn u32(self, value: u32) -> [u8; 4] {
        match self {
            Self::Little => value.to_le_bytes(),
            Self::Big => value.to_be_bytes(),
        }
    }
}

/// Unit of the timestamps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// 10^-6 s; finer times are cut.
    Micro,
    /// 10^-9 s.
    Nano,
}

impl Unit {
    fn nanoseconds(self) -> i64 {
        match self {
            Self::Micro => 1_000,
            Self::Nano => 1,
        }
    }
}

/// A packet as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Nanoseconds since 1970.
    pub at_ns: i64,
    /// From the first byte of the link layer.
    pub data: Vec<u8>,
}

/// How a pcap file is written.
#[derive(Clone, Copy, Debug)]
pub struct Pcap {
    /// Byte order.
    pub endian: Endian,
    /// Unit of the timestamps.
    pub unit: Unit,
    /// How packets begin.
    pub link: LinkType,
    /// Bytes kept of a packet.
    pub snap_len: u32,
}

impl Default for Pcap {
    /// What `tcpdump -w` writes on a machine of today.
    fn default() -> Self {
        Self { endian: Endian::Little, unit: Unit::Micro, link: LinkType::ETHERNET, snap_len: 262_144 }
    }
}

impl Pcap {
    /// The file. Times before 1970 or after 2106 do not fit.
    pub fn write(&self, packets: &[TestPacket]) -> Vec<u8> {
        let data = |packet| packet_bytes(packet, self.link, self.endian);
        let records = packets.iter().map(|packet| Record { at_ns: packet.at_ns, data: data(packet) });
        self.write_records(records)
    }

    /// The file of packets that are complete.
    pub fn write_records(&self, records: impl IntoIterator<Item = Record>) -> Vec<u8> {
        let e = self.endian;
        let magic = match self.unit {
            Unit::Micro => 0xa1b2_c3d4,
            Unit::Nano => 0xa1b2_3c4d,
        };
        let mut file = [e.u32(magic), [e.u16(2), e.u16(4)].concat().try_into().expect("4 bytes")].concat();
        for word in [0, 0, self.snap_len, u32::from(self.link.0)] {
            file.extend(e.u32(word));
        }
        for Record { at_ns, data } in records {
            let kept = data.len().min(self.snap_len as usize);
            let seconds = at_ns / 1_000_000_000;
            let fraction = at_ns % 1_000_000_000 / self.unit.nanoseconds();
            for word in [seconds as u32, fraction as u32, kept as u32, data.len() as u32] {
                file.extend(e.u32(word));
            }
            file.extend(&data[..kept]);
        }
        file
    }
}

/// An interface of a pcapng section.
#[derive(Clone, Copy, Debug)]
pub struct Interface {
    /// Name, shown by Wireshark.
    pub name: &'static str,
    /// How its packets begin.
    pub link: LinkType,
    /// Unit of its timestamps.
    pub unit: Unit,
    /// Bytes kept of a packet; 0 for all.
    pub snap_len: u32,
}

impl Interface {
    /// An interface that keeps everything, with times in nanoseconds.
    pub fn new(name: &'static str, link: LinkType) -> Self {
        Self { name, link, unit: Unit::Nano, snap_len: 0 }
    }
}

/// A pcapng file of one section; each packet comes with the index of its interface.
pub fn pcapng(endian: Endian, interfaces: &[Interface], packets: &[(usize, TestPacket)]) -> Vec<u8> {
    let records = packets.iter().map(|(index, packet)| {
        let data = packet_bytes(packet, interfaces[*index].link, endian);
        (*index, Record { at_ns: packet.at_ns, data })
    });
    pcapng_records(endian, interfaces, records)
}

/// The same of packets that are complete.
pub fn pcapng_records(
    endian: Endian,
    interfaces: &[Interface],
    records: impl IntoIterator<Item = (usize, Record)>,
) -> Vec<u8> {
    let e = endian;
    let mut file = Vec::new();

    // Section Header Block: byte-order magic, version 1.0, section length unknown.
    block(&mut file, e, 0x0a0d_0d0a, &[&e.u32(0x1a2b_3c4d)[..], &e.u16(1), &e.u16(0), &[0xff; 8]].concat());

    for interface in interfaces {
        let mut body = [&e.u16(interface.link.0)[..], &e.u16(0), &e.u32(interface.snap_len)].concat();
        option(&mut body, e, 2, interface.name.as_bytes()); // if_name
        match interface.unit {
            Unit::Micro => {}                            // the default
            Unit::Nano => option(&mut body, e, 9, &[9]), // if_tsresol: 10^-9
        }
        option(&mut body, e, 0, &[]); // opt_endofopt
        block(&mut file, e, 1, &body);
    }

    for (index, Record { at_ns, data }) in records {
        let interface = interfaces[index];
        let limit = if interface.snap_len == 0 { usize::MAX } else { interface.snap_len as usize };
        let kept = data.len().min(limit);
        let ticks = (at_ns / interface.unit.nanoseconds()) as u64;
        let mut body = Vec::new();
        for word in [index as u32, (ticks >> 32) as u32, ticks as u32, kept as u32, data.len() as u32] {
            body.extend(e.u32(word));
        }
        body.extend(&data[..kept]);
        pad_to_word(&mut body);
        block(&mut file, e, 6, &body); // Enhanced Packet Block
    }
    file
}

/// A file of [`pcapng_records`] with key logs of TLS in it, each in a Decryption Secrets Block before the packet of that
/// index, or behind the last.
pub fn with_key_logs(endian: Endian, file: &[u8], logs: &[(usize, &str)]) -> Vec<u8> {
    let word = |at: usize| {
        let bytes = file[at..at + 4].try_into().expect("4 bytes");
        match endian {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        }
    };
    let (mut keyed, mut at, mut packet) = (Vec::new(), 0, 0);
    let secrets = |keyed: &mut Vec<u8>, is_due: &dyn Fn(usize) -> bool| {
        for (_, log) in logs.iter().filter(|(before, _)| is_due(*before)) {
            // "TLSK"
            let mut body = [endian.u32(0x544c_534b), endian.u32(log.len() as u32)].concat();
            body.extend(log.as_bytes());
            pad_to_word(&mut body);
            block(keyed, endian, 0xa, &body);
        }
    };
    while at < file.len() {
        if word(at) == 6 {
            secrets(&mut keyed, &|before| before == packet);
            packet += 1;
        }
        let len = word(at + 4) as usize;
        keyed.extend(&file[at..at + len]);
        at += len;
    }
    secrets(&mut keyed, &|before| before >= packet);
    keyed
}

fn block(file: &mut Vec<u8>, e: Endian, kind: u32, body: &[u8]) {
    let total = e.u32(body.len() as u32 + 12);
    file.extend([&e.u32(kind)[..], &total, body, &total].concat());
}

fn option(body: &mut Vec<u8>, e: Endian, code: u16, value: &[u8]) {
    body.extend([&e.u16(code)[..], &e.u16(value.len() as u16), value].concat());
    pad_to_word(body);
}

fn pad_to_word(bytes: &mut Vec<u8>) {
    bytes.resize(bytes.len().next_multiple_of(4), 0);
}

/// A packet as captured on a link of this type; `file` is the byte order of the host that captured it, which
/// LINKTYPE_NULL shows.
pub fn packet_bytes(packet: &TestPacket, link: LinkType, file: Endian) -> Vec<u8> {
    let v4 = packet.from.is_ipv4();
    let ethertype: [u8; 2] = if v4 { [0x08, 0x00] } else { [0x86, 0xdd] };
    let family = if v4 { 2 } else { 30 }; // AF_INET, and AF_INET6 of macOS
    let (from, to) = (mac(packet.from), mac(packet.to));
    let header = match link {
        LinkType::ETHERNET => [&to[..], &from, &ethertype].concat(),
        // Sent to us, ARPHRD_ETHER, address length 6 and address, type.
        LinkType::LINUX_SLL => [&[0, 0, 0, 1, 0, 6], &from[..], &[0, 0], &ethertype].concat(),
        // Type, reserved, interface 2, ARPHRD_ETHER, sent to us, address length 6 and address.
        LinkType::LINUX_SLL2 => [&ethertype[..], &[0, 0, 0, 0, 0, 2, 0, 1, 0, 6], &from, &[0, 0]].concat(),
        LinkType::NULL => file.u32(family).to_vec(),
        LinkType::LOOP => Endian::Big.u32(family).to_vec(),
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 => Vec::new(),
        other => panic!("no link layer of type {} here", other.0),
    };
    [header, ip(packet)].concat()
}

/// A locally administered address made from the end's IP address.
fn mac(end: SocketAddr) -> [u8; 6] {
    match end.ip() {
        IpAddr::V4(ip) => {
            let [a, b, c, d] = ip.octets();
            [0x02, 0, a, b, c, d]
        }
        IpAddr::V6(ip) => {
            let [.., a, b, c, d] = ip.octets();
            [0x02, 6, a, b, c, d]
        }
    }
}

/// IPv4 (RFC 791) or IPv6 (RFC 8200) around TCP.
fn ip(packet: &TestPacket) -> Vec<u8> {
    const TCP: u8 = 6;
    let segment = tcp(packet);
    match (packet.from.ip(), packet.to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => {
            let [high, low] = ((20 + segment.len()) as u16).to_be_bytes();
            // Version 4, 5 words; length; identification; don't fragment; no checksum yet.
            let [id0, id1] = packet.header.ip_id.unwrap_or_default().to_be_bytes();
            let mut header = vec![0x45, 0, high, low, id0, id1, 0x40, 0, packet.header.ttl, TCP, 0, 0];
            header.extend(from.octets());
            header.extend(to.octets());
            let sum = checksum(&[&header]);
            header[10..12].copy_from_slice(&sum);
            [header, segment].concat()
        }
        (IpAddr::V6(from), IpAddr::V6(to)) => {
            let [high, low] = (segment.len() as u16).to_be_bytes();
            let header = [0x60, 0, 0, 0, high, low, TCP, packet.header.ttl];
            [&header[..], &from.octets(), &to.octets(), &segment].concat()
        }
        _ => panic!("{} and {} are of two families", packet.from, packet.to),
    }
}

/// TCP (RFC 9293 3.1) without options.
fn tcp(packet: &TestPacket) -> Vec<u8> {
    let mut segment = Vec::new();
    segment.extend(packet.from.port().to_be_bytes());
    segment.extend(packet.to.port().to_be_bytes());
    segment.extend(packet.seq.0.to_be_bytes());
    segment.extend(packet.ack.map_or(0, |ack| ack.0).to_be_bytes());
    // 5 words, flags, window, no checksum yet, no urgent pointer.
    let [w0, w1] = packet.header.window.to_be_bytes();
    segment.extend([0x50, packet.flags.0, w0, w1, 0, 0, 0, 0]);
    segment.extend(&packet.payload);

    // The sum of the pseudo header is the same for both versions of IP: every other byte of IPv6's is 0.
    let pseudo = [0, 6, (segment.len() >> 8) as u8, segment.len() as u8];
    let sum = checksum(&[&address_bytes(packet.from), &address_bytes(packet.to), &pseudo, &segment]);
    segment[16..18].copy_from_slice(&sum);
    segment
}

fn address_bytes(end: SocketAddr) -> Vec<u8> {
    match end.ip() {
        IpAddr::V4(ip) => ip.octets().to_vec(),
        IpAddr::V6(ip) => ip.octets().to_vec(),
    }
}

/// The Internet checksum (RFC 1071) over parts of which all but the last have an even length.
pub fn checksum(parts: &[&[u8]]) -> [u8; 2] {
    let mut sum = 0u32;
    for part in parts {
        for pair in part.chunks(2) {
            sum += u32::from(pair[0]) << 8 | u32::from(pair.get(1).copied().unwrap_or(0));
        }
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!(sum as u16)).to_be_bytes()
}
