//! Every case of the corpus whose report is there in more than one form: what is made of them is the same conversation.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use wslog::autobahn::{self, ReportKind};
use wslog::engine::{self, Keep};
use wslog::limits::Limits;
use wslog::model::case::{Behavior, CaseReport, ReportPart};
use wslog::model::{Conversation, Outcome, Role, RuleId};

use crate::support::{corpus, pasted};

/// Pages of cases beside their JSON files, in the order of their names.
fn pairs() -> Vec<(PathBuf, PathBuf)> {
    let Some(corpus) = corpus::corpus("") else { return Vec::new() };
    let list = |dir: &Path| -> Vec<PathBuf> {
        fs::read_dir(dir)
            .map(|dir| dir.map(|entry| entry.expect("readable").path()).collect())
            .unwrap_or_default()
    };
    let runs = list(&corpus.join("autobahn")).into_iter().map(|run| run.join("reports"));
    let mut pairs: Vec<_> = runs
        .chain(list(&corpus.join("reports")))
        .flat_map(|run| list(&run))
        .filter(|file| file.extension().is_some_and(|extension| extension == "html"))
        .map(|page| (page.with_extension("json"), page))
        .filter(|(json, _)| json.is_file() && json.file_stem().is_some_and(|stem| stem != "index"))
        .collect();
    pairs.sort_unstable();
    pairs
}

fn read(bytes: &[u8], path: &Path) -> Result<CaseReport, String> {
    let Some(ReportKind::Case(form)) = autobahn::sniff(bytes) else {
        return Err("not recognised".to_owned());
    };
    autobahn::read_case(form, bytes, path, &Limits::DEFAULT).map_err(|error| error.to_string())
}

fn read_file(path: &Path) -> CaseReport {
    read(&fs::read(path).expect("readable"), path).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

fn analyse(case: CaseReport) -> Box<Conversation> {
    let keep = Keep { first: usize::MAX, last: 0, payload_bytes: 0, ..Keep::NOTHING };
    engine::analyze_case(case, &Limits::default(), keep)
}

/// Rule, side and certainty of each finding, sorted.
fn findings(conversation: &Conversation) -> Vec<String> {
    let mut findings: Vec<_> = conversation
        .findings
        .iter()
        .map(|f| format!("finding {} {:?} {:?}", f.violation.rule().name(), f.by, f.certainty))
        .collect();
    findings.sort_unstable();
    findings
}

/// What a conversation comes to, in lines that are compared.
fn told(conversation: &Conversation) -> Vec<String> {
    let frame = |frame: &wslog::model::FrameRecord| format!("frame {} {:?}", frame.from.name(), frame.header);
    let mut lines: Vec<_> = conversation.frames.iter().map(frame).collect();
    lines.extend(findings(conversation));
    let closing = &conversation.closing;
    lines.push(format!("outcome {}", closing.outcome.name()));
    lines.push(format!("started {:?}", closing.started_by));
    for role in Role::BOTH {
        let side = &closing.sides[role];
        lines.push(format!("{} close {:?} {:?}", role.name(), side.sent_close, side.code));
        lines.push(format!("{} end {:?}", role.name(), closing.ends[role].map(|end| end.how)));
    }
    if let Some(cause) = &closing.cause {
        lines.push(format!("cause {} {:?} {:?}", cause.id().info().name, cause.by, cause.certainty));
    }
    lines
}

/// What of two reports of a case is not the same, and why that must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Why {
    /// A page shows 1000 characters of the events.
    EventsCut,
    /// A text browser cut a word of the events at its width: a note says so.
    EventsWrapped,
    /// A page says Fail where the suite found the case not implemented, and only the handshake tells.
    FailIsUnimplemented,
    /// Text from a browser has one blank where there were more.
    BlanksJoined,
    /// A text browser mixes the lines of cells that it wraps: a note says which value cannot be told.
    CellsMixed,
    /// No reason is known.
    Unexplained,
}

/// Why the second report, which says less, is not as the first; nothing where it is.
fn differences(full: &CaseReport, other: &CaseReport) -> Vec<Why> {
    let mut why = Vec::new();
    for (a, b) in [
        (full.received.is_some(), other.received.is_some()),
        (full.expected.is_some(), other.expected.is_some()),
    ] {
        if a && !b {
            let is_wrapped = other.notes.iter().any(|note| note.contains("where it was wrapped"));
            why.push(if is_wrapped { Why::EventsWrapped } else { Why::EventsCut });
        }
    }
    let head = |head: &Option<String>| head.as_ref().map(|head| head.trim().replace('\r', ""));
    let one_blank = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let texts = |case: &CaseReport| {
        let closing = &case.closing;
        [
            Some(case.agent.clone()),
            head(&case.http_request),
            head(&case.http_response),
            closing.local_close_reason.clone(),
            closing.remote_close_reason.clone(),
            closing.was_not_clean_reason.clone(),
        ]
    };
    for (a, b) in texts(full).into_iter().zip(texts(other)) {
        if a != b {
            let same = a.as_deref().map(one_blank) == b.as_deref().map(one_blank);
            let is_mixed = b.is_none() && other.notes.iter().any(|note| note.contains("cannot be told from"));
            why.push(if same {
                Why::BlanksJoined
            } else if is_mixed {
                Why::CellsMixed
            } else {
                Why::Unexplained
            });
            if why.last() == Some(&Why::Unexplained) {
                println!("  {a:?}\n  {b:?}");
            }
        }
    }
    if full.behavior != other.behavior {
        let is_it = full.behavior == Behavior::Unimplemented && other.behavior == Behavior::Failed;
        why.push(if is_it { Why::FailIsUnimplemented } else { Why::Unexplained });
    }
    let same = full.id == other.id
        && full.behavior_close == other.behavior_close
        && full.statistics == other.statistics
        && (full.started == other.started, full.duration_ms) == (true, other.duration_ms)
        && flags(full) == flags(other)
        && (other.received.is_none() || full.received == other.received);
    if !same {
        why.push(Why::Unexplained);
    }
    why
}

fn flags(case: &CaseReport) -> ([bool; 8], [Option<u16>; 2]) {
    let closing = &case.closing;
    (
        [
            closing.is_server,
            closing.closed_by_me,
            closing.failed_by_me,
            closing.dropped_by_me,
            closing.was_clean,
            closing.was_server_connection_drop_timeout,
            closing.was_open_handshake_timeout,
            closing.was_close_handshake_timeout,
        ],
        [closing.local_close_code, closing.remote_close_code],
    )
}

/// Counts of what was compared, by what came of it.
#[derive(Default)]
struct Table(BTreeMap<(&'static str, String), usize>);

impl Table {
    fn count(&mut self, what: &'static str, came: impl std::fmt::Debug) {
        *self.0.entry((what, format!("{came:?}"))).or_default() += 1;
    }

    fn print(&self) {
        for ((what, came), count) in &self.0 {
            println!("{what:24} {came:24} {count:6}");
        }
    }

    /// Compares the conversations, which must be the same, and the reports, which may lack what a reason names.
    fn compare(&mut self, what: &'static str, full: &CaseReport, other: &CaseReport, path: &Path) -> bool {
        let [x, y] = [full, other].map(|case| told(&analyse(case.clone())));
        if x != y {
            println!("== {what} {}", path.display());
            x.iter().filter(|line| !y.contains(line)).for_each(|line| println!("  full {line}"));
            y.iter().filter(|line| !x.contains(line)).for_each(|line| println!("  copy {line}"));
        }
        self.count(what, if x == y { "same conversation" } else { "another conversation" });
        let why = differences(full, other);
        why.iter().for_each(|why| self.count(what, why));
        let is_explained = !why.contains(&Why::Unexplained);
        if !is_explained {
            println!("== {what} {}\n  {full:?}\n  {other:?}", path.display());
        }
        x == y && is_explained
    }
}

/// JSON, page and the text of that page, as browsers copy it.
#[test]
fn every_form_tells_of_one_conversation() {
    let pairs = pairs();
    let (mut table, mut same) = (Table::default(), true);
    for (json, page) in &pairs {
        let (case, html) = (read_file(json), fs::read(page).expect("readable"));
        let of_page = read(&html, page).expect("a page");
        same &= table.compare("JSON and page", &case, &of_page, page);
        for (what, between) in [("page and text, tabs", "\t"), ("page and text, glued", "")] {
            let text = pasted::of(&html, between);
            let of_text = read(&text, page).unwrap_or_else(|why| panic!("{}: {why}", page.display()));
            assert_eq!(of_text.lacks, of_page.lacks, "{}", page.display());
            same &= table.compare(what, &of_page, &of_text, page);
        }
    }
    println!("{} pairs", pairs.len());
    table.print();
    assert!(same, "forms differ for no known reason");
}

/// What the tester noted of the end is what is made of its log.
#[test]
fn outcomes_are_what_the_tester_noted() {
    let mut table = Table::default();
    let mut wrong = Vec::new();
    for (json, _) in pairs() {
        let case = read_file(&json);
        let (closing, id) = (case.closing.clone(), case.id.clone());
        let conversation = analyse(case);
        let testee = if closing.is_server { Role::Client } else { Role::Server };
        let side = &conversation.closing.sides[testee];
        let is_clean = matches!(conversation.closing.outcome, Outcome::Clean | Outcome::CleanTcpReset);
        let record = conversation.case.as_ref().expect("a case").as_sent();
        // A Close of its own that it logged is inside another frame of its, or never left (5.11, 6.4.3).
        let is_lost = record.inconsistencies.iter().any(|note| note.contains(" octets"));
        // The suite switches its log off in 9, 12 and 13.
        let is_off =
            matches!(id.section(), 9 | 12 | 13) && conversation.closing.outcome == Outcome::NotObservable;
        // It notes 1000 for a code that it refused (trap 11).
        let is_code = side.code.map(|code| code.0) == closing.remote_close_code
            || closing.remote_close_code.is_none_or(|code| code == 1000);
        let fits = !closing.was_clean || is_clean && is_code || is_lost || is_off;
        let why = if is_lost {
            "a Close not in the octets"
        } else if is_off {
            "log off"
        } else {
            ""
        };
        table.count("noted as clean", (closing.was_clean, conversation.closing.outcome.name(), why));
        if !fits {
            wrong.push(format!(
                "{} {id}: {:?} {:?}",
                json.display(),
                conversation.closing.outcome,
                side.code
            ));
        }
    }
    table.print();
    assert_eq!(wrong, [""; 0]);
}

/// Copies of pages that programs made, and the page that each is of.
#[test]
fn copies_tell_of_the_conversation_of_their_page_or_are_refused() {
    let Some(dir) = corpus::corpus("reports/derived/text-copies") else { return };
    let mut copies: Vec<_> =
        fs::read_dir(dir).expect("a directory").map(|e| e.expect("an entry").path()).collect();
    copies.sort_unstable();
    let (mut table, mut same) = (Table::default(), true);
    for copy in &copies {
        let name = copy.file_name().and_then(|name| name.to_str()).expect("a name");
        let mut parts = name.rsplitn(3, '.').skip(1);
        let (kind, case) = (parts.next().expect("a kind"), parts.next().expect("a case"));
        let kind: &'static str = kind.to_owned().leak();
        let page = copy.with_file_name(format!("{case}.chrome.txt"));
        let whole = read_file(&page);
        match read(&fs::read(copy).expect("readable"), copy) {
            Err(why) => {
                println!("{name}: {why}");
                table.count(kind, "refused");
            }
            Ok(part) if part.is_cut => {
                same &= is_part(&analyse(whole), part, copy);
                table.count(kind, "a part, nothing added");
            }
            Ok(part) => same &= table.compare(kind, &whole, &part, copy),
        }
    }
    table.print();
    assert!(same, "copies that say something else");
}

/// Whether a source that was cut says nothing that the whole does not, and leaves the end open.
fn is_part(whole: &Conversation, part: CaseReport, path: &Path) -> bool {
    let lacks_closing = !part.has(ReportPart::Closing);
    let part = analyse(part);
    let known: Vec<_> = whole.findings.iter().map(|f| (f.violation.rule(), f.by)).collect();
    let added = part
        .findings
        .iter()
        .map(|f| (f.violation.rule(), f.by))
        .filter(|found| !known.contains(found) && found.0 != RuleId::HsAssumed);
    let mut wrong: Vec<String> = added.map(|(rule, by)| format!("{} {by:?}", rule.name())).collect();
    let (a, b) = (&whole.closing, &part.closing);
    let is_open = b.outcome == Outcome::NotObservable || b.outcome == a.outcome && !lacks_closing;
    if !is_open {
        wrong.push(format!("outcome {:?}, of the whole {:?}", b.outcome, a.outcome));
    }
    for role in Role::BOTH {
        let (a, b) = (&a.sides[role], &b.sides[role]);
        if b.sent_close == Some(false) || b.code.is_some() && a.code != b.code {
            wrong.push(format!("{} {:?} {:?}", role.name(), b.sent_close, b.code));
        }
    }
    if !wrong.is_empty() {
        println!("{}: {wrong:?}", path.display());
    }
    wrong.is_empty()
}

/// Pages, and their text, cut behind every line, and inside some.
#[test]
fn a_source_that_is_cut_adds_nothing() {
    let (mut cuts, mut sound) = (0, true);
    for (_, page) in pairs().into_iter().step_by(83) {
        let html = fs::read(&page).expect("readable");
        for source in [pasted::of(&html, "\t"), pasted::of(&html, ""), html] {
            let whole = analyse(read(&source, &page).expect("a page"));
            let ends = source.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at + 1);
            let lines: Vec<usize> = ends.filter(|at| source.len() - at < 24_000).collect();
            let inside = lines.iter().map(|at| at + 29).step_by(7).filter(|at| *at < source.len());
            for at in lines.iter().copied().chain(inside) {
                let Ok(part) = read(&source[..at], &page) else { continue };
                if part.is_cut {
                    cuts += 1;
                    let is_sound = is_part(&whole, part, &page);
                    if !is_sound && sound {
                        println!(
                            "cut at {at}: …{}",
                            String::from_utf8_lossy(&source[at.saturating_sub(120)..at])
                        );
                    }
                    sound &= is_sound;
                }
            }
        }
    }
    println!("{cuts} cuts");
    assert!(sound, "a part says more than the whole");
}
