//! Sentences on times, where they explain the end.

use crate::knowledge::CauseId;
use crate::knowledge::rules::{ClHalfOpen, ClIdle};
use crate::model::{Conversation, Violation};
use crate::redact::Shown;
use crate::views::summary::{is_cause, the};
use crate::views::{units, wording};

/// What the silence before the end is consistent with, who had gone silent, and Pings without an answer.
pub(super) fn sentences(report: &Conversation<Shown>) -> Vec<String> {
    let of_finding = |finding: &crate::model::Finding<Shown>| {
        let role = finding.by?;
        match finding.violation {
            Violation::ClIdle(_) if is_cause(report, CauseId::IdleTimeout) => None,
            Violation::ClHalfOpen(_) if is_cause(report, CauseId::PeerUnreachable) => None,
            Violation::ClIdle(ClIdle { idle_ns, seconds }) => Some(format!(
                "That no frame came for {} before TCP ended is consistent with an idle timeout of {seconds} s, as used by \
                 {}; the recording does not show whether one of them was on the path.",
                units::duration(idle_ns),
                wording::timeouts(seconds)
            )),
            Violation::ClHalfOpen(ClHalfOpen { tries, for_ns, ping }) => {
                let ping = ping.map_or_else(String::new, |ping| {
                    format!(" The Ping in frame {ping} was neither acknowledged nor answered.")
                });
                Some(format!(
                    "{} had gone silent: the {} retransmitted {} within {} and got no acknowledgement.{ping}",
                    the(role),
                    role.peer().name(),
                    units::count(u64::from(tries), "time"),
                    units::duration(for_ns)
                ))
            }
            _ => None,
        }
    };
    report.findings.iter().filter_map(of_finding).collect()
}
