//! What each side was told, as a table (`tests/reference/told.txt`): exchanges, and what the API of each library reports of them, as
//! client and as server. `WSLOG_BLESS=1` writes what is told anew; read the difference, then run without.
//!
//! ```text
//! reset_behind                            the situation that the rows below are about
//!   the server resets behind its Close    a row
//!     S: close 1001 x | S: rst            the exchange behind the opening handshake
//!     C 1006 not clean, likely: chromium  what the client is told, and by which libraries
//! ```
//!
//! `?` for a `wasClean` that cannot be known, `-` for no code. `unnamed` is a side that nothing tells of, `proxied` one whose head a
//! proxy has written in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::knowledge::LIBRARIES;
use wslog::model::{Alternative, CloseCode, Conversation, LocalView, Role, Situation};
use wslog::notation::parse;

use crate::support::script::analyse;
use crate::support::{scene, veil};

/// How a side writes its head: name, library, whose, its fields in order; `KEY` and `ACCEPT` for those of the exchange.
type Head = (&'static str, Option<&'static str>, Role, &'static str);

const HEADS: &[Head] = &[
    ("unnamed", None, Role::Client, "Host: a & Upgrade: websocket & Connection: Upgrade & KEY & VERSION"),
    (
        "proxied",
        None,
        Role::Client,
        "Host: a & Upgrade: websocket & Connection: Upgrade & KEY & VERSION & Via: 1.1 p",
    ),
    (
        "firefox",
        None,
        Role::Client,
        "Host: a & User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 & VERSION & KEY & Connection: keep-alive, Upgrade & Upgrade: websocket",
    ),
    (
        "chromium",
        Some("Chromium"),
        Role::Client,
        "Host: a & Connection: Upgrade & User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 & Upgrade: websocket & Origin: http://b & VERSION & KEY",
    ),
    (
        "websockets",
        Some("python websockets"),
        Role::Client,
        "Host: a & Upgrade: websocket & Connection: Upgrade & KEY & VERSION & User-Agent: Python/3.11 websockets/17.4",
    ),
    (
        "aiohttp",
        Some("aiohttp client"),
        Role::Client,
        "Host: a & Upgrade: websocket & Connection: Upgrade & VERSION & KEY & User-Agent: Python/3.11 aiohttp/3.14.5",
    ),
    (
        "undici",
        Some("undici"),
        Role::Client,
        "host: a & connection: upgrade & upgrade: websocket & KEY & VERSION & user-agent: undici",
    ),
    (
        "node",
        Some("Node's own WebSocket"),
        Role::Client,
        "host: a & connection: upgrade & upgrade: websocket & KEY & VERSION & user-agent: node",
    ),
    (
        "gorilla",
        Some("gorilla/websocket"),
        Role::Client,
        "Host: a & User-Agent: Go-http-client/1.1 & Connection: Upgrade & KEY & VERSION & Upgrade: websocket",
    ),
    (
        "java",
        Some("java.net.http"),
        Role::Client,
        "Connection: Upgrade & Host: a & Upgrade: websocket & User-Agent: Java-http-client/17.0.15 & KEY & VERSION",
    ),
    ("ws", Some("ws"), Role::Client, "VERSION & KEY & Connection: Upgrade & Upgrade: websocket & Host: a"),
    (
        "websocket-client",
        Some("websocket-client"),
        Role::Client,
        "Upgrade: websocket & Host: a & Origin: http://a & KEY & VERSION & Connection: Upgrade",
    ),
    (
        "tungstenite",
        Some("tungstenite"),
        Role::Client,
        "Host: a & Connection: Upgrade & Upgrade: websocket & VERSION & KEY",
    ),
    (
        "socket.io",
        Some("socket.io"),
        Role::Client,
        "!GET /socket.io/?EIO=4&transport=websocket HTTP/1.1 & Host: a & Upgrade: websocket & Connection: Upgrade & KEY & VERSION",
    ),
    ("unnamed", None, Role::Server, "Upgrade: websocket & Connection: Upgrade & ACCEPT"),
    ("proxied", None, Role::Server, "Upgrade: websocket & Connection: Upgrade & ACCEPT & Via: 1.1 p"),
    (
        "websockets",
        Some("python websockets"),
        Role::Server,
        "Date: x & Upgrade: websocket & Connection: Upgrade & ACCEPT & Server: Python/3.11 websockets/17.4",
    ),
    (
        "aiohttp",
        Some("aiohttp server"),
        Role::Server,
        "Upgrade: websocket & Connection: upgrade & ACCEPT & Date: x & Server: Python/3.11 aiohttp/3.14.5",
    ),
    (
        "uvicorn",
        Some("uvicorn with starlette"),
        Role::Server,
        "Upgrade: websocket & Connection: Upgrade & ACCEPT & date: x & server: uvicorn",
    ),
    (
        "tornado",
        Some("tornado"),
        Role::Server,
        "Server: TornadoServer/6.6.1 & Date: x & Upgrade: websocket & Connection: Upgrade & ACCEPT",
    ),
    (
        "tungstenite",
        Some("tungstenite"),
        Role::Server,
        "connection: Upgrade & upgrade: websocket & sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    ),
    (
        "tomcat",
        Some("Tomcat"),
        Role::Server,
        "!HTTP/1.1 101  & Upgrade: websocket & Connection: upgrade & ACCEPT & Date: x",
    ),
];

#[derive(Clone, Debug, Default)]
struct Row {
    situation: String,
    what: String,
    script: String,
    told: Vec<String>,
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reference/told.txt")
}

fn read() -> (String, Vec<Row>) {
    let text = fs::read_to_string(path()).expect("a table");
    let (mut comment, mut situation, mut rows) = (String::new(), String::new(), Vec::<Row>::new());
    for line in text.lines().filter(|line| !line.is_empty()) {
        let words = line.trim().to_owned();
        match line.len() - line.trim_start().len() {
            0 if line.starts_with('#') => writeln!(comment, "{line}").expect("text"),
            0 => situation = words,
            2 => rows.push(Row { situation: situation.clone(), what: words, ..Row::default() }),
            _ => {
                let row = rows.last_mut().expect("a row");
                if row.script.is_empty() { row.script = words } else { row.told.push(words) }
            }
        }
    }
    (comment, rows)
}

/// The edits by which a head has these fields, in this order.
fn edits(fields: &str) -> String {
    let without = "-Host & -Upgrade & -Connection & -Sec-WebSocket-Key & -Sec-WebSocket-Version & -Sec-WebSocket-Accept";
    let (first, fields) = match fields.strip_prefix('!').and_then(|line| line.split_once(" & ")) {
        Some((first, fields)) => (format!("!{first} & "), fields),
        None => (String::new(), fields),
    };
    let fields = fields
        .replace("KEY", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
        .replace("VERSION", "Sec-WebSocket-Version: 13")
        .replace("ACCEPT", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    format!("{first}{without} & {fields}")
}

fn head(role: Role, name: &str) -> &'static Head {
    let is_it = |head: &&Head| (head.0, head.2) == (name, role);
    HEADS.iter().find(is_it).unwrap_or_else(|| panic!("no {name} among the heads"))
}

/// The exchange between these two.
fn play(row: &Row, client: &Head, server: &Head) -> Conversation {
    if let Some(packets) = veil::play(&row.script) {
        return analyse(&packets).remove(0);
    }
    let (settings, acts) = match row.script.split_once(" | ") {
        Some(("deflate", acts)) => (" & Sec-WebSocket-Extensions: permessage-deflate", acts),
        _ => ("", &*row.script),
    };
    let request = format!("C: request {}{settings}", edits(client.3));
    let is_answered = acts.contains("S: status") || acts.contains("S: 101");
    let response =
        if is_answered { String::new() } else { format!("S: 101 {}{settings} | ", edits(server.3)) };
    let script = format!("{request} | {response}{acts}");
    let exchange = parse(&script).unwrap_or_else(|error| panic!("{script}\n{error}"));
    let mut reports = analyse(&scene::show(&exchange));
    assert!(!reports.is_empty(), "{script}");
    reports.remove(0)
}

/// `1006 not clean`.
fn reported(code: Option<CloseCode>, was_clean: Option<bool>) -> String {
    let code = code.map_or_else(|| "-".to_owned(), |code| code.to_string());
    match was_clean {
        Some(true) => format!("{code} clean"),
        Some(false) => format!("{code} not clean"),
        None => format!("{code} ?"),
    }
}

/// `failed: 1006 not clean, likely, or 1002 ?`.
fn told(view: &LocalView) -> String {
    let or = |other: &Alternative| format!(", or {}", reported(other.code, other.was_clean));
    let or: String = view.or.iter().map(or).collect();
    let reason = view.reason.as_ref().map_or_else(String::new, |reason| format!(" \"{}\"", reason.as_sent()));
    let said = reported(view.code, view.was_clean);
    format!("{} {said}{reason}, {}{or}", view.situation.name(), view.certainty.name())
}

/// What both sides are told, in each library.
fn all(row: &Row, reached: &mut BTreeSet<(String, usize)>) -> Vec<String> {
    let mut out = Vec::new();
    for role in Role::BOTH {
        let mut by = Vec::<(String, Vec<&str>)>::new();
        // It knows no compression.
        let can_be = |head: &&Head| !(head.0 == "tungstenite" && row.script.starts_with("deflate"));
        for each in HEADS.iter().filter(|head| head.2 == role).filter(can_be) {
            let other = head(role.peer(), "unnamed");
            let (client, server) = if role == Role::Client { (each, other) } else { (other, each) };
            let report = play(row, client, server);
            let view = &report.closing.sees[role];
            let has_head = role == Role::Client || report.response.as_ref().is_some_and(|r| r.status == 101);
            let shows = !row.script.contains("S: 101") && !row.script.starts_with("tls ");
            if has_head && shows {
                assert_eq!(view.library.map(|l| l.info().name), each.1, "{}: {}", row.what, each.0);
            }
            if let Some((library, convention)) = view.library.zip(view.convention) {
                let at = library.info().conventions.iter().position(|known| known == convention);
                reached.extend(at.map(|at| (library.info().name.to_owned(), at)));
            }
            let told = told(view);
            match by.iter_mut().find(|(known, _)| *known == told) {
                Some((_, names)) => names.push(each.0),
                None => by.push((told, vec![each.0])),
            }
        }
        let letter = if role == Role::Client { 'C' } else { 'S' };
        out.extend(by.into_iter().map(|(told, names)| format!("{letter} {told}: {}", names.join(" "))));
    }
    out
}

#[test]
fn each_library_tells_what_the_table_says() {
    let (comment, rows) = read();
    let mut reached = BTreeSet::new();
    let now: Vec<Vec<String>> = rows.iter().map(|row| all(row, &mut reached)).collect();
    if std::env::var_os("WSLOG_BLESS").is_some() {
        let mut out = comment;
        let mut situation = "";
        for (row, told) in rows.iter().zip(&now) {
            if row.situation != situation {
                situation = &row.situation;
                let _ = writeln!(out, "\n{situation}");
            }
            let _ = writeln!(out, "  {}\n    {}", row.what, row.script);
            for line in told {
                let _ = writeln!(out, "    {line}");
            }
        }
        return fs::write(path(), out).expect("tests/reference can be written");
    }
    let mut wrong = String::new();
    for (row, told) in rows.iter().zip(&now).filter(|(row, told)| row.told != **told) {
        let _ = writeln!(wrong, "{}: {}\n    {}", row.situation, row.what, told.join("\n    "));
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// A convention that no exchange comes to is one that nobody checks.
#[test]
fn every_situation_and_every_convention_is_reached() {
    let rows = read().1;
    let mut reached = BTreeSet::new();
    let mut situations = BTreeMap::<String, BTreeSet<String>>::new();
    for row in &rows {
        for told in all(row, &mut reached) {
            let situation = told.split(' ').nth(1).expect("a situation").to_owned();
            situations.entry(row.situation.clone()).or_default().insert(situation);
        }
    }
    for (of, come_to) in &situations {
        assert!(come_to.contains(of), "{of}: its rows come to {come_to:?}");
    }
    let named: BTreeSet<&str> = situations.keys().map(String::as_str).collect();
    let missing: Vec<&str> = Situation::ALL
        .iter()
        .map(|situation| situation.name())
        .filter(|name| !named.contains(name))
        .collect();
    assert!(missing.is_empty(), "no row: {missing:?}");
    let mut idle = Vec::new();
    // What is measured over HTTP/2 is reached in tests/engine/streams.rs.
    for library in LIBRARIES.iter().filter(|library| !library.name.ends_with("over HTTP/2")) {
        for (at, row) in library.conventions.iter().enumerate() {
            if !reached.contains(&(library.name.to_owned(), at)) {
                idle.push(format!("{} at {:?} {:?}", library.name, row.at, row.own));
            }
        }
    }
    assert!(idle.is_empty(), "no exchange comes to\n{}", idle.join("\n"));
}
