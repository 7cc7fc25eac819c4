//! The page of a case as sections: what HTML has to say about it.
//!
//! The suite writes payloads, handshakes and literals into its pages as they are, `<` and `&` included. Their
//! elements are therefore read as raw text up to their end tag; only the suite's own prose has markup.

use html5gum::{DefaultEmitter, EndTag, StartTag, State, Token, Tokenizer};

use crate::autobahn::page::{Heading, Line, Page};
use crate::model::case::ReportForm;

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

/// Elements the suite fills with text as it is.
fn is_raw(tag: &StartTag<usize>) -> bool {
    let class = tag.attributes.get(b"class".as_slice()).map(|class| class.value.as_slice());
    match tag.name.as_slice() {
        b"pre" | b"td" | b"style" | b"script" | b"title" => true,
        b"span" => class == Some(b"case_pickle"),
        _ => false,
    }
}

/// The sections of a page.
pub(super) fn sections(bytes: &[u8]) -> Page {
    let source = one_line_end(bytes);
    let is_serialised = is_serialised(&source);
    let mut builder =
        Builder { page: Page::new(ReportForm::Html), line: Vec::new(), cells: None, is_serialised };
    let mut is_open = false;
    let mut tokens = Tokenizer::new_with_emitter(source.as_slice(), DefaultEmitter::<usize>::new_with_span());
    while let Some(Ok(token)) = tokens.next() {
        match token {
            Token::StartTag(tag) if is_raw(&tag) => {
                tokens.set_state(State::RawText);
                let mut end = source.len();
                is_open = true;
                for Ok(token) in tokens.by_ref() {
                    if let Token::EndTag(EndTag { span, .. }) = token {
                        (end, is_open) = (span.start, false);
                        break;
                    }
                }
                builder.raw(&tag.name, source.get(tag.span.end..end).unwrap_or_default());
            }
            Token::StartTag(tag) => builder.tag(&tag.name, true),
            Token::EndTag(tag) => builder.tag(&tag.name, false),
            Token::String(string) => builder.text(&string),
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    builder.page.ends_in_line = is_open || !builder.line.trim_ascii().is_empty();
    builder.end_line();
    if is_serialised {
        builder
            .page
            .undone
            .push("references that a browser wrote for <, > and & were read as these".to_owned());
    }
    builder.page
}

/// Whether a browser wrote the page down again: every table has the body that browsers give it. It escapes what the suite
/// does not.
fn is_serialised(source: &[u8]) -> bool {
    let mut tables =
        source.windows(b"<table>".len()).enumerate().filter(|(_, tag)| *tag == b"<table>").peekable();
    tables.peek().is_some()
        && tables.all(|(at, tag)| {
            let behind = source.get(at + tag.len()..).unwrap_or_default();
            behind.trim_ascii_start().starts_with(b"<tbody>")
        })
}

/// Text without the references that browsers write.
fn unescaped(text: &[u8]) -> Vec<u8> {
    const REFERENCES: [(&[u8], &[u8]); 4] =
        [(b"&lt;", b"<"), (b"&gt;", b">"), (b"&nbsp;", "\u{a0}".as_bytes()), (b"&amp;", b"&")];
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        match REFERENCES.iter().find_map(|(name, stands)| Some((rest.strip_prefix(*name)?, stands))) {
            Some((behind, stands)) => {
                out.extend_from_slice(stands);
                rest = behind;
            }
            None => {
                out.push(*first);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out
}

/// What a reader of HTML does first: every line end is a line feed.
fn one_line_end(bytes: &[u8]) -> Vec<u8> {
    let mut source = Vec::with_capacity(bytes.len());
    let mut after_return = false;
    for &byte in bytes {
        match byte {
            b'\n' if after_return => {}
            b'\r' => source.push(b'\n'),
            _ => source.push(byte),
        }
        after_return = byte == b'\r';
    }
    source
}

/// A page being put together.
struct Builder {
    page: Page,
    /// Text since the last break.
    line: Vec<u8>,
    /// Cells of the table row that is open.
    cells: Option<Vec<Vec<u8>>>,
    /// A browser wrote the page down again.
    is_serialised: bool,
}

impl Builder {
    fn text(&mut self, text: &[u8]) {
        self.line.extend(text.iter().map(|b| if matches!(b, b'\n' | b'\t') { b' ' } else { *b }));
    }

    fn tag(&mut self, name: &[u8], starts: bool) {
        match name {
            // A heading ends where its element does.
            b"h2" | b"h3" => self.end_line(),
            b"tr" if starts => self.cells = Some(Vec::new()),
            b"tr" => {
                if let Some(cells) = self.cells.take() {
                    self.page.push(Line::Cells(cells));
                }
            }
            _ if breaks_line(name) => self.end_line(),
            _ => {}
        }
    }

    /// The raw content of an element.
    fn raw(&mut self, name: &[u8], content: &[u8]) {
        let decoded = self.is_serialised.then(|| unescaped(content));
        let content = decoded.as_deref().unwrap_or(content);
        match name {
            b"td" => {
                if let Some(cells) = &mut self.cells {
                    cells.push(content.to_vec());
                }
            }
            b"pre" | b"span" => {
                self.end_line();
                for line in content.split(|b| *b == b'\n') {
                    self.page.push(Line::Text(line.to_vec()));
                }
            }
            _ => {}
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        match Heading::of(&line) {
            Some(heading) if self.page.may_begin(heading) => self.page.begin(heading),
            _ if line.trim_ascii().is_empty() => {}
            _ => self.page.push(Line::Text(line)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::autobahn::read_case;
    use crate::limits::Limits;
    use crate::model::case::{CaseReport, ReportForm};

    fn read(page: &str) -> CaseReport {
        read_case(ReportForm::Html, page.as_bytes(), Path::new("x"), &Limits::DEFAULT).unwrap()
    }

    fn page(agent: &str, head: &str, table: &str) -> String {
        format!(
            "<!DOCTYPE html>\n<html><body>\n<p class=\"case\">{agent} - <span><b>Case 3.2</b></span> : Pass - <span><b>1</b> ms @ \
             2026-01-11T08:00:39.867Z</a></p>\n<h2>Opening Handshake</h2>\n<pre>{head}</pre>\n<h2>Closing Behavior</h2>\n\
             <table>{table}<tr><td>isServer</td><td>True</td></tr></table>\n<h2>Wire Log</h2>\n\
             <pre>000 TCP DROPPED BY ME</pre></body></html>\n"
        )
    }

    /// JSON and page of a case are of one agent: its blanks are its own.
    #[test]
    fn a_page_collapses_nothing() {
        for agent in ["WebSocket  /0.8.2", " a", "a - b", "a &amp; b"] {
            let expected = agent.replace("&amp;", "&");
            assert_eq!(read(&page(agent, "GET / HTTP/1.1", "")).agent, expected);
        }
    }

    /// The suite escapes nothing; a browser that saves the page does.
    #[test]
    fn a_page_that_a_browser_wrote_down_again() {
        let request = |page: &str| read(page).http_request.unwrap();
        assert_eq!(request(&page("a", "GET /?a=1&amp;b HTTP/1.1", "")), "GET /?a=1&amp;b HTTP/1.1\r\n\r\n");
        let saved = page("a", "GET /?a=1&amp;b&lt; HTTP/1.1", "<tbody>");
        assert_eq!(request(&saved), "GET /?a=1&b< HTTP/1.1\r\n\r\n");
        assert!(read(&saved).notes.iter().any(|note| note.contains("references")));
    }
}
