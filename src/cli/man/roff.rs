//! Text as roff has it (man(7)).

use std::fmt::{self, Write};

/// What clap's pages need before their first `'`: where there is a character for it, that.
pub(super) const PREAMBLE: &str = ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n";

/// The head of a page.
pub(super) fn title(out: &mut String, name: &str, section: u8) -> fmt::Result {
    let (name, version) = (name.to_uppercase(), env!("CARGO_PKG_VERSION"));
    writeln!(out, "{PREAMBLE}.TH {name} {section} \"\" \"wslog {version}\" \"\"")
}

/// A section, as in `SEE ALSO`.
pub(super) fn section(out: &mut String, heading: &str) -> fmt::Result {
    writeln!(out, ".SH \"{}\"", text(heading))
}

/// A part of a section.
pub(super) fn part(out: &mut String, heading: &str) -> fmt::Result {
    writeln!(out, ".SS \"{}\"", text(heading))
}

pub(super) fn paragraph(out: &mut String, body: &str) -> fmt::Result {
    writeln!(out, ".PP\n{}", text(body))
}

/// A term, what stands behind it in brackets, and below it what there is to say.
pub(super) fn entry(out: &mut String, term: &str, more: &str, body: &str) -> fmt::Result {
    let more = if more.is_empty() { String::new() } else { format!(" ({})", text(more)) };
    writeln!(out, ".TP\n\\fB{}\\fR{more}\n{}", text(term), text(body))
}

/// Lines as they are.
pub(super) fn lines(out: &mut String, lines: &[&str]) -> fmt::Result {
    writeln!(out, ".EX")?;
    for line in lines {
        writeln!(out, "{}", literal(line))?;
    }
    writeln!(out, ".EE")
}

/// Text in which nothing is a request or an escape; what stands between backticks is bold.
pub(super) fn text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for (i, part) in text.split('`').enumerate() {
        let is_code = i % 2 == 1;
        out.push_str(if is_code { "\\fB" } else { "" });
        out.extend(part.chars().map(Escaped).map(|c| c.to_string()));
        out.push_str(if is_code { "\\fR" } else { "" });
    }
    guarded(out)
}

/// The same where a backtick is one.
fn literal(text: &str) -> String {
    guarded(text.chars().map(Escaped).map(|c| c.to_string()).collect())
}

/// A line that begins with a dot or an apostrophe is a request.
fn guarded(line: String) -> String {
    if line.starts_with('.') { format!("\\&{line}") } else { line }
}

struct Escaped(char);

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Bare, each is set as a typographic cousin, or is not set at all.
        f.write_str(match self.0 {
            '\\' => "\\e",
            '-' => "\\-",
            '\'' => "\\(aq",
            '"' => "\\(dq",
            '`' => "\\(ga",
            '^' => "\\(ha",
            '~' => "\\(ti",
            c => return f.write_char(c),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_text_is_a_request_or_an_escape() {
        assert_eq!(text(".so x"), "\\&.so x");
        assert_eq!(text("'tis"), "\\(aqtis");
        assert_eq!(text("a\\nb --max \"^~\""), "a\\enb \\-\\-max \\(dq\\(ha\\(ti\\(dq");
        assert_eq!(text("`-` for standard input"), "\\fB\\-\\fR for standard input");
        assert_eq!(literal("a `b`"), "a \\(gab\\(ga");
    }
}
