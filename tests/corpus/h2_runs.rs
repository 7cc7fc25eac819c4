//! WebSocket over HTTP/2 of real browsers, servers and proxies, recorded otherwise: threads, segments, losses. What its streams
//! carry is told alike, or less of it; never something else.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use wslog::engine::Engine;
use wslog::limits::Limits;
use wslog::model::{Conversation, Opcode, Role};
use wslog::source::KeyLog;
use wslog::tls::{Keys, Origin};
use wslog::views::FrameList;
use wslog::views::json::JsonReport;

use crate::support::capture_file::Pcap;
use crate::support::conversation::TestPacket;
use crate::support::corpus::corpus;
use crate::support::essence::{analyse_file_with, assert_same, essence, packets_of};
use crate::support::transform::Change;

struct Run {
    name: String,
    folder: PathBuf,
    packets: Vec<TestPacket>,
    keys: Keys,
}

fn runs() -> Vec<Run> {
    let Some(folder) = corpus("h2") else { return Vec::new() };
    let folders = fs::read_dir(folder).expect("runs").map(|run| run.expect("a run").path());
    let mut folders: Vec<_> = folders.filter(|run| run.join("capture.pcap").is_file()).collect();
    folders.sort();
    let read = |folder: PathBuf| {
        let mut keys = Keys::new();
        if let Ok(log) = fs::read(folder.join("keys.log")) {
            keys.add(&log, Origin::Keylog);
        }
        Run {
            name: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            packets: packets_of(&fs::read(folder.join("capture.pcap")).expect("a capture")),
            keys,
            folder,
        }
    };
    folders.into_iter().map(read).collect()
}

impl Run {
    fn found(&self, packets: &[TestPacket]) -> Vec<Conversation> {
        analyse_file_with(&Pcap::default().write(packets), &self.keys, &Limits::default()).0
    }

    fn document(&self, threads: usize) -> Vec<u8> {
        let mut out = Vec::new();
        let mut json = JsonReport::new(&mut out, FrameList::All);
        let limits = Limits::default();
        let log = self.folder.join("keys.log");
        let log = log.is_file().then(|| KeyLog::open(&log, limits.max_key_log_bytes).expect("a key log"));
        let engine = Engine::new(limits).threads(threads).key_logs(log.into_iter().collect()).sink(&mut json);
        engine.run(&[self.folder.join("capture.pcap")]).expect("memory takes all");
        out
    }
}

#[test]
fn any_number_of_threads_says_the_same() {
    for run in runs() {
        let one = run.document(1);
        for threads in [2, 7] {
            assert!(one == run.document(threads), "{} on {threads} threads", run.name);
        }
    }
}

#[test]
fn recorded_otherwise_it_says_the_same() {
    let changes = [
        Change::Rechop(1_000),
        Change::Rechop(17),
        Change::Rechop(1),
        Change::Coalesce(8_000),
        Change::Overlap(40),
        Change::Reorder { window: 4, seed: 7 },
        Change::Duplicate { one_in: 5, seed: 7 },
        Change::OverIp { v6: true },
    ];
    for run in runs() {
        let expected = essence(&run.found(&run.packets));
        for change in &changes {
            // Where nothing announces frames they are recognised by where they end, too.
            let is_fine = matches!(change, Change::Rechop(n) if *n < 100);
            if is_fine && run.name.contains("midway") {
                continue;
            }
            let found = essence(&run.found(&change.apply(&run.packets)));
            assert_same(&found, &expected, &|| format!("{}, {change:?}", run.name));
        }
    }
}

/// What each side sent, by connection and stream.
type Said = BTreeMap<(String, Option<u32>), Vec<(Role, String)>>;

fn said(reports: &[Conversation]) -> Said {
    let mut all = BTreeMap::new();
    for report in reports {
        let client = report.tcp.as_ref().expect("TCP").client.as_sent().to_string();
        let mut frames: Vec<_> = report
            .frames
            .iter()
            .filter(|frame| frame.complete)
            .map(|frame| {
                // What is compressed stays so where the answer that agreed to it is missing.
                let is_plain = frame.header.rsv.0 & 4 == 0 && frame.header.opcode != Opcode::CONTINUATION;
                let text = is_plain.then(|| frame.preview.as_sent());
                (frame.from, format!("{:?} {text:?}", frame.header))
            })
            .collect();
        frames.sort_by_key(|(from, _)| *from);
        all.insert((client, report.id.stream), frames);
    }
    all
}

#[test]
fn a_lost_segment_invents_nothing() {
    let (mut seen, mut all) = (0, 0);
    for run in runs() {
        let whole = said(&run.found(&run.packets));
        let count: usize = whole.values().map(Vec::len).sum();
        for n in (0..run.packets.len()).filter(|n| !run.packets[*n].payload.is_empty()) {
            let mut packets = run.packets.clone();
            packets.remove(n);
            for (of, frames) in said(&run.found(&packets)) {
                let Some(known) = whole.get(&of) else {
                    assert!(frames.is_empty(), "{} without packet {n}: {of:?} {frames:?}", run.name);
                    continue;
                };
                let mut rest = known.iter();
                for frame in &frames {
                    let is_there = rest.any(|one| one == frame);
                    assert!(
                        is_there,
                        "{} without packet {n}: {of:?} is said to have sent {frame:?}",
                        run.name
                    );
                }
                seen += frames.len();
            }
            all += count;
        }
    }
    println!("with a segment lost {seen} of {all} frames are read");
    assert!(4 * seen >= 3 * all, "{seen} of {all}");
}
