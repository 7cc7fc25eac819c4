//! A capture in several files, whole or not, in any order, beside others: each file ends as read, left or failed, and what is
//! said is the same for any number of threads.
//!
//! Input: how many files and how they are joined, what becomes of each, then the script of conversations.

#![no_main]

use std::fs;
use std::path::{Path, PathBuf};

use libfuzzer_sys::fuzz_target;
use wslog::engine::{Engine, Joining, Sink, Summary};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::LinkType;
use wslog::model::{Compression, InputReport};
use wslog::redact::Sealed;
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog::views::remarks::Remarks;
use wslog::views::text::{Style, TextReport};
use wslog_fuzz::support::capture_file::{Endian, Interface, Pcap, Record, Unit, packet_bytes, pcapng};
use wslog_fuzz::support::conversation::{TestPacket, merge};
use wslog_fuzz::support::pack::pack;
use wslog_fuzz::{Input, script};

const MAX_FILES: u8 = 6;

fn limits() -> Limits {
    Limits {
        max_flows: 4,
        max_idle_seconds: 30,
        max_findings: 12,
        max_pause_seconds: 20,
        ..Limits::default()
    }
}

/// What one file holds.
fn file(packets: &[TestPacket], how: u8, number: u8) -> Vec<u8> {
    let link = LinkType::ETHERNET;
    let mut bytes = match how % 4 {
        0 | 1 => Pcap::default().write(packets),
        2 => Pcap { unit: Unit::Nano, endian: Endian::Big, ..Pcap::default() }.write(packets),
        _ => {
            let packets: Vec<_> = packets.iter().map(|packet| (0, packet.clone())).collect();
            pcapng(Endian::Little, &[Interface::new("x", link)], &packets)
        }
    };
    match how >> 2 & 7 {
        1 => bytes.truncate(bytes.len() * usize::from(number) / 255),
        2 => bytes = pack(Compression::Gzip, &bytes),
        3 => {
            bytes = pack(Compression::Gzip, &bytes);
            bytes.truncate(bytes.len() * usize::from(number) / 255);
        }
        4 => {
            let at = bytes.len() * usize::from(number) / 256;
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x55;
            }
        }
        5 => {
            // A record that claims more than there is.
            let data =
                packets.first().map_or_else(Vec::new, |packet| packet_bytes(packet, link, Endian::Little));
            bytes = Pcap { snap_len: u32::from(number), ..Pcap::default() }
                .write_records([Record { at_ns: 0, data }]);
        }
        6 => bytes = vec![number; usize::from(how)],
        _ => {}
    }
    bytes
}

/// Which packets a file gets.
fn part(packets: &[TestPacket], n: usize, of: usize, how: u8) -> Vec<TestPacket> {
    let (from, to) = (packets.len() * n / of, packets.len() * (n + 1) / of);
    let packet = |(_, packet): (usize, &TestPacket)| packet.clone();
    match how % 8 {
        // In turn, so that files run side by side.
        1 => packets.iter().enumerate().filter(|(at, _)| at % of == n).map(packet).collect(),
        // A little of the one before again.
        2 => packets[from.saturating_sub(2)..to].to_vec(),
        // All, as from another place.
        3 => packets.to_vec(),
        4 => Vec::new(),
        // One missing.
        5 => packets[(from + 1).min(to)..to].to_vec(),
        _ => packets[from..to].to_vec(),
    }
}

/// What an engine said to its sinks beside the views.
#[derive(Debug, Default, PartialEq, Eq)]
struct Heard {
    conversations: Vec<String>,
    read: usize,
    failed: Vec<String>,
    skipped: Vec<String>,
    ended: bool,
}

impl Sink for Heard {
    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        assert!(!self.ended);
        self.conversations.push(conversation.id().to_string());
        Ok(())
    }

    fn read(&mut self, files: &[InputReport]) -> Result<(), Error> {
        self.read += files.len();
        Ok(())
    }

    fn failed(&mut self, error: &Error) {
        self.failed.push(error.to_string());
    }

    fn skipped(&mut self, _: &Path, files: &[(PathBuf, &'static str)]) {
        self.skipped.extend(files.iter().map(|(path, _)| path.display().to_string()));
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        self.ended = true;
        Ok(())
    }
}

fn run(inputs: &[PathBuf], joining: Joining, threads: usize) -> (Summary, Heard, [String; 3]) {
    let (mut json, mut text, mut said) = (Vec::new(), Vec::new(), Vec::new());
    let mut heard = Heard::default();
    let mut views = JsonReport::new(&mut json, FrameList::Ends);
    let mut people = TextReport::new(&mut text, Style::plain(100), FrameList::All, false);
    let mut remarks = Remarks::new(&mut said, false);
    let engine = Engine::new(limits()).joining(joining).threads(threads);
    let engine = engine.sink(&mut views).sink(&mut people).sink(&mut remarks).sink(&mut heard);
    let summary = engine.run(inputs).expect("memory takes it");
    (summary, heard, [json, text, said].map(|bytes| String::from_utf8(bytes).expect("a view is text")))
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let [how, count, order] = input.array();
    let files = usize::from(count % MAX_FILES) + 1;
    let plans: Vec<[u8; 3]> = (0..files).map(|_| input.array()).collect();
    let conversations = (0..=how >> 4 & 1).map(|n| script::conversation(n, &mut input));
    let packets = merge(conversations);

    let folder = std::env::temp_dir().join(format!("wslog-fuzz-sets-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("inside")).expect("a scratch folder");
    let mut paths = Vec::new();
    for (n, [what, kind, number]) in plans.into_iter().enumerate() {
        let name = match what >> 4 & 3 {
            0 => format!("cap.pcap{n}"),
            1 => format!("cap_{n:05}_20260101.pcapng"),
            2 => format!("other-{}.pcap", char::from(b'a' + n as u8)),
            _ => format!("inside/cap{n}.pcap.gz"),
        };
        let path = folder.join(name);
        if kind != 0xff {
            fs::write(&path, file(&part(&packets, n, files, what), kind, number)).expect("a scratch file");
        }
        paths.push(path);
    }
    // Any order: a walk by a step that no count of files has a part in.
    let step = [1, 7, 11, 13][usize::from(order % 4)];
    let mut inputs: Vec<_> =
        (0..files).map(|n| paths[(n * step + usize::from(order)) % files].clone()).collect();
    if how & 4 != 0 {
        inputs = vec![folder.clone()];
    }
    let joining = [Joining::Following, Joining::All, Joining::None][usize::from(how % 3)];

    let one = run(&inputs, joining, 1);
    let two = run(&inputs, joining, 2);
    assert_eq!(one, two, "the same by two threads");
    let (summary, heard, [json, ..]) = one;
    // Each file once: read, left or failed.
    let mut expected: Vec<_> = if how & 4 == 0 {
        inputs.iter().map(|path| path.display().to_string()).collect()
    } else {
        paths.iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect()
    };
    let mut told: Vec<_> = summary.inputs.iter().map(|input| input.path.clone()).collect();
    if how & 4 != 0 {
        // What stands in place of all of them where nothing can be read in a folder.
        told.retain(|path| Path::new(path) != folder);
    }
    expected.sort_unstable();
    told.sort_unstable();
    assert_eq!(told, expected);
    let unused = summary.inputs.iter().filter(|input| input.unused.is_some()).count();
    assert_eq!(heard.read + unused, summary.inputs.len());
    assert_eq!(heard.failed.len(), summary.failed);
    assert_eq!(summary.unread, 0);
    if heard.ended {
        let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(document["connections"].as_array().map(Vec::len), Some(heard.conversations.len()));
    }
    let _ = fs::remove_dir_all(&folder);
});
