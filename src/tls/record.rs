//! The record layer (RFC 8446 5.1, RFC 5246 6.2.1).
//!
//! ```text
//! record = type version length *OCTET
//! ```

use nom::number::complete::{be_u8, be_u16};
use nom::{IResult, Parser};

/// Bytes of a record's header.
pub(super) const HEADER_LEN: usize = 5;

/// Longest plain text of a record (RFC 8446 5.1).
pub(super) const MAX_PLAIN: usize = 1 << 14;

/// Longest body of an encrypted record up to TLS 1.2 (RFC 5246 6.2.3).
pub(super) const MAX_BODY: usize = MAX_PLAIN + 2048;

/// Longest body of an encrypted record in TLS 1.3 (RFC 8446 5.2).
pub(super) const MAX_BODY_13: usize = MAX_PLAIN + 256;

/// What a record carries, or of an encrypted one seems to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentType(pub(super) u8);

impl ContentType {
    pub(super) const CHANGE_CIPHER_SPEC: Self = Self(20);
    pub(super) const ALERT: Self = Self(21);
    pub(super) const HANDSHAKE: Self = Self(22);
    pub(super) const APPLICATION_DATA: Self = Self(23);
    /// RFC 6520.
    const HEARTBEAT: Self = Self(24);

    pub(super) const fn is_known(self) -> bool {
        Self::CHANGE_CIPHER_SPEC.0 <= self.0 && self.0 <= Self::HEARTBEAT.0
    }
}

/// Header of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) content: ContentType,
    pub(super) version: u16,
    pub(super) len: u16,
}

impl Header {
    /// Whether a record can begin like that: a type that there is, a version of TLS, a length that is allowed.
    pub(super) fn is_plausible(self) -> bool {
        let content = self.content;
        content.is_known()
            && (0x0300..=0x0304).contains(&self.version)
            && usize::from(self.len) <= MAX_BODY
            && match content {
                ContentType::CHANGE_CIPHER_SPEC | ContentType::ALERT => (1..=512).contains(&self.len),
                ContentType::HANDSHAKE => self.len > 0,
                _ => true,
            }
    }

    /// Header and body.
    pub(super) fn wire_len(self) -> usize {
        HEADER_LEN + usize::from(self.len)
    }

    pub(super) fn bytes(self) -> [u8; HEADER_LEN] {
        let ([major, minor], [high, low]) = (self.version.to_be_bytes(), self.len.to_be_bytes());
        [self.content.0, major, minor, high, low]
    }
}

/// The header that the bytes begin with; `None` where less than all of it is there.
pub(super) fn header(bytes: &[u8]) -> Option<Header> {
    let parsed: IResult<_, _, ()> = (be_u8, be_u16, be_u16).parse(bytes);
    let (_, (content, version, len)) = parsed.ok()?;
    Some(Header { content: ContentType(content), version, len })
}

/// What the first bytes of a stream, or of what follows on it, can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begins {
    /// A hello: the handshake begins here, or the answer to it.
    Hello,
    /// A record of another kind, as where the recording begins in the middle: by its header and that of the next, as far
    /// as they are there. Other protocols can look so by chance.
    Record,
    /// Too few bytes to tell.
    Open,
    /// Neither, whatever follows.
    Neither,
}

impl Begins {
    /// What `bytes` begin with.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let Some(first) = header(bytes) else {
            // As far as they go, they may be one.
            let is_open = [0, 1].into_iter().any(|last| {
                let mut padded = [ContentType::APPLICATION_DATA.0, 3, 3, 0, last];
                for (to, from) in padded.iter_mut().zip(bytes) {
                    *to = *from;
                }
                header(&padded).is_some_and(Header::is_plausible)
            });
            return if is_open { Self::Open } else { Self::Neither };
        };
        if !first.is_plausible() {
            return Self::Neither;
        }
        let body = bytes.get(HEADER_LEN..).unwrap_or_default();
        match (first.content, body) {
            (ContentType::HANDSHAKE, []) => Self::Open,
            (ContentType::HANDSHAKE, [1 | 2, rest @ ..]) if usize::from(first.len) <= MAX_PLAIN => {
                // Length and version of the message, as far as its first record has them.
                match rest.get(..4.min(usize::from(first.len) - 1)) {
                    None => Self::Open,
                    // A hello of more than 64 KiB is none.
                    Some([0, _, _, 3] | [0] | [0, _] | [0, _, _] | []) => Self::Hello,
                    Some(_) => Self::record(first, bytes),
                }
            }
            _ => Self::record(first, bytes),
        }
    }

    fn record(first: Header, bytes: &[u8]) -> Self {
        match bytes.get(first.wire_len()..) {
            None | Some([]) => Self::Record,
            Some(next) => match Self::of_next(next) {
                true => Self::Record,
                false => Self::Neither,
            },
        }
    }

    fn of_next(bytes: &[u8]) -> bool {
        match header(bytes) {
            Some(header) => header.is_plausible(),
            None => bytes.first().is_some_and(|first| ContentType(*first).is_known()),
        }
    }
}
