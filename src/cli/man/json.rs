//! wslog-json(5).

use std::fmt;

use wslog::views::row::{Field, ValueKind};
use wslog::views::schema::DOCUMENTS;

use crate::cli::man::{name, roff, see_also};

const ABOUT: &[&str] = &[
    "With `--format json` a command writes one document (RFC 8259), an object whose field `schema` names it and its \
     version. Each object of the documents is listed below under the places where it stands, and what is inside it under \
     the first of these: `[]` is any element of a list, `*` any name. Several at one place are told apart by their field \
     `kind`.",
    "A field whose type ends in `or null` is null where there is no value, or none is known. A field that may be left out \
     is not there instead. All others are always there.",
    "`wslog man --schema` prints the JSON Schema of a document.",
];

const TYPES: [(&str, &str); 4] = [
    ("hex", "A string: bytes, two hexadecimal digits each."),
    ("time", "A string: RFC 3339, UTC, nine digits behind the second, as in 2024-05-01T12:00:00.000000000Z."),
    ("nanoseconds", "An integer."),
    ("... by name", "An object with such values, whose names are not known beforehand."),
];

/// Every document, and every object of it.
pub(super) fn page() -> Result<String, fmt::Error> {
    let (page, mut out) = ("wslog-json", String::new());
    roff::title(&mut out, page, 5)?;
    name(&mut out, page, "what wslog writes for programs")?;
    roff::section(&mut out, "DESCRIPTION")?;
    for paragraph in ABOUT {
        roff::paragraph(&mut out, paragraph)?;
    }
    roff::section(&mut out, "TYPES")?;
    roff::paragraph(&mut out, "Besides those of JSON:")?;
    for (kind, what) in TYPES {
        roff::entry(&mut out, kind, "", what)?;
    }
    for document in DOCUMENTS {
        roff::section(&mut out, document.name)?;
        roff::paragraph(&mut out, &format!("`wslog {}`. {}", document.command, document.what))?;
        fields(&mut out, document.fields)?;
        // An object without fields is none that is ever written.
        for object in document.objects().iter().filter(|object| !object.fields.is_empty()) {
            roff::part(&mut out, &object.paths.join(", "))?;
            fields(&mut out, object.fields)?;
        }
    }
    see_also(&mut out, page)?;
    Ok(out)
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
