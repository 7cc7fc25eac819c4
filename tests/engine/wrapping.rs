//! One conversation on every link and in every tunnel: the same connections, frames and closing as plain.

use wslog::limits::Limits;
use wslog::model::{LinkType, Packet, PacketNo, Timestamp, Weirds};
use wslog::source::Decoder;

use crate::support::capture_file::{Endian, Interface, Pcap, Record, pcapng_records};
use crate::support::conversation::TestPacket;
use crate::support::essence::{analyse_file_within, assert_same, essence};
use crate::support::script::{analyse, play};
use crate::support::transform::{over_ip, rechop};
use crate::support::wrap::table::{WRAPPINGS, eth, row};
use crate::support::wrap::{self, Wrapping, ip_packet, typed};

/// Scripts (see `support/script.rs`): clean, failed, with an unmasked frame and a payload of two segments.
const SCRIPTS: &[&str] = &[
    "C: text hi | S: text hi | C: close 1000 done | S: close 1000 done | S: fin | C: fin",
    "C: a1 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin",
    "S: 82 7e 08 00 55*2048 | C: raw 81 02 68 69 | S: rst",
];

fn conversations() -> Vec<Vec<TestPacket>> {
    // Short enough for the length field of 802.3.
    let played = SCRIPTS.iter().map(|script| rechop(&play(script, false), 1_200));
    played.flat_map(|packets| [packets.clone(), over_ip(&packets, true)]).collect()
}

fn pcap(link: LinkType, records: impl IntoIterator<Item = Record>) -> Vec<u8> {
    Pcap { link, ..Pcap::default() }.write_records(records)
}

/// The file says what `packets` do, and nothing in it is odd.
#[track_caller]
fn check(name: &str, file: &[u8], packets: &[TestPacket]) {
    let (reports, input) = analyse_file_within(file, &Limits::default());
    assert_same(&essence(&reports), &essence(&analyse(packets)), &|| name.to_owned());
    assert!(input.weirds.is_empty(), "{name}: {:?}", input.weirds);
}

#[test]
fn a_wrapping_changes_no_conclusion() {
    for packets in conversations() {
        for wrapping in WRAPPINGS.iter().filter(|wrapping| wrapping.carries(&packets[0])) {
            let record = |p: &TestPacket| Record { at_ns: p.at_ns, data: wrapping.around(p) };
            check(wrapping.name, &pcap(wrapping.link, packets.iter().map(record)), &packets);
        }
    }
}

/// Each packet on another interface: link types change from one to the next.
#[test]
fn all_wrappings_in_one_file() {
    for packets in conversations() {
        let wrappings: Vec<_> = WRAPPINGS.iter().filter(|wrapping| wrapping.carries(&packets[0])).collect();
        let interfaces: Vec<_> = wrappings.iter().map(|w| Interface::new(w.name, w.link)).collect();
        let records = packets
            .iter()
            .zip((0..wrappings.len()).cycle())
            .map(|(packet, n)| (n, Record { at_ns: packet.at_ns, data: wrappings[n].around(packet) }));
        check("all", &pcapng_records(Endian::Big, &interfaces, records), &packets);
    }
}

/// Two points of capture that see the same packets.
const COPIES: &[(&str, Wrapping, Wrapping)] = &[
    ("both hosts of a switch", eth("in", &[]), eth("out", &[])),
    ("a trunk and its port", eth("trunk", &[wrap::vlan]), eth("port", &[])),
    ("two VLANs", eth("one", &[wrap::vlan]), eth("other", &[wrap::service_vlan])),
    (
        "both sides of a router",
        eth("in", &[]),
        row("out", LinkType::ETHERNET, wrap::ethernet_elsewhere, &[wrap::routed]),
    ),
    ("padded on one side", row("in", LinkType::ETHERNET, wrap::ethernet_padded, &[]), eth("out", &[])),
    (
        "any: bridge and port",
        row("bridge", LinkType::LINUX_SLL2, wrap::sll2, &[]),
        row("port", LinkType::LINUX_SLL2, wrap::sll2_outgoing, &[]),
    ),
    (
        "inside and outside of a tunnel",
        eth("pod", &[]),
        row("host", LinkType::LINUX_SLL2, wrap::sll2, &[wrap::vxlan]),
    ),
];

/// Each segment is a copy of the one before, or of one some packets before.
#[test]
fn a_packet_seen_twice_is_a_copy() {
    for (name, one, other) in COPIES {
        let interfaces = [one, other].map(|wrapping| Interface::new(wrapping.name, wrapping.link));
        for (packets, late) in conversations().iter().flat_map(|packets| [(packets, 1), (packets, 4)]) {
            let records = packets.chunks(late).flat_map(|chunk| {
                [(0, one), (1, other)].into_iter().flat_map(move |(n, wrapping)| {
                    let at_ns = chunk[0].at_ns;
                    chunk.iter().map(move |packet| (n, Record { at_ns, data: wrapping.around(packet) }))
                })
            });
            let plainly: Vec<_> = packets
                .chunks(late)
                .flat_map(|chunk| chunk.iter().map(|p| TestPacket { at_ns: chunk[0].at_ns, ..p.clone() }))
                .collect();
            check(name, &pcapng_records(Endian::Little, &interfaces, records), &plainly);
        }
    }
}

/// Neighbouring segments in one A-MSDU.
#[test]
fn an_aggregate_holds_several_segments() {
    for packets in conversations() {
        let records = packets.chunks(3).map(|group| {
            let payloads: Vec<_> = group.iter().map(|packet| typed(ip_packet(packet))).collect();
            Record { at_ns: group[0].at_ns, data: wrap::aggregate(&payloads) }
        });
        let file = pcap(LinkType::IEEE802_11, records);
        let at = |n: usize| packets[n / 3 * 3].at_ns;
        let together: Vec<_> =
            (0..packets.len()).map(|n| TestPacket { at_ns: at(n), ..packets[n].clone() }).collect();
        check("A-MSDU", &file, &together);
    }
}

/// What comes of the first bytes of a packet: segments (payload and bytes cut off), kinds of weirds.
fn decode(link: LinkType, data: &[u8], kept: usize) -> (Vec<(Vec<u8>, u32)>, Vec<&'static str>) {
    let orig_len = u32::try_from(data.len()).expect("short");
    let packet = Packet { no: PacketNo(1), at: Some(Timestamp(0)), link, orig_len, data: &data[..kept] };
    let (mut decoder, mut weirds) = (Decoder::new(&Limits::default()), Weirds::default());
    let mut segments = Vec::new();
    decoder.decode(&packet, &mut weirds, &mut |s| segments.push((s.payload.to_vec(), s.cut_off)));
    decoder.finish(&mut weirds);
    (segments, weirds.as_slice().iter().map(|weird| weird.kind.name()).collect())
}

/// Cut at every length: either the segment with what is left of its payload, or a weird that says why not.
#[test]
fn cut_anywhere() {
    for packets in conversations() {
        let packet = &packets[3];
        assert!(!packet.payload.is_empty());
        for wrapping in WRAPPINGS.iter().filter(|wrapping| wrapping.carries(packet)) {
            let data = wrapping.around(packet);
            for kept in 0..=data.len() {
                let (segments, weirds) = decode(wrapping.link, &data, kept);
                let whole = (packet.payload.clone(), 0);
                match (&segments[..], &weirds[..]) {
                    ([found], []) if *found == whole => {}
                    ([(known, cut_off)], ["cut_payload"]) => {
                        assert!(packet.payload.starts_with(known));
                        assert_eq!(known.len() + *cut_off as usize, packet.payload.len());
                    }
                    ([], ["truncated_packet"]) => {}
                    other => panic!("{}, {kept} of {}: {other:?}", wrapping.name, data.len()),
                }
            }
            assert_eq!(decode(wrapping.link, &data, data.len()).0.len(), 1, "{}", wrapping.name);
        }
    }
}

/// A byte changed, anywhere, to anything: no panic, and no payload longer than the packet.
#[test]
fn spoilt_anywhere() {
    let packet = &play(SCRIPTS[0], false)[3];
    for wrapping in WRAPPINGS.iter().filter(|wrapping| wrapping.carries(packet)) {
        let data = wrapping.around(packet);
        for at in 0..data.len() - packet.payload.len() {
            for value in [0, 1, 0x0f, 0x40, 0x7f, 0x80, 0xff] {
                let mut spoilt = data.clone();
                spoilt[at] = value;
                for (payload, _) in decode(wrapping.link, &spoilt, spoilt.len()).0 {
                    assert!(payload.len() <= data.len());
                }
            }
        }
    }
}
