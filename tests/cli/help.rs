//! What leads people to the right command: help that fits a screen, examples and recipes that work, what is said to a mistake, and
//! completion.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use flate2::Compression;
use flate2::write::GzEncoder;
use wslog::autobahn::cases;
use wslog::autobahn::diff::Accepted;
use wslog::autobahn::policy::Policy;
use wslog::explain;
use wslog::model::case::CaseId;
use wslog::model::topic::Topic;

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, merge};
use crate::support::frame::Frame;
use crate::support::suite_run::SuiteRun;

const COMMANDS: [&str; 10] =
    ["inspect", "list", "frames", "messages", "diff", "check", "explain", "completions", "man", "help"];

/// Lines of a screen, and of what fits on one with a little scrolling.
const SCREEN: usize = 24;
const SHORT: usize = 30;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Exit code, standard output, standard error.
fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    run_in(root(), arguments, Stdio::null())
}

fn run_in(folder: &Path, arguments: &[&str], input: Stdio) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    command.args(arguments).current_dir(folder).env_remove("COLUMNS");
    command.env("SSLKEYLOGFILE", "keys.log");
    let out = command.stdin(input).output().expect("the binary runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (out.status.code(), text(out.stdout), text(out.stderr))
}

fn help(arguments: &[&str]) -> String {
    let (code, out, err) = run(arguments);
    assert_eq!((code, err.as_str()), (Some(0), ""), "{arguments:?}");
    out
}

#[test]
fn short_help_fits_a_screen() {
    let whole = help(&["-h"]);
    assert!(whole.lines().count() <= SCREEN, "{whole}");
    for command in COMMANDS {
        let short = help(&[command, "-h"]);
        let widest = short.lines().chain(whole.lines()).map(|line| line.chars().count()).max();
        assert!(widest <= Some(80) && short.lines().count() <= SHORT, "{short}");
        assert!(whole.contains(&format!("\n  {command} ")), "{command}");
    }
}

#[test]
fn long_help_begins_with_examples() {
    for command in COMMANDS.into_iter().filter(|command| !["completions", "man", "help"].contains(command)) {
        let long = help(&[command, "--help"]);
        assert!(long.starts_with(&format!("Examples:\n  wslog {command} ")), "{long}");
        assert_eq!(help(&["help", command]), long);
    }
    assert!(help(&["--help"]).starts_with("Examples:\n  wslog inspect "));
}

/// Words of a command line as a shell reads them: up to a comment or a file that takes the output, and between pipes.
fn words(line: &str) -> Vec<Vec<String>> {
    let (mut stages, mut word, mut quote) = (vec![Vec::new()], None::<String>, None);
    for c in line.chars().chain([' ']) {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '#' | '>') if word.is_none() => break,
            (None, '|') => stages.push(Vec::new()),
            (None, ' ') => stages.last_mut().expect("one").extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    stages
}

/// A directory with all that recipes and examples name.
fn kitchen(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("help").join(name);
    let _ = fs::remove_dir_all(&folder);
    let talks = (0..9_u32).map(|n| {
        let mut talk = Talk::new(&format!("192.0.2.{}:50001", 10 + n), "192.0.2.20:8080").with_isns(1 + n, 9);
        let mut upgrade = talk.upgrade();
        upgrade.host = "api.example.com".to_owned();
        talk.open_with(&upgrade).send(Client, Frame::text("Hello")).send(Client, Frame::ping("a"));
        if n == 3 {
            let large = talk.encode(Server, &Frame::text("x".repeat(1 << 20)));
            for piece in large.chunks(1_400) {
                talk.bytes(Server, piece);
            }
        }
        if n != 1 {
            talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, ""));
        } else {
            talk.send(Server, Frame::text("bye").rsv(2));
        }
        talk.end_tcp(Server);
        talk.packets()
    });
    let capture = Pcap::default().write(&merge(talks));
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&capture).expect("to memory");
    let gzip = gzip.finish().expect("to memory");
    let case = cases::find(&CaseId::new("3.2").expect("a number")).expect("a case");
    let run = SuiteRun::SERVER.passed(1, "/runCase?casetuple=3.2&agent=alpha", case);
    let run = Pcap::default().write(&run);
    let keys = fs::read(root().join("samples/wss-tls13.keys")).expect("a sample");
    let policy = fs::read(root().join("samples/autobahn/policy.toml")).expect("a sample");
    let expected = fs::read(root().join("samples/autobahn/before/index.json")).expect("a sample");
    for (path, bytes) in [
        ("capture.pcap", &capture),
        ("capture.pcap.gz", &gzip),
        ("run.pcap", &run),
        ("captures/a.pcap", &capture),
        ("client.pcap", &capture),
        ("proxy.pcap", &capture),
        ("server.pcap", &capture),
        ("ring/a.pcap", &capture),
        ("keys.log", &keys),
        ("policy.toml", &policy),
        ("accepted.toml", &b"[[accept]]\ncase = \"3.2\"\nreason = \"known\"\n".to_vec()),
        ("autobahn/expected-results.json", &expected),
    ] {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("a directory")).expect("writable");
        fs::write(path, bytes).expect("writable");
    }
    let runs = [
        ("old", "before"),
        ("before", "before"),
        ("new", "after"),
        ("reports", "after"),
        ("clients", "after"),
    ];
    for (run, of) in runs {
        fs::create_dir_all(folder.join(run)).expect("writable");
        for file in fs::read_dir(root().join("samples/autobahn").join(of)).expect("a run") {
            let file = file.expect("readable");
            fs::copy(file.path(), folder.join(run).join(file.file_name())).expect("writable");
        }
    }
    folder
}

/// Runs what a line has of wslog, with the capture where another program would write one.
#[track_caller]
fn works(folder: &Path, line: &str) -> Option<String> {
    let capture = fs::File::open(folder.join("capture.pcap")).expect("a capture");
    let stages =
        words(line.trim_start_matches("run: ").replace("mylib/1.4=mylib/1.5", "alpha=alpha").as_str());
    let stage = stages.iter().find(|stage| stage.iter().any(|word| word == "wslog"))?;
    let at = stage.iter().position(|word| word == "wslog")?;
    let arguments: Vec<&str> = stage[at + 1..].iter().map(String::as_str).collect();
    let (code, out, err) = run_in(folder, &arguments, capture.into());
    assert!(matches!(code, Some(0 | 1)), "{line}: {err}");
    assert!(
        !out.is_empty()
            || err.ends_with(" bytes\n")
            || arguments.iter().any(|word| ["-o", "--output", "--update"].contains(word)),
        "{line}"
    );
    Some(err)
}

/// The lines of all ways of a guide.
fn lines_of(guide: &str) -> Vec<&'static str> {
    let topics = explain::find(guide).expect("a guide");
    let guides = topics.into_iter().filter_map(|topic| match topic {
        Topic::Guide(guide) => Some(guide),
        _ => None,
    });
    guides
        .flat_map(|guide| guide.parts)
        .flat_map(|part| part.ways)
        .flat_map(|way| way.lines)
        .copied()
        .collect()
}

#[test]
fn every_recipe_works() {
    let folder = kitchen("recipes");
    let mut ran = 0;
    for line in lines_of("recipes").iter().map(|line| line.trim()).filter(|line| line.contains("wslog ")) {
        if line.starts_with("use ") || line.starts_with("fn ") {
            continue;
        }
        let err = works(&folder, line).unwrap_or_else(|| panic!("{line} runs nothing"));
        // What was selected is there.
        assert!(
            err.is_empty()
                || err.contains(" written to ")
                || (err.contains(" expected failure") && err.contains(" added, "))
                || err.contains("--fail-on must: of"),
            "{line}: {err}"
        );
        ran += 1;
    }
    assert!(ran >= 18, "{ran}");
    let csv = fs::read_to_string(folder.join("1006.csv")).expect("it was written");
    assert_eq!(csv.lines().count(), 2, "{csv}");
    let large = fs::read_dir(folder.join("big")).expect("it was made").count();
    assert_eq!(large, 1);
}

/// What is there to be copied can be.
#[test]
fn the_policy_of_the_help_is_one() {
    let help = help(&["check", "--help"]);
    let policy = help.split_once("A whole policy:\n").expect("a policy").1;
    let policy: Vec<_> =
        policy.lines().take_while(|line| line.is_empty() || line.starts_with("  ")).collect();
    let read = Policy::parse(&policy.join("\n"), Path::new("policy.toml")).expect("a policy that is read");
    assert!(!read.xfail.is_empty() && read.expect.count.is_some(), "{read:?}");
    let of_diff = self::help(&["diff", "--help"]);
    let accepted = of_diff.split_once("A file of accepted changes:\n").expect("a file").1;
    let accepted: Vec<_> = accepted.lines().take_while(|line| line.starts_with("  ")).collect();
    let accepted = Accepted::parse(&accepted.join("\n"), Path::new("accepted.toml"));
    assert_eq!(accepted.expect("a file that is read").len(), 1);
}

#[test]
fn what_guides_say_to_run_runs() {
    let folder = kitchen("guides");
    for guide in ["capture", "tls"] {
        let ran = lines_of(guide).into_iter().filter_map(|line| works(&folder, line)).count();
        assert!(ran >= 3, "{guide}: {ran}");
    }
}

#[test]
fn examples_of_help_work() {
    let folder = kitchen("examples");
    let of = |arguments: &[&str]| {
        let help = help(arguments);
        let examples = help.lines().skip(1).take_while(|line| line.starts_with("  "));
        examples.map(|line| line.trim().to_owned()).collect::<Vec<_>>()
    };
    let examples = COMMANDS.iter().take(7).flat_map(|command| of(&[command, "--help"]));
    let mut ran = 0;
    for line in examples.chain(of(&["--help"])) {
        works(&folder, &line).unwrap_or_else(|| panic!("{line} runs nothing"));
        ran += 1;
    }
    assert!(ran > 30, "{ran}");
}

/// The recipe that is Rust compiles: it is the file that is compiled here.
#[test]
fn the_recipe_of_the_library_is_rust() {
    mod library {
        include!("library.rs");
        pub(super) const MAIN: fn() -> Result<(), wslog::error::Error> = main;
    }
    let _ = library::MAIN;
    let recipe = lines_of("recipes");
    let code: Vec<_> = include_str!("library.rs").lines().collect();
    assert!(recipe.windows(code.len()).any(|lines| lines == code), "{recipe:#?}");
}

#[test]
fn pages_name_all_there_is() {
    let filters = help(&["help", "filters", "--width", "80"]);
    let long = help(&["list", "--help"]);
    let selection = long.split("\nWhich connections").nth(1).expect("a heading");
    let selection = selection.split("\n\nDisplay:").next().expect("a section");
    let options: Vec<_> =
        selection.lines().filter_map(|line| line.strip_prefix("      --")?.split(' ').next()).collect();
    assert!(options.len() >= 15, "{options:?}");
    for option in options {
        assert!(filters.contains(&format!("\n  --{option} ")), "{option}");
    }
    for cause in explain::all_causes() {
        let Topic::Cause(cause) = cause else { continue };
        assert!(filters.contains(cause.cause.name), "{}", cause.cause.name);
    }
    let json = help(&["help", "json", "--width", "80"]);
    for command in ["list", "frames", "messages"] {
        let csv = help(&[command, "--format", "csv", "samples/clean-close.pcap"]);
        let part = json.split(&format!("\nwslog {command} ")).nth(1).expect("a part");
        let part = part.split("\nwslog ").next().expect("a part");
        let header = csv.lines().next().expect("a header").split(',');
        // What has columns of its own stands there under one name.
        for column in header.filter(|name| !name.starts_with("payload_")) {
            assert!(
                part.contains(&format!("\n    {column} ")) || part.contains(&format!("\n    {column}\n")),
                "{column}"
            );
        }
    }
    for page in [&filters, &json] {
        assert!(page.lines().all(|line| line.chars().count() <= 80), "{page}");
    }
    let (code, _, err) = run(&["help", "no-such-thing"]);
    assert!(code == Some(2) && err.contains("no-such-thing"), "{err}");
}

/// The tips below an error.
fn tips(arguments: &[&str]) -> String {
    let (code, out, err) = run(arguments);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
    let tips = err.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    tips.collect::<Vec<_>>().join("; ")
}

#[test]
fn a_file_in_place_of_a_command_says_inspect() {
    for (argument, said) in [
        ("samples/reset.pcap", "to explain how its connections ended: wslog inspect samples/reset.pcap"),
        ("not-there.pcap", "to explain how its connections ended: wslog inspect not-there.pcap"),
        ("./README", "to explain how its connections ended: wslog inspect ./README"),
        ("LICENSE", "to explain how its connections ended: wslog inspect LICENSE"),
        ("-", "to explain how its connections ended: wslog inspect -"),
        (
            "samples",
            "to explain how its connections ended: wslog inspect samples; \
             for a run of the Autobahn Testsuite also: wslog check samples",
        ),
        ("inspekt", "did you mean wslog inspect?"),
        ("zzz", ""),
    ] {
        assert_eq!(tips(&[argument]), said);
        assert_eq!(tips(&["--width", "80", argument]), said);
    }
    // A name may be hostile.
    let (_, _, err) = run(&["\u{1b}[31m.pcap"]);
    assert!(!err.contains('\u{1b}') && err.contains("wslog inspect"), "{err:?}");
}

#[test]
fn an_unknown_option_leads_to_the_one_that_is_meant() {
    let clean = "samples/clean-close.pcap";
    for (command, option, said) in [
        (
            "inspect",
            "--filter=x",
            "--host, --path, --outcome, --cause, --code, --rule and others select connections: wslog help filters",
        ),
        (
            "list",
            "--only",
            "--host, --path, --outcome, --cause, --code, --rule and others select connections: wslog help filters",
        ),
        ("inspect", "--json", "--format json"),
        ("list", "--json", "--format ndjson"),
        ("check", "--json", "--format json"),
        ("inspect", "--csv", "wslog list --format csv INPUT (one row per connection)"),
        ("list", "--csv", "--format csv"),
        ("inspect", "--verbose", "--frames all, and --payload full"),
        ("frames", "-v", "--payload full"),
        ("inspect", "--follow", "wslog messages --follow ID INPUT"),
        ("messages", "--stream", "--follow ID"),
        ("inspect", "--ip", "--client ADDR or --server ADDR"),
        ("frames", "--addr=1.2.3.4", "--client ADDR or --server ADDR"),
        ("inspect", "--port", "--server :PORT or --client :PORT"),
        ("inspect", "--grep", "wslog messages --match REGEX INPUT"),
        ("messages", "--grep", "--match REGEX"),
        ("inspect", "--sort", "wslog list --sort COLUMN INPUT"),
        ("inspect", "--min-bytes", "--min-bytes is an option of wslog frames, wslog messages"),
        ("inspect", "--time", "--time is an option of wslog frames, wslog messages"),
        ("inspect", "--conection", "--connection is an option of wslog inspect"),
        ("inspect", "-r", "wslog inspect FILE: inputs need no option"),
        (
            "inspect",
            "--max-flows=3",
            "set caps with --limit flows=VALUE; wslog inspect --limit help lists them",
        ),
        ("inspect", "--zzqq", "wslog inspect --help lists the options"),
    ] {
        let found = tips(&[command, option, clean]);
        assert_eq!(found, said, "{command} {option}");
    }
}

/// Whatever is typed, what is proposed is there: options of the command, or of the one that is named.
#[test]
fn no_tip_names_what_is_not_there() {
    let words = "filter json csv md junit html github id follow ip port hostname url grep dump size kind order close-code reason errors \
                 severity after before keys verbose data summary tail strict out mask secrets no-color silent pager columns t merge \
                 split jobs recursive limits i r zz xyzzy";
    let helps = COMMANDS.map(|command| (command, help(&[command, "--help"])));
    let help_of = |wanted: &str| &helps.iter().find(|(command, _)| *command == wanted).expect("a command").1;
    for command in COMMANDS.into_iter().take(7) {
        for word in words.split_whitespace() {
            let option = if word.len() == 1 { format!("-{word}") } else { format!("--{word}") };
            if help_of(command).contains(&format!(" {option}")) {
                continue;
            }
            let tip = tips(&[command, &option, "samples/clean-close.pcap"]);
            let tip = tip.rsplit(" | ").next().expect("a tip");
            let named = tip.split_once("wslog ").and_then(|(_, rest)| rest.split(' ').next());
            let owner = named.filter(|name| COMMANDS.contains(name) && *name != "help").unwrap_or(command);
            let help = help_of(owner);
            assert!(!tip.is_empty(), "{command} {option}");
            for name in tip.split([' ', ',', ';', ':']).filter(|word| word.starts_with("--")) {
                let is_there = help.contains(&format!(" {name} ")) || help.contains(&format!(" {name}\n"));
                assert!(is_there, "{command} {option}: {name} of {owner} in {tip:?}");
            }
        }
    }
}

#[test]
fn an_unknown_value_leads_to_the_nearest() {
    let clean = "samples/clean-close.pcap";
    for (arguments, said) in [
        (["inspect", "--rule", "FR-RSW"], "did you mean FR-RSV?; wslog explain --list rules lists them"),
        (["list", "--rule", "zzzz"], "wslog explain --list rules lists them"),
        (
            ["inspect", "--cause", "idle"],
            "did you mean idle_timeout?; wslog explain --list causes lists them",
        ),
        (
            ["frames", "--cause", "keepalive"],
            "did you mean keepalive_timeout?; wslog explain --list causes lists them",
        ),
        (
            ["inspect", "--outcome", "Un-Clean"],
            "did you mean unclean, clean?; wslog explain --list outcomes lists them",
        ),
        (["list", "--sort", "duration"], "did you mean duration_ns?; wslog help json lists the columns"),
        (["inspect", "--format", "csv"], "wslog list --format csv INPUT (one row per connection)"),
    ] {
        let found = tips(&[&arguments[..], &[clean]].concat());
        assert_eq!(found, said, "{arguments:?}");
        let (_, _, err) = run(&[&arguments[..], &[clean]].concat());
        assert!(err.len() < 400, "{err}");
    }
}

/// What bash would offer for the last of these words.
#[cfg(unix)]
fn completed(words: &[&str]) -> BTreeSet<String> {
    let script = help(&["completions", "bash"]);
    let (last, before) = (words[words.len() - 1], words.get(words.len().wrapping_sub(2)).unwrap_or(&"wslog"));
    let quoted: Vec<_> = words.iter().map(|word| format!("'{word}'")).collect();
    let script = format!(
        "{script}\nCOMP_WORDS=({})\nCOMP_CWORD={}\n_wslog wslog '{last}' '{before}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"\n",
        quoted.join(" "),
        words.len() - 1
    );
    let out = Command::new("bash").args(["--norc", "-c", &script]).current_dir(root()).output();
    let out = out.expect("bash runs");
    assert!(out.status.success(), "{words:?}: {}", String::from_utf8_lossy(&out.stderr));
    let out = String::from_utf8(out.stdout).expect("UTF-8");
    out.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[cfg(unix)]
#[test]
fn bash_completes_files_and_names() {
    let nothing: [&str; 0] = [];
    for (words, expected) in [
        // Nothing of its own: bash completes files.
        (&["wslog", "inspect", ""][..], &nothing[..]),
        (&["wslog", "inspect", "sam"], &nothing),
        (&["wslog", "frames", "a.pcap", ""], &nothing),
        (&["wslog", "check", ""], &nothing),
        (&["wslog", "diff", "old", ""], &nothing),
        (&["wslog", "inspect", "--ru"], &["--rule"]),
        (&["wslog", "inspect", "--rule", "FR-RS"], &["FR-RSV"]),
        (&["wslog", "list", "--cause", "idle"], &["idle_timeout"]),
        (&["wslog", "messages", "--outcome", "re"], &["reset"]),
        (
            &["wslog", "list", "--code", "100"],
            &["1000", "1001", "1002", "1003", "1004", "1005", "1006", "1007", "1008", "1009"],
        ),
        (&["wslog", "explain", "FR-RS"], &["FR-RSV"]),
        (&["wslog", "explain", "1006", "keepa"], &["keepalive_timeout"]),
        (&["wslog", "help", "rec"], &["recipes"]),
        (&["wslog", "man", "wslog-rec"], &["wslog-recipes"]),
    ] {
        let found = completed(words);
        assert_eq!(found, expected.iter().map(|name| (*name).to_owned()).collect(), "{words:?}");
    }
    let script = help(&["completions", "bash"]);
    assert!(script.contains("-o bashdefault -o default wslog"));
}

/// The scripts of the others have the names of everything, and leave files to the shell.
#[test]
fn zsh_and_fish_know_the_names() {
    let (zsh, fish) = (help(&["completions", "zsh"]), help(&["completions", "fish"]));
    assert!(zsh.contains("'*::inputs -- ") && zsh.contains(":_files'"));
    let rules = explain::all_rules().into_iter().filter_map(|topic| match topic {
        Topic::Rule(topic) => Some(topic.rule.name),
        _ => None,
    });
    for name in rules.chain(["abrupt_end", "no_close_frame", "1006", "mqtt", "recipes"]) {
        assert!(zsh.contains(&format!("{name}\\:")), "{name}");
        assert!(fish.contains(&format!("using_subcommand explain' -f -a '{name}' ")), "{name}");
    }
    for (option, value) in
        [("rule", "FR-RSV"), ("cause", "abrupt_end"), ("outcome", "reset"), ("code", "1006")]
    {
        let line = fish.split("complete -c wslog ").find(|line| {
            line.contains("using_subcommand inspect") && line.contains(&format!(" -l {option} "))
        });
        assert!(line.is_some_and(|line| line.contains(value)), "{option}");
    }
    // No option keeps files away from where inputs are named.
    assert!(!fish.contains("using_subcommand inspect\" -f"));
}
