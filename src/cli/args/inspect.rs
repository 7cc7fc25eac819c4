//! `wslog inspect`.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use wslog::views;

use crate::cli::args::{Look, Reading, Secrecy, Select};

/// Explain every WebSocket connection of the inputs
///
/// Of each connection: a summary made for a ticket, the last frames, who owed what and what came of it, and findings.
/// A finding names a rule (`wslog explain RULE` tells more), its level, and how sure it is: proven, likely or
/// undetermined. More than ten connections are told as stories, those that ended alike together, and the worst are shown in full.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Inspect {
    #[command(flatten)]
    pub(in crate::cli) reading: Reading,
    #[command(flatten)]
    pub(in crate::cli) select: Select,
    /// How the report is written
    #[arg(long, value_parser = format(VIEWS), default_value = VIEWS[0].name)]
    pub(in crate::cli) format: views::Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Show connections under TLS that cannot be read one by one, not summed up by host
    #[arg(long)]
    pub(in crate::cli) tls: bool,
    /// Tell of each connection as soon as it is over, whatever began before it: for a capture that is still being made
    ///
    /// What comes of its TCP after that is not told. As text in short, with totals at the end; or as ndjson.
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// Which frames to list
    #[arg(long, value_enum, default_value_t = Frames::Ends)]
    pub(in crate::cli) frames: Frames,
    /// How much of the payloads to show
    #[arg(long, value_enum, default_value_t = Payload::Preview)]
    pub(in crate::cli) payload: Payload,
    #[command(flatten)]
    pub(in crate::cli) secrecy: Secrecy,
    /// Exit with 1 if a finding of this level (or above) is there, a connection did not close cleanly, or none is there at all
    ///
    /// With 2 if an input could not be read. A capture that is cut at its end is judged as far as it goes.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(in crate::cli) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

/// The formats of `wslog inspect`.
const VIEWS: &[views::Format] = &[views::text::FORMAT, views::json::FORMAT, views::json::lines::FORMAT];

/// One of several formats, by name.
pub(super) fn format(formats: &'static [views::Format]) -> impl TypedValueParser<Value = views::Format> {
    let values = formats.iter().map(|view| PossibleValue::new(view.name).help(view.what));
    // What is none of them does not get through the first parser.
    PossibleValuesParser::new(values)
        .map(|name| formats.iter().find(|view| view.name == name).copied().unwrap_or(formats[0]))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Frames {
    /// The first and the last ones of each connection
    Ends,
    /// Every one
    All,
    /// No table of frames
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Payload {
    /// Nothing
    None,
    /// The first bytes of each
    Preview,
    /// All of each
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// A MUST of an RFC is broken
    Must,
    /// A SHOULD, or a MUST
    Should,
    /// Anything, what is legal and worth a note included
    Note,
}
