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

use crate::limits::Limits;
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
    /// The open message is inflated with an empty window, as its sender agreed: so long it keeps to that. What of it was read.
    alone: Option<Vec<u8>>,
    lost: Option<Loss>,
}

/// Compressed bytes that are kept of a message that is inflated alone.
const MAX_ALONE: usize = 64 << 10;

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
        let had_window = inflater.has_window() && lost.is_none();
        let is_limited = agreement.window_bits < WHOLE_WINDOW || !agreement.takeover && had_window;
        self.limit = is_limited.then_some(agreement);
        if is_limited && !agreement.takeover {
            inflater.start_alone(lost.is_some());
            self.alone.get_or_insert_default().clear();
        } else {
            inflater.start(lost.is_some());
            self.alone = None;
            if is_limited {
                self.scanner.get_or_insert_default().start();
            }
        }
        Ok(())
    }

    /// The window is lost; the first reason counts.
    pub(super) fn lose(&mut self, loss: Loss) {
        self.lost.get_or_insert(loss);
    }

    /// Whether the message that is open can still be inflated.
    pub(super) fn goes_on(&self) -> bool {
        self.lost.is_none() && self.inflater.is_some()
    }

    /// Whether it had a block with BFINAL=1 so far.
    pub(super) fn saw_final_block(&self) -> bool {
        self.goes_on() && self.inflater.as_ref().is_some_and(|inflater| inflater.saw_final_block())
    }

    /// Inflates the next bytes of the message and hands on what comes out. Nothing, once it can no longer be inflated.
    ///
    /// # Errors
    /// As [`Inflater::push`].
    pub(super) fn push(
        &mut self,
        bytes: &[u8],
        limits: &Limits,
        mut out: impl FnMut(&[u8]),
    ) -> Result<(), Stop> {
        let Self { inflater: Some(inflater), alone, limit, scanner, lost: None } = self else {
            return Ok(());
        };
        let Some(read) = alone else {
            inflater.push(bytes, limits, out)?;
            self.watch(bytes);
            return Ok(());
        };
        read.extend_from_slice(bytes);
        let bits = limit.map_or(WHOLE_WINDOW, |limit| limit.window_bits);
        match inflater.push(bytes, limits, &mut out) {
            Ok(()) if inflater.written() > 1 << bits || read.len() > MAX_ALONE => {
                // Behind so much no reference can reach before the message, and some may reach too far in it.
                if bits == WHOLE_WINDOW && inflater.written() > 1 << bits {
                    *limit = None;
                } else {
                    let scanner = scanner.get_or_insert_default();
                    scanner.start();
                    scanner.push(read);
                }
                *alone = None;
                Ok(())
            }
            Err(Stop::Failed { .. }) => {
                // Perhaps it refers to what came before it.
                let read = alone.take().unwrap_or_default();
                let mut given = inflater.again_with_window();
                inflater.push(&read, limits, |chunk| {
                    let known = usize::try_from(given).unwrap_or(usize::MAX).min(chunk.len());
                    given -= known as u64;
                    out(chunk.get(known..).unwrap_or_default());
                })?;
                let scanner = scanner.get_or_insert_default();
                scanner.start();
                scanner.push(&read);
                Ok(())
            }
            result => result,
        }
    }

    /// Reads the next bytes of the message, which the inflater has taken, for how far they refer back.
    fn watch(&mut self, bytes: &[u8]) {
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
        let Some(inflater) = self.inflater.as_deref_mut().filter(|_| self.lost.is_none()) else {
            return Ok(());
        };
        if inflater.finish()? {
            facts.push(Fact::DeflateTail);
        }
        let (Some(limit), Some(scanner), None) = (self.limit, &self.scanner, &self.alone) else {
            return Ok(());
        };
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

#[cfg(test)]
mod tests {
    use flate2::{Compress, Compression, FlushCompress};
    use proptest::prelude::*;

    use super::*;

    /// Messages of a sender that keeps its window, or does not, with a window of its own.
    fn sent(messages: &[Vec<u8>], keeps: bool, bits: u8) -> Vec<Vec<u8>> {
        let new = || Compress::new_with_window_bits(Compression::new(6), false, bits);
        let mut compress = new();
        let mut all = Vec::new();
        for message in messages {
            if !keeps {
                compress = new();
            }
            let mut wire = Vec::with_capacity(message.len() * 2 + 1_024);
            compress.compress_vec(message, &mut wire, FlushCompress::Sync).expect("compresses");
            wire.truncate(wire.len() - 4);
            all.push(wire);
        }
        all
    }

    /// What comes out of a message, and what is so about it.
    type Told = (Vec<u8>, Result<(), Stop>, Vec<Fact>);

    fn inflated(wire: &[Vec<u8>], agreement: Agreement, cut: usize) -> Vec<Told> {
        let mut context = Context::default();
        let limits = Limits::DEFAULT;
        let told = wire.iter().map(|wire| {
            let (mut out, mut facts) = (Vec::new(), Vec::new());
            assert_eq!(context.start(agreement), Ok(()));
            let pushed = wire
                .chunks(cut)
                .try_for_each(|piece| context.push(piece, &limits, |chunk| out.extend_from_slice(chunk)));
            let result = pushed.and_then(|()| context.finish(&mut facts));
            (out, result, facts)
        });
        told.collect()
    }

    /// The same by reading all symbols of each message, and inflating with all that came before.
    fn by_symbols(wire: &[Vec<u8>], sent: &[Vec<u8>], agreement: Agreement) -> Vec<Told> {
        let mut has_window = false;
        let told = wire.iter().zip(sent).map(|(wire, sent)| {
            let mut scanner = Scanner::default();
            scanner.start();
            scanner.push(wire);
            let reach = scanner.reach();
            let mut facts = Vec::new();
            if reach.back > 1 << agreement.window_bits {
                facts.push(Fact::BeyondWindow { distance: reach.back, bits: agreement.window_bits });
            }
            if reach.before_start > 0 && !agreement.takeover && has_window {
                facts.push(Fact::ContextKept { before: reach.before_start });
            }
            has_window |= !sent.is_empty();
            (sent.clone(), Ok(()), facts)
        });
        told.collect()
    }

    fn message() -> impl Strategy<Value = Vec<u8>> {
        prop_oneof![
            prop::collection::vec(0..4_u8, 0..600),
            // Longer than windows, with references of all lengths.
            (prop::collection::vec(any::<u8>(), 1..700), 1..60_usize).prop_map(|(part, n)| part.repeat(n)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        #[test]
        fn who_keeps_to_what_was_agreed_is_known_by_reading_every_symbol(
            messages in prop::collection::vec(message(), 1..6),
            keeps: bool,
            takeover: bool,
            own_bits in 9..=15_u8,
            window_bits in 9..=15_u8,
            cut in 1..3_000_usize,
        ) {
            let wire = sent(&messages, keeps, own_bits);
            let agreement = Agreement { takeover, window_bits };
            prop_assert_eq!(inflated(&wire, agreement, cut), by_symbols(&wire, &messages, agreement));
        }
    }
}
