//! Reads whole Autobahn runs: index and case files, these by as many threads as there are cores.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use wslog::autobahn::{self, ReportKind, brief, index};
use wslog::error::{Error, Pointer};
use wslog::limits::Limits;
use wslog::model::case::{CaseId, CaseReport, ReportForm, Run};
use wslog::model::run::{CaseVerdict, Cases, Contradiction, RunSource};
use wslog::source::file::{Input, Stop};

use wslog::engine::{all_cores, directory, parallel};

/// A run and where its case files are.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) cases: Cases,
    files: Files,
}

/// Case files by agent and case; several where shards overlap.
type Files = BTreeMap<String, BTreeMap<CaseId, Vec<PathBuf>>>;

impl Loaded {
    /// Reads a run; with `hold` its index is held against the case files.
    pub(super) fn open(path: &Path, hold: bool) -> Result<Self, Error> {
        if path.is_dir() {
            return match Self::of_run(path, hold) {
                Err(none @ Error::NoReport { .. }) => Self::of_shards(path, hold)?.ok_or(none),
                run => run,
            };
        }
        let bytes = read(path)?;
        if let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) {
            return Ok(Self::of_cases([(path.to_owned(), verdict(form, &bytes, path)?)]));
        }
        Self::of_index(&bytes, path, path.parent().unwrap_or(Path::new("")), hold)
    }

    /// A directory that holds an index, or cases.
    fn of_run(folder: &Path, hold: bool) -> Result<Self, Error> {
        let index = folder.join("index.json");
        if index.is_file() {
            Self::of_index(&read(&index)?, &index, folder, hold)
        } else {
            Self::of_directory(folder)
        }
    }

    /// A directory of such directories: the shards of one run.
    fn of_shards(folder: &Path, hold: bool) -> Result<Option<Self>, Error> {
        let open = |source| Error::Open { path: folder.to_owned(), source };
        let mut folders = Vec::new();
        for entry in fs::read_dir(folder).map_err(open)? {
            folders.push(entry.map_err(open)?.path());
        }
        folders.sort_unstable();
        let mut all: Option<Self> = None;
        for shard in folders.iter().filter(|path| path.is_dir()) {
            match Self::of_run(shard, hold) {
                Err(Error::NoReport { .. }) => {}
                shard => all.get_or_insert_default().merge(shard?),
            }
        }
        Ok(all)
    }

    fn of_index(bytes: &[u8], path: &Path, folder: &Path, hold: bool) -> Result<Self, Error> {
        let mut loaded = Self { run: index::read(bytes, path, &Limits::DEFAULT)?, ..Self::default() };
        let mut names = Vec::new();
        for (agent, entries) in &loaded.run.agents {
            for (id, entry) in entries {
                // A name of a report leads to no other directory.
                let name = entry.report_file.as_deref().filter(|name| is_plain(name));
                if let Some(name) = name {
                    let of_agent = loaded.files.entry(agent.clone()).or_default();
                    of_agent.entry(id.clone()).or_default().push(folder.join(name));
                    names.push((name.to_owned(), agent.clone(), id.clone()));
                }
            }
        }
        if !hold {
            return Ok(loaded);
        }
        let read = parallel::map(all_cores(), &names, |(name, _, _)| {
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
        // A file can have come or gone between two agents that share its name.
        loaded.cases.absent = loaded.cases.absent.saturating_sub(broken.len() as u64);
        loaded.cases.contradictions.extend(broken);
        Ok(loaded)
    }

    fn of_directory(folder: &Path) -> Result<Self, Error> {
        let open = |source| Error::Open { path: folder.to_owned(), source };
        let mut paths = directory::cases(folder, all_cores()).map_err(open)?;
        // What is named like a case and begins like none is not passed over: reading it says what is wrong.
        for entry in fs::read_dir(folder).map_err(open)? {
            let path = entry.map_err(open)?.path();
            if is_named_like_a_case(&path) && path.is_file() {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(Error::NoReport { path: folder.to_owned() });
        }
        paths.sort_unstable();
        paths.dedup();
        let read: Result<Vec<_>, _> =
            parallel::map(all_cores(), &paths, |path| read_verdict(path)).into_iter().collect();
        Ok(Self::of_cases(paths.into_iter().zip(read?)))
    }

    fn of_cases(cases: impl IntoIterator<Item = (PathBuf, CaseVerdict)>) -> Self {
        let mut files = Files::new();
        let verdicts: Vec<_> = cases
            .into_iter()
            .map(|(path, case)| {
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let of_agent = files.entry(case.agent.clone()).or_default();
                of_agent.entry(case.id.clone()).or_default().push(path);
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
        index::merge_cases(&self.run, &mut self.cases, cases);
        for (agent, of_agent) in files {
            let into = self.files.entry(agent).or_default();
            of_agent.into_iter().for_each(|(id, paths)| into.entry(id).or_default().extend(paths));
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

    /// The report of a case, if its file is there, can be read, and has the verdict that counts.
    pub(super) fn report(&self, agent: &str, id: &CaseId) -> Option<CaseReport> {
        let entry = self.run.agents.get(agent)?.get(id)?;
        let of = |path: &PathBuf| {
            let bytes = read(path).ok()?;
            let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) else { return None };
            let report = autobahn::read_case(form, &bytes, path, &Limits::DEFAULT).ok()?;
            let is_it = report.agent == agent && report.id == *id;
            (is_it && index::says(&CaseVerdict::from(&report), entry)).then_some(report)
        };
        self.files.get(agent)?.get(id)?.iter().find_map(of)
    }
}

/// Whether it has the name of a case file, which the reader of a directory takes it for whatever is in it.
pub(super) fn is_named_like_a_case(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.contains("_case_") && name.ends_with(".json")
}

fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

fn read_verdict(path: &Path) -> Result<CaseVerdict, Error> {
    let bytes = read(path)?;
    let form = match autobahn::sniff(&bytes) {
        Some(ReportKind::Case(form)) => form,
        _ => ReportForm::Json,
    };
    verdict(form, &bytes, path)
}

/// The verdict of a case; of JSON no more than that is read.
fn verdict(form: ReportForm, bytes: &[u8], path: &Path) -> Result<CaseVerdict, Error> {
    match form {
        ReportForm::Json => brief::read(bytes, path),
        _ => autobahn::read_case(form, bytes, path, &Limits::DEFAULT).map(|case| CaseVerdict::from(&case)),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let limits = Limits::DEFAULT;
    let most = limits.max_report_bytes;
    let source = Input::open(path, &limits, &Stop::new())?.source;
    source.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|source| Error::Read {
        path: path.to_owned(),
        offset: bytes.len() as u64,
        source,
    })?;
    let detail = match bytes.len() as u64 {
        0 => "it is empty".to_owned(),
        len if len > most => format!("it has more than {most} bytes"),
        _ => match Pointer::of(&bytes) {
            Some(pointer) => return Err(Error::Pointer { path: path.to_owned(), pointer }),
            None => return Ok(bytes),
        },
    };
    Err(Error::BadReport {
        path: path.to_owned(),
        what: "Autobahn report",
        line: None,
        detail,
        advice: "give a case report, the index.json of a run, or its directory",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
