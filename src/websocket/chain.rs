//! Frames recognised by one another, where it is not known that frames begin: in a stream picked up in its middle,
//! or behind a hole that took a header.

use crate::model::{CloseCode, FrameHeader, MaskingKey, Opcode, Rsv};
use crate::websocket::header::{MAX_HEADER, parse_header};
use crate::websocket::mask::unmasked;

/// Longest payload that is believed of a frame nobody announced.
const MAX_PAYLOAD: u64 = 1 << 26;

/// What a header with FIN says against chance: opcode, RSV bits and MASK all fit, and the length is minimal.
const HEADER_BITS: u32 = 5;
/// Fragments are what small numbers look like. The same key twice, which a field of another protocol and a payload that
/// repeats look like, and empty data frames, which zeros do, say nothing.
const WEAK_HEADER_BITS: u32 = 2;
/// A frame ends where its segment does, or the stream.
const END_BITS: u32 = 7;
/// A status code in use.
const CODE_BITS: u32 = 5;
/// The most that readable text counts for, one bit a byte.
const MAX_TEXT_BITS: u32 = 16;

/// Frames that would have to follow one another from an offset on, checked as the bytes come, which are not kept.
///
/// What fits is weighed in bits: so many that a stream of random bytes would pass once in two to their power.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    start: u64,
    /// Offset of the next header.
    next: u64,
    /// The start of it, where it did not come in one piece.
    header: [u8; MAX_HEADER],
    have: usize,
    masked: Option<bool>,
    last_key: Option<MaskingKey>,
    /// Whether a message is open; `None` before the first data frame.
    fragmented: Option<bool>,
    closed: bool,
    bits: u32,
    /// Those of them that readable text and status codes weigh.
    text_bits: u32,
    aligned: u32,
}

impl Chain {
    /// Frames from that offset on, masked or not, where that is known.
    pub(crate) const fn new(start: u64, masked: Option<bool>) -> Self {
        Self {
            start,
            next: start,
            header: [0; MAX_HEADER],
            have: 0,
            masked,
            last_key: None,
            fragmented: None,
            closed: false,
            bits: 0,
            text_bits: 0,
            aligned: 0,
        }
    }

    /// Where it begins.
    pub(crate) const fn start(&self) -> u64 {
        self.start
    }

    /// What speaks for it.
    pub(crate) const fn bits(&self) -> u32 {
        self.bits
    }

    /// What of it is due to payloads that make sense.
    pub(crate) const fn text_bits(&self) -> u32 {
        self.text_bits
    }

    /// Segments that ended with a frame.
    pub(crate) const fn aligned(&self) -> u32 {
        self.aligned
    }

    /// Whether its frames are masked; `None` before the first.
    pub(crate) const fn masked(&self) -> Option<bool> {
        self.masked
    }

    /// The bytes of a segment, those before the start of the chain too. False where they cannot be such frames.
    pub(crate) fn data(&mut self, offset: u64, bytes: &[u8]) -> bool {
        let end = offset.saturating_add(bytes.len() as u64);
        if self.next.saturating_add(self.have as u64) < offset {
            return false;
        }
        let mut ended_here = false;
        while let Some(rest) = self
            .next
            .saturating_add(self.have as u64)
            .checked_sub(offset)
            .and_then(|at| bytes.get(usize::try_from(at).ok()?..))
            .filter(|rest| !rest.is_empty())
        {
            let begun = self.have;
            let room = self.header.iter_mut().skip(begun);
            self.have += room.zip(rest).map(|(to, from)| *to = *from).count();
            let Ok(header) = parse_header(self.header.get(..self.have).unwrap_or_default()) else { break };
            let body = usize::try_from(header.wire_len()).unwrap_or(MAX_HEADER).saturating_sub(begun);
            let len = usize::try_from(header.payload_len).unwrap_or(usize::MAX);
            let payload = rest.get(body..).and_then(|rest| rest.get(..len));
            if !self.accept(&header) || !payload.is_none_or(|payload| self.weigh(&header, payload)) {
                return false;
            }
            ended_here = begun == 0 && payload.is_some();
            self.next = self.next.saturating_add(header.whole_len());
            self.have = 0;
        }
        if self.next == end && self.next > self.start && self.have == 0 {
            // A frame that fills several segments ends with one of them by chance where they are short.
            let by_chance = END_BITS.min(bytes.len().checked_ilog2().unwrap_or(0));
            self.bits = self.bits.saturating_add(if ended_here { END_BITS } else { by_chance });
            self.aligned = self.aligned.saturating_add(1);
        }
        true
    }

    /// Bytes that are missing. False where a header would be among them.
    pub(crate) const fn gap(&self, offset: u64, len: u64) -> bool {
        self.have == 0 && self.next >= offset.saturating_add(len)
    }

    /// The stream ends at that offset.
    pub(crate) const fn end(&mut self, offset: u64) {
        if self.next == offset && self.have == 0 && self.next > self.start {
            self.bits = self.bits.saturating_add(END_BITS);
        }
    }

    /// Takes a header, if it can be the next one of a sound sender.
    fn accept(&mut self, header: &FrameHeader) -> bool {
        let FrameHeader { fin, rsv, opcode, payload_len, .. } = *header;
        let is_masked = header.masking_key.is_some();
        if self.masked.is_some_and(|masked| masked != is_masked)
            || !header.length_is_minimal()
            || payload_len > MAX_PAYLOAD
            || opcode.is_reserved()
        {
            return false;
        }
        self.masked = Some(is_masked);
        let is_fresh = header.masking_key.is_none_or(|key| self.last_key.replace(key) != Some(key));
        if opcode.is_control() {
            if !fin || payload_len > 125 || rsv != Rsv(0) || (opcode == Opcode::CLOSE && payload_len == 1) {
                return false;
            }
            self.closed |= opcode == Opcode::CLOSE;
        } else {
            let continues = opcode == Opcode::CONTINUATION;
            let compressed = !continues && rsv == Rsv::RSV1;
            if self.closed
                || self.fragmented.is_some_and(|open| open != continues)
                || (rsv != Rsv(0) && !compressed)
            {
                return false;
            }
            self.fragmented = Some(!fin);
            if payload_len == 0 {
                return true;
            }
        }
        let bits = match (is_fresh, fin) {
            (true, true) => HEADER_BITS,
            (true, false) => WEAK_HEADER_BITS,
            (false, _) => 0,
        };
        self.bits = self.bits.saturating_add(bits);
        true
    }

    /// Looks at a whole payload. False where no sound sender would have sent it.
    fn weigh(&mut self, header: &FrameHeader, payload: &[u8]) -> bool {
        let is_text = header.opcode == Opcode::TEXT && header.fin && header.rsv == Rsv(0);
        let is_close = header.opcode == Opcode::CLOSE;
        if payload.is_empty() || !(is_text || is_close) {
            return true;
        }
        let clear = unmasked(payload, header.masking_key);
        let (code, text) = match CloseCode::split(&clear) {
            Some((code, reason)) if is_close => (Some(code), reason),
            _ if is_close => (None, &[][..]),
            _ => (None, clear.as_slice()),
        };
        if let Some(code) = code {
            if code.is_never_sent() || !matches!(code.0, 1000..=1014 | 3000..=4999) {
                return false;
            }
            self.text(CODE_BITS);
        }
        let Ok(text) = str::from_utf8(text) else { return false };
        if !text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
            let bits = u32::try_from(text.len()).unwrap_or(MAX_TEXT_BITS).min(MAX_TEXT_BITS);
            self.text(bits);
        }
        true
    }

    const fn text(&mut self, bits: u32) {
        self.bits = self.bits.saturating_add(bits);
        self.text_bits = self.text_bits.saturating_add(bits);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::websocket::encode::{encode, header};

    /// What speaks for the segments as frames of somebody who masks or not; `None` where they are none.
    fn weigh(masked: Option<bool>, segments: &[Vec<u8>]) -> Option<u32> {
        let mut chain = Chain::new(0, masked);
        let mut offset = 0;
        for segment in segments {
            if !chain.data(offset, segment) {
                return None;
            }
            offset += segment.len() as u64;
        }
        Some(chain.bits())
    }

    fn frame(opcode: Opcode, masked: bool, payload: &[u8]) -> Vec<u8> {
        let key = masked.then_some(MaskingKey([0x37, 0xfa, 0x21, 0x3d]));
        encode(&header(opcode, key, payload.len() as u64), payload)
    }

    #[test]
    fn frames_weigh_what_their_payload_shows() {
        let text = frame(Opcode::TEXT, false, b"{\"n\":1}");
        let close = frame(Opcode::CLOSE, true, b"\x03\xe8bye");
        for (segments, expected) in [
            (vec![text.clone()], Some(5 + 7 + 7)),
            (vec![[text.clone(), text.clone()].concat()], Some(5 + 7 + 5 + 7 + 7)),
            (vec![close], Some(5 + 5 + 3 + 7)),
            (vec![frame(Opcode::BINARY, false, &[0; 300])], Some(5 + 7)),
            (vec![vec![0; 64]], Some(7)),
            (vec![frame(Opcode::TEXT, false, b"\xff\xfe")], None),
            (vec![frame(Opcode::CLOSE, false, b"\x03\xed")], None),
            (vec![frame(Opcode::from_bits(3), false, b"")], None),
            (vec![frame(Opcode::CLOSE, false, b""), text.clone()], None),
            (vec![text.clone(), frame(Opcode::TEXT, true, b"hi")], None),
            // The same octet again and again, masked: fragments of two bytes under one key.
            (vec![b"\x00\x82\x3d\x25".repeat(2 * 40)], Some(2 + 7)),
            (vec![b"HTTP/1.1 200 OK\r\n".to_vec()], None),
            (vec![b"*3\r\n$3\r\nSET\r\n".to_vec()], None),
            (vec![b"\x17\x03\x03\x00\x10".to_vec()], None),
        ] {
            assert_eq!(weigh(None, &segments), expected, "{segments:x?}");
        }
        // Cut into single bytes the frames are the same; where they end says nothing then, nor is text looked at.
        let bytes: Vec<Vec<u8>> = text.iter().map(|b| vec![*b]).collect();
        assert_eq!(weigh(Some(false), &bytes), Some(5));
    }

    #[test]
    fn a_gap_may_lie_in_a_payload_only() {
        let text = frame(Opcode::TEXT, false, b"Hello");
        let mut chain = Chain::new(0, None);
        assert!(chain.data(0, &text[..3]) && chain.gap(3, 4) && !chain.gap(3, 5));
        assert!(chain.data(7, &text) && chain.bits() == 5 + 5 + 5 + 7);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn random_bytes_weigh_little(segments in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 1..8)) {
            prop_assert!(weigh(None, &segments).is_none_or(|bits| bits < 40));
        }
    }
}
