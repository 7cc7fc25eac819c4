//! `wslog inspect --format markdown`: tickets as files to be read; what peers wrote makes no markup in them, payloads and paths stay out,
//! and they fit in an issue. That nothing in them acts on a terminal or a CI runner is [`crate::harmless`]'s.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use crate::harmless::{HOSTILE, capture};
use crate::support::bless::bless;
use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk};
use crate::support::frame::Frame;

/// Characters of an issue.
const MOST: usize = 65_536;

/// The ticket that the binary writes, in the root of the repository.
fn ticket(arguments: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(["inspect", "--quiet", "--format", "markdown"])
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the binary runs");
    assert_eq!((out.status.code(), &*out.stderr), (Some(0), &b""[..]), "{arguments:?}");
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// By the name of the golden file: a broken rule, a case of a report, a refusal, an open end, several connections, HTTP/2, TLS without keys,
/// a connection that was picked up, one that is told in detail.
const TICKETS: &[(&str, &[&str])] = &[
    ("protocol-error-1002", &["samples/protocol-error-1002.pcapng"]),
    ("case_3_2", &["samples/case_3_2.txt"]),
    ("rejected-handshake", &["samples/rejected-handshake.pcap"]),
    ("still-open", &["samples/still-open.pcap"]),
    ("two-connections", &["samples/two-connections.pcapng"]),
    ("h2-restart", &["--keylog", "samples/h2-restart.keys", "samples/h2-restart.pcap"]),
    ("wss-no-keys", &["samples/wss-no-keys.pcap"]),
    ("half-open", &["samples/half-open.pcap"]),
    ("mid-stream", &["samples/mid-stream.pcap"]),
    ("run", &["samples/autobahn/after"]),
    ("details", &["--details", "--payload", "preview", "samples/real-ws-clean.pcap"]),
];

#[test]
fn tickets_are_what_the_golden_files_hold() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/tickets");
    for (name, arguments) in TICKETS {
        let text = ticket(arguments);
        let path = golden.join(name).with_extension("md");
        if std::env::var_os("WSLOG_BLESS").is_some() {
            fs::create_dir_all(&golden).expect("writable");
            bless(&path, &text);
        }
        let held = fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(held, text, "{name}: WSLOG_BLESS=1 cargo test --test cli tickets");
    }
}

/// What stands in it outside of code and diagrams; entities are gone. A fence is one backtick, so that one in code would end it.
fn prose(ticket: &str) -> String {
    let mut out = String::new();
    let mut in_diagram = false;
    for line in ticket.lines() {
        match line {
            "```mermaid" => in_diagram = true,
            "```" => in_diagram = false,
            _ if in_diagram => assert_is_drawn(line),
            _ => {
                assert_eq!(line.matches('`').count() % 2, 0, "code that does not end: {line}");
                // Every other piece stands between two backticks.
                let code = line.split('`').skip(1).step_by(2);
                assert!(!code.clone().any(|code| code.contains('|')), "code that a cell ends: {line}");
                assert!(code.clone().all(|code| !code.trim().is_empty()), "a fence of two: {line}");
                line.split('`').step_by(2).for_each(|piece| out.push_str(piece));
                out.push('\n');
            }
        }
    }
    assert!(!in_diagram, "a diagram that does not end");
    out
}

/// A line of a diagram is one of few, and its words are of letters that mean nothing to Mermaid.
#[track_caller]
fn assert_is_drawn(line: &str) {
    let line = line.trim_start();
    let is_word = |word: &str| ["client", "server", "proxy", "between"].contains(&word);
    let (what, label) = match line.split_once(": ") {
        Some((what, label)) => (what, label),
        None => line.split_once(" as ").unwrap_or((line, "")),
    };
    let is_known = match what.split(' ').collect::<Vec<_>>()[..] {
        ["sequenceDiagram"] | ["participant", _] => true,
        ["Note", "left" | "right", "of", one] => is_word(one),
        ["Note", "over", both] => both.split(',').all(is_word),
        [arrow] => ["-->>", "->>", "-x"]
            .iter()
            .find_map(|with| arrow.split_once(with))
            .is_some_and(|(from, to)| is_word(from) && is_word(to)),
        _ => false,
    };
    assert!(is_known, "no line of a diagram: {line}");
    assert!(!label.contains(['#', ';', '%', '{', '}', '"', '<', '>', '|', '`', '@', '\\']), "{line}");
}

/// Markup that tickets have of their own.
const OWN: &[&str] = &[
    "<details><summary>",
    "</summary>",
    "</details>",
    "<sub>",
    "</sub>",
    "<code>",
    "</code>",
    "<!-- -->",
    "**",
];

/// Nothing outside of code is markup, link, mention or issue, but what tickets have of their own.
#[track_caller]
fn assert_inert(ticket: &str) {
    let mut prose = prose(ticket);
    for own in OWN {
        prose = prose.replace(own, " ");
    }
    for line in prose.lines() {
        let line = line.strip_prefix("### ").or(line.strip_prefix("* ")).unwrap_or(line);
        // An entity is one character, whatever it stands for.
        let (mut bare, mut rest) = (String::new(), line);
        while let Some((before, after)) = rest.split_once("&#") {
            let (number, behind) = after.split_once(';').unwrap_or((after, ""));
            assert!(!number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()), "no entity: {line}");
            bare.push_str(before);
            rest = behind;
        }
        bare.push_str(rest);
        assert!(!bare.contains(['<', '>', '[', ']', '@', '#', '*', '~', '\\', '$', '&']), "{line}\n{ticket}");
        assert!(!bare.contains("://") && !bare.to_lowercase().contains("www."), "{line}");
        let marks = bare.char_indices().filter(|(_, c)| *c == '_');
        for (at, _) in marks {
            let is_word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
            let (before, after) = (bare[..at].chars().next_back(), bare[at + 1..].chars().next());
            assert!(is_word(before) && is_word(after), "emphasis: {line}");
        }
        let cells = bare.trim();
        assert!(!cells.contains('|') || cells.starts_with('|') && cells.ends_with('|'), "{line}");
    }
}

const MORE: &[(&str, &str)] = &[
    ("backticks", "`a``b```c`` `"),
    ("fence", "\n```\n</details>\n<script>alert(1)</script>\n"),
    ("closes", "</details></summary></code></sub>"),
    ("image", "![x](http://evil.example/a.png) <img src=x onerror=alert(1)>"),
    (
        "references",
        "@team #123 GH-1 team/repo#1 deadbeefdeadbeef www.evil.example https://evil.example a@evil.example",
    ),
    ("mermaid", "; end\nparticipant x #quot; %%{init: {\"theme\":\"x\"}}%% \"quoted\" loop x"),
    ("math", "$x$ $$y$$ :tada: :100: [ ] ~~s~~ __b__ *i* \\* &lt; &#60;"),
    ("lines", "a  \nb\r\n# h\n---\n===\n> q\n- i\n1. n\n\tcode"),
];

/// The capture of [`crate::harmless`], with `text` wherever a peer can put it.
fn written(name: &str, text: &str) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli/tickets");
    fs::create_dir_all(&folder).expect("a folder of its own");
    let path = folder.join(name).with_extension("pcap");
    fs::write(&path, capture(text)).expect("writable");
    path.into_os_string().into_string().expect("UTF-8")
}

#[test]
fn what_peers_wrote_is_code_or_escaped() {
    for (name, text) in HOSTILE.iter().chain(MORE) {
        let path = written(name, text);
        for more in [
            &["--details", "--payload", "full", "--no-redact"][..],
            &["--details", "--payload", "preview"],
            &[],
        ] {
            for one in [&[][..], &["--connection", "1"], &["--connection", "2"]] {
                assert_inert(&ticket(&[more, one, &[&*path]].concat()));
            }
        }
    }
}

#[test]
fn what_peers_wrote_is_code_or_escaped_whatever_it_is() {
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let text = "[`|<>&@#*_~:;%{}\"\\[\\]()!.\\-+$\\\\ \nabw0-9é\u{202e}\u{1b}]{1,60}";
    runner
        .run(&text, |text| {
            let path = written("any", &text);
            assert_inert(&ticket(&["--details", "--payload", "preview", "--no-redact", &path]));
            Ok(())
        })
        .expect("no text is markup");
}

#[test]
fn the_check_finds_markup() {
    for ticket in [
        "<b>x</b>",
        "a `b",
        "`a` <script>",
        "see @team",
        "see #1",
        "![x](y)",
        "| `a|b` | c |",
        "a ``",
        "http://x",
        "```mermaid\n    client->>server: a; b\n```",
        "```mermaid\n    evil\n```",
        "_a_",
    ] {
        assert!(std::panic::catch_unwind(|| assert_inert(ticket)).is_err(), "{ticket}");
    }
}

#[test]
fn payloads_are_for_who_asks_and_paths_for_nobody() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli/tickets/private-folder");
    fs::create_dir_all(&folder).expect("a folder of its own");
    let path = folder.join("plain.pcap");
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.open().send(Client, Frame::text("the payload")).send(Server, Frame::ping(b"ping data"));
    talk.send(Server, Frame::close(1000, "the reason")).send(Client, Frame::close(1000, "")).end_tcp(Server);
    fs::write(&path, Pcap::default().write(&talk.packets())).expect("writable");
    let path = path.to_str().expect("UTF-8");
    for (more, is_shown) in [(&[][..], false), (&["--details"], false), (&["--payload", "preview"], true)] {
        let text = ticket(&[more, &[path]].concat());
        for payload in ["the payload", "ping data"] {
            assert_eq!(text.contains(payload), is_shown, "{more:?}: {payload}");
        }
        assert_eq!(text.contains("payloads of data frames"), !is_shown, "{more:?}: what is left out is said");
        assert!(text.contains("the reason") && text.contains("`plain.pcap`"), "{more:?}");
        assert!(!text.contains("private-folder"), "{more:?}");
    }
    // A page has no width, and no colour.
    let [plain, styled] = [&[][..], &["--width", "40", "--color", "always", "--ascii"]]
        .map(|more| ticket(&[more, &[path]].concat()));
    assert_eq!(plain, styled);
}

#[test]
fn a_ticket_fits_in_an_issue() {
    let mut packets = Vec::new();
    for n in 0..40_u8 {
        let mut talk =
            Talk::new(&format!("192.0.2.{}:50001", 100 + n), "192.0.2.20:8080").starting_after(i64::from(n));
        let mut upgrade = talk.upgrade().ask("X-Note", &"<".repeat(2_000));
        upgrade.target = format!("/{n}/{}", "|".repeat(500));
        talk.open_with(&upgrade);
        for _ in 0..40 {
            talk.send(Client, Frame::text("`".repeat(120)));
        }
        talk.send(Server, Frame::close(4000 + u16::from(n), &"|".repeat(120))).end_tcp(Server);
        packets.extend(talk.packets());
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli/many.pcap");
    fs::write(&path, Pcap::default().write(&packets)).expect("writable");
    let path = path.to_str().expect("UTF-8");
    let all = ["--details", "--payload", "full", "--frames", "all"];
    for some in [&[][..], &["--connection", "1"], &["--connection", "1-10"]] {
        let text = ticket(&[&all[..], some, &[path]].concat());
        assert!(text.len() < MOST, "{some:?}: {} bytes", text.len());
        assert_inert(&text);
        assert!(text.trim_end().ends_with("</sub>"), "{some:?}: how it was made is always said");
    }
    let listed = ticket(&[&all[..], &["--connection", "1-10", path]].concat());
    assert!(listed.contains("no room in an issue"), "what is left out is said");
    let mut opened = BTreeMap::new();
    for tag in ["<details>", "</details>", "<summary>", "</summary>"] {
        opened.insert(tag, listed.matches(tag).count());
    }
    assert_eq!((opened["<details>"], opened["<summary>"]), (opened["</details>"], opened["</summary>"]));
}

#[test]
fn many_that_are_in_order_are_counted() {
    let mut packets = Vec::new();
    for n in 0..12_u8 {
        let mut talk = Talk::new(&format!("192.0.2.{}:50001", 100 + n), "192.0.2.20:8080");
        talk.open().send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
        packets.extend(talk.packets());
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli/in-order.pcap");
    fs::write(&path, Pcap::default().write(&packets)).expect("writable");
    let text = ticket(&[path.to_str().expect("UTF-8")]);
    assert!(text.starts_with("### 12 WebSocket connections\n") && text.contains("12 in order"), "{text}");
}

#[test]
fn details_are_of_tickets_only() {
    for format in ["text", "json", "ndjson"] {
        let out = Command::new(env!("CARGO_BIN_EXE_wslog"))
            .args(["inspect", "--details", "--format", format, "samples/reset.pcap"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("the binary runs");
        assert_eq!(out.status.code(), Some(2), "{format}");
    }
}
