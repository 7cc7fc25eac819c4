//! What TCP shows besides the bytes, as tables.

use super::{parse, side};
use crate::limits::Limits;
use crate::model::{Direction, SideTcp, StreamEnd, Timestamp, Weirds};
use crate::tcp::Connection;

const OPEN: &str = "@0 C S 100 | @10 S S 900/101 | @20 C 101/901";

fn facts(lines: &str) -> [SideTcp; 2] {
    let lines: Vec<_> = lines.split('|').map(str::trim).collect();
    let of = |no: u64, line: &str| match line.split_once(' ') {
        Some((time, rest)) if time.starts_with('@') => {
            let (from, rest) = rest.split_once(' ').unwrap();
            parse(no, &format!("{from} {time} {rest}"))
        }
        _ => parse(no, line),
    };
    let mut connection = Connection::new(&of(1, lines[0]).borrow());
    let mut weirds = Weirds::default();
    for (no, line) in (1..).zip(&lines) {
        connection.push(&of(no, line).borrow(), &Limits::default(), &mut weirds, &mut |_| {});
    }
    connection.finish(&mut weirds, &mut |_| {});
    [Direction::Orig, Direction::Resp].map(|dir| connection.facts(dir))
}

fn ms(at: Option<Timestamp>) -> String {
    at.map_or("-".into(), |at| (at.0 / 1_000_000).to_string())
}

fn number<T: ToString>(n: Option<T>) -> String {
    n.map_or("-".into(), |n| n.to_string())
}

/// After the opening handshake, the ends: `C fin #4 3/5`: packet, offset in its stream, what it acknowledges.
#[track_caller]
fn check_ends(lines: &str, expected: &str) {
    let all = facts(&format!("{OPEN} | {lines}"));
    let mut words = Vec::new();
    for (dir, facts) in [Direction::Orig, Direction::Resp].into_iter().zip(&all) {
        for end in &facts.ends {
            let how = if end.how == StreamEnd::Fin { "fin" } else { "rst" };
            let bare = if end.bare { " bare" } else { "" };
            let (offset, acked) = (number(end.offset), number(end.acked));
            words.push(format!("{} {how} #{} {offset}/{acked}{bare}", side(dir), end.packet));
        }
    }
    assert_eq!(words.join(", "), expected);
}

/// T1: also those behind its own FIN.
#[test]
fn every_end_of_either_side() {
    check_ends("C 101/901 'abc", "");
    check_ends("C F 101/901 'abc | S F 901/105 | C 105/902", "C fin #4 3/0, S fin #5 0/4");
    // An RST after its sender's own FIN.
    check_ends("C F 101/901 | S 901/102 'x | C R 102", "C fin #4 0/0, C rst #6 1/- bare");
    check_ends(
        "C F 101/901 | S F 901/102 | C R 102/902 | S R 902/102",
        "C fin #4 0/0, C rst #6 1/1, S fin #5 0/1, S rst #7 1/1",
    );
    // Each RST counts, and what comes after it; a FIN once, wherever its copies are.
    check_ends("C R 101 | C R 101 | S R 901/101", "C rst #4 0/- bare, C rst #5 0/- bare, S rst #6 0/0");
    check_ends("C F 101/901 'ab | C F 101/901 'ab | C F 103/901 | S 901/104", "C fin #4 2/0");
    check_ends("C R 101/901 | C F 101/901", "C rst #4 0/0, C fin #5 0/0");
    check_ends("C RF 101/901", "C rst #4 0/0");
    // Numbers that fit nothing, and bytes that are still to come.
    check_ends("S R 3000000000", "S rst #4 -/- bare");
    check_ends("S R 50", "S rst #4 -/- bare");
    check_ends("C F 103/901 | C 101/901 'ab", "C fin #4 2/0");
}

#[test]
fn ends_without_a_beginning() {
    let [client, server] = facts("C 101/901 'ab | S F 901/103 | C R 103");
    assert_eq!((client.ends[0].offset, client.ends[0].bare), (Some(2), true));
    assert_eq!((server.ends[0].offset, server.ends[0].acked), (Some(0), Some(2)));
    let [client, server] = facts("C S 100 | S R 0/101");
    assert_eq!((client.ends.len(), server.ends.len()), (0, 1));
    assert_eq!((server.ends[0].offset, server.ends[0].acked, server.ends[0].bare), (None, Some(0), false));
}

#[test]
fn ends_have_a_cap() {
    let [client, _] = facts(&format!("{OPEN}{}", " | C R 101".repeat(40)));
    assert_eq!(client.ends.len(), SideTcp::MAX_ENDS);
    assert_eq!(client.ends[15].packet.0, 19);
}

#[test]
fn headers() {
    let [client, server] = facts(
        "C S 100 i5 | S S 900/101 t50 i0 | C 101/901 i6 t63 | C 101/901 'a i7 | S R 901/102 t200 i9 w77 | S 901/102 t52 i0",
    );
    assert_eq!((client.habits.segments, client.habits.ttl, client.habits.last_ip_id), (3, (63, 64), Some(7)));
    assert_eq!((server.habits.segments, server.habits.ttl, server.habits.last_ip_id), (2, (50, 52), Some(0)));
    assert_eq!((client.habits.zero_ip_ids, server.habits.zero_ip_ids), (0, 2));
    let header = server.ends[0].header;
    assert_eq!((header.ttl, header.ip_id, header.window), (200, Some(9), 77));
}

/// The last payload and the last segment of client and server, in ms.
#[track_caller]
fn check_last(lines: &str, expected: &str) {
    let [client, server] = facts(&format!("{OPEN} | {lines}"));
    let of = |facts: &SideTcp| format!("{}/{}", ms(facts.last_payload_at), ms(facts.last_segment_at));
    assert_eq!(format!("{} {}", of(&client), of(&server)), expected);
}

#[test]
fn last_payload_and_last_segment() {
    check_last("@30 C 101/901", "-/30 -/10");
    check_last("@30 C 101/901 'ab | @40 S 901/103", "30/30 -/40");
    // Again, a keep-alive, what was in a hole, and part of it new; what the snap length took counts too.
    check_last("@30 C 101/901 'ab | @40 C 101/901 'ab", "30/40 -/10");
    check_last("@30 C 101/901 'ab | @35 S 901/103 | @40 C 102/901 'z", "30/40 -/35");
    check_last("@30 C 103/901 'cd | @40 C 101/901 'ab", "40/40 -/10");
    check_last("@30 C 101/901 'ab | @40 C 102/901 'bc", "40/40 -/10");
    check_last("@30 C 101/901 'ab | @40 C 103/901 +9", "40/40 -/10");
    // An RST is none.
    check_last("@30 C 101/901 'ab | @40 C R 103", "30/30 -/10");
}

/// What the client sent again and was never acknowledged: `first sent>sent again..last xtimes smallest-largest @offset
/// #packet`, and its largest segment that was.
#[track_caller]
fn check_again(lines: &str, expected: &str) {
    let [client, server] = facts(&format!("{OPEN} | {lines}"));
    assert_eq!(server.unacknowledged, None);
    let text = client.unacknowledged.map_or("-".into(), |u| {
        format!(
            "{}>{}..{} x{} {}-{} @{} #{}",
            ms(u.sent_at),
            ms(u.again_at),
            ms(u.last_at),
            u.times,
            u.smallest,
            u.largest,
            number(u.offset),
            u.packet
        )
    });
    assert_eq!(format!("{text} ({})", client.largest_acknowledged), expected);
}

/// T24.
#[test]
fn sent_again_and_never_acknowledged() {
    check_again("@30 C 101/901 'abcd", "- (0)");
    check_again("@30 C 101/901 'abcd | @230 C 101/901 'abcd", "30>230..230 x1 4-4 @0 #5 (0)");
    check_again(
        "@30 C 101/901 'abcd | @230 C 101/901 'abcd | @630 C 101/901 'abcd | @640 C 101/901 'abcd",
        "30>230..640 x2 4-4 @0 #5 (0)",
    );
    // Acknowledged, at once or after all.
    check_again("@30 C 101/901 'abcd | @230 C 101/901 'abcd | @900 S 901/105", "- (4)");
    check_again("@30 C 101/901 'abcd | @40 S 901/105 | @230 C 101/901 'abcd", "- (4)");
    check_again(
        "@30 C 101/901 'abcd | @230 C 101/901 'abcd | @900 S 901/105 | @1000 C 105/901 'e | @1300 C 105/901 'e",
        "1000>1300..1300 x1 1-1 @4 #8 (4)",
    );
    // Two segments of which one was; one of which a part was.
    check_again(
        "@30 C 101/901 'ab | @31 C 103/901 'cde | @230 C 101/901 'ab | @231 C 103/901 'cde | @300 S 901/103",
        "31>231..231 x1 3-3 @2 #7 (2)",
    );
    check_again(
        "@30 C 101/901 'ab | @31 C 103/901 'cde | @230 C 101/901 'abcde | @300 S 901/103",
        "30>230..230 x1 5-5 @2 #6 (2)",
    );
    check_again(
        "@30 C 101/901 'ab | @31 C 103/901 'cde | @230 C 101/901 'ab | @500 C 103/901 'cde",
        "30>230..500 x2 2-3 @0 #6 (0)",
    );
    // Captured twice, or late: not sent again.
    check_again("@30 C 101/901 'abcd | @30 C 101/901 'abcd", "- (0)");
    check_again("@30 C 103/901 'cd | @40 C 101/901 'ab", "- (0)");
    // Keep-alives and probes that are answered carry nothing new.
    check_again("@30 C 101/901 'abcd | @40 S 901/105 | @50 C 104/901 'z | @950 C 104/901", "- (4)");
    // Of a side that was answered by an RST it stays unacknowledged.
    check_again("@30 C 101/901 'ab | @230 C 101/901 'ab | @240 S R 901", "30>230..230 x1 2-2 @0 #5 (0)");
    // What went through after it was sent again smaller may have been either.
    check_again("@30 C 101/901 'abcd | @230 C 101/901 'ab | @240 C 103/901 'cd | @250 S 901/105", "- (2)");
    check_again("@30 C 101/901 'ab | @31 C 103/901 'abcdef | @32 C 109/901 'xyz | @40 S 901/109", "- (6)");
}

#[test]
fn nothing_is_unacknowledged_where_the_peer_was_not_captured() {
    let [client, _] = facts("@0 C 101/901 'ab | @300 C 101/901 'ab | @900 C 101/901 'ab");
    assert_eq!(client.unacknowledged, None);
}

/// The shut window of the server: `from+length #packet probes`, `!` where it never opened again.
#[track_caller]
fn check_shut(lines: &str, expected: &str) {
    let [client, server] = facts(&format!("{OPEN} | {lines}"));
    assert_eq!(client.shut, None);
    let text = server.shut.map_or("-".into(), |shut| {
        let end = if shut.to_the_end { "!" } else { "" };
        format!("{}+{} #{} {}{end}", ms(shut.from), shut.for_ns / 1_000_000, shut.packet, shut.probes)
    });
    assert_eq!(text, expected);
}

/// T24.
#[test]
fn shut_windows() {
    check_shut("@30 S 901/101 w1", "-");
    check_shut("@30 S 901/101 w0 | @80 S 901/101 w9", "30+50 #4 0");
    check_shut("@30 S 901/101 w0 | @80 S 901/101 w0 | @99 C 101/901", "30+69 #4 0!");
    // A byte of new data and the number before the next are probes; an acknowledgement is none.
    check_shut(
        "@25 C 101/901 'ab | @30 S 901/103 w0 | @230 C 102/901 | @240 C 103/901 'c | @250 C 104/901 | @900 S 901/103 w5",
        "30+870 #5 2",
    );
    check_shut("@30 S 901/101 w0 | @900 S 901/101 w5 | @950 C 101/901 'a", "30+870 #4 0");
    // The longest one.
    check_shut(
        "@30 S 901/101 w0 | @40 S 901/101 w5 | @50 S 901/101 w0 | @70 S 901/101 w5 | @80 S 901/101 w0 | @90 C 101/901",
        "50+20 #6 0",
    );
    // In a SYN or an RST it says nothing; in a FIN it does.
    check_shut("@30 S R 901/101 w0 | @90 C 101/901", "-");
    check_shut("@30 S S 900/101 w0 | @90 C 101/901", "-");
    check_shut("@30 S F 901/101 w0 | @90 C 101/902", "30+60 #4 0!");
    check_shut("@30 S 901/101 w0 | @50 S R 901/101 w7 | @90 C 101/901", "30+60 #4 0!");
}

#[test]
fn nobody_asks() {
    let mut connection = Connection::new(&parse(1, "C R 5").borrow());
    connection.forget_facts();
    connection.push(&parse(1, "C R 5").borrow(), &Limits::default(), &mut Weirds::default(), &mut |_| {});
    assert_eq!(connection.facts(Direction::Orig), SideTcp::default());
}
