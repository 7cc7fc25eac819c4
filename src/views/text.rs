//! The report for people: the answer first, then the evidence. Readable at 80 columns, better at 120.

mod cases;
mod connection;
mod encrypted;
mod http2;
mod inputs;
mod journeys;
pub(super) mod layout;
mod live;
mod overview;
mod stories;
mod tls;

use std::cmp::Reverse;
use std::io::Write;

use crate::engine::{Keep, Sink};
use crate::error::Error;
use crate::knowledge::Tone;
use crate::model::{ConversationId, InputReport, Journey, Outcome};
use crate::redact::Sealed;
use crate::views::{Format, FrameList};
use connection::Told;
pub use layout::{NARROWEST, Style};
use stories::Seen;

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

/// Connections that have a row each and are shown in full; more are told as stories.
const LISTED: u64 = 10;
/// Of many, the worst in full.
const WORST: usize = 5;
/// Connections that nobody can read and that are shown like others; of more, counts.
const VEILED: u64 = 3;

/// Collects what the report needs, in memory that does not depend on the number of connections.
#[derive(Debug)]
pub struct TextReport<W> {
    out: W,
    style: Style,
    frames: FrameList,
    /// Whoever asked for single connections gets all of those in full.
    selected: bool,
    /// It gets some of all connections.
    some: bool,
    /// Payloads are shown as a whole.
    whole: bool,
    /// Those that nobody can read are shown like others.
    tls: bool,
    encrypted: encrypted::Encrypted,
    /// The first of them.
    veiled: Vec<Sealed>,
    connections: u64,
    stories: stories::Stories,
    cases: cases::Cases,
    /// How many of the connections are cases.
    reports: u64,
    rows: Vec<overview::Row>,
    details: Vec<Detail>,
    /// What connections have to do with one another, in words.
    journeys: String,
}

/// A connection shown in full, as it is written: its frames may be very many.
#[derive(Debug)]
struct Detail {
    id: ConversationId,
    tone: Tone,
    /// It stands for others among many.
    is_example: bool,
    told: Told,
}

impl<W: Write> TextReport<W> {
    /// A report to `out`; `selected` shows every connection given in full.
    #[must_use]
    pub fn new(out: W, style: Style, frames: FrameList, selected: bool) -> Self {
        Self {
            out,
            style,
            frames,
            selected,
            some: false,
            whole: false,
            tls: false,
            encrypted: encrypted::Encrypted::default(),
            veiled: Vec::new(),
            connections: 0,
            stories: stories::Stories::default(),
            cases: cases::Cases::default(),
            reports: 0,
            rows: Vec::new(),
            details: Vec::new(),
            journeys: String::new(),
        }
    }

    /// Whether connections under TLS that cannot be read are shown like others, however many there are.
    #[must_use]
    pub fn one_by_one(self, tls: bool) -> Self {
        Self { tls, ..self }
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

    /// Takes the next connection. What is not shown in the end is not looked through for secrets.
    pub(crate) fn connection(&mut self, report: &Sealed) {
        if report.outcome() != Outcome::Encrypted || self.selected || self.tls {
            return self.shown(report);
        }
        self.encrypted.add(&report.clone().open());
        if self.encrypted.connections <= VEILED {
            self.veiled.push(report.clone());
        } else {
            self.veiled.clear();
        }
    }

    /// Takes the next one that is told by itself.
    fn shown(&mut self, report: &Sealed) {
        self.connections += 1;
        let mut seen = Seen::new(report);
        let first = match report.case() {
            Some(case) => {
                self.reports += 1;
                self.cases.add(&case, &mut seen)
            }
            None => self.stories.add(&mut seen),
        };
        let tone = first.filter(|tone| *tone >= Tone::Odd);
        let is_listed = self.connections <= LISTED;
        if is_listed || self.selected && self.rows.len() < LISTED as usize {
            self.rows.push(overview::Row::new(seen.opened()));
        }
        if self.selected {
            self.keep(&mut seen, tone);
            return;
        }
        if self.connections == LISTED + 1 {
            self.details.retain(|detail| detail.is_example);
        }
        let is_worse =
            |tone: Tone| self.details.len() < WORST || self.details.iter().any(|detail| detail.tone < tone);
        if is_listed || tone.is_some_and(is_worse) {
            self.keep(&mut seen, tone);
        }
        while !is_listed && self.details.len() > WORST {
            // Of equal ones the later goes, so that the first of a kind is shown.
            let mildest = self.details.iter().enumerate().min_by_key(|(i, d)| (d.tone, Reverse(*i)));
            let Some(at) = mildest.map(|(at, _)| at) else { break };
            self.details.remove(at);
        }
    }

    /// Puts it into words, `tone` is that of an example.
    fn keep(&mut self, seen: &mut Seen<'_>, tone: Option<Tone>) {
        let report = seen.opened();
        let told = connection::tell(report, (self.frames, self.whole), &self.style);
        let of_row = self.rows.iter().rev().find(|row| row.id == report.id).map(|row| row.tone);
        let own = tone.or(of_row).unwrap_or(Tone::Unknown);
        self.details.push(Detail { id: report.id, tone: own, is_example: tone.is_some(), told });
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn finish(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        for veiled in std::mem::take(&mut self.veiled) {
            self.shown(&veiled);
        }
        let style = self.style;
        self.rows.sort_by_key(|row| row.id);
        self.details.sort_by_key(|detail| (Reverse(detail.tone), detail.id));
        let read = inputs::read(inputs, &style);
        let unread = inputs::unread(inputs, &style);
        let is_summed_up = self.encrypted.connections > VEILED;
        let journeys = std::mem::take(&mut self.journeys);
        if self.connections == 0 && self.some && !is_summed_up {
            // That there is none is said where it is known how many there were.
            self.write(&unread)?;
        } else if self.connections == 0 {
            self.write(&read)?;
            self.write(&unread)?;
            self.write(&if is_summed_up {
                "\nNo WebSocket connection that could be read.\n".to_owned()
            } else {
                inputs::nothing(inputs, &style)
            })?;
        } else if self.connections == 1 && !is_summed_up {
            if let Some(Detail { told, .. }) = self.details.pop() {
                self.write(&format!("{}\n{read}{unread}{}", told.answer, told.evidence))?;
            }
        } else if self.connections > LISTED && !self.selected {
            if self.connections > self.reports {
                self.write(&self.stories.totals(&style))?;
            }
            if self.reports > 0 {
                self.write(&self.cases.totals(&style))?;
            }
            self.write(&format!("{read}\n{journeys}"))?;
            if self.connections > self.reports {
                self.write(&self.stories.told(&style))?;
            }
            if self.reports > 0 {
                self.write(&self.cases.told(&style))?;
            }
            self.write(&unread)?;
        } else {
            let rows: Vec<_> = self.rows.iter().collect();
            let table = overview::table(&rows, inputs, &style);
            self.write(&table)?;
            let more = self.connections - self.rows.len() as u64;
            if more > 0 {
                self.write(&style.wrap(&format!("… and {more} more, in full below"), 2))?;
            }
            self.write(&format!("\n{read}{unread}"))?;
            if !journeys.is_empty() {
                self.write(&format!("\n{journeys}"))?;
            }
        }
        if is_summed_up {
            self.write(&self.encrypted.table(&style))?;
        }
        for Detail { told, .. } in std::mem::take(&mut self.details) {
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
        self.frames.keep(Keep { last: connection::TIMELINE, journeys: true, ..Keep::NOTHING })
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
