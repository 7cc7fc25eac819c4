//! What `inspect` was given: captures, or reports of the Autobahn Testsuite.

use std::fs::File;
use std::io::{self, Cursor, Read};
use std::path::{Path, PathBuf};

use wslog::autobahn::{self, Kind, SNIFF_BYTES};
use wslog::error::Error;
use wslog::input::{self, Input};
use wslog::limits::MAX_REPORT_BYTES;
use wslog::model::case::{CaseReport, ReportForm};

use crate::cli::parallel;

/// An input, opened as what its first bytes say.
pub(super) enum Source {
    /// A capture, or what is to be refused as one.
    Capture(Input),
    /// The report of a case.
    Case { report: Box<CaseReport>, kind: &'static str, bytes: u64 },
}

/// Opens `path`.
pub(super) fn open(path: &Path) -> Result<Source, Error> {
    let Input { path, mut source } = Input::open(path)?;
    let fail = |offset, source| Error::Read { path: path.clone(), offset, source };
    let mut start = Vec::new();
    source.by_ref().take(SNIFF_BYTES as u64).read_to_end(&mut start).map_err(|e| fail(0, e))?;
    let form = match autobahn::sniff(&start) {
        Some(Kind::Case(form)) => form,
        Some(Kind::Index) => return Err(refuse(&path, "an index tells verdicts but no traffic")),
        None => {
            let source = Box::new(Cursor::new(start).chain(source));
            return Ok(Source::Capture(Input { path, source }));
        }
    };
    let mut bytes = start;
    let read = bytes.len() as u64;
    source.take(MAX_REPORT_BYTES).read_to_end(&mut bytes).map_err(|e| fail(read, e))?;
    if bytes.len() as u64 > MAX_REPORT_BYTES {
        return Err(refuse(&path, "it is larger than any report"));
    }
    let report = Box::new(autobahn::read_case(form, &bytes, &path)?);
    let kind = match form {
        ReportForm::Json => "autobahn-json",
        ReportForm::Html => "autobahn-html",
        ReportForm::Text => "autobahn-text",
    };
    Ok(Source::Case { report, kind, bytes: bytes.len() as u64 })
}

fn refuse(path: &Path, detail: &str) -> Error {
    Error::BadReport {
        path: path.to_owned(),
        what: "Autobahn case",
        line: None,
        detail: detail.to_owned(),
        advice: "name the reports of cases, or their directory; wslog check and wslog diff read an index",
    }
}

/// The files behind `named`: of a directory its captures, else the cases it holds, each in one form only.
pub(super) fn expand(named: &Path) -> Result<Vec<PathBuf>, Error> {
    match input::expand(named) {
        Err(error @ Error::NothingInDirectory { .. }) => {
            let cases = cases(named).map_err(|source| Error::Open { path: named.to_owned(), source })?;
            if cases.is_empty() { Err(error) } else { Ok(cases) }
        }
        expanded => expanded,
    }
}

/// Reports of cases in a directory: the JSON files; where there are none the pages.
pub(super) fn cases(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        paths.push(entry?.path());
    }
    let kinds = parallel::map(&paths, |path| if path.is_file() { sniff(path) } else { Ok(None) });
    let mut json = Vec::new();
    let mut pages = Vec::new();
    for (path, kind) in paths.into_iter().zip(kinds) {
        match kind? {
            Some(Kind::Case(ReportForm::Json)) => json.push(path),
            // The overview of a run is a page too, and no case.
            Some(Kind::Case(_)) if path.file_stem().is_none_or(|stem| stem != "index") => pages.push(path),
            _ => {}
        }
    }
    let mut found = if json.is_empty() { pages } else { json };
    found.sort_unstable();
    Ok(found)
}

fn sniff(path: &Path) -> io::Result<Option<Kind>> {
    let mut start = Vec::new();
    File::open(path)?.take(SNIFF_BYTES as u64).read_to_end(&mut start)?;
    Ok(autobahn::sniff(&start))
}
