//! Heads of HTTP/1.x messages.
//!
//! ```text
//! head         = *line-end start-line *field-line line-end
//! start-line   = ( request-line / status-line )
//! request-line = method SP target SP version line-end
//!              / method SP *blank target-with-blanks 1*blank version *blank line-end
//! status-line  = version SP 3DIGIT [ SP phrase ] line-end
//! method       = 1*64tchar
//! target       = 1*( any byte but controls, SP and DEL )
//! version      = "HTTP/" DIGIT "." DIGIT
//! phrase       = *( any byte but LF )
//! field-line   = ( name ":" value / other ) line-end *( ( SP / HTAB ) value line-end )
//! name         = *( any byte but ":" and LF )
//! value, other = *( any byte but LF )
//! line-end     = [ CR ] LF
//! ```
//!
//! Wider than RFC 9112 where servers in use are: a bare LF ends a line (2.2), empty lines may precede the start
//! line (2.2), the phrase may be missing with its space (4), folded values are joined (5.2), white space may stand
//! in a request line where it should not (3). A line without a colon is kept as a name without value: some servers
//! pass over such lines and go on.

use std::borrow::Cow;
use std::ops::Range;

use nom::branch::alt;
use nom::bytes::streaming;
use nom::combinator::{recognize, value};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use crate::http::{Fault, readable};
use crate::model::Lines;

/// Longest method in bytes. The longest registered one has 17; the bound ends the wait for the space.
const MAX_METHOD: usize = 64;

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// Head of a request.
#[derive(Clone, Copy, Debug)]
pub struct RequestHead<'a> {
    /// Method.
    pub method: &'a [u8],
    /// Request target as sent.
    pub target: &'a [u8],
    /// As in `HTTP/1.1`.
    pub version: &'a [u8],
    /// Its field lines.
    pub fields: Fields<'a>,
    /// The request line has the form of RFC 9112 3: one space between its parts, none elsewhere.
    pub is_exact: bool,
}

/// Head of a response.
#[derive(Clone, Copy, Debug)]
pub struct ResponseHead<'a> {
    /// As in `HTTP/1.1`.
    pub version: &'a [u8],
    /// Status code, 0 to 999.
    pub status: u16,
    /// Reason phrase, which may be empty.
    pub phrase: &'a [u8],
    /// Its field lines.
    pub fields: Fields<'a>,
}

/// What the first bytes of a stream, or of the next message on it, can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// A request: a method and a space.
    Request,
    /// A response: `HTTP/`.
    Response,
    /// Too few bytes to tell.
    Open,
    /// Neither, whatever follows.
    Neither,
}

impl Start {
    /// Looks at the first bytes of a message, behind any empty lines. Reads no more than 65 bytes.
    #[must_use]
    pub fn of(message: &[u8]) -> Self {
        match terminated(method, streaming::tag(" ")).parse(message) {
            Ok(_) => Self::Request,
            Err(nom::Err::Incomplete(_)) => Self::Open,
            Err(_) if message.starts_with(b"HTTP/") => Self::Response,
            Err(_) => Self::Neither,
        }
    }
}

/// Parses a request head; gives its length in bytes, empty lines before and behind it included.
///
/// # Errors
/// `Incomplete` if the empty line is not there, `Malformed` for a bad request line, complete or not.
pub fn request_head(input: &[u8]) -> Result<(RequestHead<'_>, usize), Fault> {
    let message = skip_empty_lines(input);
    let (rest, (method, target, version), is_exact) = match request_line(message).map_err(fault) {
        Ok((rest, line)) => (rest, line, true),
        Err(Fault::Incomplete) => return Err(Fault::Incomplete),
        Err(Fault::Malformed) => {
            let (rest, line) = spaced_request_line(message).map_err(fault)?;
            (rest, line, false)
        }
    };
    let (rest, fields) = fields(rest)?;
    Ok((RequestHead { method, target, version, fields, is_exact }, input.len() - rest.len()))
}

/// Parses a response head; gives its length in bytes, empty lines before and behind it included.
///
/// # Errors
/// `Incomplete` if the empty line is not there, `Malformed` for a bad status line, complete or not.
pub fn response_head(input: &[u8]) -> Result<(ResponseHead<'_>, usize), Fault> {
    let (rest, (version, status, phrase)) = status_line(skip_empty_lines(input)).map_err(fault)?;
    let (rest, fields) = fields(rest)?;
    Ok((ResponseHead { version, status, phrase, fields }, input.len() - rest.len()))
}

/// Index just behind the empty line that ends a head. Looks for it in `head[from..]` only, so that a head that
/// comes in pieces is searched once; `head` must not begin with an empty line.
#[must_use]
pub fn head_end(head: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'\n', head.get(at..)?)?;
        let before = head.get(..at)?;
        at += 1;
        if before.ends_with(b"\n") || before.ends_with(b"\n\r") {
            return Some(at);
        }
    }
}

/// `input` without empty lines at its start.
#[must_use]
pub fn skip_empty_lines(input: &[u8]) -> &[u8] {
    let blank = input.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    input.get(blank..).unwrap_or_default()
}

/// The field lines of a head.
#[derive(Clone, Copy, Debug, Default)]
pub struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Values of the fields of that name, compared without case.
    pub fn values(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        // Most lines have another name: they are passed over without being taken apart. A fold begins with a
        // blank, so it has no name.
        let mut rest = self.0;
        std::iter::from_fn(move || {
            loop {
                let (start, value) = rest.split_at_checked(name.len())?;
                if value.first() == Some(&b':') && start.eq_ignore_ascii_case(name.as_bytes()) {
                    let (behind, line) = field_line(rest)?;
                    rest = behind;
                    return Some(line.value);
                }
                rest = rest.get(memchr::memchr(b'\n', rest)? + 1..)?;
            }
        })
    }

    /// Elements of the comma-separated lists of that name, those of all its lines; empty ones are left out.
    pub fn elements(self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.values(name).flat_map(|value| value.split(|&b| b == b',')).map(trim).filter(|e| !e.is_empty())
    }

    /// Whether a field has a name that begins with `prefix`, compared without case.
    #[must_use]
    pub fn has_name_with(self, prefix: &str) -> bool {
        let mut rest = self.0;
        while let Some((start, _)) = rest.split_at_checked(prefix.len()) {
            if start.eq_ignore_ascii_case(prefix.as_bytes()) {
                return true;
            }
            let Some(end) = memchr::memchr(b'\n', rest) else { return false };
            rest = rest.get(end + 1..).unwrap_or_default();
        }
        false
    }

    /// Whether `token` is an element of the lists of that name, compared without case.
    #[must_use]
    pub fn has_token(self, name: &str, token: &str) -> bool {
        self.elements(name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }
}

impl<'a> Fields<'a> {
    /// The lines as they are, each with its end.
    pub(super) const fn raw(self) -> &'a [u8] {
        self.0
    }
}

impl Fields<'_> {
    /// The owned form: text, each fold one space.
    #[must_use]
    pub fn to_lines(self) -> Lines {
        // A line of a handshake has some forty bytes; a guess too low costs a second allocation.
        let mut lines = Lines::with_capacity(self.0.len(), self.0.len() / 24);
        let Ok(mut rest) = std::str::from_utf8(self.0) else {
            self.for_each(|line| lines.push(&readable(line.name), &readable(&unfold(line.value))));
            lines.shrink();
            return lines;
        };
        // Looked at once as a whole, it is text wherever it is divided.
        while let Some(Cut { name, value, next }) = cut(rest.as_bytes()) {
            let part = |range: Range<usize>| rest.get(range).unwrap_or_default();
            let value = part(value).trim_ascii();
            if value.contains('\n') {
                lines.push(part(name), &readable(&unfold(value.as_bytes())));
            } else {
                lines.push(part(name), value);
            }
            rest = rest.get(next..).unwrap_or_default();
        }
        lines.shrink();
        lines
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = FieldLine<'a>;

    fn next(&mut self) -> Option<FieldLine<'a>> {
        let (rest, line) = field_line(self.0)?;
        self.0 = rest;
        Some(line)
    }
}

/// One field line, its folds included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldLine<'a> {
    /// Name as sent: not always a token.
    pub name: &'a [u8],
    /// Value without the white space around it; line ends of folds are still in it.
    pub value: &'a [u8],
}

fn method(input: &[u8]) -> Parsed<'_, &[u8]> {
    streaming::take_while_m_n(1, MAX_METHOD, is_tchar)(input)
}

fn request_line(input: &[u8]) -> Parsed<'_, (&[u8], &[u8], &[u8])> {
    let target = streaming::take_while1(|b: u8| b > b' ' && b != 0x7f);
    let space = || streaming::tag(" ");
    (terminated(method, space()), terminated(target, space()), terminated(version, line_end)).parse(input)
}

/// A request line with more white space than it should have, in its target too (RFC 9112 3: many a server takes it).
fn spaced_request_line(input: &[u8]) -> Parsed<'_, (&[u8], &[u8], &[u8])> {
    let (rest, (method, line)) = (terminated(method, streaming::tag(" ")), line).parse(input)?;
    let line = trim(line);
    let parts = line.len().checked_sub(b"HTTP/1.1".len()).and_then(|at| line.split_at_checked(at));
    let Some((target, end)) = parts.filter(|(target, _)| target.last().is_some_and(|&b| is_blank(b))) else {
        return Err(nom::Err::Error(()));
    };
    let target = trim(target);
    if target.is_empty() || !target.iter().all(|&b| b >= b' ' && b != 0x7f || b == b'\t') {
        return Err(nom::Err::Error(()));
    }
    match end {
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor]
            if major.is_ascii_digit() && minor.is_ascii_digit() =>
        {
            Ok((rest, (method, target, end)))
        }
        _ => Err(nom::Err::Error(())),
    }
}

fn status_line(input: &[u8]) -> Parsed<'_, (&[u8], u16, &[u8])> {
    let digits = streaming::take_while_m_n(3, 3, |b: u8| b.is_ascii_digit());
    let status = digits.map(|d: &[u8]| d.iter().fold(0, |n, b| n * 10 + u16::from(b - b'0')));
    let phrase = preceded(streaming::tag(" "), line).map(trim);
    (terminated(version, streaming::tag(" ")), status, alt((value(&[][..], line_end), phrase))).parse(input)
}

fn version(input: &[u8]) -> Parsed<'_, &[u8]> {
    let digit = || streaming::take_while_m_n(1, 1, |b: u8| b.is_ascii_digit());
    recognize((streaming::tag("HTTP/"), digit(), streaming::tag("."), digit())).parse(input)
}

fn line_end(input: &[u8]) -> Parsed<'_, &[u8]> {
    alt((streaming::tag("\n"), streaming::tag("\r\n"))).parse(input)
}

fn line(input: &[u8]) -> Parsed<'_, &[u8]> {
    terminated(streaming::take_till(is_lf), streaming::tag("\n")).parse(input)
}

/// Field lines up to the empty line. They are checked for nothing here and split when asked for.
fn fields(input: &[u8]) -> Result<(&[u8], Fields<'_>), Fault> {
    for none in [&b"\n"[..], b"\r\n"] {
        if let Some(rest) = input.strip_prefix(none) {
            return Ok((rest, Fields::default()));
        }
    }
    let (lines, rest) =
        head_end(input, 0).and_then(|end| input.split_at_checked(end)).ok_or(Fault::Incomplete)?;
    let lines = lines.strip_suffix(b"\r\n").or_else(|| lines.strip_suffix(b"\n"));
    Ok((rest, Fields(lines.unwrap_or_default())))
}

fn field_line(input: &[u8]) -> Option<(&[u8], FieldLine<'_>)> {
    let Cut { name, value, next } = cut(input)?;
    let part = |range: Range<usize>| input.get(range).unwrap_or_default();
    Some((part(next..input.len()), FieldLine { name: part(name), value: trim(part(value)) }))
}

/// Where a field line with its folds is to be divided.
struct Cut {
    name: Range<usize>,
    /// White space around it included.
    value: Range<usize>,
    /// Where the next line begins.
    next: usize,
}

/// By hand, for each head is divided here, and each line of it: a field line, which must be whole.
fn cut(input: &[u8]) -> Option<Cut> {
    let mut end = memchr::memchr(b'\n', input)?;
    let line = input.get(..end)?;
    let Some(colon) = line.iter().position(|&b| b == b':') else {
        let start = end - line.trim_ascii_start().len();
        let name = start..start + trim(line).len();
        return Some(Cut { name, value: end..end, next: end + 1 });
    };
    while let Some(b' ' | b'\t') = input.get(end + 1)
        && let Some(len) = input.get(end + 1..).and_then(|rest| memchr::memchr(b'\n', rest))
    {
        end += 1 + len;
    }
    Some(Cut { name: 0..colon, value: colon + 1..end, next: end + 1 })
}

/// Each fold of a value as one space (RFC 9112 5.2).
fn unfold(value: &[u8]) -> Cow<'_, [u8]> {
    if memchr::memchr(b'\n', value).is_none() {
        return Cow::Borrowed(value);
    }
    let lines: Vec<&[u8]> = value.split(|&b| is_lf(b)).map(trim).collect();
    Cow::Owned(lines.join(&b' '))
}

/// `bytes` without white space, line ends included, around them.
fn trim(bytes: &[u8]) -> &[u8] {
    bytes.trim_ascii()
}

fn is_lf(byte: u8) -> bool {
    byte == b'\n'
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}

/// tchar of RFC 9110 5.6.2.
pub(super) const fn is_tchar(byte: u8) -> bool {
    let is_mark = matches!(
        byte,
        b'!' | b'#'
            | b'$'
            | b'%'
            | b'&'
            | b'\''
            | b'*'
            | b'+'
            | b'-'
            | b'.'
            | b'^'
            | b'_'
            | b'`'
            | b'|'
            | b'~'
    );
    byte.is_ascii_alphanumeric() || is_mark
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err wants")]
fn fault(err: nom::Err<()>) -> Fault {
    match err {
        nom::Err::Incomplete(_) => Fault::Incomplete,
        nom::Err::Error(()) | nom::Err::Failure(()) => Fault::Malformed,
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;

    /// The owned form as RFC 9112 5 tells it, line by line: names and values that are looked at by themselves.
    fn by_the_line(fields: &[u8]) -> Vec<(String, String)> {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let mut lines: Vec<(String, Vec<&[u8]>)> = Vec::new();
        let mut is_folded = false;
        // What has no end is no line.
        for line in fields.split_inclusive(|&b| b == b'\n').filter_map(|line| line.strip_suffix(b"\n")) {
            match (lines.last_mut(), line.iter().position(|&b| b == b':')) {
                (Some((_, value)), _) if is_folded && matches!(line.first(), Some(b' ' | b'\t')) => {
                    value.push(line.trim_ascii());
                }
                (_, Some(colon)) => {
                    lines.push((text(&line[..colon]), vec![line[colon + 1..].trim_ascii()]));
                    is_folded = true;
                }
                (_, None) => {
                    lines.push((text(line.trim_ascii()), Vec::new()));
                    is_folded = false;
                }
            }
        }
        lines.into_iter().map(|(name, value)| (name, text(value.join(&b' ').trim_ascii()))).collect()
    }

    /// Pieces that lines are divided by, and others that are no text, or text only together.
    const PIECES: &[&[u8]] = &[
        b"\n",
        b"\r\n",
        b"\r",
        b"\n ",
        b"\r\n\t",
        b":",
        b": ",
        b" ",
        b"\t",
        b"\x0c",
        b"\x0b",
        b"\0",
        b",",
        b"a",
        b"Sec-WebSocket-Protocol:",
        b"sec-websocket-extensions: ",
        b"\xff",
        b"\xc3",
        b"\xa9",
        "\u{e9}".as_bytes(),
        "\u{85}\u{a0}\u{2028}".as_bytes(),
        "\u{1f980}".as_bytes(),
        b"\xf0\x9f",
        b"\xed\xa0\x80",
    ];

    proptest! {
        #[test]
        fn lines_are_those_of_rfc_9112_whatever_the_bytes(pieces in vec(select(PIECES), 0..24)) {
            let fields = pieces.concat();
            let expected = by_the_line(&fields);
            let lines = Fields(&fields).to_lines();
            let found: Vec<(&str, &str)> = lines.iter().collect();
            let expected: Vec<(&str, &str)> = expected.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            prop_assert_eq!(&found, &expected);
            // One at a time they are the same, and so is what is asked for by name but for lines without a colon.
            let one_by_one: Vec<(String, String)> = Fields(&fields)
                .map(|line| (readable(line.name).into_owned(), readable(&unfold(line.value)).into_owned()))
                .collect();
            let one_by_one: Vec<(&str, &str)> = one_by_one.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            prop_assert_eq!(&one_by_one, &expected);
            for name in ["a", "Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions"] {
                let values = Fields(&fields).values(name).filter(|value| !value.is_empty());
                let values: Vec<String> = values.map(|value| readable(&unfold(value)).into_owned()).collect();
                let expected: Vec<&str> = lines.values(name).filter(|value| !value.is_empty()).collect();
                prop_assert_eq!(values, expected, "{}", name);
            }
        }
    }

    /// One line for a head, or the fault.
    fn show(input: &str) -> String {
        let shown = |line: &str, fields: Fields<'_>, len: usize| {
            let lines = fields.to_lines();
            let fields = lines.iter().map(|(name, value)| format!(" {name}={value:?}"));
            format!("{line} {len}{}", fields.collect::<String>())
        };
        let input = input.as_bytes();
        let parsed = if skip_empty_lines(input).starts_with(b"HTTP") {
            response_head(input).map(|(head, len)| {
                let line = format!("{} {} {:?}", readable(head.version), head.status, readable(head.phrase));
                shown(&line, head.fields, len)
            })
        } else {
            request_head(input).map(|(head, len)| {
                let line = [head.method, head.target, head.version].map(readable).join(" ");
                shown(&line, head.fields, len)
            })
        };
        parsed.unwrap_or_else(|fault| format!("{fault:?}"))
    }

    #[track_caller]
    fn check(name: &str, input: &str, expected: &str) {
        assert_eq!(show(input), expected, "{name}");
        if expected != "Malformed" {
            let len = input.rfind("\n").map_or(0, |at| at + 1);
            for cut in (0..len).filter(|cut| input.is_char_boundary(*cut)) {
                assert_eq!(show(&input[..cut]), "Incomplete", "{name}, cut at {cut}");
            }
        }
    }

    #[test]
    fn heads() {
        for (name, input, expected) in [
            ("request-line 3", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 18"),
            ("bytes behind the head", "GET / HTTP/1.1\r\n\r\nxy", "GET / HTTP/1.1 18"),
            ("two spaces 3", "GET  / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 19"),
            ("a space in the target 3", "GET /a b HTTP/1.1 \r\n\r\n", "GET /a b HTTP/1.1 22"),
            ("no target", "GET  HTTP/1.1\r\n\r\n", "Malformed"),
            ("something behind the version", "GET / HTTP/1.1 x\r\n\r\n", "Malformed"),
            ("token method 9110 5.6.2", "M-SEARCH * HTTP/1.0\r\n\r\n", "M-SEARCH * HTTP/1.0 23"),
            ("target is not ASCII", "GET /\u{e9} HTTP/1.1\r\n\r\n", "GET /\u{e9} HTTP/1.1 20"),
            ("bare LF 2.2", "GET / HTTP/1.1\nA: b\n\n", "GET / HTTP/1.1 21 A=\"b\""),
            ("empty lines before 2.2", "\r\n\nGET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1 21"),
            ("field-line 5", "GET / HTTP/1.1\r\nA:b\r\nC: \td \r\n\r\n", "GET / HTTP/1.1 31 A=\"b\" C=\"d\""),
            ("empty value 5", "GET / HTTP/1.1\r\nA:\r\n\r\n", "GET / HTTP/1.1 22 A=\"\""),
            ("colon in the value", "GET / HTTP/1.1\r\nA: b:c\r\n\r\n", "GET / HTTP/1.1 26 A=\"b:c\""),
            ("space before the colon 5.1", "GET / HTTP/1.1\r\nA : b\r\n\r\n", "GET / HTTP/1.1 25 A =\"b\""),
            ("obs-fold 5.2", "GET / HTTP/1.1\r\nA: b\r\n \tc\r\n\r\n", "GET / HTTP/1.1 29 A=\"b c\""),
            (
                "no colon",
                "GET / HTTP/1.1\r\nnonsense\r\nA: b\r\n\r\n",
                "GET / HTTP/1.1 34 nonsense=\"\" A=\"b\"",
            ),
            (
                "no colon, then folded",
                "GET / HTTP/1.1\r\nx\r\n y: z\r\n\r\n",
                "GET / HTTP/1.1 28 x=\"\"  y=\"z\"",
            ),
            (
                "status-line 4",
                "HTTP/1.1 101 Switching Protocols\r\n\r\n",
                "HTTP/1.1 101 \"Switching Protocols\" 36",
            ),
            ("empty phrase 4", "HTTP/1.1 200 \r\n\r\n", "HTTP/1.1 200 \"\" 17"),
            ("no phrase, no space", "HTTP/1.1 200\r\n\r\n", "HTTP/1.1 200 \"\" 16"),
            ("no phrase, bare LF", "HTTP/1.0 404\nA: b\n\n", "HTTP/1.0 404 \"\" 19 A=\"b\""),
            ("no space", "GET\r\n\r\n", "Malformed"),
            ("no version", "GET /\r\n\r\n", "Malformed"),
            ("another protocol", "DESCRIBE / RTSP/1.0\r\n\r\n", "Malformed"),
            ("control in the target", "GET /\u{1} HTTP/1.1\r\n\r\n", "Malformed"),
            ("no minor version", "GET / HTTP/2\r\n\r\n", "Malformed"),
            ("separator in the method", "G(T / HTTP/1.1\r\n\r\n", "Malformed"),
            ("status of two digits", "HTTP/1.1 20 OK\r\n\r\n", "Malformed"),
            ("status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", "Malformed"),
            ("status in letters", "HTTP/1.1 OK\r\n\r\n", "Malformed"),
        ] {
            check(name, input, expected);
        }
    }

    #[test]
    fn values_that_are_not_utf8() {
        let (head, _) = request_head(b"GET /\xff HTTP/1.1\r\nA: \xfe\r\n\r\n").unwrap();
        assert_eq!(readable(head.target), "/\u{fffd}");
        assert_eq!(head.fields.to_lines().first("a"), Some("\u{fffd}"));
    }

    #[test]
    fn lists_9110_5_6_1() {
        let (head, _) =
            request_head(b"GET / HTTP/1.1\r\nUpgrade: a,, WebSocket\r\nupgrade:b\r\n\r\n").unwrap();
        let elements: Vec<&[u8]> = head.fields.elements("UPGRADE").collect();
        assert_eq!(elements, [&b"a"[..], b"WebSocket", b"b"]);
        assert!(head.fields.has_token("upgrade", "websocket"));
        assert!(!head.fields.has_token("upgrade", "web"));
    }

    #[test]
    fn starts() {
        for (input, expected) in [
            ("", Start::Open),
            ("G", Start::Open),
            ("HTTP", Start::Open),
            ("HTTP/", Start::Response),
            ("HTTP ", Start::Request),
            ("GET ", Start::Request),
            ("HEAD /", Start::Request),
            ("PRI * HTTP/2.0", Start::Request),
            ("\u{16}\u{3}\u{1}", Start::Neither),
            ("GET\r", Start::Neither),
            ("{\"a\"", Start::Neither),
            (" GET", Start::Neither),
        ] {
            assert_eq!(Start::of(input.as_bytes()), expected, "{input:?}");
        }
        assert_eq!(Start::of(&[b'A'; MAX_METHOD]), Start::Open);
        assert_eq!(Start::of(&[b'A'; MAX_METHOD + 1]), Start::Neither);
    }

    #[test]
    fn an_end_is_found_in_new_bytes_only() {
        let head = b"GET / HTTP/1.1\r\nA: b\r\n\r\n";
        for from in 0..head.len() {
            assert_eq!(head_end(head, from), Some(head.len()), "from {from}");
        }
        assert_eq!(head_end(head, head.len()), None);
        assert_eq!(head_end(head, head.len() + 1), None);
    }
}
