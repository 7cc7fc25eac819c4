//! What `wslog explain` shows is true: every example goes through the pipeline, and what it is said to show is found,
//! or not found where it is said to be legal.

use std::fs;
use std::path::Path;
use std::process::Command;

use wslog::engine::Across;
use wslog::explain;
use wslog::knowledge::applications::APPLICATIONS;
use wslog::knowledge::{CAUSES, CODES, CauseId, OUTCOMES};
use wslog::limits::Limits;
use wslog::model::suite::{RELEASES, Version};
use wslog::model::topic::{CauseTopic, CodeTopic, Example, RuleTopic, Topic};
use wslog::model::{Certainty, CloseCode, Conversation, Level, RULES, Role, RuleId, Who};
use wslog::views::explain::json;

use crate::support::scene;
use crate::support::script::{analyse, closing, findings};

/// Rules of which no example can be made, and why.
const NO_EXAMPLE: &[(&str, &str)] = &[
    ("CL-TLS", "needs what is inside of TLS"),
    ("HS-CONNECT", "the notation has no HTTP/2"),
    ("HS-SNI", "needs TLS"),
    ("PMD-BOMB", "the cap is beyond what DEFLATE can do in a few bytes"),
];

/// Causes of which no example can be made, and why.
const NO_EXAMPLE_OF: &[(CauseId, &str)] = &[
    (CauseId::TlsFailed, "the notation has no TLS"),
    (CauseId::AlpnMismatch, "the notation has no TLS"),
    (CauseId::StreamError, "the notation has no HTTP/2"),
    (CauseId::Goaway, "the notation has no HTTP/2"),
    (CauseId::UndeterminedEnd, "what comes to it is what the causes have forgotten"),
];

/// What the reference says of the connections of an example.
fn play(example: &Example) -> Vec<Conversation> {
    let mut reports = analyse(&scene::show(&example.exchange));
    let mut across = Across::new(&Limits::default());
    reports.iter_mut().for_each(|report| across.see(0, report));
    reports
}

fn rules() -> Vec<RuleTopic> {
    let topics = explain::all_rules().into_iter();
    topics.map(|topic| if let Topic::Rule(rule) = topic { rule } else { panic!("a rule") }).collect()
}

fn causes() -> Vec<CauseTopic> {
    let topics = explain::all_causes().into_iter();
    topics.map(|topic| if let Topic::Cause(cause) = topic { cause } else { panic!("a cause") }).collect()
}

fn codes() -> Vec<CodeTopic> {
    let topics = explain::all_codes().into_iter();
    topics.map(|topic| if let Topic::Code(code) = topic { code } else { panic!("a code") }).collect()
}

fn finds(reports: &[Conversation], rule: RuleId) -> Vec<Option<Role>> {
    let findings = reports.iter().flat_map(|report| &report.findings);
    findings.filter(|finding| finding.violation.rule() == rule).map(|finding| finding.by).collect()
}

#[test]
fn examples_of_rules_show_what_they_say() {
    for topic in rules() {
        let rule = topic.rule;
        for example in &topic.examples {
            let reports = play(example);
            let found = finds(&reports, rule.id);
            let all: Vec<_> = reports.iter().map(findings).collect();
            let connections = example.exchange.acts.iter().map(|act| usize::from(act.connection)).max();
            assert_eq!(Some(reports.len()), connections, "{}: {}", rule.name, example.title);
            assert_eq!(!found.is_empty(), example.reported, "{}: {}: {all:?}", rule.name, example.title);
            for by in found.into_iter().flatten() {
                assert!(
                    rule.who.includes(by) || rule.who == Who::Nobody,
                    "{} by the {}",
                    rule.name,
                    by.name()
                );
            }
        }
    }
}

#[test]
fn every_rule_is_explained_both_ways() {
    for topic in rules() {
        let rule = topic.rule;
        let name = rule.name;
        let of = |reported| topic.examples.iter().any(|example| example.reported == reported);
        let exempt = NO_EXAMPLE.iter().any(|(rule, _)| *rule == name);
        assert_eq!(of(true) && of(false), !exempt, "{name}");
        assert_eq!(topic.examples.is_empty(), exempt, "{name}");
        assert!(!rule.next.is_empty(), "{name} says nothing of where to look");
        let texts = [rule.text].into_iter().chain(rule.next.iter().copied()).chain(rule.peer);
        for text in texts {
            assert!(!text.is_empty() && !text.contains("  "), "{name}: {text}");
        }
    }
}

#[test]
fn examples_of_causes_end_as_they_say() {
    let mut wrong = Vec::new();
    for topic in causes() {
        for example in &topic.examples {
            let reports = play(example);
            let connections = example.exchange.acts.iter().map(|act| usize::from(act.connection)).max();
            assert_eq!(Some(reports.len()), connections, "{}: {}", topic.cause.name, example.title);
            // Where there are several it is about the last one.
            let report = reports.last().expect("at least one");
            let cause = report.closing.cause.as_ref().expect("every end has a cause");
            let best = topic.cause.proven.or(topic.cause.likely);
            let sure = cause.certainty > Certainty::Undetermined || best.is_none();
            let ends_for_it = cause.id() == topic.cause.id && sure;
            let is_right = if example.reported { ends_for_it } else { cause.id() != topic.cause.id };
            if !is_right {
                let also: Vec<_> = cause.also.iter().map(|also| (also.id.name(), also.certainty)).collect();
                wrong.push(format!(
                    "{}: {}: {} {:?}, also {also:?}; {}; {}",
                    topic.cause.name,
                    example.title,
                    cause.id(),
                    cause.certainty,
                    closing(report),
                    findings(report)
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_cause_is_explained_both_ways() {
    let mut wrong = Vec::new();
    for topic in causes() {
        let of = |reported| topic.examples.iter().any(|example| example.reported == reported);
        let exempt = NO_EXAMPLE_OF.iter().any(|(cause, _)| *cause == topic.cause.id);
        if (of(true) && of(false)) == exempt || topic.examples.is_empty() != exempt {
            wrong.push(topic.cause.name);
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// A section in brackets stands behind the number of its RFC; a case of the suite behind its word.
#[test]
fn no_section_without_its_rfc() {
    let rules = RULES.iter().flat_map(|rule| {
        let reaction = wslog::views::explain::reaction(rule).unwrap_or_default();
        let texts = [rule.text, rule.says].into_iter().chain(rule.next.iter().copied());
        texts.map(str::to_owned).chain([reaction]).collect::<Vec<_>>()
    });
    let causes = CAUSES.iter().flat_map(|cause| {
        let evidence = [cause.proven, cause.likely, cause.undetermined].into_iter().flatten();
        let texts = evidence.chain([cause.when, cause.never]).chain(cause.next.iter().copied());
        texts.map(str::to_owned).collect::<Vec<_>>()
    });
    let codes = CODES.iter().flat_map(|entry| {
        let texts = [entry.meaning, entry.reported].into_iter();
        texts
            .chain(entry.causes.iter().copied())
            .chain(entry.next.iter().copied())
            .map(str::to_owned)
            .collect::<Vec<_>>()
    });
    let is_section = |text: &str| {
        text.contains('.') && text.split('.').all(|part| part.parse::<u8>().is_ok_and(|n| n < 20))
    };
    let mut bracketed = 0;
    for text in rules.chain(causes).chain(codes) {
        for inside in text.split('(').skip(1).filter_map(|rest| rest.split(')').next()) {
            bracketed += usize::from(inside.starts_with("RFC "));
            let first = inside.split([',', ';', ' ']).next().unwrap_or_default();
            assert!(!is_section(first), "({inside}) in: {text}");
        }
    }
    assert!(bracketed > 30, "{bracketed}");
}

#[test]
fn examples_of_codes_show_what_they_say() {
    for topic in codes() {
        let codes = &topic.entry.codes;
        for example in &topic.examples {
            let reports = play(example);
            let breaks = topic.breaks.is_some_and(|rule| !finds(&reports, rule).is_empty());
            assert_eq!(breaks, example.reported, "{codes:?} {}: {}", example.title, findings(&reports[0]));
            if !example.reported && topic.entry.sent_by != Who::Nobody {
                let must = reports[0].findings.iter().any(|finding| finding.level == Level::Must);
                assert!(!must, "{codes:?} {}", example.title);
                let sent = [Role::Client, Role::Server].map(|role| reports[0].closing.sides[role].code);
                assert!(
                    sent.contains(&Some(CloseCode(*codes.start()))),
                    "{codes:?} {}: {sent:?}",
                    example.title
                );
            }
        }
        assert_eq!(topic.examples.is_empty(), codes == &(1015..=1015), "{codes:?}");
    }
}

/// 1005 and 1006 are concluded where the titles of their examples say so.
#[test]
fn local_codes_come_about_as_told() {
    let sees = |code: u16| {
        let topic = codes().into_iter().find(|topic| topic.code == Some(CloseCode(code))).expect("a code");
        let reports = topic.examples.iter().map(|example| closing(&play(example)[0]));
        reports.collect::<Vec<_>>()
    };
    assert_eq!(
        sees(1005),
        ["clean by C, sees 1000 clean / 1005 clean", "clean by S, sees 1005 clean / 1000 clean"]
    );
    assert_eq!(
        sees(1006),
        ["no_close_frame by S, sees 1006 / 1006", "close_unanswered by C, sees 1006 / 1000"]
    );
}

/// Who may send a code in its entry, and who is noted for it by the reference, are the same.
#[test]
fn senders_of_codes_are_those_of_the_reference() {
    for topic in codes() {
        for role in [Role::Client, Role::Server] {
            let may = topic.entry.sent_by.includes(role);
            let example = topic.examples.iter().find(|example| example.exchange.acts[0].from == role);
            if let Some(example) = example.filter(|_| ![1005, 1006].contains(topic.entry.codes.start())) {
                assert_eq!(example.reported, !may, "{:?} of the {}", topic.entry.codes, role.name());
            }
        }
    }
}

/// What a case asks of the testee, without its first words.
#[test]
fn what_cases_ask() {
    for (case, asks) in [
        ("2.1", "a Ping calls for a Pong with its payload (RFC 6455 5.5.2, 5.5.3)."),
        (
            "7.1.2",
            "a Close calls for a Close (RFC 6455 5.5.1); another Close after it is ignored (RFC 6455 7.1.5).",
        ),
        (
            "7.1.3",
            "a Close calls for a Close (RFC 6455 5.5.1); a Ping after it needs no answer (RFC 6455 5.5.2).",
        ),
    ] {
        let topics = explain::find(case).expect(case);
        let document = json::document(&topics);
        let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
        let found = document["topics"][0]["asks"].as_str().expect("words");
        assert_eq!(found.strip_prefix("That is legal: "), Some(asks), "{case}");
    }
}

/// Sections of the suite.
const SECTIONS: [u32; 11] = [1, 2, 3, 4, 5, 6, 7, 9, 10, 12, 13];

/// Cases of each section from a version on, counted in the suite's own tables.
const COUNTS: [(&str, [usize; 11]); 6] = [
    ("0.5.0", [16, 11, 7, 10, 20, 135, 41, 54, 1, 0, 0]),
    ("0.5.3", [16, 11, 7, 10, 20, 141, 41, 54, 1, 0, 0]),
    ("0.5.6", [16, 11, 7, 10, 20, 145, 41, 54, 1, 50, 0]),
    ("0.6.1", [16, 11, 7, 10, 20, 145, 41, 54, 1, 90, 126]),
    ("0.7.5", [16, 11, 7, 10, 20, 145, 39, 54, 1, 90, 126]),
    ("0.8.1", [16, 11, 7, 10, 20, 145, 37, 54, 1, 90, 126]),
];

fn version(text: &str) -> Version {
    text.parse().expect("a version")
}

#[test]
fn every_case_of_every_version_is_explained() {
    for release in RELEASES {
        let (_, counts) =
            COUNTS.iter().rev().find(|(since, _)| version(since) <= release).expect("the first");
        let topics = explain::all_cases_in(release);
        let mut found = [0; 11];
        for topic in &topics {
            let Topic::Case(case) = topic else { panic!("a case") };
            let section =
                SECTIONS.iter().position(|section| *section == case.id.section()).expect("a section");
            found[section] += 1;
            assert!(case.span.contains(release), "{release}: {}", case.id);
            let again = explain::find_in(case.id.as_str(), Some(release)).expect("a case");
            let documents = [std::slice::from_ref(topic), &again].map(json::document);
            assert_eq!(documents[0], documents[1], "{release}: {}", case.id);
            let document: serde_json::Value = serde_json::from_str(&documents[0]).expect("JSON");
            let told = &document["topics"][0];
            for field in ["about", "sends", "asks", "events"] {
                assert!(
                    told[field].as_str().is_some_and(|text| text.len() > 3),
                    "{release}: {}: {field}",
                    case.id
                );
            }
            let negotiates = matches!(case.id.section(), 12 | 13);
            assert_eq!(told["negotiation"].is_string(), negotiates, "{release}: {}", case.id);
        }
        assert_eq!(found, *counts, "{release}");
    }
}

#[test]
fn what_a_case_was_is_said_of_the_version_that_is_named() {
    for (case, suite, says, says_not) in [
        ("7.9.6", "0.7.4", "code 1012", "code 1014,"),
        ("7.9.6", "0.7.5", "code 1014", "code 1012,"),
        ("7.9.6", "0.8.1", "code 1016", "code 1014,"),
        // What is no release counts as the one before.
        ("7.9.6", "0.7.99", "code 1014", "code 1012,"),
        ("7.9.6", "99.1", "code 1016", "code 1014,"),
        ("13.3.4", "0.8.1", "client_max_window_bits=8", "_bits=9"),
        ("13.3.4", "0.8.2", "client_max_window_bits=9", "_bits=8"),
        ("6.3.1", "0.5.6", "the testee closes first;", "since 0.5.7"),
        ("6.3.1", "0.5.7", "(since 0.5.7 the case fails otherwise)", "\u{0}"),
    ] {
        let topics = explain::find_in(case, Some(version(suite))).expect(case);
        let document = json::document(&topics);
        let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
        let told = document["topics"][0].as_object().expect("a case");
        let told: Vec<String> = told
            .iter()
            .filter(|(field, _)| *field != "versions")
            .map(|(_, value)| value.to_string())
            .collect();
        let told = told.join(" ");
        assert!(told.contains(says) && !told.contains(says_not), "{case} of {suite}: {told}");
    }
}

/// Exit code, standard output and standard error of `wslog explain`.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let output = command.arg("explain").args(arguments).output().expect("wslog runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// `tests/golden/explain/`; `WSLOG_BLESS=1` writes it anew.
#[test]
fn explanations_are_those_of_the_golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/explain");
    for (name, arguments) in [
        ("1002.txt", &["1002"][..]),
        ("1006.txt", &["1006"]),
        ("1006.json", &["--format", "json", "1006"]),
        ("1010.txt", &["mandatory-extension"]),
        ("4001.txt", &["4001"]),
        ("5000.txt", &["5000"]),
        ("3000-3999.txt", &["3000-3999"]),
        ("1004-1006.txt", &["1004-1006"]),
        ("FR-RSV.txt", &["FR-RSV"]),
        ("FR-RSV.json", &["--format", "json", "fr-rsv"]),
        ("HS-ACCEPT.txt", &["HS-ACCEPT"]),
        ("HS-ASSUMED.txt", &["HS-ASSUMED"]),
        ("CL-BACKOFF.txt", &["CL-BACKOFF"]),
        ("CL-BACKOFF.json", &["--format", "json", "CL-BACKOFF"]),
        ("CL-CROSS.txt", &["CL-CROSS"]),
        ("FR-PING-PONG.txt", &["FR-PING-PONG"]),
        ("PMD-CTX-LOST.txt", &["PMD-CTX-LOST"]),
        ("case-3.2.txt", &["3.2"]),
        ("case-3.2.json", &["--format", "json", "3.2"]),
        ("case-2.10.txt", &["2.10"]),
        ("case-7.9.txt", &["7.9.*"]),
        ("case-7.9.6.txt", &["7.9.6"]),
        ("case-7.9.6.json", &["--format", "json", "7.9.6"]),
        ("case-7.9.6-0.7.4.txt", &["7.9.6", "--suite", "0.7.4"]),
        ("case-7.9.10.txt", &["7.9.10", "--suite", "0.8.2"]),
        ("case-13.5.1.txt", &["13.5.1"]),
        ("case-13.7.1.json", &["--format", "json", "13.7.1", "--suite", "0.8.1"]),
        ("case-6.4.1.txt", &["6.4.1"]),
        ("case-9.1.txt", &["9.1"]),
        ("abrupt_end.txt", &["Abrupt-End"]),
        ("abrupt_end.json", &["--format", "json", "abrupt_end"]),
        ("receive_window_closed.txt", &["receive_window_closed"]),
        ("reset_between.txt", &["reset_between"]),
        ("close_unanswered.txt", &["close_unanswered"]),
        ("close_unanswered.json", &["--format", "json", "close_unanswered"]),
        ("clean.txt", &["clean"]),
        ("going_away.txt", &["going_away"]),
        ("list.txt", &["--list"]),
        ("list-causes.txt", &["--list", "causes"]),
        ("list-codes.txt", &["--list", "codes"]),
        ("list-applications.txt", &["--list", "applications"]),
        ("4400.txt", &["4400"]),
        ("4400.json", &["4400", "--format", "json"]),
        ("graphql-transport-ws.txt", &["graphql-transport-ws"]),
        ("graphql-ws.txt", &["graphql-ws"]),
        ("deepgram.json", &["deepgram", "--format", "json"]),
        ("tls.txt", &["tls"]),
        ("tls.json", &["TLS", "--format", "json"]),
        ("list-guides.txt", &["--list", "guides"]),
        ("mqtt.txt", &["mqtt"]),
        ("mqtt.json", &["mqtt", "--format", "json"]),
    ] {
        let width = ["--width", "100"];
        let (code, out, err) = run(&[&width, arguments].concat());
        assert_eq!((code, err.as_str()), (Some(0), ""), "{arguments:?}");
        let out = if name.ends_with(".json") {
            let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
            format!("{document:#}\n")
        } else {
            out
        };
        let path = folder.join(name);
        if std::env::var_os("WSLOG_BLESS").is_some() {
            fs::create_dir_all(&folder).expect("tests/golden can be written");
            fs::write(&path, &out).expect("tests/golden can be written");
        }
        let held = fs::read_to_string(&path).unwrap_or_default();
        assert!(held == out, "{name} is stale: WSLOG_BLESS=1 cargo test --test knowledge explain");
    }
}

#[test]
fn what_is_not_known_is_said_with_what_is_near() {
    for (arguments, said) in [
        (&["FR-RSW"][..], "nearest: FR-RSV"),
        (&["FR-RSV", "nonsense"], "unknown topic \"nonsense\""),
        (&["70000"], "nearest: 5000-65535"),
        (&["3.99"], "nearest: 3.*"),
        (&["abnormal"], "nearest: 1006"),
        (&["abrubt_end"], "nearest: abrupt_end"),
        (&["no_close"], "nearest: no_close_frame"),
        (&["5.5.1"], "CL-"),
        (&["\u{1b}[31mred"], "\\u{1b}[31mred"),
        (&[""], "unknown topic"),
        (&[], "<WHAT>"),
        (&["--list", "colours"], "colours"),
        (&["7.9.6", "--suite", "new"], "numbers with dots, such as 0.8.2"),
        (&["--list", "rules", "1006"], "cannot be used with"),
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
    let (code, out, err) = run(&["9"]);
    assert!(code == Some(0) && out.starts_with("9 not used") && err.contains("'9.*'"), "{err}");
    assert_eq!(run(&["-q", "9"]).2, "");
}

/// Nothing that a width or a list could lose: every topic is in the JSON, in full.
#[test]
fn lists_hold_everything() {
    for (kind, count, name) in [
        ("rules", RULES.len(), "rule"),
        ("causes", CAUSES.len(), "cause"),
        ("outcomes", OUTCOMES.len(), "outcome"),
        ("codes", 24, "first"),
        // Those of the newest suite, and four that only earlier ones have.
        ("cases", 517 + 4, "case"),
        ("applications", APPLICATIONS.len(), "application"),
    ] {
        let (_, out, _) = run(&["--list", kind, "--format", "json"]);
        let document: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        let topics = document["topics"].as_array().expect("topics");
        assert_eq!(topics.len(), count, "{kind}");
        assert!(topics.iter().all(|topic| !topic[name].is_null()), "{kind}");
        let (_, text, _) = run(&["--list", kind, "--width", "80"]);
        assert_eq!(text.lines().find(|line| is_too_long(line)), None, "{kind}");
    }
    let codes = ["0", "1000", "1001", "1005", "1006", "1010", "1015", "1016", "3000", "4999", "5000"];
    let topics: Vec<&str> = RULES
        .iter()
        .map(|rule| rule.name)
        .chain(CAUSES.iter().map(|cause| cause.name))
        .chain(codes)
        .chain(["7.1.6", "6.4.1", "clean"])
        .chain(APPLICATIONS.iter().map(|application| application.name))
        .collect();
    let (_, text, _) = run(&[&["--width", "80"], topics.as_slice()].concat());
    assert_eq!(text.lines().find(|line| is_too_long(line)), None);
}

/// Longer than it may be, without an address, which is not broken.
fn is_too_long(line: &str) -> bool {
    line.chars().count() > 80 && !line.contains("https://")
}

/// What names the commands names this one.
#[test]
fn completions_and_manual_know_it() {
    for arguments in
        [&["completions", "bash"][..], &["completions", "zsh"], &["completions", "fish"], &["man"]]
    {
        let output = Command::new(env!("CARGO_BIN_EXE_wslog")).args(arguments).output().expect("wslog runs");
        assert!(String::from_utf8_lossy(&output.stdout).contains("explain"), "{arguments:?}");
    }
}
