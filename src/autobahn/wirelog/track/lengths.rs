//! Length of octets whose row does not tell it.

use crate::autobahn::wirelog::track::{Reading, Track};
use crate::model::case::LoggedData;
use crate::websocket::{Decoded, Decoder, Ending};

impl Track<'_> {
    /// Length of octets that do not tell it, where nothing else is possible: by the size that is left for them, by
    /// what was to be sent, or by the frames that they end and the next octets that begin with another.
    pub(super) fn length(&self, data: &LoggedData, row: u32) -> Option<u64> {
        if matches!(self.reading, Reading::Rows { .. } | Reading::Nothing) {
            return None;
        }
        let shown = data.known.len() as u64;
        let told = if self.outline.is_sent { self.sent(data) } else { self.received(data, row) };
        told.filter(|len| *len >= shown && self.outline.sizes.allows(*len))
            .or_else(|| self.outline.sizes.only(shown))
    }

    /// A frame leaves whole, or in pieces of one size.
    fn sent(&self, data: &LoggedData) -> Option<u64> {
        let Reading::Octets(decoder) = &self.reading else { return None };
        let (chop, whole) = match decoder.ending() {
            Ending::InPayload { left } => (self.chop, left),
            Ending::Between => {
                let (n, frame) = self.outline.frame(self.paired).filter(|_| self.paired < self.come)?;
                if !self.outline.begins(data, n, frame) {
                    return None;
                }
                let header = self.outline.header(n, frame)?;
                (frame.chop_size, header.wire_len().checked_add(header.payload_len)?)
            }
            Ending::InHeader { .. } | Ending::Lost { .. } => return None,
        };
        // Without pieces a frame that has begun has left.
        if matches!(decoder.ending(), Ending::InPayload { .. }) && chop.is_none() {
            return None;
        }
        Some(chop.filter(|chop| *chop > 0).map_or(whole, |chop| chop.min(whole)))
    }

    /// Octets up to the end of the last frame that they end.
    fn received(&self, data: &LoggedData, row: u32) -> Option<u64> {
        let (start, begun, mut end) = self.probe(&data.known)?;
        let ended = self.outline.frames_ended(self.paired, row);
        let in_rows = ended.get(self.decoded.len().saturating_add(begun)..)?;
        for (n, frame) in in_rows {
            let header = self.outline.header(*n, frame)?;
            end = end.checked_add(header.wire_len())?.checked_add(header.payload_len)?;
        }
        let len = end.saturating_sub(start);
        let Some((_, next)) = self.outline.octets_behind(row) else { return Some(len) };
        let (n, frame) = self.outline.frame_within(self.paired.saturating_add(ended.len()), row)?;
        self.outline.begins(next, n, frame).then_some(len)
    }

    /// Where octets begin, how many frames begin in those that are shown, and where the last of them ends.
    fn probe(&self, known: &[u8]) -> Option<(u64, usize, u64)> {
        let (start, mut decoder, known) = match &self.reading {
            Reading::Octets(decoder) => (decoder.position(), decoder.clone(), known),
            Reading::Skip { until, fed } => {
                let left = usize::try_from(until.saturating_sub(*fed)).unwrap_or(usize::MAX);
                (*fed, Decoder::new(*until), known.get(left..).unwrap_or_default())
            }
            Reading::Await { .. } | Reading::Rows { .. } | Reading::Nothing => return None,
        };
        let mut begun: usize = 0;
        decoder.push(known, &mut |step| begun += usize::from(matches!(step, Decoded::Frame { .. })));
        let end = match decoder.ending() {
            Ending::Between => decoder.position(),
            Ending::InPayload { left } => decoder.position().checked_add(left)?,
            Ending::InHeader { offset, .. } => offset,
            Ending::Lost { .. } => return None,
        };
        Some((start, begun, end))
    }
}
