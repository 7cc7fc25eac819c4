//! How text looks where it goes: decided by options, the environment and the terminal.

use std::env;
use std::ffi::OsString;
use std::io::{self, IsTerminal};

use wslog::views::text::{NARROWEST, Style};

use crate::cli::args::{Color, Look};

/// Columns where no terminal says otherwise.
const PAGE: u16 = 110;

/// Where text goes, and what is known of that place.
pub(super) struct Place<'a> {
    /// A variable of the environment.
    pub(super) variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// It goes to standard output, not to a file.
    pub(super) to_stdout: bool,
    /// Standard output is a terminal.
    pub(super) is_terminal: bool,
    /// Columns and rows of it.
    pub(super) size: Option<(u16, u16)>,
}

/// Colour, width and characters for text to standard output, or to a file.
pub(super) fn of(look: Look, to_stdout: bool) -> Style {
    style(look, &here(&|name| env::var_os(name), to_stdout))
}

/// The place where this process writes.
pub(super) fn here<'a>(variable: &'a dyn Fn(&str) -> Option<OsString>, to_stdout: bool) -> Place<'a> {
    let is_terminal = to_stdout && io::stdout().is_terminal();
    let size = terminal_size::terminal_size().filter(|_| is_terminal);
    Place { variable, to_stdout, is_terminal, size: size.map(|(columns, rows)| (columns.0, rows.0)) }
}

impl Place<'_> {
    /// A variable that is set to something.
    pub(super) fn set(&self, name: &str) -> Option<OsString> {
        (self.variable)(name).filter(|value| !value.is_empty())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.set(name).is_some_and(|set| set == value)
    }

    /// A terminal that moves no cursor and shows no colours.
    pub(super) fn is_dumb(&self) -> bool {
        self.is("TERM", "dumb")
    }

    /// What no option decides, as <https://no-color.org> and <https://bixense.com/clicolors> have it.
    fn has_color(&self) -> bool {
        let forces = |name: &str| self.set(name).is_some_and(|value| value != "0" && value != "false");
        if !self.to_stdout || self.set("NO_COLOR").is_some() || self.is("FORCE_COLOR", "0") {
            return false;
        }
        if forces("CLICOLOR_FORCE") || forces("FORCE_COLOR") {
            return true;
        }
        self.is_terminal && !self.is_dumb() && !self.is("CLICOLOR", "0")
    }

    /// A locale that is set and has other characters than those of UTF-8. Where none is set nothing is known: that is so in
    /// containers and on Windows, and what reads there takes UTF-8.
    fn has_another_charset(&self) -> bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(|name| self.set(name));
        let is_utf8 = |locale: OsString| {
            let locale = locale.to_string_lossy().to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        };
        self.to_stdout && locale.is_some_and(|locale| !is_utf8(locale))
    }

    fn columns(&self) -> u16 {
        let named = self.set("COLUMNS").and_then(|columns| columns.to_str()?.parse().ok());
        let columns = named.filter(|columns| *columns > 0).or(self.size.map(|(columns, _)| columns));
        columns.unwrap_or(PAGE).max(NARROWEST)
    }
}

fn style(look: Look, place: &Place<'_>) -> Style {
    let color = match look.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => place.has_color(),
    };
    let width = look.width.unwrap_or_else(|| place.columns());
    Style { width, color, ascii: look.ascii || place.has_another_charset() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOK: Look = Look { color: Color::Auto, width: None, ascii: false, no_pager: false, quiet: false };

    /// A style where the variables are set as in `A=1 B=`; `tty` is a terminal of 90 columns, `pipe` and `file` are none.
    fn at(place: &str, variables: &str, look: Look) -> Style {
        let variable = |name: &str| {
            let set = variables.split(' ').filter_map(|set| set.split_once('='));
            set.into_iter().find(|(of, _)| *of == name).map(|(_, value)| value.into())
        };
        let is_terminal = place == "tty";
        let size = is_terminal.then_some((90, 24));
        style(look, &Place { variable: &variable, to_stdout: place != "file", is_terminal, size })
    }

    #[test]
    fn colours() {
        for (place, variables, expected) in [
            ("tty", "", true),
            ("pipe", "", false),
            ("file", "", false),
            ("tty", "TERM=dumb", false),
            ("tty", "TERM=xterm", true),
            ("tty", "NO_COLOR=1", false),
            ("tty", "NO_COLOR=", true),
            ("tty", "CLICOLOR=0", false),
            ("tty", "CLICOLOR=1", true),
            ("pipe", "CLICOLOR=1", false),
            ("pipe", "CLICOLOR_FORCE=1", true),
            ("pipe", "CLICOLOR_FORCE=0", false),
            ("pipe", "CLICOLOR_FORCE=", false),
            ("pipe", "FORCE_COLOR=3", true),
            ("pipe", "FORCE_COLOR=0", false),
            ("tty", "FORCE_COLOR=0", false),
            ("tty", "TERM=dumb CLICOLOR_FORCE=1", true),
            ("tty", "CLICOLOR=0 FORCE_COLOR=1", true),
            ("pipe", "NO_COLOR=1 CLICOLOR_FORCE=1", false),
            ("pipe", "NO_COLOR=1 FORCE_COLOR=1", false),
            ("file", "CLICOLOR_FORCE=1", false),
        ] {
            assert_eq!(at(place, variables, LOOK).color, expected, "{place} {variables}");
            for (color, expected) in [(Color::Always, true), (Color::Never, false)] {
                let look = Look { color, ..LOOK };
                assert_eq!(at(place, variables, look).color, expected, "{color:?} {place} {variables}");
            }
        }
    }

    #[test]
    fn widths() {
        for (place, variables, width) in [
            ("tty", "", 90),
            ("pipe", "", 110),
            ("file", "", 110),
            ("tty", "COLUMNS=132", 132),
            ("pipe", "COLUMNS=72", 72),
            ("pipe", "COLUMNS=7", 40),
            ("tty", "COLUMNS=0", 90),
            ("tty", "COLUMNS=", 90),
            ("tty", "COLUMNS=wide", 90),
            ("pipe", "COLUMNS=-3", 110),
            ("pipe", "COLUMNS=99999999", 110),
        ] {
            assert_eq!(at(place, variables, LOOK).width, width, "{place} {variables}");
            assert_eq!(at(place, variables, Look { width: Some(50), ..LOOK }).width, 50);
        }
    }

    #[test]
    fn characters() {
        for (place, variables, expected) in [
            ("tty", "", false),
            ("tty", "LANG=C", true),
            ("pipe", "LANG=POSIX", true),
            ("file", "LANG=C", false),
            ("tty", "LANG=en_US.ISO-8859-1", true),
            ("tty", "LANG=en_US.UTF-8", false),
            ("tty", "LANG=C.utf8", false),
            ("tty", "LANG=C.UTF-8 LC_ALL=C", true),
            ("tty", "LANG=C LC_ALL=de_DE.UTF-8", false),
            ("tty", "LANG=C LC_ALL= LC_CTYPE=C.UTF-8", false),
            ("tty", "LANG=C.UTF-8 LC_CTYPE=C", true),
        ] {
            assert_eq!(at(place, variables, LOOK).ascii, expected, "{place} {variables}");
            assert!(at(place, variables, Look { ascii: true, ..LOOK }).ascii);
        }
    }
}
