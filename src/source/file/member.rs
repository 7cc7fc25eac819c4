//! One member of a container whose decompressor leaves reading to its caller: gzip, xz, bzip2.

use std::io::{self, BufRead, ErrorKind, Read};

use bzip2::{Decompress as Bunzip2, Status as BzStatus};
use flate2::{Decompress as Gunzip, FlushDecompress, Status as ZStatus};
use lzma_rust2::{Action, Status as XzStatus, XzStream};

use crate::source::file::raw::Raw;

/// Given at a time to the decoder of .xz, which forgets what came of the piece it fails in.
const XZ_PIECE_BYTES: usize = 64;

/// A member of the formats whose crates' own readers lose what the step that failed had given before its failure.
pub(super) struct Member {
    pub(super) raw: Raw,
    decoder: Decoder,
    over: bool,
    failed: Option<io::Error>,
}

enum Decoder {
    Gzip(Gunzip),
    Xz(Box<XzStream>),
    Bzip2(Bunzip2),
}

impl Decoder {
    /// Goes on; returns whether the member is over. No `input` is the end of the file.
    fn step(&mut self, input: &[u8], out: &mut [u8]) -> io::Result<bool> {
        match self {
            Self::Gzip(gzip) => {
                let step = gzip.decompress(input, out, FlushDecompress::None);
                Ok(step.map_err(invalid)? == ZStatus::StreamEnd)
            }
            Self::Xz(xz) if input.is_empty() => {
                let step = xz.process(&[], out, Action::Finish);
                Ok(step.map_err(|_| ErrorKind::UnexpectedEof)?.status == XzStatus::StreamEnd)
            }
            Self::Xz(xz) => {
                let piece = &input[..input.len().min(XZ_PIECE_BYTES)];
                Ok(xz.process(piece, out, Action::Run)?.status == XzStatus::StreamEnd)
            }
            Self::Bzip2(bzip2) => Ok(bzip2.decompress(input, out).map_err(invalid)? == BzStatus::StreamEnd),
        }
    }

    /// Bytes taken and given since the beginning.
    fn totals(&self) -> [u64; 2] {
        match self {
            Self::Gzip(gzip) => [gzip.total_in(), gzip.total_out()],
            Self::Xz(xz) => [xz.total_in(), xz.total_out()],
            Self::Bzip2(bzip2) => [bzip2.total_in(), bzip2.total_out()],
        }
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, error)
}

impl Member {
    pub(super) fn gzip(raw: Raw) -> Self {
        Self::new(raw, Decoder::Gzip(Gunzip::new_gzip(15)))
    }

    pub(super) fn xz(raw: Raw, max_window_bytes: u64) -> Self {
        // The dictionary and less than 1 MiB besides.
        let kib = u32::try_from((max_window_bytes >> 10) + 1_024).unwrap_or(u32::MAX);
        Self::new(raw, Decoder::Xz(Box::new(XzStream::new_mem_limit(false, kib))))
    }

    pub(super) fn bzip2(raw: Raw) -> Self {
        Self::new(raw, Decoder::Bzip2(Bunzip2::new(false)))
    }

    const fn new(raw: Raw, decoder: Decoder) -> Self {
        Self { raw, decoder, over: false, failed: None }
    }
}

impl Read for Member {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            self.over = true;
            return Err(error);
        }
        while !self.over && !out.is_empty() {
            let input = self.raw.fill_buf()?;
            let before = self.decoder.totals();
            let step = self.decoder.step(input, out);
            let [taken, given] = progress(before, self.decoder.totals());
            self.raw.consume(taken);
            match step {
                Ok(over) => self.over = over,
                Err(error) if given > 0 => self.failed = Some(error),
                Err(error) => {
                    self.over = true;
                    return Err(error);
                }
            }
            if given > 0 {
                return Ok(given.min(out.len()));
            }
            if taken == 0 && !self.over {
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

fn progress(before: [u64; 2], after: [u64; 2]) -> [usize; 2] {
    [0, 1].map(|n| usize::try_from(after[n].wrapping_sub(before[n])).unwrap_or(0))
}
