//! `wslog check`.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

use wslog::autobahn::index::Parts;
use wslog::autobahn::policy::{self, Allowance, Policy, Severity, Updated};
use wslog::error::Error;
use wslog::knowledge::words::units;
use wslog::model::Role;
use wslog::model::case::{Behavior, BehaviorClose};
use wslog::model::run::{Breach, BreachKind, Checked};
use wslog::views::escape::visible;
use wslog::views::run::{CheckReport, github, html, json, junit, markdown, text};

use crate::cli::args::{Allow, Check, RunFormat, Warn};
use crate::cli::exit::{self, Exit};
use crate::cli::output::Output;
use crate::cli::run_reports::Reports;
use crate::cli::runs::{Loaded, Loading};

pub(super) fn run(args: &Check) -> anyhow::Result<Exit> {
    let read: Vec<_> = args.runs.iter().chain(&args.policy).collect();
    let reports = Reports::open(&args.output, &read)?;
    // A mistake in the policy is told before thousands of files are read.
    let policy_text = read_policy(args)?;
    let mut policy = policy_of(args, policy_text.as_deref().unwrap_or_default())?;
    let (loaded, unread) = load(args);
    if !args.output.look.quiet {
        loaded.remarks.iter().for_each(|remark| exit::say(&format!("wslog: {remark}")));
    }
    let mut updated = None;
    if let Some(path) = args.policy.as_deref().filter(|_| args.update) {
        if unread.is_empty() {
            let (text, counts) = update(args, path, policy_text.as_deref(), &policy, &loaded)?;
            policy = policy_of(args, &text)?;
            updated = Some((path, counts));
        } else {
            let path = visible(&path.to_string_lossy()).into_owned();
            exit::say(&format!("wslog: {path}: left unchanged, as not all of the run could be read"));
        }
    }

    let mut checked = policy::check(&loaded.run, Some(&loaded.cases), &policy);
    let trouble = !unread.is_empty();
    if trouble {
        checked.breaches.retain(|b| b.testee.is_some() || b.kind != BreachKind::NoReport);
        checked.breaches.splice(..0, unread);
    }
    if let Some((path, counts)) = updated.filter(|_| !args.output.look.quiet) {
        tell_update(args, path, &counts, &checked);
    }
    let source = loaded.source(&args.runs);
    let report = CheckReport { run: &source, checked: &checked };
    reports.write(|format, style| match format {
        RunFormat::Text => text::check(&report, style),
        RunFormat::Json => json::check(&report),
        RunFormat::Markdown => markdown::check(&report),
        RunFormat::Junit => junit::check(&report),
        RunFormat::Github => github::check(&report),
        RunFormat::Html => html::check(&report),
    })?;
    Ok(match (trouble, checked.passed()) {
        (true, _) => Exit::Trouble,
        (false, false) => Exit::Found,
        (false, true) => Exit::Done,
    })
}

/// All that was named, as one run; what could not be read, as breaches.
fn load(args: &Check) -> (Loaded, Vec<Breach>) {
    let loading = Loading::of(args.parts, !args.index_only);
    let mut loaded = Loaded::default();
    let mut unread = Vec::new();
    for path in &args.runs {
        match loading.open(path) {
            Ok(shard) => loaded.merge(shard, Parts::Shards),
            Err(error) => {
                let detail = error.to_string();
                unread.push(Breach { testee: None, case: None, kind: BreachKind::NoReport, detail });
                exit::explain(&error.into());
            }
        }
    }
    (loaded, unread)
}

/// Writes the policy anew, or a new one where there is none; what it is now, and what became of its entries.
fn update(
    args: &Check,
    path: &Path,
    there: Option<&str>,
    policy: &Policy,
    loaded: &Loaded,
) -> anyhow::Result<(String, Updated)> {
    let begun = there.map_or_else(|| policy::begin(&loaded.run, policy), str::to_owned);
    // What a new policy begins with says nothing of failures.
    let counts = policy::update(&begun, path, policy, &loaded.run, Some(&loaded.cases))?;
    let text = counts.text.clone();
    // It is read before it takes the place of the old one.
    not_too_long(text.len(), path)?;
    policy_of(args, &text)?;
    if there != Some(text.as_str()) {
        Output::replacing(path)?.write(&text)?;
    }
    Ok((text, counts))
}

/// Says what an update wrote, and what it did not.
fn tell_update(args: &Check, path: &Path, counts: &Updated, checked: &Checked) {
    let path = visible(&path.to_string_lossy()).into_owned();
    let Updated { added, removed, kept, not_run, .. } = *counts;
    let not_run = if not_run > 0 { format!(" ({not_run} did not run)") } else { String::new() };
    let added = units::count(added, "expected failure");
    exit::say(&format!("wslog: {path}: {added} added, {removed} removed, {kept} kept{not_run}"));
    let left: Vec<_> = BreachKind::ALL
        .into_iter()
        .filter(|kind| checked.count(*kind) > 0)
        .map(|kind| format!("{} {}", checked.count(kind), kind.name()))
        .collect();
    if !left.is_empty() {
        exit::say(&format!("  not covered, since no expected failure can be: {}", left.join(", ")));
    }
    let has_options = !args.allow.is_empty() || !args.warn.is_empty() || !args.skip.is_empty();
    if has_options {
        exit::say(
            "  not written: what --allow, --warn and --skip let pass; give them again, or add them to the policy",
        );
    }
}

/// The text of the policy file; with `--update` it need not be there yet.
fn read_policy(args: &Check) -> anyhow::Result<Option<String>> {
    let Some(path) = &args.policy else { return Ok(None) };
    if args.update && matches!(fs::metadata(path), Err(error) if error.kind() == ErrorKind::NotFound) {
        return Ok(None);
    }
    Ok(Some(read_toml(path)?))
}

/// The text of a policy, or of a file like it.
pub(super) fn read_toml(path: &Path) -> Result<String, Error> {
    let open = |source| Error::Open { path: path.to_owned(), source };
    let file = File::open(path).map_err(open)?;
    if path.is_dir() {
        return Err(bad(path, "it is a directory".to_owned()));
    }
    let mut bytes = Vec::new();
    file.take(policy::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(open)?;
    not_too_long(bytes.len(), path)?;
    String::from_utf8(bytes).map_err(|error| open(io::Error::new(ErrorKind::InvalidData, error)))
}

/// Refuses a policy that would not be read again.
fn not_too_long(len: usize, path: &Path) -> Result<(), Error> {
    if len > policy::MAX_BYTES {
        return Err(bad(path, format!("it has more than {} bytes", policy::MAX_BYTES)));
    }
    Ok(())
}

fn bad(path: &Path, detail: String) -> Error {
    Error::BadPolicy { path: path.to_owned(), line: None, detail }
}

/// What the file says and the options add.
fn policy_of(args: &Check, text: &str) -> Result<Policy, Error> {
    let mut policy = match &args.policy {
        Some(path) => Policy::parse(text, path)?,
        None => Policy::default(),
    };
    args.allow.iter().for_each(|allow| add_allowed(&mut policy, *allow));
    args.warn.iter().for_each(|warn| add_warned(&mut policy, *warn));
    if args.require_files {
        policy.severity.insert(BreachKind::Absent, Severity::Fail);
    }
    policy.agents.extend(args.agent.iter().cloned());
    let expect = &mut policy.expect;
    expect.count = args.expect_cases.or(expect.count);
    expect.total = args.expect_total.or(expect.total);
    expect.agents.extend(args.require_agent.iter().cloned());
    expect.no_others |= args.no_other_agents;
    expect.roles.extend(args.require_role.iter().map(|side| Role::from(*side)));
    expect.cases.extend(args.cases.iter().cloned());
    expect.suite = args.suite.or(expect.suite);
    expect.uneven |= args.uneven;
    policy.skip.extend(args.skip.iter().cloned());
    Ok(policy)
}

fn add_allowed(policy: &mut Policy, allow: Allow) {
    match allow {
        Allow::NonStrict => policy.behavior.push(Behavior::NonStrict),
        Allow::Informational => {
            policy.behavior.push(Behavior::Informational);
            policy.close.push(BehaviorClose::Informational);
        }
        Allow::Unimplemented => policy.behavior.push(Behavior::Unimplemented),
        Allow::FailedByClient => policy.close.push(BehaviorClose::FailedByClient),
        Allow::WrongCode => policy.close.push(BehaviorClose::WrongCode),
        Allow::Unclean => policy.close.push(BehaviorClose::Unclean),
        Allow::AnyBehavior => policy.behavior.push(Behavior::Other(policy::ANY.to_owned())),
        Allow::AnyClose => policy.close.push(BehaviorClose::Other(policy::ANY.to_owned())),
        Allow::UnimplementedAnyClose => policy.allow.push(Allowance {
            behavior: vec![Behavior::Unimplemented],
            any_close: true,
            ..Allowance::default()
        }),
    }
}

fn add_warned(policy: &mut Policy, warn: Warn) {
    let verdict = match warn {
        Warn::NonStrict => Ok((Some(Behavior::NonStrict), None)),
        Warn::Informational => Ok((Some(Behavior::Informational), Some(BehaviorClose::Informational))),
        Warn::Unimplemented => Ok((Some(Behavior::Unimplemented), None)),
        Warn::FailedByClient => Ok((None, Some(BehaviorClose::FailedByClient))),
        Warn::WrongCode => Ok((None, Some(BehaviorClose::WrongCode))),
        Warn::Unclean => Ok((None, Some(BehaviorClose::Unclean))),
        Warn::Missing => Err(BreachKind::Missing),
        Warn::UnexpectedPass => Err(BreachKind::UnexpectedPass),
        Warn::Extra => Err(BreachKind::Extra),
        Warn::Inconsistent => Err(BreachKind::Inconsistent),
        Warn::Unlisted => Err(BreachKind::Unlisted),
        Warn::Absent => Err(BreachKind::Absent),
    };
    match verdict {
        Ok((behavior, close)) => {
            let (behavior, close) = (behavior.into_iter().collect(), close.into_iter().collect());
            policy.warn.push(Allowance { behavior, close, ..Allowance::default() });
        }
        Err(kind) => {
            policy.severity.insert(kind, Severity::Warn);
        }
    }
}
