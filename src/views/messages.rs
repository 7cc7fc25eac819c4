//! Rows of messages, put together and inflated, in the order in which they were whole.

mod follow;
mod row;

use std::io::Write;

pub use follow::Follow;

use crate::engine::{Happening, Keep, Sink};
use crate::error::Error;
use crate::model::{ConversationId, InputReport, MessageKind, MessageRecord, Opcode};
use crate::redact::{Sealed, Shown};
use crate::views::going_on::{self, Candidate, Clock, Payloads, RowOptions};
use crate::views::json::write;
use crate::views::row::Field;
use crate::views::text::layout::Paint;
use crate::views::{RowFormat, csv};
use row::MessageRow;

/// The formats of `wslog messages`.
pub const FORMATS: &[RowFormat] = &[
    RowFormat {
        name: "text",
        what: "Text for people",
        sink: |out, options| Box::new(MessageText::new(out, options)),
    },
    RowFormat {
        name: "ndjson",
        what: "A JSON object a line",
        sink: |out, options| Box::new(MessageLines::new(out, options, write_json)),
    },
    RowFormat {
        name: "csv",
        what: "CSV (RFC 4180) with a header",
        sink: |out, options| {
            let mut lines = MessageLines::new(out, options, |line, row| csv::row(line, row));
            csv::header(&mut lines.line, FIELDS);
            Box::new(lines)
        },
    },
];

/// The fields of a row.
pub const FIELDS: &[Field] = MessageRow::FIELDS;

/// Whether a message is asked for.
#[must_use]
pub fn is_wanted(options: &RowOptions, message: &MessageRecord<Shown>) -> bool {
    options.wanted.takes(&Candidate {
        from: message.from,
        opcode: match message.facts.kind {
            MessageKind::Text => Opcode::TEXT,
            MessageKind::Binary => Opcode::BINARY,
        },
        bytes: message.facts.bytes,
        at: message.at,
        payload: &message.payload,
    })
}

/// What is shown of a message.
fn shown<'m>(options: &RowOptions, message: &'m MessageRecord<Shown>) -> (&'m [u8], bool) {
    let (shown, is_cut) = options.payloads.of(&message.payload);
    (shown, is_cut || message.cut)
}

const fn kind(kind: MessageKind) -> &'static str {
    match kind {
        MessageKind::Text => "text",
        MessageKind::Binary => "binary",
    }
}

fn write_json(line: &mut Vec<u8>, row: MessageRow<'_>) {
    write::value(line, row);
    line.push(b'\n');
}

/// A line a message, which nobody but programs reads.
struct MessageLines<W> {
    out: W,
    options: RowOptions,
    /// What is to be written next.
    line: Vec<u8>,
    append: fn(&mut Vec<u8>, MessageRow<'_>),
}

impl<W: Write> MessageLines<W> {
    const fn new(out: W, options: RowOptions, append: fn(&mut Vec<u8>, MessageRow<'_>)) -> Self {
        Self { out, options, line: Vec::new(), append }
    }
}

impl<W: Write> Sink for MessageLines<W> {
    fn asks(&self) -> Keep {
        self.options.of_messages()
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        if let Happening::Message { message, elsewhere } = happening
            && is_wanted(&self.options, message)
        {
            let row = MessageRow(id, *elsewhere, message, shown(&self.options, message));
            (self.append)(&mut self.line, row);
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

/// A line a message.
struct MessageText<W> {
    out: W,
    options: RowOptions,
    clock: Clock,
    rows: u64,
}

impl<W: Write> MessageText<W> {
    fn new(out: W, options: RowOptions) -> Self {
        Self { out, clock: Clock::new(options.times), options, rows: 0 }
    }

    fn line(&self, cells: [&str; 9]) -> String {
        let [id, n, packet, time, from, kind, frames, bytes, payload] = cells;
        let (_, width) = self.clock.column();
        let packet = if self.has_packets() { format!("  {packet:>7}") } else { String::new() };
        let line = format!(
            "{id:>4}  {n:>5}{packet}  {time:>width$}  {from:<6}  {kind:<6}  {frames:>6}  {bytes:>8}  {payload}"
        );
        line.trim_end().to_owned()
    }

    /// Whether the page has room for numbers of packets.
    const fn has_packets(&self) -> bool {
        self.options.style.width >= 100
    }

    fn row(&mut self, id: ConversationId, message: &MessageRecord<Shown>) -> Result<(), Error> {
        if self.rows == 0 {
            let (time, _) = self.clock.column();
            let header = ["#", "n", "packet", time, "from", "type", "frames", "bytes", "payload"];
            let header = self.line(header);
            writeln!(
                self.out,
                "{}",
                self.options.style.fit(&self.options.style.paint(Paint::Faint, &header))
            )?;
        }
        self.rows += 1;
        let MessageRecord { from, facts, packet, at, redacted, .. } = message;
        let time = self.clock.tell(id, *at);
        let (payload, is_cut) = shown(&self.options, message);
        let room = usize::from(self.options.style.width)
            .saturating_sub(self.clock.column().1 + 53 + if self.has_packets() { 9 } else { 0 });
        let is_below = self.options.payloads == Payloads::Whole;
        let is_text = facts.kind == MessageKind::Text;
        let unknown = || "–".to_owned();
        let mut last = match () {
            () if self.options.payloads == Payloads::None => String::new(),
            () if *redacted => {
                format!("<redacted {} bytes>", facts.bytes.map_or_else(unknown, |b| b.to_string()))
            }
            () if is_below => String::new(),
            () => going_on::in_line(payload, is_text, is_cut, room.max(16)),
        };
        if facts.utf8_valid == Some(false) {
            last.push_str(" ✗ not UTF-8");
        }
        let line = self.line([
            &id.to_string(),
            &facts.n.to_string(),
            &packet.map_or_else(unknown, |packet| packet.to_string()),
            &time,
            from.name(),
            kind(facts.kind),
            &facts.frames.to_string(),
            &facts.bytes.map_or_else(unknown, |bytes| bytes.to_string()),
            last.trim_start(),
        ]);
        writeln!(self.out, "{}", self.options.style.fit(&line))?;
        if is_below && !redacted && !payload.is_empty() {
            going_on::block(&mut self.out, &self.options.style, payload, is_text, is_cut)?;
        }
        Ok(())
    }
}

impl<W: Write> Sink for MessageText<W> {
    fn asks(&self) -> Keep {
        self.options.of_messages()
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
            Happening::Message { message, .. } if is_wanted(&self.options, message) => self.row(id, message),
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
