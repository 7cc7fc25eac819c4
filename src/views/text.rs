//! The report for people: the answer first, then the evidence. Readable at 80 columns, better at 120.

pub(super) mod cases;
pub(super) mod collected;
pub(super) mod connection;
pub(super) mod encrypted;
pub(super) mod inputs;
pub(super) mod journeys;
pub(super) mod layout;
mod live;
pub(super) mod overview;
pub(super) mod stories;

use std::io::Write;

use crate::engine::{Keep, Sink};
use crate::error::Error;
use crate::model::{InputReport, Journey};
use crate::redact::Sealed;
use crate::views::{Format, FrameList, events};
use collected::{Collected, Detail};
use connection::Told;
pub use layout::{NARROWEST, Style};

/// What `--format` offers.
pub const FORMAT: Format = Format {
    name: "text",
    what: "Text for people",
    sink: |out, options| {
        if options.as_they_end {
            return Box::new(live::Live::new(out, options));
        }
        let report = TextReport::new(out, options.style, options.frames, options.selected);
        Box::new(report.one_by_one(options.tls).of_some(options.some).whole(options.whole))
    },
};

/// Collects what the report needs, in memory that does not depend on the number of connections.
#[derive(Debug)]
pub struct TextReport<W> {
    out: W,
    style: Style,
    frames: FrameList,
    /// It gets some of all connections.
    some: bool,
    /// Payloads are shown as a whole.
    whole: bool,
    all: Collected<Told>,
    /// What connections have to do with one another, in words.
    journeys: String,
}

impl<W: Write> TextReport<W> {
    /// A report to `out`; `selected` shows every connection given in full.
    #[must_use]
    pub fn new(out: W, style: Style, frames: FrameList, selected: bool) -> Self {
        Self {
            out,
            style,
            frames,
            some: false,
            whole: false,
            all: Collected::new(selected),
            journeys: String::new(),
        }
    }

    /// Whether connections under TLS that cannot be read are shown like others, however many there are.
    #[must_use]
    pub fn one_by_one(self, tls: bool) -> Self {
        Self { all: self.all.one_by_one(tls), ..self }
    }

    /// Whether payloads are shown as a whole, as far as they were kept.
    #[must_use]
    pub fn whole(self, whole: bool) -> Self {
        Self { whole, ..self }
    }

    /// Whether it gets some of all connections.
    #[must_use]
    pub fn of_some(self, some: bool) -> Self {
        Self { some, ..self }
    }

    /// Takes the next connection.
    pub(crate) fn connection(&mut self, report: &Sealed) {
        let (listed, style) = ((self.frames, self.whole), self.style);
        self.all.add(report, &|report| connection::tell(report, listed, &style));
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn finish(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        let (listed, style) = ((self.frames, self.whole), self.style);
        let mut details = self.all.complete(&|report| connection::tell(report, listed, &style));
        let read = inputs::read(inputs, &style);
        let unread = inputs::unread(inputs, &style);
        let is_summed_up = self.all.is_summed_up();
        let journeys = std::mem::take(&mut self.journeys);
        if self.all.connections == 0 && self.some && !is_summed_up {
            // That there is none is said where it is known how many there were.
            self.write(&unread)?;
        } else if self.all.connections == 0 {
            self.write(&read)?;
            self.write(&unread)?;
            self.write(&if is_summed_up {
                "\nNo WebSocket connection that could be read.\n".to_owned()
            } else {
                format!("\n{}", style.wrap(&inputs::nothing(inputs), 0))
            })?;
        } else if self.all.connections == 1 && !is_summed_up {
            if let Some(Detail { told, .. }) = details.pop() {
                self.write(&format!("{}\n{read}{unread}{}", told.answer, told.evidence))?;
            }
        } else if self.all.are_many() {
            if self.all.connections > self.all.reports {
                self.write(&self.all.stories.totals(&style))?;
            }
            if self.all.reports > 0 {
                self.write(&self.all.cases.totals(&style))?;
            }
            self.write(&format!("{read}\n{journeys}"))?;
            if self.all.connections > self.all.reports {
                self.write(&self.all.stories.told(&style))?;
            }
            if self.all.reports > 0 {
                self.write(&self.all.cases.told(&style))?;
            }
            self.write(&unread)?;
        } else {
            let table = overview::table(&self.all.rows, inputs, &style);
            self.write(&table)?;
            let more = self.all.connections - self.all.rows.len() as u64;
            if more > 0 {
                self.write(&style.wrap(&format!("… and {more} more, in full below"), 2))?;
            }
            self.write(&format!("\n{read}{unread}"))?;
            if !journeys.is_empty() {
                self.write(&format!("\n{journeys}"))?;
            }
        }
        if is_summed_up {
            self.write(&self.all.encrypted.table(&style))?;
        }
        for Detail { told, .. } in details {
            self.write(&format!("\n{}{}", told.answer, told.evidence))?;
        }
        self.out.flush()?;
        Ok(())
    }

    fn write(&mut self, text: &str) -> Result<(), Error> {
        self.out.write_all(self.style.fit(text).as_bytes())?;
        Ok(())
    }
}

impl<W: Write> Sink for TextReport<W> {
    fn asks(&self) -> Keep {
        self.frames.keep(Keep { last: events::LAST, journeys: true, ..Keep::NOTHING })
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        self.connection(conversation);
        Ok(())
    }

    fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        self.journeys = journeys::told(journeys, &self.style);
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.finish(inputs)
    }
}
