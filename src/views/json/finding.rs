//! An entry of `findings`.

use serde::Serialize;

use crate::model::{Conversation, Finding, Role};
use crate::redact::Shown;
use crate::views::json::{place, time};
use crate::views::wording;

#[derive(Serialize)]
pub(super) struct FindingEntry<'a> {
    rule: &'a str,
    level: &'a str,
    by: &'a str,
    certainty: &'a str,
    frame: Option<u64>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
    at: Option<String>,
    section: &'a str,
    expected: String,
    observed: String,
    message: String,
}

impl FindingEntry<'_> {
    pub(super) fn new(r: &Conversation<Shown>, f: &Finding<Shown>) -> Self {
        let (packet, packet_input) = place(r, f.packet);
        let rule = f.violation.rule().rule();
        let words = wording::violation(r, &f.violation);
        Self {
            rule: rule.name,
            level: f.level.name(),
            by: f.by.map_or("both", Role::name),
            certainty: f.certainty.name(),
            frame: f.frame,
            packet,
            packet_input,
            at: time(f.at),
            section: rule.section,
            message: wording::message(r, f),
            expected: words.expected,
            observed: words.observed,
        }
    }
}
