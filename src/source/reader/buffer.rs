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
}

impl<R: Read> Buffer<R> {
    pub(super) fn new(source: R) -> Self {
        Self { source, bytes: vec![0; INITIAL_BYTES], start: 0, end: 0, taken: 0 }
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

    fn make_room(&mut self) {
        if self.start == self.end {
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
