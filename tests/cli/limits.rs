//! Every cap from the command line: a capture that reaches it is said to have done so. And what is concluded beyond
//! some of them as they are set.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use wslog::limits::Limits;
use wslog::model::{Compression, LinkType, Weirds};

use crate::support::capture_file::{Pcap, Record};
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::deflate::{Blocks, Symbols};
use crate::support::essence::{analyse_file_within, essence};
use crate::support::frame::Frame;
use crate::support::pack::pack;
use crate::support::script::{analyse, closing, findings};
use crate::support::upgrade::refusal;
use crate::support::wrap::{self, fragments, ip_packet, typed};

/// Option, a small cap, the weird it gives with its count, and a capture that gives it only under that cap.
type Row = (&'static str, u64, &'static str, u64, fn() -> Vec<u8>);

const TABLE: &[Row] = &[
    ("max-flows", 1, "flow_evicted", 1, || pcap(&two_at_a_time())),
    ("max-idle-seconds", 5, "flow_idle", 1, || pcap(&pause(10_000))),
    ("max-out-of-order", 10, "out_of_order_cap", 3, || pcap(&behind_a_hole())),
    ("max-out-of-order-segments", 1, "out_of_order_cap", 2, || pcap(&behind_a_hole())),
    ("max-fragment-bytes", 300, "fragment_cap", 9, || in_fragments(0, false)),
    ("max-fragmented-datagrams", 1, "fragment_cap", 19, || in_fragments(0, true)),
    ("max-fragment-seconds", 2, "ip_fragment", 2, || in_fragments(5_000_000_000, false)),
    ("max-nesting", 1, "nesting_cap", 10, in_tunnels),
    ("max-handshake", 100, "handshake_cap", 1, || pcap(&pause(0))),
    ("max-handshake-parts", 3, "handshake_cap", 1, || pcap(&pause(0))),
    ("max-earlier-handshakes", 1, "handshake_cap", 2, || pcap(&refused_thrice())),
    ("max-inflated", 100, "inflate_cap", 1, || pcap(&compressed(&[500, 40]))),
    ("max-inflated-total", 1_000, "inflate_cap", 2, || pcap(&compressed(&[500, 400, 300, 200]))),
    ("max-inflate-ratio", 50, "inflate_cap", 1, || pcap(&compressed(&[2_000_000]))),
    ("max-inflated-file", 300, "file_inflate_cap", 1, || pack(Compression::Gzip, &pcap(&pause(0)))),
    ("max-findings", 2, "findings_cap", 3, || pcap(&five_faults())),
    ("max-pending-pings", 2, "pings_cap", 3, || pcap(&five_pings())),
    ("max-waiting-reports", 1, "reports_out_of_order", 1, || pcap(&two_at_a_time())),
];

/// Options without a weird, and why.
const SILENT: &[(&str, &str)] = &[
    ("max-linger-seconds", "what comes later is a connection of its own, and counted as such"),
    ("max-file-inflate-ratio", "counts from 64 MiB on; tests/engine/containers.rs gets there"),
    ("max-file-at-any-ratio", "lets that ratio count; tests/engine/containers.rs sets both"),
    ("max-resync", "where frames are not found again the connection says so, whatever the reason"),
    ("max-history", "a retransmission of older bytes is counted, only not compared"),
    ("max-preview", "each payload that is longer says `cut`"),
    ("max-compared-connections", "no finding rests on what is not compared"),
];

const CLEAN: &str = "clean by C, sees 1000 clean / 1000 clean";

fn talk() -> Talk {
    Talk::new("192.0.2.10:50001", "192.0.2.20:8080")
}

fn end(talk: &mut Talk) -> Vec<TestPacket> {
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server).packets()
}

fn pcap(packets: &[TestPacket]) -> Vec<u8> {
    Pcap::default().write(packets)
}

fn raw(packets: impl IntoIterator<Item = (i64, Vec<u8>)>) -> Vec<u8> {
    let records = packets.into_iter().map(|(at_ns, data)| Record { at_ns, data });
    Pcap { link: LinkType::RAW, ..Pcap::default() }.write_records(records)
}

/// Two connections, the second inside the first.
fn two_at_a_time() -> Vec<TestPacket> {
    let mut inner = Talk::new("192.0.2.11:50001", "192.0.2.20:8080").starting_after(1);
    inner.open();
    merge([end(talk().open().pause(5_000)), end(&mut inner)])
}

fn pause(milliseconds: i64) -> Vec<TestPacket> {
    end(talk().open().pause(milliseconds))
}

/// Three segments of 100 bytes behind one that was not captured, apart from one another.
fn behind_a_hole() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.open();
    for _ in 0..3 {
        talk.uncaptured(|talk| {
            talk.hold(Client).send(Server, Frame::text("x"));
        });
        talk.send(Server, Frame::text([b'y'; 100]));
    }
    talk.packets()
}

/// The packets in fragments: pieces of a large one last, `late` nanoseconds after the first of its kind, or of two
/// large ones in turn.
fn in_fragments(late: i64, in_turn: bool) -> Vec<u8> {
    let mut talk = talk();
    talk.open().send(Server, Frame::text([b'x'; 600])).send(Server, Frame::text([b'y'; 600]));
    let mut packets = Vec::new();
    let mut large = Vec::new();
    for packet in end(&mut talk) {
        let bytes = ip_packet(&packet);
        if packet.payload.len() < 600 {
            packets.push((packet.at_ns, bytes));
        } else if in_turn || large.is_empty() {
            large.push((packet.at_ns, fragments(&bytes, 64, large.len() as u16 + 1)));
        } else {
            packets.push((packet.at_ns, bytes));
        }
    }
    let last = packets.len() - 5;
    let tail = packets.split_off(last);
    let most = large.iter().map(|(_, pieces)| pieces.len()).max().unwrap_or(0);
    for n in 0..most {
        for (at, pieces) in &large {
            let late = if n + 1 == most { late } else { 0 };
            packets.extend(pieces.get(n).map(|piece| (at + late, piece.clone())));
        }
    }
    packets.extend(tail.into_iter().map(|(at, bytes)| (at + late, bytes)));
    raw(packets)
}

fn in_tunnels() -> Vec<u8> {
    let around = |packet: &TestPacket| wrap::raw(wrap::gre(wrap::gre(typed(ip_packet(packet)))));
    raw(pause(0).iter().map(|packet| (packet.at_ns, around(packet))))
}

fn refused_thrice() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.connect();
    for _ in 0..3 {
        let request = talk.upgrade().request();
        let refusal =
            String::from_utf8(refusal("401 No", "")).expect("ASCII").replace("Connection: close\r\n", "");
        talk.bytes(Client, &request).bytes(Server, refusal.as_bytes());
    }
    let upgrade = talk.upgrade();
    talk.bytes(Client, &upgrade.request()).bytes(Server, &upgrade.response());
    end(&mut talk)
}

/// Compressed messages of so many equal bytes, none of which needs those before.
fn compressed(lengths: &[usize]) -> Vec<TestPacket> {
    let mut talk = talk();
    let mut upgrade = talk.upgrade();
    for fields in [&mut upgrade.request_fields, &mut upgrade.response_fields] {
        let offer = "permessage-deflate; server_no_context_takeover";
        fields.push(("Sec-WebSocket-Extensions".to_owned(), offer.to_owned()));
    }
    talk.open_with(&upgrade);
    for &length in lengths {
        let mut symbols = vec![Symbols::Literals(b"x")];
        symbols.extend(vec![Symbols::Back(200, 1); length / 200]);
        talk.send(Server, Frame::text(Blocks::default().fixed(&symbols).message()).rsv(4));
    }
    end(&mut talk)
}

fn five_faults() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.open();
    for _ in 0..5 {
        talk.send(Server, Frame::text("x").rsv(2));
    }
    talk.packets()
}

fn five_pings() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.open();
    for n in 0..5_u8 {
        talk.send(Server, Frame::ping([n]));
    }
    talk.send(Client, Frame::pong([0]));
    talk.packets()
}

fn wslog(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog")).args(arguments).output().expect("it runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// How often that weird is in the report.
fn count(path: &str, arguments: &[&str], weird: &str) -> u64 {
    let text = wslog(&[&["inspect", "--format", "json", path], arguments].concat());
    let document: Value = serde_json::from_str(&text).expect("JSON");
    let parts = ["inputs", "connections"].map(|part| document[part].as_array().cloned().unwrap_or_default());
    let weirds =
        parts.concat().into_iter().flat_map(|part| part["weirds"].as_array().cloned().unwrap_or_default());
    weirds.filter(|entry| entry["name"] == weird).filter_map(|entry| entry["count"].as_u64()).sum()
}

#[test]
fn each_cap_that_is_reached_is_a_counted_weird() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits");
    fs::create_dir_all(&folder).expect("a scratch directory");
    let mut found = Vec::new();
    for (option, cap, weird, _, capture) in TABLE {
        let path = folder.join(format!("{option}.pcap"));
        fs::write(&path, capture()).expect("a scratch file");
        let path = path.to_str().expect("UTF-8");
        let under_cap = count(path, &[&format!("--{option}"), &cap.to_string()], weird);
        found.push((*option, under_cap, count(path, &[], weird)));
    }
    let expected: Vec<_> = TABLE.iter().map(|row| (row.0, row.3, 0)).collect();
    assert_eq!(found, expected);
}

/// A Pong for a Ping that was given up is held against nobody.
#[test]
fn what_was_given_up_accuses_nobody() {
    let limits = Limits { max_pending_pings: 2, ..Limits::default() };
    let (reports, _) = analyse_file_within(&pcap(&five_pings()), &limits);
    let found: Vec<_> = reports[0].findings.iter().map(|f| f.violation.rule().name()).collect();
    assert!(!found.contains(&"FR-PONG-DATA") && !found.contains(&"FR-PONG-UNSOL"), "{found:?}");
}

/// That every limit is set by an option, the compiler sees; that every option is tried, this does.
#[test]
fn no_option_is_forgotten() {
    let help = wslog(&["inspect", "--help"]);
    let mut offered: Vec<_> =
        help.split_whitespace().filter_map(|word| word.strip_prefix("--max-")).collect();
    offered.retain(|word| !word.contains(['.', ',']));
    let mut tried: Vec<_> = TABLE.iter().map(|row| row.0).chain(SILENT.iter().map(|row| row.0)).collect();
    let mut offered: Vec<_> = offered.into_iter().map(|word| format!("max-{word}")).collect();
    tried.sort_unstable();
    offered.sort_unstable();
    assert_eq!(offered, tried);
    let fields = format!("{:?}", Limits::default()).matches(": ").count();
    assert_eq!(fields, tried.len());
    assert_eq!(help.matches("[default: ").count() - help.matches("[default: text]").count(), {
        // Of the limits, and of --joined, --frames, --payload, --color.
        tried.len() + 5
    });
}

/// Giving up an idle connection changes nothing but what is said of its end.
#[test]
fn idle_connections_are_given_up_by_capture_time() {
    let mut first = talk();
    let mut second = talk().starting_after(60).with_isns(7, 8);
    first.open().send(Client, Frame::text("first"));
    second.open().send(Client, Frame::text("second"));
    let packets = merge([first.packets(), end(&mut second)]);
    let text = |seconds| {
        let limits = Limits { max_idle_seconds: seconds, ..Limits::default() };
        let (mut reports, input) = analyse_file_within(&pcap(&packets), &limits);
        reports.iter_mut().for_each(|report| report.weirds = Weirds::default());
        assert_eq!(input.tcp_connections, 2, "{seconds}");
        essence(&reports)
    };
    assert_eq!(text(86_400), text(30), "the port was used again");

    let other = Talk::new("192.0.2.11:50001", "192.0.2.20:8080").starting_after(100).open().packets();
    let (reports, _) = analyse_file_within(
        &pcap(&merge([first.packets(), other])),
        &Limits { max_idle_seconds: 30, ..Limits::default() },
    );
    assert_eq!(reports[0].closing.outcome.name(), "open");
    assert_eq!(reports[0].weirds.as_slice()[0].kind.name(), "flow_idle");
}

/// More Pings, and Pongs that fit none, than are kept: they may answer those given up, and the later Pong still
/// answers.
#[test]
fn many_pongs_that_fit_no_ping() {
    let mut talk = talk();
    talk.open();
    for n in 0..70 {
        talk.send(Server, Frame::ping(n.to_string()));
    }
    for _ in 0..200 {
        talk.send(Client, Frame::pong("x"));
    }
    talk.send(Client, Frame::pong("69"));
    let report = &analyse(&end(&mut talk))[0];
    assert_eq!((findings(report).as_str(), closing(report).as_str()), ("", CLEAN));
}

/// Of handshakes that were refused one after the other the first ones are listed, the others counted.
#[test]
fn many_refusals_on_one_connection() {
    let mut talk = talk();
    talk.connect();
    for _ in 0..20 {
        let request = talk.upgrade().request();
        talk.bytes(Client, &request).bytes(Server, &refusal("401 Unauthorized", "who?"));
    }
    let report = &analyse(&talk.packets())[0];
    assert_eq!(report.earlier.len(), 16);
    let weirds: Vec<_> = report.weirds.as_slice().iter().map(|w| (w.kind.name(), w.count)).collect();
    assert_eq!(weirds, [("handshake_cap", 3)]);
}

/// A response that was not read for its length is nobody's omission.
#[test]
fn a_response_that_is_too_long_to_be_read() {
    let mut talk = talk();
    let long = talk.upgrade().answer("X-Long", &"x".repeat(70_000));
    let packets = talk.open_with(&long).end_tcp(Server).packets();
    let report = &analyse(&packets)[0];
    assert_eq!(
        (findings(report).as_str(), closing(report).as_str()),
        ("", "not_observable by ?, sees - / -")
    );
    assert!(report.weirds.as_slice().iter().any(|weird| weird.kind.name() == "handshake_cap"));
}
