//! What published gates ask for: roles, agents and no others, closes by reason, warnings, files.

use super::*;

/// Policy and run, the breaches, then the warnings behind ` ~ `.
#[track_caller]
fn check_told(text: &str, cases: &str, expected: &str) {
    let checked = super::super::check(&run(cases), None, &policy(text));
    let warnings = told(&checked.warnings);
    let all = if warnings.is_empty() { said(&checked) } else { format!("{} ~ {warnings}", said(&checked)) };
    assert_eq!(all, expected, "{text} on {cases}");
}

#[test]
fn roles_are_runs_of_their_own() {
    let known = "[[xfail]]\ncase = \"5.3\"\ntestee_is = \"server\"\nreason = \"known\"";
    check(known, "a:client 5.3 OK/OK, a:server 5.3 FAILED/OK", "");
    check(
        known,
        "a:client 5.3 FAILED/OK, a:server 5.3 OK/OK",
        "a (client) 5.3 failed: behavior FAILED, close OK | a (server) 5.3 unexpected_pass: behavior OK, close OK; \
         remove the expected failure (known)",
    );
    // One policy for two jobs: of the role that the other one tests nothing is asked here.
    check(known, "a:client 5.3 OK/OK", "");
    check(known, "a:server 1.1 OK/OK", "- 5.3 missing: is expected to fail (known) but did not run");
    // Whoever fails in one role only has to say in which.
    check(
        "[[xfail]]\ncase = \"5.3\"\nreason = \"known\"",
        "a:client 5.3 OK/OK, a:server 5.3 FAILED/OK",
        "a (client) 5.3 unexpected_pass: behavior OK, close OK; give the expected failure testee_is = \"server\" (known)",
    );
    check(
        known,
        "a 5.3 FAILED/OK",
        "- 5.3 missing: is expected to fail (known) but did not run: the run does not tell the role of its testee | \
         a 5.3 failed: behavior FAILED, close OK",
    );
    // The most special entry counts: agent and role, agent, role.
    let many = r#"
        [[xfail]]
        case = "1.1"
        close = "UNCLEAN"
        reason = "any"
        [[xfail]]
        case = "1.1"
        testee_is = "client"
        close = "WRONG CODE"
        reason = "clients"
        [[xfail]]
        agent = "b"
        case = "1.1"
        close = "FAILED"
        reason = "b"
        [[xfail]]
        agent = "b"
        testee_is = "client"
        case = "1.1"
        close = "FAILED BY CLIENT"
        reason = "b as client""#;
    check(
        many,
        "a:client 1.1 OK/WRONG_CODE, a:server 1.1 OK/UNCLEAN, b:client 1.1 OK/FAILED_BY_CLIENT, b:server 1.1 OK/FAILED",
        "",
    );
    let allow = "[[allow]]\ntestee_is = \"client\"\nclose = [\"UNCLEAN\"]";
    check(
        allow,
        "a:client 1.1 OK/UNCLEAN, a:server 1.1 OK/UNCLEAN",
        "a (server) 1.1 close_failed: behavior OK, close UNCLEAN",
    );
}

/// A run that was cut short in one role is not made whole by the other.
#[test]
fn both_roles_must_have_run_the_same() {
    let cut = "a:client 1.1 OK/OK, a:server 1.1 OK/OK, a:server 1.2 OK/OK, a:server 2.1 OK/OK";
    let said = "a (client) - missing: 2 cases did not run (1.2 is the first), but did with this agent as server: 1 cases \
                and 3; was the run cut short?";
    check("", cut, said);
    check("expect.uneven = true", cut, "");
    check("skip = [\"1.2\", \"2.*\"]", cut, "");
    check("expect.total = 4", cut, "");
    check("expect.total = 5", cut, "- - missing: 4 cases ran in all, 5 are expected: was the run cut short?");
    check("expect.total = 3", cut, "- - extra: 4 cases ran in all, 3 are expected");
    check(
        "expect.count = 3",
        cut,
        "a (client) - missing: 1 cases ran, 3 are expected: was the run cut short?",
    );
    check(
        "expect.cases = [\"1.1\", \"1.2\", \"2.1\"]",
        cut,
        "a (client) 1.2 missing: did not run | a (client) 2.1 missing: did not run",
    );
    check_told("severity.missing = \"warn\"", cut, &format!(" ~ {said}"));
    check("", "a:client 1.1 OK/OK, b:server 1.2 OK/OK", "");
    check("", "a:client 1.1 OK/OK, a 1.2 OK/OK", "");
    let both = "expect.testee_is = [\"client\", \"server\"]";
    check(both, "a:client 1.1 OK/OK, a:server 1.1 OK/OK", "");
    check(
        both,
        "a:client 1.1 OK/OK, b 1.1 OK/OK",
        "a (server) - no_report: no report from this agent | b (client) - no_report: no report from this agent | \
         b (server) - no_report: no report from this agent",
    );
    let of_one = "expect.testee_is = [\"server\"]\nexpect.agents = [\"a\"]";
    check(of_one, "a:server 1.1 OK/OK, b:client 1.1 OK/OK", "");
}

/// A run of an old suite is held against the cases that it had.
#[test]
fn expected_cases_are_those_of_a_version() {
    let ran: Vec<_> = (1..=11).map(|n| format!("a 7.9.{n} OK/OK")).collect();
    let ran = ran.join(", ");
    check("expect.cases = [\"7.9.*\"]\nexpect.suite = \"0.7.6\"", &ran, "");
    check("expect.cases = [\"7.9.*\"]", &ran, "");
    check(
        "expect.cases = [\"7.9.*\"]\nexpect.suite = \"0.7.4\"",
        &ran,
        "a 7.9.12 missing: did not run | a 7.9.13 missing: did not run",
    );
    let error = Policy::parse("expect.suite = \"old\"", Path::new("p")).unwrap_err().to_string();
    assert!(error.contains("is not a version of the suite"), "{error}");
}

#[test]
fn these_agents_and_no_others() {
    let two = "expect.agents = [\"a\"]\nexpect.no_others = true";
    check(two, "a 1.1 OK/OK", "");
    check(two, "a 1.1 OK/OK, b 1.1 OK/OK", "b - extra: ran, but is not one of the expected agents");
    let only = "agents = [\"a\"]";
    check(only, "a 1.1 OK/OK, b 1.1 FAILED/OK", "");
    check(
        only,
        "b 1.1 OK/OK",
        "- - no_report: the run has no cases: did the testee start? | a - no_report: no report from this agent",
    );
    check(
        only,
        "a:client 1.1 OK/OK, a:server 1.1 FAILED/OK",
        "a (server) 1.1 failed: behavior FAILED, close OK",
    );
    // What is wrong with the files of others is not judged either.
    let run = run("a 1.1 OK/OK, b 1.1 OK/OK");
    let mut files = cases(&run, "fine");
    let case = CaseId::new("1.1");
    files.contradictions.push(Contradiction { testee: testee("b"), case, detail: "x".to_owned() });
    assert_eq!(said(&super::super::check(&run, Some(&files), &policy(only))), "");
}

#[test]
fn any_word_passes_where_any_may() {
    let any = "[pass]\nclose = [\"*\"]";
    check(any, "a 1.1 OK/UNCLEAN, a 1.2 OK/WRONG_CODE, a 1.3 OK/TIMEOUT, a 1.4 OK/", "");
    check(any, "a 1.1 FAILED/UNCLEAN", "a 1.1 failed: behavior FAILED, close UNCLEAN");
    check("[pass]\nbehavior = [\"*\"]", "a 1.1 NO_VERDICT/OK", "");
    let unimplemented = "[[allow]]\nbehavior = [\"UNIMPLEMENTED\"]\nany_close = true";
    check(unimplemented, "a 12.1.1 UNIMPLEMENTED/UNCLEAN, a 12.1.2 UNIMPLEMENTED/OK", "");
    check(unimplemented, "a 1.1 OK/UNCLEAN", "a 1.1 close_failed: behavior OK, close UNCLEAN");
    check(
        "[[allow]]\ncases = [\"12.*\"]\nbehavior = [\"UNIMPLEMENTED\"]\nany_close = true",
        "a 9.1.1 UNIMPLEMENTED/UNCLEAN",
        "a 9.1.1 failed: behavior UNIMPLEMENTED, close UNCLEAN",
    );
}

/// Policy, the suite's reason why a case was not clean (of which nothing is known where it is empty), breaches and warnings.
#[track_caller]
fn check_reason(text: &str, reason: &str, expected: &str) {
    let run = run("a 7.1.1 OK/UNCLEAN");
    let mut files = cases(&run, "");
    for verdict in files.verdicts.values_mut().flat_map(BTreeMap::values_mut) {
        (verdict.result, verdict.result_close) = (None, None);
        verdict.not_clean_reason = Some(reason.to_owned()).filter(|reason| !reason.is_empty());
    }
    let checked = super::super::check(&run, Some(&files), &policy(text));
    assert_eq!([said(&checked), told(&checked.warnings)].join("~"), expected, "{text}: {reason}");
}

#[test]
fn a_close_passes_for_a_reason() {
    let slow = "peer did not respond (in time) in closing handshake";
    let fails = "a 7.1.1 close_failed: behavior OK, close UNCLEAN";
    let allow = "[[allow]]\nclose = [\"UNCLEAN\"]\nnot_clean_reason = \"peer did not respond\"";
    check_reason(allow, slow, "~");
    check_reason(
        allow,
        "peer dropped the TCP connection without previous WebSocket closing handshake",
        &format!("{fails}~"),
    );
    check_reason(allow, "", &format!("{fails}~"));
    let warn = allow.replace("allow", "warn");
    check_reason(&warn, slow, &format!("~{fails}"));
    check_reason(&warn, "", &format!("{fails}~"));
    let of_b = format!("{allow}\nagent = \"b\"");
    check_reason(&of_b, slow, &format!("{fails}~"));
    let of_cases = format!("{allow}\ncases = [\"9.*\"]");
    check_reason(&of_cases, slow, &format!("{fails}~"));
}

#[test]
fn warnings_are_shown_and_fail_nothing() {
    let warn = "[[warn]]\nbehavior = [\"NON-STRICT\"]";
    let checked = super::super::check(&run("a 1.1 NON-STRICT/OK, a 1.2 OK/OK"), None, &policy(warn));
    assert!(checked.passed());
    assert_eq!(told(&checked.warnings), "a 1.1 failed: behavior NON-STRICT, close OK");
    let totals = checked.totals;
    assert_eq!((totals.cases, totals.passed, totals.warned, totals.broken), (2, 1, 1, 0));
    // Half of it is not enough.
    check_told(warn, "a 1.1 NON-STRICT/UNCLEAN", "a 1.1 failed: behavior NON-STRICT, close UNCLEAN");
    // What is allowed needs no warning, and what is warned of may be expected to fail.
    check_told(&format!("[pass]\nbehavior = [\"OK\", \"NON-STRICT\"]\n{warn}"), "a 1.1 NON-STRICT/OK", "");
    check_told(&format!("{warn}\n[[xfail]]\ncase = \"1.1\"\nreason = \"r\""), "a 1.1 NON-STRICT/OK", "");
    check_told(
        "severity.unexpected_pass = \"warn\"\n[[xfail]]\ncase = \"1.1\"\nreason = \"r\"",
        "a 1.1 OK/OK",
        " ~ a 1.1 unexpected_pass: behavior OK, close OK; remove the expected failure (r)",
    );
    check_told("severity.failed = \"warn\"", "a 1.1 FAILED/OK", " ~ a 1.1 failed: behavior FAILED, close OK");
    check_told("severity.extra = \"ignore\"\nexpect.count = 1", "a 1.1 OK/OK, a 1.2 OK/OK", "");
}

#[test]
fn index_and_files_must_fit_together() {
    let run = run("a 1.1 OK/OK");
    let lone = |id: &str, file: &str, behavior| LoneCase {
        testee: testee("a"),
        case: CaseId::new(id).unwrap(),
        file: file.to_owned(),
        entry: IndexEntry {
            behavior,
            behavior_close: BehaviorClose::Ok,
            duration_ms: None,
            remote_close_code: None,
            report_file: None,
        },
    };
    let mut files = Cases::default();
    files.absent.push(lone("1.1", "a_case_1_1.json", Behavior::Ok));
    files.unlisted.push(lone("1.2", "a_case_1_2.json", Behavior::Failed));
    let unlisted =
        "a 1.2 unlisted: the index does not name a_case_1_2.json, which says behavior FAILED, close OK";
    let absent = "a 1.1 absent: the index names a_case_1_1.json, which is not there";
    for (text, breaches, warnings) in [
        ("", unlisted.to_owned(), ""),
        ("severity.absent = \"fail\"", format!("{absent} | {unlisted}"), ""),
        ("severity.unlisted = \"warn\"", String::new(), unlisted),
        ("severity.unlisted = \"ignore\"", String::new(), ""),
    ] {
        let checked = super::super::check(&run, Some(&files), &policy(text));
        assert_eq!((said(&checked), told(&checked.warnings).as_str()), (breaches, warnings), "{text}");
        assert_eq!((checked.files_absent, checked.files_unlisted), (1, 1));
    }
}

#[test]
fn a_gate_that_judges_nothing_cannot_be_made_to_pass() {
    for (text, part) in [
        ("severity.no_report = \"warn\"", "without a report nothing is judged"),
        ("severity.failed = \"ignore\"", "skip the cases, or warn"),
        ("severity.close_failed = \"ignore\"", "skip the cases, or warn"),
        ("severity.worse = \"warn\"", "is not a kind of violation: write one of failed, close_failed"),
        ("severity.extra = \"note\"", "write fail, warn or ignore"),
        ("[[allow]]\ntestee_is = \"tester\"", "write client or server"),
        ("[[allow]]\nnot_clean_reason = \"\"", "is in every reason"),
        ("expect.testee_is = [\"x\"]", "write client or server"),
    ] {
        let error = Policy::parse(text, Path::new("p")).unwrap_err().to_string();
        assert!(error.contains(part) && error.contains("line"), "{text}: {error}");
    }
}

#[test]
fn an_update_tells_roles_apart() {
    check_update(
        "[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n",
        "a:client 1.1 FAILED/OK, a:server 1.1 OK/OK, a:client 1.2 OK/OK, a:server 1.2 OK/UNCLEAN",
        "[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\nagent = \"a\"\ntestee_is = \"client\"\n\n[[xfail]]\nagent = \"a\"\ntestee_is = \"server\"\ncase = \"1.2\"\nbehavior = \"OK\"\nclose = \"UNCLEAN\"\nreason = \"Said so.\"\n",
    );
    let both = "a:client 1.1 FAILED/OK, a:server 1.1 FAILED/OK";
    check_update(
        "[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n",
        both,
        "[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n",
    );
    // What is warned of stays a warning.
    check_update(
        "[[warn]]\nbehavior = [\"NON-STRICT\"]\n",
        "a 1.1 NON-STRICT/OK",
        "[[warn]]\nbehavior = [\"NON-STRICT\"]\n",
    );
}

#[test]
fn an_update_counts_what_it_does() {
    let before = "skip = [\"9.*\"]\n[[xfail]]\ncase = \"1.1\"\nreason = \"r\"\n[[xfail]]\ncase = \"1.2\"\nreason = \"r\"\n[[xfail]]\ncase = \"1.3\"\nreason = \"r\"\n[[xfail]]\ncase = \"9.1\"\nreason = \"r\"\n";
    let run = run("a 1.1 FAILED/OK, a 1.2 OK/OK, a 1.4 FAILED/OK, a 1.5 OK/UNCLEAN, a 9.1 OK/OK");
    let updated = update(before, Path::new("p"), &policy(before), &run, None).unwrap();
    let counts = (updated.added, updated.removed, updated.kept, updated.not_run);
    assert_eq!(counts, (2, 1, 3, 1), "{}", updated.text);
}

#[test]
fn a_policy_is_begun_with_what_ran() {
    for (cases, begun) in [
        ("a 1.1 OK/OK", "[expect]\nagents = [\"a\"]\ncount = 1\n"),
        (
            "a:client 1.1 OK/OK, a:server 1.1 OK/OK, b:client 1.1 OK/OK, b:server 1.1 OK/OK",
            "[expect]\nagents = [\"a\", \"b\"]\ntestee_is = [\"client\", \"server\"]\ncount = 1\n",
        ),
        ("a:client 1.1 OK/OK, b:server 1.1 OK/OK", "[expect]\nagents = [\"a\", \"b\"]\ncount = 1\n"),
        ("a 1.1 OK/OK, b 1.1 OK/OK, b 1.2 OK/OK", "[expect]\nagents = [\"a\", \"b\"]\n"),
    ] {
        let text = begin(&run(cases), &Policy::default());
        assert_eq!(text, begun, "{cases}");
        check(&text, cases, "");
    }
}
