//! Where reports of runs go: to one place in one format, and to files in others.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use wslog::views::text::Style;

use crate::cli::args::{Look, RunFormat, RunOutput};
use crate::cli::output::Output;
use crate::cli::pager;
use crate::cli::style;

/// The places, opened before anything is read, so that a run that cannot be told of is not made.
#[derive(Debug)]
pub(super) struct Reports {
    format: RunFormat,
    look: Look,
    is_file: bool,
    first: Output,
    others: Vec<(RunFormat, Output)>,
}

impl Reports {
    /// Opens all of them; none may be what is `read`.
    pub(super) fn open<P: AsRef<Path>>(args: &RunOutput, read: &[P]) -> anyhow::Result<Self> {
        let first = Output::open(args.output.as_deref(), read)?;
        let other = |(format, path): &(RunFormat, PathBuf)| Ok((*format, Output::open(Some(path), read)?));
        let others: anyhow::Result<_> = args.also.iter().map(other).collect();
        Ok(Self {
            format: args.format,
            look: args.look,
            is_file: args.output.is_some(),
            first,
            others: others?,
        })
    }

    /// Writes `report` in each format.
    pub(super) fn write(self, report: impl Fn(RunFormat, &Style) -> String) -> anyhow::Result<()> {
        let written = |format, is_file: bool| {
            let style = style::of(self.look, !is_file);
            let text = report(format, &style);
            if format == RunFormat::Text { style.fit(&text).into_owned() } else { text }
        };
        for (format, output) in self.others {
            output.write(&written(format, true))?;
        }
        let pager = pager::of(self.look, &Arc::default());
        let is_text = self.format == RunFormat::Text;
        self.first.paged(pager.filter(|_| is_text)).write(&written(self.format, self.is_file))
    }
}
