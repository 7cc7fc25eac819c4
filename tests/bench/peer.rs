//! Frames found by wslog and by tshark in the same captures, as the tables of `tests/README.md`.
//!
//! `cargo bench --bench peer -- [CAPTURE|DIRECTORY]...` compares those beside the generated ones: the table of ways to
//! carry a packet, containers, fragments and oddities that the tests prove the same conversation with. Needs tshark on
//! the path; nothing of the project does otherwise. `--write DIR` leaves the generated captures there.

#[path = "../support/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use support::capture_file::{Endian, Interface, Pcap, Record, Unit, pcapng};
use support::conversation::TestPacket;
use support::oddities::{TALK, oddities};
use support::script::play;
use support::transform::{over_ip, reorder};
use support::wrap::table::WRAPPINGS;
use support::wrap::{fragments, ip_packet};
use support::{hostile, pack};
use wslog::engine::{Keep, analyze_captures};
use wslog::limits::Limits;
use wslog::model::{LinkType, Role};
use wslog::source::file::{Input, Stop};
use wslog::tls::{Keys, Origin};

/// Why the two differ, by a part of the group or name of a row; the first that fits.
const REASONS: &[(&str, &str)] = &[
    ("tls13-tiny", "records of 7 bytes: tshark knows no request by them"),
    ("websockets-tls13", "Pings chopped into octets, a record each: tshark reads one frame that nobody sent"),
    ("dirtylink", "tshark reads retransmitted and late segments as frames that nobody sent"),
    ("client only", "one side only"),
    ("server only", "one side only"),
    ("one-sided", "one side only"),
    ("client-side-only", "one side only"),
    ("begins ", "the opening handshake is not in the capture"),
    ("mid-stream", "the opening handshake is not in the capture"),
    ("midstream", "of some connections the opening handshake is not in the capture"),
    ("without the ", "request, response or both are not in the capture"),
    ("without either", "request, response or both are not in the capture"),
    ("bytes of each payload", "cut by the snap length: the handshake, or what tshark takes for a gap"),
    ("snap", "cut by the snap length: the handshake, or what tshark takes for a gap"),
    ("losses", "bytes are missing; in order, tshark stops there"),
    ("gap-in-payload", "bytes are missing; in order, tshark stops there"),
    ("a hole", "bytes are missing; in order, tshark stops there"),
    ("late", "out of order, by more than tshark takes"),
    ("shuffle", "out of order, by more than tshark takes"),
    ("ts-unsorted", "out of order, with times that do not rise"),
    ("out of order", "out of order"),
    ("out-of-order", "out of order"),
    ("reversed", "out of order"),
    ("RST far", "tshark goes on behind a reset that is out of the window"),
    ("split", "requests in pieces too short for tshark to know HTTP by"),
    ("xz", "tshark reads gzip, Zstandard and LZ4 only"),
    ("bzip2", "tshark reads gzip, Zstandard and LZ4 only"),
    ("PPP_PPPD", "a link type without a dissector in tshark"),
    ("MPLS, IP", "a link type without a dissector in tshark"),
    ("NFLOG, big-endian", "tshark takes NFLOG for little-endian"),
    ("pseudowire", "tshark has to be told which labels are pseudowires (-d)"),
    ("port 8472", "tshark has to be told of the port (-d)"),
    (
        "server-websockets-medium",
        "port 9009 is another protocol's for tshark; told of it (-d), it finds 2430",
    ),
];

/// A capture to compare on.
struct Row {
    group: String,
    name: String,
    path: PathBuf,
}

/// Frames that each found.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Found {
    wslog: u64,
    tshark: u64,
    /// With `tcp.reassemble_out_of_order`, which is off by default.
    in_order: u64,
}

/// The key log beside a capture, if there is one.
fn key_log(path: &Path) -> Option<PathBuf> {
    Some(path.with_file_name("keys.log")).filter(|log| log.is_file())
}

fn frames_of_wslog(path: &Path) -> u64 {
    let limits = Limits::default();
    let input = Input::open(path, &limits, &Stop::new()).expect("it can be opened");
    let keep = Keep { first: 0, last: 0, payload_bytes: 0, ..Keep::NOTHING };
    let mut frames = 0;
    let mut count = |report: Box<wslog::model::Conversation>| {
        frames += Role::BOTH.iter().map(|role| report.traffic[*role].frame_count()).sum::<u64>();
        Ok(())
    };
    let mut keys = Keys::new();
    if let Some(log) = key_log(path) {
        keys.add(&fs::read(log).expect("readable"), Origin::Keylog);
    }
    match analyze_captures([(input.source, path)], false, &keys, (&limits, keep), &mut count) {
        Ok(_) => frames,
        Err(error) => {
            eprintln!("{}: {error}", path.display());
            0
        }
    }
}

fn frames_of_tshark(path: &Path, options: &[&str]) -> u64 {
    let fields = ["-Y", "websocket", "-T", "fields", "-e", "websocket.opcode"];
    let mut tshark = Command::new("tshark");
    if let Some(log) = key_log(path) {
        tshark.arg("-o").arg(format!("tls.keylog_file:{}", log.display()));
    }
    let out = tshark.arg("-r").arg(path).args(options).args(fields).output();
    let out = out.expect("tshark is on the path");
    // One line a packet; the frames of a packet are parted by commas.
    String::from_utf8_lossy(&out.stdout).split([',', '\n']).filter(|opcode| !opcode.is_empty()).count() as u64
}

/// The captures among `paths` and below them; the group is the directory.
fn captures(path: &Path, rows: &mut Vec<Row>) {
    if path.is_dir() {
        let entries = fs::read_dir(path).expect("readable");
        let mut inside: Vec<_> = entries.map(|entry| entry.expect("readable").path()).collect();
        inside.sort();
        inside.iter().for_each(|path| captures(path, rows));
        return;
    }
    let is_named = |end: &str| path.extension().is_some_and(|extension| extension == end);
    if is_named("pcap") || is_named("pcapng") {
        let mut near = path.components().rev().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let (name, folder) = (near.next().unwrap_or_default(), near.next().unwrap_or_default());
        rows.push(Row { group: folder, name, path: path.to_owned() });
    }
}

/// The generated captures, written to `folder`.
fn generated(folder: &Path) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |group: &str, name: &str, bytes: &[u8]| {
        let file_name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "-");
        let path = folder.join(format!("{}-{file_name}.cap", rows.len()));
        fs::write(&path, bytes).expect("writable");
        rows.push(Row { group: group.to_owned(), name: name.to_owned(), path });
    };
    let talk = play(TALK, false);
    let both = [(&talk, "IPv4"), (&over_ip(&talk, true), "IPv6")];
    for (packets, ip) in both {
        for wrapping in WRAPPINGS.iter().filter(|wrapping| wrapping.carries(&packets[0])) {
            let record = |p: &TestPacket| Record { at_ns: p.at_ns, data: wrapping.around(p) };
            let pcap = Pcap { link: wrapping.link, ..Pcap::default() };
            let name = format!("{}, {ip}", wrapping.name);
            add("links and tunnels", &name, &pcap.write_records(packets.iter().map(record)));
        }
        for (size, name) in [(64, "64 bytes"), (512, "512 bytes")] {
            for backwards in [false, true] {
                let pieces = packets.iter().zip(1..).flat_map(|(packet, id)| {
                    let mut pieces = fragments(&ip_packet(packet), size, id);
                    if backwards {
                        pieces.reverse();
                    }
                    pieces.into_iter().map(|data| Record { at_ns: packet.at_ns, data })
                });
                let pcap = Pcap { link: LinkType::RAW, ..Pcap::default() };
                let order = if backwards { ", last first" } else { "" };
                add("fragments", &format!("of {name}{order}, {ip}"), &pcap.write_records(pieces));
            }
        }
    }
    let plain = Pcap::default().write(&talk);
    for endian in [Endian::Little, Endian::Big] {
        for unit in [Unit::Micro, Unit::Nano] {
            let pcap = Pcap { endian, unit, ..Pcap::default() };
            add("containers", &format!("pcap, {endian:?} {unit:?}"), &pcap.write(&talk));
        }
        let interface = Interface::new("eth0", LinkType::ETHERNET);
        let packets: Vec<_> = talk.iter().map(|packet| (0, packet.clone())).collect();
        add("containers", &format!("pcapng, {endian:?}"), &pcapng(endian, &[interface], &packets));
    }
    for compression in pack::ALL {
        add("containers", &compression.to_string(), &pack::pack(compression, &plain));
        let (one, other) = plain.split_at(plain.len() / 2);
        let members = [one, other].map(|part| pack::pack(compression, part)).concat();
        add("containers", &format!("{compression}, two members"), &members);
    }
    for odd in oddities() {
        add("TCP and captures at their oddest", &odd.name, &odd.file());
    }
    for (window, seed) in [(2, 1), (4, 2), (8, 3)] {
        let packets = reorder(&talk, window, seed);
        let name = format!("packets out of order by up to {window}");
        add("TCP and captures at their oddest", &name, &Pcap::default().write(&packets));
    }
    for (name, n) in [("frames", 30_000), ("reversed", 2_000)] {
        let make = hostile::named(name).expect("a name of the list");
        let path = folder.join(format!("{name}.cap"));
        let mut file = File::create(&path).expect("writable");
        hostile::as_file(make, n, &mut |bytes| {
            std::io::Write::write_all(&mut file, bytes).expect("writable");
        });
        let group = "made to hurt".to_owned();
        rows.push(Row { group, name: format!("{name} {n}"), path });
    }
    rows
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [option, folder] = &arguments[..]
        && option == "--write"
    {
        println!("{} captures", generated(Path::new(folder)).len());
        return;
    }
    let folder = std::env::temp_dir().join(format!("wslog-peer-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("writable");
    let mut rows = generated(&folder);
    arguments.iter().for_each(|path| captures(Path::new(path), &mut rows));
    let mut groups: BTreeMap<&str, Vec<(&str, Found)>> = BTreeMap::new();
    for row in &rows {
        let found = Found {
            wslog: frames_of_wslog(&row.path),
            tshark: frames_of_tshark(&row.path, &[]),
            in_order: frames_of_tshark(&row.path, &["-o", "tcp.reassemble_out_of_order:TRUE"]),
        };
        groups.entry(&row.group).or_default().push((&row.name, found));
    }
    println!("| captures | number | frames: wslog | tshark | tshark, in order | of captures the same |");
    println!("|---|--:|--:|--:|--:|--:|");
    for (group, found) in &groups {
        let sum = |of: fn(&Found) -> u64| found.iter().map(|(_, found)| of(found)).sum::<u64>();
        let same = found.iter().filter(|(_, f)| f.wslog == f.tshark && f.wslog == f.in_order).count();
        let [wslog, tshark, in_order] = [sum(|f| f.wslog), sum(|f| f.tshark), sum(|f| f.in_order)];
        println!("| {group} | {} | {wslog} | {tshark} | {in_order} | {same} |", found.len());
    }
    println!("\n| capture | wslog | tshark | tshark, in order | why |\n|---|--:|--:|--:|---|");
    let mut fewer = 0;
    for (group, rows) in &groups {
        for (name, found) in rows {
            let Found { wslog, tshark, in_order } = *found;
            if wslog == tshark && wslog == in_order {
                continue;
            }
            let reason = REASONS.iter().find(|(part, _)| name.contains(part) || group.contains(part));
            fewer += usize::from(wslog < tshark.max(in_order));
            let why = reason.map_or("?", |(_, why)| why);
            println!("| {group}: {name} | {wslog} | {tshark} | {in_order} | {why} |");
        }
    }
    println!("\nwslog finds fewer in {fewer} of {} captures.", rows.len());
    fs::remove_dir_all(&folder).expect("ours");
}
