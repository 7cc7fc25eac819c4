//! Text from the wire, made fit for a terminal: nothing a peer sent may move the cursor, change colours or
//! reorder the line.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a terminal or a bidirectional renderer would act on the character instead of showing it: C0, DEL,
/// C1, line and paragraph separators, bidi controls, zero-width and other format characters.
#[must_use]
pub const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e007f}')
}

/// `text` with each unsafe character as `\n`, `\t`, `\r` or `\u{…}`, and each backslash doubled where one such
/// escape stands beside it would be mistaken for one.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if is_unsafe(c) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Bytes as text where they are UTF-8 (a character cut by the end of the preview is left out), else `None`.
#[must_use]
pub fn as_text(bytes: &[u8], cut: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(e) if cut && e.error_len().is_none() => {
            bytes.get(..e.valid_up_to()).and_then(|b| std::str::from_utf8(b).ok())
        }
        Err(_) => None,
    }
}

/// Bytes in hex, two digits each, no separators.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, b| {
        let _ = write!(out, "{b:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_c1_or_bidi_character_passes() {
        for (input, shown) in [
            ("plain é 日本 😀", "plain é 日本 😀"),
            ("back\\slash", "back\\slash"),
            ("a\x1b[31mred\x07", "a\\u{1b}[31mred\\u{7}"),
            ("line\r\nnext\\", "line\\r\\nnext\\\\"),
            ("c1\u{9b}2J", "c1\\u{9b}2J"),
            ("\u{202e}gpj.exe\u{2066}", "\\u{202e}gpj.exe\\u{2066}"),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ] {
            assert_eq!(visible(input), shown);
        }
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| c.is_control()) {
            assert!(is_unsafe(c), "{c:?}");
        }
    }

    #[test]
    fn a_character_cut_by_the_preview_is_left_out() {
        assert_eq!(as_text("aé".as_bytes().split_at(2).0, true), Some("a"));
        assert_eq!(as_text("aé".as_bytes().split_at(2).0, false), None);
        assert_eq!(as_text(b"a\xff", true), None);
    }
}
