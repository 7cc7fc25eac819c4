//! The builder of test captures, held against independent readers: etherparse, pcap-parser, flate2.

use std::net::{IpAddr, SocketAddr};

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use flate2::{Decompress, FlushDecompress};
use pcap_parser::{Block, PcapBlockOwned, PcapError, create_reader};
use proptest::prelude::*;
use wslog::model::{LengthForm, LinkType, TcpFlags};

use crate::support::capture_file::{Endian, Interface, Pcap, Unit, packet_bytes, pcapng};
use crate::support::conversation::{Client, Server, Side, Talk, TestPacket};
use crate::support::deflate::Deflate;
use crate::support::frame::{Frame, Mask};
use crate::support::rng::Rng;
use crate::support::{transform, upgrade};

/// A conversation with data in both directions, long frames, and sequence numbers that wrap.
fn conversation() -> Vec<TestPacket> {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080").with_isns(u32::MAX - 300, 5);
    talk.open();
    for n in 0..4 {
        talk.send(Client, Frame::text(format!("question {n}"))).send(Server, Frame::binary(vec![n; 2_000]));
    }
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server).packets()
}

/// One side's bytes, put together with no more than sequence numbers, with holes as `None`.
fn stream(packets: &[TestPacket], side: Side) -> Vec<Option<u8>> {
    let port = if side == Client { 50001 } else { 8080 };
    let sent = |p: &&TestPacket| p.from.port() == port;
    let syn = packets.iter().filter(sent).find(|p| p.flags.has(TcpFlags::SYN)).expect("a SYN");
    let mut bytes = Vec::new();
    for packet in packets.iter().filter(sent).filter(|p| !p.payload.is_empty()) {
        let start = packet.seq.distance_from(syn.next_seq()) as usize;
        bytes.resize(bytes.len().max(start + packet.payload.len()), None);
        for (slot, byte) in bytes[start..].iter_mut().zip(&packet.payload) {
            assert!(slot.is_none_or(|earlier| earlier == *byte), "a copy differs");
            *slot = Some(*byte);
        }
    }
    bytes
}

/// Index of the first packet that acknowledges a byte no earlier packet carried.
fn untruthful(packets: &[TestPacket]) -> Option<usize> {
    (0..packets.len()).find(|&k| {
        let (earlier, packet) = (&packets[..k], &packets[k]);
        let theirs = earlier.iter().filter(|p| (p.from, p.to) == (packet.to, packet.from));
        let mut spans: Vec<_> = theirs.map(|p| (p.seq, p.next_seq())).collect();
        let Some(ack) = packet.ack else { return false };
        let Some(&(first, _)) = spans.first() else { return true };
        spans.sort_by_key(|(start, _)| start.distance_from(first));
        let reached = spans.iter().fold(first, |reached, &(start, end)| {
            let joins = start.distance_from(reached) <= 0 && end.distance_from(reached) > 0;
            if joins { end } else { reached }
        });
        ack.distance_from(reached) > 0
    })
}

#[test]
fn harmless_changes_keep_bytes_and_truth() {
    let packets = conversation();
    assert_eq!(untruthful(&packets), None);
    let check = |name: &str, changed: Vec<TestPacket>| {
        assert_ne!(changed, packets, "{name} changes something");
        assert_eq!(untruthful(&changed), None, "{name}");
        assert!(changed.is_sorted_by_key(|p| p.at_ns), "{name} keeps the order of time");
        for side in [Client, Server] {
            assert_eq!(stream(&changed, side), stream(&packets, side), "{name}, {side:?}");
        }
    };
    check("1-byte segments", transform::rechop(&packets, 1));
    check("7-byte segments", transform::rechop(&packets, 7));
    for seed in 0..8 {
        check("reordering", transform::reorder(&transform::rechop(&packets, 50), 8, seed));
        check("duplication", transform::duplicate(&packets, 3, seed));
        check("both", transform::duplicate(&transform::reorder(&packets, 3, seed), 2, seed));
    }
    check("retransmission", transform::retransmit(&packets, 4, packets.len() - 2));
}

#[test]
fn harmful_changes_take_one_packet() {
    let packets = conversation();
    let k = packets.iter().rposition(|p| p.payload.len() == 1_440).expect("a full segment");
    let start = stream(&packets, Server).len() - 4 - (2_004 % 1_440) - 1_440;

    let gap = transform::drop_acknowledged(&packets, k);
    assert!(untruthful(&gap).is_some(), "what the capture missed is acknowledged");
    let loss = transform::drop_unacknowledged(&packets, k);
    assert_eq!(untruthful(&loss), None, "what was lost is not");

    for changed in [gap, loss] {
        let bytes = stream(&changed, Server);
        assert_eq!(bytes.len(), stream(&packets, Server).len());
        let missing: Vec<_> = (0..bytes.len()).filter(|&i| bytes[i].is_none()).collect();
        assert_eq!(missing, Vec::from_iter(start..start + 1_440));
    }
}

#[test]
fn held_segments_are_not_acknowledged() {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.open().hold(Client).hold(Server);
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1001, ""));
    talk.release(Client).ack(Client);
    let packets = talk.packets();
    let [.., client, server, ack] = &packets[..] else { panic!("three segments") };
    assert!(!server.acknowledges(client), "crossing");
    assert!(ack.acknowledges(server), "released");
}

#[test]
fn frames_as_in_rfc_6455_5_7() {
    let check = |frame: Frame, start: &[u8]| {
        let bytes = frame.encode(None);
        assert_eq!(bytes[..start.len()], *start, "{frame:?}");
    };
    let key = Mask::Key([0x37, 0xfa, 0x21, 0x3d]);
    check(Frame::text("Hello"), b"\x81\x05Hello");
    check(Frame::text("Hello").mask(key), b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    check(Frame::text("Hel").not_final(), b"\x01\x03Hel");
    check(Frame::continuation("lo"), b"\x80\x02lo");
    check(Frame::ping("Hello"), b"\x89\x05Hello");
    check(Frame::binary([7; 256]), b"\x82\x7e\x01\x00\x07");
    check(Frame::binary([7; 65_536]), b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00\x07");
    check(Frame::binary("").length_form(LengthForm::Sixteen), b"\x82\x7e\x00\x00");
    check(Frame::text("").rsv(2), b"\xa1\x00");
    check(Frame::close(1000, "x"), b"\x88\x03\x03\xe8x");
}

#[test]
fn accept_value_as_in_rfc_6455_1_3() {
    assert_eq!(upgrade::accept_value("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

#[test]
fn compressed_messages_refer_far_back() {
    let noise = Rng::new(1).bytes::<3_000>();
    let mut deflate = Deflate::new(15);
    let first = deflate.message(&noise);
    let again = deflate.message(&noise[..1_000]);
    assert!(again.len() < 30, "the same in {} bytes", again.len());
    check_inflates(&mut Decompress::new(false), &[(first, noise.to_vec()), (again, noise[..1_000].to_vec())]);
}

/// Inflates messages as RFC 7692 7.2.2 says; `expected` are pairs of payload and message.
fn check_inflates(inflate: &mut Decompress, expected: &[(Vec<u8>, Vec<u8>)]) {
    for (payload, message) in expected {
        let input = [&payload[..], &[0, 0, 0xff, 0xff]].concat();
        let mut output = Vec::with_capacity(message.len() + 64);
        inflate.decompress_vec(&input, &mut output, FlushDecompress::Sync).expect("DEFLATE");
        assert_eq!(output, *message);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn compressed_messages_inflate(
        messages in prop::collection::vec(prop::collection::vec(b'a'..=b'd', 0..400), 1..4),
        noise: [u8; 32],
        bits in 9u32..=15,
    ) {
        let mut deflate = Deflate::new(bits);
        let messages = messages.into_iter().chain([noise.to_vec(), noise.to_vec()]);
        let expected: Vec<_> = messages.map(|message| (deflate.message(&message), message)).collect();
        check_inflates(&mut Decompress::new(false), &expected);
    }
}

/// Nanoseconds since 1970 and bytes of every packet in a file.
fn read(file: &[u8]) -> Vec<(i64, Vec<u8>)> {
    let mut reader = create_reader(1 << 16, file).expect("pcap or pcapng");
    let (mut packets, mut nano, mut resolutions) = (Vec::new(), false, Vec::new());
    loop {
        match reader.next() {
            Ok((len, block)) => {
                match block {
                    PcapBlockOwned::LegacyHeader(header) => nano = header.is_nanosecond_precision(),
                    PcapBlockOwned::Legacy(p) => {
                        let unit = if nano { 1 } else { 1_000 };
                        let at = i64::from(p.ts_sec) * 1_000_000_000 + i64::from(p.ts_usec) * unit;
                        packets.push((at, p.data.to_vec()));
                    }
                    PcapBlockOwned::NG(Block::InterfaceDescription(interface)) => {
                        resolutions.push(interface.ts_resolution().expect("if_tsresol") as i64);
                    }
                    PcapBlockOwned::NG(Block::EnhancedPacket(p)) => {
                        let ticks = i64::from(p.ts_high) << 32 | i64::from(p.ts_low);
                        let at = ticks * (1_000_000_000 / resolutions[p.if_id as usize]);
                        packets.push((at, p.data[..p.caplen as usize].to_vec()));
                    }
                    PcapBlockOwned::NG(_) => {}
                }
                reader.consume(len);
            }
            Err(PcapError::Eof) => return packets,
            Err(PcapError::Incomplete(_)) => reader.refill().expect("memory"),
            Err(error) => panic!("{error:?}"),
        }
    }
}

#[test]
fn every_file_format_gives_its_packets_back() {
    let packets = conversation();
    let check = |name: &str, link, endian, file: Vec<u8>| {
        let expected: Vec<_> = packets.iter().map(|p| (p.at_ns, packet_bytes(p, link, endian))).collect();
        assert_eq!(read(&file), expected, "{name}");
    };
    let links = [
        LinkType::ETHERNET,
        LinkType::LINUX_SLL,
        LinkType::LINUX_SLL2,
        LinkType::NULL,
        LinkType::LOOP,
        LinkType::RAW,
    ];
    for link in links {
        for endian in [Endian::Little, Endian::Big] {
            for unit in [Unit::Micro, Unit::Nano] {
                let name = format!("link {} {endian:?} {unit:?}", link.0);
                let pcap = Pcap { endian, unit, link, ..Pcap::default() };
                check(&name, link, endian, pcap.write(&packets));

                let interface = Interface { unit, ..Interface::new("test", link) };
                let numbered: Vec<_> = packets.iter().map(|p| (1, p.clone())).collect();
                check(
                    &name,
                    link,
                    endian,
                    pcapng(endian, &[Interface::new("a", link), interface], &numbered),
                );
            }
        }
    }
}

#[test]
fn snap_length_cuts() {
    let pcap = Pcap { snap_len: 100, ..Pcap::default() };
    assert!(read(&pcap.write(&conversation())).iter().all(|(_, data)| data.len() <= 100));
    let interface = Interface { snap_len: 101, ..Interface::new("test", LinkType::ETHERNET) };
    let numbered: Vec<_> = conversation().into_iter().map(|p| (0, p)).collect();
    let file = pcapng(Endian::Big, &[interface], &numbered);
    assert!(read(&file).iter().all(|(_, data)| data.len() <= 101));
}

#[test]
fn headers_and_checksums_are_right() {
    for (client, server) in [("192.0.2.1:7", "192.0.2.2:8"), ("[2001:db8::1]:7", "[2001:db8::2]:8")] {
        let mut talk = Talk::new(client, server);
        talk.open().send(Client, Frame::text("an odd number of bytes")).reset(Server);
        for packet in talk.packets() {
            check_ethernet(&packet);
        }
    }
}

fn check_ethernet(packet: &TestPacket) {
    let bytes = packet_bytes(packet, LinkType::ETHERNET, Endian::Little);
    let sliced = SlicedPacket::from_ethernet(&bytes).expect("Ethernet");
    let Some(TransportSlice::Tcp(tcp)) = sliced.transport else { panic!("TCP") };
    let header = tcp.to_header();
    let (from, to, sum) = match sliced.net.expect("IP") {
        NetSlice::Ipv4(ip) => {
            let v4 = ip.header().to_header();
            assert_eq!(v4.header_checksum, v4.calc_header_checksum());
            let sum = header.calc_checksum_ipv4(&v4, tcp.payload());
            (IpAddr::V4(v4.source.into()), IpAddr::V4(v4.destination.into()), sum)
        }
        NetSlice::Ipv6(ip) => {
            let v6 = ip.header().to_header();
            let sum = header.calc_checksum_ipv6(&v6, tcp.payload());
            (IpAddr::V6(v6.source.into()), IpAddr::V6(v6.destination.into()), sum)
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(sum.expect("a short payload"), header.checksum);
    assert_eq!(SocketAddr::new(from, header.source_port), packet.from);
    assert_eq!(SocketAddr::new(to, header.destination_port), packet.to);
    assert_eq!(header.sequence_number, packet.seq.0);
    assert_eq!(header.ack.then_some(header.acknowledgment_number), packet.ack.map(|ack| ack.0));
    let bits = [header.fin, header.syn, header.rst, header.psh, header.ack];
    let set = [TcpFlags::FIN, TcpFlags::SYN, TcpFlags::RST, TcpFlags::PSH, TcpFlags::ACK];
    assert_eq!(bits, set.map(|bit| packet.flags.has(bit)));
    assert_eq!(tcp.payload(), packet.payload);
}
