//! `wslog diff`.

use std::slice;
use std::sync::Arc;

use anyhow::bail;
use wslog::autobahn::diff::{self, Options};
use wslog::model::case::Run;
use wslog::model::run::{Change, ChangeKind};
use wslog::views::escape::visible;
use wslog::views::run::{DiffReport, github, json, junit, markdown, text};

use crate::cli::args::{Diff, FailOnChange, RunFormat};
use crate::cli::exit::{self, Exit};
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::runs::Loaded;
use crate::cli::style;
use wslog::engine::{all_cores, parallel};

pub(super) fn run(args: &Diff) -> anyhow::Result<Exit> {
    let output = Output::open(args.output.output.as_deref(), &[&args.old, &args.new])?;
    let old = Loaded::open(&args.old, false)?;
    let new = Loaded::open(&args.new, false)?;
    let renamed: Vec<_> = args.agent.iter().map(|text| names(text, &old.run, &new.run)).collect();
    for (nth, (from, to)) in renamed.iter().enumerate() {
        is_there(&old.run, from, "old")?;
        is_there(&new.run, to, "new")?;
        let mut before = renamed.iter().take(nth);
        if let Some(twice) =
            before.find_map(|(a, b)| if a == from { Some(a) } else { Some(b).filter(|b| *b == to) })
        {
            bail!(
                "two --agent options name {}: an agent can be compared with only one other",
                visible(twice)
            );
        }
    }
    let options = Options { renamed, duration_factor: args.duration_factor };
    let mut diff = diff::compare(&old.run, &new.run, &options);
    for agent in &mut diff.agents {
        let name = agent.agent.clone();
        let old_name = agent.old_agent.clone().unwrap_or_else(|| name.clone());
        agent.changes = parallel::map(all_cores(), &agent.changes, |change| {
            let mut change: Change = change.clone();
            if change.old.is_some() && change.new.is_some() {
                let reports = (old.report(&old_name, &change.case), new.report(&name, &change.case));
                if let (Some(old), Some(new)) = reports {
                    diff::explain(&mut change, &old, &new, &options);
                }
            }
            change
        });
    }
    let sources = [old.source(slice::from_ref(&args.old)), new.source(slice::from_ref(&args.new))];
    let report = DiffReport { old: &sources[0], new: &sources[1], diff: &diff };
    let text = match args.output.format {
        RunFormat::Text => {
            let style = style::of(args.output.look, args.output.output.is_none());
            style.fit(&text::diff(&report, &style)).into_owned()
        }
        RunFormat::Json => json::diff(&report),
        RunFormat::Markdown => markdown::diff(&report),
        RunFormat::Junit => junit::diff(&report),
        RunFormat::Github => github::diff(&report),
    };
    let pager = pager::of(args.output.look, &Arc::default());
    let is_text = args.output.format == RunFormat::Text;
    output.paged(pager.filter(|_| is_text)).write(&text)?;
    // The text says so itself.
    let is_said = args.output.format == RunFormat::Text && args.output.output.is_none();
    if diff.totals.compared() == 0 && !args.output.look.quiet && !is_said {
        exit::say("wslog: no case is in both runs, so nothing was compared");
    }
    let found = args.fail_on.iter().any(|kind| diff.totals.of(change_kind(*kind)) > 0);
    Ok(if found { Exit::Found } else { Exit::Done })
}

const fn change_kind(kind: FailOnChange) -> ChangeKind {
    match kind {
        FailOnChange::Regression => ChangeKind::Regression,
        FailOnChange::Missing => ChangeKind::Missing,
        FailOnChange::Changed => ChangeKind::Changed,
        FailOnChange::Fixed => ChangeKind::Fixed,
        FailOnChange::Added => ChangeKind::Added,
    }
}

/// Both names in `OLD=NEW`. A name can have an equals sign of its own: the first place where both are there parts
/// them.
fn names(text: &str, old: &Run, new: &Run) -> (String, String) {
    let parted = |at: usize| (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let mut places = text.match_indices('=').map(|(at, _)| parted(at));
    let known = places.clone().find(|(a, b)| old.agents.contains_key(*a) && new.agents.contains_key(*b));
    let (from, to) = known.or_else(|| places.next()).unwrap_or_default();
    (from.to_owned(), to.to_owned())
}

fn is_there(run: &Run, agent: &str, which: &str) -> anyhow::Result<()> {
    if !run.agents.contains_key(agent) {
        let agents: Vec<_> = run.agents.keys().map(String::as_str).collect();
        let agents = agents.join(", ");
        bail!("no agent {} in the {which} run, which has: {}", visible(agent), visible(&agents));
    }
    Ok(())
}
