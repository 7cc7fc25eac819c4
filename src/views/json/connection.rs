//! An entry of `connections`.

use std::net::SocketAddr;

use crate::model::{self, Conversation, FailedConnect, Opcode, PerRole};
use crate::redact::Shown;
use crate::views::FrameList;
use crate::views::json::case::Autobahn;
use crate::views::json::closing::Closing;
use crate::views::json::finding::Finding;
use crate::views::json::frame::{Frame, entry};
use crate::views::json::handshake::Handshake;
use crate::views::json::http2::Http2;
use crate::views::json::timing::Timing;
use crate::views::json::tls::Tls;
use crate::views::json::{place, sides};
use crate::views::row::{Boolean, Displayed, Integer, List, Map, Nanoseconds, OrAbsent, Text, Time, row};
use crate::views::worded::Worded;

row! {
    /// One WebSocket connection, or an attempt at one.
    pub(in crate::views) struct Connection<'a>(r: &'a Conversation<Shown>, frames: FrameList);

    let findings = &Worded::all(r);
    let is_listed = frames != FrameList::None;
    let (last_packet, last_packet_input) = place(r, r.tcp.map(|tcp| tcp.last_packet));

    /// Its number, as used by `--connection`.
    id: Text = Displayed(r.id),
    /// Index in `inputs` of the input with its first packet.
    input: Integer = r.input,
    /// Address of the client; null in the log of a tester.
    client: Option<Address> = r.tcp.map(|tcp| Address(*tcp.client)),
    /// Address of the server; null in the log of a tester.
    server: Option<Address> = r.tcp.map(|tcp| Address(*tcp.server)),
    /// Its first packet.
    first_packet: Option<Integer> = place(r, r.tcp.map(|tcp| tcp.first_packet)).0,
    /// Its last packet.
    last_packet: Option<Integer> = last_packet,
    /// Index of the input with the last packet, if it is a different one.
    last_packet_input: OrAbsent<Integer> = last_packet_input,
    /// Time of the first packet.
    started_at: Option<Time> = r.started_at,
    /// Time of the last packet.
    ended_at: Option<Time> = r.ended_at,
    /// From the first packet to the last.
    duration_ns: Option<Nanoseconds> = r.started_at.zip(r.ended_at).map(|(start, end)| end.since(start).max(0)),
    /// What recorded it: `capture`, or `tester` for the log of one.
    vantage: Text = if r.tcp.is_some() { "capture" } else { "tester" },
    /// What TLS shows about it; null without TLS.
    tls: Option<Tls> = r.tls.as_deref().map(|tls| Tls(r, tls)),
    /// Version of HTTP that carried the opening handshake.
    http: Text = if r.id.stream.is_some() { "2" } else { "1.1" },
    /// The stream of HTTP/2 that carried it; null in HTTP/1.1.
    stream: Option<Integer> = r.id.stream,
    /// What HTTP/2 shows about it; null in HTTP/1.1.
    http2: Option<Http2> = r.http2.as_deref().map(|http2| Http2(r, http2)),
    /// How TCP failed, if it was not established; there is then no handshake.
    connect: OrAbsent<Connect> = r.connect.map(Connect),
    /// The opening handshake; null if the recording has none for this connection that could be read.
    handshake: Option<Handshake> = Handshake::of(r),
    /// Earlier handshakes on the same TCP connection, refused or abandoned.
    earlier_handshakes: List<Earlier> = r.earlier.iter().map(Earlier),
    /// What each side sent.
    traffic: PerRole<Traffic> = sides(&r.traffic, Traffic),
    /// How it closed.
    closing: Closing = Closing(r, findings),
    /// Latencies, rhythms and silences.
    timing: Timing = Timing(r),
    /// Clauses broken, and notes, in the order found.
    findings: List<Finding> = findings.iter().map(|told| Finding(r, told)),
    /// Number of findings beyond the cap.
    findings_omitted: Integer = r.findings_omitted,
    /// Its frames, as far as requested.
    frames: OrAbsent<List<Frame>> = is_listed.then(|| r.frames.iter().map(|frame| entry(r, frame))),
    /// Number of frames not listed, between the first and the last ones.
    frames_omitted: OrAbsent<Integer> = is_listed.then_some(r.frames_omitted),
    /// The Autobahn Testsuite case whose report it comes from.
    autobahn: Option<Autobahn> = r.case.as_deref().map(|record| Autobahn(r, record, findings)),
    /// What is odd about its recording.
    weirds: List<Weird> = r.weirds.as_slice().iter().map(|weird| Weird(r, weird)),
}

row! {
    /// An endpoint of a TCP connection.
    pub(super) struct Address(address: SocketAddr);

    /// IPv4 or IPv6.
    ip: Text = Displayed(address.ip()),
    /// TCP port number.
    port: Integer = address.port(),
}

row! {
    /// A connection that could not be established.
    pub(super) struct Connect(connect: FailedConnect);

    /// Whether an RST answered the SYN; otherwise nothing did.
    refused: Boolean = connect.refused,
    /// Number of SYNs that the client sent.
    syns: Integer = connect.syns,
}

row! {
    /// A handshake that did not succeed.
    pub(super) struct Earlier<'a>(earlier: &'a model::EarlierHandshake<Shown>);

    /// Its request target.
    target: Text = &earlier.target,
    /// Status of the refusal; null without a response.
    status: Option<Integer> = earlier.status,
}

row! {
    /// What one side sent.
    pub(super) struct Traffic<'a>(sent: &'a model::Traffic);

    let frames = (0u8..).zip(sent.frames).filter(|(_, count)| *count > 0);

    /// Bytes of its TCP stream in the recording, each counted once, including the handshake.
    stream_bytes: Integer = sent.stream_bytes,
    /// Complete frames by opcode name; opcodes that did not occur are omitted.
    frames: Map<Integer> = frames.map(|(bits, count)| (Opcode::from_bits(bits).name(), count)),
    /// Frames cut short by the end of its stream.
    frames_cut: Integer = sent.frames_cut,
    /// Complete messages.
    messages: Messages = Messages(sent),
    /// Payload bytes of all frames in the recording.
    frame_payload_bytes: Integer = sent.frame_payload_bytes,
    /// Bytes of all complete messages, inflated, as far as their sizes are known; null if none is known.
    message_bytes: Option<Integer> = sent.known_message_bytes(),
    /// Bytes missing from its TCP stream.
    gap_bytes: Integer = sent.gap_bytes,
    /// Retransmitted bytes of its TCP stream.
    retransmitted_bytes: Integer = sent.retransmitted_bytes,
}

row! {
    /// Messages by type.
    pub(super) struct Messages<'a>(sent: &'a model::Traffic);

    /// Complete text messages.
    text: Integer = sent.text_messages,
    /// Complete binary messages.
    binary: Integer = sent.binary_messages,
}

row! {
    /// Something odd about the recording of a connection.
    pub(super) struct Weird<'a>(r: &'a Conversation<Shown>, weird: &'a model::Weird);

    let (packet, packet_input) = place(r, weird.packet);

    /// Its name.
    name: Text = weird.kind.name(),
    /// How often it was seen.
    count: Integer = weird.count,
    /// The first occurrence in words.
    detail: Text = &weird.detail,
    /// First packet that shows it.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}
