//! The wish to end reading before the input ends.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::source::file::meter::Meter;

/// Shared by whoever asks, from any thread, and the sources that heed it: they then end, and what was read so far is
/// analysed as if there were no more.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    heeded: Arc<AtomicBool>,
    given_up: Arc<AtomicBool>,
    /// What sources that heed it have read.
    meter: Meter,
}

impl Stop {
    /// Nobody has asked yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The same, where sources that heed it count in `meter` what they read.
    #[must_use]
    pub fn metered(self, meter: &Meter) -> Self {
        Self { meter: meter.clone(), ..self }
    }

    /// The same wish, for one run of several: whether that one was given up is its own.
    #[must_use]
    pub(crate) fn for_run(&self) -> Self {
        Self { asked: Arc::clone(&self.asked), meter: self.meter.clone(), ..Self::default() }
    }

    /// The same wish, for one source of several: whether that one heeded it is its own.
    pub(crate) fn for_source(&self) -> Self {
        Self { heeded: Arc::default(), ..self.clone() }
    }

    /// Asks; `true` if somebody had before.
    pub fn ask(&self) -> bool {
        self.asked.swap(true, Ordering::Relaxed)
    }

    /// What asking sets, for where nothing else may be done: in the handler of a signal.
    #[must_use]
    pub fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.asked)
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::Relaxed) || self.is_given_up()
    }

    /// Nobody takes any more what would still be read.
    pub(crate) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    /// Whether nobody does.
    #[must_use]
    pub(crate) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }

    /// Says that so many bytes were read.
    pub(crate) fn count(&self, bytes: usize) {
        self.meter.add(bytes);
    }

    /// Says that the source ended because of it.
    pub fn heed(&self) {
        self.heeded.store(true, Ordering::Relaxed);
    }

    /// Whether the source ended because of it: one that came to its own end first is whole.
    #[must_use]
    pub fn is_heeded(&self) -> bool {
        self.heeded.load(Ordering::Relaxed)
    }
}

/// A source that ends as soon as it is asked to.
pub(super) struct Stoppable<R> {
    pub(super) source: R,
    pub(super) stop: Stop,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.stop.is_asked() {
            self.stop.heed();
            return Ok(0);
        }
        let read = self.source.read(out)?;
        self.stop.count(read);
        Ok(read)
    }
}
