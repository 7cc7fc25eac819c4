//! Text from the wire, made fit for a terminal and for the log of a CI runner: nothing a peer sent may move the cursor, change
//! colours, reorder the line, hide, or command.

use std::borrow::Cow;
use std::fmt::Write;

/// Whether a terminal or a bidirectional renderer would act on the character instead of showing it, or show
/// nothing: C0, DEL, C1, line and paragraph separators, bidi controls, zero-width and other format characters, tags,
/// fillers, variation selectors but that of emoji (U+FE0F), and private use, which looks as any font likes.
#[must_use]
pub const fn is_unsafe(c: char) -> bool {
    matches!(c,
        '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}'
        | '\u{70f}' | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}'
        | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{f0000}'..='\u{10ffff}')
}

/// Marks that stand on the character before them, of which any number fits in one place.
const fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
        | '\u{64b}'..='\u{65f}' | '\u{e31}' | '\u{e34}'..='\u{e3a}' | '\u{e47}'..='\u{e4e}' | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}' | '\u{20d0}'..='\u{20ff}' | '\u{302a}'..='\u{302f}' | '\u{3099}'..='\u{309a}'
        | '\u{fe20}'..='\u{fe2f}')
}

/// Marks that a character may have, and wide blanks that may stand in a row.
const IN_A_ROW: u32 = 4;

/// Whether a CI runner may take what begins here for a command: `##[` and `##vso[` wherever they stand in a line, `::` and a
/// letter at its start, which is where the text is wrapped.
fn commands(rest: &str) -> bool {
    match rest.as_bytes() {
        [b'#', b'#', behind @ ..] => behind.starts_with(b"[") || behind.starts_with(b"vso["),
        [b':', b':', behind, ..] => behind.is_ascii_alphabetic(),
        _ => false,
    }
}

/// `text` with each unsafe character, and the first of what may command, as `\n`, `\t`, `\r` or `\u{…}`, and each backslash doubled where one such
/// escape stands beside it would be mistaken for one.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !is_unsafe(c) && !is_mark(c) && c != '\u{3000}';
    if text.chars().all(is_plain) && !text.contains("##") && !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let mut in_a_row = 0;
    let mut out = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        in_a_row = if is_mark(c) || c == '\u{3000}' { in_a_row + 1 } else { 0 };
        let is_too_many = in_a_row > IN_A_ROW;
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if is_unsafe(c) || is_too_many || text.get(at..).is_some_and(commands) => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    Cow::Owned(out)
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
            (
                "filler\u{3164}\u{115f} tag\u{e0041} vs\u{fe01}\u{e0100} ❤\u{fe0f}",
                "filler\\u{3164}\\u{115f} tag\\u{e0041} vs\\u{fe01}\\u{e0100} ❤\u{fe0f}",
            ),
            (
                "line\u{2028}\u{2029} private\u{e000}\u{10fffd}",
                "line\\u{2028}\\u{2029} private\\u{e000}\\u{10fffd}",
            ),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
            ("blank\u{2800}\u{1d159}", "blank\\u{2800}\\u{1d159}"),
            ("##[error]x ##vso[task]", "\\u{23}#[error]x \\u{23}#vso[task]"),
            ("# 1 ## 2 #[3]", "# 1 ## 2 #[3]"),
            ("::error file=a::b", "\\u{3a}:error file=a\\u{3a}:b"),
            ("[::1]:80 a:: :b", "[::1]:80 a:: :b"),
            ("e\u{301}\u{302}\u{303}\u{304}\u{305}", "e\u{301}\u{302}\u{303}\u{304}\\u{305}"),
            ("a\u{3000}b", "a\u{3000}b"),
            ("\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}", "\u{3000}\u{3000}\u{3000}\u{3000}\\u{3000}"),
        ] {
            assert_eq!(visible(input), shown);
        }
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| c.is_control()) {
            assert!(is_unsafe(c), "{c:?}");
        }
    }
}
