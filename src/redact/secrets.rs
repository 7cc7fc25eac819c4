//! What is secret in a conversation, and what is left of a text without it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::redact::known::{Known, SHORTEST};
use crate::redact::looks::is_ordinary;
use crate::redact::search::{Place, search};
use crate::redact::{NESTING, numbered};

/// The secrets of one conversation. Equal ones have one number, by which they are known in a report.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    numbers: BTreeMap<String, u32>,
    known: Known,
}

/// What is hidden, and what is known of it.
type Hidden = (Range<usize>, Which);

/// Which secret it is.
#[derive(Debug)]
enum Which {
    /// By its number.
    Known(u32),
    /// By its value, if that is written otherwise.
    Found(Option<String>),
}

impl Secrets {
    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Looks for secrets in a text that stands at `place`.
    pub(super) fn learn(&mut self, place: Place<'_>, text: &str) {
        let found = search(place, text, NESTING);
        if found.spans.is_empty() {
            return;
        }
        let mut spans: Vec<_> = found.spans.into_iter().map(|span| (span.range, span.value)).collect();
        spans.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        let mut end = 0;
        for (range, value) in spans {
            // What is inside another is no secret of its own.
            if range.end <= end {
                continue;
            }
            end = range.end;
            let written = text.get(range).unwrap_or_default();
            let number = match value {
                Some(value) => {
                    let number = self.number(&value);
                    self.look_for(&value, number);
                    number
                }
                None => self.number(written),
            };
            self.look_for(written, number);
        }
        for inner in found.inner {
            let number = self.number(&inner);
            self.look_for(&inner, number);
        }
    }

    fn number(&mut self, secret: &str) -> u32 {
        if let Some(number) = self.numbers.get(secret) {
            return *number;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.numbers.insert(secret.to_owned(), number);
        number
    }

    /// Words would be found everywhere, and nobody could see them any more.
    fn look_for(&mut self, secret: &str, number: u32) {
        if secret.len() >= SHORTEST && !is_ordinary(secret) {
            self.known.insert(secret, number);
        }
    }

    /// To be called when all are known, before [`without`](Self::without).
    pub(super) fn ready(&mut self) {
        self.known.ready();
    }

    /// What is left of a text that stands at `place`; `None` where that is all of it.
    pub(super) fn without(&mut self, place: Place<'_>, text: &str) -> Option<String> {
        let mut hidden = self.known_in(text.as_bytes());
        for span in search(place, text, NESTING).spans {
            hidden.push((span.range, Which::Found(span.value)));
        }
        self.rest(text, hidden)
    }

    /// Whether a known secret is in a payload.
    pub(super) fn is_in(&self, payload: &[u8]) -> bool {
        !self.known_in(payload).is_empty()
    }

    fn known_in(&self, text: &[u8]) -> Vec<Hidden> {
        let mut found = Vec::new();
        self.known.find(text, &mut found);
        found.into_iter().map(|(range, number)| (range, Which::Known(number))).collect()
    }

    fn rest(&mut self, text: &str, mut hidden: Vec<Hidden>) -> Option<String> {
        if hidden.is_empty() {
            return None;
        }
        hidden.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        let mut merged: Vec<Hidden> = Vec::new();
        for (range, which) in hidden {
            match merged.last_mut() {
                Some((last, _)) if range.end <= last.end => {}
                Some((last, of)) if range.start < last.end => {
                    last.end = range.end;
                    *of = Which::Found(None);
                }
                _ => merged.push((range, which)),
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for (range, which) in merged {
            let number = match which {
                Which::Known(number) => number,
                Which::Found(Some(value)) => self.number(&value),
                Which::Found(None) => self.number(text.get(range.clone()).unwrap_or_default()),
            };
            // Secrets are text, and so is what they begin and end between.
            out.push_str(text.get(end..range.start).unwrap_or_default());
            out.push_str(&numbered(range.len(), number));
            end = range.end;
        }
        out.push_str(text.get(end..).unwrap_or_default());
        Some(out)
    }
}
