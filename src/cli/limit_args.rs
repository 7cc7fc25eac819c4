//! Caps on the command line.

use std::ffi::OsStr;

use clap::builder::{PossibleValue, StringValueParser, TypedValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use wslog::limits::{LIMITS, Limit, LimitError, Limits};
use wslog::views::limits;
use wslog::views::text::Style;

use crate::cli::args::READING;
use crate::cli::suggest;

/// The listing is the same wherever it goes, like --help.
const PAGE: Style = Style::plain(80);

/// Caps, for any command that reads captures.
#[derive(Debug, clap::Args)]
pub(super) struct LimitArgs {
    /// Set a cap on memory or work, as in flows=10_000; --limit help lists them (repeatable)
    ///
    /// For bytes, k, M and G mean KiB, MiB and GiB, as in preview-bytes=4k. A cap that is reached is counted in the report
    /// and shown as odd.
    #[arg(
        long = "limit",
        value_name = "NAME=VALUE",
        value_parser = SettingParser,
        hide_possible_values = true,
        hide_short_help = true,
        help_heading = READING
    )]
    settings: Vec<Setting>,
}

impl LimitArgs {
    /// All caps; of several values for one the last holds.
    pub(super) fn limits(&self) -> Result<Limits, LimitError> {
        let mut limits = Limits::DEFAULT;
        for Setting { limit, value } in &self.settings {
            limit.set(&mut limits, *value)?;
        }
        Ok(limits)
    }
}

/// One cap and its value.
#[derive(Clone, Copy, Debug)]
struct Setting {
    limit: &'static Limit,
    value: u64,
}

#[derive(Clone, Copy, Debug)]
struct SettingParser;

impl TypedValueParser for SettingParser {
    type Value = Setting;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Setting, clap::Error> {
        if value == "help" {
            // Like --help it is done as soon as it is read: nothing else needs to be there.
            let mut answer = clap::Error::new(ErrorKind::DisplayHelp);
            answer.insert(ContextKind::Custom, ContextValue::String(limits::text(&PAGE)));
            return Err(answer);
        }
        StringValueParser::new().try_map(|text| setting(&text)).parse_ref(command, argument, value)
    }

    /// For completion: each cap with its default, ready to be changed.
    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let of = |limit: &Limit| {
            PossibleValue::new(format!("{}={}", limit.name, limit.unit.show(limit.default))).help(limit.what)
        };
        Some(Box::new(
            [PossibleValue::new("help").help("List them all")].into_iter().chain(LIMITS.iter().map(of)),
        ))
    }
}

fn setting(text: &str) -> Result<Setting, String> {
    let (name, value) = text.split_once('=').unwrap_or((text, ""));
    let Some(limit) = Limit::named(name) else {
        let near = near(name).join(", ");
        let meant = if near.is_empty() { String::new() } else { format!("; did you mean {near}?") };
        let error = LimitError::Unknown { name: name.to_owned() };
        return Err(format!("{error}{meant} (--limit help lists them all)"));
    };
    if value.is_empty() {
        let default = limit.unit.show(limit.default);
        return Err(format!("give it a value; the default is {name}={default}"));
    }
    let value = limit.parse(value).map_err(|error| error.to_string())?;
    Ok(Setting { limit, value })
}

/// Names that may have been meant by `text`, those most like it first.
fn near(text: &str) -> Vec<&'static str> {
    let text = text.to_ascii_lowercase().replace('_', "-");
    let text = text.trim_start_matches('-');
    let text = text.strip_prefix("max-").unwrap_or(text);
    suggest::nearest(text, LIMITS.iter().map(|limit| limit.name))
}

/// What `--limit help` has to say, if that is why the arguments were not read to their end.
pub(super) fn asked_for(error: &clap::Error) -> Option<&str> {
    match (error.kind(), error.get(ContextKind::Custom)) {
        (ErrorKind::DisplayHelp, Some(ContextValue::String(listing))) => Some(listing),
        _ => None,
    }
}

/// Leads from an option `--max-…` to the limit it may mean, and from no value to the listing; whether it was one of these.
pub(super) fn advise(error: &mut clap::Error) -> bool {
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return false };
    let tip = if error.kind() == ErrorKind::UnknownArgument && argument.starts_with("--max-") {
        let name = near(argument).first().copied().unwrap_or("NAME");
        error.remove(ContextKind::SuggestedArg);
        format!("set caps with --limit {name}=VALUE; wslog inspect --limit help lists them")
    } else if argument.starts_with("--limit ") && error.remove(ContextKind::ValidValue).is_some() {
        "--limit help lists the names".to_owned()
    } else {
        return false;
    };
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    true
}
