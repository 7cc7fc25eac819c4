//! Runs as a page for a browser, in one file: totals, what is to be told case by case, and all cases as a matrix. All of it is
//! HTML that needs no script; the script filters, searches and sorts.

mod page;

use std::collections::BTreeMap;

use crate::model::case::{CaseId, IndexEntry};
use crate::model::run::{AgentCheck, AgentDiff, Breach, BreachKind, Change, ChangeKind, Judged, Testee};
use crate::views::html::shell::letter;
use crate::views::run::{CheckReport, DiffReport, Mood, by_section, checked_by_section, entry};
use page::{Cell, Entry, Kind, Look, Page, Source, shown};

const BROKEN: Look = Look { class: "bad", sign: "✗" };
const WARNED: Look = Look { class: "odd", sign: "!" };
const KNOWN: Look = Look { class: "gone", sign: "=" };

const fn look(kind: ChangeKind) -> Look {
    let (class, sign) = match kind {
        ChangeKind::Regression => ("bad", "▼"),
        ChangeKind::Missing => ("gone", "−"),
        ChangeKind::Changed => ("odd", "≠"),
        ChangeKind::Fixed => ("good", "▲"),
        ChangeKind::Added => ("new", "+"),
    };
    Look { class, sign }
}

/// Two runs compared.
#[must_use]
pub fn diff(report: &DiffReport<'_>) -> String {
    let tone = match report.mood() {
        Mood::Good => "normal",
        Mood::Doubtful => "odd",
        Mood::Bad => "fault",
    };
    let agents = &report.diff.agents;
    let names = ChangeKind::ALL.map(ChangeKind::name);
    let mut page = Page {
        summary: report.summary(),
        tone,
        gate: report
            .fails()
            .map_or_else(|| "fails on nothing".to_owned(), |fails| format!("fails on {fails}")),
        hint: report.hint().map(|hint| shown(&hint)),
        sources: vec![Source::new("old", report.old), Source::new("new", report.new)],
        stale: report.diff.stale.iter().map(|stale| shown(stale)).collect(),
        totals: ["agent", "cases"].into_iter().chain(names).chain(["unchanged"]).collect(),
        sections: by_section(agents, shown, |count| count.to_string()),
        of: "Changes",
        heads: &["old", "new", "why"],
        ..Page::default()
    };
    for (at, agent) in agents.iter().enumerate() {
        let label = match agent.old_agent() {
            Some(old) => format!("{} (was {old})", agent.testee.label()),
            None => agent.testee.label(),
        };
        let kinds = ChangeKind::ALL.map(|kind| (agent.totals.of(kind), look(kind).class));
        let of_all = (agent.totals.cases(), "");
        page.agent(&label, [of_all].into_iter().chain(kinds).chain([(agent.totals.unchanged, "")]));
        for (case, entry) in &agent.unchanged {
            page.put(case, at, Cell { text: letters(Some(entry)), ..Cell::default() });
        }
    }
    for kind in ChangeKind::ALL {
        let count = report.diff.totals.of(kind);
        let name = if kind == ChangeKind::Regression && count != 1 { "regressions" } else { kind.name() };
        page.kinds.push(Kind { look: look(kind), name, count });
        for (at, agent) in agents.iter().enumerate() {
            for change in agent.changes.iter().filter(|change| change.kind == kind) {
                tell_change(&mut page, (at, agent), change);
            }
        }
    }
    page.written(&format!("{} → {}", report.old.path, report.new.path))
}

fn tell_change(page: &mut Page, (at, agent): (usize, &AgentDiff), change: &Change) {
    let label = agent.testee.label();
    let verdicts = [&change.old, &change.new].map(|of| entry(of.as_ref()));
    let title = format!("{} {label}: {}", change.case, verdicts.join(" → "));
    let is_accepted = change.accepted.is_some();
    let cell = Cell {
        entry: Some(page.entries.len()),
        look: look(change.kind),
        text: went(change),
        title: shown(&title),
        is_accepted,
    };
    page.put(&change.case, at, cell);
    let accepted = change.accepted.as_ref().map(|why| format!("accepted: {why}; ")).unwrap_or_default();
    page.entries.push(Entry {
        kind: page.kinds.len().saturating_sub(1),
        agent: Some(at),
        section: Some(change.case.section()),
        look: look(change.kind),
        told: change.kind.name(),
        case: change.case.to_string(),
        whose: shown(&label),
        verdicts: verdicts.map(|verdict| shown(&verdict)).into(),
        why: shown(&(accepted + &change.why)),
        is_accepted,
    });
}

/// A run held against a policy.
#[must_use]
pub fn check(report: &CheckReport<'_>) -> String {
    let checked = report.checked;
    let (tone, gate) = match (checked.passed(), checked.warnings.is_empty()) {
        (false, _) => ("fault", "fails"),
        (true, false) => ("odd", "passes, with warnings"),
        (true, true) => ("normal", "passes"),
    };
    let mut source = Source::new("run", report.run);
    // Where its parts disagree, or a file is not named, is told among the violations.
    source.contradictions.clear();
    source.remarks = report.files().into_iter().collect();
    let mut page = Page {
        summary: report.summary(),
        tone,
        gate: gate.to_owned(),
        sources: vec![source],
        totals: vec!["agent", "cases", "passed", "expected failures", "warned of", "not judged", "broken"],
        sections: checked_by_section(checked, shown, |count| count.to_string()),
        of: "What the policy says",
        heads: &["verdict", "detail"],
        ..Page::default()
    };
    let mut places = BTreeMap::new();
    let mut entries = BTreeMap::new();
    for (at, agent) in checked.agents.iter().enumerate() {
        let of = &agent.totals;
        let told = [(of.expected_failures, KNOWN.class), (of.warned, WARNED.class)];
        let rest = [(of.skipped, ""), (of.broken, BROKEN.class)];
        page.agent(
            &agent.testee.label(),
            [(of.cases, ""), (of.passed, "")].into_iter().chain(told).chain(rest),
        );
        places.insert(&agent.testee, at);
        for case in &agent.cases {
            page.put(&case.id, at, Cell { text: letters(Some(&case.entry)), ..Cell::default() });
            entries.insert((at, &case.id), &case.entry);
        }
    }
    let mut tell = |name: &'static str, look: Look, all: Vec<Told<'_>>| {
        page.kinds.push(Kind { look, name, count: all.len() as u64 });
        for told in all {
            let at = told.testee.and_then(|testee| places.get(testee).copied());
            let of_case = at.zip(told.case);
            let verdict = entry(of_case.and_then(|of| entries.get(&of).copied()));
            let label = told.testee.map_or_else(|| "–".to_owned(), Testee::label);
            if let Some((at, case)) = of_case {
                page.mark(case, at, look, &format!("{case} {label}: {verdict}"));
            }
            page.entries.push(Entry {
                kind: page.kinds.len().saturating_sub(1),
                agent: at,
                section: told.case.map(CaseId::section),
                look,
                told: told.what,
                case: told.case.map_or_else(|| "–".to_owned(), CaseId::to_string),
                whose: shown(&label),
                verdicts: vec![shown(&verdict)],
                why: shown(told.detail),
                is_accepted: false,
            });
        }
    };
    for kind in BreachKind::ALL {
        let of_kind = checked.breaches.iter().filter(|breach| breach.kind == kind);
        tell(kind.name(), BROKEN, of_kind.map(Told::of_breach).collect());
    }
    tell("warned of", WARNED, checked.warnings.iter().map(Told::of_breach).collect());
    tell("expected", KNOWN, checked.agents.iter().flat_map(Told::expected).collect());
    page.written(&report.run.path)
}

/// What is told of a run that is held against a policy.
struct Told<'r> {
    what: &'static str,
    testee: Option<&'r Testee>,
    case: Option<&'r CaseId>,
    detail: &'r str,
}

impl<'r> Told<'r> {
    fn of_breach(breach: &'r Breach) -> Self {
        Self {
            what: breach.kind.name(),
            testee: breach.testee.as_ref(),
            case: breach.case.as_ref(),
            detail: &breach.detail,
        }
    }

    /// The cases of an agent that fail as expected.
    fn expected(agent: &'r AgentCheck) -> impl Iterator<Item = Self> {
        agent.cases.iter().filter_map(|case| match &case.judged {
            Judged::ExpectedFailure(reason) => Some(Self {
                what: "expected",
                testee: Some(&agent.testee),
                case: Some(&case.id),
                detail: reason,
            }),
            _ => None,
        })
    }
}

/// Behavior and close of a case, a letter each.
fn letters(entry: Option<&IndexEntry>) -> String {
    entry.map_or_else(
        || "·".to_owned(),
        |entry| [entry.behavior.told(), entry.behavior_close.told()].map(letter).concat(),
    )
}

/// What a case was and is. Where its letters are the same, what else differs.
fn went(change: &Change) -> String {
    let whole = change.old.as_ref().zip(change.new.as_ref());
    let [was, is] = [&change.old, &change.new].map(|of| letters(of.as_ref()));
    match whole {
        Some((old, new)) if was == is && old.remote_close_code != new.remote_close_code => {
            let code = |code: Option<u16>| code.map_or_else(|| "none".to_owned(), |code| code.to_string());
            format!("{}→{}", code(old.remote_close_code), code(new.remote_close_code))
        }
        Some((old, new)) if was == is && old.duration_ms != new.duration_ms => {
            format!("{}→{} ms", old.duration_ms.unwrap_or_default(), new.duration_ms.unwrap_or_default())
        }
        _ => format!("{was}→{is}"),
    }
}
