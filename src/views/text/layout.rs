//! How text looks: colours, characters, columns.

mod ascii;
mod table;
mod wrap;

use std::borrow::Cow;
use std::fmt::Write;

use crate::knowledge::Tone;

/// Pages with fewer columns have labels and cells below one another.
pub(in crate::views) const NARROW: usize = 60;
/// Columns of the narrowest page; on one that is narrower still lines are as long as on it.
pub const NARROWEST: u16 = 40;

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
        if self.ascii { ascii::ascii(text) } else { Cow::Borrowed(text) }
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
}
