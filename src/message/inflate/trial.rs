//! Whether messages inflate that should not be compressed: permessage-deflate was offered, and not agreed.

use crate::limits::Limits;
use crate::message::inflate::Inflater;

/// Tries one sender's messages, within the caps on inflating, until one does not inflate.
#[derive(Debug, Default)]
pub(in crate::message) struct Trial {
    /// Made for the first message, about 110 KiB; given back with the first that does not inflate.
    inflater: Option<Box<Inflater>>,
    given_up: bool,
    /// A message is under way.
    is_open: bool,
    /// Something came out of it.
    gave: bool,
}

impl Trial {
    /// A message begins, whose sender may have kept its window.
    pub(in crate::message) fn start(&mut self) {
        if !self.given_up {
            self.inflater.get_or_insert_default().start(false);
            (self.is_open, self.gave) = (true, false);
        }
    }

    /// Its next bytes.
    pub(in crate::message) fn push(&mut self, bytes: &[u8], limits: &Limits) {
        if let (true, Some(inflater)) = (self.is_open, &mut self.inflater) {
            let gave = &mut self.gave;
            if inflater.push(bytes, limits, |chunk| *gave |= !chunk.is_empty()).is_err() {
                self.give_up();
            }
        }
    }

    /// Not all of it is there, or it is none.
    pub(in crate::message) fn give_up(&mut self) {
        *self = Self { given_up: true, ..Self::default() };
    }

    /// It is over: whether it inflated, to anything at all.
    pub(in crate::message) fn finish(&mut self) -> bool {
        if !std::mem::take(&mut self.is_open) {
            return false;
        }
        let inflates = self.gave && self.inflater.as_mut().is_some_and(|inflater| inflater.finish().is_ok());
        if !inflates {
            self.give_up();
        }
        inflates
    }
}
