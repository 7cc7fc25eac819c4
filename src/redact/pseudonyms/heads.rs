//! Other names in what is not text alone: heads of messages of HTTP/1 and control frames, for copies of packets.

use crate::limits::Limits;
use crate::redact::pseudonyms::Pseudonyms;
use crate::redact::pseudonyms::texts::Marked;
use crate::redact::search::Place;

impl Pseudonyms {
    /// The head of a message of HTTP/1 (RFC 9112 2.1), or what there is of it, for another of as many bytes. What separates stays, and
    /// what is no UTF-8; names of fields, targets and values are replaced as where they are shown within the same limits.
    #[must_use]
    pub fn head(&self, head: &[u8], limits: &Limits) -> Vec<u8> {
        self.heads(limits).head(head)
    }

    fn heads(&self, limits: &Limits) -> Heads<'_> {
        Heads { of: self, nesting: limits.max_secret_nesting }
    }

    /// The name of a field of HTTP/2, or of HTTP/1, for another of as many bytes.
    #[must_use]
    pub fn name(&self, name: &[u8], limits: &Limits) -> Vec<u8> {
        let mut out = Vec::with_capacity(name.len());
        let heads = self.heads(limits);
        heads.parts(name, &mut out, |of, name| of.at(Place::Name, name));
        out
    }

    /// The value of a field of HTTP/2 (RFC 9113 8.3) with that name for another of as many bytes.
    #[must_use]
    pub fn line(&self, name: &[u8], value: &[u8], limits: &Limits) -> Vec<u8> {
        let mut out = Vec::with_capacity(value.len());
        let heads = self.heads(limits);
        if name == b":path" {
            heads.parts(value, &mut out, |of, target| of.at(Place::Target, target));
        } else {
            heads.value(name, value, &mut out);
        }
        out
    }

    /// Bytes for bytes, as many: for the same ones the same, and nothing of them is left.
    #[must_use]
    pub fn bytes(&self, bytes: &[u8]) -> Vec<u8> {
        let mut numbers = self.prf.numbers(&[b"bytes", bytes]);
        (0..bytes.len()).map(|_| u8::try_from(numbers.below(256)).unwrap_or_default()).collect()
    }

    /// A text, in which bytes may stand that are none: names that are known and addresses are replaced, and what has the form of a URI, a
    /// host or a mailbox.
    #[must_use]
    pub fn text(&self, text: &[u8], limits: &Limits) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        let heads = self.heads(limits);
        heads.parts(text, &mut out, |of, text| of.at(Place::Payload, text));
        out
    }
}

/// What goes through a head.
struct Heads<'p> {
    of: &'p Pseudonyms,
    nesting: usize,
}

impl Heads<'_> {
    fn head(&self, head: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(head.len());
        let mut last: Option<&[u8]> = None;
        let mut is_first = true;
        for line in head.split_inclusive(|byte| *byte == b'\n') {
            let end = line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let (line, end) = line.split_at(line.len() - end);
            if is_first && !line.is_empty() {
                self.start_line(line, &mut out);
                is_first = false;
            } else if let (Some(name), Some(b' ' | b'\t')) = (last, line.first()) {
                // Goes on with the value before (RFC 9112 5.2).
                self.value(name, line, &mut out);
            } else if let Some(colon) = line.iter().position(|byte| *byte == b':') {
                let (name, value) = line.split_at(colon);
                self.parts(name, &mut out, |of, name| of.at(Place::Name, name));
                out.push(b':');
                self.value(name, value.get(1..).unwrap_or_default(), &mut out);
                last = Some(name);
            } else {
                self.parts(line, &mut out, |of, line| of.at(Place::Line, line));
            }
            out.extend_from_slice(end);
        }
        out
    }

    /// A request line or a status line.
    fn start_line(&self, line: &[u8], out: &mut Vec<u8>) {
        let words = |of: &Self, text: &str| of.at(Place::Words, text);
        let space = |line: &[u8]| line.iter().position(|byte| *byte == b' ');
        let Some((first, rest)) = space(line).map(|at| line.split_at(at)) else {
            self.parts(line, out, |of, line| of.at(Place::Line, line));
            return;
        };
        self.parts(first, out, words);
        if first.starts_with(b"HTTP/") {
            self.parts(rest, out, words);
            return;
        }
        // What is between the first space and the last.
        let end = rest.iter().rposition(|byte| *byte == b' ').filter(|at| *at > 0).unwrap_or(rest.len());
        let (target, version) = rest.split_at(end);
        let (space, target) = target.split_at(target.len().min(1));
        out.extend_from_slice(space);
        self.parts(target, out, |of, target| of.at(Place::Target, target));
        self.parts(version, out, words);
    }

    /// The value of a field, with the blanks round it.
    fn value(&self, name: &[u8], value: &[u8], out: &mut Vec<u8>) {
        let blank = value.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let (blank, value) = value.split_at(blank);
        out.extend_from_slice(blank);
        let name = String::from_utf8_lossy(name);
        let name = name.trim();
        let kept = value.trim_ascii_end().len();
        let (value, blank) = value.split_at(kept);
        // Keys and accept values are known with what stands for them.
        self.parts(value, out, |of, value| of.at(Place::Field(name), value));
        out.extend_from_slice(blank);
    }

    fn at(&self, place: Place<'_>, text: &str) -> String {
        let marked = Marked::at(place, text, self.nesting);
        self.of.written(&marked, &[&self.of.originals]).unwrap_or_else(|| text.to_owned())
    }

    /// What is text of the bytes; the rest stays.
    fn parts(&self, bytes: &[u8], out: &mut Vec<u8>, to: impl Fn(&Self, &str) -> String) {
        for chunk in bytes.utf8_chunks() {
            out.extend_from_slice(to(self, chunk.valid()).as_bytes());
            out.extend_from_slice(chunk.invalid());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "GET /rooms/alpha7?user=bob HTTP/1.1\r\nHost: gw.acme.com:8080\r\nX-Acme-User:  bob@acme.com \r\n\
        Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        X-Long: alpha7\r\n bob\r\n\r\n";

    #[test]
    fn a_head_keeps_its_form_and_none_of_its_names() {
        let of = Pseudonyms::new(b"key");
        let out = String::from_utf8(of.head(HEAD.as_bytes(), &Limits::DEFAULT)).expect("text");
        assert_eq!(out.len(), HEAD.len());
        for name in ["alpha7", "bob", "acme", "Acme", "gw.", "dGhlIHNhbXBsZSBub25jZQ=="] {
            assert!(HEAD.contains(name) && !out.contains(name), "{name}: {out}");
        }
        for kept in [
            "GET /rooms/",
            " HTTP/1.1\r\nHost: ",
            ".com:8080\r\n",
            ":  ",
            " \r\nUpgrade: websocket\r\nConnection: Upgrade\r\n",
            "\r\nSec-WebSocket-Version: 13\r\n",
            "\r\n\r\n",
        ] {
            assert!(HEAD.contains(kept) && out.contains(kept), "{kept}: {out}");
        }
    }

    #[test]
    fn whatever_the_bytes_as_many_come_out() {
        let of = Pseudonyms::new(b"key");
        for head in [
            &b""[..],
            b"\r\n\r\n",
            b"GET",
            b"GET ",
            b"GET  HTTP/1.1",
            b"HTTP/1.1 101",
            b"HTTP/1.1 403 gw.acme.com forbids\r\nServer: nginx/1.25",
            b" folded\r\n: nothing\r\n:\r\nX:\r\n",
            b"GET /caf\xe9 HTTP/1.1\r\nX\xff: \xfe\xfd a\xff\r\n",
            "GET /café HTTP/1.1\r\nX: ünï\r\n\r\n".as_bytes(),
        ] {
            let out = of.head(head, &Limits::DEFAULT);
            assert_eq!(out.len(), head.len(), "{}", String::from_utf8_lossy(head));
            for (before, after) in head.iter().zip(&out) {
                let is_mark = |byte: &u8| matches!(byte, b'\r' | b'\n' | b' ' | b':') || !byte.is_ascii();
                assert_eq!(is_mark(before), is_mark(after));
            }
        }
    }

    #[test]
    fn the_same_bytes_stay_the_same() {
        let of = Pseudonyms::new(b"key");
        assert_eq!(of.bytes(b"ping 1"), of.bytes(b"ping 1"));
        assert_ne!(of.bytes(b"ping 1"), of.bytes(b"ping 2"));
        assert_eq!(of.bytes(&[7; 125]).len(), 125);
        assert_eq!(of.text(b"see \xff gw.acme.com", &Limits::DEFAULT).len(), 17);
    }
}
