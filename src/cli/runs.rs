//! Reads whole Autobahn runs: index and case files, these by as many threads as there are cores.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::num::NonZero;
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use wslog::autobahn::{self, brief, index};
use wslog::error::Error;
use wslog::input::{Input, Stop};
use wslog::limits::{Limits, MAX_REPORT_BYTES};
use wslog::model::case::{CaseId, CaseReport, ReportForm, Run};
use wslog::model::run::{CaseVerdict, Cases, Contradiction, RunSource};

use crate::cli::args::RunOutput;

/// A run and where its case files are.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) cases: Cases,
    files: BTreeMap<String, BTreeMap<CaseId, PathBuf>>,
}

impl Loaded {
    /// Reads a run; with `hold` its index is held against the case files.
    pub(super) fn open(path: &Path, hold: bool) -> Result<Self, Error> {
        if path.is_dir() {
            let index = path.join("index.json");
            return if index.is_file() {
                Self::of_index(&read(&index)?, &index, path, hold)
            } else {
                Self::of_directory(path)
            };
        }
        let bytes = read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        match (Self::of_index(&bytes, path, folder, hold), brief::read(&bytes, path)) {
            (Err(_), Ok(case)) => Ok(Self::of_cases([(path.to_owned(), case)])),
            (index, _) => index,
        }
    }

    fn of_index(bytes: &[u8], path: &Path, folder: &Path, hold: bool) -> Result<Self, Error> {
        let mut loaded = Self { run: index::read(bytes, path)?, ..Self::default() };
        let mut names = Vec::new();
        for (agent, entries) in &loaded.run.agents {
            for (id, entry) in entries {
                // A name of a report leads to no other directory.
                let name = entry.report_file.as_deref().filter(|name| is_plain(name));
                if let Some(name) = name {
                    let of_agent = loaded.files.entry(agent.clone()).or_default();
                    of_agent.insert(id.clone(), folder.join(name));
                    names.push((name.to_owned(), agent.clone(), id.clone()));
                }
            }
        }
        if !hold {
            return Ok(loaded);
        }
        let read = in_parallel(&names, |(name, _, _)| {
            let path = folder.join(name);
            path.is_file().then(|| read_verdict(&path))
        });
        let mut found = BTreeMap::new();
        let mut broken = Vec::new();
        for ((name, agent, case), read) in names.into_iter().zip(read) {
            match read {
                None => {}
                Some(Ok(verdict)) => {
                    found.insert(name, verdict);
                }
                Some(Err(error)) => {
                    let detail = format!("its case file cannot be read: {error}");
                    broken.push(Contradiction { agent, case, detail });
                }
            }
        }
        loaded.cases = index::hold(&loaded.run, &found);
        loaded.cases.absent -= broken.len() as u64;
        loaded.cases.contradictions.extend(broken);
        Ok(loaded)
    }

    fn of_directory(folder: &Path) -> Result<Self, Error> {
        let open = |source| Error::Open { path: folder.to_owned(), source };
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder).map_err(open)? {
            let path = entry.map_err(open)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name.contains("_case_") && name.ends_with(".json") && path.is_file() {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(Error::NoReport { path: folder.to_owned() });
        }
        paths.sort_unstable();
        let read: Result<Vec<_>, _> = in_parallel(&paths, |path| read_verdict(path)).into_iter().collect();
        Ok(Self::of_cases(paths.into_iter().zip(read?)))
    }

    fn of_cases(cases: impl IntoIterator<Item = (PathBuf, CaseVerdict)>) -> Self {
        let mut files: BTreeMap<String, BTreeMap<CaseId, PathBuf>> = BTreeMap::new();
        let verdicts: Vec<_> = cases
            .into_iter()
            .map(|(path, case)| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                files.entry(case.agent.clone()).or_default().insert(case.id.clone(), path);
                (name, case)
            })
            .collect();
        let (run, cases) = index::from_cases(verdicts);
        Self { run, cases, files }
    }

    /// Adds the cases of another shard.
    pub(super) fn merge(&mut self, shard: Self) {
        let Self { run, cases, files } = shard;
        self.cases.contradictions.extend(index::merge(&mut self.run, run));
        self.cases.contradictions.extend(cases.contradictions);
        self.cases.absent += cases.absent;
        self.cases.overwritten += cases.overwritten;
        for (agent, verdicts) in cases.verdicts {
            self.cases.verdicts.entry(agent).or_default().extend(verdicts);
        }
        for (agent, paths) in files {
            self.files.entry(agent).or_default().extend(paths);
        }
    }

    /// What a report says of the run.
    pub(super) fn source(&self, paths: &[PathBuf]) -> RunSource {
        let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
        RunSource {
            path: paths.join(", "),
            cases: self.run.agents.values().map(|cases| cases.len() as u64).sum(),
            contradictions: self.cases.contradictions.clone(),
        }
    }

    /// The report of a case, if its file is there, can be read and is of that case.
    pub(super) fn report(&self, agent: &str, id: &CaseId) -> Option<CaseReport> {
        let path = self.files.get(agent)?.get(id)?;
        let report = autobahn::read_case(ReportForm::Json, &read(path).ok()?, path).ok()?;
        (report.agent == agent && report.id == *id).then_some(report)
    }
}

/// `work` done on every item; results are in the order of the items.
pub(super) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(items.len() / 16 + 1);
    let next = AtomicUsize::new(0);
    let worker = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(item) = items.get(at) else { return done };
            done.push((at, work(item)));
        }
    };
    let mut done = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
        let mut done = worker();
        for other in others {
            done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

fn read_verdict(path: &Path) -> Result<CaseVerdict, Error> {
    brief::read(&read(path)?, path)
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let source = Input::open(path, &Limits::default(), &Stop::new())?.source;
    source.take(MAX_REPORT_BYTES + 1).read_to_end(&mut bytes).map_err(|source| Error::Read {
        path: path.to_owned(),
        offset: bytes.len() as u64,
        source,
    })?;
    match bytes.len() as u64 {
        0 => Err(Error::Empty { path: path.to_owned() }),
        MAX_REPORT_BYTES.. => Err(Error::BadReport {
            path: path.to_owned(),
            what: "Autobahn report",
            line: None,
            detail: format!("it has {MAX_REPORT_BYTES} bytes or more"),
            advice: "name the JSON file of a case, the index.json of a run, or its directory",
        }),
        _ => Ok(bytes),
    }
}

/// Writes a rendering to where it was asked for.
pub(super) fn write(text: &str, output: &RunOutput) -> anyhow::Result<()> {
    if let Some(path) = &output.output {
        return fs::write(path, text).with_context(|| format!("cannot write {}", path.display()));
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Write)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_the_items() {
        for len in [0, 1, 15, 16, 1_000] {
            let items: Vec<usize> = (0..len).collect();
            assert_eq!(in_parallel(&items, |n| n * 2), items.iter().map(|n| n * 2).collect::<Vec<_>>());
        }
    }

    #[test]
    fn names_of_reports_lead_nowhere_else() {
        for (name, plain) in [
            ("a_case_1_1.json", true),
            ("", false),
            (".", false),
            ("..", false),
            ("../a.json", false),
            ("/etc/a.json", false),
            ("b/a.json", false),
        ] {
            assert_eq!(is_plain(name), plain, "{name}");
        }
    }
}
