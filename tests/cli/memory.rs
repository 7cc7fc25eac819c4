//! How much memory the binary takes for captures that are made to take much. Looked at while it runs, again and again: what is
//! seen is never more than what it took.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::hostile::{ALL, as_file};

/// The most memory that a run takes, in KiB.
fn peak(arguments: &[&str], file: &Path) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    command.arg("inspect").args(arguments).arg(file).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("it runs");
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    while child.try_wait().expect("it is waited for").is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
        most = most.max(kib.unwrap_or(0));
    }
    assert!(child.wait().expect("it has ended").success(), "{arguments:?}");
    most
}

#[test]
fn what_is_made_to_take_much_memory_does_not() {
    // The first takes 150 MB without its cap, the second took 110 MB when its JSON was one piece.
    for (name, n, arguments, most) in [
        ("half-heads", 2_000, &["--limit", "held-bytes=4M"][..], 64 << 10),
        ("frames", 150_000, &["--frames", "all", "--format", "json"], 80 << 10),
    ] {
        let (_, _, make) = ALL.iter().find(|row| row.0 == name).expect("a name of the list");
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("memory-{name}.pcap"));
        let mut bytes = Vec::new();
        as_file(*make, n, &mut |more| bytes.extend_from_slice(more));
        fs::write(&path, &bytes).expect("it can be written");
        drop(bytes);
        let peak = peak(arguments, &path);
        assert!((1..most).contains(&peak), "{name}: {peak} KiB");
        fs::remove_file(&path).expect("it can be removed");
    }
}
