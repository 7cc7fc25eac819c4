//! `wslog list`: arguments to an engine and a sink of rows.

use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use wslog::views::{FrameList, Options, Sort};

use crate::cli::args::List;
use crate::cli::exit::{self, Exit};
use crate::cli::gate;
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::progress::Progress;
use crate::cli::reading::{self, KeyLogs, Order};
use crate::cli::style;

pub(super) fn run(args: &List) -> anyhow::Result<Exit> {
    let limits = args.reading.limits.limits()?;
    let key_logs = KeyLogs::named(&args.reading.keylog)?;
    let read: Vec<&PathBuf> = args.reading.inputs.iter().chain(&key_logs.0).collect();
    let pages = Arc::default();
    let is_live = args.live || reading::is_live(&args.reading);
    let is_text = args.format.name == "text" && !is_live;
    let pager = if is_text { pager::of(args.look, &pages) } else { None };
    let output = Output::open(args.output.as_deref(), &read)?.paged(pager);
    let progress = Progress::new(&args.reading.inputs, args.look.quiet);
    let out = progress.before(output.writer()?, args.output.is_none());
    let out = Box::new(BufWriter::with_capacity(1 << 16, out));
    // They come in the order of their numbers.
    let sort = args.sort.filter(|column| *column != "id" || args.reverse);
    let selection = args.select.selection();
    let options = Options {
        frames: FrameList::None,
        some: !selection.is_all(),
        tls: true,
        at_once: is_live,
        as_they_end: args.live,
        sort: sort.map(|column| Sort { column, reverse: args.reverse, max_bytes: limits.max_sorted_bytes }),
        ..Options::new(style::of(args.look, args.output.is_none()))
    };
    let mut view = (args.format.sink)(out, options);
    let mut gate = args.fail_on.map(gate::of);
    let mut order = Order {
        payload_bytes: 0,
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
    if summary.selected.of == 0 && gate.is_none() && reading::was_read(&summary) && !args.look.quiet {
        exit::say("wslog: no WebSocket connection was found (wslog inspect says what may be the reason)");
    }
    gate::exit(gate, args.fail_on, &summary, &selection)
}
