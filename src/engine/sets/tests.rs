use proptest::prelude::*;

use super::*;

/// A file: name, kind, link type, seconds of its first and last packet.
type File = (&'static str, &'static str, u16, f64, f64);

const NS: f64 = 1e9;

/// What files wait in.
trait Waits {
    fn next_up(&mut self) -> Option<Next>;
    fn following(&mut self, end: &End) -> Option<PathBuf>;
}

impl Waits for Queue {
    fn next_up(&mut self) -> Option<Next> {
        self.next_up()
    }

    fn following(&mut self, end: &End) -> Option<PathBuf> {
        self.following(end, &Met::default())
    }
}

/// The same rules, each applied to all files that wait.
struct Plain {
    waiting: Vec<Waiting>,
    joining: Joining,
}

impl Waits for Plain {
    fn next_up(&mut self) -> Option<Next> {
        let Some(begins) = self.waiting.first()?.begins else {
            let others = self.waiting.iter().take_while(|waiting| waiting.begins.is_none()).count();
            return Some(Next::Files(self.waiting.drain(..others).map(|waiting| waiting.path).collect()));
        };
        let all = self.joining == Joining::All;
        let at = self.earliest(|_, other| all || (other.kind, other.link) == (begins.kind, begins.link));
        Some(Next::Capture(self.waiting.remove(at.expect("it is one itself")).path))
    }

    fn following(&mut self, end: &End) -> Option<PathBuf> {
        let like = |begins: &Beginning| end.kind == begins.kind && end.links.contains(&begins.link);
        let follows = |waiting: &Waiting, begins: &Beginning, parallel: bool| {
            let same = series(&end.path) == series(&waiting.path);
            let (pause, length) = (begins.at.0 - end.last_at.0, end.last_at.0 - end.first_at.0);
            let is_little = -pause <= 1_000_000_000 && -pause <= length / 10;
            (same || !parallel) && (pause >= 0 || same && is_little) && pause <= 3_600_000_000_000
        };
        let at = match self.joining {
            Joining::None => None,
            Joining::All => self.earliest(|_, _| true),
            Joining::Following => {
                let next = self.earliest(|_, begins| like(begins))?;
                let begins = self.waiting[next].begins.expect("it was found by that");
                let parallel = begins.at < end.last_at;
                if follows(&self.waiting[next], &begins, parallel) {
                    Some(next)
                } else if parallel {
                    self.earliest(|waiting, begins| like(begins) && follows(waiting, begins, true))
                } else {
                    None
                }
            }
        }?;
        Some(self.waiting.remove(at).path)
    }
}

impl Plain {
    fn earliest(&self, fit: impl Fn(&Waiting, &Beginning) -> bool) -> Option<usize> {
        let fitting = self.waiting.iter().enumerate().filter_map(|(at, waiting)| {
            let begins = waiting.begins.as_ref()?;
            fit(waiting, begins).then_some((begins.at, at))
        });
        fitting.min().map(|(_, at)| at)
    }
}

fn at(seconds: f64) -> Timestamp {
    Timestamp((seconds * NS) as i64)
}

fn waiting(joining: Joining, files: &[File]) -> Vec<Waiting> {
    let begins = |&(_, kind, link, first, _): &File| {
        let is_looked_at = first >= 0.0 && joining != Joining::None;
        is_looked_at.then(|| Beginning { kind, link: LinkType(link), at: at(first) })
    };
    files.iter().map(|file| Waiting { path: file.0.into(), begins: begins(file) }).collect()
}

/// The captures that `files` come to, each as the names of its files in order.
fn captures(joining: Joining, files: &[File]) -> Vec<Vec<&'static str>> {
    let mut queue = Queue::of(waiting(joining, files), joining, &Limits::DEFAULT);
    assert_eq!(queue.len(), files.len());
    let captures = captures_of(&mut queue, files);
    assert_eq!((queue.len(), queue.classes.len(), queue.series.len()), (0, 0, 0));
    captures
}

fn captures_of(queue: &mut dyn Waits, files: &[File]) -> Vec<Vec<&'static str>> {
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
    check(&[("client", "pcap", 1, 0.0, 10.0), ("server", "pcap", 1, 0.1, 10.1)], &[&["client"], &["server"]]);
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

const NAMES: [&str; 12] =
    ["a1", "a2", "a3", "a4", "b1", "b2", "b3", "b4", "x/a1.gz", "x/a2", "x/b1.pcap1", "x/b1.pcap2"];

proptest! {
    /// Which file is next, an index over what waits says as looking at every file does.
    #[test]
    fn files_come_as_if_each_was_looked_at(
        drawn in proptest::collection::vec(
            (any::<bool>(), 0..2_u16, -1..60_i32, prop_oneof![0..3_i32, 0..30_i32, Just(3_600)]),
            NAMES.len(),
        ),
        order in Just(NAMES.to_vec()).prop_shuffle(),
        count in 1..=NAMES.len(),
        joining in prop_oneof![
            4 => Just(Joining::Following),
            1 => Just(Joining::All),
            1 => Just(Joining::None),
        ],
    ) {
        let file = |(name, (is_ng, link, first, length)): (&'static str, (bool, u16, i32, i32))| {
            let first = f64::from(first) / 2.0;
            let kind = if is_ng { "pcapng" } else { "pcap" };
            (name, kind, link, first, first + f64::from(length) / 2.0)
        };
        let files: Vec<File> = order.into_iter().zip(drawn).take(count).map(file).collect();
        let mut plain = Plain { waiting: waiting(joining, &files), joining };
        prop_assert_eq!(captures(joining, &files), captures_of(&mut plain, &files));
    }
}
