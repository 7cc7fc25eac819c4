//! `wslog diff` and `wslog check`.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use wslog::autobahn::policy::Pattern;

use crate::cli::args::{Look, SHORT};

/// Compare two runs of the Autobahn Testsuite
///
/// What got worse, what got better, what is missing, and why.
/// A regression is a case with a worse behavior or a worse close. Durations count only with --duration-factor.
#[derive(Debug, clap::Args)]
#[command(before_long_help = DIFF, after_help = SHORT, after_long_help = "")]
pub(in crate::cli) struct Diff {
    /// The old run: index.json, or its directory
    ///
    /// Or a directory of case files, a directory of these (shards), or one case.
    #[arg(value_name = "OLD", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) old: PathBuf,
    /// The new run
    #[arg(value_name = "NEW", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) new: PathBuf,
    /// Compare agent OLD in the old run with NEW in the new (repeatable)
    #[arg(long, value_name = "OLD=NEW", value_parser = renamed)]
    pub(in crate::cli) agent: Vec<String>,
    /// Count a case as changed if it takes N times as long, or 1/N
    #[arg(long, value_name = "N", value_parser = factor)]
    pub(in crate::cli) duration_factor: Option<f64>,
    /// Exit with 1 on a change of this kind
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',', default_value = "regression")]
    pub(in crate::cli) fail_on: Vec<FailOnChange>,
    #[command(flatten)]
    pub(in crate::cli) output: RunOutput,
}

/// Check a run of the Autobahn Testsuite against a policy
///
/// Several runs are taken as shards of one. Strict by default: only OK passes, and INFORMATIONAL for 7.1.6, 7.13.1 and 7.13.2, which
/// never get another verdict. A run without cases never passes. The index is checked against its case files.
#[derive(Debug, clap::Args)]
#[command(before_long_help = CHECK, after_help = SHORT, after_long_help = POLICY)]
pub(in crate::cli) struct Check {
    /// index.json, or its directory
    ///
    /// Or a directory of case files, a directory of these (shards), or one case.
    #[arg(required = true, value_name = "RUN", value_hint = ValueHint::AnyPath)]
    pub(in crate::cli) runs: Vec<PathBuf>,
    /// A policy file (TOML; --help shows one)
    ///
    /// The options below add to it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) policy: Option<PathBuf>,
    /// Verdicts that pass in addition to OK
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',')]
    pub(in crate::cli) allow: Vec<Allow>,
    /// Each agent must have run N cases
    #[arg(long, value_name = "N")]
    pub(in crate::cli) expect_cases: Option<u64>,
    /// This agent must be in the run (repeatable)
    #[arg(long, value_name = "AGENT")]
    pub(in crate::cli) require_agent: Vec<String>,
    /// Each agent must have run just these: 7.9.3, 7.* or * (repeatable)
    #[arg(long = "case", value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(in crate::cli) cases: Vec<Pattern>,
    /// Do not judge these cases (repeatable)
    #[arg(long, value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(in crate::cli) skip: Vec<Pattern>,
    /// Rewrite the policy's expected failures to match this run
    #[arg(long, requires = "policy")]
    pub(in crate::cli) update: bool,
    /// Do not check the index against its case files
    #[arg(long)]
    pub(in crate::cli) index_only: bool,
    #[command(flatten)]
    pub(in crate::cli) output: RunOutput,
}

const DIFF: &str = "\
Examples:
  wslog diff old/index.json new/index.json
  wslog diff --agent mylib/1.4=mylib/1.5 old/ new/
  wslog diff --format markdown -o summary.md old/ new/";

const CHECK: &str = "\
Examples:
  wslog check reports/
  wslog check --allow non-strict,informational --require-agent mylib reports/
  wslog check --policy policy.toml --format junit -o junit.xml reports/
  wslog check --policy policy.toml --update reports/";

const POLICY: &str = "\
A whole policy:
  skip = [\"9.*\"]                     # not judged

  [pass]                             # for every case; default: OK
  behavior = [\"OK\", \"NON-STRICT\"]
  close = [\"OK\"]

  [[allow]]                          # also allowed, for some cases
  agent = \"mylib\"
  cases = [\"12.*\", \"13.*\"]
  behavior = [\"UNIMPLEMENTED\"]

  [expect]
  agents = [\"mylib\"]               # must be in the run
  cases = [\"1.*\", \"7.9.*\"]         # these, and no others
  count = 301                        # this many per agent

  [[xfail]]                          # must fail; a pass fails the check
  agent = \"mylib\"                  # omitted: any agent
  case = \"7.1.5\"
  reason = \"sends 1002 in the middle of a message, see issue 12\"
  behavior = \"FAILED\"              # omitted: any that does not pass
  close = \"WRONG CODE\"
  result = \"should have been\"      # part of what the suite said
  may_pass = false                   # true: fails only sometimes";

/// How runs are shown.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunOutput {
    /// Output format
    #[arg(long, value_enum, default_value_t = RunFormat::Text)]
    pub(in crate::cli) format: RunFormat,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) output: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) look: Look,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum RunFormat {
    /// Text for people
    Text,
    /// One JSON document
    Json,
    /// Markdown for a pull request
    Markdown,
    /// JUnit XML
    Junit,
    /// Annotations of GitHub Actions
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
        _ => Err("write a number of 1 or more".to_owned()),
    }
}

pub(super) fn pattern(text: &str) -> Result<Pattern, String> {
    Pattern::new(text).ok_or_else(|| "write 7.9.3, 7.* or *".to_owned())
}
