//! The sample captures in `samples/`: that nobody edited them, and that the table describes them all.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "../samples/made.rs"]
mod made;
#[path = "support/support.rs"]
mod support;

/// Bytes a sample may have: small enough to be read packet by packet.
const MAX_MADE: usize = 10_000;
const MAX_RECORDED: usize = 30_000;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples")
}

/// Names of all captures in the folder; recorded ones begin with `real-`.
fn captures() -> BTreeSet<String> {
    let entries = fs::read_dir(folder()).expect("samples/ is there");
    entries
        .map(|entry| entry.expect("samples/ can be read").file_name().into_string().expect("a plain name"))
        .filter(|name| name.ends_with(".pcap") || name.ends_with(".pcapng"))
        .collect()
}

#[test]
fn samples_are_current() {
    let made = made::all();
    for (name, bytes) in &made {
        let found = fs::read(folder().join(name)).unwrap_or_default();
        assert!(
            found == *bytes,
            "samples/{name} is not what samples/made.rs makes: `cargo run --example make_samples`"
        );
        assert!(bytes.len() <= MAX_MADE, "samples/{name} has {} bytes", bytes.len());
    }
    let names: BTreeSet<String> = made.iter().map(|(name, _)| (*name).to_string()).collect();
    let found: BTreeSet<String> = captures().into_iter().filter(|name| !name.starts_with("real-")).collect();
    assert_eq!(found, names, "captures in samples/ beside those samples/made.rs makes");
}

#[test]
fn recorded_samples_are_small() {
    let recorded: Vec<_> = captures().into_iter().filter(|name| name.starts_with("real-")).collect();
    assert!(!recorded.is_empty());
    for name in recorded {
        let len = fs::read(folder().join(&name)).expect("a capture").len();
        assert!(len <= MAX_RECORDED, "samples/{name} has {len} bytes");
    }
}

#[test]
fn readme_describes_every_sample_once() {
    let readme = fs::read_to_string(folder().join("README.md")).expect("samples/README.md");
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let described: Vec<&str> = rows.filter(|name| name.contains(".pcap")).collect();
    let mut sorted = described.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, Vec::from_iter(captures()), "rows of the table against captures");
}
