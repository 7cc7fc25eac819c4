//! One hostile run in every format: what a report says must stay data.

use super::*;
use crate::model::case::{Behavior, BehaviorClose, CaseId};
use crate::model::run::{AgentCheck, AgentDiff, Breach, Change, CheckCounts, CheckedCase, Judged};
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
    };
    let agent = AgentDiff {
        agent: AGENT.to_owned(),
        old_agent: None,
        changes: vec![change],
        unchanged: vec![(CaseId::new("3.10").unwrap(), entry_of(Behavior::Ok))],
        sections: [(3, totals)].into(),
        totals,
    };
    RunDiff { agents: vec![agent], totals }
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
        agent: AGENT.to_owned(),
        cases: vec![case("3.2", Judged::Broken), case("3.10", Judged::ExpectedFailure(AGENT.to_owned()))],
        sections: [(3, totals)].into(),
        totals,
    };
    let breach = |agent: Option<&str>, case: Option<&str>, kind, detail: &str| Breach {
        agent: agent.map(str::to_owned),
        case: case.and_then(CaseId::new),
        kind,
        detail: detail.to_owned(),
    };
    let breaches = vec![
        breach(None, None, BreachKind::NoReport, "nothing"),
        breach(Some(AGENT), Some("3.2"), BreachKind::Failed, AGENT),
        breach(Some(AGENT), Some("3.3"), BreachKind::Missing, "did not run"),
    ];
    Checked { agents: vec![agent], breaches, totals, files_held: 1, files_absent: 1, files_overwritten: 0 }
}

/// Every rendering, with the name of its format.
fn all() -> Vec<(&'static str, String)> {
    let source = RunSource { path: "old/index.json".to_owned(), cases: 2, contradictions: Vec::new() };
    let (diff, checked) = (run_diff(), run_checked());
    let diff = DiffReport { old: &source, new: &source, diff: &diff };
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
    let told = crate::model::run::Contradiction {
        agent: long.clone(),
        case: CaseId::new("3.2").unwrap(),
        detail: long.clone(),
    };
    let mut checked = run_checked();
    checked.breaches[1].detail = long;
    let breach = checked.breaches[1].clone();
    checked.breaches.extend(std::iter::repeat_n(breach, 500));
    let source = RunSource { path: "run".to_owned(), cases: 2, contradictions: vec![told; 500] };
    for text in [
        markdown::diff(&DiffReport { old: &source, new: &RunSource::default(), diff: &diff }),
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
    let heads = |diff: &RunDiff| {
        let report = DiffReport { old: &source, new: &source, diff };
        let start = |text: String| text.split(' ').nth(1).unwrap().to_owned();
        let github = github::diff(&report);
        (start(markdown::diff(&report)), github.split(' ').next().unwrap().to_owned())
    };
    let head = |sign: &str, level: &str| (sign.to_owned(), level.to_owned());
    assert_eq!(heads(&diff), head("❌", "::error"));
    diff.totals = DiffCounts { missing: 3, unchanged: 4, ..DiffCounts::default() };
    assert_eq!(heads(&diff), head("⚠️", "::warning"));
    diff.totals = DiffCounts { added: 3, ..DiffCounts::default() };
    assert_eq!(heads(&diff), head("⚠️", "::warning"));
    diff.totals = DiffCounts { fixed: 1, ..DiffCounts::default() };
    assert_eq!(heads(&diff), head("✅", "::notice"));
}

#[test]
fn junit_counts_what_it_lists() {
    let texts: Vec<_> = all().into_iter().filter(|(format, _)| *format == "junit").map(|(_, t)| t).collect();
    for (text, heads) in texts.iter().zip([
        "tests=\"2\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"2.006\"",
        "tests=\"4\" failures=\"3\" errors=\"0\" skipped=\"1\" time=\"2.006\"",
    ]) {
        assert!(text.lines().nth(1).unwrap().contains(heads), "{text}");
        let failures = text.matches("<failure ").count();
        assert!(heads.contains(&format!("failures=\"{failures}\"")));
    }
}
