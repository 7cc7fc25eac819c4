//! The last frames of a connection, alerts of TLS and the ends of TCP among them.

use std::fmt::Write;

use crate::model::{Conversation, FrameRecord, Opcode, Role, WeirdKind};
use crate::redact::Shown;
use crate::views::events::{self, Event};
use crate::views::text::layout::{Paint, Style};
use crate::views::{FrameList, going_on, units, wording};

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
    let (events, left_out) = events::of(report, list);
    let has_frames = events.iter().any(|event| matches!(event, Event::Frame(_)));
    if !has_frames && report.closing.first_end.is_none() {
        return;
    }
    out.push('\n');
    if left_out > 0 {
        let line = format!("… {} before these, --frames all for every one", units::count(left_out, "frame"));
        faint(out, &line, style);
    }
    if list == FrameList::All && report.frames_omitted > 0 {
        let is_shared = report.weirds.as_slice().iter().any(|weird| weird.kind == WeirdKind::ListedCap);
        let limit = if is_shared { "all-listed-frame-bytes" } else { "listed-frame-bytes" };
        let line = format!("… not every frame was kept, --limit {limit} for more");
        faint(out, &line, style);
    }
    // In a wire log there are none, and a narrow page has no room for them.
    let has_packets = report.tcp.is_some() && style.columns() >= WIDE;
    // Worded when they are written, for there may be very many.
    let row = |nth: usize| {
        let Some(event) = events.get(nth) else { return Vec::new() };
        let mut row = event_row(report, event, style);
        if has_packets {
            let packet = event.packet().map_or_else(String::new, |at| report.place(at).packet.to_string());
            row.insert(1, packet);
        }
        row
    };
    if has_packets {
        let header = ["n", "packet", "time", "from", "frame", "bytes", "payload", ""];
        style.long_table(out, &header, (events.len(), &row), &[0, 1, 2, 5], &[6, 7]);
    } else {
        let header = ["n", "time", "from", "frame", "bytes", "payload", ""];
        style.long_table(out, &header, (events.len(), &row), &[0, 1, 4], &[5, 6]);
    }
    if whole {
        payloads(out, &events, style);
    }
}

/// Payloads as a whole, below the rows.
fn payloads(out: &mut String, events: &[Event<'_>], style: &Style) {
    let is_shown = |frame: &&FrameRecord<Shown>| !frame.redacted && !frame.preview.is_empty();
    let frames = events.iter().filter_map(|event| match event {
        Event::Frame(frame) => Some(*frame),
        _ => None,
    });
    for frame in frames.filter(is_shown).filter(|frame| frame.header.opcode != Opcode::CLOSE) {
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

/// A row but for its packet.
fn event_row(report: &Conversation<Shown>, event: &Event<'_>, style: &Style) -> Vec<String> {
    let did = |by: Role, did: String, note: String| {
        let time = events::since_start(report, event.at());
        vec![String::new(), time, by.name().to_owned(), did, String::new(), String::new(), note]
    };
    match event {
        Event::Frame(frame) => frame_row(report, frame, style),
        Event::Omitted(omitted) => {
            let mut row = vec![String::new(); 7];
            row[5] = format!("… {} left out", units::count(*omitted, "frame"));
            row
        }
        Event::Other { by, said, note, .. } => {
            let mut row = did(*by, said.clone(), String::new());
            row[5].clone_from(note);
            row
        }
        Event::End { end, note } => did(end.by, wording::ends(end.how).to_owned(), note.clone()),
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
        events::since_start(report, f.at),
        f.from.name().to_owned(),
        wording::frame(&f.header),
        f.header.payload_len.to_string(),
        wording::payload(f, PREVIEW),
        marks.join(", "),
    ]
}
