//! Data of wire-log rows: what the log shows of it, and how long it was.
//!
//! The suite keeps 64 bytes, and marks what is longer than 60 with ` ...`, so that 61 to 64 bytes are whole and
//! marked all the same: the stored length decides. Suites before 0.5.3 stored none and kept 256 bytes.

use crate::model::case::LoggedData;
use crate::model::unhex;

/// Bytes kept of a row that tells its length.
const KEPT: u64 = 64;
/// Length from which such a row is marked.
const MARKED_ABOVE: u64 = 60;
const MARK: &[u8] = b" ...";

/// A masking key in hex; twice so in the RX rows of a page, whose 16 digits are those of 8 ASCII digits.
pub(super) fn masking_key(digits: &[u8]) -> Option<[u8; 4]> {
    let bytes = unhex(digits)?;
    let bytes = if bytes.len() == 8 { unhex(&bytes)? } else { bytes };
    bytes.try_into().ok()
}

/// Octets, shown in hex. `Err` says what is wrong with them.
pub(super) fn octets(len: Option<u64>, shown: &[u8]) -> Result<LoggedData, String> {
    let (shown, cut) = unmark(len, shown);
    let known = unhex(shown).ok_or("octets that are not in hex")?;
    measured(len, known, cut)
}

/// A frame's payload, shown as text, or as `0x` and hex where it is no text. A text can begin with `0x` too:
/// the length tells them apart. Where none is told, it is taken for hex, as any Close with a code is shown, and
/// the length stays open.
pub(super) fn payload(len: Option<u64>, shown: &[u8]) -> Result<LoggedData, String> {
    let (shown, cut) = unmark(len, shown);
    let bytes = shown.strip_prefix(b"0x").and_then(unhex);
    if len.is_none()
        && let Some(known) = bytes.clone().filter(|bytes| !bytes.is_empty())
    {
        return Ok(LoggedData { len: None, known });
    }
    if let Some(len) = len {
        let kept = len.min(KEPT);
        if let Some(bytes) = bytes.filter(|_| shown.len() as u64 != kept) {
            return measured(Some(len), bytes, cut);
        }
    }
    let read = measured(len, shown.to_vec(), cut);
    // Python 2 shows six bytes, each half of a surrogate pair in UTF-8 of its own, as the one character.
    match (&read, std::str::from_utf8(shown)) {
        (Err(_), Ok(text)) => measured(len, in_halves(text), cut).or(read),
        _ => read,
    }
}

/// Characters beyond U+FFFF as two surrogates of three bytes each.
fn in_halves(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    for c in text.chars() {
        if u32::from(c) <= 0xffff {
            bytes.extend(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| bytes.extend(surrogate(*unit)));
        }
    }
    bytes
}

/// The three bytes UTF-8 would have for a surrogate.
pub(super) fn surrogate(unit: u16) -> [u8; 3] {
    let [high, low] = unit.to_be_bytes();
    [0xe0 | high >> 4, 0x80 | (high & 0xf) << 2 | low >> 6, 0x80 | low & 0x3f]
}

/// Takes the mark off; says whether there was one.
fn unmark(len: Option<u64>, shown: &[u8]) -> (&[u8], bool) {
    match shown.strip_suffix(MARK) {
        Some(rest) if len.is_none_or(|len| len > MARKED_ABOVE) => (rest, true),
        _ => (shown, false),
    }
}

fn measured(len: Option<u64>, known: Vec<u8>, cut: bool) -> Result<LoggedData, String> {
    let shown = known.len() as u64;
    match len {
        Some(len) if shown != len.min(KEPT) => Err(format!("{len} bytes of which {shown} are shown")),
        Some(len) => Ok(LoggedData { len: Some(len), known }),
        None => Ok(LoggedData { len: (!cut).then_some(shown), known }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads() {
        let (sixty, long) = ("a".repeat(60), "a".repeat(64));
        for (len, shown, expected) in [
            (Some(0), "", Some((Some(0), &b""[..]))),
            (Some(2), "0x03e8", Some((Some(2), b"\x03\xe8"))),
            (Some(6), "0x03e8", Some((Some(6), b"0x03e8"))),
            (Some(2), "0x", Some((Some(2), b"0x"))),
            (Some(4), "0xzz", Some((Some(4), b"0xzz"))),
            (Some(4), " ...", Some((Some(4), b" ..."))),
            (Some(60), &sixty, Some((Some(60), sixty.as_bytes()))),
            (Some(61), &format!("{sixty}b ..."), Some((Some(61), format!("{sixty}b").as_bytes()))),
            (Some(64), &format!("{long} ..."), Some((Some(64), long.as_bytes()))),
            (Some(65), &format!("{long} ..."), Some((Some(65), long.as_bytes()))),
            (Some(65), &format!("0x{} ...", "ff".repeat(64)), Some((Some(65), &[0xff; 64]))),
            (Some(2), "abc", None),
            (Some(9), "0x03e8", None),
            (Some(6), "\u{10000}", Some((Some(6), b"\xed\xa0\x80\xed\xb0\x80"))),
            (Some(4), "\u{10000}", Some((Some(4), b"\xf0\x90\x80\x80"))),
            (None, "abc", Some((Some(3), b"abc"))),
            (None, "0x03e8", Some((None, b"\x03\xe8"))),
            (None, "0x", Some((Some(2), b"0x"))),
            (None, "0x03e", Some((Some(5), b"0x03e"))),
            (None, "abc ...", Some((None, b"abc"))),
        ] {
            let read = payload(len, shown.as_bytes()).ok();
            let expected = expected.map(|(len, known)| LoggedData { len, known: known.to_vec() });
            assert_eq!(read, expected, "{len:?} {shown}");
        }
    }

    #[test]
    fn rows_of_octets() {
        for (len, shown, expected) in [
            (Some(2), "8900", Some((Some(2), &b"\x89\x00"[..]))),
            (Some(2), "89", None),
            (Some(1), "8g", None),
            (Some(1), "8", None),
            (None, "8900", Some((Some(2), b"\x89\x00"))),
            (None, "8900 ...", Some((None, b"\x89\x00"))),
            (Some(62), &format!("{} ...", "41".repeat(62)), Some((Some(62), &[0x41; 62]))),
            (Some(999), &format!("{} ...", "41".repeat(64)), Some((Some(999), &[0x41; 64]))),
        ] {
            let expected = expected.map(|(len, known)| LoggedData { len, known: known.to_vec() });
            assert_eq!(octets(len, shown.as_bytes()).ok(), expected, "{len:?} {shown}");
        }
    }

    #[test]
    fn masking_keys() {
        for (digits, expected) in [
            ("8d0079e1", Some([0x8d, 0, 0x79, 0xe1])),
            ("3864303037396531", Some([0x8d, 0, 0x79, 0xe1])),
            ("8d0079", None),
            ("None", None),
            ("ffffffffffffffff", None),
        ] {
            assert_eq!(masking_key(digits.as_bytes()), expected, "{digits}");
        }
    }
}
