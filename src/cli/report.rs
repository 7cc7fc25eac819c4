//! Where the report of a command goes that reads captures, and how far it is.

use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use wslog::engine::Summary;

use crate::cli::args::{Look, Reading, Secrecy};
use crate::cli::output::Output;
use crate::cli::pager::{self, Running};
use crate::cli::progress::Progress;
use crate::cli::reading::{self, KeyLogs};

/// A report that is to be written.
pub(super) struct Report {
    pub(super) key_logs: KeyLogs,
    /// Whether a pager shows it.
    pub(super) pages: Arc<Running>,
    pub(super) progress: Progress,
    output: Output,
    to_stdout: bool,
}

impl Report {
    /// One to the file at `path`, or standard output, where a pager shows what `is_paged` unless that comes by and by.
    pub(super) fn open(
        reading: &Reading,
        secrecy: &Secrecy,
        path: Option<&Path>,
        look: Look,
        is_paged: bool,
    ) -> anyhow::Result<Self> {
        if path.is_some() && path == secrecy.anonymize_table.as_deref() {
            bail!("--anonymize-table and --output name the same file");
        }
        let key_logs = KeyLogs::named(&reading.keylog)?;
        let pages = Arc::default();
        let pager = if is_paged { pager::of(look, &pages) } else { None };
        let output = Output::open(path, &reading::files(reading, &key_logs, secrecy))?.paged(pager);
        let progress = Progress::new(&reading.inputs, look.quiet);
        Ok(Self { key_logs, pages, progress, output, to_stdout: path.is_none() })
    }

    /// What it is written to.
    pub(super) fn writer(&self) -> anyhow::Result<Box<dyn Write>> {
        let out = self.progress.before(self.output.writer()?, self.to_stdout);
        Ok(Box::new(BufWriter::with_capacity(1 << 16, out)))
    }

    /// All was read, as far as anything could be: it is whole.
    pub(super) fn finish(self, summary: &Summary) -> anyhow::Result<()> {
        if reading::was_read(summary) { self.output.finish() } else { Ok(()) }
    }
}
