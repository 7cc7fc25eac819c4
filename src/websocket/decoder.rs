//! Bytes of one direction to frames.

use crate::model::{FrameHeader, GapCause, MaskingKey, Missing, Piece};
use crate::websocket::header::{MAX_HEADER, parse_header};
use crate::websocket::mask::unmask;

/// Longest header that is not whole.
const MAX_CUT: usize = MAX_HEADER - 1;

/// One step of a direction. Offsets count bytes of its stream.
#[derive(Clone, Copy, Debug)]
pub enum Decoded<'a> {
    /// The header of a frame is whole.
    Frame {
        /// Of its first byte.
        offset: u64,
        /// The header, whole: its payload may still be coming.
        header: FrameHeader,
    },
    /// The next piece of its payload, unmasked.
    Payload {
        /// Of the first byte of the piece.
        offset: u64,
        /// Bytes, or how many of them are missing.
        piece: Piece<'a>,
    },
    /// The frame is over.
    FrameEnd {
        /// Just behind it.
        offset: u64,
    },
    /// A hole outside any payload: it takes at least one byte of a header, and framing ends here.
    Gap {
        /// Of its first byte.
        offset: u64,
        /// Its length in bytes.
        len: u64,
        /// What took the bytes.
        cause: GapCause,
    },
}

/// Where a direction stands when its stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending<'a> {
    /// Between two frames.
    Between,
    /// Inside a header.
    InHeader {
        /// Of its first byte.
        offset: u64,
        /// The bytes of it that came, 1 to 13.
        bytes: &'a [u8],
    },
    /// Inside a payload.
    InPayload {
        /// Bytes of it that never came.
        left: u64,
    },
    /// Behind a gap that took a header.
    Lost {
        /// Where the frame with that header would have begun.
        offset: u64,
        /// Bytes from there on, those of the gap included.
        skipped: u64,
    },
}

/// Decoder of one direction. It keeps at most 13 bytes of what it was given: the start of a header.
#[derive(Clone, Debug)]
pub struct Decoder {
    /// Offset of the next byte.
    position: u64,
    state: State,
}

/// ```text
/// Header ◄──────► Payload       a gap inside a payload is passed over by its length;
///    └──► Lost ◄─────┘          one that takes a byte of a header ends framing
/// ```
#[derive(Clone, Debug)]
enum State {
    /// The first `len` bytes of a header, `0 <= len <= 13`; 0 between frames.
    Header { bytes: [u8; MAX_CUT], len: u8 },
    /// `done` bytes of a payload came, `left > 0` are to come.
    Payload { key: Option<MaskingKey>, done: u64, left: u64 },
    /// Where the frame that was lost begins.
    Lost { since: u64 },
}

impl State {
    const BETWEEN: Self = Self::Header { bytes: [0; MAX_CUT], len: 0 };
}

impl Decoder {
    /// A decoder whose first byte, the first one of a frame, has that offset in its stream.
    #[must_use]
    pub const fn new(offset: u64) -> Self {
        Self { position: offset, state: State::BETWEEN }
    }

    /// Offset of the next byte.
    #[must_use]
    pub const fn position(&self) -> u64 {
        self.position
    }

    /// Offset at which the header begins that has come in part.
    pub(crate) const fn open_header(&self) -> Option<u64> {
        match self.state {
            State::Header { len: 1.., .. } => Some(self.header_start()),
            _ => None,
        }
    }

    /// How many bytes are left of the frame that is open, 0 between frames; `None` inside a header.
    pub(crate) const fn to_boundary(&self) -> Option<u64> {
        match self.state {
            State::Header { len: 0, .. } => Some(0),
            State::Payload { left, .. } => Some(left),
            State::Header { .. } | State::Lost { .. } => None,
        }
    }

    /// Length of the payload that is open.
    pub(crate) const fn open_payload(&self) -> Option<u64> {
        match self.state {
            State::Payload { done, left, .. } => Some(done.saturating_add(left)),
            State::Header { .. } | State::Lost { .. } => None,
        }
    }

    /// Whether a gap has ended framing.
    pub(crate) const fn is_lost(&self) -> bool {
        matches!(self.state, State::Lost { .. })
    }

    /// The next bytes, cut anywhere.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(Decoded<'_>)) {
        while !bytes.is_empty() {
            bytes = match self.state {
                State::Header { len: 0, .. } => self.whole_header(bytes, sink),
                State::Header { .. } => self.rest_of_header(bytes, sink),
                State::Payload { .. } => self.payload(bytes, sink),
                State::Lost { .. } => {
                    self.advance(bytes.len() as u64);
                    &[]
                }
            };
        }
    }

    /// `len` bytes that will not come.
    pub fn gap(&mut self, len: u64, cause: GapCause, sink: &mut impl FnMut(Decoded<'_>)) {
        let mut outside = len;
        if let State::Payload { left, .. } = self.state
            && len > 0
        {
            let inside = len.min(left);
            let piece = Piece::Missing { len: inside, cause: Missing::StreamGap(cause) };
            sink(Decoded::Payload { offset: self.position, piece });
            self.pass(inside, sink);
            outside -= inside;
        }
        if outside > 0 {
            sink(Decoded::Gap { offset: self.position, len: outside, cause });
            if !self.is_lost() {
                self.state = State::Lost { since: self.header_start() };
            }
            self.advance(outside);
        }
    }

    /// Where the stream ends.
    #[must_use]
    pub fn ending(&self) -> Ending<'_> {
        match &self.state {
            State::Header { len: 0, .. } => Ending::Between,
            State::Header { bytes, len } => Ending::InHeader {
                offset: self.header_start(),
                bytes: bytes.get(..usize::from(*len)).unwrap_or_default(),
            },
            State::Payload { left, .. } => Ending::InPayload { left: *left },
            State::Lost { since } => {
                Ending::Lost { offset: *since, skipped: self.position.saturating_sub(*since) }
            }
        }
    }

    /// The usual case: the header lies in the bytes.
    fn whole_header<'a>(&mut self, bytes: &'a [u8], sink: &mut impl FnMut(Decoded<'_>)) -> &'a [u8] {
        match parse_header(bytes) {
            Ok(header) => self.begin(header, 0, bytes, sink),
            Err(_) => self.keep(&[], bytes),
        }
    }

    /// A header whose first bytes came before.
    fn rest_of_header<'a>(&mut self, bytes: &'a [u8], sink: &mut impl FnMut(Decoded<'_>)) -> &'a [u8] {
        let State::Header { bytes: kept, len } = self.state else { return bytes };
        let kept = kept.get(..usize::from(len)).unwrap_or_default();
        let mut joined = [0; MAX_HEADER];
        let known = joined.iter_mut().zip(kept.iter().chain(bytes)).map(|(to, from)| *to = *from).count();
        match parse_header(joined.get(..known).unwrap_or_default()) {
            Ok(header) => self.begin(header, kept.len(), bytes, sink),
            Err(_) => self.keep(kept, bytes),
        }
    }

    /// Keeps the start of a header.
    fn keep<'a>(&mut self, kept: &[u8], bytes: &'a [u8]) -> &'a [u8] {
        let mut all = [0; MAX_CUT];
        let len = all.iter_mut().zip(kept.iter().chain(bytes)).map(|(to, from)| *to = *from).count();
        self.state = State::Header { bytes: all, len: u8::try_from(len).unwrap_or(0) };
        self.advance(bytes.len() as u64);
        &[]
    }

    /// Starts the frame of a header that ends in `bytes`, `kept` bytes of it having come before.
    fn begin<'a>(
        &mut self,
        header: FrameHeader,
        kept: usize,
        bytes: &'a [u8],
        sink: &mut impl FnMut(Decoded<'_>),
    ) -> &'a [u8] {
        sink(Decoded::Frame { offset: self.header_start(), header });
        let taken = usize::try_from(header.wire_len()).unwrap_or(MAX_HEADER).saturating_sub(kept);
        self.advance(taken as u64);
        self.state = State::Payload { key: header.masking_key, done: 0, left: header.payload_len };
        if header.payload_len == 0 {
            self.pass(0, sink);
        }
        bytes.get(taken..).unwrap_or_default()
    }

    fn payload<'a>(&mut self, bytes: &'a [u8], sink: &mut impl FnMut(Decoded<'_>)) -> &'a [u8] {
        let State::Payload { key, done, left } = self.state else { return bytes };
        let at = usize::try_from(left).map_or(bytes.len(), |left| left.min(bytes.len()));
        let (taken, rest) = bytes.split_at(at);
        match key {
            None => sink(Decoded::Payload { offset: self.position, piece: Piece::Bytes(taken) }),
            Some(key) => {
                let mut offset = self.position;
                unmask(taken, key, done, |clear| {
                    sink(Decoded::Payload { offset, piece: Piece::Bytes(clear) });
                    offset = offset.saturating_add(clear.len() as u64);
                });
            }
        }
        self.pass(at as u64, sink);
        rest
    }

    /// Moves on by `len` bytes of payload, no more than are left of it.
    fn pass(&mut self, len: u64, sink: &mut impl FnMut(Decoded<'_>)) {
        self.advance(len);
        if let State::Payload { done, left, .. } = &mut self.state {
            *done = done.saturating_add(len);
            *left = left.saturating_sub(len);
            if *left == 0 {
                self.state = State::BETWEEN;
                sink(Decoded::FrameEnd { offset: self.position });
            }
        }
    }

    const fn advance(&mut self, len: u64) {
        self.position = self.position.saturating_add(len);
    }

    /// Offset at which the present header begins.
    const fn header_start(&self) -> u64 {
        match self.state {
            State::Header { len, .. } => self.position.saturating_sub(len as u64),
            _ => self.position,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{LengthForm, Opcode, Rsv};
    use crate::websocket::encode::{encode, encode_header, header};

    const KEY: MaskingKey = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);

    /// What a decoder says, pieces of payload joined: `@offset` and what stands there.
    #[derive(Default, Debug, PartialEq)]
    struct Log(Vec<(u64, Said)>);

    #[derive(Debug, PartialEq)]
    enum Said {
        Frame(FrameHeader),
        Bytes(Vec<u8>),
        Missing(u64),
        End,
        Gap(u64),
    }

    impl Log {
        fn add(&mut self, decoded: Decoded<'_>) {
            let said = match decoded {
                Decoded::Frame { offset, header } => (offset, Said::Frame(header)),
                Decoded::Payload { offset, piece: Piece::Bytes(bytes) } => {
                    if let Some((start, Said::Bytes(before))) = self.0.last_mut() {
                        assert_eq!(*start + before.len() as u64, offset);
                        return before.extend_from_slice(bytes);
                    }
                    (offset, Said::Bytes(bytes.to_vec()))
                }
                Decoded::Payload { offset, piece: Piece::Missing { len, .. } } => {
                    (offset, Said::Missing(len))
                }
                Decoded::FrameEnd { offset } => (offset, Said::End),
                Decoded::Gap { offset, len, .. } => (offset, Said::Gap(len)),
            };
            self.0.push(said);
        }
    }

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Log, Decoder) {
        let (mut log, mut decoder) = (Log::default(), Decoder::new(0));
        for piece in pieces {
            decoder.push(piece, &mut |decoded| log.add(decoded));
        }
        (log, decoder)
    }

    /// A frame as it should come out.
    fn expected(log: &mut Log, start: &mut u64, header: FrameHeader, payload: &[u8]) {
        log.0.push((*start, Said::Frame(header)));
        *start += header.wire_len();
        if !payload.is_empty() {
            log.0.push((*start, Said::Bytes(payload.to_vec())));
        }
        *start += payload.len() as u64;
        log.0.push((*start, Said::End));
    }

    /// Every length form, masked and not, empty payloads in front, between and behind.
    fn sample() -> (Vec<u8>, Log) {
        let long: Vec<u8> = (0..300_u16).map(|n| n as u8).collect();
        let (mut bytes, mut log, mut start) = (Vec::new(), Log::default(), 0);
        let frames = [
            (header(Opcode::PING, None, 0), &b""[..]),
            (header(Opcode::TEXT, Some(KEY), 5), b"Hello"),
            (header(Opcode::PONG, Some(KEY), 0), b""),
            (header(Opcode::BINARY, Some(KEY), 300), &long),
            (FrameHeader { length_form: LengthForm::SixtyFour, ..header(Opcode::TEXT, None, 3) }, b"abc"),
            (FrameHeader { fin: false, rsv: Rsv(5), ..header(Opcode::from_bits(11), None, 1) }, b"x"),
            (header(Opcode::CLOSE, None, 0), b""),
        ];
        for (header, payload) in frames {
            bytes.extend(encode(&header, payload));
            expected(&mut log, &mut start, header, payload);
        }
        (bytes, log)
    }

    #[test]
    fn cut_anywhere_is_the_same() {
        let (bytes, expected) = sample();
        let (log, decoder) = decode([&bytes[..]]);
        assert_eq!(log, expected);
        assert_eq!(decoder.ending(), Ending::Between);
        assert_eq!(decode(bytes.chunks(1)).0, expected, "byte by byte");
        for cut in 0..bytes.len() {
            let (first, second) = bytes.split_at(cut);
            assert_eq!(decode([first, second]).0, expected, "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn random_frames_in_random_pieces(
            frames in prop::collection::vec((any::<[u8; 2]>(), any::<Option<[u8; 4]>>(), 0..3_u8, prop::collection::vec(any::<u8>(), 0..400)), 0..12),
            cuts in prop::collection::vec(1..90_usize, 1..20),
        ) {
            let (mut bytes, mut wanted, mut start) = (Vec::new(), Log::default(), 0);
            for ([first, _], key, form, payload) in &frames {
                let least = header(Opcode::TEXT, None, payload.len() as u64).length_form;
                let form = [LengthForm::Seven, LengthForm::Sixteen, LengthForm::SixtyFour][usize::from(*form)];
                let header = FrameHeader {
                    fin: first & 0x80 != 0,
                    rsv: Rsv(first >> 4 & 7),
                    opcode: Opcode::from_bits(*first),
                    masking_key: key.map(MaskingKey),
                    length_form: form.max(least),
                    payload_len: payload.len() as u64,
                };
                bytes.extend(encode(&header, payload));
                expected(&mut wanted, &mut start, header, payload);
            }
            let (mut pieces, mut rest) = (Vec::new(), &bytes[..]);
            for cut in cuts.iter().cycle() {
                let (piece, behind) = rest.split_at((*cut).min(rest.len()));
                pieces.push(piece);
                rest = behind;
                if rest.is_empty() { break }
            }
            prop_assert_eq!(decode(pieces).0, wanted);
        }

        #[test]
        fn any_bytes_in_any_pieces_say_the_same(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0..200_usize) {
            let (whole, decoder) = decode([&bytes[..]]);
            let (first, second) = bytes.split_at(cut.min(bytes.len()));
            let (cut, other) = decode([first, second]);
            prop_assert_eq!(whole, cut);
            prop_assert_eq!(decoder.ending(), other.ending());
            prop_assert_eq!(decoder.position(), bytes.len() as u64);
        }
    }

    #[test]
    fn a_gap_inside_a_payload_keeps_framing_and_mask_phase() {
        let clear: Vec<u8> = (0..200_u8).collect();
        let first = encode(&header(Opcode::BINARY, Some(KEY), 200), &clear);
        let second = encode(&header(Opcode::TEXT, Some(KEY), 2), b"ok");
        let head = 8;
        for from in 0..200 {
            for to in [from + 1, from + 2, from + 3, from + 4, 200] {
                let to = to.min(200);
                let (mut log, mut decoder) = decode([&first[..head + from]]);
                let len = (to - from) as u64;
                decoder.gap(len, GapCause::NotCaptured, &mut |decoded| log.add(decoded));
                decoder.push(&first[head + to..], &mut |decoded| log.add(decoded));
                decoder.push(&second, &mut |decoded| log.add(decoded));
                let known: Vec<u8> = log
                    .0
                    .iter()
                    .filter_map(|(_, said)| match said {
                        Said::Bytes(bytes) => Some(bytes.clone()),
                        _ => None,
                    })
                    .flatten()
                    .collect();
                let wanted: Vec<u8> = [&clear[..from], &clear[to..], b"ok"].concat();
                assert_eq!(known, wanted, "gap {from}..{to}");
                assert!(log.0.contains(&((head + from) as u64, Said::Missing(len))));
                assert_eq!(decoder.ending(), Ending::Between);
            }
        }
    }

    #[test]
    fn a_gap_over_a_header_ends_framing() {
        let frame = encode(&header(Opcode::TEXT, Some(KEY), 5), b"Hello");
        for (name, before, gap, missing, outside, lost_at) in [
            ("between frames", frame.len(), 1, 0, 1, 11),
            ("inside a header", 3, 1, 0, 1, 0),
            ("from a payload on", 8, 4, 3, 1, 11),
        ] {
            let (mut log, mut decoder) = decode([&frame[..before]]);
            decoder.gap(gap, GapCause::NotCaptured, &mut |decoded| log.add(decoded));
            decoder.push(&frame, &mut |decoded| log.add(decoded));
            decoder.gap(7, GapCause::NotCaptured, &mut |decoded| log.add(decoded));
            let total = |wanted: fn(&Said) -> Option<u64>| {
                log.0.iter().filter_map(|(_, said)| wanted(said)).sum::<u64>()
            };
            assert_eq!(
                total(|said| if let Said::Missing(len) = said { Some(*len) } else { None }),
                missing,
                "{name}"
            );
            assert_eq!(
                total(|said| if let Said::Gap(len) = said { Some(*len) } else { None }),
                outside + 7,
                "{name}"
            );
            let end = before as u64 + gap + frame.len() as u64 + 7;
            assert_eq!(decoder.ending(), Ending::Lost { offset: lost_at, skipped: end - lost_at }, "{name}");
            assert!(decoder.is_lost());
        }
    }

    #[test]
    fn a_gap_that_ends_with_the_payload_is_inside_it() {
        let frame = encode(&header(Opcode::TEXT, None, 5), b"Hello");
        let (mut log, mut decoder) = decode([&frame[..4]]);
        decoder.gap(3, GapCause::NotCaptured, &mut |decoded| log.add(decoded));
        assert_eq!(log.0.last(), Some(&(7, Said::End)));
        assert_eq!(decoder.ending(), Ending::Between);
        decoder.gap(0, GapCause::NotCaptured, &mut |_| panic!("nothing is missing"));
        decoder.push(&frame[..4], &mut |_| ());
        decoder.gap(0, GapCause::NotCaptured, &mut |_| panic!("nothing is missing of the payload"));
        assert_eq!(decoder.ending(), Ending::InPayload { left: 3 });
    }

    #[test]
    fn endings() {
        let frame = encode(&header(Opcode::TEXT, Some(KEY), 5), b"Hello");
        for cut in 0..=frame.len() {
            let (_, decoder) = decode(frame[..cut].chunks(2));
            let wanted = match cut {
                0 | 11 => Ending::Between,
                1..6 => Ending::InHeader { offset: 0, bytes: &frame[..cut] },
                _ => Ending::InPayload { left: 11 - cut as u64 },
            };
            assert_eq!(decoder.ending(), wanted, "cut at {cut}");
        }
    }

    #[test]
    fn a_claim_of_2_to_the_63_costs_nothing() {
        for payload_len in [1 << 63, u64::MAX] {
            let header = header(Opcode::BINARY, Some(KEY), payload_len);
            let (mut log, mut decoder) = decode([&encode_header(&header)[..], b"abc"]);
            assert_eq!(decoder.ending(), Ending::InPayload { left: payload_len - 3 });
            decoder.gap(u64::MAX, GapCause::NotCaptured, &mut |decoded| log.add(decoded));
            assert_eq!(decoder.position(), u64::MAX);
        }
    }
}
