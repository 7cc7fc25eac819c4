//! Where in a text secrets stand: by what they are called, by what announces them, by what they look like. What is
//! structured (URIs, JSON, base64 of it, credentials) is taken apart, one part inside the other, without recursion.

mod fields;
mod glance;
mod text;
mod uri;

use std::ops::Range;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use crate::redact::looks;
use crate::redact::looks::{is_ordinary, web_token};
use crate::redact::names::Grade::{self, Neutral};
use crate::redact::names::{grade, is_plain_field, may_be_secret};
use crate::redact::piece::{Kind, Piece, decoded};
use glance::announces_nothing;

/// Where a text stands.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// A request target.
    Target,
    /// The name of a field, or a line that has none.
    Name,
    /// The value of a field of that name.
    Field(&'a str),
    /// A field line.
    Line,
    /// A list of subprotocols.
    List,
    /// One of them, and what the one before says of it.
    Element(&'a mut Grade),
    /// The value of a parameter of that name.
    Parameter(&'a str),
    /// Any text of an opening handshake.
    Words,
    /// What an application sent.
    Payload,
    /// What the Autobahn Testsuite reports.
    Told,
}

/// A secret.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) range: Range<usize>,
    /// Decoded, where it is written otherwise.
    pub(super) value: Option<String>,
}

/// What was found.
#[derive(Debug)]
pub(super) struct Search<'t> {
    pub(super) spans: Vec<Span>,
    /// Secrets inside those, which may be quoted by themselves.
    pub(super) inner: Vec<String>,
    queue: Vec<Piece<'t>>,
    nesting: usize,
    /// What tells texts that need not be searched.
    glance: fn(&str) -> bool,
}

/// Braces inside one another of which names are remembered.
const BRACES: usize = 64;

fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

pub(super) const fn is_word_end(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '`' | '|')
}

/// The stretch without white space around it.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + part.len() - part.trim_start().len();
    start..(range.end - (part.len() - part.trim_end().len())).max(start)
}

/// Stretches that such characters part, outside of quotes if they count.
fn parted(text: &str, range: Range<usize>, ends: &[char], mut quotes: bool) -> Vec<Range<usize>> {
    let part = text.get(range.clone()).unwrap_or_default();
    quotes &= part.contains('"');
    let (mut in_quotes, mut is_escaped, mut start, mut out) = (false, false, range.start, Vec::new());
    for (at, c) in part.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_quotes => is_escaped = true,
            '"' if quotes => in_quotes = !in_quotes,
            _ if !in_quotes && ends.contains(&c) => {
                out.push(start..range.start + at);
                start = range.start + at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(start..range.end);
    out
}

/// Whether such a text may be parameters: base64 has its `=` at the end.
fn has_parameters(text: &str) -> bool {
    text.contains('=') && text.trim_end_matches('=').contains('=')
}

/// Whether there is no secret in a text that stands at `place`: so it is with nearly all, and seen sooner than by searching.
pub(super) fn is_plain(place: &mut Place<'_>, text: &str) -> bool {
    match place {
        Place::Target | Place::Words | Place::List => looks::is_plain(text),
        Place::Name => text.len() < 8 || looks::is_plain(text),
        Place::Field(name) => is_plain_field(name) && looks::is_plain(text),
        Place::Parameter(name) => !may_be_secret(name) && looks::is_plain(text),
        Place::Payload => text.len() < 6 || looks::is_plain(text),
        Place::Line | Place::Element(_) | Place::Told => false,
    }
}

/// Looks for secrets in a text that stands at `place`. What is encoded more than `nesting` times is one as a whole.
pub(super) fn search<'t>(place: Place<'_>, text: &'t str, nesting: usize) -> Search<'t> {
    search_with(announces_nothing, place, text, nesting)
}

fn search_with<'t>(glance: fn(&str) -> bool, place: Place<'_>, text: &'t str, nesting: usize) -> Search<'t> {
    let (spans, inner, queue) = (Vec::new(), Vec::new(), Vec::new());
    let mut search = Search { spans, inner, queue, nesting, glance };
    let all = 0..text.len();
    let whole = |kind, looks| Piece::new(text, kind, looks);
    match place {
        Place::Target => search.push(whole(Kind::Uri, true)),
        Place::Name => {
            if text.len() >= 8 {
                search.push(whole(Kind::Words, true));
            }
        }
        Place::Field(name) => search.field(&whole(Kind::Value, true), name, all),
        Place::Line => match text.split_once(':') {
            Some((name, _)) => {
                let piece = whole(Kind::Value, true);
                let value = trimmed(text, name.len() + 1..text.len());
                search.field(&piece, name.trim(), value);
                search.push(piece.part(&(0..name.len()), Kind::Words));
            }
            None => search.push(whole(Kind::Words, true)),
        },
        Place::List => search.list(&whole(Kind::Value, true), all),
        Place::Element(before) => search.element(&whole(Kind::Value, true), all, before),
        Place::Parameter(name) => search.value(&whole(Kind::Value, true), name, all),
        Place::Words => {
            if text.len() >= 4 {
                let piece = whole(Kind::Words, true);
                if text.contains('"') {
                    search.json(&piece);
                }
                search.push(piece);
            }
        }
        Place::Payload => search.payload(&whole(Kind::Words, false)),
        Place::Told => {
            let piece = whole(Kind::Words, false);
            search.web_tokens(&piece);
            search.look(&piece, all);
        }
    }
    search.run();
    search
}

impl<'t> Search<'t> {
    fn run(&mut self) {
        while let Some(piece) = self.queue.pop() {
            self.web_tokens(&piece);
            match piece.kind {
                Kind::Value => self.any(&piece),
                Kind::Uri => self.uri(&piece),
                Kind::Json => self.json(&piece),
                Kind::Words => self.words(&piece),
            }
        }
    }

    fn push(&mut self, piece: Piece<'t>) {
        if piece.depth > self.nesting {
            if !is_ordinary(&piece.text) {
                self.hide(&piece, 0..piece.text.len());
            }
        } else if !self.is_empty(&piece) {
            self.queue.push(piece);
        }
    }

    /// Whether there is no secret in a piece, which is seen sooner than by searching.
    fn is_empty(&self, piece: &Piece<'_>) -> bool {
        // Parts of URIs, and strings in what lies deepest, may lie too deep.
        !piece.looks && piece.kind != Kind::Uri && piece.depth < self.nesting && (self.glance)(&piece.text)
    }

    fn hide(&mut self, piece: &Piece<'_>, range: Range<usize>) {
        let source = piece.source(&range);
        let text = piece.get(&range);
        if text.is_empty() || source.is_empty() {
            return;
        }
        let text = decoded(text);
        let is_inside = piece.is_whole();
        let value = (!is_inside && (piece.is_decoded() || matches!(text, std::borrow::Cow::Owned(_))))
            .then(|| text.clone().into_owned());
        if is_inside {
            self.inner.push(text.into_owned());
        }
        self.spans.push(Span { range: source, value });
    }

    fn web_tokens(&mut self, piece: &Piece<'_>) {
        let mut end = 0;
        while let Some(token) = web_token(&piece.text, end) {
            end = token.end;
            self.hide(piece, token);
        }
    }

    /// Whatever a value looks like.
    fn any(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        if text.len() < 3 {
            return;
        }
        if text.contains('%')
            && let Some(piece) = piece.percent_decoded()
        {
            return self.push(piece);
        }
        let is_json = text.trim_start().starts_with(['{', '[', '"']);
        let all = 0..text.len();
        match () {
            () if is_json => {
                self.json(piece);
                // What is in none of its strings.
                if piece.looks {
                    self.words(piece);
                }
            }
            () if text.contains(is_word_end) && !is_parted_uri(text) => self.words(piece),
            () if is_uri(text) => self.push(piece.part(&all, Kind::Uri)),
            () => match text.split_once(':') {
                Some((name, value)) if !value.is_empty() && grade(name) != Neutral => {
                    self.value(piece, name, name.len() + 1..text.len());
                }
                _ => self.look(piece, all),
            },
        }
    }
}

/// Where a string of JSON ends: at its quote, or with the text.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let Some(len) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) else {
            return bytes.len();
        };
        at += len;
        if bytes.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
}

/// Whether a string may hold a secret that it names itself, or be a token.
fn may_hold_secret(text: &str) -> bool {
    static BEARER: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("earer"));
    let bytes = text.as_bytes();
    memchr::memchr3(b'=', b':', b'%', bytes).is_some()
        || memchr::memchr(b' ', bytes).is_none()
        || BEARER.find(bytes).is_some()
}

fn is_uri(text: &str) -> bool {
    text.starts_with('/') || text.contains("://") || has_parameters(text)
}

/// Whether commas and semicolons are all that parts it, as in URIs and lists of parameters.
fn is_parted_uri(text: &str) -> bool {
    is_uri(text)
        && !text.contains(|c: char| is_word_end(c) && !matches!(c, ',' | ';' | '|' | '\'' | '(' | ')'))
}

/// Whether it is base64 with characters that would part it into tokens.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len() >= 20
        && text.contains('/')
        && !text.starts_with('/')
        && (text.len() > digits.len() || text.contains('+'))
        && text.len().is_multiple_of(4)
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        && !is_ordinary(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a search could stumble upon, and what stands around it.
    const PARTS: &[&str] = &[
        " ",
        "  ",
        "\n",
        "\t",
        ",",
        ";",
        ".",
        "-",
        "_",
        "+",
        "~",
        "@",
        "&",
        "?",
        "#",
        "|",
        "'",
        "(",
        "<",
        "`",
        "\0",
        "\"",
        "\\\"",
        "\\",
        "%",
        "/",
        "//",
        "=",
        ":",
        "://",
        "{",
        "}",
        "[",
        "]",
        "\\u003d",
        "%3D",
        "%253d",
        "{\"token\":\"",
        "\"b\":\"",
        "\"message\":\"",
        "\"key\":\"",
        "\",\"",
        "\"}",
        "42[\"",
        "{\"id\":1,\"t\":\"",
        "\",\"x\":\"",
        "\",\"room\":[\"",
        "CONNECT\n",
        "SEND\r\n",
        "passcode:",
        "token",
        "Token=",
        "api-key: ",
        "session",
        "sid",
        "pw",
        "st=",
        "Bearer",
        "bearer ",
        "BEARER",
        "earer",
        "Basic ",
        "auth-",
        "jwt_",
        "header=",
        "eyJhbGciOiJub25lIn0",
        "eyJhbGciOiJub25lIn0.e30.c2ln",
        "eyJ0b2tlbiI6ImFiYyJ9",
        "eyJ",
        "J",
        "ew0KInRva2VuIjoiYWJjIn0",
        "W3sidG9rZW4iOiJhYmMifV0",
        "WyJ0b2tlbiJd",
        "e3Rva2VuOjF9Cg",
        "eyewitnesses",
        "sk-",
        "ghp_",
        "AKIA",
        "hvs.",
        "key-",
        "SG.",
        "ya29.",
        "Zq9xSeCrEt7wPlmK",
        "0123456789abcdef",
        "7f9c24e8-3b1a-4d6e-9f00-0123456789ab",
        "aaaaaaaaaaaaaaaa",
        "notification",
        "größe",
        "日本語",
        "é",
    ];

    fn part() -> impl Strategy<Value = String> {
        prop_oneof![
            4 => prop::sample::select(PARTS).prop_map(str::to_owned),
            2 => "[a-z]{1,9} ",
            1 => "[A-Za-z0-9_.~+-]{0,20}",
            1 => "[ -~]{0,6}",
            1 => any::<char>().prop_map(String::from),
        ]
    }

    fn places() -> impl Iterator<Item = Place<'static>> {
        [
            Place::Payload,
            Place::Words,
            Place::Line,
            Place::Target,
            Place::Told,
            Place::Field("Cookie"),
            Place::Field("Host"),
            Place::Field("X-Request-Id"),
        ]
        .into_iter()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 16 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

        #[test]
        fn nothing_is_passed_over(
            // Few of them, or there would be something in every text.
            parts in prop::collection::vec(part(), 1..5),
            order in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
            nesting in prop::sample::select(&[0_usize, 1, 2, 3, 16][..]),
        ) {
            let text: String = order.iter().map(|at| at.get(&parts).as_str()).collect();
            let found = |glance, place| {
                let Search { mut spans, inner, .. } = search_with(glance, place, &text, nesting);
                spans.sort_by_key(|span| (span.range.start, span.range.end));
                format!("{spans:?} {inner:?}")
            };
            for (place, again) in places().zip(places()) {
                let all = found(|_| false, place);
                prop_assert_eq!(found(announces_nothing, again), all, "{:?}", text);
            }
        }
    }
}
