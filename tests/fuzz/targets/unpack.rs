//! Any bytes as a file in a container: reading ends, gives no more than the caps allow, and gives the same bytes and
//! kinds of weirds however the source cuts the file, and whoever looked at its beginning. Decompressors take their input
//! ahead of what they give, so the cuts do decide how much of a file over the cap on its ratio is read, and which byte
//! is named as the last before a damage. Of a damaged block of bzip2, or the last bytes before a damage in .xz, more or
//! less may be given.

#![no_main]

use std::io::{Cursor, Read};
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wslog::source::file::{Input, Stop};
use wslog::limits::Limits;
use wslog::model::{Compression, WeirdKind};
use wslog_fuzz::pieces;

/// A source of its own that gives its bytes in pieces.
struct Trickle(std::vec::IntoIter<Vec<u8>>);

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let Some(piece) = self.0.next() else { return Ok(0) };
        buffer[..piece.len()].copy_from_slice(&piece);
        Ok(piece.len())
    }
}

fn unpack(
    source: impl Read + Send + 'static,
    peek: usize,
    limits: &Limits,
) -> (Vec<u8>, Compression, Vec<WeirdKind>) {
    let mut input = Input::of(Path::new("fuzz"), Box::new(source), limits, &Stop::new());
    let ahead = input.source.peek(peek).expect("the source never fails").to_vec();
    let mut bytes = Vec::new();
    input.source.read_to_end(&mut bytes).expect("what is wrong inside is no error");
    assert!(bytes.starts_with(&ahead), "looking ahead takes nothing");
    assert!(ahead.len() == peek || ahead.len() == bytes.len(), "fewer only at the end");
    let weirds = input.source.weirds().as_slice().iter().map(|weird| weird.kind).collect();
    (bytes, input.source.compression(), weirds)
}

fuzz_target!(|data: &[u8]| {
    let limits = Limits {
        max_inflated_file_bytes: 200_000,
        file_inflate_ratio_from_bytes: 50_000,
        max_file_inflate_ratio: 100,
        ..Limits::default()
    };
    let whole = unpack(Cursor::new(data.to_vec()), 0, &limits);
    if whole.1 == Compression::None {
        assert_eq!((&whole.0[..], whole.2.is_empty()), (data, true));
    } else {
        assert!(whole.0.len() as u64 <= limits.max_inflated_file_bytes);
    }
    let seed = data.last().copied().unwrap_or(0);
    let cut: Vec<_> = pieces(data, seed).map(<[u8]>::to_vec).collect();
    let cut = unpack(Trickle(cut.into_iter()), usize::from(seed) * 8, &limits);
    let capped = [&whole, &cut].iter().any(|read| read.2.contains(&WeirdKind::FileInflateCap));
    let has = |magic: &[u8]| data.windows(magic.len()).any(|bytes| bytes == magic);
    let torn = whole.2.contains(&WeirdKind::CorruptCompression) && (has(b"BZh") || has(b"7zXZ"));
    assert!(capped || whole.2 == cut.2, "{:?}, but {:?}", whole.2, cut.2);
    if capped || torn {
        assert!(whole.0.starts_with(&cut.0) || cut.0.starts_with(&whole.0), "other bytes");
    } else {
        assert!(whole == cut, "{} bytes, {} from pieces", whole.0.len(), cut.0.len());
    }
});
