//! `wslog inspect`: arguments to an engine and its sinks.

use std::env;
use std::io::{self, BufWriter};
use std::path::PathBuf;

use anyhow::Context;
use wslog::engine::{Engine, Gate, Joining};
use wslog::limits::Limits;
use wslog::model::Level;
use wslog::redact::Redaction;
use wslog::source::KeyLog;
use wslog::source::file::Stop;
use wslog::views::remarks::Remarks;
use wslog::views::{FrameList, Options};

use crate::cli::args::{FailOn, Frames, Inspect, Payload};
use crate::cli::exit::{self, Exit};
use crate::cli::interrupt;
use crate::cli::limit_args::LimitArgs;
use crate::cli::output::Output;
use crate::cli::style;

/// Bytes of a payload under `--payload full`.
const FULL_PAYLOAD: usize = 1 << 20;

pub(super) fn run(args: &Inspect) -> anyhow::Result<Exit> {
    let limits = limits(&args.limits, args.payload)?;
    let frames = match args.frames {
        Frames::Ends => FrameList::Ends,
        Frames::All => FrameList::All,
        Frames::None => FrameList::None,
    };
    let payload_bytes = match args.payload {
        Payload::None => 0,
        Payload::Preview | Payload::Full => limits.max_preview_bytes,
    };
    let redaction = match (args.redact, args.no_redact) {
        (_, true) => Redaction::Nothing,
        (true, _) => Redaction::Payloads,
        _ => Redaction::Secrets,
    };
    let joining = match (args.joined, args.apart) {
        (true, _) => Joining::All,
        (_, true) => Joining::None,
        _ => Joining::Following,
    };
    let key_logs = key_logs(&args.keylog)?;
    let read: Vec<&PathBuf> = args.inputs.iter().chain(&key_logs).collect();
    let output = Output::open(args.output.as_deref(), &read)?;
    let out = Box::new(BufWriter::with_capacity(1 << 16, output.writer()?));
    let style = style::of(args.look, args.output.is_none());
    let mut view = (args.format.sink)(
        out,
        Options { frames, selected: !args.connection.is_empty(), tls: args.tls, style },
    );
    let mut remarks = Remarks::new(io::stderr(), args.look.quiet);
    let mut gate = args.fail_on.map(|level| {
        Gate::new(match level {
            FailOn::Must => Level::Must,
            FailOn::Should => Level::Should,
            FailOn::Note => Level::Note,
        })
    });
    let key_logs =
        key_logs.iter().map(|path| KeyLog::open(path, limits.max_key_log_bytes)).collect::<Result<_, _>>()?;
    let stop = Stop::new();
    interrupt::heed(&stop);
    let mut engine = Engine::new(limits)
        .key_logs(key_logs)
        .redacting(redaction)
        .joining(joining)
        .all_connects(args.connects)
        .stopped_by(&stop)
        .payload_bytes(payload_bytes)
        .sink(&mut *view)
        .sink(&mut remarks);
    if let Some(gate) = &mut gate {
        engine = engine.sink(gate);
    }
    if let Some(threads) = args.threads {
        engine = engine.threads(usize::from(threads.get()));
    }
    if !args.connection.is_empty() {
        engine = engine.only(args.connection.clone());
    }
    if let Some(depth) = args.depth {
        engine = engine.depth(usize::from(depth));
    }
    let summary = engine.run(&args.inputs)?;
    drop(view);
    remarks.unread(summary.unread);
    remarks.keys(&summary.keys);
    let read = summary.inputs.iter().filter(|input| input.unused.is_none()).count();
    // Where nothing could be read nothing was written.
    if read > 0 || summary.failed == 0 {
        output.finish()?;
    }
    let Some(gate) = gate else {
        return Ok(if summary.failed > 0 { Exit::Trouble } else { Exit::Done });
    };
    Ok(if summary.failed > 0 || summary.unread > 0 {
        Exit::Trouble
    } else if gate.judged() == 0 {
        let inputs = if read == 1 { "the input" } else { "the inputs" };
        let encrypted: u64 = summary.inputs.iter().map(|input| input.encrypted_connections).sum();
        let readable = if encrypted > 0 { " that can be read (TLS takes --keylog)" } else { "" };
        exit::say(&format!("wslog: no WebSocket connection{readable} in {inputs}: nothing was judged"));
        Exit::Found
    } else if gate.found() {
        Exit::Found
    } else {
        Exit::Done
    })
}

/// The files of key logs; `env` is the one that programs write to which heed `SSLKEYLOGFILE`.
fn key_logs(named: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let of = |path: &PathBuf| {
        if path.as_os_str() != "env" {
            return Ok(path.clone());
        }
        let variable = env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty());
        variable
            .map(PathBuf::from)
            .context("--keylog env: SSLKEYLOGFILE is not set; name the file, or ./env for one of that name")
    };
    named.iter().map(of).collect()
}

fn limits(args: &LimitArgs, payload: Payload) -> anyhow::Result<Limits> {
    let mut limits = args.limits()?;
    if payload == Payload::Full {
        limits.max_preview_bytes = limits.max_preview_bytes.max(FULL_PAYLOAD);
    }
    Ok(limits)
}
