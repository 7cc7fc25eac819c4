//! `wslog diff` and `wslog check`.

use std::path::PathBuf;

use clap::ValueEnum;
use wslog::autobahn::policy::Pattern;

use crate::cli::args::Look;

/// Compare two runs of the Autobahn Testsuite
///
/// What got worse, what got better, what is missing, and why.
/// A regression is a case with a worse behavior or a worse close. Durations count only with --duration-factor.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Diff {
    /// The run before: index.json, the directory that holds it or the cases, a directory of such (shards), or one case
    #[arg(value_name = "OLD")]
    pub(in crate::cli) old: PathBuf,
    /// The run after
    #[arg(value_name = "NEW")]
    pub(in crate::cli) new: PathBuf,
    /// Compare agent OLD of the old run with agent NEW of the new one (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    pub(in crate::cli) agent: Vec<String>,
    /// Count a case as changed if it takes N times longer or shorter
    #[arg(long, value_name = "N", value_parser = factor)]
    pub(in crate::cli) duration_factor: Option<f64>,
    /// Exit with 1 if there is a change of such a kind
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',', default_value = "regression")]
    pub(in crate::cli) fail_on: Vec<FailOnChange>,
    #[command(flatten)]
    pub(in crate::cli) output: RunOutput,
}

/// Hold a run of the Autobahn Testsuite against a policy
///
/// Several runs are shards of one.
/// Strict unless told otherwise: OK passes, and INFORMATIONAL for 7.1.6, 7.13.1 and 7.13.2, of which the suite
/// never says anything else. A run without a case never passes. The index is held against its case files.
#[derive(Debug, clap::Args)]
#[command(after_long_help = POLICY)]
pub(in crate::cli) struct Check {
    /// index.json, the directory that holds it or the cases, a directory of such (shards), or one case
    #[arg(required = true, value_name = "RUN")]
    pub(in crate::cli) runs: Vec<PathBuf>,
    /// A policy file (TOML; --help shows one); the options below add to it
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// What passes besides OK, in any case
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub(in crate::cli) allow: Vec<Allow>,
    /// Each agent must have run N cases
    #[arg(long, value_name = "N")]
    pub(in crate::cli) expect_cases: Option<u64>,
    /// This agent must be there (repeatable)
    #[arg(long, value_name = "AGENT")]
    pub(in crate::cli) require_agent: Vec<String>,
    /// Each agent must have run these cases and no others: 7.9.3, 7.* or * (repeatable)
    #[arg(long = "case", value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(in crate::cli) cases: Vec<Pattern>,
    /// Do not judge these cases (repeatable)
    #[arg(long, value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(in crate::cli) skip: Vec<Pattern>,
    /// Write the expected failures of the policy file anew, as this run has them
    #[arg(long, requires = "policy")]
    pub(in crate::cli) update: bool,
    /// Do not hold the index against its case files
    #[arg(long)]
    pub(in crate::cli) index_only: bool,
    #[command(flatten)]
    pub(in crate::cli) output: RunOutput,
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

/// How runs are shown.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunOutput {
    /// Text for people, JSON, Markdown for a pull request, JUnit XML, or annotations of GitHub Actions
    #[arg(long, value_enum, default_value_t = RunFormat::Text)]
    pub(in crate::cli) format: RunFormat,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RunFormat {
    Text,
    Json,
    Markdown,
    Junit,
    Github,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOnChange {
    Regression,
    Missing,
    Changed,
    Fixed,
    Added,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Allow {
    NonStrict,
    Informational,
    Unimplemented,
    FailedByClient,
    WrongCode,
    Unclean,
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

pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).ok_or_else(|| "write 7.9.3, 7.* or *".to_owned())
}
