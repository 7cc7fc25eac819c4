//! `wslog list`: arguments to an engine and a sink of rows.

use wslog::views::{FrameList, Options, Sort};

use crate::cli::args::List;
use crate::cli::exit::{self, Exit};
use crate::cli::gate;
use crate::cli::reading::{self, Order};
use crate::cli::report::Report;
use crate::cli::style;

pub(super) fn run(args: &List) -> anyhow::Result<Exit> {
    let limits = args.reading.limits.limits()?;
    let is_live = args.live || reading::is_live(&args.reading);
    let is_paged = args.format.name == "text" && !is_live;
    let report = Report::open(&args.reading, &args.secrecy, args.output.as_deref(), args.look, is_paged)?;
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
    let mut view = (args.format.sink)(report.writer()?, options);
    let mut gate = args.fail_on.map(gate::of);
    let mut order = Order {
        payload_bytes: 0,
        sinks: vec![&mut *view],
        ..Order::new(limits, selection.clone(), &args.secrecy, args.look, &report)
    };
    if let Some(gate) = &mut gate {
        order.sinks.push(gate);
    }
    let summary = reading::run(&args.reading, &report.key_logs, order)?;
    drop(view);
    reading::is_found(&summary, &selection)?;
    report.finish(&summary)?;
    if summary.selected.of == 0 && gate.is_none() && reading::was_read(&summary) && !args.look.quiet {
        exit::say("wslog: no WebSocket connection was found (wslog inspect says what may be the reason)");
    }
    gate::exit(gate, args.fail_on, &summary, &selection)
}
