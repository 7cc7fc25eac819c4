//! Runs as JUnit XML: a suite an agent, a test a case.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::model::case::{CaseId, IndexEntry};
use crate::model::run::{Breach, ChangeKind, Judged};
use crate::views::escape::xml;
use crate::views::run::{CheckReport, DiffReport, entry};

struct Test {
    name: String,
    duration_ms: Option<u64>,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    Skipped(String),
    /// Type and message of each failure, never empty.
    Failed(Vec<(&'static str, String)>),
}

/// Two runs compared: regressions are failures, missing cases are skipped ones.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    let suites = report.diff.agents.iter().map(|agent| {
        let mut tests: Vec<(&CaseId, Test)> = Vec::new();
        for change in &agent.changes {
            let ran = change.new.as_ref().or(change.old.as_ref());
            let message = || {
                let (old, new) = (entry(change.old.as_ref()), entry(change.new.as_ref()));
                format!("{old} → {new}: {}", change.why)
            };
            let outcome = match change.kind {
                ChangeKind::Regression => Outcome::Failed(vec![(change.kind.name(), message())]),
                ChangeKind::Missing => Outcome::Skipped(message()),
                ChangeKind::Fixed | ChangeKind::Changed | ChangeKind::Added => Outcome::Passed,
            };
            tests.push((&change.case, test(&change.case, ran, outcome)));
        }
        for (case, entry) in &agent.unchanged {
            tests.push((case, test(case, Some(entry), Outcome::Passed)));
        }
        tests.sort_by_key(|(case, _)| *case);
        (agent.agent.clone(), tests.into_iter().map(|(_, test)| test).collect())
    });
    document("wslog diff", suites.collect())
}

/// A run held against a policy: what breaks it are failures, expected failures are skipped tests.
#[must_use]
pub fn check(report: &CheckReport<'_>) -> String {
    let checked = report.checked;
    let mut suites: Vec<(String, Vec<Test>)> = Vec::new();
    let mut of_cases: BTreeMap<(&str, &CaseId), Vec<(&'static str, String)>> = BTreeMap::new();
    for breach in &checked.breaches {
        if let (Some(agent), Some(case)) = (&breach.agent, &breach.case) {
            of_cases.entry((agent, case)).or_default().push(failure(breach));
        }
    }
    for agent in &checked.agents {
        let tests = agent.cases.iter().map(|case| {
            let failures = of_cases.remove(&(agent.agent.as_str(), &case.id)).unwrap_or_default();
            let outcome = match &case.judged {
                _ if !failures.is_empty() => Outcome::Failed(failures),
                Judged::ExpectedFailure(reason) => Outcome::Skipped(format!("expected failure: {reason}")),
                Judged::Skipped => Outcome::Skipped("not judged".to_owned()),
                Judged::Passed | Judged::Broken => Outcome::Passed,
            };
            test(&case.id, Some(&case.entry), outcome)
        });
        suites.push((agent.agent.clone(), tests.collect()));
    }
    // What is about no case that ran: one test each.
    for breach in &checked.breaches {
        if let (Some(agent), Some(case)) = (&breach.agent, &breach.case)
            && !of_cases.contains_key(&(agent.as_str(), case))
        {
            continue;
        }
        let name = breach.case.as_ref().map_or("run", CaseId::as_str).to_owned();
        let test = Test { name, duration_ms: None, outcome: Outcome::Failed(vec![failure(breach)]) };
        let suite = breach.agent.as_deref().unwrap_or("run");
        match suites.iter_mut().find(|(name, _)| name == suite) {
            Some((_, tests)) => tests.push(test),
            None => suites.push((suite.to_owned(), vec![test])),
        }
    }
    document("wslog check", suites)
}

fn failure(breach: &Breach) -> (&'static str, String) {
    (breach.kind.name(), breach.detail.clone())
}

fn test(case: &CaseId, entry: Option<&IndexEntry>, outcome: Outcome) -> Test {
    Test { name: case.to_string(), duration_ms: entry.and_then(|e| e.duration_ms), outcome }
}

fn document(name: &str, suites: Vec<(String, Vec<Test>)>) -> String {
    let counts = |tests: &mut dyn Iterator<Item = &Test>| {
        let (mut all, mut failed, mut skipped, mut ms) = (0_u64, 0_u64, 0_u64, 0_u64);
        for test in tests {
            all += 1;
            failed += u64::from(matches!(test.outcome, Outcome::Failed(_)));
            skipped += u64::from(matches!(test.outcome, Outcome::Skipped(_)));
            ms = ms.saturating_add(test.duration_ms.unwrap_or_default());
        }
        format!(
            "tests=\"{all}\" failures=\"{failed}\" errors=\"0\" skipped=\"{skipped}\" time=\"{}\"",
            seconds(ms)
        )
    };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let all = counts(&mut suites.iter().flat_map(|(_, tests)| tests));
    let _ = writeln!(out, "<testsuites name=\"{name}\" {all}>");
    for (agent, tests) in &suites {
        let agent = xml(agent);
        let _ = writeln!(out, "  <testsuite name=\"{agent}\" {}>", counts(&mut tests.iter()));
        for test in tests {
            let time = test.duration_ms.map_or(String::new(), |ms| format!(" time=\"{}\"", seconds(ms)));
            let _ = write!(out, "    <testcase classname=\"{agent}\" name=\"{}\"{time}", xml(&test.name));
            match &test.outcome {
                Outcome::Passed => out.push_str("/>\n"),
                Outcome::Skipped(why) => {
                    let _ = writeln!(out, "><skipped message=\"{}\"/></testcase>", xml(why));
                }
                Outcome::Failed(failures) => {
                    out.push('>');
                    // The schema has one failure a test.
                    let kind = failures.first().map_or("", |(kind, _)| kind);
                    let all: Vec<_> = failures.iter().map(|(_, message)| message.as_str()).collect();
                    let message = xml(&all.join("; "));
                    let _ = writeln!(
                        out,
                        "<failure type=\"{kind}\" message=\"{message}\">{message}</failure></testcase>"
                    );
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn seconds(ms: u64) -> String {
    format!("{}.{:03}", ms / 1_000, ms % 1_000)
}
