//! Rows of frames, in the order of the capture, as they come.

mod row;

use std::io::Write;

use crate::engine::Happening;
use crate::error::Error;
use crate::model::{CloseCode, ConversationId, FrameRecord, Opcode};
use crate::redact::Shown;
use crate::views::escape::as_text;
use crate::views::going_on::{self, Candidate, Page, Payloads, RowOptions, UNKNOWN, formats};
use crate::views::row::Field;
use crate::views::{RowFormat, wording};
use row::FrameRow;

/// Name and version of the rows.
pub const SCHEMA: &str = "wslog.frames/1";

/// The formats of `wslog frames`.
pub const FORMATS: &[RowFormat] = formats!(of_frames, tell, row, FIELDS);

/// The fields of a row.
pub const FIELDS: &[Field] = FrameRow::FIELDS;

/// The frame, if that is what happened and it is asked for.
fn wanted<'h>(
    options: &RowOptions,
    happening: &'h Happening,
) -> Option<(&'h FrameRecord<Shown>, Option<usize>)> {
    let Happening::Frame { frame, elsewhere } = happening else { return None };
    let candidate = Candidate {
        from: frame.from,
        opcode: frame.header.opcode,
        bytes: Some(frame.header.payload_len),
        at: frame.at,
        payload: &frame.preview,
    };
    options.takes(&candidate).then_some((frame, *elsewhere))
}

fn row<'h>(options: &RowOptions, id: ConversationId, happening: &'h Happening) -> Option<FrameRow<'h>> {
    let (frame, elsewhere) = wanted(options, happening)?;
    Some(FrameRow(id, elsewhere, frame, shown(options, frame)))
}

/// What is shown of a frame.
fn shown<'f>(options: &RowOptions, frame: &'f FrameRecord<Shown>) -> (&'f [u8], bool) {
    let (shown, is_cut) = options.payloads.of(&frame.preview);
    (shown, is_cut || frame.preview_cut)
}

fn tell<W: Write>(page: &mut Page<W>, id: ConversationId, happening: &Happening) -> Result<(), Error> {
    let Some((frame, _)) = wanted(&page.options, happening) else { return Ok(()) };
    let line = |page: &Page<W>, first: [&str; 5], frame: &str, bytes: &str, payload: &str| {
        format!("{}  {frame:<20}  {bytes:>7}  {payload}", page.begin(first))
    };
    let time = page.clock.tell(id, frame.at);
    let packet = frame.packet.map_or(UNKNOWN.to_owned(), |packet| packet.to_string());
    let (payload, is_cut) = shown(&page.options, frame);
    let is_below = page.options.payloads == Payloads::Whole && frame.header.opcode != Opcode::CLOSE;
    let mut last = match () {
        () if page.options.payloads == Payloads::None => String::new(),
        () if frame.redacted => format!("<redacted {} bytes>", frame.header.payload_len),
        () if is_below => String::new(),
        () => in_line(frame, payload, is_cut, page.room(54)),
    };
    if frame.inflated && !last.is_empty() {
        last.push_str(" (inflated)");
    }
    for rule in &frame.broke {
        last.push_str(&format!(" ✗ {rule}"));
    }
    if !frame.complete {
        last.push_str(" incomplete");
    }
    let first = [&*id.to_string(), &*frame.n.to_string(), &*packet, &*time, frame.from.name()];
    let what = wording::frame(&frame.header);
    let text = line(page, first, &what, &frame.header.payload_len.to_string(), last.trim_start());
    page.row(id, &text, |page| {
        line(page, ["#", "n", "packet", page.clock.column().0, "from"], "frame", "bytes", "payload")
    })?;
    if is_below && !frame.redacted && !payload.is_empty() {
        let is_text = frame.text || frame.header.opcode.is_control();
        going_on::block(&mut page.out, &page.options.style, payload, is_text, is_cut)?;
    }
    Ok(())
}

/// A payload in a line.
fn in_line(frame: &FrameRecord<Shown>, payload: &[u8], is_cut: bool, width: usize) -> String {
    if frame.header.opcode == Opcode::CLOSE
        && let Some((code, reason)) = CloseCode::split(payload)
        && let Some(reason) = as_text(reason, is_cut)
    {
        let body = wording::close_body(code, reason);
        return going_on::in_line(body.as_bytes(), true, is_cut, width);
    }
    going_on::in_line(payload, frame.text || frame.header.opcode.is_control(), is_cut, width)
}
