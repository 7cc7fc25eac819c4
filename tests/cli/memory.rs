//! How much memory the binary takes for what is made to take much: it does with little, and without the cap that sees to that it
//! does not. The system sees to the little: a run that asks for more ends, which has to be said and not to hang.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::hostile::{as_file, named};

/// What is made to take much, how it is read, and what is said of that.
struct Row {
    name: &'static str,
    make: fn() -> Vec<u8>,
    arguments: &'static [&'static str],
    /// KiB of memory that it does with, the exit code, and what is said of it on standard error.
    kib: u32,
    code: i32,
    said: &'static str,
    /// The same without the cap.
    lifted: Option<&'static [&'static str]>,
}

const ROWS: &[Row] = &[
    Row {
        name: "heads",
        make: || hostile("half-heads", 2_000),
        arguments: &["inspect", "--threads", "1", "--limit", "held-bytes=4M"],
        kib: 64 << 10,
        code: 0,
        said: "",
        lifted: Some(&["inspect", "--threads", "1", "--limit", "held-bytes=1G"]),
    },
    // Took 110 MB when its JSON was one piece.
    Row {
        name: "frames",
        make: || hostile("frames", 150_000),
        arguments: &["inspect", "--threads", "1", "--frames", "all", "--format", "json"],
        kib: 104 << 10,
        code: 0,
        said: "",
        lifted: None,
    },
    Row {
        name: "report",
        make: || {
            format!(
                "{{\"agent\":\"a\",\"id\":\"1.1.1\",\"expected\":{{\"OK\":[{}[]]}}}}",
                "[],".repeat(4 << 20)
            )
            .into()
        },
        arguments: &["inspect", "--threads", "1"],
        kib: 96 << 10,
        code: 2,
        said: "more than 250000 parts",
        lifted: Some(&["inspect", "--threads", "1", "--limit", "report-parts=100_000_000"]),
    },
    Row {
        name: "policy",
        make: || "skip = [\"1.*\"]\n".repeat(1 << 20).into(),
        arguments: &["check", "--index-only", "samples/autobahn/before", "--policy"],
        kib: 64 << 10,
        code: 2,
        said: "more than 4194304 bytes",
        lifted: None,
    },
];

fn hostile(name: &str, n: u64) -> Vec<u8> {
    let make = named(name).expect("a name of the list");
    let mut bytes = Vec::new();
    as_file(make, n, &mut |more| bytes.extend_from_slice(more));
    bytes
}

/// Runs the binary with so much memory and no more.
fn within(kib: u32, arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -c 0 && ulimit -d \"$0\" && exec \"$@\"", &kib.to_string()]);
    command.arg(env!("CARGO_BIN_EXE_wslog")).args(arguments).arg(file);
    // What prints a backtrace needs memory for it.
    command.env_remove("RUST_BACKTRACE").stdout(Stdio::null()).output().expect("it runs")
}

#[test]
fn what_is_made_to_take_much_memory_does_not() {
    for Row { name, make, arguments, kib, code, said, lifted } in ROWS {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("memory-{name}"));
        fs::write(&path, make()).expect("it can be written");
        let run = |arguments: &[&str]| {
            let Output { status, stderr, .. } = within(*kib, arguments, &path);
            (status.code(), String::from_utf8_lossy(&stderr).into_owned())
        };
        let (found, errors) = run(arguments);
        assert!(found == Some(*code) && errors.contains(said), "{name}: {found:?}: {errors}");
        if let Some(lifted) = lifted {
            let (found, errors) = run(lifted);
            assert!(
                found.is_none() && errors.contains("memory allocation of"),
                "{name}: {found:?}: {errors}"
            );
        }
        fs::remove_file(&path).expect("it can be removed");
    }
}
