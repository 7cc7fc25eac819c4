//! Rows of frames, in the order of the capture, as they come.

mod row;

use std::io::Write;

use crate::engine::{Happening, Keep, Sink};
use crate::error::Error;
use crate::model::{CloseCode, ConversationId, FrameRecord, InputReport, Opcode};
use crate::redact::{Sealed, Shown};
use crate::views::escape::as_text;
use crate::views::going_on::{self, Candidate, Clock, Payloads, RowOptions};
use crate::views::json::write;
use crate::views::row::Field;
use crate::views::text::layout::Paint;
use crate::views::{RowFormat, csv, wording};
use row::FrameRow;

/// The formats of `wslog frames`.
pub const FORMATS: &[RowFormat] = &[
    RowFormat {
        name: "text",
        what: "Text for people",
        sink: |out, options| Box::new(FrameText::new(out, options)),
    },
    RowFormat {
        name: "ndjson",
        what: "A JSON object a line",
        sink: |out, options| Box::new(FrameLines::new(out, options, write_json)),
    },
    RowFormat {
        name: "csv",
        what: "CSV (RFC 4180) with a header",
        sink: |out, options| {
            let mut lines = FrameLines::new(out, options, |line, row| csv::row(line, row));
            csv::header(&mut lines.line, FIELDS);
            Box::new(lines)
        },
    },
];

/// The fields of a row.
pub const FIELDS: &[Field] = FrameRow::FIELDS;

/// Whether a frame is asked for.
fn is_wanted(options: &RowOptions, frame: &FrameRecord<Shown>) -> bool {
    options.wanted.takes(&Candidate {
        from: frame.from,
        opcode: frame.header.opcode,
        bytes: Some(frame.header.payload_len),
        at: frame.at,
        payload: &frame.preview,
    })
}

/// What is shown of a frame.
fn shown<'f>(options: &RowOptions, frame: &'f FrameRecord<Shown>) -> (&'f [u8], bool) {
    let (shown, is_cut) = options.payloads.of(&frame.preview);
    (shown, is_cut || frame.preview_cut)
}

fn write_json(line: &mut Vec<u8>, row: FrameRow<'_>) {
    write::value(line, row);
    line.push(b'\n');
}

/// A line a frame, which nobody but programs reads.
struct FrameLines<W> {
    out: W,
    options: RowOptions,
    /// What is to be written next.
    line: Vec<u8>,
    append: fn(&mut Vec<u8>, FrameRow<'_>),
}

impl<W: Write> FrameLines<W> {
    const fn new(out: W, options: RowOptions, append: fn(&mut Vec<u8>, FrameRow<'_>)) -> Self {
        Self { out, options, line: Vec::new(), append }
    }
}

impl<W: Write> Sink for FrameLines<W> {
    fn asks(&self) -> Keep {
        self.options.of_frames()
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        if let Happening::Frame { frame, elsewhere } = happening
            && is_wanted(&self.options, frame)
        {
            (self.append)(&mut self.line, FrameRow(id, *elsewhere, frame, shown(&self.options, frame)));
            self.out.write_all(&self.line)?;
            self.line.clear();
            // One that was large need not be remembered.
            self.line.shrink_to(1 << 20);
        }
        Ok(())
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        self.out.write_all(&self.line)?;
        Ok(self.out.flush()?)
    }
}

/// A line a frame, in columns of widths that the first rows fix: none is kept for the others.
struct FrameText<W> {
    out: W,
    options: RowOptions,
    clock: Clock,
    rows: u64,
}

impl<W: Write> FrameText<W> {
    fn new(out: W, options: RowOptions) -> Self {
        Self { out, clock: Clock::new(options.times), options, rows: 0 }
    }

    /// Whether the page has room for numbers of packets.
    const fn has_packets(&self) -> bool {
        self.options.style.width >= 100
    }

    fn line(&mut self, cells: [&str; 8]) -> String {
        let [id, n, packet, time, from, frame, bytes, payload] = cells;
        let (_, width) = self.clock.column();
        let packet = if self.has_packets() { format!("  {packet:>7}") } else { String::new() };
        let line =
            format!("{id:>4}  {n:>5}{packet}  {time:>width$}  {from:<6}  {frame:<20}  {bytes:>7}  {payload}");
        line.trim_end().to_owned()
    }

    fn row(&mut self, id: ConversationId, frame: &FrameRecord<Shown>) -> Result<(), Error> {
        if self.rows == 0 {
            let (time, _) = self.clock.column();
            let header = self.line(["#", "n", "packet", time, "from", "frame", "bytes", "payload"]);
            writeln!(
                self.out,
                "{}",
                self.options.style.fit(&self.options.style.paint(Paint::Faint, &header))
            )?;
        }
        self.rows += 1;
        let time = self.clock.tell(id, frame.at);
        let packet = frame.packet.map_or("–".to_owned(), |packet| packet.to_string());
        let (payload, is_cut) = shown(&self.options, frame);
        let is_below = self.options.payloads == Payloads::Whole && frame.header.opcode != Opcode::CLOSE;
        let room = usize::from(self.options.style.width)
            .saturating_sub(self.clock.column().1 + 54 + if self.has_packets() { 9 } else { 0 });
        let mut last = match () {
            () if self.options.payloads == Payloads::None => String::new(),
            () if frame.redacted => format!("<redacted {} bytes>", frame.header.payload_len),
            () if is_below => String::new(),
            () => in_line(frame, payload, is_cut, room.max(16)),
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
        let line = self.line([
            &id.to_string(),
            &frame.n.to_string(),
            &packet,
            &time,
            frame.from.name(),
            &wording::frame(&frame.header),
            &frame.header.payload_len.to_string(),
            last.trim_start(),
        ]);
        writeln!(self.out, "{}", self.options.style.fit(&line))?;
        if is_below && !frame.redacted && !payload.is_empty() {
            let is_text = frame.text || frame.header.opcode.is_control();
            going_on::block(&mut self.out, &self.options.style, payload, is_text, is_cut)?;
        }
        Ok(())
    }
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

impl<W: Write> Sink for FrameText<W> {
    fn asks(&self) -> Keep {
        self.options.of_frames()
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        match happening {
            Happening::Opened(opening) => {
                self.clock.begins(id, opening);
                let line = going_on::introduction(id, opening);
                writeln!(
                    self.out,
                    "{}",
                    self.options.style.fit(&self.options.style.paint(Paint::Heading, &line))
                )?;
                Ok(())
            }
            Happening::Frame { frame, .. } if is_wanted(&self.options, frame) => self.row(id, frame),
            _ => Ok(()),
        }
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        self.clock.is_over(conversation.id());
        Ok(())
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
