//! Text for places that know no other characters.

use std::borrow::Cow;
use std::fmt::Write;

/// `text` without anything but ASCII, by forms that say the same; what has none is escaped.
pub(super) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '\u{206a}'..='\u{206f}' => out.push(c),
            '→' => out.push_str("->"),
            '←' => out.push_str("<-"),
            '·' => out.push('|'),
            '…' => out.push_str("..."),
            '–' => out.push('-'),
            '✗' => out.push('x'),
            '✓' => out.push('+'),
            '×' => out.push('x'),
            'µ' => out.push('u'),
            '“' | '”' => out.push('"'),
            '‘' | '’' => out.push('\''),
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a → b · 1 … 2 – 3", "a -> b | 1 ... 2 - 3"),
            ("✗ ✓ ×3, 5 µs", "x + x3, 5 us"),
            ("“a” ‘b’", "\"a\" 'b'"),
            ("käse 😀", "k\\u{e4}se \\u{1f600}"),
        ] {
            assert_eq!(ascii(text), expected);
        }
    }
}
