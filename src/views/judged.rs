//! Who owed what and what came of it, and what was found, in cells of a table.

use crate::knowledge::Clauses;
use crate::model::{Conversation, Finding, Level, Step, StepVerdict};
use crate::redact::Shown;
use crate::views::worded::Worded;
use crate::views::wording;

/// Who owed it, what, by which clauses, what was seen and what that comes to.
pub(super) fn step(step: &Step) -> [String; 5] {
    let verdict = match step.verdict {
        StepVerdict::NotApplicable => "not due",
        verdict => verdict.name(),
    };
    [
        step.owed_by.name().to_owned(),
        wording::owed(step),
        format!("{:#}", Clauses(&wording::clauses(step))),
        wording::seen(step),
        verdict.to_owned(),
    ]
}

/// Findings of one rule by one side.
pub(super) struct Found<'a> {
    /// The first of them.
    pub(super) finding: &'a Finding<Shown>,
    /// Who did what, and how often.
    pub(super) did: String,
    /// Frame and packet of the first.
    pub(super) place: String,
    pub(super) section: String,
}

/// The weightiest first.
pub(super) fn findings<'a>(report: &'a Conversation<Shown>, told: &[Worded<'a>]) -> Vec<Found<'a>> {
    let of = |(told, count): (&Worded<'a>, usize)| {
        let finding = told.finding;
        let place = match (finding.frame, finding.packet) {
            (Some(frame), Some(packet)) => format!("frame {frame}, {}", wording::packet(report, packet)),
            (Some(frame), None) => format!("frame {frame}"),
            (None, Some(packet)) => wording::packet(report, packet),
            (None, None) => String::new(),
        };
        let times = if count > 1 { format!(" ×{count}, first here") } else { String::new() };
        let on_purpose =
            if report.is_test(finding) && finding.level > Level::Note { " (on purpose)" } else { "" };
        let did = format!("{} {}{on_purpose}{times}", wording::subject(finding.by), told.did());
        let section = format!("{:#}", finding.violation.rule().rule().section());
        Found { finding, did, place, section }
    };
    grouped(told).into_iter().map(of).collect()
}

/// Findings of one rule by one side with their number; weightiest first.
fn grouped<'t, 'a>(told: &'t [Worded<'a>]) -> Vec<(&'t Worded<'a>, usize)> {
    let mut groups: Vec<(&Worded<'_>, usize)> = Vec::new();
    let kind = |told: &Worded<'_>| (told.finding.violation.rule(), told.finding.by, told.finding.level);
    for one in told {
        match groups.iter_mut().find(|(known, _)| kind(known) == kind(one)) {
            Some((_, count)) => *count += 1,
            None => groups.push((one, 1)),
        }
    }
    groups.sort_by_key(|(told, _)| std::cmp::Reverse(told.finding.level));
    groups
}
