//! `wslog diff` and `wslog check`.

use std::path::PathBuf;

use clap::{ValueEnum, ValueHint};
use wslog::autobahn::policy::Pattern;
use wslog::model::Role;
use wslog::model::suite::Version;

use crate::cli::args::{Look, SHORT};

/// Compare two runs of the Autobahn Testsuite
///
/// What got worse, what got better, what is missing, and why. A regression is a case with a worse behavior or a worse close.
/// An agent tested as client and as server is two runs, each compared with its like; a run that does not tell the role of its
/// testee, as a list of expected results, is compared with whatever the other has. Durations count only with --duration-factor.
/// Runs that have no case in common fail.
#[derive(Debug, clap::Args)]
#[command(before_long_help = DIFF, after_help = SHORT, after_long_help = ACCEPT)]
pub(in crate::cli) struct Diff {
    /// The old run: index.json, or its directory
    ///
    /// Or expected results under any name, a directory of case files, a directory of these (clients, servers), or one case.
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
    /// Exit with 1 on these changes, too (none: only on those named)
    ///
    /// By default on regression, missing and inconsistent. What is named adds to that: changed, fixed, added, stale (an accepted
    /// change that is not there), any (every change). With none the default does not hold: --fail-on none,regression.
    #[arg(long, value_enum, value_name = "KIND", value_delimiter = ',')]
    pub(in crate::cli) fail_on: Vec<FailOnChange>,
    /// A file of accepted changes (TOML; --help shows one)
    ///
    /// They are shown with their reasons and fail nothing.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(in crate::cli) accept: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) parts: Parts,
    #[command(flatten)]
    pub(in crate::cli) output: RunOutput,
}

/// Check a run of the Autobahn Testsuite against a policy
///
/// Strict by default: only OK passes, and INFORMATIONAL for 7.1.6, 7.13.1 and 7.13.2, which never get another verdict. A run
/// without cases never passes. The index is checked against its case files; it must name all that are there, and nothing twice.
/// An agent tested as client and as server is two runs, which must have run the same cases. Several RUNs are shards of one.
#[derive(Debug, clap::Args)]
#[command(before_long_help = CHECK, after_help = SHORT, after_long_help = POLICY)]
pub(in crate::cli) struct Check {
    /// index.json, or its directory
    ///
    /// Or expected results under any name, a directory of case files, a directory of these (clients, servers), or one case.
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
    /// Verdicts and violations to warn of only
    #[arg(long, value_enum, value_name = "WHAT", value_delimiter = ',', hide_short_help = true)]
    pub(in crate::cli) warn: Vec<Warn>,
    /// Each agent must have run N cases
    #[arg(long, value_name = "N")]
    pub(in crate::cli) expect_cases: Option<u64>,
    /// All agents together must have run N cases
    #[arg(long, value_name = "N", hide_short_help = true)]
    pub(in crate::cli) expect_total: Option<u64>,
    /// Judge only this agent, which must be in the run (repeatable)
    #[arg(long, value_name = "AGENT")]
    pub(in crate::cli) agent: Vec<String>,
    /// This agent must be in the run (repeatable)
    #[arg(long, value_name = "AGENT")]
    pub(in crate::cli) require_agent: Vec<String>,
    /// No agent but the required ones may be in the run
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) no_other_agents: bool,
    /// Each agent must have been tested in these roles
    #[arg(long, value_enum, value_name = "ROLE", value_delimiter = ',', hide_short_help = true)]
    pub(in crate::cli) require_role: Vec<Side>,
    /// Each agent must have run just these: 7.9.3, 7.* or * (repeatable)
    #[arg(long = "case", value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(in crate::cli) cases: Vec<Pattern>,
    /// The version of the suite whose cases --case means [default: the newest]
    #[arg(long, value_name = "VERSION", hide_short_help = true)]
    pub(in crate::cli) suite: Option<Version>,
    /// An agent may have run other cases as client than as server
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) uneven: bool,
    /// Do not judge these cases (repeatable)
    #[arg(long, value_name = "CASES", value_parser = pattern, value_delimiter = ',')]
    pub(in crate::cli) skip: Vec<Pattern>,
    /// Rewrite the policy's expected failures to match this run
    ///
    /// A policy that is not there is made: with the agents and how many cases they ran, and all that fails as expected failures.
    #[arg(long, requires = "policy")]
    pub(in crate::cli) update: bool,
    /// Do not check the index against its case files
    #[arg(long)]
    pub(in crate::cli) index_only: bool,
    /// Every case file that the index names must be there
    #[arg(long, hide_short_help = true, conflicts_with = "index_only")]
    pub(in crate::cli) require_files: bool,
    #[command(flatten)]
    pub(in crate::cli) parts: Parts,
    #[command(flatten)]
    pub(in crate::cli) output: RunOutput,
}

/// What a run is made of.
#[derive(Clone, Copy, Debug, clap::Args)]
pub(in crate::cli) struct Parts {
    /// What was tested, where reports do not tell
    ///
    /// Case files do, and the name of a directory does: clients, servers. Of an index alone nothing is known.
    #[arg(long, value_enum, value_name = "ROLE", hide_short_help = true)]
    pub(in crate::cli) testee: Option<Side>,
    /// The directories in a RUN are shards of one run
    ///
    /// Several may then have the same case, with the same verdict. Otherwise a case that is there twice is a violation.
    #[arg(long, hide_short_help = true)]
    pub(in crate::cli) shards: bool,
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

const DIFF: &str = "\
Examples:
  wslog diff old/index.json new/index.json
  wslog diff autobahn/expected-results.json clients/
  wslog diff --fail-on any autobahn/expected-results.json clients/
  wslog diff --accept accepted.toml old/ new/
  wslog diff --agent mylib/1.4=mylib/1.5 old/ new/
  wslog diff --format markdown -o summary.md old/ new/";

const ACCEPT: &str = "\
A file of accepted changes:
  [[accept]]
  case = \"7.1.5\"                   # or 12.*
  agent = \"mylib\"                  # omitted: any agent
  testee_is = \"client\"             # omitted: either role
  kind = \"regression\"              # omitted: any change
  reason = \"sends 1002 in the middle of a message, see issue 12\"";

const CHECK: &str = "\
Examples:
  wslog check reports/
  wslog check --allow non-strict,informational --require-agent mylib reports/
  wslog check --agent mylib --allow any-close clients/
  wslog check --case '*' --require-role client,server reports/
  wslog check --policy policy.toml --also junit=junit.xml reports/
  wslog check --policy policy.toml --update reports/";

const POLICY: &str = "\
A whole policy:
  agents = [\"mylib\"]               # judged, and must be there; omitted: all
  skip = [\"9.*\"]                   # not judged

  [pass]                             # for every case; default: OK; \"*\": any
  behavior = [\"OK\", \"NON-STRICT\"]
  close = [\"OK\"]

  [[allow]]                          # also allowed, for some cases
  agent = \"mylib\"
  testee_is = \"server\"             # omitted: either role
  cases = [\"12.*\", \"13.*\"]
  behavior = [\"UNIMPLEMENTED\"]
  any_close = true                   # with these, any close passes

  [[allow]]
  close = [\"UNCLEAN\"]              # where wasNotCleanReason has:
  not_clean_reason = \"peer did not respond\"

  [[warn]]                           # as allow, but shown and counted
  behavior = [\"NON-STRICT\"]

  [severity]                         # of violations: fail, warn, ignore
  unlisted = \"warn\"                # a case file the index does not name
  absent = \"fail\"                  # one that it names and is not there

  [expect]
  agents = [\"mylib\"]               # must be in the run
  no_others = true                   # and no others
  testee_is = [\"client\", \"server\"] # tested in both roles
  cases = [\"1.*\", \"7.9.*\"]         # these, and no others
  suite = \"0.8.2\"                    # of this version; omitted: the newest
  count = 301                        # this many per agent and role
  total = 602                        # this many in all
  uneven = false                     # true: roles may differ in cases

  [[xfail]]                          # must fail; a pass fails the check
  agent = \"mylib\"                  # omitted: any agent
  testee_is = \"client\"             # omitted: either role
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
    /// Write the report to FILE in another format as well (repeatable)
    ///
    /// In GitHub Actions --also markdown="$GITHUB_STEP_SUMMARY" makes it the summary of the step.
    #[arg(long, value_name = "FORMAT=FILE", value_parser = also, hide_short_help = true)]
    pub(in crate::cli) also: Vec<(RunFormat, PathBuf)>,
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
    /// A page for a browser, in one file
    Html,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOnChange {
    /// A worse verdict (default)
    Regression,
    /// A case of the old run that is not in the new (default)
    Missing,
    /// Parts of a run that disagree, or have a case twice (default)
    Inconsistent,
    /// Another verdict or code of the same rank
    Changed,
    /// A better verdict
    Fixed,
    /// A case of the new run that is not in the old
    Added,
    /// An accepted change that is not there
    Stale,
    /// Every change
    Any,
    /// Only on what else is named
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Allow {
    NonStrict,
    Informational,
    Unimplemented,
    FailedByClient,
    WrongCode,
    Unclean,
    /// Any behavior
    AnyBehavior,
    /// Any close
    AnyClose,
    /// UNIMPLEMENTED, with any close
    UnimplementedAnyClose,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Warn {
    NonStrict,
    Informational,
    Unimplemented,
    FailedByClient,
    WrongCode,
    Unclean,
    Missing,
    UnexpectedPass,
    Extra,
    Inconsistent,
    Unlisted,
    Absent,
}

fn also(text: &str) -> Result<(RunFormat, PathBuf), String> {
    let (format, path) = text.split_once('=').ok_or("write FORMAT=FILE")?;
    if path.is_empty() {
        return Err("write FORMAT=FILE".to_owned());
    }
    Ok((RunFormat::from_str(format, false)?, PathBuf::from(path)))
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
