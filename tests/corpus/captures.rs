//! Captures of real traffic.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use wslog::engine::Engine;
use wslog::limits::Limits;
use wslog::model::{CloseCode, Conversation, FrameHeader, FrameRecord, Level, Outcome, Role};
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};

use crate::support::corpus::corpus;
use crate::support::essence::{analyse_file, assert_same, essence};
use crate::support::times::negative;

fn captures(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a directory") {
        let path = entry.expect("can be read").path();
        if path.is_dir() {
            captures(&path, found);
        } else if path.extension().is_some_and(|e| e == "pcap" || e == "pcapng") {
            found.push(path);
        }
    }
}

/// The document of a capture.
fn document(path: &Path, threads: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut json = JsonReport::new(&mut out, FrameList::Ends);
    Engine::new(Limits::default()).threads(threads).sink(&mut json).run(&[path]).expect("memory takes all");
    out
}

#[test]
fn every_capture_gives_the_same_document_on_any_number_of_threads() {
    let Some(folder) = corpus("") else { return };
    let mut paths = Vec::new();
    captures(&folder, &mut paths);
    assert!(!paths.is_empty());
    for path in paths {
        let one = document(&path, 1);
        for threads in [2, 7] {
            assert!(one == document(&path, threads), "{} on {threads} threads", path.display());
        }
    }
}

/// T2: no time is negative, in the document or in the text of any capture.
#[test]
fn no_capture_has_a_negative_time() {
    let Some(folder) = corpus("") else { return };
    let mut paths = Vec::new();
    captures(&folder, &mut paths);
    for path in paths {
        let mut text = Vec::new();
        let mut page = TextReport::new(&mut text, Style::plain(400), FrameList::Ends, true);
        Engine::new(Limits::default()).sink(&mut page).run(&[&path]).expect("memory takes all");
        assert_eq!(negative(&document(&path, 1), &text), [""; 0], "{}", path.display());
    }
}

/// Connections by Sec-WebSocket-Key, and those whose request was not captured.
fn by_key_and_without(path: &Path) -> (BTreeMap<String, Conversation>, Vec<Conversation>) {
    let (mut all, mut without) = (BTreeMap::new(), Vec::new());
    for report in analyse_file(&fs::read(path).expect("a capture")) {
        match report.request.as_ref().and_then(|request| request.key().map(|key| key.into_sent().to_owned()))
        {
            Some(key) => {
                assert!(all.insert(key, report).is_none(), "{}: keys are fresh", path.display());
            }
            None => without.push(report),
        }
    }
    (all, without)
}

/// Connections by Sec-WebSocket-Key, which all have.
fn by_key(path: &Path) -> BTreeMap<String, Conversation> {
    let (all, without) = by_key_and_without(path);
    assert_eq!(without.len(), 0, "{}: without a key", path.display());
    all
}

fn target(report: &Conversation) -> &str {
    report.request.as_ref().map_or("", |request| request.target.as_sent())
}

fn sent(report: &Conversation, by: Role) -> Vec<&FrameRecord> {
    report.frames.iter().filter(|frame| frame.from == by).collect()
}

/// What a side sent, and what is concluded, without the numbers that count frames over both directions: how
/// those of the two sides lie between one another depends on the point of capture.
#[derive(Debug, PartialEq)]
struct Unnumbered<'a> {
    frames: [Vec<(FrameHeader, &'a [u8], bool)>; 2],
    codes: [Option<CloseCode>; 2],
    outcome: Outcome,
    findings: BTreeSet<(&'static str, Option<Role>)>,
}

impl<'a> Unnumbered<'a> {
    fn new(report: &'a Conversation) -> Self {
        let frames = |role| {
            sent(report, role)
                .into_iter()
                .map(|f| (f.header, f.preview.as_sent().as_slice(), f.complete))
                .collect()
        };
        Self {
            frames: Role::BOTH.map(frames),
            codes: Role::BOTH.map(|role| report.closing.sides[role].code),
            outcome: report.closing.outcome,
            findings: rules(report),
        }
    }
}

fn rules(report: &Conversation) -> BTreeSet<(&'static str, Option<Role>)> {
    report.findings.iter().map(|finding| (finding.violation.rule().name(), finding.by)).collect()
}

/// Copies of one capture in which every byte is still there.
#[test]
fn copies_that_miss_nothing_say_the_same() {
    let Some(folder) = corpus("") else { return };
    let folder = folder.join("dirty/client-ws");
    let clean = by_key(&folder.join("clean.pcap"));
    assert!(clean.len() > 100);
    let whole = fs::read_to_string(folder.join("WHOLE")).expect("the list of whole copies");
    for name in whole.split_whitespace() {
        let copy = by_key(&folder.join(format!("{name}.pcap")));
        assert!(copy.keys().eq(clean.keys()), "{name}");
        for (key, clean) in &clean {
            let copy = &copy[key];
            // Packets of the two sides were shuffled with one another there.
            if name == "shuffle" {
                assert_eq!(Unnumbered::new(copy), Unnumbered::new(clean), "{name}: {}", target(clean));
            } else {
                let [copy, clean_] = [copy, clean].map(|report| essence(std::slice::from_ref(report)));
                assert_same(&copy, &clean_, &|| format!("{name}: {}", target(clean)));
            }
        }
    }
}

/// The same connections captured at both ends of a link that loses, delays and repeats packets.
#[test]
fn both_ends_of_a_bad_link_saw_the_same_frames() {
    let Some(folder) = corpus("") else { return };
    let folder = folder.join("autobahn/client-ws-dirtylink");
    let [at_client, at_server] =
        ["client", "server"].map(|end| by_key(&folder.join(format!("capture-{end}.pcap"))));
    assert!(at_client.keys().eq(at_server.keys()));
    let mut compared = 0;
    for (key, here) in &at_client {
        let there = &at_server[key];
        let whole = Role::BOTH.iter().all(|&role| {
            let (here, there) = (here.traffic[role], there.traffic[role]);
            here.gap_bytes + there.gap_bytes == 0 && here.stream_bytes == there.stream_bytes
        });
        if !whole {
            continue;
        }
        compared += 1;
        // Which end of TCP, and so which outcome, came first where the two crossed depends on the place.
        let [here_, there_] = [here, there].map(Unnumbered::new);
        assert_eq!(here_.frames, there_.frames, "{}", target(here));
        assert_eq!(here_.codes, there_.codes, "{}", target(here));
    }
    assert!(compared > 110, "{compared} of {}", at_client.len());
}

/// A hole in a stream: offset and length.
type Hole = (u64, u64);

/// Holes by connection (client, server) and sender.
fn losses(table: &str) -> BTreeMap<(SocketAddr, SocketAddr), Vec<(Role, Hole)>> {
    let mut losses: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for row in table.lines().skip(1) {
        let cells: Vec<&str> = row.split('\t').collect();
        let [src, sport, dst, dport, offset, length, _packet] = cells[..] else { panic!("{row}") };
        let end = |ip: &str, port: &str| format!("{ip}:{port}").parse::<SocketAddr>().expect("an address");
        let (from, to) = (end(src, sport), end(dst, dport));
        let hole = (offset.parse().expect("an offset"), length.parse().expect("a length"));
        let is_client = from.port() > to.port();
        let (pair, role) = if is_client { ((from, to), Role::Client) } else { ((to, from), Role::Server) };
        losses.entry(pair).or_default().push((role, hole));
    }
    losses
}

/// What a hole leaves of a frame.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Left {
    All,
    /// The header, so that the next frame is found.
    Header,
    /// Nothing, nor of the frames behind it.
    Nothing,
}

/// What holes in the stream of `by` leave of its frames; `None` where its handshake has one.
fn left(clean: &Conversation, by: Role, holes: &[Hole]) -> Option<Vec<Left>> {
    let frames = sent(clean, by);
    let headers: u64 = frames.iter().map(|frame| frame.header.wire_len()).sum();
    let traffic = clean.traffic[by];
    let mut start = traffic.stream_bytes - headers - traffic.frame_payload_bytes;
    let touches = |from: u64, to: u64| holes.iter().any(|&(offset, len)| offset < to && offset + len > from);
    if touches(0, start) {
        return None;
    }
    let mut lost = false;
    let left = frames.iter().map(|frame| {
        let payload = start + frame.header.wire_len();
        lost |= touches(start, payload);
        start = payload + frame.header.payload_len;
        match (lost, touches(payload, start)) {
            (true, _) => Left::Nothing,
            (false, true) => Left::Header,
            (false, false) => Left::All,
        }
    });
    Some(left.collect())
}

/// A capture that misses packets its receiver acknowledged, each listed with its place in the stream.
#[test]
fn what_was_not_captured_changes_nothing_else() {
    let Some(folder) = corpus("") else { return };
    let folder = folder.join("dirty/client-ws");
    let losses = losses(&fs::read_to_string(folder.join("losses.tsv")).expect("the list of losses"));
    let clean = by_key(&folder.join("clean.pcap"));
    let (damaged, without_key) = by_key_and_without(&folder.join("losses.pcap"));
    for (key, clean) in &clean {
        let tcp = clean.tcp.as_ref().expect("a capture");
        let what = || format!("{} {}", tcp.client.as_sent(), target(clean));
        let Some(holes) = losses.get(&(tcp.client.as_sent().0, tcp.server.as_sent().0)) else {
            let [found, expected] =
                [&damaged[key], clean].map(|report| essence(std::slice::from_ref(report)));
            assert_same(&found, &expected, &what);
            continue;
        };
        let of = |role| holes.iter().filter(|(by, _)| *by == role).map(|(_, hole)| *hole).collect::<Vec<_>>();
        let Some(damaged) = damaged.get(key) else {
            // Without its request it cannot be known for one of WebSocket.
            assert_eq!(left(clean, Role::Client, &of(Role::Client)), None, "{}", what());
            continue;
        };
        for role in Role::BOTH {
            let left = left(clean, role, &of(role)).expect("the handshake is there");
            frames_are_what_is_left(clean, damaged, role, &left);
        }
        let (musts, known) = (rules_of(damaged, Level::Should), rules(clean));
        assert!(musts.is_subset(&known), "{}: {musts:?}, not captured whole", what());
    }
    // What is recognised without its request is what was sent, and nobody is accused of anything else.
    for found in &without_key {
        let client = |report: &Conversation| report.tcp.map(|tcp| tcp.client.as_sent().0);
        let clean = clean.values().find(|clean| client(clean) == client(found)).expect("a connection");
        for role in Role::BOTH {
            are_among(&sent(found, role), &sent(clean, role), target(clean));
        }
        let (musts, known) = (rules_of(found, Level::Should), rules(clean));
        assert!(musts.is_subset(&known), "{}: {musts:?}, picked up", target(clean));
    }
}

/// Whether the frames are those of the others, in their order, some left out.
#[track_caller]
fn are_among(found: &[&FrameRecord], all: &[&FrameRecord], what: &str) {
    let mut rest = all.iter();
    for frame in found {
        assert!(rest.any(|other| other.header == frame.header), "{what}: {frame:?} was not sent");
    }
}

fn rules_of(report: &Conversation, level: Level) -> BTreeSet<(&'static str, Option<Role>)> {
    let weighty = report.findings.iter().filter(|finding| finding.level >= level);
    weighty.map(|finding| (finding.violation.rule().name(), finding.by)).collect()
}

#[track_caller]
fn frames_are_what_is_left(clean: &Conversation, damaged: &Conversation, by: Role, left: &[Left]) {
    let (before, after) = (sent(clean, by), sent(damaged, by));
    let kept = left.iter().filter(|left| **left != Left::Nothing).count();
    let client = clean.tcp.as_ref().expect("a capture").client.as_sent();
    let what = format!("{client} {} {}", target(clean), by.name());
    assert!(after.len() >= kept, "{what}: frames");
    // Behind a header that is missing frames may have been recognised again.
    are_among(&after[kept..], &before[kept..], &what);
    let mut context_lost = false;
    for ((before, after), left) in before.iter().zip(&after[..kept]).zip(left) {
        assert_eq!(before.header, after.header, "{what}");
        assert_eq!(after.complete, before.complete && *left == Left::All, "{what}");
        context_lost |= *left != Left::All && before.compressed;
        if *left == Left::All && !(context_lost && before.compressed) {
            assert_eq!(before.preview, after.preview, "{what}");
        }
    }
    let close = before.iter().zip(left).find(|(frame, _)| frame.header.opcode.bits() == 8);
    if let Some((_, Left::All)) = close {
        let (was, is) = (&clean.closing.sides[by], &damaged.closing.sides[by]);
        assert_eq!((was.code, &was.reason), (is.code, &is.reason), "{what}");
    }
}
