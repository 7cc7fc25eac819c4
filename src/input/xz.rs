//! Streams of the .xz format.

use std::io::{self, BufRead, ErrorKind, Read};

use lzma_rust2::{Action, Status, XzStream};

use crate::input::raw::Raw;
use crate::limits::MAX_WINDOW_BYTES;

/// One stream. The crate's own reader loses what it had decoded before a failure; its decoder without I/O does not.
pub(super) struct Xz {
    pub(super) raw: Raw,
    decoder: XzStream,
    over: bool,
    failed: Option<io::Error>,
}

impl Xz {
    pub(super) fn new(raw: Raw) -> Self {
        // The dictionary and less than 1 MiB besides.
        let kib = u32::try_from((MAX_WINDOW_BYTES >> 10) + 1_024).unwrap_or(u32::MAX);
        Self { raw, decoder: XzStream::new_mem_limit(false, kib), over: false, failed: None }
    }
}

impl Read for Xz {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if let Some(error) = self.failed.take() {
            self.over = true;
            return Err(error);
        }
        while !self.over && !out.is_empty() {
            let input = self.raw.fill_buf()?;
            let action = if input.is_empty() { Action::Finish } else { Action::Run };
            let (taken, given) = (self.decoder.total_in(), self.decoder.total_out());
            let step = self.decoder.process(input, out, action);
            let produced = usize::try_from(self.decoder.total_out() - given).unwrap_or(0).min(out.len());
            match step {
                Ok(step) => {
                    self.raw.consume(step.bytes_consumed);
                    self.over = step.status == Status::StreamEnd;
                    if produced == 0 && step.bytes_consumed == 0 && !self.over {
                        return Err(ErrorKind::UnexpectedEof.into());
                    }
                }
                Err(error) => {
                    self.raw.consume(usize::try_from(self.decoder.total_in() - taken).unwrap_or(0));
                    if produced == 0 {
                        self.over = true;
                        return Err(error);
                    }
                    self.failed = Some(error);
                }
            }
            if produced > 0 {
                return Ok(produced);
            }
        }
        Ok(0)
    }
}
