//! The table of causes (`tests/reference/causes.txt`): exchanges that end for each, and exchanges that nearly do.
//! `WSLOG_BLESS=1` writes what is named anew; read the difference, then run without.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::knowledge::{Blame, CAUSES};
use wslog::model::{Conversation, HeaderSigns, RuleId, TcpFlags};
use wslog::redact::{self, Redaction};
use wslog::views::summary;

use crate::support::bless::bless;
use crate::support::conversation::TestPacket;
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
    let reports = analyse(&scene::play(&row.script));
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

/// The cause of the one conversation, with what else it could be.
fn named_with_others(packets: &[TestPacket]) -> (String, Conversation) {
    let mut reports = analyse(packets);
    let report = reports.pop().expect("a conversation");
    assert!(reports.is_empty());
    let cause = report.closing.cause.as_ref().expect("a cause");
    let by = cause.by.map_or("nobody", Blame::name);
    let mut named = format!("{} {by} {}", cause.id(), cause.certainty.name());
    for also in &cause.also {
        let _ = write!(named, ", {} {}", also.id, also.certainty.name());
    }
    (named, report)
}

/// The server's packets come with one TTL, and with IP identifications that are 0, or counted, or both; then its RST.
#[test]
fn an_rst_is_held_against_the_headers_of_its_sender() {
    const ZERO: &[u16] = &[0];
    const COUNTED: &[u16] = &[7, 8, 9];
    const MIXED: &[u16] = &[7, 0];
    let mut wrong = String::new();
    for (ids, ttl, id, end, expected) in [
        (COUNTED, 50, 10, "rst", "abrupt_end server likely"),
        (COUNTED, 57, 10, "rst", "abrupt_end server likely, reset_between undetermined"),
        (COUNTED, 50, 0, "rst", "abrupt_end server likely, reset_between undetermined"),
        (COUNTED, 57, 0, "rst", "reset_between between likely, abrupt_end likely"),
        (ZERO, 50, 0, "rst", "abrupt_end server likely"),
        (ZERO, 57, 0, "rst", "abrupt_end server likely, reset_between undetermined"),
        (ZERO, 50, 10, "rst", "abrupt_end server likely, reset_between undetermined"),
        (ZERO, 57, 10, "rst", "reset_between between likely, abrupt_end likely"),
        (MIXED, 50, 0, "rst", "abrupt_end server likely"),
        (MIXED, 50, 10, "rst", "abrupt_end server likely"),
        (MIXED, 57, 10, "rst", "abrupt_end server likely, reset_between undetermined"),
        // That it acknowledges nothing is a sign only beside another.
        (COUNTED, 50, 10, "bare-rst", "no_such_connection server likely, abrupt_end likely"),
        (
            COUNTED,
            50,
            0,
            "bare-rst",
            "no_such_connection server likely, reset_between undetermined, abrupt_end likely",
        ),
        (
            COUNTED,
            57,
            10,
            "bare-rst",
            "reset_between between likely, no_such_connection undetermined, abrupt_end likely",
        ),
    ] {
        let mut packets =
            scene::play(&format!("C: text a | S: text b | S: text c | S: wait 3000 | C: text d | S: {end}"));
        let server = packets.last().expect("the RST").from;
        let sent = packets.iter_mut().filter(|packet| packet.from == server);
        for (packet, id) in sent.zip(ids.iter().cycle()) {
            packet.header = HeaderSigns { ttl: 50, ip_id: Some(*id), ..packet.header };
        }
        let reset = packets.last_mut().expect("the RST");
        reset.header = HeaderSigns { ttl, ip_id: Some(id), ..reset.header };
        let (now, _) = named_with_others(&packets);
        if now != expected {
            let _ = writeln!(wrong, "{ids:?} {ttl} {id} {end}\n  now {now}\n  not {expected}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Where nothing else is likelier, one sign is told as such.
#[test]
fn an_rst_with_one_sign_leaves_open_whose_it_is() {
    let mut packets = scene::play("S: hold | C: close 1000 | C: wait 12000 | S: rst");
    packets.last_mut().expect("the RST").header.ttl = 57;
    let (named, report) = named_with_others(&packets);
    assert_eq!(named, "reset_between between undetermined");
    let told = told(&report);
    assert!(
        told.contains("the recording does not show whether it did: its TTL is 57 instead of 64."),
        "{told}"
    );
}

/// Of a host that sent nothing else nobody knows the TTL.
#[test]
fn a_bare_rst_of_a_silent_host_fits_it() {
    let mut packets = scene::play("C: request | S: 101 | C: text a | C: wait 3000 | C: text b | S: bare-rst");
    let reset = packets.pop().expect("the RST");
    packets.retain(|packet| packet.from != reset.from);
    packets.push(TestPacket { header: HeaderSigns { ttl: 57, ..reset.header }, ..reset });
    let (named, _) = named_with_others(&packets);
    assert_eq!(named, "no_such_connection server likely, not_observable undetermined");
}

/// Servers end TCP in the segment of their last words: that end did not come before them.
#[test]
fn the_end_of_the_segment_that_is_no_websocket_did_not_come_before_it() {
    let mut packets = scene::play(
        "C: text a | S: raw 48 54 54 50 2f 31 2e 31 20 34 30 30 20 42 61 64 0d 0a 0d 0a | S: fin | C: fin",
    );
    let fin = packets.remove(packets.len() - 2);
    let at = packets.len() - 2;
    assert_eq!((packets[at].from, packets[at].next_seq()), (fin.from, fin.seq));
    packets[at].flags = packets[at].flags.with(TcpFlags::FIN);
    let (named, _) = named_with_others(&packets);
    assert_eq!(named, "framing_lost server likely, abrupt_end likely");
}

/// The words of every row of the table, and what they rest on. After a change that is meant: `WSLOG_BLESS=1`.
#[test]
fn every_row_is_told_as_the_golden_file_has_it() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tables/causes.txt");
    let mut all = String::new();
    for row in read().2 {
        let _ = writeln!(all, "{}: {}\n  {}", row.cause, row.what, row.named);
        for report in analyse(&scene::play(&row.script)) {
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
