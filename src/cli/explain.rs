//! `wslog explain`.

use std::sync::Arc;

use wslog::explain;
use wslog::model::suite::Version;
use wslog::model::topic::Topic;
use wslog::views::explain::{json, text};

use crate::cli::args::{Explain, Format, TopicKind};
use crate::cli::exit::{self, Exit};
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::style;

pub(super) fn run(args: &Explain) -> anyhow::Result<Exit> {
    let output = Output::open::<&str>(args.output.as_deref(), &[])?;
    let pager = pager::of(args.look, &Arc::default()).filter(|_| args.format == Format::Text);
    let asked: Vec<Vec<Topic>> = match args.list {
        Some(Some(kind)) => vec![all(kind, args.suite)],
        Some(None) => [TopicKind::Causes, TopicKind::Outcomes, TopicKind::Rules, TopicKind::Guides]
            .map(|kind| all(kind, args.suite))
            .into(),
        None => args.what.iter().map(|what| explain::find_in(what, args.suite)).collect::<Result<_, _>>()?,
    };
    let text = match args.format {
        Format::Json => json::document(&asked.concat()),
        Format::Text => {
            let style = style::of(args.look, args.output.is_none());
            let part = |topics: &Vec<Topic>| match topics.as_slice() {
                _ if args.list.is_some() => text::list(topics, &style),
                [first, more @ ..] if more.iter().any(|other| is_of_kind(other, first)) => {
                    text::list(topics, &style)
                }
                // One, or what goes by one name.
                _ => text::full(topics, &style),
            };
            style.fit(&asked.iter().map(part).collect::<Vec<_>>().join("\n")).into_owned()
        }
    };
    output.paged(pager).write(&text)?;
    if !args.look.quiet {
        for what in args.what.iter().filter(|what| is_section(what)) {
            exit::say(&format!(
                "wslog: {what} was taken for a close code; section {what} of the Autobahn Testsuite is '{what}.*'"
            ));
        }
    }
    Ok(Exit::Done)
}

fn all(kind: TopicKind, version: Option<Version>) -> Vec<Topic> {
    match kind {
        TopicKind::Causes => explain::all_causes(),
        TopicKind::Outcomes => explain::all_outcomes(),
        TopicKind::Rules => explain::all_rules(),
        TopicKind::Codes => explain::all_codes(),
        TopicKind::Cases => version.map_or_else(explain::all_cases, explain::all_cases_in),
        TopicKind::Applications => explain::all_applications(),
        TopicKind::Guides => explain::all_guides(),
    }
}

fn is_of_kind(topic: &Topic, other: &Topic) -> bool {
    std::mem::discriminant(topic) == std::mem::discriminant(other)
}

/// A number that is a close code by its form, and more likely meant for a section of the suite.
fn is_section(what: &str) -> bool {
    what.len() <= 2 && what.parse::<u8>().is_ok() && explain::find(&format!("{what}.*")).is_ok()
}
