//! What of a directory belongs to a run, and what its name tells.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use wslog::autobahn::index;
use wslog::engine::directory::{self, Kind};
use wslog::engine::{all_cores, parallel};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::Role;
use wslog::model::case::ReportForm;
use wslog::views::escape::visible;

/// How many levels of directories are searched for runs: `reports/AGENT/clients`.
pub(super) const DEPTH: usize = 2;

/// Whether it has the name of a case file, which the reader of a directory takes it for whatever is in it.
pub(in crate::cli) fn is_named_like_a_case(path: &Path) -> bool {
    let name = name(path);
    name.contains("_case_") && name.ends_with(".json")
}

/// The name of a file, without its directory.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The role of what a run tests, as far as the name of its directory tells, or that of an index that is not called so.
pub(super) fn role(index: &Path, folder: &Path) -> Option<Role> {
    let of = |name: Option<&std::ffi::OsStr>| index::of_name(&name?.to_string_lossy());
    // `.` and `..` have names of their own.
    let folder = || fs::canonicalize(if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
    of(index.file_stem()).or_else(|| of(folder().ok()?.file_name()))
}

/// The directories in one, in order, without those that are hidden.
pub(super) fn below(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = list(folder)?;
    found.retain(|path| path.is_dir() && !name(path).starts_with('.'));
    // A link comes behind what it leads to, which is read under its own name.
    found.sort_unstable_by_key(|path| (path.is_symlink(), path.clone()));
    Ok(found)
}

/// Lists of results that are not called `index.json`.
pub(super) fn indices(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let kinds = kinds(folder, list(folder)?)?;
    Ok(kinds.into_iter().filter(|(_, kind)| *kind == Kind::Index).map(|(path, _)| path).collect())
}

/// Reports of cases: the JSON files; where there are none the pages.
pub(super) fn cases(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let open = |source| Error::Open { path: folder.to_owned(), source };
    let mut paths = directory::cases(folder, all_cores()).map_err(open)?;
    // What is named like a case and begins like none is not passed over: reading it says what is wrong.
    paths.extend(list(folder)?.into_iter().filter(|path| is_named_like_a_case(path) && path.is_file()));
    paths.sort_unstable();
    paths.dedup();
    Ok(paths)
}

/// Reports of cases that are none of the `named`, nor one of these in another form.
pub(super) fn unnamed(folder: &Path, named: &BTreeSet<String>) -> Result<Vec<PathBuf>, Error> {
    let stem = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let stems: BTreeSet<String> = named.iter().map(|name| stem(Path::new(name))).collect();
    let mut others = list(folder)?;
    others.retain(|path| !named.contains(&name(path)) && !stems.contains(&stem(path)));
    let kinds = kinds(folder, others)?;
    let json: Vec<_> = kinds
        .iter()
        .filter(|(path, kind)| *kind == Kind::Case(ReportForm::Json) || is_named_like_a_case(path))
        .map(|(path, _)| path.clone())
        .collect();
    let of_json: BTreeSet<String> = json.iter().map(|path| stem(path)).collect();
    let pages = kinds.into_iter().filter(|(path, kind)| {
        matches!(kind, Kind::Case(form) if *form != ReportForm::Json)
            && !of_json.contains(&stem(path))
            && stem(path).contains("_case_")
    });
    let pages: Vec<_> = pages.map(|(path, _)| path).collect();
    Ok(json.into_iter().chain(pages).collect())
}

/// The overview page of a run, where a directory has nothing else of it.
pub(super) fn overview(folder: &Path) -> Option<Error> {
    let path = folder.join("index.html");
    path.is_file().then_some(Error::Overview { path, index: None })
}

/// Runs in the directories of one that is a run itself, and is read as that.
pub(super) fn passed_over(folder: &Path) -> Result<Vec<String>, Error> {
    let with_index = below(folder)?.into_iter().filter(|below| below.join("index.json").is_file());
    let told = with_index.map(|below| not_read(&below, "the directory that it is in is a run itself"));
    Ok(told.collect())
}

/// What is said of a file or directory that is left.
pub(super) fn not_read(path: &Path, why: &str) -> String {
    format!("{} is not read: {why}", visible(&path.to_string_lossy()))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let open = |source| Error::Open { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(open)?;
    entries.map(|entry| Ok(entry.map_err(open)?.path())).collect()
}

/// The files of `paths`, in order, each with what it is by its first bytes.
fn kinds(folder: &Path, mut paths: Vec<PathBuf>) -> Result<Vec<(PathBuf, Kind)>, Error> {
    paths.retain(|path| path.is_file());
    paths.sort_unstable();
    let kinds: io::Result<Vec<Kind>> =
        parallel::map(all_cores(), &paths, |path| directory::look(path, &Limits::DEFAULT))
            .into_iter()
            .collect();
    let kinds = kinds.map_err(|source| Error::Open { path: folder.to_owned(), source })?;
    Ok(paths.into_iter().zip(kinds).collect())
}
