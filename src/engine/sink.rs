//! What takes the results of an engine.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::recorder::{Happening, Keep};
use crate::error::Error;
use crate::model::{Conversation, ConversationId, InputReport, Journey};
use crate::redact::{Sealed, Shown};

/// The work on a conversation that needs to know no other, as any thread can do it: writes what
/// [`Sink::formed`] is to get.
pub type Form = Arc<dyn Fn(&Conversation<Shown>, &mut Pieces<'_>) + Send + Sync>;

/// What takes pieces.
pub(crate) type Give<'a> = dyn FnMut(&[u8]) + 'a;

/// What a form writes to. What it makes of a large conversation is given away by and by, and is never in memory as a
/// whole.
pub struct Pieces<'a> {
    /// What was written and not given away yet.
    pub(crate) bytes: &'a mut Vec<u8>,
    /// What takes it.
    pub(crate) give: Option<&'a mut Give<'a>>,
}

impl<'a> Pieces<'a> {
    /// So many bytes are worth giving away.
    pub(crate) const WORTH: usize = 64 << 10;

    /// All of it goes to the end of `bytes`.
    pub const fn whole(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, give: None }
    }

    /// To append to. What is there already is not to be looked at.
    pub const fn bytes(&mut self) -> &mut Vec<u8> {
        self.bytes
    }

    /// What was appended so far may be given away: it does not change any more.
    pub fn may_give(&mut self) {
        if self.bytes.len() > Self::WORTH
            && let Some(give) = &mut self.give
        {
            give(self.bytes);
            self.bytes.clear();
        }
    }
}

impl fmt::Debug for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pieces").field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Takes what an [`Engine`](crate::engine::Engine) finds: conversations in the order of their ids, happenings in the
/// order of the capture. All calls come from the thread that called [`Engine::run`](crate::engine::Engine::run). An
/// error of any of them ends the run.
///
/// A sink of one's own, which lists what was found and at which packet. Of what peers wrote a conversation shows what
/// [`Engine::redacting`](crate::engine::Engine::redacting) leaves, once it is [opened](Sealed::open); a sink that only
/// counts need not open it.
///
/// ```
/// use wslog::engine::{Engine, Sink};
/// use wslog::error::Error;
/// use wslog::limits::Limits;
/// use wslog::redact::Sealed;
///
/// #[derive(Default)]
/// struct Found(Vec<String>);
///
/// impl Sink for Found {
///     fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
///         let conversation = sealed.clone().open();
///         for finding in &conversation.findings {
///             let (rule, packet) = (finding.violation.rule(), finding.packet);
///             self.0.push(format!("#{} {rule} at packet {packet:?}", conversation.id));
///         }
///         Ok(())
///     }
/// }
///
/// let capture = concat!(env!("CARGO_MANIFEST_DIR"), "/samples/protocol-error-1002.pcapng");
/// let mut found = Found::default();
/// let summary = Engine::new(Limits::DEFAULT).sink(&mut found).run(&[capture])?;
/// assert_eq!(found.0, ["#1 FR-RSV at packet Some(PacketNo(7))"]);
/// assert_eq!((summary.inputs.len(), summary.failed), (1, 0));
/// # Ok::<(), Error>(())
/// ```
pub trait Sink {
    /// What it wants kept of the frames of each conversation, and whether it wants to hear of them as they come. What
    /// no sink asks for is not kept.
    fn asks(&self) -> Keep {
        Keep::NOTHING
    }

    /// Whether what it says goes to whoever runs this alone, and into no report: it hears of inputs by their own names, where
    /// [others stand for them](crate::engine::Engine::anonymizing) elsewhere.
    fn is_beside(&self) -> bool {
        false
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
    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
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

    /// What the form made of the next conversation: in their order, and before [`Self::end`]. Of a large one it comes in
    /// pieces, of which one `is_last`. Forms work while others are still read, so that later conversations, happenings and
    /// inputs may have been heard of already.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn formed(&mut self, piece: &[u8], is_last: bool) -> Result<(), Error> {
        let _ = (piece, is_last);
        Ok(())
    }

    /// The input at `index` of those in [`Self::end`] begins: `path` is as given, `kind` its format. Before any conversation
    /// of it; of what cannot be read it is heard too, where only its insides are at fault.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn begins(&mut self, index: usize, path: &str, kind: &'static str) -> Result<(), Error> {
        let _ = (index, path, kind);
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

    /// What was found in the directory `named` and left, each with the reason.
    fn skipped(&mut self, named: &Path, files: &[(PathBuf, &'static str)]) {
        let _ = (named, files);
    }

    /// What conversations have to do with one another, where a sink [asks](Keep::journeys): after the last conversation, and
    /// before [`Self::end`].
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        let _ = journeys;
        Ok(())
    }

    /// All has been said: what was read, in order, then what was not. Not called where no input could be read.
    ///
    /// # Errors
    /// If it cannot be passed on.
    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        let _ = inputs;
        Ok(())
    }

    /// What is to be told to whoever waits for the result and is no part of it, once all has been said.
    fn remarks(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A sink that only looks at conversations, from a function: [`each`].
#[derive(Clone, Copy, Debug)]
pub struct Each<F>(F);

/// Calls `look` with what may be seen of each conversation, in the order of their ids. What cannot fail and needs
/// nothing else of a run needs no [`Sink`] of its own.
pub const fn each<F: FnMut(&Conversation<Shown>)>(look: F) -> Each<F> {
    Each(look)
}

impl<F: FnMut(&Conversation<Shown>)> Sink for Each<F> {
    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        (self.0)(&conversation.clone().open());
        Ok(())
    }
}
