//! The made samples: one short script for each. `samples/README.md` says what an analysis must find in them.

use wslog::model::{LinkType, TcpFlags};

use crate::support::capture_file::{Endian, Interface, Pcap, Unit, pcapng};
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::deflate::Deflate;
use crate::support::frame::Frame;
use crate::support::seal::Sealed;
use crate::support::streams;
use crate::support::transform;
use crate::support::upgrade::{accept_value, refusal};

/// RSV1 marks a compressed message (RFC 7692 6).
const RSV1: u8 = 4;
const RSV2: u8 = 2;

/// Every sample with its file name. The formats differ on purpose, so that each is read by somebody.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let usual = Pcap::default();
    let nano = Pcap { unit: Unit::Nano, ..usual };
    let big = Pcap { endian: Endian::Big, ..usual };
    let on = |link| Pcap { link, ..usual };
    vec![
        ("clean-close.pcap", usual.write(&clean_close())),
        ("fin-without-close.pcap", nano.write(&fin_without_close())),
        ("reset.pcap", big.write(&reset())),
        ("reset-after-closes.pcap", Pcap { link: LinkType::NULL, ..big }.write(&reset_after_closes())),
        ("close-unanswered.pcap", on(LinkType::LINUX_SLL2).write(&close_unanswered())),
        ("still-open.pcap", on(LinkType::LOOP).write(&still_open())),
        ("protocol-error-1002.pcapng", one_interface(Endian::Little, &protocol_error())),
        ("bad-utf8.pcap", on(LinkType::LINUX_SLL).write(&bad_utf8())),
        ("compressed.pcapng", one_interface(Endian::Big, &compressed())),
        ("fragmented-ping.pcap", on(LinkType::RAW).write(&fragmented_ping())),
        ("rejected-handshake.pcap", usual.write(&rejected_handshake())),
        ("wrong-accept.pcap", on(LinkType::NULL).write(&wrong_accept())),
        ("coalesced-101.pcap", Pcap { endian: Endian::Big, ..nano }.write(&coalesced_101())),
        ("port-reuse.pcap", usual.write(&port_reuse())),
        ("out-of-order.pcap", nano.write(&out_of_order())),
        ("gap-in-payload.pcap", usual.write(&gap_in_payload())),
        ("gap-over-close.pcap", usual.write(&gap_over_close())),
        ("crossing-closes.pcap", nano.write(&crossing_closes())),
        ("mid-stream.pcap", usual.write(&mid_stream())),
        ("one-sided.pcap", nano.write(&one_sided())),
        ("snaplen.pcap", Pcap { snap_len: 120, ..usual }.write(&snaplen())),
        ("two-connections.pcapng", two_connections()),
        ("idle-timeout.pcap", usual.write(&idle_timeout())),
        ("half-open.pcap", nano.write(&half_open())),
        ("late-answers.pcap", usual.write(&late_answers())),
        ("wss-tls13.pcap", usual.write(&wss_tls13().talk.packets())),
        ("wss-tls13.keys", wss_tls13().key_log().into_bytes()),
        ("h2-restart.pcap", usual.write(&h2_restart().talk.packets())),
        ("h2-restart.keys", h2_restart().key_log().into_bytes()),
        ("wss-no-keys.pcap", usual.write(&wss_no_keys())),
    ]
}

/// Between two addresses of RFC 5737's first documentation network.
fn v4() -> Talk {
    Talk::new("192.0.2.10:50001", "192.0.2.20:8080")
}

/// Between two addresses of RFC 3849's documentation network.
fn v6() -> Talk {
    Talk::new("[2001:db8::10]:50001", "[2001:db8::20]:8080")
}

fn from_server(packet: &TestPacket) -> bool {
    packet.from.port() == 8080
}

/// Index of the first packet that is so.
fn position(packets: &[TestPacket], is_so: impl Fn(&TestPacket) -> bool) -> usize {
    packets.iter().position(is_so).expect("the script has such a packet")
}

fn one_interface(endian: Endian, packets: &[TestPacket]) -> Vec<u8> {
    let packets: Vec<_> = packets.iter().map(|packet| (0, packet.clone())).collect();
    pcapng(endian, &[Interface::new("eth0", LinkType::ETHERNET)], &packets)
}

/// A text message and its echo, ended by the client as the RFC wants it; the server ends TCP.
fn clean_close() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("Hello")).send(Server, Frame::text("Hello")).pause(1_500);
    talk.send(Client, Frame::close(1000, "done")).send(Server, Frame::close(1000, "done"));
    talk.end_tcp(Server).packets()
}

/// The server's process ends between two messages: its host sends a FIN, nobody a Close.
fn fin_without_close() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("subscribe")).send(Server, Frame::text("tick 1")).ack(Client);
    talk.pause(5_000).fin(Server).ack(Client).pause(2).fin(Client).ack(Server).packets()
}

/// The server resets TCP in the middle of a binary frame of 3,000 bytes.
fn reset() -> Vec<TestPacket> {
    let mut talk = v6();
    talk.open().send(Client, Frame::text("send the picture"));
    let frame = talk.encode(Server, &Frame::binary(vec![0xd8; 3_000]));
    talk.bytes(Server, &frame[..1_440]).ack(Client).pause(40).reset(Server).packets()
}

/// Both Close frames are there, then the client resets instead of waiting for the FIN.
fn reset_after_closes() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Server, Frame::text("restart in 5 s")).ack(Client).pause(5_000);
    talk.send(Server, Frame::close(1012, "")).send(Client, Frame::close(1012, "")).reset(Client).packets()
}

/// The client starts the closing handshake; the server ends TCP without an answer.
fn close_unanswered() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("bye")).ack(Server).pause(300);
    talk.send(Client, Frame::close(1000, "")).ack(Server).pause(10).end_tcp(Server).packets()
}

/// The recording ends while both sides are talking.
fn still_open() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Server, Frame::text("tick 1")).ack(Client).pause(1_000);
    talk.send(Server, Frame::text("tick 2")).ack(Client).packets()
}

/// A proxy in the server's place ends TCP 60 s after the last frame.
fn idle_timeout() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("subscribe")).send(Server, Frame::text("tick 1")).ack(Client);
    talk.pause(60_050).fin(Server).ack(Client).pause(2).fin(Client).ack(Server).packets()
}

/// The server pings every 20 s until the client is gone: its Ping and its Close are sent again without an answer.
fn half_open() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("subscribe")).ack(Server);
    for n in 1..=3 {
        talk.pause(20_000).send(Server, Frame::ping(format!("{n}"))).pause(30);
        talk.send(Client, Frame::pong(format!("{n}"))).ack(Server);
    }
    talk.pause(20_000).send(Server, Frame::ping("4"));
    for wait in [200, 400, 800, 1_600, 3_200, 6_400] {
        talk.pause(wait).again(Server);
    }
    talk.packets()
}

/// The server's host acknowledges at once what its application answers late: a Ping after 7 s, the Close after
/// 6 s; then TCP stays open for 8 s.
fn late_answers() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::ping("?")).ack(Server).pause(7_000).send(Server, Frame::pong("?"));
    talk.send(Client, Frame::close(1000, "")).ack(Server).pause(6_000).send(Server, Frame::close(1000, ""));
    talk.ack(Client).pause(8_000).end_tcp(Server).packets()
}

/// The server sets RSV2 though no extension was negotiated; the client fails the connection.
fn protocol_error() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("Hello")).send(Server, Frame::text("Hello").rsv(RSV2));
    talk.send(Client, Frame::close(1002, "RSV2 set")).send(Server, Frame::close(1002, ""));
    talk.end_tcp(Server).packets()
}

/// The client sends the first half of a surrogate pair in UTF-8's manner; the server fails the connection.
fn bad_utf8() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("plain")).send(Server, Frame::text("plain"));
    talk.send(Client, Frame::text(*b"bad \xed\xa0\x80 byte 4")).send(Server, Frame::close(1007, "not UTF-8"));
    talk.send(Client, Frame::close(1007, "")).end_tcp(Server).packets()
}

/// permessage-deflate with both contexts kept: from the second message on nothing inflates without the first.
fn compressed() -> Vec<TestPacket> {
    let mut talk = v4();
    let upgrade = talk.upgrade().compressed();
    talk.open_with(&upgrade);
    let (mut client, mut server) = (Deflate::new(15), Deflate::new(15));
    for n in 1..=3 {
        let ask = client.message(format!(r#"{{"op":"quote","symbol":"WSLG","n":{n}}}"#).as_bytes());
        let tell = server.message(format!(r#"{{"symbol":"WSLG","price":"10{n}.50","n":{n}}}"#).as_bytes());
        talk.send(Client, Frame::text(ask).rsv(RSV1)).send(Server, Frame::text(tell).rsv(RSV1)).pause(100);
    }
    // An uncompressed message in between stays out of the context (RFC 7692 6).
    talk.send(Client, Frame::text("plain")).send(Server, Frame::text("plain"));
    let last = client.message(br#"{"op":"quote","symbol":"WSLG","n":4}"#);
    let (head, tail) = last.split_at(last.len() / 2);
    talk.send(Client, Frame::text(head).rsv(RSV1).not_final()).send(Client, Frame::continuation(tail));
    talk.send(Server, Frame::close(1000, "")).send(Client, Frame::close(1000, "")).end_tcp(Server).packets()
}

/// A text message in three fragments, the first of which ends inside a character; a Ping and its Pong between.
fn fragmented_ping() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("news?"));
    talk.send(Server, Frame::text(*b"Gr\xc3").not_final()).send(Server, Frame::ping("are you there"));
    talk.send(Client, Frame::pong("are you there"));
    talk.send(Server, Frame::continuation(*b"\xbc\xc3\x9fe aus ").not_final());
    talk.send(Server, Frame::continuation("Wien")).ack(Client).pause(20);
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server).packets()
}

/// The server refuses the upgrade with 403 and says why.
fn rejected_handshake() -> Vec<TestPacket> {
    let mut talk = v6();
    let request = talk.upgrade().ask("Origin", "https://example.org").request();
    talk.connect().bytes(Client, &request);
    talk.bytes(Server, &refusal("403 Forbidden", "origin not allowed\n")).end_tcp(Server).packets()
}

/// The 101 carries the accept value of another key; the client ends TCP.
fn wrong_accept() -> Vec<TestPacket> {
    let mut talk = v4();
    let mut upgrade = talk.upgrade();
    upgrade.accept = accept_value("AAAAAAAAAAAAAAAAAAAAAA==");
    talk.open_with(&upgrade).end_tcp(Client).packets()
}

/// The server's first message comes in the segment of the 101, its Close in the segment of its last message.
fn coalesced_101() -> Vec<TestPacket> {
    let mut talk = v4();
    let upgrade = talk.upgrade();
    let welcome = talk.encode(Server, &Frame::text("welcome"));
    talk.connect().bytes(Client, &upgrade.request()).bytes(Server, &[upgrade.response(), welcome].concat());
    talk.send(Client, Frame::text("thanks")).pause(50);
    let end =
        [Frame::text("that was all"), Frame::close(1001, "maintenance")].map(|f| talk.encode(Server, &f));
    talk.bytes(Server, &end.concat()).send(Client, Frame::close(1001, "")).end_tcp(Server).packets()
}

/// Two connections one after the other between the same ports.
fn port_reuse() -> Vec<TestPacket> {
    let mut first = v4();
    first.open().send(Client, Frame::text("first")).send(Client, Frame::close(1000, ""));
    first.send(Server, Frame::close(1000, "")).end_tcp(Server);

    let mut second = v4().starting_after(90).with_isns(50, 4_294_967_280); // the server's numbers wrap
    second.open().send(Client, Frame::text("second")).ack(Server).pause(200);
    second.send(Server, Frame::close(4000, "session over")).send(Client, Frame::close(4000, ""));
    second.end_tcp(Server);

    merge([first.packets(), second.packets()])
}

/// Segments of 40 bytes that overtake one another, some of them twice, and one sent again after a while.
fn out_of_order() -> Vec<TestPacket> {
    let mut talk = v4();
    let line =
        |n: u32| format!("line {n} of a message that needs several small segments to cross the network");
    talk.open();
    for n in 1..=4 {
        talk.send(Server, Frame::text(line(n)));
    }
    talk.ack(Client).pause(10);
    talk.send(Client, Frame::text(line(5))).ack(Server).pause(100);
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);

    let mut packets = transform::rechop(&talk.packets(), 40);
    packets = transform::reorder(&packets, 4, 1);
    packets = transform::duplicate(&packets, 6, 2);
    let data = position(&packets, |p| from_server(p) && !p.payload.is_empty());
    let fin = position(&packets, |p| from_server(p) && p.flags.has(TcpFlags::FIN));
    transform::retransmit(&packets, data, fin)
}

/// A segment out of the middle of a binary frame is missing, though the client acknowledges it. The frame's
/// length leads over the hole.
fn gap_in_payload() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("send the picture")).send(Server, Frame::binary(vec![0x55; 4_000]));
    talk.ack(Client).send(Client, Frame::text("thanks")).ack(Server).pause(30);
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
    let packets = talk.packets();
    let middle = position(&packets, |p| p.payload.first() == Some(&0x55));
    transform::drop_acknowledged(&packets, middle)
}

/// The server's last segment of data is missing, though the client acknowledges it: 4 bytes, as long as a
/// Close with a code.
fn gap_over_close() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("Hello")).send(Server, Frame::text("Hello")).pause(500);
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
    let packets = talk.packets();
    let close = position(&packets, |p| from_server(p) && p.payload == [0x88, 2, 0x03, 0xe8]);
    transform::drop_acknowledged(&packets, close)
}

/// Each side sends its Close before the other's has arrived.
fn crossing_closes() -> Vec<TestPacket> {
    let mut talk = v4();
    talk.open().send(Client, Frame::text("Hello")).send(Server, Frame::text("Hello")).pause(2_000);
    talk.hold(Client).hold(Server);
    talk.send(Client, Frame::close(1000, "user left")).send(Server, Frame::close(1001, "shutting down"));
    talk.pause(10).release(Client).release(Server);
    talk.end_tcp(Server).packets()
}

/// Prices, a question and an answer, and a sound end.
fn prices() -> Talk {
    let mut talk = v4();
    talk.open().send(Client, Frame::text(r#"{"op":"subscribe","symbol":"WSLG"}"#));
    for n in 1..=3 {
        talk.pause(200).send(Server, Frame::text(format!(r#"{{"symbol":"WSLG","price":"10{n}.50"}}"#)));
    }
    talk.send(Client, Frame::text(r#"{"op":"unsubscribe"}"#)).pause(20);
    talk.send(Client, Frame::close(1000, "enough")).send(Server, Frame::close(1000, "enough"));
    talk.end_tcp(Server);
    talk
}

/// The capture begins behind the opening handshake.
fn mid_stream() -> Vec<TestPacket> {
    let packets = prices().packets();
    let first = position(&packets, |p| p.payload.first() == Some(&0x81));
    packets[first..].to_vec()
}

/// Only what the client sends is captured.
fn one_sided() -> Vec<TestPacket> {
    prices().packets().into_iter().filter(|p| !from_server(p)).collect()
}

/// The same whole, in a file that keeps 120 bytes of each packet: the heads of the handshake are cut.
fn snaplen() -> Vec<TestPacket> {
    prices().packets()
}

/// Two interfaces: on one the server goes away cleanly, on the other, at the same time, TCP is reset.
fn two_connections() -> Vec<u8> {
    let mut wired = v4();
    wired.open().send(Client, Frame::text("over IPv4")).ack(Server).pause(4);
    wired.send(Server, Frame::close(1001, "")).send(Client, Frame::close(1001, "")).end_tcp(Server);

    let mut tunnel = v6().with_isns(7, 8);
    tunnel.pause(1).open().send(Server, Frame::text("over IPv6")).pause(3).reset(Client);

    let interfaces = [
        Interface { unit: Unit::Micro, ..Interface::new("eth0", LinkType::ETHERNET) },
        Interface::new("tun0", LinkType::RAW),
    ];
    let packets = merge([wired.packets(), tunnel.packets()]);
    let packets: Vec<_> = packets.into_iter().map(|p| (usize::from(p.from.is_ipv6()), p)).collect();
    pcapng(Endian::Little, &interfaces, &packets)
}

/// Under TLS 1.3: the server restarts, says so with 1001, and both end TLS and TCP in good order.
fn wss_tls13() -> Sealed {
    let mut wss = Sealed::new(Talk::new("192.0.2.10:50001", "192.0.2.20:443"), 1301);
    wss.open().send(Client, Frame::text("subscribe")).send(Server, Frame::text("tick 1"));
    wss.talk.ack(Client).pause(3_000);
    wss.send(Server, Frame::close(1001, "restarting")).send(Client, Frame::close(1001, "restarting"));
    wss.close_notify(Server).talk.fin(Server);
    wss.close_notify(Client).talk.fin(Client).ack(Server);
    wss
}

/// The same without its keys, and with another end: 60 s of silence, then the server's side ends TCP.
fn wss_no_keys() -> Vec<TestPacket> {
    let mut wss = Sealed::new(Talk::new("192.0.2.10:50001", "192.0.2.20:443"), 1302);
    wss.open().send(Client, Frame::text("subscribe")).send(Server, Frame::text("tick 1"));
    wss.talk.ack(Client).pause(60_000).fin(Server).ack(Client).fin(Client).ack(Server).packets()
}

/// Two WebSocket connections and a page share one of HTTP/2 under TLS. The server restarts: it names the first of them in its GOAWAY
/// and closes it; the second one ends with TCP.
fn h2_restart() -> Sealed {
    let mut h2 = Sealed::new(Talk::new("192.0.2.10:50001", "192.0.2.20:443"), 1303);
    h2.connect_for("h2");
    streams::play_in(
        &mut h2,
        "C: settings | S: settings 8=1 | C1: get / | S1: status 200 end | C3: connect | S3: status 200 | \
         C3: text subscribe | S3: text tick 1 | C5: connect | S5: status 200 | C5: text hello | S5: text hello | \
         C: wait 3000 | S: goaway 3 0 restarting | S3: close 1001 restarting end | C3: close 1001 restarting end | \
         C: wait 1000",
    );
    h2.close_notify(Server).talk.fin(Server);
    h2.close_notify(Client).talk.fin(Client).ack(Server);
    h2
}
