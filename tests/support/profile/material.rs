//! What messages are made of: words, records of a feed, bytes without a pattern.

use std::fmt::Write;

use super::super::rng::Rng;

const SYLLABLES: [&str; 20] = [
    "ka", "lo", "mi", "ter", "an", "re", "so", "vi", "en", "du", "pra", "tic", "al", "on", "be", "ing", "st",
    "or", "qu", "ex",
];

/// Words of more than one byte a character, one in `BEYOND_ASCII`.
const OTHERS: [&str; 7] = ["café", "日本語", "naïve", "😀", "привет", "€", "αβγ"];
const BEYOND_ASCII: usize = 40;

/// Made once; messages take slices of it.
#[derive(Clone, Debug)]
pub struct Material {
    text: String,
    /// Where the words of `text` begin.
    words: Vec<usize>,
    bytes: Vec<u8>,
    symbols: Vec<String>,
}

impl Material {
    /// The same everywhere.
    pub fn new() -> Self {
        let mut rng = Rng::new(7692);
        let mut made_of = |low, high| -> String {
            (0..rng.between(low, high)).map(|_| SYLLABLES[rng.below(SYLLABLES.len())]).collect()
        };
        let known: Vec<String> = (0..3_000).map(|_| made_of(1, 4)).collect();
        let symbols = (0..400).map(|_| made_of(1, 2).to_uppercase()).collect();
        let (mut text, mut words) = (String::new(), Vec::new());
        for _ in 0..60_000 {
            words.push(text.len());
            // The product favours the first ones, as language does.
            let common = rng.below(known.len()) * rng.below(known.len()) / known.len();
            let other = rng.below(BEYOND_ASCII * OTHERS.len());
            text.push_str(OTHERS.get(other).copied().unwrap_or(&known[common]));
            text.push(' ');
        }
        let bytes = (0..1 << 17).flat_map(|_| rng.word().to_le_bytes()).collect();
        Self { text, words, bytes, symbols }
    }

    /// Words of at least `len` bytes together.
    pub fn words(&self, rng: &mut Rng, len: usize) -> &str {
        let last = self.words.partition_point(|at| at + len < self.text.len());
        let from = self.words[rng.below(last)];
        let after = self.words.partition_point(|at| *at < from + len);
        &self.text[from..self.words.get(after).copied().unwrap_or(self.text.len())]
    }

    /// A JSON object of about `low` to `high` bytes, as a chat sends it.
    pub fn chat(&self, rng: &mut Rng, low: usize, high: usize) -> String {
        let len = rng.between(low, high);
        let mut json = format!("{{\"id\":{},\"u\":\"u{:06x}\"", rng.below(1 << 20), rng.below(1 << 24));
        if len > 110 {
            let (at, room) = (time(rng), rng.below(512));
            let _ = write!(json, ",\"t\":{at},\"room\":\"room-{room}\"");
        }
        let rest = len.saturating_sub(json.len() + 8).max(4);
        let _ = write!(json, ",\"b\":\"{}\"}}", self.words(rng, rest));
        json
    }

    /// A JSON array of records of at least `len` bytes, as a market sends it: it compresses well.
    pub fn feed(&self, rng: &mut Rng, len: usize) -> String {
        let (mut json, mut at) = (String::from("["), time(rng));
        while json.len() < len {
            if json.len() > 1 {
                json.push(',');
            }
            at += rng.word() % 1_000;
            if rng.below(8) == 0 {
                let note = self.words(rng, 60);
                let _ =
                    write!(json, "{{\"note\":\"{note}\",\"user\":\"u{:06x}\"}}", rng.below(4_096) * 4_093);
                continue;
            }
            let symbol = &self.symbols[rng.below(self.symbols.len())];
            let (price, size) = (rng.below(1_000), rng.below(64) * 100);
            let (bid, ask) = (rng.below(100), rng.below(100));
            let _ = write!(
                json,
                "{{\"sym\":\"{symbol}\",\"bid\":{price}.{bid:02},\"ask\":{}.{ask:02},\"size\":{size},\"ts\":{at}}}",
                price + 1
            );
        }
        json.push(']');
        json
    }

    /// Bytes that do not compress, up to a mebibyte.
    pub fn bytes(&self, rng: &mut Rng, len: usize) -> &[u8] {
        let from = rng.below(self.bytes.len() - len + 1);
        &self.bytes[from..from + len]
    }
}

/// Milliseconds since 1970.
fn time(rng: &mut Rng) -> u64 {
    1_700_000_000_000 + rng.word() % (1 << 30)
}
