//! Zstandard frames (RFC 8878).

use std::io::{self, ErrorKind, Read};

use ruzstd::decoding::errors::FrameDecoderError;
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

use crate::source::file::raw::Raw;

/// The last block, empty, and room for a checksum: what ends a frame that was cut.
const END_OF_FRAME: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];

/// One frame. Of one that ends too early everything decoded is given before the failure is told: the decoder keeps
/// the last window back until the frame is over, which may be all of it.
pub(super) struct Zstd {
    pub(super) raw: Raw,
    decoder: FrameDecoder,
    begun: bool,
    failed: Option<io::Error>,
}

impl Zstd {
    pub(super) fn new(raw: Raw, max_window_bytes: u64) -> Self {
        let mut decoder = FrameDecoder::new();
        decoder.set_max_window_size(max_window_bytes);
        Self { raw, decoder, begun: false, failed: None }
    }

    /// Decodes until there is something to give, or the frame is over.
    fn advance(&mut self) -> Result<(), FrameDecoderError> {
        if !self.begun {
            self.decoder.init(&mut self.raw)?;
            self.begun = true;
        }
        while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
            self.decoder.decode_blocks(&mut self.raw, BlockDecodingStrategy::UptoBlocks(1))?;
        }
        Ok(())
    }
}

impl Read for Zstd {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.failed.is_none()
            && let Err(error) = self.advance()
        {
            let kind = match error {
                FrameDecoderError::WindowSizeTooBig { .. } => ErrorKind::OutOfMemory,
                _ if self.raw.has_ended() => ErrorKind::UnexpectedEof,
                _ => ErrorKind::InvalidData,
            };
            self.failed = Some(io::Error::new(kind, error.to_string()));
            if self.begun {
                // What it says is of no use: the first failure is the one to tell.
                let _ = self.decoder.decode_blocks(END_OF_FRAME.as_slice(), BlockDecodingStrategy::All);
            }
        }
        let n = self.decoder.read(out)?;
        if n > 0 || out.is_empty() {
            return Ok(n);
        }
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        match (self.decoder.get_checksum_from_data(), self.decoder.get_calculated_checksum()) {
            (Some(stored), Some(computed)) if stored != computed => Err(io::Error::new(
                ErrorKind::InvalidData,
                format!("the stored checksum is {stored:08x}, but that of the content is {computed:08x}"),
            )),
            _ => Ok(0),
        }
    }
}
