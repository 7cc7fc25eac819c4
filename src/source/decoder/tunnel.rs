//! Tunnels in IP.

use crate::source::decoder::Walk;
use crate::source::decoder::odd::{Expected, Odd};
use crate::source::decoder::view::View;
use crate::source::decoder::{ether, ip, link, ppp, wifi};

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
    const FRAME_RELAY: u16 = 0x6559;
    const FIRST_WLAN: u16 = 0x8200;
    const LAST_WLAN: u16 = 0x8370;
    const WCCP: u16 = 0x883e;
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
                WCCP => wccp(walk, rest),
                FRAME_RELAY => link::frame_relay(walk, rest),
                // One number for each queue of an access point.
                FIRST_WLAN..=LAST_WLAN if protocol & 0xf == 0 => wifi::frame(walk, rest),
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

/// What a router redirects to a web cache: IP, behind a header of its own since version 2
/// (draft-mclaggan-wccp-v2rev1 3.13).
fn wccp(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    match data.header::<4>("WCCP redirect")? {
        ([first, ..], _) if first >> 4 == 4 => ip::v4(walk, data),
        (_, rest) => ip::either(walk, rest),
    }
}

/// An Ethernet frame right behind IP (RFC 8986 9.1).
pub(super) fn ethernet(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    walk.descend()?;
    ether::frame(walk, data)
}

/// A session of L2TPv3 (RFC 3931 4.1.1). Only its ends know how long the cookie is, and whether there is a sublayer
/// behind it, so what follows has to show it.
pub(super) fn l2tp_3(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    /// The longest cookie and a sublayer, Ethernet, two tags, and what shows IP.
    const ENOUGH: usize = 12 + 14 + 8 + 6;
    let (&session, rest) = data.header::<4>("L2TPv3")?;
    if session == [0; 4] {
        // Control messages.
        return Ok(());
    }
    walk.descend()?;
    for len in [0, 4, 8, 12] {
        if let Ok(behind) = rest.behind(len, "L2TPv3")
            && ether::is_ip_in_ethernet(behind)
        {
            return ether::frame(walk, behind);
        }
    }
    if rest.is_cut() && rest.bytes.len() < ENOUGH {
        return Err(Odd::Short { header: "L2TPv3", needs: ENOUGH, has: rest.bytes.len() });
    }
    Err(Odd::Undecoded { name: "L2TPv3, and no IP in Ethernet" })
}

/// What follows a number of the registry that VXLAN-GPE, NSH and LISP share (RFC 8300 9.1.2 and others).
pub(super) fn by_next_protocol(
    walk: &mut Walk<'_>,
    protocol: u8,
    rest: View<'_>,
    name: &'static str,
) -> Result<(), Odd> {
    match protocol {
        1 => ip::v4(walk, rest),
        2 => ip::v6(walk, rest),
        3 => ether::frame(walk, rest),
        4 => nsh(walk, rest),
        5 => ether::mpls(walk, rest),
        _ => Err(Odd::Undecoded { name }),
    }
}

/// Network Service Header (RFC 8300 2).
pub(super) fn nsh(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const VERSION: u8 = 0xc0;
    const MIN_LEN: usize = 8;
    let (&[head, len, _, protocol], _) = data.header::<4>("NSH")?;
    if head & VERSION != 0 {
        return Err(Odd::Undecoded { name: "NSH of another version" });
    }
    walk.descend()?;
    let len = 4 * usize::from(len & 0x3f);
    if len < MIN_LEN {
        return Err(Odd::Contradiction {
            field: "NSH length",
            is: len,
            expected: Expected::AtLeast(MIN_LEN),
        });
    }
    by_next_protocol(walk, protocol, data.behind(len, "NSH")?, "NSH, neither Ethernet, IP nor MPLS")
}
