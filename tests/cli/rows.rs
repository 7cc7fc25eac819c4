//! The tables of fields are the JSON: what comes out has no key that is not declared, lacks none that always stands
//! there, and holds what the declaration says; and no field is declared that nothing shows.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use wslog::engine::{Keep, analyze_captures};
use wslog::explain;
use wslog::limits::Limits;
use wslog::model::Conversation;
use wslog::model::Role;
use wslog::model::case::CaseId;
use wslog::model::run::{Contradiction, RunDiff, RunSource, Testee};
use wslog::redact::{Redaction, seal};
use wslog::tls::{Keys, Origin};
use wslog::views::row::{Field, ValueKind};
use wslog::views::run::{DiffReport, FailedOn};
use wslog::views::{FrameList, json, run};

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket};
use crate::support::essence::packets_of;
use crate::support::scene;
use crate::support::script::{analyse, play};
use crate::support::streams;
use crate::support::upgrade::refusal;
use crate::support::veil;

fn parse(document: &[u8]) -> Value {
    serde_json::from_slice(document).expect("JSON")
}

/// Documents of `tests/golden`, which other tests hold against the output.
fn golden(folder: &str) -> Vec<(String, Value)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(folder);
    let paths = fs::read_dir(folder).expect("golden files").map(|entry| entry.expect("readable").path());
    let documents = paths.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    documents.map(|path| (path.display().to_string(), parse(&fs::read(&path).expect("a file")))).collect()
}

/// The paths of all fields declared.
fn declared(fields: &[Field], at: &str, out: &mut BTreeSet<String>) {
    for field in fields {
        let path = format!("{at}.{}", field.name);
        declared_by(field.kind, &path, out);
        out.insert(path);
    }
}

fn declared_by(kind: &ValueKind, at: &str, out: &mut BTreeSet<String>) {
    match kind {
        ValueKind::Object(fields) => declared(fields, at, out),
        ValueKind::OrNull(kind) | ValueKind::List(kind) | ValueKind::Map(kind) => declared_by(kind, at, out),
        ValueKind::Tuple(kinds) | ValueKind::Either(kinds) => {
            kinds.iter().for_each(|kind| declared_by(kind, at, out));
        }
        ValueKind::Integer
        | ValueKind::Number
        | ValueKind::Boolean
        | ValueKind::Text
        | ValueKind::Hex
        | ValueKind::Time
        | ValueKind::Nanoseconds => {}
    }
}

/// Holds an object against its fields; the paths of those it has go to `seen`.
fn object(fields: &[Field], object: &Value, at: &str, seen: &mut BTreeSet<String>) -> Result<(), String> {
    let object = object.as_object().ok_or_else(|| format!("{at} is no object: {object}"))?;
    if let Some(key) = object.keys().find(|key| !fields.iter().any(|field| field.name == **key)) {
        return Err(format!("{at}.{key} is not declared"));
    }
    for field in fields {
        let path = format!("{at}.{}", field.name);
        match object.get(field.name) {
            Some(found) => value(field.kind, found, &path, seen)?,
            None if field.optional => continue,
            None => return Err(format!("{path} is missing")),
        }
        seen.insert(path);
    }
    Ok(())
}

fn value(kind: &ValueKind, found: &Value, at: &str, seen: &mut BTreeSet<String>) -> Result<(), String> {
    let is_such = match kind {
        ValueKind::Integer => found.is_u64(),
        ValueKind::Number => found.is_number(),
        ValueKind::Nanoseconds => found.is_i64(),
        ValueKind::Boolean => found.is_boolean(),
        ValueKind::Text => found.is_string(),
        ValueKind::Hex => found.as_str().is_some_and(|text| {
            text.len().is_multiple_of(2) && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        }),
        ValueKind::Time => found.as_str().is_some_and(|text| {
            text.len() == 30 && text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
        }),
        ValueKind::OrNull(_) if found.is_null() => true,
        ValueKind::OrNull(kind) => return value(kind, found, at, seen),
        ValueKind::Object(fields) => return object(fields, found, at, seen),
        ValueKind::List(kind) => {
            let list = found.as_array().ok_or_else(|| format!("{at} is no list: {found}"))?;
            return list.iter().try_for_each(|found| value(kind, found, at, seen));
        }
        ValueKind::Map(kind) => {
            let map = found.as_object().ok_or_else(|| format!("{at} is no map: {found}"))?;
            return map.values().try_for_each(|found| value(kind, found, at, seen));
        }
        ValueKind::Tuple(kinds) => {
            let list = found.as_array().filter(|list| list.len() == kinds.len());
            let list = list.ok_or_else(|| format!("{at} is no list of {}: {found}", kinds.len()))?;
            return kinds.iter().zip(list).try_for_each(|(kind, found)| value(kind, found, at, seen));
        }
        ValueKind::Either(kinds) => {
            let mut fitting = kinds.iter().filter_map(|kind| {
                let mut seen = BTreeSet::new();
                value(kind, found, at, &mut seen).is_ok().then_some(seen)
            });
            let first = fitting.next().ok_or_else(|| format!("{at} is none of its kinds: {found}"))?;
            seen.extend(first);
            true
        }
    };
    if is_such { Ok(()) } else { Err(format!("{at} is not {kind:?}: {found}")) }
}

/// Holds rows against their fields, and the fields against the rows.
fn check(name: &str, fields: &[Field], rows: &[(String, Value)]) {
    let (mut all, mut seen) = (BTreeSet::new(), BTreeSet::new());
    declared(fields, name, &mut all);
    for (from, row) in rows {
        object(fields, row, name, &mut seen).unwrap_or_else(|wrong| panic!("{from}: {wrong}"));
    }
    let unseen: Vec<_> = all.difference(&seen).collect();
    assert!(unseen.is_empty(), "declared, and nowhere to be seen: {unseen:#?}");
}

/// Every sample, and what none shows, as two files, the first of which has but one packet.
fn in_two_files() -> Vec<(String, Conversation)> {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let paths = fs::read_dir(samples).expect("samples").map(|entry| entry.expect("readable").path());
    let captures = paths.filter(|path| path.extension().is_some_and(|ending| ending == "pcap"));
    let samples = captures.map(|path| {
        let packets = packets_of(&fs::read(&path).expect("a sample"));
        (path.display().to_string(), packets)
    });
    let others = in_no_sample().into_iter().map(|packets| ("in no sample".to_owned(), packets));
    let mut keys = Keys::new();
    keys.add(include_bytes!("../../samples/wss-tls13.keys"), Origin::Keylog);
    let read = |(path, packets): (String, Vec<TestPacket>)| {
        let files = [&packets[..1], &packets[1..]].map(|part| Pcap::default().write(part));
        let files = files.iter().zip(["1.pcap", "2.pcap"]).map(|(file, name)| (&file[..], name));
        let mut conversations = Vec::new();
        let mut take = |conversation: Box<Conversation>| {
            conversations.push((path.clone(), *conversation));
            Ok(())
        };
        let keep = Keep { first: usize::MAX, payload_bytes: 256, ..Keep::NOTHING };
        analyze_captures(files, true, &keys, (&Limits::default(), keep), &mut take).expect("captures");
        conversations
    };
    samples.chain(others).flat_map(read).collect()
}

fn row(conversation: &Conversation, what: Redaction, frames: FrameList) -> Value {
    let mut out = Vec::new();
    json::connection(&mut out, &seal(Box::new(conversation.clone()), what).open(), frames);
    parse(&out)
}

/// What no sample shows: a handshake refused before the one that counts, a client that sends again in vain, windows that
/// are shut, a client that cannot connect, alerts of TLS, streams of HTTP/2.
fn in_no_sample() -> Vec<Vec<TestPacket>> {
    let mut refused = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    refused.connect();
    let upgrade = refused.upgrade();
    let refusal =
        String::from_utf8(refusal("401 No", "")).expect("ASCII").replace("Connection: close\r\n", "");
    refused.bytes(Client, &upgrade.request()).bytes(Server, refusal.as_bytes());
    refused.bytes(Client, &upgrade.request()).bytes(Server, &upgrade.response());
    let in_vain = play("C: text a | C: wait 1000 | C: again | C: wait 2000 | C: again", false);
    let shut = play(
        "C: text a | S: shut | C: wait 3000 | C: text b | S: open | C: shut | S: wait 3000 | S: text c",
        false,
    );
    let not_connected = scene::play("C: text a | CLOSE | C2: wait 1000 | S2: refuse");
    let refused_by_tls = veil::play("tls 1.2|C: hello|S: hello|C: alert 48|C: fin|S: fin").expect("TLS");
    let ended_by_tls = "tls 1.2|OPEN|C: data 40|S: data 40|C: sealed-alert|S: sealed-alert|S: fin|C: fin";
    let ended_by_tls = veil::play(ended_by_tls).expect("TLS");
    let in_streams = streams::play(
        "OPEN | C3: connect | S3: status 200 | C1: text a | S1: end | S1: rst 2 | C3: text b | S: goaway 1 0 bye | C: fin | S: fin",
    );
    let reset_stream = streams::play("OPEN | C1: text a | S1: rst 8 | C: ack");
    vec![
        refused.packets(),
        in_vain,
        shut,
        not_connected,
        refused_by_tls,
        ended_by_tls,
        in_streams,
        reset_stream,
    ]
}

#[test]
fn connections_and_inputs_have_the_fields_that_are_declared() {
    let (mut connections, mut inputs) = (Vec::new(), Vec::new());
    for (name, mut document) in golden("") {
        for (rows, of) in [(&mut connections, "connections"), (&mut inputs, "inputs")] {
            let Value::Array(found) = document[of].take() else { panic!("{name}: no {of}") };
            rows.extend(found.into_iter().map(|row| (name.clone(), row)));
        }
    }
    let others = in_no_sample();
    let others = others.iter().flat_map(|packets| analyse(packets));
    let others = others.map(|conversation| ("in no sample".to_owned(), conversation));
    for (name, conversation) in in_two_files().into_iter().chain(others) {
        for (what, frames) in [(Redaction::Secrets, FrameList::None), (Redaction::Payloads, FrameList::All)] {
            connections.push((name.clone(), row(&conversation, what, frames)));
        }
    }
    check("connections", json::CONNECTION, &connections);
    check("inputs", json::INPUT, &inputs);
}

#[test]
fn runs_have_the_fields_that_are_declared() {
    let told = Contradiction {
        testee: Testee::new("alpha", Some(Role::Client)),
        case: CaseId::new("3.2"),
        detail: "the index says OK, the case file FAILED".to_owned(),
    };
    let source = RunSource { path: "run".to_owned(), cases: 1, contradictions: vec![told], unlisted: 0 };
    let failed = [FailedOn { kind: None, said: "1 inconsistent".to_owned() }];
    let mut compared = RunDiff::default();
    compared.stale = vec!["7.1.5: fixed long ago".to_owned()];
    let report = DiffReport { old: &source, new: &source, diff: &compared, failed: &failed };
    let contradicted = ("contradicted".to_owned(), parse(run::json::diff(&report).as_bytes()));
    let (mut diffs, mut checks): (Vec<_>, Vec<_>) =
        golden("runs").into_iter().partition(|(_, document)| document["schema"] == "wslog.diff/1");
    checks.iter_mut().for_each(|(_, check)| check["run"] = contradicted.1["old"].clone());
    diffs.push(contradicted);
    check("diff", run::json::DIFF, &diffs);
    check("check", run::json::CHECK, &checks);
}

#[test]
fn explanations_have_the_fields_that_are_declared() {
    let topics = [
        explain::all_codes(),
        explain::all_rules(),
        explain::all_causes(),
        explain::all_outcomes(),
        explain::all_cases(),
        explain::all_applications(),
        explain::all_guides(),
    ];
    let topics = topics.concat();
    let code = explain::find("1006").expect("a code");
    let documents = [topics, code].map(|topics| {
        let document = wslog::views::explain::json::document(&topics);
        ("explained".to_owned(), parse(document.as_bytes()))
    });
    check("explain", wslog::views::explain::json::FIELDS, &documents);
}
