//! The findings of a conversation, told: what each view says of one is put into words when it is first asked for, and
//! once, whatever else of the view asks for it.

use std::cell::OnceCell;

use crate::knowledge::words::Words;
use crate::model::{Conversation, Finding};
use crate::redact::Shown;

/// A finding and its words.
#[derive(Debug)]
pub(super) struct Worded<'a> {
    pub(super) finding: &'a Finding<Shown>,
    report: &'a Conversation<Shown>,
    words: OnceCell<Words>,
}

impl<'a> Worded<'a> {
    /// All of a conversation, in its order. Without findings it costs nothing.
    pub(super) fn all(report: &'a Conversation<Shown>) -> Vec<Self> {
        let told = |finding| Self { finding, report, words: OnceCell::new() };
        report.findings.iter().map(told).collect()
    }

    pub(super) fn words(&self) -> &Words {
        self.words.get_or_init(|| self.finding.violation.words(self.report))
    }

    /// The predicate of a sentence about it.
    pub(super) fn did(&self) -> &str {
        &self.words().did
    }
}
