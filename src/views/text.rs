//! The report for people: the answer first, then the evidence. Readable at 80 columns, better at 120.

mod connection;
pub(super) mod layout;
mod overview;
mod tls;

use std::collections::BTreeMap;
use std::io::Write;

use crate::engine::{Keep, Sink};
use crate::error::Error;
use crate::knowledge::{Blame, CauseId};
use crate::model::{InputReport, Level, Outcome, RuleId};
use crate::redact::Sealed;
use crate::views::{Format, FrameList};
pub use layout::Style;

/// What `--format` offers.
pub const FORMAT: Format = Format {
    name: "text",
    what: "Text for people",
    sink: |out, options| {
        let report = TextReport::new(out, options.style, options.frames, options.selected);
        Box::new(report.one_by_one(options.tls))
    },
};

/// Connections shown in full; of more, the worst.
const DETAILED: usize = 10;
/// Connections that nobody can read and that are shown like others; of more, counts.
const VEILED: u64 = 3;
/// Rows of the overview before it becomes counts.
const LISTED: usize = 20;

/// Collects what the report needs, in memory that does not depend on the number of connections.
#[derive(Debug)]
pub struct TextReport<W> {
    out: W,
    style: Style,
    frames: FrameList,
    /// Whoever asked for single connections gets all of those in full.
    selected: bool,
    /// Those that nobody can read are shown like others.
    tls: bool,
    encrypted: overview::Encrypted,
    /// The first of them.
    veiled: Vec<Sealed>,
    connections: u64,
    outcomes: [u64; Outcome::ALL.len()],
    causes: BTreeMap<(CauseId, Option<Blame>), u64>,
    rules: BTreeMap<(Level, RuleId), u64>,
    rows: Vec<overview::Row>,
    details: Vec<Detail>,
}

/// A connection shown in full, as it is written: its frames may be very many.
#[derive(Debug)]
struct Detail {
    score: u32,
    row: overview::Row,
    text: String,
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
            tls: false,
            encrypted: overview::Encrypted::default(),
            veiled: Vec::new(),
            connections: 0,
            outcomes: [0; Outcome::ALL.len()],
            causes: BTreeMap::new(),
            rules: BTreeMap::new(),
            rows: Vec::new(),
            details: Vec::new(),
        }
    }

    /// Whether connections under TLS that cannot be read are shown like others, however many there are.
    #[must_use]
    pub fn one_by_one(self, tls: bool) -> Self {
        Self { tls, ..self }
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
        if let Some(at) = Outcome::ALL.iter().position(|o| *o == report.outcome()) {
            self.outcomes[at] += 1;
        }
        if let Some(cause) = report.cause() {
            *self.causes.entry(cause).or_default() += 1;
        }
        let mut rules: Vec<_> = report.rules().collect();
        rules.sort_unstable();
        rules.dedup();
        let score = score(report.outcome(), &rules);
        for rule in rules {
            *self.rules.entry(rule).or_default() += 1;
        }
        let is_listed = self.rows.len() <= LISTED;
        // Of equal ones the later goes, so that the first of a kind is shown.
        let mildest = self.details.iter().enumerate().min_by_key(|(i, d)| (d.score, usize::MAX - i));
        let given_up = match mildest {
            Some((at, mildest)) if self.details.len() >= DETAILED && !self.selected => {
                Some((at, score > mildest.score))
            }
            _ => None,
        };
        let is_kept = given_up.is_none_or(|(_, is_worse)| is_worse);
        if !is_listed && !is_kept {
            return;
        }
        let report = report.clone().open();
        if is_listed {
            self.rows.push(overview::Row::new(&report));
        }
        if is_kept {
            if let Some((at, _)) = given_up {
                self.details.remove(at);
            }
            let text = connection::render(&report, self.frames, &self.style);
            self.details.push(Detail { score, row: overview::Row::new(&report), text });
        }
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Those of `out`.
    pub(crate) fn finish(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.out.write_all(overview::inputs(inputs, &self.style).as_bytes())?;
        for veiled in std::mem::take(&mut self.veiled) {
            self.shown(&veiled);
        }
        self.rows.sort_by_key(|row| row.id);
        self.details.sort_by_key(|detail| detail.row.id);
        let is_summed_up = self.encrypted.connections > VEILED;
        if self.connections == 0 && is_summed_up {
            self.out.write_all(b"\nNo WebSocket connection that could be read.\n".as_slice())?;
        } else if self.connections == 0 {
            self.out.write_all(overview::nothing(inputs).as_bytes())?;
        } else if self.connections > LISTED as u64 && !self.selected {
            let outcomes = Outcome::ALL.into_iter().zip(self.outcomes);
            let counts = overview::counts(&self.causes, outcomes, &self.rules, &self.style);
            self.out.write_all(counts.as_bytes())?;
            let worst: Vec<_> = self.details.iter().map(|detail| &detail.row).collect();
            let title = format!("\nThe worst {} of {} connections\n", worst.len(), self.connections);
            self.out.write_all(title.as_bytes())?;
            self.out.write_all(overview::table(&worst, &self.style).as_bytes())?;
            self.out
                .write_all(b"Others: --connection ID for one in full, --format json for all.\n".as_slice())?;
        } else if self.connections > 1 {
            let rows: Vec<_> = self.rows.iter().collect();
            self.out.write_all(overview::table(&rows, &self.style).as_bytes())?;
            if self.connections > self.details.len() as u64 {
                let note = format!(
                    "In full below: the {} with most to say. Others: --connection ID, or --format json.\n",
                    self.details.len()
                );
                self.out.write_all(note.as_bytes())?;
            }
        }
        if is_summed_up {
            self.out.write_all(self.encrypted.table(&self.style).as_bytes())?;
        }
        for detail in &self.details {
            self.out.write_all(detail.text.as_bytes())?;
        }
        self.out.flush()?;
        Ok(())
    }
}

impl<W: Write> Sink for TextReport<W> {
    fn asks(&self) -> Keep {
        self.frames.keep(Keep { last: connection::TIMELINE, ..Keep::NOTHING })
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        self.connection(conversation);
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.finish(inputs)
    }
}

/// How much there is to explain: a larger number is shown first to be kept.
fn score(outcome: Outcome, rules: &[(Level, RuleId)]) -> u32 {
    let outcome = match outcome {
        Outcome::Reset => 50,
        Outcome::CloseCutShort | Outcome::CloseUnanswered | Outcome::NoCloseFrame => 40,
        Outcome::HandshakeFailed => 30,
        Outcome::NotObservable => 20,
        Outcome::Encrypted => 10,
        Outcome::Open | Outcome::CleanTcpReset => 5,
        Outcome::Clean => 0,
    };
    let findings: u32 = rules
        .iter()
        .map(|(level, _)| match level {
            Level::Must => 100,
            Level::Should => 10,
            Level::Note => 0,
        })
        .sum();
    outcome + findings
}
