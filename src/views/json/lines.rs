//! The same as rows, an object a line, for whoever reads while wslog does.
//!
//! A line is written at once, so that a pipe that is cut leaves whole ones; but for a connection of more than a megabyte, whose
//! line comes in pieces.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::{Form, Keep, Sink};
use crate::error::Error;
use crate::model::{Conversation, InputReport, Unused};
use crate::redact::{Sealed, Shown};
use crate::views::json::connection::Connection;
use crate::views::json::input::Input;
use crate::views::json::write;
use crate::views::row::{Boolean, Encoder, Field, Integer, Row, Text, Value, row};
use crate::views::schema::{Constant, Kind};
use crate::views::{Format, FrameList, Options};

/// Name and version of the rows.
pub const SCHEMA: &str = "wslog.inspect-rows/1";

/// The kinds of rows.
pub const ROWS: &[Kind] = &[
    Kind {
        constants: &[("type", Constant::Text("input")), ("ended", Constant::Boolean(false))],
        fields: InputBegins::FIELDS,
    },
    Kind {
        constants: &[("type", Constant::Text("input")), ("ended", Constant::Boolean(true))],
        fields: &Field::joined::<{ 3 + Input::FIELDS.len() }>(
            &[
                Field::new::<Text>("type", "What the row is: `input`."),
                Field::new::<Boolean>("ended", "Whether the input has been read, or left: true."),
                Field::new::<Option<Integer>>(
                    "input",
                    "Index of the input, which its connections name; null where it was left.",
                ),
            ],
            Input::FIELDS,
        ),
    },
    Kind {
        constants: &[("type", Constant::Text("connection"))],
        fields: &Field::joined::<{ 2 + Connection::FIELDS.len() }>(
            &[
                Field::new::<Text>("type", "What the row is: `connection`."),
                Field::new::<Option<Text>>("path", "Path of its input as given, `-` for standard input."),
            ],
            Connection::FIELDS,
        ),
    },
    Kind { constants: &[("type", Constant::Text("error"))], fields: Failed::FIELDS },
];

/// What `--format` offers.
pub const FORMAT: Format = Format {
    name: "ndjson",
    what: "A JSON object a line, while it is read: inputs, connections, errors (wslog.inspect-rows/1)",
    sink: |out, options| Box::new(Lines::new(out, options)),
};

row! {
    /// An input that begins.
    struct InputBegins<'a>(index: usize, path: &'a str, kind: &'static str);

    /// What the row is: `input`.
    type: Text = "input",
    /// Whether the input has been read: false.
    ended: Boolean = false,
    /// Index of the input, which its connections name.
    input: Integer = index,
    /// The path as given; `-` for standard input.
    path: Text = path,
    /// Its format: `pcap`, `pcapng`, `autobahn-json`, `autobahn-html` or `autobahn-text`.
    kind: Text = kind,
}

row! {
    /// An input that could not be read.
    struct Failed<'a>(path: Option<&'a str>, error: &'a str);

    /// What the row is: `error`.
    type: Text = "error",
    /// The path as given; null where it is about none.
    path: Option<Text> = path,
    /// Why it could not be read.
    error: Text = error,
}

/// An input that has been read, or left.
struct InputEnds<'a>(Option<usize>, &'a InputReport);

impl Value<Self> for InputEnds<'_> {
    fn encode(self, to: &mut impl Encoder) {
        to.object(|to| {
            to.field::<Text>(",\"type\":", "input");
            to.field::<Boolean>(",\"ended\":", true);
            to.field::<Option<Integer>>(",\"input\":", self.0);
            Input(self.1).encode_fields(to);
        });
    }
}

/// A connection.
struct Told<'a>(&'a Conversation<Shown>, FrameList);

impl Value<Self> for Told<'_> {
    fn encode(self, to: &mut impl Encoder) {
        let Self(conversation, frames) = self;
        to.object(|to| {
            to.field::<Text>(",\"type\":", "connection");
            to.field::<Option<Text>>(",\"path\":", conversation.path.as_deref());
            Connection(conversation, frames).encode_fields(to);
        });
    }
}

/// Writes a line for what begins and ends, in the order in which it does.
struct Lines<W> {
    out: W,
    options: Options,
    /// Inputs that have been read.
    inputs: usize,
    /// Connections heard of, and those of them that are written. Forms take their time.
    heard: u64,
    written: u64,
    /// Lines that stand behind so many connections.
    waiting: VecDeque<(u64, Vec<u8>)>,
}

impl<W: Write> Lines<W> {
    const fn new(out: W, options: Options) -> Self {
        Self { out, options, inputs: 0, heard: 0, written: 0, waiting: VecDeque::new() }
    }

    /// Writes a row behind the connections heard of so far.
    fn row<T>(&mut self, row: impl Value<T>) -> Result<(), Error> {
        let mut line = Vec::new();
        write::value(&mut line, row);
        line.push(b'\n');
        self.waiting.push_back((self.heard, line));
        self.pass_on()
    }

    /// Writes what stands behind no connection that is not written.
    fn pass_on(&mut self) -> Result<(), Error> {
        let mut is_new = false;
        while let Some((behind, line)) = self.waiting.front()
            && *behind <= self.written
        {
            self.out.write_all(line)?;
            self.waiting.pop_front();
            is_new = true;
        }
        if is_new && self.options.at_once {
            self.out.flush()?;
        }
        Ok(())
    }
}

impl<W: Write> Sink for Lines<W> {
    fn asks(&self) -> Keep {
        let Options { frames, as_they_end, .. } = self.options;
        Keep { as_they_end, ..frames.keep(Keep { first: 20, last: 20, ..Keep::NOTHING }) }
    }

    fn form(&self) -> Option<Form> {
        let frames = self.options.frames;
        Some(Arc::new(move |conversation, out| {
            write::pieces(out, Told(conversation, frames));
            out.bytes().push(b'\n');
        }))
    }

    fn conversation(&mut self, _: &Sealed) -> Result<(), Error> {
        self.heard += 1;
        Ok(())
    }

    fn formed(&mut self, piece: &[u8], is_last: bool) -> Result<(), Error> {
        self.out.write_all(piece)?;
        if is_last {
            self.written += 1;
            if self.options.at_once {
                self.out.flush()?;
            }
            self.pass_on()?;
        }
        Ok(())
    }

    fn begins(&mut self, index: usize, path: &str, kind: &'static str) -> Result<(), Error> {
        self.row(InputBegins(index, path, kind))
    }

    fn read(&mut self, files: &[InputReport]) -> Result<(), Error> {
        for file in files {
            let index = self.inputs;
            self.inputs += 1;
            self.row(InputEnds(Some(index), file))?;
        }
        Ok(())
    }

    fn failed(&mut self, error: &Error) {
        let path = error.path().map(|path| path.display().to_string());
        // Whoever cannot be told that is told nothing else either.
        let _ = self.row(Failed(path.as_deref(), &error.chain()));
    }

    fn skipped(&mut self, _: &Path, files: &[(PathBuf, &'static str)]) {
        for (path, why) in files {
            let unused = Some(Unused::Skipped(why));
            let left = InputReport { path: path.display().to_string(), unused, ..InputReport::default() };
            let _ = self.row(InputEnds(None, &left));
        }
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        Ok(self.out.flush()?)
    }
}
