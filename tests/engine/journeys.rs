//! Conversations recorded at several points, and on both sides of a proxy: whether what belongs together is put together, and what
//! that proves. In any order of the recordings and on any number of threads the same is said.

use std::fs;
use std::path::{Path, PathBuf};

use wslog::engine::{Engine, Keep, Sink};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{Conversation, Journey, LinkType, TcpFlags};
use wslog::redact::{Redaction, Sealed as SealedConversation, Shown};

use crate::support::capture_file::{Endian, Pcap, Unit};
use crate::support::conversation::{Client, Server, Side, Talk, TestPacket, header_of, merge};
use crate::support::frame::Frame;
use crate::support::vantage::Between;

mod behind_holes;
mod missed;
mod odd;
mod proxied;

const CLIENT: &str = "192.0.2.10:50001";
const SERVER: &str = "198.51.100.20:8080";

#[derive(Default)]
struct Heard {
    conversations: Vec<Conversation<Shown>>,
    journeys: Vec<Journey>,
}

impl Sink for Heard {
    fn asks(&self) -> Keep {
        Keep { journeys: true, ..Keep::NOTHING }
    }

    fn conversation(&mut self, conversation: &SealedConversation) -> Result<(), Error> {
        self.conversations.push(*conversation.clone().open());
        Ok(())
    }

    fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        self.journeys = journeys.to_vec();
        Ok(())
    }
}

/// A recording: its name and its bytes.
type File = (&'static str, Vec<u8>);

fn pcap(packets: &[TestPacket]) -> Vec<u8> {
    Pcap { endian: Endian::Little, unit: Unit::Nano, link: LinkType::ETHERNET, snap_len: 262_144 }
        .write(packets)
}

fn files(near: [Vec<TestPacket>; 2]) -> Vec<File> {
    ["client", "server"].into_iter().zip(near.map(|packets| pcap(&packets))).collect()
}

fn run(paths: &[PathBuf], threads: usize) -> Heard {
    let mut heard = Heard::default();
    let engine = Engine::new(Limits::default()).redacting(Redaction::Nothing).threads(threads);
    engine.sink(&mut heard).run(paths).expect("taken");
    heard
}

/// What is said of the recordings, in each order and on several threads the same.
#[track_caller]
fn journeys(case: &str, files: &[File]) -> Heard {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine/journeys").join(case.replace(' ', "-"));
    fs::create_dir_all(&folder).expect("a folder of its own");
    let write = |(name, bytes): &File| {
        let path = folder.join(format!("{name}.pcap"));
        fs::write(&path, bytes).expect("writable");
        path
    };
    let paths: Vec<PathBuf> = files.iter().map(write).collect();
    let back: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    let [forth, back] = [paths, back].map(|paths| {
        let heard = run(&paths, 1);
        for threads in [2, 7] {
            assert_eq!(run(&paths, threads).journeys, heard.journeys, "{case}: on {threads} threads");
        }
        heard
    });
    let whole = |heard: &Heard| {
        let mut told: Vec<String> = heard
            .journeys
            .iter()
            .map(|journey| {
                let clock = journey.clock.map(|clock| clock.drift_ppb.is_some());
                let differences: Vec<_> = journey.differences.iter().map(|d| (d.what, &d.text)).collect();
                format!("{} {} {differences:?} {clock:?}", line(journey), journey.text)
            })
            .collect();
        told.sort_unstable();
        told
    };
    assert_eq!(whole(&forth), whole(&back), "{case}: in the other order");
    for (one, other) in forth.journeys.iter().zip(&back.journeys) {
        if let (1, Some(one), Some(other)) = (forth.journeys.len(), one.clock, other.clock) {
            assert!((one.offset_ns - other.offset_ns).abs() < 2_000, "{case}: {one:?} {other:?}");
        }
    }
    forth
}

/// `same_connection client proven: client#1 server#1: addresses`
fn line(journey: &Journey) -> String {
    let legs: Vec<String> = journey
        .legs
        .iter()
        .map(|leg| {
            let path = leg.path.as_deref().expect("a path");
            let name = Path::new(path).file_stem().expect("a name").to_string_lossy().into_owned();
            let stream = leg.id.stream.map_or(String::new(), |stream| format!(".{stream}"));
            format!("{name}#{}{stream}", leg.id.flow)
        })
        .collect();
    let differences: Vec<&str> = journey.differences.iter().map(|difference| difference.what).collect();
    let by = journey.by.map_or("nobody", |by| by.name());
    let rest = if differences.is_empty() { String::new() } else { format!(": {}", differences.join(", ")) };
    format!("{} {by} {}: {}{rest}", journey.kind.name(), journey.certainty.name(), legs.join(" "))
}

#[track_caller]
fn check(case: &str, files: &[File], expected: &[&str]) -> Vec<Journey> {
    let heard = journeys(case, files);
    let told: Vec<String> = heard.journeys.iter().map(line).collect();
    assert_eq!(told, expected, "{case}: {:#?}", heard.journeys.iter().map(|j| &j.text).collect::<Vec<_>>());
    heard.journeys
}

fn chat(talk: &mut Talk) -> &mut Talk {
    talk.open();
    for n in 0..6 {
        talk.send(Client, Frame::text(format!("question {n}")))
            .send(Server, Frame::text(format!("answer {n}")));
    }
    talk
}

/// Opened, a chat, closed by the client.
fn closed() -> Vec<TestPacket> {
    let mut talk = Talk::new(CLIENT, SERVER);
    chat(&mut talk).send(Client, Frame::close(1000, "bye")).send(Server, Frame::close(1000, "bye"));
    talk.ack(Client).end_tcp(Server).packets()
}

/// Another conversation at both points, so that the recordings begin before and end behind what they are about.
fn around(seconds: i64, between: &Between) -> [Vec<TestPacket>; 2] {
    let mut talk =
        Talk::new("203.0.113.9:40000", SERVER).starting_after(seconds).with_isns(77, 78 + seconds as u32);
    talk.open().send(Client, Frame::text("elsewhere")).send(Client, Frame::close(1000, ""));
    // What befalls some packets of the one conversation does not befall those of the other.
    let between = Between { lost: Vec::new(), twice: Vec::new(), ..between.clone() };
    between.both(&talk.send(Server, Frame::close(1000, "")).end_tcp(Server).packets())
}

const AGREED: &str = "same_connection client proven: client#1 server#1";

#[test]
fn one_connection_at_both_ends() {
    let both = |between: Between| files(between.both(&closed()));
    check("plain", &both(Between::default()), &[AGREED]);
    for (case, ends) in [
        ("NAT of the client", [Some("203.0.113.7:61000"), None]),
        ("another port", [Some("192.0.2.10:61000"), None]),
        ("another server", [None, Some("10.0.0.4:9000")]),
        ("both", [Some("10.0.0.1:61000"), Some("10.0.0.4:9000")]),
    ] {
        let journeys = check(
            case,
            &both(Between { ends, ..Between::default() }),
            &["same_connection client proven: client#1 server#1: addresses"],
        );
        assert!(journeys[0].differences[0].text.contains(ends.into_iter().flatten().next().expect("one")));
    }
    check(
        "other numbers",
        &both(Between { numbers: [123_456_789, 4_000_000_000], ..Between::default() }),
        &["same_connection client proven: client#1 server#1: numbers"],
    );
    check(
        "L4 proxy",
        &both(Between {
            ends: [Some("10.0.0.1:61000"), Some("10.0.0.4:9000")],
            numbers: [123_456_789, 4_000_000_000],
            ..Between::default()
        }),
        &["proxied client likely: client#1 server#1"],
    );
    // Without routers between them only times tell which is which.
    check("one link", &both(Between { hops: 0, ..Between::default() }), &[AGREED]);
    check(
        "at once",
        &both(Between { hops: 0, delay_ns: [90_000, 80_000], jitter_ns: 5_000, ..Between::default() }),
        &[AGREED],
    );
}

#[test]
fn clocks() {
    for (ahead_ns, drift_ppm) in
        [(3_000_000_000, 0), (-3_000_000_000, 0), (5_000_000, 100), (-3_600_000_000_000, -40)]
    {
        let mut talk = Talk::new(CLIENT, SERVER);
        talk.open();
        for n in 0..120 {
            talk.pause(3_000)
                .send(Client, Frame::text(format!("question {n}")))
                .send(Server, Frame::text(format!("answer {n}")));
        }
        talk.send(Client, Frame::close(1000, ""))
            .send(Server, Frame::close(1000, ""))
            .ack(Client)
            .end_tcp(Server);
        let between = Between { ahead_ns, drift_ppm, ..Between::default() };
        let journeys = check(
            &format!("clocks {ahead_ns} {drift_ppm}"),
            &files(between.both(&talk.packets())),
            &[AGREED],
        );
        let clock = journeys[0].clock.expect("two recordings");
        let off = clock.offset_ns - ahead_ns;
        assert!(off.abs() <= clock.error_ns && clock.error_ns < 11_000_000, "{off}: {clock:?}");
        match clock.drift_ppb {
            Some(drift) => assert!((drift - drift_ppm * 1_000).abs() < 5_000, "{clock:?}"),
            None => assert_eq!(drift_ppm, 0, "{clock:?}"),
        }
    }
}

#[test]
fn recordings_that_are_longer() {
    let between = Between { ahead_ns: 3_000_000_000, ..Between::default() };
    let [near, far] = between.both(&closed());
    let (early, late) = (around(-3_600, &between), around(3_600, &between));
    let longer =
        |packets: &[TestPacket], at: usize| merge([early[at].clone(), packets.to_vec(), late[at].clone()]);
    let expected = ["same_connection client proven: client#2 server#1"];
    check("longer at the client", &files([longer(&near, 0), far.clone()]), &expected);
    check(
        "longer at the server",
        &files([near.clone(), longer(&far, 1)]),
        &["same_connection client proven: client#1 server#2"],
    );
    // The hosts recorded something else in between that both have.
    let both = [longer(&near, 0), longer(&far, 1)];
    let heard = journeys("longer at both", &files(both));
    assert_eq!(heard.journeys.len(), 3);
}

#[test]
fn recordings_that_begin_in_the_middle() {
    let packets = closed();
    let [near, far] = Between { ahead_ns: 3_000_000_000, ..Between::default() }.both(&packets);
    for (case, from, to) in
        [("middle of the client", 9, 0), ("middle of the server", 0, 9), ("middle of both", 7, 9)]
    {
        let files = files([near[from..].to_vec(), far[to..].to_vec()]);
        let heard = journeys(case, &files);
        let told: Vec<String> = heard.journeys.iter().map(line).collect();
        assert_eq!(told.len(), 1, "{case}: {told:?}");
        assert!(
            told[0].starts_with("same_connection client ") && told[0].contains(": client#1 server#1"),
            "{told:?}"
        );
        assert!(!told[0].contains("lost"), "{told:?}");
    }
    // NAT, and numbers rewritten as well: only payload tells.
    let between = Between { ends: [Some("203.0.113.7:61000"), None], ..Between::default() };
    let [near, far] = between.both(&packets);
    let heard = journeys("middle behind NAT", &files([near[8..].to_vec(), far[8..].to_vec()]));
    assert_eq!(heard.journeys.len(), 1);
}

/// Both recordings go on: another conversation comes later.
fn going_on(near: [Vec<TestPacket>; 2], between: &Between) -> Vec<File> {
    let [here, there] = around(60, between);
    let [near, far] = near;
    files([merge([near, here]), merge([far, there])])
}

#[test]
fn a_close_that_was_sent_and_lost() {
    let mut talk = Talk::new(CLIENT, SERVER);
    chat(&mut talk).hold(Server);
    talk.send(Client, Frame::close(4000, "lost"));
    for pause in [300, 600, 1_200, 2_400] {
        talk.pause(pause).again(Client);
    }
    talk.pause(10_000).send(Server, Frame::ping("there?"));
    let packets = talk.packets();
    let close = packets.len() - 6;
    let lost = (close..packets.len() - 1).collect();
    let between = Between { lost, ..Between::default() };
    let journeys = check(
        "Close lost",
        &going_on(between.both(&packets), &between),
        &[
            "same_connection between likely: client#1 server#1: lost_segments, lost_close",
            "same_connection client proven: client#2 server#2",
        ],
    );
    assert!(
        journeys[0].text.contains("Of 14 segments that the client sent 5 did not arrive"),
        "{}",
        journeys[0].text
    );
    let passage = journeys[0].passages.iter().find(|passage| passage.close.is_some()).expect("the Close");
    assert!(passage.left.is_some() && passage.arrived.is_none());
}

/// A segment in a side's name that the other side's recording has and its own has not.
fn forge(near: &mut [Vec<TestPacket>; 2], by: Side, flags: TcpFlags) {
    let other = usize::from(by == Client);
    let sample = near[other]
        .iter()
        .rev()
        .find(|packet| (packet.flags.0 & 2 == 0) && packet.header.ttl < 64)
        .expect("one");
    let mut forged = TestPacket { payload: Vec::new(), flags, seq: sample.next_seq(), ..sample.clone() };
    forged.header = header_of(forged.from, 0);
    forged.header.ttl = 50;
    forged.header.ip_id = Some(0x7777);
    forged.at_ns = near[other].last().expect("one").at_ns + 2_000_000_000;
    near[other].push(forged);
}

#[test]
fn an_end_that_was_never_sent() {
    let mut talk = Talk::new(CLIENT, SERVER);
    let packets = chat(&mut talk).ack(Client).packets();
    let ack = TcpFlags::ACK;
    for (case, by, flags) in [
        ("RST of the server", Server, TcpFlags::RST.with(ack)),
        ("RST of the client", Client, TcpFlags::RST.with(ack)),
        ("FIN of the server", Server, TcpFlags::FIN.with(ack)),
        ("FIN of the client", Client, TcpFlags::FIN.with(ack)),
    ] {
        let between = Between { ahead_ns: -40_000_000, ..Between::default() };
        let mut near = between.both(&packets);
        forge(&mut near, by, flags);
        check(
            case,
            &going_on(near.clone(), &between),
            &[
                "same_connection between proven: client#1 server#1: forged_end, outcome",
                "same_connection client proven: client#2 server#2",
            ],
        );
        // Where the recording of the alleged sender has ended before, it may have sent it.
        let heard = journeys(&format!("{case} perhaps"), &files(near));
        let told = line(&heard.journeys[0]);
        assert!(!told.contains("proven") || !told.contains("between"), "{case}: {told}");
    }
}

#[test]
fn an_end_forged_on_both_sides() {
    let mut talk = Talk::new(CLIENT, SERVER);
    let packets = chat(&mut talk).ack(Client).packets();
    let between = Between::default();
    let mut near = between.both(&packets);
    forge(&mut near, Server, TcpFlags::RST);
    forge(&mut near, Client, TcpFlags::RST);
    check(
        "RST on both sides",
        &going_on(near, &between),
        &[
            "same_connection between proven: client#1 server#1: forged_end",
            "same_connection client proven: client#2 server#2",
        ],
    );
}

#[test]
fn segments_lost_and_delivered_twice() {
    let mut talk = Talk::new(CLIENT, SERVER);
    talk.open();
    let mut lost = Vec::new();
    let mut twice = Vec::new();
    for n in 0..40 {
        talk.hold(Server).send(Client, Frame::text(format!("question {n}")));
        if n % 5 == 0 {
            lost.push(talk.packets().len() - 1);
            talk.pause(300).again(Client);
        }
        if n % 8 == 1 {
            twice.push(talk.packets().len() - 1);
        }
        talk.release(Server).hold(Client).send(Server, Frame::text(format!("answer {n}")));
        if n % 10 == 3 {
            lost.push(talk.packets().len() - 1);
            talk.pause(300).again(Server);
        }
        if n % 20 == 6 {
            twice.push(talk.packets().len() - 1);
        }
        talk.release(Client);
    }
    talk.send(Client, Frame::close(1000, ""))
        .send(Server, Frame::close(1000, ""))
        .ack(Client)
        .end_tcp(Server);
    let between = Between { lost, twice, ..Between::default() };
    let journeys = check(
        "lost and twice",
        &going_on(between.both(&talk.packets()), &between),
        &[
            "same_connection client proven: client#1 server#1: lost_segments, lost_segments",
            "same_connection client proven: client#2 server#2",
        ],
    );
    let told: Vec<&str> = journeys[0].differences.iter().map(|difference| &*difference.text).collect();
    assert!(
        told[0].contains("that the client sent 8 did not arrive") && told[0].contains("5 came twice"),
        "{told:?}"
    );
    assert!(
        told[1].contains("that the server sent 4 did not arrive") && told[1].contains("2 came twice"),
        "{told:?}"
    );
}

/// A broken client has one key for all its connections.
#[test]
fn one_key_for_all() {
    let key = Talk::new(CLIENT, SERVER).upgrade();
    let talks = (0..6).map(|n: u16| {
        let mut talk = Talk::new(&format!("192.0.2.10:{}", 50_001 + n), SERVER)
            .starting_after(i64::from(n / 2) * 10)
            .with_isns(1_000 + u32::from(n), 2_000 + u32::from(n));
        talk.open_with(&key).send(Client, Frame::text("same")).send(Server, Frame::text("same"));
        talk.send(Client, Frame::close(1000, ""))
            .send(Server, Frame::close(1000, ""))
            .end_tcp(Server)
            .packets()
    });
    let talks: Vec<_> = talks.collect();
    check("one key", &[("client", pcap(&merge(talks.clone())))], &[]);
    let between = Between { ends: [None, None], ..Between::default() };
    let both: Vec<[Vec<TestPacket>; 2]> = talks.iter().map(|talk| between.both(talk)).collect();
    let near = merge(both.iter().map(|both| both[0].clone()));
    let far = merge(both.iter().map(|both| both[1].clone()));
    let expected: Vec<String> =
        (1..=6).map(|n| format!("same_connection client proven: client#{n} server#{n}")).collect();
    let expected: Vec<&str> = expected.iter().map(|line| &**line).collect();
    check("one key at both ends", &files([near, far]), &expected);
}

/// Many short connections of one client that send the same, at both ends.
#[test]
fn many_at_both_ends() {
    let count = 300;
    let between = Between { ends: [None, None], ahead_ns: 3_000_000_000, ..Between::default() };
    let both: Vec<[Vec<TestPacket>; 2]> = (0..count)
        .map(|n: u32| {
            let mut talk =
                Talk::new(&format!("192.0.2.10:{}", 20_000 + n), SERVER).with_isns(n * 7_919, n * 104_729);
            chat(&mut talk).send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, ""));
            between.both(&talk.end_tcp(Server).packets())
        })
        .collect();
    let near = merge(both.iter().map(|both| both[0].clone()));
    let far = merge(both.iter().map(|both| both[1].clone()));
    let heard = journeys("many at both ends", &files([near, far]));
    assert_eq!(heard.journeys.len(), count as usize);
    for journey in &heard.journeys {
        let [one, other] = &journey.legs[..] else { panic!("{journey:?}") };
        let port = |id| {
            heard.conversations.iter().find(|of| of.id == id).and_then(|of| of.tcp).map(|tcp| tcp.client)
        };
        assert_eq!(port(one.id), port(other.id));
    }
}
