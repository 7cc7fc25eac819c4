//! Captures that are made to hurt, scaled down, under caps scaled down with them: wslog ends, says what it gave up, and
//! keeps no more than it may. Full size by hand: `cargo bench --bench pipeline -- --hostile`.

use std::path::Path;

use wslog::limits::Limits;
use wslog::model::{Conversation, InputReport, WeirdKind, Weirds};
use wslog::source::Reader;

use crate::support::capture_file::{Endian, Interface, Pcap, Record, pcapng};
use crate::support::conversation::{Client, Talk};
use crate::support::essence::analyse_file_within;
use crate::support::frame::Frame;
use crate::support::hostile::{as_file, named};

fn analyse(name: &str, n: u64, limits: &Limits) -> (Vec<Conversation>, InputReport) {
    let make = named(name).expect("a name of the list");
    let mut file = Vec::new();
    as_file(make, n, &mut |bytes| file.extend_from_slice(bytes));
    analyse_file_within(&file, limits)
}

fn count(weirds: &Weirds, kind: WeirdKind) -> u64 {
    weirds.as_slice().iter().find(|weird| weird.kind == kind).map_or(0, |weird| weird.count)
}

#[test]
fn half_open_connections_are_followed_up_to_a_cap() {
    let limits = Limits { max_flows: 500, ..Limits::default() };
    let (reports, input) = analyse("half-open", 3_000, &limits);
    assert!(reports.is_empty());
    assert_eq!((input.tcp_connections, count(&input.weirds, WeirdKind::FlowEvicted)), (3_000, 2_500));
}

#[test]
fn many_connections_of_which_few_are_open() {
    let limits = Limits { max_flows: 2_000, ..Limits::default() };
    let (reports, input) = analyse("connections", 1_500, &limits);
    assert_eq!((reports.len(), input.weirds.is_empty()), (1_500, true));
    assert!(reports.iter().all(|report| report.closing.outcome.name() == "clean"));
}

#[test]
fn a_reversed_flow_of_single_bytes() {
    // Within the cap it is read as if it were in order, beyond it there is a gap.
    let (reports, _) = analyse("reversed", 2_000, &Limits::default());
    assert_eq!(reports[0].traffic.server.message_bytes, 2_000);
    let limits = Limits { max_out_of_order_segments: 100, ..Limits::default() };
    let (reports, _) = analyse("reversed", 2_000, &limits);
    assert!(count(&reports[0].weirds, WeirdKind::OutOfOrderCap) > 0);
    assert_eq!(reports[0].traffic.server.message_bytes, 0);
}

#[test]
fn bombs_are_inflated_up_to_the_caps() {
    let message = Limits { max_inflated_message_bytes: 1 << 20, ..Limits::default() };
    let total = Limits { max_inflated_bytes: 3 << 20, ..Limits::default() };
    let ratio = Limits { max_inflate_ratio: 100, ..Limits::default() };
    for (limits, capped) in [(Limits::default(), 0), (message, 1), (total, 1), (ratio, 1)] {
        let (reports, _) = analyse("bomb", 4 << 20, &limits);
        assert_eq!(count(&reports[0].weirds, WeirdKind::InflateCap), capped, "{limits:?}");
        assert_eq!(
            reports[0].findings.iter().filter(|f| f.violation.rule().name() == "PMD-BOMB").count() as u64,
            capped
        );
    }
}

#[test]
fn frames_by_the_thousand_in_a_segment() {
    let (reports, _) = analyse("frames", 30_000, &Limits::default());
    assert_eq!(reports[0].traffic.server.frames[1], 30_000);
}

#[test]
fn a_head_without_end() {
    let (reports, input) = analyse("head", 300_000, &Limits::default());
    let odd = reports.iter().map(|report| &report.weirds).chain([&input.weirds]);
    assert_eq!(odd.map(|weirds| count(weirds, WeirdKind::HandshakeCap)).sum::<u64>(), 1);
}

/// What many connections hold together is capped, whatever it is that they hold; the one that is silent the longest gives
/// up first, and what was read of it is told.
#[test]
fn many_that_hold_much() {
    let usual = Limits { max_flows: 1_000, ..Limits::default() };
    let tight = Limits { max_held_bytes: 700_000, ..usual.clone() };
    for (name, told) in [("heads", 30), ("half-heads", 0), ("holes", 30)] {
        let (reports, input) = analyse(name, 30, &usual);
        assert_eq!((reports.len(), count(&input.weirds, WeirdKind::HeldCap)), (told, 0), "{name}");
        let (reports, input) = analyse(name, 30, &tight);
        let given_up = count(&input.weirds, WeirdKind::HeldCap);
        assert_eq!(reports.len(), told, "{name}");
        assert!((18..=24).contains(&given_up), "{name}: {given_up}");
        let gaps = reports
            .iter()
            .filter(|report| report.traffic.client.gap_bytes + report.traffic.server.gap_bytes > 0);
        assert_eq!(gaps.count(), if name == "holes" { told } else { 0 }, "{name}");
    }
}

/// A pcapng block, a pcap record, an option that claims absurd lengths: read up to there, in memory of the size of the
/// file.
#[test]
fn absurd_lengths_are_not_believed() {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    let packets = talk.open().send(Client, Frame::text("x")).packets();
    let plain = Pcap::default().write(&packets);
    let numbered: Vec<_> = packets.iter().map(|packet| (0, packet.clone())).collect();
    let interface = Interface::new("x", wslog::model::LinkType::ETHERNET);
    let ng = pcapng(Endian::Little, &[interface], &numbered);
    for (name, file) in [("pcap", plain), ("pcapng", ng)] {
        for length in [0, 1, 11, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff_u32] {
            for at in (0..file.len() - 4).step_by(4) {
                let mut bad = file.clone();
                bad[at..at + 4].copy_from_slice(&length.to_le_bytes());
                let mut weirds = Weirds::default();
                let Ok(mut reader) = Reader::open(&bad[..], Path::new(name)) else { continue };
                while let Ok(Some(packet)) = reader.next(&mut weirds) {
                    assert!(packet.data.len() <= bad.len(), "{name} {at} {length}");
                }
                assert!(reader.bytes() <= bad.len() as u64);
            }
        }
    }
}

/// Options that contradict their own lengths, in IPv4, TCP and the extension headers of IPv6.
#[test]
fn options_without_end() {
    let v4 = |words: u8, options: &[u8], tcp: &[u8]| {
        let len = (20 + options.len() + tcp.len()) as u16;
        let head = [
            0x40 | words,
            0,
            (len >> 8) as u8,
            len as u8,
            0,
            0,
            0x40,
            0,
            64,
            6,
            0,
            0,
            10,
            0,
            0,
            1,
            10,
            0,
            0,
            2,
        ];
        [&head[..], options, tcp].concat()
    };
    let tcp = |words: u8, options: &[u8]| {
        let head = [0xc3, 0x51, 0x1f, 0x90, 0, 0, 0, 1, 0, 0, 0, 1, words << 4, 0x10, 0xff, 0xff, 0, 0, 0, 0];
        [&head[..], options].concat()
    };
    // Each extension header announces another one.
    let mut v6 = vec![0x60, 0, 0, 0, 0xff, 0xf0, 0, 64];
    v6.extend([0xfd; 32]);
    v6.extend([0, 0, 1, 4, 0, 0, 0, 0].repeat(8_000));
    let records = [
        v4(15, &[7; 40], &tcp(5, &[])),
        v4(15, &[0x83, 0].repeat(20), &tcp(5, &[])),
        v4(15, &[], &tcp(15, &[])),
        v4(5, &[], &tcp(15, &[8; 40])),
        v4(5, &[], &tcp(15, &[8, 0].repeat(20))),
        v4(5, &[], &tcp(15, &[])),
        v4(5, &[], &tcp(0, &[])),
        v6,
    ];
    let records = records.into_iter().map(|data| Record { at_ns: 0, data });
    let file = Pcap { link: wslog::model::LinkType::RAW, ..Pcap::default() }.write_records(records);
    let (reports, input) = analyse_file_within(&file, &Limits::default());
    assert!(reports.is_empty());
    assert_eq!(input.packets, 8);
}
