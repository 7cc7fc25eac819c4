//! What can be said on the command line.

mod explain;
mod help;
mod inspect;
mod list;
mod look;
mod manual;
mod names;
mod reading;
mod rows;
mod runs;
mod select;

use clap::{Parser, Subcommand};

pub(super) use explain::{Explain, Format, TopicKind};
pub(super) use help::Help;
pub(super) use inspect::{FailOn, Frames, Inspect, Payload};
pub(super) use list::List;
pub(super) use look::{Color, Look};
pub(super) use manual::{Manual, Page};
pub(super) use reading::{READING, Reading, Secrecy};
pub(super) use rows::{FrameRows, MessageRows, Shape, Which};
pub(super) use runs::{Allow, Check, Diff, FailOnChange, Parts, RunFormat, RunOutput, Warn};
pub(super) use select::{SELECTION, Select};

/// Explains how WebSocket connections ended, from packet captures and Autobahn reports.
///
/// wslog reassembles TCP, decodes the opening handshake and every frame, checks both sides against RFC 6455, and says who ended
/// the connection, which rule was broken, what should have come next and what did. Start with `wslog inspect FILE`.
#[derive(Debug, Parser)]
#[command(
    name = "wslog",
    version,
    max_term_width = 80,
    before_long_help = EXAMPLES,
    after_help = MORE,
    after_long_help = STATUS,
    disable_help_subcommand = true
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Before the command; what stands there is handed down.
    #[command(flatten)]
    _look: Look,
}

const EXAMPLES: &str = "\
Examples:
  wslog inspect capture.pcap       # how and why each connection ended
  wslog list capture.pcap          # one row per connection
  wslog messages --follow 7 capture.pcap
  wslog explain 1006               # what a close code means; try a rule: FR-RSV
  tcpdump -U -i any -w - port 8080 | wslog inspect --live -
  wslog inspect --fail-on must captures/
  wslog diff old/index.json new/index.json
  wslog help recipes               # common tasks, a command each";

/// Where -h ends.
const MORE: &str = "\
Start with: wslog inspect FILE
Then: wslog help recipes (common tasks), filters (selection), json (output)";

const STATUS: &str = "\
Exit status:
  0  done
  1  done, and it found what you asked about: a finding (--fail-on),
     a regression or a missing case (diff), a broken policy (check)
  2  wrong usage, or an input could not be read at all

Help:
  wslog help COMMAND, and wslog help recipes, filters, json, capture, tls";

/// Where the -h of a command ends.
const SHORT: &str = "--help has examples and more options";

/// The same of a command that takes a selection.
const SELECTING: &str = "\
Which connections: --connection, --host, --path, --client, --server, --outcome,
  --cause, --code, --rule, --level, --since, --until (wslog help filters)
--help has examples and more options";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Inspect(Inspect),
    List(List),
    Frames(FrameRows),
    Messages(MessageRows),
    Diff(Diff),
    Check(Check),
    Explain(Explain),
    /// Print the completion script for a shell
    #[command(after_long_help = INSTALL)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    Man(Manual),
    Help(Help),
}

const INSTALL: &str = "\
Examples:
  source <(wslog completions bash)
  wslog completions zsh > ~/.zfunc/_wslog
  wslog completions fish > ~/.config/fish/completions/wslog.fish";
