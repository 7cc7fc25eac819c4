//! Exchanges under TLS 1.3 that can be read: hellos in the clear, and records sealed with secrets that are chosen freely and
//! written as a key log, so that no key is exchanged.

use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes128Gcm, KeyInit};
use hkdf::Hkdf;
use sha2::Sha256;

use super::capture_file::{Endian, Interface, pcapng};
use super::conversation::{Client, Server, Side, Talk, TestPacket};
use super::frame::Frame;
use super::rng::Rng;
use super::veil::{HOST, client_hello, extension, listed, message, record};
use wslog::model::LinkType;

const ALERT: u8 = 21;
const HANDSHAKE: u8 = 22;
const DATA: u8 = 23;

/// The keys of one direction (RFC 8446 7.3).
struct Half {
    label: &'static str,
    secret: [u8; 32],
    aead: Aes128Gcm,
    iv: [u8; 12],
    /// Records sealed so far.
    count: u64,
}

impl Half {
    fn new(label: &'static str, secret: [u8; 32]) -> Self {
        let (mut key, mut iv) = ([0; 16], [0; 12]);
        expand(&secret, "key", &mut key);
        expand(&secret, "iv", &mut iv);
        Self { label, secret, aead: Aes128Gcm::new(&key.into()), iv, count: 0 }
    }

    /// A record of that type (RFC 8446 5.2).
    fn seal(&mut self, content: u8, bytes: &[u8]) -> Vec<u8> {
        let mut body = [bytes, &[content]].concat();
        let len = u16::try_from(body.len() + 16).expect("a short record").to_be_bytes();
        let mut nonce = self.iv;
        nonce.iter_mut().rev().zip(self.count.to_le_bytes()).for_each(|(byte, of)| *byte ^= of);
        self.count += 1;
        let aad = [DATA, 3, 3, len[0], len[1]];
        let buffer = InOutBuf::from(&mut body[..]);
        let tag = self.aead.encrypt_inout_detached(&nonce.into(), &aad, buffer).expect("a short record");
        body.extend(tag);
        record(DATA, &body)
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 7.1).
fn expand(secret: &[u8], label: &str, out: &mut [u8]) {
    let len = u16::try_from(out.len()).expect("short").to_be_bytes();
    let label = format!("tls13 {label}");
    let info = [&len[..], &[label.len() as u8], label.as_bytes(), &[0]].concat();
    Hkdf::<Sha256>::from_prk(secret).expect("32 bytes").expand(&info, out).expect("short");
}

/// A conversation under TLS so far.
pub struct Sealed {
    /// What TCP carries of it.
    pub talk: Talk,
    noise: Rng,
    random: [u8; 32],
    /// Client and server, of the handshake and behind it.
    handshake: [Half; 2],
    traffic: [Half; 2],
}

impl Sealed {
    /// Nothing is sent yet. Secrets follow from `seed`.
    pub fn new(talk: Talk, seed: u64) -> Self {
        let mut noise = Rng::new(seed);
        let random = noise.bytes();
        let mut half = |label| Half::new(label, noise.bytes());
        let handshake = [half("CLIENT_HANDSHAKE_TRAFFIC_SECRET"), half("SERVER_HANDSHAKE_TRAFFIC_SECRET")];
        let traffic = [half("CLIENT_TRAFFIC_SECRET_0"), half("SERVER_TRAFFIC_SECRET_0")];
        Self { talk, noise, random, handshake, traffic }
    }

    /// TCP, and the handshake of TLS, for HTTP/1.1.
    pub fn connect(&mut self) -> &mut Self {
        self.connect_for("http/1.1")
    }

    /// The same for a protocol.
    pub fn connect_for(&mut self, protocol: &str) -> &mut Self {
        self.talk.connect();
        let hello = client_hello(self.random, true, &format!("alpn {protocol}"));
        self.talk.bytes(Client, &hello);

        let mut body = vec![3, 3];
        body.extend(self.noise.bytes::<32>());
        // No session; AES-128-GCM with SHA-256; no compression; the version is in an extension.
        body.extend([0, 0x13, 0x01, 0]);
        body.extend(listed(&extension(43, &[3, 4])));
        let mut flight = [record(HANDSHAKE, &message(2, &body)), record(20, &[1])].concat();
        let alpn = listed(&extension(16, &listed(&[&[protocol.len() as u8], protocol.as_bytes()].concat())));
        let certificate = self.noise.bytes::<400>();
        for (kind, body) in [(8, &alpn[..]), (11, &certificate), (15, &certificate[..72]), (20, &[7; 32])] {
            flight.extend(self.handshake[1].seal(HANDSHAKE, &message(kind, body)));
        }
        self.talk.bytes(Server, &flight);

        let finished = self.handshake[0].seal(HANDSHAKE, &message(20, &[8; 32]));
        self.talk.bytes(Client, &[record(20, &[1]), finished].concat());
        self
    }

    /// The same, and a plain upgrade inside.
    pub fn open(&mut self) -> &mut Self {
        self.connect();
        let mut upgrade = self.talk.upgrade();
        upgrade.host = HOST.to_owned();
        self.bytes(Client, &upgrade.request()).bytes(Server, &upgrade.response())
    }

    /// A frame, in a record of its own.
    pub fn send(&mut self, from: Side, frame: Frame) -> &mut Self {
        let bytes = self.talk.encode(from, &frame);
        self.bytes(from, &bytes)
    }

    /// A record of application data.
    pub fn bytes(&mut self, from: Side, bytes: &[u8]) -> &mut Self {
        self.record(from, DATA, bytes)
    }

    /// The alert that ends a direction in good order.
    pub fn close_notify(&mut self, from: Side) -> &mut Self {
        self.record(from, ALERT, &[1, 0])
    }

    fn record(&mut self, from: Side, content: u8, bytes: &[u8]) -> &mut Self {
        let half = &mut self.traffic[usize::from(from == Server)];
        let record = half.seal(content, bytes);
        self.talk.bytes(from, &record);
        self
    }

    /// Its secrets in hex.
    pub fn secrets(&self) -> Vec<String> {
        self.handshake.iter().chain(&self.traffic).map(|half| hex(&half.secret)).collect()
    }

    /// Its secrets as bytes.
    pub fn raw_secrets(&self) -> Vec<[u8; 32]> {
        self.handshake.iter().chain(&self.traffic).map(|half| half.secret).collect()
    }

    /// Its key log (RFC 9850).
    pub fn key_log(&self) -> String {
        let halves = self.handshake.iter().chain(&self.traffic);
        halves.map(|half| format!("{} {} {}\n", half.label, hex(&self.random), hex(&half.secret))).collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A pcapng that has a key log inside, in a Decryption Secrets Block before the packets.
pub fn with_keys(packets: &[TestPacket], key_log: &str) -> Vec<u8> {
    let e = u32::to_le_bytes;
    let packets: Vec<_> = packets.iter().map(|packet| (0, packet.clone())).collect();
    let mut file = pcapng(Endian::Little, &[Interface::new("eth0", LinkType::ETHERNET)], &packets);
    let mut body = [&e(0x544c_534b)[..], &e(key_log.len() as u32), key_log.as_bytes()].concat();
    body.resize(body.len().next_multiple_of(4), 0);
    let total = e(body.len() as u32 + 12);
    // Behind the Section Header Block.
    file.splice(28..28, [&e(10)[..], &total, &body, &total].concat());
    file
}
