//! What may have been meant by what the command line does not know: a command, an option, a value.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use crate::cli::args::Args;

/// Names alike by less than this are not what was meant (Jaro and Winkler).
const ALIKE: f64 = 0.85;

/// More values than this are a list of its own, which nobody reads in an error.
const FEW: usize = 8;

/// What people type, and what does that here: the first that the command has. A tip stands for the option that it begins with, or
/// for any command where it begins with a word.
const MEANT: &[(&[&str], &[&str])] = &[
    (&["json"], &["--format json", "--format ndjson"]),
    (&["ndjson", "jsonl", "json-lines"], &["--format ndjson", "--format json"]),
    (&["csv", "tsv", "excel"], &["--format csv", "wslog list --format csv INPUT (one row per connection)"]),
    (&["markdown", "md"], &["--format markdown", "wslog list --format markdown INPUT"]),
    (&["f", "fmt", "output-format"], &["--format FORMAT"]),
    (&["junit", "xml"], &["--format junit", "wslog check --format junit RUN"]),
    (&["html", "browser", "page"], &["--format html", "wslog inspect --format html -o page.html INPUT"]),
    (&["github", "annotations"], &["--format github", "wslog check --format github RUN"]),
    (
        &["filter", "only", "select", "where", "query", "display-filter", "include", "exclude", "find", "y"],
        &[
            "--host, --path, --outcome, --cause, --code, --rule and others select connections: wslog help filters",
        ],
    ),
    (&["id", "conn", "connection-id", "number", "index"], &["--connection ID"]),
    (
        &["follow", "stream", "conversation", "dialog", "flow"],
        &["--follow ID", "wslog messages --follow ID INPUT"],
    ),
    (
        &["ip", "addr", "address", "src", "dst", "source", "destination", "peer"],
        &["--client ADDR or --server ADDR"],
    ),
    (&["port", "dport", "sport"], &["--server :PORT or --client :PORT"]),
    (&["hostname", "domain", "sni", "authority", "vhost"], &["--host GLOB"]),
    (&["url", "uri", "target", "endpoint", "route"], &["--path GLOB"]),
    (
        &["grep", "search", "regex", "regexp", "contains", "pattern", "text"],
        &["--match REGEX", "wslog messages --match REGEX INPUT"],
    ),
    (
        &["extract", "dump", "save", "export-objects"],
        &["--extract DIR", "wslog messages --extract DIR INPUT"],
    ),
    (&["min-size", "size", "min-length", "larger"], &["--min-bytes N", "wslog messages --min-bytes N INPUT"]),
    (&["opcode", "kind", "types"], &["--type TYPE", "wslog frames --type TYPE INPUT"]),
    (&["sort", "order", "order-by"], &["--sort COLUMN", "wslog list --sort COLUMN INPUT"]),
    (&["close-code", "closecode", "status-code"], &["--code CODE (Close) or --status STATUS (HTTP)"]),
    (&["reason", "why"], &["--cause CAUSE"]),
    (
        &["error", "errors", "failed", "failures", "bad", "unclean", "problems"],
        &["--outcome unclean, or --level must"],
    ),
    (&["severity", "min-level"], &["--level LEVEL"]),
    (&["after", "start", "start-time", "begin", "newer"], &["--since TIME"]),
    (&["before", "end", "end-time", "older"], &["--until TIME"]),
    (
        &[
            "keys",
            "key-log",
            "keylogfile",
            "sslkeylog",
            "sslkeylogfile",
            "tls-keys",
            "decrypt",
            "secrets-file",
        ],
        &["--keylog FILE"],
    ),
    (
        &["verbose", "v", "vv", "debug", "full", "all", "detail", "details"],
        &["--frames all, and --payload full", "--payload full"],
    ),
    (&["payloads", "data", "hex", "body", "bodies"], &["--payload full"]),
    (
        &["summary", "stats", "statistics", "brief", "short", "table"],
        &["wslog list INPUT (one row per connection)"],
    ),
    (&["tail", "watch", "realtime", "real-time", "streaming"], &["--live"]),
    (&["strict", "exit-code", "fail", "check", "gate"], &["--fail-on LEVEL"]),
    (&["out", "file", "write", "outfile", "output-file", "w"], &["--output FILE"]),
    (&["anonymise", "sanitize", "pseudonymize"], &["--anonymize"]),
    (&["mask", "hide", "private"], &["--redact"]),
    (&["no-mask", "show-secrets", "secrets", "plain"], &["--no-redact"]),
    (&["no-color", "no-colour", "colour", "colors", "monochrome"], &["--color never"]),
    (&["silent", "s"], &["--quiet"]),
    (&["pager", "no-less"], &["--no-pager"]),
    (&["columns", "cols", "wide"], &["--width COLUMNS"]),
    (&["timestamps", "times", "t", "utc"], &["--time absolute", "wslog frames --time absolute INPUT"]),
    (&["merge", "join", "combine"], &["--joined"]),
    (&["separate", "split"], &["--apart"]),
    (&["jobs", "j", "parallel", "cpus"], &["--threads N"]),
    (&["recursive", "max-depth"], &["--depth N"]),
    (&["limits", "cap", "caps", "memory"], &["--limit NAME=VALUE; --limit help lists them"]),
    (
        &["interface", "iface", "i", "capture", "listen"],
        &["wslog reads captures and makes none: tcpdump -U -i any -w - port 8080 | wslog inspect --live -"],
    ),
    (&["read", "input", "r", "pcap"], &["wslog inspect FILE: inputs need no option"]),
];

/// Adds what may have been meant to an error, in place of what clap would propose.
pub(super) fn advise(error: &mut clap::Error, command: Option<&str>) {
    let tips = match error.kind() {
        ErrorKind::InvalidSubcommand => unknown_command(error),
        ErrorKind::UnknownArgument => unknown_option(error, command),
        ErrorKind::InvalidValue => unknown_value(error, command),
        _ => return,
    };
    if !tips.is_empty() {
        let tips = tips.into_iter().map(Into::into).collect();
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.clone()),
        _ => None,
    }
}

/// A file where a command is expected, or a command misspelt.
fn unknown_command(error: &mut clap::Error) -> Vec<String> {
    let Some(name) = text(error, ContextKind::InvalidSubcommand) else { return Vec::new() };
    let path = std::path::Path::new(&name);
    if !(name == "-" || name.contains(['.', '/', '\\']) || path.exists()) {
        let all = Args::command();
        let near =
            nearest(&name, all.get_subcommands().map(Command::get_name)).first().map(ToString::to_string);
        if let Some(near) = near {
            error.remove(ContextKind::SuggestedSubcommand);
            return vec![format!("did you mean wslog {near}?")];
        }
        return Vec::new();
    }
    error.remove(ContextKind::SuggestedSubcommand);
    let mut tips = vec![format!("to explain how its connections ended: wslog inspect {name}")];
    if path.is_dir() {
        tips.push(format!("for a run of the Autobahn Testsuite also: wslog check {name}"));
    }
    tips
}

/// By meaning, by the options of the command, by those of others.
fn unknown_option(error: &mut clap::Error, command: Option<&str>) -> Vec<String> {
    let Some(argument) = text(error, ContextKind::InvalidArg).filter(|argument| argument.starts_with('-'))
    else {
        return Vec::new();
    };
    error.remove(ContextKind::SuggestedArg);
    error.remove(ContextKind::SuggestedCommand);
    error.remove(ContextKind::SuggestedSubcommand);
    let all = built();
    let here = command.and_then(|name| all.find_subcommand(name)).unwrap_or(&all);
    let wanted = argument.trim_start_matches('-').split('=').next().unwrap_or_default().to_ascii_lowercase();
    let wanted = wanted.replace('_', "-");
    if let Some(tip) = by_meaning(&wanted, here) {
        return vec![tip];
    }
    let owners = all.get_subcommands().filter(|sub| options(sub).any(|name| *name == wanted));
    let owners: Vec<_> = owners.map(|owner| format!("wslog {}", owner.get_name())).collect();
    if !owners.is_empty() {
        return vec![format!("--{wanted} is an option of {}", owners.join(", "))];
    }
    // A name of one letter is like many.
    let near = if wanted.len() > 1 { nearest(&wanted, options(here)) } else { Vec::new() };
    match near.first() {
        Some(name) => vec![format!("--{name} is an option of {}", named(here))],
        None => vec![format!("{} --help lists the options", named(here))],
    }
}

/// All commands, each with the options that it takes from the one above it.
fn built() -> Command {
    let mut all = Args::command();
    all.build();
    all
}

fn named(command: &Command) -> String {
    match command.get_name() {
        "wslog" => "wslog".to_owned(),
        name => format!("wslog {name}"),
    }
}

fn by_meaning(wanted: &str, here: &Command) -> Option<String> {
    let (_, tips) = MEANT.iter().find(|(words, _)| words.contains(&wanted))?;
    let is_for = |tip: &&&str| {
        let option = tip.strip_prefix("--").map(|tip| tip.split([' ', ',', ';']).next().unwrap_or_default());
        let values = tip.strip_prefix("--format ");
        option.is_none_or(|option| has(here, option, values))
    };
    tips.iter().find(is_for).map(|tip| (*tip).to_owned())
}

/// Whether a command has an option, and it that value, if one is named.
fn has(command: &Command, option: &str, value: Option<&str>) -> bool {
    let arg = command.get_arguments().find(|arg| arg.get_long() == Some(option));
    arg.is_some_and(|arg| {
        value
            .is_none_or(|value| arg.get_possible_values().iter().any(|possible| possible.get_name() == value))
    })
}

fn options(command: &Command) -> impl Iterator<Item = &str> {
    command.get_arguments().filter_map(clap::Arg::get_long)
}

/// The values most like the one given; all of them where they are few.
fn unknown_value(error: &mut clap::Error, command: Option<&str>) -> Vec<String> {
    let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) else { return Vec::new() };
    let (values, given) = (values.clone(), text(error, ContextKind::InvalidValue).unwrap_or_default());
    let argument = text(error, ContextKind::InvalidArg).unwrap_or_default();
    if argument.starts_with("--format ") {
        let all = built();
        let here = command.and_then(|name| all.find_subcommand(name));
        return here.and_then(|here| by_meaning(&given, here)).into_iter().collect();
    }
    if values.len() <= FEW {
        return Vec::new();
    }
    error.remove(ContextKind::ValidValue);
    error.remove(ContextKind::SuggestedValue);
    let near = nearest(&given, values.iter().map(String::as_str));
    let near = (!near.is_empty()).then(|| format!("did you mean {}?", near.join(", ")));
    let list =
        ["cause", "outcome", "rule"].into_iter().find(|kind| argument.starts_with(&format!("--{kind} ")));
    let list = list.map(|kind| format!("wslog explain --list {kind}s lists them"));
    let columns = argument.starts_with("--sort ").then(|| "wslog help json lists the columns".to_owned());
    near.into_iter().chain(list).chain(columns).collect()
}

/// Names that may have been meant, those most like it first.
pub(super) fn nearest<'n>(wanted: &str, names: impl Iterator<Item = &'n str>) -> Vec<&'n str> {
    let plain = |text: &str| text.to_ascii_lowercase().replace(['_', '-', ' '], "");
    let wanted = plain(wanted);
    let likeness = |name: &str| {
        let name = plain(name);
        // A part of a name means it, however long the name is.
        if wanted.len() > 2 && name.contains(&wanted) { 1.0 } else { strsim::jaro_winkler(&name, &wanted) }
    };
    let mut near: Vec<_> = names.map(|name| (likeness(name), name)).collect();
    near.retain(|(likeness, _)| *likeness >= ALIKE);
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    near.into_iter().take(3).map(|(_, name)| name).collect()
}
