//! A slice of a whole capture says of each connection what the capture says.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wslog::engine::{Engine, Frames, Keep, Renaming, Sink, Slicing};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{Conversation, Role};
use wslog::redact::{Pseudonyms, Redaction, Sealed, Shown};
use wslog::source::KeyLog;
use wslog::views::picks::Picks;

use crate::support::corpus::corpus;

/// Files of a kind that are sliced: each is read four times.
const EACH: usize = 12;
const MAX_BYTES: u64 = 400_000;

/// What is said of each connection, with its ends and when it began.
#[derive(Default)]
struct Told {
    all: Vec<(String, String)>,
    /// Without what was said, and what rests on that or on TLS.
    is_bare: bool,
}

/// Learns names.
struct Pupil(Pseudonyms);

impl Sink for Pupil {
    fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
        sealed.teach(&mut self.0);
        Ok(())
    }
}

impl Sink for Told {
    fn asks(&self) -> Keep {
        Keep { first: 100, last: 100, payload_bytes: 64, ..Keep::NOTHING }
    }

    fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
        let conversation = sealed.clone().open();
        if let Some(tcp) = conversation.tcp {
            let key = format!("{} {} {:?}", tcp.client, tcp.server, conversation.started_at);
            let told = if self.is_bare { bare(&conversation) } else { told(&conversation) };
            self.all.push((key, told));
        }
        Ok(())
    }
}

/// How it ended, frames, Close frames and addresses.
fn bare(of: &Conversation<Shown>) -> String {
    let closing = &of.closing;
    let target = of.request.as_deref().map(|request| request.target.to_string());
    let mut text = format!("{:?} {:?} {target:?}\n", of.id.stream, closing.outcome);
    for role in Role::BOTH {
        let side = &closing.sides[role];
        let reason = side.reason.as_ref().map(ToString::to_string);
        let _ =
            writeln!(text, "{:?} {:?} {reason:?} {:?} {:?}", side.sent_close, side.code, side.at, side.frame);
    }
    for frame in &of.frames {
        let _ = writeln!(text, "{} {:?} {:?} {:?}", frame.n, frame.from, frame.at, frame.header);
    }
    text
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

fn read(
    path: &Path,
    keys: &[PathBuf],
    names: Option<&Arc<Pseudonyms>>,
    sinks: &mut [&mut dyn Sink],
) -> wslog::engine::Summary {
    let limits = Limits::DEFAULT;
    let open = |path: &PathBuf| KeyLog::open(path, limits.max_key_log_bytes).expect("a key log");
    let mut engine = Engine::new(limits.clone())
        .threads(1)
        .redacting(Redaction::Nothing)
        .all_connects(true)
        .anonymizing(names.cloned())
        .key_logs(keys.iter().map(open).collect());
    for sink in sinks {
        engine = engine.sink(*sink);
    }
    engine.run(&[path]).expect("read")
}

/// Slices a capture and holds both against one another; how many connections there were. With its keys, or under other names.
fn check(path: &Path, is_renamed: bool) -> usize {
    let keys = path.with_file_name("keys.log");
    let keys = if keys.is_file() { vec![keys] } else { Vec::new() };
    let names = is_renamed.then(|| {
        let mut pupil = Pupil(Pseudonyms::new(b"a key"));
        read(path, &keys, None, &mut [&mut pupil]);
        Arc::new(pupil.0)
    });
    let told = || Told { is_bare: is_renamed, ..Told::default() };
    let (mut before, mut picks, mut frames) = (told(), Picks::default(), Frames::default());
    let summary = read(path, &keys, names.as_ref(), &mut [&mut before, &mut picks, &mut frames]);
    for pick in &mut picks.picks {
        pick.fills = wslog::model::PerRole::default();
    }
    let slicing = Slicing {
        picks: &picks.picks,
        inputs: &summary.inputs,
        key_logs: &keys,
        with_keys: !is_renamed,
        comment: &picks.comment(&["it"], &[]),
        limits: &Limits::DEFAULT,
        renaming: names.as_deref().map(|names| Renaming { names, frames: &frames }),
    };
    let mut file = Vec::new();
    slicing.run(&mut file).expect("sliced");
    let copy = std::env::temp_dir().join(format!("wslog-slices-{}-{is_renamed}.pcapng", std::process::id()));
    fs::write(&copy, file).expect("written");
    let mut after = told();
    read(&copy, &[], None, &mut [&mut after]);
    fs::remove_file(&copy).expect("removed");
    before.all.sort();
    after.all.sort();
    assert_eq!(before.all.len(), after.all.len(), "{}", path.display());
    for (before, after) in before.all.iter().zip(&after.all) {
        assert_eq!(before, after, "{}", path.display());
    }
    before.all.len()
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
            connections += check(path, false);
            check(path, true);
        }
    }
    assert!(connections > 100, "{connections}");
}
