//! The streams of HTTP/2 on one TCP connection, each a conversation of its own.

use std::collections::BTreeMap;

use crate::dissect::{Beside, Span};
use crate::engine::concluded::{self, BoxedConcluded};
use crate::engine::followed::Followed;
use crate::engine::recorder::Common;
use crate::engine::shards::Terms;
use crate::engine::stages::Stages;
use crate::http2::{Ending, How, StreamFacts};
use crate::limits::Limits;
use crate::model::{
    ConversationId, Direction, EndSegment, GoAway, HeaderSigns, Http2Facts, Observation, PerRole, Role,
    SideTcp, StreamEnd, TcpEnd, TcpFacts, Timestamp, TlsFacts, Weirds,
};
use crate::reference::across::Trace;
use crate::tcp::Connection;

/// Streams that are over and still followed: of a reset more may come.
pub(super) const MAX_OVER: usize = 256;

/// Streams that wait for the end of their connection.
const MAX_DONE: usize = 1_024;

/// About how many bytes they take.
const MAX_DONE_BYTES: usize = 4 << 20;

/// Those that are followed, and those that are over.
#[derive(Debug, Default)]
pub(super) struct Carried {
    streams: BTreeMap<u32, Stream>,
    /// Bytes of memory behind their heads.
    heads: usize,
    done: Vec<BoxedConcluded>,
    /// About how many bytes those take.
    weight: usize,
}

/// One stream.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) stages: Box<Stages>,
    /// Who heard of its frames knows whose they are.
    pub(super) is_introduced: bool,
}

impl Carried {
    /// Takes what was observed on a stream of `this`, the first or not. Kept apart from what goes the usual way, which is often.
    #[inline(never)]
    pub(super) fn observe(
        this: &mut Option<Box<Self>>,
        stream: u32,
        observation: Observation<'_>,
        terms: &Terms,
        weirds: &mut Weirds,
        common: &mut Common,
    ) {
        let this = this.get_or_insert_default();
        let of = this
            .streams
            .entry(stream)
            .or_insert_with(|| Stream { stages: Box::new(Stages::watching(terms)), is_introduced: false });
        let before = of.stages.recorder.held;
        common.stream = Some(stream);
        of.stages.observe(observation, terms, weirds, common);
        common.stream = None;
        this.heads = this.heads.saturating_sub(before).saturating_add(of.stages.recorder.held);
    }

    /// One of those that are followed.
    pub(super) fn get_mut(&mut self, stream: u32) -> Option<&mut Stream> {
        self.streams.get_mut(&stream)
    }

    fn remove(&mut self, stream: u32) -> Option<Stream> {
        let of = self.streams.remove(&stream)?;
        self.heads = self.heads.saturating_sub(of.stages.recorder.held);
        Some(of)
    }

    fn is_done(&mut self, concluded: BoxedConcluded) {
        self.weight = self.weight.saturating_add(concluded.weight);
        self.done.push(concluded);
    }

    /// Those that are over, where there are too many to wait for the end of the connection, which tells more of its TLS.
    pub(super) fn excess(&mut self) -> Vec<BoxedConcluded> {
        if self.done.len() < MAX_DONE && self.weight < MAX_DONE_BYTES {
            return Vec::new();
        }
        self.weight = 0;
        std::mem::take(&mut self.done)
    }

    /// All, in the order of their streams.
    pub(super) fn finish(mut self, tls: Option<Box<TlsFacts>>, tcp: &Connection) -> Vec<BoxedConcluded> {
        self.done.sort_by_key(|concluded| concluded.conversation.id);
        for concluded in &mut self.done {
            concluded.conversation.tls.clone_from(&tls);
            if let Some(http2) = &mut concluded.conversation.http2 {
                http2.packets = Some((tcp.first_packet(), tcp.last_packet()));
            }
        }
        self.done
    }

    /// About how many bytes of memory their heads take, and those that are over.
    pub(super) fn held(&self) -> usize {
        self.heads + self.streams.len() * size_of::<Stream>() + self.weight
    }

    /// About how many bytes their listed frames take.
    pub(super) fn listed(&self) -> usize {
        self.streams.values().map(|stream| stream.stages.recorder.frames.bytes()).sum()
    }
}

impl Followed {
    /// Draws the conclusions of streams that are over; with `all` of the others, too, of which the recording would have shown more
    /// until then. Gives about how many bytes their listed frames take.
    pub(super) fn conclude_streams(
        &mut self,
        tcp: &Connection,
        until: Option<Timestamp>,
        limits: &Limits,
        all: bool,
    ) -> usize {
        let mut listed = 0;
        if self.carried.is_none() {
            return listed;
        }
        let open = self.dissector.open_streams();
        for id in self.dissector.streams(all) {
            let taken = self.dissector.take_stream(id);
            let Some((facts, span, client)) = taken else { continue };
            let tls = self.tls_facts();
            let Some(carried) = self.carried.as_mut() else { return listed };
            let (Some(stream), Some(client)) = (carried.remove(id), client) else { continue };
            let until = until.or(span.last.at);
            let half = |dir| facts.endings.iter().any(|end| end.dir == dir && end.how == How::EndStream);
            let until = (until, Some(PerRole { client: half(client), server: half(client.flip()) }));
            let mut concluded =
                concluded::conclude(*stream.stages, tcp, client, (Weirds::default(), tls), until, limits);
            let conversation = &mut *concluded.conversation;
            conversation.id = ConversationId { stream: Some(id), ..ConversationId::flow(0) };
            conversation.started_at = span.first.at;
            conversation.ended_at = span.last.at;
            if let Some(record) = &mut conversation.tcp {
                (record.first_packet, record.last_packet) = (span.first.packet, span.last.packet);
            }
            for (role, dir) in [(Role::Client, client), (Role::Server, client.flip())] {
                let traffic = &mut conversation.traffic[role];
                (traffic.stream_bytes, traffic.gap_bytes) = (span.bytes[dir], span.gap_bytes[dir]);
            }
            // An end of the stream comes before that of the connection below it.
            if let Some(first) = facts.endings.first() {
                let by = if first.dir == client { Role::Client } else { Role::Server };
                let EndSegment { how, packet, at, .. } = end_of(first);
                conversation.closing.first_end = Some(TcpEnd { by, how, at, packet: Some(packet) });
            }
            conversation.http2 =
                Some(Box::new(http2_facts(&facts, client, self.dissector.beside(id, &open), tcp)));
            *conversation.tcp_facts = tcp_facts(tcp, client, &facts, &span);
            concluded.weight += conversation.http2.as_deref().map_or(0, weight);
            concluded.trace = Trace::of(&concluded.conversation);
            concluded.diagnose(limits.max_findings);
            listed += concluded.listed;
            carried.is_done(concluded);
        }
        listed
    }
}

/// About how many bytes it takes.
fn weight(http2: &Http2Facts) -> usize {
    let debug = [&http2.going.client, &http2.going.server]
        .into_iter()
        .filter_map(|going| going.as_ref()?.debug.as_ref())
        .map(|debug| debug.as_sent().len());
    let streams = (http2.others.capacity() + http2.open.capacity()) * size_of::<u32>();
    size_of::<Http2Facts>() + streams + debug.sum::<usize>()
}

/// What the connection shows of a stream.
fn http2_facts(facts: &StreamFacts, client: Direction, beside: Beside, tcp: &Connection) -> Http2Facts {
    let going = |dir: Direction| {
        facts.going[dir].as_ref().map(|going| GoAway {
            last_stream: going.last_stream,
            error: going.error,
            debug: (!going.debug.is_empty())
                .then(|| String::from_utf8_lossy(&going.debug).into_owned().into()),
            packet: going.carrier.packet,
            at: going.carrier.at,
        })
    };
    let Beside { others, open, requests } = beside;
    Http2Facts {
        packets: Some((tcp.first_packet(), tcp.last_packet())),
        was_invited: facts.was_invited,
        stalled: PerRole { client: facts.stalled[client], server: facts.stalled[client.flip()] },
        going: PerRole { client: going(client), server: going(client.flip()) },
        others,
        open,
        requests,
    }
}

/// What TCP shows of the connection, with the ends of the stream in place of those that came when it was over.
fn tcp_facts(tcp: &Connection, client: Direction, facts: &StreamFacts, span: &Span) -> TcpFacts {
    let mut all = concluded::tcp_facts(tcp, client);
    for (role, dir) in [(Role::Client, client), (Role::Server, client.flip())] {
        let ends: Vec<EndSegment> = facts.endings.iter().filter(|end| end.dir == dir).map(end_of).collect();
        let is_open = !facts.is_over();
        let side = &mut all[role];
        side.moments.retain(|moment| span.first.packet <= moment.packet && moment.packet <= span.last.packet);
        // What comes behind the end of the stream is of others.
        if !is_open {
            side.ends.clear();
        }
        side.ends.splice(0..0, ends);
        side.ends.truncate(SideTcp::MAX_ENDS);
    }
    all
}

fn end_of(end: &Ending) -> EndSegment {
    let how = match end.how {
        How::EndStream => StreamEnd::EndStream,
        How::RstStream(error) => StreamEnd::RstStream(error),
    };
    EndSegment {
        how,
        packet: end.carrier.packet,
        at: end.carrier.at,
        offset: Some(end.offset),
        acked: end.carrier.acked,
        bare: false,
        header: HeaderSigns::default(),
    }
}
