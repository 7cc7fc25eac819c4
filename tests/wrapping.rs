//! One conversation on every link and in every tunnel: the same connections, frames and closing as plain.

use wslog::capture::Decoder;
use wslog::limits::Limits;
use wslog::model::{LinkType, Packet, PacketNo, Timestamp, Weirds};

use support::capture_file::{Endian, Interface, Pcap, Record, pcapng_records};
use support::conversation::TestPacket;
use support::essence::{analyse_file_within, assert_same, essence};
use support::script::{analyse, play};
use support::transform::{over_ip, rechop};
use support::wrap::{self, Layer, Typed, Wrapping, ip_packet, typed};

#[path = "support/support.rs"]
mod support;

const fn row(
    name: &'static str,
    link: LinkType,
    begin: fn(Typed) -> Vec<u8>,
    layers: &'static [Layer],
) -> Wrapping {
    Wrapping { name, link, begin, layers }
}

const fn eth(name: &'static str, layers: &'static [Layer]) -> Wrapping {
    row(name, LinkType::ETHERNET, wrap::ethernet, layers)
}

const WRAPPINGS: &[Wrapping] = &[
    // Link types.
    eth("Ethernet", &[]),
    row("Ethernet, LLC/SNAP", LinkType::ETHERNET, wrap::ethernet_snap, &[]),
    row("SLL", LinkType::LINUX_SLL, wrap::sll, &[]),
    row("SLL, LLC/SNAP", LinkType::LINUX_SLL, wrap::sll_llc, &[]),
    row("SLL of a radio", LinkType::LINUX_SLL, wrap::sll_radiotap, &[]),
    row("SLL2", LinkType::LINUX_SLL2, wrap::sll2, &[]),
    row("NULL", LinkType::NULL, wrap::null, &[]),
    row("LOOP", LinkType::LOOP, wrap::loopback, &[]),
    row("RAW", LinkType::RAW, wrap::raw, &[]),
    row("RAW 12", LinkType::RAW_BSD, wrap::raw, &[]),
    row("RAW 14", LinkType::RAW_OPENBSD, wrap::raw, &[]),
    row("PPP", LinkType::PPP, wrap::ppp, &[]),
    row("PPP, HDLC framing", LinkType::PPP, wrap::ppp_hdlc, &[]),
    row("PPP_HDLC", LinkType::PPP_HDLC, wrap::ppp_hdlc, &[]),
    row("PPP_HDLC, short numbers", LinkType::PPP_HDLC, wrap::ppp_compressed, &[]),
    row("PPP_HDLC, Cisco", LinkType::PPP_HDLC, wrap::cisco, &[]),
    row("C_HDLC", LinkType::C_HDLC, wrap::cisco, &[]),
    row("PPP_WITH_DIR", LinkType::PPP_WITH_DIR, wrap::ppp_with_direction, &[]),
    row("PPP_PPPD", LinkType::PPP_PPPD, wrap::pppd, &[]),
    row("PPP_ETHER", LinkType::PPP_ETHER, wrap::ppp_ether, &[]),
    row("MPLS", LinkType::MPLS, wrap::mpls_link, &[]),
    row("NFLOG", LinkType::NFLOG, wrap::nflog, &[]),
    row("NFLOG, big-endian", LinkType::NFLOG, wrap::nflog_big_endian, &[]),
    row("802.11", LinkType::IEEE802_11, wrap::wifi, &[]),
    row("802.11 QoS, four addresses", LinkType::IEEE802_11, wrap::wifi_qos, &[]),
    row("802.11 A-MSDU", LinkType::IEEE802_11, wrap::wifi_aggregate, &[]),
    row("radiotap", LinkType::IEEE802_11_RADIOTAP, wrap::radiotap, &[]),
    row("radiotap, padded QoS", LinkType::IEEE802_11_RADIOTAP, wrap::radiotap_padded, &[]),
    row("PPI", LinkType::PPI, wrap::ppi, &[]),
    row("PKTAP", LinkType::PKTAP, wrap::pktap, &[]),
    // What an Ethernet type announces.
    eth("VLAN", &[wrap::vlan]),
    eth("QinQ", &[wrap::service_vlan, wrap::vlan]),
    eth("MPLS behind Ethernet", &[wrap::mpls]),
    eth("pseudowire", &[wrap::pseudowire]),
    eth("pseudowire without control word", &[wrap::bare_pseudowire]),
    eth("PPPoE", &[wrap::pppoe]),
    // Tunnels.
    eth("IP in IPv4", &[wrap::in_ipv4]),
    eth("IP in IPv6", &[wrap::in_ipv6]),
    eth("IP in IPv6 with options", &[wrap::in_ipv6_with_options]),
    eth("AH", &[wrap::authenticated]),
    eth("Ethernet in IP", &[wrap::ethernet_in_ip]),
    eth("MPLS in IP", &[wrap::mpls_in_ip]),
    eth("GRE", &[wrap::gre]),
    eth("GRE with all fields", &[wrap::gre_all]),
    eth("NVGRE", &[wrap::nvgre]),
    eth("PPTP", &[wrap::pptp]),
    eth("ERSPAN I", &[wrap::erspan_1]),
    eth("ERSPAN II", &[wrap::erspan_2]),
    eth("ERSPAN III", &[wrap::erspan_3]),
    eth("VXLAN", &[wrap::vxlan]),
    eth("VXLAN, port 8472", &[wrap::vxlan_linux]),
    eth("VXLAN-GPE", &[wrap::vxlan_gpe]),
    eth("Geneve", &[wrap::geneve]),
    eth("Geneve with IP", &[wrap::geneve_ip]),
    eth("GTP-U", &[wrap::gtp]),
    eth("GTP-U of 5G", &[wrap::gtp_5g]),
    eth("MPLS in UDP", &[wrap::mpls_in_udp]),
    eth("GRE in UDP", &[wrap::gre_in_udp]),
    // One in another.
    eth("QinQ, MPLS, GRE", &[wrap::service_vlan, wrap::vlan, wrap::mpls, wrap::gre]),
    eth("ERSPAN II of VXLAN", &[wrap::erspan_2, wrap::vlan, wrap::vxlan]),
    eth("pseudowire of PPPoE", &[wrap::vlan, wrap::pseudowire, wrap::vlan, wrap::pppoe]),
    eth("PPPoE of MPLS of IP in IPv6", &[wrap::pppoe, wrap::mpls, wrap::in_ipv6]),
    eth("GRE, Geneve, GTP-U, IP in IP", &[wrap::gre_all, wrap::geneve, wrap::gtp_5g, wrap::in_ipv4]),
    row("SLL, GRE, VXLAN", LinkType::LINUX_SLL, wrap::sll, &[wrap::gre, wrap::vxlan]),
    row("radiotap, PPPoE", LinkType::IEEE802_11_RADIOTAP, wrap::radiotap, &[wrap::pppoe]),
];

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
        for wrapping in WRAPPINGS {
            let record = |p: &TestPacket| Record { at_ns: p.at_ns, data: wrapping.around(p) };
            check(wrapping.name, &pcap(wrapping.link, packets.iter().map(record)), &packets);
        }
    }
}

/// Each packet on another interface: link types change from one to the next.
#[test]
fn all_wrappings_in_one_file() {
    let interfaces: Vec<_> = WRAPPINGS.iter().map(|w| Interface::new(w.name, w.link)).collect();
    for packets in conversations() {
        let records = packets
            .iter()
            .zip((0..WRAPPINGS.len()).cycle())
            .map(|(packet, n)| (n, Record { at_ns: packet.at_ns, data: WRAPPINGS[n].around(packet) }));
        check("all", &pcapng_records(Endian::Big, &interfaces, records), &packets);
    }
}

/// Captured inside and outside of a tunnel: each segment is a copy of the one before.
#[test]
fn a_packet_seen_inside_and_outside_is_a_copy() {
    let interfaces =
        [Interface::new("pod", LinkType::ETHERNET), Interface::new("host", LinkType::LINUX_SLL2)];
    let outside = row("SLL2, VXLAN", LinkType::LINUX_SLL2, wrap::sll2, &[wrap::vxlan]);
    for packets in conversations() {
        let records = packets.iter().flat_map(|packet| {
            let [inner, outer] = [&WRAPPINGS[0], &outside].map(|wrapping| wrapping.around(packet));
            [(0, inner), (1, outer)].map(|(n, data)| (n, Record { at_ns: packet.at_ns, data }))
        });
        check("twice", &pcapng_records(Endian::Little, &interfaces, records), &packets);
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
        for wrapping in WRAPPINGS {
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
    for wrapping in WRAPPINGS {
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
