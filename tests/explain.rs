//! What `wslog explain` shows is true: every example goes through the pipeline, and what it is said to show is found,
//! or not found where it is said to be legal.

#[path = "support/support.rs"]
mod support;

use wslog::explain;
use wslog::model::topic::{CodeTopic, Example, LineWhat, RuleTopic, Topic};
use wslog::model::{CloseCode, ConnectionReport, Level, Role, RuleId, Who};
use wslog::report::explain::json;

use support::conversation::{Client, Conversation, Server, Side};
use support::script::{analyse, closing, findings};

/// Rules of which no example can be made: the cap is beyond what DEFLATE can do in a few bytes.
const NO_EXAMPLE: &[&str] = &["PMD-BOMB"];

/// Rules that nothing but their row explains so far. It is to become shorter;
/// a name that is no rule yet does no harm.
const NOT_YET: &[&str] = &[
    "HS-HTTP-REQ",
    "HS-METHOD",
    "HS-TARGET",
    "HS-HOST",
    "HS-UPGRADE-REQ",
    "HS-CONNECTION-REQ",
    "HS-KEY",
    "HS-VERSION",
    "HS-VERSION-ANSWER",
    "HS-PROTO-REQ",
    "HS-ORIGIN",
    "HS-EXT-SYNTAX",
    "HS-EXT-UNREG",
    "HS-SNI",
    "HS-SERIAL",
    "HS-EARLY-DATA",
    "HS-ACCEPTED",
    "HS-HTTP-RESP",
    "HS-UPGRADE-RESP",
    "HS-CONNECTION-RESP",
    "HS-EXT-UNREQ",
    "HS-PROTO-UNREQ",
    "HS-PROTO-NONE",
    "HS-101-BODY",
    "HS-ASSUMED",
    "FR-PING-PONG",
    "FR-PONG-LATE",
    "CL-REPLY-LATE",
    "CL-NEW-MSG",
    "CL-SERVER-IMMEDIATE",
    "CL-TCP-NEVER",
    "CL-TLS",
    "CL-BACKOFF",
    "CL-HALF-OPEN",
    "CL-IDLE",
    "PMD-PARAM",
    "PMD-CMWB-UNASKED",
    "PMD-SMWB",
    "PMD-SNCT",
    "PMD-SNCT-USE",
    "PMD-CNCT",
    "PMD-WINDOW",
    "PMD-TAIL",
];

/// The connection of an example, with what the two sides do in it.
fn play(example: &Example) -> Vec<ConnectionReport> {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    let with_head = example.lines.iter().any(|line| matches!(line.what, LineWhat::Head(_)));
    if with_head {
        talk.connect();
    } else {
        let upgrade = talk.upgrade();
        talk.open_with(&if example.deflate { upgrade.compressed() } else { upgrade });
    }
    let mut waiting: Option<(Side, Vec<u8>)> = None;
    for line in &example.lines {
        let side = if line.from == Role::Client { Client } else { Server };
        if let LineWhat::Bytes { wire, joined: true, .. } = &line.what {
            let (before, bytes) = waiting.as_mut().expect("something to join");
            assert_eq!(*before, side, "{}", example.title);
            bytes.extend(wire);
            continue;
        }
        if let Some((side, bytes)) = waiting.take() {
            talk.bytes(side, &bytes);
        }
        match &line.what {
            LineWhat::Head(head) => waiting = Some((side, head.clone().into_bytes())),
            LineWhat::Bytes { wire, uncaptured: true, .. } => {
                talk.uncaptured(|talk| {
                    talk.bytes(side, wire);
                });
            }
            LineWhat::Bytes { wire, .. } => waiting = Some((side, wire.clone())),
            LineWhat::Fin => drop(talk.fin(side)),
            LineWhat::Rst => drop(talk.reset(side)),
            LineWhat::Ack => drop(talk.ack(side)),
            LineWhat::Hold => drop(talk.hold(side)),
            LineWhat::Release => drop(talk.release(side)),
            LineWhat::Wait(ms) => drop(talk.pause(i64::from(*ms))),
        }
    }
    if let Some((side, bytes)) = waiting {
        talk.bytes(side, &bytes);
    }
    analyse(&talk.packets())
}

fn rules() -> Vec<RuleTopic> {
    let topics = explain::all_rules().into_iter();
    topics.map(|topic| if let Topic::Rule(rule) = topic { rule } else { panic!("a rule") }).collect()
}

fn codes() -> Vec<CodeTopic> {
    let topics = explain::all_codes().into_iter();
    topics.map(|topic| if let Topic::Code(code) = topic { code } else { panic!("a code") }).collect()
}

fn finds(reports: &[ConnectionReport], rule: RuleId) -> Vec<Option<Role>> {
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
            assert_eq!(reports.len(), 1, "{}: {}", rule.name, example.title);
            assert_eq!(!found.is_empty(), example.reported, "{}: {}: {all:?}", rule.name, example.title);
            for by in found.into_iter().flatten() {
                assert!(rule.who.includes(by) || rule.who == Who::N, "{} by the {}", rule.name, by.name());
            }
        }
    }
}

#[test]
fn rules_are_explained_both_ways_or_listed() {
    for topic in rules() {
        let name = topic.rule.name;
        let of = |reported| topic.examples.iter().any(|example| example.reported == reported);
        assert_eq!(topic.explanation.is_none(), NOT_YET.contains(&name), "{name}");
        let shown = topic.explanation.is_none() || of(true) && of(false);
        assert_eq!(!shown, NO_EXAMPLE.contains(&name), "{name}");
        let texts = topic.explanation.iter().chain(topic.next);
        for text in texts {
            assert!(!text.is_empty() && !text.contains("  "), "{name}: {text}");
        }
    }
}

#[test]
fn examples_of_codes_show_what_they_say() {
    for topic in codes() {
        let codes = &topic.entry.codes;
        for example in &topic.examples {
            let reports = play(example);
            let breaks = topic.breaks.is_some_and(|rule| !finds(&reports, rule).is_empty());
            assert_eq!(breaks, example.reported, "{codes:?} {}: {}", example.title, findings(&reports[0]));
            if !example.reported && topic.entry.sent_by != Who::N {
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
            let example = topic.examples.iter().find(|example| example.lines[0].from == role);
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
            "a Close calls for a Close (RFC 6455 5.5.1); another Close behind it is ignored (RFC 6455 7.1.5).",
        ),
        (
            "7.1.3",
            "a Close calls for a Close (RFC 6455 5.5.1); a Ping behind it calls for nothing (RFC 6455 5.5.2).",
        ),
    ] {
        let topics = explain::find(case).expect(case);
        let document = json::document(&topics).expect("a document");
        let document: serde_json::Value = serde_json::from_str(&document).expect("JSON");
        let found = document["topics"][0]["asks"].as_str().expect("words");
        assert_eq!(found.strip_prefix("That is legal: "), Some(asks), "{case}");
    }
}
