//! The gate on cost: the instructions that `wslog inspect` takes on captures of the six profiles, as callgrind counts
//! them, beside those in `cost.tsv`.
//!
//! `cargo bench --bench cost` shows them. So does `cargo test --bench cost`, which builds less: the bench needs no
//! optimisation itself. `-- --check` fails where a figure grew by more than 3 %; `-- --write --because "REASON"` records what
//! was counted.
//!
//! Measured is what `cargo build --release` gives; the binary that cargo builds for benches has dependencies with the
//! features that only tests need. Without valgrind nothing is counted and nothing fails.

#[path = "../support/support.rs"]
mod support;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::Mutex;
use std::thread;

use sha1::{Digest, Sha1};

use support::cost::{Counted, Figure, Judged, Record, TUNABLES, Verdict};
use support::profile;

/// Size of a capture in bytes, about.
const BYTES: usize = 10_000_000;

const FORMATS: [&str; 2] = ["text", "json"];

/// All arguments but the format and the capture. Nothing is left to the terminal.
const ARGUMENTS: &[&str] = &["inspect", "--threads", "1", "--color", "never", "--width", "110", "--format"];

const USAGE: &str = "usage: cargo bench --bench cost [-- --check | --write --because REASON]";

/// What is asked for.
enum Task {
    Show,
    Check,
    Write { why: String },
}

fn task() -> Option<Task> {
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [] => Some(Task::Show),
        ["--check"] => Some(Task::Check),
        ["--write", "--because", why] | ["--because", why, "--write"] => {
            Some(Task::Write { why: why.into() })
        }
        _ => None,
    }
}

/// Standard output of a program that has to succeed.
fn output(command: &mut Command) -> Result<String, String> {
    let out = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{command:?}: {error}"))?;
    if !out.status.success() {
        return Err(format!("{command:?}: {}", out.status));
    }
    String::from_utf8(out.stdout).map_err(|error| format!("{command:?}: {error}"))
}

/// The release binary, up to date.
fn binary() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["build", "--release", "--locked", "--bin", "wslog", "--message-format"];
    let mut command = Command::new(cargo);
    command.args(arguments).arg("json-render-diagnostics").current_dir(env!("CARGO_MANIFEST_DIR"));
    let messages = output(&mut command)?;
    let executable = |line: &str| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        message["executable"].as_str().map(PathBuf::from)
    };
    messages.lines().find_map(executable).ok_or_else(|| "cargo build names no executable".into())
}

/// What the figures depend on. Programs under valgrind see the extensions that it can emulate and the processor has: of
/// those that code is chosen by, AVX2 and BMI2, but not AVX-512.
fn counted(valgrind: &str) -> Result<Counted, String> {
    let mut machine = std::env::consts::ARCH.to_owned();
    #[cfg(target_arch = "x86_64")]
    for (name, is_there) in
        [("avx2", is_x86_feature_detected!("avx2")), ("bmi2", is_x86_feature_detected!("bmi2"))]
    {
        if is_there {
            let _ = write!(machine, " {name}");
        }
    }
    let rustc = output(Command::new("rustc").arg("--version").current_dir(env!("CARGO_MANIFEST_DIR")))?;
    let rustc: Vec<_> = rustc.split_whitespace().take(2).collect();
    Ok(Counted { machine, tools: format!("{valgrind}, {}", rustc.join(" ")) })
}

/// A run whose cost is counted.
struct Run {
    profile: &'static str,
    format: &'static str,
    /// Digest of its capture.
    capture: String,
}

impl Run {
    /// Where callgrind writes what each function cost.
    fn details(&self) -> String {
        format!("{}-{}.callgrind", self.profile, self.format)
    }
}

/// Instructions of a run. Its environment (but for the path), its directory and its arguments are the same everywhere.
fn count(binary: &Path, folder: &Path, run: &Run) -> Result<u64, String> {
    let details = folder.join(run.details());
    let mut command = Command::new("valgrind");
    command.args(["--quiet", "--tool=callgrind"]);
    command.arg(format!("--callgrind-out-file={}", run.details())).arg(binary);
    command.args(ARGUMENTS).args([run.format, &format!("{}.pcap", run.profile)]);
    command.env_clear().envs(std::env::var_os("PATH").map(|path| ("PATH", path)));
    command.env("GLIBC_TUNABLES", TUNABLES);
    command.current_dir(folder).stdin(Stdio::null()).stdout(Stdio::null());
    let status = command.status().map_err(|error| format!("{command:?}: {error}"))?;
    if !status.success() {
        return Err(format!("{command:?}: {status}"));
    }
    let text = fs::read_to_string(&details).map_err(|error| format!("{}: {error}", details.display()))?;
    let total = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    let total = total.and_then(|total| total.trim().parse().ok());
    total.ok_or_else(|| format!("{} has no totals", details.display()))
}

/// Writes the captures to `folder`.
fn captures(folder: &Path) -> Result<Vec<Run>, String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut runs = Vec::new();
    for profile in profile::ALL {
        let bytes = profile.capture(BYTES);
        let path = folder.join(format!("{}.pcap", profile.name));
        fs::write(&path, &bytes).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut capture = String::new();
        Sha1::digest(&bytes).iter().for_each(|byte| {
            let _ = write!(capture, "{byte:02x}");
        });
        runs.extend(FORMATS.map(|format| Run { profile: profile.name, format, capture: capture.clone() }));
    }
    Ok(runs)
}

/// Counts all runs, as many at a time as there are cores.
fn count_all(binary: &Path, folder: &Path, runs: &[Run]) -> Result<Vec<Figure>, String> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    // The last take the longest.
    let waiting = Mutex::new(runs.iter().enumerate().rev());
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..cores.min(runs.len()) {
            scope.spawn(|| {
                while let Some((n, run)) = { waiting.lock().expect("no panic").next() } {
                    let figure = count(binary, folder, run);
                    done.lock().expect("no panic").push((n, figure));
                }
            });
        }
    });
    let mut done = done.into_inner().expect("no panic");
    done.sort_by_key(|(n, _)| *n);
    let figure = |(n, instructions): (usize, Result<u64, String>)| {
        let Run { profile, format, capture } = &runs[n];
        let [profile, format] = [profile, format].map(|name| (*name).to_owned());
        Ok(Figure { profile, format, instructions: instructions?, capture: capture.clone() })
    };
    done.into_iter().map(figure).collect()
}

fn show(judged: &[Judged]) {
    println!("{:<12}{:<8}{:>15}{:>15}{:>10}", "profile", "format", "recorded", "counted", "growth");
    let number = |n: Option<u64>| n.map_or_else(|| "-".to_owned(), |n| n.to_string());
    for row in judged {
        let growth = row.growth().map_or_else(String::new, |growth| format!("{growth:+.2} %"));
        let line = format!(
            "{:<12}{:<8}{:>15}{:>15}{growth:>10}  {}",
            row.profile,
            row.format,
            number(row.recorded),
            number(row.counted),
            row.verdict.words()
        );
        println!("{}", line.trim_end());
    }
}

fn gate(task: Task) -> Result<bool, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bench/cost.tsv");
    let text = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let record = Record::parse(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let Ok(valgrind) = Command::new("valgrind").arg("--version").output() else {
        println!("valgrind is not there: nothing is counted");
        return Ok(!matches!(task, Task::Write { .. }));
    };
    let counted = counted(String::from_utf8_lossy(&valgrind.stdout).trim())?;
    let is_comparable = record.counted.machine == counted.machine;
    if !is_comparable {
        let Counted { machine, .. } = &record.counted;
        println!("the figures were counted on {machine}, and this is {}", counted.machine);
        if matches!(task, Task::Check) {
            println!("nothing is held against them");
            return Ok(true);
        }
    }
    if record.counted.tools != counted.tools {
        println!("counted with {}, recorded with {}", counted.tools, record.counted.tools);
    }

    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cost");
    let binary = binary()?;
    let runs = captures(&folder)?;
    let figures = count_all(&binary, &folder, &runs)?;
    let judged = record.judge(&figures);
    show(&judged);
    match task {
        Task::Show => Ok(true),
        Task::Check => {
            let failing: Vec<_> = judged.iter().filter(|row| row.verdict.fails()).collect();
            if let Some(grown) = failing.iter().find(|row| row.verdict == Verdict::Grew) {
                let details = folder.join(format!("{}-{}.callgrind", grown.profile, grown.format));
                println!("\nwhere it goes: callgrind_annotate {}", details.display());
            }
            if !failing.is_empty() {
                println!("if it is worth it: cargo test --bench cost -- --write --because \"REASON\"");
            }
            Ok(failing.is_empty())
        }
        Task::Write { why } => {
            let record = record.anew(counted, &figures, &why)?;
            fs::write(&path, record.text()).map_err(|error| format!("{}: {error}", path.display()))?;
            println!("\nrecorded in {}", path.display());
            Ok(true)
        }
    }
}

fn main() -> ExitCode {
    let Some(task) = task() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match gate(task) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
