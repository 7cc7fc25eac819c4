//! The last frames of a connection, alerts of TLS and the ends of TCP among them.

use std::fmt::Write;

use crate::knowledge::words::shorten;
use crate::model::{
    CloseCode, Conversation, FrameRecord, Hex, Opcode, PacketNo, Role, SideTcp, TcpEnd, Timestamp, WeirdKind,
};
use crate::redact::Shown;
use crate::views::escape::{as_text, visible};
use crate::views::text::layout::{Paint, Style};
use crate::views::text::tls;
use crate::views::{FrameList, going_on, units, wording};

/// Frames before the end.
pub(in crate::views::text) const TIMELINE: usize = 12;
/// Columns of a page that has room for numbers of packets.
const WIDE: usize = 100;
/// Characters of a payload.
const PREVIEW: usize = 48;

pub(super) fn timeline(
    out: &mut String,
    report: &Conversation<Shown>,
    (list, whole): (FrameList, bool),
    style: &Style,
) {
    let (from, left_out) = match list {
        FrameList::All => (0, 0),
        _ => {
            let from = report.frames.len().saturating_sub(TIMELINE);
            (from, report.frames_omitted + from as u64)
        }
    };
    let frames = &report.frames[from.min(report.frames.len())..];
    if frames.is_empty() && report.closing.first_end.is_none() {
        return;
    }
    out.push('\n');
    if left_out > 0 {
        let line = format!("… {} before these, --frames all for every one", units::count(left_out, "frame"));
        faint(out, &line, style);
    }
    let mut rows: Vec<_> =
        frames.iter().map(|f| (f.packet.unwrap_or(PacketNo(0)), Entry::Frame(f))).collect();
    if list == FrameList::All && report.frames_omitted > 0 {
        let is_shared = report.weirds.as_slice().iter().any(|weird| weird.kind == WeirdKind::ListedCap);
        let limit = if is_shared { "all-listed-frame-bytes" } else { "listed-frame-bytes" };
        let line = format!("… not every frame was kept, --limit {limit} for more");
        faint(out, &line, style);
    }
    if list == FrameList::All && report.frames_omitted > 0 {
        let at = report.frames_resume.min(rows.len());
        let packet = rows.get(at.wrapping_sub(1)).map_or(PacketNo(0), |(packet, _)| *packet);
        rows.insert(at, (packet, Entry::Other(gap_row(report.frames_omitted))));
    }
    for (packet, at, by, said) in tls::goodbyes(report) {
        rows.push((packet, Entry::Other(event_row(report, at, by, said))));
    }
    for role in Role::BOTH {
        if let Some(end) = &report.closing.ends[role] {
            rows.push((end.packet.unwrap_or(PacketNo(u64::MAX)), Entry::Other(end_row(report, end))));
        }
        rows.extend(reset_row(report, role).map(|(packet, row)| (packet, Entry::Other(row))));
    }
    // By packet: frames of one packet keep their order, TCP ends come after the frames of theirs.
    rows.sort_by_key(|(packet, _)| *packet);
    // In a wire log there are none, and a narrow page has no room for them.
    let has_packets = report.tcp.is_some() && style.columns() >= WIDE;
    let row = |nth: usize| {
        let Some((packet, entry)) = rows.get(nth) else { return Vec::new() };
        let (mut row, packet) = match entry {
            Entry::Frame(frame) => (frame_row(report, frame, style), frame.packet),
            Entry::Other(row) => (row.clone(), Some(*packet).filter(|packet| *packet != PacketNo(u64::MAX))),
        };
        if has_packets {
            // Of frames that were left out there are many.
            let packet = packet.filter(|_| row.get(2).is_some_and(|from| !from.is_empty()));
            row.insert(1, packet.map_or_else(String::new, |at| report.place(at).packet.to_string()));
        }
        row
    };
    if has_packets {
        let header = ["n", "packet", "time", "from", "frame", "bytes", "payload", ""];
        style.long_table(out, &header, (rows.len(), &row), &[0, 1, 2, 5], &[6, 7]);
    } else {
        let header = ["n", "time", "from", "frame", "bytes", "payload", ""];
        style.long_table(out, &header, (rows.len(), &row), &[0, 1, 4], &[5, 6]);
    }
    if whole {
        payloads(out, frames, style);
    }
}

/// Payloads as a whole, below the rows.
fn payloads(out: &mut String, frames: &[FrameRecord<Shown>], style: &Style) {
    let is_shown = |frame: &&FrameRecord<Shown>| !frame.redacted && !frame.preview.is_empty();
    for frame in frames.iter().filter(is_shown).filter(|frame| frame.header.opcode != Opcode::CLOSE) {
        let name = frame.header.opcode.name();
        let line = format!("frame {}, {} from the {}:", frame.n, name, frame.from.name());
        let _ = write!(out, "\n{}", style.paint_lines(Paint::Faint, &style.wrap(&line, 2)));
        let is_text = frame.text || frame.header.opcode.is_control();
        let mut block = Vec::new();
        // A vector takes all.
        let _ = going_on::block(&mut block, style, &frame.preview, is_text, frame.preview_cut);
        out.push_str(&String::from_utf8_lossy(&block));
    }
}

/// A line beside the rows.
fn faint(out: &mut String, text: &str, style: &Style) {
    out.push_str(&style.paint_lines(Paint::Faint, &style.wrap(text, 2)));
}

/// A row of the timeline; those of frames are worded when they are written, for there may be very many.
enum Entry<'a> {
    Frame(&'a FrameRecord<Shown>),
    Other(Vec<String>),
}

fn since_start(report: &Conversation<Shown>, at: Option<Timestamp>) -> String {
    match (at, report.started_at) {
        (Some(at), Some(start)) if at < start => "before".to_owned(),
        (Some(at), Some(start)) => units::offset(at.since(start)),
        _ => String::new(),
    }
}

fn frame_row(report: &Conversation<Shown>, f: &FrameRecord<Shown>, style: &Style) -> Vec<String> {
    let mut marks: Vec<String> =
        f.broke.iter().map(|rule| style.cell(Paint::Bad, format!("✗ {rule}"))).collect();
    if !f.complete {
        marks.push(style.cell(Paint::Odd, "incomplete"));
    }
    vec![
        f.n.to_string(),
        since_start(report, f.at),
        f.from.name().to_owned(),
        wording::frame(&f.header),
        f.header.payload_len.to_string(),
        payload(f),
        marks.join(", "),
    ]
}

fn payload(f: &FrameRecord<Shown>) -> String {
    if f.header.opcode == Opcode::CLOSE
        && let Some((code, reason)) = CloseCode::split(&f.preview)
    {
        let reason = if f.redacted && f.header.payload_len > 2 {
            format!("<redacted {} bytes>", f.header.payload_len - 2)
        } else {
            as_text(reason, f.preview_cut)
                .map_or_else(|| format!("0x{}", Hex(reason)), |text| visible(text).into_owned())
        };
        return shorten(&wording::close_body(code, &reason), PREVIEW);
    }
    if f.redacted {
        return format!("<redacted {} bytes>", f.header.payload_len);
    }
    let text = if f.text || f.header.opcode.is_control() { as_text(&f.preview, f.preview_cut) } else { None };
    let mut shown = match text {
        Some(text) => visible(text).into_owned(),
        None => format!("0x{}", Hex(f.preview.get(..PREVIEW / 2).unwrap_or(&f.preview))),
    };
    if f.preview_cut && shown.chars().count() <= PREVIEW {
        shown.push('…');
    }
    let shown = shorten(&shown, PREVIEW);
    if f.inflated && !shown.is_empty() { format!("{shown} (inflated)") } else { shown }
}

/// In the place of frames that were not kept.
fn gap_row(omitted: u64) -> Vec<String> {
    let mut row = vec![String::new(); 7];
    row[5] = format!("… {} left out", units::count(omitted, "frame"));
    row
}

fn end_row(report: &Conversation<Shown>, end: &TcpEnd) -> Vec<String> {
    event_row(report, end.at, end.by, wording::ends(end.how).to_owned())
}

/// What a side did that is no frame.
fn event_row(report: &Conversation<Shown>, at: Option<Timestamp>, by: Role, did: String) -> Vec<String> {
    let mut row = vec![String::new(), since_start(report, at), by.name().to_owned(), did];
    row.resize(7, String::new());
    row
}

/// An RST of a side that had sent its FIN.
fn reset_row(report: &Conversation<Shown>, role: Role) -> Option<(PacketNo, Vec<String>)> {
    let ends = &report.tcp_facts[role].ends;
    let (fin, own) = ends.iter().enumerate().find(|(_, end)| end.how.is_orderly())?;
    let mut resets = ends.iter().skip(fin).filter(|end| end.how.is_reset());
    let first = resets.next()?;
    let more = match resets.count() {
        0 => String::new(),
        more if ends.len() == SideTcp::MAX_ENDS => format!(", at least {more} more after it"),
        more => format!(", {more} more after it"),
    };
    let row = vec![
        String::new(),
        since_start(report, first.at),
        role.name().to_owned(),
        wording::ends(first.how).to_owned(),
        String::new(),
        String::new(),
        format!("after its own {}{more}", wording::end(own.how)),
    ];
    Some((first.packet, row))
}
