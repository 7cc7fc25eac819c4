//! `wslog.inspect/1`: one document, a connection a line. Its types are its own: the model may change, the names
//! here may not.

pub(super) mod case;
mod timing;

use std::io::{self, Write};

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, Formatter};

use crate::error::Error;
use crate::model::{
    ConnectionReport, Extension, FieldLines, Finding, FrameRecord, InputReport, LocalView, Opcode, PacketNo,
    Role, SideClose, Starter, Step, StreamEnd, TcpEnd, Timestamp, Traffic, Weird, Weirds,
};
use crate::report::escape::{as_text, hex, is_unsafe};
use crate::report::redact::{Redaction, redact};
use crate::report::{FrameList, summary, units, wording};

/// Name and version of the format.
pub const SCHEMA: &str = "wslog.inspect/1";

/// Writes the document as connections come.
#[derive(Debug)]
pub struct JsonReport<W> {
    out: W,
    frames: FrameList,
    redaction: Redaction,
    first: bool,
}

impl<W: Write> JsonReport<W> {
    /// Begins the document.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(mut out: W, frames: FrameList) -> Result<Self, Error> {
        write!(
            out,
            "{{\"schema\":\"{SCHEMA}\",\"wslog\":\"{}\",\"connections\":[",
            env!("CARGO_PKG_VERSION")
        )?;
        Ok(Self { out, frames, redaction: Redaction::default(), first: true })
    }

    /// Leaves out other things than secrets.
    #[must_use]
    pub fn redacting(self, redaction: Redaction) -> Self {
        Self { redaction, ..self }
    }

    /// Writes the next connection.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn connection(&mut self, id: u64, mut report: Box<ConnectionReport>) -> Result<(), Error> {
        redact(&mut report, self.redaction);
        self.out.write_all(if self.first { b"\n" } else { b",\n" })?;
        self.first = false;
        self.value(&Connection::new(id, &report, self.frames))
    }

    /// Ends the document with the inputs, whose counts are known only now.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.out.write_all(b"\n],\"inputs\":[")?;
        for (i, input) in inputs.iter().enumerate() {
            self.out.write_all(if i == 0 { b"\n" } else { b",\n" })?;
            self.value(&Input::new(input))?;
        }
        self.out.write_all(b"\n]}\n")?;
        self.out.flush()?;
        Ok(())
    }

    fn value(&mut self, value: &impl Serialize) -> Result<(), Error> {
        write_value(&mut self.out, value)
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
fn weirds<'a>(weirds: &'a Weirds, connection: Option<&ConnectionReport>) -> Vec<WeirdEntry<'a>> {
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
fn place(connection: &ConnectionReport, packet: Option<PacketNo>) -> (Option<u64>, Option<usize>) {
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
    id: u64,
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
    fn new(id: u64, r: &'a ConnectionReport, frames: FrameList) -> Self {
        let address = |a: std::net::SocketAddr| Address { ip: a.ip().to_string(), port: a.port() };
        let listed = frames != FrameList::None;
        let (last_packet, last_packet_input) = place(r, r.tcp.map(|tcp| tcp.last_packet));
        Self {
            id,
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
struct Handshake<'a> {
    complete: bool,
    assumed: bool,
    method: Option<&'a str>,
    target: Option<&'a str>,
    host: Option<&'a str>,
    status: Option<u16>,
    key: Option<&'a str>,
    accept: Option<&'a str>,
    accept_valid: Option<bool>,
    accept_expected: Option<&'a str>,
    version: Option<&'a str>,
    subprotocol: Option<&'a str>,
    origin: Option<&'a str>,
    extensions: Vec<ExtensionEntry<'a>>,
    offered_extensions: Vec<ExtensionEntry<'a>>,
    offered_subprotocols: &'a [String],
    request_packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_packet_input: Option<usize>,
    response_packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_packet_input: Option<usize>,
    response_after_ns: Option<i64>,
    request_headers: Vec<(&'a str, &'a str)>,
    response_headers: Vec<(&'a str, &'a str)>,
}

#[derive(Serialize)]
struct ExtensionEntry<'a> {
    name: &'a str,
    parameters: Vec<(&'a str, Option<&'a str>)>,
}

fn extensions(list: &[Extension]) -> Vec<ExtensionEntry<'_>> {
    list.iter()
        .map(|e| ExtensionEntry {
            name: &e.name,
            parameters: e.parameters.iter().map(|(n, v)| (n.as_str(), v.as_deref())).collect(),
        })
        .collect()
}

fn fields(lines: &FieldLines) -> Vec<(&str, &str)> {
    lines.iter().collect()
}

impl<'a> Handshake<'a> {
    fn new(r: &'a ConnectionReport) -> Option<Self> {
        let request = r.request.as_ref();
        if request.is_none() && !r.assumed {
            return None;
        }
        let response = r.response.as_ref();
        let times =
            (r.handshake_at.client.and_then(|(_, at)| at), r.handshake_at.server.and_then(|(_, at)| at));
        let packet = |seen: Option<(PacketNo, Option<Timestamp>)>| place(r, seen.map(|(packet, _)| packet));
        let (request_packet, request_packet_input) = packet(r.handshake_at.client);
        let (response_packet, response_packet_input) = packet(r.handshake_at.server);
        Some(Self {
            complete: response.is_some_and(|r| r.switches),
            assumed: r.assumed,
            method: request.map(|r| &*r.method),
            target: request.map(|r| r.target.as_str()),
            host: request.and_then(|r| r.host()),
            status: response.map(|r| r.status),
            key: request.and_then(|r| r.key()),
            accept: response.and_then(|r| r.accept()),
            accept_valid: response.and_then(|r| r.accept_valid()),
            accept_expected: response.and_then(|r| Some(r.expected_accept.as_ref()?.as_str())),
            version: request.and_then(|r| r.version()),
            subprotocol: response.and_then(|r| r.subprotocol()),
            origin: request.and_then(|r| r.origin()),
            extensions: response.map_or_else(Vec::new, |r| extensions(&r.extensions)),
            offered_extensions: request.map_or_else(Vec::new, |r| extensions(&r.extensions)),
            offered_subprotocols: request.map_or(&[], |r| &r.subprotocols),
            request_packet,
            request_packet_input,
            response_packet,
            response_packet_input,
            response_after_ns: times.0.zip(times.1).map(|(asked, answered)| answered.since(asked)),
            request_headers: request.map_or_else(Vec::new, |r| fields(&r.fields)),
            response_headers: response.map_or_else(Vec::new, |r| fields(&r.fields)),
        })
    }
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

#[derive(Serialize)]
struct Closing<'a> {
    outcome: &'a str,
    started_by: Option<&'a str>,
    evidence: &'a str,
    client: Close<'a>,
    server: Close<'a>,
    tcp: Tcp<'a>,
    client_sees: View<'a>,
    server_sees: View<'a>,
    idle_before_close_ns: Option<i64>,
    failed_for: Option<FailedFor<'a>>,
    steps: Vec<StepEntry<'a>>,
    summary: String,
}

#[derive(Serialize)]
struct FailedFor<'a> {
    rule: &'a str,
    by: &'a str,
    frame: u64,
}

#[derive(Serialize)]
struct Close<'a> {
    sent_close: Option<bool>,
    code: Option<u16>,
    reason: Option<&'a str>,
    at: Option<String>,
    frame: Option<u64>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
    state: &'a str,
}

#[derive(Serialize)]
struct Tcp<'a> {
    first_end: Option<End<'a>>,
    crossed: bool,
    client_end: &'a str,
    server_end: &'a str,
}

#[derive(Serialize)]
struct End<'a> {
    by: &'a str,
    how: &'a str,
    at: Option<String>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
}

#[derive(Serialize)]
struct View<'a> {
    code: Option<u16>,
    reason: Option<&'a str>,
    was_clean: Option<bool>,
    because: &'a str,
    certainty: &'a str,
}

#[derive(Serialize)]
struct StepEntry<'a> {
    rule: &'a str,
    owed_by: &'a str,
    expected: String,
    observed: String,
    verdict: &'a str,
    section: String,
    since_frame: Option<u64>,
    since_at: Option<String>,
}

const fn how(end: StreamEnd) -> &'static str {
    match end {
        StreamEnd::Fin => "fin",
        StreamEnd::Rst => "rst",
        StreamEnd::Dropped => "dropped",
        StreamEnd::Unobserved => "unobserved",
    }
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(units::rfc3339)
}

impl<'a> Close<'a> {
    fn new(r: &ConnectionReport, side: &'a SideClose) -> Self {
        let (packet, packet_input) = place(r, side.packet);
        Self {
            sent_close: side.sent_close,
            code: side.code.map(|c| c.0),
            reason: side.reason.as_deref(),
            at: time(side.at),
            frame: side.frame,
            packet,
            packet_input,
            state: side.state.name(),
        }
    }
}

impl<'a> View<'a> {
    fn new(view: &'a LocalView) -> Self {
        Self {
            code: view.code.map(|c| c.0),
            reason: view.reason.as_deref(),
            was_clean: view.was_clean,
            because: wording::because(view.because),
            certainty: view.certainty.name(),
        }
    }
}

impl StepEntry<'_> {
    fn new(step: &Step) -> Self {
        Self {
            rule: step.rule.name(),
            owed_by: step.owed_by.name(),
            expected: wording::owed(step),
            observed: wording::seen(step),
            verdict: step.verdict.name(),
            section: wording::clause(step),
            since_frame: step.since.frame,
            since_at: time(step.since.at),
        }
    }
}

impl<'a> Closing<'a> {
    fn new(r: &'a ConnectionReport) -> Self {
        let c = &r.closing;
        let end = |e: &TcpEnd| {
            let (packet, packet_input) = place(r, e.packet);
            End { by: e.by.name(), how: how(e.how), at: time(e.at), packet, packet_input }
        };
        let side_end = |role: Role| c.ends[role].map_or("unobserved", |e| how(e.how));
        Self {
            outcome: c.outcome.name(),
            started_by: c.started_by.map(|s| match s {
                Starter::One(role) => role.name(),
                Starter::Both => "both",
            }),
            evidence: c.evidence.name(),
            client: Close::new(r, &c.sides.client),
            server: Close::new(r, &c.sides.server),
            tcp: Tcp {
                first_end: c.first_end.as_ref().map(end),
                crossed: c.ends_crossed,
                client_end: side_end(Role::Client),
                server_end: side_end(Role::Server),
            },
            client_sees: View::new(&c.sees.client),
            server_sees: View::new(&c.sees.server),
            idle_before_close_ns: c.idle_before_close_ns,
            failed_for: c.failed_for.map(|(by, rule, frame)| FailedFor {
                rule: rule.name(),
                by: by.name(),
                frame,
            }),
            steps: c.steps.iter().map(StepEntry::new).collect(),
            summary: summary::sentences(r).join(" "),
        }
    }
}

#[derive(Serialize)]
struct FindingEntry<'a> {
    rule: &'a str,
    level: &'a str,
    by: &'a str,
    certainty: &'a str,
    frame: Option<u64>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
    at: Option<String>,
    section: &'a str,
    expected: String,
    observed: String,
    message: String,
}

impl FindingEntry<'_> {
    fn new(r: &ConnectionReport, f: &Finding) -> Self {
        let (packet, packet_input) = place(r, f.packet);
        let rule = f.violation.rule().rule();
        let words = wording::violation(r, &f.violation);
        Self {
            rule: rule.name,
            level: f.level.name(),
            by: f.by.map_or("both", Role::name),
            certainty: f.certainty.name(),
            frame: f.frame,
            packet,
            packet_input,
            at: time(f.at),
            section: rule.section,
            message: wording::message(r, f),
            expected: words.expected,
            observed: words.observed,
        }
    }
}

#[derive(Serialize)]
struct Frame {
    n: u64,
    from: &'static str,
    at: Option<String>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
    fin: bool,
    rsv: u8,
    opcode: u8,
    masked: bool,
    masking_key: Option<String>,
    length: u64,
    payload: Option<Payload>,
    complete: bool,
    message: Option<u64>,
    compressed: bool,
}

#[derive(Serialize)]
struct Payload {
    /// Bytes it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inflated: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

impl Payload {
    fn new(f: &FrameRecord) -> Option<Self> {
        if f.redacted {
            let redacted = Some(f.header.payload_len);
            return Some(Self { redacted, text: None, hex: None, inflated: false, cut: false });
        }
        let text = if f.text { as_text(&f.preview, f.preview_cut) } else { None };
        (!f.preview.is_empty()).then(|| Self {
            redacted: None,
            hex: text.is_none().then(|| hex(&f.preview)),
            text: text.map(str::to_owned),
            inflated: f.inflated,
            cut: f.preview_cut,
        })
    }
}

impl Frame {
    fn new(r: &ConnectionReport, f: &FrameRecord) -> Self {
        let (packet, packet_input) = place(r, f.packet);
        Self {
            n: f.n,
            from: f.from.name(),
            at: time(f.at),
            packet,
            packet_input,
            fin: f.header.fin,
            rsv: f.header.rsv.0,
            opcode: f.header.opcode.bits(),
            masked: f.header.masking_key.is_some(),
            masking_key: f.header.masking_key.map(|k| k.to_string()),
            length: f.header.payload_len,
            payload: Payload::new(f),
            complete: f.complete,
            message: f.message,
            compressed: f.compressed,
        }
    }
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
