//! Where a message ends (RFC 9112 6.3), so that those before an upgrade can be passed over without keeping them.
//!
//! ```text
//! chunked = *( 1*HEXDIG [ other ] line-end data line-end ) 1*"0" [ other ] line-end *( line ) line-end
//! ```

use crate::http::{Fault, RequestHead, ResponseHead};
use crate::model::hex_digit;

/// How long the body of a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// So many bytes; 0 where there is no body.
    Bytes(u64),
    /// As its chunks say.
    Chunked,
    /// Up to the end of the stream.
    UntilClose,
}

impl Length {
    /// Of a request.
    ///
    /// # Errors
    /// `Malformed` where the length cannot be known: Content-Length that is not one number, or a
    /// Transfer-Encoding whose last coding is not chunked.
    pub fn of_request(head: &RequestHead<'_>) -> Result<Self, Fault> {
        match Self::coded(head.fields) {
            Some(Self::UntilClose) => Err(Fault::Malformed),
            Some(length) => Ok(length),
            None => Ok(Self::Bytes(Self::content_length(head.fields)?.unwrap_or(0))),
        }
    }

    /// Of a response; `to_head` where it answers a HEAD request. A 2xx to CONNECT is the caller's: no body, a
    /// tunnel.
    ///
    /// # Errors
    /// `Malformed` for a Content-Length that is not one number.
    pub fn of_response(head: &ResponseHead<'_>, to_head: bool) -> Result<Self, Fault> {
        if to_head || matches!(head.status, 100..=199 | 204 | 304) {
            return Ok(Self::Bytes(0));
        }
        match Self::coded(head.fields) {
            Some(length) => Ok(length),
            None => Ok(Self::content_length(head.fields)?.map_or(Self::UntilClose, Self::Bytes)),
        }
    }

    /// What Transfer-Encoding says; it overrides Content-Length.
    fn coded(fields: crate::http::Fields<'_>) -> Option<Self> {
        let last = fields.elements("transfer-encoding").last()?;
        Some(if last.eq_ignore_ascii_case(b"chunked") { Self::Chunked } else { Self::UntilClose })
    }

    /// One number, which may be repeated.
    fn content_length(fields: crate::http::Fields<'_>) -> Result<Option<u64>, Fault> {
        let mut found = None;
        for value in fields.values("content-length") {
            for element in value.split(|&b| b == b',') {
                let number = decimal(element.trim_ascii()).ok_or(Fault::Malformed)?;
                if found.replace(number).is_some_and(|before| before != number) {
                    return Err(Fault::Malformed);
                }
            }
        }
        Ok(found)
    }
}

fn decimal(digits: &[u8]) -> Option<u64> {
    let sound = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    sound.then(|| std::str::from_utf8(digits).ok()?.parse().ok())?
}

/// What is left of a body that comes in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body(Left);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    /// Bytes still to come.
    Bytes(u64),
    Chunked(Chunk),
    UntilClose,
}

/// ```text
/// Size ──► Extension ──► Data ──► DataEnd ──► Size
///                └─ size 0 ──► Trailer ──► Done
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chunk {
    /// `None` before the first digit.
    Size(Option<u64>),
    /// Behind the digits, up to the line end.
    Extension(u64),
    /// Bytes of the chunk still to come.
    Data(u64),
    DataEnd,
    /// Whether the line has held nothing so far.
    Trailer {
        empty: bool,
    },
    Done,
}

impl Body {
    /// A body of which nothing has come.
    #[must_use]
    pub const fn new(length: Length) -> Self {
        Self(match length {
            Length::Bytes(bytes) => Left::Bytes(bytes),
            Length::Chunked => Left::Chunked(Chunk::Size(None)),
            Length::UntilClose => Left::UntilClose,
        })
    }

    /// Whether all of it has come.
    #[must_use]
    pub const fn is_done(&self) -> bool {
        matches!(self.0, Left::Bytes(0) | Left::Chunked(Chunk::Done))
    }

    /// Whether it goes on to the end of the stream.
    #[must_use]
    pub const fn is_open_ended(&self) -> bool {
        matches!(self.0, Left::UntilClose)
    }

    /// Takes the next bytes, shows their content to `content` and gives back what lies behind the body.
    ///
    /// # Errors
    /// `Malformed` where chunks do not follow the grammar.
    pub fn push<'a>(
        &mut self,
        bytes: &'a [u8],
        mut content: impl FnMut(&'a [u8]),
    ) -> Result<&'a [u8], Fault> {
        match &mut self.0 {
            Left::Bytes(left) => {
                let (taken, rest) = take(bytes, left);
                content(taken);
                Ok(rest)
            }
            Left::Chunked(chunk) => chunk.push(bytes, content),
            Left::UntilClose => {
                content(bytes);
                Ok(&[])
            }
        }
    }

    /// Passes over `len` bytes that are not known. False where the end of the body is lost with them.
    #[must_use]
    pub fn skip(&mut self, len: u64) -> bool {
        match &mut self.0 {
            Left::Bytes(left) => left.checked_sub(len).map(|now| *left = now).is_some(),
            Left::Chunked(Chunk::Data(left)) => left.checked_sub(len).map(|now| *left = now).is_some(),
            Left::Chunked(_) => false,
            Left::UntilClose => true,
        }
    }
}

impl Chunk {
    fn push<'a>(
        &mut self,
        mut bytes: &'a [u8],
        mut content: impl FnMut(&'a [u8]),
    ) -> Result<&'a [u8], Fault> {
        while *self != Self::Done {
            if let Self::Data(left) = self {
                let (taken, rest) = take(bytes, left);
                content(taken);
                bytes = rest;
                if *left == 0 {
                    *self = Self::DataEnd;
                }
            }
            let Some((&byte, rest)) = bytes.split_first() else { break };
            bytes = rest;
            *self = self.after(byte)?;
        }
        Ok(bytes)
    }

    /// The state behind a byte that is not content.
    fn after(self, byte: u8) -> Result<Self, Fault> {
        Ok(match (self, byte) {
            (Self::Size(size), b'0'..=b'9' | b'a'..=b'f' | b'A'..=b'F') => {
                let digit = hex_digit(byte).map_or(0, u64::from);
                Self::Size(Some(size.unwrap_or(0).checked_mul(16).ok_or(Fault::Malformed)? | digit))
            }
            (Self::Size(Some(0)) | Self::Extension(0), b'\n') => Self::Trailer { empty: true },
            (Self::Size(Some(size)) | Self::Extension(size), b'\n') => Self::Data(size),
            (Self::Size(Some(size)), b';' | b' ' | b'\t' | b'\r') | (Self::Extension(size), _) => {
                Self::Extension(size)
            }
            (Self::DataEnd, b'\n') => Self::Size(None),
            (Self::DataEnd, b'\r') => Self::DataEnd,
            (Self::Trailer { empty: true }, b'\n') => Self::Done,
            (Self::Trailer { .. }, b'\n') => Self::Trailer { empty: true },
            (Self::Trailer { empty }, b'\r') => Self::Trailer { empty },
            (Self::Trailer { .. }, _) => Self::Trailer { empty: false },
            (Self::Size(_) | Self::DataEnd | Self::Data(_) | Self::Done, _) => return Err(Fault::Malformed),
        })
    }
}

/// Takes up to `left` bytes and lessens it by them.
fn take<'a>(bytes: &'a [u8], left: &mut u64) -> (&'a [u8], &'a [u8]) {
    let at = usize::try_from(*left).map_or(bytes.len(), |left| left.min(bytes.len()));
    *left = left.saturating_sub(at as u64);
    bytes.split_at(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{request_head, response_head};

    fn length(head: &str, to_head: bool) -> Result<Length, Fault> {
        let head = head.replace('|', "\r\n") + "\r\n\r\n";
        match request_head(head.as_bytes()) {
            Ok((head, _)) => Length::of_request(&head),
            Err(_) => Length::of_response(&response_head(head.as_bytes()).unwrap().0, to_head),
        }
    }

    #[test]
    fn lengths_9112_6_3() {
        for (name, head, expected) in [
            ("request without", "GET / HTTP/1.1", Ok(Length::Bytes(0))),
            ("request with length", "POST / HTTP/1.1|Content-Length: 12", Ok(Length::Bytes(12))),
            ("chunked request", "POST / HTTP/1.1|Transfer-Encoding: gzip, Chunked", Ok(Length::Chunked)),
            ("last coding not chunked", "POST / HTTP/1.1|Transfer-Encoding: gzip", Err(Fault::Malformed)),
            ("response until close", "HTTP/1.1 200 OK", Ok(Length::UntilClose)),
            (
                "coding overrides",
                "HTTP/1.1 200 OK|Content-Length: 1|Transfer-Encoding: chunked",
                Ok(Length::Chunked),
            ),
            ("response, not chunked", "HTTP/1.1 200 OK|Transfer-Encoding: gzip", Ok(Length::UntilClose)),
            (
                "chunked twice",
                "HTTP/1.1 200 OK|Transfer-Encoding: a|Transfer-Encoding: chunked",
                Ok(Length::Chunked),
            ),
            ("1xx", "HTTP/1.1 101 x|Content-Length: 9", Ok(Length::Bytes(0))),
            ("204", "HTTP/1.1 204 x|Content-Length: 9", Ok(Length::Bytes(0))),
            ("304", "HTTP/1.1 304 x|Transfer-Encoding: chunked", Ok(Length::Bytes(0))),
            (
                "same length twice",
                "HTTP/1.1 200 x|Content-Length: 5, 5|Content-Length: 5",
                Ok(Length::Bytes(5)),
            ),
            ("two lengths", "HTTP/1.1 200 x|Content-Length: 5, 6", Err(Fault::Malformed)),
            ("signed length", "HTTP/1.1 200 x|Content-Length: +5", Err(Fault::Malformed)),
            ("empty length", "HTTP/1.1 200 x|Content-Length:", Err(Fault::Malformed)),
            ("2^64", "HTTP/1.1 200 x|Content-Length: 18446744073709551616", Err(Fault::Malformed)),
            ("2^64 - 1", "HTTP/1.1 200 x|Content-Length: 18446744073709551615", Ok(Length::Bytes(u64::MAX))),
        ] {
            assert_eq!(length(head, false), expected, "{name}");
        }
        assert_eq!(length("HTTP/1.1 200 OK|Content-Length: 7", true), Ok(Length::Bytes(0)), "HEAD");
    }

    /// Feeds `input` in pieces of `size`: content, bytes used, whether the body is over.
    fn feed(length: Length, input: &str, size: usize) -> Result<(String, usize, bool), Fault> {
        let mut body = Body::new(length);
        let mut content = Vec::new();
        let mut used = 0;
        for piece in input.as_bytes().chunks(size) {
            let rest = body.push(piece, |bytes| content.extend_from_slice(bytes))?;
            used += piece.len() - rest.len();
            if !rest.is_empty() || body.is_done() {
                break;
            }
        }
        Ok((text(&content), used, body.is_done()))
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn bodies_in_pieces() {
        for (name, length, input, content, used, done) in [
            ("length", Length::Bytes(5), "helloGET", "hello", 5, true),
            ("length, cut", Length::Bytes(5), "hel", "hel", 3, false),
            ("none", Length::Bytes(0), "GET", "", 0, true),
            ("until close", Length::UntilClose, "hello", "hello", 5, false),
            (
                "chunks 7.1",
                Length::Chunked,
                "3\r\nabc\r\nA;x=\"y\"\r\n0123456789\r\n0\r\n\r\nGET",
                "abc0123456789",
                34,
                true,
            ),
            ("bare LF", Length::Chunked, "3\nabc\n0\n\nGET", "abc", 9, true),
            ("trailers 7.1.2", Length::Chunked, "1\r\na\r\n0\r\nX: y\r\nZ:\r\n\r\nG", "a", 21, true),
            ("space behind the size", Length::Chunked, "1 \r\na\r\n00\r\n\r\n", "a", 13, true),
            ("cut", Length::Chunked, "5\r\nab", "ab", 5, false),
        ] {
            for size in 1..=input.len() {
                let fed = feed(length, input, size);
                assert_eq!(fed, Ok((content.to_owned(), used, done)), "{name}, {size} at a time");
            }
        }
    }

    #[test]
    fn chunks_that_are_none() {
        for input in ["x\r\n", "\r\n", "1\r\nab\r\n", "10000000000000000\r\n", "-1\r\n", "1x\r\n"] {
            for size in 1..=input.len() {
                assert_eq!(feed(Length::Chunked, input, size), Err(Fault::Malformed), "{input:?}");
            }
        }
    }

    #[test]
    fn a_hole_is_passed_over_inside_known_lengths() {
        let mut body = Body::new(Length::Bytes(9));
        assert!(body.skip(9) && body.is_done());
        assert!(!body.skip(1));
        let mut body = Body::new(Length::Chunked);
        assert!(!body.skip(1), "a size may be in the hole");
        assert_eq!(body.push(b"5\r\na", |_| ()), Ok(&[][..]));
        assert!(!body.skip(5) && body.skip(4));
        assert_eq!(body.push(b"\r\n0\r\n\r\nG", |_| ()), Ok(&b"G"[..]));
        assert!(Body::new(Length::UntilClose).skip(u64::MAX));
    }
}
