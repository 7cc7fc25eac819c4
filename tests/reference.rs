//! The reference as a table: for each rule exchanges that break it and others that come near to it and are legal,
//! with what is found and what was owed.
//!
//! The rows are in `tests/reference/`, in the notation of `support/scene.rs`:
//!
//! ```text
//! FR-RSV                                  the rule that the rows below are about
//!   5.2 RSV2                              a row: the clause, in the words of an engineer
//!     C: a1 02 68 69 | FAIL               the exchange
//!     = C FR-RSV                          what is found: by whom; `should`, `note`; `?` where it is not proven
//!     > S fail FR-RSV met, …              what was owed by whom, and what became of it
//! ```
//!
//! No third or fourth line: nothing is found, nothing was owed. Findings of several connections are parted by
//! `;`, `-` for none.
//! `WSLOG_BLESS=1` writes both lines anew; read the difference clause by clause.

#[path = "support/support.rs"]
mod support;

use std::fmt::Write;
use std::fs;
use std::path::Path;

use wslog::limits::Limits;
use wslog::model::{ConnectionReport, RULES, Rule};
use wslog::pipeline::Across;

use support::scene;
use support::script::{all_steps, analyse, analyse_with, findings};

const FILES: [&str; 6] =
    ["request.txt", "response.txt", "frames.txt", "closing.txt", "timing.txt", "deflate.txt"];

/// Rules without rows, and why.
const NO_ROWS: &[(&str, &str)] = &[
    ("CL-TLS", "not checked yet: needs what is inside of TLS"),
    ("HS-ASSUMED", "not checked yet: a connection picked up in its middle is not judged"),
    ("HS-SNI", "not checked yet: needs TLS"),
    ("PMD-BOMB", "its cap is beyond what a row can hold: a test of its own lowers it"),
];

#[derive(Clone, Debug, Default)]
struct Row {
    rule: String,
    clause: String,
    script: String,
    found: String,
    owed: String,
}

impl Row {
    /// The row as wslog has it.
    fn judged(&self) -> Self {
        let mut reports = analyse(&scene::play(&self.script));
        let mut across = Across::new(&Limits::default());
        reports.iter_mut().for_each(|report| across.see(0, report));
        let each = |of: fn(&ConnectionReport) -> String| {
            let lines: Vec<String> = reports.iter().map(of).collect();
            let nothing = lines.iter().all(String::is_empty);
            let shown = lines.iter().map(|line| if line.is_empty() { "-" } else { line.as_str() });
            if nothing { String::new() } else { shown.collect::<Vec<_>>().join("; ") }
        };
        Self { found: each(findings), owed: each(all_steps), ..self.clone() }
    }

    fn finds(&self, rule: &str) -> bool {
        self.found.split([' ', '?', ',', ';']).any(|word| word == rule)
    }

    fn is_owed(&self, rule: &str, verdict: &str) -> bool {
        let step = format!(" {rule} {verdict}");
        self.owed.split([',', ';']).any(|one| one.ends_with(&step))
    }
}

fn path(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference").join(file)
}

fn read(file: &str) -> (String, Vec<Row>) {
    let text = fs::read_to_string(path(file)).expect("a table");
    let mut comment = String::new();
    let mut rows: Vec<Row> = Vec::new();
    let mut rule = String::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let indent = line.len() - line.trim_start().len();
        let words = line.trim();
        match (indent, words.split_at(1)) {
            (0, ("#", _)) => writeln!(comment, "{line}").expect("text"),
            (0, _) => rule = words.to_owned(),
            (2, _) => rows.push(Row { rule: rule.clone(), clause: words.to_owned(), ..Row::default() }),
            (4, (mark, rest)) => {
                let row = rows.last_mut().unwrap_or_else(|| panic!("{file}: {line}"));
                match mark {
                    "=" => row.found = rest.trim().to_owned(),
                    ">" => row.owed = rest.trim().to_owned(),
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
        for (mark, text) in [("=", &row.found), (">", &row.owed)] {
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

#[test]
fn each_row_finds_and_is_owed_what_it_says() {
    let mut wrong = String::new();
    for file in FILES {
        let (comment, rows) = read(file);
        let judged: Vec<Row> = rows.iter().map(Row::judged).collect();
        if std::env::var_os("WSLOG_BLESS").is_some() {
            fs::write(path(file), written(&comment, &judged)).expect("tests/reference can be written");
            continue;
        }
        for (row, now) in rows.iter().zip(&judged) {
            if (&row.found, &row.owed) != (&now.found, &now.owed) {
                let (found, owed) = (&now.found, &now.owed);
                let _ = writeln!(wrong, "{}: {}\n  now = {found}\n  now > {owed}", row.rule, row.clause);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
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
    assert!(rows.len() >= 200, "{} rows", rows.len());
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
fn a_cap_on_inflated_bytes_7692_8() {
    for (cap, found) in [(4, "S note PMD-BOMB"), (5, "")] {
        let limits = Limits { max_inflated_message_bytes: cap, ..Limits::default() };
        let packets = scene::play("deflate | S: c1 07 f2 48 cd c9 c9 07 00 | CLOSE");
        assert_eq!(findings(&analyse_with(&packets, &limits)[0]), found, "a cap of {cap} bytes");
    }
}
