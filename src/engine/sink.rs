//! What takes the results of an engine.

use std::sync::Arc;

use crate::engine::recorder::{Happening, Keep};
use crate::error::Error;
use crate::model::{Conversation, ConversationId, InputReport};
use crate::redact::{Sealed, Shown};

/// The work on a conversation that needs to know no other, as any thread can do it: appends what
/// [`Sink::formed`] is to get.
pub type Form = Arc<dyn Fn(&Conversation<Shown>, &mut Vec<u8>) + Send + Sync>;

/// Takes what an [`Engine`](crate::engine::Engine) finds: conversations in the order of their ids, happenings in the
/// order of the capture. All calls come from the thread that called [`Engine::run`](crate::engine::Engine::run). An
/// error of any of them ends the run.
pub trait Sink {
    /// What it wants kept of the frames of each conversation, and whether it wants to hear of them as they come. What
    /// no sink asks for is not kept.
    fn asks(&self) -> Keep {
        Keep::NOTHING
    }

    /// What makes bytes of a conversation, for [`Self::formed`]; asked for once.
    fn form(&self) -> Option<Form> {
        None
    }

    /// Something that happened on the conversation `id`, which may turn out to be none in the end: nothing more is
    /// heard of that one then.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn happening(&mut self, id: ConversationId, happening: &Happening<Shown>) -> Result<(), Error> {
        let _ = (id, happening);
        Ok(())
    }

    /// The next conversation, sealed: what a peer wrote is seen by opening a copy.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        let _ = conversation;
        Ok(())
    }

    /// What the form made of the next conversation.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn formed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        let _ = bytes;
        Ok(())
    }

    /// A capture, or a report, has been read: its files.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn read(&mut self, files: &[InputReport]) -> Result<(), Error> {
        let _ = files;
        Ok(())
    }

    /// An input could not be read; others go on.
    fn failed(&mut self, error: &Error) {
        let _ = error;
    }

    /// All has been said. Not called where no input could be read.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        let _ = inputs;
        Ok(())
    }
}
