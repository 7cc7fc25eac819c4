//! Addresses for addresses: digit by digit along the prefix.
//!
//! What a digit becomes depends on those before it, so that two addresses which begin alike go on doing so, and no further. The digits
//! are octets in IPv4 and in MACs, and hexadecimal ones in IPv6: an octet keeps its number of decimal digits, and a leading zero of a
//! group stays one. So an address that is written somewhere takes as many characters as what stands for it, and one in a head
//! is replaced by the very one that its packets get.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use crate::redact::pseudonyms::prf::Prf;

/// Networks of IPv4 whose addresses say what they are for (IANA IPv4 Special-Purpose Address Registry, RFC 6890; multicast, RFC
/// 5771), smaller ones before those that they are part of.
const V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 32),
    (Ipv4Addr::BROADCAST, 32),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 24),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(232, 0, 0, 0), 8),
    (Ipv4Addr::new(239, 0, 0, 0), 8),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// The same of IPv6 (IANA IPv6 Special-Purpose Address Registry).
const V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96),
    (Ipv6Addr::new(0x100, 0, 0, 0, 0, 0, 0, 0), 64),
    (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 8),
    (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0), 8),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
    (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3),
];

/// MACs that stand for many receivers by their first bytes (RFC 1112 6.4, RFC 2464 7, IEEE 802.1D).
const GROUPS: &[&[u8]] = &[&[0x01, 0x00, 0x5e], &[0x33, 0x33], &[0x01, 0x80, 0xc2]];

/// What a network of `len` bits that begins with `start` has to do with special ones; numbers have `width` bits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Region {
    /// It is in none, and none in it.
    Plain,
    /// It is in the one of that index.
    Inside(usize),
    /// One or more are a part of it: as others are not, it stays what it is.
    Around(u128),
}

fn region(special: &[(u128, u32)], width: u32, start: u128, len: u32) -> Region {
    let top = |number: u128, bits: u32| number.checked_shr(width - bits).unwrap_or(0);
    let mut inside = None;
    for (at, &(base, bits)) in special.iter().enumerate() {
        if bits > len {
            if top(base, len) == top(start, len) {
                return Region::Around(start);
            }
        } else if inside.is_none() && top(base, bits) == top(start, bits) {
            inside = Some(at);
        }
    }
    inside.map_or(Region::Plain, Region::Inside)
}

/// Whether a special network is a part of the one of `len` bits that begins with `start`: numbers in it are then of several kinds.
fn is_parted(special: &[(u128, u32)], width: u32, start: u128, len: u32) -> bool {
    let top = |number: u128| number.checked_shr(width - len).unwrap_or(0);
    special.iter().any(|&(base, bits)| bits > len && top(base) == top(start))
}

/// The special networks by number.
static V4_NUMBERS: LazyLock<Vec<(u128, u32)>> =
    LazyLock::new(|| V4.iter().map(|(base, bits)| (u128::from(base.to_bits()), *bits)).collect());
static V6_NUMBERS: LazyLock<Vec<(u128, u32)>> =
    LazyLock::new(|| V6.iter().map(|(base, bits)| (base.to_bits(), *bits)).collect());

/// What networks of eight bits have to do with them.
static FIRST_OCTETS: LazyLock<Vec<Region>> = LazyLock::new(|| {
    (0..=u8::MAX).map(|octet| region(&V4_NUMBERS, 32, u128::from(octet) << 24, 8)).collect()
});

/// Of as many decimal digits.
const fn decimals(octet: u8) -> u8 {
    match octet {
        0..=9 => 1,
        10..=99 => 2,
        100.. => 3,
    }
}

pub(super) fn ip(prf: &Prf, ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V4(ip) => IpAddr::V4(v4(prf, ip)),
        IpAddr::V6(ip) => IpAddr::V6(v6(prf, ip)),
    }
}

fn v4(prf: &Prf, ip: Ipv4Addr) -> Ipv4Addr {
    let special = &*V4_NUMBERS;
    let (octets, mut out) = (ip.octets(), [0; 4]);
    let mut before = 0_u128;
    for (at, octet) in octets.into_iter().enumerate() {
        let shift = 24 - 8 * at as u32;
        let has_parts = is_parted(special, 32, before, 24 - shift);
        let class = |octet: u8| {
            let region = match at {
                0 => FIRST_OCTETS.get(usize::from(octet)).copied(),
                _ if !has_parts => None,
                _ => Some(region(special, 32, before | u128::from(octet) << shift, 32 - shift)),
            };
            (decimals(octet), region)
        };
        let own = class(octet);
        let of: Vec<u8> = (0..=u8::MAX).filter(|other| class(*other) == own).collect();
        out[at] = prf.among(&[b"ipv4", &octets[..at]], &of, octet);
        before |= u128::from(octet) << shift;
    }
    Ipv4Addr::from(out)
}

fn v6(prf: &Prf, ip: Ipv6Addr) -> Ipv6Addr {
    if let Some(mapped) = ip.to_ipv4_mapped() {
        return v4(prf, mapped).to_ipv6_mapped();
    }
    let special = &*V6_NUMBERS;
    let bits = ip.to_bits();
    let digits: [u8; 32] = std::array::from_fn(|at| (bits >> (124 - 4 * at) & 15) as u8);
    let (mut before, mut out, mut is_leading) = (0, 0, true);
    for (at, digit) in digits.into_iter().enumerate() {
        let shift = 124 - 4 * at as u32;
        is_leading |= at % 4 == 0;
        let has_parts = is_parted(special, 128, before, 124 - shift);
        let class = |digit: u8| {
            let start = before | u128::from(digit) << shift;
            (is_leading && digit == 0, has_parts.then(|| region(special, 128, start, 128 - shift)))
        };
        let own = class(digit);
        // Flags and scope of a group of receivers (RFC 4291 2.7).
        let is_scope = ip.is_multicast() && matches!(at, 2 | 3);
        let of: Vec<u8> = (0..16).filter(|other| class(*other) == own && !is_scope).collect();
        out |= u128::from(prf.among(&[b"ipv6", &digits[..at]], &of, digit)) << shift;
        before |= u128::from(digit) << shift;
        is_leading &= digit == 0;
    }
    Ipv6Addr::from_bits(out)
}

pub(super) fn mac(prf: &Prf, mac: [u8; 6]) -> [u8; 6] {
    if matches!(mac, [0, 0, 0, 0, 0, 0] | [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]) {
        return mac;
    }
    let group = GROUPS.iter().find(|start| mac.starts_with(start)).map_or(0, |start| start.len());
    let mut out = mac;
    for (at, byte) in mac.into_iter().enumerate().skip(group) {
        // The two bits that say for how many it stands, and who gave it (IEEE 802 8.2).
        let is_alike = |other: &u8| at > 0 || (other ^ byte) & 3 == 0;
        let of: Vec<u8> = (0..=u8::MAX).filter(is_alike).collect();
        out[at] = prf.among(&[b"mac", &mac[..at]], &of, byte);
    }
    out
}

/// What stands for an address as `text` has it, in as many characters and the same style; `None` where it is none.
pub(super) fn written(prf: &Prf, text: &str) -> Option<String> {
    let to = ip(prf, text.parse().ok()?);
    let plain = to.to_string();
    let is_plain = !text.contains(|c: char| c.is_ascii_uppercase());
    if is_plain && text.parse::<IpAddr>().is_ok_and(|ip| ip.to_string() == text) {
        return Some(plain);
    }
    let IpAddr::V6(to) = to else { return Some(plain) };
    let groups = to.segments();
    let parts: Vec<&str> = text.split(':').collect();
    let gap = parts.iter().skip(1).position(|part| part.is_empty()).map(|at| at + 1);
    let is_dotted = text.contains('.');
    let mut out = String::with_capacity(text.len());
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            out.push(':');
        }
        if part.contains('.') {
            let [a, b] = [groups[6], groups[7]].map(u16::to_be_bytes);
            let _ = write!(out, "{}", Ipv4Addr::new(a[0], a[1], b[0], b[1]));
            continue;
        }
        if part.is_empty() {
            continue;
        }
        // Behind a gap groups are counted from the end.
        let behind = parts.len() - at - 1 + usize::from(is_dotted);
        let group = match gap {
            Some(gap) if at > gap => 7_usize.checked_sub(behind),
            _ => Some(at),
        };
        let group = group.and_then(|group| groups.get(group)).copied().unwrap_or_default();
        let width = part.len();
        let _ = match part.contains(|c: char| c.is_ascii_uppercase()) {
            true => write!(out, "{group:0width$X}"),
            false => write!(out, "{group:0width$x}"),
        };
    }
    Some(out)
}

/// The same for a MAC: six bytes of two digits, with colons or hyphens between them.
pub(super) fn written_mac(prf: &Prf, text: &str) -> Option<String> {
    let mark = text.chars().nth(2).filter(|mark| matches!(mark, ':' | '-'))?;
    if text.len() != 17 {
        return None;
    }
    let mut bytes = [0; 6];
    let mut parts = text.split(mark);
    for byte in &mut bytes {
        let part = parts.next().filter(|part| part.len() == 2 && !part.starts_with('+'))?;
        *byte = u8::from_str_radix(part, 16).ok()?;
    }
    let is_upper = text.contains(|c: char| c.is_ascii_uppercase());
    let parts =
        mac(prf, bytes).map(|byte| if is_upper { format!("{byte:02X}") } else { format!("{byte:02x}") });
    Some(parts.join(&mark.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prf() -> Prf {
        Prf::new(b"a key")
    }

    fn v6_like() -> impl Strategy<Value = Ipv6Addr> {
        let group = || prop_oneof![Just(0_u16), 0..16_u16, 0..256_u16, any::<u16>()];
        let start = prop::sample::select(V6).prop_map(|(base, _)| base.segments()[0]);
        (prop_oneof![start, any::<u16>()], prop::array::uniform7(group()))
            .prop_map(|(a, [b, c, d, e, f, g, h])| Ipv6Addr::new(a, b, c, d, e, f, g, h))
    }

    fn v4_like() -> impl Strategy<Value = Ipv4Addr> {
        let octet = || prop_oneof![0..10_u8, any::<u8>()];
        let start = prop::sample::select(V4).prop_map(|(base, _)| base.octets());
        prop_oneof![
            (octet(), octet(), octet(), octet()).prop_map(Ipv4Addr::from_octets_of),
            (start, octet(), octet()).prop_map(|([a, b, _, _], c, d)| Ipv4Addr::new(a, b, c, d)),
        ]
    }

    trait Of {
        fn from_octets_of(octets: (u8, u8, u8, u8)) -> Self;
    }

    impl Of for Ipv4Addr {
        fn from_octets_of((a, b, c, d): (u8, u8, u8, u8)) -> Self {
            Self::new(a, b, c, d)
        }
    }

    /// The special network that an address is in.
    fn kind(ip: IpAddr) -> Option<usize> {
        let all = |special: &[(u128, u32)], width, number| match region(special, width, number, width) {
            Region::Inside(at) => Some(at),
            Region::Plain | Region::Around(_) => None,
        };
        match ip {
            IpAddr::V4(ip) => {
                let special: Vec<_> =
                    V4.iter().map(|(base, bits)| (u128::from(base.to_bits()), *bits)).collect();
                all(&special, 32, u128::from(ip.to_bits()))
            }
            IpAddr::V6(ip) => {
                let special: Vec<_> = V6.iter().map(|(base, bits)| (base.to_bits(), *bits)).collect();
                all(&special, 128, ip.to_bits())
            }
        }
    }

    fn common<T: PartialEq, const N: usize>(a: [T; N], b: [T; N]) -> usize {
        a.iter().zip(&b).take_while(|(a, b)| a == b).count()
    }

    fn nibbles(ip: Ipv6Addr) -> [u8; 32] {
        std::array::from_fn(|at| (ip.to_bits() >> (124 - 4 * at) & 15) as u8)
    }

    #[test]
    fn every_special_network_is_kept() {
        let prf = prf();
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.9",
            "172.31.255.1",
            "192.168.1.10",
            "169.254.7.7",
            "100.64.0.1",
            "192.0.2.10",
            "198.51.100.7",
            "203.0.113.200",
            "224.0.0.251",
            "239.255.255.250",
            "198.19.3.4",
            "255.255.255.255",
            "0.0.0.0",
            "8.8.8.8",
            "172.32.0.1",
            "172.67.1.2",
            "192.169.1.1",
            "::1",
            "::",
            "fe80::1",
            "fd00:1234::5",
            "2001:db8::10",
            "2606:4700::1111",
            "ff02::fb",
            "::ffff:192.168.1.10",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            let ip: IpAddr = address.parse().expect("an address");
            let to = super::ip(&prf, ip);
            assert_eq!(kind(to), kind(ip), "{ip} {to}");
            assert_eq!(to.to_string().len(), address.len(), "{ip} {to}");
            assert_eq!(to.is_ipv4(), ip.is_ipv4());
            let has_others = !["::1", "::", "0.0.0.0", "255.255.255.255"].contains(&address);
            assert_eq!(to != ip, has_others, "{ip} {to}");
        }
        let group: Ipv6Addr = "ff0e::1:2".parse().expect("an address");
        assert_eq!(v6(&prf, group).segments()[0], 0xff0e);
    }

    #[test]
    fn macs() {
        let prf = prf();
        let of = |text: &str| written_mac(&prf, text);
        for text in ["00:1b:44:11:3a:b7", "02:42:AC:11:00:02", "00-1b-44-11-3a-b7"] {
            let to = of(text).expect("a MAC");
            assert_eq!(to.len(), text.len());
            assert_ne!(to, text);
        }
        assert_eq!(of("ff:ff:ff:ff:ff:ff").as_deref(), Some("ff:ff:ff:ff:ff:ff"));
        assert!(of("33:33:00:00:00:fb").is_some_and(|to| to.starts_with("33:33:")));
        assert!(of("01:00:5e:00:00:fb").is_some_and(|to| to.starts_with("01:00:5e:")));
        for text in
            ["00:1b:44:11:3a", "00:1b:44:11:3a:b7:00", "00:1b-44:11:3a:b7", "zz:1b:44:11:3a:b7", "12:34:56"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn another_style_of_writing_is_kept() {
        let prf = prf();
        for text in [
            "2001:0DB8:0:0::0010",
            "2001:db8:0:0:0:0:0:1",
            "FE80::ABCD",
            "::FFFF:10.0.0.1",
            "0:0:0:0:0:ffff:10.0.0.1",
            "1:2:3:4:5:6:7::",
        ] {
            let to = written(&prf, text).expect("an address");
            assert_eq!(to.len(), text.len(), "{text} {to}");
            let parsed: IpAddr = to.parse().expect("an address");
            assert_eq!(parsed, ip(&prf, text.parse().expect("an address")), "{text} {to}");
        }
    }

    proptest! {
        #[test]
        fn where_no_special_network_is_all_numbers_are_of_one_kind(ip in v4_like(), at in 0..4_u32) {
            let (shift, special) = (24 - 8 * at, &*V4_NUMBERS);
            let before = u128::from(ip.to_bits()) >> (shift + 8) << (shift + 8);
            let of = |octet: u128| region(special, 32, before | octet << shift, 32 - shift);
            let is_one = (1..256).all(|octet| of(octet) == of(0));
            // Around one the kind is the number itself.
            prop_assert!(is_parted(special, 32, before, 24 - shift) || is_one, "{}", ip);
        }

        #[test]
        fn prefixes_of_ipv4(a in v4_like(), b in v4_like(), shared in 0..=4_usize) {
            let prf = prf();
            let mut octets = b.octets();
            octets[..shared].copy_from_slice(&a.octets()[..shared]);
            let b = Ipv4Addr::from(octets);
            let (to_a, to_b) = (v4(&prf, a), v4(&prf, b));
            prop_assert_eq!(common(to_a.octets(), to_b.octets()), common(a.octets(), b.octets()), "{} {}", a, b);
            prop_assert_eq!(to_a.to_string().len(), a.to_string().len());
            prop_assert_eq!(kind(to_a.into()), kind(a.into()), "{} {}", a, to_a);
        }

        #[test]
        fn prefixes_of_ipv6(a in v6_like(), b in v6_like(), shared in 0..=32_u32) {
            let prf = prf();
            let mask = u128::MAX.checked_shl(128 - 4 * shared).unwrap_or(0);
            let b = Ipv6Addr::from_bits(a.to_bits() & mask | b.to_bits() & !mask);
            if a.to_ipv4_mapped().is_none() && b.to_ipv4_mapped().is_none() {
                let (to_a, to_b) = (v6(&prf, a), v6(&prf, b));
                prop_assert_eq!(common(nibbles(to_a), nibbles(to_b)), common(nibbles(a), nibbles(b)), "{} {}", a, b);
                prop_assert_eq!(to_a.to_string().len(), a.to_string().len(), "{} {}", a, to_a);
                prop_assert_eq!(kind(to_a.into()), kind(a.into()), "{} {}", a, to_a);
            }
        }

        #[test]
        fn macs_that_begin_alike(a in any::<[u8; 6]>(), b in any::<[u8; 6]>(), shared in 0..=6_usize) {
            let prf = prf();
            let mut b = b;
            b[..shared].copy_from_slice(&a[..shared]);
            let whole = |mac: [u8; 6]| mac == [0; 6] || mac == [255; 6] || GROUPS.iter().any(|start| mac.starts_with(start));
            if !whole(a) && !whole(b) {
                prop_assert_eq!(common(mac(&prf, a), mac(&prf, b)), common(a, b));
                prop_assert_eq!((mac(&prf, a)[0] ^ a[0]) & 3, 0);
            }
        }
    }
}
