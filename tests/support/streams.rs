//! Exchanges in streams of HTTP/2: in the clear, by prior knowledge, and under TLS.
//!
//! ```text
//! C: settings 4=100      SETTINGS; the preface comes before the client's first
//! C1: connect            an extended CONNECT for WebSocket on stream 1; `connect USER-AGENT`
//! C1: get /index.html    an ordinary request
//! S1: status 200         a response without a body; `status 200 SERVER`
//! C1: text hi            a frame; `close 1000 done`, `close`; `end` at the end: END_STREAM in the same DATA
//! S1: part 5000 100      the first 100 bytes of a message of 5000
//! S1: raw 83 00          DATA with these bytes
//! S1: end                an empty DATA with END_STREAM
//! S1: rst 8              RST_STREAM with that error code
//! S: goaway 1 0 bye      GOAWAY: the last stream, the error code, debug data
//! C: wait 1000           milliseconds; `fin`, `reset`, `ack`: of TCP
//! OPEN                   SETTINGS of both sides, a CONNECT on stream 1, a 200
//! ```

use super::conversation::{Client, Server, Side, Talk, TestPacket};
use super::frame::Frame;
use super::seal::Sealed;

/// How a client begins (RFC 9113 3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Scripts of every kind of end, with streams side by side. What they must show stands in `tests/engine/streams.rs`; elsewhere they
/// only have to show the same.
pub const SCRIPTS: &[&str] = &[
    "OPEN | C1: text hello | S1: text hello | C1: close 1000 done end | S1: close 1000 done end | C: ack | C: fin | S: fin",
    "OPEN | C3: connect | S3: status 200 | C1: text one | C3: text two | S3: text two | S1: text one | S3: close 4000 bye | \
     C3: close 4000 bye end | S3: end | S1: rst 8 | C: ack | C5: connect | S5: status 403 | S5: end | C: fin | S: fin",
    "OPEN | C3: get /index.html | C1: part 300 80 | S3: status 200 | S3: end | C1: rst 5 | S: ack | C: fin | S: fin",
    "OPEN | C3: connect | S: goaway 1 0 bye | C: ack | S1: text a | C1: close 1001 end | S1: close 1001 end | S: fin | C: fin",
    "C: settings 4=20 | S: settings 8=1 | C1: connect | C1: text early | S1: status 200 | S1: part 200 20 | C: ack | S: wait 900 \
     | C1: close 1000 | C1: rst 8 | S: ack | C: reset",
    "OPEN | C1: raw 83 00 | S1: close 1002 | C1: close 1002 end | S1: rst 1 | S: reset",
];

/// The packets of a script.
pub fn play(script: &str) -> Vec<TestPacket> {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.connect();
    play_in(&mut talk, script);
    talk.packets()
}

/// What carries HTTP/2.
pub trait Carrier {
    /// TCP below it.
    fn talk(&mut self) -> &mut Talk;
    /// A side sends bytes.
    fn carry(&mut self, from: Side, bytes: &[u8]);
}

impl Carrier for Talk {
    fn talk(&mut self) -> &mut Talk {
        self
    }

    fn carry(&mut self, from: Side, bytes: &[u8]) {
        self.bytes(from, bytes);
    }
}

impl Carrier for Sealed {
    fn talk(&mut self) -> &mut Talk {
        &mut self.talk
    }

    fn carry(&mut self, from: Side, bytes: &[u8]) {
        self.bytes(from, bytes);
    }
}

/// A script on a connection that is open.
pub fn play_in(carrier: &mut impl Carrier, script: &str) {
    let mut began = false;
    for act in script.split('|').map(str::trim) {
        if act == "OPEN" {
            for act in ["C: settings", "S: settings 8=1", "C1: connect", "S1: status 200"] {
                one_act(carrier, act, &mut began);
            }
        } else {
            one_act(carrier, act, &mut began);
        }
    }
}

fn one_act(carrier: &mut impl Carrier, act: &str, began: &mut bool) {
    let talk = carrier.talk();
    let (who, act) = act.split_once(": ").expect("who: what");
    let from = if who.starts_with('C') { Client } else { Server };
    let stream: u32 = who[1..].parse().unwrap_or(0);
    let (act, end) = match act.strip_suffix(" end") {
        Some(act) => (act, END_STREAM),
        None => (act, 0),
    };
    let (what, rest) = act.split_once(' ').unwrap_or((act, ""));
    let ws = |talk: &mut Talk, frame: Frame| {
        let bytes = talk.encode(from, &frame);
        frame_of(0, end, stream, &bytes)
    };
    let bytes = match what {
        "wait" => {
            talk.pause(rest.parse().expect("milliseconds"));
            return;
        }
        "fin" => {
            talk.fin(from);
            return;
        }
        "reset" => {
            talk.reset(from);
            return;
        }
        "ack" => {
            talk.ack(from);
            return;
        }
        "settings" => {
            let settings = rest.split_whitespace().flat_map(|setting| {
                let (name, value) = setting.split_once('=').expect("name=value");
                let (name, value): (u16, u32) =
                    (name.parse().expect("a number"), value.parse().expect("a number"));
                [&name.to_be_bytes()[..], &value.to_be_bytes()[..]].concat()
            });
            let preface = if from == Client && !std::mem::replace(began, true) { PREFACE } else { b"" };
            [preface, &frame_of(4, 0, 0, &settings.collect::<Vec<u8>>())].concat()
        }
        "connect" => connect(stream, rest),
        "get" => {
            let fields =
                [(":method", "GET"), (":scheme", "http"), (":path", rest), (":authority", "server.example")];
            frame_of(1, END_HEADERS | END_STREAM, stream, &block(&fields))
        }
        "status" => {
            let (status, server) = rest.split_once(' ').unwrap_or((rest, ""));
            let fields = [(":status", status), ("server", server)];
            let fields = if server.is_empty() { &fields[..1] } else { &fields };
            frame_of(1, END_HEADERS | end, stream, &block(fields))
        }
        "text" => ws(talk, Frame::text(rest)),
        "close" if rest.is_empty() => ws(talk, Frame::close_empty()),
        "close" => {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            ws(talk, Frame::close(code.parse().expect("a code"), reason))
        }
        "part" => {
            let (all, some) = rest.split_once(' ').expect("two numbers");
            let whole = talk.encode(from, &Frame::text("x".repeat(all.parse().expect("a number"))));
            frame_of(0, end, stream, &whole[..some.parse().expect("a number")])
        }
        "raw" => {
            let bytes = rest.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect("two digits"));
            frame_of(0, end, stream, &bytes.collect::<Vec<u8>>())
        }
        "end" => frame_of(0, END_STREAM, stream, b""),
        "rst" => frame_of(3, 0, stream, &rest.parse::<u32>().expect("a code").to_be_bytes()),
        "goaway" => {
            let mut words = rest.splitn(3, ' ');
            let mut number =
                || words.next().expect("a number").parse::<u32>().expect("a number").to_be_bytes();
            let (last, error) = (number(), number());
            frame_of(7, 0, 0, &[&last[..], &error, words.next().unwrap_or("").as_bytes()].concat())
        }
        other => panic!("what is {other}?"),
    };
    carrier.carry(from, &bytes);
}

/// An extended CONNECT for WebSocket, of a browser where it is called something.
pub fn connect(stream: u32, browser: &str) -> Vec<u8> {
    let mut fields = vec![
        (":method", "CONNECT"),
        (":protocol", "websocket"),
        (":scheme", "http"),
        (":path", "/chat"),
        (":authority", "server.example"),
        ("sec-websocket-version", "13"),
    ];
    if !browser.is_empty() {
        fields.extend([("user-agent", browser), ("origin", "http://server.example")]);
    }
    frame_of(1, END_HEADERS, stream, &block(&fields))
}

/// A frame of some type, with flags, on a stream.
pub fn frame_of(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let len = (payload.len() as u32).to_be_bytes();
    [&len[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Literals that no table takes (RFC 7541 6.2.2).
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let string = |text: &str| {
        let len = text.len();
        let len = if len < 127 { vec![len as u8] } else { vec![127, (len - 127) as u8] };
        [&len, text.as_bytes()].concat()
    };
    fields.iter().flat_map(|(name, value)| [vec![0], string(name), string(value)].concat()).collect()
}
