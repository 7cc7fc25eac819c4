//! Finding where frames begin, in one direction, by frames that follow one another.
//!
//! Senders begin a segment with a frame far more often than not: so the starts of segments are tried first, as the
//! bytes come. Where these lead nowhere and it is known that there are frames, every byte that is kept is tried.

use std::collections::VecDeque;

use crate::dissect::Item;
use crate::dissect::held::Held;
use crate::websocket::{Chain, Segments, Ways, first};

/// What must speak for frames at the start of a segment, in bits: among the 45 segments of 64 KiB, 2^-18.
const ENOUGH: u32 = 24;

/// For those at the very first byte to be looked at, which need not be searched for.
const ENOUGH_AT_FIRST: u32 = 12;

/// For frames that begin anywhere in 64 KiB.
const ENOUGH_ANYWHERE: u32 = 40;

/// Items gone through to try starts, and scans of all that is kept, before no more are made.
const MAX_STEPS: u32 = 1 << 18;
const MAX_SCANS: u32 = 16;

/// Where a segment begins.
#[derive(Clone, Copy, Debug)]
struct Start {
    offset: u64,
    /// Items and bytes that were kept before it.
    before: (usize, usize),
}

/// One direction whose frames are looked for.
#[derive(Debug)]
pub(super) struct Seeker {
    /// Offset at which the next frame would begin, or before which none that can be read does.
    since: u64,
    /// Frames are expected at the first byte, so less has to speak for them there.
    expected: bool,
    held: Held,
    /// Of its frames; `None` while the roles are open.
    masked: Option<bool>,
    chain: Option<Chain>,
    /// How chains came over the bytes that are kept: where one came that led nowhere, no other is followed.
    ways: VecDeque<Ways>,
    /// Kept segments whose starts are still to be tried.
    starts: VecDeque<Start>,
    /// Items and bytes that were kept before those that are.
    gone: (usize, usize),
    tries: u32,
    steps: u32,
    scans: u32,
    /// Offset behind all that came.
    position: u64,
    ended: bool,
}

impl Seeker {
    /// Looks from the offset `position` on for frames that follow the last one, which ended at `since`.
    pub(super) fn new(since: u64, position: u64, masked: Option<bool>, expected: bool) -> Self {
        Self {
            since,
            expected,
            held: Held::default(),
            masked,
            chain: None,
            ways: VecDeque::new(),
            starts: VecDeque::new(),
            gone: (0, 0),
            tries: 0,
            steps: 0,
            scans: 0,
            position,
            ended: false,
        }
    }

    /// The role is known now, and that there are frames.
    pub(super) fn expect(&mut self, masked: bool) {
        self.masked = Some(masked);
        if self.chain.as_ref().is_some_and(|chain| chain.masked() == Some(!masked)) {
            self.chain = None;
        }
    }

    pub(super) const fn since(&self) -> u64 {
        self.since
    }

    pub(super) const fn chain(&self) -> Option<&Chain> {
        self.chain.as_ref()
    }

    pub(super) const fn tries(&self) -> u32 {
        self.tries
    }

    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Whether no byte has come.
    pub(super) const fn is_untouched(&self) -> bool {
        self.tries == 0
    }

    /// Bytes of memory behind it.
    pub(super) fn memory(&self) -> usize {
        self.held.memory() + self.starts.capacity() * size_of::<u64>()
    }

    pub(super) const fn held(&self) -> &Held {
        &self.held
    }

    /// Takes the next item.
    pub(super) fn push(&mut self, item: Item<'_>) {
        let fits = match item {
            Item::Data { offset, bytes, .. } => {
                self.position = offset.saturating_add(bytes.len() as u64);
                let ((items, from), gone) = (self.held.len(), self.gone);
                let before = (gone.0.saturating_add(items), gone.1.saturating_add(from));
                self.starts.push_back(Start { offset, before });
                let ways = &mut self.ways;
                self.chain.as_mut().is_some_and(|chain| {
                    chain.data_beside(offset, bytes, |at, way| is_new(ways, from.saturating_add(at), way))
                })
            }
            Item::Gap { offset, len, .. } => {
                self.position = offset.saturating_add(len);
                if self.expected && self.tries == 0 {
                    self.since = self.position;
                }
                self.chain.as_ref().is_some_and(|chain| chain.gap(offset, len))
            }
            Item::End { .. } => {
                self.ended = true;
                if let Some(chain) = &mut self.chain {
                    chain.end(self.position);
                }
                true
            }
        };
        self.held.push(item);
        if !fits {
            self.chain = None;
            self.try_starts();
        }
    }

    /// Tries the starts of kept segments until one fits all that came since.
    fn try_starts(&mut self) {
        while let Some(start) = self.starts.pop_front() {
            self.tries = self.tries.saturating_add(1);
            let mut chain = Chain::new(start.offset, self.masked);
            let before =
                (start.before.0.saturating_sub(self.gone.0), start.before.1.saturating_sub(self.gone.1));
            let (mut from, ways) = (before.1, &mut self.ways);
            let fits = self.held.iter_behind(before).all(|item| {
                self.steps = self.steps.saturating_add(1);
                match item {
                    Item::Data { offset, bytes, .. } => {
                        let here = from;
                        from += bytes.len();
                        chain.data_beside(offset, bytes, |at, way| is_new(ways, here.saturating_add(at), way))
                    }
                    Item::Gap { offset, len, .. } => chain.gap(offset, len),
                    Item::End { .. } => {
                        chain.end(self.position);
                        true
                    }
                }
            });
            if fits {
                self.chain = Some(chain);
                return;
            }
            if self.steps > MAX_STEPS {
                self.starts.clear();
            }
        }
    }

    /// Where frames begin, if enough speaks for it.
    pub(super) fn found(&self) -> Option<u64> {
        let chain = self.chain.as_ref()?;
        let enough = if self.expected && self.tries <= 1 { ENOUGH_AT_FIRST } else { ENOUGH };
        (chain.bits() >= enough).then_some(chain.start())
    }

    /// Whether frames begin in what another keeps.
    pub(super) fn finds(mut self, held: &Held) -> bool {
        held.iter().for_each(|item| self.push(item));
        self.found().is_some()
    }

    /// Tries every byte that is kept.
    pub(super) fn scan(&mut self) -> Option<u64> {
        self.scans = self.scans.saturating_add(1);
        if self.scans > MAX_SCANS {
            return None;
        }
        let mut starts = Vec::new();
        let mut at = 0;
        for item in self.held.iter() {
            let Item::Data { offset, bytes, .. } = item else { continue };
            if !bytes.is_empty() {
                starts.push((offset, at));
            }
            at += bytes.len();
        }
        let (position, ended) = (self.position, self.ended);
        let segments = Segments { bytes: self.held.bytes(), starts: &starts, position, ended };
        first(&segments, self.masked?, ENOUGH_ANYWHERE)
    }

    /// Forgets what is kept; a chain that is being followed is given up as well.
    pub(super) fn forget(&mut self) {
        (self.held, self.chain, self.starts) = (Held::default(), None, VecDeque::new());
        (self.ways, self.gone) = (VecDeque::new(), (0, 0));
    }

    /// Forgets what lies before the start that is being followed, all of it where there is none.
    pub(super) fn trim(&mut self) {
        match &self.chain {
            Some(chain) => {
                let before = self.held.len();
                skip_to(&mut self.held, chain.start());
                let left = self.held.len();
                let gone = (before.0.saturating_sub(left.0), before.1.saturating_sub(left.1));
                self.ways.drain(..gone.1.min(self.ways.len()));
                self.gone = (self.gone.0.saturating_add(gone.0), self.gone.1.saturating_add(gone.1));
            }
            None => self.forget(),
        }
    }

    /// What is kept from that offset on.
    pub(super) fn into_held(self, start: u64) -> Held {
        let mut held = self.held;
        skip_to(&mut held, start);
        held
    }
}

/// Drops what lies before that offset.
pub(super) fn skip_to(held: &mut Held, start: u64) {
    while let Some(item) = held.front() {
        let (from, len) = match item {
            Item::Data { offset, bytes, .. } => (offset, bytes.len() as u64),
            Item::Gap { offset, len, .. } => (offset, len),
            Item::End { .. } => return,
        };
        let before = start.saturating_sub(from).min(len);
        if before == 0 {
            return;
        }
        held.consume(usize::try_from(before).unwrap_or(usize::MAX));
    }
}

/// Notes a way over the kept byte at that index. False where it is known.
fn is_new(ways: &mut VecDeque<Ways>, at: usize, way: Ways) -> bool {
    if ways.len() <= at {
        ways.resize(at.saturating_add(1), Ways::default());
    }
    ways.get_mut(at).is_none_or(|ways| ways.add(way))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{Carrier, GapCause, PacketNo};

    /// The first segment that frames begin with which all that came fits.
    fn first_start(segments: &[(u64, Vec<u8>)], masked: Option<bool>) -> Option<u64> {
        segments.iter().enumerate().find_map(|(n, (start, _))| {
            let mut chain = Chain::new(*start, masked);
            let mut position = *start;
            let behind = segments.iter().skip(n);
            let fits = behind.into_iter().all(|(offset, bytes)| {
                let is_over = *offset == position || chain.gap(position, offset - position);
                position = offset + bytes.len() as u64;
                is_over && chain.data(*offset, bytes)
            });
            fits.then_some(*start)
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_first_start_that_fits_is_followed(
            segments in prop::collection::vec((
                prop::bool::weighted(0.05),
                prop::collection::vec(prop::sample::select(vec![0_u8, 1, 2, 3, 8, 0x80, 0x81, 0x82, 0x84, 0x89]), 1..12),
            ), 1..40),
            masked in prop::sample::select(vec![None, Some(true), Some(false)]),
            trimmed in any::<bool>(),
        ) {
            let carrier = Carrier { packet: PacketNo(1), at: None, acked: None };
            let mut seeker = Seeker::new(0, 0, masked, false);
            let (mut offset, mut came) = (0, Vec::new());
            for (is_gap, bytes) in segments {
                if is_gap {
                    seeker.push(Item::Gap { offset, len: 7, cause: GapCause::NotCaptured, carrier });
                    offset += 7;
                }
                seeker.push(Item::Data { offset, bytes: &bytes, carrier });
                came.push((offset, bytes));
                offset += came.last().map_or(0, |(_, bytes)| bytes.len() as u64);
                if trimmed {
                    seeker.trim();
                }
                prop_assert_eq!(seeker.chain.as_ref().map(Chain::start), first_start(&came, masked));
            }
        }
    }
}
