//! A small DEFLATE compressor for permessage-deflate payloads (RFC 1951, RFC 7692 7.2.1).
//!
//! Not flate2's: the output of a library changes with its version and the processor, and the samples must not.

use wslog::notation::{Blocks, Symbols};

/// Shortest and longest match a length code can name (RFC 1951 3.2.5).
const MATCH: std::ops::RangeInclusive<usize> = 3..=258;

/// One direction's compressor. Messages refer back to earlier ones (context takeover) up to the window.
#[derive(Clone, Debug)]
pub struct Deflate {
    window: usize,
    /// All that was compressed since the context began.
    history: Vec<u8>,
}

impl Deflate {
    /// With an empty context and a window of `2^window_bits` bytes, at most 2^15.
    pub fn new(window_bits: u32) -> Self {
        Self { window: 1 << window_bits, history: Vec::new() }
    }

    /// Forgets the context, as `*_no_context_takeover` wants it before each message.
    pub fn reset(&mut self) {
        self.history.clear();
    }

    /// The payload of a message: one block with the fixed codes, then an empty stored one without its last four
    /// bytes `00 00 ff ff`.
    pub fn message(&mut self, message: &[u8]) -> Vec<u8> {
        let mut at = self.history.len();
        self.history.extend(message);

        let mut symbols = Vec::new();
        while at < self.history.len() {
            match self.longest_match(at) {
                Some((length, distance)) => {
                    symbols.push(Symbols::Back(length as u16, distance as u16));
                    at += length;
                }
                None => {
                    symbols.push(Symbols::Literals(&self.history[at..=at]));
                    at += 1;
                }
            }
        }
        Blocks::default().fixed(&symbols).message()
    }

    /// Length and distance of the nearest among the longest earlier copies of what begins at `at`.
    fn longest_match(&self, at: usize) -> Option<(usize, usize)> {
        let ahead = &self.history[at..];
        let from = at.saturating_sub(self.window);
        (from..at)
            .map(|start| {
                let same = self.history[start..].iter().zip(ahead).take_while(|(a, b)| a == b).count();
                (same.min(*MATCH.end()), at - start)
            })
            .filter(|(length, _)| MATCH.contains(length))
            .max_by_key(|&(length, distance)| (length, usize::MAX - distance))
    }
}
