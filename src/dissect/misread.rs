//! Bytes where a frame should begin that may be none: what stands there instead.
//!
//! A header with one fault is a faulty frame, and stays one: whoever breaks a rule goes on framing, so that its frame
//! ends where the next begins. No frame is what is known to be something else, or what leads nowhere while another
//! reading of the same bytes leads to their end.

use crate::http::grammar::head_end;
use crate::http::response_head;
use crate::http::{Fault, Length};
use crate::model::{FrameHeader, LostHow, Opcode, Rsv};
use crate::websocket::mask::unmasked;
use crate::websocket::{Chain, SOUND, can_begin, parse_header};

/// What has to speak for frames behind something that is known, in bits.
const ENOUGH_BEHIND: u32 = 12;

/// For frames that begin anywhere, behind a header that cannot be one; as many again as it takes to name the place.
const ENOUGH_ANYWHERE: u32 = 12;

/// The same where nothing but the end of the stream speaks against the frame.
const ENOUGH_AT_END: u32 = 24;

/// A writer begins a segment more often than it stops in the middle of one.
const SEGMENT_BITS: u32 = 7;

/// Headers looked at in one search.
const MAX_STEPS: u32 = 1 << 17;
/// Places weighed in one search, each of which reads all that follows.
const MAX_WEIGHED: u32 = 16;

/// Bytes of frames looked at behind something that is known.
const MAX_NEAR: usize = 4 << 10;

/// Longest line of a request that is waited for.
const MAX_LINE: usize = 8 << 10;
/// Most digits of a chunk size.
const MAX_DIGITS: usize = 8;
/// Longest payload believed of a length that is written wrong.
const MAX_PAYLOAD: u64 = 1 << 16;

/// Bytes of a text that are looked at where it is not whole, and what they count for at most.
const MAX_TEXT: usize = 256;
const TEXT_BITS: u32 = 16;

/// First bytes of a response.
const VERSION: &[u8] = b"HTTP/1.";

const METHODS: [&[u8]; 10] = [
    b"GET ",
    b"HEAD ",
    b"POST ",
    b"PUT ",
    b"DELETE ",
    b"CONNECT ",
    b"OPTIONS ",
    b"TRACE ",
    b"PATCH ",
    b"PRI ",
];

/// What the bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reading {
    /// A frame, however faulty.
    Frame,
    /// What comes next may tell.
    Undecided,
    Lost(Lost),
}

/// No frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lost {
    /// Something else; frames go on so many bytes behind it, where that is known.
    Other { how: LostHow, resume: Option<usize> },
    /// Part of a frame that stands in the payload of the one before, so many bytes before the boundary.
    Eaten { back: usize },
}

impl Reading {
    const fn other(how: LostHow, resume: Option<usize>) -> Self {
        Self::Lost(Lost::Other { how, resume })
    }
}

/// Bytes of a direction around the place where the next frame should begin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    /// Payload of the frame before, as far as it is kept, and what follows.
    pub(super) bytes: &'a [u8],
    /// Where the next frame should begin.
    pub(super) at: usize,
    /// Where segments begin.
    pub(super) segments: &'a [usize],
    /// Of the sender's frames.
    pub(super) masked: bool,
    /// Nothing more will come, or no more is waited for.
    pub(super) ended: bool,
}

/// Whether a frame that begins like that has to be looked at, by its first bytes.
#[inline]
pub(super) fn is_odd(bytes: &[u8], masked: bool) -> bool {
    if !can_begin(bytes, masked) {
        return true;
    }
    let &[first, second, ..] = bytes else { return false };
    (second & 0x7f > 125 && (first & 0x08 != 0 || is_length_odd(bytes)))
        || (first.is_ascii_hexdigit() && !matches!(chunk_line(bytes), Line::No))
}

/// Whether they are whole frames, nothing of them odd: what nearly every segment brings.
#[inline]
pub(super) fn are_plain(bytes: &[u8], masked: bool) -> bool {
    let mut rest = bytes;
    while let &[first, second, ..] = rest {
        let is_plain = SOUND[usize::from(first)]
            && !first.is_ascii_hexdigit()
            && (second & 0x80 != 0) == masked
            && (second & 0x7f < 126 || first & 0x08 == 0);
        let Some((header, len)) = short_header(rest).filter(|_| is_plain) else { return false };
        let is_short = second & 0x7f < 126 || len > 125;
        let Some(next) = rest.get(header + len..).filter(|_| is_short) else { return false };
        rest = next;
    }
    rest.is_empty()
}

/// Length of a header that is whole, and of its payload, unless that takes 64 bits.
#[inline]
pub(super) fn short_header(bytes: &[u8]) -> Option<(usize, usize)> {
    let &[_, second, ..] = bytes else { return None };
    let key = if second & 0x80 != 0 { 4 } else { 0 };
    let (header, len) = match second & 0x7f {
        127 => return None,
        126 => (4 + key, usize::from(u16::from_be_bytes([*bytes.get(2)?, *bytes.get(3)?]))),
        len => (2 + key, usize::from(len)),
    };
    (header <= bytes.len()).then_some((header, len))
}

/// Whether an extended length is one that no sender means, as far as it is there.
fn is_length_odd(bytes: &[u8]) -> bool {
    match *bytes {
        [_, second, high, low, ..] if second & 0x7f == 126 => u16::from_be_bytes([high, low]) < 126,
        [_, second, a, b, c, d, ref low @ ..] if second & 0x7f == 127 => {
            let low = low.first_chunk().map(|low| u32::from_be_bytes(*low));
            [a, b, c, d] != [0; 4] || low.is_some_and(|low| low < 1 << 16)
        }
        _ => false,
    }
}

/// Whether an extended length is not all there.
pub(super) fn is_length_cut(bytes: &[u8]) -> bool {
    let len = match bytes {
        [_, second, ..] if second & 0x7f == 126 => 4,
        [_, second, ..] if second & 0x7f == 127 => 10,
        _ => return false,
    };
    bytes.len() < len
}

/// Whether a length is written as its sender should, and is one that can be meant.
fn is_length_usual(header: &FrameHeader) -> bool {
    header.length_is_minimal() && header.payload_len >> 32 == 0
}

/// A line that may be one of another protocol.
enum Line {
    No,
    /// So far.
    Part,
    Whole {
        digits: usize,
        size: usize,
    },
}

/// A chunk size and its end of line (RFC 9112 7.1).
fn chunk_line(bytes: &[u8]) -> Line {
    let digits = bytes.iter().take(MAX_DIGITS).take_while(|byte| byte.is_ascii_hexdigit()).count();
    match bytes.get(digits..) {
        _ if digits == 0 => Line::No,
        Some([] | [b'\r']) => Line::Part,
        Some([b'\r', b'\n', ..]) => {
            let text = bytes.get(..digits).and_then(|digits| str::from_utf8(digits).ok());
            let size = text.and_then(|text| usize::from_str_radix(text, 16).ok());
            size.map_or(Line::No, |size| Line::Whole { digits, size })
        }
        _ => Line::No,
    }
}

impl<'a> Scene<'a> {
    /// What stands where a frame should begin; with `deep`, other readings of what came before are looked for.
    pub(super) fn read(&self, deep: bool) -> Reading {
        let behind = self.behind();
        for known in [self.http(behind), self.chunk(behind), self.blank_lines(behind)] {
            if known != Reading::Frame {
                return known;
            }
        }
        if !deep {
            return Reading::Frame;
        }
        let width = self.other_width(behind);
        if matches!(width, Reading::Lost(_)) {
            return width;
        }
        let walk = self.walk(behind);
        if walk.is_aligned {
            return Reading::Frame;
        }
        if width != Reading::Frame {
            return width;
        }
        let eaten = self.resync(0, self.at, ENOUGH_ANYWHERE);
        match eaten {
            Some((start, true)) => return Reading::Lost(Lost::Eaten { back: self.at - start }),
            Some((_, false)) if !self.ended => return Reading::Undecided,
            _ => {}
        }
        let enough = if walk.first >= 2 { ENOUGH_ANYWHERE } else { ENOUGH_AT_END };
        if let Some((_, true)) = self.resync(self.at + 1, self.bytes.len(), enough) {
            return Reading::other(LostHow::BytesMissing, None);
        }
        if walk.odd >= 3 && walk.kinds.count_ones() >= 3 && walk.odd * 2 > walk.frames {
            return Reading::other(LostHow::Unexplained, None);
        }
        if walk.first >= 3 { self.undecided() } else { Reading::Frame }
    }

    /// Frames in the payload that the stream ends in.
    pub(super) fn read_at_end(&self) -> Option<usize> {
        let (start, enough) = self.resync(0, self.bytes.len(), ENOUGH_AT_END)?;
        enough.then_some(start)
    }

    fn behind(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    const fn undecided(&self) -> Reading {
        if self.ended { Reading::Frame } else { Reading::Undecided }
    }

    fn http(&self, behind: &[u8]) -> Reading {
        if behind.starts_with(VERSION) {
            let end = body_end(behind).filter(|end| self.begins(self.at + end) >= ENOUGH_BEHIND);
            return Reading::other(LostHow::HttpResponse, end);
        }
        if VERSION.starts_with(behind) {
            return self.undecided();
        }
        let is_method = |method: &&[u8]| behind.starts_with(method);
        if METHODS.iter().any(|method| method.starts_with(behind)) {
            return self.undecided();
        }
        if !METHODS.iter().any(is_method) {
            return Reading::Frame;
        }
        let line = behind.get(..MAX_LINE.min(behind.len())).unwrap_or_default();
        let line_end = line.iter().position(|byte| *byte == b'\n');
        let line = line.get(..line_end.unwrap_or(line.len())).unwrap_or_default();
        if line.windows(6).any(|six| six == b" HTTP/") {
            return Reading::other(LostHow::HttpRequest, None);
        }
        let may_go_on = line_end.is_none()
            && behind.len() < MAX_LINE
            && line.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\r'));
        if may_go_on { self.undecided() } else { Reading::Frame }
    }

    fn chunk(&self, behind: &[u8]) -> Reading {
        const OTHER: Reading = Reading::other(LostHow::ChunkSize, None);
        let (digits, size) = match chunk_line(behind) {
            Line::No => return Reading::Frame,
            Line::Part if behind.len() < 2 || !is_sound(behind, self.masked) => return self.undecided(),
            Line::Part => return Reading::Frame,
            Line::Whole { digits, size } => (digits, size),
        };
        let start = digits + 2;
        let end = start.saturating_add(size);
        match behind.get(end..end.saturating_add(2)) {
            Some(b"\r\n") => return OTHER,
            Some(_) => return Reading::Frame,
            None => {}
        }
        if (digits >= 2 && !is_sound(behind, self.masked)) || self.begins(self.at + start) >= ENOUGH_BEHIND {
            return OTHER;
        }
        if is_sound(behind, self.masked) { Reading::Frame } else { self.undecided() }
    }

    /// Ends of line with frames behind them.
    fn blank_lines(&self, behind: &[u8]) -> Reading {
        let lines = behind.chunks_exact(2).take(4).take_while(|two| *two == b"\r\n").count();
        let end = lines * 2;
        match behind.get(end..) {
            Some([] | [b'\r']) if behind.first() == Some(&b'\r') => return self.undecided(),
            Some(rest) if lines > 0 => {
                if rest.starts_with(VERSION) {
                    return Reading::other(LostHow::HttpResponse, None);
                }
            }
            _ => return Reading::Frame,
        }
        if self.begins(self.at + end) >= ENOUGH_BEHIND {
            return Reading::other(LostHow::ExtraCrlf, Some(end));
        }
        // Each frame may have its end of line.
        let next = behind.get(end..).unwrap_or_default();
        if let Ok(header) = parse_header(next)
            && is_sound(next, self.masked)
        {
            let len = header.whole_len();
            let line = usize::try_from(len).ok().and_then(|len| next.get(len..len.checked_add(2)?));
            if line == Some(b"\r\n") {
                return Reading::other(LostHow::ExtraCrlf, Some(end));
            }
        }
        let is_plausible = behind.get(end..).is_some_and(|rest| is_sound(rest, self.masked));
        let is_frame = behind.get(12..).is_some_and(|next| next.len() >= 2 && is_sound(next, self.masked));
        if is_plausible && !is_frame { self.undecided() } else { Reading::Frame }
    }

    /// A length that takes another number of bytes than its header says.
    fn other_width(&self, behind: &[u8]) -> Reading {
        let &[first, second, ..] = behind else { return Reading::Frame };
        if !is_length_odd(behind) || is_odd(&[first, second & 0x80], self.masked) {
            return Reading::Frame;
        }
        let stated = if second & 0x7f == 126 { 2 } else { 8 };
        if is_length_cut(behind) {
            return self.undecided();
        }
        // 2^63 and the like are what somebody wrote who wanted to see what comes of it.
        let is_round = stated == 8
            && behind.get(4..10).is_some_and(|low| [[0; 6], [0xff; 6]].iter().any(|same| low == same));
        if is_round {
            return Reading::Frame;
        }
        let mut may_come = false;
        for bytes in [4_u8, 2, 8] {
            let width = usize::from(bytes);
            let Some(field) = behind.get(2..2 + width).filter(|_| bytes != stated) else { continue };
            let len = field.iter().fold(0_u64, |len, byte| len << 8 | u64::from(*byte));
            if !(126..=MAX_PAYLOAD).contains(&len) {
                continue;
            }
            let key = if self.masked { 4 } else { 0 };
            let end = 2 + width + key + usize::try_from(len).unwrap_or(usize::MAX);
            if behind.len() < end {
                may_come = true;
            } else if behind.len() == end || self.begins(self.at + end) >= ENOUGH_BEHIND {
                let how = LostHow::LengthWidth { stated, bytes };
                return Reading::other(how, None);
            }
        }
        if may_come { self.undecided() } else { Reading::Frame }
    }

    /// Whether frames stand where the payload should of a length that none can have.
    pub(super) fn has_frames(&self) -> bool {
        self.begins(self.at) >= ENOUGH_BEHIND
    }

    /// What speaks for frames right behind something that is known, in bits.
    fn begins(&self, start: usize) -> u32 {
        let rest = self.bytes.get(start..).unwrap_or_default();
        let near = rest.get(..MAX_NEAR).unwrap_or(rest);
        Scene { bytes: near, at: 0, ..*self }.weighs(0)
    }

    /// What speaks for frames from there to the end of what is there, in bits.
    fn weighs(&self, start: usize) -> u32 {
        let Some(rest) = self.bytes.get(start..).filter(|rest| !rest.is_empty()) else { return 0 };
        let mut chain = Chain::new(0, Some(self.masked));
        if chain.data(0, rest) { chain.bits() } else { 0 }
    }

    /// The first place between the two from which frames lead to the end of what is there, and whether enough speaks
    /// for them.
    fn resync(&self, from: usize, to: usize, enough: u32) -> Option<(usize, bool)> {
        let places = to.saturating_sub(from);
        let enough = enough + places.checked_ilog2().unwrap_or(0);
        let (mut steps, mut weighed, mut weak) = (0, 0, None);
        for start in from..to {
            if steps > MAX_STEPS || weighed >= MAX_WEIGHED {
                break;
            }
            steps += 1;
            if self.bytes.get(start..).is_some_and(|rest| !can_begin(rest, self.masked)) {
                continue;
            }
            let is_segment = self.segment_bits() >= 4 && self.segments.binary_search(&start).is_ok();
            if !self.leads_to_end(start, is_segment, &mut steps) {
                continue;
            }
            weighed += 1;
            let segment = if is_segment { self.segment_bits() } else { 0 };
            let bits = self.weighs(start) + self.begun_text(start) + segment;
            if bits >= enough {
                return Some((start, true));
            }
            if bits * 2 >= enough {
                weak = weak.or(Some((start, false)));
            }
        }
        weak
    }

    /// What the start of a segment says, in bits: less where there are many.
    fn segment_bits(&self) -> u32 {
        let len = self.bytes.len() / self.segments.len().max(1);
        len.checked_ilog2().unwrap_or(0).min(SEGMENT_BITS)
    }

    /// What speaks for a text whose frame begins there and is not whole yet, in bits.
    fn begun_text(&self, start: usize) -> u32 {
        let Some(rest) = self.bytes.get(start..) else { return 0 };
        let Ok(header) = parse_header(rest) else { return 0 };
        let FrameHeader { opcode, rsv, masking_key, payload_len, .. } = header;
        let payload =
            usize::try_from(header.wire_len()).ok().and_then(|at| rest.get(at..)).unwrap_or_default();
        if opcode != Opcode::TEXT || rsv != Rsv(0) || payload.len() as u64 >= payload_len {
            return 0;
        }
        let clear = unmasked(payload.get(..MAX_TEXT).unwrap_or(payload), masking_key);
        let is_text = match str::from_utf8(&clear) {
            Ok(text) => !text.chars().any(|c| c.is_control() && !c.is_whitespace()),
            Err(error) => error.error_len().is_none(),
        };
        if is_text { u32::try_from(clear.len()).unwrap_or(0).min(TEXT_BITS) } else { 0 }
    }

    /// Whether sound headers follow one another from there on, two of them at least or one with which a segment begins.
    fn leads_to_end(&self, start: usize, is_segment: bool, steps: &mut u32) -> bool {
        let (mut at, mut headers) = (start, 0_u32);
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            if !is_sound(rest, self.masked) {
                return false;
            }
            *steps += 1;
            let Ok(header) = parse_header(rest) else { return headers > 0 };
            headers += 1;
            let len = header.whole_len();
            at = at.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
            if *steps > MAX_STEPS {
                return false;
            }
        }
        headers > 1 || at == self.bytes.len() || is_segment
    }

    /// Follows the headers as they stand.
    fn walk(&self, behind: &[u8]) -> Walk {
        let mut walk = Walk::default();
        let mut at = 0;
        while let Some(rest) = behind.get(at..).filter(|rest| !rest.is_empty()) {
            let Ok(header) = parse_header(rest) else { return walk };
            let kinds = faults(&header, self.masked);
            walk.kinds |= kinds;
            if walk.frames == 0 {
                walk.first = kinds.count_ones();
            }
            walk.frames += 1;
            walk.odd += u32::from(kinds != 0);
            let len = header.whole_len();
            at = at.saturating_add(usize::try_from(len).unwrap_or(usize::MAX));
            if walk.frames >= MAX_STEPS {
                return walk;
            }
            // Where a faulty frame ends with its segment, or before a sound one, it is one.
            if walk.frames == 1 {
                let is_segment = self.segment_bits() >= 4
                    && self.segments.binary_search(&self.at.saturating_add(at)).is_ok();
                let next = behind.get(at..).filter(|next| next.len() >= 2);
                walk.is_aligned = is_segment
                    || next.is_some_and(|next| kinds.count_ones() < 3 && is_sound(next, self.masked));
            }
        }
        walk.is_aligned |= at == behind.len();
        walk
    }
}

/// Headers read as they stand.
#[derive(Clone, Copy, Debug, Default)]
struct Walk {
    frames: u32,
    /// Those with a fault.
    odd: u32,
    /// Kinds of faults in the first.
    first: u32,
    /// Kinds of faults in all of them.
    kinds: u8,
    /// The first of them ends where something else begins.
    is_aligned: bool,
}

/// Kinds of faults in a header, a bit each.
fn faults(header: &FrameHeader, masked: bool) -> u8 {
    let FrameHeader { fin, rsv, opcode, payload_len, .. } = *header;
    let rsv_is_odd = rsv.without(Rsv::RSV1) != Rsv(0)
        || (rsv != Rsv(0) && (opcode.is_control() || opcode == Opcode::CONTINUATION));
    [
        opcode.is_reserved(),
        rsv_is_odd,
        header.masking_key.is_some() != masked,
        opcode.is_control() && !fin,
        opcode.is_control() && payload_len > 125,
        !is_length_usual(header),
    ]
    .into_iter()
    .enumerate()
    .fold(0, |kinds, (bit, is_so)| kinds | u8::from(is_so) << bit)
}

/// Whether a sound sender's frame can begin like that, as far as it is there.
fn is_sound(bytes: &[u8], masked: bool) -> bool {
    match (bytes, parse_header(bytes)) {
        (_, Ok(header)) => faults(&header, masked) == 0,
        ([first, second, ..], Err(_)) => !is_odd(&[*first, second & 0x80], masked),
        ([first], _) => !is_odd(&[*first], masked),
        ([], _) => true,
    }
}

/// Where a response ends whose head is there and whose body has a known length.
fn body_end(bytes: &[u8]) -> Option<usize> {
    head_end(bytes, 0)?;
    let (head, len) = response_head(bytes).ok()?;
    let body = match Length::of_response(&head, false) {
        Ok(Length::Bytes(body)) => usize::try_from(body).ok()?,
        Ok(_) | Err(Fault::Incomplete | Fault::Malformed) => return None,
    };
    len.checked_add(body).filter(|end| *end < bytes.len())
}
