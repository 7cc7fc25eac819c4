//! Secrets that were found, looked for in whatever else quotes the wire.

use std::ops::Range;

use crate::redact::mark;

/// So many secrets of a connection are looked for.
const MAX: usize = 256;

/// Bytes by which a secret is known although its end was cut off.
const CUT: usize = 8;

/// Bytes at the start of a secret that are looked up first; none is shorter.
const START: usize = 4;

/// Texts, each of [`START`] bytes at least, in order.
#[derive(Debug, Default)]
pub(super) struct FoundSecrets {
    secrets: Vec<String>,
    /// What they begin with, each once.
    firsts: Vec<u8>,
    /// A bit for each hash of a start.
    starts: Option<Box<[u64; 64]>>,
}

impl FoundSecrets {
    pub(super) const fn is_empty(&self) -> bool {
        self.secrets.is_empty()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.secrets.iter().map(String::as_str)
    }

    /// Adds a secret, up to their cap.
    pub(super) fn insert(&mut self, secret: &str) {
        if let Err(at) = self.secrets.binary_search_by(|known| known.as_str().cmp(secret))
            && let Some(start) = secret.as_bytes().first_chunk()
            && self.secrets.len() < MAX
        {
            self.secrets.insert(at, secret.to_owned());
            if !self.firsts.contains(&start[0]) {
                self.firsts.push(start[0]);
            }
            let (word, bit) = place(start);
            self.starts.get_or_insert_with(|| Box::new([0; 64]))[word] |= bit;
        }
    }

    /// What is left of `text`; `None` where that is all of it.
    pub(super) fn without(&self, text: &str) -> Option<String> {
        let mut found = self.next(text.as_bytes(), 0)?;
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        loop {
            // Secrets are text, and so is what they begin and end between.
            out.push_str(text.get(end..found.start).unwrap_or_default());
            out.push_str(&mark(found.len()));
            end = found.end;
            let Some(next) = self.next(text.as_bytes(), end) else { break };
            found = next;
        }
        out.push_str(text.get(end..).unwrap_or_default());
        Some(out)
    }

    /// Where from `from` on the next secret stands, or several that overlap.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<Range<usize>> {
        let len_at = |at: usize| self.at_start(text.get(at..)?);
        let mut start = self.next_start(text, from)?;
        let mut end = loop {
            match len_at(start) {
                Some(len) => break start + len,
                None => start = self.next_start(text, start + 1)?,
            }
        };
        let mut at = start;
        while let Some(next) = self.next_start(text, at + 1).filter(|next| *next < end) {
            at = next;
            end = end.max(at + len_at(at).unwrap_or(0));
        }
        Some(start..end)
    }

    /// Where from `from` on a secret may begin.
    fn next_start(&self, text: &[u8], mut from: usize) -> Option<usize> {
        let starts = self.starts.as_deref()?;
        let is_start = |start: &[u8; START]| {
            let (word, bit) = place(start);
            starts[word] & bit != 0
        };
        loop {
            let rest = text.get(from..)?;
            from += match *self.firsts {
                [a] => memchr::memchr(a, rest),
                [a, b] => memchr::memchr2(a, b, rest),
                [a, b, c] => memchr::memchr3(a, b, c, rest),
                _ => Some(0),
            }?;
            if is_start(text.get(from..)?.first_chunk()?) {
                return Some(from);
            }
            from += 1;
        }
    }

    /// Length of the longest secret that `text` begins with, or of what is left of one that it ends in.
    fn at_start(&self, text: &[u8]) -> Option<usize> {
        let before = |text: &[u8]| self.secrets.partition_point(|secret| secret.as_bytes() <= text);
        let mut at = before(text);
        let is_cut = |secret: &String| secret.as_bytes().starts_with(text);
        if text.len() >= CUT && self.secrets.get(at).is_some_and(is_cut) {
            return Some(text.len());
        }
        // The last one in order that is not behind `text` begins with whichever `text` begins with.
        loop {
            let secret = self.secrets.get(at.checked_sub(1)?)?.as_bytes();
            let common = secret.iter().zip(text).take_while(|(a, b)| a == b).count();
            if common == secret.len() {
                return Some(common);
            }
            at = before(text.get(..common)?);
        }
    }
}

/// Word and bit of the hash of a start.
fn place(start: &[u8; START]) -> (usize, u64) {
    let hash = u32::from_le_bytes(*start).wrapping_mul(0x9e37_79b1) >> 20;
    (hash as usize / 64, 1 << (hash % 64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(secrets: &[&str]) -> FoundSecrets {
        let mut known = FoundSecrets::default();
        secrets.iter().for_each(|secret| known.insert(secret));
        known
    }

    #[test]
    fn texts() {
        let known = known(&["secret-1", "secret-1-long", "-long-and-other", "abcdefghijkl"]);
        for (text, expected) in [
            ("", None),
            ("secret-2 and lon", None),
            ("a secret-1.", Some("a <redacted 8 bytes>.")),
            ("secret-1secret-1-lon.", Some("<redacted 8 bytes><redacted 8 bytes>-lon.")),
            ("é secret-1-long é", Some("é <redacted 13 bytes> é")),
            ("overlap secret-1-long-and-other s", Some("overlap <redacted 23 bytes> s")),
            ("cut abcdefgh", Some("cut <redacted 8 bytes>")),
            ("not cut abcdefg", None),
            ("not whole abcdefgh.", None),
        ] {
            assert_eq!(known.without(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn so_many_are_looked_for() {
        let mut known = FoundSecrets::default();
        (0..=MAX).for_each(|n| known.insert(&format!("secret-{n:03}")));
        assert!(known.without("secret-000").is_some() && known.without("secret-255").is_some());
        assert_eq!(known.without("secret-256"), None);
    }

    proptest! {
        #[test]
        fn every_byte_of_a_secret_is_found_and_no_other(
            secrets in prop::collection::vec("[a-e][ab]{5,10}", 1..8),
            pieces in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, 0_usize..12), 0..8),
        ) {
            let piece = |(of, from, to): &(prop::sample::Index, usize, usize)| {
                let secret = of.get(&secrets);
                secret.get(*from..secret.len().min(*to)).unwrap_or("b").to_owned()
            };
            let text: String = pieces.iter().map(piece).collect();
            let known = known(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
            let mut expected = vec![false; text.len()];
            for at in 0..text.len() {
                for secret in &secrets {
                    let rest = &text[at..];
                    let len = match secret.strip_prefix(rest) {
                        _ if rest.starts_with(secret) => secret.len(),
                        Some(_) if rest.len() >= CUT => rest.len(),
                        _ => 0,
                    };
                    expected[at..at + len].fill(true);
                }
            }
            let mut found = vec![false; text.len()];
            let mut from = 0;
            while let Some(range) = known.next(text.as_bytes(), from) {
                prop_assert!(range.start >= from && !range.is_empty());
                from = range.end;
                found[range].fill(true);
            }
            prop_assert_eq!(found, expected);
        }
    }
}
