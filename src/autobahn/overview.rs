//! The page with the verdicts of a whole run (`index.html`), told from that of a case.

/// Bytes in which its marks stand: before them there is only the style sheet.
const START: usize = 32 << 10;

/// What the suite writes on no page of a case: on its overview, and what text copied from that begins with.
const MARKS: &[&[u8]] =
    &[b"id=\"agent_case_results\"", b"id=\"master_report_header\"", b"Summary report generated on"];

/// Whether it is such a page, or its text.
pub(super) fn is_one(bytes: &[u8]) -> bool {
    let start = bytes.get(..START).unwrap_or(bytes);
    MARKS.iter().any(|mark| start.windows(mark.len()).any(|window| window == *mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_overview_is_told_from_a_case() {
        for (page, expected) in [
            ("<html><body><div id=\"master_report_header\" class=\"block\">", true),
            ("Autobahn WebSocket Testsuite Report\nSummary report generated on 2026-01-11T08:00:39Z", true),
            ("<html><body><h1>Case 3.2</h1>", false),
            ("Autobahn WebSocket Testsuite Report\nws - Case 3.2 : Pass - 1 ms @ 2026", false),
            ("", false),
        ] {
            assert_eq!(is_one(page.as_bytes()), expected, "{page}");
        }
    }
}
