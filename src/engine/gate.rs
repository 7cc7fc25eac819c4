//! Whether anything was found that is to fail a build.

use crate::engine::sink::Sink;
use crate::error::Error;
use crate::model::{ConversationId, Level};
use crate::redact::Sealed;

/// Looks for findings of a level or above, and for connections that did not close cleanly.
#[derive(Clone, Copy, Debug)]
pub struct Gate {
    level: Level,
    judged: u64,
    unclean: u64,
    broke: u64,
    first: Option<ConversationId>,
}

impl Gate {
    /// A gate that nothing of this level may pass.
    #[must_use]
    pub const fn new(level: Level) -> Self {
        Self { level, judged: 0, unclean: 0, broke: 0, first: None }
    }

    /// Whether there was something.
    #[must_use]
    pub const fn found(&self) -> bool {
        self.first.is_some()
    }

    /// The first conversation that did not pass.
    #[must_use]
    pub const fn first(&self) -> Option<ConversationId> {
        self.first
    }

    /// Conversations that did not close cleanly.
    #[must_use]
    pub const fn unclean(&self) -> u64 {
        self.unclean
    }

    /// Conversations with a finding of the level or above.
    #[must_use]
    pub const fn broke(&self) -> u64 {
        self.broke
    }

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
        let broke = conversation.rules().any(|(level, _)| level >= self.level);
        self.unclean += u64::from(unclean);
        self.broke += u64::from(broke);
        if unclean || broke {
            self.first.get_or_insert(conversation.id());
        }
        Ok(())
    }
}
