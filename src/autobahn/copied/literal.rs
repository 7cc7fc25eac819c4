//! Literals of Python that were wrapped. They have no line ends of their own: where one stands, a blank stood, or a word
//! was cut at the width.

use crate::autobahn::copied::{is_blank, width};

/// The lines as one; `None` where a word of a text may have been cut. `widest` is the width of the lines around.
pub(in crate::autobahn) fn whole(lines: &[&[u8]], widest: usize) -> Option<Vec<u8>> {
    let mut joined: Vec<u8> = Vec::new();
    let (mut quote, mut last_width) = (None, 0);
    for line in lines.iter().map(|line| line.trim_ascii_end()).filter(|line| !is_blank(line)) {
        let text = line.trim_ascii_start();
        if !joined.is_empty() {
            let word = text.split(|byte| *byte == b' ').next().map_or(0, width);
            // Some programs cut behind a hyphen or an ampersand, too.
            let ends_word = joined.last().is_some_and(|b| b.is_ascii_alphanumeric() || b",.;:!?".contains(b));
            let is_blank_lost = ends_word && last_width < widest && last_width + 1 + word > widest;
            if quote.is_some() && !is_blank_lost {
                return None;
            }
            joined.push(b' ');
        }
        joined.extend_from_slice(text);
        quote = open_quote(text, quote);
        last_width = width(line);
    }
    Some(joined)
}

/// The quote that is open behind a line.
fn open_quote(line: &[u8], before: Option<u8>) -> Option<u8> {
    let (mut quote, mut escaped) = (before, false);
    for byte in line {
        match (quote, byte) {
            _ if escaped => escaped = false,
            (Some(_), b'\\') => escaped = true,
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'\'' | b'"') => quote = Some(*byte),
            _ => {}
        }
    }
    quote
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapped_literals() {
        for (lines, widest, expected) in [
            (&["{'OK': []}"][..], 40, Some("{'OK': []}")),
            (&["   [('pong', 'a'),", "   ('pong', 'b')]"], 20, Some("[('pong', 'a'), ('pong', 'b')]")),
            (
                &["[('message', u'Hello,", "world!', False)]"],
                24,
                Some("[('message', u'Hello, world!', False)]"),
            ),
            // The word would have had room: nobody knows why it is wrapped.
            (&["[('message', u'Hello,", "world!', False)]"], 40, None),
            (&["[('message', u'BAsd7&", "jh23BAsd7', False)]"], 24, None),
            // Cut at the width.
            (&["[('message', u'0x6861", "6c6c6f', False)]"], 21, None),
            (&["[('message', u'it\\'s", "all', False)]"], 22, Some("[('message', u'it\\'s all', False)]")),
        ] {
            let lines: Vec<&[u8]> = lines.iter().map(|line| line.as_bytes()).collect();
            assert_eq!(whole(&lines, widest).as_deref(), expected.map(str::as_bytes), "{lines:?}");
        }
    }
}
