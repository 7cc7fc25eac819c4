//! What was done to a file to make it shorter.

use crate::model::named;

use std::fmt;

named! {
    /// How the bytes of an input were compressed.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    pub enum Compression {
        /// The bytes are those of the capture itself.
        #[default]
        None = "none",
        /// RFC 1952, any number of members one after the other.
        Gzip = "gzip",
        /// RFC 8878, with any number of frames, skippable ones included.
        Zstd = "zstd",
        /// Frames of LZ4 (magic number 0x184D2204), not bare blocks.
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
