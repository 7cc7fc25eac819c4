//! The wire log of a case as observations.
//!
//! A log tells the same traffic twice: as octets, cut to 64 bytes a row, and as the frames the tester made of
//! them or sent. Octets are the truth about headers where it is certain where a frame begins, and frames the tester
//! refused stand only there. Where that is not certain, the rows of frames decide, and octets only confirm them:
//!
//! ```text
//!             ┌─ header cut away ─► Await ── the frame's own row ─► Skip ─┐
//!  Octets ◄───┴──────────────────────────── behind the frame ─────────────┘
//!    │ ▲
//!    │ └ octets begin with the header of the next row
//!    ▼
//!   Rows: a length that nothing tells, a log that was switched off, octets that say otherwise than a row
//! ```
//!
//! RX is what the testee sent. The log is the tester's: it says who called close(), not whose FIN came first,
//! and a frame it logged as sent without octets has not left.

mod counts;
mod opening;
mod outline;
mod sizes;
mod track;

use crate::autobahn::notes::Notes;
use crate::model::case::{CaseReport, ReportPart, WireRow};
use crate::model::{Evidence, Observation, Observed, Role, StreamEnd, count};
use outline::Outline;
use track::Track;

/// Hands on what the wire log of a case shows, in its order; gives what is to be noted of it, and where the report
/// contradicts itself.
///
/// Without a log, as with one that was switched off, there are no frames, only the handshake and who dropped TCP; what
/// a source lacks that ends early is left open.
pub fn observe(report: &CaseReport, sink: &mut impl FnMut(Observation<'_>)) -> (Vec<String>, Vec<String>) {
    let mut notes = Notes::default();
    let rows = report.wire_log.as_deref().unwrap_or_default();
    let tester = report.tester().unwrap_or(Role::Client);
    let opened = opening::hand_on(report, rows, tester, &mut notes, sink);
    let left_out = if report.is_cut { 0 } else { counts::left_out(report, rows) };
    if left_out > 0 || report.wire_log.is_none() && !opened.is_refused() {
        remark_on_absence(report, left_out, &mut notes);
        pause(tester, None, sink);
        if report.wire_log.is_some() {
            sink(Observation { from: tester, what: Observed::LogResumed, evidence: None });
        }
    }
    let track = |role, counts: &[(u64, u64)], is_sent: bool| {
        let outline = Outline::new(rows, counts, is_sent);
        let head = opening::bytes_of_head(report, role, &outline);
        Track::new(role, outline, head, opened.has_frames())
    };
    let mut tracks = Tracks {
        rx: track(tester.peer(), &report.statistics.rx_octets, false),
        tx: track(tester, &report.statistics.tx_octets, true),
    };
    for (row, n) in rows.iter().zip(0..) {
        tracks.row(row, n, tester, &mut notes, sink);
    }
    let is_cut = report.is_cut && report.wire_log.is_some();
    for track in [&mut tracks.rx, &mut tracks.tx] {
        if is_cut {
            track.cut(&mut notes);
        } else {
            track.finish(&mut notes, sink);
        }
    }
    if is_cut {
        pause(tester, None, sink);
    }
    dropped(report, rows, tester, sink);
    if left_out == 0 && !report.is_cut && report.has(ReportPart::Statistics) {
        counts::compare_all(report, rows, &mut notes);
    }
    notes.into_lists()
}

/// Why frames are not in the log.
fn remark_on_absence(report: &CaseReport, left_out: u64, notes: &mut Notes) {
    let frames = count(left_out, "frame");
    if report.is_cut {
        // What ends early says so itself.
    } else if report.wire_log.is_none() {
        notes.remark("there is no wire log in the source: which frames were sent is not known");
    } else if is_unlogged_by_design(report) {
        notes.remark(format!(
            "the suite does not log the messages of this case: {frames} are counted and not shown"
        ));
    } else {
        notes.add(format!("the wire log omits {frames} that the statistics count"));
    }
}

/// The suite switches its log off for the large messages of 9.1 to 9.6, without a row that says so.
fn is_unlogged_by_design(report: &CaseReport) -> bool {
    let mut parts = report.id.as_str().split('.');
    parts.next() == Some("9")
        && parts.next().is_some_and(|group| matches!(group, "1" | "2" | "3" | "4" | "5" | "6"))
}

/// From here on nobody knows what was sent.
fn pause(tester: Role, evidence: Option<Evidence>, sink: &mut impl FnMut(Observation<'_>)) {
    sink(Observation { from: tester, what: Observed::LogPaused, evidence });
}

/// Who dropped TCP, as far as the source tells.
fn dropped(report: &CaseReport, rows: &[WireRow], tester: Role, sink: &mut impl FnMut(Observation<'_>)) {
    let end = |from, how, evidence| Observation { from, what: Observed::StreamEnd(how), evidence };
    let told = rows.iter().zip(0..).find_map(|(row, n)| match row {
        WireRow::TcpDropped { by_me } => Some((*by_me, n)),
        _ => None,
    });
    let noted = || {
        let row = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        (report.has(ReportPart::Closing) && report.has(ReportPart::Tester))
            .then_some((report.closing.dropped_by_me, row))
    };
    let Some((by_me, row)) = told.or_else(noted) else {
        for role in [tester, tester.peer()] {
            sink(end(role, StreamEnd::Unobserved, None));
        }
        return;
    };
    let (by, other) = if by_me { (tester, tester.peer()) } else { (tester.peer(), tester) };
    sink(end(by, StreamEnd::Dropped, Some(Evidence::WireLog { row })));
    sink(end(other, StreamEnd::Unobserved, None));
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

/// Whether a row that could not be read is one of octets or of a frame.
fn may_hide_frames(row: &str) -> bool {
    let tags = [r#"["RO""#, r#"["TO""#, r#"["RF""#, r#"["TF""#];
    tags.iter().any(|tag| row.starts_with(tag)) || row.contains(" OCTETS") || row.contains(" FRAME")
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
            WireRow::RxFrame(_) => self.rx.frame(n, notes, sink),
            WireRow::TxFrame(_) => self.tx.frame(n, notes, sink),
            WireRow::Log(false) => {
                self.rx.pause(n, sink);
                self.tx.pause(n, sink);
                pause(tester, Some(Evidence::WireLog { row: n }), sink);
            }
            WireRow::Log(true) => {
                let evidence = Some(Evidence::WireLog { row: n });
                sink(Observation { from: tester, what: Observed::LogResumed, evidence });
            }
            WireRow::Unknown(text) if may_hide_frames(text) => {
                let evidence = Some(Evidence::WireLog { row: n });
                self.rx.pause(n, sink);
                self.tx.pause(n, sink);
                pause(tester, evidence, sink);
                sink(Observation { from: tester, what: Observed::LogResumed, evidence });
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

#[cfg(test)]
mod tests;
