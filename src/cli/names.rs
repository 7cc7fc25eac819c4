//! `--anonymize`: with what other names are made, and which there are.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, bail};
use wslog::engine::{DEPTH, Selection, Sink, directory};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::redact::{Pseudonyms, Sealed};
use wslog::source::file::{self, Stop};
use wslog::views::replacements;

use crate::cli::args::{Reading, Secrecy};
use crate::cli::exit;
use crate::cli::output::Output;
use crate::cli::reading::{self, KeyLogs};

/// What stands for the names in the inputs, which are read for that.
pub(super) fn of(
    reading: &Reading,
    key_logs: &KeyLogs,
    limits: &Limits,
    secrecy: &Secrecy,
    shows_payloads: bool,
    stop: &Stop,
) -> anyhow::Result<Arc<Pseudonyms>> {
    let pipe = reading.inputs.iter().find(|input| file::is_pipe(input));
    let key = match (&secrecy.anonymize_key, pipe) {
        (Some(path), _) => key_of(path)?,
        (None, None) => {
            let depth = reading.depth.map_or(DEPTH, usize::from);
            directory::beginning(&reading.inputs, depth, limits)
        }
        (None, Some(_)) => {
            let mut key = vec![0; 32];
            getrandom::fill(&mut key)
                .context("the system has no random numbers; --anonymize-key FILE needs none")?;
            key
        }
    };
    let files = reading::files(reading, key_logs, secrecy);
    let table =
        secrecy.anonymize_table.as_deref().map(|path| Output::open(Some(path), &files)).transpose()?;
    let mut pseudonyms = Pseudonyms::new(&key).within(limits).showing_payloads(shows_payloads);
    match (pipe, &secrecy.anonymize_table) {
        (Some(pipe), Some(_)) => bail!(
            "--anonymize-table needs inputs that can be read twice, and {} cannot: write it to a file first",
            if pipe.as_os_str() == "-" { "standard input".into() } else { pipe.display().to_string() }
        ),
        (Some(_), None) => {
            if secrecy.anonymize_key.is_none() {
                exit::say(
                    "wslog: a pipe is read once: the other names are of this run only (--anonymize-key FILE makes the same ones again)",
                );
            }
            return Ok(Arc::new(pseudonyms));
        }
        (None, Some(_)) => pseudonyms = pseudonyms.with_table(),
        (None, None) => {}
    }
    let mut pupil = Pupil { pseudonyms };
    reading::engine(reading, key_logs, limits.clone(), stop)?
        .payload_bytes(0)
        .selecting(Selection::default())
        .sink(&mut pupil)
        .run(&reading.inputs)?;
    if let Some(table) = table {
        let mut out = table.writer()?;
        let document = replacements::document(pupil.pseudonyms.table());
        out.write_all(&document).and_then(|()| out.flush()).map_err(Error::Write)?;
        drop(out);
        table.finish()?;
    }
    let (too_many, too_many_rows) = pupil.pseudonyms.is_full();
    if too_many {
        exit::say(
            "wslog: too many names: some are replaced where they stand and not looked for elsewhere (limit name-bytes)",
        );
    }
    if too_many_rows {
        exit::say("wslog: too many names: --anonymize-table lacks some (limit name-table-bytes)");
    }
    Ok(Arc::new(pupil.pseudonyms))
}

fn key_of(path: &Path) -> anyhow::Result<Vec<u8>> {
    let key = fs::read(path).with_context(|| format!("cannot read the key {}", path.display()))?;
    if key.is_empty() {
        bail!("the key {} is empty: anybody could make the same names", path.display());
    }
    Ok(key)
}

/// Learns the names in all conversations.
struct Pupil {
    pseudonyms: Pseudonyms,
}

impl Sink for Pupil {
    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        conversation.teach(&mut self.pseudonyms);
        Ok(())
    }
}
