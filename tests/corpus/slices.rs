//! A slice of a whole capture says of each connection what the capture says.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::engine::{Engine, Keep, Sink, Slicing};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{Conversation, Role};
use wslog::redact::{Redaction, Sealed, Shown};
use wslog::source::KeyLog;
use wslog::views::picks::Picks;

use crate::support::corpus::corpus;

/// Files of a kind that are sliced: each is read four times.
const EACH: usize = 12;
const MAX_BYTES: u64 = 400_000;

/// What is said of each connection, with its ends and when it began.
#[derive(Default)]
struct Told(Vec<(String, String)>);

impl Sink for Told {
    fn asks(&self) -> Keep {
        Keep { first: 100, last: 100, payload_bytes: 64, ..Keep::NOTHING }
    }

    fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
        let conversation = sealed.clone().open();
        if let Some(tcp) = conversation.tcp {
            let key = format!("{} {} {:?}", tcp.client, tcp.server, conversation.started_at);
            self.0.push((key, told(&conversation)));
        }
        Ok(())
    }
}

fn told(of: &Conversation<Shown>) -> String {
    let closing = &of.closing;
    let mut text = format!("{:?} {:?} by {:?}\n", of.id.stream, closing.outcome, closing.started_by);
    if let Some(cause) = &closing.cause {
        let _ = writeln!(text, "{:?} {:?} {:?} {:?}", cause.id(), cause.by, cause.certainty, cause.rule);
    }
    for role in Role::BOTH {
        let side = &closing.sides[role];
        let _ = writeln!(text, "{:?} {:?} {:?} {:?}", side.sent_close, side.code, side.at, side.frame);
    }
    let end = closing.first_end.map(|end| (end.by, end.how, end.at));
    let _ = writeln!(text, "{end:?}");
    for finding in &of.findings {
        let rule = finding.violation.rule();
        let _ = writeln!(text, "{rule} {:?} {:?} {:?}", finding.by, finding.certainty, finding.frame);
    }
    for frame in &of.frames {
        let _ = writeln!(
            text,
            "{} {:?} {:?} {:?} {:?}",
            frame.n, frame.from, frame.at, frame.header, frame.preview
        );
    }
    text
}

fn read(path: &Path, keys: &[PathBuf], sinks: &mut [&mut dyn Sink]) -> wslog::engine::Summary {
    let limits = Limits::DEFAULT;
    let open = |path: &PathBuf| KeyLog::open(path, limits.max_key_log_bytes).expect("a key log");
    let mut engine = Engine::new(limits.clone())
        .threads(1)
        .redacting(Redaction::Nothing)
        .all_connects(true)
        .key_logs(keys.iter().map(open).collect());
    for sink in sinks {
        engine = engine.sink(*sink);
    }
    engine.run(&[path]).expect("read")
}

/// Slices a capture and holds both against one another; how many connections there were. `with_keys` or in plain.
fn check(path: &Path, with_keys: bool) -> usize {
    let keys = path.with_file_name("keys.log");
    let keys = if keys.is_file() { vec![keys] } else { Vec::new() };
    let (mut before, mut picks) = (Told::default(), Picks::default());
    let summary = read(path, &keys, &mut [&mut before, &mut picks]);
    for pick in &mut picks.picks {
        pick.fills = wslog::model::PerRole::default();
    }
    let slicing = Slicing {
        picks: &picks.picks,
        inputs: &summary.inputs,
        key_logs: &keys,
        with_keys,
        comment: &picks.comment(&["it"], &[]),
        limits: &Limits::DEFAULT,
    };
    let mut file = Vec::new();
    slicing.run(&mut file).expect("sliced");
    let copy = std::env::temp_dir().join(format!("wslog-slices-{}.pcapng", std::process::id()));
    fs::write(&copy, file).expect("written");
    let mut after = Told::default();
    read(&copy, &[], &mut [&mut after]);
    fs::remove_file(&copy).expect("removed");
    before.0.sort();
    after.0.sort();
    assert_eq!(before.0.len(), after.0.len(), "{}", path.display());
    for (before, after) in before.0.iter().zip(&after.0) {
        assert_eq!(before, after, "{}", path.display());
    }
    before.0.len()
}

fn captures(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("readable").map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            captures(&entry, out);
        } else if entry.extension().is_some_and(|ending| ending == "pcap" || ending == "pcapng")
            && fs::metadata(&entry).is_ok_and(|file| file.len() < MAX_BYTES)
        {
            out.push(entry);
        }
    }
}

#[test]
fn slices_of_the_corpus_say_the_same() {
    let mut connections = 0;
    for part in ["live", "tickets", "h2", "dirty", "foreign", "many"] {
        let Some(folder) = corpus(part) else { return };
        let mut all = Vec::new();
        captures(&folder, &mut all);
        all.sort();
        for path in all.iter().step_by((all.len() / EACH).max(1)) {
            connections += check(path, true);
        }
    }
    assert!(connections > 100, "{connections}");
}
