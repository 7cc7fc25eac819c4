//! What stands for what where names are replaced, as CSV: the one output that has the originals in it.

use crate::views::csv;
use crate::views::row::{Text, row};

row! {
    /// A name, and what stands for it.
    struct Replacement<'n>(original: &'n str, replacement: &'n str);

    /// The name, in small letters.
    original: Text = original,
    /// What stands for it.
    replacement: Text = replacement,
}

/// A line for each.
#[must_use]
pub fn document<'n>(names: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<u8> {
    let mut out = Vec::new();
    csv::header(&mut out, Replacement::FIELDS);
    names.for_each(|(from, to)| csv::row(&mut out, Replacement(from, to)));
    out
}
