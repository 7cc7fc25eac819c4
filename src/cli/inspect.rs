//! `wslog inspect`: arguments to an engine and its sinks.

use anyhow::bail;
use wslog::engine::Spools;
use wslog::redact::Redaction;
use wslog::views::escape::visible;
use wslog::views::{self, FrameList, Options, text};

use crate::cli::args::{Frames, Inspect, Payload};
use crate::cli::exit::{self, Exit};
use crate::cli::gate;
use crate::cli::reading::{self, Order};
use crate::cli::report::Report;
use crate::cli::slice::Slice;
use crate::cli::style;

pub(super) fn run(args: &Inspect) -> anyhow::Result<Exit> {
    let documents =
        [views::json::FORMAT, views::html::FORMAT, views::markdown::FORMAT, views::verdicts::FORMAT]
            .map(|format| format.name);
    let is_ticket = args.format.name == views::markdown::FORMAT.name;
    if args.live && documents.contains(&args.format.name) {
        bail!("--live goes with --format text and ndjson: a document is whole only at its end");
    }
    if args.details && !is_ticket {
        bail!("--details goes with --format markdown: the other formats have it all");
    }
    let limits = args.reading.limits.limits()?;
    let frames = match args.frames {
        Frames::Ends => FrameList::Ends,
        Frames::All => FrameList::All,
        Frames::None => FrameList::None,
    };
    // What is passed on shows payloads only if somebody wants that.
    let payload = args.payload.unwrap_or(if is_ticket { Payload::None } else { Payload::Preview });
    let payload_bytes = match payload {
        // That of a Close is wanted all the same.
        Payload::None if is_ticket => limits.max_preview_bytes,
        Payload::None => 0,
        Payload::Preview => limits.max_preview_bytes,
        Payload::Full => limits.max_message_bytes.max(limits.max_preview_bytes),
    };
    let is_paged = args.format.name == text::FORMAT.name && !args.live;
    let report = Report::open(&args.reading, &args.secrecy, args.output.as_deref(), args.look, is_paged)?;
    let mut slice = args.slice.as_deref().map(|path| Slice::to(path, args, &report)).transpose()?;
    let style = style::of(args.look, args.output.is_none());
    let selection = args.select.selection();
    let options = Options {
        frames,
        selected: !args.select.connection.is_empty(),
        some: !selection.is_all(),
        whole: payload == Payload::Full,
        payloads: payload != Payload::None,
        secrets: args.secrecy.redaction() == Redaction::Nothing,
        anonymized: args.secrecy.anonymize,
        details: args.details,
        tls: args.tls,
        at_once: args.live || reading::is_live(&args.reading),
        as_they_end: args.live,
        max_run_connections: limits.max_run_connections,
        max_page_bytes: limits.max_page_bytes,
        ..Options::new(style)
    };
    let mut view = (args.format.sink)(report.writer()?, options);
    let mut gate = args.fail_on.map(gate::of);
    let mut order = Order {
        payload_bytes,
        asks_payloads: args.payload.is_some_and(|payload| payload != Payload::None),
        spools: Some(Spools::new(tempfile::tempfile)),
        sinks: vec![&mut *view],
        ..Order::new(limits, selection.clone(), &args.secrecy, args.look, &report)
    };
    let names = reading::names(&args.reading, &report.key_logs, &order)?;
    order.pseudonyms.clone_from(&names);
    if let Some(gate) = &mut gate {
        order.sinks.push(gate);
    }
    if let Some(slice) = &mut slice {
        order.sinks.push(&mut slice.picks);
    }
    let summary = reading::run(&args.reading, &report.key_logs, order)?;
    let remarks = view.remarks();
    drop(view);
    remarks.iter().for_each(|remark| exit::say(&format!("wslog: {}", visible(remark))));
    reading::is_found(&summary, &selection)?;
    if let Some(slice) = slice {
        slice.write(args, &report, &summary, names.as_deref())?;
    }
    report.finish(&summary)?;
    gate::exit(gate, args.fail_on, &summary, &selection)
}
