//! The policy as a table: a run, a policy, the breaches.

use std::path::Path;

use super::*;
use crate::error::Error;
use crate::model::run::{Breach, CaseVerdict, Cases, Checked, Contradiction, LoneCase};

mod gates;

/// `a` or `a:client`.
fn testee(text: &str) -> Testee {
    let (agent, role) = text.split_once(':').unwrap_or((text, ""));
    Testee::new(agent, Role::BOTH.into_iter().find(|of| of.name() == role))
}

/// `a 1.1 OK/OK, b:client 1.1 FAILED/UNCLEAN`; an underscore stands for a space.
fn run(text: &str) -> Run {
    let mut run = Run::default();
    for case in text.split(", ").filter(|c| !c.is_empty()) {
        let words: Vec<_> = case.split(' ').collect();
        let [agent, id, verdict] = words[..] else { panic!("{case}") };
        let (behavior, close) = verdict.split_once('/').unwrap();
        let entry = IndexEntry {
            behavior: Behavior::new(behavior),
            behavior_close: BehaviorClose::new(&close.replace('_', " ")),
            duration_ms: None,
            remote_close_code: None,
            report_file: None,
        };
        run.agents.entry(testee(agent)).or_default().insert(CaseId::new(id).unwrap(), entry);
    }
    run
}

fn cases(run: &Run, result: &str) -> Cases {
    let mut cases = Cases::default();
    for (testee, entries) in &run.agents {
        for (id, entry) in entries {
            let verdict = CaseVerdict {
                agent: testee.agent.clone(),
                role: testee.role,
                id: id.clone(),
                behavior: entry.behavior.clone(),
                behavior_close: entry.behavior_close.clone(),
                duration_ms: None,
                remote_close_code: None,
                result: Some(result.to_owned()),
                result_close: Some(result.to_owned()),
                not_clean_reason: None,
                started: None,
            };
            cases.verdicts.entry(testee.clone()).or_default().insert(id.clone(), verdict);
        }
    }
    cases
}

fn policy(text: &str) -> Policy {
    Policy::parse(text, Path::new("policy.toml")).unwrap()
}

fn said(checked: &Checked) -> String {
    told(&checked.breaches)
}

fn told(breaches: &[Breach]) -> String {
    let breaches: Vec<_> = breaches
        .iter()
        .map(|b| {
            let agent = b.testee.as_ref().map_or_else(|| "-".to_owned(), Testee::label);
            let case = b.case.as_ref().map_or("-", CaseId::as_str);
            format!("{agent} {case} {}: {}", b.kind.name(), b.detail)
        })
        .collect();
    breaches.join(" | ")
}

#[track_caller]
fn check(text: &str, cases: &str, expected: &str) {
    let checked = super::check(&run(cases), None, &policy(text));
    assert_eq!(said(&checked), expected, "{text} on {cases}");
    assert_eq!(checked.passed(), expected.is_empty());
    let totals = checked.totals;
    let parts = [totals.passed, totals.expected_failures, totals.warned, totals.skipped, totals.broken];
    assert_eq!(totals.cases, parts.iter().sum::<u64>());
}

#[test]
fn the_default_is_strict() {
    check("", "a 1.1 OK/OK, a 7.1.6 INFORMATIONAL/INFORMATIONAL, a 7.13.2 INFORMATIONAL/INFORMATIONAL", "");
    check("", "a 1.1 NON-STRICT/OK", "a 1.1 failed: behavior NON-STRICT, close OK");
    check("", "a 1.1 INFORMATIONAL/OK", "a 1.1 failed: behavior INFORMATIONAL, close OK");
    check("", "a 12.1.1 UNIMPLEMENTED/OK", "a 12.1.1 failed: behavior UNIMPLEMENTED, close OK");
    check("", "a 1.1 OK/UNCLEAN", "a 1.1 close_failed: behavior OK, close UNCLEAN");
    check("", "a 1.1 FAILED/UNCLEAN", "a 1.1 failed: behavior FAILED, close UNCLEAN");
    check("", "a 1.1 NO_CLOSE/OK", "a 1.1 failed: behavior NO_CLOSE, close OK");
}

#[test]
fn what_passes_can_be_widened() {
    let pass = r#"pass.behavior = ["OK", "NON-STRICT"]
        pass.close = ["OK", "FAILED BY CLIENT"]"#;
    check(pass, "a 1.1 NON-STRICT/OK, a 1.2 OK/FAILED_BY_CLIENT", "");
    check(pass, "a 1.1 UNIMPLEMENTED/OK", "a 1.1 failed: behavior UNIMPLEMENTED, close OK");
    let allow = r#"
        [[allow]]
        cases = ["12.*", "6.4.1"]
        behavior = ["UNIMPLEMENTED", "NON-STRICT"]
        [[allow]]
        agent = "b"
        close = ["WRONG CODE"]"#;
    check(allow, "a 12.1.1 UNIMPLEMENTED/OK, a 6.4.1 NON-STRICT/OK, b 1.1 OK/WRONG_CODE", "");
    check(
        allow,
        "a 6.4.2 NON-STRICT/OK, a 1.1 OK/WRONG_CODE, a 1.2.1 UNIMPLEMENTED/OK",
        "a 1.1 close_failed: behavior OK, close WRONG CODE | a 1.2.1 failed: behavior UNIMPLEMENTED, close OK | a 6.4.2 failed: behavior NON-STRICT, close OK",
    );
    check(r#"skip = ["9.*"]"#, "a 9.1.1 FAILED/FAILED", "");
}

#[test]
fn a_run_without_cases_never_passes() {
    check("", "", "- - no_report: the run has no cases: did the testee start?");
    let empty = Run { agents: BTreeMap::from([(testee("a"), BTreeMap::new())]) };
    let kinds: Vec<_> =
        super::check(&empty, None, &Policy::default()).breaches.iter().map(|b| b.kind).collect();
    assert_eq!(kinds, [BreachKind::NoReport; 2]);
    check(r#"expect.agents = ["a", "b", "b"]"#, "a 1.1 OK/OK", "b - no_report: no report from this agent");
}

#[test]
fn expected_cases() {
    let two = r#"expect.cases = ["7.13.*", "99.1"]"#;
    check(two, "a 7.13.1 OK/OK, a 7.13.2 OK/OK, a 99.1 OK/OK", "");
    check(
        two,
        "a 7.13.2 OK/OK, a 7.1.1 OK/OK",
        "a 7.1.1 extra: ran, but is not one of the expected cases | a 7.13.1 missing: did not run | a 99.1 missing: did not run",
    );
    check(r#"expect.cases = ["1.*", "1.1.1"]"#, "a 10.1.1 OK/OK", &{
        let missing: Vec<_> = crate::autobahn::suite::cases()
            .filter(|id| id.section() == 1)
            .map(|id| format!("a {id} missing: did not run"))
            .collect();
        format!("{} | a 10.1.1 extra: ran, but is not one of the expected cases", missing.join(" | "))
    });
    check(
        r#"expect.cases = ["*", "99.*"]"#,
        "",
        "- - no_report: the run has no cases: did the testee start?",
    );
    check(
        "expect.count = 2",
        "a 1.1 OK/OK, b 1.1 OK/OK, b 1.2 OK/OK, b 1.3 OK/OK",
        "a - missing: 1 cases ran, 2 are expected: was the run cut short? | b - extra: 3 cases ran, 2 are expected",
    );
    let unknown = super::check(&run("a 1.1.1 OK/OK"), None, &policy(r#"expect.cases = ["99.*", "1.1.1"]"#));
    assert_eq!(said(&unknown), "a - missing: no case 99.* ran");
}

const XFAIL: &str = r#"
    [[xfail]]
    case = "7.1.5"
    reason = "known"
    [[xfail]]
    agent = "b"
    case = "7.1.5"
    close = "UNCLEAN"
    reason = "b is worse"
"#;

#[test]
fn expected_failures_must_fail() {
    check(XFAIL, "a 7.1.5 FAILED/OK, b 7.1.5 FAILED/UNCLEAN", "");
    check(
        XFAIL,
        "a 7.1.5 OK/OK, b 7.1.5 FAILED/WRONG_CODE",
        "a 7.1.5 unexpected_pass: behavior OK, close OK; remove the expected failure (known) | b 7.1.5 failed: fails \
         differently than expected: behavior FAILED, close WRONG CODE; expected close UNCLEAN",
    );
    check(
        XFAIL,
        "a 1.1 OK/OK, b 1.1 OK/OK",
        "- 7.1.5 missing: is expected to fail (known) but did not run | b 7.1.5 missing: is expected to fail (b is worse) but did not run",
    );
    let flaky = "[[xfail]]\ncase = \"9.1.1\"\nreason = \"slow\"\nmay_pass = true";
    check(flaky, "a 9.1.1 OK/OK", "");
    check(flaky, "a 9.1.1 FAILED/OK", "");
    let skipped = "skip = [\"9.*\"]\n[[xfail]]\ncase = \"9.1.1\"\nreason = \"slow\"";
    check(skipped, "a 9.1.1 OK/OK", "");
    check(skipped, "a 1.1 OK/OK", "");
}

#[test]
fn a_pinned_result_is_held_where_it_is_known() {
    let policy = policy("[[xfail]]\ncase = \"1.1\"\nresult = \"differ\"\nreason = \"r\"");
    let run = run("a 1.1 FAILED/OK");
    let with = |result: &str| said(&super::check(&run, Some(&cases(&run, result)), &policy));
    assert_eq!(with("Actual events differ"), "");
    assert_eq!(
        with("other"),
        "a 1.1 failed: fails differently than expected: behavior FAILED, close OK: other; expected a result with \
         \"differ\""
    );
    assert_eq!(said(&super::check(&run, None, &policy)), "");
}

#[test]
fn the_suite_is_quoted_on_what_does_not_pass() {
    #[track_caller]
    fn check(verdict: &str, expected: &str) {
        let run = run(&format!("a 1.1 {verdict}"));
        let mut cases = cases(&run, "Events differ.");
        let verdict = cases.verdicts.get_mut(&testee("a")).unwrap().values_mut().next().unwrap();
        verdict.result_close = Some("Wrong code".to_owned());
        assert_eq!(said(&super::check(&run, Some(&cases), &Policy::default())), expected);
    }
    check("FAILED/OK", "a 1.1 failed: behavior FAILED, close OK: Events differ");
    check("OK/UNCLEAN", "a 1.1 close_failed: behavior OK, close UNCLEAN: Wrong code");
    check("FAILED/FAILED", "a 1.1 failed: behavior FAILED, close FAILED: Events differ; Wrong code");
}

#[test]
fn contradictions_are_breaches() {
    let run = run("a 1.1 OK/OK");
    let mut cases = cases(&run, "fine");
    let detail = "the index says OK, x.json FAILED".to_owned();
    let case = CaseId::new("1.1");
    cases.contradictions.push(Contradiction { testee: testee("a"), case, detail });
    let checked = super::check(&run, Some(&cases), &Policy::default());
    assert_eq!(said(&checked), "a 1.1 inconsistent: the index says OK, x.json FAILED");
    assert_eq!(checked.files_held, 1);
}

#[test]
fn a_policy_with_mistakes_is_refused_with_the_line() {
    for (text, line, part) in [
        ("skipp = []", 1, "unknown field"),
        ("\n[pass]\nbehavior = [\"FINE\"]", 3, "is not a behavior"),
        ("[pass]\nclose = [\"NON-STRICT\"]", 2, "is not a close verdict"),
        ("skip = [\n \"1.*.2\"]", 2, "does not match any case"),
        ("[[xfail]]\ncase = \"1.*\"\nreason = \"r\"", 2, "is not a case number"),
        ("[[xfail]]\ncase = \"1.1\"", 1, "missing field `reason`"),
        ("[[xfail]]\ncase = \"1.1\"\nreason = \" \"", 3, "is not a reason"),
        ("[[xfail]]\ncase = \"1.1\"\nreason = \"a\"\n[[xfail]]\ncase = \"1.1\"\nreason = \"b\"", 5, "twice"),
        ("x = [", 1, ""),
    ] {
        let Err(Error::BadPolicy { line: found, detail, .. }) = Policy::parse(text, Path::new("p")) else {
            panic!("{text} was read");
        };
        assert_eq!(found, Some(line), "{text}: {detail}");
        assert!(detail.contains(part), "{text}: {detail}");
    }
}

#[track_caller]
fn check_update(before: &str, cases_text: &str, after: &str) {
    let run = run(cases_text);
    let path = Path::new("policy.toml");
    let written = update(before, path, &policy(before), &run, Some(&cases(&run, "Said so."))).unwrap().text;
    assert_eq!(written, after);
    let breaches = super::check(&run, None, &policy(&written)).breaches;
    let left: Vec<_> = breaches.iter().filter(|b| b.kind != BreachKind::Missing).collect();
    assert!(left.is_empty(), "{left:?}");
    let again = update(&written, path, &policy(&written), &run, Some(&cases(&run, "Said so."))).unwrap();
    assert_eq!(again.text, written, "a second update changes nothing");
    assert_eq!((again.added, again.removed), (0, 0), "{written}");
}

#[test]
fn an_update_keeps_reasons_and_comments() {
    check_update(
        "# Our gate.\n[pass]\nbehavior = [\"OK\"] # strict\n\n# Issue 12.\n[[xfail]]\ncase = \"1.1\"\nreason = \"kept\"\n\n[[xfail]]\ncase = \"1.2\"\nreason = \"goes\"\n\n# Not in this run.\n[[xfail]]\ncase = \"9.9\"\nreason = \"unknown\"\n",
        "a 1.1 FAILED/OK, a 1.2 OK/OK, a 1.3 OK/UNCLEAN",
        "# Our gate.\n[pass]\nbehavior = [\"OK\"] # strict\n\n# Issue 12.\n[[xfail]]\ncase = \"1.1\"\nreason = \"kept\"\n\n# Not in this run.\n[[xfail]]\ncase = \"9.9\"\nreason = \"unknown\"\n\n[[xfail]]\nagent = \"a\"\ncase = \"1.3\"\nbehavior = \"OK\"\nclose = \"UNCLEAN\"\nreason = \"Said so.\"\n",
    );
    check_update("", "a 1.1 OK/OK", "");
    check_update("[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n", "a 1.1 OK/OK", "");
}

#[test]
fn an_update_splits_entries_and_moves_pins() {
    check_update(
        "[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n",
        "a 1.1 FAILED/OK, b 1.1 OK/OK",
        "[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\nagent = \"a\"\n",
    );
    check_update(
        "[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nclose = \"UNCLEAN\"\nresult = \"old\"\nreason = \"r\"\n",
        "a 1.1 FAILED/OK",
        "[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nclose = \"OK\"\nreason = \"r\"\nbehavior = \"FAILED\"\n",
    );
    check_update(
        "[[xfail]]\ncase = \"1.1\"\nclose = \"UNCLEAN\"\nreason = \"r\"\n",
        "a 1.1 FAILED/OK, b 1.1 FAILED/FAILED",
        "[[xfail]]\ncase = \"1.1\"\nclose = \"OK\"\nreason = \"r\"\nbehavior = \"FAILED\"\nagent = \"a\"\n\n[[xfail]]\ncase = \"1.1\"\nclose = \"FAILED\"\nreason = \"r\"\nbehavior = \"FAILED\"\nagent = \"b\"\n",
    );
    check_update(
        "# One.\n[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n\n[expect]\ncount = 2 # of them\n",
        "a 1.1 FAILED/OK, a 1.2 FAILED/OK",
        "# One.\n[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n\n[[xfail]]\nagent = \"a\"\ncase = \"1.2\"\nbehavior = \"FAILED\"\nclose = \"OK\"\nreason = \"Said so.\"\n\n[expect]\ncount = 2 # of them\n",
    );
}

/// What an update makes of the policy, whether or not the result passes.
#[track_caller]
fn check_updated(before: &str, cases_text: &str, results: [Option<&str>; 2], after: &str) {
    let run = run(cases_text);
    let mut cases = cases(&run, "");
    for verdict in cases.verdicts.values_mut().flat_map(BTreeMap::values_mut) {
        [verdict.result, verdict.result_close] = results.map(|result| result.map(str::to_owned));
    }
    let path = Path::new("policy.toml");
    let written = update(before, path, &policy(before), &run, Some(&cases)).unwrap().text;
    assert_eq!(written, after);
    policy(&written);
}

#[test]
fn an_update_can_be_read_again() {
    // A word that no policy may have cannot be pinned.
    check_updated(
        "",
        "a 1.1 NO_CLOSE/OK",
        [None; 2],
        "[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nclose = \"OK\"\nreason = \"recorded, not yet explained\"\n",
    );
    check_updated(
        "[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nbehavior = \"FAILED\"\nreason = \"r\"\n",
        "a 1.1 NO_CLOSE/OK",
        [None; 2],
        "[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nreason = \"r\"\nclose = \"OK\"\n",
    );
    // A blank is no reason.
    check_updated(
        "",
        "a 1.1 FAILED/OK",
        [Some(" "), None],
        "[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nbehavior = \"FAILED\"\nclose = \"OK\"\nreason = \"recorded, not yet explained\"\n",
    );
    // What passes is no reason why the case fails.
    check_updated(
        "",
        "a 1.1 OK/UNCLEAN",
        [Some("Events match."), Some("Peer dropped.")],
        "[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nbehavior = \"OK\"\nclose = \"UNCLEAN\"\nreason = \"Peer dropped.\"\n",
    );
}

#[test]
fn an_update_takes_a_list_in_any_form() {
    check_updated(
        "xfail = []\n\n[expect]\ncount = 1\n",
        "a 1.1 OK/OK",
        [None; 2],
        "xfail = []\n\n[expect]\ncount = 1\n",
    );
    check_updated(
        "# Ours.\nxfail = []\n\n[expect]\ncount = 1\n",
        "a 1.1 FAILED/OK",
        [Some("R"), None],
        "# Ours.\n\n[expect]\ncount = 1\n\n[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nbehavior = \"FAILED\"\nclose = \"OK\"\nreason = \"R\"\n",
    );
    check_updated(
        "xfail = [{ case = \"1.1\", reason = \"r\" }, { case = \"1.2\", reason = \"s\" }]\n\n[expect]\ncount = 2\n",
        "a 1.1 FAILED/OK, a 1.2 OK/OK",
        [Some("R"), None],
        "\n[expect]\ncount = 2\n\n[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n",
    );
}

#[test]
fn an_update_keeps_what_stands_above_an_entry_that_goes() {
    let entry =
        |case: &str, comment: &str| format!("{comment}[[xfail]]\ncase = \"{case}\"\nreason = \"r\"\n");
    let head = "# The gate of mylib.\n# Ask the team before you change it.\n\n";
    // The comment of the entry goes with it, the paragraph before it stays.
    check_updated(
        &format!("{head}{}\n{}", entry("1.1", "# Issue 1.\n"), entry("1.2", "# Issue 2.\n")),
        "a 1.1 OK/OK, a 1.2 FAILED/OK",
        [None; 2],
        &format!("{head}{}", entry("1.2", "# Issue 2.\n")),
    );
    check_updated(
        &format!("{head}{}\n[expect]\ncount = 1\n", entry("1.1", "# Issue 1.\n")),
        "a 1.1 OK/OK",
        [None; 2],
        &format!("{head}[expect]\ncount = 1\n"),
    );
    check_updated(&format!("{head}{}", entry("1.1", "")), "a 1.1 OK/OK", [None; 2], head);
    check_updated(
        &format!("{}\r\n", head.replace('\n', "\r\n")),
        "a 1.1 FAILED/OK",
        [Some("R"), None],
        &format!("{head}\n\n[[xfail]]\nagent = \"a\"\ncase = \"1.1\"\nbehavior = \"FAILED\"\nclose = \"OK\"\nreason = \"R\"\n").replace('\n', "\r\n"),
    );
}

#[test]
fn a_case_that_is_not_judged_need_not_have_run() {
    check("skip = [\"7.13.2\"]\nexpect.cases = [\"7.13.*\"]", "a 7.13.1 OK/OK", "");
}
