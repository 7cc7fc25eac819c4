//! Which files are one capture, and which comes next.
//!
//! Programs that rotate files (`tcpdump -C`, `-G`, `-W`, `dumpcap -b`) leave one capture in many. Files are one where
//! they are of one format and link type and each begins when the one before has ended, within
//! [`Limits::max_pause_seconds`]. Where recordings run side by side, their names have to say which go together; two
//! that overlap, like both ends of a connection, never are one.

use std::path::{Path, PathBuf};

use crate::engine::capture::Beginning;
use crate::engine::parallel;
use crate::limits::Limits;
use crate::model::{InputReport, LinkType, Timestamp};
use crate::source::file::{self, Unpacked};

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

/// The files to read, in the order given.
#[derive(Debug)]
pub(super) struct Queue {
    waiting: Vec<Waiting>,
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

    /// Whether a file that begins like this can be of the same recorder.
    fn is_like(&self, begins: &Beginning) -> bool {
        self.kind == begins.kind && self.links.contains(&begins.link)
    }

    /// Whether a file that begins at `at` follows; of one of the same series it may do so a little too early.
    fn is_followed(&self, at: Timestamp, same_series: bool, max_pause_ns: i64) -> bool {
        let pause = at.since(self.last_at);
        let overlap = pause.saturating_neg();
        let little = overlap <= MAX_OVERLAP_NS && overlap <= self.last_at.since(self.first_at) / 10;
        (pause >= 0 || (same_series && little)) && pause <= max_pause_ns
    }
}

impl Queue {
    /// Looks into the files by `threads` threads; a single one need not be looked at, nor pipes, which would lose what
    /// is read.
    pub(super) fn new(paths: Vec<PathBuf>, joining: Joining, threads: usize, limits: &Limits) -> Self {
        let several = paths.len() > 1;
        let look = |path: &PathBuf| -> (bool, Option<Beginning>) {
            let source =
                (several && file::is_regular(path)).then(|| Unpacked::open(path, limits).ok()).flatten();
            let Some(mut source) = source else { return (path == Path::new("-"), None) };
            let is_capture = file::is_capture(&mut source).unwrap_or(false);
            let begins =
                (is_capture && joining != Joining::None).then(|| Beginning::of(source, path, limits));
            (is_capture, begins.flatten())
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
        let begins = looked.into_iter().map(|(_, begins)| begins);
        let waiting = paths.into_iter().zip(begins).map(|(path, begins)| Waiting { path, begins }).collect();
        Self { waiting, joining, ids_name_inputs, max_pause_ns: max_pause_ns(limits) }
    }

    /// Files still waiting.
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The first file of the next capture, which is the first one given, or one of its kind that begins earlier; or the
    /// files up to there.
    pub(super) fn next_up(&mut self) -> Option<Next> {
        let Some(begins) = self.waiting.first()?.begins else {
            let others = self.waiting.iter().take_while(|waiting| waiting.begins.is_none()).count();
            return Some(Next::Files(self.waiting.drain(..others).map(|waiting| waiting.path).collect()));
        };
        let at = self.earliest(|_, other| {
            self.joining == Joining::All || (other.kind, other.link) == (begins.kind, begins.link)
        });
        Some(Next::Capture(self.waiting.remove(at.unwrap_or(0)).path))
    }

    /// The file that goes on where a capture ended.
    pub(super) fn following(&mut self, end: &End) -> Option<PathBuf> {
        let at = match self.joining {
            Joining::None => None,
            Joining::All => self.earliest(|_, _| true),
            Joining::Following => {
                let series = series(&end.path);
                let is_next = |waiting: &Waiting, begins: &Beginning, parallel: bool| {
                    let same = series == self::series(&waiting.path);
                    (same || !parallel) && end.is_followed(begins.at, same, self.max_pause_ns)
                };
                let next = self.earliest(|_, begins| end.is_like(begins))?;
                let waiting = &self.waiting[next];
                let parallel = waiting.begins.is_some_and(|begins| begins.at < end.last_at);
                if waiting.begins.is_some_and(|begins| is_next(waiting, &begins, parallel)) {
                    Some(next)
                } else if parallel {
                    self.earliest(|waiting, begins| end.is_like(begins) && is_next(waiting, begins, true))
                } else {
                    None
                }
            }
        }?;
        Some(self.waiting.remove(at).path)
    }

    /// Index of the file that begins first among those that `fit`; of equals the one given first.
    fn earliest(&self, fit: impl Fn(&Waiting, &Beginning) -> bool) -> Option<usize> {
        let fitting = self.waiting.iter().enumerate().filter_map(|(at, waiting)| {
            let begins = waiting.begins.as_ref()?;
            fit(waiting, begins).then_some((begins.at, at))
        });
        fitting.min().map(|(_, at)| at)
    }
}

fn max_pause_ns(limits: &Limits) -> i64 {
    i64::from(limits.max_pause_seconds) * 1_000_000_000
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
mod tests {
    use super::*;

    /// A file: name, kind, link type, seconds of its first and last packet.
    type File = (&'static str, &'static str, u16, f64, f64);

    const NS: f64 = 1e9;

    /// The captures that `files` come to, each as the names of its files in order.
    fn captures(joining: Joining, files: &[File]) -> Vec<Vec<&'static str>> {
        let at = |seconds: f64| Timestamp((seconds * NS) as i64);
        let waiting = files
            .iter()
            .map(|&(name, kind, link, first, _)| Waiting {
                path: name.into(),
                begins: (first >= 0.0 && joining != Joining::None).then(|| Beginning {
                    kind,
                    link: LinkType(link),
                    at: at(first),
                }),
            })
            .collect();
        let mut queue =
            Queue { waiting, joining, ids_name_inputs: false, max_pause_ns: max_pause_ns(&Limits::DEFAULT) };
        let read = |path: &Path, end| {
            let file = files.iter().find(|file| Path::new(file.0) == path).expect("one of them");
            let times = if file.3 < 0.0 { None } else { Some((at(file.3), at(file.4))) };
            let report = InputReport {
                kind: file.1,
                link_types: vec![LinkType(file.2)],
                first_at: times.map(|(first, _)| first),
                last_at: times.map(|(_, last)| last),
                ..InputReport::default()
            };
            (file.0, End::of(&report, path, end))
        };
        let mut captures = Vec::new();
        while let Some(next) = queue.next_up() {
            let paths = match next {
                Next::Capture(path) => vec![path],
                Next::Files(paths) => paths,
            };
            for path in paths {
                let (name, mut end) = read(&path, None);
                let mut capture = vec![name];
                while let Some(path) = end.as_ref().and_then(|end| queue.following(end)) {
                    let (name, next) = read(&path, end);
                    (end, _) = (next, capture.push(name));
                }
                captures.push(capture);
            }
        }
        captures
    }

    #[track_caller]
    fn check(files: &[File], expected: &[&[&str]]) {
        assert_eq!(captures(Joining::Following, files), expected);
        let apart: Vec<_> = files.iter().map(|file| vec![file.0]).collect();
        assert_eq!(captures(Joining::None, files), apart);
    }

    #[test]
    fn files_that_follow_each_other_are_one_whatever_their_names_and_order() {
        check(
            &[("z", "pcap", 1, 20.0, 30.0), ("b", "pcap", 1, 10.0, 20.0), ("a", "pcap", 1, 30.5, 31.0)],
            &[&["b", "z", "a"]],
        );
    }

    #[test]
    fn one_packet_a_file_at_one_time_keeps_the_order_given() {
        let at = |name, at| (name, "pcap", 1, at, at);
        check(&[at("1", 5.0), at("2", 5.0), at("3", 5.0), at("0", 4.0)], &[&["0", "1", "2", "3"]]);
    }

    #[test]
    fn both_ends_of_a_connection_stay_apart() {
        check(
            &[("client", "pcap", 1, 0.0, 10.0), ("server", "pcap", 1, 0.1, 10.1)],
            &[&["client"], &["server"]],
        );
        // Names alike change nothing where the overlap is more than disorder.
        check(&[("tap1", "pcap", 1, 0.0, 10.0), ("tap2", "pcap", 1, 0.1, 10.1)], &[&["tap1"], &["tap2"]]);
        check(&[("tap1", "pcap", 1, 0.0, 0.5), ("tap2", "pcap", 1, 0.1, 0.6)], &[&["tap1"], &["tap2"]]);
    }

    #[test]
    fn recordings_side_by_side_go_by_their_names() {
        check(
            &[
                ("x/eth.pcap", "pcap", 1, 0.0, 10.0),
                ("x/eth.pcap1.gz", "pcap", 1, 10.0, 20.0),
                ("x/lo.pcap", "pcap", 1, 0.5, 10.5),
                ("x/lo.pcap1", "pcap", 1, 10.5, 20.5),
                ("y/lo.pcap2", "pcap", 1, 20.5, 21.0),
            ],
            &[&["x/eth.pcap", "x/eth.pcap1.gz"], &["x/lo.pcap", "x/lo.pcap1", "y/lo.pcap2"]],
        );
    }

    #[test]
    fn a_series_may_be_a_little_out_of_order() {
        check(&[("c_1", "pcapng", 1, 0.0, 60.0), ("c_2", "pcapng", 1, 59.9, 70.0)], &[&["c_1", "c_2"]]);
        check(&[("c", "pcapng", 1, 0.0, 60.0), ("d", "pcapng", 1, 59.9, 70.0)], &[&["c"], &["d"]]);
    }

    #[test]
    fn other_formats_and_links_and_days_are_other_captures() {
        check(&[("a", "pcap", 1, 0.0, 1.0), ("b", "pcapng", 1, 1.0, 2.0)], &[&["a"], &["b"]]);
        check(&[("a", "pcap", 1, 0.0, 1.0), ("b", "pcap", 113, 1.0, 2.0)], &[&["a"], &["b"]]);
        check(&[("a", "pcap", 1, 0.0, 1.0), ("b", "pcap", 1, 3_601.0, 3_602.0)], &[&["a", "b"]]);
        check(&[("a", "pcap", 1, 0.0, 1.0), ("b", "pcap", 1, 3_602.0, 3_602.0)], &[&["a"], &["b"]]);
    }

    #[test]
    fn what_has_no_times_is_read_where_it_stands() {
        check(
            &[
                ("case", "", 0, -1.0, -1.0),
                ("b", "pcap", 1, 2.0, 3.0),
                ("empty", "pcap", 1, -1.0, -1.0),
                ("a", "pcap", 1, 1.0, 2.0),
            ],
            &[&["case"], &["a", "b"], &["empty"]],
        );
    }

    #[test]
    fn the_user_has_the_last_word() {
        let files = [("client", "pcap", 1, 0.0, 10.0), ("server", "pcapng", 113, 0.1, 10.1)];
        assert_eq!(captures(Joining::All, &files), [["client", "server"]]);
    }
}
