//! Why a connection ended, as wslog names it, against a world in which that is known (`support/world.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use wslog::engine::{Analysis, Keep};
use wslog::limits::Limits;
use wslog::model::{Certainty, Conversation, TcpFlags};
use wslog::views::FrameList;

use crate::support::essence::shown;
use crate::support::world::story::{KINDS, Kind, Told, tell};
use crate::support::world::{Packet, segment};

/// Stories of each kind, recorded at three points each.
const STORIES: u64 = 60;

/// Recordings of them with a cause that is likely and was another, and with one that is undetermined and was another. What is
/// lost on the way or by the capture makes nearly all of them.
const LIKELY_WRONG: u64 = 38;
const LEFT_OPEN: u64 = 62;

/// Recordings of each kind with the right cause, in a hundred.
const RIGHT_PERCENT: u64 = 94;

fn analysed(packets: &[(i64, Packet)]) -> Option<Conversation> {
    let keep = Keep { first: usize::MAX, last: 0, payload_bytes: 64, ..Keep::NOTHING };
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

/// What came of the recordings of a kind.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    right: u64,
    /// Undetermined, and another.
    open: u64,
    likely_wrong: u64,
}

impl Count {
    const fn all(&self) -> u64 {
        self.right + self.open + self.likely_wrong
    }
}

/// What was done, the last packets and what was found.
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
            *at as f64 / 1e6,
            p.from,
            p.seq,
            p.payload.len(),
            p.ack,
            p.window,
            p.ttl - p.hops,
            p.ip_id
        );
    }
    for f in &report.findings {
        let _ = writeln!(out, "  {:?} {:?} {:?} {:?}", f.by, f.level, f.violation, f.certainty);
    }
    let _ = writeln!(out, "  {:?} {:?}", report.closing.outcome, report.closing.started_by);
    out
}

/// A cause as it is told, and how sure it is.
type Named = (&'static str, Option<&'static str>);

fn named(report: &Conversation) -> (Named, Certainty) {
    let cause = report.closing.cause.as_ref().expect("a cause");
    ((cause.id().info().name, cause.by.map(|by| by.name())), cause.certainty)
}

/// Whether this is what happened. A point of capture that no end of TCP has come to has seen an open connection.
fn is_true(named: Named, told: &Told, tap: usize) -> bool {
    let ended = |(_, p): &(i64, Packet)| p.has(TcpFlags::FIN) || p.has(TcpFlags::RST);
    let sees_open = !told.recordings[tap].iter().any(ended);
    told.truth.contains(&named) || named == ("still_open", None) && sees_open
}

/// A negative number in the JSON of a connection, with what stands around it.
fn negative(report: Conversation) -> Option<String> {
    let mut json = Vec::new();
    wslog::views::json::connection(&mut json, &shown(report), FrameList::All);
    let at = |at: &usize| json[*at..].starts_with(b"\":-");
    (0..json.len())
        .find(at)
        .map(|at| String::from_utf8_lossy(&json[at.saturating_sub(40)..at + 20]).into_owned())
}

/// `WSLOG_STORIES` tells so many of each kind, `WSLOG_STORY="Dies 33 tap 1"` shows that one as it was recorded.
#[test]
fn causes_are_named_as_they_were() {
    let variable = |name| std::env::var(name).ok();
    let stories = variable("WSLOG_STORIES").map_or(STORIES, |n| n.parse().expect("a number"));
    let wanted = variable("WSLOG_STORY");
    let (mut counts, mut wrong, mut other) = (BTreeMap::<Kind, Count>::new(), String::new(), String::new());
    for (kind, seed) in KINDS.iter().flat_map(|kind| (0..stories).map(move |seed| (*kind, seed))) {
        if wanted.as_ref().is_some_and(|wanted| !wanted.contains(&format!("{kind:?} {seed} "))) {
            continue;
        }
        let told = tell(kind, seed);
        let mut proven = BTreeSet::new();
        for (tap, recording) in told.recordings.iter().enumerate() {
            // Without its request, or with the first words of one, it may not be known for a WebSocket connection.
            let Some(report) = analysed(recording) else {
                assert!(
                    !told.is_whole || kind == Kind::RequestCut,
                    "{kind:?} {seed} tap {tap}: nothing is reported"
                );
                continue;
            };
            let place = format!("{kind:?} {seed} tap {tap}");
            let (cause, certainty) = named(&report);
            if wanted.as_ref().is_some_and(|wanted| wanted.contains(&place)) {
                eprintln!(
                    "{place}: {:?}, truth {:?}\n{}",
                    report.closing.cause,
                    told.truth,
                    listing(&told, tap, &report)
                );
            }
            let count = counts.entry(kind).or_default();
            let said = format!("{place}: {cause:?}, {}, where it was {:?}", certainty.name(), told.truth);
            match certainty {
                _ if is_true(cause, &told, tap) => count.right += 1,
                Certainty::Undetermined => count.open += 1,
                Certainty::Likely => {
                    count.likely_wrong += 1;
                    let _ = writeln!(other, "{said}");
                }
                Certainty::Proven => {
                    let _ = writeln!(wrong, "{said}");
                }
            }
            // Who sees an open connection has seen less of it; of both, each is one.
            if certainty == Certainty::Proven && cause.0 != "still_open" && cause.1 != Some("both") {
                proven.insert(cause.1);
            }
            if let Some(text) = negative(report) {
                let _ = writeln!(wrong, "{place}: negative: {text}");
            }
        }
        if proven.len() > 1 {
            let _ = writeln!(wrong, "{kind:?} {seed}: at each point of capture of another: {proven:?}");
        }
    }
    let sum = |of: fn(&Count) -> u64| counts.values().map(of).sum::<u64>();
    let (right, open, likely) = (sum(|c| c.right), sum(|c| c.open), sum(|c| c.likely_wrong));
    let shares = format!("{right} right, {open} left open, {likely} likely and wrong\n{counts:#?}\n{other}");
    if wanted.is_some() || stories != STORIES {
        eprintln!("{shares}");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    if stories == STORIES {
        assert!(likely <= LIKELY_WRONG && open <= LEFT_OPEN, "{shares}");
    }
    let (kind, worst) =
        counts.iter().min_by_key(|(_, count)| 1000 * count.right / count.all()).expect("kinds");
    assert!(worst.right * 100 >= RIGHT_PERCENT * worst.all(), "{kind:?}: {worst:?}");
}
