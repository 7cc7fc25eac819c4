//! What lies behind a hole: pieces by position.

use std::collections::BTreeMap;

use crate::model::Carrier;

/// Packets of the connection after which an acknowledged hole is lost: far more than captures reorder by.
pub(super) const PATIENCE: u32 = 64;

/// Pieces, disjoint and none of them empty.
///
/// A time here is a count of the connection's packets, wrapping.
#[derive(Debug)]
pub(super) struct Waiting {
    pieces: BTreeMap<u64, Piece>,
    /// Bytes stored in `pieces`.
    bytes: usize,
    /// A position acknowledged at least [`PATIENCE`] packets ago.
    acked_long_ago: u64,
    /// The position acknowledged at `acked_at`, soon to become the above.
    acked: u64,
    acked_at: u32,
}

#[derive(Debug)]
pub(super) struct Piece {
    pub(super) content: Content,
    pub(super) carrier: Carrier,
    /// Time of its arrival.
    pub(super) arrived: u32,
}

#[derive(Debug)]
pub(super) enum Content {
    Bytes(Box<[u8]>),
    /// So many bytes cut off by the snap length; another copy may still bring them.
    Cut(u64),
}

/// What there is at a position.
pub(super) enum Spot {
    /// Nothing up to `end`.
    Free { end: u64 },
    /// Part of the piece at `start`, which ends at `end`.
    Bytes { start: u64, end: u64 },
    /// The same, for cut-off bytes.
    Cut { start: u64, end: u64 },
}

impl Waiting {
    pub(super) fn new(now: u32) -> Self {
        Self { pieces: BTreeMap::new(), bytes: 0, acked_long_ago: 0, acked: 0, acked_at: now }
    }

    /// Pieces, and bytes stored in them.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.pieces.len(), self.bytes)
    }

    /// About how many bytes of memory they take.
    pub(super) fn weight(&self) -> usize {
        self.pieces.len() * 2 * size_of::<(u64, Piece)>() + self.bytes
    }

    /// Where the first piece begins; `None` where there is none.
    pub(super) fn start(&self) -> Option<u64> {
        self.pieces.first_key_value().map(|(start, _)| *start)
    }

    /// Where the last piece ends.
    pub(super) fn end(&self) -> Option<u64> {
        self.pieces.last_key_value().map(|(start, piece)| start + piece.content.len())
    }

    pub(super) fn spot(&self, at: u64) -> Spot {
        if let Some((&start, piece)) = self.pieces.range(..=at).next_back() {
            let end = start + piece.content.len();
            match piece.content {
                _ if end <= at => {}
                Content::Bytes(_) => return Spot::Bytes { start, end },
                Content::Cut(_) => return Spot::Cut { start, end },
            }
        }
        Spot::Free { end: self.pieces.range(at..).next().map_or(u64::MAX, |(start, _)| *start) }
    }

    /// The bytes from `at` on of the piece at `start`.
    pub(super) fn bytes_at(&self, start: u64, at: u64) -> &[u8] {
        match self.pieces.get(&start) {
            Some(Piece { content: Content::Bytes(bytes), .. }) => {
                bytes.get(index(at - start)..).unwrap_or_default()
            }
            _ => &[],
        }
    }

    /// Adds a piece where it is free.
    pub(super) fn insert(&mut self, at: u64, piece: Piece) {
        self.bytes += piece.content.stored();
        self.pieces.insert(at, piece);
    }

    /// Takes the first piece if it begins at `at`.
    pub(super) fn take(&mut self, at: u64) -> Option<Piece> {
        let entry = self.pieces.first_entry().filter(|entry| *entry.key() == at)?;
        let piece = entry.remove();
        self.bytes -= piece.content.stored();
        Some(piece)
    }

    /// Makes `from..to` free in the cut-off piece `start..end`.
    pub(super) fn uncover(&mut self, start: u64, from: u64, to: u64, end: u64) {
        let Some(Piece { carrier, arrived, .. }) = self.pieces.remove(&start) else { return };
        for (start, end) in [(start, from), (to, end)] {
            if start < end {
                self.insert(start, Piece { content: Content::Cut(end - start), carrier, arrived });
            }
        }
    }

    /// Drops what lies before `origin`; returns how many bytes.
    pub(super) fn drop_before(&mut self, origin: u64) -> u64 {
        let mut dropped = 0;
        while let Some(start) = self.start().filter(|start| *start < origin)
            && let Some(piece) = self.take(start)
        {
            let before = piece.content.len().min(origin - start);
            let content = match piece.content {
                Content::Cut(len) => Content::Cut(len - before),
                Content::Bytes(bytes) => {
                    dropped += before;
                    Content::Bytes(bytes.get(index(before)..).unwrap_or_default().into())
                }
            };
            if content.len() > 0 {
                self.insert(origin, Piece { content, ..piece });
            }
        }
        dropped
    }

    /// Up to where the hole between `next` and the first piece is lost: acknowledged (`acked` is the position up to
    /// which everything is, now) and waited for long enough.
    pub(super) fn lost_up_to(&mut self, next: u64, acked: u64, now: u32) -> Option<u64> {
        if now.wrapping_sub(self.acked_at) >= PATIENCE {
            self.acked_long_ago = self.acked;
            self.acked = acked;
            self.acked_at = now;
        }
        let (&start, piece) = self.pieces.first_key_value()?;
        let lost = self.acked_long_ago > next && now.wrapping_sub(piece.arrived) >= PATIENCE;
        lost.then(|| self.acked_long_ago.min(start))
    }
}

impl Content {
    pub(super) fn len(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Cut(len) => *len,
        }
    }

    fn stored(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len(),
            Self::Cut(_) => 0,
        }
    }
}

/// A distance as an index: past the end of every slice where it does not fit.
pub(super) fn index(distance: u64) -> usize {
    usize::try_from(distance).unwrap_or(usize::MAX)
}
