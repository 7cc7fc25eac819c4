//! Runs as JUnit XML: a suite for each agent in each of its roles, a test for each case.
//!
//! Readers of JUnit follow different schemas. What is written fits Jenkins' (`junit-10.xsd` of its xUnit plugin) and that of
//! Ant's reports, which wants attributes that are not always known: there, a time that is not known is 1970-01-01T00:00:00, a
//! duration 0, and the properties of the suite say so. Tests are as Surefire's has them.

mod xml;

use std::collections::BTreeMap;

use crate::model::Role;
use crate::model::case::{CaseId, IndexEntry};
use crate::model::run::{Breach, ChangeKind, Checked, Judged, Testee};
use crate::views::run::{CheckReport, DiffReport, entry};

struct Suite {
    name: String,
    properties: Vec<(&'static str, String)>,
    /// ISO 8601.
    started: Option<String>,
    tests: Vec<Test>,
    /// What is said besides.
    notes: Vec<String>,
}

/// What is about no agent comes first.
type Suites<'t> = BTreeMap<Option<&'t Testee>, Suite>;

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

/// Two runs compared: regressions and missing cases that the gate fails on are failures, other missing cases and accepted
/// regressions are skipped ones.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    let suites = report.diff.agents.iter().map(|agent| {
        let mut tests: Vec<(&CaseId, Test)> = Vec::new();
        for change in &agent.changes {
            let ran = change.new.as_ref().or(change.old.as_ref());
            let (old, new) = (entry(change.old.as_ref()), entry(change.new.as_ref()));
            let message = format!("{old} → {new}: {}", change.why);
            let outcome = match (&change.accepted, change.kind) {
                (Some(why), _) => Outcome::Skipped(format!("accepted: {why}: {message}")),
                (None, kind) if report.fails_on(kind) => Outcome::Failed(vec![(kind.name(), message)]),
                (None, ChangeKind::Regression | ChangeKind::Missing) => Outcome::Skipped(message),
                (None, ChangeKind::Fixed | ChangeKind::Changed | ChangeKind::Added) => Outcome::Passed,
            };
            tests.push((&change.case, test(&change.case, ran, outcome)));
        }
        for (case, entry) in &agent.unchanged {
            tests.push((case, test(case, Some(entry), Outcome::Passed)));
        }
        tests.sort_by_key(|(case, _)| *case);
        let tests = tests.into_iter().map(|(_, test)| test).collect();
        (Some(&agent.testee), Suite { tests, ..Suite::of(&agent.testee, None) })
    });
    let mut suites: Suites<'_> = suites.collect();
    // What fails the gate and is no case.
    for failed in report.failed.iter().filter(|failed| failed.kind.is_none()) {
        suite_of(&mut suites, None).tests.push(Test {
            name: "run".to_owned(),
            duration_ms: None,
            outcome: Outcome::Failed(vec![("run", failed.said.clone())]),
        });
    }
    xml::document("wslog.diff", suites.values())
}

/// A run held against a policy: what breaks it are failures, expected failures are skipped tests.
#[must_use]
pub fn check(report: &CheckReport<'_>) -> String {
    let checked = report.checked;
    let mut of_cases: BTreeMap<(&Testee, &CaseId), Vec<&Breach>> = BTreeMap::new();
    for breach in &checked.breaches {
        if let (Some(testee), Some(case)) = (&breach.testee, &breach.case) {
            of_cases.entry((testee, case)).or_default().push(breach);
        }
    }
    let mut suites = of_agents(checked, &mut of_cases);
    // What is about no case that ran: one test each.
    for breach in &checked.breaches {
        if let (Some(testee), Some(case)) = (&breach.testee, &breach.case)
            && !of_cases.contains_key(&(testee, case))
        {
            continue;
        }
        let name =
            breach.case.as_ref().map_or_else(|| format!("run: {}", breach.kind.name()), CaseId::to_string);
        let test = Test { name, duration_ms: None, outcome: Outcome::Failed(vec![failure(breach)]) };
        suite_of(&mut suites, breach.testee.as_ref()).tests.push(test);
    }
    for warning in &checked.warnings {
        let case = warning.case.as_ref().map_or_else(String::new, |case| format!(" {case}"));
        let note = format!("warning:{case} {}: {}", warning.kind.name(), warning.detail);
        suite_of(&mut suites, warning.testee.as_ref()).notes.push(note);
    }
    xml::document("wslog.check", suites.values())
}

/// The cases that ran; what breaks the policy of each is taken out of `of_cases`.
fn of_agents<'c>(
    checked: &'c Checked,
    of_cases: &mut BTreeMap<(&'c Testee, &'c CaseId), Vec<&Breach>>,
) -> Suites<'c> {
    let of_agent = checked.agents.iter().map(|agent| {
        let tests = agent.cases.iter().map(|case| {
            let breaches = of_cases.remove(&(&agent.testee, &case.id)).unwrap_or_default();
            let failures: Vec<_> = breaches.into_iter().map(failure).collect();
            let outcome = match &case.judged {
                _ if !failures.is_empty() => Outcome::Failed(failures),
                Judged::ExpectedFailure(reason) => Outcome::Skipped(format!("expected failure: {reason}")),
                Judged::Skipped => Outcome::Skipped("not judged".to_owned()),
                Judged::Passed | Judged::Warned | Judged::Broken => Outcome::Passed,
            };
            test(&case.id, Some(&case.entry), outcome)
        });
        let tests = tests.collect();
        (Some(&agent.testee), Suite { tests, ..Suite::of(&agent.testee, agent.started.as_deref()) })
    });
    of_agent.collect()
}

impl Suite {
    fn of(testee: &Testee, started: Option<&str>) -> Self {
        let unknown = || "not known".to_owned();
        Self {
            name: testee.label(),
            properties: vec![
                ("agent", testee.agent.clone()),
                ("testee_is", testee.role.map_or_else(unknown, |role: Role| role.name().to_owned())),
                ("started", started.map_or_else(unknown, str::to_owned)),
            ],
            started: started.map(str::to_owned),
            tests: Vec::new(),
            notes: Vec::new(),
        }
    }
}

/// The suite of a testee; `None` for what is about no agent.
fn suite_of<'s, 't>(suites: &'s mut Suites<'t>, testee: Option<&'t Testee>) -> &'s mut Suite {
    suites.entry(testee).or_insert_with(|| match testee {
        Some(testee) => Suite::of(testee, None),
        None => Suite {
            name: "run".to_owned(),
            properties: Vec::new(),
            started: None,
            tests: Vec::new(),
            notes: Vec::new(),
        },
    })
}

fn failure(breach: &Breach) -> (&'static str, String) {
    (breach.kind.name(), breach.detail.clone())
}

fn test(case: &CaseId, entry: Option<&IndexEntry>, outcome: Outcome) -> Test {
    Test { name: case.to_string(), duration_ms: entry.and_then(|e| e.duration_ms), outcome }
}
