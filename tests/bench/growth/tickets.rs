//! What is made for tickets: copies of packets, pages, Markdown, HAR, and names in the place of names.

use super::support::capture_file::Pcap;
use super::support::conversation::{Client, Server, Talk, TestPacket, merge};
use super::support::frame::Frame;
use super::support::upgrade::Upgrade;
use super::{Made, Shape};

const SLICE: &[&str] = &["inspect", "--threads", "1", "--slice", "slice.pcapng"];
const FILLED: &[&str] = &["inspect", "--threads", "1", "--slice", "slice.pcapng", "--payload", "none"];
const RENAMED: &[&str] = &["inspect", "--threads", "1", "--slice", "slice.pcapng", "--anonymize"];
const PAGE: &[&str] = &["inspect", "--threads", "1", "--format", "html", "--frames", "all"];
const TICKET: &[&str] = &["inspect", "--threads", "1", "--format", "markdown", "--details"];
const HAR: &[&str] = &["messages", "--threads", "1", "--format", "har"];
const OTHERS: &[&str] =
    &["inspect", "--threads", "1", "--format", "json", "--frames", "all", "--payload", "full", "--anonymize"];

pub(super) fn shapes() -> impl Iterator<Item = Shape> {
    [
        // Who is between which ports has to be told for each packet.
        Shape::new("a slice of connections of the same ports", 2_000, |n| of(SLICE, same_ports(n))),
        Shape::new("a slice of connections", 300, |n| of(SLICE, connections(n))),
        Shape::new("a slice of frames that are filled", 2_000, |n| of(FILLED, frames(n))),
        Shape::new("an anonymized slice of connections", 200, |n| of(RENAMED, connections(n))),
        Shape::new("an anonymized slice of frames", 1_000, |n| of(RENAMED, frames(n))),
        Shape::new("a page of connections", 300, |n| of(PAGE, connections(n))),
        Shape::new("a page of frames", 2_000, |n| of(PAGE, frames(n))),
        Shape::new("a ticket of connections", 300, |n| of(TICKET, connections(n))),
        Shape::new("a ticket of frames", 2_000, |n| of(TICKET, frames(n))),
        Shape::new("HAR of connections", 300, |n| of(HAR, connections(n))),
        Shape::new("HAR of messages", 2_000, |n| of(HAR, frames(n))),
        Shape::new("names of connections, anonymized", 200, |n| of(OTHERS, connections(n))),
        Shape::new("texts with names, anonymized", 1_000, |n| of(OTHERS, frames(n))),
    ]
    .into_iter()
}

fn of(arguments: &[&str], packets: Vec<TestPacket>) -> Made {
    let mut made = Made::new(arguments, vec![("growth.pcap".to_owned(), Pcap::default().write(&packets))]);
    made.arguments.push("growth.pcap".to_owned());
    made
}

/// One more than asked for: of nothing there is no slice.
fn connections(n: usize) -> Vec<TestPacket> {
    merge((0..=n).map(|n| {
        let from = format!("10.{}.{}.{}:{}", n >> 16 & 255, n >> 8 & 255, n & 255, 2_000 + n % 60_000);
        talk(Talk::new(&from, "192.0.2.20:8080"), n)
    }))
}

fn same_ports(n: usize) -> Vec<TestPacket> {
    let one = |n: usize| talk(Talk::new("192.0.2.10:50001", "192.0.2.20:8080").starting_after(n as i64), n);
    (0..=n).flat_map(one).collect()
}

fn talk(talk: Talk, n: usize) -> Vec<TestPacket> {
    let mut talk = talk.with_isns(n as u32 * 7_919, n as u32 * 104_729);
    let host = format!("host{n}.example.net");
    let upgrade = Upgrade::new(host.clone(), (n as u128).to_be_bytes());
    talk.open_with(&upgrade).send(Client, Frame::text(format!("from user{n}@{host}")));
    end(&mut talk)
}

fn frames(n: usize) -> Vec<TestPacket> {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.open();
    for n in 0..n {
        talk.send(Server, Frame::text(format!("message {n} of 192.0.2.10 to user{n}@host.example.net")));
    }
    end(&mut talk)
}

fn end(talk: &mut Talk) -> Vec<TestPacket> {
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server).packets()
}
