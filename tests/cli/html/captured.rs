//! Cases of the Autobahn Testsuite in the page of `inspect --format html`: from captures, from reports, from both.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use wslog::autobahn::cases;
use wslog::model::case::CaseId;

use super::{clean, inspect, page_of, scratch};
use crate::support::browser::{self, Browser};
use crate::support::capture_file::Pcap;
use crate::support::conversation::{TestPacket, merge};
use crate::support::page::Page;
use crate::support::suite_run::SuiteRun;
use crate::verdicts;

#[test]
fn the_matrix_of_a_capture_has_the_verdicts_of_its_index() {
    let (page, file) = page_of("matrix", &verdicts::run(), &[]);
    let capture = file.with_file_name("capture.pcap").into_os_string().into_string().expect("UTF-8");
    let index: Value =
        serde_json::from_str(&inspect(&["-q", "--format", "autobahn-index", &capture])).expect("JSON");
    let columns = Page::open(&page).document["runs"].take();
    let columns = columns.as_array().expect("a list");
    assert_eq!(columns.len(), index.as_object().expect("agents").len());
    for column in columns {
        assert_eq!((&column["path"], &column["testee_is"]), (&json!(capture), &json!("client")));
        let entries = &index[column["agent"].as_str().expect("a name")];
        let cases = column["cases"].as_array().expect("a list");
        assert_eq!(cases.len(), entries.as_object().expect("cases").len());
        for case in cases {
            let entry = &entries[case["case"].as_str().expect("a number")];
            for (name, of_index) in [
                ("behavior", "behavior"),
                ("behavior_close", "behaviorClose"),
                ("id", "connection"),
                ("why", "noVerdict"),
            ] {
                assert_eq!(case[name], entry[of_index], "{case}");
            }
        }
    }
    // Without a script, too.
    let (_, shown) = page.rsplit_once("data-wslog=\"document\"").expect("blobs");
    for words in
        ["lib/1.0 (client): 4 cases", "other lib (client): ", "not in the matrix, for it is not certain"]
    {
        assert!(shown.contains(words), "{words}");
    }
}

/// A run of these cases by one agent, from a port on.
fn run_of(agent: &str, from: u16, ids: &[&str]) -> Vec<TestPacket> {
    merge(ids.iter().zip(from..).map(|(id, n)| {
        let case = cases::find(&CaseId::new(id).expect("a number")).expect("a case");
        SuiteRun::SERVER.passed(n, &format!("/runCase?casetuple={id}&agent={agent}"), case)
    }))
}

/// Captures and reports in a folder of their own, and the arguments that name them.
fn named(name: &str, captures: &[(&str, Vec<TestPacket>)]) -> (PathBuf, Vec<String>) {
    let folder = scratch(name);
    let files = captures.iter().map(|(name, packets)| {
        let file = folder.join(name);
        fs::write(&file, Pcap::default().write(packets)).expect("a capture");
        file.into_os_string().into_string().expect("UTF-8")
    });
    let files = files.collect();
    (folder, files)
}

/// Agents and cases of the columns of a page.
fn columns(page: &str) -> Vec<(String, usize)> {
    let columns = Page::open(page).document["runs"].take();
    let column = |column: &Value| {
        let cases = column["cases"].as_array().expect("a list").len();
        (column["agent"].as_str().expect("a name").to_owned(), cases)
    };
    columns.as_array().expect("a list").iter().map(column).collect()
}

#[test]
fn runs_of_one_agent_have_a_column_each() {
    #[track_caller]
    fn check(name: &str, captures: &[(&str, Vec<TestPacket>)], expected: &[(&str, usize)]) {
        let (_, files) = named(name, captures);
        let mut arguments = vec!["-q", "--format", "html"];
        arguments.extend(files.iter().map(String::as_str));
        let expected: Vec<_> = expected.iter().map(|(agent, cases)| ((*agent).to_owned(), *cases)).collect();
        assert_eq!(columns(&inspect(&arguments)), expected);
    }
    let [one, again] = [run_of("a", 1, &["1.1.1", "2.2"]), run_of("a", 11, &["1.1.1", "2.2"])];
    check("again", &[("1.pcap", one.clone()), ("2.pcap", again.clone())], &[("a", 2), ("a", 2)]);
    // Goes on in the next file.
    check("on", &[("1.pcap", one.clone()), ("2.pcap", run_of("a", 11, &["7.1.1"]))], &[("a", 3)]);
    check("others", &[("1.pcap", one), ("2.pcap", run_of("b", 11, &["1.1.1"]))], &[("a", 2), ("b", 1)]);
    // In one capture the last counts, as in the suite.
    check(
        "twice",
        &[("1.pcap", merge([run_of("a", 1, &["1.1.1"]), run_of("a", 11, &["1.1.1"])]))],
        &[("a", 1)],
    );
}

#[test]
fn a_browser_shows_runs_beside_one_another() {
    let Some(program) = browser::find() else { return };
    let hostile = "%3C%2Fscript%3E%3Cscript%3Edocument.title=%27owned%27%3C/script%3E%e2%80%ae";
    let runs = [
        ("1.pcap", merge([run_of("alpha", 1, &["1.1.1", "2.2"]), run_of(hostile, 11, &["1.1.1"])])),
        ("2.pcap", run_of("alpha", 21, &["1.1.1", "7.1.1"])),
    ];
    let (folder, files) = named("beside", &runs);
    let reports = folder.join("reports");
    fs::create_dir_all(&reports).expect("a folder");
    for name in ["alpha_case_3_2.json", "alpha_case_7_1_5.json"] {
        fs::copy(format!("samples/autobahn/before/{name}"), reports.join(name)).expect("a report");
    }
    let mut arguments = vec!["-q", "--format", "html", reports.to_str().expect("UTF-8")];
    arguments.extend(files.iter().map(String::as_str));
    let file = folder.join("page.html");
    fs::write(&file, inspect(&arguments)).expect("a page");
    let mut browser = Browser::start(&program, &scratch("profile-beside"));
    let heads = "[...document.querySelectorAll('#matrix thead th')].slice(1).map((head) => [head.querySelector('bdi').textContent, head.querySelector('.run')?.textContent ?? null])";
    let cells = "[...document.querySelectorAll('#matrix tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent).join(' '))";
    for (width, is_dark) in [(1280, false), (400, true)] {
        browser.resize(width, is_dark);
        browser.open(&file);
        let what = format!("{width} pixels");
        let agent = "</script><script>document.title='owned'</script>\\u{202e}";
        let expected =
            json!([[agent, null], ["alpha", "1.pcap"], ["alpha", "2.pcap"], ["alpha", "reports/"]]);
        assert_eq!(browser.evaluate(heads), expected, "{what}");
        let expected =
            json!(["1.1.1 ✓✓ ✓✓ ✓✓ ·", "2.2 · ✓✓ · ·", "3.2 · · · ✓✓?", "7.1.1 · · ✓✓ ·", "7.1.5 · · · ✗c"]);
        assert_eq!(browser.evaluate(cells), expected, "{what}");
        let wider = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(wider.as_i64().is_some_and(|pixels| pixels <= 0), "{what}: {wider} pixels too wide");
        browser.click("#matrix [data-filter=odd]");
        assert_eq!(browser.evaluate(cells), json!(["3.2 ✓✓?", "7.1.5 ✗c"]), "{what}");
        browser.click("#matrix [data-filter=odd]");
        // A cell is its connection, which says which case it was.
        browser.click("#matrix tbody tr:nth-child(2) a");
        browser.wait("document.querySelector('#connection')");
        let told = browser.evaluate("document.querySelector('.of-case').textContent");
        assert_eq!(
            told, "Autobahn case 2.2, agent alpha · worked out from the wire: OK / close OK",
            "{what}"
        );
        browser.press("Escape");
        browser.wait("document.querySelector('#detail').hidden");
        // The list can be searched for them.
        browser.press("/");
        for c in "7.1.1".chars() {
            browser.press(&c.to_string());
        }
        assert_eq!(browser.evaluate(cells), json!(["7.1.1 ✓✓"]), "{what}");
    }
    clean(&browser, "beside");
}
