//! IP and TCP headers: from an IP packet to its segment.

use std::net::{IpAddr, SocketAddr};

use etherparse::err::{LenError, ip_auth, ipv4, ipv6, ipv6_exts};
use etherparse::{LaxIpv4Slice, LaxIpv6Slice, ip_number};

use crate::capture::odd::{Expected, Odd};
use crate::model::{Packet, Segment, SeqNo, TcpFlags};

const MIN_TCP_HEADER_LEN: usize = 20;
const IPV6_HEADER_LEN: usize = 40;

/// What the headers of IP say of what is behind them.
struct Inner<'a> {
    src: IpAddr,
    dst: IpAddr,
    /// Captured bytes, without link-layer padding.
    captured: &'a [u8],
    /// Bytes that were on the wire, at least as many.
    on_wire: usize,
}

/// The segment in the IPv4 packet `data`, which ends where `packet` does.
#[inline]
pub(super) fn v4<'a>(packet: &Packet<'a>, data: &'a [u8]) -> Result<Option<Segment<'a>>, Odd> {
    let (ip, auth_error) = LaxIpv4Slice::from_slice(data).map_err(of_ipv4)?;
    let header = ip.header();
    let header_len = header.slice().len();
    let total_len = match usize::from(header.total_len()) {
        0 => on_wire(packet, data),
        n if n < header_len => {
            return Err(Odd::Contradiction {
                field: "IPv4 total length",
                is: n,
                expected: Expected::AtLeast(header_len),
            });
        }
        n => n,
    };
    let payload = ip.payload();
    // Behind the first fragment there is no header to walk, so the protocol of the whole packet decides.
    if payload.fragmented && matches!(header.protocol(), ip_number::TCP | ip_number::AUTH) {
        return Err(Odd::Fragment { version: 4, len: payload.payload.len() });
    }
    let expected_len = total_len.saturating_sub(header_len);
    if let Some(error) = auth_error {
        return Err(of_auth(&error, expected_len > payload.payload.len()));
    }
    let auth_len = ip.extensions().auth.map_or(0, |auth| auth.slice().len());
    let inner = Inner {
        src: header.source_addr().into(),
        dst: header.destination_addr().into(),
        captured: payload.payload,
        on_wire: expected_len.saturating_sub(auth_len),
    };
    by_protocol(packet, payload.ip_number, inner)
}

/// The segment in the IPv6 packet `data`, which ends where `packet` does.
#[inline]
pub(super) fn v6<'a>(packet: &Packet<'a>, data: &'a [u8]) -> Result<Option<Segment<'a>>, Odd> {
    let (ip, extension_error) = LaxIpv6Slice::from_slice(data).map_err(of_ipv6)?;
    let header = ip.header();
    let payload = ip.payload();
    let extensions_len = ip.extensions().slice().len();
    let payload_len = match usize::from(header.payload_length()) {
        // Offload, or a jumbogram (RFC 2675).
        0 => on_wire(packet, data).saturating_sub(IPV6_HEADER_LEN),
        n => n,
    };
    let expected_len = payload_len.saturating_sub(extensions_len);
    let is_cut = expected_len > payload.payload.len();
    if payload.fragmented && (extension_error.is_some() || payload.ip_number == ip_number::TCP) {
        return Err(Odd::Fragment { version: 6, len: payload.payload.len() });
    }
    match extension_error {
        None => {}
        Some((ipv6_exts::HeaderSliceError::Len(error), _)) => {
            return Err(short_or_too_long("IPv6 extension", "IPv6 extension header length", &error, is_cut));
        }
        Some((ipv6_exts::HeaderSliceError::Content(ipv6_exts::HeaderError::HopByHopNotAtStart), _)) => {
            return Err(Odd::Contradiction {
                field: "bytes before the IPv6 hop-by-hop header",
                is: extensions_len,
                expected: Expected::AtMost(0),
            });
        }
        Some((ipv6_exts::HeaderSliceError::Content(ipv6_exts::HeaderError::IpAuth(error)), _)) => {
            return Err(of_auth(&ip_auth::HeaderSliceError::Content(error), is_cut));
        }
    }
    let inner = Inner {
        src: header.source_addr().into(),
        dst: header.destination_addr().into(),
        captured: payload.payload,
        on_wire: expected_len,
    };
    by_protocol(packet, payload.ip_number, inner)
}

#[inline]
fn by_protocol<'a>(
    packet: &Packet<'a>,
    protocol: etherparse::IpNumber,
    inner: Inner<'a>,
) -> Result<Option<Segment<'a>>, Odd> {
    match protocol {
        ip_number::TCP => tcp(packet, inner).map(Some),
        ip_number::GRE => Err(Odd::Tunnel { name: "GRE" }),
        ip_number::IPV4 | ip_number::IPV6 => Err(Odd::Tunnel { name: "an IP tunnel" }),
        _ => Ok(None),
    }
}

/// Reads the header of RFC 9293 3.1. Of the options nothing is needed, so a snap length that ends in them
/// still leaves a segment.
#[inline]
fn tcp<'a>(packet: &Packet<'a>, inner: Inner<'a>) -> Result<Segment<'a>, Odd> {
    let Inner { src, dst, captured, on_wire } = inner;
    if on_wire < MIN_TCP_HEADER_LEN {
        return Err(Odd::Contradiction {
            field: "length of the TCP segment",
            is: on_wire,
            expected: Expected::AtLeast(MIN_TCP_HEADER_LEN),
        });
    }
    let Some(&[s0, s1, d0, d1, q0, q1, q2, q3, a0, a1, a2, a3, offset, flags, ..]) =
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
    let missing = on_wire.saturating_sub(header_len).saturating_sub(payload.len());
    let flags = TcpFlags(flags);
    Ok(Segment {
        no: packet.no,
        at: packet.at,
        src: SocketAddr::new(src, u16::from_be_bytes([s0, s1])),
        dst: SocketAddr::new(dst, u16::from_be_bytes([d0, d1])),
        seq: SeqNo(u32::from_be_bytes([q0, q1, q2, q3])),
        ack: flags.has(TcpFlags::ACK).then(|| SeqNo(u32::from_be_bytes([a0, a1, a2, a3]))),
        flags,
        payload,
        cut_off: u32::try_from(missing).unwrap_or(u32::MAX),
    })
}

/// Length of `data` on the wire. For the packets that segmentation offload hands to a capture with a length
/// field of 0, as the sum did not fit, nothing else tells it.
fn on_wire(packet: &Packet<'_>, data: &[u8]) -> usize {
    let cut_off = (packet.orig_len as usize).saturating_sub(packet.data.len());
    data.len().saturating_add(cut_off)
}

#[cold]
fn of_ipv4(error: ipv4::HeaderSliceError) -> Odd {
    match error {
        ipv4::HeaderSliceError::Len(error) => short("IPv4", &error),
        ipv4::HeaderSliceError::Content(ipv4::HeaderError::UnexpectedVersion { version_number }) => {
            Odd::Contradiction {
                field: "IP version",
                is: usize::from(version_number),
                expected: Expected::OneOf("4"),
            }
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
            Odd::Contradiction {
                field: "IP version",
                is: usize::from(version_number),
                expected: Expected::OneOf("6"),
            }
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
