//! What applications say of an end: the table of exchanges (`tests/reference/applications.txt`), and every code of every
//! application. `WSLOG_BLESS=1` writes what is said anew; read the difference, then run without.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::knowledge::applications::{APPLICATIONS, Application, ApplicationCode};
use wslog::model::{Conversation, Who};
use wslog::notation::parse;
use wslog::redact::{self, Redaction};

use crate::support::scene;
use crate::support::script::analyse;

#[derive(Clone, Debug)]
struct Row {
    application: String,
    what: String,
    script: String,
    said: String,
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/applications.txt")
}

fn read() -> (String, Vec<Row>) {
    let text = fs::read_to_string(path()).expect("a table");
    let (mut comment, mut application, mut rows) = (String::new(), String::new(), Vec::<Row>::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let words = line.trim().to_owned();
        match line.len() - line.trim_start().len() {
            0 if line.starts_with('#') => writeln!(comment, "{line}").expect("text"),
            0 => application = words,
            2 => rows.push(Row {
                application: application.clone(),
                what: words,
                script: String::new(),
                said: String::new(),
            }),
            _ => {
                let row = rows.last_mut().expect("a row");
                match words.strip_prefix('=') {
                    Some(said) => said.trim().clone_into(&mut row.said),
                    None => row.script = words,
                }
            }
        }
    }
    (comment, rows)
}

fn one(script: &str) -> Conversation {
    let exchange = parse(script).unwrap_or_else(|error| panic!("{script}\n{error}"));
    let mut reports = analyse(&scene::show(&exchange));
    assert_eq!(reports.len(), 1, "{script}");
    reports.remove(0)
}

/// What the cause says.
fn said(script: &str, redaction: Redaction) -> String {
    let report = redact::seal(Box::new(one(script)), redaction).open();
    let cause = report.closing.cause.as_ref().expect("a cause");
    cause.said(&report).text
}

#[test]
fn each_exchange_is_told_as_the_table_has_it() {
    let (comment, rows) = read();
    if std::env::var_os("WSLOG_BLESS").is_some() {
        let mut out = comment;
        let mut before = "";
        for row in &rows {
            if row.application != before {
                let _ = writeln!(out, "\n{}", row.application);
            }
            before = &row.application;
            let said = said(&row.script, Redaction::Secrets);
            let _ = writeln!(out, "  {}\n    {}\n    = {said}", row.what, row.script);
        }
        return fs::write(path(), out).expect("tests/reference can be written");
    }
    let mut wrong = String::new();
    for row in &rows {
        let now = said(&row.script, Redaction::Secrets);
        if now != row.said {
            let _ = writeln!(wrong, "{}: {}\n  now = {now}", row.application, row.what);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Each is there and nearly there, and so is each message that announces an end.
#[test]
fn every_application_has_rows() {
    let rows = read().1;
    for application in APPLICATIONS {
        let own: Vec<&Row> = rows.iter().filter(|row| row.application == application.name).collect();
        let names = |row: &&&Row| row.said.contains(&format!("n {}", application.title));
        assert!(own.iter().any(|row| names(&row)), "{}: no row is told of it", application.name);
        assert!(own.iter().any(|row| !names(&row)), "{}: no row comes near", application.name);
        for ending in application.endings {
            let tells = |row: &&Row| row.said.contains(ending.name) && row.said.contains(ending.means);
            assert!(own.iter().any(tells), "{}: no row with {}", application.name, ending.name);
        }
    }
    let known = |row: &Row| APPLICATIONS.iter().any(|application| application.name == row.application);
    assert!(rows.iter().all(known));
}

/// An opening handshake that an application is recognised by, in each of its ways.
fn handshakes(application: &Application) -> Vec<String> {
    let subprotocols = application.subprotocols.iter();
    let chosen = subprotocols.map(|name| {
        format!("C: request Sec-WebSocket-Protocol: {name} | S: 101 Sec-WebSocket-Protocol: {name}")
    });
    let asked = application.places.iter().map(|place| {
        let path = if place.path.is_empty() { "/" } else { place.path };
        let query = if place.query.is_empty() { String::new() } else { format!("?a=b&{}=4", place.query) };
        let host = match place.host {
            "" => String::new(),
            host => format!(" & Host: {}{host}:8443", if host.starts_with('.') { "a-1" } else { "" }),
        };
        let field = if place.field.is_empty() {
            String::new()
        } else {
            format!(" & {}: x", place.field.to_lowercase())
        };
        format!("C: request !GET {path}{query} HTTP/1.1{host}{field} | S: 101")
    });
    chosen.chain(asked).collect()
}

fn closing(application: &Application, own: &ApplicationCode) -> String {
    let (first, second) = if application.closes == Who::Client { ("C", "S") } else { ("S", "C") };
    let code = own.code;
    let reason = own.reason.map_or_else(String::new, |reason| format!(" {reason}"));
    format!("{first}: close {code}{reason} | {second}: close {code} | S: fin | C: fin")
}

/// Whichever way it is recognised, each code says what is published, as likely; without the handshake it says nothing.
#[test]
fn every_code_is_told_where_it_is_known_and_nowhere_else() {
    for application in APPLICATIONS {
        for own in application.codes {
            let end = closing(application, own);
            for handshake in handshakes(application) {
                let told = said(&format!("{handshake} | {end}"), Redaction::Secrets);
                let expected = format!("probably means that {}.", own.means);
                assert!(told.contains(&expected), "{handshake} | {end}\n{told}");
                assert!(told.contains(application.title), "{handshake} | {end}\n{told}");
            }
            for other in [
                "C: request | S: 101",
                "C: request Sec-WebSocket-Protocol: chat | S: 101 Sec-WebSocket-Protocol: chat",
                "C: request !GET /chat?a=b HTTP/1.1 & Host: example.com | S: 101",
            ] {
                let told = said(&format!("{other} | {end}"), Redaction::Secrets);
                assert!(!told.contains("probably means that"), "{other} | {end}\n{told}");
            }
        }
    }
}

#[test]
fn codes_that_are_not_published_say_nothing() {
    for application in APPLICATIONS {
        let handshake = handshakes(application).remove(0);
        for code in
            (3000..5000).step_by(37).filter(|code| application.codes.iter().all(|own| own.code != *code))
        {
            let told = said(
                &format!("{handshake} | S: close {code} | C: close {code} | S: fin | C: fin"),
                Redaction::Secrets,
            );
            assert!(!told.contains("probably means"), "{}: {code}: {told}", application.name);
        }
    }
}

/// What a peer wrote in its last message is left out with the payloads.
#[test]
fn last_words_are_redacted() {
    let script = "C: request Sec-WebSocket-Protocol: graphql-ws | S: 101 Sec-WebSocket-Protocol: graphql-ws | \
        S: text {\"type\":\"connection_error\",\"payload\":{\"message\":\"no \u{202e}s3cr3t\"}} | S: close 1011 | \
        C: close 1011 | S: fin | C: fin";
    let shown = said(script, Redaction::Secrets);
    assert!(shown.contains("no \\u{202e}s3cr3t"), "{shown}");
    let hidden = said(script, Redaction::Payloads);
    assert!(hidden.contains("connection_error") && !hidden.contains("s3cr3t"), "{hidden}");
}
