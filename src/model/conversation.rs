//! The result of an analysis: what `views` render.

use crate::model::case::{CapturedCase, CaseAccount, CaseReport, Recomputed};
use crate::model::{
    At, Bytes, Certainty, Closing, Compression, ConversationId, FileName, Finding, FrameHeader, Http2Facts,
    LinkType, PacketNo, PerRole, Quoted, Role, RuleId, Stage, TcpFacts, Text, Timestamp, Timing, TlsFacts,
    UpgradeRequest, UpgradeResponse, Weirds, Wire,
};

/// Counts of what one side sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Traffic {
    /// Bytes of its TCP stream in the recording, each once, handshake included.
    pub stream_bytes: u64,
    /// Frames by opcode, those that its stream ended inside of left out.
    pub frames: [u64; 16],
    /// Frames that its stream ended inside of.
    pub frames_cut: u64,
    /// Text messages whose last frame came.
    pub text_messages: u64,
    /// Binary messages whose last frame came.
    pub binary_messages: u64,
    /// Payload bytes of all frames in the recording.
    pub frame_payload_bytes: u64,
    /// Bytes of all ended messages, after inflating, as far as they are known.
    pub message_bytes: u64,
    /// Ended messages whose size is not known: they could not be inflated, or the log does not say.
    pub unsized_messages: u64,
    /// Bytes missing from its TCP stream.
    pub gap_bytes: u64,
    /// Bytes of its TCP stream that came again.
    pub retransmitted_bytes: u64,
}

impl Traffic {
    /// Bytes of all ended messages, after inflating, as far as they are known; `None` where no message's size is.
    #[must_use]
    pub const fn known_message_bytes(&self) -> Option<u64> {
        let messages = self.text_messages + self.binary_messages;
        if messages > 0 && messages == self.unsized_messages { None } else { Some(self.message_bytes) }
    }

    /// All frames but cut ones.
    #[must_use]
    pub fn frame_count(&self) -> u64 {
        self.frames.iter().sum()
    }

    /// Frames of messages: continuation, text and binary.
    #[must_use]
    pub fn data_frames(&self) -> u64 {
        self.frames.iter().take(3).sum()
    }
}

/// A frame kept for display.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FrameRecord<S: Stage = Quoted> {
    /// Number in the connection.
    pub n: u64,
    /// The side that sent it.
    pub from: Role,
    /// Time of its first byte.
    pub at: Option<Timestamp>,
    /// Packet of its first byte.
    pub packet: Option<PacketNo>,
    /// Offset of its first byte in the stream of its sender; `None` in a log.
    pub offset: Option<u64>,
    /// The header as sent: nothing in it is corrected.
    pub header: FrameHeader,
    /// First payload bytes, unmasked; inflated where `inflated` says so.
    pub preview: Bytes<S>,
    /// The preview shows the inflated data.
    pub inflated: bool,
    /// There is more than the preview shows.
    pub preview_cut: bool,
    /// Every payload byte is in the recording.
    pub complete: bool,
    /// Message it belongs to.
    pub message: Option<u64>,
    /// Part of a compressed message.
    pub compressed: bool,
    /// Its payload was taken out of the report, of a Close all behind the code.
    pub redacted: bool,
    /// The opcode of the message it belongs to is text: show the preview as text.
    pub text: bool,
    /// Clauses this frame broke.
    pub broke: Vec<RuleId>,
}

impl FrameRecord {
    /// About how many bytes it takes.
    pub(crate) fn weight(&self) -> usize {
        160 + self.preview.as_sent().capacity()
    }
}

/// A refused or abandoned handshake before the one that counts, on the same TCP connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EarlierHandshake<S: Stage = Quoted> {
    /// Target of its request.
    pub target: Text<S>,
    /// Status of the refusal; `None` without a response.
    pub status: Option<u16>,
}

/// A TCP connection in a capture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TcpRecord<S: Stage = Quoted> {
    /// Address and port of the client; behind a proxy that is the proxy's.
    pub client: At<S>,
    /// Address and port of the server; before a proxy that is the proxy's.
    pub server: At<S>,
    /// First packet of it in the capture, most often the SYN.
    pub first_packet: PacketNo,
    /// Last packet that belongs to it, acknowledgements without data included.
    pub last_packet: PacketNo,
}

/// TCP that was not established.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FailedConnect {
    /// An RST answered the SYN; otherwise nothing did.
    pub refused: bool,
    /// SYNs that the client sent.
    pub syns: u32,
}

/// A file among those that are one capture. Packets are numbered on from file to file; each file's own numbers,
/// which are those other tools show, begin behind `before`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SetFile<S: Stage = Quoted> {
    /// Index of the input, from 0.
    pub input: usize,
    /// Packets of the capture before it.
    pub before: u64,
    /// Name of the file, without its directory.
    pub file: FileName<S>,
}

/// Where a packet is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PacketPlace<'a> {
    /// Number in its file.
    pub packet: PacketNo,
    /// Index of the input.
    pub input: usize,
    /// Name of the file, where the connection is in several or the packet in one before it.
    pub file: Option<&'a str>,
}

/// One WebSocket connection, explained. What peers wrote in it is at a stage.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Conversation<S: Stage = Quoted> {
    /// By what reports, JSON and `--connection` name it; sparse within a document.
    pub id: ConversationId,
    /// Index of its input, from 0; of several that are one capture, the one with its first packet.
    pub input: usize,
    /// The path of that input as it was given; `None` where none was.
    pub path: Option<FileName<S>>,
    /// The files its packets are in; empty where there is but one input, whose packet numbers stand as they are. Ask
    /// [`Self::place`] for the number of a packet that is to be shown.
    pub parts: Vec<SetFile<S>>,
    /// Files before those, as far as findings speak of connections that began in them.
    pub parts_before: Vec<SetFile<S>>,
    /// Its TCP connection in the capture; `None` where the log of a tester tells of it, which knows neither
    /// addresses nor packets.
    pub tcp: Option<TcpRecord<S>>,
    /// What TCP shows of either side; the default where a log tells of it.
    pub tcp_facts: Box<TcpFacts>,
    /// What HTTP/2 shows of it, where a stream of that carries it.
    pub http2: Option<Box<Http2Facts<S>>>,
    /// The client could not connect; `None` where TCP was established.
    pub connect: Option<FailedConnect>,
    /// What TLS shows of it; `None` without TLS.
    pub tls: Option<Box<TlsFacts<S>>>,
    /// Time of the first packet.
    pub started_at: Option<Timestamp>,
    /// Time of the last packet.
    pub ended_at: Option<Timestamp>,
    /// The request for an upgrade; `None` where it is not in the recording.
    pub request: Option<Box<UpgradeRequest<S>>>,
    /// The response to it; `None` where it is not in the recording, or never came.
    pub response: Option<Box<UpgradeResponse<S>>>,
    /// The opening handshake is not, or not wholly, in the recording; what is not there is unknown, not left out.
    pub assumed: bool,
    /// Packet and time of request and response.
    pub handshake_at: PerRole<Option<(PacketNo, Option<Timestamp>)>>,
    /// Handshakes before this one.
    pub earlier: Vec<EarlierHandshake<S>>,
    /// Counts of both sides.
    pub traffic: PerRole<Traffic>,
    /// The first frames, then the last ones; `frames_omitted` in between.
    pub frames: Vec<FrameRecord<S>>,
    /// Index in `frames` of the first one behind the omitted ones.
    pub frames_resume: usize,
    /// Frames left out between the first and the last ones kept.
    pub frames_omitted: u64,
    /// Clauses broken and notes, in the order found.
    pub findings: Vec<Finding<S>>,
    /// Findings beyond the cap.
    pub findings_omitted: u64,
    /// Who ended it, how, and what was owed.
    pub closing: Box<Closing<S>>,
    /// Latencies, rhythms and silences.
    pub timing: Box<Timing>,
    /// Oddities of its recording.
    pub weirds: Weirds,
    /// The tester, where it is a case of the Autobahn Testsuite: what it breaks is the test.
    pub tester: Option<Role>,
    /// The case of the Autobahn Testsuite whose log tells of it; `None` for a capture.
    pub case: Option<Wire<Box<CaseRecord>, S>>,
    /// What a capture shows of it as a connection of a run of the Autobahn Testsuite; `None` where nobody asked for that, or it
    /// cannot be one.
    pub captured_case: Option<Box<CapturedCase>>,
}

impl<S: Stage> Conversation<S> {
    /// Whether a finding counts in totals and gates: it may not as well be nobody's fault, nor what a tester does on purpose.
    #[must_use]
    pub fn counts(&self, finding: &Finding<S>) -> bool {
        finding.certainty > Certainty::Undetermined && !self.is_test(finding)
    }

    /// Whether the tester of a case did it: that is the test.
    #[must_use]
    pub fn is_test(&self, finding: &Finding<S>) -> bool {
        self.tester.is_some() && finding.by == self.tester
    }

    /// Where a packet is: one of this connection, or one that a finding speaks of.
    #[must_use]
    pub fn place(&self, packet: PacketNo) -> PacketPlace<'_> {
        let of =
            |parts: &'_ [SetFile<S>]| parts.partition_point(|part| part.before < packet.0).checked_sub(1);
        let (at, is_named) = match of(&self.parts) {
            Some(at) => (self.parts.get(at), self.parts.len() > 1),
            None => (of(&self.parts_before).and_then(|at| self.parts_before.get(at)), true),
        };
        match at {
            Some(part) => PacketPlace {
                packet: PacketNo(packet.0 - part.before),
                input: part.input,
                file: is_named.then_some(&**part.file.value()),
            },
            None => PacketPlace { packet, input: self.input, file: None },
        }
    }
}

/// A case of the Autobahn Testsuite, and what was made of its report.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CaseRecord {
    /// The report as it was read.
    pub report: CaseReport,
    /// Its verdicts, worked out anew.
    pub recomputed: Recomputed,
    /// What the tester did, what the testee owed and did.
    pub account: CaseAccount,
    /// What its source lacks, and what had to be undone to read it.
    pub notes: Vec<String>,
    /// Where the report contradicts itself.
    pub inconsistencies: Vec<String>,
}

/// What was read from one input.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct InputReport {
    /// As given; `-` for standard input.
    pub path: String,
    /// What it is: `pcap` or `pcapng`, or the form of a report.
    pub kind: &'static str,
    /// What was undone to read it.
    pub compression: Compression,
    /// The capture it is a part of, numbered from 1; `None` for one that is a capture of its own.
    pub set: Option<u64>,
    /// Records read from it.
    pub packets: u64,
    /// Bytes read, as they are without compression.
    pub bytes: u64,
    /// Link types in the order seen.
    pub link_types: Vec<LinkType>,
    /// Time of the first packet.
    pub first_at: Option<Timestamp>,
    /// Latest time of a packet.
    pub last_at: Option<Timestamp>,
    /// The file ends inside a record, or its compressed data could not be read to their end.
    pub truncated: bool,
    /// The user stopped the reading before the end.
    pub interrupted: bool,
    /// TCP connections with a packet in it, of whatever protocol.
    pub tcp_connections: u64,
    /// WebSocket connections among them.
    pub websocket_connections: u64,
    /// Those under TLS that could not be read and may be WebSocket.
    pub encrypted_connections: u64,
    /// What is odd about the recording.
    pub weirds: Weirds,
    /// Why it was not read, if it was not.
    pub unused: Option<Unused>,
}

/// Why an input that was named, or found in a directory, was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unused {
    /// It is nothing that is read.
    Skipped(&'static str),
    /// It cannot be read.
    Failed(String),
}
