//! What the tester counted, against the rows of its log.

use std::collections::BTreeMap;

use crate::autobahn::notes::Notes;
use crate::autobahn::wirelog::direction;
use crate::model::case::{CaseReport, WireRow};

/// Frames that are counted and not logged. Cases of section 9 switch the log off and on without a row that says
/// so; where, cannot be told.
pub(super) fn left_out(report: &CaseReport, rows: &[WireRow]) -> u64 {
    if rows.iter().any(|row| matches!(row, WireRow::Log(_))) {
        return 0;
    }
    let counted = |counts: &[(u64, u64)]| counts.iter().fold(0, |sum: u64, (_, n)| sum.saturating_add(*n));
    let logged = |is_sent| rows.iter().filter(|row| direction(row) == Some((is_sent, false))).count() as u64;
    let stats = &report.statistics;
    let rx = counted(&stats.rx_frames).saturating_sub(logged(false));
    rx.saturating_add(counted(&stats.tx_frames).saturating_sub(logged(true)))
}

/// Counts of the report against its rows.
pub(super) fn compare_all(report: &CaseReport, rows: &[WireRow], notes: &mut Notes) {
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
        let (mut told, mut untold) = (BTreeMap::<u64, u64>::new(), Vec::new());
        let mut rows = 0;
        for data in octets.filter(|data| data.len != Some(0)) {
            rows += 1;
            match data.len {
                Some(len) => *told.entry(len).or_default() += 1,
                None => untold.push(data.known.len() as u64),
            }
        }
        untold.sort_unstable();
        let of_size = |size| {
            let sure = told.get(&size).copied().unwrap_or_default();
            (sure, untold.partition_point(|known| *known <= size) as u64)
        };
        let sizes = counts.iter().filter(|(size, _)| *size > 0);
        compare(&format!("octets {name}"), sizes, rows, notes, of_size);
    }
    for (name, is_sent, counts) in
        [("received", false, &stats.rx_frames), ("transmitted", true, &stats.tx_frames)]
    {
        let frames = rows.iter().filter_map(|row| match row {
            WireRow::RxFrame(frame) if !is_sent => Some(frame),
            WireRow::TxFrame(frame) if is_sent => Some(frame),
            _ => None,
        });
        let mut of_opcode = [0_u64; 16];
        let mut rows = 0;
        for frame in frames {
            rows += 1;
            if let Some(count) = of_opcode.get_mut(usize::from(frame.opcode)) {
                *count += 1;
            }
        }
        compare(&format!("frames {name}"), counts.iter(), rows, notes, |opcode| {
            let count = usize::try_from(opcode).ok().and_then(|opcode| of_opcode.get(opcode));
            (count.copied().unwrap_or_default(), 0)
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
