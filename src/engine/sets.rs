//! Which files are one capture, and which comes next.
//!
//! Programs that rotate files (`tcpdump -C`, `-G`, `-W`, `dumpcap -b`) leave one capture in many. Files are one where
//! they are of one format and link type and each begins when the one before has ended, within
//! [`Limits::max_pause_seconds`]. Where recordings run side by side, their names have to say which go together; two
//! that overlap, like both ends of a connection, never are one, nor are two that have the [same packets](signs).

mod signs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::engine::capture::Beginning;
use crate::engine::parallel;
use crate::limits::Limits;
use crate::model::{InputReport, LinkType, Timestamp};
use crate::source::file::{self, Unpacked};
pub(super) use signs::{Gatherer, Met, Signs};

/// The most by which files of one series may overlap: a recorder of several interfaces has their packets a little out
/// of order.
const MAX_OVERLAP_NS: i64 = 1_000_000_000;

/// Which files are read as one capture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Joining {
    /// One capture where files follow each other.
    #[default]
    Following,
    /// All are one.
    All,
    /// Each is one.
    None,
}

/// A file that is still to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Waiting {
    path: PathBuf,
    /// `None` for what cannot be joined with anything.
    begins: Option<Beginning>,
}

/// Files whose beginnings are looked out for while another is read: those that begin first.
const WATCHED: usize = 8;

/// What files of one recorder have alike: format and link type.
type Class = (&'static str, LinkType);

/// Files by when they begin, and of equal ones by their place among those given.
type Times = BTreeSet<(Timestamp, usize)>;

/// The files to read, in the order given.
#[derive(Debug)]
pub(super) struct Queue {
    /// `None` where it was taken.
    waiting: Vec<Option<Waiting>>,
    /// How each begins, where that is known.
    signs: Vec<Signs>,
    /// None before it is waiting.
    first: usize,
    left: usize,
    /// Files with a beginning. Where all are joined they are of one class, and of one series.
    classes: BTreeMap<Class, Times>,
    /// The same by class and what their names have in common.
    series: BTreeMap<(Class, String), Times>,
    joining: Joining,
    /// A number of a flow alone does not tell which input it is of.
    pub(super) ids_name_inputs: bool,
    max_pause_ns: i64,
}

/// What is to be read next.
#[derive(Debug)]
pub(super) enum Next {
    /// A capture, which other files may go on with.
    Capture(PathBuf),
    /// Files that go on with nothing, in the order given: reports, pipes, captures that nobody looked into.
    Files(Vec<PathBuf>),
}

/// How a capture ends, as far as it was read.
#[derive(Clone, Debug)]
pub(super) struct End {
    path: PathBuf,
    kind: &'static str,
    links: Vec<LinkType>,
    /// First and last packet of the last file.
    first_at: Timestamp,
    last_at: Timestamp,
}

impl End {
    /// `before` is the end before this file. A file without times changes nothing.
    pub(super) fn of(report: &InputReport, path: &Path, before: Option<Self>) -> Option<Self> {
        let (Some(first_at), Some(last_at)) = (report.first_at, report.last_at) else { return before };
        let mut links = before.map_or_else(Vec::new, |before| before.links);
        links.extend(&report.link_types);
        links.sort_unstable();
        links.dedup();
        Some(Self { path: path.to_owned(), kind: report.kind, links, first_at, last_at })
    }

    /// Whether files of that class can be of the same recorder.
    fn is_like(&self, (kind, link): &Class) -> bool {
        self.kind == *kind && self.links.binary_search(link).is_ok()
    }

    /// The most by which a file of the same series may begin too early.
    fn overlap(&self) -> i64 {
        (self.last_at.since(self.first_at) / 10).clamp(0, MAX_OVERLAP_NS)
    }

    /// Whether a file that begins at `at` follows; of one of the same series it may do so a little too early.
    fn is_followed(&self, at: Timestamp, same_series: bool, max_pause_ns: i64) -> bool {
        let pause = at.since(self.last_at);
        let earliest = if same_series { self.overlap().saturating_neg() } else { 0 };
        (earliest..=max_pause_ns).contains(&pause)
    }
}

impl Queue {
    /// Looks into the files by `threads` threads; a single one need not be looked at, nor pipes, which would lose what
    /// is read.
    pub(super) fn new(paths: Vec<PathBuf>, joining: Joining, threads: usize, limits: &Limits) -> Self {
        let several = paths.len() > 1;
        let look = |path: &PathBuf| -> (bool, Option<(Beginning, Signs)>) {
            let source =
                (several && file::is_regular(path)).then(|| Unpacked::open(path, limits).ok()).flatten();
            let Some(mut source) = source else { return (path == Path::new("-"), None) };
            let is_capture = file::is_capture(&mut source).unwrap_or(false);
            let begins = is_capture && joining != Joining::None;
            (is_capture, begins.then(|| Beginning::of(source, path, limits)).flatten())
        };
        let looked = parallel::map(threads, &paths, look);
        let captures: Vec<_> = paths
            .iter()
            .zip(&looked)
            .filter(|(_, (is_capture, _))| *is_capture)
            .map(|(path, _)| path)
            .collect();
        let ids_name_inputs = several
            && !captures.is_empty()
            && (captures.len() < paths.len()
                || match joining {
                    Joining::All => false,
                    Joining::None => true,
                    // Names of one series are taken for one capture; where that is wrong, the later ones are named.
                    Joining::Following => captures.windows(2).any(|two| series(two[0]) != series(two[1])),
                });
        let (begins, signs): (Vec<_>, Vec<_>) = looked.into_iter().map(|(_, begins)| begins.unzip()).unzip();
        let signs = signs.into_iter().map(Option::unwrap_or_default).collect();
        let waiting = paths.into_iter().zip(begins).map(|(path, begins)| Waiting { path, begins }).collect();
        Self { ids_name_inputs, signs, ..Self::of(waiting, joining, limits) }
    }

    fn of(waiting: Vec<Waiting>, joining: Joining, limits: &Limits) -> Self {
        let mut queue = Self {
            left: waiting.len(),
            waiting: Vec::new(),
            signs: Vec::new(),
            first: 0,
            classes: BTreeMap::new(),
            series: BTreeMap::new(),
            joining,
            ids_name_inputs: false,
            max_pause_ns: i64::from(limits.max_pause_seconds) * 1_000_000_000,
        };
        for (index, waiting) in waiting.iter().enumerate() {
            if let Some(begins) = &waiting.begins {
                let (class, series) = queue.keys(&waiting.path, begins);
                queue.classes.entry(class).or_default().insert((begins.at, index));
                queue.series.entry((class, series)).or_default().insert((begins.at, index));
            }
        }
        queue.waiting = waiting.into_iter().map(Some).collect();
        queue
    }

    /// Files still waiting.
    pub(super) fn len(&self) -> usize {
        self.left
    }

    /// The first file of the next capture, which is the first one given, or one of its kind that begins earlier; or the
    /// files up to there.
    pub(super) fn next_up(&mut self) -> Option<Next> {
        let mut others = Vec::new();
        while let Some(place) = self.waiting.get_mut(self.first) {
            if let Some(begins) = place.as_ref().and_then(|waiting| waiting.begins) {
                if !others.is_empty() {
                    break;
                }
                let class = self.class(&begins);
                let earliest = self.classes.get(&class).and_then(BTreeSet::first);
                let at = earliest.map_or(self.first, |&(_, at)| at);
                return self.take(at).map(Next::Capture);
            }
            if let Some(other) = place.take() {
                self.left -= 1;
                others.push(other.path);
            }
            self.first += 1;
        }
        (!others.is_empty()).then_some(Next::Files(others))
    }

    /// How the files begin that may go on with a capture of which one is about to be read.
    pub(super) fn beginnings(&self) -> impl Iterator<Item = &Signs> {
        let waiting = match self.joining {
            Joining::Following => WATCHED,
            Joining::All | Joining::None => 0,
        };
        let first = self.classes.values().flat_map(move |times| times.iter().take(waiting));
        first.filter_map(|&(_, at)| self.signs.get(at))
    }

    /// The file that goes on where a capture ended, in which that was met.
    pub(super) fn following(&mut self, end: &End, met: &Met) -> Option<PathBuf> {
        let at = match self.joining {
            Joining::None => None,
            Joining::All => self.classes.values().next()?.first().map(|&(_, at)| at),
            Joining::Following => self.follower(end, met),
        }?;
        self.take(at)
    }

    /// Of the files of the same recorder the one that begins first. Where that was while `end` went on, recordings ran
    /// side by side, and it has to be of one series too.
    fn follower(&self, end: &End, met: &Met) -> Option<usize> {
        let classes = self.classes_like(end);
        let series = series(&end.path);
        let first = classes.iter().filter_map(|class| self.classes.get(class)?.first());
        let &(at, next) = first.min()?;
        let same = self.waiting.get(next)?.as_ref().is_some_and(|next| self::series(&next.path) == series);
        let is_met = |file: usize, same: bool| self.signs.get(file).is_some_and(|signs| met.has(signs, same));
        let parallel = at < end.last_at || is_met(next, same);
        if (same || !parallel) && !is_met(next, same) && end.is_followed(at, same, self.max_pause_ns) {
            return Some(next);
        }
        if !parallel {
            return None;
        }
        let mut key = (("", LinkType(0)), series);
        let from = (Timestamp(end.last_at.0.saturating_sub(end.overlap())), 0);
        let of_series = classes.into_iter().filter_map(|class| {
            key.0 = class;
            self.series.get(&key)?.range(from..).next()
        });
        let &(at, next) = of_series.min()?;
        (end.is_followed(at, true, self.max_pause_ns) && !is_met(next, true)).then_some(next)
    }

    /// Classes of waiting files that can be of the same recorder.
    fn classes_like(&self, end: &End) -> Vec<Class> {
        if end.links.len() <= self.classes.len() {
            end.links.iter().map(|link| (end.kind, *link)).collect()
        } else {
            self.classes.keys().filter(|class| end.is_like(class)).copied().collect()
        }
    }

    fn class(&self, begins: &Beginning) -> Class {
        match self.joining {
            Joining::All => ("", LinkType(0)),
            Joining::Following | Joining::None => (begins.kind, begins.link),
        }
    }

    fn keys(&self, path: &Path, begins: &Beginning) -> (Class, String) {
        let series = if self.joining == Joining::All { String::new() } else { series(path) };
        (self.class(begins), series)
    }

    fn take(&mut self, index: usize) -> Option<PathBuf> {
        let Waiting { path, begins } = self.waiting.get_mut(index)?.take()?;
        self.left -= 1;
        if let Some(begins) = begins {
            let (class, series) = self.keys(&path, &begins);
            remove(&mut self.classes, &class, (begins.at, index));
            remove(&mut self.series, &(class, series), (begins.at, index));
        }
        Some(path)
    }
}

/// Takes a file off those of `key`, and the key where none is left.
fn remove<K: Ord>(all: &mut BTreeMap<K, Times>, key: &K, file: (Timestamp, usize)) {
    if let Some(times) = all.get_mut(key) {
        times.remove(&file);
        if times.is_empty() {
            all.remove(key);
        }
    }
}

/// What the names of rotated files have in common: `cap.pcap`, `cap.pcap1` and `cap.pcap2.gz`;
/// `cap_00001_20260101000000.pcapng` and the ones after it.
fn series(path: &Path) -> String {
    let name = path.to_string_lossy();
    let endings = [".gz", ".zst", ".lz4", ".xz", ".bz2"];
    let name = endings.iter().find_map(|ending| name.strip_suffix(ending)).unwrap_or(&name);
    let directory = name.rfind('/').map_or(0, |slash| slash + 1);
    let (directory, file) = name.split_at(directory);
    directory.chars().chain(file.chars().filter(|c| !c.is_ascii_digit())).collect()
}

#[cfg(test)]
mod tests;
