//! Numbers that nobody can foresee without the key, and permutations made of them.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of an output of HMAC-SHA-256.
const BLOCK: usize = 32;

/// A keyed function (HMAC-SHA-256, RFC 2104).
#[derive(Clone)]
pub(super) struct Prf(Option<Hmac<Sha256>>);

impl fmt::Debug for Prf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Prf")
    }
}

impl Prf {
    /// With any bytes as key; HMAC takes keys of every length.
    pub(super) fn new(key: &[u8]) -> Self {
        Self(Hmac::new_from_slice(key).ok())
    }

    /// What it makes of parts, each as such.
    pub(super) fn block(&self, parts: &[&[u8]]) -> [u8; BLOCK] {
        let Some(mac) = &self.0 else { return [0; BLOCK] };
        let mut mac = mac.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }

    /// As many numbers as are asked for.
    pub(super) fn numbers(&self, parts: &[&[u8]]) -> Numbers {
        Numbers { block: self.block(parts), at: 0, next: None, count: 0 }
    }

    /// What stands for `value` among `of`, in order: all of them in one cycle (Sattolo), so none for itself where there is another.
    pub(super) fn among(&self, parts: &[&[u8]], of: &[u8], value: u8) -> u8 {
        let mut to = of.to_vec();
        let mut numbers = self.numbers(parts);
        for last in (1..to.len()).rev() {
            to.swap(last, numbers.below(last));
        }
        of.iter().position(|one| *one == value).and_then(|at| to.get(at)).copied().unwrap_or(value)
    }
}

/// A row of numbers.
pub(super) struct Numbers {
    block: [u8; BLOCK],
    at: usize,
    /// What makes further blocks of the first.
    next: Option<Prf>,
    count: u64,
}

impl Numbers {
    /// The next one, less than `most`, which is small; 0 where that is 0.
    pub(super) fn below(&mut self, most: usize) -> usize {
        if self.at + 4 > BLOCK {
            self.count += 1;
            let next = self.next.get_or_insert_with(|| Prf::new(&self.block));
            (self.block, self.at) = (next.block(&[&self.count.to_be_bytes()]), 0);
        }
        let number = self.block.get(self.at..).and_then(|rest| rest.first_chunk::<4>());
        self.at += 4;
        let number = number.map_or(0, |bytes| u32::from_be_bytes(*bytes));
        (number as usize).checked_rem(most).unwrap_or(0)
    }
}
