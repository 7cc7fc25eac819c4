//! Rotated files: a capture cut into files between any two packets shows what it shows whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use wslog::limits::Limits;
use wslog::model::{ConnectionReport, InputReport};
use wslog::pipeline::{Capture, Keep};

use support::capture_file::{Endian, Interface, Pcap, pcapng};
use support::conversation::TestPacket;
use support::script::play;

#[path = "support/support.rs"]
mod support;

const KEEP: Keep = Keep { first: usize::MAX, last: 0, payload_bytes: 256 };

/// A fault, two messages, pings and a closing handshake.
const SCRIPT: &str = "C: text hi | S: text hi | C: 01 02 68 69 | S: ping x | C: pong x | C: 80 02 68 69 | S: a1 01 61 \
                      | C: close 1002 | S: close 1002 | S: fin | C: fin";

/// Reads files as one capture.
fn read(files: &[Vec<u8>]) -> (Vec<InputReport>, Vec<ConnectionReport>) {
    let mut connections = Vec::new();
    let mut take = |report: Option<Box<ConnectionReport>>, _| {
        connections.extend(report.map(|report| *report));
        Ok(())
    };
    let mut capture = Capture::new(0, true, &Limits::default(), KEEP);
    for (n, file) in files.iter().enumerate() {
        capture.read(&file[..], &PathBuf::from(format!("dir/{n}.pcap")), &mut take).expect("a capture");
    }
    let inputs = capture.finish(&mut take).expect("a sink that takes all");
    connections.sort_by_key(|report| report.tcp.map(|tcp| tcp.first_packet));
    (inputs, connections)
}

/// Everything but the files.
fn without_files(mut reports: Vec<ConnectionReport>) -> Vec<ConnectionReport> {
    for report in &mut reports {
        (report.input, report.parts) = (0, Vec::new());
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
        pcapng(Endian::Big, &[Interface::new("eth0", wslog::model::LinkType::ETHERNET)], &packets)
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
fn check_places(packets: &[TestPacket], cut: usize, found: &[ConnectionReport]) {
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

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
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
            map.retain(|key, _| key != "input" && !key.contains("packet"));
            map.values_mut().for_each(strip);
        }
        Value::Array(list) => list.iter_mut().for_each(strip),
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
    scratch.file("set/c.pcap.gz", &gzip(&Pcap::default().write(&packets[6..8])));
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
    assert!(text.starts_with("2 files, one capture in order of time:\n  one.pcap · pcap"), "{text}");
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
