//! The line with agent, case and verdict, where it came in pieces: `Case 3.2`, `2` and `ms @ …` are elements of their own
//! on the page.

use crate::autobahn::copied::{Copied, is_blank};
use crate::autobahn::page::{self, Heading};

/// Lines that a title can come in.
const MOST: usize = 9;

pub(super) fn undo(copied: &mut Copied) {
    let end = copied.lines.iter().position(|line| Heading::of(line).is_some()).unwrap_or(copied.lines.len());
    let head: Vec<&[u8]> =
        copied.lines.iter().take(end).map(Vec::as_slice).filter(|line| !is_blank(line)).collect();
    if head.iter().any(|line| page::is_title(&String::from_utf8_lossy(line))) {
        return;
    }
    let Some(joined) = (0..head.len()).rev().find_map(|begins| {
        let pieces: Vec<&[u8]> = head.iter().skip(begins).take(MOST).copied().collect();
        Some(join(&pieces)).filter(|joined| has_agent(joined) && page::is_title(joined))
    }) else {
        return;
    };
    let mut lines = vec![joined.into_bytes()];
    lines.extend(copied.lines.drain(..).skip(end));
    copied.lines = lines;
    copied.undone.push("the line with agent and verdict was put together".to_owned());
}

/// Pieces that were cut at the edges of elements keep their blanks; those that were wrapped lost one.
fn join(pieces: &[&[u8]]) -> String {
    let mut joined = String::new();
    for piece in pieces {
        let piece = String::from_utf8_lossy(piece);
        if !joined.is_empty() && !joined.ends_with(' ') && !piece.starts_with(' ') {
            joined.push(' ');
        }
        joined.push_str(&piece);
    }
    joined
}

/// Whether it begins with the agent and goes on: a line that begins with the case lacks the one before.
fn has_agent(joined: &str) -> bool {
    joined.split_once(" - Case ").is_some_and(|(agent, _)| !agent.trim().is_empty())
}
