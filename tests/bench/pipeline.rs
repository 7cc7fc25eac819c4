//! How fast captures of the six profiles are analysed: `cargo bench --bench pipeline`, medians of seven runs on one core.
//!
//! `cargo bench --bench pipeline -- --write DIR` writes the captures instead, for other tools to be timed on the
//! very same bytes. `cargo bench --bench pipeline -- --hostile NAME N` writes one of the captures that are made to hurt
//! to standard output; without N it lists them.

#[path = "../support/support.rs"]
mod support;

use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use support::profile;
use wslog::engine::{self, Keep};
use wslog::limits::Limits;

const RUNS: usize = 7;

/// Size of a capture in bytes, about.
const BYTES: usize = 50_000_000;

fn analyse(capture: &[u8]) -> (u64, u64) {
    let keep = Keep { first: 0, last: 20, payload_bytes: 256, ..Keep::NOTHING };
    let mut connections = 0;
    let report = engine::analyze_capture(capture, Path::new("-"), &Limits::default(), keep, &mut |_| {
        connections += 1;
        Ok(())
    })
    .expect("a sound capture");
    (report.packets, connections)
}

/// A hostile capture to standard output, never all of it in memory.
fn hostile(arguments: &[String]) {
    let [name, n, ..] = arguments else {
        support::hostile::ALL
            .iter()
            .chain(support::hostile::HTTP2)
            .for_each(|(name, what, _)| println!("{name} N: {what}"));
        return;
    };
    let make = support::hostile::named(name).expect("a name of the list");
    let mut out = BufWriter::with_capacity(1 << 20, std::io::stdout().lock());
    // Who reads may have seen enough.
    let mut is_open = true;
    support::hostile::as_file(make, n.parse().expect("a number"), &mut |bytes| {
        is_open = is_open && out.write_all(bytes).is_ok();
    });
    let _ = out.flush();
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|a| a == "--hostile") {
        return hostile(&arguments[at + 1..]);
    }
    let write = arguments.iter().position(|a| a == "--write").and_then(|at| arguments.get(at + 1));
    for profile in profile::ALL {
        let (name, bytes) = (profile.name, profile.capture(BYTES));
        if let Some(dir) = write {
            let path = Path::new(dir).join(format!("{name}.pcap"));
            std::fs::write(&path, &bytes).expect("writable");
            println!("{} {} bytes", path.display(), bytes.len());
            continue;
        }
        let mut times: Vec<Duration> = Vec::new();
        let mut counts = (0, 0);
        for _ in 0..RUNS {
            let start = Instant::now();
            counts = analyse(&bytes);
            times.push(start.elapsed());
        }
        times.sort();
        let median = times[RUNS / 2].as_secs_f64();
        let mb = bytes.len() as f64 / 1e6;
        println!(
            "{name}: {mb:.0} MB, {} packets, {} connections: {median:.3} s, {:.0} MB/s",
            counts.0,
            counts.1,
            mb / median
        );
    }
}
