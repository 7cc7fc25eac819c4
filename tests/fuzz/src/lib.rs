//! What the fuzz targets share: numbers out of the fuzzer's bytes, and sources that cut a stream elsewhere.

#[allow(missing_docs, reason = "documented where the tests have it")]
#[path = "../../support/support.rs"]
pub mod support;

pub mod script;

use std::io::{self, Read};

use wslog::views;

/// Every format of `wslog inspect`.
pub const FORMATS: [views::Format; 7] = [
    views::text::FORMAT,
    views::json::FORMAT,
    views::html::FORMAT,
    views::list::FORMATS[0],
    views::list::FORMATS[1],
    views::list::FORMATS[2],
    views::list::FORMATS[3],
];

/// The fuzzer's bytes, taken from the front. Where they are used up every number is 0, so each input is valid.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    /// The next two bytes as a number.
    pub fn word(&mut self) -> u16 {
        u16::from_be_bytes(self.array())
    }

    /// The next four bytes as a number.
    pub fn long(&mut self) -> u32 {
        u32::from_be_bytes(self.array())
    }

    /// The next `N` bytes, zeros where there are none.
    pub fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut array = [0; N];
        let bytes = self.bytes(N);
        array[..bytes.len()].copy_from_slice(bytes);
        array
    }

    /// The next `len` bytes, or as many as there are.
    pub fn bytes(&mut self, len: usize) -> &'a [u8] {
        let (bytes, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        bytes
    }
}

/// Cuts `bytes` into pieces whose lengths follow from `seed`: 1 to 16 bytes, now and then longer.
pub fn pieces(bytes: &[u8], seed: u8) -> impl Iterator<Item = &[u8]> {
    let mut state = u32::from(seed) | 0x100;
    let mut rest = bytes;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let len = if state >> 29 == 0 { state >> 20 } else { (state >> 24) % 16 };
        let (piece, behind) = rest.split_at((len as usize).clamp(1, rest.len()));
        rest = behind;
        Some(piece)
    })
}

/// A source that gives its bytes in those pieces.
pub struct Trickle<I>(pub I);

impl<'a, I: Iterator<Item = &'a [u8]>> Read for Trickle<I> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(piece) = self.0.next() else { return Ok(0) };
        buffer[..piece.len()].copy_from_slice(piece);
        Ok(piece.len())
    }
}

/// Whether bytes begin like a capture file.
#[must_use]
pub fn is_capture(bytes: &[u8]) -> bool {
    matches!(bytes, [0xa1, 0xb2, ..] | [_, _, 0xb2, 0xa1, ..] | [0x0a, 0x0d, 0x0d, 0x0a, ..])
}
