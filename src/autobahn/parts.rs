//! How many parts a report has, counted before any is kept: a value, a line or a cell takes up to a hundred times the
//! bytes that it has in the file.

use std::path::Path;

use crate::error::Error;
use crate::limits::Limits;

/// Refuses a report of too many parts, taken for a `what`.
pub(super) fn within(parts: usize, limits: &Limits, path: &Path, what: &'static str) -> Result<(), Error> {
    let most = limits.max_report_parts;
    if parts <= most {
        return Ok(());
    }
    Err(Error::BadReport {
        path: path.to_owned(),
        what,
        line: None,
        detail: format!("it has more than {most} parts (values, lines)"),
        advice: "use the file as the suite wrote it",
    })
}

/// Parts of JSON: at least as many as it has values. What stands in texts is none.
pub(super) fn of_json(text: &[u8]) -> usize {
    let (mut parts, mut in_text, mut escaped) = (1, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = in_text,
            b'"' => in_text = !in_text,
            b',' | b'[' | b'{' if !in_text => parts += 1,
            _ => {}
        }
    }
    parts
}

/// Parts of a page: at least as many as it has lines, cells, tags and events of a literal.
pub(super) fn of_page(text: &[u8]) -> usize {
    1 + text.iter().filter(|byte| matches!(byte, b'\n' | b'\t' | b'<' | b'(' | b',')).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        for (json, parts) in [
            ("", 1),
            ("7", 1),
            ("[]", 2),
            ("[1,2]", 3),
            (r#"{"a":[[],{}],"b":",[{"}"#, 7),
            (r#"["\",[",1]"#, 3),
            (r#"["\\",1]"#, 3),
            (r#"["\\\",",1]"#, 3),
        ] {
            assert_eq!(of_json(json.as_bytes()), parts, "{json}");
        }
        assert_eq!(of_page(b"<b>x</b>\n1\t2\n[(),(1,)]"), 1 + 2 + 3 + 4);
    }
}
