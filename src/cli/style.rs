//! How text looks where it goes.

use std::io::{self, IsTerminal};

use wslog::views::text::Style;

use crate::cli::args::{Color, Look};

/// Columns where no terminal says otherwise.
const PAGE: u16 = 110;

/// Colour and width for text to standard output, or to a file.
pub(super) fn of(look: Look, to_stdout: bool) -> Style {
    let Look { color, width, .. } = look;
    let to_terminal = to_stdout && io::stdout().is_terminal();
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => to_terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    let terminal = || if to_terminal { terminal_size::terminal_size().map(|(w, _)| w.0) } else { None };
    Style { width: width.or_else(terminal).unwrap_or(PAGE), color }
}
