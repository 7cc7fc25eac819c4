//! Where a report goes that is not for standard output.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use wslog::limits::Limits;
use wslog::source::file::{Unpacked, is_capture};

/// Creates `path`, or empties what is there, unless that is one of `inputs` or any capture: nobody wants a report in
/// its place.
pub(super) fn create(path: &Path, inputs: &[PathBuf]) -> anyhow::Result<File> {
    // Pipes and devices are written to, not read.
    if path.is_file() {
        let same = |input: &PathBuf| matches!((fs::canonicalize(input), fs::canonicalize(path)), (Ok(a), Ok(b)) if a == b);
        if inputs.iter().any(same) {
            bail!("{} is an input: the report needs another file", path.display());
        }
        if Unpacked::open(path, &Limits::DEFAULT)
            .and_then(|mut source| is_capture(&mut source))
            .unwrap_or(false)
        {
            bail!("{} is a capture: it is not overwritten", path.display());
        }
    }
    File::create(path).with_context(|| format!("cannot create {}", path.display()))
}
