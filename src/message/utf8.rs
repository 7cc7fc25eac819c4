//! UTF-8 (RFC 3629) of text that comes in pieces: fragments, TCP segments, inflated chunks.

use simdutf8::compat::from_utf8;

/// Judges the text of one message as it comes (RFC 6455 8.1). A character may be split anywhere.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Utf8 {
    state: State,
    /// Bytes of whole, valid characters so far.
    valid: u64,
}

#[derive(Clone, Copy, Debug, Default)]
enum State {
    /// Between two characters.
    #[default]
    Boundary,
    /// Inside a character that can still become valid.
    Inside(Sequence),
    /// The fault was reported.
    Invalid,
    /// A part of the text is not known.
    Unknown,
}

/// The rest of a character of 2 to 4 bytes: how much is to come, and what the next byte may be.
#[derive(Clone, Copy, Debug)]
struct Sequence {
    len: u8,
    seen: u8,
    lowest: u8,
    highest: u8,
}

impl Sequence {
    /// What may follow a first byte; the bounds shut out overlong forms, surrogates and everything above
    /// U+10FFFF (RFC 3629 4). `None` for a byte that starts no such character.
    const fn after(first: u8) -> Option<Self> {
        let (len, lowest, highest) = match first {
            0xc2..=0xdf => (2, 0x80, 0xbf),
            0xe0 => (3, 0xa0, 0xbf),
            0xed => (3, 0x80, 0x9f),
            0xe1..=0xef => (3, 0x80, 0xbf),
            0xf0 => (4, 0x90, 0xbf),
            0xf1..=0xf3 => (4, 0x80, 0xbf),
            0xf4 => (4, 0x80, 0x8f),
            _ => return None,
        };
        Some(Self { len, seen: 1, lowest, highest })
    }
}

impl Utf8 {
    /// Takes the next bytes. Returns, once, the offset in the text where it stops being UTF-8: that of the
    /// first byte of the sequence that can no longer become a character.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Option<u64> {
        while let State::Inside(_) = self.state {
            let (&next, rest) = bytes.split_first()?;
            if !self.step(next) {
                return Some(self.fail());
            }
            bytes = rest;
        }
        if !matches!(self.state, State::Boundary) {
            return None;
        }
        let Err(fault) = from_utf8(bytes) else {
            self.valid = self.valid.saturating_add(bytes.len() as u64);
            return None;
        };
        self.valid = self.valid.saturating_add(fault.valid_up_to() as u64);
        // Without `error_len` the bytes end inside a character; at most three of them are left.
        let left = bytes.get(fault.valid_up_to()..).unwrap_or_default();
        let open = fault.error_len().is_none() && left.iter().all(|&byte| self.step(byte));
        (!open).then(|| self.fail())
    }

    /// The text is over. Returns the offset of a character that is not.
    pub(super) fn finish(&mut self) -> Option<u64> {
        matches!(self.state, State::Inside(_)).then(|| self.fail())
    }

    /// The next bytes are not known: nothing can be said any more, unless the fault was there before.
    pub(super) fn lose(&mut self) {
        if !matches!(self.state, State::Invalid) {
            self.state = State::Unknown;
        }
    }

    /// Whether the text so far is UTF-8; `None` where not all of it is known.
    pub(super) const fn verdict(&self) -> Option<bool> {
        match self.state {
            State::Boundary => Some(true),
            State::Inside(_) | State::Invalid => Some(false),
            State::Unknown => None,
        }
    }

    /// One byte; `false` where it cannot stand there.
    fn step(&mut self, byte: u8) -> bool {
        let State::Inside(mut sequence) = self.state else {
            match Sequence::after(byte) {
                Some(sequence) => self.state = State::Inside(sequence),
                None if byte.is_ascii() => self.valid = self.valid.saturating_add(1),
                None => return false,
            }
            return true;
        };
        if !(sequence.lowest..=sequence.highest).contains(&byte) {
            return false;
        }
        sequence.seen = sequence.seen.saturating_add(1);
        if sequence.seen == sequence.len {
            self.valid = self.valid.saturating_add(u64::from(sequence.len));
            self.state = State::Boundary;
        } else {
            self.state = State::Inside(Sequence { lowest: 0x80, highest: 0xbf, ..sequence });
        }
        true
    }

    fn fail(&mut self) -> u64 {
        self.state = State::Invalid;
        self.valid
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First fault of `pieces` taken together.
    fn judge<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<u64> {
        let mut utf8 = Utf8::default();
        let mut fault = None;
        for piece in pieces {
            let found = utf8.push(piece);
            assert!(fault.is_none() || found.is_none(), "told twice");
            fault = fault.or(found);
        }
        let found = utf8.finish();
        assert!(fault.is_none() || found.is_none(), "told twice");
        fault = fault.or(found);
        assert_eq!(utf8.verdict(), Some(fault.is_none()));
        fault
    }

    /// Whole, cut in two and in three at every place, and byte by byte.
    fn check(name: &str, text: &[u8], expected: Option<u64>) {
        let std = std::str::from_utf8(text).err().map(|e| e.valid_up_to() as u64);
        assert_eq!(std, expected, "{name}: the row itself");
        assert_eq!(judge([text]), expected, "{name}");
        assert_eq!(judge(text.chunks(1)), expected, "{name} byte by byte");
        for cut in 0..=text.len() {
            let (a, rest) = text.split_at(cut);
            assert_eq!(judge([a, rest]), expected, "{name} cut at {cut}");
            for second in 0..=rest.len() {
                let (b, c) = rest.split_at(second);
                assert_eq!(judge([a, b, c]), expected, "{name} cut at {cut} and {second}");
            }
        }
    }

    #[test]
    fn sequences_of_rfc_3629() {
        let rows: [(&str, &[u8], Option<u64>); 33] = [
            ("nothing", b"", None),
            ("ASCII", b"Hello", None),
            ("NUL and DEL", b"\0\x7f", None),
            ("two bytes, lowest and highest", b"\xc2\x80\xdf\xbf", None),
            ("three bytes, lowest and highest", b"\xe0\xa0\x80\xef\xbf\xbf", None),
            ("before and after the surrogates", b"\xed\x9f\xbf\xee\x80\x80", None),
            ("four bytes, lowest and highest", b"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf", None),
            ("Autobahn 6.2.1", "Hello-µ@ßöäüàá-UTF-8!!".as_bytes(), None),
            ("Autobahn 6.5.1", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5", None),
            ("Autobahn 6.3.1", b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80edited", Some(11)),
            (
                "Autobahn 6.4.1",
                b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90\x80\x80edited",
                Some(11),
            ),
            ("Autobahn 6.6.1: first byte alone", b"\xce", Some(0)),
            ("Autobahn 6.6.8: ends inside", b"\xce\xba\xe1\xbd\xb9\xcf", Some(5)),
            ("Autobahn 6.8.1: five bytes", b"\xf8\x88\x80\x80\x80", Some(0)),
            ("Autobahn 6.8.2: six bytes", b"\xfc\x84\x80\x80\x80\x80", Some(0)),
            ("Autobahn 6.12.1: lone continuation", b"\x80", Some(0)),
            ("lone continuation later", b"abc\xbf", Some(3)),
            ("Autobahn 6.14.1: first byte and space", b"\xc3 ", Some(0)),
            ("Autobahn 6.14.6: three of four, then ASCII", b"ab\xf1\x80\x80c", Some(2)),
            ("Autobahn 6.17.1: overlong slash, two bytes", b"\xc0\xaf", Some(0)),
            ("Autobahn 6.17.2: overlong slash, three bytes", b"\xe0\x80\xaf", Some(0)),
            ("Autobahn 6.17.3: overlong slash, four bytes", b"\xf0\x80\x80\xaf", Some(0)),
            ("overlong, highest of two bytes", b"x\xc1\xbf", Some(1)),
            ("overlong, highest of three bytes", b"x\xe0\x9f\xbf", Some(1)),
            ("overlong, highest of four bytes", b"x\xf0\x8f\xbf\xbf", Some(1)),
            ("lowest surrogate", b"xy\xed\xa0\x80", Some(2)),
            ("highest surrogate", b"xy\xed\xbf\xbf", Some(2)),
            ("surrogate pair", b"\xed\xa0\x80\xed\xb0\x80", Some(0)),
            ("above U+10FFFF", b"\xf4\x90\x80\x80", Some(0)),
            ("F5", b"a\xf5\x80\x80\x80", Some(1)),
            ("FE", b"\xfe", Some(0)),
            ("FF", b"\xc3\xa9\xff", Some(2)),
            ("cut four-byte character after a whole one", b"\xf0\x9f\x98\x80\xf0\x9f\x98", Some(4)),
        ];
        for (name, text, expected) in rows {
            check(name, text, expected);
        }
    }

    #[test]
    fn long_text_takes_the_fast_path() {
        let mut text = "größer ".repeat(40).into_bytes();
        check("valid", &text, None);
        let end = text.len() as u64;
        text.extend(b"\xe2\x82");
        check("cut", &text, Some(end));
        text.extend(b"!");
        check("broken", &text, Some(end));
    }

    #[test]
    fn unknown_bytes_end_the_verdict() {
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(b"a\xc3"), None);
        utf8.lose();
        assert_eq!((utf8.push(b"\xff"), utf8.finish(), utf8.verdict()), (None, None, None));

        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(b"a\xff"), Some(1));
        utf8.lose();
        assert_eq!((utf8.push(b"a"), utf8.finish(), utf8.verdict()), (None, None, Some(false)));
    }
}
