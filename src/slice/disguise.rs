//! What stands for the bytes of a stream in a copy without names.
//!
//! Nothing stays but what is known to tell nothing: heads of frames, what frames heads of HTTP and TLS. Heads and what control frames
//! say are written with other names, payloads and all else is filled.

use std::mem;
use std::net::{Ipv4Addr, Ipv6Addr};

use crate::http::grammar::{head_end, skip_empty_lines};
use crate::http::{Body, Length, Start, request_head, response_head};
use crate::limits::Limits;
use crate::model::{Fill, Opcode, Placed};
use crate::redact::Pseudonyms;
use crate::slice::edit::Edits;
use crate::tls::{Begins, Outline, Outlined};

/// How a proxy that speaks for another begins (PROXY protocol, version 1 and 2).
const PROXY: [&[u8]; 2] = [b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"];

/// Methods of requests that need not be sound to be seen as such.
const METHODS: [&[u8]; 8] =
    [b"GET ", b"HEAD ", b"POST ", b"PUT ", b"DELETE ", b"CONNECT ", b"OPTIONS ", b"PATCH "];

/// Longest line of the first.
const MAX_PROXY_LINE: usize = 107;

/// Bytes by which it shows what begins: a method is no longer.
const LOOKED: usize = 66;

/// Bytes before the addresses of the second.
const PROXY_HEAD: usize = 16;

/// With what others are made, and how far is looked.
#[derive(Clone, Copy, Debug)]
pub struct Others<'p> {
    /// Other names.
    pub names: &'p Pseudonyms,
    /// The caps under which they were learnt.
    pub limits: &'p Limits,
}

/// Makes it of one direction.
#[derive(Debug)]
pub struct Disguise {
    /// Its frames, in order, and which of them is next.
    frames: Vec<Placed>,
    nth: usize,
    /// That the opening handshake is missing.
    is_assumed: bool,
    position: u64,
    state: State,
    edits: Edits,
}

/// What is being read, where no frames are.
#[derive(Debug)]
enum State {
    /// A message may begin here, or something else: bytes of it.
    Between(Vec<u8>),
    Head {
        bytes: Vec<u8>,
        /// Up to where its end was looked for.
        seen: usize,
    },
    Body {
        body: Body,
        /// The line between chunks.
        line: Vec<u8>,
    },
    Tls(Outline),
    /// Nobody knows; these are the first bytes, of which a head of a frame may be made.
    Unknown(Vec<u8>),
    /// The payload of a control frame.
    Control(Vec<u8>),
}

impl Disguise {
    /// Of a direction with these frames, in order, of whose data `fills` are to be filled. `is_assumed`: its opening handshake is not, or
    /// not wholly, in the recording.
    #[must_use]
    pub fn new(frames: Vec<Placed>, fills: Vec<Fill>, is_assumed: bool) -> Self {
        let state = State::Between(Vec::new());
        Self { frames, nth: 0, is_assumed, position: 0, state, edits: Edits::new(fills) }
    }

    /// Takes the next bytes, which begin at `offset`.
    pub fn push(&mut self, offset: u64, mut bytes: &[u8], of: Others<'_>) {
        if offset != self.position {
            self.hole(of);
        }
        self.position = offset;
        self.tls_begins(bytes);
        while !bytes.is_empty() {
            while self.frames.get(self.nth).is_some_and(|frame| frame_end(frame) <= self.position) {
                self.nth += 1;
            }
            let taken = match self.frames.get(self.nth).copied() {
                Some(frame) if frame.begins <= self.position => self.in_frame(frame, bytes, of),
                Some(frame) => {
                    let part = bytes.get(..upto(frame.begins - self.position, bytes)).unwrap_or_default();
                    self.talk(part, of);
                    part.len()
                }
                None => {
                    self.talk(bytes, of);
                    bytes.len()
                }
            };
            self.position = self.position.saturating_add(taken as u64);
            bytes = bytes.get(taken..).unwrap_or_default();
            if self.frames.get(self.nth).is_some_and(|frame| frame.begins == self.position) {
                self.flush(of);
            }
        }
    }

    /// Bytes are missing here.
    pub fn hole(&mut self, of: Others<'_>) {
        self.flush(of);
        self.state = State::Between(Vec::new());
    }

    /// No more comes; what is written.
    #[must_use]
    pub fn finish(mut self, of: Others<'_>) -> Edits {
        self.flush(of);
        self.edits
    }

    /// TLS may begin with what comes next, where nothing that has an end is being read.
    fn tls_begins(&mut self, bytes: &[u8]) {
        let may = match &self.state {
            State::Between(before) => before.is_empty(),
            State::Body { body, .. } => !body.is_done() && body.is_open_ended(),
            State::Unknown(_) => true,
            State::Head { .. } | State::Tls(_) | State::Control(_) => false,
        };
        if may && self.nth >= self.frames.len() {
            match Begins::of(bytes) {
                Begins::Hello => self.state = State::Tls(Outline::at(self.position)),
                Begins::Record => self.state = State::Tls(Outline::behind(self.position)),
                Begins::Open | Begins::Neither => {}
            }
        }
    }

    /// Takes what is of a frame; how many bytes that are.
    fn in_frame(&mut self, frame: Placed, bytes: &[u8], of: Others<'_>) -> usize {
        if self.position < frame.at {
            let taken = upto(frame.at - self.position, bytes);
            self.edits.keep(self.position, taken as u64);
            self.state = match frame.control {
                _ if frame.len == 0 => State::Between(Vec::new()),
                Some(_) => State::Control(Vec::new()),
                None => State::Unknown(Vec::new()),
            };
            return taken;
        }
        let taken = upto(frame_end(&frame) - self.position, bytes);
        if let (State::Control(payload), Some(opcode)) = (&mut self.state, frame.control) {
            // No sound one is longer (RFC 6455 5.5).
            if payload.len() + taken <= of.limits.max_handshake_bytes {
                payload.extend_from_slice(bytes.get(..taken).unwrap_or_default());
            }
            if payload.len() as u64 == frame.len {
                let payload = mem::take(payload);
                self.edits.write(frame.at, control(opcode, &frame, payload, of));
            }
        }
        if self.position.saturating_add(taken as u64) == frame_end(&frame) {
            self.state = State::Between(Vec::new());
        }
        taken
    }

    /// Takes bytes that are of no frame.
    fn talk(&mut self, mut bytes: &[u8], of: Others<'_>) {
        let mut at = self.position;
        while !bytes.is_empty() {
            let taken = match &mut self.state {
                State::Between(_) => self.begins(at, bytes),
                State::Head { .. } => self.head(at, bytes, of),
                State::Body { .. } => self.body(at, bytes, of),
                State::Tls(outline) => {
                    outline.push(bytes, &mut |part| outlined(&mut self.edits, part, of));
                    bytes.len()
                }
                State::Unknown(start) => {
                    keep_head(start, at, bytes, &mut self.edits);
                    bytes.len()
                }
                State::Control(_) => {
                    self.state = State::Between(Vec::new());
                    0
                }
            };
            at = at.saturating_add(taken as u64);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// Tells what begins, without taking it.
    fn begins(&mut self, at: u64, bytes: &[u8]) -> usize {
        let State::Between(before) = &mut self.state else { return 0 };
        let before = mem::take(before);
        let looked = bytes.get(..bytes.len().min(LOOKED)).unwrap_or_default();
        let all = [&before, looked].concat();
        let message = skip_empty_lines(&all);
        let is_proxy = |sign: &&[u8]| all.starts_with(sign);
        let may_be_proxy = |sign: &&[u8]| sign.starts_with(&all);
        let start = Start::of(message);
        self.state = if PROXY.iter().any(is_proxy) || matches!(start, Start::Request | Start::Response) {
            State::Head { bytes: before, seen: 0 }
        } else if all.len() < LOOKED
            && (start == Start::Open || message.is_empty() || PROXY.iter().any(may_be_proxy))
        {
            State::Between(all)
        } else {
            let from = at.saturating_sub(before.len() as u64);
            self.unknown(from, &before);
            return 0;
        };
        if matches!(self.state, State::Between(_)) { looked.len() } else { 0 }
    }

    fn unknown(&mut self, from: u64, bytes: &[u8]) {
        let mut start = Vec::new();
        keep_head(&mut start, from, bytes, &mut self.edits);
        self.state = State::Unknown(start);
    }

    /// Takes what is of the head that has begun.
    fn head(&mut self, at: u64, bytes: &[u8], of: Others<'_>) -> usize {
        let State::Head { bytes: head, seen } = &mut self.state else { return 0 };
        let before = head.len();
        let from = at.saturating_sub(before as u64);
        head.extend_from_slice(bytes);
        let is_proxy = PROXY.iter().any(|sign| head.starts_with(sign));
        let end = if is_proxy {
            proxy_end(head)
        } else {
            let blank = head.len() - skip_empty_lines(head).len();
            head_end(head, (*seen).max(blank))
        };
        let Some(end) = end else {
            *seen = head.len();
            let most =
                if head.starts_with(PROXY[0]) { MAX_PROXY_LINE } else { of.limits.max_handshake_bytes };
            if head.len() > most {
                let head = mem::take(head);
                if self.part_of_head(from, &head, of) {
                    self.state = State::Unknown(vec![0; 2]);
                } else {
                    self.unknown(from, &head);
                }
            }
            return bytes.len();
        };
        head.truncate(end);
        let head = mem::take(head);
        if is_proxy {
            let is_text = head.starts_with(PROXY[0]);
            let to = if is_text { of.names.text(&head, of.limits) } else { proxy_addresses(head, of) };
            self.edits.write(from, to);
            self.state = State::Between(Vec::new());
        } else if self.part_of_head(from, &head, of) {
            let length = match (request_head(&head), response_head(&head)) {
                (_, Ok((head, _))) => Length::of_response(&head, false),
                (Ok((head, _)), _) => Length::of_request(&head),
                (Err(fault), _) => Err(fault),
            };
            self.state = match length.map(Body::new) {
                Ok(body) if !body.is_done() => State::Body { body, line: Vec::new() },
                Ok(_) => State::Between(Vec::new()),
                Err(_) => State::Unknown(Vec::new()),
            };
        } else {
            self.unknown(from, &head);
        }
        end.saturating_sub(before)
    }

    /// Writes a head, or what there is of it; whether it is one.
    fn part_of_head(&mut self, from: u64, head: &[u8], of: Others<'_>) -> bool {
        // What goes on from before the recording can look like the start of one, and so do other protocols.
        let line = head.split(|byte| *byte == b'\n').find(|line| !line.trim_ascii().is_empty());
        let is_http = line.is_some_and(|line| memchr::memmem::find(line, b"HTTP/").is_some());
        let has_method = || line.is_some_and(|line| METHODS.iter().any(|method| line.starts_with(method)));
        if !is_http && (self.is_assumed || !has_method()) {
            return false;
        }
        self.edits.write(from, of.names.head(head, of.limits));
        true
    }

    fn body(&mut self, at: u64, bytes: &[u8], of: Others<'_>) -> usize {
        let State::Body { body, line } = &mut self.state else { return 0 };
        if body.is_open_ended() && bytes.starts_with(b"HTTP/1.") {
            // Of a tunnel nothing says where it begins.
            self.state = State::Between(Vec::new());
            return 0;
        }
        let mut contents = Vec::new();
        let rest = body.push(bytes, |content| {
            let from = (content.as_ptr() as usize).saturating_sub(bytes.as_ptr() as usize);
            contents.push(from..from + content.len());
        });
        let taken = rest.as_ref().map_or(bytes.len(), |rest| bytes.len() - rest.len());
        let is_sound = rest.is_ok();
        // What is no content says how long chunks are, or stands behind them all.
        let mut from = 0;
        contents.push(taken..taken);
        for content in contents {
            for (nth, byte) in bytes.get(from..content.start).unwrap_or_default().iter().enumerate() {
                line.push(*byte);
                if *byte == b'\n' || line.len() > of.limits.max_handshake_bytes {
                    let end = at.saturating_add((from + nth + 1) as u64);
                    chunk_line(&mut self.edits, end.saturating_sub(line.len() as u64), line, of);
                    line.clear();
                }
            }
            from = content.end;
        }
        if body.is_done() {
            self.state = State::Between(Vec::new());
        } else if !is_sound {
            self.state = State::Unknown(vec![0; 2]);
        }
        taken
    }

    /// Writes what there is of what is being read.
    fn flush(&mut self, of: Others<'_>) {
        let position = self.position;
        match mem::replace(&mut self.state, State::Unknown(Vec::new())) {
            State::Head { bytes, .. } | State::Between(bytes) => {
                let from = position.saturating_sub(bytes.len() as u64);
                let is_proxy = PROXY.iter().any(|sign| bytes.starts_with(sign));
                let is_head = matches!(Start::of(skip_empty_lines(&bytes)), Start::Request | Start::Response);
                if is_proxy || !is_head || !self.part_of_head(from, &bytes, of) {
                    self.unknown(from, &bytes);
                }
            }
            other => self.state = other,
        }
    }
}

fn frame_end(frame: &Placed) -> u64 {
    frame.at.saturating_add(frame.len)
}

/// So many of the bytes.
fn upto(len: u64, bytes: &[u8]) -> usize {
    usize::try_from(len).map_or(bytes.len(), |len| len.min(bytes.len()))
}

/// Keeps what may be the head of a frame but for its key: `start` are the first bytes, `bytes` come behind them at `at`.
fn keep_head(start: &mut Vec<u8>, at: u64, bytes: &[u8], edits: &mut Edits) {
    for (at, byte) in (at..).zip(bytes) {
        let needed = match start.get(1).map(|byte| byte & 0x7f) {
            Some(126) => 4,
            Some(127) => 10,
            Some(_) | None => 2,
        };
        if start.len() >= needed {
            return;
        }
        start.push(*byte);
        edits.keep(at, 1);
    }
}

/// Where what a proxy says of the client ends.
fn proxy_end(head: &[u8]) -> Option<usize> {
    if head.starts_with(PROXY[0]) {
        return memchr::memchr(b'\n', head).map(|at| at + 1);
    }
    let len = head.get(14..PROXY_HEAD)?.try_into().map(u16::from_be_bytes).ok()?;
    Some(PROXY_HEAD + usize::from(len)).filter(|end| *end <= head.len())
}

/// What a control frame says with other names: text of a Close, and of the others something for each payload.
fn control(opcode: Opcode, frame: &Placed, mut payload: Vec<u8>, of: Others<'_>) -> Vec<u8> {
    let masked = |bytes: &mut [u8]| {
        let Some(key) = frame.key else { return };
        bytes.iter_mut().zip(key.0.iter().cycle()).for_each(|(byte, key)| *byte ^= key);
    };
    masked(&mut payload);
    let mut out = if opcode == Opcode::CLOSE {
        let (code, reason) = payload.split_at(payload.len().min(2));
        [code, &of.names.text(reason, of.limits)].concat()
    } else {
        of.names.bytes(&payload)
    };
    masked(&mut out);
    out
}

fn outlined(edits: &mut Edits, part: Outlined, of: Others<'_>) {
    match part {
        Outlined::Kept { at, len } => edits.keep(at, len),
        Outlined::Name { name, pieces } => {
            let host = str::from_utf8(&name).map(|name| of.names.host(name).into_bytes());
            let mut to = host.unwrap_or_else(|_| vec![b'x'; name.len()]);
            for (at, len) in pieces {
                let rest = to.split_off(len.min(to.len()));
                edits.write(at, mem::replace(&mut to, rest));
            }
        }
        Outlined::Opaque { pieces } => {
            pieces.into_iter().for_each(|(at, len)| edits.write(at, vec![b'x'; len]));
        }
    }
}

/// A line between chunks: the number stays, what is said beside it does not. Behind the last chunk fields follow.
fn chunk_line(edits: &mut Edits, from: u64, line: &[u8], of: Others<'_>) {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let rest = line.get(digits..).unwrap_or_default();
    let is_size = rest.first().is_none_or(|byte| matches!(byte, b';' | b' ' | b'\t' | b'\r' | b'\n'));
    if !is_size {
        edits.write(from, of.names.head(line, of.limits));
        return;
    }
    let mut out = line.to_vec();
    for byte in out.iter_mut().skip(digits + 1).filter(|byte| !matches!(byte, b'\r' | b'\n')) {
        *byte = b'x';
    }
    edits.write(from, out);
}

/// What version 2 of the PROXY protocol says: addresses are replaced, what follows them is filled.
fn proxy_addresses(mut all: Vec<u8>, of: Others<'_>) -> Vec<u8> {
    let family = all.get(13).copied().unwrap_or_default() >> 4;
    let Some(said) = all.get_mut(PROXY_HEAD..) else { return all };
    let behind = match family {
        1 => {
            for ip in said.chunks_exact_mut(4).take(2) {
                let octets: [u8; 4] = (&*ip).try_into().unwrap_or_default();
                if let std::net::IpAddr::V4(to) = of.names.ip(Ipv4Addr::from(octets).into()) {
                    ip.copy_from_slice(&to.octets());
                }
            }
            12
        }
        2 => {
            for ip in said.chunks_exact_mut(16).take(2) {
                let octets: [u8; 16] = (&*ip).try_into().unwrap_or_default();
                if let std::net::IpAddr::V6(to) = of.names.ip(Ipv6Addr::from(octets).into()) {
                    ip.copy_from_slice(&to.octets());
                }
            }
            36
        }
        _ => 0,
    };
    said.iter_mut().skip(behind).for_each(|byte| *byte = b'x');
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{MaskingKey, Role};

    fn of(names: &Pseudonyms) -> Others<'_> {
        Others { names, limits: &Limits::DEFAULT }
    }

    /// What is written of a stream that comes in pieces of such a size.
    fn written(pieces: &[(u64, &[u8])], frames: &[Placed], is_assumed: bool, size: usize) -> Vec<u8> {
        let names = Pseudonyms::new(b"key");
        let fill =
            |frame: &Placed| Fill { at: frame.at, len: frame.len, key: frame.key, deflated: None, said: 0 };
        let fills = frames.iter().filter(|frame| frame.control.is_none()).map(fill).collect();
        let mut disguise = Disguise::new(frames.to_vec(), fills, is_assumed);
        for (offset, bytes) in pieces {
            for (nth, piece) in bytes.chunks(size).enumerate() {
                disguise.push(offset + (nth * size) as u64, piece, of(&names));
            }
        }
        let edits = disguise.finish(of(&names));
        let mut out = Vec::new();
        for (offset, bytes) in pieces {
            let mut bytes = bytes.to_vec();
            edits.apply(*offset, &mut bytes);
            out.extend(bytes);
        }
        out
    }

    /// `_` stands for what is replaced by whatever else, in the expected text.
    #[track_caller]
    fn check(stream: &[u8], frames: &[Placed], expected: &[u8]) {
        for size in [1, 2, 3, 7, 100, 4096] {
            let out = written(&[(0, stream)], frames, false, size);
            assert_eq!(out.len(), expected.len());
            let masked: Vec<u8> = out
                .iter()
                .zip(expected)
                .zip(stream)
                .map(|((out, expected), sent)| {
                    if *expected == b'_' {
                        assert_ne!(out, sent, "{size}");
                        b'_'
                    } else {
                        *out
                    }
                })
                .collect();
            assert_eq!(String::from_utf8_lossy(&masked), String::from_utf8_lossy(expected), "{size}");
        }
    }

    fn frame(begins: u64, at: u64, len: u64, control: Option<Opcode>) -> Placed {
        let key = Some(MaskingKey([1, 2, 3, 4])).filter(|_| at - begins > 4);
        Placed { from: Role::Client, begins, at, len, key, deflated: None, control, said: 0 }
    }

    #[test]
    fn heads_are_written_with_other_names() {
        check(
            b"GET /ws HTTP/1.1\r\nHost: q7.zz\r\nUpgrade: websocket\r\n\r\n",
            &[],
            b"GET /ws HTTP/1.1\r\nHost: __.__\r\nUpgrade: websocket\r\n\r\n",
        );
        // As far as they go.
        check(b"GET /ws HTTP/1.1\r\nHost: q7.zz", &[], b"GET /ws HTTP/1.1\r\nHost: __.__");
        check(
            b"HTTP/1.1 101 OK\r\nX-Request-Id: 777777\r\n",
            &[],
            b"HTTP/1.1 101 OK\r\nX-Request-Id: ______\r\n",
        );
        check(
            b"PROXY TCP4 10.1.2.3 10.1.2.4 50001 80\r\nGET / HTTP/1.1\r\n\r\n",
            &[],
            b"PROXY TCP4 10._._._ 10._._._ 50001 80\r\nGET / HTTP/1.1\r\n\r\n",
        );
    }

    #[test]
    fn bodies_are_filled_and_keep_their_length() {
        check(
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nsecretHTTP/1.1 101 Switching Protocols\r\n\r\n",
            &[],
            b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nxxxxxxHTTP/1.1 101 Switching Protocols\r\n\r\n",
        );
        check(
            b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5;n=v\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nrest",
            &[],
            b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n\r\n5;xxx\r\nxxxxx\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\nxxxx",
        );
    }

    #[test]
    fn of_frames_the_heads_stay() {
        let head = b"GET /ws HTTP/1.1\r\n\r\n";
        let at = head.len() as u64;
        let stream =
            [head.as_slice(), b"\x81\x03abc", b"\x88\x05\x03\xe8bye", b"\x89\x02pp", b"\x81\x7ek"].concat();
        let frames = [
            frame(at, at + 2, 3, None),
            frame(at + 5, at + 7, 5, Some(Opcode::CLOSE)),
            frame(at + 12, at + 14, 2, Some(Opcode::PING)),
        ];
        // The last head is not whole.
        let expected =
            [head.as_slice(), b"\x81\x03xxx", b"\x88\x05\x03\xe8bye", b"\x89\x02__", b"\x81\x7ek"].concat();
        check(&stream, &frames, &expected);
    }

    #[test]
    fn behind_a_frame_a_response_may_stand() {
        let head = b"HTTP/1.1 101 Switching Protocols\r\n\r\n";
        let at = head.len() as u64;
        let answer = b"HTTP/1.1 400 Bad Request\r\nX-Request-Id: 777777\r\n\r\n";
        let expected = b"HTTP/1.1 400 Bad Request\r\nX-Request-Id: ______\r\n\r\n";
        for (close, end) in [(&b"\x88\x00"[..], 0), (b"\x88\x02\x03\xe8", 2), (b"\x81\x00", 0)] {
            let control = Some(Opcode::CLOSE).filter(|_| close[0] == 0x88);
            let frames = [frame(at, at + 2, end, control)];
            let whole = |answer: &[u8]| [head.as_slice(), close, answer].concat();
            check(&whole(answer), &frames, &whole(expected));
        }
    }

    #[test]
    fn an_empty_line_before_a_frame_stays() {
        let head = b"GET /ws HTTP/1.1\r\n\r\n\r\n";
        let at = head.len() as u64;
        let stream = [head.as_slice(), b"\x81\x03abc"].concat();
        check(&stream, &[frame(at, at + 2, 3, None)], &[head.as_slice(), b"\x81\x03xxx"].concat());
    }

    #[test]
    fn nothing_stays_of_what_is_none_of_it() {
        check(b"EHLO gw.acme.com\r\nAUTH secret", &[], b"EHxxxxxxxxxxxxxxxxxxxxxxxxxxx");
        check(b"\x00\x7fgw.acme.com secret", &[], b"\x00\x7fgw.acme.xxxxxxxxxx");
    }

    #[test]
    fn what_goes_on_from_before_the_recording_is_no_head() {
        let stream: &[u8] = b"SECRET words of a message \x81\x03abc";
        let out = written(&[(0, stream)], &[frame(26, 28, 3, None)], true, 100);
        assert_eq!(out, b"SExxxxxxxxxxxxxxxxxxxxxxxx\x81\x03xxx");
    }

    #[test]
    fn behind_a_hole_another_message_may_begin() {
        let pieces: [(u64, &[u8]); 2] =
            [(0, b"GET /ws HTTP/1.1\r\nHost: q7"), (90, b"HTTP/1.1 101 Switching Protocols\r\n\r\n")];
        let out = written(&pieces, &[], false, 100);
        let text = String::from_utf8_lossy(&out).into_owned();
        assert!(text.starts_with("GET /ws HTTP/1.1\r\nHost: ") && !text.contains("q7"), "{text}");
        assert!(text.ends_with("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "{text}");
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            parts in prop::collection::vec(prop::sample::select(vec![
                &b"GET /ws HTTP/1.1\r\nHost: q7.zz\r\n\r\n"[..], b"HTTP/1.1 403 No\r\nContent-Length: 4\r\n\r\nbody",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n", b"\r\n", b"PROXY ", b"\x81\x03abc",
                b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x03", b"\0\x01\x02", b"x",
            ]), 0..6),
            size in 1..40_usize,
        ) {
            // Where TLS begins is looked at where a segment does.
            let stream = parts.concat();
            prop_assume!(!stream.contains(&0x16));
            let (whole, cut) =
                (written(&[(0, &stream)], &[], false, 1), written(&[(0, &stream)], &[], false, size));
            prop_assert_eq!(whole.len(), stream.len());
            let tunnel = b"HTTP/1.1 200 OK\r\n\r\n";
            prop_assume!(!stream.windows(tunnel.len()).any(|window| window == tunnel));
            prop_assert_eq!(whole, cut);
        }
    }
}
