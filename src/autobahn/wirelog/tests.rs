//! Logs in, what they show of frames out.

use std::path::Path;

use super::*;
use crate::autobahn::read_case;
use crate::limits::Limits;
use crate::model::case::ReportForm;
use crate::model::{Piece, Undecodable};

const REQUEST: &str = "GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n";
const RESPONSE: &str = "HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Rows of JSON, in a report whose tester is the server.
fn case(rows: &str, rest: &str) -> CaseReport {
    let json = format!(
        r#"{{"id": "1.1", "isServer": true, "droppedByMe": true, "httpRequest": {REQUEST:?},
        "httpResponse": {RESPONSE:?}, {rest} "wirelog": [{rows}]}}"#
    );
    read_case(ReportForm::Json, json.as_bytes(), Path::new("x"), &Limits::DEFAULT).unwrap()
}

/// The two rows with the heads.
fn heads() -> String {
    let [request, response] = [REQUEST, RESPONSE].map(|head| (head.len(), hex(head.as_bytes())));
    format!(r#"["RO", [{}, "{}"]], ["TO", [{}, "{}"]]"#, request.0, request.1, response.0, response.1)
}

/// Statistics of the heads and of more octets received.
fn sizes(more: &str) -> String {
    let (request, response) = (REQUEST.len(), RESPONSE.len());
    format!(r#""rxOctetStats": {{"{request}": 1{more}}}, "txOctetStats": {{"{response}": 1}},"#)
}

/// What rows in JSON show of the frames: sender, row, header or data. The tester is the server.
fn play(rows: &str, stats: &str) -> (Vec<String>, Vec<String>) {
    let case = case(&format!("{}, {rows}", heads()), stats);
    assert_eq!(case.inconsistencies, [""; 0], "{rows}");
    let (mut log, _, notes) = seen(&case);
    assert_eq!(log.pop().as_deref(), Some("c Unobserved"));
    assert!(log.pop().is_some_and(|end| end.starts_with("s Dropped @")));
    (log, notes)
}

/// What a report shows, its remarks, and where it contradicts itself.
fn seen(case: &CaseReport) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut log: Vec<String> = Vec::new();
    let (remarks, notes) = observe(case, &mut |observation| {
        let what = match observation.what {
            Observed::Request(_) | Observed::Response(_) => return,
            Observed::Frame(header) => {
                let mask = if header.masking_key.is_some() { " masked" } else { "" };
                format!("{}{mask} {}", header.opcode, header.payload_len)
            }
            Observed::Payload(Piece::Bytes(bytes)) => format!("| {}", String::from_utf8_lossy(bytes)),
            Observed::Payload(Piece::Missing { len, .. }) => format!("| missing {len}"),
            Observed::FrameEnd { cut: 0 } => return,
            Observed::FrameEnd { cut } => format!("cut {cut}"),
            Observed::Undecodable(Undecodable::CutHeader { bytes }) => {
                format!("header cut to {}", bytes.len())
            }
            Observed::Undecodable(Undecodable::FramingLost { skipped }) => format!("lost {skipped}"),
            Observed::StreamEnd(how) => format!("{how:?}"),
            Observed::LogPaused => "paused".to_owned(),
            Observed::LogResumed => "resumed".to_owned(),
            Observed::HandshakeUnseen => "unseen".to_owned(),
            Observed::Upgraded => "upgraded".to_owned(),
            Observed::Gap { .. }
            | Observed::Acked(_)
            | Observed::Encrypted
            | Observed::Resumed { .. }
            | Observed::Undecodable(Undecodable::NotHttp { .. } | Undecodable::NotFrames { .. }) => {
                unreachable!("a log has none")
            }
        };
        let row = observation.evidence.and_then(|e| e.row()).map(|row| format!(" @{row}"));
        log.push(format!("{} {what}{}", &observation.from.name()[..1], row.unwrap_or_default()));
    });
    (log, remarks, notes)
}

#[track_caller]
fn check(rows: &str, log: &[&str], notes: &[&str]) {
    let (seen, noted) = play(rows, "");
    assert_eq!(seen, log);
    assert_eq!(noted.len(), notes.len(), "{noted:?}");
    for (noted, says) in noted.iter().zip(notes) {
        assert!(noted.contains(says), "{noted}");
    }
}

#[test]
fn octets_and_rows_are_the_same_traffic() {
    check(
        r#"["TF",[2,"hi"],1,true,0,null,null,null,false], ["TO",[4,"81026869"],false],
           ["RO",[8,"8182000000006869"]], ["RF",[2,"hi"],1,true,0,true,"00000000"]"#,
        &["s text 2 @3", "s | hi @3", "c text masked 2 @4", "c | hi @4"],
        &[],
    );
}

#[test]
fn a_refused_frame_stands_in_the_octets_only() {
    check(r#"["RO",[4,"91026869"]], ["RO",[2,"8900"]]"#, &["c text 2 @2", "c | hi @2", "c ping 0 @3"], &[]);
}

#[test]
fn a_header_that_was_cut_away_comes_from_its_row() {
    // 130 octets: a frame of 70 bytes, one of 54 whose header is not shown, and a Ping behind them.
    let octets = format!("8146{} ...", "61".repeat(62));
    check(
        &format!(
            r#"["RO",[130,"{octets}"]], ["RF",[70,"{a} ..."],1,true,0,false,null],
               ["RF",[56,"{b}"],2,true,0,false,null], ["RO",[2,"8900"]]"#,
            a = "a".repeat(64),
            b = "b".repeat(56),
        ),
        &[
            "c text 70 @2",
            &format!("c | {} @2", "a".repeat(62)),
            "c | missing 8 @2",
            "c binary 56 @4",
            &format!("c | {} @4", "b".repeat(56)),
            "c ping 0 @5",
        ],
        &[],
    );
}

#[test]
fn without_that_row_the_rest_is_lost() {
    let octets = format!("813e{} ...", "61".repeat(62));
    check(
        &format!(r#"["RO",[70,"{octets}"]], ["RO",[2,"8900"]]"#),
        &["c text 62 @2", &format!("c | {} @2", "a".repeat(62)), "c lost 8 @0"],
        &[],
    );
}

#[test]
fn a_repeated_payload_has_its_full_length() {
    let octets = format!("827e0100{} ...", "62".repeat(60));
    check(
        &format!(r#"["TF",[1,"b"],2,true,0,null,256,null,false], ["TO",[260,"{octets}"],false]"#),
        &["s binary 256 @3", &format!("s | {} @3", "b".repeat(60)), "s | missing 196 @3"],
        &[],
    );
}

#[test]
fn what_was_logged_and_not_sent_is_no_frame() {
    check(
        r#"["TF",[0,""],9,true,0,null,null,1,false]"#,
        &[],
        &["row 2 of the wire log: this frame is not in"],
    );
    check(
        r#"["TF",[0,""],9,true,0,null,null,1,false], ["TO",[1,"89"],true]"#,
        &["s header cut to 1 @3"],
        &["row 2"],
    );
    check(r#"["TO",[3,"810268"],false]"#, &["s text 2 @2", "s | h @2", "s cut 1 @0"], &[]);
}

#[test]
fn rows_against_octets() {
    check(
        r#"["RO",[2,"8900"]], ["RF",[0,""],10,true,0,false,null]"#,
        &["c pong 0 @3"],
        &["row 3 of the wire log: the frame differs from its octets, and the rows are followed"],
    );
    // After its own Close the tester logs what it likes.
    check(
        r#"["TF",[0,""],8,true,0,null,null,null,false], ["TO",[2,"8800"],false], ["RO",[3,"890161"]],
           ["RF",[0,""],9,true,0,false,null]"#,
        &["s close 0 @3", "c ping 1 @4", "c | a @4"],
        &[],
    );
}

#[test]
fn a_log_that_is_switched_off() {
    check(
        r#"["WLM",false], ["WLM",true], ["TF",[2,"hi"],1,true,0,null,null,null,false], ["TO",[2,"8102"],false]"#,
        &["s paused @2", "s resumed @3", "s text 2 @5", "s cut 2 @0"],
        &[],
    );
    let (log, notes) =
        play(r#"["RO",[2,"8900"]], ["RF",[0,""],9,true,0,false,null]"#, r#""rxFrameStats": {"9": 3},"#);
    assert_eq!(log, ["s paused", "s resumed", "c ping 0 @2"]);
    assert_eq!(notes, ["the wire log omits 2 frames that the statistics count"]);
}

#[test]
fn statistics_against_rows() {
    let stats = format!(r#""rxFrameStats": {{"1": 1}}, {}"#, sizes(r#", "9": 1"#));
    let (_, notes) = play(r#"["RO",[2,"8900"]], ["RF",[0,""],9,true,0,false,null]"#, &stats);
    assert_eq!(
        notes,
        [
            "octets received: the statistics count 1 of 9, the wire log shows 0",
            "frames received: the statistics count 1 of 1, the wire log shows 0",
        ]
    );
}

/// Octets of which a page shows the first 64, without their length.
fn cut(header: &[u8], fill: u8) -> String {
    let mut octets = header.to_vec();
    octets.resize(64, fill);
    format!("\"{} ...\"", hex(&octets))
}

/// A frame of 2000 bytes that came in two pieces, and a Ping: the sizes are not told, and which is whose is a guess.
#[test]
fn where_no_length_is_told_rows_decide() {
    let (first, second) = (cut(&[0x82, 0x7e, 0x07, 0xd0], b'a'), cut(&[], 0x8b));
    let stats =
        format!(r#""rxFrameStats": {{"2": 1, "9": 1}}, {}"#, sizes(r#", "704": 1, "1300": 1, "3": 1"#));
    let (seen, noted) = play(
        &format!(
            r#"["RO",{first}], ["RO",{second}], ["RF",[2000,"{a} ..."],2,true,0,false,null],
               ["RO",[3,"890161"]], ["RF",[1,"a"],9,true,0,false,null]"#,
            a = "a".repeat(64),
        ),
        &stats,
    );
    let payload = format!("c | {} @2", "a".repeat(60));
    assert_eq!(seen, ["c binary 2000 @2", &payload, "c | missing 1940 @4", "c ping 1 @5", "c | a @5"]);
    assert_eq!(noted, [""; 0]);
}

/// The octets end three frames, whose rows say how long they are; the next ones begin with the fourth.
#[test]
fn lengths_follow_from_rows() {
    let octets = cut(&[0x81, 0x46], b'a');
    let row = |len: usize| format!(r#"["RF",[{len},"{} ..."],1,true,0,false,null]"#, "a".repeat(64));
    let (seen, noted) = play(
        &format!(
            r#"["RO",{octets}], {}, {}, ["RO",[2,"8900"]], ["RF",[0,""],9,true,0,false,null]"#,
            row(70),
            row(80)
        ),
        &format!(r#""rxFrameStats": {{"1": 2, "9": 1}}, {}"#, sizes(r#", "154": 1, "2": 1"#)),
    );
    let heads: Vec<_> = seen.iter().filter(|line| !line.contains('|')).collect();
    assert_eq!(heads, ["c text 70 @2", "c text 80 @4", "c ping 0 @5"]);
    assert_eq!(noted, [""; 0]);
}

/// What is sent in pieces leaves in pieces of one size, the last one smaller.
#[test]
fn lengths_follow_from_the_pieces() {
    let (first, second) = (cut(&[0x81, 0x7e, 0x00, 0xfa], b'a'), cut(&[], b'a'));
    check(
        &format!(
            r#"["TF",[250,"{a} ..."],1,true,0,null,null,100,false], ["TO",{first}], ["TO",{second}],
               ["TO",[54,"{rest}"]], ["TF",[0,""],9,true,0,null,null,null,false], ["TO",[2,"8900"]]"#,
            a = "a".repeat(64),
            rest = "61".repeat(54),
        ),
        &[
            "s text 250 @3",
            &format!("s | {} @3", "a".repeat(60)),
            "s | missing 36 @3",
            &format!("s | {} @4", "a".repeat(64)),
            "s | missing 36 @4",
            &format!("s | {} @5", "a".repeat(54)),
            "s ping 0 @7",
        ],
        &[],
    );
}

#[test]
fn a_suite_that_logs_no_handshake() {
    let case = case(
        r#"["TF",[2,"hi"],1,true,0,null,null,null,false], ["TO",[4,"81026869"]], ["RO",[8,"8182000000006869"]],
           ["RF",[2,"hi"],1,true,0,true,"00000000"]"#,
        "",
    );
    let (log, _, noted) = seen(&case);
    assert_eq!(&log[..4], ["s text 2 @1", "s | hi @1", "c text masked 2 @2", "c | hi @2"]);
    assert_eq!(noted, [""; 0]);
}

#[test]
fn a_report_without_heads_or_without_a_log() {
    let without = |keys: &[&str], rest: &str| {
        let mut case =
            case(&format!(r#"{}, ["RO",[2,"8900"]], ["RF",[0,""],9,true,0,false,null]"#, heads()), rest);
        for key in keys {
            match *key {
                "request" => case.http_request = None,
                "response" => case.http_response = None,
                _ => case.wire_log = None,
            }
        }
        let (log, remarks, _) = seen(&case);
        (log.join(", "), remarks)
    };
    let ends = "s Dropped @4, c Unobserved";
    assert_eq!(without(&["response"], "").0, format!("s unseen @1, s upgraded @1, c ping 0 @2, {ends}"));
    let (log, _) = without(&["request", "response"], "");
    // Heads that only the octets show are no frames.
    assert_eq!(log, format!("c unseen @0, s unseen @1, s upgraded @1, c ping 0 @2, {ends}"));
    let (log, remarks) = without(&["log"], "");
    assert_eq!(log, "s paused, s Dropped @0, c Unobserved");
    assert_eq!(remarks, ["there is no wire log in the source: which frames were sent is not known"]);
    // Nobody knows whether it was ever open.
    let (log, _) = without(&["log", "request", "response"], "");
    assert_eq!(log, "s Dropped @0, c Unobserved");
    let (log, _) = without(&["log", "request", "response"], r#""wasClean": true,"#);
    assert_eq!(log, "c unseen, s unseen, s upgraded, s paused, s Dropped @0, c Unobserved");
}

/// Nothing is made of what a source that ends early leaves open.
#[test]
fn a_log_that_is_cut() {
    let mut case = case(&format!(r#"{}, ["RO",[4,"8200"]], ["RO",[5,"8205616263"]]"#, heads()), "");
    case.wire_log = case.wire_log.map(|mut rows| {
        rows.retain(|row| !matches!(row, WireRow::Unknown(_)));
        rows
    });
    case.is_cut = true;
    case.lacks = vec![ReportPart::WireLog];
    let (log, ..) = seen(&case);
    assert_eq!(log, ["c binary 5 @2", "c | abc @2", "s paused", "s Dropped @3", "c Unobserved"]);
}
