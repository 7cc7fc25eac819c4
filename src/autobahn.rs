//! Reports of the Autobahn Testsuite: one case in any of its three forms, the index of a run, and the wire log
//! of a case as observations.
//!
//! ```text
//!  .json ─► document ─► json ──────────────┐
//!  .html ─► html ─┐                        ├─► CaseReport ─► wirelog ─► Observation
//!  .txt  ─► text ─┴► Page (sections) ─► page ┘
//! ```
//!
//! The two front ends of a page know tags and tabs; what a section says is read once, in `page`.

pub mod account;
pub mod brief;
pub mod cases;
mod data;
pub mod diff;
mod document;
mod html;
pub mod index;
mod json;
mod notes;
mod page;
mod parts;
pub mod policy;
mod python;
mod rows;
mod seen;
mod sniff;
mod suite;
mod tables;
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
/// [`Error::BadReport`] if it is none, or has more than [`Limits::max_report_parts`]. What is odd in one stands in its
/// `inconsistencies`.
pub fn read_case(form: ReportForm, bytes: &[u8], path: &Path, limits: &Limits) -> Result<CaseReport, Error> {
    let sections = match form {
        ReportForm::Json => return json::read(bytes, path, limits),
        ReportForm::Html => html::sections,
        ReportForm::Text => text::sections,
    };
    parts::within(parts::of_page(bytes), limits, path, page::WHAT)?;
    sections(bytes).read(path)
}
