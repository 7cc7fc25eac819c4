//! What each case of the suite sends and expects: the table `cases.tsv`, whose head explains its columns. It
//! stands in for what a page does not tell, and says in few words what a case is about.

mod table;

use std::sync::LazyLock;

use crate::model::case::{
    Behavior, CaseEvent, CaseId, CasePayload, CaseReport, CaseStep, ExpectedClose, WireRow,
};
use crate::model::suite::{Span, Version};
use crate::model::topic::DeflateRequest;
use crate::model::{Hex, RuleId};

/// Longest data the suite shows whole; of longer data it shows the first 64 bytes and " ...".
const SHOWN_WHOLE: u64 = 60;
const SHOWN: usize = 64;

/// A case of the suite, as some versions of it have it.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number in the suite.
    pub id: CaseId,
    /// The versions that have it so.
    pub span: Span,
    /// What the tester does of its own accord.
    pub sends: Vec<CaseStep>,
    /// The events it expects by verdict, in the order of preference; `None` where the suite judges in another way.
    pub expects: Option<Vec<(Behavior, Vec<ExpectedEvent>)>>,
    /// What it expects of the closing; since [`Version::CLOSER_IS_FATAL`], if the wrong side is fatal ([`Self::close_in`]).
    pub close: ExpectedClose,
    /// A wrong code fails the case itself.
    pub wrong_code_is_fatal: bool,
    /// There is nothing to pass or fail.
    pub informational: bool,
    /// The rules it exercises.
    pub rules: Vec<Exercised>,
    /// How its line was obtained.
    pub source: Source,
    /// What it is about.
    pub about: &'static str,
    /// What else to know of it.
    pub note: Option<&'static str>,
}

impl Case {
    /// What a version of the suite expects of the closing.
    #[must_use]
    pub fn close_in(&self, version: Version) -> ExpectedClose {
        ExpectedClose { wrong_endpoint_is_fatal: self.closer_is_fatal(version), ..self.close.clone() }
    }

    /// Whether the wrong side closing first fails the case itself in a version of the suite.
    pub(super) fn closer_is_fatal(&self, version: Version) -> bool {
        self.close.wrong_endpoint_is_fatal && version.release() >= Version::CLOSER_IS_FATAL
    }

    /// What the tester asks of permessage-deflate, one offer after the other; empty where the case does not use it.
    #[must_use]
    pub fn deflate(&self) -> Vec<DeflateRequest> {
        let request = |no_context_takeover, window_bits| DeflateRequest { no_context_takeover, window_bits };
        // zlib refuses a window of 8 bits, which the suite used to ask for.
        let small = Some(if self.span.contains(Version::NEWEST) { 9 } else { 8 });
        let plain = request(false, None);
        let number = self.id.as_str();
        match number.rsplit_once('.').map_or(number, |(group, _)| group) {
            "13.2" => vec![request(true, None)],
            "13.3" => vec![request(false, small)],
            "13.4" => vec![request(false, Some(15))],
            "13.5" => vec![request(true, small)],
            "13.6" => vec![request(true, Some(15))],
            "13.7" => vec![request(true, small), request(true, None), plain],
            _ if matches!(self.id.section(), 12 | 13) => vec![plain],
            _ => Vec::new(),
        }
    }

    /// Whether the log shows that something else was sent: its first frame is not the first of the case.
    fn is_refuted_by(&self, log: &[WireRow]) -> bool {
        let sent = log.iter().find_map(|row| match row {
            WireRow::TxFrame(frame) => Some(frame),
            _ => None,
        });
        let planned = self.sends.iter().find_map(CaseStep::frame);
        sent.zip(planned).is_some_and(|(sent, planned)| {
            let known = &sent.data.known;
            sent.opcode != planned.opcode.bits()
                || planned
                    .payload
                    .bytes()
                    .is_some_and(|bytes| !bytes.take(known.len()).eq(known.iter().copied()))
        })
    }
}

/// A rule of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exercised {
    /// Its stable name.
    pub name: &'static str,
    /// `None` if the reference does not check it yet.
    pub id: Option<RuleId>,
    /// The tester breaks it on purpose.
    pub broken: bool,
}

/// How a line of the table was obtained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Compared with reports of real runs.
    Run,
    /// From the regular structure of the section.
    Suite,
}

/// An event the suite expects, with all of its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectedEvent {
    /// A message: payload, and whether it is binary.
    Message(CasePayload, bool),
    /// A Ping with this payload, which the tester receives.
    Ping(CasePayload),
    /// A Pong with this payload, which the tester receives.
    Pong(CasePayload),
    /// A timer of the tester runs out.
    Timeout(String),
}

impl ExpectedEvent {
    /// As a report shows it.
    #[must_use]
    pub fn to_event(&self) -> CaseEvent {
        match self {
            Self::Message(payload, binary) => CaseEvent::Message(shown_payload(payload), *binary),
            Self::Ping(payload) => CaseEvent::Ping(shown_payload(payload)),
            Self::Pong(payload) => CaseEvent::Pong(shown_payload(payload)),
            Self::Timeout(tag) => CaseEvent::Timeout(tag.clone()),
        }
    }

    /// Whether `event` shows this one, cut as the suite cuts or whole.
    pub(crate) fn is_shown_by(&self, event: &CaseEvent) -> bool {
        let shows = |payload: &CasePayload, text: &str| {
            shown_payload(payload) == text
                || payload.len() == text.len() as u64
                    && payload.bytes().is_some_and(|bytes| bytes.eq(text.bytes()))
                || in_hex(payload) == text
        };
        match (self, event) {
            (Self::Message(payload, binary), CaseEvent::Message(text, is_binary)) => {
                binary == is_binary && shows(payload, text)
            }
            (Self::Ping(payload), CaseEvent::Ping(text)) | (Self::Pong(payload), CaseEvent::Pong(text)) => {
                shows(payload, text)
            }
            (Self::Timeout(tag), CaseEvent::Timeout(other)) => tag == other,
            _ => false,
        }
    }
}

/// `bytes`, the first of `len`, as the suite shows data: text, or hex after `0x` where it is not UTF-8.
pub(crate) fn shown(bytes: &[u8], len: u64) -> String {
    let head = &bytes[..bytes.len().min(SHOWN)];
    let mut text = match std::str::from_utf8(head) {
        Ok(text) => text.to_owned(),
        Err(_) => format!("0x{}", Hex(head)),
    };
    if len > SHOWN_WHOLE {
        text.push_str(" ...");
    }
    text
}

fn shown_payload(payload: &CasePayload) -> String {
    let head: Vec<u8> = payload.bytes().into_iter().flatten().take(SHOWN).collect();
    shown(&head, payload.len())
}

/// The versions 0.5.3 to 0.5.5 show text in hex as well.
fn in_hex(payload: &CasePayload) -> String {
    let head: Vec<u8> = payload.bytes().into_iter().flatten().take(SHOWN).collect();
    format!("0x{}{}", Hex(&head), if payload.len() > SHOWN_WHOLE { " ..." } else { "" })
}

/// Every case of every version: first those of the newest, in its order, then what earlier ones had in their place,
/// each in the order of numbers, of one number the later first.
#[must_use]
pub fn every() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| table::lines().filter_map(table::case).collect());
    &CASES
}

/// Every case of the newest version, in the order of the suite.
#[must_use]
pub fn all() -> &'static [Case] {
    newest_and_former().0
}

fn newest_and_former() -> (&'static [Case], &'static [Case]) {
    let cases = every();
    cases.split_at_checked(cases.partition_point(|case| case.span.until.is_none())).unwrap_or((cases, &[]))
}

/// All that a number has stood for, the newest first.
pub fn versions(id: &CaseId) -> impl Iterator<Item = &'static Case> {
    let (newest, former) = newest_and_former();
    let of = move |cases: &'static [Case]| {
        let from = cases.partition_point(|case| case.id < *id);
        let upto = cases.partition_point(|case| case.id <= *id);
        cases.get(from..upto).unwrap_or_default()
    };
    of(newest).iter().chain(of(former))
}

/// The case of that number: of the newest version that has it.
#[must_use]
pub fn find(id: &CaseId) -> Option<&'static Case> {
    versions(id).next()
}

/// The case of that number in a version of the suite.
#[must_use]
pub fn find_in(id: &CaseId, version: Version) -> Option<&'static Case> {
    versions(id).find(|case| case.span.contains(version))
}

/// The case that a report is of: as the suite that made it has it. Where that is not known, the newest that the wire log
/// does not refute, if there is one.
#[must_use]
pub fn of(report: &CaseReport) -> Option<&'static Case> {
    match report.suite {
        Some(suite) => find_in(&report.id, suite.version),
        None => candidates(report).next(),
    }
}

/// What a report can be of, the newest first, where its suite is not known: what its log does not refute, or all of it.
pub(super) fn candidates(report: &CaseReport) -> impl Iterator<Item = &'static Case> {
    let log = report.wire_log.as_deref().unwrap_or_default();
    let is_left = |case: &&Case| !case.is_refuted_by(log);
    let none_is_left = !versions(&report.id).any(|case| is_left(&case));
    versions(&report.id).filter(move |case| none_is_left || is_left(case))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::autobahn::suite;
    use crate::model::Opcode;
    use crate::model::suite::RELEASES;

    fn id(text: &str) -> CaseId {
        CaseId::new(text).expect("a number")
    }

    /// Cases of each section, in the order 1 2 3 4 5 6 7 9 10 12 13, from a version on.
    const COUNTS: [(&str, [usize; 11]); 6] = [
        ("0.5.0", [16, 11, 7, 10, 20, 135, 41, 54, 1, 0, 0]),
        ("0.5.3", [16, 11, 7, 10, 20, 141, 41, 54, 1, 0, 0]),
        ("0.5.6", [16, 11, 7, 10, 20, 145, 41, 54, 1, 50, 0]),
        ("0.6.1", [16, 11, 7, 10, 20, 145, 41, 54, 1, 90, 126]),
        ("0.7.5", [16, 11, 7, 10, 20, 145, 39, 54, 1, 90, 126]),
        ("0.8.1", [16, 11, 7, 10, 20, 145, 37, 54, 1, 90, 126]),
    ];

    #[test]
    fn every_line_is_a_case_and_each_version_has_its_own() {
        for line in table::lines() {
            assert!(table::case(line).is_some(), "{line}");
        }
        assert_eq!(all().len(), 517);
        assert!(all().is_sorted_by(|a, b| a.id < b.id));
        for release in RELEASES {
            let from = |version: &str| version.parse::<Version>().expect("a version") <= release;
            let (_, counts) = COUNTS.iter().rev().find(|(version, _)| from(version)).expect("the first");
            let ids = suite::cases_in(release);
            assert!(ids.is_sorted_by(|a, b| a < b), "{release}: a number stands for two cases");
            for (section, count) in [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13].into_iter().zip(counts) {
                assert_eq!(
                    ids.iter().filter(|id| id.section() == section).count(),
                    *count,
                    "{release}: {section}"
                );
            }
            assert_eq!(ids.len(), counts.iter().sum::<usize>(), "{release}");
        }
    }

    #[test]
    fn bounds_are_releases_in_order_and_the_newest_come_first() {
        for case in every() {
            let Span { since, until } = case.span;
            assert!(
                [since, until].into_iter().flatten().all(|bound| RELEASES.contains(&bound)),
                "{}",
                case.id
            );
            assert!(since.zip(until).is_none_or(|(since, until)| since <= until), "{}", case.id);
        }
        let (newest, former) = newest_and_former();
        assert_eq!((newest.len(), former.len()), (517, 70));
        assert!(former.is_sorted_by(|a, b| (&a.id, b.span.until) <= (&b.id, a.span.until)));
    }

    #[track_caller]
    fn check_close(number: &str, version: &str, code: Option<u16>) {
        let version = version.parse().expect("a version");
        let sent = find_in(&id(number), version).and_then(|case| {
            let payload = &case.sends.first()?.frame()?.payload;
            Some(u16::from_be_bytes(payload.bytes()?.take(2).collect::<Vec<_>>().try_into().ok()?))
        });
        assert_eq!(sent, code, "{number} in {version}");
    }

    #[test]
    fn a_number_stands_for_what_the_version_has_there() {
        for (number, codes) in [
            ("7.9.5", [Some(1006), Some(1006), Some(1006)]),
            ("7.9.6", [Some(1012), Some(1014), Some(1016)]),
            ("7.9.7", [Some(1013), Some(1015), Some(1100)]),
            ("7.9.8", [Some(1014), Some(1016), Some(2000)]),
            ("7.9.9", [Some(1015), Some(1100), Some(2999)]),
            ("7.9.10", [Some(1016), Some(2000), None]),
            ("7.9.11", [Some(1100), Some(2999), None]),
            ("7.9.12", [Some(2000), None, None]),
            ("7.9.13", [Some(2999), None, None]),
            ("7.9.14", [None, None, None]),
        ] {
            for (versions, code) in
                [["0.5.0", "0.7.4"], ["0.7.5", "0.8.0"], ["0.8.1", "25.10.1"]].into_iter().zip(codes)
            {
                versions.into_iter().for_each(|version| check_close(number, version, code));
            }
        }
    }

    #[test]
    fn windows_asked_for() {
        let bits = |number: &str, version: &str| -> Vec<Option<u8>> {
            let version = version.parse().expect("a version");
            let case = find_in(&id(number), version).expect("a case");
            case.deflate().iter().map(|request| request.window_bits).collect()
        };
        for (number, before, after) in [
            ("12.1.1", vec![None], vec![None]),
            ("13.2.1", vec![None], vec![None]),
            ("13.3.18", vec![Some(8)], vec![Some(9)]),
            ("13.4.1", vec![Some(15)], vec![Some(15)]),
            ("13.5.1", vec![Some(8)], vec![Some(9)]),
            ("13.7.1", vec![Some(8), None, None], vec![Some(9), None, None]),
        ] {
            assert_eq!((bits(number, "0.8.1"), bits(number, "0.8.2")), (before, after), "{number}");
        }
        assert_eq!(find(&id("1.1.1")).expect("a case").deflate(), []);
    }

    #[test]
    fn every_rule_is_known() {
        for case in every() {
            for rule in &case.rules {
                assert!(rule.id.is_some(), "{}: {}", case.id, rule.name);
            }
            assert!(case.rules.iter().filter(|rule| rule.broken).count() <= 1, "{}", case.id);
            // Only what the testee must refuse is broken by the tester, and only that is closed by the testee.
            assert!(case.close.closed_by_me || case.rules.iter().any(|rule| rule.broken), "{}", case.id);
        }
    }

    #[test]
    fn only_9_12_and_13_have_no_expected_events() {
        for case in all() {
            assert_eq!(case.expects.is_none(), [9, 12, 13].contains(&case.id.section()), "{}", case.id);
        }
    }

    /// The line of a case, in the values it stands for.
    #[test]
    fn notation() {
        let rsv = find(&id("3.2")).expect("a case");
        let [CaseStep::Frame(first), CaseStep::Frame(second), CaseStep::Frame(ping)] = rsv.sends.as_slice()
        else {
            panic!("three frames")
        };
        assert_eq!((first.opcode, first.rsv.0, first.payload.len()), (Opcode::TEXT, 0, 13));
        assert_eq!((second.rsv.0, second.fin), (2, true));
        assert_eq!((ping.opcode, ping.payload.is_empty()), (Opcode::PING, true));
        assert_eq!((rsv.close.closed_by_me, rsv.close.codes.as_slice()), (false, &[1002][..]));
        assert_eq!(rsv.rules.first().map(|rule| (rule.id, rule.broken)), Some((Some(RuleId::FrRsv), true)));
    }

    #[test]
    fn events_are_shown_as_in_reports() {
        let stars = "*".repeat(64) + " ...";
        let fe = format!("0x{} ...", "fe".repeat(64));
        let tests: &[(&str, usize, &[CaseEvent])] = &[
            ("1.1.1", 0, &[CaseEvent::Message(String::new(), false)]),
            ("1.1.6", 0, &[CaseEvent::Message(stars, false)]),
            ("1.2.2", 0, &[CaseEvent::Message(fe, true)]),
            ("2.3", 0, &[CaseEvent::Pong("0x00fffefdfcfb00ff".to_owned())]),
            ("3.1", 0, &[]),
            ("6.4.1", 1, &[CaseEvent::Timeout("A".to_owned()), CaseEvent::Timeout("B".to_owned())]),
            ("6.5.4", 0, &[CaseEvent::Message("hello\u{24b62}world".to_owned(), false)]),
        ];
        for (case, entry, events) in tests {
            let expects = find(&id(case)).and_then(|case| case.expects.as_ref()).expect("a case");
            let (_, expected) = expects.get(*entry).expect("an entry");
            assert_eq!(expected.iter().map(ExpectedEvent::to_event).collect::<Vec<_>>(), *events, "{case}");
        }
    }

    #[test]
    fn an_event_is_recognised_cut_and_whole() {
        let event = ExpectedEvent::Message(CasePayload::Bytes { pattern: b"*".to_vec(), len: 125 }, false);
        for (text, same) in [
            ("*".repeat(64) + " ...", true),
            ("*".repeat(125), true),
            ("*".repeat(124), false),
            ("*".repeat(64), false),
            ("*".repeat(63) + "x ...", false),
        ] {
            assert_eq!(event.is_shown_by(&CaseEvent::Message(text.clone(), false)), same, "{text}");
            assert!(!event.is_shown_by(&CaseEvent::Message(text, true)));
        }
    }
}
