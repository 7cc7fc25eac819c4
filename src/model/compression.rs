//! What was done to a file to make it shorter.

use crate::model::named;

use std::fmt;

named! {
    /// How the bytes of an input were compressed.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Compression {
        /// Not at all.
        #[default]
        None = "none",
        /// RFC 1952.
        Gzip = "gzip",
        /// RFC 8878.
        Zstd = "zstd",
        /// LZ4 frames.
        Lz4 = "lz4",
        /// LZMA2 in the .xz format.
        Xz = "xz",
        /// Burrows-Wheeler, the .bz2 format.
        Bzip2 = "bzip2",
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
