//! The document, element by element.

use std::fmt::Write;

use crate::views::escape::xml;
use crate::views::run::junit::{Outcome, Suite, Test};

/// A suite for each; `package` is what they are of.
pub(super) fn document<'s>(package: &str, suites: impl Iterator<Item = &'s Suite>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    // What is counted over all suites, one schema allows here and another does not.
    out.push_str("<testsuites>\n");
    for (id, suite) in suites.enumerate() {
        let name = token(&suite.name);
        let _ = writeln!(
            out,
            "  <testsuite name=\"{name}\" package=\"{package}\" id=\"{id}\" hostname=\"localhost\" timestamp=\"{}\" {}>",
            timestamp(suite.started.as_deref()),
            counts(&suite.tests)
        );
        properties(&mut out, suite);
        suite.tests.iter().for_each(|test| case(&mut out, &name, test));
        let notes: Vec<_> = suite.notes.iter().map(|note| xml(note)).collect();
        let _ = writeln!(out, "    <system-out>{}</system-out>", notes.join("\n"));
        out.push_str("    <system-err></system-err>\n  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn properties(out: &mut String, suite: &Suite) {
    if suite.properties.is_empty() {
        out.push_str("    <properties/>\n");
        return;
    }
    out.push_str("    <properties>\n");
    for (name, value) in &suite.properties {
        let _ = writeln!(out, "      <property name=\"{name}\" value=\"{}\"/>", xml(value));
    }
    out.push_str("    </properties>\n");
}

fn case(out: &mut String, suite: &str, test: &Test) {
    let (name, time) = (token(&test.name), seconds(test.duration_ms.unwrap_or_default()));
    let _ = write!(out, "    <testcase classname=\"{suite}\" name=\"{name}\" time=\"{time}\"");
    match &test.outcome {
        Outcome::Passed => out.push_str("/>\n"),
        Outcome::Skipped(why) => {
            let _ = writeln!(out, "><skipped message=\"{}\"/></testcase>", xml(why));
        }
        Outcome::Failed(failures) => {
            // The schemas have one failure a test.
            let kind = failures.first().map_or("", |(kind, _)| kind);
            let all: Vec<_> = failures.iter().map(|(_, message)| message.as_str()).collect();
            let message = xml(&all.join("; "));
            let _ = writeln!(
                out,
                "><failure type=\"{kind}\" message=\"{message}\">{message}</failure></testcase>"
            );
        }
    }
}

fn counts(tests: &[Test]) -> String {
    let count = |is_such: fn(&Outcome) -> bool| tests.iter().filter(|test| is_such(&test.outcome)).count();
    let failed = count(|outcome| matches!(outcome, Outcome::Failed(_)));
    let skipped = count(|outcome| matches!(outcome, Outcome::Skipped(_)));
    let ms = tests.iter().filter_map(|test| test.duration_ms).fold(0, u64::saturating_add);
    let (all, time) = (tests.len(), seconds(ms));
    format!("tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time}\"")
}

/// A name: not empty, and without white space that readers would take away.
fn token(name: &str) -> String {
    let words: Vec<_> = name.split([' ', '\t', '\n', '\r']).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "(no name)".to_owned() } else { xml(&words.join(" ")) }
}

/// To the second and without a zone, as the schemas want it.
fn timestamp(started: Option<&str>) -> &str {
    let is_such = |text: &&str| {
        let like = |(at, b): (usize, u8)| match at {
            4 | 7 => b == b'-',
            10 => b == b'T',
            13 | 16 => b == b':',
            _ => b.is_ascii_digit(),
        };
        text.bytes().enumerate().all(like) && text.parse::<jiff::civil::DateTime>().is_ok()
    };
    started.and_then(|text| text.get(..19)).filter(is_such).unwrap_or("1970-01-01T00:00:00")
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_fit_the_schemas() {
        let unknown = "1970-01-01T00:00:00";
        for (started, written) in [
            (Some("2026-01-11T08:00:39.867Z"), "2026-01-11T08:00:39"),
            (Some("2026-01-11T08:00:39"), "2026-01-11T08:00:39"),
            (Some("2026-13-11T08:00:39Z"), unknown),
            (Some("2026-01-11 08:00:39Z"), unknown),
            (Some("yesterday"), unknown),
            (Some("2026-01-11T08:00:3é"), unknown),
            (None, unknown),
        ] {
            assert_eq!(timestamp(started), written, "{started:?}");
        }
    }

    #[test]
    fn names_fit_the_schemas() {
        for (name, written) in
            [("ws", "ws"), ("", "(no name)"), (" ", "(no name)"), (" a  b ", "a b"), ("<a>", "&lt;a&gt;")]
        {
            assert_eq!(token(name), written);
        }
    }
}
