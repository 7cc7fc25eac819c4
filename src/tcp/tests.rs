//! Reassembly by example, then against an oracle; then the flow table.

mod facts;
mod oracle;
mod table;

use std::net::{Ipv4Addr, SocketAddr};

use crate::limits::Limits;
use crate::model::{
    Carrier, Direction, GapCause, HeaderSigns, PacketNo, Segment, SeqNo, StreamEnd, StreamEvent, TcpFlags,
    Timestamp, Weirds,
};
use crate::tcp::Connection;

/// A segment in one line: `C` or `S` (the client, who is the originator unless a row says otherwise, or the
/// server), letters of the flags but ACK, `seq/ack` or `seq`, `'payload`, `+n` bytes cut off, `@` milliseconds, `w` its
/// window (1000 without), `t` its TTL, `i` its IPv4 identification.
fn parse(no: u64, line: &str) -> OwnedSegment {
    let mut words = line.split_whitespace();
    let from_client = words.next() == Some("C");
    let mut segment = OwnedSegment { no, from_client, ..OwnedSegment::default() };
    segment.header = HeaderSigns { window: 1_000, ttl: 64, ip_id: None };
    for word in words {
        if let Some(payload) = word.strip_prefix('\'') {
            segment.payload = payload.as_bytes().to_vec();
        } else if let Some(cut) = word.strip_prefix('+') {
            segment.cut_off = cut.parse().unwrap();
        } else if let Some(ms) = word.strip_prefix('@') {
            segment.at = Some(ms.parse::<i64>().unwrap() * 1_000_000);
        } else if let Some(window) = word.strip_prefix("w") {
            segment.header.window = window.parse().unwrap();
        } else if let Some(ttl) = word.strip_prefix("t") {
            segment.header.ttl = ttl.parse().unwrap();
        } else if let Some(ip_id) = word.strip_prefix("i") {
            segment.header.ip_id = Some(ip_id.parse().unwrap());
        } else if word.starts_with(|c: char| c.is_ascii_digit()) {
            let mut numbers = word.split('/').map(|n| n.parse().unwrap());
            segment.seq = numbers.next().unwrap();
            segment.ack = numbers.next();
        } else {
            segment.flags = word.chars().fold(TcpFlags(0), |flags, letter| {
                flags.with(match letter {
                    'S' => TcpFlags::SYN,
                    'F' => TcpFlags::FIN,
                    'R' => TcpFlags::RST,
                    _ => panic!("no flag {letter}"),
                })
            });
        }
    }
    segment
}

#[derive(Clone, Debug, Default)]
struct OwnedSegment {
    no: u64,
    at: Option<i64>,
    from_client: bool,
    client_port: u16,
    flags: TcpFlags,
    seq: u32,
    ack: Option<u32>,
    payload: Vec<u8>,
    cut_off: u32,
    header: HeaderSigns,
}

impl OwnedSegment {
    fn borrow(&self) -> Segment<'_> {
        let client = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 1), 50_000 + self.client_port));
        let server = SocketAddr::from((Ipv4Addr::new(10, 0, 0, 2), 80));
        let (src, dst) = if self.from_client { (client, server) } else { (server, client) };
        let ack_flag = if self.ack.is_some() { TcpFlags::ACK } else { TcpFlags(0) };
        Segment {
            no: PacketNo(self.no),
            at: self.at.map(Timestamp),
            src,
            dst,
            seq: SeqNo(self.seq),
            ack: self.ack.map(SeqNo),
            flags: self.flags.with(ack_flag),
            header: self.header,
            payload: &self.payload,
            cut_off: self.cut_off,
        }
    }
}

fn side(dir: Direction) -> &'static str {
    match dir {
        Direction::Orig => "C",
        Direction::Resp => "S",
    }
}

fn cause(cause: GapCause) -> &'static str {
    match cause {
        GapCause::NotCaptured => "lost",
        GapCause::SnapLen => "snap",
        GapCause::BufferFull => "full",
        GapCause::RecordingEnded => "open",
        GapCause::Undecrypted => "undecrypted",
    }
}

/// `#packet<acked`.
fn carried(carrier: Carrier) -> String {
    match carrier.acked {
        Some(acked) => format!("#{}<{acked}", carrier.packet),
        None => format!("#{}", carrier.packet),
    }
}

/// One event in words; with its carrier if `full`.
fn describe(event: StreamEvent<'_>, full: bool) -> Option<String> {
    let suffix = |carrier| if full { carried(carrier) } else { String::new() };
    Some(match event {
        StreamEvent::Data { dir, offset, bytes, carrier } => {
            format!("{} {offset} {}{}", side(dir), String::from_utf8_lossy(bytes), suffix(carrier))
        }
        StreamEvent::Gap { dir, offset, len, cause: why, carrier } => {
            format!("{} {offset} {len}x{}{}", side(dir), cause(why), suffix(carrier))
        }
        StreamEvent::Conflict { dir, offset, len, packet } => {
            format!("{} {offset} {len}!#{packet}", side(dir))
        }
        StreamEvent::Acked { dir, offset, carrier } if full => {
            format!("{} ack {offset}{}", side(dir), suffix(carrier))
        }
        StreamEvent::Acked { .. } => return None,
        StreamEvent::End { dir, how: StreamEnd::Unobserved, carrier: None } => format!("{} end", side(dir)),
        StreamEvent::End { dir, how, carrier: Some(carrier) } => {
            let how = if how == StreamEnd::Fin { "fin" } else { "rst" };
            format!("{} {how}{}", side(dir), suffix(carrier))
        }
        StreamEvent::End { .. } => "end without carrier".into(),
    })
}

struct Run {
    events: String,
    connection: Connection,
}

/// The events of `lines` (parted by `|`), a `.`, those of the end of the recording, and the weirds in brackets.
/// `-` is 64 packets later, on which nothing else happens.
fn run(lines: &str, limits: &Limits, full: bool) -> Run {
    let lines: Vec<_> = lines.split('|').map(str::trim).collect();
    let mut connection = Connection::new(&parse(1, lines[0]).borrow());
    let (mut events, mut weirds) = (Vec::new(), Weirds::default());
    let mut sink = |event: StreamEvent<'_>| events.extend(describe(event, full));
    let mut last = parse(1, lines[0]);
    for (no, line) in (1..).zip(&lines) {
        if *line == "-" {
            // The last segment's sender keeps repeating a pure ACK.
            let ack = OwnedSegment { payload: Vec::new(), flags: TcpFlags(0), cut_off: 0, ..last.clone() };
            for _ in 0..64 {
                connection.push(&ack.borrow(), limits, &mut weirds, &mut sink);
            }
            continue;
        }
        last = parse(no, line);
        connection.push(&last.borrow(), limits, &mut weirds, &mut sink);
    }
    let closed = if connection.is_closed() { "closed" } else { "." };
    sink(StreamEvent::Data {
        dir: Direction::Orig,
        offset: 0,
        bytes: b"|",
        carrier: Carrier { packet: PacketNo(0), at: None, acked: None },
    });
    connection.finish(&mut weirds, &mut sink);
    connection.finish(&mut weirds, &mut sink);
    for event in &mut events {
        if event.starts_with("C 0 |") {
            *event = closed.into();
        }
    }
    for weird in weirds.as_slice() {
        events.push(format!("[{} {}]", weird.kind.name(), weird.count));
    }
    Run { events: events.join(", "), connection }
}

#[track_caller]
fn check(lines: &str, expected: &str) {
    assert_eq!(run(lines, &Limits::default(), false).events, expected);
}

#[track_caller]
fn check_full(lines: &str, expected: &str) {
    assert_eq!(run(lines, &Limits::default(), true).events, expected);
}

/// Prefixed to a row: client's data begins at 101, server's at 901.
const OPEN: &str = "C S 100 | S S 900/101 | C 101/901 |";

#[track_caller]
fn check_open(lines: &str, expected: &str) {
    check(&format!("{OPEN} {lines}"), expected);
}

#[test]
fn in_order() {
    check_full(
        "C S 100 | S S 900/101 | C 101/901 | C 101/901 'GET | S 901/104 'OK | C F 104/903 | S F 903/105 | C 105/904",
        "C 0 GET#4<0, C ack 3#5<3, S 0 OK#5<3, S ack 2#6<2, C fin#6<2, C ack 4#7<4, S fin#7<4, S ack 3#8<3, closed",
    );
    check_open("C 101/901 'ab | C 103/901 'cd", "C 0 ab, C 2 cd, ., C end, S end");
}

#[test]
fn data_and_fin_in_one_segment() {
    check_open("C F 101/901 'ab | S F 901/104 | C 104/902", "C 0 ab, C fin, S fin, closed");
}

#[test]
fn out_of_order_keeps_its_own_carrier() {
    check_full(
        "C S 100 | S S 900/101 | C 103/901 'cd | C 105/901 'e | C 101/901 'ab",
        "C 0 ab#5<0, C 2 cd#3<0, C 4 e#4<0, ., C end, S end",
    );
}

#[test]
fn duplicates_and_overlaps_first_copy_wins_3_10_7_4() {
    check_open("C 101 'abc | C 101 'abc", "C 0 abc, ., C end, S end");
    // Left, right, both sides, inside.
    check_open("C 101 'abc | C 102 'bcde", "C 0 abc, C 3 de, ., C end, S end");
    check_open("C 104 'def | C 101 'abcde", "C 0 abc, C 3 def, ., C end, S end");
    check_open(
        "C 103 'c | C 106 'f | C 101 'abcdefg",
        "C 0 ab, C 2 c, C 3 de, C 5 f, C 6 g, ., C end, S end",
    );
    check_open("C 103 'cdef | C 104 'de | C 101 'ab", "C 0 ab, C 2 cdef, ., C end, S end");
    let run =
        run(&format!("{OPEN} C 104 'def | C 104 'def | C 101 'abcde | C 101 'ab"), &Limits::default(), false);
    let stats = run.connection.stats(Direction::Orig);
    assert_eq!((stats.stream_bytes, stats.retransmitted_bytes, stats.ignored_bytes), (6, 3 + 2 + 2, 0));
}

#[test]
fn conflicts() {
    // With what waits; with what was handed on; with both, one each.
    check_open(
        "C 104 'def | C 103 'xdyf",
        "C 4 2!#5, ., C 0 2xopen, C 2 x, C 3 def, C end, S end, [conflicting_retransmission 1], [gap 1]",
    );
    check_open(
        "C 101 'abcdef | C 102 'bXdeY",
        "C 0 abcdef, C 2 4!#5, ., C end, S end, [conflicting_retransmission 1]",
    );
    check_open(
        "C 101 'ab | C 104 'de | C 101 'Xbcd_f",
        "C 0 ab, C 0 2!#6, C 2 c, C 4 1!#6, C 3 de, C 5 f, ., C end, S end, [conflicting_retransmission 2]",
    );
}

#[test]
fn conflict_is_compared_as_far_as_history_reaches() {
    let limits = Limits { max_history_bytes: 4, ..Limits::default() };
    let events = run(&format!("{OPEN} C 101 'abcdef | C 101 'XYcdef | C 101 'XYcdeZ"), &limits, false).events;
    assert_eq!(events, "C 0 abcdef, C 5 1!#6, ., C end, S end, [conflicting_retransmission 1]");
    let limits = Limits { max_history_bytes: 0, ..Limits::default() };
    let events = run(&format!("{OPEN} C 101 'abc | C 101 'XYZ"), &limits, false).events;
    assert_eq!(events, "C 0 abc, ., C end, S end");
}

#[test]
fn keep_alive_3_8_4() {
    check_open("C 101 'ab | C 102 | C 102 'X", "C 0 ab, ., C end, S end");
    check_open("C 100 'X | C 101 'ab", "C 0 ab, ., C end, S end");
    check_open("C F 101 'ab | C 103 'X", "C 0 ab, C fin, ., S end");
    // Behind a hole of the capture the sender's next number is that behind what waits.
    check_open("C 103 'cd | C 104 'X | C 101 'ab", "C 0 ab, C 2 cd, ., C end, S end");
}

#[test]
fn sequence_numbers_wrap_3_4() {
    check(
        "C S 4294967293 | S S 4294967295/4294967294 | C 4294967294/0 'abcd | S 0/2 'xy | C 4 'gh | C 2 'ef | C F 6/2",
        "C 0 abcd, S 0 xy, C 4 ef, C 6 gh, C fin, ., S end",
    );
}

#[test]
fn fin_before_data() {
    check_full(&format!("{OPEN} C F 104/901 | C 101/901 'abc"), "C 0 abc#5<0, C fin#4<0, ., S end");
    check_open("C F 103/901 'cd | C 101/901 'ab", "C 0 ab, C 2 cd, C fin, ., S end");
}

#[test]
fn fin_again_and_what_contradicts_it() {
    check_open("C F 101 'ab | C F 101 'ab | C F 103", "C 0 ab, C fin, ., S end");
    check_open("C F 101 'ab | C 101 'abcd", "C 0 ab, C fin, ., S end, [sequence_out_of_window 1]");
    check_open("C F 101 'ab | C F 105", "C 0 ab, C fin, ., S end, [sequence_out_of_window 1]");
    check_open("C 101 'abcd | C F 103", "C 0 abcd, ., C end, S end, [sequence_out_of_window 1]");
    check_open(
        "C 103 'cd | C F 103 | C 101 'ab",
        "C 0 ab, C 2 cd, ., C end, S end, [sequence_out_of_window 1]",
    );
}

#[test]
fn half_close_3_6() {
    check_open(
        "C F 101/901 | S 901/102 'abc | S 904/102 'd | S F 905/102 | C 102/906",
        "C fin, S 0 abc, S 3 d, S fin, closed",
    );
}

#[test]
fn resets_3_5() {
    check_full(
        &format!("{OPEN} S 901/101 'a | C R 101/902 | S 902/101 'b"),
        "S 0 a#4<0, S ack 1#5<1, C rst#5<1, S 1 b#6<0, closed, S end",
    );
    // Without ACK; refusing a SYN; after the own FIN; far off.
    check_open("C R 101", "C rst, closed, S end");
    check("C S 100 | S R 0/101", "S rst, closed, C end");
    check("C S 100 | S S 900/101 | C 101/901 | S R 0/101", "S rst, closed, C end");
    check_open("C F 101/901 | S 901/102 'a | C R 102", "C fin, S 0 a, closed, S end");
    check_open("C R 3000000000", "., C end, S end, [sequence_out_of_window 1]");
    // Holes before it, also before a FIN.
    check_open("C 103/901 'cd | C R 105", "closed, C 0 2xopen, C 2 cd, C rst, S end, [gap 1]");
    check_open("C 103/901 'cd | S 901/103 | C R 105", "closed, C 0 2xlost, C 2 cd, C rst, S end, [gap 1]");
    check_open("C F 103/901 | S R 901/104", "closed, C 0 2xlost, C fin, S rst, [gap 1]");
    // Captured before the data it follows; its number tells.
    check_open("C R 105 | C 103 'cd | C 101 'ab", "C 0 ab, C 2 cd, C rst, closed, S end");
    check_open("C R 103 | C 101 'ab | C 103 'cd", "C 0 ab, C rst, closed, S end");
    check_open("C R 103 | C 103 'cd | C 101 'ab", "C 0 ab, C 2 cd, C rst, closed, S end");
    // Payload of an RST is no part of the stream; nor is what follows.
    let run = run(&format!("{OPEN} C R 101 'bye | C 101 'abc"), &Limits::default(), false);
    assert_eq!(run.events, "C rst, closed, S end");
    assert_eq!(run.connection.stats(Direction::Orig).ignored_bytes, 6);
}

#[test]
fn gap_by_acknowledgement_waits_for_stragglers() {
    check_open("C 101 'ab | C 105 'ef | S 901/107 | C 103 'cd", "C 0 ab, C 2 cd, C 4 ef, ., C end, S end");
    check_open(
        "C 101 'ab | C 105 'ef | S 901/107 | - | C 103 'cd",
        "C 0 ab, C 2 cd, C 4 ef, ., C end, S end",
    );
    check_open(
        "C 101 'ab | C 105 'ef | S 901/107 | - | -",
        "C 0 ab, C 2 2xlost, C 4 ef, ., C end, S end, [gap 1]",
    );
    // Not acknowledged: nothing is given up.
    check_open(
        "C 101 'ab | C 105 'ef | S 901/103 | - | - | -| C 103 'cd",
        "C 0 ab, C 2 cd, C 4 ef, ., C end, S end",
    );
    // Late bytes of a gap are not handed on.
    let run = run(&format!("{OPEN} C 103 'cd | S 901/105 | - | - | C 101 'ab"), &Limits::default(), false);
    assert_eq!(run.events, "C 0 2xlost, C 2 cd, ., C end, S end, [gap 1]");
    let stats = run.connection.stats(Direction::Orig);
    assert_eq!((stats.stream_bytes, stats.gap_bytes, stats.retransmitted_bytes), (2, 2, 2));
    // Before a FIN with nothing waiting.
    check_open("C F 103/901 | S 901/104 | - | -", "C 0 2xlost, C fin, ., S end, [gap 1]");
}

#[test]
fn an_acknowledged_part_of_a_hole_is_lost_first() {
    check_open(
        "C 105 'ef | S 901/103 | - | - | S 901/107 | C 103 'cd",
        "C 0 2xlost, C 2 cd, C 4 ef, ., C end, S end, [gap 1]",
    );
}

#[test]
fn acknowledgement_before_its_data() {
    check_full(
        &format!("{OPEN} S 901/104 'ok | C 101/901 'abc"),
        "C 0 abc#5<0, C ack 3#4<3, S 0 ok#4<3, ., C end, S end",
    );
    // It does not wait for ever: bytes that were acknowledged and never come become a gap.
    check_full(
        &format!("{OPEN} S 901/104 'ok"),
        "., C 0 3xlost#4, C ack 3#4<3, S 0 ok#4<3, C end, S end, [gap 1]",
    );
}

#[test]
fn old_acknowledgements() {
    check_full(
        &format!("{OPEN} C 101/901 'abcd | S 901/105 'x | S 902/103 'y"),
        "C 0 abcd#4<0, C ack 4#5<4, S 0 x#5<4, S 1 y#6<2, ., C end, S end",
    );
    check_full(
        &format!("{OPEN} C 101/901 'ab | S 901/3000000000 'x"),
        "C 0 ab#4<0, S 0 x#5, ., C end, S end, [sequence_out_of_window 1]",
    );
}

#[test]
fn syn_after_data() {
    check("C 101/901 'ab | C S 100 | S S 900/101", "C 0 ab, ., C end, S end");
    check("C 103/901 'cd | C S 100 | S S 900/101 | C 101/901 'ab", "C 0 ab, C 2 cd, ., C end, S end");
    check("C S 100 | S 901/101 'hi | S S 900/101 | C 101/903", "S 0 hi, ., C end, S end");
    check("C 101/901 'ab | C S 101", "C 0 b, ., C end, S end, [sequence_out_of_window 1]");
}

#[test]
fn handshake_partly_captured() {
    // SYN+ACK first: its receiver is the originator.
    check("S S 900/101 | C 101/901 'ab | S 901/103 'cd", "C 0 ab, S 0 cd, ., C end, S end");
    // No SYN+ACK: the first acknowledgement of who sent the SYN is as good.
    check(
        "C S 100 | C 101/901 'ab | S 903/103 'cd | S 901/103 'ab",
        "C 0 ab, S 0 ab, S 2 cd, ., C end, S end",
    );
}

#[test]
fn without_syn_data_is_held_until_acknowledged() {
    check_full(
        "C 501/901 'ab | C 503/901 'cd | S 901/505 'xy | C 505/903 'ef",
        "C 0 ab#1, C 2 cd#2, C ack 4#3<4, S 0 xy#3<4, S ack 2#4<2, C 4 ef#4<2, ., C end, S end",
    );
    check("C 503/901 'cd | C 501/901 'ab | S 901/505 ", "C 0 ab, C 2 cd, ., C end, S end");
    check("C 503/901 'cd", "., C 0 cd, C end, S end");
    // No gap is made up before it; what comes too late for it is ignored.
    check("C 503/901 'cd | S 951/505 'x | C 501/952 'abcde", "C 0 cd, S 0 x, C 2 e, ., C end, S end");
    check("C F 503/901 | S F 901/504 | C 504/902", "C fin, S fin, closed");
    check("C F 503/901 'cd | S F 901/506 | C 506/902", "C 0 cd, C fin, S fin, closed");
}

#[test]
fn without_syn_holding_is_bounded() {
    let row: Vec<_> = (0..8).map(|i| format!("C {}/901 'x", 500 + i)).collect();
    assert!(run(&row[..7].join("|"), &Limits::default(), false).events.starts_with("., C 0 x"));
    assert!(run(&row.join("|"), &Limits::default(), false).events.ends_with("C 7 x, ., C end, S end"));
    let big = format!("C 500/901 '{}", "x".repeat(64 << 10));
    assert!(run(&big, &Limits::default(), false).events.ends_with("x, ., C end, S end"));
}

#[test]
fn conflict_while_held_is_counted() {
    check("C 501/901 'ab | C 501/901 'aX", "., C 0 ab, C end, S end, [conflicting_retransmission 1]");
}

#[test]
fn tcp_fast_open_rfc_7413() {
    check("C S 100 'ab | S S 900/103 'x | C 103/902 'c", "C 0 ab, S 0 x, C 2 c, ., C end, S end");
    check("S S 900/103 | C S 100 'ab | C 103/901 'c", "C 0 ab, C 2 c, ., C end, S end");
    check("C S 100 'ab | C S 100 'ab", "C 0 ab, ., C end, S end");
}

#[test]
fn snap_length() {
    check_open("C 101 'ab +3 | C 106 'fg", "C 0 ab, C 2 3xsnap, C 5 fg, ., C end, S end, [gap 1]");
    check_open(
        "C 106 'fg +1 | C 101 'ab +3",
        "C 0 ab, C 2 3xsnap, C 5 fg, C 7 1xsnap, ., C end, S end, [gap 2]",
    );
    // Another copy that waits already, or comes in time, knows more.
    check_open("C 103 'cd | C 101 'ab +3", "C 0 ab, C 2 cd, C 4 1xsnap, ., C end, S end, [gap 1]");
    check_open(
        "C 103 'c +3 | C 105 'e | C 101 'ab",
        "C 0 ab, C 2 c, C 3 1xsnap, C 4 e, C 5 1xsnap, ., C end, S end, [gap 2]",
    );
    check_open("C 101 +3 | C F 104 | C 101 'abc", "C 0 3xsnap, C fin, ., S end, [gap 1]");
    check_open("C F 101 'a +2 | S F 901/105 | C 104/902", "C 0 a, C 1 2xsnap, C fin, S fin, closed, [gap 1]");
    check_open("C 101 'a +4000000000 | C 101 'ab", "C 0 ab, ., C end, S end, [sequence_out_of_window 1]");
}

#[test]
fn tail_lost() {
    check_open("C 101/901 'ab | S 901/107", "C 0 ab, ., C 2 4xlost, C end, S end, [gap 1]");
    // One more than the data may be a FIN.
    check_open("C 101/901 'ab | S 901/104", "C 0 ab, ., C end, S end");
    check_open("C F 105/901 | S F 901/106 | C 106/902", "closed, C 0 4xlost, C fin, S fin, [gap 1]");
    // The other direction was not captured at all.
    check("C S 100 | C 101/901 'ab | C 103/931", "C 0 ab, ., S 0 30xlost, C end, S end, [gap 1]");
}

#[test]
fn recording_ended_with_holes() {
    check_open(
        "C 103 'c | C 105 'e | S 901/103",
        "., C 0 2xlost, C 2 c, C 3 1xopen, C 4 e, C end, S end, [gap 2]",
    );
    check_open("C F 103", "., C 0 2xopen, C fin, S end, [gap 1]");
}

#[test]
fn buffer_full() {
    let limits = Limits { max_out_of_order_bytes: 4, ..Limits::default() };
    let events = run(&format!("{OPEN} C 103 'cd | C 106 'fg | C 109 'i | C 101 'ab"), &limits, false).events;
    assert_eq!(
        events,
        "C 0 2xfull, C 2 cd, ., C 4 1xopen, C 5 fg, C 7 1xopen, C 8 i, C end, S end, [out_of_order_cap 1], [gap 3]"
    );
    let limits = Limits { max_out_of_order_segments: 1, ..Limits::default() };
    let events = run(&format!("{OPEN} C 103 'c | C 105 'e"), &limits, false).events;
    assert_eq!(
        events,
        "C 0 2xfull, C 2 c, ., C 3 1xopen, C 4 e, C end, S end, [out_of_order_cap 1], [gap 2]"
    );
}

#[test]
fn far_off_numbers_are_ignored_and_counted() {
    check_open("C 1073741926 'x", "., C end, S end, [sequence_out_of_window 1]");
    check_open("C 101 'ab | C 4294967000 'xy", "C 0 ab, ., C end, S end, [sequence_out_of_window 1]");
    check_open("C 101 'ab | C 99 'xy", "C 0 ab, ., C end, S end, [sequence_out_of_window 1]");
}

#[test]
fn streams_longer_than_the_sequence_space() {
    let limits = Limits { max_history_bytes: 0, ..Limits::default() };
    let mut connection = Connection::new(&parse(1, "C S 100").borrow());
    let mut weirds = Weirds::default();
    let mut end = 0;
    let mut sink = |event: StreamEvent<'_>| match event {
        StreamEvent::Data { offset, bytes, .. } => {
            assert_eq!(offset, end);
            end += bytes.len() as u64;
        }
        StreamEvent::Acked { offset, .. } => assert_eq!(offset, end),
        _ => panic!("{event:?}"),
    };
    connection.push(&parse(1, "C S 100").borrow(), &limits, &mut weirds, &mut sink);
    connection.push(&parse(2, "S S 900/101").borrow(), &limits, &mut weirds, &mut sink);
    let payload = vec![0; 8 << 20];
    for i in 0..1024_u32 {
        let seq = 101_u32.wrapping_add(i.wrapping_mul(8 << 20));
        let ack = seq.wrapping_add(8 << 20);
        let data = OwnedSegment { from_client: true, ack: Some(901), seq, ..OwnedSegment::default() };
        connection.push(&Segment { payload: &payload, ..data.borrow() }, &limits, &mut weirds, &mut sink);
        let answer = OwnedSegment { seq: 901, ack: Some(ack), ..OwnedSegment::default() };
        connection.push(&answer.borrow(), &limits, &mut weirds, &mut sink);
    }
    assert_eq!(end, 8 << 30);
    assert_eq!(connection.stats(Direction::Orig).stream_bytes, 8 << 30);
    assert!(weirds.is_empty());
}

#[test]
fn a_connection_is_small() {
    assert!(size_of::<Connection>() <= 416, "{}", size_of::<Connection>());
}
