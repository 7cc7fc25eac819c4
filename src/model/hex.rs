//! Bytes in hexadecimal digits: written, and read.

use std::fmt;

/// Bytes as two lower-case digits each; a blank between them in the alternate form: `8d0079`, `8d 00 79`.
#[derive(Clone, Copy, Debug)]
pub struct Hex<'a>(
    /// What is written.
    pub &'a [u8],
);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, byte) in self.0.iter().enumerate() {
            if n > 0 && f.alternate() {
                f.write_str(" ")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

/// The value of a digit of either case.
pub(crate) fn hex_digit(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

/// The number that digits stand for; `None` where there is none, or they are no digits, or too many.
pub(crate) fn hex_number(digits: &[u8]) -> Option<u32> {
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    digits.iter().try_fold(0, |number, digit| Some(number << 4 | u32::from(hex_digit(*digit)?)))
}

/// The bytes that digits stand for; `None` where they are no digits, or one has no other half.
pub(crate) fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|&[high, low]| Some(hex_digit(high)? << 4 | hex_digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let bytes = [0x00, 0x8d, 0xff];
        assert_eq!(
            (Hex(&bytes).to_string(), format!("{:#}", Hex(&bytes))),
            ("008dff".into(), "00 8d ff".into())
        );
        for (digits, read) in
            [("008DfF", Some(&bytes[..])), ("", Some(&[])), ("008", None), ("+8", None), ("0g", None)]
        {
            assert_eq!(unhex(digits.as_bytes()).as_deref(), read, "{digits}");
        }
        for (digits, number) in [
            ("1f600", Some(0x1f600)),
            ("FFFFFFFF", Some(u32::MAX)),
            ("", None),
            ("+1", None),
            ("100000000", None),
        ] {
            assert_eq!(hex_number(digits.as_bytes()), number, "{digits}");
        }
    }
}
