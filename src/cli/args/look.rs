//! How text is shown.

use clap::{ArgAction, ValueEnum};

/// How text is shown. Each may stand before the command as well.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(in crate::cli) struct Look {
    /// When to use colour
    ///
    /// auto: on a terminal. NO_COLOR, CLICOLOR, CLICOLOR_FORCE, FORCE_COLOR and TERM=dumb are honoured.
    #[arg(long, value_enum, default_value_t = Color::Auto, global = true, help_heading = LOOK, hide_short_help = true)]
    pub(in crate::cli) color: Color,
    /// Width of the text, 40 columns or more [default: COLUMNS, the terminal's, or 110]
    #[arg(
        long,
        value_name = "COLUMNS",
        value_parser = clap::value_parser!(u16).range(40..),
        global = true,
        help_heading = LOOK,
        hide_short_help = true
    )]
    pub(in crate::cli) width: Option<u16>,
    /// Write text in ASCII; the default if the locale is not UTF-8
    #[arg(long, action = ArgAction::SetTrue, global = true, help_heading = LOOK, hide_short_help = true)]
    pub(in crate::cli) ascii: bool,
    /// Do not start PAGER (less) for text that does not fit on the terminal
    #[arg(long, action = ArgAction::SetTrue, global = true, help_heading = LOOK, hide_short_help = true)]
    pub(in crate::cli) no_pager: bool,
    /// No remarks on standard error
    #[arg(short, long, action = ArgAction::SetTrue, global = true, help_heading = LOOK, hide_short_help = true)]
    pub(in crate::cli) quiet: bool,
}

const LOOK: &str = "Display";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Color {
    Auto,
    Always,
    Never,
}
