//! What became of the keys of TLS that a run had.

use crate::model::{KeyReport, KeyUse};
use crate::tls::{KeylogLines, Keys, Origin};

/// Secrets, besides those of key logs, of captures that are over, at the most: what was used of them is known when all is over.
const MAX_KEPT: usize = 1_000_000;

/// Keeps account of the keys of a run.
#[derive(Debug, Default)]
pub(super) struct Keyring {
    key_logs: usize,
    named: KeylogLines,
    inside: KeylogLines,
    /// Those of captures that had more than what was known before all of them.
    kept: Vec<Keys>,
    secrets: usize,
}

impl Keyring {
    pub(super) fn new(key_logs: usize) -> Self {
        Self { key_logs, ..Self::default() }
    }

    /// Counts lines of a key log.
    pub(super) fn named(&mut self, lines: KeylogLines) {
        self.named += lines;
    }

    /// Takes the keys of a capture that was read, which had all of `before`, and the lines of those that it brought along. Beyond
    /// [`MAX_KEPT`] their lines alone are counted.
    pub(super) fn capture(&mut self, keys: &Keys, before: &Keys, inside: KeylogLines) {
        self.inside += inside;
        let more = keys.len().saturating_sub(before.len());
        if more > 0 && self.secrets + more <= MAX_KEPT {
            self.secrets += more;
            self.kept.push(keys.clone());
        }
    }

    /// What became of them, once all has been read.
    pub(super) fn report(&self, before: &Keys) -> KeyReport {
        let used = |origin| Keys::used(self.kept.iter().chain([before]), origin);
        KeyReport {
            key_logs: self.key_logs,
            named: of(self.named, used(Origin::Keylog)),
            inside: of(self.inside, used(Origin::Dsb)),
        }
    }
}

/// What the lines were, of how many connections they are, and how many of those were seen.
const fn of(lines: KeylogLines, (connections, seen): (usize, usize)) -> KeyUse {
    let KeylogLines { keys, passed_over, malformed, over_cap } = lines;
    KeyUse { keys, passed_over, malformed, over_cap, connections, seen }
}
