//! `wslog inspect`.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use anyhow::Context;
use wslog::error::Error;
use wslog::input::{Input, Stop};
use wslog::limits::Limits;
use wslog::model::{ConnectionReport, InputReport, Level, Outcome, PacketNo, WeirdKind};
use wslog::pipeline::{self, Capture, CaptureSink, Keep};
use wslog::report::FrameList;
use wslog::report::json::JsonReport;
use wslog::report::order::Order;
use wslog::report::text::TextReport;

use crate::cli::args::{FailOn, Format, Frames, Inspect, LimitArgs, Payload};
use crate::cli::exit::{self, Exit};
use crate::cli::live;
use crate::cli::sets::{End, Joining, Queue};
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
    let style = style::of(args.color, args.width, args.output.is_none());
    let mut renderer = match args.format {
        Format::Json => Renderer::Json(JsonReport::new(out, frames)?),
        Format::Text => {
            let selected = !args.connection.is_empty();
            Renderer::Text(TextReport::new(out, style, frames, selected))
        }
    };

    let stop = Stop::new();
    live::heed_ctrl_c(&stop);
    let mut order = Order::new(limits.max_waiting_report_bytes);
    let mut inputs: Vec<InputReport> = Vec::new();
    let mut found = false;
    let mut trouble = false;
    let mut paths = Vec::new();
    for named in &args.inputs {
        match source::expand(named) {
            Ok(files) => paths.extend(files),
            Err(error) => {
                trouble = true;
                exit::explain(&error.into());
            }
        }
    }
    let several = paths.len() > 1;
    let mut queue = Queue::new(paths, joining(args));
    let mut sets = 0;
    while let Some(path) = queue.next() {
        if stop.is_asked() {
            if !args.quiet {
                eprintln!("wslog: stopped; {} inputs were not read", queue.len() + 1);
            }
            break;
        }
        let base = inputs.len();
        let mut take = |report: Option<Box<ConnectionReport>>, open| {
            if let Some(report) = report {
                let bytes = weight(&report);
                let first = report.tcp.map_or(PacketNo(0), |tcp| tcp.first_packet);
                order.push(base, first, report, bytes);
            }
            order.release(base, open, |id, report: Box<ConnectionReport>| {
                if !args.connection.is_empty() && !args.connection.contains(&id) {
                    return Ok(());
                }
                found |= is_found(&report, args.fail_on);
                match &mut renderer {
                    Renderer::Json(json) => json.connection(id, &report),
                    Renderer::Text(text) => {
                        text.connection(id, report);
                        Ok(())
                    }
                }
            })
        };
        let read = match source::open(&path, &limits, &stop) {
            Ok(Source::Case(case, report)) => {
                take(Some(pipeline::analyze_case(*case, base, &limits, keep)), None)?;
                vec![report]
            }
            Ok(Source::Capture(first)) => {
                let capture = Capture::new(base, several, &limits, keep);
                read_capture(capture, first, &mut queue, &limits, &stop, &mut trouble, &mut take)?
            }
            Err(error) => {
                trouble = true;
                exit::explain(&error.into());
                continue;
            }
        };
        let set = (read.len() > 1).then(|| {
            sets += 1;
            sets
        });
        if set.is_some() && !args.quiet {
            eprintln!(
                "wslog: {} files are read as one capture, in order of time (--apart reads each for itself)",
                read.len()
            );
        }
        for mut report in read {
            report.set = set;
            if !args.quiet {
                remark(&report);
            }
            inputs.push(report);
        }
    }
    if order.out_of_order > 0
        && let Some(input) = inputs.last_mut()
    {
        let late = order.out_of_order;
        input.weirds.add(WeirdKind::ReportsOutOfOrder, None, || {
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

/// Reads a capture from its first file on through those that follow it.
fn read_capture(
    mut capture: Capture,
    first: Input,
    queue: &mut Queue,
    limits: &Limits,
    stop: &Stop,
    trouble: &mut bool,
    take: &mut CaptureSink<'_>,
) -> Result<Vec<InputReport>, Error> {
    let mut end = None;
    let mut next = Some(first);
    while let Some(Input { path, mut source }) = next.take() {
        match capture.read(&mut source, &path, take) {
            Ok(report) => {
                source::account(report, &source, stop);
                end = End::of(report, &path, end);
            }
            Err(error @ Error::Write(_)) => return Err(error),
            Err(error) => {
                *trouble = true;
                exit::explain(&source::from_inside(error, &source).into());
            }
        }
        while next.is_none()
            && !stop.is_asked()
            && let Some(path) = end.as_ref().and_then(|end| queue.following(end))
        {
            match Input::open(&path, limits, stop) {
                Ok(input) => next = Some(input),
                Err(error) => {
                    *trouble = true;
                    exit::explain(&error.into());
                }
            }
        }
    }
    capture.finish(take)
}

/// Says on standard error what kept an input from being read to its end.
fn remark(report: &InputReport) {
    let has = |kind| report.weirds.as_slice().iter().any(|weird| weird.kind == kind);
    let what = if report.interrupted {
        "stopped; what was read so far is reported"
    } else if has(WeirdKind::FileInflateCap) {
        "a cap was reached; analysed up to there"
    } else if has(WeirdKind::CorruptCompression) {
        "its compressed data cannot be read to their end; analysed as far as they can"
    } else if report.truncated {
        "cut off in the middle; analysed up to the cut"
    } else {
        return;
    };
    eprintln!("wslog: {}: {what}", wslog::report::escape::visible(&report.path));
}

const fn joining(args: &Inspect) -> Joining {
    match (args.joined, args.apart) {
        (true, _) => Joining::All,
        (_, true) => Joining::None,
        _ => Joining::Following,
    }
}

fn limits(args: &LimitArgs, payload: Payload) -> Limits {
    let mut limits = Limits::default();
    let LimitArgs {
        max_flows,
        max_out_of_order,
        max_handshake,
        max_inflated,
        max_inflated_file,
        max_findings,
    } = args;
    limits.max_flows = max_flows.unwrap_or(limits.max_flows).max(1);
    limits.max_out_of_order_bytes = max_out_of_order.unwrap_or(limits.max_out_of_order_bytes);
    limits.max_handshake_bytes = max_handshake.unwrap_or(limits.max_handshake_bytes);
    limits.max_inflated_message_bytes = max_inflated.unwrap_or(limits.max_inflated_message_bytes);
    limits.max_inflated_file_bytes = max_inflated_file.unwrap_or(limits.max_inflated_file_bytes);
    limits.max_findings = max_findings.unwrap_or(limits.max_findings);
    if payload == Payload::Full {
        limits.max_preview_bytes = FULL_PAYLOAD;
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
