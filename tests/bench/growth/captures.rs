//! Captures made to hurt what reads packets, segments, heads and frames.

use wslog::model::{Compression, TcpFlags};

use super::support::capture_file::{Endian, Interface, Pcap, Record, packet_bytes, pcapng};
use super::support::conversation::{Client, Server, Side, Talk, TestPacket, merge};
use super::support::frame::{Frame, Mask};
use super::support::pack::pack;
use super::support::upgrade::refusal;
use super::support::wrap::fragments;
use super::{Made, Shape};
use wslog::model::LinkType;

/// A shape that is one connection: it is opened, and closed where all was sent.
type Course = (&'static str, usize, fn(&mut Talk, usize));

const COURSES: &[Course] = &[
    ("frames", 4_000, |talk, n| many(talk, Server, n, |n| Frame::text(format!("message {n}")))),
    ("frames of the client", 4_000, |talk, n| many(talk, Client, n, |n| Frame::text(format!("message {n}")))),
    ("frames of a byte", 20_000, |talk, n| {
        talk.bytes(Server, &Frame::text("").encode(None).repeat(n));
    }),
    ("fragments of a byte", 20_000, |talk, n| {
        let fragments = Frame::continuation("a").not_final().encode(None).repeat(n);
        talk.send(Server, Frame::text("").not_final()).bytes(Server, &fragments);
        talk.send(Server, Frame::continuation(""));
    }),
    ("Pings that nobody answers", 2_000, |talk, n| many(talk, Server, n, |n| Frame::ping(n.to_string()))),
    ("Pings that are all answered late", 2_000, |talk, n| {
        many(talk, Server, n, |n| Frame::ping(n.to_string()));
        many(talk, Client, n, |n| Frame::pong(n.to_string()));
    }),
    ("Pings with one payload, all answered late", 2_000, |talk, n| {
        many(talk, Server, n, |_| Frame::ping("a"));
        many(talk, Client, n, |_| Frame::pong("a"));
    }),
    ("Pongs that nobody asked for", 2_000, |talk, n| many(talk, Client, n, |n| Frame::pong(n.to_string()))),
    ("findings", 2_000, |talk, n| many(talk, Server, n, |_| Frame::text("a").rsv(1))),
    ("findings of all kinds", 2_000, |talk, n| many(talk, Client, n, odd_frame)),
    ("masking keys that come again in turn", 2_000, |talk, n| {
        many(talk, Client, n, |n| Frame::text("a").mask(Mask::Key([1, 2, 3, n as u8])));
    }),
    ("Closes", 2_000, |talk, n| many(talk, Server, n, |_| Frame::close(1001, "again"))),
    ("a hole, and no frames behind it", 250_000, |talk, n| {
        hole(talk);
        talk.bytes(Server, &vec![b'a'; n]);
    }),
    ("a hole, and nearly frames behind it", 60_000, |talk, n| {
        hole(talk);
        talk.bytes(Server, &[&Frame::text("").encode(None).repeat(n / 2)[..], &[0xff]].concat());
    }),
    ("the same by single bytes", 3_000, |talk, n| {
        hole(talk);
        for byte in [&Frame::text("").encode(None).repeat(n / 2)[..], &[0xff]].concat() {
            talk.bytes(Server, &[byte]);
        }
    }),
    ("frames lost again and again", 60_000, |talk, n| {
        for _ in 0..n / 600 {
            hole(talk);
            talk.bytes(Server, &[&[0xff][..], &Frame::text("").encode(None).repeat(250)].concat());
            many(talk, Server, 4, |_| Frame::text("a text that is one"));
        }
    }),
    ("frames behind a hole that claim all that follows", 30_000, |talk, n| {
        hole(talk);
        talk.bytes(Server, &b"\x81\x7e\x40\x40\xc2".repeat(n / 5));
    }),
    ("frames that nearly are chunks", 4_000, |talk, n| {
        talk.bytes(Server, &b"1\x0d\n2345678901234".repeat(n));
    }),
    ("frames with lengths that are none", 2_000, |talk, n| {
        talk.bytes(Server, &[&b"\x82\x7e\x00\x10"[..], &[b'a'; 16]].concat().repeat(n));
    }),
    ("payloads that are frames", 2_000, |talk, n| {
        let inner = Frame::text("hello there").encode(None).repeat(20);
        let frame = [Frame::binary(inner).encode(None), vec![0xf3, 0x02, 1, 1]].concat();
        talk.bytes(Server, &frame.repeat(n / 20));
    }),
    ("acknowledgements", 10_000, |talk, n| {
        for n in 0..n {
            talk.window(Client, 1_000 + n as u16 % 1_000);
        }
    }),
    ("bytes sent again", 4_000, |talk, n| {
        talk.send(Server, Frame::text("again"));
        for _ in 0..n {
            talk.again(Server);
        }
    }),
    ("compressed messages", 1_000, |talk, n| {
        many(talk, Server, n, |n| Frame::text(format!("message {n}")).rsv(4));
    }),
];

pub(super) fn shapes() -> impl Iterator<Item = Shape> {
    let courses = COURSES.iter().map(|&(name, once, course)| {
        Shape::new(name, once, move |n| {
            let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
            talk.open();
            if n > 0 {
                course(&mut talk, n);
            }
            end(&mut talk);
            capture(&talk.packets())
        })
    });
    courses.chain([
        Shape::new("connections", 300, |n| capture(&merge((0..n).map(|n| talk(n, 1).packets())))),
        Shape::new("connections again and again", 300, |n| capture(&merge((0..n).map(again)))),
        Shape::new("connections that fail", 3_000, |n| {
            let failing = (0..n).map(|n| client(n).starting_after(n as i64).refuse().packets());
            capture(&merge(failing.chain([talk(n, 1).packets()])))
        }),
        Shape::new("connections nobody answers", 3_000, |n| {
            capture(&merge((0..n).map(|n| client(n).syn().packets()).chain([talk(n, 1).packets()])))
        }),
        Shape::new("segments, the last one first", 5_000, |n| {
            let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
            let opened = talk.open().packets().len();
            for _ in 0..n {
                talk.bytes(Server, &Frame::text("").encode(None));
            }
            let mut packets = talk.packets();
            packets[opened..].reverse();
            capture(&packets)
        }),
        Shape::new("segments, every other one missing", 5_000, |n| {
            let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
            talk.open();
            for _ in 0..n / 2 {
                talk.uncaptured(|talk| many(talk, Server, 1, |_| Frame::text("a")));
                talk.send(Server, Frame::text("a"));
            }
            capture(&talk.packets())
        }),
        Shape::new("fragments of packets", 1_000, |n| {
            let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
            talk.open();
            many(&mut talk, Server, n, |_| Frame::text("a text of some length, to be cut"));
            fragmented(&talk.packets(), |_| true)
        }),
        Shape::new("fragments of packets, never all of them", 2_000, |n| {
            let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
            talk.open();
            many(&mut talk, Server, n, |_| Frame::text("a text of some length, to be cut"));
            fragmented(&talk.packets(), |at| at == 0)
        }),
        Shape::new("handshakes refused", 500, |n| {
            http(n, |talk, n| {
                for _ in 0..n {
                    let asked = talk.upgrade().request();
                    talk.bytes(Client, &asked).bytes(Server, REFUSAL);
                }
            })
        }),
        Shape::new("handshakes, all at once", 100, |n| {
            http(n, |talk, n| {
                let asked = (0..n).map(|_| talk.upgrade().request()).collect::<Vec<_>>().concat();
                talk.bytes(Client, &asked).bytes(Server, &REFUSAL.repeat(n));
            })
        }),
        Shape::new("requests before the handshake", 1_000, |n| {
            http(n, |talk, n| {
                for _ in 0..n {
                    talk.bytes(Client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    talk.bytes(Server, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
                }
                let asked = talk.upgrade();
                talk.bytes(Client, &asked.request()).bytes(Server, &asked.response());
            })
        }),
        Shape::new("chunks of a body", 10_000, |n| {
            http(n, |talk, n| {
                talk.bytes(Client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                talk.bytes(Server, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
                talk.bytes(Server, &b"1\r\na\r\n".repeat(n)).bytes(Server, b"0\r\n\r\n");
                let asked = talk.upgrade();
                talk.bytes(Client, &asked.request()).bytes(Server, &asked.response());
            })
        }),
        Shape::new("a refusal's body by single bytes", 4_000, |n| {
            http(n, |talk, n| {
                let asked = talk.upgrade().request();
                talk.bytes(Client, &asked);
                for byte in refusal("403 Forbidden", &"a".repeat(n)) {
                    talk.bytes(Server, &[byte]);
                }
            })
        }),
        Shape::new("a head by single bytes", 6_000, |n| {
            http(n, |talk, n| {
                let asked = talk.upgrade().ask("X-Note", &"a".repeat(n));
                for byte in asked.request() {
                    talk.bytes(Client, &[byte]);
                }
                talk.bytes(Server, &asked.response());
            })
        }),
        Shape::new("extension offers", 400, |n| {
            http(n, |talk, n| {
                let offers = vec!["permessage-deflate; client_max_window_bits=10"; n.max(1)].join(", ");
                let asked = talk.upgrade().ask("Sec-WebSocket-Extensions", &offers);
                let asked = asked.answer("Sec-WebSocket-Extensions", &offers);
                talk.bytes(Client, &asked.request()).bytes(Server, &asked.response());
            })
        }),
        Shape::new("subprotocols offered, and another chosen", 900, |n| {
            http(n, |talk, n| {
                let offers = (0..n).map(|n| format!("p{n}")).collect::<Vec<_>>().join(", ");
                let asked = talk.upgrade().ask("Sec-WebSocket-Protocol", &offers);
                let asked = asked.answer("Sec-WebSocket-Protocol", "other");
                talk.bytes(Client, &asked.request()).bytes(Server, &asked.response());
            })
        }),
        Shape::new("frames without a handshake", 60_000, |n| {
            let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
            talk.bytes(Client, &[&b"\x81\x80\0\0\0\0".repeat(n / 6)[..], b"\xff"].concat());
            talk.bytes(Server, &[&b"\x81\x00".repeat(n / 2)[..], b"\xff"].concat());
            capture(&talk.packets())
        }),
        Shape::new("interfaces", 3_000, |n| {
            let interfaces = vec![Interface::new("lo", LinkType::ETHERNET); n + 1];
            let packets = talk(0, 1).packets().into_iter().map(|packet| (n, packet)).collect::<Vec<_>>();
            Made::inputs(vec![("growth.pcapng".to_owned(), pcapng(Endian::Little, &interfaces, &packets))])
        }),
        Shape::new("compressed members", 300, |n| {
            let file = Pcap::default().write(&talk(0, n.max(1)).packets());
            let pieces = file.chunks(file.len() / n.max(1) + 1);
            let packed = pieces.map(|piece| pack(Compression::Gzip, piece)).collect::<Vec<_>>().concat();
            Made::inputs(vec![("growth.pcap.gz".to_owned(), packed)])
        }),
        Shape::new("files that do not follow each other", 60, |n| set(n, 86_400)),
        Shape::new("files that follow each other", 60, |n| set(n, 1)),
        Shape::new("files side by side", 60, |n| set(n, 0)),
    ])
}

const REFUSAL: &[u8] = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno";

fn capture(packets: &[TestPacket]) -> Made {
    Made::capture(Pcap::default().write(packets))
}

fn end(talk: &mut Talk) {
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
}

fn many(talk: &mut Talk, from: Side, n: usize, frame: impl Fn(usize) -> Frame) {
    for n in 0..n {
        talk.send(from, frame(n));
    }
}

/// A frame of which the header is missing.
fn hole(talk: &mut Talk) {
    talk.uncaptured(|talk| many(talk, Server, 1, |_| Frame::binary("abc"))).ack(Client);
}

/// Something else is wrong with each.
fn odd_frame(n: usize) -> Frame {
    match n % 7 {
        0 => Frame::new(3, "a"),
        1 => Frame::text("a").rsv(2),
        2 => Frame::text("a").mask(Mask::Never),
        3 => Frame::continuation("a"),
        4 => Frame::ping([b'a'; 130]),
        5 => Frame::text([0xff]),
        _ => Frame::ping("a").not_final(),
    }
}

fn client(n: usize) -> Talk {
    let client = format!("10.{}.{}.{}:{}", n >> 16 & 255, n >> 8 & 255, n & 255, 2_000 + n % 60_000);
    Talk::new(&client, "192.0.2.20:8080").with_isns(n as u32 * 7_919, n as u32 * 104_729)
}

fn talk(n: usize, messages: usize) -> Talk {
    let mut talk = client(n);
    many(talk.open(), Server, messages, |n| Frame::text(format!("message {n}")));
    end(&mut talk);
    talk
}

/// The same program again, a second later, which is cut off.
fn again(n: usize) -> Vec<TestPacket> {
    let from = format!("192.0.2.10:{}", 2_000 + n);
    let talk = Talk::new(&from, "192.0.2.20:8080").with_isns(n as u32 * 7_919, n as u32 * 104_729);
    talk.starting_after(n as i64).open().send(Client, Frame::text("a")).reset(Server).packets()
}

fn http(n: usize, course: impl Fn(&mut Talk, usize)) -> Made {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.connect();
    course(&mut talk, n);
    capture(&talk.end_tcp(Server).packets())
}

/// Each packet in fragments of 16 bytes, those of the numbers that `is_kept`.
fn fragmented(packets: &[TestPacket], is_kept: fn(usize) -> bool) -> Made {
    let records = packets.iter().enumerate().flat_map(|(id, packet)| {
        let whole = packet_bytes(packet, LinkType::RAW, Endian::Little);
        let pieces =
            if packet.flags.has(TcpFlags::SYN) { vec![whole] } else { fragments(&whole, 16, id as u16) };
        let kept = pieces.into_iter().enumerate().filter(move |(at, _)| is_kept(*at));
        kept.map(|(_, data)| Record { at_ns: packet.at_ns, data }).collect::<Vec<_>>()
    });
    Made::capture(Pcap { link: LinkType::RAW, ..Pcap::default() }.write_records(records))
}

/// So many files with a connection each, each of which begins so many seconds later.
fn set(n: usize, seconds: i64) -> Made {
    let files = (0..n.max(1)).map(|n| {
        let mut talk = client(n).starting_after(n as i64 * seconds);
        end(talk.open());
        (format!("growth-{n:04}.pcap"), Pcap::default().write(&talk.packets()))
    });
    Made::inputs(files.collect())
}
