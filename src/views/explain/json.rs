//! `wslog.explain/1`.

use crate::knowledge::applications::{Application, ApplicationCode, Ending};
use crate::knowledge::guides::{Guide, GuidePart, GuideWay};
use crate::knowledge::words::filled;
use crate::knowledge::{CauseInfo, OutcomeInfo};
use crate::model::suite::Span;
use crate::model::topic::{CaseTopic, CauseTopic, CodeTopic, Example, RuleTopic, Topic};
use crate::model::{Act, CloseCode, Deed, Opcode, RuleId, ShownFrame, Who};
use crate::views::explain as words;
use crate::views::json::case::{Event, expected};
use crate::views::json::write::document as in_a_line;
use crate::views::row::{
    Boolean, Displayed, Encoder, Field, Hex, Integer, List, Map, OrAbsent, Text, Type, Value, ValueKind, row,
};

/// Name and version of the format.
pub const SCHEMA: &str = "wslog.explain/1";

/// The fields of the document.
pub const FIELDS: &[Field] = Document::FIELDS;

/// The topics, each in full.
#[must_use]
pub fn document(topics: &[Topic]) -> String {
    in_a_line(Document(topics))
}

row! {
    /// Things explained.
    struct Document<'a>(topics: &'a [Topic]);

    /// Name and version of the format.
    schema: Text = SCHEMA,
    /// Version of wslog that wrote the document.
    wslog: Text = env!("CARGO_PKG_VERSION"),
    /// What was asked for.
    topics: List<TopicEntry> = topics.iter().map(TopicEntry),
}

/// A close code, a rule, a cause, an outcome, a case, an application or a guide, told apart by `kind`.
#[derive(Clone, Copy, Debug)]
struct TopicEntry<'a>(&'a Topic);

impl Type for TopicEntry<'_> {
    const KIND: &'static ValueKind = &ValueKind::Either(&[
        Code::KIND,
        RuleEntry::KIND,
        Cause::KIND,
        OutcomeEntry::KIND,
        Case::KIND,
        ApplicationEntry::KIND,
        GuideEntry::KIND,
    ]);
}

impl Value<Self> for TopicEntry<'_> {
    fn encode(self, to: &mut impl Encoder) {
        match self.0 {
            Topic::Code(code) => Code(code).encode(to),
            Topic::Rule(rule) => RuleEntry(rule).encode(to),
            Topic::Cause(cause) => Cause(cause).encode(to),
            Topic::Outcome(row) => OutcomeEntry(row).encode(to),
            Topic::Case(case) => Case(case).encode(to),
            Topic::Application(application) => ApplicationEntry(application).encode(to),
            Topic::Guide(guide) => GuideEntry(guide).encode(to),
        }
    }
}

row! {
    /// A close code, or a range of codes.
    struct Code<'a>(topic: &'a CodeTopic);

    let entry = topic.entry;

    /// `close_code`.
    kind: Text = "close_code",
    /// The code; null for a range.
    code: Option<Integer> = topic.code.map(|code| code.0),
    /// First of the codes of which the same is to be said.
    first: Integer = *entry.codes.start(),
    /// Last of these codes.
    last: Integer = *entry.codes.end(),
    /// Its name in the registry of IANA, in lower case.
    name: Option<Text> = topic.code.and_then(CloseCode::name),
    /// The range of RFC 6455 7.4.2 it lies in.
    range: Text = words::code_range(topic),
    /// How it stands in the registry: `assigned`, `reserved`, `unassigned`, `private` or `out_of_range`.
    registration: Text = entry.registration.name(),
    /// Who may send it in a Close frame.
    sent_by: Text = entry.sent_by.name(),
    /// Whether it may be in a Close frame at all.
    on_the_wire: Boolean = entry.sent_by != Who::Nobody,
    /// Where that is written.
    section: Text = words::code_source(topic),
    /// What it stands for.
    meaning: Text = entry.meaning,
    /// What the program of the side that receives or concludes it is told.
    reported: Text = entry.reported,
    /// The rule that sending it breaks.
    finding: Option<Text> = topic.breaks.map(RuleId::name),
    /// Rules whose breach is fittingly answered with it.
    fits_breach_of: List<Text> = topic.answers.iter().map(|rule| rule.name()),
    /// What is behind it when it is seen.
    causes: List<Text> = entry.causes.iter().copied(),
    /// What it means to applications that have published that.
    applications: List<Owner> = topic.owners.iter().map(|(application, own)| Owner(application, own)),
    /// Where to look then.
    next: List<Text> = entry.next.iter().map(|next| Displayed(filled(next))),
    /// How it looks on the wire.
    examples: List<ExampleEntry> = topic.examples.iter().map(ExampleEntry),
}

row! {
    /// An application to which a code means something.
    struct Owner<'a>(application: &'a Application, own: &'a ApplicationCode);

    /// Its name, as in `graphql-transport-ws`.
    application: Text = application.name,
    /// What the reason has in it then; null where that does not matter.
    reason: Option<Text> = own.reason,
    /// Who sends it: `client`, `server` or `either`.
    sent_by: Text = application.closes.name(),
    /// What it means there.
    meaning: Text = own.means,
    /// Address of the document that says so.
    source: Text = application.source,
}

row! {
    /// An application, or a protocol that is spoken inside WebSocket.
    struct ApplicationEntry<'a>(application: &'a Application);

    /// `application`.
    kind: Text = "application",
    /// Its name, as in `graphql-transport-ws`.
    application: Text = application.name,
    /// What sentences call it.
    title: Text = application.title,
    /// How it is recognised.
    known_by: List<Text> = words::known_by(application),
    /// Address of the document that all of it is from.
    source: Text = application.source,
    /// Its Close codes.
    codes: List<OwnCode> = application.codes.iter().map(|own| OwnCode(application, own)),
    /// Messages that announce an end.
    endings: List<EndingEntry> = application.endings.iter().map(EndingEntry),
}

row! {
    /// A Close code of an application.
    struct OwnCode<'a>(application: &'a Application, own: &'a ApplicationCode);

    /// The code.
    code: Integer = own.code,
    /// What the reason has in it then; null where that does not matter.
    reason: Option<Text> = own.reason,
    /// Who sends it: `client`, `server` or `either`.
    sent_by: Text = application.closes.name(),
    /// What it means.
    meaning: Text = own.means,
}

row! {
    /// A message that announces an end.
    struct EndingEntry<'a>(ending: &'a Ending);

    /// What it is called, with its article.
    name: Text = ending.name,
    /// What it says.
    meaning: Text = ending.means,
    /// The codes that it carries.
    codes: List<EndingCode> = words::ending_codes(ending).iter().map(|(code, name)| EndingCode(*code, name)),
}

row! {
    /// A code in a message that announces an end.
    struct EndingCode<'a>(code: u8, name: &'a str);

    /// The code.
    code: Integer = code,
    /// Its name.
    meaning: Text = name,
}

row! {
    /// A guide.
    struct GuideEntry<'a>(guide: &'a Guide);

    /// `guide`.
    kind: Text = "guide",
    /// Its name, as in `tls`.
    guide: Text = guide.name,
    /// What it is about.
    about: Text = guide.about,
    /// Its parts, in the order in which they are read.
    parts: List<Part> = guide.parts.iter().map(Part),
}

row! {
    /// A part of a guide.
    struct Part<'a>(part: &'a GuidePart);

    /// Its heading.
    title: Text = part.title,
    /// Its paragraphs.
    text: List<Text> = part.text.iter().copied(),
    /// Ways to do what it is about.
    ways: List<Way> = part.ways.iter().map(Way),
}

row! {
    /// A way to do something.
    struct Way<'a>(way: &'a GuideWay);

    /// The program that does it, or the occasion.
    of: Text = way.of,
    /// What to do, and what to heed.
    text: Text = way.text,
    /// Lines for a shell, or for a file.
    lines: List<Text> = way.lines.iter().copied(),
    /// The version it was tried with, or where the program says so; null of what is wslog's own.
    source: Option<Text> = (!way.source.is_empty()).then_some(way.source),
}

row! {
    /// A rule.
    struct RuleEntry<'a>(topic: &'a RuleTopic);

    let rule = topic.rule;
    let cases = topic.cases.iter();

    /// `rule`.
    kind: Text = "rule",
    /// Name of the rule, as in `FR-RSV`.
    rule: Text = rule.name,
    /// How much a breach weighs: `must`, `should` or `note`.
    level: Text = rule.level.name(),
    /// Sections of the RFCs that it rests on.
    section: Text = Displayed(rule.section()),
    /// Who can break it: `client`, `server`, `either` or `nobody`.
    who: Text = rule.who.name(),
    /// What it asks for, in a sentence.
    says: Text = rule.says,
    /// Why it is there, and what follows when it is broken.
    explanation: Text = &*filled(rule.text),
    /// What the other side does about a breach.
    reaction: Reaction = Reaction(topic),
    /// Where to look when it is broken.
    next: List<Text> = rule.next.iter().copied(),
    /// Cases of the Autobahn Testsuite that exercise it.
    autobahn_cases: List<CaseOf> = cases.map(|(id, is_broken)| CaseOf(id.as_str(), *is_broken)),
    /// Broken, and nearly so.
    examples: List<ExampleEntry> = topic.examples.iter().map(ExampleEntry),
}

row! {
    /// What the other side does about a breach.
    struct Reaction<'a>(topic: &'a RuleTopic);

    /// In a word: `fail`, `may_fail`, `close`, `refuse`, `fail_handshake`, `other` or `none`.
    kind: Text = words::reaction_name(topic),
    /// Close codes that fit.
    codes: List<Integer> = topic.rule.reaction.codes().iter().copied(),
    /// In a sentence; null where there is nothing to say.
    message: Option<Text> = words::reaction(topic.rule),
}

row! {
    /// A case that exercises a rule.
    struct CaseOf<'a>(case: &'a str, is_broken: bool);

    /// Number of the case, as in `3.2`.
    case: Text = case,
    /// Whether the tester breaks the rule in it.
    broken_by_tester: Boolean = is_broken,
}

row! {
    /// A cause for which connections end.
    struct Cause<'a>(topic: &'a CauseTopic);

    let cause = topic.cause;

    /// `cause`.
    kind: Text = "cause",
    /// Name of the cause, as in `abrupt_end`.
    cause: Text = cause.name,
    /// Its place in the order of precedence, from 1: of several that fit, the first is the one.
    place: Integer = cause.id as usize + 1,
    /// When it is the one.
    when: Text = cause.when,
    /// On what evidence.
    evidence: Evidence = Evidence(cause),
    /// What must never be concluded from it.
    never: Text = cause.never,
    /// Where to look then.
    next: List<Text> = cause.next.iter().copied(),
    /// An exchange that ends for it, and one that nearly does.
    examples: List<ExampleEntry> = topic.examples.iter().map(ExampleEntry),
}

row! {
    /// What makes a cause so sure.
    struct Evidence<'a>(cause: &'a CauseInfo);

    /// What makes it proven; null where nothing in a recording does.
    proven: Option<Text> = cause.proven,
    /// What makes it likely; null where nothing does.
    likely: Option<Text> = cause.likely,
    /// What leaves it undetermined; null where nothing does.
    undetermined: Option<Text> = cause.undetermined,
}

row! {
    /// An outcome.
    struct OutcomeEntry<'a>(row: &'a OutcomeInfo);

    /// `outcome`.
    kind: Text = "outcome",
    /// Its name, as in `close_unanswered`.
    outcome: Text = row.outcome.name(),
    /// What it means.
    means: Text = row.means,
    /// Whether `--fail-on` takes it for unclean.
    unclean: Boolean = row.outcome.is_unclean(),
    /// Where to look then.
    next: List<Text> = row.next.iter().copied(),
}

row! {
    /// A case of the Autobahn Testsuite.
    struct Case<'a>(topic: &'a CaseTopic);

    let rules = topic.rules.iter();

    /// `autobahn_case`.
    kind: Text = "autobahn_case",
    /// Number of the case, as in `3.2`.
    case: Text = topic.id.as_str(),
    /// First version of the suite that has the case so; null if it has always been so.
    since: Option<Text> = topic.span.since.map(Displayed),
    /// Last version that has it so; null if it still is.
    until: Option<Text> = topic.span.until.map(Displayed),
    /// What it is about.
    about: Text = topic.about,
    /// What it was about in which versions, the first one first; empty if it has always been the same.
    versions: List<CaseVersion> = topic.versions.iter().map(|(span, about)| CaseVersion(*span, about)),
    /// What is offered and answered of permessage-deflate; null where the case does not use it.
    negotiation: Option<Text> = words::case_negotiation(topic),
    /// What else to know of it.
    note: Option<Text> = topic.note,
    /// What the tester sends.
    sends: Text = words::case_sends(topic),
    /// What is asked of the testee.
    asks: Text = words::case_asks(topic),
    /// What the suite expects, in a sentence.
    events: Text = words::case_events(topic),
    /// What it expects, by the verdict that it leads to; null where the suite judges in another way.
    expected: Option<Map<List<Event>>> = topic.expects.as_deref().map(expected),
    /// Whether there is nothing to pass or fail.
    informational: Boolean = topic.informational,
    /// What the suite expects of the closing.
    closing: Closing = Closing(topic),
    /// Rules it exercises.
    rules: List<RuleOf> = rules.map(|(rule, id, is_broken)| RuleOf(rule, id.is_some(), *is_broken)),
    /// Whether this was compared with reports of real runs.
    compared_with_runs: Boolean = topic.compared,
}

row! {
    /// A case in some versions of the suite.
    struct CaseVersion<'a>(span: Span, about: &'a str);

    /// First of them; null if it is the first of all.
    since: Option<Text> = span.since.map(Displayed),
    /// Last of them; null if it is the newest.
    until: Option<Text> = span.until.map(Displayed),
    /// What the case is about there.
    about: Text = about,
}

row! {
    /// What a case expects of the closing.
    struct Closing<'a>(topic: &'a CaseTopic);

    let close = &topic.close;

    /// Who sends the first Close: `tester` or `testee`.
    first: Text = if close.closed_by_me { "tester" } else { "testee" },
    /// Codes that the testee may send.
    codes: List<Integer> = close.codes.iter().copied(),
    /// Whether it has to be clean.
    clean: Boolean = close.require_clean,
    /// Whether the case fails where the other side closes; up to 0.5.6 it did not.
    wrong_side_fails: Boolean = close.wrong_endpoint_is_fatal,
    /// Whether the case fails for another code.
    wrong_code_fails: Boolean = topic.wrong_code_is_fatal,
    /// All that in a sentence.
    message: Text = words::case_closing(topic),
}

row! {
    /// A rule that a case exercises.
    struct RuleOf<'a>(rule: &'a str, is_checked: bool, is_broken: bool);

    /// Name of the rule, as in `FR-RSV`.
    rule: Text = rule,
    /// Whether wslog checks it.
    checked: Boolean = is_checked,
    /// Whether the tester breaks it in the case.
    broken_by_tester: Boolean = is_broken,
}

row! {
    /// What crosses the wire.
    struct ExampleEntry<'a>(example: &'a Example);

    let acts = &example.exchange.acts;
    let is_one = acts.iter().all(|act| act.connection == 1);

    /// What the example shows.
    title: Text = example.title,
    /// Whether the rule is reported, or the connection ends for the cause; where not, it comes near to that only.
    reported: Boolean = example.reported,
    /// Whether permessage-deflate was agreed.
    permessage_deflate: Boolean = example.exchange.is_compressed(),
    /// What happens, in order.
    lines: List<LineEntry> = acts.iter().map(|act| LineEntry(act, is_one)),
}

row! {
    /// One thing a side does.
    struct LineEntry<'a>(act: &'a Act, is_only_connection: bool);

    let sent = match &act.what {
        Deed::Bytes { wire, frame } => Some((wire, frame.as_ref())),
        _ => None,
    };

    /// On which connection of the example, where it has several.
    connection: OrAbsent<Integer> = (!is_only_connection).then_some(act.connection),
    /// Who: `client` or `server`.
    from: Text = act.from.name(),
    /// What, in a word.
    what: Text = words::act_name(&act.what),
    /// The head of its part of the opening handshake.
    head: OrAbsent<Text> = if let Deed::Head(head) = &act.what { Some(head) } else { None },
    /// The bytes it sends.
    hex: OrAbsent<Hex> = sent.map(|(wire, _)| &**wire),
    /// It shares a segment with what the side sent before.
    same_segment: OrAbsent<Boolean> = act.joined.then_some(true),
    /// The recording lacks it.
    not_recorded: OrAbsent<Boolean> = act.uncaptured.then_some(true),
    /// How long nothing happens.
    milliseconds: OrAbsent<Integer> = if let Deed::Wait(ms) = act.what { Some(ms) } else { None },
    /// The frame that begins with the bytes.
    frame: OrAbsent<Frame> = sent.and_then(|(_, frame)| frame).map(Frame),
}

row! {
    /// As the frame of `wslog.inspect/1`, as far as it applies.
    struct Frame<'a>(shown: &'a ShownFrame);

    let header = &shown.header;

    /// The FIN bit: whether it is the last fragment of its message.
    fin: Boolean = header.fin,
    /// The bits RSV1 (4), RSV2 (2) and RSV3 (1).
    rsv: Integer = header.rsv.0,
    /// The opcode as a number, 0 to 15.
    opcode: Integer = header.opcode.bits(),
    /// The MASK bit: whether a masking key was sent.
    masked: Boolean = header.masking_key.is_some(),
    /// The masking key, four bytes in hex; null without one.
    masking_key: Option<Hex> = header.masking_key.map(|key| key.0),
    /// Length of the payload as its header has it, in bytes.
    length: Integer = header.payload_len,
    /// Its payload, unmasked; null where it is empty.
    payload: Option<Payload> = (!shown.payload.is_empty()).then_some(Payload(shown)),
    /// Whether all of the payload is there.
    complete: Boolean = shown.payload.len() as u64 == header.payload_len,
}

row! {
    /// A payload, as text or in hex.
    struct Payload<'a>(shown: &'a ShownFrame);

    let is_text = shown.header.opcode == Opcode::TEXT && shown.header.rsv.0 == 0;
    let text = std::str::from_utf8(&shown.payload).ok().filter(|_| is_text);

    /// As text, of a text frame.
    text: OrAbsent<Text> = text,
    /// Its bytes in hex, of any other.
    hex: OrAbsent<Hex> = text.is_none().then_some(&*shown.payload),
}
