//! Compressed data by its first bytes.

use crate::model::Compression;

/// Bytes that decide.
pub(super) const SNIFF_BYTES: usize = 10;

/// How data that begins with `start` is compressed; fewer than [`SNIFF_BYTES`] only where it ends there.
pub(super) fn of(start: &[u8]) -> Compression {
    match start {
        // Only one method was ever defined: deflate.
        [0x1f, 0x8b, 8, ..] => Compression::Gzip,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Compression::Zstd,
        [0x04, 0x22, 0x4d, 0x18, ..] => Compression::Lz4,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Compression::Xz,
        // The size of the blocks, then the number that begins a block or, in an empty stream, its end.
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..]
            if [[0x31, 0x41, 0x59, 0x26, 0x53, 0x59], [0x17, 0x72, 0x45, 0x38, 0x50, 0x90]]
                .iter()
                .any(|magic| rest.starts_with(magic) || magic.starts_with(rest)) =>
        {
            Compression::Bzip2
        }
        _ => Compression::None,
    }
}

/// Length of the frame at `start` that Zstandard and LZ4 have decoders pass over, its 8 bytes of header included.
pub(super) fn skippable(start: &[u8]) -> Option<u64> {
    match *start {
        [0x50..=0x5f, 0x2a, 0x4d, 0x18, a, b, c, d, ..] => {
            Some(u64::from(u32::from_le_bytes([a, b, c, d])) + 8)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_like_compressed_data_is_taken_for_it() {
        for (start, expected) in [
            (&b"\x1f\x8b\x08\0"[..], Compression::Gzip),
            (b"\x1f\x8b\x07\0", Compression::None),
            (b"BZh91AY&SY", Compression::Bzip2),
            (b"BZh9\x17\x72\x45\x38\x50\x90", Compression::Bzip2),
            (b"BZh91A", Compression::Bzip2),
            (b"BZh9", Compression::Bzip2),
            (b"BZh0", Compression::None),
            (b"BZh9 is text", Compression::None),
            (b"\x28\xb5\x2f\xfd", Compression::Zstd),
            (b"\x04\x22\x4d\x18", Compression::Lz4),
            (b"\xfd7zXZ\0", Compression::Xz),
            (b"\xfd7zXZ", Compression::None),
            (b"\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0", Compression::None),
            (b"", Compression::None),
        ] {
            assert_eq!(of(start), expected, "{start:02x?}");
        }
    }
}
