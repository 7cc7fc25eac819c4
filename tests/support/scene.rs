//! Scripts of `support/script.rs` with heads of the opening handshake, and with several connections.
//!
//! ```text
//! C: request -Host & Upgrade: h2c         the sound request without one field, with another value of one
//! C: request !GET / HTTP/1.0 & +X: y      with another first line, and a line more; \t \r \n \0 \\ as in Rust
//! S: 101 EDITS  S: status 403 Forbidden & EDITS
//! S: with text hi                         in the same segment as what it sent before
//! S: late 2                               what it just sent is captured behind the next two packets
//! S: uncaptured 101                       the capture missed it
//! 4x C: ping a                            four times
//! S: zip Hello <3,2; stored 61*9; as-is   a compressed message, see [`Blocks::of`]
//! C2: request                             on a second connection of the same client; it opens when something is sent
//! CLOSE  FAIL  FAILED                     the client closes; the server fails the connection; the client does
//! CLOSE 1001                              with another code
//! ```
//!
//! A script without heads begins behind a sound opening handshake. Settings come first:
//!
//! ```text
//! offers pd; server_max_window_bits=9 & x -> pd    what is offered, in two fields, and taken; `pd` for
//!                                                  permessage-deflate, `none` for nothing
//! deflate                                          permessage-deflate without parameters
//! port 8080                                        the server's, otherwise 80
//! strangers                                        each connection has a client of its own
//! ```

use super::conversation::{Client, Server, Side, Talk, TestPacket, merge};
use super::deflate::Blocks;
use super::frame::Frame;
use super::script::{bytes, masked, one_act};
use super::upgrade::accept_value;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const REFUSED: &str = "Content-Length: 0\nConnection: close";

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// What CODE stands in for is said behind the name.
const SHORT: [(&str, &str, &str); 3] = [
    ("CLOSE", "1000", "C: close CODE | S: close CODE | S: fin | C: fin"),
    ("FAILED", "1002", "C: close CODE | S: close CODE | S: fin | C: fin"),
    ("FAIL", "1002", "S: close CODE | C: close CODE | S: fin | C: fin"),
];

/// What a capture of the script shows.
pub fn play(script: &str) -> Vec<TestPacket> {
    let script = script.split('|').map(|act| written_out(act.trim())).collect::<Vec<_>>().join(" | ");
    let with_head = [": request", ": 101", ": status"].iter().any(|head| script.contains(head));
    let mut scene = Scene { with_head, server: "192.0.2.20:80".to_owned(), ..Scene::default() };
    for act in script.split('|').map(str::trim).filter(|act| !act.is_empty()) {
        let Some((who, what)) = act.split_once(": ") else {
            scene.set(act);
            continue;
        };
        let side = if who.starts_with('C') { Client } else { Server };
        let connection = who[1..].parse().unwrap_or(1);
        scene.act(connection, side, what);
    }
    scene.send_waiting();
    merge(scene.talks.iter().map(|(talk, _)| talk.packets()))
}

/// An act in full: what a short one stands for, one that is repeated as often as it says.
fn written_out(act: &str) -> String {
    let (name, code) = act.split_once(' ').unwrap_or((act, ""));
    if let Some((_, usual, acts)) = SHORT.iter().find(|short| short.0 == name) {
        return acts.replace("CODE", if code.is_empty() { usual } else { code });
    }
    match act.split_once("x ").map(|(times, one)| (times.parse(), one)) {
        Some((Ok(times), one)) => vec![one; times].join(" | "),
        _ => act.to_owned(),
    }
}

#[derive(Default)]
struct Scene {
    /// Values of Sec-WebSocket-Extensions of the request and of the response.
    extensions: [Vec<String>; 2],
    server: String,
    strangers: bool,
    with_head: bool,
    /// Conversations, and whether TCP is open.
    talks: Vec<(Talk, bool)>,
    /// Bytes of one segment that may not be complete.
    waiting: Option<(usize, Side, Vec<u8>)>,
}

impl Scene {
    fn set(&mut self, setting: &str) {
        let (verb, rest) = setting.split_once(' ').unwrap_or((setting, ""));
        match verb {
            "deflate" => self.set("offers pd; client_max_window_bits -> pd"),
            "offers" => {
                let (offers, taken) = rest.split_once("->").expect("what is offered -> what is taken");
                let fields = |list: &str| {
                    let fields = list.split(" & ").map(str::trim).filter(|field| *field != "none");
                    fields.map(|field| field.replace("pd", "permessage-deflate")).collect()
                };
                self.extensions = [fields(offers), fields(taken)];
            }
            "port" => self.server = format!("192.0.2.20:{rest}"),
            "strangers" => self.strangers = true,
            _ => panic!("C: or S: before {setting:?}"),
        }
    }

    fn act(&mut self, connection: usize, side: Side, what: &str) {
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        if verb == "with" {
            let more = self.wire(connection, side, rest).expect("something to join");
            let (to, from, bytes) = self.waiting.as_mut().expect("something to join it to");
            assert_eq!((*to, *from), (connection, side), "{what}");
            return bytes.extend(more);
        }
        self.send_waiting();
        self.open(connection, verb != "wait");
        if verb == "uncaptured"
            && let Some(bytes) = self.wire(connection, side, rest)
        {
            self.talk(connection).uncaptured(|talk| {
                talk.bytes(side, &bytes);
            });
            return;
        }
        match self.wire(connection, side, what) {
            Some(bytes) => self.waiting = Some((connection, side, bytes)),
            None => one_act(self.talk(connection), side, what),
        }
    }

    fn send_waiting(&mut self) {
        if let Some((connection, side, bytes)) = self.waiting.take() {
            self.talk(connection).bytes(side, &bytes);
        }
    }

    /// The conversation, at the time of the latest act on any.
    fn talk(&mut self, connection: usize) -> &mut Talk {
        let now = self.talks.iter().map(|(talk, _)| talk.now_ns()).max();
        self.talks[connection - 1].0.not_before(now.unwrap_or_default())
    }

    fn open(&mut self, connection: usize, now: bool) {
        if connection > self.talks.len() {
            let n = u32::try_from(connection).expect("a small number");
            let client = format!("192.0.2.{}:{}", 10 + if self.strangers { n } else { 0 }, 50_000 + n);
            let talk = Talk::new(&client, &self.server).with_isns(n * 100_000, n * 100_000 + 7);
            self.talks.push((talk, false));
        }
        if !now || self.talks[connection - 1].1 {
            return;
        }
        self.talks[connection - 1].1 = true;
        let (with_head, [offers, taken]) = (self.with_head, self.extensions.clone());
        let talk = self.talk(connection);
        if with_head {
            talk.connect();
        } else {
            let upgrade = offers.iter().fold(talk.upgrade(), |upgrade, list| upgrade.ask(EXTENSIONS, list));
            talk.open_with(&taken.iter().fold(upgrade, |upgrade, list| upgrade.answer(EXTENSIONS, list)));
        }
    }

    /// The bytes of an act that sends some.
    fn wire(&mut self, connection: usize, side: Side, what: &str) -> Option<Vec<u8>> {
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        // A key is for one connection.
        let key = match connection {
            1 => KEY.to_owned(),
            n => KEY.replacen("dG", &format!("{n}G"), 1),
        };
        let frame = match verb {
            "request" => {
                let fields = "Host: server.example.com\nUpgrade: websocket\nConnection: Upgrade";
                let own = format!("Sec-WebSocket-Key: {key}\nSec-WebSocket-Version: 13");
                return Some(edited(&format!("GET /chat HTTP/1.1\n{fields}\n{own}"), rest));
            }
            "101" => {
                let fields = "Upgrade: websocket\nConnection: Upgrade";
                let own = format!("Sec-WebSocket-Accept: {}", accept_value(&key));
                return Some(edited(&format!("HTTP/1.1 101 Switching Protocols\n{fields}\n{own}"), rest));
            }
            "status" => {
                let (status, edits) = rest.split_once(" & ").unwrap_or((rest, ""));
                return Some(edited(&format!("HTTP/1.1 {status}\n{REFUSED}"), edits));
            }
            "raw" => return Some(bytes(rest)),
            "text" => Frame::text(rest),
            "ping" => Frame::ping(rest),
            "zip" => Frame::binary(Blocks::of(rest)).rsv(4),
            _ if what.as_bytes().first().is_some_and(u8::is_ascii_hexdigit)
                && what.as_bytes().get(2).is_some_and(|b| b" *".contains(b)) =>
            {
                let plain = bytes(what);
                return Some(if side == Client { masked(&plain) } else { plain });
            }
            _ => return None,
        };
        Some(self.talk(connection).encode(side, &frame))
    }
}

/// A head with changes.
fn edited(head: &str, edits: &str) -> Vec<u8> {
    let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    for edit in edits.split(" & ").map(str::trim).filter(|edit| !edit.is_empty()) {
        if let Some(first) = edit.strip_prefix('!') {
            lines[0] = first.to_owned();
        } else if let Some(field) = edit.strip_prefix('-') {
            lines.retain(|line| name(line) != name(field));
        } else if let Some(line) = edit.strip_prefix('+') {
            lines.push(line.to_owned());
        } else {
            match lines.iter().skip(1).position(|line| name(line) == name(edit)) {
                Some(at) => lines[at + 1] = edit.to_owned(),
                None => lines.push(edit.to_owned()),
            }
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| unescaped(line)).collect();
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

fn unescaped(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        out.push(match char {
            '\\' => match chars.next() {
                Some('t') => '\t',
                Some('r') => '\r',
                Some('n') => '\n',
                Some('0') => '\0',
                Some('\\') => '\\',
                other => panic!("\\{other:?} in {line}"),
            },
            _ => char,
        });
    }
    out
}
