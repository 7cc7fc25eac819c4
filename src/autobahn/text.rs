//! The page of a case as a browser's clipboard gives it.

use crate::autobahn::page::{Heading, Line, Page};
use crate::model::case::ReportForm;

pub(super) fn sections(bytes: &[u8]) -> Page {
    let mut page = Page::new(ReportForm::Text);
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    for line in bytes.split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        match Heading::of(line) {
            Some(heading) if page.may_begin(heading) => page.begin(heading),
            _ => page.push(cells(&page, line)),
        }
    }
    page
}

/// Tables may come with tabs. Elsewhere a tab is none of ours.
fn cells(page: &Page, line: &[u8]) -> Line {
    let in_table = page
        .sections
        .last()
        .is_some_and(|section| (Heading::Closing..=Heading::TxFrames).contains(&section.heading));
    if in_table && line.contains(&b'\t') {
        Line::Cells(line.split(|b| *b == b'\t').map(<[u8]>::to_vec).collect())
    } else {
        Line::Text(line.to_vec())
    }
}
