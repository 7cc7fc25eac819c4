//! Tables without rules; where the page is too narrow for columns, their cells below one another.

use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};
use unicode_width::UnicodeWidthStr;

use crate::views::text::layout::ascii::ascii;
use crate::views::text::layout::{NARROW, NARROWEST, Paint, Style};

/// Columns that one that gives way keeps.
const LEAST: u16 = 12;
/// The same on a page of less than [`NARROW`] columns, where whatever needs more is not laid out in columns.
const READABLE: u16 = 20;
/// Rows of a long table in memory at a time: each of its cells takes some hundred bytes.
const ROWS: usize = 1_024;

/// Columns before and behind the content of a column.
const fn padding(column: usize) -> (u16, u16) {
    (if column == 0 { 2 } else { 1 }, 1)
}

impl Style {
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
}

/// The widest content of each column.
fn contents(header: &[&str], rows: &[Vec<String>]) -> Vec<u16> {
    let content = |(i, head): (usize, &&str)| {
        rows.iter().filter_map(|row| row.get(i)).map(|cell| cell.width()).fold(head.width(), usize::max)
    };
    header.iter().enumerate().map(content).map(|width| u16::try_from(width).unwrap_or(u16::MAX)).collect()
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

    /// On a narrow page each row is a block, its long cells under the names of their columns.
    #[test]
    fn narrow_pages() {
        let table = |style: Style| {
            let row = ["must", "FR-RSV", "13", "a sentence that goes on and on, and then a bit", "met"];
            let row = row.map(str::to_owned).to_vec();
            style.table(&["level", "rule", "bytes", "finding", ""], [row], &[2], &[3])
        };
        let stacked = "  must  FR-RSV  13 bytes  met\n    finding: a sentence that goes on and\n    on, and then a bit\n";
        assert_eq!(table(Style::plain(40)), stacked);
        assert!(table(Style::plain(80)).starts_with("  level  rule    bytes  finding"));
    }

    /// A mark takes no column, and becomes a colour.
    #[test]
    fn colours_of_cells() {
        let table = |color| {
            let style = Style { color, ..Style::plain(80) };
            let row = |word: &str| vec![style.cell(Paint::Bad, word), "behind".to_owned()];
            style.table(&["level", ""], [row("must"), row("a")], &[], &[])
        };
        assert_eq!(table(false), "  level\n  must   behind\n  a      behind\n");
        let colored = table(true);
        let lines: Vec<_> = colored.lines().skip(1).collect();
        assert_eq!(lines, ["  \x1b[31mmust\x1b[0m   behind", "  \x1b[31ma\x1b[0m      behind"]);
    }
}
