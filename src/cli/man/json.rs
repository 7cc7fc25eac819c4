//! wslog-json(5).

use std::fmt;

use wslog::views::row::{Field, ValueKind};
use wslog::views::schema::{Constant, DOCUMENTS, Document};
use wslog::views::verdicts;

use crate::cli::man::{name, roff, see_also};

const ABOUT: &[&str] = &[
    "With `--format json` a command writes one document (RFC 8259): an object whose field `schema` gives its name and version. \
     Each object is listed below under the places where it occurs, and its contents under the first of these; `[]` stands for \
     any element of a list, `*` for any name. Different objects in the same place differ in their field `kind`.",
    "A field whose type ends in `or null` is null if there is no value or it is unknown. A field marked `may be left out` is \
     absent instead. All other fields are always present.",
    "With `--format ndjson` each line is such an object. Those of different kinds are told apart by their field `type`.",
    "With `--format csv` (RFC 4180) the first line has the names of the columns, which are the fields of the row, and each \
     further one is a row. What is null or left out is an empty cell, and a list or an object is its JSON. Control characters, \
     line ends among them, are written as `\\n` or `\\u{1b}`; text that a spreadsheet would take for a formula, with `=`, `+`, `-` \
     or `@` first, has an apostrophe before it.",
    "With `--format har` (HAR 1.2) `messages` writes one document with what browsers have in theirs for a WebSocket connection: the \
     opening handshake, times, and messages in `_webSocketMessages`, of which `send` are the client's. It passes the JSON Schema \
     of HAR (har-schema), but no test can import it into a browser: of Chrome that is the import of the Network panel. What HAR asks \
     for and the recording does not have is empty, 0 or -1, and `comment` says so. TLS that could not be read has no entry, and a \
     connection none of whose messages is asked for neither.",
    "Fields may be added to an object, columns to a table behind those there are, kinds of rows; none is renamed or left away \
     within a version.",
    "`wslog man --schema` prints the JSON Schema of a document, or of a row.",
];

const INDEX: &str = "`wslog inspect --format autobahn-index` writes what the suite calls index.json: agents by name, their cases by \
     number. A testee that was client is called as it asked for its cases; the suite knows servers by its settings only, so that here they \
     are called as their Server line says, or `server`. The entry of a case has:";

const TYPES: [(&str, &str); 4] = [
    ("hex", "A string: bytes, two hexadecimal digits each."),
    ("time", "A string: RFC 3339, UTC, nine fractional digits, as in 2024-05-01T12:00:00.000000000Z."),
    ("nanoseconds", "An integer."),
    ("... by name", "An object with such values under names that are not fixed."),
];

/// Every document, and every object of it.
pub(super) fn page() -> Result<String, fmt::Error> {
    let (page, mut out) = ("wslog-json", String::new());
    roff::title(&mut out, page, 5)?;
    name(&mut out, page, "JSON, NDJSON and CSV output of wslog")?;
    roff::section(&mut out, "DESCRIPTION")?;
    for paragraph in ABOUT {
        roff::paragraph(&mut out, paragraph)?;
    }
    roff::section(&mut out, "TYPES")?;
    roff::paragraph(&mut out, "In addition to those of JSON:")?;
    for (kind, what) in TYPES {
        roff::entry(&mut out, kind, "", what)?;
    }
    let mut described: Vec<&[Field]> = Vec::new();
    for document in DOCUMENTS {
        let Document { command, format, what, .. } = document;
        roff::section(&mut out, document.name)?;
        roff::paragraph(&mut out, &format!("`wslog {command} --format {format}`. {what}"))?;
        for kind in document.kinds {
            if document.kinds.len() > 1 {
                roff::part(&mut out, &kind.constants.iter().map(constant).collect::<Vec<_>>().join(", "))?;
            }
            fields(&mut out, kind.fields)?;
        }
        if let Some(columns) = document.columns() {
            let columns = columns.collect::<Vec<_>>().join("`, `");
            roff::paragraph(&mut out, &format!("With `--format csv` the columns are `{columns}`."))?;
        }
        // An object without fields is none that is ever written.
        let objects = document.objects();
        let objects = objects.iter().filter(|object| !object.fields.is_empty());
        let (told, new): (Vec<_>, Vec<_>) = objects.partition(|object| described.contains(&object.fields));
        for object in new {
            roff::part(&mut out, &object.paths.join(", "))?;
            fields(&mut out, object.fields)?;
            described.push(object.fields);
        }
        if !told.is_empty() {
            roff::paragraph(&mut out, "All other objects in it are described above.")?;
        }
    }
    roff::section(&mut out, "THE INDEX OF AN AUTOBAHN RUN")?;
    roff::paragraph(&mut out, INDEX)?;
    fields(&mut out, verdicts::FIELDS)?;
    see_also(&mut out, page)?;
    Ok(out)
}

/// `type` is `input`.
fn constant((name, always): &(&'static str, Constant)) -> String {
    match always {
        Constant::Text(word) => format!("{name} {word}"),
        Constant::Boolean(always) => format!("{name} {always}"),
    }
}

fn fields(out: &mut String, fields: &[Field]) -> fmt::Result {
    for field in fields {
        let absent = if field.optional { "; may be left out" } else { "" };
        roff::entry(out, field.name, &format!("{}{absent}", kind(field.kind)), field.doc)?;
    }
    Ok(())
}

/// A type in words.
fn kind(of: &ValueKind) -> String {
    let joined =
        |kinds: &[&ValueKind], by: &str| kinds.iter().map(|of| kind(of)).collect::<Vec<_>>().join(by);
    match *of {
        ValueKind::Integer => "integer".to_owned(),
        ValueKind::Number => "number".to_owned(),
        ValueKind::Boolean => "boolean".to_owned(),
        ValueKind::Text => "string".to_owned(),
        ValueKind::Hex => "hex".to_owned(),
        ValueKind::Time => "time".to_owned(),
        ValueKind::Nanoseconds => "nanoseconds".to_owned(),
        ValueKind::OrNull(of) => format!("{} or null", kind(of)),
        ValueKind::List(of) => format!("list of {}", kind(of)),
        ValueKind::Tuple(kinds) => format!("[{}]", joined(kinds, ", ")),
        ValueKind::Either(kinds) if kinds.iter().all(|of| matches!(of, ValueKind::Object(_))) => {
            "object".to_owned()
        }
        ValueKind::Either(kinds) => joined(kinds, " or "),
        ValueKind::Map(of) => format!("{} by name", kind(of)),
        ValueKind::Object(_) => "object".to_owned(),
    }
}
