//! Text from the wire, made fit for a terminal: nothing a peer sent may move the cursor, change colours or
//! reorder the line.

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
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0e}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff0}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        | '\u{f0000}'..='\u{10ffff}')
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

/// Text inside Markdown, where it makes no markup, link, mention or issue number, and stays in its table cell.
#[must_use]
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let text = visible(text);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let harmless = match c {
            '.' => !matches!(before, 'w' | 'W'),
            // Neither an address nor an emoji.
            ':' => chars.peek() == Some(&' '),
            '-' => before != ' ',
            _ => !c.is_ascii_punctuation() || "/,;()'\"!?%=".contains(c),
        };
        if harmless {
            out.push(c);
        } else {
            // GitHub looks for mentions and issues in the rendered text, so the text has to be parted.
            let parted = if matches!(c, '@' | '#') { "<!-- -->" } else { "" };
            let _ = write!(out, "&#{};{parted}", u32::from(c));
        }
        before = c;
    }
    out
}

/// Text inside XML 1.0, attribute or content.
#[must_use]
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for c in visible(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // No characters of XML, even as a reference.
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

/// The message of a workflow command of GitHub Actions.
#[must_use]
pub(crate) fn annotation(text: &str) -> String {
    let text = visible(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command of GitHub Actions, which ends at a comma or colon.
#[must_use]
pub(crate) fn annotation_property(text: &str) -> String {
    annotation(text).replace(':', "%3A").replace(',', "%2C")
}

/// Bytes as text where they are UTF-8 (a character cut by the end of the preview is left out), else `None`.
#[must_use]
pub(crate) fn as_text(bytes: &[u8], cut: bool) -> Option<&str> {
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
pub(crate) fn hex(bytes: &[u8]) -> String {
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
            (
                "filler\u{3164}\u{115f} tag\u{e0041} vs\u{fe01}\u{e0100} ❤\u{fe0f}",
                "filler\\u{3164}\\u{115f} tag\\u{e0041} vs\\u{fe01}\\u{e0100} ❤\u{fe0f}",
            ),
            (
                "line\u{2028}\u{2029} private\u{e000}\u{10fffd}",
                "line\\u{2028}\\u{2029} private\\u{e000}\\u{10fffd}",
            ),
            ("zero\u{200b}width\u{feff}", "zero\\u{200b}width\\u{feff}"),
        ] {
            assert_eq!(visible(input), shown);
        }
        for c in (0..=0x10_ffff).filter_map(char::from_u32).filter(|c| c.is_control()) {
            assert!(is_unsafe(c), "{c:?}");
        }
    }

    #[test]
    fn no_text_leaves_its_format() {
        for (input, shown) in [
            ("plain text, 3.2 (a/b)", "plain text, 3.2 (a/b)"),
            ("a|b `c` *d* _e_", "a&#124;b &#96;c&#96; &#42;d&#42; &#95;e&#95;"),
            ("<b>&amp;", "&#60;b&#62;&#38;amp;"),
            ("[x](http://y)", "&#91;x&#93;(http&#58;//y)"),
            ("www.x.y", "www&#46;x.y"),
            ("@team #1", "&#64;<!-- -->team &#35;<!-- -->1"),
            ("- a-b: c", "&#45; a-b: c"),
            ("a\nb", "a&#92;nb"),
        ] {
            assert_eq!(markdown(input), shown, "{input}");
        }
        assert_eq!(xml("<a b='\"'>&\u{1}\u{ffff}"), "&lt;a b=&apos;&quot;&apos;&gt;&amp;\\u{1}\u{fffd}");
        assert_eq!(annotation("50%\n::error::x"), "50%25\\n::error::x");
        assert_eq!(annotation_property("a:b,c%3A"), "a%3Ab%2Cc%253A");
    }

    #[test]
    fn a_character_cut_by_the_preview_is_left_out() {
        assert_eq!(as_text("aé".as_bytes().split_at(2).0, true), Some("a"));
        assert_eq!(as_text("aé".as_bytes().split_at(2).0, false), None);
        assert_eq!(as_text(b"a\xff", true), None);
    }
}
