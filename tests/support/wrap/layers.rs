//! What an Ethernet type announces, and tunnels.

use super::super::capture_file::checksum;
use super::{IPV4, IPV6, MACS, Typed, ethernet, join, len16, ppp_ether, ppp_hdlc};

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

/// IPv4 options, or IPv6 hop-by-hop options, routing header and destination options, in the packet itself.
pub fn with_options(inner: Typed) -> Typed {
    let mut bytes = inner.bytes;
    if inner.ether_type == IPV4 {
        bytes[0] += 2;
        bytes.splice(20..20, [0x94, 4, 0, 0, 1, 1, 1, 0]);
        let len = len16(&bytes);
        bytes[2..4].copy_from_slice(&len);
        bytes[10..12].fill(0);
        let sum = checksum(&[&bytes[..28]]);
        bytes[10..12].copy_from_slice(&sum);
    } else {
        let next = std::mem::replace(&mut bytes[6], 0);
        // A routing header of Mobile IPv6 (RFC 6275 6.4) whose address was reached.
        let routing = join(&[&[60, 2, 2, 0, 0, 0, 0, 0], &[0; 15], &[1]]);
        let headers = join(&[&[43, 0, 1, 4, 0, 0, 0, 0], &routing, &[next, 0, 1, 4, 0, 0, 0, 0]]);
        bytes.splice(40..40, headers);
        let len = len16(&bytes[40..]);
        bytes[4..6].copy_from_slice(&len);
    }
    Typed { ether_type: inner.ether_type, bytes }
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
