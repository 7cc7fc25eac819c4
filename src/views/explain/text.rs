//! Explanations for people.

use std::fmt::Write;
use std::iter;

use unicode_width::UnicodeWidthStr;

use crate::knowledge::applications::Application;
use crate::knowledge::guides::Guide;
use crate::knowledge::words::{filled, joined};
use crate::knowledge::{CAUSES, OutcomeInfo};
use crate::model::topic::{CaseTopic, CauseTopic, CodeTopic, Example, RuleTopic, Topic};
use crate::model::{Act, CloseCode, Deed, Hex, Level, Rule, Who};
use crate::views::escape::visible;
use crate::views::explain as words;
use crate::views::text::Style;
use crate::views::text::layout::Paint;
use crate::views::units;

/// Column of the values that have a name before them.
const VALUES: usize = 19;
/// Cases named one by one.
const CASES: usize = 12;
/// Bytes of an example shown in one row.
const BYTES: usize = 16;

/// Each topic in full, a blank line between.
#[must_use]
pub fn full(topics: &[Topic], style: &Style) -> String {
    let topic = |topic: &Topic| match topic {
        Topic::Code(code) => code_text(code, style),
        Topic::Rule(rule) => rule_text(rule, style),
        Topic::Cause(cause) => cause_text(cause, style),
        Topic::Outcome(row) => outcome_text(row, style),
        Topic::Case(case) => case_text(case, style),
        Topic::Application(application) => application_text(application, style),
        Topic::Guide(guide) => guide_text(guide, style),
    };
    joined(topics.iter().map(topic), "\n")
}

/// A row for each topic, those of a kind in one table.
#[must_use]
pub fn list(topics: &[Topic], style: &Style) -> String {
    let (mut codes, mut rules, mut cases) = (Vec::new(), Vec::new(), Vec::new());
    let (mut causes, mut outcomes, mut applications) = (Vec::new(), Vec::new(), Vec::new());
    let mut guides = Vec::new();
    for topic in topics {
        match topic {
            Topic::Code(code) => codes.push(code_row(code)),
            Topic::Rule(topic) => rules.push(rule_row(topic.rule)),
            Topic::Cause(cause) => causes.push(cause_row(cause)),
            Topic::Outcome(row) => outcomes.push(outcome_row(row)),
            Topic::Case(case) => cases.push(case_row(case)),
            Topic::Application(application) => applications.push(application_row(application)),
            Topic::Guide(guide) => guides.push(vec![guide.name.to_owned(), guide.about.to_owned()]),
        }
    }
    let tables = [
        (&["cause", "at best", "when it applies"][..], causes, &[2][..]),
        (&["outcome", "unclean", "what it means"], outcomes, &[2]),
        (&["code", "name", "sent by", "meaning"], codes, &[1, 3]),
        (&["rule", "level", "broken by", "clause", "what it says"], rules, &[3, 4]),
        (&["case", "what it is about", "closed by", "with", "versions"], cases, &[1]),
        (&["application", "codes", "known by"], applications, &[2]),
        (&["guide", "what it is about"], guides, &[1]),
    ];
    let tables = tables.into_iter().filter(|(_, rows, _)| !rows.is_empty());
    joined(tables.map(|(header, rows, flexible)| style.table(header, rows, &[], flexible)), "\n")
}

fn rule_row(rule: &Rule) -> Vec<String> {
    let section = format!("{:#}", rule.section());
    vec![rule.name.into(), rule.level.name().into(), rule.who.name().into(), section, rule.says.into()]
}

fn cause_row(topic: &CauseTopic) -> Vec<String> {
    let cause = topic.cause;
    vec![cause.name.to_owned(), words::at_best(cause).to_owned(), cause.when.to_owned()]
}

fn outcome_row(row: &OutcomeInfo) -> Vec<String> {
    let unclean = match row.outcome {
        outcome if !outcome.is_judged() => "not judged",
        outcome if outcome.is_unclean() => "yes",
        _ => "no",
    };
    vec![row.outcome.name().to_owned(), unclean.to_owned(), row.means.to_owned()]
}

fn case_row(case: &CaseTopic) -> Vec<String> {
    let first = if case.close.closed_by_me { "tester" } else { "testee" };
    let versions = words::versions(case.span).unwrap_or_default();
    vec![case.id.to_string(), case.about.to_owned(), first.to_owned(), words::codes_of(case), versions]
}

fn application_row(application: &Application) -> Vec<String> {
    let codes = application.codes.len().to_string();
    vec![application.name.to_owned(), codes, joined(words::known_by(application), ", ")]
}

fn code_row(code: &CodeTopic) -> Vec<String> {
    let by = match code.entry.sent_by {
        Who::Either => "either side",
        who => who.name(),
    };
    let meaning = code.entry.meaning.split_inclusive('.').next().unwrap_or_default();
    vec![words::code_name(code), words::code_title(code).to_owned(), by.to_owned(), meaning.to_owned()]
}

fn heading(name: &str, rest: &[&str], style: &Style) -> String {
    let mut out = style.paint(Paint::Heading, name);
    for part in rest {
        let _ = write!(out, " · {part}");
    }
    out.push('\n');
    out
}

/// `name  value`, the value wrapped in a column of its own.
fn field(out: &mut String, name: &str, value: &str, style: &Style) {
    let wrapped = style.wrap(value, VALUES);
    let is_wide = name.width() > VALUES - 3;
    let name = format!("  {name:<width$}", width = VALUES - 2);
    out.push_str(&style.paint(Paint::Faint, &name));
    if is_wide {
        // The value has no room beside it.
        let _ = write!(out, "\n{wrapped}");
    } else {
        out.push_str(wrapped.get(VALUES..).unwrap_or_default());
    }
}

fn bullets(out: &mut String, title: &str, items: &[impl AsRef<str>], style: &Style) {
    if items.is_empty() {
        return;
    }
    let _ = write!(out, "\n  {}\n", style.paint(Paint::Heading, title));
    for item in items {
        let wrapped = style.wrap(&filled(item.as_ref()), 4);
        out.push_str("  - ");
        out.push_str(wrapped.get(4..).unwrap_or_default());
    }
}

fn code_text(topic: &CodeTopic, style: &Style) -> String {
    let entry = topic.entry;
    let name = format!("{} {}", words::code_name(topic), words::code_title(topic));
    let mut out = heading(&name, &["close code", &words::code_source(topic)], style);
    out.push('\n');
    out.push_str(&style.wrap(entry.meaning, 2));
    out.push('\n');
    field(&mut out, "range", words::code_range(topic), style);
    field(&mut out, "sent by", words::code_sender(topic), style);
    field(&mut out, "reported", entry.reported, style);
    if let Some(rule) = topic.breaks {
        let whose = match entry.sent_by {
            Who::Client => "if a server sends it",
            Who::Server => "if a client sends it",
            Who::Either | Who::Nobody => "if it is sent",
        };
        field(&mut out, "finding", &format!("{rule} {whose}"), style);
    }
    if !topic.answers.is_empty() {
        field(&mut out, "answer to", &words::names(&topic.answers), style);
    }
    bullets(&mut out, "What causes it", entry.causes, style);
    let owners: Vec<_> = topic.owners.iter().map(|(whose, own)| words::owner(whose, own)).collect();
    bullets(&mut out, "Where a meaning is published", &owners, style);
    bullets(&mut out, "Look next at", entry.next, style);
    if !topic.examples.is_empty() {
        let _ = write!(out, "\n  {}\n", style.paint(Paint::Heading, "On the wire"));
        // No clause forbids them: the finding is a note.
        let noted = entry.sent_by != Who::Nobody || topic.code == Some(CloseCode(1004));
        for shown in &topic.examples {
            let mark = if noted { "Noted" } else { "Not to be sent" };
            example(&mut out, shown.reported.then_some(mark), shown, style);
        }
    }
    out
}

fn rule_text(topic: &RuleTopic, style: &Style) -> String {
    let rule = topic.rule;
    let mut out = heading(rule.name, &["rule", rule.level.name(), &rule.section().to_string()], style);
    out.push('\n');
    let mut says = sentence(rule.says);
    says.push(' ');
    says.push_str(&filled(rule.text));
    out.push_str(&style.wrap(&says, 2));
    out.push('\n');
    let by = if rule.level == Level::Note { "about" } else { "broken by" };
    field(&mut out, by, words::rule_who(rule), style);
    if let Some(reaction) = words::reaction(topic.rule) {
        field(&mut out, "the other side", &reaction, style);
    }
    for (name, broken) in [("Autobahn breaks", true), ("Autobahn uses it", false)] {
        let cases: Vec<&str> = topic
            .cases
            .iter()
            .filter(|(_, by_tester)| *by_tester == broken)
            .map(|(id, _)| id.as_str())
            .collect();
        if !cases.is_empty() {
            let mut shown = joined(cases.iter().take(CASES), ", ");
            if cases.len() > CASES {
                let _ = write!(shown, " and {} more", cases.len() - CASES);
            }
            field(&mut out, name, &format!("in {shown}"), style);
        }
    }
    bullets(&mut out, "Look next at", topic.rule.next, style);
    if !topic.examples.is_empty() {
        let _ = write!(out, "\n  {}\n", style.paint(Paint::Heading, "On the wire"));
    }
    for shown in &topic.examples {
        let mark = match (rule.level, shown.reported) {
            (Level::Note, true) => "Noted",
            (Level::Note, false) => "Not noted",
            (_, true) => "Broken",
            (_, false) => "Not broken",
        };
        example(&mut out, Some(mark), shown, style);
    }
    out
}

fn cause_text(topic: &CauseTopic, style: &Style) -> String {
    let cause = topic.cause;
    let place = format!("{} of {} in the order of precedence", cause.id as usize + 1, CAUSES.len());
    let mut out = heading(cause.name, &["cause", &place], style);
    out.push('\n');
    out.push_str(&style.wrap(&sentence(cause.when), 2));
    out.push('\n');
    let evidence = [("proven", cause.proven), ("likely", cause.likely), ("undetermined", cause.undetermined)];
    for (certainty, what) in evidence {
        if let Some(what) = what {
            field(&mut out, certainty, what, style);
        }
    }
    field(&mut out, "never conclude", cause.never, style);
    bullets(&mut out, "Look next at", cause.next, style);
    if !topic.examples.is_empty() {
        let _ = write!(out, "\n  {}\n", style.paint(Paint::Heading, "On the wire"));
    }
    for shown in &topic.examples {
        let mark = if shown.reported { "This cause" } else { "Not this cause" };
        example(&mut out, Some(mark), shown, style);
    }
    out
}

fn outcome_text(row: &OutcomeInfo, style: &Style) -> String {
    let mut out = heading(row.outcome.name(), &["outcome"], style);
    out.push('\n');
    out.push_str(&style.wrap(&sentence(row.means), 2));
    out.push('\n');
    field(&mut out, "--fail-on", words::gate(row), style);
    bullets(&mut out, "Look next at", row.next, style);
    out
}

fn case_text(topic: &CaseTopic, style: &Style) -> String {
    let name = format!("{} Autobahn case", topic.id);
    let span = words::versions(topic.span);
    let mut out = heading(&name, span.as_deref().as_slice(), style);
    out.push('\n');
    out.push_str(&style.wrap(&sentence(topic.about), 2));
    out.push('\n');
    out.push_str(&style.wrap(&format!("{} {}", words::case_sends(topic), words::case_asks(topic)), 2));
    out.push('\n');
    if let Some(negotiation) = words::case_negotiation(topic) {
        field(&mut out, "negotiation", &negotiation, style);
    }
    field(&mut out, "events", &words::case_events(topic), style);
    field(&mut out, "closing", &words::case_closing(topic), style);
    let rules = |broken: bool| {
        let named = topic.rules.iter().filter(move |(_, _, by_tester)| *by_tester == broken);
        joined(named.map(|(name, _, _)| name), ", ")
    };
    for (name, rules) in [("tester breaks", rules(true)), ("exercises", rules(false))] {
        if !rules.is_empty() {
            field(&mut out, name, &rules, style);
        }
    }
    if let Some(note) = topic.note {
        field(&mut out, "note", note, style);
    }
    field(&mut out, "this account", words::case_source(topic), style);
    if topic.versions.len() > 1 {
        bullets(&mut out, "Versions of the suite", &words::case_versions(topic), style);
    }
    out
}

fn application_text(application: &Application, style: &Style) -> String {
    let mut out = heading(application.name, &["application"], style);
    out.push('\n');
    let who = match application.closes {
        Who::Either => "either side",
        Who::Client => "the client",
        Who::Server | Who::Nobody => "the server",
    };
    field(&mut out, "known by", &joined(words::known_by(application), ", or "), style);
    field(&mut out, "source", application.source, style);
    if !application.codes.is_empty() {
        field(&mut out, "codes are of", who, style);
        let rows = application.codes.iter().map(|own| vec![words::own_code(own), own.means.to_owned()]);
        meanings(&mut out, "What its Close codes probably mean", rows.collect(), style);
    }
    let endings: Vec<_> = application.endings.iter().map(words::ending).collect();
    bullets(&mut out, "Messages that announce an end", &endings, style);
    for ending in application.endings {
        let codes = words::ending_codes(ending).iter();
        let rows: Vec<_> =
            codes.map(|(code, means)| vec![format!("0x{code:02x}"), (*means).to_owned()]).collect();
        if !rows.is_empty() {
            meanings(&mut out, &format!("What the codes of {} mean", ending.name), rows, style);
        }
    }
    out
}

fn guide_text(guide: &Guide, style: &Style) -> String {
    let mut out = heading(guide.name, &["guide"], style);
    out.push('\n');
    out.push_str(&style.wrap(&sentence(guide.about), 2));
    for part in guide.parts {
        let _ = write!(out, "\n  {}\n", style.paint(Paint::Heading, part.title));
        for (n, text) in part.text.iter().enumerate() {
            out.push_str(if n > 0 { "\n" } else { "" });
            out.push_str(&style.wrap(text, 2));
        }
        for way in part.ways {
            out.push('\n');
            field(&mut out, way.of, way.text, style);
            for line in way.lines {
                let _ = writeln!(out, "{:VALUES$}{line}", "");
            }
        }
    }
    out
}

/// A table of codes and what they mean.
fn meanings(out: &mut String, title: &str, rows: Vec<Vec<String>>, style: &Style) {
    let _ = write!(out, "\n  {}\n", style.paint(Paint::Heading, title));
    let inner = Style { width: style.width.saturating_sub(2), ..*style };
    for line in inner.table(&["code", "meaning"], rows, &[], &[1]).lines() {
        let _ = writeln!(out, "  {line}");
    }
}

/// A sentence of what begins small and has no full stop.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).chain(['.']).collect()
}

fn example(out: &mut String, mark: Option<&str>, example: &Example, style: &Style) {
    let mark = mark.map_or_else(String::new, |mark| format!("{mark}: "));
    let exchange = &example.exchange;
    let agreed = if exchange.is_compressed() { " (permessage-deflate is agreed)" } else { "" };
    out.push('\n');
    out.push_str(&style.wrap(&format!("{mark}{}{agreed}", example.title), 2));
    let is_one = exchange.acts.iter().all(|act| act.connection == 1);
    let from = |act: &Act| match (act.from.name(), act.connection) {
        (name, _) if is_one => name.to_owned(),
        (name, connection) => format!("{name} #{connection}"),
    };
    let rows: Vec<_> =
        exchange.acts.iter().flat_map(|act| rows(from(act), act, exchange.is_compressed())).collect();
    let inner = Style { width: style.width.saturating_sub(2), ..*style };
    for line in inner.table(&["from", "on the wire", "decoded"], rows, &[], &[1, 2]).lines() {
        let _ = writeln!(out, "  {line}");
    }
}

fn rows(from: String, act: &Act, deflate: bool) -> Vec<Vec<String>> {
    let marks = [act.joined.then_some("in the same segment"), act.uncaptured.then_some("not recorded")];
    let marked = |is: Option<String>| {
        joined(is.into_iter().chain(marks.into_iter().flatten().map(str::to_owned)), ", ")
    };
    match &act.what {
        Deed::Head(head) => {
            let first = |of: String| iter::once(of).chain(iter::repeat(String::new()));
            let lines = head.lines().filter(|line| !line.is_empty()).map(|line| visible(line).into_owned());
            let cells = first(from).zip(lines).zip(first(marked(None)));
            cells.map(|((from, line), is)| vec![from, line, is]).collect()
        }
        Deed::Bytes { wire, frame } => {
            let is = match frame {
                Some(frame) if !act.uncaptured => words::frame(frame, deflate),
                _ => units::count(wire.len() as u64, "byte"),
            };
            vec![vec![from, bytes(wire), marked(Some(is))]]
        }
        what => vec![vec![from, String::new(), marked(Some(words::act(what)))]],
    }
}

fn bytes(wire: &[u8]) -> String {
    match wire.split_at_checked(BYTES) {
        Some((start, more @ [_, ..])) => format!("{:#} … {} more", Hex(start), more.len()),
        _ => format!("{:#}", Hex(wire)),
    }
}
