//! Which side the tester was, where the table of the closing behavior does not say it.

use crate::model::case::WireRow;

/// Whether it was the server: by its name in the heads, the path it is asked for, or the side that masks.
pub(super) fn is_server((request, response): (Option<&str>, Option<&str>), rows: &[WireRow]) -> Option<bool> {
    let names = |head: Option<&str>, field: &str| {
        head.unwrap_or_default().lines().any(|line| {
            line.split_once(':').is_some_and(|(name, value)| {
                name.eq_ignore_ascii_case(field) && value.trim_start().starts_with("AutobahnTestSuite/")
            })
        })
    };
    if names(response, "Server") || request.is_some_and(|head| head.starts_with("GET /runCase?")) {
        return Some(true);
    }
    if names(request, "User-Agent") {
        return Some(false);
    }
    rows.iter().find_map(|row| match row {
        WireRow::RxFrame(frame) => frame.masked,
        WireRow::TxFrame(frame) => frame.masked.map(|masked| !masked),
        _ => None,
    })
}
