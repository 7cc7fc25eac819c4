//! What can be said on the command line.

use std::num::NonZeroU16;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Parser, Subcommand, ValueEnum};
use wslog::autobahn::policy::Pattern;
use wslog::model::ConversationId;
use wslog::views;
use wslog::views::schema::{DOCUMENTS, Document};

use crate::cli::limit_args::LimitArgs;

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

/// Explain every WebSocket connection of the inputs
///
/// Of each connection: a summary made for a ticket, the last frames, who owed what and what came of it, and findings.
/// A finding names a rule (`wslog explain RULE` tells more), its level, and how sure it is: proven, likely or
/// undetermined. With more than twenty connections counts come first, and the ten with most to say.
#[derive(Debug, clap::Args)]
pub(super) struct Inspect {
    /// Captures (pcap, pcapng; compressed or not), Autobahn cases (JSON, HTML, pasted text), directories that hold some, or - for standard input
    #[arg(required = true, value_name = "INPUT")]
    pub(super) inputs: Vec<PathBuf>,
    /// How the report is written
    #[arg(long, value_parser = view(), default_value = VIEWS[0].name)]
    pub(super) format: views::Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Only the connection with this number, what stands behind its "#" (7, 2:7), in full (repeatable)
    #[arg(long, value_name = "ID")]
    pub(super) connection: Vec<ConversationId>,
    /// Read all captures as one, in order of their first packets [default: where each begins after the one before]
    #[arg(long, conflicts_with = "apart")]
    pub(super) joined: bool,
    /// Read each capture for itself
    #[arg(long)]
    pub(super) apart: bool,
    /// Tell of every TCP connection that was refused or not answered, not only of those to a server that carried WebSocket before
    #[arg(long)]
    pub(super) connects: bool,
    /// Decrypt TLS with the keys of FILE, a key log (SSLKEYLOGFILE; repeatable); env: the file that variable names
    ///
    /// Keys that a pcapng brings along (editcap --inject-secrets) are used anyway. Where the capture comes by a pipe the file
    /// may still grow. wslog explain tls says how programs are made to write one.
    #[arg(long, value_name = "FILE")]
    pub(super) keylog: Vec<PathBuf>,
    /// Show connections under TLS that cannot be read one by one, not summed up by host
    #[arg(long)]
    pub(super) tls: bool,
    /// Levels of directories to look into below those named; hidden ones are left [default: 16]
    #[arg(long, value_name = "N")]
    pub(super) depth: Option<u16>,
    /// Threads that analyse; the output is the same for any number [default: one a core]
    #[arg(long, value_name = "N")]
    pub(super) threads: Option<NonZeroU16>,
    /// Which frames to list
    #[arg(long, value_enum, default_value_t = Frames::Ends)]
    pub(super) frames: Frames,
    /// How much of the payloads to show
    #[arg(long, value_enum, default_value_t = Payload::Preview)]
    pub(super) payload: Payload,
    /// Leave out payloads and the reasons of Close frames too, not only secrets
    ///
    /// Secrets are left out anyway: credentials, cookies, what is called like a secret in fields, URIs, extensions and
    /// JSON, JSON Web Tokens, what looks random in the opening handshake, and whatever quotes any of these. One stands as
    /// <redacted 24 bytes, no. 2>, with the same number wherever it stood. The account of an Autobahn case goes on quoting
    /// its test data.
    #[arg(long, conflicts_with = "no_redact")]
    pub(super) redact: bool,
    /// Show everything, secrets included
    #[arg(long)]
    pub(super) no_redact: bool,
    /// Exit with 1 if a finding of this level (or above) is there, a connection did not close cleanly, or none is there at all
    ///
    /// With 2 if an input could not be read. A capture that is cut at its end is judged as far as it goes.
    #[arg(long, value_enum, value_name = "LEVEL")]
    pub(super) fail_on: Option<FailOn>,
    #[command(flatten)]
    pub(super) look: Look,
    #[command(flatten)]
    pub(super) limits: LimitArgs,
}

/// Compare two runs of the Autobahn Testsuite
///
/// What got worse, what got better, what is missing, and why.
/// A regression is a case with a worse behavior or a worse close. Durations count only with --duration-factor.
#[derive(Debug, clap::Args)]
pub(super) struct Diff {
    /// The run before: index.json, the directory that holds it or the cases, a directory of such (shards), or one case
    #[arg(value_name = "OLD")]
    pub(super) old: PathBuf,
    /// The run after
    #[arg(value_name = "NEW")]
    pub(super) new: PathBuf,
    /// Compare agent OLD of the old run with agent NEW of the new one (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    pub(super) agent: Vec<String>,
    /// Count a case as changed if it takes N times longer or shorter
    #[arg(long, value_name = "N", value_parser = factor)]
    pub(super) duration_factor: Option<f64>,
    /// Exit with 1 if there is a change of such a kind
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',', default_value = "regression")]
    pub(super) fail_on: Vec<FailOnChange>,
    #[command(flatten)]
    pub(super) output: RunOutput,
}

/// Hold a run of the Autobahn Testsuite against a policy
///
/// Several runs are shards of one.
/// Strict unless told otherwise: OK passes, and INFORMATIONAL for 7.1.6, 7.13.1 and 7.13.2, of which the suite
/// never says anything else. A run without a case never passes. The index is held against its case files.
#[derive(Debug, clap::Args)]
#[command(after_long_help = POLICY)]
pub(super) struct Check {
    /// index.json, the directory that holds it or the cases, a directory of such (shards), or one case
    #[arg(required = true, value_name = "RUN")]
    pub(super) runs: Vec<PathBuf>,
    /// A policy file (TOML; --help shows one); the options below add to it
    #[arg(long, value_name = "FILE")]
    pub(super) policy: Option<PathBuf>,
    /// What passes besides OK, in any case
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub(super) allow: Vec<Allow>,
    /// Each agent must have run N cases
    #[arg(long, value_name = "N")]
    pub(super) expect_cases: Option<u64>,
    /// This agent must be there (repeatable)
    #[arg(long, value_name = "AGENT")]
    pub(super) require_agent: Vec<String>,
    /// Each agent must have run these cases and no others: 7.9.3, 7.* or * (repeatable)
    #[arg(long = "case", value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(super) cases: Vec<Pattern>,
    /// Do not judge these cases (repeatable)
    #[arg(long, value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(super) skip: Vec<Pattern>,
    /// Write the expected failures of the policy file anew, as this run has them
    #[arg(long, requires = "policy")]
    pub(super) update: bool,
    /// Do not hold the index against its case files
    #[arg(long)]
    pub(super) index_only: bool,
    #[command(flatten)]
    pub(super) output: RunOutput,
}

const POLICY: &str = "\
A whole policy:
  skip = [\"9.*\"]                     # not judged

  [pass]                             # in any case; the default is OK for both
  behavior = [\"OK\", \"NON-STRICT\"]
  close = [\"OK\"]

  [[allow]]                          # besides, for some cases (and one agent)
  agent = \"mylib\"
  cases = [\"12.*\", \"13.*\"]
  behavior = [\"UNIMPLEMENTED\"]

  [expect]
  agents = [\"mylib\"]               # must be there
  cases = [\"1.*\", \"7.9.*\"]         # these, and no others
  count = 301                        # that many, per agent

  [[xfail]]                          # must fail; if it passes, the check fails too
  agent = \"mylib\"                  # left out: any agent
  case = \"7.1.5\"
  reason = \"sends 1002 in mid-message, see issue 12\"
  behavior = \"FAILED\"              # left out: any that does not pass
  close = \"WRONG CODE\"
  result = \"should have been\"      # part of what the suite said
  may_pass = false                   # true: fails at times only";

/// Print a page of the manual, or the JSON Schema of a document
///
/// To read a page: wslog man wslog-json | man -l -
#[derive(Debug, clap::Args)]
pub(super) struct Manual {
    /// Which page
    #[arg(value_enum, default_value_t = Page::Wslog)]
    pub(super) page: Page,
    /// Print the schema (JSON Schema 2020-12) of what this command writes with --format json
    #[arg(long, value_name = "COMMAND", value_parser = document(), conflicts_with = "page")]
    pub(super) schema: Option<&'static Document>,
}

/// A page of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Page {
    /// The commands, a line each
    Wslog,
    /// wslog inspect, and its limits
    WslogInspect,
    /// wslog diff
    WslogDiff,
    /// wslog check
    WslogCheck,
    /// wslog explain
    WslogExplain,
    /// The documents that --format json writes
    WslogJson,
    /// The rules
    WslogRules,
    /// The causes, and the outcomes
    WslogCauses,
    /// How recordings are made that can be read: the keys of TLS
    WslogCapture,
}

impl Page {
    /// Its section of the manual.
    pub(super) const fn section(self) -> u8 {
        match self {
            Self::WslogJson => 5,
            Self::WslogRules | Self::WslogCauses | Self::WslogCapture => 7,
            _ => 1,
        }
    }
}

/// How text is shown.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct Look {
    /// Colours: where standard output is a terminal, always, or never (`NO_COLOR` is honoured)
    #[arg(long, value_enum, default_value_t = Color::Auto)]
    pub(super) color: Color,
    /// Columns of the text [default: those of the terminal, else 110]
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(60..))]
    pub(super) width: Option<u16>,
    /// No remarks on standard error
    #[arg(short, long, action = ArgAction::SetTrue)]
    pub(super) quiet: bool,
}

/// Explain a cause, an outcome, a close code, a rule, an application or an Autobahn case; how TLS is read
///
/// Of a cause: when it is the one, on what evidence, what must never be concluded from it, where to look next, and what
/// it looks like on the wire. Of an outcome: what it means, and whether --fail-on takes it for unclean. Of a close code: what
/// it means, who may send it, what the applications report, what is behind it, and who has published a meaning of their own. Of
/// a rule: what it says, what the other side does about a breach, and what it looks like on the wire, broken and not. Of an
/// application: how it is recognised, its close codes, and the messages in which it announces an end. Of a case: what the
/// tester sends and what passes. tls is a guide: how programs are made to write the keys of TLS, and what is said without.
#[derive(Debug, clap::Args)]
#[command(after_long_help = TOPICS)]
pub(super) struct Explain {
    /// Causes (abrupt_end), outcomes (clean), close codes (1006, 4000-4999, "going away"), rules (FR-RSV, CL-*),
    /// applications (graphql-transport-ws, mqtt), Autobahn cases (3.2, 9.1, 9.*), guides (tls)
    #[arg(value_name = "WHAT", required_unless_present = "list", conflicts_with = "list")]
    pub(super) what: Vec<String>,
    /// List what there is, a line each; without KIND causes, outcomes, rules and guides
    #[arg(long, value_enum, value_name = "KIND", num_args = 0..=1)]
    pub(super) list: Option<Option<TopicKind>>,
    /// Text for people, or the document wslog.explain/1
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) look: Look,
}

const TOPICS: &str = "\
Examples:
  wslog explain abrupt_end
  wslog explain 1006
  wslog explain FR-RSV CL-REPLY
  wslog explain 4400 graphql-transport-ws
  wslog explain 3.2
  wslog explain tls            # how keys are had
  wslog explain 9.1            # the cases of a section, a line each
  wslog explain --list codes";

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum TopicKind {
    Causes,
    Outcomes,
    Rules,
    Codes,
    Cases,
    Applications,
    Guides,
}

/// How runs are shown.
#[derive(Debug, clap::Args)]
pub(super) struct RunOutput {
    /// Text for people, JSON, Markdown for a pull request, JUnit XML, or annotations of GitHub Actions
    #[arg(long, value_enum, default_value_t = RunFormat::Text)]
    pub(super) format: RunFormat,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    #[command(flatten)]
    pub(super) look: Look,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum RunFormat {
    Text,
    Json,
    Markdown,
    Junit,
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOnChange {
    Regression,
    Missing,
    Changed,
    Fixed,
    Added,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Allow {
    NonStrict,
    Informational,
    Unimplemented,
    FailedByClient,
    WrongCode,
    Unclean,
}

/// The formats of `wslog inspect`.
const VIEWS: &[views::Format] = &[views::text::FORMAT, views::json::FORMAT];

fn view() -> impl TypedValueParser<Value = views::Format> {
    let values = VIEWS.iter().map(|view| PossibleValue::new(view.name).help(view.what));
    // What is none of them does not get through the first parser.
    PossibleValuesParser::new(values)
        .map(|name| VIEWS.iter().find(|view| view.name == name).copied().unwrap_or(VIEWS[0]))
}

/// Documents by the command that writes them.
fn document() -> impl TypedValueParser<Value = &'static Document> {
    let values = DOCUMENTS.iter().map(|document| PossibleValue::new(document.command).help(document.name));
    // What is none of them does not get through the first parser.
    PossibleValuesParser::new(values)
        .map(|command| DOCUMENTS.iter().find(|document| document.command == command).unwrap_or(&DOCUMENTS[0]))
}

fn renamed(text: &str) -> Result<String, String> {
    match text.split_once('=') {
        Some((old, new)) if !old.is_empty() && !new.is_empty() => Ok(text.to_owned()),
        _ => Err("write OLD=NEW".to_owned()),
    }
}

fn factor(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(factor) if factor >= 1.0 => Ok(factor),
        _ => Err("write a number from 1 on".to_owned()),
    }
}

fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).ok_or_else(|| "write 7.9.3, 7.* or *".to_owned())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Frames {
    /// The first and the last ones of each connection
    Ends,
    /// Every one
    All,
    /// No table of frames
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Payload {
    /// Nothing
    None,
    /// The first bytes of each
    Preview,
    /// Up to 1 MiB of each
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FailOn {
    /// A MUST of an RFC is broken
    Must,
    /// A SHOULD, or a MUST
    Should,
    /// Anything, what is legal and worth a note included
    Note,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}
