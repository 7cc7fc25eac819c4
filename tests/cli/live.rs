//! Standard input as a pipe that is still being written to.
#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use wslog::model::Compression;

use crate::support::capture_file::Pcap;
use crate::support::conversation::Talk;
use crate::support::pack::pack;
use crate::support::script::{acts, play};

/// Far more than a pipe and the reader's queue hold: whoever has written so many bytes behind others knows that those
/// have been analysed.
const MORE_THAN_A_PIPE: usize = 1 << 20;

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_wslog"))
        .arg("inspect")
        .args(if arguments.contains(&"--format") { &[][..] } else { &["--format", "json"] })
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the binary runs")
}

/// A connection that closes, then one that is open and sends for long.
pub(super) fn capture() -> Vec<u8> {
    let mut packets = play("C: text hi | C: close 1000 | S: close 1000 | S: fin | C: fin", false);
    let mut long = play("C: text first", false);
    let end_ns = packets.last().expect("there are some").at_ns;
    for (n, packet) in long.iter_mut().enumerate() {
        packet.at_ns = end_ns + 1_000 * (1 + n as i64);
        for end in [&mut packet.from, &mut packet.to] {
            if end.port() != 8080 {
                end.set_port(50_002);
            }
        }
    }
    packets.append(&mut long);
    let again = packets.last().expect("there are some").clone();
    let mut file = Pcap::default().write(&packets);
    let record = Pcap::default().write(&[again])[24..].to_vec();
    file.extend(record.repeat(MORE_THAN_A_PIPE / record.len()));
    file
}

/// Signals that ask to stop, with their numbers. Whether a hang-up is ignored only Linux tells.
const SIGNALS: &[(&str, u32)] = if cfg!(target_os = "linux") {
    &[("-INT", 2), ("-TERM", 15), ("-HUP", 1)]
} else {
    &[("-INT", 2), ("-TERM", 15)]
};

/// Whether this process was started so that nobody it starts hears of a signal: by nohup, or in the background of a script.
fn is_ignored(signal: u32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 << (signal - 1) != 0)
}

/// H8: one that comes after so many bytes.
#[track_caller]
fn stop_after(bytes: usize, (signal, number): (&str, u32)) -> Value {
    let mut child = start(&["-"]);
    let mut stdin = child.stdin.take().expect("piped");
    // Once this is written the conversation at its beginning has been read, and signals are listened to.
    stdin.write_all(&capture()[..bytes]).expect("it reads");
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
    assert!(sent.success());
    // The pipe stays open: only the signal can have ended it. Where that is ignored it stays so, and the pipe's end ends it.
    let mut stdin = Some(stdin);
    let is_heeded = !is_ignored(number);
    if !is_heeded {
        stdin.take();
    }
    let mut out = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut out).expect("UTF-8");
    let status = child.wait().expect("it ends");
    drop(stdin);
    assert_eq!(status.code(), Some(0), "{signal}: {out}");
    let document: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(document["inputs"][0]["interrupted"], is_heeded, "{signal}");
    let weirds = document["inputs"][0]["weirds"].as_array().expect("a list");
    assert_eq!(weirds.iter().any(|weird| weird["name"] == "interrupted"), is_heeded, "{signal}");
    document
}

#[test]
fn signals_report_what_was_read() {
    for &signal in SIGNALS {
        let document = stop_after(capture().len(), signal);
        let outcomes: Vec<_> = document["connections"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|c| &c["closing"]["outcome"])
            .collect();
        assert_eq!(outcomes, ["clean", "open"], "{signal:?}");
    }
}

/// Wherever it was.
#[test]
fn signals_may_come_at_any_moment() {
    let len = capture().len();
    for n in 0..12 {
        // Not before it listens, which a pipe that it has to take from shows.
        let bytes = MORE_THAN_A_PIPE * 3 / 4 + n * 7_919 % (len - MORE_THAN_A_PIPE * 3 / 4);
        stop_after(bytes, SIGNALS[n % SIGNALS.len()]);
    }
}

#[test]
fn the_end_of_the_pipe_is_the_end() {
    let mut child = start(&["-"]);
    let mut stdin = child.stdin.take().expect("piped");
    let file = capture();
    for piece in file.chunks(1 + file.len() / 7) {
        stdin.write_all(piece).expect("it reads");
    }
    drop(stdin);
    let out = child.wait_with_output().expect("it ends");
    let document: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(document["inputs"][0]["interrupted"], false);
    assert_eq!(document["inputs"][0]["bytes"], file.len());
    assert_eq!(document["connections"].as_array().expect("a list").len(), 2);
}

#[test]
fn a_compressed_pipe_is_read_too() {
    let packed = pack(Compression::Gzip, &capture());
    let mut child = start(&["-"]);
    child.stdin.take().expect("piped").write_all(&packed).expect("it reads");
    let out = child.wait_with_output().expect("it ends");
    let document: Value = serde_json::from_slice(&out.stdout).expect("JSON");
    assert_eq!(document["inputs"][0]["compression"], "gzip");
    assert_eq!(document["connections"].as_array().expect("a list").len(), 2);
}

#[test]
fn nobody_reading_the_results_is_no_error() {
    let mut child = start(&["--frames", "all", "-"]);
    drop(child.stdout.take());
    child.stdin.take().expect("piped").write_all(&capture()).expect("it reads");
    let out = child.wait_with_output().expect("it ends");
    assert_eq!((out.status.code(), String::from_utf8_lossy(&out.stderr).as_ref()), (Some(0), ""));
}

/// A pipe that says no more holds nobody up: there is nobody to read it for.
#[test]
fn nobody_reading_the_results_ends_the_reading_of_a_silent_pipe() {
    let talk = ["C: text hi | "; 2_000].concat() + "C: close 1000 | S: close 1000 | S: fin | C: fin | S: ack";
    let mut packets = play(&talk, false);
    let mut later = packets[0].clone();
    later.at_ns += 3_600_000_000_000;
    later.from.set_port(50_002);
    packets.push(later);
    let file = Pcap::default().write(&packets);
    for threads in ["1", "2", "7"] {
        let mut child = start(&["--threads", threads, "--limit", "flows=1000", "--frames", "all", "-"]);
        drop(child.stdout.take());
        let mut stdin = child.stdin.take().expect("piped");
        // It may have seen enough before all is written.
        let _ = stdin.write_all(&file);
        let status = child.wait().expect("it ends");
        drop(stdin);
        assert_eq!(status.code(), Some(0), "{threads} threads");
    }
}

/// One that is open, and behind it one that closes and one that is reset; nothing that comes after.
fn open_closed_reset() -> Vec<u8> {
    let scripts = [
        "C: text first",
        "C: text hi | C: close 1000 | S: close 1000 | S: fin | C: fin | S: ack",
        "S: text a | C: rst",
    ];
    let packets = (0..).zip(scripts).flat_map(|(n, script)| {
        let talk = Talk::new(&format!("192.0.2.10:{}", 50_001 + n), "192.0.2.20:8080");
        let mut talk = talk.with_isns(n, 9).starting_after(10 * i64::from(n));
        acts(talk.open(), script);
        talk.packets()
    });
    Pcap::default().write(&packets.collect::<Vec<_>>())
}

/// Each is told while the pipe is open and says no more: what is waited for here would else never come.
#[test]
fn what_is_over_is_told_at_once() {
    for threads in ["1", "2", "7"] {
        for (arguments, told, totals) in [
            (&["inspect"][..], ["#2  ", "#3  "], "3 connections: 1 closing handshake complete"),
            (&["inspect", "--format", "ndjson"], ["\"id\":\"2\"", "\"id\":\"3\""], "\"ended\":true"),
            (&["list", "--format", "csv"], ["2,-,", "3,-,"], "1,-,"),
            (&["list"], ["     2 ", "     3 "], "     1 "),
        ] {
            let mut child = Command::new(env!("CARGO_BIN_EXE_wslog"))
                .args(arguments)
                .args(["--live", "--threads", threads, "-"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .expect("the binary runs");
            let mut stdin = child.stdin.take().expect("piped");
            stdin.write_all(&open_closed_reset()).expect("it reads");
            let mut out = BufReader::new(child.stdout.take().expect("piped"));
            let mut said = String::new();
            for what in told {
                while !said.contains(what) {
                    said.clear();
                    assert!(
                        out.read_line(&mut said).expect("UTF-8") > 0,
                        "{arguments:?}: {what} is not told"
                    );
                }
            }
            drop(stdin);
            let mut rest = String::new();
            out.read_to_string(&mut rest).expect("UTF-8");
            assert!(rest.contains(totals), "{arguments:?}: {rest}");
            assert_eq!(child.wait().expect("it ends").code(), Some(0));
        }
    }
}

/// So is each row, of connections that go on.
#[test]
fn rows_come_at_once() {
    for (arguments, told) in [
        (&["frames"][..], "first"),
        (&["frames", "--format", "ndjson"], "first"),
        (&["messages", "--format", "csv"], "first"),
        (&["messages", "--follow", "1"], "first"),
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wslog"))
            .args(arguments)
            .arg("-")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let mut stdin = child.stdin.take().expect("piped");
        stdin.write_all(&open_closed_reset()).expect("it reads");
        let mut out = BufReader::new(child.stdout.take().expect("piped"));
        let mut said = String::new();
        while !said.contains(told) {
            said.clear();
            assert!(out.read_line(&mut said).expect("UTF-8") > 0, "{arguments:?}: {told} is not told");
        }
        drop(stdin);
        out.read_to_string(&mut said).expect("UTF-8");
        assert_eq!(child.wait().expect("it ends").code(), Some(0));
    }
}

/// Told as they end they are the same conversations.
#[test]
fn what_is_told_at_once_is_no_less() {
    let capture = open_closed_reset();
    let rows = |more: &[&str]| {
        let mut child = start(&[&["--format", "ndjson"], more, &["-"]].concat());
        child.stdin.take().expect("piped").write_all(&capture).expect("it reads");
        let out = child.wait_with_output().expect("it ends").stdout;
        let out = String::from_utf8(out).expect("UTF-8");
        let rows = out.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        rows.filter(|row| row["type"] == "connection").collect::<Vec<_>>()
    };
    let (mut live, late) = (rows(&["--live"]), rows(&[]));
    let ids = |rows: &[Value]| rows.iter().map(|row| row["id"].to_string()).collect::<String>();
    assert_eq!((ids(&live), ids(&late)), ("\"2\"\"3\"\"1\"".to_owned(), "\"1\"\"2\"\"3\"".to_owned()));
    live.sort_by_key(|row| row["id"].to_string());
    assert!(live == late, "{live:?}\n{late:?}");
}

#[test]
fn a_cut_compressed_file_is_a_warning() {
    let capture = Pcap::default().write(&play("C: text hi | S: fin | C: fin", false));
    let packed = pack(Compression::Gzip, &capture);
    for (len, code, said) in [
        (packed.len() - 1, 0, "cut off in the middle; analysed up to the cut"),
        (
            12,
            2,
            "nothing readable could be decompressed: the file ends at byte 12, before the end of its gzip data",
        ),
        (
            10,
            2,
            "nothing readable could be decompressed: the file ends at byte 10, before the end of its gzip data",
        ),
    ] {
        let mut child = start(&["-"]);
        child.stdin.take().expect("piped").write_all(&packed[..len]).expect("it reads");
        let out = child.wait_with_output().expect("it ends");
        let errors = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.code() == Some(code) && errors.contains(said), "{errors}");
    }
}
