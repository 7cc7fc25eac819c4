//! What each case of the suite sends and expects: the table `cases.tsv`, whose head explains its columns. It
//! stands in for what a page does not tell, and says in few words what a case is about.

use std::sync::LazyLock;

use crate::model::case::{Behavior, CaseEvent, CaseFrame, CaseId, CasePayload, CaseStep, ExpectedClose};
use crate::model::{Hex, Opcode, RULES, Rsv, RuleId, unhex};

/// Longest data the suite shows whole; of longer data it shows the first 64 bytes and " ...".
const SHOWN_WHOLE: u64 = 60;
const SHOWN: usize = 64;

/// A case of the suite.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its number in the suite.
    pub id: CaseId,
    /// What the tester does of its own accord.
    pub sends: Vec<CaseStep>,
    /// The events it expects by verdict, in the order of preference; `None` where the suite judges in another way.
    pub expects: Option<Vec<(Behavior, Vec<ExpectedEvent>)>>,
    /// What it expects of the closing.
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

/// Every case, in the order of the suite.
#[must_use]
pub fn all() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| lines().filter_map(case).collect());
    &CASES
}

/// The case of that number.
#[must_use]
pub fn find(id: &CaseId) -> Option<&'static Case> {
    let cases = all();
    cases.binary_search_by(|case| case.id.cmp(id)).ok().and_then(|at| cases.get(at))
}

fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("cases.tsv").lines().filter(|line| !line.starts_with('#'))
}

fn case(line: &'static str) -> Option<Case> {
    let mut columns = line.split('\t');
    let mut column = || columns.next();
    let id = CaseId::new(column()?)?;
    let sends = tokens(column()?).map(step).collect::<Option<_>>()?;
    let expects = match column()? {
        "own" => None,
        text => Some(entries(text)?),
    };
    let codes = column()?.split(',').map(|code| code.parse().ok()).collect::<Option<_>>()?;
    let closed_by_me = match column()? {
        "tester" => true,
        "testee" => false,
        _ => return None,
    };
    let mut close =
        ExpectedClose { closed_by_me, codes, require_clean: false, wrong_endpoint_is_fatal: false };
    let (mut wrong_code_is_fatal, mut informational) = (false, false);
    for flag in list(column()?) {
        match flag {
            "clean" => close.require_clean = true,
            "closer-fatal" => close.wrong_endpoint_is_fatal = true,
            "code-fatal" => wrong_code_is_fatal = true,
            "informational" => informational = true,
            _ => return None,
        }
    }
    let rules = list(column()?).map(exercised).collect();
    let source = match column()? {
        "run" => Source::Run,
        "suite" => Source::Suite,
        _ => return None,
    };
    let about = column()?;
    Some(Case { id, sends, expects, close, wrong_code_is_fatal, informational, rules, source, about })
}

/// A list parted by commas, `-` if it is empty.
fn list(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(',').filter(|item| *item != "-")
}

fn exercised(text: &'static str) -> Exercised {
    let (name, broken) = text.strip_prefix('!').map_or((text, false), |name| (name, true));
    Exercised { name, id: RULES.iter().find(|rule| rule.name == name).map(|rule| rule.id), broken }
}

/// Words parted by blanks outside quotes.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '\'';
        c == ' ' && !quoted
    })
    .filter(|token| !token.is_empty())
}

fn step(token: &str) -> Option<CaseStep> {
    if token == "wait" {
        return Some(CaseStep::Wait);
    }
    let (head, rest) = token.split_at(token.find([':', '~']).unwrap_or(token.len()));
    let mut parts = head.split('/');
    let opcode = opcode(parts.next()?)?;
    let (payload, rest) = match rest.strip_prefix(':') {
        Some(body) if opcode == Opcode::CLOSE => close_body(body)?,
        Some(body) => payload(body)?,
        None => (CasePayload::empty(), rest),
    };
    let chop_size = match rest.strip_prefix('~') {
        Some(size) => Some(size.parse().ok()?),
        None if rest.is_empty() => None,
        None => return None,
    };
    let mut frame = CaseFrame {
        opcode,
        fin: true,
        rsv: Rsv(0),
        payload,
        fragment_size: None,
        chop_size,
        times: 1,
        compressed: false,
    };
    for flag in parts {
        if flag == "more" {
            frame.fin = false;
        } else if flag == "deflate" {
            frame.compressed = true;
        } else if let Some(bits) = flag.strip_prefix("rsv") {
            frame.rsv = Rsv(bits.parse().ok()?);
        } else if let Some(size) = flag.strip_prefix("by") {
            frame.fragment_size = Some(size.parse().ok()?);
        } else {
            frame.times = flag.strip_suffix('x')?.parse().ok()?;
        }
    }
    Some(CaseStep::Frame(frame))
}

fn opcode(kind: &str) -> Option<Opcode> {
    Some(match kind {
        "text" => Opcode::TEXT,
        "bin" => Opcode::BINARY,
        "cont" => Opcode::CONTINUATION,
        "close" => Opcode::CLOSE,
        "ping" => Opcode::PING,
        "pong" => Opcode::PONG,
        _ => Opcode::from_bits(kind.strip_prefix("op")?.parse().ok()?),
    })
}

/// A payload, and what follows it.
fn payload(text: &str) -> Option<(CasePayload, &str)> {
    let end_of = |text: &str, f: fn(char) -> bool| text.find(f).unwrap_or(text.len());
    let (named, pattern, rest) = if let Some(quoted) = text.strip_prefix('\'') {
        let (body, rest) = quoted.split_once('\'')?;
        (false, body.as_bytes().to_vec(), rest)
    } else if let Some(hex) = text.strip_prefix('x') {
        let (digits, rest) = hex.split_at(end_of(hex, |c| !c.is_ascii_hexdigit()));
        (false, unhex(digits.as_bytes())?, rest)
    } else {
        let name = text.strip_prefix('@')?;
        let (name, rest) = name.split_at(end_of(name, |c| !c.is_ascii_alphanumeric()));
        (true, name.as_bytes().to_vec(), rest)
    };
    let (len, rest) = match rest.strip_prefix('*') {
        Some(repeat) => {
            let (digits, rest) = repeat.split_at(end_of(repeat, |c| !c.is_ascii_digit()));
            (digits.parse().ok()?, rest)
        }
        None => (pattern.len() as u64, rest),
    };
    let payload = if named {
        CasePayload::File { name: String::from_utf8(pattern).ok()?, len }
    } else {
        CasePayload::Bytes { pattern, len }
    };
    Some((payload, rest))
}

/// `1000`, `1000:'reason'`, or a payload that is no code.
fn close_body(text: &str) -> Option<(CasePayload, &str)> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return payload(text);
    }
    let (code, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
    let mut body = code.parse::<u16>().ok()?.to_be_bytes().to_vec();
    let rest = match rest.strip_prefix(':') {
        Some(reason) => {
            let (reason, rest) = payload(reason)?;
            body.extend(reason.bytes()?);
            rest
        }
        None => rest,
    };
    let len = body.len() as u64;
    Some((CasePayload::Bytes { pattern: body, len }, rest))
}

/// `OK(EVENT…) NON-STRICT(EVENT…)`.
fn entries(text: &str) -> Option<Vec<(Behavior, Vec<ExpectedEvent>)>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((verdict, tail)) = rest.trim_start().split_once('(') {
        let mut quoted = false;
        let end = tail.find(|c| {
            quoted ^= c == '\'';
            c == ')' && !quoted
        })?;
        let events = tokens(tail.get(..end)?).map(event).collect::<Option<_>>()?;
        out.push((Behavior::new(verdict), events));
        rest = tail.get(end + 1..)?;
    }
    rest.is_empty().then_some(out)
}

fn event(token: &str) -> Option<ExpectedEvent> {
    let (kind, body) = token.split_once(':').unwrap_or((token, "''"));
    let (payload, rest) = payload(body)?;
    if !rest.is_empty() {
        return None;
    }
    Some(match kind {
        "text" => ExpectedEvent::Message(payload, false),
        "bin" => ExpectedEvent::Message(payload, true),
        "ping" => ExpectedEvent::Ping(payload),
        "pong" => ExpectedEvent::Pong(payload),
        "timeout" => ExpectedEvent::Timeout(String::from_utf8(payload.bytes()?.collect()).ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> CaseId {
        CaseId::new(text).expect("a number")
    }

    #[test]
    fn every_line_is_a_case_and_all_are_there_in_order() {
        for line in lines() {
            assert!(case(line).is_some(), "{line}");
        }
        assert_eq!(all().len(), 517);
        assert!(all().is_sorted_by(|a, b| a.id < b.id));
        let sections = [
            (1, 16),
            (2, 11),
            (3, 7),
            (4, 10),
            (5, 20),
            (6, 145),
            (7, 37),
            (9, 54),
            (10, 1),
            (12, 90),
            (13, 126),
        ];
        for (section, count) in sections {
            assert_eq!(all().iter().filter(|case| case.id.section() == section).count(), count, "{section}");
        }
    }

    #[test]
    fn every_rule_is_known() {
        for case in all() {
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
