//! The opening handshake (RFC 6455 4) as sent, and what it settled.

pub mod facts;

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;

use crate::model::{Bytes, Excerpt, Quoted, Stage, Text, Wire};
use facts::{RequestFacts, ResponseFacts};

/// The header fields of the opening handshake (RFC 6455 11.3), spelt as there.
pub mod field {
    /// What the names of those that only this protocol has begin with.
    pub const PREFIX: &str = "Sec-WebSocket-";
    /// Of request and response.
    pub const UPGRADE: &str = "Upgrade";
    /// Of request and response: the option `Upgrade`.
    pub const CONNECTION: &str = "Connection";
    /// The client's nonce: base64 of 16 random bytes (RFC 6455 4.1, item 7).
    pub const KEY: &str = "Sec-WebSocket-Key";
    /// The version asked for, or those on offer.
    pub const VERSION: &str = "Sec-WebSocket-Version";
    /// Subprotocols offered, or the one chosen.
    pub const PROTOCOL: &str = "Sec-WebSocket-Protocol";
    /// Extensions offered, or those taken.
    pub const EXTENSIONS: &str = "Sec-WebSocket-Extensions";
    /// The server's proof that it read the key.
    pub const ACCEPT: &str = "Sec-WebSocket-Accept";
}

/// The field lines of an HTTP message (RFC 9112 5), in its order: name as sent (compare without case), value
/// without the white space around it. Bytes that are not UTF-8 stand as U+FFFD.
///
/// One text and its divisions, since every connection has some twenty of them.
pub type FieldLines<S = Quoted> = Wire<Lines, S>;

/// Names and values, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    text: String,
    /// How long each name and each value is, in groups of seven bits, the lowest first and the last without its top bit:
    /// a byte each in nearly every head, so that a list of short lines takes no more than they took on the wire.
    lengths: Vec<u8>,
    count: usize,
}

/// The lines left of a list: where the names and values of each stand in its text.
#[derive(Clone, Copy)]
struct Rest<'a> {
    start: usize,
    lengths: &'a [u8],
}

impl Iterator for Rest<'_> {
    type Item = (Range<usize>, Range<usize>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = match *self.lengths {
            [name, value, ref rest @ ..] if name | value < 0x80 => {
                self.lengths = rest;
                (usize::from(name), usize::from(value))
            }
            _ => (next_length(&mut self.lengths)?, next_length(&mut self.lengths)?),
        };
        // No longer than the text, all together.
        let (start, between) = (self.start, self.start.wrapping_add(name));
        self.start = between.wrapping_add(value);
        Some((start..between, between..self.start))
    }
}

/// Takes the first of the lengths of a list.
#[inline]
fn next_length(lengths: &mut &[u8]) -> Option<usize> {
    let (&byte, rest) = lengths.split_first()?;
    *lengths = rest;
    if byte < 0x80 { Some(usize::from(byte)) } else { Some(long_length(byte, lengths)) }
}

#[inline(never)]
fn long_length(first: u8, lengths: &mut &[u8]) -> usize {
    let (mut length, mut shift) = (usize::from(first & 0x7f), 7);
    while let Some((&byte, rest)) = lengths.split_first() {
        *lengths = rest;
        length |= usize::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    length
}

/// Bytes that a list keeps ahead at the most once it is whole.
const SLACK: usize = 512;

impl Lines {
    /// Room for about so many bytes and lines.
    #[must_use]
    pub fn with_capacity(bytes: usize, lines: usize) -> Self {
        Self { text: String::with_capacity(bytes), lengths: Vec::with_capacity(lines * 2), count: 0 }
    }

    /// Values of the fields of that name, compared without case, in order.
    pub fn values(&self, name: &str) -> impl Iterator<Item = &str> {
        let mut rest = Rest { start: 0, lengths: &self.lengths };
        std::iter::from_fn(move || self.next_named(&mut rest, name))
    }

    /// The next value of that name among the lines left.
    #[inline(never)]
    fn next_named(&self, rest: &mut Rest<'_>, name: &str) -> Option<&str> {
        let mut left = *rest;
        let (found, value) = loop {
            let (at, value) = left.next()?;
            if at.len() == name.len() && self.text.get(at)?.eq_ignore_ascii_case(name) {
                break (left, value);
            }
        };
        *rest = found;
        self.text.get(value)
    }

    /// The first value of that name.
    #[must_use]
    pub fn first(&self, name: &str) -> Option<&str> {
        self.next_named(&mut Rest { start: 0, lengths: &self.lengths }, name)
    }

    /// Name and value of a line, from 0.
    #[must_use]
    pub fn get(&self, at: usize) -> Option<(&str, &str)> {
        let (name, value) = Rest { start: 0, lengths: &self.lengths }.nth(at)?;
        Some((self.text.get(name)?, self.text.get(value)?))
    }

    /// Adds a line at the end; an earlier one of that name stays.
    pub fn push(&mut self, name: &str, value: &str) {
        for part in [name, value] {
            self.text.push_str(part);
            let mut rest = part.len();
            while rest > 0x7f {
                self.lengths.push(rest as u8 | 0x80);
                rest >>= 7;
            }
            self.lengths.push(rest as u8);
        }
        self.count += 1;
    }

    /// Gives back what was kept ahead for lines that did not come, if that is much.
    pub fn shrink(&mut self) {
        if self.text.capacity() - self.text.len() > SLACK {
            self.text.shrink_to_fit();
        }
        if self.lengths.capacity() - self.lengths.len() > SLACK {
            self.lengths.shrink_to_fit();
        }
    }

    /// Names and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let places = Rest { start: 0, lengths: &self.lengths };
        places.filter_map(|(name, value)| Some((self.text.get(name)?, self.text.get(value)?)))
    }

    /// Bytes of memory behind it.
    #[must_use]
    pub const fn weight(&self) -> usize {
        self.text.capacity() + self.lengths.capacity()
    }

    /// Number of lines, repeated fields counted each time.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }
}

impl<S: Stage> FieldLines<S> {
    /// Names and values, at their stage.
    pub fn iter(&self) -> impl Iterator<Item = (Excerpt<'_, S>, Excerpt<'_, S>)> {
        self.value().iter().map(|(name, value)| (Wire::at(name), Wire::at(value)))
    }
}

/// One element of a `Sec-WebSocket-Extensions` field (RFC 6455 9.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extension<S: Stage = Quoted> {
    /// Its registered token, as in `permessage-deflate`, in the case it was sent in.
    pub name: Text<S>,
    /// Parameters in order; a quoted value stands without its quotes.
    pub parameters: Vec<(Text<S>, Option<Text<S>>)>,
}

/// A request that asks for the WebSocket protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpgradeRequest<S: Stage = Quoted> {
    /// Method, `GET` in a sound request.
    pub method: Text<S>,
    /// Request target as sent.
    pub target: Text<S>,
    /// HTTP version as sent, as in `HTTP/1.1`.
    pub http_version: Text<S>,
    /// Every field line in the order sent, repeated fields included.
    pub fields: FieldLines<S>,
    /// Subprotocols offered, in order of preference, all `Sec-WebSocket-Protocol` fields together.
    pub subprotocols: Vec<Text<S>>,
    /// Extensions offered, all `Sec-WebSocket-Extensions` fields together, as far as they parse.
    pub extensions: Vec<Extension<S>>,
    /// An extension field does not follow the grammar of RFC 6455 9.1.
    pub extensions_malformed: bool,
    /// What is so about it.
    pub facts: RequestFacts,
}

impl Extension {
    /// Bytes of memory behind a list.
    fn weight_of(list: &Vec<Self>) -> usize {
        let parameters = |extension: &Self| {
            let texts = |(name, value): &(Text, Option<Text>)| {
                text_weight(name) + value.as_ref().map_or(0, text_weight)
            };
            text_weight(&extension.name)
                + extension.parameters.capacity() * size_of::<(Text, Option<Text>)>()
                + extension.parameters.iter().map(texts).sum::<usize>()
        };
        list.capacity() * size_of::<Self>() + list.iter().map(parameters).sum::<usize>()
    }
}

/// Bytes of memory behind a text, with what an allocation costs at the least.
fn text_weight(text: &Text) -> usize {
    match text.as_sent() {
        Cow::Borrowed(_) => 0,
        Cow::Owned(text) => text.capacity().max(16),
    }
}

impl UpgradeRequest {
    /// Bytes of memory behind it.
    #[must_use]
    pub fn weight(&self) -> usize {
        let subprotocols = self.subprotocols.iter().map(text_weight).sum::<usize>();
        self.fields.as_sent().weight()
            + text_weight(&self.target)
            + self.subprotocols.capacity() * size_of::<Text>()
            + subprotocols
            + Extension::weight_of(&self.extensions)
    }
}

impl UpgradeResponse {
    /// Bytes of memory behind it.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.fields.as_sent().weight()
            + text_weight(&self.phrase)
            + self.body_start.as_sent().capacity()
            + Extension::weight_of(&self.extensions)
    }
}

impl<S: Stage> UpgradeRequest<S> {
    /// Value of the first `Host`; in HTTP/2 of `:authority`.
    #[must_use]
    pub fn host(&self) -> Option<Excerpt<'_, S>> {
        self.first("Host").or_else(|| self.first(":authority"))
    }

    /// Value of the first `Sec-WebSocket-Key`.
    #[must_use]
    pub fn key(&self) -> Option<Excerpt<'_, S>> {
        self.first(field::KEY)
    }

    /// Value of the first `Sec-WebSocket-Version`.
    #[must_use]
    pub fn version(&self) -> Option<Excerpt<'_, S>> {
        self.first(field::VERSION)
    }

    /// Value of the first `Origin`.
    #[must_use]
    pub fn origin(&self) -> Option<Excerpt<'_, S>> {
        self.first("Origin")
    }

    fn first(&self, name: &str) -> Option<Excerpt<'_, S>> {
        self.fields.value().first(name).map(Wire::at)
    }
}

/// The response to an [`UpgradeRequest`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct UpgradeResponse<S: Stage = Quoted> {
    /// HTTP version as sent.
    pub http_version: Text<S>,
    /// Status code, 101 where the server agrees to switch.
    pub status: u16,
    /// Reason phrase, which may be empty.
    pub phrase: Text<S>,
    /// Every field line in the order sent, repeated fields included.
    pub fields: FieldLines<S>,
    /// The accept value that the key of the request asks for; `None` where it had no key.
    pub expected_accept: Option<AcceptValue>,
    /// Extensions of the answer, as far as they parse.
    pub extensions: Vec<Extension<S>>,
    /// An extension field does not follow the grammar of RFC 6455 9.1.
    pub extensions_malformed: bool,
    /// Status 101 with `websocket` among the tokens of `Upgrade`, or with a `Sec-WebSocket-Accept`: frames follow.
    pub switches: bool,
    /// First bytes of the body of a refusal, as far as they came in the segment that ended the head.
    pub body_start: Bytes<S>,
    /// What is so about it.
    pub facts: ResponseFacts,
}

impl<S: Stage> UpgradeResponse<S> {
    /// The first value of `Sec-WebSocket-Accept`.
    #[must_use]
    pub fn accept(&self) -> Option<Excerpt<'_, S>> {
        self.first(field::ACCEPT)
    }

    /// Whether that is the value the key asks for; `None` where either is missing.
    #[must_use]
    pub fn accept_valid(&self) -> Option<bool> {
        Some(self.accept()? == *self.expected_accept.as_ref()?.as_str())
    }

    /// Value of the first `Server`.
    #[must_use]
    pub fn server(&self) -> Option<Excerpt<'_, S>> {
        self.first("Server")
    }

    /// Value of the first `Sec-WebSocket-Protocol`.
    #[must_use]
    pub fn subprotocol(&self) -> Option<Excerpt<'_, S>> {
        self.first(field::PROTOCOL)
    }

    fn first(&self, name: &str) -> Option<Excerpt<'_, S>> {
        self.fields.value().first(name).map(Wire::at)
    }
}

/// base64(SHA-1(key + GUID)), what `Sec-WebSocket-Accept` must be (RFC 6455 4.2.2, item 5.4).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AcceptValue(pub [u8; Self::LEN]);

impl AcceptValue {
    /// Characters of the base64 of 20 bytes.
    pub const LEN: usize = 28;

    /// The 28 characters, padding included.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // base64 is ASCII.
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for AcceptValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_str().fmt(f)
    }
}

/// Parameters of an agreed permessage-deflate (RFC 7692 7.1). `client_*` governs what the client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeflateParams {
    /// The server starts each message with an empty window.
    pub server_no_context_takeover: bool,
    /// The client starts each message with an empty window.
    pub client_no_context_takeover: bool,
    /// Base-2 logarithm of the window the server may use, 8 to 15.
    pub server_max_window_bits: u8,
    /// Base-2 logarithm of the window the client may use, 8 to 15.
    pub client_max_window_bits: u8,
}

impl DeflateParams {
    /// A value of `*_max_window_bits`: a number from 8 to 15, without sign or leading zeros (RFC 7692 7.1.2).
    #[must_use]
    pub fn window_bits(value: &str) -> Option<u8> {
        let digits = value.bytes().all(|byte| byte.is_ascii_digit()) && !value.starts_with('0');
        value.parse().ok().filter(|bits| digits && (8..=15).contains(bits))
    }
}

/// What handshake settled for the frames that follow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// permessage-deflate, where the server took it.
    pub deflate: Option<DeflateParams>,
}

impl Negotiated {
    /// What the extensions of a response settle. Values that are no window size count as 15.
    pub(crate) fn from_response(extensions: &[Extension]) -> Self {
        let deflate = extensions
            .iter()
            .find(|e| e.name.as_sent().eq_ignore_ascii_case("permessage-deflate"))
            .map(|e| {
                let has =
                    |name: &str| e.parameters.iter().any(|(n, _)| n.as_sent().eq_ignore_ascii_case(name));
                let bits = |name: &str| {
                    let value = e.parameters.iter().find(|(n, _)| n.as_sent().eq_ignore_ascii_case(name));
                    value.and_then(|(_, v)| DeflateParams::window_bits(v.as_ref()?.as_sent())).unwrap_or(15)
                };
                DeflateParams {
                    server_no_context_takeover: has("server_no_context_takeover"),
                    client_no_context_takeover: has("client_no_context_takeover"),
                    server_max_window_bits: bits("server_max_window_bits"),
                    client_max_window_bits: bits("client_max_window_bits"),
                }
            });
        Self { deflate }
    }
}
