//! What every line begins with: quotes, indentation, the clock of a log, the name of a container.
//!
//! It is found at the headings, whose words are known, and taken off only if every line of the page begins with it.
//! Numbers in it may differ from line to line.

use crate::autobahn::copied::{Copied, is_blank};
use crate::autobahn::page::Heading;

/// Headings that are looked at: a page has twelve.
const MOST: usize = 64;
/// Headings that make a prefix certain.
const LEAST: usize = 2;
/// Characters of a prefix.
const LONGEST: usize = 120;

/// A prefix with a `0` for each number in it.
type Shape = Vec<u8>;

pub(super) fn undo(copied: &mut Copied) {
    let at: Vec<(usize, Shape)> = copied
        .lines
        .iter()
        .enumerate()
        .filter_map(|(n, line)| Some((n, shape(before_heading(line)?))))
        .take(MOST)
        .collect();
    let Some(shortest) = common(&at) else { return };
    // What stands before the page, or behind it, need not have it.
    let with = || at.iter().filter(|(_, shape)| shape.starts_with(&shortest)).map(|(n, _)| *n);
    let (first, last) = (with().min().unwrap_or(0), with().max().unwrap_or(0));
    let mut stripped = Vec::with_capacity(copied.lines.len());
    for (n, line) in copied.lines.iter().enumerate() {
        match behind(line, &shortest) {
            Some(rest) => stripped.push(rest.to_vec()),
            None if is_blank(line) => stripped.push(Vec::new()),
            None if (first..=last).contains(&n) => return,
            None => stripped.push(line.clone()),
        }
    }
    copied.lines = stripped;
    let shown = String::from_utf8_lossy(&shortest).into_owned();
    copied.undone.push(if is_blank(&shortest) {
        format!("an indentation of {} was taken off", crate::model::count(shortest.len() as u64, "character"))
    } else {
        format!("{shown:?} was taken off the start of each line, whatever its numbers")
    });
}

/// The shortest prefix that nearly all headings have; none where that is nothing.
fn common(at: &[(usize, Shape)]) -> Option<Shape> {
    let mut shapes: Vec<&Shape> = at.iter().map(|(_, shape)| shape).collect();
    shapes.sort_by_key(|shape| shape.len());
    let common = shapes.iter().find(|shape| {
        let with = at.iter().filter(|(_, other)| other.starts_with(shape)).count();
        with >= LEAST && with * 4 >= at.len() * 3
    })?;
    (!common.is_empty()).then(|| common.to_vec())
}

/// What stands before a heading in its line, marks of emphasis left out.
fn before_heading(line: &[u8]) -> Option<&[u8]> {
    let trimmed = line.trim_ascii_end();
    let trimmed = trimmed.strip_suffix(b"**").or(trimmed.strip_suffix(b"*")).unwrap_or(trimmed);
    let heading = Heading::words().find_map(|words| trimmed.strip_suffix(words))?;
    if heading.len() > LONGEST {
        return None;
    }
    // `## `, `**`, `h2. `.
    let bare = heading.trim_ascii_end();
    for mark in [&b"**"[..], b"*", b"__", b"h1.", b"h2.", b"h3.", b"h4."] {
        if let Some(rest) = bare.strip_suffix(mark) {
            return Some(rest);
        }
    }
    let hashes = bare.iter().rev().take_while(|byte| **byte == b'#').count();
    if hashes > 0 {
        bare.get(..bare.len().saturating_sub(hashes))
    } else {
        is_prefix(heading).then_some(heading)
    }
}

/// Prose can end in the words of a heading too: before these no letter may stand.
fn is_prefix(before: &[u8]) -> bool {
    before.last().is_none_or(|last| matches!(last, b' ' | b'\t' | b'>' | b'|' | b':'))
}

fn shape(prefix: &[u8]) -> Shape {
    let mut shape = Vec::new();
    for byte in prefix {
        match byte {
            b'0'..=b'9' if shape.last() == Some(&b'0') => {}
            b'0'..=b'9' => {
                // Numbers are often set right.
                while shape.last() == Some(&b' ') {
                    shape.pop();
                }
                shape.push(b'0');
            }
            other => shape.push(*other),
        }
    }
    shape
}

/// What stands behind a prefix of that shape. One of nothing but marks and blanks may lack its last blank.
fn behind<'a>(line: &'a [u8], shape: &[u8]) -> Option<&'a [u8]> {
    let mut rest = line;
    for (at, mark) in shape.iter().enumerate() {
        if *mark == b'0' {
            rest = rest.trim_ascii_start();
            let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
            rest = rest.get(digits..).filter(|_| digits > 0)?;
        } else if let Some(behind) = rest.strip_prefix(&[*mark]) {
            rest = behind;
        } else {
            let left = shape.get(at..).unwrap_or_default();
            return (rest.is_empty() && is_blank(left)).then_some(rest);
        }
    }
    Some(rest)
}
