//! `wslog list`.

use std::path::PathBuf;

use clap::ValueHint;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use wslog::views::{self, list};

use crate::cli::args::inspect::{FailOn, format};
use crate::cli::args::{Look, Reading, SELECTING, Secrecy, Select};

/// List connections, one row each
///
/// As a table that fits the page, as CSV or JSON with all columns for other programs, or as Markdown. Rows come while the inputs
/// are read; times are UTC.
#[derive(Debug, clap::Args)]
#[command(before_long_help = EXAMPLES, after_help = SELECTING, after_long_help = "")]
pub(in crate::cli) struct List {
    #[command(flatten)]
    pub(in crate::cli) reading: Reading,
    #[command(flatten)]
    pub(in crate::cli) select: Select,
    /// Output format
    #[arg(long, value_parser = format(list::FORMATS), default_value = list::FORMATS[0].name)]
    pub(in crate::cli) format: views::Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Sort by a column of the CSV: duration_ns, ...
    ///
    /// Rows without a value come last. Without it rows come by number, as connections are read.
    #[arg(long, value_name = "COLUMN", value_parser = column(), hide_possible_values = true)]
    pub(in crate::cli) sort: Option<&'static str>,
    /// Sort the largest first
    #[arg(long, requires = "sort")]
    pub(in crate::cli) reverse: bool,
    /// List each connection as soon as it is over
    #[arg(long, conflicts_with = "sort")]
    pub(in crate::cli) live: bool,
    #[command(flatten)]
    pub(in crate::cli) secrecy: Secrecy,
    /// Exit with 1 on a finding of this level, or an unclean end
    ///
    /// Exit with 1 if there is a finding of this level or above, a connection that did not close cleanly, or no connection at all;
    /// with 2 if an input could not be read. A truncated capture is judged as far as it goes.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(in crate::cli) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

const EXAMPLES: &str = "\
Examples:
  wslog list capture.pcap
  wslog list --outcome unclean --sort duration_ns --reverse captures/
  wslog list --code 1006 --format csv -o 1006.csv captures/
  wslog list --format ndjson capture.pcap | jq -r 'select(.must > 0) | .id'
  tcpdump -U -i any -w - port 8080 | wslog list --live -";

/// Columns by name.
fn column() -> impl TypedValueParser<Value = &'static str> {
    let values = list::FIELDS.iter().map(|field| PossibleValue::new(field.name).help(field.doc));
    // What is none of them does not get through the first parser.
    PossibleValuesParser::new(values)
        .map(|name| list::FIELDS.iter().map(|field| field.name).find(|known| *known == name).unwrap_or("id"))
}
