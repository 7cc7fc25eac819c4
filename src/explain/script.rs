//! Examples in a line of text, in the notation of the tests of the reference.
//!
//! What each side does, parted by `|`: `C:` or `S:` (on another connection `C2:`, `S2:`), then one of
//!
//! ```text
//! 81 02 68 69            a frame in hex before masking: masked if the client sends it
//! raw 81 02 68 69        bytes as they are; 61*126 is a byte repeated
//! text hi  binary hi  ping x  pong x  close  close 1000 bye
//! request EDITS  101 EDITS  status 403 Forbidden & EDITS    heads of the opening handshake
//! with ACT               in the same segment as what it sent before
//! uncaptured ACT         the recording lacks it
//! fin  rst  ack  again  hold  release  wait 1500    TCP; milliseconds
//! ```
//!
//! EDITS, parted by ` & `, change the head of a sound handshake: `!GET / HTTP/1.0` its first line, `-Host` leaves
//! fields out, `Host: a` replaces or adds a field, `+Host: a` adds another. A script without a head begins behind
//! the opening handshake.

use crate::model::topic::{Line, LineWhat, ShownFrame};
use crate::model::{MaskingKey, Opcode, Piece, Role};
use crate::websocket::encode::{encode, header};
use crate::websocket::{Decoded, Decoder, parse_header};

/// Key of the first frame of a client in an example: the one of RFC 6455 5.7.
const KEY: u32 = 0x37fa_213d;

const REQUEST: &str = "GET /chat HTTP/1.1\nHost: server.example.com\nUpgrade: websocket\nConnection: Upgrade\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\nSec-WebSocket-Version: 13";
const RESPONSE: &str = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

/// A key is for one connection: on the others of an example these take their place.
const FIRST: [&str; 2] = ["dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="];
const OTHER: [&str; 2] = ["x3JJHMbDL1EzLkh9GBhXDw==", "HSmrc0sMlYUkAGmm5OPpG2HaGWk="];

/// The lines of a script; `None` where it is none.
pub(super) fn parse(script: &str) -> Option<Vec<Line>> {
    let mut keys = 0;
    script.split('|').map(|act| line(act.trim(), &mut keys)).collect()
}

fn line(act: &str, keys: &mut u32) -> Option<Line> {
    let (side, what) = act.split_once(':')?;
    let (from, number) = match side.strip_prefix('C') {
        Some(number) => (Role::Client, number),
        None => (Role::Server, side.strip_prefix('S')?),
    };
    let connection = if number.is_empty() { 1 } else { number.parse().ok().filter(|n| *n > 1)? };
    let what = match act_of(from, what.trim(), keys)? {
        LineWhat::Head(head) if connection > 1 => {
            LineWhat::Head(head.replace(FIRST[0], OTHER[0]).replace(FIRST[1], OTHER[1]))
        }
        what => what,
    };
    Some(Line { connection, from, what })
}

fn act_of(from: Role, what: &str, keys: &mut u32) -> Option<LineWhat> {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    Some(match verb {
        "fin" => LineWhat::Fin,
        "rst" => LineWhat::Rst,
        "ack" => LineWhat::Ack,
        "again" => LineWhat::Again,
        "hold" => LineWhat::Hold,
        "release" => LineWhat::Release,
        "wait" => LineWhat::Wait(rest.parse().ok()?),
        "request" => LineWhat::Head(edited(REQUEST, rest)),
        "101" => LineWhat::Head(edited(RESPONSE, rest)),
        "status" => {
            let (status, edits) = rest.split_once(" & ").unwrap_or((rest, ""));
            let head = format!("HTTP/1.1 {status}\nContent-Length: 0\nConnection: close");
            LineWhat::Head(edited(&head, edits))
        }
        "with" | "uncaptured" => match act_of(from, rest, keys)? {
            LineWhat::Bytes { wire, joined, uncaptured, frame } => LineWhat::Bytes {
                wire,
                joined: joined || verb == "with",
                uncaptured: uncaptured || verb == "uncaptured",
                frame,
            },
            _ => return None,
        },
        _ => sent(wire(from, verb, rest, what, keys)?),
    })
}

fn sent(wire: Vec<u8>) -> LineWhat {
    let frame = shown(&wire);
    LineWhat::Bytes { wire, joined: false, uncaptured: false, frame }
}

/// The first frame of `wire`, decoded.
pub(super) fn shown(wire: &[u8]) -> Option<ShownFrame> {
    let header = parse_header(wire).ok()?;
    let mut payload = Vec::new();
    let mut frames = 0;
    Decoder::new(0).push(wire, &mut |decoded| match decoded {
        Decoded::Frame { .. } => frames += 1,
        Decoded::Payload { piece: Piece::Bytes(bytes), .. } if frames == 1 => {
            payload.extend_from_slice(bytes);
        }
        _ => {}
    });
    Some(ShownFrame { header, payload })
}

fn wire(from: Role, verb: &str, rest: &str, what: &str, keys: &mut u32) -> Option<Vec<u8>> {
    let opcode = match verb {
        "text" => Opcode::TEXT,
        "binary" => Opcode::BINARY,
        "ping" => Opcode::PING,
        "pong" => Opcode::PONG,
        "close" => Opcode::CLOSE,
        "raw" => return bytes(rest),
        _ => return Some(masked(from, &bytes(what)?, keys)),
    };
    let payload = match rest.split_once(' ').unwrap_or((rest, "")) {
        ("", _) => Vec::new(),
        (code, reason) if opcode == Opcode::CLOSE => {
            let mut body = code.parse::<u16>().ok()?.to_be_bytes().to_vec();
            body.extend_from_slice(reason.as_bytes());
            body
        }
        _ => rest.as_bytes().to_vec(),
    };
    Some(frame(from, opcode, &payload, keys))
}

/// A lawful frame of `from`, on the wire.
pub(super) fn frame(from: Role, opcode: Opcode, payload: &[u8], keys: &mut u32) -> Vec<u8> {
    encode(&header(opcode, key(from, keys), payload.len() as u64), payload)
}

/// The next key of a client. No two of an example are the same, nor count up: that would be a breach of its own.
fn key(from: Role, keys: &mut u32) -> Option<MaskingKey> {
    (from == Role::Client).then(|| {
        let key = KEY.rotate_left(*keys % 32);
        *keys += 7;
        MaskingKey(key.to_be_bytes())
    })
}

/// A frame given unmasked, with its mask if it is a client's.
fn masked(from: Role, plain: &[u8], keys: &mut u32) -> Vec<u8> {
    let (Some(mut header), Some(key)) = (parse_header(plain).ok(), key(from, keys)) else {
        return plain.to_vec();
    };
    let payload = usize::try_from(header.wire_len()).ok().and_then(|at| plain.get(at..));
    header.masking_key = Some(key);
    encode(&header, payload.unwrap_or_default())
}

fn bytes(hex: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    for word in hex.split_whitespace() {
        let (byte, times) = word.split_once('*').unwrap_or((word, "1"));
        let byte = u8::from_str_radix(byte, 16).ok()?;
        out.extend(std::iter::repeat_n(byte, times.parse::<u16>().ok()?.into()));
    }
    Some(out)
}

fn edited(head: &str, edits: &str) -> String {
    let mut lines: Vec<String> = head.lines().map(str::to_owned).collect();
    for edit in edits.split(" & ").map(str::trim).filter(|edit| !edit.is_empty()) {
        let is_field = |line: &String, name: &str| {
            line.split_once(':').is_some_and(|(field, _)| field.eq_ignore_ascii_case(name))
        };
        if let Some(first) = edit.strip_prefix('!') {
            lines[0] = first.to_owned();
        } else if let Some(name) = edit.strip_prefix('-') {
            lines.retain(|line| !is_field(line, name));
        } else if let Some(field) = edit.strip_prefix('+') {
            lines.push(field.to_owned());
        } else {
            let name = edit.split(':').next().unwrap_or_default();
            match lines.iter_mut().find(|line| is_field(line, name)) {
                Some(line) => *line = edit.to_owned(),
                None => lines.push(edit.to_owned()),
            }
        }
    }
    lines.join("\r\n") + "\r\n\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(script: &str, expected: &[u8]) {
        let lines = parse(script).expect("a script");
        let LineWhat::Bytes { wire, .. } = &lines.last().expect("a line").what else {
            panic!("{script}: no bytes")
        };
        assert_eq!(wire, expected, "{script}");
    }

    /// The examples of RFC 6455 5.7.
    #[test]
    fn frames_are_those_of_the_rfc() {
        check("S: text Hello", &[0x81, 0x05, 0x48, 0x65, 0x6c, 0x6c, 0x6f]);
        let masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
        check("C: text Hello", &masked);
        check("C: 81 05 48 65 6c 6c 6f", &masked);
        check("C: raw 81 00", &[0x81, 0x00]);
        check("S: close 1000 bye", &[0x88, 0x05, 0x03, 0xe8, b'b', b'y', b'e']);
        check("S: close", &[0x88, 0x00]);
        check("S: raw 61*3 62", b"aaab");
    }

    #[test]
    fn keys_differ() {
        let lines = parse("C: ping | C: ping | C: ping").expect("a script");
        let keys: Vec<_> = lines
            .iter()
            .filter_map(|line| match &line.what {
                LineWhat::Bytes { frame: Some(frame), .. } => frame.header.masking_key,
                _ => None,
            })
            .collect();
        assert!(keys.len() == 3 && keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2]);
    }

    #[test]
    fn heads_are_edited() {
        let lines = parse("C: request -Host & Upgrade: h2c & +X: y & !GET / HTTP/1.0").expect("a script");
        let LineWhat::Head(head) = &lines[0].what else { panic!("no head") };
        assert!(head.starts_with("GET / HTTP/1.0\r\nUpgrade: h2c\r\nConnection"), "{head}");
        assert!(head.ends_with("\r\nX: y\r\n\r\n") && !head.contains("Host"), "{head}");
        let lines = parse("S: status 426 Upgrade Required & Sec-WebSocket-Version: 13").expect("a script");
        let LineWhat::Head(head) = &lines[0].what else { panic!("no head") };
        assert!(head.starts_with("HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n"), "{head}");
        assert!(head.ends_with("\r\nSec-WebSocket-Version: 13\r\n\r\n"), "{head}");
    }

    #[test]
    fn each_connection_has_a_key_of_its_own() {
        let lines = parse("C: request | C2: request | S2: 101 | S: fin").expect("a script");
        assert_eq!(lines.iter().map(|line| line.connection).collect::<Vec<_>>(), [1, 2, 2, 1]);
        let has = |at: usize, value: &str| matches!(&lines[at].what, LineWhat::Head(h) if h.contains(value));
        assert!(has(0, FIRST[0]) && has(1, OTHER[0]) && has(2, OTHER[1]));
    }

    #[test]
    fn what_is_no_script() {
        for script in [
            "",
            "X: fin",
            "C1: fin",
            "C9999: fin",
            "C: jump",
            "S: close soon",
            "S: with fin",
            "C: 8g",
            "C: wait long",
        ] {
            assert_eq!(parse(script), None, "{script}");
        }
    }
}
