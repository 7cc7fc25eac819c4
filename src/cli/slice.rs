//! `wslog inspect --slice`: the packets of the connections that were selected, to a file of their own.

use std::io::BufWriter;
use std::path::{Path, PathBuf};

use anyhow::bail;
use wslog::engine::{Frames, Renaming, Selection, Slicing, Summary};
use wslog::knowledge::words::units;
use wslog::redact::Pseudonyms;
use wslog::source::file;
use wslog::views::escape::visible;
use wslog::views::picks::Picks;

use crate::cli::args::{Inspect, Payload};
use crate::cli::exit;
use crate::cli::output::Output;
use crate::cli::reading::{self, Order};
use crate::cli::report::Report;

/// A copy that is to be made.
pub(super) struct Slice {
    path: PathBuf,
    output: Output,
    pub(super) picks: Picks,
}

impl Slice {
    /// One to the file at `path`.
    pub(super) fn to(path: &Path, args: &Inspect, report: &Report) -> anyhow::Result<Self> {
        if let Some(pipe) = args.reading.inputs.iter().find(|input| file::is_pipe(input)) {
            let name =
                if pipe.as_os_str() == "-" { "standard input".into() } else { pipe.display().to_string() };
            bail!("--slice reads inputs twice, and {name} cannot be: write it to a file first");
        }
        if args.with_keys && args.secrecy.anonymize {
            bail!(
                "--with-keys copies TLS as it was, with all the names in it, and --anonymize replaces them: give one of them"
            );
        }
        if args.with_keys && args.payload == Some(Payload::None) {
            bail!(
                "--with-keys copies TLS as it was, and --payload none cannot replace payloads in it: give one of them"
            );
        }
        if args.output.as_deref() == Some(path) {
            bail!("--slice and --output name the same file");
        }
        let read = reading::files(&args.reading, &report.key_logs, &args.secrecy);
        let picks = Picks::within(&args.reading.limits.limits()?);
        Ok(Self { path: path.to_owned(), output: Output::open(Some(path), &read)?, picks })
    }

    /// Makes it of what was read.
    pub(super) fn write(
        mut self,
        args: &Inspect,
        report: &Report,
        summary: &Summary,
        names: Option<&Pseudonyms>,
    ) -> anyhow::Result<()> {
        let limits = args.reading.limits.limits()?;
        let Picks { picks, without, too_many, .. } = &mut self.picks;
        let count = picks.len() as u64 + *too_many;
        if *too_many > 0 {
            bail!(
                "--slice copies up to {} and {count} are selected: select fewer, or raise the limit sliced-connections",
                units::count(picks.len() as u64, "connection")
            );
        }
        if picks.is_empty() {
            let why = if *without > 0 { "reports have no packets" } else { "no connection is selected" };
            exit::say(&format!("wslog: {why}: {} is not written", visible(&self.path.display().to_string())));
            return Ok(());
        }
        let is_filled = args.payload == Some(Payload::None) || names.is_some();
        let mut frames = Frames::within(&limits);
        if is_filled {
            let selection = Selection::exactly(picks.iter().map(|pick| pick.id));
            let order = Order {
                sinks: vec![&mut frames],
                is_silent: true,
                ..Order::new(limits.clone(), selection, &args.secrecy, args.look, report)
            };
            reading::run(&args.reading, &report.key_logs, order)?;
            if frames.is_full() {
                bail!(
                    "--slice: the selected connections have too many frames for their payloads to be replaced: select fewer, or raise the limit sliced-frames"
                );
            }
            frames.fill(picks);
        } else {
            picks.iter_mut().for_each(|pick| pick.fills = Default::default());
        }
        let mut remarks = Vec::new();
        if picks.iter().any(|pick| pick.is_decrypted) {
            remarks.push(if args.with_keys {
                "TLS is as it was; the keys of these connections are in this file."
            } else {
                "What was inside TLS is carried by plain TCP made for it (interface wslog): addresses, ports, times and ends are \
                 those of the connection, sequence numbers are not, and close_notify does not show."
            });
        }
        if is_filled && picks.iter().any(|pick| pick.is_stream) {
            remarks.push(
                "HTTP/2 is carried by plain TCP made for it (interface wslog): frames are those that were sent, but for field blocks, which \
                 are not compressed.",
            );
        }
        if names.is_some() {
            remarks.push(
                "Others stand for addresses, hosts, paths, tokens and names (--anonymize); packets are made anew (interface wslog), without \
                 what carried them: link and tunnel, TCP options, fragments.",
            );
        }
        if is_filled {
            remarks.push(
                "Payloads of messages are replaced by as many other bytes: what rests on them (UTF-8, inflating, \
                 sizes, applications, last words, verdicts of Autobahn cases) does not show here.",
            );
        }
        let inputs: Vec<_> = summary.inputs.iter().filter(|input| input.unused.is_none()).collect();
        let names_of_files: Vec<String> = inputs
            .iter()
            .filter_map(|input| Path::new(&input.path).file_name().and_then(|name| name.to_str()))
            .map(|name| names.map_or_else(|| name.to_owned(), |of| of.file(name)))
            .collect();
        let names_of_files: Vec<&str> = names_of_files.iter().map(String::as_str).collect();
        let comment = self.picks.comment(&names_of_files, &remarks);
        let slicing = Slicing {
            picks: &self.picks.picks,
            inputs: &summary.inputs,
            key_logs: &report.key_logs.0,
            with_keys: args.with_keys,
            comment: &comment,
            limits: &limits,
            renaming: names.map(|names| Renaming { names, frames: &frames }),
        };
        let sliced = slicing.run(BufWriter::with_capacity(1 << 16, self.output.writer()?))?;
        self.output.finish()?;
        if !args.look.quiet {
            let of = units::count(sliced.connections as u64, "TCP connection");
            let packets = units::count(sliced.packets, "packet");
            exit::say(&format!(
                "wslog: {packets} of {of} written to {}",
                visible(&self.path.display().to_string())
            ));
        }
        Ok(())
    }
}
