//! Whatever peers, agents and files say, through every view there is: nothing in it acts on a terminal or on what runs a CI job,
//! or leaves its format.
//!
//! Input: a script of conversations, or what agents and cases are called and said to have done.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use wslog::autobahn::policy::{Policy, check};
use wslog::autobahn::{diff, index};
use wslog::engine::{Keep, Sink, analyze_capture, present};
use wslog::error::Error;
use wslog::explain;
use wslog::limits::Limits;
use wslog::model::case::Run;
use wslog::model::run::RunSource;
use wslog::redact::{Redaction, seal};
use wslog::views::escape::is_unsafe;
use wslog::views::remarks::Remarks;
use wslog::views::run::{CheckReport, DiffReport, github, html, json, junit, markdown, text};
use wslog::views::text::Style;
use wslog::views::{FrameList, Options, explain as topics, markdown as tickets, summary, verdicts};
use wslog_fuzz::{FORMATS, Input, is_capture, script};

const STYLES: [Style; 2] = [Style::plain(40), Style::plain(200)];

/// Every reader of a log obeys nothing in it, and the format is kept.
fn harmless(format: &str, text: &str) {
    for line in text.lines() {
        assert!(!line.contains(is_unsafe), "{format}: {line:?}");
        assert!(!line.contains("##[") && !line.contains("##vso["), "{format}: {line:?}");
        let begins =
            line.trim_start().strip_prefix("::").is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        // Annotations are commands, of wslog's own.
        let own = format == "github"
            && ["::error", "::warning", "::notice"].iter().any(|own| line.starts_with(own));
        assert!(!begins || own, "{format}: {line:?}");
    }
    match format {
        "json" => drop(serde_json::from_str::<serde_json::Value>(text).expect("JSON")),
        "ndjson" | "jsonl" => {
            for line in text.lines() {
                let value: serde_json::Value = serde_json::from_str(line).expect("JSON");
                assert!(value.is_object(), "{line}");
            }
        }
        "csv" => columns(text),
        "junit" => drop(roxmltree::Document::parse(text).expect("XML")),
        _ => {}
    }
}

/// As many fields in each row of RFC 4180.
fn columns(text: &str) {
    let (mut fields, mut first, mut quoted) = (1, None, false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' if !quoted => fields += 1,
            '\n' if !quoted => {
                assert_eq!(*first.get_or_insert(fields), fields, "{text}");
                fields = 1;
            }
            _ => {}
        }
    }
    assert!(!quoted, "{text}");
}

fn capture(file: &[u8], how: u8) {
    let limits = Limits { max_findings: 12, max_inflated_bytes: 200_000, ..Limits::default() };
    let keep = Keep { first: 8, last: 8, payload_bytes: 60, cases: true, ..Keep::NOTHING };
    let mut conversations = Vec::new();
    let input = analyze_capture(file, Path::new("fuzz"), &limits, keep, &mut |conversation| {
        conversations.push(conversation);
        Ok(())
    });
    let input = match input {
        Ok(input) => input,
        Err(error) => return remarks(|remarks| remarks.failed(&error)),
    };
    remarks(|remarks| remarks.read(std::slice::from_ref(&input)).expect("memory takes it"));
    let redaction = [Redaction::Nothing, Redaction::Secrets, Redaction::Payloads][usize::from(how % 3)];
    for conversation in &conversations {
        let shown = seal(conversation.clone(), redaction).open();
        harmless("summary", &summary::sentences(&shown).join("\n"));
    }
    for format in FORMATS.into_iter().chain([tickets::FORMAT, verdicts::FORMAT]) {
        for style in STYLES {
            let mut out = Vec::new();
            let options = Options { frames: FrameList::All, selected: how & 4 != 0, ..Options::new(style) };
            let mut view = (format.sink)(Box::new(&mut out), options);
            let inputs = std::slice::from_ref(&input);
            let presented = present(conversations.clone(), inputs, redaction, &mut *view);
            assert!(matches!(presented, Ok(()) | Err(Error::NoRun { .. })), "memory takes it");
            drop(view);
            harmless(format.name, &String::from_utf8(out).expect("a view is text"));
        }
    }
}

fn remarks(say: impl FnOnce(&mut Remarks<&mut Vec<u8>>)) {
    let mut said = Vec::new();
    say(&mut Remarks::new(&mut said, false));
    harmless("remarks", &String::from_utf8(said).expect("a remark is text"));
}

/// Text that means something to a terminal, to Markdown, XML or a CI runner, more often than not.
fn hostile(input: &mut Input<'_>) -> String {
    const PARTS: [&str; 16] = [
        "::error::",
        "##[error]",
        "##vso[task]",
        "\u{1b}[31m",
        "\u{202e}",
        "\n",
        "]]>",
        "|",
        "`",
        "<b>",
        "&amp;",
        "\"",
        "%0A",
        "\u{9b}",
        "#1 @team",
        "\u{fffe}",
    ];
    let mut text = String::new();
    for _ in 0..input.byte() % 6 {
        let how = input.byte();
        if how < 0x80 {
            text.push_str(PARTS[usize::from(how % 16)]);
        } else {
            text.push_str(&String::from_utf8_lossy(input.bytes(usize::from(how % 16))));
        }
    }
    text
}

/// An index, and its text as JSON.
fn run(input: &mut Input<'_>) -> Result<Run, Error> {
    const BEHAVIORS: [&str; 6] = ["OK", "FAILED", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "MISSING"];
    let mut agents = serde_json::Map::new();
    for _ in 0..input.byte() % 3 + 1 {
        let mut cases = serde_json::Map::new();
        for _ in 0..input.byte() % 8 {
            let [a, b, c, d] = input.array();
            let behavior = match BEHAVIORS.get(usize::from(a % 8)) {
                Some(behavior) => (*behavior).to_owned(),
                None => hostile(input),
            };
            let close = if b < 128 { "OK".to_owned() } else { hostile(input) };
            let case = serde_json::json!({
                "behavior": behavior,
                "behaviorClose": close,
                "duration": c,
                "remoteCloseCode": u16::from(d) + 900,
                "reportfile": hostile(input),
            });
            cases.insert(format!("{}.{}", a % 13 + 1, b % 8 + 1), case);
        }
        agents.insert(hostile(input), cases.into());
    }
    let index = serde_json::Value::from(agents).to_string();
    index::read(index.as_bytes(), Path::new("index.json"), &Limits::DEFAULT).map(|index| index.run)
}

fn runs(mut input: Input<'_>) {
    let (old, new) = match (run(&mut input), run(&mut input)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(error), _) | (_, Err(error)) => return remarks(|remarks| remarks.failed(&error)),
    };
    let asked = hostile(&mut input);
    let source = RunSource { path: asked.clone(), ..RunSource::default() };
    let compared = diff::compare(&old, &new, &diff::Options::default());
    let report = DiffReport { old: &source, new: &source, diff: &compared, failed: &[] };
    harmless("json", &json::diff(&report));
    harmless("markdown", &markdown::diff(&report));
    harmless("junit", &junit::diff(&report));
    harmless("github", &github::diff(&report));
    harmless("html", &html::diff(&report));
    let policy = format!("[expect]\nagents = [{}]\n", serde_json::Value::from(asked.as_str()));
    let policy = match Policy::parse(&policy, Path::new("policy.toml")) {
        Ok(policy) => policy,
        Err(error) => {
            remarks(|remarks| remarks.failed(&error));
            Policy::default()
        }
    };
    let checked = check(&new, None, &policy);
    let report_of_check = CheckReport { run: &source, checked: &checked };
    harmless("json", &json::check(&report_of_check));
    harmless("markdown", &markdown::check(&report_of_check));
    harmless("junit", &junit::check(&report_of_check));
    harmless("github", &github::check(&report_of_check));
    harmless("html", &html::check(&report_of_check));
    for style in STYLES {
        harmless("text", &text::diff(&report, &style));
        harmless("text", &text::check(&report_of_check, &style));
    }
    match explain::find(&asked) {
        Ok(found) => {
            harmless("json", &topics::json::document(&found));
            for style in STYLES {
                harmless("text", &topics::text::full(&found, &style));
                harmless("text", &topics::text::list(&found, &style));
            }
        }
        Err(error) => remarks(|remarks| remarks.failed(&error)),
    }
}

fuzz_target!(|data: &[u8]| {
    match data {
        [how, rest @ ..] if how & 0x80 != 0 => runs(Input(rest)),
        [how, rest @ ..] if is_capture(rest) => capture(rest, *how),
        [how, rest @ ..] => capture(&script::file(Input(rest)), *how),
        [] => {}
    }
});
