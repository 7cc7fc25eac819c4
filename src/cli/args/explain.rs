//! `wslog explain`.

use std::path::PathBuf;

use clap::ValueEnum;

use crate::cli::args::Look;

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
pub(in crate::cli) struct Explain {
    /// Causes (abrupt_end), outcomes (clean), close codes (1006, 4000-4999, "going away"), rules (FR-RSV, CL-*),
    /// applications (graphql-transport-ws, mqtt), Autobahn cases (3.2, 9.1, 9.*), guides (tls)
    #[arg(value_name = "WHAT", required_unless_present = "list", conflicts_with = "list")]
    pub(in crate::cli) what: Vec<String>,
    /// List what there is, a line each; without KIND causes, outcomes, rules and guides
    #[arg(long, value_enum, value_name = "KIND", num_args = 0..=1)]
    pub(in crate::cli) list: Option<Option<TopicKind>>,
    /// Text for people, or the document wslog.explain/1
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
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
pub(in crate::cli) enum TopicKind {
    Causes,
    Outcomes,
    Rules,
    Codes,
    Cases,
    Applications,
    Guides,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Format {
    Text,
    Json,
}
