//! `wslog frames` and `wslog messages`: arguments to an engine and a sink of rows.

use std::sync::Arc;

use anyhow::bail;
use wslog::engine::{Selection, Sink, Spools, each};
use wslog::model::{IdRange, Role};
use wslog::source::file;
use wslog::views::escape::visible;
use wslog::views::going_on::{Payloads, RowOptions, RowTally, Wanted};
use wslog::views::messages::Follow;

use crate::cli::args::{FrameRows, Look, MessageRows, Payload, Reading, Secrecy, Select, Shape, Which};
use crate::cli::exit::{self, Exit};
use crate::cli::extract::Extract;
use crate::cli::reading::{self, Order};
use crate::cli::report::Report;
use crate::cli::style;

/// Runs `wslog frames`.
pub(super) fn frames(args: &FrameRows) -> anyhow::Result<Exit> {
    let wanted = Wanted {
        opcodes: args.types.iter().flat_map(|of| of.opcodes()).collect(),
        ..wanted(args.which, &args.select)
    };
    let rows = Rows {
        reading: &args.reading,
        shape: &args.shape,
        secrecy: &args.secrecy,
        look: args.look,
        wanted,
        is_text: args.format.name == "text",
        is_whole: args.format.whole,
        rows: "frames",
        payloads: None,
    };
    rows.run(args.select.selection(), None, |out, options| (args.format.sink)(out, options))
}

/// Runs `wslog messages`.
pub(super) fn messages(args: &MessageRows) -> anyhow::Result<Exit> {
    let mut wanted = Wanted {
        opcodes: args.types.iter().map(|of| of.opcode()).collect(),
        ..wanted(args.which, &args.select)
    };
    if let Some(regex) = args.matches.clone() {
        wanted.matches = Some(Arc::new(move |payload| regex.is_match(payload)));
    }
    let mut selection = args.select.selection();
    selection.ids.extend(args.follow.map(IdRange::from));
    let rows = Rows {
        reading: &args.reading,
        shape: &args.shape,
        secrecy: &args.secrecy,
        look: args.look,
        wanted,
        rows: "messages",
        is_text: args.follow.is_some() || args.format.name == "text",
        is_whole: args.format.whole,
        payloads: args.follow.map(|_| Payloads::Whole),
    };
    let mut extract = args.extract.as_deref().map(|dir| Extract::to(dir, rows.wanted.clone())).transpose()?;
    let to = extract.as_mut().map(|extract| extract as &mut dyn Sink);
    let exit = rows.run(selection, to, |out, options| match args.follow {
        Some(_) => Box::new(Follow::new(out, options)),
        None => (args.format.sink)(out, options),
    })?;
    if let (Some(extract), Some(dir), false) = (extract, &args.extract, args.look.quiet) {
        let files = if extract.files == 1 { "1 file".to_owned() } else { format!("{} files", extract.files) };
        exit::say(&format!("wslog: {files} written to {}", visible(&dir.display().to_string())));
    }
    Ok(exit)
}

fn wanted(which: Which, select: &Select) -> Wanted {
    Wanted {
        from: which.from.map(Role::from),
        min_bytes: which.min_bytes,
        since: select.since,
        until: select.until,
        ..Wanted::default()
    }
}

/// What both commands have in common.
struct Rows<'a> {
    reading: &'a Reading,
    shape: &'a Shape,
    secrecy: &'a Secrecy,
    look: Look,
    wanted: Wanted,
    is_text: bool,
    /// Payloads are shown as a whole, unless less was asked for.
    is_whole: bool,
    /// What its rows are.
    rows: &'static str,
    /// What is shown of payloads, whatever was asked for.
    payloads: Option<Payloads>,
}

impl Rows<'_> {
    fn run<'o>(
        self,
        mut selection: Selection,
        extract: Option<&mut dyn Sink>,
        sink: impl FnOnce(Box<dyn std::io::Write + 'o>, RowOptions) -> Box<dyn Sink + 'o>,
    ) -> anyhow::Result<Exit> {
        let Self { reading, shape, .. } = self;
        let limits = reading.limits.limits()?;
        // Rows have times of their own.
        selection.since = None;
        let is_live = reading::is_live(reading);
        // A pager would hold back what comes by and by.
        let is_paged = self.is_text && !is_live;
        let report = Report::open(reading, self.secrecy, shape.output.as_deref(), self.look, is_paged)?;
        // What nobody asked for is not shown of what is anonymized.
        let is_whole = self.is_whole && !self.secrecy.anonymize;
        let payload = shape.payload.unwrap_or(if is_whole { Payload::Full } else { Payload::Preview });
        let payloads = match payload {
            Payload::None => Payloads::None,
            Payload::Preview => Payloads::Preview(limits.max_preview_bytes),
            Payload::Full => Payloads::Whole,
        };
        let options = RowOptions {
            style: style::of(self.look, shape.output.is_none()),
            times: shape.time.into(),
            payloads: self.payloads.unwrap_or(payloads),
            wanted: self.wanted.clone(),
            tally: RowTally::default(),
            at_once: is_live,
            spools: Some(Spools::new(tempfile::tempfile)),
        };
        let tally = options.tally.clone();
        // Of control frames, which rows of messages have none of, a preview is all.
        let frame_bytes = match (&self.payloads, options.payloads) {
            (Some(_), _) => limits.max_preview_bytes,
            (None, payloads) => payloads.bytes(),
        };
        let asked = selection.clone();
        if selection.needs_the_end() {
            selection = self.look_ahead(&report, selection)?;
        }
        let mut view = sink(report.writer()?, options);
        let mut sinks: Vec<&mut dyn Sink> = vec![&mut *view];
        let is_extracted = extract.is_some();
        if let Some(extract) = extract {
            sinks.push(extract);
        }
        let asks_payloads = self.payloads.is_some()
            || is_extracted
            || shape.payload.is_some_and(|payload| payload != Payload::None);
        let order = Order {
            payload_bytes: frame_bytes,
            asks_payloads,
            spools: Some(Spools::new(tempfile::tempfile)),
            sinks,
            ..Order::new(limits, selection, self.secrecy, self.look, &report)
        };
        let summary = reading::run(reading, &report.key_logs, order)?;
        drop(view);
        let exit = reading::exit(&summary, &asked)?;
        if tally.of() > 0 && tally.taken() == 0 && !self.look.quiet {
            let (rows, of, largest) = (self.rows, tally.of(), tally.largest());
            exit::say(&format!("wslog: none of {of} {rows} matches; the largest has {largest} bytes"));
        }
        report.finish(&summary)?;
        Ok(exit)
    }

    /// Reads the inputs for which connections are meant: some things are known of one that is over only, and rows do not
    /// wait for that.
    fn look_ahead(&self, report: &Report, selection: Selection) -> anyhow::Result<Selection> {
        if let Some(pipe) = self.reading.inputs.iter().find(|input| file::is_pipe(input)) {
            let name =
                if pipe.as_os_str() == "-" { "standard input".into() } else { pipe.display().to_string() };
            bail!(
                "--outcome, --cause, --code, --status, --rule, --level, --agent and --case ask for what is known when a connection \
                 is over, and {name} cannot be read twice: write it to a file first, or ask by --connection, --host, --path, \
                 --client or --server"
            );
        }
        let mut ids = Vec::new();
        let mut collect = each(|conversation| ids.push(conversation.id));
        let limits = self.reading.limits.limits()?;
        let order = Order {
            payload_bytes: 0,
            sinks: vec![&mut collect],
            is_silent: true,
            ..Order::new(limits, selection, self.secrecy, self.look, report)
        };
        reading::run(self.reading, &report.key_logs, order)?;
        Ok(Selection::exactly(ids))
    }
}
