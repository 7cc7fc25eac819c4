//! The page of a case as sections: what HTML has to say about it.
//!
//! The suite writes payloads, handshakes and literals into its pages as they are, `<` and `&` included. Their
//! elements are therefore read as raw text up to their end tag; only the suite's own prose has markup.

use html5gum::{Token, Tokenizer};

/// Text of the suite without its markup: lines without blanks at their ends, no empty lines.
pub(super) fn plain(markup: &[u8]) -> String {
    let mut text = Vec::new();
    let markup = String::from_utf8_lossy(markup);
    for Ok(token) in Tokenizer::new(&*markup) {
        match token {
            Token::String(string) => {
                // A browser shows a line end in the source as a blank.
                text.extend(
                    string.iter().map(|b| if matches!(b, b'\n' | b'\r' | b'\t') { b' ' } else { *b }),
                );
            }
            Token::StartTag(tag) if breaks_line(&tag.name) => text.push(b'\n'),
            Token::EndTag(tag) if breaks_line(&tag.name) => text.push(b'\n'),
            _ => {}
        }
    }
    tidy(&String::from_utf8_lossy(&text))
}

/// Lines with single blanks, without empty lines: the form that survives a browser's clipboard.
pub(super) fn tidy(text: &str) -> String {
    let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

fn breaks_line(tag: &[u8]) -> bool {
    matches!(tag, b"br" | b"p" | b"ul" | b"ol" | b"li" | b"div" | b"pre" | b"table" | b"tr" | b"hr")
}
