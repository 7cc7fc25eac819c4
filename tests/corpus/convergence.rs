//! One connection, recorded twice: by a capture and by the wire log of the tester. Frames, findings and closing must
//! come out the same; where they need not, [`DIFFERENCES`] names the reason.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use wslog::autobahn::{self, ReportKind};
use wslog::engine::{self, Keep};
use wslog::limits::Limits;
use wslog::model::case::{CaseReport, WireRow};
use wslog::model::{
    Action, Certainty, Conversation, Level, Outcome, Role, Seen, SideClose, StartEvidence, Starter, StreamEnd,
};

use wslog::tls::{Keys, Origin};

use crate::support::corpus;

const KEEP: Keep = Keep { first: usize::MAX, last: 0, payload_bytes: 0, ..Keep::NOTHING };

/// Rules that rest on packets, or on other connections.
const OF_PACKETS: &[&str] =
    &["CL-BACKOFF", "CL-TCP-EARLY", "CL-TLS", "HS-COALESCED", "HS-EARLY-DATA", "HS-SERIAL", "HS-SNI"];

/// Something said of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Finding { rule: &'static str, by: Option<&'static str>, level: Level },
    Outcome(Outcome),
    Started(Option<&'static str>),
    Reason { of: &'static str, reason: Option<String> },
}

/// A claim that one of the two makes and the other does not.
struct Difference<'a> {
    claim: &'a Claim,
    /// The claim is the log's, and not the capture's.
    in_log: bool,
    case: &'a CaseReport,
    log: &'a Conversation,
    wire: &'a Conversation,
}

impl Difference<'_> {
    /// A finding of the capture only, of one of these rules.
    fn wire_finds(&self, rules: &[&str]) -> bool {
        !self.in_log && matches!(self.claim, Claim::Finding { rule, .. } if rules.contains(rule))
    }

    fn by(&self) -> Option<Role> {
        let Claim::Finding { by, .. } = self.claim else { return None };
        Role::BOTH.into_iter().find(|role| Some(role.name()) == *by)
    }

    /// The log tells who called close(), and no more of the end of TCP.
    fn was_dropped(&self) -> bool {
        self.log.closing.first_end.is_some_and(|end| end.how == StreamEnd::Dropped)
    }

    fn was_reset(&self) -> bool {
        let ends = &self.wire.closing.ends;
        Role::BOTH.into_iter().any(|role| ends[role].is_some_and(|end| end.how == StreamEnd::Rst))
    }
}

/// Why both are right though they differ, and of which differences that is so.
type Reason = (&'static str, fn(&Difference<'_>) -> bool);

const DIFFERENCES: &[Reason] = &[
    ("the rule rests on times or packets", |d| d.wire_finds(corpus::TIMED) || d.wire_finds(OF_PACKETS)),
    ("the log does not tell RST from FIN", |d| {
        let outcomes = (d.log.closing.outcome, d.wire.closing.outcome);
        let same_class = matches!(
            outcomes,
            (Outcome::Clean, Outcome::CleanTcpReset) | (Outcome::NoCloseFrame, Outcome::Reset)
        );
        let of_outcome = matches!(d.claim, Claim::Outcome(_)) && same_class && d.was_reset();
        d.was_dropped() && (d.wire_finds(&["CL-RST"]) || of_outcome)
    }),
    ("the log does not tell what had arrived when TCP ended", |d| {
        let outcomes = (d.log.closing.outcome, d.wire.closing.outcome);
        d.was_dropped()
            && matches!(d.claim, Claim::Outcome(_))
            && outcomes == (Outcome::Clean, Outcome::CloseCutShort)
    }),
    ("who called close() is not whose FIN came first", |d| {
        let by = |report: &Conversation| report.closing.first_end.map(|end| end.by);
        d.was_dropped()
            && (d.wire_finds(&["CL-TCP-SERVER-FIRST"])
                || d.wire_finds(&["CL-REPLY"]) && by(d.log) != by(d.wire))
    }),
    ("the log shows the end of one side only", |d| {
        let ended = |report: &Conversation| {
            d.by().and_then(|by| report.closing.ends[by]).is_some_and(|end| end.how != StreamEnd::Unobserved)
        };
        let unseen = |rule: &str| {
            rule != "CL-REPLY"
                || d.log.closing.steps.iter().any(|step| {
                    Some(step.owed_by) == d.by()
                        && step.action == Action::AnswerClose
                        && step.seen == Seen::PeerEndedTcp(StreamEnd::Dropped)
                })
        };
        ["CL-REPLY", "FR-MSG-UNFINISHED"].iter().any(|rule| d.wire_finds(&[rule]) && unseen(rule))
            && ended(d.wire)
            && !ended(d.log)
    }),
    ("the log keeps 64 bytes of a payload", |d| {
        let mut control = d.log.frames.iter().filter(|frame| frame.header.opcode.is_control());
        let pong = d.wire_finds(&["FR-PONG-DATA"]) && control.any(|frame| !frame.complete);
        let reason = |role: Role| match d.claim {
            Claim::Reason { of, .. } if *of == role.name() => d.wire.closing.sides[role].reason.as_ref(),
            _ => None,
        };
        // Two bytes of the payload are the code.
        pong || Role::BOTH.into_iter().filter_map(reason).any(|reason| reason.as_sent().len() > 62)
    }),
    ("the tester had not read the Close that its host had received", |d| {
        let (log, wire) = (&d.log.closing, &d.wire.closing);
        let tester = if d.case.closing.is_server { Role::Server } else { Role::Client };
        matches!(d.claim, Claim::Started(_))
            && (log.evidence, wire.evidence) == (StartEvidence::Order, StartEvidence::Acknowledgement)
            && log.started_by == Some(Starter::One(tester))
            && wire.started_by == Some(Starter::One(tester.peer()))
    }),
];

/// What must not depend on the recording, sorted.
fn claims(report: &Conversation) -> Vec<Claim> {
    let mut claims: Vec<_> = report
        .findings
        .iter()
        .map(|finding| Claim::Finding {
            rule: finding.violation.rule().name(),
            by: finding.by.map(Role::name),
            level: finding.level,
        })
        .collect();
    let closing = &report.closing;
    claims.push(Claim::Outcome(closing.outcome));
    claims.push(Claim::Started(closing.started_by.map(|starter| match starter {
        Starter::One(role) => role.name(),
        Starter::Both => "both",
    })));
    claims
        .extend(Role::BOTH.map(|of| Claim::Reason { of: of.name(), reason: reason_of(&closing.sides[of]) }));
    claims.sort();
    claims
}

fn reason_of(side: &SideClose) -> Option<String> {
    side.reason.as_ref().map(|reason| reason.as_sent().to_string())
}

/// What is in `a` and not in `b`; both sorted.
fn only_in<'a>(a: &'a [Claim], b: &[Claim]) -> Vec<&'a Claim> {
    let mut b = b.iter().peekable();
    let mut only = Vec::new();
    for claim in a {
        while b.next_if(|other| *other < claim).is_some() {}
        if b.next_if(|other| *other == claim).is_none() {
            only.push(claim);
        }
    }
    only
}

/// Counts each difference by its reason; returns those without one.
fn compare(
    case: &CaseReport,
    log: &Conversation,
    wire: &Conversation,
    counts: &mut BTreeMap<&'static str, u64>,
) -> Vec<String> {
    let (of_log, of_wire) = (claims(log), claims(wire));
    let mut unexplained = Vec::new();
    for (only, in_log) in [(only_in(&of_log, &of_wire), true), (only_in(&of_wire, &of_log), false)] {
        for claim in only {
            let difference = Difference { claim, in_log, case, log, wire };
            match DIFFERENCES.iter().find(|(_, holds)| holds(&difference)) {
                Some((reason, _)) => *counts.entry(reason).or_insert(0) += 1,
                None => unexplained.push(format!("{} only: {claim:?}", if in_log { "log" } else { "wire" })),
            }
        }
    }
    if unexplained.is_empty() && of_log == of_wire {
        *counts.entry("connections of which both say the same").or_insert(0) += 1;
    }
    unexplained
}

/// A cause that the log is sure of and the capture does not have, not even as another one; or one that the log has for likely
/// and that accuses somebody else.
fn unseen_cause(log: &Conversation, wire: &Conversation) -> Option<String> {
    let of_log = log.closing.cause.as_ref().filter(|cause| cause.certainty != Certainty::Undetermined)?;
    let of_wire = wire.closing.cause.as_ref().expect("a cause");
    let also = of_wire.also.iter().map(|also| (also.id, also.by));
    let is_likely = of_log.certainty == Certainty::Likely;
    let it = (of_log.id(), of_log.by);
    let mut seen = also
        .chain([(of_wire.id(), of_wire.by)])
        .map(|(id, by)| if is_likely { (it.0, by) } else { (id, by) });
    // Where both broke a clause, the log does not tell for whose fault it ended.
    let broke = |by: Role| log.findings.iter().any(|f| f.by == Some(by) && f.level == Level::Must);
    (!Role::BOTH.into_iter().all(broke) && !seen.any(|seen| seen == it)).then(|| {
        format!("the log has the cause {it:?} {:?}, the capture {:?}", of_log.certainty, of_wire.id())
    })
}

fn runs() -> Vec<PathBuf> {
    let Some(runs) = corpus::corpus("autobahn") else { return Vec::new() };
    let dir = fs::read_dir(runs).expect("readable");
    let mut runs: Vec<_> = dir.map(|entry| entry.expect("readable").path()).collect();
    runs.sort_unstable();
    runs
}

/// The connections of a capture by their keys. TLS hides them, but where a key log lies beside it.
fn captured(path: &Path) -> HashMap<String, Conversation> {
    let mut connections = HashMap::new();
    let source = File::open(path).expect("a capture");
    let mut sink = |report: Box<Conversation>| {
        if let Some(key) =
            report.request.as_ref().and_then(|request| request.key().map(|key| key.into_sent().to_owned()))
        {
            connections.insert(key, *report);
        }
        Ok(())
    };
    let mut keys = Keys::new();
    if let Ok(log) = fs::read(path.with_file_name("keys.log")) {
        keys.add(&log, Origin::Keylog);
    }
    engine::analyze_captures([(source, path)], false, &keys, (&Limits::default(), KEEP), &mut sink)
        .expect("readable");
    connections
}

fn cases(run: &Path, extension: &str) -> Vec<CaseReport> {
    let dir = fs::read_dir(run.join("reports")).expect("reports");
    let mut files: Vec<_> = dir.map(|entry| entry.expect("readable").path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == extension));
    files.sort_unstable();
    let case = |file: &PathBuf| {
        let bytes = fs::read(file).expect("readable");
        match autobahn::sniff(&bytes) {
            Some(ReportKind::Case(form)) => autobahn::read_case(form, &bytes, file, &Limits::DEFAULT).ok(),
            _ => None,
        }
    };
    files.iter().filter_map(case).collect()
}

/// What was sent: whole frames by opcode, then all frames begun; the Close and its code.
fn sent(report: &Conversation, role: Role) -> ([u64; 17], bool, Option<u16>) {
    let (side, traffic) = (&report.closing.sides[role], &report.traffic[role]);
    let mut frames = [traffic.frame_count() + traffic.frames_cut; 17];
    frames[..16].copy_from_slice(&traffic.frames);
    (frames, side.sent_close == Some(true), side.code.map(|code| code.0))
}

/// Why log and wire may differ in what `role` sent.
fn reason(case: &CaseReport, role: Role, log: &Conversation, wire: &Conversation) -> Option<&'static str> {
    let tester = if case.closing.is_server { Role::Server } else { Role::Client };
    let (logged, seen) = (sent(log, role), sent(wire, role));
    let fewer = |a: &[u64; 17], b: &[u64; 17]| a.iter().zip(b).all(|(a, b)| a <= b);
    match role == tester {
        // Trap 11: what was written need not leave.
        true if fewer(&seen.0, &logged.0) => Some("logged as sent, not on the wire"),
        // What arrived after the tester had dropped TCP is not in its log.
        false if fewer(&logged.0, &seen.0) => Some("on the wire, not read by the tester"),
        _ => None,
    }
}

fn check(extension: &str) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    let mut unexplained = Vec::new();
    for run in runs() {
        let name = run.file_name().expect("a name").to_string_lossy().into_owned();
        let capture = ["capture.pcap", "capture-server.pcap"].map(|file| run.join(file));
        let Some(capture) = capture.iter().find(|path| path.is_file()) else { continue };
        let connections = captured(capture);
        for case in cases(&run, extension) {
            let mut count = |what| *counts.entry(what).or_insert(0) += 1;
            let analysis = engine::analyze_case(case.clone(), &Limits::default(), KEEP);
            if !analysis.case.as_ref().expect("a case").as_sent().inconsistencies.is_empty() {
                count("reports with inconsistencies");
            }
            let paused = case.wire_log.iter().flatten().any(|row| matches!(row, WireRow::Log(_)));
            if matches!(case.id.section(), 9 | 12 | 13) || paused {
                count("log without frames");
                continue;
            }
            let log = &analysis;
            let key =
                log.request.as_ref().and_then(|request| request.key().map(|key| key.into_sent().to_owned()));
            let Some(wire) = key.and_then(|key| connections.get(&key)) else {
                count("not in the capture");
                continue;
            };
            if wire.tls.is_some() {
                count("connections under TLS");
            }
            if Role::BOTH.iter().all(|role| sent(log, *role) == sent(wire, *role)) {
                let told = compare(&case, log, wire, &mut counts);
                let told = told.into_iter().chain(unseen_cause(log, wire));
                unexplained.extend(told.map(|told| format!("{name} {}: {told}", case.id)));
            }
            let mut count = |what| *counts.entry(what).or_insert(0) += 1;
            for role in Role::BOTH {
                if sent(log, role) == sent(wire, role) {
                    count("sides that agree");
                } else if let Some(reason) = reason(&case, role, log, wire) {
                    count(reason);
                } else {
                    unexplained.push(format!(
                        "{name} {} {}:\n log {:?}\nwire {:?}",
                        case.id,
                        role.name(),
                        sent(log, role),
                        sent(wire, role)
                    ));
                }
            }
        }
    }
    eprintln!("{extension}: {counts:#?}");
    assert!(unexplained.is_empty(), "{}:\n{}", unexplained.len(), unexplained.join("\n"));
    counts
}

#[test]
fn report_and_capture_agree() {
    // A page tells no more and no less of it than the JSON.
    let counts = check("json");
    assert_eq!(counts, check("html"));
    if counts.is_empty() {
        return;
    }
    for (reason, _) in DIFFERENCES {
        assert!(counts.contains_key(reason), "no difference any more: {reason}");
    }
}
