//! `wslog inspect`.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use wslog::engine::order::Order;
use wslog::engine::{self, Across, Capture, Keep};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{Certainty, Conversation, Finding, InputReport, Level, Outcome, PacketNo, WeirdKind};
use wslog::redact::{self, Redaction};
use wslog::source::file::{Input, Stop};
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog::views::text::TextReport;

use crate::cli::args::{FailOn, Format, Frames, Inspect, Payload};
use crate::cli::exit::{self, Exit};
use crate::cli::limits::LimitArgs;
use crate::cli::live;
use crate::cli::output;
use crate::cli::parallel;
use crate::cli::sets::{End, Joining, Next, Queue};
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
        Some(path) => Box::new(output::create(path, &args.inputs)?),
        None => Box::new(io::stdout().lock()),
    };
    let out = BufWriter::with_capacity(1 << 16, out);
    let style = style::of(args.look, args.output.is_none());
    let redaction = match (args.redact, args.no_redact) {
        (_, true) => Redaction::Nothing,
        (true, _) => Redaction::Payloads,
        _ => Redaction::Secrets,
    };
    let renderer = match args.format {
        Format::Json => Renderer::Json(JsonReport::new(out, frames)),
        Format::Text => {
            let selected = !args.connection.is_empty();
            Renderer::Text(TextReport::new(out, style, frames, selected))
        }
    };

    let stop = Stop::new();
    live::heed_ctrl_c(&stop);
    let mut reading = Reading {
        args,
        limits: &limits,
        keep,
        redaction,
        stop,
        renderer,
        order: Order::new(limits.max_waiting_report_bytes),
        across: Across::new(&limits),
        inputs: Vec::new(),
        sets: 0,
        unread: 0,
        found: false,
        trouble: false,
    };
    reading.all()?;
    reading.finish()
}

/// Inputs on their way to the renderer.
struct Reading<'a, W: Write> {
    args: &'a Inspect,
    limits: &'a Limits,
    keep: Keep,
    redaction: Redaction,
    stop: Stop,
    renderer: Renderer<W>,
    order: Order<Box<Conversation>>,
    across: Across,
    inputs: Vec<InputReport>,
    /// Captures of several files.
    sets: u64,
    /// Inputs that nobody wanted to wait for.
    unread: usize,
    found: bool,
    trouble: bool,
}

impl<W: Write> Reading<'_, W> {
    fn all(&mut self) -> Result<(), Error> {
        let mut paths = Vec::new();
        for named in &self.args.inputs {
            match source::expand(named) {
                Ok(files) => paths.extend(files),
                Err(error) => self.explain(error),
            }
        }
        let several = paths.len() > 1;
        let mut queue = Queue::new(paths, joining(self.args));
        while !self.stop.is_asked() {
            match queue.next() {
                Some(Next::Files(paths)) => self.files(&paths, several, &mut queue)?,
                Some(Next::Capture(path)) => match Input::open(&path, self.limits, &self.stop) {
                    Ok(first) => self.capture(first, several, &mut queue)?,
                    Err(error) => self.explain(error),
                },
                None => break,
            }
        }
        self.unread += queue.len();
        if self.unread > 0 && !self.args.look.quiet {
            let inputs = if self.unread == 1 { "input was" } else { "inputs were" };
            eprintln!("wslog: stopped; {} {inputs} not read", self.unread);
        }
        Ok(())
    }

    /// Reads files each for itself. Reports of cases are read, replayed and judged by several threads; a capture is one
    /// piece of work.
    fn files(&mut self, paths: &[PathBuf], several: bool, queue: &mut Queue) -> Result<(), Error> {
        let (limits, keep, stop) = (self.limits, self.keep, self.stop.clone());
        let read =
            |path: &PathBuf| source::open(path, limits, &stop).map(|source| ready(source, limits, keep));
        let weigh = |read: &Result<Ready, Error>| read.as_ref().map_or(0, Ready::bytes);
        let mut next = paths.iter();
        parallel::in_order(paths, read, weigh, |read| {
            // What was opened ahead of its turn when somebody asked to stop may have come to less than it holds.
            let is_pipe = next.next().is_some_and(|path| path == Path::new("-"));
            let is_late = stop.is_asked() && !is_pipe;
            match read {
                Ok(Ready::Case { mut connection, input }) => {
                    let base = self.inputs.len();
                    connection.input = base;
                    self.connection(base, Some(connection), None)?;
                    self.read(vec![*input]);
                }
                _ if is_late => self.unread += 1,
                Ok(Ready::Capture(first)) => self.capture(*first, several, queue)?,
                Err(error) => self.explain(error),
            }
            Ok(())
        })
    }

    /// Reads a capture from its first file on through those that follow it.
    fn capture(&mut self, first: Input, several: bool, queue: &mut Queue) -> Result<(), Error> {
        let base = self.inputs.len();
        let mut capture = Capture::new(base, several, self.limits, self.keep);
        let mut end = None;
        let mut next = Some(first);
        while let Some(Input { path, mut source }) = next.take() {
            let take = &mut |report, open| self.connection(base, report, open);
            match capture.read(&mut source, &path, take) {
                Ok(report) => {
                    source::account(report, &source);
                    end = End::of(report, &path, end);
                }
                Err(error @ Error::Write(_)) => return Err(error),
                Err(error) => self.explain(source::from_inside(error, &source)),
            }
            while next.is_none()
                && !self.stop.is_asked()
                && let Some(path) = end.as_ref().and_then(|end| queue.following(end))
            {
                match Input::open(&path, self.limits, &self.stop) {
                    Ok(input) => next = Some(input),
                    Err(error) => self.explain(error),
                }
            }
        }
        let files = capture.finish(&mut |report, open| self.connection(base, report, open))?;
        self.read(files);
        Ok(())
    }

    /// Takes a connection that has ended, and passes on those that no other can precede any more.
    fn connection(
        &mut self,
        base: usize,
        report: Option<Box<Conversation>>,
        open: Option<PacketNo>,
    ) -> Result<(), Error> {
        if let Some(report) = report {
            let bytes = weight(&report);
            let first = report.tcp.map_or(PacketNo(0), |tcp| tcp.first_packet);
            self.order.push(base, first, report, bytes);
        }
        self.order.release(base, open, |id, mut report| {
            self.across.see(base, &mut report);
            if !self.args.connection.is_empty() && !self.args.connection.contains(&id) {
                return Ok(());
            }
            self.found |= is_found(&report, self.args.fail_on);
            let report = redact::seal(report, self.redaction);
            match &mut self.renderer {
                Renderer::Json(json) => json.connection(id, report),
                Renderer::Text(text) => {
                    text.connection(id, report);
                    Ok(())
                }
            }
        })
    }

    /// Takes the files of a capture, or a case, that was read.
    fn read(&mut self, files: Vec<InputReport>) {
        let is_set = files.len() > 1;
        if is_set {
            self.sets += 1;
            if !self.args.look.quiet {
                eprintln!(
                    "wslog: {} files are read as one capture, in order of time (--apart reads each for itself)",
                    files.len()
                );
            }
        }
        for mut report in files {
            report.set = is_set.then_some(self.sets);
            if !self.args.look.quiet {
                remark(&report);
            }
            self.inputs.push(report);
        }
    }

    fn explain(&mut self, error: Error) {
        self.trouble = true;
        exit::explain(&error.into());
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        if self.order.out_of_order > 0
            && let Some(input) = self.inputs.last_mut()
        {
            let late = self.order.out_of_order;
            input.weirds.add(WeirdKind::ReportsOutOfOrder, None, || {
                format!("{late} connections are listed after ones that began later")
            });
        }
        if self.inputs.is_empty() && self.trouble {
            return Ok(Exit::Trouble);
        }
        match self.renderer {
            Renderer::Json(json) => json.finish(&self.inputs)?,
            Renderer::Text(text) => text.finish(&self.inputs)?,
        }
        Ok(match (self.trouble, self.found) {
            (true, _) => Exit::Trouble,
            (false, true) => Exit::Found,
            (false, false) => Exit::Done,
        })
    }
}

/// An input as far as it is prepared beside the others.
enum Ready {
    Capture(Box<Input>),
    Case { connection: Box<Conversation>, input: Box<InputReport> },
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

fn ready(source: Source, limits: &Limits, keep: Keep) -> Ready {
    match source {
        Source::Capture(input) => Ready::Capture(input),
        // Which input it is, is known when those before it have been read.
        Source::Case(case, input) => {
            Ready::Case { connection: engine::analyze_case(*case, 0, limits, keep), input }
        }
    }
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
    eprintln!("wslog: {}: {what}", wslog::views::escape::visible(&report.path));
}

const fn joining(args: &Inspect) -> Joining {
    match (args.joined, args.apart) {
        (true, _) => Joining::All,
        (_, true) => Joining::None,
        _ => Joining::Following,
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
fn weight(report: &Conversation) -> usize {
    let frames: usize = report.frames.iter().map(|f| 160 + f.preview.as_sent().capacity()).sum();
    let requested = report.request.iter().map(|request| request.fields.as_sent().weight());
    // Twice for the lists, whose elements are kept on their own as well.
    let heads: usize =
        requested.chain(report.response.iter().map(|r| r.fields.as_sent().weight())).sum::<usize>() * 2;
    2_048 + frames + heads + report.findings.len() * 128
}

fn is_found(report: &Conversation, fail_on: Option<FailOn>) -> bool {
    let Some(level) = fail_on else { return false };
    let level = match level {
        FailOn::Must => Level::Must,
        FailOn::Should => Level::Should,
        FailOn::Note => Level::Note,
    };
    let unclean = !matches!(report.closing.outcome, Outcome::Clean | Outcome::CleanTcpReset | Outcome::Open);
    // What may as well be nobody's fault is shown, and fails nothing.
    let counts = |f: &Finding| f.level >= level && f.certainty > Certainty::Undetermined;
    unclean || report.findings.iter().any(counts)
}
