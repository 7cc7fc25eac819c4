//! What of a report must not depend on how its connections were recorded.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use wslog::engine::{Keep, analyze_captures};
use wslog::knowledge::rules::{
    ClHalfOpen, ClIdle, ClReplyLate, ClServerImmediate, ClTcpNever, FrPingPong, FrPongLate,
};
use wslog::limits::Limits;
use wslog::model::{
    Conversation, ConversationId, HeaderSigns, InputReport, PacketNo, PerRole, Role, RuleId, Seen, Stage,
    StepVerdict, TcpEnd, Timing, TlsFacts, TlsMark, Violation, WeirdKind, Weirds,
};
use wslog::redact::{self, Redaction, Shown};
use wslog::source::{Decoder, Reader};
use wslog::tls::Keys;

use super::conversation::TestPacket;

/// What wslog reports of a capture file, in order of first packets.
pub fn analyse_file(file: &[u8]) -> Vec<Conversation> {
    analyse_file_within(file, &Limits::default()).0
}

/// The same with other caps, and what is reported of the file itself.
pub fn analyse_file_within(file: &[u8], limits: &Limits) -> (Vec<Conversation>, InputReport) {
    analyse_file_with(file, &Keys::new(), limits)
}

/// The same with keys of TLS.
pub fn analyse_file_with(file: &[u8], keys: &Keys, limits: &Limits) -> (Vec<Conversation>, InputReport) {
    let keep = Keep { first: usize::MAX, last: 0, payload_bytes: 256, ..Keep::NOTHING };
    let mut reports = Vec::new();
    let mut take = |report: Box<Conversation>| {
        reports.push(*report);
        Ok(())
    };
    let mut inputs = analyze_captures([(file, Path::new("capture"))], false, keys, (limits, keep), &mut take)
        .expect("the capture can be read");
    (reports, inputs.remove(0))
}

/// The TCP segments of a capture file, without what the builder does not write (TCP options).
pub fn packets_of(file: &[u8]) -> Vec<TestPacket> {
    let mut reader = Reader::open(file, Path::new("capture")).expect("a capture");
    let mut weirds = Weirds::default();
    let mut decoder = Decoder::new(&Limits::default());
    let mut packets = Vec::new();
    while let Some(packet) = reader.next(&mut weirds).expect("whole packets") {
        let before = packets.len();
        decoder.decode(&packet, &mut weirds, &mut |segment| {
            packets.push(TestPacket {
                at_ns: segment.at.expect("a time").0,
                from: segment.src,
                to: segment.dst,
                seq: segment.seq,
                ack: segment.ack,
                flags: segment.flags,
                header: segment.header,
                payload: segment.payload.to_vec(),
            });
        });
        assert_eq!(packets.len(), before + 1, "a TCP segment in packet {}", packet.no);
    }
    packets
}

/// Everything the reports say except where and when it was recorded, as text for [`assert_same`].
///
/// Left out because it is about packets, not about the endpoints: packet numbers, times, IP addresses, bytes
/// retransmitted, what TCP shows besides its ends, how often each weird came, and HS-COALESCED, which says that two things shared a segment.
pub fn essence(reports: &[Conversation]) -> String {
    reports.iter().map(|report| essence_of(report.clone())).collect()
}

/// A report that shows what peers wrote.
pub fn shown(report: Conversation) -> Conversation<Shown> {
    *redact::seal(Box::new(report), Redaction::Nothing).open()
}

fn essence_of(report: Conversation) -> String {
    let mut report = report;
    if let Some(tcp) = &mut report.tcp {
        for end in [&mut tcp.client, &mut tcp.server] {
            end.as_sent_mut().0.set_ip(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        }
    }
    let mut report = shown(report);
    report.input = 0;
    report.path = None;
    report.id = ConversationId::flow(0);
    if let Some(tcp) = &mut report.tcp {
        (tcp.first_packet, tcp.last_packet) = (PacketNo(0), PacketNo(0));
    }
    if let Some(tls) = &mut report.tls {
        unmark(tls);
    }
    if let Some(http2) = &mut report.http2 {
        http2.packets = None;
        for going in [&mut http2.going.client, &mut http2.going.server].into_iter().flatten() {
            (going.at, going.packet) = (None, PacketNo(0));
        }
    }
    (report.started_at, report.ended_at) = (None, None);
    report.handshake_at = PerRole::default();
    for frame in &mut report.frames {
        (frame.at, frame.packet, frame.offset) = (None, None, None);
        frame.broke.retain(|rule| *rule != RuleId::HsCoalesced);
    }

    report.findings.retain(|finding| finding.violation.rule() != RuleId::HsCoalesced);
    for finding in &mut report.findings {
        (finding.at, finding.packet) = (None, None);
        untimed(&mut finding.violation);
    }
    // They stand in order of packets; of those in one packet the order is that of frames.
    report.findings.sort_by_cached_key(|finding| format!("{:?} {finding:?}", finding.frame));

    let unplaced = |mut end: TcpEnd| {
        (end.at, end.packet) = (None, None);
        end
    };
    let closing = &mut report.closing;
    closing.idle_before_close_ns = None;
    closing.first_end = closing.first_end.map(unplaced);
    for role in Role::BOTH {
        report.traffic[role].retransmitted_bytes = 0;
        closing.ends[role] = closing.ends[role].map(unplaced);
        let side = &mut closing.sides[role];
        (side.at, side.packet) = (None, None);
        // Copies may lack bare acknowledgements.
        (side.reached, side.reached_at) = (None, None);
    }
    for role in Role::BOTH {
        // An RST says the same however often it was captured; all else that TCP shows is about segments.
        let mut ends = std::mem::take(&mut report.tcp_facts[role]).ends;
        for end in &mut ends {
            (end.packet, end.at, end.acked, end.header) = (PacketNo(0), None, None, HeaderSigns::default());
        }
        ends.sort_by_key(|end| (end.how, end.offset, end.bare));
        ends.dedup();
        report.tcp_facts[role].ends = ends;
    }
    // What a cause rests on has times and packets in it, and segments sent again can speak for another.
    let cause = closing.cause.take().map(|cause| (cause.id(), cause.by, cause.certainty, cause.rule));
    *report.timing = Timing::default();
    // Whether any time was left for a Pong before the end is a matter of times.
    closing.steps.retain(|step| step.rule != RuleId::FrPingPong || step.verdict != StepVerdict::Unobserved);
    for step in &mut closing.steps {
        step.since.at = None;
        match &mut step.seen {
            Seen::Close { after_ns, .. } | Seen::TcpEnd { after_ns, .. } => *after_ns = None,
            Seen::NothingFor(ns) | Seen::PeerWaited(ns) => *ns = 0,
            _ => {}
        }
    }

    let weirds = std::mem::take(&mut report.weirds);
    let mut kinds: Vec<WeirdKind> = weirds.as_slice().iter().map(|weird| weird.kind).collect();
    kinds.sort_unstable();
    format!("{report:#?}\nweirds: {kinds:?}\ncause: {cause:#?}\n")
}

/// Takes packets and times out of what TLS shows. Of the last records the order is that of the capture, by side.
fn unmark<S: Stage>(tls: &mut TlsFacts<S>) {
    let gone = |mark: &mut TlsMark| (mark.at, mark.packet) = (None, PacketNo(0));
    let pairs = [&mut tls.hello, &mut tls.finished, &mut tls.close_notify];
    let marks = pairs.into_iter().flat_map(|pair| [&mut pair.client, &mut pair.server]).flatten();
    marks.for_each(gone);
    for records in [&mut tls.records.client, &mut tls.records.server] {
        [&mut records.first, &mut records.last].into_iter().flatten().for_each(gone);
    }
    tls.last.iter_mut().for_each(|record| gone(&mut record.mark));
    for alert in &mut tls.alerts {
        (alert.at, alert.packet) = (None, PacketNo(0));
    }
}

/// Takes durations, and the number of segments, out of what rests on them.
fn untimed(violation: &mut Violation<Shown>) {
    match violation {
        Violation::FrPingPong(FrPingPong { waited_ns: ns, .. })
        | Violation::FrPongLate(FrPongLate { after_ns: ns, .. })
        | Violation::ClReplyLate(ClReplyLate { after_ns: ns, .. })
        | Violation::ClServerImmediate(ClServerImmediate { for_ns: ns })
        | Violation::ClTcpNever(ClTcpNever { for_ns: ns })
        | Violation::ClIdle(ClIdle { idle_ns: ns, .. }) => *ns = 0,
        Violation::ClHalfOpen(ClHalfOpen { tries, for_ns, .. }) => (*tries, *for_ns) = (0, 0),
        _ => {}
    }
}

/// Fails with the first lines that differ.
#[track_caller]
pub fn assert_same(found: &str, expected: &str, what: &dyn Fn() -> String) {
    if found == expected {
        return;
    }
    let at = found.lines().zip(expected.lines()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| {
        let lines: Vec<&str> = text.lines().skip(at.saturating_sub(8)).take(12).collect();
        lines.join("\n")
    };
    panic!("{}\n--- found\n{}\n--- expected\n{}", what(), around(found), around(expected));
}
