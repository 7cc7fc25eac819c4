//! What of a direction of TLS tells nothing of whose it is: headers, and hellos but for the name of the server.

use std::mem;

use crate::tls::hello::{self, message, message_header};
use crate::tls::record::{self, ContentType};

/// Bytes of a message's header.
const HEADER_LEN: usize = 4;

/// Longest hello that is read.
const MAX_HELLO: usize = 1 << 16;

/// Finds it in the bytes of a direction, from a record on.
#[derive(Debug, Default)]
pub struct Outline {
    /// The next byte.
    position: u64,
    header: Vec<u8>,
    /// The record that is open, and how much of it is still to come.
    open: Option<(record::Header, usize)>,
    /// What follows is encrypted.
    is_encrypted: bool,
    /// The handshake message that is open: its header, or all of it if it is a hello.
    message: Vec<u8>,
    /// Where its bytes stand.
    pieces: Vec<(u64, usize)>,
    /// Bytes of it that are passed over.
    skip: usize,
}

/// A part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outlined {
    /// Bytes that stay.
    Kept {
        /// Offset of the first.
        at: u64,
        /// How many.
        len: u64,
    },
    /// The name of the server in a hello.
    Name {
        /// As it was sent.
        name: Vec<u8>,
        /// Where its bytes stand, in order: offset, and how many.
        pieces: Vec<(u64, usize)>,
    },
    /// Tickets and identities in a hello, which are among the bytes that stay.
    Opaque {
        /// Where their bytes stand.
        pieces: Vec<(u64, usize)>,
    },
}

impl Outline {
    /// Of bytes that begin at `position`.
    #[must_use]
    pub fn at(position: u64) -> Self {
        Self { position, ..Self::default() }
    }

    /// The same, where handshake messages are encrypted or may have begun before.
    #[must_use]
    pub fn behind(position: u64) -> Self {
        Self { is_encrypted: true, ..Self::at(position) }
    }

    /// Takes the next bytes.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(Outlined)) {
        while !bytes.is_empty() {
            let taken = match self.open {
                None => self.header(bytes, sink),
                Some((header, left)) => {
                    let taken = left.min(bytes.len());
                    self.body(header, bytes.get(..taken).unwrap_or_default(), sink);
                    self.open = Some((header, left - taken)).filter(|(_, left)| *left > 0);
                    taken
                }
            };
            self.position = self.position.saturating_add(taken as u64);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    fn header(&mut self, bytes: &[u8], sink: &mut impl FnMut(Outlined)) -> usize {
        let taken = (record::HEADER_LEN - self.header.len()).min(bytes.len());
        self.header.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        sink(Outlined::Kept { at: self.position, len: taken as u64 });
        if let Some(header) = record::header(&self.header) {
            self.header.clear();
            self.open = Some((header, usize::from(header.len))).filter(|(_, left)| *left > 0);
        }
        taken
    }

    fn body(&mut self, header: record::Header, bytes: &[u8], sink: &mut impl FnMut(Outlined)) {
        let kept = Outlined::Kept { at: self.position, len: bytes.len() as u64 };
        match header.content {
            ContentType::CHANGE_CIPHER_SPEC => {
                self.is_encrypted = true;
                sink(kept);
            }
            // What is encrypted is longer.
            ContentType::ALERT if header.len <= 2 => sink(kept),
            ContentType::HANDSHAKE if !self.is_encrypted => self.handshake(bytes, sink),
            _ => {}
        }
    }

    fn handshake(&mut self, mut bytes: &[u8], sink: &mut impl FnMut(Outlined)) {
        let mut at = self.position;
        while !bytes.is_empty() {
            let taken = if self.skip > 0 {
                let taken = self.skip.min(bytes.len());
                self.skip -= taken;
                taken
            } else {
                let wanted = match message_header(&self.message) {
                    None => HEADER_LEN,
                    Some((kind, len)) => HEADER_LEN.saturating_add(wanted(kind, len)),
                };
                let taken = wanted.saturating_sub(self.message.len()).min(bytes.len());
                self.message.extend_from_slice(bytes.get(..taken).unwrap_or_default());
                self.pieces.push((at, taken));
                self.settle(sink);
                taken
            };
            at = at.saturating_add(taken as u64);
            bytes = bytes.get(taken..).unwrap_or_default();
        }
    }

    /// Looks at what there is of a message.
    fn settle(&mut self, sink: &mut impl FnMut(Outlined)) {
        let Some((kind, len)) = message_header(&self.message) else { return };
        let whole = HEADER_LEN.saturating_add(wanted(kind, len));
        if self.message.len() < whole {
            return;
        }
        self.skip = HEADER_LEN.saturating_add(len).saturating_sub(whole);
        let (message, pieces) = (mem::take(&mut self.message), mem::take(&mut self.pieces));
        let body = message.get(HEADER_LEN..).unwrap_or_default();
        let hello = if kind == message::CLIENT_HELLO { hello::client_hello(body) } else { None };
        let is_kept = kind != message::CLIENT_HELLO || hello.is_some();
        for (at, len) in part(&pieces, 0, if is_kept { message.len() } else { HEADER_LEN }) {
            sink(Outlined::Kept { at, len: len as u64 });
        }
        let Some(hello) = hello else { return };
        let place = |inner: &[u8]| {
            let from = (inner.as_ptr() as usize).saturating_sub(message.as_ptr() as usize);
            part(&pieces, from, inner.len())
        };
        if let Some(name) = hello.sni {
            sink(Outlined::Name { name: name.to_vec(), pieces: place(name) });
        }
        for opaque in hello::opaque(body) {
            sink(Outlined::Opaque { pieces: place(opaque) });
        }
    }
}

/// Bytes of the body of a message that are looked at.
fn wanted(kind: u8, len: usize) -> usize {
    match kind {
        message::CLIENT_HELLO | message::SERVER_HELLO if len <= MAX_HELLO => len,
        // Whether there is one (RFC 5246 7.4.2).
        message::CERTIFICATE => len.min(3),
        _ => 0,
    }
}

/// Where bytes `from` on of a message stand, whose own are in `pieces`.
fn part(pieces: &[(u64, usize)], mut from: usize, mut len: usize) -> Vec<(u64, usize)> {
    let mut out = Vec::new();
    for &(at, has) in pieces {
        let skipped = from.min(has);
        from -= skipped;
        let taken = (has - skipped).min(len);
        if taken > 0 {
            out.push((at.saturating_add(skipped as u64), taken));
            len -= taken;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u8, body: &[u8]) -> Vec<u8> {
        [&[kind, 0, (body.len() >> 8) as u8, body.len() as u8], body].concat()
    }

    fn record(content: u8, body: &[u8]) -> Vec<u8> {
        [&[content, 3, 3, (body.len() >> 8) as u8, body.len() as u8], body].concat()
    }

    fn extension(kind: u16, data: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &(data.len() as u16).to_be_bytes(), data].concat()
    }

    fn client_hello(name: &[u8]) -> Vec<u8> {
        let server_name = [&[0, name.len() as u8 + 3, 0, 0, name.len() as u8], name].concat();
        let identity = [&[0, 13, 0, 7][..], b"ticket9", &[1, 2, 3, 4], &[0, 3, 2, 9, 9]].concat();
        let extensions =
            [extension(0, &server_name), extension(35, b"ticket7"), extension(41, &identity)].concat();
        let start = [&[3, 3][..], &[7; 32], &[0, 0, 2, 0x13, 0x01, 1, 0]].concat();
        let body = [start, (extensions.len() as u16).to_be_bytes().to_vec(), extensions].concat();
        message(1, &body)
    }

    /// The bytes as they are copied, in pieces of every size: what stays, `N` for names, `.` for the rest.
    fn outlined(bytes: &[u8]) -> Vec<u8> {
        let mut all: Option<Vec<u8>> = None;
        for size in [1, 2, 3, 5, 64, 4096] {
            let mut outline = Outline::at(100);
            let mut out = vec![b'.'; bytes.len()];
            let place = |at: u64, len: u64| (at as usize - 100)..(at + len) as usize - 100;
            for piece in bytes.chunks(size) {
                outline.push(piece, &mut |outlined| match outlined {
                    Outlined::Kept { at, len } => {
                        out[place(at, len)].copy_from_slice(&bytes[place(at, len)]);
                    }
                    Outlined::Name { name, pieces } => {
                        let own: Vec<u8> = pieces
                            .iter()
                            .flat_map(|(at, len)| bytes[place(*at, *len as u64)].to_vec())
                            .collect();
                        assert_eq!(own, name);
                        pieces.iter().for_each(|(at, len)| out[place(*at, *len as u64)].fill(b'N'));
                    }
                    Outlined::Opaque { pieces } => {
                        pieces.iter().for_each(|(at, len)| out[place(*at, *len as u64)].fill(b'.'));
                    }
                });
            }
            assert_eq!(all.get_or_insert_with(|| out.clone()), &out, "{size}");
        }
        all.unwrap_or_default()
    }

    fn has(all: &[u8], part: &[u8]) -> bool {
        all.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn nothing_of_a_hello_goes_but_names_and_tickets() {
        let hello = client_hello(b"gw.acme.com");
        let whole = outlined(&record(22, &hello));
        let cut = outlined(&[record(22, &hello[..70]), record(22, &hello[70..])].concat());
        for out in [&whole, &cut] {
            assert!(!has(out, b"acme") && !has(out, b"ticket"), "{out:?}");
            assert!(has(out, &[7; 32]) && has(out, &[0x13, 0x01]));
            assert_eq!(out.iter().filter(|byte| **byte == b'N').count(), 11);
        }
        let expected: Vec<u8> = String::from_utf8_lossy(&record(22, &hello))
            .replace("gw.acme.com", "NNNNNNNNNNN")
            .replace("ticket7", ".......")
            .replace("ticket9", ".......")
            .into_bytes();
        assert_eq!(String::from_utf8_lossy(&whole).into_owned().into_bytes(), expected);
    }

    #[test]
    fn of_what_is_no_hello_only_headers_stay() {
        let certificate = message(11, b"\0\0\x0agw.acme.com");
        let bytes = [
            record(22, &[message(2, &[3, 3]), certificate].concat()),
            record(20, &[1]),
            record(22, b"encrypted: gw.acme.com"),
            record(23, b"secret"),
            record(21, &[1, 0]),
            record(21, b"longer"),
        ]
        .concat();
        let out = outlined(&bytes);
        assert!(!has(&out, b"acme") && !has(&out, b"secret") && !has(&out, b"longer"));
        let stays = [&record(20, &[1])[..], &[22, 3, 3, 0, 22]].concat();
        assert!(
            has(&out, &stays) && has(&out, &[21, 3, 3, 0, 2, 1, 0]) && has(&out, b"\x0b\0\0\x0e\0\0\x0a.")
        );
        // One that cannot be read may hold a name anywhere.
        let broken = outlined(&record(22, &message(1, b"\x03\x03 gw.acme.com")));
        assert!(!has(&broken, b"acme") && has(&broken, &[22, 3, 3]));
    }
}
