//! Conversations while they go on: what was shown before cannot be taken back.

use std::sync::Arc;

use crate::limits::Limits;
use crate::model::{FrameRecord, MessageRecord, Opening};
use crate::redact::pass::{Begun, Pass};
use crate::redact::pseudonyms::{Names, Pseudonyms};
use crate::redact::secrets::Secrets;
use crate::redact::{Redaction, Shown};

/// What may be seen of a conversation that goes on: secrets of its opening, and those that were found so far, are hidden
/// wherever they stand from then on.
#[derive(Debug)]
pub struct Live {
    secrets: Secrets,
    redaction: Redaction,
    names: Option<Names>,
    found: Begun,
    hidden: Begun,
}

impl Live {
    /// Of one that begins like this.
    #[must_use]
    pub fn begin(
        opening: Opening,
        redaction: Redaction,
        pseudonyms: Option<Arc<Pseudonyms>>,
        limits: &Limits,
    ) -> (Self, Opening<Shown>) {
        let secrets = Secrets::new(limits.max_secret_nesting).at_most(limits.max_live_secrets);
        let names = pseudonyms.map(|pseudonyms| Names::new(pseudonyms, limits.max_secret_nesting));
        let mut live = Self { secrets, redaction, names, found: Begun::default(), hidden: Begun::default() };
        let mut opening = opening;
        if let Some(names) = &mut live.names {
            opening = Pass::meeting(names, &mut live.secrets).opening(opening);
            opening = Pass::renaming(names, &mut live.secrets).opening(opening);
        }
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
        let Self { secrets, redaction, names, found, hidden } = self;
        let mut frame = frame;
        if let Some(names) = names {
            frame = Pass::renaming(names, secrets).frame(frame);
        }
        if *redaction != Redaction::Nothing {
            frame = Pass::first(*redaction, secrets).going_on(found, |pass| pass.frame(frame));
            secrets.ready();
        }
        Pass::last(*redaction, secrets).going_on(hidden, |pass| pass.frame(frame))
    }

    /// What may be seen of a message, whose frames came before.
    pub fn message(&mut self, message: MessageRecord) -> MessageRecord<Shown> {
        let Self { secrets, redaction, names, .. } = self;
        let mut message = message;
        if let Some(names) = names {
            message = Pass::renaming(names, secrets).message(message);
        }
        if *redaction != Redaction::Nothing {
            message = Pass::first(*redaction, secrets).message(message);
            secrets.ready();
        }
        Pass::last(*redaction, secrets).message(message)
    }
}
