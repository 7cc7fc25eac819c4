//! Columns, wrapping and colour.

use crate::knowledge::Tone;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};

/// Columns that one that gives way keeps.
const LEAST: u16 = 12;
/// Rows of a long table in memory at a time: each of its cells takes some hundred bytes.
const ROWS: usize = 1_024;

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

impl Style {
    /// `text` in the colour of `paint`, where colours are on.
    pub(in crate::views) fn paint(&self, paint: Paint, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Plain => return text.to_owned(),
            Paint::Heading => "1",
            Paint::Good => "32",
            Paint::Odd => "33",
            Paint::Bad => "31",
            Paint::Faint => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
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
        let table = self.grid(header, rows, right, |i| {
            if flexible.contains(&i) {
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
        let parts = || (0..rows).step_by(ROWS).map(|from| (from..rows.min(from + ROWS)).map(row));
        let mut widths = vec![0; header.len()];
        for part in parts() {
            let table = self.grid(header, part, right, |_| ColumnConstraint::ContentWidth);
            for (width, of_part) in widths.iter_mut().zip(table.column_max_content_widths()) {
                *width = of_part.max(*width);
            }
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
        for i in flexible {
            let (before, behind) = padding(*i);
            if let Some(width) = widths.get_mut(*i) {
                *width = (LEAST - before - behind).max(*width);
            }
        }
        let all: usize = widths.iter().enumerate().map(|(i, width)| width_of(i, *width)).sum();
        let of_flexible = |widths: &[u16], i: usize| widths.get(i).copied().unwrap_or_default();
        let taken: usize = flexible.iter().map(|i| usize::from(of_flexible(widths, *i))).sum();
        let mut room = usize::from(self.width.max(60)).saturating_sub(all.saturating_sub(taken));
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
        table.set_width(self.width.max(60));
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
                out.push_str(line);
            }
            out.push('\n');
        }
    }

    /// `text` broken at spaces, each line after `indent` spaces.
    pub(in crate::views) fn wrap(&self, text: &str, indent: usize) -> String {
        let width = usize::from(self.width.clamp(60, 110)).saturating_sub(indent);
        let mut out = String::new();
        let mut column = 0;
        for word in with_units(text) {
            let len = word.chars().count();
            if column > 0 && column + 1 + len > width {
                out.push('\n');
                column = 0;
            }
            if column == 0 {
                out.extend(std::iter::repeat_n(' ', indent));
            } else {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += len;
        }
        out.push('\n');
        out
    }
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
            let style = Style { width, color: true };
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
        let style = Style { width: 70, color: false };
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
