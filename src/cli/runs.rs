//! Reads whole Autobahn runs: index and case files, these by as many threads as there are cores.

mod files;
mod folder;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::index::{self, Beside, Parts};
use wslog::autobahn::{self, ReportKind};
use wslog::engine::{all_cores, parallel};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::Role;
use wslog::model::case::{CaseId, CaseReport, Run};
use wslog::model::run::{CaseVerdict, Cases, Contradiction, RunSource, Testee};

use crate::cli::args;
pub(super) use folder::is_named_like_a_case;

/// A run and where its case files are.
#[derive(Debug, Default)]
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) cases: Cases,
    /// What is to be said on standard error.
    pub(super) remarks: Vec<String>,
    /// Case files that an index does not name, where they were counted only.
    unlisted: u64,
    files: Files,
}

/// Case files by testee and case; several where shards overlap.
type Files = BTreeMap<Testee, BTreeMap<CaseId, Vec<PathBuf>>>;

/// How runs are read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Loading {
    /// An index is held against its case files.
    pub(super) holds: bool,
    /// The role of a testee of which no case file tells.
    pub(super) testee: Option<Role>,
    /// Directories of one directory may have the same cases.
    pub(super) are_shards: bool,
}

impl Loading {
    pub(super) fn of(parts: args::Parts, holds: bool) -> Self {
        Self { holds, testee: parts.testee.map(Role::from), are_shards: parts.shards }
    }

    /// Reads a run: an index, a case, a directory of either, or a directory of such directories.
    pub(super) fn open(&self, path: &Path) -> Result<Loaded, Error> {
        if path.is_dir() {
            return self.of_tree(path);
        }
        let bytes = files::read(path)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        if let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) {
            let verdict = files::verdict(form, &bytes, path)?;
            return Ok(self.of_cases([(path.to_owned(), verdict)], folder));
        }
        self.of_index(&bytes, path, folder)
    }

    fn of_index(&self, bytes: &[u8], path: &Path, folder: &Path) -> Result<Loaded, Error> {
        let read = index::read(bytes, path, &Limits::DEFAULT)?;
        let mut loaded = Loaded { run: read.run, ..Loaded::default() };
        loaded.cases.contradictions = read.contradictions;
        let names = loaded.names();
        let named: Vec<&str> =
            if self.holds { names.iter().map(String::as_str).collect() } else { loaded.one_each(folder) };
        let (named, broken) = read_named(&named, folder);
        let otherwise = self.testee.or_else(|| folder::role(path, folder));
        loaded.give_roles(&named, self.testee, otherwise);
        loaded.note_files(folder);
        // A list of results kept under another name is not the index of what lies beside it.
        let is_index = path.file_name().is_some_and(|name| name == "index.json");
        let unnamed = if is_index { folder::unnamed(folder, &names)? } else { Vec::new() };
        if !self.holds {
            loaded.unlisted = unnamed.len() as u64;
            return Ok(loaded);
        }
        let unnamed = read_all(&unnamed)?.into_iter().map(|(path, verdict)| {
            let role = verdict.role.or(otherwise);
            (folder::name(&path), CaseVerdict { role, ..verdict })
        });
        let held = index::hold(&loaded.run, &Beside { named, unnamed: unnamed.collect() });
        index::merge_cases(&loaded.run, &mut loaded.cases, held);
        loaded.tell_broken(broken);
        Ok(loaded)
    }

    /// A directory that holds an index, cases, or other lists of results.
    fn of_folder(&self, folder: &Path) -> Result<Loaded, Error> {
        let index = folder.join("index.json");
        if index.is_file() {
            return self.of_index(&files::read(&index)?, &index, folder);
        }
        let lists = folder::indices(folder)?;
        let cases = folder::cases(folder)?;
        if !cases.is_empty() {
            // A run that ended before it wrote its index: what is expected of it is not what it did.
            let mut loaded = self.of_cases(read_all(&cases)?, folder);
            loaded
                .remarks
                .extend(lists.iter().map(|list| folder::not_read(list, "there are case reports beside it")));
            return Ok(loaded);
        }
        let mut parts = Vec::new();
        for path in lists {
            let part = self.of_index(&files::read(&path)?, &path, folder)?;
            // `{}` is anybody's.
            if part.run.agents.values().any(|cases| !cases.is_empty()) {
                parts.push((path, part));
            }
        }
        if parts.is_empty() {
            return Err(Error::NoReport { path: folder.to_owned() });
        }
        Ok(self.together(parts))
    }

    fn of_cases(&self, cases: impl IntoIterator<Item = (PathBuf, CaseVerdict)>, folder: &Path) -> Loaded {
        let otherwise = self.testee.or_else(|| folder::role(Path::new(""), folder));
        let mut files = Files::new();
        let verdicts: Vec<_> = cases
            .into_iter()
            .map(|(path, mut case)| {
                case.role = case.role.or(otherwise);
                let name = folder::name(&path);
                let of_testee = files.entry(case.testee()).or_default();
                of_testee.entry(case.id.clone()).or_default().push(path);
                (name, case)
            })
            .collect();
        let (run, cases) = index::from_cases(verdicts, otherwise, self.are_shards);
        Loaded { run, cases, files, ..Loaded::default() }
    }

    /// A directory that is a run, or in which directories are.
    fn of_tree(&self, top: &Path) -> Result<Loaded, Error> {
        let mut parts = Vec::new();
        let mut level = vec![top.to_owned()];
        // What a link leads to, and what leads back, is read once.
        let mut seen = BTreeSet::new();
        for _ in 0..=folder::DEPTH {
            let mut below = Vec::new();
            for folder in level {
                if !fs::canonicalize(&folder).is_ok_and(|path| seen.insert(path)) {
                    continue;
                }
                match self.of_folder(&folder) {
                    Ok(part) => parts.push((folder, part)),
                    Err(Error::NoReport { .. }) => below.extend(folder::below(&folder)?),
                    Err(error) => return Err(error),
                }
            }
            level = below;
        }
        if parts.is_empty() {
            return Err(folder::overview(top).unwrap_or_else(|| Error::NoReport { path: top.to_owned() }));
        }
        parts.sort_by(|(a, _), (b, _)| a.cmp(b));
        let is_top = matches!(parts.as_slice(), [(only, _)] if only == top);
        let mut loaded = self.together(parts);
        if is_top {
            loaded.remarks.extend(folder::passed_over(top)?);
        }
        Ok(loaded)
    }

    /// The parts of one directory, each with its name.
    fn together(&self, parts: Vec<(PathBuf, Loaded)>) -> Loaded {
        let mut all = Loaded::default();
        let mut from: BTreeMap<Testee, String> = BTreeMap::new();
        for (path, part) in parts {
            let name = path.to_string_lossy().into_owned();
            let testees: Vec<_> = part.run.agents.keys().cloned().collect();
            // Where several parts were before, the first that had the agent is named.
            let first = testees.iter().find_map(|testee| from.get(testee)).cloned().unwrap_or_default();
            all.merge(part, if self.are_shards { Parts::Shards } else { Parts::Apart(&first, &name) });
            for testee in testees {
                from.entry(testee).or_insert_with(|| name.clone());
            }
        }
        all
    }
}

/// Reads case files that an index names, as far as they are there; those that cannot be read with the reason.
fn read_named(names: &[&str], folder: &Path) -> (BTreeMap<String, CaseVerdict>, BTreeMap<String, String>) {
    let read = parallel::map(all_cores(), names, |name| {
        let path = folder.join(name);
        path.is_file().then(|| files::read_verdict(&path))
    });
    let (mut found, mut broken) = (BTreeMap::new(), BTreeMap::new());
    for (name, read) in names.iter().zip(read) {
        match read {
            None => {}
            Some(Ok(verdict)) => {
                found.insert((*name).to_owned(), verdict);
            }
            Some(Err(error)) => {
                broken.insert((*name).to_owned(), format!("its case file cannot be read: {}", error.chain()));
            }
        }
    }
    (found, broken)
}

fn read_all(paths: &[PathBuf]) -> Result<Vec<(PathBuf, CaseVerdict)>, Error> {
    let read = parallel::map(all_cores(), paths, |path| files::read_verdict(path));
    paths.iter().cloned().zip(read).map(|(path, read)| Ok((path, read?))).collect()
}

impl Loaded {
    /// The case files that the index names. A name of a report leads to no other directory.
    fn names(&self) -> BTreeSet<String> {
        let entries = self.run.agents.values().flat_map(BTreeMap::values);
        let names = entries.filter_map(|entry| entry.report_file.as_ref());
        names.filter(|name| files::is_plain(name)).cloned().collect()
    }

    /// Of each agent the first case file that is there.
    fn one_each(&self, folder: &Path) -> Vec<&str> {
        let of_agents = self.run.agents.values();
        let first = of_agents.filter_map(|cases| {
            let mut names = cases.values().filter_map(|entry| entry.report_file.as_deref());
            names.find(|name| files::is_plain(name) && folder.join(name).is_file())
        });
        first.collect()
    }

    /// Gives each agent of an index its role: as a case file tells, or else `otherwise`. What was `asked` for and is not what
    /// the file tells is a contradiction.
    fn give_roles(
        &mut self,
        named: &BTreeMap<String, CaseVerdict>,
        asked: Option<Role>,
        otherwise: Option<Role>,
    ) {
        let mut told: BTreeMap<&str, (Role, &str)> = BTreeMap::new();
        for (file, verdict) in named {
            if let Some(role) = verdict.role {
                told.entry(&verdict.agent).or_insert((role, file));
            }
        }
        let role = |agent: &str| told.get(agent).map(|(role, _)| *role).or(otherwise);
        let twice = index::with_roles(&mut self.run, role, Parts::Shards);
        self.cases.contradictions.extend(twice);
        for told in &mut self.cases.contradictions {
            told.testee.role = told.testee.role.or_else(|| role(&told.testee.agent));
        }
        for (agent, (role, file)) in &told {
            if let Some(asked) = asked.filter(|asked| asked != role) {
                let detail = format!("--testee says {}, {file} says {}", asked.name(), role.name());
                let testee = Testee::new(agent, Some(*role));
                self.cases.contradictions.push(Contradiction { testee, case: None, detail });
            }
        }
    }

    fn note_files(&mut self, folder: &Path) {
        for (testee, entries) in &self.run.agents {
            for (id, entry) in entries {
                if let Some(name) = entry.report_file.as_deref().filter(|name| files::is_plain(name)) {
                    let of_testee = self.files.entry(testee.clone()).or_default();
                    of_testee.entry(id.clone()).or_default().push(folder.join(name));
                }
            }
        }
    }

    /// Case files that are there and cannot be read are not absent.
    fn tell_broken(&mut self, broken: BTreeMap<String, String>) {
        let absent = std::mem::take(&mut self.cases.absent);
        for lone in absent {
            match broken.get(&lone.file) {
                None => self.cases.absent.push(lone),
                Some(detail) => {
                    let (testee, case, detail) = (lone.testee, Some(lone.case), detail.clone());
                    self.cases.contradictions.push(Contradiction { testee, case, detail });
                }
            }
        }
    }

    /// Adds the cases of another part.
    pub(super) fn merge(&mut self, mut other: Self, parts: Parts<'_>) {
        if matches!(parts, Parts::Shards) {
            // A shard of which nothing tells the role of its testee has that of the others.
            self.learn(&other.run);
            other.learn(&self.run);
        }
        let Self { run, cases, remarks, unlisted, files } = other;
        self.cases.contradictions.extend(index::merge(&mut self.run, run, parts));
        index::merge_cases(&self.run, &mut self.cases, cases);
        self.remarks.extend(remarks);
        self.unlisted += unlisted;
        for (testee, of_testee) in files {
            let into = self.files.entry(testee).or_default();
            of_testee.into_iter().for_each(|(id, paths)| into.entry(id).or_default().extend(paths));
        }
    }

    /// Gives agents whose role is not known, here in no role that is, the only role that `other` has them in.
    fn learn(&mut self, other: &Run) {
        let roles = |run: &Run, agent: &str| -> Vec<Role> {
            let testee = |role| Testee::new(agent, Some(role));
            Role::BOTH.into_iter().filter(|role| run.agents.contains_key(&testee(*role))).collect()
        };
        let unknown = self.run.agents.keys().filter(|testee| testee.role.is_none());
        let learnt: Vec<(Testee, Role)> = unknown
            .filter(|testee| roles(&self.run, &testee.agent).is_empty())
            .filter_map(|testee| match roles(other, &testee.agent).as_slice() {
                [role] => Some((testee.clone(), *role)),
                _ => None,
            })
            .collect();
        for (unknown, role) in learnt {
            let known = Testee::new(&unknown.agent, Some(role));
            if let Some(cases) = self.run.agents.remove(&unknown) {
                self.run.agents.insert(known.clone(), cases);
            }
            if let Some(files) = self.files.remove(&unknown) {
                self.files.insert(known.clone(), files);
            }
            if let Some(verdicts) = self.cases.verdicts.remove(&unknown) {
                self.cases.verdicts.insert(known, verdicts);
            }
        }
    }

    /// What a report says of the run.
    pub(super) fn source(&self, paths: &[PathBuf]) -> RunSource {
        let paths: Vec<_> = paths.iter().map(|path| path.to_string_lossy()).collect();
        RunSource {
            path: paths.join(", "),
            cases: self.run.agents.values().map(|cases| cases.len() as u64).sum(),
            contradictions: self.cases.contradictions.clone(),
            unlisted: self.unlisted + self.cases.unlisted.len() as u64,
        }
    }

    /// The report of a case, if its file is there, can be read, and has the verdict that counts.
    pub(super) fn report(&self, testee: &Testee, id: &CaseId) -> Option<CaseReport> {
        let entry = self.run.agents.get(testee)?.get(id)?;
        let of = |path: &PathBuf| {
            let bytes = files::read(path).ok()?;
            let Some(ReportKind::Case(form)) = autobahn::sniff(&bytes) else { return None };
            let report = autobahn::read_case(form, &bytes, path, &Limits::DEFAULT).ok()?;
            let is_it = report.agent == testee.agent && report.id == *id;
            (is_it && index::says(&CaseVerdict::from(&report), entry)).then_some(report)
        };
        self.files.get(testee)?.get(id)?.iter().find_map(of)
    }
}
