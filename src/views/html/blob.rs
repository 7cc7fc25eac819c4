//! Data inside a page: deflated (RFC 1951), in base64, which no parser of HTML takes for anything.

use std::io::{self, Write};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::DeflateEncoder;

/// How much is compressed at most before it is written.
const PIECE: usize = 48 << 10;

/// One after the other, each written as it comes.
#[derive(Debug)]
pub(super) struct Blob {
    encoder: DeflateEncoder<Vec<u8>>,
}

impl Blob {
    pub(super) fn new() -> Self {
        Self { encoder: DeflateEncoder::new(Vec::new(), Compression::default()) }
    }

    /// Takes more of it.
    pub(super) fn push(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        self.encoder.write_all(bytes)?;
        let ready = self.encoder.get_ref().len();
        if ready < PIECE {
            return Ok(());
        }
        // Three bytes are four characters.
        let rest = self.encoder.get_mut().split_off(ready - ready % 3);
        let piece = std::mem::replace(self.encoder.get_mut(), rest);
        write(&piece, out)
    }

    /// It is over, another may begin.
    pub(super) fn finish(&mut self, out: &mut impl Write) -> io::Result<()> {
        let last = self.encoder.reset(Vec::new())?;
        write(&last, out)
    }
}

fn write(piece: &[u8], out: &mut impl Write) -> io::Result<()> {
    out.write_all(STANDARD.encode(piece).as_bytes())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::DeflateDecoder;

    use super::*;

    #[test]
    fn a_blob_is_what_was_pushed() {
        let noise = |n: u32| (0..n).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect::<Vec<_>>();
        let mut blob = Blob::new();
        for pieces in [vec![], vec![noise(7)], vec![noise(200_000), Vec::new(), noise(200_001), noise(1)]] {
            let mut out = Vec::new();
            for piece in &pieces {
                blob.push(piece, &mut out).expect("memory takes it");
            }
            blob.finish(&mut out).expect("memory takes it");
            let deflated = STANDARD.decode(&out).expect("base64");
            let mut bytes = Vec::new();
            DeflateDecoder::new(&deflated[..]).read_to_end(&mut bytes).expect("deflated");
            assert_eq!(bytes, pieces.concat());
        }
    }
}
