//! Messages while they are put together.

use std::fmt;
use std::io::{self, Read, Seek, Write};
use std::sync::Arc;

/// Something that what has no place in memory is written to, and read from again.
pub trait Spool: Read + Write + Seek + Send {}

impl<T: Read + Write + Seek + Send> Spool for T {}

/// Makes spools.
#[derive(Clone)]
pub struct Spools(Arc<dyn Fn() -> io::Result<Box<dyn Spool>> + Send + Sync>);

impl Spools {
    /// Each is made by `make`, which any thread may call. Where that fails, memory has to do.
    pub fn new<S: Spool + 'static>(make: impl Fn() -> io::Result<S> + Send + Sync + 'static) -> Self {
        Self(Arc::new(move || Ok(Box::new(make()?) as Box<dyn Spool>)))
    }

    /// The next one, empty.
    pub(crate) fn make(&self) -> io::Result<Box<dyn Spool>> {
        (self.0)()
    }
}

impl fmt::Debug for Spools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spools").finish_non_exhaustive()
    }
}

/// Bytes of a message in memory; of a longer one they go to a spool.
const IN_MEMORY: usize = 1 << 20;

/// The first bytes of a message, so many at most.
#[derive(Default)]
pub(super) struct Body {
    bytes: Vec<u8>,
    spool: Option<Box<dyn Spool>>,
    /// Bytes in the spool, before those in memory.
    spooled: usize,
    /// None can be had.
    is_bound: bool,
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("bytes", &self.len()).finish_non_exhaustive()
    }
}

impl Body {
    pub(super) const fn len(&self) -> usize {
        self.spooled + self.bytes.len()
    }

    /// The next bytes, as far as all of them together are at most `most`.
    pub(super) fn push(&mut self, bytes: &[u8], most: usize, spools: Option<&Spools>) {
        let room = most.saturating_sub(self.len());
        self.bytes.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        if self.bytes.len() > IN_MEMORY && !self.is_bound && self.spill(spools).is_none() {
            self.recall();
        }
    }

    /// Moves what is in memory to the spool; `None` where that fails.
    fn spill(&mut self, spools: Option<&Spools>) -> Option<()> {
        if self.spool.is_none() {
            self.spool = Some(spools?.make().ok()?);
        }
        self.spool.as_mut()?.write_all(&self.bytes).ok()?;
        self.spooled += self.bytes.len();
        self.bytes.clear();
        Some(())
    }

    /// Has memory do from here on. What cannot be read again leaves a body that ends before it.
    fn recall(&mut self) {
        let rest = std::mem::take(&mut self.bytes);
        self.bytes = self.read_spool().unwrap_or_default();
        self.bytes.truncate(self.spooled);
        if self.bytes.len() == self.spooled {
            self.bytes.extend(rest);
        }
        self.spool = None;
        self.spooled = 0;
        self.is_bound = true;
    }

    fn read_spool(&mut self) -> io::Result<Vec<u8>> {
        let Some(spool) = &mut self.spool else { return Ok(Vec::new()) };
        spool.rewind()?;
        let mut bytes = Vec::with_capacity(self.spooled);
        spool.take(self.spooled as u64).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// All of it.
    pub(super) fn into_bytes(mut self) -> Vec<u8> {
        if self.spool.is_some() {
            self.recall();
        }
        self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Fails when more than so many bytes are written to it.
    struct Small(Cursor<Vec<u8>>, usize);

    impl Read for Small {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            self.0.read(to)
        }
    }

    impl Seek for Small {
        fn seek(&mut self, to: io::SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    impl Write for Small {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0.get_ref().len() + bytes.len() > self.1 {
                // As a full disk does: a part is written.
                let room = self.1 - self.0.get_ref().len();
                return if room > 0 { self.0.write(&bytes[..room]) } else { Err(io::Error::other("full")) };
            }
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_body_is_whole_wherever_it_lies() {
        let piece: Vec<u8> = (0..70_001_u32).map(|n| n as u8).collect();
        let whole = piece.repeat(64);
        let no_spool = Spools::new(|| Err::<Small, _>(io::Error::other("none")));
        let rooms = [0, 1 << 20, 2 << 20, 3 << 20, usize::MAX];
        let spools = rooms.map(|room| Spools::new(move || Ok(Small(Cursor::default(), room))));
        for spools in spools.iter().chain([&no_spool]).map(Some).chain([None]) {
            for most in [0, 10, 1 << 20, whole.len(), usize::MAX] {
                let mut body = Body::default();
                for _ in 0..64 {
                    body.push(&piece, most, spools);
                }
                let expected = whole.get(..most).unwrap_or(&whole);
                assert_eq!(body.len(), expected.len());
                assert!(body.into_bytes() == expected, "{most}");
            }
        }
    }
}
