//! Rotated files: a capture cut into files between any two packets shows what it shows whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wslog::engine::{Keep, analyze_captures};
use wslog::limits::Limits;
use wslog::model::{Compression, Conversation, InputReport, LinkType, PacketNo, WeirdKind};
use wslog::tls::Keys;

use crate::support::capture_file::{Endian, Interface, Pcap, Record, pcapng};
use crate::support::conversation::TestPacket;
use crate::support::pack::pack;
use crate::support::script::play;
use crate::support::wrap::{fragments, ip_packet};

const KEEP: Keep = Keep { first: usize::MAX, last: 0, payload_bytes: 256, ..Keep::NOTHING };

/// A fault, two messages, pings and a closing handshake.
const SCRIPT: &str = "C: text hi | S: text hi | C: 01 02 68 69 | S: ping x | C: pong x | C: 80 02 68 69 | S: a1 01 61 \
                      | C: close 1002 | S: close 1002 | S: fin | C: fin";

/// Reads files as one capture.
fn read(files: &[Vec<u8>]) -> (Vec<InputReport>, Vec<Conversation>) {
    let mut connections = Vec::new();
    let mut take = |report: Box<Conversation>| {
        connections.push(*report);
        Ok(())
    };
    let files = files.iter().enumerate().map(|(n, file)| (&file[..], format!("dir/{n}.pcap")));
    let inputs =
        analyze_captures(files, true, &Keys::new(), (&Limits::default(), KEEP), &mut take).expect("captures");
    (inputs, connections)
}

/// Everything but the files.
fn without_files(mut reports: Vec<Conversation>) -> Vec<Conversation> {
    for report in &mut reports {
        (report.input, report.path, report.parts) = (0, None, Vec::new());
    }
    reports
}

fn two_connections() -> Vec<TestPacket> {
    let mut packets = play(SCRIPT, false);
    let mut others = play("C: text hi | S: rst", false);
    for packet in &mut others {
        packet.at_ns += 300_000;
        for end in [&mut packet.from, &mut packet.to] {
            if end.port() != 8080 {
                end.set_port(50_002);
            }
        }
    }
    packets.append(&mut others);
    packets.sort_by_key(|packet| packet.at_ns);
    packets
}

#[test]
fn a_capture_cut_between_any_packets_shows_the_same() {
    let packets = two_connections();
    let (whole_inputs, whole) = read(&[Pcap::default().write(&packets)]);
    assert_eq!((whole.len(), whole_inputs[0].websocket_connections), (2, 2));
    let ng = |packets: &[TestPacket]| {
        let packets: Vec<_> = packets.iter().map(|packet| (0, packet.clone())).collect();
        pcapng(Endian::Big, &[Interface::new("eth0", LinkType::ETHERNET)], &packets)
    };
    for cut in 1..packets.len() {
        let (first, rest) = packets.split_at(cut);
        for files in [[first, rest].map(|part| Pcap::default().write(part)), [first, rest].map(ng)] {
            let (inputs, found) = read(&files);
            check_places(&packets, cut, &found);
            assert_eq!(
                inputs.iter().map(|input| input.packets).collect::<Vec<_>>(),
                [cut, packets.len() - cut].map(|n| n as u64)
            );
            assert_eq!(inputs.iter().map(|input| input.tcp_connections).sum::<u64>(), 2);
            assert_eq!(inputs.iter().map(|input| input.websocket_connections).sum::<u64>(), 2);
            assert_eq!(without_files(found), without_files(whole.clone()), "cut behind packet {cut}");
        }
    }
    // Each packet in a file of its own, and one without any.
    let mut files: Vec<_> = packets.chunks(1).map(|packet| Pcap::default().write(packet)).collect();
    files.insert(7, Pcap::default().write(&[]));
    let (_, found) = read(&files);
    assert_eq!(without_files(found), without_files(whole));
}

/// Numbers lead back to the file and its own count.
fn check_places(packets: &[TestPacket], cut: usize, found: &[Conversation]) {
    for report in found {
        let tcp = report.tcp.expect("captured");
        assert_eq!(report.input, usize::from(tcp.first_packet.0 > cut as u64));
        for frame in &report.frames {
            let packet = frame.packet.expect("captured");
            let place = report.place(packet);
            let before = if place.input == 0 { 0 } else { cut as u64 };
            assert_eq!(place.packet.0 + before, packet.0);
            assert_eq!(place.input, usize::from(packet.0 > cut as u64));
            assert!(place.packet.0 >= 1 && place.packet.0 <= packets.len() as u64);
        }
    }
}

#[test]
fn a_file_cut_short_costs_the_packet_it_was_cut_in() {
    let packets = two_connections();
    let (first, rest) = packets.split_at(9);
    let mut files = [first, rest].map(|part| Pcap::default().write(part));
    let len = files[0].len() - 3;
    files[0].truncate(len);
    let (inputs, found) = read(&files);
    assert!(inputs[0].truncated && !inputs[1].truncated);
    let (_, expected) = read(&[&packets[..8], rest].map(|part| Pcap::default().write(part)));
    assert_eq!(without_files(found), without_files(expected));
}

/// A directory of its own, removed at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wslog-sets-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a place for files");
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("a place for files");
    }

    fn inspect(&self, arguments: &[&str]) -> (Value, String) {
        let out = Command::new(env!("CARGO_BIN_EXE_wslog"))
            .current_dir(&self.0)
            .args(["inspect", "--format", "json", "--frames", "all"])
            .args(arguments)
            .output()
            .expect("the binary runs");
        let errors = String::from_utf8(out.stderr).expect("UTF-8");
        assert_eq!(out.status.code(), Some(0), "{errors}");
        (serde_json::from_slice(&out.stdout).expect("JSON"), errors)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a document says of its connections without their numbers of packets and inputs.
fn conclusions(document: &Value) -> Value {
    let mut connections = document["connections"].clone();
    strip(&mut connections);
    connections
}

fn strip(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|key, _| key != "input" && key != "id" && !key.contains("packet"));
            map.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
        Value::String(text) if text.contains("packet ") => text.clear(),
        _ => {}
    }
}

/// Every packet a connection names is in the file it names.
fn check_numbers(document: &Value, packets: &[u64]) {
    fn walk(value: &Value, input: u64, packets: &[u64]) {
        if let Value::Object(map) = value {
            for (key, value) in map {
                if let Some(number) = value.as_u64().filter(|_| key.ends_with("packet")) {
                    let of =
                        map.get(&format!("{key}_input")).map_or(input, |of| of.as_u64().expect("an index"));
                    assert!((1..=packets[of as usize]).contains(&number), "{key} {number} of input {of}");
                }
                walk(value, input, packets);
            }
        } else if let Value::Array(list) = value {
            list.iter().for_each(|value| walk(value, input, packets));
        }
    }
    for connection in document["connections"].as_array().expect("a list") {
        walk(connection, connection["input"].as_u64().expect("an index"), packets);
    }
}

#[test]
fn a_directory_of_rotated_files_is_one_capture_in_order_of_time() {
    let packets = two_connections();
    let scratch = Scratch::new("rotated");
    scratch.file("whole", &Pcap::default().write(&packets));
    fs::create_dir(scratch.0.join("set")).expect("a place for files");
    // Not in order of names, and one of them compressed.
    scratch.file("set/b.pcap", &Pcap::default().write(&packets[..6]));
    scratch.file("set/c.pcap.gz", &pack(Compression::Gzip, &Pcap::default().write(&packets[6..8])));
    scratch.file("set/a.pcap", &Pcap::default().write(&packets[8..]));
    let (whole, errors) = scratch.inspect(&["whole"]);
    assert_eq!(errors, "");
    let (set, errors) = scratch.inspect(&["set"]);
    assert!(errors.contains("3 files are read as one capture"), "{errors}");
    let inputs = set["inputs"].as_array().expect("a list");
    let paths: Vec<_> = inputs.iter().map(|input| input["path"].as_str().expect("text")).collect();
    assert_eq!(
        paths,
        ["set/b.pcap", "set/c.pcap.gz", "set/a.pcap"].map(|p| p.replace('/', std::path::MAIN_SEPARATOR_STR))
    );
    assert!(inputs.iter().all(|input| input["set"] == 1));
    assert_eq!(inputs[1]["compression"], "gzip");
    assert_eq!(conclusions(&set), conclusions(&whole));
    // Their names do not say that they are one, and ids are given before it is known.
    let id = |document: &Value, at: usize| document["connections"][at]["id"].clone();
    assert_eq!((id(&set, 1), id(&whole, 1)), ("1:2".into(), "2".into()));
    check_numbers(&set, &[6, 2, packets.len() as u64 - 8]);
    assert_eq!(set["connections"][0]["last_packet_input"], 2);

    let (apart, errors) = scratch.inspect(&["--apart", "set"]);
    assert_eq!(errors, "");
    assert!(apart["inputs"].as_array().expect("a list").iter().all(|input| input["set"].is_null()));
    assert_eq!(apart["inputs"][0]["path"], Path::new("set").join("a.pcap").to_str().expect("text"));
}

#[test]
fn the_text_names_the_file_of_a_packet() {
    let packets = two_connections();
    let scratch = Scratch::new("text");
    scratch.file("one.pcap", &Pcap::default().write(&packets[..8]));
    scratch.file("two.pcap", &Pcap::default().write(&packets[8..]));
    let out = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .current_dir(&scratch.0)
        .args(["inspect", "--quiet", "--width", "160", "one.pcap", "two.pcap"])
        .output()
        .expect("the binary runs");
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    assert!(text.contains("\n2 files, one capture in order of time:\n  one.pcap · pcap"), "{text}");
    assert!(text.contains("recorded from packet 1 of one.pcap to packet"), "{text}");
    assert!(text.contains(" of two.pcap"), "{text}");
}

#[test]
fn two_taps_of_one_connection_stay_two() {
    let packets = play(SCRIPT, false);
    let scratch = Scratch::new("taps");
    scratch.file("client", &Pcap::default().write(&packets));
    scratch.file("server", &Pcap::default().write(&packets[1..]));
    let (document, errors) = scratch.inspect(&["client", "server"]);
    assert_eq!(errors, "");
    assert_eq!(document["connections"].as_array().expect("a list").len(), 2);
    let (joined, _) = scratch.inspect(&["--joined", "client", "server"]);
    assert_eq!(joined["connections"].as_array().expect("a list").len(), 1);
}

/// Every packet in IP fragments, as records of raw IP.
fn in_fragments(packets: &[TestPacket]) -> Vec<Record> {
    let cut = |(packet, id): (&TestPacket, _)| {
        let at_ns = packet.at_ns;
        fragments(&ip_packet(packet), 64, id).into_iter().map(move |data| Record { at_ns, data })
    };
    packets.iter().zip(1..).flat_map(cut).collect()
}

fn raw(records: &[Record]) -> Vec<u8> {
    Pcap { link: LinkType::RAW, ..Pcap::default() }.write_records(records.iter().cloned())
}

#[test]
fn a_datagram_may_be_in_two_files() {
    let records = in_fragments(&two_connections());
    let (_, whole) = read(&[raw(&records)]);
    assert_eq!(whole.len(), 2);
    for cut in 1..records.len() {
        let (first, rest) = records.split_at(cut);
        let (inputs, found) = read(&[first, rest].map(raw));
        assert!(inputs.iter().all(|input| input.weirds.as_slice().is_empty()), "cut behind packet {cut}");
        assert_eq!(without_files(found), without_files(whole.clone()), "cut behind packet {cut}");
    }
}

#[test]
fn what_is_odd_is_told_of_the_file_it_is_in() {
    let records = in_fragments(&two_connections());
    let torn = records.iter().position(|record| record.data[6] & 0x20 != 0).expect("a first fragment");
    let mut lacking = records.clone();
    lacking.remove(torn + 1);
    let (inputs, _) = read(&[&lacking[..torn], &lacking[torn..=torn + 1], &lacking[torn + 2..]].map(raw));
    let odd = |input: &InputReport| {
        let weirds = input.weirds.as_slice().iter();
        weirds.filter(|w| w.kind == WeirdKind::IpFragment).map(|w| w.packet).collect::<Vec<_>>()
    };
    assert_eq!(inputs.iter().map(odd).collect::<Vec<_>>(), [vec![], vec![Some(PacketNo(1))], vec![]]);
}

/// Two connections with one key, one after the other.
fn one_key_twice() -> (Vec<TestPacket>, Vec<TestPacket>) {
    let first = play("C: close 1000 | S: close 1000 | S: fin | C: fin", false);
    let mut second = first.clone();
    let pause = first.last().expect("there are some").at_ns - first[0].at_ns + 1_000_000;
    for packet in &mut second {
        packet.at_ns += pause;
        for end in [&mut packet.from, &mut packet.to] {
            if end.port() != 8080 {
                end.set_port(50_002);
            }
        }
    }
    (first, second)
}

#[test]
fn connections_are_held_against_those_of_earlier_files_of_their_capture() {
    let (first, second) = one_key_twice();
    let scratch = Scratch::new("across");
    let mut other = first[..1].to_vec();
    other[0].from.set_port(50_003);
    scratch.file("0.pcap", &Pcap::default().write(&other));
    scratch.file("1.pcap", &Pcap::default().write(&first));
    scratch.file("2.pcap", &Pcap::default().write(&second));
    let observed = |arguments: &[&str]| -> Vec<String> {
        let (document, _) = scratch.inspect(&[&["0.pcap", "1.pcap", "2.pcap"], arguments].concat());
        let last = &document["connections"].as_array().expect("a list").last().expect("one");
        let findings = last["findings"].as_array().expect("a list").iter();
        let of_key = findings.filter(|finding| finding["rule"] == "HS-KEY");
        of_key.map(|finding| finding["observed"].as_str().expect("text").to_owned()).collect()
    };
    assert_eq!(observed(&["--joined"]), ["the key of the connection that began with packet 1 of 1.pcap"]);
    assert_eq!(observed(&["--apart"]), [""; 0]);
}

#[test]
fn cases_are_read_side_by_side_between_captures() {
    let case = fs::read("samples/autobahn/after/alpha_case_3_2.json").expect("a sample");
    let packets = two_connections();
    let scratch = Scratch::new("mixed");
    let name = |n: usize| format!("case_{n:02}.json");
    let mut arguments = vec!["b.pcap".to_owned()];
    for n in 0..70 {
        scratch.file(&name(n), &case);
        arguments.push(name(n));
    }
    scratch.file("a.pcap", &Pcap::default().write(&packets[..8]));
    scratch.file("b.pcap", &Pcap::default().write(&packets[8..]));
    arguments.insert(30, "a.pcap".to_owned());
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let (document, _) = scratch.inspect(&arguments);
    let inputs = document["inputs"].as_array().expect("a list");
    let paths: Vec<_> = inputs.iter().map(|input| input["path"].as_str().expect("text").to_owned()).collect();
    let expected: Vec<_> =
        ["a.pcap".to_owned(), "b.pcap".to_owned()].into_iter().chain((0..70).map(name)).collect();
    assert_eq!(paths, expected);
    let connections = document["connections"].as_array().expect("a list");
    let of: Vec<_> = connections.iter().map(|c| c["input"].as_u64().expect("an index")).collect();
    let first = two_connections_begin_in(&packets, 8);
    assert_eq!(of, first.into_iter().chain(2..72).collect::<Vec<_>>());
}

/// The file in which each connection begins, where the first file has `cut` packets.
fn two_connections_begin_in(packets: &[TestPacket], cut: usize) -> [u64; 2] {
    let second = packets.iter().position(|p| p.from.port() == 50_002).expect("it is there");
    [0, u64::from(second >= cut)]
}
