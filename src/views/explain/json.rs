//! `wslog.explain/1`.

use serde::Serialize;

use crate::error::Error;
use crate::model::topic::{CaseTopic, CodeTopic, Example, Line, LineWhat, RuleTopic, ShownFrame, Topic};
use crate::model::{CloseCode, Opcode, RuleId, Who};
use crate::views::escape::hex;
use crate::views::explain as words;
use crate::views::json::case::Expected;
use crate::views::json::write_value;

/// Name and version of the format.
pub const SCHEMA: &str = "wslog.explain/1";

/// The topics, each in full.
///
/// # Errors
/// [`Error::Write`].
pub fn document(topics: &[Topic]) -> Result<String, Error> {
    let mut out = Vec::new();
    let topics = topics.iter().map(TopicEntry::new).collect();
    write_value(&mut out, &Document { schema: SCHEMA, wslog: env!("CARGO_PKG_VERSION"), topics })?;
    out.push(b'\n');
    Ok(String::from_utf8_lossy(&out).into_owned())
}

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    wslog: &'static str,
    topics: Vec<TopicEntry<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum TopicEntry<'a> {
    CloseCode(Code<'a>),
    Rule(RuleEntry<'a>),
    AutobahnCase(Case<'a>),
}

impl<'a> TopicEntry<'a> {
    fn new(topic: &'a Topic) -> Self {
        match topic {
            Topic::Code(code) => Self::CloseCode(Code::new(code)),
            Topic::Rule(rule) => Self::Rule(RuleEntry::new(rule)),
            Topic::Case(case) => Self::AutobahnCase(Case::new(case)),
        }
    }
}

#[derive(Serialize)]
struct Code<'a> {
    code: Option<u16>,
    first: u16,
    last: u16,
    name: Option<&'static str>,
    range: &'static str,
    registration: &'static str,
    sent_by: &'static str,
    on_the_wire: bool,
    section: &'a str,
    meaning: &'a str,
    reported: &'a str,
    finding: Option<&'static str>,
    fits_breach_of: Vec<&'static str>,
    causes: &'a [&'a str],
    next: &'a [&'a str],
    examples: Vec<ExampleEntry<'a>>,
}

impl<'a> Code<'a> {
    fn new(topic: &'a CodeTopic) -> Self {
        let entry = topic.entry;
        Self {
            code: topic.code.map(|code| code.0),
            first: *entry.codes.start(),
            last: *entry.codes.end(),
            name: topic.code.and_then(CloseCode::name),
            range: words::code_range(topic),
            registration: entry.registration.name(),
            sent_by: entry.sent_by.name(),
            on_the_wire: entry.sent_by != Who::N,
            section: entry.section,
            meaning: entry.meaning,
            reported: entry.reported,
            finding: topic.breaks.map(RuleId::name),
            fits_breach_of: topic.answers.iter().map(|rule| rule.name()).collect(),
            causes: entry.causes,
            next: entry.next,
            examples: examples(&topic.examples),
        }
    }
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    rule: &'a str,
    level: &'a str,
    section: &'a str,
    who: &'a str,
    says: &'a str,
    explanation: Option<&'a str>,
    reaction: Reaction<'a>,
    next: &'a [&'a str],
    autobahn_cases: Vec<CaseOf<'a>>,
    examples: Vec<ExampleEntry<'a>>,
}

#[derive(Serialize)]
struct Reaction<'a> {
    kind: &'a str,
    codes: &'a [u16],
    message: Option<String>,
}

#[derive(Serialize)]
struct CaseOf<'a> {
    case: &'a str,
    broken_by_tester: bool,
}

impl<'a> RuleEntry<'a> {
    fn new(topic: &'a RuleTopic) -> Self {
        let rule = topic.rule;
        let cases = topic.cases.iter();
        Self {
            rule: rule.name,
            level: rule.level.name(),
            section: rule.section,
            who: rule.who.name(),
            says: rule.says,
            explanation: topic.explanation,
            reaction: Reaction {
                kind: words::reaction_name(topic),
                codes: rule.reaction.codes(),
                message: words::reaction(topic),
            },
            next: topic.next,
            autobahn_cases: cases
                .map(|(id, broken)| CaseOf { case: id.as_str(), broken_by_tester: *broken })
                .collect(),
            examples: examples(&topic.examples),
        }
    }
}

#[derive(Serialize)]
struct Case<'a> {
    case: &'a str,
    about: &'a str,
    sends: String,
    asks: String,
    events: String,
    expected: Option<Expected<'a>>,
    informational: bool,
    closing: Closing<'a>,
    rules: Vec<RuleOf<'a>>,
    compared_with_runs: bool,
}

#[derive(Serialize)]
struct Closing<'a> {
    first: &'a str,
    codes: &'a [u16],
    clean: bool,
    wrong_side_fails: bool,
    wrong_code_fails: bool,
    message: String,
}

#[derive(Serialize)]
struct RuleOf<'a> {
    rule: &'a str,
    checked: bool,
    broken_by_tester: bool,
}

impl<'a> Case<'a> {
    fn new(topic: &'a CaseTopic) -> Self {
        let close = &topic.close;
        let rules = topic.rules.iter();
        Self {
            case: topic.id.as_str(),
            about: topic.about,
            sends: words::case_sends(topic),
            asks: words::case_asks(topic),
            events: words::case_events(topic),
            expected: topic.expects.as_deref().map(Expected),
            informational: topic.informational,
            closing: Closing {
                first: if close.closed_by_me { "tester" } else { "testee" },
                codes: &close.codes,
                clean: close.require_clean,
                wrong_side_fails: close.wrong_endpoint_is_fatal,
                wrong_code_fails: topic.wrong_code_is_fatal,
                message: words::case_closing(topic),
            },
            rules: rules
                .map(|(rule, id, broken)| RuleOf { rule, checked: id.is_some(), broken_by_tester: *broken })
                .collect(),
            compared_with_runs: topic.compared,
        }
    }
}

#[derive(Serialize)]
struct ExampleEntry<'a> {
    title: &'a str,
    reported: bool,
    permessage_deflate: bool,
    lines: Vec<LineEntry<'a>>,
}

#[derive(Serialize)]
struct LineEntry<'a> {
    /// Only where the example has more than one.
    #[serde(skip_serializing_if = "Option::is_none")]
    connection: Option<u8>,
    from: &'a str,
    what: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    head: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    same_segment: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    not_recorded: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    milliseconds: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<Frame>,
}

/// As the frame of `wslog.inspect/1`, as far as it applies.
#[derive(Serialize)]
struct Frame {
    fin: bool,
    rsv: u8,
    opcode: u8,
    masked: bool,
    masking_key: Option<String>,
    length: u64,
    payload: Option<Payload>,
    complete: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Payload {
    Text(String),
    Hex(String),
}

fn examples(examples: &[Example]) -> Vec<ExampleEntry<'_>> {
    examples
        .iter()
        .map(|example| ExampleEntry {
            title: example.title,
            reported: example.reported,
            permessage_deflate: example.deflate,
            lines: lines(&example.lines),
        })
        .collect()
}

fn lines(lines: &[Line]) -> Vec<LineEntry<'_>> {
    let is_one = lines.iter().all(|line| line.connection == 1);
    let number = |one: &Line| (!is_one).then_some(one.connection);
    lines.iter().map(|one| LineEntry { connection: number(one), ..line(one) }).collect()
}

fn line(line: &Line) -> LineEntry<'_> {
    let mut entry = LineEntry {
        connection: None,
        from: line.from.name(),
        what: words::act_name(&line.what),
        head: None,
        hex: None,
        same_segment: false,
        not_recorded: false,
        milliseconds: None,
        frame: None,
    };
    match &line.what {
        LineWhat::Head(head) => entry.head = Some(head),
        LineWhat::Bytes { wire, joined, uncaptured, frame: shown } => {
            entry.hex = Some(hex(wire));
            entry.same_segment = *joined;
            entry.not_recorded = *uncaptured;
            entry.frame = shown.as_ref().map(frame);
        }
        LineWhat::Wait(ms) => entry.milliseconds = Some(*ms),
        _ => {}
    }
    entry
}

fn frame(shown: &ShownFrame) -> Frame {
    let header = &shown.header;
    let text = match std::str::from_utf8(&shown.payload) {
        Ok(text) if header.opcode == Opcode::TEXT && header.rsv.0 == 0 => Some(text.to_owned()),
        _ => None,
    };
    Frame {
        fin: header.fin,
        rsv: header.rsv.0,
        opcode: header.opcode.bits(),
        masked: header.masking_key.is_some(),
        masking_key: header.masking_key.map(|key| key.to_string()),
        length: header.payload_len,
        payload: (!shown.payload.is_empty())
            .then(|| text.map_or_else(|| Payload::Hex(hex(&shown.payload)), Payload::Text)),
        complete: shown.payload.len() as u64 == header.payload_len,
    }
}
