//! Keys of TLS: what is said of a key log that cannot be read, what of one that can, and that no key is in any output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket};
use crate::support::frame::Frame;
use crate::support::seal::{Sealed, with_keys};

/// A conversation under TLS that ends cleanly.
fn wss(port: u16, seed: u64) -> Sealed {
    let talk = Talk::new(&format!("192.0.2.10:{port}"), "192.0.2.20:443");
    let mut wss = Sealed::new(talk, seed);
    wss.open().send(Client, Frame::text("hello"));
    wss.send(Client, Frame::close(1000, "done")).send(Server, Frame::close(1000, "done"));
    wss.close_notify(Server).close_notify(Client).talk.end_tcp(Server);
    wss
}

/// Two connections one after the other.
fn two() -> (Vec<TestPacket>, [Sealed; 2]) {
    let pair = [wss(50_001, 1), wss(50_002, 2)];
    let packets = crate::support::conversation::merge(pair.iter().map(|wss| wss.talk.packets()));
    (packets, pair)
}

fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("keylog").join(name);
    fs::create_dir_all(&folder).expect("a scratch directory");
    folder
}

/// What `wslog inspect` says in that folder: exit code, standard output, standard error.
fn inspect(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    command.current_dir(folder).arg("inspect").args(arguments).env_remove("SSLKEYLOGFILE");
    let output = command.output().expect("it runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

fn document(out: &str) -> Value {
    serde_json::from_str(out).expect("JSON")
}

#[test]
fn key_logs_that_cannot_be_read() {
    let folder = folder("refused");
    fs::write(folder.join("c.pcap"), Pcap::default().write(&two().0)).expect("a scratch file");
    fs::create_dir_all(folder.join("keys")).expect("a directory");
    for (named, says) in [
        ("gone.keys", "cannot open gone.keys: "),
        ("keys", "cannot read keys"),
        ("env", "--keylog env: SSLKEYLOGFILE is not set; give the file (./env for one named env)"),
    ] {
        let (code, out, errors) = inspect(&folder, &["--keylog", named, "c.pcap"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{named}: {errors}");
        assert!(errors.contains(says), "{named}: {errors}");
    }
}

#[test]
fn the_environment_names_a_key_log() {
    let folder = folder("env");
    let (packets, [one, two]) = two();
    fs::write(folder.join("c.pcap"), Pcap::default().write(&packets)).expect("a scratch file");
    fs::write(folder.join("of env"), one.key_log() + &two.key_log()).expect("a scratch file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    command.args(["inspect", "--format", "json", "--keylog", "env", "c.pcap"]);
    let output = command.current_dir(&folder).env("SSLKEYLOGFILE", "of env").output().expect("it runs");
    let document = document(&String::from_utf8(output.stdout).expect("UTF-8"));
    for connection in document["connections"].as_array().expect("a list") {
        assert_eq!(connection["tls"]["keys"], "keylog");
        assert_eq!(connection["closing"]["outcome"], "clean");
    }
}

/// What is said of a key log, and how many of the two connections it opens.
#[test]
fn what_a_key_log_was_good_for() {
    let folder = folder("remarks");
    let (packets, [one, two]) = two();
    fs::write(folder.join("c.pcap"), Pcap::default().write(&packets)).expect("a scratch file");
    let (one, two, three) = (one.key_log(), two.key_log(), wss(50_003, 3).key_log());
    let exporter = one.lines().next().expect("a line").replace("CLIENT_HANDSHAKE_TRAFFIC", "EXPORTER");
    let other = "did the program that wrote it open these connections, and during the capture?";
    let whose = "is it the file that SSLKEYLOGFILE names?";
    let table: &[(&str, String, &str, &str, usize)] = &[
        ("both", format!("{one}{two}"), "has keys for 2 connections, all in the capture", "", 2),
        (
            "one",
            format!("# a comment\r\n\r\n{one}"),
            "has keys for one connection, which is in the capture",
            "",
            1,
        ),
        ("more", format!("{one}{three}"), "has keys for 2 connections, 1 in the capture", "", 1),
        ("another's", three, "has keys for one connection, which is not in the capture", other, 0),
        (
            "with noise",
            format!("what\n{one}{exporter}\nis this\n"),
            "has keys for one connection, which is in the capture; 2 lines that are not key log lines",
            "",
            1,
        ),
        (
            "without its last line end",
            one.trim_end().to_owned(),
            "has keys for one connection, which is in the capture",
            "",
            1,
        ),
        ("empty", String::new(), "has no line", "did the program start with SSLKEYLOGFILE set", 0),
        ("garbage", "a b c d\n".repeat(7), "has no key; 7 lines that are not key log lines", whose, 0),
        ("exporter", exporter, "has no key; 1 line with other secrets", whose, 0),
    ];
    for (name, log, says, hint, opened) in table {
        let file = format!("{name}.keys");
        fs::write(folder.join(&file), log).expect("a scratch file");
        let arguments = ["--format", "json", "--keylog", &file, "c.pcap"];
        for threads in ["1", "3"] {
            let (code, out, errors) = inspect(&folder, &[&["--threads", threads], &arguments[..]].concat());
            assert_eq!(code, Some(0), "{name}: {errors}");
            let first = errors.lines().next().unwrap_or_default();
            assert_eq!(first, format!("wslog: the key log {says}"), "{name}");
            assert_eq!(errors.lines().count(), 1 + usize::from(!hint.is_empty()), "{name}: {errors}");
            assert!(errors.contains(hint), "{name}: {errors}");
            let document = document(&out);
            let connections = document["connections"].as_array().expect("a list").iter();
            let decrypted = connections.filter(|connection| connection["tls"]["decrypted"] == true);
            assert_eq!(decrypted.count(), *opened, "{name}");
        }
        let (_, _, errors) = inspect(&folder, &[&["--quiet"], &arguments[..]].concat());
        assert_eq!(errors, "", "{name}");
    }
    let (code, _, errors) = inspect(&folder, &["--keylog", "one.keys", "--keylog", "more.keys", "c.pcap"]);
    assert_eq!(code, Some(0));
    assert_eq!(errors, "wslog: the key logs have keys for 2 connections, 1 in the capture\n");
}

#[cfg(unix)]
#[test]
fn a_key_log_that_is_the_null_device() {
    let folder = folder("null");
    fs::write(folder.join("c.pcap"), Pcap::default().write(&two().0)).expect("a scratch file");
    let (code, out, errors) = inspect(&folder, &["--keylog", "/dev/null", "c.pcap"]);
    assert_eq!(code, Some(0), "{errors}");
    assert!(errors.starts_with("wslog: the key log has no line\n"), "{errors}");
    assert!(!out.is_empty());
}

/// Keys that a capture brings along are used without a word, unless they fit nothing.
#[test]
fn keys_inside_a_capture() {
    let folder = folder("inside");
    let (packets, [one, two]) = two();
    let keys = one.key_log() + &two.key_log();
    for (name, keys, says, from) in [
        ("theirs", keys.as_str(), "", "dsb"),
        (
            "others",
            &wss(50_003, 3).key_log(),
            "wslog: the capture itself has keys for one connection, which is not in the capture\n",
            "none",
        ),
    ] {
        let file = format!("{name}.pcapng");
        fs::write(folder.join(&file), with_keys(&packets, keys)).expect("a scratch file");
        for threads in ["1", "3"] {
            let (code, out, errors) = inspect(&folder, &["--threads", threads, "--format", "json", &file]);
            assert_eq!((code, errors.as_str()), (Some(0), says), "{name}");
            for connection in document(&out)["connections"].as_array().expect("a list") {
                assert_eq!(connection["tls"]["keys"], from, "{name}");
            }
        }
    }
}

/// Whatever is asked for, right keys and wrong ones: no output has any of their bytes.
#[test]
fn no_key_is_in_any_output() {
    let folder = folder("secret");
    let (packets, [one, two]) = two();
    let right = one.key_log() + &two.key_log();
    // The same connections, with secrets that are not theirs.
    let wrong: String = right
        .lines()
        .map(|line| {
            line.rsplit_once(' ').map_or(String::new(), |(start, secret)| {
                format!("{start} {}\n", secret.chars().rev().collect::<String>())
            })
        })
        .collect();
    fs::write(folder.join("c.pcap"), Pcap::default().write(&packets)).expect("a scratch file");
    fs::write(folder.join("inside.pcapng"), with_keys(&packets, &right)).expect("a scratch file");
    fs::write(folder.join("right.keys"), &right).expect("a scratch file");
    fs::write(folder.join("wrong.keys"), &wrong).expect("a scratch file");
    let secrets: Vec<String> = right
        .lines()
        .chain(wrong.lines())
        .filter_map(|line| Some(line.rsplit_once(' ')?.1.to_owned()))
        .collect();
    assert_eq!(secrets.len(), 16);
    let raw: Vec<_> = [&one, &two].iter().flat_map(|wss| wss.raw_secrets()).collect();
    let mut outputs = 0;
    for input in [
        &["--keylog", "right.keys", "c.pcap"][..],
        &["--keylog", "wrong.keys", "c.pcap"],
        &["inside.pcapng"],
        &["--keylog", "c.pcap", "c.pcap"],
        // Mistaken for captures.
        &["right.keys"],
        &["--keylog", "right.keys", "right.keys"],
        &["."],
    ] {
        for look in
            [&[][..], &["--no-redact", "--frames", "all", "--payload", "full", "--tls"], &["--redact"]]
        {
            for format in ["text", "json"] {
                let arguments = [&["--format", format], look, input].concat();
                let output = Command::new(env!("CARGO_BIN_EXE_wslog"))
                    .current_dir(&folder)
                    .arg("inspect")
                    .args(&arguments)
                    .output()
                    .expect("it runs");
                for bytes in [output.stdout, output.stderr] {
                    let text = String::from_utf8_lossy(&bytes).to_lowercase();
                    for secret in &secrets {
                        assert!(!text.contains(&secret[..16]), "{arguments:?}: {text}");
                    }
                    for secret in &raw {
                        let is_there = bytes.windows(8).any(|window| window == &secret[..8]);
                        assert!(!is_there, "{arguments:?}: {text}");
                    }
                    outputs += usize::from(!bytes.is_empty());
                }
            }
        }
    }
    assert!(outputs > 42, "there is something to look at");
}
