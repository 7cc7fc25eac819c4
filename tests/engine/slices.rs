//! What a slice copies: the packets of connections as they were, whatever file and tunnel they are in, and no others.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wslog::engine::{Engine, Frames, Renaming, Selection, Slicing, Summary};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{Conversation, ConversationId, IdRange, LinkType, PerRole, Pick, Weirds};
use wslog::redact::{Pseudonyms, Sealed};
use wslog::source::{KeyLog, Reader};
use wslog::views::picks::Picks;

use crate::mutation::{ends_in, files, mutated};
use crate::support::capture_file::{Endian, Interface, Pcap, Record, Unit, pcapng_records};
use crate::support::conversation::TestPacket;
use crate::support::essence::analyse_file;
use crate::support::rng::Rng;
use crate::support::script::play;
use crate::support::streams;
use crate::support::wrap::table::WRAPPINGS;

/// A file of its own, removed at the end of the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("wslog-slices-{}-{name}", std::process::id()));
        fs::write(&path, bytes).expect("written");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn run(file: &Scratch, selection: Selection, sink: &mut dyn wslog::engine::Sink) -> Summary {
    Engine::new(Limits::DEFAULT).threads(1).selecting(selection).sink(sink).run(&[&file.0]).expect("read")
}

/// Learns names.
struct Pupil(Pseudonyms);

impl wslog::engine::Sink for Pupil {
    fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
        sealed.teach(&mut self.0);
        Ok(())
    }
}

/// How a capture of which nobody knows what it holds is copied.
#[derive(Clone, Copy, Debug)]
enum Manner {
    AsItWas,
    Filled,
    Renamed,
}

fn engine<'s>(keys: &[PathBuf], names: Option<Arc<Pseudonyms>>) -> Engine<'s> {
    let open = |path: &PathBuf| KeyLog::open(path, Limits::DEFAULT.max_key_log_bytes).expect("a key log");
    Engine::new(Limits::DEFAULT).threads(1).key_logs(keys.iter().map(open).collect()).anonymizing(names)
}

/// The slice of whatever there is in a capture; `None` where nothing of it can be read.
fn of_anything(bytes: &[u8], keys: &[PathBuf], manner: Manner) -> Option<Vec<u8>> {
    let file = Scratch::new("anything", bytes);
    let limits = Limits::DEFAULT;
    let mut pupil = Pupil(Pseudonyms::new(b"a key"));
    engine(keys, None).sink(&mut pupil).run(&[&file.0]).ok()?;
    let names = matches!(manner, Manner::Renamed).then(|| Arc::new(pupil.0));
    let (mut picks, mut frames) = (Picks::default(), Frames::default());
    let summary = engine(keys, names.clone()).sink(&mut picks).sink(&mut frames).run(&[&file.0]).ok()?;
    match manner {
        Manner::AsItWas => picks.picks.iter_mut().for_each(|pick| pick.fills = PerRole::default()),
        Manner::Filled | Manner::Renamed => frames.fill(&mut picks.picks),
    }
    let slicing = Slicing {
        picks: &picks.picks,
        inputs: &summary.inputs,
        key_logs: keys,
        with_keys: false,
        comment: "a slice",
        limits: &limits,
        renaming: names.as_deref().map(|names| Renaming { names, frames: &frames }),
    };
    let mut out = Vec::new();
    slicing.run(&mut out).ok()?;
    Some(out)
}

#[test]
fn whatever_is_damaged_is_copied_without_harm() {
    let wanted = |path: &Path| ends_in(path, &["pcap", "pcapng"]);
    let streams = streams::SCRIPTS.iter().map(|script| {
        let packets = streams::play(script);
        (PathBuf::from("streams"), Pcap::default().write(&packets))
    });
    let mut copies = 0;
    for (n, (path, bytes)) in (0..).zip(files("samples", wanted).into_iter().chain(streams)) {
        let keys: Vec<PathBuf> =
            Some(path.with_extension("keys")).filter(|keys| keys.is_file()).into_iter().collect();
        for seed in 0..12 {
            let bytes = mutated(&bytes, &mut Rng::new(n << 32 | seed));
            for manner in [Manner::AsItWas, Manner::Filled, Manner::Renamed] {
                let Some(copy) = of_anything(&bytes, &keys, manner) else { continue };
                let mut reader = Reader::open(copy.as_slice(), Path::new("copy")).expect("a capture");
                let mut weirds = Weirds::default();
                while reader.next(&mut weirds).expect("whole packets").is_some() {}
                let place = || format!("{} {seed} {manner:?}: {weirds:?}", path.display());
                assert!(weirds.is_empty(), "{}", place());
                copies += 1;
            }
        }
    }
    assert!(copies > 500, "{copies}");
}

/// The slice of a capture; with `fill` payloads are replaced.
fn slice(name: &str, bytes: &[u8], ids: &[&str], fill: bool) -> Vec<u8> {
    let file = Scratch::new(name, bytes);
    let ids = ids.iter().map(|id| id.parse::<IdRange>().expect("an id")).collect();
    let mut picks = Picks::default();
    let summary = run(&file, Selection { ids, ..Selection::default() }, &mut picks);
    let mut picks: Vec<Pick> = picks.picks;
    if fill {
        let mut frames = Frames::default();
        let _ = run(&file, Selection::exactly(picks.iter().map(|pick| pick.id)), &mut frames);
        frames.fill(&mut picks);
    } else {
        picks.iter_mut().for_each(|pick| pick.fills = PerRole::default());
    }
    let limits = Limits::DEFAULT;
    let slicing = Slicing {
        picks: &picks,
        inputs: &summary.inputs,
        key_logs: &[],
        with_keys: false,
        comment: "a slice",
        limits: &limits,
        renaming: None,
    };
    let mut out = Vec::new();
    slicing.run(&mut out).expect("sliced");
    out
}

/// Time, link type, length and bytes of each packet.
fn packets(file: &[u8]) -> Vec<(Option<i64>, LinkType, u32, Vec<u8>)> {
    let mut reader = Reader::open(file, Path::new("capture")).expect("a capture");
    let mut weirds = Weirds::default();
    let mut all = Vec::new();
    while let Some(packet) = reader.next(&mut weirds).expect("whole packets") {
        all.push((packet.at.map(|at| at.0), packet.link, packet.orig_len, packet.data.to_vec()));
    }
    assert!(weirds.is_empty(), "{weirds:?}");
    all
}

/// What stays of each connection where payloads are replaced.
fn shape(file: &[u8]) -> Vec<String> {
    let of = |conversation: &Conversation| {
        let frames: Vec<_> = conversation.frames.iter().map(|f| (f.n, f.from, f.at, f.header)).collect();
        let closing = &conversation.closing;
        let codes = (closing.sides.client.code, closing.sides.server.code);
        format!(
            "{:?} {codes:?} {:?} {frames:?}",
            closing.outcome,
            closing.first_end.map(|end| (end.by, end.at))
        )
    };
    analyse_file(file).iter().map(of).collect()
}

/// Whether the unmasked frame of a short message with this payload is in a file.
fn has(file: &[u8], said: &[u8]) -> bool {
    file.windows(said.len() + 1).any(|window| window[0] == said.len() as u8 && window[1..] == *said)
}

const SCRIPT: &str = "C: text hi | S: text hello | C: close 1000 done | S: close 1000 done | S: fin | C: fin";

#[test]
fn packets_are_what_they_were_in_whatever_they_are_wrapped() {
    let conversation = play(SCRIPT, false);
    let mut all = 0;
    for wrapping in WRAPPINGS.iter().filter(|wrapping| wrapping.carries(&conversation[0])) {
        let record = |p: &TestPacket| Record { at_ns: p.at_ns, data: wrapping.around(p) };
        let pcap = Pcap { link: wrapping.link, ..Pcap::default() };
        let file = pcap.write_records(conversation.iter().map(record));
        assert_eq!(packets(&slice("wrapped", &file, &[], false)), packets(&file), "{}", wrapping.name);
        let filled = slice("wrapped", &file, &[], true);
        assert_eq!(shape(&filled), shape(&file), "{}", wrapping.name);
        // Padding of the link is nobody's payload and looks like the client's frame.
        assert!(has(&file, b"hello") && !has(&filled, b"hello"), "{}", wrapping.name);
        all += 1;
    }
    assert!(all > 20, "{all}");
}

#[test]
fn of_http2_every_stream_is_filled() {
    let script = "OPEN | C1: connect | S1: status 403 | C3: connect | S3: status 200 | C3: text secretwords | S3: text otherwords \
                  | C3: close 1000 | S3: close 1000";
    let file = Pcap::default().write(&streams::play(script));
    let has = |copy: &[u8]| copy.windows(10).any(|window| window == b"otherwords");
    let copy = of_anything(&file, &[], Manner::Filled).expect("sliced");
    assert!(has(&file) && !has(&copy));
}

#[test]
fn times_are_what_they_were_in_whatever_file_they_are() {
    let conversation = play(SCRIPT, false);
    for endian in [Endian::Little, Endian::Big] {
        for unit in [Unit::Micro, Unit::Nano] {
            let file = Pcap { endian, unit, ..Pcap::default() }.write(&conversation);
            assert_eq!(packets(&slice("times", &file, &[], false)), packets(&file), "{endian:?} {unit:?}");
        }
        let interfaces = [Interface::new("eth0", LinkType::ETHERNET)];
        let ethernet = packets(&Pcap::default().write(&conversation));
        let records = |shift: i64| {
            let at = move |at: &Option<i64>| at.unwrap_or_default() + shift;
            ethernet.iter().map(move |(time, _, _, data)| (0, Record { at_ns: at(time), data: data.clone() }))
        };
        let file = pcapng_records(endian, &interfaces, records(7));
        assert_eq!(packets(&slice("times", &file, &[], false)), packets(&file), "{endian:?}");
    }
}

#[test]
fn nothing_of_others_is_copied() {
    let first = play(SCRIPT, false);
    let second: Vec<TestPacket> = play("C: text other | C: fin | S: fin", false)
        .into_iter()
        .map(|mut packet| {
            for end in [&mut packet.from, &mut packet.to] {
                if end.port() > 10_000 {
                    end.set_port(end.port() + 1);
                }
            }
            packet
        })
        .collect();
    let mut both: Vec<TestPacket> = first.iter().chain(&second).cloned().collect();
    both.sort_by_key(|packet| packet.at_ns);
    let file = Pcap::default().write(&both);
    let ids: Vec<ConversationId> = analyse_file(&file).iter().map(|conversation| conversation.id).collect();
    assert_eq!(ids.len(), 2);
    let sliced: Vec<usize> =
        ids.iter().map(|id| packets(&slice("others", &file, &[&id.to_string()], false)).len()).collect();
    assert_eq!(sliced.iter().sum::<usize>(), both.len());
    assert!(sliced.contains(&first.len()) && sliced.contains(&second.len()), "{sliced:?}");
}
