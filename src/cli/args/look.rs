//! How text is shown.

use clap::{ArgAction, ValueEnum};

/// How text is shown.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(in crate::cli) struct Look {
    /// Colours: where standard output is a terminal, always, or never (`NO_COLOR` is honoured)
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(in crate::cli) color: Color,
    /// Columns of the text [default: those of the terminal, else 110]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..))]
    pub(in crate::cli) width: Option<u16>,
    /// No remarks on standard error
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(in crate::cli) quiet: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Color {
    Auto,
    Always,
    Never,
}
