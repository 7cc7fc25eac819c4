//! Which connections are asked for: the same for all commands that read captures.

use std::ops::RangeInclusive;

use clap::builder::{PossibleValue, PossibleValuesParser, StringValueParser, TypedValueParser};
use clap::{Arg, Command, error};
use wslog::autobahn::policy::Pattern;
use wslog::engine::{Glob, Peer, Selection};
use wslog::knowledge::{CAUSES, CODES, CauseId, RULES, RuleId};
use wslog::model::{IdRange, Level, Moment, Outcome};

use crate::cli::args::runs::pattern;
use crate::cli::moment;

/// Heading of these options; values of one option are alternatives, options are conditions all of which have to hold.
pub(in crate::cli) const SELECTION: &str = "Which connections (wslog help filters)";

/// Which connections.
#[derive(Clone, Debug, clap::Args)]
pub(in crate::cli) struct Select {
    /// By number: 7, 3,7,10-20, 2:7
    ///
    /// The one after the "#" in the text, and `id` elsewhere.
    #[arg(long, value_name = "ID", value_delimiter = ',', help_heading = SELECTION, hide_short_help = true)]
    pub(in crate::cli) connection: Vec<IdRange>,
    /// By the Host of the request: '*.example.com'
    ///
    /// * stands for any text. Under TLS without keys it is the host that the client named (SNI).
    #[arg(long, value_name = "GLOB", help_heading = SELECTION, hide_short_help = true)]
    host: Vec<Glob>,
    /// By the target of the request: '/chat/*'
    ///
    /// With or without its query.
    #[arg(long, value_name = "GLOB", help_heading = SELECTION, hide_short_help = true)]
    path: Vec<Glob>,
    /// By the client's address: 10.0.0.7, 10.0.0.0/8
    ///
    /// With a port too: 10.0.0.7:50123.
    #[arg(long, value_name = "ADDR[:PORT]", help_heading = SELECTION, hide_short_help = true)]
    client: Vec<Peer>,
    /// By the server's address: 10.0.0.9, :8080
    #[arg(long, value_name = "ADDR[:PORT]", help_heading = SELECTION, hide_short_help = true)]
    server: Vec<Peer>,
    /// By how it ended: reset, unclean
    ///
    /// wslog explain --list outcomes lists them. unclean stands for all that --fail-on counts as such.
    #[arg(
        long,
        value_name = "OUTCOME",
        value_delimiter = ',',
        value_parser = outcomes(),
        hide_possible_values = true,
        help_heading = SELECTION, hide_short_help = true
    )]
    outcome: Vec<Outcomes>,
    /// By why it ended: idle_timeout
    ///
    /// wslog explain --list causes lists them.
    #[arg(
        long,
        value_name = "CAUSE",
        value_delimiter = ',',
        value_parser = causes(),
        hide_possible_values = true,
        help_heading = SELECTION, hide_short_help = true
    )]
    cause: Vec<CauseId>,
    /// By a Close code: 1001, 1006, 4000-4999
    ///
    /// 1005 and 1006, which are never sent, as a side was told.
    #[arg(
        long,
        value_name = "CODE",
        value_delimiter = ',',
        value_parser = Codes,
        hide_possible_values = true,
        help_heading = SELECTION, hide_short_help = true
    )]
    code: Vec<RangeInclusive<u16>>,
    /// By the HTTP status of the response: 101, 400-499
    #[arg(long, value_name = "STATUS", value_delimiter = ',', value_parser = numbers, help_heading = SELECTION, hide_short_help = true)]
    status: Vec<RangeInclusive<u16>>,
    /// By a rule that a finding names: FR-RSV, 'CL-*'
    ///
    /// wslog explain --list rules lists them.
    #[arg(
        long,
        value_name = "RULE",
        value_delimiter = ',',
        value_parser = Rules,
        hide_possible_values = true,
        help_heading = SELECTION, hide_short_help = true
    )]
    rule: Vec<RulesNamed>,
    /// By least level
    ///
    /// With a finding of this level or above.
    #[arg(long, value_enum, value_name = "LEVEL", help_heading = SELECTION, hide_short_help = true)]
    level: Option<LeastLevel>,
    /// In progress at TIME or later: 10:49 (UTC)
    ///
    /// Or with the date: 2026-11-28T10:49:35Z. Without one it is that time of any day.
    #[arg(long, value_name = "TIME", value_parser = moment::parse, help_heading = SELECTION, hide_short_help = true)]
    pub(in crate::cli) since: Option<Moment>,
    /// Begun by TIME
    #[arg(long, value_name = "TIME", value_parser = moment::parse, help_heading = SELECTION, hide_short_help = true)]
    pub(in crate::cli) until: Option<Moment>,
    /// Of Autobahn reports: by the agent
    #[arg(long, value_name = "GLOB", help_heading = SELECTION, hide_short_help = true)]
    agent: Vec<Glob>,
    /// Of Autobahn reports: by the case: 7.9.3, 7.*
    #[arg(
        long,
        value_name = "CASES",
        value_delimiter = ',',
        value_parser = pattern,
        help_heading = SELECTION,
        hide_short_help = true
    )]
    case: Vec<Pattern>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum LeastLevel {
    Must,
    Should,
    Note,
}

/// What one name stands for.
#[derive(Clone, Debug)]
struct Outcomes(Vec<Outcome>);

/// What one name or pattern stands for.
#[derive(Clone, Debug)]
struct RulesNamed(Vec<RuleId>);

impl Select {
    /// What that comes to.
    pub(in crate::cli) fn selection(&self) -> Selection {
        let this = self.clone();
        Selection {
            ids: this.connection,
            hosts: this.host,
            paths: this.path,
            clients: this.client,
            servers: this.server,
            outcomes: this.outcome.into_iter().flat_map(|outcomes| outcomes.0).collect(),
            causes: this.cause,
            codes: this.code,
            statuses: this.status,
            rules: this.rule.into_iter().flat_map(|rules| rules.0).collect(),
            level: this.level.map(|level| match level {
                LeastLevel::Must => Level::Must,
                LeastLevel::Should => Level::Should,
                LeastLevel::Note => Level::Note,
            }),
            since: this.since,
            until: this.until,
            agents: this.agent,
            cases: this.case,
            ..Selection::default()
        }
    }
}

/// Name of all outcomes that a gate takes for unclean.
const UNCLEAN: &str = "unclean";

fn outcomes() -> impl TypedValueParser<Value = Outcomes> {
    let names = Outcome::ALL.into_iter().map(Outcome::name).chain([UNCLEAN]);
    PossibleValuesParser::new(names.map(PossibleValue::new)).map(|name| {
        let is_meant = |o: &Outcome| if name == UNCLEAN { o.is_unclean() } else { o.name() == name };
        Outcomes(Outcome::ALL.into_iter().filter(is_meant).collect())
    })
}

fn causes() -> impl TypedValueParser<Value = CauseId> {
    let names = CAUSES.iter().map(|cause| PossibleValue::new(cause.id.name()).help(cause.when));
    PossibleValuesParser::new(names).try_map(|name| {
        let named = CAUSES.iter().find(|cause| cause.id.name() == name);
        named.map(|cause| cause.id).ok_or("no cause")
    })
}

/// Rules by name, or by a pattern of names.
#[derive(Clone, Copy, Debug)]
struct Rules;

impl TypedValueParser for Rules {
    type Value = RulesNamed;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<RulesNamed, error::Error> {
        let text = value.to_string_lossy();
        let glob: Option<Glob> = text.parse().ok();
        let is_meant = |rule: &RuleId| glob.as_ref().is_some_and(|glob| glob.is_match(rule.name()));
        let rules: Vec<_> = RULES.iter().map(|rule| rule.id).filter(is_meant).collect();
        if rules.is_empty() {
            let names = RULES.iter().map(|rule| PossibleValue::new(rule.id.name()));
            PossibleValuesParser::new(names).parse_ref(command, arg, value)?;
        }
        Ok(RulesNamed(rules))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(RULES.iter().map(|rule| PossibleValue::new(rule.id.name()).help(rule.says))))
    }
}

/// Close codes with a meaning of their own, for completion.
pub(super) fn codes() -> impl Iterator<Item = PossibleValue> {
    let single = CODES.iter().filter(|entry| entry.codes.start() == entry.codes.end());
    single.map(|entry| {
        let code = PossibleValue::new(entry.codes.start().to_string());
        entry.name.map_or_else(|| code.clone(), |name| code.clone().help(name))
    })
}

/// A code or a range of codes; completion offers those with a name.
#[derive(Clone, Copy, Debug)]
struct Codes;

impl TypedValueParser for Codes {
    type Value = RangeInclusive<u16>;

    fn parse_ref(
        &self,
        command: &Command,
        arg: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<RangeInclusive<u16>, error::Error> {
        StringValueParser::new().try_map(|text| numbers(&text)).parse_ref(command, arg, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(codes()))
    }
}

/// A number, or from one to another.
fn numbers(text: &str) -> Result<RangeInclusive<u16>, &'static str> {
    let number = |text: &str| text.parse().map_err(|_| "write a number, or two: 1006, 4000-4999");
    match text.split_once('-') {
        Some((first, last)) => Ok(number(first)?..=number(last)?),
        None => number(text).map(|number| number..=number),
    }
}
