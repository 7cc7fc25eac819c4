//! `wslog inspect`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use wslog::error::Error;
use wslog::input::Input;
use wslog::limits::Limits;
use wslog::model::{ConnectionReport, InputReport, Level, Outcome, PacketNo};
use wslog::pipeline::{self, Across, Keep};
use wslog::report::FrameList;
use wslog::report::json::JsonReport;
use wslog::report::order::Order;
use wslog::report::redact::Redaction;
use wslog::report::text::TextReport;

use crate::cli::args::{FailOn, Format, Frames, Inspect, Payload};
use crate::cli::exit::{self, Exit};
use crate::cli::limits::LimitArgs;
use crate::cli::parallel;
use crate::cli::source::{self, Source};
use crate::cli::style;

/// Bytes of a payload under `--payload full`.
const FULL_PAYLOAD: usize = 1 << 20;

/// One renderer or the other.
enum Renderer<W: Write> {
    Json(JsonReport<W>),
    Text(TextReport<W>),
}

pub(super) fn run(args: &Inspect) -> anyhow::Result<Exit> {
    let limits = limits(&args.limits, args.payload);
    let frames = match args.frames {
        Frames::Ends => FrameList::Ends,
        Frames::All => FrameList::All,
        Frames::None => FrameList::None,
    };
    let keep = keep(args, &limits);
    let out: Box<dyn Write> = match &args.output {
        Some(path) => {
            Box::new(File::create(path).with_context(|| format!("cannot create {}", path.display()))?)
        }
        None => Box::new(io::stdout().lock()),
    };
    let out = BufWriter::with_capacity(1 << 16, out);
    let style = style::of(args.look, args.output.is_none());
    let redaction = match (args.redact, args.no_redact) {
        (_, true) => Redaction::Nothing,
        (true, _) => Redaction::Payloads,
        _ => Redaction::Secrets,
    };
    let mut renderer = match args.format {
        Format::Json => Renderer::Json(JsonReport::new(out, frames)?.redacting(redaction)),
        Format::Text => {
            let selected = !args.connection.is_empty();
            Renderer::Text(TextReport::new(out, style, frames, selected).redacting(redaction))
        }
    };

    let mut across = Across::new(&limits);
    let mut order = Order::new(limits.max_waiting_report_bytes);
    let mut inputs: Vec<InputReport> = Vec::new();
    let mut found = false;
    let mut trouble = false;
    let mut files = Vec::new();
    for named in &args.inputs {
        match source::expand(named) {
            Ok(found) => files.extend(found),
            Err(error) => {
                trouble = true;
                exit::explain(&error.into());
            }
        }
    }
    // Reports of cases are read, replayed and judged by several threads; a capture is one piece of work.
    let read = |path: &PathBuf| source::open(path).map(|source| ready(source, path, &limits, keep));
    let weigh = |read: &Result<Ready, Error>| read.as_ref().map_or(0, Ready::bytes);
    parallel::in_order(&files, read, weigh, |read| -> anyhow::Result<()> {
        let index = inputs.len();
        let analysed = read.and_then(|ready| {
            let take = &mut |report: Option<Box<ConnectionReport>>, open| {
                if let Some(report) = report {
                    let bytes = weight(&report);
                    let first = report.tcp.map_or(PacketNo(0), |tcp| tcp.first_packet);
                    order.push(index, first, report, bytes);
                }
                order.release(index, open, |id, mut report: Box<ConnectionReport>| {
                    across.see(&mut report);
                    if !args.connection.is_empty() && !args.connection.contains(&id) {
                        return Ok(());
                    }
                    found |= is_found(&report, args.fail_on);
                    match &mut renderer {
                        Renderer::Json(json) => json.connection(id, report),
                        Renderer::Text(text) => {
                            text.connection(id, report);
                            Ok(())
                        }
                    }
                })
            };
            match ready {
                Ready::Capture(input) => {
                    pipeline::analyze_capture(input.source, &input.path, index, &limits, keep, take)
                }
                Ready::Case { mut connection, input } => {
                    connection.input = index;
                    take(Some(connection), None)?;
                    Ok(*input)
                }
            }
        });
        match analysed {
            Ok(report) => {
                if report.truncated && !args.look.quiet {
                    let path = wslog::report::escape::visible(&report.path).into_owned();
                    eprintln!("wslog: {path}: cut off in the middle; analysed up to the cut");
                }
                inputs.push(report);
            }
            Err(error @ Error::Write(_)) => return Err(error.into()),
            Err(error) => {
                trouble = true;
                exit::explain(&error.into());
            }
        }
        Ok(())
    })?;
    if order.out_of_order > 0
        && let Some(input) = inputs.last_mut()
    {
        let late = order.out_of_order;
        input.weirds.add(wslog::model::WeirdKind::ReportsOutOfOrder, None, || {
            format!("{late} connections are listed after ones that began later")
        });
    }
    if inputs.is_empty() && trouble {
        return Ok(Exit::Trouble);
    }
    match renderer {
        Renderer::Json(json) => json.finish(&inputs)?,
        Renderer::Text(text) => text.finish(&inputs)?,
    }
    Ok(match (trouble, found) {
        (true, _) => Exit::Trouble,
        (false, true) => Exit::Found,
        (false, false) => Exit::Done,
    })
}

/// An input as far as it is prepared beside the others.
enum Ready {
    Capture(Input),
    Case { connection: Box<ConnectionReport>, input: Box<InputReport> },
}

impl Ready {
    /// About what it takes to keep it.
    fn bytes(&self) -> u64 {
        match self {
            // Only opened, but few files can be.
            Self::Capture(_) => u64::MAX,
            Self::Case { connection, input } => input.bytes.saturating_add(weight(connection) as u64),
        }
    }
}

fn ready(source: Source, path: &Path, limits: &Limits, keep: Keep) -> Ready {
    match source {
        Source::Capture(input) => Ready::Capture(input),
        Source::Case { report, kind, bytes } => Ready::Case {
            // Which input it is, is known when those before it have been read.
            connection: pipeline::analyze_case(*report, 0, limits, keep),
            input: Box::new(InputReport {
                path: path.display().to_string(),
                kind,
                bytes,
                websocket_connections: 1,
                ..InputReport::default()
            }),
        },
    }
}

fn limits(args: &LimitArgs, payload: Payload) -> Limits {
    let mut limits = args.limits();
    if payload == Payload::Full {
        limits.max_preview_bytes = limits.max_preview_bytes.max(FULL_PAYLOAD);
    }
    limits
}

fn keep(args: &Inspect, limits: &Limits) -> Keep {
    let (first, last) = match (args.frames, args.format) {
        (Frames::None, _) => (0, 0),
        (Frames::All, _) => (usize::MAX, 0),
        (Frames::Ends, Format::Json) => (20, 20),
        (Frames::Ends, Format::Text) => (0, 12),
    };
    let payload_bytes = match args.payload {
        Payload::None => 0,
        Payload::Preview | Payload::Full => limits.max_preview_bytes,
    };
    Keep { first, last, payload_bytes }
}

/// About how many bytes a report takes while it waits.
fn weight(report: &ConnectionReport) -> usize {
    let frames: usize = report.frames.iter().map(|f| 160 + f.preview.capacity()).sum();
    let requested = report.request.iter().map(|request| request.fields.weight());
    // Twice for the lists, whose elements are kept on their own as well.
    let heads: usize = requested.chain(report.response.iter().map(|r| r.fields.weight())).sum::<usize>() * 2;
    2_048 + frames + heads + report.findings.len() * 128
}

fn is_found(report: &ConnectionReport, fail_on: Option<FailOn>) -> bool {
    let Some(level) = fail_on else { return false };
    let level = match level {
        FailOn::Must => Level::Must,
        FailOn::Should => Level::Should,
        FailOn::Note => Level::Note,
    };
    let unclean = !matches!(report.closing.outcome, Outcome::Clean | Outcome::CleanTcpReset | Outcome::Open);
    unclean || report.findings.iter().any(|f| f.level >= level)
}
