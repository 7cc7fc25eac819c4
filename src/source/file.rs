//! Opens what the user named: a file, `-` for standard input, or a directory of captures; undoes compression.
//!
//! ```text
//!   source ─► raw ─► gzip | zstd | lz4 | xz | bzip2 ─► the bytes a capture or report has without compression
//!             counts   member by member   (unpack)
//! ```

mod format;
mod member;
mod meter;
mod raw;
mod stop;
mod unpack;
mod walk;
mod zstd;

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::limits::Limits;
pub use meter::Meter;
pub use stop::Stop;
use stop::Stoppable;
pub use unpack::Unpacked;
pub(crate) use walk::walk;

/// One input, opened and not yet read.
pub struct Input {
    /// As given, `-` for standard input.
    pub path: PathBuf,
    /// Its bytes from the first one on, without compression.
    pub source: Unpacked,
}

impl Input {
    /// Opens a file, or standard input for `-`. Nothing is read: what it is, its reader finds out. Reading ends when
    /// `stop` is asked for.
    ///
    /// # Errors
    /// [`Error::Open`].
    pub fn open(path: &Path, limits: &Limits, stop: &Stop) -> Result<Self, Error> {
        let stop = &stop.for_source();
        let source: Box<dyn Read + Send> = if path == Path::new("-") {
            Box::new(Stoppable { source: io::stdin(), stop: stop.clone() })
        } else {
            let source = File::open(path).map_err(|source| Error::Open { path: path.to_owned(), source })?;
            Box::new(Stoppable { source, stop: stop.clone() })
        };
        Ok(Self::of(path, source, limits, stop))
    }

    /// The bytes of `source`, which looks after `stop` itself; `path` is for messages only.
    #[must_use]
    pub fn of(path: &Path, source: Box<dyn Read + Send>, limits: &Limits, stop: &Stop) -> Self {
        Self { path: path.to_owned(), source: Unpacked::new(source, limits, stop.clone()) }
    }
}

/// What is in a directory, in no order.
///
/// # Errors
/// Those of listing it.
pub fn list(directory: &Path) -> io::Result<Vec<PathBuf>> {
    fs::read_dir(directory)?.map(|entry| Ok(entry?.path())).collect()
}

/// Whether what it names may still be written while it is read: neither a file nor a directory.
#[must_use]
pub fn is_pipe(path: &Path) -> bool {
    !is_regular(path) && !path.is_dir()
}

/// Whether `path` is a regular file, or a link to one. A pipe would lose what somebody looks at.
#[must_use]
pub fn is_regular(path: &Path) -> bool {
    path.is_file()
}

/// The first bytes of a regular file as they are stored, up to `most`.
///
/// # Errors
/// Those of opening and reading it.
pub fn beginning(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Whether `source` begins like a capture; it stays to be read.
///
/// # Errors
/// Those of the source.
pub fn is_capture(source: &mut Unpacked) -> io::Result<bool> {
    let start = source.peek(4)?;
    Ok(MAGIC.iter().any(|magic| start == magic))
}

/// How captures begin: microseconds, nanoseconds and Kuznetzov's variant, in big- and little-endian order; then pcapng.
pub(crate) const MAGIC: [[u8; 4]; 7] = [
    [0xa1, 0xb2, 0xc3, 0xd4],
    [0xd4, 0xc3, 0xb2, 0xa1],
    [0xa1, 0xb2, 0x3c, 0x4d],
    [0x4d, 0x3c, 0xb2, 0xa1],
    [0xa1, 0xb2, 0xcd, 0x34],
    [0x34, 0xcd, 0xb2, 0xa1],
    [0x0a, 0x0d, 0x0d, 0x0a],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A directory of its own, removed at the end of the test.
    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("wslog-input-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn file(&self, name: &str, bytes: &[u8]) {
            fs::write(self.0.join(name), bytes).unwrap();
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn opening_says_why_it_failed() {
        let Err(error) = Input::open(Path::new("no/such/file"), &Limits::default(), &Stop::new()) else {
            panic!("opened")
        };
        assert!(matches!(error, Error::Open { .. }));
        assert_eq!(error.to_string(), "cannot open no/such/file");
    }

    #[test]
    fn opening_gives_the_bytes_from_the_first_on() {
        let scratch = Scratch::new("bytes");
        scratch.file("x", b"first");
        let mut input = Input::open(&scratch.0.join("x"), &Limits::default(), &Stop::new()).unwrap();
        let mut bytes = Vec::new();
        input.source.read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes, b"first");
    }
}
