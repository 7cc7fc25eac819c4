//! Columns, wrapping and colour.

use crate::knowledge::Tone;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};

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
        let mut table = Table::new();
        table.load_style(presets::NOTHING);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(self.width.max(60));
        table.set_header(header.iter().map(|h| Cell::new(*h)));
        for row in rows {
            table.add_row(row.into_iter().map(Cell::new));
        }
        for (i, column) in table.column_iter_mut().enumerate() {
            column.set_padding((if i == 0 { 2 } else { 1 }, 1));
            if right.contains(&i) {
                column.set_cell_alignment(comfy_table::CellAlignment::Right);
            }
            if !flexible.contains(&i) {
                column.set_constraint(ColumnConstraint::ContentWidth);
            } else {
                column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(12)));
            }
        }
        let mut out = String::new();
        for (i, line) in table.lines().enumerate() {
            let line = line.trim_end();
            let line = if i == 0 { self.paint(Paint::Faint, line) } else { line.to_owned() };
            out.push_str(&line);
            out.push('\n');
        }
        out
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

    #[test]
    fn a_number_and_its_unit_stay_together() {
        let words = |text| with_units(text).collect::<Vec<_>>();
        assert_eq!(words("after 60.0 s, (5 bytes) of 3"), ["after", "60.0 s,", "(5 bytes)", "of", "3"]);
        assert_eq!(words("a  b "), ["a", "", "b", ""]);
        assert_eq!(words("1 2 µs"), ["1", "2 µs"]);
        assert_eq!(words(""), [""]);
    }
}
