//! What is known of close codes, rules, causes, outcomes, applications and cases of the Autobahn Testsuite, and guides: looked up
//! by name, with examples whose bytes the frame codec makes and reads.

mod codes;

use std::ops::RangeInclusive;

use crate::autobahn::account::fault;
use crate::autobahn::cases::{self, Case, ExpectedEvent};
use crate::error::Error;
use crate::knowledge::applications::APPLICATIONS;
use crate::knowledge::guides::GUIDES;
use crate::knowledge::{CAUSES, CODES, CauseInfo, OUTCOMES, WrittenExample};
use crate::model::case::CaseId;
use crate::model::suite::Version;
use crate::model::topic::{CaseTopic, CauseTopic, Example, RuleTopic, Topic};
use crate::model::{CloseCode, RULES, Rule};
use crate::notation;

/// Names proposed for one that is not known.
const PROPOSED: usize = 5;

/// Every rule, in the order of the table.
#[must_use]
pub fn all_rules() -> Vec<Topic> {
    RULES.iter().map(|rule| Topic::Rule(rule_topic(rule))).collect()
}

/// Every cause, in the order of precedence.
#[must_use]
pub fn all_causes() -> Vec<Topic> {
    CAUSES.iter().map(|cause| Topic::Cause(cause_topic(cause))).collect()
}

/// Every outcome, in the order in which reports count them.
#[must_use]
pub fn all_outcomes() -> Vec<Topic> {
    OUTCOMES.iter().map(Topic::Outcome).collect()
}

/// Every range of close codes and every code with a meaning of its own, in order.
#[must_use]
pub fn all_codes() -> Vec<Topic> {
    CODES.iter().map(|entry| Topic::Code(codes::topic(None, entry))).collect()
}

/// Every application, by name.
#[must_use]
pub fn all_applications() -> Vec<Topic> {
    APPLICATIONS.iter().copied().map(Topic::Application).collect()
}

/// Every guide, by name.
#[must_use]
pub fn all_guides() -> Vec<Topic> {
    GUIDES.iter().map(Topic::Guide).collect()
}

/// Every case of any version of the suite, in its order, as the newest that has it.
#[must_use]
pub fn all_cases() -> Vec<Topic> {
    cases_where(None, |_| true)
}

/// Every case of a version of the suite, in its order.
#[must_use]
pub fn all_cases_in(version: Version) -> Vec<Topic> {
    cases_where(Some(version), |_| true)
}

/// What goes by that name: a code (`1006`, `going away`), a range (`4000-4999`), a rule (`FR-RSV`, `FR-*`), a cause
/// (`abrupt_end`), an outcome (`clean`), an application (`graphql-transport-ws`), a guide (`tls`), a case or cases (`3.2`, `9.1`, `9.*`).
/// A word that is the name of several gives each of them.
///
/// # Errors
/// [`Error::UnknownTopic`] with the names nearest to it.
pub fn find(what: &str) -> Result<Vec<Topic>, Error> {
    find_in(what, None)
}

/// The same, where cases are those of a version of the suite. One that it does not have is explained as it was, or became.
///
/// # Errors
/// [`Error::UnknownTopic`] with the names nearest to it.
pub fn find_in(what: &str, version: Option<Version>) -> Result<Vec<Topic>, Error> {
    let name = what.trim();
    let found = if name.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() {
        name.parse().ok().map(|code| vec![Topic::Code(codes::find(CloseCode(code)))])
    } else if let Some(range) = code_range(name) {
        Some(codes_in(&range))
    } else if name.starts_with(|c: char| c.is_ascii_digit()) {
        Some(cases_of(name, version))
    } else {
        Some(rules_of(name)).filter(|topics| !topics.is_empty()).or_else(|| Some(named(name)))
    };
    match found {
        Some(topics) if !topics.is_empty() => Ok(topics),
        _ => Err(Error::UnknownTopic { what: what.to_owned(), nearest: nearest(name) }),
    }
}

fn code_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once(['-', '–'])?;
    let range = first.trim().parse().ok()?..=last.trim().parse().ok()?;
    (!range.is_empty()).then_some(range)
}

/// The entry of just that range, or all that lie in it, or overlap it.
fn codes_in(range: &RangeInclusive<u16>) -> Vec<Topic> {
    let same = CODES.iter().filter(|entry| entry.codes == *range);
    let overlaps = CODES.iter().filter(|e| e.codes.start() <= range.end() && range.start() <= e.codes.end());
    let mut entries: Vec<_> = same.collect();
    if entries.is_empty() {
        entries = overlaps.collect();
    }
    entries.into_iter().map(|entry| Topic::Code(codes::topic(None, entry))).collect()
}

fn plain(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '_', ' '], "")
}

/// The cause, the outcome, the code, the application and the guide of that name.
fn named(name: &str) -> Vec<Topic> {
    let wanted = plain(name);
    let is = |known: &str| plain(known) == wanted;
    let cause = CAUSES.iter().filter(|cause| is(cause.name)).map(|cause| Topic::Cause(cause_topic(cause)));
    let outcome = OUTCOMES.iter().filter(|row| is(row.outcome.name())).map(Topic::Outcome);
    let code = CODES.iter().filter(|entry| entry.name.is_some_and(is));
    let code = code.map(|entry| Topic::Code(codes::topic(None, entry)));
    let application = APPLICATIONS.iter().copied().filter(|application| is(application.name));
    let guide = GUIDES.iter().filter(|guide| is(guide.name)).map(Topic::Guide);
    cause.chain(outcome).chain(code).chain(application.map(Topic::Application)).chain(guide).collect()
}

/// The case, or all cases below the number.
fn cases_of(name: &str, version: Option<Version>) -> Vec<Topic> {
    let number = name.strip_suffix('*').unwrap_or(name);
    let number = number.strip_suffix('.').unwrap_or(number);
    let below = format!("{number}.");
    let is_asked = |case: &Case| case.id.as_str() == number || case.id.as_str().starts_with(&below);
    let found = cases_where(version, is_asked);
    if found.is_empty() { cases_where(None, is_asked) } else { found }
}

fn cases_where(version: Option<Version>, is_asked: impl Fn(&Case) -> bool) -> Vec<Topic> {
    let is_of = |case: &&Case| version.is_none_or(|version| case.span.contains(version)) && is_asked(case);
    let mut of: Vec<&Case> = cases::every().iter().filter(is_of).collect();
    // Stable: of one number the newest comes first.
    of.sort_by(|a, b| a.id.cmp(&b.id));
    of.dedup_by(|later, first| later.id == first.id);
    of.into_iter().map(|case| Topic::Case(case_topic(case, version))).collect()
}

/// The rule, or all whose names begin so: `FR-*`, `pmd`.
fn rules_of(name: &str) -> Vec<Topic> {
    let name = name.to_ascii_uppercase().replace('_', "-");
    let exact: Vec<&Rule> = RULES.iter().filter(|rule| rule.name == name).collect();
    let start = name.strip_suffix('*').unwrap_or(&name);
    let start = start.strip_suffix('-').unwrap_or(start);
    let begins = |rule: &&Rule| {
        rule.name.strip_prefix(start).is_some_and(|rest| rest.starts_with('-') || name.ends_with('*'))
    };
    let rules = if exact.is_empty() { RULES.iter().filter(begins).collect() } else { exact };
    rules.into_iter().map(|rule| Topic::Rule(rule_topic(rule))).collect()
}

fn rule_topic(rule: &'static Rule) -> RuleTopic {
    let exercises = |case: &'static Case| {
        let row = case.rules.iter().find(|row| row.name == rule.name)?;
        Some((case.id.clone(), row.broken))
    };
    RuleTopic {
        rule,
        examples: rule.shows.iter().filter_map(example).collect(),
        cases: cases::all().iter().filter_map(exercises).collect(),
    }
}

fn cause_topic(cause: &'static CauseInfo) -> CauseTopic {
    CauseTopic { cause, examples: cause.shows.iter().filter_map(example).collect() }
}

/// An example; `None` where its script is none, which a test rules out.
fn example(written: &WrittenExample) -> Option<Example> {
    let exchange = notation::parse(written.script).ok()?;
    Some(Example { title: written.title, reported: written.reported, exchange })
}

fn case_topic(case: &Case, version: Option<Version>) -> CaseTopic {
    let events = |events: &Vec<ExpectedEvent>| events.iter().map(ExpectedEvent::to_event).collect();
    let version = version.filter(|version| case.span.contains(*version));
    let mut versions: Vec<_> = cases::versions(&case.id).map(|case| (case.span, case.about)).collect();
    versions.reverse();
    versions.retain(|(span, _)| !span.is_all());
    CaseTopic {
        id: case.id.clone(),
        span: case.span,
        versions,
        note: case.note,
        deflate: case.deflate(),
        about: case.about,
        sends: case.sends.clone(),
        fault: fault(case),
        expects: case.expects.as_ref().map(|entries| {
            entries.iter().map(|(verdict, expected)| (verdict.clone(), events(expected))).collect()
        }),
        close: version.map_or_else(|| case.close.clone(), |version| case.close_in(version)),
        wrong_code_is_fatal: case.wrong_code_is_fatal,
        informational: case.informational,
        rules: case.rules.iter().map(|rule| (rule.name, rule.id, rule.broken)).collect(),
        compared: case.source == cases::Source::Run,
    }
}

/// Names that look like it.
fn nearest(name: &str) -> Vec<String> {
    if name.is_empty() {
        return Vec::new();
    }
    if name.bytes().all(|b| b.is_ascii_digit()) {
        return vec!["5000-65535".to_owned()];
    }
    if CaseId::new(name).is_some() {
        return nearest_number(name);
    }
    let wanted = plain(name);
    let rules = RULES.iter().map(|rule| (rule.name.to_owned(), plain(rule.name)));
    let codes = CODES.iter().filter_map(|entry| Some((entry.codes.start().to_string(), plain(entry.name?))));
    let causes = CAUSES.iter().map(|cause| cause.name);
    let words = causes.chain(OUTCOMES.iter().map(|row| row.outcome.name()));
    let words = words.chain(APPLICATIONS.iter().map(|application| application.name));
    let words = words.chain(GUIDES.iter().map(|guide| guide.name));
    let words = words.map(|word| (word.to_owned(), plain(word)));
    let mut known: Vec<(usize, String)> = rules
        .chain(codes)
        .chain(words)
        .map(|(shown, plain)| {
            let within = wanted.len() > 2 && plain.contains(&wanted);
            (if within { 1 } else { distance(&wanted, &plain) }, shown)
        })
        .filter(|(far, _)| *far <= wanted.chars().count().div_ceil(3).max(1))
        .collect();
    known.sort();
    known.dedup();
    known.into_iter().map(|(_, shown)| shown).take(PROPOSED).collect()
}

/// A number that is no case may be a section of the RFC; else the cases of the same section of the suite are near.
fn nearest_number(number: &str) -> Vec<String> {
    let is_of =
        |rule: &&Rule| rule.clauses.iter().any(|clause| clause.rfc == 6455 && clause.section == number);
    let mut near: Vec<String> =
        RULES.iter().filter(is_of).map(|rule| rule.name.to_owned()).take(PROPOSED).collect();
    let mut start = number;
    while let Some((shorter, _)) = start.rsplit_once('.') {
        start = shorter;
        match cases_of(start, None).as_slice() {
            [] => continue,
            [Topic::Case(one)] => near.push(one.id.to_string()),
            _ => near.push(format!("{start}.*")),
        }
        break;
    }
    near
}

/// Edits that make one of the other (Levenshtein); names are short, and what was typed is cut.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = diagonal + usize::from(x != *y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(topics: &[Topic]) -> Vec<String> {
        let name = |topic: &Topic| match topic {
            Topic::Code(code) => {
                code.code.map_or_else(|| format!("{:?}", code.entry.codes), |code| code.to_string())
            }
            Topic::Rule(rule) => rule.rule.name.to_owned(),
            Topic::Cause(cause) => cause.cause.name.to_owned(),
            Topic::Outcome(row) => format!("outcome {}", row.outcome.name()),
            Topic::Case(case) => case.id.to_string(),
            Topic::Application(application) => format!("application {}", application.name),
            Topic::Guide(guide) => format!("guide {}", guide.name),
        };
        topics.iter().map(name).collect()
    }

    #[track_caller]
    fn check(what: &str, expected: &[&str]) {
        assert_eq!(names(&find(what).expect(what)), expected, "{what}");
    }

    #[test]
    fn names_that_are_known() {
        check("1006", &["1006"]);
        check("4001", &["4001"]);
        check("9", &["9"]);
        check("Going Away", &["going_away", "1001"]);
        check("going-away", &["going_away", "1001"]);
        check("mandatory extension", &["1010"]);
        check("abrupt_end", &["abrupt_end"]);
        check("Abrupt-End", &["abrupt_end"]);
        check("ABRUPT END", &["abrupt_end"]);
        check("clean", &["outcome clean"]);
        check("close_cut_short", &["close_cut_short", "outcome close_cut_short"]);
        check("close-unanswered", &["close_unanswered", "outcome close_unanswered"]);
        check("not observable", &["not_observable", "outcome not_observable"]);
        check("graphql-transport-ws", &["application graphql-transport-ws"]);
        check("Socket.IO", &["application socket.io"]);
        check("discord gateway", &["application discord-gateway"]);
        check("TLS", &["guide tls"]);
        check("4000-4999", &["4000..=4999"]);
        check("1005-1006", &["1005", "1006"]);
        check("fr-rsv", &["FR-RSV"]);
        check("FR_RSV", &["FR-RSV"]);
        check("CL-CODE-RA*", &["CL-CODE-RANGE"]);
        check("cl-code", &["CL-CODE-RANGE", "CL-CODE-RESERVED", "CL-CODE-ROLE"]);
        check("3.2", &["3.2"]);
        check("9.1", &["9.1.1", "9.1.2", "9.1.3", "9.1.4", "9.1.5", "9.1.6"]);
        check("5.1", &["5.1"]);
        check("10.*", &["10.1.1"]);
        assert_eq!(find("*").expect("all rules").len(), RULES.len());
    }

    #[track_caller]
    fn check_unknown(what: &str, expected: &[&str]) {
        match find(what) {
            Err(Error::UnknownTopic { nearest, .. }) => assert_eq!(nearest, expected, "{what}"),
            other => panic!("{what}: {other:?}"),
        }
    }

    #[test]
    fn names_that_are_not() {
        check_unknown("FR-RSW", &["FR-RSV"]);
        check_unknown("abrubt_end", &["abrupt_end"]);
        check_unknown("close_cut_shrt", &["close_cut_short"]);
        check_unknown("no_close_fram", &["no_close_frame"]);
        check_unknown("", &[]);
        check_unknown("nonsense", &[]);
        check_unknown("70000", &["5000-65535"]);
        check_unknown("3.99", &["3.*"]);
        check_unknown("99.1", &[]);
        check_unknown("5.7.3", &["5.7"]);
        check_unknown("2-1", &[]);
        check_unknown("discord", &["discord-gateway", "discord-voice"]);
        check_unknown("graphql", &["graphql-transport-ws", "graphql-ws"]);
        check_unknown("tsl", &[]);
        check_unknown("tlss", &["tls"]);
        check_unknown("abnormal", &["1006", "CL-ABNORMAL"]);
        assert!(find(&"x".repeat(100_000)).is_err());
    }

    #[test]
    fn every_script_can_be_read() {
        let rules = RULES.iter().map(|rule| (rule.name, rule.shows));
        for (name, shows) in rules.chain(CAUSES.iter().map(|cause| (cause.name, cause.shows))) {
            for show in shows {
                let fault = notation::parse(show.script).err();
                assert_eq!(fault, None, "{name}: {}", show.title);
            }
        }
    }

    #[test]
    fn distances() {
        for (a, b, far) in [("", "abc", 3), ("abc", "abc", 0), ("kitten", "sitting", 3), ("ab", "ba", 2)] {
            assert_eq!(distance(a, b), far, "{a} {b}");
        }
    }
}
