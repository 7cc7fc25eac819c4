//! `wslog list`: the same rows in every format, columns that do not depend on what there is, and what peers chose stays in its
//! cell.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Map, Value};
use wslog::views::list::FIELDS;
use wslog::views::row::ValueKind;

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::frame::Frame;
use crate::support::schema::validate;

/// What scripts read, in this order; more columns may follow.
const CONTRACT: &str = "id path started_at duration_ns client server host target status outcome cause by certainty client_code \
                        server_code client_sees server_sees client_frames server_frames client_bytes server_bytes must should";

/// What a run came to: exit code, standard output, standard error.
fn list(arguments: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let out = command.arg("list").args(arguments).current_dir(root()).output().expect("the binary runs");
    let [said, errors] = [out.stdout, out.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    (out.status.code(), said, errors)
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Rows by CSV's names, as the text of their cells.
fn csv_rows(text: &str) -> (Vec<String>, Vec<Vec<String>>) {
    let mut reader = csv_crate::ReaderBuilder::new().flexible(false).from_reader(text.as_bytes());
    let header = reader.headers().expect("a header").iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.expect("as many cells").iter().map(str::to_owned).collect());
    (header, rows.collect())
}

fn objects(text: &str) -> Vec<Map<String, Value>> {
    text.lines().map(|line| serde_json::from_str(line).expect("an object a line")).collect()
}

/// What stands for a value in a cell.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn samples() -> Vec<String> {
    let entries =
        fs::read_dir(root().join("samples")).expect("samples").map(|entry| entry.expect("readable"));
    let names = entries.map(|entry| entry.file_name().into_string().expect("UTF-8"));
    let is_input = |name: &String| [".pcap", ".pcapng", ".txt"].iter().any(|ending| name.ends_with(ending));
    let mut names: Vec<_> = names.filter(is_input).map(|name| format!("samples/{name}")).collect();
    names.sort_unstable();
    names
}

fn scratch(name: &str, packets: &[TestPacket]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("list");
    fs::create_dir_all(&folder).expect("a scratch directory");
    let path: PathBuf = folder.join(name);
    fs::write(&path, Pcap::default().write(packets)).expect("a scratch file");
    path.into_os_string().into_string().expect("UTF-8")
}

fn schema() -> Value {
    let text = fs::read(root().join("man/schema/wslog.list-1.json")).expect("a schema");
    serde_json::from_slice(&text).expect("JSON")
}

#[test]
fn csv_and_json_are_the_same_rows_with_the_columns_declared() {
    let declared: Vec<&str> = FIELDS.iter().map(|field| field.name).collect();
    let contract: Vec<&str> = CONTRACT.split_whitespace().collect();
    assert_eq!(declared[..contract.len()], contract);
    let (schema, samples) = (schema(), samples());
    let all: Vec<&str> = samples.iter().map(String::as_str).collect();
    let each = samples.iter().map(|sample| vec![sample.as_str()]);
    let mut rows_seen = 0;
    for inputs in each.chain([all, vec!["samples/autobahn/after"]]) {
        let (code, csv, errors) = list(&[&["--format", "csv", "--quiet"], &inputs[..]].concat());
        assert_eq!((code, errors.as_str()), (Some(0), ""), "{inputs:?}");
        assert!(csv.lines().all(|line| !line.contains('\r')) && csv.ends_with("\r\n"), "{inputs:?}");
        let (header, rows) = csv_rows(&csv);
        assert_eq!(header, declared, "{inputs:?}");
        assert_eq!(csv.lines().count(), rows.len() + 1, "a row is a line: {inputs:?}");
        let (_, ndjson, _) = list(&[&["--format", "ndjson"], &inputs[..]].concat());
        let objects = objects(&ndjson);
        assert_eq!(objects.len(), rows.len(), "{inputs:?}");
        for (object, row) in objects.iter().zip(&rows) {
            assert_eq!(validate(&schema, &Value::Object(object.clone())), Ok(()), "{inputs:?}");
            for (name, found) in declared.iter().zip(row) {
                assert_eq!(*found, cell(&object[*name]), "{inputs:?}: {name} of {}", object["id"]);
            }
        }
        rows_seen += rows.len();
    }
    assert!(rows_seen > 60, "{rows_seen}");
}

/// The header is there where no row is.
#[test]
fn columns_do_not_depend_on_the_data() {
    let header = FIELDS.iter().map(|field| field.name).collect::<Vec<_>>().join(",") + "\r\n";
    let (code, csv, errors) = list(&["--format", "csv", "--host", "no.such.host", "samples/reset.pcap"]);
    assert_eq!((code, csv), (Some(0), header.clone()));
    assert_eq!(errors, "wslog: the only connection does not match the selection\n");
    let nothing = scratch("nothing.pcap", &[]);
    let (code, csv, errors) = list(&["--format", "csv", &nothing]);
    assert_eq!((code, csv), (Some(0), header), "{errors}");
    assert!(errors.contains("no WebSocket connection was found"), "{errors}");
    let (code, out, errors) = list(&["--format", "csv", "no/such/file"]);
    assert_eq!((code, out.as_str()), (Some(2), ""), "{errors}");
}

#[test]
fn rows_are_those_asked_for() {
    let ids = |arguments: &[&str]| {
        let (code, out, errors) = list(&[&["--format", "ndjson", "-q"], arguments].concat());
        assert_eq!(code, Some(0), "{errors}");
        objects(&out).iter().map(|row| cell(&row["id"])).collect::<Vec<_>>().join(" ")
    };
    let two = "samples/two-connections.pcapng";
    assert_eq!(ids(&[two]), "1 2");
    assert_eq!(ids(&["--outcome", "reset", two]), "2");
    assert_eq!(ids(&["--connection", "1", two]), "1");
    assert_eq!(ids(&["--client", "2001:db8::/32", two]), "2");
    assert_eq!(
        ids(&["--case", "7.*", "samples/autobahn/after"]),
        ids(&["--case", "7.1.5", "samples/autobahn/after"])
    );
    assert_eq!(list(&["--fail-on", "must", "samples/clean-close.pcap"]).0, Some(0));
    assert_eq!(list(&["--fail-on", "must", "samples/reset.pcap"]).0, Some(1));
    assert_eq!(list(&["--fail-on", "must", "--host", "no.such", "samples/clean-close.pcap"]).0, Some(1));
    let (code, _, errors) = list(&["--connection", "9", two]);
    assert!(code == Some(2) && errors.contains("there are 2, 1 to 2"), "{errors}");
}

/// Two values of a column in their order; what is null comes last.
fn order(kind: &ValueKind, a: &Value, b: &Value) -> Ordering {
    match kind {
        _ if a.is_null() || b.is_null() => a.is_null().cmp(&b.is_null()),
        ValueKind::OrNull(kind) => order(kind, a, b),
        ValueKind::Integer | ValueKind::Nanoseconds => a.as_i64().cmp(&b.as_i64()),
        ValueKind::Number => a.as_f64().partial_cmp(&b.as_f64()).expect("numbers"),
        ValueKind::Boolean => a.as_bool().cmp(&b.as_bool()),
        _ => a.as_str().cmp(&b.as_str()),
    }
}

#[test]
fn any_column_sorts() {
    let samples = samples();
    let inputs: Vec<&str> = samples.iter().map(String::as_str).chain(["samples/autobahn/after"]).collect();
    let rows = |arguments: &[&str]| {
        objects(&list(&[&["-q", "--format", "ndjson"], arguments, &inputs[..]].concat()).1)
    };
    let plain = rows(&[]);
    assert!(plain.len() > 30);
    assert_eq!(rows(&["--sort", "id"]), plain);
    assert_eq!(rows(&["--sort", "id", "--reverse"]), plain.iter().rev().cloned().collect::<Vec<_>>());
    for field in FIELDS.iter().filter(|field| field.name != "id") {
        let mut expected = plain.clone();
        expected.sort_by(|a, b| order(field.kind, &a[field.name], &b[field.name]));
        assert_eq!(rows(&["--sort", field.name]), expected, "{}", field.name);
        expected.reverse();
        // What is null stays behind, in its order.
        let (null, known): (Vec<_>, Vec<_>) = expected.into_iter().partition(|row| row[field.name].is_null());
        let reversed = rows(&["--sort", field.name, "--reverse"]);
        assert_eq!(reversed, known.into_iter().chain(null).collect::<Vec<_>>(), "{}", field.name);
    }
    let [csv, text, markdown] = ["csv", "text", "markdown"].map(|format| {
        let (code, out, _) = list(&[
            "-q",
            "--format",
            format,
            "--sort",
            "status",
            "samples/real-ws-rejected.pcap",
            "samples/reset.pcap",
        ]);
        assert_eq!(code, Some(0));
        out
    });
    for out in [csv, text, markdown] {
        let at = |what: &str| out.find(what).unwrap_or_else(|| panic!("{what} in {out}"));
        assert!(at("abrupt") < at("refused"), "{out}");
    }
}

/// One that is the same for any number of threads, whatever the format.
#[test]
fn threads_do_not_show() {
    let samples = samples();
    let inputs: Vec<&str> = samples.iter().map(String::as_str).collect();
    for format in ["text", "csv", "ndjson", "markdown"] {
        for more in [&[][..], &["--sort", "duration_ns", "--reverse"], &["--live"]] {
            let [one, two, seven] = ["1", "2", "7"].map(|threads| {
                list(&[&["--format", format, "--threads", threads], more, &inputs[..]].concat())
            });
            assert_eq!(one.0, Some(0), "{}", one.2);
            assert!(one.1.lines().count() > 20);
            assert_eq!(one, two, "{format} {more:?}");
            assert_eq!(one, seven, "{format} {more:?}");
        }
    }
}

/// Texts for the Host and the target that a format could take for its own.
const TEXTS: &[&str] = &[
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3|x",
    "@SUM(1,2)",
    "a|b|c",
    "say \"hi\", twice",
    "\"",
    ";,\t,",
    "back\\slash",
    "<b>*x*</b>[y](http://z)",
    "1006",
];

fn hostile() -> String {
    let talks = TEXTS.iter().enumerate().map(|(n, text)| {
        let mut talk =
            Talk::new(&format!("192.0.2.{}:50001", 10 + n), "192.0.2.20:8080").with_isns(n as u32, 9);
        let mut upgrade = talk.upgrade();
        upgrade.host = (*text).to_owned();
        upgrade.target = text.replace([' ', '\t'], "+");
        talk.open_with(&upgrade);
        talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
        talk.packets()
    });
    scratch("hostile.pcap", &merge(talks))
}

#[test]
fn what_peers_chose_stays_in_its_cell() {
    let path = hostile();
    let (code, ndjson, errors) = list(&["--format", "ndjson", "--no-redact", &path]);
    assert_eq!((code, errors.as_str()), (Some(0), ""));
    let hosts: BTreeSet<_> = objects(&ndjson).iter().map(|row| cell(&row["host"])).collect();
    assert_eq!(hosts, TEXTS.iter().map(|text| text.trim().to_owned()).collect());
    let (_, csv, _) = list(&["--format", "csv", "--no-redact", &path]);
    let (header, rows) = csv_rows(&csv);
    assert_eq!(rows.len(), TEXTS.len());
    let at = |name: &str| header.iter().position(|column| column == name).expect("a column");
    for (row, text) in rows.iter().zip(TEXTS) {
        for cell in row {
            let runs = cell.starts_with(['=', '+', '-', '@']) && cell.parse::<f64>().is_err();
            assert!(!runs, "a spreadsheet runs {cell}");
        }
        let host = row[at("host")].strip_prefix('\'').unwrap_or(&row[at("host")]);
        // A tab is the only one of them that is no text of a cell.
        assert_eq!(host.replace("\\t", "\t"), text.trim(), "{row:?}");
    }
    let (_, markdown, _) = list(&["--format", "markdown", "--no-redact", &path]);
    let bars: BTreeSet<_> = markdown.lines().map(|line| line.matches('|').count()).collect();
    assert_eq!((markdown.lines().count(), bars.len()), (TEXTS.len() + 2, 1), "{markdown}");
    for width in ["60", "80", "110", "200"] {
        let (_, text, _) = list(&["--width", width, "--no-redact", &path]);
        assert_eq!(text.lines().count(), TEXTS.len() + 1);
        let longest = text.lines().map(|line| line.chars().count()).max().unwrap_or_default();
        assert!(longest <= width.parse::<usize>().expect("a number").max(80), "{width}: {text}");
    }
}
