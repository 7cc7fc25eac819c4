//! Field blocks (HPACK, RFC 7541): one decoder for each direction of a connection.
//!
//! ```text
//! block   = *( indexed / literal / update )
//! indexed = %b1 integer(7)
//! literal = ( %b01 integer(6) / %b0000 integer(4) / %b0001 integer(4) ) [ string ] string   ; index 0: the name follows
//! update  = %b001 integer(5)
//! string  = huffman(1) integer(7) *OCTET
//! ```
//!
//! Where the recording begins in the middle, the table lacks what was put there before: what an index stands for is then
//! `None`, the entries that came later are known all the same.

mod table;

use std::sync::Arc;

use nom::bytes::complete::take;
use nom::number::complete::be_u8;
use nom::{IResult, Parser};

use httlib_huffman::DecoderSpeed;
use table::{Entry, Table, Text};

/// Table size until SETTINGS say otherwise (RFC 9113 6.5.2).
const DEFAULT_SIZE: u64 = 4096;

/// Bytes of an integer behind its prefix: enough for 2^28.
const MAX_INTEGER: usize = 4;

/// A field of a block. `None` is what stands in a part of the table that the recording does not show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, in lower case in a sound block.
    pub name: Option<Arc<[u8]>>,
    /// Its value.
    pub value: Option<Arc<[u8]>>,
}

impl Field {
    /// That of which nothing is known.
    pub(super) const UNKNOWN: Self = Self { name: None, value: None };

    /// What it counts for in the size of a list (RFC 9113 6.5.2).
    pub(super) fn size(&self) -> u64 {
        table::size(self.name.as_ref(), self.value.as_ref())
    }
}

/// Why a block could not be read; the table is lost with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bad {
    /// It is no field block.
    Syntax,
    /// An index that there is not, in a table of which everything is known.
    Index,
    /// A table larger than was agreed.
    Size,
}

/// The decoder of one direction.
#[derive(Debug)]
pub(super) struct Decoder {
    table: Table,
    /// The most that the reader of the blocks ever allowed: when its SETTINGS reach the encoder is not known.
    allowed: u64,
    /// Everything that was put into the table was seen.
    is_whole: bool,
    /// Most bytes that the table takes here, whatever is agreed.
    cap: u64,
}

/// What became of a block.
#[derive(Debug, Default)]
pub(super) struct Block {
    /// In its order, up to the cap.
    pub(super) fields: Vec<Field>,
    /// Fields beyond the cap.
    pub(super) left_out: u64,
}

impl Decoder {
    /// `is_whole`: the connection begins in the recording.
    pub(super) const fn new(is_whole: bool, cap: u64) -> Self {
        Self { table: Table::new(DEFAULT_SIZE), allowed: DEFAULT_SIZE, is_whole, cap }
    }

    /// The reader of the blocks allows tables of such a size (SETTINGS_HEADER_TABLE_SIZE).
    /// The table changes where the encoder says so in a block (RFC 7541 4.2): those on their way still use the old one.
    pub(super) fn allow(&mut self, size: u32) {
        self.allowed = self.allowed.max(u64::from(size));
    }

    /// What was put into the table so far is not known any more.
    pub(super) fn forget(&mut self) {
        self.table.clear();
        self.is_whole = false;
    }

    /// Bytes of memory behind it.
    pub(super) fn held(&self) -> usize {
        self.table.held()
    }

    /// Reads a block, of which fields of `max_bytes` in all are kept (names, values and 32 for each, as RFC 9113 6.5.2 counts).
    pub(super) fn decode(&mut self, block: &[u8], max_bytes: u64) -> Result<Block, Bad> {
        let mut out = Block::default();
        let mut kept: u64 = 0;
        let mut input = block;
        while let Some(&first) = input.first() {
            let (rest, field) = self.field(first, input)?;
            input = rest;
            let Some(entry) = field else { continue };
            kept = kept.saturating_add(entry.size());
            if kept <= max_bytes {
                out.fields.push(Field { name: entry.name, value: entry.value });
            } else {
                out.left_out += 1;
            }
        }
        Ok(out)
    }

    fn field<'a>(&mut self, first: u8, input: &'a [u8]) -> Result<(&'a [u8], Option<Entry>), Bad> {
        let syntax = |_| Bad::Syntax;
        if first & 0x80 != 0 {
            let (rest, index) = integer(7)(input).map_err(syntax)?;
            return Ok((rest, Some(self.get(index)?)));
        }
        if first & 0xe0 == 0x20 {
            let (rest, size) = integer(5)(input).map_err(syntax)?;
            if size > self.allowed && self.is_whole {
                return Err(Bad::Size);
            }
            // Then it lacks what the peers' has.
            self.is_whole &= size <= self.cap;
            self.table.resize(size.min(self.cap));
            return Ok((rest, None));
        }
        let is_indexed = first & 0x40 != 0;
        let (rest, index) = integer(if is_indexed { 6 } else { 4 })(input).map_err(syntax)?;
        let (rest, name) = match index {
            0 => {
                let (rest, name) = string(rest).map_err(syntax)?;
                (rest, Some(name))
            }
            index => (rest, self.get(index)?.name),
        };
        let (rest, value) = string(rest).map_err(syntax)?;
        let entry = Entry { name, value: Some(value) };
        if is_indexed {
            self.table.add(entry.clone());
        }
        Ok((rest, Some(entry)))
    }

    /// What an index stands for.
    fn get(&self, index: u64) -> Result<Entry, Bad> {
        match self.table.get(index) {
            Some(entry) => Ok(entry),
            None if index == 0 || self.is_whole => Err(Bad::Index),
            None => Ok(Entry { name: None, value: None }),
        }
    }
}

/// An integer with a prefix of so many bits (RFC 7541 5.1).
fn integer(bits: u8) -> impl Fn(&[u8]) -> IResult<&[u8], u64, ()> {
    move |input| {
        let (mut input, first) = be_u8(input)?;
        let mask = 0xff_u8 >> (8 - bits);
        let mut value = u64::from(first & mask);
        if value < u64::from(mask) {
            return Ok((input, value));
        }
        for at in 0..MAX_INTEGER {
            let (rest, byte) = be_u8(input)?;
            input = rest;
            value += u64::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                return Ok((input, value));
            }
        }
        Err(nom::Err::Error(()))
    }
}

/// A string, in plain or in the Huffman code (RFC 7541 5.2).
fn string(input: &[u8]) -> IResult<&[u8], Text, ()> {
    let is_coded = input.first().is_some_and(|first| first & 0x80 != 0);
    let (input, len) = integer(7)(input)?;
    let (input, bytes) = take(len).parse(input)?;
    if !is_coded {
        return Ok((input, bytes.into()));
    }
    // The shortest code has five bits.
    let mut text = Vec::with_capacity(bytes.len().saturating_mul(8) / 5);
    match httlib_huffman::decode(bytes, &mut text, DecoderSpeed::FourBits) {
        Ok(()) => Ok((input, text.into())),
        Err(_) => Err(nom::Err::Error(())),
    }
}

#[cfg(test)]
mod tests;
