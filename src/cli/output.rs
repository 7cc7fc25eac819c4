//! Where a report goes.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use same_file::Handle;
use tempfile::{Builder, NamedTempFile};
use wslog::engine::directory::{self, Kind};
use wslog::error::Error;
use wslog::limits::Limits;

use crate::cli::pager::Pager;
use crate::cli::runs;

/// Standard output, or a file: that is written beside and takes its name when it is whole, so that a run that fails leaves
/// what was there.
#[derive(Debug)]
pub(super) struct Output(Goal);

#[derive(Debug)]
enum Goal {
    Stdout,
    /// Standard output that is a terminal, a screen at a time.
    Paged(Pager),
    /// A pipe or a device, which is written to as it is.
    Stream(File),
    File {
        beside: NamedTempFile,
        path: PathBuf,
    },
}

impl Output {
    /// Standard output, or `path`, unless that is one of what is `read`, or a capture or a report whatever it is: nobody
    /// wants another in its place.
    pub(super) fn open<P: AsRef<Path>>(path: Option<&Path>, read: &[P]) -> anyhow::Result<Self> {
        let Some(path) = path else { return Ok(Self(Goal::Stdout)) };
        if path.is_file() {
            let own = handle(path)?;
            for input in read.iter().map(AsRef::as_ref).filter(|input| is_file(input)) {
                if handle(input)? == own {
                    bail!("{} is an input: write the report to another file", path.display());
                }
            }
            // Of what is in a directory, or goes with an index, nothing is read but what begins like one of them.
            let what = match directory::look(path, &Limits::DEFAULT) {
                _ if fs::canonicalize(path).is_ok_and(|path| runs::is_named_like_a_case(&path)) => {
                    "named like a case report"
                }
                Ok(Kind::Capture) => "a capture",
                Ok(Kind::Case(_) | Kind::Index) => "an Autobahn Testsuite report",
                Ok(Kind::Damaged) => "compressed data",
                _ => return Self::replacing(path),
            };
            bail!("{} is {what}: not overwritten", path.display());
        }
        Self::replacing(path)
    }

    /// Text to standard output goes through the pager, if there is one.
    pub(super) fn paged(self, pager: Option<Pager>) -> Self {
        match (self.0, pager) {
            (Goal::Stdout, Some(pager)) => Self(Goal::Paged(pager)),
            (goal, _) => Self(goal),
        }
    }

    /// `path`, whatever is there.
    pub(super) fn replacing(path: &Path) -> anyhow::Result<Self> {
        let create = || format!("cannot create {}", path.display());
        let there = match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            there => Some(there.with_context(create)?),
        };
        if there.as_ref().is_some_and(|there| !there.is_file()) {
            let file = File::options().write(true).open(path).with_context(create)?;
            return Ok(Self(Goal::Stream(file)));
        }
        // A link goes on leading to it.
        let path =
            if there.is_some() { fs::canonicalize(path).with_context(create)? } else { path.to_owned() };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut named = Builder::new();
        named.prefix(".wslog-");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            // As a file that is created anew: what the user keeps from others is taken away.
            named.permissions(fs::Permissions::from_mode(0o666));
        }
        let beside = named.tempfile_in(folder).with_context(create)?;
        if let Some(there) = there {
            beside.as_file().set_permissions(there.permissions()).with_context(create)?;
        }
        Ok(Self(Goal::File { beside, path }))
    }

    /// What the report is written to.
    pub(super) fn writer(&self) -> anyhow::Result<Box<dyn Write>> {
        Ok(match &self.0 {
            Goal::Stdout => Box::new(io::stdout().lock()),
            Goal::Paged(pager) => Box::new(pager.clone().writer()),
            Goal::Stream(file) => Box::new(file.try_clone().map_err(Error::Write)?),
            Goal::File { beside, .. } => Box::new(beside.as_file().try_clone().map_err(Error::Write)?),
        })
    }

    /// The report is whole.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let Goal::File { beside, path } = self.0 else { return Ok(()) };
        beside.persist(&path).map(drop).with_context(|| format!("cannot replace {}", path.display()))
    }

    /// Writes a report that is whole already.
    pub(super) fn write(self, text: &str) -> anyhow::Result<()> {
        let mut out = self.writer()?;
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Error::Write)?;
        drop(out);
        self.finish()
    }
}

/// Opening a pipe would wait for somebody at its other end.
fn is_file(input: &Path) -> bool {
    input == Path::new("-") || input.is_file()
}

fn handle(path: &Path) -> anyhow::Result<Handle> {
    let handle = if path == Path::new("-") { Handle::stdin() } else { Handle::from_path(path) };
    handle.with_context(|| format!("cannot open {}", path.display()))
}
