//! A secret planted in each place of an opening handshake is in no report, unless it is asked for.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
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
