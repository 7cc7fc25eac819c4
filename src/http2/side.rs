//! One direction of a connection, cut into frames.
//!
//! ```text
//!  preface ─► header ─► payload ─► header …
//!                 │        │ a hole over its end
//!                 └────────┴──────► lost ─► header   where headers follow one another again
//! ```
//!
//! What DATA carries passes through without a copy; other frames are kept until they are whole, up to a cap.

use crate::http2::Begins;
use crate::http2::frame::{Frills, HEADER_LEN, Header, Kind, PREFACE};

/// Longest frame that is taken for one where frames are looked for: what peers allow (SETTINGS_MAX_FRAME_SIZE) is rarely more.
const MAX_SOUGHT: u32 = 1 << 20;

/// A stream of which nothing is known has a number below that, where frames are looked for.
const MAX_GUESSED: u32 = 1 << 16;

/// Bytes of a frame on such a stream by which others are looked for.
const MAX_GUESSED_LEN: usize = 2_048;

/// Bytes in which the next frame is looked for, those before are given up.
const MAX_WINDOW: usize = 1 << 16;

/// Places that wait at a time.
const MAX_WAITING: usize = 64;

/// What a direction shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Content of a DATA frame.
    Data {
        stream: u32,
        bytes: &'a [u8],
        /// Where its last byte ends in the connection.
        outer: u64,
    },
    /// Content of a DATA frame that will not come.
    Hole { stream: u32, len: u64, outer: u64 },
    /// A DATA frame is over.
    DataEnd { header: Header, outer: u64 },
    /// Any other frame, whole; of a long one the payload is `None`.
    Frame { header: Header, payload: Option<&'a [u8]>, outer: u64 },
    /// Frames cannot be told any more, for `len` bytes at least.
    Lost { len: u64 },
    /// They can be told again.
    Found,
}

impl Part<'_> {
    /// The stream that it is of.
    pub(super) const fn stream(&self) -> Option<u32> {
        match self {
            Self::Data { stream, .. } | Self::Hole { stream, .. } => Some(*stream),
            Self::DataEnd { header, .. } | Self::Frame { header, .. } => Some(header.stream),
            Self::Lost { .. } | Self::Found => None,
        }
    }
}

/// Takes the parts.
pub(super) trait Taker {
    /// Which streams there are, for where frames are looked for.
    fn knows(&self, stream: u32) -> bool;

    fn take(&mut self, part: Part<'_>);
}

/// One direction.
#[derive(Debug)]
pub(super) struct Side {
    state: State,
    /// Bytes of it that were looked at.
    position: u64,
    /// Bytes of a frame that are kept at the most, but for DATA.
    max_kept: usize,
}

#[derive(Debug)]
enum State {
    /// So much of it has come.
    Preface(usize),
    Header(Vec<u8>),
    Payload(Payload),
    /// The first bytes of one that may have begun before the recording: a frame, perhaps.
    First(Vec<u8>),
    Lost(Window),
}

/// Bytes in which the next frame is looked for.
#[derive(Debug, Default)]
pub(super) struct Window {
    pub(super) bytes: Vec<u8>,
    /// No frame begins before that,
    from: usize,
    /// but where what comes behind has yet to show it.
    waiting: Vec<usize>,
}

#[derive(Debug)]
struct Payload {
    header: Header,
    /// Bytes of it that have come, or will not.
    done: u32,
    frills: Option<Frills>,
    /// What is kept of it; `None` where it is too long, or has a hole.
    kept: Option<Vec<u8>>,
}

impl Side {
    /// That begins with a frame, or with the preface of a client.
    pub(super) const fn new(has_preface: bool, max_kept: usize) -> Self {
        let state = if has_preface { State::Preface(0) } else { State::Header(Vec::new()) };
        Self { state, position: 0, max_kept }
    }

    /// That goes on behind so many bytes of the preface.
    pub(super) fn preface(read: usize, max_kept: usize) -> Self {
        Self { state: State::Preface(read.min(PREFACE.len())), position: 0, max_kept }
    }

    /// That begins anywhere, with a frame or in one.
    pub(super) const fn anywhere(max_kept: usize) -> Self {
        Self { state: State::First(Vec::new()), position: 0, max_kept }
    }

    /// What comes next is at this offset of the connection.
    pub(super) const fn seek(&mut self, offset: u64) {
        self.position = offset;
    }

    /// Bytes of memory behind what is kept.
    pub(super) fn held(&self) -> usize {
        match &self.state {
            State::Preface(_) => 0,
            State::Header(bytes) | State::First(bytes) => bytes.capacity(),
            State::Lost(window) => window.bytes.capacity(),
            State::Payload(payload) => payload.kept.as_ref().map_or(0, Vec::capacity),
        }
    }

    /// Takes the next bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8], taker: &mut impl Taker) {
        while !bytes.is_empty() {
            let taken = match &mut self.state {
                State::Preface(matched) => preface(matched, bytes),
                State::Header(head) | State::First(head) => {
                    let taken = bytes.len().min(HEADER_LEN - head.len());
                    head.extend_from_slice(&bytes[..taken]);
                    Some(taken)
                }
                State::Payload(payload) => Some(payload.push(bytes, self.position, self.max_kept, taker)),
                State::Lost(window) => {
                    window.bytes.extend_from_slice(bytes);
                    Some(bytes.len())
                }
            };
            let Some(taken) = taken else {
                // Not the preface: whatever it is, frames may follow.
                self.state = State::Lost(Window::new());
                taker.take(Part::Lost { len: 0 });
                continue;
            };
            self.position = self.position.saturating_add(taken as u64);
            bytes = bytes.get(taken..).unwrap_or_default();
            self.turn(taker);
        }
    }

    /// Goes on where something is whole.
    fn turn(&mut self, taker: &mut impl Taker) {
        match &mut self.state {
            State::Preface(matched) if *matched == PREFACE.len() => self.state = State::Header(Vec::new()),
            State::Header(head) => {
                if let Some(header) = Header::parse(head) {
                    self.begin(header, taker);
                }
            }
            State::Payload(payload) if payload.done == payload.header.len => {
                payload.end(self.position, taker);
                self.state = State::Header(Vec::new());
            }
            State::Lost(window) => {
                if let Some(at) = window.find(&|stream| taker.knows(stream)) {
                    let rest = window.bytes.split_off(at);
                    self.state = State::Header(Vec::new());
                    self.position = self.position.saturating_sub(rest.len() as u64);
                    taker.take(Part::Found);
                    return self.push(&rest, taker);
                }
                window.slide();
            }
            State::First(head) if head.len() == HEADER_LEN => {
                let bytes = std::mem::take(head);
                match Header::parse(&bytes).filter(|header| is_likely(*header)) {
                    Some(header) => self.begin(header, taker),
                    None => self.state = State::Lost(Window { bytes, ..Window::new() }),
                }
            }
            State::Preface(_) | State::Payload(_) | State::First(_) => {}
        }
    }

    fn begin(&mut self, header: Header, taker: &mut impl Taker) {
        let payload = Payload { header, done: 0, frills: None, kept: Some(Vec::new()) };
        if header.len == 0 {
            payload.end(self.position, taker);
            self.state = State::Header(Vec::new());
        } else {
            self.state = State::Payload(payload);
        }
    }

    /// How far it has been read.
    pub(super) const fn position(&self) -> u64 {
        self.position
    }

    /// `len` bytes will not come.
    pub(super) fn gap(&mut self, len: u64, taker: &mut impl Taker) {
        self.position = self.position.saturating_add(len);
        if let State::Payload(payload) = &mut self.state
            && let Ok(len) = u32::try_from(len)
            && payload.hole(len, self.position, taker)
        {
            if payload.done == payload.header.len {
                payload.end(self.position, taker);
                self.state = State::Header(Vec::new());
            }
            return;
        }
        self.state = State::Lost(Window::new());
        taker.take(Part::Lost { len });
    }
}

/// How many bytes of the preface these are; `None` where they are none.
fn preface(matched: &mut usize, bytes: &[u8]) -> Option<usize> {
    let rest = PREFACE.get(*matched..)?;
    let taken = rest.len().min(bytes.len());
    if rest.get(..taken) != bytes.get(..taken) {
        return None;
    }
    *matched += taken;
    Some(taken)
}

impl Payload {
    /// Takes what is its own of the next bytes, which begin at `position`.
    fn push(&mut self, bytes: &[u8], position: u64, max_kept: usize, taker: &mut impl Taker) -> usize {
        let left = self.header.len.saturating_sub(self.done);
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let own = bytes.get(..taken).unwrap_or_default();
        if self.header.kind == Kind::DATA {
            let first = own.first().copied().filter(|_| self.done == 0);
            let frills = *self.frills.get_or_insert_with(|| frills(self.header, first));
            let (from, upto) = self.content(frills, own.len());
            if let Some(content) = own.get(from..upto).filter(|content| !content.is_empty()) {
                let outer = position.saturating_add(upto as u64);
                taker.take(Part::Data { stream: self.header.stream, bytes: content, outer });
            }
        } else if let Some(kept) = &mut self.kept {
            if kept.len() + own.len() <= max_kept {
                kept.extend_from_slice(own);
            } else {
                self.kept = None;
            }
        }
        self.done = self.done.saturating_add(u32::try_from(taken).unwrap_or(u32::MAX));
        taken
    }

    /// Which of its next `len` bytes are content.
    fn content(&self, frills: Frills, len: usize) -> (usize, usize) {
        let usize_of = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let from = usize_of(frills.before.saturating_sub(self.done)).min(len);
        let end = self.header.len.saturating_sub(frills.behind).saturating_sub(self.done);
        (from, usize_of(end).clamp(from, len))
    }

    /// A hole of so many bytes, up to `position`; whether it is all inside.
    fn hole(&mut self, len: u32, position: u64, taker: &mut impl Taker) -> bool {
        let Some(done) = self.done.checked_add(len).filter(|done| *done <= self.header.len) else {
            return false;
        };
        if self.header.kind == Kind::DATA {
            // How much of a padded frame is padding is lost with its first byte.
            if self.frills.is_none() && Frills::are_told(self.header) {
                return false;
            }
            let frills = *self.frills.get_or_insert_with(|| frills(self.header, None));
            let (from, upto) = self.content(frills, usize::try_from(len).unwrap_or(usize::MAX));
            if upto > from {
                taker.take(Part::Hole {
                    stream: self.header.stream,
                    len: (upto - from) as u64,
                    outer: position,
                });
            }
        }
        self.kept = None;
        self.done = done;
        true
    }

    fn end(&self, outer: u64, taker: &mut impl Taker) {
        taker.take(if self.header.kind == Kind::DATA {
            Part::DataEnd { header: self.header, outer }
        } else {
            Part::Frame { header: self.header, payload: self.kept.as_deref(), outer }
        });
    }
}

/// Of a frame whose padding is longer than itself all is content: its receiver ends the connection.
fn frills(header: Header, first: Option<u8>) -> Frills {
    Frills::of(header, first).unwrap_or_default()
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { bytes: Vec::new(), from: 0, waiting: Vec::new() }
    }

    /// Where a frame begins, by the headers behind it: one, if it is on a stream that there is or of the connection, else two that
    /// are near. Places of the second kind wait for what comes behind them while those behind are looked at.
    pub(super) fn find(&mut self, is_known: &impl Fn(u32) -> bool) -> Option<usize> {
        for place in std::mem::take(&mut self.waiting) {
            match self.begins(place, is_known) {
                Some(true) => return Some(place),
                Some(false) => {}
                None => self.waiting.push(place),
            }
        }
        while let Some(first) = self.header(self.from) {
            match self.begins(self.from, is_known) {
                Some(true) => return Some(self.from),
                Some(false) => {}
                None if is_there(&first, is_known) || self.waiting.len() == MAX_WAITING => return None,
                None => self.waiting.push(self.from),
            }
            self.from += 1;
        }
        None
    }

    /// Whether a frame begins at that place; `None` where that cannot be told yet.
    fn begins(&self, at: usize, is_known: &impl Fn(u32) -> bool) -> Option<bool> {
        match self.header(at).filter(fits) {
            Some(first) => self.follows(at, first, is_there(&first, is_known)),
            None => Some(false),
        }
    }

    fn header(&self, at: usize) -> Option<Header> {
        self.bytes.get(at..).and_then(Header::parse)
    }

    /// Whether headers follow the one at that place; `None` where that cannot be told yet.
    fn follows(&self, at: usize, first: Header, is_there: bool) -> Option<bool> {
        let is_likely = |header: &Header| is_there || header.stream < MAX_GUESSED && header.stream % 2 == 1;
        let mut next = at.saturating_add(first.wire_len());
        if !is_likely(&first) || !is_there && first.wire_len() > MAX_GUESSED_LEN {
            return Some(false);
        }
        for nth in 0..if is_there { 1 } else { 2 } {
            let follower = self.header(next)?;
            let is_near = is_there || nth > 0 || follower.wire_len() <= MAX_GUESSED_LEN;
            if !fits(&follower) || !(is_likely(&follower) || follower.stream == 0) || !is_near {
                return Some(false);
            }
            next = next.saturating_add(follower.wire_len());
        }
        Some(true)
    }

    /// Gives up what is too old.
    pub(super) fn slide(&mut self) {
        // Twice as much, so that bytes are moved once for each that comes.
        if self.bytes.len() > 2 * MAX_WINDOW {
            let excess = self.bytes.len() - MAX_WINDOW;
            self.bytes.drain(..excess);
            self.from = self.from.saturating_sub(excess);
            self.waiting.retain_mut(|place| {
                let is_left = *place >= excess;
                *place = place.saturating_sub(excess);
                is_left
            });
        }
    }
}

/// Whether it is of the connection, or of a stream that there is.
fn is_there(header: &Header, is_known: &impl Fn(u32) -> bool) -> bool {
    header.stream == 0 || is_known(header.stream)
}

fn fits(header: &Header) -> bool {
    header.is_plausible(MAX_SOUGHT) && header.kind.is_known()
}

/// Whether a frame begins like that where none need begin.
pub(super) const fn is_likely(header: Header) -> bool {
    header.is_usual() && (header.stream == 0 || header.stream < MAX_GUESSED && header.stream % 2 == 1)
}

/// Whether `bytes`, the first that were recorded of a direction, are frames one after the other.
pub(super) fn are_frames(bytes: &[u8]) -> Begins {
    let mut at = 0;
    while let Some(header) = bytes.get(at..).and_then(Header::parse) {
        if !is_likely(header) {
            return Begins::Not;
        }
        at = at.saturating_add(header.wire_len());
    }
    match bytes {
        _ if at > 0 => Begins::Here,
        // A long length has another first byte, and types are few.
        [0, rest @ ..] if rest.get(2).is_none_or(|kind| Kind(*kind).is_known()) => Begins::Open,
        _ => Begins::Not,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        [&[0, 0, payload.len() as u8, kind, flags, 0, 0, 0, stream], payload].concat()
    }

    /// There is a stream 5.
    struct Knows5<F>(F);

    impl<F: FnMut(Part<'_>)> Taker for Knows5<F> {
        fn knows(&self, stream: u32) -> bool {
            stream == 5
        }

        fn take(&mut self, part: Part<'_>) {
            (self.0)(part);
        }
    }

    /// What is told of bytes in pieces of every size.
    fn parts(side: impl Fn() -> Side, input: &[&[u8]], gaps: &[u64]) -> Vec<String> {
        let mut all: Option<Vec<String>> = None;
        for size in [1, 2, 3, 7, 64, 4096] {
            let mut side = side();
            let mut said: Vec<String> = Vec::new();
            let mut data: Vec<u8> = Vec::new();
            let sink = |part: Part<'_>| {
                let text = match part {
                    Part::Data { stream, bytes, .. } => {
                        data.extend_from_slice(bytes);
                        return assert!(stream > 0);
                    }
                    Part::Hole { stream, len, .. } => format!("hole {len} on {stream}"),
                    Part::DataEnd { header, .. } => {
                        let text = String::from_utf8_lossy(&std::mem::take(&mut data)).into_owned();
                        let end = if header.flags.end_stream() { " end" } else { "" };
                        format!("{} {text}{end}", header.stream)
                    }
                    Part::Frame { header, payload, .. } => {
                        format!("frame {} {} {payload:?}", header.kind.0, header.stream)
                    }
                    Part::Lost { len } => {
                        let cut = String::from_utf8_lossy(&std::mem::take(&mut data)).into_owned();
                        format!("{cut} lost {len}")
                    }
                    Part::Found => "found".to_owned(),
                };
                said.push(text);
            };
            let mut sink = Knows5(sink);
            for (nth, bytes) in input.iter().enumerate() {
                bytes.chunks(size).for_each(|piece| side.push(piece, &mut sink));
                if let Some(len) = gaps.get(nth) {
                    side.gap(*len, &mut sink);
                }
            }
            assert_eq!(all.get_or_insert_with(|| said.clone()), &said, "{size}");
        }
        all.unwrap_or_default()
    }

    #[test]
    fn frames_in_pieces() {
        let bytes = [
            PREFACE.to_vec(),
            frame(4, 0, 0, &[0, 8, 0, 0, 0, 1]),
            frame(0, 0, 5, b"hi"),
            frame(0, 8, 5, b"\x02yo\0\0"),
            frame(0, 1, 5, b""),
            frame(0, 9, 5, b"\x02\0\0"),
            frame(3, 0, 5, &[0, 0, 0, 8]),
        ]
        .concat();
        let said = parts(|| Side::new(true, 99), &[&bytes], &[]);
        assert_eq!(
            said,
            [
                "frame 4 0 Some([0, 8, 0, 0, 0, 1])",
                "5 hi",
                "5 yo",
                "5  end",
                "5  end",
                "frame 3 5 Some([0, 0, 0, 8])",
            ]
        );
    }

    #[test]
    fn a_long_frame_is_told_without_its_payload() {
        let said = parts(|| Side::new(false, 3), &[&frame(1, 4, 5, b"abcd")], &[]);
        assert_eq!(said, ["frame 1 5 None"]);
    }

    #[test]
    fn a_hole_inside_a_frame_loses_no_more() {
        let whole = [frame(0, 8, 5, b"\x01abcdefg\0"), frame(0, 0, 5, b"hi")].concat();
        let said = parts(|| Side::new(false, 99), &[&whole[..12], &whole[15..]], &[3]);
        assert_eq!(said, ["hole 3 on 5", "5 abfg", "5 hi"]);
        let said = parts(|| Side::new(false, 99), &[&whole[..12], &whole[18..]], &[6]);
        assert_eq!(said, ["hole 5 on 5", "5 ab", "5 hi"]);
    }

    #[test]
    fn behind_a_hole_over_a_header_frames_are_looked_for() {
        let whole =
            [frame(0, 0, 5, b"abcdefgh"), frame(0, 0, 5, b"hi"), frame(0, 0, 5, b"yo"), frame(0, 0, 5, b"!")]
                .concat();
        let said = parts(|| Side::new(false, 99), &[&whole[..12], &whole[20..]], &[8]);
        assert_eq!(said, ["abc lost 8", "found", "5 yo", "5 !"]);
        // What is no frame is passed over; on a stream that nobody knows it takes two more to be one.
        let noise = [
            &b"GET / HTTP/1.1\r\n"[..],
            &frame(0, 0, 7, b"hi"),
            &frame(0, 0, 5, b"yo"),
            &frame(6, 0, 0, &[0; 8]),
        ]
        .concat();
        let said = parts(|| Side::anywhere(99), &[&noise], &[]);
        assert_eq!(said, ["found", "7 hi", "5 yo", "frame 6 0 Some([0, 0, 0, 0, 0, 0, 0, 0])"]);
    }

    #[test]
    fn what_is_no_preface() {
        let said = parts(|| Side::new(true, 99), &[b"PRI * HTTP/2.0\r\n\r\nXX"], &[]);
        assert_eq!(said, [" lost 0"]);
    }

    #[test]
    fn first_bytes() {
        let settings = frame(4, 0, 0, &[]);
        for (bytes, expected) in [
            (settings.clone(), Begins::Here),
            (settings[..4].to_vec(), Begins::Open),
            ([settings.clone(), frame(0, 0, 1, b"hi")].concat(), Begins::Here),
            ([settings.clone(), b"\0\0\x09\0\0".to_vec()].concat(), Begins::Here),
            ([settings, b"\0\0\x09\0\0\0\0\0\0".to_vec()].concat(), Begins::Not),
            // Of no stream that a client opens; with a flag that there is not.
            (frame(0, 0, 2, b"hi"), Begins::Not),
            (frame(0, 0x40, 1, b"hi"), Begins::Not),
            (b"GET / HTTP/1.1\r\n\r\n".to_vec(), Begins::Not),
            (b"\x81\x02hi".to_vec(), Begins::Not),
            (Vec::new(), Begins::Not),
        ] {
            assert_eq!(are_frames(&bytes), expected, "{bytes:?}");
        }
    }
}
