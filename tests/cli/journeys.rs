//! What text and JSON show of several recordings of one connection, and of the hops of a proxied one, as files to be read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use wslog::model::TcpFlags;

use crate::support::bless::bless;
use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::frame::Frame;
use crate::support::vantage::Between;

const CLIENT: &str = "192.0.2.10:50001";
const SERVER: &str = "198.51.100.20:8080";

/// Recordings by their names.
type Files = Vec<(&'static str, Vec<TestPacket>)>;

fn talk() -> Talk {
    let mut talk = Talk::new(CLIENT, SERVER);
    talk.open().send(Client, Frame::text("hello")).send(Server, Frame::text("hello there"));
    talk
}

fn end(talk: &mut Talk) -> Vec<TestPacket> {
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server).packets()
}

/// With another connection a minute later, so that both recordings go on.
fn both_ends(packets: &[TestPacket], between: &Between) -> [Vec<TestPacket>; 2] {
    let mut later = Talk::new("203.0.113.9:40000", SERVER).starting_after(60).with_isns(7, 8);
    let plain = Between { lost: Vec::new(), ..between.clone() };
    let [near, far] = plain.both(&end(later.open()));
    let [here, there] = between.both(packets);
    [merge([here, near]), merge([there, far])]
}

fn named([client, server]: [Vec<TestPacket>; 2]) -> Files {
    vec![("client.pcap", client), ("server.pcap", server)]
}

/// Behind NAT, and with a clock that is 3 s ahead.
fn translated() -> Files {
    let ends = [Some("203.0.113.7:61000"), None];
    named(Between { ends, ahead_ns: 3_000_000_000, ..Between::default() }.both(&end(&mut talk())))
}

/// The client's Close never arrives, however often its host sends it.
fn lost_close() -> Files {
    let mut talk = talk();
    talk.hold(Server).send(Client, Frame::close(4000, "lost"));
    for pause in [300, 600, 1_200] {
        talk.pause(pause).again(Client);
    }
    let packets = talk.packets();
    let lost = (packets.len() - 4..packets.len()).collect();
    named(both_ends(&packets, &Between { lost, ..Between::default() }))
}

/// Something between them tells the client that the server reset TCP.
fn forged_reset() -> Files {
    let packets = talk().ack(Client).packets();
    let [mut near, far] = both_ends(&packets, &Between::default());
    let last = near.iter().rposition(|packet| packet.to == packets[0].from).expect("it got something");
    let forged = TestPacket {
        payload: Vec::new(),
        flags: TcpFlags::RST,
        seq: near[last].next_seq(),
        at_ns: near[last].at_ns + 2_000_000_000,
        ..near[last].clone()
    };
    near.insert(last + 2, forged);
    named([near, far])
}

/// Both hops in a recording of the proxy's host, which ends them after a minute.
fn proxy() -> Files {
    let mut front = Talk::new(CLIENT, "198.51.100.5:443").with_isns(5_000, 6_000);
    let mut back = Talk::new("198.51.100.5:33000", SERVER).with_isns(7_000, 8_000);
    let asked = front.connect().upgrade();
    front.bytes(Client, &asked.request());
    back.not_before(front.now_ns()).open_with(&asked.clone().ask("X-Forwarded-For", "192.0.2.10"));
    front.not_before(back.now_ns()).bytes(Server, &asked.response());
    front.send(Client, Frame::text("hello"));
    back.not_before(front.now_ns())
        .send(Client, Frame::text("hello"))
        .send(Server, Frame::text("hello there"));
    front.not_before(back.now_ns()).send(Server, Frame::text("hello there"));
    back.pause(60_000).fin(Client).fin(Server).ack(Client);
    front.not_before(back.now_ns()).fin(Server).fin(Client).ack(Server);
    vec![("proxy.pcap", merge([front.packets(), back.packets()]))]
}

type Scene = fn() -> Files;

/// Scenes by the names of their files.
const SCENES: &[(&str, Scene)] = &[
    ("translated", translated),
    ("lost-close", lost_close),
    ("forged-reset", forged_reset),
    ("proxy", proxy),
];

/// Runs wslog where the recordings are.
fn shown(folder: &Path, options: &[&str], files: &Files) -> String {
    let names = files.iter().map(|(name, _)| *name);
    let out = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(options.iter().copied().chain(names))
        .current_dir(folder)
        .output()
        .expect("the binary runs");
    assert_eq!((out.status.code(), &*out.stderr), (Some(0), &b""[..]), "{folder:?}");
    String::from_utf8(out.stdout).expect("UTF-8")
}

fn scene(name: &str, files: &Files) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli/journeys").join(name);
    fs::create_dir_all(&folder).expect("a folder of its own");
    for (name, packets) in files {
        fs::write(folder.join(name), Pcap::default().write(packets)).expect("writable");
    }
    folder
}

#[test]
fn journeys_are_told_as_the_golden_files_hold() {
    let mut told = BTreeMap::new();
    for (name, files) in SCENES {
        let files = files();
        let folder = scene(name, &files);
        told.insert(format!("{name}.txt"), shown(&folder, &["inspect", "--width", "100"], &files));
        told.insert(format!("{name}.list.txt"), shown(&folder, &["list", "--width", "120"], &files));
        told.insert(format!("{name}.md"), shown(&folder, &["inspect", "--format", "markdown"], &files));
        let json = shown(&folder, &["inspect", "--format", "json", "--frames", "none"], &files);
        let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        told.insert(format!("{name}.json"), format!("{:#}\n", document["journeys"]));
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/journeys");
    for (name, text) in told {
        let path = golden.join(&name);
        if std::env::var_os("WSLOG_BLESS").is_some() {
            fs::create_dir_all(&golden).expect("writable");
            bless(&path, &text);
        }
        let held = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(held, text, "{name}: WSLOG_BLESS=1 cargo test --test cli journeys");
    }
}
