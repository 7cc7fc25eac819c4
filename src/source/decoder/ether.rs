//! Ethernet and what its type field announces: VLAN tags, MPLS, LLC.

use crate::source::decoder::Walk;
use crate::source::decoder::odd::Odd;
use crate::source::decoder::view::View;
use crate::source::decoder::{ip, ppp, tunnel};

/// Numbers of the Ethernet type field, also used by cooked captures, GRE, Geneve and SNAP.
mod ether_type {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const ARP: u16 = 0x0806;
    pub(super) const ROHC: u16 = 0x22f1;
    pub(super) const TRILL: u16 = 0x22f3;
    pub(super) const BATMAN: u16 = 0x4305;
    pub(super) const TRANSPARENT_BRIDGING: u16 = 0x6558;
    pub(super) const COMPRESSED_TCP: u16 = 0x876b;
    /// 802.1Q.
    pub(super) const VLAN: u16 = 0x8100;
    pub(super) const IPV6: u16 = 0x86dd;
    pub(super) const PPP: u16 = 0x880b;
    pub(super) const MPLS: u16 = 0x8847;
    pub(super) const MPLS_UPSTREAM: u16 = 0x8848;
    pub(super) const PPPOE_DISCOVERY: u16 = 0x8863;
    pub(super) const PPPOE_SESSION: u16 = 0x8864;
    /// 802.1ad.
    pub(super) const SERVICE_VLAN: u16 = 0x88a8;
    pub(super) const LWAPP: u16 = 0x88bb;
    pub(super) const MACSEC: u16 = 0x88e5;
    /// 802.1ah.
    pub(super) const BACKBONE: u16 = 0x88e7;
    pub(super) const FABRIC_PATH: u16 = 0x8903;
    pub(super) const CISCO_METADATA: u16 = 0x8909;
    pub(super) const VN_TAG: u16 = 0x8926;
    /// IEC 62439-3.
    pub(super) const HSR: u16 = 0x892f;
    /// 802.1BR.
    pub(super) const E_TAG: u16 = 0x893f;
    pub(super) const NSH: u16 = 0x894f;
    /// Outer tag of switches older than 802.1ad.
    pub(super) const OLD_SERVICE_VLAN: u16 = 0x9100;
    pub(super) const LOW_POWER: u16 = 0xa0ed;
    /// 802.1CB.
    pub(super) const R_TAG: u16 = 0xf1c1;
}
use ether_type::*;

/// Up to here the field is a length, and LLC follows (IEEE 802.3 3.2.6).
const MAX_LENGTH: u16 = 1500;

/// An Ethernet frame.
// Once a packet, by each way of reading.
#[inline(always)]
pub(super) fn frame(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (&[.., high, low], rest) = data.header::<14>("Ethernet")?;
    match u16::from_be_bytes([high, low]) {
        length @ 0..=MAX_LENGTH => llc(walk, rest.announced(usize::from(length))),
        ether_type => typed(walk, ether_type, rest),
    }
}

/// What follows an Ethernet type, behind any stack of VLAN tags.
#[inline]
pub(super) fn typed(walk: &mut Walk<'_>, mut ether_type: u16, mut rest: View<'_>) -> Result<(), Odd> {
    while matches!(ether_type, VLAN | SERVICE_VLAN | OLD_SERVICE_VLAN) {
        let (&[_, _, high, low], behind) = rest.header::<4>("VLAN")?;
        (ether_type, rest) = (u16::from_be_bytes([high, low]), behind);
    }
    match ether_type {
        IPV4 => ip::v4(walk, rest),
        IPV6 => ip::v6(walk, rest),
        other => rarer(walk, other, rest),
    }
}

fn rarer(walk: &mut Walk<'_>, ether_type: u16, rest: View<'_>) -> Result<(), Odd> {
    match ether_type {
        MPLS | MPLS_UPSTREAM => mpls(walk, rest),
        PPPOE_SESSION => ppp::over_ethernet(walk, rest),
        PPP => {
            walk.descend()?;
            ppp::framed(walk, rest)
        }
        TRANSPARENT_BRIDGING => {
            walk.descend()?;
            frame(walk, rest)
        }
        BACKBONE => {
            walk.descend()?;
            let (_, rest) = rest.header::<4>("PBB")?;
            frame(walk, rest)
        }
        VN_TAG => tagged::<6>(walk, rest, "VN-tag"),
        E_TAG => tagged::<8>(walk, rest, "E-TAG"),
        HSR => tagged::<6>(walk, rest, "HSR"),
        R_TAG => tagged::<6>(walk, rest, "R-TAG"),
        CISCO_METADATA if matches!(rest.bytes, [1, 1, ..] | [] | [_]) => {
            tagged::<8>(walk, rest, "Cisco metadata")
        }
        TRILL => trill(walk, rest),
        FABRIC_PATH => {
            walk.descend()?;
            let (_, rest) = rest.header::<2>("FabricPath")?;
            frame(walk, rest)
        }
        NSH => tunnel::nsh(walk, rest),
        MACSEC => Err(Odd::Encrypted { by: "MACsec" }),
        _ => match undecoded(ether_type, rest.bytes) {
            Some(name) => Err(Odd::Undecoded { name }),
            None => Ok(()),
        },
    }
}

/// Names of what can hold IP and is not followed.
fn undecoded(ether_type: u16, behind: &[u8]) -> Option<&'static str> {
    Some(match (ether_type, behind) {
        (ROHC, _) => "ROHC",
        (COMPRESSED_TCP, _) => "TCP with Van Jacobson compression",
        (CISCO_METADATA, _) => "Cisco metadata of another version",
        (LWAPP, _) => "LWAPP",
        (LOW_POWER, _) => "6LoWPAN",
        // Its other types are the network's own.
        (BATMAN, [0x40..=0x42, ..]) => "batman-adv",
        _ => return None,
    })
}

/// What follows a tag of `N` bytes, the last two of which are the next Ethernet type.
fn tagged<const N: usize>(walk: &mut Walk<'_>, data: View<'_>, name: &'static str) -> Result<(), Odd> {
    walk.descend()?;
    let (head, rest) = data.header::<N>(name)?;
    head.last_chunk().map_or(Ok(()), |ether_type| typed(walk, u16::from_be_bytes(*ether_type), rest))
}

/// An Ethernet frame from one router bridge to another (RFC 6325 3).
fn trill(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const VERSION: u8 = 0xc0;
    let (&[head, options, ..], rest) = data.header::<6>("TRILL")?;
    if head & VERSION != 0 {
        return Err(Odd::Undecoded { name: "TRILL of another version" });
    }
    walk.descend()?;
    // Words, in five bits over two bytes.
    let words = usize::from(head & 7) << 2 | usize::from(options >> 6);
    frame(walk, rest.behind(4 * words, "TRILL options")?)
}

/// What follows a length instead of a type: SNAP (RFC 1042) leads back to an Ethernet type.
pub(super) fn llc(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const SNAP: [u8; 3] = [0xaa, 0xaa, 3];
    let (&head, rest) = data.header::<3>("LLC")?;
    if head != SNAP {
        return Ok(());
    }
    snap(walk, rest)
}

/// Who numbers the protocols, and the number of this one (RFC 1042).
pub(super) fn snap(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    match data.header::<5>("SNAP")? {
        // The second is for bridges (802.1H).
        (&[0, 0, 0 | 0xf8, high, low], rest) => typed(walk, u16::from_be_bytes([high, low]), rest),
        _ => Ok(()),
    }
}

/// A stack of MPLS labels (RFC 3032). Nothing says what follows it, so its first half byte has to (RFC 4928):
/// IP has its version there, a pseudowire that cares to be told from IP a control word of zeros (RFC 4385).
pub(super) fn mpls(walk: &mut Walk<'_>, mut rest: View<'_>) -> Result<(), Odd> {
    const BOTTOM_OF_STACK: u8 = 1;
    walk.descend()?;
    loop {
        let (&[_, _, last, _], behind) = rest.header::<4>("MPLS")?;
        rest = behind;
        if last & BOTTOM_OF_STACK != 0 {
            break;
        }
    }
    let (&[first], _) = rest.header::<1>("MPLS payload")?;
    match first >> 4 {
        4 | 6 if is_ip(rest) => return ip::either(walk, rest),
        0 => {
            let (_, behind) = rest.header::<4>("pseudowire control word")?;
            if is_ethernet(behind)? {
                return frame(walk, behind);
            }
        }
        _ => {}
    }
    if is_ethernet(rest)? { frame(walk, rest) } else { Err(Odd::Undecoded { name: "MPLS" }) }
}

/// Whether an IP header of this version could stand here: its length fits.
fn is_ip(data: View<'_>) -> bool {
    match *data.bytes {
        [first, _, high, low, ..] if first >> 4 == 4 => {
            let len = usize::from(u16::from_be_bytes([high, low]));
            first & 0xf >= 5 && len <= data.on_wire
        }
        [_, _, _, _, high, low, ..] => usize::from(u16::from_be_bytes([high, low])) + 40 <= data.on_wire,
        // Cut: the header will say so.
        _ => true,
    }
}

/// Whether an Ethernet frame could stand here: its type is known and what follows agrees.
pub(super) fn is_ethernet(data: View<'_>) -> Result<bool, Odd> {
    if data.on_wire < 14 {
        return Ok(false);
    }
    let (&[.., high, low], rest) = data.header::<14>("inner Ethernet")?;
    let version = rest.bytes.first().map(|first| first >> 4);
    Ok(match u16::from_be_bytes([high, low]) {
        IPV4 => version.is_none_or(|version| version == 4),
        IPV6 => version.is_none_or(|version| version == 6),
        ARP | VLAN | SERVICE_VLAN | OLD_SERVICE_VLAN | MPLS | MPLS_UPSTREAM | PPPOE_DISCOVERY
        | PPPOE_SESSION | MACSEC => true,
        length @ 3..=MAX_LENGTH => usize::from(length) <= rest.on_wire,
        _ => false,
    })
}

/// Whether an IP header of either version could stand here.
pub(super) fn is_any_ip(data: View<'_>) -> bool {
    data.bytes.first().is_some_and(|first| matches!(first >> 4, 4 | 6)) && is_ip(data)
}

/// Whether an Ethernet frame with IP or ARP in it stands here, as far as its first bytes show.
pub(super) fn is_ip_in_ethernet(data: View<'_>) -> bool {
    let Ok((&[.., high, low], mut rest)) = data.header::<14>("inner Ethernet") else { return false };
    let mut ether_type = u16::from_be_bytes([high, low]);
    while let (VLAN | SERVICE_VLAN, Ok((&[_, _, high, low], behind))) =
        (ether_type, rest.header::<4>("inner VLAN"))
    {
        (ether_type, rest) = (u16::from_be_bytes([high, low]), behind);
    }
    let version = rest.bytes.first().map(|first| first >> 4);
    match ether_type {
        IPV4 => version == Some(4) && is_ip(rest),
        IPV6 => version == Some(6) && is_ip(rest),
        // Hardware and protocol type of Ethernet and IPv4.
        ARP => rest.bytes.starts_with(&[0, 1, 8, 0]),
        _ => false,
    }
}
