//! The same connections recorded otherwise: other segments, another order, some twice, other files. What wslog
//! says about the endpoints stays the same; `support/essence.rs` lists what may differ, and why.

use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use wslog::model::LinkType;

use crate::support::capture_file::{Endian, Interface, Pcap, Unit, pcapng};
use crate::support::conversation::TestPacket;
use crate::support::essence::{analyse_file, assert_same, essence, packets_of};
use crate::support::script::{analyse, play};
use crate::support::streams;
use crate::support::transform::{Change, over_ip};

/// Exchanges (see `wslog::notation`) of every kind of end and of fault. What they must show stands in
/// `tests/reference/`; here they only have to show the same.
const SCRIPTS: &[&str] = &[
    "C: text hi | S: text hi | C: close 1000 done | S: close 1000 done | S: fin | C: fin",
    "S: close 1001 | C: close 1001 | C: fin | S: fin",
    "C: a1 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin",
    "C: a1 02 68 69 | C: ping x | S: pong x | C: close 1000 | S: close 1000 | S: fin | C: fin",
    "C: c1 00 | S: close 1002 | C: ping x | S: pong x | C: close 1002 | S: fin | C: fin",
    "C: 83 00 | S: fin | C: fin",
    "C: raw 81 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin",
    "C: 82 7e 00 7d 61*125 | C: 82 7f 80 00*7 61 | S: close 1002 | S: fin | C: fin",
    "C: 81 03 ed a0 80 | S: close 1007 | C: close 1007 | S: fin | C: fin",
    "C: 01 01 c3 | C: ping x | S: pong x | C: 80 01 a9 | C: close | S: close | S: fin | C: fin",
    "S: 01 01 c3 | S: 81 01 62 | S: 80 01 63 | S: 80 00 | C: close 1002 | S: fin | C: fin",
    "S: hold | C: close 1000 | S: close 1001 | S: release | S: fin | C: fin",
    "S: hold | C: close 1000 | S: fin | S: release | C: fin",
    "C: close 1000 | C: text x | C: close 1001 | S: close 1000 | S: fin | C: fin",
    "C: close 1000 | S: fin | C: fin",
    "C: close 1000 | S: close 1000 | C: ack | S: rst",
    "C: close 1000 | S: close 1000 | S: rst",
    "C: 88 03 03 e8 ff | S: close 1007 | S: fin | C: fin",
    "C: text x | S: fin | C: fin",
    "C: text x | S: rst",
    "C: 82 05 61 | C: fin | S: fin",
    "C: ping a | C: ping b | S: pong zz | S: pong b | S: pong b | C: text x | S: text y",
];

/// With permessage-deflate: "hi" twice, its context kept, an uncompressed message between; then faults.
const DEFLATED: &[&str] = &[
    "C: c1 04 ca c8 04 00 | S: c2 04 ca c8 04 00 | C: text hi | C: c1 04 02 11 00 00 | C: close 1000 \
     | S: close 1000 | S: fin | C: fin",
    "C: 41 02 ca c8 | C: c0 02 04 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
    "C: c1 04 ff ff ff ff | S: close 1007 | C: close 1007 | S: fin | C: fin",
];

/// Acts and ends of random scripts.
const ACTS: &[&str] = &[
    "C: text hello",
    "S: text hello",
    "S: 82 7e 01 00 55*256",
    "C: 01 02 c3 a9",
    "C: 00 01 78",
    "C: 80 01 79",
    "S: 02 01 00",
    "S: 80 00",
    "C: ping a",
    "S: pong a",
    "S: ping b",
    "C: pong b",
    "C: a1 02 68 69",
    "S: 8b 00",
    "C: 81 01 ff",
    "C: c1 04 ca c8 04 00",
    "C: ack",
    "S: ack",
    "C: hold",
    "C: release",
    "S: hold",
    "S: release",
    "C: wait 3",
];
const ENDS: &[&str] = &[
    "C: ack",
    "C: close 1000 | S: close 1000 | S: fin | C: fin",
    "S: close 1002 | C: close 1002 | S: fin | C: fin",
    "S: close 4000 bye | C: text late | C: close 4000 | C: fin | S: fin",
    "S: hold | C: close 1000 | S: close 1001 | S: release | S: fin | C: fin",
    "C: close 1000 | S: fin | C: fin",
    "C: close | S: close | C: rst",
    "S: fin | C: text late | C: fin",
    "C: rst",
];

/// Samples without a whole handshake: where segments begin is part of what their frames are recognised by.
const PICKED_UP: &[&str] = &["mid-stream.pcap", "one-sided.pcap", "snaplen.pcap"];

/// Every capture in `samples/` with a whole handshake and every script, with its name.
fn recordings() -> Vec<(String, Vec<TestPacket>)> {
    let mut all = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for entry in fs::read_dir(folder).expect("samples/ is there") {
        let path = entry.expect("samples/ can be read").path();
        let picked_up = PICKED_UP.iter().any(|name| path.ends_with(name));
        if !picked_up && path.extension().is_some_and(|e| e == "pcap" || e == "pcapng") {
            let file = fs::read(&path).expect("a sample");
            all.push((path.display().to_string(), packets_of(&file)));
        }
    }
    all.sort_by(|(a, _), (b, _)| a.cmp(b));
    all.extend(SCRIPTS.iter().map(|script| ((*script).to_owned(), play(script, false))));
    all.extend(DEFLATED.iter().map(|script| ((*script).to_owned(), play(script, true))));
    all.extend(streams::SCRIPTS.iter().map(|script| ((*script).to_owned(), streams::play(script))));
    all
}

/// The stacks of changes that every recording goes through.
fn stacks() -> Vec<Vec<Change>> {
    use Change::*;
    let shuffle = |window| Reorder { window, seed: 7 };
    let repeat = |one_in| Duplicate { one_in, seed: 11 };
    vec![
        vec![],
        vec![Rechop(1)],
        vec![Rechop(2)],
        vec![Rechop(7)],
        vec![Rechop(100)],
        vec![Coalesce(1_440)],
        vec![Coalesce(64)],
        vec![Overlap(3)],
        vec![Overlap(1_440)],
        vec![shuffle(2)],
        vec![repeat(2)],
        vec![Rechop(1), shuffle(8)],
        vec![Rechop(3), shuffle(4), repeat(3)],
        vec![Rechop(5), Overlap(9), repeat(4), shuffle(3)],
        vec![Coalesce(1_440), Rechop(11), repeat(1)],
        vec![OverIp { v6: true }],
        vec![OverIp { v6: false }, Rechop(40), shuffle(5)],
    ]
}

/// A way to write a capture file. Link types that hold one version of IP get the connections moved to it.
#[derive(Clone, Copy, Debug)]
struct Format {
    ng: bool,
    endian: Endian,
    unit: Unit,
    link: LinkType,
}

impl Format {
    fn write(&self, packets: &[TestPacket]) -> Vec<u8> {
        let Self { ng, endian, unit, link } = *self;
        let moved;
        let packets = match link {
            LinkType::IPV4 | LinkType::IPV6 => {
                moved = over_ip(packets, link == LinkType::IPV6);
                &moved
            }
            _ => packets,
        };
        if ng {
            let interface = Interface { unit, ..Interface::new("eth0", link) };
            let packets: Vec<_> = packets.iter().map(|packet| (0, packet.clone())).collect();
            pcapng(endian, &[interface], &packets)
        } else {
            Pcap { endian, unit, link, ..Pcap::default() }.write(packets)
        }
    }
}

fn formats() -> Vec<Format> {
    let links = [
        LinkType::ETHERNET,
        LinkType::LINUX_SLL,
        LinkType::LINUX_SLL2,
        LinkType::NULL,
        LinkType::LOOP,
        LinkType::RAW,
        LinkType::IPV4,
        LinkType::IPV6,
    ];
    let mut all = Vec::new();
    for ng in [false, true] {
        for endian in [Endian::Little, Endian::Big] {
            for unit in [Unit::Micro, Unit::Nano] {
                all.extend(links.map(|link| Format { ng, endian, unit, link }));
            }
        }
    }
    all
}

fn usual() -> Format {
    Format { ng: false, endian: Endian::Little, unit: Unit::Micro, link: LinkType::ETHERNET }
}

/// Each stack goes through another file format, so that every pair of the two is met by some recording.
#[test]
fn packetisation_changes_no_conclusion() {
    let (stacks, formats) = (stacks(), formats());
    for (i, (name, packets)) in recordings().iter().enumerate() {
        let expected = essence(&analyse_file(&usual().write(packets)));
        assert!(!expected.is_empty(), "{name}: no connection");
        for (k, stack) in stacks.iter().enumerate() {
            let changed = stack.iter().fold(packets.clone(), |packets, change| change.apply(&packets));
            let format = formats[(i + k) % formats.len()];
            let found = essence(&analyse_file(&format.write(&changed)));
            assert_same(&found, &expected, &|| format!("{name}\nafter {stack:?}\nas {format:?}"));
        }
    }
}

#[test]
fn the_file_format_changes_no_conclusion() {
    for (name, packets) in recordings() {
        let expected = essence(&analyse(&packets));
        for format in formats() {
            let found = essence(&analyse_file(&format.write(&packets)));
            assert_same(&found, &expected, &|| format!("{name}\nas {format:?}"));
        }
    }
}

/// What the builder leaves out of a recorded capture (TCP options, real checksums, windows) says nothing either.
#[test]
fn samples_say_the_same_when_written_anew() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for (name, packets) in recordings().iter().filter(|(name, _)| folder.join(name).is_file()) {
        let original = essence(&analyse_file(&fs::read(name).expect("a sample")));
        let again = essence(&analyse_file(&usual().write(packets)));
        assert_same(&again, &original, &|| name.clone());
    }
}

/// The changes do change something: else the tests above would compare nothing.
#[test]
fn every_change_changes_some_recording() {
    let recordings = recordings();
    for stack in stacks().iter().filter(|stack| !stack.is_empty()) {
        for (k, change) in stack.iter().enumerate() {
            let before = |packets: &[TestPacket]| {
                stack[..k].iter().fold(packets.to_vec(), |packets, change| change.apply(&packets))
            };
            assert!(
                recordings.iter().any(|(_, packets)| change.apply(&before(packets)) != before(packets)),
                "{change:?} in {stack:?}"
            );
        }
    }
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        (1usize..80).prop_map(Change::Rechop),
        (1usize..2_000).prop_map(Change::Coalesce),
        (1usize..80).prop_map(Change::Overlap),
        (2usize..9, any::<u64>()).prop_map(|(window, seed)| Change::Reorder { window, seed }),
        (1usize..9, any::<u64>()).prop_map(|(one_in, seed)| Change::Duplicate { one_in, seed }),
        any::<bool>().prop_map(|v6| Change::OverIp { v6 }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_changes_to_random_scripts(
        acts in vec(select(ACTS), 0..12),
        end in select(ENDS),
        deflate in any::<bool>(),
        stack in vec(change(), 1..5),
        format in select(formats()),
    ) {
        let script = [&*acts, &[end]].concat().join(" | ");
        let packets = play(&script, deflate);
        let expected = essence(&analyse(&packets));
        let changed = stack.iter().fold(packets, |packets, change| change.apply(&packets));
        let found = essence(&analyse_file(&format.write(&changed)));
        assert_same(&found, &expected, &|| format!("{script}\ndeflate {deflate}, after {stack:?}\nas {format:?}"));
    }
}
