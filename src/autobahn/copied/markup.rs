//! Marks of Markdown, Jira and text browsers: fences, rules, emphasis, escapes, elements of HTML that were left over.

use crate::autobahn::copied::{Copied, contains, indent, is_blank, replace};
use crate::autobahn::page::Heading;
use crate::autobahn::{rows, tables};

/// Blanks in front of a payload: what begins with so many is none of these marks.
const PAYLOAD: usize = 15;
/// Characters of a rule.
const RULE: usize = 5;

pub(super) fn undo(copied: &mut Copied) {
    let is_escaped = copied.lines.iter().any(|line| contains(line, br"\_and\_"));
    let mut in_fence = false;
    let (mut fences, mut marks) = (false, is_escaped);
    let mut lines = Vec::with_capacity(copied.lines.len());
    let mut is_first_row_past = false;
    for line in copied.lines.drain(..) {
        if is_fence(&line) {
            (fences, in_fence) = (true, !in_fence);
            lines.push(Vec::new());
            continue;
        }
        is_first_row_past |= rows::is_row(&line);
        if indent(&line) >= PAYLOAD || is_first_row_past {
            lines.push(line);
            continue;
        }
        if is_rule(&line) || is_element(&line) {
            lines.push(Vec::new());
            continue;
        }
        if in_fence {
            lines.push(line);
            continue;
        }
        let (plain, changed) = bare(&line, is_escaped);
        marks |= changed;
        lines.extend(glued(&plain));
    }
    copied.lines = lines;
    if fences {
        copied.undone.push("fences were taken off".to_owned());
    }
    if marks {
        copied.undone.push("marks of Markdown were taken off".to_owned());
    }
}

fn is_fence(line: &[u8]) -> bool {
    let marks = line.trim_ascii();
    indent(line) < PAYLOAD
        && (marks.starts_with(b"```")
            || marks.starts_with(b"~~~")
            || marks == b"{noformat}"
            || marks.starts_with(b"{code") && marks.ends_with(b"}"))
}

/// A line of nothing but the marks that stand for a horizontal rule, or underline a heading.
fn is_rule(line: &[u8]) -> bool {
    let text = String::from_utf8_lossy(line);
    let marks: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    let of = |c: &char| matches!(c, '_' | '-' | '=' | '*' | '─' | '━' | '═');
    marks.first().is_some_and(|first| of(first) && marks.iter().all(|c| c == first))
        && (marks.len() >= RULE || matches!(text.trim(), "* * *" | "---" | "***" | "___" | "- - -"))
        || is_ruled_table(&marks)
}

/// `|---|---|`, `---|---`, and the empty head `|  |  |`.
fn is_ruled_table(marks: &[char]) -> bool {
    marks.contains(&'|') && marks.iter().all(|c| matches!(c, '|' | '-' | ':' | '+'))
}

/// `<div id="wirelog">`, `</details>`: one element of its own.
fn is_element(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    let inner = line.strip_prefix(b"<").and_then(|rest| rest.strip_suffix(b">"));
    inner.is_some_and(|inner| {
        let name = inner.strip_prefix(b"/").unwrap_or(inner);
        !inner.contains(&b'<')
            && [&b"div"[..], b"details", b"summary", b"pre", b"p", b"br", b"hr"].iter().any(|known| {
                name.strip_prefix(*known)
                    .is_some_and(|rest| rest.first().is_none_or(|b| !b.is_ascii_alphanumeric()))
            })
    })
}

/// The line without marks; whether there were any.
fn bare(line: &[u8], is_escaped: bool) -> (Vec<u8>, bool) {
    let mut text = line.to_vec();
    if contains(&text, b"<span") || contains(&text, b"</span>") {
        text = without_spans(&text);
        // `**Case` and `6.4.4**` can stand on a line each.
        text = replace(&text, b"**", b"");
    }
    let trimmed = text.trim_ascii();
    let hashes = trimmed.iter().take_while(|byte| **byte == b'#').count();
    let title = if (1..=6).contains(&hashes) { trimmed.get(hashes..).unwrap_or_default() } else { trimmed };
    let title = [&b"h1. "[..], b"h2. ", b"h3. ", b"h4. "]
        .iter()
        .find_map(|mark| title.strip_prefix(*mark))
        .unwrap_or(title);
    let title = unemphasised(title.trim_ascii());
    if Heading::of(title).is_some()
        || matches!(title, b"Expected:" | b"Observed:")
        || tables::is_remark(title)
    {
        return (title.to_vec(), title != trimmed);
    }
    if contains(&text, b"**Case") || contains(&text, b"** ms @ ") {
        text = replace(&text, b"**", b"");
    }
    if is_escaped && text.contains(&b'\\') {
        text = unescaped(&text);
    }
    let text = text.trim_ascii_end().to_vec();
    let changed = text != line.trim_ascii_end();
    (text, changed)
}

fn unemphasised(text: &[u8]) -> &[u8] {
    for mark in [&b"**"[..], b"__", b"*", b"_"] {
        if let Some(inner) = text.strip_prefix(mark).and_then(|rest| rest.strip_suffix(mark)) {
            return inner.trim_ascii();
        }
    }
    text
}

fn without_spans(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.first() {
        let is_span = rest.starts_with(b"<span") || rest.starts_with(b"</span>");
        let end = rest.iter().position(|byte| *byte == b'>');
        match end {
            Some(end) if is_span => rest = rest.get(end + 1..).unwrap_or_default(),
            _ => {
                out.push(*first);
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    out
}

/// A backslash before punctuation, as Markdown has it.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match bytes.peek() {
            Some(next) if byte == b'\\' && next.is_ascii_punctuation() => out.extend(bytes.next()),
            _ => out.push(byte),
        }
    }
    out
}

/// A heading and the text that was run into it, as two lines.
fn glued(line: &[u8]) -> Vec<Vec<u8>> {
    const HEADINGS: [&[u8]; 6] = [
        b"Case Description",
        b"Case Expectation",
        b"Case Outcome",
        b"Case Closing Behavior",
        b"Expected:",
        b"Observed:",
    ];
    let begun = HEADINGS.iter().find_map(|heading| {
        let rest = line.strip_prefix(*heading)?;
        // A word of its own would be followed by a blank.
        rest.first()
            .is_some_and(|byte| !matches!(byte, b' ' | b'\t'))
            .then_some((heading.to_vec(), rest.to_vec()))
    });
    match begun {
        Some((heading, rest)) if !is_blank(&rest) => vec![heading, rest],
        _ => vec![line.to_vec()],
    }
}
