//! Link types: how a packet begins.
//!
//! Numbers and layouts: <https://www.tcpdump.org/linktypes.html>.

use crate::model::LinkType;
use crate::source::decoder::Walk;
use crate::source::decoder::odd::{Expected, Odd};
use crate::source::decoder::view::View;
use crate::source::decoder::{ether, ip, ppp, wifi};

#[cfg(test)]
mod tests;

/// Protocols of cooked captures below this one are no Ethernet types (IEEE 802.3 3.2.6).
const FIRST_ETHER_TYPE: u16 = 0x0600;

/// What is in a packet of this link type.
// Once a packet, by each way of reading.
#[inline(always)]
pub(super) fn packet(walk: &mut Walk<'_>, link: LinkType, data: View<'_>) -> Result<(), Odd> {
    match link {
        LinkType::ETHERNET => ether::frame(walk, data),
        LinkType::LINUX_SLL => {
            let (&[_, _, h0, h1, .., p0, p1], rest) = data.header::<16>("Linux cooked")?;
            cooked(walk, u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]), rest)
        }
        LinkType::LINUX_SLL2 => {
            let (&[p0, p1, _, _, _, _, _, _, h0, h1, ..], rest) = data.header::<20>("Linux cooked v2")?;
            cooked(walk, u16::from_be_bytes([h0, h1]), u16::from_be_bytes([p0, p1]), rest)
        }
        LinkType::RAW | LinkType::RAW_BSD | LinkType::RAW_OPENBSD => ip::either(walk, data),
        LinkType::IPV4 => ip::v4(walk, data),
        LinkType::IPV6 => ip::v6(walk, data),
        other => rarer(walk, other, data),
    }
}

/// Link types beside those of most captures.
fn rarer(walk: &mut Walk<'_>, link: LinkType, data: View<'_>) -> Result<(), Odd> {
    match link {
        LinkType::NULL => {
            let (head, rest) = data.header::<4>("loopback")?;
            // The byte order is that of a host we do not know; families are small numbers.
            let family = u32::from_le_bytes(*head);
            loopback(walk, if family > 0xffff { family.swap_bytes() } else { family }, rest)
        }
        LinkType::LOOP => {
            let (head, rest) = data.header::<4>("loopback")?;
            loopback(walk, u32::from_be_bytes(*head), rest)
        }
        LinkType::PPP | LinkType::PPP_HDLC => ppp::framed(walk, data),
        LinkType::PPP_PPPD | LinkType::PPP_WITH_DIR => ppp::with_direction(walk, data),
        LinkType::PPP_ETHER => ppp::over_ethernet(walk, data),
        LinkType::C_HDLC => ppp::cisco(walk, data),
        LinkType::MPLS => ether::mpls(walk, data),
        LinkType::IEEE802_11 => wifi::frame(walk, data),
        LinkType::IEEE802_11_RADIOTAP => wifi::radiotap(walk, data),
        LinkType::PPI => {
            let (&[_, _, l0, l1, d0, d1, d2, d3], _) = data.header::<8>("PPI")?;
            let rest = data.behind(usize::from(u16::from_le_bytes([l0, l1])), "PPI")?;
            inner(walk, u32::from_le_bytes([d0, d1, d2, d3]), rest)
        }
        LinkType::PKTAP => {
            let (&[l0, l1, l2, l3, .., d0, d1, d2, d3], _) = data.header::<12>("PKTAP")?;
            let len = usize::try_from(u32::from_le_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
            inner(walk, u32::from_le_bytes([d0, d1, d2, d3]), data.behind(len, "PKTAP")?)
        }
        LinkType::NFLOG => nflog(walk, data),
        unknown => Err(Odd::UnknownLink(unknown)),
    }
}

/// What a packet with a header of its own says it begins with behind that.
fn inner(walk: &mut Walk<'_>, link: u32, rest: View<'_>) -> Result<(), Odd> {
    walk.descend()?;
    match u16::try_from(link) {
        Ok(link) => packet(walk, LinkType(link), rest),
        Err(_) => Err(Odd::Contradiction {
            field: "inner link type",
            is: usize::try_from(link).unwrap_or(usize::MAX),
            expected: Expected::AtMost(0xffff),
        }),
    }
}

/// What follows a header of Linux cooked capture, of a device of the hardware type given.
#[inline]
fn cooked(walk: &mut Walk<'_>, hardware: u16, protocol: u16, rest: View<'_>) -> Result<(), Odd> {
    if protocol < FIRST_ETHER_TYPE {
        return cooked_other(walk, hardware, protocol, rest);
    }
    ether::typed(walk, protocol, rest)
}

#[cold]
fn cooked_other(walk: &mut Walk<'_>, hardware: u16, protocol: u16, rest: View<'_>) -> Result<(), Odd> {
    const IEEE80211: u16 = 801;
    const IEEE80211_RADIOTAP: u16 = 803;
    const LLC: u16 = 4;
    match (hardware, protocol) {
        (IEEE80211, _) => wifi::frame(walk, rest),
        (IEEE80211_RADIOTAP, _) => wifi::radiotap(walk, rest),
        (_, LLC) => ether::llc(walk, rest),
        _ => Ok(()),
    }
}

/// What follows a protocol family, as numbered by the BSDs, macOS and Linux.
fn loopback(walk: &mut Walk<'_>, family: u32, rest: View<'_>) -> Result<(), Odd> {
    match family {
        2 => ip::v4(walk, rest),
        10 | 24 | 28 | 30 => ip::v6(walk, rest),
        0..=255 => Ok(()),
        _ => Err(Odd::Contradiction {
            field: "protocol family",
            is: usize::try_from(family).unwrap_or(usize::MAX),
            expected: Expected::AtMost(255),
        }),
    }
}

/// A packet of Linux netfilter: attributes of which one is the IP packet.
fn nflog(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const PAYLOAD: u16 = 9;
    const HEADER_LEN: u16 = 4;
    let (&[family, version, ..], mut rest) = data.header::<4>("NFLOG")?;
    if version != 0 {
        return Err(Odd::Contradiction {
            field: "NFLOG version",
            is: usize::from(version),
            expected: Expected::AtMost(0),
        });
    }
    // The byte order is that of a host we do not know; the first attribute has a small number.
    let is_little = !matches!(rest.bytes, [_, _, 0, _, ..]);
    let number = |bytes| if is_little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) };
    while rest.on_wire > 0 {
        let (&[l0, l1, t0, t1], value) = rest.header::<4>("NFLOG attribute")?;
        let (len, kind) = (number([l0, l1]), number([t0, t1]));
        if len < HEADER_LEN {
            return Err(Odd::Contradiction {
                field: "length of an NFLOG attribute",
                is: usize::from(len),
                expected: Expected::AtLeast(usize::from(HEADER_LEN)),
            });
        }
        if kind == PAYLOAD {
            let value = value.announced(usize::from(len - HEADER_LEN));
            return match family {
                2 => ip::v4(walk, value),
                10 => ip::v6(walk, value),
                _ => Ok(()),
            };
        }
        // The last attribute need not be padded.
        let whole = usize::from(len).next_multiple_of(4).min(rest.on_wire.max(usize::from(len)));
        rest = rest.behind(whole, "NFLOG attribute")?;
    }
    Ok(())
}
