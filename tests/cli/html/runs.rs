//! `diff` and `check` with `--format html`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value, json};

use super::{HOSTILE, clean, keeps_its_policy, scratch};
use crate::support::browser::{self, Browser};

fn wslog(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("it runs");
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// A run of which each agent has these cases: number, behavior, close, code.
type Cases<'c> = &'c [(&'c str, &'c str, &'c str, u16)];

/// A file with such a run.
fn run_file(folder: &str, name: &str, agents: &[(&str, Cases<'_>)]) -> String {
    let run: Map<String, Value> = agents
        .iter()
        .map(|(agent, cases)| {
            let cases = cases.iter().map(|(case, behavior, close, code)| {
                let entry = json!({"behavior": behavior, "behaviorClose": close, "remoteCloseCode": code, "duration": 2});
                ((*case).to_owned(), entry)
            });
            ((*agent).to_owned(), Value::Object(cases.collect()))
        })
        .collect();
    let file = PathBuf::from(folder).join(name);
    fs::write(&file, Value::Object(run).to_string()).expect("a scratch file");
    file.into_os_string().into_string().expect("UTF-8")
}

fn folder(name: &str) -> String {
    scratch(name).into_os_string().into_string().expect("UTF-8")
}

/// Two runs that differ in every way.
fn two_runs(folder: &str, agents: [&str; 2]) -> [String; 2] {
    const FINE: (&str, &str, u16) = ("OK", "OK", 1000);
    let of = |case, (behavior, close, code)| (case, behavior, close, code);
    let old = [
        &[of("1.1.1", FINE), of("2.10", FINE), of("3.2", FINE), of("7.1.5", ("FAILED", "OK", 1000))][..],
        &[of("1.1.1", FINE), of("2.10", FINE), of("3.2", FINE), of("7.1.5", FINE)],
    ];
    let new = [
        &[of("1.1.1", FINE), of("2.9", FINE), of("3.2", ("FAILED", "WRONG CODE", 1002)), of("7.1.5", FINE)][..],
        &[
            of("1.1.1", FINE),
            of("2.10", ("OK", "OK", 1001)),
            of("3.2", FINE),
            of("7.1.5", ("OK", "UNCLEAN", 1000)),
        ],
    ];
    [("old.json", old), ("new.json", new)].map(|(name, cases)| {
        let run: Vec<_> = agents.into_iter().zip(cases).collect();
        run_file(folder, name, &run)
    })
}

fn escaped(text: &str) -> String {
    text.replace('&', "&#38;")
        .replace('<', "&#60;")
        .replace('>', "&#62;")
        .replace('"', "&#34;")
        .replace('\'', "&#39;")
}

#[test]
fn without_a_script_all_that_the_documents_say_is_there() {
    for (arguments, lists) in [
        (
            &["diff", "samples/autobahn/before", "samples/autobahn/after"][..],
            &["/agents/0/changes", "/agents/1/changes"][..],
        ),
        (
            &[
                "diff",
                "--accept",
                "samples/autobahn/accepted.toml",
                "samples/autobahn/before",
                "samples/autobahn/after",
            ],
            &["/agents/0/changes"],
        ),
        (
            &[
                "check",
                "--policy",
                "samples/autobahn/policy.toml",
                "--warn",
                "unexpected-pass,absent",
                "samples/autobahn/after",
            ],
            &["/violations", "/warnings", "/expected_failures"],
        ),
        (
            &["diff", "samples/autobahn/before", "samples/autobahn/before/alpha_case_3_2.json"],
            &["/agents/1/changes"],
        ),
    ] {
        let page = wslog(&[arguments, &["--format", "html"]].concat());
        let document: Value =
            serde_json::from_str(&wslog(&[arguments, &["--format", "json"]].concat())).expect("JSON");
        keeps_its_policy(&page);
        for list in lists {
            for told in document.pointer(list).and_then(Value::as_array).expect("a list") {
                for field in ["case", "why", "kind", "detail", "reason", "accepted"] {
                    let words = escaped(told[field].as_str().unwrap_or_default());
                    assert!(page.contains(&words), "{arguments:?}: {told}");
                }
            }
        }
        for failed in document["failed_on"].as_array().into_iter().flatten() {
            assert!(page.contains(failed.as_str().expect("text")), "{arguments:?}: {failed}");
        }
        let rows = page.matches("<tr id=\"e").count();
        let told =
            lists.iter().filter_map(|list| document.pointer(list)?.as_array()).map(Vec::len).sum::<usize>();
        assert!(rows >= told && told > 0, "{arguments:?}: {rows} rows, {told} told");
    }
}

#[test]
fn what_reports_say_is_text_in_the_page() {
    for (n, text) in HOSTILE.iter().enumerate() {
        let folder = folder(&format!("run-{n}"));
        let runs = two_runs(&folder, ["plain", text]);
        let page = wslog(&["diff", "--format", "html", &runs[0], &runs[1]]);
        keeps_its_policy(&page);
        assert!(!page.contains(['\u{202e}', '\u{2066}']), "{text}");
        keeps_its_policy(&wslog(&[
            "check",
            "--format",
            "html",
            &runs[1],
            "--require-agent",
            &format!("{text}{text}"),
        ]));
    }
}

#[test]
fn a_browser_filters_searches_and_sorts_changes() {
    let Some(program) = browser::find() else { return };
    let folder = folder("changes");
    let runs = two_runs(&folder, ["1alpha", "</script><script>document.title='owned'</script>\u{202e}"]);
    let page = wslog(&["diff", "--format", "html", &runs[0], &runs[1]]);
    let file = PathBuf::from(&folder).join("page.html");
    fs::write(&file, page).expect("a page");
    let mut browser = Browser::start(&program, &scratch("profile-changes"));
    let rows = "[...document.querySelectorAll('#entries tbody tr:not([hidden])')].map((row) => row.cells[0].textContent.slice(2) + ' ' + row.cells[1].textContent)";
    let cases = "[...document.querySelectorAll('#matrix tbody tr:not([hidden])')].map((row) => row.cells[0].textContent)";
    let all = json!([
        "regression 3.2",
        "regression 7.1.5",
        "missing 2.10",
        "changed 2.10",
        "fixed 7.1.5",
        "added 2.9"
    ]);
    for (width, is_dark) in [(1280, false), (400, true)] {
        browser.resize(width, is_dark);
        browser.open(&file);
        let what = format!("{width} pixels");
        let wider = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(wider.as_i64().is_some_and(|pixels| pixels <= 0), "{what}: {wider} pixels too wide");
        assert_eq!(browser.evaluate(rows), all, "{what}");
        assert_eq!(
            browser.evaluate(cases),
            json!(["2.9", "2.10", "3.2", "7.1.5"]),
            "{what}: those that changed"
        );
        browser.click("[data-filter=same]");
        assert_eq!(browser.evaluate(cases), json!(["1.1.1", "2.9", "2.10", "3.2", "7.1.5"]), "{what}");
        browser.click("[data-filter=same]");
        // The kind, the section, the agent, words.
        browser.click("#tools [data-kind='0']");
        assert_eq!(browser.evaluate(rows), json!(["regression 3.2", "regression 7.1.5"]), "{what}");
        assert_eq!(browser.evaluate(cases), json!(["3.2", "7.1.5"]), "{what}");
        browser.press("Escape");
        let choose = |name: &str, value: &str| {
            format!(
                "(() => {{ const select = document.querySelector('[data-filter={name}]'); select.value = '{value}'; select.dispatchEvent(new Event('change')); }})()"
            )
        };
        browser.evaluate(&choose("section", "7"));
        assert_eq!(browser.evaluate(rows), json!(["regression 7.1.5", "fixed 7.1.5"]), "{what}");
        browser.evaluate(&choose("agent", "1"));
        assert_eq!(
            browser.evaluate("document.querySelectorAll('#matrix thead th:not([hidden])').length"),
            2,
            "{what}"
        );
        browser.press("Escape");
        assert_eq!(browser.evaluate(rows), all, "{what}");
        browser.press("/");
        for c in "unclean".chars() {
            browser.press(&c.to_string());
        }
        let found = browser.evaluate(rows);
        assert_eq!(found.as_array().map(Vec::len), Some(1), "{what}: {found}");
        // From the search to the list, to the matrix, along it, and back.
        browser.press("Enter");
        assert_eq!(browser.evaluate("document.activeElement.tagName"), "TR", "{what}");
        browser.press("Escape");
        for key in ["j", "k", "k"] {
            browser.press(key);
        }
        browser.press("Enter");
        let at = "document.activeElement.title";
        let title = browser.evaluate(at);
        assert!(
            title.as_str().is_some_and(|title| title.starts_with("3.2 1alpha: OK / OK")),
            "{what}: {title}"
        );
        browser.press("ArrowDown");
        let title = browser.evaluate(at);
        assert!(
            title.as_str().is_some_and(|title| title.starts_with("7.1.5 1alpha: FAILED")),
            "{what}: {title}"
        );
        browser.press("ArrowRight");
        browser.press("Enter");
        assert_eq!(browser.evaluate("document.activeElement.id"), "e1", "{what}");
    }
    browser.resize(1280, false);
    browser.click("#entries [data-sort=case] button");
    let sorted =
        browser.evaluate("[...document.querySelectorAll('#entries .case')].map((cell) => cell.textContent)");
    assert_eq!(sorted, json!(["2.9", "2.10", "2.10", "3.2", "7.1.5", "7.1.5"]));
    browser.click("#entries [data-sort=case] button");
    let last = browser.evaluate("document.querySelector('#entries .case').textContent");
    assert_eq!(last, "7.1.5");
    let text = browser.evaluate("document.querySelector('#matrix').textContent");
    assert!(text.as_str().is_some_and(|text| text.contains("owned'</script>\\u{202e}")), "{text}");
    assert!(browser.evaluate("document.title").as_str().is_some_and(|title| title.ends_with("wslog")));
    // Of very many changes the first are laid out, until the others are asked for.
    let cases: Vec<_> = (1..=600).map(|n| format!("1.{n}")).collect();
    let runs = [("many-old.json", "OK"), ("many-new.json", "FAILED")].map(|(name, behavior)| {
        let cases: Vec<_> = cases.iter().map(|case| (case.as_str(), behavior, "OK", 1000)).collect();
        run_file(&folder, name, &[("alpha", &cases)])
    });
    fs::write(&file, wslog(&["diff", "--format", "html", &runs[0], &runs[1]])).expect("a page");
    browser.open(&file);
    let shown = "document.querySelectorAll('#entries tbody tr:not([hidden])').length";
    assert_eq!(browser.evaluate(shown), 500);
    browser.click("#matrix tbody tr:last-child a");
    assert_eq!(browser.evaluate("document.activeElement.id"), "e599");
    assert_eq!(browser.evaluate(shown), 600);
    clean(&browser, "changes");
}
