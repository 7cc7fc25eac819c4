//! JSON as the suite writes it: not always UTF-8, and with lone surrogates.
//!
//! The Python 2 suite takes the bytes `ed a0 80` of a payload for U+D800 and writes `\ud800`, which no JSON
//! reader takes. Such an escape is read as a stand-in, a private character, and made a surrogate again (in
//! payloads) or U+FFFD (in text for people). Stand-ins are told from real characters only by that the document
//! has lone surrogates at all; the private ones are in no case of the suite.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use crate::autobahn::data;
use crate::autobahn::encoding;
use crate::autobahn::parts;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::hex_number;

const STAND_IN: u32 = 0x10_0000;

pub(super) struct Document {
    pub(super) value: Value,
    has_stand_ins: bool,
}

/// JSON with its keys as they are written, twice the same among them; what is in a list is of no use and not kept.
#[derive(Debug)]
pub(super) enum Node {
    Object(Vec<(String, Self)>),
    Leaf(Value),
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
        let (bytes, _) = encoding::utf8(bytes);
        parts::within(parts::of_json(&bytes), limits, path, what)?;
        let text = String::from_utf8_lossy(&bytes);
        let (cleaned, has_stand_ins) = clean(&text);
        match serde_json::from_str(&cleaned) {
            Ok(value) => Ok(Self { value, has_stand_ins }),
            Err(error) => Err(bad(&error, path, what)),
        }
    }

    /// Parses `bytes`, taken for a `what`, with all of its keys. The document has no value of its own.
    pub(super) fn with_keys(
        bytes: &[u8],
        path: &Path,
        what: &'static str,
        limits: &Limits,
    ) -> Result<(Self, Node), Error> {
        parts::within(parts::of_json(bytes), limits, path, what)?;
        let text = String::from_utf8_lossy(bytes);
        let (cleaned, has_stand_ins) = clean(text.strip_prefix('\u{feff}').unwrap_or(&text));
        match serde_json::from_str(&cleaned) {
            Ok(node) => Ok((Self { value: Value::Null, has_stand_ins }, node)),
            Err(error) => Err(bad(&error, path, what)),
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

fn bad(error: &serde_json::Error, path: &Path, what: &'static str) -> Error {
    Error::BadReport {
        path: path.to_owned(),
        what,
        line: Some(error.line()),
        detail: error.to_string(),
        advice: if error.is_eof() {
            "the file ends too early: use another copy of it"
        } else {
            "use the file as the suite wrote it"
        },
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Nodes)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Node;

    fn expecting(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("any value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Leaf(value.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Node, E> {
        Ok(Node::Leaf(number.into()))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Node, E> {
        Ok(Node::Leaf(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Node, E> {
        Ok(Node::Leaf(number.into()))
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Leaf(text.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Leaf(Value::Null))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Node, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Node::Leaf(Value::Array(Vec::new())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Node, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = map.next_entry()? {
            keys.push(key);
        }
        Ok(Node::Object(keys))
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
