//! Conformance runs over TLS, through the engine: threads, where the keys are from, what becomes of the packets, and keys that
//! are wrong or missing. What stands inside is told alike, or less of it; never something else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use wslog::engine::Engine;
use wslog::limits::Limits;
use wslog::model::{
    Conversation, LinkType, Outcome, Role, TcpFlags, TlsKeys, TlsUndecrypted, TlsVersion, WeirdKind,
};
use wslog::source::KeyLog;
use wslog::tls::{Keys, Origin};
use wslog::views::FrameList;
use wslog::views::json::JsonReport;

use crate::support::capture_file::{Endian, Interface, Pcap, pcapng, with_key_logs};
use crate::support::conversation::TestPacket;
use crate::support::corpus::corpus;
use crate::support::essence::{analyse_file_with, assert_same, essence, packets_of};
use crate::support::transform::Change;

/// A run and its key log.
struct Run {
    name: String,
    capture: PathBuf,
    packets: Vec<TestPacket>,
    log: String,
}

fn keys(log: &str) -> Keys {
    let mut keys = Keys::new();
    keys.add(log.as_bytes(), Origin::Keylog);
    keys
}

impl Run {
    fn read(folder: &Path) -> Self {
        let capture = folder.join("capture.pcap");
        Self {
            name: folder.file_name().expect("a name").to_string_lossy().into_owned(),
            packets: packets_of(&fs::read(&capture).expect("a capture")),
            log: fs::read_to_string(folder.join("keys.log")).expect("a key log"),
            capture,
        }
    }

    /// What is found of packets with a key log.
    fn found(packets: &[TestPacket], log: &str) -> Vec<Conversation> {
        analyse_file_with(&Pcap::default().write(packets), &keys(log), &Limits::default()).0
    }

    fn whole(&self) -> Vec<Conversation> {
        let whole = Self::found(&self.packets, &self.log);
        assert!(!whole.is_empty(), "{}", self.name);
        for one in &whole {
            let tls = one.tls.as_ref().expect("TLS");
            assert!(tls.decrypted && tls.keys == TlsKeys::Keylog, "{}: {tls:?}", self.name);
            assert!(!one.frames.is_empty(), "{}", self.name);
        }
        whole
    }
}

fn runs() -> Vec<Run> {
    let Some(folder) = corpus("autobahn") else { return Vec::new() };
    let folders = fs::read_dir(folder).expect("runs").map(|run| run.expect("a run").path());
    let mut folders: Vec<_> = folders.filter(|run| run.join("keys.log").is_file()).collect();
    folders.sort();
    assert!(folders.len() >= 9, "{folders:?}");
    folders.iter().map(|folder| Run::read(folder)).collect()
}

/// The document of a capture, with or without a key log.
fn document(capture: &Path, log: Option<&Path>, threads: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut json = JsonReport::new(&mut out, FrameList::All);
    let limits = Limits::default();
    let logs = log.map(|log| KeyLog::open(log, limits.max_key_log_bytes).expect("a key log"));
    let engine = Engine::new(limits).threads(threads).key_logs(logs.into_iter().collect()).sink(&mut json);
    engine.run(&[capture]).expect("memory takes all");
    out
}

#[test]
fn any_number_of_threads_says_the_same() {
    for run in runs() {
        let log = run.capture.with_file_name("keys.log");
        let captures =
            ["capture.pcap", "capture-with-dsb.pcapng"].map(|file| run.capture.with_file_name(file));
        for capture in captures.iter().filter(|path| path.is_file()) {
            for log in [None, Some(&*log)] {
                let one = document(capture, log, 1);
                for threads in [2, 7] {
                    let same = one == document(capture, log, threads);
                    assert!(same, "{} on {threads} threads, keys: {}", capture.display(), log.is_some());
                }
            }
        }
    }
}

/// What is said but for where the keys were.
fn keyed_anywhere(mut reports: Vec<Conversation>, expected: TlsKeys, how: &str) -> String {
    for report in &mut reports {
        let tls = report.tls.as_mut().expect("TLS");
        assert_eq!(tls.keys, expected, "{how}: {:?} {:?}", tls.undecrypted, report.weirds);
        tls.keys = TlsKeys::Keylog;
    }
    essence(&reports)
}

#[test]
fn keys_in_the_capture_are_as_good_as_beside_it() {
    for run in runs() {
        let name = &run.name;
        let expected = essence(&run.whole());
        let limits = Limits { max_tls_waiting_bytes: 4 << 20, ..Limits::default() };
        let check = |file: &[u8], how: &str| {
            let (reports, _) = analyse_file_with(file, &Keys::new(), &limits);
            let found = keyed_anywhere(reports, TlsKeys::Dsb, &format!("{name}, {how}"));
            assert_same(&found, &expected, &|| format!("{name}, {how}"));
        };
        if let Ok(file) = fs::read(run.capture.with_file_name("capture-with-dsb.pcapng")) {
            check(&file, "as editcap made it");
        }
        let lines: Vec<&str> = run.log.split_inclusive('\n').filter(|line| !line.starts_with('#')).collect();
        let (first, rest) = (lines[0], lines[1..].concat());
        let (half, other_half) = lines.split_at(lines.len() / 2);
        let (half, other_half) = (half.concat(), other_half.concat());
        let packets: Vec<(usize, TestPacket)> =
            run.packets.iter().map(|packet| (0, packet.clone())).collect();
        let end = packets.len();
        for endian in [Endian::Little, Endian::Big] {
            let interface = Interface::new("eth0", LinkType::ETHERNET);
            let file = pcapng(endian, &[interface], &packets);
            // Where the first stands, wslog knows that keys may come behind what they open.
            let places: [(&str, &[(usize, &str)]); 4] = [
                ("in front", &[(0, &run.log)]),
                ("in two, in the middle of packets", &[(0, &half), (7, &other_half)]),
                ("all but one line in the middle", &[(0, first), (end / 2, &rest)]),
                ("all but one line at the end", &[(0, first), (end, &rest)]),
            ];
            for (place, logs) in places {
                check(&with_key_logs(endian, &file, logs), &format!("{place}, {endian:?}"));
            }
        }
    }
}

#[test]
fn recorded_otherwise_it_says_the_same() {
    let changes = [
        Change::Rechop(1_000),
        Change::Rechop(17),
        Change::Coalesce(8_000),
        Change::Overlap(40),
        Change::Reorder { window: 4, seed: 7 },
        Change::Duplicate { one_in: 5, seed: 7 },
        Change::OverIp { v6: true },
    ];
    for run in runs() {
        let expected = essence(&run.whole());
        for change in &changes {
            let found = essence(&Run::found(&change.apply(&run.packets), &run.log));
            assert_same(&found, &expected, &|| format!("{}, {change:?}", run.name));
        }
    }
}

/// A frame, but for its place.
type Frame = (Role, String);

/// Frames of each side in their order, and Close codes.
type Said = (Vec<Frame>, BTreeSet<(Role, u16)>);

/// What connections said, by the address of their clients.
fn said(reports: &[Conversation]) -> BTreeMap<String, Said> {
    let mut all = BTreeMap::new();
    for report in reports {
        let tcp = report.tcp.as_ref().expect("TCP");
        let mut frames: Vec<Frame> = report
            .frames
            .iter()
            .filter(|frame| frame.complete)
            .map(|frame| {
                // Behind a gap what was compressed with what is missing stays as it is.
                let text = (!frame.compressed).then(|| frame.preview.as_sent());
                (frame.from, format!("{:?} {text:?}", frame.header))
            })
            .collect();
        // Stable: of each side in its order.
        frames.sort_by_key(|(from, _)| *from);
        let codes = Role::BOTH
            .into_iter()
            .filter_map(|role| Some((role, report.closing.sides[role].code?.0)))
            .collect();
        all.insert(tcp.client.as_sent().to_string(), (frames, codes));
    }
    all
}

/// Nothing is found that is not in the whole, and that in its order.
#[track_caller]
fn assert_part(found: &[Conversation], whole: &[Conversation], how: &str) -> usize {
    let (found, whole) = (said(found), said(whole));
    let mut seen = 0;
    for (client, (frames, codes)) in &found {
        let Some((all, all_codes)) = whole.get(client) else {
            assert!(frames.is_empty() && codes.is_empty(), "{how}: {client}");
            continue;
        };
        let mut rest = all.iter();
        for frame in frames {
            assert!(rest.any(|one| one == frame), "{how}: {client} is said to have sent {frame:?}");
        }
        assert!(codes.is_subset(all_codes), "{how}: {client}: {codes:?}, not {all_codes:?}");
        seen += frames.len();
    }
    seen
}

#[test]
fn acknowledgements_may_be_missing() {
    for run in runs() {
        let whole = run.whole();
        let mut packets = run.packets.clone();
        let control = TcpFlags::SYN.with(TcpFlags::FIN).with(TcpFlags::RST);
        packets.retain(|packet| !packet.payload.is_empty() || packet.flags.0 & control.0 != 0);
        assert!(packets.len() < run.packets.len(), "{}", run.name);
        let found = Run::found(&packets, &run.log);
        assert_eq!(said(&found), said(&whole), "{}", run.name);
        for (one, other) in found.iter().zip(&whole) {
            assert_eq!(one.closing.outcome, other.closing.outcome, "{}", run.name);
            assert_eq!(one.closing.started_by, other.closing.started_by, "{}", run.name);
        }
    }
}

#[test]
fn lost_packets_invent_nothing() {
    for run in runs() {
        let whole = run.whole();
        let all = assert_part(&whole, &whole, &run.name);
        for (period, first) in [(5, 4), (11, 10), (11, 7), (40, 13), (97, 20)] {
            let how = format!("{}, of {period} packets the one behind {first} lost", run.name);
            let mut lost = 0;
            let packets: Vec<_> = (0..)
                .zip(&run.packets)
                .filter(|(n, packet)| {
                    let is_kept = n % period != first || packet.payload.is_empty();
                    lost += usize::from(!is_kept);
                    is_kept
                })
                .map(|(_, packet)| packet.clone())
                .collect();
            let found = Run::found(&packets, &run.log);
            let seen = assert_part(&found, &whole, &how);
            assert!(lost > 0 && seen < all, "{how}: {seen} of {all}");
            // With few losses most of it is there.
            assert!(period < 40 || 2 * seen > all, "{how}: {seen} of {all}");
            let missing = |report: &&Conversation| {
                let tls = report.tls.as_ref();
                Role::BOTH.iter().any(|role| {
                    report.traffic[*role].gap_bytes > 0
                        || tls.is_some_and(|tls| tls.records[*role].lost > 0 || !tls.decrypted)
                })
            };
            assert!(found.iter().any(|report| missing(&report)), "{how}");
        }
    }
}

#[test]
fn cut_by_the_snap_length_it_invents_nothing() {
    for run in runs() {
        let whole = run.whole();
        for snap_len in [60, 96, 200, 400, 700, 1_200] {
            let file = Pcap { snap_len, ..Pcap::default() }.write(&run.packets);
            let (found, _) = analyse_file_with(&file, &keys(&run.log), &Limits::default());
            assert_part(&found, &whole, &format!("{}, {snap_len} bytes", run.name));
        }
    }
}

/// The lines of a key log, changed.
fn lines_of(log: &str) -> Vec<[&str; 3]> {
    log.lines()
        // Lines of `RSA` have no client random.
        .filter(|line| !line.starts_with(['#', 'R']))
        .map(|line| line.split(' ').collect::<Vec<_>>().try_into().expect("three words"))
        .collect()
}

fn log_of<'a>(lines: impl IntoIterator<Item = [&'a str; 3]>) -> String {
    lines.into_iter().map(|line| line.join(" ") + "\n").collect()
}

/// The secrets of each label, each under the client random of the one before.
fn exchanged(log: &str) -> String {
    let lines = lines_of(log);
    let mut by_label = BTreeMap::<&str, Vec<[&str; 2]>>::new();
    for [label, random, secret] in &lines {
        by_label.entry(label).or_default().push([random, secret]);
    }
    log_of(by_label.into_iter().flat_map(|(label, all)| {
        let n = all.len();
        (0..n).map(move |at| [label, all[at][0], all[(at + 1) % n][1]]).collect::<Vec<_>>()
    }))
}

/// What is said but for what is known of keys.
fn keyless(mut reports: Vec<Conversation>) -> String {
    for report in &mut reports {
        let tls = report.tls.as_mut().expect("TLS");
        (tls.keys, tls.undecrypted) = (TlsKeys::None, None);
    }
    essence(&reports)
        .lines()
        .filter(|line| !line.starts_with("weirds: "))
        .map(|line| line.to_owned() + "\n")
        .collect()
}

/// The story of one who has no keys, and why there are none.
fn assert_encrypted(report: &Conversation, keys: TlsKeys, why: TlsUndecrypted, name: &str) {
    let tls = report.tls.as_ref().expect("TLS");
    assert_eq!((tls.decrypted, tls.keys, tls.undecrypted), (false, keys, Some(why)), "{name}");
    assert_eq!(report.closing.outcome, Outcome::Encrypted, "{name}");
    assert!(report.frames.is_empty() && report.request.is_none(), "{name}");
    assert!(report.findings.iter().all(|finding| finding.by.is_none()), "{name}: {:?}", report.findings);
}

fn has_weird(report: &Conversation, kind: WeirdKind) -> bool {
    report.weirds.as_slice().iter().any(|weird| weird.kind == kind)
}

#[test]
fn wrong_keys_tell_what_none_tell() {
    for run in runs() {
        let name = &run.name;
        let without = Run::found(&run.packets, "");
        for report in &without {
            assert_encrypted(report, TlsKeys::None, TlsUndecrypted::NoKeys, name);
        }
        let wrong = Run::found(&run.packets, &exchanged(&run.log));
        for report in &wrong {
            assert_encrypted(report, TlsKeys::Wrong, TlsUndecrypted::KeysWrong, name);
            assert!(has_weird(report, WeirdKind::TlsKeysWrong), "{name}");
        }
        assert_same(&keyless(wrong), &keyless(without), &|| name.clone());
        // The handshake opens, and nothing behind it.
        let [right, wrong] = [run.log.clone(), exchanged(&run.log)];
        let is_data = |label: &str| label.ends_with("TRAFFIC_SECRET_0");
        let log = log_of(lines_of(&right).into_iter().filter(|[label, ..]| !is_data(label)))
            + &log_of(lines_of(&wrong).into_iter().filter(|[label, ..]| is_data(label)));
        if lines_of(&log).iter().any(|[label, ..]| is_data(label)) {
            for report in Run::found(&run.packets, &log) {
                assert_encrypted(&report, TlsKeys::Wrong, TlsUndecrypted::KeysWrong, name);
                assert!(has_weird(&report, WeirdKind::TlsKeysWrong), "{name}");
            }
        }
    }
}

#[test]
fn half_of_the_keys_opens_half_of_the_connections() {
    for run in runs() {
        let name = &run.name;
        let (without, whole) = (Run::found(&run.packets, ""), run.whole());
        let lines = lines_of(&run.log);
        let randoms: BTreeSet<&str> = lines.iter().map(|[_, random, _]| *random).collect();
        let half: BTreeSet<&str> = randoms.iter().copied().step_by(2).collect();
        let log = log_of(lines.into_iter().filter(|[_, random, _]| half.contains(random)));
        let found = Run::found(&run.packets, &log);
        assert_eq!((found.len(), without.len()), (whole.len(), whole.len()), "{name}");
        let mut opened = 0;
        for (report, (whole, without)) in found.iter().zip(whole.iter().zip(&without)) {
            let is_open = report.tls.as_ref().is_some_and(|tls| tls.decrypted);
            let expected = if is_open { whole } else { without };
            opened += usize::from(is_open);
            // Another connection may be known to belong to it, or not.
            let of = |report: &Conversation| said(std::slice::from_ref(report));
            assert_eq!(of(report), of(expected), "{name}");
            assert_eq!(report.closing.outcome, expected.closing.outcome, "{name}");
            assert_eq!(
                report.tls.as_ref().map(|tls| tls.undecrypted),
                expected.tls.as_ref().map(|tls| tls.undecrypted)
            );
        }
        assert_eq!(opened, half.len(), "{name}");
    }
}

#[test]
fn the_keys_of_one_side_open_nothing() {
    for run in runs() {
        let name = &run.name;
        let without = Run::found(&run.packets, "");
        for side in ["CLIENT_", "SERVER_"] {
            let lines = lines_of(&run.log);
            let log = log_of(
                lines.into_iter().filter(|[label, ..]| label.starts_with(side) && *label != "CLIENT_RANDOM"),
            );
            if log.is_empty() {
                // Up to TLS 1.2 both sides' keys follow from one secret.
                let is_12 = |one: &Conversation| {
                    one.tls.as_ref().and_then(|tls| tls.version) == Some(TlsVersion::TLS_1_2)
                };
                assert!(without.iter().all(is_12), "{name}");
                continue;
            }
            let found = Run::found(&run.packets, &log);
            for report in &found {
                assert_encrypted(report, TlsKeys::None, TlsUndecrypted::KeysMissing, name);
                assert!(has_weird(report, WeirdKind::TlsKeysMissing), "{name}");
            }
            assert_same(&keyless(found), &keyless(without.clone()), &|| format!("{name}, {side}"));
        }
    }
}
