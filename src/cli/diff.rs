//! `wslog diff`.

use std::collections::BTreeSet;
use std::slice;

use anyhow::bail;
use wslog::autobahn::diff::{self, Accepted, Options};
use wslog::engine::{all_cores, parallel};
use wslog::knowledge::words::units;
use wslog::model::case::Run;
use wslog::model::run::{Change, ChangeKind, RunDiff, RunSource};
use wslog::views::escape::visible;
use wslog::views::run::{DiffReport, FailedOn, github, html, json, junit, markdown, text};

use crate::cli::args::{Diff, FailOnChange, RunFormat};
use crate::cli::check::read_toml;
use crate::cli::exit::{self, Exit};
use crate::cli::run_reports::Reports;
use crate::cli::runs::{Loaded, Loading};

pub(super) fn run(args: &Diff) -> anyhow::Result<Exit> {
    let read: Vec<_> = [&args.old, &args.new].into_iter().chain(&args.accept).collect();
    let reports = Reports::open(&args.output, &read)?;
    let accepted = match &args.accept {
        Some(path) => Accepted::parse(&read_toml(path)?, path)?,
        None => Vec::new(),
    };
    let loading = Loading::of(args.parts, false);
    let old = loading.open(&args.old)?;
    let new = loading.open(&args.new)?;
    let options =
        Options { renamed: renamed(args, &old.run, &new.run)?, duration_factor: args.duration_factor };
    let mut diff = diff::compare(&old.run, &new.run, &options);
    explain(&mut diff, &old, &new, &options);
    diff::accept(&mut diff, &accepted);
    let sources = [old.source(slice::from_ref(&args.old)), new.source(slice::from_ref(&args.new))];
    let [before, after] = &sources;
    let failed = failed(&args.fail_on, &diff, before, after);
    let report = DiffReport { old: before, new: after, diff: &diff, failed: &failed };
    reports.write(|format, style| match format {
        RunFormat::Text => text::diff(&report, style),
        RunFormat::Json => json::diff(&report),
        RunFormat::Markdown => markdown::diff(&report),
        RunFormat::Junit => junit::diff(&report),
        RunFormat::Github => github::diff(&report),
        RunFormat::Html => html::diff(&report),
    })?;
    if !args.output.look.quiet {
        for remark in old.remarks.iter().chain(&new.remarks) {
            exit::say(&format!("wslog: {remark}"));
        }
        // The text says so itself.
        let is_said = args.output.format == RunFormat::Text && args.output.output.is_none();
        if diff.totals.compared() == 0 && !is_said {
            exit::say("wslog: no case is in both runs, so nothing was compared");
        }
    }
    Ok(if failed.is_empty() { Exit::Done } else { Exit::Found })
}

/// Says of each change why, where the reports of its case tell.
fn explain(diff: &mut RunDiff, old: &Loaded, new: &Loaded, options: &Options) {
    for agent in &mut diff.agents {
        let (Some(before), Some(after)) = (&agent.old, &agent.new) else { continue };
        agent.changes = parallel::map(all_cores(), &agent.changes, |change| {
            let mut change: Change = change.clone();
            if change.old.is_some() && change.new.is_some() {
                let reports = (old.report(before, &change.case), new.report(after, &change.case));
                if let (Some(old), Some(new)) = reports {
                    diff::explain(&mut change, &old, &new, options);
                }
            }
            change
        });
    }
}

/// What the gate fails on: by default regressions, missing cases and runs that contradict themselves, and that nothing was
/// compared; besides that what was asked for.
fn failed(asked: &[FailOnChange], diff: &RunDiff, old: &RunSource, new: &RunSource) -> Vec<FailedOn> {
    let usual = !asked.contains(&FailOnChange::None);
    let any = asked.contains(&FailOnChange::Any);
    let fails = |kind, is_usual: bool| asked.contains(&kind) || any || (usual && is_usual);
    let mut failed = Vec::new();
    for kind in ChangeKind::ALL {
        let (name, is_usual) = match kind {
            ChangeKind::Regression => (FailOnChange::Regression, true),
            ChangeKind::Missing => (FailOnChange::Missing, true),
            ChangeKind::Changed => (FailOnChange::Changed, false),
            ChangeKind::Fixed => (FailOnChange::Fixed, false),
            ChangeKind::Added => (FailOnChange::Added, false),
            _ => continue,
        };
        let count = diff.unaccepted(kind);
        if count > 0 && fails(name, is_usual) {
            let said = match kind {
                ChangeKind::Regression => units::count(count, kind.name()),
                _ => format!("{count} {}", kind.name()),
            };
            failed.push(FailedOn { kind: Some(kind), said });
        }
    }
    let mut other = |said: String| failed.push(FailedOn { kind: None, said });
    let told = (old.contradictions.len() + new.contradictions.len()) as u64;
    // What lies beside an old index has been judged when that was new.
    if fails(FailOnChange::Inconsistent, true) && told + new.unlisted > 0 {
        other(format!("{} inconsistent", told + new.unlisted));
    }
    let stale = diff.stale.len() as u64;
    if stale > 0 && fails(FailOnChange::Stale, false) {
        other(format!("{stale} stale"));
    }
    if diff.totals.compared() == 0 && asked != [FailOnChange::None] {
        other("nothing was compared".to_owned());
    }
    failed
}

/// Agents of another name in the old run.
fn renamed(args: &Diff, old: &Run, new: &Run) -> anyhow::Result<Vec<(String, String)>> {
    let renamed: Vec<_> = args.agent.iter().map(|text| names(text, old, new)).collect();
    for (nth, (from, to)) in renamed.iter().enumerate() {
        is_there(old, from, "old")?;
        is_there(new, to, "new")?;
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
    Ok(renamed)
}

/// Both names in `OLD=NEW`. A name can have an equals sign of its own: the first place where both are there parts
/// them.
fn names(text: &str, old: &Run, new: &Run) -> (String, String) {
    let parted = |at: usize| (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let mut places = text.match_indices('=').map(|(at, _)| parted(at));
    let known = places.clone().find(|(a, b)| has(old, a) && has(new, b));
    let (from, to) = known.or_else(|| places.next()).unwrap_or_default();
    (from.to_owned(), to.to_owned())
}

fn has(run: &Run, agent: &str) -> bool {
    run.agents.keys().any(|testee| testee.agent == agent)
}

fn is_there(run: &Run, agent: &str, which: &str) -> anyhow::Result<()> {
    if !has(run, agent) {
        let agents: BTreeSet<_> = run.agents.keys().map(|testee| testee.agent.as_str()).collect();
        let agents: Vec<_> = agents.into_iter().collect();
        let agents = agents.join(", ");
        bail!("no agent {} in the {which} run, which has: {}", visible(agent), visible(&agents));
    }
    Ok(())
}
