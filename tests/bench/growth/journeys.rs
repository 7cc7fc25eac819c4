//! Connections that are looked for in other recordings, and on the other side of a proxy.

use super::support::capture_file::Pcap;
use super::support::conversation::{Client, Server, Talk, TestPacket, merge};
use super::support::frame::Frame;
use super::support::vantage::Between;
use super::{Made, Shape};

pub(super) fn shapes() -> impl Iterator<Item = Shape> {
    [
        Shape::new("connections recorded at both ends", 200, |n| {
            both_ends((0..n).map(|n| chat(Talk::new(&client(n), SERVER).with_isns(isn(n), !isn(n)), n)))
        }),
        Shape::new("connections recorded at both ends, all alike", 200, |n| {
            let key = Talk::new("192.0.2.10:50001", SERVER).upgrade();
            both_ends((0..n).map(|n| {
                let mut talk = Talk::new(&client(n), SERVER).with_isns(7, 8);
                end(talk.open_with(&key).send(Client, Frame::text("same")))
            }))
        }),
        Shape::new("segments recorded at both ends", 2_000, |n| {
            both_ends((0..1).map(|_| {
                let mut talk = Talk::new("192.0.2.10:50001", SERVER);
                talk.open();
                for n in 0..n {
                    talk.send(Server, Frame::text(format!("message {n}")));
                }
                end(&mut talk)
            }))
        }),
        Shape::new("connections through a proxy", 200, |n| at_proxy(n, Key::Own)),
        Shape::new("connections through a proxy, all of one key", 200, |n| at_proxy(n, Key::Same)),
        Shape::new("connections through a proxy that makes keys", 200, |n| at_proxy(n, Key::Other)),
    ]
    .into_iter()
}

fn pcap(packets: &[TestPacket]) -> Vec<u8> {
    Pcap::default().write(packets)
}

const SERVER: &str = "192.0.2.20:8080";

fn isn(n: usize) -> u32 {
    n as u32 * 7_919
}

fn client(n: usize) -> String {
    format!("10.{}.{}.{}:{}", n >> 16 & 255, n >> 8 & 255, n & 255, 2_000 + n % 60_000)
}

fn end(talk: &mut Talk) -> Vec<TestPacket> {
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server).packets()
}

fn chat(mut talk: Talk, n: usize) -> Vec<TestPacket> {
    end(talk
        .open()
        .send(Client, Frame::text(format!("question {n}")))
        .send(Server, Frame::text(format!("answer {n}"))))
}

/// Near the clients and near the server.
fn both_ends(talks: impl Iterator<Item = Vec<TestPacket>>) -> Made {
    let between = Between { ahead_ns: 3_000_000_000, ..Between::default() };
    let (near, far): (Vec<_>, Vec<_>) = talks.map(|packets| between.both(&packets).into()).unzip();
    let files = [("client.pcap", near), ("server.pcap", far)];
    Made::inputs(files.map(|(name, packets)| (name.to_owned(), pcap(&merge(packets)))).into())
}

/// Which key the hops of a connection have.
#[derive(Clone, Copy)]
enum Key {
    /// One that no other connection has.
    Own,
    /// One that all have.
    Same,
    /// On each hop another.
    Other,
}

fn at_proxy(n: usize, key: Key) -> Made {
    Made::capture(pcap(&merge((0..n).flat_map(|n| hops(n, key)))))
}

/// Both hops of the nth connection.
fn hops(n: usize, key: Key) -> [Vec<TestPacket>; 2] {
    let mut front = Talk::new(&client(n), "198.51.100.5:443").with_isns(isn(n), 9);
    let mut back = Talk::new(&format!("198.51.100.5:{}", 2_000 + n), SERVER).with_isns(isn(n), 10);
    let asked = match key {
        Key::Same => Talk::new(SERVER, SERVER).upgrade(),
        Key::Own | Key::Other => front.upgrade(),
    };
    let passed = if matches!(key, Key::Other) { back.upgrade() } else { asked.clone() };
    front.connect().bytes(Client, &asked.request());
    back.not_before(front.now_ns()).open_with(&passed.ask("X-Forwarded-For", "10.0.0.1"));
    front.not_before(back.now_ns()).bytes(Server, &asked.response());
    [front, back].map(|mut talk| {
        end(talk
            .send(Client, Frame::text(format!("question {}", n % 10)))
            .send(Server, Frame::text("answer")))
    })
}
