//! `wslog help`: commands as `--help` has them, and pages of what several of them share.

use std::fmt::Write;

use clap::CommandFactory;
use clap::builder::PossibleValue;
use wslog::views::row::Field;
use wslog::views::schema::{Constant, DOCUMENTS, Document};
use wslog::views::text::Style;

use crate::cli::args::{Args, Explain, Format, Help, Look, SELECTION};
use crate::cli::exit::Exit;
use crate::cli::{explain, style, write_out};

const FILTERS: &str = "\
inspect, list, frames and messages take these options. Values of one option are alternatives (--code 1001,1006, or the option \
twice); different options must all hold. A selection that matches nothing says so, and fails --fail-on.";

const JSON: &str = "\
For programs: --format json writes one document, ndjson one object per line, csv one row per line under a header. The main fields \
are below. A field whose value is unknown is null (in CSV empty), never 0. Times are RFC 3339 in UTC with nine fractional digits; \
names ending in _ns are nanoseconds. Fields may be added within a version, none is renamed or removed. In full: wslog man \
wslog-json | man -l -, and as JSON Schema: wslog man --schema WHAT.";

/// What a field is told by in a line.
const NAMED: usize = 22;

pub(super) fn run(args: &Help) -> anyhow::Result<Exit> {
    let style = style::of(args.look, true);
    match args.what.as_deref() {
        None => command(&mut Args::command()),
        Some("filters") => write_out(style.fit(&filters(&style)).as_bytes()),
        Some("json" | "ndjson" | "csv") => write_out(style.fit(&json(&style)).as_bytes()),
        Some("help") => command(&mut Args::command()),
        Some(what) => {
            let mut all = Args::command();
            all.build();
            match all.find_subcommand_mut(what) {
                Some(found) => command(found),
                None => topic(what, args.look),
            }
        }
    }
}

fn command(command: &mut clap::Command) -> anyhow::Result<Exit> {
    write_out(command.render_long_help().to_string().as_bytes())
}

/// A guide, or whatever else there is to explain.
fn topic(what: &str, look: Look) -> anyhow::Result<Exit> {
    let what = vec![what.to_owned()];
    explain::run(&Explain { what, list: None, suite: None, format: Format::Text, output: None, look })
}

/// The options that select connections.
fn filters(style: &Style) -> String {
    let mut out = style.wrap(FILTERS, 0);
    let mut all = Args::command();
    all.build();
    let inspect = all.find_subcommand("inspect");
    for arg in inspect.into_iter().flat_map(clap::Command::get_arguments) {
        let (Some(SELECTION), Some(long)) = (arg.get_help_heading(), arg.get_long()) else { continue };
        let value = arg.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
        let help =
            arg.get_long_help().or_else(|| arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let _ = write!(out, "\n  --{long} {value}\n{}", style.wrap(&help.replace("\n\n", ". "), 6));
        let values = arg.get_possible_values();
        // Close codes are told by number, and rules are too many.
        if !values.is_empty() && !matches!(long, "code" | "rule") {
            let names: Vec<_> = values.iter().map(PossibleValue::get_name).collect();
            out.push_str(&style.wrap(&format!("Values: {}.", names.join(", ")), 6));
        }
    }
    out.push_str("\nExamples\n");
    for line in [
        "wslog inspect --outcome unclean captures/",
        "wslog list --host '*.example.com' --code 1006 capture.pcap",
        "wslog frames --connection 7 capture.pcap",
        "wslog list --client 10.0.0.0/8 --since 10:40 --until 10:50 capture.pcap",
    ] {
        let _ = writeln!(out, "  {line}");
    }
    out
}

/// Fields in short.
fn json(style: &Style) -> String {
    let mut out = style.wrap(JSON, 0);
    for document in DOCUMENTS {
        let Document { command, format, name, what, .. } = document;
        let columns = if document.columns().is_some() { ", csv" } else { "" };
        let _ = write!(out, "\nwslog {command} --format {format}{columns} ({name})\n{}", style.wrap(what, 2));
        match document.kinds {
            [kind] => fields(&mut out, style, kind.fields, ""),
            kinds => {
                let types: Vec<_> = kinds.iter().flat_map(|kind| kind.constants).collect();
                let mut types: Vec<_> = types
                    .iter()
                    .filter_map(|(_, always)| match always {
                        Constant::Text(word) => Some(*word),
                        Constant::Boolean(_) => None,
                    })
                    .collect();
                // An input has two kinds of rows.
                types.dedup();
                out.push_str(&style.wrap(&format!("Kinds of rows, by `type`: {}.", types.join(", ")), 2));
            }
        }
        for object in document.objects() {
            let path = object.paths.first().map(String::as_str).unwrap_or_default();
            if *command == "inspect" && *format == "json" && INSIDE.contains(&path) {
                fields(&mut out, style, object.fields, path);
            }
        }
    }
    out
}

/// Objects of `wslog.inspect/1` that are asked for first.
const INSIDE: [&str; 4] =
    ["connections[]", "connections[].handshake", "connections[].closing", "connections[].closing.cause"];

fn fields(out: &mut String, style: &Style, fields: &[Field], path: &str) {
    if !path.is_empty() {
        let _ = writeln!(out, "  {path}");
    }
    let indent = NAMED + 6;
    for field in fields {
        let wrapped = style.wrap(first_sentence(field.doc), indent);
        let name = field.name;
        // The name stands in the indentation of the first line, or above it.
        let rest = wrapped.strip_prefix(&" ".repeat(indent)).filter(|_| name.len() < NAMED);
        let _ = match rest {
            Some(rest) => write!(out, "    {name:<NAMED$}  {rest}"),
            None => write!(out, "    {name}\n{wrapped}"),
        };
    }
}

fn first_sentence(text: &str) -> &str {
    text.split_inclusive(". ").next().unwrap_or(text).trim_end().trim_end_matches('.')
}
