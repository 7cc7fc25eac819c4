//! `wslog check`.

use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::sync::Arc;

use wslog::autobahn::policy::{self, Policy};
use wslog::error::Error;
use wslog::model::case::{Behavior, BehaviorClose};
use wslog::model::run::{Breach, BreachKind};
use wslog::views::run::{CheckReport, github, json, junit, markdown, text};

use crate::cli::args::{Allow, Check, RunFormat};
use crate::cli::exit::{self, Exit};
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::runs::Loaded;
use crate::cli::style;
use wslog::views::escape::visible;

pub(super) fn run(args: &Check) -> anyhow::Result<Exit> {
    let read: Vec<_> = args.runs.iter().chain(&args.policy).collect();
    let output = Output::open(args.output.output.as_deref(), &read)?;
    // A mistake in the policy is told before thousands of files are read.
    let policy_text = read_policy(args)?;
    let mut policy = policy_of(args, &policy_text)?;
    let mut loaded = Loaded::default();
    let mut unread = Vec::new();
    for path in &args.runs {
        match Loaded::open(path, !args.index_only) {
            Ok(shard) => loaded.merge(shard),
            Err(error) => {
                let detail = error.to_string();
                unread.push(Breach { agent: None, case: None, kind: BreachKind::NoReport, detail });
                exit::explain(&error.into());
            }
        }
    }
    if let Some(path) = args.policy.as_deref().filter(|_| args.update) {
        if unread.is_empty() {
            let updated = policy::update(&policy_text, path, &policy, &loaded.run, Some(&loaded.cases))?;
            // It is read before it takes the place of the old one.
            not_too_long(updated.len(), path)?;
            policy = policy_of(args, &updated)?;
            if updated != policy_text || !path.exists() {
                Output::replacing(path)?.write(&updated)?;
            }
        } else {
            let path = visible(&path.to_string_lossy()).into_owned();
            exit::say(&format!("wslog: {path}: left unchanged, as not all of the run could be read"));
        }
    }

    let mut checked = policy::check(&loaded.run, Some(&loaded.cases), &policy);
    let trouble = !unread.is_empty();
    if trouble {
        checked.breaches.retain(|b| b.agent.is_some() || b.kind != BreachKind::NoReport);
        checked.breaches.splice(..0, unread);
    }
    let source = loaded.source(&args.runs);
    let report = CheckReport { run: &source, checked: &checked };
    let text = match args.output.format {
        RunFormat::Text => {
            let style = style::of(args.output.look, args.output.output.is_none());
            style.fit(&text::check(&report, &style)).into_owned()
        }
        RunFormat::Json => json::check(&report),
        RunFormat::Markdown => markdown::check(&report),
        RunFormat::Junit => junit::check(&report),
        RunFormat::Github => github::check(&report),
    };
    let pager = pager::of(args.output.look, &Arc::default());
    let is_text = args.output.format == RunFormat::Text;
    output.paged(pager.filter(|_| is_text)).write(&text)?;
    Ok(match (trouble, checked.passed()) {
        (true, _) => Exit::Trouble,
        (false, false) => Exit::Found,
        (false, true) => Exit::Done,
    })
}

/// The text of the policy file; with `--update` one that is not there yet is empty.
fn read_policy(args: &Check) -> anyhow::Result<String> {
    let Some(path) = &args.policy else { return Ok(String::new()) };
    let open = |source| Error::Open { path: path.clone(), source };
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if args.update && error.kind() == ErrorKind::NotFound => return Ok(String::new()),
        Err(source) => return Err(open(source).into()),
    };
    if path.is_dir() {
        return Err(bad(path, "it is a directory".to_owned()).into());
    }
    let mut bytes = Vec::new();
    file.take(policy::MAX_BYTES as u64 + 1).read_to_end(&mut bytes).map_err(open)?;
    not_too_long(bytes.len(), path)?;
    Ok(String::from_utf8(bytes).map_err(|error| open(io::Error::new(ErrorKind::InvalidData, error)))?)
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
    for allow in &args.allow {
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
        }
    }
    policy.expect.count = args.expect_cases.or(policy.expect.count);
    policy.expect.agents.extend(args.require_agent.iter().cloned());
    policy.expect.cases.extend(args.cases.iter().cloned());
    policy.skip.extend(args.skip.iter().cloned());
    Ok(policy)
}
