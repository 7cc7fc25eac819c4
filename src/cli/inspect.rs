//! `wslog inspect`: arguments to an engine and its sinks.

use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::bail;
use wslog::engine::Spools;
use wslog::views::{self, FrameList, Options, text};

use crate::cli::args::{Frames, Inspect, Payload};
use crate::cli::exit::Exit;
use crate::cli::gate;
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::progress::Progress;
use crate::cli::reading::{self, KeyLogs, Order};
use crate::cli::style;

pub(super) fn run(args: &Inspect) -> anyhow::Result<Exit> {
    if args.live && args.format.name == views::json::FORMAT.name {
        bail!("--live goes with --format text and ndjson: a document is whole only at its end");
    }
    let limits = args.reading.limits.limits()?;
    let frames = match args.frames {
        Frames::Ends => FrameList::Ends,
        Frames::All => FrameList::All,
        Frames::None => FrameList::None,
    };
    let payload_bytes = match args.payload {
        Payload::None => 0,
        Payload::Preview => limits.max_preview_bytes,
        Payload::Full => limits.max_message_bytes.max(limits.max_preview_bytes),
    };
    let key_logs = KeyLogs::named(&args.reading.keylog)?;
    let read: Vec<&PathBuf> = args.reading.inputs.iter().chain(&key_logs.0).collect();
    let pages = Arc::default();
    let is_text = args.format.name == text::FORMAT.name && !args.live;
    let pager = if is_text { pager::of(args.look, &pages) } else { None };
    let output = Output::open(args.output.as_deref(), &read)?.paged(pager);
    let progress = Progress::new(&args.reading.inputs, args.look.quiet);
    let out = progress.before(output.writer()?, args.output.is_none());
    let out = Box::new(BufWriter::with_capacity(1 << 16, out));
    let style = style::of(args.look, args.output.is_none());
    let selection = args.select.selection();
    let options = Options {
        frames,
        selected: !args.select.connection.is_empty(),
        some: !selection.is_all(),
        whole: args.payload == Payload::Full,
        tls: args.tls,
        at_once: args.live || reading::is_live(&args.reading),
        as_they_end: args.live,
        ..Options::new(style)
    };
    let mut view = (args.format.sink)(out, options);
    let mut gate = args.fail_on.map(gate::of);
    let mut order = Order {
        payload_bytes,
        spools: Some(Spools::new(tempfile::tempfile)),
        sinks: vec![&mut *view],
        pages,
        ..Order::new(limits, selection.clone(), args.secrecy, args.look, &progress)
    };
    if let Some(gate) = &mut gate {
        order.sinks.push(gate);
    }
    let summary = reading::run(&args.reading, &key_logs, order)?;
    drop(view);
    reading::is_found(&summary, &selection)?;
    if reading::was_read(&summary) {
        output.finish()?;
    }
    gate::exit(gate, args.fail_on, &summary, &selection)
}
