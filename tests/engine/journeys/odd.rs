//! Recordings as nobody means to make them: the same twice, of both ends in one file, of noise.

use super::*;
use crate::support::rng::Rng;

#[test]
fn one_recording_twice() {
    let bytes = pcap(&closed());
    let both = [("client", bytes.clone()), ("server", bytes)];
    let journeys = check("a copy", &both, &[AGREED]);
    let clock = journeys[0].clock.expect("two recordings");
    assert_eq!((clock.offset_ns, clock.error_ns), (0, 0));
}

#[test]
fn three_points() {
    let first =
        Between { ends: [Some("203.0.113.7:61000"), None], ahead_ns: 1_000_000, ..Between::default() };
    let [near, middle] = first.both(&closed());
    let second =
        Between { hops: 3, delay_ns: [4_000_000, 4_000_000], ahead_ns: -700_000_000, ..Between::default() };
    let far = second.both(&middle).map(|packets| pcap(&packets))[1].clone();
    // Whatever they are named and in whatever order they come.
    let files = [("middle", pcap(&middle)), ("server", far), ("client", pcap(&near))];
    check("three points", &files, &["same_connection client proven: client#1 middle#1 server#1: addresses"]);
}

/// As `mergecap` does it.
#[test]
fn both_ends_in_one_file() {
    // Behind NAT the addresses tell which is which; where they do not, each packet is there twice, and no more than that is said.
    for (case, ends, expected) in [
        (
            "merged behind NAT",
            Some("203.0.113.7:61000"),
            &["same_connection client proven: both#1 both#2: addresses"][..],
        ),
        ("merged", None, &[]),
    ] {
        let between = Between { ends: [ends, None], ..Between::default() };
        let heard = journeys(case, &[("both", pcap(&merge(between.both(&closed()))))]);
        let told: Vec<String> = heard.journeys.iter().map(line).collect();
        assert_eq!(told, expected, "{case}");
        let outcomes: Vec<&str> = heard.conversations.iter().map(|of| of.closing.outcome.name()).collect();
        assert!(outcomes.iter().all(|outcome| *outcome == "clean"), "{case}: {outcomes:?}");
    }
}

/// An interface that hears each packet twice, as on a bridge or with a mirrored port, at one end only.
#[test]
fn an_interface_that_records_each_packet_twice() {
    let [near, far] = Between::default().both(&closed());
    let again =
        |packet: &TestPacket| [packet.clone(), TestPacket { at_ns: packet.at_ns + 3_000, ..packet.clone() }];
    let twice: Vec<TestPacket> = far.iter().flat_map(again).collect();
    let heard = journeys("heard twice", &files([near, twice]));
    let told: Vec<String> = heard.journeys.iter().map(line).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].starts_with(AGREED) && !heard.journeys[0].text.contains("did not arrive"),
        "{}",
        heard.journeys[0].text
    );
}

/// The same addresses, ports and even numbers, and nothing in common: another conversation, or noise.
#[test]
fn what_only_looks_alike() {
    let mut noise = Rng::new(77);
    let mut other = |n: usize| {
        let mut talk = Talk::new(CLIENT, SERVER);
        talk.connect();
        for n in 0..n {
            let bytes: Vec<u8> = (0..40 + n % 900).map(|_| noise.below(256) as u8).collect();
            talk.bytes(if n % 2 == 0 { Client } else { Server }, &bytes);
        }
        talk.end_tcp(Server).packets()
    };
    let (one, two) = (other(300), other(300));
    check("noise", &files([one.clone(), two]), &[]);
    check("noise and a conversation", &files([one, closed()]), &[]);
    // Another time, with other keys.
    let mut later = Talk::new(CLIENT, SERVER).with_isns(4, 5).starting_after(3_600);
    chat(&mut later).send(Client, Frame::close(1000, "bye")).send(Server, Frame::close(1000, "bye"));
    check("another of the same ends", &files([closed(), later.end_tcp(Server).packets()]), &[]);
}

/// Bytes that are wrong, anywhere: nothing is said that is not so, and nothing breaks.
#[test]
fn recordings_that_are_damaged() {
    let [near, far] = Between { ahead_ns: 3_000_000_000, ..Between::default() }.both(&closed());
    let (near, far) = (pcap(&near), pcap(&far));
    let mut noise = Rng::new(5);
    for n in 0..40 {
        let mut damaged = far.clone();
        for _ in 0..1 + n / 4 {
            let at = 24 + noise.below(damaged.len() - 24);
            damaged[at] = noise.below(256) as u8;
        }
        damaged.truncate(24 + noise.below(damaged.len() - 24).max(100));
        let heard = journeys("damaged", &[("client", near.clone()), ("server", damaged)]);
        for journey in &heard.journeys {
            assert!(journey.by.is_none_or(|by| by.name() != "server"), "{n}: {}", line(journey));
        }
    }
}
