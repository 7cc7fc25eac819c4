//! The heads of the opening handshake, and changes to them.

use crate::http::upgrade::expected_accept;

const REQUEST: [&str; 4] =
    ["GET /chat HTTP/1.1", "Host: server.example.com", "Upgrade: websocket", "Connection: Upgrade"];
const RESPONSE: [&str; 3] = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];

/// Connections of an exchange: each has a key of its own.
pub(super) const CONNECTIONS: usize = 9;

/// A key is for one connection. The first is that of RFC 6455 1.2.
const KEYS: [&str; CONNECTIONS] = [
    "dGhlIHNhbXBsZSBub25jZQ==",
    "x3JJHMbDL1EzLkh9GBhXDw==",
    "3GhlIHNhbXBsZSBub25jZQ==",
    "4GhlIHNhbXBsZSBub25jZQ==",
    "5GhlIHNhbXBsZSBub25jZQ==",
    "6GhlIHNhbXBsZSBub25jZQ==",
    "7GhlIHNhbXBsZSBub25jZQ==",
    "8GhlIHNhbXBsZSBub25jZQ==",
    "9GhlIHNhbXBsZSBub25jZQ==",
];

/// Those of a connection. What is no escape in their edits is the error.
#[derive(Clone, Copy)]
pub(super) struct Heads {
    key: &'static str,
}

impl Heads {
    pub(super) fn of(connection: u8) -> Self {
        Self { key: KEYS[(usize::from(connection) + CONNECTIONS - 1) % CONNECTIONS] }
    }

    pub(super) fn request(self, edits: &str) -> Result<String, &str> {
        let own = [format!("Sec-WebSocket-Key: {}", self.key), "Sec-WebSocket-Version: 13".to_owned()];
        edited(REQUEST.into_iter().map(str::to_owned).chain(own).collect(), edits)
    }

    pub(super) fn response(self, edits: &str) -> Result<String, &str> {
        let own = format!("Sec-WebSocket-Accept: {}", expected_accept(self.key).as_str());
        edited(RESPONSE.into_iter().map(str::to_owned).chain([own]).collect(), edits)
    }

    pub(super) fn refusal(self, rest: &str) -> Result<String, &str> {
        let (status, edits) = rest.split_once(" & ").unwrap_or((rest, ""));
        let head = [&*format!("HTTP/1.1 {}", unescaped(status)?), "Content-Length: 0", "Connection: close"];
        edited(head.map(str::to_owned).into(), edits)
    }
}

fn edited(mut lines: Vec<String>, edits: &str) -> Result<String, &str> {
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    for edit in edits.split(" & ").map(str::trim).filter(|edit| !edit.is_empty()) {
        let text = unescaped(edit)?;
        if let Some(first) = text.strip_prefix('!') {
            lines.splice(..lines.len().min(1), [first.to_owned()]);
        } else if let Some(field) = text.strip_prefix('-') {
            lines.retain(|line| name(line) != name(field));
        } else if let Some(line) = text.strip_prefix('+') {
            lines.push(line.to_owned());
        } else {
            match lines.iter().skip(1).position(|line| name(line) == name(&text)) {
                Some(at) => lines[at + 1] = text,
                None => lines.push(text),
            }
        }
    }
    Ok(lines.join("\r\n") + "\r\n\r\n")
}

fn unescaped(line: &str) -> Result<String, &str> {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, behind)) = rest.split_once('\\') {
        let mut after = behind.chars();
        out.push_str(before);
        out.push(match after.next() {
            Some('t') => '\t',
            Some('r') => '\r',
            Some('n') => '\n',
            Some('0') => '\0',
            Some('\\') => '\\',
            _ => return Err(&rest[before.len()..]),
        });
        rest = after.as_str();
    }
    Ok(out + rest)
}
