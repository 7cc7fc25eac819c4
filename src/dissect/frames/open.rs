//! What came last of a payload that takes several segments.

use std::collections::VecDeque;

use crate::model::Carrier;

/// The last part of a payload.
#[derive(Debug)]
pub(super) struct Open {
    /// Its length, as the header has it.
    pub(super) len: u64,
    bytes: VecDeque<u8>,
    /// How many of the bytes came in which segment.
    segments: VecDeque<(usize, Carrier)>,
}

impl Open {
    pub(super) const fn new(len: u64) -> Self {
        Self { len, bytes: VecDeque::new(), segments: VecDeque::new() }
    }

    /// Keeps so many bytes at most, a segment counting for one more.
    pub(super) fn push(&mut self, bytes: &[u8], carrier: Carrier, max: usize) {
        let room = max.saturating_sub(bytes.len().saturating_add(1));
        while self.bytes.len().saturating_add(self.segments.len()) > room
            && let Some((len, _)) = self.segments.pop_front()
        {
            self.bytes.drain(..len.min(self.bytes.len()));
        }
        if bytes.len() < max {
            self.bytes.extend(bytes);
            self.segments.push_back((bytes.len(), carrier));
        }
    }

    /// Bytes of memory behind it.
    #[inline]
    pub(super) fn memory(&self) -> usize {
        self.bytes.capacity() + self.segments.capacity() * size_of::<(usize, Carrier)>()
    }

    /// What brought the first of them.
    pub(super) fn carrier(&self) -> Option<Carrier> {
        self.segments.front().map(|(_, carrier)| *carrier)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        self.bytes.iter().copied().collect()
    }

    /// Index among the bytes at which each segment begins, and the segment.
    pub(super) fn starts(&self) -> impl Iterator<Item = (usize, Carrier)> {
        self.segments.iter().scan(0, |at, (len, carrier)| {
            let start = *at;
            *at += len;
            Some((start, *carrier))
        })
    }
}
