//! The script of conversations: what the fuzzer's bytes say, put into valid packets.
//!
//! A byte for how the capture is made, then steps: what, and its numbers.

use wslog::model::{LinkType, TcpFlags};

use crate::Input;
use crate::support::capture_file::{Endian, Interface, Pcap, Unit, pcapng};
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::deflate::Deflate;
use crate::support::frame::{Frame, Mask};
use crate::support::upgrade::{Upgrade, refusal};
use crate::support::{rng::Rng, transform};

/// Text with what a terminal should never see.
pub fn wild(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(['\r', '\n'], "\u{202e}\u{9b}")
}

/// A conversation of the port that `n` gives.
pub fn conversation(n: u8, input: &mut Input<'_>) -> Vec<TestPacket> {
    let (client, server) = (format!("192.0.2.1:{}", 5000 + u16::from(n % 3)), "192.0.2.2:80");
    let mut talk = Talk::new(&client, server)
        .starting_after(i64::from(input.byte() % 8))
        .with_isns(input.long(), 0xffff_ff00);
    let mut deflate = [Deflate::new(15), Deflate::new(15)];
    for step in 0..40 {
        let how = input.byte();
        if input.is_empty() || how == 0xff {
            break;
        }
        let side = if how & 0x80 == 0 { Client } else { Server };
        let len = input.byte();
        match how & 0x7f {
            0x00 => talk.open(),
            0x01 => {
                let upgrade = talk.upgrade().compressed();
                talk.open_with(&upgrade)
            }
            0x02 => {
                let upgrade = odd_upgrade(talk.upgrade(), input.bytes(usize::from(len)));
                talk.open_with(&upgrade)
            }
            0x03 => {
                let request = talk.upgrade().request();
                talk.bytes(Client, &request)
            }
            0x04 => talk.bytes(Server, &refusal("401 No", &wild(input.bytes(usize::from(len))))),
            0x05 => talk.connect(),
            0x06 => talk.fin(side),
            0x07 => talk.reset(side),
            0x08 => talk.hold(side),
            0x09 => talk.release(side),
            0x0a => talk.ack(side),
            0x0b => talk.pause(i64::from(len) * 100),
            0x0c => talk.bytes(side, input.bytes(usize::from(len))),
            0x0d => talk.end_tcp(side),
            0x0e => {
                let message = input.bytes(usize::from(len));
                let payload = deflate[usize::from(side == Server)].message(message);
                talk.send(side, Frame::text(payload).rsv(4))
            }
            0x0f => {
                let code = 1000 + u16::from(input.byte());
                talk.send(side, Frame::close(code, &wild(input.bytes(usize::from(len)))))
            }
            0x10..=0x1f => talk.send(side, Frame::new(how & 15, input.bytes(usize::from(len)))),
            0x20..=0x3f => {
                let frame = Frame::new(how & 15, input.bytes(usize::from(len)));
                let frame = if how & 0x10 == 0 { frame.not_final() } else { frame.rsv(len & 7) };
                talk.send(side, frame)
            }
            0x40..=0x4f => {
                let frame = Frame::new(how & 15, input.bytes(usize::from(len))).mask(Mask::Never);
                talk.send(side, frame)
            }
            _ => {
                let times = usize::from(len % 16) + 1;
                let frame = Frame::new(how & 15, vec![step; usize::from(how & 0x30)]);
                let bytes: Vec<u8> = (0..times).flat_map(|_| talk.encode(side, &frame)).collect();
                talk.bytes(side, &bytes)
            }
        };
    }
    talk.packets()
}

fn odd_upgrade(upgrade: Upgrade, bytes: &[u8]) -> Upgrade {
    let text = wild(bytes);
    let (name, value) = text.split_once(':').unwrap_or(("Sec-WebSocket-Extensions", &text));
    let mut upgrade = upgrade.ask(name, value).answer(name, value);
    if text.len().is_multiple_of(3) {
        upgrade.accept = wild(bytes);
    }
    if text.len().is_multiple_of(5) {
        upgrade.target = format!("/{}", text.replace(' ', "+"));
    }
    upgrade
}

/// What happens to a capture, or makes it a poor one.
pub fn change(packets: Vec<TestPacket>, input: &mut Input<'_>) -> Vec<TestPacket> {
    let [how, number, other] = input.array();
    let (number, seed) = (usize::from(number), u64::from(other));
    if packets.is_empty() {
        return packets;
    }
    let at = number % packets.len();
    match how % 9 {
        1 => transform::rechop(&packets, number + 1),
        2 => transform::reorder(&packets, number % 8 + 1, seed),
        3 => transform::duplicate(&packets, number + 1, seed),
        4 => transform::drop_packet(&packets, at),
        5 => packets[at..].to_vec(),
        6 => {
            let mut packets = packets;
            let to = usize::from(other) % packets.len();
            packets.swap(at, to);
            packets
        }
        7 => {
            let mut packets = packets;
            packets[at].flags = TcpFlags(other);
            packets[at].ack = None;
            packets
        }
        8 => {
            let (mut packets, mut rng) = (packets, Rng::new(seed));
            for byte in packets[at].payload.iter_mut().filter(|_| rng.below(8) == 0) {
                *byte ^= other;
            }
            packets
        }
        _ => packets,
    }
}

/// A capture file.
#[must_use]
pub fn file(mut input: Input<'_>) -> Vec<u8> {
    let how = input.byte();
    let conversations: Vec<_> = (0..=how & 3).map(|n| conversation(n, &mut input)).collect();
    let mut packets = merge(conversations);
    for _ in 0..how >> 2 & 3 {
        packets = change(packets, &mut input);
    }
    let links = [LinkType::ETHERNET, LinkType::LINUX_SLL2, LinkType::NULL, LinkType::RAW];
    let link = links[usize::from(how >> 4 & 3)];
    let snap_len = if how & 0x40 == 0 { 262_144 } else { 60 + u32::from(input.byte()) };
    if how & 0x80 == 0 {
        return Pcap { endian: Endian::Big, unit: Unit::Nano, link, snap_len }.write(&packets);
    }
    let packets: Vec<_> = packets.into_iter().map(|packet| (0, packet)).collect();
    pcapng(Endian::Little, &[Interface { snap_len, ..Interface::new("x", link) }], &packets)
}
