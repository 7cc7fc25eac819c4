//! Scripts of `support/script.rs` with heads of the opening handshake, and with several connections.
//!
//! ```text
//! C: request -Host & Upgrade: h2c         the sound request without one field, with another value of one
//! C: request !GET / HTTP/1.0 & +X: y      with another first line, and a line more
//! S: 101 EDITS  S: status 403 Forbidden & EDITS
//! S: with text hi                         in the same segment as what it sent before
//! C2: request                             on a second connection of the same client; it opens when something is sent
//! deflate                                 at the beginning: permessage-deflate is agreed
//! CLOSE  FAIL  FAILED                     the client closes; the server fails the connection; the client does
//! ```
//!
//! A script without heads begins behind a sound opening handshake.

use super::conversation::{Client, Conversation, Server, Side, TestPacket, merge};
use super::frame::Frame;
use super::script::{bytes, masked, one_act};
use super::upgrade::accept_value;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const REFUSED: &str = "Content-Length: 0\nConnection: close";

const SHORT: [(&str, &str); 3] = [
    ("CLOSE", "C: close 1000 | S: close 1000 | S: fin | C: fin"),
    ("FAILED", "C: close 1002 | S: close 1002 | S: fin | C: fin"),
    ("FAIL", "S: close 1002 | C: close 1002 | S: fin | C: fin"),
];

/// What a capture of the script shows.
pub fn play(script: &str) -> Vec<TestPacket> {
    let acts = script.split('|').map(str::trim);
    let long = |act| SHORT.iter().find(|(short, _)| *short == act).map_or(act, |(_, long)| *long);
    let script = acts.map(long).collect::<Vec<_>>().join(" | ");
    let (deflate, script) = match script.strip_prefix("deflate | ") {
        Some(rest) => (true, rest),
        None => (false, script.as_str()),
    };
    let with_head = [": request", ": 101", ": status"].iter().any(|head| script.contains(head));
    let mut scene = Scene { deflate, with_head, talks: Vec::new(), waiting: None };
    for act in script.split('|').map(str::trim).filter(|act| !act.is_empty()) {
        let (who, what) = act.split_once(": ").unwrap_or_else(|| panic!("C: or S: before {act:?}"));
        let side = if who.starts_with('C') { Client } else { Server };
        let connection = who[1..].parse().unwrap_or(1);
        scene.act(connection, side, what);
    }
    scene.send_waiting();
    merge(scene.talks.iter().map(|(talk, _)| talk.packets()))
}

struct Scene {
    deflate: bool,
    with_head: bool,
    /// Conversations, and whether TCP is open.
    talks: Vec<(Conversation, bool)>,
    /// Bytes of one segment that may not be complete.
    waiting: Option<(usize, Side, Vec<u8>)>,
}

impl Scene {
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
    fn talk(&mut self, connection: usize) -> &mut Conversation {
        let now = self.talks.iter().map(|(talk, _)| talk.now_ns()).max();
        self.talks[connection - 1].0.not_before(now.unwrap_or_default())
    }

    fn open(&mut self, connection: usize, now: bool) {
        if connection > self.talks.len() {
            let n = u32::try_from(connection).expect("a small number");
            let client = format!("192.0.2.10:{}", 50_000 + n);
            let talk = Conversation::new(&client, "192.0.2.20:80").with_isns(n * 100_000, n * 100_000 + 7);
            self.talks.push((talk, false));
        }
        if !now || self.talks[connection - 1].1 {
            return;
        }
        self.talks[connection - 1].1 = true;
        let (deflate, with_head) = (self.deflate, self.with_head);
        let talk = self.talk(connection);
        if with_head {
            talk.connect();
        } else {
            let upgrade = talk.upgrade();
            talk.open_with(&if deflate { upgrade.compressed() } else { upgrade });
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
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}
