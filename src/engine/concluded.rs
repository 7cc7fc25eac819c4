//! What a connection came to, and what is added once no segment of it can come any more.

use std::sync::Arc;

use crate::diagnosis::diagnose;
use crate::engine::recorder::Keep;
use crate::engine::stages::{Stages, file};
use crate::limits::Limits;
use crate::model::{
    Certainty, Conversation, Course, Direction, EndSegment, FailedConnect, FrameRecord, Lifecycle,
    PerDirection, PerRole, Role, Tail, TcpEnd, TcpFacts, TcpMoment, TcpRecord, Timestamp, TlsFacts, Trails,
    Weirds,
};
use crate::reference::across::Trace;
use crate::reference::{host_port, tls};
use crate::tcp::Connection;

/// It is large, and handed on as it is.
pub(super) type BoxedConcluded = Box<Concluded>;

/// A conversation that is over, with what it would have to be looked through for later, by which time it has gone from
/// the cache.
#[derive(Debug)]
pub(super) struct Concluded {
    pub(super) conversation: Box<Conversation>,
    /// What its diagnosis rests on besides.
    pub(super) course: Box<Course>,
    /// What is compared of it with others.
    pub(super) trace: Option<Trace>,
    /// What other recordings of its connection would have, too.
    pub(super) trails: Option<Trails>,
    /// About how many bytes it takes.
    pub(super) weight: usize,
    /// Bytes of memory behind the handshakes, and about how many its listed frames take.
    pub(super) heads: usize,
    pub(super) listed: usize,
    /// Which thread made it.
    pub(super) maker: usize,
}

impl Concluded {
    /// Takes its trails, which are those of so many conversations.
    pub(super) fn follow(&mut self, trails: Option<Trails>, shared_by: usize) {
        let weight =
            trails.iter().map(|trails| trails.client.weight() + trails.server.weight()).sum::<usize>();
        self.weight += weight / shared_by.max(1);
        self.trails = trails;
    }

    /// Adds what rests on how TCP went, which is known by now, and the cause.
    pub(super) fn diagnose(&mut self, max_findings: usize) {
        let conversation = &mut *self.conversation;
        let tcp_facts = &conversation.tcp_facts;
        let ends = tcp_facts.client.ends.len() + tcp_facts.server.ends.len();
        let moments = tcp_facts.client.moments.len() + tcp_facts.server.moments.len();
        self.weight += ends * size_of::<EndSegment>() + moments * size_of::<TcpMoment>();
        if let Some(facts) = conversation.tls.as_deref() {
            conversation.findings.retain(|finding| !tls::excuses(facts, finding));
        }
        for breach in tls::breaches(conversation) {
            file(conversation, breach, max_findings);
        }
        diagnose(conversation, &self.course);
    }
}

/// The one note on a handshake that needs the addresses.
fn add_host_port(report: &mut Conversation, max: usize) {
    let (Some(request), Some(tcp)) = (&report.request, report.tcp) else { return };
    if let Some(mut finding) = host_port(request, tcp.server.as_sent().port(), report.handshake_at.client) {
        if report.assumed {
            finding.certainty = finding.certainty.min(Certainty::Likely);
        }
        file(report, finding, max);
    }
}

/// What the stages conclude when the recording would have shown more until then; of a stream of HTTP/2 with which side ended its
/// half by END_STREAM. What a segment that still comes can
/// change is left to [`complete`].
pub(super) fn conclude(
    stages: Stages,
    connection: &Connection,
    client: Direction,
    (weirds, tls): (Weirds, Option<Box<TlsFacts>>),
    (until, half_closed): (Option<Timestamp>, Option<PerRole<bool>>),
    limits: &Limits,
) -> Box<Concluded> {
    let of = |dir| connection.stats(dir).unanswered;
    let unanswered = PerRole { client: of(client), server: of(client.flip()) };
    let last_payload_at = match &tls {
        // Behind it come alerts, which say nothing of what it carries.
        Some(tls) if tls.decrypted => PerRole {
            client: tls.records.client.last.and_then(|mark| mark.at),
            server: tls.records.server.last.and_then(|mark| mark.at),
        },
        _ => PerRole {
            client: connection.last_payload_at(client),
            server: connection.last_payload_at(client.flip()),
        },
    };
    let is_whole = [Direction::Orig, Direction::Resp].into_iter().all(|dir| {
        let stats = connection.stats(dir);
        stats.gap_bytes == 0 && stats.unanswered.is_none()
    });
    let not_secured = is_whole && tls.as_ref().is_some_and(|tls| tls.offer.is_some() && !tls.is_over());
    let is_stream = half_closed.is_some();
    let half_closed = half_closed.unwrap_or_default();
    let tail =
        Tail { until, unanswered, last_payload_at, is_stream, half_closed, not_secured, ..Tail::default() };
    let (heads, listed) = (stages.recorder.held, stages.recorder.frames.bytes());
    let (mut conversation, course) = stages.report(weirds, &tail);
    let endpoints = connection.endpoints();
    let (client_at, server_at) = match client {
        Direction::Orig => (endpoints.orig, endpoints.resp),
        Direction::Resp => (endpoints.resp, endpoints.orig),
    };
    conversation.tcp = Some(TcpRecord {
        client: client_at.into(),
        server: server_at.into(),
        first_packet: connection.first_packet(),
        last_packet: connection.last_packet(),
    });
    conversation.started_at = connection.started_at();
    conversation.tls = tls;
    add_host_port(&mut conversation, limits.max_findings);
    let (trace, weight) = (Trace::of(&conversation), weight(&conversation) + size_of::<Course>());
    Box::new(Concluded { conversation, course, trace, trails: None, weight, heads, listed, maker: 0 })
}

/// Whether the FIN of a side was not captured, or only behind the end with which its peer acknowledges it: who ended TCP first is
/// not known then.
fn lacks_end(role: Role, sent: u64, facts: &TcpFacts) -> bool {
    let answers = facts[role.peer()].ends.iter().filter(|end| end.acked.is_some_and(|acked| acked > sent));
    let ends = &facts[role].ends;
    answers.map(|end| end.packet).any(|packet| !ends.iter().any(|own| own.packet < packet))
}

/// Adds what is known once no segment can come any more.
pub(super) fn complete(
    concluded: &mut Concluded,
    connection: &mut Connection,
    client: Direction,
    max_findings: usize,
) {
    let conversation = &mut *concluded.conversation;
    for (role, dir) in [(Role::Client, client), (Role::Server, client.flip())] {
        let stats = connection.stats(dir);
        let traffic = &mut conversation.traffic[role];
        traffic.stream_bytes = stats.stream_bytes;
        traffic.gap_bytes = stats.gap_bytes;
        traffic.retransmitted_bytes = stats.retransmitted_bytes;
    }
    if let Some(tcp) = &mut conversation.tcp {
        tcp.last_packet = connection.last_packet();
    }
    conversation.ended_at = connection.ended_at();
    *conversation.tcp_facts = tcp_facts(connection, client);
    if let Some(case) = &mut conversation.captured_case {
        let (traffic, facts) = (&conversation.traffic, &conversation.tcp_facts);
        // A FIN takes up a number.
        let seen = traffic[case.tester].stream_bytes.saturating_add(1);
        let is_cut = facts[case.tester].ends.iter().any(|end| end.offset.is_some_and(|offset| offset > seen));
        if is_cut || Role::BOTH.into_iter().any(|role| lacks_end(role, traffic[role].stream_bytes, facts)) {
            case.lacks_end();
        }
    }
    concluded.diagnose(max_findings);
    concluded.follow(trails(connection, client), 1);
}

/// A conversation that is over before its TCP connection was established: what is known of it is `tail`, `facts`, `tcp`
/// and `connect`.
pub(super) fn not_connected(
    tail: &Tail,
    facts: TcpFacts,
    tcp: TcpRecord,
    connect: FailedConnect,
    limits: &Limits,
) -> Box<Concluded> {
    let (mut conversation, course) = Stages::new(limits, &Keep::NOTHING).report(Weirds::default(), tail);
    conversation.tcp = Some(tcp);
    conversation.connect = Some(connect);
    if let Some(end) = facts.server.ends.first() {
        let &EndSegment { how, at, packet, .. } = end;
        let end = TcpEnd { by: Role::Server, how, at, packet: Some(packet) };
        let closing = &mut *conversation.closing;
        (closing.first_end, closing.ends.server) = (Some(end), Some(end));
        (closing.sides.client.state, closing.sides.server.state) = (Lifecycle::Closed, Lifecycle::Closed);
    }
    *conversation.tcp_facts = facts;
    diagnose(&mut conversation, &course);
    let weight = weight(&conversation);
    Box::new(Concluded {
        conversation,
        course,
        trace: None,
        trails: None,
        weight,
        heads: 0,
        listed: 0,
        maker: 0,
    })
}

/// What other recordings of it would have, too, where that was kept.
pub(super) fn trails(connection: &mut Connection, client: Direction) -> Option<Trails> {
    let PerDirection { orig, resp } = connection.take_trails()?;
    Some(Arc::new(match client {
        Direction::Orig => PerRole { client: orig, server: resp },
        Direction::Resp => PerRole { client: resp, server: orig },
    }))
}

/// What TCP shows of both sides until now.
pub(super) fn tcp_facts(connection: &Connection, client: Direction) -> TcpFacts {
    PerRole { client: connection.facts(client), server: connection.facts(client.flip()) }
}

/// About how many bytes a conversation takes while it waits.
pub(super) fn weight(conversation: &Conversation) -> usize {
    let frames: usize = conversation.frames.iter().map(FrameRecord::weight).sum();
    let requested =
        conversation.request.iter().map(|request| (request.weight(), request.fields.as_sent().len()));
    let responded =
        conversation.response.iter().map(|response| (response.weight(), response.fields.as_sent().len()));
    // A line takes more where it is written.
    let heads: usize = requested.chain(responded).map(|(bytes, lines)| bytes * 2 + lines * 32).sum();
    2_048 + size_of::<TcpFacts>() + frames + heads + conversation.findings.len() * 128
}
