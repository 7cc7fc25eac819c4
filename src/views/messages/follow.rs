//! One conversation as two people would read it: messages whole, control frames, ends, and when each came.

use std::io::Write;

use crate::engine::{Happening, Keep, Sink};
use crate::error::Error;
use crate::model::{
    CloseCode, ConversationId, FrameRecord, InputReport, MessageKind, Opcode, Role, Timestamp,
};
use crate::redact::{Sealed, Shown};
use crate::views::escape::as_text;
use crate::views::going_on::{self, Clock, Payloads, RowOptions, Times};
use crate::views::text::layout::Paint;
use crate::views::{messages, units, wording};

/// What a line of the other side is set off by.
const INDENT: &str = "                    ";

/// Writes a conversation, the server's side to the right.
pub struct Follow<W> {
    out: W,
    options: RowOptions,
    clock: Clock,
}

impl<W: Write> Follow<W> {
    /// Of the only conversation that it hears of.
    pub fn new(out: W, options: RowOptions) -> Self {
        Self { out, clock: Clock::new(options.times), options }
    }

    /// The line that something of one side begins with.
    fn head(&mut self, at: &str, by: Role, what: &str) -> Result<(), Error> {
        let (indent, arrow, paint) = match by {
            Role::Client => ("", "→", Paint::Plain),
            Role::Server => (INDENT, "←", Paint::Heading),
        };
        // A wire log has no times.
        let at = if at == going_on::UNKNOWN { String::new() } else { format!("{at}  ") };
        let line = format!("{indent}{arrow} {at}{}: {what}", by.name());
        writeln!(self.out, "{}", self.options.style.fit(&self.options.style.paint(paint, &line)))?;
        Ok(())
    }

    fn block(&mut self, by: Role, payload: &[u8], is_text: bool, is_cut: bool) -> Result<(), Error> {
        let style = self.options.style;
        match by {
            Role::Client => going_on::block(&mut self.out, &style, payload, is_text, is_cut)?,
            Role::Server => {
                let mut out = Indented { out: &mut self.out, at_start: true };
                going_on::block(&mut out, &style, payload, is_text, is_cut)?;
            }
        }
        Ok(())
    }

    fn control(&mut self, id: ConversationId, frame: &FrameRecord<Shown>) -> Result<(), Error> {
        let at = self.clock.tell(id, frame.at);
        let is_close = frame.header.opcode == Opcode::CLOSE;
        let body = match CloseCode::split(&frame.preview).filter(|_| is_close) {
            Some((code, reason)) => {
                let reason = as_text(reason, frame.preview_cut).unwrap_or("(not UTF-8)");
                going_on::in_line(wording::close_body(code, reason).as_bytes(), true, frame.preview_cut, 200)
            }
            None => going_on::in_line(&frame.preview, true, frame.preview_cut, 200),
        };
        let redacted = if frame.redacted { " (redacted)" } else { "" };
        let what = format!("{} {body}{redacted}", capital(frame.header.opcode.name()));
        self.head(&at, frame.from, what.trim_end())
    }

    fn tcp_end(
        &mut self,
        id: ConversationId,
        at: Option<Timestamp>,
        by: Role,
        how: &str,
    ) -> Result<(), Error> {
        let at = self.clock.tell(id, at);
        self.head(&at, by, how)
    }
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Sets every line off.
struct Indented<'w, W> {
    out: &'w mut W,
    at_start: bool,
}

impl<W: Write> Write for Indented<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        for line in bytes.split_inclusive(|b| *b == b'\n') {
            if self.at_start {
                self.out.write_all(INDENT.as_bytes())?;
            }
            self.out.write_all(line)?;
            self.at_start = line.ends_with(b"\n");
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

impl<W: Write> Sink for Follow<W> {
    fn asks(&self) -> Keep {
        // What is gathered of messages need not be gathered of frames.
        Keep { payload_bytes: 0, ..self.options.of_messages() }
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
                if let Some(at) = opening.started_at {
                    let times = match self.options.times {
                        Times::Relative => "times are since then",
                        Times::Absolute => "times are UTC",
                        Times::Delta => "times are since the line before",
                    };
                    writeln!(self.out, "from {}; {times}", units::date_time(at))?;
                }
                writeln!(self.out)?;
            }
            Happening::Frame { frame, .. } if frame.message.is_none() => self.control(id, frame)?,
            Happening::Message { message, .. } if messages::is_wanted(&self.options, message) => {
                let at = self.clock.tell(id, message.at);
                let bytes = message.facts.bytes.map_or("of unknown size".to_owned(), units::bytes);
                let kind = messages::kind(message.facts.kind);
                let frames = match message.facts.frames {
                    1 => String::new(),
                    more => format!(" in {more} frames"),
                };
                let packed = if message.facts.compressed { ", compressed" } else { "" };
                let redacted = if message.redacted { ", redacted" } else { "" };
                self.head(&at, message.from, &format!("{kind}, {bytes}{frames}{packed}{redacted}"))?;
                let (payload, is_cut) = messages::shown(&self.options, message);
                let is_text = message.facts.kind == MessageKind::Text;
                if self.options.payloads != Payloads::None && !message.redacted && !payload.is_empty() {
                    self.block(message.from, payload, is_text, is_cut)?;
                }
            }
            _ => {}
        }
        if self.options.at_once {
            self.out.flush()?;
        }
        Ok(())
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        let conversation = conversation.clone().open();
        let id = conversation.id;
        let mut ends: Vec<_> = Role::BOTH
            .into_iter()
            .flat_map(|role| conversation.tcp_facts[role].ends.iter().map(move |end| (role, end)))
            .collect();
        ends.sort_by_key(|(_, end)| end.packet);
        for (role, end) in ends {
            self.tcp_end(id, end.at, role, wording::ends(end.how))?;
        }
        if let Some(cause) = &conversation.closing.cause {
            let line = format!("\n{} · {}", cause.headline(&conversation), cause.id());
            writeln!(self.out, "{}", self.options.style.fit(&line))?;
        }
        self.clock.is_over(id);
        Ok(())
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
