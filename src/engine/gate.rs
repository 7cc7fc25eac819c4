//! Whether anything was found that is to fail a build.

use crate::engine::sink::Sink;
use crate::error::Error;
use crate::model::{Certainty, Level};
use crate::redact::Sealed;

/// Looks for findings of a level or above, and for connections that did not close cleanly.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    level: Level,
    found: bool,
    judged: u64,
}

impl Gate {
    /// A gate that nothing of this level may pass.
    #[must_use]
    pub const fn new(level: Level) -> Self {
        Self { level, found: false, judged: 0 }
    }

    /// Whether there was something.
    #[must_use]
    pub const fn found(&self) -> bool {
        self.found
    }
}

impl Gate {
    /// Conversations that came before it and can be judged: a gate that has seen none has found out nothing.
    #[must_use]
    pub const fn judged(&self) -> u64 {
        self.judged
    }
}

impl Sink for Gate {
    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        let outcome = conversation.outcome();
        self.judged += u64::from(outcome.is_judged());
        let unclean = outcome.is_unclean();
        // What may as well be nobody's fault is shown, and fails nothing.
        let counts = |(level, certainty)| level >= self.level && certainty > Certainty::Undetermined;
        self.found |= unclean || conversation.weights().any(counts);
        Ok(())
    }
}
