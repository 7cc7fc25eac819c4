//! Pages for a browser: what that of `inspect --format html` holds, what of it needs no script, and what a browser makes of it;
//! those of `diff` and `check` in `html/runs.rs`.

mod captured;
mod runs;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::browser::{self, Browser};
use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::frame::Frame;
use crate::support::page::Page;

fn inspect(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .arg("inspect")
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("html").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a scratch directory");
    folder
}

/// The page of a capture, and the file it is in.
fn page_of(name: &str, packets: &[TestPacket], more: &[&str]) -> (String, PathBuf) {
    let folder = scratch(name);
    let capture = folder.join("capture.pcap");
    fs::write(&capture, Pcap::default().write(packets)).expect("a capture");
    let page = inspect(&[&["--format", "html", capture.to_str().expect("UTF-8")], more].concat());
    let file = folder.join("page.html");
    fs::write(&file, &page).expect("a page");
    (page, file)
}

fn samples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let files = fs::read_dir(folder).expect("samples").map(|entry| entry.expect("a file").path());
    let captures = files
        .filter(|file| file.extension().is_some_and(|end| end == "pcap" || end == "pcapng" || end == "txt"));
    let mut captures: Vec<_> =
        captures.map(|file| file.into_os_string().into_string().expect("UTF-8")).collect();
    captures.sort();
    captures
}

#[test]
fn the_page_holds_the_connections_of_the_document() {
    let samples = samples();
    assert!(samples.len() > 20);
    let mut seen = 0;
    for sample in samples {
        let frames = ["--frames", "all", "--payload", "full", sample.as_str()];
        let document: Value =
            serde_json::from_str(&inspect(&[&["--format", "json"], &frames[..]].concat())).expect("JSON");
        let mut page = Page::open(&inspect(&[&["--format", "html"], &frames[..]].concat()));
        for (connection, (_, row)) in page.connections.iter_mut().zip(&page.rows) {
            let more = connection.as_object_mut().expect("an object").remove("page").expect("what is drawn");
            assert_eq!(connection["id"], row["id"], "{sample}");
            assert_eq!(more["tone"], row["tone"], "{sample}");
            for role in ["client", "server"] {
                let states = more["states"][role].as_array().expect("states");
                let last = connection["closing"][role]["state"].as_str().expect("a state");
                assert!(states.last().is_none_or(|state| state["name"] == last), "{sample}: {states:?}");
            }
            seen += 1;
        }
        assert_eq!(page.rows.len(), page.connections.len(), "{sample}");
        assert_eq!(json!(page.connections), document["connections"], "{sample}");
        assert_eq!(page.document["inputs"], document["inputs"], "{sample}");
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn what_tcp_shows_has_its_moment() {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.open().send(Server, Frame::text("hello")).again(Server);
    talk.window(Client, 0).pause(500).window(Client, 9_000);
    talk.uncaptured(|talk| {
        talk.send(Server, Frame::text("lost"));
    });
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
    let (page, _) = page_of("moments", &talk.packets(), &[]);
    let page = &Page::open(&page).connections[0]["page"];
    let moments = page["moments"].as_array().expect("a list");
    let of = |moment: &Value| {
        let [by, what] = ["by", "what"].map(|name| moment[name].as_str().expect("a name").to_owned());
        (by, what, moment["bytes"].as_u64())
    };
    let expected = [
        ("client", "zero_window", None),
        ("client", "window_opened", None),
        ("client", "fin_acknowledged", None),
        ("server", "retransmission", Some(7)),
        ("server", "fin_acknowledged", None),
        ("server", "gap", Some(6)),
    ];
    let expected = expected.map(|(by, what, bytes)| (by.to_owned(), what.to_owned(), bytes));
    assert_eq!(moments.iter().map(of).collect::<Vec<_>>(), expected);
    for role in ["client", "server"] {
        assert_eq!(page["reached"][role]["known"], true, "{role}");
        let states = page["states"][role].as_array().expect("states");
        let names: Vec<_> = states.iter().map(|state| state["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["connecting", "open", "closing", "closed"]);
        assert!(states.is_sorted_by_key(|state| state["at"].as_str()), "{states:?}");
    }
}

/// Text that would do something, were it taken for markup.
const HOSTILE: [&str; 5] = [
    "<script>document.title='owned'</script>",
    "\"><img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    "<!--<script>",
    "\u{202e}gpj.exe\u{2066}",
];

fn hostile() -> Vec<TestPacket> {
    let talks = HOSTILE.iter().enumerate().map(|(n, text)| {
        let mut talk = Talk::new(&format!("192.0.2.{}:50001", 10 + n), "192.0.2.20:8080");
        let mut upgrade = talk.upgrade().ask("User-Agent", text).answer("Server", text);
        upgrade.target = format!("/{}", text.replace(' ', "+"));
        talk.open_with(&upgrade);
        talk.send(Client, Frame::text(*text)).send(Server, Frame::text(json!({*text: [text]}).to_string()));
        talk.send(Server, Frame::close(1011, text)).send(Client, Frame::close(1011, "")).end_tcp(Server);
        talk.packets()
    });
    merge(talks)
}

/// Its policy lets in its one style and its one script, and nothing in it is another, or asks for anything.
#[track_caller]
fn keeps_its_policy(page: &str) {
    let between = |begins: &str, ends: &str| {
        let (_, rest) = page.rsplit_once(begins).expect("it begins");
        rest.split(ends).next().expect("it ends").to_owned()
    };
    let hash = |text: &str| format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)));
    let [style, script] = [hash(&between("<style>", "</style>")), hash(&between("<script>", "</script>"))];
    let policy = between("http-equiv=\"Content-Security-Policy\" content=\"", "\"").replace("&#39;", "'");
    let expected = format!(
        "default-src 'none'; style-src {style}; script-src {script}; base-uri 'none'; form-action 'none'"
    );
    assert_eq!(policy, expected);
    let scripts = page.matches("<script").count();
    let blobs = page.matches("<script type=\"text/plain\" data-wslog=\"").count();
    assert_eq!(scripts, blobs + 1, "what a peer wrote is no script");
    for markup in ["<img", "<!--", "onerror=\"", "http://", "https://", "src=", " style="] {
        let outside = page.replace(&between("<script>", "</script>"), "");
        let found =
            outside.find(markup).map(|at| &outside[at.saturating_sub(60)..(at + 60).min(outside.len())]);
        // As text it may stand there.
        assert!(found.is_none_or(|around| around.contains("&#")), "{markup}: {found:?}");
    }
}

#[test]
fn the_page_runs_nothing_but_its_script() {
    let (page, _) = page_of("policy", &hostile(), &["--payload", "full"]);
    keeps_its_policy(&page);
}

#[test]
fn without_a_script_kinds_and_the_worst_are_there() {
    let (page, _) = page_of("plain", &hostile(), &[]);
    let (_, shown) = page.rsplit_once("data-wslog=\"document\"").expect("blobs");
    for words in [
        "5 connections",
        "How they ended",
        "In full",
        "192.0.2.10:50001 (client)",
        "Close 1011",
        "client sees",
    ] {
        assert!(shown.contains(words), "{words}");
    }
    assert_eq!(shown.matches("<li class=\"").count(), 1);
}

#[test]
fn a_page_takes_the_place_of_the_one_before_and_is_no_report() {
    let folder = scratch("again");
    let page = folder.join("page.html").into_os_string().into_string().expect("UTF-8");
    for sample in ["samples/reset.pcap", "samples/clean-close.pcap"] {
        inspect(&["-q", "--format", "html", "-o", &page, sample]);
        assert!(fs::read_to_string(&page).expect("a page").contains(sample), "{sample}");
    }
    let output =
        Command::new(env!("CARGO_BIN_EXE_wslog")).args(["inspect", &page]).output().expect("it runs");
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
}

/// So many connections, of which one is reset.
fn many(connections: u16) -> Vec<TestPacket> {
    let mut all = Vec::new();
    for n in 0..connections {
        let mut talk =
            Talk::new(&format!("192.0.2.10:{}", 20_000 + n), "192.0.2.20:8080").starting_after(i64::from(n));
        talk.open();
        for i in 0..n % 7 {
            talk.send(Client, Frame::ping(format!("{i}"))).send(Server, Frame::pong(format!("{i}")));
        }
        if n == 11 {
            talk.reset(Server);
        } else {
            talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
        }
        all.extend(talk.packets());
    }
    all
}

fn clean(browser: &Browser, what: &str) {
    assert_eq!(browser.complaints, [] as [String; 0], "{what}");
    let asked: Vec<_> = browser.requests.iter().filter(|url| !url.starts_with("file:")).collect();
    assert_eq!(asked, [] as [&String; 0], "{what}: a request leaves the page");
}

#[test]
fn a_browser_shows_filters_sorts_and_draws() {
    let Some(program) = browser::find() else { return };
    let (_, file) = page_of("many", &many(300), &[]);
    let mut browser = Browser::start(&program, &scratch("profile"));
    let status = "document.querySelector('#connections .count').textContent";
    let ids = "[...document.querySelectorAll('#connections .list [data-id]')].map((row) => row.dataset.id)";
    for (width, is_dark) in [(1280, false), (400, true)] {
        browser.resize(width, is_dark);
        browser.open(&file);
        let what = format!("{width} pixels");
        assert_eq!(browser.evaluate(status), "300 connections", "{what}");
        // Of many rows only those are elements that can be seen.
        assert!(
            browser.evaluate(&format!("{ids}.length")).as_u64().is_some_and(|rows| (5..100).contains(&rows)),
            "{what}"
        );
        let wider = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(wider.as_i64().is_some_and(|pixels| pixels <= 0), "{what}: {wider} pixels too wide");
        browser.click("#connections [data-tone=odd]");
        assert_eq!(browser.evaluate(status), "1 of 300 connections", "{what}");
        assert_eq!(browser.evaluate(ids), json!(["12"]), "{what}");
        browser.click("#connections [data-tone=odd]");
        // The keys: to the search, words, to the list, down, open.
        browser.press("/");
        for c in "20199".chars() {
            browser.press(&c.to_string());
        }
        assert_eq!(browser.evaluate(status), "1 of 300 connections", "{what}");
        browser.press("Enter");
        browser.press("Enter");
        browser.wait("document.querySelector('#connection')?.dataset.id === '200'");
        let wider = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert!(wider.as_i64().is_some_and(|pixels| pixels <= 0), "{what}: {wider} pixels too wide");
        assert_eq!(browser.evaluate("document.querySelectorAll('.bar.ping').length"), 3, "{what}");
        assert_eq!(browser.evaluate("document.querySelectorAll('.pair').length"), 3, "{what}");
        assert_eq!(
            browser.evaluate("document.querySelectorAll('.closing .arrow.close').length"),
            2,
            "{what}"
        );
        // The time line: nearer, to the end, all of it.
        let seen = "document.querySelector('.window').textContent";
        let whole = browser.evaluate(seen);
        browser.press("t");
        browser.press("+");
        assert_ne!(browser.evaluate(seen), whole, "{what}");
        browser.press("e");
        assert_eq!(browser.evaluate("document.querySelectorAll('.bar.ping').length"), 0, "{what}");
        browser.press("0");
        assert_eq!(browser.evaluate(seen), whole, "{what}");
        browser.click(".bar.close");
        browser.wait("document.querySelector('.pane')?.textContent.includes('close FIN')");
        browser.press("Escape");
        browser.wait("document.querySelector('#detail').hidden");
        browser.evaluate("document.querySelector('#connections input').value = ''");
    }
    browser.resize(1280, false);
    browser.open(&file);
    browser.click("#connections [data-sort=frames]");
    browser.click("#connections [data-sort=frames]");
    let frames = "[...document.querySelectorAll('#connections .row:not(.head) .frames')].map((cell) => Number(cell.textContent))";
    let sorted = browser.evaluate(frames);
    let sorted: Vec<_> = sorted.as_array().expect("a list").iter().filter_map(Value::as_u64).collect();
    assert_eq!(sorted.first(), Some(&14), "{sorted:?}");
    assert!(sorted.is_sorted_by(|a, b| a >= b), "{sorted:?}");
    // The frames of one: filtered, found, and all again where one is gone to that the filter hides.
    browser.evaluate("location.hash = 'c=7'");
    browser.wait("document.querySelector('#connection')?.dataset.id === '7'");
    let listed = "[...document.querySelectorAll('#frames .row.frame .what')].map((cell) => cell.textContent)";
    assert_eq!(browser.evaluate(listed).as_array().map(Vec::len), Some(14));
    browser.evaluate("(() => { const kind = document.querySelector('#frames [data-filter=kind]'); kind.value = 'pong'; kind.dispatchEvent(new Event('change')); })()");
    assert_eq!(browser.evaluate(listed), Value::from(vec!["pong FIN"; 6]));
    browser.click("#frames input");
    for c in "#4".chars() {
        browser.press(&c.to_string());
    }
    assert_eq!(browser.evaluate("document.querySelector('#frames .count').textContent"), "1 of 14");
    browser.click(".bar.close");
    browser.wait("document.querySelector('.pane')?.textContent.includes('close FIN')");
    assert_eq!(browser.evaluate(listed).as_array().map(Vec::len), Some(14));
    clean(&browser, "many");
}

#[test]
fn a_browser_draws_thousands_of_frames_as_columns() {
    let Some(program) = browser::find() else { return };
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.open();
    for n in 0..1_000 {
        let frame = if n % 100 == 0 { Frame::binary("b") } else { Frame::text("t") };
        talk.pause(10).send(Server, frame);
    }
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
    let (_, file) = page_of("columns", &talk.packets(), &["--frames", "all"]);
    let mut browser = Browser::start(&program, &scratch("profile-columns"));
    browser.resize(400, false);
    browser.open(&file);
    browser.evaluate("location.hash = 'c=1'");
    browser.wait("document.querySelector('.heaps')");
    let kinds = "[...document.querySelectorAll('.heaps')].map((side) => [...side.children].map((path) => path.getAttribute('class')))";
    assert_eq!(browser.evaluate(kinds), json!([["bar close"], ["bar text", "bar binary", "bar close"]]));
    let single = "document.querySelectorAll('.bar[data-frame]').length";
    assert_eq!(browser.evaluate(single), 0);
    // A column is its frames; a click goes to one.
    browser.click("svg.timeline");
    assert!(
        browser
            .evaluate("document.querySelector('.row.frame[aria-selected=true]') !== null")
            .as_bool()
            .expect("a boolean")
    );
    browser.press("t");
    browser.press("+");
    assert_eq!(browser.evaluate("document.querySelectorAll('.heaps').length"), 0);
    assert!(browser.evaluate(single).as_u64().is_some_and(|bars| bars > 50));
    clean(&browser, "columns");
}

#[test]
fn a_browser_takes_what_peers_wrote_for_text() {
    let Some(program) = browser::find() else { return };
    let (_, file) = page_of("hostile", &hostile(), &["--payload", "full"]);
    let mut browser = Browser::start(&program, &scratch("profile-hostile"));
    browser.open(&file);
    let title = browser.evaluate("document.title");
    for (n, text) in HOSTILE.iter().enumerate() {
        browser.evaluate(&format!("location.hash = 'c={}'", n + 1));
        browser.wait(&format!("document.querySelector('#connection')?.dataset.id === '{}'", n + 1));
        let shown = browser.evaluate("document.querySelector('#connection').textContent");
        let shown = shown.as_str().expect("text");
        let visible = text.replace('\u{202e}', "\\u{202e}").replace('\u{2066}', "\\u{2066}");
        assert!(shown.contains(&visible), "{text}: {shown}");
        assert!(!shown.contains(['\u{202e}', '\u{2066}']), "{text}");
        let pane = "document.querySelector('.pane').textContent";
        assert!(browser.evaluate(pane).as_str().is_some_and(|pane| pane.contains(&visible)), "{text}");
        browser.click("[data-frame='2'].row");
        browser.click("[data-payload=Text]");
        browser.click("[data-payload=Hex]");
        browser.click("[data-payload=JSON]");
        assert!(browser.evaluate(pane).as_str().is_some_and(|pane| pane.contains("[1]")), "{text}");
    }
    assert_eq!(
        browser.evaluate("document.querySelectorAll('img, iframe, object, #connection script').length"),
        0
    );
    assert_eq!(browser.evaluate("document.title"), title);
    clean(&browser, "hostile");
}
