//! Conversations while they go on: what was shown before cannot be taken back.

use crate::limits::Limits;
use crate::model::{FrameRecord, MessageRecord, Opening};
use crate::redact::pass::{Begun, Pass};
use crate::redact::secrets::Secrets;
use crate::redact::{Redaction, Shown};

/// What may be seen of a conversation that goes on: secrets of its opening, and those that were found so far, are hidden
/// wherever they stand from then on.
#[derive(Debug)]
pub struct Live {
    secrets: Secrets,
    redaction: Redaction,
    found: Begun,
    hidden: Begun,
}

impl Live {
    /// Of one that begins like this.
    #[must_use]
    pub fn begin(opening: Opening, redaction: Redaction, limits: &Limits) -> (Self, Opening<Shown>) {
        let secrets = Secrets::new(limits.max_secret_nesting).at_most(limits.max_live_secrets);
        let mut live = Self { secrets, redaction, found: Begun::default(), hidden: Begun::default() };
        let opening = if redaction == Redaction::Nothing {
            opening
        } else {
            let opening = Pass::first(redaction, &mut live.secrets).opening(opening);
            live.secrets.ready();
            opening
        };
        let opening = Pass::last(redaction, &mut live.secrets).opening(opening);
        (live, opening)
    }

    /// What may be seen of its next frame.
    pub fn frame(&mut self, frame: FrameRecord) -> FrameRecord<Shown> {
        let Self { secrets, redaction, found, hidden } = self;
        let mut frame = frame;
        if *redaction != Redaction::Nothing {
            frame = Pass::first(*redaction, secrets).going_on(found, |pass| pass.frame(frame));
            secrets.ready();
        }
        Pass::last(*redaction, secrets).going_on(hidden, |pass| pass.frame(frame))
    }

    /// What may be seen of a message, whose frames came before.
    pub fn message(&mut self, message: MessageRecord) -> MessageRecord<Shown> {
        let Self { secrets, redaction, .. } = self;
        let mut message = message;
        if *redaction != Redaction::Nothing {
            message = Pass::first(*redaction, secrets).message(message);
            secrets.ready();
        }
        Pass::last(*redaction, secrets).message(message)
    }
}
