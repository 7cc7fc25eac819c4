//! The summary of a connection, as it goes into a ticket: one golden file for each outcome and its main variants.
//! After a change that is meant: `WSLOG_BLESS=1 cargo test --test knowledge sentences`.
//!
//! And nothing is named in the text alone: every rule, clause, code and state of it is in the JSON.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wslog::engine::{Across, Sink, present};
use wslog::limits::Limits;
use wslog::model::{Certainty, Conversation, InputReport, Level, Outcome, RULES};
use wslog::redact::{self, Redaction, Sealed};
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};
use wslog::views::{FrameList, summary};

use crate::support::conversation::{Client, Server, Talk};
use crate::support::essence::analyse_file;
use crate::support::scene;
use crate::support::script::{acts, analyse, play};
use crate::support::upgrade::{accept_value, refusal};

/// Name of the golden file, outcome, script.
type Row = (&'static str, Outcome, &'static str);

const ROWS: &[Row] = &[
    (
        "clean",
        Outcome::Clean,
        "C: text hi | S: text hi | C: close 1000 done | S: close 1000 | S: fin | C: fin",
    ),
    (
        "encrypted",
        Outcome::Encrypted,
        "tls 1.3 | OPEN | C: data 300 | S: data 150 | S: sealed-alert | S: fin | C: fin",
    ),
    ("clean-away", Outcome::Clean, "S: close 1001 restart | C: close 1001 | S: fin | C: fin"),
    (
        "clean-crossing",
        Outcome::Clean,
        "S: hold | C: close 1000 | S: close 1001 | S: release | C: ack | S: fin | C: fin",
    ),
    (
        "clean-internal-error",
        Outcome::Clean,
        "C: text hi | S: close 1011 oops | C: close 1011 | S: fin | C: fin",
    ),
    ("clean-client-ends-tcp", Outcome::Clean, "C: close 1000 | S: close 1000 | C: fin | S: fin"),
    (
        "failed-1002",
        Outcome::Clean,
        "C: text hi | S: a1 02 68 69 | C: close 1002 | S: close 1002 | S: fin | C: fin",
    ),
    ("failed-1007", Outcome::Clean, "C: 81 03 ed a0 80 | S: close 1007 | C: close 1007 | S: fin | C: fin"),
    (
        "failed-1009",
        Outcome::Clean,
        "C: 82 7e 10 00 61*4096 | S: close 1009 | C: close 1009 | S: fin | C: fin",
    ),
    ("failed-wrong-code", Outcome::Clean, "C: 83 00 | S: close 1000 | C: close 1000 | S: fin | C: fin"),
    // T6: the traffic went on after the fault: the end is none for it.
    (
        "carried-on-then-fin",
        Outcome::NoCloseFrame,
        "C: 83 00 | S: text a | S: wait 60000 | C: text hi | S: text a | S: fin | C: fin",
    ),
    ("failed-silently", Outcome::NoCloseFrame, "C: 83 00 | S: fin | C: fin"),
    (
        "carried-on",
        Outcome::Clean,
        "C: 83 00 | C: ping x | S: pong x | C: close 1000 | S: close 1000 | S: fin | C: fin",
    ),
    ("cut-short", Outcome::CloseCutShort, "C: close 1001 | C: fin | S: close 1001 | S: fin"),
    ("cut-short-by-server", Outcome::CloseCutShort, "S: close 1000 | S: fin | C: close 1000 | C: fin"),
    ("left-unanswered", Outcome::CloseUnanswered, "C: close 1001 | C: fin | S: fin"),
    ("left-in-a-message", Outcome::CloseUnanswered, "C: 01 01 61 | S: close 1001 | C: fin | S: fin"),
    ("reset-after-closes", Outcome::CleanTcpReset, "S: close 1000 | C: close 1000 | S: ack | S: rst"),
    ("unanswered-fin", Outcome::CloseUnanswered, "C: close 1000 | S: ack | S: wait 20 | S: fin | C: fin"),
    ("unanswered-rst", Outcome::CloseUnanswered, "S: close 1001 | C: ack | C: rst"),
    ("unanswered-silence", Outcome::CloseUnanswered, "C: close 1000 | S: ack | C: wait 12000 | C: fin"),
    (
        "unanswered-crossing-end",
        Outcome::CloseUnanswered,
        "S: hold | C: close 1000 | S: fin | S: release | C: fin",
    ),
    // T4: the Close answers the end of TCP.
    ("end-answered-by-close", Outcome::NoCloseFrame, "S: wait 20 | S: fin | C: close 1000 | C: fin"),
    // T2, T29: after both Closes the ends of TCP cross.
    (
        "clean-ends-crossing",
        Outcome::Clean,
        "C: close 1000 | S: close 1000 | C: hold | S: hold | C: fin | S: fin",
    ),
    ("end-without-close", Outcome::NoCloseFrame, "C: text hi | S: fin | C: fin"),
    ("ends-crossing", Outcome::NoCloseFrame, "C: hold | S: hold | C: fin | S: fin"),
    ("idle-time-out", Outcome::NoCloseFrame, "C: text hi | S: wait 60000 | S: fin | C: fin"),
    (
        "breaches-of-four-kinds",
        Outcome::NoCloseFrame,
        "C: raw 81 02 68 69 | C: 8b 00 | C: 09 00 | S: text hi | S: fin | C: fin",
    ),
    ("reset", Outcome::Reset, "C: text hi | S: rst"),
    ("open", Outcome::Open, "C: text hi | S: ack"),
    ("open-close-sent", Outcome::Open, "C: close 1000 | S: ack"),
    (
        "open-half",
        Outcome::Open,
        "C: text hi | C: wait 1000 | C: again | C: wait 2000 | C: again | C: wait 4000 | C: again",
    ),
    (
        "gap-over-the-end",
        Outcome::NotObservable,
        "C: text hi | S: uncaptured text x | C: ack | S: uncaptured close 1000 | C: fin | S: fin",
    ),
];

fn opened(open: impl FnOnce(&mut Talk)) -> Vec<Conversation> {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    open(&mut talk);
    analyse(&talk.packets())
}

/// What fails before a script can begin.
fn handshakes() -> Vec<(&'static str, Outcome, Vec<Conversation>)> {
    let refused = opened(|talk| {
        let request = talk.upgrade().request();
        talk.connect().bytes(Client, &request).bytes(Server, &refusal("403 Forbidden", "no")).end_tcp(Server);
    });
    let wrong_accept = opened(|talk| {
        let mut upgrade = talk.upgrade();
        upgrade.accept = accept_value("AAAAAAAAAAAAAAAAAAAAAA==");
        talk.open_with(&upgrade);
        acts(talk, "C: fin | S: fin");
    });
    let unanswered = opened(|talk| {
        let request = talk.upgrade().request();
        talk.connect().bytes(Client, &request).end_tcp(Server);
    });
    let pending = opened(|talk| {
        let request = talk.upgrade().request();
        talk.connect().bytes(Client, &request).ack(Server);
    });
    // T27: frames say that there was an answer.
    let mut mid_stream =
        play("C: text hi | S: text ho | C: ping a | S: pong a | C: text hi | S: text ho", false);
    let first = mid_stream.iter().position(|packet| packet.payload.first() == Some(&0x81));
    mid_stream.drain(..first.expect("a frame"));
    vec![
        // T27.
        ("open-mid-stream", Outcome::Open, analyse(&mid_stream)),
        ("handshake-refused", Outcome::HandshakeFailed, refused),
        ("handshake-wrong-accept", Outcome::HandshakeFailed, wrong_accept),
        // T30: it may have been sent.
        ("handshake-no-response", Outcome::HandshakeFailed, unanswered),
        ("handshake-pending", Outcome::Open, pending),
    ]
}

pub(crate) fn all() -> Vec<(&'static str, Outcome, Conversation)> {
    let played = |&(name, outcome, script): &Row| (name, outcome, analyse(&play(script, false)));
    let rows = ROWS.iter().map(played).chain(handshakes());
    rows.map(|(name, outcome, mut reports)| {
        assert_eq!(reports.len(), 1, "{name}");
        (name, outcome, reports.remove(0))
    })
    .collect()
}

#[test]
fn every_outcome_has_its_sentences() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/sentences");
    let bless = std::env::var_os("WSLOG_BLESS").is_some();
    let mut outcomes = BTreeSet::new();
    let mut names = BTreeSet::new();
    let mut stale = Vec::new();
    for (name, outcome, report) in all() {
        assert_eq!(report.closing.outcome, outcome, "{name}");
        outcomes.insert(outcome);
        let file = format!("{name}.txt");
        let told = summary::sentences(&sealed(&report).open()).join("\n") + "\n";
        if bless {
            fs::create_dir_all(&folder).expect("tests/golden can be written");
            fs::write(folder.join(&file), &told).expect("tests/golden can be written");
        }
        let held = fs::read_to_string(folder.join(&file)).unwrap_or_default();
        if held != told {
            stale.push(format!("{file}\n  golden {held}\n  now    {told}"));
        }
        names.insert(file);
    }
    assert_eq!(outcomes, Outcome::ALL.into_iter().collect());
    for entry in fs::read_dir(&folder).expect("tests/golden/sentences is there") {
        let name = entry.expect("can be read").file_name().into_string().expect("a plain name");
        if !names.contains(&name) {
            stale.push(format!("{name}: of no row"));
        }
    }
    assert!(stale.is_empty(), "WSLOG_BLESS=1 cargo test --test knowledge sentences\n{}", stale.join("\n"));
}

fn sealed(report: &Conversation) -> Sealed {
    redact::seal(Box::new(report.clone()), Redaction::Secrets)
}

/// The text of one connection as `wslog inspect` prints it, and its JSON without the summary, which is text itself.
fn both(report: &Conversation) -> (String, Value) {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut page = TextReport::new(&mut text, Style::plain(400), FrameList::All, true);
    let mut document = JsonReport::new(&mut json, FrameList::All);
    for sink in [&mut page as &mut dyn Sink, &mut document] {
        let report = Box::new(report.clone());
        present([report], &[InputReport::default()], Redaction::Secrets, sink).expect("memory takes all");
    }
    let mut document: Value = serde_json::from_slice(&json).expect("JSON");
    document["connections"][0]["closing"]["summary"] = Value::Null;
    (String::from_utf8(text).expect("UTF-8"), document)
}

/// Every string and number of a document.
fn values(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => {
            found.insert(text.clone());
        }
        Value::Number(number) => {
            found.insert(number.to_string());
        }
        Value::Array(items) => items.iter().for_each(|item| values(item, found)),
        Value::Object(fields) => fields.values().for_each(|item| values(item, found)),
        Value::Null | Value::Bool(_) => {}
    }
}

/// Words of the report that name a conclusion: levels, certainties, verdicts of steps, states.
const WORDS: &[&str] =
    &["must", "should", "note", "proven", "likely", "undetermined", "met", "broken", "late", "unobserved"];

#[track_caller]
fn json_has_all_of_the_text(name: &str, report: &Conversation) {
    let (text, document) = both(report);
    let mut known = BTreeSet::new();
    values(&document, &mut known);
    let all = known.iter().map(String::as_str).collect::<Vec<_>>().join("\n");
    for rule in RULES.iter().map(|rule| rule.name) {
        let named = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).any(|word| word == rule);
        assert!(!named || known.contains(rule), "{name}: {rule} is in the text only");
    }
    // What the tables say at the end of a row.
    for line in text.lines() {
        let last = line.rsplit("  ").map(str::trim).find(|cell| !cell.is_empty()).unwrap_or_default();
        let first = line.trim_start().split("  ").next().unwrap_or_default();
        for cell in [first, last] {
            assert!(
                !WORDS.contains(&cell) || known.contains(cell),
                "{name}: {cell:?} is in the text only: {line}"
            );
        }
        assert!(last != "not due" || known.contains("not_applicable"), "{name}: {line}");
    }
    // Clauses: `5.5.1`, `7.1.7`; codes of Close frames and of local views.
    for word in text.split(|c: char| !(c.is_ascii_digit() || c == '.')).map(|word| word.trim_matches('.')) {
        let dots = word.matches('.').count();
        let is_clause = (2..=3).contains(&dots) && !word.starts_with("192.");
        assert!(!is_clause || all.contains(word), "{name}: clause {word} is in the text only");
    }
    let mut words =
        text.split_whitespace().map(|word| word.trim_matches(|c: char| !c.is_ascii_digit())).peekable();
    for code in words.by_ref().filter(|word| word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit())) {
        let is_code = matches!(code.parse(), Ok(1000..=1015 | 3000..=4999));
        assert!(!is_code || all.contains(code), "{name}: code {code} is in the text only");
    }
    let outcome = report.closing.outcome.name();
    assert!(known.contains(outcome), "{name}: {outcome}");
}

#[test]
fn nothing_is_named_in_the_text_only() {
    for (name, _, report) in all() {
        json_has_all_of_the_text(name, &report);
    }
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut read = 0;
    for entry in fs::read_dir(samples).expect("samples/ is there") {
        let path = entry.expect("can be read").path();
        if !path.extension().is_some_and(|e| e == "pcap" || e == "pcapng") {
            continue;
        }
        for report in analyse_file(&fs::read(&path).expect("a sample")) {
            json_has_all_of_the_text(&path.display().to_string(), &report);
            read += 1;
        }
    }
    assert!(read > 20);
}

/// T20: what is undetermined is shown, and counts for nothing: not in the overview, and not among the worst.
#[test]
fn what_is_undetermined_is_not_counted() {
    let mut reports = analyse(&scene::play("C: request | C2: request | S: 101 | S2: 101 | CLOSE"));
    let mut across = Across::new(&Limits::default());
    reports.iter_mut().for_each(|report| across.see(0, report));
    let found = reports.iter().flat_map(|report| &report.findings);
    let sure: Vec<_> = found.filter(|f| f.level == Level::Must).map(|f| f.certainty).collect();
    assert_eq!(sure, [Certainty::Undetermined], "there is one");
    assert!(reports.iter().all(|report| sealed(report).rules().all(|(level, _)| level < Level::Must)));
    let mut text = Vec::new();
    let mut page = TextReport::new(&mut text, Style::plain(400), FrameList::None, false);
    let reports = reports.into_iter().map(Box::new);
    present(reports, &[InputReport::default()], Redaction::Secrets, &mut page).expect("memory takes all");
    let text = String::from_utf8(text).expect("UTF-8");
    let (overview, details) = text.split_once("\n#").expect("each in full");
    let row =
        overview.lines().find(|line| line.trim_start().starts_with("?  2 ")).expect("a row of the second");
    assert!(row.contains(" still_open ") && !row.contains("broken"), "{overview}");
    assert!(details.contains("HS-SERIAL"), "{details}");
    assert!(details.contains("undetermined"), "{details}");
}
