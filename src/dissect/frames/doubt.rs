//! Whether a frame begins where one is due: bytes that wait for those behind them.

use crate::dissect::frames::Track;
use crate::dissect::held::Held;
use crate::dissect::misread::{Reading, Scene, is_length_cut, is_odd};
use crate::dissect::seek::skip_to;
use crate::dissect::{Dissected, Item, Out};
use crate::model::Role;

/// Odd headers of a direction for which other readings of what is there are looked for.
const MAX_SEARCHES: u32 = 64;

/// Those for which more bytes are waited for.
pub(super) const MAX_DOUBTS: u32 = 16;

/// Bytes that wait for those behind them.
#[derive(Debug)]
pub(super) struct Doubt {
    /// Where the frame would begin.
    at: u64,
    held: Held,
    /// Items since, and how many of them there are to be when they are looked at again.
    items: u32,
    again: u32,
}

impl Doubt {
    /// Bytes of memory behind it.
    pub(super) fn memory(&self) -> usize {
        self.held.memory()
    }

    /// `item` is the first that waits.
    pub(super) fn new(at: u64, item: Item<'_>) -> Box<Self> {
        let mut held = Held::default();
        held.push(item);
        Box::new(Self { at, held, items: 1, again: 2 })
    }
}

impl Track {
    /// What stands at `boundary` in `rest`, the bytes of `starts` being the first of segments.
    pub(super) fn read(&mut self, rest: &[u8], boundary: usize, starts: &[usize], ended: bool) -> Reading {
        let deep = self.searches < MAX_SEARCHES;
        if !deep {
            let bytes = rest.get(boundary..).unwrap_or_default();
            return Scene { bytes, at: 0, segments: &[], masked: self.masked, ended }.read(false);
        }
        let before = self.open.as_ref().map_or_else(Vec::new, |open| open.bytes());
        let joined;
        let bytes = if before.is_empty() {
            rest
        } else {
            joined = [&before, rest].concat();
            &joined
        };
        let mut segments: Vec<usize> =
            self.open.iter().flat_map(|open| open.starts()).map(|(at, _)| at).collect();
        segments.push(before.len());
        segments.extend(starts.iter().map(|at| before.len() + at));
        segments.dedup();
        let at = before.len() + boundary;
        let reading = Scene { bytes, at, segments: &segments, masked: self.masked, ended }.read(true);
        self.searches += 1;
        reading
    }

    /// Takes what comes behind bytes in doubt. False where it is to be taken as ever, behind them.
    pub(super) fn clear_up<S: FnMut(Dissected<'_>)>(
        &mut self,
        mut doubt: Box<Doubt>,
        from: Role,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) -> bool {
        let is_data = matches!(item, Item::Data { .. });
        if is_data {
            doubt.held.push(item);
            doubt.items += 1;
        }
        let ended = !is_data || doubt.held.weight() > out.limits.max_resync_bytes;
        if doubt.items < doubt.again && !ended {
            self.doubt = Some(doubt);
            return true;
        }
        doubt.again = doubt.items.saturating_mul(2);
        let Some((Item::Data { offset, .. }, carrier)) = doubt.held.front().zip(doubt.held.carrier()) else {
            return is_data;
        };
        let boundary = usize::try_from(doubt.at.saturating_sub(offset)).unwrap_or(usize::MAX);
        let starts: Vec<usize> = doubt.held.starts().map(|(at, _)| at).collect();
        let bytes = doubt.held.bytes();
        let behind = bytes.get(boundary..).unwrap_or_default();
        let reading = if is_odd(behind, self.masked) {
            self.read(bytes, boundary, &starts, ended)
        } else if is_length_cut(behind) && !ended {
            Reading::Undecided
        } else {
            Reading::Frame
        };
        match reading {
            Reading::Undecided if !ended => {
                self.doubt = Some(doubt);
                return true;
            }
            // Looked at again where it stands, with all that is there.
            Reading::Frame | Reading::Undecided => self.trusted = Some(doubt.at),
            Reading::Lost(lost) => {
                let resume = self.lose(lost, from, offset, (bytes, boundary), carrier, out);
                skip_to(&mut doubt.held, resume.unwrap_or(doubt.at));
            }
        }
        while let Some(item) = doubt.held.front() {
            self.item(from, item, out);
            doubt.held.consume(usize::MAX);
        }
        if !is_data {
            self.item(from, item, out);
        }
        true
    }
}
