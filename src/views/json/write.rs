//! JSON (RFC 8259) without white space, at the end of a buffer. No string in it can act on a terminal or command a CI runner:
//! what the RFC lets pass and those would obey is written as `\u` escapes too.

use std::fmt::{self, Write};

use crate::engine::{Give, Pieces};
use crate::model::Timestamp;
use crate::views::escape::is_unsafe;
use crate::views::row::{Encoder, Type, Value};
use crate::views::units::{self, Decimal};

/// Appends a value.
pub(in crate::views) fn value<T>(out: &mut Vec<u8>, value: impl Value<T>) {
    pieces(&mut Pieces::whole(out), value);
}

/// Writes a value, whose elements may be given away as they come.
pub(in crate::views) fn pieces<T>(out: &mut Pieces<'_>, value: impl Value<T>) {
    let Pieces { bytes, give } = out;
    let begin = bytes.len();
    let give = give.as_mut().map(|give| &mut **give as &mut Give<'_>);
    value.encode(&mut Json { bytes, give, before: 0, begin, list: 0, objects: 0, lists: 0 });
}

/// A value in a line of its own.
pub(in crate::views) fn document<T>(of: impl Value<T>) -> String {
    let mut out = Vec::new();
    value(&mut out, of);
    out.push(b'\n');
    String::from_utf8_lossy(&out).into_owned()
}

/// The end of a buffer.
struct Json<'b> {
    bytes: &'b mut Vec<u8>,
    /// What takes them by and by.
    give: Option<&'b mut Give<'b>>,
    /// How many it has: places are counted from the first byte of all.
    before: usize,
    /// Where the value begins, and the last list that is an element of no other.
    begin: usize,
    list: usize,
    /// Objects and lists that are open.
    objects: u32,
    lists: u32,
}

impl Json<'_> {
    /// Elements or fields each begin with a comma; the first one's becomes the bracket.
    #[inline]
    fn bracketed(&mut self, open: u8, close: u8, inside: impl FnOnce(&mut Self)) {
        let start = self.before + self.bytes.len();
        inside(self);
        // What was given away has its bracket.
        if let Some(at) = start.checked_sub(self.before) {
            match self.bytes.get_mut(at) {
                Some(comma) => *comma = open,
                None => self.bytes.push(open),
            }
        }
        self.bytes.push(close);
    }

    /// Gives away what there is, inside a list of the outermost object.
    #[cold]
    fn give(&mut self) {
        if self.objects != 1 || self.lists != 1 {
            return;
        }
        let Some(give) = &mut self.give else { return };
        for (at, open) in [(self.begin, b'{'), (self.list, b'[')] {
            if let Some(comma) = at.checked_sub(self.before).and_then(|at| self.bytes.get_mut(at)) {
                *comma = open;
            }
        }
        give(self.bytes);
        self.before += self.bytes.len();
        self.bytes.clear();
    }
}

impl Encoder for Json<'_> {
    fn null(&mut self) {
        self.bytes.extend_from_slice(b"null");
    }

    fn boolean(&mut self, value: bool) {
        self.bytes.extend_from_slice(if value { b"true" } else { b"false" });
    }

    fn unsigned(&mut self, value: u64) {
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn signed(&mut self, value: i64) {
        self.bytes.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }

    fn decimal(&mut self, value: Decimal) {
        // The buffer takes whatever comes.
        let _ = write!(Escaped(self.bytes), "{value}");
    }

    fn text(&mut self, text: &str) {
        self.bytes.push(b'"');
        escape(self.bytes, text);
        self.bytes.push(b'"');
    }

    fn display(&mut self, text: impl fmt::Display) {
        self.bytes.push(b'"');
        // The buffer takes whatever comes.
        let _ = write!(Escaped(self.bytes), "{text}");
        self.bytes.push(b'"');
    }

    fn hex(&mut self, bytes: &[u8]) {
        self.bytes.push(b'"');
        self.bytes.extend(bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
        self.bytes.push(b'"');
    }

    fn time(&mut self, at: Timestamp) {
        self.bytes.push(b'"');
        self.bytes.extend_from_slice(&units::rfc3339(at));
        self.bytes.push(b'"');
    }

    fn list(&mut self, elements: impl FnOnce(&mut Self)) {
        if self.lists == 0 {
            self.list = self.before + self.bytes.len();
        }
        self.lists += 1;
        self.bracketed(b'[', b']', elements);
        self.lists -= 1;
    }

    fn element<T>(&mut self, value: impl Value<T>) {
        self.bytes.push(b',');
        value.encode(self);
        if self.bytes.len() > Pieces::WORTH && self.give.is_some() {
            self.give();
        }
    }

    fn object(&mut self, fields: impl FnOnce(&mut Self)) {
        self.objects += 1;
        self.bracketed(b'{', b'}', fields);
        self.objects -= 1;
    }

    fn field<T: Type>(&mut self, key: &'static str, value: impl Value<T>) {
        if !value.is_absent() {
            self.bytes.extend_from_slice(key.as_bytes());
            value.encode(self);
        }
    }

    fn entry<T>(&mut self, name: &str, value: impl Value<T>) {
        self.bytes.push(b',');
        self.text(name);
        self.bytes.push(b':');
        value.encode(self);
    }
}

/// What is written into it is inside a string.
struct Escaped<'b>(&'b mut Vec<u8>);

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(self.0, text);
        Ok(())
    }
}

/// Appends what stands for `text` between the quotation marks.
fn escape(out: &mut Vec<u8>, text: &str) {
    match suspect(text.as_bytes()) {
        None => out.extend_from_slice(text.as_bytes()),
        Some(at) => escape_from(out, text, at),
    }
}

/// The same, where `at` is the first character that may have to be escaped.
fn escape_from(out: &mut Vec<u8>, text: &str, mut at: usize) {
    let bytes = text.as_bytes();
    let mut written = 0;
    while let Some(c) = text[at..].chars().next() {
        let end = at + c.len_utf8();
        if matches!(c, '"' | '\\') || is_unsafe(c) || c == '#' && may_command(&bytes[end..]) {
            out.extend_from_slice(&bytes[written..at]);
            escape_char(out, c);
            written = end;
        }
        at = suspect(&bytes[end..]).map_or(bytes.len(), |plain| end + plain);
    }
    out.extend_from_slice(&bytes[written..]);
}

/// Whether a number sign before this can be the first or the second of `##[` or `##vso[`, which a CI runner obeys wherever they
/// stand. Strings are written in pieces: what follows the last byte is not known.
fn may_command(behind: &[u8]) -> bool {
    behind.is_empty() || behind.starts_with(b"#") || behind.starts_with(b"[") || behind.starts_with(b"vso[")
}

/// Index of the first byte that is not printable ASCII, or is a quotation mark, a number sign or a backslash.
#[inline]
fn suspect(bytes: &[u8]) -> Option<usize> {
    let (words, rest) = bytes.as_chunks();
    for (i, word) in words.iter().enumerate() {
        if let Some(at) = suspect_of_eight(*word) {
            return Some(i * 8 + at);
        }
    }
    match bytes.last_chunk() {
        // Those before the rest are known to be plain.
        Some(last) => suspect_of_eight(*last).map(|at| bytes.len() - 8 + at),
        None => rest.iter().position(|byte| matches!(byte, ..0x20 | b'"' | b'#' | b'\\' | 0x7f..)),
    }
}

/// The same in a register. The top bit of a byte tells; subtraction and addition carry from lower bytes to higher ones,
/// and only from bytes that count themselves, so the lowest is right.
const fn suspect_of_eight(bytes: [u8; 8]) -> Option<usize> {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const TOPS: u64 = ONES << 7;
    let word = u64::from_le_bytes(bytes);
    let control = word.wrapping_sub(ONES * 0x20);
    // The two differ in the lowest bit.
    let quote_or_number = ((word | ONES) ^ (ONES * b'#' as u64)).wrapping_sub(ONES);
    let backslash = (word ^ (ONES * b'\\' as u64)).wrapping_sub(ONES);
    let delete = word.wrapping_add(ONES);
    let found = (word | control | quote_or_number | backslash | delete) & TOPS;
    if found == 0 { None } else { Some(found.trailing_zeros() as usize / 8) }
}

fn escape_char(out: &mut Vec<u8>, c: char) {
    let short = match c {
        '"' => b'"',
        '\\' => b'\\',
        '\x08' => b'b',
        '\t' => b't',
        '\n' => b'n',
        '\x0c' => b'f',
        '\r' => b'r',
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                out.extend_from_slice(b"\\u");
                out.extend(unit.to_be_bytes().iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]));
            }
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

const fn digit(nibble: u8) -> u8 {
    match nibble {
        0..=9 => b'0' + nibble,
        _ => b'a' + (nibble & 15) - 10,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::views::row::{
        Boolean, Displayed, Hex, Integer, List, Map, Nanoseconds, OrAbsent, Text, Time, row,
    };

    fn json<T>(of: impl Value<T>) -> String {
        let mut out = Vec::new();
        value(&mut out, of);
        String::from_utf8(out).unwrap_or_default()
    }

    /// Character by character, as slowly as can be.
    fn spelt_out(text: &str) -> String {
        let spell = |(at, c): (usize, char)| match c {
            '#' if may_command(&text.as_bytes()[at + 1..]) => "\\u0023".to_owned(),
            '"' => "\\\"".to_owned(),
            '\\' => "\\\\".to_owned(),
            '\x08' => "\\b".to_owned(),
            '\t' => "\\t".to_owned(),
            '\n' => "\\n".to_owned(),
            '\x0c' => "\\f".to_owned(),
            '\r' => "\\r".to_owned(),
            c if is_unsafe(c) => {
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            }
            c => c.to_string(),
        };
        format!("\"{}\"", text.char_indices().map(spell).collect::<String>())
    }

    proptest! {
        #[test]
        fn strings_are_whole_and_harmless(text in "(?s)([ -~]{0,20}([\"\\\\\\x00-\\x1f\\x7f-\\u{a0}]|.){0,3}){0,4}") {
            let written = json::<Text>(&text);
            prop_assert_eq!(&written, &spelt_out(&text));
            prop_assert_eq!(&json::<Text>(Displayed(&text)), &written);
            prop_assert_eq!(serde_json::from_str::<String>(&written).ok(), Some(text));
        }
    }

    #[test]
    fn every_character_is_escaped_where_it_has_to_be_wherever_it_stands() {
        // Planes 2 to 13 have nothing to escape, or no characters at all.
        for c in
            (0..=0x2_0000).chain(0xd_ffff..=0xe_1000).chain(0xf_fff0..=0x10_0010).filter_map(char::from_u32)
        {
            let text = format!("{c}1234567{c}89{c}");
            assert_eq!(json::<Text>(&text), spelt_out(&text), "{c:?}");
        }
        for byte in 0..=0x7f_u8 {
            for at in 0..40 {
                let text: String = (0..40).map(|i| char::from(if i == at { byte } else { b'~' })).collect();
                assert_eq!(json::<Text>(&text), spelt_out(&text), "{byte:#x} at {at}");
            }
        }
    }

    #[test]
    fn strings_cannot_act_on_a_terminal() {
        let text = "\x1b[2J \u{9b} \u{202e} \u{e0001} \" é";
        assert_eq!(json::<Text>(text), r#""\u001b[2J \u009b \u202e \udb40\udc01 \" é""#);
    }

    row! {
        /// Nothing but what may be missing.
        struct Sparse(text: Option<&'static str>, number: Option<u8>);

        /// The first.
        text: OrAbsent<Text> = text,
        /// The second.
        number: OrAbsent<Integer> = number,
    }

    row! {
        /// One of each.
        struct All<'a>(names: &'a [&'a str], sparse: Option<Sparse>);

        let twice = names.iter().map(|name| (*name, name.len()));

        /// A list.
        names: List<Text> = names.iter().copied(),
        /// A map.
        lengths: Map<Integer> = twice,
        /// A row, or none.
        sparse: Option<Sparse> = sparse,
        /// Two things,
        /// in two lines.
        pair: (Boolean, Option<Nanoseconds>) = (true, Some(i64::MIN)),
        /// Bytes.
        key: Hex = [0x00, 0x9f, 0xab],
        /// A time.
        at: Time = Timestamp(1),
    }

    #[test]
    fn brackets_and_commas_stand_where_they_belong() {
        let some = |text, number| Some(Sparse(text, number));
        let end =
            r#""pair":[true,-9223372036854775808],"key":"009fab","at":"1970-01-01T00:00:00.000000001Z"}"#;
        for (names, sparse, begin) in [
            (&[] as &[&str], None, r#"{"names":[],"lengths":{},"sparse":null,"#),
            (&["a\""], some(None, None), r#"{"names":["a\""],"lengths":{"a\"":2},"sparse":{},"#),
            (
                &["", "b"],
                some(Some("x"), None),
                r#"{"names":["","b"],"lengths":{"":0,"b":1},"sparse":{"text":"x"},"#,
            ),
            (&[], some(None, Some(7)), r#"{"names":[],"lengths":{},"sparse":{"number":7},"#),
            (&[], some(Some(""), Some(0)), r#"{"names":[],"lengths":{},"sparse":{"text":"","number":0},"#),
        ] {
            assert_eq!(json(All(names, sparse)), format!("{begin}{end}"));
        }
    }
}
