//! What an Ethernet type announces, and tunnels.

use super::super::capture_file::checksum;
use super::{IPV4, IPV6, MACS, Typed, ethernet, join, len16, ppp_ether, ppp_hdlc, wifi};

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

/// A tag with the type that follows it.
fn other_tag(ether_type: u16, tag: &[u8], inner: Typed) -> Typed {
    Typed { ether_type, bytes: join(&[tag, &inner.ether_type.to_be_bytes(), &inner.bytes]) }
}

/// Backbone bridges: a service instance, and the whole frame of a customer.
pub fn backbone(inner: Typed) -> Typed {
    Typed { ether_type: 0x88e7, bytes: join(&[&[0, 0, 0x12, 0x34], &ethernet(inner)]) }
}

/// VN-tag.
pub fn vn_tag(inner: Typed) -> Typed {
    other_tag(0x8926, &[0, 1, 0, 2], inner)
}

/// The tag of 802.1BR.
pub fn e_tag(inner: Typed) -> Typed {
    other_tag(0x893f, &[0, 1, 0, 2, 0, 0], inner)
}

/// High-availability Seamless Redundancy.
pub fn hsr(inner: Typed) -> Typed {
    other_tag(0x892f, &[0, 0x34, 0, 1], inner)
}

/// The tag of 802.1CB.
pub fn r_tag(inner: Typed) -> Typed {
    other_tag(0xf1c1, &[0, 0, 0, 1], inner)
}

/// A security group of Cisco.
pub fn cisco_metadata(inner: Typed) -> Typed {
    other_tag(0x8909, &[1, 1, 0, 1, 0, 5], inner)
}

/// TRILL with an option.
pub fn trill(inner: Typed) -> Typed {
    Typed { ether_type: 0x22f3, bytes: join(&[&[0, 0x60, 0, 1, 0, 2, 0, 0, 0, 0], &ethernet(inner)]) }
}

/// FabricPath.
pub fn fabric_path(inner: Typed) -> Typed {
    Typed { ether_type: 0x8903, bytes: join(&[&[0, 0x14], &ethernet(inner)]) }
}

/// A service chain of two headers, the first with all fields of type 1.
pub fn nsh(inner: Typed) -> Typed {
    let first = [0x0f, 0xc6, 1, 4, 0, 0, 1, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4];
    let bytes = join(&[&first, &[0x0f, 0xc2, 2, 3, 0, 0, 1, 1], &ethernet(inner)]);
    Typed { ether_type: 0x894f, bytes }
}

/// 802.11 in GRE, as access points send it to their controller.
pub fn wifi_in_gre(inner: Typed) -> Typed {
    ipv4(47, &join(&[&[0, 0, 0x82, 0x10], &wifi(inner)]))
}

/// Redirected to a web cache.
pub fn wccp(inner: Typed) -> Typed {
    ipv4(47, &join(&[&[0, 0, 0x88, 0x3e, 0, 1, 2, 3], &inner.bytes]))
}

/// Frame Relay in GRE.
pub fn frame_relay_in_gre(inner: Typed) -> Typed {
    let snap = [0x18, 0x41, 3, 0, 0x80, 0, 0, 0];
    ipv4(47, &join(&[&[0, 0, 0x65, 0x59], &snap, &inner.ether_type.to_be_bytes(), &inner.bytes]))
}

/// An Ethernet frame right in IPv6, as SRv6 has it.
pub fn ethernet_in_ipv6(inner: Typed) -> Typed {
    ipv6(143, &ethernet(inner))
}

/// L2TPv3 in IP, with a cookie of four bytes and a sublayer.
pub fn l2tp_3(inner: Typed) -> Typed {
    let head = [0, 0, 0, 7, 0xaa, 0xbb, 0xcc, 0xdd, 0x40, 0, 0, 1];
    ipv4(115, &join(&[&head, &ethernet(inner)]))
}

/// L2TPv3 in UDP, without either.
pub fn l2tp_3_in_udp(inner: Typed) -> Typed {
    udp(1701, &join(&[&[0, 3, 0, 0, 0, 0, 0, 7], &ethernet(inner)]))
}

/// L2TP with all optional fields.
pub fn l2tp(inner: Typed) -> Typed {
    let payload = ppp_hdlc(inner);
    let len = u16::try_from(payload.len() + 16).expect("less than 64 KiB").to_be_bytes();
    udp(1701, &join(&[&[0x4a, 2], &len, &[0, 1, 0, 2, 0, 5, 0, 6, 0, 2, 0xaa, 0xaa], &payload]))
}

/// LISP.
pub fn lisp(inner: Typed) -> Typed {
    udp(4341, &join(&[&[0x88, 0, 0, 0, 0, 0, 0, 1], &inner.bytes]))
}

/// LISP with Ethernet.
pub fn lisp_ethernet(inner: Typed) -> Typed {
    udp(4341, &join(&[&[0x0c, 0, 0, 3, 0, 0, 7, 0], &ethernet(inner)]))
}

/// Generic UDP Encapsulation with a header of one more word.
pub fn gue(inner: Typed) -> Typed {
    udp(6080, &join(&[&[1, ip_number(&inner), 0, 0, 0, 0, 0, 0], &inner.bytes]))
}

/// The same without a header.
pub fn gue_1(inner: Typed) -> Typed {
    udp(6080, &inner.bytes)
}

/// Sniffed: 802.11 with fields of the radio.
pub fn tzsp(inner: Typed) -> Typed {
    udp(37008, &join(&[&[1, 0, 0, 18], &[10, 1, 0xa5, 0, 12, 1, 1, 1], &wifi(inner)]))
}

/// Sniffed on Ethernet.
pub fn tzsp_ethernet(inner: Typed) -> Typed {
    udp(37008, &join(&[&[1, 0, 0, 1, 1], &ethernet(inner)]))
}

/// What is behind a NAT, by a server with all it may put before it, around IP in IPv6.
pub fn teredo(inner: Typed) -> Typed {
    let authentication = [0, 1, 2, 3, 1, 1, 2, 2, 2, 0, 0, 0, 0, 0, 0, 0, 9, 0];
    let origin = [0, 0, 0x3f, 0x49, 0xfe, 0xff, 0xfd, 0xf0];
    udp(3544, &join(&[&authentication, &origin, &in_ipv6(inner).bytes]))
}

/// AYIYA, signed.
pub fn ayiya(inner: Typed) -> Typed {
    let head = [0x44, 0x52, 0x11, ip_number(&inner), 0x5f, 0x5f, 0x5f, 0x5f];
    udp(5072, &join(&[&head, &[7; 36], &inner.bytes]))
}

/// An access point with Ethernet.
pub fn capwap_ethernet(inner: Typed) -> Typed {
    udp(5247, &join(&[&[0, 0x10, 0, 0, 0, 0, 0, 0], &ethernet(inner)]))
}

/// An access point with 802.11 and its address.
pub fn capwap(inner: Typed) -> Typed {
    udp(5247, &join(&[&[0, 0x20, 3, 0x10, 0, 0, 0, 0, 6, 1, 2, 3, 4, 5, 6, 0], &wifi(inner)]))
}

/// The same of one that swaps the bytes of the frame control field.
pub fn capwap_swapped(inner: Typed) -> Typed {
    let mut frame = wifi(inner);
    frame.swap(0, 1);
    udp(5247, &join(&[&[0, 0x10, 3, 0, 0, 0, 0, 0], &frame]))
}
