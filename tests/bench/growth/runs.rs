//! Captures of runs of the Autobahn Testsuite, of which the verdicts are asked for.

use super::support::capture_file::Pcap;
use super::support::conversation::{Client, Server, Side, Talk, TestPacket, merge};
use super::support::frame::Frame;
use super::{Made, Shape};

/// A connection of a run.
struct Case {
    tester: Side,
    /// What a testee asks a fuzzing server for.
    target: String,
    /// Number of the server.
    server: usize,
    course: fn(&mut Talk, Side),
}

pub(super) fn shapes() -> impl Iterator<Item = Shape> {
    let first = |_: usize| "/runCase?case=1&agent=lib".to_owned();
    [
        shape("connections to one case of a run", 300, move |n| asked(first(n), echoed)),
        shape("cases that the testee resets", 300, move |n| {
            asked(first(n), |talk, _| {
                talk.reset(Client);
            })
        }),
        shape("cases that the tester gives up", 300, move |n| asked(first(n), closed)),
        shape("cases with all answers to Pings", 30, move |n| asked(first(n), pinged)),
        shape("runs of many testees", 300, |n| {
            asked(format!("/runCase?case=1&agent=lib{n}"), if n % 2 == 0 { echoed } else { answered })
        }),
        shape("places of a run", 300, |n| asked(format!("/runCase?case={n}&agent=lib"), echoed)),
        // Each time the list begins anew.
        shape("runs after one another", 300, |n| Case {
            tester: Client,
            target: "/".to_owned(),
            server: 0,
            course: if n % 2 == 0 { answered } else { echoed },
        }),
        shape("servers that are tested", 200, |n| Case {
            tester: Client,
            target: "/".to_owned(),
            server: n,
            course: answered,
        }),
    ]
    .into_iter()
}

fn shape(name: &'static str, once: usize, case: impl Fn(usize) -> Case + Send + Sync + 'static) -> Shape {
    Shape::new(name, once, move |n| {
        // One of them is known, whatever the others are.
        let known = asked("/runCase?casetuple=2.1&agent=other".to_owned(), answered);
        let cases = (0..n).map(|n| packets(n + 1, &case(n))).chain([packets(0, &known)]);
        let name = "growth.pcap".to_owned();
        let arguments = ["inspect", "--threads", "1", "--format", "autobahn-index", &name];
        Made::new(&arguments, vec![(name.clone(), Pcap::default().write(&merge(cases)))])
    })
}

fn packets(n: usize, case: &Case) -> Vec<TestPacket> {
    let client = format!("10.{}.{}.1:{}", n >> 8 & 255, n & 255, 2_000 + n % 60_000);
    let server = format!("198.18.{}.{}:9001", case.server >> 8 & 255, case.server & 255);
    let talk = Talk::new(&client, &server);
    let mut talk = talk.with_isns(n as u32 * 7_919, n as u32 * 104_729).starting_after(n as i64);
    let mut heads = talk.upgrade();
    heads.target.clone_from(&case.target);
    let product = "AutobahnTestSuite/25.10.1-0.10.9";
    talk.open_with(&match case.tester {
        Server => heads.answer("Server", product),
        Client => heads.ask("User-Agent", product),
    });
    (case.course)(&mut talk, case.tester);
    talk.packets()
}

fn asked(target: String, course: fn(&mut Talk, Side)) -> Case {
    Case { tester: Server, target, server: 0, course }
}

/// As 1.1.1 does, among others.
fn echoed(talk: &mut Talk, tester: Side) {
    talk.send(tester, Frame::text("")).send(tester.peer(), Frame::text(""));
    closed(talk, tester);
}

/// As 2.1 does, among others.
fn answered(talk: &mut Talk, tester: Side) {
    talk.send(tester, Frame::ping("")).send(tester.peer(), Frame::pong(""));
    closed(talk, tester);
}

fn pinged(talk: &mut Talk, tester: Side) {
    for n in 0..200_u8 {
        talk.send(tester.peer(), Frame::ping([n])).send(tester, Frame::pong([n]));
    }
    closed(talk, tester);
}

fn closed(talk: &mut Talk, tester: Side) {
    talk.send(tester, Frame::close(1000, "")).send(tester.peer(), Frame::close(1000, "")).end_tcp(Server);
}
