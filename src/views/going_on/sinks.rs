//! The sinks that write rows: lines for programs, and a page for people.

use std::collections::HashMap;
use std::io::Write;

use crate::engine::{Happening, Keep, Sink};
use crate::error::Error;
use crate::model::{ConversationId, InputReport};
use crate::views::going_on::{Clock, RowOptions, introduction};
use crate::views::text::layout::Paint;

/// Appends the line of what happened, if it is asked for.
type Append = fn(&mut Vec<u8>, &RowOptions, ConversationId, &Happening);

/// A line a row, which nobody but programs reads.
pub(in crate::views) struct Lines<W> {
    out: W,
    options: RowOptions,
    keep: Keep,
    /// What is to be written next: before the first row what stands above it.
    line: Vec<u8>,
    append: Append,
}

impl<W: Write> Lines<W> {
    pub(in crate::views) const fn new(
        out: W,
        options: RowOptions,
        keep: Keep,
        head: Vec<u8>,
        append: Append,
    ) -> Self {
        Self { out, options, keep, line: head, append }
    }
}

impl<W: Write> Sink for Lines<W> {
    fn asks(&self) -> Keep {
        self.keep
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        (self.append)(&mut self.line, &self.options, id, happening);
        if !self.line.is_empty() {
            self.out.write_all(&self.line)?;
            self.line.clear();
            // One that was large need not be remembered.
            self.line.shrink_to(1 << 20);
            if self.options.at_once {
                self.out.flush()?;
            }
        }
        Ok(())
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        self.out.write_all(&self.line)?;
        Ok(self.out.flush()?)
    }
}

/// Writes the row of what happened, if it is asked for.
type Tell<W> = fn(&mut Page<W>, ConversationId, &Happening) -> Result<(), Error>;

/// A line a row in columns of fixed widths, since none is kept for the others.
pub(in crate::views) struct Page<W> {
    pub(in crate::views) out: W,
    pub(in crate::views) options: RowOptions,
    pub(in crate::views) clock: Clock,
    keep: Keep,
    has_header: bool,
    /// Conversations without a row so far, and how they are introduced.
    waiting: HashMap<ConversationId, String>,
    tell: Tell<W>,
}

impl<W: Write> Page<W> {
    pub(in crate::views) fn new(out: W, options: RowOptions, keep: Keep, tell: Tell<W>) -> Self {
        Self {
            out,
            clock: Clock::new(options.times),
            options,
            keep,
            has_header: false,
            waiting: HashMap::new(),
            tell,
        }
    }

    /// Whether the page has room for numbers of packets.
    pub(in crate::views) const fn has_packets(&self) -> bool {
        self.options.style.width >= 100
    }

    /// Characters that are left of a line for a payload, where the other columns take so many besides the time.
    pub(in crate::views) fn room(&self, taken: usize) -> usize {
        let packets = if self.has_packets() { 9 } else { 0 };
        usize::from(self.options.style.width).saturating_sub(self.clock.column().1 + taken + packets).max(16)
    }

    /// The cells of a line that all rows begin with.
    pub(in crate::views) fn begin(&self, [id, n, packet, time, from]: [&str; 5]) -> String {
        let (_, width) = self.clock.column();
        let packet = if self.has_packets() { format!("  {packet:>7}") } else { String::new() };
        format!("{id:>4}  {n:>5}{packet}  {time:>width$}  {from:<6}")
    }

    /// Writes a line of that conversation, and before its first one whose it is; before the first of all the header.
    pub(in crate::views) fn row(
        &mut self,
        id: ConversationId,
        line: &str,
        header: impl FnOnce(&Self) -> String,
    ) -> Result<(), Error> {
        if let Some(introduction) = self.waiting.remove(&id) {
            self.line(&self.options.style.paint(Paint::Heading, &introduction))?;
        }
        if !self.has_header {
            self.has_header = true;
            let header = header(self);
            self.line(&self.options.style.paint(Paint::Faint, header.trim_end()))?;
        }
        self.line(line.trim_end())
    }

    pub(in crate::views) fn line(&mut self, line: &str) -> Result<(), Error> {
        writeln!(self.out, "{}", self.options.style.fit(line))?;
        Ok(())
    }
}

impl<W: Write> Sink for Page<W> {
    fn asks(&self) -> Keep {
        self.keep
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        match happening {
            Happening::Opened(opening) => {
                self.clock.begins(id, opening);
                self.waiting.insert(id, introduction(id, opening));
            }
            Happening::Over => {
                self.clock.is_over(id);
                self.waiting.remove(&id);
            }
            _ => {}
        }
        (self.tell)(self, id, happening)?;
        if self.options.at_once {
            self.out.flush()?;
        }
        Ok(())
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}

/// The formats of rows: what they ask to be kept, how a page tells of what happened, the row that it is, and the fields of that;
/// then others.
macro_rules! formats {
    ($keep:ident, $tell:ident, $row:ident, $fields:expr $(, $more:expr)*) => {
        &[
            $crate::views::RowFormat {
                name: "text",
                what: "Text for people",
                whole: false,
                sink: |out, options| {
                    let keep = options.$keep();
                    Box::new($crate::views::going_on::Page::new(out, options, keep, $tell))
                },
            },
            $crate::views::RowFormat {
                name: "ndjson",
                what: "A JSON object a line",
                whole: false,
                sink: |out, options| {
                    let keep = options.$keep();
                    let append = |line: &mut Vec<u8>, options: &_, id, happening: &_| {
                        if let Some(row) = $row(options, id, happening) {
                            $crate::views::json::write::value(line, row);
                            line.push(b'\n');
                        }
                    };
                    Box::new($crate::views::going_on::Lines::new(out, options, keep, Vec::new(), append))
                },
            },
            $crate::views::RowFormat {
                name: "csv",
                what: "CSV (RFC 4180) with a header",
                whole: false,
                sink: |out, options| {
                    let (keep, mut head) = (options.$keep(), Vec::new());
                    $crate::views::csv::header(&mut head, $fields);
                    let append = |line: &mut Vec<u8>, options: &_, id, happening: &_| {
                        if let Some(row) = $row(options, id, happening) {
                            $crate::views::csv::row(line, row);
                        }
                    };
                    Box::new($crate::views::going_on::Lines::new(out, options, keep, head, append))
                },
            },
            $($more),*
        ]
    };
}

pub(in crate::views) use formats;
