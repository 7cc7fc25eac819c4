//! The sample captures in `samples/`: that nobody edited them, that the table describes them all, and that the
//! analysis says what the table says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::model::{Conversation, LocalView, RULES, SideClose, Starter};

use crate::support::essence::{analyse_file, packets_of};
use crate::support::seal::with_keys;

#[path = "../../samples/made.rs"]
mod made;

/// Bytes a sample may have: small enough to be read packet by packet.
const MAX_MADE: usize = 10_000;
const MAX_RECORDED: usize = 30_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Names of all captures in the folder; recorded ones begin with `real-`.
fn captures() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("samples/ is there");
    entries
        .map(|entry| entry.expect("samples/ can be read").file_name().into_string().expect("a plain name"))
        .filter(|name| name.ends_with(".pcap") || name.ends_with(".pcapng"))
        .collect()
}

#[test]
fn samples_are_current() {
    let made = made::all();
    for (name, bytes) in &made {
        let found = fs::read(folder().join(name)).unwrap_or_default();
        assert!(
            found == *bytes,
            "samples/{name} is not what samples/made.rs makes: `cargo run --example make_samples`"
        );
        assert!(bytes.len() <= MAX_MADE, "samples/{name} has {} bytes", bytes.len());
    }
    let captures_made = made.iter().filter(|(name, _)| !name.ends_with(".keys"));
    let names: BTreeSet<String> = captures_made.map(|(name, _)| (*name).to_string()).collect();
    let found: BTreeSet<String> = captures().into_iter().filter(|name| !name.starts_with("real-")).collect();
    assert_eq!(found, names, "captures in samples/ beside those samples/made.rs makes");
}

#[test]
fn recorded_samples_are_small() {
    let recorded: Vec<_> = captures().into_iter().filter(|name| name.starts_with("real-")).collect();
    assert!(!recorded.is_empty());
    for name in recorded {
        let len = fs::read(folder().join(&name)).expect("a capture").len();
        assert!(len <= MAX_RECORDED, "samples/{name} has {len} bytes");
    }
}

#[test]
fn readme_describes_every_sample_once() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("samples/README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let described: Vec<&str> = rows.filter(|name| name.contains(".pcap")).collect();
    let mut sorted = described.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, Vec::from_iter(captures()), "rows of the table against captures");
}

/// The cells of a row in the table of `samples/README.md`, the file's name without its backticks.
fn rows() -> Vec<Vec<String>> {
    let readme = fs::read_to_string(folder().join("README.md")).expect("samples/README.md");
    let table = readme.lines().filter(|line| line.starts_with("| `") && line.contains(".pcap"));
    table
        .map(|line| line.trim_matches('|').split('|').map(|cell| cell.trim().replace('`', "")).collect())
        .collect()
}

/// The cell without what stands in parentheses.
fn without_remarks(cell: &str) -> String {
    let mut depth = 0;
    let mut plain = String::new();
    for c in cell.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",")
}

/// Rules named in the cell, except behind a "no".
fn rules_named(cell: &str) -> BTreeSet<&str> {
    let words: Vec<&str> = cell.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
    let is_rule = |word: &&str| RULES.iter().any(|rule| rule.name == *word);
    (0..words.len()).filter(|&i| i == 0 || words[i - 1] != "no").map(|i| words[i]).filter(is_rule).collect()
}

fn started_by(report: &Conversation) -> String {
    let closing = &report.closing;
    let by = match closing.started_by {
        None => return "–".to_owned(),
        Some(Starter::Both) => "both",
        Some(Starter::One(role)) => role.name(),
    };
    format!("{by} ({})", closing.evidence.name())
}

fn closes(report: &Conversation) -> String {
    let close = |side: &SideClose| match (side.sent_close, side.code, &side.reason) {
        (None, ..) => "unknown".to_owned(),
        (Some(false), ..) => "none".to_owned(),
        (Some(true), None, _) => "empty".to_owned(),
        (Some(true), Some(code), None) => code.to_string(),
        (Some(true), Some(code), Some(reason)) => format!("{code} \"{}\"", reason.as_sent()),
    };
    let sides = &report.closing.sides;
    format!("{}, {}", close(&sides.client), close(&sides.server))
}

fn sees(report: &Conversation) -> String {
    let view = |view: &LocalView| match (view.code, view.was_clean) {
        (None, _) => "–".to_owned(),
        (Some(code), Some(true)) => format!("{code} clean"),
        (Some(code), Some(false)) if code.0 == 1006 => code.to_string(),
        (Some(code), Some(false)) => format!("{code} not clean"),
        (Some(code), None) => format!("{code} perhaps clean"),
    };
    format!("{}, {}", view(&report.closing.sees.client), view(&report.closing.sees.server))
}

#[test]
fn the_analysis_says_what_the_readme_says() {
    for row in rows() {
        let [name, _origin, _format, _shows, outcome, started, close, seen, more] = row.as_slice() else {
            panic!("9 columns: {row:?}")
        };
        let file = fs::read(folder().join(name)).expect("a sample");
        // Where its keys are at hand.
        let keys = fs::read_to_string(folder().join(name).with_extension("keys"));
        let reports = keys.map_or_else(
            |_| analyse_file(&file),
            |key_log| analyse_file(&with_keys(&packets_of(&file), &key_log)),
        );
        let of_each = |what: &dyn Fn(&Conversation) -> String| {
            reports.iter().map(what).collect::<Vec<_>>().join(" then ")
        };
        assert_eq!(*outcome, of_each(&|r| r.closing.outcome.name().to_owned()), "{name}: outcome");
        assert_eq!(*started, of_each(&started_by), "{name}: started by");
        assert_eq!(without_remarks(close), of_each(&closes), "{name}: Close of client, server");
        assert_eq!(without_remarks(seen), of_each(&sees), "{name}: client sees, server sees");
        let findings = reports.iter().flat_map(|report| &report.findings);
        let found: BTreeSet<&str> = findings.map(|f| f.violation.rule().name()).collect();
        assert_eq!(rules_named(more), found, "{name}: rules");
    }
}
