//! Huffman codes of DEFLATE (RFC 1951 3.2.2): lengths in, symbols out.

const MAX_BITS: usize = 15;

/// The symbol behind the literals.
pub(super) const END_OF_BLOCK: u16 = 256;

/// Shortest match, and extra bits, of the length symbols from 257 on (RFC 1951 3.2.5).
pub(super) const LENGTHS: [(u16, u8); 29] = {
    let mut table = [(0, 0); 29];
    let (mut symbol, mut length) = (0, 3);
    while symbol < 28 {
        let extra = if symbol < 8 { 0 } else { symbol / 4 - 1 };
        table[symbol] = (length, extra as u8);
        length += 1 << extra;
        symbol += 1;
    }
    table[28] = (258, 0);
    table
};

/// Shortest distance, and extra bits, of the distance symbols.
pub(super) const DISTANCES: [(u16, u8); 30] = {
    let mut table = [(0, 0); 30];
    let (mut symbol, mut distance) = (0, 1);
    while symbol < 30 {
        let extra = if symbol < 4 { 0 } else { symbol / 2 - 1 };
        table[symbol] = (distance, extra as u8);
        distance += 1 << extra;
        symbol += 1;
    }
    table
};

/// Of literals and lengths: two symbols more than may be used, for the fixed code has them.
pub(super) type Literals = Code<288, 1024>;
/// Of distances, likewise.
pub(super) type Distances = Code<32, 256>;
/// Of code lengths.
pub(super) type CodeLengths = Code<19, 128>;

/// The code of literals and lengths of blocks without codes of their own (RFC 1951 3.2.6).
pub(super) static FIXED_LITERALS: Literals = {
    let mut lengths = [8; 288];
    let mut symbol = 144;
    while symbol < 280 {
        lengths[symbol] = if symbol < 256 { 9 } else { 7 };
        symbol += 1;
    }
    let mut code = Literals::empty();
    assert!(code.build(&lengths));
    code
};

/// Their code of distances.
pub(super) static FIXED_DISTANCES: Distances = {
    let mut code = Distances::empty();
    assert!(code.build(&[5; 32]));
    code
};

/// A code: short ones by a table of the next bits, `TABLE` being a power of two, longer ones bit by bit.
#[derive(Debug)]
pub(super) struct Code<const SYMBOLS: usize, const TABLE: usize> {
    /// By the next bits, the first one lowest: symbol and, in the low four bits, length of the code that begins
    /// so; 0 for none, and for those the table is too small for.
    table: [u16; TABLE],
    /// How many codes of each length there are.
    counts: [u16; MAX_BITS + 1],
    /// Symbols in the order of their codes.
    symbols: [u16; SYMBOLS],
}

impl<const SYMBOLS: usize, const TABLE: usize> Code<SYMBOLS, TABLE> {
    /// No code at all.
    pub(super) const fn empty() -> Self {
        Self { table: [0; TABLE], counts: [0; MAX_BITS + 1], symbols: [0; SYMBOLS] }
    }

    /// The code in which symbol `n` has `lengths[n]` bits, 0 being none; false if there is no such code. There are
    /// `SYMBOLS` lengths at the most, of up to 15 bits.
    pub(super) const fn build(&mut self, lengths: &[u8]) -> bool {
        self.table = [0; TABLE];
        self.counts = [0; MAX_BITS + 1];
        let mut symbol = 0;
        while symbol < lengths.len() {
            self.counts[lengths[symbol] as usize] += 1;
            symbol += 1;
        }
        self.counts[0] = 0;
        let mut code = [0_u32; MAX_BITS + 1];
        let mut place = [0_u16; MAX_BITS + 1];
        let mut length = 1;
        while length <= MAX_BITS {
            let shorter = self.counts[length - 1];
            code[length] = (code[length - 1] + shorter as u32) << 1;
            if code[length] + self.counts[length] as u32 > 1 << length {
                return false;
            }
            place[length] = place[length - 1] + shorter;
            length += 1;
        }
        symbol = 0;
        while symbol < lengths.len() {
            let length = lengths[symbol] as usize;
            if length > 0 {
                self.symbols[place[length] as usize] = symbol as u16;
                place[length] += 1;
                let step = 1 << length;
                // A code stands in the data with its first bit first.
                let mut at = (code[length].reverse_bits() >> (32 - length)) as usize;
                code[length] += 1;
                while step <= TABLE && at < TABLE {
                    self.table[at] = (symbol << 4 | length) as u16;
                    at += step;
                }
            }
            symbol += 1;
        }
        true
    }

    /// The symbol whose code begins `bits`, and how many of them it takes.
    #[inline]
    pub(super) fn read(&self, bits: u64) -> Option<(u16, u32)> {
        let entry = self.table[bits as usize % TABLE];
        if entry != 0 { Some((entry >> 4, u32::from(entry & 15))) } else { self.read_long(bits) }
    }

    /// Bits of the code of a literal that begins `bits`, if it is one of those in the table.
    #[inline]
    pub(super) fn short_literal(&self, bits: u64) -> Option<u32> {
        let entry = self.table[bits as usize % TABLE];
        (entry != 0 && entry < END_OF_BLOCK << 4).then_some(u32::from(entry & 15))
    }

    fn read_long(&self, bits: u64) -> Option<(u16, u32)> {
        let (mut code, mut first, mut place) = (0_u32, 0_u32, 0_u32);
        for length in 1..=MAX_BITS {
            code |= (bits >> (length - 1) & 1) as u32;
            let count = u32::from(self.counts[length]);
            if let Some(nth) = code.checked_sub(first).filter(|nth| *nth < count) {
                let symbol = self.symbols.get((place + nth) as usize)?;
                return Some((*symbol, length as u32));
            }
            place += count;
            first = (first + count) << 1;
            code <<= 1;
        }
        None
    }
}
