//! JSON as the suite writes it: not always UTF-8, and with lone surrogates.
//!
//! The Python 2 suite takes the bytes `ed a0 80` of a payload for U+D800 and writes `\ud800`, which no JSON
//! reader takes. Such an escape is read as a stand-in, a private character, and made a surrogate again (in
//! payloads) or U+FFFD (in text for people). Stand-ins are told from real characters only by that the document
//! has lone surrogates at all; the private ones are in no case of the suite.

use std::borrow::Cow;
use std::path::Path;

use serde_json::{Map, Value};

use crate::autobahn::data;
use crate::autobahn::parts;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::hex_number;

const STAND_IN: u32 = 0x10_0000;

pub(super) struct Document {
    pub(super) value: Value,
    has_stand_ins: bool,
}

pub(super) type Object = Map<String, Value>;

impl Document {
    /// Parses `bytes`, taken for a `what`.
    pub(super) fn parse(
        bytes: &[u8],
        path: &Path,
        what: &'static str,
        limits: &Limits,
    ) -> Result<Self, Error> {
        parts::within(parts::of_json(bytes), limits, path, what)?;
        let text = String::from_utf8_lossy(bytes);
        let (cleaned, has_stand_ins) = clean(text.strip_prefix('\u{feff}').unwrap_or(&text));
        match serde_json::from_str(&cleaned) {
            Ok(value) => Ok(Self { value, has_stand_ins }),
            Err(error) => Err(Error::BadReport {
                path: path.to_owned(),
                what,
                line: Some(error.line()),
                detail: error.to_string(),
                advice: if error.is_eof() {
                    "the file ends too early: use another copy of it"
                } else {
                    "use the file as the suite wrote it"
                },
            }),
        }
    }

    pub(super) fn text(&self, text: &str) -> String {
        let visible = |c| if is_stand_in(c) { char::REPLACEMENT_CHARACTER } else { c };
        if self.has_stand_ins { text.chars().map(visible).collect() } else { text.to_owned() }
    }

    /// The bytes the suite had made this text of.
    pub(super) fn bytes(&self, text: &str) -> Vec<u8> {
        if !self.has_stand_ins {
            return text.as_bytes().to_vec();
        }
        let mut bytes = Vec::with_capacity(text.len());
        for c in text.chars() {
            if is_stand_in(c) {
                bytes.extend(data::surrogate((u32::from(c) & 0xffff) as u16));
            } else {
                bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        bytes
    }
}

fn is_stand_in(c: char) -> bool {
    matches!(u32::from(c), 0x10_d800..=0x10_dfff)
}

/// Replaces lone surrogates; says whether there were any.
fn clean(text: &str) -> (Cow<'_, str>, bool) {
    let mut cleaned = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = text.get(at..).and_then(backslash) {
        at += found;
        let Some(unit) = escape(text, at) else {
            // Any other escape is two bytes long, and the second can be a backslash.
            at += 1 + text.get(at + 1..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            continue;
        };
        let is_pair =
            matches!(unit, 0xd800..=0xdbff) && matches!(escape(text, at + 6), Some(0xdc00..=0xdfff));
        if is_pair {
            at += 12;
            continue;
        }
        if let 0xd800..=0xdfff = unit {
            cleaned.push_str(text.get(copied..at).unwrap_or_default());
            cleaned.extend(char::from_u32(STAND_IN + unit));
            copied = at + 6;
        }
        at += 6;
    }
    if copied == 0 {
        return (Cow::Borrowed(text), false);
    }
    cleaned.push_str(text.get(copied..).unwrap_or_default());
    (Cow::Owned(cleaned), true)
}

fn backslash(text: &str) -> Option<usize> {
    text.bytes().position(|b| b == b'\\')
}

/// The number of a `\uXXXX` at that place.
fn escape(text: &str, at: usize) -> Option<u32> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    hex_number(digits.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surrogates() {
        for (json, text, bytes) in [
            (r#""abc""#, "abc", &b"abc"[..]),
            (r#""\ud800""#, "\u{fffd}", b"\xed\xa0\x80"),
            (r#""a\udfffb""#, "a\u{fffd}b", b"a\xed\xbf\xbfb"),
            (r#""\ud800\ud800""#, "\u{fffd}\u{fffd}", b"\xed\xa0\x80\xed\xa0\x80"),
            (r#""\ud83d\ude00""#, "\u{1f600}", "\u{1f600}".as_bytes()),
            (r#""\ud800\ud83d\ude00""#, "\u{fffd}\u{1f600}", b"\xed\xa0\x80\xf0\x9f\x98\x80"),
            (r#""\\ud800""#, "\\ud800", b"\\ud800"),
            (r#""\"\udc00\\""#, "\"\u{fffd}\\", b"\"\xed\xb0\x80\\"),
        ] {
            let document =
                Document::parse(json.as_bytes(), Path::new("x"), "case", &Limits::DEFAULT).unwrap();
            let parsed = document.value.as_str().unwrap();
            assert_eq!(document.text(parsed), text, "{json}");
            assert_eq!(document.bytes(parsed), bytes, "{json}");
        }
    }

    #[test]
    fn broken_escapes_are_errors() {
        for json in [r#""\ud8"#, r#""\"#, r#""\u"#, r#""\uzzzz""#, r#""\é""#, r#""\ud800\"#] {
            assert!(
                Document::parse(json.as_bytes(), Path::new("x"), "case", &Limits::DEFAULT).is_err(),
                "{json}"
            );
        }
    }
}
