//! DEFLATE (RFC 1951) read for one thing: how far back its references reach.
//!
//! The decoder behind `flate2` tells no distances, and given a smaller window it still takes every reference
//! into the output of the call at hand. So the symbols are read a second time, without output: for a sender
//! alone that agreed to a smaller window or to none from message to message. Only data that the decoder has
//! taken is judged: the scanner need not refuse what is no DEFLATE, it stops.

mod code;
#[cfg(test)]
mod tests;

use code::{
    CodeLengths, DISTANCES, Distances, END_OF_BLOCK, FIXED_DISTANCES, FIXED_LITERALS, LENGTHS, Literals,
};

/// Order in which the lengths of the code of code lengths stand (RFC 1951 3.2.7).
const ORDER: [u8; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// Bits of the longest length and distance together with their extra bits: 15 + 5 + 15 + 13.
const PAIR_BITS: u32 = 48;

/// How far the references of a message reach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reach {
    /// The largest distance.
    pub(super) back: u32,
    /// The most bytes by which a reference begins before the message.
    pub(super) before_start: u32,
}

/// Reads the symbols of a message, cut anywhere, in about 4 KiB of memory.
#[derive(Debug)]
pub(super) struct Scanner {
    state: State,
    /// Bits read and not used, the next one lowest; those above `count` are 0.
    bits: u64,
    count: u32,
    /// The block is the last of its stream.
    is_final: bool,
    /// The block has codes of its own.
    is_dynamic: bool,
    literals: Literals,
    distances: Distances,
    /// Of the block with codes of its own that begins.
    head: Head,
    /// Bytes of output before the next symbol.
    position: u64,
    reach: Reach,
}

/// What comes next.
#[derive(Debug)]
enum State {
    Block,
    StoredLength,
    Stored(u32),
    Counts,
    CodeLengths,
    Symbols,
    /// Not DEFLATE.
    Stopped,
}

/// What stands before the codes of a block of its own (RFC 1951 3.2.7).
#[derive(Debug)]
struct Head {
    /// How many lengths of each code there are, and of the code of the lengths.
    literals: usize,
    distances: usize,
    own: usize,
    own_lengths: [u8; 19],
    own_read: usize,
    code: CodeLengths,
    lengths: [u8; 288 + 32],
    read: usize,
}

impl Head {
    const fn new(literals: usize, distances: usize, own: usize) -> Self {
        Self {
            literals,
            distances,
            own,
            own_lengths: [0; 19],
            own_read: 0,
            code: CodeLengths::empty(),
            lengths: [0; 288 + 32],
            read: 0,
        }
    }
}

/// What a step came to.
enum Step {
    Done,
    /// More bits are needed.
    Starved,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            state: State::Block,
            bits: 0,
            count: 0,
            is_final: false,
            is_dynamic: false,
            literals: Literals::empty(),
            distances: Distances::empty(),
            head: Head::new(0, 0, 0),
            position: 0,
            reach: Reach::default(),
        }
    }
}

impl Scanner {
    /// A message begins.
    pub(super) fn start(&mut self) {
        self.state = State::Block;
        (self.bits, self.count) = (0, 0);
        self.position = 0;
        self.reach = Reach::default();
    }

    /// How far references reached so far.
    pub(super) const fn reach(&self) -> Reach {
        self.reach
    }

    /// Bytes of the message so far.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// Reads the next bytes of the message.
    pub(super) fn push(&mut self, mut input: &[u8]) {
        loop {
            self.refill(&mut input);
            let step = match &mut self.state {
                State::Block => self.block(),
                State::StoredLength => self.stored_length(),
                State::Stored(_) => self.stored(&mut input),
                State::Counts => self.counts(),
                State::CodeLengths => self.code_lengths(&mut input),
                State::Symbols => self.symbols(&mut input),
                State::Stopped => return,
            };
            if matches!(step, Step::Starved) && input.is_empty() {
                return;
            }
        }
    }

    fn refill(&mut self, input: &mut &[u8]) {
        refill(&mut self.bits, &mut self.count, input);
    }

    fn drop_bits(&mut self, count: u32) {
        self.bits >>= count;
        self.count -= count;
    }

    fn take(&mut self, count: u32) -> Option<u32> {
        if self.count < count {
            return None;
        }
        let value = (self.bits & ((1 << count) - 1)) as u32;
        self.drop_bits(count);
        Some(value)
    }

    /// The next block begins; behind a final one at the next whole byte.
    fn end_block(&mut self) {
        if self.is_final {
            self.drop_bits(self.count % 8);
        }
        self.state = State::Block;
    }

    fn block(&mut self) -> Step {
        let Some(header) = self.take(3) else { return Step::Starved };
        self.is_final = header & 1 != 0;
        self.is_dynamic = header >> 1 == 2;
        self.state = match header >> 1 {
            0 => {
                self.drop_bits(self.count % 8);
                State::StoredLength
            }
            1 => State::Symbols,
            2 => State::Counts,
            _ => State::Stopped,
        };
        Step::Done
    }

    fn stored_length(&mut self) -> Step {
        let Some(lengths) = self.take(32) else { return Step::Starved };
        self.state = State::Stored(lengths & 0xffff);
        Step::Done
    }

    fn stored(&mut self, input: &mut &[u8]) -> Step {
        let State::Stored(left) = &mut self.state else { return Step::Done };
        let buffered = (self.count / 8).min(*left);
        let unread = usize::try_from(*left - buffered).unwrap_or(usize::MAX).min(input.len());
        *left -= buffered + unread as u32;
        let over = *left == 0;
        self.position = self.position.saturating_add(u64::from(buffered) + unread as u64);
        *input = input.get(unread..).unwrap_or_default();
        self.drop_bits(buffered * 8);
        if over {
            self.end_block();
        }
        if over { Step::Done } else { Step::Starved }
    }

    fn counts(&mut self) -> Step {
        let Some(counts) = self.take(14) else { return Step::Starved };
        let counts = counts as usize;
        self.head = Head::new(257 + (counts & 31), 1 + (counts >> 5 & 31), 4 + (counts >> 10));
        self.state = State::CodeLengths;
        Step::Done
    }

    fn code_lengths(&mut self, input: &mut &[u8]) -> Step {
        while self.head.own_read < self.head.own {
            self.refill(input);
            let Some(length) = self.take(3) else { return Step::Starved };
            let head = &mut self.head;
            head.own_lengths[usize::from(ORDER[head.own_read])] = length as u8;
            head.own_read += 1;
            if head.own_read == head.own && !head.code.build(&head.own_lengths) {
                self.state = State::Stopped;
                return Step::Done;
            }
        }
        let all = self.head.literals + self.head.distances;
        while self.head.read < all {
            self.refill(input);
            match self.code_length(all) {
                Some(Step::Done) => {}
                Some(Step::Starved) => return Step::Starved,
                None => {
                    self.state = State::Stopped;
                    return Step::Done;
                }
            }
        }
        let (literals, distances) = self.head.lengths[..all].split_at(self.head.literals);
        let sound = self.literals.build(literals) && self.distances.build(distances);
        self.state = if sound { State::Symbols } else { State::Stopped };
        Step::Done
    }

    /// One symbol of the code of code lengths, of which there are `all`; `None` for what is no DEFLATE.
    fn code_length(&mut self, all: usize) -> Option<Step> {
        let Some((symbol, used)) = self.head.code.read(self.bits) else {
            return (self.count < 7).then_some(Step::Starved);
        };
        let (least, extra) = match symbol {
            16 => (3, 2),
            17 => (3, 3),
            18 => (11, 7),
            _ => (1, 0),
        };
        if self.count < used + extra {
            return Some(Step::Starved);
        }
        self.drop_bits(used);
        let times = least + self.take(extra)? as usize;
        let Head { lengths, read, .. } = &mut self.head;
        let length = match symbol {
            16 => *lengths.get(read.checked_sub(1)?)?,
            17 | 18 => 0,
            length => length as u8,
        };
        let end = *read + times;
        if end > all {
            return None;
        }
        lengths[*read..end].fill(length);
        *read = end;
        Some(Step::Done)
    }

    /// Literals and references to the end of the block.
    fn symbols(&mut self, input: &mut &[u8]) -> Step {
        let (literals, distances) = if self.is_dynamic {
            (&self.literals, &self.distances)
        } else {
            (&FIXED_LITERALS, &FIXED_DISTANCES)
        };
        let (mut bits, mut count) = (self.bits, self.count);
        let (mut position, mut reach) = (self.position, self.reach);
        let ending = loop {
            if count < PAIR_BITS {
                refill(&mut bits, &mut count, input);
                // Most symbols are short, and come one after the other.
                while count >= PAIR_BITS
                    && let Some(used) = literals.short_literal(bits)
                {
                    bits >>= used;
                    count -= used;
                    position = position.saturating_add(1);
                    if let Some(used) = literals.short_literal(bits) {
                        bits >>= used;
                        count -= used;
                        position = position.saturating_add(1);
                    }
                    refill(&mut bits, &mut count, input);
                }
            }
            let Some((symbol, used)) = literals.read(bits) else {
                break if count < PAIR_BITS { Ending::Starved } else { Ending::Stopped };
            };
            if used > count {
                break Ending::Starved;
            }
            if symbol < END_OF_BLOCK {
                bits >>= used;
                count -= used;
                position = position.saturating_add(1);
                continue;
            }
            if symbol == END_OF_BLOCK {
                bits >>= used;
                count -= used;
                break Ending::Block;
            }
            let Some(&(base, extra)) = LENGTHS.get(usize::from(symbol - END_OF_BLOCK - 1)) else {
                break Ending::Stopped;
            };
            let mut pair = used + u32::from(extra);
            let length = u32::from(base) + (bits >> used) as u32 % (1 << extra);
            let Some((symbol, used)) = distances.read(bits >> pair) else {
                break if count < PAIR_BITS { Ending::Starved } else { Ending::Stopped };
            };
            pair += used;
            if pair > count {
                break Ending::Starved;
            }
            let Some(&(base, extra)) = DISTANCES.get(usize::from(symbol)) else { break Ending::Stopped };
            let distance = u32::from(base) + (bits >> pair) as u32 % (1 << extra);
            pair += u32::from(extra);
            if pair > count {
                break Ending::Starved;
            }
            bits >>= pair;
            count -= pair;
            reach.back = reach.back.max(distance);
            if u64::from(distance) > position {
                reach.before_start = reach.before_start.max(distance - position as u32);
            }
            position = position.saturating_add(u64::from(length));
        };
        (self.bits, self.count) = (bits, count);
        (self.position, self.reach) = (position, reach);
        match ending {
            Ending::Block => self.end_block(),
            Ending::Starved => return Step::Starved,
            Ending::Stopped => self.state = State::Stopped,
        }
        Step::Done
    }
}

/// Why reading symbols ended.
enum Ending {
    Block,
    Starved,
    Stopped,
}

/// Takes bytes while there is room for a whole one: 56 bits at least, as long as there is input.
#[inline]
fn refill(bits: &mut u64, count: &mut u32, input: &mut &[u8]) {
    if let Some((chunk, _)) = input.split_first_chunk::<8>() {
        let bytes = (63 - *count) / 8;
        *bits |= (u64::from_le_bytes(*chunk) & ((1 << (bytes * 8)) - 1)) << *count;
        *count += bytes * 8;
        *input = input.get(bytes as usize..).unwrap_or_default();
        return;
    }
    while *count <= 55
        && let Some((&byte, rest)) = input.split_first()
    {
        *bits |= u64::from(byte) << *count;
        *count += 8;
        *input = rest;
    }
}
