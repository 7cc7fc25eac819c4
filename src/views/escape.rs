//! Text from the wire, made fit for a terminal: nothing a peer sent may move the cursor, change colours or
//! reorder the line.

use std::fmt::Write;

pub use crate::knowledge::words::{is_unsafe, visible};

/// Text inside Markdown, where it makes no markup, link, mention or issue number, and stays in its table cell.
pub(crate) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut before = ' ';
    let text = visible(text);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let harmless = match c {
            '.' => !matches!(before, 'w' | 'W'),
            // Neither an address nor an emoji, of which none is two digits.
            ':' => chars.peek().is_some_and(|(_, next)| *next == ' ') || is_in_time(&text, at),
            // No emphasis inside a word.
            '_' => {
                let is_word = |c: char| c.is_ascii_alphanumeric();
                is_word(before) && chars.peek().is_some_and(|(_, next)| is_word(*next))
            }
            // No item of a list.
            '+' => chars.peek().is_some_and(|(_, next)| next.is_ascii_digit()),
            // Neither an item of a list nor an issue (GH-1).
            '-' => {
                let is_before_digit = chars.peek().is_some_and(|(_, next)| next.is_ascii_digit());
                before != ' ' && (before.is_ascii_digit() || !is_before_digit)
            }
            _ => !c.is_ascii_punctuation() || "/,;()'\"!?%=".contains(c),
        };
        if harmless {
            out.push(c);
            if !before.is_ascii_alphanumeric() && text.get(at..).is_some_and(is_commit) {
                out.push_str("<!-- -->");
            }
        } else {
            // GitHub looks for mentions and issues in the rendered text, GitLab for addresses, so the text has to be parted.
            let is_address = c == '.' || c == ':' && chars.peek().is_some_and(|(_, next)| *next == '/');
            let parted = if is_address || matches!(c, '@' | '#') { "<!-- -->" } else { "" };
            let _ = write!(out, "&#{};{parted}", u32::from(c));
        }
        before = c;
    }
    out
}

/// Whether the colon at `at` stands in a time of day: behind a digit, before two of them.
fn is_in_time(text: &str, at: usize) -> bool {
    let (before, after) = text.as_bytes().split_at(at);
    let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
    is_digit(before.last()) && is_digit(after.get(1)) && is_digit(after.get(2)) && !is_digit(after.get(3))
}

/// A sentence inside Markdown, which may quote a peer: escaped, but for commands of wslog in it, which are code.
pub(crate) fn prose(sentence: &str) -> String {
    let mut out = String::with_capacity(sentence.len() + 8);
    let mut pieces = sentence.split('`').peekable();
    let mut is_inside = false;
    while let Some(piece) = pieces.next() {
        // Whoever wrote it: there is no character in it that could be markup.
        let is_command = is_inside
            && pieces.peek().is_some()
            && piece.starts_with("wslog ")
            && piece.chars().all(|c| c.is_ascii_alphanumeric() || " -_.".contains(c));
        if is_command {
            let _ = write!(out, "`{piece}`");
            is_inside = false;
            continue;
        }
        if is_inside {
            out.push_str("&#96;");
        }
        out.push_str(&markdown(piece));
        is_inside = true;
    }
    out
}

/// What a peer wrote, inside Markdown as code, where nothing is markup, link, mention or issue; in cells of a table, too.
pub(crate) fn code(text: &str) -> String {
    let text = visible(text);
    // A fence would have to be longer, and in a cell a bar ends even code.
    if text.trim().is_empty() || text.contains(['`', '|']) {
        return format!("<code>{}</code>", markdown(&text));
    }
    format!("`{text}`")
}

/// Whether the first word may be the hash of a commit, which GitHub makes a link.
fn is_commit(text: &str) -> bool {
    let word = text.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    (7..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Text inside XML 1.0, attribute or content.
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
pub(crate) fn annotation(text: &str) -> String {
    let text = visible(text);
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property of a workflow command of GitHub Actions, which ends at a comma or colon.
pub(crate) fn annotation_property(text: &str) -> String {
    annotation(text).replace(':', "%3A").replace(',', "%2C")
}

/// Bytes as text where they are UTF-8 (a character cut by the end of the preview is left out), else `None`.
pub(crate) fn as_text(bytes: &[u8], cut: bool) -> Option<&str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(e) if cut && e.error_len().is_none() => {
            bytes.get(..e.valid_up_to()).and_then(|b| std::str::from_utf8(b).ok())
        }
        Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_format() {
        for (input, shown) in [
            ("plain text, 3.2 (a/b)", "plain text, 3.2 (a/b)"),
            ("a|b `c` *d* _e_ f_g", "a&#124;b &#96;c&#96; &#42;d&#42; &#95;e&#95; f_g"),
            ("<b>&amp;", "&#60;b&#62;&#38;amp;"),
            ("[x](http://y)", "&#91;x&#93;(http&#58;<!-- -->//y)"),
            ("www.x.y", "www&#46;<!-- -->x.y"),
            ("@team #1", "&#64;<!-- -->team &#35;<!-- -->1"),
            ("- a-b: c", "&#45; a-b: c"),
            ("2026-01-02 03:04:05.6Z 1:100:", "2026-01-02 03:04:05.6Z 1&#58;100&#58;"),
            ("GH-12 a-b", "GH&#45;12 a-b"),
            ("in deadbeef1, not deadbee1x or facade", "in d<!-- -->eadbeef1, not deadbee1x or facade"),
            ("a\nb", "a&#92;nb"),
        ] {
            assert_eq!(markdown(input), shown, "{input}");
        }
        assert_eq!(xml("<a b='\"'>&\u{1}\u{ffff}"), "&lt;a b=&apos;&quot;&apos;&gt;&amp;\\u{1}\u{fffd}");
        assert_eq!(annotation("50%\n::error::x"), "50%25\\n\\u{3a}:error\\u{3a}:x");
        assert_eq!(annotation_property("a:b,c%3A"), "a%3Ab%2Cc%253A");
    }

    #[test]
    fn code_and_sentences() {
        for (input, shown) in [
            ("/a_b?c=<d>", "`/a_b?c=<d>`"),
            ("a|b", "<code>a&#124;b</code>"),
            ("``a` <b>", "<code>&#96;&#96;a&#96; &#60;b&#62;</code>"),
            ("", "<code></code>"),
            ("a\nb\u{202e}", "`a\\nb\\u{202e}`"),
            ("\\", "`\\`"),
        ] {
            assert_eq!(code(input), shown, "{input}");
        }
        for (input, shown) in [
            ("See `wslog explain FR-RSV`.", "See `wslog explain FR-RSV`."),
            ("`wslog x` and `wslog y`", "`wslog x` and `wslog y`"),
            ("\"`\" `wslog explain tls`", "\"&#96;\" `wslog explain tls`"),
            ("`wslog <b>` ``", "&#96;wslog &#60;b&#62;&#96; &#96;&#96;"),
            ("`wslog open", "&#96;wslog open"),
            ("+0.1 +x", "+0.1 &#43;x"),
        ] {
            assert_eq!(prose(input), shown, "{input}");
        }
    }

    #[test]
    fn a_character_cut_by_the_preview_is_left_out() {
        assert_eq!(as_text("aé".as_bytes().split_at(2).0, true), Some("a"));
        assert_eq!(as_text("aé".as_bytes().split_at(2).0, false), None);
        assert_eq!(as_text(b"a\xff", true), None);
    }
}
