//! `wslog inspect`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ValueEnum, ValueHint};
use wslog::views;

use crate::cli::args::{Look, Reading, SELECTING, Secrecy, Select};

/// Explain how each WebSocket connection ended
///
/// For each connection: a summary to paste into a ticket, the last frames, what each side had to do and whether it did, and the
/// findings. A finding names a rule (see `wslog explain RULE`), its level, and how certain it is: proven, likely or undetermined.
/// More than ten connections are told as stories, those that ended alike together, and the worst are shown in full.
#[derive(Debug, clap::Args)]
#[command(before_long_help = EXAMPLES, after_help = SELECTING, after_long_help = "")]
pub(in crate::cli) struct Inspect {
    #[command(flatten)]
    pub(in crate::cli) reading: Reading,
    #[command(flatten)]
    pub(in crate::cli) select: Select,
    /// Output format
    #[arg(long, value_parser = format(VIEWS), default_value = VIEWS[0].name)]
    pub(in crate::cli) format: views::Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// List undecrypted TLS connections one by one
    ///
    /// Instead of summing them up by host.
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) tls: bool,
    /// Report each connection as soon as it is over
    ///
    /// For a capture that is still being made. As text in short, with totals at the end; or as ndjson. What comes of its TCP
    /// after that is not reported.
    #[arg(long)]
    pub(in crate::cli) live: bool,
    /// Which frames to list
    #[arg(long, value_enum, default_value_t = Frames::Ends)]
    pub(in crate::cli) frames: Frames,
    /// How much of each payload to show [default: preview; none in Markdown]
    ///
    /// With --anonymize nothing is shown of them by default.
    #[arg(long, value_enum)]
    pub(in crate::cli) payload: Option<Payload>,
    /// Tell more in Markdown
    ///
    /// Fields of the handshake, more frames, why each side was told what it was told, the connections that are in order, and of many
    /// the five worst.
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) details: bool,
    /// Copy the packets of these connections to FILE (pcapng)
    ///
    /// For a ticket: the packets of the connections that are selected, as they were, with comments at those that show findings, Close
    /// frames and ends. The file gives the same report. What was decrypted is carried by plain TCP made for it, unless --with-keys
    /// is given. With --payload none payloads of messages are replaced by as many other bytes: what rests on what was said (UTF-8,
    /// sizes after inflating, last words) does not show in it. With --anonymize others stand for addresses and names, payloads are
    /// replaced, and packets are made anew, without what carried them. Inputs are read twice or more often, so none can be standard
    /// input.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "live", hide_short_help = true)]
    pub(in crate::cli) slice: Option<PathBuf>,
    /// With --slice: copy TLS as it was, with the keys of these connections
    #[arg(long, requires = "slice", hide_short_help = true)]
    pub(in crate::cli) with_keys: bool,
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
  wslog inspect capture.pcap
  wslog inspect --connection 7 --frames all capture.pcap
  wslog inspect --outcome unclean --host api.example.com captures/
  wslog inspect --keylog keys.log capture.pcap
  wslog inspect --format json capture.pcap | jq '.connections[].closing.summary'
  wslog inspect --format html -o page.html captures/
  wslog inspect --format markdown capture.pcap > ticket.md
  wslog inspect --fail-on must captures/
  wslog inspect --connection 7 --slice ticket.pcapng capture.pcap
  tcpdump -U -i any -w - port 8080 | wslog inspect --live -";

/// The formats of `wslog inspect`.
const VIEWS: &[views::Format] = &[
    views::text::FORMAT,
    views::json::FORMAT,
    views::json::lines::FORMAT,
    views::html::FORMAT,
    views::markdown::FORMAT,
    views::verdicts::FORMAT,
];

/// One of several formats, by name.
pub(super) fn format(formats: &'static [views::Format]) -> impl TypedValueParser<Value = views::Format> {
    let values = formats.iter().map(|view| PossibleValue::new(view.name).help(view.what));
    // What is none of them does not get through the first parser.
    PossibleValuesParser::new(values)
        .map(|name| formats.iter().find(|view| view.name == name).copied().unwrap_or(formats[0]))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Frames {
    /// The first and last frames of each connection
    Ends,
    /// Every frame
    All,
    /// No table of frames
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Payload {
    /// Nothing
    None,
    /// The first bytes of each payload
    Preview,
    /// All of each payload
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// A MUST of an RFC is broken
    Must,
    /// A SHOULD or a MUST is broken
    Should,
    /// Any finding, including notes on what is legal
    Note,
}
