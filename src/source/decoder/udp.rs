//! Tunnels in UDP.

use crate::source::decoder::Walk;
use crate::source::decoder::odd::{Expected, Odd};
use crate::source::decoder::view::View;
use crate::source::decoder::{ether, ip, link, ppp, tunnel, wifi};

/// Reads the payload of a tunnel in UDP.
type Carrier = fn(&mut Walk<'_>, View<'_>) -> Result<(), Odd>;

/// What UDP from one port to another carries, unless its header speaks against it.
fn carrier([source, destination]: [u16; 2]) -> Option<Carrier> {
    to(destination).or_else(|| either(destination)).or_else(|| either(source))
}

/// Tunnels whose source port means nothing. 8472 is VXLAN on Linux before the number was assigned, and still that of
/// some networks of containers.
const fn to(port: u16) -> Option<Carrier> {
    Some(match port {
        2152 => gtp,
        4341 => lisp,
        4754 => tunnel::gre,
        4789 | 8472 => vxlan,
        4790 => vxlan_gpe,
        6080 => gue,
        6081 => geneve,
        6635 => ether::mpls,
        37008 => tzsp,
        _ => return None,
    })
}

/// Tunnels of which one end keeps the port and the other need not. 41641 is WireGuard as Tailscale has it.
const fn either(port: u16) -> Option<Carrier> {
    Some(match port {
        443 => quic,
        1194 => open_vpn,
        1701 => l2tp,
        3544 => teredo,
        4500 => esp,
        5072 => ayiya,
        5247 => capwap,
        41641 | 51820 => wire_guard,
        _ => return None,
    })
}

/// Whether what begins like this is UDP of a tunnel, as far as a first fragment shows.
pub(super) fn is_carrier(udp: &[u8]) -> bool {
    match *udp {
        [s0, s1, d0, d1, ..] => carrier([[s0, s1], [d0, d1]].map(u16::from_be_bytes)).is_some(),
        _ => true,
    }
}

/// A UDP datagram, which is of interest only as a tunnel.
pub(super) fn datagram(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const HEADER_LEN: usize = 8;
    let (&[s0, s1, d0, d1, l0, l1, _, _], rest) = data.header::<HEADER_LEN>("UDP")?;
    let ports = [[s0, s1], [d0, d1]].map(u16::from_be_bytes);
    let Some(carrier) = carrier(ports) else { return Ok(()) };
    match usize::from(u16::from_be_bytes([l0, l1])) {
        // As IP has it: a jumbogram, or one for offload.
        0 => carrier(walk, rest),
        len @ HEADER_LEN.. => carrier(walk, rest.announced(len - HEADER_LEN)),
        len => {
            Err(Odd::Contradiction { field: "UDP length", is: len, expected: Expected::AtLeast(HEADER_LEN) })
        }
    }
}

/// RFC 7348 5. Which of the networks it is does not matter here.
fn vxlan(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const HAS_NETWORK: u8 = 0x08;
    let (&[flags, ..], rest) = data.header::<8>("VXLAN")?;
    if flags & HAS_NETWORK == 0 {
        return Ok(());
    }
    walk.descend()?;
    ether::frame(walk, rest)
}

/// draft-ietf-nvo3-vxlan-gpe 3.
fn vxlan_gpe(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const HAS_PROTOCOL: u8 = 0x04;
    let (&[flags, _, _, protocol, ..], rest) = data.header::<8>("VXLAN-GPE")?;
    if flags & HAS_PROTOCOL == 0 {
        return vxlan(walk, data);
    }
    walk.descend()?;
    tunnel::by_next_protocol(walk, protocol, rest, "VXLAN-GPE, neither Ethernet, IP nor MPLS")
}

/// RFC 8926 3.4.
fn geneve(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const VERSION: u8 = 0xc0;
    let (&[head, _, high, low, ..], rest) = data.header::<8>("Geneve")?;
    if head & VERSION != 0 {
        return Ok(());
    }
    walk.descend()?;
    let rest = rest.behind(4 * usize::from(head & !VERSION), "Geneve options")?;
    ether::typed(walk, u16::from_be_bytes([high, low]), rest)
}

/// GTP-U version 1 (3GPP TS 29.281 5).
fn gtp(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const VERSION_1: u8 = 0x30;
    const USER_PACKET: u8 = 255;
    let (&[flags, kind, l0, l1, ..], rest) = data.header::<8>("GTP-U")?;
    if flags & 0xf0 != VERSION_1 || kind != USER_PACKET {
        return Ok(());
    }
    walk.descend()?;
    let mut rest = rest.announced(usize::from(u16::from_be_bytes([l0, l1])));
    // Any of three optional fields brings all of them.
    if flags & 7 != 0 {
        let (&[.., mut extension], behind) = rest.header::<4>("GTP-U")?;
        rest = behind;
        while extension != 0 {
            let (&[words], _) = rest.header::<1>("GTP-U extension")?;
            let len = 4 * usize::from(words);
            let behind = rest.behind(len, "GTP-U extension")?;
            let Some(&next) = rest.bytes.get(..len).and_then(<[u8]>::last) else {
                return Err(Odd::Contradiction {
                    field: "GTP-U extension length in words",
                    is: 0,
                    expected: Expected::AtLeast(1),
                });
            };
            (extension, rest) = (next, behind);
        }
    }
    let (&[first], _) = rest.header::<1>("GTP-U payload")?;
    match first >> 4 {
        4 | 6 => ip::either(walk, rest),
        _ if ether::is_ethernet(rest)? => ether::frame(walk, rest),
        _ => Err(Odd::Undecoded { name: "GTP-U, neither IP nor Ethernet" }),
    }
}

/// The locator/identifier separation of RFC 9300 5.1, and with a field for what is inside RFC 9305 4.
fn lisp(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const HAS_PROTOCOL: u8 = 0x04;
    let (&[flags, _, _, protocol, ..], rest) = data.header::<8>("LISP")?;
    if flags & HAS_PROTOCOL != 0 {
        walk.descend()?;
        return tunnel::by_next_protocol(walk, protocol, rest, "LISP, neither Ethernet nor IP");
    }
    if begin::<1>(rest, "LISP payload")?.is_none() || !ether::is_any_ip(rest) {
        return Ok(());
    }
    walk.descend()?;
    ip::either(walk, rest)
}

/// Generic UDP Encapsulation (draft-ietf-intarea-gue 3, 4): a header, or since version 1 IP itself.
fn gue(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const CONTROL: u8 = 0x20;
    let (&[head, protocol, ..], rest) = data.header::<4>("GUE")?;
    match head >> 6 {
        0 if head & CONTROL == 0 => {
            let rest = rest.behind(4 * usize::from(head & 0x1f), "GUE")?;
            match protocol {
                4 => {
                    walk.descend()?;
                    ip::v4(walk, rest)
                }
                41 => {
                    walk.descend()?;
                    ip::v6(walk, rest)
                }
                47 => tunnel::gre(walk, rest),
                6 | 17 => Err(Odd::Undecoded { name: "GUE without an IP header of its own" }),
                _ => Ok(()),
            }
        }
        1 if ether::is_any_ip(data) => {
            walk.descend()?;
            ip::either(walk, data)
        }
        _ => Ok(()),
    }
}

/// What sniffers of wireless networks send to an analyser.
fn tzsp(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const VERSION: u8 = 1;
    const LAST_WITH_PACKET: u8 = 1;
    const PADDING: u8 = 0;
    const END: u8 = 1;
    let (&[version, kind, high, low], mut rest) = data.header::<4>("TZSP")?;
    if version != VERSION || kind > LAST_WITH_PACKET {
        return Ok(());
    }
    walk.descend()?;
    loop {
        let (&[tag], behind) = rest.header::<1>("TZSP tag")?;
        rest = behind;
        match tag {
            PADDING => {}
            END => break,
            _ => {
                let (&[len], behind) = rest.header::<1>("TZSP tag")?;
                rest = behind.behind(usize::from(len), "TZSP tag")?;
            }
        }
    }
    match u16::from_be_bytes([high, low]) {
        1 => ether::frame(walk, rest),
        18 => wifi::frame(walk, rest),
        119 => link::prism(walk, rest),
        127 => link::avs(walk, rest),
        _ => Err(Odd::Undecoded { name: "TZSP, neither Ethernet nor 802.11" }),
    }
}

/// L2TP: PPP in version 2 (RFC 2661 3.1), anything in version 3 (RFC 3931 4.1.2).
fn l2tp(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const CONTROL: u8 = 0x80;
    const LENGTH: u8 = 0x40;
    const SEQUENCE: u8 = 0x08;
    const OFFSET: u8 = 0x02;
    let (&[flags, version], rest) = data.header::<2>("L2TP")?;
    if flags & CONTROL != 0 {
        return Ok(());
    }
    match version & 0xf {
        2 => {
            walk.descend()?;
            let has = |bit: u8, len| if flags & bit == 0 { 0 } else { len };
            // Tunnel and session are always there.
            let rest = rest.behind(has(LENGTH, 2) + 4 + has(SEQUENCE, 4), "L2TP")?;
            if flags & OFFSET == 0 {
                return ppp::framed(walk, rest);
            }
            let (&padding, rest) = rest.header::<2>("L2TP")?;
            ppp::framed(walk, rest.behind(usize::from(u16::from_be_bytes(padding)), "L2TP")?)
        }
        3 => tunnel::l2tp_3(walk, rest.behind(2, "L2TPv3")?),
        _ => Ok(()),
    }
}

/// IPv6 from behind a NAT (RFC 4380 5.1.1), with what its servers may put before it.
fn teredo(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let mut rest = data;
    if begin(rest, "Teredo")? == Some([0, 1]) {
        let (&[_, _, id, value], _) = rest.header::<4>("Teredo authentication")?;
        rest = rest.behind(13 + usize::from(id) + usize::from(value), "Teredo authentication")?;
    }
    if begin(rest, "Teredo")? == Some([0, 0]) {
        rest = rest.behind(8, "Teredo origin")?;
    }
    match begin(rest, "Teredo payload")? {
        Some([first]) if first >> 4 == 6 && ether::is_any_ip(rest) => {
            walk.descend()?;
            ip::v6(walk, rest)
        }
        _ => Ok(()),
    }
}

/// The first bytes; `None` where there were fewer.
fn begin<const N: usize>(data: View<'_>, header: &'static str) -> Result<Option<[u8; N]>, Odd> {
    match data.bytes.first_chunk() {
        None if data.is_cut() => Err(Odd::Short { header, needs: N, has: data.bytes.len() }),
        start => Ok(start.copied()),
    }
}

/// IPv6 to hosts without it, by a broker (draft-massar-v6ops-ayiya 3).
fn ayiya(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const FORWARD: u8 = 1;
    let (&[identity, signature, operation, next, _, _, _, _], rest) = data.header::<8>("AYIYA")?;
    if operation & 0xf != FORWARD || !matches!(next, 4 | 41) {
        return Ok(());
    }
    walk.descend()?;
    // The one length is an exponent, the other in words.
    let len = (1_usize << (identity >> 4)) + 4 * usize::from(signature >> 4);
    let rest = rest.behind(len, "AYIYA")?;
    if next == 4 { ip::v4(walk, rest) } else { ip::v6(walk, rest) }
}

/// What an access point and its controller exchange of their stations (RFC 5415 4.3, RFC 5416 3).
fn capwap(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const PLAIN: u8 = 0;
    const DTLS: u8 = 1;
    const NATIVE: u8 = 1;
    const IEEE802_11: u8 = 1;
    const FRAGMENT: u8 = 0x80;
    const KEEP_ALIVE: u8 = 0x08;
    let (&[preamble], _) = data.header::<1>("CAPWAP")?;
    match preamble {
        PLAIN => {}
        DTLS => return Err(Odd::Encrypted { by: "DTLS of CAPWAP" }),
        _ => return Ok(()),
    }
    let (&[_, len, binding, flags], _) = data.header::<4>("CAPWAP")?;
    if flags & KEEP_ALIVE != 0 {
        return Ok(());
    }
    if flags & FRAGMENT != 0 {
        return Err(Odd::Undecoded { name: "a fragment of CAPWAP" });
    }
    walk.descend()?;
    let rest = data.behind(4 * usize::from(len >> 3), "CAPWAP")?;
    match (binding & NATIVE, binding >> 1 & 0x1f) {
        (NATIVE, IEEE802_11) => wifi::of_access_point(walk, rest),
        (NATIVE, _) => Err(Odd::Undecoded { name: "CAPWAP, neither Ethernet nor 802.11" }),
        _ => ether::frame(walk, rest),
    }
}

/// ESP from behind a NAT (RFC 3948 2); beside it the port has IKE, which begins with zeros, and octets that keep the
/// NAT open.
fn esp(_: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    match *data.bytes {
        [0, 0, 0, 0, ..] => Ok(()),
        [_, _, _, _, ..] => Err(Odd::Encrypted { by: "ESP in UDP" }),
        _ => Ok(()),
    }
}

/// A connection of QUIC begins: an Initial packet of version 1 or 2 (RFC 9000 17.2.2, RFC 9369 3.2). Nothing is read of it.
fn quic(_: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    match *data.bytes {
        [first, 0, 0, 0, 1, ..] if first & 0xf0 == 0xc0 => Err(Odd::Quic),
        [first, 0x6b, 0x33, 0x43, 0xcf, ..] if first & 0xf0 == 0xd0 => Err(Odd::Quic),
        _ => Ok(()),
    }
}

/// A packet of data of WireGuard: type, three zeros, receiver, counter, and a multiple of 16 with its tag.
fn wire_guard(_: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    match *data.bytes {
        // One of 32 holds nothing and keeps a NAT open.
        [4, 0, 0, 0, ..] if data.on_wire > 32 && data.on_wire.is_multiple_of(16) => {
            Err(Odd::Encrypted { by: "WireGuard" })
        }
        _ => Ok(()),
    }
}

/// A packet of data of OpenVPN, of either version.
fn open_vpn(_: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const MIN_LEN: usize = 20;
    match *data.bytes {
        [first, ..] if matches!(first >> 3, 6 | 9) && data.on_wire > MIN_LEN => {
            Err(Odd::Encrypted { by: "OpenVPN" })
        }
        _ => Ok(()),
    }
}
