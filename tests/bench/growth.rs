//! The gate on growth: texts that are made to hurt the search for secrets, once, and twice as long. Twice as much may take
//! twice the instructions, as callgrind counts them, and a little more.
//!
//! `cargo test --bench growth` shows all and fails where one grows faster. Without valgrind nothing is counted.

#[path = "../support/support.rs"]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use support::capture_file::Pcap;
use support::conversation::{Client, Server, Talk};
use support::cost::TUNABLES;
use support::frame::Frame;
use support::upgrade::Upgrade;

/// Bytes of the shorter text, about. Twice as many are less than a head may have.
const BYTES: usize = 12_000;

/// Instructions that twice the text may take, in hundredths of those of once: sorting takes a little more than twice, what is
/// quadratic four times.
const GROWTH: u64 = 260;

/// What is written, of so many bytes.
type Shape = (&'static str, fn(Written<'_>, usize));

struct Written<'a> {
    upgrade: &'a mut Upgrade,
    frames: &'a mut Vec<Frame>,
}

/// `piece` again and again, each time with another number for `#`.
fn again(piece: &str, bytes: usize) -> String {
    let mut out = String::new();
    (0..)
        .take_while(|n| {
            out.push_str(&piece.replace('#', &format!("Zq9xSe{n:x}rEt7w")));
            out.len() < bytes
        })
        .for_each(drop);
    out
}

const SHAPES: &[Shape] = &[
    ("parameters", |w, n| w.upgrade.target = format!("/?{}", again("a=b&", n))),
    ("secret parameters", |w, n| w.upgrade.target = format!("/?{}", again("token=#&", n))),
    ("parameters parted by semicolons", |w, n| w.upgrade.target = format!("/?{}", again("a=b;", n))),
    ("weak parameters parted by semicolons", |w, n| w.upgrade.target = format!("/?{}", again("key=b;", n))),
    ("names of names", |w, n| w.upgrade.target = format!("/?{}", again("a=", n))),
    ("percents of percents", |w, n| w.upgrade.target = format!("/?a={}", again("%25", n))),
    ("parameters, encoded", |w, n| w.upgrade.target = format!("/?a={}", again("%26a%3D%253B", n))),
    ("path", |w, n| w.upgrade.target = again("/a", n)),
    ("path of tokens", |w, n| w.upgrade.target = again("/token/#", n)),
    ("users", |w, n| w.upgrade.target = format!("http://{}", again("a:b@", n))),
    ("braces", |w, n| w.upgrade.target = format!("/?a={}", again("{\"a\":[", n))),
    ("strings in strings", |w, n| w.upgrade.target = format!("/?a=[{}", again("\\\"", n))),
    ("fields", |w, n| {
        for n in 0..n / 30 {
            *w.upgrade = w.upgrade.clone().ask("X-Token", &format!("Zq9xSeCrEt7w{n}"));
        }
    }),
    ("cookies", |w, n| *w.upgrade = w.upgrade.clone().ask("Cookie", &again("a=#; ", n))),
    ("parts of tokens", |w, n| note(w, &again("eyJ.", n))),
    ("starts of tokens", |w, n| note(w, &again("eyJ", n))),
    ("tokens", |w, n| note(w, &again("eyJhbGciOiJ9.e30.# ", n))),
    ("JSON in base64", |w, n| note(w, &again("eyJhIjoxfQ== ", n))),
    ("starts of keys", |w, n| note(w, &again("key-a.", n))),
    ("words that announce", |w, n| note(w, &again("token ", n))),
    ("names that announce", |w, n| note(w, &again("x-token: ", n))),
    ("random words", |w, n| note(w, &again("# ", n))),
    ("random words in one", |w, n| note(w, &again("#-", n))),
    ("parameters of credentials", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Authorization", &format!("Digest {}", again("nonce=\"#\", ", n)));
    }),
    ("subprotocols", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Sec-WebSocket-Protocol", &again("token, #-#, ", n));
    }),
    ("points in a subprotocol", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Sec-WebSocket-Protocol", &again("token.a.", n));
    }),
    ("quotes among extensions", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Sec-WebSocket-Extensions", &again("a=\"b;", n));
    }),
    ("a secret of one letter, and as many of it", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Authorization", &format!("Bearer {}1b", "a".repeat(n)));
        w.frames.push(Frame::text("a".repeat(4 * n)));
    }),
    ("secrets with one beginning", |w, n| {
        let begin = "a1".repeat(500);
        *w.upgrade = w.upgrade.clone().ask("Cookie", &again(&format!("a={begin}#; "), n));
        w.frames.push(Frame::text(again(&begin, 4 * n)));
    }),
    ("fragments", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("X-Token", "Zq9xSeCrEt7w");
        w.frames.push(Frame::text("{\"token\":\"").not_final());
        w.frames.extend((0..n / 20).map(|_| Frame::continuation("Zq9x").not_final()));
        w.frames.push(Frame::continuation("\"}"));
    }),
    ("JSON sent", |w, n| w.frames.push(Frame::text(again("{\"token\":\"#\",\"a\":[{\"b\":1}]},", 4 * n)))),
    ("JSON in JSON sent", |w, n| {
        w.frames.push(Frame::text(format!("{{\"a\":\"{}", again("{\\\"token\\\":\\\"a", 4 * n))));
    }),
];

fn note(written: Written<'_>, value: &str) {
    *written.upgrade = written.upgrade.clone().ask("X-Note", value.trim_end());
}

fn capture(write: fn(Written<'_>, usize), bytes: usize) -> Vec<u8> {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    let (mut upgrade, mut frames) = (talk.upgrade(), Vec::new());
    if bytes > 0 {
        write(Written { upgrade: &mut upgrade, frames: &mut frames }, bytes);
    }
    talk.open_with(&upgrade);
    for frame in frames {
        talk.send(Client, frame);
    }
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
    Pcap::default().write(&talk.packets())
}

fn binary() -> Result<String, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args(["build", "--release", "--locked", "--bin", "wslog"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    match status {
        Ok(status) if status.success() => {
            let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("target/tmp is in target");
            Ok(target.join("release/wslog").to_string_lossy().into_owned())
        }
        other => Err(format!("cargo build: {other:?}")),
    }
}

fn count(binary: &str, folder: &Path, capture: &[u8]) -> Result<u64, String> {
    let path = folder.join("growth.pcap");
    fs::write(&path, capture).map_err(|error| format!("{}: {error}", path.display()))?;
    let details = folder.join("growth.callgrind");
    let mut command = Command::new("valgrind");
    command.env("GLIBC_TUNABLES", TUNABLES);
    command.args(["--quiet", "--tool=callgrind"]).arg(format!("--callgrind-out-file={}", details.display()));
    command.args([
        binary,
        "inspect",
        "--threads",
        "1",
        "--format",
        "json",
        "--frames",
        "all",
        "--payload",
        "full",
    ]);
    let status = command.arg(&path).stdin(Stdio::null()).stdout(Stdio::null()).status();
    if !status.as_ref().is_ok_and(std::process::ExitStatus::success) {
        return Err(format!("{command:?}: {status:?}"));
    }
    let text = fs::read_to_string(&details).map_err(|error| format!("{}: {error}", details.display()))?;
    let total = text.lines().rev().find_map(|line| line.strip_prefix("totals: "));
    total.and_then(|total| total.trim().parse().ok()).ok_or_else(|| "no totals".to_owned())
}

fn gate() -> Result<bool, String> {
    if Command::new("valgrind").arg("--version").stdout(Stdio::null()).status().is_err() {
        println!("valgrind is not there: nothing is counted");
        return Ok(true);
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("growth");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let binary = binary()?;
    let nothing = count(&binary, &folder, &capture(SHAPES[0].1, 0))?;
    let mut holds = true;
    println!("{:<44}{:>14}{:>14}{:>8}", "text", "once", "twice", "times");
    for (name, write) in SHAPES {
        let [once, twice] = [1, 2].map(|times| count(&binary, &folder, &capture(*write, times * BYTES)));
        let [once, twice] = [once?, twice?].map(|count| count.saturating_sub(nothing));
        let is_fast = twice.saturating_mul(100) <= once.saturating_mul(GROWTH);
        let times = format!("{}.{:02}", twice * 100 / once.max(1) / 100, twice * 100 / once.max(1) % 100);
        println!(
            "{name:<44}{once:>14}{twice:>14}{times:>8}{}",
            if is_fast { "" } else { "  grows too fast" }
        );
        holds &= is_fast;
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
