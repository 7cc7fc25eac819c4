//! One connection of a profile: what it says, and how it ends.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::{Compress, Compression, FlushCompress};

use super::super::conversation::{Client, Server, Side, Talk, TestPacket};
use super::super::frame::Frame;
use super::super::rng::Rng;
use super::super::transform::{duplicate, over_ip, reorder};
use super::super::upgrade::{Upgrade, refusal};
use super::material::Material;

/// Bytes that a packet takes beside its payload: its record, Ethernet, IPv4, TCP.
const AROUND: usize = 16 + 14 + 20 + 20;
/// Bytes of a stream after which the receiver acknowledges: two segments.
const ACKNOWLEDGED: usize = 2 * 1_440;

pub(super) const USER_AGENTS: [&str; 4] = [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Python/3.11 websockets/12.0",
    "okhttp/4.12.0",
];

/// What a connection is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// Short texts both ways, with Pings and some fragments.
    Chat,
    /// Binary messages of 1 KiB to 64 KiB, most of them the server's.
    Bulk,
    /// Records in permessage-deflate, both sides keeping their context.
    Feed,
    /// Pings, and hardly anything else.
    Idle,
    /// A short opening handshake, few texts, and the end.
    Short,
    /// An upgrade that is refused.
    Refused,
    /// Requests and responses that ask for no upgrade.
    Http,
    /// Records of TLS, whose keys nobody has.
    Tls,
    /// Chats on streams of HTTP/2, side by side, with ordinary requests between.
    Http2,
}

/// A message, or what comes in place of one.
#[derive(Clone, Copy)]
enum Message {
    Chat,
    ChatInPieces,
    Bulk,
    BulkInPieces,
    Feed,
    FeedInPieces,
    Bits,
    Empty,
    Ping,
}

impl Use {
    /// Bytes it takes beside the others'.
    pub const fn weight(self) -> usize {
        match self {
            Self::Bulk => 240,
            Self::Idle | Self::Refused => 1,
            _ => 20,
        }
    }

    /// What is sent, in so many of a hundred cases.
    const fn messages(self) -> &'static [(Message, usize)] {
        use Message::{Bits, Bulk, BulkInPieces, Chat, ChatInPieces, Empty, Feed, FeedInPieces, Ping};
        match self {
            Self::Bulk => &[(Bulk, 86), (BulkInPieces, 10), (Ping, 2), (Chat, 2)],
            Self::Feed => &[(Feed, 80), (Chat, 10), (FeedInPieces, 5), (Ping, 3), (Bits, 2)],
            Self::Idle => &[(Ping, 90), (Chat, 10)],
            Self::Short => &[(Chat, 90), (Ping, 8), (ChatInPieces, 2)],
            _ => &[(Chat, 84), (Ping, 8), (ChatInPieces, 4), (Bits, 3), (Empty, 1)],
        }
    }

    /// In how many of a hundred cases the client sends; in how many a message is followed by another in the same
    /// segment; and milliseconds between two turns.
    const fn habits(self) -> (usize, usize, usize) {
        match self {
            Self::Bulk => (30, 30, 4),
            Self::Feed => (40, 20, 30),
            Self::Idle => (30, 0, 1_000),
            Self::Short => (50, 10, 150),
            _ => (50, 15, 60),
        }
    }
}

/// How a connection comes to be what it is, beside its use.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Its number, which its addresses are made of.
    pub n: usize,
    /// Milliseconds until it begins.
    pub after_ms: usize,
    /// Bytes of the capture it fills, about.
    pub bytes: usize,
    /// Of a hundred, those that do not end by a Close 1000.
    pub abrupt: usize,
    /// Segments out of order and sent again.
    pub impaired: bool,
    /// Over IPv6.
    pub v6: bool,
}

/// A conversation as it grows.
pub(super) struct Partners<'a> {
    pub(super) conversation: Talk,
    pub(super) rng: Rng,
    pub(super) material: &'a Material,
    used_for: Use,
    /// Bytes in the capture so far.
    pub(super) bytes: usize,
    /// Whoever compresses, by the side.
    deflate: Option<[Deflate; 2]>,
}

/// The packets of a connection.
pub fn packets(material: &Material, used_for: Use, manner: Manner) -> Vec<TestPacket> {
    let Manner { n, after_ms, bytes, abrupt, impaired, v6 } = manner;
    let mut rng = Rng::new(n as u64);
    let host = n % 20_000;
    let client = format!("10.1.{}.{}:{}", host >> 8, host & 255, 20_000 + n / 20_000 * 100 + rng.below(100));
    let port = if rng.percent(60) { 80 } else { 8_080 };
    let conversation = Talk::new(&client, &format!("198.51.100.{}:{port}", 1 + n % 20))
        .with_isns(rng.word() as u32, rng.word() as u32);
    let mut talk = Partners { conversation, rng, material, used_for, bytes: 0, deflate: None };
    talk.conversation.pause(after_ms as i64).connect();
    match used_for {
        Use::Refused => talk.refused(),
        Use::Http => talk.http(bytes),
        Use::Tls => talk.tls(bytes),
        Use::Http2 => talk.http2(bytes, abrupt),
        _ => talk.websocket(bytes, abrupt),
    }
    let mut packets = talk.conversation.packets();
    if impaired {
        packets = duplicate(&reorder(&packets, 3, n as u64), 20, n as u64);
    }
    if v6 { over_ip(&packets, true) } else { packets }
}

impl Partners<'_> {
    fn websocket(&mut self, bytes: usize, abrupt: usize) {
        let upgrade = self.upgrade();
        self.say(Client, &upgrade.request());
        self.think(20);
        self.say(Server, &upgrade.response());
        let (by_client, batch, pause) = self.used_for.habits();
        while self.bytes == 0 || self.bytes + 700 < bytes {
            self.think(pause);
            let from = if self.rng.percent(by_client) { Client } else { Server };
            let mut pings = Vec::new();
            let mut sent = self.message(from, &mut pings);
            while self.rng.percent(batch) {
                sent.extend(self.message(from, &mut pings));
            }
            self.say(from, &sent);
            for payload in pings {
                let pong = self.conversation.encode(from.peer(), &Frame::pong(payload));
                self.say(from.peer(), &pong);
            }
        }
        self.think(pause);
        self.end(abrupt);
    }

    /// The opening handshake, with what browsers and libraries put into it.
    fn upgrade(&mut self) -> Upgrade {
        let mut upgrade = self.conversation.upgrade();
        upgrade.target = format!("/ws/{:?}/{:x}", self.used_for, self.rng.below(1 << 24)).to_lowercase();
        if self.used_for == Use::Feed {
            self.deflate = Some([(); 2].map(|()| Deflate::new(if self.rng.percent(50) { 1 } else { 6 })));
            upgrade = upgrade.compressed();
        }
        if self.used_for == Use::Short {
            return upgrade;
        }
        let origin = format!("http://{}", upgrade.host);
        upgrade = upgrade.ask("User-Agent", USER_AGENTS[self.rng.below(4)]).ask("Origin", &origin);
        upgrade = upgrade.ask("Pragma", "no-cache").ask("Cache-Control", "no-cache");
        if self.rng.percent(40) {
            let len = self.rng.between(20, 600);
            let session = STANDARD.encode(self.material.bytes(&mut self.rng, len));
            upgrade = upgrade.ask("Cookie", &format!("session={session}"));
        }
        if self.rng.percent(30) {
            let name = "Sec-WebSocket-Protocol";
            upgrade = upgrade.ask(name, "v1.json, v2.json").answer(name, "v2.json");
        }
        if self.deflate.is_none() && self.rng.percent(30) {
            // Offered, not taken.
            upgrade = upgrade.ask("Sec-WebSocket-Extensions", "permessage-deflate; client_max_window_bits");
        }
        upgrade
    }

    /// The frames of a message, and into `pings` what its sender wants to see again.
    pub(super) fn message(&mut self, from: Side, pings: &mut Vec<Vec<u8>>) -> Vec<u8> {
        let (rng, material) = (&mut self.rng, self.material);
        let (frame, pieces) = match rng.pick(self.used_for.messages()) {
            Message::Chat => (Frame::text(material.chat(rng, 50, 400)), 1),
            Message::ChatInPieces => (Frame::text(material.chat(rng, 100, 400)), rng.between(2, 5)),
            Message::Bulk => {
                let len = spread(rng, 1_024, 6);
                (Frame::binary(material.bytes(rng, len)), 1)
            }
            Message::BulkInPieces => {
                let len = spread(rng, 4_096, 4);
                (Frame::binary(material.bytes(rng, len)), rng.between(2, 8))
            }
            Message::Feed => {
                let len = spread(rng, 200, 5);
                (Frame::text(material.feed(rng, len)), 1)
            }
            Message::FeedInPieces => {
                let len = spread(rng, 1_000, 4);
                (Frame::text(material.feed(rng, len)), rng.between(2, 6))
            }
            Message::Bits => {
                let len = spread(rng, 8, 5);
                (Frame::binary(material.bytes(rng, len)), 1)
            }
            Message::Empty => (Frame::text(""), 1),
            Message::Ping => return self.ping(from, pings),
        };
        self.data(from, frame, pieces, pings)
    }

    fn ping(&mut self, from: Side, pings: &mut Vec<Vec<u8>>) -> Vec<u8> {
        let len = [0, 4, 8, 8, 125][self.rng.below(5)];
        let payload = self.material.bytes(&mut self.rng, len).to_vec();
        let frame = Frame::ping(payload.clone());
        pings.push(payload);
        self.conversation.encode(from, &frame)
    }

    /// A message in so many fragments, Pings between some of them.
    fn data(&mut self, from: Side, whole: Frame, pieces: usize, pings: &mut Vec<Vec<u8>>) -> Vec<u8> {
        let Frame { opcode, mut payload, .. } = whole;
        let mut rsv = 0;
        if let Some(deflate) = &mut self.deflate
            && !payload.is_empty()
            && self.rng.percent(92)
        {
            payload = deflate[usize::from(from == Server)].message(&payload);
            rsv = 4;
        }
        let mut cuts: Vec<usize> = (1..pieces).map(|_| self.rng.between(0, payload.len())).collect();
        cuts.sort_unstable();
        cuts.push(payload.len());
        let (mut bytes, mut start) = (Vec::new(), 0);
        for (n, &end) in cuts.iter().enumerate() {
            let mut frame = Frame::new(if n == 0 { opcode } else { 0 }, &payload[start..end]);
            frame.rsv = if n == 0 { rsv } else { 0 };
            frame.fin = n + 1 == cuts.len();
            bytes.extend(self.conversation.encode(from, &frame));
            if !frame.fin && self.rng.percent(20) {
                bytes.extend(self.ping(from, pings));
            }
            start = end;
        }
        bytes
    }

    /// Both Closes and the server's end of TCP first (RFC 6455 7.1.1), or in so many of a hundred cases less than that.
    fn end(&mut self, abrupt: usize) {
        let (first, how) = (if self.rng.percent(60) { Client } else { Server }, self.rng.below(5));
        let close = |code| Frame::close(code, "");
        let frame = match (self.rng.percent(abrupt), how) {
            (false, _) => Frame::close(1000, ["", "", "bye", "going away", "done"][how]),
            (true, 0 | 1) => close(1001),
            (true, 2) => Frame::close(1002, "protocol error"),
            (true, _) => {
                if self.rng.percent(50) {
                    let len = self.rng.between(200, 4_000);
                    let frame = Frame::binary(self.material.bytes(&mut self.rng, len));
                    let cut = self.conversation.encode(first, &frame);
                    let len = self.rng.between(1, cut.len() - 1);
                    self.say(first, &cut[..len]);
                }
                match how {
                    3 => self.conversation.end_tcp(first),
                    _ => self.conversation.reset(first),
                };
                return;
            }
        };
        let code = u16::from_be_bytes([frame.payload[0], frame.payload[1]]);
        for (from, frame) in [(first, frame), (first.peer(), close(code))] {
            let bytes = self.conversation.encode(from, &frame);
            self.say(from, &bytes);
        }
        self.conversation.end_tcp(Server);
    }

    fn refused(&mut self) {
        let upgrade = self.conversation.upgrade();
        self.say(Client, &upgrade.request());
        self.think(20);
        self.say(Server, &refusal("403 Forbidden", "not from there\n"));
        self.conversation.end_tcp(Server);
    }

    fn http(&mut self, bytes: usize) {
        while self.bytes < bytes {
            self.think(100);
            let path = self.rng.below(1 << 24);
            let request = format!(
                "GET /a/{path:x}.js HTTP/1.1\r\nHost: h.example.com\r\nUser-Agent: {}\r\nAccept: */*\r\n\r\n",
                USER_AGENTS[0]
            );
            self.say(Client, request.as_bytes());
            self.think(40);
            let len = self.rng.between(500, 20_000);
            let mut response = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: {len}\r\n\r\n"
            )
            .into_bytes();
            response.extend(self.material.bytes(&mut self.rng, len));
            self.say(Server, &response);
        }
        self.conversation.end_tcp(Client);
    }

    fn tls(&mut self, bytes: usize) {
        // ClientHello and ServerHello, then application data.
        for (from, start, len) in [
            (Client, [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc], 507),
            (Server, [0x16, 3, 3, 0, 0x7a, 2, 0, 0, 0x76], 117),
        ] {
            let record = [&start, self.material.bytes(&mut self.rng, len)].concat();
            self.say(from, &record);
        }
        while self.bytes < bytes {
            self.think(100);
            let from = if self.rng.percent(25) { Client } else { Server };
            let len = self.rng.between(40, 16_000);
            let [high, low] = (len as u16).to_be_bytes();
            let record = [&[0x17, 3, 3, high, low], self.material.bytes(&mut self.rng, len)].concat();
            self.say(from, &record);
        }
        self.conversation.end_tcp(Client);
    }

    /// Sends bytes, which the other side acknowledges, with what it sends next or before.
    pub(super) fn say(&mut self, from: Side, bytes: &[u8]) {
        let mut pieces = bytes.chunks(ACKNOWLEDGED).peekable();
        while let Some(piece) = pieces.next() {
            self.conversation.bytes(from, piece);
            self.bytes += piece.len() + piece.len().div_ceil(ACKNOWLEDGED / 2) * AROUND;
            let alone = if self.used_for == Use::Short { 30 } else { 70 };
            if pieces.peek().is_some() || self.rng.percent(alone) {
                self.conversation.ack(from.peer());
                self.bytes += AROUND;
            }
        }
    }

    /// Time goes by: so many milliseconds on average.
    pub(super) fn think(&mut self, ms: usize) {
        let ms = self.rng.between(0, 2 * ms);
        self.conversation.pause(ms as i64);
    }
}

/// A length from `low` up to `low << doublings`, each doubling as likely as the others.
fn spread(rng: &mut Rng, low: usize, doublings: usize) -> usize {
    let low = low << rng.below(doublings);
    rng.between(low, 2 * low)
}

/// One direction's compressor, which keeps its context.
struct Deflate(Compress);

impl Deflate {
    fn new(level: u32) -> Self {
        Self(Compress::new(Compression::new(level), false))
    }

    /// The payload of a message (RFC 7692 7.2.1).
    fn message(&mut self, message: &[u8]) -> Vec<u8> {
        let mut payload = Vec::with_capacity(message.len() + message.len() / 8 + 64);
        let before = self.0.total_in();
        self.0.compress_vec(message, &mut payload, FlushCompress::Sync).expect("it compresses");
        assert_eq!(self.0.total_in() - before, message.len() as u64, "all of the message");
        let without_tail = payload.strip_suffix(&[0, 0, 0xff, 0xff]).expect("an empty stored block").len();
        payload.truncate(without_tail);
        payload
    }
}
