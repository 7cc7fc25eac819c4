//! Text as it looks where people read it: the answer on the first screen, lines that fit, colours that mean something, a
//! terminal and an environment as people have them. What decides without a process is a table in `src/cli/style.rs` and
//! `src/cli/pager.rs`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use unicode_width::UnicodeWidthStr;

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, merge};
use crate::support::corpus::corpus;
use crate::support::frame::Frame;

const WIDTHS: [&str; 5] = ["40", "60", "80", "120", "200"];

/// What an environment must not bring along.
const VARIABLES: [&str; 9] =
    ["COLUMNS", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "TERM", "LC_CTYPE", "LANG", "PAGER"];

fn wslog(variables: &[(&str, &str)], arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.env("LC_ALL", "C.UTF-8").envs(variables.iter().copied()).args(arguments);
    command
}

/// What is written to a pipe.
#[track_caller]
fn written(variables: &[(&str, &str)], arguments: &[&str]) -> String {
    let out = wslog(variables, arguments).output().expect("the binary runs");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(matches!(out.status.code(), Some(0 | 1)), "{arguments:?}: {errors}");
    String::from_utf8(out.stdout).expect("UTF-8")
}

fn samples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let names = fs::read_dir(folder).expect("samples/ is there");
    let mut names: Vec<_> = names
        .map(|entry| entry.expect("can be read").file_name().into_string().expect("a plain name"))
        .filter(|name| [".pcap", ".pcapng", ".txt"].iter().any(|ending| name.ends_with(ending)))
        .map(|name| format!("samples/{name}"))
        .collect();
    names.sort();
    assert!(names.len() > 25, "{names:?}");
    names
}

fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a scratch directory");
    folder
}

/// A capture of connections that close as they should, and of one that is reset, if one is `bad`.
fn many(name: &str, connections: usize, bad: Option<usize>) -> String {
    let talks = (0..connections).map(|n| {
        let mut talk =
            Talk::new(&format!("192.0.2.10:{}", 50_001 + n), "192.0.2.20:8080").with_isns(n as u32, 9);
        talk.open().send(Client, Frame::text("hello")).send(Server, Frame::text("hello"));
        if bad == Some(n) {
            talk.reset(Server);
        } else {
            talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
        }
        talk.packets()
    });
    let path = scratch(name).join("many.pcap");
    fs::write(&path, Pcap::default().write(&merge(talks))).expect("a scratch file");
    path.into_os_string().into_string().expect("a path in UTF-8")
}

/// Lines that are wider than that, colours not counted. A URL stays whole, so that it can be followed.
fn too_wide(text: &str, width: &str) -> Vec<String> {
    let width: usize = width.parse().expect("a number");
    let is_too_wide = |line: &&str| line.width() > width && !line.contains("://");
    plain(text).lines().filter(is_too_wide).map(str::to_owned).collect()
}

/// A text without escape sequences of colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |all, part| all + part.split_once('m').expect("the end of a sequence").1)
}

#[test]
fn every_line_fits() {
    let bad = many("fits", 30, Some(17));
    for path in samples().iter().chain([&bad]) {
        for width in WIDTHS {
            for look in [&["--color", "never"][..], &["--color", "always"], &["--ascii"]] {
                let text = written(&[], &[&["inspect", "-q", "--width", width, path], look].concat());
                assert_eq!(too_wide(&text, width), [""; 0], "{path} {look:?} at {width}");
            }
        }
    }
}

#[test]
fn every_line_of_others_fits() {
    for arguments in [
        // tls is left out: commands to copy are not broken.
        &["explain", "1006", "FR-RSV", "abrupt_end", "clean", "3.2", "mqtt"][..],
        &["explain", "--list"],
        &["diff", "samples/autobahn/before", "samples/autobahn/after"],
        &["check", "samples/autobahn/after"],
    ] {
        for width in ["60", "80", "120", "200"] {
            let text = written(&[], &[arguments, &["--width", width]].concat());
            assert_eq!(too_wide(&text, width), [""; 0], "{arguments:?} at {width}");
        }
    }
}

/// At 80 columns and 24 lines, of which the prompt has one.
#[test]
fn the_answer_is_on_the_first_screen() {
    for path in samples() {
        let text = written(&[], &["inspect", "-q", "--width", "80", &path]);
        // What comes behind the answer is where it was recorded.
        let end = text.lines().position(|line| line.starts_with(&path)).expect("the line of the input");
        assert!(end < 24, "{path}: {end} lines\n{text}");
        let answer: Vec<_> = text.lines().take(end).collect();
        let is_one = answer[0].starts_with('#');
        let has_table = answer[0].trim_start().starts_with('#');
        assert!(is_one || has_table, "{path}: nothing stands above the answer\n{text}");
        let has = |what: &str| answer.iter().any(|line| line.starts_with(what));
        assert!(
            !is_one || has("  client sees") || has("  next") || text.contains("still open"),
            "{path}\n{text}"
        );
    }
}

#[test]
fn one_bad_connection_of_many_is_the_first_thing_shown() {
    let path = many("one-bad", 40, Some(23));
    let text = written(&[], &["inspect", "--width", "80", &path]);
    let lines: Vec<_> = text.lines().collect();
    assert!(
        lines[0].starts_with("40 connections · ! 1 not as it should be (2.5 %) · ✓ 39 in order"),
        "{text}"
    );
    let first = lines.iter().position(|line| line.starts_with('!')).expect("a story");
    assert!(lines[first].starts_with("!  1  TCP was reset from the server's side"), "{text}");
    assert!(first < 6, "{text}");
    let sound = lines.iter().position(|line| line.starts_with("✓ 39  The client closed")).expect("another");
    assert!(first < sound && sound < 24, "{text}");
    let in_full: Vec<_> = lines.iter().filter(|line| line.starts_with('#')).collect();
    assert_eq!(in_full.len(), 1, "no padding with what is in order: {in_full:?}");
    assert!(in_full[0].starts_with("#24 "), "{in_full:?}");
}

#[test]
fn many_connections_in_order_fit_on_a_screen() {
    let text = written(&[], &["inspect", "--width", "80", &many("in-order", 40, None)]);
    assert!(text.lines().count() < 24, "{text}");
    assert!(text.starts_with("40 connections · ✓ 40 in order (100.0 %)\n"), "{text}");
}

/// However many kinds of ends and places there are, few are told and the others are counted.
#[test]
fn what_is_not_told_is_counted() {
    // The last one is reset: what is wrong is told, however late it comes.
    let talks = (0..301).map(|n: u16| {
        let mut talk =
            Talk::new(&format!("192.0.2.10:{}", 50_001 + n), "192.0.2.20:8080").with_isns(n.into(), 9);
        let mut upgrade = talk.upgrade();
        upgrade.target = format!("/place/{n}?token=x");
        // The first 280 close with a code each.
        let code = if n < 280 { 4000 + n } else { 1000 };
        if n == 300 {
            return talk.open_with(&upgrade).reset(Server).packets();
        }
        talk.open_with(&upgrade).send(Client, Frame::close(code, "")).send(Server, Frame::close(code, ""));
        talk.end_tcp(Server);
        talk.packets()
    });
    let path = scratch("kinds").join("kinds.pcap");
    fs::write(&path, Pcap::default().write(&merge(talks))).expect("a scratch file");
    let text = written(&[], &["inspect", "--width", "80", &path.display().to_string()]);
    assert!(text.starts_with("301 connections · ! 1 not as it should be (0.3 %) · ✓ 300 in order"), "{text}");
    let first = text.lines().find(|line| line.starts_with(['✓', '!'])).expect("a story");
    assert!(first.starts_with("! 1  TCP was reset from the server's side"), "{text}");
    let stories: Vec<_> = text.lines().filter(|line| line.starts_with('✓')).collect();
    let told: u64 =
        stories.iter().filter_map(|line| line[3..].split_whitespace().next()?.parse::<u64>().ok()).sum();
    let rest = text.lines().find(|line| line.starts_with("  … and at least ")).expect("the others");
    let counted: u64 =
        rest.rsplit(", ").next().and_then(|n| n.split(' ').next()?.parse().ok()).expect("a number");
    assert_eq!(told + counted, 300, "{text}");
    assert!(text.lines().take_while(|line| !line.starts_with('#')).count() < 32, "{text}");

    let talks = (0..100).map(|n: u16| {
        let mut talk =
            Talk::new(&format!("192.0.2.10:{}", 50_001 + n), "192.0.2.20:8080").with_isns(n.into(), 9);
        let mut upgrade = talk.upgrade();
        upgrade.target = format!("/place/{}?token=x{n}", n % 90);
        talk.open_with(&upgrade).send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, ""));
        talk.end_tcp(Server);
        talk.packets()
    });
    fs::write(&path, Pcap::default().write(&merge(talks))).expect("a scratch file");
    let text = written(&[], &["inspect", "--width", "120", &path.display().to_string()]);
    assert!(text.contains(" /place/0?…, /place/1?…, /place/2?… and at least 61 more"), "{text}");
}

/// Every file of a directory is not a line.
#[test]
fn many_inputs_are_summed_up() {
    let folder = scratch("inputs");
    let whole = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/clean-close.pcap"));
    let whole = whole.expect("a sample");
    for n in 0..30 {
        // The first nine are cut short.
        let end = if n < 9 { whole.len() - 7 } else { whole.len() };
        fs::write(folder.join(format!("{n:02}.pcap")), &whole[..end]).expect("a scratch file");
    }
    let folder = folder.display().to_string();
    let text = written(&[], &["inspect", "-q", "--width", "80", "--apart", &folder]);
    assert!(text.contains("\n30 captures (pcap) · "), "{text}");
    let odd = text.lines().filter(|line| line.trim_start().starts_with("recording: ")).count();
    assert!(text.contains("  recording: truncated_file ×9 in 9 files, first in"), "{text}");
    assert_eq!(odd, 1, "{text}");
}

/// R12: what is not OK comes first, and what the tester did on purpose is not its fault.
#[test]
fn of_many_reports_those_that_are_not_ok_come_first() {
    let Some(folder) = corpus("autobahn/client-ws-medium/reports") else { return };
    let folder = folder.display().to_string();
    let text = written(&[], &["inspect", "-q", "--width", "80", &folder]);
    let rows: Vec<_> = text.lines().filter(|line| line.contains(" / ") && line.contains("  ws  ")).collect();
    for (row, case) in rows.iter().zip(["6.4.1", "6.4.2", "6.4.3", "6.4.4"]) {
        assert!(row.trim_start().starts_with("! ") && row.contains(case), "{text}");
    }
    assert!(!rows.iter().any(|row| row.contains(" OK / OK ")), "{text}");
    assert!(text.lines().count() < 400 && text.starts_with("118 Autobahn cases, agent ws\n"), "{text}");
    let of = |who: &str| {
        text.split(who).nth(1).and_then(|rest| rest.split("\nB").next()).expect("a list").to_owned()
    };
    assert!(!of("Broken by the testee: ").contains("(must)"), "{text}");
    assert!(of("Broken by the tester, on purpose: ").contains("(must)"), "{text}");
}

#[test]
fn colours_say_what_words_say() {
    let of = |path: &str| written(&[], &["inspect", "--width", "100", "--color", "always", path]);
    let red = |text: &str| format!("\x1b[31m{text}\x1b[0m");
    let yellow = |text: &str| format!("\x1b[33m{text}\x1b[0m");
    let green = |text: &str| format!("\x1b[32m{text}\x1b[0m");
    for (path, shown) in [
        ("protocol-error-1002.pcapng", vec![red("must"), red("✗ FR-RSV")]),
        ("late-answers.pcap", vec![yellow("late")]),
        ("reset.pcap", vec![yellow("should"), yellow("incomplete")]),
        ("two-connections.pcapng", vec![green("✓"), yellow("!")]),
    ] {
        let path = format!("samples/{path}");
        let text = of(&path);
        for shown in shown {
            assert!(text.contains(&shown), "{path}: {shown:?}\n{text}");
        }
    }
    for path in samples() {
        let text = of(&path);
        let without = written(&[], &["inspect", "--width", "100", "--color", "never", &path]);
        assert_eq!(plain(&text), without, "{path}: colours change nothing else");
        assert!(
            text.lines().all(|line| line.matches("\x1b[0m").count() * 2 == line.matches("\x1b[").count()),
            "{path}"
        );
    }
}

#[test]
fn the_environment_is_heeded() {
    let sample = "samples/protocol-error-1002.pcapng";
    let has_color = |variables: &[(&str, &str)], more: &[&str]| {
        written(variables, &[&["inspect", sample], more].concat()).contains('\x1b')
    };
    for (variables, more, expected) in [
        (&[][..], &[][..], false),
        (&[("CLICOLOR_FORCE", "1")], &[], true),
        (&[("CLICOLOR_FORCE", "0")], &[], false),
        (&[("FORCE_COLOR", "1")], &[], true),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "1")], &[], false),
        (&[("FORCE_COLOR", "1"), ("NO_COLOR", "")], &[], true),
        (&[("FORCE_COLOR", "1")], &["--color", "never"], false),
        (&[("NO_COLOR", "1")], &["--color", "always"], true),
    ] {
        assert_eq!(has_color(variables, more), expected, "{variables:?} {more:?}");
    }
    let narrow = written(&[("COLUMNS", "60")], &["inspect", sample]);
    assert_eq!(narrow, written(&[], &["inspect", "--width", "60", sample]));
    assert_eq!(narrow, written(&[("COLUMNS", "90")], &["inspect", "--width", "60", sample]));
    let json = |variables: &[(&str, &str)]| written(variables, &["inspect", "--format", "json", sample]);
    assert_eq!(json(&[("LC_ALL", "C"), ("FORCE_COLOR", "1"), ("COLUMNS", "50")]), json(&[]));
}

#[test]
fn a_locale_without_unicode_gets_ascii() {
    let bad = many("ascii", 30, Some(3));
    for path in samples().iter().chain([&bad]) {
        let text = written(&[("LC_ALL", "C")], &["inspect", "-q", "--width", "80", path]);
        assert!(text.is_ascii(), "{path}\n{text}");
        assert_eq!(text, written(&[], &["inspect", "-q", "--ascii", "--width", "80", path]), "{path}");
    }
    for arguments in [&["explain", "1006", "tls"][..], &["check", "samples/autobahn/after"]] {
        assert!(written(&[("LC_ALL", "C")], arguments).is_ascii(), "{arguments:?}");
    }
    // A file is read elsewhere.
    let to = scratch("ascii-file").join("report");
    let to = to.to_str().expect("a path in UTF-8");
    written(&[("LC_ALL", "C")], &["inspect", "-o", to, "samples/reset.pcap"]);
    assert!(fs::read_to_string(to).expect("it is there").contains('→'));
}

#[test]
fn how_text_looks_may_be_said_before_the_command() {
    let sample = "samples/protocol-error-1002.pcapng";
    let behind = written(&[], &["inspect", "--color", "always", "--width", "70", sample]);
    assert_eq!(behind, written(&[], &["--color", "always", "--width", "70", "inspect", sample]));
    assert_eq!(behind, written(&[], &["--color", "always", "inspect", "--width", "70", sample]));
    let both = written(
        &[],
        &["--color", "never", "--width", "90", "inspect", "--color", "always", "--width", "70", sample],
    );
    assert_eq!(behind, both, "what stands nearer holds");
    let explained = written(&[], &["explain", "--width", "70", "1006"]);
    assert_eq!(explained, written(&[], &["--width", "70", "explain", "1006"]));
    for refused in [&["--width", "39", "inspect", sample], &["inspect", "--width", "39", sample]] {
        let out = wslog(&[], refused).output().expect("the binary runs");
        assert_eq!(out.status.code(), Some(2), "{refused:?}");
    }
}

/// No pager gets anything that is not for a terminal.
#[test]
#[cfg(unix)]
fn a_pipe_has_no_pager() {
    use std::os::unix::fs::PermissionsExt;
    let folder = scratch("pager");
    let (pager, mark) = (folder.join("pager"), folder.join("ran"));
    fs::write(&pager, format!("#!/bin/sh\ntouch {}\ncat\n", mark.display())).expect("a scratch file");
    fs::set_permissions(&pager, fs::Permissions::from_mode(0o755)).expect("they can be set");
    let pager = pager.to_str().expect("a path in UTF-8");
    for arguments in
        [&["inspect", "samples/reset.pcap"][..], &["explain", "--list"], &["--no-pager", "explain", "1006"]]
    {
        let text = written(&[("PAGER", pager), ("TERM", "xterm")], arguments);
        assert!(!text.is_empty() && !mark.exists(), "{arguments:?}");
    }
}
