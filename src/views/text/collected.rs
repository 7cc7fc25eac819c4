//! What a report for people keeps of connections, in memory that does not depend on how many there are.

use std::cmp::Reverse;

use crate::knowledge::Tone;
use crate::model::{Conversation, ConversationId, Outcome};
use crate::redact::{Sealed, Shown};
use crate::views::text::cases::Cases;
use crate::views::text::encrypted::Encrypted;
use crate::views::text::overview::Row;
use crate::views::text::stories::{Seen, Stories};

/// Connections that have a row each and are shown in full; more are told as stories.
pub(in crate::views) const LISTED: u64 = 10;
/// Of many, the worst in full.
const WORST: usize = 5;
/// Connections that nobody can read and that are shown like others; of more, counts.
const VEILED: u64 = 3;

/// All connections, `T` is one in full.
#[derive(Debug)]
pub(in crate::views) struct Collected<T> {
    /// Whoever asked for single connections gets all of those in full.
    selected: bool,
    /// Those that nobody can read are shown like others.
    tls: bool,
    /// What a peer's last message said may be quoted.
    quotes: bool,
    pub(in crate::views) encrypted: Encrypted,
    /// The first of them.
    veiled: Vec<Sealed>,
    /// Those that are told by themselves.
    pub(in crate::views) connections: u64,
    pub(in crate::views) stories: Stories,
    pub(in crate::views) cases: Cases,
    /// How many of the connections are cases.
    pub(in crate::views) reports: u64,
    pub(in crate::views) rows: Vec<Row>,
    details: Vec<Detail<T>>,
}

/// A connection shown in full, as it is written: its frames may be very many.
#[derive(Debug)]
pub(in crate::views) struct Detail<T> {
    pub(in crate::views) id: ConversationId,
    pub(in crate::views) tone: Tone,
    /// It stands for others among many.
    is_example: bool,
    pub(in crate::views) told: T,
}

/// Puts a connection into words.
pub(in crate::views) type Tell<'t, T> = dyn Fn(&Conversation<Shown>) -> T + 't;

impl<T> Collected<T> {
    pub(in crate::views) fn new(selected: bool) -> Self {
        Self {
            selected,
            tls: false,
            quotes: true,
            encrypted: Encrypted::default(),
            veiled: Vec::new(),
            connections: 0,
            stories: Stories::default(),
            cases: Cases::default(),
            reports: 0,
            rows: Vec::new(),
            details: Vec::new(),
        }
    }

    /// Whether those that nobody can read are shown like others, however many there are.
    pub(in crate::views) fn one_by_one(self, tls: bool) -> Self {
        Self { tls, ..self }
    }

    /// Whether what a peer's last message said may be quoted.
    pub(in crate::views) fn quoting(self, quotes: bool) -> Self {
        Self { quotes, ..self }
    }

    /// Takes the next connection. What is not shown in the end is not looked through for secrets.
    pub(in crate::views) fn add(&mut self, report: &Sealed, tell: &Tell<'_, T>) {
        if report.outcome() != Outcome::Encrypted || self.selected || self.tls {
            return self.shown(report, tell);
        }
        self.encrypted.add(&report.clone().open());
        if self.encrypted.connections <= VEILED {
            self.veiled.push(report.clone());
        } else {
            self.veiled.clear();
        }
    }

    /// Takes the next one that is told by itself.
    fn shown(&mut self, report: &Sealed, tell: &Tell<'_, T>) {
        self.connections += 1;
        let mut seen = Seen::new(report).quoting(self.quotes);
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
            self.rows.push(Row::new(seen.opened()));
        }
        if self.selected {
            self.keep(&mut seen, tone, tell);
            return;
        }
        if self.connections == LISTED + 1 {
            self.details.retain(|detail| detail.is_example);
        }
        let is_worse =
            |tone: Tone| self.details.len() < WORST || self.details.iter().any(|detail| detail.tone < tone);
        if is_listed || tone.is_some_and(is_worse) {
            self.keep(&mut seen, tone, tell);
        }
        while !is_listed && self.details.len() > WORST {
            // Of equal ones the later goes, so that the first of a kind is shown.
            let mildest = self.details.iter().enumerate().min_by_key(|(i, d)| (d.tone, Reverse(*i)));
            let Some(at) = mildest.map(|(at, _)| at) else { break };
            self.details.remove(at);
        }
    }

    /// Puts it into words, `tone` is that of an example.
    fn keep(&mut self, seen: &mut Seen<'_>, tone: Option<Tone>, tell: &Tell<'_, T>) {
        let report = seen.opened();
        let told = tell(report);
        let of_row = self.rows.iter().rev().find(|row| row.id == report.id).map(|row| row.tone);
        let own = tone.or(of_row).unwrap_or(Tone::Unknown);
        self.details.push(Detail { id: report.id, tone: own, is_example: tone.is_some(), told });
    }

    /// All have come: rows by number, and those in full, the worst first.
    pub(in crate::views) fn complete(&mut self, tell: &Tell<'_, T>) -> Vec<Detail<T>> {
        for veiled in std::mem::take(&mut self.veiled) {
            self.shown(&veiled, tell);
        }
        self.rows.sort_by_key(|row| row.id);
        let mut details = std::mem::take(&mut self.details);
        details.sort_by_key(|detail| (Reverse(detail.tone), detail.id));
        details
    }

    /// Whether those that nobody can read are only counted.
    pub(in crate::views) const fn is_summed_up(&self) -> bool {
        self.encrypted.connections > VEILED
    }

    /// Whether they are too many for a row each.
    pub(in crate::views) const fn are_many(&self) -> bool {
        self.connections > LISTED && !self.selected
    }
}
