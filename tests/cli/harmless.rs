//! Hostile text in every place where a peer, an agent or a file name can put it, through every renderer: nothing in it
//! acts on a terminal, hides, or leaves its format.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use wslog::views::escape::is_unsafe;

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk};
use crate::support::frame::Frame;
use crate::support::upgrade::refusal;

/// Name, and what is planted.
pub(crate) const HOSTILE: &[(&str, &str)] = &[
    ("C0", "\u{1b}[31m\u{1b}]0;owned\u{7}\u{8}\u{b}\u{c}\u{7f}"),
    ("line ends", "a\r\n::error::b\nc\u{85}d\u{2028}e\u{2029}f"),
    ("C1", "\u{9b}2J\u{90}q\u{9c}\u{9d}0;x\u{9c}"),
    (
        "bidi",
        "\u{202a}\u{202b}\u{202d}\u{202e}gpj.exe\u{202c}\u{2066}\u{2067}\u{2068}\u{2069}\u{61c}\u{200e}\u{200f}",
    ),
    ("zero width", "a\u{200b}b\u{200c}c\u{200d}d\u{2060}e\u{feff}f\u{ad}g\u{34f}h"),
    ("format", "\u{180e}\u{2061}\u{206a}\u{fff9}\u{fffb}\u{1d173}\u{1bca0}\u{600}\u{6dd}\u{70f}\u{8e2}"),
    ("tags", "\u{e0001}\u{e0041}\u{e0042}\u{e007f}"),
    ("variation", "x\u{fe00}\u{fe0e}\u{e0100}\u{e01ef}\u{180b}"),
    ("fillers", "\u{115f}\u{1160}\u{3164}\u{ffa0}\u{17b4}"),
    ("private", "\u{e000}\u{f8ff}\u{f0000}\u{10fffd}"),
    ("markup", "|`<b onclick='x'>&\"]]>-->@team #1 ![x](http://y) *a* _b_ ~~c~~\n| x |\n# h"),
    ("commands", "%0A::error file=a,line=1::x %25 ::set-output name=x::y"),
    ("commands to begin with", "::error::pwned"),
    ("commands anywhere", "a ##[error]b ##[set-output name=x]y ##vso[task.setvariable variable=x]y"),
    // Wherever a line is broken one of them comes first.
    (
        "commands in a long word",
        "::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a::a",
    ),
    ("blanks", "a\u{2800}\u{2800}b\u{1d159}c"),
    (
        "marks",
        "e\u{300}\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}\u{308}\u{309}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}\u{3000}z",
    ),
    ("escapes", "\\u{202e} \\n \\\\ &lt; %3A"),
];

/// Standard output and error of a run, in the root of the project.
fn run(arguments: &[&str]) -> [String; 2] {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).expect("UTF-8"))
}

#[track_caller]
fn assert_harmless(what: &str, arguments: &[&str]) -> String {
    let mut said = run(arguments);
    if arguments.contains(&"csv") {
        // Its lines end like that (RFC 4180), and so does nothing in them.
        said[0] = said[0].replace("\r\n", "\n");
    }
    for text in &said {
        let harmful = text.chars().position(|c| is_unsafe(c) && c != '\n');
        let around = |at: usize| text.chars().skip(at.saturating_sub(40)).take(80).collect::<String>();
        assert_eq!(harmful.map(around), None, "{what}: {arguments:?}");
    }
    let [out, err] = said;
    // Annotations are commands, of wslog's own.
    let logged = if arguments.contains(&"github") { vec![&err] } else { vec![&out, &err] };
    for line in logged.into_iter().flat_map(|text| text.lines()) {
        let begins =
            line.trim_start().strip_prefix("::").is_some_and(|rest| rest.starts_with(char::is_alphabetic));
        let commands = begins || line.contains("##[") || line.contains("##vso[");
        assert!(!commands, "{what}: a CI runner takes this for a command: {line}\n{arguments:?}");
    }
    assert!(!out.contains("##[") && !out.contains("##vso["), "{what}: {arguments:?}");
    out
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("harmless").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a scratch directory");
    folder
}

/// As a part of a file name.
fn file_name(text: &str) -> String {
    let text = text.replace(['/', '\0'], "");
    if cfg!(unix) { text } else { text.chars().filter(|c| c.is_alphanumeric()).collect() }
}

/// A capture with `text` wherever a peer can put it.
pub(crate) fn capture(text: &str) -> Vec<u8> {
    let field: String = text.chars().filter(|c| !c.is_ascii_control()).collect();
    let token = field.replace([' ', ',', ';', '='], "");
    let mut packets = Vec::new();
    for n in 0..3_u8 {
        let mut talk = Talk::new(&format!("192.0.2.{}:50001", 10 + n), "192.0.2.20:8080");
        let mut upgrade = talk
            .upgrade()
            .ask("Origin", &field)
            .ask("User-Agent", &field)
            .ask("Sec-WebSocket-Protocol", &format!("{token}, {token}"))
            .ask("Sec-WebSocket-Extensions", &format!("{token}; x={token}"))
            .answer("Server", &field)
            .answer("Sec-WebSocket-Protocol", &token)
            .answer("Sec-WebSocket-Extensions", &token);
        upgrade.target = format!("{}{}", if n == 0 { "/" } else { "" }, field.replace(' ', "+"));
        upgrade.host = token.clone();
        match n {
            0 => {
                talk.open_with(&upgrade);
                talk.send(Client, Frame::text(text))
                    .send(Server, Frame::ping(&text.as_bytes()[..text.len().min(125)]));
                talk.send(Server, Frame::close(1010, text))
                    .send(Client, Frame::close(4000, text))
                    .end_tcp(Server);
            }
            1 => {
                talk.connect().bytes(Client, &upgrade.request());
                talk.bytes(Server, &refusal(&format!("403 {field}"), text)).end_tcp(Server);
            }
            _ => {
                // Whatever becomes of control characters in a head.
                upgrade = upgrade.ask("X-Note", text).answer("X-Note", text);
                upgrade.accept = field.clone();
                talk.open_with(&upgrade).end_tcp(Client);
            }
        }
        packets.extend(talk.packets());
    }
    Pcap::default().write(&packets)
}

#[test]
fn captures_in_text_and_json() {
    for (name, text) in HOSTILE {
        let path = scratch(name).join(format!("{}.pcap", file_name(text)));
        fs::write(&path, capture(text)).expect("a scratch file");
        let path = path.to_str().expect("UTF-8");
        for more in [&["--payload", "full", "--no-redact"][..], &["--redact"], &["--connection", "2"]] {
            assert_harmless(name, &[&["inspect", "--frames", "all", path], more].concat());
            let json = assert_harmless(name, &[&["inspect", "--format", "json", path], more].concat());
            let document: Value = serde_json::from_str(&json).expect("JSON");
            assert_eq!(document["inputs"][0]["path"], path, "{name}: what is escaped says the same");
            assert_harmless(name, &[&["inspect", "--format", "html", path], more].concat());
            let rows = assert_harmless(name, &[&["inspect", "--format", "ndjson", path], more].concat());
            let first: Value = serde_json::from_str(rows.lines().next().expect("a line")).expect("JSON");
            assert_eq!(first["path"], path, "{name}");
            assert_harmless(name, &[&["inspect", "--live", path], more].concat());
            assert_harmless(name, &[&["inspect", "--format", "markdown", "--details", path], more].concat());
            let more: Vec<_> =
                more.iter().filter(|it| !["--payload", "full"].contains(it)).copied().collect();
            for format in ["text", "csv", "ndjson", "markdown"] {
                assert_harmless(name, &[&["list", "--format", format, path], &more[..]].concat());
            }
            for payload in ["preview", "full"] {
                for (command, format) in
                    ["text", "csv", "ndjson"].iter().flat_map(|f| [("frames", f), ("messages", f)])
                {
                    let arguments = [command, "--format", format, "--payload", payload, path];
                    assert_harmless(name, &[&arguments, &more[..]].concat());
                }
            }
            let more: Vec<_> = more.into_iter().filter(|it| !["--connection", "2"].contains(it)).collect();
            assert_harmless(name, &[&["messages", "--follow", "1", path], &more[..]].concat());
        }
    }
}

#[test]
fn errors_on_standard_error() {
    for (name, text) in HOSTILE {
        let text = &text.replace('\0', "");
        let folder = scratch(&format!("errors-{name}"));
        let garbage = folder.join(file_name(text));
        fs::write(&garbage, text).expect("a scratch file");
        let garbage = garbage.to_str().expect("UTF-8");
        for arguments in [
            &["inspect", garbage][..],
            &["inspect", text],
            &["inspect", "-o", &format!("{garbage}/{text}"), "samples/reset.pcap"],
            &["inspect", "--format", text, "samples/reset.pcap"],
            &["inspect", &format!("--{text}")],
            &["list", garbage],
            &["inspect", "--format", "ndjson", garbage],
            &["list", "--sort", text, "samples/reset.pcap"],
            &["inspect", "--limit", text],
            &["inspect", "--limit", &format!("flows={text}")],
            &["inspect", "--limit", &format!("{text}=1")],
            &["diff", garbage, text],
            &["check", garbage, "--policy", garbage],
            &["check", "samples/autobahn/after", "--case", text],
            &["explain", text],
            &[text],
        ] {
            assert_harmless(name, arguments);
        }
    }
}

/// The sample run with `text` as an agent, and in what a case says; its folder.
fn run_of(name: &str, text: &str) -> String {
    let folder = scratch(&format!("run-{name}"));
    for entry in fs::read_dir("samples/autobahn/after").expect("it is there") {
        let path = entry.expect("it can be read").path();
        let file = fs::read_to_string(&path).expect("it can be read");
        let quoted = Value::from(text).to_string();
        let mut document: Value = serde_json::from_str(&file.replace("\"alpha\"", &quoted)).expect("JSON");
        if document.get("behavior").is_some() {
            for key in ["result", "resultClose", "description", "expectation", "httpRequest", "httpResponse"]
            {
                document[key] = text.into();
            }
            document["remoteCloseReason"] = text.into();
            document["wasNotCleanReason"] = text.into();
        }
        let to = folder.join(path.file_name().expect("a name"));
        fs::write(to, document.to_string()).expect("a scratch file");
    }
    folder.into_os_string().into_string().expect("UTF-8")
}

#[test]
fn runs_in_every_format() {
    for (name, text) in HOSTILE {
        let run = run_of(name, text);
        for format in ["text", "json", "markdown", "junit", "github", "html"] {
            let compared =
                assert_harmless(name, &["diff", "--format", format, "samples/autobahn/before", &run]);
            let checked =
                assert_harmless(name, &["check", "--format", format, &run, "--require-agent", text]);
            for out in [compared, checked] {
                match format {
                    "json" => drop(serde_json::from_str::<Value>(&out).expect("JSON")),
                    "github" => assert!(out.lines().all(|line| line.starts_with("::")), "{name}: {out}"),
                    "junit" => assert!(!out.contains("<b ") && !out.contains("]]>"), "{name}: {out}"),
                    "html" => assert!(!out.contains("<b ") && !out.contains("-->"), "{name}: {out}"),
                    "markdown" => {
                        assert!(
                            !out.contains("<b ") && !out.contains("@team") && !out.contains("\n# h"),
                            "{name}: {out}"
                        );
                    }
                    _ => {}
                }
            }
        }
        for format in ["text", "json"] {
            assert_harmless(name, &["inspect", "--format", format, &run]);
        }
    }
}

/// A report says itself which events stand for which verdict.
#[test]
fn verdicts_of_a_case() {
    let report = fs::read_to_string("samples/case_3_2.txt").expect("it is there");
    assert!(report.contains("{'OK': "), "the verdict that the case is judged again to have");
    for (name, text) in HOSTILE.iter().filter(|(_, text)| !text.contains(['\'', '\n', '\\'])) {
        let path = scratch(&format!("verdict-{name}")).join("case_3_2.txt");
        fs::write(&path, report.replace("{'OK': ", &format!("{{'{text}': "))).expect("a scratch file");
        let path = path.to_str().expect("UTF-8");
        for format in ["text", "json"] {
            assert_harmless(name, &["inspect", "--format", format, path]);
        }
    }
}
