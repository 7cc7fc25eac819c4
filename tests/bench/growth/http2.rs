//! Captures made to hurt what reads HTTP/2: those of `support/hostile/http2.rs`, scaled down.

use super::support::hostile::{HTTP2, as_file};
use super::{Made, Shape};

/// How much of some is once.
const ONCE: &[(&str, usize)] = &[
    ("h2-resets", 3_000),
    ("h2-ends", 2_000),
    ("h2-tables", 1_000),
    ("h2-heads", 2_000),
    ("h2-holes", 3_000),
    ("h2-messages", 5_000),
];

/// Of any other.
const MANY: usize = 20_000;

pub(super) fn shapes() -> impl Iterator<Item = Shape> {
    HTTP2.iter().map(|&(name, _, make)| {
        let once = ONCE.iter().find(|row| row.0 == name).map_or(MANY, |row| row.1);
        Shape::new(name, once, move |n| {
            let mut file = Vec::new();
            as_file(make, n as u64, &mut |bytes| file.extend_from_slice(bytes));
            Made::capture(file)
        })
    })
}
