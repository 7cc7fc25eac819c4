//! `wslog list`: a row a connection, the same columns whatever there is.

mod sort;
mod table;

use std::io::Write;
use std::sync::Arc;

use crate::engine::{Form, Keep, Pieces, Sink};
use crate::error::Error;
use crate::knowledge::Blame;
use crate::model::{
    CaseRecord, Conversation, Ender, InputReport, Journey, JourneyKind, Level, Outcome, Role, RuleId, Starter,
};
use crate::redact::Shown;
use crate::views::json::write;
use crate::views::row::{Boolean, Displayed, Field, Integer, Nanoseconds, Text, Time, row};
use crate::views::{Format, Options, csv};
use sort::Sorted;

/// Name and version of the rows.
pub const SCHEMA: &str = "wslog.list/1";

/// The fields of a row.
pub const FIELDS: &[Field] = Connection::FIELDS;

/// What `--format` offers.
pub const FORMATS: &[Format] = &[
    Format {
        name: "text",
        what: "A table for people",
        sink: |out, options| {
            let head = table::head(&options.style);
            rows(out, options, head, move |r, to| table::row(to, r, &options.style)).linking(true)
        },
    },
    Format {
        name: "csv",
        what: "CSV (RFC 4180) with a header",
        sink: |out, options| {
            let mut head = Vec::new();
            csv::header(&mut head, FIELDS);
            rows(out, options, head, |r, to| csv::row(to, Connection(r))).linking(false)
        },
    },
    Format {
        name: "ndjson",
        what: "A JSON object a line (wslog.list/1)",
        sink: |out, options| {
            rows(out, options, Vec::new(), |r, to| {
                write::value(to, Connection(r));
                to.push(b'\n');
            })
            .linking(false)
        },
    },
    Format {
        name: "markdown",
        what: "A table to paste",
        sink: |out, options| {
            rows(out, options, table::markdown_head(), |r, to| table::markdown(to, r)).linking(true)
        },
    },
];

row! {
    /// A WebSocket connection, or an attempt at one, in a row.
    pub(super) struct Connection<'a>(r: &'a Conversation<Shown>);

    let c = &*r.closing;
    let case = r.case.as_deref().map(|case: &CaseRecord| &case.report);
    let sends = |role: Role| c.sides[role].code.map(|code| code.0);
    let sees = |role: Role| c.sees[role].code.map(|code| code.0);

    /// Its number, by which `--connection` knows it.
    id: Text = Displayed(r.id),
    /// Path of its input as given, `-` for standard input.
    path: Option<Text> = r.path.as_deref(),
    /// Time of the first packet; null in the log of a tester.
    started_at: Option<Time> = r.started_at,
    /// From the first packet to the last.
    duration_ns: Option<Nanoseconds> = r.started_at.zip(r.ended_at).map(|(start, end)| end.since(start).max(0)),
    /// Address and port of the client; null in the log of a tester.
    client: Option<Text> = r.tcp.map(|tcp| Displayed(tcp.client)),
    /// Address and port of the server; null in the log of a tester.
    server: Option<Text> = r.tcp.map(|tcp| Displayed(tcp.server)),
    /// The Host of the request; where TLS hides that, the name in its hello (SNI).
    host: Option<Text> = host(r),
    /// The target of the request.
    target: Option<Text> = r.request.as_ref().map(|request| &request.target),
    /// The HTTP status of the response.
    status: Option<Integer> = r.response.as_ref().map(|response| response.status),
    /// How it ended, in a word.
    outcome: Text = c.outcome.name(),
    /// Why it ended, by the name of the cause.
    cause: Option<Text> = c.cause.as_ref().map(|cause| cause.id().name()),
    /// Whose behaviour that was: `client`, `server`, `both` or `between`.
    by: Option<Text> = c.cause.as_ref().and_then(|cause| cause.by).map(Blame::name),
    /// How sure the cause is: `proven`, `likely` or `undetermined`.
    certainty: Option<Text> = c.cause.as_ref().map(|cause| cause.certainty.name()),
    /// Status code of the client's first Close; null without one.
    client_code: Option<Integer> = sends(Role::Client),
    /// Status code of the server's first Close.
    server_code: Option<Integer> = sends(Role::Server),
    /// Code that the client's program will have been told, 1005 and 1006 included; null where that cannot be known.
    client_sees: Option<Integer> = sees(Role::Client),
    /// Code that the server's program will have been told.
    server_sees: Option<Integer> = sees(Role::Server),
    /// Whole frames that the client sent, as far as they were recorded; null where they cannot be read.
    client_frames: Option<Integer> = frames(r, Role::Client),
    /// Whole frames that the server sent.
    server_frames: Option<Integer> = frames(r, Role::Server),
    /// Bytes of the client's TCP stream in the recording, each once, the handshake included.
    client_bytes: Option<Integer> = bytes(r, Role::Client),
    /// Bytes of the server's.
    server_bytes: Option<Integer> = bytes(r, Role::Server),
    /// Different rules of the level `must` that were broken; neither what is undetermined counts nor what a tester does on purpose.
    must: Integer = broken(r, Level::Must),
    /// Different rules of the level `should`.
    should: Integer = broken(r, Level::Should),
    /// Time of the last packet.
    ended_at: Option<Time> = r.ended_at,
    /// Who started the closing handshake: `client`, `server` or `both`.
    started_by: Option<Text> = c.started_by.map(Starter::name),
    /// Whether it is under TLS.
    tls: Boolean = r.tls.is_some(),
    /// Of a case of the Autobahn Testsuite: what was tested.
    agent: Option<Text> = case.map(|case| &case.agent),
    /// Number of the case, as in `3.2`.
    case: Option<Text> = case.map(|case| case.id.as_str()),
    /// The suite's verdict on what the testee did.
    behavior: Option<Text> = case.and_then(|case| case.behavior.told()),
    /// The suite's verdict on how it closed.
    behavior_close: Option<Text> = case.and_then(|case| case.behavior_close.told()),
}

/// The host that was asked for, as far as it shows.
fn host(r: &Conversation<Shown>) -> Option<&str> {
    let host = r.request.as_ref().and_then(|request| request.host()).map(|host| host.shown());
    host.or_else(|| r.tls.as_deref()?.offer.as_deref()?.sni.as_deref())
}

/// Frames of a side; unknown where nobody can read them, or the log of a report has none of either.
fn frames(r: &Conversation<Shown>, role: Role) -> Option<u64> {
    let are_logged = || Role::BOTH.into_iter().any(|role| r.traffic[role].frame_count() > 0);
    let are_known = r.closing.outcome != Outcome::Encrypted && (r.case.is_none() || are_logged());
    are_known.then(|| r.traffic[role].frame_count())
}

/// Bytes of a side; a report that does not count them says nothing of them.
fn bytes(r: &Conversation<Shown>, role: Role) -> Option<u64> {
    Some(r.traffic[role].stream_bytes).filter(|bytes| r.case.is_none() || *bytes > 0)
}

/// Different rules of a level that were broken, as far as they count.
fn broken(r: &Conversation<Shown>, level: Level) -> usize {
    let counts = r.findings.iter().filter(|f| f.level == level && r.counts(f));
    let mut rules: Vec<RuleId> = counts.map(|finding| finding.violation.rule()).collect();
    rules.sort_unstable();
    rules.dedup();
    rules.len()
}

/// Writes rows as they come, or sorted.
struct Rows<W> {
    out: W,
    /// What stands before the first row.
    head: Vec<u8>,
    form: Form,
    sorted: Option<Sorted>,
    at_once: bool,
    as_they_end: bool,
    /// Behind the rows stands which of them are legs of one journey.
    links: bool,
    foot: Vec<u8>,
}

/// The rows of a format: `head`, and what `row` appends for each connection.
fn rows<'o, W: Write + 'o>(
    out: W,
    options: Options,
    head: Vec<u8>,
    row: impl Fn(&Conversation<Shown>, &mut Vec<u8>) + Send + Sync + 'static,
) -> Rows<W> {
    let sorted = options.sort.map(Sorted::new);
    let form: Form = match options.sort {
        None => Arc::new(move |r, to: &mut Pieces<'_>| row(r, to.bytes())),
        Some(sort) => Arc::new(move |r, to: &mut Pieces<'_>| {
            sort::keyed(to.bytes(), Connection(r), sort.column, |to| row(r, to));
        }),
    };
    let Options { at_once, as_they_end, .. } = options;
    Rows { out, head, form, sorted, at_once, as_they_end, links: false, foot: Vec::new() }
}

impl<'o, W: Write + 'o> Rows<W> {
    /// The sink that they are, with what links them or without.
    fn linking(self, links: bool) -> Box<dyn Sink + 'o> {
        Box::new(Self { links: links && !self.as_they_end, ..self })
    }
}

impl<W: Write> Rows<W> {
    fn begin(&mut self) -> Result<(), Error> {
        Ok(self.out.write_all(&std::mem::take(&mut self.head))?)
    }
}

impl<W: Write> Sink for Rows<W> {
    fn asks(&self) -> Keep {
        Keep { as_they_end: self.as_they_end, journeys: self.links, ..Keep::NOTHING }
    }

    fn form(&self) -> Option<Form> {
        Some(Arc::clone(&self.form))
    }

    fn formed(&mut self, row: &[u8], _: bool) -> Result<(), Error> {
        if let Some(sorted) = &mut self.sorted {
            return sorted.push(row);
        }
        self.begin()?;
        self.out.write_all(row)?;
        if self.at_once {
            self.out.flush()?;
        }
        Ok(())
    }

    fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        if !journeys.is_empty() {
            self.foot.push(b'\n');
        }
        for journey in journeys {
            let between = if journey.kind == JourneyKind::Proxied { " → " } else { " = " };
            let legs: Vec<_> = journey.legs.iter().map(|leg| leg.id.to_string()).collect();
            let by = journey.by.map_or("–", Ender::name);
            let line = format!(
                "{}  {} · by {by} ({})\n",
                legs.join(between),
                journey.kind.name(),
                journey.certainty.name()
            );
            self.foot.extend_from_slice(line.as_bytes());
        }
        Ok(())
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        self.begin()?;
        for row in self.sorted.take().into_iter().flat_map(Sorted::into_rows) {
            self.out.write_all(&row)?;
        }
        self.out.write_all(&self.foot)?;
        self.out.flush()?;
        Ok(())
    }
}
