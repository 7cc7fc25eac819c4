//! One hostile run in every format: what a report says must stay data.

use super::*;
use crate::model::Role;
use crate::model::case::{Behavior, BehaviorClose, CaseId};
use crate::model::run::{AgentCheck, CheckedCase, Contradiction};
use crate::views::text::Style;

const AGENT: &str = "a|<b>\n::error::x@y\u{1b}[31m\u{202e}\"']]>";

fn entry_of(behavior: Behavior) -> IndexEntry {
    IndexEntry {
        behavior,
        behavior_close: BehaviorClose::Other("50%\r\nX".to_owned()),
        duration_ms: Some(1_003),
        remote_close_code: None,
        report_file: None,
    }
}

fn testee() -> Testee {
    Testee::new(AGENT, Some(Role::Client))
}

fn run_diff() -> RunDiff {
    let case = CaseId::new("3.2").unwrap();
    let mut totals = DiffCounts::default();
    totals.add(Some(ChangeKind::Regression));
    totals.add(None);
    let change = Change {
        case: case.clone(),
        kind: ChangeKind::Regression,
        old: Some(entry_of(Behavior::Ok)),
        new: Some(entry_of(Behavior::Failed)),
        why: format!("event 1: text \"{AGENT}\" → nothing"),
        accepted: None,
    };
    let agent = AgentDiff {
        testee: testee(),
        old: Some(testee()),
        new: Some(testee()),
        changes: vec![change],
        unchanged: vec![(CaseId::new("3.10").unwrap(), entry_of(Behavior::Ok))],
        sections: [(3, totals)].into(),
        totals,
    };
    RunDiff { agents: vec![agent], totals, stale: vec![AGENT.to_owned()], ..RunDiff::default() }
}

fn run_checked() -> Checked {
    let mut totals = CheckCounts::default();
    totals.add(&Judged::Broken);
    totals.add(&Judged::ExpectedFailure(AGENT.to_owned()));
    let case = |id: &str, judged| CheckedCase {
        id: CaseId::new(id).unwrap(),
        entry: entry_of(Behavior::Failed),
        judged,
    };
    let agent = AgentCheck {
        testee: testee(),
        started: Some(AGENT.to_owned()),
        cases: vec![case("3.2", Judged::Broken), case("3.10", Judged::ExpectedFailure(AGENT.to_owned()))],
        sections: [(3, totals)].into(),
        totals,
    };
    let breach = |agent: Option<&str>, case: Option<&str>, kind, detail: &str| Breach {
        testee: agent.map(|agent| Testee::new(agent, Some(Role::Client))),
        case: case.and_then(CaseId::new),
        kind,
        detail: detail.to_owned(),
    };
    let breaches = vec![
        breach(None, None, BreachKind::NoReport, "nothing"),
        breach(Some(AGENT), Some("3.2"), BreachKind::Failed, AGENT),
        breach(Some(AGENT), Some("3.3"), BreachKind::Missing, "did not run"),
    ];
    let warnings = vec![breach(Some(AGENT), Some("3.10"), BreachKind::Absent, AGENT)];
    Checked {
        agents: vec![agent],
        breaches,
        warnings,
        totals,
        files_held: 1,
        files_absent: 1,
        ..Checked::default()
    }
}

/// Every rendering, with the name of its format.
fn all() -> Vec<(&'static str, String)> {
    let told = Contradiction { testee: testee(), case: None, detail: AGENT.to_owned() };
    let source = RunSource { path: AGENT.to_owned(), cases: 2, contradictions: vec![told], unlisted: 1 };
    let (diff, checked) = (run_diff(), run_checked());
    let failed = [FailedOn { kind: Some(ChangeKind::Regression), said: "1 regression".to_owned() }];
    let diff = DiffReport { old: &source, new: &source, diff: &diff, failed: &failed };
    let check = CheckReport { run: &source, checked: &checked };
    let style = Style::plain(100);
    vec![
        ("text", text::diff(&diff, &style)),
        ("text", text::check(&check, &style)),
        ("json", json::diff(&diff)),
        ("json", json::check(&check)),
        ("markdown", markdown::diff(&diff)),
        ("markdown", markdown::check(&check)),
        ("junit", junit::diff(&diff)),
        ("junit", junit::check(&check)),
        ("github", github::diff(&diff)),
        ("github", github::check(&check)),
        ("html", html::diff(&diff)),
        ("html", html::check(&check)),
    ]
}

#[test]
fn no_format_lets_a_payload_out() {
    for (format, text) in all() {
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\r']), "{format}: {text}");
        for line in text.lines() {
            let fits = match format {
                "github" => {
                    let rest = line.strip_prefix("::").unwrap();
                    let (head, _) = rest.split_once("::").unwrap();
                    let (level, title) = head.split_once(" title=").unwrap();
                    ["error", "warning", "notice"].contains(&level) && !title.contains([',', ':'])
                }
                "markdown" => !line.contains("<b>") && !line.contains("@y") && !line.contains('`'),
                "junit" => !line.contains("<b>") && !line.contains("]]>"),
                "html" => !line.contains("|<b>"),
                _ => !line.starts_with("::"),
            };
            assert!(fits, "{format}: {line}");
        }
        if format == "json" {
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert!(text.is_ascii() || !text.contains('\u{202e}'));
            assert_eq!(value["agents"][0]["agent"], AGENT);
        }
    }
}

#[test]
fn a_table_of_markdown_keeps_its_columns() {
    for (format, text) in all().into_iter().filter(|(format, _)| *format == "markdown") {
        let mut columns = None;
        for line in text.lines() {
            let bars = line.matches('|').count();
            if bars == 0 {
                columns = None;
            } else {
                assert_eq!(*columns.get_or_insert(bars), bars, "{format}: {line}");
            }
        }
    }
}

/// GitHub refuses a comment of more than 65 536 characters.
#[test]
fn markdown_fits_into_a_comment() {
    let long = "x".repeat(900);
    let mut diff = run_diff();
    diff.agents[0].changes[0].why.clone_from(&long);
    let change = diff.agents[0].changes[0].clone();
    diff.agents[0].changes.extend(std::iter::repeat_n(change, 500));
    let told =
        Contradiction { testee: Testee::new(&long, None), case: CaseId::new("3.2"), detail: long.clone() };
    let mut checked = run_checked();
    checked.breaches[1].detail = long;
    let breach = checked.breaches[1].clone();
    checked.breaches.extend(std::iter::repeat_n(breach, 500));
    let source = RunSource { path: "run".to_owned(), cases: 2, contradictions: vec![told; 500], unlisted: 0 };
    for text in [
        markdown::diff(&DiffReport { old: &source, new: &RunSource::default(), diff: &diff, failed: &[] }),
        markdown::check(&CheckReport { run: &source, checked: &checked }),
    ] {
        assert!(text.chars().count() < 65_536, "{}", text.len());
        assert!(text.contains(" more."), "{text}");
    }
}

#[test]
fn what_was_not_compared_is_not_praised() {
    let mut diff = run_diff();
    let source = RunSource::default();
    let failing = [FailedOn { kind: Some(ChangeKind::Regression), said: "1 regression".to_owned() }];
    let heads = |diff: &RunDiff, fails: bool| {
        let failed: &[FailedOn] = if fails { &failing } else { &[] };
        let report = DiffReport { old: &source, new: &source, diff, failed };
        let start = |text: String| text.split(' ').nth(1).unwrap().to_owned();
        let github = github::diff(&report);
        (start(markdown::diff(&report)), github.split(' ').next().unwrap().to_owned())
    };
    let head = |sign: &str, level: &str| (sign.to_owned(), level.to_owned());
    assert_eq!(heads(&diff, true), head("❌", "::error"));
    // Nobody asked to fail on it.
    assert_eq!(heads(&diff, false), head("⚠️", "::warning"));
    diff.totals = DiffCounts { missing: 3, unchanged: 4, ..DiffCounts::default() };
    assert_eq!(heads(&diff, false), head("⚠️", "::warning"));
    diff.totals = DiffCounts { added: 3, ..DiffCounts::default() };
    assert_eq!(heads(&diff, false), head("⚠️", "::warning"));
    diff.totals = DiffCounts { fixed: 1, ..DiffCounts::default() };
    assert_eq!(heads(&diff, false), head("✅", "::notice"));
}

#[test]
fn junit_counts_what_it_lists() {
    let texts: Vec<_> = all().into_iter().filter(|(format, _)| *format == "junit").map(|(_, t)| t).collect();
    for (text, heads) in texts.iter().zip([
        &["tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"2.006\""][..],
        &[
            "tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.000\"",
            "tests=\"3\" failures=\"2\" errors=\"0\" skipped=\"1\" time=\"2.006\"",
        ],
    ]) {
        let suites: Vec<_> = text.lines().filter(|line| line.contains("<testsuite ")).collect();
        assert_eq!(suites.len(), heads.len(), "{text}");
        assert!(suites.iter().zip(heads).all(|(suite, head)| suite.contains(head)), "{text}");
    }
}

/// GitHub shows about ten annotations a step: the first says how it came out, the last how many groups there are besides.
#[test]
fn annotations_are_grouped_to_at_most_ten() {
    let breach = |agent: &str, case: &str, kind| Breach {
        testee: Some(Testee::new(agent, None)),
        case: CaseId::new(case),
        kind,
        detail: "d".repeat(30),
    };
    let check = |breaches: Vec<Breach>, warnings: Vec<Breach>| {
        let checked = Checked { breaches, warnings, ..Checked::default() };
        github::check(&CheckReport { run: &RunSource::default(), checked: &checked })
    };
    let one_section: Vec<_> =
        (1..=40).map(|n| breach("a", &format!("7.1.{n}"), BreachKind::Failed)).collect();
    let text = check(one_section, vec![breach("a", "7.9.1", BreachKind::CloseFailed)]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[1].starts_with("::error title=Autobahn a%3A 40 failed in section 7::7.1.1: ddd"), "{text}");
    assert!(lines[1].ends_with("; and 20 more") && lines[1].len() < 1_000, "{text}");
    assert!(lines[2].starts_with("::warning title=Autobahn a%3A 1 close_failed in section 7::7.9.1: ddd"));
    for sections in 1..=30 {
        let many: Vec<_> =
            (1..=sections).map(|n| breach("a", &format!("{n}.1"), BreachKind::Failed)).collect();
        let text = check(many, Vec::new());
        let count = text.lines().count();
        assert_eq!(count, if sections < 10 { sections + 1 } else { 10 }, "{text}");
        let left = text.lines().last().unwrap().contains("more group");
        assert_eq!(left, sections > 9, "{text}");
        if left {
            assert!(text.contains(&format!("{} more groups of cases, 1 failed", sections - 8)), "{text}");
        }
    }
    // A detail without end is cut.
    let mut long = breach("a", "1.1", BreachKind::Failed);
    long.detail = "é".repeat(5_000);
    assert!(check(vec![long], Vec::new()).len() < 3_000);
}
