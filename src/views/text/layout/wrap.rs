//! Text broken into lines.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::views::text::layout::{NARROWEST, Paint, Style};

/// Columns of the longest line of sentences: longer ones are hard to read.
const SENTENCE: u16 = 110;

impl Style {
    /// Parts in as few lines as can be: on a page where sentences have room, none is broken.
    pub(in crate::views) fn dense(&self, parts: &[String], between: &str, indent: usize) -> String {
        if self.width > SENTENCE {
            return self.flow(parts, between, indent);
        }
        self.wrap(&parts.join(between), indent)
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
    pub fn wrap(&self, text: &str, indent: usize) -> String {
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

    #[test]
    fn lines_are_as_wide_as_they_look() {
        let style = Style::plain(NARROWEST);
        let lines =
            |text: &str, indent| style.wrap(text, indent).lines().map(str::to_owned).collect::<Vec<_>>();
        // Each of these takes two columns.
        let wide = "日本語".repeat(10);
        assert_eq!(lines(&wide, 2).iter().map(|line| line.width()).collect::<Vec<_>>(), [40, 24]);
        assert_eq!(lines(&format!("{wide} a"), 0).concat().replace(' ', ""), format!("{wide}a"));
        let long = "x".repeat(100);
        assert_eq!(lines(&long, 4).iter().map(String::len).collect::<Vec<_>>(), [40, 40, 32]);
        let url = format!("see https://example.com/{long}");
        assert_eq!(lines(&url, 0), ["see", &url[4..]]);
        // Sentences are not as wide as a wide page.
        let sentence = "word ".repeat(60);
        assert_eq!(Style::plain(300).wrap(&sentence, 0).lines().map(str::len).max(), Some(109));
    }

    #[test]
    fn parts_flow() {
        let style = Style::plain(NARROWEST);
        let parts = ["#1", "a b c d e f g h i j", "0123456789", "k l m n"].map(str::to_owned);
        assert_eq!(style.flow(&parts, " · ", 2), "  #1 · a b c d e f g h i j · 0123456789\n  k l m n\n");
        let parts = ["a".repeat(50), "b".to_owned()];
        assert_eq!(style.flow(&parts, " · ", 0), format!("{}\n{} · b\n", "a".repeat(40), "a".repeat(10)));
    }
}
