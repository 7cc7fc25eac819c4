//! `wslog.inspect/1`: one document, a connection a line. Its types are its own: the model may change, the names
//! here may not.

pub(super) mod case;
mod closing;
mod finding;
mod frame;
mod handshake;
mod timing;

use std::io::{self, Write};
use std::sync::Arc;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, Formatter};

use crate::engine::{Form, Keep, Sink};
use crate::error::Error;
use crate::model::{Conversation, InputReport, Opcode, PacketNo, Text, Timestamp, Traffic, Weird, Weirds};
use crate::redact::Shown;
use crate::views::escape::is_unsafe;
use crate::views::{Format as View, FrameList, units};
use closing::Closing;
use finding::FindingEntry;
use frame::Frame;
use handshake::Handshake;

/// Name and version of the format.
pub const SCHEMA: &str = "wslog.inspect/1";

/// For programs.
pub const FORMAT: View = View {
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
}

impl<W: Write> JsonReport<W> {
    /// A document that begins with the first thing written to it: none is left half done where nothing could be read.
    #[must_use]
    pub fn new(out: W, frames: FrameList) -> Self {
        Self { out, frames, first: true }
    }

    /// Writes the next connection, as [`connection`] made it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn connection(&mut self, object: &[u8]) -> Result<(), Error> {
        if self.first {
            self.begin()?;
        }
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        self.out.write_all(object)?;
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
        for (i, input) in inputs.iter().enumerate() {
            self.out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
            self.value(&Input::new(input))?;
        }
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()?;
        Ok(())
    }

    fn begin(&mut self) -> Result<(), Error> {
        let version = env!("CARGO_PKG_VERSION");
        write!(self.out, "{{\"schema\":\"{SCHEMA}\",\"wslog\":\"{version}\",\"connections\":[")?;
        Ok(())
    }

    fn value(&mut self, value: &impl Serialize) -> Result<(), Error> {
        write_value(&mut self.out, value)
    }
}

/// Appends the object of a connection.
pub fn connection(out: &mut Vec<u8>, conversation: &Conversation<Shown>, frames: FrameList) {
    // Memory does not fail, and neither do these types.
    let _ = write_value(out, &Connection::new(conversation, frames));
}

impl<W: Write> Sink for JsonReport<W> {
    fn asks(&self) -> Keep {
        match self.frames {
            FrameList::None => Keep::NOTHING,
            FrameList::All => Keep { first: usize::MAX, ..Keep::NOTHING },
            FrameList::Ends => Keep { first: 20, last: 20, ..Keep::NOTHING },
        }
    }

    fn form(&self) -> Option<Form> {
        let frames = self.frames;
        Some(Arc::new(move |conversation, out| connection(out, conversation, frames)))
    }

    fn formed(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.connection(bytes)
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.finish(inputs)
    }
}

/// Writes a value in which no string can act on a terminal.
pub(super) fn write_value(out: &mut impl Write, value: &impl Serialize) -> Result<(), Error> {
    let mut serializer = serde_json::Serializer::with_formatter(out, TerminalSafe);
    value.serialize(&mut serializer).map_err(|e| Error::Write(io::Error::from(e)))
}

/// Compact JSON in which no string can act on a terminal: what RFC 8259 lets pass and a terminal would obey is
/// written as `\u` escapes too.
struct TerminalSafe;

impl Formatter for TerminalSafe {
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
            out.write_all(&rest.as_bytes()[..at])?;
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(out, "\\u{unit:04x}")?;
            }
            rest = &rest[at + c.len_utf8()..];
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: ?Sized + Write>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        serde_json::ser::CompactFormatter.write_char_escape(out, escape)
    }
}

impl Serialize for Text<Shown> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self)
    }
}

#[derive(Serialize)]
struct Input<'a> {
    path: &'a str,
    kind: &'a str,
    compression: &'a str,
    set: Option<u64>,
    packets: u64,
    bytes: u64,
    link_types: Vec<String>,
    first_at: Option<String>,
    last_at: Option<String>,
    truncated: bool,
    interrupted: bool,
    tcp_connections: u64,
    websocket_connections: u64,
    weirds: Vec<WeirdEntry<'a>>,
}

impl<'a> Input<'a> {
    fn new(input: &'a InputReport) -> Self {
        let link =
            |l: &crate::model::LinkType| l.name().map_or_else(|| format!("linktype-{}", l.0), str::to_owned);
        Self {
            path: &input.path,
            kind: input.kind,
            compression: input.compression.name(),
            set: input.set,
            packets: input.packets,
            bytes: input.bytes,
            link_types: input.link_types.iter().map(link).collect(),
            first_at: input.first_at.map(units::rfc3339),
            last_at: input.last_at.map(units::rfc3339),
            truncated: input.truncated,
            interrupted: input.interrupted,
            tcp_connections: input.tcp_connections,
            websocket_connections: input.websocket_connections,
            weirds: weirds(&input.weirds, None),
        }
    }
}

#[derive(Serialize)]
struct WeirdEntry<'a> {
    name: &'a str,
    count: u64,
    detail: &'a str,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
}

/// Those of `connection`, or of an input.
fn weirds<'a>(weirds: &'a Weirds, connection: Option<&Conversation<Shown>>) -> Vec<WeirdEntry<'a>> {
    let entry = |w: &'a Weird| {
        let (packet, packet_input) = match connection {
            Some(connection) => place(connection, w.packet),
            None => (w.packet.map(number), None),
        };
        WeirdEntry { name: w.kind.name(), count: w.count, detail: &w.detail, packet, packet_input }
    };
    weirds.as_slice().iter().map(entry).collect()
}

const fn number(packet: PacketNo) -> u64 {
    packet.0
}

/// Number of a packet in its file, and the index of that input where it is not the connection's own.
fn place(connection: &Conversation<Shown>, packet: Option<PacketNo>) -> (Option<u64>, Option<usize>) {
    let place = packet.map(|packet| connection.place(packet));
    let input = place.map(|place| place.input).filter(|input| *input != connection.input);
    (place.map(|place| number(place.packet)), input)
}

#[derive(Serialize)]
struct Address {
    ip: String,
    port: u16,
}

#[derive(Serialize)]
struct Connection<'a> {
    id: String,
    input: usize,
    client: Option<Address>,
    server: Option<Address>,
    first_packet: Option<u64>,
    last_packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_packet_input: Option<usize>,
    started_at: Option<String>,
    ended_at: Option<String>,
    duration_ns: Option<i64>,
    vantage: &'a str,
    tls: Option<()>,
    http: &'a str,
    handshake: Option<Handshake<'a>>,
    earlier_handshakes: Vec<Earlier<'a>>,
    traffic: Sides<Counts>,
    closing: Closing<'a>,
    timing: timing::Timing<'a>,
    findings: Vec<FindingEntry<'a>>,
    findings_omitted: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames: Option<Vec<Frame>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frames_omitted: Option<u64>,
    autobahn: Option<case::Autobahn<'a>>,
    weirds: Vec<WeirdEntry<'a>>,
}

#[derive(Serialize)]
struct Sides<T> {
    client: T,
    server: T,
}

impl<'a> Connection<'a> {
    fn new(r: &'a Conversation<Shown>, frames: FrameList) -> Self {
        let address = |a: std::net::SocketAddr| Address { ip: a.ip().to_string(), port: a.port() };
        let listed = frames != FrameList::None;
        let (last_packet, last_packet_input) = place(r, r.tcp.map(|tcp| tcp.last_packet));
        Self {
            id: r.id.to_string(),
            input: r.input,
            client: r.tcp.map(|tcp| address(tcp.client)),
            server: r.tcp.map(|tcp| address(tcp.server)),
            first_packet: place(r, r.tcp.map(|tcp| tcp.first_packet)).0,
            last_packet,
            last_packet_input,
            started_at: r.started_at.map(units::rfc3339),
            ended_at: r.ended_at.map(units::rfc3339),
            duration_ns: r.started_at.zip(r.ended_at).map(|(start, end)| end.since(start)),
            vantage: if r.tcp.is_some() { "capture" } else { "tester" },
            tls: None,
            http: "1.1",
            handshake: Handshake::new(r),
            earlier_handshakes: r
                .earlier
                .iter()
                .map(|e| Earlier { target: &e.target, status: e.status })
                .collect(),
            traffic: Sides { client: Counts::new(&r.traffic.client), server: Counts::new(&r.traffic.server) },
            closing: Closing::new(r),
            timing: timing::Timing::new(r),
            findings: r.findings.iter().map(|f| FindingEntry::new(r, f)).collect(),
            findings_omitted: r.findings_omitted,
            frames: listed.then(|| r.frames.iter().map(|f| Frame::new(r, f)).collect()),
            frames_omitted: listed.then_some(r.frames_omitted),
            autobahn: r.case.as_deref().map(case::Autobahn::new),
            weirds: weirds(&r.weirds, Some(r)),
        }
    }
}

#[derive(Serialize)]
struct Earlier<'a> {
    target: &'a str,
    status: Option<u16>,
}

#[derive(Serialize)]
struct Counts {
    stream_bytes: u64,
    frames: FrameCounts,
    frames_cut: u64,
    messages: Messages,
    frame_payload_bytes: u64,
    message_bytes: u64,
    gap_bytes: u64,
    retransmitted_bytes: u64,
}

#[derive(Serialize)]
struct Messages {
    text: u64,
    binary: u64,
}

struct FrameCounts([u64; 16]);

impl Serialize for FrameCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (bits, count) in (0u8..).zip(self.0).filter(|(_, count)| *count > 0) {
            map.serialize_entry(Opcode::from_bits(bits).name(), &count)?;
        }
        map.end()
    }
}

impl Counts {
    fn new(t: &Traffic) -> Self {
        Self {
            stream_bytes: t.stream_bytes,
            frames: FrameCounts(t.frames),
            frames_cut: t.frames_cut,
            messages: Messages { text: t.text_messages, binary: t.binary_messages },
            frame_payload_bytes: t.frame_payload_bytes,
            message_bytes: t.message_bytes,
            gap_bytes: t.gap_bytes,
            retransmitted_bytes: t.retransmitted_bytes,
        }
    }
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(units::rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_cannot_act_on_a_terminal() {
        let mut out = Vec::new();
        let mut serializer = serde_json::Serializer::with_formatter(&mut out, TerminalSafe);
        assert!("\x1b[2J \u{9b} \u{202e} \u{e0001} \" é".serialize(&mut serializer).is_ok());
        let text = String::from_utf8(out).unwrap_or_default();
        assert_eq!(text, r#""\u001b[2J \u009b \u202e \udb40\udc01 \" é""#);
        let back: Result<String, _> = serde_json::from_str(&text);
        assert_eq!(back.ok().as_deref(), Some("\x1b[2J \u{9b} \u{202e} \u{e0001} \" é"));
    }
}
