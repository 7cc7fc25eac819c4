//! How many, in words.

/// `1 frame`, `2 frames`, `0 frames`.
#[must_use]
pub fn count(n: u64, noun: &str) -> String {
    format!("{n} {noun}{}", if n == 1 { "" } else { "s" })
}
