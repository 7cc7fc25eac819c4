//! Link layers, tunnels and fragments around IP packets: what lies between a wire and the same TCP.

use wslog::model::LinkType;

use super::capture_file::{Endian, checksum, packet_bytes};
use super::conversation::TestPacket;

pub mod table;

/// Something that an Ethernet type announces.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The type.
    pub ether_type: u16,
    /// What it announces.
    pub bytes: Vec<u8>,
}

/// A layer around what is inside it.
pub type Layer = fn(Typed) -> Typed;

/// How a packet is carried.
#[derive(Clone, Copy, Debug)]
pub struct Wrapping {
    /// For messages.
    pub name: &'static str,
    /// Link type of the file.
    pub link: LinkType,
    /// The layer that the link type announces.
    pub begin: fn(Typed) -> Vec<u8>,
    /// The others, outermost first.
    pub layers: &'static [Layer],
}

impl Wrapping {
    /// The packet as captured.
    pub fn around(&self, packet: &TestPacket) -> Vec<u8> {
        self.around_ip(ip_packet(packet))
    }

    /// The same of an IP packet.
    pub fn around_ip(&self, packet: Vec<u8>) -> Vec<u8> {
        (self.begin)(self.layers.iter().rev().fold(typed(packet), |inner, layer| layer(inner)))
    }
}

/// The packet from its IP header on.
pub fn ip_packet(packet: &TestPacket) -> Vec<u8> {
    packet_bytes(packet, LinkType::RAW, Endian::Big)
}

/// An IP packet with the type of its version.
pub fn typed(packet: Vec<u8>) -> Typed {
    Typed { ether_type: if packet[0] >> 4 == 4 { IPV4 } else { IPV6 }, bytes: packet }
}

const IPV4: u16 = 0x0800;
const IPV6: u16 = 0x86dd;
const MACS: [u8; 12] = [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2];

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

fn len16(bytes: &[u8]) -> [u8; 2] {
    u16::try_from(bytes.len()).expect("less than 64 KiB").to_be_bytes()
}

// Ways to begin.

/// Ethernet II.
pub fn ethernet(inner: Typed) -> Vec<u8> {
    join(&[&MACS, &inner.ether_type.to_be_bytes(), &inner.bytes])
}

/// The same between other stations.
pub fn ethernet_elsewhere(inner: Typed) -> Vec<u8> {
    join(&[&[2, 0, 0, 0, 9, 1, 2, 0, 0, 0, 9, 2], &inner.ether_type.to_be_bytes(), &inner.bytes])
}

/// Filled up to 60 bytes and some more, as drivers and switches do; what fills it looks like a frame.
pub fn ethernet_padded(inner: Typed) -> Vec<u8> {
    let mut bytes = ethernet(inner);
    bytes.resize(bytes.len().max(60), 0x81);
    join(&[&bytes, &[0x81, 0x02, 0x68, 0x69]])
}

/// IEEE 802.3 with LLC and SNAP.
pub fn ethernet_snap(inner: Typed) -> Vec<u8> {
    let payload = snap(&inner);
    join(&[&MACS, &len16(&payload), &payload, b"pad"])
}

fn snap(inner: &Typed) -> Vec<u8> {
    join(&[&[0xaa, 0xaa, 3, 0, 0, 0], &inner.ether_type.to_be_bytes(), &inner.bytes])
}

/// Linux cooked capture of any device.
pub fn sll(inner: Typed) -> Vec<u8> {
    join(&[&[0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0], &inner.ether_type.to_be_bytes(), &inner.bytes])
}

/// Linux cooked capture with LLC in place of a type.
pub fn sll_llc(inner: Typed) -> Vec<u8> {
    join(&[&[0, 4, 0, 1, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 0, 4], &snap(&inner)])
}

/// The second version of it.
pub fn sll2(inner: Typed) -> Vec<u8> {
    let middle = [0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 0, 0, 0, 0, 2, 0, 0];
    join(&[&inner.ether_type.to_be_bytes(), &middle, &inner.bytes])
}

/// The same on its way out of another interface.
pub fn sll2_outgoing(inner: Typed) -> Vec<u8> {
    let middle = [0, 0, 0, 0, 0, 3, 0, 1, 4, 6, 2, 0, 0, 0, 0, 2, 0, 0];
    join(&[&inner.ether_type.to_be_bytes(), &middle, &inner.bytes])
}

/// Linux cooked capture of a radio in monitor mode.
pub fn sll_radiotap(inner: Typed) -> Vec<u8> {
    join(&[&[0, 3, 3, 0x23, 0, 6, 2, 0, 0, 0, 0, 2, 0, 0, 0, 4], &radiotap(inner)])
}

/// BSD loopback of a little-endian host.
pub fn null(inner: Typed) -> Vec<u8> {
    join(&[&[if inner.ether_type == IPV4 { 2 } else { 30 }, 0, 0, 0], &inner.bytes])
}

/// OpenBSD loopback.
pub fn loopback(inner: Typed) -> Vec<u8> {
    join(&[&[0, 0, 0, if inner.ether_type == IPV4 { 2 } else { 24 }], &inner.bytes])
}

/// Nothing.
pub fn raw(inner: Typed) -> Vec<u8> {
    inner.bytes
}

fn ppp_number(inner: &Typed) -> [u8; 2] {
    match inner.ether_type {
        IPV4 => [0, 0x21],
        IPV6 => [0, 0x57],
        0x8847 => [2, 0x81],
        other => panic!("{other:#x} has no number in PPP"),
    }
}

/// PPP without address and control field.
pub fn ppp(inner: Typed) -> Vec<u8> {
    join(&[&ppp_number(&inner), &inner.bytes])
}

/// PPP with a protocol number of one byte.
pub fn ppp_compressed(inner: Typed) -> Vec<u8> {
    join(&[&ppp_number(&inner)[1..], &inner.bytes])
}

/// PPP in HDLC-like framing.
pub fn ppp_hdlc(inner: Typed) -> Vec<u8> {
    join(&[&[0xff, 3], &ppp(inner)])
}

/// HDLC as Cisco frames it.
pub fn cisco(inner: Typed) -> Vec<u8> {
    join(&[&[0x0f, 0], &inner.ether_type.to_be_bytes(), &inner.bytes])
}

/// PPP behind a byte for the direction.
pub fn ppp_with_direction(inner: Typed) -> Vec<u8> {
    join(&[&[1], &ppp_hdlc(inner)])
}

/// PPP as pppd logs it.
pub fn pppd(inner: Typed) -> Vec<u8> {
    join(&[&[0, 3], &ppp(inner)])
}

/// A session of PPPoE.
pub fn ppp_ether(inner: Typed) -> Vec<u8> {
    let payload = ppp(inner);
    join(&[&[0x11, 0, 0, 7], &len16(&payload), &payload])
}

/// Netfilter's log, little-endian: header, prefix, payload.
pub fn nflog(inner: Typed) -> Vec<u8> {
    nflog_in(Endian::Little, inner)
}

/// The same of a big-endian host.
pub fn nflog_big_endian(inner: Typed) -> Vec<u8> {
    nflog_in(Endian::Big, inner)
}

fn nflog_in(endian: Endian, inner: Typed) -> Vec<u8> {
    let number = |n: u16| if endian == Endian::Big { n.to_be_bytes() } else { n.to_le_bytes() };
    let mut out = vec![if inner.ether_type == IPV4 { 2 } else { 10 }, 0, 0, 1];
    let packet_header = join(&[&inner.ether_type.to_be_bytes(), &[1, 0]]);
    for (kind, value) in [(1, &packet_header[..]), (10, b"in: \0"), (9, &inner.bytes)] {
        out.extend(number(u16::try_from(value.len() + 4).expect("less than 64 KiB")));
        out.extend(number(kind));
        out.extend(value);
        out.resize(out.len().next_multiple_of(4), 0);
    }
    out
}

/// A data frame of 802.11 from a station.
pub fn wifi(inner: Typed) -> Vec<u8> {
    join(&[&[0x08, 0x01, 0, 0], &MACS, &MACS[..6], &[0x10, 0], &snap(&inner)])
}

/// QoS data from an access point to another: four addresses, HT control.
pub fn wifi_qos(inner: Typed) -> Vec<u8> {
    join(&[
        &[0x88, 0x83, 0, 0],
        &MACS,
        &MACS[..6],
        &[0x20, 0],
        &MACS[..6],
        &[0, 0, 1, 2, 3, 4],
        &snap(&inner),
    ])
}

/// An A-MSDU of payloads.
pub fn aggregate(payloads: &[Typed]) -> Vec<u8> {
    let mut out = join(&[&[0x88, 0x02, 0, 0], &MACS, &MACS[..6], &[0x30, 0], &[0x80, 0]]);
    let start = out.len();
    for payload in payloads {
        out.resize(start + (out.len() - start).next_multiple_of(4), 0);
        let payload = snap(payload);
        out.extend(join(&[&MACS, &len16(&payload), &payload]));
    }
    out
}

/// An A-MSDU with something before the packet.
pub fn wifi_aggregate(inner: Typed) -> Vec<u8> {
    aggregate(&[Typed { ether_type: 0x0806, bytes: vec![0; 29] }, inner])
}

/// 802.11 behind radiotap: time, flags (check sequence at the end), two words of fields.
pub fn radiotap(inner: Typed) -> Vec<u8> {
    let fields = [3, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0x10];
    join(&[&[0, 0, 25, 0], &fields, &wifi(inner), b"FCS!"])
}

/// The same without time, with QoS, and the 802.11 header padded.
pub fn radiotap_padded(inner: Typed) -> Vec<u8> {
    let header = [0x88, 0x01, 0, 0];
    let frame = join(&[&header, &MACS, &MACS[..6], &[0x40, 0, 0, 0, 0, 0], &snap(&inner)]);
    join(&[&[0, 0, 9, 0, 2, 0, 0, 0, 0x20], &frame])
}

/// 802.11 behind PPI.
pub fn ppi(inner: Typed) -> Vec<u8> {
    join(&[&[0, 0, 8, 0, 105, 0, 0, 0], &wifi(inner)])
}

/// Ethernet behind the header of macOS.
pub fn pktap(inner: Typed) -> Vec<u8> {
    let mut header = vec![108, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0];
    header.resize(108, 0);
    join(&[&header, &ethernet(inner)])
}

/// Labels only.
pub fn mpls_link(inner: Typed) -> Vec<u8> {
    mpls(inner).bytes
}

// Layers.

/// One hop further: time to live, and the checksum over it.
pub fn routed(mut inner: Typed) -> Typed {
    if inner.ether_type == IPV6 {
        inner.bytes[7] -= 1;
        return inner;
    }
    inner.bytes[8] -= 1;
    inner.bytes[10..12].fill(0);
    let sum = checksum(&[&inner.bytes[..20]]);
    inner.bytes[10..12].copy_from_slice(&sum);
    inner
}

/// A VLAN tag.
pub fn vlan(inner: Typed) -> Typed {
    tag(0x8100, inner)
}

/// A service tag.
pub fn service_vlan(inner: Typed) -> Typed {
    tag(0x88a8, inner)
}

fn tag(ether_type: u16, inner: Typed) -> Typed {
    Typed { ether_type, bytes: join(&[&[0, 5], &inner.ether_type.to_be_bytes(), &inner.bytes]) }
}

/// Two labels.
pub fn mpls(inner: Typed) -> Typed {
    Typed { ether_type: 0x8847, bytes: join(&[&[0, 0x10, 0, 64, 0, 0x20, 1, 64], &inner.bytes]) }
}

/// A pseudowire with control word.
pub fn pseudowire(inner: Typed) -> Typed {
    mpls(Typed { ether_type: 0, bytes: join(&[&[0; 4], &ethernet(inner)]) })
}

/// A pseudowire without.
pub fn bare_pseudowire(inner: Typed) -> Typed {
    mpls(Typed { ether_type: 0, bytes: ethernet(inner) })
}

/// PPPoE behind Ethernet.
pub fn pppoe(inner: Typed) -> Typed {
    Typed { ether_type: 0x8864, bytes: ppp_ether(inner) }
}

/// IPv4 with the protocol given.
fn ipv4(protocol: u8, payload: &[u8]) -> Typed {
    let total = 20 + u16::try_from(payload.len()).expect("less than 64 KiB");
    let [high, low] = total.to_be_bytes();
    let mut header = vec![0x45, 0, high, low, 0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2];
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum);
    Typed { ether_type: IPV4, bytes: join(&[&header, payload]) }
}

/// IPv6 with the next header given.
fn ipv6(next: u8, payload: &[u8]) -> Typed {
    let mut bytes = join(&[&[0x60, 0, 0, 0], &len16(payload), &[next, 64]]);
    for last in [1, 2] {
        bytes.extend([0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    Typed { ether_type: IPV6, bytes: join(&[&bytes, payload]) }
}

fn udp(port: u16, payload: &[u8]) -> Typed {
    let len = u16::try_from(payload.len() + 8).expect("less than 64 KiB").to_be_bytes();
    ipv4(17, &join(&[&[0xc0, 0x01], &port.to_be_bytes(), &len, &[0, 0], payload]))
}

fn ip_number(inner: &Typed) -> u8 {
    match inner.ether_type {
        IPV4 => 4,
        IPV6 => 41,
        other => panic!("{other:#x} is not IP"),
    }
}

/// IP in IPv4.
pub fn in_ipv4(inner: Typed) -> Typed {
    ipv4(ip_number(&inner), &inner.bytes)
}

/// IP in IPv6.
pub fn in_ipv6(inner: Typed) -> Typed {
    ipv6(ip_number(&inner), &inner.bytes)
}

/// IP in IPv6 behind hop-by-hop and destination options.
pub fn in_ipv6_with_options(inner: Typed) -> Typed {
    let options = [60, 0, 1, 4, 0, 0, 0, 0, ip_number(&inner), 0, 1, 4, 0, 0, 0, 0];
    ipv6(0, &join(&[&options, &inner.bytes]))
}

/// An authentication header in IPv4, around IP.
pub fn authenticated(inner: Typed) -> Typed {
    ipv4(51, &join(&[&[ip_number(&inner), 4, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1], &[7; 12], &inner.bytes]))
}

/// Ethernet in IPv4.
pub fn ethernet_in_ip(inner: Typed) -> Typed {
    ipv4(97, &join(&[&[0x30, 0], &ethernet(inner)]))
}

/// MPLS in IPv4.
pub fn mpls_in_ip(inner: Typed) -> Typed {
    ipv4(137, &mpls(inner).bytes)
}

/// GRE of four bytes.
pub fn gre(inner: Typed) -> Typed {
    ipv4(47, &join(&[&[0, 0], &inner.ether_type.to_be_bytes(), &inner.bytes]))
}

/// GRE with checksum, key and sequence number, in IPv6.
pub fn gre_all(inner: Typed) -> Typed {
    let fields = [0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 9];
    let mut bytes = join(&[&[0xb0, 0], &inner.ether_type.to_be_bytes(), &fields, &inner.bytes]);
    let sum = checksum(&[&bytes]);
    bytes[4..6].copy_from_slice(&sum);
    ipv6(47, &bytes)
}

/// NVGRE: Ethernet in GRE with a key.
pub fn nvgre(inner: Typed) -> Typed {
    ipv4(47, &join(&[&[0x20, 0, 0x65, 0x58, 0, 0, 7, 0], &ethernet(inner)]))
}

/// PPTP: PPP in GRE version 1.
pub fn pptp(inner: Typed) -> Typed {
    let payload = ppp_hdlc(inner);
    let fields = [0, 9, 0, 0, 0, 1, 0, 0, 0, 0];
    ipv4(47, &join(&[&[0x30, 0x81, 0x88, 0x0b], &len16(&payload), &fields, &payload]))
}

/// ERSPAN type I.
pub fn erspan_1(inner: Typed) -> Typed {
    ipv4(47, &join(&[&[0, 0, 0x88, 0xbe], &ethernet(inner)]))
}

/// ERSPAN type II.
pub fn erspan_2(inner: Typed) -> Typed {
    let header = [0x10, 5, 0, 1, 0, 0, 0, 0];
    ipv4(47, &join(&[&[0x10, 0, 0x88, 0xbe, 0, 0, 0, 9], &header, &ethernet(inner)]))
}

/// ERSPAN type III with a platform header.
pub fn erspan_3(inner: Typed) -> Typed {
    let header = [0x20, 5, 0, 1, 0, 0, 0, 3, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
    ipv4(47, &join(&[&[0x10, 0, 0x22, 0xeb, 0, 0, 0, 9], &header, &ethernet(inner)]))
}

/// VXLAN.
pub fn vxlan(inner: Typed) -> Typed {
    udp(4789, &join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &ethernet(inner)]))
}

/// VXLAN on the port that Linux had first.
pub fn vxlan_linux(inner: Typed) -> Typed {
    udp(8472, &join(&[&[8, 0, 0, 0, 0, 0, 7, 0], &ethernet(inner)]))
}

/// VXLAN-GPE with IP.
pub fn vxlan_gpe(inner: Typed) -> Typed {
    let protocol = if inner.ether_type == IPV4 { 1 } else { 2 };
    udp(4790, &join(&[&[0x0c, 0, 0, protocol, 0, 0, 7, 0], &inner.bytes]))
}

/// Geneve with Ethernet and an option.
pub fn geneve(inner: Typed) -> Typed {
    udp(6081, &join(&[&[2, 0, 0x65, 0x58, 0, 0, 7, 0], &[1, 2, 3, 1, 5, 6, 7, 8], &ethernet(inner)]))
}

/// Geneve with IP.
pub fn geneve_ip(inner: Typed) -> Typed {
    udp(6081, &join(&[&[0, 0], &inner.ether_type.to_be_bytes(), &[0, 0, 7, 0], &inner.bytes]))
}

/// GTP-U.
pub fn gtp(inner: Typed) -> Typed {
    udp(2152, &join(&[&[0x30, 255], &len16(&inner.bytes), &[0, 0, 0, 7], &inner.bytes]))
}

/// GTP-U with the container of 5G sessions.
pub fn gtp_5g(inner: Typed) -> Typed {
    let payload = join(&[&[0, 0, 0, 0x85, 1, 0x10, 9, 0], &inner.bytes]);
    udp(2152, &join(&[&[0x34, 255], &len16(&payload), &[0, 0, 0, 7], &payload]))
}

/// MPLS in UDP.
pub fn mpls_in_udp(inner: Typed) -> Typed {
    udp(6635, &mpls(inner).bytes)
}

/// GRE in UDP.
pub fn gre_in_udp(inner: Typed) -> Typed {
    udp(4754, &join(&[&[0, 0], &inner.ether_type.to_be_bytes(), &inner.bytes]))
}

// Fragments.

/// Cuts an IP packet into fragments of at most `size` bytes of payload, a multiple of 8.
pub fn fragments(packet: &[u8], size: usize, identification: u16) -> Vec<Vec<u8>> {
    assert!(size.is_multiple_of(8) && size > 0);
    let is_v4 = packet[0] >> 4 == 4;
    let (header, payload) = packet.split_at(if is_v4 { 20 } else { 40 });
    let count = payload.len().div_ceil(size);
    (payload.chunks(size).enumerate())
        .map(|(n, piece)| {
            let (offset, more) = (n * size / 8, n + 1 < count);
            if is_v4 {
                fragment_v4(header, piece, offset, more, identification)
            } else {
                fragment_v6(header, piece, offset, more, identification)
            }
        })
        .collect()
}

fn fragment_v4(header: &[u8], piece: &[u8], offset: usize, more: bool, identification: u16) -> Vec<u8> {
    let mut header = header.to_vec();
    header[2..4].copy_from_slice(&(20 + u16::try_from(piece.len()).expect("short")).to_be_bytes());
    header[4..6].copy_from_slice(&identification.to_be_bytes());
    let field = u16::try_from(offset).expect("short") | if more { 0x2000 } else { 0 };
    header[6..8].copy_from_slice(&field.to_be_bytes());
    header[10..12].fill(0);
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum);
    join(&[&header, piece])
}

fn fragment_v6(header: &[u8], piece: &[u8], offset: usize, more: bool, identification: u16) -> Vec<u8> {
    let mut header = header.to_vec();
    let next = std::mem::replace(&mut header[6], 44);
    header[4..6].copy_from_slice(&(8 + u16::try_from(piece.len()).expect("short")).to_be_bytes());
    let field = u16::try_from(offset * 8).expect("short") | u16::from(more);
    let [i0, i1] = identification.to_be_bytes();
    join(&[&header, &[next, 0], &field.to_be_bytes(), &[0, 0, i0, i1], piece])
}
