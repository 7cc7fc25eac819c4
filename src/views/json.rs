//! `wslog.inspect/1`: one document, a connection a line. Its rows are its own: the model may change, the names
//! here may not.

pub(super) mod case;
mod closing;
mod connection;
mod finding;
pub(super) mod frame;
mod handshake;
mod http2;
mod input;
mod journey;
pub mod lines;
mod timing;
mod tls;
pub(super) mod write;

use std::fmt;
use std::io::Write;
use std::sync::Arc;

use crate::engine::{Form, Keep, Sink};
use crate::error::Error;
use crate::model::{Conversation, InputReport, PacketNo, PerRole};
use crate::redact::Shown;
use crate::views::row::{Field, List, Text};
use crate::views::{Format, FrameList};
pub(super) use connection::Connection;
pub(super) use input::Input;
pub(super) use journey::Journey;

/// Name and version of the format.
pub const SCHEMA: &str = "wslog.inspect/1";

/// The fields of the document, which is written as the connections come.
pub const DOCUMENT: &[Field] = &[
    Field::new::<Text>("schema", "Name and version of the format."),
    Field::new::<Text>("wslog", "Version of wslog."),
    Field::new::<List<Connection<'static>>>("connections", "WebSocket connections, and attempts at one."),
    Field::new::<List<Input<'static>>>("inputs", "What was read."),
    Field::new::<List<Journey<'static>>>("journeys", "What connections have to do with one another."),
];

/// The fields of an element of `connections`.
pub const CONNECTION: &[Field] = Connection::FIELDS;

/// The fields of an element of `inputs`.
pub const INPUT: &[Field] = Input::FIELDS;

/// The fields of an element of `journeys`.
pub const JOURNEY: &[Field] = Journey::FIELDS;

/// What `--format` offers.
pub const FORMAT: Format = Format {
    name: "json",
    what: "The document wslog.inspect/1",
    sink: |out, options| Box::new(JsonReport::new(out, options.frames)),
};

/// Writes the document as connections come.
#[derive(Debug)]
pub struct JsonReport<W> {
    out: W,
    frames: FrameList,
    first: bool,
    /// A connection has begun and is not over.
    inside: bool,
    /// The elements of `journeys`.
    journeys: Vec<u8>,
}

impl<W: Write> JsonReport<W> {
    /// A document that begins with the first thing written to it: none is left half done where nothing could be read.
    #[must_use]
    pub fn new(out: W, frames: FrameList) -> Self {
        Self { out, frames, first: true, inside: false, journeys: Vec::new() }
    }

    /// Writes the next connection, as [`connection()`] made it, or a piece of it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn connection(&mut self, piece: &[u8], is_last: bool) -> Result<(), Error> {
        if self.first {
            self.begin()?;
        }
        if !self.inside {
            self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        }
        self.first = false;
        self.inside = !is_last;
        self.out.write_all(piece)?;
        Ok(())
    }

    /// Ends the document with the inputs, whose counts are known only now.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        if self.first {
            self.begin()?;
        }
        self.out.write_all(b"\n],\"inputs\":[")?;
        let mut object = Vec::new();
        for (i, input) in inputs.iter().enumerate() {
            object.clear();
            object.extend_from_slice(if i == 0 { b"\n" } else { b",\n" });
            write::value(&mut object, Input(input));
            self.out.write_all(&object)?;
        }
        self.out.write_all(b"\n],\"journeys\":[")?;
        self.out.write_all(&self.journeys)?;
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()?;
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        let version = env!("CARGO_PKG_VERSION");
        write!(self.out, "{{\"schema\":\"{SCHEMA}\",\"wslog\":\"{version}\",\"connections\":[")?;
        Ok(())
    }
}

/// Appends the object of a connection.
pub fn connection(out: &mut Vec<u8>, conversation: &Conversation<Shown>, frames: FrameList) {
    write::value(out, Connection(conversation, frames));
}

impl<W: Write> Sink for JsonReport<W> {
    fn asks(&self) -> Keep {
        self.frames.keep(Keep { first: 20, last: 20, journeys: true, ..Keep::NOTHING })
    }

    fn form(&self) -> Option<Form> {
        let frames = self.frames;
        Some(Arc::new(move |conversation, out| write::pieces(out, Connection(conversation, frames))))
    }

    fn formed(&mut self, piece: &[u8], is_last: bool) -> Result<(), Error> {
        self.connection(piece, is_last)
    }

    fn journeys(&mut self, journeys: &[crate::model::Journey]) -> Result<(), Error> {
        for journey in journeys {
            self.journeys.extend_from_slice(if self.journeys.is_empty() { b"\n" } else { b",\n" });
            write::value(&mut self.journeys, Journey(journey));
        }
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.finish(inputs)
    }
}

/// The number of a packet that is counted as in its file.
pub(super) const fn number(packet: PacketNo) -> u64 {
    packet.0
}

/// Number of a packet in its file, and the index of that input where it is not the connection's own.
pub(super) fn place(
    connection: &Conversation<Shown>,
    packet: Option<PacketNo>,
) -> (Option<u64>, Option<usize>) {
    let place = packet.map(|packet| connection.place(packet));
    let input = place.map(|place| place.input).filter(|input| *input != connection.input);
    (place.map(|place| number(place.packet)), input)
}

/// What `each` makes of either side.
pub(super) fn sides<'a, T, V>(of: &'a PerRole<T>, each: impl Fn(&'a T) -> V) -> PerRole<V> {
    PerRole { client: each(&of.client), server: each(&of.server) }
}

/// Sentences as one text.
struct Sentences<'a>(&'a [String]);

impl fmt::Display for Sentences<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, sentence) in self.0.iter().enumerate() {
            f.write_str(if i == 0 { "" } else { " " })?;
            f.write_str(sentence)?;
        }
        Ok(())
    }
}
