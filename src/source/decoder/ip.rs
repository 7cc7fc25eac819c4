//! IP and TCP headers: from an IP packet to its segment.

use std::net::{IpAddr, SocketAddr};

use etherparse::err::{LenError, ip_auth, ipv4, ipv6, ipv6_exts};
use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6ExtensionsSlice, Ipv6HeaderSlice, ip_number,
};

use crate::model::{HeaderSigns, Segment, SeqNo, TcpFlags, WeirdKind};
use crate::source::decoder::Walk;
use crate::source::decoder::ip_fragments::{Fragment, Key};
use crate::source::decoder::odd::{Expected, Odd};
use crate::source::decoder::view::View;
use crate::source::decoder::{ether, tunnel, udp};

const MIN_TCP_HEADER_LEN: usize = 20;
const IPV6_HEADER_LEN: usize = 40;

/// Minimal encapsulation (RFC 2004).
const MINIMAL: IpNumber = IpNumber(55);
const L2TP_3: IpNumber = IpNumber(115);
const ETHERNET: IpNumber = IpNumber(143);

/// What an IP header says of a segment inside: of a reassembled datagram, that of its last piece.
#[derive(Clone, Copy)]
struct Ends {
    src: IpAddr,
    dst: IpAddr,
    ttl: u8,
    ip_id: Option<u16>,
}

impl Ends {
    #[inline]
    fn of_v4(header: &Ipv4HeaderSlice<'_>) -> Self {
        Self {
            src: header.source_addr().into(),
            dst: header.destination_addr().into(),
            ttl: header.ttl(),
            ip_id: Some(header.identification()),
        }
    }

    #[inline]
    fn of_v6(header: &Ipv6HeaderSlice<'_>) -> Self {
        Self {
            src: header.source_addr().into(),
            dst: header.destination_addr().into(),
            ttl: header.hop_limit(),
            ip_id: None,
        }
    }
}

/// An IP packet of the version that its first half byte says.
pub(super) fn either(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (&[first], _) = data.header::<1>("IP")?;
    match first >> 4 {
        4 => v4(walk, data),
        6 => v6(walk, data),
        version => Err(Odd::Contradiction {
            field: "IP version",
            is: usize::from(version),
            expected: Expected::OneOf("4 or 6"),
        }),
    }
}

/// An IPv4 packet, padding behind it or not.
#[inline]
pub(super) fn v4(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let header = Ipv4HeaderSlice::from_slice(data.bytes).map_err(of_ipv4)?;
    let header_len = header.slice().len();
    let packet = match usize::from(header.total_len()) {
        // Segmentation offload hands packets to a capture whose length did not fit the field.
        0 => data,
        n if n < header_len => {
            return Err(Odd::Contradiction {
                field: "IPv4 total length",
                is: n,
                expected: Expected::AtLeast(header_len),
            });
        }
        n => data.announced(n),
    };
    let payload = packet.behind(header_len, "IPv4")?;
    if header.is_fragmenting_payload() {
        return v4_fragment(walk, &header, payload);
    }
    behind_v4(walk, &Ends::of_v4(&header), header.protocol(), payload)
}

/// What an IPv4 header announces.
#[inline]
fn behind_v4(walk: &mut Walk<'_>, ends: &Ends, protocol: IpNumber, payload: View<'_>) -> Result<(), Odd> {
    if protocol != ip_number::AUTH {
        return by_protocol(walk, ends, protocol, payload);
    }
    let auth =
        IpAuthHeaderSlice::from_slice(payload.bytes).map_err(|error| of_auth(&error, payload.is_cut()))?;
    let behind = payload.behind(auth.slice().len(), "IP authentication")?;
    by_protocol(walk, ends, auth.next_header(), behind)
}

#[cold]
fn v4_fragment(walk: &mut Walk<'_>, header: &Ipv4HeaderSlice<'_>, payload: View<'_>) -> Result<(), Odd> {
    let IpNumber(protocol) = header.protocol();
    if !may_hold_tcp(header.protocol()) {
        return Ok(());
    }
    let ends = &Ends::of_v4(header);
    let fragment = Fragment {
        key: Key {
            src: ends.src,
            dst: ends.dst,
            identification: u32::from(header.identification()),
            protocol: Some(protocol),
        },
        protocol,
        offset: 8 * usize::from(header.fragments_offset().value()),
        more: header.more_fragments(),
        payload,
    };
    match walk.fragment(&fragment)? {
        None => Ok(()),
        Some(whole) => {
            walk.descend()?;
            behind_v4(walk, ends, IpNumber(whole.protocol), whole.view())
        }
    }
}

/// An IPv6 packet, padding behind it or not.
#[inline]
pub(super) fn v6(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let header = Ipv6HeaderSlice::from_slice(data.bytes).map_err(of_ipv6)?;
    let payload = data.behind(IPV6_HEADER_LEN, "IPv6")?;
    let payload = match usize::from(header.payload_length()) {
        // Offload, or a jumbogram (RFC 2675).
        0 => payload,
        n => payload.announced(n),
    };
    behind_v6(walk, &Ends::of_v6(&header), header.next_header(), payload)
}

/// What an IPv6 header announces, behind any extension headers.
#[inline]
fn behind_v6(walk: &mut Walk<'_>, ends: &Ends, first: IpNumber, payload: View<'_>) -> Result<(), Odd> {
    if first == ip_number::TCP {
        return tcp(walk, ends, payload);
    }
    let (extensions, protocol, _, error) = Ipv6ExtensionsSlice::from_slice_lax(first, payload.bytes);
    // Behind the header of a fragment that is not the first, what looks like one more is payload.
    if extensions.is_fragmenting_payload() {
        return v6_fragment(walk, ends, first, payload);
    }
    let len = extensions.slice().len();
    match error {
        None => by_protocol(walk, ends, protocol, payload.behind(len, "IPv6 extension")?),
        Some((ipv6_exts::HeaderSliceError::Len(error), _)) => {
            let field = "IPv6 extension header length";
            Err(short_or_too_long("IPv6 extension", field, &error, payload.is_cut()))
        }
        Some((ipv6_exts::HeaderSliceError::Content(ipv6_exts::HeaderError::HopByHopNotAtStart), _)) => {
            Err(Odd::Contradiction {
                field: "bytes before the IPv6 hop-by-hop header",
                is: len,
                expected: Expected::AtMost(0),
            })
        }
        Some((ipv6_exts::HeaderSliceError::Content(ipv6_exts::HeaderError::IpAuth(error)), _)) => {
            Err(of_auth(&ip_auth::HeaderSliceError::Content(error), payload.is_cut()))
        }
    }
}

/// A packet whose extension headers, which begin with `next`, hold that of a fragment (RFC 8200 4.5).
#[cold]
fn v6_fragment(walk: &mut Walk<'_>, ends: &Ends, next: IpNumber, payload: View<'_>) -> Result<(), Odd> {
    let (mut next, mut rest) = (next, payload);
    let fragment = loop {
        let (&[following, len, ..], _) = rest.header::<8>("IPv6 extension")?;
        let len = match next {
            ip_number::IPV6_FRAG => {
                let (&[_, _, o0, o1, i0, i1, i2, i3], behind) = rest.header::<8>("IPv6 fragment")?;
                let offset = u16::from_be_bytes([o0, o1]);
                // One that is whole (RFC 6946) is followed by another.
                if offset & !6 != 0 {
                    break Fragment {
                        key: Key {
                            src: ends.src,
                            dst: ends.dst,
                            identification: u32::from_be_bytes([i0, i1, i2, i3]),
                            protocol: None,
                        },
                        protocol: following,
                        offset: usize::from(offset & !7),
                        more: offset & 1 != 0,
                        payload: behind,
                    };
                }
                8
            }
            ip_number::AUTH => 4 * (usize::from(len) + 2),
            _ => 8 * (usize::from(len) + 1),
        };
        (next, rest) = (IpNumber(following), rest.behind(len, "IPv6 extension")?);
    };
    if !may_hold_tcp(IpNumber(fragment.protocol)) {
        return Ok(());
    }
    match walk.fragment(&fragment)? {
        None => Ok(()),
        Some(whole) => {
            walk.descend()?;
            behind_v6(walk, ends, IpNumber(whole.protocol), whole.view())
        }
    }
}

/// Whether fragments that say they are of this protocol are worth keeping.
fn may_hold_tcp(protocol: IpNumber) -> bool {
    use ip_number::*;
    matches!(
        protocol,
        TCP | UDP
            | GRE
            | IPV4
            | IPV6
            | ETHER_IP
            | MPLS_IN_IP
            | L2TP_3
            | ETHERNET
            | AUTH
            | IPV6_HOP_BY_HOP
            | IPV6_ROUTE
            | IPV6_FRAG
            | IPV6_DEST_OPTIONS
    )
}

#[inline]
fn by_protocol(walk: &mut Walk<'_>, ends: &Ends, protocol: IpNumber, payload: View<'_>) -> Result<(), Odd> {
    if protocol == ip_number::TCP { tcp(walk, ends, payload) } else { no_tcp(walk, protocol, payload) }
}

/// Tunnels, and all that is none.
fn no_tcp(walk: &mut Walk<'_>, protocol: IpNumber, payload: View<'_>) -> Result<(), Odd> {
    match protocol {
        ip_number::UDP => udp::datagram(walk, payload),
        ip_number::GRE => tunnel::gre(walk, payload),
        ip_number::IPV4 => {
            walk.descend()?;
            v4(walk, payload)
        }
        ip_number::IPV6 => {
            walk.descend()?;
            v6(walk, payload)
        }
        ip_number::ETHER_IP => tunnel::ethernet_in_ip(walk, payload),
        ip_number::MPLS_IN_IP => ether::mpls(walk, payload),
        L2TP_3 => tunnel::l2tp_3(walk, payload),
        ETHERNET => tunnel::ethernet(walk, payload),
        ip_number::IP_COMP => Err(Odd::Undecoded { name: "compressed IP (IPComp)" }),
        MINIMAL => Err(Odd::Undecoded { name: "minimal IP encapsulation (RFC 2004)" }),
        ip_number::ENCAP_SEC => Err(Odd::Encrypted { by: "ESP" }),
        _ => Ok(()),
    }
}

/// Reads the header of RFC 9293 3.1. Of the options nothing is needed, so a snap length that ends in them
/// still leaves a segment.
#[inline]
fn tcp(walk: &mut Walk<'_>, ends: &Ends, data: View<'_>) -> Result<(), Odd> {
    let View { bytes: captured, on_wire } = data;
    if on_wire < MIN_TCP_HEADER_LEN {
        return Err(Odd::Contradiction {
            field: "length of the TCP segment",
            is: on_wire,
            expected: Expected::AtLeast(MIN_TCP_HEADER_LEN),
        });
    }
    let Some(&[s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, w0, w1, ..]) =
        captured.first_chunk::<MIN_TCP_HEADER_LEN>()
    else {
        return Err(Odd::Short { header: "TCP", needs: MIN_TCP_HEADER_LEN, has: captured.len() });
    };
    let header_len = usize::from(offset >> 4) * 4;
    if header_len < MIN_TCP_HEADER_LEN || header_len > on_wire {
        let too_small = header_len < MIN_TCP_HEADER_LEN;
        return Err(Odd::Contradiction {
            field: "TCP data offset in bytes",
            is: header_len,
            expected: if too_small {
                Expected::AtLeast(MIN_TCP_HEADER_LEN)
            } else {
                Expected::AtMost(on_wire)
            },
        });
    }
    let payload = captured.get(header_len..).unwrap_or_default();
    let payload_len = on_wire - header_len;
    let cut_off = payload_len.saturating_sub(payload.len());
    if cut_off > 0 {
        let no = walk.no;
        walk.weirds.add(WeirdKind::CutPayload, Some(no), || {
            format!("{cut_off} of {payload_len} payload bytes were not captured")
        });
    }
    let flags = TcpFlags(flags);
    (walk.sink)(&Segment {
        no: walk.no,
        at: walk.at,
        src: SocketAddr::new(ends.src, u16::from_be_bytes([s0, s1])),
        dst: SocketAddr::new(ends.dst, u16::from_be_bytes([d0, d1])),
        seq: SeqNo(u32::from_be_bytes([q0, q1, q2, q3])),
        ack: flags.has(TcpFlags::ACK).then(|| SeqNo(u32::from_be_bytes([a0, a1, a2, a3]))),
        flags,
        header: HeaderSigns { ttl: ends.ttl, ip_id: ends.ip_id, window: u16::from_be_bytes([w0, w1]) },
        payload,
        cut_off: u32::try_from(cut_off).unwrap_or(u32::MAX),
    });
    Ok(())
}

fn wrong_version(is: u8, expected: &'static str) -> Odd {
    Odd::Contradiction { field: "IP version", is: is.into(), expected: Expected::OneOf(expected) }
}

#[cold]
fn of_ipv4(error: ipv4::HeaderSliceError) -> Odd {
    match error {
        ipv4::HeaderSliceError::Len(error) => short("IPv4", &error),
        ipv4::HeaderSliceError::Content(ipv4::HeaderError::UnexpectedVersion { version_number }) => {
            wrong_version(version_number, "4")
        }
        ipv4::HeaderSliceError::Content(ipv4::HeaderError::HeaderLengthSmallerThanHeader { ihl }) => {
            Odd::Contradiction {
                field: "IPv4 header length in words",
                is: usize::from(ihl),
                expected: Expected::AtLeast(5),
            }
        }
    }
}

#[cold]
fn of_ipv6(error: ipv6::HeaderSliceError) -> Odd {
    match error {
        ipv6::HeaderSliceError::Len(error) => short("IPv6", &error),
        ipv6::HeaderSliceError::Content(ipv6::HeaderError::UnexpectedVersion { version_number }) => {
            wrong_version(version_number, "6")
        }
    }
}

#[cold]
fn of_auth(error: &ip_auth::HeaderSliceError, is_cut: bool) -> Odd {
    match error {
        ip_auth::HeaderSliceError::Len(error) => {
            short_or_too_long("IP authentication", "IP authentication header length", error, is_cut)
        }
        ip_auth::HeaderSliceError::Content(ip_auth::HeaderError::ZeroPayloadLen) => Odd::Contradiction {
            field: "IP authentication header length in words",
            is: 0,
            expected: Expected::AtLeast(1),
        },
    }
}

/// A header that the snap length cut, or one that reaches beyond its packet.
fn short_or_too_long(header: &'static str, field: &'static str, error: &LenError, is_cut: bool) -> Odd {
    if is_cut {
        short(header, error)
    } else {
        Odd::Contradiction { field, is: error.required_len, expected: Expected::AtMost(error.len) }
    }
}

const fn short(header: &'static str, error: &LenError) -> Odd {
    Odd::Short { header, needs: error.required_len, has: error.len }
}
