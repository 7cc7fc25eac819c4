//! From arguments to an engine and what came of it: the same for all commands that read captures.

use std::env;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, bail};
use wslog::engine::{Engine, Joining, Selected, Selection, Sink, Spools, Summary};
use wslog::limits::Limits;
use wslog::redact::Pseudonyms;
use wslog::source::KeyLog;
use wslog::source::file::{self, Stop};
use wslog::views::remarks::Remarks;

use crate::cli::args::{Look, Reading, Secrecy};
use crate::cli::exit::{self, Exit};
use crate::cli::interrupt;
use crate::cli::names;
use crate::cli::pager::Running;
use crate::cli::progress::Progress;
use crate::cli::report::Report;

/// What a command wants of the engine.
pub(super) struct Order<'s> {
    pub(super) limits: Limits,
    pub(super) secrecy: &'s Secrecy,
    /// Payloads were asked for.
    pub(super) asks_payloads: bool,
    /// Bytes of each payload that are kept.
    pub(super) payload_bytes: usize,
    pub(super) selection: Selection,
    pub(super) quiet: bool,
    /// Nothing is said at all: another run will say it.
    pub(super) is_silent: bool,
    /// Other names, where they are known already.
    pub(super) pseudonyms: Option<Arc<Pseudonyms>>,
    /// Whether a pager shows what is written.
    pub(super) pages: Arc<Running>,
    /// Where long messages go while they are put together.
    pub(super) spools: Option<Spools>,
    pub(super) progress: &'s Progress,
    pub(super) sinks: Vec<&'s mut dyn Sink>,
}

impl<'s> Order<'s> {
    /// Without sinks.
    pub(super) fn new(
        limits: Limits,
        selection: Selection,
        secrecy: &'s Secrecy,
        look: Look,
        report: &'s Report,
    ) -> Self {
        Self {
            payload_bytes: limits.max_preview_bytes,
            limits,
            secrecy,
            asks_payloads: false,
            selection,
            quiet: look.quiet,
            is_silent: false,
            pseudonyms: None,
            pages: Arc::clone(&report.pages),
            spools: None,
            progress: &report.progress,
            sinks: Vec::new(),
        }
    }
}

/// Key logs that were named, found and not yet read.
pub(super) struct KeyLogs(pub(super) Vec<PathBuf>);

impl KeyLogs {
    /// The files; `env` is the one that programs write to which heed `SSLKEYLOGFILE`.
    pub(super) fn named(named: &[PathBuf]) -> anyhow::Result<Self> {
        let of = |path: &PathBuf| {
            if path.as_os_str() != "env" {
                return Ok(path.clone());
            }
            let variable = env::var_os("SSLKEYLOGFILE").filter(|path| !path.is_empty());
            variable
                .map(PathBuf::from)
                .context("--keylog env: SSLKEYLOGFILE is not set; give the file (./env for one named env)")
        };
        named.iter().map(of).collect::<Result<_, _>>().map(Self)
    }
}

/// Every file that is named to be read: none may be written over.
pub(super) fn files<'a>(
    reading: &'a Reading,
    key_logs: &'a KeyLogs,
    secrecy: &'a Secrecy,
) -> Vec<&'a PathBuf> {
    reading.inputs.iter().chain(&key_logs.0).chain(&secrecy.anonymize_key).collect()
}

/// An engine that reads as was asked.
pub(super) fn engine<'s>(
    reading: &Reading,
    key_logs: &KeyLogs,
    limits: Limits,
    stop: &Stop,
) -> anyhow::Result<Engine<'s>> {
    let joining = match (reading.joined, reading.apart) {
        (true, _) => Joining::All,
        (_, true) => Joining::None,
        _ => Joining::Following,
    };
    let key_logs = key_logs.0.iter().map(|path| KeyLog::open(path, limits.max_key_log_bytes));
    let key_logs = key_logs.collect::<Result<_, _>>()?;
    let mut engine = Engine::new(limits)
        .key_logs(key_logs)
        .joining(joining)
        .all_connects(reading.connects)
        .stopped_by(stop);
    if let Some(version) = reading.suite {
        engine = engine.suite(version);
    }
    if let Some(threads) = reading.threads {
        engine = engine.threads(usize::from(threads.get()));
    }
    if let Some(depth) = reading.depth {
        engine = engine.depth(usize::from(depth));
    }
    Ok(engine)
}

/// What stands for the names in the inputs, if others are to: as [`run`] makes them.
pub(super) fn names(
    reading: &Reading,
    key_logs: &KeyLogs,
    order: &Order<'_>,
) -> anyhow::Result<Option<Arc<Pseudonyms>>> {
    if !order.secrecy.anonymize {
        return Ok(None);
    }
    let stop = Stop::new();
    interrupt::heed(&stop, &order.pages);
    names::of(reading, key_logs, &order.limits, order.secrecy, order.asks_payloads, &stop).map(Some)
}

/// Reads the inputs.
pub(super) fn run(reading: &Reading, key_logs: &KeyLogs, order: Order<'_>) -> anyhow::Result<Summary> {
    let Order {
        limits,
        secrecy,
        asks_payloads,
        payload_bytes,
        selection,
        quiet,
        is_silent,
        pseudonyms,
        pages,
        spools,
        progress,
        sinks,
    } = order;
    let stop = Stop::new();
    interrupt::heed(&stop, &pages);
    let pseudonyms = match pseudonyms {
        None if secrecy.anonymize && !is_silent => {
            Some(names::of(reading, key_logs, &limits, secrecy, asks_payloads, &stop)?)
        }
        known => known,
    };
    let mut remarks = Remarks::new(progress.beside(), quiet);
    let mut counter = progress.counter();
    let stop = stop.metered(&progress.meter);
    let mut engine = engine(reading, key_logs, limits, &stop)?
        .redacting(secrecy.redaction())
        .anonymizing(pseudonyms)
        .payload_bytes(payload_bytes)
        .selecting(selection);
    for sink in sinks {
        engine = engine.sink(sink);
    }
    if !is_silent {
        engine = engine.sink(&mut remarks);
    }
    if let Some(spools) = spools {
        engine = engine.spools(spools);
    }
    engine = engine.sink(&mut counter);
    let summary = engine.run(&reading.inputs);
    if !is_silent {
        progress.finish();
    }
    let summary = summary?;
    if !is_silent {
        remarks.unread(summary.unread);
        remarks.keys(&summary.keys);
    }
    Ok(summary)
}

/// Whether something is read that may still be written.
pub(super) fn is_live(reading: &Reading) -> bool {
    reading.inputs.iter().any(|input| file::is_pipe(input))
}

/// Whether something could be read; where nothing could, nothing was written.
pub(super) fn was_read(summary: &Summary) -> bool {
    summary.failed == 0 || summary.inputs.iter().any(|input| input.unused.is_none())
}

/// What a run comes to that no gate judges.
pub(super) fn exit(summary: &Summary, selection: &Selection) -> anyhow::Result<Exit> {
    let is_found = is_found(summary, selection)?;
    if !is_found {
        exit::say(&nothing(&summary.selected));
    }
    Ok(if summary.failed > 0 { Exit::Trouble } else { Exit::Done })
}

/// Whether there was what was asked for.
///
/// # Errors
/// A number was asked for that there is not.
pub(super) fn is_found(summary: &Summary, selection: &Selection) -> anyhow::Result<bool> {
    let Selected { of, taken, ids, missing, .. } = &summary.selected;
    if !missing.is_empty() && *of > 0 {
        let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
        let (there, ids) = match (of, ids) {
            (1, Some((only, _))) => ("is one".to_owned(), format!("{only}")),
            (_, Some((first, last))) => (format!("are {of}"), format!("{first} to {last}")),
            _ => ("is none".to_owned(), String::new()),
        };
        bail!(
            "--connection {}: no WebSocket connection has that number; there {there}, {ids} (wslog list shows them)",
            missing.join(",")
        );
    }
    Ok(selection.is_all() || *taken > 0 || *of == 0)
}

/// Says that nothing was what was asked for, and how many were not.
pub(super) fn nothing(selected: &Selected) -> String {
    match selected.of {
        1 => "wslog: the only connection does not match the selection".to_owned(),
        of => {
            format!("wslog: none of {of} connections matches the selection (wslog list shows what there is)")
        }
    }
}
