//! One conversation in IP fragments: what comes of those that are late, twice, torn, missing or too many.

use wslog::limits::Limits;
use wslog::model::{LinkType, PacketNo, Weird};

use crate::support::capture_file::{Pcap, Record};
use crate::support::conversation::TestPacket;
use crate::support::essence::{analyse_file_within, assert_same, essence};
use crate::support::script::{analyse, play};
use crate::support::transform::over_ip;
use crate::support::wrap::{self, Layer, fragments, ip_packet, typed};

const SCRIPT: &str = "C: text hi | S: 82 7e 01 00 55*256 | C: text there | C: close 1000 done | S: close 1000 done | \
                      S: fin | C: fin";
/// Number of the packet whose fragments some tests spoil: the server's 256 bytes.
const LONG: usize = 6;
const SECOND: i64 = 1_000_000_000;

/// The fragments of one packet, each with its time.
type Pieces = Vec<(i64, Vec<u8>)>;

fn conversations() -> [Vec<TestPacket>; 2] {
    let packets = play(SCRIPT, false);
    [over_ip(&packets, true), packets]
}

fn cut(packets: &[TestPacket], size: usize) -> Vec<Pieces> {
    let cut = |(packet, id): (&TestPacket, _)| {
        let pieces = fragments(&ip_packet(packet), size, id).into_iter();
        pieces.map(|piece| (packet.at_ns, piece)).collect()
    };
    packets.iter().zip(1..).map(cut).collect()
}

fn pcap(pieces: &[Pieces], snap_len: u32) -> Vec<u8> {
    let records = pieces.iter().flatten().map(|(at_ns, data)| Record { at_ns: *at_ns, data: data.clone() });
    Pcap { link: LinkType::RAW, snap_len, ..Pcap::default() }.write_records(records)
}

/// The weirds of the file that are about fragments, as `kind count`.
fn odd(input: &wslog::model::InputReport) -> String {
    let weirds = input.weirds.as_slice().iter();
    weirds.map(|weird| format!("{} {}", weird.kind.name(), weird.count)).collect::<Vec<_>>().join(", ")
}

/// After `change`, the fragments say what `packets` do, and what is odd is `expected`.
#[track_caller]
fn check(name: &str, limits: &Limits, change: impl Fn(&mut Vec<Pieces>), expected: &str) {
    for packets in conversations() {
        let mut pieces = cut(&packets, 64);
        assert!(pieces[LONG].len() >= 4);
        change(&mut pieces);
        let (reports, input) = analyse_file_within(&pcap(&pieces, 262_144), limits);
        assert_same(&essence(&reports), &essence(&analyse(&packets)), &|| name.to_owned());
        assert_eq!(odd(&input), expected, "{name}");
    }
}

/// As `check` for what takes the long packet away: then the connection has a gap.
#[track_caller]
fn check_lost(name: &str, limits: &Limits, change: impl Fn(&mut Vec<Pieces>), expected: &str) {
    for packets in conversations() {
        let mut pieces = cut(&packets, 64);
        change(&mut pieces);
        let (reports, input) = analyse_file_within(&pcap(&pieces, 262_144), limits);
        assert_eq!(odd(&input), expected, "{name}");
        let without: Vec<_> =
            packets.iter().enumerate().filter(|(n, _)| *n != LONG).map(|(_, p)| p.clone()).collect();
        assert_same(&essence(&reports), &essence(&analyse(&without)), &|| name.to_owned());
    }
}

/// The number of the first byte behind the IP headers.
fn payload_at(fragment: &[u8]) -> usize {
    if fragment[0] >> 4 == 4 { 20 } else { 48 }
}

#[test]
fn whole_however_they_come() {
    let limits = &Limits::default();
    check("in order", limits, |_| {}, "");
    check("reversed", limits, |all| all.iter_mut().for_each(|pieces| pieces.reverse()), "");
    check(
        "each twice",
        limits,
        |all| {
            for pieces in all {
                *pieces = pieces.iter().flat_map(|piece| [piece.clone(), piece.clone()]).collect();
            }
        },
        "",
    );
    check(
        "all twice",
        limits,
        |all| {
            for pieces in all {
                pieces.extend_from_within(..);
            }
        },
        "",
    );
    check(
        "the first of a packet before the last of the one before",
        limits,
        |all| {
            for n in 1..all.len() {
                if let [.., _, _] = all[n - 1][..]
                    && all[n].len() > 1
                {
                    let first = all[n].remove(0);
                    let at = all[n - 1].len() - 1;
                    all[n - 1].insert(at, first);
                }
            }
        },
        "",
    );
    check(
        "almost too late",
        limits,
        |all| {
            let late = all[LONG][0].0 + 30 * SECOND;
            let last = all[LONG].pop().expect("a piece");
            all[LONG].push((late, last.1));
        },
        "",
    );
    check(
        "the same identification for all",
        limits,
        |all| {
            for (_, fragment) in all.iter_mut().flatten() {
                let is_v4 = fragment[0] >> 4 == 4;
                let at = if is_v4 { 4 } else { 46 };
                fragment[at..at + 2].fill(9);
            }
        },
        "",
    );
}

#[test]
fn overlaps() {
    let limits = &Limits::default();
    for packets in conversations() {
        let (coarse, fine) = (cut(&packets, 64), cut(&packets, 40));
        let both: Vec<Pieces> = coarse
            .iter()
            .zip(&fine)
            .map(|(a, b)| {
                let all_but_last = &a[..a.len() - 1];
                all_but_last.iter().chain(b).cloned().collect()
            })
            .collect();
        let (reports, input) = analyse_file_within(&pcap(&both, 262_144), limits);
        assert_same(&essence(&reports), &essence(&analyse(&packets)), &|| "two ways to cut".to_owned());
        assert_eq!(odd(&input), "", "two ways to cut");
    }
    check(
        "other bytes, after",
        limits,
        |all| {
            let (at, mut other) = all[LONG][1].clone();
            let payload = payload_at(&other);
            other[payload..].fill(0xee);
            all[LONG].insert(2, (at, other));
        },
        "conflicting_fragment 1",
    );
    check(
        "another end, after",
        limits,
        |all| {
            let (at, whole) = all[LONG].last().expect("a piece").clone();
            let mut other = whole.clone();
            let len = if other[0] >> 4 == 4 { 3 } else { 5 };
            other[len] -= 8;
            other.truncate(other.len() - 8);
            all[LONG].pop();
            all[LONG].splice(0..0, [(at, whole), (at, other)]);
        },
        "conflicting_fragment 1",
    );
}

#[test]
fn missing_pieces() {
    let limits = &Limits::default();
    for n in 0..4 {
        check_lost("missing", limits, |all| drop(all[LONG].remove(n)), "ip_fragment 1");
    }
    check_lost(
        "too late",
        limits,
        |all| {
            let late = all[LONG][0].0 + 30 * SECOND + 1_000;
            let (_, last) = all[LONG].pop().expect("a piece");
            all.push(vec![(late, last)]);
        },
        "ip_fragment 2",
    );
}

#[test]
fn caps() {
    let crossing = |all: &mut Vec<Pieces>| {
        let first = all[LONG].remove(0);
        all[4].insert(1, first);
    };
    let one = Limits { max_fragmented_datagrams: 1, ..Limits::default() };
    check("one at a time", &one, |_| {}, "");
    let few = Limits { max_fragment_bytes: 3_000, ..Limits::default() };
    check("few bytes", &few, |_| {}, "");
    // The beginning of the long one drives out the response, whose rest drives out that beginning.
    for packets in conversations() {
        let mut pieces = cut(&packets, 64);
        crossing(&mut pieces);
        let (_, input) = analyse_file_within(&pcap(&pieces, 262_144), &one);
        assert!(odd(&input).starts_with("fragment_cap "), "{}", odd(&input));
    }
    let none = Limits { max_fragment_bytes: 100, ..Limits::default() };
    for packets in conversations() {
        let (reports, input) = analyse_file_within(&pcap(&cut(&packets, 64), 262_144), &none);
        assert!(reports.iter().all(|report| report.assumed), "the handshake is lost");
        let fragments = cut(&packets, 64).iter().filter(|p| p.len() > 1).map(Vec::len).sum::<usize>();
        let no = input.weirds.as_slice().iter().find_map(|weird| weird.packet);
        assert_eq!(odd(&input).split(',').next(), Some(&*format!("fragment_cap {fragments}")));
        assert!(no.is_some());
    }
}

/// Every fragment cut: what is known ends at the first cut, and what was captured behind it is counted.
#[test]
fn cut_by_the_snap_length() {
    for packets in conversations() {
        let pieces = cut(&packets[LONG..=LONG], 64);
        let (_, input) = analyse_file_within(&pcap(&pieces, 90), &Limits::default());
        let told = |weird: &Weird| (weird.packet, weird.detail.clone());
        let details: Vec<_> = input.weirds.as_slice().iter().map(told).collect();
        let last = pieces[0].len();
        let (header, total) = (payload_at(&pieces[0][0].1), packets[LONG].payload.len());
        let known = 90_usize.min(header + 64) - header;
        if known == 64 {
            assert_eq!(details, []);
            continue;
        }
        let rest = pieces[0][last - 1].1.len().min(90) - header;
        let unused = known * (last - 2) + rest;
        let expected = [
            format!("{unused} bytes captured after a fragment cut by the snap length are not used"),
            format!("{} of {total} payload bytes were not captured", total - (known - 20)),
        ];
        assert_eq!(details[..2], expected.map(|detail| (Some(PacketNo(last as u64)), detail)));
    }
}

/// The outer packet of a tunnel in fragments, the inner one, and both.
#[test]
fn fragments_and_tunnels() {
    let layers: [(&str, Layer); 6] = [
        ("VXLAN", wrap::vxlan),
        ("GTP-U", wrap::gtp),
        ("GRE", wrap::gre_all),
        ("IP in IPv4", wrap::in_ipv4),
        ("IP in IPv6", wrap::in_ipv6),
        ("AH", wrap::authenticated),
    ];
    for packets in conversations() {
        for (name, layer) in layers {
            for (inner_size, outer_size) in [(65_000, 48), (40, 65_000), (64, 40)] {
                let mut id = 0;
                let mut pieces: Vec<Pieces> = Vec::new();
                for packet in &packets {
                    for inner in fragments(&ip_packet(packet), inner_size, packets.len() as u16 + id) {
                        id += 1;
                        let outer = layer(typed(inner)).bytes;
                        let outer = fragments(&outer, outer_size, id).into_iter();
                        pieces.push(outer.map(|piece| (packet.at_ns, piece)).collect());
                    }
                    id += 100;
                }
                let (reports, input) = analyse_file_within(&pcap(&pieces, 262_144), &Limits::default());
                assert_same(&essence(&reports), &essence(&analyse(&packets)), &|| name.to_owned());
                assert_eq!(odd(&input), "", "{name}");
            }
        }
    }
}

/// UDP that is no tunnel is not missed, whether it is whole or not; what may have been one is.
#[test]
fn fragments_of_other_protocols() {
    let packet = |protocol: u8, port: u8| {
        let mut bytes = fragments(&ip_packet(&conversations()[1][LONG]), 65_000, 3).remove(0);
        bytes[9] = protocol;
        bytes[22..28].copy_from_slice(&[0, port, 0, 0, 0, 0]);
        fragments(&bytes, 64, 9).into_iter().map(|piece| (0, piece)).collect::<Pieces>()
    };
    let rows: &[(&str, Pieces, &str)] = &[
        ("UDP", packet(17, 53), ""),
        ("UDP without its end", packet(17, 53)[..2].to_vec(), ""),
        ("UDP without its beginning", packet(17, 53)[1..].to_vec(), "ip_fragment 1"),
        ("ICMP", packet(1, 53)[1..].to_vec(), ""),
    ];
    for (name, pieces, expected) in rows {
        let file = pcap(std::slice::from_ref(pieces), 262_144);
        let (_, input) = analyse_file_within(&file, &Limits::default());
        assert_eq!(odd(&input), *expected, "{name}");
    }
}

/// What contradicts itself is not kept.
#[test]
fn impossible_fragments() {
    let all = fragments(&ip_packet(&conversations()[1][LONG]), 64, 9);
    let spoil = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut fragment = all[0].clone();
        change(&mut fragment);
        vec![(0, fragment)]
    };
    let rows: [(&str, Pieces, &str); 3] = [
        (
            "not in units of 8",
            spoil(&|f| {
                f[3] -= 1;
                f.truncate(83);
            }),
            "length of an IP fragment before the last is 63, expected a multiple of 8",
        ),
        (
            "beyond 65 535",
            spoil(&|f| f[6..8].copy_from_slice(&[0x1f, 0xff])),
            "end of an IP fragment is 65592, expected at most 65535",
        ),
        (
            "nothing",
            spoil(&|f| {
                f[3] = 20;
                f.truncate(20);
            }),
            "length of an IP fragment is 0, expected at least 1",
        ),
    ];
    for (name, pieces, expected) in rows {
        let (_, input) = analyse_file_within(&pcap(&[pieces], 262_144), &Limits::default());
        let weirds = input.weirds.as_slice();
        assert_eq!(weirds.len(), 1, "{name}");
        assert_eq!(
            (weirds[0].kind.name(), weirds[0].packet),
            ("malformed_header", Some(PacketNo(1))),
            "{name}"
        );
        assert_eq!(weirds[0].detail, expected, "{name}");
    }
}
