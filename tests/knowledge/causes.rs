//! The table of causes (`tests/reference/causes.txt`): exchanges that end for each, and exchanges that nearly do.
//! `WSLOG_BLESS=1` writes what is named anew; read the difference, then run without.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::knowledge::{Blame, CAUSES};
use wslog::model::{Conversation, RuleId};
use wslog::notation::parse;
use wslog::redact::{self, Redaction};
use wslog::views::summary;

use crate::support::bless::bless;
use crate::support::scene;
use crate::support::script::analyse;

/// Causes that no exchange of the notation shows, and why.
const NO_ROWS: &[(&str, &str)] = &[
    ("connect_failed", "told beside another connection to the same server: tests/engine/connects.rs"),
    ("undetermined", "what fits no other: an exchange that does is a cause not thought of"),
];

#[derive(Clone, Debug)]
struct Row {
    cause: String,
    what: String,
    script: String,
    named: String,
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/causes.txt")
}

fn read() -> (String, Vec<String>, Vec<Row>) {
    let text = fs::read_to_string(path()).expect("a table");
    let (mut comment, mut causes, mut rows) = (String::new(), Vec::new(), Vec::<Row>::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let words = line.trim().to_owned();
        match line.len() - line.trim_start().len() {
            0 if line.starts_with('#') => writeln!(comment, "{line}").expect("text"),
            0 => causes.push(words),
            2 => {
                let cause = causes.last().expect("a cause").clone();
                rows.push(Row { cause, what: words, script: String::new(), named: String::new() });
            }
            _ => {
                let row = rows.last_mut().expect("a row");
                match words.strip_prefix('=') {
                    Some(named) => named.trim().clone_into(&mut row.named),
                    None => row.script = words,
                }
            }
        }
    }
    (comment, causes, rows)
}

/// What each row shows, and its exchange.
pub(crate) fn scripts() -> impl Iterator<Item = (String, String)> {
    read().2.into_iter().map(|row| (row.what, row.script))
}

/// `abrupt_end of the client, proven`.
fn named(row: &Row) -> String {
    let exchange =
        parse(&row.script).unwrap_or_else(|error| panic!("{}: {}\n{error}", row.cause, row.script));
    let reports = analyse(&scene::show(&exchange));
    let each = reports.iter().map(|report| {
        let cause = report.closing.cause.as_ref().expect("a cause");
        let by = cause.by.map_or_else(String::new, |by| format!(" by {}", by.name()));
        format!("{}{by}, {}", cause.id().info().name, cause.certainty.name())
    });
    let each: Vec<String> = each.collect();
    if each.is_empty() { "no WebSocket".to_owned() } else { each.join("; ") }
}

#[test]
fn each_exchange_ends_for_what_the_table_says() {
    let (comment, causes, rows) = read();
    if std::env::var_os("WSLOG_BLESS").is_some() {
        let mut out = comment;
        for cause in &causes {
            let _ = writeln!(out, "\n{cause}");
            for row in rows.iter().filter(|row| row.cause == *cause) {
                let _ = writeln!(out, "  {}\n    {}\n    = {}", row.what, row.script, named(row));
            }
        }
        return bless(&path(), &out);
    }
    let mut wrong = String::new();
    for row in &rows {
        let now = named(row);
        if now != row.named {
            let _ = writeln!(wrong, "{}: {}\n  now = {now}", row.cause, row.what);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// What is told of a connection: the cause with its place and what else it could be, the account, where to look.
fn told(report: &Conversation) -> String {
    let cause = report.closing.cause.as_ref().expect("a cause");
    let number = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    let also: Vec<String> = cause
        .also
        .iter()
        .map(|also| {
            format!("{} {} {}", also.id.name(), also.by.map_or("-", Blame::name), also.certainty.name())
        })
        .collect();
    let place =
        format!("frame {}, packet {}", number(cause.frame), number(cause.packet.map(|packet| packet.0)));
    let rule = cause.rule.map_or("-", RuleId::name);
    let report = redact::seal(Box::new(report.clone()), Redaction::Secrets).open();
    let also = if also.is_empty() { "nothing".to_owned() } else { also.join(", ") };
    let sentences = summary::sentences(&report).join("\n    ");
    format!("    {place}, rule {rule}; also: {also}\n    {sentences}\n")
}

/// The words of every row of the table, and what they rest on. After a change that is meant: `WSLOG_BLESS=1`.
#[test]
fn every_row_is_told_as_the_golden_file_has_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tables/causes.txt");
    let mut all = String::new();
    for row in read().2 {
        let exchange = parse(&row.script).expect("the other test reads it");
        let _ = writeln!(all, "{}: {}\n  {}", row.cause, row.what, row.named);
        for report in analyse(&scene::show(&exchange)) {
            all.push_str(&told(&report));
        }
    }
    if std::env::var_os("WSLOG_BLESS").is_some() {
        return fs::write(path, all).expect("tests/golden can be written");
    }
    let held = fs::read_to_string(path).expect("the golden file");
    let differs = held.lines().zip(all.lines()).find(|(held, now)| held != now);
    assert!(held == all, "WSLOG_BLESS=1 cargo test --test knowledge causes\n{differs:#?}");
}

#[test]
fn every_cause_is_there_and_nearly_there() {
    let (_, causes, rows) = read();
    let names: Vec<&str> = CAUSES.iter().map(|cause| cause.name).collect();
    assert_eq!(causes, names, "the causes of the table, in the order of precedence");
    for name in names {
        let own: Vec<&Row> = rows.iter().filter(|row| row.cause == name).collect();
        let exempt = NO_ROWS.iter().any(|(cause, _)| *cause == name);
        assert_eq!(own.is_empty(), exempt, "{name}: rows, or a reason for none");
        let is = |row: &&&Row| row.named.split([' ', ',']).next() == Some(name);
        assert!(exempt || own.iter().any(|row| is(&row)), "{name}: no row ends for it");
        assert!(exempt || own.iter().any(|row| !is(&row)), "{name}: no row comes near");
    }
}
