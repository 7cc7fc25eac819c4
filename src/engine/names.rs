//! What of a run is told under other names besides conversations: inputs, what became of them, and journeys.

use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::model::{InputReport, Journey, Unused};
use crate::redact::Pseudonyms;

/// The path of an input.
pub(super) fn path(of: &Pseudonyms, path: &Path) -> PathBuf {
    of.file(&path.display().to_string()).into()
}

/// A text that names an input.
fn text(of: &Pseudonyms, named: &Path, text: &str) -> String {
    // A file beside it may be named too.
    let directory = named.parent().filter(|directory| !directory.as_os_str().is_empty());
    let text = [Some(named), directory].into_iter().flatten().fold(text.to_owned(), |text, named| {
        text.replace(&named.display().to_string(), &path(of, named).display().to_string())
    });
    of.sentence(&text)
}

pub(super) fn inputs(of: &Pseudonyms, inputs: &[InputReport]) -> Vec<InputReport> {
    inputs.iter().map(|report| input(of, report)).collect()
}

fn input(of: &Pseudonyms, report: &InputReport) -> InputReport {
    let mut out = report.clone();
    out.path = of.file(&report.path);
    out.weirds.details_mut().for_each(|detail| *detail = of.sentence(detail));
    if let Some(Unused::Failed(why)) = &mut out.unused {
        *why = text(of, Path::new(&report.path), why);
    }
    out
}

pub(super) fn error(of: &Pseudonyms, error: &Error) -> Error {
    let named = error.path().unwrap_or(Path::new(""));
    Error::Renamed {
        text: if named.as_os_str().is_empty() { error.chain() } else { text(of, named, &error.chain()) },
        path: error.path().map(|named| path(of, named)),
    }
}

pub(super) fn journeys(of: &Pseudonyms, journeys: &[Journey]) -> Vec<Journey> {
    let mut out = journeys.to_vec();
    for journey in &mut out {
        for leg in &mut journey.legs {
            leg.path = leg.path.as_ref().map(|path| of.file(path).into());
        }
        let texts = journey.differences.iter_mut().map(|difference| &mut difference.text);
        texts.chain([&mut journey.text]).chain(&mut journey.next).for_each(|text| *text = of.sentence(text));
    }
    out
}
