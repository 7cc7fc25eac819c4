//! Exchanges under TLS without its keys: records of the right types and lengths, and noise in them. Or with [`keys`], those of
//! TLS 1.3 for all that begin with `tls 1.3 opened`.
//!
//! A script begins with `tls 1.2`, `tls 1.3` or `tls 1.3 opened`. Besides what the notation has on TCP, its acts are
//!
//! ```text
//! C: hello             a ClientHello with a host name and http/1.1; `-sni` without a name, `alpn A,B` with other protocols
//! S: hello             the ServerHello, and what comes with it
//! C: finish  S: finish the end of that side's handshake
//! OPEN                 all four
//! C: data 40           a record of so many bytes
//! C: alert 48          a fatal alert that can be read
//! C: sealed-alert      one that cannot, as close_notify is; with a number another, which is error enough to end it
//! ```
//!
//! and where it is opened
//!
//! ```text
//! S: hello h2          chooses that protocol
//! C: asks              a request for the upgrade, in HTTP/1.1
//! S: accepts           the 101 to it
//! S: holds 00 12 04    a record of these bytes
//! ```

use std::fmt::Write;

use aes_gcm::aead::AeadInOut;
use aes_gcm::{Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;
use wslog::model::Hex;
use wslog::tls::{Keys, Origin};

use super::conversation::{Client, Server, Side, Talk, TestPacket};
use super::rng::Rng;
use super::script;

const HANDSHAKE: u8 = 22;
const ALERT: u8 = 21;
const DATA: u8 = 23;

/// Random of every client whose TLS is opened.
const OPENED: [u8; 32] = [0x5a; 32];

/// The traffic secrets: of the handshake and of what comes behind it, each by side.
const SECRETS: [[(&str, [u8; 32]); 2]; 2] = [
    [("CLIENT_HANDSHAKE_TRAFFIC_SECRET", [1; 32]), ("SERVER_HANDSHAKE_TRAFFIC_SECRET", [2; 32])],
    [("CLIENT_TRAFFIC_SECRET_0", [3; 32]), ("SERVER_TRAFFIC_SECRET_0", [4; 32])],
];

/// A request for the upgrade.
const ASKS: &[u8] =
    b"GET /chat HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";

/// What opens them.
pub fn keys() -> Keys {
    let mut log = String::new();
    for (label, secret) in SECRETS.as_flattened() {
        let _ = writeln!(log, "{label} {} {}", Hex(&OPENED), Hex(secret));
    }
    let mut keys = Keys::new();
    assert_eq!(keys.add(log.as_bytes(), Origin::Keylog).keys, 4);
    keys
}

/// The answer that accepts it.
const ACCEPTS: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// The host that the client names.
pub const HOST: &str = "server.example.com";

struct Veil {
    talk: Talk,
    is_13: bool,
    noise: Rng,
    /// Of one that is opened: by side, whether it is behind the handshake, and its next record.
    sealed: Option<[(usize, u64); 2]>,
}

/// What a capture of the script shows; `None` for one that is not under TLS.
pub fn play(script: &str) -> Option<Vec<TestPacket>> {
    let (setting, rest) = script.split_once('|')?;
    let (is_13, sealed) = match setting.trim().strip_prefix("tls ")? {
        "1.3 opened" => (true, Some([(0, 0); 2])),
        "1.3" => (true, None),
        "1.2" => (false, None),
        other => panic!("TLS {other}"),
    };
    let talk = Talk::new("192.0.2.10:50001", "192.0.2.20:443");
    let mut veil = Veil { talk, is_13, noise: Rng::new(8446), sealed };
    veil.talk.connect();
    let open = "C: hello | S: hello | C: finish | S: finish";
    for act in rest.replace("OPEN", open).split('|').map(str::trim) {
        veil.act(act);
    }
    Some(veil.talk.packets())
}

impl Veil {
    fn act(&mut self, act: &str) {
        let (side, what) = match act.split_once(": ") {
            Some(("C", what)) => (Client, what),
            Some(("S", what)) => (Server, what),
            _ => panic!("{act}"),
        };
        let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
        let number = || rest.parse::<usize>().unwrap_or_else(|_| panic!("{act}"));
        let bytes = match verb {
            "hello" if side == Client => {
                let random = self.noise.bytes::<32>();
                let random = if self.sealed.is_some() { OPENED } else { random };
                client_hello(random, self.is_13, rest)
            }
            "hello" => self.server_hello(rest),
            "finish" => self.finish(side),
            "data" => self.sealed(side, DATA, number()),
            "alert" => record(ALERT, &[2, number() as u8]),
            "sealed-alert" if self.sealed.is_some() => {
                let alert = if rest.is_empty() { [1, 0] } else { [2, number() as u8] };
                self.seal(side, ALERT, &alert)
            }
            "sealed-alert" => self.sealed(side, ALERT, 2),
            "asks" => self.seal(side, DATA, ASKS),
            "accepts" => self.seal(side, DATA, ACCEPTS),
            "holds" => {
                let bytes = rest.split(' ').map(|byte| u8::from_str_radix(byte, 16).expect(act));
                self.seal(side, DATA, &bytes.collect::<Vec<_>>())
            }
            _ => return script::acts(&mut self.talk, act),
        };
        self.talk.bytes(side, &bytes);
    }

    fn server_hello(&mut self, chosen: &str) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend(self.noise.bytes::<32>());
        body.extend(if self.is_13 { [0, 0x13, 0x01, 0] } else { [0, 0xc0, 0x2f, 0] });
        let extensions = if self.is_13 { extension(43, &[3, 4]) } else { Vec::new() };
        body.extend(listed(&extensions));
        let mut bytes = record(HANDSHAKE, &message(2, &body));
        if self.is_13 {
            bytes.extend(record(20, &[1]));
            if self.sealed.is_some() {
                let name = [&[chosen.len() as u8], chosen.as_bytes()].concat();
                let alpn = if chosen.is_empty() { Vec::new() } else { extension(16, &listed(&name)) };
                let certificate = [0; 100];
                for (kind, body) in
                    [(8, listed(&alpn)), (11, certificate.to_vec()), (15, vec![0; 68]), (20, vec![0; 32])]
                {
                    bytes.extend(self.seal(Server, HANDSHAKE, &message(kind, &body)));
                }
                self.is_over(Server);
                return bytes;
            }
            // Extensions, certificate and the end of its handshake.
            for len in [10, 800, 264, 36] {
                bytes.extend(self.sealed(Server, HANDSHAKE, len));
            }
        } else {
            bytes.extend(record(HANDSHAKE, &message(11, &self.noise.bytes::<64>())));
            bytes.extend(record(HANDSHAKE, &message(14, &[])));
        }
        bytes
    }

    fn finish(&mut self, side: Side) -> Vec<u8> {
        if self.sealed.is_some() {
            let (kind, len) = if side == Client { (20, 32) } else { (4, 200) };
            let bytes = self.seal(side, HANDSHAKE, &message(kind, &vec![0; len]));
            if side == Client {
                self.is_over(side);
            }
            return bytes;
        }
        if self.is_13 {
            return match side {
                Client => [record(20, &[1]), self.sealed(side, HANDSHAKE, 36)].concat(),
                Server => self.sealed(side, HANDSHAKE, 200),
            };
        }
        let mut bytes = match side {
            Client => record(HANDSHAKE, &message(16, &self.noise.bytes::<64>())),
            Server => Vec::new(),
        };
        bytes.extend(record(20, &[1]));
        bytes.extend(self.sealed(side, HANDSHAKE, 16));
        bytes
    }

    /// A record of noise as long as AES-GCM makes `len` bytes: in TLS 1.3 all are of one type, which is sealed with them.
    fn sealed(&mut self, side: Side, content: u8, len: usize) -> Vec<u8> {
        if self.sealed.is_some() {
            return self.seal(side, content, &vec![b'x'; len]);
        }
        let (content, more) = if self.is_13 { (DATA, 1 + 16) } else { (content, 8 + 16) };
        let noise = (0..len + more).map(|_| self.noise.bytes::<1>()[0]).collect::<Vec<_>>();
        record(content, &noise)
    }
}

impl Veil {
    /// The side's part of the handshake is over: it changes its keys.
    fn is_over(&mut self, side: Side) {
        if let Some(sealed) = &mut self.sealed {
            sealed[index(side)] = (1, 0);
        }
    }

    /// A record that the keys open: AES-128-GCM (RFC 8446 5.2).
    fn seal(&mut self, side: Side, content: u8, bytes: &[u8]) -> Vec<u8> {
        let (epoch, number) = &mut self.sealed.as_mut().expect("tls 1.3 opened")[index(side)];
        let secret = Hkdf::<Sha256>::from_prk(&SECRETS[*epoch][index(side)].1).expect("as long as the hash");
        let expand = |label: &str, out: &mut [u8]| {
            let label = [b"tls13 ", label.as_bytes()].concat();
            let info = [&[0, out.len() as u8, label.len() as u8][..], &label, &[0]].concat();
            secret.expand(&info, out).expect("a short key");
        };
        let (mut key, mut nonce) = ([0; 16], [0; 12]);
        expand("key", &mut key);
        expand("iv", &mut nonce);
        nonce.iter_mut().skip(4).zip(number.to_be_bytes()).for_each(|(to, from)| *to ^= from);
        *number += 1;
        let mut inner = [bytes, &[content]].concat();
        let len = u16::try_from(inner.len() + 16).expect("a short record").to_be_bytes();
        let header = [DATA, 3, 3, len[0], len[1]];
        let cipher = Aes128Gcm::new_from_slice(&key).expect("16 bytes");
        let tag = cipher
            .encrypt_inout_detached(&nonce.into(), &header, inner.as_mut_slice().into())
            .expect("a short record");
        [&header[..], &inner, &tag].concat()
    }
}

const fn index(side: Side) -> usize {
    match side {
        Client => 0,
        Server => 1,
    }
}

/// A ClientHello in its record; `edits` as in the script.
pub fn client_hello(random: [u8; 32], is_13: bool, edits: &str) -> Vec<u8> {
    let mut body = vec![3, 3];
    body.extend(random);
    // No session, two suites, no compression.
    body.extend([0, 0, 4, 0x13, 0x01, 0xc0, 0x2f, 1, 0]);
    let mut extensions = Vec::new();
    if edits != "-sni" {
        let name = HOST.as_bytes();
        let entry = [&[0, 0, name.len() as u8][..], name].concat();
        extensions.extend(extension(0, &listed(&entry)));
    }
    let offered = edits.strip_prefix("alpn ").unwrap_or("http/1.1");
    let names = offered.split(',').flat_map(|name| [&[name.len() as u8][..], name.as_bytes()].concat());
    extensions.extend(extension(16, &listed(&names.collect::<Vec<_>>())));
    let versions: &[u8] = if is_13 { &[4, 3, 4, 3, 3] } else { &[2, 3, 3] };
    extensions.extend(extension(43, versions));
    body.extend(listed(&extensions));
    record(HANDSHAKE, &message(1, &body))
}

pub fn record(content: u8, body: &[u8]) -> Vec<u8> {
    let len = u16::try_from(body.len()).expect("a short record").to_be_bytes();
    [&[content, 3, 3, len[0], len[1]][..], body].concat()
}

pub fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len()).expect("a short message").to_be_bytes();
    [&[kind, len[1], len[2], len[3]][..], body].concat()
}

/// Behind its length in two bytes.
pub fn listed(bytes: &[u8]) -> Vec<u8> {
    let len = u16::try_from(bytes.len()).expect("a short list").to_be_bytes();
    [&len[..], bytes].concat()
}

pub fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &listed(body)].concat()
}
