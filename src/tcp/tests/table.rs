//! Flow table: port reuse, linger, eviction, spreading over several tables.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{OwnedSegment, parse};
use crate::limits::Limits;
use crate::model::{Direction, StreamEvent, Weirds};
use crate::tcp::FlowTable;

/// First packet of a flow and the bytes of both directions, `_` for a gap.
type Summary = (u64, String, String);

struct Feed {
    table: FlowTable<[String; 2]>,
    limits: Limits,
    weirds: Weirds,
    ended: Vec<Summary>,
}

impl Feed {
    fn new(limits: Limits) -> Self {
        Self { table: FlowTable::new(&limits, 1), limits, weirds: Weirds::default(), ended: Vec::new() }
    }

    fn push(&mut self, segment: &OwnedSegment) {
        let segment = segment.borrow();
        let flow = self.table.route(&segment, &mut self.weirds, |_| <[String; 2]>::default());
        let texts = &mut flow.state;
        flow.connection.push(&segment, &self.limits, &mut self.weirds, &mut |event| note(texts, event));
        self.take_ended();
    }

    fn take_ended(&mut self) {
        while let Some(mut flow) = self.table.next_ended() {
            let texts = &mut flow.state;
            flow.connection.finish(&mut self.weirds, &mut |event| note(texts, event));
            let [orig, resp] = flow.state;
            self.ended.push((flow.connection.first_packet().0, orig, resp));
        }
    }

    fn finish(mut self) -> (Vec<Summary>, Weirds) {
        self.table.finish();
        self.take_ended();
        assert!(self.table.is_empty());
        (self.ended, self.weirds)
    }
}

fn note(texts: &mut [String; 2], event: StreamEvent<'_>) {
    let (dir, text) = match event {
        StreamEvent::Data { dir, bytes, .. } => (dir, String::from_utf8_lossy(bytes).into_owned()),
        StreamEvent::Gap { dir, len, .. } => (dir, "_".repeat(len as usize)),
        _ => return,
    };
    texts[usize::from(dir == Direction::Resp)].push_str(&text);
}

/// `port time segment`, parted by `|`; no time is `-`. Answers `first packet: orig/resp` in the order of ending,
/// with a `.` before those that the end of the capture ended.
#[track_caller]
fn check(limits: Limits, lines: &str, expected: &str) {
    let mut feed = Feed::new(limits);
    for (no, line) in (1..).zip(lines.split('|')) {
        let (port, line) = line.trim().split_once(' ').unwrap();
        let (time, line) = line.trim().split_once(' ').unwrap();
        let at = time.parse::<f64>().ok().map(|seconds| (seconds * 1e9) as i64);
        feed.push(&OwnedSegment { client_port: port.parse().unwrap(), at, ..parse(no, line) });
    }
    let before = feed.ended.len();
    let (ended, weirds) = feed.finish();
    let mut words: Vec<_> = ended.iter().map(|(no, orig, resp)| format!("{no}:{orig}/{resp}")).collect();
    words.insert(before, ".".into());
    words.extend(weirds.as_slice().iter().map(|w| format!("[{} {}]", w.kind.name(), w.count)));
    assert_eq!(words.join(" "), expected);
}

const CLOSED: &str =
    "0 0 C S 100 | 0 0 S S 900/101 | 0 0 C F 101/901 'a | 0 0 S F 901/103 'b | 0 0 C 103/903";

#[test]
fn flows_are_apart() {
    check(Limits::default(), "0 0 C S 100 | 1 0 C S 100 | 0 0 C 101 'a | 1 0 C 101 'b", ". 1:a/ 2:b/");
}

#[test]
fn port_reuse() {
    let limits = Limits::default;
    check(limits(), &format!("{CLOSED} | 0 1 C S 7000 | 0 1 C 7001 'x"), "1:a/b . 6:x/");
    // The same SYN again is a retransmission; another one on an open connection is a new connection.
    check(limits(), "0 0 C S 100 | 0 1 C S 100 | 0 1 C 101 'a", ". 1:a/");
    check(limits(), "0 0 C S 100 | 0 0 C 101 'a | 0 1 C S 500 | 0 1 C 501 'b", "1:a/ . 3:b/");
    // Only the SYN+ACK of the new one is captured.
    check(limits(), &format!("{CLOSED} | 0 1 S S 5000/7001 | 0 1 C 7001/5001 'x"), "1:a/b . 6:x/");
    // A second SYN+ACK for the same SYN is of another leg.
    check(
        limits(),
        "0 0 C S 100 | 0 0 S S 900/101 | 0 0 S S 990/101 | 0 0 S 901/101 'a",
        ". 1:/a [second_leg 1]",
    );
    // The SYN of data that came before it.
    check(limits(), "0 0 C 101/901 'a | 0 0 C S 100", ". 1:a/");
    check(limits(), "0 0 C 101/901 'a | 0 0 C S 200", "1:a/ . 2:/");
    // Refused and tried again, with the same number.
    check(
        limits(),
        "0 0 C S 100 | 0 0 S R 0/101 | 0 1 C S 100 | 0 1 S S 900/101 | 0 1 C 101 'a",
        "1:/ . 3:a/",
    );
}

#[test]
fn the_leg_with_the_first_payload_is_followed() {
    let check = |lines: &str, expected: &str| check(Limits::default(), lines, expected);
    let answered = "0 0 C S 100 | 0 0 S S 900/101 | 0 0 S S 5000/101";
    check(
        &format!("{answered} | 0 0 C 101/901 'a | 0 0 C 101/5001 'a | 0 0 S 5001/102 'b | 0 0 S 901/102 'b"),
        ". 1:a/b [second_leg 3]",
    );
    check(
        &format!("{answered} | 0 0 C 101/5001 'a | 0 0 C 101/901 'a | 0 0 S 5001/102 'b | 0 0 S 901/102 'b"),
        ". 1:a/b [second_leg 3]",
    );
    check(&format!("{answered} | 0 0 S 5001/101 'b | 0 0 S 5002/101 'c"), ". 1:/bc [second_leg 1]");
    // The far end's RST is not one of this leg; without an acknowledgement the client's is.
    check(
        &format!("{answered} | 0 0 C 101/901 'a | 0 0 S R 5001 | 0 0 S 901/102 'b"),
        ". 1:a/b [second_leg 2]",
    );
    check(&format!("{answered} | 0 0 C 101/901 'a | 0 0 C R 102 | 0 0 C S 102"), "1:a/ . 6:/ [second_leg 1]");
    // Once bytes of the server are there, a SYN+ACK is odd; so is a third one.
    check(
        "0 0 C S 100 | 0 0 S S 900/101 | 0 0 S 901/101 'a | 0 0 S S 5000/101",
        ". 1:/a [sequence_out_of_window 1]",
    );
    check(&format!("{answered} | 0 0 S S 7000/101"), ". 1:/ [second_leg 2]");
    // A SYN with another number at once is one of a leg, a second later another try.
    check(
        "0 0 C S 100 | 0 0.1 C S 5000 | 0 0.1 S S 900/5001 | 0 0.1 S S 800/101 | 0 0.2 C 101/801 'a | 0 0.2 C 5001/901 'a",
        ". 1:a/ [second_leg 3]",
    );
    check("0 0 C S 100 | 0 1 C S 5000 | 0 1 S S 900/5001 | 0 1 C 5001/901 'a", "1:/ . 2:a/");
    check("0 0 C S 100 | 0 0.1 C S 5000 | 0 0.1 S S 900/5001 | 0 1 C 5001/901 'a", ". 1:a/ [second_leg 2]");
}

#[test]
fn closed_flows_linger_in_capture_time() {
    let limits = Limits::default;
    // In time, too late, taken out by another flow's time.
    check(limits(), &format!("{CLOSED} | 0 1.9 S F 901/103 'b"), ". 1:a/b");
    check(limits(), &format!("{CLOSED} | 0 2.1 S F 901/103 'b"), "1:a/b . 6:b/");
    check(limits(), &format!("{CLOSED} | 1 2.9 C S 1"), ". 1:a/b 6:/");
    check(limits(), &format!("{CLOSED} | 1 3.1 C S 1"), "1:a/b . 6:/");
    // A late segment prolongs it.
    check(limits(), &format!("{CLOSED} | 0 1.9 S F 901/103 'b | 1 3.1 C S 1 | 1 5 C S 1"), "1:a/b . 7:/");
    // Time running backwards, no time.
    check(limits(), &format!("{CLOSED} | 1 -50 C S 1 | 1 2.9 C S 1"), ". 1:a/b 6:/");
    check(limits(), &format!("{CLOSED} | 1 - C S 1 | 0 - S F 901/103 'b"), ". 1:a/b 6:/");
}

#[test]
fn closed_flows_linger_in_packets_where_there_is_no_time() {
    let mut feed = Feed::new(Limits::default());
    for (no, line) in (1..).zip(["C S 100", "S R 0/101"]) {
        feed.push(&parse(no, line));
    }
    let other = |no| OwnedSegment { client_port: 1, ..parse(no, "C S 1") };
    feed.push(&other(2 << 20));
    assert!(feed.ended.is_empty());
    feed.push(&other((2 << 20) + 3));
    assert_eq!(feed.ended.len(), 1);
}

#[test]
fn the_flow_idle_the_longest_is_evicted() {
    let limits = || Limits { max_flows: 2, ..Limits::default() };
    check(
        limits(),
        "1 0 C S 1 | 2 0 C S 1 | 1 0 C 2 'a | 3 0 C S 1 | 3 0 C 2 'c | 1 0 C 3 'b | 4 0 C S 1 | 1 0 C 4 'c",
        "2:/ 4:c/ . 1:abc/ 7:/ [flow_evicted 2]",
    );
    check(Limits { max_flows: 0, ..limits() }, "1 0 C S 1 | 2 0 C S 1", "1:/ . 2:/ [flow_evicted 1]");
}

/// Of flows that hold more than a few bytes the one silent the longest gives up what it can, and itself if that is not
/// enough: never one that holds little, nor the one at hand.
#[test]
fn of_those_that_hold_much_the_one_silent_the_longest_is_given_up() {
    let limits = Limits { max_held_bytes: 5_000, ..Limits::default() };
    let mut table: FlowTable<[usize; 2]> = FlowTable::new(&limits, 1);
    let mut weirds = Weirds::default();
    let mut given_up = Vec::new();
    // Port, what it holds, and what of that it can let go of.
    for (no, (port, holds, spare)) in (1..).zip([
        (1, 2_000, 0),
        (2, 5_000, 0),
        (3, 4_000, 4_000),
        (2, 5_000, 0),
        (4, 4_000, 0),
        (2, 9_000, 0),
        (2, 90_000, 0),
        (1, 2_049, 0),
    ]) {
        let segment = OwnedSegment { client_port: port, ..parse(no, "C 1 'a") };
        let segment = segment.borrow();
        let flow = table.route(&segment, &mut weirds, |_| [0; 2]);
        flow.state = [holds, spare];
        table.weigh(
            segment.no,
            &mut weirds,
            |flow| flow.state[0],
            |flow| {
                flow.state[0] -= std::mem::take(&mut flow.state[1]);
            },
        );
        while let Some(flow) = table.next_ended() {
            given_up.push((no, flow.connection.first_packet().0, flow.state[0]));
        }
    }
    // 3 could do without all of it; 4 could not; then 2 alone holds much, until it is not at hand.
    assert_eq!(given_up, [(6, 5, 4_000), (8, 2, 90_000)]);
    assert_eq!(weirds.as_slice()[0].count, 3);
    assert_eq!(table.len(), 2);
}

#[test]
fn eviction_goes_by_last_use_over_many_rounds() {
    let mut feed = Feed::new(Limits { max_flows: 8, ..Limits::default() });
    let mut model: Vec<(u16, u64)> = Vec::new(); // port, first packet; the one idle the longest first
    let mut expected = Vec::new();
    let mut random = 1_u32;
    for no in 1..=2_000 {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let port = (random >> 16) as u16 % 12;
        let first = match model.iter().position(|flow| flow.0 == port) {
            Some(i) => model.remove(i).1,
            None if model.len() == 8 => {
                expected.push(model.remove(0).1);
                no
            }
            None => no,
        };
        model.push((port, first));
        feed.push(&OwnedSegment { client_port: port, ..parse(no, "C S 1") });
    }
    let ended: Vec<_> = feed.ended.iter().map(|flow| flow.0).collect();
    assert_eq!(ended, expected);
    assert!(ended.len() > 100);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn spreading_flows_over_tables_changes_nothing(
        steps in prop::collection::vec((0_u16..5, 0_usize..8, 0_i64..900_000_000), 0..120),
    ) {
        let lines = [
            "C S 100", "S S 900/101", "C 101/901 'abc", "S 901/104 'xy", "C F 104/903", "S F 903/105", "C R 105",
            "C S 5000",
        ];
        let mut at = 0;
        let segments: Vec<_> = (1..).zip(&steps).map(|(no, (port, line, pause))| {
            at += pause;
            OwnedSegment { client_port: *port, at: Some(at), ..parse(no, lines[*line]) }
        }).collect();
        let spread = |tables: u16| {
            let mut all = BTreeSet::new();
            for n in 0..tables {
                let mut feed = Feed::new(Limits::default());
                for segment in segments.iter().filter(|segment| segment.client_port % tables == n) {
                    feed.push(segment);
                }
                all.extend(feed.finish().0);
            }
            all
        };
        let one = spread(1);
        prop_assert_eq!(&one, &spread(2));
        prop_assert_eq!(&one, &spread(3));
    }
}
