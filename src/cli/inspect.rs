//! `wslog inspect`: arguments to an engine and its sinks.

use std::io::{self, BufWriter, Write};

use wslog::engine::{Engine, Gate, Joining};
use wslog::limits::Limits;
use wslog::model::Level;
use wslog::redact::Redaction;
use wslog::source::file::Stop;
use wslog::views::remarks::Remarks;
use wslog::views::{FrameList, Options};

use crate::cli::args::{FailOn, Frames, Inspect, Payload};
use crate::cli::exit::Exit;
use crate::cli::interrupt;
use crate::cli::limit_args::LimitArgs;
use crate::cli::output;
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
    let out: Box<dyn Write> = match &args.output {
        Some(path) => Box::new(output::create(path, &args.inputs)?),
        None => Box::new(io::stdout().lock()),
    };
    let out = Box::new(BufWriter::with_capacity(1 << 16, out));
    let style = style::of(args.look, args.output.is_none());
    let mut view = (args.format.sink)(out, Options { frames, selected: !args.connection.is_empty(), style });
    let mut remarks = Remarks::new(io::stderr(), args.look.quiet);
    let mut gate = args.fail_on.map(|level| {
        Gate::new(match level {
            FailOn::Must => Level::Must,
            FailOn::Should => Level::Should,
            FailOn::Note => Level::Note,
        })
    });
    let stop = Stop::new();
    interrupt::heed_ctrl_c(&stop);
    let mut engine = Engine::new(limits)
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
    let summary = engine.run(&args.inputs)?;
    remarks.unread(summary.unread);
    Ok(match (summary.failed, gate.is_some_and(|gate| gate.found())) {
        (1.., _) => Exit::Trouble,
        (0, true) => Exit::Found,
        (0, false) => Exit::Done,
    })
}

fn limits(args: &LimitArgs, payload: Payload) -> anyhow::Result<Limits> {
    let mut limits = args.limits()?;
    if payload == Payload::Full {
        limits.max_preview_bytes = limits.max_preview_bytes.max(FULL_PAYLOAD);
    }
    Ok(limits)
}
