//! One TCP connection on its way through `dissect`, `message` and `reference`.

use std::sync::Arc;

use crate::autobahn::captured::Watch;
use crate::diagnosis::diagnose;
use crate::dissect::{Dissected, Dissector, Status};
use crate::engine::carried::{self, Carried};
use crate::engine::recorder::{Common, Keep, Recorder, Told};
use crate::engine::secured::{Before, Secured, Way};
use crate::engine::shards::Terms;
use crate::limits::Limits;
use crate::message::Messages;
use crate::model::{
    Certainty, Conversation, ConversationId, Course, Direction, EndSegment, Endpoints, EventKind,
    FailedConnect, Finding, FrameRecord, Lifecycle, LostHow, Observation, Observed, Opening, PerRole, Role,
    RuleId, Segment, StreamEvent, Tail, TcpEnd, TcpFacts, TcpRecord, Timestamp, TlsFacts, Trails,
    Undecodable, WeirdKind, Weirds, count,
};
use crate::reference::across::Trace;
use crate::reference::tls;
use crate::reference::{Reference, host_port};
use crate::tcp::Connection;

/// What is known about a TCP connection.
#[derive(Debug)]
pub(super) enum Watched {
    /// It carries WebSocket, or may still turn out to.
    Followed(Box<Followed>),
    /// TCP is over and so is what can be concluded: the stages are gone while the connection waits for what the
    /// capture may have late.
    Concluded {
        /// But for the end and the counts of the whole connection.
        concluded: Box<Concluded>,
        /// Who sent the request.
        client: Direction,
    },
    /// It carries something else.
    Ignored {
        /// Oddities until then.
        weirds: Weirds,
    },
}

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
    heads: usize,
    pub(super) listed: usize,
    /// Which thread made it.
    pub(super) maker: usize,
}

/// What a segment made of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It goes on as it was.
    Goes,
    /// It has turned out not to be WebSocket.
    Left,
}

/// A connection that is followed.
#[derive(Debug)]
pub(super) struct Followed {
    pub(super) dissector: Dissector,
    weirds: Weirds,
    stages: Option<Box<Stages>>,
    /// The TLS that carries it.
    secured: Option<Box<Secured>>,
    /// Plain text that went by, which TLS may still begin behind.
    before: Before,
    /// Who heard of its frames knows whose they are.
    is_introduced: bool,
    /// The streams of HTTP/2 that it carries.
    pub(super) carried: Option<Box<Carried>>,
}

/// What a watched flow came to.
#[derive(Debug, Default)]
pub(super) struct Finished {
    /// In the order of their streams.
    pub(super) concluded: Vec<BoxedConcluded>,
    /// Oddities that are of none of them.
    pub(super) weirds: Weirds,
}

/// The stages behind `dissect`, from the first observation on. Each in a box of its own: allocators keep pieces
/// of up to a kilobyte at hand, and connections come by the thousand.
#[derive(Debug)]
pub(super) struct Stages {
    messages: Box<Messages>,
    reference: Box<Reference>,
    pub(super) recorder: Box<Recorder>,
    broke: Vec<RuleId>,
    /// Looks whether it is a case of a run.
    watch: Option<Box<Watch>>,
}

impl Watched {
    /// `whole`: it begins with a SYN.
    pub(super) fn new(whole: bool) -> Self {
        Self::Followed(Box::new(Followed {
            dissector: if whole { Dissector::new() } else { Dissector::mid_stream() },
            weirds: Weirds::default(),
            stages: None,
            secured: None,
            before: Before::new(whole),
            is_introduced: false,
            carried: None,
        }))
    }

    /// Takes the next segment; what somebody wants to hear of at once goes to `common`.
    pub(super) fn segment(
        &mut self,
        connection: &mut Connection,
        segment: &Segment<'_>,
        terms: &Terms,
        common: &mut Common,
    ) -> Turn {
        let limits = &terms.limits;
        match self {
            Self::Followed(followed) => {
                let mut tcp_weirds = std::mem::take(&mut followed.weirds);
                connection.push(segment, limits, &mut tcp_weirds, &mut |event| {
                    followed.step(&event, terms, common);
                });
                followed.introduce(connection, common);
                tcp_weirds.merge(std::mem::take(&mut followed.weirds));
                followed.weirds = tcp_weirds;
                // What comes behind the end of a stream is told with it, unless there are too many.
                if followed.carried.is_some() && followed.dissector.count_over() >= carried::MAX_OVER {
                    let listed = followed.conclude_streams(connection, None, limits, false);
                    common.listed = common.listed.saturating_sub(listed);
                }
                if followed.is_lost() {
                    let weirds = std::mem::take(&mut followed.weirds);
                    followed.unlist(common);
                    connection.forget_facts();
                    *self = Self::Ignored { weirds };
                    return Turn::Left;
                } else if connection.is_complete() && !followed.waits_for_keys() {
                    self.conclude(connection, terms, common);
                }
            }
            Self::Concluded { concluded, .. } => {
                connection.push(segment, limits, &mut concluded.conversation.weirds, &mut |_| {});
            }
            Self::Ignored { weirds } => connection.push(segment, limits, weirds, &mut |_| {}),
        }
        Turn::Goes
    }

    /// Streams of it that are over and do not wait for its end.
    pub(super) fn take_done(&mut self) -> Vec<BoxedConcluded> {
        match self {
            Self::Followed(followed) => {
                followed.carried.as_mut().map_or_else(Vec::new, |carried| carried.excess())
            }
            Self::Concluded { .. } | Self::Ignored { .. } => Vec::new(),
        }
    }

    /// Draws the conclusions of a connection that is complete.
    fn conclude(&mut self, connection: &mut Connection, terms: &Terms, common: &mut Common) {
        connection.forget_bytes();
        let Self::Followed(followed) = self else { return };
        followed.end_tls(terms, common);
        followed.introduce(connection, common);
        if let Some((concluded, client)) = followed.conclude(connection, connection.ended_at(), &terms.limits)
        {
            *self = Self::Concluded { concluded, client };
        }
    }

    /// What it came to, once it is closed: for whoever does not wait for what the capture may have late, of which nothing
    /// is seen any more.
    #[cold]
    pub(super) fn give(
        &mut self,
        connection: &mut Connection,
        terms: &Terms,
        common: &mut Common,
    ) -> Vec<BoxedConcluded> {
        match self {
            Self::Concluded { .. } => {}
            Self::Followed(followed) if connection.is_closed() && !followed.waits_for_keys() => {}
            Self::Followed(_) | Self::Ignored { .. } => return Vec::new(),
        }
        let this = std::mem::replace(self, Self::Ignored { weirds: Weirds::default() });
        let Finished { concluded, weirds } = this.finish(connection, terms, connection.ended_at(), common);
        *self = Self::Ignored { weirds };
        concluded
    }

    /// Whether its opening handshake is over, or nobody looks for one.
    #[inline]
    pub(super) fn is_settled(&self) -> bool {
        match self {
            Self::Followed(followed) => followed.dissector.status() == Status::WebSocket,
            Self::Concluded { .. } | Self::Ignored { .. } => true,
        }
    }

    /// Whether nothing waits, and no more than so many bytes of the handshake are kept: what most connections are like for
    /// most of the time is seen at a glance.
    #[inline]
    pub(super) fn holds_at_most(&self, bytes: usize, connection: &Connection) -> bool {
        connection.holds_nothing()
            && match self {
                Self::Followed(followed) => {
                    followed.dissector.holds_nothing()
                        && followed.stages.as_ref().is_none_or(|stages| stages.recorder.held <= bytes)
                        && followed.secured.is_none()
                        && followed.carried.is_none()
                }
                Self::Concluded { concluded, .. } => concluded.heads <= bytes,
                Self::Ignored { .. } => true,
            }
    }

    /// About how many bytes of memory what waits takes, and what is kept of the handshake, which a peer can make large.
    #[inline]
    pub(super) fn held(&self, connection: &Connection) -> usize {
        connection.held()
            + match self {
                Self::Followed(followed) => {
                    let recorded = followed.stages.as_ref().map_or(0, |stages| stages.recorder.held);
                    let secured = followed.secured.as_ref().map_or(0, |secured| secured.held());
                    let carried = followed.carried.as_ref().map_or(0, |carried| carried.held());
                    followed.dissector.held() + recorded + secured + carried
                }
                Self::Concluded { concluded, .. } => concluded.heads,
                Self::Ignored { .. } => 0,
            }
    }

    /// Lets go of what it can do without.
    pub(super) fn relieve(&mut self) {
        if let Self::Followed(followed) = self {
            followed.dissector.relieve();
        }
    }

    /// Ends the connection; `until` is when the recording would have shown more of it. Which input it is of is left to
    /// the caller. One that never asked for WebSocket comes to nothing but oddities.
    pub(super) fn finish(
        self,
        connection: &mut Connection,
        terms: &Terms,
        until: Option<Timestamp>,
        common: &mut Common,
    ) -> Finished {
        let mut followed = match self {
            Self::Followed(followed) => followed,
            Self::Concluded { mut concluded, client } => {
                common.listed = common.listed.saturating_sub(concluded.listed);
                connection.finish(&mut concluded.conversation.weirds, &mut |_| {});
                complete(&mut concluded, connection, client, terms.limits.max_findings);
                concluded.trails = trails(connection, client);
                return Finished { concluded: vec![concluded], weirds: Weirds::default() };
            }
            Self::Ignored { mut weirds } => {
                connection.finish(&mut weirds, &mut |_| {});
                return Finished { concluded: Vec::new(), weirds };
            }
        };
        let mut tcp_weirds = Weirds::default();
        connection.finish(&mut tcp_weirds, &mut |event| followed.step(&event, terms, common));
        followed.weirds.merge(tcp_weirds);
        followed.end_tls(terms, common);
        followed.introduce(connection, common);
        followed.unlist(common);
        let _ = followed.conclude_streams(connection, until, &terms.limits, true);
        let facts = followed.tls_facts();
        if let Some(carried) = followed.carried {
            let mut concluded = carried.finish(facts);
            let trails = followed.dissector.client().and_then(|client| trails(connection, client));
            concluded.iter_mut().for_each(|concluded| concluded.trails.clone_from(&trails));
            return Finished { concluded, weirds: followed.weirds };
        }
        match followed.conclude(connection, until, &terms.limits) {
            Some((mut concluded, client)) => {
                complete(&mut concluded, connection, client, terms.limits.max_findings);
                concluded.trails = trails(connection, client);
                Finished { concluded: vec![concluded], weirds: Weirds::default() }
            }
            None => Finished { concluded: Vec::new(), weirds: followed.weirds },
        }
    }
}

impl Concluded {
    /// Adds what rests on how TCP went, which is known by now, and the cause.
    pub(super) fn diagnose(&mut self, max_findings: usize) {
        let conversation = &mut *self.conversation;
        let tcp_facts = &conversation.tcp_facts;
        let ends = tcp_facts.client.ends.len() + tcp_facts.server.ends.len();
        self.weight += ends * size_of::<EndSegment>();
        if let Some(facts) = conversation.tls.as_deref() {
            conversation.findings.retain(|finding| !tls::excuses(facts, finding));
        }
        for breach in tls::breaches(conversation) {
            file(conversation, breach, max_findings);
        }
        diagnose(conversation, &self.course);
    }
}

impl Followed {
    /// What its TLS shows so far.
    pub(super) fn tls_facts(&self) -> Option<Box<TlsFacts>> {
        self.secured.as_ref().map(|secured| Box::new(secured.facts()))
    }

    /// Its listed frames leave, or go with it.
    fn unlist(&self, common: &mut Common) {
        let bytes = self.stages.as_ref().map_or(0, |stages| stages.recorder.frames.bytes());
        let carried = self.carried.as_ref().map_or(0, |carried| carried.listed());
        common.listed = common.listed.saturating_sub(bytes + carried);
    }

    /// Takes the next event of TCP.
    #[inline]
    fn step(&mut self, event: &StreamEvent<'_>, terms: &Terms, common: &mut Common) {
        let begins = self.secured.is_none()
            && !self.before.is_over()
            && match event {
                StreamEvent::Data { .. } => self.dissector.may_be_tls(),
                StreamEvent::Gap { .. } => true,
                _ => false,
            }
            && self.look_for_tls(event);
        let Self { dissector, weirds, stages, secured, before, carried, .. } = self;
        let Terms { limits, keys, .. } = terms;
        let mut later = Weirds::default();
        let mut observe = |Dissected { stream, observation }: Dissected<'_>| {
            let Some(stream) = stream else {
                let stages = stages.get_or_insert_with(|| Box::new(Stages::watching(terms)));
                return stages.observe(observation, terms, &mut later, common);
            };
            Carried::observe(carried, stream, observation, terms, &mut later, common);
        };
        match secured {
            None => dissector.push(event, limits, weirds, &mut observe),
            Some(secured) => {
                let mut way = Way { keys, limits, weirds };
                if begins {
                    secured.missed(*before, dissector, &mut way, &mut observe);
                }
                secured.push(event, dissector, &mut way, &mut observe);
            }
        }
        if !later.is_empty() {
            weirds.merge(later);
        }
    }

    /// Whether TLS begins here, at the start of a connection or behind what it may stand behind: a hole, too.
    #[cold]
    fn look_for_tls(&mut self, event: &StreamEvent<'_>) -> bool {
        let StreamEvent::Data { dir, bytes, .. } = *event else {
            self.before.hole(event);
            return false;
        };
        let begins = self.before.tls_begins(dir, bytes);
        if begins {
            self.secured = Some(Box::new(Secured::new(self.before)));
            self.dissector = Dissector::new();
        }
        begins
    }

    /// No more comes of its TLS.
    fn end_tls(&mut self, terms: &Terms, common: &mut Common) {
        let Self { dissector, weirds, stages, secured, carried, .. } = self;
        let Some(secured) = secured else { return };
        let Terms { limits, keys, .. } = terms;
        let mut later = Weirds::default();
        secured.finish(
            dissector,
            &mut Way { keys, limits, weirds },
            &mut |Dissected { stream, observation }| {
                let Some(stream) = stream else {
                    let stages = stages.get_or_insert_with(|| Box::new(Stages::watching(terms)));
                    return stages.observe(observation, terms, &mut later, common);
                };
                Carried::observe(carried, stream, observation, terms, &mut later, common);
            },
        );
        weirds.merge(later);
    }

    /// Before what is told of it first, says what is known of it.
    fn introduce(&mut self, connection: &Connection, common: &mut Common) {
        if common.told.is_empty() || self.is_introduced && self.carried.is_none() {
            return;
        }
        let mut at = 0;
        while let Some(&(stream, _)) = common.told.get(at) {
            if let Some(opening) = self.opening(stream, connection) {
                common.told.insert(at, (stream, Told::Opened(Box::new(opening))));
            }
            at += 1;
        }
    }

    /// What is known of it, or of a stream of it, the first time that somebody asks.
    fn opening(&mut self, stream: Option<u32>, connection: &Connection) -> Option<Opening> {
        let (is_introduced, stages) = match stream {
            None => (&mut self.is_introduced, self.stages.as_deref()?),
            Some(stream) => {
                let of = self.carried.as_mut()?.get_mut(stream)?;
                (&mut of.is_introduced, &*of.stages)
            }
        };
        let client = self.dissector.client()?;
        if std::mem::replace(is_introduced, true) {
            return None;
        }
        let Endpoints { orig, resp } = connection.endpoints();
        let (client, server) = if client == Direction::Orig { (orig, resp) } else { (resp, orig) };
        Some(Opening {
            client: Some(client),
            server: Some(server),
            started_at: connection.started_at(),
            sni: self.secured.as_ref().and_then(|secured| secured.sni().cloned()),
            ..stages.opening()
        })
    }

    /// Whether it has turned out to carry something else, and nothing can change that.
    fn is_lost(&self) -> bool {
        let may_become_tls = self.secured.is_none() && !self.before.is_over();
        // What was empty is told by how it ended.
        let is_empty = self.secured.as_ref().is_some_and(|secured| secured.is_still_empty());
        self.dissector.status() == Status::NotWebSocket && !may_become_tls && !is_empty
    }

    /// Whether what was sent may still be read.
    fn waits_for_keys(&self) -> bool {
        self.secured.as_ref().is_some_and(|secured| secured.is_waiting())
    }

    /// What it came to, and who sent the request; `None` where nobody asked for WebSocket.
    fn conclude(
        &mut self,
        connection: &Connection,
        until: Option<Timestamp>,
        limits: &Limits,
    ) -> Option<(Box<Concluded>, Direction)> {
        let (stages, client) = (self.stages.take()?, self.dissector.client()?);
        let weirds = std::mem::take(&mut self.weirds);
        let tls = self.secured.take().map(|secured| Box::new(secured.into_facts()));
        let until = (until, None);
        Some((conclude(*stages, connection, client, (weirds, tls), until, limits), client))
    }
}

impl Stages {
    pub(super) fn new(limits: &Limits, keep: &Keep) -> Self {
        Self {
            messages: Box::new(Messages::new().telling_bytes(keep.tells_bytes(limits))),
            reference: Box::new(Reference::new(limits)),
            recorder: Box::default(),
            broke: Vec::new(),
            watch: None,
        }
    }

    /// Those of a connection in a capture, which may be one of a run.
    pub(super) fn watching(terms: &Terms) -> Self {
        let Terms { limits, keep, suite, .. } = terms;
        let watch = keep.cases.then(|| Box::new(Watch::of_suite(*suite)));
        Self { watch, ..Self::new(limits, keep) }
    }

    pub(super) fn observe(
        &mut self,
        observation: Observation<'_>,
        terms: &Terms,
        weirds: &mut Weirds,
        common: &mut Common,
    ) {
        let Self { messages, reference, recorder, broke, watch } = self;
        let Terms { limits, keep, .. } = terms;
        if let Some(watch) = watch {
            watch.observation(&observation);
        }
        messages.observe(&observation, limits, weirds, &mut |event| {
            if let Some(watch) = watch {
                watch.event(&event);
            }
            if let EventKind::MessageBytes { n, bytes } = event.what {
                return recorder.message_bytes(event.from, n, bytes, terms);
            }
            broke.clear();
            reference.observe(&event, limits, broke);
            match event.what {
                EventKind::Frame(ref frame) => {
                    recorder.frame(event.from, frame, broke, keep, limits.max_listed_frame_bytes, common);
                }
                EventKind::Undecodable(Undecodable::NotFrames { how: LostHow::CutShort { .. }, .. }) => {
                    recorder.cut_short[event.from] = true;
                }
                _ => {}
            }
        });
        match observation.what {
            Observed::Request(request) => recorder.request(request, observation.evidence, limits, weirds),
            Observed::HandshakeUnseen => recorder.assumed = true,
            Observed::Response(response) => recorder.response(response, observation.evidence),
            _ => {}
        }
    }

    /// What is known of the opening, as far as it was said in it.
    pub(super) fn opening(&self) -> Opening {
        self.recorder.opening()
    }

    /// What they conclude; number, place and time are left to the caller.
    pub(super) fn report(self, mut weirds: Weirds, tail: &Tail) -> (Box<Conversation>, Box<Course>) {
        let Self { reference, recorder, watch, .. } = self;
        let conclusion = reference.finish(tail);
        findings_left_out(&mut weirds, conclusion.findings.len(), conclusion.findings_omitted);
        if conclusion.pings_given_up > 0 {
            weirds.add_many(WeirdKind::PingsCap, conclusion.pings_given_up, None, || {
                "the oldest Pings without a Pong were dropped for newer ones".to_owned()
            });
        }
        if recorder.frames.yielded > 0 {
            weirds.add_many(WeirdKind::ListedCap, recorder.frames.yielded, None, || {
                "the frames listed for all connections reached their limit: some of this one were left out or cut \
                 shorter; raise --limit all-listed-frame-bytes"
                    .to_owned()
            });
        }
        let (frames, frames_resume, frames_omitted) = recorder.frames.into_list();
        let conversation = Box::new(Conversation {
            id: ConversationId::flow(0),
            input: 0,
            path: None,
            parts: Vec::new(),
            parts_before: Vec::new(),
            tcp: None,
            tcp_facts: Box::default(),
            http2: None,
            connect: None,
            tls: None,
            started_at: None,
            ended_at: None,
            request: recorder.request,
            response: recorder.response,
            assumed: recorder.assumed,
            handshake_at: recorder.handshake_at,
            earlier: recorder.earlier,
            traffic: recorder.traffic,
            frames,
            frames_resume,
            frames_omitted,
            findings: conclusion.findings,
            findings_omitted: conclusion.findings_omitted,
            closing: Box::new(conclusion.closing),
            timing: Box::new(conclusion.timing),
            weirds,
            tester: None,
            case: None,
            captured_case: watch.and_then(|watch| watch.finish()),
        });
        (conversation, conclusion.course)
    }
}

/// Counts findings over the cap.
fn findings_left_out(weirds: &mut Weirds, kept: usize, omitted: u64) {
    if omitted > 0 {
        weirds.add_many(WeirdKind::FindingsCap, omitted, None, || {
            format!("only {} kept", count(kept as u64, "finding"))
        });
    }
}

/// Adds a finding in its place among those of the connection, up to their cap.
pub(super) fn file(report: &mut Conversation, finding: Finding, max: usize) {
    if report.findings.len() >= max {
        findings_left_out(&mut report.weirds, report.findings.len(), 1);
        report.findings_omitted += 1;
        return;
    }
    let place = |f: &Finding| (f.packet, f.frame);
    let at = report.findings.partition_point(|known| place(known) <= place(&finding));
    report.findings.insert(at, finding);
}

/// The one note on a handshake that needs the addresses.
fn add_host_port(report: &mut Conversation, max: usize) {
    let (Some(request), Some(tcp)) = (&report.request, report.tcp) else { return };
    if let Some(mut finding) = host_port(request, tcp.server.port(), report.handshake_at.client) {
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
        client: client_at,
        server: server_at,
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
fn complete(concluded: &mut Concluded, connection: &Connection, client: Direction, max_findings: usize) {
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
fn trails(connection: &Connection, client: Direction) -> Option<Trails> {
    let trails = connection.trails()?;
    Some(Arc::new(PerRole { client: trails[client].over(), server: trails[client.flip()].over() }))
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
