//! wslog beside others, in the same minutes: `cargo bench --bench compare` makes a capture of each profile, runs wslog, tshark,
//! Suricata if it is installed, and the floor in turn, and prints the tables of `tests/README.md`.
//!
//! The floor is what nobody can be below who looks at every packet: pcap-parser, etherparse, and a hash map of flows.
//!
//! `-- --runs N` asks for other medians than those of five, `-- FILE...` for other captures, and `-- --percent P` for
//! smaller ones. Wall time is what is compared; peak memory is that of `/usr/bin/time`, where there is one.

#[path = "../support/support.rs"]
mod support;

use std::collections::HashMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use etherparse::{NetSlice, SlicedPacket, TransportSlice};
use pcap_parser::{PcapBlockOwned, PcapError, create_reader};
use support::profile;

/// Megabytes of each profile, at a hundred percent.
const SIZES: &[(&str, usize)] =
    &[("chat", 100), ("bulk", 500), ("mixed", 200), ("deflate", 100), ("many-flows", 170), ("http2", 100)];

/// Who is run, in the order of the table.
const WSLOG: [(&str, &[&str]); 3] = [
    ("inspect", &["inspect", "-q"]),
    ("JSON", &["inspect", "-q", "--format", "json", "--frames", "none"]),
    ("frames", &["frames", "-q", "--format", "ndjson", "--payload", "none"]),
];
const TSHARK: &[&str] =
    &["-Y", "websocket", "-T", "fields", "-e", "frame.number", "-e", "tcp.stream", "-e", "websocket.opcode"];

/// A program with what stands before and behind the name of a capture.
struct Tool {
    name: String,
    program: PathBuf,
    before: Vec<String>,
    behind: Vec<String>,
}

impl Tool {
    fn new(name: &str, program: impl Into<PathBuf>, before: &[&str], behind: &[&str]) -> Self {
        let own = |list: &[&str]| list.iter().map(|&text| text.to_owned()).collect();
        Self { name: name.to_owned(), program: program.into(), before: own(before), behind: own(behind) }
    }

    /// Seconds of wall time, and peak memory in MB if that is told.
    fn run(&self, capture: &Path, scratch: &Path) -> Option<(f64, Option<f64>)> {
        let told = scratch.join("time");
        let mut command = match Path::new("/usr/bin/time") {
            time if time.exists() => {
                let mut command = Command::new(time);
                command.args(["-f", "%M", "-o"]).arg(&told).arg(&self.program);
                command
            }
            _ => Command::new(&self.program),
        };
        command.args(&self.before).arg(capture).args(&self.behind).current_dir(scratch);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let status = command.status().ok()?;
        let seconds = start.elapsed().as_secs_f64();
        let memory =
            fs::read_to_string(&told).ok().and_then(|text| text.lines().last()?.trim().parse::<f64>().ok());
        status.success().then_some((seconds, memory.map(|kilobytes| kilobytes * 1024.0 / 1e6)))
    }
}

fn is_installed(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok()
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Looks at every packet, and finds its flow.
fn floor(capture: &Path) -> (u64, usize) {
    let file = File::open(capture).expect("a capture");
    let mut reader = create_reader(1 << 20, file).expect("a capture");
    let (mut packets, mut flows) = (0, HashMap::<_, u64>::new());
    let mut see = |data: &[u8]| {
        packets += 1;
        let Ok(packet) = SlicedPacket::from_ethernet(data) else { return };
        let Some(TransportSlice::Tcp(tcp)) = packet.transport else { return };
        let ends = match packet.net {
            Some(NetSlice::Ipv4(ip)) => {
                let header = ip.header();
                (header.source_addr().to_ipv6_mapped(), header.destination_addr().to_ipv6_mapped())
            }
            Some(NetSlice::Ipv6(ip)) => (ip.header().source_addr(), ip.header().destination_addr()),
            _ => return,
        };
        let ports = (tcp.source_port(), tcp.destination_port());
        let key = if (ends.0, ports.0) <= (ends.1, ports.1) {
            (ends.0, ports.0, ends.1, ports.1)
        } else {
            (ends.1, ports.1, ends.0, ports.0)
        };
        *flows.entry(key).or_default() += tcp.payload().len() as u64;
    };
    loop {
        match reader.next() {
            Ok((len, block)) => {
                match block {
                    PcapBlockOwned::Legacy(packet) => see(packet.data),
                    PcapBlockOwned::NG(pcap_parser::Block::EnhancedPacket(packet)) => see(packet.data),
                    _ => {}
                }
                reader.consume(len);
            }
            Err(PcapError::Eof) => break,
            Err(PcapError::Incomplete(_)) => reader.refill().expect("read"),
            Err(error) => panic!("{error}"),
        }
    }
    (packets, flows.len())
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        Some((at + 1, arguments.get(at + 1)?.parse::<usize>().ok()?))
    };
    if let Some(at) = arguments.iter().position(|argument| argument == "--floor") {
        let (packets, flows) = floor(Path::new(&arguments[at + 1]));
        println!("{packets} packets, {flows} flows");
        return;
    }
    let (runs, percent) =
        (value("--runs").map_or(5, |(_, runs)| runs), value("--percent").map_or(100, |(_, percent)| percent));
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compare");
    fs::create_dir_all(&scratch).expect("a scratch directory");
    let is_value = |at: usize| {
        value("--runs").is_some_and(|(own, _)| own == at)
            || value("--percent").is_some_and(|(own, _)| own == at)
    };
    let named = (0..).zip(&arguments).filter(|(at, argument)| !argument.starts_with("--") && !is_value(*at));
    let mut captures: Vec<(String, PathBuf)> = named
        .map(|(_, path)| {
            let path = fs::canonicalize(path).expect("a capture");
            (path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned()), path)
        })
        .collect();
    if captures.is_empty() {
        for profile in profile::ALL {
            let Some((name, megabytes)) = SIZES.iter().find(|(name, _)| *name == profile.name) else {
                continue;
            };
            let path = scratch.join(format!("{name}-{percent}.pcap"));
            fs::write(&path, profile.capture(megabytes * 10_000 * percent)).expect("a scratch file");
            captures.push(((*name).to_owned(), path));
        }
    }
    let own = std::env::current_exe().expect("this bench");
    let mut tools: Vec<Tool> = WSLOG
        .iter()
        .map(|(name, before)| Tool::new(name, env!("CARGO_BIN_EXE_wslog"), before, &[]))
        .collect();
    if is_installed("tshark") {
        tools.push(Tool::new("tshark", "tshark", &["-r"], TSHARK));
    }
    if is_installed("suricata") {
        let out = scratch.join("suricata");
        fs::create_dir_all(&out).expect("a scratch directory");
        let out = out.display().to_string();
        tools.push(Tool::new(
            "Suricata",
            "suricata",
            &["--runmode", "single", "-l", &out, "-k", "none", "-r"],
            &[],
        ));
    }
    tools.push(Tool::new("floor", own, &["--floor"], &[]));
    let floor_at = tools.len() - 1;
    let tshark_at = tools.iter().position(|tool| tool.name == "tshark");

    let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
    println!("Seconds of wall time, and peak memory in MB; medians of {runs}, each tool in turn.\n");
    println!("| capture | MB | {} |", names.join(" | "));
    println!("|---|---|{}", "---|".repeat(names.len()));
    let mut ratios = Vec::new();
    for (name, path) in &captures {
        let bytes = fs::metadata(path).map_or(0, |file| file.len());
        let mut told: Vec<(Vec<f64>, Vec<f64>)> = tools.iter().map(|_| Default::default()).collect();
        // Once for the page cache.
        let _ = floor(path);
        for _ in 0..runs {
            for (tool, (seconds, memory)) in tools.iter().zip(&mut told) {
                if let Some((wall, peak)) = tool.run(path, &scratch) {
                    seconds.push(wall);
                    memory.extend(peak);
                }
            }
        }
        let medians: Vec<(f64, f64)> =
            told.into_iter().map(|(seconds, memory)| (median(seconds), median(memory))).collect();
        let cells: Vec<String> =
            medians
                .iter()
                .map(|(seconds, memory)| {
                    if memory.is_nan() {
                        format!("{seconds:.3}")
                    } else {
                        format!("{seconds:.3}, {memory:.0}")
                    }
                })
                .collect();
        println!("| {name} | {:.0} | {} |", bytes as f64 / 1e6, cells.join(" | "));
        ratios.push((name, medians));
    }
    println!(
        "\n| capture | {} |",
        ["inspect", "JSON", "frames"]
            .map(|of| format!("{of} against tshark | {of} against the floor"))
            .join(" | ")
    );
    println!("|---|{}", "---|---|".repeat(WSLOG.len()));
    for (name, medians) in ratios {
        let cells: Vec<String> = medians[..WSLOG.len()]
            .iter()
            .map(|(seconds, _)| {
                let faster = tshark_at.map_or_else(
                    || "–".to_owned(),
                    |at| format!("{:.0} times faster", medians[at].0 / seconds),
                );
                format!("{faster} | {:.1} times its time", seconds / medians[floor_at].0)
            })
            .collect();
        println!("| {name} | {} |", cells.join(" | "));
    }
}
