//! The page of a case as text: a browser's clipboard gives it, or a program that made text of the page.

use crate::autobahn::copied;
use crate::autobahn::page::{Heading, Line, Page};
use crate::model::case::ReportForm;

pub(super) fn sections(bytes: &[u8]) -> Page {
    let mut page = Page::new(ReportForm::Text);
    let copied = copied::lines(bytes);
    page.ends_in_line = !bytes.ends_with(b"\n");
    page.undone = copied.undone;
    for line in copied.lines {
        match Heading::of(&line) {
            Some(heading) if page.may_begin(heading) => page.begin(heading),
            _ => page.push(cells(&page, line)),
        }
    }
    page
}

/// Tables may come with tabs. Elsewhere a tab is none of ours.
fn cells(page: &Page, line: Vec<u8>) -> Line {
    let in_table = page
        .sections
        .last()
        .is_some_and(|section| (Heading::Closing..=Heading::TxFrames).contains(&section.heading));
    if in_table && line.contains(&b'\t') {
        Line::Cells(line.split(|b| *b == b'\t').map(<[u8]>::to_vec).collect())
    } else {
        Line::Text(line)
    }
}
