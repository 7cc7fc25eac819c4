//! The report for people: the answer first, then the evidence. Readable at 80 columns, better at 120.

mod connection;
pub(super) mod layout;
mod overview;

use std::collections::BTreeMap;
use std::io::Write;

use crate::error::Error;
use crate::model::{Conversation, InputReport, Level, Outcome, RuleId};
use crate::redact::{Sealed, Shown};
use crate::views::FrameList;
pub use layout::Style;

/// Connections shown in full; of more, the worst.
const DETAILED: usize = 10;
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
    connections: u64,
    outcomes: [u64; Outcome::ALL.len()],
    rules: BTreeMap<(Level, RuleId), u64>,
    rows: Vec<overview::Row>,
    details: Vec<Detail>,
}

/// A connection kept for the details.
#[derive(Debug)]
struct Detail {
    id: u64,
    score: u32,
    report: Kept,
}

/// Those that are not shown after all are not opened.
#[derive(Debug)]
enum Kept {
    Sealed(Sealed),
    Open(Box<Conversation<Shown>>),
}

impl<W: Write> TextReport<W> {
    /// A report to `out`; `selected` shows every connection given in full.
    pub const fn new(out: W, style: Style, frames: FrameList, selected: bool) -> Self {
        Self {
            out,
            style,
            frames,
            selected,
            connections: 0,
            outcomes: [0; Outcome::ALL.len()],
            rules: BTreeMap::new(),
            rows: Vec::new(),
            details: Vec::new(),
        }
    }

    /// Takes the next connection.
    pub fn connection(&mut self, id: u64, report: Sealed) {
        self.connections += 1;
        if let Some(at) = Outcome::ALL.iter().position(|o| *o == report.outcome()) {
            self.outcomes[at] += 1;
        }
        let mut rules: Vec<_> = report.rules().collect();
        rules.sort_unstable();
        rules.dedup();
        let score = score(report.outcome(), &rules);
        for rule in rules {
            *self.rules.entry(rule).or_default() += 1;
        }
        let report = if self.rows.len() <= LISTED {
            let report = report.open();
            self.rows.push(overview::Row::new(id, &report));
            Kept::Open(report)
        } else {
            Kept::Sealed(report)
        };
        self.details.push(Detail { id, score, report });
        if self.details.len() > DETAILED && !self.selected {
            // Of equal ones the later goes, so that the first of a kind is shown.
            let mildest = self.details.iter().enumerate().min_by_key(|(i, d)| (d.score, usize::MAX - i));
            if let Some((at, _)) = mildest {
                self.details.remove(at);
            }
        }
    }

    /// Writes the report.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self, inputs: &[InputReport]) -> Result<(), Error> {
        let details = std::mem::take(&mut self.details).into_iter().map(|detail| match detail.report {
            Kept::Sealed(report) => (detail.id, report.open()),
            Kept::Open(report) => (detail.id, report),
        });
        let details: Vec<_> = details.collect();
        self.out.write_all(overview::inputs(inputs, &self.style).as_bytes())?;
        if self.connections == 0 {
            self.out.write_all(overview::nothing(inputs).as_bytes())?;
        } else if self.connections > LISTED as u64 && !self.selected {
            let outcomes = Outcome::ALL.into_iter().zip(self.outcomes);
            let counts = overview::counts(self.connections, outcomes, &self.rules, &self.style);
            self.out.write_all(counts.as_bytes())?;
            let worst: Vec<_> = details.iter().map(|(id, report)| overview::Row::new(*id, report)).collect();
            let title = format!("\nThe worst {} of {} connections\n", worst.len(), self.connections);
            self.out.write_all(title.as_bytes())?;
            self.out.write_all(overview::table(&worst, &self.style).as_bytes())?;
            self.out
                .write_all(b"Others: --connection ID for one in full, --format json for all.\n".as_slice())?;
        } else if self.connections > 1 {
            self.out.write_all(overview::table(&self.rows, &self.style).as_bytes())?;
            if self.connections > details.len() as u64 {
                let note = format!(
                    "In full below: the {} with most to say. Others: --connection ID, or --format json.\n",
                    details.len()
                );
                self.out.write_all(note.as_bytes())?;
            }
        }
        for (id, report) in &details {
            let text = connection::render(*id, report, self.frames, &self.style);
            self.out.write_all(text.as_bytes())?;
        }
        self.out.flush()?;
        Ok(())
    }
}

/// How much there is to explain: a larger number is shown first to be kept.
fn score(outcome: Outcome, rules: &[(Level, RuleId)]) -> u32 {
    let outcome = match outcome {
        Outcome::Reset => 50,
        Outcome::CloseUnanswered | Outcome::NoCloseFrame => 40,
        Outcome::HandshakeFailed => 30,
        Outcome::NotObservable => 20,
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
