//! `Sec-WebSocket-Extensions` (RFC 6455 9.1).
//!
//! ```text
//! list      = *( [ extension ] "," ) extension *( "," [ extension ] )
//! extension = token *( ";" parameter )
//! parameter = token [ "=" ( token / DQUOTE 1*( tchar / "\" tchar ) DQUOTE ) ]
//! token     = 1*tchar
//! ```
//!
//! White space may stand around each of these. A quoted value must be a token once its quotes and backslashes
//! are gone.

use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while, take_while1};
use nom::combinator::{eof, opt};
use nom::multi::{fold_many0, many0};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Parser};

use crate::http::grammar::is_tchar;
use crate::http::text;
use crate::model::{Extension, Text};

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// Extensions of all field lines together, and whether one of the lines breaks the grammar. What precedes the
/// fault on such a line is kept.
pub fn parse<'a>(values: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Extension>, bool) {
    let mut list = Vec::new();
    let mut malformed = false;
    for value in values {
        malformed |= parse_line(value, &mut list).is_err();
    }
    (list, malformed)
}

/// Where a line leaves the grammar, from 0; `None` for a sound one.
pub(crate) fn fault(line: &[u8]) -> Option<usize> {
    parse_line(line, &mut Vec::new()).err()
}

fn parse_line(all: &[u8], list: &mut Vec<Extension>) -> Result<(), usize> {
    let before = list.len();
    let mut fault = None;
    let mut line = all;
    while !line.is_empty() {
        let at = |rest: &[u8]| all.len() - rest.len();
        let start = at(line);
        let Ok((rest, found)) = preceded(space, opt(extension)).parse(line) else { return Err(start) };
        if let Some((found, values_are_tokens)) = found {
            list.push(found);
            fault = fault.or((!values_are_tokens).then_some(start));
        }
        let behind = at(rest);
        let Ok((rest, _)) = delimited(space, alt((tag(","), eof)), space).parse(rest) else {
            return Err(fault.unwrap_or(behind));
        };
        line = rest;
    }
    match fault {
        Some(at) => Err(at),
        None if list.len() > before => Ok(()),
        None => Err(all.len()),
    }
}

/// An extension, and whether all its quoted values are tokens.
fn extension(input: &[u8]) -> Parsed<'_, (Extension, bool)> {
    let parameters = many0(preceded(spaced(";"), parameter));
    let (rest, (name, parameters)) = (token, parameters).parse(input)?;
    let sound = parameters.iter().all(|(_, _, sound)| *sound);
    let parameters = parameters.into_iter().map(|(name, value, _)| (name, value)).collect();
    Ok((rest, (Extension { name: text(name), parameters }, sound)))
}

fn parameter(input: &[u8]) -> Parsed<'_, (Text, Option<Text>, bool)> {
    let bare = token.map(|value| (text(value), true));
    let quoted = quoted.map(|value| (text(&value), !value.is_empty() && value.iter().all(|&b| is_tchar(b))));
    let value = opt(preceded(spaced("="), alt((bare, quoted))));
    let (rest, (name, value)) = (token, value).parse(input)?;
    let (value, sound) = value.map_or((None, true), |(value, sound)| (Some(value), sound));
    Ok((rest, (text(name), value, sound)))
}

fn quoted(input: &[u8]) -> Parsed<'_, Vec<u8>> {
    let plain = take_while1(|b| b != b'"' && b != b'\\');
    let escaped = preceded(tag("\\"), take(1_usize));
    let content = fold_many0(alt((plain, escaped)), Vec::new, |mut all: Vec<u8>, part: &[u8]| {
        all.extend_from_slice(part);
        all
    });
    delimited(tag("\""), content, tag("\"")).parse(input)
}

fn token(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while1(is_tchar)(input)
}

fn space(input: &[u8]) -> Parsed<'_, &[u8]> {
    take_while(|b: u8| b.is_ascii_whitespace())(input)
}

fn spaced<'a>(mark: &'static str) -> impl Parser<&'a [u8], Output = &'a [u8], Error = ()> {
    delimited(space, tag(mark), space)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Extensions as `name;parameter=value`, parted by spaces; `!` where malformed.
    fn show(lines: &[&str]) -> String {
        let (list, malformed) = parse(lines.iter().map(|line| line.as_bytes()));
        let mut shown: Vec<String> = list
            .into_iter()
            .map(|extension| {
                let parameters = extension.parameters.into_iter().map(|(name, value)| match value {
                    Some(value) => format!(";{}={}", name.as_sent(), value.as_sent()),
                    None => format!(";{}", name.as_sent()),
                });
                extension.name.into_sent().into_owned() + &parameters.collect::<String>()
            })
            .collect();
        if malformed {
            shown.push("!".to_owned());
        }
        shown.join(" ")
    }

    #[test]
    fn where_a_line_leaves_the_grammar() {
        for (line, at) in [
            ("a; b=1", None),
            ("", Some(0)),
            (" ,", Some(2)),
            ("a;", Some(1)),
            ("a b", Some(1)),
            ("a, (b)", Some(3)),
            (r#"a, b; c="1 0", d"#, Some(3)),
            (r#"a; b="1 0"; c d"#, Some(0)),
        ] {
            assert_eq!(fault(line.as_bytes()), at, "{line:?}");
        }
    }

    #[test]
    fn lists_9_1() {
        for (name, lines, expected) in [
            ("no line", &[][..], ""),
            ("one", &["permessage-deflate"], "permessage-deflate"),
            ("parameters", &["a; b=1; c ; d = x"], "a;b=1;c;d=x"),
            ("several", &["a, b;c,d"], "a b;c d"),
            ("several lines", &["a", "b"], "a b"),
            ("empty elements", &[",a,, b ,"], "a b"),
            ("quoted", &[r#"a; b="10""#], "a;b=10"),
            ("escaped", &[r#"a; b="1\0", c"#], "a;b=10 c"),
            ("empty line", &[""], "!"),
            ("only commas", &[" , "], "!"),
            ("one empty line of two", &["a", ""], "a !"),
            ("trailing semicolon", &["a;"], "a !"),
            ("no parameter name", &["a; =1, b"], "a !"),
            ("no value", &["a; b="], "a;b !"),
            ("two tokens", &["a b"], "a !"),
            ("bad token", &["a, (b)"], "a !"),
            ("fault, then a sound line", &["a;;", "b"], "a b !"),
            ("unclosed quotes", &[r#"a; b="10"#], "a;b !"),
            ("quoted, empty", &[r#"a; b="""#], "a;b= !"),
            ("quoted, no token", &[r#"a; b="1 0", c"#], "a;b=1 0 c !"),
            ("quoted comma", &[r#"a; b="x,y", c"#], "a;b=x,y c !"),
        ] {
            assert_eq!(show(lines), expected, "{name}");
        }
    }
}
