//! `wslog inspect`: arguments to an engine and its sinks.

use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;

use wslog::engine::{Gate, Spools};
use wslog::model::Level;
use wslog::views::{FrameList, Options, text};

use crate::cli::args::{FailOn, Frames, Inspect, Payload};
use crate::cli::exit::{self, Exit};
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::reading::{self, KeyLogs, Order};
use crate::cli::style;

pub(super) fn run(args: &Inspect) -> anyhow::Result<Exit> {
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
    let is_text = args.format.name == text::FORMAT.name;
    let pager = if is_text { pager::of(args.look, &pages) } else { None };
    let output = Output::open(args.output.as_deref(), &read)?.paged(pager);
    let out = Box::new(BufWriter::with_capacity(1 << 16, output.writer()?));
    let style = style::of(args.look, args.output.is_none());
    let selected = !args.select.connection.is_empty();
    let selection = args.select.selection();
    let some = !selection.is_all();
    let mut view = (args.format.sink)(out, Options { frames, selected, some, tls: args.tls, style });
    let mut gate = args.fail_on.map(|level| {
        Gate::new(match level {
            FailOn::Must => Level::Must,
            FailOn::Should => Level::Should,
            FailOn::Note => Level::Note,
        })
    });
    let mut order = Order {
        payload_bytes,
        spools: Some(Spools::new(tempfile::tempfile)),
        sinks: vec![&mut *view],
        pages,
        ..Order::new(limits, selection.clone(), args.secrecy, args.look)
    };
    if let Some(gate) = &mut gate {
        order.sinks.push(gate);
    }
    let summary = reading::run(&args.reading, &key_logs, order)?;
    drop(view);
    let is_found = reading::is_found(&summary, &selection)?;
    if reading::was_read(&summary) {
        output.finish()?;
    }
    let Some(gate) = gate else { return reading::exit(&summary, &selection) };
    Ok(if summary.failed > 0 || summary.unread > 0 {
        Exit::Trouble
    } else if !is_found {
        exit::say(&format!("{}: nothing was judged", reading::nothing(&summary.selected)));
        Exit::Found
    } else if gate.judged() == 0 {
        let read = summary.inputs.iter().filter(|input| input.unused.is_none()).count();
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
