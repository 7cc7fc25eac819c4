//! Files: what of a directory is read, and that none is written over that is read.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::pack::pack;
use wslog::model::Compression;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(folder: &Path, arguments: &[&str], stdin: Option<&Path>) -> Ran {
    let stdin =
        stdin.map_or_else(Stdio::null, |path| Stdio::from(fs::File::open(path).expect("it is there")));
    let output = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(arguments)
        .current_dir(folder)
        .stdin(stdin)
        .output()
        .expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    Ran { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

/// An empty folder of its own.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("files").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("it can be made");
    folder
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).expect("a sample")
}

fn put(folder: &Path, files: &[(&str, &[u8])]) {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("it can be made");
        fs::write(path, bytes).expect("it can be written");
    }
}

/// Each file of a directory by its name: `read`, or why not; in the order of `inputs`.
fn inputs(folder: &Path, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let ran = run(folder, &[&["inspect", "--format", "json"], arguments].concat(), None);
    let document: Value = serde_json::from_str(&ran.out).expect("a document");
    let line = |input: &Value| {
        let path = input["path"].as_str().expect("text");
        match (input["skipped"].as_str(), input["error"].as_str()) {
            (None, None) => format!("{path}: read"),
            (Some(why), None) => format!("{path}: {why}"),
            (_, Some(why)) => why.to_owned(),
        }
    };
    (ran.code, document["inputs"].as_array().expect("a list").iter().map(line).collect())
}

/// H7: each file that is found ends as read, as skipped with the reason, or as an error.
#[test]
fn nothing_in_a_directory_is_dropped_in_silence() {
    let folder = scratch("mix");
    let packed = pack(Compression::Gzip, &sample("reset.pcap"));
    put(
        &folder,
        &[
            ("d/a.pcap", &sample("clean-close.pcap")),
            ("d/case.txt", &sample("case_3_2.txt")),
            ("d/cut.cap", &[0xd4, 0xc3, 0xb2]),
            ("d/damaged.pcap.gz", &packed[..15]),
            ("d/deep/er/b.pcap.gz", &packed),
            ("d/empty.pcap", b""),
            ("d/netmon.cap", b"GMBU\0\0\0\0"),
            ("d/notes.md", b"nothing to see"),
            ("d/.git/x.pcap", &sample("reset.pcap")),
        ],
    );
    let (code, found) = inputs(&folder, &["d"]);
    assert_eq!(code, Some(2), "damaged files are no success");
    // How they are damaged is told by whoever reads them.
    let told = |line: &String| line.split([':', ' ']).next().map(str::to_owned);
    let (read, damaged) = found.split_at(found.len().saturating_sub(2));
    let damaged: Vec<_> = damaged.iter().filter_map(told).collect();
    assert_eq!(damaged, ["d/cut.cap", "d/damaged.pcap.gz"]);
    let expected = [
        "d/a.pcap: read",
        "d/case.txt: read",
        "d/deep/er/b.pcap.gz: read",
        "d/.git: a hidden directory",
        "d/empty.pcap: empty",
        "d/netmon.cap: an archive, or a capture in a format that wslog does not read",
        "d/notes.md: neither a capture nor a case report",
    ];
    assert_eq!(read, expected);
    let (_, found) = inputs(&folder, &["--depth", "1", "d"]);
    assert!(found.contains(&"d/deep/er: a directory below --depth".to_owned()), "{found:#?}");
    let ran = run(&folder, &["inspect", "d"], None);
    for said in ["d: not read: d/empty.pcap (empty)", "d/damaged.pcap.gz is gzip data"] {
        assert!(ran.err.contains(said), "{said}: {}", ran.err);
    }
    for said in ["not read: d/empty.pcap (empty)", "not read: d/damaged.pcap.gz is gzip data"] {
        assert!(ran.out.contains(said), "{said}: {}", ran.out);
    }
}

/// H7: what leads back, leads away, or would wait for somebody is left alone.
#[cfg(unix)]
#[test]
fn links_and_special_files_are_left_alone() {
    let folder = scratch("links");
    put(&folder, &[("d/a.pcap", &sample("clean-close.pcap")), ("away/b.pcap", &sample("reset.pcap"))]);
    for (link, to) in
        [("d/back", "."), ("d/away", "../away"), ("d/gone.pcap", "nothing"), ("d/c.pcap", "a.pcap")]
    {
        std::os::unix::fs::symlink(to, folder.join(link)).expect("links can be made");
    }
    let made = Command::new("mkfifo").arg(folder.join("d/pipe")).status().expect("mkfifo runs");
    assert!(made.success());
    let (code, found) = inputs(&folder, &["d"]);
    assert_eq!(code, Some(0));
    assert_eq!(
        found,
        [
            "d/a.pcap: read",
            "d/c.pcap: read",
            "d/away: a link to a directory",
            "d/back: a link to a directory",
            "d/gone.pcap: a broken link",
            "d/pipe: not a regular file",
        ]
    );
}

/// U9: a gate that judged nothing has not passed; one that missed something is trouble.
#[test]
fn gates_tell_nothing_from_nothing_wrong() {
    let folder = scratch("gates");
    let (clean, garbage) = (sample("clean-close.pcap"), b"GIF89a, no capture".as_slice());
    let tls = tls_capture();
    put(
        &folder,
        &[
            ("clean.pcap", &clean),
            ("reset.pcap", &sample("reset.pcap")),
            ("header.pcap", &clean[..24]),
            ("cut.pcap", &clean[..clean.len() - 1]),
            ("tls.pcap", &tls),
            ("garbage.pcap", garbage),
            ("damaged/clean.pcap", &clean),
            ("damaged/cut.cap", &[0xd4, 0xc3, 0xb2]),
            ("beside/clean.pcap", &clean),
            ("beside/notes.txt", garbage),
            ("nothing/notes.txt", garbage),
        ],
    );
    for (inputs, code, gated, said) in [
        (&["clean.pcap"][..], 0, 0, ""),
        (&["reset.pcap"], 0, 1, ""),
        (&["header.pcap"], 0, 1, "nothing was judged"),
        (&["tls.pcap"], 0, 1, "nothing was judged"),
        (&["cut.pcap"], 0, 0, "cut off in the middle; analysed up to the cut"),
        (&["garbage.pcap"], 2, 2, "neither pcap nor pcapng"),
        (&["clean.pcap", "garbage.pcap"], 2, 2, "neither pcap nor pcapng"),
        (&["clean.pcap", "gone.pcap"], 2, 2, "cannot open gone.pcap"),
        (&["damaged"], 2, 2, "damaged/cut.cap"),
        (&["beside"], 0, 0, "beside/notes.txt (neither a capture nor a case report)"),
        (&["nothing"], 2, 2, "no capture in directory nothing"),
    ] {
        let plain = run(&folder, &[&["inspect"], inputs].concat(), None);
        assert_eq!(plain.code, Some(code), "{inputs:?}: {}", plain.err);
        let ran = run(&folder, &[&["inspect", "--fail-on", "must"], inputs].concat(), None);
        assert_eq!(ran.code, Some(gated), "--fail-on must {inputs:?}: {}", ran.err);
        assert!(ran.err.contains(said), "{inputs:?}: {}", ran.err);
    }
}

/// A connection that carries nothing but TLS.
fn tls_capture() -> Vec<u8> {
    use crate::support::capture_file::Pcap;
    use crate::support::conversation::{Client, Talk};
    let mut talk = Talk::new("192.0.2.1:40000", "192.0.2.2:443");
    talk.connect();
    talk.bytes(Client, &[&[0x16, 3, 1, 0, 44, 1, 0, 0, 40, 3, 3][..], &[7; 38]].concat());
    Pcap::default().write(&talk.packets())
}

const INDEX: &str = r#"{"a": {"1.1.1": {"behavior": "OK", "behaviorClose": "OK", "duration": 1, "remoteCloseCode": 1000, "reportfile": "a_case_1_1_1.json"}}}"#;

/// H6: whatever a command reads is not written over, by whatever name it goes; nor does a run that fails leave anything.
#[test]
fn no_command_writes_over_what_it_reads() {
    let folder = scratch("same-file");
    let (capture, case) = (sample("clean-close.pcap"), sample("case_3_2.txt"));
    let packed = pack(Compression::Zstd, &capture);
    let policy = b"skip = [\"9.*\"]\n";
    let files: &[(&str, &[u8])] = &[
        ("d/a.pcap", &capture),
        ("d/deep/b.pcap.zst", &packed),
        ("d/cut.cap", &[0xd4, 0xc3, 0xb2]),
        ("case.txt", &case),
        ("run/index.json", INDEX.as_bytes()),
        ("run/a_case_1_1_1.json", b"not even JSON"),
        ("policy.toml", policy),
        ("keys.log", b"CLIENT_RANDOM 00 00\n"),
        ("names.key", b"a secret"),
    ];
    // What is read, and the arguments that read it.
    let commands: &[(&str, &[&str])] = &[
        ("d/a.pcap", &["inspect", "d/a.pcap"]),
        ("d/a.pcap", &["inspect", "d"]),
        ("d/a.pcap", &["inspect", "case.txt", "."]),
        ("d/deep/b.pcap.zst", &["inspect", "d"]),
        ("d/cut.cap", &["inspect", "d"]),
        ("case.txt", &["inspect", "case.txt"]),
        ("run/index.json", &["diff", "run", "run/index.json"]),
        ("run/index.json", &["check", "run"]),
        ("run/a_case_1_1_1.json", &["check", "run/index.json"]),
        ("policy.toml", &["check", "--policy", "policy.toml", "run"]),
        ("keys.log", &["inspect", "--keylog", "keys.log", "d/a.pcap"]),
        ("names.key", &["inspect", "--anonymize", "--anonymize-key", "names.key", "d/a.pcap"]),
        ("d/a.pcap", &["explain", "1006"]),
        ("d/a.pcap", &["inspect", "-"]),
    ];
    let with_table = |&(target, arguments): &(&'static str, &'static [&'static str])| {
        let (command, rest) = arguments.split_first()?;
        let is_named = !rest.contains(&"-") && *command == "inspect";
        is_named.then(|| (target, "--anonymize-table", [&[*command, "--anonymize"], rest].concat()))
    };
    let with_slice = |&(target, arguments): &(&'static str, &'static [&'static str])| {
        let is_copied = arguments[0] == "inspect" && !["-", "--anonymize"].contains(&arguments[1]);
        is_copied.then(|| (target, "--slice", arguments.to_vec()))
    };
    let with_report = commands.iter().map(|(target, arguments)| (*target, "-o", arguments.to_vec()));
    let beside = commands.iter().filter_map(with_table).chain(commands.iter().filter_map(with_slice));
    for (target, option, mut arguments) in with_report.chain(beside) {
        // It is given once.
        let first = arguments.iter().position(|argument| *argument == "--anonymize");
        let mut at = 0..;
        arguments.retain(|argument| at.next() == first || *argument != "--anonymize");
        for way in ["as it is", "dotted", "whole path", "link", "hard link", "through a link"] {
            let _ = fs::remove_dir_all(&folder);
            put(&folder, files);
            let whole = folder.join(target);
            let name = match way {
                "as it is" => target.to_owned(),
                "dotted" => format!("./run/../{target}"),
                "whole path" => whole.display().to_string(),
                "hard link" => {
                    fs::hard_link(&whole, folder.join("other")).expect("it can be linked");
                    "other".to_owned()
                }
                #[cfg(unix)]
                "link" => {
                    std::os::unix::fs::symlink(&whole, folder.join("other")).expect("it can be linked");
                    "other".to_owned()
                }
                #[cfg(unix)]
                "through a link" => {
                    std::os::unix::fs::symlink(&folder, folder.join("other")).expect("it can be linked");
                    format!("other/{target}")
                }
                _ => continue,
            };
            // The case file is known by its name, since nothing else makes it one.
            if way == "hard link" && target == "run/a_case_1_1_1.json" {
                continue;
            }
            let stdin = (arguments[1] == "-").then_some(whole.as_path());
            let (command, rest) = arguments.split_first().expect("a command");
            let ran = run(&folder, &[&[*command, option, name.as_str()], rest].concat(), stdin);
            let told = format!("{arguments:?} {option} {name} ({way}): {}", ran.err);
            assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{told}");
            assert!(ran.err.contains("is an input") || ran.err.contains("overwritten"), "{told}");
            for (file, bytes) in files {
                assert!(fs::read(folder.join(file)).is_ok_and(|now| now == *bytes), "{file}: {told}");
            }
            assert!(!left_behind(&folder), "{told}");
        }
    }
}

/// Whether there is a file that was not finished.
fn left_behind(folder: &Path) -> bool {
    let entries =
        fs::read_dir(folder).expect("it can be listed").map(|entry| entry.expect("an entry").path());
    entries.into_iter().any(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        name.starts_with(".wslog") || path.is_dir() && !path.is_symlink() && left_behind(&path)
    })
}

/// H6: a report of one's own is written anew, by every command and in every format; a run that fails leaves the old one.
#[test]
fn a_report_takes_the_place_of_the_one_before() {
    let folder = scratch("own-report");
    put(
        &folder,
        &[
            ("a.pcap", &sample("clean-close.pcap")),
            ("case.txt", &sample("case_3_2.txt")),
            ("garbage", b"GIF89a"),
            ("run/index.json", INDEX.as_bytes()),
        ],
    );
    let commands: &[&[&str]] = &[
        &["inspect", "a.pcap", "case.txt"],
        &["inspect", "--format", "json", "case.txt"],
        &["inspect", "."],
        &["diff", "run", "run"],
        &["diff", "--format", "json", "run", "run"],
        &["diff", "--format", "markdown", "run", "run"],
        &["check", "--format", "junit", "run"],
        &["check", "--format", "github", "run"],
        &["check", "--format", "json", "run"],
        &["explain", "1006"],
        &["explain", "--format", "json", "3.2"],
    ];
    let report = folder.join("report");
    for arguments in commands {
        fs::write(&report, "the old one").expect("it can be written");
        let (command, rest) = arguments.split_first().expect("a command");
        let with_output = [&[*command, "-o", "report"], rest].concat();
        for _ in 0..2 {
            let ran = run(&folder, &with_output, None);
            assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
            let written = fs::read_to_string(&report).expect("it is there");
            assert!(written.len() > 20 && !written.contains("the old one"), "{arguments:?}: {written}");
        }
        assert!(!left_behind(&folder), "{arguments:?}");
    }
    fs::write(&report, "the old one").expect("it can be written");
    for arguments in [
        &["inspect", "-o", "report", "garbage"][..],
        &["inspect", "-o", "report", "gone.pcap"],
        &["diff", "-o", "report", "run", "garbage"],
        &["explain", "-o", "report", "no-such-thing"],
    ] {
        let ran = run(&folder, arguments, None);
        assert_eq!(ran.code, Some(2), "{arguments:?}");
        assert_eq!(fs::read_to_string(&report).expect("it is there"), "the old one", "{arguments:?}");
    }
    assert!(!left_behind(&folder));
}

/// A link goes on leading to the report, whose permissions stay.
#[cfg(unix)]
#[test]
fn links_and_permissions_of_a_report_stay() {
    use std::os::unix::fs::PermissionsExt;
    let folder = scratch("permissions");
    put(&folder, &[("a.pcap", &sample("clean-close.pcap")), ("to/report", b"old")]);
    let (link, report) = (folder.join("link"), folder.join("to/report"));
    std::os::unix::fs::symlink("to/report", &link).expect("it can be linked");
    fs::set_permissions(&report, fs::Permissions::from_mode(0o640)).expect("they can be set");
    let ran = run(&folder, &["inspect", "-o", "link", "a.pcap"], None);
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(link.is_symlink());
    assert!(fs::read_to_string(&report).expect("it is there").contains("\na.pcap · pcap"));
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(&report), 0o640);
    // A new one is as open as any that a program creates.
    let umask = Command::new("sh").args(["-c", "umask"]).output().expect("sh runs").stdout;
    let umask = u32::from_str_radix(String::from_utf8_lossy(&umask).trim(), 8).expect("a mask");
    let ran = run(&folder, &["inspect", "-o", "new", "a.pcap"], None);
    assert_eq!((ran.code, mode(&folder.join("new"))), (Some(0), 0o666 & !umask), "{}", ran.err);
}
