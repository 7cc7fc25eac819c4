//! Link layers: from a packet to the IP header in it, and so to its TCP segment.

use crate::capture::ip;
use crate::capture::odd::{Expected, Odd};
use crate::model::{LinkType, Packet, Segment, WeirdKind, Weirds};

#[cfg(test)]
mod tests;

/// Numbers of the Ethernet type field, also used by both versions of Linux cooked capture.
mod ether_type {
    pub(super) const IPV4: u16 = 0x0800;
    pub(super) const IPV6: u16 = 0x86dd;
    pub(super) const MPLS: u16 = 0x8847;
    pub(super) const MPLS_UPSTREAM: u16 = 0x8848;
    pub(super) const PPPOE_SESSION: u16 = 0x8864;
    /// 802.1Q.
    pub(super) const VLAN: u16 = 0x8100;
    /// 802.1ad.
    pub(super) const SERVICE_VLAN: u16 = 0x88a8;
    /// Outer tag of switches older than 802.1ad.
    pub(super) const OLD_SERVICE_VLAN: u16 = 0x9100;
}

/// The TCP segment in a packet. Checksums are not verified: offload leaves them blank on the sending host.
///
/// `None` without a weird for what holds no TCP (ARP, UDP …); with one for a header that is cut or contradicts
/// itself, for a link type or tunnel that is not decoded, and for a fragment. A segment whose payload, or whose
/// TCP options, the snap length cut is given with [`Segment::cut_off`] and counted as
/// [`WeirdKind::CutPayload`].
#[inline]
#[must_use]
pub fn decode<'a>(packet: &Packet<'a>, weirds: &mut Weirds) -> Option<Segment<'a>> {
    match segment(packet) {
        Ok(segment) => {
            if let Some(Segment { payload, cut_off: cut_off @ 1.., .. }) = &segment {
                weirds.add(WeirdKind::CutPayload, Some(packet.no), || {
                    let on_wire = payload.len().saturating_add(*cut_off as usize);
                    format!("packet {}: {cut_off} of {on_wire} payload bytes were not captured", packet.no)
                });
            }
            segment
        }
        Err(odd) => {
            weirds.add(odd.kind(), Some(packet.no), || format!("packet {}: {odd}", packet.no));
            None
        }
    }
}

#[inline]
fn segment<'a>(packet: &Packet<'a>) -> Result<Option<Segment<'a>>, Odd> {
    match packet.link {
        LinkType::ETHERNET => {
            let (head, rest) = header::<14>(packet.data, "Ethernet")?;
            let [.., high, low] = *head;
            tagged(packet, u16::from_be_bytes([high, low]), rest)
        }
        LinkType::LINUX_SLL => {
            let (head, rest) = header::<16>(packet.data, "Linux cooked")?;
            let [.., high, low] = *head;
            tagged(packet, u16::from_be_bytes([high, low]), rest)
        }
        LinkType::LINUX_SLL2 => {
            let (head, rest) = header::<20>(packet.data, "Linux cooked v2")?;
            let [high, low, ..] = *head;
            tagged(packet, u16::from_be_bytes([high, low]), rest)
        }
        LinkType::NULL => {
            let (head, rest) = header::<4>(packet.data, "loopback")?;
            // The byte order is that of a host we do not know; families are small numbers.
            let family = u32::from_le_bytes(*head);
            loopback(packet, if family > 0xffff { family.swap_bytes() } else { family }, rest)
        }
        LinkType::LOOP => {
            let (head, rest) = header::<4>(packet.data, "loopback")?;
            loopback(packet, u32::from_be_bytes(*head), rest)
        }
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => {
            let (first, _) = header::<1>(packet.data, "IP")?;
            match first[0] >> 4 {
                4 => ip::v4(packet, packet.data),
                6 => ip::v6(packet, packet.data),
                version => Err(Odd::Contradiction {
                    field: "IP version",
                    is: usize::from(version),
                    expected: Expected::OneOf("4 or 6"),
                }),
            }
        }
        LinkType::IPV4 => ip::v4(packet, packet.data),
        LinkType::IPV6 => ip::v6(packet, packet.data),
        unknown => Err(Odd::UnknownLink(unknown)),
    }
}

/// What follows an Ethernet type, behind any stack of VLAN tags.
#[inline]
fn tagged<'a>(
    packet: &Packet<'a>,
    mut ether_type: u16,
    mut rest: &'a [u8],
) -> Result<Option<Segment<'a>>, Odd> {
    use ether_type::{IPV4, IPV6, MPLS, MPLS_UPSTREAM, OLD_SERVICE_VLAN, PPPOE_SESSION, SERVICE_VLAN, VLAN};
    while matches!(ether_type, VLAN | SERVICE_VLAN | OLD_SERVICE_VLAN) {
        let (tag, behind) = header::<4>(rest, "VLAN")?;
        let [_, _, high, low] = *tag;
        (ether_type, rest) = (u16::from_be_bytes([high, low]), behind);
    }
    match ether_type {
        IPV4 => ip::v4(packet, rest),
        IPV6 => ip::v6(packet, rest),
        MPLS | MPLS_UPSTREAM => Err(Odd::Tunnel { name: "MPLS" }),
        PPPOE_SESSION => Err(Odd::Tunnel { name: "PPPoE" }),
        _ => Ok(None),
    }
}

/// What follows a protocol family, as numbered by the BSDs, macOS and Linux.
fn loopback<'a>(packet: &Packet<'a>, family: u32, rest: &'a [u8]) -> Result<Option<Segment<'a>>, Odd> {
    match family {
        2 => ip::v4(packet, rest),
        10 | 24 | 28 | 30 => ip::v6(packet, rest),
        0..=255 => Ok(None),
        _ => Err(Odd::Contradiction {
            field: "protocol family",
            is: usize::try_from(family).unwrap_or(usize::MAX),
            expected: Expected::AtMost(255),
        }),
    }
}

#[inline]
fn header<'a, const N: usize>(data: &'a [u8], name: &'static str) -> Result<(&'a [u8; N], &'a [u8]), Odd> {
    data.split_first_chunk().ok_or(Odd::Short { header: name, needs: N, has: data.len() })
}
