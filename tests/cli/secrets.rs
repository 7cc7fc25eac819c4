//! A secret planted in each place of an opening handshake is in no report, unless it is asked for.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

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

fn inspect(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let output = command.arg("inspect").args(arguments).output().expect("it runs");
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
    assert!(shown.contains("The worst 10"));
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
    ("text", &[Elsewhere], |w, s| w.frames.push((Client, Frame::text(format!("hello {s}"))))),
    ("fragment", &[Elsewhere], |w, s| {
        w.frames.push((Server, Frame::text("hello ").not_final()));
        w.frames.push((Server, Frame::continuation(s)));
    }),
    ("text that is not UTF-8", &[Elsewhere], |w, s| {
        w.frames.push((Client, Frame::text([b"\xff", s.as_bytes()].concat())));
    }),
    ("binary", &[Elsewhere], |w, s| w.frames.push((Server, Frame::binary(s)))),
    ("Ping", &[Elsewhere], |w, s| w.frames.push((Server, Frame::ping(s)))),
    ("response in place of a frame", ANY, |w, s| w.stray = Some((Server, format!("HTTP/1.1 400 {s}\r\n\r\n")))),
    ("request in place of a frame", &[InPlace], |w, s| {
        w.stray = Some((Client, format!("GET /x?token={s} HTTP/1.1\r\n\r\n")));
    }),
];

/// Both views of all that is reported.
fn views(reports: &[Conversation], redaction: Redaction) -> String {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut page = TextReport::new(&mut text, Style { width: 60_000, color: false }, FrameList::All, true);
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
            assert!(shown.contains(start) || shown.contains(&hex), "{name}, {sign:?}: not planted");
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
