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
        LinkType::FDDI => {
            let (_, rest) = data.header::<13>("FDDI")?;
            ether::llc(walk, rest)
        }
        LinkType::IEEE802_5 => token_ring(walk, data),
        LinkType::ATM_RFC1483 => ether::llc(walk, data),
        LinkType::SUNATM => {
            let (_, rest) = data.header::<4>("SunATM")?;
            ether::llc(walk, rest)
        }
        LinkType::IP_OVER_FC => {
            let (_, rest) = data.header::<16>("Fibre Channel")?;
            ether::llc(walk, rest)
        }
        LinkType::IPOIB => {
            let (&[.., high, low, _, _], rest) = data.header::<44>("IP over InfiniBand")?;
            ether::typed(walk, u16::from_be_bytes([high, low]), rest)
        }
        LinkType::APPLE_IP_OVER_IEEE1394 => {
            let (&[.., high, low], rest) = data.header::<18>("IP over FireWire")?;
            ether::typed(walk, u16::from_be_bytes([high, low]), rest)
        }
        LinkType::FRELAY => frame_relay(walk, data),
        LinkType::IEEE802_11_PRISM => prism(walk, data),
        LinkType::IEEE802_11_AVS => avs(walk, data),
        LinkType::ENC => enc(walk, data),
        LinkType::PFLOG => {
            let (&[len, ..], _) = data.header::<4>("pflog")?;
            ip::either(walk, data.behind(usize::from(len).next_multiple_of(4), "pflog")?)
        }
        LinkType::JUNIPER_ETHER => juniper(walk, data),
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

/// A frame of 802.5, with the route through bridges that the first bit of its source address announces.
fn token_ring(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const ROUTED: u8 = 0x80;
    const ROUTE_LEN: u8 = 0x1f;
    let (&[_, _, _, _, _, _, _, _, source, ..], rest) = data.header::<14>("802.5")?;
    if source & ROUTED == 0 {
        return ether::llc(walk, rest);
    }
    let (&[route], _) = rest.header::<1>("802.5 route")?;
    ether::llc(walk, rest.behind(usize::from(route & ROUTE_LEN), "802.5 route")?)
}

/// Frame Relay as RFC 2427 has it, or Cisco, who put an Ethernet type behind the address.
pub(super) fn frame_relay(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const LAST_OF_ADDRESS: u8 = 1;
    const UNNUMBERED: u8 = 3;
    const PADDING: u8 = 0;
    let len = data.bytes.iter().take(4).position(|byte| byte & LAST_OF_ADDRESS != 0);
    let rest = data.behind(len.map_or(4, |last| last + 1), "Frame Relay")?;
    let (&[control, protocol], behind) = rest.header::<2>("Frame Relay")?;
    if control != UNNUMBERED {
        return ether::typed(walk, u16::from_be_bytes([control, protocol]), behind);
    }
    let (protocol, behind) = match (protocol, behind) {
        (PADDING, behind) => {
            let (&[protocol], behind) = behind.header::<1>("Frame Relay")?;
            (protocol, behind)
        }
        unpadded => unpadded,
    };
    match protocol {
        0xcc => ip::v4(walk, behind),
        0x8e => ip::v6(walk, behind),
        0x80 => ether::snap(walk, behind),
        _ => Ok(()),
    }
}

/// 802.11 behind what old drivers told of the radio: a fixed header, unless a newer one is in its place.
pub(super) fn prism(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const LEN: usize = 144;
    let (&head, _) = data.header::<4>("Prism")?;
    if is_avs(head) {
        return avs(walk, data);
    }
    wifi::frame(walk, data.behind(LEN, "Prism")?)
}

const fn is_avs([h0, h1, h2, _]: [u8; 4]) -> bool {
    matches!([h0, h1, h2], [0x80, 0x21, 0x10])
}

/// 802.11 behind a header that begins with its version and its length.
pub(super) fn avs(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (&[_, _, _, _, l0, l1, l2, l3], _) = data.header::<8>("AVS")?;
    let len = usize::try_from(u32::from_be_bytes([l0, l1, l2, l3])).unwrap_or(usize::MAX);
    wifi::frame(walk, data.behind(len, "AVS")?)
}

/// What the BSDs show of IPsec before encryption and behind it.
fn enc(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (_, rest) = data.header::<12>("enc")?;
    walk.descend()?;
    ip::either(walk, rest)
}

/// Ethernet as routers of Juniper capture it: a magic number, flags, and fields of any number.
fn juniper(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const MAGIC: [u8; 3] = *b"MGC";
    const NO_ETHERNET: u8 = 0x02;
    const HAS_FIELDS: u8 = 0x80;
    let (&[m0, m1, m2, flags], mut rest) = data.header::<4>("Juniper")?;
    if [m0, m1, m2] != MAGIC {
        return Err(Odd::UnknownLink(LinkType::JUNIPER_ETHER));
    }
    if flags & HAS_FIELDS != 0 {
        let (&len, behind) = rest.header::<2>("Juniper")?;
        rest = behind.behind(usize::from(u16::from_be_bytes(len)), "Juniper")?;
    }
    if flags & NO_ETHERNET == 0 {
        return ether::frame(walk, rest);
    }
    let (&family, rest) = rest.header::<4>("Juniper")?;
    match u32::from_le_bytes(family) {
        2 => ip::v4(walk, rest),
        6 => ip::v6(walk, rest),
        _ => Ok(()),
    }
}

/// What link types that are not decoded hold, where that is no secret of its users.
pub(super) const fn known_as(link: LinkType) -> Option<&'static str> {
    Some(match link.0 {
        7 | 129 => "ARCNET",
        8 => "SLIP",
        99 => "Symantec firewall",
        121 => "HiPath HDLC",
        130..=137 | 164 | 178..=181 | 183 | 194 | 200 | 222 | 234 | 243 => "Juniper",
        143 => "DOCSIS",
        147..=162 => "reserved for private use",
        169 => "GPRS LLC",
        187 | 201 => "Bluetooth",
        186 | 189 | 220 | 249 | 266 | 288 | 293 | 294 | 295 => "USB",
        195 | 215 | 230 | 283 => "IEEE 802.15.4",
        197 => "ERF",
        226 => "Solaris ipnet",
        227 => "CAN",
        240 | 241 => "netANALYZER",
        247 => "InfiniBand",
        251 | 256 | 272 => "Bluetooth Low Energy",
        252 => "Wireshark upper PDUs",
        253 => "Linux netlink",
        259 => "EPON",
        271 => "vsock",
        281 | 282 | 284 | 285 => "switch tags of DSA",
        _ => return None,
    })
}
