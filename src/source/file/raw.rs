//! The bytes of a source as they come, and what became of it.

use std::io::{self, BufRead, ErrorKind, Read};

/// Fits what decompressors ask for at a time; a pipe gives no more at once.
const BUFFER_BYTES: usize = 64 << 10;

/// A source with a buffer. It remembers what decompressors lose: that the source ended, and why reading failed.
pub(super) struct Raw {
    source: Box<dyn Read + Send>,
    buffer: Vec<u8>,
    /// `start <= end <= buffer.len()`.
    start: usize,
    end: usize,
    taken: u64,
    ended: bool,
    error: Option<io::Error>,
}

impl Raw {
    pub(super) fn new(source: Box<dyn Read + Send>) -> Self {
        Self { source, buffer: vec![0; BUFFER_BYTES], start: 0, end: 0, taken: 0, ended: false, error: None }
    }

    /// Bytes taken from the source so far, those waiting in the buffer not among them.
    pub(super) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Whether somebody asked for more than there was.
    pub(super) const fn has_ended(&self) -> bool {
        self.ended
    }

    /// Why reading failed, once.
    pub(super) fn take_error(&mut self) -> Option<io::Error> {
        self.error.take()
    }

    /// The next bytes, up to `n`, without taking them; fewer only at the end. `n` is small.
    pub(super) fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        if self.buffer.len() - self.start < n {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        while self.end - self.start < n {
            match self.grow() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => return Err(self.take_error().unwrap_or(error)),
            }
        }
        let end = self.end.min(self.start.saturating_add(n));
        Ok(&self.buffer[self.start..end])
    }

    /// Takes up to `n` bytes; returns how many there were.
    pub(super) fn skip(&mut self, n: u64) -> io::Result<u64> {
        let mut skipped = 0;
        while skipped < n {
            let available = self.peek(1)?.len().max(self.end - self.start);
            if available == 0 {
                break;
            }
            let step = available.min(usize::try_from(n - skipped).unwrap_or(usize::MAX));
            self.consume(step);
            skipped += step as u64;
        }
        Ok(skipped)
    }

    /// Takes the bytes up to the first that is not 0.
    pub(super) fn skip_zeros(&mut self) -> io::Result<()> {
        while self.peek(1)? == [0] {
            let zeros = self.buffer[self.start..self.end].iter().take_while(|byte| **byte == 0).count();
            self.consume(zeros);
        }
        Ok(())
    }

    /// Reads once, behind what waits; `false` at the end.
    fn grow(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        let n = read(&mut *self.source, &mut self.buffer[self.end..], &mut self.error)?;
        self.ended = n == 0;
        self.end += n;
        Ok(n > 0)
    }
}

/// Reads once; a failure is kept in `kept`, for a decompressor may hand on one of its own instead.
fn read(source: &mut dyn Read, out: &mut [u8], kept: &mut Option<io::Error>) -> io::Result<usize> {
    loop {
        match source.read(out) {
            // A source that claims more than it was offered is not believed.
            Ok(n) => return Ok(n.min(out.len())),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => {
                let kind = error.kind();
                *kept = Some(error);
                return Err(kind.into());
            }
        }
    }
}

impl Read for Raw {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.start == self.end && out.len() >= BUFFER_BYTES && !self.ended {
            let n = read(&mut *self.source, out, &mut self.error)?;
            self.ended = n == 0;
            self.taken += n as u64;
            return Ok(n);
        }
        let available = self.fill_buf()?;
        let n = available.len().min(out.len());
        out[..n].copy_from_slice(&available[..n]);
        self.consume(n);
        Ok(n)
    }
}

impl BufRead for Raw {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
            self.grow()?;
        }
        Ok(&self.buffer[self.start..self.end])
    }

    fn consume(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.start += n;
        self.taken += n as u64;
    }
}
