//! What the binary prints for every sample, held against `tests/golden/`: `NAME.txt` is the text, `NAME.json`
//! the document with all frames, indented; with the keys that lie beside the sample. After a change that is meant:
//!
//! ```sh
//! WSLOG_BLESS=1 cargo test --test cli golden
//! ```

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

/// What `wslog inspect` prints, run in the root of the repository so that no path of this machine is in it.
fn inspect(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .arg("inspect")
        .args(arguments)
        .output()
        .expect("the binary runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{arguments:?}: {}\n{errors}", output.status);
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Every golden file as it has to be.
fn expected() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for entry in
        fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")).expect("samples/ is there")
    {
        let name = entry.expect("samples/ can be read").file_name().into_string().expect("a plain name");
        if ![".pcap", ".pcapng", ".txt"].iter().any(|ending| name.ends_with(ending)) {
            continue;
        }
        let path = format!("samples/{name}");
        let keys = Path::new(&path).with_extension("keys");
        let keys = keys.to_str().expect("a plain name");
        let with_keys = ["--quiet", "--keylog", keys];
        let more =
            if Path::new(env!("CARGO_MANIFEST_DIR")).join(keys).exists() { &with_keys[..] } else { &[] };
        files.insert(format!("{name}.txt"), inspect(&[&["--width", "100", &path], more].concat()));
        let json = inspect(&[&["--format", "json", "--frames", "all", &path], more].concat());
        let document: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        files.insert(format!("{name}.json"), format!("{document:#}\n"));
    }
    files
}

#[test]
fn samples_give_what_the_golden_files_hold() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let expected = expected();
    if std::env::var_os("WSLOG_BLESS").is_some() {
        fs::create_dir_all(&folder).expect("tests/golden can be made");
        for entry in fs::read_dir(&folder).expect("tests/golden is there").flatten() {
            if entry.path().is_file() {
                fs::remove_file(entry.path()).expect("tests/golden can be written");
            }
        }
        for (name, content) in &expected {
            fs::write(folder.join(name), content).expect("tests/golden can be written");
        }
        return;
    }
    let mut stale = Vec::new();
    for (name, content) in &expected {
        let found = fs::read_to_string(folder.join(name)).unwrap_or_default();
        if found != *content {
            let line = found.lines().zip(content.lines()).take_while(|(a, b)| a == b).count();
            let [held, now] =
                [&found, content].map(|text| text.lines().nth(line).unwrap_or("(ends)").to_owned());
            stale.push(format!("{name}, line {}\n  golden {held}\n  now    {now}", line + 1));
        }
    }
    let entries = fs::read_dir(&folder).expect("tests/golden is there");
    // Those of runs, tables, sentences and explain have a folder, and a test, of their own.
    let names = entries
        .map(|entry| entry.expect("can be read"))
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().into_string().expect("a plain name"));
    stale.extend(
        names.filter(|name| !expected.contains_key(name)).map(|name| format!("{name}: of no sample")),
    );
    assert!(stale.is_empty(), "WSLOG_BLESS=1 cargo test --test cli golden\n{}", stale.join("\n"));
}
