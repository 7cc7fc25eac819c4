//! Texts inside a text, and where each of their bytes stands in it.

use std::borrow::Cow;
use std::ops::Range;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::model::hex_number;

const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, LENIENT);

/// What a piece is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Whatever it looks like.
    Value,
    /// A URI, or parameters.
    Uri,
    /// Strings, names and braces.
    Json,
    /// Words.
    Words,
}

/// Where the bytes of a piece stand in the text that it was found in.
#[derive(Clone, Debug)]
enum Origin {
    /// One after the other from there on.
    From(usize),
    /// Each at its place; one more for the end.
    Each(Vec<usize>),
    /// All of them in one stretch.
    Whole(Range<usize>),
}

/// A part of a text, decoded.
#[derive(Clone, Debug)]
pub(super) struct Piece<'a> {
    pub(super) text: Cow<'a, str>,
    origin: Origin,
    pub(super) kind: Kind,
    /// Encodings it was taken out of, and parts inside one another.
    pub(super) depth: usize,
    /// Whether what looks random counts.
    pub(super) looks: bool,
}

impl<'a> Piece<'a> {
    pub(super) const fn new(text: &'a str, kind: Kind, looks: bool) -> Self {
        Self { text: Cow::Borrowed(text), origin: Origin::From(0), kind, depth: 0, looks }
    }

    pub(super) fn get(&self, range: &Range<usize>) -> &str {
        self.text.get(range.clone()).unwrap_or_default()
    }

    /// Where a stretch of it stands.
    pub(super) fn source(&self, range: &Range<usize>) -> Range<usize> {
        match &self.origin {
            Origin::From(start) => start + range.start..start + range.end,
            Origin::Each(at) => {
                let of = |n: usize| at.get(n).or(at.last()).copied().unwrap_or_default();
                of(range.start)..of(range.end)
            }
            Origin::Whole(whole) => whole.clone(),
        }
    }

    /// Whether it is written otherwise where it stands.
    pub(super) const fn is_decoded(&self) -> bool {
        !matches!(self.origin, Origin::From(_))
    }

    /// Whether it stands in one stretch that only shows as a whole.
    pub(super) const fn is_whole(&self) -> bool {
        matches!(self.origin, Origin::Whole(_))
    }

    /// The same, whatever it looks like.
    pub(super) fn without_looks(mut self) -> Self {
        self.looks = false;
        self
    }

    /// A part of it.
    pub(super) fn part(&self, range: &Range<usize>, kind: Kind) -> Self {
        let text = match &self.text {
            Cow::Borrowed(text) => Cow::Borrowed(text.get(range.clone()).unwrap_or_default()),
            Cow::Owned(text) => Cow::Owned(text.get(range.clone()).unwrap_or_default().to_owned()),
        };
        let origin = match &self.origin {
            Origin::From(start) => Origin::From(start + range.start),
            Origin::Each(at) => Origin::Each(
                at.get(range.start..=range.end.min(at.len().saturating_sub(1))).unwrap_or_default().to_vec(),
            ),
            Origin::Whole(whole) => Origin::Whole(whole.clone()),
        };
        Self { text, origin, kind, depth: self.depth + 1, looks: self.looks }
    }

    /// The same text, of which bytes at `at` in this one.
    fn decoded(&self, text: String, at: &[usize]) -> Self {
        let origin = match &self.origin {
            Origin::From(start) => Origin::Each(at.iter().map(|at| start + at).collect()),
            Origin::Each(outer) => {
                let last = outer.last().copied().unwrap_or_default();
                Origin::Each(at.iter().map(|at| outer.get(*at).copied().unwrap_or(last)).collect())
            }
            Origin::Whole(whole) => Origin::Whole(whole.clone()),
        };
        Self { text: Cow::Owned(text), origin, kind: self.kind, depth: self.depth + 1, looks: self.looks }
    }

    /// Percent-encoding undone, if there is any.
    pub(super) fn percent_decoded(&self) -> Option<Self> {
        self.by_bytes(|bytes, at| {
            let digits = bytes.get(at + 1..at + 3).filter(|_| bytes.get(at) == Some(&b'%'))?;
            Some((u8::try_from(hex_number(digits)?).ok()?, 3))
        })
    }

    /// Each byte as it stands, or what `decode` makes of so many.
    fn by_bytes(&self, decode: impl Fn(&[u8], usize) -> Option<(u8, usize)>) -> Option<Self> {
        let bytes = self.text.as_bytes();
        let first = (0..bytes.len()).find(|at| decode(bytes, *at).is_some())?;
        let mut out = bytes.get(..first)?.to_vec();
        let mut from: Vec<usize> = (0..first).collect();
        let mut at = first;
        while let Some(&byte) = bytes.get(at) {
            let (byte, len) = decode(bytes, at).unwrap_or((byte, 1));
            out.push(byte);
            from.push(at);
            at += len;
        }
        from.push(at);
        // What is no UTF-8 is taken byte by byte: nobody sees it.
        match String::from_utf8(out) {
            Ok(text) => Some(self.decoded(text, &from)),
            Err(error) => {
                let out = error.into_bytes();
                let text = out.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect();
                Some(self.decoded(text, &from))
            }
        }
    }

    /// The content of a JSON string, if it has escapes.
    pub(super) fn unescaped(&self) -> Option<Self> {
        if !self.text.contains('\\') {
            return None;
        }
        self.by_bytes(|bytes, at| {
            if bytes.get(at) != Some(&b'\\') {
                return None;
            }
            Some(match bytes.get(at + 1)? {
                b'n' => (b'\n', 2),
                b't' => (b'\t', 2),
                b'r' => (b'\r', 2),
                b'b' | b'f' => (b' ', 2),
                b'u' => {
                    let number = hex_number(bytes.get(at + 2..at + 6)?)?;
                    // Others are in no secret that could be told from its neighbours.
                    (u8::try_from(number).ok().filter(u8::is_ascii).unwrap_or(b'?'), 6)
                }
                other => (*other, 2),
            })
        })
    }

    /// What base64 in that stretch is of, where it is text.
    pub(super) fn base64_decoded(&self, range: &Range<usize>) -> Option<Self> {
        let text = self.get(range).trim_end_matches('=');
        // A character that is left over was cut off.
        let text = text.get(..text.len() - usize::from(text.len() % 4 == 1))?;
        let bytes = STANDARD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok()?;
        let text = String::from_utf8(bytes).ok()?;
        let origin = Origin::Whole(self.source(range));
        Some(Piece {
            text: Cow::Owned(text),
            origin,
            kind: Kind::Json,
            depth: self.depth + 1,
            looks: self.looks,
        })
    }
}

/// Percent-encoding undone.
pub(super) fn decoded(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    Piece::new(text, Kind::Value, false)
        .percent_decoded()
        .map_or(Cow::Borrowed(text), |piece| Cow::Owned(piece.text.into_owned()))
}
