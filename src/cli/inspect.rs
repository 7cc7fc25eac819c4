//! `wslog inspect`: arguments to an engine and its sinks.

use anyhow::bail;
use wslog::engine::Spools;
use wslog::views::escape::visible;
use wslog::views::{self, FrameList, Options, text};

use crate::cli::args::{Frames, Inspect, Payload};
use crate::cli::exit::{self, Exit};
use crate::cli::gate;
use crate::cli::reading::{self, Order};
use crate::cli::report::Report;
use crate::cli::style;

pub(super) fn run(args: &Inspect) -> anyhow::Result<Exit> {
    let is_document = [views::json::FORMAT.name, views::verdicts::FORMAT.name].contains(&args.format.name);
    if args.live && is_document {
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
    let is_paged = args.format.name == text::FORMAT.name && !args.live;
    let report = Report::open(&args.reading, args.output.as_deref(), args.look, is_paged)?;
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
        max_run_connections: limits.max_run_connections,
        ..Options::new(style)
    };
    let mut view = (args.format.sink)(report.writer()?, options);
    let mut gate = args.fail_on.map(gate::of);
    let mut order = Order {
        payload_bytes,
        spools: Some(Spools::new(tempfile::tempfile)),
        sinks: vec![&mut *view],
        ..Order::new(limits, selection.clone(), args.secrecy, args.look, &report)
    };
    if let Some(gate) = &mut gate {
        order.sinks.push(gate);
    }
    let summary = reading::run(&args.reading, &report.key_logs, order)?;
    let remarks = view.remarks();
    drop(view);
    remarks.iter().for_each(|remark| exit::say(&format!("wslog: {}", visible(remark))));
    reading::is_found(&summary, &selection)?;
    report.finish(&summary)?;
    gate::exit(gate, args.fail_on, &summary, &selection)
}
