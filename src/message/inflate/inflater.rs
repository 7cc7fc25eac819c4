//! Raw DEFLATE (RFC 1951) by pieces, message after message.

use flate2::{Decompress, FlushDecompress, Status};

use crate::limits::Limits;
use crate::model::Fact;

/// LZ77 window of DEFLATE.
const WINDOW: usize = 32 << 10;

/// Output is taken in steps that end at multiples of this in the message, so that caps are checked at the
/// same places however the input is cut.
const STEP: usize = 32 << 10;

/// A ratio says something only about messages larger than this.
const RATIO_FROM: u64 = 1 << 20;

/// Up to this many compressed bytes a message that gave output is checked with the short [`TAIL`].
const SHORT: u64 = 512;

/// Bytes of the end the sender took off: 00 00 ff ff (RFC 7692 7.2.1).
const END: usize = 4;

/// An empty stored block.
const EMPTY_BLOCK: [u8; 5] = [0, 0, 0, 0xff, 0xff];

/// What is fed after the last byte of a message: the end the sender took off, then empty stored blocks, which
/// leave a decoder that stands between two blocks where it is. Any other takes them for something else and
/// shows it by output, an error, or the end of a final block. 64 of them outlast the longest code lengths of
/// a dynamic block (316 of 7 bits), the only place from which nothing comes for long.
const TAIL: [u8; END + 64 * EMPTY_BLOCK.len()] = {
    let mut tail = [0xff; END + 64 * EMPTY_BLOCK.len()];
    tail[0] = 0;
    tail[1] = 0;
    let mut at = END;
    while at < tail.len() {
        tail[at] = EMPTY_BLOCK[(at - END) % EMPTY_BLOCK.len()];
        at += 1;
    }
    tail
};

/// Why inflating a message stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::message) enum Stop {
    /// Not DEFLATE.
    Failed {
        /// Compressed bytes of the message read so far.
        offset: u64,
    },
    /// One of the caps.
    Capped {
        /// Compressed bytes of the message read so far.
        read: u64,
        /// Bytes that came out of them.
        written: u64,
    },
}

impl Stop {
    /// What is so about the message.
    pub(in crate::message) const fn fact(self) -> Fact {
        match self {
            Self::Failed { offset } => Fact::InflateFailed { offset },
            Self::Capped { .. } => Fact::InflateCapped,
        }
    }
}

/// Inflates the messages of one sender, always with a window of 15 bits and with all that came before: references
/// that reach farther than was agreed are not noticed here.
#[derive(Debug)]
pub(in crate::message) struct Inflater {
    decoder: Decompress,
    /// Output, newest last: the bytes handed on, and the window a decoder is given after a final block.
    recent: Box<[u8]>,
    /// Bytes of `recent` in use: `end <= recent.len()`.
    end: usize,
    /// Compressed bytes of the message read.
    read: u64,
    /// Bytes of the message that came out.
    written: u64,
    /// Bytes that came out of all messages.
    total: u64,
    /// The decoder stands behind a block with BFINAL=1 and has to be set up anew.
    ended: bool,
    /// The message is inflated as if nothing had come before it.
    is_alone: bool,
    /// The message had a block with BFINAL=1.
    final_block: bool,
    /// The last compressed bytes of the message.
    last: [u8; END],
}

impl Default for Inflater {
    fn default() -> Self {
        Self {
            decoder: Decompress::new(false),
            recent: vec![0; WINDOW + STEP].into_boxed_slice(),
            end: 0,
            read: 0,
            written: 0,
            total: 0,
            ended: false,
            is_alone: false,
            final_block: false,
            last: [0; END],
        }
    }
}

impl Inflater {
    /// A message begins, `afresh` with an empty window, else with that of the messages before.
    pub(super) fn start(&mut self, afresh: bool) {
        if afresh {
            self.end = 0;
        }
        let was_alone = std::mem::take(&mut self.is_alone);
        self.begin();
        if self.ended || afresh || was_alone {
            self.restart();
        }
    }

    /// A message begins that refers to nothing before it; what came before it is kept, unless `afresh`.
    pub(super) fn start_alone(&mut self, afresh: bool) {
        if afresh {
            self.end = 0;
        }
        self.begin();
        self.is_alone = true;
        self.restart();
    }

    /// The message, which may refer to what came before it after all, begins again. Gives how many bytes came out of it.
    pub(super) fn again_with_window(&mut self) -> u64 {
        let written = std::mem::take(&mut self.written);
        self.total = self.total.saturating_sub(written);
        self.end = self.end.saturating_sub(usize::try_from(written).unwrap_or(usize::MAX));
        self.begin();
        self.is_alone = false;
        self.restart();
        written
    }

    fn begin(&mut self) {
        self.read = 0;
        self.written = 0;
        self.final_block = false;
        self.last = [0; END];
    }

    /// Bytes that came out of the message so far.
    pub(super) const fn written(&self) -> u64 {
        self.written
    }

    /// Whether there is anything that references before the message could mean.
    pub(super) const fn has_window(&self) -> bool {
        self.end > 0
    }

    /// Whether the message had a block with BFINAL=1 so far.
    pub(super) const fn saw_final_block(&self) -> bool {
        self.final_block
    }

    /// Inflates the next bytes of the message and hands on what comes out.
    ///
    /// # Errors
    /// The data is not DEFLATE, or a cap of `limits` was reached; the message must not be continued then.
    pub(in crate::message) fn push(
        &mut self,
        mut input: &[u8],
        limits: &Limits,
        mut out: impl FnMut(&[u8]),
    ) -> Result<(), Stop> {
        self.note_last(input);
        loop {
            if self.ended {
                if input.is_empty() {
                    return Ok(());
                }
                self.restart();
            }
            let left = limits.max_inflated_bytes.saturating_sub(self.total).saturating_add(self.written);
            let room = self.make_room(limits.max_inflated_message_bytes.min(left));
            let (status, read, written) = self.decode(input, room);
            input = input.get(read..).unwrap_or_default();
            self.read = self.read.saturating_add(read as u64);
            self.written = self.written.saturating_add(written as u64);
            self.total = self.total.saturating_add(written as u64);
            let start = self.end;
            self.end = start.saturating_add(written);
            out(self.recent.get(start..self.end).unwrap_or_default());
            match status {
                None => return Err(Stop::Failed { offset: self.read }),
                Some(Status::StreamEnd) => {
                    self.ended = true;
                    self.final_block = true;
                }
                Some(_) if input.is_empty() && written < room => return self.check_caps(limits),
                Some(_) if read == 0 && written == 0 => return Err(Stop::Failed { offset: self.read }),
                Some(_) => {}
            }
            self.check_caps(limits)?;
        }
    }

    fn note_last(&mut self, input: &[u8]) {
        if let Some(last) = input.last_chunk() {
            self.last = *last;
        } else {
            for &byte in input {
                self.last.rotate_left(1);
                self.last[END - 1] = byte;
            }
        }
    }

    /// The message is over: puts back the end its sender took off (RFC 7692 7.2.2). True if it was still there.
    ///
    /// Behind a final block nothing was taken off, unless the block that RFC 7692 7.2.3.4 wants there came
    /// too.
    ///
    /// # Errors
    /// The message ends inside a block.
    pub(in crate::message) fn finish(&mut self) -> Result<bool, Stop> {
        if self.ended {
            return Ok(false);
        }
        let room = self.make_room(u64::MAX);
        let kept = self.may_have_kept_its_end();
        let short = self.written > 0 && self.read <= SHORT;
        let tail = match () {
            () if kept => TAIL.split_at(END).1,
            () if short => TAIL.split_at(END + EMPTY_BLOCK.len()).0,
            () => &TAIL,
        };
        match self.decode(tail, room) {
            (Some(Status::Ok), read, 0) if read == tail.len() => Ok(kept),
            _ => Err(Stop::Failed { offset: self.read }),
        }
    }

    /// Whether the message can only have ended with a whole empty stored block, if it ended between two blocks.
    ///
    /// One whose end was taken off never ends in ff, for its last byte holds a bit of the block type 00. And what
    /// ends in 00 00 ff ff between two blocks without having put that out is such a block: an end of block in the
    /// fixed code is zeros.
    fn may_have_kept_its_end(&self) -> bool {
        let out = self.recent.get(..self.end).unwrap_or_default();
        self.last == EMPTY_BLOCK[1..] && !(self.written >= END as u64 && out.ends_with(&self.last))
    }

    /// One call of the decoder, output to `recent` behind `end`: status (`None` for faulty data), bytes read
    /// and written.
    fn decode(&mut self, input: &[u8], room: usize) -> (Option<Status>, usize, usize) {
        let (read, written) = (self.decoder.total_in(), self.decoder.total_out());
        let output =
            self.recent.get_mut(self.end..).and_then(|free| free.get_mut(..room)).unwrap_or_default();
        let status = self.decoder.decompress(input, output, FlushDecompress::None).ok();
        // Both are bounded by the lengths of slices.
        let read = self.decoder.total_in().wrapping_sub(read) as usize;
        let written = self.decoder.total_out().wrapping_sub(written) as usize;
        (status, read, written)
    }

    /// Room for output behind `end`, at least 1: up to the next multiple of [`STEP`], and to one byte more
    /// than `max`.
    fn make_room(&mut self, max: u64) -> usize {
        if self.end == self.recent.len() {
            self.recent.copy_within(STEP.., 0);
            self.end = WINDOW;
        }
        let step = STEP - (self.written % STEP as u64) as usize;
        let allowed =
            usize::try_from(max.saturating_sub(self.written)).unwrap_or(usize::MAX).saturating_add(1);
        step.min(allowed).min(self.recent.len() - self.end)
    }

    fn check_caps(&self, limits: &Limits) -> Result<(), Stop> {
        let too_much =
            self.written > limits.max_inflated_message_bytes || self.total > limits.max_inflated_bytes;
        let too_dense = self.written > RATIO_FROM
            && self.written.is_multiple_of(STEP as u64)
            && self.written / limits.max_inflate_ratio.max(1) > self.read;
        if too_much || too_dense {
            return Err(Stop::Capped { read: self.read, written: self.written });
        }
        Ok(())
    }

    /// A new DEFLATE stream that may refer back to what `recent` holds.
    fn restart(&mut self) {
        self.decoder.reset(false);
        self.ended = false;
        let used = self.recent.get(..self.end).unwrap_or_default();
        let own = usize::try_from(self.written).unwrap_or(usize::MAX).min(used.len());
        let used = if self.is_alone { used.get(used.len() - own..).unwrap_or_default() } else { used };
        let window = used.last_chunk::<WINDOW>().map_or(used, |last| last);
        // Refused only for streams with a zlib header.
        let _ = self.decoder.set_dictionary(window);
    }
}
