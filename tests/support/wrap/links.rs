//! Link layers: ways for a packet to begin.

use super::super::capture_file::Endian;
use super::{IPV4, IPV6, MACS, Typed, join, len16, mpls};

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

/// Token Ring, over two bridges.
pub fn token_ring(inner: Typed) -> Vec<u8> {
    let macs = [2, 0, 0, 0, 0, 1, 0x82, 0, 0, 0, 0, 2];
    join(&[&[0x10, 0x40], &macs, &[6, 0x70, 0, 0x11, 0, 0x20], &snap(&inner)])
}

/// FDDI.
pub fn fddi(inner: Typed) -> Vec<u8> {
    join(&[&[0x50], &MACS, &snap(&inner)])
}

/// LLC alone, as in ATM.
pub fn llc(inner: Typed) -> Vec<u8> {
    snap(&inner)
}

/// ATM of Solaris.
pub fn sunatm(inner: Typed) -> Vec<u8> {
    join(&[&[2, 0, 0, 5], &snap(&inner)])
}

/// Fibre Channel.
pub fn fibre_channel(inner: Typed) -> Vec<u8> {
    join(&[&[0x10; 16], &snap(&inner)])
}

/// InfiniBand.
pub fn infiniband(inner: Typed) -> Vec<u8> {
    join(&[&[0; 40], &inner.ether_type.to_be_bytes(), &[0, 0], &inner.bytes])
}

/// FireWire.
pub fn firewire(inner: Typed) -> Vec<u8> {
    join(&[&[9; 16], &inner.ether_type.to_be_bytes(), &inner.bytes])
}

/// Frame Relay.
pub fn frame_relay(inner: Typed) -> Vec<u8> {
    let protocol = if inner.ether_type == IPV4 { 0xcc } else { 0x8e };
    join(&[&[0x18, 0x41, 3, protocol], &inner.bytes])
}

/// Frame Relay of Cisco.
pub fn frame_relay_cisco(inner: Typed) -> Vec<u8> {
    join(&[&[0x18, 0x41], &inner.ether_type.to_be_bytes(), &inner.bytes])
}

/// 802.11 behind a Prism header.
pub fn prism(inner: Typed) -> Vec<u8> {
    join(&[&[0x44, 0, 0, 0, 144, 0, 0, 0], &[0; 136], &wifi(inner)])
}

/// 802.11 behind a header of AVS.
pub fn avs(inner: Typed) -> Vec<u8> {
    join(&[&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64], &[0; 56], &wifi(inner)])
}

/// IPsec of the BSDs.
pub fn enc(inner: Typed) -> Vec<u8> {
    join(&[&[2, 0, 0, 0, 0, 0, 0x12, 0x34, 0, 0, 0, 0], &inner.bytes])
}

/// The packet filter of the BSDs.
pub fn pflog(inner: Typed) -> Vec<u8> {
    join(&[&[61, 2, 0, 0], &[0; 60], &inner.bytes])
}

/// A router of Juniper, with fields.
pub fn juniper(inner: Typed) -> Vec<u8> {
    join(&[b"MGC\x80", &[0, 6, 1, 2, 3, 4, 5, 6], &ethernet(inner)])
}

/// The same without Ethernet.
pub fn juniper_ip(inner: Typed) -> Vec<u8> {
    let family = if inner.ether_type == IPV4 { 2 } else { 6 };
    join(&[b"MGC\x02", &[family, 0, 0, 0], &inner.bytes])
}
