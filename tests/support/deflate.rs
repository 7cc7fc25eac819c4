//! A small DEFLATE compressor for permessage-deflate payloads (RFC 1951, RFC 7692 7.2.1).
//!
//! Not flate2's: the output of a library changes with its version and the processor, and the samples must not.

use super::script::bytes;

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

        let mut bits = Bits::default();
        bits.put(0b010, 3); // BFINAL=0, BTYPE=01: fixed codes
        while at < self.history.len() {
            match self.longest_match(at) {
                Some((length, distance)) => {
                    put_length(&mut bits, length);
                    put_distance(&mut bits, distance);
                    at += length;
                }
                None => {
                    put_symbol(&mut bits, u16::from(self.history[at]));
                    at += 1;
                }
            }
        }
        put_symbol(&mut bits, 256); // end of block
        bits.put(0b000, 3); // BFINAL=0, BTYPE=00: stored, begins at the next whole byte
        bits.bytes
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

/// What a block with the fixed codes holds.
#[derive(Clone, Copy, Debug)]
pub enum Symbols<'a> {
    /// These bytes, one symbol each.
    Literals(&'a [u8]),
    /// `length` bytes from `distance` back, 3 to 258 and 1 to 32768.
    Back(usize, usize),
}

impl<'a> Symbols<'a> {
    /// `<3,2`, or literals.
    fn of(word: &'a str) -> Self {
        let number = |text: &str| text.parse().expect("a number");
        match word.strip_prefix('<').and_then(|reference| reference.split_once(',')) {
            Some((length, distance)) => Self::Back(number(length), number(distance)),
            None => Self::Literals(word.as_bytes()),
        }
    }
}

/// DEFLATE written block by block, lawful or not.
#[derive(Clone, Debug, Default)]
pub struct Blocks(Bits);

impl Blocks {
    /// The payload of a message in words: `Hello <3,2; stored 61*9 62; final 63; as-is`.
    ///
    /// Blocks are parted by `;`. One with the fixed codes is of literals, and of references: `<3,2` for three bytes
    /// from two back. A stored one is in hex, and `final` is the same with BFINAL set. `as-is` leaves out the block
    /// that [`message`](Self::message) puts behind them.
    pub fn of(words: &str) -> Vec<u8> {
        let mut blocks = Self::default();
        for block in words.split(';').map(str::trim).filter(|block| !block.is_empty()) {
            let (first, rest) = block.split_once(' ').unwrap_or((block, ""));
            blocks = match first {
                "as-is" => return blocks.bytes(),
                "stored" => blocks.stored(&bytes(rest)),
                "final" => blocks.last_stored(&bytes(rest)),
                _ => blocks.fixed(&block.split(' ').map(Symbols::of).collect::<Vec<_>>()),
            };
        }
        blocks.message()
    }

    /// A block with the fixed codes.
    pub fn fixed(mut self, symbols: &[Symbols<'_>]) -> Self {
        self.0.put(0b010, 3);
        for symbol in symbols {
            match *symbol {
                Symbols::Literals(bytes) => {
                    bytes.iter().for_each(|byte| put_symbol(&mut self.0, u16::from(*byte)));
                }
                Symbols::Back(length, distance) => {
                    put_length(&mut self.0, length);
                    put_distance(&mut self.0, distance);
                }
            }
        }
        put_symbol(&mut self.0, 256);
        self
    }

    /// A stored block of up to 65535 bytes.
    pub fn stored(mut self, data: &[u8]) -> Self {
        self.0.put(0b000, 3);
        self.put_stored(data)
    }

    /// A stored block with BFINAL=1: what follows is another stream.
    pub fn last_stored(mut self, data: &[u8]) -> Self {
        self.0.put(0b001, 3);
        self.put_stored(data)
    }

    fn put_stored(mut self, data: &[u8]) -> Self {
        let length = data.len() as u16;
        self.0.used = 0; // The rest of the byte is left out.
        self.0.bytes.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
        self.0.bytes.extend(data);
        self
    }

    /// The payload of a message: an empty stored block behind, without its 00 00 ff ff (RFC 7692 7.2.1).
    pub fn message(mut self) -> Vec<u8> {
        self.0.put(0b000, 3);
        self.0.bytes
    }

    /// As it is.
    pub fn bytes(self) -> Vec<u8> {
        self.0.bytes
    }
}

/// Bits from the lowest of each byte upwards (RFC 1951 3.1.1).
#[derive(Clone, Debug, Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    /// The `count` low bits of a number, lowest first.
    fn put(&mut self, value: u16, count: u32) {
        for i in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.len() - 1;
            self.bytes[last] |= ((value >> i & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
    }

    /// A Huffman code of `count` bits, highest first.
    fn put_code(&mut self, code: u16, count: u32) {
        self.put(code.reverse_bits() >> (16 - count), count);
    }
}

/// A literal or length symbol in the fixed code (RFC 1951 3.2.6).
fn put_symbol(bits: &mut Bits, symbol: u16) {
    match symbol {
        0..=143 => bits.put_code(0x30 + symbol, 8),
        144..=255 => bits.put_code(0x190 + symbol - 144, 9),
        256..=279 => bits.put_code(symbol - 256, 7),
        _ => bits.put_code(0xc0 + symbol - 280, 8),
    }
}

fn put_length(bits: &mut Bits, length: usize) {
    if length == *MATCH.end() {
        return put_symbol(bits, 285); // has a code of its own, not the last of the scheme
    }
    let (code, extra, extra_bits) = bucket(length as u16 - 3, 2);
    put_symbol(bits, 257 + code);
    bits.put(extra, extra_bits);
}

fn put_distance(bits: &mut Bits, distance: usize) {
    let (code, extra, extra_bits) = bucket(distance as u16 - 1, 1);
    bits.put_code(code, 5);
    bits.put(extra, extra_bits);
}

/// Both tables of RFC 1951 3.2.5 follow one scheme: `2^split` codes for each power of two, the rest in extra
/// bits. Gives code, extra bits, and how many of them.
fn bucket(value: u16, split: u32) -> (u16, u16, u32) {
    let extra_bits = (16 - value.leading_zeros()).saturating_sub(split + 1);
    let code = (extra_bits as u16) * (1 << split) + (value >> extra_bits);
    (code, value & ((1 << extra_bits) - 1), extra_bits)
}
