//! What can be said on the command line.

use std::io::Write;
use std::path::PathBuf;

use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum};

/// Explains how WebSocket connections ended, from packet captures.
///
/// wslog reassembles TCP, decodes the opening handshake and every frame, replays both sides through a reference
/// of RFC 6455, and says who ended the connection, which clause was broken, what should have come next and what
/// did.
#[derive(Debug, Parser)]
#[command(name = "wslog", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  wslog inspect capture.pcap
  wslog inspect --format json capture.pcap | jq '.connections[].closing.summary'
  tcpdump -i lo -w - port 8080 | wslog inspect -
  wslog inspect --fail-on must captures/

Exit status:
  0  the work was done
  1  it was done and found what was asked about (inspect --fail-on)
  2  bad usage, or an input that could not be read at all";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Explain every WebSocket connection of the inputs
    Inspect(Inspect),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Explains every WebSocket connection of the inputs.
#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    /// Captures (pcap, pcapng), directories that hold some, or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,
    /// Text for people, or the document wslog.inspect/1
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Only the connection with this number, in full (repeatable)
    #[arg(long, value_name = "ID")]
    pub(super) connection: Vec<u64>,
    /// Which frames to list: the first and last ones, all, or none
    #[arg(long, value_enum, default_value_t = Frames::Ends)]
    pub(super) frames: Frames,
    /// How much of the payloads to show: nothing, the first bytes, or up to 1 MiB of each
    #[arg(long, value_enum, default_value_t = Payload::Preview)]
    pub(super) payload: Payload,
    /// Exit with 1 if a finding of this level (or above) is there, or a connection did not close cleanly
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) fail_on: Option<FailOn>,
    /// Colours: where standard output is a terminal, always, or never (`NO_COLOR` is honoured)
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// Columns of the text [default: those of the terminal, else 110]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..))]
    pub(super) width: Option<u16>,
    /// No remarks on standard error
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(super) quiet: bool,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

/// Caps on memory and work; reaching one is counted and shown.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Limits")]
pub(super) struct LimitArgs {
    /// TCP connections followed at a time [default: 1000000]
    #[arg(long, value_name = "N")]
    pub(super) max_flows: Option<usize>,
    /// Out-of-order bytes kept per direction [default: 4194304]
    #[arg(long, value_name = "BYTES")]
    pub(super) max_out_of_order: Option<usize>,
    /// Length of an HTTP head [default: 65536]
    #[arg(long, value_name = "BYTES")]
    pub(super) max_handshake: Option<usize>,
    /// Bytes inflated from one message [default: 268435456]
    #[arg(long, value_name = "BYTES")]
    pub(super) max_inflated: Option<u64>,
    /// Findings kept per connection [default: 200]
    #[arg(long, value_name = "N")]
    pub(super) max_findings: Option<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Frames {
    Ends,
    All,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Payload {
    None,
    Preview,
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    Must,
    Should,
    Note,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

/// One page for all commands: clap's pages of `wslog` and of each command, one after the other.
pub(super) fn man_page(out: &mut dyn Write) -> std::io::Result<()> {
    let mut command = Args::command();
    command.build();
    let man = clap_mangen::Man::new(command.clone()).date("");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    for sub in command.get_subcommands().filter(|c| c.get_name() != "help") {
        let name = sub.get_name().to_owned();
        let page = clap_mangen::Man::new(sub.clone());
        writeln!(out, ".SH \"WSLOG {}\"", name.to_uppercase())?;
        let mut body = Vec::new();
        page.render_synopsis_section(&mut body)?;
        page.render_description_section(&mut body)?;
        page.render_options_section(&mut body)?;
        let body = String::from_utf8_lossy(&body).replace(".SH", ".SS");
        out.write_all(body.as_bytes())?;
    }
    man.render_extra_section(out)?;
    man.render_version_section(out)
}
