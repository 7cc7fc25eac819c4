//! What the README and the manual show is what the program prints, or what its tables hold. `WSLOG_BLESS=1` writes it
//! anew.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use wslog::views::schema::DOCUMENTS;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn blessing() -> bool {
    std::env::var_os("WSLOG_BLESS").is_some()
}

fn wslog(arguments: &[&str]) -> String {
    let out = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .args(arguments)
        .current_dir(root())
        .output()
        .expect("the binary runs");
    // 1 is an answer too: a regression, a broken policy.
    assert!(
        matches!(out.status.code(), Some(0 | 1)),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&out.stderr)
    );
    String::from_utf8(out.stdout).expect("UTF-8")
}

/// The README with the output of each `$ wslog` command below it.
fn with_output(text: &str) -> String {
    let mut out = String::new();
    let mut in_output = false;
    for line in text.lines() {
        if in_output && line != "```" {
            continue;
        }
        in_output = false;
        let _ = writeln!(out, "{line}");
        let sample = line.strip_prefix("$ wslog ").filter(|c| c.contains(" samples/") && !c.contains('|'));
        if let Some(command) = sample {
            out.push_str(&wslog(&command.split(' ').collect::<Vec<_>>()));
            in_output = true;
        }
    }
    out
}

#[track_caller]
fn check(path: &str, expected: &str) {
    let path = root().join(path);
    let found = fs::read_to_string(&path).unwrap_or_default();
    if blessing() {
        fs::write(&path, expected).expect("writable");
    } else {
        assert!(found == expected, "{} is stale: WSLOG_BLESS=1 cargo test --test cli readme", path.display());
    }
}

#[test]
fn readme_shows_real_output() {
    let text = fs::read_to_string(root().join("README.md")).expect("there");
    check("README.md", &with_output(&text));
    assert!(text.lines().count() <= 150, "it is no manual");
    assert!(text.contains("\n$ wslog inspect --width 100 samples/"), "it shows an answer");
}

/// What it names in links is there.
#[test]
fn links_of_the_readme_lead_somewhere() {
    let text = fs::read_to_string(root().join("README.md")).expect("there");
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets: Vec<_> = targets.filter(|target| !target.contains("://")).collect();
    assert!(targets.len() > 10);
    for target in targets {
        assert!(root().join(target).exists(), "{target}");
    }
}

#[test]
fn manual_is_current() {
    let pages = [
        "wslog.1",
        "wslog-inspect.1",
        "wslog-list.1",
        "wslog-frames.1",
        "wslog-messages.1",
        "wslog-diff.1",
        "wslog-check.1",
        "wslog-explain.1",
        "wslog-json.5",
        "wslog-rules.7",
        "wslog-causes.7",
        "wslog-capture.7",
        "wslog-recipes.7",
    ];
    for file in pages {
        let (page, _) = file.split_once('.').expect("a section");
        check(&format!("man/{file}"), &wslog(&["man", page]));
    }
    assert_eq!(wslog(&["man"]), wslog(&["man", "wslog"]));
    let there = fs::read_dir(root().join("man")).expect("there").map(|entry| entry.expect("readable").path());
    let there: BTreeSet<_> = there.filter(|path| path.is_file()).collect();
    assert_eq!(there, pages.iter().map(|file| root().join("man").join(file)).collect());
}

#[test]
fn schemas_are_current() {
    for document in DOCUMENTS {
        let file = format!("man/schema/{}.json", document.name.replace('/', "-"));
        check(&file, &wslog(&["man", "--schema", document.key()]));
    }
    assert_eq!(fs::read_dir(root().join("man/schema")).expect("there").count(), DOCUMENTS.len());
}

/// The number of crates, which nobody would count again by hand.
#[cfg(target_os = "linux")]
#[test]
fn the_number_of_crates_is_current() {
    let count = |arguments: &[&str]| {
        let tree = Command::new(env!("CARGO"))
            .args(["tree", "--locked", "--offline", "-e", "normal", "--prefix", "none"])
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        let tree = String::from_utf8(tree.stdout).expect("UTF-8");
        let names: BTreeSet<_> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        names.len() - 1
    };
    let (binary, library) = (count(&[]), count(&["--no-default-features"]));
    let said = format!("the binary is built from {binary} crates, the library from {library} ");
    let readme = fs::read_to_string(root().join("README.md")).expect("it is there");
    assert!(readme.contains(&said), "{said}");
}
