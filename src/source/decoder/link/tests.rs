use proptest::prelude::*;

use crate::limits::Limits;
use crate::model::{LinkType, Packet, PacketNo, Timestamp, Weirds};
use crate::source::Decoder;

/// TCP 1000 -> 80, sequence number 7, ACK 9, PSH: 20 bytes and the options given, then the payload.
fn tcp(options: usize, payload: &[u8]) -> Vec<u8> {
    let offset = u8::try_from((20 + options) / 4 * 16).unwrap();
    let mut bytes = vec![0x03, 0xe8, 0, 80, 0, 0, 0, 7, 0, 0, 0, 9, offset, 0x18, 1, 0, 0, 0, 0, 0];
    bytes.resize(20 + options, 1);
    bytes.extend(payload);
    bytes
}

fn v4_with(total_len: usize, fragment: u16, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x45, 0];
    bytes.extend(u16::try_from(total_len).unwrap().to_be_bytes());
    bytes.extend([0, 1]);
    bytes.extend(fragment.to_be_bytes());
    bytes.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    bytes.extend(payload);
    bytes
}

fn v4(payload: &[u8]) -> Vec<u8> {
    v4_with(20 + payload.len(), 0x4000, 6, payload)
}

fn v6_with(payload_len: usize, next_header: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60, 0, 0, 0];
    bytes.extend(u16::try_from(payload_len).unwrap().to_be_bytes());
    bytes.extend([next_header, 64]);
    for last in [1, 2] {
        bytes.extend([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    }
    bytes.extend(payload);
    bytes
}

fn v6(next_header: u8, payload: &[u8]) -> Vec<u8> {
    v6_with(payload.len(), next_header, payload)
}

/// An Ethernet header with the types given, all but the last those of VLAN tags.
fn ethernet(types: &[u16], payload: &[u8]) -> Vec<u8> {
    let mut bytes = vec![2; 12];
    for (at, ether_type) in types.iter().enumerate() {
        if at > 0 {
            bytes.extend([0, 5]);
        }
        bytes.extend(ether_type.to_be_bytes());
    }
    bytes.extend(payload);
    bytes
}

fn joined(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// Decodes and writes down what came of it: the segment, then the weirds, parted by ` | `.
fn outcome(link: LinkType, data: &[u8], orig_len: usize) -> String {
    let packet = Packet {
        no: PacketNo(3),
        at: Some(Timestamp(5)),
        link,
        orig_len: u32::try_from(orig_len).unwrap(),
        data,
    };
    let mut weirds = Weirds::default();
    let mut words = Vec::new();
    let mut decoder = Decoder::new(&Limits::default());
    decoder.decode(&packet, &mut weirds, &mut |s| {
        assert_eq!((s.no, s.at), (packet.no, packet.at));
        let ack = s.ack.map_or("none".into(), |ack| ack.0.to_string());
        words.push(format!(
            "{} > {} seq {} ack {ack} flags {:02x} {:?} cut {}",
            s.src,
            s.dst,
            s.seq.0,
            s.flags.0,
            String::from_utf8_lossy(s.payload),
            s.cut_off
        ));
    });
    decoder.finish(&mut weirds);
    for weird in weirds.as_slice() {
        assert_eq!((weird.count, weird.packet), (1, Some(packet.no)));
        words.push(format!("{}: {}", weird.kind.name(), weird.detail));
    }
    words.join(" | ")
}

fn check(name: &str, link: LinkType, data: &[u8], expected: &str) {
    assert_eq!(outcome(link, data, data.len()), expected, "{name}");
}

/// As `check` for the first `kept` bytes of a packet.
fn check_cut(name: &str, link: LinkType, data: &[u8], kept: usize, expected: &str) {
    assert_eq!(outcome(link, &data[..kept], data.len()), expected, "{name}");
}

const HI_V4: &str = "10.0.0.1:1000 > 10.0.0.2:80 seq 7 ack 9 flags 18 \"hi\" cut 0";
const HI_V6: &str = "[2001:db8::1]:1000 > [2001:db8::2]:80 seq 7 ack 9 flags 18 \"hi\" cut 0";

const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];

fn udp(ports: [u16; 2], payload: &[u8]) -> Vec<u8> {
    let len = u16::try_from(payload.len() + 8).unwrap().to_be_bytes();
    let bytes = joined(&[&ports[0].to_be_bytes(), &ports[1].to_be_bytes(), &len, &[0, 0], payload]);
    v4_with(20 + bytes.len(), 0, 17, &bytes)
}

/// What the wrappings of `tests/support` do not hold.
#[test]
fn rarer_link_types() {
    let four = v4(&tcp(0, b"hi"));
    let six = v6(6, &tcp(12, b"hi"));
    let vlan = joined(&[&[0, 4, 0, 1, 0, 6, 1, 2, 3, 4, 5, 6, 0, 0, 0x81, 0, 0, 5, 8, 0], &four]);
    let family = |bytes: [u8; 4], ip: &[u8]| joined(&[&bytes, ip]);
    let rows: &[(&str, LinkType, Vec<u8>, &str)] = &[
        (
            "0x9100, four tags",
            LinkType::ETHERNET,
            ethernet(&[0x9100, 0x9100, 0x8100, 0x8100, 0x800], &four),
            HI_V4,
        ),
        ("SLL VLAN", LinkType::LINUX_SLL, vlan, HI_V4),
        ("NULL big-endian", LinkType::NULL, family([0, 0, 0, 2], &four), HI_V4),
        ("NULL Linux", LinkType::NULL, family([10, 0, 0, 0], &six), HI_V6),
        ("NULL NetBSD", LinkType::NULL, family([0, 0, 0, 24], &six), HI_V6),
        ("NULL FreeBSD", LinkType::NULL, family([28, 0, 0, 0], &six), HI_V6),
        ("NULL other family", LinkType::NULL, family([7, 0, 0, 0], &four), ""),
        (
            "for private use",
            LinkType(147),
            four.clone(),
            "unknown_link_type: link type 147 (reserved for private use)",
        ),
        ("of one maker", LinkType(137), four.clone(), "unknown_link_type: link type 137 (Juniper)"),
        ("radio", LinkType(230), four.clone(), "unknown_link_type: link type 230 (IEEE 802.15.4)"),
        ("nobody's", LinkType(9999), four.clone(), "unknown_link_type: link type 9999"),
        ("Token Ring", LinkType::IEEE802_5, joined(&[&[0x10, 0x40], &[2; 12], &SNAP, &four]), HI_V4),
        (
            "Frame Relay, long address",
            LinkType::FRELAY,
            joined(&[&[0x18, 0x40, 0x20, 1, 3, 0, 0xcc], &four]),
            HI_V4,
        ),
        ("Frame Relay, IPv6", LinkType::FRELAY, joined(&[&[0x18, 0x41, 3, 0x8e], &six]), HI_V6),
        ("Frame Relay, LMI", LinkType::FRELAY, joined(&[&[0, 1, 3, 8], &four]), ""),
        (
            "no frame of Juniper",
            LinkType::JUNIPER_ETHER,
            joined(&[b"MGD\0", &four]),
            "unknown_link_type: link type 178 (Juniper)",
        ),
        ("Juniper, ISO", LinkType::JUNIPER_ETHER, joined(&[b"MGC\x02", &[3, 0, 0, 0], &four]), ""),
        ("pflog, whole words", LinkType::PFLOG, joined(&[&[48, 2, 0, 0], &[0; 44], &four]), HI_V4),
    ];
    for (name, link, data, expected) in rows {
        check(name, *link, data, expected);
    }
}

#[test]
fn no_tcp_is_not_odd() {
    check("ARP", LinkType::ETHERNET, &ethernet(&[0x0806], &[0; 28]), "");
    check("802.3 length", LinkType::ETHERNET, &ethernet(&[0x0026], &[0x42; 38]), "");
    check("UDP", LinkType::IPV4, &v4_with(28, 0, 17, &[0; 8]), "");
    check(
        "UDP, too short for a tunnel's port",
        LinkType::IPV4,
        &v4_with(28, 0, 17, &[0, 1, 0, 53, 0, 9, 0, 0]),
        "",
    );
    check("UDP, first fragment", LinkType::IPV4, &v4_with(28, 0x2000, 17, &[0; 8]), "");
    check("ICMPv6", LinkType::IPV6, &v6(58, &[0; 8]), "");
    check("ICMPv6 behind hop-by-hop", LinkType::IPV6, &v6(0, &[58, 0, 5, 2, 0, 0, 1, 0, 0x8f, 0, 0, 0]), "");
    check("no next header", LinkType::IPV6, &v6(59, &[]), "");
}

#[test]
fn what_is_not_followed_is_counted() {
    let gre = |flags: u8, version: u8, protocol: [u8; 2]| {
        let payload = joined(&[&[flags, version], &protocol, &[0; 20]]);
        v4_with(20 + payload.len(), 0, 47, &payload)
    };
    let ppp = |number: [u8; 2]| joined(&[&[0x11, 0, 0, 1, 0, 6], &number, &[0; 4]]);
    let undecoded = |name: &str| format!("unknown_link_type: carried in {name}, which wslog does not decode");
    let encrypted = |by: &str| format!("encrypted_packet: encrypted by {by}");
    let data = [0x08, 0x02].into_iter().chain([0; 24]);
    let wifi = |at: usize, value: u8| {
        let mut bytes: Vec<u8> = data.clone().collect();
        bytes[at] |= value;
        bytes
    };
    let damaged = joined(&[&[0, 0, 9, 0, 2, 0, 0, 0, 0x40], &wifi(0, 0)]);
    let rows: &[(&str, LinkType, Vec<u8>, String)] = &[
        (
            "MPLS of no known kind",
            LinkType::MPLS,
            joined(&[&[0, 0, 0x11, 9], &[0x20; 30]]),
            undecoded("MPLS"),
        ),
        (
            "GRE routing",
            LinkType::IPV4,
            gre(0x40, 0, [8, 0]),
            undecoded("GRE with source routing (RFC 1701)"),
        ),
        (
            "GRE version",
            LinkType::IPV4,
            gre(0, 2, [8, 0]),
            "malformed_header: GRE version is 2, expected at most 1".into(),
        ),
        ("Van Jacobson", LinkType::PPP_ETHER, ppp([0, 0x2d]), undecoded("TCP with Van Jacobson compression")),
        ("multilink", LinkType::PPP_ETHER, ppp([0, 0x3d]), undecoded("PPP multilink")),
        ("compressed PPP", LinkType::PPP_ETHER, ppp([0, 0xfd]), undecoded("compressed PPP")),
        ("encrypted PPP", LinkType::PPP_ETHER, ppp([0, 0x53]), encrypted("PPP")),
        ("MACsec", LinkType::ETHERNET, ethernet(&[0x88e5], &[0; 20]), encrypted("MACsec")),
        ("ESP", LinkType::IPV4, v4_with(40, 0, 50, &[0; 20]), encrypted("ESP")),
        ("protected 802.11", LinkType::IEEE802_11, wifi(1, 0x40), encrypted("802.11")),
        ("802.11, more", LinkType::IEEE802_11, wifi(1, 4), undecoded("a fragment of 802.11")),
        ("802.11, later", LinkType::IEEE802_11, wifi(22, 1), undecoded("a fragment of 802.11")),
        (
            "bad FCS",
            LinkType::IEEE802_11_RADIOTAP,
            damaged,
            "damaged_packet: received damaged, as its frame check sequence shows".into(),
        ),
    ];
    for (name, link, data, expected) in rows {
        check(name, *link, data, expected);
    }
}

/// Ports and numbers that tunnels have, with one octet less or other than it takes.
#[test]
fn what_only_looks_like_a_tunnel() {
    let four = v4(&tcp(0, b"hi"));
    let frame = ethernet(&[0x0800], &four);
    let to_access_point = joined(&[&[8, 2, 0, 0], &[2; 18], &[0, 0], &SNAP, &four]);
    let swapped = joined(&[&[2, 8], &to_access_point[2..]]);
    let gre = |protocol: u16, payload: &[u8]| {
        let payload = joined(&[&[0, 0], &protocol.to_be_bytes(), payload]);
        v4_with(20 + payload.len(), 0, 47, &payload)
    };
    let to = |port, parts: &[&[u8]]| udp([50_000, port], &joined(parts));
    let from = |port, parts: &[&[u8]]| udp([port, 50_000], &joined(parts));
    let undecoded = |name: &str| format!("unknown_link_type: carried in {name}, which wslog does not decode");
    let encrypted = |by: &str| format!("encrypted_packet: encrypted by {by}");
    let malformed = |words: &str| format!("malformed_header: {words}");
    let quic = "http3_not_read: QUIC: HTTP/3 may carry WebSocket (RFC 9220), which is not read";
    let plain = [0, 0x10, 3, 0, 0, 0, 0, 0];
    let rows: &[(&str, Vec<u8>, String)] = &[
        ("802.11 in GRE, last queue", gre(0x8370, &to_access_point), HI_V4.into()),
        ("802.11 in GRE, behind the last", gre(0x8380, &to_access_point), String::new()),
        ("802.11 in GRE, no queue", gre(0x8201, &to_access_point), String::new()),
        ("802.11 in GRE is not swapped", gre(0x8200, &swapped), String::new()),
        ("WCCP 1", gre(0x883e, &four), HI_V4.into()),
        ("CAPWAP to an access point", from(5247, &[&plain, &to_access_point]), HI_V4.into()),
        ("CAPWAP, swapped", from(5247, &[&plain, &swapped]), HI_V4.into()),
        ("CAPWAP, a beacon", from(5247, &[&plain, &[0x80, 0], &to_access_point[2..]]), String::new()),
        ("CAPWAP keep-alive", to(5247, &[&[0, 0x10, 3, 8], &[0; 8]]), String::new()),
        ("CAPWAP of version 1", to(5247, &[&[0x10, 0x10, 3, 0], &[0; 8]]), String::new()),
        ("CAPWAP, a fragment", to(5247, &[&[0, 0x10, 3, 0x80], &[0; 8]]), undecoded("a fragment of CAPWAP")),
        (
            "CAPWAP, EPCglobal",
            to(5247, &[&[0, 0x10, 7, 0], &[0; 8]]),
            undecoded("CAPWAP, neither Ethernet nor 802.11"),
        ),
        ("CAPWAP, secured", to(5247, &[&[1, 0, 0, 0], &[0; 20]]), encrypted("DTLS of CAPWAP")),
        ("CAPWAP control", to(5246, &[&plain, &to_access_point]), String::new()),
        ("AYIYA, echo", to(5072, &[&[0x44, 0x52, 0x12, 41], &[0; 60]]), String::new()),
        (
            "AYIYA without identity and signature",
            from(5072, &[&[0, 0, 1, 4, 0, 0, 0, 0, 9], &four]),
            HI_V4.into(),
        ),
        ("Teredo, a packet alone", from(3544, &[&v6(6, &tcp(0, b"hi"))]), HI_V6.into()),
        ("Teredo, a bubble", from(3544, &[&v6(59, &[])]), String::new()),
        ("Teredo, IPv4", to(3544, &[&four]), String::new()),
        ("Teredo, more than there is", to(3544, &[&v6_with(60, 6, &tcp(0, b"hi"))]), String::new()),
        ("L2TP", from(1701, &[&[0, 2, 0, 1, 0, 2, 0x21], &four]), HI_V4.into()),
        ("L2TP control", to(1701, &[&[0xc8, 2, 0, 12], &[0; 8]]), String::new()),
        ("L2F", to(1701, &[&[0, 1, 0, 1, 0, 2, 0x21], &four]), String::new()),
        ("L2TPv3 control", v4_with(44, 0, 115, &[0; 24]), String::new()),
        (
            "L2TPv3 with a longer cookie",
            v4_with(24 + 16 + frame.len(), 0, 115, &joined(&[&[0, 0, 0, 7], &[9; 16], &frame])),
            undecoded("L2TPv3, and no IP in Ethernet"),
        ),
        (
            "L2TPv3, ARP",
            v4_with(24 + 42, 0, 115, &joined(&[&[0, 0, 0, 7], &ethernet(&[0x806], &[0, 1, 8, 0]), &[0; 24]])),
            String::new(),
        ),
        ("LISP, noise", to(4341, &[&[0x80, 0, 0, 0, 0, 0, 0, 1], &[0x20; 40]]), String::new()),
        ("LISP control", to(4342, &[&[0x80, 0, 0, 0, 0, 0, 0, 1], &four]), String::new()),
        (
            "LISP, another protocol",
            to(4341, &[&[4, 0, 0, 9, 0, 0, 0, 0], &four]),
            undecoded("LISP, neither Ethernet nor IP"),
        ),
        ("GUE control", to(6080, &[&[0x20, 4, 0, 0], &four]), String::new()),
        ("GUE with GRE", to(6080, &[&[0, 47, 0, 0, 0, 0, 8, 0], &four]), HI_V4.into()),
        (
            "GUE around TCP",
            to(6080, &[&[0, 6, 0, 0], &tcp(0, b"hi")]),
            undecoded("GUE without an IP header of its own"),
        ),
        ("GUE of version 2", to(6080, &[&[0x80, 4, 0, 0], &four]), String::new()),
        ("TZSP, padding and an empty tag", to(37008, &[&[1, 1, 0, 1, 0, 0, 41, 0, 1], &frame]), HI_V4.into()),
        ("TZSP keep-alive", to(37008, &[&[1, 4, 0, 0]]), String::new()),
        ("TZSP of version 2", to(37008, &[&[2, 0, 0, 1, 1], &frame]), String::new()),
        (
            "TZSP of Token Ring",
            to(37008, &[&[1, 0, 0, 2, 1], &frame]),
            undecoded("TZSP, neither Ethernet nor 802.11"),
        ),
        (
            "TZSP without end",
            to(37008, &[&[1, 0, 0, 1, 10, 1, 5]]),
            "truncated_packet: TZSP tag header needs 1 bytes, but 0 were captured".into(),
        ),
        ("IKE", from(4500, &[&[0; 4], &[9; 28]]), String::new()),
        ("NAT kept open", to(4500, &[&[0xff]]), String::new()),
        ("QUIC", to(443, &[&[0xc3, 0, 0, 0, 1, 8, 1, 2]]), quic.into()),
        ("QUIC version 2", from(443, &[&[0xd3, 0x6b, 0x33, 0x43, 0xcf, 8, 1, 2]]), quic.into()),
        ("QUIC, later on", to(443, &[&[0x43, 9, 8, 7, 6, 5, 4, 3]]), String::new()),
        ("ESP in UDP", from(4500, &[&[0, 0, 0x12, 0x34, 0, 0, 0, 1], &[9; 32]]), encrypted("ESP in UDP")),
        ("WireGuard", to(51820, &[&[4, 0, 0, 0], &[9; 44]]), encrypted("WireGuard")),
        ("WireGuard, Tailscale", from(41641, &[&[4, 0, 0, 0], &[9; 44]]), encrypted("WireGuard")),
        ("WireGuard, kept alive", to(51820, &[&[4, 0, 0, 0], &[9; 28]]), String::new()),
        ("WireGuard, handshake", to(51820, &[&[1, 0, 0, 0], &[9; 144]]), String::new()),
        ("WireGuard, no multiple of 16", to(51820, &[&[4, 0, 0, 0], &[9; 45]]), String::new()),
        ("OpenVPN 1", to(1194, &[&[0x30], &[9; 60]]), encrypted("OpenVPN")),
        ("OpenVPN 2", from(1194, &[&[0x4a], &[9; 60]]), encrypted("OpenVPN")),
        ("OpenVPN control", to(1194, &[&[0x38], &[9; 60]]), String::new()),
        ("IPComp", v4_with(40, 0, 108, &[4; 20]), undecoded("compressed IP (IPComp)")),
        ("RFC 2004", v4_with(40, 0, 55, &[6; 20]), undecoded("minimal IP encapsulation (RFC 2004)")),
    ];
    for (name, data, expected) in rows {
        check(name, LinkType::IPV4, data, expected);
    }
    let rows: &[(&str, u16, Vec<u8>, String)] = &[
        ("PBB of a VLAN", 0x88e7, joined(&[&[0; 4], &ethernet(&[0x8100, 0x800], &four)]), HI_V4.into()),
        ("VN-tag, ARP", 0x8926, joined(&[&[0; 4], &[8, 6], &four]), String::new()),
        (
            "metadata of version 2",
            0x8909,
            joined(&[&[2, 1, 0, 1, 0, 5, 8, 0], &four]),
            undecoded("Cisco metadata of another version"),
        ),
        (
            "TRILL of version 1",
            0x22f3,
            joined(&[&[0x40, 0, 0, 1, 0, 2], &frame]),
            undecoded("TRILL of another version"),
        ),
        ("TRILL, 31 words", 0x22f3, joined(&[&[7, 0xc0, 0, 1, 0, 2], &[0; 124], &frame]), HI_V4.into()),
        (
            "NSH of version 1",
            0x894f,
            joined(&[&[0x4f, 0xc2, 2, 1, 0, 0, 0, 0], &four]),
            undecoded("NSH of another version"),
        ),
        (
            "NSH of no length",
            0x894f,
            joined(&[&[0x0f, 0xc0, 2, 1, 0, 0, 0, 0], &four]),
            malformed("NSH length is 0, expected at least 8"),
        ),
        (
            "NSH of MPLS",
            0x894f,
            joined(&[&[0x0f, 0xc2, 2, 5, 0, 0, 0, 0], &[0, 0x10, 1, 64], &four]),
            HI_V4.into(),
        ),
        (
            "NSH, another protocol",
            0x894f,
            joined(&[&[0x0f, 0xc2, 2, 6, 0, 0, 0, 0], &four]),
            undecoded("NSH, neither Ethernet, IP nor MPLS"),
        ),
        ("batman-adv", 0x4305, joined(&[&[0x40, 15], &frame]), undecoded("batman-adv")),
        ("batman-adv, its own", 0x4305, joined(&[&[0, 15], &frame]), String::new()),
        ("LWAPP", 0x88bb, frame.clone(), undecoded("LWAPP")),
        ("6LoWPAN", 0xa0ed, frame.clone(), undecoded("6LoWPAN")),
        ("ROHC", 0x22f1, frame.clone(), undecoded("ROHC")),
        ("compressed TCP", 0x876b, frame.clone(), undecoded("TCP with Van Jacobson compression")),
    ];
    for (name, ether_type, data, expected) in rows {
        check(name, LinkType::ETHERNET, &ethernet(&[*ether_type], data), expected);
    }
}

/// Each of these leads back to an Ethernet type.
#[test]
fn tags_in_tags_end() {
    let cap = "nesting_cap: more nested tunnels than wslog follows";
    let four = v4(&tcp(0, b"hi"));
    for (name, ether_type, head, tail) in [
        ("PBB", 0x88e7_u16, &[0; 4][..], &[2; 12][..]),
        ("VN-tag", 0x8926, &[0; 4], &[]),
        ("E-TAG", 0x893f, &[0; 6], &[]),
        ("HSR", 0x892f, &[0; 4], &[]),
        ("R-TAG", 0xf1c1, &[0; 4], &[]),
        ("metadata", 0x8909, &[1, 1, 0, 1, 0, 5], &[]),
        ("TRILL", 0x22f3, &[0; 6], &[2; 12]),
        ("FabricPath", 0x8903, &[0; 2], &[2; 12]),
        ("NSH of Ethernet", 0x894f, &[0, 2, 2, 3, 0, 0, 0, 0], &[2; 12]),
    ] {
        let within = |depth: usize| {
            let mut bytes = vec![2; 12];
            for _ in 0..depth {
                bytes.extend(joined(&[&ether_type.to_be_bytes(), head, tail]));
            }
            joined(&[&bytes, &[8, 0], &four])
        };
        check(name, LinkType::ETHERNET, &within(16), HI_V4);
        check(name, LinkType::ETHERNET, &within(17), cap);
        check(name, LinkType::ETHERNET, &within(3_000), cap);
    }
}

#[test]
fn tunnels_in_tunnels_end() {
    let four = |depth: usize| {
        (0..depth).fold(v4(&tcp(0, b"hi")), |inner, _| v4_with(20 + inner.len(), 0, 4, &inner))
    };
    check("as many as are followed", LinkType::IPV4, &four(16), HI_V4);
    let cap = "nesting_cap: more nested tunnels than wslog follows";
    check("one more", LinkType::IPV4, &four(17), cap);
    check("as many as fit", LinkType::IPV4, &four(3_000), cap);
}

#[test]
fn acknowledgement_only_with_ack() {
    let mut syn = tcp(0, b"");
    syn[13] = 0x02;
    check("SYN", LinkType::IPV4, &v4(&syn), "10.0.0.1:1000 > 10.0.0.2:80 seq 7 ack none flags 02 \"\" cut 0");
}

#[test]
fn padding_is_not_payload() {
    let padded = joined(&[&ethernet(&[0x0800], &v4(&tcp(0, b""))), &[0; 6]]);
    check("IPv4", LinkType::ETHERNET, &padded, &HI_V4.replace("hi", ""));
    let padded = joined(&[&ethernet(&[0x86dd], &v6(6, &tcp(0, b"hi"))), b"FCS!"]);
    check("IPv6", LinkType::ETHERNET, &padded, HI_V6);
}

#[test]
fn ipv4_options_and_authentication() {
    let mut bytes = v4(&joined(&[&[1, 1, 1, 0], &tcp(0, b"hi")]));
    bytes[0] = 0x46;
    check("options", LinkType::IPV4, &bytes, HI_V4);
    let auth = [6, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1];
    let protected = joined(&[&auth, &tcp(0, b"hi")]);
    check("AH in IPv4", LinkType::IPV4, &v4_with(20 + protected.len(), 0, 51, &protected), HI_V4);
    check("AH in IPv6", LinkType::IPV6, &v6(51, &protected), HI_V6);
}

#[test]
fn ipv6_extension_headers() {
    let hop_by_hop = [60, 0, 1, 4, 0, 0, 0, 0];
    let destination = [6, 1, 1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let bytes = joined(&[&hop_by_hop, &destination, &tcp(0, b"hi")]);
    check("hop-by-hop, destination", LinkType::IPV6, &v6(0, &bytes), HI_V6);
    let routed = joined(&[&[6, 0, 0, 0, 0, 0, 0, 0], &tcp(0, b"hi")]);
    check("routing", LinkType::IPV6, &v6(43, &routed), HI_V6);
    let atomic = joined(&[&[6, 0, 0, 0, 0, 0, 0, 1], &tcp(0, b"hi")]);
    check("atomic fragment, RFC 6946", LinkType::IPV6, &v6(44, &atomic), HI_V6);
    let cut = HI_V6.replace("cut 0", "cut 2").replace("hi", "");
    check_cut(
        "cut behind extensions",
        LinkType::IPV6,
        &v6(0, &bytes),
        40 + 24 + 20,
        &format!("{cut} | cut_payload: 2 of 2 payload bytes were not captured"),
    );
}

#[test]
fn a_length_of_zero_means_the_whole_packet() {
    let four = ethernet(&[0x0800], &v4_with(0, 0x4000, 6, &tcp(0, b"hi")));
    check("IPv4 offload", LinkType::ETHERNET, &four, HI_V4);
    let six = ethernet(&[0x86dd], &v6_with(0, 6, &tcp(0, b"hi")));
    check("IPv6 offload", LinkType::ETHERNET, &six, HI_V6);
    let jumbo = [6, 0, 0xc2, 4, 0, 1, 0, 0];
    let jumbogram = v6_with(0, 0, &joined(&[&jumbo, &tcp(0, b"hi")]));
    check("RFC 2675", LinkType::IPV6, &jumbogram, HI_V6);
    let lost = " | cut_payload: 99998 of 100000 payload bytes were not captured";
    for (name, data, hi) in [("IPv4, cut", four, HI_V4), ("IPv6, cut", six, HI_V6)] {
        let expected = hi.replace("cut 0", "cut 99998") + lost;
        assert_eq!(outcome(LinkType::ETHERNET, &data, data.len() + 99_998), expected, "{name}");
    }
}

#[test]
fn snap_length() {
    let data = ethernet(&[0x0800], &v4(&tcp(12, b"hello, world")));
    let hello = |kept: &str, cut: usize| {
        let head = HI_V4.replace("hi", kept).replace("cut 0", &format!("cut {cut}"));
        format!("{head} | cut_payload: {cut} of 12 payload bytes were not captured")
    };
    let link = LinkType::ETHERNET;
    check_cut("in the payload", link, &data, 66 + 5, &hello("hello", 7));
    check_cut("before the payload", link, &data, 66, &hello("", 12));
    check_cut("in the TCP options", link, &data, 60, &hello("", 12));
    check_cut("behind the fixed TCP header", link, &data, 54, &hello("", 12));
    let short = |header, needs, has| {
        format!("truncated_packet: {header} header needs {needs} bytes, but {has} were captured")
    };
    check_cut("in the TCP header", link, &data, 53, &short("TCP", 20, 19));
    check_cut("before the TCP header", link, &data, 34, &short("TCP", 20, 0));
    check_cut("in the IP header", link, &data, 33, &short("IPv4", 20, 19));
    check_cut("in the Ethernet header", link, &data, 13, &short("Ethernet", 14, 13));
    check_cut("nothing", link, &data, 0, &short("Ethernet", 14, 0));
    check_cut("in a tag", link, &ethernet(&[0x8100, 0x0800], &[]), 16, &short("VLAN", 4, 2));
    check_cut("no nibble", LinkType::RAW, &v4(&tcp(0, b"")), 0, &short("IP", 1, 0));
    check_cut("in the family", LinkType::NULL, &[2, 0, 0, 0], 3, &short("loopback", 4, 3));
    let options = v6(60, &joined(&[&[6, 1], &[0; 14], &tcp(0, b"")]));
    check_cut("in an extension", LinkType::IPV6, &options, 50, &short("IPv6 extension", 16, 10));
    let bare = ethernet(&[0x0800], &v4(&tcp(12, b"")));
    check_cut("only options are lost", link, &bare, 60, &HI_V4.replace("hi", ""));
}

#[test]
fn contradictions() {
    let good = v4(&tcp(0, b"hi"));
    let with = |at: usize, value: u8| {
        let mut bytes = good.clone();
        bytes[at] = value;
        bytes
    };
    let rows: &[(&str, LinkType, Vec<u8>, &str)] = &[
        ("version 5", LinkType::RAW, with(0, 0x55), "IP version is 5, expected 4 or 6"),
        ("IPv6 where IPv4 is announced", LinkType::IPV4, with(0, 0x65), "IP version is 6, expected 4"),
        ("IPv4 where IPv6 is announced", LinkType::IPV6, good.clone(), "IP version is 4, expected 6"),
        ("IHL 4", LinkType::IPV4, with(0, 0x44), "IPv4 header length in words is 4, expected at least 5"),
        ("total length 19", LinkType::IPV4, with(3, 19), "IPv4 total length is 19, expected at least 20"),
        (
            "total length 39",
            LinkType::IPV4,
            with(3, 39),
            "length of the TCP segment is 19, expected at least 20",
        ),
        (
            "data offset 4",
            LinkType::IPV4,
            with(32, 0x40),
            "TCP data offset in bytes is 16, expected at least 20",
        ),
        (
            "data offset 6 of 22",
            LinkType::IPV4,
            with(32, 0x60),
            "TCP data offset in bytes is 24, expected at most 22",
        ),
        ("family", LinkType::LOOP, good.clone(), "protocol family is 1157627946, expected at most 255"),
        (
            "extension beyond the packet",
            LinkType::IPV6,
            v6(60, &[6, 9, 0, 0, 0, 0, 0, 0]),
            "IPv6 extension header length is 80, expected at most 8",
        ),
        (
            "hop-by-hop in second place",
            LinkType::IPV6,
            v6(60, &[0, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]),
            "bytes before the IPv6 hop-by-hop header is 8, expected at most 0",
        ),
        (
            "AH of no words",
            LinkType::IPV4,
            v4_with(32, 0, 51, &[6, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1]),
            "IP authentication header length in words is 0, expected at least 1",
        ),
    ];
    for (name, link, data, expected) in rows {
        check(name, *link, data, &format!("malformed_header: {expected}"));
    }
}

fn any_link() -> impl Strategy<Value = LinkType> {
    prop_oneof![
        proptest::sample::select(
            &[
                0_u16, 1, 6, 9, 10, 12, 14, 50, 51, 100, 101, 104, 105, 107, 108, 109, 113, 117, 119, 122,
                123, 127, 138, 163, 166, 178, 192, 204, 219, 228, 229, 239, 242, 258, 276,
            ][..]
        )
        .prop_map(LinkType),
        any::<u16>().prop_map(LinkType),
    ]
}

proptest! {
    #[test]
    fn any_bytes_give_a_segment_or_nothing(
        link in any_link(), data in proptest::collection::vec(any::<u8>(), 0..120), more in 0_u32..100_000
    ) {
        let orig_len = u32::try_from(data.len()).unwrap() + more;
        let packet = Packet { no: PacketNo(1), at: None, link, orig_len, data: &data };
        let mut weirds = Weirds::default();
        let mut decoder = Decoder::new(&Limits::default());
        decoder.decode(&packet, &mut weirds, &mut |segment| assert!(segment.payload.len() <= data.len()));
        decoder.finish(&mut weirds);
    }

    /// A good packet with a few octets changed reaches further than noise does.
    #[test]
    fn a_spoilt_packet_gives_a_segment_or_nothing(
        kind in 0..3, at in proptest::collection::vec((0_usize..90, any::<u8>()), 0..4), kept in 0_usize..140
    ) {
        let extensions = joined(&[&[60, 0, 1, 4, 0, 0, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 1], &tcp(8, b"hi")]);
        let (link, mut data) = match kind {
            0 => (LinkType::ETHERNET, ethernet(&[0x8100, 0x0800], &v4(&tcp(8, b"hello")))),
            1 => (LinkType::RAW, v6(0, &extensions)),
            _ => (LinkType::IPV4, v4_with(62, 0, 51, &joined(&[&[6, 2, 0, 0], &[0; 12], &tcp(4, b"hi")]))),
        };
        for (at, value) in at {
            if let Some(octet) = data.get_mut(at) {
                *octet = value;
            }
        }
        let orig_len = u32::try_from(data.len()).unwrap();
        data.truncate(kept);
        let packet = Packet { no: PacketNo(1), at: None, link, orig_len, data: &data };
        let mut decoder = Decoder::new(&Limits::default());
        decoder.decode(&packet, &mut Weirds::default(), &mut |segment| {
            assert!(segment.payload.len() <= data.len());
        });
    }
}
