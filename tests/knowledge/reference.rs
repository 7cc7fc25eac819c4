//! The reference as a table: for each rule exchanges that break it and others that come near to it and are legal,
//! with what is found and what was owed.
//!
//! The rows are in `tests/reference/`, their exchanges in the notation of `wslog::notation`:
//!
//! ```text
//! FR-RSV                                  the rule that the rows below are about
//!   5.2 RSV2                              a row: the clause, in the words of an engineer
//!     C: a1 02 68 69 | FAIL               the exchange
//!     = C FR-RSV                          what is found: by whom; `should`, `note`; `?` likely, `??` undetermined
//!     > S fail FR-RSV met, …              what was owed by whom, and what became of it
//!     ~ clean by S, sees 1002 clean / 1006    how it closed, and which code the client's and the server's
//!                                             application are told, `clean` where wasClean is true
//! ```
//!
//! Lines that say the usual are left out: nothing is found, nothing was owed, `clean by C, sees 1000 clean / 1000
//! clean`. What several connections have is parted by `;`, `-` for nothing.
//!
//! In the line of the closing `?` and `??` mean the same, and `?` alone stands for what cannot be known. There may
//! follow: states of both where TCP has not ended, `ends cross`, `S may have closed` (in what is missing), `odd` and
//! names of weirds. `no WebSocket` where nothing is reported.
//!
//! `{999,5000}` makes a row of each: lists of a row are as long as one another and go together.
//!
//! `WSLOG_BLESS=1` writes the lines below the exchange anew; read the difference clause by clause, then run without.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use wslog::engine::Across;
use wslog::knowledge::Blame;
use wslog::limits::Limits;
use wslog::model::{Conversation, FrameRecord, PerRole, RULES, Rule, Seen, Step, Violation};
use wslog::notation::parse;
use wslog::redact::{self, Redaction};
use wslog::views::{self, FrameList};

use crate::support::bless::bless;
use crate::support::scene;
use crate::support::script::{all_steps, analyse, analyse_with, ending, findings};

const FILES: [&str; 6] =
    ["request.txt", "response.txt", "frames.txt", "closing.txt", "timing.txt", "deflate.txt"];

/// Rules without rows, and why.
const NO_ROWS: &[(&str, &str)] = &[
    ("CL-TLS", "not checked yet: needs what is inside of TLS"),
    ("HS-CONNECT", "needs HTTP/2: tests/engine/streams.rs"),
    ("HS-SNI", "not checked yet: needs TLS"),
    ("PMD-BOMB", "its cap is beyond what a row can hold: a test of its own lowers it"),
];

#[derive(Clone, Debug, Default)]
struct Row {
    /// `closing.txt:12`.
    place: String,
    rule: String,
    clause: String,
    script: String,
    found: String,
    owed: String,
    end: String,
}

/// What a row without a line about its closing has.
const USUAL: &str = "clean by C, sees 1000 clean / 1000 clean";

impl Row {
    /// The row as wslog has it.
    fn judged(&self) -> Self {
        let lists = lists(&self.script);
        let many = lists.first().map_or(1, |list| list.items.len());
        assert!(lists.iter().all(|list| list.items.len() == many), "lists of one length: {}", self.script);
        let each: Vec<[String; 3]> =
            (0..many).map(|n| judge(&self.place, &put_in(&self.script, &lists, n))).collect();
        let [found, owed, end] = std::array::from_fn(|line| {
            let texts: Vec<&str> = each.iter().map(|lines| lines[line].as_str()).collect();
            in_common(&texts, &lists)
        });
        Self { found, owed, end, ..self.clone() }
    }

    /// Mark and text of the lines below the exchange, the usual ones left out.
    fn lines(&self) -> [(&str, &str); 3] {
        [("=", &self.found), (">", &self.owed), ("~", &self.end)]
    }

    fn finds(&self, rule: &str) -> bool {
        self.found.split([' ', '?', ',', ';']).any(|word| word == rule)
    }

    fn is_owed(&self, rule: &str, verdict: &str) -> bool {
        let step = format!(" {rule} {verdict}");
        self.owed.split([',', ';']).any(|one| one.ends_with(&step))
    }
}

/// Findings, steps and closing of an exchange.
fn judge(place: &str, script: &str) -> [String; 3] {
    let exchange = parse(script).unwrap_or_else(|error| panic!("{place}: {script}\n{error}"));
    let mut reports = analyse(&scene::show(&exchange));
    shows_what_inflates(script, &reports);
    let mut across = Across::new(&Limits::default());
    reports.iter_mut().for_each(|report| across.see(0, report));
    let each = |of: fn(&Conversation) -> String, usual: &str| {
        let lines: Vec<String> = reports.iter().map(of).collect();
        let nothing = lines.iter().all(|line| line == usual);
        let shown = lines.iter().map(|line| if line.is_empty() { "-" } else { line.as_str() });
        if nothing { String::new() } else { shown.collect::<Vec<_>>().join("; ") }
    };
    let end = if reports.is_empty() { "no WebSocket".to_owned() } else { each(ending, USUAL) };
    [each(findings, ""), each(all_steps, ""), end]
}

/// Whatever was agreed and broken, a compressed message that inflates is shown.
fn shows_what_inflates(script: &str, reports: &[Conversation]) {
    for report in reports {
        let found = findings(report);
        let last = |frame: &&FrameRecord| frame.compressed && frame.header.fin;
        let blind = report.frames.iter().filter(last).any(|frame| !frame.inflated);
        let excused = ["PMD-INFLATE", "PMD-CTX-LOST"].iter().any(|rule| found.contains(rule));
        assert!(!blind || excused || script.contains("uncaptured"), "a message is not shown: {script}");
    }
}

/// `{a,b}` in a script.
struct List<'a> {
    text: &'a str,
    items: Vec<&'a str>,
}

fn lists(script: &str) -> Vec<List<'_>> {
    let inside = script.match_indices('{').map(|(from, _)| {
        let to = from + script[from..].find('}').unwrap_or_else(|| panic!("no end of a list: {script}"));
        List { text: &script[from..=to], items: script[from + 1..to].split(',').collect() }
    });
    inside.collect()
}

fn put_in(script: &str, lists: &[List<'_>], n: usize) -> String {
    lists.iter().fold(script.to_owned(), |script, list| script.replacen(list.text, list.items[n], 1))
}

/// What the exchanges of a row have in common, with a list in place of its items.
fn in_common(texts: &[&str], lists: &[List<'_>]) -> String {
    let same = |texts: &[String]| texts.windows(2).all(|two| two[0] == two[1]);
    let mut common: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
    for list in lists.iter().filter(|list| list.items.iter().all(|item| !item.is_empty())) {
        if !same(&common) {
            for (text, item) in common.iter_mut().zip(&list.items) {
                *text = text.replace(item, list.text);
            }
        }
    }
    if same(&common) { common.swap_remove(0) } else { format!("DIFFERENT: {}", texts.join(" || ")) }
}

fn path(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(file)
}

fn read(file: &str) -> (String, Vec<Row>) {
    let text = fs::read_to_string(path(file)).expect("a table");
    let mut comment = String::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut rule = String::new();
    for (no, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.is_empty()) {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim();
        match (indent, words.split_at(1)) {
            (0, ("#", _)) => writeln!(comment, "{line}").expect("text"),
            (0, _) => rule = words.to_owned(),
            (2, _) => {
                let place = format!("{file}:{}", no + 1);
                rows.push(Row { place, rule: rule.clone(), clause: words.to_owned(), ..Row::default() });
            }
            (4, (mark, rest)) => {
                let row = rows.last_mut().unwrap_or_else(|| panic!("{file}: {line}"));
                match mark {
                    "=" => row.found = rest.trim().to_owned(),
                    ">" => row.owed = rest.trim().to_owned(),
                    "~" => row.end = rest.trim().to_owned(),
                    _ => row.script = words.to_owned(),
                }
            }
            _ => panic!("{file}: {line:?}"),
        }
    }
    (comment, rows)
}

fn written(comment: &str, rows: &[Row]) -> String {
    let mut out = comment.to_owned();
    let mut rule = "";
    for row in rows {
        if rule != row.rule {
            let _ = writeln!(out, "\n{}", row.rule);
            rule = &row.rule;
        }
        let _ = writeln!(out, "  {}\n    {}", row.clause, row.script);
        for (mark, text) in row.lines() {
            if !text.is_empty() {
                let _ = writeln!(out, "    {mark} {text}");
            }
        }
    }
    out
}

fn all_rows() -> Vec<Row> {
    FILES.iter().flat_map(|file| read(file).1).collect()
}

/// The exchange of each row.
pub(crate) fn scripts() -> Vec<String> {
    let each = |row: &Row| {
        let lists = lists(&row.script);
        let many = lists.first().map_or(1, |list| list.items.len());
        (0..many).map(|n| put_in(&row.script, &lists, n)).collect::<Vec<_>>()
    };
    all_rows().iter().flat_map(each).collect()
}

#[test]
fn each_row_finds_and_is_owed_what_it_says() {
    let mut wrong = String::new();
    for file in FILES {
        let (comment, rows) = read(file);
        let judged: Vec<Row> = rows.iter().map(Row::judged).collect();
        if std::env::var_os("WSLOG_BLESS").is_some() {
            bless(&path(file), &written(&comment, &judged));
            continue;
        }
        for (row, now) in rows.iter().zip(&judged) {
            if row.lines() != now.lines() || now.lines().iter().any(|(_, text)| text.contains("DIFFERENT")) {
                let lines = now.lines().map(|(mark, text)| format!("\n  now {mark} {text}"));
                let _ = writeln!(wrong, "{}: {}{}", row.rule, row.clause, lines.concat());
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What else is said of a connection, in lines: the words and places of findings and steps, times,
/// the cause and what else it could be.
fn details(report: &Conversation) -> String {
    let mut json = Vec::new();
    let shown = redact::seal(Box::new(report.clone()), Redaction::Secrets).open();
    views::json::connection(&mut json, &shown, FrameList::None);
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let closing = &json["closing"];
    let mut out = String::new();
    for finding in json["findings"].as_array().expect("a list") {
        let [frame, packet] = [&finding["frame"], &finding["packet"]];
        let _ = writeln!(out, "    {frame} {packet} {}", finding["message"].as_str().expect("text"));
    }
    for step in closing["steps"].as_array().expect("a list") {
        let [by, expected, observed] =
            ["owed_by", "expected", "observed"].map(|key| step[key].as_str().expect("text"));
        let _ = writeln!(out, "    {} {by}: {expected}: {observed}", step["since_frame"]);
    }
    let _ = writeln!(out, "    idle {}, timing {}", closing["idle_before_close_ns"], known(&json["timing"]));
    let PerRole { client, server } = &report.closing.sees;
    let _ = writeln!(out, "    told {:?} / {:?}", client.situation, server.situation);
    let cause = report.closing.cause.as_ref().expect("a cause");
    let others: Vec<&str> = cause.also.iter().map(|other| other.id.name()).collect();
    let of = (cause.by.map(Blame::name), cause.certainty.name(), cause.frame, cause.packet.map(|no| no.0));
    let _ = writeln!(out, "    cause {} {of:?}, or {others:?}", cause.id().name());
    out
}

/// Without what is null, and where every recording ends.
fn known(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let told = fields.iter().filter(|(name, _)| *name != "observed_until");
            let known = told.map(|(name, value)| (name.clone(), known(value)));
            Value::Object(
                known.filter(|(_, value)| !value.is_null() && *value != Value::Object(Map::new())).collect(),
            )
        }
        other => other.clone(),
    }
}

/// What the tables leave out is held too, for every exchange of theirs. After a change that is meant: `WSLOG_BLESS=1`.
#[test]
fn each_row_is_told_as_the_golden_file_has_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tables/reference.txt");
    let mut all = String::new();
    for row in all_rows() {
        let _ = writeln!(all, "{}: {}", row.rule, row.clause);
        let lists = lists(&row.script);
        for n in 0..lists.first().map_or(1, |list| list.items.len()) {
            let exchange = parse(&put_in(&row.script, &lists, n)).expect("the other test reads it");
            for report in analyse(&scene::show(&exchange)) {
                all.push_str(&details(&report));
            }
        }
    }
    if std::env::var_os("WSLOG_BLESS").is_some() {
        return fs::write(path, all).expect("tests/golden can be written");
    }
    let held = fs::read_to_string(path).expect("the golden file");
    let differs = held.lines().zip(all.lines()).find(|(held, now)| held != now);
    assert!(held == all, "WSLOG_BLESS=1 cargo test --test knowledge reference\n{differs:#?}");
}

/// The rows of a rule, the exceptions above aside.
fn rules_with_rows() -> impl Iterator<Item = (&'static Rule, Vec<Row>)> {
    let rows = all_rows();
    RULES.iter().filter_map(move |rule| {
        let own: Vec<Row> = rows.iter().filter(|row| row.rule == rule.name).cloned().collect();
        let exempt = NO_ROWS.iter().any(|(name, _)| *name == rule.name);
        assert_eq!(own.is_empty(), exempt, "{}: rows, or a reason for none", rule.name);
        (!exempt).then_some((rule, own))
    })
}

#[test]
fn every_rule_is_there_broken_and_nearly_broken() {
    for (rule, rows) in rules_with_rows() {
        assert!(rows.iter().any(|row| row.finds(rule.name)), "{}: no row breaks it", rule.name);
        assert!(rows.iter().any(|row| !row.finds(rule.name)), "{}: no row comes near", rule.name);
    }
    let rows = all_rows();
    let known = |name: &str| RULES.iter().any(|rule| rule.name == name);
    for row in &rows {
        assert!(known(&row.rule), "{} is no rule", row.rule);
        assert!(!row.clause.is_empty() && !row.script.is_empty(), "{row:?}");
        let same = |other: &&Row| (&other.rule, &other.clause) == (&row.rule, &row.clause);
        assert_eq!(rows.iter().filter(same).count(), 1, "{}: {} is there twice", row.rule, row.clause);
    }
    assert!(rows.len() >= 500, "{} rows", rows.len());
}

/// A rule for which the RFC orders the other side to fail, to close or to refuse is there with that done and not
/// done.
#[test]
fn every_order_is_there_met_and_broken() {
    for (rule, rows) in rules_with_rows().filter(|(rule, _)| rule.reaction.is_ordered()) {
        let both =
            ["met", "broken"].iter().all(|verdict| rows.iter().any(|row| row.is_owed(rule.name, verdict)));
        assert!(both, "{}: the order is met in one row and broken in another", rule.name);
    }
    for verdict in ["met", "broken", "late", "unobserved", "not_applicable"] {
        let shows = |row: &Row| row.owed.split([',', ';', ' ']).any(|word| word == verdict);
        assert!(all_rows().iter().any(shows), "no step is {verdict}");
    }
}

/// The rule without rows that is checked: its cap is lowered until five bytes reach it.
#[test]
fn a_cap_on_inflated_bytes_10_4() {
    for (cap, found) in [(4, "S note PMD-BOMB"), (5, "")] {
        let limits = Limits { max_inflated_message_bytes: cap, ..Limits::default() };
        let packets = scene::play("deflate | S: c1 07 f2 48 cd c9 c9 07 00 | CLOSE");
        assert_eq!(findings(&analyse_with(&packets, &limits)[0]), found, "a cap of {cap} bytes");
    }
}

/// RSV1 that was offered and not agreed: whether the payload inflates is told of each message.
#[test]
fn what_was_offered_is_tried_9_1() {
    const OFFER: &str = "offers pd; client_max_window_bits -> none";
    let limits = Limits::default();
    let small = Limits { max_inflated_message_bytes: 4, ..Limits::default() };
    for (settings, script, limits, expected) in [
        (OFFER, "C: zip Hello", &limits, "yes"),
        (OFFER, "S: zip Hello", &limits, "yes"),
        (OFFER, "C: c1 07 f2 48 cd c9 c9 07 00", &limits, "yes"),
        // The second refers back to the first, and a Ping between them is none of it.
        (OFFER, "C: zip Hello | C: ping zip | C: zip x <3,2", &limits, "yes yes"),
        (OFFER, "C: zip final 65 6e 64; as-is", &limits, "yes"),
        (OFFER, "C: zip Hello; stored; as-is", &limits, "yes"),
        // Text, nothing, half of a message; after one that does not, the window is not known any more.
        (OFFER, "C: c1 02 68 69 | C: zip Hello", &limits, "no no"),
        (OFFER, "C: c1 00", &limits, "no"),
        (OFFER, "C: 41 07 f2 48 cd c9 c9 07 00 | C: 80 00", &limits, "no"),
        (OFFER, "C: raw c1 87 00 00 00 00 f2 48 cd c9 | C: fin", &limits, "no"),
        (OFFER, "C: d9 05 f2 48 cd c9 c9", &limits, "no"),
        (OFFER, "C: zip Hello", &small, "no"),
        // Not offered, or offered in another protocol's name.
        ("offers none -> none", "C: zip Hello", &limits, "no"),
        ("offers x-webkit-deflate-frame -> none", "C: zip Hello", &limits, "no"),
    ] {
        let packets = scene::play(&format!("{settings} | {script}"));
        let reports = analyse_with(&packets, limits);
        let tried = reports[0].findings.iter().filter_map(|finding| match &finding.violation {
            Violation::FrRsv(found) => Some(if found.inflates { "yes" } else { "no" }),
            _ => None,
        });
        assert_eq!(tried.collect::<Vec<_>>().join(" "), expected, "{settings}: {script}");
    }
}

/// No exchange of the tables, nor one whose packets were recorded in another order, is told a negative time.
#[test]
fn no_time_is_negative() {
    for row in all_rows() {
        let lists = lists(&row.script);
        let mut packets = scene::play(&put_in(&row.script, &lists, 0));
        for reversed in [false, true] {
            if reversed {
                let half = packets.len() / 2;
                packets[half..].reverse();
            }
            for report in analyse(&packets) {
                let told = |step: &Step| match step.seen {
                    Seen::Close { after_ns, .. } | Seen::TcpEnd { after_ns, .. } => after_ns,
                    Seen::NothingFor(ns) | Seen::PeerWaited(ns) => Some(ns),
                    _ => None,
                };
                let figures = [report.timing.close_reply_ns, report.timing.server_tcp_end_ns];
                let mut all = report.closing.steps.iter().map(told).chain(figures);
                assert!(all.all(|ns| ns.is_none_or(|ns| ns >= 0)), "{}: {}", row.rule, row.script);
            }
        }
    }
}
