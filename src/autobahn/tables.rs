//! The tables of a page. A browser's clipboard parts cells by tabs, or not at all: `27127` is chop size 27,
//! count 1, octets 27, and `isServerTrueTrue, iff I …` is a key, a value and a description. Programs that make text of
//! pages part them by blanks or bars, wrap them, or give each cell a line.

use std::borrow::Cow;

use crate::autobahn::notes::Notes;
use crate::autobahn::page::Line;
use crate::autobahn::{python, rows};
use crate::model::case::ClosingBehavior;

/// Ways to part the glued rows of a table that are tried.
const MAX_WAYS: usize = 4096;

/// Keys of the closing behavior, and what the page says about each.
const KEYS: [(&str, &str); 13] = [
    ("isServer", "True, iff I (the fuzzer) am a server, and the peer is a client."),
    ("closedByMe", "True, iff I have initiated closing handshake (that is, did send close first)."),
    (
        "failedByMe",
        "True, iff I have failed the WS connection (i.e. due to protocol error). Failing can be either by initiating \
         closing handshake or brutal drop TCP.",
    ),
    ("droppedByMe", "True, iff I dropped the TCP connection."),
    (
        "wasClean",
        "True, iff full WebSocket closing handshake was performed (close frame sent and received) _and_ the server \
         dropped the TCP (which is its responsibility).",
    ),
    ("wasNotCleanReason", "When wasClean == False, the reason what happened."),
    (
        "wasServerConnectionDropTimeout",
        "When we are a client, and we expected the server to drop the TCP, but that didn't happen in time, this gets \
         True.",
    ),
    (
        "wasOpenHandshakeTimeout",
        "When performing the opening handshake, but the peer did not finish in time, this gets True.",
    ),
    (
        "wasCloseHandshakeTimeout",
        "When we initiated a closing handshake, but the peer did not respond in time, this gets True.",
    ),
    ("localCloseCode", "The close code I sent in close frame (if any)."),
    ("localCloseReason", "The close reason I sent in close frame (if any)."),
    ("remoteCloseCode", "The close code the peer sent me in close frame (if any)."),
    ("remoteCloseReason", "The close reason the peer sent me in close frame (if any)."),
];
/// Characters of a description that tell it from all else.
const TELLING: usize = 20;

/// A remark of the suite between heading and table.
pub(super) fn is_remark(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"Wire log ") && line.ends_with(b"disabled!")
        || line.starts_with(b"Statistics ") && line.ends_with(b"disabled!")
}

/// Whether the row that says which side the tester was is among them.
pub(super) fn tells_tester(lines: &[Line]) -> bool {
    rows_of(lines).iter().any(|row| row.key == "isServer" && flag(&row.value).is_some())
}

/// A row of the closing behavior.
struct Row {
    key: &'static str,
    /// What stands behind the key: the value, and with text the description too.
    value: Vec<u8>,
    /// The cells were told apart.
    has_cells: bool,
    /// Lines it was put together from.
    lines: usize,
}

/// The table of the closing behavior.
pub(super) fn closing(lines: &[Line], notes: &mut Notes) -> ClosingBehavior {
    let mut closing = ClosingBehavior::default();
    let rows = rows_of(lines);
    let mut was_whole = true;
    for row in &rows {
        let before = std::mem::replace(&mut was_whole, row.lines == 1 || row.ends_as_known());
        let Some(value) = value_of(row, before && was_whole) else {
            notes.remark(format!("the value of {} cannot be told from what stands beside it", row.key));
            continue;
        };
        if !set(&mut closing, row.key.as_bytes(), value.trim_ascii()) {
            notes.add(format!("closing behavior: {} of {}", String::from_utf8_lossy(&value), row.key));
        }
    }
    closing
}

/// Rows, each with the lines that follow it up to the next.
fn rows_of(lines: &[Line]) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for line in lines {
        let text = match line {
            Line::Cells(cells) => match cells.as_slice() {
                [key, value, ..] => match known(key.trim_ascii()) {
                    Some((key, [])) => {
                        rows.push(Row { key, value: value.clone(), has_cells: true, lines: 1 });
                        continue;
                    }
                    _ => continue,
                },
                _ => continue,
            },
            Line::Text(text) => text.trim_ascii(),
        };
        let bare = text.strip_prefix(b"|").unwrap_or(text).trim_ascii_start();
        match known(bare) {
            Some((key, rest)) => rows.push(Row { key, value: rest.to_vec(), has_cells: false, lines: 1 }),
            None if text.is_empty() => {}
            None => {
                if let Some(row) = rows.last_mut().filter(|row| !row.has_cells) {
                    row.value.push(b'\n');
                    row.value.extend_from_slice(text);
                    row.lines += 1;
                }
            }
        }
    }
    rows
}

/// The key that a line begins with, and what follows it. No key begins another.
fn known(line: &[u8]) -> Option<(&'static str, &[u8])> {
    KEYS.iter().find_map(|(key, _)| Some((*key, line.strip_prefix(key.as_bytes())?)))
}

impl Row {
    /// Whether nothing stands in it behind the description: no line of another row's cells.
    fn ends_as_known(&self) -> bool {
        let about = KEYS.iter().find(|(key, _)| *key == self.key).map_or("", |(_, about)| *about);
        words_of(&String::from_utf8_lossy(&self.value)).ends_with(&words_of(about))
    }
}

/// Words with one blank between them, without the bars of a table.
fn words_of(text: &str) -> String {
    text.split(['|', ' ', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// The value of a row, where it is certain how far it goes; `is_alone` if no line of another row is mixed with its own.
fn value_of(row: &Row, is_alone: bool) -> Option<Vec<u8>> {
    if row.has_cells {
        return Some(row.value.clone());
    }
    let rest = parted(&row.value);
    if !row.key.ends_with("Reason") {
        return flag(rest).or_else(|| digits(rest)).map(<[u8]>::to_vec);
    }
    let about = KEYS.iter().find(|(key, _)| *key == row.key).map_or("", |(_, about)| *about);
    let text = String::from_utf8_lossy(rest);
    let begin = about.get(..TELLING).unwrap_or(about);
    // The last one: a reason can hold it too.
    let at = text.rfind(begin)?;
    let (value, description) = text.split_at_checked(at)?;
    // Where cells were wrapped, lines of their own stand between those of the description.
    let is_whole = is_alone && (row.lines == 1 || words_of(description) == words_of(about));
    // What was wrapped in the value itself was a blank, or nothing.
    if (!is_whole || value.trim().contains('\n')) && value.trim() != "None" {
        return None;
    }
    let value = value.trim_end().strip_suffix('|').unwrap_or(value).trim();
    Some(value.as_bytes().to_vec())
}

/// Without what parts two cells.
fn parted(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_start();
    text.strip_prefix(b"|").unwrap_or(text).trim_ascii_start()
}

/// `True`, `False` or `None` at the start.
fn flag(text: &[u8]) -> Option<&[u8]> {
    let text = parted(text);
    [&b"True"[..], b"False", b"None"].into_iter().find(|word| text.starts_with(word))
}

fn digits(text: &[u8]) -> Option<&[u8]> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(..digits).filter(|_| digits > 0)
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
    let lines = cells_of(lines);
    for line in lines.iter() {
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

/// Lines of a table whose cells are parted by bars or blanks, or stand on lines of their own, as rows of cells.
fn cells_of(lines: &[Line]) -> Cow<'_, [Line]> {
    let texts = || {
        lines.iter().filter_map(|line| match line {
            Line::Text(text) => Some(text.trim_ascii()).filter(|text| !text.is_empty()),
            Line::Cells(_) => None,
        })
    };
    if texts().any(|text| text == b"Count") {
        return Cow::Owned(lone_cells(texts()));
    }
    let is_parted =
        |text: &[u8]| text.windows(9).any(|words| words == b"SizeCount") || text.starts_with(b"OpcodeCount");
    if texts().any(is_parted) || !texts().any(|text| words(text).iter().any(|word| *word == b"Count")) {
        return Cow::Borrowed(lines);
    }
    let row = |line: &Line| match line {
        Line::Text(text) => Line::Cells(words(text).into_iter().map(<[u8]>::to_vec).collect()),
        cells @ Line::Cells(_) => cells.clone(),
    };
    Cow::Owned(lines.iter().map(row).collect())
}

fn words(text: &[u8]) -> Vec<&[u8]> {
    text.split(|byte| matches!(byte, b' ' | b'|' | b'\t')).filter(|word| !word.is_empty()).collect()
}

/// Cells that stand on a line each, behind the names of their columns.
fn lone_cells<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Vec<Line> {
    let (mut columns, mut rows, mut row) = (0, Vec::new(), Vec::new());
    for text in texts {
        if matches!(text, b"Chop Size" | b"Opcode" | b"Count" | b"Octets") {
            columns += 1;
            continue;
        }
        row.push(text.to_vec());
        if row.len() == columns {
            rows.push(Line::Cells(std::mem::take(&mut row)));
        }
    }
    rows
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
