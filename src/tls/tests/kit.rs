//! Writes TLS connections with keys of its own, and reads them.

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeEncrypt, KeyIvInit};
use aes_gcm::AeadInOut;
use aes_gcm::aead::inout::InOutBuf;

use crate::limits::Limits;
use crate::model::{
    Carrier, CipherSuite, Direction, GapCause, PacketNo, PerDirection, StreamEnd, StreamEvent, Timestamp,
    TlsFacts, TlsVersion, Weirds,
};
use crate::tls::crypt::{Aead, Opener, Suite, additional};
use crate::tls::record::{ContentType, Header};
use crate::tls::schedule::Material;
use crate::tls::{Keys, Origin, Status, Tls};

pub(super) use Direction::{Orig as C, Resp as S};

impl Aead {
    fn seal(&self, nonce: [u8; 12], aad: &[u8], text: &[u8]) -> Vec<u8> {
        let mut body = text.to_vec();
        let buffer = InOutBuf::from(&mut body[..]);
        let tag = match self {
            Self::Aes128(aead) => aead.encrypt_inout_detached(&nonce.into(), aad, buffer),
            Self::Aes256(aead) => aead.encrypt_inout_detached(&nonce.into(), aad, buffer),
            Self::ChaCha(aead) => aead.encrypt_inout_detached(&nonce.into(), aad, buffer),
        }
        .expect("short enough");
        body.extend_from_slice(&tag);
        body
    }
}

/// A record.
pub(super) fn record(content: ContentType, body: &[u8]) -> Vec<u8> {
    let header = Header { content, version: 0x0303, len: body.len() as u16 };
    [&header.bytes(), body].concat()
}

impl Opener {
    /// The opposite of [`Opener::open`].
    pub(super) fn seal(&self, number: u64, content: ContentType, text: &[u8], padding: usize) -> Vec<u8> {
        let plain = Header { content, version: 0x0303, len: 0 };
        match self {
            Self::Xored { aead, iv, inner_type } => {
                let mut nonce = iv.0;
                for (byte, number) in nonce.iter_mut().rev().zip(number.to_le_bytes()) {
                    *byte ^= number;
                }
                if *inner_type {
                    let text = [text, &[content.0], &vec![0; padding]].concat();
                    let header = Header {
                        content: ContentType::APPLICATION_DATA,
                        version: 0x0303,
                        len: text.len() as u16 + 16,
                    };
                    record(ContentType::APPLICATION_DATA, &aead.seal(nonce, &header.bytes(), &text))
                } else {
                    record(content, &aead.seal(nonce, &additional(number, plain, text.len()), text))
                }
            }
            Self::Explicit { aead, salt } => {
                let explicit = (number ^ 0x5555).to_be_bytes();
                let nonce = [&salt.0[..], &explicit].concat().try_into().expect("12 bytes");
                let sealed = aead.seal(nonce, &additional(number, plain, text.len()), text);
                record(content, &[&explicit[..], &sealed].concat())
            }
            Self::Cbc { key, mac_key, hash, encrypt_then_mac } => {
                let mac = |text: &[u8]| {
                    let mut tag = vec![0; hash.len()];
                    hash.hmac(mac_key, &[&additional(number, plain, text.len()), text], &mut tag);
                    tag
                };
                let mut padded = text.to_vec();
                if !encrypt_then_mac {
                    padded.extend(mac(text));
                }
                let short = 15 - padded.len() % 16 + 16 * padding;
                padded.extend(vec![short as u8; short + 1]);
                let iv = [number as u8 ^ 0x33; 16];
                let len = padded.len();
                match key.len() {
                    16 => cbc::Encryptor::<aes::Aes128>::new_from_slices(key, &iv)
                        .expect("lengths")
                        .encrypt_padded::<NoPadding>(&mut padded, len),
                    _ => cbc::Encryptor::<aes::Aes256>::new_from_slices(key, &iv)
                        .expect("lengths")
                        .encrypt_padded::<NoPadding>(&mut padded, len),
                }
                .expect("whole blocks");
                let mut body = [&iv[..], &padded].concat();
                if *encrypt_then_mac {
                    body.extend(mac(&body));
                }
                record(content, &body)
            }
        }
    }
}

/// An event that owns its bytes.
#[derive(Clone, Debug)]
pub(super) enum Event {
    Data(Direction, Vec<u8>, Carrier),
    Gap(Direction, u64, Carrier),
    Acked(Direction, u64, Carrier),
    End(Direction, StreamEnd, Carrier),
}

/// What opens a direction next.
struct Writer {
    opener: Opener,
    number: u64,
    secret: Option<Material>,
}

/// What a connection settles.
#[derive(Clone, Debug)]
pub(super) struct Settled {
    pub(super) suite: u16,
    pub(super) version: TlsVersion,
    pub(super) encrypt_then_mac: bool,
    pub(super) sni: Option<&'static str>,
    pub(super) alpn: Option<&'static str>,
    /// The server goes on from an earlier session.
    pub(super) resumed: bool,
    pub(super) early_data: bool,
}

impl Settled {
    pub(super) fn new(suite: u16) -> Self {
        let version = if suite >> 8 == 0x13 { TlsVersion::TLS_1_3 } else { TlsVersion::TLS_1_2 };
        Self {
            suite,
            version,
            encrypt_then_mac: false,
            sni: Some("example.org"),
            alpn: Some("http/1.1"),
            resumed: false,
            early_data: false,
        }
    }

    pub(super) fn is_13(&self) -> bool {
        self.version == TlsVersion::TLS_1_3
    }
}

/// A connection that is written.
pub(super) struct Scene {
    pub(super) settled: Settled,
    pub(super) events: Vec<Event>,
    pub(super) log: Vec<String>,
    pub(super) packet: u64,
    pub(super) sent: PerDirection<u64>,
    writers: PerDirection<Option<Writer>>,
    next: PerDirection<Option<Writer>>,
    handshakes: u8,
}

fn sized(bytes: &[u8], width: usize) -> Vec<u8> {
    let len = (bytes.len() as u64).to_be_bytes();
    [&len[8 - width..], bytes].concat()
}

pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind][..], &sized(body, 3)].concat()
}

fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &sized(data, 2)].concat()
}

fn alpn(name: &str) -> Vec<u8> {
    extension(16, &sized(&sized(name.as_bytes(), 1), 2))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Scene {
    pub(super) fn new(settled: Settled) -> Self {
        Self {
            settled,
            events: Vec::new(),
            log: Vec::new(),
            packet: 0,
            sent: PerDirection::default(),
            writers: PerDirection::default(),
            next: PerDirection::default(),
            handshakes: 0,
        }
    }

    fn randoms(&self) -> ([u8; 32], [u8; 32]) {
        ([0xc0 + self.handshakes; 32], [0x50 + self.handshakes; 32])
    }

    /// A carrier of the next packet, which acknowledges all that the peer has sent.
    pub(super) fn carrier(&mut self, by: Direction) -> Carrier {
        self.packet += 1;
        let at = Some(Timestamp(self.packet as i64 * 1_000));
        Carrier { packet: PacketNo(self.packet), at, acked: Some(self.sent[by.flip()]) }
    }

    /// A segment.
    pub(super) fn segment(&mut self, by: Direction, bytes: &[u8]) -> &mut Self {
        let carrier = self.carrier(by);
        self.sent[by] += bytes.len() as u64;
        self.events.push(Event::Data(by, bytes.to_vec(), carrier));
        self
    }

    /// A segment that is lost.
    pub(super) fn missing(&mut self, by: Direction, len: usize) -> &mut Self {
        let carrier = self.carrier(by);
        self.sent[by] += len as u64;
        self.events.push(Event::Gap(by, len as u64, carrier));
        self
    }

    /// The peer of `of` acknowledges all.
    pub(super) fn ack(&mut self, of: Direction) -> &mut Self {
        let mut carrier = self.carrier(of.flip());
        carrier.acked = Some(self.sent[of]);
        self.events.push(Event::Acked(of, self.sent[of], carrier));
        self
    }

    pub(super) fn end(&mut self, by: Direction, how: StreamEnd) -> &mut Self {
        let carrier = self.carrier(by);
        self.events.push(Event::End(by, how, carrier));
        self
    }

    /// A record under the keys of a direction, or in the open while there are none.
    pub(super) fn sealed(
        &mut self,
        by: Direction,
        content: ContentType,
        text: &[u8],
        padding: usize,
    ) -> Vec<u8> {
        match &mut self.writers[by] {
            Some(writer) => {
                writer.number += 1;
                writer.opener.seal(writer.number - 1, content, text, padding)
            }
            None => record(content, text),
        }
    }

    /// Application data in a record, in a segment.
    pub(super) fn send(&mut self, by: Direction, text: &str) -> &mut Self {
        let record = self.data(by, text);
        self.segment(by, &record)
    }

    /// A record of application data.
    pub(super) fn data(&mut self, by: Direction, text: &str) -> Vec<u8> {
        self.sealed(by, ContentType::APPLICATION_DATA, text.as_bytes(), 0)
    }

    pub(super) fn handshake_record(&mut self, by: Direction, message: &[u8]) -> Vec<u8> {
        self.sealed(by, ContentType::HANDSHAKE, message, 0)
    }

    pub(super) fn alert(&mut self, by: Direction, level: u8, description: u8) -> &mut Self {
        let record = self.sealed(by, ContentType::ALERT, &[level, description], 0);
        self.segment(by, &record)
    }

    pub(super) fn client_hello(&self) -> Vec<u8> {
        let Settled { suite, sni, alpn: protocol, early_data, resumed, .. } = self.settled;
        let mut extensions = Vec::new();
        if let Some(name) = sni {
            let name = [&[0][..], &sized(name.as_bytes(), 2)].concat();
            extensions.extend(extension(0, &sized(&name, 2)));
        }
        if let Some(name) = protocol {
            extensions.extend(alpn(name));
        }
        if self.settled.is_13() {
            // GREASE among the versions.
            extensions.extend(extension(43, &[6, 0x6a, 0x6a, 3, 4, 3, 3]));
        } else {
            extensions.extend(extension(35, if resumed { &[1, 2, 3] } else { &[] }));
        }
        if early_data {
            extensions.extend(extension(42, &[]));
        }
        if resumed && self.settled.is_13() {
            extensions.extend(extension(41, &[0; 40]));
        }
        let session_id = [7; 32];
        let body = [
            &[3, 3][..],
            &self.randoms().0,
            &sized(&session_id, 1),
            &sized(&[&[0x0a, 0x0a][..], &suite.to_be_bytes()].concat(), 2),
            &sized(&[0], 1),
            &sized(&extensions, 2),
        ];
        message(1, &body.concat())
    }

    pub(super) fn server_hello(&self) -> Vec<u8> {
        let Settled { suite, alpn: protocol, encrypt_then_mac, resumed, .. } = self.settled;
        let mut extensions = Vec::new();
        if self.settled.is_13() {
            extensions.extend(extension(43, &[3, 4]));
            if resumed {
                extensions.extend(extension(41, &[0, 0]));
            }
        } else if let Some(name) = protocol {
            extensions.extend(alpn(name));
        }
        if encrypt_then_mac {
            extensions.extend(extension(22, &[]));
        }
        let session_id: &[u8] = if self.settled.is_13() || resumed { &[7; 32] } else { &[] };
        let body = [
            &[3, 3][..],
            &self.randoms().1,
            &sized(session_id, 1),
            &suite.to_be_bytes(),
            &[0],
            &sized(&extensions, 2),
        ];
        message(2, &body.concat())
    }

    fn suite(&self) -> Suite {
        let Settled { suite, version, encrypt_then_mac, .. } = self.settled;
        Suite::of(CipherSuite(suite), version, encrypt_then_mac).expect("one that is opened")
    }

    /// The keys of the next handshake, which go to the log.
    pub(super) fn keys(&mut self) {
        let suite = self.suite();
        let (client, server) = self.randoms();
        if self.settled.is_13() {
            let len = if self.settled.suite == 0x1302 { 48 } else { 32 };
            let labels = [
                ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", C, true),
                ("SERVER_HANDSHAKE_TRAFFIC_SECRET", S, true),
                ("CLIENT_TRAFFIC_SECRET_0", C, false),
                ("SERVER_TRAFFIC_SECRET_0", S, false),
            ];
            for (n, (label, dir, is_first)) in labels.into_iter().enumerate() {
                let secret = vec![0x10 * (n as u8 + 1); len];
                self.log.push(format!("{label} {} {}", hex(&client), hex(&secret)));
                let opener = suite.opener_13(&secret).expect("a secret of the right length");
                let writer = Some(Writer { opener, number: 0, secret: Some(Material::new(secret)) });
                if is_first {
                    self.writers[dir] = writer;
                } else {
                    self.next[dir] = writer;
                }
            }
        } else {
            let master = [0x77 + self.handshakes; 48];
            self.log.push(format!("CLIENT_RANDOM {} {}", hex(&client), hex(&master)));
            let [of_client, of_server] = suite.openers_12(&master, &client, &server).expect("keys");
            let writer = |opener| Some(Writer { opener, number: 0, secret: None });
            self.next = PerDirection { orig: writer(of_client), resp: writer(of_server) };
        }
    }

    /// The keys of what follows are used from here on.
    pub(super) fn switch(&mut self, by: Direction) {
        self.writers[by] = self.next[by].take();
    }

    /// KeyUpdate of a side, and its next keys.
    pub(super) fn key_update(&mut self, by: Direction) -> &mut Self {
        let record = self.handshake_record(by, &message(24, &[0]));
        let suite = self.suite();
        let writer = self.writers[by].as_mut().expect("keys");
        let secret = suite.next_secret(writer.secret.as_ref().expect("a secret")).expect("the next");
        *writer = Writer { opener: suite.opener_13(&secret).expect("keys"), number: 0, secret: Some(secret) };
        self.segment(by, &record)
    }

    /// In TLS 1.3 both sides change their keys.
    pub(super) fn key_update_if_it_can(&mut self) -> &mut Self {
        if self.settled.is_13() { self.key_update(C).key_update(S) } else { self }
    }

    /// ChangeCipherSpec, and the keys that follow it; Finished.
    pub(super) fn change_and_finish(&mut self, by: Direction) -> Vec<u8> {
        let mut flight = self.sealed(by, ContentType::CHANGE_CIPHER_SPEC, &[1], 0);
        self.switch(by);
        flight.extend(self.handshake_record(by, &message(20, &[9; 12])));
        flight
    }

    /// The whole handshake.
    pub(super) fn handshake(&mut self) -> &mut Self {
        let hello = self.client_hello();
        let hello = self.handshake_record(C, &hello);
        self.segment(C, &hello);
        self.answer()
    }

    /// What follows the client's hello.
    pub(super) fn answer(&mut self) -> &mut Self {
        let hello = self.server_hello();
        let mut flight = self.handshake_record(S, &hello);
        self.keys();
        let certificate = message(11, &[&[0; 2][..], &[7; 700]].concat());
        if self.settled.is_13() {
            flight.extend(record(ContentType::CHANGE_CIPHER_SPEC, &[1]));
            let mut extensions = self.settled.alpn.map_or_else(Vec::new, alpn);
            if self.settled.early_data {
                extensions.extend(extension(42, &[]));
            }
            let certificate = message(11, &[&[0, 0, 1][..], &[7; 700]].concat());
            let messages = [message(8, &sized(&extensions, 2)), certificate, message(20, &[9; 32])].concat();
            // Messages over the border of records.
            let (one, two) = messages.split_at(300);
            flight.extend(self.handshake_record(S, one));
            flight.extend(self.handshake_record(S, two));
            self.switch(S);
            self.segment(S, &flight);
            let mut flight = record(ContentType::CHANGE_CIPHER_SPEC, &[1]);
            flight.extend(self.handshake_record(C, &message(20, &[9; 32])));
            self.switch(C);
            self.segment(C, &flight);
            let ticket = self.handshake_record(S, &message(4, &[6; 180]));
            self.segment(S, &ticket);
        } else if self.settled.resumed {
            flight.extend(self.change_and_finish(S));
            self.segment(S, &flight);
            let flight = self.change_and_finish(C);
            self.segment(C, &flight);
        } else {
            let messages = [certificate, message(12, &[5; 200]), message(14, &[])].concat();
            flight.extend(self.handshake_record(S, &messages));
            self.segment(S, &flight);
            let mut flight = self.handshake_record(C, &message(16, &[4; 66]));
            flight.extend(self.change_and_finish(C));
            self.segment(C, &flight);
            let flight = self.change_and_finish(S);
            self.segment(S, &flight);
        }
        self.handshakes += 1;
        self
    }

    /// Both sides say a word, say good-bye and end.
    pub(super) fn talk(&mut self) -> &mut Self {
        self.send(C, "ping")
            .send(S, "pong")
            .alert(C, 1, 0)
            .alert(S, 1, 0)
            .end(C, StreamEnd::Fin)
            .end(S, StreamEnd::Fin)
    }

    pub(super) fn keylog(&self) -> String {
        self.log.join("\n")
    }
}

/// What was read of a connection.
pub(super) struct Seen {
    /// What is inside, `[n]` for so many bytes that are missing.
    pub(super) inside: PerDirection<String>,
    /// All events, a line each.
    pub(super) events: Vec<String>,
    pub(super) facts: TlsFacts,
    pub(super) status: Status,
    pub(super) weirds: Vec<&'static str>,
}

/// Reads a connection as it comes.
pub(super) struct Reading {
    pub(super) tls: Tls,
    pub(super) weirds: Weirds,
    offsets: PerDirection<u64>,
    inside: PerDirection<(String, u64)>,
    events: Vec<String>,
}

impl Default for Reading {
    fn default() -> Self {
        Self {
            tls: Tls::new(),
            weirds: Weirds::default(),
            offsets: PerDirection::default(),
            inside: PerDirection::default(),
            events: Vec::new(),
        }
    }
}

fn told(inside: &mut PerDirection<(String, u64)>, events: &mut Vec<String>, event: StreamEvent<'_>) {
    let name = |dir| if dir == C { 'C' } else { 'S' };
    let acked = |carrier: Carrier| carrier.acked.map_or_else(|| "-".to_owned(), |acked| acked.to_string());
    match event {
        StreamEvent::Data { dir, offset, bytes, carrier } => {
            assert_eq!(offset, inside[dir].1, "offset of {dir:?}");
            assert!(!bytes.is_empty());
            inside[dir].1 += bytes.len() as u64;
            let text = String::from_utf8_lossy(bytes);
            inside[dir].0.push_str(&text);
            events.push(format!("{} {offset} {text} #{} ack {}", name(dir), carrier.packet, acked(carrier)));
        }
        StreamEvent::Gap { dir, offset, len, cause, carrier } => {
            assert_eq!(offset, inside[dir].1, "offset of {dir:?}");
            assert!(len > 0);
            inside[dir].1 += len;
            inside[dir].0.push_str(&format!("[{len}]"));
            events.push(format!("{} {offset} [{len} {cause:?}] #{}", name(dir), carrier.packet));
        }
        StreamEvent::Acked { dir, offset, carrier } => {
            assert!(offset <= inside[dir].1);
            events.push(format!("{} acked {offset} #{} ack {}", name(dir), carrier.packet, acked(carrier)));
        }
        StreamEvent::End { dir, how, carrier } => {
            let carrier = carrier.expect("a segment");
            events.push(format!("{} {} #{} ack {}", name(dir), how.name(), carrier.packet, acked(carrier)));
        }
        StreamEvent::Conflict { .. } => panic!("nothing is told of conflicts"),
    }
}

impl Reading {
    pub(super) fn push(&mut self, event: &Event, keys: &Keys) {
        let offset = |dir: Direction| self.offsets[dir];
        let event = match event {
            Event::Data(dir, bytes, carrier) => {
                let offset = offset(*dir);
                self.offsets[*dir] += bytes.len() as u64;
                StreamEvent::Data { dir: *dir, offset, bytes, carrier: *carrier }
            }
            Event::Gap(dir, len, carrier) => {
                let offset = offset(*dir);
                self.offsets[*dir] += len;
                let cause = GapCause::NotCaptured;
                StreamEvent::Gap { dir: *dir, offset, len: *len, cause, carrier: *carrier }
            }
            Event::Acked(dir, offset, carrier) => {
                StreamEvent::Acked { dir: *dir, offset: *offset, carrier: *carrier }
            }
            Event::End(dir, how, carrier) => {
                StreamEvent::End { dir: *dir, how: *how, carrier: Some(*carrier) }
            }
        };
        let Self { tls, weirds, inside, events, .. } = self;
        tls.push(&event, keys, &Limits::DEFAULT, weirds, &mut |event| told(inside, events, event));
    }

    pub(super) fn finish(mut self, keys: &Keys) -> Seen {
        let Self { tls, weirds, inside, events, .. } = &mut self;
        tls.finish(keys, &Limits::DEFAULT, weirds, &mut |event| told(inside, events, event));
        let PerDirection { orig, resp } = self.inside;
        Seen {
            inside: PerDirection { orig: orig.0, resp: resp.0 },
            events: self.events,
            status: self.tls.status(),
            facts: self.tls.into_facts(),
            weirds: self.weirds.as_slice().iter().map(|weird| weird.kind.name()).collect(),
        }
    }
}

pub(super) fn keys(log: &str) -> Keys {
    let mut keys = Keys::new();
    keys.add(log.as_bytes(), Origin::Keylog);
    keys
}

/// Reads what was written with the keys of a log.
pub(super) fn read(events: &[Event], log: &str) -> Seen {
    let keys = keys(log);
    let mut reading = Reading::default();
    for event in events {
        reading.push(event, &keys);
    }
    reading.finish(&keys)
}

pub(super) fn inside(seen: &Seen) -> [&str; 2] {
    [&seen.inside.orig, &seen.inside.resp]
}
