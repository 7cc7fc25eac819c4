//! The tables of a page. A browser's clipboard parts cells by tabs, or not at all: `27127` is chop size 27,
//! count 1, octets 27, and `isServerTrueTrue, iff I …` is a key, a value and a description.

use nom::IResult;
use nom::Parser;
use nom::bytes::complete::{tag, take_until};
use nom::character::complete::multispace0;
use nom::sequence::{preceded, terminated};

use crate::autobahn::notes::Notes;
use crate::autobahn::page::Line;
use crate::autobahn::{python, rows};
use crate::model::case::ClosingBehavior;

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// Ways to part the glued rows of a table that are tried.
const MAX_WAYS: usize = 4096;

/// Keys of the closing behavior; the start of what the page says about each.
const KEYS: [(&str, &str); 13] = [
    ("isServer", "True, iff "),
    ("closedByMe", "True, iff "),
    ("failedByMe", "True, iff "),
    ("droppedByMe", "True, iff "),
    ("wasClean", "True, iff "),
    ("wasNotCleanReason", "When wasClean == False"),
    ("wasServerConnectionDropTimeout", "When we are a client"),
    ("wasOpenHandshakeTimeout", "When performing the opening handshake"),
    ("wasCloseHandshakeTimeout", "When we initiated a closing handshake"),
    ("localCloseCode", "The close code I sent"),
    ("localCloseReason", "The close reason I sent"),
    ("remoteCloseCode", "The close code the peer sent"),
    ("remoteCloseReason", "The close reason the peer sent"),
];

/// A remark of the suite between heading and table.
pub(super) fn is_remark(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"Wire log ") && line.ends_with(b"disabled!")
        || line.starts_with(b"Statistics ") && line.ends_with(b"disabled!")
}

/// The table of the closing behavior.
pub(super) fn closing(lines: &[Line], notes: &mut Notes) -> ClosingBehavior {
    let mut closing = ClosingBehavior::default();
    for line in lines {
        let (key, value) = match line {
            Line::Cells(cells) => match cells.as_slice() {
                [key, value, ..] => (key.trim_ascii(), value.as_slice()),
                _ => continue,
            },
            Line::Text(text) => match glued(text) {
                Some(parts) => parts,
                None => {
                    if !text.trim_ascii().is_empty() && !text.starts_with(b"Key") {
                        notes.add(format!("closing behavior: {}", String::from_utf8_lossy(text)));
                    }
                    continue;
                }
            },
        };
        if !set(&mut closing, key, value.trim_ascii()) {
            notes.add(format!(
                "closing behavior: {} of {}",
                String::from_utf8_lossy(value),
                String::from_utf8_lossy(key)
            ));
        }
    }
    closing
}

/// Key and value of a row without borders between its cells. No key begins another.
fn glued(line: &[u8]) -> Option<(&[u8], &[u8])> {
    KEYS.iter().find_map(|(key, about)| {
        let mut row = (preceded(multispace0::<_, ()>, tag(*key)), terminated(last_until(about), multispace0));
        row.parse(line).ok().map(|(_, parts)| parts)
    })
}

/// Everything before the last `mark`, for a close reason can hold it too.
fn last_until<'a>(mark: &'static str) -> impl Fn(&'a [u8]) -> Parsed<'a, &'a [u8]> {
    move |input| {
        let mut before = 0;
        let mut rest = input;
        while let Ok((from, skipped)) = take_until::<_, &[u8], ()>(mark).parse(rest) {
            before = input.len() - from.len();
            let _ = skipped;
            rest = from.get(1..).unwrap_or_default();
        }
        if before == 0 && !input.starts_with(mark.as_bytes()) {
            return Err(nom::Err::Error(()));
        }
        let (value, rest) = input.split_at_checked(before).unwrap_or((input, &[]));
        Ok((rest, value))
    }
}

/// Whether key and value are such.
fn set(closing: &mut ClosingBehavior, key: &[u8], value: &[u8]) -> bool {
    let ClosingBehavior {
        is_server,
        closed_by_me,
        failed_by_me,
        dropped_by_me,
        was_clean,
        was_not_clean_reason,
        was_server_connection_drop_timeout,
        was_open_handshake_timeout,
        was_close_handshake_timeout,
        local_close_code,
        local_close_reason,
        remote_close_code,
        remote_close_reason,
    } = closing;
    let flag = match key {
        b"Key" => return true,
        b"isServer" => is_server,
        b"closedByMe" => closed_by_me,
        b"failedByMe" => failed_by_me,
        b"droppedByMe" => dropped_by_me,
        b"wasClean" => was_clean,
        b"wasServerConnectionDropTimeout" => was_server_connection_drop_timeout,
        b"wasOpenHandshakeTimeout" => was_open_handshake_timeout,
        b"wasCloseHandshakeTimeout" => was_close_handshake_timeout,
        b"wasNotCleanReason" => return text(was_not_clean_reason, value),
        b"localCloseReason" => return text(local_close_reason, value),
        b"remoteCloseReason" => return text(remote_close_reason, value),
        b"localCloseCode" => return code(local_close_code, value),
        b"remoteCloseCode" => return code(remote_close_code, value),
        _ => return false,
    };
    match rows::truth(value) {
        Some(truth) => *flag = truth,
        // What was never set, as the suite writes it.
        None if value == b"None" => {}
        None => return false,
    }
    true
}

fn text(slot: &mut Option<String>, value: &[u8]) -> bool {
    *slot = match value {
        b"" | b"None" => None,
        _ => {
            Some(python::bytes_literal(value).unwrap_or_else(|| String::from_utf8_lossy(value).into_owned()))
        }
    };
    true
}

fn code(slot: &mut Option<u16>, value: &[u8]) -> bool {
    *slot = std::str::from_utf8(value).ok().and_then(|digits| digits.parse().ok());
    slot.is_some() || value == b"None"
}

/// A table of counts with its header and its total: number and count, and for octets their product.
pub(super) fn counts(lines: &[Line], columns: usize, notes: &mut Notes) -> Vec<(u64, u64)> {
    let mut rows: Vec<Vec<(u64, u64)>> = Vec::new();
    let mut total = None;
    for line in lines {
        let ways = match line {
            Line::Cells(cells) => {
                let numbers: Vec<Option<u64>> = cells.iter().map(|cell| number(cell)).collect();
                match numbers.as_slice() {
                    [Some(size), Some(count), ..] => vec![(*size, *count)],
                    [None, Some(count), ..] => {
                        total = Some(vec![*count]);
                        continue;
                    }
                    _ => continue,
                }
            }
            Line::Text(text) => match text.trim_ascii() {
                text if is_remark(text) || text.is_empty() => continue,
                text if text.starts_with(b"Chop Size") || text.starts_with(b"Opcode") => continue,
                text => match text.strip_prefix(b"Total") {
                    Some(digits) => {
                        total = Some(totals(digits.trim_ascii(), columns));
                        continue;
                    }
                    None => ways(text, columns),
                },
            },
        };
        if ways.is_empty() {
            let text = match line {
                Line::Text(text) => String::from_utf8_lossy(text).into_owned(),
                Line::Cells(_) => String::new(),
            };
            notes.add(format!("statistics: {text}"));
        } else {
            rows.push(ways);
        }
    }
    let counts = choose(&rows, total.as_deref(), notes);
    if let Some(total) = &total
        && !total.contains(&counts.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count)))
    {
        notes.add("statistics: the rows of a table do not add up to its total");
    }
    counts
}

fn number(digits: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(digits.trim_ascii()).ok()?;
    (digits.len() == 1 || !digits.starts_with(['0', '+'])).then(|| digits.parse().ok())?
}

/// The ways to part a row of glued digits.
fn ways(digits: &[u8], columns: usize) -> Vec<(u64, u64)> {
    let mut ways = Vec::new();
    for at in 1..digits.len().min(21) {
        let (size, rest) = digits.split_at(at);
        let Some(size) = number(size) else { continue };
        if columns == 2 {
            ways.extend(number(rest).filter(|count| *count > 0).map(|count| (size, count)));
            continue;
        }
        for at in 1..rest.len().min(21) {
            let (count, octets) = rest.split_at(at);
            if let (Some(count), Some(octets)) = (number(count), number(octets))
                && count > 0
                && size.checked_mul(count) == Some(octets)
            {
                ways.push((size, count));
            }
        }
    }
    if columns == 2 {
        ways.retain(|(opcode, _)| *opcode < 16);
    }
    ways
}

/// The counts a glued total can stand for.
fn totals(digits: &[u8], columns: usize) -> Vec<u64> {
    if columns == 2 {
        return number(digits).into_iter().collect();
    }
    (1..digits.len().min(21)).filter_map(|at| number(digits.get(..at)?)).collect()
}

/// Chooses a way for each row: numbers ascend, and the counts add up to the total.
fn choose(rows: &[Vec<(u64, u64)>], total: Option<&[u64]>, notes: &mut Notes) -> Vec<(u64, u64)> {
    let mut chosen: Vec<Vec<(u64, u64)>> = vec![Vec::new()];
    for ways in rows {
        let mut longer = Vec::new();
        for known in &chosen {
            for way in ways {
                if known.last().is_none_or(|last| last.0 < way.0) && longer.len() < MAX_WAYS {
                    let mut known = known.clone();
                    known.push(*way);
                    longer.push(known);
                }
            }
        }
        chosen = longer;
    }
    let adds_up = |counts: &&Vec<(u64, u64)>| {
        let sum = counts.iter().fold(0, |sum: u64, (_, count)| sum.saturating_add(*count));
        total.is_none_or(|total| total.contains(&sum))
    };
    let mut fitting = chosen.iter().filter(adds_up);
    let first = fitting.next();
    if fitting.next().is_some() {
        notes.add("statistics: the digits of a table can be split in more than one way");
    }
    match first.or(chosen.first()) {
        Some(counts) => counts.clone(),
        // Numbers that do not ascend: each row for itself.
        None => rows.iter().filter_map(|ways| ways.first().copied()).collect(),
    }
}
