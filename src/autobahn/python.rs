//! The Python literals that pages show: the events a case expected and those it saw.
//!
//! ```text
//! expected = "{" [ verdict ":" events *( "," verdict ":" events ) [ "," ] ] "}"
//! events   = "[" [ event *( "," event ) [ "," ] ] "]"
//! event    = "(" [ value *( "," value ) [ "," ] ] ")"
//! value    = string / "True" / "False" / "None" / number
//! string   = [ "u" / "b" ] ( "'" *( char / escape ) "'" / DQUOTE *( char / escape ) DQUOTE )
//! ```
//!
//! Blanks may stand between any two of these. Python 2 writes `u'…'` for text and `'…'` for bytes, Python 3
//! `'…'` and `b'…'`; what is not UTF-8 stands as U+FFFD.

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while, take_while_m_n, take_while1};
use nom::character::complete::{multispace0, one_of};
use nom::combinator::{map, map_opt, opt};
use nom::multi::separated_list0;
use nom::sequence::{delimited, separated_pair, terminated};
use nom::{IResult, Parser};

use crate::model::case::{Behavior, CaseEvent};
use crate::model::hex_number;

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// What a page says a case expected. `None` where it was cut, or is no such literal.
pub(super) fn expected(input: &[u8]) -> Option<Vec<(Behavior, Vec<CaseEvent>)>> {
    let verdict = map(string, |word| Behavior::new(&word));
    let entry = separated_pair(verdict, token(":"), event_list);
    whole(
        delimited(token("{"), terminated(separated_list0(token(","), entry), opt(token(","))), token("}")),
        input,
    )
}

/// What a page says a case saw.
pub(super) fn received(input: &[u8]) -> Option<Vec<CaseEvent>> {
    whole(event_list, input)
}

/// A bytes literal, as the Python 3 suite writes some close reasons.
pub(super) fn bytes_literal(input: &[u8]) -> Option<String> {
    if input.starts_with(b"b'") || input.starts_with(b"b\"") { whole(string, input) } else { None }
}

fn whole<'a, T>(mut parser: impl Parser<&'a [u8], Output = T, Error = ()>, input: &'a [u8]) -> Option<T> {
    let (rest, parsed) = parser.parse(input.trim_ascii_start()).ok()?;
    rest.trim_ascii().is_empty().then_some(parsed)
}

fn token<'a>(word: &'static str) -> impl Parser<&'a [u8], Output = &'a [u8], Error = ()> {
    delimited(multispace0, tag(word), multispace0)
}

fn event_list(input: &[u8]) -> Parsed<'_, Vec<CaseEvent>> {
    delimited(token("["), terminated(separated_list0(token(","), event), opt(token(","))), token("]"))
        .parse(input)
}

fn event(input: &[u8]) -> Parsed<'_, CaseEvent> {
    let fields = terminated(separated_list0(token(","), field), opt(token(",")));
    map(delimited(token("("), fields, token(")")), named).parse(input)
}

fn named(fields: Vec<Field>) -> CaseEvent {
    let mut fields = fields.into_iter();
    let name = match fields.next() {
        Some(Field::Text(name)) => name,
        other => return CaseEvent::Other(String::new(), other.map(Field::into_words).unwrap_or_default()),
    };
    match (name.as_str(), fields.next(), fields.next(), fields.next()) {
        ("message", Some(Field::Text(text)), Some(Field::Word(word)), None) if word != "None" => {
            CaseEvent::Message(text, word == "True")
        }
        ("ping", Some(Field::Text(text)), None, _) => CaseEvent::Ping(text),
        ("pong", Some(Field::Text(text)), None, _) => CaseEvent::Pong(text),
        ("timeout", Some(Field::Text(text)), None, _) => CaseEvent::Timeout(text),
        (_, second, third, fourth) => {
            let rest = [second, third, fourth].into_iter().flatten().chain(fields).map(Field::into_words);
            CaseEvent::Other(name, rest.collect::<Vec<_>>().join(", "))
        }
    }
}

/// A value of an event.
#[derive(Debug)]
enum Field {
    Text(String),
    /// `True`, `None`, a number.
    Word(String),
}

impl Field {
    fn into_words(self) -> String {
        match self {
            Self::Text(text) => format!("{text:?}"),
            Self::Word(word) => word,
        }
    }
}

fn field(input: &[u8]) -> Parsed<'_, Field> {
    let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+');
    let word = map(take_while1(is_word), |word| Field::Word(String::from_utf8_lossy(word).into_owned()));
    alt((map(string, Field::Text), word)).parse(input)
}

fn string(input: &[u8]) -> Parsed<'_, String> {
    let (input, prefix) = opt(one_of("uUbB")).parse(input)?;
    let (mut input, quote) = one_of("'\"").parse(input)?;
    let mut content = Content::default();
    loop {
        let mut plain = take_while(|b| b != b'\\' && char::from(b) != quote);
        let (rest, part) = plain.parse(input)?;
        content.push(part);
        let (rest, mark) = take(1_usize).parse(rest)?;
        if mark != b"\\" {
            return Ok((rest, content.text(prefix)));
        }
        input = escape(rest, &mut content)?;
    }
}

/// A string in both readings of `\x80` to `\xff`: as characters and as bytes.
#[derive(Default)]
struct Content {
    text: Vec<u8>,
    bytes: Vec<u8>,
}

impl Content {
    fn push(&mut self, both: &[u8]) {
        self.text.extend_from_slice(both);
        self.bytes.extend_from_slice(both);
    }

    fn push_char(&mut self, c: char) {
        self.push(c.encode_utf8(&mut [0; 4]).as_bytes());
    }

    /// Without a prefix it is text in Python 3 and bytes in Python 2; bytes that are UTF-8 are taken for such.
    fn text(self, prefix: Option<char>) -> String {
        let is_bytes = match prefix {
            Some('u' | 'U') => false,
            Some(_) => true,
            None => std::str::from_utf8(&self.bytes).is_ok(),
        };
        String::from_utf8_lossy(if is_bytes { &self.bytes } else { &self.text }).into_owned()
    }
}

/// What follows a backslash. One that begins no escape stands for itself, as in Python.
fn escape<'a>(input: &'a [u8], content: &mut Content) -> Result<&'a [u8], nom::Err<()>> {
    let (rest, kind) = take(1_usize).parse(input)?;
    match kind {
        b"n" => content.push(b"\n"),
        b"r" => content.push(b"\r"),
        b"t" => content.push(b"\t"),
        b"\\" | b"'" | b"\"" => content.push(kind),
        b"x" => {
            let (rest, number) = hex(rest, 2)?;
            content
                .text
                .extend(char::from_u32(number).unwrap_or_default().encode_utf8(&mut [0; 4]).as_bytes());
            content.bytes.extend(u8::try_from(number));
            return Ok(rest);
        }
        b"u" | b"U" => {
            let (rest, number) = hex(rest, if kind == b"u" { 4 } else { 8 })?;
            content.push_char(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER));
            return Ok(rest);
        }
        other => {
            content.push(b"\\");
            content.push(other);
        }
    }
    Ok(rest)
}

fn hex(input: &[u8], digits: usize) -> Parsed<'_, u32> {
    let digits = take_while_m_n(digits, digits, |b: u8| b.is_ascii_hexdigit());
    map_opt(digits, hex_number).parse(input)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> CaseEvent {
        CaseEvent::Message(text.to_owned(), false)
    }

    #[test]
    fn literals() {
        for (literal, events) in [
            ("[]", Some(vec![])),
            ("[('message', u'Hello, world!', False)]", Some(vec![message("Hello, world!")])),
            ("[('message', 'a', False), ('message', \"it's\", True)]", {
                Some(vec![message("a"), CaseEvent::Message("it's".to_owned(), true)])
            }),
            (" [ ( 'timeout' , 'A' , ) , ] \n", Some(vec![CaseEvent::Timeout("A".to_owned())])),
            ("[('ping', b'\\xff'), ('pong', '\\xce\\xba')]", {
                Some(vec![CaseEvent::Ping("\u{fffd}".to_owned()), CaseEvent::Pong("κ".to_owned())])
            }),
            (r"[('message', u'\xe9\u03ba\U0001f600\ud800\n\\\'\q', False)]", {
                Some(vec![message("éκ\u{1f600}\u{fffd}\n\\'\\q")])
            }),
            ("[('message', '\\xe9', False)]", Some(vec![message("é")])),
            ("[('odd', None, 1.5, 'x')]", {
                Some(vec![CaseEvent::Other("odd".to_owned(), "None, 1.5, \"x\"".to_owned())])
            }),
            ("[('message', u'Hello ...", None),
            ("[('message', u'\\x4', False)]", None),
            ("[('message', u'\\", None),
            ("[(((((", None),
            ("", None),
            ("[] x", None),
        ] {
            assert_eq!(received(literal.as_bytes()), events, "{literal}");
        }
    }

    #[test]
    fn verdicts() {
        let read = expected(b"{'OK': [('pong', u'')], 'NON-STRICT': []}").unwrap();
        assert_eq!(
            read,
            [(Behavior::Ok, vec![CaseEvent::Pong(String::new())]), (Behavior::NonStrict, vec![])]
        );
        assert_eq!(expected(b"{}"), Some(vec![]));
        assert_eq!(expected(b"{'OK': [}"), None);
    }
}
