//! The bytes between a source and a parser.

use std::io::{self, ErrorKind, Read};

/// Fits the second-level cache, which makes the copy out of the page cache cheaper; a memory map was slower.
const INITIAL_BYTES: usize = 256 << 10;

/// A window over a source: `bytes[start..end]` has been read and not yet taken.
pub(super) struct Buffer<R> {
    source: R,
    bytes: Vec<u8>,
    /// `start <= end`.
    start: usize,
    /// `end <= bytes.len()`.
    end: usize,
    /// Bytes of the source taken so far.
    taken: u64,
    /// How bytes that were taken are kept, where somebody wants them as a whole.
    keeping: Option<Keeping>,
}

/// Blocks instead of one buffer: each is given away once all of it was taken, and nothing in it moves until then.
struct Keeping {
    /// A block goes when at least so many bytes of it were taken and more are wanted; where it is 0 before they are
    /// waited for, for that may be long.
    from_bytes: usize,
    /// The first one that went since somebody asked.
    retired: Option<Vec<u8>>,
    /// Blocks that may be used again.
    spare: Vec<Vec<u8>>,
}

impl<R: Read> Buffer<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, bytes: vec![0; INITIAL_BYTES], start: 0, end: 0, taken: 0, keeping: None }
    }

    /// From now on bytes that were taken are kept in blocks of at least `from_bytes`, for [`Self::retired`] to give away.
    pub(super) fn keep_blocks(&mut self, from_bytes: usize) {
        self.keeping = Some(Keeping { from_bytes, retired: None, spare: Vec::new() });
    }

    /// The block in which all lies that was taken since this was last asked, if it is used up.
    pub(super) fn retired(&mut self) -> Option<Vec<u8>> {
        self.keeping.as_mut()?.retired.take()
    }

    /// The block at hand, at the end of the source.
    pub(super) fn last_block(&mut self) -> Vec<u8> {
        (self.start, self.end) = (0, 0);
        std::mem::take(&mut self.bytes)
    }

    /// Takes a block back that is not needed any more.
    pub(super) fn reuse(&mut self, block: Vec<u8>) {
        if let Some(keeping) = &mut self.keeping {
            keeping.spare.push(block);
        }
    }

    /// Where in the block the bytes taken last end.
    pub(super) const fn position(&self) -> usize {
        self.start
    }

    /// What has been read and not yet taken.
    #[inline]
    pub(super) fn available(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    /// Offset in the source of the first available byte.
    pub(super) const fn offset(&self) -> u64 {
        self.taken
    }

    /// Bytes read from the source, taken or not.
    pub(super) fn read_so_far(&self) -> u64 {
        self.taken.saturating_add(self.available().len() as u64)
    }

    /// Reads until `want` bytes are available; `false` if the source ends before. Room grows with the bytes
    /// that arrive, never with `want`.
    pub(super) fn fill(&mut self, want: usize) -> io::Result<bool> {
        while self.available().len() < want {
            self.make_room();
            match self.source.read(&mut self.bytes[self.end..]) {
                Ok(0) => return Ok(false),
                // A source that claims more than it was offered is not believed.
                Ok(n) => self.end = self.end.saturating_add(n).min(self.bytes.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Where blocks are to go as they come: retires the block of what was taken, before more is waited for. Whether there
    /// was one.
    pub(super) fn retire_used(&mut self) -> bool {
        let is_due =
            |keeping: &Keeping| keeping.from_bytes == 0 && self.start > 0 && keeping.retired.is_none();
        let is_due = self.keeping.as_ref().is_some_and(is_due);
        if is_due {
            self.retire();
        }
        is_due
    }

    /// Goes on in another block with what is not taken.
    fn retire(&mut self) {
        let Some(keeping) = &mut self.keeping else { return };
        let rest = self.start..self.end;
        let mut next = keeping.spare.pop().unwrap_or_default();
        next.resize(INITIAL_BYTES.max(rest.len().saturating_mul(2)), 0);
        next[..rest.len()].copy_from_slice(&self.bytes[rest.clone()]);
        let used = std::mem::replace(&mut self.bytes, next);
        if keeping.retired.is_none() {
            keeping.retired = Some(used);
        } else {
            // Nobody took a packet out of it.
            keeping.spare.push(used);
        }
        (self.start, self.end) = (0, rest.len());
    }

    fn make_room(&mut self) {
        if let Some(keeping) = &self.keeping
            && self.start > 0
            && (self.end == self.bytes.len() || self.start >= keeping.from_bytes)
        {
            self.retire();
            return;
        }
        if self.start == self.end && self.keeping.is_none() {
            (self.start, self.end) = (0, 0);
        } else if self.end == self.bytes.len() {
            if self.start == 0 {
                self.bytes.resize(self.bytes.len().saturating_mul(2), 0);
            } else {
                self.bytes.copy_within(self.start..self.end, 0);
                (self.start, self.end) = (0, self.end - self.start);
            }
        }
    }

    /// The next `n` bytes, or all that are available; they count as taken.
    #[inline]
    pub(super) fn take(&mut self, n: usize) -> &[u8] {
        let n = n.min(self.end - self.start);
        let from = self.start;
        self.start += n;
        self.taken = self.taken.saturating_add(n as u64);
        &self.bytes[from..self.start]
    }

    /// Takes `n` bytes that need not fit into memory; `false` if the source ends before.
    pub(super) fn skip(&mut self, mut n: u64) -> io::Result<bool> {
        while n > 0 {
            if !self.fill(1)? {
                return Ok(false);
            }
            let taken = self.take(usize::try_from(n).unwrap_or(usize::MAX)).len();
            n -= taken as u64;
        }
        Ok(true)
    }
}
