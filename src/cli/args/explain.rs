//! `wslog explain`.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{ValueEnum, ValueHint};
use wslog::knowledge::applications::APPLICATIONS;
use wslog::knowledge::guides::GUIDES;
use wslog::knowledge::{CAUSES, OUTCOMES, RULES};
use wslog::model::suite::Version;

use crate::cli::args::names::Names;
use crate::cli::args::select::codes;
use crate::cli::args::{Look, SHORT};

/// Explain a close code, rule, cause, outcome, case or guide
///
/// A cause: when it applies, on what evidence, what never to conclude from it, where to look next, and what it looks like on the
/// wire. An outcome: what it means, and whether --fail-on counts it as unclean. A close code: what it means, who may send it, what
/// the applications report, what usually causes it, and who has published a meaning for it. A rule: what it says, how the other
/// side reacts to a breach, and examples of it broken and kept. An application: how it is recognised, its close codes, and the
/// messages that announce an end. An Autobahn case: what the tester sends, what passes, which versions of the suite have it so.
/// Guides: capture (how to record), tls (how to get TLS keys, and what wslog says without them) and recipes (common tasks, a
/// command each).
#[derive(Debug, clap::Args)]
#[command(before_long_help = TOPICS, after_help = SHORT, after_long_help = "")]
pub(in crate::cli) struct Explain {
    /// 1006, FR-RSV, abrupt_end, clean, mqtt, 3.2, tls, ...
    ///
    /// Close codes (1006, 4000-4999, "going away"), rules (FR-RSV, CL-*), causes (abrupt_end), outcomes (clean),
    /// applications (graphql-transport-ws, mqtt), Autobahn cases (3.2, 9.1, 9.*), guides (capture, recipes, tls).
    #[arg(
        value_name = "WHAT",
        required_unless_present = "list",
        conflicts_with = "list",
        value_parser = Names(topics),
        hide_possible_values = true
    )]
    pub(in crate::cli) what: Vec<String>,
    /// List everything, one line each; or only one KIND
    ///
    /// Without KIND: causes, outcomes, rules and guides.
    #[arg(long, value_enum, value_name = "KIND", num_args = 0..=1)]
    pub(in crate::cli) list: Option<Option<TopicKind>>,
    /// Take Autobahn cases as this version of the suite has them
    ///
    /// By default a case is told as the newest version that has it, with what it was in others (0.5.0 to 25.10.1).
    #[arg(long, value_name = "VERSION")]
    pub(in crate::cli) suite: Option<Version>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(in crate::cli) format: Format,
    /// Write to FILE instead of standard output
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
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
  wslog explain tls            # how to get TLS keys
  wslog explain 9.1            # the cases of a section, one line each
  wslog explain 7.9.6 --suite 0.7.4   # as that version of the suite has it
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
    /// Text for people
    Text,
    /// The document wslog.explain/1
    Json,
}

/// What there is to explain, by name: all but the cases.
fn topics() -> Vec<PossibleValue> {
    let causes = CAUSES.iter().map(|cause| (cause.id.name(), cause.when));
    // not_observable is both.
    let outcomes = OUTCOMES.iter().map(|row| (row.outcome.name(), row.means));
    let outcomes = outcomes.filter(|(name, _)| CAUSES.iter().all(|cause| cause.id.name() != *name));
    let rules = RULES.iter().map(|rule| (rule.name, rule.says));
    let applications = APPLICATIONS.iter().map(|application| (application.name, application.title));
    let guides = GUIDES.iter().map(|guide| (guide.name, guide.about));
    let named = causes.chain(outcomes).chain(rules).chain(applications).chain(guides);
    codes().chain(named.map(|(name, help)| PossibleValue::new(name).help(help))).collect()
}
