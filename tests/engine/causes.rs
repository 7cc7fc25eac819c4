//! Why a connection ended, as wslog names it, against a world in which that is known (`support/world.rs`).

use std::collections::BTreeMap;
use std::fmt::Write;

use wslog::engine::{Analysis, Keep};
use wslog::limits::Limits;
use wslog::model::{Certainty, Conversation};
use wslog::views::FrameList;

use crate::support::essence::shown;
use crate::support::world::story::{KINDS, Kind, Told, tell};
use crate::support::world::{Packet, segment};

/// Stories of each kind.
const STORIES: u64 = 60;

fn analysed(packets: &[(i64, Packet)]) -> Option<Conversation> {
    let keep = Keep { first: usize::MAX, last: 0, payload_bytes: 64, live: false };
    let mut analysis = Analysis::new(&Limits::default(), keep);
    let mut reports = Vec::new();
    let mut take = |report: Box<Conversation>| {
        reports.push(*report);
        Ok(())
    };
    for (no, (at, packet)) in (1..).zip(packets) {
        analysis.push(&segment(no, *at, packet), &mut take).expect("the sink takes all");
    }
    analysis.finish(&mut [Default::default()], &mut take).expect("the sink takes all");
    assert!(reports.len() <= 1, "one connection");
    reports.pop()
}

/// What came of the cases of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    right: u32,
    /// Said to be undetermined, and not what it was.
    open: u32,
    likely_wrong: u32,
    proven_wrong: u32,
}

fn listing(told: &Told, tap: usize, report: &Conversation) -> String {
    let mut out = String::new();
    for act in &told.script {
        let _ = writeln!(out, "  {:9.3} {:?} {:?}", act.at as f64 / 1e6, act.by, act.what);
    }
    let recording = &told.recordings[tap];
    for (no, (at, p)) in (1..).zip(recording).skip(recording.len().saturating_sub(30)) {
        let flags = ["F", "S", "R", "P", "A"].iter().enumerate().filter(|(bit, _)| p.flags.0 >> bit & 1 == 1);
        let flags: String = flags.map(|(_, name)| *name).collect();
        let _ = writeln!(
            out,
            "{no:4} {:9.3} {:?} {flags} {}+{} ack {:?} win {} ttl {} id {}",
            *at as f64 / 1e6, p.from, p.seq, p.payload.len(), p.ack, p.window, p.ttl - p.hops, p.ip_id
        );
    }
    for f in &report.findings {
        let _ = writeln!(out, "  {:?} {:?} {:?} {:?}", f.by, f.level, f.violation, f.certainty);
    }
    let _ = writeln!(out, "  {:?} {:?}", report.closing.outcome, report.closing.started_by);
    out
}

#[test]
fn causes_are_named_as_they_were() {
    let wanted = std::env::var("WSLOG_STORY").ok();
    let (mut counts, mut wrong) = (BTreeMap::<Kind, Count>::new(), String::new());
    let mut detail: BTreeMap<String, u32> = BTreeMap::new();
    for (kind, seed) in KINDS.iter().flat_map(|kind| (0..STORIES).map(move |seed| (*kind, seed))) {
        let told = tell(kind, seed);
        let mut proven = Vec::new();
        for (tap, recording) in told.recordings.iter().enumerate() {
            let Some(report) = analysed(recording) else { continue };
            let cause = report.closing.cause.clone().expect("a cause");
            let named = (cause.id().info().name, cause.by.map(|by| by.name()));
            let is_right = told.truth.contains(&named);
            let count = counts.entry(kind).or_default();
            match cause.certainty {
                _ if is_right => count.right += 1,
                Certainty::Undetermined => count.open += 1,
                Certainty::Likely => count.likely_wrong += 1,
                Certainty::Proven => count.proven_wrong += 1,
            }
            if cause.certainty == Certainty::Proven && !proven.contains(&named) {
                proven.push(named);
            }
            let place = format!("{kind:?} {seed} tap {tap}");
            if wanted.as_deref() == Some(&place) {
                eprintln!("{place}: {named:?} {:?}\n{}", cause, listing(&told, tap, &report));
            }
            if !is_right {
                let key = format!("{kind:?}: {named:?} {:?}, truth {:?}", cause.certainty, told.truth);
                let n = detail.entry(format!("{key} e.g.")).or_default();
                *n += 1;
                if *n <= 3 {
                    let _ = writeln!(wrong, "{place}{}: {named:?} {:?}, truth {:?}", if told.is_whole { "" } else { " (lossy)" }, cause.certainty, told.truth);
                }
            }
            let mut json = Vec::new();
            wslog::views::json::connection(&mut json, &shown(report), FrameList::All);
            let negative = json.windows(3).position(|w| w[0] == b'"' && w[1] == b':' && w[2] == b'-');
            if let Some(at) = negative {
                let _ = writeln!(wrong, "{place}: {:?}", String::from_utf8_lossy(&json[at - 40..at + 20]));
            }
        }
        if proven.len() > 1 {
            let _ = writeln!(wrong, "{kind:?} {seed}: {proven:?} at different points");
        }
    }
    if wanted.is_some() {
        eprintln!("{wrong}");
        for (what, n) in detail { eprintln!("{n:5} {what}"); }
        for (kind, count) in &counts {
            eprintln!("{kind:?} {count:?}");
        }
    }
}
