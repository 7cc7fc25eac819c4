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
    let mut builder = Builder { page: Page::new(ReportForm::Html), line: Vec::new(), cells: None };
    let mut tokens = Tokenizer::new_with_emitter(source.as_slice(), DefaultEmitter::<usize>::new_with_span());
    while let Some(Ok(token)) = tokens.next() {
        match token {
            Token::StartTag(tag) if is_raw(&tag) => {
                tokens.set_state(State::RawText);
                let mut end = source.len();
                for Ok(token) in tokens.by_ref() {
                    if let Token::EndTag(EndTag { span, .. }) = token {
                        end = span.start;
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
    builder.end_line();
    builder.page
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
