//! The documents for programs as their declarations have them: their objects, and their JSON Schemas (2020-12).

use crate::views::json::write;
use crate::views::row::{Field, ValueKind};
use crate::views::{csv, explain, frames, har, json, list, messages, run};

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Two digits a byte.
const HEX: &str = "^([0-9a-f][0-9a-f])*$";

/// RFC 3339, UTC, nine digits.
const TIME: &str = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{9}Z$";

/// The documents and rows that have a schema.
pub const DOCUMENTS: &[Document] = &[
    Document {
        command: "inspect",
        format: "json",
        name: json::SCHEMA,
        what: "WebSocket connections, and how they ended.",
        kinds: &[Kind { constants: &[("schema", Constant::Text(json::SCHEMA))], fields: json::DOCUMENT }],
    },
    Document {
        command: "inspect",
        format: "ndjson",
        name: json::lines::SCHEMA,
        what: "The same as rows, an object a line: inputs as they begin and end, connections, and what could not be read.",
        kinds: json::lines::ROWS,
    },
    Document {
        command: "list",
        format: "ndjson",
        name: list::SCHEMA,
        what: "WebSocket connections, a row each; as CSV the same columns.",
        kinds: &[Kind { constants: &[], fields: list::FIELDS }],
    },
    Document {
        command: "frames",
        format: "ndjson",
        name: frames::SCHEMA,
        what: "Frames, one row each; CSV has the same columns.",
        kinds: &[Kind { constants: &[], fields: frames::FIELDS }],
    },
    Document {
        command: "messages",
        format: "ndjson",
        name: messages::SCHEMA,
        what: "Messages, put together and inflated, one row each; CSV has the same columns.",
        kinds: &[Kind { constants: &[], fields: messages::FIELDS }],
    },
    Document {
        command: "messages",
        format: "har",
        name: har::SCHEMA,
        what: "HAR 1.2 as browsers write it, with an entry for each WebSocket connection and its messages in it.",
        kinds: &[Kind { constants: &[], fields: har::FIELDS }],
    },
    Document {
        command: "diff",
        format: "json",
        name: "wslog.diff/1",
        what: "Two runs of the Autobahn Testsuite, compared.",
        kinds: &[Kind { constants: &[("schema", Constant::Text("wslog.diff/1"))], fields: run::json::DIFF }],
    },
    Document {
        command: "check",
        format: "json",
        name: "wslog.check/1",
        what: "A run of the Autobahn Testsuite, held against a policy.",
        kinds: &[Kind {
            constants: &[("schema", Constant::Text("wslog.check/1"))],
            fields: run::json::CHECK,
        }],
    },
    Document {
        command: "explain",
        format: "json",
        name: explain::json::SCHEMA,
        what: "Close codes, rules and cases, explained.",
        kinds: &[Kind {
            constants: &[("schema", Constant::Text(explain::json::SCHEMA))],
            fields: explain::json::FIELDS,
        }],
    },
];

/// What a command writes for programs: one object, or a line each.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// The command, as in `inspect`.
    pub command: &'static str,
    /// Its `--format`.
    pub format: &'static str,
    /// Name and version, as the field `schema` of a document has it.
    pub name: &'static str,
    /// What it holds.
    pub what: &'static str,
    /// The object, or the kinds of those that stand in lines.
    pub kinds: &'static [Kind],
}

/// An object that stands by itself.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Fields by which it is known, with what they always say.
    pub constants: &'static [(&'static str, Constant)],
    /// Its fields.
    pub fields: &'static [Field],
}

/// What a field always says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// A word.
    Text(&'static str),
    /// True or false.
    Boolean(bool),
}

/// An object of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Object {
    /// Where it stands, as in `connections[].client`: more than once, if it is the same in several places.
    pub paths: Vec<String>,
    /// Its fields.
    pub fields: &'static [Field],
}

impl Document {
    /// Its objects, the document itself left out, each before those inside it.
    #[must_use]
    pub fn objects(&self) -> Vec<Object> {
        let mut out = Vec::new();
        self.kinds.iter().for_each(|kind| below(kind.fields, "", &mut out));
        out
    }

    /// The columns of its rows as CSV; `None` of what is not written as such.
    pub fn columns(&self) -> Option<impl Iterator<Item = String> + use<>> {
        match self.kinds {
            [kind] if self.format == "ndjson" => Some(csv::columns(kind.fields)),
            _ => None,
        }
    }

    /// What names it among all: `inspect-rows` of `wslog.inspect-rows/1`.
    #[must_use]
    pub fn key(&self) -> &'static str {
        let name = self.name.strip_prefix("wslog.").unwrap_or(self.name);
        name.split_once('/').map_or(name, |(key, _)| key)
    }

    /// Its schema. An object that stands in several places is defined once, under its first place.
    #[must_use]
    pub fn schema(&self) -> String {
        let objects = self.objects();
        let definitions = Definitions { names: names(&objects), objects: &objects };
        let mut members = vec![
            ("$schema".to_owned(), text(DIALECT)),
            ("title".to_owned(), text(self.name)),
            ("description".to_owned(), text(self.what)),
        ];
        match self.kinds {
            [kind] => members.extend(definitions.object(kind.fields, kind.constants)),
            kinds => {
                let of = |kind: &Kind| Json::Object(definitions.object(kind.fields, kind.constants));
                members.push(("anyOf".to_owned(), Json::List(kinds.iter().map(of).collect())));
            }
        }
        let defined = definitions.names.iter().zip(&objects);
        let defined = defined
            .map(|(name, object)| (name.clone(), Json::Object(definitions.object(object.fields, &[]))));
        members.push(("$defs".to_owned(), Json::Object(defined.collect())));
        let mut out = Vec::new();
        Json::Object(members).write(&mut out, 0);
        out.push(b'\n');
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Appends the objects that are values of these fields.
fn below(fields: &'static [Field], at: &str, out: &mut Vec<Object>) {
    for field in fields {
        let dot = if at.is_empty() { "" } else { "." };
        of_kind(field.kind, &format!("{at}{dot}{}", field.name), out);
    }
}

fn of_kind(kind: &'static ValueKind, at: &str, out: &mut Vec<Object>) {
    match *kind {
        ValueKind::Integer
        | ValueKind::Number
        | ValueKind::Boolean
        | ValueKind::Text
        | ValueKind::Hex
        | ValueKind::Time
        | ValueKind::Nanoseconds => {}
        ValueKind::OrNull(kind) => of_kind(kind, at, out),
        ValueKind::List(kind) => of_kind(kind, &format!("{at}[]"), out),
        ValueKind::Map(kind) => of_kind(kind, &format!("{at}.*"), out),
        ValueKind::Tuple(kinds) | ValueKind::Either(kinds) => {
            kinds.iter().for_each(|kind| of_kind(kind, at, out));
        }
        ValueKind::Object(fields) => match out.iter_mut().find(|object| object.fields == fields) {
            // One of several kinds at a place may have it where another has it too.
            Some(object) if object.paths.iter().any(|path| path == at) => {}
            Some(object) => object.paths.push(at.to_owned()),
            None => {
                out.push(Object { paths: vec![at.to_owned()], fields });
                below(fields, at, out);
            }
        },
    }
}

/// A name for each, of the letters that need no escape in a reference: several at one place are numbered.
fn names(objects: &[Object]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for object in objects {
        let place = object.paths.first().map_or("", String::as_str).replace("[]", "").replace(".*", "");
        let numbered = (2..).map(|number| format!("{place}-{number}"));
        let name = std::iter::once(place.clone()).chain(numbered).find(|name| !names.contains(name));
        names.push(name.unwrap_or(place));
    }
    names
}

struct Definitions<'a> {
    objects: &'a [Object],
    names: Vec<String>,
}

impl Definitions<'_> {
    /// The members of the schema of an object, of which some fields always say the same.
    fn object(
        &self,
        fields: &'static [Field],
        constants: &[(&'static str, Constant)],
    ) -> Vec<(String, Json)> {
        let properties = fields.iter().map(|field| {
            let constant = constants.iter().find(|(name, _)| *name == field.name);
            let mut members = match constant {
                Some((_, Constant::Text(always))) => vec![("const".to_owned(), text(always))],
                Some((_, Constant::Boolean(always))) => vec![("const".to_owned(), Json::Boolean(*always))],
                None => self.kind(field.kind),
            };
            members.insert(0, ("description".to_owned(), text(field.doc)));
            (field.name.to_owned(), Json::Object(members))
        });
        let required = fields.iter().filter(|field| !field.optional).map(|field| text(field.name));
        vec![
            ("type".to_owned(), text("object")),
            ("properties".to_owned(), Json::Object(properties.collect())),
            ("required".to_owned(), Json::List(required.collect())),
            ("additionalProperties".to_owned(), Json::Boolean(false)),
        ]
    }

    /// The members of the schema of a value.
    fn kind(&self, kind: &'static ValueKind) -> Vec<(String, Json)> {
        let typed = |name: &str| ("type".to_owned(), text(name));
        let schemas = |kinds: &'static [&'static ValueKind]| {
            Json::List(kinds.iter().map(|kind| Json::Object(self.kind(kind))).collect())
        };
        match *kind {
            ValueKind::Integer | ValueKind::Nanoseconds => vec![typed("integer")],
            ValueKind::Number => vec![typed("number")],
            ValueKind::Boolean => vec![typed("boolean")],
            ValueKind::Text => vec![typed("string")],
            ValueKind::Hex => vec![typed("string"), ("pattern".to_owned(), text(HEX))],
            ValueKind::Time => vec![
                typed("string"),
                ("format".to_owned(), text("date-time")),
                ("pattern".to_owned(), text(TIME)),
            ],
            ValueKind::OrNull(kind) => self.or_null(kind),
            ValueKind::List(kind) => {
                vec![typed("array"), ("items".to_owned(), Json::Object(self.kind(kind)))]
            }
            ValueKind::Map(kind) => {
                vec![typed("object"), ("additionalProperties".to_owned(), Json::Object(self.kind(kind)))]
            }
            ValueKind::Tuple(kinds) => vec![
                typed("array"),
                ("prefixItems".to_owned(), schemas(kinds)),
                ("items".to_owned(), Json::Boolean(false)),
                ("minItems".to_owned(), Json::Number(kinds.len())),
            ],
            ValueKind::Either(kinds) => vec![("anyOf".to_owned(), schemas(kinds))],
            ValueKind::Object(fields) => {
                let mut defined = self.names.iter().zip(self.objects);
                let name = defined.find(|(_, object)| object.fields == fields).map_or("", |(name, _)| name);
                vec![("$ref".to_owned(), text(&format!("#/$defs/{name}")))]
            }
        }
    }

    /// Keywords of one type pass over values of another, so null is one more type; a reference has none of its own.
    fn or_null(&self, kind: &'static ValueKind) -> Vec<(String, Json)> {
        let null = text("null");
        let mut members = self.kind(kind);
        match members.first_mut() {
            Some((key, of)) if key == "type" => {
                *of = Json::List(vec![std::mem::replace(of, Json::Boolean(true)), null]);
                members
            }
            _ => {
                let null = Json::Object(vec![("type".to_owned(), null)]);
                vec![("anyOf".to_owned(), Json::List(vec![Json::Object(members), null]))]
            }
        }
    }
}

/// What schemas are made of, with members in order.
enum Json {
    Boolean(bool),
    Number(usize),
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

impl Json {
    /// In lines, but for lists of mere names.
    fn write(&self, out: &mut Vec<u8>, depth: usize) {
        match self {
            Self::Boolean(value) => write::value::<crate::views::row::Boolean>(out, *value),
            Self::Number(value) => write::value::<crate::views::row::Integer>(out, *value),
            Self::Text(text) => write::value::<crate::views::row::Text>(out, text),
            Self::List(list) if list.iter().all(|element| matches!(element, Self::Text(_))) => {
                out.push(b'[');
                for (i, element) in list.iter().enumerate() {
                    out.extend_from_slice(if i == 0 { b"" } else { b", " });
                    element.write(out, depth);
                }
                out.push(b']');
            }
            Self::List(list) => {
                bracketed(out, *b"[]", depth, list, |element, out| element.write(out, depth + 1));
            }
            Self::Object(members) => bracketed(out, *b"{}", depth, members, |(name, value), out| {
                write::value::<crate::views::row::Text>(out, name);
                out.extend_from_slice(b": ");
                value.write(out, depth + 1);
            }),
        }
    }
}

fn bracketed<T>(
    out: &mut Vec<u8>,
    [open, close]: [u8; 2],
    depth: usize,
    parts: &[T],
    each: impl Fn(&T, &mut Vec<u8>),
) {
    out.push(open);
    for (i, part) in parts.iter().enumerate() {
        out.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
        out.resize(out.len() + 2 * (depth + 1), b' ');
        each(part, out);
    }
    if !parts.is_empty() {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    }
    out.push(close);
}
