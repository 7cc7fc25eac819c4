//! An entry of `findings`.

use crate::model::{Conversation, Role};
use crate::redact::Shown;
use crate::views::json::place;
use crate::views::row::{Boolean, Displayed, Integer, OrAbsent, Text, Time, row};
use crate::views::worded::Worded;
use crate::views::wording;

row! {
    /// A clause broken, or a note.
    pub(super) struct Finding<'a>(r: &'a Conversation<Shown>, told: &'a Worded<'a>);

    let finding = told.finding;
    let (packet, packet_input) = place(r, finding.packet);
    let rule = finding.violation.rule().rule();
    let words = told.words();

    /// Name of the rule.
    rule: Text = rule.name,
    /// Its level here: `must`, `should` or `note`.
    level: Text = finding.level.name(),
    /// Who: `client`, `server` or `both`.
    by: Text = finding.by.map_or("both", Role::name),
    /// True if the tester of an Autobahn case did it: that is the test, and counts for nothing. Absent otherwise.
    is_test: OrAbsent<Boolean> = r.is_test(finding).then_some(true),
    /// How sure: `proven`, `likely` or `undetermined`.
    certainty: Text = finding.certainty.name(),
    /// Number of the frame that shows it.
    frame: Option<Integer> = finding.frame,
    /// Packet that shows it.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
    /// Time of that packet.
    at: Option<Time> = finding.at,
    /// Sections of the RFCs that the rule is based on.
    section: Text = Displayed(rule.section()),
    /// What they require here.
    expected: Text = &words.expected,
    /// What was observed instead.
    observed: Text = &words.observed,
    /// Both in a sentence.
    message: Text = Displayed(wording::Message { finding, did: &words.did }),
}
