//! What can be said on the command line.

mod explain;
mod inspect;
mod list;
mod look;
mod manual;
mod reading;
mod rows;
mod runs;
mod select;

use clap::{Parser, Subcommand};

pub(super) use explain::{Explain, Format, TopicKind};
pub(super) use inspect::{FailOn, Frames, Inspect, Payload};
pub(super) use list::List;
pub(super) use look::{Color, Look};
pub(super) use manual::{Manual, Page};
pub(super) use reading::{Reading, Secrecy};
pub(super) use rows::{FrameRows, MessageRows, Shape, Which};
pub(super) use runs::{Allow, Check, Diff, FailOnChange, RunFormat};
pub(super) use select::Select;

/// Explains how WebSocket connections ended, from packet captures and Autobahn reports.
///
/// wslog reassembles TCP, decodes the opening handshake and every frame, replays both sides through a reference
/// of RFC 6455, and says who ended the connection, which clause was broken, what should have come next and what
/// did. Begin with `wslog inspect FILE`.
#[derive(Debug, Parser)]
#[command(name = "wslog", version, max_term_width = 100, after_long_help = EXAMPLES)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,
    /// Before the command; what stands there is handed down.
    #[command(flatten)]
    _look: Look,
}

const EXAMPLES: &str = "\
Examples:
  wslog inspect capture.pcap          # how each connection of a capture closed, and why
  wslog explain 1006                  # what is behind a close code; FR-RSV: a rule
  wslog inspect --format json capture.pcap | jq '.connections[].closing.summary'
  tcpdump -i lo -w - port 8080 | wslog inspect -
  wslog inspect --fail-on must captures/
  wslog diff old/index.json new/index.json
  wslog check --allow non-strict --require-agent mylib reports/

Exit status:
  0  the work was done
  1  it was done and found what was asked about:
     inspect --fail-on a finding, diff a regression, check a broken policy
  2  bad usage, or an input that could not be read at all";

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Inspect(Inspect),
    List(List),
    Frames(FrameRows),
    Messages(MessageRows),
    Diff(Diff),
    Check(Check),
    Explain(Explain),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    Man(Manual),
}
