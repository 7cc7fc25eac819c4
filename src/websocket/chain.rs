//! Frames recognised by one another, where it is not known that frames begin: in a stream picked up in its middle,
//! or behind a hole that took a header.

pub(crate) mod all;

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
/// Bytes of a payload that are looked at: what is no text shows long before, and every header may claim all that follows.
const MAX_LOOKED_AT: usize = 512;

/// What came before a header, as far as it matters to what may follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No data frame: a message may be open.
    Unknown,
    Between,
    InMessage,
    Closed,
}

/// Ways that lead over a header: a bit for each mask and state before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ways(u8);

impl Ways {
    const fn one(masked: bool, state: State) -> Self {
        Self(1 << (state as u8 + if masked { 4 } else { 0 }))
    }

    /// Adds others. False where all of them are known.
    pub(crate) const fn add(&mut self, others: Self) -> bool {
        let before = self.0;
        self.0 |= others.0;
        self.0 != before
    }
}

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
    state: State,
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
            state: State::Unknown,
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
        self.data_beside(offset, bytes, |_, _| true)
    }

    /// The same after other chains, which led nowhere: `is_new` is asked at each header, by its index in `bytes`, whether none of
    /// them came there this way.
    pub(crate) fn data_beside(
        &mut self,
        offset: u64,
        bytes: &[u8],
        mut is_new: impl FnMut(usize, Ways) -> bool,
    ) -> bool {
        let end = offset.saturating_add(bytes.len() as u64);
        if self.next.saturating_add(self.have as u64) < offset {
            return false;
        }
        let mut ended_here = false;
        while let Some((at, rest)) = self
            .next
            .saturating_add(self.have as u64)
            .checked_sub(offset)
            .and_then(|at| usize::try_from(at).ok())
            .and_then(|at| Some((at, bytes.get(at..)?)))
            .filter(|(_, rest)| !rest.is_empty())
        {
            let begun = self.have;
            if begun == 0
                && let Some(masked) = self.masked
                && !is_new(at, Ways::one(masked, self.state))
            {
                return false;
            }
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
            self.bits = self.bits.saturating_add(if ended_here { END_BITS } else { by_chance(bytes.len()) });
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
        let is_masked = header.masking_key.is_some();
        if self.masked.is_some_and(|masked| masked != is_masked) || !is_sound(header) {
            return false;
        }
        let Some(state) = self.state.after(header) else { return false };
        self.masked = Some(is_masked);
        let is_fresh = header.masking_key.is_none_or(|key| self.last_key.replace(key) != Some(key));
        self.state = state;
        if is_fresh {
            self.bits = self.bits.saturating_add(bits(header));
        }
        true
    }

    /// Looks at a whole payload. False where no sound sender would have sent it.
    fn weigh(&mut self, header: &FrameHeader, payload: &[u8]) -> bool {
        let bits = sense(header, payload);
        self.text(bits.unwrap_or(0));
        bits.is_some()
    }

    const fn text(&mut self, bits: u32) {
        self.bits = self.bits.saturating_add(bits);
        self.text_bits = self.text_bits.saturating_add(bits);
    }
}

impl State {
    /// What it is behind a sound header; `None` where that may not follow.
    fn after(self, header: &FrameHeader) -> Option<Self> {
        if header.opcode.is_control() {
            return Some(if header.opcode == Opcode::CLOSE { Self::Closed } else { self });
        }
        let continues = header.opcode == Opcode::CONTINUATION;
        match self {
            Self::Closed => None,
            Self::Between if continues => None,
            Self::InMessage if !continues => None,
            _ => Some(if header.fin { Self::Between } else { Self::InMessage }),
        }
    }
}

/// Whether a header is one that a sound sender writes, whatever came before.
fn is_sound(header: &FrameHeader) -> bool {
    let FrameHeader { fin, rsv, opcode, payload_len, .. } = *header;
    if !header.length_is_minimal() || payload_len > MAX_PAYLOAD || opcode.is_reserved() {
        return false;
    }
    if opcode.is_control() {
        return fin && payload_len <= 125 && rsv == Rsv(0) && !(opcode == Opcode::CLOSE && payload_len == 1);
    }
    rsv == Rsv(0) || (rsv == Rsv::RSV1 && opcode != Opcode::CONTINUATION)
}

/// What speaks for bytes as all that one side sent, frames from the first to the last, in bits; `None` where they are none.
///
/// Behind masked frames a Close may be without a mask: proxies that have passed frames on end both sides with one Close.
pub(crate) fn whole(bytes: &[u8], masked: bool) -> Option<u32> {
    let (mut rest, mut state, mut last_key) = (bytes, State::Unknown, None);
    let mut all = 0_u32;
    while !rest.is_empty() {
        let header = parse_header(rest).ok()?;
        let is_masked = header.masking_key.is_some();
        let is_of_proxy = masked && last_key.is_some() && header.opcode == Opcode::CLOSE;
        if !is_sound(&header) || (is_masked != masked && !is_of_proxy) {
            return None;
        }
        state = state.after(&header)?;
        let start = usize::try_from(header.wire_len()).ok()?;
        let end = usize::try_from(header.whole_len()).ok()?;
        let payload = rest.get(start..end)?;
        let is_fresh = header.masking_key.is_none_or(|key| last_key.replace(key) != Some(key));
        all = all.saturating_add(if is_fresh { bits(&header) } else { 0 });
        all = all.saturating_add(sense(&header, payload)?);
        rest = rest.get(end..)?;
    }
    Some(if bytes.is_empty() { 0 } else { all.saturating_add(END_BITS) })
}

/// What a sound header says that is no repetition, in bits.
fn bits(header: &FrameHeader) -> u32 {
    match (header.opcode.is_control(), header.payload_len, header.fin) {
        (false, 0, _) => 0,
        (_, _, true) => HEADER_BITS,
        (_, _, false) => WEAK_HEADER_BITS,
    }
}

/// What it says that a frame ends with a segment of that length in which it did not begin, in bits: one that fills several
/// does so by chance where they are short.
fn by_chance(len: usize) -> u32 {
    END_BITS.min(len.checked_ilog2().unwrap_or(0))
}

/// What a whole payload says, in bits; `None` where no sound sender would have sent it.
fn sense(header: &FrameHeader, payload: &[u8]) -> Option<u32> {
    let is_text = header.opcode == Opcode::TEXT && header.fin && header.rsv == Rsv(0);
    let is_close = header.opcode == Opcode::CLOSE;
    if payload.is_empty() || !(is_text || is_close) {
        return Some(0);
    }
    let clear = unmasked(payload.get(..MAX_LOOKED_AT).unwrap_or(payload), header.masking_key);
    let (code, text) = match CloseCode::split(&clear) {
        Some((code, reason)) if is_close => (Some(code), reason),
        _ if is_close => (None, &[][..]),
        _ => (None, clear.as_slice()),
    };
    let mut bits = 0;
    if let Some(code) = code {
        if code.is_never_sent() || !matches!(code.0, 1000..=1014 | 3000..=4999) {
            return None;
        }
        bits += CODE_BITS;
    }
    let text = match str::from_utf8(text) {
        Ok(text) => text,
        // A character that is not looked at to its end.
        Err(error) if error.error_len().is_none() && clear.len() < payload.len() => {
            str::from_utf8(text.get(..error.valid_up_to())?).ok()?
        }
        Err(_) => return None,
    };
    if !text.chars().any(|c| c.is_control() && !c.is_whitespace()) {
        bits += u32::try_from(text.len()).unwrap_or(MAX_TEXT_BITS).min(MAX_TEXT_BITS);
    }
    Some(bits)
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

    #[test]
    fn all_that_one_side_sent() {
        let (text, close) = (frame(Opcode::TEXT, true, b"hello"), frame(Opcode::CLOSE, true, b"\x03\xe8"));
        let bare = frame(Opcode::CLOSE, false, b"\x03\xe9");
        for (masked, frames, expected) in [
            (true, vec![], Some(0)),
            (true, vec![&text], Some(5 + 5 + 7)),
            // The second has the same key.
            (true, vec![&text, &close], Some(5 + 5 + 5 + 7)),
            (true, vec![&text, &bare], Some(5 + 5 + 5 + 5 + 7)),
            (true, vec![&bare], None),
            (true, vec![&close, &text], None),
            (false, vec![&bare], Some(5 + 5 + 7)),
            (false, vec![&bare, &close], None),
        ] {
            let bytes: Vec<u8> = frames.iter().flat_map(|frame| frame.iter().copied()).collect();
            assert_eq!(whole(&bytes, masked), expected, "{bytes:x?}");
            let last = frames.last().map_or(0, |frame| frame.len());
            for cut in 1..last {
                assert_eq!(whole(&bytes[..bytes.len() - cut], masked), None, "{cut} less than {bytes:x?}");
            }
        }
    }

    /// Of random bytes no more weigh so many bits than one in two to their power.
    #[test]
    fn bits_are_what_chance_is() {
        const RUNS: u32 = 1 << 19;
        let mut word: u64 = 6455;
        let mut random = || {
            // Xorshift (Marsaglia 2003).
            word ^= word << 13;
            word ^= word >> 7;
            word ^= word << 17;
            word.to_be_bytes()
        };
        for masked in [true, false] {
            let mut with_bits = [0_u32; 128];
            for _ in 0..RUNS {
                let bytes = [random(), random(), random()].concat();
                let len = 2 + usize::from(bytes[23] % 22);
                if let Some(bits) = whole(&bytes[..len], masked) {
                    with_bits[..=bits as usize].iter_mut().for_each(|count| *count += 1);
                }
            }
            assert!(with_bits[12] > 0, "some pass");
            for (bits, count) in (0..=18).zip(with_bits).skip(1) {
                let most = (RUNS >> bits) * 3 / 2 + 4;
                assert!(count <= most, "{count} of {most} with {bits} bits, masked: {masked}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn random_bytes_weigh_little(segments in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..60), 1..8)) {
            prop_assert!(weigh(None, &segments).is_none_or(|bits| bits < 40));
        }
    }
}
