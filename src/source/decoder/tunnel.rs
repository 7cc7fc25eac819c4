//! Tunnels in IP and in UDP.

use crate::source::decoder::Walk;
use crate::source::decoder::odd::{Expected, Odd};
use crate::source::decoder::view::View;
use crate::source::decoder::{ether, ip, ppp};

/// Generic Routing Encapsulation: RFC 2784, with the key and sequence number of RFC 2890, and as PPTP has it
/// (RFC 2637).
pub(super) fn gre(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const CHECKSUM: u8 = 0x80;
    const ROUTING: u8 = 0x40;
    const KEY: u8 = 0x20;
    const SEQUENCE: u8 = 0x10;
    const ACKNOWLEDGEMENT: u8 = 0x80;
    const ERSPAN: u16 = 0x88be;
    const ERSPAN_3: u16 = 0x22eb;
    let (&[flags, version, high, low], rest) = data.header::<4>("GRE")?;
    let protocol = u16::from_be_bytes([high, low]);
    let has = |bit: u8| if flags & bit == 0 { 0 } else { 4 };
    walk.descend()?;
    match version & 7 {
        0 if flags & ROUTING != 0 => Err(Odd::Undecoded { name: "GRE with source routing (RFC 1701)" }),
        0 => {
            let rest = rest.behind(has(CHECKSUM) + has(KEY) + has(SEQUENCE), "GRE")?;
            match protocol {
                // Type I has no sequence number and no header of its own.
                ERSPAN if flags & SEQUENCE == 0 => ether::frame(walk, rest),
                ERSPAN => ether::frame(walk, rest.behind(8, "ERSPAN II")?),
                ERSPAN_3 => erspan_3(walk, rest),
                other => ether::typed(walk, other, rest),
            }
        }
        1 => {
            let (&[l0, l1, _, _], rest) = rest.header::<4>("GRE of PPTP")?;
            let acknowledgement = if version & ACKNOWLEDGEMENT == 0 { 0 } else { 4 };
            let rest = rest.behind(has(SEQUENCE) + acknowledgement, "GRE of PPTP")?;
            match usize::from(u16::from_be_bytes([l0, l1])) {
                // Only an acknowledgement.
                0 => Ok(()),
                len => ppp::framed(walk, rest.announced(len)),
            }
        }
        version => Err(Odd::Contradiction {
            field: "GRE version",
            is: usize::from(version),
            expected: Expected::AtMost(1),
        }),
    }
}

/// ERSPAN type III (draft-foschiano-erspan 4.3).
fn erspan_3(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const PLATFORM_HEADER: u8 = 1;
    let (&[.., kind, last], rest) = data.header::<12>("ERSPAN III")?;
    let rest = rest.behind(if last & PLATFORM_HEADER == 0 { 0 } else { 8 }, "ERSPAN III")?;
    match kind >> 2 & 0x1f {
        0 => ether::frame(walk, rest),
        2 => ip::either(walk, rest),
        _ => Err(Odd::Undecoded { name: "ERSPAN III, neither Ethernet nor IP" }),
    }
}

/// Ethernet in IP (RFC 3378).
pub(super) fn ethernet_in_ip(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    walk.descend()?;
    let (_, rest) = data.header::<2>("Ethernet in IP")?;
    ether::frame(walk, rest)
}

/// Reads the payload of a tunnel in UDP.
type Carrier = fn(&mut Walk<'_>, View<'_>) -> Result<(), Odd>;

/// What UDP to this port carries, unless its header speaks against it. 8472 is VXLAN on Linux before the number
/// was assigned, and still that of some networks of containers.
const fn carrier(port: u16) -> Option<Carrier> {
    Some(match port {
        2152 => gtp,
        4754 => gre,
        4789 | 8472 => vxlan,
        4790 => vxlan_gpe,
        6081 => geneve,
        6635 => ether::mpls,
        _ => return None,
    })
}

/// Whether what begins like this is UDP of a tunnel, as far as a first fragment shows.
pub(super) fn is_carrier(udp: &[u8]) -> bool {
    match *udp {
        [_, _, high, low, ..] => carrier(u16::from_be_bytes([high, low])).is_some(),
        _ => true,
    }
}

/// A UDP datagram, which is of interest only as a tunnel.
pub(super) fn udp(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const HEADER_LEN: usize = 8;
    let (&[_, _, p0, p1, l0, l1, _, _], rest) = data.header::<HEADER_LEN>("UDP")?;
    let Some(carrier) = carrier(u16::from_be_bytes([p0, p1])) else { return Ok(()) };
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
    match protocol {
        1 => ip::v4(walk, rest),
        2 => ip::v6(walk, rest),
        3 => ether::frame(walk, rest),
        5 => ether::mpls(walk, rest),
        _ => Err(Odd::Undecoded { name: "VXLAN-GPE, neither Ethernet, IP nor MPLS" }),
    }
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
