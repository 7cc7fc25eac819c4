//! Words for words: as many bytes, digits for digits, letters for letters, hexadecimal ones for such.
//!
//! A word is a stretch of letters and digits; what parts words stays. What stands for one depends on it alone, whatever its
//! case, so that it is the same wherever the word stands. Different words have different ones, and none stands for itself where there
//! is another of its kind.

use std::borrow::Cow;
use std::ops::Range;

use crate::redact::pseudonyms::prf::Prf;

/// Rounds of the network (Luby and Rackoff) that permutes words of a kind.
const ROUNDS: usize = 6;

/// How often what stands for a word is looked for again, because it is of another kind.
const AGAIN: usize = 64;

/// Where in `bytes` words stand. Escapes of URIs (`%2F`) and of JSON (`\n`, `\u002f`) are no part of them.
pub(super) fn words(bytes: &[u8]) -> impl Iterator<Item = Range<usize>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            let byte = *bytes.get(at)?;
            let start = at;
            while let Some(len) = letter_or_digit(bytes, at) {
                at += len;
            }
            if at > start {
                return Some(start..at);
            }
            at += match byte {
                b'%' if is_hex(bytes, at + 1, 2) => 3,
                b'\\' if bytes.get(at + 1) == Some(&b'u') && is_hex(bytes, at + 2, 4) => 6,
                b'\\' if bytes.get(at + 1).is_some_and(|b| b"nrtbf".contains(b)) => 2,
                _ => 1,
            };
        }
    })
}

/// Bytes of the letter or digit at `at`; `None` where something else stands there.
pub(super) fn letter_or_digit(bytes: &[u8], at: usize) -> Option<usize> {
    let len = match *bytes.get(at)? {
        byte if byte.is_ascii() => return byte.is_ascii_alphanumeric().then_some(1),
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let c = str::from_utf8(bytes.get(at..at + len)?).ok()?;
    c.chars().all(char::is_alphabetic).then_some(len)
}

fn is_hex(bytes: &[u8], at: usize, len: usize) -> bool {
    bytes.get(at..at + len).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

/// A word without its case.
pub(super) fn folded(word: &[u8]) -> Cow<'_, [u8]> {
    if word.iter().any(u8::is_ascii_uppercase) {
        Cow::Owned(word.to_ascii_lowercase())
    } else {
        Cow::Borrowed(word)
    }
}

/// Whether it is all digits, with letters for those beyond 9.
fn is_hexadecimal(word: &[u8]) -> bool {
    word.len() >= 4
        && word.iter().all(u8::is_ascii_hexdigit)
        && word.iter().any(u8::is_ascii_digit)
        && word.iter().any(u8::is_ascii_alphabetic)
}

/// A place of a word: what may stand there, and which of it does.
enum Place {
    /// One of so many bytes from there on.
    Row { first: u8, most: u8, at: u8 },
    /// The last byte of a letter, of those that make one with what stands before it.
    Letter { of: Vec<u8>, at: u8 },
    /// Nothing else.
    Fixed(u8),
}

impl Place {
    const fn most(&self) -> usize {
        match self {
            Self::Row { most, .. } => *most as usize,
            Self::Letter { of, .. } => of.len(),
            Self::Fixed(_) => 1,
        }
    }

    const fn at(&self) -> usize {
        match self {
            Self::Row { at, .. } | Self::Letter { at, .. } => *at as usize,
            Self::Fixed(_) => 0,
        }
    }

    fn byte(&self, at: usize) -> u8 {
        match self {
            Self::Row { first, .. } => first.wrapping_add(at as u8),
            Self::Letter { of, .. } => of.get(at).copied().unwrap_or_default(),
            Self::Fixed(byte) => *byte,
        }
    }
}

/// The places of a word without case.
fn places(word: &[u8]) -> Vec<Place> {
    let is_number = word.iter().all(u8::is_ascii_digit);
    let letters = if is_hexadecimal(word) { 6 } else { 26 };
    let mut out = Vec::with_capacity(word.len());
    for part in word.utf8_chunks() {
        for c in part.valid().chars() {
            let mut bytes = [0; 4];
            let bytes = c.encode_utf8(&mut bytes).as_bytes();
            match *bytes {
                // Numbers do not begin with a zero, unless they do.
                [b'0'] if is_number && out.is_empty() && word.len() > 1 => out.push(Place::Fixed(b'0')),
                [b] if b.is_ascii_digit() && is_number && out.is_empty() && word.len() > 1 => {
                    out.push(Place::Row { first: b'1', most: 9, at: b - b'1' });
                }
                [b] if b.is_ascii_digit() => out.push(Place::Row { first: b'0', most: 10, at: b - b'0' }),
                [b] if b.is_ascii_lowercase() => {
                    out.push(Place::Row { first: b'a', most: letters, at: b - b'a' });
                }
                _ => {
                    let Some((last, start)) = bytes.split_last() else { continue };
                    out.extend(start.iter().map(|b| Place::Fixed(*b)));
                    out.push(letter(c, start, *last));
                }
            }
        }
        out.extend(part.invalid().iter().map(|b| Place::Fixed(*b)));
    }
    out
}

/// The last byte of a letter outside of ASCII.
fn letter(c: char, start: &[u8], last: u8) -> Place {
    if !c.is_alphabetic() {
        return Place::Fixed(last);
    }
    let is_letter = |last: &u8| {
        let bytes = [start, &[*last]].concat();
        str::from_utf8(&bytes).is_ok_and(|text| {
            text.chars().all(|other| {
                other.is_alphabetic()
                    && other.is_uppercase() == c.is_uppercase()
                    && other.is_lowercase() == c.is_lowercase()
            })
        })
    };
    let of: Vec<u8> = (0x80..=0xbf).filter(is_letter).collect();
    match of.iter().position(|other| *other == last) {
        Some(at) => Place::Letter { of, at: at as u8 },
        None => Place::Fixed(last),
    }
}

/// What stands for a word.
pub(super) fn word(prf: &Prf, word: &[u8]) -> Vec<u8> {
    let own = folded(word);
    let is_hex = is_hexadecimal(&own);
    let mut out = next(prf, &own);
    for _ in 0..AGAIN {
        if is_hexadecimal(&out) == is_hex && *out != *own {
            break;
        }
        out = next(prf, &out);
    }
    for (to, from) in out.iter_mut().zip(word) {
        if from.is_ascii_uppercase() {
            to.make_ascii_uppercase();
        }
    }
    out
}

/// The next word of that kind in a cycle of all.
fn next(prf: &Prf, word: &[u8]) -> Vec<u8> {
    let places = places(word);
    let kind: Vec<u8> = places.iter().map(|place| place.most() as u8).collect();
    let mut at: Vec<usize> = places.iter().map(Place::at).collect();
    let mut varied = kind.iter().filter(|most| **most > 1);
    if let (Some(most), None) = (varied.next(), varied.next()) {
        let of: Vec<u8> = (0..*most).collect();
        for (at, _) in at.iter_mut().zip(&kind).filter(|(_, most)| **most > 1) {
            *at = usize::from(prf.among(&[b"one", &kind], &of, *at as u8));
        }
    } else {
        (0..ROUNDS).rev().for_each(|round| turn(prf, &kind, &mut at, round, false));
        for (at, most) in at.iter_mut().zip(&kind).rev() {
            *at = (*at + 1) % usize::from((*most).max(1));
            if *at > 0 {
                break;
            }
        }
        (0..ROUNDS).for_each(|round| turn(prf, &kind, &mut at, round, true));
    }
    places.iter().zip(at).map(|(place, at)| place.byte(at)).collect()
}

/// A round: each half in turn moves the other on, or back.
fn turn(prf: &Prf, kind: &[u8], at: &mut [usize], round: usize, is_on: bool) {
    let half = at.len() / 2;
    let (left, right) = at.split_at_mut(half);
    let (kind_left, kind_right) = kind.split_at(half);
    let (moved, most, by) =
        if round.is_multiple_of(2) { (left, kind_left, right) } else { (right, kind_right, left) };
    let by: Vec<u8> = by.iter().map(|at| *at as u8).collect();
    let mut numbers = prf.numbers(&[b"word", &[round as u8], kind, &by]);
    for (at, most) in moved.iter_mut().zip(most) {
        let most = usize::from((*most).max(1));
        let number = numbers.below(most);
        *at = (*at + if is_on { number } else { most - number }) % most;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn prf() -> Prf {
        Prf::new(b"a key")
    }

    fn of(text: &str) -> String {
        String::from_utf8(word(&prf(), text.as_bytes())).expect("text for text")
    }

    #[test]
    fn kinds_are_kept() {
        for text in [
            "alice",
            "Alice",
            "ALICE",
            "a",
            "7",
            "42",
            "007",
            "9f86d081884c7d65",
            "9F86D081884C7D65",
            "AKIA4711",
            "größe",
            "日本語",
            "Ünal",
        ] {
            let to = of(text);
            assert_ne!(to, text);
            assert_eq!(to.len(), text.len(), "{text} {to}");
            let kinds = |c: char| (c.is_ascii_digit(), c.is_uppercase(), c.is_lowercase(), c.is_ascii());
            assert_eq!(
                to.chars().map(kinds).collect::<Vec<_>>(),
                text.chars().map(kinds).collect::<Vec<_>>(),
                "{text} {to}"
            );
        }
        assert!(of("9f86d081884c7d65").bytes().all(|b| b.is_ascii_hexdigit()));
        assert!(of("42").bytes().next().is_some_and(|b| b != b'0'));
        assert_eq!(of("ALICE"), of("alice").to_uppercase());
    }

    #[test]
    fn each_has_its_own() {
        let prf = prf();
        for kind in ["[0-9]", "[a-z]", "[0-9][0-9]", "[a-z][0-9]", "[a-z][a-z]"] {
            let chars = |part: &str| if part == "0-9" { b'0'..=b'9' } else { b'a'..=b'z' };
            let parts: Vec<&str> = kind.trim_matches(['[', ']']).split("][").collect();
            let mut all = vec![Vec::new()];
            for part in parts {
                all = all
                    .iter()
                    .flat_map(|start: &Vec<u8>| chars(part).map(move |b| [start.as_slice(), &[b]].concat()))
                    .collect();
            }
            let to: BTreeSet<Vec<u8>> = all.iter().map(|text| word(&prf, text)).collect();
            assert_eq!(to.len(), all.len(), "{kind}");
            assert!(all.iter().all(|text| word(&prf, text) != *text), "{kind}");
        }
    }

    #[test]
    fn what_is_no_part_of_words() {
        let of = |text: &'static str| words(text.as_bytes()).map(|word| &text[word]).collect::<Vec<_>>();
        assert_eq!(of("/a%2Fbob@x\\nalice \\u0022eve-1 100%"), ["a", "bob", "x", "alice", "eve", "1", "100"]);
        assert_eq!(of("größe, 日本…bob—x"), ["größe", "日本", "bob", "x"]);
    }

    /// Words are as long as their sender likes.
    #[test]
    fn a_long_word() {
        let text = "aB3".repeat(100_000);
        let to = of(&text);
        assert_eq!(to.len(), text.len());
        assert_ne!(to, text);
    }

    proptest! {
        #[test]
        fn as_long_and_of_the_same_kind(text in prop::collection::vec(any::<u8>(), 1..40), other in "[a-zA-Z0-9é]{1,12}") {
            let prf = prf();
            for text in [&text, other.as_bytes()] {
                let to = word(&prf, text);
                prop_assert_eq!(to.len(), text.len());
                prop_assert_eq!(str::from_utf8(&to).is_ok(), str::from_utf8(text).is_ok());
            }
        }

        #[test]
        fn different_words_have_different_ones(a in "[a-f0-9]{2,12}|[a-z]{2,5}", b in "[a-f0-9]{2,12}|[a-z]{2,5}") {
            prop_assert_eq!(of(&a) == of(&b), a == b);
        }
    }
}
