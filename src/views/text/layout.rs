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
            out.push_str(&word);
            column += len;
        }
        out.push('\n');
        out
    }
}

/// The words of a text; a number and its unit are one.
fn with_units(text: &str) -> Vec<String> {
    let is_number = |word: &str| {
        let word = word.trim_start_matches(['(', '<']);
        !word.is_empty() && word.chars().all(|c| c.is_ascii_digit() || c == '.' || c == ',')
    };
    let is_unit = |word: &str| {
        let word = word.trim_end_matches(|c: char| !c.is_alphanumeric());
        ["ns", "µs", "ms", "s", "min", "h", "d", "kB", "MB", "GB", "TB", "byte", "bytes"].contains(&word)
    };
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match words.last_mut().filter(|last| is_number(last) && is_unit(word)) {
            Some(last) => {
                last.push(' ');
                last.push_str(word);
            }
            None => words.push(word.to_owned()),
        }
    }
    words
}
