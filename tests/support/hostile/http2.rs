//! Connections of HTTP/2 that are made to hurt: known attacks, and what costs a reader more than it costs a peer.

use super::{Generator, Sink, talk};
use crate::support::conversation::{Client, Server, Side, TestPacket};
use crate::support::streams::{PREFACE, block, connect, frame_of};
use wslog::model::TcpFlags;

/// Bytes of a segment, and of one that a network card put together.
const SEGMENT: usize = 1_440;
const LARGE: usize = 60_000;

/// Streams that are followed at a time.
const STREAMS: u32 = 1_000;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Name, what its number says, and the generator.
pub const ALL: &[(&str, &str, Generator)] = &[
    ("h2-continuations", "CONTINUATION frames of one field block", |n, sink| {
        let mut flood = Flood::open(sink);
        flood.send(Client, &frame_of(1, 0, 1, b""));
        flood.many(Client, n, |_| frame_of(9, 0, 1, b"\x82"));
    }),
    ("h2-resets", "streams that are reset at once", |n, sink| {
        let mut flood = Flood::open(sink);
        flood.many(Client, n, |n| [request(odd(n)), reset(odd(n))].concat());
    }),
    ("h2-ends", "streams that both sides end, hundreds in a segment", |n, sink| {
        let mut flood = Flood::open(sink);
        flood.size = LARGE;
        for first in (0..n).step_by(500) {
            let batch = first..n.min(first + 500);
            let all = |make: fn(u32) -> Vec<u8>| batch.clone().flat_map(|n| make(odd(n))).collect::<Vec<_>>();
            flood.send(Client, &all(request));
            flood.send(Server, &all(accept));
            flood.send(Client, &all(end));
            flood.send(Server, &all(end));
        }
    }),
    ("h2-tables", "blocks of hundreds of large fields, a byte each", |n, sink| {
        let mut flood = Flood::open(sink);
        flood.send(Client, &frame_of(1, END_HEADERS | END_STREAM, 1, &large_field()));
        let block = [&[0x82, 0x86, 0x84][..], &[0xbe; 300]].concat();
        flood.many(Client, n, |n| frame_of(1, END_HEADERS | END_STREAM, odd(n + 1), &block));
    }),
    ("h2-heads", "requests for WebSocket with such fields", |n, sink| {
        let mut flood = Flood::open(sink);
        flood.send(Client, &frame_of(1, END_HEADERS | END_STREAM, 1, &large_field()));
        let block = [block(ASKS), vec![0xbe; 30]].concat();
        flood.many(Client, n, |n| [frame_of(1, END_HEADERS, odd(n + 1), &block), reset(odd(n + 1))].concat());
    }),
    ("h2-settings", "SETTINGS, with a thousand streams open", |n, sink| {
        let mut flood = Flood::with_streams(sink);
        flood.many(Server, n, |n| frame_of(4, 0, 0, &[0, 4, 0, 1, 0, n as u8]));
    }),
    ("h2-bytes", "DATA frames of a byte, in turn on a thousand streams", |n, sink| {
        let mut flood = Flood::with_streams(sink);
        flood.many(Server, n, |n| frame_of(0, 0, odd(n % u64::from(STREAMS)), b"\x81"));
    }),
    ("h2-messages", "messages of a byte, in turn on a thousand streams, a segment each", |n, sink| {
        let mut flood = Flood::with_streams(sink);
        for n in 0..n {
            flood.send(Server, &frame_of(0, 0, odd(n % u64::from(STREAMS)), b"\x81\x01a"));
        }
    }),
    ("h2-early", "DATA frames of a byte before the response, in turn on a thousand streams", |n, sink| {
        let mut flood = Flood::open(sink);
        flood.many(Client, u64::from(STREAMS), |n| request(odd(n)));
        flood.many(Client, n, |n| frame_of(0, 0, odd(n % u64::from(STREAMS)), b"\x81"));
        flood.many(Server, u64::from(STREAMS), |n| accept(odd(n)));
    }),
    (
        "h2-empty",
        "frames that carry nothing, of all kinds, on streams that there are and are not",
        |n, sink| {
            let mut flood = Flood::with_streams(sink);
            flood.many(Client, n, |n| {
                let stream = odd(n % 2_000);
                match n % 7 {
                    0 => frame_of(0, 0, stream, b""),
                    1 => frame_of(8, 0, stream, &[0, 0, 0, 1]),
                    2 => frame_of(2, 0, stream, &[0; 5]),
                    3 => frame_of(0xfa, 0, stream, b"?"),
                    4 => frame_of(6, 0, 0, &[0; 8]),
                    5 => frame_of(7, 0, 0, &[0; 8]),
                    _ => frame_of(3, 0, odd(n % 2_000 + 2_000), &[0; 4]),
                }
            });
        },
    ),
    ("h2-holes", "segments behind a hole each, with a thousand streams open", |n, sink| {
        let mut flood = Flood::with_streams(sink);
        for n in 0..n {
            let stream = odd(n % u64::from(STREAMS));
            flood.lose(Server, 20);
            flood.send(Server, &[frame_of(0, 0, stream, b"\x81\x01a"), frame_of(0, 0, stream, b"")].concat());
            flood.send(Client, b"");
        }
    }),
    ("h2-middle", "bytes behind a hole that nearly are frames, each in a segment of its own", |n, sink| {
        let mut flood = Flood::with_streams(sink);
        flood.lose(Server, 20);
        // One that two more have to follow, whose second is none.
        let nearly = [frame_of(0, 0, 4_001, b""), frame_of(0, 0, 4_001, &[0; 1_000]), vec![0xff; 9]].concat();
        for n in 0..n as usize {
            flood.send(Server, &[nearly[n % nearly.len()]]);
        }
    }),
    ("h2-others", "streams of a connection that began before, of which nothing is known", |n, sink| {
        let mut flood = Flood::unopened(sink);
        flood.many(Server, n, |n| frame_of(0, 0, odd(n), b"not a frame of WebSocket"));
    }),
];

const ASKS: &[(&str, &str)] = &[
    (":method", "CONNECT"),
    (":protocol", "websocket"),
    (":scheme", "http"),
    (":path", "/"),
    (":authority", "a"),
    ("sec-websocket-version", "13"),
];

fn odd(n: u64) -> u32 {
    2 * n as u32 + 1
}

fn request(stream: u32) -> Vec<u8> {
    connect(stream, "")
}

fn accept(stream: u32) -> Vec<u8> {
    frame_of(1, END_HEADERS, stream, &[0x88])
}

fn reset(stream: u32) -> Vec<u8> {
    frame_of(3, 0, stream, &[0, 0, 0, 8])
}

fn end(stream: u32) -> Vec<u8> {
    frame_of(0, END_STREAM, stream, b"")
}

/// A request that leaves a field of nearly 4 KB in the table.
fn large_field() -> Vec<u8> {
    // A literal that the table takes; 3 969 behind a prefix of seven bits.
    [&[0x82, 0x86, 0x84, 0x40, 1, b'a', 0x7f, 0x82, 0x1e][..], &[b'v'; 3_969]].concat()
}

/// A connection on which both sides send whatever they like.
struct Flood<'s, 'f> {
    sink: &'s mut Sink<'f>,
    client: TestPacket,
    server: TestPacket,
    /// Bytes of a segment.
    size: usize,
}

impl<'s, 'f> Flood<'s, 'f> {
    fn unopened(sink: &'s mut Sink<'f>) -> Self {
        let mut talk = talk(0);
        let packets = talk.connect().ack(Server).packets();
        let [.., client, server] = &packets[..] else { panic!("four segments") };
        let ready = |packet: &TestPacket| TestPacket { flags: TcpFlags::ACK, ..packet.clone() };
        Self { client: ready(client), server: ready(server), sink, size: SEGMENT }
    }

    /// Both sides have sent their SETTINGS.
    fn open(sink: &'s mut Sink<'f>) -> Self {
        talk(0).connect().packets().into_iter().for_each(&mut *sink);
        let mut flood = Self::unopened(sink);
        flood.send(Client, &[PREFACE, &frame_of(4, 0, 0, b"")].concat());
        flood.send(Server, &frame_of(4, 0, 0, &[0, 8, 0, 0, 0, 1]));
        flood
    }

    /// A thousand streams are open.
    fn with_streams(sink: &'s mut Sink<'f>) -> Self {
        let mut flood = Self::open(sink);
        flood.many(Client, u64::from(STREAMS), |n| request(odd(n)));
        flood.many(Server, u64::from(STREAMS), |n| accept(odd(n)));
        flood
    }

    fn send(&mut self, from: Side, bytes: &[u8]) {
        let pieces: Vec<&[u8]> =
            if bytes.is_empty() { vec![bytes] } else { bytes.chunks(self.size).collect() };
        for piece in pieces {
            let (own, other) = self.sides(from);
            let packet = TestPacket { ack: Some(other.seq), payload: piece.to_vec(), ..own.clone() };
            own.seq = packet.next_seq();
            (self.sink)(packet);
        }
    }

    /// So many bytes are not captured.
    fn lose(&mut self, from: Side, len: u32) {
        let (own, _) = self.sides(from);
        own.seq = own.seq.plus(len);
    }

    fn sides(&mut self, from: Side) -> (&mut TestPacket, &TestPacket) {
        if from == Client { (&mut self.client, &self.server) } else { (&mut self.server, &self.client) }
    }

    /// Things one behind the other, in as few segments as they need.
    fn many(&mut self, from: Side, n: u64, thing: impl Fn(u64) -> Vec<u8>) {
        let mut bytes = Vec::new();
        for n in 0..n {
            bytes.extend(thing(n));
            if bytes.len() >= self.size {
                let whole = bytes.len() / self.size * self.size;
                let rest = bytes.split_off(whole);
                self.send(from, &bytes);
                bytes = rest;
            }
        }
        if !bytes.is_empty() {
            self.send(from, &bytes);
        }
    }
}
