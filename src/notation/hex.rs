//! Bytes in hex, as the notation writes them.

use std::iter::repeat_n;

use crate::model::unhex;

/// `81 02 61*126`; the word that is no byte where one is not.
pub(super) fn bytes(hex: &str) -> Result<Vec<u8>, &str> {
    let mut out = Vec::new();
    for word in hex.split_whitespace() {
        let (byte, times) = word.split_once('*').unwrap_or((word, "1"));
        let [byte] = *unhex(byte.as_bytes()).ok_or(word)? else { return Err(word) };
        let times: u16 = times.parse().map_err(|_| word)?;
        out.extend(repeat_n(byte, times.into()));
    }
    Ok(out)
}

/// Whether a word is meant to be one: `81`, `61*126`.
pub(super) fn is_byte(word: &str) -> bool {
    let byte = word.split('*').next().unwrap_or_default();
    byte.len() == 2 && byte.bytes().all(|b| b.is_ascii_hexdigit())
}
