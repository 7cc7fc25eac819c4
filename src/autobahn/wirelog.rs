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
use crate::model::{Evidence, Observation, Observed, Opcode, Role, StreamEnd};
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
        Track::new(role, head(role).map_or(0, |head| head.len() as u64), octets, switched, has_octets)
    };
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

    statistics(report, rows, &mut notes);
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
        notes.add("the opening handshake of the client is no HTTP request");
        return false;
    };
    let request = upgrade::request(&head);
    let key = request.key.clone();
    let what = Observed::Request(Box::new(request));
    sink(Observation { from: Role::Client, what, evidence: evidence(Role::Client) });

    let Some(text) = &report.http_response else { return false };
    let bytes = with_end(text);
    let Ok((head, _)) = response_head(&bytes) else {
        notes.add("the answer to the opening handshake is no HTTP response");
        return false;
    };
    let response = upgrade::response(&head, key.as_deref(), Vec::new());
    let switches = response.switches;
    let what = Observed::Response(Box::new(response));
    sink(Observation { from: Role::Server, what, evidence: evidence(Role::Server) });
    switches
}

/// A head with the empty line that ends it.
fn with_end(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if !text.contains("\r\n\r\n") && !text.contains("\n\n") {
        bytes.extend(b"\r\n\r\n");
    }
    bytes
}

/// Both directions.
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
