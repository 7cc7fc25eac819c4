//! A secret planted in each place of an opening handshake is in no report, unless it is asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use proptest::prelude::*;
use serde_json::Value;
use wslog::engine::{Sink, present};
use wslog::knowledge::rules::{
    HsAccept, HsHttpResp, HsKey, HsMethod, HsProtoUnreq, HsVersion, PmdParam, Violation,
};
use wslog::model::{Conversation, InputReport};
use wslog::redact::Redaction;
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Side, Talk, TestPacket, merge};
use crate::support::corpus::corpus;
use crate::support::essence::analyse_file;
use crate::support::frame::Frame;
use crate::support::upgrade::{Upgrade, refusal};

const SECRET: &str = "s3cr3t-4711-topf";
const WEB_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzM2NyM3QifQ.c2lnbmF0dXJl";

/// Where it is planted, and how.
type Place = (&'static str, fn(&mut Upgrade, &str));

fn ask(upgrade: &mut Upgrade, name: &str, value: String) {
    upgrade.request_fields.push((name.to_owned(), value));
}

fn answer(upgrade: &mut Upgrade, name: &str, value: String) {
    upgrade.response_fields.push((name.to_owned(), value));
}

const PLACES: &[Place] = &[
    ("query", |u, s| u.target = format!("/chat?room=1&token={s}&x=2")),
    ("query, encoded name", |u, s| u.target = format!("/chat?access%5ftoken={s}")),
    ("query of a faulty target", |u, s| u.target = format!("chat?api_key={s}#x")),
    ("query parted by semicolons", |u, s| u.target = format!("/chat?room=1;token={s}")),
    ("query of a target with a blank", |u, s| u.target = format!("/chat room?token={s}")),
    ("query before a blank", |u, s| u.target = format!("/chat?token={s} x")),
    ("user of a target with a blank", |u, s| u.target = format!("http://user:{s}@192.0.2.20/chat room")),
    ("fragment", |u, s| u.target = format!("/chat#access_token={s}")),
    ("path parameter", |u, s| u.target = format!("/chat;jsessionid={s}/x")),
    ("user of the target", |u, s| u.target = format!("http://user:{s}@192.0.2.20:8080/chat")),
    ("URI in a parameter", |u, s| u.target = format!("/chat?next=%2Flogin%3Fpassword%3D{s}")),
    ("long target", |u, s| u.target = format!("chat/{}?sig={s}", "x".repeat(180))),
    ("Authorization", |u, s| ask(u, "Authorization", format!("Bearer {s}"))),
    ("Authorization in small", |u, s| ask(u, "authorization", s.to_owned())),
    ("Authorization without colon", |u, s| {
        ask(u, "Authorization", format!("Basic {s}"));
        ask(u, &format!("X Bearer {s}"), String::new());
    }),
    ("Proxy-Authorization", |u, s| ask(u, "Proxy-Authorization", format!("Basic {s}"))),
    ("Cookie", |u, s| ask(u, "Cookie", format!("theme=dark; session={s}"))),
    ("Set-Cookie", |u, s| answer(u, "Set-Cookie", format!("session={s}; HttpOnly"))),
    ("key in a field", |u, s| ask(u, "X-API-Key", s.to_owned())),
    ("faulty field name", |u, s| ask(u, "X-Auth Token", s.to_owned())),
    ("Referer", |u, s| ask(u, "Referer", format!("https://host/page?ticket={s}"))),
    ("Origin", |u, s| ask(u, "Origin", format!("https://user:{s}@host"))),
    ("Host", |u, s| u.host = format!("user:{s}@host")),
    ("Location", |u, s| answer(u, "Location", format!("wss://host/?auth={s}"))),
    ("bearer among subprotocols", |u, s| {
        ask(u, "Sec-WebSocket-Protocol", format!("chat, bearer, {s}"));
        answer(u, "Sec-WebSocket-Protocol", s.to_owned());
    }),
    ("bearer in a field line of its own", |u, s| {
        ask(u, "Sec-WebSocket-Protocol", "bearer".to_owned());
        ask(u, "Sec-WebSocket-Protocol", s.to_owned());
    }),
    ("Authorization folded into another field", |u, s| {
        ask(u, "Sec-WebSocket-Version", format!("13\r\n Authorization: Bearer {s}"));
    }),
    ("Kubernetes", |u, s| {
        ask(
            u,
            "Sec-WebSocket-Protocol",
            format!("base64url.bearer.authorization.k8s.io.{s}, v4.channel.k8s.io"),
        );
    }),
    ("token as subprotocol", |u, s| {
        ask(u, "Sec-WebSocket-Protocol", format!("access_token.{s}"));
        answer(u, "Sec-WebSocket-Protocol", format!("access_token.{s}"));
    }),
    ("repeated subprotocol", |u, s| {
        ask(u, "Sec-WebSocket-Protocol", format!("access_token.{s}, access_token.{s}"));
    }),
];

fn talk(n: usize) -> Talk {
    Talk::new(&format!("192.0.2.10:{}", 50_001 + n), "192.0.2.20:8080").with_isns(n as u32, 9)
}

/// The handshake, taken and refused, where the refusal quotes what it refuses.
fn connections(n: usize, place: &Place, secret: &str) -> Vec<TestPacket> {
    let (mut taken, mut refused) = (talk(2 * n), talk(2 * n + 1));
    let mut upgrade = taken.upgrade();
    place.1(&mut upgrade, secret);
    taken.open_with(&upgrade).send(Client, Frame::close(1000, "bye")).send(Server, Frame::close(1000, ""));
    taken.end_tcp(Server);
    let request = upgrade.request();
    // A server quotes what it was sent.
    let quoted = if String::from_utf8_lossy(&request).contains(secret) { secret } else { "none" };
    refused.connect().bytes(Client, &request);
    refused
        .bytes(Server, &refusal(&format!("403 No {quoted}"), &format!("bad token {quoted}")))
        .end_tcp(Server);
    merge([taken.packets(), refused.packets()])
}

/// What shows connections one by one, besides reports.
const ONE_BY_ONE: &[&[&str]] = &[
    &["inspect", "--format", "ndjson", "--frames", "all", "--payload", "full"],
    &["inspect", "--live", "--width", "60000"],
    &["list", "--width", "60000"],
    &["list", "--format", "csv"],
    &["list", "--format", "csv", "--sort", "host"],
    &["list", "--format", "ndjson"],
    &["list", "--format", "markdown"],
];

fn inspect(arguments: &[&str]) -> String {
    wslog(&[&["inspect"], arguments].concat())
}

fn wslog(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let output = command.args(arguments).output().expect("it runs");
    let mut text = String::from_utf8(output.stdout).expect("UTF-8");
    text.push_str(std::str::from_utf8(&output.stderr).expect("UTF-8"));
    text
}

fn capture(name: &str, packets: &[TestPacket]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrets");
    fs::create_dir_all(&folder).expect("a scratch directory");
    let path = folder.join(name);
    fs::write(&path, Pcap::default().write(packets)).expect("a scratch file");
    path.into_os_string().into_string().expect("UTF-8")
}

#[test]
fn no_secret_is_in_a_report_unless_asked_for() {
    for (n, place) in PLACES.iter().enumerate() {
        for secret in [SECRET, WEB_TOKEN] {
            let path = capture("planted.pcap", &connections(n, place, secret));
            for format in ["text", "json"] {
                let arguments =
                    ["--format", format, "--frames", "all", "--payload", "full", "--width", "60000", &path];
                let shown = inspect(&arguments);
                assert!(!shown.contains(secret), "{}, {format}: {}", place.0, around(&shown, secret));
                // The text shows less of a handshake.
                if format == "json" {
                    assert!(shown.contains("<redacted "), "{}", place.0);
                    let shown = inspect(&[&["--no-redact"], &arguments[..]].concat());
                    assert!(shown.contains(secret) && !shown.contains("<redacted "), "{}", place.0);
                }
            }
            for arguments in ONE_BY_ONE {
                let shown = wslog(&[*arguments, &[&*path]].concat());
                assert!(!shown.contains(secret), "{}, {arguments:?}: {}", place.0, around(&shown, secret));
                assert!(shown.contains("192.0.2.10"), "{arguments:?}: {shown}");
            }
        }
    }
}

fn around(text: &str, secret: &str) -> String {
    let at = text.find(secret).unwrap_or(0);
    text.chars().skip(at.saturating_sub(100)).take(200).collect()
}

/// What is found in one place is not quoted in the overview of many connections either.
#[test]
fn neither_in_an_overview() {
    let all = PLACES.iter().enumerate().map(|(n, place)| connections(n, place, SECRET));
    let path = capture("overview.pcap", &merge(all));
    let shown = inspect(&["--width", "60000", &path]);
    assert!(!shown.contains(SECRET), "{}", around(&shown, SECRET));
    assert!(shown.contains(" connections · ") && shown.contains("Each in a row: wslog list"), "{shown}");
}

#[test]
fn payloads_are_left_out_where_asked() {
    let mut talk = talk(0);
    talk.open().send(Client, Frame::text("hello payload")).send(Server, Frame::ping("hello ping"));
    talk.send(Client, Frame::pong("hello ping")).send(Server, Frame::binary(*b"\xffhello"));
    talk.send(Client, Frame::close(1000, "hello reason"))
        .send(Server, Frame::close(1000, ""))
        .end_tcp(Server);
    let path = capture("payloads.pcap", &talk.packets());
    let text = inspect(&["--redact", &path]);
    assert!(!text.contains("hello") && text.contains("<redacted 13 bytes>"), "{text}");
    assert!(text.contains("1000 normal closure: <redacted 12 bytes>"), "{text}");
    let json = inspect(&["--redact", "--format", "json", "--payload", "full", &path]);
    assert!(!json.contains("hello") && !json.contains("68656c6c6f"), "{json}");
    let document: Value = serde_json::from_str(&json).expect("JSON");
    let frames = document["connections"][0]["frames"].as_array().expect("frames");
    let payloads: Vec<_> = frames.iter().map(|frame| frame["payload"].to_string()).collect();
    assert_eq!(payloads, [13, 10, 10, 6, 14, 2].map(|bytes| format!("{{\"redacted\":{bytes}}}")),);
    assert!(inspect(&[&path]).contains("hello payload"));
}

/// The targets of Autobahn's own cases are no secrets.
#[test]
fn cases_are_shown_as_they_are() {
    let path = "samples/case_3_2.txt";
    for arguments in [&["--format", "json"][..], &[]] {
        let arguments = [arguments, &[path]].concat();
        assert_eq!(inspect(&arguments), inspect(&[&["--no-redact"], &arguments[..]].concat()));
    }
}

/// What an earlier request on the same connection had is known only by what is quoted of it.
#[test]
fn a_refused_request_tried_again_shows_none_either() {
    for place in PLACES.iter().chain(&[(
        "faulty token among subprotocols",
        (|u, s| {
            ask(u, "Sec-WebSocket-Protocol", format!("bearer, {s}@"));
        }) as fn(&mut Upgrade, &str),
    )]) {
        let mut talk = talk(0);
        let plain = talk.upgrade();
        let mut upgrade = talk.upgrade();
        place.1(&mut upgrade, SECRET);
        talk.connect().bytes(Client, &upgrade.request()).bytes(Server, &refusal("403 No", "no"));
        talk.bytes(Client, &plain.request()).bytes(Server, &plain.response());
        talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
        let path = capture("again.pcap", &talk.packets());
        for format in ["text", "json"] {
            let shown = inspect(&["--format", format, "--width", "60000", &path]);
            assert!(
                shown.contains("101") && !shown.contains(SECRET),
                "{}: {}",
                place.0,
                around(&shown, SECRET)
            );
        }
    }
}

/// Everything that peers write, line by line.
struct Written {
    /// Target of a request that was refused before.
    earlier: Option<String>,
    method: String,
    target: String,
    request: Vec<String>,
    status: String,
    response: Vec<String>,
    body: String,
    /// What came instead of a response.
    foreign: Option<String>,
    /// Frames before a Close of each side.
    frames: Vec<(Side, Frame)>,
    reasons: [String; 2],
    /// Text behind the frames that is none.
    stray: Option<(Side, String)>,
}

impl Written {
    fn new(upgrade: &Upgrade) -> Self {
        let lines = |head: Vec<u8>| {
            let head = String::from_utf8(head).expect("text");
            head.lines().skip(1).filter(|line| !line.is_empty()).map(str::to_owned).collect()
        };
        Self {
            earlier: None,
            method: "GET".to_owned(),
            target: "/chat".to_owned(),
            request: lines(upgrade.request()),
            status: "101 Switching Protocols".to_owned(),
            response: lines(upgrade.response()),
            body: String::new(),
            foreign: None,
            frames: Vec::new(),
            reasons: ["bye".to_owned(), String::new()],
            stray: None,
        }
    }

    /// Writes another line in the place of that field, or behind the others.
    fn ask(&mut self, line: String) {
        put(&mut self.request, line);
    }

    fn answer(&mut self, line: String) {
        put(&mut self.response, line);
    }

    fn refuse(&mut self, status: String, body: String) {
        (self.status, self.body) = (status, body);
    }

    fn packets(&self) -> Vec<TestPacket> {
        let head = |start: &str, lines: &[String]| format!("{start}\r\n{}\r\n\r\n", lines.join("\r\n"));
        let mut talk = talk(0);
        talk.connect();
        if let Some(target) = &self.earlier {
            let plain = Upgrade { target: target.clone(), ..talk.upgrade() };
            talk.bytes(Client, &plain.request()).bytes(Server, &refusal("403 No", "no"));
        }
        let request = format!("{} {} HTTP/1.1", self.method, self.target);
        talk.bytes(Client, head(&request, &self.request).as_bytes());
        let response = head(&format!("HTTP/1.1 {}", self.status), &self.response) + &self.body;
        talk.bytes(Server, self.foreign.as_ref().unwrap_or(&response).as_bytes());
        if self.status.starts_with("101") && self.foreign.is_none() {
            for (side, frame) in &self.frames {
                talk.send(*side, frame.clone());
            }
            if let Some((side, text)) = &self.stray {
                talk.bytes(*side, text.as_bytes());
            }
            let [client, server] = &self.reasons;
            talk.send(Client, Frame::close(1000, client)).send(Server, Frame::close(1000, server));
        }
        talk.end_tcp(Server);
        talk.packets()
    }
}

fn send(written: &mut Written, text: String) {
    written.frames.push((Client, Frame::text(text)));
}

fn put(lines: &mut Vec<String>, line: String) {
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    match lines.iter_mut().find(|known| name(known) == name(&line)) {
        Some(known) => *known = line,
        None => lines.push(line),
    }
}

/// What gives a secret away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// Its own shape.
    Shape,
    /// Another place, which comes later and is known for secrets.
    Elsewhere,
    /// The place.
    Place,
}
use Sign::{Elsewhere, Place as InPlace, Shape};

/// Every place where a peer's text can stand, by what gives a secret away there.
type Row = (&'static str, &'static [Sign], fn(&mut Written, &str));

const ANY: &[Sign] = &[Shape, Elsewhere];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("method", &[Elsewhere], |w, s| w.method = s.to_owned()),
    ("target", ANY, |w, s| w.target = format!("/{s}")),
    ("parameter of the target", ANY, |w, s| w.target = format!("/chat?x={s}")),
    ("faulty target", ANY, |w, s| w.target = format!("{s}/chat#x")),
    ("target with a blank", ANY, |w, s| w.target = format!("/chat {s}")),
    ("target, cut short", &[Elsewhere], |w, s| w.target = format!("{}{s}", "x".repeat(190))),
    ("token in the target", &[InPlace], |w, s| w.target = format!("/chat?token={s}")),
    ("earlier target", ANY, |w, s| w.earlier = Some(format!("/{s}"))),
    ("earlier faulty target", ANY, |w, s| w.earlier = Some(format!("{s}#"))),
    ("token in an earlier target", &[InPlace], |w, s| w.earlier = Some(format!("/?token={s}"))),
    ("field name", ANY, |w, s| w.ask(format!("{s}: x"))),
    ("field", ANY, |w, s| w.ask(format!("X-Note: {s}"))),
    ("field without a colon", ANY, |w, s| w.ask(s.to_owned())),
    ("bearer without a colon", &[InPlace], |w, s| w.ask(format!("X Bearer {s}"))),
    ("field name that is no token", ANY, |w, s| w.ask(format!("X {s}: x"))),
    ("field with a control character", ANY, |w, s| w.ask(format!("X: \x01{s}"))),
    ("blank before the colon", ANY, |w, s| w.ask(format!("X : {s}"))),
    ("folded field", ANY, |w, s| w.ask(format!("X: y\r\n {s}"))),
    ("Host", ANY, |w, s| w.ask(format!("Host: {s}"))),
    ("Upgrade", ANY, |w, s| w.ask(format!("Upgrade: websocket, {s}"))),
    ("other Upgrade", ANY, |w, s| w.ask(format!("Upgrade: {s}"))),
    ("token in Upgrade", &[InPlace], |w, s| w.ask(format!("Upgrade: x; token={s}"))),
    ("Connection", ANY, |w, s| w.ask(format!("Connection: Upgrade, {s}"))),
    ("other Connection", ANY, |w, s| w.ask(format!("Connection: {s}"))),
    ("Sec-WebSocket-Key", ANY, |w, s| w.ask(format!("Sec-WebSocket-Key: {s}"))),
    ("Sec-WebSocket-Version", ANY, |w, s| w.ask(format!("Sec-WebSocket-Version: {s}"))),
    ("Origin", ANY, |w, s| w.ask(format!("Origin: {s}"))),
    ("bearer", &[InPlace], |w, s| w.ask(format!("Authorization: Bearer {s}"))),
    ("subprotocol", ANY, |w, s| w.ask(format!("Sec-WebSocket-Protocol: chat, {s}"))),
    ("faulty subprotocol", ANY, |w, s| w.ask(format!("Sec-WebSocket-Protocol: chat, {s}@"))),
    ("subprotocol before a faulty one", ANY, |w, s| w.ask(format!("Sec-WebSocket-Protocol: {s}, @"))),
    ("repeated subprotocol", ANY, |w, s| w.ask(format!("Sec-WebSocket-Protocol: {s}, {s}"))),
    ("bearer among subprotocols", &[InPlace], |w, s| w.ask(format!("Sec-WebSocket-Protocol: bearer, {s}"))),
    ("extension", ANY, |w, s| w.ask(format!("Sec-WebSocket-Extensions: {s}"))),
    ("name of a parameter", ANY, |w, s| w.ask(format!("Sec-WebSocket-Extensions: x; {s}"))),
    ("parameter", ANY, |w, s| w.ask(format!("Sec-WebSocket-Extensions: x; y={s}"))),
    ("quoted parameter", ANY, |w, s| w.ask(format!("Sec-WebSocket-Extensions: x; y=\"{s}\""))),
    ("token as parameter", &[InPlace], |w, s| w.ask(format!("Sec-WebSocket-Extensions: x; token={s}"))),
    ("quoted token as parameter", &[InPlace], |w, s| {
        w.ask(format!("Sec-WebSocket-Extensions: x; token=\"a,\\b;{s}\""));
    }),
    ("name of a parameter of permessage-deflate", ANY, |w, s| {
        w.ask(format!("Sec-WebSocket-Extensions: permessage-deflate; {s}"));
    }),
    ("parameter of permessage-deflate", ANY, |w, s| {
        w.ask(format!("Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits={s}"));
    }),
    ("token of permessage-deflate", &[InPlace], |w, s| {
        w.ask(format!("Sec-WebSocket-Extensions: permessage-deflate; token={s}"));
    }),
    ("faulty extensions", ANY, |w, s| w.ask(format!("Sec-WebSocket-Extensions: x; y={s}; ="))),
    ("token in faulty extensions", &[InPlace], |w, s| {
        w.ask(format!("Sec-WebSocket-Extensions: x; token={s}; ="));
    }),
    ("phrase", ANY, |w, s| w.refuse(format!("403 {s}"), String::new())),
    ("token in the phrase", &[InPlace], |w, s| w.refuse(format!("403 token={s}"), String::new())),
    ("body", ANY, |w, s| w.refuse("403 No".to_owned(), format!("no {s} here"))),
    ("token in the body", &[InPlace], |w, s| w.refuse("403 No".to_owned(), format!("see /?token={s} "))),
    ("instead of a response", &[Elsewhere], |w, s| w.foreign = Some(format!("{s} is no HTTP at all\r\n\r\n"))),
    ("instead of a response, cut short", &[Elsewhere], |w, s| w.foreign = Some(format!("no HTTP {s}\r\n\r\n"))),
    ("field name of the response", ANY, |w, s| w.answer(format!("{s}: x"))),
    ("field of the response", ANY, |w, s| w.answer(format!("X-Note: {s}"))),
    ("field of the response without a colon", ANY, |w, s| w.answer(s.to_owned())),
    ("cookie that is set", &[InPlace], |w, s| w.answer(format!("Set-Cookie: a={s}; Path=/"))),
    ("folded field of the response", ANY, |w, s| w.answer(format!("X: y\r\n {s}"))),
    ("Upgrade of the response", ANY, |w, s| w.answer(format!("Upgrade: {s}"))),
    ("Connection of the response", ANY, |w, s| w.answer(format!("Connection: {s}"))),
    ("Sec-WebSocket-Accept", ANY, |w, s| w.answer(format!("Sec-WebSocket-Accept: {s}"))),
    ("Transfer-Encoding of a 101", ANY, |w, s| w.answer(format!("Transfer-Encoding: {s}"))),
    ("subprotocol chosen", ANY, |w, s| w.answer(format!("Sec-WebSocket-Protocol: {s}"))),
    ("extension taken", ANY, |w, s| w.answer(format!("Sec-WebSocket-Extensions: {s}"))),
    ("parameter taken", ANY, |w, s| w.answer(format!("Sec-WebSocket-Extensions: x; y={s}"))),
    ("token taken", &[InPlace], |w, s| w.answer(format!("Sec-WebSocket-Extensions: x; token={s}"))),
    ("faulty extensions of the response", ANY, |w, s| w.answer(format!("Sec-WebSocket-Extensions: x; y={s} z"))),
    ("reason of the client", ANY, |w, s| w.reasons[0] = format!("bad {s}")),
    ("reason of the server", ANY, |w, s| w.reasons[1] = format!("bad {s}")),
    ("text", ANY, |w, s| w.frames.push((Client, Frame::text(format!("hello {s}"))))),
    ("fragment", ANY, |w, s| {
        w.frames.push((Server, Frame::text("hello ").not_final()));
        w.frames.push((Server, Frame::continuation(s)));
    }),
    ("text that is not UTF-8", ANY, |w, s| {
        w.frames.push((Client, Frame::text([b"\xff", s.as_bytes()].concat())));
    }),
    ("binary", ANY, |w, s| w.frames.push((Server, Frame::binary(s)))),
    ("Ping", ANY, |w, s| w.frames.push((Server, Frame::ping(s)))),
    ("two fragments", &[Elsewhere, InPlace], |w, s| {
        let (start, end) = s.split_at(s.len() / 2);
        w.frames.push((Server, Frame::text(format!(r#"{{"token":"{start}"#)).not_final()));
        w.frames.push((Server, Frame::continuation(format!("{end}\"}}"))));
    }),
    ("password in JSON", &[InPlace], |w, s| send(w, format!(r#"{{"op":"login","user":"bob","password":"{s}"}}"#))),
    ("token deep in JSON", &[InPlace], |w, s| {
        w.frames.push((Server, Frame::text(format!(r#"42["x",[{{"a":{{"sessionToken":"{s}","b":[1]}}}}]]"#))));
    }),
    ("token in JSON in a string of JSON", &[InPlace], |w, s| {
        send(w, format!(r#"{{"body":"{{\"auth\":{{\"api_key\":\"{s}\"}}}}"}}"#));
    }),
    ("bearer in JSON", &[InPlace], |w, s| {
        send(w, format!(r#"{{"type":"connection_init","payload":{{"Authorization":"Bearer {s}"}}}}"#));
    }),
    ("URI in JSON", &[InPlace], |w, s| send(w, format!(r#"{{"url":"wss://h/x?access_token={s}&y=1"}}"#))),
    ("passcode of STOMP", &[InPlace], |w, s| send(w, format!("CONNECT\nlogin:bob\npasscode:{s}\n\n\0"))),
    ("token in a reason", &[InPlace], |w, s| w.reasons[1] = format!("token={s}")),
    ("JSON in a parameter", &[InPlace], |w, s| w.target = format!("/?p={{\"token\":\"{s}\"}}")),
    ("JSON in a parameter, encoded", &[InPlace], |w, s| w.target = format!("/?p=%7B%22authToken%22%3A%22{s}%22%7D")),
    ("JSON in a parameter, in base64", &[InPlace], |w, s| {
        w.target = format!("/?header={}&payload=e30=", STANDARD.encode(format!(r#"{{"host":"h","x-api-key":"{s}"}}"#)));
    }),
    ("JSON among subprotocols, in base64", &[InPlace], |w, s| {
        let json = URL_SAFE_NO_PAD.encode(format!(r#"{{"host":"h","x-api-key":"{s}"}}"#));
        w.ask(format!("Sec-WebSocket-Protocol: graphql-ws, header-{json}"));
    }),
    ("URI in a URI in a parameter", &[InPlace], |w, s| {
        w.target = format!("/?next=%2Fws%3Fnext%3D%252Fx%253Ftoken%253D{s}");
    }),
    ("behind token in a path", &[InPlace], |w, s| w.target = format!("/ws/token/{s}/x")),
    ("bearer in any field", &[InPlace], |w, s| w.ask(format!("X-Upstream: Bearer {s}"))),
    ("user name and password", &[InPlace], |w, s| {
        w.ask(format!("Authorization: Basic {}", STANDARD.encode(format!("bob:{s}"))));
        w.reasons[1] = format!("bad {s}");
    }),
    ("response of a digest", &[InPlace], |w, s| {
        w.ask(format!("Authorization: Digest username=\"bob\", realm=\"prod\", response=\"{s}\""));
    }),
    ("signature of version 4", &[InPlace], |w, s| {
        let scope = "AWS4-HMAC-SHA256 Credential=AK/20130524/eu/iot/aws4_request, SignedHeaders=host";
        w.ask(format!("Authorization: {scope}, Signature={s}"));
    }),
    ("token of a user agent", &[InPlace], |w, s| w.ask(format!("User-Agent: bot/1.0 (token={s})"))),
    ("nonce asked for", &[InPlace], |w, s| w.answer(format!("WWW-Authenticate: Digest realm=\"x\", nonce=\"{s}\""))),
    ("JSON in a body", &[InPlace], |w, s| {
        w.refuse("403 No".to_owned(), format!(r#"{{"error":"bad","access_token":"{s}"}}"#));
    }),
    ("response in place of a frame", ANY, |w, s| w.stray = Some((Server, format!("HTTP/1.1 400 {s}\r\n\r\n")))),
    ("request in place of a frame", &[InPlace], |w, s| {
        w.stray = Some((Client, format!("GET /x?token={s} HTTP/1.1\r\n\r\n")));
    }),
];

/// Both views of all that is reported.
fn views(reports: &[Conversation], redaction: Redaction) -> String {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut page = TextReport::new(&mut text, Style::plain(60_000), FrameList::All, true);
    let mut document = JsonReport::new(&mut json, FrameList::All);
    for sink in [&mut page as &mut dyn Sink, &mut document] {
        let reports = reports.iter().map(|report| Box::new(report.clone()));
        present(reports, &[InputReport::default()], redaction, sink).expect("memory takes it");
    }
    String::from_utf8([text, json].concat()).expect("UTF-8")
}

#[test]
fn no_place_of_a_handshake_is_forgotten() {
    for (name, signs, plant) in ROWS {
        for sign in *signs {
            let secret = if *sign == Shape { WEB_TOKEN } else { SECRET };
            let mut written = Written::new(&talk(0).upgrade());
            plant(&mut written, secret);
            match (sign, &written.foreign) {
                (Elsewhere, None) => written.answer(format!("Set-Cookie: id={secret}")),
                (Elsewhere, Some(_)) => written.ask(format!("Authorization: Bearer {secret}")),
                (Shape | InPlace, _) => {}
            }
            let reports = analyse_file(&Pcap::default().write(&written.packets()));
            assert_eq!(reports.len(), 1, "{name}");
            // No more of it is seen than what any word may begin with.
            let start = &secret[..8];
            let hex: String = start.bytes().map(|byte| format!("{byte:02x}")).collect();
            for redaction in [Redaction::Secrets, Redaction::Payloads] {
                let shown = views(&reports, redaction);
                assert!(!shown.contains(start), "{name}, {sign:?}: {}", around(&shown, start));
                assert!(!shown.contains(&hex), "{name}, {sign:?}: {}", around(&shown, &hex));
            }
            let shown = views(&reports, Redaction::Nothing);
            let is_planted = shown.contains(start) || shown.contains(&hex) || name.ends_with("base64");
            assert!(is_planted, "{name}, {sign:?}: not planted");
        }
    }
}

/// The faults that quote the handshake are among the rows above.
#[test]
fn every_fault_that_quotes_is_planted() {
    let mut planted = BTreeSet::new();
    for (_, _, plant) in ROWS {
        let mut written = Written::new(&talk(0).upgrade());
        plant(&mut written, SECRET);
        for finding in
            analyse_file(&Pcap::default().write(&written.packets())).iter().flat_map(|r| &r.findings)
        {
            planted.extend(quoting(&finding.violation));
        }
    }
    let all = [
        "Accept",
        "Body",
        "Extensions",
        "Key",
        "Method",
        "NoConnection",
        "NoUpgrade",
        "NotFrames",
        "NotHttp",
        "NotOffered",
        "RequestSyntax",
        "ResponseConnection",
        "ResponseSyntax",
        "ResponseUpgrade",
        "Subprotocol",
        "Subprotocols",
        "Target",
        "Unregistered",
        "Version",
        "parameter",
        "parameter with a value",
    ];
    assert_eq!(planted, BTreeSet::from(all));
}

/// The name of what quotes what a peer chose to write; HTTP versions are two digits.
fn quoting(violation: &Violation) -> Option<&'static str> {
    Some(match violation {
        Violation::HsHttpReq(_) => "RequestSyntax",
        Violation::HsMethod(HsMethod::Method(_)) => "Method",
        Violation::HsTarget(_) => "Target",
        Violation::HsUpgradeReq(_) => "NoUpgrade",
        Violation::HsConnectionReq(_) => "NoConnection",
        Violation::HsKey(HsKey::Malformed { .. }) => "Key",
        Violation::HsVersion(HsVersion::NoNumber(_)) => "Version",
        Violation::HsProtoReq(_) => "Subprotocols",
        Violation::HsExtSyntax(_) => "Extensions",
        Violation::HsExtUnreg(_) => "Unregistered",
        Violation::HsHttpResp(HsHttpResp::NotHttp { .. }) => "NotHttp",
        Violation::FrLost(_) => "NotFrames",
        Violation::HsHttpResp(HsHttpResp::Syntax { .. }) => "ResponseSyntax",
        Violation::HsUpgradeResp(_) => "ResponseUpgrade",
        Violation::HsConnectionResp(_) => "ResponseConnection",
        Violation::HsAccept(HsAccept::Value { .. }) => "Accept",
        Violation::HsExtUnreq(_) => "NotOffered",
        Violation::HsProtoUnreq(HsProtoUnreq::NotOffered(_)) => "Subprotocol",
        Violation::Hs101Body(_) => "Body",
        Violation::PmdParam(PmdParam::Parameter { value: Some(_), .. }) => "parameter with a value",
        Violation::PmdParam(PmdParam::Parameter { value: None, .. }) => "parameter",
        _ => return None,
    })
}

/// Parameters of extensions, in a capture that somebody made to show it.
#[test]
fn a_capture_that_leaked_does_not() {
    let Some(path) = corpus("house").map(|house| house.join("leak.pcap")) else { return };
    let path = path.to_str().expect("UTF-8");
    for format in ["text", "json"] {
        for more in [&[][..], &["--redact"]] {
            let shown = inspect(&[&["--format", format, "--frames", "all", path], more].concat());
            for secret in ["SuperSecret", "eyJhbGci"] {
                assert!(!shown.contains(secret), "{format} {more:?}: {}", around(&shown, secret));
            }
            assert!(shown.contains("bearer=<redacted 54 bytes, no. "), "{shown}");
        }
    }
}

/// Of a case the test data stay, under any redaction, and secrets of its handshake do not.
#[test]
fn a_case_shows_its_test_data_and_no_secret() {
    let report = fs::read_to_string("samples/case_3_2.txt").expect("the sample");
    let report = report
        .replace("Host: 127.0.0.1:9001", &format!("Host: 127.0.0.1:9001\nAuthorization: Bearer {SECRET}"))
        .replace("wspp - Case", &format!("{SECRET} - Case"));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("secrets");
    fs::create_dir_all(&folder).expect("a scratch directory");
    let path = folder.join("case.txt").into_os_string().into_string().expect("UTF-8");
    fs::write(&path, report).expect("a scratch file");
    for format in ["text", "json"] {
        for more in [&[][..], &["--redact"]] {
            let shown = inspect(&[&["--format", format, &path], more].concat());
            assert!(!shown.contains(SECRET), "{format} {more:?}: {}", around(&shown, SECRET));
            assert!(shown.contains("<redacted 16 bytes, no. "), "{shown}");
            assert!(format == "text" || shown.contains("Hello, world!"), "{more:?}: {shown}");
        }
        assert!(inspect(&["--no-redact", "--format", format, &path]).contains(SECRET));
    }
}

/// Any bytes, so many, as a system writes tokens.
fn bytes(lengths: std::ops::Range<usize>, write: fn(&[u8]) -> String) -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u8>(), lengths).prop_map(move |bytes| write(&bytes)).no_shrink()
}

fn base64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn letters(bytes: &[u8]) -> String {
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    bytes.iter().map(|byte| char::from(digits[usize::from(*byte) % digits.len()])).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Values that anybody takes for random: what systems make tokens of.
fn random() -> impl Strategy<Value = String> {
    prop_oneof![
        bytes(16..33, hex),
        bytes(16..17, |bytes| {
            let hex = hex(bytes);
            [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
        }),
        bytes(24..65, letters),
        bytes(24..65, base64),
        bytes(36..37, |bytes| format!("ghp_{}", letters(bytes))),
        bytes(32..33, |bytes| format!("sk-{}", letters(bytes))),
        web_token(),
    ]
}

fn web_token() -> impl Strategy<Value = String> {
    (bytes(32..33, base64), bytes(20..60, base64))
        .prop_map(|(signature, claims)| format!("eyJhbGciOiJIUzI1NiJ9.eyJ{claims}.{signature}"))
}

/// Where what looks random is shown all the same: values made for this connection, names of hosts, what applications send.
const SHOWN: &[&str] =
    &["Sec-WebSocket-Key", "Sec-WebSocket-Accept", "Host", "reason of the client", "reason of the server"];
const SENT: &[&str] = &["text", "text that is not UTF-8", "fragment", "binary", "Ping"];

fn planted(row: &Row, value: &str, cookie: bool) -> Vec<Conversation> {
    let mut written = Written::new(&talk(0).upgrade());
    row.2(&mut written, value);
    if cookie {
        match &written.foreign {
            None => written.answer(format!("Set-Cookie: id={value}")),
            Some(_) => written.ask(format!("Authorization: Bearer {value}")),
        }
    }
    analyse_file(&Pcap::default().write(&written.packets()))
}

fn rows(of: fn(&Row) -> bool) -> impl Strategy<Value = Row> {
    prop::sample::select(ROWS.iter().copied().filter(of).collect::<Vec<_>>())
}

/// Whether what looks random is hidden there, or any secret.
fn is_by_looks(row: &Row) -> bool {
    row.1.contains(&InPlace) || row.1.contains(&Shape) && !SHOWN.contains(&row.0) && !SENT.contains(&row.0)
}

/// Any eight bytes of it in a row, as text or as digits.
fn seen_of(shown: &str, secret: &str) -> Option<String> {
    let parts = secret.as_bytes().windows(8).map(|part| String::from_utf8_lossy(part).into_owned());
    parts.into_iter().find(|part| {
        let digits: String = part.bytes().map(|byte| format!("{byte:02x}")).collect();
        shown.contains(part.as_str()) || shown.contains(&digits)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_looks_random_is_hidden_wherever_it_stands(value in random(), row in rows(is_by_looks)) {
        let shown = views(&planted(&row, &value, false), Redaction::Secrets);
        let seen = seen_of(&shown, &value);
        prop_assert!(seen.is_none(), "{}: {}", row.0, around(&shown, &seen.unwrap_or_default()));
    }

    #[test]
    fn a_web_token_is_hidden_in_payloads_too(value in web_token(), row in rows(|row| row.1.contains(&Shape))) {
        let shown = views(&planted(&row, &value, false), Redaction::Secrets);
        let seen = seen_of(&shown, &value);
        prop_assert!(seen.is_none(), "{}: {}", row.0, around(&shown, &seen.unwrap_or_default()));
    }

    #[test]
    fn what_is_known_is_hidden_wherever_it_stands(value in random(), row in rows(|row| !SHOWN[..2].contains(&row.0))) {
        let shown = views(&planted(&row, &value, true), Redaction::Secrets);
        let seen = seen_of(&shown, &value);
        prop_assert!(seen.is_none(), "{}: {}", row.0, around(&shown, &seen.unwrap_or_default()));
    }

    /// Even where a cookie is called so.
    #[test]
    fn words_are_shown_wherever_they_stand(
        value in prop_oneof![
            prop::sample::select(&[
                "chat.example.com", "permessage-deflate", "graphql-transport-ws", "v12.stomp", "en-US", "server", "harmlessval",
                "2024-01-01", "v1-room-service-protocol-2024-json-binary", "x86_64", "wamp.2.json", "sha256", "connectionId",
            ][..]).prop_map(str::to_owned),
            "[aeiou][bdfglmnr][aeiou][bdfglmnr][aeiou](-[bdfglmnr][aeiou][bdfglmnr]){0,2}",
        ],
        row in rows(|row| !row.1.contains(&InPlace)),
    ) {
        let report = planted(&row, &value, false);
        prop_assert_eq!(views(&report, Redaction::Secrets), views(&report, Redaction::Nothing), "{}", row.0);
        let report = planted(&row, &value, true);
        let (shown, all) = (views(&report, Redaction::Secrets), views(&report, Redaction::Nothing));
        let hidden = shown.matches(", no. ").count();
        let count = |text: &str| text.matches(value.as_str()).count();
        prop_assert_eq!(count(&shown) + hidden, count(&all), "{}: {}", row.0, shown);
    }

    /// Whatever stands around it.
    #[test]
    fn nothing_around_a_secret_hides_it_from_the_search(text in "[ -~é]{0,24}|[\\[{:=\"%\\\\/;&.a-f0-9]{0,24}", how in 0..8) {
        const SECRET: &str = "Zq9xSeCrEt7wPlmK4711";
        let text: String = text.chars().filter(|c| !" ,".contains(*c)).collect();
        let mut written = Written::new(&talk(0).upgrade());
        match how {
            0 => written.ask(format!("Authorization: {text} {SECRET}")),
            1 => written.ask(format!("Cookie: {text}={SECRET}; {text}")),
            2 => written.ask(format!("Sec-WebSocket-Protocol: {text}, bearer, {SECRET}, {text}")),
            3 => {
                let text = text.replace(['#', '?', '&', '=', '%'], "");
                written.target = format!("/x{text}?{text}&token={SECRET}");
            }
            4 => written.ask(format!("X-Note: {text} {SECRET} {text}")),
            5 => written.target = format!("/x{}/{SECRET}?{text}", text.replace(['?', '#'], "")),
            6 => {
                written.ask(format!("Cookie: a={SECRET}"));
                written.ask(format!("X-Note: {text}{SECRET}{text}"));
            }
            _ => {
                written.ask(format!("Cookie: a={SECRET}"));
                written.frames.push((Server, Frame::text(format!("{text}{SECRET}{text}"))));
            }
        }
        let shown = views(&analyse_file(&Pcap::default().write(&written.packets())), Redaction::Secrets);
        prop_assert!(!shown.contains(SECRET), "{}", around(&shown, SECRET));
    }

    #[test]
    fn equal_marks_are_equal_secrets(values in prop::collection::vec(random(), 2), mut picks in prop::collection::vec(0_usize..2, 6)) {
        // What is only quoted was known from another place.
        picks[5] = picks[0];
        let value = |n: usize| values[picks[n]].clone();
        let mut written = Written::new(&talk(0).upgrade());
        written.target = format!("/m1?token={}", value(0));
        written.ask(format!("X-Api-Key: {}", value(1)));
        written.ask(format!("Cookie: a={}; b={}", value(2), value(3)));
        written.frames.push((Client, Frame::text(format!("{{\"token\":\"{}\"}}", value(4)))));
        written.frames.push((Server, Frame::text(format!("not {}", value(5)))));
        let report = analyse_file(&Pcap::default().write(&written.packets()));
        let shown = views(&report, Redaction::Secrets);
        let json = &shown[shown.find("\"connections\"").expect("JSON")..];
        let mark = |before: &str| {
            let at = json.find(before).unwrap_or_else(|| panic!("{before} is not in {json}")) + before.len();
            json[at..].split_inclusive('>').next().expect("a mark").to_owned()
        };
        let marks = ["/m1?token=", "\"X-Api-Key\",\"", "\"a=", "; b=", "{\\\"token\\\":\\\"", "\"not "].map(mark);
        for (n, mark) in marks.iter().enumerate() {
            let is_whole = mark.starts_with(&format!("<redacted {} bytes, no. ", value(n).len()));
            prop_assert!(is_whole && mark.ends_with('>'), "{mark}");
            for (other, mark_of_other) in marks.iter().enumerate() {
                prop_assert_eq!(mark == mark_of_other, value(n) == value(other), "{:?}", &marks);
            }
        }
    }
}
