//! The wire log of a case as observations.
//!
//! A log tells the same traffic twice: as octets, cut to 64 bytes a row, and as the frames the tester made of
//! them or sent. Octets are the truth about headers, and frames the tester refused stand only there; so they
//! are decoded as far as they reach, and a row of a frame is taken only where they fail:
//!
//! ```text
//!             ┌─ header cut away ─► Await ── the frame's own row ─► Skip ─┐
//!  Octets ◄───┴──────────────────────────── behind the frame ─────────────┘
//!    └─ log paused, or a length that is not told ─► Rows: every frame from its row
//! ```
//!
//! RX is what the testee sent. The log is the tester's: it says who called close(), not whose FIN came first,
//! and a frame it logged as sent without octets has not left.

mod track;

use crate::autobahn::notes::Notes;
use crate::http::{request_head, response_head, upgrade};
use crate::model::case::{CaseReport, LoggedData, LoggedFrame, WireRow};
use crate::model::handshake::facts::{Syntax, SyntaxFault};
use crate::model::{Evidence, Observation, Observed, Opcode, Role, StreamEnd, count};
use track::Track;

/// Hands on what the wire log of a case shows, in its order; gives where the report contradicts itself.
///
/// Without a log, as with one that was switched off, there are no frames, only the handshake and who dropped TCP.
pub fn observe(report: &CaseReport, sink: &mut impl FnMut(Observation<'_>)) -> Vec<String> {
    let mut notes = Notes::default();
    let rows = report.wire_log.as_deref().unwrap_or_default();
    let tester = if report.closing.is_server { Role::Server } else { Role::Client };
    let switched = handshake(report, rows, tester, &mut notes, sink);

    let head = |role| match role {
        Role::Client => report.http_request.as_ref(),
        Role::Server => report.http_response.as_ref(),
    };
    let track = |role, octets, is_sent: bool| {
        let has_octets = rows.iter().any(|row| direction(row) == Some((is_sent, true)));
        Track::new(
            role,
            head(role).map_or(0, |head| head.len() as u64),
            is_sent,
            octets,
            switched,
            has_octets,
        )
    };
    let left_out = left_out(report, rows);
    if left_out > 0 {
        notes.add(format!("the wire log omits {} that the statistics count", count(left_out, "frame")));
        for what in [Observed::LogPaused, Observed::LogResumed] {
            sink(Observation { from: tester, what, evidence: None });
        }
    }
    let mut tracks = Tracks {
        rx: track(tester.peer(), &report.statistics.rx_octets, false),
        tx: track(tester, &report.statistics.tx_octets, true),
    };
    for (row, n) in rows.iter().zip(0..) {
        tracks.row(row, n, tester, &mut notes, sink);
    }
    tracks.rx.finish(&mut notes, sink);
    tracks.tx.finish(&mut notes, sink);

    let dropped = rows.iter().position(|row| matches!(row, WireRow::TcpDropped { .. }));
    let row = u32::try_from(dropped.unwrap_or(rows.len())).unwrap_or(u32::MAX);
    let (by, other) =
        if report.closing.dropped_by_me { (tester, tester.peer()) } else { (tester.peer(), tester) };
    let end = |from, how, evidence| Observation { from, what: Observed::StreamEnd(how), evidence };
    sink(end(by, StreamEnd::Dropped, Some(Evidence::WireLog { row })));
    sink(end(other, StreamEnd::Unobserved, None));

    if left_out == 0 {
        statistics(report, rows, &mut notes);
    }
    notes.into_list()
}

/// Whether the tester sent what the row shows, and whether it shows octets.
const fn direction(row: &WireRow) -> Option<(bool, bool)> {
    match row {
        WireRow::RxOctets(_) => Some((false, true)),
        WireRow::TxOctets(_) => Some((true, true)),
        WireRow::RxFrame(_) => Some((false, false)),
        WireRow::TxFrame(_) => Some((true, false)),
        _ => None,
    }
}

/// Frames that are counted and not logged. Cases of section 9 switch the log off and on without a row that says
/// so; where, cannot be told.
fn left_out(report: &CaseReport, rows: &[WireRow]) -> u64 {
    if rows.iter().any(|row| matches!(row, WireRow::Log(_))) {
        return 0;
    }
    let counted = |counts: &[(u64, u64)]| counts.iter().fold(0, |sum: u64, (_, n)| sum.saturating_add(*n));
    let logged = |is_sent| rows.iter().filter(|row| direction(row) == Some((is_sent, false))).count() as u64;
    let stats = &report.statistics;
    let rx = counted(&stats.rx_frames).saturating_sub(logged(false));
    rx.saturating_add(counted(&stats.tx_frames).saturating_sub(logged(true)))
}

/// Hands on the opening handshake; says whether frames follow it.
fn handshake(
    report: &CaseReport,
    rows: &[WireRow],
    tester: Role,
    notes: &mut Notes,
    sink: &mut impl FnMut(Observation<'_>),
) -> bool {
    let evidence = |role| {
        let row = rows.iter().position(|row| direction(row) == Some((role == tester, true)))?;
        Some(Evidence::WireLog { row: u32::try_from(row).ok()? })
    };
    let Some(text) = &report.http_request else { return false };
    let bytes = with_end(text);
    let Ok((head, _)) = request_head(&bytes) else {
        notes.add("the client's opening handshake is not an HTTP request");
        return false;
    };
    let mut request = upgrade::request(&head);
    request.facts.syntax = request.facts.syntax.filter(is_of_the_wire);
    let expected = request.key().map(|key| upgrade::expected_accept(key.as_sent()));
    let what = Observed::Request(Box::new(request));
    sink(Observation { from: Role::Client, what, evidence: evidence(Role::Client) });

    let Some(text) = &report.http_response else { return false };
    let bytes = with_end(text);
    let Ok((head, _)) = response_head(&bytes) else {
        notes.add("the answer to the opening handshake is not an HTTP response");
        return false;
    };
    let mut response = upgrade::response(&head, expected, Vec::new());
    response.facts.syntax = response.facts.syntax.filter(is_of_the_wire);
    let switches = response.switches;
    let what = Observed::Response(Box::new(response));
    sink(Observation { from: Role::Server, what, evidence: evidence(Role::Server) });
    switches
}

/// A report tells lines, not how they ended.
fn is_of_the_wire(fault: &SyntaxFault) -> bool {
    fault.kind != Syntax::BareLf
}

/// A head with the empty line that ends it.
fn with_end(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if !text.contains("\r\n\r\n") && !text.contains("\n\n") {
        bytes.extend(b"\r\n\r\n");
    }
    bytes
}

struct Tracks<'a> {
    rx: Track<'a>,
    tx: Track<'a>,
}

impl<'a> Tracks<'a> {
    fn row(
        &mut self,
        row: &'a WireRow,
        n: u32,
        tester: Role,
        notes: &mut Notes,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        match row {
            WireRow::RxOctets(data) => self.rx.octets(data, n, notes, sink),
            WireRow::TxOctets(data) => self.tx.octets(data, n, notes, sink),
            WireRow::RxFrame(frame) => self.rx.frame(frame, n, notes, sink),
            WireRow::TxFrame(frame) => {
                self.tx.frame(frame, n, notes, sink);
                if frame.opcode == Opcode::CLOSE.bits() {
                    self.rx.peer_has_closed();
                }
            }
            WireRow::Log(on) => {
                if !on {
                    self.rx.pause(sink);
                    self.tx.pause(sink);
                }
                let what = if *on { Observed::LogResumed } else { Observed::LogPaused };
                sink(Observation { from: tester, what, evidence: Some(Evidence::WireLog { row: n }) });
            }
            // What the tester's timers made it do shows in what it sent.
            WireRow::Delay(..)
            | WireRow::DelayTimeout(_)
            | WireRow::FailAfter(_)
            | WireRow::Failing
            | WireRow::CloseAfter(_)
            | WireRow::Closing
            | WireRow::TcpDropped { .. }
            | WireRow::Unknown(_) => {}
        }
    }
}

/// Counts of the report against its rows.
fn statistics(report: &CaseReport, rows: &[WireRow], notes: &mut Notes) {
    let was_paused = rows.iter().any(|row| matches!(row, WireRow::Log(_)));
    if report.wire_log.is_none() || was_paused {
        return;
    }
    let stats = &report.statistics;
    for (name, is_sent, counts) in
        [("received", false, &stats.rx_octets), ("transmitted", true, &stats.tx_octets)]
    {
        let octets = rows.iter().filter_map(|row| match row {
            WireRow::RxOctets(data) if !is_sent => Some(data),
            WireRow::TxOctets(data) if is_sent => Some(data),
            _ => None,
        });
        let octets: Vec<&LoggedData> = octets.filter(|data| data.len != Some(0)).collect();
        compare(
            &format!("octets {name}"),
            counts.iter().filter(|(size, _)| *size > 0),
            octets.len() as u64,
            notes,
            |size| {
                let as_long = octets.iter().filter(|data| data.len == Some(size)).count() as u64;
                let untold =
                    octets.iter().filter(|data| data.len.is_none() && data.known.len() as u64 <= size);
                (as_long, untold.count() as u64)
            },
        );
    }
    for (name, is_sent, counts) in
        [("received", false, &stats.rx_frames), ("transmitted", true, &stats.tx_frames)]
    {
        let frames = rows.iter().filter_map(|row| match row {
            WireRow::RxFrame(frame) if !is_sent => Some(frame),
            WireRow::TxFrame(frame) if is_sent => Some(frame),
            _ => None,
        });
        let frames: Vec<&LoggedFrame> = frames.collect();
        compare(&format!("frames {name}"), counts.iter(), frames.len() as u64, notes, |opcode| {
            (frames.iter().filter(|frame| u64::from(frame.opcode) == opcode).count() as u64, 0)
        });
    }
}

/// Notes where counts and rows differ; `rows_of` gives how many rows are of that number, and how many may be.
fn compare<'c>(
    name: &str,
    counts: impl Iterator<Item = &'c (u64, u64)>,
    rows: u64,
    notes: &mut Notes,
    rows_of: impl Fn(u64) -> (u64, u64),
) {
    let mut total: u64 = 0;
    let mut counted = false;
    for (number, count) in counts {
        counted = true;
        total = total.saturating_add(*count);
        let (sure, possible) = rows_of(*number);
        if !(sure..=sure.saturating_add(possible)).contains(count) {
            notes.add(format!("{name}: the statistics count {count} of {number}, the wire log shows {sure}"));
        }
    }
    if counted && total != rows {
        notes.add(format!("{name}: the statistics count {total}, the wire log shows {rows}"));
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::autobahn::read_case;
    use crate::model::case::ReportForm;
    use crate::model::{Piece, Undecodable};

    /// What rows in JSON show of the frames: sender, row, header or data. The tester is the server.
    fn play(rows: &str, stats: &str) -> (Vec<String>, Vec<String>) {
        let request = r"GET / HTTP/1.1\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n";
        let response = r"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n";
        let json = format!(
            r#"{{"id": "1.1", "isServer": true, "droppedByMe": true, "httpRequest": "{request}",
            "httpResponse": "{response}", {stats} "wirelog": [["RO", [60, "{}"]], ["TO", [46, "{}"]], {rows}]}}"#,
            "00".repeat(60),
            "00".repeat(46),
        );
        let case =
            read_case(ReportForm::Json, json.as_bytes(), Path::new("x"), &crate::limits::Limits::DEFAULT)
                .unwrap();
        assert_eq!(case.inconsistencies, [""; 0], "{rows}");
        let mut log: Vec<String> = Vec::new();
        let notes = observe(&case, &mut |observation| {
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
                Observed::Gap { .. }
                | Observed::Acked(_)
                | Observed::HandshakeUnseen
                | Observed::Upgraded
                | Observed::Encrypted
                | Observed::Resumed { .. }
                | Observed::Undecodable(Undecodable::NotHttp { .. } | Undecodable::NotFrames { .. }) => {
                    unreachable!("a log has none")
                }
            };
            let row = observation.evidence.and_then(|e| e.row()).map(|row| format!(" @{row}"));
            log.push(format!("{} {what}{}", &observation.from.name()[..1], row.unwrap_or_default()));
        });
        assert_eq!(log.pop().as_deref(), Some("c Unobserved"));
        assert!(log.pop().is_some_and(|end| end.starts_with("s Dropped @")));
        (log, notes)
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
        check(
            r#"["RO",[4,"91026869"]], ["RO",[2,"8900"]]"#,
            &["c text 2 @2", "c | hi @2", "c ping 0 @3"],
            &[],
        );
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
            &["c ping 0 @2"],
            &["row 3 of the wire log: the frame differs from its octets"],
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
            &["s paused @2", "s resumed @3", "s text 2 @4", "s | hi @4"],
            &[],
        );
        let (log, notes) =
            play(r#"["RO",[2,"8900"]], ["RF",[0,""],9,true,0,false,null]"#, r#""rxFrameStats": {"9": 3},"#);
        assert_eq!(log, ["s paused", "s resumed", "c ping 0 @2"]);
        assert_eq!(notes, ["the wire log omits 2 frames that the statistics count"]);
    }

    #[test]
    fn statistics_against_rows() {
        let stats =
            r#""rxFrameStats": {"1": 1}, "rxOctetStats": {"60": 1, "9": 1}, "txOctetStats": {"46": 1},"#;
        let (_, notes) = play(r#"["RO",[2,"8900"]], ["RF",[0,""],9,true,0,false,null]"#, stats);
        assert_eq!(
            notes,
            [
                "octets received: the statistics count 1 of 9, the wire log shows 0",
                "frames received: the statistics count 1 of 1, the wire log shows 0",
            ]
        );
    }
}
