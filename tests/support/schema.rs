//! Holds JSON against the part of JSON Schema 2020-12 that wslog's schemas are made of. A keyword beyond it is a panic,
//! not a pass.

use serde_json::{Map, Value};

/// What is wrong with `value`, the first of it, and where.
pub fn validate(schema: &Value, value: &Value) -> Result<(), String> {
    hold(schema, schema, value, "$")
}

fn hold(root: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = match schema {
        Value::Bool(true) => return Ok(()),
        Value::Bool(false) => return Err(format!("{at}: nothing may be here: {value}")),
        Value::Object(schema) => schema,
        other => panic!("{at}: no schema: {other}"),
    };
    for (keyword, says) in schema {
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "properties" | "format" => true,
            "$ref" => {
                let pointer =
                    says.as_str().and_then(|to| to.strip_prefix('#')).expect("a place in this schema");
                let target = root.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is not there"));
                hold(root, target, value, at)?;
                true
            }
            "type" => match says {
                Value::Array(types) => types.iter().any(|name| is_of(value, name)),
                name => is_of(value, name),
            },
            "const" => value == says,
            "anyOf" => {
                let schemas = says.as_array().expect("schemas");
                let wrong: Vec<_> =
                    schemas.iter().filter_map(|schema| hold(root, schema, value, at).err()).collect();
                if wrong.len() == schemas.len() {
                    return Err(format!("{at}: none of {}: {}", schemas.len(), wrong.join("; ")));
                }
                true
            }
            "required" => value.as_object().is_none_or(|object| {
                says.as_array()
                    .expect("names")
                    .iter()
                    .all(|name| object.contains_key(name.as_str().expect("a name")))
            }),
            "additionalProperties" => {
                members(root, schema, says, value, at)?;
                true
            }
            "prefixItems" => {
                let places =
                    says.as_array().expect("schemas").iter().zip(value.as_array().into_iter().flatten());
                for (i, (schema, element)) in places.enumerate() {
                    hold(root, schema, element, &format!("{at}[{i}]"))?;
                }
                true
            }
            "items" => {
                let before = schema.get("prefixItems").and_then(Value::as_array).map_or(0, Vec::len);
                let elements = value.as_array().into_iter().flatten().enumerate().skip(before);
                for (i, element) in elements {
                    hold(root, says, element, &format!("{at}[{i}]"))?;
                }
                true
            }
            "minItems" => {
                value.as_array().is_none_or(|list| list.len() as u64 >= says.as_u64().expect("a number"))
            }
            "pattern" => value.as_str().is_none_or(|text| matches(says.as_str().expect("a pattern"), text)),
            other => panic!("{at}: the keyword {other} is not known here"),
        };
        if !holds {
            return Err(format!("{at}: not {keyword} {says}: {value}"));
        }
    }
    Ok(())
}

/// Members with a schema of their own, and what `others` says of the rest.
fn members(
    root: &Value,
    schema: &Map<String, Value>,
    others: &Value,
    value: &Value,
    at: &str,
) -> Result<(), String> {
    let properties = schema.get("properties").and_then(Value::as_object);
    for (name, value) in value.as_object().into_iter().flatten() {
        let own = properties.and_then(|properties| properties.get(name));
        hold(root, own.unwrap_or(others), value, &format!("{at}.{name}"))?;
    }
    Ok(())
}

fn is_of(value: &Value, name: &Value) -> bool {
    match name.as_str().expect("the name of a type") {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type: {other}"),
    }
}

/// Whether a pattern from `^` to `$` fits, made of characters, classes, groups, `*` and `{n}`, each as often as it can.
fn matches(pattern: &str, text: &str) -> bool {
    let pattern = pattern.strip_prefix('^').and_then(|rest| rest.strip_suffix('$')).expect("a whole pattern");
    run(pattern, text) == Some("")
}

/// What of the text is left behind the pattern, if it begins so.
fn run<'t>(pattern: &str, mut text: &'t str) -> Option<&'t str> {
    let mut pattern = pattern;
    while let Some(first) = pattern.chars().next() {
        let end = match first {
            '[' => pattern.find(']').expect("the end of a class") + 1,
            '(' => pattern.find(')').expect("the end of a group") + 1,
            '\\' => 2,
            _ => 1,
        };
        let (atom, rest) = pattern.split_at(end);
        let (times, rest) = match rest.chars().next() {
            Some('*') => (None, &rest[1..]),
            Some('{') => {
                let (number, rest) = rest[1..].split_once('}').expect("the end of a number");
                (Some(number.parse().expect("a number")), rest)
            }
            _ => (Some(1), rest),
        };
        let mut found = 0;
        while times.is_none_or(|times: usize| found < times)
            && let Some(left) = one(atom, text)
        {
            (found, text) = (found + 1, left);
        }
        if times.is_some_and(|times| found < times) {
            return None;
        }
        pattern = rest;
    }
    Some(text)
}

fn one<'t>(atom: &str, text: &'t str) -> Option<&'t str> {
    if let Some(group) = atom.strip_prefix('(') {
        return run(group.strip_suffix(')')?, text);
    }
    let next = text.chars().next()?;
    let fits = match atom.strip_prefix('[').and_then(|class| class.strip_suffix(']')) {
        Some(class) => in_class(class, next),
        None => atom.ends_with(next),
    };
    fits.then(|| &text[next.len_utf8()..])
}

fn in_class(class: &str, c: char) -> bool {
    let class: Vec<char> = class.chars().collect();
    let (ranges, rest) = class.as_chunks::<3>();
    assert!(rest.is_empty() && ranges.iter().all(|[_, dash, _]| *dash == '-'), "ranges alone: {class:?}");
    ranges.iter().any(|[first, _, last]| (*first..=*last).contains(&c))
}
