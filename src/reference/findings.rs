//! Findings as they come, up to their cap.

use crate::model::{Certainty, Evidence, Finding, Level, Role, RuleId, Violation};

/// Findings up to their cap, at which notes give way to breaches.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) kept: Vec<Finding>,
    /// Of those kept.
    pub(super) notes: usize,
    pub(super) omitted: u64,
    pub(super) max: usize,
    /// What follows is another protocol: nothing is found in it.
    pub(super) muted: bool,
    /// Where frames begin, or what the handshake settled, is an assumption: nothing is proven any more.
    pub(super) assuming: bool,
    /// Of the event at hand, kept or not.
    pub(super) latest: Vec<(RuleId, Level)>,
}

/// Where in the recording a finding stands.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Place {
    pub(super) frame: Option<u64>,
    pub(super) evidence: Option<Evidence>,
}

impl Place {
    pub(super) const fn frame(n: u64, evidence: Evidence) -> Self {
        Self { frame: Some(n), evidence: Some(evidence) }
    }

    pub(super) const fn at(evidence: Option<Evidence>) -> Self {
        Self { frame: None, evidence }
    }
}

impl Findings {
    pub(super) fn add(&mut self, by: Option<Role>, violation: impl Into<Violation>, place: Place) {
        let violation = violation.into();
        let level = violation.level();
        self.add_as(by, violation, level, Certainty::Proven, place);
    }

    pub(super) fn add_as(
        &mut self,
        by: Option<Role>,
        violation: impl Into<Violation>,
        level: Level,
        certainty: Certainty,
        place: Place,
    ) {
        self.keep(by, violation.into(), level, certainty, place);
    }

    fn keep(
        &mut self,
        by: Option<Role>,
        violation: Violation,
        level: Level,
        certainty: Certainty,
        place: Place,
    ) {
        if self.muted {
            return;
        }
        let certainty = if self.assuming { certainty.min(Certainty::Likely) } else { certainty };
        self.latest.push((violation.rule(), level));
        if self.kept.len() >= self.max {
            self.omitted += 1;
            if level == Level::Note || !self.drop_note() {
                return;
            }
        }
        self.notes += usize::from(level == Level::Note);
        self.kept.push(Finding {
            violation,
            level,
            by,
            certainty,
            frame: place.frame,
            packet: place.evidence.and_then(|e| e.packet()),
            at: place.evidence.and_then(|e| e.at()),
        });
    }

    /// Makes room by the last note; false where none is kept.
    fn drop_note(&mut self) -> bool {
        let last = (self.notes > 0).then(|| self.kept.iter().rposition(|f| f.level == Level::Note)).flatten();
        if let Some(at) = last {
            self.kept.remove(at);
            self.notes -= 1;
        }
        last.is_some()
    }
}
