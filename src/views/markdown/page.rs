//! Markdown by its blocks, no longer than an issue may be. What stands in them is [`Md`], which no text of a peer becomes unless it
//! is escaped or made code.

use std::fmt::Write;

use crate::views::escape;

/// Bytes of a page: GitHub takes no comment of more than 65 536 characters.
pub(in crate::views) const MOST: usize = 60_000;

/// Markdown within a line, or a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::views) struct Md(String);

impl Md {
    /// Markup, and words that are always the same.
    pub(in crate::views) fn ours(text: &'static str) -> Self {
        Self(text.to_owned())
    }

    /// A sentence, which may quote a peer: nothing in it is markup.
    pub(in crate::views) fn said(sentence: &str) -> Self {
        Self(escape::prose(sentence))
    }

    /// What a peer wrote, or a name: as code.
    pub(in crate::views) fn code(text: &str) -> Self {
        Self(escape::code(text))
    }

    /// With more behind it.
    pub(in crate::views) fn then(mut self, more: &Self) -> Self {
        self.0.push_str(&more.0);
        self
    }

    /// All but empty ones, with `separator` between them.
    pub(in crate::views) fn join(parts: impl IntoIterator<Item = Self>, separator: &'static str) -> Self {
        let parts: Vec<_> = parts.into_iter().map(|part| part.0).filter(|part| !part.is_empty()).collect();
        Self(parts.join(separator))
    }

    pub(in crate::views) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Blocks, a blank line between them. What there is no room for is left out, and counted.
#[derive(Clone, Debug)]
pub(in crate::views) struct Page {
    out: String,
    most: usize,
    left_out: usize,
}

impl Page {
    /// An empty one of so many bytes.
    pub(in crate::views) const fn new(most: usize) -> Self {
        Self { out: String::new(), most, left_out: 0 }
    }

    /// Bytes that there is room for.
    pub(in crate::views) const fn room(&self) -> usize {
        self.most.saturating_sub(self.out.len())
    }

    /// Blocks that there was no room for.
    pub(in crate::views) const fn left_out(&self) -> usize {
        self.left_out
    }

    fn block(&mut self, block: &str) {
        if block.is_empty() {
            return;
        }
        if block.len() + 2 > self.room() {
            self.left_out += 1;
            return;
        }
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out.push_str(block);
        self.out.push('\n');
    }

    /// A heading, or a smaller one.
    pub(in crate::views) fn heading(&mut self, level: usize, title: &Md) {
        self.block(&format!("{} {}", "#".repeat(level), title.0));
    }

    pub(in crate::views) fn paragraph(&mut self, text: &Md) {
        self.block(&text.0);
    }

    /// A paragraph that takes room that was kept for it.
    pub(in crate::views) fn last(&mut self, text: &Md) {
        self.most = usize::MAX;
        self.block(&text.0);
    }

    pub(in crate::views) fn list(&mut self, items: &[Md]) {
        let items: Vec<_> = items.iter().map(|item| format!("* {}", item.0)).collect();
        self.block(&items.join("\n"));
    }

    /// A diagram, in lines of its language.
    pub(in crate::views) fn diagram(&mut self, lines: &str) {
        if !lines.is_empty() {
            self.block(&format!("```mermaid\n{lines}```"));
        }
    }

    /// A table, as many of its rows as there is room for; nothing where there are none.
    pub(in crate::views) fn table(&mut self, header: &[&'static str], rows: &[Vec<Md>]) {
        let rows = rows.iter().map(|row| row.iter().map(|cell| cell.0.clone()).collect()).collect();
        self.block(table(header, rows, self.room()).trim_matches('\n'));
    }

    /// Other blocks under a title, out of sight until somebody unfolds them; nothing where there are none.
    pub(in crate::views) fn fold(&mut self, title: &str, inside: &Self) {
        self.left_out += inside.left_out;
        if !inside.out.is_empty() {
            let title = escape::markdown(title);
            self.block(&format!("<details><summary>{title}</summary>\n\n{}\n</details>", inside.out));
        }
    }

    /// Other blocks behind these.
    pub(in crate::views) fn append(&mut self, other: &Self) {
        self.left_out += other.left_out;
        self.block(other.out.trim_end_matches('\n'));
    }

    pub(in crate::views) fn into_text(self) -> String {
        self.out
    }
}

/// Rows of a table.
const ROWS: usize = 100;

/// What is said behind rows that have others behind them takes less.
const MORE: usize = 64;

/// A table after a blank line, of at most `room` bytes; nothing where there is no row.
pub(in crate::views) fn table(header: &[&str], rows: Vec<Vec<String>>, room: usize) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let names: Vec<_> = header.iter().map(|h| (*h).to_owned()).collect();
    let rule: Vec<_> = header.iter().map(|_| "---".to_owned()).collect();
    let mut out = format!("\n{}{}", line(&names), line(&rule));
    let mut shown = 0;
    for row in rows.iter().take(ROWS).map(|row| line(row)) {
        if out.len() + row.len() + MORE > room {
            break;
        }
        out.push_str(&row);
        shown += 1;
    }
    if rows.len() > shown {
        let _ = write!(out, "\n… and {} more.\n", rows.len() - shown);
    }
    out
}
