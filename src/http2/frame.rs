//! Frames of HTTP/2 (RFC 9113 4.1, 6).
//!
//! ```text
//! frame = length(24) type(8) flags(8) reserved(1) stream(31) *OCTET
//! ```

use nom::number::complete::{be_u8, be_u16, be_u24, be_u32};
use nom::{IResult, Parser};

use crate::http2::Begins;

/// Bytes of a frame's header.
pub(super) const HEADER_LEN: usize = 9;

/// How a client begins (RFC 9113 3.4).
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Type of a frame; those that are not known are passed over (RFC 9113 5.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind(pub(super) u8);

impl Kind {
    pub(super) const DATA: Self = Self(0);
    pub(super) const HEADERS: Self = Self(1);
    pub(super) const PRIORITY: Self = Self(2);
    pub(super) const RST_STREAM: Self = Self(3);
    pub(super) const SETTINGS: Self = Self(4);
    pub(super) const PUSH_PROMISE: Self = Self(5);
    pub(super) const PING: Self = Self(6);
    pub(super) const GOAWAY: Self = Self(7);
    pub(super) const WINDOW_UPDATE: Self = Self(8);
    pub(super) const CONTINUATION: Self = Self(9);

    /// Whether RFC 9113 has it.
    pub(super) const fn is_known(self) -> bool {
        self.0 <= Self::CONTINUATION.0
    }
}

/// Flags of a frame, whose meaning depends on its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flags(u8);

impl Flags {
    /// The last of its stream in this direction (DATA, HEADERS).
    pub(super) const fn end_stream(self) -> bool {
        self.0 & 0x1 != 0
    }

    /// It answers (SETTINGS, PING).
    pub(super) const fn ack(self) -> bool {
        self.0 & 0x1 != 0
    }

    /// The field block is whole (HEADERS, PUSH_PROMISE, CONTINUATION).
    pub(super) const fn end_headers(self) -> bool {
        self.0 & 0x4 != 0
    }

    /// Of a frame of a field block without padding.
    pub(super) const fn of_block(end_stream: bool, end_headers: bool) -> Self {
        Self((end_stream as u8) | (end_headers as u8) << 2)
    }

    const fn padded(self) -> bool {
        self.0 & 0x8 != 0
    }

    const fn priority(self) -> bool {
        self.0 & 0x20 != 0
    }
}

/// Header of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Bytes of its payload, 24 bits.
    pub(super) len: u32,
    pub(super) kind: Kind,
    pub(super) flags: Flags,
    /// 0 is the connection.
    pub(super) stream: u32,
}

impl Header {
    /// The header that begins there.
    pub(super) fn parse(input: &[u8]) -> Option<Self> {
        let (_, header) = header(input).ok()?;
        Some(header)
    }

    /// As it is sent.
    pub(super) fn bytes(self) -> [u8; HEADER_LEN] {
        let [_, a, b, c] = self.len.to_be_bytes();
        let [d, e, f, g] = self.stream.to_be_bytes();
        [a, b, c, self.kind.0, self.flags.0, d, e, f, g]
    }

    /// The same, with a length that every peer takes, and no flag that means nothing.
    pub(super) const fn is_usual(self) -> bool {
        let flags = match self.kind {
            Kind::DATA => 0x09,
            Kind::HEADERS => 0x2d,
            Kind::SETTINGS | Kind::PING => 0x01,
            Kind::PUSH_PROMISE => 0x0c,
            Kind::CONTINUATION => 0x04,
            _ => 0,
        };
        self.is_plausible(1 << 14) && self.kind.is_known() && self.flags.0 & !flags == 0
    }

    /// Bytes of the frame, its header among them.
    pub(super) fn wire_len(self) -> usize {
        usize::try_from(self.len).unwrap_or(usize::MAX).saturating_add(HEADER_LEN)
    }

    /// Whether a frame can begin like that: where frames of some type stand, how long they are, within what a peer takes.
    pub(super) const fn is_plausible(self, max_len: u32) -> bool {
        let on_stream = self.stream != 0;
        self.len <= max_len
            && match self.kind {
                Kind::DATA | Kind::HEADERS | Kind::CONTINUATION => on_stream,
                Kind::PRIORITY => on_stream && self.len == 5,
                Kind::RST_STREAM => on_stream && self.len == 4,
                Kind::SETTINGS => !on_stream && self.len.is_multiple_of(6),
                Kind::PUSH_PROMISE => on_stream && self.len >= 4,
                Kind::PING => !on_stream && self.len == 8,
                Kind::GOAWAY => !on_stream && self.len >= 8,
                Kind::WINDOW_UPDATE => self.len == 4,
                _ => true,
            }
    }
}

fn header(input: &[u8]) -> IResult<&[u8], Header, ()> {
    let (input, (len, kind, flags, stream)) = (be_u24, be_u8, be_u8, be_u32).parse(input)?;
    Ok((input, Header { len, kind: Kind(kind), flags: Flags(flags), stream: stream & 0x7fff_ffff }))
}

/// How many bytes of a payload stand before and behind what it carries: pad length, priority; padding. `first` is the first of them.
/// `None` where the padding is longer than the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Frills {
    pub(super) before: u32,
    pub(super) behind: u32,
}

impl Frills {
    /// Of DATA or HEADERS; of a frame without padding the first byte does not matter.
    pub(super) fn of(header: Header, first: Option<u8>) -> Option<Self> {
        let mut frills = Self::default();
        if header.flags.padded() {
            frills.before = 1;
            frills.behind = u32::from(first?);
        }
        if matches!(header.kind, Kind::HEADERS) && header.flags.priority() {
            frills.before += 5;
        }
        (frills.before.checked_add(frills.behind)? <= header.len).then_some(frills)
    }

    /// Whether the first byte of the payload has to be known.
    pub(super) const fn are_told(header: Header) -> bool {
        header.flags.padded()
    }
}

/// Whether SETTINGS stand first, which acknowledge nothing.
pub(super) fn begins_with_settings(bytes: &[u8]) -> Begins {
    let Some(header) = Header::parse(bytes) else {
        // Length, type, flags, stream: of what has come nothing is otherwise.
        let fits = |at: usize, ok: fn(u8) -> bool| bytes.get(at).is_none_or(|byte| ok(*byte));
        let zero: fn(u8) -> bool = |byte| byte == 0;
        let fits =
            fits(0, zero) && fits(1, zero) && fits(3, |kind| kind == Kind::SETTINGS.0) && fits(4, zero);
        return if fits && !bytes.is_empty() { Begins::Open } else { Begins::Not };
    };
    let is_it = header.kind == Kind::SETTINGS && header.flags == Flags(0) && header.len < 256;
    if is_it && header.is_plausible(256) { Begins::Here } else { Begins::Not }
}

/// The field block, or the part of one, that a HEADERS or PUSH_PROMISE carries. `None` where its padding is longer than itself.
pub(super) fn field_block(header: Header, payload: &[u8]) -> Option<&[u8]> {
    let Frills { before, behind } = Frills::of(header, payload.first().copied())?;
    let promised = if header.kind == Kind::PUSH_PROMISE { 4 } else { 0 };
    let usize_of = |n: u32| usize::try_from(n).ok();
    let end = payload.len().checked_sub(usize_of(behind)?)?;
    payload.get(usize_of(before.checked_add(promised)?)?..end)
}

/// The settings of a frame, in its order (RFC 9113 6.5.1).
pub(super) fn settings(payload: &[u8]) -> impl Iterator<Item = (u16, u32)> {
    payload.chunks_exact(6).filter_map(|setting| {
        let parsed: IResult<_, _, ()> = (be_u16, be_u32).parse(setting);
        parsed.ok().map(|(_, setting)| setting)
    })
}

/// A GOAWAY (RFC 9113 6.8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct GoAway<'a> {
    /// Streams of a higher number were not looked at.
    pub(super) last_stream: u32,
    pub(super) error: u32,
    pub(super) debug: &'a [u8],
}

impl<'a> GoAway<'a> {
    pub(super) fn parse(payload: &'a [u8]) -> Option<Self> {
        let parsed: IResult<_, _, ()> = (be_u32, be_u32).parse(payload);
        let (debug, (last_stream, error)) = parsed.ok()?;
        Some(Self { last_stream: last_stream & 0x7fff_ffff, error, debug })
    }
}

/// The one number of RST_STREAM, WINDOW_UPDATE or the start of PUSH_PROMISE.
pub(super) fn number(payload: &[u8]) -> Option<u32> {
    let parsed: IResult<_, _, ()> = be_u32.parse(payload);
    parsed.ok().map(|(_, number)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> Header {
        Header::parse(bytes).expect("nine bytes")
    }

    #[test]
    fn headers() {
        let data = parsed(&[0, 1, 2, 0, 9, 0x80, 0, 0, 5]);
        assert_eq!((data.len, data.kind, data.stream), (258, Kind::DATA, 5));
        assert!(data.flags.end_stream() && data.flags.padded() && !data.flags.end_headers());
        assert_eq!(Header::parse(&[0; 8]), None);
    }

    #[test]
    fn where_frames_stand() {
        for (bytes, plausible) in [
            ([0, 0, 0, 4, 1, 0, 0, 0, 0], true),
            ([0, 0, 7, 4, 0, 0, 0, 0, 0], false),
            ([0, 0, 0, 4, 1, 0, 0, 0, 1], false),
            ([0, 0, 8, 6, 0, 0, 0, 0, 0], true),
            ([0, 0, 9, 6, 0, 0, 0, 0, 0], false),
            ([0, 0, 4, 3, 0, 0, 0, 0, 0], false),
            ([0, 0, 4, 3, 0, 0, 0, 0, 1], true),
            ([0, 0, 0, 0, 1, 0, 0, 0, 1], true),
            ([0, 0, 0, 0, 1, 0, 0, 0, 0], false),
            ([0, 0x40, 1, 0, 0, 0, 0, 0, 1], false),
            ([0, 0, 3, 0xb7, 0xff, 0, 0, 0, 0], true),
        ] {
            assert_eq!(parsed(&bytes).is_plausible(1 << 14), plausible, "{bytes:x?}");
        }
    }

    #[test]
    fn padding_and_priority() {
        let check = |kind: u8, flags: u8, len: u8, first: Option<u8>, expected: Option<(u32, u32)>| {
            let header = parsed(&[0, 0, len, kind, flags, 0, 0, 0, 1]);
            let frills = Frills::of(header, first).map(|frills| (frills.before, frills.behind));
            assert_eq!(frills, expected, "{kind} {flags:x} {len} {first:?}");
        };
        check(0, 0, 5, Some(9), Some((0, 0)));
        check(0, 8, 5, Some(4), Some((1, 4)));
        check(0, 8, 5, Some(5), None);
        check(0, 8, 0, None, None);
        check(1, 0x28, 10, Some(2), Some((6, 2)));
        check(1, 0x20, 4, Some(2), None);
        // In DATA that flag means nothing.
        check(0, 0x20, 4, Some(2), Some((0, 0)));
    }

    #[test]
    fn what_frames_say() {
        let said: Vec<_> = settings(&[0, 8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 0, 9]).collect();
        assert_eq!(said, [(8, 1), (1, 0x1_0000)]);
        let goaway = GoAway::parse(b"\x80\0\0\x05\0\0\0\x02why").expect("a GOAWAY");
        assert_eq!((goaway.last_stream, goaway.error, goaway.debug), (5, 2, &b"why"[..]));
        assert_eq!(GoAway::parse(&[0; 7]), None);
        assert_eq!((number(&[0, 0, 0, 8]), number(&[0, 0])), (Some(8), None));
    }
}
