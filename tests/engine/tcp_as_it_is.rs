//! Captures as they come, and TCP at its oddest (`support/oddities.rs`): what is still concluded of each. What was not
//! recorded accuses nobody.
//!
//! Findings and closing are written as in `support/script.rs`.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;
use wslog::engine::{Analysis, Keep, Sink, present};
use wslog::limits::Limits;
use wslog::model::{
    Conversation, InputReport, Outcome, Role, StartEvidence, Starter, TcpFlags, WeirdKind, Wire,
};
use wslog::redact::Redaction;
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};

use crate::support::conversation::TestPacket;
use crate::support::essence::analyse_file;
use crate::support::oddities::{TALK, is_server, oddities, only, tick};
use crate::support::scene;
use crate::support::script::{analyse, closing, findings, play};
use crate::support::times::{forms, negative};
use crate::support::transform::drop_acknowledged;

/// T12: of a Close only the copy was captured that was sent again, behind its own FIN, and it acknowledges what came
/// meanwhile. It left before that FIN, whose acknowledgement decides; where that one is as new, nothing does.
#[test]
fn a_close_that_was_sent_again_is_judged_by_the_fin_before_it() {
    let packets =
        play("S: hold | C: close 1000 | S: close 1001 | S: fin | S: release | C: ack | C: fin", false);
    let is_close = |packet: &TestPacket| is_server(packet) && packet.payload.first() == Some(&0x88);
    let is_fin = |packet: &TestPacket| is_server(packet) && packet.flags.has(TcpFlags::FIN);
    let heard = packets.iter().rfind(|packet| !is_server(packet)).expect("the client's FIN").next_seq();
    for (fin_is_a_copy, by, evidence) in [
        (false, Starter::Both, StartEvidence::Acknowledgement),
        (true, Starter::One(Role::Client), StartEvidence::Order),
    ] {
        let mut packets = packets.clone();
        let mut close = packets.remove(packets.iter().position(is_close).expect("the server's Close"));
        let fin = packets.iter().position(is_fin).expect("the server's FIN");
        (close.ack, close.at_ns) = (Some(heard), packets[fin].at_ns + 300_000_000);
        if fin_is_a_copy {
            packets[fin].ack = Some(heard);
        }
        packets.insert(fin + 1, close);
        let closing = analyse(&packets).remove(0).closing;
        assert_eq!((closing.started_by, closing.evidence), (Some(by), evidence), "{fin_is_a_copy}");
    }
}

/// T2: where the clock of a recording goes back, what came before its cause is not told as a negative time.
#[test]
fn a_clock_that_goes_back_makes_no_negative_time() {
    let talks = [
        "C: ping x | S: pong x | C: close 1000 | S: close 1000 | S: fin | C: fin",
        "C: request | S: 101 | C: text hi | S: close 1001 | S: fin | C: close 1001 | C: fin",
        "C: 83 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
        "C: request | S: status 403 Forbidden | S: fin | C: fin",
        "C: text hi | S: rst",
    ];
    for talk in talks {
        let mut packets = scene::play(talk);
        let first = packets[0].at_ns;
        packets.iter_mut().for_each(|packet| packet.at_ns = 2 * first - packet.at_ns);
        let (json, text) = forms(&analyse(&packets));
        assert_eq!(negative(&json, &text), [""; 0], "{talk}");
        assert!(text.windows(6).any(|word| word == b"before"), "{talk}");
    }
}

/// `CLEAN` in the lines below.
const CLEAN: &str = "clean by C, sees 1000 clean / 1000 clean";

/// What is told of each oddity, a line a connection.
const TOLD: &[(&str, &str)] = &[
    ("begins without SYN", "5+5 frames |  | CLEAN"),
    ("begins with the request", "5+5 frames |  | CLEAN"),
    ("begins with the response", "response only, 5+5 frames | both note HS-ASSUMED | CLEAN"),
    ("begins with the first frame", "no handshake, 5+5 frames | both note HS-ASSUMED | CLEAN"),
    ("begins with the second", "no handshake, 4+5 frames | both note HS-ASSUMED | CLEAN"),
    ("begins in the middle", "no handshake, 4+3 frames | both note HS-ASSUMED | CLEAN"),
    ("begins with two frames that say enough", "no handshake, 2+1 frames | both note HS-ASSUMED | CLEAN"),
    ("begins with too little to be known by", ""),
    ("begins with nothing but the end", ""),
    ("begins with two frames, no proof", ""),
    // RSV1 may be permessage-deflate: neither judged nor inflated.
    ("begins with frames that may be compressed", "no handshake, 5+3 frames | both note HS-ASSUMED | CLEAN"),
    (
        "client only",
        "request only, 5+0 frames | both note HS-ASSUMED | not_observable by ?, sees - / 1000 clean? | gap handshake_gap",
    ),
    (
        "server only",
        "response only, 0+5 frames | both note HS-ASSUMED | not_observable by ?, sees 1000 clean? / - | gap",
    ),
    (
        "client only, from the first frame",
        "no handshake, 5+0 frames | both note HS-ASSUMED | not_observable by ?, sees - / 1000 clean? | gap",
    ),
    (
        "server only, from the first frame",
        "no handshake, 0+5 frames | both note HS-ASSUMED | not_observable by ?, sees 1000 clean? / - | gap",
    ),
    ("without the response", "request only, 5+5 frames | both note HS-ASSUMED | CLEAN | gap handshake_gap"),
    ("without the request", "response only, 5+5 frames | both note HS-ASSUMED | CLEAN | gap"),
    ("without either", "no handshake, 5+5 frames | both note HS-ASSUMED | CLEAN | gap"),
    ("2000 bytes of each payload", "5+5 frames |  | CLEAN"),
    (
        "120 bytes of each payload",
        "cut handshake, 5+5 frames | both note HS-ASSUMED | CLEAN | gap handshake_gap",
    ),
    (
        "60 bytes of each payload",
        "response only, 5+5 frames | both note HS-ASSUMED | CLEAN | gap handshake_gap",
    ),
    ("each packet twice", "5+5 frames |  | CLEAN"),
    ("each packet twice, four later", "5+5 frames |  | CLEAN"),
    (
        "each packet twice, with a reset",
        "1+0 frames | S note CL-ABNORMAL?, S should CL-RST? | reset by S, sees 1006 / 1006",
    ),
    ("the client's packets late", "1501+1501 frames |  | CLEAN"),
    ("the server's packets late", "1501+1501 frames |  | CLEAN"),
    ("a hole over a frame", "5+4 frames |  | CLEAN | framing_resynchronised gap"),
    ("a hole over half a frame", "5+4 frames |  | CLEAN | framing_resynchronised gap"),
    // Frames follow, but no data frame to show that no Close was lost.
    ("a hole over the last message", "5+4 frames |  | CLEAN | framing_resynchronised gap"),
    ("a hole over the Close", "5+4 frames |  | not_observable by ?, sees - / 1000 clean? | framing_lost gap"),
    ("a hole inside a payload", "1+3 frames |  | open by C, sees - / 1000 clean? | gap"),
    ("RST", "1+1 frames | S note CL-ABNORMAL?, S should CL-RST? | reset by S, sees 1006 / 1006"),
    (
        "RST after the peer's FIN",
        "1+1 frames | C should CL-RST?, S note CL-ABNORMAL | no_close_frame by S, sees 1006 / 1006",
    ),
    ("RST after its own FIN", "1+1 frames | S note CL-ABNORMAL | no_close_frame by S, sees 1006 / 1006"),
    (
        "RST without acknowledgement number",
        "1+1 frames | S note CL-ABNORMAL?, S should CL-RST? | reset by S, sees 1006 / 1006",
    ),
    (
        "RST from both sides",
        "1+1 frames | C should CL-RST?, S note CL-ABNORMAL?, S should CL-RST? | reset by S, sees 1006 / 1006",
    ),
    (
        "RST after both Closes",
        "2+2 frames | C note CL-RST?, C should CL-TCP-SERVER-FIRST? | clean_tcp_reset by C, sees 1000 clean / 1000 clean",
    ),
    ("RST after both FINs", "2+2 frames |  | CLEAN"),
    ("RST far from the window", "2+2 frames |  | CLEAN | sequence_out_of_window"),
    (
        "RST with text (RFC 9293 3.5.3)",
        "1+1 frames | S note CL-ABNORMAL?, S should CL-RST? | reset by S, sees 1006 / 1006",
    ),
    ("RST to the SYN", ""),
    ("RST to the SYN, then tried again", "2+2 frames |  | CLEAN"),
    ("as usual", "2+2 frames |  | CLEAN"),
    ("both sides send a SYN", "2+2 frames |  | CLEAN"),
    ("data with the SYN (RFC 7413)", "2+2 frames |  | CLEAN"),
    ("data with the SYN, sent again", "2+2 frames |  | CLEAN"),
    ("the FIN again", "2+2 frames |  | CLEAN"),
    ("the FIN with the data before it, twice", "2+2 frames |  | CLEAN"),
    ("keep-alive without data", "2+2 frames |  | CLEAN"),
    ("keep-alive with a byte of no meaning", "2+2 frames |  | CLEAN"),
    ("zero window probe: the next byte, then all", "2+2 frames |  | CLEAN"),
    ("urgent data", "2+2 frames |  | CLEAN | urgent_data"),
    ("ports used again", "2+1 frames |  | CLEAN\n2+1 frames |  | CLEAN"),
    ("ports used again before the end", "2+0 frames |  | open by C, sees - / -\n2+1 frames |  | CLEAN"),
    ("two legs of a SYN proxy", "5+5 frames |  | CLEAN | second_leg"),
    ("two legs of a box that moves the server's numbers", "5+5 frames |  | CLEAN | second_leg"),
    ("two legs of a box that moves the client's numbers", "5+5 frames |  | CLEAN | second_leg"),
    ("two legs of a box that moves all numbers", "5+5 frames |  | CLEAN | second_leg"),
    ("two legs of a proxy that opens TCP anew", "5+5 frames |  | CLEAN | second_leg"),
    ("two legs, of which one goes on", "5+5 frames |  | CLEAN | second_leg"),
    ("two legs, of which the other goes on", "5+5 frames |  | CLEAN | second_leg"),
    (
        "two legs, reset",
        "1+1 frames | S note CL-ABNORMAL?, S should CL-RST? | reset by S, sees 1006 / 1006 | second_leg",
    ),
];

/// What is told of a recording, a line a connection: the handshake, frames of both sides, findings, closing, and
/// the weirds.
fn told(reports: &[Conversation]) -> String {
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

/// With packets cut to so many bytes of payload.
fn analyse_cut(packets: &[TestPacket], keep: usize) -> Vec<Conversation> {
    let limits = Limits::default();
    let mut analysis =
        Analysis::new(&limits, Keep { first: usize::MAX, last: 0, payload_bytes: 256, ..Keep::NOTHING });
    let mut reports = Vec::new();
    let mut take = |report: Box<Conversation>| {
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

#[test]
fn what_is_told_of_each() {
    let oddities = oddities();
    assert!(
        oddities.iter().map(|odd| &odd.name).eq(TOLD.iter().map(|row| row.0)),
        "each with what is told of it"
    );
    let mut wrong = String::new();
    for (odd, (name, expected)) in oddities.iter().zip(TOLD) {
        let (found, expected) =
            (told(&analyse_cut(&odd.packets, odd.keep)), expected.replace("CLEAN", CLEAN));
        if found != expected {
            let _ = writeln!(wrong, "{name}\n  expected {expected}\n  found    {found}");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// Out of a file it is the same, and a snap length that cuts payloads is one that cuts packets.
#[test]
fn a_file_tells_the_same() {
    for odd in oddities() {
        assert_eq!(
            told(&analyse_file(&odd.file())),
            told(&analyse_cut(&odd.packets, odd.keep)),
            "{}",
            odd.name
        );
    }
}

/// What ends TCP behind the first end of a side is told, too.
#[test]
fn an_rst_behind_its_own_fin_is_shown() {
    let rows = [
        (
            "S: fin | S: rst",
            "server resets TCP (RST) after its own FIN",
            r#"[("server","fin",8),("server","rst",9)]"#,
        ),
        (
            "S: fin | S: rst | S: rst | C: rst",
            "server resets TCP (RST) after its own FIN, 1 more after it",
            r#"[("server","fin",8),("server","rst",9),("server","rst",10),("client","rst",11)]"#,
        ),
        ("S: fin | C: fin", "", r#"[("server","fin",8),("client","fin",9)]"#),
        ("S: rst", "", r#"[("server","rst",8)]"#),
    ];
    for (script, row, ends) in rows {
        let packets = play(&format!("C: text hi | S: text hi | {script}"), false);
        let (mut text, mut json) = (Vec::new(), Vec::new());
        let mut page = TextReport::new(&mut text, Style::plain(200), FrameList::All, true);
        let mut document = JsonReport::new(&mut json, FrameList::All);
        for sink in [&mut page as &mut dyn Sink, &mut document] {
            let reports = analyse(&packets).into_iter().map(Box::new);
            present(reports, &[InputReport::default()], Redaction::Nothing, sink).expect("memory takes it");
        }
        let text = String::from_utf8(text).expect("text");
        let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = text.lines().map(words).filter(|line| line.contains("after its own FIN"));
        let found: Vec<_> = found
            .map(|line| line.splitn(3, ' ').nth(2).expect("a packet and a time first").to_owned())
            .collect();
        assert_eq!(found.join("\n"), row, "{script}");
        let json: serde_json::Value = serde_json::from_slice(&json).expect("a document");
        let list = json["connections"][0]["closing"]["tcp"]["ends"].as_array().expect("a list");
        let list: Vec<_> =
            list.iter().map(|end| format!("({},{},{})", end["by"], end["how"], end["packet"])).collect();
        assert_eq!(format!("[{}]", list.join(",")), ends, "{script}");
    }
}

/// Of two legs each byte is taken once.
#[test]
fn copies_of_a_second_leg_are_none_of_the_first() {
    let talk = play(TALK, false);
    let whole = analyse(&talk);
    let legs: Vec<_> = oddities()
        .into_iter()
        .filter(|odd| odd.name.starts_with("two legs of") && odd.packets.len() == 2 * talk.len())
        .collect();
    assert_eq!(legs.len(), 5);
    for odd in legs {
        let reports = analyse(&odd.packets);
        assert_eq!(reports.len(), 1, "{}", odd.name);
        for role in Role::BOTH {
            assert_eq!(reports[0].traffic[role], whole[0].traffic[role], "{}", odd.name);
            assert_eq!(reports[0].tcp_facts[role].ends.len(), 1, "{}", odd.name);
        }
        // Where the client's numbers stay, its SYN is the same in both.
        let is_moved = odd.packets.iter().any(|packet| packet.ack.is_none() && packet.seq != talk[0].seq);
        let left_out = talk.len() as u64 - u64::from(!is_moved);
        let counts: Vec<_> =
            reports[0].weirds.as_slice().iter().map(|weird| (weird.kind, weird.count)).collect();
        assert_eq!(counts, [(WeirdKind::SecondLeg, left_out)], "{}", odd.name);
    }
}

#[test]
fn a_fault_behind_what_it_is_known_by() {
    let fault = TALK.replace("S: ping are you there", "C: raw 81 02 68 69 | S: ping are you there");
    assert_eq!(analyse(&play(&fault, false)[5..]).len(), 1);
}

#[test]
fn acknowledgements_tell_how_much_was_not_captured() {
    let talk = play(TALK, false);
    let reports = analyse(&only(&talk, false));
    assert_eq!(reports[0].traffic.server.stream_bytes, 0, "nothing of the server was captured");
    let whole = analyse(&talk)[0].traffic.server.stream_bytes;
    let missing = reports[0].traffic.server.gap_bytes;
    assert!((whole..=whole + 1).contains(&missing), "{missing} of {whole}");
}

#[test]
fn a_hole_of_one_byte_is_told_as_one() {
    let reports = analyse(&play("S: raw 82 03 61 | S: uncaptured raw 62 | S: raw 63 | C: ack", false));
    let gaps = reports[0].weirds.as_slice().iter().filter(|weird| weird.kind == WeirdKind::Gap);
    let told: Vec<&str> = gaps.map(|weird| weird.detail.split('\'').next().unwrap_or_default()).collect();
    assert_eq!(told, ["1 byte of the responder"]);
}

#[test]
fn fields_that_are_whole_are_known() {
    let cut = analyse_cut(&play(TALK, false), 120);
    let (request, response) = (cut[0].request.as_ref().unwrap(), cut[0].response.as_ref().unwrap());
    assert_eq!((request.host(), request.key()), (Some(Wire::new("192.0.2.20:8080")), None));
    assert_eq!((response.status, response.accept_valid()), (101, None), "not known is not wrong");
}

#[test]
fn copies_are_counted() {
    let talk = play(TALK, false);
    let doubled: Vec<_> = talk.iter().flat_map(|packet| [packet.clone(), packet.clone()]).collect();
    let payload: usize =
        talk.iter().filter(|packet| is_server(packet)).map(|packet| packet.payload.len()).sum();
    assert_eq!(analyse(&doubled)[0].traffic.server.retransmitted_bytes, payload as u64, "all of it");
}

#[test]
fn a_fault_behind_a_hole_is_never_proven() {
    let talk = play(&TALK.replace("S: ping", "S: a1 02 68 69 | S: text {\"tick\":2.5} | S: ping"), false);
    let reports = analyse(&drop_acknowledged(&talk, tick(&talk)));
    assert!(!findings(&reports[0]).split(", ").any(|f| f == "S FR-RSV"), "{}", told(&reports));
}

/// What the capture lacks may be the Close that was owed: an RST may have come after both, and who was not
/// heard to fail may have failed.
#[test]
fn a_close_that_was_not_captured_is_held_against_nobody() {
    for (script, expected) in [
        ("C: close 1000 | S: uncaptured close 1000 | C: ack | S: rst", "S note CL-RST?"),
        ("C: uncaptured close 1000 | S: close 1000 | C: ack | S: rst", "S note CL-RST?"),
        ("C: uncaptured close 1000 | S: uncaptured close 1000 | C: ack | S: rst", "S note CL-RST?"),
        // Nobody acknowledges it, but the number of the RST tells.
        ("C: close 1000 | S: uncaptured close 1000 | S: rst", "S note CL-RST?"),
        ("C: a1 02 68 69 | S: uncaptured close 1002 | S: rst", "C FR-RSV, S note CL-RST?"),
        (
            "S: a1 02 68 69 | C: text z | C: uncaptured close 1002 | S: close 1000 | S: fin | C: fin",
            "S FR-RSV",
        ),
    ] {
        let report = &analyse(&play(&format!("C: text x | S: text y | {script}"), false))[0];
        assert_eq!(findings(report), expected, "{script}");
        assert!(closing(report).starts_with("not_observable"), "{script}: {}", closing(report));
    }
}

/// What acknowledges the response says nothing about where the server's stream begins.
#[test]
fn a_lost_syn_and_a_late_request_lose_no_response() {
    let mut packets = play("C: close 1000 | S: close 1000 | S: fin | C: fin", false);
    packets[3..6].rotate_right(1);
    packets.drain(1..3);
    // Undetermined: it rests on the order of the capture alone, which is wrong.
    assert_eq!(told(&analyse(&packets)), format!("1+1 frames | C HS-EARLY-DATA?? | {CLEAN}"));
}

/// Packet `n` (from 0) changed.
fn with(packets: &[TestPacket], n: usize, change: impl FnOnce(&mut TestPacket)) -> Vec<TestPacket> {
    let mut changed = packets.to_vec();
    change(&mut changed[n]);
    changed
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
        assert_eq!(told(&analyse(&foreign(&client, &server))), "", "{what}");
    }
}

/// It may carry WebSocket: nothing of it is read.
#[test]
fn tls_in_the_middle_of_a_connection_is_not_taken_for_frames() {
    let record = |byte| [&[0x17, 3, 3, 0, 64][..], &[byte; 64]].concat();
    let reports = analyse(&foreign(&vec![record(0xa5); 30], &vec![record(0x5a); 30]));
    let [report] = reports.as_slice() else { panic!("{}", told(&reports)) };
    assert_eq!(report.closing.outcome, Outcome::Encrypted);
    assert!(report.frames.is_empty() && report.findings.is_empty() && report.request.is_none());
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
