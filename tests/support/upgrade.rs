//! The opening handshake to be sent (RFC 6455 4).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

/// Appended to the key before hashing (RFC 6455 1.3).
const GUID: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// A request and the response to it. Fields are sent in the order in which they were added.
#[derive(Clone, Debug)]
pub struct Upgrade {
    /// Request target.
    pub target: String,
    /// Value of Host.
    pub host: String,
    /// Value of Sec-WebSocket-Key.
    pub key: String,
    /// Value of Sec-WebSocket-Accept; right unless changed.
    pub accept: String,
    /// Fields the request has beside those it must have.
    pub request_fields: Vec<(String, String)>,
    /// Fields the 101 has beside those it must have.
    pub response_fields: Vec<(String, String)>,
}

impl Upgrade {
    /// A plain upgrade with `nonce` as key.
    pub fn new(host: String, nonce: [u8; 16]) -> Self {
        let key = STANDARD.encode(nonce);
        Self {
            target: "/chat".into(),
            host,
            accept: accept_value(&key),
            key,
            request_fields: Vec::new(),
            response_fields: Vec::new(),
        }
    }

    /// Adds a field to the request.
    pub fn ask(mut self, name: &str, value: &str) -> Self {
        self.request_fields.push((name.into(), value.into()));
        self
    }

    /// Adds a field to the 101.
    pub fn answer(mut self, name: &str, value: &str) -> Self {
        self.response_fields.push((name.into(), value.into()));
        self
    }

    /// permessage-deflate without parameters, offered and taken: both sides keep their context.
    pub fn compressed(self) -> Self {
        self.ask("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits")
            .answer("Sec-WebSocket-Extensions", "permessage-deflate")
    }

    /// The request.
    pub fn request(&self) -> Vec<u8> {
        let mut head = format!(
            "GET {} HTTP/1.1\r\nHost: {}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: {}\r\nSec-WebSocket-Version: 13\r\n",
            self.target, self.host, self.key
        );
        end_with(&mut head, &self.request_fields);
        head.into_bytes()
    }

    /// The 101.
    pub fn response(&self) -> Vec<u8> {
        let mut head = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {}\r\n",
            self.accept
        );
        end_with(&mut head, &self.response_fields);
        head.into_bytes()
    }
}

/// A response that refuses, `status` being code and phrase, with a body of plain text.
pub fn refusal(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// What Sec-WebSocket-Accept has to be (4.2.2 item 5.4).
pub fn accept_value(key: &str) -> String {
    STANDARD.encode(Sha1::digest(format!("{key}{GUID}")))
}

fn end_with(head: &mut String, fields: &[(String, String)]) {
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
}
