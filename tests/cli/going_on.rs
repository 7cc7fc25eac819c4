//! `wslog frames` and `wslog messages`: their rows are those of `inspect`, whatever sample; what of them is asked for; files.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::bless::bless;
use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk};
use crate::support::frame::Frame;

/// Standard output of a run that succeeds; standard error has to be empty.
#[track_caller]
fn wslog<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> String {
    let (code, out, err) = run(arguments);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    out
}

fn run<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments.into_iter().map(Into::into))
        .stdin(Stdio::null())
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

fn samples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let names = fs::read_dir(folder).expect("samples").map(|entry| entry.expect("readable").file_name());
    let names = names.map(|name| name.into_string().expect("a plain name"));
    let is_sample = |name: &String| [".pcap", ".pcapng", ".txt"].iter().any(|ending| name.ends_with(ending));
    names.filter(is_sample).map(|name| format!("samples/{name}")).collect()
}

/// A capture of one connection to that host, which says that and something long.
fn capture(name: &str, shape: impl FnOnce(&mut Talk)) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.open();
    shape(&mut talk);
    talk.send(Client, Frame::close(1000, "bye")).send(Server, Frame::close(1000, "bye")).end_tcp(Server);
    fs::write(&path, Pcap::default().write(&talk.packets())).expect("a scratch file");
    path
}

fn two_sided(name: &str) -> PathBuf {
    capture(name, |talk| {
        talk.send(Client, Frame::text("{\"op\":1}")).send(Server, Frame::text("{\"op\":2,\"error\":\"no\"}"));
        talk.send(Client, Frame::ping("p")).send(Server, Frame::pong("p"));
        talk.send(Server, Frame::binary(vec![7; 3_000]));
        talk.send(Server, Frame::text("x".repeat(2_000_000)));
    })
}

/// Every frame of `inspect` is a row, and no other.
#[test]
fn rows_of_frames_are_those_of_inspect() {
    for sample in samples() {
        let keys = Path::new(&sample).with_extension("keys");
        let is_there = Path::new(env!("CARGO_MANIFEST_DIR")).join(&keys).exists();
        let keys = if is_there { vec!["-q", "--keylog", keys.to_str().expect("plain")] } else { Vec::new() };
        let of = |command: &str, more: &[&str]| wslog([&[command, &sample], more, &keys].concat());
        let document: Value =
            serde_json::from_str(&of("inspect", &["--format", "json", "--frames", "all"])).expect("JSON");
        let mut expected: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for connection in document["connections"].as_array().expect("a list") {
            let id = connection["id"].as_str().expect("text").to_owned();
            let frames = connection["frames"].as_array().cloned().unwrap_or_default();
            expected.entry(id).or_default().extend(frames);
        }
        expected.retain(|_, frames| !frames.is_empty());
        let mut rows: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for mut row in lines(&of("frames", &["--format", "ndjson"])) {
            let id = row.as_object_mut().and_then(|row| row.remove("connection")).expect("a connection");
            rows.entry(id.as_str().expect("text").to_owned()).or_default().push(row);
        }
        rows.values_mut().for_each(|rows| rows.sort_by_key(|row| row["n"].as_u64()));
        assert_eq!(rows, expected, "{sample}");
        // Text has a line for each, too.
        let text = of("frames", &[]);
        let count = text.lines().filter(|line| line.starts_with(' ')).count();
        let header = usize::from(!rows.is_empty());
        assert_eq!(count, header + rows.values().map(Vec::len).sum::<usize>(), "{sample}");
    }
}

/// As many messages, of as many bytes, as `inspect` counts.
#[test]
fn rows_of_messages_are_those_that_inspect_counts() {
    for sample in samples() {
        let document: Value =
            serde_json::from_str(&wslog(["inspect", "--format", "json", &sample])).expect("JSON");
        let rows = lines(&wslog(["messages", "--format", "ndjson", "--payload", "full", &sample]));
        for connection in document["connections"].as_array().expect("a list") {
            for side in ["client", "server"] {
                let sent = &connection["traffic"][side];
                let of_it = |row: &&Value| row["connection"] == connection["id"] && row["from"] == side;
                let of_it: Vec<_> = rows.iter().filter(of_it).collect();
                for kind in ["text", "binary"] {
                    let count = of_it.iter().filter(|row| row["type"] == kind).count();
                    assert_eq!(Some(count as u64), sent["messages"][kind].as_u64(), "{sample} {kind}");
                }
                let bytes: u64 = of_it.iter().filter_map(|row| row["bytes"].as_u64()).sum();
                assert_eq!(bytes, sent["message_bytes"].as_u64().unwrap_or_default(), "{sample} {side}");
                for row in of_it.iter().filter(|row| row["payload"]["cut"].is_null() && row["bytes"].is_u64())
                {
                    let text = row["payload"]["text"].as_str().map(str::len);
                    let hex = row["payload"]["hex"].as_str().map(|hex| hex.len() / 2);
                    let len = text.or(hex).unwrap_or_default() as u64;
                    assert_eq!(Some(len), row["bytes"].as_u64(), "{sample}: {row}");
                }
            }
        }
    }
}

/// What `rows` prints, as numbers of the rows.
#[track_caller]
fn check(path: &Path, cases: &[(&[&str], &[u64])]) {
    for (arguments, numbers) in cases {
        let mut all: Vec<OsString> = arguments.iter().map(Into::into).collect();
        all.extend(["--format".into(), "ndjson".into(), path.into()]);
        let (code, out, _) = run(all);
        assert_eq!(code, Some(0));
        let found: Vec<_> = lines(&out).iter().map(|row| row["n"].as_u64().expect("n")).collect();
        assert_eq!(found, *numbers, "{arguments:?}");
    }
}

#[test]
fn which_rows() {
    let path = two_sided("rows-which.pcap");
    check(
        &path,
        &[
            (&["messages"], &[1, 2, 3, 4]),
            (&["messages", "--from", "server"], &[2, 3, 4]),
            (&["messages", "--type", "binary"], &[3]),
            (&["messages", "--min-bytes", "3000"], &[3, 4]),
            (&["messages", "--min-bytes", "3001"], &[4]),
            (&["messages", "--match", "\"op\":[12]"], &[1, 2]),
            (&["messages", "--match", "(?i)ERROR", "--from", "client"], &[]),
            (&["messages", "--match", "^x{2000}"], &[4]),
            (&["messages", "--match", "(?s-u)^\\x07{3000}$"], &[3]),
            (&["messages", "--since", "2026-01-01T00:00:00.002Z"], &[3, 4]),
            (&["messages", "--until", "00:00:00.001251"], &[1]),
            (&["messages", "--host", "nowhere"], &[]),
            (&["frames"], &[1, 2, 3, 4, 5, 6, 7, 8]),
            (&["frames", "--type", "ping,pong"], &[3, 4]),
            (&["frames", "--type", "close", "--from", "server"], &[8]),
            (&["frames", "--min-bytes", "3000"], &[5, 6]),
            (&["frames", "--type", "reserved"], &[]),
            (&["frames", "--cause", "application_close", "--type", "close"], &[7, 8]),
            (&["frames", "--outcome", "unclean"], &[]),
        ],
    );
}

/// A payload as much of it as is asked for, and whole even where it is long.
#[test]
fn how_much_of_a_payload() {
    let path = two_sided("rows-payload.pcap");
    let path = path.to_str().expect("UTF-8");
    for (payload, len) in [("none", 0), ("preview", 256), ("full", 2_000_000)] {
        for command in ["messages", "frames"] {
            let rows = lines(&wslog([command, "--payload", payload, "--format", "ndjson", path]));
            let longest = rows.iter().filter_map(|row| row["payload"]["text"].as_str()).map(str::len).max();
            assert_eq!(longest.unwrap_or_default(), len, "{command} {payload}");
            let cut = rows.iter().any(|row| row["payload"]["cut"] == true);
            assert_eq!(cut, payload == "preview", "{command} {payload}");
        }
        let text = wslog(["messages", "--payload", payload, path]);
        assert_eq!(text.contains(&"x".repeat(2_000)), payload == "full");
    }
}

#[test]
fn each_message_to_a_file() {
    let path = two_sided("rows-extract.pcap");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rows-extract/of/it");
    let _ = fs::remove_dir_all(&folder);
    let (path, to) = (path.to_str().expect("UTF-8"), folder.to_str().expect("UTF-8"));
    let text = wslog(["messages", "-q", "--extract", to, "--from", "server", path]);
    let mut files: Vec<_> = fs::read_dir(&folder)
        .expect("it was made")
        .map(|entry| {
            let path = entry.expect("readable").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read(&path).expect("readable"))
        })
        .collect();
    files.sort();
    let expected = [
        ("1-000002-server.txt", b"{\"op\":2,\"error\":\"no\"}".to_vec()),
        ("1-000003-server.bin", vec![7; 3_000]),
        ("1-000004-server.txt", vec![b'x'; 2_000_000]),
    ];
    assert!(files == expected.map(|(name, bytes)| (name.to_owned(), bytes)));
    assert!(text.lines().count() > 3, "the rows come too: {text}");
    // Nothing that is there is written over.
    let (code, _, err) = run(["messages", "--extract", to, path]);
    assert_eq!(code, Some(2));
    assert!(err.contains("1-000002-server.txt is there, and is not written over"), "{err}");
}

/// Secrets are left out of what is extracted, too.
#[test]
fn extracts_without_secrets() {
    let path = capture("rows-secret.pcap", |talk| {
        talk.send(Client, Frame::text("{\"token\":\"s3cr3t-4711-topf\"}"));
        talk.send(Server, Frame::text("hello s3cr3t-4711-topf"));
        talk.send(Server, Frame::binary(b"\xffs3cr3t-4711-topf".to_vec()));
    });
    let path = path.to_str().expect("UTF-8");
    for (more, is_shown) in [(&[][..], false), (&["--no-redact"], true)] {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("rows-secret");
        let _ = fs::remove_dir_all(&folder);
        let to = folder.to_str().expect("UTF-8");
        let mut out = wslog([&["messages", "-q", "--payload", "full", "--extract", to, path], more].concat());
        for command in ["frames", "messages"] {
            for format in ["text", "ndjson"] {
                out.push_str(&wslog(
                    [&[command, "--payload", "full", "--format", format, path], more].concat(),
                ));
            }
        }
        out.push_str(&wslog([&["messages", "--follow", "1", path], more].concat()));
        for entry in fs::read_dir(&folder).expect("it was made") {
            let bytes = fs::read(entry.expect("readable").path()).expect("readable");
            out.push_str(&String::from_utf8_lossy(&bytes));
        }
        assert_eq!(out.contains("s3cr3t"), is_shown, "{out}");
        assert!(is_shown || out.contains("<redacted"), "{out}");
    }
}

#[test]
fn what_cannot_be_done_is_said() {
    let path = two_sided("rows-said.pcap");
    let path = path.to_str().expect("UTF-8");
    for (arguments, said) in [
        (&["messages", "--follow", "9", path][..], "no WebSocket connection has that number"),
        (&["frames", "--connection", "5-9", path], "there is one, 1"),
        (&["messages", "--match", "(", path], "regex parse error"),
        (&["frames", "--cause", "abrupt_end", "-"], "standard input cannot be read twice"),
        (&["messages", "--min-bytes", "many", path], "a whole number of bytes"),
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.contains(said), "{arguments:?}: {err}");
    }
}

/// Where no row matches, that is said, and connections without one are not named.
#[test]
fn rows_that_match_nothing() {
    let path = two_sided("rows-nothing.pcap");
    let path = path.to_str().expect("UTF-8");
    let none = run(["messages", "--min-bytes", "3M", path]);
    let said = "wslog: none of 4 messages matches; the largest has 2000000 bytes\n";
    assert_eq!(none, (Some(0), String::new(), said.to_owned()));
    let none = run(["frames", "--type", "reserved", "samples/two-connections.pcapng"]);
    assert_eq!((none.0, none.1.as_str()), (Some(0), ""), "{}", none.2);
}

/// Conversations as people read them: `tests/golden/follow`.
#[test]
fn conversations() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/follow");
    for name in
        ["compressed.pcapng", "fragmented-ping.pcap", "reset.pcap", "case_3_2.txt", "real-ws-clean.pcap"]
    {
        let found = wslog(["messages", "--follow", "1", &format!("samples/{name}")]);
        let path = folder.join(format!("{name}.txt"));
        if std::env::var_os("WSLOG_BLESS").is_some() {
            fs::create_dir_all(&folder).expect("it can be made");
            bless(&path, &found);
        }
        assert_eq!(found, fs::read_to_string(&path).expect("blessed"), "{name}");
    }
}
