//! Captures that are made to hurt, packet by packet, so that none need be held: whole for the figures of `tests/README.md`,
//! scaled down for the tests.

mod http2;

use flate2::{Compress, Compression, FlushCompress};
use wslog::model::TcpFlags;

use super::capture_file::{Pcap, Unit};
use super::conversation::{Client, START_NS, Server, Talk, TestPacket};
use super::frame::Frame;

/// Time between two packets, in nanoseconds.
const STEP_NS: i64 = 10_000;

/// Takes packets one by one.
pub type Sink<'a> = dyn FnMut(TestPacket) + 'a;

/// Makes a capture of the size that its number says.
pub type Generator = fn(u64, &mut Sink<'_>);

/// Those of HTTP/2: name, what its number says, and the generator.
pub use http2::ALL as HTTP2;

/// The others.
pub const ALL: &[(&str, &str, Generator)] = &[
    ("one-connection", "bytes", one_connection),
    ("connections", "connections, 1000 open at a time", connections),
    ("half-open", "SYNs", half_open),
    ("bomb", "inflated bytes", bomb),
    ("reversed", "segments of one byte", reversed),
    ("frames", "frames", frames),
    ("head", "bytes of an endless head", head),
    ("heads", "connections with a long head each", heads),
    ("half-heads", "connections with a long head each that is never whole", half_heads),
    ("holes", "connections with a hole and much behind it", holes),
];

/// The capture of that name.
pub fn named(name: &str) -> Option<Generator> {
    ALL.iter().chain(HTTP2).find(|row| row.0 == name).map(|row| row.2)
}

/// Hands on the packets as the bytes of a pcap file.
pub fn as_file(make: Generator, n: u64, out: &mut dyn FnMut(&[u8])) {
    let format = Pcap { unit: Unit::Nano, ..Pcap::default() };
    let header = format.write(&[]);
    out(&header);
    let mut at_ns = START_NS;
    make(n, &mut |packet| {
        at_ns += STEP_NS;
        out(&format.write(&[TestPacket { at_ns, ..packet }])[header.len()..]);
    });
}

fn talk(n: u64) -> Talk {
    let (high, low) = (n / 60_000, n % 60_000);
    let client = format!("10.{}.{}.{}:{}", high >> 16 & 255, high >> 8 & 255, high & 255, 2_000 + low);
    Talk::new(&client, "192.0.2.20:8080")
}

/// Sends `bytes` behind what `talk` sent, in segments of `size` bytes.
fn stream(last: &TestPacket, bytes: &[u8], size: usize, sink: &mut Sink<'_>) -> TestPacket {
    let mut next =
        TestPacket { seq: last.next_seq(), flags: TcpFlags::ACK, payload: Vec::new(), ..last.clone() };
    for piece in bytes.chunks(size) {
        let packet = TestPacket { payload: piece.to_vec(), ..next.clone() };
        next.seq = packet.next_seq();
        sink(packet);
    }
    next
}

/// An open connection; the last packet is the server's.
fn opened(talk: &mut Talk, deflate: bool, sink: &mut Sink<'_>) -> TestPacket {
    let mut upgrade = talk.upgrade();
    if deflate {
        let offer = "permessage-deflate; server_no_context_takeover";
        upgrade = upgrade.ask("Sec-WebSocket-Extensions", offer).answer("Sec-WebSocket-Extensions", offer);
    }
    let packets = talk.open_with(&upgrade).packets();
    let last = packets.last().expect("the response").clone();
    packets.into_iter().for_each(sink);
    last
}

/// So many bytes of binary messages in one connection.
fn one_connection(bytes: u64, sink: &mut Sink<'_>) {
    let mut last = opened(&mut talk(0), false, sink);
    let frame = Frame::binary(vec![0x55; 64 << 10]).encode(None);
    for _ in 0..bytes.div_ceil(frame.len() as u64) {
        last = stream(&last, &frame, 1_440, sink);
    }
}

/// Connections with a message and a closing handshake each, the oldest ended when the next one is opened.
fn connections(n: u64, sink: &mut Sink<'_>) {
    let mut open = std::collections::VecDeque::new();
    let close = |(mut talk, sent): (Talk, usize), sink: &mut Sink<'_>| {
        talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
        talk.packets().into_iter().skip(sent).for_each(sink);
    };
    for n in 0..n {
        let mut talk = talk(n);
        let packets = talk.open().send(Client, Frame::text("hello")).packets();
        let sent = packets.len();
        packets.into_iter().for_each(&mut *sink);
        open.push_back((talk, sent));
        if open.len() > 1_000
            && let Some(oldest) = open.pop_front()
        {
            close(oldest, sink);
        }
    }
    open.into_iter().for_each(|oldest| close(oldest, sink));
}

/// A SYN each, and nothing more.
fn half_open(n: u64, sink: &mut Sink<'_>) {
    for n in 0..n {
        let mut talk = talk(n);
        sink(talk.connect().packets().swap_remove(0));
    }
}

/// Messages of up to 200 MiB of zeros, 1000 times smaller on the wire.
fn bomb(inflated: u64, sink: &mut Sink<'_>) {
    let size = inflated.min(200 << 20) as usize;
    let mut compressed = Vec::with_capacity(size / 500 + 1_024);
    let zeros = vec![0; size];
    let mut compress = Compress::new(Compression::best(), false);
    compress.compress_vec(&zeros, &mut compressed, FlushCompress::Sync).expect("it compresses");
    compressed.truncate(compressed.len() - 4);
    let frame = Frame::binary(compressed).rsv(4).encode(None);
    let mut last = opened(&mut talk(0), true, sink);
    for _ in 0..inflated.div_ceil(size as u64) {
        last = stream(&last, &frame, 1_440, sink);
    }
}

/// A message in segments of one byte, the last one first.
fn reversed(n: u64, sink: &mut Sink<'_>) {
    let last = opened(&mut talk(0), false, sink);
    let mut packets = Vec::new();
    let frame = Frame::binary(vec![0x55; n as usize]).encode(None);
    stream(&last, &frame, 1, &mut |packet| packets.push(packet));
    packets.into_iter().rev().for_each(sink);
}

/// Empty frames, 30 000 in a segment.
fn frames(n: u64, sink: &mut Sink<'_>) {
    let last = opened(&mut talk(0), false, sink);
    let frames = Frame::text("").encode(None).repeat(n as usize);
    stream(&last, &frames, 60_000, sink);
}

/// A request that never ends.
fn head(bytes: u64, sink: &mut Sink<'_>) {
    let mut talk = talk(0);
    let last = talk.connect().bytes(Client, b"GET / HTTP/1.1\r\nUpgrade: websocket\r\n").packets();
    let lines = b"X-Note: no end of it\r\n".repeat(bytes as usize / 22 + 1);
    let next = last.last().expect("the request").clone();
    last.into_iter().for_each(&mut *sink);
    stream(&next, &lines, 1_440, sink);
}

/// Bytes of a long head, of which many may be kept, and of what waits behind a hole.
const LONG: usize = 60_000;

/// Field lines, so many bytes of them.
fn lines(bytes: usize) -> Vec<u8> {
    (0..bytes / 1_000).flat_map(|n| format!("X-Note-{n:03}: {}\r\n", "v".repeat(987)).into_bytes()).collect()
}

fn long_head(n: u64, whole: bool, sink: &mut Sink<'_>) -> TestPacket {
    let mut talk = talk(n);
    let upgrade = talk.upgrade();
    let packets = talk.connect().packets();
    let ack = packets.last().expect("it is connected").clone();
    packets.into_iter().for_each(&mut *sink);
    let mut request = upgrade.request();
    request.truncate(request.len() - 2);
    request.extend(lines(LONG));
    request.extend_from_slice(if whole { b"\r\n" } else { b"" });
    let next = stream(&ack, &request, 1_440, sink);
    TestPacket {
        from: next.to,
        to: next.from,
        seq: next.ack.expect("it acknowledges"),
        ack: Some(next.seq),
        payload: upgrade.response(),
        ..next
    }
}

/// Connections with a long head each, all of them open.
fn heads(n: u64, sink: &mut Sink<'_>) {
    for n in 0..n {
        let response = long_head(n, true, sink);
        sink(response);
    }
}

/// The same, of heads that are never whole.
fn half_heads(n: u64, sink: &mut Sink<'_>) {
    for n in 0..n {
        long_head(n, false, sink);
    }
}

/// Connections with a hole and much behind it, all of them open.
fn holes(n: u64, sink: &mut Sink<'_>) {
    for n in 0..n {
        let last = opened(&mut talk(n), false, sink);
        let behind = TestPacket { seq: last.next_seq().plus(100), payload: Vec::new(), ..last };
        stream(&behind, &[0; LONG], 1_440, sink);
    }
}
