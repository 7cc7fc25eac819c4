//! The encoding of a report: the suite writes UTF-8, programs that copy it write what they like.

use std::borrow::Cow;

/// Bytes of the start that an encoding without a mark is told by.
const LOOKED_AT: usize = 256;

/// The text in UTF-8 without a byte order mark, and what it was in where that was not UTF-8.
pub(super) fn utf8(bytes: &[u8]) -> (Cow<'_, [u8]>, Option<&'static str>) {
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return (Cow::Borrowed(rest), None);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return (Cow::Owned(utf16(rest, u16::from_le_bytes)), Some("UTF-16"));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return (Cow::Owned(utf16(rest, u16::from_be_bytes)), Some("UTF-16"));
    }
    match zeros(bytes) {
        Some(1) => (Cow::Owned(utf16(bytes, u16::from_le_bytes)), Some("UTF-16")),
        Some(_) => (Cow::Owned(utf16(bytes, u16::from_be_bytes)), Some("UTF-16")),
        None => (Cow::Borrowed(bytes), None),
    }
}

/// Whether one of any two bytes is zero, and which: so looks UTF-16 that holds English.
fn zeros(bytes: &[u8]) -> Option<usize> {
    let start = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let pairs = start.chunks_exact(2);
    let (count, mut zero) = (pairs.len(), [0, 0]);
    for pair in pairs {
        for (sum, byte) in zero.iter_mut().zip(pair) {
            *sum += usize::from(*byte == 0);
        }
    }
    let [even, odd] = zero;
    match (even, odd) {
        (0, odd) if count > 3 && odd * 10 >= count * 9 => Some(1),
        (even, 0) if count > 3 && even * 10 >= count * 9 => Some(0),
        _ => None,
    }
}

/// What is no Unicode becomes U+FFFD, and so does half a unit at the end.
fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Vec<u8> {
    let pairs = bytes.chunks_exact(2);
    let is_half = !pairs.remainder().is_empty();
    let units = pairs.filter_map(|pair| pair.try_into().ok()).map(unit);
    let mut text: String =
        char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
    if is_half {
        text.push(char::REPLACEMENT_CHARACTER);
    }
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings() {
        let text = "Case 3.2: \u{3ba}\u{1f600}";
        let units: Vec<u16> = text.encode_utf16().collect();
        let le: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let be: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let with = |mark: &[u8], text: &[u8]| [mark, text].concat();
        for (bytes, was) in [
            (text.as_bytes().to_vec(), None),
            (with(b"\xef\xbb\xbf", text.as_bytes()), None),
            (with(b"\xff\xfe", &le), Some("UTF-16")),
            (with(b"\xfe\xff", &be), Some("UTF-16")),
        ] {
            let (decoded, found) = utf8(&bytes);
            assert_eq!((&*decoded, found), (text.as_bytes(), was));
        }
        let plain: Vec<u8> = "Case Description".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(&*utf8(&plain).0, b"Case Description");
        let plain: Vec<u8> = "Case Description".encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(&*utf8(&plain).0, b"Case Description");
        for (bytes, expected) in [
            (&b""[..], &b""[..]),
            (b"\xff\xfea", "\u{fffd}".as_bytes()),
            (b"\xff\xfe\x00\xd8", "\u{fffd}".as_bytes()),
            (b"\0\0\0\0\0\0\0\0\0\0", b"\0\0\0\0\0\0\0\0\0\0"),
        ] {
            assert_eq!(&*utf8(bytes).0, expected, "{bytes:?}");
        }
    }
}
