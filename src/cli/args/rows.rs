//! `wslog frames` and `wslog messages`.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ValueEnum, ValueHint};
use regex::bytes::Regex;
use wslog::limits::LIMITS;
use wslog::model::{ConversationId, Opcode, Role};
use wslog::views::going_on::Times;
use wslog::views::{RowFormat, frames, messages};

use crate::cli::args::{Look, Payload, Reading, SELECTING, Secrecy, Select};

/// List frames, one row each
///
/// In the order of the capture, while it is read. Times are UTC.
#[derive(Debug, clap::Args)]
#[command(before_long_help = FRAMES, after_help = SELECTING, after_long_help = "")]
pub(in crate::cli) struct FrameRows {
    #[command(flatten)]
    pub(in crate::cli) reading: Reading,
    #[command(flatten)]
    pub(in crate::cli) select: Select,
    /// Only frames of these types
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_enum)]
    pub(in crate::cli) types: Vec<FrameType>,
    #[command(flatten)]
    pub(in crate::cli) which: Which,
    /// Output format
    #[arg(long, value_parser = format(frames::FORMATS), default_value = frames::FORMATS[0].name)]
    pub(in crate::cli) format: RowFormat,
    #[command(flatten)]
    pub(in crate::cli) shape: Shape,
    #[command(flatten)]
    pub(in crate::cli) secrecy: Secrecy,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

const FRAMES: &str = "\
Examples:
  wslog frames --connection 7 capture.pcap
  wslog frames --type close,ping,pong --time absolute capture.pcap
  wslog frames --format csv --host api.example.com capture.pcap > frames.csv";

/// List whole messages, or one connection's conversation
///
/// Messages are put together from their frames and inflated, and come in the order in which they were whole. Times are UTC.
/// With --format har there is an entry for each connection, written when it is over.
#[derive(Debug, clap::Args)]
#[command(before_long_help = MESSAGES, after_help = SELECTING, after_long_help = "")]
pub(in crate::cli) struct MessageRows {
    #[command(flatten)]
    pub(in crate::cli) reading: Reading,
    #[command(flatten)]
    pub(in crate::cli) select: Select,
    /// Only of these types
    #[arg(long = "type", value_name = "TYPE", value_delimiter = ',', value_enum)]
    pub(in crate::cli) types: Vec<MessageType>,
    /// Only messages that match REGEX: '"op":2', '(?i)error'
    ///
    /// Anywhere in the message, as it may be shown: secrets are hidden first.
    #[arg(long = "match", value_name = "REGEX")]
    pub(in crate::cli) matches: Option<Regex>,
    #[command(flatten)]
    pub(in crate::cli) which: Which,
    /// Output format
    #[arg(long, value_parser = format(messages::FORMATS), default_value = messages::FORMATS[0].name)]
    pub(in crate::cli) format: RowFormat,
    /// Show connection ID as a conversation
    ///
    /// Whole messages of both sides, Pings, Closes, ends, and when each came.
    #[arg(long, value_name = "ID", conflicts_with_all = ["format", "connection"])]
    pub(in crate::cli) follow: Option<ConversationId>,
    /// Write each message to a file of its own in DIR
    ///
    /// The directory is created if necessary; rows name the files.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(in crate::cli) extract: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) shape: Shape,
    #[command(flatten)]
    pub(in crate::cli) secrecy: Secrecy,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

const MESSAGES: &str = "\
Examples:
  wslog messages --follow 7 capture.pcap             # the whole conversation
  wslog messages --match '\"error\"' --from server capture.pcap
  wslog messages --min-bytes 1000000 --extract out/ capture.pcap
  wslog messages --format ndjson capture.pcap | jq -r .payload.text
  wslog messages --format har -o chat.har capture.pcap  # for a browser";

/// Which rows.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(in crate::cli) struct Which {
    /// Only what this side sent
    #[arg(long, value_enum, value_name = "SIDE")]
    pub(in crate::cli) from: Option<Side>,
    /// Only those of N bytes or more: 1_000_000, 64k
    #[arg(long, value_name = "N", value_parser = bytes, default_value = "0", hide_default_value = true)]
    pub(in crate::cli) min_bytes: u64,
}

/// What rows look like.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Shape {
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    /// How much of each payload to show [default: preview]
    ///
    /// With --format har all of it, with --anonymize nothing, unless asked otherwise.
    #[arg(long, value_enum)]
    pub(in crate::cli) payload: Option<Payload>,
    /// Times in the text
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Time::Relative)]
    pub(in crate::cli) time: Time,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Time {
    /// Since the connection's first packet
    Relative,
    /// Date and time, UTC
    Absolute,
    /// Since the row before
    Delta,
}

impl From<Time> for Times {
    fn from(time: Time) -> Self {
        match time {
            Time::Relative => Self::Relative,
            Time::Absolute => Self::Absolute,
            Time::Delta => Self::Delta,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Side {
    Client,
    Server,
}

impl From<Side> for Role {
    fn from(side: Side) -> Self {
        match side {
            Side::Client => Self::Client,
            Side::Server => Self::Server,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FrameType {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
    /// Opcodes that nothing gives a meaning: 3 to 7, 11 to 15
    Reserved,
}

impl FrameType {
    /// What it stands for.
    pub(in crate::cli) fn opcodes(self) -> Vec<Opcode> {
        match self {
            Self::Continuation => vec![Opcode::CONTINUATION],
            Self::Text => vec![Opcode::TEXT],
            Self::Binary => vec![Opcode::BINARY],
            Self::Close => vec![Opcode::CLOSE],
            Self::Ping => vec![Opcode::PING],
            Self::Pong => vec![Opcode::PONG],
            Self::Reserved => (0..16).map(Opcode::from_bits).filter(|opcode| opcode.is_reserved()).collect(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum MessageType {
    Text,
    Binary,
}

impl MessageType {
    /// Of its first frame.
    pub(in crate::cli) const fn opcode(self) -> Opcode {
        match self {
            Self::Text => Opcode::TEXT,
            Self::Binary => Opcode::BINARY,
        }
    }
}

fn format(formats: &'static [RowFormat]) -> impl TypedValueParser<Value = RowFormat> {
    let values = formats.iter().map(|format| PossibleValue::new(format.name).help(format.what));
    // What is none of them does not get through the first parser.
    PossibleValuesParser::new(values)
        .map(|name| formats.iter().find(|format| format.name == name).copied().unwrap_or(formats[0]))
}

/// So many bytes, written as limits are.
fn bytes(text: &str) -> Result<u64, &'static str> {
    let limit = LIMITS.iter().find(|limit| limit.name == "message-bytes").ok_or("no such limit")?;
    limit.parse(text).map_err(|_| "write a whole number of bytes, or KiB, MiB, GiB with k, M, G")
}
