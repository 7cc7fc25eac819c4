//! `wslog inspect --slice`: what is copied says the same, and nothing else is.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::support::capture_file::{Pcap, Record};
use crate::support::script::play;
use crate::support::wrap::{fragments, ip_packet};
use wslog::model::LinkType;

/// A directory of its own, removed at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wslog-slice-{}-{name}", std::process::id()));
        fs::create_dir_all(&path).expect("a directory");
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().expect("UTF-8").to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn wslog(arguments: &[&str]) -> Output {
    let mut wslog = Command::new(env!("CARGO_BIN_EXE_wslog"));
    wslog.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("the binary runs")
}

/// The connections of a capture, in the order of their addresses and times.
fn connections(arguments: &[&str]) -> Vec<Value> {
    let all = ["inspect", "--format", "json", "--frames", "all", "--payload", "full", "--no-redact", "-q"];
    let out = wslog(&[&all, arguments].concat());
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    let mut document: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    let Value::Array(mut found) = document["connections"].take() else { panic!("no connections") };
    found.sort_by_key(|c| format!("{} {} {} {}", c["client"], c["server"], c["started_at"], c["stream"]));
    found
}

/// Writes the slice to a file and gives its path.
fn slice(scratch: &Scratch, name: &str, arguments: &[&str]) -> String {
    let path = scratch.path(name);
    let out = wslog(&[&["inspect", "-q", "--slice", &path], arguments].concat());
    assert!(out.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&out.stderr));
    path
}

/// What is of the place in a file, or of the file itself.
fn is_of_place(key: &str) -> bool {
    ["id", "input", "path", "weirds"].contains(&key) || key == "packet" || key.ends_with("_packet")
}

/// Takes the places out, and what `but` says.
fn without_places(value: &mut Value, but: &[&str]) {
    match value {
        Value::Object(fields) => {
            fields.retain(|key, _| !is_of_place(key) && !but.contains(&key.as_str()));
            fields.values_mut().for_each(|value| without_places(value, but));
        }
        Value::Array(list) => list.iter_mut().for_each(|value| without_places(value, but)),
        _ => {}
    }
}

/// The slice says what was said, but for the fields in `but`.
#[track_caller]
fn same(original: &[&str], sliced: &str, but: &[&str]) {
    let [mut before, mut after] = [connections(original), connections(&["--connects", sliced])];
    assert_eq!(before.len(), after.len(), "{original:?}");
    for (before, after) in before.iter_mut().zip(&mut after) {
        without_places(before, but);
        without_places(after, but);
        for (key, value) in before.as_object().expect("an object") {
            assert_eq!(&after[key], value, "{original:?}: {key}");
        }
    }
}

/// What TLS is not where it was taken off, and what speaks of TCP below.
const NO_TLS: &[&str] = &[
    "tls",
    "traffic",
    "timing",
    "text",
    "next",
    "summary",
    "because",
    "observed",
    "message",
    "http2",
    "stream_bytes",
    "also",
];

fn samples() -> Vec<(String, Option<String>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let paths = fs::read_dir(folder).expect("samples").map(|entry| entry.expect("readable").path());
    let captures = paths.filter(|path| path.extension().is_some_and(|e| e == "pcap" || e == "pcapng"));
    let mut all: Vec<_> = captures
        .map(|path| {
            let keys = path.with_extension("keys");
            let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
            (text(&path), keys.is_file().then(|| text(&keys)))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn a_slice_of_every_sample_says_the_same() {
    let scratch = Scratch::new("samples");
    let mut all = 0;
    for (nth, (sample, keys)) in samples().iter().enumerate() {
        let keys: Vec<&str> = keys.iter().flat_map(|keys| ["--keylog", keys]).collect();
        let original = [&[sample.as_str()], keys.as_slice()].concat();
        let copy =
            slice(&scratch, &format!("{nth}.pcapng"), &[&original, ["--with-keys"].as_slice()].concat());
        // Keys are inside now.
        same(&original, &copy, &["keys"]);
        if !keys.is_empty() {
            let plain = slice(&scratch, &format!("{nth}-plain.pcapng"), &original);
            same(&original, &plain, NO_TLS);
            let text = String::from_utf8_lossy(&fs::read(&plain).expect("a file")).into_owned();
            assert!(text.contains("plain TCP made for it") && !text.contains("TRAFFIC_SECRET"), "{sample}");
        }
        all += 1;
    }
    assert!(all > 25, "{all}");
}

#[test]
fn only_what_was_selected_is_copied() {
    let scratch = Scratch::new("selected");
    let sample = "samples/two-connections.pcapng";
    let all = connections(&[sample]);
    let id = all[1]["id"].as_str().expect("an id");
    let copy = slice(&scratch, "one.pcapng", &["--connection", id, sample]);
    // Texts name packets.
    same(&["--connection", id, sample], &copy, &["text", "next", "summary"]);
    let bytes = fs::read(&copy).expect("a file");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(&format!("Connections #{id} of two-connections.pcapng")), "{text}");
    assert!(text.contains(&format!("#{id} first end")), "comments at packets: {text}");
    let whole = slice(&scratch, "both.pcapng", &[sample]);
    assert!(bytes.len() < fs::metadata(whole).expect("a file").len() as usize);
}

#[test]
fn findings_stand_at_their_packets() {
    let scratch = Scratch::new("notes");
    let copy = slice(&scratch, "x.pcapng", &["samples/protocol-error-1002.pcapng"]);
    let text = String::from_utf8_lossy(&fs::read(copy).expect("a file")).into_owned();
    for said in ["#1 frame 2: FR-RSV, the server ", "#1 frame 3: Close 1002 of the client"] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn payloads_are_left_out_where_asked() {
    let scratch = Scratch::new("filled");
    for (nth, (sample, keys)) in samples().iter().enumerate() {
        // What is no UTF-8 is not seen to be.
        if sample.contains("bad-utf8") {
            continue;
        }
        let keys: Vec<&str> = keys.iter().flat_map(|keys| ["--keylog", keys]).collect();
        let original = [&[sample.as_str()], keys.as_slice()].concat();
        let options = [&original, ["--payload", "none"].as_slice()].concat();
        let copy = slice(&scratch, &format!("{nth}.pcapng"), &options);
        let rests = [
            NO_TLS,
            &["payload", "findings", "steps", "cause", "retransmitted_bytes", "application", "spoken"],
        ]
        .concat();
        same(&original, &copy, &rests);
        // Nothing of what anybody said is there.
        let bytes = fs::read(&copy).expect("a file");
        for row in messages(&original) {
            if let Some(text) = row["payload"]["text"].as_str().filter(|text| text.len() > 5) {
                let is_there = bytes.windows(text.len()).any(|window| window == text.as_bytes());
                assert!(!is_there, "{sample}: {text}");
            }
        }
        for row in messages(&[&copy]) {
            let payload = &row["payload"];
            let is_filler = match (payload["text"].as_str(), payload["hex"].as_str()) {
                (Some(text), _) => text.bytes().all(|byte| byte.is_ascii_lowercase()),
                (None, hex) => hex
                    .unwrap_or("")
                    .as_bytes()
                    .chunks(2)
                    .all(|byte| byte >= &b"61"[..] && byte <= &b"7a"[..]),
            };
            assert!(is_filler, "{sample}: {payload}");
        }
    }
}

/// What rests on what was said.
const SAID: &[&str] =
    &["payload", "steps", "retransmitted_bytes", "application", "spoken", "traffic", "redacted", "path"];

#[test]
fn an_anonymized_slice_says_the_same_under_other_names() {
    let scratch = Scratch::new("renamed");
    let (key, table) = (scratch.path("key"), scratch.path("names.csv"));
    fs::write(&key, "a key").expect("written");
    for (nth, (sample, keys)) in samples().iter().enumerate() {
        let keys: Vec<&str> = keys.iter().flat_map(|keys| ["--keylog", keys]).collect();
        let renamed = ["--anonymize", "--anonymize-key", &key, sample];
        let original = [renamed.as_slice(), keys.as_slice()].concat();
        let copy = slice(
            &scratch,
            &format!("{nth}.pcapng"),
            &[&original, ["--anonymize-table", &table].as_slice()].concat(),
        );
        let content: &[&str] =
            if sample.contains("bad-utf8") { &["findings", "closing", "cause"] } else { &[] };
        let tls = if keys.is_empty() { &[] } else { NO_TLS };
        let but = [SAID, content, tls, if sample.contains("h2-") { &["findings", "because"] } else { &[] }]
            .concat();
        same(&original, &copy, &but);
        no_name(&fs::read(&copy).expect("a file"), &table);
    }
}

/// Nothing of what was replaced is in the packets of a file, nor an address of it.
#[track_caller]
fn no_name(file: &[u8], table: &str) {
    let table = fs::read_to_string(table).expect("a table");
    let rows: Vec<_> = table.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    let is_new = |name: &str| rows.iter().any(|(_, to)| to.eq_ignore_ascii_case(name));
    let packets = packets(file).to_ascii_lowercase();
    let has = |name: &[u8]| packets.windows(name.len()).any(|window| window == name);
    for (name, to) in rows.iter().filter(|(name, to)| name != to && name.len() > 3 && !is_new(name)) {
        assert!(!has(name.to_ascii_lowercase().as_bytes()), "{name} ({to})");
        let address: Option<std::net::IpAddr> = name.parse().ok();
        match address {
            Some(std::net::IpAddr::V4(ip)) => assert!(!has(&ip.octets().to_ascii_lowercase()), "{name}"),
            Some(std::net::IpAddr::V6(ip)) => assert!(!has(&ip.octets().to_ascii_lowercase()), "{name}"),
            None => {}
        }
    }
    assert!(rows.len() > 1, "{table}");
}

/// The packets of a slice, one behind the other.
fn packets(file: &[u8]) -> Vec<u8> {
    let mut reader = wslog::source::Reader::open(file, Path::new("slice")).expect("a capture");
    let mut all = Vec::new();
    while let Some(packet) = reader.next(&mut wslog::model::Weirds::default()).expect("whole packets") {
        all.extend_from_slice(packet.data);
        all.push(b'\n');
    }
    all
}

fn messages(arguments: &[&str]) -> Vec<Value> {
    let command = ["messages", "--format", "ndjson", "--payload", "full", "--no-redact", "-q"];
    let out = wslog(&[&command, arguments].concat());
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn fragments_go_along() {
    let scratch = Scratch::new("fragments");
    let packets =
        play("C: text hi | S: 82 7e 01 00 55*256 | C: close 1000 | S: close 1000 | S: fin | C: fin", false);
    let records = packets.iter().zip(1..).flat_map(|(packet, id)| {
        fragments(&ip_packet(packet), 64, id).into_iter().map(|data| Record { at_ns: packet.at_ns, data })
    });
    let file = scratch.path("fragments.pcap");
    fs::write(&file, Pcap { link: LinkType::RAW, ..Pcap::default() }.write_records(records))
        .expect("written");
    let copy = slice(&scratch, "copy.pcapng", &[&file]);
    same(&[&file], &copy, &[]);
    let filled = slice(&scratch, "filled.pcapng", &["--payload", "none", &file]);
    same(&[&file], &filled, &["payload", "frame_payload_bytes"]);
}

#[test]
fn what_cannot_be_sliced_is_refused() {
    let scratch = Scratch::new("refused");
    let copy = |name: &str| scratch.path(name);
    let sample = "samples/clean-close.pcap";
    let own = scratch.path("own.pcap");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join(sample), &own).expect("copied");
    for (arguments, said) in [
        (&["--slice", &copy("a"), "-"][..], "standard input cannot be"),
        (&["--slice", &own, &own], "is an input"),
        (&["--slice", &own, sample], "is a capture: not overwritten"),
        (&["--slice", &copy("a"), "--with-keys", "--payload", "none", sample], "give one of them"),
        (&["--slice", &copy("a"), "--with-keys", "--anonymize", sample], "give one of them"),
        (&["--slice", &copy("a"), "-o", &copy("a"), sample], "name the same file"),
        (&["--with-keys", sample], "--slice"),
        (&["--slice", &copy("a"), "--live", sample], "--live"),
    ] {
        let out = wslog(&[&["inspect"], arguments].concat());
        let err = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
    assert!(!Path::new(&copy("a")).exists());
    let report = wslog(&["inspect", "--slice", &copy("b"), "samples/case_3_2.txt"]);
    assert!(String::from_utf8_lossy(&report.stderr).contains("reports have no packets"));
    assert!(report.status.success() && !Path::new(&copy("b")).exists());
}
