//! The gate on growth: inputs that are made to hurt, once, and twice as much. Twice as much may take twice the instructions,
//! as callgrind counts them, and a little more.
//!
//! `cargo test --bench growth` shows all and fails where one grows faster; `-- NAME` takes those with that in their name. Without
//! valgrind nothing is counted.

#[path = "growth/captures.rs"]
mod captures;
#[path = "growth/http2.rs"]
mod http2;
#[path = "growth/journeys.rs"]
mod journeys;
#[path = "growth/reports.rs"]
mod reports;
#[path = "growth/runs.rs"]
mod runs;
#[path = "../support/support.rs"]
mod support;
#[path = "growth/texts.rs"]
mod texts;
#[path = "growth/tickets.rs"]
mod tickets;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;

use support::cost::TUNABLES;

/// Instructions that twice as much may take, in hundredths of those of once: sorting takes a little more than twice, what is
/// quadratic four times.
const GROWTH: u64 = 260;

/// Less than this is what differs from run to run, and no cost of an input.
const LEAST: u64 = 100_000;

const INSPECT: &[&str] =
    &["inspect", "--threads", "1", "--format", "json", "--frames", "all", "--payload", "full"];

/// What grows, and how much of it is once.
struct Shape {
    name: &'static str,
    once: usize,
    make: Box<dyn Fn(usize) -> Made + Send + Sync>,
}

impl Shape {
    fn new(name: &'static str, once: usize, make: impl Fn(usize) -> Made + Send + Sync + 'static) -> Self {
        Self { name, once, make: Box::new(make) }
    }
}

/// Arguments of a run, and the files that they name.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Made {
    arguments: Vec<String>,
    files: Vec<(String, Vec<u8>)>,
}

impl Made {
    fn new(arguments: &[&str], files: Vec<(String, Vec<u8>)>) -> Self {
        Self { arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(), files }
    }

    /// These files, all of them inputs.
    fn inputs(files: Vec<(String, Vec<u8>)>) -> Self {
        let mut made = Self::new(INSPECT, files);
        made.arguments.extend(made.files.iter().map(|(name, _)| name.clone()));
        made
    }

    fn capture(bytes: Vec<u8>) -> Self {
        Self::inputs(vec![("growth.pcap".to_owned(), bytes)])
    }
}

fn binary() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--bin", "wslog"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    match status {
        Ok(status) if status.success() => {
            let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp is in target");
            Ok(target.join("release/wslog"))
        }
        other => Err(format!("cargo build: {other:?}")),
    }
}

/// Runs it in a folder of its own.
fn count(binary: &Path, folder: &Path, made: &Made) -> Result<u64, String> {
    let _ = fs::remove_dir_all(folder);
    for (name, bytes) in &made.files {
        let path = folder.join(name);
        let write = |path: &Path| {
            fs::create_dir_all(path.parent().unwrap_or(folder))?;
            fs::write(path, bytes)
        };
        write(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let details = folder.join("callgrind.out");
    let mut command = Command::new("valgrind");
    command.env("GLIBC_TUNABLES", TUNABLES).current_dir(folder);
    command.args(["--quiet", "--tool=callgrind"]).arg(format!("--callgrind-out-file={}", details.display()));
    command.arg(binary).args(&made.arguments);
    let out = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).output();
    match &out {
        // 1: what was asked about was found.
        Ok(out) if matches!(out.status.code(), Some(0 | 1)) => {}
        Ok(out) => {
            return Err(format!("{command:?}: {}{}", out.status, String::from_utf8_lossy(&out.stderr)));
        }
        Err(error) => return Err(format!("{command:?}: {error}")),
    }
    let text = fs::read_to_string(&details).map_err(|error| format!("{}: {error}", details.display()))?;
    let total = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).ok_or_else(|| "no totals".to_owned())
}

/// Instructions of nothing, of once and of twice as much.
type Counts = [u64; 3];

fn counts(
    binary: &Path,
    folder: &Path,
    shape: &Shape,
    nothings: &mut BTreeMap<Made, u64>,
) -> Result<Counts, String> {
    let nothing = (shape.make)(0);
    let nothing = if let Some(known) = nothings.get(&nothing) {
        *known
    } else {
        let counted = count(binary, folder, &nothing)?;
        *nothings.entry(nothing).or_insert(counted)
    };
    let [once, twice] = [1, 2].map(|times| count(binary, folder, &(shape.make)(times * shape.once)));
    Ok([nothing, once?, twice?])
}

/// Counts all by as many threads as there are processors.
fn all(binary: &Path, folder: &Path, shapes: &[Shape]) -> BTreeMap<usize, Result<Counts, String>> {
    let (next, done) = (Mutex::new(0), Mutex::new(BTreeMap::new()));
    let work = |worker: usize| {
        let (folder, mut nothings) = (folder.join(worker.to_string()), BTreeMap::new());
        loop {
            let at = {
                let mut next = next.lock().expect("no thread panics");
                *next += 1;
                *next - 1
            };
            let Some(shape) = shapes.get(at) else { return };
            let counted = counts(binary, &folder, shape, &mut nothings)
                .map_err(|error| format!("{}: {error}", shape.name));
            done.lock().expect("no thread panics").insert(at, counted);
        }
    };
    thread::scope(|scope| {
        for worker in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(move || work(worker));
        }
    });
    done.into_inner().expect("no thread panics")
}

fn gate() -> Result<bool, String> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("valgrind is not there: nothing is counted");
        return Ok(true);
    }
    let only: Vec<String> = std::env::args().skip(1).filter(|name| !name.starts_with("--")).collect();
    let mut shapes: Vec<_> = texts::shapes()
        .chain(captures::shapes())
        .chain(http2::shapes())
        .chain(journeys::shapes())
        .chain(reports::shapes())
        .chain(runs::shapes())
        .chain(tickets::shapes())
        .collect();
    shapes.retain(|shape| only.is_empty() || only.iter().any(|name| shape.name.contains(name.as_str())));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth");
    let binary = binary()?;
    let counted = all(&binary, &folder, &shapes);
    let mut holds = true;
    println!("{:<44}{:>14}{:>14}{:>8}", "what", "once", "twice", "times");
    for (shape, (_, counted)) in shapes.iter().zip(counted) {
        let [nothing, once, twice] = counted?;
        let [once, twice] = [once, twice].map(|count| count.saturating_sub(nothing));
        let is_seen = once >= LEAST;
        let is_fast = twice.saturating_mul(100) <= once.saturating_mul(GROWTH);
        let times = format!("{}.{:02}", twice * 100 / once.max(1) / 100, twice * 100 / once.max(1) % 100);
        let verdict = match (is_seen, is_fast) {
            (false, _) => "  takes too little to tell",
            (true, true) => "",
            (true, false) => "  grows too fast",
        };
        println!("{:<44}{once:>14}{twice:>14}{times:>8}{verdict}", shape.name);
        holds &= is_seen && is_fast;
    }
    Ok(holds)
}

fn main() -> ExitCode {
    match gate() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
