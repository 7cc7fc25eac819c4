//! The wire log: its indentation, and lines that were wrapped at some width.

use crate::autobahn::copied::{Copied, contains, heading, indent, is_blank, width};
use crate::autobahn::page::{self, Heading};
use crate::autobahn::rows;

/// Blanks in front of what belongs to the row before.
const INDENT: usize = 15;

pub(super) fn undo(copied: &mut Copied) {
    heads(copied);
    wrapped_heads(copied);
    let Some(start) = heading(&copied.lines, Heading::WireLog) else { return };
    let first =
        copied.lines.iter().skip(start + 1).find(|line| rows::is_row(line)).map_or(0, |line| indent(line));
    if first > 0 {
        copied.undone.push(format!("the wire log was moved left by {first}"));
    }
    let log: Vec<Vec<u8>> = copied
        .lines
        .drain(start + 1..)
        .filter(|line| !is_blank(line))
        .map(|line| line.get(first.min(indent(&line))..).unwrap_or_default().to_vec())
        .collect();
    let (joined, lines) = unwrapped(log);
    if joined > 0 {
        copied.undone.push("lines of the wire log that were wrapped were joined".to_owned());
    }
    copied.lines.extend(lines);
}

/// Joins lines that are neither a row nor indented to the one before; says how many there were. Where payloads are not
/// indented at all, such a line is one of them.
fn unwrapped(log: Vec<Vec<u8>>) -> (usize, Vec<Vec<u8>>) {
    let end = log.iter().position(|line| rows::is_last(line)).unwrap_or(log.len());
    let is_indented = log.iter().take(end).any(|line| indent(line) >= INDENT);
    if !is_indented {
        return (0, log);
    }
    let widest = log.iter().take(end).map(|line| width(line)).max().unwrap_or_default();
    let mut joined = 0;
    let mut lines: Vec<Vec<u8>> = Vec::with_capacity(log.len());
    let mut before = Before::default();
    for (n, line) in log.into_iter().enumerate() {
        let is_row = rows::is_row(&line);
        let is_wrapped = n < end && indent(&line) < INDENT && !is_row;
        let this = Before {
            is_full: width(&line) >= widest,
            ends_in_comma: line.ends_with(b","),
            is_octets: if is_row { contains(&line, b" OCTETS") } else { before.is_octets && is_wrapped },
        };
        match lines.last_mut().filter(|_| is_wrapped) {
            Some(last) => {
                joined += 1;
                if !before.is_cut_inside() && !line.starts_with(b" ") {
                    last.push(b' ');
                }
                last.extend_from_slice(&line);
            }
            None => lines.push(line),
        }
        before = this;
    }
    (joined, lines)
}

/// The line before one that was wrapped.
#[derive(Clone, Copy, Debug, Default)]
struct Before {
    is_full: bool,
    ends_in_comma: bool,
    is_octets: bool,
}

impl Before {
    /// Whether it was cut wherever it reached the width, and not at a blank.
    const fn is_cut_inside(self) -> bool {
        self.is_octets || self.is_full && !self.ends_in_comma
    }
}

/// Heads that are indented as a whole, and those that a mail program wrapped at a blank behind a comma or semicolon.
fn heads(copied: &mut Copied) {
    let (Some(from), Some(to)) =
        (heading(&copied.lines, Heading::Handshake), heading(&copied.lines, Heading::Closing))
    else {
        return;
    };
    let Some(heads) = copied.lines.get_mut(from + 1..to) else { return };
    let least = heads.iter().filter(|line| !is_blank(line)).map(|line| indent(line)).min().unwrap_or(0);
    for line in heads {
        *line = line.get(least.min(indent(line))..).unwrap_or_default().to_vec();
    }
    if least > 0 {
        copied.undone.push(format!("the opening handshake was moved left by {least}"));
    }
    let mut joined: Vec<Vec<u8>> = Vec::with_capacity(copied.lines.len());
    let mut parts = false;
    for (n, line) in copied.lines.drain(..).enumerate() {
        let goes_on = parts && n < to && !is_blank(&line) && !page::is_head_line(&line);
        parts = n > from && matches!(line.trim_ascii_end().last(), Some(b',' | b';'));
        match joined.last_mut().filter(|_| goes_on) {
            Some(before) => {
                before.push(b' ');
                before.extend_from_slice(line.trim_ascii_start());
            }
            None => joined.push(line),
        }
    }
    copied.lines = joined;
}

/// Lines of the heads that were cut at the width at which rows of the log were.
fn wrapped_heads(copied: &mut Copied) {
    let Some(log) = heading(&copied.lines, Heading::WireLog) else { return };
    let rows: Vec<&Vec<u8>> = copied.lines.iter().skip(log + 1).collect();
    let widest = rows.iter().map(|line| width(line)).max().unwrap_or_default();
    let is_wrapped = rows.windows(2).any(|pair| match pair {
        [before, line] => {
            width(before) == widest && indent(line) == 0 && !is_blank(line) && !rows::is_row(line)
        }
        _ => false,
    });
    let (Some(from), Some(to)) =
        (heading(&copied.lines, Heading::Handshake), heading(&copied.lines, Heading::Closing))
    else {
        return;
    };
    if !is_wrapped || to <= from {
        return;
    }
    let mut joined: Vec<Vec<u8>> = Vec::new();
    let mut is_full = false;
    for (n, line) in copied.lines.drain(..).enumerate() {
        let goes_on = is_full && n > from + 1 && n < to && !is_blank(&line) && !page::is_head_line(&line);
        is_full = width(&line) == widest;
        match joined.last_mut().filter(|_| goes_on) {
            Some(before) => before.extend_from_slice(&line),
            None => joined.push(line),
        }
    }
    copied.lines = joined;
}
