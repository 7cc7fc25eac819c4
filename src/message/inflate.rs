//! permessage-deflate (RFC 7692 7.2.2): one sender's compressed messages, inflated as they come.
//!
//! Whatever was agreed, the decoder keeps 32 KiB from message to message, so that a message shows although its
//! sender kept to less; that it did not is told beside it.

mod inflater;
mod scanner;
mod trial;

pub(super) use inflater::{Inflater, Stop};
use scanner::Scanner;
pub(super) use trial::Trial;

use crate::model::Fact;

/// Base-2 logarithm of the window of DEFLATE, which nobody can exceed.
const WHOLE_WINDOW: u8 = 15;

/// What one sender agreed to (RFC 7692 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Agreement {
    /// It may keep its window from message to message.
    pub(super) takeover: bool,
    /// Base-2 logarithm of the window it may use.
    pub(super) window_bits: u8,
}

/// What one sender's compressed messages share: the LZ77 window.
#[derive(Debug, Default)]
pub(super) struct Context {
    /// Made for the first compressed message, about 110 KiB; given back when the window is lost for good.
    inflater: Option<Box<Inflater>>,
    /// Made for the first message in which a reference could reach too far.
    scanner: Option<Box<Scanner>>,
    /// Of the open message, where a reference could reach farther than that.
    limit: Option<Agreement>,
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
    pub(super) fn start(&mut self, agreement: Agreement) -> Result<(), Loss> {
        let lost = self.lost.take();
        if agreement.takeover
            && let Some(loss) = lost
        {
            self.inflater = None;
            self.lost = Some(Loss::Told);
            return Err(loss);
        }
        let inflater = self.inflater.get_or_insert_default();
        inflater.start(lost.is_some());
        let limited = agreement.window_bits < WHOLE_WINDOW || !agreement.takeover && inflater.has_window();
        self.limit = limited.then_some(agreement);
        if limited {
            self.scanner.get_or_insert_default().start();
        }
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

    /// Reads the next bytes of the message, which the inflater has taken, for how far they refer back.
    pub(super) fn watch(&mut self, bytes: &[u8]) {
        if let (Some(limit), Some(scanner)) = (self.limit, &mut self.scanner)
            && (limit.window_bits < WHOLE_WINDOW || scanner.position() < 1 << WHOLE_WINDOW)
        {
            scanner.push(bytes);
        }
    }

    /// The message is over: tells how it went beyond what was agreed.
    ///
    /// # Errors
    /// It does not inflate.
    pub(super) fn finish(&mut self, facts: &mut Vec<Fact>) -> Result<(), Stop> {
        let Some(inflater) = self.inflater() else { return Ok(()) };
        if inflater.finish()? {
            facts.push(Fact::DeflateTail);
        }
        let (Some(limit), Some(scanner)) = (self.limit, &self.scanner) else { return Ok(()) };
        let reach = scanner.reach();
        if reach.back > 1 << limit.window_bits {
            facts.push(Fact::BeyondWindow { distance: reach.back, bits: limit.window_bits });
        }
        if !limit.takeover && reach.before_start > 0 {
            facts.push(Fact::ContextKept { before: reach.before_start });
        }
        Ok(())
    }
}
