//! Reports of the Autobahn Testsuite: one case in any of its three forms, the index of a run, and the wire log
//! of a case as observations.
//!
//! ```text
//!  .json ─► document ─► json ───────────────────────┐
//!  .html ─► html ──────────┐                        ├─► CaseReport ─► wirelog ─► Observation
//!  .txt  ─► copied ─► text ┴► Page (sections) ─► page ┘
//! ```
//!
//! The two front ends of a page know tags and tabs; what a section says is read once, in `page`.

pub mod account;
pub mod brief;
pub mod captured;
pub mod cases;
mod copied;
mod data;
pub mod diff;
mod document;
mod encoding;
mod html;
pub mod index;
mod json;
mod notes;
mod overview;
mod page;
mod parts;
pub mod policy;
mod python;
mod rows;
mod seen;
mod sniff;
pub mod suite;
mod tables;
mod tester;
mod text;
pub mod verdict;
mod wirelog;

use std::path::Path;

use crate::error::Error;
use crate::limits::Limits;
use crate::model::case::{CaseReport, ReportForm};
pub(crate) use sniff::SNIFF_BYTES;
pub use sniff::{ReportKind, sniff};
pub use wirelog::observe;

/// Reads the report of one case in the form that [`sniff()`] found.
///
/// # Errors
/// [`Error::Overview`] if it is that of a run, [`Error::BadReport`] if it is none, or has more than
/// [`Limits::max_report_parts`]. What is odd in one stands in its `inconsistencies`.
pub fn read_case(form: ReportForm, bytes: &[u8], path: &Path, limits: &Limits) -> Result<CaseReport, Error> {
    let (bytes, encoding) = encoding::utf8(bytes);
    if overview::is_one(&bytes) && form != ReportForm::Json {
        return Err(Error::Overview { path: path.to_owned(), index: None });
    }
    let mut report = match form {
        ReportForm::Json => json::read(&bytes, path, limits)?,
        ReportForm::Html => read_page(html::sections, &bytes, path, limits)?,
        ReportForm::Text => read_page(text::sections, &bytes, path, limits)?,
    };
    if let Some(encoding) = encoding {
        report.notes.insert(0, format!("the source is {encoding}"));
    }
    report.suite = suite::told(&report);
    Ok(report)
}

fn read_page(
    sections: fn(&[u8]) -> page::Page,
    bytes: &[u8],
    path: &Path,
    limits: &Limits,
) -> Result<CaseReport, Error> {
    parts::within(parts::of_page(bytes), limits, path, page::WHAT)?;
    sections(bytes).read(path)
}
