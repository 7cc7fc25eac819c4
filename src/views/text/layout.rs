//! Columns, wrapping and colour.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::knowledge::Tone;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// Columns that one that gives way keeps.
const LEAST: u16 = 12;
/// The same on a page of less than [`NARROW`] columns, where whatever needs more is not laid out in columns.
const READABLE: u16 = 20;
/// Pages with fewer columns have labels and cells below one another.
pub(in crate::views) const NARROW: usize = 60;
/// Rows of a long table in memory at a time: each of its cells takes some hundred bytes.
const ROWS: usize = 1_024;
/// Columns of the longest line of sentences: longer ones are hard to read.
const SENTENCE: u16 = 110;
/// Columns of the narrowest page; on one that is narrower still lines are as long as on it.
pub const NARROWEST: u16 = 40;

/// Columns before and behind the content of a column.
const fn padding(column: usize) -> (u16, u16) {
    (if column == 0 { 2 } else { 1 }, 1)
}

/// How the text looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Columns of the terminal or page.
    pub width: u16,
    /// Use ANSI colours.
    pub color: bool,
    /// Write nothing but ASCII: other characters have a form of their own, or are escaped.
    pub ascii: bool,
}

/// What a piece of text means; colour is never the only sign of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::views) enum Paint {
    Heading,
    Good,
    Odd,
    Bad,
    Plain,
    Faint,
}

impl From<Tone> for Paint {
    fn from(tone: Tone) -> Self {
        match tone {
            Tone::Normal => Self::Good,
            Tone::Unknown => Self::Plain,
            Tone::Odd => Self::Odd,
            Tone::Fault => Self::Bad,
        }
    }
}

impl Paint {
    /// The parameter of the escape sequence; `None` for none.
    const fn code(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Heading => Some("1"),
            Self::Good => Some("32"),
            Self::Odd => Some("33"),
            Self::Bad => Some("31"),
            Self::Faint => Some("2"),
        }
    }

    /// What begins a cell of that colour, as long as the table is not laid out: it takes no column, and no text of a peer has
    /// it, since `visible` escapes it.
    const fn mark(self) -> Option<char> {
        match self {
            Self::Odd => Some('\u{206a}'),
            Self::Bad => Some('\u{206b}'),
            Self::Good => Some('\u{206c}'),
            Self::Heading => Some('\u{206d}'),
            Self::Plain | Self::Faint => None,
        }
    }

    /// What ends such a cell.
    const END: char = '\u{206f}';

    fn of_mark(mark: char) -> Option<Self> {
        [Self::Odd, Self::Bad, Self::Good, Self::Heading].into_iter().find(|paint| paint.mark() == Some(mark))
    }
}

impl Style {
    /// Without colours, in Unicode.
    #[must_use]
    pub const fn plain(width: u16) -> Self {
        Self { width, color: false, ascii: false }
    }

    /// `text` in the characters that may be written.
    #[must_use]
    pub fn fit(self, text: &str) -> Cow<'_, str> {
        if self.ascii { ascii(text) } else { Cow::Borrowed(text) }
    }

    /// The text of a cell in a colour. It must be one that is not broken over lines.
    pub(in crate::views) fn cell(&self, paint: Paint, text: impl Into<String>) -> String {
        let text = text.into();
        match paint.mark() {
            Some(mark) if self.color && !text.is_empty() => format!("{mark}{text}{}", Paint::END),
            _ => text,
        }
    }

    /// Columns of the page.
    pub(in crate::views) fn columns(&self) -> usize {
        usize::from(self.width.max(NARROWEST / 2))
    }

    /// `text` in the colour of `paint`, where colours are on.
    pub(in crate::views) fn paint(&self, paint: Paint, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let Some(code) = paint.code() else { return text.to_owned() };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// The same of each line.
    pub(in crate::views) fn paint_lines(&self, paint: Paint, lines: &str) -> String {
        lines.lines().map(|line| self.paint(paint, line) + "\n").collect()
    }

    /// A table without rules: header and rows, two columns of indent. `flexible` columns give way where the
    /// rows are wider than the page; numbers of `right` stand to the right.
    pub(in crate::views) fn table(
        &self,
        header: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
        right: &[usize],
        flexible: &[usize],
    ) -> String {
        let rows: Vec<Vec<String>> = rows.into_iter().map(|row| self.fitted(row)).collect();
        let widths = contents(header, &rows);
        if self.is_too_narrow(&widths, flexible) {
            return rows.iter().map(|row| self.stacked(header, row, right, flexible)).collect();
        }
        // What is as narrow as can be has nothing to give.
        let gives_way = |i: usize| {
            flexible.contains(&i) && widths.get(i).is_some_and(|width| width.saturating_add(2) > LEAST)
        };
        let table = self.grid(header, rows, right, |i| {
            if gives_way(i) {
                ColumnConstraint::LowerBoundary(Width::Fixed(LEAST))
            } else {
                ColumnConstraint::ContentWidth
            }
        });
        let mut out = String::new();
        self.lines(&mut out, &table, 0);
        out
    }

    /// Adds a table to `out` that may have very many rows, of which few are in memory at a time: each is asked for by its
    /// number, and again where there are more than [`ROWS`].
    pub(in crate::views) fn long_table(
        &self,
        out: &mut String,
        header: &[&str],
        (rows, row): (usize, &dyn Fn(usize) -> Vec<String>),
        right: &[usize],
        flexible: &[usize],
    ) {
        if rows <= ROWS {
            out.push_str(&self.table(header, (0..rows).map(row), right, flexible));
            return;
        }
        let row = |nth: usize| self.fitted(row(nth));
        let parts = || (0..rows).step_by(ROWS).map(|from| (from..rows.min(from + ROWS)).map(row));
        let mut widths = vec![0; header.len()];
        for part in parts() {
            let table = self.grid(header, part, right, |_| ColumnConstraint::ContentWidth);
            for (width, of_part) in widths.iter_mut().zip(table.column_max_content_widths()) {
                *width = of_part.max(*width);
            }
        }
        if self.is_too_narrow(&widths, flexible) {
            for part in parts() {
                out.extend(part.map(|row| self.stacked(header, &row, right, flexible)));
            }
            return;
        }
        self.narrow(&mut widths, flexible);
        for (nth, part) in parts().enumerate() {
            let table = self.grid(header, part, right, |i| {
                let (before, behind) = padding(i);
                let width = widths.get(i).copied().unwrap_or(LEAST);
                ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(before + behind)))
            });
            self.lines(out, &table, usize::from(nth > 0));
        }
    }

    /// Takes off the `flexible` columns what is wider than the page, off the widest first.
    fn narrow(&self, widths: &mut [u16], flexible: &[usize]) {
        let width_of = |i: usize, width: u16| {
            let (before, behind) = padding(i);
            usize::from(width) + usize::from(before + behind)
        };
        let all: usize = widths.iter().enumerate().map(|(i, width)| width_of(i, *width)).sum();
        let of_flexible = |widths: &[u16], i: usize| widths.get(i).copied().unwrap_or_default();
        let taken: usize = flexible.iter().map(|i| usize::from(of_flexible(widths, *i))).sum();
        let mut room = self.columns().saturating_sub(all.saturating_sub(taken));
        let mut order = flexible.to_vec();
        order.sort_by_key(|i| of_flexible(widths, *i));
        for (nth, i) in order.iter().enumerate() {
            let share = u16::try_from(room / (order.len() - nth)).unwrap_or(u16::MAX).max(1);
            if let Some(width) = widths.get_mut(*i) {
                *width = share.min(*width);
                room = room.saturating_sub(usize::from(*width));
            }
        }
    }

    fn grid(
        &self,
        header: &[&str],
        rows: impl IntoIterator<Item = Vec<String>>,
        right: &[usize],
        constraint: impl Fn(usize) -> ColumnConstraint,
    ) -> Table {
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.width.max(NARROWEST / 2));
        table.set_header(header.iter().map(|h| Cell::new(*h)));
        for row in rows {
            table.add_row(row.into_iter().map(Cell::new));
        }
        for (i, column) in table.column_iter_mut().enumerate() {
            column.set_padding(padding(i));
            if right.contains(&i) {
                column.set_cell_alignment(comfy_table::CellAlignment::Right);
            }
            column.set_constraint(constraint(i));
        }
        table
    }

    /// The lines of a table, without the first `skipped`; the header is the first one.
    fn lines(&self, out: &mut String, table: &Table, skipped: usize) {
        for (i, line) in table.lines().enumerate().skip(skipped) {
            let line = line.trim_end();
            if i == 0 {
                out.push_str(&self.paint(Paint::Faint, line));
            } else {
                self.painted(out, line);
            }
            out.push('\n');
        }
    }

    /// A line of a table, its marks become colours.
    fn painted(&self, out: &mut String, line: &str) {
        if !self.color {
            out.push_str(line);
            return;
        }
        for c in line.chars() {
            match Paint::of_mark(c).and_then(Paint::code) {
                Some(code) => {
                    let _ = write!(out, "\x1b[{code}m");
                }
                None if c == Paint::END => out.push_str("\x1b[0m"),
                None => out.push(c),
            }
        }
    }

    fn fitted(&self, row: Vec<String>) -> Vec<String> {
        if !self.ascii {
            return row;
        }
        row.into_iter().map(|cell| ascii(&cell).into_owned()).collect()
    }

    /// Whether columns of such contents do not fit, or would be so narrow that sentences in them are hard to read.
    fn is_too_narrow(&self, widths: &[u16], flexible: &[usize]) -> bool {
        let least = if self.columns() < NARROW { READABLE } else { LEAST };
        let of = |(i, width): (usize, &u16)| {
            let (before, behind) = padding(i);
            let content = if flexible.contains(&i) { (*width).min(least - before - behind) } else { *width };
            usize::from(content) + usize::from(before + behind)
        };
        widths.iter().enumerate().map(of).sum::<usize>() > self.columns()
    }

    /// A row where the page is too narrow for columns: what does not give way in a line, each of the others below it, with
    /// the name of its column.
    fn stacked(&self, header: &[&str], row: &[String], right: &[usize], flexible: &[usize]) -> String {
        let name = |i: usize| header.get(i).copied().unwrap_or_default();
        let (mut first, mut below) = (Vec::new(), String::new());
        for (i, cell) in row.iter().enumerate().filter(|(_, cell)| !cell.is_empty()) {
            if flexible.contains(&i) {
                let colon = if name(i).is_empty() { "" } else { ": " };
                below.push_str(&self.wrap(&format!("{}{colon}{cell}", name(i)), 4));
            } else if right.contains(&i) && name(i).len() > 1 && cell.bytes().all(|b| b.is_ascii_digit()) {
                first.push(format!("{cell} {}", name(i)));
            } else {
                first.push(cell.clone());
            }
        }
        let mut out = String::new();
        self.painted(&mut out, &(self.flow(&first, "  ", 2) + &below));
        out
    }

    /// The same of parts in colours.
    pub(in crate::views) fn painted_flow(&self, parts: &[(String, Paint)], between: &str) -> String {
        let cells: Vec<_> = parts.iter().map(|(text, paint)| self.cell(*paint, text.as_str())).collect();
        let mut out = String::new();
        self.painted(&mut out, &self.flow(&cells, between, 0));
        out
    }

    /// Parts in a line, as many as fit; none is broken that fits into a line of its own.
    pub(in crate::views) fn flow(&self, parts: &[String], between: &str, indent: usize) -> String {
        let room = self.columns().saturating_sub(indent);
        let mut out = String::new();
        let mut column = 0;
        for part in parts {
            let part = self.fit(part);
            let width = part.width();
            if column > 0 && column + between.width() + width <= room {
                out.push_str(between);
                out.push_str(&part);
                column += between.width() + width;
                continue;
            }
            if column > 0 {
                out.push('\n');
            }
            if width <= room {
                out.extend(std::iter::repeat_n(' ', indent));
                out.push_str(&part);
                column = width;
            } else {
                let lines = self.wrap(&part, indent);
                let lines = lines.trim_end_matches('\n');
                out.push_str(lines);
                column = lines.rsplit('\n').next().map_or(0, |line| line.width().saturating_sub(indent));
            }
        }
        out.push('\n');
        out
    }

    /// `text` broken at spaces, each line after `indent` spaces. A word that is wider than a line is broken where that is full, unless it is a
    /// URL: those are followed.
    pub(in crate::views) fn wrap(&self, text: &str, indent: usize) -> String {
        self.hang(text, indent, indent)
    }

    /// The same, where the first line has its own indent.
    pub(in crate::views) fn hang(&self, text: &str, first: usize, indent: usize) -> String {
        let text = self.fit(text);
        let page = usize::from(self.width.clamp(NARROWEST / 2, SENTENCE));
        let mut out = String::with_capacity(text.len() + text.len() / 32 + indent);
        let (mut width, mut margin) = (page.saturating_sub(first).max(1), first);
        let mut column = 0;
        let next_line = |out: &mut String, column: &mut usize, width: &mut usize, margin: &mut usize| {
            out.push('\n');
            (*column, *width, *margin) = (0, page.saturating_sub(indent).max(1), indent);
        };
        for word in with_units(&text) {
            let len = word.width();
            if column > 0 && column + 1 + len > width {
                next_line(&mut out, &mut column, &mut width, &mut margin);
            }
            if column == 0 {
                out.extend(std::iter::repeat_n(' ', margin));
            } else {
                out.push(' ');
                column += 1;
            }
            if len <= width || word.contains("://") {
                out.push_str(word);
                column += len;
                continue;
            }
            for c in word.chars() {
                let len = c.width().unwrap_or(0);
                if column > 0 && column + len > width {
                    next_line(&mut out, &mut column, &mut width, &mut margin);
                    out.extend(std::iter::repeat_n(' ', margin));
                }
                out.push(c);
                column += len;
            }
        }
        out.push('\n');
        out
    }
}

/// The widest content of each column.
fn contents(header: &[&str], rows: &[Vec<String>]) -> Vec<u16> {
    let content = |(i, head): (usize, &&str)| {
        rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).fold(head.width(), usize::max)
    };
    header.iter().enumerate().map(content).map(|width| u16::try_from(width).unwrap_or(u16::MAX)).collect()
}

/// `text` without anything but ASCII, by forms that say the same; what has none is escaped.
pub(in crate::views) fn ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            c if c.is_ascii() => out.push(c),
            '\u{206a}'..='\u{206f}' => out.push(c),
            '→' => out.push_str("->"),
            '·' => out.push('|'),
            '…' => out.push_str("..."),
            '–' => out.push('-'),
            '✗' => out.push('x'),
            '✓' => out.push('+'),
            '×' => out.push('x'),
            'µ' => out.push('u'),
            '“' | '”' => out.push('"'),
            '‘' | '’' => out.push('\''),
            c => {
                let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(out)
}

/// The words of a text; a number and its unit are one.
fn with_units(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = text.find(' ').unwrap_or(text.len());
        let (word, behind) = text.split_at(end);
        let unit = behind.get(1..).filter(|_| is_number(word)).and_then(|behind| behind.split(' ').next());
        let end = unit.filter(|unit| is_unit(unit)).map_or(end, |unit| end + 1 + unit.len());
        let (word, behind) = text.split_at(end);
        rest = behind.get(1..);
        Some(word)
    })
}

fn is_number(word: &str) -> bool {
    let word = word.trim_start_matches(['(', '<']);
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b',')
}

fn is_unit(word: &str) -> bool {
    let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
    ["ns", "µs", "ms", "s", "min", "h", "d", "kB", "MB", "GB", "TB", "byte", "bytes"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table in parts is that table.
    #[test]
    fn long_tables() {
        let header = ["n", "what", "says", ""];
        for (width, widest) in [(80, 20), (80, 41), (120, 60)] {
            let style = Style { color: true, ..Style::plain(width) };
            let row = |n: usize| {
                let says = if n == 2_500 { "é ".repeat(widest / 2) } else { "x".repeat(n % 7) };
                vec![n.to_string(), "frame".to_owned(), says, if n == 9 { "mark" } else { "" }.to_owned()]
            };
            for rows in [0, 1, ROWS, ROWS + 1, 3 * ROWS] {
                let mut long = String::new();
                style.long_table(&mut long, &header, (rows, &row), &[0], &[2, 3]);
                let whole = style.table(&header, (0..rows).map(row), &[0], &[2, 3]);
                assert_eq!(long.lines().count(), whole.lines().count(), "{width} {rows}");
                for (part, line) in long.lines().zip(whole.lines()) {
                    assert_eq!(part, line, "{width} {rows}");
                }
            }
        }
    }

    /// What is too wide for the page is broken, and nothing of it is lost.
    #[test]
    fn long_tables_that_are_wide() {
        let style = Style::plain(70);
        let row = |n: usize| vec![n.to_string(), format!("{n} ").repeat(40), "mark".repeat(10)];
        let mut long = String::new();
        style.long_table(&mut long, &["n", "says", ""], (ROWS + 1, &row), &[0], &[1, 2]);
        assert_eq!(long.lines().find(|line| line.chars().count() > 70), None);
        assert_eq!(long.matches("1024").count(), 41);
        assert_eq!(long.matches("says").count(), 1);
    }

    #[test]
    fn a_number_and_its_unit_stay_together() {
        let words = |text| with_units(text).collect::<Vec<_>>();
        assert_eq!(words("after 60.0 s, (5 bytes) of 3"), ["after", "60.0 s,", "(5 bytes)", "of", "3"]);
        assert_eq!(words("a  b "), ["a", "", "b", ""]);
        assert_eq!(words("1 2 µs"), ["1", "2 µs"]);
        assert_eq!(words(""), [""]);
    }
}
