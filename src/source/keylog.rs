//! Key logs of TLS, which programs go on writing while their connections are recorded.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::error::Error;

/// What is read at a time.
const CHUNK_BYTES: usize = 256 << 10;

/// A key log that is read as far as it has been written. Its bytes are wiped when they are let go of.
#[derive(Debug)]
pub struct KeyLog {
    path: PathBuf,
    file: File,
    /// Bytes read so far, and the most that are.
    read: u64,
    most: u64,
    /// The beginning of a line whose end is not there yet.
    begun: Zeroizing<Vec<u8>>,
}

impl KeyLog {
    /// Opens it; at most `most` bytes are read.
    ///
    /// # Errors
    /// [`Error::Open`], and [`Error::Read`] for a directory.
    pub fn open(path: &Path, most: u64) -> Result<Self, Error> {
        let file = File::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
        let mut log = Self { path: path.to_owned(), file, read: 0, most, begun: Zeroizing::default() };
        // A directory can be opened, and says only then what it is.
        log.fill(0)?;
        Ok(log)
    }

    /// The lines that have been written since the last call, whole ones; the last one may lack its end where `all` says that
    /// no more comes. Nothing where there is nothing new.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn lines(&mut self, all: bool) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        while self.fill(CHUNK_BYTES)? {
            if let Some(end) = self.begun.iter().rposition(|byte| *byte == b'\n') {
                let rest = Zeroizing::new(self.begun.split_off(end + 1));
                return Ok(Some(std::mem::replace(&mut self.begun, rest)));
            }
            if self.begun.len() > CHUNK_BYTES {
                // No line of a key log is so long.
                self.begun = Zeroizing::default();
            }
        }
        let is_last = all && !self.begun.is_empty();
        Ok(is_last.then(|| std::mem::take(&mut self.begun)))
    }

    /// Whether more was read.
    fn fill(&mut self, bytes: usize) -> Result<bool, Error> {
        let want = self.most.saturating_sub(self.read).min(bytes as u64);
        let mut chunk = Zeroizing::new(vec![0; usize::try_from(want).unwrap_or(bytes)]);
        let got = loop {
            match self.file.read(&mut chunk) {
                Ok(got) => break got,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(Error::Read { path: self.path.clone(), offset: self.read, source });
                }
            }
        };
        self.read += got as u64;
        self.begun.extend_from_slice(chunk.get(..got).unwrap_or_default());
        Ok(got > 0)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn lines_come_as_they_are_written() {
        let mut file = tempfile();
        let mut log = KeyLog::open(&file.0, 1 << 20).unwrap();
        let mut write = |text: &str| file.1.write_all(text.as_bytes()).unwrap();
        let read = |log: &mut KeyLog, all| {
            log.lines(all).unwrap().map(|lines| String::from_utf8_lossy(&lines).into_owned())
        };
        assert_eq!(read(&mut log, false), None);
        write("one\ntw");
        assert_eq!(read(&mut log, false).as_deref(), Some("one\n"));
        assert_eq!(read(&mut log, false), None);
        write("o\nthree");
        assert_eq!(read(&mut log, false).as_deref(), Some("two\n"));
        assert_eq!(read(&mut log, true).as_deref(), Some("three"));
        assert_eq!(read(&mut log, true), None);
    }

    #[test]
    fn what_is_no_key_log_takes_no_room() {
        let mut file = tempfile();
        for _ in 0..8 {
            file.1.write_all(&[0; CHUNK_BYTES]).unwrap();
        }
        let mut log = KeyLog::open(&file.0, 1 << 30).unwrap();
        assert_eq!(log.lines(true).unwrap(), None);
        assert!(log.begun.capacity() < 4 * CHUNK_BYTES);
        assert_eq!(
            KeyLog::open(&file.0, 10).unwrap().lines(true).unwrap().map(|lines| lines.len()),
            Some(10)
        );
        assert!(KeyLog::open(&std::env::temp_dir(), 10).is_err(), "a directory");
    }

    struct Scratch(PathBuf, File);

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = std::fs::remove_file(&self.0);
        }
    }

    fn tempfile() -> Scratch {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let n = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("wslog-keylog-{}-{n}", std::process::id()));
        let file = File::create(&path).unwrap();
        Scratch(path, file)
    }
}
