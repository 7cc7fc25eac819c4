//! The samples with bytes flipped, cut, doubled and put in, some thousands of them, always the same ones: nothing
//! panics, caps hold, the report of each is the same twice and harmless to a terminal.

use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::policy::Policy;
use wslog::autobahn::{self, ReportKind, brief, index};
use wslog::engine::{Across, Keep, Sink, analyze_capture, analyze_case, present};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{Conversation, InputReport};
use wslog::redact::Redaction;
use wslog::views::FrameList;
use wslog::views::escape::{is_unsafe, visible};
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};

use crate::support::capture_file::Pcap;
use crate::support::conversation::TestPacket;
use crate::support::rng::Rng;
use crate::support::script::analyse;
use crate::support::streams::{self, PREFACE};

const KEEP: Keep = Keep { first: 3, last: 3, payload_bytes: 40, ..Keep::NOTHING };

/// Small, so that what is changed reaches them.
const LIMITS: Limits = Limits {
    max_flows: 4,
    max_out_of_order_bytes: 2_000,
    max_out_of_order_segments: 8,
    max_history_bytes: 200,
    max_handshake_bytes: 2_000,
    max_handshake_parts: 40,
    max_earlier_handshakes: 1,
    max_preview_bytes: 40,
    max_inflated_message_bytes: 70_000,
    max_inflated_bytes: 200_000,
    max_inflate_ratio: 100,
    max_findings: 6,
    max_pending_pings: 2,
    max_nesting: 2,
    max_fragment_bytes: 4_000,
    max_fragmented_datagrams: 2,
    max_idle_seconds: 3_600,
    ..Limits::DEFAULT
};

/// Files below `folder` that `wanted` takes, by name.
pub(crate) fn files(folder: &str, wanted: fn(&Path) -> bool) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("it is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else if wanted(&path) {
                let bytes = fs::read(&path).expect("it can be read");
                found.push((path, bytes));
            }
        }
    }
    found.sort();
    assert!(!found.is_empty(), "{folder}");
    found
}

pub(crate) fn ends_in(path: &Path, endings: &[&str]) -> bool {
    path.extension().is_some_and(|ending| endings.iter().any(|known| ending == *known))
}

/// One to four changes anywhere: a bit or a byte, a number of two or four bytes, a piece left out, doubled, moved or
/// put in, the end cut off.
pub(crate) fn mutated(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=rng.below(4) {
        if bytes.is_empty() {
            break;
        }
        let at = rng.below(bytes.len());
        let len = (1 + rng.below(24)).min(bytes.len() - at);
        match rng.below(9) {
            0 => bytes[at] ^= 1 << rng.below(8),
            1 => bytes[at] = rng.bytes::<1>()[0],
            2 => bytes[at..at + len].fill([0, 0xff, 0x7f, 0x80][rng.below(4)]),
            3 => drop(bytes.drain(at..at + len)),
            4 => {
                let piece = bytes[at..at + len].to_vec();
                bytes.splice(at..at, piece);
            }
            5 => {
                let piece: Vec<_> = bytes.drain(at..at + len).collect();
                let to = rng.below(bytes.len() + 1);
                bytes.splice(to..to, piece);
            }
            6 => drop(bytes.splice(at..at, rng.bytes::<7>())),
            7 => {
                let odd = [
                    "\u{202e}",
                    "\u{1b}[2J",
                    "\u{9b}31m",
                    "\u{200b}",
                    "\0",
                    "\r\n",
                    "\u{e0041}",
                    "99999999999",
                ];
                bytes.splice(at..at, odd[rng.below(odd.len())].bytes());
            }
            _ => bytes.truncate(at),
        }
    }
    bytes
}

/// `times` variants of each file; `read` gives what is reported, twice the same.
fn check(files: &[(PathBuf, Vec<u8>)], times: u64, read: fn(&[u8], &Path) -> String) {
    for (n, (path, bytes)) in (0_u64..).zip(files) {
        for seed in 0..times {
            let bytes = mutated(bytes, &mut Rng::new(n << 32 | seed));
            let report = read(&bytes, Path::new("variant"));
            let harmful = report.chars().find(|c| is_unsafe(*c) && *c != '\n');
            assert_eq!(harmful, None, "{}, variant {seed}", path.display());
            if seed % 4 == 0 {
                assert!(report == read(&bytes, Path::new("variant")), "{}, variant {seed}", path.display());
            }
        }
    }
}

fn render(reports: impl IntoIterator<Item = Box<Conversation>>, input: InputReport) -> String {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut text_report = TextReport::new(&mut text, Style::plain(100), FrameList::All, false);
    let mut json_report = JsonReport::new(&mut json, FrameList::All);
    let mut across = Across::new(&LIMITS);
    let mut seen = Vec::new();
    for mut report in reports {
        across.see(0, &mut report);
        assert!(report.findings.len() <= LIMITS.max_findings);
        assert!(report.frames.len() <= KEEP.first + KEEP.last);
        assert!(report.frames.iter().all(|frame| frame.preview.as_sent().len() <= KEEP.payload_bytes));
        assert!(report.earlier.len() <= LIMITS.max_earlier_handshakes);
        seen.push(report);
    }
    for sink in [&mut json_report as &mut dyn Sink, &mut text_report] {
        present(seen.clone(), std::slice::from_ref(&input), Redaction::Secrets, sink)
            .expect("memory takes it");
    }
    serde_json::from_slice::<serde_json::Value>(&json).expect("one JSON document");
    [text, json].map(|bytes| String::from_utf8(bytes).expect("a report is text")).concat()
}

/// As it is printed.
fn told(error: &Error) -> String {
    visible(&error.to_string()).into_owned()
}

fn capture(bytes: &[u8], path: &Path) -> String {
    let mut reports = Vec::new();
    let taken = analyze_capture(bytes, path, &LIMITS, KEEP, &mut |report| {
        reports.push(report);
        Ok(())
    });
    match taken {
        Ok(input) => render(reports, input),
        Err(error) => told(&error),
    }
}

fn report(bytes: &[u8], path: &Path) -> String {
    let verdict = brief::read(bytes, path).map_or_else(|error| told(&error), |_| String::new());
    let case = match autobahn::sniff(bytes) {
        Some(ReportKind::Case(form)) => autobahn::read_case(form, bytes, path, &Limits::DEFAULT),
        Some(ReportKind::Index) => {
            return index::read(bytes, path, &Limits::DEFAULT)
                .map_or_else(|error| told(&error), |_| String::new());
        }
        None => return verdict,
    };
    match case {
        Ok(case) => render([analyze_case(case, &LIMITS, KEEP)], InputReport::default()) + &verdict,
        Err(error) => told(&error),
    }
}

fn policy(bytes: &[u8], path: &Path) -> String {
    let policy = Policy::parse(&String::from_utf8_lossy(bytes), path);
    policy.map_or_else(|error| told(&error), |_| String::new())
}

/// The stream of which a byte is DATA that is content, of segments that hold whole frames of HTTP/2.
fn content_of(payload: &[u8], at: usize) -> Option<u32> {
    let mut start = if payload.starts_with(PREFACE) { PREFACE.len() } else { 0 };
    while let Some(&[a, b, c, kind, _, d, e, f, g, ..]) = payload.get(start..) {
        let content = start + 9..start + 9 + u32::from_be_bytes([0, a, b, c]) as usize;
        if content.contains(&at) {
            return (kind == 0).then(|| u32::from_be_bytes([d, e, f, g]));
        }
        start = content.end;
    }
    None
}

/// What is said of each stream, in short.
fn streams_of(packets: &[TestPacket]) -> Vec<(Option<u32>, String)> {
    let reports = analyse(packets);
    let said = reports.iter().map(|report| {
        let cause = report.closing.cause.as_ref().map(|cause| cause.id().to_string());
        let frames = [&report.traffic.client, &report.traffic.server].map(|side| side.frames);
        (report.id.stream, format!("{} {cause:?} {frames:?}", report.closing.outcome.name()))
    });
    said.collect()
}

/// A byte of what is sent over HTTP/2 is another: nothing panics, no more frames are found than there are bytes for, and where it is of
/// the content of one stream, all is said of the others that was said before.
#[test]
fn any_byte_over_http2_may_be_damaged() {
    for (n, script) in streams::SCRIPTS.iter().enumerate() {
        let packets = streams::play(script);
        let whole = streams_of(&packets);
        assert!(!whole.is_empty(), "{script}");
        let places = packets
            .iter()
            .enumerate()
            .flat_map(|(nth, packet)| (0..packet.payload.len()).map(move |at| (nth, at)));
        for (nth, at) in places {
            let change = [0x01, 0x80, 0xff, 0x04][(n + at) % 4];
            let mut damaged = packets.clone();
            damaged[nth].payload[at] ^= change;
            let place = || format!("{script}: packet {nth}, byte {at}, {change:#x}");
            if at % 8 == 0 {
                capture(&Pcap::default().write(&damaged), Path::new("variant"));
            }
            let found = streams_of(&damaged);
            for report in analyse(&damaged) {
                let frames: u64 = [&report.traffic.client, &report.traffic.server]
                    .iter()
                    .map(|side| side.frames.iter().sum::<u64>())
                    .sum();
                let bytes = report.traffic.client.stream_bytes + report.traffic.server.stream_bytes;
                assert!(frames * 2 <= bytes, "{}: {frames} frames of {bytes} bytes", place());
            }
            if let Some(own) = content_of(&packets[nth].payload, at) {
                let others = |all: &[(Option<u32>, String)]| -> Vec<_> {
                    all.iter().filter(|(stream, _)| *stream != Some(own)).cloned().collect()
                };
                assert_eq!(others(&found), others(&whole), "{}", place());
            }
        }
    }
}

#[test]
fn captures() {
    check(&files("samples", |path| ends_in(path, &["pcap", "pcapng"])), 60, capture);
}

#[test]
fn reports_of_cases_and_indexes() {
    check(&files("samples", |path| ends_in(path, &["json", "html", "txt"])), 250, report);
}

#[test]
fn policies() {
    check(&files("samples", |path| ends_in(path, &["toml"])), 400, policy);
}
