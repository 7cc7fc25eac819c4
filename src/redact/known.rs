//! Secrets that are known, looked for in whatever else quotes the wire, in each encoding that it may quote them in.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// So many bytes of secrets are looked for, which no opening handshake has.
const MAX_BYTES: usize = 2 << 20;

/// Secrets shorter than this are not looked for: they would be found everywhere.
pub(super) const SHORTEST: usize = 6;

/// Shorter ones are found as whole words only.
const INSIDE: usize = 12;

/// Bytes by which a secret is known although its end was cut off: at the end of a text, and elsewhere.
const CUT: usize = 8;
const BEGUN: usize = 16;

/// Bytes compared for each of a text, before overlaps are passed over.
const STEPS: usize = 8;

/// Bytes that are looked up first; none is shorter.
const GRAM: usize = 4;

/// Bits for their hashes.
const BITS: usize = 1 << 14;

/// A secret in one encoding, and its number.
type Form = (Box<[u8]>, u32);

/// Where a secret stands, and its number.
pub(super) type Found = (Range<usize>, u32);

/// Secrets in the encodings they are looked for in, in order once they are [`ready`](Self::ready).
#[derive(Debug, Default)]
pub(super) struct Known {
    forms: Vec<Form>,
    bytes: usize,
    grams: Option<Box<Grams>>,
}

/// What secrets begin with. What a text has of one is [`least`](Self::least) bytes long, so one of any
/// [`stride`](Self::stride) places in a row tells whether one may begin there or a little before.
#[derive(Debug)]
struct Grams {
    /// The shortest form, or the bytes by which all are known.
    least: usize,
    /// Those at the very start of a form.
    first: [u64; BITS / 64],
    /// Those that begin in its first bytes.
    any: [u64; BITS / 64],
}

impl Grams {
    const NONE: Self = Self { least: CUT, first: [0; BITS / 64], any: [0; BITS / 64] };

    fn insert(&mut self, form: &[u8]) {
        self.least = self.least.min(form.len());
        for (at, gram) in form.windows(GRAM).take(CUT - GRAM + 1).enumerate() {
            let Some((word, bit)) = place(gram) else { continue };
            self.any[word] |= bit;
            self.first[word] |= if at == 0 { bit } else { 0 };
        }
    }

    const fn stride(&self) -> usize {
        self.least - GRAM + 1
    }

    /// Where from `from` on a secret may begin.
    fn next_start(&self, text: &[u8], from: usize) -> Option<usize> {
        let is_in = |bits: &[u64; BITS / 64], at: usize| {
            place(text.get(at..)?).map(|(word, bit)| bits[word] & bit != 0)
        };
        let mut at = from;
        while let Some(is_any) = is_in(&self.any, at) {
            if is_any {
                let mut starts = from.max(at.saturating_sub(self.stride() - 1))..=at;
                let start = starts.find(|start| is_in(&self.first, *start) == Some(true));
                if start.is_some() {
                    return start;
                }
            }
            at += self.stride();
        }
        None
    }
}

impl Known {
    /// Adds a secret, decoded, in all its encodings.
    pub(super) fn insert(&mut self, secret: &str, number: u32) {
        if secret.len() < SHORTEST || self.bytes > MAX_BYTES {
            return;
        }
        self.form(secret.as_bytes(), number);
        for form in encodings(secret) {
            if form != secret && form.len() >= SHORTEST {
                self.form(form.as_bytes(), number);
            }
        }
    }

    fn form(&mut self, form: &[u8], number: u32) {
        self.grams.get_or_insert_with(|| Box::new(Grams::NONE)).insert(form);
        self.bytes += form.len();
        self.forms.push((form.into(), number));
    }

    /// To be called before anything is looked for, when all are known.
    pub(super) fn ready(&mut self) {
        self.forms.sort_unstable();
        self.forms.dedup_by(|a, b| a.0 == b.0);
    }

    /// Where secrets stand, in order; those that overlap are told apart.
    ///
    /// Where they overlap again and again, as in a text of one letter, only the last bytes of a match are looked at for the
    /// next: the time is that of the text.
    pub(super) fn find(&self, text: &[u8], out: &mut Vec<Found>) {
        let Some(grams) = self.grams.as_deref() else { return };
        let (mut from, mut end) = (0, 0);
        let mut steps = STEPS.saturating_mul(text.len()).saturating_add(1 << 16);
        while let Some(at) = grams.next_start(text, from) {
            from = at + 1;
            if (steps > 0 || at + BEGUN >= end)
                && let Some((len, number)) = self.at_start(text, at)
            {
                steps = steps.saturating_sub(len);
                if at + len > end {
                    end = at + len;
                    out.push((at..end, number));
                }
            }
        }
    }

    /// How much of the secret that shares most with `text` from `at` on stands there, where that is enough.
    fn at_start(&self, text: &[u8], at: usize) -> Option<(usize, u32)> {
        let rest = text.get(at..)?;
        let behind = self.forms.partition_point(|(form, _)| **form <= *rest);
        let is_word = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
        let before = at.checked_sub(1).and_then(|before| text.get(before));
        let shared_with = |form: &[u8]| form.iter().zip(rest).take_while(|(a, b)| a == b).count();
        let found = |(form, number): &Form| {
            let common = shared_with(form);
            let is_it = if common == form.len() {
                common >= INSIDE || !is_word(before) && !is_word(rest.get(common))
            } else {
                common >= BEGUN || common == rest.len() && common >= CUT
            };
            is_it.then_some((common, *number))
        };
        // The longest that `text` begins with is not behind it in order; what `text` is the beginning of is.
        let mut best = self.forms.get(behind).and_then(found);
        let mut at = behind;
        let mut shared = usize::MAX;
        while let Some(form) = at.checked_sub(1).and_then(|at| self.forms.get(at)) {
            let common = shared_with(&form.0);
            if common < GRAM || best.is_some_and(|(len, _)| len >= common) {
                break;
            }
            best = found(form).or(best);
            if common == form.0.len() || common >= shared {
                break;
            }
            shared = common;
            at = self.forms.partition_point(|(form, _)| **form <= *rest.get(..common).unwrap_or_default());
        }
        best
    }
}

/// Word and bit of the hash of what `text` begins with; `None` where that is too short.
fn place(text: &[u8]) -> Option<(usize, u64)> {
    let hash = u32::from_le_bytes(*text.first_chunk::<GRAM>()?).wrapping_mul(0x9e37_79b1);
    let at = hash as usize >> (32 - BITS.ilog2());
    Some((at / 64, 1 << (at % 64)))
}

/// How a secret may be quoted: in a URI, in JSON, in digits, in base64 among other bytes.
fn encodings(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut out = Vec::new();
    let is_unreserved = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~');
    let is_of_path = |b: u8| {
        let is_delimiter = matches!(b, b'"' | b'#' | b'<' | b'>' | b'?' | b'`' | b'{' | b'}');
        b.is_ascii_graphic() && !is_delimiter && !matches!(b, b'%' | b'\\' | b'^' | b'|')
    };
    let is_of_form = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'*' | b'-' | b'_' | b'.');
    if !bytes.iter().all(|b| is_unreserved(*b)) {
        out.push(percent(secret, is_unreserved, b"0123456789ABCDEF"));
        out.push(percent(secret, is_unreserved, b"0123456789abcdef"));
        out.push(percent(secret, is_of_path, b"0123456789ABCDEF"));
        out.push(percent(secret, is_of_form, b"0123456789ABCDEF").replace("%20", "+"));
        let escaped = secret.replace('\\', "\\\\").replace('"', "\\\"");
        out.push(escaped.replace('/', "\\/"));
        out.push(escaped);
    }
    let Some(head) = bytes.get(..bytes.len().min(192)) else { return out };
    for digits in [b"0123456789abcdef", b"0123456789ABCDEF"] {
        let mut hex = String::with_capacity(2 * head.len());
        for b in head {
            hex.push(char::from(digits[usize::from(b >> 4)]));
            hex.push(char::from(digits[usize::from(b & 15)]));
        }
        out.push(hex);
    }
    // What other bytes have no part in, wherever among three it begins.
    for skip in 0..3 {
        let whole = head
            .get(skip..)
            .map(|rest| rest.get(..rest.len() / 3 * 3).unwrap_or_default())
            .unwrap_or_default();
        if whole.len() >= 6 {
            out.push(STANDARD_NO_PAD.encode(whole));
            out.push(URL_SAFE_NO_PAD.encode(whole));
        }
    }
    out
}

fn percent(text: &str, is_kept: impl Fn(u8) -> bool, digits: &[u8; 16]) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(bytes.len() + bytes.len() / 4);
    let mut start = 0;
    for (at, b) in bytes.iter().enumerate().filter(|(_, b)| !is_kept(**b)) {
        // Only ASCII is kept.
        out.push_str(text.get(start..at).unwrap_or_default());
        out.extend(['%', char::from(digits[usize::from(b >> 4)]), char::from(digits[usize::from(b & 15)])]);
        start = at + 1;
    }
    out.push_str(text.get(start..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn known(secrets: &[&str]) -> Known {
        let mut known = Known::default();
        (1..).zip(secrets).for_each(|(number, secret)| known.insert(secret, number));
        known.ready();
        known
    }

    fn found(known: &Known, text: &str) -> Vec<(usize, usize, u32)> {
        let mut out = Vec::new();
        known.find(text.as_bytes(), &mut out);
        out.into_iter().map(|(range, number)| (range.start, range.end, number)).collect()
    }

    #[test]
    fn texts() {
        let known = known(&[
            "secret-1",
            "secret-1-long",
            "-long-and-other",
            "abcdefghijkl",
            "a b/\"c\"",
            "0123456789abcdefghij",
        ]);
        for (text, expected) in [
            ("", &[][..]),
            ("secret-2 and lon", &[]),
            ("a secret-1.", &[(2, 10, 1)]),
            ("xsecret-1.", &[]),
            ("é secret-1-long é", &[(3, 16, 2)]),
            ("overlap secret-1-long-and-other s", &[(8, 21, 2), (16, 31, 3)]),
            ("cut abcdefgh", &[(4, 12, 4)]),
            ("not cut abcdefg", &[]),
            ("not whole abcdefgh.", &[]),
            ("begun 0123456789abcdefg.", &[(6, 23, 6)]),
            ("%20 a%20b%2F%22c%22", &[(4, 19, 5)]),
            ("a+b%2F%22c%22 a b/\\\"c\\\"", &[(0, 13, 5), (14, 23, 5)]),
            ("6162636465666768696a6b6c", &[(0, 24, 4)]),
            ("eGFiY2RlZmdoaWprbHo", &[(4, 16, 4)]),
        ] {
            assert_eq!(found(&known, text), expected, "{text}");
        }
    }

    /// Each step of a comparison is one further than the last match, so such texts take no longer than others.
    #[test]
    fn much_the_same_again_and_again() {
        let secret = "a".repeat(30_000) + "b";
        let known = known(&[&secret, &"a".repeat(29_000)]);
        let mut out = Vec::new();
        known.find("a".repeat(1_000_000).as_bytes(), &mut out);
        assert!(out.len() < 2_000, "{}", out.len());
        let hidden: Vec<_> = out.windows(2).filter(|pair| pair[0].0.end < pair[1].0.start).collect();
        assert!(hidden.is_empty());
    }

    proptest! {
        #[test]
        fn every_byte_of_a_secret_is_found(
            secrets in prop::collection::vec("[a-e][ab]{11,14}", 1..8),
            pieces in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..6, 0_usize..16), 0..8),
        ) {
            let piece = |(of, from, to): &(prop::sample::Index, usize, usize)| {
                let secret = of.get(&secrets);
                secret.get(*from..secret.len().min(*to)).unwrap_or("b").to_owned()
            };
            let text: String = pieces.iter().map(piece).collect();
            let known = known(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
            let mut hidden = vec![false; text.len()];
            for (start, end, _) in found(&known, &text) {
                hidden[start..end].fill(true);
            }
            for at in 0..text.len() {
                for secret in &secrets {
                    let rest = &text[at..];
                    let len = match secret.strip_prefix(rest) {
                        _ if rest.starts_with(secret.as_str()) => secret.len(),
                        Some(_) if rest.len() >= CUT => rest.len(),
                        _ => 0,
                    };
                    prop_assert!(hidden[at..at + len].iter().all(|hidden| *hidden), "{text} {secret}");
                }
            }
        }

        #[test]
        fn no_start_is_passed_over(
            secrets in prop::collection::vec("[a-c]{6,12}|[ab%]{16,20}", 1..6),
            text in "[a-c%]{0,40}",
        ) {
            let known = known(&secrets.iter().map(String::as_str).collect::<Vec<_>>());
            let grams = known.grams.as_deref();
            let mut next = None;
            for from in (0..=text.len()).rev() {
                if known.at_start(text.as_bytes(), from).is_some() {
                    next = Some(from);
                }
                let start = grams.and_then(|grams| grams.next_start(text.as_bytes(), from));
                prop_assert!(next.is_none_or(|next| start.is_some_and(|start| (from..=next).contains(&start))));
            }
        }
    }
}
