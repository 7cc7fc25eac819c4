//! What of a directory is read, what is left, and why.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::autobahn::{self, ReportKind, SNIFF_BYTES};
use crate::engine::parallel;
use crate::error::{Error, Likeness, Pointer};
use crate::limits::Limits;
use crate::model::case::ReportForm;
use crate::source::file::{self, Unpacked};

/// What a file is, by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A capture.
    Capture,
    /// The report of a case of the Autobahn Testsuite.
    Case(ReportForm),
    /// The index of a run.
    Index,
    /// What stands for a file kept elsewhere.
    Pointer,
    /// Compressed data that cannot be read far enough to tell, or the first three bytes of a capture.
    Damaged,
    /// An archive, or a capture of another format.
    Foreign,
    /// None of these.
    Other,
    /// Nothing at all.
    Empty,
}

/// Looks into a file, compressed or not.
///
/// # Errors
/// Those of opening and reading it.
pub fn look(path: &Path, limits: &Limits) -> io::Result<Kind> {
    let mut source = Unpacked::open(path, limits)?;
    if file::is_capture(&mut source)? {
        return Ok(Kind::Capture);
    }
    let start = source.peek(SNIFF_BYTES)?;
    if start.len() == 3 && file::MAGIC.iter().any(|magic| magic.starts_with(start)) {
        return Ok(Kind::Damaged);
    }
    let kind = match autobahn::sniff(start) {
        Some(ReportKind::Case(form)) => Kind::Case(form),
        Some(ReportKind::Index) => Kind::Index,
        None if Pointer::of(start).is_some() => Kind::Pointer,
        None if Likeness::of(start).is_some() => Kind::Foreign,
        None if start.is_empty() => Kind::Empty,
        None => Kind::Other,
    };
    let is_short = start.len() < SNIFF_BYTES;
    // It may have had more to tell.
    let is_damaged = is_short && !source.weirds().as_slice().is_empty();
    Ok(if is_damaged && matches!(kind, Kind::Other | Kind::Empty) { Kind::Damaged } else { kind })
}

/// What a name comes to.
#[derive(Debug, Default)]
pub(super) struct Expanded {
    /// To be opened, in order.
    pub(super) read: Vec<PathBuf>,
    /// Left, each with the reason.
    pub(super) skipped: Vec<(PathBuf, &'static str)>,
    /// What cannot be looked into.
    pub(super) failed: Vec<Error>,
}

/// The files behind `named`: of a directory its captures and the cases it holds, each in one form only. What is damaged is
/// among them, so that opening it says how.
pub(super) fn expand(named: &Path, depth: usize, threads: usize, limits: &Limits) -> Expanded {
    let Some(found) = file::walk(named, depth) else {
        return Expanded { read: vec![named.to_owned()], ..Expanded::default() };
    };
    let mut out = Expanded {
        skipped: found.left,
        failed: found.failed.into_iter().map(|(path, source)| Error::Open { path, source }).collect(),
        ..Expanded::default()
    };
    let mut files = found.files;
    files.sort_unstable();
    let kinds = parallel::map(threads, &files, |path| look(path, limits));
    // The forms that a case is there in, by the name that they share.
    let mut forms: HashMap<PathBuf, ReportForm> = HashMap::new();
    for (path, kind) in files.iter().zip(&kinds) {
        if let Ok(Kind::Case(form)) = kind {
            let best = forms.entry(stem(path)).or_insert(*form);
            *best = (*best).min(*form);
        }
    }
    for (path, kind) in files.into_iter().zip(kinds) {
        let skipped = match kind {
            // Opening it says what is wrong.
            Ok(Kind::Capture | Kind::Pointer | Kind::Damaged) => None,
            Ok(Kind::Case(_)) if path.file_stem().is_some_and(|stem| stem == "index") => {
                Some("the overview of an Autobahn Testsuite run")
            }
            Ok(Kind::Case(form)) if forms.get(&stem(&path)).is_some_and(|best| *best < form) => {
                Some("a case that is there in another form")
            }
            Ok(Kind::Case(_)) => None,
            Ok(Kind::Index) => Some("the index of a run, which has no traffic (wslog check reads it)"),
            Ok(Kind::Foreign) => Some("an archive, or a capture in a format that wslog does not read"),
            Ok(Kind::Other) => Some("neither a capture nor a case report"),
            Ok(Kind::Empty) => Some("empty"),
            Err(source) => {
                out.failed.push(Error::Open { path, source });
                continue;
            }
        };
        match skipped {
            Some(why) => out.skipped.push((path, why)),
            None => out.read.push(path),
        }
    }
    out.skipped.sort_unstable();
    if out.read.is_empty() && out.failed.is_empty() {
        out.failed.push(Error::NothingInDirectory { path: named.to_owned() });
    }
    out
}

/// Bytes of the first input that names are derived from.
const BEGINNING: u64 = 1 << 20;

/// The first bytes of the first regular file among inputs that can be read: what
/// [`Pseudonyms`](crate::redact::Pseudonyms) can be made with that are the same whenever these inputs are read. Empty where there is none.
#[must_use]
pub fn beginning<P: AsRef<Path>>(inputs: &[P], depth: usize, limits: &Limits) -> Vec<u8> {
    let read = |path: PathBuf| {
        let bytes = file::is_regular(&path).then(|| file::beginning(&path, BEGINNING))?.ok()?;
        (!bytes.is_empty()).then_some(bytes)
    };
    let mut inputs = inputs.iter().map(AsRef::as_ref).filter(|named| !file::is_pipe(named));
    inputs
        .find_map(|named| expand(named, depth, 1, limits).read.into_iter().find_map(read))
        .unwrap_or_default()
}

/// Reports of cases in a directory, not in those below: the JSON files; where there are none the pages.
///
/// # Errors
/// Those of listing it, and of looking into what is there.
pub fn cases(directory: &Path, threads: usize) -> io::Result<Vec<PathBuf>> {
    let paths = file::list(directory)?;
    let look = |path: &PathBuf| {
        if file::is_regular(path) { look(path, &Limits::DEFAULT).map(Some) } else { Ok(None) }
    };
    let kinds = parallel::map(threads, &paths, look);
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

/// The name without what says how it is written and compressed.
fn stem(path: &Path) -> PathBuf {
    let is_packed = path
        .extension()
        .is_some_and(|ending| ["gz", "zst", "lz4", "xz", "bz2"].iter().any(|packed| ending == *packed));
    let path = if is_packed { path.with_extension("") } else { path.to_owned() };
    path.with_extension("")
}
