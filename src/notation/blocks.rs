//! DEFLATE as it is written down, lawful or not (RFC 1951).

use std::ops::RangeInclusive;

use super::hex::bytes;

/// Shortest and longest match a length code can name (RFC 1951 3.2.5).
const MATCH: RangeInclusive<u16> = 3..=258;

/// How far back one can be.
const DISTANCES: RangeInclusive<u16> = 1..=1 << 15;

/// What a block with the fixed codes holds.
#[derive(Clone, Copy, Debug)]
pub enum Symbols<'a> {
    /// These bytes, one symbol each.
    Literals(&'a [u8]),
    /// `length` bytes from `distance` back, 3 to 258 and 1 to 32768.
    Back(u16, u16),
}

impl<'a> Symbols<'a> {
    /// `<3,2`, or literals.
    fn of(word: &'a str) -> Result<Self, &'a str> {
        let Some(reference) = word.strip_prefix('<') else { return Ok(Self::Literals(word.as_bytes())) };
        let numbers = reference.split_once(',').and_then(|(length, distance)| {
            let (length, distance) = (length.parse().ok()?, distance.parse().ok()?);
            (MATCH.contains(&length) && DISTANCES.contains(&distance)).then_some((length, distance))
        });
        numbers.map(|(length, distance)| Self::Back(length, distance)).ok_or(word)
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
    ///
    /// # Errors
    /// The word that is no part of one.
    pub fn of(words: &str) -> Result<Vec<u8>, &str> {
        let mut blocks = Self::default();
        for block in words.split(';').map(str::trim).filter(|block| !block.is_empty()) {
            let (first, rest) = block.split_once(' ').unwrap_or_else(|| block.split_at(block.len()));
            blocks = match first {
                "as-is" => return Ok(blocks.bytes()),
                "stored" => blocks.stored(&bytes(rest)?),
                "final" => blocks.last_stored(&bytes(rest)?),
                _ => blocks.fixed(&block.split(' ').map(Symbols::of).collect::<Result<Vec<_>, _>>()?),
            };
        }
        Ok(blocks.message())
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

    /// A stored block; what is beyond 65535 bytes is left out.
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
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
        self.0.used = 0; // The rest of the byte is left out.
        self.0.bytes.extend([length.to_le_bytes(), (!length).to_le_bytes()].concat());
        self.0.bytes.extend(data.iter().take(length.into()));
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
            let bit = u8::from(value >> i & 1 == 1) << (self.used % 8);
            match self.bytes.last_mut() {
                Some(last) if !self.used.is_multiple_of(8) => *last |= bit,
                _ => self.bytes.push(bit),
            }
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

fn put_length(bits: &mut Bits, length: u16) {
    if length >= *MATCH.end() {
        return put_symbol(bits, 285); // has a code of its own, not the last of the scheme
    }
    let (code, extra, extra_bits) = bucket(length.clamp(*MATCH.start(), *MATCH.end()) - MATCH.start(), 2);
    put_symbol(bits, 257 + code);
    bits.put(extra, extra_bits);
}

fn put_distance(bits: &mut Bits, distance: u16) {
    let (code, extra, extra_bits) =
        bucket(distance.clamp(*DISTANCES.start(), *DISTANCES.end()) - DISTANCES.start(), 1);
    bits.put_code(code, 5);
    bits.put(extra, extra_bits);
}

/// Both tables of RFC 1951 3.2.5 follow one scheme: `2^split` codes for each power of two, the rest in extra
/// bits. Gives code, extra bits, and how many of them.
fn bucket(value: u16, split: u32) -> (u16, u16, u32) {
    let extra_bits = (16 - value.leading_zeros()).saturating_sub(split + 1);
    let code = (0..extra_bits).fold(value >> extra_bits, |code, _| code + (1 << split));
    (code, value & ((1 << extra_bits) - 1), extra_bits)
}
