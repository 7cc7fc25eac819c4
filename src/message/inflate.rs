//! permessage-deflate (RFC 7692 7.2.2): one sender's compressed messages, inflated as they come.

mod inflater;

pub(super) use inflater::{Inflater, Stop};

/// What one sender's compressed messages share under context takeover (RFC 7692 7.1.1): the LZ77 window.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// Made for the first compressed message, about 110 KiB; given back when the window is lost for good.
    inflater: Option<Box<Inflater>>,
    lost: Option<Loss>,
}

/// Why the window is no longer the sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// Compressed data is missing from the recording.
    Gap,
    /// The data was faulty, too much, or broken off by the sender.
    Fault,
    /// Either; said before.
    Told,
}

impl Context {
    /// A compressed message begins.
    ///
    /// # Errors
    /// Under takeover, why it cannot be inflated: the first message that is hit learns the cause, later ones
    /// [`Loss::Told`].
    pub(super) fn start(&mut self, takeover: bool) -> Result<(), Loss> {
        if takeover && let Some(loss) = self.lost {
            self.inflater = None;
            self.lost = Some(Loss::Told);
            return Err(loss);
        }
        self.lost = None;
        self.inflater.get_or_insert_default().start(takeover);
        Ok(())
    }

    /// The window is lost; the first reason counts.
    pub(super) fn lose(&mut self, loss: Loss) {
        self.lost.get_or_insert(loss);
    }

    /// The inflater of the message that is open; `None` once it can no longer be inflated.
    pub(super) fn inflater(&mut self) -> Option<&mut Inflater> {
        match self.lost {
            None => self.inflater.as_deref_mut(),
            Some(_) => None,
        }
    }
}
