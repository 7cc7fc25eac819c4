//! Captures as they come: begun in the middle, of one side only, cut by the snap length, doubled, one direction
//! late, with holes over headers and TCP at its oddest. A row says what was done to a conversation and what is
//! still concluded: what was not recorded accuses nobody.
//!
//! Conversations are scripts (`support/script.rs`); findings and closing are written as in `rules.rs`.

#[path = "support/support.rs"]
mod support;

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use wslog::limits::Limits;
use wslog::model::{ConnectionReport, Role, SeqNo, TcpFlags};
use wslog::pipeline::{Analysis, Keep};

use support::conversation::TestPacket;
use support::script::{analyse, closing, findings, play};
use support::transform::{drop_acknowledged, rechop};

/// An exchange with enough messages to be known by, and how it closes.
const TALK: &str = "C: text subscribe to everything | S: text {\"tick\":1,\"price\":100} | S: text {\"tick\":2,\"price\":101} \
    | C: text thank you very much | S: ping are you there | C: pong are you there | S: text {\"tick\":3,\"price\":99} \
    | C: text enough of this now | C: close 1000 done | S: close 1000 done | S: fin | C: fin | S: ack";

const CLEAN: &str = "clean by C, sees 1000 clean / 1000 clean";

fn is_server(packet: &TestPacket) -> bool {
    packet.from.port() == 8080
}

/// What is told of a recording, a line a connection: the handshake, frames of both sides, findings, closing, and
/// the weirds.
fn told(reports: &[ConnectionReport]) -> String {
    let mut text = String::new();
    for report in reports {
        let handshake = match (&report.request, &report.response, report.assumed) {
            (Some(_), Some(_), false) => "",
            (Some(_), Some(_), true) => "cut handshake, ",
            (Some(_), None, _) => "request only, ",
            (None, Some(_), _) => "response only, ",
            (None, None, _) => "no handshake, ",
        };
        let mut weirds: Vec<&str> = report.weirds.as_slice().iter().map(|weird| weird.kind.name()).collect();
        weirds.sort_unstable();
        let line = format!(
            "{handshake}{}+{} frames | {} | {} | {}",
            report.traffic.client.frame_count(),
            report.traffic.server.frame_count(),
            findings(report),
            closing(report),
            weirds.join(" ")
        );
        let _ = writeln!(text, "{}", line.trim_end_matches([' ', '|']));
    }
    text.trim_end().to_owned()
}

#[track_caller]
fn check(what: &str, packets: &[TestPacket], expected: &str) {
    assert_eq!(told(&analyse(packets)), expected, "{what}");
}

/// With packets cut to so many bytes of payload.
fn analyse_cut(packets: &[TestPacket], keep: usize) -> Vec<ConnectionReport> {
    let limits = Limits::default();
    let mut analysis = Analysis::new(0, &limits, Keep { first: usize::MAX, last: 0, payload_bytes: 256 });
    let mut reports = Vec::new();
    let mut take = |report: Box<ConnectionReport>| {
        reports.push(*report);
        Ok(())
    };
    for (no, packet) in (1..).zip(packets) {
        let mut segment = packet.segment(no);
        let kept = segment.payload.len().min(keep);
        segment.cut_off = (segment.payload.len() - kept) as u32;
        segment.payload = &segment.payload[..kept];
        analysis.push(&segment, &mut take).expect("the sink takes all");
    }
    analysis.finish(&mut [Default::default()], &mut take).expect("the sink takes all");
    reports
}

/// The packets of one side, in their order.
fn only(packets: &[TestPacket], server: bool) -> Vec<TestPacket> {
    packets.iter().filter(|packet| is_server(packet) == server).cloned().collect()
}

/// The capture begins with packet `n` (from 0).
fn from(packets: &[TestPacket], n: usize) -> Vec<TestPacket> {
    packets[n..].to_vec()
}

/// Packet `n` (from 0) changed.
fn with(packets: &[TestPacket], n: usize, change: impl FnOnce(&mut TestPacket)) -> Vec<TestPacket> {
    let mut changed = packets.to_vec();
    change(&mut changed[n]);
    changed
}

fn position(packets: &[TestPacket], is_so: impl Fn(&TestPacket) -> bool) -> usize {
    packets.iter().position(is_so).expect("there is such a packet")
}

#[test]
fn the_conversation_itself() {
    check("whole", &play(TALK, false), &format!("5+5 frames |  | {CLEAN}"));
}

/// Packets 0 to 2 open TCP, 3 is the request, 4 the response.
#[test]
fn begun_in_the_middle() {
    let talk = play(TALK, false);
    let assumed = "both note HS-ASSUMED";
    for (what, first, expected) in [
        ("without SYN", 1, format!("5+5 frames |  | {CLEAN}")),
        ("with the request", 3, format!("5+5 frames |  | {CLEAN}")),
        ("with the response", 4, format!("response only, 5+5 frames | {assumed} | {CLEAN}")),
        ("with the first frame", 5, format!("no handshake, 5+5 frames | {assumed} | {CLEAN}")),
        ("with the second", 6, format!("no handshake, 4+5 frames | {assumed} | {CLEAN}")),
        ("in the middle", 8, format!("no handshake, 4+3 frames | {assumed} | {CLEAN}")),
    ] {
        check(what, &from(&talk, first), &expected);
    }
    check(
        "two frames that say enough",
        &from(&talk, 12),
        &format!("no handshake, 2+1 frames | {assumed} | {CLEAN}"),
    );
    for last in [13, 14] {
        check("with too little to be known by", &from(&talk, last), "");
    }
    check("two frames are no proof", &from(&play("C: text a | S: text b", false), 5), "");
    let deflated = "C: c1 04 ca c8 04 00 | S: c1 04 ca c8 04 00 | C: c1 04 02 11 00 00 | C: text that was all of it \
        | C: text really all of it | S: text {\"bye\":true} | C: close 1000 | S: close 1000 | S: fin | C: fin";
    check(
        "RSV1 may be permessage-deflate: neither judged nor inflated",
        &from(&play(deflated, true), 5),
        &format!("no handshake, 5+3 frames | {assumed} | {CLEAN}"),
    );
    let fault = TALK.replace("S: ping are you there", "C: raw 81 02 68 69 | S: ping are you there");
    let reports = analyse(&from(&play(&fault, false), 5));
    assert_eq!(reports.len(), 1, "a fault behind what it is known by");
}

#[test]
fn one_side_only() {
    let talk = play(TALK, false);
    check(
        "client only",
        &only(&talk, false),
        "request only, 5+0 frames | both note HS-ASSUMED | not_observable by ?, sees - / 1000 clean? | gap handshake_gap",
    );
    check(
        "server only",
        &only(&talk, true),
        "response only, 0+5 frames | both note HS-ASSUMED | not_observable by ?, sees 1000 clean? / - | gap",
    );
    check(
        "client only, from the first frame",
        &only(&from(&talk, 5), false),
        "no handshake, 5+0 frames | both note HS-ASSUMED | not_observable by ?, sees - / 1000 clean? | gap",
    );
    check(
        "server only, from the first frame",
        &only(&from(&talk, 5), true),
        "no handshake, 0+5 frames | both note HS-ASSUMED | not_observable by ?, sees 1000 clean? / - | gap",
    );
    let reports = analyse(&only(&talk, false));
    assert_eq!(reports[0].traffic.server.stream_bytes, 0, "nothing of the server was captured");
    let whole = analyse(&talk)[0].traffic.server.stream_bytes;
    let missing = reports[0].traffic.server.gap_bytes;
    assert!(
        (whole..=whole + 1).contains(&missing),
        "acknowledgements tell how much it sent: {missing} of {whole}"
    );
}

#[test]
fn request_or_response_missing() {
    let talk = play(TALK, false);
    check(
        "the response was not captured",
        &drop_acknowledged(&talk, 4),
        &format!("request only, 5+5 frames | both note HS-ASSUMED | {CLEAN} | gap handshake_gap"),
    );
    check(
        "the request was not captured",
        &drop_acknowledged(&talk, 3),
        &format!("response only, 5+5 frames | both note HS-ASSUMED | {CLEAN} | gap"),
    );
    check(
        "neither was",
        &drop_acknowledged(&drop_acknowledged(&talk, 4), 3),
        &format!("no handshake, 5+5 frames | both note HS-ASSUMED | {CLEAN} | gap"),
    );
}

#[test]
fn cut_by_the_snap_length() {
    let talk = play(TALK, false);
    for (keep, expected) in [
        (2_000, format!("5+5 frames |  | {CLEAN}")),
        (120, format!("cut handshake, 5+5 frames | both note HS-ASSUMED | {CLEAN} | gap handshake_gap")),
        (60, format!("response only, 5+5 frames | both note HS-ASSUMED | {CLEAN} | gap handshake_gap")),
    ] {
        assert_eq!(told(&analyse_cut(&talk, keep)), expected, "{keep} bytes kept");
    }
    let cut = analyse_cut(&talk, 120);
    let (request, response) = (cut[0].request.as_ref().unwrap(), cut[0].response.as_ref().unwrap());
    assert_eq!((request.host(), request.key()), (Some("192.0.2.20:8080"), None), "fields that are whole");
    assert_eq!((response.status, response.accept_valid()), (101, None), "not known is not wrong");
}

/// What the rest of a head holds or lacks, nobody is accused of.
#[test]
fn faults_in_heads_that_are_cut() {
    let talk = play(TALK, false);
    for (head, what, instead, rule) in [
        (3, "Host", "Most", "C HS-HOST"),
        (3, "Version: 13", "Version: 1x", "C HS-VERSION"),
        (4, "Connection: Upgrade", "Connection: Upgrode", "S HS-CONNECTION-RESP"),
    ] {
        let faulty = with(&talk, head, |packet| {
            let text = String::from_utf8(packet.payload.clone()).expect("a head");
            assert!(text.contains(what), "{text}");
            packet.payload = text.replacen(what, instead, 1).into_bytes();
        });
        let whole = findings(&analyse_cut(&faulty, 2_000)[0]);
        assert!(whole.contains(rule), "{what}: {whole}");
        let cut = findings(&analyse_cut(&faulty, 120)[0]);
        assert_eq!(cut, "both note HS-ASSUMED", "{what}");
    }
}

#[test]
fn each_packet_twice() {
    for talk in [play(TALK, false), play("C: text x | S: rst", false)] {
        let expected = told(&analyse(&talk));
        let doubled: Vec<_> = talk.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
        check("one behind the other", &doubled, &expected);
        let late: Vec<_> =
            talk.chunks(4).flat_map(|chunk| chunk.iter().chain(chunk).cloned().collect::<Vec<_>>()).collect();
        check("four later", &late, &expected);
        let payload: usize = talk.iter().filter(|p| is_server(p)).map(|p| p.payload.len()).sum();
        assert_eq!(
            analyse(&doubled)[0].traffic.server.retransmitted_bytes,
            payload as u64,
            "all of it counted"
        );
    }
}

#[test]
fn one_direction_late() {
    let mut script = String::new();
    for n in 0..1_500 {
        let _ = write!(script, "C: text question number {n} | S: text answer number {n} | ");
    }
    script.push_str("C: close 1000 | S: close 1000 | S: fin | C: fin");
    let talk = play(&script, false);
    let expected = format!("1501+1501 frames |  | {CLEAN}");
    check("in step", &talk, &expected);
    for late in [false, true] {
        let mut shifted = only(&talk, !late);
        let at = 2; // Behind what opens TCP: else nothing tells which packets are of one connection.
        let rest = shifted.split_off(at);
        let other = only(&talk, late);
        let (open, behind) = other.split_at(1);
        let out_of_step: Vec<_> = [open, &shifted, &rest, behind].concat();
        check("all of one side before the other", &out_of_step, &expected);
    }
}

#[test]
fn a_gap_over_a_header() {
    let talk = play(TALK, false);
    let tick = position(&talk, |p| p.payload.windows(8).any(|w| w == b"\"tick\":2"));
    check(
        "a whole frame",
        &drop_acknowledged(&talk, tick),
        &format!("5+4 frames |  | {CLEAN} | framing_resynchronised gap"),
    );
    let chopped = rechop(&talk, 24);
    let head = position(&chopped, |p| p.payload.windows(8).any(|w| w == b"\"tick\":2"));
    check(
        "the first half of one",
        &drop_acknowledged(&chopped, head),
        &format!("5+4 frames |  | {CLEAN} | framing_resynchronised gap"),
    );
    let last = position(&talk, |p| p.payload.windows(8).any(|w| w == b"\"tick\":3"));
    check(
        "only the Close follows: frames, but no data frame to show that no Close was lost",
        &drop_acknowledged(&talk, last),
        &format!("5+4 frames |  | {CLEAN} | framing_resynchronised gap"),
    );
    let close = position(&talk, |p| is_server(p) && p.payload.first() == Some(&0x88));
    check(
        "over the Close nothing is recognised",
        &drop_acknowledged(&talk, close),
        "5+4 frames |  | not_observable by ?, sees - / 1000 clean? | framing_lost gap",
    );
    let fault = TALK.replace("S: ping", "S: a1 02 68 69 | S: text {\"tick\":2.5} | S: ping");
    let talk = play(&fault, false);
    let reports = analyse(&drop_acknowledged(&talk, tick));
    assert!(!findings(&reports[0]).split(", ").any(|f| f == "S FR-RSV"), "never proven: {}", told(&reports));
}

#[test]
fn resets() {
    let base = "C: text hi | S: text hi | ";
    for (what, script, expected) in [
        (
            "by the server",
            "S: rst",
            "1+1 frames | S note CL-ABNORMAL, S should CL-RST? | reset by S, sees 1006 / 1006",
        ),
        (
            "by the client, after the server's FIN",
            "S: fin | C: rst",
            "1+1 frames | C should CL-RST?, S note CL-ABNORMAL | no_close_frame by S, sees 1006 / 1006",
        ),
    ] {
        check(what, &play(&format!("{base}{script}"), false), expected);
    }
    let talk = play(&format!("{base}C: close 1000 | S: close 1000 | S: fin | C: fin"), false);
    let mut blind = talk[6].clone();
    (blind.flags, blind.payload) = (TcpFlags::RST, Vec::new());
    blind.seq = SeqNo(blind.seq.0.wrapping_add(1 << 31));
    let spoofed = [&talk[..7], &[blind], &talk[7..]].concat();
    check(
        "far from the window: passed over",
        &spoofed,
        "2+2 frames |  | clean by C, sees 1000 clean / 1000 clean | sequence_out_of_window",
    );
    let mut refused = play("", false)[..2].to_vec();
    refused[1].flags = TcpFlags::RST.with(TcpFlags::ACK);
    refused[1].seq = SeqNo(0);
    check("RST to the SYN", &refused, "");
    let retried: Vec<_> = [&refused[..], &talk].concat();
    check("and tried again", &retried, "2+2 frames |  | clean by C, sees 1000 clean / 1000 clean");
}

#[test]
fn odd_openings_and_ends() {
    let talk =
        play("C: text hi | S: text hi | C: close 1000 | S: close 1000 | S: fin | C: fin | S: ack", false);
    let expected = "2+2 frames |  | clean by C, sees 1000 clean / 1000 clean";
    check("as usual", &talk, expected);

    let mut simultaneous = talk.clone();
    simultaneous[1].flags = TcpFlags::SYN;
    simultaneous[1].ack = None;
    let mut syn_ack = talk[0].clone();
    (syn_ack.flags, syn_ack.ack) = (TcpFlags::SYN.with(TcpFlags::ACK), talk[2].ack);
    simultaneous[2] = syn_ack;
    check("both sides send a SYN", &simultaneous, expected);

    let mut fast = talk.clone();
    fast[0].payload = talk[3].payload.clone();
    fast[1].ack = fast[0].next_seq().into();
    fast.remove(3);
    check("data with the SYN (RFC 7413)", &fast, expected);

    let mut late = talk.clone();
    late[0].payload = talk[3].payload.clone();
    check("data with the SYN, sent again", &late, expected);

    let fin = position(&talk, |p| is_server(p) && p.flags.has(TcpFlags::FIN));
    check("the FIN again", &[&talk[..=fin], &talk[fin..]].concat(), expected);
    let mut with_data = talk[fin - 1].clone();
    with_data.flags = with_data.flags.with(TcpFlags::FIN);
    let again =
        [&talk[..fin], std::slice::from_ref(&with_data), &talk[fin + 1..], &[with_data.clone()]].concat();
    check("the FIN with the data before it, twice", &again, expected);

    let keep_alive = |n: usize, payload: &[u8]| {
        let mut probe = talk[n].clone();
        probe.seq = SeqNo(probe.next_seq().0.wrapping_sub(1));
        probe.payload = payload.to_vec();
        [&talk[..=n], &[probe], &talk[n + 1..]].concat()
    };
    check("keep-alive without data", &keep_alive(6, b""), expected);
    check("keep-alive with a byte of no meaning", &keep_alive(6, b"\0"), expected);

    let n = 7;
    let mut probe = talk[n].clone();
    probe.payload.truncate(1);
    check(
        "zero window probe: the next byte, then all",
        &[&talk[..n], &[probe], &talk[n..]].concat(),
        expected,
    );

    let urgent = with(&talk, 5, |p| p.flags = p.flags.with(TcpFlags::URG));
    check("urgent data stays where it is", &urgent, &format!("{expected} | urgent_data"));
}

#[test]
fn ports_used_again_at_once() {
    let first = play("C: text one | C: close 1000 | S: close 1000 | S: fin | C: fin", false);
    let second: Vec<TestPacket> = first
        .iter()
        .map(|packet| {
            let by = if is_server(packet) { 77_000_000 } else { 99_000_000 };
            let other = if is_server(packet) { 99_000_000 } else { 77_000_000 };
            TestPacket {
                seq: packet.seq.plus(by),
                ack: packet.ack.map(|ack| ack.plus(other)),
                ..packet.clone()
            }
        })
        .collect();
    let line = "2+1 frames |  | clean by C, sees 1000 clean / 1000 clean";
    check("new numbers", &[first.clone(), second.clone()].concat(), &format!("{line}\n{line}"));
    let cut_short = &first[..first.len() - 3];
    let both = told(&analyse(&[cut_short, &second].concat()));
    assert_eq!(both.lines().count(), 2, "before the end of the first: {both}");
}

/// Streams of other protocols, and of none, that begin before the capture.
fn foreign(client: &[Vec<u8>], server: &[Vec<u8>]) -> Vec<TestPacket> {
    let talk = play("C: text x | S: text y", false);
    let (mut ours, mut theirs) = (talk[5].clone(), talk[6].clone());
    let mut packets = Vec::new();
    for i in 0..client.len().max(server.len()) {
        for (packet, payloads) in [(&mut ours, client), (&mut theirs, server)] {
            if let Some(payload) = payloads.get(i) {
                packet.payload.clone_from(payload);
                packets.push(packet.clone());
                packet.seq = packet.next_seq();
            }
        }
    }
    packets
}

#[test]
fn other_protocols_are_not_taken_for_frames() {
    let names = |n: u8| [&[0x82, 0x10][..], &[b'a' + n % 26; 16]].concat();
    let certificate: Vec<u8> = (0..200).flat_map(names).collect();
    for (what, client, server) in [
        ("Redis", vec![b"*1\r\n$4\r\nPING\r\n".to_vec(); 30], vec![b"+PONG\r\n".to_vec(); 30]),
        (
            "TLS",
            vec![[&[0x17, 3, 3, 0, 64][..], &[0xa5; 64]].concat(); 30],
            vec![[&[0x17, 3, 3, 0, 64][..], &[0x5a; 64]].concat(); 30],
        ),
        ("MQTT", vec![vec![0xc0, 0]; 40], vec![vec![0xd0, 0]; 40]),
        ("MQTT subscriptions", vec![vec![0x82, 5, 0, 1, 0, 0, 0]; 40], vec![vec![0x90, 3, 0, 1, 0]; 40]),
        ("zeros", vec![vec![0; 100]; 40], vec![vec![0; 100]; 40]),
        ("names in a certificate", vec![], certificate.chunks(1_440).map(<[u8]>::to_vec).collect()),
        (
            "names in a certificate, aligned",
            vec![vec![22; 9]],
            certificate.chunks(18 * 8).map(<[u8]>::to_vec).collect(),
        ),
        ("HTTP bodies", vec![], vec![vec![b'x'; 1_000]; 40]),
    ] {
        check(what, &foreign(&client, &server), "");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_not_taken_for_frames(
        client in vec(vec(any::<u8>(), 1..200), 0..20),
        server in vec(vec(any::<u8>(), 1..200), 0..20),
    ) {
        prop_assert_eq!(told(&analyse(&foreign(&client, &server))), "");
    }

    /// Whatever is missing, nobody is accused: of a sound conversation no finding but notes is left.
    #[test]
    fn nothing_missing_makes_a_breach(missing in vec(0usize..18, 0..6), first in 0usize..10, keep in 1usize..400) {
        let mut talk = play(TALK, false);
        talk.remove(0);
        let mut n = 0;
        talk.retain(|_| { n += 1; n > first && !missing.contains(&n) });
        for report in analyse_cut(&talk, keep) {
            let accused: Vec<_> = report.findings.iter().filter(|f| f.level != wslog::model::Level::Note).collect();
            prop_assert!(accused.is_empty(), "{:?}", accused);
            prop_assert!(Role::BOTH.iter().all(|role| report.traffic[*role].frame_count() <= 5));
        }
    }
}
