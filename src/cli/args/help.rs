//! `wslog help`.

use clap::builder::PossibleValue;

use crate::cli::args::Look;
use crate::cli::args::names::Names;

/// Help on a command, or on recipes, filters or json
///
/// Anything that wslog explain knows is shown too.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Help {
    /// A command (inspect), a page (recipes, filters, json, capture, tls)
    #[arg(value_name = "WHAT", value_parser = Names(pages), hide_possible_values = true)]
    pub(in crate::cli) what: Option<String>,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

/// Pages that are no command.
const PAGES: [(&str, &str); 5] = [
    ("recipes", "common tasks, a command each"),
    ("filters", "options that select connections"),
    ("json", "fields of JSON, NDJSON and CSV"),
    ("capture", "where and how to record"),
    ("tls", "how to get TLS keys"),
];

fn pages() -> Vec<PossibleValue> {
    PAGES.into_iter().map(|(name, about)| PossibleValue::new(name).help(about)).collect()
}
